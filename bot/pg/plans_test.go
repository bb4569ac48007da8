package pg_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/pg"
	"qingfeng/bot/plan"
	"qingfeng/bot/risk"
)

// launched opens a campaign and launches a small plan for it: everybody's form, the
// head's and the leader's review, grading, and a filing that hangs on an event.
func launched(t *testing.T, r *pg.Register) (risk.Campaign, []plan.Obligation) {
	t.Helper()
	ctx := t.Context()
	c, checks := openCampaign(t, r, 2026)
	d := plan.Draft{
		Name: c.Name, Pack: "county", Template: "county", Year: 2026, Due: date(10, 16),
		Anchors: []plan.DraftAnchor{{Code: "kickoff", Name: "动员会", On: date(10, 9)}, {Code: "grading", Name: "定级会"}},
		Stages: []plan.DraftStage{
			{Code: "find", Name: "排查", FromOn: date(10, 8), UntilOn: date(10, 16), Check: true},
			{Code: "grade", Name: "定级", FromOn: date(10, 19), UntilOn: date(10, 23)},
		},
		Ladder: plan.DefaultLadder(),
	}
	var obs []plan.Obligation
	for _, k := range checks {
		obs = append(obs, plan.Obligation{
			Stage: "find", Code: "selfcheck", Name: "个人岗位风险点自查", Kind: plan.KindSelfCheck, Owner: k.Person.ID, OwnerRole: bot.RolePostHolder,
			Section: k.Post.SectionID, Check: k.ID, Rule: plan.Fixed(date(10, 16)), Due: date(10, 16),
		})
	}
	money := section(t, r, "财务审计股").ID
	qian, lin, wu := person(t, r, "qian").ID, person(t, r, "lin").ID, person(t, r, "wu").ID
	obs = append(obs,
		plan.Obligation{Stage: "find", Code: "section", Name: "科室初审", Kind: plan.KindSection, Owner: qian, OwnerRole: bot.RoleSectionHead, Section: money, Due: date(10, 19)},
		plan.Obligation{Stage: "grade", Code: "leader", Name: "分管领导审核", Kind: plan.KindLeader, Owner: lin, OwnerRole: bot.RoleLeaderInCharge, Section: money, Due: date(10, 20)},
		plan.Obligation{Stage: "grade", Code: "grading", Name: "定级", Kind: plan.KindGrading, Owner: wu, OwnerRole: bot.RoleOfficeMember, Due: date(10, 23)},
		plan.Obligation{
			Stage: "find", Code: "list", Name: "报送名单", Kind: plan.KindFiling, Owner: qian, OwnerRole: bot.RoleSectionHead, Section: money, Receiver: bot.RoleOfficeMember,
			Artefact: "名单", Step: 1, Rule: plan.Rule{Kind: plan.RuleAnchor, Anchor: "kickoff", N: 3, Unit: plan.Days, Roll: plan.Forward}, Due: date(10, 12),
		},
		plan.Obligation{
			Stage: "grade", Code: "table", Name: "报送汇总表", Kind: plan.KindFiling, Owner: wu, OwnerRole: bot.RoleOfficeMember, Receiver: plan.Superior,
			Rule: plan.Rule{Kind: plan.RuleAnchor, Anchor: "grading", N: 1, Unit: plan.Workdays},
		},
		plan.Obligation{Stage: "grade", Code: "orphan", Name: "派驻组确认", Kind: plan.KindMeeting, OwnerRole: bot.RoleDiscAuthority, Due: date(10, 23)},
	)
	draft, err := r.SaveDraft(ctx, 0, wu, d)
	ok(t, err)
	ok(t, r.Launched(ctx, draft, c.ID, d, obs))
	ok(t, r.Launched(ctx, draft, c.ID, d, obs)) // once
	stored, err := r.Obligations(ctx, plan.ObligationFilter{Campaign: c.ID})
	ok(t, err)
	if len(stored) != len(obs) {
		t.Fatalf("%d obligations, want %d", len(stored), len(obs))
	}
	return c, stored
}

func obligation(t *testing.T, obs []plan.Obligation, code string, owner int64) plan.Obligation {
	t.Helper()
	for _, b := range obs {
		if b.Code == code && (owner == 0 || b.Owner == owner) {
			return b
		}
	}
	t.Fatalf("no obligation %s of %d", code, owner)
	return plan.Obligation{}
}

