package handlers

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/notice"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

// PubCheckers are the people who may check a notice that somebody drafts, the first one to
// be asked first: leaders, then the discipline office, then another coordinator.
func (d *Desk) PubCheckers(ctx context.Context, drafter int64) (out []risk.Person, err error) {
	add := func(list []risk.Person) {
		for _, p := range list {
			known := false
			for _, have := range out {
				known = known || have.ID == p.ID
			}
			if !known && p.ID != drafter && p.Active && p.UserID != "" {
				out = append(out, p)
			}
		}
	}
	for _, r := range []bot.Role{bot.RolePrincipal, bot.RoleGroupChair} {
		list, err := d.Reg.RoleHolders(ctx, r, 0)
		if err != nil {
			return nil, err
		}
		add(list)
	}
	sections, err := d.Reg.Sections(ctx)
	if err != nil {
		return nil, err
	}
	for _, s := range sections {
		list, err := d.Reg.RoleHolders(ctx, bot.RoleLeaderInCharge, s.ID)
		if err != nil {
			return nil, err
		}
		add(list)
	}
	for _, r := range []bot.Role{bot.RoleDiscipline, bot.RoleOfficeDirector, bot.RoleOfficeMember} {
		list, err := d.Reg.RoleHolders(ctx, r, 0)
		if err != nil {
			return nil, err
		}
		add(list)
	}
	return out, nil
}

// SendPublic makes the snapshot, which never changes from then on, and asks a second
// person to check it. checker 0 is whoever is asked first.
func (d *Desk) SendPublic(ctx context.Context, t *convo.Turn, id int64, rev int, checker int64) (bool, error) {
	const action = "notice.send"
	n, ok, err := d.pubNo(ctx, t, id, rev, action, pubOffice, notice.Drafting, notice.Returned)
	if err != nil || !ok {
		return false, err
	}
	no := func(code, say string) (bool, error) {
		return false, d.refuse(ctx, t, action, aboutPublic, id, code, say)
	}
	if say := pubTooLate(n, t.Now); say != "" {
		return no("past", say)
	}
	asked, err := d.PubCheckers(ctx, t.Actor.Person)
	if err != nil {
		return false, err
	}
	var to *risk.Person
	for i := range asked {
		if asked[i].ID == checker || checker == 0 {
			to = &asked[i]
			break
		}
	}
	if to == nil {
		return no("no checker", text.PubNoChecker)
	}
	s, problems, err := d.buildPublic(ctx, n)
	if err != nil {
		return false, err
	}
	if lines := pubBlocks(problems); len(lines) > 0 {
		return no("problems", strings.Join(append([]string{text.PubProblems}, lines...), "\n"))
	}
	n.Snapshot, n.Hash, n.Points = &s, s.Hash(), nil
	for _, p := range s.Points {
		n.Points = append(n.Points, NoticePoint{No: p.No, Point: p.PointID, Version: p.PointVersion})
	}
	n.State, n.DraftedBy, n.Remark, n.CheckedBy, n.CheckedOn = notice.Checking, t.Actor.Person, "", 0, time.Time{}
	if err := d.keepPublic(ctx, t, &n, action); err != nil {
		return false, err
	}
	t.Send(bot.Reply{To: to.UserID, Lane: bot.LaneNotice, Card: d.pubCard(n), Once: fmt.Sprintf("notice:%d:%d:check", n.ID, n.Rev)})
	t.Say(fmt.Sprintf(text.PubSent, to.Name))
	return true, nil
}

// pubTooLate is why a notice cannot begin as its draft says; "" when it can.
func pubTooLate(n PublicNotice, now time.Time) string {
	today := bot.Civil(now)
	switch {
	case n.Version == 1 && n.Start.Before(today):
		return fmt.Sprintf(text.PubStartGone, day(n.Start))
	case n.Version > 1 && n.End.Before(today):
		return text.PubCorrectLate
	}
	return ""
}

