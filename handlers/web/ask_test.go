package web_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"qingfeng/knowledge"
)

func readAll(t *testing.T, r io.Reader) string {
	t.Helper()
	raw, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// fakeModel says its parts, and waits before each as long as it is told.
type fakeModel struct {
	parts []string
	gate  chan struct{} // nil: does not wait
	err   error
}

func (m fakeModel) Name() string { return "fake" }

func (m fakeModel) Complete(ctx context.Context, _, _ string, stream func(string)) (string, error) {
	for _, p := range m.parts {
		if m.gate != nil {
			select {
			case <-m.gate:
			case <-ctx.Done():
				return "", ctx.Err()
			}
		}
		stream(p)
	}
	return strings.Join(m.parts, ""), m.err
}

// model switches a model on, for questions and for every library.
func (w *world) model(parts ...string) *fakeModel {
	w.t.Helper()
	m := &fakeModel{parts: parts}
	w.base.Model, w.away = m, true
	if _, err := w.db.Pool().Exec(w.t.Context(), "UPDATE library SET external = true"); err != nil {
		w.t.Fatal(err)
	}
	return m
}

const giftQuestion = "收到无法退还的礼品要在几个工作日内登记上交"

func TestAnAnswerShowsItsClauseAndTheSentenceThatAnswers(t *testing.T) {
	w := newWorld(t)
	w.adds(forAll(), "礼品.txt", giftRule)
	wang := w.as("wang")
	got := wang.post("/ask", url.Values{"q": {giftQuestion}})
	id := w.passage("五个工作日")
	for _, want := range []string{giftQuestion, "<mark>", "五个工作日内向纪检组登记上交", "第一章 总则 › 第二条", fmt.Sprintf("/clause/%d?from=", id), "有用", "没用", "还有吗"} {
		if !strings.Contains(got.body, want) {
			t.Errorf("the answer lacks %q\n%s", want, got.body)
		}
	}
	if strings.Contains(got.body, "正在核对") {
		t.Error("a quoted answer is shown as a draft")
	}
	// The same form sent again is no second question.
	if again := wang.post("/ask", url.Values{"q": {giftQuestion}, "after": {"0"}}); again.status != http.StatusSeeOther {
		t.Errorf("sent twice: %d", again.status)
	}
	if n := w.count(t, "SELECT count(*) FROM question"); n != 1 {
		t.Errorf("%d questions are logged", n)
	}
	talk := wang.get("/ask")
	if !strings.Contains(talk.body, giftQuestion) || !strings.Contains(talk.body, "五个工作日") {
		t.Error("the talk is not on the page")
	}
	if other := w.as("wu").get("/ask"); strings.Contains(other.body, giftQuestion) {
		t.Error("somebody else reads the question")
	}
}

func TestAFollowUpCarriesItsSubject(t *testing.T) {
	w := newWorld(t)
	w.adds(forAll(), "礼品.txt", giftRule)
	wang := w.as("wang")
	wang.post("/ask", url.Values{"q": {"礼品登记由谁负责"}})
	got := wang.post("/ask", url.Values{"q": {"那礼金登记呢"}})
	if !strings.Contains(got.body, "按“") || !strings.Contains(got.body, "礼金") {
		t.Errorf("it is not said how the question was understood:\n%s", got.body)
	}
}

func TestNothingFoundIsSaidAndNoted(t *testing.T) {
	w := newWorld(t)
	w.adds(forAll(), "礼品.txt", giftRule)
	got := w.as("wang").post("/ask", url.Values{"q": {"火星基地的食堂几点开门"}})
	if !strings.Contains(got.body, "没有找到能回答这个问题的规定") || strings.Contains(got.body, "value=\"useful\"") {
		t.Errorf("%s", said(got.body))
	}
	for said, want := range map[string]string{"": "请先写下", "😀": "只看到符号", strings.Repeat("长", 2001): "控制在2000个字以内"} {
		if got := w.as("wang").post("/ask", url.Values{"q": {said}}); !strings.Contains(got.body, want) {
			t.Errorf("%.10q: want %q", said, want)
		}
	}
}

func TestWhatIsNotForSearchingIsNeitherKeptNorSearched(t *testing.T) {
	w := newWorld(t)
	w.adds(forAll(), "礼品.txt", giftRule)
	for said, want := range map[string]string{
		"身份证号110101199003078515的人能入党吗": "去掉号码再问一遍",
		"王强收没收包工头的钱":                   "12388",
		"我要举报我们领导":                     "12388",
		"去年我收了两条烟怎么上交":                 "及时登记上交",
		"机密★一年 这份文件怎么办":                "保密员",
	} {
		got := w.as("wang").post("/ask", url.Values{"q": {said}})
		if got.status != http.StatusUnprocessableEntity || !strings.Contains(got.body, want) {
			t.Errorf("%s: %d, want %q\n%s", said, got.status, want, text500(got.body))
		}
	}
	if n := w.count(t, "SELECT count(*) FROM question"); n != 0 {
		t.Errorf("%d questions are kept", n)
	}
	if n := w.events(t, "question.stop", "refused"); n != 5 {
		t.Errorf("%d audit events", n)
	}
	if strings.Contains(w.logs.String(), "王强") {
		t.Error("the log holds a name")
	}
}

func text500(s string) string { return said(s)[:min(500, len(said(s)))] }

func TestAnAnswerIsJudgedByItsAskerOnly(t *testing.T) {
	w := newWorld(t)
	w.adds(forAll(), "礼品.txt", giftRule)
	wang := w.as("wang")
	wang.post("/ask", url.Values{"q": {giftQuestion}})
	page := fmt.Sprintf("/ask/%d", w.count(t, "SELECT id FROM question"))
	if got := w.as("wu").post(page, url.Values{"do": {"useful"}}); got.status != http.StatusNotFound {
		t.Errorf("somebody else judges: %d", got.status)
	}
	if got := wang.must(page, url.Values{"do": {"useful"}}); !strings.Contains(got.body, "谢谢") {
		t.Errorf("liked:\n%s", said(got.body))
	}
	wang.must(page, url.Values{"do": {"useless"}, "why": {"old"}})
	if n := w.count(t, "SELECT count(*) FROM question WHERE liked IS FALSE AND reason = '过时了'"); n != 1 {
		t.Error("the reason is not there")
	}
	if got := wang.post(page, url.Values{"do": {"useless"}, "why": {"other"}, "words": {"打13812345678问"}}); got.status != http.StatusUnprocessableEntity {
		t.Errorf("a number in a reason: %d", got.status)
	}
	open := w.as("sun").get("/questions")
	if !strings.Contains(open.body, giftQuestion) || !strings.Contains(open.body, "过时了") || strings.Contains(open.body, "王舟") {
		t.Errorf("the office's page:\n%s", open.body)
	}
}

func TestADraftIsShownAtOnceAndTheCheckedAnswerAfterIt(t *testing.T) {
	w := newWorld(t)
	w.adds(forAll(), "礼品.txt", giftRule)
	m := w.model("收到无法退还的礼品礼金，", "应当在五个工作日内向纪检组登记上交[1]。\n", "逾期的罚款九千元[1]。")
	m.gate = make(chan struct{})
	wang := w.as("wang")
	form := url.Values{"q": {giftQuestion}, "csrf": {wang.csrf}}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.server.URL+"/ask", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := wang.http.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	page := &growing{t: t, r: res.Body}
	page.until("正在查规定")
	page.lacks("正在核对", "checked")
	m.gate <- struct{}{}
	m.gate <- struct{}{}
	page.until("应当在五个工作日内向纪检组登记上交")
	if !strings.Contains(page.text, "正在核对") {
		t.Error("the draft is not marked as one")
	}
	page.lacks(`class="checked"`, "罚款")
	m.gate <- struct{}{}
	page.until("</html>")
	_, checked, _ := strings.Cut(page.text, `class="checked"`)
	if strings.Contains(page.text, "罚款") {
		t.Errorf("a sentence that no clause bears is shown:\n%s", page.text)
	}
	if !strings.Contains(checked, "应当在五个工作日内向纪检组登记上交") || !strings.Contains(checked, ">[1]</a>") {
		t.Errorf("the checked answer:\n%s", checked)
	}
	if strings.Contains(page.text, "<script") || !strings.Contains(res.Header.Get("Content-Security-Policy"), "default-src 'none'") {
		t.Error("it needs a script")
	}
	if n := w.count(t, "SELECT count(*) FROM question WHERE state = 'answered' AND outcome = 'answer'"); n != 1 {
		t.Error("the answer is not stored")
	}
}

// growing is a page as it arrives.
type growing struct {
	t    *testing.T
	r    io.Reader
	text string
}

func (g *growing) until(words string) {
	g.t.Helper()
	end := time.AfterFunc(20*time.Second, func() { panic("the page never showed " + words) })
	defer end.Stop()
	buf := make([]byte, 4096)
	for !strings.Contains(g.text, words) {
		n, err := g.r.Read(buf)
		g.text += string(buf[:n])
		if err != nil && !strings.Contains(g.text, words) {
			g.t.Fatalf("the page ended without %q: %v\n%s", words, err, g.text)
		}
	}
}

func (g *growing) lacks(words ...string) {
	g.t.Helper()
	for _, s := range words {
		if _, body, _ := strings.Cut(g.text, "<main>"); strings.Contains(body, s) {
			g.t.Errorf("%q is there too early", s)
		}
	}
}

func TestAModelThatFailsLeavesTheQuotedAnswer(t *testing.T) {
	w := newWorld(t)
	w.adds(forAll(), "礼品.txt", giftRule)
	m := w.model("收到礼品", "可以自己留着")
	m.err = errors.New("connection lost")
	got := w.as("wang").post("/ask", url.Values{"q": {giftQuestion}})
	_, checked, found := strings.Cut(got.body, `class="checked"`)
	if !found || !strings.Contains(checked, "五个工作日内向纪检组登记上交") || strings.Contains(checked, "自己留着") {
		t.Errorf("%s", got.body)
	}
}

// deaf is an Answerer over a store that is gone.
type deaf struct{}

func (deaf) Ask(context.Context, knowledge.Question) (knowledge.Answer, error) {
	return knowledge.Answer{}, errors.New("the store is gone")
}

func TestAFailureInTheMiddleOfThePageIsSaidOnIt(t *testing.T) {
	w := newWorld(t)
	w.base.Search = nil
	w.away = true
	c := w.config(w.server.URL)
	c.Knowledge.Answers = deaf{}
	w.serve(c)
	got := w.as("wang").post("/ask", url.Values{"q": {giftQuestion}})
	if got.status != http.StatusOK || !strings.Contains(got.body, "问题已记下") || !strings.Contains(got.body, "</html>") || strings.Contains(got.body, "store is gone") {
		t.Errorf("%d\n%s", got.status, got.body)
	}
	if n := w.count(t, "SELECT count(*) FROM question WHERE state = 'asked'"); n != 1 {
		t.Error("the question is lost")
	}
}

func TestTheOfficeSettlesWhatNobodyCouldAnswer(t *testing.T) {
	w := newWorld(t)
	w.adds(forAll(), "礼品.txt", giftRule)
	for _, who := range []string{"wang", "wu"} {
		w.as(botID(who)).post("/ask", url.Values{"q": {"过节时老板给的那些东西咋整"}})
	}
	w.as("li").post("/ask", url.Values{"q": {"火星基地的食堂几点开门"}})
	sun := w.as("sun")
	page := sun.get("/questions")
	if !strings.Contains(page.body, "过节时老板给的那些东西咋整") || !strings.Contains(page.body, "2次") || strings.Contains(page.body, "王舟") || strings.Contains(page.body, "吴静") {
		t.Fatalf("%s", page.body)
	}
	if home := sun.get("/"); !strings.Contains(home.body, "没答上的问题（2类）") {
		t.Error("home does not say that questions wait")
	}
	_, group, _ := strings.Cut(page.body, "过节时老板给的")
	ids := field(t, group, "ids")
	_, key, _ := strings.Cut(page.body[:strings.Index(page.body, "过节时老板给的")], `id="g`)
	key, _, _ = strings.Cut(key, `"`)
	found := sun.get("/questions?group=" + key + "&find=" + url.QueryEscape("无法退还的礼品登记上交"))
	if !strings.Contains(found.body, "按“无法退还的礼品登记上交”找到的") || !strings.Contains(found.body, "第二条") {
		t.Errorf("other words find nothing:\n%s", found.body)
	}
	clause := fmt.Sprint(w.passage("五个工作日"))
	after := sun.must("/questions", url.Values{"ids": {ids}, "passage": {clause}, "do": {"confirm"}})
	if !strings.Contains(after.body, "以后这样问，就用") || strings.Contains(after.body, "过节时老板给的那些东西咋整") {
		t.Errorf("%s", said(after.body))
	}
	w.chat.Settle()
	if n := w.count(t, "SELECT count(*) FROM outbox WHERE user_key IN ('wang', 'wu') AND once LIKE 'question.known:%'"); n != 2 {
		t.Errorf("%d of those who asked are told", n)
	}
	if got := w.as("feng").post("/ask", url.Values{"q": {"过节时老板给的那些东西咋整"}}); !strings.Contains(got.body, "五个工作日") {
		t.Errorf("the confirmed clause does not answer:\n%s", said(got.body))
	}
	if again := sun.post("/questions", url.Values{"ids": {ids}, "passage": {clause}, "do": {"confirm"}}); again.status != http.StatusUnprocessableEntity || !strings.Contains(again.body, "刚有人处理过") {
		t.Errorf("settled twice: %d", again.status)
	}
	_, group, _ = strings.Cut(sun.get("/questions").body, "火星基地")
	if got := sun.must("/questions", url.Values{"ids": {field(t, group, "ids")}, "do": {"drop"}}); strings.Contains(got.body, "火星基地") {
		t.Error("a dropped question is still listed")
	}
	for _, action := range []string{"question.confirm", "question.drop"} {
		if w.events(t, action, "ok") != 1 {
			t.Errorf("%s left no audit event", action)
		}
	}
}
