package wecomsim

import "time"

const (
	tokenLife       = 7200 * time.Second
	wrongSecretsMax = 5 // wrong tries within an hour before the IP is blocked
)

// tokenState holds the one token that is valid, the ones that were, and the
// wrong tries per IP.
type tokenState struct {
	current string
	issued  time.Time
	old     map[string]string // token → why it is no longer good
	wrong   map[string]*window
}

// getToken answers the same token as long as it is valid. The life it states is
// always 7200 s, so a client that trusts it must survive 42001.
func (s *Sim) getToken(c *call) (reply, *apiError) {
	t := &s.tokens
	if t.wrong == nil {
		t.wrong = map[string]*window{}
	}
	w := t.wrong[c.ip]
	if w != nil && c.now.Before(w.blocked) {
		return reply{}, fail(45009, "api freq out of limit, wrong secret too often from this ip")
	}
	switch {
	case c.query.Get("corpid") == "":
		return reply{}, fail(41002, "corpid missing")
	case c.query.Get("corpsecret") == "":
		return reply{}, fail(41004, "corpsecret missing")
	case c.query.Get("corpid") != s.cfg.CorpID:
		s.violate(c.path, "wrong corpid")
		return reply{}, fail(40013, "invalid corpid")
	case c.query.Get("corpsecret") != s.cfg.Secret:
		s.violate(c.path, "wrong secret")
		if w == nil {
			w = &window{}
			t.wrong[c.ip] = w
		}
		w.add(c.now, time.Hour)
		if len(w.times) >= wrongSecretsMax {
			w.blocked = c.now.Add(time.Hour)
		}
		return reply{}, fail(40001, "invalid credential")
	}
	if t.current == "" || c.now.Sub(t.issued) >= tokenLife {
		s.retireToken("expired")
		t.current, t.issued = s.longRandom(), c.now
	}
	return ok(map[string]any{"access_token": t.current, "expires_in": int(tokenLife.Seconds())})
}

func (s *Sim) retireToken(why string) {
	if s.tokens.current == "" {
		return
	}
	if s.tokens.old == nil {
		s.tokens.old = map[string]string{}
	}
	s.tokens.old[s.tokens.current] = why
	s.tokens.current = ""
}

// RevokeToken makes the current token invalid (40014) before its time.
func (s *Sim) RevokeToken() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.retireToken("revoked")
}

// checkToken wants the token in the URL.
func (s *Sim) checkToken(c *call) *apiError {
	token := c.query.Get("access_token")
	t := &s.tokens
	switch {
	case token == "":
		s.violate(c.path, "access_token missing in the URL")
		return fail(41001, "access_token missing")
	case token == t.current && c.now.Sub(t.issued) < tokenLife:
		return nil
	case token == t.current, t.old[token] == "expired":
		return fail(42001, "access_token expired")
	}
	return fail(40014, "invalid access_token")
}
