package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/pg"
	"qingfeng/bot/pg/pgtest"
	"qingfeng/bot/wecom"
	"qingfeng/bot/wecom/wecomsim"
	"qingfeng/jobs"
)

const messageSend = "/cgi-bin/message/send"

// post is a database, a WeCom behind real HTTP and n people in both.
type post struct {
	t        *testing.T
	register *pg.Register
	sim      *wecomsim.Sim
	client   *wecom.Client
	render   *wecom.Renderer
	people   []bot.PushTo

	mu  sync.Mutex
	now time.Time
}

func newPost(t *testing.T, n int) *post {
	t.Helper()
	p := &post{t: t, now: time.Now()}
	p.register = pg.NewRegister(pgtest.New(t), p.clock)
	cfg := wecomsim.Config{
		CorpID: "wwCorp", AgentID: 1000002, Secret: "s3cret", Token: "tok", AESKey: "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C",
		CallbackURL: "http://127.0.0.1:1/", Departments: []wecomsim.Department{{ID: 1, Name: "局"}}, Now: p.clock,
	}
	for i := range n {
		cfg.Members = append(cfg.Members, wecomsim.Member{UserID: fmt.Sprintf("U%05d", i), Name: "n", Departments: []int{1}})
	}
	var err error
	if p.sim, err = wecomsim.New(cfg); err != nil {
		t.Fatal(err)
	}
	theirs := httptest.NewServer(p.sim.Handler())
	p.client, err = wecom.New(wecom.Config{CorpID: "wwCorp", Secret: "s3cret", AgentID: 1000002, APIBase: theirs.URL, Now: p.clock})
	if err != nil {
		t.Fatal(err)
	}
	p.render = wecom.NewRenderer(1000002, p.clock)
	t.Cleanup(func() { p.client.Close(); p.sim.Close(); theirs.Close() })
	p.exec(`INSERT INTO person (user_key, userid, name) SELECT 'u' || lpad(i::text, 5, '0'), 'U' || lpad(i::text, 5, '0'), 'n' FROM generate_series(0, $1 - 1) i`, n)
	rows, err := p.register.DB.Pool().Query(t.Context(), `SELECT id, userid FROM person ORDER BY userid`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var to bot.PushTo
		if err := rows.Scan(&to.Person, &to.User); err != nil {
			t.Fatal(err)
		}
		p.people = append(p.people, to)
	}
	return p
}

func (p *post) clock() time.Time { p.mu.Lock(); defer p.mu.Unlock(); return p.now }

func (p *post) advance(d time.Duration) { p.mu.Lock(); p.now = p.now.Add(d); p.mu.Unlock() }

func (p *post) exec(sql string, args ...any) {
	p.t.Helper()
	if _, err := p.register.DB.Pool().Exec(p.t.Context(), sql, args...); err != nil {
		p.t.Fatal(err)
	}
}

func (p *post) count(sql string, args ...any) (n int) {
	p.t.Helper()
	if err := p.register.DB.Pool().QueryRow(p.t.Context(), sql, args...).Scan(&n); err != nil {
		p.t.Fatal(err)
	}
	return n
}

// pusher is one instance's.
func (p *post) pusher(change func(*jobs.PushConfig)) *jobs.Pusher {
	c := jobs.PushConfig{Store: p.register, Transport: p.client, Now: p.clock, Log: slog.New(slog.DiscardHandler)}
	if change != nil {
		change(&c)
	}
	return jobs.NewPusher(c)
}

// push queues and freezes one thing for everybody and returns its batches.
func (p *post) push(kind string) (batches []int64) {
	p.t.Helper()
	to := make([]bot.PushTo, len(p.people))
	for i, person := range p.people {
		person.Once = kind + ":" + strconv.FormatInt(person.Person, 10)
		to[i] = person
	}
	message := bot.Push{Kind: kind, Lane: bot.LaneBulk, Text: "有1件事快到期：" + kind, Card: bot.Card{
		Title: "有1件事快到期", Desc: kind, Buttons: []bot.Option{{Text: "明天再提醒", Key: "remind.tomorrow:20261008"}},
	}}
	if n, err := p.register.QueuePush(p.t.Context(), message, to); err != nil || n != len(to) {
		p.t.Fatal(n, err)
	}
	if _, err := p.register.Freeze(p.t.Context(), p.render.RenderPush); err != nil {
		p.t.Fatal(err)
	}
	rows, err := p.register.DB.Pool().Query(p.t.Context(), `SELECT b.id FROM push_batch b JOIN push p ON p.id = b.push_id WHERE p.kind = $1 ORDER BY b.id`, kind)
	if err != nil {
		p.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			p.t.Fatal(err)
		}
		batches = append(batches, id)
	}
	return batches
}

