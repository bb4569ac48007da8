package handlers

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/plan"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

// matchEvent knows 动员会定在9月3日 and 动员会改到9月8日: the event, the day as said.
func matchEvent(said string) ([]string, bool) {
	hit := regexp.MustCompile(text.PlanEventForm).FindStringSubmatch(strings.ReplaceAll(said, " ", ""))
	if hit == nil {
		return nil, false
	}
	// Whether it is a day does not depend on which day today is.
	if _, ok := parseDay(hit[2], time.Date(2026, 1, 1, 0, 0, 0, 0, bot.Zone())); !ok {
		return nil, false
	}
	return hit[1:], true
}

// eventDay is the day said of an event, which may just have been: without a year, the
// nearest such day.
func eventDay(said string, now time.Time) (time.Time, bool) {
	on, ok := parseDay(said, bot.Local(now))
	if !ok {
		return on, false
	}
	on = bot.Civil(on)
	named := regexp.MustCompile(text.DayForm).FindStringSubmatch(convo.Fold(strings.ReplaceAll(said, " ", "")))
	if named != nil && named[1] == "" && on.Sub(bot.Civil(now)) > 183*24*time.Hour {
		on = on.AddDate(-1, 0, 0)
	}
	return on, true
}

// sayEvent is the coordinator's way to give an event its day in chat.
func (d *Desk) sayEvent(ctx context.Context, t *convo.Turn) error {
	if d.Plans == nil {
		return d.fallback(ctx, t)
	}
	if !t.Actor.Coordinator() {
		return d.refuse(ctx, t, "anchor.move", "campaign", 0, "role", text.PlanEventNotYours)
	}
	c, open, err := d.Reg.Campaign(ctx)
	if err != nil {
		return err
	}
	if !open {
		t.Say(text.CampaignNoneOpen)
		return nil
	}
	on, ok := eventDay(t.Args[1], t.Now)
	if !ok {
		t.Say(text.CampaignDueAgain)
		return nil
	}
	anchors, err := d.Plans.Anchors(ctx, c.ID)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(anchors, func(a plan.Anchor) bool { return sameEvent(a.Name, t.Args[0]) })
	if i < 0 {
		t.Say(noEvent(t.Args[0], anchors))
		return nil
	}
	_, err = d.MoveEvent(ctx, t, c.ID, anchors[i].Code, on)
	return err
}

// sameEvent reports whether somebody who says words means the event.
func sameEvent(name, words string) bool {
	return words == name || strings.TrimSuffix(words, text.PlanMeeting) == strings.TrimSuffix(name, text.PlanMeeting)
}

func noEvent(said string, anchors []plan.Anchor) string {
	if len(anchors) == 0 {
		return fmt.Sprintf(text.PlanNoEvents, said)
	}
	var names []string
	for _, a := range anchors {
		on := text.ChartNoDay
		if !a.On.IsZero() {
			on = day(a.On)
		}
		names = append(names, fmt.Sprintf(text.PlanEventOn, a.Name, on))
	}
	return fmt.Sprintf(text.PlanNoSuchEvent, said, strings.Join(names, text.ListComma), anchors[0].Name)
}

// MoveEvent gives an event of a running campaign its day, and what hangs on it new ones:
// the owners are told once what moved. An extension stays on top. It reports how many
// obligations moved.
func (d *Desk) MoveEvent(ctx context.Context, t *convo.Turn, campaign int64, code string, on time.Time) (int, error) {
	if !t.Actor.Coordinator() {
		return 0, d.refuse(ctx, t, "anchor.move", "campaign", campaign, "role", text.PlanEventNotYours)
	}
	c, err := d.Reg.CampaignByID(ctx, campaign)
	if err != nil {
		return 0, err
	}
	if c.State != "open" {
		return 0, d.refuse(ctx, t, "anchor.move", "campaign", campaign, "closed", text.CampaignNoneOpen)
	}
	anchors, err := d.Plans.Anchors(ctx, campaign)
	if err != nil {
		return 0, err
	}
	i := slices.IndexFunc(anchors, func(a plan.Anchor) bool { return a.Code == code })
	if i < 0 {
		return 0, bot.Refuse(noEvent(code, anchors), "anchor.move: unknown")
	}
	on = bot.Civil(on)
	event := anchors[i]
	if event.On.Equal(on) {
		t.Say(fmt.Sprintf(text.PlanEventSame, event.Name, day(on)))
		return 0, nil
	}
	moved, err := d.retime(ctx, c, anchors, code, on, bot.Civil(t.Now))
	if err != nil {
		return 0, err
	}
	due := map[int64]time.Time{}
	for _, m := range moved {
		if overBefore(m.was) {
			if _, err := d.Plans.SetState(ctx, m.was.ID, []plan.State{plan.Waived}, plan.Pending, t.Actor.Person, ""); err != nil {
				return 0, err
			}
		}
		due[m.was.ID] = m.original
	}
	if err := d.Plans.MoveAnchor(ctx, campaign, code, on, due); err != nil {
		return 0, err
	}
	if err := d.record(ctx, t, "anchor.move", "campaign", campaign, event.Version+1); err != nil {
		return 0, err
	}
	return len(moved), d.tellMoved(ctx, t, event, on, moved)
}

