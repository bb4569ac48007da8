package wecom

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

const (
	// firstPause doubles with every refusal of the secret in a row, up to secretPause:
	// a passing refusal is soon over, while wrong secrets in a row would block the
	// whole IP for an hour (WECOM.md §B.8).
	firstPause  = 4 * time.Second
	secretPause = time.Minute
	// refetchPause: when gettoken hands back the very token that was just refused,
	// it is not thrown away again before.
	refetchPause = 10 * time.Second
)

// tokens is the token source of one corp and one secret. A token lives in memory
// only: fetching again inside its validity returns the same one, so several
// instances need not share it.
type tokens struct {
	fetch func(ctx context.Context) (string, time.Duration, error)
	now   func() time.Time
	one   singleflight.Group

	mu        sync.Mutex
	token     string
	refreshAt time.Time
	expires   time.Time
	refused   string    // the token that was thrown away last
	keepUntil time.Time // … and is not thrown away again before
	blocked   time.Time // no gettoken before
	blockCode int
	refusals  int // of the secret, in a row
}

// get returns a token. A token near its end is renewed beside the caller; without
// one the caller waits for the one fetch in flight.
func (t *tokens) get(ctx context.Context) (string, error) {
	t.mu.Lock()
	now := t.now()
	token := t.token
	valid := token != "" && now.Before(t.expires)
	fresh := valid && now.Before(t.refreshAt)
	wait, code := t.blocked.Sub(now), t.blockCode
	t.mu.Unlock()

	switch {
	case fresh, valid && wait > 0:
		return token, nil
	case wait > 0:
		return "", &tokenError{code: code, wait: wait}
	}
	flight := t.one.DoChan("", func() (any, error) { return t.renew(context.WithoutCancel(ctx)) })
	if valid {
		return token, nil
	}
	select {
	case r := <-flight:
		if r.Err != nil {
			return "", r.Err
		}
		return r.Val.(string), nil
	case <-ctx.Done():
		return "", &WireError{Op: "gettoken", What: "canceled"}
	}
}

func (t *tokens) renew(ctx context.Context) (string, error) {
	token, life, err := t.fetch(ctx)
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	var refusal *CodeError
	switch {
	case errors.As(err, &refusal):
		t.blocked, t.blockCode = now.Add(min(firstPause<<min(t.refusals, 8), secretPause)), refusal.Code
		t.refusals++
		if refusal.Code == -1 {
			t.blocked = now.Add(time.Second)
		}
		return "", &tokenError{code: refusal.Code, wait: t.blocked.Sub(now)}
	case err != nil:
		t.refreshAt = now.Add(refetchPause)
		return "", err
	}
	t.token, t.blocked, t.refusals = token, time.Time{}, 0
	t.refreshAt, t.expires = now.Add(life*9/10), now.Add(life)
	if token == t.refused {
		t.keepUntil = now.Add(refetchPause)
	}
	return token, nil
}

// discard forgets a token that WeCom refused, so that the next get fetches. It
// reports whether a retry is worth making.
func (t *tokens) discard(token string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.token != token {
		return true // somebody has renewed it since
	}
	if t.refused == token && t.now().Before(t.keepUntil) {
		return false
	}
	t.token, t.refused = "", token
	return true
}

// gettoken asks for a token; the secret travels in the query and nowhere else.
func (a *api) gettoken(corp, secret string) func(context.Context) (string, time.Duration, error) {
	return func(ctx context.Context) (string, time.Duration, error) {
		var out struct {
			Token   string `json:"access_token"`
			Expires int64  `json:"expires_in"`
		}
		q := url.Values{"corpid": {corp}, "corpsecret": {secret}}
		if err := a.do(ctx, http.MethodGet, "gettoken", q, nil, &out); err != nil {
			return "", 0, err
		}
		if out.Token == "" || out.Expires <= 0 {
			return "", 0, &WireError{Op: "gettoken", What: "json"}
		}
		return out.Token, time.Duration(min(out.Expires, 7200)) * time.Second, nil
	}
}
