package pg_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/pg"
	"qingfeng/bot/risk"
)

func openCampaign(t *testing.T, r *pg.Register, year int) (risk.Campaign, []risk.SelfCheck) {
	t.Helper()
	c, checks, err := r.OpenCampaign(t.Context(), risk.Campaign{
		Name: fmt.Sprintf("%d年度排查", year), Pack: "county", Due: time.Date(year, 10, 16, 0, 0, 0, 0, time.UTC),
	}, 0)
	ok(t, err)
	return c, checks
}

// openedCheck opens a campaign and returns the first check of a person.
func openedCheck(t *testing.T, r *pg.Register, id bot.UserID) risk.SelfCheck {
	t.Helper()
	_, checks := openCampaign(t, r, 2026)
	return checkOf(t, checks, id)
}

func checkOf(t *testing.T, checks []risk.SelfCheck, id bot.UserID) risk.SelfCheck {
	t.Helper()
	for _, c := range checks {
		if c.Person.UserID == id {
			return c
		}
	}
	t.Fatalf("no check of %s", id)
	return risk.SelfCheck{}
}

// fullPoint has something in every field.
func fullPoint() risk.Point {
	return risk.Point{
		No: 1, Layer: risk.LayerPost, Node: risk.Node{Item: "支付审核", Name: "计量复核"}, Title: "复核走过场",
		Manifestations: []string{"可能不核对计量单就签字", "可能早付工程款"}, Category: risk.Process, CategoryWhy: "在流程里",
		Misuse: risk.Benefit, Suggested: risk.Suggestion{Level: risk.L1, Rule: "r1", Reason: "经手大额资金"}, Objection: "我看是二级",
		Confirmed: risk.L2, Factors: risk.Factors{Power: 3, Discretion: 1, Money: 2, Likelihood: 2, Harm: 3, ThreeYears: true},
		Measures: []risk.Measure{{Text: "缺一项不付", Who: "支付岗", Frequency: "每笔", Evidence: "附件清单", NotDone: "缺件付款"}},
		Methods:  []risk.Method{risk.MethodSelf, risk.MethodPeer}, Hints: []risk.Hint{{Rule: "L2", Say: "说具体些", Rewrite: "写成动作", Weight: 3, Blocks: true}},
		KeepReason: "确有此事", Verdict: risk.Returned, VerdictWhy: "太宽", Monitor: "驻局纪检监察组", State: risk.PointSubmitted, Version: 2,
		VerifiedOn: date(10, 8),
	}
}

func TestOpenCampaignGivesEveryHeldPostOneCheck(t *testing.T) {
	r, _ := imported(t)
	ctx := t.Context()
	if _, open, err := r.Campaign(ctx); open || err != nil {
		t.Fatal(open, err)
	}
	c, checks := openCampaign(t, r, 2026)
	var got []string
	for _, k := range checks {
		got = append(got, fmt.Sprint(k.Person.Name, " ", k.Post.Name, " ", k.State, " ", k.Offline, " ", k.Version, k.Rev, k.Begun))
	}
	same(t, "checks", got, []string{
		"周正 局长 draft false 0 0 false", "林分管 副局长 draft false 0 0 false", "吴主任 主任 draft false 0 0 false",
		"郑印 印章与机要岗 draft true 0 0 false", "钱股长 股长 draft false 0 0 false", "孙支付 工程款支付岗 draft false 0 0 false",
		"李核算 会计核算岗 draft false 0 0 false", "李核算 内部审计岗 draft false 0 0 false",
	})
	want := risk.Campaign{ID: c.ID, Name: "2026年度排查", Year: 2026, Pack: "county", Due: date(10, 16), State: "open"}
	now, open, err := r.Campaign(ctx)
	ok(t, err)
	if !open || !now.Due.Equal(want.Due) || !c.Due.Equal(want.Due) {
		t.Errorf("open %v, due %v and %v", open, now.Due, c.Due)
	}
	same(t, "campaign", fmt.Sprint(now.ID, now.Name, now.Year, now.Pack, now.State), fmt.Sprint(want.ID, want.Name, want.Year, want.Pack, want.State))
	same(t, "the unit works under its pack", must0(t, r.Unit)(ctx).Pack, "county")

	if _, _, err := r.OpenCampaign(ctx, want, 0); bot.Says(err) == "" {
		t.Errorf("a second one at the same time: %v", err)
	}
	ok(t, r.CloseCampaign(ctx, c.ID))
	ok(t, r.CloseCampaign(ctx, c.ID))
	same(t, "closed", must(t, r.CampaignByID)(ctx, c.ID).State, "closed")
	if err := r.CloseCampaign(ctx, 999); !errors.Is(err, risk.ErrNone) {
		t.Error(err)
	}
	openCampaign(t, r, 2027)
	same(t, "all campaigns", len(must0(t, r.Campaigns)(ctx)), 2)
}

