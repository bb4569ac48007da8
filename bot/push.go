package bot

import "time"

// PushMax is how many people one call of WeCom takes (WECOM.md §B.1).
const PushMax = 1000

// PushTextMax is how long the text of a push may be, in bytes: it is one message, which
// WeCom cuts beyond that. Links in it are whole addresses.
const PushTextMax = 2048

// Push is one thing to say to many people in the same words. Its words hold nobody's
// name; each person gets it at most once per Once.
type Push struct {
	Kind string // reminder, survey: for counting
	Lane Lane
	// Card is what people with cards see, Text what people in 文字版 see: nothing in it
	// is numbered, so it tells which words to answer with. Text is at most PushTextMax
	// bytes; a card that does not fit WeCom's limits goes out as Text.
	Card Card
	Text string
}

// PushTo is one receiver of a push.
type PushTo struct {
	Person int64
	User   UserID
	Mode   Mode
	Once   string
}

// PushBatch is a claimed batch: frozen bytes for at most PushMax people.
type PushBatch struct {
	ID      int64
	Body    []byte
	Attempt int  // the claim's token
	Doubt   bool // an earlier attempt may have arrived
}

// PushLimits are how a batch is claimed, by the database's clock.
type PushLimits struct {
	Lease  time.Duration // of one attempt
	Window time.Duration // how long after the first attempt the same bytes may be repeated
	Stale  time.Duration // reminders that wait longer before their first attempt are checked again
}

// PushState is where a batch stands.
type PushState string

// The states of a batch. Pending, sending and unknown ones are open.
const (
	PushPending PushState = "pending" // surely not sent
	PushSending PushState = "sending"
	PushUnknown PushState = "unknown" // may have arrived: repeated inside the window
	PushSent    PushState = "sent"
	PushHeld    PushState = "held"    // may have arrived, window over: for a person to look at
	PushFailed  PushState = "failed"  // surely not sent and never will be
	PushInvalid PushState = "invalid" // nobody of it can be reached; kept as failed
	PushThawed  PushState = "thawed"  // never tried and too old: its reminders are planned again
)

// PushResult is what came of one attempt.
type PushResult struct {
	State   PushState
	MsgID   string
	ErrCode int
	Invalid []string // of a sent one: who did not get it, as WeCom spells them (lower case)
}
