package web_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image/png"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
	"github.com/xuri/excelize/v2"

	"qingfeng/bot/form"
	"qingfeng/bot/pg"
	"qingfeng/bot/survey"
)

// newStreet is a unit that asks everybody who passes.
func newStreet(t *testing.T) *polling {
	p := newPolling(t, 0)
	p.desk.OpenSurveys = p.desk.Surveys.(*pg.Surveys)
	p.desk.Pages.Public = "https://gs.example"
	p.desk.Fonts = form.SystemFonts("/usr/share/fonts")
	return p
}

func (p *polling) openOne() survey.LinkSurvey {
	p.t.Helper()
	all, err := p.desk.OpenSurveys.LinkSurveys(p.t.Context(), false, 9)
	if err != nil || len(all) != 1 {
		p.t.Fatalf("%d surveys: %v", len(all), err)
	}
	return all[0]
}

// drop puts ballots where the night does.
func (p *polling) drop(s survey.LinkSurvey, n, option int) {
	p.t.Helper()
	c := pg.Citizens{Ballots: pg.Ballots{DB: p.db}, Today: p.chat.Clock.Now}
	open, err := c.OpenSurvey(p.t.Context(), s.Code)
	if err != nil {
		p.t.Fatal(err)
	}
	ballot := survey.Ballot{Answers: map[string][]string{}, Comment: "少跑一趟就好"}
	for _, q := range open.Sheet.Questions {
		ballot.Answers[q.ID] = []string{q.Options[option].Key}
	}
	plain, err := json.Marshal(ballot)
	if err != nil {
		p.t.Fatal(err)
	}
	for i := range n {
		body, err := open.Close(plain)
		if err != nil {
			p.t.Fatal(err)
		}
		if _, err := p.db.Pool().Exec(p.t.Context(), `INSERT INTO open_ballot (id, survey, body) VALUES ($1, $2, $3)`, 1000*option+i+1, s.ID, body); err != nil {
			p.t.Fatal(err)
		}
	}
}

func TestTheOfficeOpensASurveyOnAPage(t *testing.T) {
	p := newStreet(t)
	sun := p.as("sun")
	good := url.Values{"template": {"service"}, "title": {"2026年服务对象问卷"}, "until": {"2026-10-30"}, "do": {"preview"}}
	for name, change := range map[string]struct{ field, value, want string }{
		"past":      {"until", "2020-01-01", "已经过了"},
		"too long":  {"until", "2027-12-01", "最长开90天"},
		"no title":  {"title", "", "4到40个字"},
		"appraisal": {"template", "appraisal", "不能公开"},
		"none":      {"template", "x", "没有这种问卷"},
	} {
		bad := url.Values{}
		for k, v := range good {
			bad[k] = v
		}
		bad.Set(change.field, change.value)
		if got := sun.post("/opensurveys", bad); got.status != http.StatusUnprocessableEntity || !strings.Contains(got.body, change.want) {
			t.Errorf("%s: %d without %q", name, got.status, change.want)
		}
	}
	if got := sun.post("/opensurveys", good); !strings.Contains(got.body, "请核对后再开始") || !strings.Contains(got.body, "一次说清楚了吗") {
		t.Errorf("no preview: %d", got.status)
	}
	good.Set("do", "start")
	if got := p.as("li").post("/opensurveys", good); got.status != http.StatusForbidden {
		t.Errorf("anybody opens one: %d", got.status)
	}
	got := sun.must("/opensurveys", good)
	s := p.openOne()
	link, here := "https://gs.example/s/"+s.Code, fmt.Sprintf("/opensurveys/%d", s.ID)
	for _, want := range []string{"已开始", link, here + "/code.png", here + "/sheet.pdf", "结束前谁也看不到结果"} {
		if !strings.Contains(got.body, want) {
			t.Errorf("no %q", want)
		}
	}
	code := sun.get(here + "/code.png")
	img, err := png.Decode(strings.NewReader(code.body))
	if err != nil {
		t.Fatal(err)
	}
	bmp, err := gozxing.NewBinaryBitmapFromImage(img)
	if err != nil {
		t.Fatal(err)
	}
	if read, err := qrcode.NewQRCodeReader().Decode(bmp, nil); err != nil || read.GetText() != link {
		t.Errorf("the code says %v: %v", read, err)
	}
	if sheet := sun.get(here + "/sheet.pdf"); sheet.status != http.StatusOK || !strings.HasPrefix(sheet.body, "%PDF-") || sheet.head.Get("Content-Type") != "application/pdf" {
		t.Errorf("no sheet: %d", sheet.status)
	}
	p.desk.Fonts = nil
	if sheet := sun.get(here + "/sheet.pdf"); sheet.status != http.StatusUnprocessableEntity || !strings.Contains(sheet.body, "没有中文字体") {
		t.Errorf("without a font: %d", sheet.status)
	}
	for _, path := range []string{"/opensurveys", here, here + "/code.png", here + "/sheet.pdf"} {
		if got := p.as("li").get(path); got.status != http.StatusForbidden {
			t.Errorf("%s shows itself to anybody: %d", path, got.status)
		}
	}
	if got := p.as("han").get(here); got.status != http.StatusOK || strings.Contains(got.body, "提前结束") {
		t.Errorf("the discipline office reads and does not end: %d", got.status)
	}
	if got := p.as("han").must(here, url.Values{"do": {"close"}}); !strings.Contains(got.body, "只有防控办可以提前结束") || !p.openOne().Until.Equal(s.Until) {
		t.Error("the discipline office ended it")
	}
}

