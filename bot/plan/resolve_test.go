package plan_test

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"qingfeng/bot"
	"qingfeng/bot/plan"
)

func day(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Format(time.DateOnly)
}

func template(t testing.TB, code string) plan.Template {
	t.Helper()
	tpl, err := plan.LoadTemplate(code)
	if err != nil {
		t.Fatal(err)
	}
	return tpl
}

// says are issues as "code where what", with ! for those that stop.
func says(issues []plan.Issue) (out []string) {
	for _, i := range issues {
		s := i.Code + " " + i.Where + " " + i.What
		if i.Stops {
			s = "!" + s
		}
		out = append(out, s)
	}
	return out
}

// one is a draft with one self-check stage 2026-10-08–16, an event with a day, one
// without, and one duty with the rule.
func one(r plan.Rule) plan.Draft {
	return plan.Draft{
		Name: "x", Year: 2026,
		Anchors: []plan.DraftAnchor{{Code: "kickoff", Name: "动员会", Rule: plan.Rule{Kind: plan.RuleOn, Date: "09-03"}}, {Code: "never", Name: "没定的会"}},
		Stages: []plan.DraftStage{{
			Code: "S3", Name: "个人自查", Check: true,
			From: plan.Rule{Kind: plan.RuleOn, Date: "10-08"}, Until: plan.Rule{Kind: plan.RuleOn, Date: "2026-10-16"},
		}},
		Duties: []plan.Duty{{Code: "d", Name: "一件事", Stage: "S3", Kind: plan.KindFiling, Owner: bot.RoleSectionHead, Due: r}},
	}
}

