package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
)

// Run is one planned run of a job.
type Run struct {
	ID         int64
	Job        string
	Key        string          // tells runs of one moment apart; "" where there is one only
	Args       json.RawMessage // what it is about, by ids; nil: nothing
	DueAt      time.Time
	Generation int // counts how often it was carried
	Attempts   int // counts how often it was begun
}

// Runs is the plan, in Postgres.
type Runs interface {
	// Plan adds a run unless that job is planned with that key for that moment already.
	// Inside a transaction it is planned with what else the transaction does.
	Plan(ctx context.Context, job, key string, args json.RawMessage, due time.Time) error
	// Uncarried takes runs that are due and not under way, and raises their generation.
	// A run whose worker was lost at its last attempt fails instead.
	Uncarried(ctx context.Context, take Take) ([]Run, error)
	// Claim begins a run of this generation under a lease; ok is false when it is not
	// to be done (any more, or not yet at now).
	Claim(ctx context.Context, id int64, generation int, now time.Time, lease time.Duration) (run Run, ok bool, err error)
	// Release has a run of this generation carried again: whoever got it does not know it.
	Release(ctx context.Context, id int64, generation int) error
	// Renew keeps the lease of a run of this generation; false: it is somebody else's.
	Renew(ctx context.Context, id int64, generation int, lease time.Duration) (held bool, err error)
	// Finish records the end of a run of this generation, unless it is somebody else's.
	Finish(ctx context.Context, id int64, generation int, end End) error
}

// Take says which runs to carry.
type Take struct {
	Now   time.Time         // what is due by then
	Jobs  map[string]string // of these jobs, each with its queue
	Again time.Duration     // and, of those carried before, what nobody began for this long
	Limit int               // so many of one queue carried and not begun at most
	Last  int               // a run begun this often is not begun again
}

// End is how an attempt ended.
type End struct {
	State  State
	Code   string    // of what went wrong; "": nothing
	At     time.Time // StateAgain: not before
	Counts bool      // StateAgain: the attempt was one of the five
}

// State is what becomes of a run.
type State int

const (
	StateDone   State = iota
	StateAgain        // planned again
	StateFailed       // left to a person
)

// Job is one thing to do, one file each.
type Job struct {
	Name string
	// Queue is how urgent it is; "": House.
	Queue string
	// Next is the first moment after t at which it is due; nil: others plan it (Runs.Plan).
	Next func(t time.Time) time.Time
	// Lease is how long a worker that is silent keeps a run; 0: the service's. While the
	// job works its lease is renewed.
	Lease time.Duration
	// Within is how long one attempt may take; 0: ten minutes.
	Within time.Duration
	// Timed jobs send something at its moment: they rest while our clock and the
	// database's disagree.
	Timed bool
	// Do may be stopped at any moment and begun again: what it did is in Postgres. ctx
	// is over when the service ends, Within has passed, or the run is somebody else's.
	// An error may carry a verdict (Again, Never, a *bot.SendError).
	Do func(ctx context.Context, run Run) error
}

// Config is what a Service is made of. Everything but Skew and what follows it is needed;
// Redis only to Run.
type Config struct {
	Runs  Runs
	Jobs  []Job
	Redis asynq.RedisConnOpt
	Now   func() time.Time
	Log   *slog.Logger

	// Skew is how far Now is ahead of the database's clock; nil: it is not looked at.
	Skew func(ctx context.Context) (time.Duration, error)

	Workers    int           // runs at once; 8 if zero
	Sweep      time.Duration // how often the plan is looked at; 1 s if zero
	CarryAgain time.Duration // a carried run that nobody began is carried again after this; 10 s if zero
	Lease      time.Duration // a run whose worker is silent for this long is given to another; 10 s if zero
	Pause      time.Duration // before the second attempt; four times as long before each further one; 1 min if zero
}

// Service plans, carries and does jobs.
type Service struct {
	Config
	jobs map[string]Job
	wake chan struct{}
	more atomic.Bool // something was due when the plan was looked at last
	awry atomic.Bool // the clocks disagree

	mu      sync.Mutex
	planned map[string]time.Time // the last moment each job was planned for
}

