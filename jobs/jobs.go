package jobs

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/hibiken/asynq"
	"golang.org/x/sync/errgroup"
)

// Run is one planned run of a job.
type Run struct {
	ID         int64
	Job        string
	DueAt      time.Time
	Generation int
}

// Runs is the plan, in Postgres.
type Runs interface {
	// Plan adds a run unless that job is planned for that moment already.
	Plan(ctx context.Context, job string, due time.Time) error
	// Uncarried takes runs that are due and that nobody has carried since before, or
	// whose worker's lease is over, and raises their generation.
	Uncarried(ctx context.Context, now, before time.Time) ([]Run, error)
	// Claim takes a run of this generation for a lease; ok is false when it is not to
	// be done (any more).
	Claim(ctx context.Context, id int64, generation int, lease time.Duration) (run Run, ok bool, err error)
	// Finish records the end; code names a failure, "" is success. After the last
	// attempt a failed run stays for a person to look at.
	Finish(ctx context.Context, id int64, code string, lastAttempt int) error
}

// Job is one thing to do, one file each.
type Job struct {
	Name string
	// Next is the first moment after t at which it is due.
	Next func(t time.Time) time.Time
	Do   func(ctx context.Context) error
}

// Config is what a Service is made of.
type Config struct {
	Runs  Runs
	Jobs  []Job
	Redis asynq.RedisConnOpt
	Now   func() time.Time
	Log   *slog.Logger
	Sweep time.Duration // how often the plan is looked at; 5 s if zero
}

// Service plans, carries and does jobs.
type Service struct{ Config }

const (
	taskType     = "run"
	queueName    = "house"
	lease        = 10 * time.Minute // the longest a job may take
	carryAgain   = 15 * time.Second // after this a carried run that nobody claimed is carried again
	lastAttempt  = 5
	startTimeout = 10 * time.Second
)

// New checks the configuration.
func New(c Config) (*Service, error) {
	if c.Runs == nil || c.Redis == nil || c.Now == nil || c.Log == nil {
		return nil, fmt.Errorf("jobs: Runs, Redis, Now and Log are needed")
	}
	if c.Sweep <= 0 {
		c.Sweep = 5 * time.Second
	}
	return &Service{c}, nil
}

// Run works until ctx is over.
func (s *Service) Run(ctx context.Context) error {
	server := asynq.NewServer(s.Redis, asynq.Config{
		Concurrency: 2, Queues: map[string]int{queueName: 1}, Logger: quiet{}, LogLevel: asynq.FatalLevel,
		TaskCheckInterval: time.Second, ShutdownTimeout: startTimeout,
		IsFailure: func(error) bool { return true },
	})
	mux := asynq.NewServeMux()
	mux.HandleFunc(taskType, s.work)
	if err := server.Start(mux); err != nil {
		return fmt.Errorf("jobs: start: %w", err)
	}
	defer server.Shutdown()
	client := asynq.NewClient(s.Redis)
	defer client.Close()
	var g errgroup.Group
	g.Go(func() error { s.plan(ctx, client); return nil })
	return g.Wait()
}

// plan looks every few seconds what is due and carries it.
func (s *Service) plan(ctx context.Context, client *asynq.Client) {
	tick := time.NewTicker(s.Sweep)
	defer tick.Stop()
	for {
		if err := s.sweep(ctx, client); err != nil && ctx.Err() == nil {
			s.Log.Warn("plan jobs", "err", err)
		}
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
		for due := j.Next(now.Add(-24 * time.Hour)); !due.After(now); due = j.Next(due) {
			if j.Next(due).After(now) {
				if err := s.Runs.Plan(ctx, j.Name, due); err != nil {
					return err
				}
			}
		}
	}
	runs, err := s.Runs.Uncarried(ctx, now, now.Add(-carryAgain))
	if err != nil {
		return err
	}
	for _, r := range runs {
		payload, err := json.Marshal(carried{r.ID, r.Generation})
		if err != nil {
			return err
		}
		id := strconv.FormatInt(r.ID, 10) + "-" + strconv.Itoa(r.Generation)
		if _, err := client.EnqueueContext(ctx, asynq.NewTask(taskType, payload), asynq.TaskID(id), asynq.Queue(queueName), asynq.MaxRetry(0), asynq.Timeout(lease)); err != nil {
			return fmt.Errorf("carry run %d: %w", r.ID, err)
		}
	}
	return nil
}

type carried struct {
	ID         int64 `json:"id"`
	Generation int   `json:"generation"`
}

// work does one carried run, if Postgres still asks for it.
func (s *Service) work(ctx context.Context, task *asynq.Task) error {
	var c carried
	if err := json.Unmarshal(task.Payload(), &c); err != nil {
		return fmt.Errorf("%w: payload", asynq.SkipRetry)
	}
	run, ok, err := s.Runs.Claim(ctx, c.ID, c.Generation, lease)
	if err != nil || !ok {
		return err
	}
	for _, j := range s.Jobs {
		if j.Name != run.Job {
			continue
		}
		code := ""
		if err := j.Do(ctx); err != nil {
			code = err.Error()
			s.Log.Warn("job failed", "job", j.Name, "run", run.ID, "err", err)
		}
		return s.Runs.Finish(context.WithoutCancel(ctx), run.ID, code, lastAttempt)
	}
	return s.Runs.Finish(ctx, run.ID, "unknown job", 0)
}

// Daily is due every day at hour:minute in now's zone. Choose minutes off :00 and :30
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
