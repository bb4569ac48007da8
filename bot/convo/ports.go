package convo

import (
	"context"
	"encoding/json"
	"time"

	"qingfeng/bot"
)

// Renderer turns a Reply into the exact bytes that will be sent. bot/wecom has the real one.
type Renderer interface {
	// Render makes one or more complete message bodies (a long text is several); a
	// card's is the last. With bot.ModeText a card becomes text: its choices are
	// numbered as Choices(card) counts them (a Select's options from 1 each), its
	// letter is shown, URL buttons are lines. letter and taskID are empty for what
	// cannot be answered. A button's key, an option's id and a selector's question
	// key are bot.Option.Key and bot.Select.Key unchanged, so that presses come back
	// in our words; an unset selector does not come back.
	Render(r bot.Reply, mode bot.Mode, letter, taskID string) ([][]byte, error)
	// RenderUpdate makes the body that turns a sent card into one that shows say and
	// no longer acts. It has no response_code: Transport.Update puts it in.
	RenderUpdate(to bot.UserID, say string) ([]byte, error)
}

// Receipt is what a successful send brought back.
type Receipt struct {
	MsgID        string
	ResponseCode string   // empty for what cannot be updated
	Invalid      []string // receivers that did not get it, as WeCom spells them (lower case)
}

// Transport sends stored bytes. Every error it returns is a *bot.SendError; any
// other error, and a cancelled context, counts as outcome unknown.
type Transport interface {
	Send(ctx context.Context, body []byte) (Receipt, error)
	Update(ctx context.Context, body []byte, code string) (Receipt, error)
}

// Waker is told that there is work, so that nobody waits for the next poll.
type Waker interface{ Wake() }

// Inbox takes what comes in. The callback handler, pages and jobs use it.
type Inbox interface {
	// Accept stores a message and returns after the commit. dup says that the same
	// Dedupe key was stored before, in which case nothing changed.
	Accept(ctx context.Context, m bot.Message) (dup bool, err error)
}

// Arrival is one stored message to insert.
type Arrival struct {
	Message bot.Message
	Due     time.Time // zero: at once; else a timer
}

// Store is what the engine needs of a database. bot/pg has it.
type Store interface {
	// Insert stores arrivals in one statement; the answer says which are duplicates.
	Insert(ctx context.Context, in []Arrival) (dup []bool, err error)

	// ClaimLanes takes up to lanes free lanes that have something to do at now, with
	// up to rows of each one's oldest rows, and fences off whoever had them before.
	ClaimLanes(ctx context.Context, now time.Time, lanes, rows int, lease time.Duration) ([]Lane, error)
	// ClaimLane takes one person's lane, without rows, if nobody has it.
	ClaimLane(ctx context.Context, user bot.UserID, lease time.Duration) (lane Lane, ok bool, err error)
	// Turn runs fn in one transaction, on whose ctx fn's own SQL runs too, and applies
	// the Outcome fn returns. It fails with ErrFenced when the lane was taken over,
	// and with ErrStale when what fn started from has changed; then nothing happened.
	// A row without an ID stands for no stored message.
	Turn(ctx context.Context, lane *Lane, row Row, fn func(ctx context.Context) (*Outcome, error)) error
	// Reload reads a lane's conversation again, while its lease still holds.
	Reload(ctx context.Context, lane *Lane) error
	// Failed records a failed attempt and holds the lane for pause. parked: no more attempts.
	Failed(ctx context.Context, lane *Lane, row Row, code string, pause time.Duration) (attempts int, err error)
	// Release gives a lane back early.
	Release(ctx context.Context, lane *Lane) error

	// CardByTask, CardByLetter and LastCard find a card of this person.
	// found is false when there is none.
	CardByTask(ctx context.Context, user bot.UserID, task string) (c CardRow, found bool, err error)
	CardByLetter(ctx context.Context, user bot.UserID, letter string) (c CardRow, found bool, err error)
	LastCard(ctx context.Context, user bot.UserID, ask int64) (c CardRow, found bool, err error)
	// Seats locks the conversations of several people, in one order, and tells each
	// one's mode and how many cards they were given.
	Seats(ctx context.Context, users []bot.UserID) (map[string]Seat, error)
	// LiveCards locks and lists every live card about an object, any version.
	LiveCards(ctx context.Context, about bot.About) ([]CardRow, error)

	// ClaimSends takes up to n rows, each the oldest open one of its (person, lane),
	// that may be sent at now; a reply before a notice before bulk.
	ClaimSends(ctx context.Context, now time.Time, n int, limits SendLimits) ([]Sending, error)
	// Finish records the outcome of an attempt; a row that somebody else has taken
	// over meanwhile is left alone.
	Finish(ctx context.Context, now time.Time, s Sending, r SendResult) error
	// Pause stops all sending, in every instance, until a time.
	Pause(ctx context.Context, until time.Time) error

	// Backlog counts what is still to do at now: inbox rows, outbox rows.
	Backlog(ctx context.Context, now time.Time) (in, out int, err error)
}

