package convo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"strconv"
	"strings"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/text"
)

var (
	// ErrFenced: somebody else has the lane now; nothing was changed.
	ErrFenced = errors.New("convo: the lane was taken over")
	// ErrStale: what the turn started from has changed; it must be read and run again.
	ErrStale = errors.New("convo: the conversation changed meanwhile")
)

// RunnerConfig is what a Runner is made of. What is zero from Workers on gets its default.
type RunnerConfig struct {
	Store     Store
	Router    *Router
	Directory Directory
	Renderer  Renderer
	Now       func() time.Time
	Rand      io.Reader // for task ids; crypto/rand.Reader
	Log       *slog.Logger
	Sender    Waker // told when a turn queued something; may be nil

	Workers  int           // lanes worked on at once, 8
	Batch    int           // rows of a lane per lease, 20
	Lease    time.Duration // 10 s: a dead instance's lanes go on after it
	Poll     time.Duration // 500 ms: timers, and what other instances left
	Attempts int           // 5: then the row is parked
	Retry    func(attempt int) time.Duration
	Failure  func(row int64, err error) // sees every failed attempt; tests
}

// Runner takes people's messages, in order and once each, through the Router.
// Several may run at once, in one process or in many.
type Runner struct {
	RunnerConfig
	bell
}

// NewRunner checks the configuration.
func NewRunner(c RunnerConfig) (*Runner, error) {
	if c.Store == nil || c.Router == nil || c.Directory == nil || c.Renderer == nil || c.Now == nil || c.Rand == nil || c.Log == nil {
		return nil, errors.New("convo: runner: Store, Router, Directory, Renderer, Now, Rand and Log are needed")
	}
	c.Workers = orDefault(c.Workers, 8)
	c.Batch = orDefault(c.Batch, 20)
	c.Lease = orDefault(c.Lease, 10*time.Second)
	c.Poll = orDefault(c.Poll, 500*time.Millisecond)
	c.Attempts = orDefault(c.Attempts, 5)
	if c.Retry == nil {
		c.Retry = func(attempt int) time.Duration { return 200 * time.Millisecond << min(2*(attempt-1), 8) }
	}
	return &Runner{RunnerConfig: c, bell: newBell()}, nil
}

func orDefault[T int | time.Duration](v, d T) T {
	if v <= 0 {
		return d
	}
	return v
}

// Run works until ctx is over; turns that have begun are finished.
func (r *Runner) Run(ctx context.Context) {
	type held struct {
		lane  Lane
		since time.Time
	}
	p := pump[held]{
		workers: r.Workers, ahead: 4 * r.Workers, poll: r.Poll, wake: r.bell,
		claim: func(ctx context.Context, n int) ([]held, error) {
			since := time.Now()
			lanes, err := r.Store.ClaimLanes(ctx, r.Now(), n, r.Batch, r.Lease)
			out := make([]held, len(lanes))
			for i, lane := range lanes {
				out[i] = held{lane, since}
			}
			return out, err
		},
		do:     func(ctx context.Context, h held) { r.lane(ctx, &h.lane, h.since) },
		failed: func(err error) { r.Log.Error("claim lanes", "code", errCode(err)) },
	}
	p.run(ctx)
}

// Drain works off everything that is due now and returns. For tests and the story;
// other Runners may be at work meanwhile.
func (r *Runner) Drain(ctx context.Context) error {
	for {
		lanes, err := r.Store.ClaimLanes(ctx, r.Now(), 64, r.Batch, r.Lease)
		if err != nil {
			return err
		}
		for i := range lanes {
			r.lane(ctx, &lanes[i], time.Now())
		}
		if len(lanes) > 0 {
			continue
		}
		in, _, err := r.Store.Backlog(ctx, r.Now())
		if err != nil || in == 0 {
			return err
		}
		select { // somebody else has the lane, or it waits after a failure
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(2 * time.Millisecond):
		}
	}
}

// lane works off a claim. since is when it was made, on the machine's own clock.
func (r *Runner) lane(ctx context.Context, lane *Lane, since time.Time) {
	for i, row := range lane.Rows {
		if ctx.Err() != nil || time.Since(since) > r.Lease/2 {
			// The rest is claimed again, by whoever is there.
			cleanup, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
			defer cancel()
			if err := r.Store.Release(cleanup, lane); err != nil {
				r.Log.Warn("release lane", "code", errCode(err))
			}
			r.Wake()
			return
		}
		// A turn that has begun is finished, also when the process is to stop.
		turn, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.Lease)
		started := time.Now()
		err := r.turn(turn, lane, row, i == len(lane.Rows)-1)
		cancel()
		if err != nil {
			if !errors.Is(err, ErrFenced) && !errors.Is(err, errHeld) {
				r.Log.Error("turn", "inbox", row.ID, "code", errCode(err))
			}
			return
		}
		since = started // the commit has extended the lease
	}
}

var errHeld = errors.New("convo: the lane waits after a failure")

