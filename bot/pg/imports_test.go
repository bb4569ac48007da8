package pg_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/pg"
	"qingfeng/bot/risk"
)

// lines are "row change subject detail" of a plan, without the rows that stay as they are.
func lines(p risk.ImportPlan) (out []string) {
	for _, l := range p.Lines {
		if l.Change != risk.ChangeKept {
			out = append(out, strings.TrimSpace(fmt.Sprint(l.Row, " ", l.Change, " ", l.Subject, " ", l.Detail)))
		}
	}
	return out
}

func issues(p risk.ImportPlan) (out []string) {
	for _, i := range p.Issues {
		out = append(out, fmt.Sprint(i.Row, " ", i.Column, " ", i.Say))
	}
	return out
}

// everything counts the rows of the roster and catalogue, to see that nothing was written.
func everything(t *testing.T, r *pg.Register) (counts string) {
	t.Helper()
	ok(t, r.DB.Q(t.Context()).QueryRow(t.Context(), `SELECT concat_ws(' ', (SELECT count(*) FROM unit), (SELECT count(*) FROM section),
		(SELECT count(*) FROM post), (SELECT count(*) FROM person WHERE active), (SELECT count(*) FROM assignment WHERE ended_on IS NULL),
		(SELECT count(*) FROM role_grant WHERE ended_on IS NULL), (SELECT count(*) FROM power_item WHERE voided_at IS NULL),
		(SELECT count(*) FROM process_node WHERE voided_at IS NULL), (SELECT count(*) FROM risk_point WHERE state <> 'removed'))`).Scan(&counts))
	return counts
}

func TestRosterDryRunSaysWhatApplyDoesAndWritesNothing(t *testing.T) {
	r, _ := newRegister(t)
	ctx := t.Context()
	plan := must(t, r.PlanRoster)(ctx, officeRoster())
	same(t, "after the dry run", everything(t, r), "0 0 0 0 0 0 0 0 0")
	same(t, "added", plan.Count(risk.ChangeAdded), 9)
	applied := must(t, r.ApplyRoster)(ctx, officeRoster())
	same(t, "plan and import", applied, plan)
	same(t, "after the import", everything(t, r), "1 4 8 8 8 9 0 0 0")

	again := must(t, r.ApplyRoster)(ctx, officeRoster())
	same(t, "the same sheet again", fmt.Sprint(again.Count(risk.ChangeKept), lines(again)), "9 []")
	same(t, "changes nothing", everything(t, r), "1 4 8 8 8 9 0 0 0")
	ok(t, r.VerifyAudit(ctx))
}

func TestRosterWithABadRowImportsNothingAndNamesEveryRow(t *testing.T) {
	r, _ := imported(t)
	ctx := t.Context()
	before := everything(t, r)
	rows := officeRoster()
	rows[0].Unit = "别的单位"
	rows[2].Name = ""
	rows[4].LeaderOf = []string{"没有的科"}
	rows[5].Stratum = "boss"
	rows = append(rows, rows[6], risk.RosterRow{
		Unit: "别的单位", Section: "财务审计股", Post: "股长", Stratum: risk.StratumKey, Name: "李某", UserID: "LI", Row: 12,
	})
	plan, err := r.ApplyRoster(ctx, rows)
	if !errors.Is(err, risk.ErrBlocked) || !plan.Blocked() {
		t.Fatalf("want ErrBlocked, got %v", err)
	}
	got := issues(plan)
	for _, want := range []string{"3 单位", "4 姓名", "6 分管科室", "7 层次", "8  与第8行", "12 userid 账号 LI 在第8行是“李核算”", "12 层次 岗位“股长”在第6行"} {
		if !slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, want) }) {
			t.Errorf("no issue %q in %q", want, got)
		}
	}
	same(t, "nothing imported", everything(t, r), before)
	same(t, "the refusal is on record", auditLines(t, r)[len(auditLines(t, r))-1][:len("import.roster refused")], "import.roster refused")
	if _, err := r.ApplyRoster(ctx, nil); !errors.Is(err, risk.ErrBlocked) {
		t.Errorf("an empty sheet must not empty the unit: %v", err)
	}
}