// pubCard asks for a check. Nothing of any risk point is on it.
func (d *Desk) pubCard(n PublicNotice) *bot.Card {
	title := text.PubCardTitle
	if n.Version > 1 {
		title = text.PubCardAgain
	}
	return &bot.Card{
		Title: title, Desc: text.Clip(n.Snapshot.Unit, 44),
		Facts: []bot.Fact{
			{Key: text.PubFactAudience, Value: text.PubAudience(string(n.Audience))},
			{Key: text.PubFactDays, Value: fmt.Sprintf(text.PubPeriod, day(n.Start), day(n.End), n.Draft.Days)},
			{Key: text.PubFactPoints, Value: fmt.Sprintf(text.PubCount, len(n.Points))},
		},
		Body: text.PubCardBody,
		Buttons: []bot.Option{
			{Text: text.PubSee, URL: d.Pages.PublicNotice(n.ID)},
			{Text: text.PubApprove, Key: "public.approve", Say: text.Words(text.WordsPass)},
			{Text: text.PubReturn, Key: "public.return", Say: text.Words(text.WordsReturn), Minor: true},
		},
		About: bot.About{Kind: aboutPublic, ID: n.ID, Version: n.Rev},
	}
}

// TakeBackPublic makes a draft of what waits for a check.
func (d *Desk) TakeBackPublic(ctx context.Context, t *convo.Turn, id int64, rev int) (bool, error) {
	n, ok, err := d.pubNo(ctx, t, id, rev, "notice.take_back", pubOffice, notice.Checking)
	if err != nil || !ok {
		return false, err
	}
	n.State = notice.Drafting
	if err := d.keepPublic(ctx, t, &n, "notice.take_back"); err != nil {
		return false, err
	}
	t.Supersede(bot.About{Kind: aboutPublic, ID: id}, text.PubCardTaken)
	t.Say(text.PubTakenBack)
	return true, nil
}

// ApprovePublic is the second person's 同意. A correction opens at once, anything else on
// its first day.
func (d *Desk) ApprovePublic(ctx context.Context, t *convo.Turn, id int64, rev int) (bool, error) {
	const action = "notice.approve"
	n, ok, err := d.pubNo(ctx, t, id, rev, action, pubChecker, notice.Checking)
	if err != nil || !ok {
		return false, err
	}
	no := func(code, say string) (bool, error) {
		return false, d.refuse(ctx, t, action, aboutPublic, id, code, say)
	}
	ready, err := d.SealReady(ctx)
	if err != nil {
		return false, err
	}
	if !ready {
		return no("keys", text.PubKeys)
	}
	if say := pubTooLate(n, t.Now); say != "" {
		return no("past", say)
	}
	moved, err := d.pubMoved(ctx, n)
	if err != nil {
		return false, err
	}
	if moved {
		return no("points", text.PubMoved)
	}
	if n.Version > 1 {
		if _, open, err := d.pubOpenOf(ctx, n.Series); err != nil || !open {
			if err != nil {
				return false, err
			}
			return no("nothing to correct", text.PubNothingOpen)
		}
	}
	n.State, n.CheckedBy, n.CheckedOn = notice.Approved, t.Actor.Person, bot.Civil(t.Now)
	if err := d.keepPublic(ctx, t, &n, action); err != nil {
		return false, err
	}
	t.Supersede(bot.About{Kind: aboutPublic, ID: id}, text.PubCardApproved)
	say := fmt.Sprintf(text.PubApproved, n.Title, day(n.Start))
	if n.Version > 1 || !n.Start.After(bot.Civil(t.Now)) {
		if err := d.openPublic(ctx, t, n); err != nil {
			return false, err
		}
		say = fmt.Sprintf(text.PubApprovedOpen, n.Title, day(n.End))
	}
	t.Say(say)
	return true, d.tellDrafter(ctx, t, n, say, "approved")
}

// ReturnPublic is the second person's 退回, with why.
func (d *Desk) ReturnPublic(ctx context.Context, t *convo.Turn, id int64, rev int, why string) (bool, error) {
	const action = "notice.return"
	n, ok, err := d.pubNo(ctx, t, id, rev, action, pubChecker, notice.Checking)
	if err != nil || !ok {
		return false, err
	}
	why = strings.TrimSpace(why)
	if l := utf8.RuneCountInString(why); l < 2 || l > pubWordsMost {
		return false, d.refuse(ctx, t, action, aboutPublic, id, "no reason", fmt.Sprintf(text.PubWhyAgain, pubWordsMost))
	}
	n.State, n.Remark, n.CheckedBy, n.CheckedOn = notice.Returned, why, t.Actor.Person, bot.Civil(t.Now)
	if err := d.keepPublic(ctx, t, &n, action); err != nil {
		return false, err
	}
	t.Supersede(bot.About{Kind: aboutPublic, ID: id}, text.PubCardReturned)
	t.Say(text.PubReturned)
	return true, d.tellDrafter(ctx, t, n, fmt.Sprintf(text.PubReturnedTo, n.Title)+"\n"+d.Pages.PublicNotice(n.ID), "returned")
}

