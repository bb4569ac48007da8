package jobs_test

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hibiken/asynq"

	"qingfeng/bot/pg"
	"qingfeng/bot/pg/pgtest"
	"qingfeng/jobs"
)

// tally counts how often each key was done.
type tally struct {
	mu   sync.Mutex
	done map[string]int
}

func (c *tally) do(_ context.Context, r jobs.Run) error {
	time.Sleep(time.Millisecond)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.done == nil {
		c.done = map[string]int{}
	}
	c.done[r.Key]++
	return nil
}

func (c *tally) len() int { c.mu.Lock(); defer c.mu.Unlock(); return len(c.done) }

func (c *tally) once(t *testing.T, want int) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.done) != want {
		t.Errorf("%d of %d", len(c.done), want)
	}
	for key, n := range c.done {
		if n != 1 {
			t.Errorf("run %s was done %d times", key, n)
		}
	}
}

func TestTwoServicesDoTwoHundredRunsOnceEach(t *testing.T) {
	h := newHouse(t)
	var done tally
	list := []jobs.Job{{Name: "many", Queue: jobs.Notice, Do: done.do}, {Name: "tick", Next: jobs.Every(time.Second), Do: func(context.Context, jobs.Run) error { return nil }}}
	var services []*jobs.Service
	for range 2 {
		s, _ := h.run(list, nil)
		services = append(services, s)
	}
	for i := range 200 {
		h.plan("many", fmt.Sprint(i), time.Now())
		services[i%2].Wake()
	}
	until(t, "all are done", func() bool { return h.count("job = 'many' AND state = 'done'") == 200 })
	time.Sleep(time.Second)
	done.once(t, 200)
	if n := h.count("attempts > 1"); n > 0 {
		t.Errorf("%d were begun twice", n)
	}
}

func TestWhatIsPlannedIsPickedUpAtOnceWhenSomebodyWakesIt(t *testing.T) {
	h := newHouse(t)
	var done tally
	s, _ := h.run([]jobs.Job{{Name: "one", Queue: jobs.Urgent, Do: done.do}}, func(c *jobs.Config) { c.Sweep = time.Hour })
	time.Sleep(200 * time.Millisecond) // the first look found nothing
	began := time.Now()
	h.plan("one", "a", began)
	s.Wake()
	until(t, "it is done", func() bool { return done.len() == 1 })
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("after %s", took)
	}
}

func TestARedisThatIsEmptiedAndRestartedMidwaySettlesWithinSeconds(t *testing.T) {
	h := newHouse(t)
	redis := startRedis(t)
	var done tally
	list := []jobs.Job{{Name: "many", Queue: jobs.Bulk, Do: func(ctx context.Context, r jobs.Run) error {
		time.Sleep(20 * time.Millisecond)
		return done.do(ctx, r)
	}}}
	for i := range 300 {
		h.plan("many", fmt.Sprint(i), time.Now())
	}
	for range 2 {
		h.run(list, func(c *jobs.Config) { c.Redis, c.Workers = redis.opt, 2 })
	}
	until(t, "some are done", func() bool { return done.len() > 30 })
	forgot := redis.pending(t)
	redis.flush(t)
	until(t, "more are done", func() bool { return done.len() > 150 })
	forgot += redis.pending(t)
	redis.restart(t)
	began := time.Now()
	until(t, "all are done", func() bool { return h.count("state = 'done'") == 300 })
	if forgot == 0 {
		t.Error("Redis had nothing to forget")
	}
	t.Logf("%s forgot %d tasks, settled %.1f s after its restart", redis.name, forgot, time.Since(began).Seconds())
	done.once(t, 300)
}

func TestARunThatNobodyBeginsIsCarriedAgainThoughRedisForgotNothingElse(t *testing.T) {
	h := newHouse(t)
	redis := startRedis(t)
	if err := redis.client.Set(t.Context(), "qingfeng:carries", "1", 0).Err(); err != nil { // it remembers
		t.Fatal(err)
	}
	h.plan("one", "1", time.Now().Add(-time.Second))
	if runs, err := h.take(); err != nil || len(runs) != 1 { // carried, and lost on the way
		t.Fatal(runs, err)
	}
	var done tally
	began := time.Now()
	h.start([]jobs.Job{{Name: "one", Do: done.do}}, func(c *jobs.Config) { c.Redis, c.CarryAgain = redis.opt, 2*time.Second })
	until(t, "it is done", func() bool { return h.count("state = 'done' AND generation = 2") == 1 })
	if took := time.Since(began); took < time.Second {
		t.Errorf("after %s: nobody waited for whoever carried it first", took)
	}
}

func TestAJobLongerThanItsLeaseKeepsItAndIsDoneOnce(t *testing.T) {
	h := newHouse(t)
	var begun atomic.Int32
	list := []jobs.Job{{Name: "one", Next: once(), Lease: 3 * time.Second, Do: func(ctx context.Context, _ jobs.Run) error {
		begun.Add(1)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(8 * time.Second):
			return nil
		}
	}}}
	h.start(list, nil)
	h.start(list, nil)
	until(t, "the run is done", func() bool { return h.count("state = 'done'") == 1 })
	if begun.Load() != 1 || h.count("attempts = 1") != 1 {
		t.Errorf("begun %d times", begun.Load())
	}
}