func TestEveryKindOfRuleGivesItsDay(t *testing.T) {
	cal := shippedCalendar(t)
	for _, c := range []struct {
		name   string
		rule   plan.Rule
		want   string
		rolled bool
		issue  string
	}{
		{"a date", plan.Rule{Kind: plan.RuleOn, Date: "2026-09-11"}, "2026-09-11", false, ""},
		{"a date of the draft's year", plan.Rule{Kind: plan.RuleOn, Date: "09-11"}, "2026-09-11", false, ""},
		{"rolled forward over the holidays", plan.Rule{Kind: plan.RuleOn, Date: "10-03", Roll: plan.Forward}, "2026-10-08", true, ""},
		{"rolled back", plan.Rule{Kind: plan.RuleOn, Date: "10-03", Roll: plan.Back}, "2026-09-30", true, ""},
		{"kept", plan.Rule{Kind: plan.RuleOn, Date: "10-03"}, "2026-10-03", false, ""},
		{"a make-up workday stays", plan.Rule{Kind: plan.RuleOn, Date: "10-10", Roll: plan.Forward}, "2026-10-10", false, ""},
		{"first xun ends", plan.Rule{Kind: plan.RuleXun, Month: 9, Xun: 1, Edge: "until"}, "2026-09-10", false, ""},
		{"second xun starts", plan.Rule{Kind: plan.RuleXun, Month: 9, Xun: 2, Edge: "from"}, "2026-09-11", false, ""},
		{"third xun ends with the month", plan.Rule{Kind: plan.RuleXun, Month: 9, Xun: 3}, "2026-09-30", false, ""},
		{"third xun of next February", plan.Rule{Kind: plan.RuleXun, Month: 14, Xun: 3, Edge: "until"}, "2027-02-28", false, "no_year x 2027"},
		{"a month starts", plan.Rule{Kind: plan.RuleMonth, Month: 10, Edge: "from", Roll: plan.Forward}, "2026-10-08", true, ""},
		{"a month ends", plan.Rule{Kind: plan.RuleMonth, Month: 12}, "2026-12-31", false, ""},
		{"next January", plan.Rule{Kind: plan.RuleMonth, Month: 13, Edge: "until"}, "2027-01-31", false, "no_year x 2027"},
		{"an event + calendar days, on a Sunday", plan.Rule{Kind: plan.RuleAnchor, Anchor: "kickoff", N: 3, Unit: plan.Days, Roll: plan.Forward}, "2026-09-07", true, ""},
		{"an event + working days", plan.Rule{Kind: plan.RuleAnchor, Anchor: "kickoff", N: 3, Unit: plan.Workdays}, "2026-09-08", false, ""},
		{"an event − working days", plan.Rule{Kind: plan.RuleAnchor, Anchor: "kickoff", N: -3, Unit: plan.Workdays}, "2026-08-31", false, "past 一件事 "},
		{"the event's own day", plan.Rule{Kind: plan.RuleAnchor, Anchor: "kickoff"}, "2026-09-03", false, ""},
		{"an event without a day", plan.Rule{Kind: plan.RuleAnchor, Anchor: "never", N: 3}, "-", false, "no_anchor 一件事 没定的会"},
		{"an unknown event", plan.Rule{Kind: plan.RuleAnchor, Anchor: "what"}, "-", false, "!unknown 一件事 what"},
		{"a stage's end", plan.Rule{Kind: plan.RuleStage, Stage: "S3"}, "2026-10-16", false, ""},
		{"a stage's start + days, and a make-up workday", plan.Rule{Kind: plan.RuleStage, Stage: "S3", Edge: "from", N: 2, Unit: plan.Workdays}, "2026-10-10", false, ""},
		{"a stage's end − days", plan.Rule{Kind: plan.RuleStage, Stage: "S3", Edge: "until", N: -2}, "2026-10-14", false, ""},
		{"an unknown stage", plan.Rule{Kind: plan.RuleStage, Stage: "S9"}, "-", false, "!unknown 一件事 S9"},
		{"no such date", plan.Rule{Kind: plan.RuleOn, Date: "02-30"}, "-", false, "!bad_date 一件事 02-30"},
		{"no such month", plan.Rule{Kind: plan.RuleMonth, Month: 25}, "-", false, "!bad_date 一件事 25 "},
		{"no such xun", plan.Rule{Kind: plan.RuleXun, Month: 1, Xun: 4}, "-", false, "!bad_date 一件事 1/4 "},
		{"no such edge", plan.Rule{Kind: plan.RuleStage, Stage: "S3", Edge: "middle"}, "-", false, "!bad_date 一件事 middle"},
		{"no such unit", plan.Rule{Kind: plan.RuleAnchor, Anchor: "kickoff", N: 1, Unit: "week"}, "-", false, "!bad_date 一件事 week"},
		{"no such roll", plan.Rule{Kind: plan.RuleOn, Date: "10-03", Roll: "sideways"}, "-", false, "!bad_date 一件事 sideways"},
		{"too far", plan.Rule{Kind: plan.RuleAnchor, Anchor: "kickoff", N: math.MaxInt}, "-", false, fmt.Sprint("!bad_date 一件事 ", math.MaxInt)},
		{"no such kind", plan.Rule{Kind: "someday"}, "-", false, "!unknown 一件事 someday"},
		{"no rule", plan.Rule{}, "-", false, "!no_day 一件事 "},
	} {
		d := one(c.rule)
		issues := says(d.Resolve(at("2026-09-01"), cal))
		u := d.Duties[0]
		if day(u.DueOn) != c.want || u.Rolled != c.rolled {
			t.Errorf("%s: %s rolled %v, want %s %v", c.name, day(u.DueOn), u.Rolled, c.want, c.rolled)
		}
		var want []string
		if c.issue != "" {
			want = []string{c.issue}
		}
		if !slices.Equal(issues, want) {
			t.Errorf("%s: issues %q, want %q", c.name, issues, want)
		}
	}
}

