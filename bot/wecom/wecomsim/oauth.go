package wecomsim

import (
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	oauthCodeLife = 5 * time.Minute
	// asCookie remembers which phone opened a link, for the authorize page.
	asCookie = "sim_as"
)

// oauthCode lets the app learn once who opened a page.
type oauthCode struct {
	userid string
	issued time.Time
	used   bool
}

// authorize is the page WeCom shows between a link and the app: it lets you pick
// a person, unless ?as= or the phone that opened the link says who it is.
func (s *Sim) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if e := s.checkAuthorize(q); e != nil {
		s.mu.Lock()
		s.violate(r.URL.Path, e.msg)
		s.mu.Unlock()
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(http.StatusBadRequest)
		_ = authorizeError.Execute(w, map[string]any{"Code": e.code, "Msg": e.msg})
		return
	}
	as := q.Get("as")
	if as == "" {
		if c, err := r.Cookie(asCookie); err == nil {
			as, _ = url.QueryUnescape(c.Value) // written by openPage
			http.SetCookie(w, &http.Cookie{Name: asCookie, Path: "/", MaxAge: -1})
		}
	}
	if as == "" {
		s.pickPerson(w, r)
		return
	}
	s.mu.Lock()
	code := s.longRandom()
	s.oauthCodes[code] = &oauthCode{userid: as, issued: s.cfg.Now()}
	s.mu.Unlock()
	target, _ := url.Parse(q.Get("redirect_uri")) // checked above
	back := target.Query()
	back.Set("code", code)
	back.Set("state", q.Get("state"))
	target.RawQuery = back.Encode()
	http.Redirect(w, r, target.String(), http.StatusFound)
}

func (s *Sim) checkAuthorize(q url.Values) *apiError {
	target, err := url.Parse(q.Get("redirect_uri"))
	state := q.Get("state")
	switch {
	case q.Get("appid") != s.cfg.CorpID:
		return fail(40013, "invalid appid")
	case q.Get("response_type") != "code":
		return fail(40058, "response_type must be code")
	case q.Get("scope") != "snsapi_base" && q.Get("scope") != "snsapi_privateinfo":
		return fail(40058, "invalid scope")
	case q.Get("scope") == "snsapi_privateinfo" && q.Get("agentid") == "":
		return fail(40056, "agentid missing")
	case len(state) > 128 || !alnum(state):
		return fail(40058, "state must be at most 128 letters and digits")
	case err != nil || target.Host == "" || !strings.EqualFold(target.Host, s.cfg.TrustedDomain):
		return fail(50001, "redirect_uri is not the trusted domain")
	}
	if id, given, valid := intParam(q, "agentid"); given && (!valid || id != s.cfg.AgentID) {
		return fail(40056, "invalid agentid")
	}
	return nil
}

// pickPerson shows the members as links to this same page with as= added.
func (s *Sim) pickPerson(w http.ResponseWriter, r *http.Request) {
	type choice struct{ Name, Position, URL string }
	var list []choice
	for _, m := range s.Members() {
		q := r.URL.Query()
		q.Set("as", m.UserID)
		list = append(list, choice{Name: m.Name, Position: m.Position, URL: "?" + q.Encode()})
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = authorizePage.Execute(w, list)
}

// getUserInfo trades a code for the userid, once, within five minutes. Someone
// who is not a member of the corp gets an openid instead.
func (s *Sim) getUserInfo(c *call) (reply, *apiError) {
	return s.codeOwner(c, "userid", "openid")
}

// getUserInfoOld is the older path with its capitalised names.
func (s *Sim) getUserInfoOld(c *call) (reply, *apiError) {
	return s.codeOwner(c, "UserId", "OpenId")
}

func (s *Sim) codeOwner(c *call, memberField, outsiderField string) (reply, *apiError) {
	code := s.oauthCodes[c.query.Get("code")]
	switch {
	case code == nil:
		return reply{}, fail(40029, "invalid code")
	case code.used:
		return reply{}, fail(40029, "code already used")
	case c.now.Sub(code.issued) >= oauthCodeLife:
		return reply{}, fail(42003, "code expired")
	}
	code.used = true
	if m := s.dir.find(code.userid); m != nil {
		return ok(map[string]any{memberField: m.UserID})
	}
	return ok(map[string]any{outsiderField: "o_" + code.userid})
}

var authorizePage = template.Must(template.New("authorize").Parse(`<!doctype html>
<html lang="zh-CN"><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>选择身份</title>
<style>body{font:16px/1.6 -apple-system,"PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif;background:#ededed;margin:0;color:#222}
main{max-width:26rem;margin:0 auto;padding:1.5rem 1rem}h1{font-size:1.15rem;margin:0 0 .3rem}p{margin:0 0 1rem;color:#666;font-size:.9rem}
a{display:flex;justify-content:space-between;gap:1rem;background:#fff;padding:.7rem 1rem;border-bottom:1px solid #eee;text-decoration:none;color:inherit}
a:hover,a:focus{background:#f2f7ff}small{color:#888}</style>
<main><h1>以谁的身份打开？</h1><p>这是本机上的企业微信。真实环境里会自动认出本人，没有这一步。</p>
<nav>{{range .}}<a href="{{.URL}}"><span>{{.Name}}</span><small>{{.Position}}</small></a>{{end}}</nav></main></html>`))

var authorizeError = template.Must(template.New("authorize-error").Parse(`<!doctype html>
<html lang="zh-CN"><meta charset="utf-8"><title>无法授权</title>
<body style="font-family:sans-serif;padding:2rem"><h1>无法授权（{{.Code}}）</h1><p>{{.Msg}}</p></body></html>`))
