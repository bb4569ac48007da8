package handlers

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/pg"
	"qingfeng/bot/risk"
	"qingfeng/bot/survey"
)

// newSurveyOffice is a unit with surveys, and more people than the small one: eleven, and
// six in a section of their own.
func newSurveyOffice(t *testing.T) *bureau {
	b := newBureau(t)
	b.desk.Surveys = &pg.Surveys{Ballots: pg.Ballots{DB: b.db}, Now: b.reg.Now}
	b.desk.Tokens = survey.NewPool(rand.Reader)
	b.desk.Pushes = b.reg
	b.desk.Seal = testBox(t)
	var rows []risk.RosterRow
	for i := range 6 {
		rows = append(rows, risk.RosterRow{Section: "执法大队", Post: fmt.Sprintf("执法岗%d", i), Stratum: risk.StratumKey, Name: fmt.Sprintf("林%d", i), UserID: bot.UserID(fmt.Sprintf("lin%d", i))})
	}
	b.hire(rows...)
	return b
}

// pushed is what was queued in rounds of surveys: once key → words.
func (b *bureau) pushed(prefix string) map[string]string {
	b.t.Helper()
	rows, err := b.db.Pool().Query(b.t.Context(), `SELECT o.once, p.reply::text FROM push_to o JOIN push p ON p.id = o.push_id WHERE o.once LIKE $1 || '%'`, prefix)
	if err != nil {
		b.t.Fatal(err)
	}
	out := map[string]string{}
	var once, reply string
	if _, err := pgx.ForEachRow(rows, []any{&once, &reply}, func() error { out[once] = reply; return nil }); err != nil {
		b.t.Fatal(err)
	}
	return out
}

func (b *bureau) tick(at string) {
	b.t.Helper()
	when, err := time.ParseInLocation("2006-01-02 15:04", at, bot.Zone())
	if err != nil {
		b.t.Fatal(err)
	}
	b.Clock.Set(when)
	if err := b.desk.SurveyTick(b.t.Context(), when); err != nil {
		b.t.Fatal(err)
	}
}

// vote lets somebody draw a token and hand a ballot in, all questions answered alike.
func (b *bureau) vote(user bot.UserID, option int) {
	b.t.Helper()
	ctx := b.t.Context()
	who, err := b.reg.Who(ctx, user)
	if err != nil {
		b.t.Fatal(err)
	}
	open, err := b.desk.Surveys.Invitations(ctx, who.Person)
	if err != nil || len(open) != 1 {
		b.t.Fatalf("%s has %d invitations: %v", user, len(open), err)
	}
	token, err := b.desk.TakePart(ctx, who.Person, open[0].ID)
	if err != nil {
		b.t.Fatal(err)
	}
	ballot := survey.Ballot{Answers: map[string][]string{}}
	for _, q := range open[0].Sheet.Questions {
		ballot.Answers[q.ID] = []string{q.Options[option].Key}
	}
	if err := (&pg.Ballots{DB: b.db}).Cast(ctx, token, ballot); err != nil {
		b.t.Fatal(err)
	}
}

