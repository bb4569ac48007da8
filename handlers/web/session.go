package web

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/text"
)

const (
	sessionCookie = "qf"
	loginCookie   = "qf_login_" // + the beginning of the state, so that two tabs can sign in at once
	flashCookie   = "qf_said"
	loginFor      = 10 * time.Minute
)

// visit is one request of a recognised person.
type visit struct {
	w     http.ResponseWriter
	r     *http.Request
	actor bot.Actor
	csrf  string
	flash *flash
}

// known lets a page see recognised people only: the others go to WeCom and come back.
func (s *site) known(p page) http.Handler {
	return s.knownTo(func(context.Context, *visit) error { return nil }, p)
}

// knownTo is known for those whom may lets in; the body is not read before it does.
func (s *site) knownTo(may, p page) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := r.Context()
		v := &visit{w: w, r: r}
		session, ok, err := s.session(ctx, r)
		if err != nil {
			s.fail(v, err)
			return
		}
		if !ok {
			s.askLogin(v)
			return
		}
		v.csrf = session.CSRF
		if v.actor, err = s.Register.Who(ctx, session.UserID); err != nil {
			s.fail(v, err)
			return
		}
		v.flash = s.takeFlash(w, r)
		if v.actor.Person == 0 {
			s.problem(v, http.StatusForbidden, problem{Title: text.WebStranger, Say: text.WebStrangerHow})
			return
		}
		if err := may(ctx, v); err != nil {
			s.fail(v, err)
			return
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			err := v.parse()
			defer func() { // the server would only remove files of the request as it came
				if r.MultipartForm != nil {
					_ = r.MultipartForm.RemoveAll()
				}
			}()
			if err != nil {
				s.fail(v, err)
				return
			}
			if subtle.ConstantTimeCompare([]byte(r.PostFormValue("csrf")), []byte(v.csrf)) != 1 {
				s.problem(v, http.StatusForbidden, problem{Title: text.WebStale, Say: text.WebStaleHow, Kept: typed(r)})
				return
			}
		}
		if err := p(ctx, v); err != nil {
			s.fail(v, err)
		}
	})
}

func (s *site) session(ctx context.Context, r *http.Request) (bot.Session, bool, error) {
	c, err := r.Cookie(s.cookieName(sessionCookie))
	if err != nil || c.Value == "" || len(c.Value) > 200 {
		return bot.Session{}, false, nil
	}
	return s.Register.Session(ctx, c.Value)
}

// askLogin sends a reader to WeCom. A form cannot travel along: what was typed is shown
// so that it can be kept.
func (s *site) askLogin(v *visit) {
	if v.r.Method != http.MethodGet && v.r.Method != http.MethodHead {
		if !strings.HasPrefix(v.r.Header.Get("Content-Type"), "multipart/form-data") { // files of strangers are not read
			_ = v.parse()
		}
		s.problem(v, http.StatusUnauthorized, problem{Title: text.WebSignedOut, Say: text.WebSignedOutHow, Link: "/", LinkText: text.WebSignIn, Kept: typed(v.r)})
		return
	}
	s.toWeCom(v, v.r.URL.RequestURI())
}

// login always begins a new login and then goes to a page: for a browser that
// several people share, as the simulator's phones do.
func (s *site) login(w http.ResponseWriter, r *http.Request) {
	s.toWeCom(&visit{w: w, r: r}, r.URL.Query().Get("to"))
}

// toWeCom sends a reader to WeCom's login and from there to a page of ours.
func (s *site) toWeCom(v *visit, target string) {
	state, err := s.Register.NewOAuthState(v.r.Context(), localPath(target))
	if err != nil {
		s.fail(v, err)
		return
	}
	// The state belongs to this browser: nobody can be signed in with somebody else's code.
	s.setCookie(v.w, loginCookie+state[:min(8, len(state))], fingerprint(state), loginFor)
	http.Redirect(v.w, v.r, s.Login.AuthorizeURL(state, s.BaseURL+"/oauth/callback"), http.StatusFound)
}

