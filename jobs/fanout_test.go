package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"qingfeng/bot"
	bplan "qingfeng/bot/plan"
)

func TestAPersonWithFiveItemsGetsOneMessage(t *testing.T) {
	u := newUnit(t, 5)
	for _, code := range []string{"a", "b", "c", "d", "e"} {
		u.owes(code, 4, 5, 16)
	}
	u.exec(`INSERT INTO conversation (user_key, user_id, mode) VALUES ('u5', 'u5', 'text')`)
	u.day("2026-10-13")
	u.expect("all in one", 4, "card a -3, b -3, c -3, d -3, e -3")
	u.expect("for those with text", 5, "text 1013: a -3, b -3, c -3, d -3, e -3")
	if n := u.count(`reminder WHERE state = 'queued' AND said_on = '2026-10-13' AND push_to IS NOT NULL`); n != 10 {
		t.Errorf("%d reminders know their message", n)
	}
	items, err := u.reg.TodaysReminders(t.Context(), 4, day(13))
	if err != nil || len(items) != 5 {
		t.Errorf("%d items, %v", len(items), err)
	}
}

func TestWhatIsDoneBetweenPlanningAndSendingIsNotSaid(t *testing.T) {
	u := newUnit(t, 6)
	u.owes("a", 4, 6, 16)
	u.owes("b", 4, 4, 16)
	u.clock("2026-10-13T08:05:00")
	u.plan()
	done := func(id int64, to bplan.State) {
		if won, err := u.reg.SetState(t.Context(), id, []bplan.State{bplan.Pending}, to, 4, ""); err != nil || !won {
			t.Fatal(won, err)
		}
	}
	done(1, bplan.Delivered) // a of 4
	done(2, bplan.Waived)    // a of 5
	u.clock("2026-10-13T09:01:00")
	u.fan()
	u.expect("one is done, one is not", 4, "card b -3")
	u.expect("waived", 5)
	u.expect("not done", 6, "card a -3")
	if n := u.count(`reminder WHERE state = 'dropped' AND why = 'done'`); n != 2 {
		t.Errorf("%d dropped as done", n)
	}
	u.exec(`UPDATE campaign SET state = 'closed', closed_at = now()`)
	u.day("2026-10-16")
	u.expect("the campaign is over", 6, "card a -3")
}

func TestNothingIsSaidEarlyOrInQuietHours(t *testing.T) {
	u := newUnit(t, 4)
	u.owes("a", 4, 4, 16)
	u.clock("2026-10-13T08:05:00")
	u.plan()
	moment := bplan.Morning(day(13))
	u.clock(moment.Add(-time.Second).Format("2006-01-02T15:04:05"))
	u.fan()
	u.expect("a second early", 4)
	u.clock("2026-10-13T12:30:00")
	u.fan()
	u.expect("at noon", 4)
	if n := u.count(`reminder WHERE state = 'planned' AND at >= '2026-10-13T14:00:00+08:00' AND at < '2026-10-13T14:15:00+08:00'`); n != 1 {
		t.Error("it is not put off till after the break")
	}
	u.clock("2026-10-13T14:00:00")
	u.fan()
	u.expect("on the mark", 4)
	u.clock("2026-10-13T20:00:00")
	u.fan()
	u.expect("in the evening", 4)
	if n := u.count(`reminder WHERE state = 'planned' AND at = '` + bplan.Morning(day(14)).Format(time.RFC3339) + `'`); n != 1 {
		t.Error("it is not put off till the morning")
	}
	u.clock("2026-10-14T09:01:00")
	u.fan()
	u.expect("the next morning", 4, "card a -3")
}