func TestWhatIsWrongWithADraftIsSaid(t *testing.T) {
	cal := shippedCalendar(t)
	on := func(s string) plan.Rule { return plan.Rule{Kind: plan.RuleOn, Date: s} }
	for want, change := range map[string]func(*plan.Draft){
		"!backwards 个人自查 ": func(d *plan.Draft) { d.Stages[0].Until = on("10-07") },
		"!no_check x ":     func(d *plan.Draft) { d.Stages[0].Check = false },
		"empty 个人自查 ":      func(d *plan.Draft) { d.Stages[0].From, d.Stages[0].Until = on("10-01"), on("10-07") },
		"past 个人自查 ":       func(d *plan.Draft) { d.Stages[0].From, d.Stages[0].Until = on("08-03"), on("08-07") },
		"overlap 二 个人自查": func(d *plan.Draft) {
			d.Stages = append(d.Stages, plan.DraftStage{Code: "S4", Name: "二", From: on("10-16"), Until: on("10-20")})
		},
		"!no_day 个人自查 ":        func(d *plan.Draft) { d.Stages[0].Until = plan.Rule{} },
		"!no_anchor 个人自查 没定的会": func(d *plan.Draft) { d.Stages[0].Until = plan.Rule{Kind: plan.RuleAnchor, Anchor: "never"} },
		"!twice 又一次 S3": func(d *plan.Draft) {
			s := d.Stages[0]
			s.Name, s.Overlap = "又一次", true
			d.Stages = append(d.Stages, s)
		},
		"!twice 动员会二 kickoff":    func(d *plan.Draft) { a := d.Anchors[0]; a.Name = "动员会二"; d.Anchors = append(d.Anchors, a) },
		"!twice 一件事 d":           func(d *plan.Draft) { d.Duties = append(d.Duties, d.Duties[0]) },
		"!unknown 一件事 S8":        func(d *plan.Draft) { d.Duties[0].Stage = "S8" },
		"!unknown 一件事 dance":     func(d *plan.Draft) { d.Duties[0].Kind = "dance" },
		"!no_owner 一件事 ":         func(d *plan.Draft) { d.Duties[0].Owner = "" },
		"!cycle 个人自查 个人自查":       func(d *plan.Draft) { d.Stages[0].Until = plan.Rule{Kind: plan.RuleStage, Stage: "S3"} },
		"no_year x 2031":         func(d *plan.Draft) { d.Duties[0].Due = on("2031-03-03") },
		"!bad_date 动员会 09-31":    func(d *plan.Draft) { d.Anchors[0].Rule = on("09-31") },
		"!bad_date 动员会 123-9-31": func(d *plan.Draft) { d.Anchors[0].Rule = on("123-9-31") },
	} {
		d := one(on("10-14"))
		change(&d)
		issues := says(d.Resolve(at("2026-09-01"), cal))
		if !slices.Contains(issues, want) {
			t.Errorf("%q is not among %q", want, issues)
		}
	}
	declared := one(on("10-14"))
	declared.Stages = append(declared.Stages, plan.DraftStage{Code: "S4", Name: "二", From: on("10-09"), Until: on("10-20"), Overlap: true})
	if got := declared.Resolve(at("2026-09-01"), cal); got != nil {
		t.Errorf("a declared overlap is no issue: %q", says(got))
	}
	circle := one(plan.Rule{Kind: plan.RuleAnchor, Anchor: "a"})
	circle.Anchors = append(circle.Anchors,
		plan.DraftAnchor{Code: "a", Name: "甲", Rule: plan.Rule{Kind: plan.RuleAnchor, Anchor: "b", N: 1}},
		plan.DraftAnchor{Code: "b", Name: "乙", Rule: plan.Rule{Kind: plan.RuleAnchor, Anchor: "a", N: 1}})
	if got, want := says(circle.Resolve(at("2026-09-01"), cal)), []string{"!cycle 乙 甲"}; !slices.Equal(got, want) {
		t.Errorf("a circle of two events: %q, want %q", got, want)
	}
}

