package jobs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"golang.org/x/time/rate"

	"qingfeng/bot"
	"qingfeng/bot/convo"
)

// PushStore keeps the batches of a push. bot/pg has it.
type PushStore interface {
	// ClaimBatch begins an attempt; with ok false there is nothing to send, for wait or
	// (wait 0) for good. It holds what is of unknown outcome for longer than the window
	// and gives reminders back that became stale before they were tried.
	ClaimBatch(ctx context.Context, id int64, now time.Time, limits bot.PushLimits) (b bot.PushBatch, wait time.Duration, ok bool, err error)
	// FinishBatch records an attempt; false: the batch is somebody else's by now.
	FinishBatch(ctx context.Context, b bot.PushBatch, r bot.PushResult) (bool, error)
	// Pause stops every sender, in every instance, until a time.
	Pause(ctx context.Context, until time.Time) error
}

// PushTransport sends stored bytes; see convo.Transport for its errors.
type PushTransport interface {
	Send(ctx context.Context, body []byte) (convo.Receipt, error)
}

const (
	pushCalls   = 4                      // batch calls at once, per instance
	pushRate    = 10                     // and a second
	pushWait    = 2 * time.Second        // for a call to become free, before the worker is given back
	pushTimeout = 8 * time.Second        // of one call
	pushLease   = 10 * time.Second       // longer than a call
	pushWindow  = 25 * time.Minute       // inside the 30 min that WeCom recognises the same bytes (WECOM.md §B.1)
	pushStale   = 10 * time.Minute       // a reminder that waited longer may be out of date
	pushTries   = 10                     // refusals by WeCom itself, before it is given up
	pushSoon    = 500 * time.Millisecond // until a worker asks again for a free call
)

// Pusher sends frozen batches (RELIABILITY.md §2): what surely was not sent is sent
// again; what may have arrived is repeated with the same bytes inside the window and held
// for a person after it; what is known is never repeated.
//
// A push does not count against a member's limit of 30 a minute (WECOM.md §B.8): a person
// gets at most one reminder a day and a few links, and replies keep to 25. The daily quota
// of the account is WeCom's to count; its 45009 stops everybody.
type Pusher struct {
	PushConfig
	slots chan struct{}
	pace  *rate.Limiter
}

// PushConfig is what a Pusher is made of.
type PushConfig struct {
	Store     PushStore
	Transport PushTransport
	Now       func() time.Time
	Log       *slog.Logger
	Timeout   time.Duration // of one call; 8 s if zero, shorter than its lease
}

// NewPusher makes the Pusher of an instance: its limits are the instance's.
func NewPusher(c PushConfig) *Pusher {
	if c.Timeout <= 0 {
		c.Timeout = pushTimeout
	}
	return &Pusher{PushConfig: c, slots: make(chan struct{}, pushCalls), pace: rate.NewLimiter(pushRate, 1)}
}

// Push is the job that sends batches, one run each; Freeze plans them. There are two of
// the kind, so that notices overtake what goes to many in bulk.
func Push(p *Pusher) []Job {
	do := func(ctx context.Context, run Run) error {
		id, err := strconv.ParseInt(run.Key, 10, 64)
		if err != nil {
			return Never("no batch")
		}
		return p.Send(ctx, id)
	}
	return []Job{
		{Name: "push", Queue: Bulk, Do: do, Lease: pushLease, Within: time.Minute},
		{Name: "push.notice", Queue: Notice, Do: do, Lease: pushLease, Within: time.Minute},
	}
}

// Freeze makes batches of everything that waits for one, each minute: whoever queues a
// push freezes it at once, so this finds what a killed instance left. revive plans runs
// for open batches that lost theirs.
func Freeze(freeze, revive func(ctx context.Context) (int, error)) Job {
	return Job{Name: "freeze", Queue: Notice, Next: Every(time.Minute), Do: func(ctx context.Context, _ Run) error {
		_, failed := freeze(ctx)
		_, err := revive(ctx)
		return errors.Join(failed, err)
	}}
}

