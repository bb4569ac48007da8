package plan

import (
	"time"

	"qingfeng/bot"
)

// Template is a pack's calendar as data (templates/*.json): the dates are those of its
// source document and are moved to the unit's own when a campaign is planned.
type Template struct {
	Code    string        `json:"code"` // county, county-ten, bureau, college
	Pack    string        `json:"pack"`
	Name    string        `json:"name"`
	Source  string        `json:"source"`
	Anchors []DraftAnchor `json:"anchors"`
	Stages  []DraftStage  `json:"stages"`
	Duties  []Duty        `json:"duties"`
	Ladder  Ladder        `json:"ladder"`
}

// Draft is a campaign as it is planned, before launch. It is stored as JSON, looked at
// and changed in chat and on a page, and nobody is told of it.
type Draft struct {
	Name     string        `json:"name"`
	Pack     string        `json:"pack"`
	Template string        `json:"template"`
	Year     int           `json:"year"`
	Due      time.Time     `json:"due"`   // the last day of the self-check stage
	Shift    int           `json:"shift"` // calendar days by which the template's dates were moved
	Anchors  []DraftAnchor `json:"anchors"`
	Stages   []DraftStage  `json:"stages"`
	Duties   []Duty        `json:"duties"`
	Ladder   Ladder        `json:"ladder,omitzero"` // the template's; empty: DefaultLadder
}

// DraftAnchor is an event with its rule; a rule without a kind has no day yet.
type DraftAnchor struct {
	Code string    `json:"code"`
	Name string    `json:"name"`
	Rule Rule      `json:"rule,omitzero"`
	On   time.Time `json:"on,omitzero"` // resolved
}

// DraftStage is a stage with the rules of its first and last day.
type DraftStage struct {
	Code    string    `json:"code"`
	Name    string    `json:"name"`
	From    Rule      `json:"from"`
	Until   Rule      `json:"until"`
	Check   bool      `json:"check,omitempty"`   // the self-checks are filled in here
	Overlap bool      `json:"overlap,omitempty"` // may run beside the one before
	FromOn  time.Time `json:"from_on,omitzero"`
	UntilOn time.Time `json:"until_on,omitzero"`
	Days    int       `json:"days,omitempty"` // working days
}

// Duty is one kind of obligation, for everybody who holds the role.
type Duty struct {
	Code     string    `json:"code"`
	Name     string    `json:"name"`
	Stage    string    `json:"stage"`
	Kind     Kind      `json:"kind"`
	Owner    bot.Role  `json:"owner"`
	Receiver bot.Role  `json:"receiver,omitempty"`
	Artefact string    `json:"artefact,omitempty"`
	Step     int       `json:"step,omitempty"`
	Due      Rule      `json:"due"`
	DueOn    time.Time `json:"due_on,omitzero"`
	Rolled   bool      `json:"rolled,omitempty"` // the rule's own day is not worked
}

// Issue is something wrong or noteworthy about a draft, as a code with its places;
// handlers say it in words.
type Issue struct {
	Code  string `json:"code"`  // one of those below
	Where string `json:"where"` // the stage's, duty's or anchor's name
	What  string `json:"what,omitempty"`
	Stops bool   `json:"stops"` // the campaign cannot be launched like this
}

// What may be wrong with a draft. Those that always stop its launch say so; a stage
// without a day stops it too, whatever the reason.
const (
	Backwards = "backwards" // a stage ends before it starts; stops
	Overlap   = "overlap"   // a stage starts before the one before it (What) has ended, and is not said to
	NoYear    = "no_year"   // the calendar does not know the holidays of the year What
	NoAnchor  = "no_anchor" // the day hangs on the event What, which has none yet
	Past      = "past"      // it lies before today
	Empty     = "empty"     // a stage without a working day
	NoDay     = "no_day"    // there is no rule; stops
	BadDate   = "bad_date"  // the rule says What, which is no day; stops
	Unknown   = "unknown"   // What is no stage, event, kind or rule; stops
	Cycle     = "cycle"     // the rule hangs on itself; stops
	Twice     = "twice"     // the code What is used twice; stops
	NoOwner   = "no_owner"  // a duty without a role; stops
	NoCheck   = "no_check"  // no stage has the self-checks; stops
)

// Period is how often something comes back.
type Period string

// The rhythms of DOMAIN.md §1.4, Recurring.
const (
	Monthly    Period = "month"
	Quarterly  Period = "quarter"
	HalfYearly Period = "half"
	Yearly     Period = "year"
)

// Recurrence is a duty that comes back without a campaign.
type Recurrence struct {
	ID       int64    `json:"-"`
	Code     string   `json:"code"`
	Name     string   `json:"name"`
	Period   Period   `json:"period"`
	Day      int      `json:"day"` // working day before the end of the period: 1 is its last one; positive: of the start when Start
	Start    bool     `json:"start,omitempty"`
	Kind     Kind     `json:"kind"`
	Owner    bot.Role `json:"owner"`
	Receiver bot.Role `json:"receiver,omitempty"`
	Active   bool     `json:"-"`
}

// Ladder is when who is reminded, in working days from the due day (R-T5).
type Ladder struct {
	Rungs []Rung `json:"rungs"`
}

// Rung is one step of the ladder. To lists how far above the owner it goes: 0 is the
// owner, 1 the section head, and so on; a step that nobody stands on is left out.
type Rung struct {
	At     int   `json:"at"`
	To     []int `json:"to"`
	Urgent bool  `json:"urgent,omitempty"`
}