const (
	queueFull = 128                   // runs of one queue in Redis
	breather  = 20 * time.Millisecond // between two looks at the plan
	endWithin = 5 * time.Second       // for a job to notice the end, and for its row to be written
	skewMax   = time.Minute           // what clocks may differ by
)

// New checks the configuration.
func New(c Config) (*Service, error) {
	if c.Runs == nil || c.Now == nil || c.Log == nil {
		return nil, errors.New("jobs: Runs, Now and Log are needed")
	}
	for _, d := range []struct {
		field    *time.Duration
		fallback time.Duration
	}{{&c.Sweep, time.Second}, {&c.CarryAgain, 10 * time.Second}, {&c.Lease, 10 * time.Second}, {&c.Pause, time.Minute}} {
		if *d.field <= 0 {
			*d.field = d.fallback
		}
	}
	if c.Workers <= 0 {
		c.Workers = 8
	}
	s := &Service{Config: c, jobs: map[string]Job{}, wake: make(chan struct{}, 1), planned: map[string]time.Time{}}
	for _, j := range c.Jobs {
		if _, twice := s.jobs[j.Name]; twice || j.Name == "" || j.Do == nil {
			return nil, fmt.Errorf("jobs: %q is there twice, or has no name or nothing to do", j.Name)
		}
		if j.Queue == "" {
			j.Queue = House
		}
		if !slices.Contains(Queues(), j.Queue) {
			return nil, fmt.Errorf("jobs: %s: no queue %q", j.Name, j.Queue)
		}
		if j.Lease <= 0 {
			j.Lease = c.Lease
		}
		if j.Within <= 0 {
			j.Within = 10 * time.Minute
		}
		s.jobs[j.Name] = j
	}
	return s, nil
}

// Wake has the plan looked at now: something was planned.
func (s *Service) Wake() {
	select {
	case s.wake <- struct{}{}:
	default: // it will be looked at anyway
	}
}

// Run works until ctx is over, then ends what is under way: it is begun again later.
// A Redis that is not there is waited for.
func (s *Service) Run(ctx context.Context) error {
	if s.Redis == nil {
		return errors.New("jobs: Redis is needed")
	}
	server := asynq.NewServer(s.Redis, asynq.Config{
		Concurrency: s.Workers, Queues: weights(), Logger: quiet{}, LogLevel: asynq.FatalLevel,
		TaskCheckInterval: min(100*time.Millisecond, s.Sweep), ShutdownTimeout: endWithin,
	})
	var under sync.WaitGroup
	mux := asynq.NewServeMux()
	// A run is done under our own context: asynq's ends when Redis is away for long,
	// which is no reason to stop.
	mux.HandleFunc(taskType, func(_ context.Context, task *asynq.Task) error {
		under.Add(1)
		defer under.Done()
		s.task(ctx, task.Payload())
		return nil // what becomes of a run stands in Postgres, and asynq keeps nothing
	})
	if err := server.Start(mux); err != nil {
		return fmt.Errorf("jobs: start: %w", err)
	}
	defer under.Wait()
	defer server.Shutdown()
	conn, ok := s.Redis.MakeRedisClient().(redis.UniversalClient)
	if !ok {
		return errors.New("jobs: not a redis client")
	}
	defer conn.Close()
	s.look(ctx, &carrier{conn: conn, client: asynq.NewClientFromRedisClient(conn)})
	return nil
}

// look looks every moment what is due and carries it.
func (s *Service) look(ctx context.Context, c *carrier) {
	tick := time.NewTicker(s.Sweep)
	defer tick.Stop()
	failing := false
	for {
		looked := time.Now()
		err := s.sweep(ctx, c)
		if err != nil && !failing && ctx.Err() == nil {
			s.Log.Warn("jobs wait", "err", err) // said once, until it works again
		}
		failing = err != nil
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-s.wake:
		}
		// Many wake it while there is much to do; one look answers them all.
		if breath := breather - time.Since(looked); breath > 0 {
			time.Sleep(breath)
		}
	}
}

