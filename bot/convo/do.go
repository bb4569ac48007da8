package convo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"qingfeng/bot"
)

// ErrBusy: the person's lane was not free in time; nothing was done.
var ErrBusy = errors.New("convo: the lane is busy")

const (
	doWait = 5 * time.Second       // how long Do waits for the lane
	doPoll = 20 * time.Millisecond // how often it looks
)

// Do runs fn as a turn in a person's lane, now: what a page or the command line does
// takes its place among the person's messages and can never race the chat. fn's
// effects are applied in its transaction; its error is returned and nothing happened
// then. ErrBusy when the lane was not free within five seconds.
func (r *Runner) Do(ctx context.Context, user bot.UserID, fn Handler) error {
	until := time.Now().Add(doWait)
	for {
		lane, ok, err := r.Store.ClaimLane(ctx, user, r.Lease)
		if err != nil {
			return fmt.Errorf("do: %w", err)
		}
		if ok {
			return r.do(ctx, &lane, fn)
		}
		if time.Now().After(until) {
			return ErrBusy
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(doPoll):
		}
	}
}

func (r *Runner) do(ctx context.Context, lane *Lane, fn Handler) error {
	row := Row{Message: bot.Message{From: lane.Conv.User, Kind: bot.KindNote}}
	err := r.attempt(ctx, lane, row, true, func(ctx context.Context, p *play) error {
		actor, err := r.Directory.Who(ctx, lane.Conv.User)
		if err != nil {
			return fmt.Errorf("who: %w", err)
		}
		if actor.UserID == "" {
			actor.UserID = lane.Conv.User
		}
		p.t.Actor = actor
		if err := p.upgrade(); err != nil {
			return err
		}
		return p.handle(ctx, fn, "")
	})
	if err != nil {
		if bot.Says(err) != "" && r.Router.Refused != nil {
			code := errCode(err)
			err = errors.Join(err, r.attempt(ctx, lane, row, false, func(ctx context.Context, p *play) error {
				actor, err := r.Directory.Who(ctx, lane.Conv.User)
				if err != nil {
					return err
				}
				p.t.Actor = actor
				return r.Router.Refused(ctx, p.t, code)
			}))
		}
		cleanup, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
		defer cancel()
		err = errors.Join(err, r.Store.Release(cleanup, lane))
	}
	r.Wake() // what came in meanwhile
	return err
}

// Said is what this turn has said to the person so far; pages show it too.
func (t *Turn) Said() (lines []string) {
	for _, reply := range t.effects.replies {
		if reply.To.Key() == t.Actor.UserID.Key() && reply.Text != "" {
			lines = append(lines, reply.Text)
		}
	}
	return lines
}