func TestLeaverLosesPostAndRolesAndThePointsStay(t *testing.T) {
	r, c := imported(t)
	ctx := t.Context()
	check := openedCheck(t, r, "sun")
	check.Points = []risk.Point{{No: 1, Title: "孙写的"}}
	ok(t, r.Save(ctx, &check))
	c.now = morning(20)
	rows := officeRoster()
	rows[5].Name, rows[5].UserID = "赵接任", "zhao" // takes the post of sun, who leaves
	plan := must(t, r.ApplyRoster)(ctx, rows)
	same(t, "plan", lines(plan), []string{"7 added 赵接任", "0 gone 孙支付 不在表里，将停用，岗位和角色到今天为止；填过的内容留在岗位上"})

	same(t, "inactive", person(t, r, "sun").Active, false)
	same(t, "a stranger to the bot", must(t, r.Who)(ctx, "sun"), bot.Actor{UserID: "sun"})
	pay := post(t, r, "财务审计股", "工程款支付岗")
	same(t, "the post is the same", pay.ID, check.Post.ID)
	same(t, "and keeps its points", must(t, r.Checks)(ctx, risk.CheckFilter{Post: pay.ID})[0].Points[0].Title, "孙写的")
	added := must(t, r.AddChecks)(ctx, check.CampaignID)
	if len(added) != 1 || added[0].Person.Name != "赵接任" {
		t.Errorf("the successor's check: %+v", added)
	}

	must(t, r.ApplyRoster)(ctx, officeRoster())
	same(t, "back again", fmt.Sprint(person(t, r, "sun").Active, person(t, r, "zhao").Active), "true false")
}

func TestRosterPostMovesToAnotherSectionAndKeepsItsID(t *testing.T) {
	r, _ := imported(t)
	ctx := t.Context()
	before := post(t, r, "财务审计股", "内部审计岗")
	rows := officeRoster()
	rows[7].Section = "办公室"
	plan := must(t, r.ApplyRoster)(ctx, rows)
	same(t, "plan", lines(plan), []string{"9 moved 李核算 岗位由“财务审计股·内部审计岗”调到“办公室·内部审计岗”"})
	after := post(t, r, "办公室", "内部审计岗")
	same(t, "id", after.ID, before.ID)
	same(t, "section", after.SectionID, section(t, r, "办公室").ID)
	same(t, "one post, not two", everything(t, r), "1 4 8 8 8 9 0 0 0")
}

func TestRosterPersonMovesToAnotherPost(t *testing.T) {
	r, c := imported(t)
	ctx := t.Context()
	c.now = morning(15)
	rows := officeRoster()
	rows[5].Name, rows[5].UserID, rows[6].Name, rows[6].UserID = rows[6].Name, rows[6].UserID, rows[5].Name, rows[5].UserID // sun and li swap
	plan := must(t, r.ApplyRoster)(ctx, rows)
	same(t, "plan", lines(plan), []string{
		"7 moved 李核算 由财务审计股·会计核算岗调到财务审计股·工程款支付岗", "8 moved 孙支付 由财务审计股·工程款支付岗调到财务审计股·会计核算岗",
	})
	var held []string
	for _, h := range must(t, r.Holders)(ctx, section(t, r, "财务审计股").ID) {
		held = append(held, h.Person.Name+" "+h.Post.Name)
	}
	same(t, "holders", held, []string{"钱股长 股长", "李核算 工程款支付岗", "孙支付 会计核算岗", "李核算 内部审计岗"})
	c.now = morning(14)
	for _, h := range must(t, r.Holders)(ctx, 0) {
		if h.Person.Name == "李核算" && h.Post.Name == "工程款支付岗" {
			t.Error("the day before, li did not hold the post yet")
		}
	}
}

func TestRosterSectionRenamedIsTheSameSection(t *testing.T) {
	r, _ := imported(t)
	ctx := t.Context()
	finance, pay := section(t, r, "财务审计股"), post(t, r, "财务审计股", "工程款支付岗")
	rows := officeRoster()
	rows[1].LeaderOf = []string{"办公室", "财务股"}
	for i := 4; i <= 7; i++ {
		rows[i].Section = "财务股"
	}
	plan := must(t, r.ApplyRoster)(ctx, rows)
	same(t, "plan", lines(plan), []string{"0 moved 财务股 科室“财务审计股”改名为“财务股”"})
	same(t, "section", section(t, r, "财务股").ID, finance.ID)
	same(t, "post", post(t, r, "财务股", "工程款支付岗").ID, pay.ID)
	heads, err := r.RoleHolders(ctx, bot.RoleSectionHead, finance.ID)
	ok(t, err)
	same(t, "its head", names(heads), "钱股长")
}

