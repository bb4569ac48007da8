package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"time"
)

// errLost ends the context of a run that is somebody else's by now.
var errLost = errors.New("lease lost")

// task does one carried run, if Postgres still asks for it.
func (s *Service) task(ctx context.Context, payload []byte) {
	var c carried
	if err := json.Unmarshal(payload, &c); err != nil {
		s.Log.Warn("strange task")
		return
	}
	if job, ok := s.jobs[c.Job]; ok {
		s.work(ctx, c.ID, c.Generation, job)
		return
	}
	// A job of a newer or older program is for an instance that knows it, which carries
	// it again.
	if err := s.Runs.Release(ctx, c.ID, c.Generation); err != nil {
		s.Log.Warn("release run", "run", c.ID, "err", err)
	}
}

// work does one run and records how it ended.
func (s *Service) work(ctx context.Context, id int64, generation int, job Job) {
	if job.Timed {
		if awry, err := s.clocksDisagree(ctx); err != nil || awry {
			return // it is carried again
		}
	}
	begun := time.Now()
	run, ok, err := s.Runs.Claim(ctx, id, generation, s.Now(), job.Lease)
	if err != nil && ctx.Err() == nil {
		s.Log.Warn("claim run", "run", id, "err", err) // it is carried again
	}
	if err != nil || !ok {
		return
	}
	held, lose := context.WithCancelCause(ctx)
	within, cancel := context.WithTimeout(held, job.Within)
	renewed := make(chan struct{})
	go func() {
		defer close(renewed)
		s.renew(within, lose, run, job.Lease, begun)
	}()
	err = do(within, job, run)
	cancel()
	<-renewed
	if lost := context.Cause(held); errors.Is(lost, errLost) {
		s.Log.Warn("run lost", "job", run.Job, "run", run.ID, "attempt", run.Attempts)
	}
	lose(nil)
	end := s.end(ctx, run, err)
	if err != nil && ctx.Err() == nil {
		s.Log.Warn("job failed", "job", run.Job, "run", run.ID, "attempt", run.Attempts, "err", err)
	}
	write, stop := context.WithTimeout(context.WithoutCancel(ctx), endWithin)
	defer stop()
	if err := s.Runs.Finish(write, run.ID, run.Generation, end); err != nil {
		s.Log.Warn("finish run", "run", run.ID, "err", err) // done again when its lease is over
	}
	if s.more.Load() {
		s.Wake() // there is room again
	}
}

// renew keeps the lease while the work is under way, and ends the work when the run is
// lost: taken by another, or not renewed for as long as the lease was.
func (s *Service) renew(ctx context.Context, lose context.CancelCauseFunc, run Run, lease time.Duration, since time.Time) {
	tick := time.NewTicker(lease / 3)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		at := time.Now()
		try, cancel := context.WithTimeout(ctx, lease/3)
		held, err := s.Runs.Renew(try, run.ID, run.Generation, lease)
		cancel()
		switch {
		case ctx.Err() != nil:
			return
		case err == nil && held:
			since = at
		case err == nil, time.Since(since) >= lease*9/10:
			lose(errLost)
			return
		}
	}
}

// end is the retry policy: what becomes of a run after an attempt.
func (s *Service) end(ctx context.Context, run Run, err error) End {
	if err == nil {
		return End{State: StateDone}
	}
	var said *Verdict
	if ctx.Err() != nil && !errors.As(err, &said) { // the instance ends; another takes it up at once
		return End{State: StateAgain, Code: "ended", At: s.Now()}
	}
	v := VerdictOf(err)
	if v.Never || v.Counts && run.Attempts >= lastAttempt {
		return End{State: StateFailed, Code: v.Code}
	}
	after := v.After
	if after <= 0 {
		after, v.Grows = s.Pause, true
	}
	if v.Grows {
		after <<= 2 * min(lastAttempt, max(0, run.Attempts-1))
	}
	return End{State: StateAgain, Code: v.Code, At: s.Now().Add(after), Counts: v.Counts}
}

// do runs the job; a panic is a failure like another.
func do(ctx context.Context, job Job, run Run) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = panicked(p)
		}
	}()
	return job.Do(ctx, run)
}
