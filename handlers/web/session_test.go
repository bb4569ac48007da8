package web_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"qingfeng/handlers/web"
)

func TestAStrangerIsSentToWeComAndComesBackToThePage(t *testing.T) {
	w := newWorld(t)
	b := w.newBrowser("wang")
	target := w.my("wang", "/upload") + "?x=1"
	got := b.get(target)
	if got.status != http.StatusFound || !strings.HasPrefix(got.location, "https://login.example/authorize?") {
		t.Fatalf("%d to %s", got.status, got.location)
	}
	at, _ := url.Parse(got.location)
	if r := at.Query().Get("redirect_uri"); r != w.server.URL+"/oauth/callback" {
		t.Errorf("redirect_uri %s", r)
	}
	back := b.get("/oauth/callback?code=wang&state=" + at.Query().Get("state"))
	if back.status != http.StatusSeeOther || back.location != target {
		t.Fatalf("after the login: %d to %q, want %q", back.status, back.location, target)
	}
	if page := b.get(target); page.status != http.StatusOK {
		t.Errorf("the page: %d", page.status)
	}
}

func TestALoginStateCountsOnceAndInItsOwnBrowserOnly(t *testing.T) {
	w := newWorld(t)
	start := func(b *browser) string {
		at, _ := url.Parse(b.get("/board").location)
		return at.Query().Get("state")
	}
	mine := w.newBrowser("wang")
	state := start(mine)
	// Somebody else's browser cannot use it: no one is signed in as somebody else.
	theirs := w.newBrowser("wu")
	if got := theirs.get("/oauth/callback?code=wang&state=" + state); got.status != http.StatusBadRequest || got.head.Get("Set-Cookie") != "" {
		t.Errorf("a foreign browser: %d %q", got.status, got.head.Get("Set-Cookie"))
	}
	// Which used it up.
	if got := mine.get("/oauth/callback?code=wang&state=" + state); got.status != http.StatusBadRequest {
		t.Errorf("a used state: %d", got.status)
	}
	// Two tabs at once both arrive.
	one, two := start(mine), start(mine)
	for _, s := range []string{one, two} {
		if got := mine.get("/oauth/callback?code=wang&state=" + s); got.status != http.StatusSeeOther {
			t.Errorf("one of two tabs: %d", got.status)
		}
	}
	// An old state is no state.
	late := w.newBrowser("wang")
	state = start(late)
	w.chat.Clock.Set(w.chat.Clock.Now().Add(11 * time.Minute))
	if got := late.get("/oauth/callback?code=wang&state=" + state); got.status != http.StatusBadRequest {
		t.Errorf("a state of eleven minutes: %d", got.status)
	}
	for _, query := range []string{"", "?code=wang", "?code=wang&state=guess", "?state=" + strings.Repeat("x", 300)} {
		if got := late.get("/oauth/callback" + query); got.status != http.StatusBadRequest {
			t.Errorf("%q: %d", query, got.status)
		}
	}
}

func TestOnlyMembersOfTheRosterGetIn(t *testing.T) {
	w := newWorld(t)
	sign := func(code string) (*browser, seen) {
		b := w.newBrowser("wang")
		at, _ := url.Parse(b.get("/").location)
		return b, b.get("/oauth/callback?code=" + code + "&state=" + at.Query().Get("state"))
	}
	if _, got := sign("outsider"); got.status != http.StatusForbidden || !strings.Contains(got.body, "只有本单位成员") {
		t.Errorf("an outsider: %d", got.status)
	}
	b, got := sign("nobody")
	if got.status != http.StatusSeeOther {
		t.Fatalf("a member: %d", got.status)
	}
	if page := b.get("/"); page.status != http.StatusForbidden || !strings.Contains(page.body, "花名册里还没有您") {
		t.Errorf("a member without a post: %d", page.status)
	}
}

func TestASessionEndsAfterEightHoursAndByLogout(t *testing.T) {
	w := newWorld(t)
	b := w.as("wang")
	w.chat.Clock.Set(w.chat.Clock.Now().Add(8*time.Hour - time.Minute))
	if got := b.get("/"); got.status != http.StatusOK {
		t.Fatalf("before eight hours: %d", got.status)
	}
	w.chat.Clock.Set(w.chat.Clock.Now().Add(2 * time.Minute))
	if got := b.get("/"); got.status != http.StatusFound {
		t.Errorf("after eight hours: %d", got.status)
	}
	// What was typed into a page that is too old is shown to be kept.
	got := b.post(w.my("wang", ""), url.Values{"do": {"add"}, "sentence": {"这一句写了很久，不能丢"}})
	if got.status != http.StatusUnauthorized || !strings.Contains(got.body, "这一句写了很久，不能丢") {
		t.Errorf("a form sent after the session ended: %d\n%s", got.status, said(got.body))
	}
	delete(w.browsers, "wang")
	b = w.as("wang")
	if got := b.post("/logout", nil); got.status != http.StatusOK {
		t.Errorf("logout: %d", got.status)
	}
	if got := b.get("/"); got.status != http.StatusFound {
		t.Errorf("after logout: %d", got.status)
	}
}

