package jobs_test

import (
	"context"
	"log/slog"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/hibiken/asynq"
	goredis "github.com/redis/go-redis/v9"

	"qingfeng/jobs"
)

// plan plans a run of a key.
func (h *house) plan(job, key string, due time.Time) {
	h.t.Helper()
	if err := h.db.PlanRun(h.t.Context(), job, key, nil, due); err != nil {
		h.t.Fatal(err)
	}
}

// service makes an instance that looks at the plan more often than in service.
func (h *house) service(list []jobs.Job, change func(*jobs.Config)) *jobs.Service {
	h.t.Helper()
	c := jobs.Config{
		Runs: plan{h.db}, Jobs: list, Redis: h.redis.Options(), Now: time.Now, Log: slog.New(slog.DiscardHandler),
		Sweep: 50 * time.Millisecond, Lease: time.Minute, Pause: 10 * time.Millisecond,
	}
	if change != nil {
		change(&c)
	}
	s, err := jobs.New(c)
	if err != nil {
		h.t.Fatal(err)
	}
	return s
}

// run runs one instance; stop ends it and waits.
func (h *house) run(list []jobs.Job, change func(*jobs.Config)) (s *jobs.Service, stop func()) {
	h.t.Helper()
	s = h.service(list, change)
	ctx, cancel := context.WithCancel(h.t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := s.Run(ctx); err != nil {
			h.t.Error(err)
		}
	})
	stop = sync.OnceFunc(func() { cancel(); wg.Wait() })
	h.t.Cleanup(stop)
	return s, stop
}

// start runs one instance; the returned function ends it and waits.
func (h *house) start(list []jobs.Job, change func(*jobs.Config)) (stop func()) {
	h.t.Helper()
	_, stop = h.run(list, change)
	return stop
}

// aRedis is a real one where this machine has the server, else the embedded kind.
type aRedis struct {
	name    string
	opt     asynq.RedisClientOpt
	client  *goredis.Client
	restart func(t testing.TB) // forgets everything and is away for a moment
}

func startRedis(t testing.TB) *aRedis {
	t.Helper()
	r := &aRedis{}
	if path, err := exec.LookPath("redis-server"); err == nil {
		socket := filepath.Join(t.TempDir(), "r.sock")
		serve := func(t testing.TB) *exec.Cmd {
			t.Helper()
			c := exec.Command(path, "--port", "0", "--unixsocket", socket, "--save", "", "--appendonly", "no")
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			return c
		}
		server := serve(t)
		kill := func() { _ = server.Process.Kill(); _ = server.Wait() }
		t.Cleanup(func() { kill() })
		r.name, r.opt = "redis-server", asynq.RedisClientOpt{Network: "unix", Addr: socket}
		r.restart = func(t testing.TB) { t.Helper(); kill(); time.Sleep(time.Second); server = serve(t) }
	} else {
		m := miniredis.NewMiniRedis()
		if err := m.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(m.Close)
		r.name, r.opt = "miniredis", asynq.RedisClientOpt{Addr: m.Addr()}
		r.restart = func(t testing.TB) {
			t.Helper()
			m.Close()
			m.FlushAll()
			time.Sleep(time.Second)
			if err := m.Restart(); err != nil {
				t.Fatal(err)
			}
		}
	}
	r.client = goredis.NewClient(&goredis.Options{Network: r.opt.Network, Addr: r.opt.Addr})
	t.Cleanup(func() { _ = r.client.Close() })
	for end := time.Now().Add(5 * time.Second); r.client.Ping(context.Background()).Err() != nil; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("redis does not start")
		}
	}
	return r
}

func (r *aRedis) flush(t testing.TB) {
	t.Helper()
	if err := r.client.FlushAll(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
}

// pending counts the tasks that wait.
func (r *aRedis) pending(t testing.TB) (n int) {
	t.Helper()
	i, err := jobs.NewInspector(r.opt)
	if err != nil {
		t.Fatal(err)
	}
	defer i.Close()
	sizes, err := i.Sizes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range sizes {
		n += q.Pending
	}
	return n
}

func TestTheInspectorSeesTheQueuesEvenAfterRedisForgotThem(t *testing.T) {
	r := startRedis(t)
	client := asynq.NewClient(r.opt)
	defer client.Close()
	for range 2 {
		if _, err := client.Enqueue(asynq.NewTask("run", []byte("{}")), asynq.Queue(jobs.Notice)); err != nil {
			t.Fatal(err)
		}
		if n := r.pending(t); n != 1 {
			t.Errorf("%d tasks", n)
		}
		r.flush(t)
		if n := r.pending(t); n != 0 {
			t.Errorf("emptied: %d tasks", n)
		}
	}
	i, err := jobs.NewInspector(asynq.RedisClientOpt{Addr: "127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	defer i.Close()
	if _, err := i.Sizes(t.Context()); err == nil || err.Error() != "redis does not answer" {
		t.Error(err)
	}
}
