package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/hibiken/asynq"
)

// Run is one planned run of a job.
type Run struct {
	ID         int64
	Job        string
	DueAt      time.Time
	Generation int // counts how often it was carried
	Attempts   int // counts how often it was begun
}

// Runs is the plan, in Postgres.
type Runs interface {
	// Plan adds a run unless that job is planned for that moment already.
	Plan(ctx context.Context, job string, due time.Time) error
	// Uncarried takes runs that are due and that nobody has carried since before, or
	// whose worker's lease is over, and raises their generation. A run whose worker
	// was lost at its last attempt fails instead.
	Uncarried(ctx context.Context, now, before time.Time, lastAttempt int) ([]Run, error)
	// Claim begins a run of this generation under a lease; ok is false when it is not
	// to be done (any more).
	Claim(ctx context.Context, id int64, generation int, lease time.Duration) (run Run, ok bool, err error)
	// Finish records the end of a run of this generation; code names a failure, ""
	// is success. A failure is tried again after pause; at its last attempt it stays
	// failed, for a person to look at.
	Finish(ctx context.Context, id int64, generation int, code string, pause time.Duration, lastAttempt int) error
}

// Job is one thing to do, one file each.
type Job struct {
	Name string
	// Next is the first moment after t at which it is due.
	Next func(t time.Time) time.Time
	// Do may be stopped at any moment and begun again: what it did is in Postgres.
	Do func(ctx context.Context) error
}

// Config is what a Service is made of. Everything but the durations is needed.
type Config struct {
	Runs  Runs
	Jobs  []Job
	Redis asynq.RedisConnOpt
	Now   func() time.Time
	Log   *slog.Logger

	Sweep      time.Duration // how often the plan is looked at; 5 s if zero
	CarryAgain time.Duration // a carried run that nobody began is carried again after this; 15 s if zero
	Lease      time.Duration // a run whose worker is silent for this long is given to another; 10 min if zero
	Pause      time.Duration // before the second attempt; four times as long before each further one; 1 min if zero
}

// Service plans, carries and does jobs.
type Service struct{ Config }

const (
	taskType    = "run"
	queueName   = "house"
	lastAttempt = 5
	endWithin   = 5 * time.Second // for a job to notice the end, and for its row to be written
)

// New checks the configuration.
func New(c Config) (*Service, error) {
	if c.Runs == nil || c.Redis == nil || c.Now == nil || c.Log == nil {
		return nil, errors.New("jobs: Runs, Redis, Now and Log are needed")
	}
	for _, d := range []struct {
		field    *time.Duration
		fallback time.Duration
	}{{&c.Sweep, 5 * time.Second}, {&c.CarryAgain, 15 * time.Second}, {&c.Lease, 10 * time.Minute}, {&c.Pause, time.Minute}} {
		if *d.field <= 0 {
			*d.field = d.fallback
		}
	}
	return &Service{c}, nil
}

// Run works until ctx is over, then ends what is under way: it is begun again later.
// A Redis that is not there is waited for.
func (s *Service) Run(ctx context.Context) error {
	server := asynq.NewServer(s.Redis, asynq.Config{
		Concurrency: 2, Queues: map[string]int{queueName: 1}, Logger: quiet{}, LogLevel: asynq.FatalLevel,
		BaseContext:       func() context.Context { return ctx },
		TaskCheckInterval: min(time.Second, s.Sweep), ShutdownTimeout: endWithin,
	})
	mux := asynq.NewServeMux()
	mux.HandleFunc(taskType, s.work)
	if err := server.Start(mux); err != nil {
		return fmt.Errorf("jobs: start: %w", err)
	}
	defer server.Shutdown()
	client := asynq.NewClient(s.Redis)
	defer client.Close()
	s.plan(ctx, client)
	return nil
}