func TestTodaysReminderIsTheOnlyOneUnlessItIsUrgent(t *testing.T) {
	u := newUnit(t, 4)
	u.owes("a", 4, 4, 16)
	u.day("2026-10-13")
	u.clock("2026-10-13T10:05:00")
	u.owes("b", 4, 4, 16)
	u.plan()
	u.clock("2026-10-13T10:10:00")
	u.fan()
	u.expect("told today already", 4, "card a -3")
	if n := u.count(`reminder WHERE state = 'planned' AND at = '` + bplan.Morning(day(14)).Format(time.RFC3339) + `'`); n != 1 {
		t.Error("b is not put off till tomorrow")
	}
	u.day("2026-10-14")
	u.expect("tomorrow", 4, "card a -3", "card b -3")
	// 催办: the office urges, twice a day if it must.
	for n, want := range [][]string{{"card a -3", "card b -3", "card a +0"}, {"card a -3", "card b -3", "card a +0", "card a +0"}} {
		m := bplan.Reminder{Obligation: 1, Version: 1, To: 4, Urgent: true, At: u.Now()}
		if added, err := u.reg.Again(t.Context(), []bplan.Reminder{m, m}); err != nil || added != 1 {
			t.Fatal(added, err)
		}
		u.clock(fmt.Sprintf("2026-10-14T1%d:20:00", n))
		u.fan()
		u.fan()
		u.expect("urged", 4, want...)
	}
}

func TestASnoozedReminderComesOnceTheNextWorkingDay(t *testing.T) {
	u := newUnit(t, 5)
	u.owes("a", 4, 5, 16) // a Friday
	u.day("2026-10-16")
	if n := u.again(4, day(16), bplan.Morning(day(19))); n != 1 {
		t.Fatalf("%d snoozed", n)
	}
	if n := u.again(4, day(16), bplan.Morning(day(19))); n != 0 {
		t.Fatalf("%d snoozed again", n)
	}
	u.day("2026-10-17")
	u.day("2026-10-18")
	u.expect("not on days off", 4, "card a +0")
	u.day("2026-10-19")
	u.expect("together with Monday's own", 4, "card a +0", "card a +1")
	u.expect("the other", 5, "card a +0", "card a +1")
	u.expect("the head hears of both in one", 1, "card a +1, a +1")
	// Snoozed where no rung follows the next day.
	if n := u.again(4, day(19), bplan.Morning(day(20))); n != 1 {
		t.Fatalf("%d snoozed", n)
	}
	u.day("2026-10-20")
	u.day("2026-10-21")
	u.expect("once, and then the next rung", 4, "card a +0", "card a +1", "card a +1", "card a +3")
	u.expect("nobody else", 5, "card a +0", "card a +1", "card a +3")
}

func TestWhoLeftOrHandedOverIsNotTold(t *testing.T) {
	u := newUnit(t, 6)
	u.owes("a", 4, 5, 16)
	u.clock("2026-10-13T08:05:00")
	u.plan()
	u.exec(`UPDATE person SET active = false WHERE id = 4`)
	if err := u.reg.GiveTo(t.Context(), 2, 6); err != nil {
		t.Fatal(err)
	}
	u.clock("2026-10-13T08:20:00")
	u.plan()
	u.clock("2026-10-13T09:01:00")
	u.fan()
	u.expect("left", 4)
	u.expect("handed over", 5)
	u.expect("took over", 6, "card a -3")
	if u.count(`reminder WHERE recipient = 4 AND why = 'left'`) != 1 || u.count(`reminder WHERE recipient = 5 AND why = 'moved'`) != 1 {
		t.Error("why is not kept")
	}
	u.day("2026-10-19")
	u.expect("the head hears what the one who left owes", 1, "card a +1, a +1")
}

func TestWhatIsOutOfDateIsNotSaidLate(t *testing.T) {
	u := newUnit(t, 4)
	u.owes("a", 4, 4, 16)
	u.clock("2026-10-13T08:05:00")
	u.plan() // and then nothing ran until Thursday
	u.day("2026-10-15")
	u.expect("the day before", 4, "card a -1")
	if n := u.count(`reminder WHERE rung = -3 AND why = 'stale'`); n != 1 {
		t.Errorf("%d stale", n)
	}
	u.day("2026-10-23") // the last rung
	u.clock("2026-10-30T09:01:00")
	u.plan()
	u.exec(`UPDATE reminder SET state = 'planned', push_to = NULL WHERE rung = 5 AND recipient = 4`)
	u.exec(`DELETE FROM push_to WHERE person = 4`)
	u.fan()
	u.expect("a week later", 4)
}