// open are the codes of what is owed, with their owners.
func open(t *testing.T, r *pg.Register, f plan.ObligationFilter) string {
	t.Helper()
	f.Open = true
	list, err := r.Obligations(t.Context(), f)
	ok(t, err)
	var out []string
	for _, b := range list {
		out = append(out, b.Code+" "+b.OwnerName)
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

func TestADraftIsKeptUntilItIsLaunched(t *testing.T) {
	r, _ := imported(t)
	ctx := t.Context()
	wu := person(t, r, "wu").ID
	d := plan.Draft{Name: "试排", Pack: "county", Due: date(10, 16), Anchors: []plan.DraftAnchor{{Code: "kickoff", Name: "动员会", Rule: plan.Fixed(date(10, 9))}}}
	id, err := r.SaveDraft(ctx, 0, wu, d)
	ok(t, err)
	d.Name = "正式"
	again, err := r.SaveDraft(ctx, id, wu, d)
	ok(t, err)
	got, campaign, err := r.Draft(ctx, id)
	ok(t, err)
	if again != id || campaign != 0 || got.Name != "正式" || !got.Due.Equal(d.Due) || got.Anchors[0].Rule != d.Anchors[0].Rule {
		t.Errorf("draft %d and %d of campaign %d: %+v", id, again, campaign, got)
	}
	if _, _, err := r.Draft(ctx, 999); !errors.Is(err, risk.ErrNone) {
		t.Error(err)
	}
	c, _ := openCampaign(t, r, 2026)
	ok(t, r.Launched(ctx, id, c.ID, d, nil))
	if _, err := r.SaveDraft(ctx, id, wu, d); !errors.Is(err, risk.ErrChanged) {
		t.Errorf("a launched draft was changed: %v", err)
	}
	ok(t, r.CloseCampaign(ctx, c.ID))
	next, _ := openCampaign(t, r, 2027)
	if err := r.Launched(ctx, id, next.ID, d, nil); !errors.Is(err, risk.ErrChanged) {
		t.Errorf("one draft, two campaigns: %v", err)
	}
}

func TestACampaignIsWrittenWhole(t *testing.T) {
	r, _ := imported(t)
	ctx := t.Context()
	c, obs := launched(t, r)
	var stages []string
	for _, s := range must(t, r.Stages)(ctx, c.ID) {
		stages = append(stages, fmt.Sprint(s.Code, s.Name, s.From.Format("0102"), s.Until.Format("0102"), s.DoneOn.IsZero()))
	}
	same(t, "stages", stages, []string{"find排查10081016true", "grade定级10191023true"})
	var anchors []string
	for _, a := range must(t, r.Anchors)(ctx, c.ID) {
		anchors = append(anchors, fmt.Sprint(a.Code, a.Name, a.On.IsZero(), a.Version))
	}
	same(t, "anchors", anchors, []string{"kickoff动员会false 1", "grading定级会true 1"})

	qian := person(t, r, "qian")
	got := must(t, r.Obligation)(ctx, obligation(t, obs, "list", qian.ID).ID)
	want := plan.Obligation{
		ID: got.ID, Campaign: c.ID, Stage: "find", StageName: "排查", Code: "list", Name: "报送名单", Kind: plan.KindFiling,
		Owner: qian.ID, OwnerName: "钱股长", OwnerRole: bot.RoleSectionHead, Section: section(t, r, "财务审计股").ID, SectName: "财务审计股",
		Receiver: bot.RoleOfficeMember, Artefact: "名单", Step: 1, Rule: plan.Rule{Kind: plan.RuleAnchor, Anchor: "kickoff", N: 3, Unit: plan.Days, Roll: plan.Forward},
		Due: date(10, 12), Original: date(10, 12), Version: 1, Since: date(10, 8), State: plan.Pending,
	}
	same(t, "obligation", got, want)
	orphan := obligation(t, obs, "orphan", 0)
	same(t, "without an owner", fmt.Sprint(orphan.Owner, orphan.OwnerName), "0")
	if due := obligation(t, obs, "table", 0).Due; !due.IsZero() {
		t.Errorf("its event has no day: %s", due)
	}
	if n, err := r.AddObligations(ctx, obs); err != nil || n != 0 {
		t.Errorf("what is there is not added: %d %v", n, err)
	}
	for name, f := range map[string]struct {
		filter plan.ObligationFilter
		want   int
	}{
		"all":       {plan.ObligationFilter{}, 14},
		"other":     {plan.ObligationFilter{Campaign: c.ID + 1}, 0},
		"owner":     {plan.ObligationFilter{Owner: qian.ID}, 3},
		"section":   {plan.ObligationFilter{Section: got.Section}, 7},
		"kind":      {plan.ObligationFilter{Kind: plan.KindFiling}, 2},
		"until":     {plan.ObligationFilter{Until: date(10, 16)}, 9},
		"delivered": {plan.ObligationFilter{Delivered: true}, 0},
		"check":     {plan.ObligationFilter{Check: obligation(t, obs, "selfcheck", qian.ID).Check}, 1},
	} {
		list, err := r.Obligations(ctx, f.filter)
		ok(t, err)
		same(t, name, len(list), f.want)
	}
	same(t, "the ladder of the plan", len(must(t, r.Ladder)(ctx, c.ID).Rungs), len(plan.DefaultLadder().Rungs))
	if _, err := r.Ladder(ctx, 999); !errors.Is(err, risk.ErrNone) {
		t.Error(err)
	}
}

func TestWhatIsOwedIsWhatTheRegisterShows(t *testing.T) {
	r, _ := imported(t)
	ctx := t.Context()
	c, obs := launched(t, r)
	qian, lin, wu, sun := person(t, r, "qian").ID, person(t, r, "lin").ID, person(t, r, "wu").ID, person(t, r, "sun").ID
	money := section(t, r, "财务审计股").ID
	set := func(id bot.UserID, change func(k *risk.SelfCheck)) risk.SelfCheck {
		k := must(t, r.Check)(ctx, obligation(t, obs, "selfcheck", person(t, r, id).ID).Check)
		change(&k)
		ok(t, r.Save(ctx, &k))
		return k
	}
	// 郑印 fills in on paper offline; nothing waits for a review yet.
	same(t, "of the head", open(t, r, plan.ObligationFilter{Owner: qian}), "list 钱股长, selfcheck 钱股长")
	same(t, "offline", open(t, r, plan.ObligationFilter{Owner: person(t, r, "zheng").ID}), "")
	set("ZhouZheng", func(k *risk.SelfCheck) { k.Paper = true })
	same(t, "on paper", open(t, r, plan.ObligationFilter{Owner: person(t, r, "ZhouZheng").ID}), "")
	set("qian", func(k *risk.SelfCheck) { k.State = risk.CheckSubmitted })
	same(t, "the head's own form is not the head's to review", open(t, r, plan.ObligationFilter{Owner: qian}), "list 钱股长")
	for _, state := range []risk.CheckState{risk.CheckSubmitted, risk.CheckMutual, risk.CheckSection} {
		set("sun", func(k *risk.SelfCheck) { k.State = state })
		same(t, string(state), open(t, r, plan.ObligationFilter{Section: money, Kind: plan.KindSection}), "section 钱股长")
		same(t, "handed in: "+string(state), open(t, r, plan.ObligationFilter{Owner: sun}), "")
	}
	k := set("sun", func(k *risk.SelfCheck) { k.State = risk.CheckLeader })
	same(t, "at the leader's", open(t, r, plan.ObligationFilter{Kind: plan.KindSection}), "")
	same(t, "no review is open", open(t, r, plan.ObligationFilter{Owner: lin, Kind: plan.KindLeader}), "")
	v := risk.Review{CheckID: k.ID, Version: 1, Step: "leader", Assignee: person(t, r, "lin")}
	ok(t, r.OpenReview(ctx, &v))
	same(t, "the leader's", open(t, r, plan.ObligationFilter{Owner: lin, Kind: plan.KindLeader}), "leader 林分管")
	v.Decision = risk.Return
	won, err := r.Decide(ctx, v)
	same(t, "returned", fmt.Sprint(won, err), "true <nil>")
	set("sun", func(k *risk.SelfCheck) { k.State = risk.CheckReturned })
	same(t, "it came back", open(t, r, plan.ObligationFilter{Owner: sun}), "selfcheck 孙支付")
	same(t, "nothing to grade", open(t, r, plan.ObligationFilter{Kind: plan.KindGrading}), "")
	set("sun", func(k *risk.SelfCheck) { k.State = risk.CheckGrading })
	same(t, "to grade", open(t, r, plan.ObligationFilter{Owner: wu, Kind: plan.KindGrading}), "grading 吴主任")
	set("sun", func(k *risk.SelfCheck) { k.State = risk.CheckConfirmed })
	same(t, "graded", open(t, r, plan.ObligationFilter{Kind: plan.KindGrading}), "")

	page := []plan.Obligation{}
	for after := int64(0); ; {
		some, err := r.OpenObligations(ctx, after, 2)
		ok(t, err)
		if len(some) == 0 {
			break
		}
		page, after = append(page, some...), some[len(some)-1].ID
	}
	all, err := r.Obligations(ctx, plan.ObligationFilter{Open: true})
	ok(t, err)
	same(t, "pages hold what is open", len(page), len(all))
	ok(t, r.CloseCampaign(ctx, c.ID))
	same(t, "a closed campaign asks for nothing", open(t, r, plan.ObligationFilter{}), "")
	if some, err := r.OpenObligations(ctx, 0, 10); err != nil || len(some) != 0 {
		t.Error(some, err)
	}
}

func TestAWordMovesAnObligationOnOnce(t *testing.T) {
	r, _ := imported(t)
	ctx := t.Context()
	_, obs := launched(t, r)
	qian, wu := person(t, r, "qian").ID, person(t, r, "wu").ID
	id := obligation(t, obs, "list", qian).ID
	var wg sync.WaitGroup
	var mu sync.Mutex
	wins := 0
	for range 4 {
		wg.Go(func() {
			won, err := r.SetState(ctx, id, []plan.State{plan.Pending}, plan.Delivered, qian, "")
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			} else if won {
				wins++
			}
		})
	}
	wg.Wait()
	same(t, "wins", wins, 1)
	list, err := r.Obligations(ctx, plan.ObligationFilter{Delivered: true})
	ok(t, err)
	same(t, "waits for its receipt", len(list), 1)
	won, err := r.SetState(ctx, id, []plan.State{plan.Pending, plan.Delivered}, plan.Receipted, wu, "收到纸质件")
	ok(t, err)
	same(t, "signed for", fmt.Sprint(won, must(t, r.Obligation)(ctx, id).State, must(t, r.Obligation)(ctx, id).Note), "truereceipted收到纸质件")
	won, err = r.SetState(ctx, id, []plan.State{plan.Receipted}, plan.Pending, wu, "")
	ok(t, err)
	var undone bool
	ok(t, r.DB.Pool().QueryRow(ctx, `SELECT done_at IS NULL AND done_by IS NULL FROM obligation WHERE id = $1`, id).Scan(&undone))
	if !won || !undone {
		t.Error("taken back, it is not done any more", won, undone)
	}

	heir := person(t, r, "sun").ID
	ok(t, r.GiveTo(ctx, id, heir))
	same(t, "given", must(t, r.Obligation)(ctx, id).OwnerName, "孙支付")
	if err := r.GiveTo(ctx, 999, heir); !errors.Is(err, risk.ErrNone) {
		t.Error(err)
	}
	twin := must(t, r.Obligation)(ctx, id)
	twin.Owner = qian
	if n, err := r.AddObligations(ctx, []plan.Obligation{twin}); err != nil || n != 1 {
		t.Fatal(n, err)
	}
	if err := r.GiveTo(ctx, id, qian); !errors.Is(err, risk.ErrChanged) {
		t.Errorf("two of the same for one person: %v", err)
	}
}

func TestAnExtensionKeepsTheOriginalDay(t *testing.T) {
	r, c := imported(t)
	ctx := t.Context()
	_, obs := launched(t, r)
	qian, wu := person(t, r, "qian").ID, person(t, r, "wu").ID
	b := obligation(t, obs, "list", qian)
	first, err := r.AskExtension(ctx, plan.Extension{Obligation: b.ID, By: qian, Until: date(10, 14), Reason: "等公章"})
	ok(t, err)
	second, err := r.AskExtension(ctx, plan.Extension{Obligation: b.ID, By: qian, Until: date(10, 15), Reason: "还等公章"})
	ok(t, err)
	won, err := r.DecideExtension(ctx, first, wu, true)
	same(t, "an old card grants nothing", fmt.Sprint(won, err), "false <nil>")
	x := must(t, r.Extension)(ctx, second)
	same(t, "asked", x, plan.Extension{ID: second, Obligation: b.ID, By: qian, Until: date(10, 15), Reason: "还等公章", State: "asked", AskedAt: x.AskedAt})
	if !x.AskedAt.Equal(c.now) {
		t.Error(x.AskedAt)
	}
	same(t, "open", len(must0(t, r.Extensions)(ctx)), 1)
	won, err = r.DecideExtension(ctx, second, wu, true)
	same(t, "granted", fmt.Sprint(won, err), "true <nil>")
	won, err = r.DecideExtension(ctx, second, wu, false)
	same(t, "decided once", fmt.Sprint(won, err), "false <nil>")
	same(t, "none open", len(must0(t, r.Extensions)(ctx)), 0)

	c.now = morning(9)
	ok(t, r.Postpone(ctx, b.ID, x.Until))
	ok(t, r.Postpone(ctx, b.ID, x.Until))
	got := must(t, r.Obligation)(ctx, b.ID)
	same(t, "due, original, version, since", fmt.Sprint(got.Due.Format("0102 "), got.Original.Format("0102 "), got.Version, got.Since.Format(" 0102")), "1015 1012 2 1009")
	if err := r.Postpone(ctx, 999, x.Until); !errors.Is(err, risk.ErrNone) {
		t.Error(err)
	}
	if _, err := r.AskExtension(ctx, plan.Extension{Obligation: 999, By: qian, Until: x.Until}); !errors.Is(err, risk.ErrNone) {
		t.Error(err)
	}
}

func TestAMovedEventTimesWhatHangsOnIt(t *testing.T) {
	r, c := imported(t)
	ctx := t.Context()
	campaign, obs := launched(t, r)
	list, table := obligation(t, obs, "list", 0).ID, obligation(t, obs, "table", 0).ID
	check := obligation(t, obs, "selfcheck", 0)
	days := func(id int64) string {
		b := must(t, r.Obligation)(ctx, id)
		day := func(d time.Time) string {
			if d.IsZero() {
				return "-"
			}
			return d.Format("0102")
		}
		return fmt.Sprint(day(b.Due), " ", day(b.Original), " ", b.Version, " ", day(b.Since))
	}
	same(t, "before", days(list)+"; "+days(table), "1012 1012 1 1008; - - 1 1008")
	c.now = morning(9)
	ok(t, r.MoveAnchor(ctx, campaign.ID, "kickoff", date(10, 13), map[int64]time.Time{list: date(10, 16)}))
	ok(t, r.MoveAnchor(ctx, campaign.ID, "grading", date(10, 22), map[int64]time.Time{table: date(10, 23)}))
	same(t, "moved; got a day", days(list)+"; "+days(table), "1016 1016 2 1009; 1023 1023 2 1009")
	same(t, "others stay", days(check.ID), "1016 1016 1 1008")
	anchors := must(t, r.Anchors)(ctx, campaign.ID)
	same(t, "the event", fmt.Sprint(anchors[0].Code, anchors[0].On.Format(" 0102 "), anchors[0].Version), "kickoff 1013 2")

	c.now = morning(10)
	ok(t, r.Postpone(ctx, list, date(10, 20)))
	same(t, "four days more", days(list), "1020 1016 3 1010")
	ok(t, r.MoveAnchor(ctx, campaign.ID, "kickoff", date(10, 16), map[int64]time.Time{list: date(10, 19)}))
	same(t, "the extension stays on top", days(list), "1023 1019 4 1010")
	c.now = morning(11)
	ok(t, r.MoveAnchor(ctx, campaign.ID, "kickoff", date(10, 9), map[int64]time.Time{list: date(10, 12)}))
	same(t, "a day that was promised is kept", days(list), "1023 1012 4 1010")
	ok(t, r.MoveAnchor(ctx, campaign.ID, "grading", time.Time{}, map[int64]time.Time{table: {}}))
	same(t, "called off", days(table), "- - 3 1011")
	if err := r.MoveAnchor(ctx, campaign.ID, "never", date(10, 9), nil); !errors.Is(err, risk.ErrNone) {
		t.Error(err)
	}
}

func TestTheOrgIsWhoStandsAboveWhomToday(t *testing.T) {
	r, _ := imported(t)
	ctx := t.Context()
	o := must0(t, r.Org)(ctx)
	money, office, group := section(t, r, "财务审计股").ID, section(t, r, "办公室").ID, section(t, r, "驻局纪检监察组").ID
	qian, lin, wu := person(t, r, "qian").ID, person(t, r, "lin").ID, person(t, r, "wu").ID
	same(t, "heads", fmt.Sprint(o.Head[money] == qian, o.Head[office] == wu, o.Head[group]), "true true 0")
	same(t, "leaders", fmt.Sprint(o.Leader[money] == lin, o.Leader[office] == lin), "true true")
	same(t, "office, director first", o.Office, []int64{lin, wu})
	same(t, "names", o.Name[qian]+o.Name[-money], "钱股长财务审计股")
	same(t, "here", len(o.Active), 8)
	_, _, err := r.Reconcile(ctx, []bot.UserID{"zhouzheng", "lin", "wu", "zheng", "sun", "li", "he"})
	ok(t, err)
	o = must0(t, r.Org)(ctx)
	same(t, "who left stands above nobody", fmt.Sprint(o.Active[qian], o.Head[money], o.Name[qian]), "false 0钱股长")
}

func TestWhatComesBackIsOwedOncePerPeriod(t *testing.T) {
	r, _ := imported(t)
	ctx := t.Context()
	for _, x := range []plan.Recurrence{
		{Code: "edu", Name: "廉政教育", Period: plan.Monthly, Day: 1, Kind: plan.KindMeeting, Owner: bot.RoleSectionHead, Active: true},
		{Code: "nobody", Name: "督查", Period: plan.Quarterly, Day: 1, Kind: plan.KindMeeting, Owner: bot.RoleDiscAuthority, Active: true},
		{Code: "self", Name: "定期自查", Period: plan.HalfYearly, Day: 5, Kind: plan.KindFiling, Owner: bot.RolePostHolder, Active: true},
	} {
		ok(t, r.SaveRecurrence(ctx, x))
		ok(t, r.SaveRecurrence(ctx, x))
	}
	list := must0(t, r.Recurrences)(ctx)
	same(t, "kept", fmt.Sprint(len(list), list[0].Code, list[0].Active, list[0].Period), "3edutruemonth")
	recur := func(i int, period string) int {
		n, err := r.Recur(ctx, list[i], period, date(10, 30))
		ok(t, err)
		return n
	}
	same(t, "two heads", fmt.Sprint(recur(0, "2026-10"), recur(0, "2026-10"), recur(0, "2026-11")), "2 0 2")
	same(t, "everybody on a post, once", fmt.Sprint(recur(2, "2026H2"), recur(2, "2026H2")), "7 0")
	same(t, "nobody holds it", fmt.Sprint(recur(1, "2026Q4"), recur(1, "2026Q4")), "1 0")
	got, err := r.Obligations(ctx, plan.ObligationFilter{Open: true, Kind: plan.KindMeeting, Until: date(10, 30)})
	ok(t, err)
	same(t, "open", len(got), 5)
	same(t, "of a period", fmt.Sprint(got[0].Campaign, got[0].Period, got[0].Due.Format(" 0102 "), got[0].Recurrence == list[0].ID, got[0].Section > 0), "02026-10 1030 true true")
	ok(t, r.Grant(ctx, "he", bot.RoleDiscAuthority, "", 0))
	same(t, "somebody does", recur(1, "2026Q4"), 1)
	same(t, "and nothing is left without an owner", open(t, r, plan.ObligationFilter{Owner: person(t, r, "he").ID}), "nobody 何纪检")
	orphans := 0
	for _, b := range must(t, r.Obligations)(ctx, plan.ObligationFilter{Open: true}) {
		if b.Owner == 0 {
			orphans++
		}
	}
	same(t, "orphans", orphans, 0)
	list[0].Active = false
	ok(t, r.SaveRecurrence(ctx, list[0]))
	same(t, "turned off", must0(t, r.Recurrences)(ctx)[0].Active, false)
}