// DOMAIN.md §3.2.
func TestTheTenStagesAreThoseOfTheWorkedExample(t *testing.T) {
	cal := shippedCalendar(t)
	d, issues := plan.NewDraft(template(t, "county-ten"), "2026年排查", time.Time{}, at("2026-08-20"), cal)
	if issues != nil {
		t.Errorf("issues: %q", says(issues))
	}
	var got []string
	for _, s := range d.Stages {
		got = append(got, fmt.Sprintf("%s %s %s %d", s.Name, s.FromOn.Format("01-02"), s.UntilOn.Format("01-02"), s.Days))
	}
	want := []string{
		"动员部署 09-01 09-11 9", "清权确权 09-14 09-30 13", "个人自查 10-08 10-16 8", "互查与股室初审 10-19 10-23 5",
		"分管领导审核 10-26 10-30 5", "领导小组定级 11-02 11-04 3", "公示 11-05 11-11 5", "反馈处理与修订 11-12 11-18 5",
		"措施落实与制度修订 11-19 12-18 22", "检查考核与总结 12-21 12-31 9",
	}
	if !slices.Equal(got, want) {
		t.Errorf("stages\n%q\nwant\n%q", got, want)
	}
	dues(t, d, map[string]string{
		"kickoff": "2026-09-03", "name-list": "2026-09-07 rolled", "plan-filing": "2026-09-11", "catalogue": "2026-09-24",
		"approval": "2026-09-29", "selfcheck": "2026-10-16", "section-review": "2026-10-23", "leader-review": "2026-10-30",
		"grading": "2026-11-04", "measures": "2026-12-18", "report": "2026-12-31",
	})
	if day(d.Due) != "2026-10-16" || d.Year != 2026 || d.Shift != 0 {
		t.Errorf("due %s year %d shift %d", day(d.Due), d.Year, d.Shift)
	}
}

func dues(t *testing.T, d plan.Draft, want map[string]string) {
	t.Helper()
	found := 0
	for _, u := range d.Duties {
		got := day(u.DueOn)
		if u.Rolled {
			got += " rolled"
		}
		if w, asked := want[u.Code]; asked {
			if found++; got != w {
				t.Errorf("%s %s: %s, want %s", d.Template, u.Code, got, w)
			}
		}
	}
	if found != len(want) {
		t.Errorf("%s: %d of %d duties found", d.Template, found, len(want))
	}
}

func TestTheOtherTemplatesHaveTheDatesOfTheirSources(t *testing.T) {
	cal := shippedCalendar(t)
	for code, want := range map[string][]string{
		"county": {"S1 2026-08-05 2026-08-20", "S2 2026-08-21 2026-09-25", "S3 2026-09-26 2026-11-25", "S4 2026-11-26 2026-12-10"},
		"bureau": {
			"S1 2026-06-01 2026-06-10", "S2 2026-06-11 2026-08-10", "S3 2026-08-11 2026-09-20", "S3-2 2026-09-21 2026-10-10",
			"S4 2026-10-21 2026-12-31", "S5 2026-10-21 2026-12-31", "S6 2027-01-01 2027-01-31", "S7 2027-02-01 2027-02-28",
		},
		"college": {
			"S1 2026-04-01 2026-04-25", "S2 2026-04-26 2026-05-31", "S3 2026-06-01 2026-06-08", "S4 2026-06-09 2026-06-22",
			"S5 2026-09-01 2026-09-30", "S6 2026-10-01 2026-10-31",
		},
	} {
		d, _ := plan.NewDraft(template(t, code), "x", time.Time{}, at("2026-02-01"), cal)
		var got []string
		for _, s := range d.Stages {
			got = append(got, s.Code+" "+day(s.FromOn)+" "+day(s.UntilOn))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s\n%q\nwant\n%q", code, got, want)
		}
		switch code {
		case "county": // 25 September 2026 is a holiday
			dues(t, d, map[string]string{"plan-filing": "2026-08-20", "selfcheck": "2026-09-25", "forms-filing": "2026-09-28 rolled", "report": "2026-12-10"})
		case "college": // weekends roll back: the superior waits for nobody
			dues(t, d, map[string]string{
				"name-list": "-", "plan-filing": "2026-04-24 rolled", "catalogue": "2026-05-25", "catalogue-group": "2026-05-29 rolled",
				"catalogue-filing": "2026-06-15", "risk-map": "2026-06-08", "level-opinion": "2026-06-15", "summary": "2026-06-22", "report": "2026-10-12",
			})
			steps := map[int]string{}
			for _, u := range d.Duties {
				if u.Artefact == "catalogue" {
					steps[u.Step] = fmt.Sprint(u.Owner, ">", u.Receiver)
				}
			}
			if got := fmt.Sprint(steps[1], " ", steps[2], " ", steps[3]); got != "section_head>office_director office_director>group_chair office_director>superior" {
				t.Errorf("the chain of the catalogue: %s", got)
			}
		}
	}
}