// settle sends a batch until nothing is left to do, as the service would, with the clock
// instead of waiting.
func (p *post) settle(pusher *jobs.Pusher, batch int64) {
	p.t.Helper()
	for range 20 {
		err := pusher.Send(p.t.Context(), batch)
		if err == nil {
			return
		}
		v := jobs.VerdictOf(err)
		if v.Never || v.Counts {
			p.t.Fatalf("batch %d: %v", batch, err)
		}
		p.advance(v.After)
	}
	p.t.Fatalf("batch %d is never settled", batch)
}

const receipts = `SELECT t.state, count(*), count(DISTINCT b.id) FROM push_to t JOIN push p ON p.id = t.push_id JOIN push_batch b ON b.id = t.batch_id WHERE p.kind = $1 GROUP BY 1 ORDER BY 1`

// reconcile compares what the register says of each person with what is on their phone,
// and prints the count.
func (p *post) reconcile(kind string) map[string]int {
	p.t.Helper()
	got := map[string]int{}
	rows, err := p.register.DB.Pool().Query(p.t.Context(), receipts, kind)
	if err != nil {
		p.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var state string
		var people, batches int
		if err := rows.Scan(&state, &people, &batches); err != nil {
			p.t.Fatal(err)
		}
		got[state] = people
		p.t.Logf("%s: %s: %d people in %d batches", kind, state, people, batches)
	}
	p.t.Logf("by %s", receipts)
	people, err := p.register.DB.Pool().Query(p.t.Context(), `SELECT t.user_id, t.state FROM push_to t JOIN push p ON p.id = t.push_id WHERE p.kind = $1`, kind)
	if err != nil {
		p.t.Fatal(err)
	}
	defer people.Close()
	sum := 0
	for people.Next() {
		var user, state string
		if err := people.Scan(&user, &state); err != nil {
			p.t.Fatal(err)
		}
		sum++
		shown := 0
		for _, m := range p.sim.Phone(user).Messages() {
			if m.Card != nil && m.Card.MainTitle != nil && m.Card.MainTitle.Desc == kind {
				shown++
			}
		}
		if want := map[string]int{"sent": 1}[state]; shown != want && state != "held" || shown > 1 {
			p.t.Fatalf("%s is %s and has it %d times", user, state, shown)
		}
	}
	if sum != len(p.people) {
		p.t.Errorf("%d receipts for %d people", sum, len(p.people))
	}
	return got
}

func TestFiveThousandReceiversLeaveInFiveCalls(t *testing.T) {
	p := newPost(t, 5000)
	pusher := p.pusher(nil)
	for _, b := range p.push("reminder") {
		p.settle(pusher, b)
	}
	if n := p.sim.CallCount(messageSend); n != 5 {
		t.Errorf("%d calls", n)
	}
	if got := p.reconcile("reminder"); got["sent"] != 5000 {
		t.Errorf("%v", got)
	}
	if n := p.count(`SELECT count(*) FROM push_batch WHERE state = 'sent' AND msgid <> '' AND sent_at IS NOT NULL AND attempts = 1`); n != 5 {
		t.Errorf("%d batches with a receipt", n)
	}
	for _, v := range append(p.sim.Violations(), p.sim.Warnings()...) {
		t.Errorf("%s: %s", v.Path, v.Detail)
	}
}

