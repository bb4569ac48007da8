package plan_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"qingfeng/bot"
	"qingfeng/bot/plan"
)

// People of the tests: 1, 2 cadres of section 10, whose head is 20 and leader 30; 40
// directs the office, 41 is a member.
func org() plan.Org {
	return plan.Org{
		Head: map[int64]int64{10: 20}, Leader: map[int64]int64{10: 30, 11: 30}, Office: []int64{40, 41},
		Active: map[int64]bool{1: true, 2: true, 20: true, 30: true, 40: true, 41: true},
	}
}

func owed(due string) plan.Obligation {
	return plan.Obligation{
		ID: 7, Version: 3, State: plan.Pending, Kind: plan.KindFiling, Owner: 1, OwnerRole: bot.RolePostHolder, Section: 10,
		Due: at(due), Original: at(due), Since: at("2026-09-01"),
	}
}

func clock(s string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04:05", s, bot.Zone())
	if err != nil {
		panic(err)
	}
	return t
}

// told are reminders as rung:recipient/step.
func told(rs []plan.Reminder) (out []string) {
	for _, r := range rs {
		out = append(out, fmt.Sprintf("%d:%d/%d", r.Rung, r.To, r.Step))
	}
	return out
}

func TestEveryRungComesOnItsDayAndClimbsOneStep(t *testing.T) {
	cal := shippedCalendar(t)
	for _, c := range []struct {
		day, due string
		want     []string
	}{
		// Due on Friday 16 October 2026.
		{"2026-10-12", "2026-10-16", nil},
		{"2026-10-13", "2026-10-16", []string{"-3:1/0"}},
		{"2026-10-14", "2026-10-16", []string{"-3:1/0"}}, // made up for, if nobody planned
		{"2026-10-15", "2026-10-16", []string{"-1:1/0"}},
		{"2026-10-16", "2026-10-16", []string{"0:1/0"}},
		{"2026-10-17", "2026-10-16", nil}, // Saturday
		{"2026-10-19", "2026-10-16", []string{"1:1/0", "1:20/1"}},
		{"2026-10-21", "2026-10-16", []string{"3:1/0", "3:30/2"}},
		{"2026-10-23", "2026-10-16", []string{"5:1/0", "5:40/3"}},
		{"2026-10-27", "2026-10-16", []string{"5:1/0", "5:40/3"}},
		{"2026-10-28", "2026-10-16", nil},
		// Due in the holidays: the last chance is the day before them.
		{"2026-09-30", "2026-10-03", []string{"0:1/0"}},
		{"2026-10-08", "2026-10-03", []string{"1:1/0", "1:20/1"}},
		// The make-up workday of 10 October counts.
		{"2026-10-10", "2026-10-12", []string{"-1:1/0"}},
		{"2026-10-08", "2026-10-12", []string{"-3:1/0"}},
	} {
		rs := plan.Due(clock(c.day+" 08:00:00"), []plan.Obligation{owed(c.due)}, org(), cal, plan.DefaultLadder())
		if got := told(rs); !slices.Equal(got, c.want) {
			t.Errorf("%s, due %s: %q, want %q", c.day, c.due, got, c.want)
		}
		for _, r := range rs {
			if r.Obligation != 7 || r.Version != 3 || r.Again != 0 || day(r.At) != c.day || r.Urgent != (r.Rung == 0) {
				t.Errorf("%s: %+v", c.day, r)
			}
			if hm := r.At.Format("15:04"); hm < "08:36" || hm >= "08:56" {
				t.Errorf("%s: at %s", c.day, hm)
			}
		}
	}
}

func TestNobodyIsPassedOverByWhatCameBackLate(t *testing.T) {
	cal := shippedCalendar(t)
	obs := []plan.Obligation{owed("2026-10-16")}
	for _, c := range []struct {
		day   string
		heard map[int64]int
		want  []string
	}{
		{"2026-10-21", map[int64]int{7: 1}, []string{"3:1/0", "3:30/2"}},
		{"2026-10-21", map[int64]int{7: 0}, []string{"3:1/0", "3:20/1"}},
		{"2026-10-21", nil, []string{"3:1/0", "3:20/1"}},
		{"2026-10-23", map[int64]int{7: 2}, []string{"5:1/0", "5:40/3"}},
		{"2026-10-23", map[int64]int{7: 1}, []string{"5:1/0", "5:30/2"}},
		{"2026-10-23", nil, []string{"5:1/0", "5:20/1"}},
	} {
		rs := plan.Due(clock(c.day+" 08:00:00"), obs, org(), cal, plan.DefaultLadder())
		if got := told(plan.OneStep(rs, obs, org(), c.heard)); !slices.Equal(got, c.want) {
			t.Errorf("%s after %v: %q, want %q", c.day, c.heard, got, c.want)
		}
	}
}

