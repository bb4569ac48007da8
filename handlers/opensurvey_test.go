package handlers

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"qingfeng/bot"
	"qingfeng/bot/opinion"
	"qingfeng/bot/pg"
	"qingfeng/bot/survey"
)

// newOpenSurveyOffice is a unit that may ask everybody.
func newOpenSurveyOffice(t *testing.T) *bureau {
	b := newSurveyOffice(t)
	b.desk.OpenSurveys = b.desk.Surveys.(*pg.Surveys)
	b.desk.Pages.Public = "https://gs.example"
	return b
}

// latestOpen is the newest open survey.
func (b *bureau) latestOpen() survey.LinkSurvey {
	b.t.Helper()
	all, err := b.desk.OpenSurveys.LinkSurveys(b.t.Context(), false, 1)
	if err != nil || len(all) != 1 {
		b.t.Fatalf("%d surveys: %v", len(all), err)
	}
	return all[0]
}

// fill hands in n ballots by the link; they wait for the night under a key.
func (b *bureau) fill(code, key string, n, option int) {
	b.t.Helper()
	c := pg.Citizens{Ballots: pg.Ballots{DB: b.db}, Today: b.reg.Now}
	s, err := c.OpenSurvey(b.t.Context(), code)
	if err != nil {
		b.t.Fatal(err)
	}
	ballot := survey.Ballot{Answers: map[string][]string{}}
	for _, q := range s.Sheet.Questions {
		ballot.Answers[q.ID] = []string{q.Options[option].Key}
	}
	plain, err := json.Marshal(ballot)
	if err != nil {
		b.t.Fatal(err)
	}
	for range n {
		body, err := s.Close(plain)
		if err != nil {
			b.t.Fatal(err)
		}
		raw, err := json.Marshal(opinion.Arrival{What: opinion.NewBallot, Door: opinion.Office, Day: bot.Civil(b.reg.Now()).Format(time.DateOnly), Survey: code, Body: body})
		if err != nil {
			b.t.Fatal(err)
		}
		if err := c.Hold(b.t.Context(), key, raw); err != nil {
			b.t.Fatal(err)
		}
	}
}

// night releases what waits under a key.
func (b *bureau) night(key string) pg.HoldCounts {
	b.t.Helper()
	id := int64(0)
	got, err := b.db.ReleaseHold(b.t.Context(), key, func(body []byte) (a opinion.Arrival, err error) { return a, json.Unmarshal(body, &a) },
		func(a opinion.Arrival) (due, purge time.Time) { return b.reg.Now(), b.reg.Now() }, func(int, func(i, j int)) {},
		func() int64 {
			id++
			return b.reg.Now().UnixMilli() + id
		})
	if err != nil {
		b.t.Fatal(err)
	}
	return got
}

// openTick is the job at a time of day.
func (b *bureau) openTick(at string) {
	b.t.Helper()
	when, err := time.ParseInLocation("2006-01-02 15:04", at, bot.Zone())
	if err != nil {
		b.t.Fatal(err)
	}
	b.Clock.Set(when)
	if err := b.desk.OpenSurveyTick(b.t.Context(), when); err != nil {
		b.t.Fatal(err)
	}
}

func TestTheOfficeOpensASurveyToAllInChat(t *testing.T) {
	b := newOpenSurveyOffice(t)
	sun, wang := b.phone("sun"), b.phone("wang")
	wang.Send("发起公开问卷").Expect("由防控办发起")
	b.refused("role")
	wang.Send("公开问卷").Expect("由防控办发起")
	sun.Send("公开问卷").Expect("现在没有公开问卷")
	sun.Send("发起公开问卷").Expect("谁有链接、扫了码都能填")
	sun.Press("服务对象问卷").Expect("回“好”就叫“2026年服务对象问卷”")
	sun.Send("问").Expect("名称请写4到40个字")
	sun.Send("好").Expect("哪天截止")
	sun.Send("越快越好").Expect("日期我没看明白")
	sun.Send("2020年1月1日").Expect("已经过了")
	sun.Send("10月30日").Expect("一次说清楚了吗").Expect("有链接就能填，10月30日截止")
	sun.Send("确认").Expect("已开始，10月30日截止（含当天）。\n填写链接：https://gs.example/s/")
	s := b.latestOpen()
	if s.Template != "service" || s.Sheet.Title != "2026年服务对象问卷" || len(s.Sheet.Sections) != 0 || s.State != survey.Open {
		t.Errorf("%+v", s)
	}
	sun.Send("公开问卷").Expect("https://gs.example/s/" + s.Code)
	if n := len(b.pushed("survey")); n != 0 {
		t.Errorf("%d people were written to", n)
	}
}

func TestAnOpenSurveyThatIsNotWantedIsNotMade(t *testing.T) {
	b := newOpenSurveyOffice(t)
	sun := b.phone("sun")
	sun.Send("发起公开问卷")
	sun.Press("服务对象问卷")
	sun.Send("好")
	sun.Send("10月30日")
	sun.Press("先不发").Expect("没有发起")
	if all, err := b.desk.OpenSurveys.LinkSurveys(t.Context(), false, 9); err != nil || len(all) != 0 {
		t.Errorf("%d surveys, %v", len(all), err)
	}
}

