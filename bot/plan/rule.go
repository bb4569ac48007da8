package plan

import "time"

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
