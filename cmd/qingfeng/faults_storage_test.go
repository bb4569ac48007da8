//go:build faults

package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"qingfeng/bot/wecom/wecomsim"
)

// TestFaultsPostgresAndRedis: while people write and periodic work is due, PostgreSQL
// is stopped as by a crash, twice; Redis forgets everything, goes away, and comes back
// empty; and WeCom says 45009, which stops all sending for a minute.
func TestFaultsPostgresAndRedis(t *testing.T) {
	const (
		messages = 12 // of each person
		planned  = 150
		crashes  = 2
	)
	began := time.Now()
	rng := rand.New(rand.NewPCG(1, 2))
	s := newStore(t)
	template(t, s)
	redis := miniredis.NewMiniRedis()
	if err := redis.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(redis.Close)
	w := newOrdeal(t, s, build(t), "storage", map[string]string{"QINGFENG_REDIS_URL": "redis://" + redis.Addr()})
	for i := range planned {
		if err := w.db.PlanRun(t.Context(), "prune", "", nil, time.Now().Add(-time.Duration(i+1)*time.Second)); err != nil {
			t.Fatal(err)
		}
	}

	var flushed, crashed atomic.Int64
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	redisDone := make(chan struct{})
	go func() {
		defer close(redisDone)
		forgetful(ctx, redis, &flushed)
	}()
	for i := range crashes {
		w.nodes[i].callback.at(250+rng.IntN(200), func() {
			go func() {
				if err := s.Restart(context.WithoutCancel(ctx), true); err != nil {
					w.fail("PostgreSQL does not start again: %v", err)
				}
				crashed.Add(1)
			}()
		})
	}
	faults := w.apiFaults(rng, faultPeople*messages)
	faults = append(faults, w.sim.Inject(wecomsim.Fault{Kind: wecomsim.FaultErrCode, ErrCode: 45009, Path: "/cgi-bin/message/send", Skip: 100}))
	for range 40 {
		faults = append(faults, w.sim.Inject(wecomsim.Fault{Kind: wecomsim.FaultCallbackDup, Copies: 1 + rng.IntN(3), Times: 10, Skip: rng.IntN(1500)}))
	}

	crowd := w.people(t, 1, messages, false)
	settled := w.settled(t, 2*time.Minute)
	<-redisDone
	w.runsDone(t, planned, time.Minute)

	r := w.check(t, crowd)
	for _, f := range faults {
		if f.Fired() == 0 {
			t.Errorf("the fault %s %d did not fire", f.Kind, f.ErrCode)
		}
	}
	if crashed.Load() != crashes {
		t.Errorf("PostgreSQL crashed %d times", crashed.Load())
	}
	if flushed.Load() == 0 {
		t.Error("Redis had nothing to forget: no task was lost")
	}
	fmt.Printf("storage: PostgreSQL crashed %d times, Redis forgot %d tasks and went away once, 45009; %s; %d of %d runs done; settled %.0f s after the last message; %.0f s\n",
		crashed.Load(), flushed.Load(), r, planned, planned, settled.Seconds(), time.Since(began).Seconds())
}

// forgetful empties Redis whenever a task waits in it, three times, then takes it away
// for a while and brings it back empty.
func forgetful(ctx context.Context, redis *miniredis.Miniredis, flushed *atomic.Int64) {
	until := time.Now().Add(time.Minute) // without a task to forget the test fails
	for times := 0; times < 3 && ctx.Err() == nil && time.Now().Before(until); {
		if waiting, err := redis.List("asynq:{house}:pending"); err == nil && len(waiting) > 0 {
			redis.FlushAll()
			flushed.Add(int64(len(waiting)))
			times++
			time.Sleep(3 * time.Second)
		}
		time.Sleep(200 * time.Microsecond)
	}
	redis.Close()
	time.Sleep(3 * time.Second)
	redis.FlushAll()
	if err := redis.Restart(); err != nil {
		panic(err) // its port was taken meanwhile
	}
}

// runsDone waits until all planned runs are done, each in one attempt or, when it was
// interrupted, in a few.
func (w *ordeal) runsDone(t *testing.T, planned int, within time.Duration) {
	t.Helper()
	until := time.Now().Add(within)
	for {
		var done, open int
		err := w.db.Pool().QueryRow(t.Context(), "SELECT count(*) FILTER (WHERE state = 'done'), count(*) FILTER (WHERE state <> 'done') FROM job_run WHERE job = 'prune'").Scan(&done, &open)
		if err == nil && done >= planned && open == 0 {
			return
		}
		if time.Now().After(until) {
			t.Errorf("%d of %d planned runs are done, %d are not (%v)", done, planned, open, err)
			return
		}
		time.Sleep(200 * time.Millisecond)
	}
}
