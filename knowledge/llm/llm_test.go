package llm_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"qingfeng/knowledge/llm"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const key = "CANARY-key"

// house is an endpoint that behaves as a test says, and what was logged.
type house struct {
	t     *testing.T
	url   string
	calls atomic.Int32
	log   *journal
	mu    sync.Mutex
	now   time.Time
}

type journal struct {
	mu sync.Mutex
	b  strings.Builder
}

func (j *journal) Write(p []byte) (int, error) { j.mu.Lock(); defer j.mu.Unlock(); return j.b.Write(p) }

func (j *journal) String() string { j.mu.Lock(); defer j.mu.Unlock(); return j.b.String() }

func newHouse(t *testing.T, behave http.HandlerFunc) *house {
	t.Helper()
	h := &house{t: t, log: &journal{}, now: time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.calls.Add(1); behave(w, r) }))
	t.Cleanup(server.Close)
	h.url = server.URL
	t.Cleanup(func() {
		if s := h.log.String(); strings.Contains(s, "CANARY") || strings.Contains(s, server.URL) {
			t.Errorf("the log tells too much:\n%s", s)
		}
	})
	return h
}

func (h *house) clock() time.Time { h.mu.Lock(); defer h.mu.Unlock(); return h.now }

func (h *house) pass(d time.Duration) { h.mu.Lock(); defer h.mu.Unlock(); h.now = h.now.Add(d) }

func (h *house) config(change ...func(*llm.Config)) llm.Config {
	tr := &http.Transport{}
	h.t.Cleanup(tr.CloseIdleConnections)
	c := llm.Config{
		BaseURL: h.url + "/v1", Key: key, Model: "m", Dim: 3, Timeout: 5 * time.Second, Transport: tr,
		Now: h.clock, Log: slog.New(slog.NewTextHandler(h.log, nil)),
	}
	for _, f := range change {
		f(&c)
	}
	return c
}

func (h *house) chat(change ...func(*llm.Config)) *llm.Chat {
	h.t.Helper()
	m, err := llm.NewChat(h.config(change...))
	if err != nil {
		h.t.Fatal(err)
	}
	return m
}

func (h *house) embedder(change ...func(*llm.Config)) *llm.Embedder {
	h.t.Helper()
	e, err := llm.NewEmbedder(h.config(change...))
	if err != nil {
		h.t.Fatal(err)
	}
	return e
}

// is checks the code, and that the error tells nothing.
func is(t *testing.T, err error, want llm.Code) {
	t.Helper()
	e, ok := errors.AsType[*llm.Error](err)
	if !ok || e.Code != want {
		t.Fatalf("got %v, want %s", err, want)
	}
	if strings.Contains(err.Error(), "CANARY") || strings.Contains(err.Error(), "127.0.0.1") {
		t.Errorf("the error tells too much: %v", err)
	}
}

func sse(w http.ResponseWriter, parts ...string) {
	w.Header().Set("Content-Type", "text/event-stream")
	for _, p := range parts {
		fmt.Fprint(w, p)
		w.(http.Flusher).Flush()
	}
}

func delta(text, finish string) string {
	raw, _ := json.Marshal(map[string]any{"choices": []any{map[string]any{"index": 0, "delta": map[string]any{"content": text}, "finish_reason": finish}}})
	return "data: " + string(raw) + "\n\n"
}

const done = "data: [DONE]\n\n"

func TestAStreamedAnswerArrivesInPartsAndWhole(t *testing.T) {
	var got map[string]any
	h := newHouse(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+key || r.URL.Path != "/v1/chat/completions" {
			t.Error(r.URL.Path, r.Header)
		}
		_ = json.NewDecoder(r.Body).Decode(&got)
		sse(w, ": waiting\n\n", delta("三重", ""), delta("一大[1]", ""), delta("", "stop"), done)
	})
	var parts []string
	answer, err := h.chat().Complete(t.Context(), "s", "u", func(p string) { parts = append(parts, p) })
	if err != nil || answer != "三重一大[1]" || strings.Join(parts, "|") != "三重|一大[1]" {
		t.Fatal(answer, parts, err)
	}
	if got["model"] != "m" || got["temperature"] == nil || got["stream"] != true {
		t.Error(got)
	}
}

