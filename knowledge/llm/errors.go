package llm

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// Code says what went wrong, for logs, doctor and the choice of what to do.
type Code string

// Every way in which a call fails.
const (
	Timeout     Code = "timeout"     // no whole answer within the time limit
	Unreachable Code = "unreachable" // no connection, or it broke
	Busy        Code = "busy"        // 429
	Down        Code = "down"        // 5xx, or an error instead of an answer
	Denied      Code = "denied"      // 401, 403: the key
	Rejected    Code = "rejected"    // another 4xx: this request, not the endpoint
	Redirect    Code = "redirect"    // 3xx: never followed, it would carry texts elsewhere
	Rubbish     Code = "rubbish"     // not what the protocol says
	Empty       Code = "empty"       // an answer without content
	TooLarge    Code = "too large"   // more bytes than Config.MaxReply
	Cut         Code = "cut"         // the answer ends before its end, or the endpoint withheld it
	Count       Code = "count"       // not one vector per text
	Order       Code = "order"       // vectors that do not say which text they belong to
	Dimension   Code = "dimension"   // vectors of another length than configured
	Number      Code = "number"      // NaN, infinite, missing, or all zero
	Resting     Code = "resting"     // not asked: it failed before
)

// Error is the one error of this package besides the caller's own cancellation. It
// holds nothing that the endpoint said.
type Error struct {
	Code   Code
	Status int           // HTTP status; 0 for none
	Wait   time.Duration // what the endpoint asked us to wait; 0 for nothing
}

func (e *Error) Error() string {
	if e.Status > 0 {
		return fmt.Sprintf("llm: %s (HTTP %d)", e.Code, e.Status)
	}
	return "llm: " + string(e.Code)
}

// Refused reports that the endpoint refused this text and might take another one.
func (e *Error) Refused() bool { return e.Code == Rejected }

// Is makes a time limit that ran out recognisable as such.
func (e *Error) Is(target error) bool {
	return target == context.DeadlineExceeded && e.Code == Timeout //nolint:errorlint // this is errors.Is's own question
}

// again reports whether the same call may succeed in a moment.
func (e *Error) again() bool { return e.Code == Busy || e.Code == Down || e.Code == Unreachable }

func byStatus(status int, header http.Header, now time.Time) *Error {
	e := &Error{Code: Rejected, Status: status}
	switch {
	case status < 400:
		e.Code = Redirect
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		e.Code = Denied
	case status == http.StatusTooManyRequests:
		e.Code = Busy
	case status >= 500, status == http.StatusRequestTimeout:
		e.Code = Down
	}
	if e.again() {
		e.Wait = retryAfter(header.Get("Retry-After"), now)
	}
	return e
}

func retryAfter(value string, now time.Time) time.Duration {
	if value == "" {
		return 0
	}
	if d, err := time.ParseDuration(value + "s"); err == nil {
		return max(0, d)
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}

// verdict makes of whatever a call returned our one error. Cancellation by the caller
// stays what it is.
func verdict(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		return fmt.Errorf("llm: %w", context.Canceled)
	}
	if ctx.Err() != nil || errors.Is(err, context.DeadlineExceeded) {
		return &Error{Code: Timeout}
	}
	if own, ok := errors.AsType[*Error](err); ok {
		return own
	}
	return &Error{Code: Rubbish}
}