// callback takes the code that WeCom sends a member back with.
func (s *site) callback(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	v := &visit{w: w, r: r}
	state, code := r.URL.Query().Get("state"), r.URL.Query().Get("code")
	target, ok, err := "", false, error(nil)
	if state != "" && len(state) <= 128 {
		target, ok, err = s.Register.TakeOAuthState(ctx, state)
	}
	if err != nil {
		s.fail(v, err)
		return
	}
	again := problem{Title: text.WebLoginOver, Say: text.WebLoginOverHow, Link: localPath(target), LinkText: text.WebSignIn}
	if !ok {
		s.problem(v, http.StatusBadRequest, again)
		return
	}
	name := loginCookie + state[:min(8, len(state))]
	mine, err := r.Cookie(s.cookieName(name))
	if err != nil || subtle.ConstantTimeCompare([]byte(mine.Value), []byte(fingerprint(state))) != 1 {
		s.problem(v, http.StatusBadRequest, again)
		return
	}
	s.setCookie(w, name, "", -1)
	id, err := s.Login.Login(ctx, code)
	if err != nil {
		s.Log.Warn("login refused", "code", opOf(err))
		say := bot.Says(err)
		if say == "" {
			say = text.WebLoginOverHow
		}
		again.Title, again.Say = text.WebLoginFailed, say
		s.problem(v, http.StatusForbidden, again)
		return
	}
	token, session, err := s.Register.NewSession(ctx, id)
	if err != nil {
		s.fail(v, err)
		return
	}
	s.setCookie(w, sessionCookie, token, session.Expires.Sub(s.Now()))
	http.Redirect(w, r, localPath(target), http.StatusSeeOther)
}

// logout ends the session.
func (s *site) logout(ctx context.Context, v *visit) error {
	if c, err := v.r.Cookie(s.cookieName(sessionCookie)); err == nil {
		if err := s.Register.EndSession(ctx, c.Value); err != nil {
			return err
		}
		if err := s.closeDesks(ctx, v); err != nil {
			return err
		}
	}
	s.setCookie(v.w, sessionCookie, "", -1)
	s.problem(v, http.StatusOK, problem{Title: text.WebBye, Say: text.WebByeHow, Link: "/", LinkText: text.WebSignIn})
	return nil
}

// localPath is a path of ours, whatever it was: never another site's address.
func localPath(target string) string {
	u, err := url.Parse(target)
	if err != nil || u.IsAbs() || u.Host != "" || u.Opaque != "" || !strings.HasPrefix(u.Path, "/") || strings.HasPrefix(u.Path, "//") ||
		strings.ContainsAny(target, "\\\r\n\t") || len(target) > 500 {
		return "/"
	}
	out := url.URL{Path: u.Path, RawQuery: u.RawQuery}
	return out.String()
}

// cookieName: over https the browser itself holds the cookie to this host and to Secure.
func (s *site) cookieName(name string) string {
	if s.secure {
		return "__Host-" + name
	}
	return name
}

// setCookie sets a cookie, or with a negative life removes it.
func (s *site) setCookie(w http.ResponseWriter, name, value string, life time.Duration) {
	age := int(life / time.Second)
	if life < 0 {
		age = -1
	}
	http.SetCookie(w, &http.Cookie{
		Name: s.cookieName(name), Value: value, Path: "/", MaxAge: age, HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteLaxMode,
	})
}

// flash is what one page says on the next one.
type flash struct {
	Say []string `json:"s"`
	Bad bool     `json:"b,omitempty"` // a refusal
}

// to redirects after a change, with what there is to say.
func (s *site) to(v *visit, path string, f flash) error {
	if len(f.Say) > 0 {
		if raw, err := json.Marshal(f); err == nil && len(raw) < 2500 {
			s.setCookie(v.w, flashCookie, base64.RawURLEncoding.EncodeToString(raw), time.Minute)
		}
	}
	http.Redirect(v.w, v.r, path, http.StatusSeeOther)
	return nil
}

func (s *site) takeFlash(w http.ResponseWriter, r *http.Request) *flash {
	c, err := r.Cookie(s.cookieName(flashCookie))
	if err != nil || r.Method != http.MethodGet {
		return nil
	}
	s.setCookie(w, flashCookie, "", -1)
	raw, err := base64.RawURLEncoding.DecodeString(c.Value)
	var f flash
	if err != nil || json.Unmarshal(raw, &f) != nil || len(f.Say) == 0 {
		return nil
	}
	return &f
}

// fingerprint is a short name of a content.
func fingerprint(s string) string {
	h := sha256.Sum256([]byte(s))
	return hex.EncodeToString(h[:8])
}
