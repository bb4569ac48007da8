//go:build bench

package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"qingfeng/bot/pg"
	"qingfeng/bot/text"
	"qingfeng/bot/wecom/wecomsim"
)

// benchStart: from exec to /readyz with a private cluster of its own, from an empty
// data directory and from one that was used; then what it holds while nothing happens.
func benchStart(t *testing.T, b *bench) {
	binary := build(t)
	dir := t.TempDir()
	sim := newSim(t, 1)
	vars := peerEnv(dir, "", serveHTTP(t, sim.Handler()))
	delete(vars, "QINGFENG_DATABASE_URL")
	i := newInstance(t, binary, "serve", vars)
	empty := i.begin(t)
	i.stop()
	var again []float64
	for range 3 {
		again = append(again, i.begin(t).Seconds())
		i.stop()
	}
	b.add(figure{what: "process start to ready, empty data directory", ours: fmt.Sprintf("%.2f s", empty.Seconds()), limit: "with initdb", target: "≤ 15 s"}, empty < 15*time.Second)
	b.add(figure{what: "process start to ready, existing data", ours: fmt.Sprintf("%.2f s", middle(again)), limit: "with PostgreSQL's own start", target: "≤ 3 s"}, middle(again) < 3)
	if left, err := os.ReadDir(dir); err != nil || len(left) == 0 {
		t.Errorf("the data directory is empty after three runs: %v", err)
	}
}

// served is a unit of people, a WeCom, and one instance as a process.
type served struct {
	*instance
	sim *wecomsim.Sim
	db  *pg.DB
}

func newServed(t *testing.T, people int) *served {
	t.Helper()
	s := newStore(t)
	sim := newSim(t, people)
	api := serveHTTP(t, sim.Handler())
	address := s.database(t, "served", "")
	a := wired(t, address, api)
	settle(t, a.db, people)
	launch(t, a)
	i := newInstance(t, build(t), "serve", peerEnv(t.TempDir(), address, api))
	i.begin(t)
	sim.SetCallbackURL("http://" + i.staff + "/wecom/callback")
	return &served{instance: i, sim: sim, db: a.db}
}

// benchLoad: 1,000 messages a second for a minute, each at its appointed time whether
// or not the ones before were answered; a wait counts from the appointed time.
func benchLoad(t *testing.T, b *bench) {
	s := newServed(t, benchPeople)
	time.Sleep(2 * time.Second) // what follows a start
	rest, _ := s.rss()
	const rate = 1000
	n := rate * short(b, 60, 10)
	seal := newSealer(t)
	stock := make([][]byte, n)
	words := []string{"帮助", "进度", "找人", said}
	for i := range stock {
		stock[i] = seal.request(t, user(i%benchPeople), words[i/benchPeople%len(words)])
	}
	var (
		mu    sync.Mutex
		waits []time.Duration
		next  atomic.Int64
		wg    sync.WaitGroup
		late  atomic.Int64
	)
	began := time.Now()
	for range 64 {
		w := dial(t, s.staff)
		wg.Go(func() {
			defer w.conn.Close()
			var own []time.Duration
			for i := next.Add(1) - 1; i < int64(n); i = next.Add(1) - 1 {
				due := began.Add(time.Duration(i) * time.Second / rate)
				if d := time.Until(due); d > 0 {
					time.Sleep(d)
				} else if d < -100*time.Millisecond {
					late.Add(1)
				}
				status, err := w.post(stock[i])
				if err != nil || status != http.StatusOK {
					t.Errorf("callback: %d %v", status, err)
					return
				}
				own = append(own, time.Since(due))
			}
			mu.Lock()
			waits = append(waits, own...)
			mu.Unlock()
		})
	}
	wg.Wait()
	acked := len(waits)
	p50, p99, worst := quantile(waits, 0.5), quantile(waits, 0.99), quantile(waits, 1)
	loaded, peak := s.rss()
	ended := time.Now()
	s.drained(t, 5*time.Minute)
	drain := time.Since(ended)
	var rows, done, open int
	err := s.db.Pool().QueryRow(t.Context(), "SELECT count(*), count(*) FILTER (WHERE state = 'done'), (SELECT count(*) FROM outbox WHERE state <> 'sent' AND kind = 'send') FROM inbox WHERE dedupe LIKE $1",
		fmt.Sprintf("%d:%%", peerAgent)).Scan(&rows, &done, &open)
	if err != nil {
		t.Fatal(err)
	}
	what := fmt.Sprintf("%d messages/s for %d s, ", rate, n/rate)
	b.add(figure{what: what + "acknowledged after, p99", ours: ms(p99), limit: "p50 " + ms(p50) + ", worst " + ms(worst), target: "< 200 ms"}, p99 < 200*time.Millisecond)
	b.add(figure{what: what + "lost", ours: fmt.Sprint(acked - done), limit: fmt.Sprintf("%d acknowledged, %d stored, %d answered", acked, rows, done), target: "0"}, acked == n && rows == n && done == n && open == 0)
	b.add(figure{what: what + "answers all on the phones", ours: fmt.Sprintf("%.1f s", drain.Seconds()), limit: "after the last message"})
	if acked != n || rows != n || done != n || open != 0 {
		t.Errorf("of %d messages %d were acknowledged, %d stored, %d answered; %d replies not sent", n, acked, rows, done, open)
	}
	if late.Load() > 0 {
		b.note("load: %d of %d messages were posted more than 100 ms after their time, when all 64 clients waited for answers", late.Load(), n)
	}
	if d, v := s.sim.Dropped(), s.sim.Violations(); len(d)+len(v) > 0 {
		t.Errorf("the simulator dropped %d and refused %d messages", len(d), len(v))
	}
	b.add(figure{what: "memory of the process, at rest", ours: mib(rest), target: "≤ 150 MiB"}, rest <= 150<<20)
	b.add(figure{what: "memory of the process, under that load", ours: mib(loaded), limit: "at its highest " + mib(peak), target: "≤ 400 MiB"}, peak <= 400<<20)
}

