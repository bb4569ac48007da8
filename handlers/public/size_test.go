package public_test

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"qingfeng/bot/notice"
	"qingfeng/bot/opinion"
	"qingfeng/handlers/public"
)

// what everybody gets, and nothing else.
func headers() []string {
	return []string{
		"Cache-Control", "Content-Encoding", "Content-Length", "Content-Security-Policy", "Content-Type", "Cross-Origin-Opener-Policy", "Cross-Origin-Resource-Policy",
		"Permissions-Policy", "Referrer-Policy", "Strict-Transport-Security", "X-Content-Type-Options", "X-Frame-Options",
	}
}

// Whatever became of what somebody handed in or looked for, the answer has one size and
// one status.
func TestEveryAnswerToAPostIsAsLongAsAnyOther(t *testing.T) {
	a := newHall(t)
	seen := map[string]string{}
	check := func(what, want string, p sight) sight {
		t.Helper()
		if p.status != http.StatusOK || len(p.raw) != public.AnswerSize || p.head.Get("Content-Length") != "65536" {
			t.Errorf("%s: %d, %d bytes", what, p.status, len(p.raw))
		}
		if d := cmp.Diff(headers(), slices.Sorted(maps.Keys(p.head))); d != "" {
			t.Errorf("%s:\n%s", what, d)
		}
		if !strings.Contains(p.page, want) {
			t.Errorf("%s says\n%s", what, short(p.page))
		}
		seen[what] = want
		return p
	}
	give := func(code, words string, change ...string) sight {
		f := a.get("/n/" + code).form(t)
		f.Set("text", words)
		for i := 0; i+1 < len(change); i += 2 {
			f.Set(change[i], change[i+1])
		}
		return a.post("/f", f)
	}
	worst := strings.Repeat("\"", 1500)
	receipt := check("taken", "回执码", give(noticeCode, "好")).receipt(t)
	check("taken, as long as can be", "回执码", give(noticeCode, strings.Repeat("𠮷", 1500)))
	check("no words", "还没有写字", give(noticeCode, ""))
	check("too long", "现在1501个字", give(noticeCode, strings.Repeat("𠮷", 1501)))
	check("much too long", "放不下", give(noticeCode, strings.Repeat("\"", 12000)))
	check("larger than a form may be", "太大", give(noticeCode, strings.Repeat("字", 10000)))
	check("no proof", "请先回答", a.post("/f", url.Values{"notice": {noticeCode}, "text": {worst}}))
	check("a report", "还没有交", give(tipsCode, "王强收了红包"+strings.Repeat("\"", 1490)))
	check("a number", "车牌", give(noticeCode, "13900001111"))
	check("no notice", "没有这份公示", a.post("/f", url.Values{"notice": {"none"}}))
	check("nothing", "没有这份公示", a.post("/f", nil))
	check("no survey", "没有这份问卷", a.post("/f", url.Values{"survey": {"none"}}))
	check("a tip", "回执码", func() sight {
		f := a.post("/f", url.Values{"notice": {tipsCode}, "pick": {"tip"}}).form(t)
		f.Set("text", "一句")
		return a.post("/f", f)
	}())
	check("a point", "selected", a.post("/f", url.Values{"notice": {noticeCode}, "pick": {"3"}}))
	check("a ballot with gaps", "第1题还没选", a.post("/f", a.get("/s/"+surveyCode).form(t)))
	ballot := a.get("/s/" + surveyCode).form(t)
	for k, v := range filled() {
		ballot[k] = v
	}
	check("a ballot", "谢谢", a.post("/f", ballot))
	raw := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "https://p.example/f", strings.NewReader("%zz"))
	raw.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	check("not a form", "没有收全", a.request(raw))
	raw = httptest.NewRequestWithContext(t.Context(), http.MethodPost, "https://p.example/f", strings.NewReader("--x\r\nContent-Dis"))
	raw.Header.Set("Content-Type", "multipart/form-data; boundary=x")
	check("a broken form", "没有收全", a.request(raw))
	check("not an image", "图片没有收", func() sight {
		f := a.get("/n/" + imageCode).form(t)
		f.Set("text", "一句")
		return a.upload(f, "a.jpg", strings.NewReader("GIF89a"))
	}())

	a.night()
	code := url.Values{"receipt": {receipt.Code()}}
	check("waiting", "已收到", a.post("/r", code))
	check("a slip", "抄错了一位", a.post("/r", url.Values{"receipt": {"x"}}))
	check("a long slip", "抄错了一位", a.post("/r", url.Values{"receipt": {strings.Repeat("x", 9000)}}))
	check("no receipt", "抄错了一位", a.post("/r", nil))
	check("too much", "太大", a.post("/r", url.Values{"receipt": {strings.Repeat("x", 60000)}}))
	a.answers(receipt.Selector(), strings.Repeat("\"", 8000))
	p := check("the longest answer", "采纳", a.post("/r", code))
	line := p.form(t)
	line.Set("text", "")
	check("a line without words", "还没有写字", a.post("/r", line))
	line = a.post("/r", code).form(t)
	line.Set("text", "王强收了红包")
	p = check("a line that reports", "我说的不是某个人", a.post("/r", line))
	line = p.form(t)
	line.Set("text", "王强收了红包")
	line.Set("next", "sure")
	check("a line", "补的这句收到了", a.post("/r", line))
	for _, state := range []opinion.State{opinion.Moved, opinion.Purged, opinion.Closed, opinion.Merged, opinion.NotInScope, opinion.Answering, "seen"} {
		k := a.letters[receipt.Selector()]
		k.State, k.Answer = state, nil
		a.letters[receipt.Selector()] = k
		p := check("state "+string(state), "<dt>收到</dt>", a.post("/r", code))
		if closed := state == opinion.Purged; closed == strings.Contains(p.page, "再补一句") {
			t.Errorf("%s: a line may be added: %v", state, !closed)
		}
	}
	other := a.letters[receipt.Selector()]
	a.letters = map[string]opinion.Kept{}
	check("unknown", "没有查到", a.post("/r", code))
	other.AnswerTo = "AAAA"
	a.letters[receipt.Selector()] = other
	check("another secret", "没有查到", a.post("/r", code))
	a.broken = errors.New("CANARY")
	check("broken", "系统忙", a.post("/f", url.Values{"notice": {noticeCode}, "text": {worst}}))
	a.down = errors.New("CANARY")
	check("broken altogether", "系统忙", a.post("/f", url.Values{"notice": {noticeCode}, "text": {worst}}))
	check("broken too", "系统忙", a.post("/r", code))

	// A notice larger than any: the page still has its size, and what was chosen is kept.
	a.broken, a.down = nil, nil
	long := a.published[noticeCode]
	long.Snapshot.Code, long.Snapshot.Points = "long", nil
	for i := range 900 {
		long.Snapshot.Points = append(long.Snapshot.Points, notice.Point{No: i + 1, Post: strings.Repeat("岗", 40), Title: strings.Repeat("险", 60)})
	}
	a.published["long"] = long
	check("a long notice", `value="877" selected`, a.post("/f", url.Values{"notice": {"long"}, "pick": {"877"}, "text": {worst}}))
	if p := a.get("/n/long"); len(p.raw)%public.PageStep != 0 || p.status != http.StatusOK {
		t.Errorf("the notice itself: %d, %d bytes", p.status, len(p.raw))
	}
	if strings.Contains(a.log.String(), "CANARY") || strings.Contains(a.log.String(), noticeCode) || strings.Contains(a.log.String(), "size") || strings.Contains(a.log.String(), "template") {
		t.Errorf("the log says\n%s", a.log.String())
	}
}

