package public_test

import (
	"bytes"
	"context"
	"errors"
	"html"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"qingfeng/bot/survey"
	"qingfeng/handlers/public"
)

const good = "ABCDEFGHIJKLMNOPQRSTUVWXY2"

// box keeps one ballot.
type box struct {
	cast   []survey.Ballot
	broken error
	split  bool
}

func (b *box) Sheet(_ context.Context, token string) (survey.Sheet, error) {
	if b.broken != nil {
		return survey.Sheet{}, b.broken
	}
	if token != good || len(b.cast) > 0 {
		return survey.Sheet{}, survey.ErrSpent
	}
	x, _, err := survey.TemplateByCode("service")
	s := x.Sheet("<b>试</b>")
	if b.split {
		s.Sections = []survey.Option{{Key: "1", Text: "甲股"}, {Key: "2", Text: "乙股"}}
	}
	return s, err
}

func (b *box) Cast(_ context.Context, _ string, ballot survey.Ballot) error {
	b.cast = append(b.cast, ballot)
	return nil
}

type listener struct {
	t   *testing.T
	box box
	log bytes.Buffer
	h   http.Handler
}

func newListener(t *testing.T) *listener {
	t.Helper()
	l := &listener{t: t}
	var err error
	l.h, err = public.New(public.Config{
		Ballots: &l.box, Stop: func(s string) bool { return strings.Contains(s, "身份证") }, Secure: true,
		Log: slog.New(slog.NewTextHandler(&l.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func (l *listener) do(method, path string, body io.Reader) (int, string, http.Header) {
	l.t.Helper()
	r := httptest.NewRequestWithContext(l.t.Context(), method, "https://p.example"+path, body)
	if body != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	r.Header.Set("Cookie", "qf=somebody")
	r.Header.Set("User-Agent", "CANARY-browser")
	w := httptest.NewRecorder()
	l.h.ServeHTTP(w, r)
	return w.Code, w.Body.String(), w.Header()
}

func (l *listener) post(path string, form url.Values) (int, string) {
	l.t.Helper()
	status, body, _ := l.do(http.MethodPost, path, strings.NewReader(form.Encode()))
	return status, html.UnescapeString(body)
}

func filled() url.Values {
	return url.Values{
		"token": {good}, "q.clear": {"a"}, "q.limit": {"b"}, "q.fair": {"a"}, "q.manner": {"b"}, "q.overall": {"a"}, "q.improve": {"faster", "tell"}, "comment": {"窗口早点开"},
	}
}

func TestABallotIsFilledInAndTakenOnce(t *testing.T) {
	l := newListener(t)
	status, page := l.post("/b", url.Values{"token": {good}})
	if status != http.StatusOK || !strings.Contains(page, "对办理过程公开、公平满意吗") || !strings.Contains(page, "票上没有您的名字") {
		t.Fatalf("%d\n%s", status, page)
	}
	if status, page = l.post("/b/send", filled()); status != http.StatusOK || !strings.Contains(page, "收到了，谢谢") {
		t.Fatalf("%d\n%s", status, page)
	}
	want := []survey.Ballot{{Answers: map[string][]string{
		"clear": {"a"}, "limit": {"b"}, "fair": {"a"}, "manner": {"b"}, "overall": {"a"}, "improve": {"faster", "tell"},
	}, Comment: "窗口早点开"}}
	if d := cmp.Diff(want, l.box.cast); d != "" {
		t.Error(d)
	}
	if status, page = l.post("/b/send", filled()); status != http.StatusGone || !strings.Contains(page, "说明已经收到") {
		t.Errorf("again: %d\n%s", status, page)
	}
}

func TestWhatIsMissingIsSaidAndNothingTickedIsLost(t *testing.T) {
	l := newListener(t)
	l.box.split = true
	form := filled()
	form.Del("q.fair")
	status, page := l.post("/b/send", form)
	if status != http.StatusUnprocessableEntity || !strings.Contains(page, "有2处要补上") || strings.Count(page, "这题还没选") != 2 || strings.Count(page, " checked") != 6 || !strings.Contains(page, "窗口早点开") {
		t.Errorf("%d\n%s", status, page)
	}
	l.box.split = false
	form = filled()
	form.Set("comment", "我的身份证号是……")
	if status, page := l.post("/b/send", form); status != http.StatusUnprocessableEntity || !strings.Contains(page, "为了保护您没有收") || len(l.box.cast) != 0 {
		t.Errorf("a red line: %d\n%s", status, page)
	}
}

func TestEveryAnswerHasTheSameStrictHeadersAndNothingElse(t *testing.T) {
	l := newListener(t)
	for _, c := range []struct {
		method, path string
		form         url.Values
		status       int
	}{
		{http.MethodGet, "/b", nil, 200},
		{http.MethodPost, "/b", url.Values{"token": {good}}, 200},
		{http.MethodPost, "/b", url.Values{"token": {"x"}}, 410},
		{http.MethodPost, "/b/send", filled(), 200},
		{http.MethodGet, "/", nil, 404},
		{http.MethodGet, "/b/" + good, nil, 404},
		{http.MethodGet, "/b/send", nil, 404},
		{http.MethodPut, "/b", nil, 404},
		{http.MethodPost, "/b", url.Values{"token": {strings.Repeat("x", 60<<10)}}, 413},
	} {
		var body io.Reader
		if c.form != nil {
			body = strings.NewReader(c.form.Encode())
		}
		status, page, head := l.do(c.method, c.path, body)
		if status != c.status {
			t.Errorf("%s %s: %d, want %d", c.method, c.path, status, c.status)
		}
		names := slices.Sorted(maps.Keys(head))
		want := []string{
			"Cache-Control", "Content-Encoding", "Content-Length", "Content-Security-Policy", "Content-Type", "Cross-Origin-Opener-Policy", "Cross-Origin-Resource-Policy", "Permissions-Policy",
			"Referrer-Policy", "Strict-Transport-Security", "X-Content-Type-Options", "X-Frame-Options",
		}
		if d := cmp.Diff(want, names); d != "" {
			t.Errorf("%s %s:\n%s", c.method, c.path, d)
		}
		if csp := head.Get("Content-Security-Policy"); strings.Contains(csp, "unsafe") || !strings.HasPrefix(csp, "default-src 'none'; style-src 'sha256-") {
			t.Errorf("policy %s", csp)
		}
		if head.Get("Referrer-Policy") != "no-referrer" || head.Get("Cache-Control") != "no-store, no-transform" {
			t.Error("something is kept or told")
		}
		for _, not := range []string{"<script", "http://", "https://", "src=", " style=", "onload", "<b>试"} {
			if strings.Contains(page, not) {
				t.Errorf("%s %s shows %q", c.method, c.path, not)
			}
		}
	}
	if l.log.Len() > 0 {
		t.Errorf("the log is not empty:\n%s", l.log.String())
	}
}

func TestAFaultOfOursLeavesItsNameOnly(t *testing.T) {
	l := newListener(t)
	l.box.broken = errors.New("dial tcp: CANARY " + good)
	if status, page := l.post("/b/send", filled()); status != http.StatusServiceUnavailable || !strings.Contains(page, "您的票还在") || strings.Contains(page, "CANARY") {
		t.Errorf("%d\n%s", status, page)
	}
	if said := l.log.String(); !strings.Contains(said, "code=store") || strings.Contains(said, "CANARY") || strings.Contains(said, good) || strings.Contains(said, "/b") {
		t.Errorf("the log says %s", said)
	}
}

// Citizens' pages know no user: nothing they are built of does.
func TestTheListenerKnowsNoUser(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "qingfeng/handlers/public").Output()
	if err != nil {
		t.Fatal(err)
	}
	var ours []string
	for line := range strings.Lines(string(out)) {
		if pkg := strings.TrimSpace(line); strings.HasPrefix(pkg, "qingfeng/") {
			ours = append(ours, pkg)
		} else if first, _, _ := strings.Cut(pkg, "/"); strings.Contains(first, ".") && !strings.HasPrefix(pkg, "vendor/") &&
			!strings.HasPrefix(pkg, "filippo.io/age") && pkg != "github.com/altcha-org/altcha-lib-go" && !strings.HasPrefix(pkg, "golang.org/x/text/") && !strings.HasPrefix(pkg, "golang.org/x/crypto/") && !strings.HasPrefix(pkg, "golang.org/x/sys/cpu") {
			t.Errorf("it depends on %s", pkg)
		}
	}
	if d := cmp.Diff([]string{
		"qingfeng/bot/letter", "qingfeng/bot/notice", "qingfeng/bot/opinion", "qingfeng/bot/survey", "qingfeng/bot/text", "qingfeng/handlers/public",
	}, ours); d != "" {
		t.Errorf("it depends on more than it may:\n%s", d)
	}
}