func TestAFormFromElsewhereIsRefused(t *testing.T) {
	w := newWorld(t)
	b := w.as("wang")
	path := w.my("wang", "")
	body := func(csrf string) *strings.Reader {
		return strings.NewReader(url.Values{"csrf": {csrf}, "do": {"zero"}, "reason": {"只做收发登记，不经手钱物"}}.Encode())
	}
	const kind = "application/x-www-form-urlencoded"
	for name, c := range map[string]struct {
		csrf  string
		heads []string
	}{
		"no token":            {"", nil},
		"a wrong token":       {strings.Repeat("A", 26), nil},
		"somebody's token":    {w.as("wu").csrf, nil},
		"another site":        {b.csrf, []string{"Sec-Fetch-Site", "cross-site"}},
		"another origin":      {b.csrf, []string{"Origin", "https://evil.example"}},
		"a form without kind": {b.csrf, []string{"Content-Type", "text/plain"}},
	} {
		got := b.send(http.MethodPost, path, body(c.csrf), append([]string{"Content-Type", kind}, c.heads...)...)
		if got.status != http.StatusForbidden {
			t.Errorf("%s: %d", name, got.status)
		}
	}
	if w.check("wang").ZeroReason != "" {
		t.Fatal("a refused form changed something")
	}
	if got := b.send(http.MethodPost, path, body(b.csrf), "Content-Type", kind, "Sec-Fetch-Site", "same-origin"); got.status != http.StatusSeeOther {
		t.Errorf("the own form: %d", got.status)
	}
}

func TestReturnPathsStayHere(t *testing.T) {
	w := newWorld(t)
	for _, target := range []string{"//evil.example/x", "/%5cevil.example", "/%09/evil.example"} {
		b := w.newBrowser("wang")
		first := b.get(target)
		if first.status == http.StatusFound && !strings.HasPrefix(first.location, "https://login.example/") && !strings.HasPrefix(first.location, "/") {
			t.Errorf("%s leads to %s", target, first.location)
		}
	}
	// Whatever a stored target says, the way back is a path of ours.
	for _, target := range []string{"//evil.example/x", "/\\evil.example", "https://evil.example/", "javascript:alert(1)", "/a\r\nSet-Cookie: x=1"} {
		b := w.newBrowser("wang")
		at, _ := url.Parse(b.get("/board").location)
		if _, err := w.chat.DB.Pool().Exec(t.Context(), `UPDATE oauth_state SET target = $1`, target); err != nil {
			t.Fatal(err)
		}
		back := b.get("/oauth/callback?code=wang&state=" + at.Query().Get("state"))
		if back.status != http.StatusSeeOther || back.location != "/" {
			t.Errorf("%q: %d to %q", target, back.status, back.location)
		}
	}
}

func TestCookiesAndHeadersAreStrict(t *testing.T) {
	w := newWorld(t)
	handler, err := web.New(w.config("https://qf.example"))
	if err != nil {
		t.Fatal(err)
	}
	get := func(path string, cookies ...*http.Cookie) *http.Response {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "https://qf.example"+path, nil)
		for _, c := range cookies {
			r.AddCookie(c)
		}
		rec := httptest.NewRecorder()
		handler.ServeHTTP(rec, r)
		return rec.Result()
	}
	first := get("/board")
	at, _ := url.Parse(first.Header.Get("Location"))
	back := get("/oauth/callback?code=sun&state="+at.Query().Get("state"), first.Cookies()...)
	var session *http.Cookie
	for _, c := range append(first.Cookies(), back.Cookies()...) {
		if !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteLaxMode || !strings.HasPrefix(c.Name, "__Host-") || c.Domain != "" || c.Path != "/" {
			t.Errorf("cookie %s is not strict: %+v", c.Name, c)
		}
		if c.Name == "__Host-qf" {
			session = c
		}
	}
	if session == nil || session.MaxAge != int((8*time.Hour).Seconds()) {
		t.Fatalf("session cookie: %+v", session)
	}
	page := get("/board", session)
	for name, want := range map[string]string{
		"Content-Security-Policy":   "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
		"Cache-Control":             "no-store",
		"X-Content-Type-Options":    "nosniff",
		"X-Frame-Options":           "DENY",
		"Referrer-Policy":           "same-origin",
		"Strict-Transport-Security": "max-age=31536000",
	} {
		if got := page.Header.Get(name); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestHealthAndReadiness(t *testing.T) {
	w := newWorld(t)
	b := w.newBrowser("wang")
	for path, want := range map[string]int{"/healthz": 200, "/readyz": 200, "/favicon.ico": 404, "/static/app.css": 404} {
		if got := b.get(path); got.status != want {
			t.Errorf("%s: %d, want %d", path, got.status, want)
		}
	}
	w.chat.DB.Close()
	if got := b.get("/healthz"); got.status != 200 {
		t.Errorf("alive without a database: %d", got.status)
	}
	if got := b.get("/readyz"); got.status != http.StatusServiceUnavailable {
		t.Errorf("ready without a database: %d", got.status)
	}
}

func TestLogsHoldRoutesAndNothingElse(t *testing.T) {
	w := newWorld(t)
	w.scene()
	w.as("sun").get(fmt.Sprintf("/board?section=%d&stand=draft", w.sectionOf("wang")))
	logs := w.logs.String()
	for _, want := range []string{`route="GET /board"`, `route="POST /my/{check}"`, "status=200", "status=303"} {
		if !strings.Contains(logs, want) {
			t.Errorf("the log lacks %s", want)
		}
	}
	for _, not := range []string{wangText[:9], "stand=draft", w.my("wang", "") + " ", "csrf", "code=wang", "王舟", w.as("wang").csrf} {
		if strings.Contains(logs, not) {
			t.Errorf("the log holds %q", not)
		}
	}
}