func TestOpenCampaignNeedsARoster(t *testing.T) {
	r, _ := newRegister(t)
	if _, _, err := r.OpenCampaign(t.Context(), risk.Campaign{Name: "x", Due: date(10, 16)}, 0); bot.Says(err) == "" {
		t.Error(err)
	}
}

func TestTwoCampaignsAtOnceOneOpens(t *testing.T) {
	r, _ := imported(t)
	var mu sync.Mutex
	opened, refused := 0, 0
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			_, _, err := r.OpenCampaign(t.Context(), risk.Campaign{Name: "排查", Pack: "county", Due: date(10, 16)}, 0)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				opened++
			} else if bot.Says(err) != "" {
				refused++
			}
		})
	}
	wg.Wait()
	same(t, "opened, refused", fmt.Sprint(opened, refused), "1 3")
	checks, err := r.Checks(t.Context(), risk.CheckFilter{})
	ok(t, err)
	same(t, "checks", len(checks), 8)
}

func TestSaveKeepsEveryField(t *testing.T) {
	r, _ := imported(t)
	ctx := t.Context()
	c := openedCheck(t, r, "sun")
	c.State, c.Version, c.Chain, c.StepNo, c.Duties = risk.CheckSection, 3, "post", 2, "审核支付"
	c.ZeroReason, c.Paper, c.Offline, c.Begun, c.SubmittedAt = "无", true, true, true, morning(9)
	c.Points = []risk.Point{fullPoint(), {No: 2}}
	ok(t, r.Save(ctx, &c))
	if c.Rev != 1 || c.Points[0].ID == 0 || c.Points[1].ID == 0 || c.Points[0].ID == c.Points[1].ID {
		t.Fatalf("rev %d, points %d and %d", c.Rev, c.Points[0].ID, c.Points[1].ID)
	}
	want := c
	want.Points = slices.Clone(c.Points)
	want.Points[1].Layer, want.Points[1].State = risk.LayerPost, risk.PointDraft
	want.Points[1].Manifestations, want.Points[1].Measures = []string{}, []risk.Measure{}
	want.Points[1].Methods, want.Points[1].Hints = []risk.Method{}, []risk.Hint{}
	got := must(t, r.Check)(ctx, c.ID)
	same(t, "read again", got, want)

	got.Points[0].Title, got.Points[1].State = "另一句", risk.PointRemoved
	ok(t, r.Save(ctx, &got))
	again := must(t, r.Check)(ctx, c.ID)
	same(t, "changed", fmt.Sprint(again.Rev, again.Points[0].Title, again.Points[1].State), "2另一句removed")
	again.Points = again.Points[:1]
	again.Points[0].State = risk.PointRemoved
	ok(t, r.Save(ctx, &again))
	again.Points = append([]risk.Point{}, risk.Point{No: 3, CarriedFrom: again.Points[0].ID})
	ok(t, r.Save(ctx, &again))
	var states []string
	for _, p := range must(t, r.Check)(ctx, c.ID).Points {
		states = append(states, fmt.Sprint(p.No, p.State))
	}
	same(t, "a point left out is removed, not lost", states, []string{"1removed", "2removed", "3draft"})
}

