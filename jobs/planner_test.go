package jobs_test

import (
	"sync"
	"testing"
	"time"

	"qingfeng/bot"
	bplan "qingfeng/bot/plan"
	"qingfeng/jobs"
)

func TestThePlannerIsDueEveryQuarterOfTheWorkingDay(t *testing.T) {
	job := jobs.Plan(jobs.Planner{}, china())
	for from, want := range map[string]string{
		"2026-10-12T03:00:00+08:00": "2026-10-12T08:05:00+08:00",
		"2026-10-12T08:05:00+08:00": "2026-10-12T08:20:00+08:00",
		"2026-10-12T04:06:00Z":      "2026-10-12T12:20:00+08:00",
		"2026-10-12T17:20:00+08:00": "2026-10-12T17:35:00+08:00",
		"2026-10-12T17:35:00+08:00": "2026-10-13T08:05:00+08:00",
		"2026-10-31T23:59:59+08:00": "2026-11-01T08:05:00+08:00",
	} {
		if got := job.Next(at(t, from)); !got.Equal(at(t, want)) {
			t.Errorf("after %s: %s, want %s", from, got, want)
		}
	}
}

func TestTwoPlannersAtOncePlanEverythingOnce(t *testing.T) {
	u := newUnit(t, 2000)
	for _, code := range []string{"a", "b", "c"} { // more than one page
		u.owes(code, 1, 2000, 16)
	}
	u.clock("2026-10-13T08:05:00")
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			if err := u.planner().Do(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := u.count(`reminder WHERE state = 'planned' AND rung = -3`); n != 6000 || u.count(`reminder`) != 6000 {
		t.Errorf("%d planned", n)
	}
	u.plan()
	if n := u.count(`reminder`); n != 6000 {
		t.Errorf("%d after planning again", n)
	}
	if early := u.count(`reminder WHERE at < '2026-10-13T08:36:00+08:00'`); early != 0 {
		t.Errorf("%d before the working day begins", early)
	}
}

func TestAMovedDayIsPlannedAnewAndTheOldDropped(t *testing.T) {
	u := newUnit(t, 5)
	u.owes("报告", 4, 5, 16)
	u.exec(`INSERT INTO anchor (campaign_id, code, name, happens_on) VALUES (1, 'kickoff', '动员会', '2026-10-13')`)
	u.clock("2026-10-13T08:05:00")
	u.plan()
	u.clock("2026-10-13T08:20:00") // planned, not said
	if err := u.reg.MoveAnchor(t.Context(), 1, "kickoff", u.Now(), map[int64]time.Time{1: day(20)}); err != nil {
		t.Fatal(err)
	}
	if err := u.reg.Postpone(t.Context(), 2, day(19)); err != nil {
		t.Fatal(err)
	}
	u.fan() // too early even for the old day
	u.clock("2026-10-13T09:01:00")
	u.fan() // no planner came by: the fan-out sees it itself
	if n := u.count(`reminder WHERE state = 'dropped' AND why = 'moved' AND version = 1`); n != 2 || u.count(`push_to`) != 0 {
		t.Errorf("%d dropped, %d queued", n, u.count(`push_to`))
	}
	u.day("2026-10-14")
	u.expect("three days before the 19th", 5, "card 报告 -3")
	u.expect("not yet", 4)
	u.day("2026-10-15")
	u.expect("three days before the 20th", 4, "card 报告 -3")
	u.clock("2026-10-15T09:20:00")
	if err := u.reg.Postpone(t.Context(), 2, day(30)); err != nil {
		t.Fatal(err)
	}
	u.day("2026-10-16")
	u.expect("moved again: nothing today", 5, "card 报告 -3")
}

func day(d int) time.Time { return time.Date(2026, 10, d, 0, 0, 0, 0, bot.Zone()) }

func TestWhatComesBackIsOwedWhenItsPeriodBegins(t *testing.T) {
	u := newUnit(t, 5)
	for _, r := range []bplan.Recurrence{
		{Code: "edu", Name: "廉政教育", Period: bplan.Monthly, Day: 1, Kind: bplan.KindMeeting, Owner: bot.RoleSectionHead, Active: true},
		{Code: "begin", Name: "月初填报", Period: bplan.Monthly, Day: 1, Start: true, Kind: bplan.KindFiling, Owner: bot.RoleSectionHead, Active: true},
		{Code: "off", Name: "督查", Period: bplan.Quarterly, Day: 1, Kind: bplan.KindMeeting, Owner: bot.RoleSectionHead},
	} {
		if err := u.reg.SaveRecurrence(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	u.clock("2026-10-12T08:05:00")
	u.plan()
	u.plan()
	list, err := u.reg.Obligations(t.Context(), bplan.ObligationFilter{Owner: 1})
	if err != nil || len(list) != 1 || list[0].Code != "edu" || list[0].Period != "2026-10" || !list[0].Due.Equal(day(30)) {
		t.Fatalf("only what is turned on and not past its day: %+v %v", list, err)
	}
	u.day("2026-10-27")
	u.expect("three days before the month's last working day", 1, "card edu -3")
	u.clock("2026-11-02T08:05:00")
	u.plan()
	if n := u.count(`obligation WHERE period = '2026-11'`); n != 2 {
		t.Errorf("%d of November", n)
	}
}
