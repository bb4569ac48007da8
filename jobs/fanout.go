package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/plan"
)

// Reminding is what a Fanout reads and writes. bot/pg has it.
type Reminding interface {
	Calendar(ctx context.Context) (plan.Calendar, error)
	Org(ctx context.Context) (plan.Org, error)
	Ladder(ctx context.Context, campaign int64) (plan.Ladder, error)
	// RemindersDue reports whether anything is due at now.
	RemindersDue(ctx context.Context, now time.Time) (bool, error)
	// ClaimReminders hands up to n people above an id, with what is due for them at now,
	// to fn and writes what fn makes of it, in one transaction. next is the id to go on
	// above, 0 at the end. Nobody else has these people meanwhile.
	ClaimReminders(ctx context.Context, now time.Time, after int64, n int,
		fn func(ctx context.Context, people []plan.Addressee) ([]plan.Fate, error)) (next int64, err error)
	// QueuePushIDs queues a message in the transaction that ctx carries. Whoever is not
	// in the answer had theirs before.
	QueuePushIDs(ctx context.Context, p bot.Push, to []bot.PushTo) (map[int64]int64, error)
}

const (
	fanPage  = 1000 // people in one transaction
	staleEnd = 5    // working days after which the last rung is not said any more
)

// Fanout turns due reminders into messages: one for everything a person is reminded of
// on a day, and one more when something urgent comes after it. What is read again at that
// moment decides. Several at once share the work.
type Fanout struct {
	Store Reminding
	// Say puts items into words; people with the same items get the same bytes.
	Say func(day time.Time, items []plan.Item, org plan.Org) bot.Push
	// Freeze makes batches of what was queued; nil leaves that to its own job.
	Freeze func(ctx context.Context) (int, error)
	Now    func() time.Time
	Log    *slog.Logger
}

// FanName is the job of a Fanout; a planner asks for a run of it besides.
const FanName = "fanout"

// Fan is the job of a Fanout, each minute.
func Fan(f Fanout) Job {
	return Job{
		Name: FanName, Queue: Notice, Next: Every(time.Minute), Timed: true,
		Do: func(ctx context.Context, _ Run) error { return f.Do(ctx, f.Now()) },
	}
}

// Do queues everything that is due at now, and nothing that is not.
func (f Fanout) Do(ctx context.Context, now time.Time) error {
	due, err := f.Store.RemindersDue(ctx, now)
	if err != nil {
		return err
	}
	if !due {
		return f.freeze(ctx) // what a killed run has queued
	}
	run, err := f.begin(ctx, now)
	if err != nil {
		return fmt.Errorf("fan out: %w", err)
	}
	var failed error
	for after := int64(0); ; {
		next, err := f.Store.ClaimReminders(ctx, now, after, fanPage, run.page)
		if err != nil {
			failed = fmt.Errorf("fan out: %w", err)
		}
		if err != nil || next == 0 {
			break
		}
		after = next
	}
	if len(run.count) > 0 {
		f.Log.Info("reminded", "queued", run.count[plan.Queued], "dropped", run.count[plan.Dropped], "later", run.count[plan.Planned])
	}
	// Once, at the end: pages that hold several texts would make small batches.
	return errors.Join(failed, f.freeze(ctx))
}

func (f Fanout) freeze(ctx context.Context) error {
	if f.Freeze == nil {
		return nil
	}
	_, err := f.Freeze(ctx)
	return err
}

// fanning is one run.
type fanning struct {
	Fanout
	now, day time.Time
	cal      plan.Calendar
	org      plan.Org
	ladders  ladders
	quiet    bool
	count    map[string]int
}

func (f Fanout) begin(ctx context.Context, now time.Time) (*fanning, error) {
	run := &fanning{Fanout: f, now: now, day: bot.Civil(now), ladders: ladders{f.Store, map[int64]plan.Ladder{}}, count: map[string]int{}}
	var err error
	if run.cal, err = f.Store.Calendar(ctx); err != nil {
		return nil, err
	}
	if run.org, err = f.Store.Org(ctx); err != nil {
		return nil, err
	}
	run.quiet = plan.Quiet(now, run.cal)
	return run, nil
}

// words are one message and everybody who gets it.
type words struct {
	push bot.Push
	to   []bot.PushTo
	with map[int64][]plan.Item // what it says, by person
}

// page decides what becomes of the reminders of up to 1,000 people.
func (f *fanning) page(ctx context.Context, people []plan.Addressee) (fates []plan.Fate, err error) {
	messages := map[string]*words{}
	for _, a := range people {
		items, out, err := f.sift(ctx, a)
		if err != nil {
			return nil, err
		}
		fates = append(fates, out...)
		items, once, later := f.today(a, items)
		fates = append(fates, later...)
		if len(items) == 0 {
			continue
		}
		push := f.Say(f.day, latest(items), f.org)
		raw, err := json.Marshal(push)
		if err != nil {
			return nil, fmt.Errorf("encode push: %w", err)
		}
		w := messages[string(raw)]
		if w == nil {
			w = &words{push: push, with: map[int64][]plan.Item{}}
			messages[string(raw)] = w
		}
		w.to = append(w.to, bot.PushTo{Person: a.Person, User: a.User, Mode: a.Mode, Once: once})
		w.with[a.Person] = items
	}
	// In one order, so that two pages never wait for each other's words in a circle.
	for _, key := range slices.Sorted(maps.Keys(messages)) {
		out, err := f.queue(ctx, messages[key])
		if err != nil {
			return nil, err
		}
		fates = append(fates, out...)
	}
	for _, fate := range fates {
		f.count[fate.State]++
	}
	return fates, nil
}