func TestNothingIsRemindedOfBeforeItsVersionBegan(t *testing.T) {
	cal := shippedCalendar(t)
	o := owed("2026-10-16")
	o.Since = at("2026-10-14")
	for day, want := range map[string][]string{"2026-10-14": nil, "2026-10-15": {"-1:1/0"}} {
		if got := told(plan.Due(clock(day+" 08:00:00"), []plan.Obligation{o}, org(), cal, plan.DefaultLadder())); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", day, got, want)
		}
	}
	o.Since = at("2026-10-13") // the rung's own day is in time
	if got := told(plan.Due(clock("2026-10-13 08:00:00"), []plan.Obligation{o}, org(), cal, plan.DefaultLadder())); len(got) != 1 {
		t.Errorf("on the day it began: %q", got)
	}
}

func TestOnlyPendingObligationsWithADayAreRemindedOf(t *testing.T) {
	cal := shippedCalendar(t)
	for name, change := range map[string]func(*plan.Obligation){
		"delivered": func(o *plan.Obligation) { o.State = plan.Delivered },
		"receipted": func(o *plan.Obligation) { o.State = plan.Receipted },
		"waived":    func(o *plan.Obligation) { o.State = plan.Waived },
		"no day":    func(o *plan.Obligation) { o.Due = time.Time{} },
		"superior":  func(o *plan.Obligation) { o.Owner, o.OwnerRole = 0, plan.Superior },
	} {
		o := owed("2026-10-16")
		change(&o)
		if got := told(plan.Due(clock("2026-10-16 08:00:00"), []plan.Obligation{o}, org(), cal, plan.DefaultLadder())); got != nil {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestTheMorningIsPlannedForTheMorningAndTheRestForNowOrTomorrow(t *testing.T) {
	cal := shippedCalendar(t)
	for now, from := range map[string][2]string{
		"2026-10-16 00:00:01": {"08:36:00", "08:55:59"}, "2026-10-16 10:15:00": {"10:15:00", "10:15:00"},
		"2026-10-16 10:29:00": {"10:33:00", "10:36:00"}, "2026-10-16 12:30:00": {"14:03:00", "14:06:00"},
		"2026-10-16 17:44:00": {"17:44:00", "17:44:00"},
	} {
		rs := plan.Due(clock(now), []plan.Obligation{owed("2026-10-16")}, org(), cal, plan.DefaultLadder())
		if len(rs) != 1 {
			t.Errorf("%s: %d reminders", now, len(rs))
			continue
		}
		if got := rs[0].At.Format("15:04:05"); got < from[0] || got > from[1] || day(rs[0].At) != "2026-10-16" {
			t.Errorf("%s: at %s", now, rs[0].At)
		}
	}
	for _, now := range []string{"2026-10-16 17:45:00", "2026-10-16 23:00:00", "2026-10-17 10:00:00"} {
		if rs := plan.Due(clock(now), []plan.Obligation{owed("2026-10-16")}, org(), cal, plan.DefaultLadder()); rs != nil {
			t.Errorf("%s: %q", now, told(rs))
		}
	}
}

func TestWhoStandsAboveWhom(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*plan.Obligation, *plan.Org)
		want   []int64
	}{
		{"a cadre", func(*plan.Obligation, *plan.Org) {}, []int64{1, 20, 30, 40}},
		{"the head", func(o *plan.Obligation, _ *plan.Org) { o.Owner = 20 }, []int64{20, 30, 40}},
		{"a head by role", func(o *plan.Obligation, _ *plan.Org) { o.Owner, o.OwnerRole = 2, bot.RoleSectionHead }, []int64{2, 30, 40}},
		{"the leader", func(o *plan.Obligation, _ *plan.Org) { o.Owner = 30 }, []int64{30, 40}},
		{"the director", func(o *plan.Obligation, _ *plan.Org) { o.Owner, o.OwnerRole = 40, bot.RoleOfficeDirector }, []int64{40}},
		{"a member of the office", func(o *plan.Obligation, _ *plan.Org) { o.Owner, o.OwnerRole = 41, bot.RoleOfficeMember }, []int64{41, 40}},
		{"a section without a head", func(o *plan.Obligation, _ *plan.Org) { o.Section = 11 }, []int64{1, 30, 40}},
		{"a section nobody leads", func(o *plan.Obligation, _ *plan.Org) { o.Section = 12 }, []int64{1, 40}},
		{"the head left", func(_ *plan.Obligation, g *plan.Org) { g.Active[20] = false }, []int64{1, 30, 40}},
		{"the director left", func(_ *plan.Obligation, g *plan.Org) { g.Active[40] = false }, []int64{1, 20, 30, 41}},
		{"the owner left", func(_ *plan.Obligation, g *plan.Org) { g.Active[1] = false }, []int64{1, 20, 30, 40}},
		{"the leader directs the office", func(_ *plan.Obligation, g *plan.Org) { g.Office = []int64{30} }, []int64{1, 20, 30}},
		{"nobody holds the role", func(o *plan.Obligation, _ *plan.Org) { o.Owner = 0 }, []int64{0, 40}},
	} {
		o, g := owed("2026-10-16"), org()
		c.change(&o, &g)
		if got := plan.Chain(o, g); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestWhoeverLeftHearsNothingAndThoseAboveStillDo(t *testing.T) {
	cal := shippedCalendar(t)
	left, nobody, short := owed("2026-10-16"), owed("2026-10-16"), owed("2026-10-16")
	left.Owner = 9 // not in Active
	nobody.Owner = 0
	short.Owner = 30
	for _, c := range []struct {
		o    plan.Obligation
		day  string
		want []string
	}{
		{left, "2026-10-16", nil},
		{left, "2026-10-19", []string{"1:20/1"}},
		{left, "2026-10-23", []string{"5:40/3"}},
		{nobody, "2026-10-13", []string{"-3:40/1"}},
		{nobody, "2026-10-21", []string{"3:40/1"}},
		{short, "2026-10-19", []string{"1:30/0", "1:40/1"}},
		{short, "2026-10-23", []string{"5:30/0", "5:40/1"}},
	} {
		if got := told(plan.Due(clock(c.day+" 08:00:00"), []plan.Obligation{c.o}, org(), cal, plan.DefaultLadder())); !slices.Equal(got, c.want) {
			t.Errorf("owner %d on %s: %q, want %q", c.o.Owner, c.day, got, c.want)
		}
	}
	if got := plan.Due(clock("2026-10-16 08:00:00"), []plan.Obligation{nobody}, plan.Org{}, cal, plan.DefaultLadder()); got != nil {
		t.Errorf("without owner and office: %q", told(got))
	}
}

func TestNoRungIsEverEarlyOrTwice(t *testing.T) {
	cal := shippedCalendar(t)
	rapid.Check(t, func(t *rapid.T) {
		start := at("2026-08-01")
		g := org()
		for p := range g.Active {
			g.Active[p] = rapid.IntRange(0, 3).Draw(t, "here") > 0
		}
		due := map[int64]plan.Obligation{}
		var obs []plan.Obligation
		for i := range int64(rapid.IntRange(1, 4).Draw(t, "obligations")) {
			o := owed("2026-10-16")
			o.ID, o.Due = i, start.AddDate(0, 0, rapid.IntRange(0, 120).Draw(t, "due"))
			o.Since = start.AddDate(0, 0, rapid.IntRange(0, 120).Draw(t, "since"))
			o.Owner = rapid.SampledFrom([]int64{0, 1, 2, 20, 30, 40, 41}).Draw(t, "owner")
			due[i] = o
			obs = append(obs, o)
		}
		type key struct {
			ob   int64
			rung int
			to   int64
		}
		stored := map[key]plan.Reminder{} // as the store keeps them: the first wins
		now := start
		for now.Before(start.AddDate(0, 0, 160)) {
			now = now.Add(time.Duration(rapid.IntRange(1, 60*60*60).Draw(t, "pause")) * time.Second)
			batch := map[key]bool{}
			for _, r := range plan.Due(now, obs, g, cal, plan.DefaultLadder()) {
				k := key{r.Obligation, r.Rung, r.To}
				if batch[k] {
					t.Fatalf("twice at %s: %+v", now, r)
				}
				batch[k] = true
				if _, have := stored[k]; !have {
					stored[k] = r
				}
				o := due[r.Obligation]
				rungDay := o.Due // walked here day by day, apart from the code under test
				for !cal.Worked(rungDay) {
					rungDay = rungDay.AddDate(0, 0, -1)
				}
				for n := r.Rung; n != 0; {
					step := 1
					if n < 0 {
						step = -1
					}
					if rungDay = rungDay.AddDate(0, 0, step); cal.Worked(rungDay) {
						n -= step
					}
				}
				switch {
				case r.At.Before(rungDay) || r.At.Before(now) || plan.Quiet(r.At, cal):
					t.Fatalf("at %s, planned at %s, rung %d of %s", r.At, now, r.Rung, day(o.Due))
				case rungDay.Before(o.Since):
					t.Fatalf("rung %d of %s before %s", r.Rung, day(o.Due), day(o.Since))
				case cal.Between(rungDay, r.At) > 3:
					t.Fatalf("rung %d of %s is stale on %s", r.Rung, day(o.Due), r.At)
				case !g.Active[r.To]:
					t.Fatalf("%d left and hears", r.To)
				}
			}
		}
	})
}

func TestLateCountsWorkingDays(t *testing.T) {
	cal := shippedCalendar(t)
	for _, c := range []struct {
		due, today string
		late       int
		soon       bool
	}{
		{"2026-10-16", "2026-10-12", -4, false},
		{"2026-10-16", "2026-10-13", -3, true},
		{"2026-10-16", "2026-10-16", 0, true},
		{"2026-10-16", "2026-10-18", 0, false},
		{"2026-10-16", "2026-10-19", 1, false},
		{"2026-09-30", "2026-10-09", 2, false},
		{"2026-10-10", "2026-10-09", -1, true},
		{"2026-10-18", "2026-10-16", 0, true},
	} {
		o := owed(c.due)
		if got, soon := plan.Late(o, at(c.today), cal), plan.DueSoon(o, at(c.today), cal); got != c.late || soon != c.soon {
			t.Errorf("due %s on %s: %d %v, want %d %v", c.due, c.today, got, soon, c.late, c.soon)
		}
	}
	if plan.DueSoon(plan.Obligation{State: plan.Pending}, at("2026-10-16"), cal) {
		t.Error("without a day nothing is due")
	}
}

func TestAStageGoesThroughItsPhases(t *testing.T) {
	cal := shippedCalendar(t)
	s := plan.Stage{From: at("2026-10-08"), Until: at("2026-10-16")}
	for today, want := range map[string]plan.Phase{
		"2026-10-07": plan.StagePending, "2026-10-08": plan.StageOpen, "2026-10-12": plan.StageOpen,
		"2026-10-13": plan.StageClosing, "2026-10-16": plan.StageClosing, "2026-10-17": plan.StageOverdue,
	} {
		if got := plan.StageState(s, at(today), cal); got != want {
			t.Errorf("%s: %s, want %s", today, got, want)
		}
	}
	s.DoneOn = at("2026-10-15")
	if got := plan.StageState(s, at("2026-10-20"), cal); got != plan.StageDone {
		t.Errorf("done: %s", got)
	}
	s.Waived = "不适用"
	if got := plan.StageState(s, at("2026-10-20"), cal); got != plan.StageWaived {
		t.Errorf("waived: %s", got)
	}
}

func BenchmarkDue(b *testing.B) {
	cal := shippedCalendar(b)
	g := org()
	obs := make([]plan.Obligation, 100_000)
	for i := range obs {
		obs[i] = owed("2026-10-16")
		obs[i].ID, obs[i].Owner = int64(i), int64(100+i)
		obs[i].Due = obs[i].Due.AddDate(0, 0, i%3*30)
		g.Active[obs[i].Owner] = true
	}
	now := clock("2026-10-13 08:00:00")
	for b.Loop() {
		if rs := plan.Due(now, obs, g, cal, plan.DefaultLadder()); len(rs) != 33_334 {
			b.Fatal(len(rs))
		}
	}
}
