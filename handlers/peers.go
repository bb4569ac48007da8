package handlers

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

// askPeers asks n colleagues to look at a form, those with the fewest such requests
// first. False: there is nobody to ask.
func (d *Desk) askPeers(ctx context.Context, t *convo.Turn, k docket, people []risk.Person, n int) (bool, error) {
	others := slices.DeleteFunc(slices.Clone(people), func(p risk.Person) bool { return p.ID == k.Person.ID || !p.Active })
	if len(others) == 0 {
		return false, nil
	}
	given, err := d.Reg.Reviews(ctx, risk.ReviewFilter{Campaign: k.CampaignID, Step: risk.StepMutual})
	if err != nil {
		return false, err
	}
	load := map[int64]int{}
	for _, r := range given {
		if r.Decision != risk.Void {
			load[r.Assignee.ID]++
		}
	}
	// Whoever comes after the owner in the roster goes first among equals, so that two
	// colleagues do not simply swap forms.
	at := slices.IndexFunc(people, func(p risk.Person) bool { return p.ID == k.Person.ID })
	place := func(p risk.Person) int {
		return (slices.IndexFunc(people, func(q risk.Person) bool { return q.ID == p.ID }) - at + len(people)) % len(people)
	}
	slices.SortFunc(others, func(a, b risk.Person) int {
		return cmp.Or(cmp.Compare(load[a.ID], load[b.ID]), cmp.Compare(place(a), place(b)))
	})
	if err := d.store(ctx, k); err != nil {
		return false, err
	}
	for _, p := range others[:min(n, len(others))] {
		r := risk.Review{
			CheckID: k.ID, Version: k.Version, StepNo: k.StepNo, Step: risk.StepMutual, Assignee: p,
			Round: 1, OpenedAt: t.Now, DecideBy: d.decideBy(t, k.pack),
		}
		if err := d.open(ctx, t, k, r); err != nil {
			return false, err
		}
	}
	data, err := json.Marshal(peersNote{Check: k.ID, Version: k.Version})
	if err != nil {
		return false, err
	}
	t.Later(k.Person.UserID, t.Now.Add(k.cardLife()), bot.Note{Name: notePeers, Data: data}, fmt.Sprintf("peers:%d:%d", k.ID, k.Version))
	return true, nil
}

type peersNote struct {
	Check   int64 `json:"check"`
	Version int   `json:"version"`
}

// noteTimeout sends a form on whose colleagues did not answer in time.
func (d *Desk) noteTimeout(ctx context.Context, t *convo.Turn) error {
	var n peersNote
	if err := json.Unmarshal(t.Message.Note.Data, &n); err != nil {
		return fmt.Errorf("mutual: note: %w", err)
	}
	k, err := d.docket(ctx, n.Check)
	if errors.Is(err, risk.ErrNone) {
		return nil
	}
	if err != nil || k.State != risk.CheckMutual || k.Version != n.Version {
		return err
	}
	if _, err := d.void(ctx, t, k.ID, text.MutualPeerLate); err != nil {
		return err
	}
	return d.advance(ctx, t, k, risk.MoveMutualDone, false)
}

// pressAssign gives a section's waiting forms to two colleagues each.
func (d *Desk) pressAssign(ctx context.Context, t *convo.Turn) error {
	ids := pressed(t)
	if len(ids) == 0 {
		return d.refuse(ctx, t, "mutual.assign", aboutMutual, 0, "no section", text.CardGone)
	}
	m, err := d.mutualOf(ctx, t, ids[0])
	if err != nil {
		return err
	}
	switch {
	case len(m.waiting) == 0:
		return d.refuse(ctx, t, "mutual.assign", aboutMutual, ids[0], "nothing", text.MutualNothing)
	case m.convener.ID != t.Actor.Person:
		return d.refuse(ctx, t, "mutual.assign", aboutMutual, ids[0], "not convener", text.MutualNotHead)
	}
	people, err := d.colleagues(ctx, ids[0])
	if err != nil {
		return err
	}
	n := m.waiting[0].pack.Mutual.Peers
	if len(people) <= n {
		return d.refuse(ctx, t, "mutual.assign", aboutMutual, ids[0], "too few", text.MutualFewPeers)
	}
	given := 0
	for _, k := range m.waiting {
		if !d.meets(ctx, k) {
			continue
		}
		if _, err := d.askPeers(ctx, t, k, people, n); err != nil {
			return err
		}
		given++
	}
	t.Supersede(bot.About{Kind: aboutMutual, ID: ids[0]}, fmt.Sprintf(text.MutualAssigned, given, n))
	t.Say(fmt.Sprintf(text.MutualAssigned, given, n))
	return d.record(ctx, t, "mutual.assign", aboutMutual, ids[0], 0)
}

// peerCard asks one colleague to look at one form.
func (d *Desk) peerCard(k docket, r risk.Review) bot.Card {
	return bot.Card{
		Title: text.Clip(fmt.Sprintf(text.MutualPeerTitle, k.Post.Name), 36), Desc: text.MutualPeerDesc,
		Facts: []bot.Fact{{Key: text.ReviewFactRows, Value: text.Clip(k.nodesLine(), 30)}, {Key: text.ReviewFactBy, Value: bot.Local(r.DecideBy).Format(text.ReviewDueDay)}},
		Buttons: []bot.Option{
			{Text: text.MutualPeerNone, Key: key("mutual.none", r.ID, int64(r.Round)), Say: strings.Split(text.WordsNoAddition, "|")},
			{Text: text.MutualPeerAdd, Key: key("mutual.add", r.ID, int64(r.Round))},
			{Text: text.MutualPeerView, URL: d.Pages.Review(r.ID)},
		},
		About: bot.About{Kind: aboutReview, ID: r.ID, Version: k.Version},
	}
}

// pressNone is 无补充.
func (d *Desk) pressNone(ctx context.Context, t *convo.Turn) error {
	k, r, ok, err := d.pressedReview(ctx, t, "mutual.none")
	if err != nil || !ok {
		return err
	}
	return d.peerDone(ctx, t, k, r)
}

// peerDone closes one colleague's look; with the last one the form goes on.
func (d *Desk) peerDone(ctx context.Context, t *convo.Turn, k docket, r risk.Review) error {
	r.Decision, r.Channel, r.Unseen = risk.Pass, ByCard, r.SeenAt.IsZero()
	won, err := d.settle(ctx, t, k, r)
	if err != nil || !won {
		return err
	}
	t.Say(text.MutualPeerThanks)
	// Two colleagues may finish at the same moment: saving the form puts them in a row,
	// so that the later one sees that nobody is left.
	for range 3 {
		if k, err = d.docket(ctx, k.ID); err != nil || k.State != risk.CheckMutual {
			return err
		}
		if err = d.Reg.Save(ctx, k.SelfCheck); err == nil {
			break
		}
		if !errors.Is(err, risk.ErrChanged) {
			return fmt.Errorf("mutual: %w", err)
		}
	}
	if err != nil {
		return fmt.Errorf("mutual: check %d: %w", k.ID, err)
	}
	open, err := d.openReviews(ctx, k.ID)
	if err != nil || len(open) > 0 {
		return err
	}
	return d.advance(ctx, t, k, risk.MoveMutualDone, false)
}