func TestEveryTemplateCanBePlannedAndLaunched(t *testing.T) {
	all, err := plan.Templates()
	if err != nil || len(all) != 4 {
		t.Fatalf("%d templates, %v", len(all), err)
	}
	for _, tpl := range all {
		d, issues := plan.NewDraft(tpl, "x", at("2026-10-16"), at("2026-01-05"), shippedCalendar(t))
		for _, i := range issues {
			if i.Stops || i.Code == plan.Overlap || i.Code == plan.Empty {
				t.Errorf("%s: %q", tpl.Code, says([]plan.Issue{i}))
			}
		}
		if day(d.Due) != "2026-10-16" {
			t.Errorf("%s: due %s", tpl.Code, day(d.Due))
		}
		checks, kinds := 0, map[plan.Kind]int{}
		for _, s := range d.Stages {
			if s.Check {
				checks++
			}
		}
		for _, u := range d.Duties {
			if kinds[u.Kind]++; u.Kind == plan.KindSelfCheck && (!u.DueOn.Equal(d.Due) || u.Owner != bot.RolePostHolder) {
				t.Errorf("%s: self-checks of %s due %s", tpl.Code, u.Owner, day(u.DueOn))
			}
		}
		if checks != 1 || kinds[plan.KindSelfCheck] != 1 || kinds[plan.KindSection] != 1 || kinds[plan.KindLeader] != 1 || kinds[plan.KindGrading] != 1 {
			t.Errorf("%s: %d check stages, duties %v", tpl.Code, checks, kinds)
		}
		if fmt.Sprint(tpl.Ladder) != fmt.Sprint(plan.DefaultLadder()) {
			t.Errorf("%s: ladder %v", tpl.Code, tpl.Ladder)
		}
	}
	of, err := plan.ForPack("county")
	if err != nil || len(of) != 2 || of[0].Code != "county" {
		t.Errorf("county: %d templates, %v", len(of), err)
	}
	if _, err := plan.LoadTemplate("../calendar/2026"); err == nil {
		t.Error("no template has that code")
	}
}

func TestAMovedTemplateMovesEveryDateByTheSame(t *testing.T) {
	cal := shippedCalendar(t)
	tpl := template(t, "bureau")
	base, _ := plan.NewDraft(tpl, "x", time.Time{}, at("2026-01-05"), cal)
	moved, _ := plan.NewDraft(tpl, "x", at("2026-10-16"), at("2026-01-05"), cal)
	if moved.Shift != 26 { // from 20 September
		t.Errorf("shift %d", moved.Shift)
	}
	for i, s := range moved.Stages {
		if !s.FromOn.Equal(base.Stages[i].FromOn.AddDate(0, 0, 26)) || !s.UntilOn.Equal(base.Stages[i].UntilOn.AddDate(0, 0, 26)) {
			t.Errorf("%s: %s–%s", s.Code, day(s.FromOn), day(s.UntilOn))
		}
	}
	if tpl.Stages[0].From.Kind != plan.RuleXun {
		t.Error("the template was changed")
	}
	late, _ := plan.NewDraft(tpl, "x", time.Time{}, at("2026-11-01"), cal)
	if late.Year != 2027 || day(late.Due) != "2027-09-20" {
		t.Errorf("after its self-checks the template is next year's: %d %s", late.Year, day(late.Due))
	}
}

func TestAMovedEventMovesWhatHangsOnIt(t *testing.T) {
	cal := shippedCalendar(t)
	hangs := plan.Rule{Kind: plan.RuleAnchor, Anchor: "kickoff", N: 3, Roll: plan.Forward}
	obs := []plan.Obligation{
		{ID: 1, State: plan.Pending, Rule: hangs, Due: at("2026-09-07"), Original: at("2026-09-07")},
		{ID: 2, State: plan.Pending, Rule: hangs, Due: at("2026-09-09"), Original: at("2026-09-07")}, // two days longer
		{ID: 3, State: plan.Delivered, Rule: hangs, Due: at("2026-09-07"), Original: at("2026-09-07")},
		{ID: 4, State: plan.Pending, Rule: plan.Fixed(at("2026-09-11")), Due: at("2026-09-11"), Original: at("2026-09-11")},
		{ID: 5, State: plan.Pending, Rule: hangs},
		{ID: 6, State: plan.Pending, Rule: plan.Rule{Kind: plan.RuleAnchor, Anchor: "other"}, Due: at("2026-09-07")},
	}
	got := plan.Retime(obs, map[string]time.Time{"kickoff": at("2026-09-28"), "other": {}}, 2026, cal)
	want := map[int64]string{1: "2026-10-08", 2: "2026-10-10", 5: "2026-10-08"} // 1 October is a holiday
	if len(got) != len(want) {
		t.Errorf("moved %v", got)
	}
	for id, w := range want {
		if day(got[id]) != w {
			t.Errorf("%d: %s, want %s", id, day(got[id]), w)
		}
	}
}