func TestAfterEachKindOfFaultEverybodyHasItOnceOrAReceiptThatSaysWhyNot(t *testing.T) {
	p := newPost(t, 1200) // two batches: 1,000 and 200
	for _, c := range []struct {
		name  string
		fault wecomsim.Fault
		calls int // of both batches
		want  map[string]int
	}{
		{"500 before", wecomsim.Fault{Kind: wecomsim.FaultHTTP}, 3, map[string]int{"sent": 1200}},
		{"500 after", wecomsim.Fault{Kind: wecomsim.FaultHTTPAfter}, 3, map[string]int{"sent": 1200}},
		{"timeout before", wecomsim.Fault{Kind: wecomsim.FaultHang}, 3, map[string]int{"sent": 1200}},
		{"timeout after", wecomsim.Fault{Kind: wecomsim.FaultHangAfter}, 3, map[string]int{"sent": 1200}},
		{"reset before", wecomsim.Fault{Kind: wecomsim.FaultReset}, 3, map[string]int{"sent": 1200}},
		{"reset after", wecomsim.Fault{Kind: wecomsim.FaultResetAfter}, 3, map[string]int{"sent": 1200}},
		{"reset after, thrice", wecomsim.Fault{Kind: wecomsim.FaultResetAfter, Times: 3}, 5, map[string]int{"sent": 1200}},
		{"busy", wecomsim.Fault{Kind: wecomsim.FaultErrCode, ErrCode: -1}, 3, map[string]int{"sent": 1200}},
		{"frequency", wecomsim.Fault{Kind: wecomsim.FaultErrCode, ErrCode: 45009}, 3, map[string]int{"sent": 1200}},
		{"concurrency", wecomsim.Fault{Kind: wecomsim.FaultErrCode, ErrCode: 45033}, 3, map[string]int{"sent": 1200}},
		{"token over", wecomsim.Fault{Kind: wecomsim.FaultErrCode, ErrCode: 42001}, 3, map[string]int{"sent": 1200}},
		{"token revoked", wecomsim.Fault{Kind: wecomsim.FaultTokenRevoked}, 3, map[string]int{"sent": 1200}},
		{"some unreachable", wecomsim.Fault{Kind: wecomsim.FaultInvalid, UserID: "U00003|u00999"}, 2, map[string]int{"sent": 1198, "invalid": 2}},
		{"all unreachable", wecomsim.Fault{Kind: wecomsim.FaultErrCode, ErrCode: 81013}, 2, map[string]int{"sent": 200, "invalid": 1000}},
		{"refused", wecomsim.Fault{Kind: wecomsim.FaultErrCode, ErrCode: 45002}, 2, map[string]int{"sent": 200, "failed": 1000}},
		{"refused for ever", wecomsim.Fault{Kind: wecomsim.FaultErrCode, ErrCode: 60020, Times: 10}, 11, map[string]int{"sent": 200, "failed": 1000}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p.t = t
			hangs := c.fault.Kind == wecomsim.FaultHang || c.fault.Kind == wecomsim.FaultHangAfter
			pusher := p.pusher(func(c *jobs.PushConfig) {
				if hangs {
					c.Timeout = time.Second // a slow machine may need one more call
				}
			})
			batches := p.push(c.name)
			c.fault.Path = messageSend
			fault := p.sim.Inject(c.fault)
			before := p.sim.CallCount(messageSend)
			for _, b := range batches {
				p.settle(pusher, b)
			}
			if fault.Fired() != max(1, c.fault.Times) {
				t.Errorf("the fault fired %d times", fault.Fired())
			}
			if n := p.sim.CallCount(messageSend) - before; n != c.calls && !(hangs && n > c.calls) {
				t.Errorf("%d calls, want %d", n, c.calls)
			}
			got := p.reconcile(c.name)
			if fmt.Sprint(got) != fmt.Sprint(c.want) {
				t.Errorf("%v, want %v", got, c.want)
			}
			p.advance(5 * time.Minute) // a member gets 30 a minute
		})
	}
}

