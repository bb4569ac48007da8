package plan

import (
	"time"

	"qingfeng/bot"
)

// Superior is the receiver outside the unit (上级): it is filed to, never reminded.
const Superior bot.Role = "superior"

// Kind says what an obligation is about, which decides how it is known to be done.
type Kind string

// The kinds. Those but filing and meeting are done when the register says so; a word
// in chat cannot make them done.
const (
	KindSelfCheck Kind = "selfcheck"      // one person's form: done when handed in
	KindSection   Kind = "section_review" // a head's first review: owed while forms of the section wait for it
	KindLeader    Kind = "leader_review"  // a leader's review: the same
	KindGrading   Kind = "grading"        // owed while confirmed forms wait for their levels
	KindFiling    Kind = "filing"         // something is handed to the receiver: 已完成, then 签收
	KindMeeting   Kind = "meeting"        // something is held: 已完成
)

// State is where an obligation stands. due_soon and overdue follow from its day and
// are not stored.
type State string

// The states of DOMAIN.md §2.3.
const (
	Pending   State = "pending"
	Delivered State = "delivered" // the owner says so
	Receipted State = "receipted" // the receiver has it, or the register shows it
	Waived    State = "waived"
)

// Stage is one stage of a campaign. From and Until are civil days, both included.
type Stage struct {
	ID       int64
	Campaign int64
	Code     string
	Name     string
	From     time.Time
	Until    time.Time
	DoneOn   time.Time
	Waived   string
}

// Anchor is an event that deadlines hang on; On is zero until it has a day.
type Anchor struct {
	Campaign int64
	Code     string
	Name     string
	On       time.Time
	Version  int
}

// Obligation is what one person owes by one day (待办任务).
type Obligation struct {
	ID         int64
	Campaign   int64 // 0: recurring
	Stage      string
	StageName  string
	Recurrence int64
	Period     string
	Code       string
	Name       string // 个人岗位风险点自查
	Kind       Kind
	Owner      int64 // 0: nobody holds the role
	OwnerName  string
	OwnerRole  bot.Role
	Section    int64 // 0: the unit's
	SectName   string
	Check      int64
	Receiver   bot.Role
	Artefact   string // obligations of one chain share it
	Step       int    // its place in the chain
	Rule       Rule
	Due        time.Time // zero: its anchor has no day yet
	Original   time.Time // the day before any extension
	Version    int       // grows when Due moves
	Since      time.Time // the day of this version
	State      State
	Note       string
}

// Org is who stands above whom, for escalation one step at a time.
type Org struct {
	Head   map[int64]int64  // section → its head
	Leader map[int64]int64  // section → the leader in charge
	Office []int64          // coordinators, director first
	Active map[int64]bool   // people who are still here
	Name   map[int64]string // of people and, negative, of sections (-id)
}

// Reminder is one rung for one recipient.
type Reminder struct {
	ID         int64
	Obligation int64
	Version    int
	Rung       int // working days from the due day: -3 … 5
	Again      int
	To         int64
	Step       int // how far above the owner; 0 is the owner
	Urgent     bool
	At         time.Time
}

// Item is one line of a merged reminder, as it stands at the moment of sending.
type Item struct {
	Reminder
	Obligation Obligation
}
