package handlers

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

// waiting is one open review with its form, as a reviewer's list needs it.
type waiting struct {
	risk.Review
	docket
	weight int // exceptions first
	clean  bool
}

// waitingFor lists what a person has to decide, exceptions first, then the oldest.
func (d *Desk) waitingFor(ctx context.Context, person int64) ([]waiting, error) {
	open, err := d.Reg.Reviews(ctx, risk.ReviewFilter{Assignee: person, Open: true})
	if err != nil {
		return nil, err
	}
	var out []waiting
	for _, r := range open {
		k, err := d.docket(ctx, r.CheckID)
		if err != nil {
			return nil, err
		}
		if r.Version != k.Version || r.StepNo != k.StepNo {
			continue // moved on; its own void is on the way
		}
		past, err := d.Reg.Reviews(ctx, risk.ReviewFilter{Check: k.ID})
		if err != nil {
			return nil, err
		}
		w := waiting{Review: r, docket: k}
		w.clean = k.step().By != risk.ByRows && r.Step != risk.StepMutual && !k.step().NeedsMeeting && k.clean(past)
		switch {
		case k.mustOpen():
			w.weight = 4
		case k.count(k.lowered) > 0:
			w.weight = 3
		case timesReturned(past) >= 2:
			w.weight = 2
		case !w.clean:
			w.weight = 1
		}
		out = append(out, w)
	}
	slices.SortStableFunc(out, func(a, b waiting) int { return b.weight - a.weight })
	return out, nil
}

// batchMax is how many forms one press may agree to; the key must stay under 1,024 bytes.
const batchMax = 40

// Todo shows a person what waits for them: one card if it is one thing, else a list
// with the clean ones to agree to together.
func (d *Desk) Todo(ctx context.Context, t *convo.Turn) error {
	all, err := d.waitingFor(ctx, t.Actor.Person)
	if err != nil {
		return err
	}
	sections, err := d.conveneMine(ctx, t)
	if err != nil {
		return err
	}
	switch {
	case len(all) == 0 && sections == 0:
		if said, err := d.listOwed(ctx, t); err != nil || said {
			return err
		}
		t.Say(text.ReviewNone)
		return nil
	case len(all) == 0:
		return nil
	case len(all) <= cardsBeforeList:
		for _, w := range all {
			if err := d.showLive(ctx, t, w); err != nil {
				return err
			}
		}
		return nil
	}
	return d.list(t, all)
}

// showLive shows a review's card again, or issues it anew if its life is over.
func (d *Desk) showLive(ctx context.Context, t *convo.Turn, w waiting) error {
	if !t.Now.Before(w.OpenedAt.Add(w.cardLife())) {
		return d.reissueNow(ctx, t, w.docket, w.Review)
	}
	return d.again(ctx, t, w.docket, w.Review)
}

// list is the batch card: 今日待批12件，9件无异常.
func (d *Desk) list(t *convo.Turn, all []waiting) error {
	var clean []waiting
	rows, l1, low, twice, hints, peers := 0, 0, 0, 0, 0, 0
	for _, w := range all {
		switch {
		case w.Step == risk.StepMutual:
			peers++
			continue
		case w.step().By == risk.ByRows:
			rows++
			continue
		case w.clean && len(clean) < batchMax:
			clean = append(clean, w)
			continue
		}
		switch w.weight {
		case 4:
			l1++
		case 3:
			low++
		case 2:
			twice++
		case 1:
			hints++
		}
	}
	decide := len(all) - rows - peers
	title := fmt.Sprintf(text.BatchTitle, decide, len(clean))
	switch {
	case decide == 0:
		title = fmt.Sprintf(text.TodoTitle, len(all))
	case len(clean) == 0:
		title = fmt.Sprintf(text.BatchNoneClean, decide)
	}
	card := bot.Card{Title: title, About: bot.About{Kind: aboutBatch, ID: t.Actor.Person}}
	for _, part := range []struct {
		n    int
		line string
	}{{l1, text.BatchReasonL1}, {low, text.BatchReasonLow}, {twice, text.BatchReasonTwo}, {hints, text.BatchReasonQA}, {rows, text.BatchRows}, {peers, text.BatchPeers}} {
		if part.n > 0 {
			card.Body += fmt.Sprintf(part.line, part.n) + "\n"
		}
	}
	card.Body = strings.TrimSpace(card.Body)
	if len(clean) > 0 {
		card.Buttons = append(card.Buttons, bot.Option{Text: fmt.Sprintf(text.BatchClean, len(clean)), Key: batchKey(clean), Say: strings.Split(text.WordsPass, "|")})
	}
	card.Buttons = append(card.Buttons,
		bot.Option{Text: text.BatchEach, Key: "batch.each"},
		bot.Option{Text: text.BatchPage, URL: d.Pages.Reviews(), Minor: true})
	t.Supersede(card.About, text.CardBatchNew)
	t.Send(bot.Reply{To: t.Actor.UserID, Card: &card})
	return nil
}

