package plan_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"qingfeng/bot/plan"
)

func TestQuietHours(t *testing.T) {
	cal := shippedCalendar(t)
	for now, quiet := range map[string]bool{
		"2026-10-09 08:29:59": true, "2026-10-09 08:30:00": false, "2026-10-09 11:59:59": false, "2026-10-09 12:00:00": true,
		"2026-10-09 13:59:59": true, "2026-10-09 14:00:00": false, "2026-10-09 17:44:59": false, "2026-10-09 17:45:00": true,
		"2026-10-10 10:00:00": false, "2026-10-11 10:00:00": true, "2026-10-01 10:00:00": true,
	} {
		if got := plan.Quiet(clock(now), cal); got != quiet {
			t.Errorf("%s: quiet %v", now, got)
		}
		if got := plan.Quiet(clock(now).UTC(), cal); got != quiet {
			t.Errorf("%s told in UTC: quiet %v", now, got)
		}
	}
}

func TestTheNextMomentIsNowOrTheNextOpening(t *testing.T) {
	cal := shippedCalendar(t)
	for now, want := range map[string][2]string{
		"2026-10-09 10:10:00": {"2026-10-09 10:10:00", "2026-10-09 10:10:00"},
		"2026-10-09 10:00:00": {"2026-10-09 10:03:00", "2026-10-09 10:06:00"},
		"2026-10-09 09:58:00": {"2026-10-09 10:03:00", "2026-10-09 10:06:00"},
		"2026-10-09 11:58:00": {"2026-10-09 14:03:00", "2026-10-09 14:06:00"},
		"2026-10-09 07:00:00": {"2026-10-09 08:36:00", "2026-10-09 08:56:00"},
		"2026-10-09 12:30:00": {"2026-10-09 14:03:00", "2026-10-09 14:06:00"},
		"2026-10-09 18:00:00": {"2026-10-10 08:36:00", "2026-10-10 08:56:00"},
		"2026-09-30 18:00:00": {"2026-10-08 08:36:00", "2026-10-08 08:56:00"},
	} {
		if got := plan.NextMoment(clock(now), cal, 7); got.Before(clock(want[0])) || got.After(clock(want[1])) {
			t.Errorf("%s: %s", now, got)
		}
	}
}

func TestMomentsAreOffTheMarksAndInTheirWindows(t *testing.T) {
	cal := shippedCalendar(t)
	off := func(t *rapid.T, m time.Time) {
		if past := time.Duration(m.Minute()%30)*time.Minute + time.Duration(m.Second())*time.Second; past < 3*time.Minute || past > 27*time.Minute {
			t.Fatalf("%s is near a mark", m)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.Uint64().Draw(t, "seed")
		now := at("2026-01-01").Add(time.Duration(rapid.IntRange(0, 365*24*60*60).Draw(t, "second")) * time.Second)
		m, d, n := plan.Moment(now, seed), plan.DigestMoment(now, seed), plan.NextMoment(now, cal, seed)
		if hm := m.Format("15:04"); hm < "08:36" || hm >= "08:56" || day(m) != day(now) {
			t.Fatalf("moment %s of %s", m, now)
		}
		if hm := d.Format("15:04"); hm < "09:03" || hm >= "09:12" || day(d) != day(now) {
			t.Fatalf("digest %s of %s", d, now)
		}
		if n.Before(now) || plan.Quiet(n, cal) {
			t.Fatalf("next moment of %s: %s", now, n)
		}
		if !plan.Quiet(now, cal) && n.Sub(now) > 9*time.Minute && n.Hour() < 14 {
			t.Fatalf("it is not quiet at %s, and yet %s", now, n)
		}
		off(t, m)
		off(t, n)
	})
	seen := map[time.Time]bool{}
	for seed := range uint64(50) {
		seen[plan.Moment(at("2026-10-09"), seed)] = true
	}
	if len(seen) < 25 {
		t.Errorf("50 seeds give %d moments", len(seen))
	}
	if !plan.Moment(at("2026-10-09"), 3).Equal(plan.Moment(clock("2026-10-09 15:00:00"), 3)) {
		t.Error("the same seed has another moment of the same day")
	}
}

func TestRecurringDutiesKnowTheirPeriodAndDay(t *testing.T) {
	cal := shippedCalendar(t)
	for _, c := range []struct {
		r           plan.Recurrence
		today       string
		period, due string
	}{
		{plan.Recurrence{Period: plan.Monthly, Day: 1}, "2026-10-01", "2026-10", "2026-10-30"},
		{plan.Recurrence{Period: plan.Monthly, Day: 1}, "2026-02-28", "2026-02", "2026-02-28"}, // a make-up Saturday
		{plan.Recurrence{Period: plan.Monthly, Day: 2, Start: true}, "2026-10-31", "2026-10", "2026-10-09"},
		{plan.Recurrence{Period: plan.Quarterly, Day: 3}, "2026-11-30", "2026Q4", "2026-12-29"},
		{plan.Recurrence{Period: plan.Quarterly, Day: 1}, "2026-09-30", "2026Q3", "2026-09-30"},
		{plan.Recurrence{Period: plan.HalfYearly, Day: 5}, "2026-06-30", "2026H1", "2026-06-24"},
		{plan.Recurrence{Period: plan.HalfYearly, Day: 1}, "2026-07-01", "2026H2", "2026-12-31"},
		{plan.Recurrence{Period: plan.Yearly, Day: 10}, "2026-01-01", "2026", "2026-12-18"},
		{plan.Recurrence{Period: plan.Monthly, Day: 99}, "2026-10-15", "2026-10", "2026-10-08"}, // no longer than the month
		{plan.Recurrence{Period: plan.Monthly}, "2026-10-15", "2026-10", "2026-10-30"},
		{plan.Recurrence{Period: "weekly", Day: 1}, "2026-10-15", "", "-"},
	} {
		period, due := c.r.Occurrence(at(c.today), cal)
		if period != c.period || day(due) != c.due {
			t.Errorf("%+v on %s: %s %s, want %s %s", c.r, c.today, period, day(due), c.period, c.due)
		}
	}
	shipped, err := plan.Recurrences()
	if err != nil || len(shipped) != 6 {
		t.Fatalf("%d, %v", len(shipped), err)
	}
	codes := map[string]bool{}
	for _, r := range shipped {
		if period, due := r.Occurrence(at("2026-10-15"), cal); r.Active || period == "" || due.IsZero() || codes[r.Code] || r.Owner == "" || r.Kind == "" || r.Name == "" {
			t.Errorf("%+v: %q %s", r, period, day(due))
		}
		codes[r.Code] = true
	}
}