func TestAnOutcomeThatStaysUnknownPastTheWindowIsHeldAndListed(t *testing.T) {
	p := newPost(t, 30)
	pusher := p.pusher(nil)
	batch := p.push("reminder")[0]
	fault := p.sim.Inject(wecomsim.Fault{Kind: wecomsim.FaultHTTPAfter, Path: messageSend, Times: 2})
	for range 2 {
		if v := jobs.VerdictOf(pusher.Send(t.Context(), batch)); v.Code != "unknown" || v.Counts {
			t.Fatalf("%+v", v)
		}
	}
	p.exec(`UPDATE push_batch SET first_try_at = now() - interval '25 minutes'`)
	p.settle(pusher, batch)
	p.settle(pusher, batch) // and it stays so
	if fault.Fired() != 2 || p.sim.CallCount(messageSend) != 2 {
		t.Errorf("fired %d, %d calls", fault.Fired(), p.sim.CallCount(messageSend))
	}
	if got := p.reconcile("reminder"); got["held"] != 30 || p.count(`SELECT count(*) FROM push_batch WHERE state = 'held' AND doubt`) != 1 {
		t.Errorf("%v", got)
	}
	missed, err := p.register.NotDelivered(t.Context(), p.clock().Add(-time.Hour))
	if err != nil || len(missed) != 30 || missed[0].State != "held" {
		t.Errorf("%d not delivered, %v", len(missed), err)
	}
}

func TestWhatMayHaveArrivedIsNotGivenUpAsRefused(t *testing.T) {
	p := newPost(t, 3)
	pusher := p.pusher(nil)
	batch := p.push("reminder")[0]
	lost := p.sim.Inject(wecomsim.Fault{Kind: wecomsim.FaultResetAfter, Path: messageSend})
	refused := p.sim.Inject(wecomsim.Fault{Kind: wecomsim.FaultErrCode, ErrCode: 45002, Path: messageSend})
	p.settle(pusher, batch)
	if got := p.reconcile("reminder"); got["held"] != 3 || lost.Fired() != 1 || refused.Fired() != 1 {
		t.Errorf("%v", got)
	}
}

func TestTwoPushersAtOnceSendEachBatchOnce(t *testing.T) {
	p := newPost(t, 5000)
	p.sim.SetLatency(50 * time.Millisecond)
	batches := p.push("reminder")
	var wg sync.WaitGroup
	for range 2 {
		pusher := p.pusher(nil)
		for _, b := range batches {
			wg.Go(func() {
				for {
					err := pusher.Send(t.Context(), b)
					if err == nil {
						return
					}
					if v := jobs.VerdictOf(err); v.Code != "waits" && v.Code != "busy" {
						t.Error(err)
						return
					}
					time.Sleep(50 * time.Millisecond)
				}
			})
		}
	}
	wg.Wait()
	if n := p.sim.CallCount(messageSend); n != 5 {
		t.Errorf("%d calls", n)
	}
	if got := p.reconcile("reminder"); got["sent"] != 5000 {
		t.Errorf("%v", got)
	}
}

func TestABatchWhoseSenderDiedIsSentAgainAsItWas(t *testing.T) {
	for _, left := range []bool{false, true} {
		t.Run(fmt.Sprintf("after sending: %t", left), func(t *testing.T) {
			p := newPost(t, 3)
			batch := p.push("reminder")[0]
			b, _, ok, err := p.register.ClaimBatch(t.Context(), batch, p.clock(), bot.PushLimits{Lease: time.Minute, Window: time.Hour, Stale: time.Hour})
			if err != nil || !ok {
				t.Fatal(ok, err)
			}
			if left {
				if _, err := p.client.Send(t.Context(), b.Body); err != nil {
					t.Fatal(err)
				}
			}
			// Nobody takes it while it may be under way.
			pusher := p.pusher(nil)
			if v := jobs.VerdictOf(pusher.Send(t.Context(), batch)); v.Code != "waits" || v.After < 50*time.Second {
				t.Fatalf("%+v", v)
			}
			p.exec(`UPDATE push_batch SET lease_until = now()`)
			p.settle(pusher, batch)
			if got := p.reconcile("reminder"); got["sent"] != 3 {
				t.Errorf("%v", got)
			}
			calls := p.sim.Calls()
			if left && calls[len(calls)-1].Body != string(b.Body) {
				t.Error("other bytes")
			}
			// What the first one says now counts no more.
			mine, err := p.register.FinishBatch(t.Context(), b, bot.PushResult{State: bot.PushFailed})
			if mine || err != nil || p.reconcile("reminder")["sent"] != 3 {
				t.Error("the lost sender changed the batch", err)
			}
		})
	}
}

