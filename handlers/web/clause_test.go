package web_test

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

func TestAClauseStandsAmongItsNeighbours(t *testing.T) {
	w := newWorld(t)
	w.adds(forAll(), "礼品.txt", giftRule)
	id := w.passage("五个工作日")
	got := w.as("wang").get(fmt.Sprintf("/clause/%d?from=0&to=3", id))
	for _, want := range []string{
		"礼品登记办法", "第一章 总则 › 第二条", "现行", "2025年3月1日起施行", "栖交发〔2025〕8号", fmt.Sprintf(`id="c%d" class="cited"`, id),
		"为了规范礼品礼金", "当场签字", "<mark>第二条</mark>",
	} {
		if !strings.Contains(got.body, want) {
			t.Errorf("the page lacks %q\n%s", want, got.body)
		}
	}
	for _, span := range []string{"?from=-1&to=4", "?from=4&to=2", "?from=0&to=99999", "?from=x&to=y"} {
		if got := w.as("wang").get(fmt.Sprintf("/clause/%d%s", id, span)); got.status != http.StatusOK || strings.Contains(got.body, "<mark>") {
			t.Errorf("%s: %d", span, got.status)
		}
	}
	for _, path := range []string{"/clause/999999", "/clause/x", "/clause/-1"} {
		if got := w.as("wang").get(path); got.status != http.StatusNotFound {
			t.Errorf("%s: %d", path, got.status)
		}
	}
}

func TestAnOldTextIsShownOnlyAsSuch(t *testing.T) {
	w := newWorld(t)
	w.adds(url.Values{"who": {"internal"}, "effective": {"2019-01-01"}}, "旧.txt", strings.ReplaceAll(strings.ReplaceAll(giftRule, "五个", "十个"), "第四条 本办法自2025年3月1日起施行。", "第四条 本办法由纪检组解释。"))
	w.adds(forAll(), "新.txt", giftRule)
	old := w.as("wang").get(fmt.Sprintf("/clause/%d", w.passage("十个工作日")))
	if !strings.Contains(old.body, "已修订") || !strings.Contains(old.body, fmt.Sprintf("/clause/%d#c%d", w.passage("五个工作日"), w.passage("五个工作日"))) || !strings.Contains(old.body, "2025年3月1日起失效") {
		t.Errorf("the old text:\n%s", said(old.body))
	}
	if now := w.as("wang").get(fmt.Sprintf("/clause/%d", w.passage("五个工作日"))); strings.Contains(now.body, "已修订") {
		t.Error("the present text is called old")
	}
	version := w.adds(url.Values{"who": {"internal"}, "effective": {"2019-01-01"}, "repealed": {"2020-01-01"}}, "值班.txt", badgeRule)
	if got := w.as("wang").get(fmt.Sprintf("/clause/%d", w.passage("蓝色臂章"))); !strings.Contains(got.body, "已废止") {
		t.Errorf("a repealed text:\n%s", said(got.body))
	}
	lapsed := w.as("sun").get("/library?state=lapsed")
	if !strings.Contains(lapsed.body, "值班管理规定") || !strings.Contains(lapsed.body, "已废止") {
		t.Error("it is not among the lapsed ones")
	}
	// A copy that was mended says so.
	if _, err := w.db.Pool().Exec(t.Context(), `UPDATE document_version SET repaired = 'doubled', flags = '[{"code":"damaged","where":0,"text":"37"}]' WHERE id = $1`, version); err != nil {
		t.Fatal(err)
	}
	if got := w.as("wang").get(fmt.Sprintf("/clause/%d", w.passage("蓝色臂章"))); !strings.Contains(got.body, "这份文件的副本有损坏，文字经过修复，请以原件为准") {
		t.Error("the reader is not told that it was mended")
	}
	if got := w.as("sun").get(fmt.Sprintf("/library/%d", version)); !strings.Contains(got.body, "修复了37处") {
		t.Error("the keeper is not told what was mended")
	}
}

// raw is a page as it is sent: entities are not decoded.
func (b *browser) raw(method, path string, form url.Values) string {
	b.w.t.Helper()
	form = clone(form)
	form.Set("csrf", b.csrf)
	r, err := http.NewRequestWithContext(b.w.t.Context(), method, b.w.server.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		b.w.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := b.http.Do(r)
	if err != nil {
		b.w.t.Fatal(err)
	}
	defer res.Body.Close()
	var out strings.Builder
	if _, err := fmt.Fprint(&out, readAll(b.w.t, res.Body)); err != nil {
		b.w.t.Fatal(err)
	}
	return out.String()
}

func TestWordsOfADocumentOrAQuestionAreNeverMarkup(t *testing.T) {
	w := newWorld(t)
	version := w.adds(url.Values{"who": {"public"}, "title": {`<script>alert(4)</script>"'>规定`}}, "安全.txt", scripted)
	w.model(`可疑链接<script>alert(5)</script>应当在十分钟内报告[1]。`)
	live := regexp.MustCompile(`(?i)<script|<img|onerror=alert\(3\)>|javascript:`)
	wang, sun := w.as("wang"), w.as("sun")
	pages := map[string]string{
		"clause":  wang.raw(http.MethodGet, fmt.Sprintf("/clause/%d", w.passage("可疑链接")), nil),
		"asked":   wang.raw(http.MethodPost, "/ask", url.Values{"q": {`发现可疑链接应当在几分钟内报告"><script>alert(6)</script>`}}),
		"talk":    wang.raw(http.MethodGet, "/ask?q="+url.QueryEscape(`"><script>alert(7)</script>`), nil),
		"unknown": wang.raw(http.MethodPost, "/ask", url.Values{"q": {`<img src=x onerror=alert(3)>火星基地的食堂几点开门`}}),
		"list":    sun.raw(http.MethodGet, "/library?q="+url.QueryEscape(`规定`), nil),
		"box":     sun.raw(http.MethodGet, "/library?q="+url.QueryEscape(`"><script>alert(8)</script>`), nil),
		"version": sun.raw(http.MethodGet, fmt.Sprintf("/library/%d", version), nil),
		"open":    sun.raw(http.MethodGet, "/questions", nil),
	}
	for name, body := range pages {
		if m := live.FindString(body); m != "" {
			t.Errorf("%s: %s is markup", name, m)
		}
	}
	for name, want := range map[string]string{"clause": "alert(2)", "asked": "alert(6)", "version": "alert(2)", "list": "alert(4)", "open": "火星基地"} {
		if !strings.Contains(html.UnescapeString(pages[name]), want) {
			t.Errorf("%s does not show %s: the test proves nothing\n%s", name, want, pages[name])
		}
	}
}
