package web_test

import (
	"bytes"
	"html"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"qingfeng/bot"
)

// browser is one person's signed-in browser.
type browser struct {
	w    *world
	who  bot.UserID
	http *http.Client
	csrf string
}

// newBrowser follows no redirect and keeps cookies.
func (w *world) newBrowser(who bot.UserID) *browser {
	w.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return &browser{w: w, who: who, http: &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// as is a person's browser, signed in through OAuth.
func (w *world) as(who bot.UserID) *browser {
	w.t.Helper()
	if b := w.browsers[who]; b != nil {
		return b
	}
	b := w.newBrowser(who)
	first := b.send(http.MethodGet, "/", nil)
	if first.status != http.StatusFound {
		w.t.Fatalf("a stranger's first page: %d", first.status)
	}
	at, err := url.Parse(first.location)
	if err != nil {
		w.t.Fatal(err)
	}
	back := b.send(http.MethodGet, "/oauth/callback?code="+string(who)+"&state="+at.Query().Get("state"), nil)
	if back.status != http.StatusSeeOther {
		w.t.Fatalf("callback: %d\n%s", back.status, back.body)
	}
	home := b.get("/")
	if m := regexp.MustCompile(`name="csrf" value="([^"]+)"`).FindStringSubmatch(home.body); m != nil {
		b.csrf = m[1]
	}
	w.browsers[who] = b
	return b
}

// seen is an answer as a browser sees it.
type seen struct {
	status   int
	location string
	body     string // entities decoded
	head     http.Header
}

func (b *browser) send(method, path string, body io.Reader, heads ...string) seen {
	b.w.t.Helper()
	r, err := http.NewRequestWithContext(b.w.t.Context(), method, b.w.server.URL+path, body)
	if err != nil {
		b.w.t.Fatal(err)
	}
	for i := 0; i+1 < len(heads); i += 2 {
		r.Header.Set(heads[i], heads[i+1])
	}
	res, err := b.http.Do(r)
	if err != nil {
		b.w.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		b.w.t.Fatal(err)
	}
	return seen{status: res.StatusCode, location: res.Header.Get("Location"), body: html.UnescapeString(string(raw)), head: res.Header}
}

func (b *browser) get(path string) seen {
	b.w.t.Helper()
	return b.send(http.MethodGet, path, nil)
}

// post sends a form with the session's token.
func (b *browser) post(path string, form url.Values) seen {
	b.w.t.Helper()
	form = clone(form)
	form.Set("csrf", b.csrf)
	return b.send(http.MethodPost, path, strings.NewReader(form.Encode()), "Content-Type", "application/x-www-form-urlencoded")
}

// must posts and follows the redirect; anything else fails the test.
func (b *browser) must(path string, form url.Values) seen {
	b.w.t.Helper()
	got := b.post(path, form)
	if got.status != http.StatusSeeOther {
		b.w.t.Fatalf("%s posts %s: %d\n%s", b.who, path, got.status, said(got.body))
	}
	return b.get(got.location)
}

// upload posts a file.
func (b *browser) upload(path, name string, data []byte, fields url.Values) seen {
	b.w.t.Helper()
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	_ = m.WriteField("csrf", b.csrf)
	for k, v := range fields {
		_ = m.WriteField(k, v[0])
	}
	part, err := m.CreateFormFile("file", name)
	if err != nil {
		b.w.t.Fatal(err)
	}
	_, _ = part.Write(data)
	_ = m.Close()
	return b.send(http.MethodPost, path, &body, "Content-Type", m.FormDataContentType())
}

func clone(form url.Values) url.Values {
	out := url.Values{}
	for k, v := range form {
		out[k] = v
	}
	return out
}

// said is what a page says at its top, for messages of failing tests.
func said(body string) string {
	if i := strings.Index(body, "<main>"); i >= 0 {
		body = body[i:]
	}
	return body[:min(len(body), 1500)]
}

// field is the value of a hidden field on a page.
func field(t *testing.T, body, name string) string {
	t.Helper()
	m := regexp.MustCompile(`name="` + name + `" value="([^"]*)"`).FindStringSubmatch(body)
	if m == nil {
		t.Fatalf("no field %s on the page:\n%s", name, said(body))
	}
	return m[1]
}
