package web_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/xuri/excelize/v2"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/pg"
	"qingfeng/bot/risk"
	"qingfeng/bot/seal"
	"qingfeng/bot/survey"
	"qingfeng/handlers"
	"qingfeng/handlers/public"
)

// polling is a unit with both listeners.
type polling struct {
	*world
	public *httptest.Server
	id     int64
}

// newPolling adds people to the unit and opens the citizens' listener.
func newPolling(t *testing.T, more int) *polling {
	t.Helper()
	p := &polling{world: newWorld(t)}
	var rows []risk.RosterRow
	for i := range more {
		rows = append(rows, risk.RosterRow{
			Unit: "栖云县交通运输局", Row: 100 + i, Section: []string{"执法大队", "公路站"}[i%2], Post: fmt.Sprintf("岗%d", i),
			Stratum: risk.StratumGeneral, Name: fmt.Sprintf("员%d", i), UserID: bot.UserID(fmt.Sprintf("staff%d", i)),
		})
	}
	if len(rows) > 0 {
		if plan, err := p.reg.ApplyRoster(t.Context(), append(p.rosterRows(), rows...)); err != nil || plan.Blocked() {
			t.Fatalf("roster: %v %+v", err, plan.Issues)
		}
	}
	p.desk.Surveys = &pg.Surveys{Ballots: pg.Ballots{DB: p.db}, Now: p.chat.Clock.Now}
	p.desk.Tokens = survey.NewPool(rand.Reader)
	p.desk.Pushes = p.reg
	box, err := seal.New("test-only-0123456789abcdef0123456789abcdef", rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p.desk.Seal = box
	h, err := public.New(public.Config{
		Ballots: &pg.Ballots{DB: p.db}, Stop: func(s string) bool { return risk.Guard(s) != nil },
		Log: slog.New(slog.NewTextHandler(p.logs, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	if err != nil {
		t.Fatal(err)
	}
	p.public = httptest.NewServer(h)
	t.Cleanup(p.public.Close)
	// A host of its own, as in production: cookies tell hosts apart, not ports.
	p.public.URL = strings.Replace(p.public.URL, "127.0.0.1", "localhost", 1)
	c := p.config(p.server.URL)
	c.PublicURL = p.public.URL
	p.serve(c)
	return p
}

// rosterRows is the unit as it stands, so that an import keeps everybody.
func (p *polling) rosterRows() (rows []risk.RosterRow) {
	p.t.Helper()
	holders, err := p.reg.Holders(p.t.Context(), 0)
	if err != nil {
		p.t.Fatal(err)
	}
	for i, h := range holders {
		who, err := p.reg.Who(p.t.Context(), h.Person.UserID)
		if err != nil {
			p.t.Fatal(err)
		}
		r := risk.RosterRow{Unit: "栖云县交通运输局", Row: i + 2, Section: h.Post.Section, Post: h.Post.Name, Stratum: h.Post.Stratum, Tags: h.Post.Tags, Name: h.Person.Name, UserID: h.Person.UserID}
		for _, role := range who.Roles {
			if role != bot.RolePostHolder && role != bot.RoleLeaderInCharge {
				r.Roles = append(r.Roles, role)
			}
			if role == bot.RoleLeaderInCharge {
				r.Roles, r.LeaderOf = append(r.Roles, role), []string{"办公室"}
			}
		}
		rows = append(rows, r)
	}
	for _, r := range []risk.RosterRow{
		{Section: "驻局纪检监察组", Name: "韩清", UserID: "han", Roles: []bot.Role{bot.RoleDiscipline}},
		{Section: "信息中心", Name: "艾工", UserID: "it", Roles: []bot.Role{bot.RoleITAdmin}},
	} {
		r.Unit, r.Row = "栖云县交通运输局", 90
		rows = append(rows, r)
	}
	return rows
}

// begin starts a survey for everybody, a week long.
func (p *polling) begin(template, title string) {
	p.t.Helper()
	err := p.chat.Runner.Do(p.t.Context(), "sun", func(ctx context.Context, t *convo.Turn) (err error) {
		p.id, _, err = p.desk.StartSurvey(ctx, t, handlers.SurveyPlan{Template: template, Title: title, Until: bot.Civil(monday().AddDate(0, 0, 7))})
		return err
	})
	if err != nil {
		p.t.Fatal(err)
	}
}

// finish lets the last day pass.
func (p *polling) finish() {
	p.t.Helper()
	p.chat.Clock.Set(monday().AddDate(0, 0, 8))
	if err := p.desk.SurveyTick(p.t.Context(), p.chat.Clock.Now()); err != nil {
		p.t.Fatal(err)
	}
	clear(p.browsers) // their sessions are over
}

func (p *polling) page() string { return fmt.Sprintf("/survey/%d", p.id) }

// send posts a form to the citizens' listener as any browser would: without a cookie.
func (p *polling) send(path string, form url.Values) (int, string, http.Header) {
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, p.public.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		p.t.Error(err)
		return 0, "", nil
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", "null")
	res, err := p.public.Client().Do(r)
	if err != nil {
		p.t.Error(err)
		return 0, "", nil
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		p.t.Error(err)
	}
	return res.StatusCode, html.UnescapeString(string(raw)), res.Header
}

// answers is a filled-in form: every question the same option.
func (p *polling) answers(template, token string, option int, words string) url.Values {
	x, _, err := survey.TemplateByCode(template)
	if err != nil {
		p.t.Error(err)
	}
	form := url.Values{"token": {token}, "comment": {words}}
	for _, q := range x.Questions {
		form.Set(survey.QuestionField(q.ID), q.Options[min(option, len(q.Options)-1)].Key)
	}
	return form
}

var tokenField = regexp.MustCompile(`name="token" value="([A-Z2-7]{26})"`)

// token draws a token for a person, through the pages.
func (p *polling) token(who bot.UserID) string {
	p.t.Helper()
	m := tokenField.FindStringSubmatch(p.as(who).must(p.page(), nil).body)
	if m == nil {
		p.t.Fatalf("%s got no token", who)
	}
	return m[1]
}

// Two hundred people draw and vote at once, each pressing everything twice.
func TestTwoHundredVoteAtOnceAndEachCountsOnce(t *testing.T) {
	const people = 200
	p := newPolling(t, people)
	p.begin("prevention", "防控工作满意度")
	var browsers []*browser
	for i := range people {
		browsers = append(browsers, p.as(bot.UserID(fmt.Sprintf("staff%d", i))))
	}
	var mu sync.Mutex
	var tokens []string
	accepted := 0
	var wg sync.WaitGroup
	for i, b := range browsers {
		wg.Go(func() {
			var twice sync.WaitGroup
			for range 2 {
				twice.Go(func() { b.post(p.page(), nil) })
			}
			twice.Wait()
			page := b.get(p.page()).body
			m := tokenField.FindStringSubmatch(page)
			if m == nil || !strings.Contains(page, `action="`+p.public.URL+`/b"`) {
				t.Errorf("person %d has no ballot paper:\n%s", i, said(page))
				return
			}
			mu.Lock()
			tokens = append(tokens, m[1])
			mu.Unlock()
			if status, body, _ := p.send("/b", url.Values{"token": {m[1]}}); status != http.StatusOK || !strings.Contains(body, "防控工作满意度") {
				t.Errorf("person %d: the ballot answers %d", i, status)
			}
			for range 2 {
				twice.Go(func() {
					status, _, _ := p.send("/b/send", p.answers("prevention", m[1], i%3, fmt.Sprintf("意见第%d号", i)))
					mu.Lock()
					defer mu.Unlock()
					switch status {
					case http.StatusOK:
						accepted++
					case http.StatusGone:
					default:
						t.Errorf("person %d: %d", i, status)
					}
				})
			}
			twice.Wait()
		})
	}
	wg.Wait()
	slices.Sort(tokens)
	if n := len(slices.Compact(slices.Clone(tokens))); n != people || accepted != people {
		t.Fatalf("%d different tokens, %d ballots accepted", n, accepted)
	}
	logs := p.logs.String()
	p.noTrace(tokens, logs)
	p.finish()
	r, err := p.desk.Surveys.CountSurvey(t.Context(), p.id)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(r.Comments)
	if r.Ballots != people || len(slices.Compact(r.Comments)) != people || r.Tallies[0].Cells[0].N != 67 || r.Tallies[0].Cells[2].N != 66 {
		t.Errorf("%d ballots, %d voices, %+v", r.Ballots, len(r.Comments), r.Tallies[0].Cells)
	}
	p.noTrace(tokens, p.logs.String())
}

// noTrace looks for tokens in every table and log line, and for people beside ballots.
func (p *polling) noTrace(tokens []string, logs string) {
	p.t.Helper()
	ctx := p.t.Context()
	rows, err := p.db.Pool().Query(ctx, `SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'`)
	if err != nil {
		p.t.Fatal(err)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(tables) < 30 {
		p.t.Fatalf("%d tables, %v", len(tables), err)
	}
	for _, table := range tables {
		var n int
		if err := p.db.Pool().QueryRow(ctx, `SELECT count(*) FROM `+pgx.Identifier{table}.Sanitize()+` x WHERE x::text ~ $1`, strings.Join(tokens, "|")).Scan(&n); err != nil {
			p.t.Fatal(err)
		}
		if n > 0 {
			p.t.Errorf("%s holds tokens in %d rows", table, n)
		}
	}
	for _, table := range []string{"survey_pool", "survey_inbox", "ballot", "ballot_comment"} {
		var n int
		if err := p.db.Pool().QueryRow(ctx, `SELECT count(*) FROM `+table+` x WHERE x::text LIKE '%staff%'`).Scan(&n); err != nil || n > 0 {
			p.t.Errorf("%s holds people: %d, %v", table, n, err)
		}
	}
	var events int
	if err := p.db.Pool().QueryRow(ctx, `SELECT count(*) FROM audit_event WHERE object = 'survey' AND action NOT IN ('survey.start', 'survey.close')`).Scan(&events); err != nil || events > 0 {
		p.t.Errorf("%d events of taking part, %v", events, err)
	}
	for _, token := range tokens {
		if strings.Contains(logs, token) || strings.Contains(logs, token[:10]) {
			p.t.Fatal("a log line holds a token")
		}
	}
	if !strings.Contains(logs, `route="GET /survey/{id}"`) {
		p.t.Error("the log is empty: this proves nothing")
	}
	for _, not := range []string{"staff1", "POST /survey/{id}", "/b", "意见第", "survey.took"} {
		if strings.Contains(logs, not) {
			p.t.Errorf("the log holds %q", not)
		}
	}
}

func TestATokenIsGivenOnceAndStaysInTheBrowserThatDrewIt(t *testing.T) {
	p := newPolling(t, 0)
	p.begin("appraisal", "民主测评：局领导班子")
	wang := p.as("wang")
	if home := wang.get("/").body; !strings.Contains(home, "民主测评：局领导班子") || !strings.Contains(home, p.page()) {
		t.Error("the home page does not tell of it")
	}
	before := wang.get(p.page())
	if !strings.Contains(before.body, "票只发一次") || !strings.Contains(before.body, "换一台就不能再领") {
		t.Error("what becomes of a lost ballot paper is not said before")
	}
	if csp := before.head.Get("Content-Security-Policy"); !strings.Contains(csp, "form-action 'self' "+p.public.URL) || strings.Contains(wang.get("/").head.Get("Content-Security-Policy"), p.public.URL) {
		t.Errorf("the way to the ballot: %s", csp)
	}
	if before.head.Get("Referrer-Policy") != "no-referrer" {
		t.Error("the ballot hears where people come from")
	}
	first := p.token("wang")
	if again := tokenField.FindStringSubmatch(wang.get(p.page()).body); again == nil || again[1] != first {
		t.Error("the page that was closed does not open again")
	}
	if again := tokenField.FindStringSubmatch(wang.must(p.page(), nil).body); again == nil || again[1] != first {
		t.Error("drawing again gives something else")
	}
	at, err := url.Parse(p.server.URL + p.page())
	if err != nil {
		t.Fatal(err)
	}
	elsewhere, err := url.Parse(p.server.URL + "/board")
	if err != nil {
		t.Fatal(err)
	}
	if a, b := len(wang.http.Jar.Cookies(at)), len(wang.http.Jar.Cookies(elsewhere)); a != b+1 {
		t.Errorf("%d cookies on the page, %d elsewhere", a, b)
	}
	// Another phone of the same person, and another person at the same phone.
	delete(p.browsers, "wang")
	other := p.as("wang")
	if page := other.get(p.page()).body; !strings.Contains(page, "已经领过票") || tokenField.MatchString(page) {
		t.Errorf("another phone shows\n%s", said(page))
	}
	if got := other.must(p.page(), nil); tokenField.MatchString(got.body) {
		t.Error("a second token")
	}
	wu := p.as("wu")
	wu.http.Jar.SetCookies(at, wang.http.Jar.Cookies(at)[1:])
	if page := wu.get(p.page()).body; tokenField.MatchString(page) {
		t.Error("somebody else's ballot paper is shown at the same phone")
	}
	for who, status := range map[bot.UserID]int{"han": 403, "it": 403} { // not asked: they have no post
		if got := p.as(who).get(p.page()); got.status != status {
			t.Errorf("%s: %d", who, got.status)
		}
		if got := p.as(who).post(p.page(), nil); got.status != status {
			t.Errorf("%s draws: %d", who, got.status)
		}
	}
	for _, path := range []string{"/survey/999", "/survey/x", "/surveys/999", "/survey/-1"} {
		if got := p.as("sun").get(path); got.status != http.StatusNotFound {
			t.Errorf("%s: %d", path, got.status)
		}
	}
	if status, _, _ := p.send("/b", url.Values{"token": {first}}); status != http.StatusOK {
		t.Errorf("the token it kept: %d", status)
	}
	p.finish()
	if page := p.as("wu").get(p.page()).body; !strings.Contains(page, "已经结束") {
		t.Errorf("after the close:\n%s", said(page))
	}
	if status, body, _ := p.send("/b", url.Values{"token": {first}}); status != http.StatusGone || !strings.Contains(body, "这张票不能用了") {
		t.Errorf("a ballot after the close: %d", status)
	}
}

func TestResultsAreShownAfterTheCloseAndToThoseWhoMayReadThem(t *testing.T) {
	p := newPolling(t, 30)
	p.begin("appraisal", "民主测评：局领导班子")
	here := fmt.Sprintf("/surveys/%d", p.id)
	for i := range 26 {
		token := p.token(bot.UserID(fmt.Sprintf("staff%d", i)))
		option := 0
		switch {
		case i >= 25:
			option = 3
		case i >= 22:
			option = 2
		case i >= 12:
			option = 1
		}
		if status, body, _ := p.send("/b/send", p.answers("appraisal", token, option, fmt.Sprintf("第%d条建议", i%7))); status != http.StatusOK {
			t.Fatalf("%d\n%s", status, said(body))
		}
	}
	readers := map[bot.UserID]bool{"sun": true, "qian": true, "zhao": true, "zhou": true, "han": true, "li": false, "wang": false, "it": false}
	for who, may := range readers {
		got := p.as(who).get(here)
		if may != (got.status == http.StatusOK) {
			t.Errorf("%s opens it while it runs: %d", who, got.status)
		}
		for _, leak := range []string{"较好", "建议", "张票 ·", "占比"} {
			if strings.Contains(got.body, leak) {
				t.Errorf("%s sees %q while it runs", who, leak)
			}
		}
		if got := p.as(who).post(here, url.Values{"do": {"export"}}); got.status == http.StatusOK {
			t.Errorf("%s exports while it runs", who)
		}
	}
	if got := p.as("han").must(here, url.Values{"do": {"close"}}); !strings.Contains(got.body, "只有防控办可以提前结束") {
		t.Error("the discipline office closed a survey")
	}
	if got := p.as("li").get("/surveys"); got.status != http.StatusForbidden {
		t.Errorf("a section head's list: %d", got.status)
	}
	p.finish()
	for who, may := range readers {
		if got := p.as(who).get(here); may != (got.status == http.StatusOK) {
			t.Errorf("%s opens the result: %d", who, got.status)
		}
	}
	page := p.as("zhou").get(here).body
	text := regexp.MustCompile(`<[^>]+>`).ReplaceAllString(page, " ")
	text = strings.Join(strings.Fields(text), " ")
	for _, want := range []string{"收回26张票", "好 12 46% 较好 10 38% 一般 不显示 差 不显示 不了解 不显示", "第3条建议"} {
		if !strings.Contains(text, want) {
			t.Errorf("the result lacks %q:\n%s", want, text)
		}
	}
	if strings.Contains(page, " style=") || strings.Contains(page, "<script") || !strings.Contains(page, `<rect width="46"`) || !strings.Contains(page, `<th scope="row">`) {
		t.Error("the bars are not plain pictures beside a table")
	}
	book := p.download("sun", here)
	sheet, err := book.GetRows(book.GetSheetName(0))
	if err != nil {
		t.Fatal(err)
	}
	flat := fmt.Sprint(sheet)
	if !strings.Contains(flat, "[好 12 46%]") || !strings.Contains(flat, "[差 不显示 不显示]") {
		t.Errorf("the workbook: %s", flat)
	}
	var exports int
	if err := p.db.Pool().QueryRow(t.Context(), `SELECT count(*) FROM audit_event WHERE action = 'export.survey'`).Scan(&exports); err != nil || exports != 1 {
		t.Errorf("%d exports are in the audit log, %v", exports, err)
	}
}

// download is an exported workbook.
func (p *polling) download(who bot.UserID, path string) *excelize.File {
	p.t.Helper()
	b := p.as(who)
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, p.server.URL+path, strings.NewReader(url.Values{"csrf": {b.csrf}, "do": {"export"}}.Encode()))
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := b.http.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	f, err := excelize.OpenReader(bytes.NewReader(raw))
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = f.Close() })
	return f
}

func TestASurveyIsMadeOnAPageAfterALook(t *testing.T) {
	p := newPolling(t, 12)
	sun := p.as("sun")
	good := url.Values{"template": {"prevention"}, "title": {"防控工作满意度"}, "until": {"2026-10-21"}, "do": {"preview"}}
	look := sun.post("/surveys", good)
	if look.status != http.StatusOK || !strings.Contains(look.body, "发给 23 人，10月21日截止") || !strings.Contains(look.body, "填报和检查的工作量（合适、偏多、太多）") {
		t.Fatalf("%d\n%s", look.status, said(look.body))
	}
	for name, c := range map[string]struct {
		field, value, want string
	}{
		"a past day":    {"until", "2026-10-01", "已经过了"},
		"no day":        {"until", "31/10", "日期我没看明白"},
		"no template":   {"template", "x", "没有这种问卷"},
		"a short title": {"title", "好", "名称请写4到40个字"},
		"a small unit":  {"section", fmt.Sprint(p.sectionOf("chen")), "只发给1个人"},
		"split":         {"split", "1", "有科室不足5人"},
		"a red line":    {"title", "测评 身份证110101199003078515", "不能保存"},
	} {
		form := clone(good)
		form.Set(c.field, c.value)
		form.Set("do", "start")
		if got := sun.post("/surveys", form); got.status != http.StatusUnprocessableEntity || c.want != "不能保存" && !strings.Contains(got.body, c.want) {
			t.Errorf("%s: %d\n%s", name, got.status, said(got.body))
		}
	}
	for _, who := range []bot.UserID{"wang", "li", "zhou", "han", "it"} {
		form := clone(good)
		form.Set("do", "start")
		if got := p.as(who).post("/surveys", form); got.status != http.StatusForbidden {
			t.Errorf("%s makes a survey: %d", who, got.status)
		}
	}
	all, err := p.desk.Surveys.Surveys(t.Context(), false, 9)
	if err != nil || len(all) != 0 {
		t.Fatalf("%d surveys were made, %v", len(all), err)
	}
	good.Set("do", "start")
	if got := sun.must("/surveys", good); !strings.Contains(got.body, "已开始，发给23人") || !strings.Contains(got.body, "进行中") {
		t.Errorf("%s", said(got.body))
	}
	p.chat.Clock.Set(monday().Add(time.Hour))
	if got := p.as("sun").must("/surveys/1", url.Values{"do": {"close"}}); !strings.Contains(got.body, "不足5张，按约定不显示") {
		t.Errorf("closed early with nothing in it:\n%s", said(got.body))
	}
}
