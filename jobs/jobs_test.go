package jobs_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hibiken/asynq"
	"go.uber.org/goleak"

	"qingfeng/bot"
	"qingfeng/bot/pg"
	"qingfeng/bot/pg/pgtest"
	"qingfeng/jobs"
)

func TestMain(m *testing.M) {
	jobs.MuteRedis()
	if os.Getenv(workerEnv) != "" {
		os.Exit(worker())
	}
	os.Exit(pgtest.Main(m, goleak.IgnoreAnyFunction("github.com/redis/go-redis/v9/internal/pool.(*ConnPool).tryDial"))) // it ends within a second
}

// plan is the plan in Postgres, as the program wires it.
type plan struct{ *pg.DB }

func (p plan) Plan(ctx context.Context, job, key string, args json.RawMessage, due time.Time) error {
	return p.PlanRun(ctx, job, key, args, due)
}

func (p plan) Uncarried(ctx context.Context, t jobs.Take) (out []jobs.Run, err error) {
	rows, err := p.UncarriedRuns(ctx, pg.RunTake{Now: t.Now, Queues: t.Jobs, Again: t.Again, Limit: t.Limit, Last: t.Last})
	for _, r := range rows {
		out = append(out, run(r))
	}
	return out, err
}

func (p plan) Claim(ctx context.Context, id int64, generation int, now time.Time, lease time.Duration) (jobs.Run, bool, error) {
	r, ok, err := p.ClaimRun(ctx, id, generation, now, lease)
	return run(r), ok, err
}

func (p plan) Release(ctx context.Context, id int64, generation int) error {
	return p.ReleaseRun(ctx, id, generation)
}

func (p plan) Renew(ctx context.Context, id int64, generation int, lease time.Duration) (bool, error) {
	return p.RenewRun(ctx, id, generation, lease)
}

func (p plan) Finish(ctx context.Context, id int64, generation int, e jobs.End) error {
	state := map[jobs.State]string{jobs.StateDone: "done", jobs.StateAgain: "planned", jobs.StateFailed: "failed"}[e.State]
	return p.FinishRun(ctx, id, generation, pg.RunEnd{State: state, Code: e.Code, At: e.At, Counts: e.Counts})
}

func run(r pg.JobRun) jobs.Run {
	return jobs.Run{ID: r.ID, Job: r.Job, Key: r.Key, Args: r.Args, DueAt: r.DueAt, Generation: r.Generation, Attempts: r.Attempts}
}

// house is a database, a Redis and services over them.
type house struct {
	t     *testing.T
	db    *pg.DB
	redis *jobs.Embedded
}

func newHouse(t *testing.T) *house {
	t.Helper()
	e, err := jobs.StartEmbedded()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return &house{t, pgtest.New(t), e}
}

// take takes what is due, as a sweeper does.
func (h *house) take() ([]pg.JobRun, error) {
	return h.db.UncarriedRuns(h.t.Context(), pg.RunTake{Now: time.Now(), Queues: map[string]string{"one": jobs.House, "deadly": jobs.House}, Limit: 100, Last: 5})
}

// journal is a log that may be read while it is written.
type journal struct {
	mu sync.Mutex
	b  strings.Builder
}

func (j *journal) Write(p []byte) (int, error) { j.mu.Lock(); defer j.mu.Unlock(); return j.b.Write(p) }

func (j *journal) String() string { j.mu.Lock(); defer j.mu.Unlock(); return j.b.String() }

// once is due at one moment that has just passed.
func once() func(time.Time) time.Time {
	due := time.Now().Truncate(time.Microsecond).Add(-time.Second)
	return func(t time.Time) time.Time {
		if t.Before(due) {
			return due
		}
		return due.AddDate(1, 0, 0)
	}
}

// until waits for something to become true.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(40 * time.Second); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

func (h *house) count(where string) (n int) {
	h.t.Helper()
	if err := h.db.Pool().QueryRow(h.t.Context(), "SELECT count(*) FROM job_run WHERE "+where).Scan(&n); err != nil {
		h.t.Fatal(err)
	}
	return n
}