func TestAnswersComeFromEndpointsThatDoNotStream(t *testing.T) {
	plain := `{"choices":[{"message":{"role":"assistant","content":"好的[1]"},"finish_reason":"stop"}]}`
	for name, behave := range map[string]http.HandlerFunc{
		"ignores it": func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, plain) },
		"refuses it": func(w http.ResponseWriter, r *http.Request) {
			if body, _ := io.ReadAll(r.Body); strings.Contains(string(body), `"stream":true`) {
				http.Error(w, `{"error":{"message":"no stream"}}`, http.StatusBadRequest)
				return
			}
			fmt.Fprint(w, plain)
		},
		"streams without a reason to end": func(w http.ResponseWriter, _ *http.Request) {
			sse(w, delta("好的", ""), delta("[1]", ""), "data:[DONE]\n")
		},
		"streams without an end mark": func(w http.ResponseWriter, _ *http.Request) { sse(w, delta("好的", ""), delta("[1]", "stop")) },
		"thinks aloud": func(w http.ResponseWriter, _ *http.Request) {
			sse(w, delta("<thi", ""), delta("nk>保密", ""), delta("</think>\n\n好", ""), delta("的[1]", "stop"), done)
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, behave)
			c := h.chat()
			for range 2 {
				parts := ""
				answer, err := c.Complete(t.Context(), "s", "u", func(p string) { parts += p })
				if err != nil || answer != "好的[1]" || parts != answer {
					t.Fatalf("%q %q %v", answer, parts, err)
				}
			}
			if name == "refuses it" && h.calls.Load() != 3 {
				t.Errorf("asked %d times: it should know after the first", h.calls.Load())
			}
		})
	}
}

func hang(_ http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body) // or the server does not see the client go
	<-r.Context().Done()
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(code)
		fmt.Fprint(w, `{"error":{"message":"Incorrect API key provided: `+key+`"}}`)
	}
}

func TestEachWayToMisbehaveIsOneError(t *testing.T) {
	short := func(c *llm.Config) { c.Timeout, c.MaxReply = 400*time.Millisecond, 20_000 }
	for name, c := range map[string]struct {
		behave http.HandlerFunc
		chat   llm.Code
		embed  llm.Code
	}{
		"hangs":          {hang, llm.Timeout, llm.Timeout},
		"wrong key":      {status(401), llm.Denied, llm.Denied},
		"too many":       {status(429), llm.Busy, llm.Busy},
		"broken":         {status(500), llm.Down, llm.Down},
		"bad request":    {status(400), llm.Rejected, llm.Rejected},
		"page":           {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>login</html>") }, llm.Rubbish, llm.Rubbish},
		"nothing":        {func(http.ResponseWriter, *http.Request) {}, llm.Empty, llm.Empty},
		"null":           {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "{}") }, llm.Empty, llm.Empty},
		"error with 200": {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"error":{"message":"CANARY"}}`) }, llm.Down, llm.Down},
		"other shape":    {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"choices":"x","data":7}`) }, llm.Rubbish, llm.Rubbish},
		"half an answer": {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"choices":[{"mess`) }, llm.Rubbish, llm.Rubbish},
		"cut connection": {func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, "{")
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}, llm.Unreachable, llm.Unreachable},
		"redirect": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/v1/elsewhere", http.StatusTemporaryRedirect)
		}, llm.Redirect, llm.Redirect},
		"flood": {func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, "{\"a\":\""+strings.Repeat("x", 100_000)+"\"}")
		}, llm.TooLarge, llm.TooLarge},
		"slow flood":       {func(w http.ResponseWriter, r *http.Request) { drip(w, r, delta("x", "")) }, llm.Timeout, llm.Timeout},
		"endless stream":   {func(w http.ResponseWriter, r *http.Request) { flood(w, r, delta("xxxxxxxxxxxxxxxxxx", "")) }, llm.TooLarge, llm.TooLarge},
		"endless comments": {func(w http.ResponseWriter, r *http.Request) { flood(w, r, ": ping\n\n") }, llm.Rubbish, llm.TooLarge},
		"one endless line": {func(w http.ResponseWriter, r *http.Request) { flood(w, r, "data: xxxxxxxxxx") }, llm.TooLarge, llm.TooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, c.behave)
			began := time.Now()
			_, err := h.chat(short).Complete(t.Context(), "s", "u", nil)
			is(t, err, c.chat)
			_, err = h.embedder(short).Embed(t.Context(), []string{"x"})
			is(t, err, c.embed)
			if took := time.Since(began); took > 3*time.Second {
				t.Errorf("took %s", took)
			}
			if c.chat == llm.Timeout && !errors.Is(err, context.DeadlineExceeded) {
				t.Error("no time limit in", err)
			}
		})
	}
}