func TestRosterReportsFactsRolesNamesAndWhatIsGone(t *testing.T) {
	r, _ := imported(t)
	ctx := t.Context()
	rows := officeRoster()
	rows[0].Unit = "栖云县交通局"
	for i := range rows {
		rows[i].Unit = rows[0].Unit
	}
	rows[4].Roles = []bot.Role{bot.RolePostHolder} // qian is no longer head
	rows[5].Tags = nil
	rows[5].Roles = []bot.Role{bot.RoleSectionHead}
	rows[2].Name = "吴新名"
	rows = slices.Delete(rows, 7, 9) // li keeps one post; the discipline group is not in the sheet
	plan := must(t, r.ApplyRoster)(ctx, rows)
	same(t, "plan", lines(plan), []string{
		"0 moved 栖云县交通局 单位名称由“栖云县交通运输局”改为“栖云县交通局”",
		"4 altered 吴新名 姓名由吴主任改为吴新名",
		"6 altered 钱股长 角色有变", "7 altered 孙支付 角色有变；岗位的层次或标签有变",
		"0 gone 何纪检 不在表里，将停用，岗位和角色到今天为止；填过的内容留在岗位上",
		"0 gone 财务审计股·内部审计岗 岗位不在表里，不再使用；岗位的风险点保留", "0 gone 驻局纪检监察组 科室不在表里，不再使用",
	})
	heads, err := r.RoleHolders(ctx, bot.RoleSectionHead, section(t, r, "财务审计股").ID)
	ok(t, err)
	same(t, "the new head", names(heads), "孙支付")
	same(t, "no discipline group", must(t, r.Who)(ctx, "he").Person, int64(0))
	same(t, "sections", len(must0(t, r.Sections)(ctx)), 3)
}

func TestRosterOfFiveThousandRowsTakesSeconds(t *testing.T) {
	r, _ := newRegister(t)
	ctx := t.Context()
	rows := make([]risk.RosterRow, 5000)
	for i := range rows {
		rows[i] = risk.RosterRow{
			Unit: "大局", Section: fmt.Sprintf("科%d", i/50), Post: fmt.Sprintf("岗%d", i%50), Stratum: risk.StratumGeneral,
			Name: fmt.Sprintf("人%d", i), UserID: bot.UserID(fmt.Sprintf("u%d", i)), Row: i + 2,
		}
		if i%50 == 0 {
			rows[i].Roles = []bot.Role{bot.RoleSectionHead}
		}
	}
	began := time.Now()
	must(t, r.ApplyRoster)(ctx, rows)
	same(t, "imported", everything(t, r), "1 100 5000 5000 5000 100 0 0 0")
	for i := range rows { // everybody moves one section on, one in ten leaves
		rows[i].Section = fmt.Sprintf("科%d", (i/50+1)%100)
	}
	rows = slices.DeleteFunc(rows, func(r risk.RosterRow) bool { return r.Row%10 == 0 })
	plan := must(t, r.ApplyRoster)(ctx, rows)
	took := time.Since(began)
	same(t, "moved", fmt.Sprint(plan.Count(risk.ChangeMoved), plan.Count(risk.ChangeGone) >= 500), "4500 true")
	if took > 20*time.Second {
		t.Errorf("two imports of 5,000 rows took %v", took)
	}
	began = time.Now()
	_, checks := openCampaign(t, r, 2026)
	t.Logf("two imports: %v; campaign with %d checks: %v", took, len(checks), time.Since(began))
}

func catalogueRows() []risk.CatalogueRow {
	return []risk.CatalogueRow{
		{
			Section: "财务审计股", Item: "工程款支付审核", Class: risk.Internal, Content: "审核支付", Basis: "办法", Limit: "5日", Supervision: "公开", Row: 2,
			Nodes: []risk.NodeName{{Name: "受理", Post: "会计核算岗"}, {Name: "审核", Post: "工程款支付岗"}, {Name: "审批", Post: "股长"}, {Name: "审核", Post: "副局长"}},
		},
		{Section: "财务审计股", Item: "预算编制", Class: risk.KeyBusiness, Nodes: []risk.NodeName{{Name: "编制"}}, Row: 3},
		{Section: "办公室", Item: "用印", Class: risk.Internal, Nodes: []risk.NodeName{{Name: "登记"}, {Name: "盖章"}}, Row: 4},
	}
}