// Send makes one attempt to send a batch, if it is to be sent. An error says when to try
// again; it does not count, because the batch counts for itself.
func (p *Pusher) Send(ctx context.Context, batch int64) error {
	done, err := p.slot(ctx)
	if err != nil {
		return err
	}
	defer done()
	b, wait, ok, err := p.Store.ClaimBatch(ctx, batch, p.Now(), bot.PushLimits{Lease: pushLease, Window: pushWindow, Stale: pushStale})
	switch {
	case err != nil:
		return err
	case !ok && wait > 0:
		return Again(wait, false, "waits")
	case !ok:
		return nil
	}
	// A call that has begun is finished, also when the instance ends.
	whole := context.WithoutCancel(ctx)
	call, cancel := context.WithTimeout(whole, p.Timeout)
	receipt, err := p.Transport.Send(call, b.Body)
	cancel()
	result, again := p.judge(whole, b, receipt, err)
	write, cancel := context.WithTimeout(whole, endWithin)
	defer cancel()
	mine, err := p.Store.FinishBatch(write, b, result)
	if err != nil {
		return fmt.Errorf("record batch: %w", err) // its lease ends; then it counts as unknown
	}
	if !mine {
		p.Log.Warn("batch taken over", "batch", b.ID, "attempt", b.Attempt)
		return nil
	}
	if again > 0 {
		return Again(again, false, string(result.State))
	}
	return nil
}

// slot waits for a free call and its turn. A worker does not wait long: it is needed.
func (p *Pusher) slot(ctx context.Context) (done func(), err error) {
	full := time.NewTimer(pushWait)
	defer full.Stop()
	select {
	case p.slots <- struct{}{}:
	case <-full.C:
		return nil, Again(pushSoon, false, "busy")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if err := p.pace.Wait(ctx); err != nil {
		<-p.slots
		return nil, Again(pushSoon, false, "busy")
	}
	return func() { <-p.slots }, nil
}

// judge says what an attempt came to and, for what is still open, when to try again.
func (p *Pusher) judge(ctx context.Context, b bot.PushBatch, receipt convo.Receipt, err error) (r bot.PushResult, again time.Duration) {
	if err == nil {
		return bot.PushResult{State: bot.PushSent, MsgID: receipt.MsgID, Invalid: receipt.Invalid}, 0
	}
	verdict := &bot.SendError{Outcome: bot.Unknown}
	errors.As(err, &verdict) // anything else is an outcome we do not know
	r.ErrCode = verdict.Code
	pause := cmp.Or(verdict.Wait, 2*time.Second<<min(b.Attempt-1, 5))
	if verdict.Code == 45009 { // too frequent, or the day's quota: everybody waits
		pause = max(verdict.Wait, time.Minute)
		stop, cancel := context.WithTimeout(ctx, endWithin)
		defer cancel()
		if err := p.Store.Pause(stop, p.Now().Add(pause)); err != nil {
			p.Log.Error("pause sending", "err", err)
		}
	}
	switch verdict.Outcome {
	case bot.Sent:
		r.State = bot.PushSent
	case bot.Unreachable:
		r.State = bot.PushInvalid
	case bot.Refused:
		r.State = bot.PushFailed
		if b.Doubt { // an earlier attempt may have arrived
			r.State = bot.PushHeld
		}
	case bot.Unknown:
		r.State, again = bot.PushUnknown, pause
	default: // surely not sent
		switch {
		case b.Doubt:
			r.State, again = bot.PushUnknown, pause
		case verdict.Code != 0 && verdict.Code != 45009 && b.Attempt >= pushTries:
			r.State = bot.PushFailed
		default:
			r.State, again = bot.PushPending, pause
		}
	}
	p.Log.Warn("batch not sent", "batch", b.ID, "attempt", b.Attempt, "state", string(r.State), "errcode", verdict.Code, "hint", verdict.Hint)
	return r, again
}
