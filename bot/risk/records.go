package risk

import (
	"errors"
	"time"

	"qingfeng/bot"
)

// ErrChanged says that what was read has been saved by somebody else since.
var ErrChanged = errors.New("risk: changed since it was read")

// ErrNone says that there is no such thing.
var ErrNone = errors.New("risk: none")

// Holder is a person on a post.
type Holder struct {
	Person Person
	Post   Post
}

// Delegation lets To act for From on the days From…Until (civil dates, inclusive).
type Delegation struct {
	Person, To  int64
	From, Until time.Time
}

// CheckFilter selects self-checks; zero fields do not select.
type CheckFilter struct {
	Campaign int64
	Person   int64
	Section  int64
	Post     int64
	States   []CheckState
	Heads    bool // without their points: for counting many
}

// Review is one step of a review chain, opened for one person (审核).
type Review struct {
	ID       int64
	CheckID  int64
	Version  int // of the check it decides on
	StepNo   int
	Step     string // the step's code in the chain
	Assignee Person
	For      int64  // the person it stands in for (delegate), 0 if none
	Why      string // why this person: role, delegation, recusal
	Round    int    // grows when a card is issued again after 72 h
	OpenedAt time.Time
	SeenAt   time.Time // opened on the page; zero: not
	DecideBy time.Time

	Decision  Decision
	DecidedAt time.Time
	DecidedBy int64
	Unseen    bool   // 未查看原文
	Channel   string // card, text, page, meeting
	Comment   string
}

// Decision is what became of a review.
type Decision string

const (
	Pending  Decision = ""
	Pass     Decision = "pass"
	Return   Decision = "return"
	Recuse   Decision = "recuse"
	Transfer Decision = "transfer" // moved to a delegate
	Void     Decision = "void"     // the check was taken back or moved on
)

// ReviewFilter selects reviews; zero fields do not select.
type ReviewFilter struct {
	Check    int64
	Assignee int64
	Campaign int64
	Step     string
	Open     bool // only undecided ones
}

// Meeting is a 会议记录: mutual check, leaders' meeting, grading.
type Meeting struct {
	ID        int64
	Campaign  int64
	Section   int64  // 0: the unit's
	Kind      string // mutual, leaders, grading
	HeldOn    time.Time
	Place     string
	Chair     string
	Recorder  string
	Attendees []string
	Decisions []string // one line each, no risk text
	By        int64
}

// Proposal is a point somebody else proposes to a post (补充一条, 领导点).
type Proposal struct {
	ID      int64
	CheckID int64
	By      int64
	Method  Method
	Text    string
	State   string // open, taken, declined
}

// Event is one audit event. Every state change leaves one, refused ones included;
// Note holds codes, never business text.
type Event struct {
	Actor   int64
	Role    bot.Role
	Action  string // selfcheck.submit, review.pass, …
	Object  string // selfcheck, review, campaign, …
	ID      int64
	Version int
	Result  string // ok, refused
	Note    string
}