func TestAWorkerThatLostItsRunLearnsOfItAndSaysNothingMore(t *testing.T) {
	h := newHouse(t)
	begun, ended := make(chan struct{}), make(chan error, 1)
	h.start([]jobs.Job{{Name: "one", Next: once(), Lease: 2 * time.Second, Do: func(ctx context.Context, _ jobs.Run) error {
		close(begun)
		<-ctx.Done()
		ended <- context.Cause(ctx)
		return ctx.Err()
	}}}, nil)
	<-begun
	// Another took it, and is done with it.
	if _, err := h.db.Pool().Exec(t.Context(), `UPDATE job_run SET generation = generation + 1, state = 'done', error = 'by another'`); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-ended:
		if err == nil || !strings.Contains(err.Error(), "lease lost") {
			t.Error(err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("it works on")
	}
	time.Sleep(300 * time.Millisecond)
	if h.count("state = 'done' AND error = 'by another'") != 1 {
		t.Error("the lost worker changed the run")
	}
}

func TestAJobThatTakesTooLongIsStoppedAndTriedAgain(t *testing.T) {
	h := newHouse(t)
	var begun atomic.Int32
	h.start([]jobs.Job{{Name: "one", Next: once(), Within: 200 * time.Millisecond, Do: func(ctx context.Context, _ jobs.Run) error {
		if begun.Add(1) == 2 {
			return nil
		}
		<-ctx.Done()
		return ctx.Err()
	}}}, nil)
	until(t, "the second attempt is done", func() bool { return h.count("state = 'done' AND attempts = 2") == 1 })
}

func TestAJobOfANewerProgramIsLeftToAnInstanceThatKnowsIt(t *testing.T) {
	h := newHouse(t)
	var done tally
	h.plan("newer", "1", time.Now().Add(-time.Second))
	h.start([]jobs.Job{{Name: "older", Next: once(), Do: func(context.Context, jobs.Run) error { return nil }}}, nil)
	until(t, "the older one is done", func() bool { return h.count("job = 'older' AND state = 'done'") == 1 })
	if h.count("job = 'newer' AND state = 'planned' AND attempts = 0") != 1 {
		t.Error("it was touched")
	}
	h.start([]jobs.Job{{Name: "newer", Do: done.do}}, nil)
	until(t, "the newer one is done", func() bool { return h.count("job = 'newer' AND state = 'done' AND attempts = 1") == 1 })
}

// workerEnv makes this test's binary a worker that is to be killed.
const workerEnv = "QINGFENG_TEST_WORKER"

// worker begins a run, says so and never ends.
func worker() int {
	url, redis, _ := strings.Cut(os.Getenv(workerEnv), " ")
	db, err := pg.Open(context.Background(), url)
	if err != nil {
		fmt.Println(err)
		return 1
	}
	s, err := jobs.New(jobs.Config{
		Runs: plan{db}, Redis: asynq.RedisClientOpt{Addr: redis}, Now: time.Now, Log: slog.New(slog.DiscardHandler),
		Jobs: []jobs.Job{{Name: "one", Do: func(context.Context, jobs.Run) error { fmt.Println("begun"); select {} }}},
	})
	if err == nil {
		err = s.Run(context.Background())
	}
	fmt.Println(err)
	return 1
}

func TestTheRunsOfAKilledWorkerAreBegunAgainWithinFifteenSeconds(t *testing.T) {
	url := pgtest.URL(t)
	db := pgtest.Open(t, url)
	e, err := jobs.StartEmbedded()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	h := &house{t, db, e}
	h.plan("one", "1", time.Now())

	doomed := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^$")
	doomed.Env = append(os.Environ(), workerEnv+"="+url+" "+e.Addr())
	out, err := doomed.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := doomed.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || line != "begun\n" {
		t.Fatal(line, err)
	}
	var done tally
	h.run([]jobs.Job{{Name: "one", Do: done.do}}, func(c *jobs.Config) {
		c.Sweep, c.CarryAgain, c.Lease, c.Pause = 0, 0, 0, 0 // as in service
	})
	time.Sleep(4 * time.Second) // it renews its lease meanwhile
	if err := doomed.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = doomed.Wait()
	killed := time.Now()
	if done.len() > 0 {
		t.Fatal("taken from a worker that lived")
	}
	for done.len() == 0 && time.Since(killed) < 20*time.Second {
		time.Sleep(10 * time.Millisecond)
	}
	took := time.Since(killed)
	t.Logf("begun again after %.1f s", took.Seconds())
	if took > 15*time.Second || took < 2*time.Second {
		t.Errorf("begun again after %s", took)
	}
	until(t, "it is done", func() bool { return h.count("state = 'done' AND attempts = 2") == 1 })
}