// move is an obligation and the new day of it, before any extension.
type move struct {
	was      plan.Obligation
	original time.Time
}

// overBefore reports whether something was written down as over when its campaign began.
func overBefore(o plan.Obligation) bool {
	return o.State == plan.Waived && o.Note == text.PlanPastNote
}

// retime computes the new original days of what hangs on an event; what was over when the
// campaign began is owed after all if its new day is still to come.
func (d *Desk) retime(ctx context.Context, c risk.Campaign, anchors []plan.Anchor, code string, on, today time.Time) (out []move, err error) {
	obs, err := d.Plans.Obligations(ctx, ObligationFilter{Campaign: c.ID})
	if err != nil {
		return nil, err
	}
	cal, err := d.Plans.Calendar(ctx)
	if err != nil {
		return nil, err
	}
	days := map[string]time.Time{}
	for _, a := range anchors {
		days[a.Code] = a.On
	}
	days[code] = on
	was := map[int64]plan.Obligation{}
	var hang []plan.Obligation
	for _, o := range obs {
		if o.Rule.Kind != plan.RuleAnchor || o.Rule.Anchor != code {
			continue
		}
		was[o.ID] = o
		if overBefore(o) {
			o.State = plan.Pending // its event's day was another one
		}
		o.Due = o.Original // an extension is put on top again by the store
		hang = append(hang, o)
	}
	times := plan.Retime(hang, days, c.Year, cal)
	for _, o := range hang {
		if at, moves := times[o.ID]; moves && !(overBefore(was[o.ID]) && at.Before(today)) {
			out = append(out, move{was[o.ID], at})
		}
	}
	return out, nil
}

// tellMoved says what moved: to whoever moved it at once, to every other owner in one
// notice each.
func (d *Desk) tellMoved(ctx context.Context, t *convo.Turn, event plan.Anchor, on time.Time, moved []move) error {
	verb := text.PlanEventMoved
	if event.On.IsZero() {
		verb = text.PlanEventSet
	}
	head := fmt.Sprintf(verb, event.Name, day(on))
	lines := map[int64][]string{}
	var owners []int64
	var names []string
	for _, m := range moved {
		now, err := d.Plans.Obligation(ctx, m.was.ID) // with its extension
		if err != nil {
			return err
		}
		line := fmt.Sprintf(text.PlanMovedLine, now.Name, day(now.Due), day(m.was.Due))
		if m.was.Due.IsZero() {
			line = fmt.Sprintf(text.PlanDatedLine, now.Name, day(now.Due))
		}
		if !slices.Contains(names, line) {
			names = append(names, line)
		}
		if now.Owner == 0 {
			continue
		}
		if lines[now.Owner] == nil {
			owners = append(owners, now.Owner)
		}
		if !slices.Contains(lines[now.Owner], line) {
			lines[now.Owner] = append(lines[now.Owner], line)
		}
	}
	told := 0
	for _, id := range owners {
		if id == t.Actor.Person {
			continue
		}
		p, err := d.Reg.Person(ctx, id)
		if err != nil {
			return err
		}
		if !p.Active {
			continue
		}
		told++
		t.Send(bot.Reply{
			To: p.UserID, Lane: bot.LaneNotice, Text: head + text.PlanYoursMoved + "\n" + strings.Join(lines[id], "\n"),
			Once: fmt.Sprintf("anchor:%d:%s:%d:%d", event.Campaign, event.Code, event.Version+1, id),
		})
	}
	if len(moved) == 0 {
		t.Say(head + text.PlanNothingMoved)
		return nil
	}
	t.Say(head + fmt.Sprintf(text.PlanMoved, len(moved), told) + "\n" + strings.Join(names, "\n"))
	return nil
}
