package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/plan"
)

// Planning is what a Planner reads and writes. bot/pg has it.
type Planning interface {
	Calendar(ctx context.Context) (plan.Calendar, error)
	Org(ctx context.Context) (plan.Org, error)
	Ladder(ctx context.Context, campaign int64) (plan.Ladder, error)
	// OpenObligations are up to n that are still owed, above an id, by id.
	OpenObligations(ctx context.Context, after int64, n int) ([]plan.Obligation, error)
	Recurrences(ctx context.Context) ([]plan.Recurrence, error)
	// Recur gives the holders of a recurrence's role what is missing for a period.
	Recur(ctx context.Context, r plan.Recurrence, period string, due time.Time) (int, error)
	// Heard is the highest step that was told of the obligations at an earlier rung than
	// these reminders'.
	Heard(ctx context.Context, rs []plan.Reminder) (map[int64]int, error)
	// AddReminders adds what is not there yet.
	AddReminders(ctx context.Context, rs []plan.Reminder) (int, error)
	// DropReminders takes back planned ones that are out of date.
	DropReminders(ctx context.Context) (int, error)
}

// planPage is how many obligations are planned at once.
const planPage = 5000

// Planner turns what is owed into reminders, each once, however many planners there are
// and however often they run.
type Planner struct {
	Store Planning
	// Soon asks for a fan-out at once, so that what is due today does not wait for the
	// minute; nil: it does.
	Soon func(ctx context.Context) error
	Now  func() time.Time
	Log  *slog.Logger
}

// Plan is the job of a Planner: at 8:05 and every quarter of an hour until 17:35, so that
// what is launched, moved or returned during the day is reminded of today.
func Plan(p Planner, zone *time.Location) Job {
	return Job{Name: "plan", Queue: House, Next: quarters(zone), Timed: true, Do: func(ctx context.Context, _ Run) error { return p.Do(ctx) }}
}

func quarters(zone *time.Location) func(time.Time) time.Time {
	const first, last, step = 8*60 + 5, 17*60 + 35, 15 // minutes since midnight
	return func(t time.Time) time.Time {
		t = t.In(zone)
		y, m, d := t.Date()
		for minute := first; minute <= last; minute += step {
			if due := time.Date(y, m, d, 0, minute, 0, 0, zone); due.After(t) {
				return due
			}
		}
		return time.Date(y, m, d+1, 0, first, 0, 0, zone)
	}
}

// Do plans once.
func (p Planner) Do(ctx context.Context) error {
	now := p.Now()
	cal, err := p.Store.Calendar(ctx)
	if err != nil {
		return fmt.Errorf("plan: %w", err)
	}
	org, err := p.Store.Org(ctx)
	if err != nil {
		return fmt.Errorf("plan: %w", err)
	}
	// What comes back must not keep the rest waiting.
	failed := p.recur(ctx, now, cal)
	dropped, err := p.Store.DropReminders(ctx)
	if err != nil {
		return errors.Join(failed, fmt.Errorf("plan: %w", err))
	}
	seen, added, err := p.remind(ctx, now, org, cal)
	if seen > 0 || dropped > 0 {
		p.Log.Info("planned", "obligations", seen, "reminders", added, "dropped", dropped)
	}
	if err == nil && added > 0 && p.Soon != nil {
		err = p.Soon(ctx)
	}
	if err != nil {
		return errors.Join(failed, fmt.Errorf("plan: %w", err))
	}
	return failed
}

// recur makes obligations of what comes back in the current period. What was due before
// it was turned on is not made up for.
func (p Planner) recur(ctx context.Context, now time.Time, cal plan.Calendar) error {
	list, err := p.Store.Recurrences(ctx)
	if err != nil {
		return err
	}
	today := bot.Civil(now)
	var failed error
	for _, r := range list {
		period, due := r.Occurrence(today, cal)
		if !r.Active || period == "" || due.Before(today) {
			continue
		}
		added, err := p.Store.Recur(ctx, r, period, due)
		failed = errors.Join(failed, err)
		if added > 0 {
			p.Log.Info("period planned", "recurrence", r.ID, "period", period, "obligations", added)
		}
	}
	return failed
}

func (p Planner) remind(ctx context.Context, now time.Time, org plan.Org, cal plan.Calendar) (seen, added int, err error) {
	ladders := ladders{store: p.Store, of: map[int64]plan.Ladder{}}
	for after := int64(0); ; {
		page, err := p.Store.OpenObligations(ctx, after, planPage)
		if err != nil || len(page) == 0 {
			return seen, added, err
		}
		seen, after = seen+len(page), page[len(page)-1].ID
		for campaign, obs := range byCampaign(page) {
			l, err := ladders.get(ctx, campaign)
			if err != nil {
				return seen, added, err
			}
			rs, err := p.oneStep(ctx, plan.Due(now, obs, org, cal, l), obs, org)
			if err != nil {
				return seen, added, err
			}
			n, err := p.Store.AddReminders(ctx, rs)
			if err != nil {
				return seen, added, err
			}
			added += n
		}
	}
}

// oneStep asks who was told before, of those that climb by more than one step.
func (p Planner) oneStep(ctx context.Context, rs []plan.Reminder, obs []plan.Obligation, org plan.Org) ([]plan.Reminder, error) {
	var high []plan.Reminder
	for _, r := range rs {
		if r.Step > 1 {
			high = append(high, r)
		}
	}
	if len(high) == 0 {
		return rs, nil
	}
	heard, err := p.Store.Heard(ctx, high)
	if err != nil {
		return nil, err
	}
	return plan.OneStep(rs, obs, org, heard), nil
}

func byCampaign(obs []plan.Obligation) map[int64][]plan.Obligation {
	m := map[int64][]plan.Obligation{}
	for _, ob := range obs {
		m[ob.Campaign] = append(m[ob.Campaign], ob)
	}
	return m
}

// ladders reads each campaign's ladder once.
type ladders struct {
	store interface {
		Ladder(ctx context.Context, campaign int64) (plan.Ladder, error)
	}
	of map[int64]plan.Ladder
}

func (l ladders) get(ctx context.Context, campaign int64) (plan.Ladder, error) {
	if have, ok := l.of[campaign]; ok {
		return have, nil
	}
	read, err := l.store.Ladder(ctx, campaign)
	if err == nil {
		l.of[campaign] = read
	}
	return read, err
}