func TestTwoInstancesPlanAndDoARunOnce(t *testing.T) {
	h := newHouse(t)
	var done atomic.Int32
	list := []jobs.Job{{Name: "one", Next: once(), Do: func(context.Context, jobs.Run) error { done.Add(1); return nil }}}
	h.start(list, nil)
	h.start(list, nil)
	until(t, "the run is done", func() bool { return h.count("state = 'done'") == 1 })
	time.Sleep(time.Second) // both look at the plan again, several times
	if n := done.Load(); n != 1 || h.count("true") != 1 {
		t.Errorf("done %d times, %d rows", n, h.count("true"))
	}
}

func TestARunThatRedisForgotIsCarriedAgain(t *testing.T) {
	h := newHouse(t)
	var done atomic.Int32
	list := []jobs.Job{{Name: "one", Next: once(), Do: func(context.Context, jobs.Run) error { done.Add(1); return nil }}}
	// Carried by an instance that ended before anybody began: the row says so, Redis
	// holds nothing.
	if err := h.db.PlanRun(t.Context(), "one", "", nil, list[0].Next(time.Now().AddDate(0, 0, -1))); err != nil {
		t.Fatal(err)
	}
	runs, err := h.take()
	if err != nil || len(runs) != 1 {
		t.Fatal(runs, err)
	}
	h.redis.Flush()
	began := time.Now()
	h.start(list, nil)
	until(t, "the run is done", func() bool { return h.count("state = 'done'") == 1 })
	if done.Load() != 1 || h.count("generation = 2") != 1 {
		t.Errorf("done %d times after %s, generation 2: %d", done.Load(), time.Since(began), h.count("generation = 2"))
	}
}

func TestRedisEmptiedWhileARunIsUnderWayDoesItOnce(t *testing.T) {
	h := newHouse(t)
	begun, end := make(chan struct{}, 9), make(chan struct{})
	h.start([]jobs.Job{{Name: "one", Next: once(), Do: func(context.Context, jobs.Run) error { begun <- struct{}{}; <-end; return nil }}}, nil)
	<-begun
	h.redis.Flush()
	time.Sleep(time.Second) // it is looked at many times: its lease holds others back
	close(end)
	until(t, "the run is done", func() bool { return h.count("state = 'done'") == 1 })
	if len(begun) > 0 || h.count("attempts = 1") != 1 {
		t.Error("begun twice")
	}
}

func TestARunWhoseWorkerDiedIsBegunAgain(t *testing.T) {
	h := newHouse(t)
	var done atomic.Int32
	job := jobs.Job{Name: "one", Next: once(), Do: func(context.Context, jobs.Run) error { done.Add(1); return nil }}
	if err := h.db.PlanRun(t.Context(), "one", "", nil, job.Next(time.Now().AddDate(0, 0, -1))); err != nil {
		t.Fatal(err)
	}
	runs, err := h.take()
	if err != nil || len(runs) != 1 {
		t.Fatal(runs, err)
	}
	// A worker claims it and is never heard of again.
	if _, ok, err := h.db.ClaimRun(t.Context(), runs[0].ID, runs[0].Generation, time.Now(), time.Second); err != nil || !ok {
		t.Fatal(ok, err)
	}
	h.start([]jobs.Job{job}, nil)
	until(t, "the run is done", func() bool { return h.count("state = 'done' AND attempts = 2") == 1 })
	if done.Load() != 1 {
		t.Errorf("done %d times", done.Load())
	}
	// What the first worker says now counts no more.
	if err := h.db.FinishRun(t.Context(), runs[0].ID, runs[0].Generation, pg.RunEnd{State: "failed", Code: "late"}); err != nil || h.count("state = 'done' AND error IS NULL") != 1 {
		t.Error("the lost worker changed the run", err)
	}
}

