package llm

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/sashabaranov/go-openai"
)

// Config is one endpoint and one of its models.
type Config struct {
	BaseURL string // up to and with /v1; http or https
	Key     string // empty: none is sent
	Model   string
	Dim     int // of the model's vectors, 1–4000; embeddings only
	// Timeout is for one call with its retries; 30 s if zero.
	Timeout time.Duration
	// MaxReply is the most bytes of one HTTP answer; 1 MiB for answers and 64 MiB for
	// embeddings if zero.
	MaxReply int64
	// Batch is the most texts of one embedding request; 16 if zero.
	Batch int
	// Rest is how long the endpoint is left alone at first; 30 s if zero.
	Rest time.Duration
	// Transport is for tests; nil is one with short limits for connecting.
	Transport http.RoundTripper
	Now       func() time.Time
	Log       *slog.Logger
}

// Format keeps the key and the address out of whatever prints a Config.
func (c Config) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "llm("+c.Model+")") }

// endpoint is what Chat and Embedder share.
type endpoint struct {
	Config
	api     *openai.Client
	breaker breaker
}

const (
	attempts   = 3
	firstPause = 200 * time.Millisecond
)

func open(c Config, maxReply int64) (*endpoint, error) {
	u, err := url.Parse(c.BaseURL)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, errors.New("llm: BaseURL must be http(s)://host/path") // without the address: it may hold a key
	}
	if c.Model == "" || c.Now == nil || c.Log == nil {
		return nil, errors.New("llm: Model, Now and Log are needed")
	}
	if strings.ContainsFunc(c.Key, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, errors.New("llm: Key has characters that no key has")
	}
	if c.Timeout <= 0 {
		c.Timeout = 30 * time.Second
	}
	if c.MaxReply <= 0 {
		c.MaxReply = maxReply
	}
	if c.Rest <= 0 {
		c.Rest = firstRest
	}
	if c.Transport == nil {
		c.Transport = &http.Transport{
			Proxy:       http.ProxyFromEnvironment,
			DialContext: (&net.Dialer{Timeout: 3 * time.Second}).DialContext, TLSHandshakeTimeout: 5 * time.Second,
			MaxIdleConnsPerHost: 4, IdleConnTimeout: time.Minute, MaxResponseHeaderBytes: 64 << 10, ForceAttemptHTTP2: true,
		}
	}
	e := &endpoint{Config: c, breaker: breaker{now: c.Now, log: c.Log.With("model", c.Model), first: c.Rest}}
	api := openai.DefaultConfig(c.Key)
	api.BaseURL = strings.TrimRight(c.BaseURL, "/")
	api.HTTPClient = e
	e.api = openai.NewClientWithConfig(api)
	return e, nil
}

// call makes one call under the time limit and the breaker; try may be made again
// while it says so.
func (e *endpoint) call(ctx context.Context, try func(ctx context.Context) (again bool, err error)) (err error) {
	if err := ctx.Err(); err != nil {
		return verdict(ctx, err)
	}
	if err := e.breaker.enter(); err != nil {
		return err
	}
	given := e.Timeout
	if end, ok := ctx.Deadline(); ok {
		given = min(given, time.Until(end))
	}
	defer func() { e.breaker.leave(err, given) }()
	ctx, cancel := context.WithTimeout(ctx, e.Timeout)
	defer cancel()
	pause := firstPause
	for attempt := 1; ; attempt++ {
		again, failure := try(ctx)
		failure = verdict(ctx, failure)
		own, ok := errors.AsType[*Error](failure)
		if !again || !ok || !own.again() || attempt == attempts {
			return failure
		}
		wait := max(pause, own.Wait)
		if end, _ := ctx.Deadline(); time.Until(end) <= wait {
			return failure // known sooner than the time limit would tell
		}
		select {
		case <-ctx.Done():
			return verdict(ctx, ctx.Err())
		case <-time.After(wait):
		}
		pause *= 4
	}
}

// Do sends a request for the OpenAI client, and stands between it and the endpoint: no
// redirects, no bodies of errors, nothing beyond MaxReply, no URL in an error.
func (e *endpoint) Do(r *http.Request) (*http.Response, error) {
	client := http.Client{Transport: e.Transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(r)
	if err != nil {
		if r.Context().Err() != nil {
			return nil, r.Context().Err()
		}
		return nil, &Error{Code: Unreachable}
	}
	if resp.StatusCode < 200 || resp.StatusCode >= 300 {
		defer resp.Body.Close()
		_, _ = io.CopyN(io.Discard, resp.Body, 4<<10) // so that the connection can be used again
		return nil, byStatus(resp.StatusCode, resp.Header, e.Now())
	}
	resp.Body = &guard{body: resp.Body, left: e.MaxReply}
	if r.Header.Get("Accept") == "text/event-stream" {
		err = asStream(resp)
	} else {
		err = whole(resp)
	}
	if err != nil {
		resp.Body.Close()
		return nil, err
	}
	return resp, nil
}

// guard reads at most so many bytes, and gives breaks of the connection our name.
type guard struct {
	body io.ReadCloser
	left int64
}

func (g *guard) Read(p []byte) (int, error) {
	if g.left <= 0 {
		return 0, &Error{Code: TooLarge}
	}
	if int64(len(p)) > g.left {
		p = p[:g.left]
	}
	n, err := g.body.Read(p)
	g.left -= int64(n)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, context.Canceled) {
		err = &Error{Code: Unreachable}
	}
	return n, err
}

func (g *guard) Close() error { return g.body.Close() }
