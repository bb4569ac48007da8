//go:build bench

package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/text"
	"qingfeng/bot/wecom"
)

// benchTurns: whole turns, inbox to outbox, with a flow that does nothing and with the
// self-check; then the same with everything sent as well. The limit is a transaction
// that writes the same three rows and knows nothing.
func benchTurns(t *testing.T, b *bench) {
	s := newStore(t)
	sim := newSim(t, benchPeople)
	a := wired(t, s.database(t, "turns", ""), serveHTTP(t, sim.Handler()))
	settle(t, a.db, benchPeople)
	launch(t, a)
	people := short(b, benchPeople, benchPeople/4)

	bare := bareTurns(t, s, 2*people)
	limit := "bare transactions " + perSecond(bare)
	add := func(what string, rate float64) {
		b.add(figure{what: what, ours: perSecond(rate), limit: limit, ratio: fmt.Sprintf("%.2f", rate/bare), target: "≥ 1000/s"}, rate >= 1000)
	}
	trivial := runner(t, a, trivialRouter(t))
	rate := work(t, a, trivial, nil, arrivals(people, "go", "one", "two", "three"))
	add("turns, inbox to outbox, a flow that does nothing", rate)
	forget(t, a)

	own, pgs := ownCPU(), s.cpu()
	dialog := []string{"自查", text.SelfBegin, "对"}
	rate = work(t, a, a.runner, nil, arrivals(people, dialog...))
	add("turns, inbox to outbox, the self-check", rate)
	b.note("self-check turn: %.0f µs of processor here, %.0f µs PostgreSQL", micros(ownCPU()-own, 3*people), micros(s.cpu()-pgs, 3*people))
	forget(t, a)

	sender, err := convo.NewSender(convo.SenderConfig{Store: a.db, Transport: recorder{}, Now: a.now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	for _, with := range []struct {
		what   string
		sender *convo.Sender
	}{
		{"turns and sends, transport that only records", sender},
		{"turns and sends, over HTTP to the simulator", a.sender},
	} {
		// Help has no state: it can be asked for again without a new campaign.
		rate = work(t, a, runner(t, a, a.runner.Router, with.sender), with.sender, arrivals(people, "帮助", "进度", "联系人"))
		add(with.what, rate)
		forget(t, a)
	}
	if n := len(sim.Dropped()) + len(sim.Violations()); n > 0 {
		t.Errorf("the simulator dropped or refused %d messages: %v %v", n, sim.Dropped()[:1], sim.Violations()[:1])
	}
}

// arrivals are the words of every person, one after the other, everybody's first
// words first.
func arrivals(people int, words ...string) (in []convo.Arrival) {
	run := rand.Text()
	for w, said := range words {
		for i := range people {
			in = append(in, convo.Arrival{Message: bot.Message{
				Dedupe: fmt.Sprintf("%s:%d:%d", run, w, i), From: user(i), Kind: bot.KindText, At: time.Now(), Text: said,
			}})
		}
	}
	return in
}

// work stores arrivals, lets the runner (and the sender, if there is one) work them
// off, and tells how many a second.
func work(t *testing.T, a *app, r *convo.Runner, s *convo.Sender, in []convo.Arrival) float64 {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for rest := in; len(rest) > 0; {
		n := min(1000, len(rest))
		if _, err := a.db.Insert(ctx, rest[:n]); err != nil {
			t.Fatal(err)
		}
		rest = rest[n:]
	}
	// As if each had been typed after the question it answers.
	for _, sql := range []string{"UPDATE inbox SET received_at = now() + interval '1 hour' WHERE state = 'new'", "VACUUM ANALYZE"} {
		if _, err := a.db.Pool().Exec(ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	var wg sync.WaitGroup
	began := time.Now()
	wg.Go(func() { r.Run(ctx) })
	if s != nil {
		wg.Go(func() { s.Run(ctx) })
	}
	for {
		inbox, outbox, err := a.db.Backlog(ctx, a.now())
		if err != nil {
			t.Fatal(err)
		}
		if inbox == 0 && (s == nil || outbox == 0) {
			break
		}
		if time.Since(began) > 5*time.Minute {
			t.Fatalf("after five minutes %d messages and %d replies wait", inbox, outbox)
		}
		time.Sleep(100 * time.Millisecond)
	}
	took := time.Since(began)
	cancel()
	wg.Wait()
	var bad int
	if err := a.db.Pool().QueryRow(t.Context(), "SELECT (SELECT count(*) FROM inbox WHERE state <> 'done') + (SELECT count(*) FROM outbox WHERE state IN ('held', 'failed'))").Scan(&bad); err != nil {
		t.Fatal(err)
	}
	if bad > 0 {
		t.Errorf("%d messages or replies were parked, held or refused", bad)
	}
	return float64(len(in)) / took.Seconds()
}

// forget empties the tables of the conversation, so that each part starts alike and
// nobody's limit is used up.
func forget(t *testing.T, a *app) {
	t.Helper()
	if _, err := a.db.Pool().Exec(t.Context(), "TRUNCATE inbox, outbox, conversation, card"); err != nil {
		t.Fatal(err)
	}
}

// runner is a Runner like the service's, with another router or sender.
func runner(t *testing.T, a *app, router *convo.Router, sender ...*convo.Sender) *convo.Runner {
	t.Helper()
	cfg := convo.RunnerConfig{
		Store: a.db, Router: router, Directory: a.register, Renderer: wecom.NewRenderer(peerAgent, a.now),
		Now: a.now, Rand: rand.Reader, Log: slog.New(slog.DiscardHandler),
	}
	if len(sender) > 0 {
		cfg.Sender = sender[0]
	}
	r, err := convo.NewRunner(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// trivialRouter has one flow whose one step takes anything and asks again.
func trivialRouter(t *testing.T) *convo.Router {
	t.Helper()
	r := &convo.Router{Starters: []convo.Command{{
		Name: "go", Match: func(said string) ([]string, bool) { return nil, said == "go" },
		Run: func(_ context.Context, turn *convo.Turn) error { return turn.Start("trivial", "", struct{}{}) },
	}}}
	err := convo.Register(r, convo.Flow[struct{}]{Name: "trivial", Version: 1, Start: "ask", Steps: []convo.Step[struct{}]{{
		Name: "ask", Free: true,
		Ask:    func(_ context.Context, turn *convo.Turn, _ *struct{}) error { turn.Say("next"); return nil },
		Answer: func(context.Context, *convo.Turn, *struct{}) (convo.Next, error) { return convo.Goto("ask"), nil },
	}}})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// bareTurns is what PostgreSQL can do: eight connections, in each transaction one row
// of three tables like ours.
func bareTurns(t *testing.T, s *store, n int) float64 {
	t.Helper()
	ctx := t.Context()
	pool, err := pgxpool.New(ctx, s.address("turns", map[string]string{"pool_max_conns": "8"}))
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	for _, sql := range []string{
		"CREATE TABLE bare_inbox (LIKE inbox INCLUDING ALL)", "CREATE TABLE bare_outbox (LIKE outbox INCLUDING ALL)", "CREATE TABLE bare_conversation (LIKE conversation INCLUDING ALL)",
		fmt.Sprintf("INSERT INTO bare_inbox (dedupe, user_key, user_id, body) SELECT 'm' || i, 'user' || i, 'user' || i, '{\"text\": \"next\"}' FROM generate_series(1, %d) i", n),
		fmt.Sprintf("INSERT INTO bare_conversation (user_key, user_id) SELECT 'user' || i, 'user' || i FROM generate_series(1, %d) i", n),
	} {
		if _, err := pool.Exec(ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	body := []byte(`{"touser":"user00001","msgtype":"text","agentid":1000002,"text":{"content":"next"},"enable_duplicate_check":1,"duplicate_check_interval":1800}`)
	var next atomic.Int64
	var wg sync.WaitGroup
	began := time.Now()
	for range 8 {
		wg.Go(func() {
			for i := next.Add(1); i <= int64(n); i = next.Add(1) {
				key := fmt.Sprint("user", i)
				err := pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
					q := &pgx.Batch{}
					q.Queue("UPDATE bare_conversation SET stack = $2, updated_at = now() WHERE user_key = $1", key, []byte(`[{"flow":"trivial","step":"ask","version":1}]`))
					q.Queue("UPDATE bare_inbox SET state = 'done', done_at = now() WHERE dedupe = $1", fmt.Sprint("m", i))
					q.Queue("INSERT INTO bare_outbox (user_key, user_id, lane, body) VALUES ($1, $1, 0, $2)", key, body)
					return tx.SendBatch(ctx, q).Close()
				})
				if err != nil {
					t.Errorf("bare turn: %v", err)
					return
				}
			}
		})
	}
	wg.Wait()
	return float64(n) / time.Since(began).Seconds()
}