func TestWorkersThatDieOverARunLeaveItFailedInTheEnd(t *testing.T) {
	h := newHouse(t)
	if err := h.db.PlanRun(t.Context(), "deadly", "", nil, time.Now().Add(-time.Second)); err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		runs, err := h.take()
		if err != nil || len(runs) != 1 {
			t.Fatal(i, runs, err)
		}
		if _, ok, err := h.db.ClaimRun(t.Context(), runs[0].ID, runs[0].Generation, time.Now(), -time.Second); err != nil || !ok {
			t.Fatal(ok, err)
		}
	}
	runs, err := h.take()
	if err != nil || len(runs) != 0 || h.count("state = 'failed' AND error = 'worker lost'") != 1 {
		t.Error(runs, err)
	}
}

func TestAFailingJobIsTriedAgainThenLeftToAPerson(t *testing.T) {
	h := newHouse(t)
	var tried atomic.Int32
	h.start([]jobs.Job{{Name: "one", Next: once(), Do: func(context.Context, jobs.Run) error {
		if tried.Add(1) == 2 {
			panic("a bug that knows CANARY")
		}
		return errors.New("errcode 60020")
	}}}, func(c *jobs.Config) { c.Pause = time.Microsecond })
	until(t, "the run has failed", func() bool { return h.count("state = 'failed'") == 1 })
	time.Sleep(300 * time.Millisecond)
	open, err := h.db.OpenRuns(t.Context())
	if err != nil || len(open) != 1 || open[0].Attempts != 5 || open[0].Error != "errcode 60020" || tried.Load() != 5 {
		t.Fatalf("%+v %v, tried %d times", open, err, tried.Load())
	}
	// A person has it done again, with all its attempts.
	if ok, err := h.db.RetryRun(t.Context(), open[0].ID); err != nil || !ok {
		t.Fatal(ok, err)
	}
	until(t, "it failed again", func() bool { return tried.Load() == 10 && h.count("state = 'failed'") == 1 })
	if ok, err := h.db.DropRun(t.Context(), open[0].ID); err != nil || !ok || h.count("state = 'done'") != 1 {
		t.Error(ok, err)
	}
}

func TestTheSecondAttemptWaits(t *testing.T) {
	h := newHouse(t)
	var tried atomic.Int32
	h.start([]jobs.Job{{Name: "one", Next: once(), Do: func(context.Context, jobs.Run) error { tried.Add(1); return errors.New("not now") }}},
		func(c *jobs.Config) { c.Pause = time.Hour })
	until(t, "it was tried", func() bool { return h.count("state = 'planned' AND attempts = 1") == 1 })
	time.Sleep(time.Second)
	if tried.Load() != 1 {
		t.Errorf("tried %d times", tried.Load())
	}
}

func TestAnInstanceThatEndsStopsItsJobAndAnotherTakesItUp(t *testing.T) {
	h := newHouse(t)
	begun := make(chan struct{}, 1)
	next := once()
	stop := h.start([]jobs.Job{{Name: "one", Next: next, Do: func(ctx context.Context, _ jobs.Run) error { begun <- struct{}{}; <-ctx.Done(); return ctx.Err() }}}, nil)
	<-begun
	at := time.Now()
	stop()
	if took := time.Since(at); took > 3*time.Second {
		t.Errorf("ended after %s", took)
	}
	if h.count("state = 'planned' AND attempts = 0") != 1 {
		t.Error("the run was not given back with all its attempts")
	}
	h.start([]jobs.Job{{Name: "one", Next: next, Do: func(context.Context, jobs.Run) error { return nil }}}, nil)
	until(t, "another did it", func() bool { return h.count("state = 'done'") == 1 })
}

