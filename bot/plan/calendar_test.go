package plan_test

import (
	"testing"
	"time"

	"qingfeng/bot/plan"
)

func at(s string) time.Time {
	t, err := time.ParseInLocation(time.DateOnly, s, time.FixedZone("Asia/Shanghai", 8*60*60))
	if err != nil {
		panic(err)
	}
	return t
}

func TestHolidaysAndMakeUpWorkdaysCount(t *testing.T) {
	c, err := plan.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	for day, worked := range map[string]bool{
		"2026-10-01": false, "2026-10-07": false, "2026-10-08": true, "2026-10-10": true, "2026-10-11": false,
		"2026-09-20": true, "2026-09-25": false, "2026-09-27": false, "2026-11-21": false, "2026-11-20": true,
	} {
		if c.Worked(at(day)) != worked {
			t.Errorf("%s: worked %v, want %v", day, !worked, worked)
		}
	}
	// DOMAIN.md §3.2: the stages of the worked example in working days.
	for _, s := range []struct {
		from, to string
		days     int
	}{
		{"2026-09-01", "2026-09-11", 9},
		{"2026-09-14", "2026-09-30", 13},
		{"2026-10-08", "2026-10-16", 8},
		{"2026-10-19", "2026-10-23", 5},
		{"2026-11-02", "2026-11-04", 3},
		{"2026-11-19", "2026-12-18", 22},
		{"2026-12-21", "2026-12-31", 9},
	} {
		if got := c.Between(at(s.from), at(s.to)); got != s.days {
			t.Errorf("%s–%s: %d working days, want %d", s.from, s.to, got, s.days)
		}
	}
	if got := c.Add(at("2026-10-09"), 3); !got.Equal(at("2026-10-13")) {
		t.Errorf("three working days after Friday 9 October: %s; Saturday the 10th is worked", got.Format(time.DateOnly))
	}
	if got := c.Add(at("2026-09-30"), 1); !got.Equal(at("2026-10-08")) {
		t.Errorf("the working day after 30 September: %s", got.Format(time.DateOnly))
	}
}

func TestAYearWithoutACalendarIsKnownToBeUnknown(t *testing.T) {
	c, err := plan.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	if !c.Knows(2026) || c.Knows(2031) {
		t.Error("2026 is shipped, 2031 is not")
	}
	if (plan.Calendar{}).Worked(at("2026-10-10")) {
		t.Error("without data a Saturday is not worked")
	}
}