// plan looks every few seconds what is due and carries it.
func (s *Service) plan(ctx context.Context, client *asynq.Client) {
	tick := time.NewTicker(s.Sweep)
	defer tick.Stop()
	failing := false
	for {
		err := s.sweep(ctx, client)
		if err != nil && !failing && ctx.Err() == nil {
			s.Log.Warn("jobs wait", "err", err) // said once, until it works again
		}
		failing = err != nil
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// sweep plans each job's current moment and carries every due run that is not under way.
func (s *Service) sweep(ctx context.Context, client *asynq.Client) error {
	now := s.Now()
	for _, j := range s.Jobs {
		// The last moment that has passed within a day, so that a night missed while we
		// were down is made up for once.
		var last time.Time
		for due := j.Next(now.Add(-24 * time.Hour)); !due.After(now); due = j.Next(due) {
			last = due
		}
		if last.IsZero() {
			continue
		}
		if err := s.Runs.Plan(ctx, j.Name, last); err != nil {
			return err
		}
	}
	// Redis first: a run is not to use up a generation for nothing.
	if err := client.Ping(); err != nil {
		return errors.New("redis does not answer") // the error would hold its address
	}
	runs, err := s.Runs.Uncarried(ctx, now, now.Add(-s.CarryAgain), lastAttempt)
	if err != nil {
		return err
	}
	for _, r := range runs {
		payload, err := json.Marshal(carried{r.ID, r.Generation})
		if err != nil {
			return err
		}
		id := strconv.FormatInt(r.ID, 10) + "-" + strconv.Itoa(r.Generation)
		_, err = client.EnqueueContext(ctx, asynq.NewTask(taskType, payload), asynq.TaskID(id), asynq.Queue(queueName),
			asynq.MaxRetry(0), asynq.Timeout(s.Lease*9/10)) // a job ends before its lease does
		if err != nil {
			return fmt.Errorf("carry run %d: redis refuses it", r.ID)
		}
	}
	return nil
}

type carried struct {
	ID         int64 `json:"id"`
	Generation int   `json:"generation"`
}

// work does one carried run, if Postgres still asks for it. It never returns an error:
// what becomes of a run stands in Postgres, and asynq keeps nothing.
func (s *Service) work(ctx context.Context, task *asynq.Task) error {
	var c carried
	if err := json.Unmarshal(task.Payload(), &c); err != nil {
		s.Log.Warn("strange task")
		return nil
	}
	run, ok, err := s.Runs.Claim(ctx, c.ID, c.Generation, s.Lease)
	if err != nil {
		s.Log.Warn("claim run", "run", c.ID, "err", err) // it is carried again
		return nil
	}
	if !ok {
		return nil
	}
	code := ""
	if err := s.do(ctx, run); err != nil {
		code = err.Error()
		s.Log.Warn("job failed", "job", run.Job, "run", run.ID, "attempt", run.Attempts, "err", err)
	}
	pause := s.Pause << (2 * max(0, run.Attempts-1))
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), endWithin)
	defer cancel()
	if err := s.Runs.Finish(end, run.ID, run.Generation, code, pause, lastAttempt); err != nil {
		s.Log.Warn("finish run", "run", run.ID, "err", err) // done again when its lease is over
	}
	return nil
}

// do runs the job; a panic is a failure like another.
func (s *Service) do(ctx context.Context, run Run) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %T", p) // the type only: what it says may hold anything
		}
	}()
	for _, j := range s.Jobs {
		if j.Name == run.Job {
			return j.Do(ctx)
		}
	}
	return errors.New("unknown job")
}

// Daily is due every day at hour:minute in zone. Choose minutes off :00 and :30
// (WeCom's advice, WECOM.md §B.8).
func Daily(hour, minute int, zone *time.Location) func(time.Time) time.Time {
	return func(t time.Time) time.Time {
		t = t.In(zone)
		due := time.Date(t.Year(), t.Month(), t.Day(), hour, minute, 0, 0, zone)
		if !due.After(t) {
			due = due.AddDate(0, 0, 1)
		}
		return due
	}
}

// quiet keeps asynq's own lines out of our log; failures are logged by work.
type quiet struct{}

func (quiet) Debug(...any) {}
func (quiet) Info(...any)  {}
func (quiet) Warn(...any)  {}
func (quiet) Error(...any) {}
func (quiet) Fatal(...any) {}