func TestARedisThatIsNotThereYetIsWaitedFor(t *testing.T) {
	h := newHouse(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nowhere := l.Addr().String()
	l.Close()
	var log journal
	stop := h.start([]jobs.Job{{Name: "one", Next: once(), Do: func(context.Context, jobs.Run) error { return nil }}}, func(c *jobs.Config) {
		c.Redis = asynq.RedisClientOpt{Addr: nowhere}
		c.Log = slog.New(slog.NewTextHandler(&log, nil))
	})
	until(t, "the run is planned", func() bool { return h.count("state = 'planned' AND generation = 0") == 1 })
	until(t, "it says so", func() bool { return strings.Contains(log.String(), "jobs wait") })
	at := time.Now()
	stop()
	if took := time.Since(at); took > 8*time.Second {
		t.Errorf("without Redis it ended after %s", took)
	}
	if n := strings.Count(log.String(), "jobs wait"); n != 1 || strings.Contains(log.String(), nowhere) {
		t.Errorf("said %d times:\n%s", n, log.String())
	}
}

func TestANightMissedIsMadeUpForOnce(t *testing.T) {
	zone := time.FixedZone("Asia/Shanghai", 8*60*60)
	next := jobs.Daily(3, 17, zone)
	for at, want := range map[string]string{
		"2026-10-01T03:16:59+08:00": "2026-10-01T03:17:00+08:00",
		"2026-10-01T03:17:00+08:00": "2026-10-02T03:17:00+08:00",
		"2026-12-31T20:00:00Z":      "2027-01-02T03:17:00+08:00",
	} {
		from, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		if got := next(from).Format(time.RFC3339); got != want {
			t.Errorf("after %s: %s, want %s", at, got, want)
		}
	}
	h := newHouse(t)
	h.start([]jobs.Job{{Name: "nightly", Next: next, Do: func(context.Context, jobs.Run) error { return nil }}}, nil)
	until(t, "last night's run is done", func() bool { return h.count("state = 'done'") == 1 })
	if h.count("due_at > now() - interval '24 hours' AND due_at <= now()") != 1 {
		t.Error("not last night's")
	}
}

func TestReconcileTellsWhoIsVisibleAndFailsWithWeCom(t *testing.T) {
	var got []bot.UserID
	ids := []bot.UserID{"a", "b"}
	job := jobs.Reconcile(func(context.Context) ([]bot.UserID, error) { return ids, nil },
		func(_ context.Context, v []bot.UserID) error { got = v; return nil }, time.UTC)
	if err := job.Do(t.Context(), jobs.Run{}); err != nil || !slices.Equal(got, ids) {
		t.Error(got, err)
	}
	down := errors.New("down")
	job = jobs.Reconcile(func(context.Context) ([]bot.UserID, error) { return nil, down },
		func(context.Context, []bot.UserID) error { t.Error("applied without an answer"); return nil }, time.UTC)
	if err := job.Do(t.Context(), jobs.Run{}); !errors.Is(err, down) {
		t.Error(err)
	}
}

func TestRedisAddressesOfEveryKindAreReadAndBadOnesKeepTheirPassword(t *testing.T) {
	for url, want := range map[string]asynq.RedisClientOpt{
		"redis://:pw@h:6379/3":        {Network: "tcp", Addr: "h:6379", Password: "pw", DB: 3},
		"unix:///run/redis.sock?db=1": {Network: "unix", Addr: "/run/redis.sock", DB: 1},
	} {
		_, got, err := jobs.ParseRedis(url)
		opt, ok := got.(asynq.RedisClientOpt)
		if err != nil || !ok || opt.Network != want.Network || opt.Addr != want.Addr || opt.Password != want.Password || opt.DB != want.DB || opt.TLSConfig != nil {
			t.Errorf("%s: %+v %v", url, got, err)
		}
	}
	_, got, err := jobs.ParseRedis("rediss://user:pw@redis.example:6380")
	if opt, ok := got.(asynq.RedisClientOpt); err != nil || !ok || opt.TLSConfig == nil || opt.TLSConfig.ServerName != "redis.example" || opt.Username != "user" {
		t.Errorf("%+v %v", got, err)
	}
	if _, _, err := jobs.ParseRedis("tcp://:CANARY@h"); err == nil || strings.Contains(err.Error(), "CANARY") {
		t.Error(err)
	}
}