// Lane is one person's conversation under a lease.
type Lane struct {
	Conv  Conversation
	Token int64
	Lease time.Duration // each commit extends the lease by it
	Rows  []Row

	said int64 // messages made under this token
}

// Row is one stored message.
type Row struct {
	ID       int64
	Message  bot.Message
	Attempts int
	Received time.Time // the database's clock
	Bad      bool      // the body cannot be read
}

// Conversation is what is remembered of a person between turns.
type Conversation struct {
	User    bot.UserID
	Stack   []Frame // the last one is active
	Ask     int64   // the number of the pending question
	Pending *Pending
	Misses  int
	Mode    bot.Mode // "" until chosen
	Cards   int64    // how many cards the person was given: the letter of the last one
	Others  bool     // cards that stand on their own may be live
	Pressed *Pressed
	Entered time.Time // when the active step was entered, the database's clock
}

// Frame is a flow on a conversation's stack.
type Frame struct {
	Flow    string          `json:"flow"`
	Version int             `json:"version"`
	Step    string          `json:"step"`
	State   json.RawMessage `json:"state,omitempty"`
	History []Snapshot      `json:"history,omitempty"`
}

// Snapshot is where 返回 goes.
type Snapshot struct {
	Step  string          `json:"step"`
	State json.RawMessage `json:"state,omitempty"`
}

// Pending is the question asked last by the active step.
type Pending struct {
	Cards   []PendingCard `json:"cards,omitempty"` // one for each time it was shown
	Choices Choices       `json:"choices"`
	About   bot.About     `json:"about"`
}

// PendingCard is one showing of the pending question.
type PendingCard struct {
	Task   string   `json:"task"`
	Letter string   `json:"letter"`
	Lane   bot.Lane `json:"lane"`
	Card   bool     `json:"card,omitempty"` // a card on the phone, not a text
}

// Pressed is the card pressed last, for people who press five times.
type Pressed struct {
	Task string `json:"task"`
	Told bool   `json:"told,omitempty"`
}

// CardState is what became of a card.
type CardState string

// The states of a card.
const (
	CardLive       CardState = "live"
	CardActed      CardState = "acted"
	CardSuperseded CardState = "superseded"
	CardDead       CardState = "dead"
)

// CardRow is a card that was given to somebody.
type CardRow struct {
	Task    string
	User    bot.UserID
	Ask     int64 // > 0: a question of a flow
	Seq     int64 // which of this person's cards
	Letter  string
	Choices Choices
	About   bot.About
	State   CardState
	Say     string // what became of it
	Lane    bot.Lane
	Card    bool // shown as a card; false: as text
}

// Seat is what must be known of a person to be given a card.
type Seat struct {
	Mode  bot.Mode
	Cards int64
}

// Outcome is everything a turn changes, applied at once.
type Outcome struct {
	Conv    Conversation
	Entered bool // the active step changed: Conv.Entered becomes now

	Code   string
	Parked bool
	Now    time.Time
	Last   bool // the last row of this claim: the lease is given back

	Out     []OutRow
	Cards   []CardRow // new ones
	Ends    []CardEnd
	Timers  []Timer
	Seated  map[string]int64 // other people's card counts after this turn
	Press   *bot.Press       // its response code belongs to the pressed card
	Handled string           // task of the card that this turn decides: must still be live
}

// OutRow is one body to send.
type OutRow struct {
	To     bot.UserID
	Lane   bot.Lane
	Update bool // of the card Task, by its response code
	Body   []byte
	Once   string
	Task   string
}

// CardEnd says what became of a live card.
type CardEnd struct {
	Task  string
	State CardState
	Say   string
}

// Timer is a message from ourselves for later.
type Timer struct {
	Message bot.Message
	Due     time.Time
}

// SendLimits are what one member may get; WeCom drops the excess without a word
// (30 a minute and 1,000 an hour, WECOM.md §B.8).
type SendLimits struct {
	PerMinute, PerHour int
	Window             time.Duration // how long a doubtful row may be sent again
	Lease              time.Duration
}

// Sending is a claimed row of the outbox.
type Sending struct {
	ID       int64
	To       bot.UserID
	Update   bool
	Body     []byte
	Task     string
	Code     string // for updates: the card's response code, "" when there is none
	Attempts int    // the claim's token
	Doubt    bool   // an earlier attempt may have arrived
}

// SendState is where an outbox row stands.
type SendState string

// The states of an outbox row. Pending, sending and unknown rows hold up later
// ones of the same person and lane.
const (
	SendPending SendState = "pending"
	SendSending SendState = "sending"
	SendUnknown SendState = "unknown" // may have arrived: sent again inside the window
	SendSent    SendState = "sent"
	SendHeld    SendState = "held"    // may have arrived, window over: for a person to look at
	SendFailed  SendState = "failed"  // refused, or the receiver cannot be reached
	SendSkipped SendState = "skipped" // an update of a card that can no longer be updated
)

// SendResult is the outcome of an attempt.
type SendResult struct {
	State   SendState
	Next    time.Time // for pending and unknown
	Receipt Receipt
	ErrCode int
	Invalid bool // the receiver cannot be reached
	Counts  bool // the attempt may have reached the member: it counts against the limits
}