func TestFrequencyStopsEverybodyUntilItIsOver(t *testing.T) {
	p := newPost(t, 1001)
	batches := p.push("reminder")
	fault := p.sim.Inject(wecomsim.Fault{Kind: wecomsim.FaultErrCode, ErrCode: 45009, Path: messageSend})
	if v := jobs.VerdictOf(p.pusher(nil).Send(t.Context(), batches[0])); v.After != time.Minute || v.Counts {
		t.Fatalf("%+v", v)
	}
	if v := jobs.VerdictOf(p.pusher(nil).Send(t.Context(), batches[1])); v.Code != "waits" || v.After > time.Minute || v.After < 50*time.Second {
		t.Errorf("%+v", v)
	}
	p.exec(`INSERT INTO outbox (user_key, user_id, lane, body) VALUES ('u00001', 'U00001', 0, 'x')`)
	limits := convo.SendLimits{PerMinute: 25, PerHour: 900, Window: time.Hour, Lease: time.Minute}
	if rows, err := p.register.DB.ClaimSends(t.Context(), p.clock(), 1, limits); err != nil || len(rows) != 0 {
		t.Error("replies go on", rows, err)
	}
	if n := p.sim.CallCount(messageSend); n != 1 || fault.Fired() != 1 {
		t.Errorf("%d calls", n)
	}
	p.advance(time.Minute)
	for _, b := range batches {
		p.settle(p.pusher(nil), b)
	}
	if got := p.reconcile("reminder"); got["sent"] != 1001 {
		t.Errorf("%v", got)
	}
}

func TestRemindersThatNeverLeftAreLookedAtAgainAndOthersStillGo(t *testing.T) {
	p := newPost(t, 2)
	stale, survey := p.push("reminder")[0], p.push("survey")[0]
	p.exec(`INSERT INTO obligation (code, name, kind, since_on) VALUES ('x', 'x', 'filing', '2026-10-01')`)
	p.exec(`INSERT INTO reminder (obligation_id, version, rung, recipient, at, state, push_to)
SELECT o.id, 1, 0, t.person, now(), 'queued', t.id FROM obligation o, push_to t WHERE t.batch_id = $1`, stale)
	p.exec(`UPDATE push_batch SET made_at = now() - interval '11 minutes'`)
	// It was tried, and surely did not leave: that is as stale.
	p.exec(`UPDATE push_batch SET attempts = 2 WHERE id = $1`, stale)
	p.settle(p.pusher(nil), stale)
	p.settle(p.pusher(nil), survey)
	if n := p.sim.CallCount(messageSend); n != 1 || p.reconcile("survey")["sent"] != 2 {
		t.Errorf("%d calls", n)
	}
	if n := p.count(`SELECT count(*) FROM reminder WHERE state = 'planned' AND push_to IS NULL`); n != 2 || p.reconcile("reminder")["thawed"] != 2 {
		t.Errorf("%d planned again", n)
	}
	// Their keys are free: looked at again, they are reminded.
	p.settle(p.pusher(nil), p.push("reminder")[1])
	if got := p.reconcile2("reminder"); got != "sent 2, thawed 2" {
		t.Error(got)
	}
}

// reconcile2 counts a kind that was pushed twice.
func (p *post) reconcile2(kind string) string {
	p.t.Helper()
	var s string
	err := p.register.DB.Pool().QueryRow(p.t.Context(), `
SELECT string_agg(state || ' ' || n, ', ' ORDER BY state) FROM (SELECT t.state, count(*) AS n FROM push_to t JOIN push p ON p.id = t.push_id WHERE p.kind = $1 GROUP BY 1) x`, kind).Scan(&s)
	if err != nil {
		p.t.Fatal(err)
	}
	return s
}

func TestAReminderOfUnknownOutcomeIsNotThawed(t *testing.T) {
	p := newPost(t, 2)
	batch := p.push("reminder")[0]
	p.exec(`INSERT INTO obligation (code, name, kind, since_on) VALUES ('x', 'x', 'filing', '2026-10-01')`)
	p.exec(`INSERT INTO reminder (obligation_id, version, rung, recipient, at, state, push_to)
SELECT o.id, 1, 0, t.person, now(), 'queued', t.id FROM obligation o, push_to t`)
	fault := p.sim.Inject(wecomsim.Fault{Kind: wecomsim.FaultResetAfter, Path: messageSend})
	pusher := p.pusher(nil)
	if err := pusher.Send(t.Context(), batch); err == nil {
		t.Fatal("the fault was not felt")
	}
	p.exec(`UPDATE push_batch SET made_at = now() - interval '11 minutes'`)
	p.settle(pusher, batch)
	if got := p.reconcile("reminder"); got["sent"] != 2 || fault.Fired() != 1 {
		t.Errorf("%v", got)
	}
}