// sweep plans each job's current moment and carries every due run that is not under way.
func (s *Service) sweep(ctx context.Context, c *carrier) error {
	if err := s.plan(ctx); err != nil {
		return err
	}
	// Redis first: a run is not to use up a generation for nothing.
	if err := c.look(ctx); err != nil {
		return err
	}
	again := s.CarryAgain
	if c.forgot {
		again = 0
	}
	runs, err := s.take(ctx, again)
	if err != nil {
		return err
	}
	for _, r := range runs {
		if err := c.carry(ctx, r, s.jobs[r.Job]); err != nil {
			return err
		}
	}
	c.forgot = false
	return nil
}

// plan plans the current moment of each job that has moments.
func (s *Service) plan(ctx context.Context) error {
	awry, err := s.clocksDisagree(ctx)
	if err != nil {
		return err
	}
	now := s.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, j := range s.Jobs {
		if j.Next == nil || j.Timed && awry {
			continue
		}
		// The last moment that has passed within a day, so that a night missed while we
		// were down is made up for once.
		from, last := now.Add(-24*time.Hour), time.Time{}
		if p := s.planned[j.Name]; p.After(from) && !p.After(now) {
			from = p
		}
		for due := j.Next(from); !due.After(now); due = j.Next(due) {
			last = due
		}
		if last.IsZero() {
			continue
		}
		if err := s.Runs.Plan(ctx, j.Name, "", nil, last); err != nil {
			return err
		}
		s.planned[j.Name] = last
	}
	return nil
}

// take takes what is due, of the jobs that may be begun now, the most urgent first.
func (s *Service) take(ctx context.Context, again time.Duration) ([]Run, error) {
	jobs := map[string]string{}
	for name, j := range s.jobs {
		if !j.Timed || !s.awry.Load() {
			jobs[name] = j.Queue
		}
	}
	runs, err := s.Runs.Uncarried(ctx, Take{Now: s.Now(), Jobs: jobs, Again: again, Limit: queueFull, Last: lastAttempt})
	if err != nil {
		return nil, err
	}
	order := Queues()
	slices.SortStableFunc(runs, func(a, b Run) int {
		return slices.Index(order, jobs[a.Job]) - slices.Index(order, jobs[b.Job])
	})
	s.more.Store(len(runs) > 0)
	return runs, nil
}

// clocksDisagree compares our clock with the database's and says so once.
func (s *Service) clocksDisagree(ctx context.Context) (bool, error) {
	if s.Skew == nil {
		return false, nil
	}
	skew, err := s.Skew(ctx)
	if err != nil {
		return false, fmt.Errorf("compare clocks: %w", err)
	}
	awry := skew.Abs() > skewMax
	if s.awry.Swap(awry) != awry {
		if awry {
			s.Log.Error("clocks disagree: nothing is sent on time", "seconds", int(skew.Seconds()))
		} else {
			s.Log.Info("clocks agree again")
		}
	}
	return awry, nil
}

// Drain plans and does everything that is due now, here and without Redis, until
// nothing is due any more; what failed waits for its next attempt. It is for tests and
// for a world with its own clock.
func (s *Service) Drain(ctx context.Context) error {
	for {
		if err := s.plan(ctx); err != nil {
			return err
		}
		runs, err := s.take(ctx, 0)
		if err != nil || len(runs) == 0 {
			return err
		}
		for _, r := range runs {
			if err := ctx.Err(); err != nil {
				return err
			}
			s.work(ctx, r.ID, r.Generation, s.jobs[r.Job])
		}
	}
}

// quiet keeps asynq's own lines out of our log; failures are logged by work.
type quiet struct{}

func (quiet) Debug(...any) {}
func (quiet) Info(...any)  {}
func (quiet) Warn(...any)  {}
func (quiet) Error(...any) {}
func (quiet) Fatal(...any) {}
