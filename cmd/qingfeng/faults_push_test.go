//go:build faults

package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"qingfeng/bot/wecom/wecomsim"
)

const (
	pushPeople = 5000
	pushTexts  = 40 // different messages, so that there are as many calls to strike
)

// TestFaultsPush: a reminder goes to 5,000 people in 40 different texts, planned,
// queued, frozen and sent by two instances; one of them, or both, are killed at a seeded
// point. Everybody gets it once, and what a dead worker left is sent within 15 seconds.
func TestFaultsPush(t *testing.T) {
	first, last := pushSeeds(t)
	s := newStore(t)
	pushTemplate(t, s, pushPeople, pushTexts)
	for seed := first; seed <= last; seed++ {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			t.Parallel() // most of a run is waiting for leases to end
			pushRun(t, s, seed)
		})
	}
}

// pushSeeds are 200: four for each of the other fault runs' fifty seeds.
// QINGFENG_FAULT_PUSHES=21-40 chooses them.
func pushSeeds(t *testing.T) (first, last int) {
	t.Helper()
	if list := os.Getenv("QINGFENG_FAULT_PUSHES"); list != "" {
		if _, err := fmt.Sscanf(list, "%d-%d", &first, &last); err != nil || first < 1 || last < first {
			t.Fatalf("QINGFENG_FAULT_PUSHES=%s: first-last is expected", list)
		}
		return first, last
	}
	first, last = faultSeeds(t)
	return 4*first - 3, 4 * last
}

func pushRun(t *testing.T, s *store, seed int) {
	began := time.Now()
	rng := rand.New(rand.NewPCG(uint64(seed), 9))
	p := newPushing(t, s, pushPeople, fmt.Sprintf("push%d", seed), nil)
	both := rng.IntN(3) == 0
	var once sync.Once
	begun := make(chan struct{}) // an instance that dies while the test waits for it fails the test
	strikes := func(victims ...*node) func() {
		return func() {
			once.Do(func() {
				select {
				case <-begun:
				case <-t.Context().Done():
					return
				}
				if both {
					victims = p.nodes
				}
				p.struck, p.victims = time.Now(), len(victims)
				for _, v := range victims {
					p.kill(v)
				}
			})
		}
	}
	strike := strikes(p.nodes[0])
	after := time.Duration(rng.IntN(4000)) * time.Microsecond
	where := ""
	switch n := 1 + rng.IntN(pushTexts/2-2); seed % 6 {
	case 0:
		where = fmt.Sprintf("before send %d arrived", n)
		for _, v := range p.nodes { // whoever comes to it first: one of them makes half of the calls
			v.sending.at(n, strikes(v))
		}
	case 1:
		where = fmt.Sprintf("after send %d arrived", n)
		for _, v := range p.nodes {
			v.sent.at(n, strikes(v))
		}
	case 2:
		where = fmt.Sprintf("%s after planning began", after)
		go p.when(t, "SELECT count(*) FROM job_run WHERE job = 'plan' AND state <> 'planned'", 1, 20*after, strike)
	case 3:
		x := 1 + rng.IntN(4)*1000
		where = fmt.Sprintf("%s after %d were queued", after, x)
		go p.when(t, "SELECT count(*) FROM push_to", x, after, strike)
	case 4:
		x := 1 + rng.IntN(pushTexts)
		where = fmt.Sprintf("%s after %d batches were sent", after, x)
		go p.when(t, "SELECT count(*) FROM push_batch WHERE state = 'sent'", min(x, pushTexts-4), after, strike)
	default:
		wait := time.Duration(rng.IntN(4000)) * time.Millisecond
		where = fmt.Sprintf("%s after the start", wait)
		go func() { time.Sleep(wait); strike() }()
	}
	p.begin(t)
	close(begun)
	c := p.done(t, 2*time.Minute)
	took := time.Since(p.struck)
	report := p.check(t, c, 0)
	if n := int(p.killed.Load()); n == 0 || n != p.victims {
		t.Errorf("%d kills instead of %d", n, p.victims)
	}
	verdict := "ok"
	if t.Failed() {
		verdict = fmt.Sprintf("FAILED; again: QINGFENG_FAULT_PUSHES=%d-%d make faults", seed, seed)
	}
	fmt.Printf("push %3d: killed %d %s; all out %.1f s later; %s; %.0f s; %s\n", seed, p.victims, where, took.Seconds(), report, time.Since(began).Seconds(), verdict)
}

