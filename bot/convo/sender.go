package convo

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"qingfeng/bot"
)

// SenderConfig is what a Sender is made of. What is zero from Workers on gets its default.
type SenderConfig struct {
	Store     Store
	Transport Transport
	Now       func() time.Time
	Log       *slog.Logger

	Workers int           // sends at once, 8
	Limits  SendLimits    // 25 a minute and 900 an hour per member, 25 min window, 12 s lease
	Timeout time.Duration // of one attempt, 8 s; shorter than the lease
	Poll    time.Duration // 500 ms
	Retry   func(attempt int) time.Duration
}

// Sender sends what is queued: the stored bytes, in order within (person, lane), and
// never again once the outcome is known. Several may run at once.
type Sender struct {
	SenderConfig
	bell
}

// maxTries is how often an attempt that WeCom itself turned down is repeated before a
// person must look. A network that is down is waited for without end.
const maxTries = 10

// NewSender checks the configuration.
func NewSender(c SenderConfig) (*Sender, error) {
	if c.Store == nil || c.Transport == nil || c.Now == nil || c.Log == nil {
		return nil, errors.New("convo: sender: Store, Transport, Now and Log are needed")
	}
	c.Workers = orDefault(c.Workers, 8)
	c.Limits.PerMinute = orDefault(c.Limits.PerMinute, 25)
	c.Limits.PerHour = orDefault(c.Limits.PerHour, 900)
	c.Limits.Window = orDefault(c.Limits.Window, 25*time.Minute)
	c.Limits.Lease = orDefault(c.Limits.Lease, 12*time.Second)
	c.Timeout = orDefault(c.Timeout, 8*time.Second)
	c.Poll = orDefault(c.Poll, 500*time.Millisecond)
	if c.Retry == nil {
		c.Retry = func(attempt int) time.Duration { return time.Second << min(attempt-1, 6) }
	}
	return &Sender{SenderConfig: c, bell: newBell()}, nil
}

// Run sends until ctx is over; attempts that have begun are finished.
func (s *Sender) Run(ctx context.Context) {
	p := pump[Sending]{
		workers: s.Workers, ahead: 2 * s.Workers, poll: s.Poll, wake: s.bell,
		claim: func(ctx context.Context, n int) ([]Sending, error) {
			return s.Store.ClaimSends(ctx, s.Now(), n, s.Limits)
		},
		do: func(ctx context.Context, row Sending) {
			if err := s.send(context.WithoutCancel(ctx), row); err != nil {
				s.Log.Error("record send", "outbox", row.ID, "code", errCode(err))
			}
		},
		failed: func(err error) { s.Log.Error("claim sends", "code", errCode(err)) },
	}
	p.run(ctx)
}

// Drain sends everything that may be sent now, one by one, and returns. For tests
// and the story.
func (s *Sender) Drain(ctx context.Context) error {
	for {
		rows, err := s.Store.ClaimSends(ctx, s.Now(), 64, s.Limits)
		if err != nil || len(rows) == 0 {
			return err
		}
		for _, row := range rows {
			if err := s.send(ctx, row); err != nil {
				return err
			}
		}
	}
}

// send makes one attempt and records what came of it.
func (s *Sender) send(ctx context.Context, row Sending) error {
	result := s.attempt(ctx, row)
	finish, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return s.Store.Finish(finish, s.Now(), row, result)
}

func (s *Sender) attempt(ctx context.Context, row Sending) SendResult {
	if row.Update && row.Code == "" {
		return SendResult{State: SendSkipped} // used, too old, or never given
	}
	if row.Body == nil {
		return SendResult{State: SendFailed}
	}
	call, cancel := context.WithTimeout(ctx, s.Timeout)
	defer cancel()
	var (
		receipt Receipt
		err     error
	)
	if row.Update {
		receipt, err = s.Transport.Update(call, row.Body, row.Code)
	} else {
		receipt, err = s.Transport.Send(call, row.Body)
	}
	if err == nil {
		for _, id := range receipt.Invalid {
			if bot.UserID(id).Key() == row.To.Key() {
				return SendResult{State: SendFailed, Receipt: receipt, Invalid: true}
			}
		}
		return SendResult{State: SendSent, Receipt: receipt, Counts: true}
	}
	return s.judge(ctx, row, err)
}

// judge turns the transport's verdict into what happens next.
func (s *Sender) judge(ctx context.Context, row Sending, err error) SendResult {
	verdict := &bot.SendError{Outcome: bot.Unknown}
	errors.As(err, &verdict)
	wait := max(verdict.Wait, s.Retry(row.Attempts))
	r := SendResult{ErrCode: verdict.Code, Next: s.Now().Add(wait)}
	if verdict.Code == 45009 { // too frequent: everybody waits, in every instance
		if err := s.Store.Pause(context.WithoutCancel(ctx), s.Now().Add(max(verdict.Wait, time.Minute))); err != nil {
			s.Log.Error("pause sending", "code", errCode(err))
		}
	}
	switch verdict.Outcome {
	case bot.Unknown:
		r.State, r.Counts = SendUnknown, true
	case bot.Refused:
		r.State = SendFailed
		if row.Update && row.Doubt { // most likely done by the attempt before: a code is good once
			r.State = SendSkipped
		}
	case bot.Unreachable:
		r.State, r.Invalid = SendFailed, true
	case bot.Sent:
		r.State, r.Counts = SendSent, true
	default:
		r.State = SendPending
		switch {
		case row.Doubt: // an earlier attempt may have arrived; this one did not
			r.State, r.Counts = SendUnknown, true
		case verdict.Code != 0 && verdict.Code != 45009 && row.Attempts >= maxTries:
			r.State = SendHeld
		}
	}
	s.Log.Warn("not sent", "outbox", row.ID, "attempt", row.Attempts, "state", string(r.State), "errcode", verdict.Code, "hint", verdict.Hint)
	return r
}
