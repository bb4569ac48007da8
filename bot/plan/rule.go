package plan

import (
	"fmt"
	"time"
)

// RuleKind is how a day is given.
type RuleKind string

// The ways of giving a day (DOMAIN.md §1.4).
const (
	RuleOn     RuleKind = "on"     // a date, with or without its year: 2026-09-11, 09-11
	RuleXun    RuleKind = "xun"    // 上旬, 中旬, 下旬 of a month: 1–10, 11–20, 21–end
	RuleMonth  RuleKind = "month"  // the first or last day of a month
	RuleAnchor RuleKind = "anchor" // an event ± n days
	RuleStage  RuleKind = "stage"  // the first or last day of a stage ± n days
)

// Unit is what an offset counts.
type Unit string

// Calendar days, or working days.
const (
	Days     Unit = "day"
	Workdays Unit = "workday"
)

// Roll is what becomes of a day that is not worked.
type Roll string

// The roll rules of R-T4; "" keeps the day.
const (
	Keep    Roll = ""
	Forward Roll = "forward"
	Back    Roll = "back"
)

// Rule gives a day. It is kept with what hangs on it, so that a moved event times it again.
type Rule struct {
	Kind   RuleKind `json:"kind"`
	Date   string   `json:"date,omitempty"`   // on: 2026-09-11, 09-11
	Month  int      `json:"month,omitempty"`  // xun, month: 1–12, 13 is January of the next year
	Xun    int      `json:"xun,omitempty"`    // 1–3
	Edge   string   `json:"edge,omitempty"`   // xun, month, stage: from, until
	Anchor string   `json:"anchor,omitempty"` // anchor: its code
	Stage  string   `json:"stage,omitempty"`  // stage: its code
	N      int      `json:"n,omitempty"`      // anchor, stage: how many units after; before when negative
	Unit   Unit     `json:"unit,omitempty"`
	Roll   Roll     `json:"roll,omitempty"`
}

// Fixed is the rule of a plain date.
func Fixed(day time.Time) Rule { return Rule{Kind: RuleOn, Date: day.Format(time.DateOnly)} }

// The limits of what a rule may say and of what it may give; beyond them it is bad_date.
const (
	maxOffset        = 1000 // units
	minYear, maxYear = 1990, 2190
	lastMonth        = 24 // 13–24 are the next year's
)

// days are what rules refer to: the year of dates that have none, and the days of
// events and of stages' edges, which come with the code of what is wrong with them.
type days struct {
	year   int
	cal    Calendar
	anchor func(code string) (time.Time, fault)
	stage  func(code, edge string) (time.Time, fault)
}

// fault is why a rule gives no day.
type fault struct {
	code string // of an Issue; upstream: what it hangs on has been named already
	what string
}

const upstream = "upstream"

// day is the day that a rule gives, and whether the rule's own day is not worked and
// it was rolled away from it.
func (r Rule) day(in days) (on time.Time, rolled bool, f fault) {
	if in.year < minYear || in.year > maxYear {
		return time.Time{}, false, fault{BadDate, fmt.Sprint(in.year)}
	}
	on, f = r.own(in)
	if f.code != "" {
		return time.Time{}, false, f
	}
	switch r.Roll {
	case Keep, Forward, Back:
	default:
		return time.Time{}, false, fault{BadDate, string(r.Roll)}
	}
	to := in.cal.Roll(on, r.Roll)
	if to.Year() < minYear || to.Year() > maxYear {
		return time.Time{}, false, fault{BadDate, to.Format(time.DateOnly)}
	}
	return to, !to.Equal(on), fault{}
}

// own is the day before rolling.
func (r Rule) own(in days) (time.Time, fault) {
	switch r.Kind {
	case RuleOn:
		s := r.Date
		if len(s) == len("01-02") {
			s = fmt.Sprintf("%04d-%s", in.year, s)
		}
		on, err := time.Parse(time.DateOnly, s)
		if err != nil {
			return time.Time{}, fault{BadDate, r.Date}
		}
		return date(on.Year(), int(on.Month()), on.Day()), fault{}
	case RuleXun:
		if r.Month < 1 || r.Month > lastMonth || r.Xun < 1 || r.Xun > 3 || !edge(r.Edge) {
			return time.Time{}, fault{BadDate, fmt.Sprintf("%d/%d %s", r.Month, r.Xun, r.Edge)}
		}
		return pick(r.Edge)(XunRange(in.year, r.Month, r.Xun)), fault{}
	case RuleMonth:
		if r.Month < 1 || r.Month > lastMonth || !edge(r.Edge) {
			return time.Time{}, fault{BadDate, fmt.Sprintf("%d %s", r.Month, r.Edge)}
		}
		return pick(r.Edge)(date(in.year, r.Month, 1), date(in.year, r.Month+1, 0)), fault{}
	case RuleAnchor:
		return r.off(in, func() (time.Time, fault) { return in.anchor(r.Anchor) })
	case RuleStage:
		if !edge(r.Edge) {
			return time.Time{}, fault{BadDate, r.Edge}
		}
		return r.off(in, func() (time.Time, fault) { return in.stage(r.Stage, r.Edge) })
	case "":
		return time.Time{}, fault{NoDay, ""}
	}
	return time.Time{}, fault{Unknown, string(r.Kind)}
}

// off counts the rule's offset from a day.
func (r Rule) off(in days, from func() (time.Time, fault)) (time.Time, fault) {
	if r.N < -maxOffset || r.N > maxOffset {
		return time.Time{}, fault{BadDate, fmt.Sprint(r.N)}
	}
	on, f := from()
	switch {
	case f.code != "":
		return on, f
	case r.Unit == Days || r.Unit == "":
		return on.AddDate(0, 0, r.N), fault{}
	case r.Unit == Workdays && r.N >= 0:
		return in.cal.Add(on, r.N), fault{}
	case r.Unit == Workdays:
		return in.cal.Sub(on, -r.N), fault{}
	}
	return time.Time{}, fault{BadDate, string(r.Unit)}
}

// The edges of a range; none is its last day.
const (
	edgeFrom  = "from"
	edgeUntil = "until"
)

func edge(s string) bool { return s == "" || s == edgeFrom || s == edgeUntil }

func pick(edge string) func(from, until time.Time) time.Time {
	return func(from, until time.Time) time.Time {
		if edge == edgeFrom {
			return from
		}
		return until
	}
}

// XunRange is the first and last day of a 旬: 1–10, 11–20, 21 to the month's end.
// Month 13 is January of the next year.
func XunRange(year, month, xun int) (from, until time.Time) {
	from, until = date(year, month, 10*xun-9), date(year, month, 10*xun)
	if xun == 3 {
		until = date(year, month+1, 0)
	}
	return from, until
}
