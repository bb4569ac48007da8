//go:build bench || faults

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"qingfeng/bot/pg"
	"qingfeng/bot/text"
	"qingfeng/bot/wecom/wecomsim"
)

const faultPeople = 200

// ordeal is one run: a WeCom, two instances behind a balancer, and the database they
// share.
type ordeal struct {
	ctx    context.Context
	sim    *wecomsim.Sim
	db     *pg.DB
	nodes  []*node
	killed atomic.Int64
	turn   atomic.Int64 // of the balancer

	mu       sync.Mutex
	failures []string
	lanes    map[string]laneState
	seen     time.Time // when that was looked up
	typed    atomic.Int64
	unacked  atomic.Int64
}

// laneState is what the database has of one person.
type laneState struct{ rows, busy int }

// node is an instance and the points at which it can be struck.
type node struct {
	*instance
	down                            atomic.Bool
	callback, stored, sending, sent trigger
}

// trigger does something once, at the n-th event.
type trigger struct {
	mu   sync.Mutex
	left int
	do   func()
}

func (g *trigger) at(n int, do func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.left, g.do = n, do
}

// hit counts an event; it reports whether this was the one.
func (g *trigger) hit() bool {
	g.mu.Lock()
	do := g.do
	g.left--
	fire := g.left == 0 && do != nil
	g.mu.Unlock()
	if fire {
		do()
	}
	return fire
}

// newOrdeal starts two instances over a copy of the template; vars adds to their environment.
func newOrdeal(t *testing.T, s *store, binary, name string, vars map[string]string) *ordeal {
	t.Helper()
	w := scene(t, s, binary, name, "people", faultPeople, vars)
	for _, n := range w.nodes {
		n.begin(t)
	}
	w.sim.SetCallbackURL(serveHTTP(t, http.HandlerFunc(w.balance)) + "/wecom/callback")
	go w.watch()
	return w
}

// scene makes the world of a run without starting its instances.
func scene(t *testing.T, s *store, binary, name, template string, people int, vars map[string]string) *ordeal {
	t.Helper()
	s.database(t, name, template)
	w := &ordeal{ctx: t.Context(), sim: newSim(t, people)}
	db, err := pg.Open(t.Context(), s.address(name, map[string]string{"pool_max_conns": "4"}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	w.db = db
	for i := range 2 {
		n := &node{}
		env := peerEnv(t.TempDir(), s.address(name, map[string]string{"pool_max_conns": "8"}), serveHTTP(t, w.api(n)))
		for k, v := range vars {
			env[k] = v
		}
		n.instance = newInstance(t, binary, fmt.Sprintf("instance %c", 'A'+i), env)
		w.nodes = append(w.nodes, n)
	}
	return w
}

func (w *ordeal) fail(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.failures = append(w.failures, fmt.Sprintf(format, args...))
}

// api is WeCom as one instance reaches it.
func (w *ordeal) api(n *node) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/cgi-bin/message/send" {
			w.sim.Handler().ServeHTTP(rw, r)
			return
		}
		if n.sending.hit() {
			panic(http.ErrAbortHandler) // the instance is gone, and WeCom got nothing
		}
		if !n.sent.armed() {
			w.sim.Handler().ServeHTTP(rw, r)
			n.sent.hit()
			return
		}
		held := httptest.NewRecorder()
		w.sim.Handler().ServeHTTP(held, r)
		if n.sent.hit() {
			panic(http.ErrAbortHandler) // WeCom got it, and the instance is gone
		}
		for k, v := range held.Header() {
			rw.Header()[k] = v
		}
		rw.WriteHeader(held.Code)
		_, _ = rw.Write(held.Body.Bytes())
	})
}

// armed reports whether the next event is the one.
func (g *trigger) armed() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.do != nil && g.left == 1
}

// balance hands callbacks to the instances in turns. Like a simple balancer it does
// not deliver again by itself: that is WeCom's part.
func (w *ordeal) balance(rw http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		rw.WriteHeader(http.StatusBadRequest)
		return
	}
	n := w.nodes[w.turn.Add(1)%2]
	if n.down.Load() {
		n = w.nodes[w.turn.Add(1)%2]
	}
	n.callback.hit()
	status, err := forward(r, n.staff, body)
	if err != nil {
		rw.WriteHeader(http.StatusBadGateway)
		return
	}
	rw.WriteHeader(status)
	if status == http.StatusOK {
		n.stored.hit()
	}
}

func forward(r *http.Request, host string, body []byte) (int, error) {
	req, err := http.NewRequestWithContext(r.Context(), r.Method, "http://"+host+r.URL.RequestURI(), bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "text/xml")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, err
}

// watch looks up what is stored and what is still to do of everybody, again and again.
func (w *ordeal) watch() {
	for w.ctx.Err() == nil {
		at := time.Now()
		lanes := map[string]laneState{}
		rows, err := w.db.Pool().Query(w.ctx, `
SELECT user_key, sum(rows)::int, sum(busy)::int FROM (
	SELECT user_key, count(*) AS rows, count(*) FILTER (WHERE state = 'new') AS busy FROM inbox WHERE due_at IS NULL GROUP BY 1
	UNION ALL SELECT user_key, 0, count(*) FROM outbox WHERE state IN ('pending', 'sending', 'unknown') GROUP BY 1) AS x GROUP BY 1`)
		if err == nil {
			for rows.Next() {
				var key string
				var l laneState
				if err = rows.Scan(&key, &l.rows, &l.busy); err != nil {
					break
				}
				lanes[key] = l
			}
			if err == nil {
				err = rows.Err()
			}
			rows.Close()
		}
		if err == nil {
			w.mu.Lock()
			w.lanes, w.seen = lanes, at
			w.mu.Unlock()
		}
		time.Sleep(60 * time.Millisecond)
	}
}

