package handlers

import (
	"context"
	"fmt"
	"strings"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/plan"
	"qingfeng/bot/text"
)

// SaySnooze is 明天再提醒, typed: it means what the person was reminded of today.
func (d *Desk) SaySnooze(ctx context.Context, t *convo.Turn) error { return d.snooze(ctx, t) }

// pressTomorrow is 明天再提醒 on a reminder. The card has no row of its own, so everything
// is looked up anew; an old day's card acts on nothing.
func (d *Desk) pressTomorrow(ctx context.Context, t *convo.Turn) error {
	ok, err := d.ofToday(ctx, t, keyTomorrow)
	if err != nil || !ok {
		return err
	}
	t.Chose(text.RemindTomorrow)
	return d.snooze(ctx, t)
}

// ofToday checks the day on a pressed reminder; an older one is told what became of it.
func (d *Desk) ofToday(ctx context.Context, t *convo.Turn, verb string) (bool, error) {
	pressed := t.Answer.Key()
	if pressed == "" && t.Message.Press != nil {
		pressed = t.Message.Press.Key
	}
	stamp, ok := strings.CutPrefix(pressed, verb+":")
	on, err := time.ParseInLocation("20060102", stamp, bot.Zone())
	today := bot.Civil(t.Now)
	if !ok || err != nil || on.After(today) {
		return false, d.refuse(ctx, t, verb, aboutObligation, 0, "unknown key", text.RemindBadPress)
	}
	if on.Equal(today) {
		return true, nil
	}
	rest, err := d.restOwed(ctx, t)
	if err != nil {
		return false, err
	}
	t.Say(fmt.Sprintf(text.RemindOldCard, dayWeek(on), rest))
	return false, nil
}

// snooze plans one more reminder of today's matters for the next working day.
func (d *Desk) snooze(ctx context.Context, t *convo.Turn) error {
	today := bot.Civil(t.Now)
	items, err := d.Plans.TodaysReminders(ctx, t.Actor.Person, today)
	if err != nil {
		return fmt.Errorf("snooze: %w", err)
	}
	if len(items) == 0 {
		rest, err := d.restOwed(ctx, t)
		if err != nil {
			return err
		}
		t.Say(fmt.Sprintf(text.SnoozeNothing, rest))
		return nil
	}
	if items, err = d.stillOpen(ctx, t.Actor.Person, items); err != nil {
		return err
	}
	if len(items) == 0 {
		t.Say(text.SnoozeAllDone)
		return nil
	}
	cal, err := d.calendar(ctx)
	if err != nil {
		return err
	}
	at := plan.Morning(cal.Add(today, 1)) // with what else is due then, in one message
	say := fmt.Sprintf(text.SnoozeSet, dayWeek(bot.Local(at)), partOfDay(at))
	var again []plan.Reminder
	dueToday := false
	for _, i := range items {
		if i.Step == 0 && byWord(i.Obligation.Kind) {
			t.KeepCard() // 已完成 may still be pressed today
		}
		r := i.Reminder
		r.Version, r.To, r.At = i.Obligation.Version, t.Actor.Person, at
		again = append(again, r)
		dueToday = dueToday || i.Step == 0 && bot.Civil(i.Obligation.Due).Equal(today)
	}
	if dueToday {
		say += text.SnoozeToday
	}
	if _, err := d.Plans.Again(ctx, again); err != nil {
		return fmt.Errorf("snooze: %w", err)
	}
	t.Say(say)
	return d.record(ctx, t, "remind.again", aboutObligation, again[0].Obligation, again[0].Version)
}

// stillOpen leaves out what is done by now: the person's own matters by the register
// too, others' by their state (they are looked at again when they are sent).
func (d *Desk) stillOpen(ctx context.Context, person int64, items []plan.Item) ([]plan.Item, error) {
	open, err := d.owed(ctx, person)
	if err != nil {
		return nil, err
	}
	mine := map[int64]plan.Obligation{}
	for _, ob := range open {
		mine[ob.ID] = ob
	}
	seen := map[int64]bool{}
	var out []plan.Item
	for _, i := range items {
		id := i.Obligation.ID
		if seen[id] {
			continue
		}
		seen[id] = true
		ob, ok := mine[id]
		if i.Step > 0 {
			if ob, err = d.Plans.Obligation(ctx, id); err != nil {
				return nil, err
			}
			ok = ob.State == plan.Pending
		}
		if ok {
			i.Obligation = ob
			out = append(out, i)
		}
	}
	return out, nil
}

// seedOf spreads the people of a day over its sending hours.
func seedOf(person int64, on time.Time) uint64 {
	return uint64(person)*1_000_003 + uint64(on.Unix()) //nolint:gosec // ids and days are positive
}
