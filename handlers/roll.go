package handlers

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/plan"
	"qingfeng/bot/text"
)

// rollLines is how many lines of the list a chat shows; the page has the rest.
const rollLines = 20

// RollSection is who has not done what in one section. It holds names and states, never
// a text, and is only for those entitled to it.
type RollSection struct {
	Name   string
	Late   int
	Soon   int
	People []RollPerson
}

// RollPerson is one person with what is late or due soon.
type RollPerson struct {
	Name  string
	Items []RollItem
}

// RollItem is one matter of a person.
type RollItem struct {
	Name string
	Due  time.Time
	When string // 已逾期1个工作日
	Late bool
}

// Roll is the list (名单) as far as an actor may see it: the office everybody, a head and a
// leader in charge their own sections.
func (d *Desk) Roll(ctx context.Context, t *convo.Turn) ([]RollSection, error) {
	w, err := d.watched(ctx, t.Actor)
	if err != nil || w.none() {
		return nil, err
	}
	cal, err := d.calendar(ctx)
	if err != nil {
		return nil, err
	}
	org, err := d.Plans.Org(ctx)
	if err != nil {
		return nil, err
	}
	today := bot.Civil(t.Now)
	late, soon, err := d.pressing(ctx, 0, today, cal)
	if err != nil {
		return nil, err
	}
	var out []RollSection
	for n, ob := range slices.Concat(late, soon) {
		if !w.sees(ob) {
			continue
		}
		at := slices.IndexFunc(out, func(s RollSection) bool { return s.Name == sectionName(ob) })
		if at < 0 {
			at, out = len(out), append(out, RollSection{Name: sectionName(ob)})
		}
		s := &out[at]
		if n < len(late) {
			s.Late++
		} else {
			s.Soon++
		}
		name := rollName(ob, org)
		p := slices.IndexFunc(s.People, func(p RollPerson) bool { return p.Name == name })
		if p < 0 {
			p, s.People = len(s.People), append(s.People, RollPerson{Name: name})
		}
		s.People[p].Items = append(s.People[p].Items, RollItem{Name: ob.Name, Due: ob.Due, When: lateness(ob.Due, today, cal), Late: n < len(late)})
	}
	slices.SortStableFunc(out, func(a, b RollSection) int { return cmp.Compare(b.Late, a.Late) })
	return out, nil
}

// rollName is who is to do it, as a list says it.
func rollName(ob plan.Obligation, org plan.Org) string {
	switch {
	case ob.Owner == 0:
		return text.TodoNobody
	case !org.Active[ob.Owner]:
		return text.TodoLeft
	}
	return ob.OwnerName
}

// SayRoll is 看名单 in chat.
func (d *Desk) SayRoll(ctx context.Context, t *convo.Turn) error {
	w, err := d.watched(ctx, t.Actor)
	if err != nil {
		return err
	}
	if w.none() {
		return d.refuse(ctx, t, "roll", aboutObligation, 0, "no role", text.RollNotYours)
	}
	sections, err := d.Roll(ctx, t)
	if err != nil {
		return err
	}
	var lines []string
	n := 0
	for _, s := range sections {
		lines = append(lines, s.Name+text.Colon)
		for _, p := range s.People {
			n += len(p.Items)
			lines = append(lines, fmt.Sprintf(text.RollPerson, p.Name, rollWhat(p), p.Items[0].When))
		}
	}
	if n == 0 {
		t.Say(text.RollNone)
		return nil
	}
	last := fmt.Sprintf(text.RollPage, d.Pages.Todo())
	if len(lines) > rollLines {
		last = fmt.Sprintf(text.RollMore, len(lines)-rollLines, d.Pages.Todo())
		lines = lines[:rollLines]
	}
	t.Say(fmt.Sprintf(text.RollHead, n) + "\n" + strings.Join(lines, "\n") + "\n" + last)
	return d.record(ctx, t, "roll.see", aboutObligation, 0, 0)
}

// rollWhat names what a person owes, each thing once.
func rollWhat(p RollPerson) string {
	var names []string
	for _, i := range p.Items {
		if !slices.Contains(names, i.Name) {
			names = append(names, i.Name)
		}
	}
	return strings.Join(names, text.ListComma)
}

func (d *Desk) pressRoll(ctx context.Context, t *convo.Turn) error {
	t.KeepCard()
	return d.SayRoll(ctx, t)
}

// Ledger is the page 我要办的: what the actor owes, has to receipt and to decide, and the
// list they are entitled to.
type Ledger struct {
	Mine       []LedgerRow
	Receipts   []LedgerRow
	Extensions []LedgerAsk
	Watches    bool // there is a list, perhaps an empty one
	Roll       []RollSection
	Office     bool
}

// LedgerRow is one obligation on that page.
type LedgerRow struct {
	plan.Obligation
	When   string // 10月16日（周五）截止，今天截止
	Late   bool
	URL    string // where it is done; "" for what a word makes done
	ByWord bool
	Asked  time.Time // until when more time was asked for
}

// LedgerAsk is one request for more time.
type LedgerAsk struct {
	Extension
	Who     string
	Name    string
	Due     time.Time
	Version int
}

// Ledger reads it, in a turn of the actor.
func (d *Desk) Ledger(ctx context.Context, t *convo.Turn) (l Ledger, err error) {
	cal, err := d.calendar(ctx)
	if err != nil {
		return l, err
	}
	obs, err := d.owed(ctx, t.Actor.Person)
	if err != nil {
		return l, err
	}
	open, err := d.Plans.Extensions(ctx)
	if err != nil {
		return l, err
	}
	for _, ob := range obs {
		r := LedgerRow{Obligation: ob, When: owedWhen(ob, t, cal), Late: !ob.Due.IsZero() && lateBy(ob.Due, bot.Local(t.Now), cal) > 0, ByWord: byWord(ob.Kind)}
		switch ob.Kind {
		case plan.KindSelfCheck:
			r.URL = d.Pages.MyCheck(ob.Check)
		case plan.KindSection, plan.KindLeader:
			r.URL = d.Pages.Reviews()
		case plan.KindGrading:
			r.URL = d.Pages.Grading(ob.Campaign)
		case plan.KindFiling, plan.KindMeeting:
		}
		if i := slices.IndexFunc(open, func(x Extension) bool { return x.Obligation == ob.ID }); i >= 0 {
			r.Asked = open[i].Until
		}
		l.Mine = append(l.Mine, r)
	}
	receipts, err := d.awaiting(ctx, t)
	if err != nil {
		return l, err
	}
	for _, ob := range receipts {
		l.Receipts = append(l.Receipts, LedgerRow{Obligation: ob})
	}
	asked, err := d.askedFor(ctx, t.Actor)
	if err != nil {
		return l, err
	}
	for _, a := range asked {
		by, err := d.Reg.Person(ctx, a.By)
		if err != nil {
			return l, err
		}
		l.Extensions = append(l.Extensions, LedgerAsk{Extension: a.Extension, Who: by.Name, Name: a.ob.Name, Due: a.ob.Due, Version: a.ob.Version})
	}
	w, err := d.watched(ctx, t.Actor)
	if err != nil {
		return l, err
	}
	l.Watches, l.Office = !w.none(), t.Actor.Coordinator()
	l.Roll, err = d.Roll(ctx, t)
	return l, err
}
