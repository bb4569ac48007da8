package wecom

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

const (
	// DefaultAPIBase and DefaultOAuthBase are the public service; 政务微信 and private
	// deployments have their own.
	DefaultAPIBase   = "https://qyapi.weixin.qq.com"
	DefaultOAuthBase = "https://open.weixin.qq.com"

	callTimeout = 10 * time.Second
	maxAnswer   = 1 << 20
)

// checkBase accepts an absolute http(s) address without query, and drops a final slash.
func checkBase(raw, fallback string) (*url.URL, error) {
	if raw == "" {
		raw = fallback
	}
	u, err := url.Parse(strings.TrimRight(raw, "/"))
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return nil, errors.New("wecom: a base address must be http(s)://host[:port][/path]")
	}
	return u, nil
}

// newHTTP is a client that never follows a redirect: the token is in the URL.
func newHTTP(rt http.RoundTripper) *http.Client {
	return &http.Client{
		Transport:     rt,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// api makes single calls. It knows no token; token.go and client.go do.
type api struct {
	base    *url.URL
	http    *http.Client
	timeout time.Duration
}

// do makes one call and decodes the answer into out (nil: only errcode matters).
// op is the path under /cgi-bin and names the call in errors.
func (a *api) do(ctx context.Context, method, op string, query url.Values, body []byte, out any) error {
	ctx, cancel := context.WithTimeout(ctx, a.timeout)
	defer cancel()
	var sent atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		// Before its headers are out a request cannot have been acted upon.
		WroteHeaders: func() { sent.Store(true) },
		WroteRequest: func(httptrace.WroteRequestInfo) { sent.Store(true) },
	})
	u := *a.base
	u.Path += "/cgi-bin/" + op
	u.RawQuery = query.Encode()
	var reader io.Reader
	if body != nil {
		reader = bytes.NewReader(body)
	}
	req, err := http.NewRequestWithContext(ctx, method, u.String(), reader)
	if err != nil {
		return &WireError{Op: op, What: "request"}
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json; charset=utf-8")
	}
	resp, err := a.http.Do(req)
	if err != nil {
		return wireError(op, err, sent.Load())
	}
	raw, err := readAnswer(op, resp)
	if err != nil {
		return err
	}
	return decode(op, raw, out)
}

// readAnswer reads an answer of WeCom's application, maxAnswer bytes at most, and
// closes the body.
func readAnswer(op string, resp *http.Response) ([]byte, error) {
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		// A redirect or a 4xx is not WeCom's application answering.
		return nil, &WireError{Op: op, Sent: resp.StatusCode >= 500, What: fmt.Sprintf("status %d", resp.StatusCode)}
	}
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return nil, wireError(op, err, true)
	}
	if len(raw) > maxAnswer {
		return nil, &WireError{Op: op, Sent: true, What: "size"}
	}
	return raw, nil
}

func decode(op string, raw []byte, out any) error {
	var head struct {
		Code *int `json:"errcode"`
	}
	if err := json.Unmarshal(raw, &head); err != nil || head.Code == nil {
		return &WireError{Op: op, Sent: true, What: "json"}
	}
	if *head.Code != 0 {
		return &CodeError{Op: op, Code: *head.Code}
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(raw, out); err != nil {
		return &WireError{Op: op, Sent: true, What: "json"}
	}
	return nil
}

// wireError names what happened without a word of err, which holds the URL.
func wireError(op string, err error, sent bool) error {
	e := &WireError{Op: op, Sent: sent, What: "lost"}
	var netErr net.Error
	switch {
	case errors.Is(err, context.Canceled):
		e.What = "canceled"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &netErr) && netErr.Timeout():
		e.What = "timeout"
	case !sent:
		e.What = "dial"
	}
	return e
}

// encode is JSON without HTML escaping, as the documentation's examples are.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("wecom: encode: %w", err)
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}