func drip(w http.ResponseWriter, r *http.Request, part string) {
	_, _ = io.Copy(io.Discard, r.Body)
	for r.Context().Err() == nil {
		sse(w, part)
		time.Sleep(50 * time.Millisecond)
	}
}

func flood(w http.ResponseWriter, r *http.Request, part string) {
	_, _ = io.Copy(io.Discard, r.Body)
	for r.Context().Err() == nil {
		sse(w, part)
	}
}

func TestStreamsThatEndBadlyAreNoAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		parts []string
		want  llm.Code
	}{
		"breaks off":         {[]string{delta("半句", "")}, llm.Cut},
		"runs out of words":  {[]string{delta("半句", "length"), done}, llm.Cut},
		"is withheld":        {[]string{delta("", "content_filter"), done}, llm.Cut},
		"says nothing":       {[]string{delta("", "stop"), done}, llm.Empty},
		"only thinks":        {[]string{delta("<think>嗯", "stop"), done}, llm.Empty},
		"turns into error":   {[]string{delta("半", ""), "data: {\"error\":{\"message\":\"CANARY\"}}\n\n"}, llm.Down},
		"turns into rubbish": {[]string{delta("半", ""), "data: {{{\n\n"}, llm.Rubbish},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, func(w http.ResponseWriter, _ *http.Request) { sse(w, c.parts...) })
			_, err := h.chat().Complete(t.Context(), "s", "u", func(string) {})
			is(t, err, c.want)
			if name == "turns into error" && h.calls.Load() != 1 {
				t.Error("asked again after parts were handed on")
			}
		})
	}
}

func TestWhatPassesIsTriedAgainWithinTheTimeLimit(t *testing.T) {
	for _, code := range []int{429, 503} {
		var n atomic.Int32
		h := newHouse(t, func(w http.ResponseWriter, r *http.Request) {
			if n.Add(1) < 3 {
				status(code)(w, r)
				return
			}
			sse(w, delta("好", "stop"), done)
		})
		if answer, err := h.chat().Complete(t.Context(), "s", "u", nil); err != nil || answer != "好" || n.Load() != 3 {
			t.Fatal(answer, err, n.Load())
		}
	}
	h := newHouse(t, func(w http.ResponseWriter, r *http.Request) { w.Header().Set("Retry-After", "60"); status(429)(w, r) })
	began := time.Now()
	_, err := h.chat().Complete(t.Context(), "s", "u", nil)
	is(t, err, llm.Busy)
	if h.calls.Load() != 1 || time.Since(began) > time.Second {
		t.Errorf("waited %s, asked %d times though the endpoint said when", time.Since(began), h.calls.Load())
	}
}