// tellDrafter tells whoever drafted a notice; for somebody who has left, the office.
func (d *Desk) tellDrafter(ctx context.Context, t *convo.Turn, n PublicNotice, say, what string) error {
	once := fmt.Sprintf("notice:%d:%d:%s", n.ID, n.Rev, what)
	p, err := d.Reg.Person(ctx, n.DraftedBy)
	if err != nil {
		return err
	}
	if !p.Active || p.UserID == "" {
		return d.tellOffice(ctx, t, say, once)
	}
	t.Send(bot.Reply{To: p.UserID, Lane: bot.LaneNotice, Text: say, Once: once})
	return nil
}

// pubMoved reports whether a point was revised or retired since the snapshot was made.
func (d *Desk) pubMoved(ctx context.Context, n PublicNotice) (bool, error) {
	rows, err := d.Publications.NoticeRows(ctx, n.Campaign)
	if err != nil {
		return false, err
	}
	now := map[int64]int{}
	for _, r := range rows {
		now[r.Point.ID] = r.Point.Version
	}
	for _, p := range n.Points {
		if v, ok := now[p.Point]; !ok || v != p.Version {
			return true, nil
		}
	}
	return false, nil
}

// pubOpenOf is the version of a series that is open.
func (d *Desk) pubOpenOf(ctx context.Context, series int64) (n PublicNotice, ok bool, err error) {
	list, err := d.Publications.PublicNotices(ctx, NoticeFilter{Series: series, States: []notice.State{notice.Open}})
	if err != nil || len(list) == 0 {
		return n, false, err
	}
	n, ok = newestPublic(list)
	return n, ok, nil
}

// flowPubReturn asks why a notice is returned.
const flowPubReturn = "public.return"

// pubReturning is the state of that dialog.
type pubReturning struct {
	ID  int64 `json:"id"`
	Rev int   `json:"rev"`
}

func (d *Desk) pubReturnFlow() convo.Flow[pubReturning] {
	return convo.Flow[pubReturning]{Name: flowPubReturn, Version: 1, Start: "why", Steps: []convo.Step[pubReturning]{{
		Name: "why", Free: true,
		Ask: func(_ context.Context, t *convo.Turn, _ *pubReturning) error {
			t.Ask(bot.Card{Title: text.PubWhyTitle, Body: text.PubWhyBody, Buttons: []bot.Option{{Text: text.ReturnCancel, Key: "cancel", Minor: true}}})
			return nil
		},
		Answer: func(ctx context.Context, t *convo.Turn, s *pubReturning) (convo.Next, error) {
			if t.Answer.Key() == "cancel" {
				t.Say(text.PubWhyCancelled)
				return convo.Done(), nil
			}
			if utf8.RuneCountInString(strings.TrimSpace(t.Answer.Text)) < 2 {
				t.Say(fmt.Sprintf(text.PubWhyAgain, pubWordsMost))
				return convo.Stay(), nil
			}
			_, err := d.ReturnPublic(ctx, t, s.ID, s.Rev, t.Answer.Text)
			return convo.Done(), err
		},
	}}}
}

// pubPresses are the buttons on cards of notices and of revisions.
func (d *Desk) pubPresses() map[string]convo.Handler {
	return map[string]convo.Handler{
		"public.approve": func(ctx context.Context, t *convo.Turn) error {
			ok, err := d.ApprovePublic(ctx, t, t.About.ID, t.About.Version)
			if err == nil && !ok {
				t.KeepCard() // what was in the way, missing keys for one, may be removed
			}
			return err
		},
		"public.return": func(ctx context.Context, t *convo.Turn) error {
			n, ok, err := d.pubNo(ctx, t, t.About.ID, t.About.Version, "notice.return", pubChecker, notice.Checking)
			if err != nil || !ok {
				return err
			}
			t.KeepCard() // until there is a reason
			return t.Start(flowPubReturn, "", pubReturning{ID: n.ID, Rev: n.Rev})
		},
		"revision.approve": d.pressRevision(true),
		"revision.reject":  d.pressRevision(false),
	}
}