// TestFaultsPushWeCom: everything that WeCom can answer, or fail to answer, once.
func TestFaultsPushWeCom(t *testing.T) {
	began := time.Now()
	s := newStore(t)
	pushTemplate(t, s, pushPeople, pushTexts)
	p := newPushing(t, s, pushPeople, "answers", nil)
	var gone []string
	for i := range 5 { // of one section: they are in one batch
		gone = append(gone, string(user(i)))
		if err := p.sim.Update(t.Context(), wecomsim.Member{UserID: gone[i], Name: gone[i], Unlicensed: true}); err != nil {
			t.Log(err) // nobody listens yet
		}
	}
	var faults []*wecomsim.Injected
	for i, f := range []wecomsim.Fault{
		{Kind: wecomsim.FaultHTTP, Times: 2},
		{Kind: wecomsim.FaultHTTPAfter, Times: 2},
		{Kind: wecomsim.FaultReset, Times: 2},
		{Kind: wecomsim.FaultResetAfter, Times: 2},
		{Kind: wecomsim.FaultHangAfter},
		{Kind: wecomsim.FaultErrCode, ErrCode: -1, Times: 2},
		{Kind: wecomsim.FaultErrCode, ErrCode: 42001},
		{Kind: wecomsim.FaultTokenRevoked},
		{Kind: wecomsim.FaultErrCode, ErrCode: 45033},
		{Kind: wecomsim.FaultErrCode, ErrCode: 45009},
	} {
		f.Path, f.Skip = "/cgi-bin/message/send", 2+2*i
		faults = append(faults, p.sim.Inject(f))
	}
	p.begin(t)
	c := p.done(t, 4*time.Minute)
	for _, f := range faults {
		if f.Fired() == 0 {
			t.Errorf("the fault %s %d did not fire", f.Kind, f.ErrCode)
		}
	}
	report := p.check(t, c, len(gone))
	// WeCom names them in its answer. Where the answer was lost, the repetition is
	// recognised and names nobody: nothing can be known of them then.
	var listed int
	err := p.db.Pool().QueryRow(t.Context(), `SELECT count(*) FROM push_to o JOIN push_batch b ON b.id = o.batch_id
		WHERE o.user_id = ANY ($1) AND (o.state = 'invalid' OR b.doubt AND o.state = 'sent')`, gone).Scan(&listed)
	if err != nil || listed != len(gone) {
		t.Errorf("%d of %d people out of reach are known as such (%v)", listed, len(gone), err)
	}
	fmt.Printf("push: %d faults of WeCom; %s; %.0f s\n%s\n", len(faults), report, time.Since(began).Seconds(), strings.TrimSpace(reconcile))
}

// redisServer is a real one that keeps nothing.
type redisServer struct {
	path, socket string
	client       *redis.Client
	cmd          *exec.Cmd
}

func startRedis(t *testing.T) *redisServer {
	t.Helper()
	path, err := exec.LookPath("redis-server")
	if err != nil {
		t.Fatal("redis-server is not here: .ci/setup faults installs it")
	}
	r := &redisServer{path: path, socket: filepath.Join(t.TempDir(), "redis.sock")}
	if err := r.start(); err != nil {
		t.Fatal(err)
	}
	r.client = redis.NewClient(&redis.Options{Network: "unix", Addr: r.socket})
	t.Cleanup(func() { _ = r.client.Close(); r.kill() })
	return r
}

func (r *redisServer) start() error {
	r.cmd = exec.Command(r.path, "--port", "0", "--unixsocket", r.socket, "--save", "", "--appendonly", "no")
	return r.cmd.Start()
}

func (r *redisServer) kill() {
	_ = r.cmd.Process.Kill()
	_ = r.cmd.Wait() // how it ended is known
}

// TestFaultsPushStorage: in the middle of a push PostgreSQL is stopped as by a crash, and
// Redis forgets everything, goes away and comes back empty.
func TestFaultsPushStorage(t *testing.T) {
	began := time.Now()
	s := newStore(t)
	pushTemplate(t, s, pushPeople, pushTexts)
	cache := startRedis(t)
	p := newPushing(t, s, pushPeople, "storage", map[string]string{"QINGFENG_REDIS_URL": "unix://" + cache.socket})
	p.sim.SetLatency(300 * time.Millisecond) // so that there is a middle
	var crashed, emptied atomic.Int64
	go p.when(t, "SELECT count(*) FROM push_batch WHERE state = 'sent'", 8, 0, func() {
		if err := s.Restart(context.WithoutCancel(t.Context()), true); err != nil {
			p.fail("PostgreSQL does not start again: %v", err)
		}
		crashed.Add(1)
	})
	go p.when(t, "SELECT count(*) FROM push_batch", 10, 0, func() {
		for range 3 {
			if err := cache.client.FlushAll(t.Context()).Err(); err != nil {
				p.fail("redis: %v", err)
			}
			emptied.Add(1)
			time.Sleep(time.Second)
		}
		cache.kill() // without a file to come back from
		time.Sleep(2 * time.Second)
		if err := cache.start(); err != nil {
			p.fail("redis does not start again: %v", err)
		}
		emptied.Add(1)
	})
	p.begin(t)
	c := p.done(t, 3*time.Minute)
	if crashed.Load() != 1 || emptied.Load() != 4 {
		t.Errorf("PostgreSQL crashed %d times and Redis was emptied %d times", crashed.Load(), emptied.Load())
	}
	report := p.check(t, c, 0)
	fmt.Printf("push: PostgreSQL crashed once, Redis emptied %d times; %s; %.0f s\n", emptied.Load(), report, time.Since(began).Seconds())
}

// TestFaultsPushClock: while reminders are planned and sent, the clock of one instance
// jumps ahead by two minutes, an hour and a day, and back. Nothing is said early.
func TestFaultsPushClock(t *testing.T) {
	began := time.Now()
	s := newStore(t)
	pushTemplate(t, s, pushPeople, pushTexts)
	p := newPushing(t, s, pushPeople, "clocks", nil)
	jumps := []time.Duration{2 * time.Minute, time.Hour, 24 * time.Hour, 9 * 24 * time.Hour}
	p.jump(t, 1, jumps[3]) // from its start, on the day when more is due
	p.begin(t)
	for _, by := range jumps[:3] {
		time.Sleep(3 * time.Second)
		p.jump(t, 1, by)
		time.Sleep(3 * time.Second)
		p.jump(t, 1, 0)
	}
	c := p.done(t, 2*time.Minute)
	raw, err := os.ReadFile(p.nodes[1].log)
	if err != nil {
		t.Fatal(err)
	}
	noticed := strings.Count(string(raw), "clocks disagree")
	if noticed == 0 {
		t.Error("no jump was noticed: the fault did not fire")
	}
	report := p.check(t, c, 0)
	fmt.Printf("push: the clock jumped %d times, noticed %d times; %s; %.0f s\n", len(jumps), noticed, report, time.Since(began).Seconds())
}
