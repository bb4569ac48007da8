//go:build bench

package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"qingfeng/bot"
	"qingfeng/bot/risk"
	"qingfeng/bot/wecom"
)

const benchPeople = 4000

// said is what people say in the accept bench: about 60 bytes.
const said = "请问我们股室的固定资产盘点表应该什么时候报？"

// benchAccept: whole callbacks (HTTP, verify, decrypt, XML, guard, store, commit, 200)
// beside bare inserts of the same rows into a table of the same shape, in turns.
func benchAccept(t *testing.T, b *bench) {
	s := newStore(t)
	a := wired(t, s.database(t, "accept", ""), "http://127.0.0.1:1")
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { a.inbox.Run(ctx) })
	defer func() { cancel(); wg.Wait() }()
	if _, err := a.db.Pool().Exec(ctx, "CREATE TABLE bare (LIKE inbox INCLUDING ALL)"); err != nil {
		t.Fatal(err)
	}
	host := strings.TrimPrefix(serveHTTP(t, a.staff), "http://")
	seal := newSealer(t)

	round := short(b, 800*time.Millisecond, 400*time.Millisecond)
	rounds, acked := short(b, 5, 3), 0
	for _, clients := range []int{1, 8, 64} {
		pool, err := pgxpool.New(ctx, s.address("accept", map[string]string{"pool_max_conns": fmt.Sprint(clients), "pool_min_conns": fmt.Sprint(clients)}))
		if err != nil {
			t.Fatal(err)
		}
		var ours, bare []float64
		var waits []time.Duration
		var self, theirs time.Duration
		done := 0
		for i := range rounds + 1 { // the first one warms up
			bareRate := bareInserts(t, pool, clients, round)
			stock := seal.requests(t, int(round.Seconds()*14000))
			own, pgs := ownCPU(), s.cpu()
			rate, lat, n := callbacks(t, host, stock, clients, round)
			acked += n
			if i == 0 {
				continue
			}
			self, theirs, done = self+ownCPU()-own, theirs+s.cpu()-pgs, done+n
			ours, bare, waits = append(ours, rate), append(bare, bareRate), append(waits, lat...)
		}
		pool.Close()
		ratio := middle(ours) / middle(bare)
		f := figure{
			what: fmt.Sprintf("callbacks accepted, %d clients", clients), ours: perSecond(middle(ours)),
			limit: "bare inserts " + perSecond(middle(bare)), ratio: fmt.Sprintf("%.2f", ratio),
		}
		if clients == 1 {
			b.add(f)
		} else {
			f.target = "ratio ≥ 0.5"
			b.add(f, ratio >= 0.5)
		}
		b.note("accept, %d clients: 200 after p50 %s, p99 %s; processor per callback: %.0f µs here (service and clients), %.0f µs PostgreSQL",
			clients, ms(quantile(waits, 0.5)), ms(quantile(waits, 0.99)), micros(self, done), micros(theirs, done))
	}
	stages(t, b, seal)
	var rows, keys int
	if err := a.db.Pool().QueryRow(ctx, "SELECT count(*), count(DISTINCT dedupe) FROM inbox").Scan(&rows, &keys); err != nil {
		t.Fatal(err)
	}
	if rows != acked || keys != rows {
		t.Errorf("%d callbacks were acknowledged and %d stored", acked, rows)
	}
}

func micros(d time.Duration, n int) float64 { return float64(d.Microseconds()) / float64(max(n, 1)) }

// sealer makes signed callbacks as bytes on the wire.
type sealer struct {
	envelope *wecom.Envelope
	next     atomic.Int64
}

func newSealer(t testing.TB) *sealer {
	t.Helper()
	e, err := wecom.NewEnvelope(peerToken, peerKey, peerCorp)
	if err != nil {
		t.Fatal(err)
	}
	return &sealer{envelope: e}
}