func TestCatalogueKeepsIDsOfItemsAndSteps(t *testing.T) {
	r, _ := imported(t)
	ctx := t.Context()
	plan := must(t, r.PlanCatalogue)(ctx, catalogueRows())
	same(t, "dry run", everything(t, r), "1 4 8 8 8 9 0 0 0")
	same(t, "plan and import", must(t, r.ApplyCatalogue)(ctx, catalogueRows()), plan)
	finance := section(t, r, "财务审计股")
	step := func() (out []string) {
		for _, n := range must(t, r.Nodes)(ctx, finance.ID) {
			out = append(out, fmt.Sprint(n.Item, " ", n.Seq, n.Name, " ", n.PostName))
		}
		return out
	}
	same(t, "steps", step(), []string{
		"工程款支付审核 1受理 会计核算岗", "工程款支付审核 2审核 工程款支付岗", "工程款支付审核 3审批 股长", "工程款支付审核 4审核 副局长", "预算编制 1编制 ",
	})
	before := must(t, r.Items)(ctx, finance.ID)

	rows := catalogueRows()[:2] // the office's section is not in the sheet: left alone
	rows[0].Content = "审核并支付"
	rows[0].Nodes = []risk.NodeName{{Name: "审核", Post: "工程款支付岗"}, {Name: "复核"}, {Name: "审批", Post: "股长"}}
	rows[1] = risk.CatalogueRow{Section: "财务审计股", Item: "决算", Class: risk.Internal, Row: 3}
	same(t, "plan", lines(must(t, r.ApplyCatalogue)(ctx, rows)),
		[]string{"2 altered 工程款支付审核 内容有变；环节有变", "3 added 决算", "0 gone 预算编制 不在表里，不再使用；已挂在上面的风险点保留"})
	after := must(t, r.Items)(ctx, finance.ID)
	same(t, "item keeps its id", after[0].ID, before[0].ID)
	same(t, "steps keep theirs", fmt.Sprint(after[0].Nodes[0].ID, after[0].Nodes[2].ID), fmt.Sprint(before[0].Nodes[1].ID, before[0].Nodes[2].ID))
	same(t, "steps now", step(), []string{"工程款支付审核 1审核 工程款支付岗", "工程款支付审核 2复核 ", "工程款支付审核 3审批 股长"})
	same(t, "the other section's", len(must(t, r.Nodes)(ctx, section(t, r, "办公室").ID)), 2)
	same(t, "the same sheet again", lines(must(t, r.ApplyCatalogue)(ctx, rows)), []string(nil))

	var version int
	ok(t, r.DB.Pool().QueryRow(ctx, `SELECT version FROM power_item WHERE id = $1`, before[0].ID).Scan(&version))
	same(t, "version grows with a change only", version, 2)

	bad := append(rows, risk.CatalogueRow{Section: "没有的科", Item: "x", Class: "y", Row: 9}, rows[0])
	plan, err := r.ApplyCatalogue(ctx, bad)
	if !errors.Is(err, risk.ErrBlocked) {
		t.Fatal(err)
	}
	same(t, "issues", len(plan.Issues), 3)
}

func TestGapIsWrittenDownOnceAndSurvivesAnImport(t *testing.T) {
	r, _ := imported(t)
	ctx := t.Context()
	must(t, r.ApplyCatalogue)(ctx, catalogueRows())
	pay := post(t, r, "财务审计股", "工程款支付岗")
	gap, err := r.AddGap(ctx, pay, "开工预付款核定")
	ok(t, err)
	same(t, "gap", gap, risk.Node{ID: gap.ID, ItemID: gap.ItemID, Item: "开工预付款核定", Seq: 1, Name: "开工预付款核定", PostName: "工程款支付岗"})
	twice, err := r.AddGap(ctx, pay, "开工预付款核定")
	ok(t, err)
	same(t, "the same words again", twice, gap)

	check := openedCheck(t, r, "sun")
	check.Points = []risk.Point{{No: 1, Node: gap}}
	ok(t, r.Save(ctx, &check))
	must(t, r.ApplyCatalogue)(ctx, catalogueRows())
	items := must(t, r.Items)(ctx, pay.SectionID)
	same(t, "last, and still a gap", fmt.Sprint(items[len(items)-1].Name, items[len(items)-1].Gap), "开工预付款核定true")

	rows := append(catalogueRows(), risk.CatalogueRow{
		Section: "财务审计股", Item: "开工预付款核定", Class: risk.Internal, Nodes: []risk.NodeName{{Name: "申请"}, {Name: "开工预付款核定"}}, Row: 5,
	})
	must(t, r.ApplyCatalogue)(ctx, rows)
	node := must(t, r.Check)(ctx, check.ID).Points[0].Node
	same(t, "completed by the sheet, the point still hangs on it", fmt.Sprint(node.ID, node.Seq, node.Class), fmt.Sprint(gap.ID, 2, "internal"))
}