// batchKey binds a press to the reviews shown and to the version each was shown in.
func batchKey(clean []waiting) string {
	k := "batch.pass"
	for _, w := range clean {
		k += fmt.Sprintf(":%d:%d", w.Review.ID, w.docket.Version)
	}
	return k
}

// pressBatch agrees to the clean forms of a list, each bound to the version it was
// shown in; whatever has changed or is no longer clean is left out and said.
func (d *Desk) pressBatch(ctx context.Context, t *convo.Turn) error {
	ids := pressed(t)
	passed, skipped := 0, 0
	for i := 0; i+1 < len(ids); i += 2 {
		ok, err := d.batchOne(ctx, t, ids[i], int(ids[i+1]))
		if err != nil {
			return err
		}
		if ok {
			passed++
		} else {
			skipped++
		}
	}
	t.Supersede(bot.About{Kind: aboutBatch, ID: t.Actor.Person}, text.CardBatchDone)
	t.Say(fmt.Sprintf(text.BatchDone, passed))
	if skipped > 0 {
		t.Say(fmt.Sprintf(text.BatchSkipped, skipped))
	}
	left, err := d.waitingFor(ctx, t.Actor.Person)
	if err != nil {
		return err
	}
	if len(left) > 0 {
		t.Say(fmt.Sprintf(text.BatchLeft, len(left)))
	}
	return nil
}

func (d *Desk) batchOne(ctx context.Context, t *convo.Turn, id int64, version int) (bool, error) {
	k, r, err := d.docketUnder(ctx, id)
	if err != nil {
		return false, err
	}
	past, err := d.Reg.Reviews(ctx, risk.ReviewFilter{Check: k.ID})
	if err != nil {
		return false, err
	}
	code := ""
	switch {
	case r.Decision != risk.Pending:
		code = "decided"
	case r.Assignee.ID != t.Actor.Person || k.Person.ID == t.Actor.Person:
		code = "not assignee"
	case version != k.Version || r.Version != k.Version || r.StepNo != k.StepNo:
		code = "stale version"
	case k.step().By == risk.ByRows || k.step().NeedsMeeting || r.Step == risk.StepMutual || !k.clean(past):
		code = "not clean"
	}
	if code != "" {
		return false, d.Reg.Record(ctx, risk.Event{Actor: t.Actor.Person, Role: role(t.Actor), Action: "review.pass", Object: aboutReview, ID: id, Version: version, Result: "refused", Note: code})
	}
	r.Decision, r.Channel, r.Unseen = risk.Pass, ByCard, r.SeenAt.IsZero()
	k.passRows()
	won, err := d.settle(ctx, t, k, r)
	if err != nil || !won {
		return false, err
	}
	return true, d.advance(ctx, t, k, risk.MovePass, false)
}

// eachMax is how many cards 逐件看 lays out at once.
const eachMax = 5

// pressEach lays out the cards one by one, exceptions first.
func (d *Desk) pressEach(ctx context.Context, t *convo.Turn) error {
	all, err := d.waitingFor(ctx, t.Actor.Person)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		t.Say(text.ReviewNone)
		return nil
	}
	for _, w := range all[:min(len(all), eachMax)] {
		if err := d.showLive(ctx, t, w); err != nil {
			return err
		}
	}
	if left := len(all) - eachMax; left > 0 {
		t.Say(fmt.Sprintf(text.BatchMore, left))
	}
	return nil
}

// noteListed shows the list after several forms came in within two minutes.
func (d *Desk) noteListed(ctx context.Context, t *convo.Turn) error {
	all, err := d.waitingFor(ctx, t.Actor.Person)
	if err != nil || len(all) == 0 {
		return err
	}
	return d.list(t, all)
}

// Waiting lists a person's open reviews for 打开列表页, exceptions first; Clean says
// which may be agreed to together.
func (d *Desk) Waiting(ctx context.Context, t *convo.Turn) ([]WaitingRow, error) {
	all, err := d.waitingFor(ctx, t.Actor.Person)
	if err != nil {
		return nil, err
	}
	var out []WaitingRow
	for _, w := range all {
		out = append(out, WaitingRow{
			Review: w.Review, Version: w.docket.Version, Post: w.Post, Step: w.step().Label, Nodes: w.nodesLine(),
			Levels: w.levelLine(), Change: w.changeLine(), Quality: w.qualityLine(), Clean: w.clean, MustOpen: w.mustOpen(),
		})
	}
	return out, nil
}

// WaitingRow is one line of a reviewer's list: no name, no risk sentence.
type WaitingRow struct {
	Review   risk.Review
	Version  int
	Post     risk.Post
	Step     string
	Nodes    string
	Levels   string
	Change   string
	Quality  string
	Clean    bool
	MustOpen bool
}

// Reviews is the list of what waits for the reader.
func (p Pages) Reviews() string { return p.Base + "/reviews" }