func TestEveryOtherPageIsAMultipleOfOneSizeAndLoadsNothing(t *testing.T) {
	a := newHall(t)
	for _, path := range []string{"/n/" + noticeCode, "/n/" + tipsCode, "/n/" + imageCode, "/n/" + endedCode, "/n/none", "/r", "/s/" + surveyCode, "/s/none", "/b", "/", "/f"} {
		p := a.get(path)
		if len(p.raw)%public.PageStep != 0 {
			t.Errorf("%s: %d bytes", path, len(p.raw))
		}
		if d := cmp.Diff(headers(), slices.Sorted(maps.Keys(p.head))); d != "" {
			t.Errorf("%s:\n%s", path, d)
		}
		for _, not := range []string{"http:", "https:", "src=", " style=", " onclick", "@import", "url("} {
			if strings.Contains(cut(p.raw), not) {
				t.Errorf("%s has %q", path, not)
			}
		}
		if n := strings.Count(p.raw, "<script"); n > 1 {
			t.Errorf("%s: %d scripts", path, n)
		}
		if csp := p.head.Get("Content-Security-Policy"); strings.Contains(csp, "unsafe") || !strings.Contains(csp, "script-src 'sha256-") || !strings.HasPrefix(csp, "default-src 'none'") {
			t.Errorf("policy %s", csp)
		}
	}
	if x, y := a.get("/r").raw, a.get("/r").raw; x == y {
		t.Error("the filling is the same each time")
	}
}