func TestPointsImport(t *testing.T) {
	r, _ := imported(t)
	ctx := t.Context()
	must(t, r.ApplyCatalogue)(ctx, catalogueRows())
	check := openedCheck(t, r, "sun")
	measure := func(s string) []risk.Measure { return []risk.Measure{{Text: s, Who: "支付岗"}} }
	rows := []risk.PointRow{
		{Section: "财务审计股", Post: "工程款支付岗", Item: "工程款支付审核", Node: "审批", Manifestations: []string{"甲"}, Category: risk.Process, Level: risk.L1, Measures: measure("一"), Year: 2025, Row: 2},
		{Section: "财务审计股", Post: "工程款支付岗", Item: "工程款支付审核", Node: "审批", Manifestations: []string{"甲"}, Measures: measure("二"), Year: 2025, Row: 3},
		{Section: "财务审计股", Post: "工程款支付岗", Node: "编制", Manifestations: []string{"乙"}, Row: 4},
	}
	plan := must(t, r.PlanPoints)(ctx, rows)
	same(t, "nothing written", len(must(t, r.LastYear)(ctx, check.ID)), 0)
	same(t, "plan and import", must(t, r.ApplyPoints)(ctx, rows), plan)
	same(t, "two rows of one point", lines(plan), []string{"2 added 财务审计股·工程款支付岗", "4 added 财务审计股·工程款支付岗"})
	last := must(t, r.LastYear)(ctx, check.ID)
	same(t, "both measures", len(last[0].Measures), 2)
	same(t, "on the catalogue, also by the step's name alone, last year's without a year",
		fmt.Sprint(last[0].Node.Seq, " ", last[1].Node.Item), "3 预算编制")
	same(t, "fields", fmt.Sprint(last[0].Category, last[0].Confirmed, last[0].State, last[0].No), "processL1confirmed1")
	same(t, "again", lines(must(t, r.ApplyPoints)(ctx, rows)), []string(nil))

	rows = rows[:1]
	rows[0].Level = risk.L2
	same(t, "changed", lines(must(t, r.ApplyPoints)(ctx, rows)), []string{"2 altered 财务审计股·工程款支付岗 等级、类别或措施有变", "0 gone 乙 不在表里，不再沿用"})
	now := must(t, r.LastYear)(ctx, check.ID)
	if len(now) != 1 || now[0].ID != last[0].ID || now[0].Confirmed != risk.L2 {
		t.Errorf("%+v", now)
	}

	rows = append(rows, risk.PointRow{Section: "没有的科", Post: "x", Manifestations: []string{"x"}, Row: 5},
		risk.PointRow{Section: "办公室", Post: "没有的岗", Manifestations: []string{"x"}, Row: 6}, risk.PointRow{Section: "办公室", Post: "主任", Row: 7},
		risk.PointRow{Section: "办公室", Post: "主任", Manifestations: []string{"好的一行"}, Row: 8})
	plan, err := r.ApplyPoints(ctx, rows)
	if !errors.Is(err, risk.ErrBlocked) {
		t.Fatal(err)
	}
	same(t, "issues", issues(plan), []string{
		"5 科室 花名册里没有科室“没有的科”，请核对名称，或先导入花名册。", "6 岗位 “办公室”里没有岗位“没有的岗”，请核对名称，或先导入花名册。", "7 表现形式 不能为空",
	})
	same(t, "nothing imported", strings.HasSuffix(everything(t, r), " 1"), true)
}

func TestTwoImportsAtOnceBothEndWhole(t *testing.T) {
	r, _ := newRegister(t)
	done := make(chan error, 2)
	for range 2 {
		go func() {
			_, err := r.ApplyRoster(t.Context(), officeRoster())
			done <- err
		}()
	}
	ok(t, errors.Join(<-done, <-done))
	same(t, "one unit", everything(t, r), "1 4 8 8 8 9 0 0 0")
}
