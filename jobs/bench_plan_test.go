//go:build bench

package jobs_test

import (
	"fmt"
	"os"
	"testing"
	"time"
)

// TestBenchPlan measures what it costs to plan 100,000 obligations, to plan them again
// when everything is there, and to queue a reminder to each of 100,000 people in the
// same words; beside a plain INSERT of as many rows in the same run. A missed target
// fails nothing; a wrong count does.
func TestBenchPlan(t *testing.T) {
	people := 100_000
	if os.Getenv("QINGFENG_BENCH_QUICK") != "" {
		people = 10_000
	}
	u := newUnit(t, people+3)
	start := time.Now()
	u.owes("个人岗位风险点自查", 4, people+3, 16)
	plain := time.Since(start)
	fmt.Printf("plan: %d obligations inserted by one plain statement in %.1f s\n", people, plain.Seconds())
	u.exec(`ANALYZE`)
	measure := func(what string, target time.Duration, do func()) {
		start := time.Now()
		do()
		took := time.Since(start)
		fmt.Printf("plan: %s: %.1f s, %.1f times the plain statement (target for 100,000: %.0f s)\n", what, took.Seconds(), took.Seconds()/plain.Seconds(), target.Seconds())
	}
	u.clock("2026-10-12T08:05:00")
	measure("nothing to remind of", 5*time.Second, u.plan)
	u.clock("2026-10-13T08:05:00")
	measure("a reminder for each obligation", 10*time.Second, u.plan)
	measure("again, everything is there", 10*time.Second, u.plan)
	u.clock("2026-10-13T09:01:00")
	measure("fan-out to everybody in the same words", 20*time.Second, u.fan)
	if n := u.count(`push_to`); n != people || u.count(`push`) != 1 {
		t.Fatalf("%d people in %d texts", n, u.count(`push`))
	}
	measure("fan-out again, nothing to do", time.Second, u.fan)
}