// turn handles one row: it succeeds, is refused with words, or is tried again later.
func (r *Runner) turn(ctx context.Context, lane *Lane, row Row, last bool) error {
	if row.Bad {
		return r.park(ctx, lane, row, last, "body")
	}
	err := r.attempt(ctx, lane, row, last, func(ctx context.Context, p *play) error { return p.run(ctx) })
	if err != nil && r.Failure != nil {
		r.Failure(row.ID, err)
	}
	if say := bot.Says(err); say != "" {
		// A refusal with words is an answer; nothing else of the turn happened.
		op := errCode(err)
		r.Log.Info("turn refused", "inbox", row.ID, "code", op)
		err = r.attempt(ctx, lane, row, last, func(ctx context.Context, p *play) error { return p.refuse(ctx, say, op) })
	}
	if err == nil || errors.Is(err, ErrFenced) {
		return err
	}
	code := errCode(err)
	if row.Attempts+1 >= r.Attempts {
		return r.park(ctx, lane, row, last, code)
	}
	attempts, ferr := r.Store.Failed(ctx, lane, row, code, r.Retry(row.Attempts+1))
	if ferr != nil {
		return ferr
	}
	r.Log.Warn("turn failed", "inbox", row.ID, "attempt", attempts, "code", code)
	return errHeld
}

// park sets a row aside for a person, apologises, and lets the lane go on.
func (r *Runner) park(ctx context.Context, lane *Lane, row Row, last bool, code string) error {
	r.Log.Error("message parked", "inbox", row.ID, "code", code)
	return r.attempt(ctx, lane, row, last, func(_ context.Context, p *play) error {
		p.out.Parked, p.out.Code = true, code
		if !row.Bad && row.Message.Kind != bot.KindNote {
			p.t.Say(text.ConvoApology)
		}
		return nil
	})
}

// attempt runs f in a transaction, again when others were faster: then with the
// conversations that it touched locked from the start, or two people whose turns touch
// each other could go on meeting.
func (r *Runner) attempt(ctx context.Context, lane *Lane, row Row, last bool, f func(context.Context, *play) error) error {
	var hold []bot.UserID
	for try := 0; ; try++ {
		var p *play
		err := r.Store.Turn(ctx, lane, row, func(ctx context.Context) (o *Outcome, err error) {
			defer func() {
				if v := recover(); v != nil {
					o, err = nil, panicError(v)
				}
			}()
			if len(hold) > 0 {
				if _, err := r.Store.Seats(ctx, hold); err != nil {
					return nil, err
				}
				if err := r.Store.Reload(ctx, lane); err != nil {
					return nil, err
				}
			}
			p = newPlay(r, lane, row)
			p.out.Last = last
			if err := f(ctx, p); err != nil {
				return nil, err
			}
			if err := p.build(ctx); err != nil {
				return nil, err
			}
			return &p.out, nil
		})
		if err == nil {
			lane.Conv = p.out.Conv
			if len(p.out.Out) > 0 && r.Sender != nil {
				r.Sender.Wake()
			}
			return nil
		}
		if try == 8 || !errors.Is(err, ErrStale) && !raced(err) {
			return err
		}
		if errors.Is(err, ErrStale) {
			hold = append(p.others(), lane.Conv.User)
		}
		if err := r.Store.Reload(ctx, lane); err != nil {
			return err
		}
	}
}

// raced: Postgres chose this transaction to lose (serialization failure, deadlock).
func raced(err error) bool {
	var sql interface{ SQLState() string }
	return errors.As(err, &sql) && (sql.SQLState() == "40001" || sql.SQLState() == "40P01")
}

// panicked is a panic's place; its value may hold what a person typed.
type panicked struct{ where, kind string }

func (p *panicked) Error() string { return "panic in " + p.where + ": " + p.kind }

func panicError(v any) error {
	p := &panicked{where: "?", kind: fmt.Sprintf("%T", v)}
	pcs := make([]uintptr, 32)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs)])
	for {
		f, more := frames.Next()
		if !strings.HasPrefix(f.Function, "runtime.") {
			p.where = f.Function[strings.LastIndexByte(f.Function, '/')+1:] + ":" + strconv.Itoa(f.Line)
			return p
		}
		if !more {
			return p
		}
	}
}

// errCode names an error without its words, which may quote a person: a bot.Error's
// own name, an SQLSTATE, a panic's place, or the types in the chain.
func errCode(err error) string {
	var (
		refusal *bot.Error
		sql     interface{ SQLState() string }
		panics  *panicked
	)
	switch {
	case errors.As(err, &panics):
		return panics.Error()
	case errors.As(err, &sql):
		return "sql " + sql.SQLState()
	case errors.As(err, &refusal):
		return refusal.Op
	case errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	case errors.Is(err, context.Canceled):
		return "canceled"
	case errors.Is(err, errHeld), errors.Is(err, ErrFenced), errors.Is(err, ErrStale):
		return err.Error()
	}
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return fmt.Sprintf("%T", err)
		}
		err = inner
	}
}
