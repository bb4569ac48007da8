package convo

import (
	"context"
	"errors"
	"sync"

	"qingfeng/bot"
)

// Acceptor stores what comes in and wakes the Runner. One that is not started
// inserts each message by itself; a started one puts those that arrive while an
// insert is under way into the next one, so that many callers share a commit.
type Acceptor struct {
	store Store
	wake  Waker

	mu      sync.Mutex
	waiting []*waiter
	kick    chan struct{}
	running bool
}

type waiter struct {
	arrival Arrival
	done    chan struct{}
	dup     bool
	err     error
}

const maxGroup = 256 // messages in one INSERT

// NewAcceptor makes an Acceptor; wake may be nil.
func NewAcceptor(store Store, wake Waker) *Acceptor {
	return &Acceptor{store: store, wake: wake, kick: make(chan struct{}, 1)}
}

// Accept stores a message and returns after the commit. dup: it was there before.
func (a *Acceptor) Accept(ctx context.Context, m bot.Message) (dup bool, err error) {
	return a.accept(ctx, Arrival{Message: m})
}

func (a *Acceptor) accept(ctx context.Context, in Arrival) (bool, error) {
	if in.Message.Dedupe == "" {
		return false, errors.New("convo: accept: a message needs a dedupe key")
	}
	a.mu.Lock()
	if !a.running {
		a.mu.Unlock()
		dup, err := a.store.Insert(ctx, []Arrival{in})
		if err != nil {
			return false, err
		}
		a.ring()
		return dup[0], nil
	}
	w := &waiter{arrival: in, done: make(chan struct{})}
	a.waiting = append(a.waiting, w)
	a.mu.Unlock()
	select {
	case a.kick <- struct{}{}:
	default:
	}
	select {
	case <-w.done:
		return w.dup, w.err
	case <-ctx.Done():
		return false, ctx.Err() // it may yet be stored; the caller says "not stored" and gets it again
	}
}

func (a *Acceptor) ring() {
	if a.wake != nil {
		a.wake.Wake()
	}
}

// Run groups inserts until ctx is over; what waits then is still stored.
func (a *Acceptor) Run(ctx context.Context) {
	a.mu.Lock()
	a.running = true
	a.mu.Unlock()
	for {
		select {
		case <-a.kick:
			a.flush(ctx)
		case <-ctx.Done():
			a.mu.Lock()
			a.running = false
			a.mu.Unlock()
			a.flush(ctx)
			return
		}
	}
}

// flush stores everything that waits.
func (a *Acceptor) flush(ctx context.Context) {
	ctx = context.WithoutCancel(ctx)
	for {
		a.mu.Lock()
		group := a.waiting
		if len(group) > maxGroup {
			group = group[:maxGroup:maxGroup]
		}
		a.waiting = a.waiting[len(group):]
		a.mu.Unlock()
		if len(group) == 0 {
			return
		}
		in := make([]Arrival, len(group))
		for i, w := range group {
			in[i] = w.arrival
		}
		dup, err := a.store.Insert(ctx, in)
		if err != nil && len(group) > 1 {
			// One bad row must not take the others with it.
			for _, w := range group {
				one, err := a.store.Insert(ctx, []Arrival{w.arrival})
				w.dup, w.err = err == nil && one[0], err
				close(w.done)
			}
			a.ring()
			continue
		}
		for i, w := range group {
			w.dup, w.err = err == nil && dup[i], err
			close(w.done)
		}
		if err == nil {
			a.ring()
		}
	}
}
