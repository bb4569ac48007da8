package handlers

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

// delegateMax is the longest delegation, in days.
const delegateMax = 60

var (
	delegateWho  = regexp.MustCompile(text.DelegateWho)
	delegateSpan = regexp.MustCompile(text.DelegateDays)
)

// matchDelegate knows 11月5日至8日请李四代我审核 and says it in five words: the days as
// written, who stands in, for whom ("" or 我: for oneself).
func matchDelegate(said string) ([]string, bool) {
	who := delegateWho.FindStringSubmatch(said)
	if who == nil {
		return nil, false
	}
	return []string{strings.TrimSpace(who[1]), who[2], who[3]}, true
}

// readDays reads 11月5日至8日, 11月30日至12月2日, 今天至8日, 明天, 今天起三天 is not known.
func readDays(said string, now time.Time) (from, until time.Time, ok bool) {
	today := bot.Civil(now)
	if said == "" {
		return today, today, true
	}
	parts := delegateSpan.FindStringSubmatch(said)
	if parts == nil {
		return from, until, false
	}
	if from, ok = oneDay(parts[1], 0, now); !ok {
		return from, until, false
	}
	if parts[2] == "" {
		return from, from, true
	}
	until, ok = oneDay(parts[2], int(from.Month()), now)
	if ok && until.Before(from) && from.Sub(until) > 180*24*time.Hour {
		until = until.AddDate(1, 0, 0)
	}
	return from, until, ok
}

// oneDay reads one end of a span; month is that of the other end when it says none.
func oneDay(said string, month int, now time.Time) (time.Time, bool) {
	for i, word := range strings.Split(text.DelegateNear, "|") {
		if said == word {
			return bot.Civil(now).AddDate(0, 0, i), true
		}
	}
	said = strings.TrimRight(said, text.DelegateDaySigns)
	m, d, two := strings.Cut(said, text.DelegateMonth)
	if !two {
		if month == 0 {
			month = int(bot.Local(now).Month())
		}
		m, d = strconv.Itoa(month), said
	}
	mon, err1 := strconv.Atoi(m)
	day, err2 := strconv.Atoi(d)
	if err1 != nil || err2 != nil {
		return time.Time{}, false
	}
	return nearestDay(now, mon, day, true)
}

// SayDelegate is the chat's way to set a delegation.
func (d *Desk) SayDelegate(ctx context.Context, t *convo.Turn) error {
	no := func(code, say string) error { return d.refuse(ctx, t, "delegate.set", "delegation", 0, code, say) }
	if len(t.Args) < 3 {
		return no("bad words", text.DelegateBad)
	}
	from, until, ok := readDays(t.Args[0], t.Now)
	if !ok {
		return no("bad date", text.DelegateBad)
	}
	to, say, err := d.byName(ctx, t.Args[1])
	if err != nil {
		return err
	}
	if say != "" {
		return no("unknown person", say)
	}
	person := t.Actor.Person
	if name := t.Args[2]; name != "" && name != text.DelegateMe && name != t.Actor.Name {
		whom, say, err := d.byName(ctx, name)
		if err != nil {
			return err
		}
		if say != "" {
			return no("unknown person", say)
		}
		person = whom.ID
	}
	_, err = d.Delegate(ctx, t, risk.Delegation{Person: person, To: to.ID, From: from, Until: until})
	return err
}

// EndDelegate is 取消代审: from now on everything comes to its reviewer again.
func (d *Desk) EndDelegate(ctx context.Context, t *convo.Turn) error {
	_, err := d.Delegate(ctx, t, risk.Delegation{Person: t.Actor.Person})
	return err
}

// byName finds one person of the roster by name; say tells why not.
func (d *Desk) byName(ctx context.Context, name string) (p risk.Person, say string, err error) {
	people, err := d.colleagues(ctx, 0)
	if err != nil {
		return p, "", err
	}
	var found []risk.Person
	for _, h := range people {
		if h.Name == name {
			found = append(found, h)
		}
	}
	switch len(found) {
	case 0:
		return p, fmt.Sprintf(text.DelegateNoPerson, name), nil
	case 1:
		return found[0], "", nil
	}
	return p, fmt.Sprintf(text.DelegateTwo, name), nil
}

