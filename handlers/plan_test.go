package handlers

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/plan"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

// newPlanned is a unit that plans its campaigns; none is open.
func newPlanned(t *testing.T) *bureau {
	t.Helper()
	b := newBureau(t)
	b.desk.Plans = b.reg
	if err := b.reg.CloseCampaign(t.Context(), b.campaign.ID); err != nil {
		t.Fatal(err)
	}
	return b
}

// preview brings 孙文 to the list of days of a campaign that ends its self-checks on a day.
func (b *bureau) preview(due string) {
	b.t.Helper()
	sun := b.phone("sun")
	sun.Send("新建排查工作").Expect("用哪套规则")
	sun.Send("1").Expect("用哪份日程")
	sun.Send("县级十阶段安排").Expect("这次叫什么")
	sun.Send("好").Expect("哪天截止")
	sun.Send(due)
}

// launched opens a campaign in chat and returns it with what everybody owes.
func (b *bureau) launched(due string) []plan.Obligation {
	b.t.Helper()
	b.preview(due)
	b.phone("sun").Send("开始").Expect("通知了")
	c, open, err := b.reg.Campaign(b.t.Context())
	if err != nil || !open {
		b.t.Fatalf("no campaign was opened: %v\n%s", err, b.Transcript())
	}
	b.campaign = c
	return b.owed()
}

func (b *bureau) owed() []plan.Obligation {
	b.t.Helper()
	obs, err := b.reg.Obligations(b.t.Context(), plan.ObligationFilter{Campaign: b.campaign.ID})
	if err != nil {
		b.t.Fatal(err)
	}
	return obs
}

// shows: each of these words is on somebody's phone.
func (b *bureau) shows(user bot.UserID, want ...string) {
	b.t.Helper()
	for _, w := range want {
		if count(b, user, w) == 0 {
			b.t.Errorf("%s does not read %q\n%s", user, w, b.Transcript())
		}
	}
}