func TestTheCallersCancellationIsNotTheEndpointsFault(t *testing.T) {
	h := newHouse(t, hang)
	c := h.chat()
	for range 3 {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(50*time.Millisecond, cancel)
		_, err := c.Complete(ctx, "s", "u", nil)
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		if _, ours := errors.AsType[*llm.Error](err); ours {
			t.Fatal(err)
		}
	}
	if h.calls.Load() != 3 {
		t.Errorf("asked %d times", h.calls.Load())
	}
}

func TestAFailingEndpointIsLeftAlone(t *testing.T) {
	var well atomic.Bool
	h := newHouse(t, func(w http.ResponseWriter, r *http.Request) {
		if !well.Load() {
			hang(w, r)
			return
		}
		sse(w, delta("好", "stop"), done)
	})
	c := h.chat(func(c *llm.Config) { c.Timeout = 100 * time.Millisecond })
	ask := func() error { _, err := c.Complete(t.Context(), "s", "u", nil); return err }
	is(t, ask(), llm.Timeout)
	is(t, ask(), llm.Timeout)
	is(t, ask(), llm.Timeout)
	if strings.Contains(h.log.String(), "rests") {
		t.Fatal("a caller without patience tripped it")
	}

	c = h.chat(func(c *llm.Config) { c.Timeout = time.Second })
	is(t, ask(), llm.Timeout)
	is(t, ask(), llm.Timeout)
	before, began := h.calls.Load(), time.Now()
	for range 20 {
		is(t, ask(), llm.Resting)
	}
	if h.calls.Load() != before || time.Since(began) > 500*time.Millisecond {
		t.Fatalf("asked %d times more in %s", h.calls.Load()-before, time.Since(began))
	}
	h.pass(31 * time.Second)
	var wg sync.WaitGroup // one finds out, the others do not wait
	var resting atomic.Int32
	for range 8 {
		wg.Go(func() {
			if e, ok := errors.AsType[*llm.Error](ask()); ok && e.Code == llm.Resting {
				resting.Add(1)
			}
		})
	}
	wg.Wait()
	if h.calls.Load() != before+1 || resting.Load() != 7 {
		t.Fatalf("%d asked, %d did not wait", h.calls.Load()-before, resting.Load())
	}
	h.pass(31 * time.Second) // it rests twice as long now
	is(t, ask(), llm.Resting)
	well.Store(true)
	h.pass(30 * time.Second)
	for range 3 {
		if err := ask(); err != nil {
			t.Fatal(err)
		}
	}
	if s := h.log.String(); strings.Count(s, "rests") != 2 || strings.Count(s, "is back") != 1 {
		t.Error(s)
	}
}

func TestAWrongKeyIsNotTriedTwice(t *testing.T) {
	h := newHouse(t, status(401))
	e := h.embedder()
	_, err := e.Embed(t.Context(), []string{"x"})
	is(t, err, llm.Denied)
	_, err = e.Embed(t.Context(), []string{"x"})
	is(t, err, llm.Resting)
	if h.calls.Load() != 1 {
		t.Error(h.calls.Load())
	}
}

// vectors answers like an endpoint whose vector for text number n is (n+1, 0, 4).
func vectors(change func(n int) (index int, vector string)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var in struct{ Input []string }
		_ = json.NewDecoder(r.Body).Decode(&in)
		var data []string
		for i := len(in.Input) - 1; i >= 0; i-- { // not in order
			index, v := change(i)
			if in.Input[i] != "" && v == "" {
				v = fmt.Sprintf("[%d, 0, 4]", len(in.Input[i]))
			}
			data = append(data, fmt.Sprintf(`{"object":"embedding","index":%d,"embedding":%s}`, index, v))
		}
		fmt.Fprintf(w, `{"data":[%s],"usage":null}`, strings.Join(data, ","))
	}
}