// Delegate lets somebody decide in a reviewer's place for some days. Only the reviewer
// and the office may set it. What is open moves at once when the first day is today, else
// on that morning; when it ends nothing moves back. To 0 ends what is set.
func (d *Desk) Delegate(ctx context.Context, t *convo.Turn, g risk.Delegation) (bool, error) {
	no := func(code, say string) (bool, error) {
		return false, d.refuse(ctx, t, "delegate.set", "delegation", g.Person, code, say)
	}
	today := bot.Civil(t.Now)
	g.From, g.Until = bot.Civil(g.From), bot.Civil(g.Until)
	if g.To == 0 {
		g.From, g.Until = today, today.AddDate(1, 0, 0)
	}
	switch {
	case g.Person != t.Actor.Person && !t.Actor.Coordinator():
		return no("not theirs", text.DelegateNotYou)
	case g.To == 0:
		t.Say(text.DelegateEnded)
		if err := d.Reg.SetDelegate(ctx, g); err != nil {
			return false, err
		}
		return true, d.record(ctx, t, "delegate.end", "delegation", g.Person, 0)
	case g.Person == g.To:
		return no("self", text.DelegateSelf)
	case g.Until.Before(g.From):
		return no("bad date", text.DelegateBad)
	case g.Until.Before(today):
		return no("past", text.DelegatePast)
	case g.Until.Sub(g.From) >= delegateMax*24*time.Hour:
		return no("too long", text.DelegateLong)
	}
	if g.From.Before(today) {
		g.From = today
	}
	to, err := d.Reg.Person(ctx, g.To)
	if err != nil {
		return false, err
	}
	whom, err := d.Reg.Person(ctx, g.Person)
	if err != nil {
		return false, err
	}
	for day := g.From; !day.After(g.Until); day = day.AddDate(0, 0, 1) {
		if _, away, err := d.Reg.Delegate(ctx, g.To, day); err != nil {
			return false, err
		} else if away {
			return no("delegate is away", fmt.Sprintf(text.DelegateChain, to.Name))
		}
	}
	if err := d.Reg.SetDelegate(ctx, g); err != nil {
		return false, err
	}
	if err := d.record(ctx, t, "delegate.set", "delegation", g.Person, 0); err != nil {
		return false, err
	}
	span := day(g.From)
	if !g.Until.Equal(g.From) {
		span = fmt.Sprintf(text.DelegateSpan, span, day(g.Until))
	}
	t.Say(fmt.Sprintf(text.DelegateSet, span, to.Name, whom.Name))
	t.Send(bot.Reply{To: to.UserID, Lane: bot.LaneNotice, Text: fmt.Sprintf(text.DelegateTold, span, whom.Name)})
	if g.From.After(today) {
		t.Say(text.DelegateFuture)
		data, err := json.Marshal(delegateNote{Person: g.Person})
		if err != nil {
			return false, err
		}
		// Half past seven: before anybody looks at the phone, after the night.
		at := time.Date(g.From.Year(), g.From.Month(), g.From.Day(), 7, 30, 0, 0, bot.Zone())
		t.Later(whom.UserID, at, bot.Note{Name: noteDelegate, Data: data}, fmt.Sprintf("delegate:%d:%d:%s", g.Person, g.To, g.From.Format(time.DateOnly)))
		return true, nil
	}
	moved, err := d.handOver(ctx, t, g.Person)
	if err != nil {
		return false, err
	}
	if moved > 0 {
		t.Say(fmt.Sprintf(text.DelegateMoved, moved))
	}
	return true, nil
}

type delegateNote struct {
	Person int64 `json:"person"`
}

// noteDelegated moves what is open on the first morning of a delegation.
func (d *Desk) noteDelegated(ctx context.Context, t *convo.Turn) error {
	var n delegateNote
	if err := json.Unmarshal(t.Message.Note.Data, &n); err != nil {
		return fmt.Errorf("delegate: note: %w", err)
	}
	_, err := d.handOver(ctx, t, n.Person)
	return err
}

// handOver moves everything open of a person to whoever may act in their place today;
// what the delegate may not decide (their own form) goes to the next one by the chain.
func (d *Desk) handOver(ctx context.Context, t *convo.Turn, person int64) (int, error) {
	to, away, err := d.Reg.Delegate(ctx, person, bot.Civil(t.Now))
	if err != nil || !away {
		return 0, err
	}
	open, err := d.Reg.Reviews(ctx, risk.ReviewFilter{Assignee: person, Open: true})
	if err != nil {
		return 0, err
	}
	moved := 0
	for _, r := range open {
		if r.Step == risk.StepMutual {
			continue // a colleague's look is theirs alone
		}
		k, err := d.docket(ctx, r.CheckID)
		if err != nil {
			return moved, err
		}
		r.Decision, r.DecidedAt, r.DecidedBy, r.Channel = risk.Transfer, t.Now, person, "delegation"
		won, err := d.Reg.Decide(ctx, r)
		if err != nil {
			return moved, err
		}
		if !won {
			continue
		}
		t.Supersede(bot.About{Kind: aboutReview, ID: r.ID}, fmt.Sprintf(text.CardTransferred, to.Name))
		if err := d.record(ctx, t, "review.transfer", aboutReview, r.ID, r.Version); err != nil {
			return moved, err
		}
		if err := d.assign(ctx, t, k); err != nil {
			return moved, err
		}
		moved++
	}
	if moved > 0 {
		t.Supersede(bot.About{Kind: aboutBatch, ID: person}, fmt.Sprintf(text.CardTransferred, to.Name))
	}
	return moved, nil
}