func TestACoordinatorHoldsAnAppraisalInChat(t *testing.T) {
	b := newSurveyOffice(t)
	sun, wang := b.phone("sun"), b.phone("wang")
	wang.Send("发起民主测评").Expect("由防控办发起")
	b.refused("role")
	wang.Send("问卷").Expect("没有等您填的问卷")
	sun.Send("发起民主测评").Expect("测评谁")
	sun.Send("好").Expect("请写清楚测评谁")
	sun.Send("局领导班子").Expect("发给谁")
	sun.Send("随便发发").Expect("请回复选项前的数字")
	sun.Press("选科室").Expect("发给哪些科室")
	sun.Tick("法规股").Expect("只发给1个人").Expect("发给谁")
	sun.Press("选科室").Expect("发给哪些科室")
	sun.Tick("法规股", "财务审计股").Expect("只发给3人。不足5人的结果会让人猜出是谁填的，永远不能显示").Expect("发给谁")
	b.refused("too few")
	sun.Send("全体").Expect("哪天截止")
	sun.Send("越快越好").Expect("日期我没看明白")
	sun.Send("2020年1月1日").Expect("已经过了")
	sun.Send("2027年10月1日").Expect("最长开90天")
	sun.Send("10月30日").Expect("共6题：\n1. 廉政风险防范措施落实得怎么样").Expect("发给16人，10月30日截止")
	if n := len(b.pushed("survey:")); n != 0 {
		t.Fatalf("%d people were told before it began", n)
	}
	sun.Send("确认").Expect("已开始，发给16人，10月30日截止").Then(func(t testing.TB) {
		if n := len(b.pushed("survey:")); n != 16 {
			t.Errorf("%d people were told", n)
		}
	})
	for _, words := range b.pushed("survey:") {
		if strings.Contains(words, "测评") || strings.Contains(words, "班子") || strings.Contains(words, "王舟") || !strings.Contains(words, "https://qf.example/survey/") {
			t.Errorf("a lock screen shows %s", words)
		}
	}
	wang.Send("问卷").Expect("“民主测评：局领导班子”等您填，10月30日前，不记名：https://qf.example/survey/")
	sun.Send("问卷进度").Expect("还不足5人，先不显示。还没有结束，结束前谁也看不到结果")
	for _, user := range []bot.UserID{"wang", "wu", "li", "zheng"} {
		b.vote(user, 0)
	}
	sun.Send("问卷进度").Expect("不足5人，先不显示")
	b.vote("feng", 0)
	sun.Send("问卷进度").Expect("已有5人领票")
	wang.Send("问卷").Expect("没有等您填的问卷")
	if _, err := b.desk.Surveys.CountSurvey(t.Context(), 1); err == nil {
		t.Error("results before the close")
	}
	b.tick("2026-10-31 01:17")
	sun.Send("问卷结果").Expect("最近结束的：“民主测评：局领导班子”，看结果：https://qf.example/surveys/")
	for _, role := range []bot.UserID{"sun", "qian"} {
		who, err := b.reg.Who(t.Context(), role)
		if err != nil {
			t.Fatal(err)
		}
		if said := b.pushed("survey-end:")[fmt.Sprintf("survey-end:1:%d", who.Person)]; !strings.Contains(said, "可以看结果了") {
			t.Errorf("%s was told %q", role, said)
		}
	}
	r, err := b.desk.Surveys.CountSurvey(t.Context(), 1)
	if err != nil || r.Ballots != 5 {
		t.Fatalf("%+v %v", r, err)
	}
}

func TestASatisfactionSurveyIsBegunWithTypedWords(t *testing.T) {
	b := newSurveyOffice(t)
	sun := b.phone("sun")
	sun.Send("文字版").Expect("已换成文字版")
	sun.Send("发起问卷").Expect("2 廉政风险防控")
	sun.Send("2").Expect("回“好”就叫“2026年廉政风险防控满意度”")
	sun.Send("好").Expect("发给谁")
	sun.Send("选科室").Expect("发给哪些科室")
	sun.Send("6").Expect("哪天截止")
	sun.Send("返回").Expect("发给哪些科室")
	sun.Send("6").Expect("哪天截止")
	sun.Send("下周五").Expect("本岗位的风险点").Expect("发给6人，10月30日截止")
	sun.Send("先不发").Expect("谁也没有通知")
	if n := b.countOf(`SELECT count(*) FROM survey`); n != 0 {
		t.Errorf("%d surveys were made", n)
	}
}

func (b *bureau) countOf(sql string) (n int) {
	b.t.Helper()
	if err := b.db.Pool().QueryRow(b.t.Context(), sql).Scan(&n); err != nil {
		b.t.Fatal(err)
	}
	return n
}

// start begins a survey for everybody, until a day.
func (b *bureau) start(p SurveyPlan) (id int64, told bool) {
	b.t.Helper()
	b.page("sun", func(ctx context.Context, t *convo.Turn) (err error) {
		id, told, err = b.desk.StartSurvey(ctx, t, p)
		return err
	})
	return id, told
}

func fixedDay(m time.Month, d int) time.Time { return time.Date(2026, m, d, 0, 0, 0, 0, bot.Zone()) }