func TestNoSurveyIsOpenedWithoutAKeyOrAnAddress(t *testing.T) {
	b := newOpenSurveyOffice(t)
	sun := b.phone("sun")
	seal := b.desk.Seal
	b.desk.Seal = nil
	sun.Send("发起公开问卷").Expect("QINGFENG_SEAL_KEY")
	b.desk.Seal, b.desk.Pages.Public = seal, ""
	sun.Send("发起公开问卷").Expect("QINGFENG_PUBLIC_URL")
	b.desk.OpenSurveys = nil
	if err := b.desk.OpenSurveyTick(t.Context(), b.Clock.Now()); err != nil {
		t.Error(err)
	}
	// A questionnaire that is about somebody is never open to all.
	b.desk.Pages.Public = "https://gs.example"
	if _, err := b.desk.DraftOpenSurvey(b.Clock.Now(), OpenSurveyPlan{Template: "appraisal", Title: "民主测评：局领导班子", Until: b.Clock.Now()}); !strings.Contains(bot.Says(err), "不能公开") {
		t.Errorf("%v", err)
	}
}

// begun is a survey with a last day of 30 October.
func (b *bureau) openBegun() survey.LinkSurvey {
	b.t.Helper()
	sun := b.phone("sun")
	sun.Send("发起公开问卷")
	sun.Press("服务对象问卷")
	sun.Send("好")
	sun.Send("10月30日")
	sun.Send("确认").Expect("已开始")
	return b.latestOpen()
}

func TestAnOpenSurveyClosesAfterTheNightThatBringsItsLastBallots(t *testing.T) {
	b := newOpenSurveyOffice(t)
	s := b.openBegun()
	b.openTick("2026-10-30 18:00")
	b.fill(s.Code, "k1", 7, 0)
	b.openTick("2026-10-30 23:55")
	if _, err := b.desk.OpenSurveys.LinkResult(t.Context(), s.ID); err == nil || b.latestOpen().State != survey.Open {
		t.Fatalf("counted before its end: %v", err)
	}
	b.openTick("2026-10-31 05:55")
	b.openTick("2026-10-31 07:00") // the night has not brought them: an instance was down
	if b.latestOpen().State != survey.Open {
		t.Fatal("closed while ballots wait")
	}
	if got := b.night("k1"); got.Ballots != 7 {
		t.Fatalf("%+v", got)
	}
	b.openTick("2026-10-31 07:15")
	if got := b.latestOpen(); got.State != survey.Closed {
		t.Fatalf("it is %s", got.State)
	}
	r, err := b.desk.OpenSurveys.LinkResult(t.Context(), s.ID)
	if err != nil || r.Ballots != 7 || !r.Enough {
		t.Errorf("%+v, %v", r, err)
	}
	told := b.pushed("opensurvey-end:")
	if len(told) == 0 {
		t.Error("the office was not told")
	}
	for _, words := range told {
		if !strings.Contains(words, fmt.Sprintf("https://qf.example/opensurveys/%d", s.ID)) {
			t.Errorf("the office was told %s", words)
		}
	}
	b.openTick("2026-10-31 08:00")
	if n := len(b.pushed("opensurvey-end:")); n != len(told) {
		t.Errorf("told %d times, then %d", len(told), n)
	}
	b.phone("sun").Send("公开问卷结果").Expect("最近结束的：“2026年服务对象问卷”")
	rows, err := b.db.Pool().Query(t.Context(), `SELECT count(*) FROM open_ballot`)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[int]); err != nil || n != 0 {
		t.Errorf("%d ballots stay: %v", n, err)
	}
}

func TestAnOpenSurveyWithFewBallotsIsVoid(t *testing.T) {
	b := newOpenSurveyOffice(t)
	s := b.openBegun()
	b.fill(s.Code, "k1", 4, 1)
	b.night("k1")
	b.openTick("2026-10-31 06:10")
	if got := b.latestOpen(); got.State != survey.Void {
		t.Errorf("it is %s", got.State)
	}
	if _, err := b.desk.OpenSurveys.LinkResult(t.Context(), s.ID); err == nil {
		t.Error("four ballots are shown")
	}
}

func TestACloseDoesNotWaitForEver(t *testing.T) {
	b := newOpenSurveyOffice(t)
	s := b.openBegun()
	b.fill(s.Code, "k1", 6, 0)
	b.night("k1")
	b.fill(s.Code, "lost", 1, 0)
	b.openTick("2026-11-01 23:00")
	if b.latestOpen().State != survey.Open {
		t.Fatal("closed while something waits")
	}
	b.openTick("2026-11-02 06:10")
	if got := b.latestOpen(); got.State != survey.Closed {
		t.Errorf("it is %s", got.State)
	}
	if got := b.night("lost"); got.Late != 1 {
		t.Errorf("%+v", got)
	}
}