const flowRecuse = "review.recuse"

// recusing is the state of 回避.
type recusing struct {
	Review int64 `json:"review"`
}

// pressRecuse is 回避 on a card.
func (d *Desk) pressRecuse(ctx context.Context, t *convo.Turn) error {
	_, r, ok, err := d.pressedReview(ctx, t, "review.recuse")
	if err != nil || !ok {
		return err
	}
	return t.Start(flowRecuse, "", recusing{Review: r.ID})
}

// SayRecuse is the word 回避: it means the one thing that is open.
func (d *Desk) SayRecuse(ctx context.Context, t *convo.Turn) error {
	all, err := d.waitingFor(ctx, t.Actor.Person)
	if err != nil {
		return err
	}
	switch len(all) {
	case 0:
		t.Say(text.ReviewNone)
		return nil
	case 1:
		return t.Start(flowRecuse, "", recusing{Review: all[0].Review.ID})
	}
	t.Say(fmt.Sprintf(text.RecuseWhich, len(all)))
	return nil
}

func (d *Desk) recuseFlow() convo.Flow[recusing] {
	return convo.Flow[recusing]{Name: flowRecuse, Version: 1, Start: "why", Steps: []convo.Step[recusing]{
		{Name: "why", Ask: d.askRecuse, Answer: d.readRecuse},
	}}
}

func (d *Desk) askRecuse(_ context.Context, t *convo.Turn, _ *recusing) error {
	t.Ask(bot.Card{Title: text.RecuseTitle, Body: text.RecuseAsk, Buttons: []bot.Option{
		{Text: text.RecuseKin, Key: "kin", Say: strings.Split(text.WordsKin, "|")},
		{Text: text.RecuseTies, Key: "ties"},
		{Text: text.RecuseCancel, Key: "cancel", Minor: true},
	}})
	return nil
}

func (d *Desk) readRecuse(ctx context.Context, t *convo.Turn, s *recusing) (convo.Next, error) {
	switch t.Answer.Key() {
	case "cancel":
		t.Say(text.RecuseNot)
		return convo.Done(), nil
	case "kin", "ties":
		_, err := d.Recuse(ctx, t, s.Review, t.Answer.Key())
		return convo.Done(), err
	}
	return convo.NotUnderstood(), nil
}

// Recuse takes a reviewer off a form, on their own word or the office's, and gives it to
// the next one by the chain. why is a code (kin, ties), never a story.
func (d *Desk) Recuse(ctx context.Context, t *convo.Turn, review int64, why string) (bool, error) {
	k, r, err := d.docketUnder(ctx, review)
	if err != nil {
		return false, err
	}
	switch {
	case r.Decision != risk.Pending:
		return false, d.already(ctx, t, "review.recuse", r)
	case r.Assignee.ID != t.Actor.Person && !t.Actor.Coordinator():
		return false, d.refuse(ctx, t, "review.recuse", aboutReview, r.ID, "not assignee", text.ReviewNotYours)
	}
	r.Decision, r.Channel, r.Comment = risk.Recuse, ByCard, why
	won, err := d.settle(ctx, t, k, r)
	if err != nil || !won {
		return false, err
	}
	if r.Step == risk.StepMutual {
		return true, d.peerAway(ctx, t, k)
	}
	if err := d.assign(ctx, t, k); err != nil {
		return false, err
	}
	open, err := d.openReviews(ctx, k.ID)
	if err != nil {
		return false, err
	}
	switch {
	case len(open) == 0:
		t.Say(text.RecuseNoOne)
	case r.Assignee.ID != t.Actor.Person:
		t.Say(fmt.Sprintf(text.RecuseByOffice, r.Assignee.Name, open[0].Assignee.Name))
	default:
		t.Say(fmt.Sprintf(text.RecuseDone, open[0].Assignee.Name))
	}
	return true, nil
}

// peerAway goes on without a colleague who steps aside.
func (d *Desk) peerAway(ctx context.Context, t *convo.Turn, k docket) error {
	t.Say(text.MutualPeerThanks)
	open, err := d.openReviews(ctx, k.ID)
	if err != nil || len(open) > 0 {
		return err
	}
	return d.advance(ctx, t, k, risk.MoveMutualDone, false)
}