func TestTwoFanoutsAtOnceTellEverybodyOnce(t *testing.T) {
	const people = 2000
	u := newUnit(t, people+3)
	u.owes("a", 4, people+3, 16)
	u.owes("b", 4, people+3, 16)
	u.clock("2026-10-13T08:05:00")
	u.plan()
	u.clock("2026-10-13T09:01:00")
	var wg, both sync.WaitGroup
	both.Add(2)
	var said [2]atomic.Int64
	for i := range said {
		f := u.fanout()
		meet := sync.OnceFunc(func() { both.Done(); both.Wait() }) // each has people before either goes on
		f.Say = func(day time.Time, items []bplan.Item, org bplan.Org) bot.Push {
			meet()
			said[i].Add(1)
			return say(day, items, org)
		}
		wg.Go(func() {
			if err := f.Do(t.Context(), u.Now()); err != nil {
				t.Error(err)
			}
			meet() // also one that found nobody
		})
	}
	wg.Wait()
	if said[0].Load() == 0 || said[1].Load() == 0 {
		t.Errorf("they did not work at once: %d and %d", said[0].Load(), said[1].Load())
	}
	if n := said[0].Load() + said[1].Load(); n != people {
		t.Errorf("%d messages made", n)
	}
	u.told2000(people)
	u.fan()
	u.told2000(people)
}

// told2000 checks that people from 4 on have one message each with two reminders in it.
func (u *unit) told2000(people int) {
	u.t.Helper()
	queued, distinct := u.count(`push_to`), u.count(`(SELECT DISTINCT person FROM push_to) x`)
	if queued != people || distinct != people {
		u.t.Errorf("%d messages for %d people, want %d", queued, distinct, people)
	}
	if n := u.count(`reminder WHERE state = 'queued'`); n != 2*people || u.count(`push`) != 1 {
		u.t.Errorf("%d reminders in %d texts", n, u.count(`push`))
	}
	if n := u.count(`reminder m JOIN push_to t ON t.id = m.push_to AND t.person = m.recipient`); n != 2*people {
		u.t.Errorf("%d reminders know their person's message", n)
	}
}

func TestAFanoutThatDiesIsFinishedByTheNext(t *testing.T) {
	const people = 2000
	u := newUnit(t, people+3)
	u.owes("a", 4, people+3, 16)
	u.owes("b", 4, people+3, 16)
	u.clock("2026-10-13T08:05:00")
	u.plan()
	u.clock("2026-10-13T09:01:00")
	f, store := u.fanout(), &dying{Register: u.reg, at: 2}
	f.Store = store
	if err := f.Do(t.Context(), u.Now()); !errors.Is(err, errKilled) {
		t.Fatalf("it did not die: %v", err)
	}
	if n := u.count(`push_to`); n != 1000 || u.count(`reminder WHERE state = 'queued'`) != 2000 {
		t.Fatalf("%d messages, %d reminders: a page is not whole", n, u.count(`reminder WHERE state = 'queued'`))
	}
	u.fan()
	u.told2000(people)
}

// A freeze in the middle would make small batches of several texts; a run that finds
// nothing due freezes too, what one that was killed has left.
func TestWhatWasQueuedIsFrozenAtTheEndOfARun(t *testing.T) {
	u := newUnit(t, 1500)
	u.owes("a", 4, 1500, 16)
	var waiting []int // at each freeze
	f := u.fanout()
	f.Freeze = func(context.Context) (int, error) { waiting = append(waiting, u.count(`push_to`)); return 0, nil }
	run := func() {
		if err := f.Do(t.Context(), u.Now()); err != nil {
			t.Fatal(err)
		}
	}
	u.clock("2026-10-13T08:05:00")
	u.plan()
	run()
	u.clock("2026-10-13T09:01:00")
	run()
	run()
	if want := []int{0, 1497, 1497}; !slices.Equal(waiting, want) {
		t.Errorf("frozen at %v waiting, wanted %v", waiting, want)
	}
}