// owners are who owes a duty: user ids, "-" for nobody.
func (b *bureau) owners(obs []plan.Obligation, code string) (out []string) {
	b.t.Helper()
	for _, o := range obs {
		if o.Code != code {
			continue
		}
		name := "-"
		if o.Owner != 0 {
			p, err := b.reg.Person(b.t.Context(), o.Owner)
			if err != nil {
				b.t.Fatal(err)
			}
			name = string(p.UserID)
		}
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

func one(t *testing.T, obs []plan.Obligation, code string) plan.Obligation {
	t.Helper()
	for _, o := range obs {
		if o.Code == code {
			return o
		}
	}
	t.Fatalf("no obligation %s", code)
	return plan.Obligation{}
}

func TestACampaignIsPreviewedAsADatedListBeforeItBegins(t *testing.T) {
	b := newPlanned(t)
	b.preview("11月27日")
	sun := b.phone("sun")
	b.shows("sun", "日程（10个阶段）：", "3. 个人自查  11月19日–11月27日 · 7个工作日", "召开动员会（防控办主任）", "报送股室人员名单（科室负责人交防控办主任）",
		"2027年2月11日  总结报告和防控手册备案（防控办主任交上级）", "请留意", "2027年的节假日安排还没有导入，暂按周末推算", "10月18日是周日，顺延到10月19日（报送股室人员名单）",
		"没有人担任法规股的科室负责人", "11月27日前完成", "10个岗位有人")
	sun.ExpectCard("开始“2026年度岗位廉政风险排查”？")
	if n := len(b.owed()); n != 0 {
		t.Errorf("%d obligations before launch", n)
	}
	sun.Press("先不开").Expect("没有开始")
	if _, open, _ := b.reg.Campaign(t.Context()); open {
		t.Error("a campaign was opened")
	}
}

func TestLaunchGivesEveryDutyToWhoHoldsItsRole(t *testing.T) {
	b := newPlanned(t)
	b.hire(risk.RosterRow{Section: "办公室", Post: "机要岗", Stratum: risk.StratumKey, Name: "何机", UserID: "he", Tags: []risk.PowerTag{risk.TagSecret}})
	obs := b.launched("11月27日")
	b.shows("sun", "没有人担任法规股的科室负责人，以下任务没有责任人")
	same(t, "who fills in", b.owners(obs, "selfcheck"), []string{"chen", "feng", "li", "qian", "sun", "wang", "wu", "zhao", "zheng", "zhou"})
	same(t, "first review", b.owners(obs, "section-review"), []string{"-", "li", "sun", "zheng"})
	same(t, "leaders", b.owners(obs, "leader-review"), []string{"qian", "zhao"})
	same(t, "report", b.owners(obs, "report"), []string{"qian"})
	for _, o := range obs {
		switch {
		case o.Code == "selfcheck" && (o.Check == 0 || o.Section == 0 || o.Due.Format(time.DateOnly) != "2026-11-27" || o.State != plan.Pending):
			t.Errorf("a self-check: %+v", o)
		case o.Code == "section-review" && o.Section == 0, o.Code == "leader-review" && o.Section != 0, o.Stage == "":
			t.Errorf("%+v", o)
		}
	}
	stages, err := b.reg.Stages(t.Context(), b.campaign.ID)
	if err != nil || len(stages) != 10 {
		t.Errorf("%d stages (%v)", len(stages), err)
	}
	if n := b.audited("plan.launch"); n != 1 {
		t.Errorf("%d audit events of the launch", n)
	}
}

func (b *bureau) audited(action string) (n int) {
	b.t.Helper()
	if err := b.db.Pool().QueryRow(b.t.Context(), `SELECT count(*) FROM audit_event WHERE action = $1 AND result = 'ok'`, action).Scan(&n); err != nil {
		b.t.Fatal(err)
	}
	return n
}

func TestWhatWasDueBeforeTheLaunchIsWrittenDownAndChasesNobody(t *testing.T) {
	b := newPlanned(t)
	b.preview("10月30日")
	b.shows("sun", "这些已经过期，只作记录，不提醒、不催办：动员部署")
	b.phone("sun").Send("好").Expect("通知了10人")
	b.campaign, _, _ = b.reg.Campaign(t.Context())
	obs := b.owed()
	if o := one(t, obs, "kickoff"); o.State != plan.Waived {
		t.Errorf("the meeting of last month is %s", o.State)
	}
	if o := one(t, obs, "selfcheck"); o.State != plan.Pending {
		t.Errorf("the form is %s", o.State)
	}
}

func TestADraftThatCannotBeginSaysWhyAndWhatToDo(t *testing.T) {
	b := newPlanned(t)
	b.preview("11月27日")
	sun := b.phone("sun")
	id := b.draft()
	// The page of somebody else, who skips the check of the page: a stage runs backwards.
	p, _, err := b.reg.Draft(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	p.Stages[3].Until = plan.Fixed(p.Stages[3].FromOn.AddDate(0, 0, -3))
	if _, err := b.reg.SaveDraft(t.Context(), id, 0, p); err != nil {
		t.Fatal(err)
	}
	sun.Send("开始").Expect("刚在页面上改过").Expect("阶段“互查与股室初审”结束早于开始（11月30日–11月27日），请改日期")
	sun.Send("开始").Expect("阶段“互查与股室初审”结束早于开始")
	if _, open, _ := b.reg.Campaign(t.Context()); open {
		t.Fatalf("it was opened\n%s", b.Transcript())
	}
	p.Stages[3].Until = plan.Fixed(p.Stages[3].FromOn.AddDate(0, 0, 3))
	if _, err := b.reg.SaveDraft(t.Context(), id, 0, p); err != nil {
		t.Fatal(err)
	}
	sun.Send("好").ExpectCard("开始“2026年度岗位廉政风险排查”？")
	sun.Send("返回").Expect("哪天截止")
	sun.Send("12月4日").Expect("3. 个人自查  11月26日–12月4日")
	sun.Send("好").Expect("通知了10人")
}

// draft is the newest one.
func (b *bureau) draft() (id int64) {
	b.t.Helper()
	if err := b.db.Pool().QueryRow(b.t.Context(), `SELECT max(id) FROM plan_draft`).Scan(&id); err != nil {
		b.t.Fatal(err)
	}
	return id
}

func TestAnEventGetsItsDayInChatAndWhatHangsOnItMoves(t *testing.T) {
	b := newPlanned(t)
	b.preview("12月18日")
	sun, li := b.phone("sun"), b.phone("li")
	sun.Send("动员会改到11月5日").Expect("“动员会”定在11月5日").Expect("11月9日  报送股室人员名单").Expect("11月8日是周日，顺延到11月9日（报送股室人员名单）")
	sun.Send("誓师会定在11月6日").Expect("没有“誓师会”。现有的事件：动员会（11月5日）")
	sun.Send("好").Expect("通知了10人")
	b.campaign, _, _ = b.reg.Campaign(t.Context())
	before := one(t, b.owed(), "name-list")
	li.Send("动员会改到11月10日").Expect("由防控办来定")
	sun.Send("誓师会定在11月6日").Expect("请这样说：动员会定在")
	sun.Send("动员会改到11月5日").Expect("本来就定在11月5日")
	sun.Send("动员会改到11月10日").Expect("“动员会”改到11月10日。5项任务跟着改期，已告诉3人：")
	b.shows("sun", "报送股室人员名单：11月13日（原来是11月9日）")
	li.Expect("“动员会”改到11月10日。您的任务日期跟着变了：\n· 报送股室人员名单：11月13日（原来是11月9日）")
	if n := count(b, "li", "跟着变了"); n != 1 {
		t.Errorf("told %d times", n)
	}
	if count(b, "wang", "跟着变了") != 0 {
		t.Error("somebody whose days did not move was told")
	}
	after := one(t, b.owed(), "name-list")
	if after.Version != before.Version+1 || after.Due.Format(time.DateOnly) != "2026-11-13" || !after.Original.Equal(after.Due) {
		t.Errorf("before %+v\nafter %+v", before, after)
	}
	if n := b.audited("anchor.move"); n != 1 {
		t.Errorf("%d audit events", n)
	}
	b.refused("role")
}

func TestWhatWasOverIsOwedAfterAllWhenItsEventMovesAhead(t *testing.T) {
	b := newPlanned(t)
	b.preview("12月18日")
	sun, li := b.phone("sun"), b.phone("li")
	sun.Send("动员会改到10月8日").Expect("“动员会”定在10月8日")
	sun.Send("好").Expect("通知了10人")
	b.campaign, _, _ = b.reg.Campaign(t.Context())
	if o := one(t, b.owed(), "name-list"); o.State != plan.Waived {
		t.Errorf("the list of last week is %s", o.State)
	}
	sun.Send("动员会改到10月9日").Expect("没有任务跟着改期")
	sun.Send("动员会改到11月10日").Expect("任务跟着改期")
	li.Expect("报送股室人员名单：11月13日")
	o := one(t, b.owed(), "name-list")
	if o.State != plan.Pending || o.Due.Format(time.DateOnly) != "2026-11-13" {
		t.Errorf("%s, due %s", o.State, o.Due.Format(time.DateOnly))
	}
	li.Send("我要办的").Expect("报送股室人员名单：11月13日（周五）截止")
}

func TestTheOfficeReadsThePlanInChat(t *testing.T) {
	b := newPlanned(t)
	sun := b.phone("sun")
	sun.Send("日程").Expect("现在没有进行中的排查工作")
	b.preview("12月18日")
	sun.Send("看日程").Expect("日程（10个阶段）：").ExpectCard("开始“2026年度岗位廉政风险排查”？")
	sun.Send("好").Expect("通知了10人")
	sun.Send("日程").Expect("“2026年度岗位廉政风险排查”的日程：\n1. 动员部署")
	b.shows("sun", "事件“动员会”：11月5日。要改请说，例如：动员会改到11月12日", "/plan")
	b.phone("wang").Send("日程").Expect("日程是给防控办看的")
	b.refused("not coordinator")
}

func TestADueDayOnADayOffIsPointedOut(t *testing.T) {
	b := newPlanned(t)
	b.preview("12月19日")
	b.shows("sun", "12月19日是周六，不顺延，仍按这天截止：个人岗位风险点自查")
	d := &Desk{}
	for due, want := range map[int]string{23: text.RemindToday, 24: text.RemindLastDay, 25: text.RemindLastDay, 26: "还有1个工作日"} { // Friday the 23rd
		if got := lateness(oct(due), oct(23), d.Days); got != want {
			t.Errorf("due on the %dth: %s, want %s", due, got, want)
		}
	}
	if got := lateness(oct(25), oct(24), d.Days); got != text.RemindNoDays {
		t.Errorf("on Saturday: %s", got)
	}
}

func TestAnExtensionStaysOnTopOfAMovedEvent(t *testing.T) {
	b := newPlanned(t)
	b.preview("12月18日")
	sun := b.phone("sun")
	sun.Send("动员会改到11月5日")
	sun.Send("好")
	b.campaign, _, _ = b.reg.Campaign(t.Context())
	o := one(t, b.owed(), "name-list")
	if err := b.reg.Postpone(t.Context(), o.ID, o.Due.AddDate(0, 0, 7)); err != nil {
		t.Fatal(err)
	}
	sun.Send("动员会改到11月10日")
	for _, now := range b.owed() {
		if now.ID == o.ID && (now.Original.Format(time.DateOnly) != "2026-11-13" || now.Due.Format(time.DateOnly) != "2026-11-20") {
			t.Errorf("due %s, originally %s", now.Due.Format(time.DateOnly), now.Original.Format(time.DateOnly))
		}
	}
}

func TestAnEventThatNeverHappensIsFlaggedAndRemindsNobody(t *testing.T) {
	b := newPlanned(t)
	b.preview("12月18日")
	sun := b.phone("sun")
	b.page("sun", func(ctx context.Context, turn *convo.Turn) error {
		return b.desk.ChangePlan(ctx, turn, b.draft(), "", func(p *plan.Draft) { p.Anchors[0].Rule = plan.Rule{} })
	})
	sun.Send("开始").Expect("刚在页面上改过").Expect("“动员会”还没有定日子，挂在它上面的任务先不提醒：召开动员会、报送股室人员名单")
	sun.Send("开始").Expect("通知了10人")
	b.campaign, _, _ = b.reg.Campaign(t.Context())
	if o := one(t, b.owed(), "name-list"); !o.Due.IsZero() {
		t.Errorf("it is due %s", o.Due)
	}
	sun.Send("动员会定在11月30日").Expect("“动员会”定在11月30日")
	b.shows("sun", "报送股室人员名单：12月3日")
	if o := one(t, b.owed(), "name-list"); o.Due.Format(time.DateOnly) != "2026-12-03" {
		t.Errorf("it is due %s", o.Due)
	}
}

func TestADraftIsRefusedInOneLineAndKeepsItsOldDays(t *testing.T) {
	b := newPlanned(t)
	b.preview("11月27日")
	id := b.draft()
	p, _, _ := b.reg.Draft(t.Context(), id)
	version := PlanVersion(p)
	say := func(user bot.UserID, version string, edit func(*plan.Draft)) (said string) {
		t.Helper()
		b.page(user, func(ctx context.Context, turn *convo.Turn) error {
			said = bot.Says(b.desk.ChangePlan(ctx, turn, id, version, edit))
			return nil
		})
		return said
	}
	for want, edit := range map[string]func(*plan.Draft){
		"结束早于开始":  func(p *plan.Draft) { p.Stages[0].Until = plan.Fixed(p.Stages[0].FromOn.AddDate(0, 0, -1)) },
		"不是一个日子":  func(p *plan.Draft) { p.Stages[0].Until = plan.Rule{Kind: plan.RuleOn, Date: "2026-02-30"} },
		"没有写由谁来办": func(p *plan.Draft) { p.Duties[0].Owner = "" },
		"重复了":     func(p *plan.Draft) { p.Duties = append(p.Duties, p.Duties[0]) },
	} {
		if got := say("sun", version, edit); !strings.Contains(got, want) || strings.Contains(got, "\n") {
			t.Errorf("want %s: %q", want, got)
		}
	}
	if now, _, _ := b.reg.Draft(t.Context(), id); PlanVersion(now) != version {
		t.Error("a refused change was stored")
	}
	rename := func(p *plan.Draft) { p.Stages[0].Name = "动员" }
	if got := say("wang", version, rename); !strings.Contains(got, "只有防控办") {
		t.Errorf("a cadre changes the plan: %q", got)
	}
	if got := say("sun", version, rename); got != "" {
		t.Errorf("a name is refused: %q", got)
	}
	if got := say("qian", version, rename); !strings.Contains(got, "刚被别人改过") {
		t.Errorf("an old version is taken: %q", got)
	}
}

func TestWhoJoinsLateOwesTheFormToo(t *testing.T) {
	b := newPlanned(t)
	b.launched("11月27日")
	join := func(user, post string) plan.Obligation {
		t.Helper()
		rows := bureauRoster()
		rows = append(rows, risk.RosterRow{Unit: rows[0].Unit, Section: "法规股", Post: post, Stratum: risk.StratumGeneral, Name: user, UserID: bot.UserID(user), Row: 40})
		if p, err := b.reg.ApplyRoster(t.Context(), rows); err != nil || p.Blocked() {
			t.Fatalf("roster: %v %+v", err, p.Issues)
		}
		checks, err := b.reg.AddChecks(t.Context(), b.campaign.ID)
		if err != nil || len(checks) != 1 {
			t.Fatalf("%d new forms (%v)", len(checks), err)
		}
		for range 2 { // again changes nothing
			if _, err := b.desk.OweChecks(t.Context(), b.campaign.ID, checks, b.Clock.Now()); err != nil {
				t.Fatal(err)
			}
		}
		obs, err := b.reg.Obligations(t.Context(), plan.ObligationFilter{Check: checks[0].ID})
		if err != nil || len(obs) != 1 {
			t.Fatalf("%d obligations (%v)", len(obs), err)
		}
		return obs[0]
	}
	if o := join("新来的", "复议岗"); o.Due.Format(time.DateOnly) != "2026-11-27" || o.Stage != "S3" || o.Owner == 0 {
		t.Errorf("%+v", o)
	}
	b.Advance(38 * 24 * time.Hour) // Thursday 26 November
	if o := join("更晚来的", "证件岗"); o.Due.Format(time.DateOnly) != "2026-12-03" {
		t.Errorf("a day to go: due %s", o.Due.Format(time.DateOnly))
	}
}

func TestNobodyButTheOfficeGetsAPictureOfThePlanOnceItIsThere(t *testing.T) {
	b := newPlanned(t)
	var drawn []string
	b.desk.Pictures = pictures(func(to bot.UserID, what string, id int64) {
		drawn = append(drawn, fmt.Sprint(to, " ", what, " ", id))
	})
	b.preview("11月27日")
	same(t, "pictures", drawn, []string{fmt.Sprint("sun plan ", b.draft())})
}

type pictures func(to bot.UserID, what string, id int64)

func (f pictures) Picture(_ context.Context, to bot.UserID, what string, id int64) error {
	f(to, what, id)
	return nil
}
