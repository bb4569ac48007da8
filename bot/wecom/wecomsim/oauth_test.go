package wecomsim

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"
)

func authorizeQuery(change func(url.Values)) url.Values {
	q := url.Values{
		"appid": {"wx5823bf96d3bd56c7"}, "redirect_uri": {"http://127.0.0.1:8080/login?next=%2Fmy"}, "response_type": {"code"},
		"scope": {"snsapi_base"}, "state": {"abc123"}, "agentid": {"1000002"},
	}
	if change != nil {
		change(q)
	}
	return q
}

// visit opens a page without following redirects.
func (r *rig) visit(client *http.Client, path string, q url.Values) (int, string, string) {
	r.t.Helper()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := client.Get(r.url + path + "?" + q.Encode())
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return resp.StatusCode, resp.Header.Get("Location"), string(body)
}

func (r *rig) code(as string) string {
	r.t.Helper()
	_, loc, body := r.visit(&http.Client{}, "/connect/oauth2/authorize", authorizeQuery(func(q url.Values) { q.Set("as", as) }))
	u, err := url.Parse(loc)
	if err != nil || u.Query().Get("state") != "abc123" || u.Query().Get("next") != "/my" {
		r.t.Fatalf("redirect to %q: %s", loc, body)
	}
	return u.Query().Get("code")
}

func TestOAuthCodeWorksOnceAndFiveMinutes(t *testing.T) {
	r := newRig(t, nil).login()
	info := func(code string) answerJSON {
		return r.get("/cgi-bin/auth/getuserinfo", url.Values{"code": {code}})
	}
	code := r.code("zhangsan")
	if a := info(code); a.UserID != "ZhangSan" {
		t.Errorf("%s", a.raw)
	}
	if a := info(code); a.ErrCode != 40029 {
		t.Errorf("second use: %s", a.raw)
	}
	code = r.code("lisi")
	r.advance(5 * time.Minute)
	if a := info(code); a.ErrCode != 42003 {
		t.Errorf("after five minutes: %s", a.raw)
	}
	if a := info("invented"); a.ErrCode != 40029 {
		t.Errorf("invented: %s", a.raw)
	}
	if a := info(r.code("citizen")); a.UserID != "" || a.OpenID == "" {
		t.Errorf("not a member: %s", a.raw)
	}
}

func TestAuthorizeChecksItsParameters(t *testing.T) {
	r := newRig(t, nil)
	for name, c := range map[string]struct {
		key, value, code string
	}{
		"other port":       {"redirect_uri", "http://127.0.0.1:8081/login", "50001"},
		"other host":       {"redirect_uri", "http://evil.example/login", "50001"},
		"host as userinfo": {"redirect_uri", "http://127.0.0.1:8080@evil.example/", "50001"},
		"wrong corp":       {"appid", "other", "40013"},
		"state with dash":  {"state", "a-b", "40058"},
		"state of 129":     {"state", strings.Repeat("a", 129), "40058"},
		"scope":            {"scope", "snsapi_login", "40058"},
		"agentid":          {"agentid", "7", "40056"},
	} {
		status, _, body := r.visit(&http.Client{}, "/connect/oauth2/authorize", authorizeQuery(func(q url.Values) { q.Set(c.key, c.value) }))
		if status != 400 || !strings.Contains(body, c.code) {
			t.Errorf("%s: HTTP %d %s", name, status, body)
		}
	}
}

func TestAuthorizeLetsYouPickAPerson(t *testing.T) {
	r := newRig(t, nil)
	status, _, body := r.visit(&http.Client{}, "/connect/oauth2/authorize", authorizeQuery(nil))
	if status != 200 || !strings.Contains(body, "李四") || !strings.Contains(body, "as=lisi") {
		t.Errorf("HTTP %d %s", status, body)
	}
}

func TestALinkOpenedFromAPhoneCarriesThePersonOnce(t *testing.T) {
	r := newRig(t, func(c *Config) { c.EntryURL = "http://127.0.0.1:8080/enter?next=%s" }).login()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar}
	_, loc, _ := r.visit(browser, "/sim/open", url.Values{"as": {"lisi"}, "url": {"http://127.0.0.1:8080/my?x=1"}})
	if loc != "http://127.0.0.1:8080/enter?next=%2Fmy%3Fx%3D1" {
		t.Errorf("own page: %s", loc)
	}
	_, loc, _ = r.visit(browser, "/connect/oauth2/authorize", authorizeQuery(nil))
	u, err := url.Parse(loc)
	if err != nil {
		t.Fatal(err)
	}
	if a := r.get("/cgi-bin/auth/getuserinfo", url.Values{"code": {u.Query().Get("code")}}); a.UserID != "lisi" {
		t.Errorf("%s", a.raw)
	}
	if status, _, _ := r.visit(browser, "/connect/oauth2/authorize", authorizeQuery(nil)); status != 200 {
		t.Errorf("the person stuck to the browser: HTTP %d", status)
	}
	if _, loc, _ = r.visit(browser, "/sim/open", url.Values{"as": {"lisi"}, "url": {"https://elsewhere.example/a"}}); loc != "https://elsewhere.example/a" {
		t.Errorf("other page: %s", loc)
	}
	if status, _, _ := r.visit(browser, "/sim/open", url.Values{"url": {"javascript:alert(1)"}}); status != 400 {
		t.Errorf("script address: HTTP %d", status)
	}
}