func TestSaveOfAnOlderReadingIsRefused(t *testing.T) {
	r, _ := imported(t)
	ctx := t.Context()
	c := openedCheck(t, r, "sun")
	one, two := c, c
	one.Points, two.Points = []risk.Point{{No: 1, Title: "手机"}}, []risk.Point{{No: 1, Title: "电脑"}}
	ok(t, r.Save(ctx, &one))
	err := r.DB.InTx(ctx, func(ctx context.Context) error {
		if err := r.Save(ctx, &two); !errors.Is(err, risk.ErrChanged) {
			t.Errorf("want ErrChanged, got %v", err)
		}
		return r.Record(ctx, risk.Event{Action: "selfcheck.save", Result: "refused"}) // the turn goes on
	})
	ok(t, err)
	got := must(t, r.Check)(ctx, c.ID)
	if two.Rev != 0 || len(got.Points) != 1 || got.Points[0].Title != "手机" {
		t.Errorf("rev %d, points %+v", two.Rev, got.Points)
	}
}

func TestTwoPhonesAtOnceOneSaves(t *testing.T) {
	r, _ := imported(t)
	c := openedCheck(t, r, "sun")
	var wg sync.WaitGroup
	errs := make([]error, 6)
	for i := range errs {
		wg.Go(func() {
			mine := c
			mine.Points = []risk.Point{{No: 1, Title: fmt.Sprint(i)}}
			errs[i] = r.Save(t.Context(), &mine)
		})
	}
	wg.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else if !errors.Is(err, risk.ErrChanged) {
			t.Error(err)
		}
	}
	same(t, "winners", won, 1)
	same(t, "points", len(must(t, r.Check)(t.Context(), c.ID).Points), 1)
}

func TestSaveCannotTouchAnotherForm(t *testing.T) {
	r, _ := imported(t)
	ctx := t.Context()
	_, checks := openCampaign(t, r, 2026)
	sun, li := checkOf(t, checks, "sun"), checkOf(t, checks, "li")
	sun.Points = []risk.Point{{No: 1, Title: "孙的"}}
	ok(t, r.Save(ctx, &sun))
	li.Points = []risk.Point{{ID: sun.Points[0].ID, No: 1, Title: "改成李的"}}
	ok(t, r.Save(ctx, &li))
	same(t, "untouched", must(t, r.Check)(ctx, sun.ID).Points[0].Title, "孙的")
}

func TestChecksFilters(t *testing.T) {
	r, _ := imported(t)
	ctx := t.Context()
	c, checks := openCampaign(t, r, 2026)
	sun := checkOf(t, checks, "sun")
	sun.State = risk.CheckSection
	sun.Points = []risk.Point{{No: 1, Title: "甲"}, {No: 2, Title: "乙"}}
	ok(t, r.Save(ctx, &sun))
	li := person(t, r, "li")
	for name, f := range map[string]struct {
		filter risk.CheckFilter
		want   int
	}{
		"all":      {risk.CheckFilter{}, 8},
		"campaign": {risk.CheckFilter{Campaign: c.ID}, 8},
		"none":     {risk.CheckFilter{Campaign: c.ID + 1}, 0},
		"person":   {risk.CheckFilter{Person: li.ID}, 2},
		"section":  {risk.CheckFilter{Section: section(t, r, "财务审计股").ID}, 4},
		"post":     {risk.CheckFilter{Post: sun.Post.ID}, 1},
		"states":   {risk.CheckFilter{States: []risk.CheckState{risk.CheckSection, risk.CheckLeader}}, 1},
		"both":     {risk.CheckFilter{Person: li.ID, States: []risk.CheckState{risk.CheckSection}}, 0},
	} {
		same(t, name, len(must(t, r.Checks)(ctx, f.filter)), f.want)
	}
	same(t, "with their points", len(checkOf(t, must(t, r.Checks)(ctx, risk.CheckFilter{Campaign: c.ID}), "sun").Points), 2)
	if _, err := r.Check(ctx, 999); !errors.Is(err, risk.ErrNone) {
		t.Error(err)
	}
}

