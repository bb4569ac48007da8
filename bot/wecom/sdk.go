package wecom

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/silenceper/wechat/v2/util"
	"github.com/silenceper/wechat/v2/work/config"
	sdkcontext "github.com/silenceper/wechat/v2/work/context"
)

// sdk is the one bridge into silenceper of this process. It is process-wide because
// silenceper's HTTP client is a package variable; it is installed once, at the first
// New, and never changed again.
var sdk = sync.OnceValue(func() *bridge { //nolint:gochecknoglobals // see above
	b := &bridge{tickets: map[string]*ticket{}}
	util.DefaultHTTPClient = newHTTP(b)
	return b
})

// bridge closes silenceper's traps (WECOM.md §C.7). Its methods take no context, know
// one base URL, have no timeout and put the URL into errors. We hand it a ticket where
// it expects a token; the bridge is its HTTP transport, looks the ticket up and finds
// there the context, the base URL and the real token. What silenceper sees, keeps in
// errors or caches is a ticket that is worth nothing once the call is over.
type bridge struct {
	serial  atomic.Uint64
	mu      sync.Mutex
	tickets map[string]*ticket
}

// ticket is one call through silenceper.
type ticket struct {
	id    string
	ctx   context.Context
	op    string
	token string
	api   *api
	err   error // what really went wrong, without a URL
}

// GetAccessToken makes a ticket an AccessTokenHandle.
func (t *ticket) GetAccessToken() (string, error) { return t.id, nil }

var errBridge = errors.New("wecom: call failed")

// RoundTrip performs the request that silenceper built, for the ticket in it.
func (b *bridge) RoundTrip(req *http.Request) (*http.Response, error) {
	q := req.URL.Query()
	b.mu.Lock()
	t := b.tickets[q.Get("access_token")]
	b.mu.Unlock()
	if t == nil {
		return nil, errBridge // a call that did not come through Client
	}
	resp, err := t.roundTrip(req, q)
	if err != nil {
		t.err = err
		return nil, errBridge
	}
	return resp, nil
}

func (t *ticket) roundTrip(req *http.Request, q url.Values) (*http.Response, error) {
	q.Set("access_token", t.token)
	var sent atomic.Bool
	ctx := httptrace.WithClientTrace(t.ctx, &httptrace.ClientTrace{WroteHeaders: func() { sent.Store(true) }})
	out := req.Clone(ctx)
	u := *t.api.base
	u.Path += req.URL.Path
	u.RawQuery = q.Encode()
	out.URL, out.Host = &u, ""
	resp, err := t.api.http.Transport.RoundTrip(out)
	if err != nil {
		return nil, wireError(t.op, err, sent.Load())
	}
	raw, err := readAnswer(t.op, resp)
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(raw))
	return resp, nil
}

// viaSDK runs one silenceper call with a context, our token and the usual retry.
// Parameters that silenceper puts into a URL must be escaped by the caller: it does not.
func (c *Client) viaSDK(ctx context.Context, op string, timeout time.Duration, call func(*sdkcontext.Context) error) error {
	return c.withToken(ctx, func(token string) error {
		ctx, cancel := context.WithTimeout(ctx, timeout)
		defer cancel()
		t := &ticket{id: "call-" + strconv.FormatUint(c.sdk.serial.Add(1), 10), ctx: ctx, op: op, token: token, api: c.api}
		c.sdk.mu.Lock()
		c.sdk.tickets[t.id] = t
		c.sdk.mu.Unlock()
		defer func() {
			c.sdk.mu.Lock()
			delete(c.sdk.tickets, t.id)
			c.sdk.mu.Unlock()
		}()
		err := call(&sdkcontext.Context{
			Config:            &config.Config{CorpID: c.corp, AgentID: strconv.FormatInt(c.agent, 10)},
			AccessTokenHandle: t,
		})
		var refusal *util.CommonError
		switch {
		case err == nil:
			return nil
		case t.err != nil:
			return t.err
		case errors.As(err, &refusal):
			return &CodeError{Op: op, Code: int(refusal.ErrCode)}
		}
		return &WireError{Op: op, Sent: true, What: "json"}
	})
}