// sift keeps what is still to be said and drops the rest.
func (f *fanning) sift(ctx context.Context, a plan.Addressee) (items []plan.Item, dropped []plan.Fate, err error) {
	for _, r := range a.Ready {
		why, err := f.why(ctx, a, r)
		if err != nil {
			return nil, nil, err
		}
		if why != "" {
			dropped = append(dropped, plan.Fate{ID: r.ID, State: plan.Dropped, Why: why})
			continue
		}
		items = append(items, r.Item)
	}
	return items, dropped, nil
}

// why is why a reminder is not to be said any more; "" when it is.
func (f *fanning) why(ctx context.Context, a plan.Addressee, r plan.Ready) (string, error) {
	ob := r.Item.Obligation
	switch {
	case !r.Open:
		return plan.WhyDone, nil
	case ob.Version != r.Version:
		return plan.WhyMoved, nil
	case !a.Active:
		return plan.WhyLeft, nil
	case r.Step == 0 && a.Person != ob.Owner, !slices.Contains(plan.Chain(ob, f.org), a.Person):
		return plan.WhyMoved, nil // somebody else's by now
	}
	ladder, err := f.ladders.get(ctx, ob.Campaign)
	if err != nil {
		return "", err
	}
	if f.stale(r.Reminder, ob.Due, ladder) {
		return plan.WhyStale, nil
	}
	return "", nil
}

// stale reports whether a later rung for the same person has its day by now. One more of
// the same rung (明天再提醒) was asked for: it is said on its day or the working day after.
func (f *fanning) stale(r plan.Reminder, due time.Time, l plan.Ladder) bool {
	if r.Again > 0 {
		return f.day.After(f.cal.Add(bot.Civil(r.At), 1))
	}
	end := f.rungDay(due, r.Rung+staleEnd)
	for _, rung := range l.Rungs {
		if day := f.rungDay(due, rung.At); rung.At > r.Rung && slices.Contains(rung.To, r.Step) && day.Before(end) {
			end = day
		}
	}
	return !f.day.Before(end)
}

// rungDay is n working days after a day, before it when n is negative.
func (f *fanning) rungDay(day time.Time, n int) time.Time {
	switch {
	case n > 0:
		return f.cal.Add(day, n)
	case n < 0:
		return f.cal.Sub(day, -n)
	}
	return bot.Civil(day)
}

// today keeps what may be said to a person now, under its key, and puts the rest off:
// everything in quiet hours; what is not urgent when today's reminder has been said.
func (f *fanning) today(a plan.Addressee, items []plan.Item) (now []plan.Item, once string, later []plan.Fate) {
	if len(items) == 0 {
		return nil, "", nil
	}
	if f.quiet {
		return nil, "", putOff(items, plan.Later(f.now, f.cal))
	}
	if !a.Said {
		return items, plan.RemindOnce(a.Person, f.day), nil
	}
	for _, i := range items {
		if i.Urgent {
			now = append(now, i)
		} else {
			later = append(later, putOff([]plan.Item{i}, f.tomorrow())...)
		}
	}
	if len(now) > 0 {
		once = plan.UrgeOnce(now[0].Reminder)
	}
	return now, once, later
}

// tomorrow is the next working day's moment.
func (f *fanning) tomorrow() time.Time { return plan.Morning(f.cal.Add(f.day, 1)) }

func putOff(items []plan.Item, at time.Time) (fates []plan.Fate) {
	for _, i := range items {
		fates = append(fates, plan.Fate{ID: i.ID, State: plan.Planned, At: at})
	}
	return fates
}

// latest is each obligation once, with its latest rung.
func latest(items []plan.Item) (out []plan.Item) {
	at := map[int64]int{}
	for _, i := range items {
		have, twice := at[i.Obligation.ID]
		switch {
		case !twice:
			at[i.Obligation.ID] = len(out)
			out = append(out, i)
		case i.Rung > out[have].Rung || i.Rung == out[have].Rung && i.Again > out[have].Again:
			i.Urgent = i.Urgent || out[have].Urgent
			out[have] = i
		}
	}
	return out
}

// queue queues one message. Who had theirs already, from wherever, is told tomorrow.
func (f *fanning) queue(ctx context.Context, w *words) (fates []plan.Fate, err error) {
	ids, err := f.Store.QueuePushIDs(ctx, w.push, w.to)
	if err != nil {
		return nil, err
	}
	for _, to := range w.to {
		items := w.with[to.Person]
		id, queued := ids[to.Person]
		if !queued {
			fates = append(fates, putOff(items, f.tomorrow())...)
			continue
		}
		for _, i := range items {
			fates = append(fates, plan.Fate{ID: i.ID, State: plan.Queued, PushTo: id, On: f.day})
		}
	}
	return fates, nil
}
