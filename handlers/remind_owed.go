package handlers

import (
	"context"
	"fmt"
	"strings"

	"qingfeng/bot/convo"
	"qingfeng/bot/plan"
	"qingfeng/bot/text"
)

// owedLines is how many matters a chat lists; the page has the rest.
const owedLines = 12

// SayOwed is 我要办的: what the person owes, by when, and where to do it.
func (d *Desk) SayOwed(ctx context.Context, t *convo.Turn) error {
	said, err := d.listOwed(ctx, t)
	if err != nil || said {
		return err
	}
	t.Say(text.OwedNone)
	return nil
}

// listOwed says what a person owes and has to receipt; false when that is nothing.
func (d *Desk) listOwed(ctx context.Context, t *convo.Turn) (bool, error) {
	if d.Plans == nil {
		return false, nil
	}
	obs, err := d.owed(ctx, t.Actor.Person)
	if err != nil {
		return false, err
	}
	receipts, err := d.awaiting(ctx, t)
	if err != nil || len(obs)+len(receipts) == 0 {
		return false, err
	}
	cal, err := d.calendar(ctx)
	if err != nil {
		return false, err
	}
	var lines []string
	if len(obs) > 0 {
		lines = append(lines, fmt.Sprintf(text.OwedHead, len(obs)))
	}
	for _, ob := range obs[:min(len(obs), owedLines)] {
		lines = append(lines, fmt.Sprintf(text.RemindLine, ob.Name, owedWhen(ob, t, cal)))
	}
	if len(receipts) > 0 {
		lines = append(lines, fmt.Sprintf(text.OwedReceipts, len(receipts)))
	}
	t.Say(strings.Join(append(lines, fmt.Sprintf(text.RemindPage, d.Pages.Todo())), "\n"))
	return true, nil
}

// owedWhen is the day of an obligation with how far it is.
func owedWhen(ob plan.Obligation, t *convo.Turn, cal plan.Calendar) string {
	if ob.Due.IsZero() {
		return text.OwedNoDay
	}
	return dueWhen(ob.Due, t.Now, cal)
}

// restOwed tells in one sentence what somebody has to do now, for answers to a question
// that is over.
func (d *Desk) restOwed(ctx context.Context, t *convo.Turn) (string, error) {
	obs, err := d.owed(ctx, t.Actor.Person)
	if err != nil || len(obs) == 0 {
		return text.OwedNone, err
	}
	return fmt.Sprintf(text.OwedSome, len(obs)), nil
}