// gauge counts calls under way, each of which takes a while.
type gauge struct {
	takes           time.Duration
	now, most, sent atomic.Int32
}

func (g *gauge) Send(context.Context, []byte) (convo.Receipt, error) {
	n := g.now.Add(1)
	defer g.now.Add(-1)
	for m := g.most.Load(); n > m && !g.most.CompareAndSwap(m, n); m = g.most.Load() {
	}
	time.Sleep(g.takes)
	g.sent.Add(1)
	return convo.Receipt{MsgID: "m"}, nil
}

func TestAnInstanceMakesFourCallsAtOnceAndTenASecond(t *testing.T) {
	p := newPost(t, 1)
	for _, c := range []struct{ takes, least time.Duration }{
		{600 * time.Millisecond, 1800 * time.Millisecond}, // four at once: three rounds
		{0, 1050 * time.Millisecond},                      // ten a second: eleven pauses
	} {
		var batches []int64
		for i := range 12 {
			batches = append(batches, p.push(fmt.Sprint(c.takes, i))...)
		}
		g := &gauge{takes: c.takes}
		pusher := p.pusher(func(c *jobs.PushConfig) { c.Transport = g })
		at := time.Now()
		var wg sync.WaitGroup
		for _, b := range batches {
			wg.Go(func() { p.settleQuietly(pusher, b) })
		}
		wg.Wait()
		if took := time.Since(at); g.sent.Load() != 12 || g.most.Load() > 4 || took < c.least {
			t.Errorf("%d calls of %s, %d at once, in %s", g.sent.Load(), c.takes, g.most.Load(), took)
		}
	}
}

// settleQuietly may run in a goroutine.
func (p *post) settleQuietly(pusher *jobs.Pusher, batch int64) {
	for {
		err := pusher.Send(p.t.Context(), batch)
		if err == nil {
			return
		}
		if v := jobs.VerdictOf(err); v.Code != "busy" {
			p.t.Error(err)
			return
		}
	}
}

func TestTheServiceSendsWhatIsFrozenAndTheNightWatchFindsWhatIsNot(t *testing.T) {
	h := newHouse(t)
	p := newPost(t, 1500)
	h.db = p.register.DB
	list := jobs.Push(p.pusher(nil))
	list = append(list, jobs.Freeze(
		func(ctx context.Context) (int, error) { return p.register.Freeze(ctx, p.render.RenderPush) }, p.register.ReviveBatches))
	p.push("reminder")
	// One that a killed instance queued and never froze, and one whose run is lost.
	to := p.people[0]
	to.Once = "late"
	if _, err := p.register.QueuePush(t.Context(), bot.Push{Kind: "late", Lane: bot.LaneNotice, Text: "迟到的一条"}, []bot.PushTo{to}); err != nil {
		t.Fatal(err)
	}
	h.start(list, nil)
	until(t, "everybody has it", func() bool { return p.count(`SELECT count(*) FROM push_to WHERE state = 'sent'`) == 1501 })
	if n := p.sim.CallCount(messageSend); n != 3 {
		t.Errorf("%d calls", n)
	}
	until(t, "all runs are done", func() bool { return h.count(`job LIKE 'push%' AND state = 'done'`) == 3 })
}

func TestARunWithoutABatchIsLeftToAPerson(t *testing.T) {
	job := jobs.Push(jobs.NewPusher(jobs.PushConfig{}))[0]
	var v *jobs.Verdict
	if err := job.Do(t.Context(), jobs.Run{Key: "x"}); !errors.As(err, &v) || !v.Never {
		t.Error(err)
	}
	if !strings.HasPrefix(jobs.Push(nil)[1].Name, "push") {
		t.Error("two jobs")
	}
}
