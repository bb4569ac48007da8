package opinion

import (
	"errors"
	"time"
)

var (
	// ErrNoLetter: nothing (yet) under this selector.
	ErrNoLetter = errors.New("opinion: nothing under this receipt")
	// ErrNoDoor: nobody can open what would be sealed, so nothing is taken.
	ErrNoDoor = errors.New("opinion: this door is not open")
)

// Feedback is one opinion (反馈意见) as the desk has it; what is sealed stays sealed.
type Feedback struct {
	ID         int64
	Notice     int64
	Code       string // of the notice
	Point      int
	Kind       Kind
	Channel    Channel
	ReceivedOn time.Time
	State      State
	Body       []byte
	Image      []byte
	Selector   string // of the receipt; AddFeedback writes it and its salt, nothing reads them back
	Salt       []byte
	AnswerTo   string // "": no receipt
	Answer     []byte
	Section    int64 // whose view was asked for
	Brief      []byte
	BriefKey   string
	View       []byte
	ViewKey    string
	Outcome    Outcome
	Reason     string
	Revision   int64
	MergedInto int64
	DueOn      time.Time
	AnsweredOn time.Time
	ClosedOn   time.Time
	PurgeOn    time.Time
	Rev        int
	Lines      []Line
}

// Line was added by receipt.
type Line struct {
	ID   int64
	On   time.Time
	Body []byte
}

// Filter selects opinions; zero fields do not filter.
type Filter struct {
	Notice, Section int64
	Series          int64 // of notices: every version of one
	States          []State
	DueUntil        time.Time // not answered, due on this day or before
}

// Tip is a sealed clue (封存线索). Only the discipline office's pages use it.
type Tip struct {
	ID         int64
	ReceivedOn time.Time
	State      string // received, seen, answered, closed, purged
	Body       []byte
	Image      []byte
	AnswerTo   string
	Answer     []byte
	FromOffice bool
	Excluded   []int64 // people of the discipline office who stepped aside
	PurgeOn    time.Time
	Rev        int
	Lines      []Line
}

// Totals is what came of a notice's opinions.
type Totals struct {
	Received, Adopted, Partly, Not, Elsewhere, Open, Late int
	ByChannel                                             map[Channel]int
}

// Kept is what the store has under a selector.
type Kept struct {
	Door       Door
	Notice     string // its code
	Title      string
	State      State
	ReceivedOn time.Time
	DueOn      time.Time
	AnsweredOn time.Time // zero: not yet
	PurgeOn    time.Time
	Outcome    Outcome
	Salt       []byte
	AnswerTo   string
	Answer     []byte // sealed to the receipt
}