// text is one person's next message: the plaintext, its id and the body around it.
func (s *sealer) text(from bot.UserID, words string) (plain []byte, msgID string) {
	msgID = fmt.Sprint(7300000000000000000 + s.next.Add(1))
	return fmt.Appendf(nil, "<xml><ToUserName><![CDATA[%s]]></ToUserName><FromUserName><![CDATA[%s]]></FromUserName><CreateTime>%d</CreateTime>"+
		"<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[%s]]></Content><MsgId>%s</MsgId><AgentID>%d</AgentID></xml>",
		peerCorp, from, time.Now().Unix(), words, msgID, peerAgent), msgID
}

// seal gives the query and the body of a callback.
func (s *sealer) seal(t testing.TB, plain []byte) (query string, body []byte) {
	encrypted, err := s.envelope.Seal(rand.Reader, plain)
	if err != nil {
		t.Fatal(err)
	}
	stamp, nonce := fmt.Sprint(time.Now().Unix()), rand.Text()[:10]
	query = url.Values{"msg_signature": {s.envelope.Sign(stamp, nonce, encrypted)}, "timestamp": {stamp}, "nonce": {nonce}}.Encode()
	return query, fmt.Appendf(nil, "<xml><ToUserName><![CDATA[%s]]></ToUserName><Encrypt><![CDATA[%s]]></Encrypt><AgentID><![CDATA[%d]]></AgentID></xml>", peerCorp, encrypted, peerAgent)
}

// request is a whole POST as bytes.
func (s *sealer) request(t testing.TB, from bot.UserID, words string) []byte {
	plain, _ := s.text(from, words)
	query, body := s.seal(t, plain)
	return fmt.Appendf(nil, "POST /wecom/callback?%s HTTP/1.1\r\nHost: bench\r\nContent-Type: text/xml\r\nContent-Length: %d\r\n\r\n%s", query, len(body), body)
}

func (s *sealer) requests(t testing.TB, n int) [][]byte {
	out := make([][]byte, n)
	for i := range out {
		out[i] = s.request(t, user(i%benchPeople), said)
	}
	return out
}

// wire is a client that costs next to nothing: it writes ready bytes and reads a status.
type wire struct {
	conn net.Conn
	in   *bufio.Reader
}

func dial(t testing.TB, host string) *wire {
	t.Helper()
	conn, err := net.Dial("tcp", host)
	if err != nil {
		t.Fatal(err)
	}
	return &wire{conn: conn, in: bufio.NewReader(conn)}
}

// post sends one request and returns the status of the answer, which must be empty.
func (w *wire) post(request []byte) (int, error) {
	if _, err := w.conn.Write(request); err != nil {
		return 0, err
	}
	status := 0
	for first := true; ; first = false {
		line, err := w.in.ReadSlice('\n')
		if err != nil {
			return 0, err
		}
		if first {
			if _, err := fmt.Sscanf(string(line), "HTTP/1.1 %d", &status); err != nil {
				return 0, err
			}
		}
		if len(line) <= 2 {
			return status, nil
		}
	}
}

// callbacks posts from several clients at once for a while: rate, waits, count.
func callbacks(t testing.TB, host string, stock [][]byte, clients int, d time.Duration) (rate float64, waits []time.Duration, n int) {
	t.Helper()
	var next atomic.Int64
	var mu sync.Mutex
	var wg sync.WaitGroup
	wires := make([]*wire, clients)
	for i := range wires {
		wires[i] = dial(t, host)
		defer wires[i].conn.Close()
	}
	began := time.Now()
	until := began.Add(d)
	for _, w := range wires {
		wg.Go(func() {
			var own []time.Duration
			for time.Now().Before(until) {
				i := int(next.Add(1)) - 1
				if i >= len(stock) {
					break
				}
				sent := time.Now()
				status, err := w.post(stock[i])
				if err != nil || status != http.StatusOK {
					t.Errorf("callback: %d %v", status, err)
					return
				}
				own = append(own, time.Since(sent))
			}
			mu.Lock()
			waits = append(waits, own...)
			mu.Unlock()
		})
	}
	wg.Wait()
	took := time.Since(began)
	return float64(len(waits)) / took.Seconds(), waits, len(waits)
}

