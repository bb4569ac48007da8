package llm

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"
)

const (
	trip      = 2 // failed calls in a row
	firstRest = 30 * time.Second
	longRest  = 5 * time.Minute
	// patience: a caller that gave a call less time than this says nothing about the endpoint.
	patience = time.Second
)

// breaker leaves a failing endpoint alone.
type breaker struct {
	now   func() time.Time
	log   *slog.Logger
	first time.Duration

	mu      sync.Mutex
	failed  int           // calls in a row
	rest    time.Duration // the last rest; 0 while all is well
	until   time.Time
	probing bool // a call is finding out whether it is well again
}

// enter asks whether a call may be made; leave must follow if it may.
func (b *breaker) enter() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.rest == 0 {
		return nil
	}
	if b.probing || b.now().Before(b.until) {
		return &Error{Code: Resting, Wait: max(0, b.until.Sub(b.now()))}
	}
	b.probing = true
	return nil
}

// leave records how a call ended; given is the time it had.
func (b *breaker) leave(err error, given time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.probing = false
	e, ours := errors.AsType[*Error](err)
	switch {
	case err == nil, ours && e.Code == Rejected:
		// Refusing one text is an answer.
		if b.rest > 0 {
			b.log.Info("model endpoint is back")
		}
		b.failed, b.rest = 0, 0
		return
	case errors.Is(err, context.Canceled), ours && e.Code == Timeout && given < patience:
		return
	}
	b.failed++
	if b.failed < trip && b.rest == 0 && !(ours && e.Code == Denied) { // a wrong key does not become right
		return
	}
	b.rest = min(max(b.first, 2*b.rest), max(longRest, b.first))
	if ours {
		b.rest = max(b.rest, min(e.Wait, longRest))
	}
	b.until = b.now().Add(b.rest)
	if ours {
		b.log.Warn("model endpoint rests", "code", string(e.Code), "status", e.Status, "seconds", int(b.rest.Seconds()))
	}
}