// answered waits until n messages of a person are stored and all of them answered.
func (w *ordeal) answered(ctx context.Context, id string, n int) error {
	asked := time.Now()
	for {
		w.mu.Lock()
		l, seen := w.lanes[id], w.seen
		w.mu.Unlock()
		if seen.After(asked) && l.rows >= n && l.busy == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s: %d of %d messages stored, %d things to do: %w", id, l.rows, n, l.busy, ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// people lets everybody play their part: numbers that nobody offered, which the answer
// repeats; requests for help; pages visited; a number that must not be stored; and with dialog the
// beginning of a self-check in the middle. It returns who played.
func (w *ordeal) people(t *testing.T, seed uint64, messages int, dialog bool) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	var ids []string
	var wg sync.WaitGroup
	for i := range faultPeople {
		id := string(user(i))
		ids = append(ids, id)
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(seed, uint64(i)+1))
			time.Sleep(time.Duration(rng.IntN(3000)) * time.Millisecond)
			if err := w.play(ctx, id, rng, messages, dialog); err != nil {
				w.fail("%v", err)
			}
		})
	}
	wg.Wait()
	return ids
}

const (
	personal = "我的身份证号是11010119900307803X"
	visited  = "https://example.invalid/my/" // not words but a page that is visited: nobody answers
)

func (w *ordeal) play(ctx context.Context, id string, rng *rand.Rand, messages int, dialog bool) error {
	words := []string{"帮助", "帮助", "帮助", personal, visited + "1", visited + "2"}
	if dialog {
		messages -= 3
	}
	for n := 20; len(words) < messages; n++ {
		words = append(words, fmt.Sprint(n))
	}
	rng.Shuffle(len(words), func(i, j int) { words[i], words[j] = words[j], words[i] })
	p := &player{w: w, ctx: ctx, phone: w.sim.Phone(id)}
	cut := rng.IntN(len(words))
	if !dialog {
		p.say(words...)
		return p.err
	}
	p.say(words[:cut]...)
	p.wait()
	p.say("自查")
	p.wait()
	p.press(text.SelfBegin)
	p.wait()
	p.say("退出")
	p.wait()
	p.say(words[cut:]...)
	return p.err
}

// player is a person with a phone; after an error it does nothing more.
type player struct {
	w     *ordeal
	ctx   context.Context
	phone *wecomsim.Phone
	told  int // messages that WeCom saw acknowledged
	err   error
}

// say types, and what WeCom could not deliver it types again, as people do.
func (p *player) say(words ...string) {
	for _, word := range words {
		p.send(func() error {
			if strings.HasPrefix(word, visited) {
				return p.phone.Menu(p.ctx, word)
			}
			return p.phone.Type(p.ctx, word)
		})
	}
}

func (p *player) press(label string) {
	p.send(func() error { return p.phone.Press(p.ctx, label) })
}

func (p *player) send(do func() error) {
	for p.err == nil {
		p.w.typed.Add(1)
		switch err := do(); {
		case err == nil:
			p.told++
			return
		case errors.Is(err, wecomsim.ErrNotAcknowledged) && p.ctx.Err() == nil:
			p.w.unacked.Add(1)
			time.Sleep(time.Second)
		default:
			p.err = fmt.Errorf("%s: %w", p.phone.UserID(), err)
		}
	}
}

// wait is until everything so far is answered.
func (p *player) wait() {
	if p.err == nil {
		p.err = p.w.answered(p.ctx, p.phone.UserID(), p.told)
	}
}

// settled waits until every message is answered and every reply is out.
func (w *ordeal) settled(t *testing.T, within time.Duration) time.Duration {
	t.Helper()
	began := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	if err := w.sim.Idle(ctx); err != nil {
		t.Errorf("callbacks are still on their way: %v", err)
	}
	for {
		in, out, err := w.db.Backlog(ctx, time.Now())
		if err == nil && in+out == 0 {
			return time.Since(began)
		}
		if ctx.Err() != nil {
			t.Errorf("after %s %d messages and %d replies wait (%v)", within, in, out, err)
			return time.Since(began)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// kill ends an instance and starts it again.
func (w *ordeal) kill(v *node) {
	v.down.Store(true)
	if v.kill() {
		w.killed.Add(1)
	}
	go func() {
		ctx, cancel := context.WithTimeout(w.ctx, 30*time.Second)
		defer cancel()
		if err := v.start(); err != nil {
			w.fail("start %s again: %v", v.name, err)
			return
		}
		if err := v.ready(ctx); err != nil && w.ctx.Err() == nil {
			w.fail("%s after its kill: %v", v.name, err)
			return
		}
		v.down.Store(false)
	}()
}