// bareInserts is the limit: one statement, one row, one commit, nothing around it.
func bareInserts(t testing.TB, pool *pgxpool.Pool, clients int, d time.Duration) float64 {
	t.Helper()
	ctx := t.Context()
	var n atomic.Int64
	var wg sync.WaitGroup
	run := rand.Text()
	began := time.Now()
	until := began.Add(d)
	for c := range clients {
		wg.Go(func() {
			for i := 0; time.Now().Before(until); i++ {
				from := user((c*7919 + i) % benchPeople)
				// What the service stores of the same message.
				body, err := json.Marshal(bot.Message{From: from, Kind: bot.KindText, At: time.Now(), Text: said})
				if err == nil {
					_, err = pool.Exec(ctx, `INSERT INTO bare (dedupe, user_key, user_id, body, due_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (dedupe) DO NOTHING`,
						fmt.Sprintf("%d:%s:%s%02d%07d", peerAgent, from.Key(), run[:10], c, i), from.Key(), string(from), body, (*time.Time)(nil))
				}
				if err != nil {
					t.Errorf("bare insert: %v", err)
					return
				}
				n.Add(1)
			}
		})
	}
	wg.Wait()
	return float64(n.Load()) / time.Since(began).Seconds()
}

// stages says what a callback costs beside the insert, each stage alone on one core.
func stages(t *testing.T, b *bench, seal *sealer) {
	t.Helper()
	n := short(b, 6000, 2000)
	type sealed struct {
		query string
		body  []byte
		q     url.Values
		enc   string
		plain []byte
	}
	all := make([]sealed, n)
	for i := range all {
		plain, _ := seal.text(user(i%benchPeople), said)
		query, body := seal.seal(t, plain)
		q, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		_, rest, _ := bytes.Cut(body, []byte("<Encrypt><![CDATA["))
		enc, _, _ := bytes.Cut(rest, []byte("]]>"))
		all[i] = sealed{query, body, q, string(enc), plain}
	}
	each := func(f func(s *sealed)) float64 {
		began := ownCPU() // not the clock: other programs may have the cores
		for i := range all {
			f(&all[i])
		}
		return micros(ownCPU()-began, n)
	}
	open := each(func(s *sealed) {
		if _, err := seal.envelope.Open(s.q.Get("msg_signature"), s.q.Get("timestamp"), s.q.Get("nonce"), s.enc); err != nil {
			t.Fatal(err)
		}
	})
	guard := each(func(*sealed) { risk.Guard(said) })
	handler, err := wecom.NewCallback(wecom.CallbackConfig{
		Token: peerToken, AESKey: peerKey, CorpID: peerCorp, AgentID: peerAgent, Guard: risk.Guard, Now: time.Now,
		Accept: func(context.Context, bot.Message) error { return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	whole := each(func(s *sealed) {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, &http.Request{
			Method: http.MethodPost, URL: &url.URL{RawQuery: s.query}, ContentLength: int64(len(s.body)), Body: io.NopCloser(bytes.NewReader(s.body)),
		})
		if w.Code != http.StatusOK {
			t.Fatal(w.Code)
		}
	})
	host := strings.TrimPrefix(serveHTTP(t, handler), "http://")
	stock := seal.requests(t, n)
	own := ownCPU()
	_, _, done := callbacks(t, host, stock, 8, time.Minute)
	net := micros(ownCPU()-own, done)
	b.note("accept, what the rest is, µs of processor per callback without the insert: net/http with its client %.0f, encoding/xml and the query %.0f, red-line guard %.0f, SHA-1 and AES %.0f; all %.0f",
		net-whole, whole-open-guard, guard, open, net)
}