// Over a real server, as it is put up: net/http adds the date of the answer, nothing else.
func TestARealServerAddsNothingThatTells(t *testing.T) {
	a := newHall(t)
	ln, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // closed with the test
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: a.h, ReadHeaderTimeout: time.Second, ReadTimeout: 20 * time.Second}
	go func() { _ = srv.Serve(ln) }()
	t.Cleanup(func() { _ = srv.Close() })
	want := append(headers(), "Date")
	slices.Sort(want)
	sizes := map[int]bool{}
	for _, body := range []string{"", "notice=" + noticeCode, "notice=none", "receipt=x"} {
		conn, err := net.Dial("tcp", ln.Addr().String()) //nolint:noctx // closed below
		if err != nil {
			t.Fatal(err)
		}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://p.example/f", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Close = true
		req.Header.Set("Accept-Encoding", "gzip, br")
		if err := req.Write(conn); err != nil {
			t.Fatal(err)
		}
		raw, err := io.ReadAll(conn)
		if err != nil {
			t.Fatal(err)
		}
		sizes[len(raw)] = true
		conn.Close()
		head, _, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
		var names []string
		for i, line := range strings.Split(string(head), "\r\n") {
			name, _, _ := strings.Cut(line, ":")
			if i > 0 && name != "Connection" { // the test asked for that one
				names = append(names, name)
			}
		}
		slices.Sort(names)
		if d := cmp.Diff(want, names); d != "" {
			t.Error(d)
		}
	}
	if len(sizes) != 1 {
		t.Errorf("sizes on the wire: %v", sizes)
	}
}

func TestNothingOfARequestIsLogged(t *testing.T) {
	a := newHall(t)
	f := a.get("/n/" + noticeCode).form(t)
	f.Set("text", "一句CANARY")
	receipt := a.post("/f", f).receipt(t)
	a.post("/r", url.Values{"receipt": {receipt.Code()}})
	a.get("/n/none")
	a.post("/f", url.Values{"notice": {"none"}, "text": {"CANARY"}})
	if a.log.Len() > 0 {
		t.Errorf("the log is not empty:\n%s", a.log.String())
	}
	a.serve(func(c *public.Config) {
		c.Door = func(words string) (bool, bool, string) { panic("CANARY " + words) }
	})
	f = a.get("/n/" + noticeCode).form(t)
	f.Set("text", "一句CANARY")
	if p := a.post("/f", f); len(p.raw) != public.AnswerSize || !strings.Contains(p.page, "系统忙") {
		t.Errorf("%s", short(p.page))
	}
	if said := a.log.String(); !strings.Contains(said, "code=panic") || strings.Contains(said, "CANARY") || strings.Contains(said, "/f") {
		t.Errorf("the log says %s", said)
	}
}

// The mux sends odd paths elsewhere with an empty answer: that would have a size of its own.
func TestAnOddPathIsAnsweredLikeAnyOther(t *testing.T) {
	a := newHall(t)
	for _, path := range []string{"//f", "/n/../f", "/./r", "/f/", "/r//"} {
		if p := a.post(path, url.Values{"notice": {noticeCode}, "text": {"好"}}); len(p.raw) != public.AnswerSize || p.head.Get("Location") != "" {
			t.Errorf("%s: %d, %d bytes, %q", path, p.status, len(p.raw), p.head.Get("Location"))
		}
	}
}