func TestOnlyThoseWhoHaveNotTakenPartAreRemindedTwiceAtWorkingHours(t *testing.T) {
	b := newSurveyOffice(t)
	b.phone("wu").Send("文字版")
	id, told := b.start(SurveyPlan{Template: "prevention", Title: "防控工作满意度", Until: fixedDay(10, 30)})
	if !told || len(b.pushed("survey:")) != 16 {
		t.Fatalf("told %v: %d", told, len(b.pushed("survey:")))
	}
	round := func(n int) (users []string) {
		for once := range b.pushed(fmt.Sprintf("survey:%d:", id)) {
			if parts := strings.Split(once, ":"); parts[3] == fmt.Sprint(n) {
				users = append(users, parts[2])
			}
		}
		slices.Sort(users)
		return users
	}
	b.vote("wang", 0)
	b.vote("wu", 0)
	b.tick("2026-10-20 10:00")
	b.tick("2026-10-23 08:20") // half way, but before work
	if got := round(1); len(got) != 0 {
		t.Fatalf("reminded too early: %v", got)
	}
	b.tick("2026-10-23 10:05")
	b.tick("2026-10-23 11:05")
	if got := round(1); len(got) != 14 {
		t.Fatalf("half way %d were reminded", len(got))
	}
	b.vote("feng", 0)
	b.tick("2026-10-24 10:00") // a Saturday
	b.tick("2026-10-28 10:00")
	if got := round(2); len(got) != 0 {
		t.Fatalf("the last reminder came early: %v", got)
	}
	b.tick("2026-10-29 09:31")
	if got := round(2); len(got) != 13 {
		t.Fatalf("on the last working day before the close %d were reminded", len(got))
	}
	for _, once := range []string{"wang", "wu", "feng"} {
		who, err := b.reg.Who(t.Context(), bot.UserID(once))
		if err != nil {
			t.Fatal(err)
		}
		if slices.Contains(round(2), fmt.Sprint(who.Person)) {
			t.Errorf("%s took part and was reminded", once)
		}
	}
	b.tick("2026-10-30 23:30")
	if n := b.countOf(`SELECT count(*) FROM survey WHERE state = 'open'`); n != 1 {
		t.Error("closed before the end of its day")
	}
	b.tick("2026-10-31 00:20")
	if n := b.countOf(`SELECT count(*) FROM survey WHERE state = 'void'`); n != 1 {
		t.Error("not closed after its day; three ballots are too few")
	}
	if n := len(b.pushed("survey:")); n != 16+14+13 {
		t.Errorf("%d messages in all", n)
	}
}

func TestASurveyBegunAtNightIsAnnouncedInTheMorning(t *testing.T) {
	b := newSurveyOffice(t)
	b.Clock.Set(time.Date(2026, 10, 19, 22, 10, 0, 0, bot.Zone()))
	if _, told := b.start(SurveyPlan{Template: "prevention", Title: "防控工作满意度", Until: fixedDay(10, 21)}); told {
		t.Error("people were written to at night")
	}
	b.tick("2026-10-20 03:00")
	if n := len(b.pushed("survey:")); n != 0 {
		t.Errorf("%d people were written to at three", n)
	}
	b.tick("2026-10-20 08:57")
	if n := len(b.pushed("survey:")); n != 16 {
		t.Errorf("%d people were written to in the morning", n)
	}
	b.tick("2026-10-20 10:57")
	if n := len(b.pushed("survey:")); n != 16 {
		t.Errorf("%d messages: the same day twice", n)
	}
}

// Without a sealing key ballots would wait in the clear, and whoever reads the tables twice
// would see what somebody said: then there is no survey.
func TestWithoutASealingKeyThereIsNoAnonymousSurvey(t *testing.T) {
	b := newSurveyOffice(t)
	b.desk.Seal = nil
	b.phone("sun").Send("发起问卷").Expect("还没有设置封存密钥")
	_, err := b.desk.DraftSurvey(t.Context(), b.Clock.Now(), SurveyPlan{Template: "appraisal", Title: "民主测评：班子", Until: b.Clock.Now().AddDate(0, 0, 7)})
	if bot.Says(err) == "" {
		t.Errorf("drafted without a key: %v", err)
	}
}

// A lost key is told in one line, and what waits for it stays.
func TestASurveyWhoseKeyIsLostDoesNotEndAndLosesNothing(t *testing.T) {
	b := newSurveyOffice(t)
	who := b.member("sun")
	id, err := b.desk.Surveys.NewSurvey(t.Context(), survey.Survey{Template: "appraisal", Until: b.Clock.Now(), By: who.ID}, []int64{who.ID, b.member("zhao").ID, b.member("wang").ID, b.member("li").ID, b.member("han").ID})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.db.Pool().Exec(t.Context(), `INSERT INTO survey_inbox (survey, body) SELECT $1, '\x01414141' FROM generate_series(1, 5)`, id); err != nil {
		t.Fatal(err)
	}
	said := ""
	err = b.db.InTx(t.Context(), func(ctx context.Context) error {
		err := b.desk.EndSurvey(ctx, &convo.Turn{Now: b.Clock.Now(), Actor: bot.Actor{Person: who.ID, UserID: "sun", Roles: []bot.Role{bot.RoleOfficeDirector}}}, id)
		said = bot.Says(err)
		return err
	})
	if err == nil || !strings.Contains(said, "票都在") {
		t.Errorf("%q, %v", said, err)
	}
	var n int
	if err := b.db.Pool().QueryRow(t.Context(), `SELECT count(*) FROM survey_inbox`).Scan(&n); err != nil || n != 5 {
		t.Errorf("%d ballots, %v", n, err)
	}
}