func TestVectorsComeInTheOrderOfTheTexts(t *testing.T) {
	h := newHouse(t, vectors(func(n int) (int, string) { return n, "" }))
	texts := []string{"aaa", "a", "aaaaa", "aa", "aaaa", "aaaaaa", "aaaaaaa"}
	got, err := h.embedder(func(c *llm.Config) { c.Batch = 3 }).Embed(t.Context(), texts)
	if err != nil || len(got) != len(texts) || h.calls.Load() != 3 {
		t.Fatal(got, err, h.calls.Load())
	}
	for i, text := range texts {
		want := float64(len(text)) / math.Sqrt(float64(len(text)*len(text)+16))
		if math.Abs(float64(got[i][0])-want) > 1e-6 {
			t.Errorf("%d: %v, want %v first", i, got[i], want)
		}
	}
	if got, err := h.embedder().Embed(t.Context(), nil); err != nil || len(got) != 0 {
		t.Error(got, err)
	}
}

func TestVectorsThatCannotBeTrustedAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		behave http.HandlerFunc
		want   llm.Code
	}{
		"too short": {vectors(func(n int) (int, string) { return n, "[1,2]" }), llm.Dimension},
		"too long":  {vectors(func(n int) (int, string) { return n, "[1,2,3,4]" }), llm.Dimension},
		"zero":      {vectors(func(n int) (int, string) { return n, "[0,0,0]" }), llm.Number},
		"null":      {vectors(func(n int) (int, string) { return n, "[1,null,2]" }), llm.Number},
		"nan":       {vectors(func(n int) (int, string) { return n, "[1,NaN,2]" }), llm.Number},
		"infinite":  {vectors(func(n int) (int, string) { return n, "[-Infinity,1,2]" }), llm.Number},
		"beyond":    {vectors(func(n int) (int, string) { return n, "[1e300,1,2]" }), llm.Rubbish},
		"all first": {vectors(func(int) (int, string) { return 0, "" }), llm.Order},
		"no such":   {vectors(func(n int) (int, string) { return n + 1, "" }), llm.Order},
		"words":     {vectors(func(n int) (int, string) { return n, `"abc"` }), llm.Rubbish},
		"one missing": {func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, `{"data":[{"index":0,"embedding":[1,2,3]}]}`)
		}, llm.Count},
		"none": {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"data":[]}`) }, llm.Empty},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, c.behave)
			got, err := h.embedder().Embed(t.Context(), []string{"aaa", "a"})
			is(t, err, c.want)
			if got != nil {
				t.Error(got)
			}
		})
	}
}

func TestBadConfigurationsSaySoWithoutTheirSecrets(t *testing.T) {
	h := newHouse(t, status(500))
	for name, change := range map[string]func(*llm.Config){
		"no address":   func(c *llm.Config) { c.BaseURL = "" },
		"scheme":       func(c *llm.Config) { c.BaseURL = "ftp://CANARY/v1" },
		"key in it":    func(c *llm.Config) { c.BaseURL = "http://u:CANARY@h/v1" },
		"not an url":   func(c *llm.Config) { c.BaseURL = "http://CANARY h\x7f" },
		"key":          func(c *llm.Config) { c.Key = "CANARY\n" },
		"model":        func(c *llm.Config) { c.Model = "" },
		"no dimension": func(c *llm.Config) { c.Dim = 0 },
		"too many":     func(c *llm.Config) { c.Dim = 4001 },
	} {
		if _, err := llm.NewEmbedder(h.config(change)); err == nil || strings.Contains(err.Error(), "CANARY") {
			t.Errorf("%s: %v", name, err)
		}
	}
	c := h.config()
	if s := fmt.Sprintf("%v %+v %#v %s", c, c, c, &c); strings.Contains(s, "CANARY") || strings.Contains(s, "127.0.0.1") {
		t.Error(s)
	}
}

func TestAnEndpointThatIsNotThereIsUnreachable(t *testing.T) {
	h := newHouse(t, status(500))
	c := h.chat(func(c *llm.Config) { c.BaseURL = "http://127.0.0.1:1/v1" })
	_, err := c.Complete(t.Context(), "s", "u", nil)
	is(t, err, llm.Unreachable)
}