func TestNewcomerGetsACheckInTheOpenCampaign(t *testing.T) {
	r, _ := imported(t)
	ctx := t.Context()
	c, _ := openCampaign(t, r, 2026)
	rows := append(officeRoster(), risk.RosterRow{
		Unit: "栖云县交通运输局", Section: "办公室", Post: "文秘岗", Stratum: risk.StratumGeneral, Name: "新人", UserID: "xin", Row: 11,
	})
	must(t, r.ApplyRoster)(ctx, rows)
	added := must(t, r.AddChecks)(ctx, c.ID)
	if len(added) != 1 || added[0].Person.Name != "新人" || added[0].Post.Name != "文秘岗" {
		t.Errorf("%+v", added)
	}
	same(t, "a second time nobody is new", len(must(t, r.AddChecks)(ctx, c.ID)), 0)
}

func TestLastYearOffersTheNewestYearOnce(t *testing.T) {
	r, c := imported(t)
	ctx := t.Context()
	must(t, r.ApplyPoints)(ctx, []risk.PointRow{
		{Section: "财务审计股", Post: "工程款支付岗", Item: "支付审核", Node: "计量复核", Manifestations: []string{"去年的甲"}, Level: risk.L1, Category: risk.Process, Year: 2025, Row: 2},
		{Section: "财务审计股", Post: "工程款支付岗", Item: "支付审核", Node: "计量复核", Manifestations: []string{"前年的乙"}, Year: 2024, Row: 3},
		{Section: "财务审计股", Post: "会计核算岗", Item: "核算", Node: "记账", Manifestations: []string{"别人的"}, Year: 2025, Row: 4},
	})
	texts := func(check int64) (out []string) {
		for _, p := range must(t, r.LastYear)(ctx, check) {
			out = append(out, p.Manifestations...)
		}
		return out
	}
	campaign, checks := openCampaign(t, r, 2026)
	sun := checkOf(t, checks, "sun")
	same(t, "imported, newest year only", texts(sun.ID), []string{"去年的甲"})

	old := must(t, r.LastYear)(ctx, sun.ID)[0]
	same(t, "its step in the sheet's words", fmt.Sprint(old.Node.ID, " ", old.Node.Item, " ", old.Node.Name, " ", old.Confirmed), "0 支付审核 计量复核 L1")
	sun.Points = []risk.Point{
		{No: 1, Manifestations: []string{"沿用的甲"}, State: risk.PointRemoved, CarriedFrom: old.ID},
		{No: 2, Manifestations: []string{"今年的丙"}, State: risk.PointConfirmed},
		{No: 3, Manifestations: []string{"没通过的"}, State: risk.PointSubmitted},
	}
	ok(t, r.Save(ctx, &sun))
	same(t, "carried over, even if removed again", texts(sun.ID), []string(nil))

	ok(t, r.CloseCampaign(ctx, campaign.ID))
	c.now = morning(8).AddDate(1, 0, 0)
	_, next := openCampaign(t, r, 2027)
	same(t, "what the campaign before confirmed", texts(checkOf(t, next, "sun").ID), []string{"今年的丙"})
}

func TestOtherTextsAreOfOtherPosts(t *testing.T) {
	r, _ := imported(t)
	ctx := t.Context()
	_, checks := openCampaign(t, r, 2026)
	sun, li := checkOf(t, checks, "sun"), checkOf(t, checks, "li")
	sun.Points = []risk.Point{{No: 1, Manifestations: []string{"自己的"}}}
	li.Points = []risk.Point{
		{No: 1, Manifestations: []string{"一", "二"}},
		{No: 2, Manifestations: []string{"删掉的"}, State: risk.PointRemoved},
		{No: 3, Manifestations: []string{"三"}},
	}
	ok(t, r.Save(ctx, &sun))
	ok(t, r.Save(ctx, &li))
	got, err := r.OtherTexts(ctx, sun.Post.ID, 10)
	ok(t, err)
	same(t, "newest point first", got, []string{"三", "一", "二"})
	got, err = r.OtherTexts(ctx, sun.Post.ID, 2)
	ok(t, err)
	same(t, "at most", got, []string{"三", "一"})
}