func TestAPlanThatCannotBeKeptIsRefusedInOneLine(t *testing.T) {
	b := newSurveyOffice(t)
	law := b.section("chen")
	good := SurveyPlan{Template: "prevention", Title: "防控工作满意度", Until: fixedDay(10, 30)}
	for name, c := range map[string]struct {
		spoil func(*SurveyPlan)
		want  string
	}{
		"no template":       {func(p *SurveyPlan) { p.Template = "exam" }, "没有这种问卷"},
		"no title":          {func(p *SurveyPlan) { p.Title = "" }, "名称请写4到40个字"},
		"a long title":      {func(p *SurveyPlan) { p.Title = strings.Repeat("长", 41) }, "名称请写4到40个字"},
		"no day":            {func(p *SurveyPlan) { p.Until = time.Time{} }, "日期我没看明白"},
		"yesterday":         {func(p *SurveyPlan) { p.Until = fixedDay(10, 18) }, "已经过了"},
		"next year":         {func(p *SurveyPlan) { p.Until = fixedDay(10, 30).AddDate(1, 0, 0) }, "最长开90天"},
		"one invitee":       {func(p *SurveyPlan) { p.Sections = []int64{law} }, "只发给1个人"},
		"no such section":   {func(p *SurveyPlan) { p.Sections = []int64{987654} }, "没有人"},
		"a small section":   {func(p *SurveyPlan) { p.Split = true }, "有科室不足5人"},
		"one section alone": {func(p *SurveyPlan) { p.Split, p.Sections = true, []int64{b.section("lin0")} }, "有科室不足5人"},
	} {
		p := good
		c.spoil(&p)
		if _, err := b.desk.DraftSurvey(t.Context(), monday(), p); !strings.Contains(bot.Says(err), c.want) || strings.Contains(bot.Says(err), "\n") {
			t.Errorf("%s: %v (%q)", name, err, bot.Says(err))
		}
	}
	if d, err := b.desk.DraftSurvey(t.Context(), monday(), good); err != nil || len(d.People) != 16 || d.CanSplit {
		t.Errorf("%+v %v", d, err)
	}
}

// Receiving a ballot leaves no event, no row in a lane and no moment.
func TestTakingPartLeavesNoTraceOfItsMoment(t *testing.T) {
	b := newSurveyOffice(t)
	b.start(SurveyPlan{Template: "prevention", Title: "防控工作满意度", Until: fixedDay(10, 30)})
	traces := func() string {
		var out []int
		for _, table := range []string{"audit_event", "inbox", "outbox", "conversation", "push_to", "job_run", "card"} {
			out = append(out, b.countOf(`SELECT count(*) FROM `+table))
		}
		raw, err := json.Marshal(out)
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	before := traces()
	for _, user := range []bot.UserID{"wang", "wu", "li", "feng", "lin0", "lin1"} {
		b.vote(user, 1)
	}
	who, err := b.reg.Who(t.Context(), "wang")
	if err != nil {
		t.Fatal(err)
	}
	if token, err := b.desk.TakePart(t.Context(), who.Person, 1); token != "" || !strings.Contains(bot.Says(err), "已经领过票") {
		t.Errorf("a second token: %v", err)
	}
	han, err := b.reg.Who(t.Context(), "han")
	if err != nil {
		t.Fatal(err)
	}
	if token, err := b.desk.TakePart(t.Context(), han.Person, 1); token != "" || !strings.Contains(bot.Says(err), "没有发给您") {
		t.Errorf("somebody who was not asked: %v", err)
	}
	if after := traces(); after != before {
		t.Errorf("rows before %s and after %s", before, after)
	}
	b.tick("2026-10-31 00:20")
	if n := b.countOf(`SELECT count(*) FROM audit_event WHERE object = 'survey'`); n != 2 {
		t.Errorf("%d events of a survey: its start and its close", n)
	}
	if token, err := b.desk.TakePart(t.Context(), b.checks["lin2"].Person.ID, 1); token != "" || !strings.Contains(bot.Says(err), "已经截止") {
		t.Errorf("after the close: %v", err)
	}
}
