package bot

import (
	"errors"
	"fmt"
	"time"
)

// Error carries two texts: Say is for the person (one line: why, and what to do
// next), Op is for the operator's log and never holds business text.
type Error struct {
	Say string
	Op  string
	Err error
}

func (e *Error) Error() string {
	if e.Err != nil {
		return e.Op + ": " + e.Err.Error()
	}
	return e.Op
}

func (e *Error) Unwrap() error { return e.Err }

// Refuse makes an Error that a person reads as say; op names the refusal in logs and audit.
func Refuse(say, op string) *Error { return &Error{Say: say, Op: op} }

// Says returns the user-safe line of err, or "" when it has none.
func Says(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Say
	}
	return ""
}

// Outcome is what is known of one attempt to send.
type Outcome int

const (
	Sent        Outcome = iota // errcode 0
	NotSent                    // surely not sent: dial error, errcode ≠ 0 that a retry may cure
	Unknown                    // timeout, reset, 5xx after the request left: it may have arrived
	Refused                    // surely not sent and a retry will not help
	Unreachable                // the receiver is invalid, unlicensed or out of range
)

// SendError is the transport's verdict on one attempt. It never holds a URL or a secret.
type SendError struct {
	Outcome Outcome
	Code    int           // WeCom errcode, 0 if none
	Wait    time.Duration // do not try again before; 0: the sender's own back-off
	Hint    string        // what the operator should do (WECOM.md §B.9)
}

func (e *SendError) Error() string {
	return fmt.Sprintf("send: outcome %d, errcode %d", e.Outcome, e.Code)
}
