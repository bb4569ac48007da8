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
		{"2026-10-26", "2026-10-30", 5},
		{"2026-11-02", "2026-11-04", 3},
		{"2026-11-05", "2026-11-11", 5},
		{"2026-11-12", "2026-11-18", 5},
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

func TestSubAndRollKnowHolidays(t *testing.T) {
	c := shippedCalendar(t)
	for _, s := range []struct{ got, want time.Time }{
		{c.Sub(at("2026-10-08"), 1), at("2026-09-30")},
		{c.Sub(at("2026-10-13"), 3), at("2026-10-09")},
		{c.Roll(at("2026-10-03"), plan.Forward), at("2026-10-08")},
		{c.Roll(at("2026-10-03"), plan.Back), at("2026-09-30")},
		{c.Roll(at("2026-10-03"), plan.Keep), at("2026-10-03")},
		{c.Roll(at("2026-10-10"), plan.Forward), at("2026-10-10")},
	} {
		if !s.got.Equal(s.want) {
			t.Errorf("%s, want %s", s.got.Format(time.DateOnly), s.want.Format(time.DateOnly))
		}
	}
}

func TestAnImportedYearWinsAndTheOthersStay(t *testing.T) {
	c := shippedCalendar(t)
	n := c.With([]plan.DayException{
		{Day: at("2026-10-09")}, {Day: at("2026-10-17"), Worked: true}, {Day: at("2027-01-04")}, {Day: at("2028-01-04")},
	}, []int{2026, 2027})
	for day, worked := range map[string]bool{
		"2026-10-09": false, "2026-10-17": true, "2026-10-01": true, "2026-10-10": false, "2027-01-04": false,
		"2028-01-04": true, // not among the years
	} {
		if n.Worked(at(day)) != worked {
			t.Errorf("%s: worked %v, want %v", day, !worked, worked)
		}
	}
	if !n.Knows(2026) || !n.Knows(2027) || n.Knows(2028) || c.Knows(2027) || c.Worked(at("2026-10-01")) {
		t.Error("With changed the wrong years, or the calendar it came from")
	}
}

func shippedCalendar(t testing.TB) plan.Calendar {
	t.Helper()
	c, err := plan.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	return c
}