func TestAnOpenSurveysResultIsShownAfterItsEndOnly(t *testing.T) {
	p := newStreet(t)
	p.as("sun").must("/opensurveys", url.Values{"template": {"service"}, "title": {"2026年服务对象问卷"}, "until": {"2026-10-30"}, "do": {"start"}})
	s := p.openOne()
	here := fmt.Sprintf("/opensurveys/%d", s.ID)
	p.drop(s, 8, 0)
	p.drop(s, 2, 1)
	if got := p.as("sun").get(here); strings.Contains(got.body, "收回") && strings.Contains(got.body, "份 ·") || strings.Contains(got.body, "少跑一趟") {
		t.Error("something of it is shown before its end")
	}
	if got := p.as("sun").post(here, url.Values{"do": {"export"}}); got.status != http.StatusBadRequest {
		t.Errorf("exported before its end: %d", got.status)
	}
	if got := p.as("sun").must(here, url.Values{"do": {"close"}}); !strings.Contains(got.body, "今天是最后一天") {
		t.Error("it does not say when it ends")
	}
	if got := p.as("sun").must(here, url.Values{"do": {"close"}}); !strings.Contains(got.body, "不用再提前") {
		t.Error("ended twice")
	}
	tick := func(days, hours int) {
		p.chat.Clock.Set(monday().AddDate(0, 0, days))
		at := p.chat.Clock.Now()
		p.chat.Clock.Set(at.Add(time.Duration(hours) * time.Hour))
		if err := p.desk.OpenSurveyTick(t.Context(), p.chat.Clock.Now()); err != nil {
			t.Fatal(err)
		}
		clear(p.browsers)
	}
	tick(0, 13)
	if got := p.as("sun").get(here); p.openOne().State != survey.Open || got.status != http.StatusOK {
		t.Error("closed before the night")
	}
	tick(1, 0)
	got := p.as("sun").get(here)
	for _, want := range []string{"收回10份", "不显示", "少跑一趟就好", "导出 Excel"} {
		if !strings.Contains(got.body, want) {
			t.Errorf("no %q in the result", want)
		}
	}
	if missing := p.as("sun").get(here + "/code.png"); missing.status != http.StatusNotFound {
		t.Errorf("a code leads to a survey that is over: %d", missing.status)
	}
	file := p.as("sun").post(here, url.Values{"do": {"export"}})
	book, err := excelize.OpenReader(bytes.NewReader([]byte(file.body)))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	if sheets := book.GetSheetList(); len(sheets) != 2 {
		t.Errorf("sheets %v", sheets)
	}
	if got := p.as("li").get(here); got.status != http.StatusForbidden {
		t.Errorf("anybody reads the result: %d", got.status)
	}
	if got := p.as("sun").get("/opensurveys/999"); got.status != http.StatusNotFound {
		t.Errorf("none: %d", got.status)
	}
}