// drained waits until nothing is due any more.
func (s *served) drained(t *testing.T, within time.Duration) {
	t.Helper()
	until := time.Now().Add(within)
	for {
		in, out, err := s.db.Backlog(t.Context(), time.Now())
		if err != nil {
			t.Fatal(err)
		}
		if in+out == 0 {
			return
		}
		if time.Now().After(until) {
			t.Errorf("after %s %d messages and %d replies still wait", within, in, out)
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// benchCrowd: 2,000 cadres begin their self-check within what stands for ten minutes,
// through their phones: each says 自查, gets the first card, presses 开始, and gets the
// next question.
func benchCrowd(t *testing.T, b *bench) {
	const crowd, speed = 2000, 30 // ten minutes in twenty seconds
	people := short(b, crowd, crowd/4)
	s := newServed(t, people)
	span := 10 * time.Minute / speed * time.Duration(people) / crowd
	ctx, cancel := context.WithTimeout(t.Context(), span+5*time.Minute)
	defer cancel()
	var (
		mu           sync.Mutex
		first, whole []time.Duration
		wg           sync.WaitGroup
	)
	began := time.Now()
	for i := range people {
		wg.Go(func() {
			time.Sleep(time.Until(began.Add(span * time.Duration(i) / time.Duration(people))))
			phone := s.sim.Phone(string(user(i)))
			asked := time.Now()
			ask := func(title string) error {
				_, err := phone.WaitFor(ctx, func(m wecomsim.Shown) bool { return cardTitle(m) == title })
				return err
			}
			err := phone.Type(ctx, "自查")
			if err == nil {
				err = ask(text.SelfIntroTitle)
			}
			one := time.Since(asked)
			if err == nil {
				err = phone.Press(ctx, text.SelfBegin)
			}
			if err == nil {
				err = ask(text.SelfPostTitle)
			}
			if err != nil {
				t.Errorf("%s did not get the next question: %v", user(i), err)
				return
			}
			mu.Lock()
			first, whole = append(first, one), append(whole, time.Since(asked))
			mu.Unlock()
		})
	}
	wg.Wait()
	what := fmt.Sprintf("%d cadres starting within 10 min, %d× compressed: ", people, speed)
	b.add(figure{what: what + "got the next question", ours: fmt.Sprint(len(whole)), target: fmt.Sprint(people)}, len(whole) == people)
	b.add(figure{
		what: what + "word to first card, p99", ours: ms(quantile(first, 0.99)), limit: "p50 " + ms(quantile(first, 0.5)), target: "< 2 s",
	}, quantile(first, 0.99) < 2*time.Second)
	b.add(figure{what: what + "both questions, p99", ours: ms(quantile(whole, 0.99)), limit: "p50 " + ms(quantile(whole, 0.5))})
}
