//go:build bench

package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestBenchPush: one rung of the ladder for 100,000 people with the same words, planned,
// queued, frozen and sent by one instance while WeCom takes 0.3 s to answer; then the
// same while the instance is killed twenty times; then with words for each section, at
// the pace we keep to.
func TestBenchPush(t *testing.T) {
	people := 100_000
	if os.Getenv("QINGFENG_BENCH_QUICK") != "" {
		people = 20_000
	}
	t.Run("one text", func(t *testing.T) { benchPush(t, people, 1, 0) })
	t.Run("one text, killed", func(t *testing.T) { benchPush(t, people, 1, 20) })
	t.Run("a text for each section", func(t *testing.T) { benchPush(t, people/10, people/10/perSection, 0) })
}

func benchPush(t *testing.T, people, texts, kills int) {
	s := newStore(t)
	pushTemplate(t, s, people, texts)
	p := newPushing(t, s, people, "bench", nil)
	p.nodes = p.nodes[:1]
	p.sim.SetLatency(300 * time.Millisecond)
	rng := rand.New(rand.NewPCG(20, uint64(kills)))
	p.begin(t)
	began := time.Now()
	if kills > 0 {
		go func() {
			for range kills {
				time.Sleep(time.Duration(500+rng.IntN(1500)) * time.Millisecond)
				for p.nodes[0].down.Load() && t.Context().Err() == nil {
					time.Sleep(50 * time.Millisecond)
				}
				p.kill(p.nodes[0])
			}
		}()
	}
	peak := 0.0
	watched := make(chan struct{})
	stop := make(chan struct{})
	go func() {
		defer close(watched)
		for {
			select {
			case <-stop:
				return
			case <-time.After(200 * time.Millisecond):
				peak = max(peak, p.nodes[0].peakMiB())
			}
		}
	}()
	var planned, frozen time.Time
	go p.when(t, "SELECT count(*) FROM (SELECT FROM reminder LIMIT 1) x", 1, 0, func() { planned = time.Now() })
	go p.when(t, "SELECT coalesce(sum(people), 0) FROM push_batch", people, 0, func() { frozen = time.Now() })
	c := p.done(t, 5*time.Minute)
	took := time.Since(began)
	close(stop)
	<-watched
	report := p.check(t, c, 0)
	calls := p.sim.CallCount("/cgi-bin/message/send")
	fmt.Printf("push to %d, %d texts, %d kills: the first reminder is planned after %.1f s, the last batch frozen after %.1f s, everything sent after %.1f s; %d calls; peak %.0f MiB\n  %s\n",
		people, texts, p.killed.Load(), planned.Sub(began).Seconds(), frozen.Sub(began).Seconds(), took.Seconds(), calls, peak, report)
	if texts == 1 {
		report := func(what string, ok bool) {
			verdict := "met"
			if !ok {
				verdict = "missed"
			}
			fmt.Printf("  %s: %s\n", what, verdict)
		}
		if kills == 0 {
			report(fmt.Sprintf("at most %d calls", people/1000+10), calls <= people/1000+10)
			report("under a minute, planning to last receipt", took < time.Minute)
		} else {
			report("0 missed, 0 twice", !t.Failed())
		}
	}
}

// peakMiB is the most memory the process has held so far.
func (i *instance) peakMiB() float64 {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.cmd == nil || i.cmd.Process == nil {
		return 0
	}
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", i.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	for line := range strings.SplitSeq(string(raw), "\n") {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kb, _ := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 64)
			return kb / 1024
		}
	}
	return 0
}