func TestRetimingTwiceIsRetimingOnce(t *testing.T) {
	cal := shippedCalendar(t)
	rapid.Check(t, func(t *rapid.T) {
		start := at("2026-03-01")
		any := func(label string) time.Time { return start.AddDate(0, 0, rapid.IntRange(0, 300).Draw(t, label)) }
		o := plan.Obligation{
			ID: 1, State: plan.Pending, Original: any("original"),
			Rule: plan.Rule{
				Kind: plan.RuleAnchor, Anchor: "a", N: rapid.IntRange(-20, 20).Draw(t, "n"),
				Unit: rapid.SampledFrom([]plan.Unit{plan.Days, plan.Workdays}).Draw(t, "unit"),
				Roll: rapid.SampledFrom([]plan.Roll{plan.Keep, plan.Forward, plan.Back}).Draw(t, "roll"),
			},
		}
		o.Due = o.Original.AddDate(0, 0, rapid.IntRange(0, 30).Draw(t, "extension"))
		anchors := map[string]time.Time{"a": any("anchor")}
		move := func(o plan.Obligation) plan.Obligation {
			plain := o
			plain.Due = o.Original
			if on, moved := plan.Retime([]plan.Obligation{o}, anchors, 2026, cal)[1]; moved {
				o.Due = on
			}
			if on, moved := plan.Retime([]plan.Obligation{plain}, anchors, 2026, cal)[1]; moved {
				o.Original = on
			}
			return o
		}
		once := move(o)
		if twice := move(once); !twice.Due.Equal(once.Due) || !twice.Original.Equal(once.Original) {
			t.Fatalf("once %s %s, twice %s %s", day(once.Original), day(once.Due), day(twice.Original), day(twice.Due))
		}
		if once.Due.Before(once.Original) {
			t.Fatalf("an extension got lost: %s before %s", day(once.Due), day(once.Original))
		}
	})
}

func FuzzDraft(f *testing.F) {
	cal := shippedCalendar(f)
	for _, code := range []string{"county", "county-ten", "bureau", "college"} {
		d, _ := plan.NewDraft(template(f, code), "x", time.Time{}, at("2026-08-01"), cal)
		raw, err := json.Marshal(d)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Add([]byte(`{"year":-9000000000000000000,"stages":[{"code":"a","check":true,"from":{"kind":"stage","stage":"b"},"until":{"kind":"xun","month":1,"xun":1}},{"code":"b","from":{"kind":"stage","stage":"a","edge":"from"}}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var d plan.Draft
		if json.Unmarshal(raw, &d) != nil {
			return
		}
		first := d.Resolve(at("2026-09-01"), cal)
		one, err := json.Marshal(d)
		if err != nil {
			t.Fatalf("a resolved draft cannot be stored: %v", err)
		}
		second := d.Resolve(at("2026-09-01"), cal)
		two, err := json.Marshal(d)
		if err != nil || string(one) != string(two) || fmt.Sprint(first) != fmt.Sprint(second) {
			t.Fatalf("resolved twice:\n%s\n%s", one, two)
		}
		stops := slices.ContainsFunc(first, func(i plan.Issue) bool { return i.Stops })
		for _, s := range d.Stages {
			if !stops && (s.FromOn.IsZero() || s.UntilOn.Before(s.FromOn)) {
				t.Fatalf("a stage without its days would be launched: %+v", s)
			}
		}
	})
}
