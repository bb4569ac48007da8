//go:build bench

package jobs_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hibiken/asynq"

	"qingfeng/jobs"
)

// TestBenchJobs: jobs per second through plan, carry, claim and finish, beside what
// asynq does alone with tasks that do nothing, on the same Redis in the same run.
func TestBenchJobs(t *testing.T) {
	const many = 3000
	h, redis := newHouse(t), startRedis(t)
	alone := asynqAlone(t, redis, many)

	var done atomic.Int64
	s := h.service([]jobs.Job{{Name: "nothing", Queue: jobs.Bulk, Do: func(context.Context, jobs.Run) error { done.Add(1); return nil }}}, func(c *jobs.Config) {
		c.Redis, c.Sweep, c.CarryAgain, c.Lease, c.Pause = redis.opt, 0, 0, 0, 0 // as in service
	})
	planning := time.Now()
	if _, err := h.db.Pool().Exec(t.Context(), `INSERT INTO job_run (job, key, due_at) SELECT 'nothing', i::text, now() - interval '1 minute' FROM generate_series(1, $1::int) i`, many); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	for h.count("state = 'done'") < many {
		if time.Since(began) > 5*time.Minute {
			t.Fatalf("%d of %d", h.count("state = 'done'"), many)
		}
		time.Sleep(20 * time.Millisecond)
	}
	took := time.Since(began)
	cancel()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if done.Load() != many || h.count("attempts > 1") > 0 {
		t.Errorf("%d runs were done %d times", many, done.Load())
	}
	ours := many / took.Seconds()
	fmt.Printf("jobs: %s, %d runs planned in %s; carried, claimed and finished %.0f/s; asynq alone with no-ops %.0f/s; ratio %.2f\n",
		redis.name, many, began.Sub(planning).Round(time.Millisecond), ours, alone, ours/alone)
	if ours < 100 { // a push to 100,000 people is 100 runs
		t.Errorf("%.0f runs a second", ours)
	}
}

// asynqAlone is how many no-op tasks a second asynq enqueues and processes itself.
func asynqAlone(t *testing.T, redis *aRedis, many int) float64 {
	t.Helper()
	var done atomic.Int64
	server := asynq.NewServer(redis.opt, asynq.Config{Concurrency: 8, Queues: map[string]int{"alone": 1}, LogLevel: asynq.FatalLevel, Logger: muted{}, TaskCheckInterval: 100 * time.Millisecond})
	began := time.Now()
	if err := server.Start(asynq.HandlerFunc(func(context.Context, *asynq.Task) error { done.Add(1); return nil })); err != nil {
		t.Fatal(err)
	}
	defer server.Shutdown()
	client := asynq.NewClient(redis.opt)
	defer client.Close()
	for i := range many {
		if _, err := client.Enqueue(asynq.NewTask("run", []byte("{}")), asynq.Queue("alone"), asynq.TaskID(fmt.Sprint("alone-", i)), asynq.MaxRetry(0)); err != nil {
			t.Fatal(err)
		}
	}
	for done.Load() < int64(many) {
		time.Sleep(5 * time.Millisecond)
	}
	return float64(many) / time.Since(began).Seconds()
}

type muted struct{}

func (muted) Debug(...any) {}
func (muted) Info(...any)  {}
func (muted) Warn(...any)  {}
func (muted) Error(...any) {}
func (muted) Fatal(...any) {}
