package notice_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"qingfeng/bot/notice"
	"qingfeng/bot/risk"
)

var update = flag.Bool("update", false, "write the golden files anew")

func guard(text string) bool { return risk.Guard(text) != nil }

// worked: Monday to Friday; 2026-10-10, a Saturday, was worked.
func worked(day time.Time) bool {
	if day.Format(notice.Day) == "2026-10-10" {
		return true
	}
	return day.Weekday() != time.Saturday && day.Weekday() != time.Sunday
}

func input(a notice.Audience, rows ...notice.Row) notice.Input {
	return notice.Input{
		Unit: "清河县交通运输局", Title: "2026年廉政风险点公示", Audience: a, Code: "k7m2p9", Version: 1,
		Start: time.Date(2026, 10, 8, 0, 0, 0, 0, time.UTC), Days: 7, Promise: 10,
		Contact: notice.Contact{Phone: "0933-8612345", Address: "县城东街1号 局办公室", Box: "一楼大厅意见箱", Discipline: "12388或驻局纪检监察组"},
		Rows:    rows, Holders: true, Names: []string{"李建国", "王强", "高明", "欧阳静怡"},
		Guard: guard, Person: risk.NamedIn, Worked: worked,
	}
}

func sixRows() []notice.Row {
	return []notice.Row{
		{
			PointID: 11, Version: 2, Section: "财务审计股", Post: "工程款支付岗", Holder: "李建国", Item: "工程进度款支付审核", Node: "计量支付复核", Basis: "公路工程计量规范", Supervision: "内部审计",
			Category: "工作流程", Title: "复核走过场，多计工程量也能付款", Shapes: []string{"不逐项核对监理计量单和现场影像就在支付单上签字，给多计、早付留下空间"}, Level: "一级（高）", Monitor: "县纪委监委党风政风监督室", LintFree: true,
			Measures: []notice.Measure{
				{Text: "付款前把计量单、影像、三方签认传齐，缺一项单据不流转", Who: "支付岗", Frequency: "每笔", Evidence: "附件清单", NotDone: "缺件付款记为未落实"},
				{Text: "经办与复核由不同人担任，标段每季度互换", Who: "股长", Frequency: "每季度", Evidence: "换岗表"},
				{Text: "内审岗每季度抽查已付单据的十分之一重新计算", Who: "内审岗", Frequency: "每季度", Evidence: "复算底稿", NotDone: "差异率超过1%须说明"},
			},
		},
		{
			PointID: 12, Version: 1, Section: "建设管理股", Post: "招标管理岗", Holder: "王强", Item: "农村公路项目招标", Node: "招标文件编制", Category: "岗位职责", Title: "资格条件写成“量身定做”",
			Shapes: []string{"把业绩、奖项门槛抬到与工程规模不相称，使少数企业才能报名"}, Level: "一级（高）", Monitor: "县纪委监委党风政风监督室", LintFree: true,
			Measures: []notice.Measure{{Text: "资格条件从局定标准清单里选，清单外的条件须三人会商并留纪要", Who: "招标管理岗", Frequency: "每个项目", Evidence: "勾选表、纪要"}},
		},
		{
			PointID: 13, Version: 1, Section: "运输管理股", Post: "货运许可岗", Holder: "高明", Item: "道路货物运输经营许可", Node: "受理与一次性告知", Basis: "道路运输条例", Category: "岗位职责", Title: "口头要求反复补件",
			Shapes: []string{"材料已齐仍以口头方式让申请人再跑一趟", "借机示意找人"}, Level: "二级（中）", Monitor: "派驻纪检监察组", LintFree: true,
			Measures: []notice.Measure{
				{Text: "补件一律用告知单，一次说清", Who: "许可岗", Frequency: "每件", Evidence: "告知单编号"},
				{Text: "每月抽20件回访，问是否被要求额外跑动", Who: "股长", Frequency: "每月", Evidence: "回访表", NotDone: "有一件属实即整改"},
			},
		},
		{
			PointID: 14, Version: 1, Section: "公路养护股", Post: "养护考核岗", Item: "日常养护质量月度考核", Node: "现场抽检打分", Supervision: "抽检比例5%", Category: "工作流程", Title: "抽检路段提前透风或一人说了算",
			Shapes: []string{"把抽检时间路段事先告诉养护单位"}, Level: "二级（中）", Monitor: "派驻纪检监察组", LintFree: true,
			Measures: []notice.Measure{{Text: "两人分别打分，都提交后互相才可见", Who: "考核岗", Frequency: "每次", Evidence: "双份评分"}},
		},
		{
			PointID: 15, Version: 3, Section: "建设管理股", Post: "质量监督岗", Holder: "欧阳静怡", Item: "在建项目质量监督", Node: "上岗准备", Category: "思想道德", Ethics: true, LintFree: true, Title: "没学完岗位纪律就独立上岗",
			Shapes: []string{"对小额礼品、车辆接送等边界不清，不知如何拒绝和报备"}, Level: "三级（低）", Monitor: "股室负责人",
			Measures: []notice.Measure{{Text: "上岗前完成4学时案例学习并测验", Who: "股长", Frequency: "上岗前", Evidence: "学时台账"}},
		},
		{
			PointID: 16, Version: 1, Section: "办公室", Post: "公务用车管理岗", Holder: "王强", Item: "公务用车与加油卡管理", Node: "加油与里程核对", Category: "制度机制", Title: "油量里程长期不对账",
			Shapes: []string{"加油量与行驶里程不按月比对，公车私用不易发现"}, Level: "三级（低）", Monitor: "股室负责人", LintFree: true,
			Measures: []notice.Measure{{Text: "每月5日前出油耗里程对照表，异常写说明", Who: "办公室", Frequency: "每月", Evidence: "对照表", NotDone: "超基准15%无说明"}},
		},
	}
}

// The same six rows behind the four masks, letter by letter.
func TestTheMaskPublishesWhatItsGoldenFilesSay(t *testing.T) {
	for _, a := range notice.Audiences() {
		s, problems := notice.Build(input(a, sixRows()...))
		if notice.Blocked(problems) {
			t.Errorf("%s is blocked: %+v", a, problems)
		}
		var pretty bytes.Buffer
		if err := json.Indent(&pretty, s.Bytes(), "", "  "); err != nil {
			t.Fatal(err)
		}
		for _, p := range problems {
			pretty.WriteString("\n" + p.Code + ": " + p.Line)
		}
		pretty.WriteByte('\n')
		file := filepath.Join("testdata", string(a)+".golden")
		if *update {
			if err := os.WriteFile(file, pretty.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(want, pretty.Bytes()) {
			t.Errorf("%s differs from its golden file:\n%s", a, pretty.Bytes())
		}
	}
}

func TestTheInternalBoardShowsNamesByDecisionAndNeverBesideEthics(t *testing.T) {
	in := input(notice.Internal, sixRows()...)
	s, _ := notice.Build(in)
	if s.Points[0].Holder != "李建国" || s.Points[4].Holder != "" || !s.Points[4].Nameless {
		t.Errorf("holders %q, %q", s.Points[0].Holder, s.Points[4].Holder)
	}
	if !slices.Contains(s.Open, notice.FieldHolder) || s.Hidden != 0 {
		t.Errorf("open %v, hidden %d", s.Open, s.Hidden)
	}
	in.Holders = false
	s, _ = notice.Build(in)
	if strings.Contains(string(s.Bytes()), "李建国") || slices.Contains(s.Open, notice.FieldHolder) {
		t.Error("a name without a decision")
	}
	if notice.PlaqueName(s.Points[:1], " 李建国 ", true) != "李建国" || notice.PlaqueName(s.Points[:1], "李建国", false) != "" || notice.PlaqueName(s.Points, "李建国", true) != "" {
		t.Error("a plaque has its name by decision, and not beside an ethics point")
	}
}

func TestWantedFieldsNarrowTheMaskAndNeverWidenIt(t *testing.T) {
	in := input(notice.Website, sixRows()...)
	in.Fields = []notice.Field{notice.FieldPost, notice.FieldTitle, notice.FieldHolder, notice.FieldEvidence}
	s, problems := notice.Build(in)
	if notice.Blocked(problems) || !slices.Equal(s.Open, []notice.Field{notice.FieldPost, notice.FieldTitle}) {
		t.Fatalf("open %v, problems %+v", s.Open, problems)
	}
	if p := s.Points[0]; p.Post == "" || p.Title == "" || p.Level != "" || p.Measures != nil || p.Holder != "" {
		t.Errorf("%+v", p)
	}
	if s.Hidden != 0 {
		t.Errorf("%d measures count as hidden though the office shows none", s.Hidden)
	}
	in.Fields = []notice.Field{notice.FieldPost}
	if s, problems = notice.Build(in); !has(problems, "empty", 0, true) || len(s.Points) != 0 {
		t.Errorf("a post without its risk was published: %+v", problems)
	}
}

func TestEveryClosedFieldSaysWhy(t *testing.T) {
	for _, a := range notice.Audiences() {
		m := notice.NewMask(a)
		for _, f := range notice.Fields() {
			if m.Allows(f) == (m.Why(f) != "") || m.Allows(f) != slices.Contains(m.Fields(), f) || notice.FieldName(f) == string(f) {
				t.Errorf("%s %s: allowed %v, why %q", a, f, m.Allows(f), m.Why(f))
			}
		}
		if m.Allows(notice.FieldHolder) != (a == notice.Internal) {
			t.Errorf("%s and names", a)
		}
	}
	if m := notice.NewMask("world"); len(m.Fields()) != 0 || m.Allows(notice.FieldTitle) || m.Why(notice.FieldTitle) == "" {
		t.Error("an unknown audience reads something")
	}
	if m := notice.NewMask(notice.Internal); len(m.Fields()) != len(notice.Fields()) || len(notice.Fields()) != 17 {
		t.Errorf("the internal board reads %d of %d fields", len(m.Fields()), len(notice.Fields()))
	}
}

func has(ps []notice.Problem, code string, row int, blocks bool) bool {
	return slices.ContainsFunc(ps, func(p notice.Problem) bool {
		return p.Code == code && p.Row == row && p.Blocks == blocks && p.Line != "" && !strings.Contains(p.Line, "%!")
	})
}

func TestTheHeadOfANoticeIsComplete(t *testing.T) {
	for code, c := range map[string]struct {
		blocks bool
		change func(*notice.Input)
	}{
		"unit":       {true, func(in *notice.Input) { in.Unit = " " }},
		"title":      {true, func(in *notice.Input) { in.Title = "" }},
		"audience":   {true, func(in *notice.Input) { in.Audience = "" }},
		"phone":      {true, func(in *notice.Input) { in.Contact.Phone = "" }},
		"address":    {true, func(in *notice.Input) { in.Contact.Address = "" }},
		"discipline": {false, func(in *notice.Input) { in.Contact.Discipline = "" }},
		"mobile":     {false, func(in *notice.Input) { in.Contact.Phone = "13812345678" }},
		"start":      {true, func(in *notice.Input) { in.Start = time.Date(2026, 10, 11, 0, 0, 0, 0, time.UTC) }},
		"days":       {true, func(in *notice.Input) { in.Days = 0 }},
		"short":      {false, func(in *notice.Input) { in.Days = 3 }},
		"promise":    {true, func(in *notice.Input) { in.Promise = 0 }},
		"no_points":  {true, func(in *notice.Input) { in.Rows = nil }},
		"unchecked":  {true, func(in *notice.Input) { in.Guard = nil }},
		"person":     {true, func(in *notice.Input) { in.Title = "李 建 国负责的公示" }},
		"flag":       {true, func(in *notice.Input) { in.Change = "因被举报而更正" }},
		"guard":      {true, func(in *notice.Input) { in.Contact.Box = "意见箱，或打13812345678" }},
	} {
		in := input(notice.Window, sixRows()...)
		if _, problems := notice.Build(in); has(problems, code, -1, c.blocks) {
			t.Errorf("%s is there without a cause", code)
		}
		c.change(&in)
		_, problems := notice.Build(in)
		if !has(problems, code, -1, c.blocks) {
			t.Errorf("%s is missing: %+v", code, problems)
		}
		if notice.Blocked(problems) != c.blocks {
			t.Errorf("%s: blocked is %v", code, notice.Blocked(problems))
		}
	}
}

func TestTheLastDayIsTheNthWorkingDay(t *testing.T) {
	s, _ := notice.Build(input(notice.Window, sixRows()...))
	if s.Start != "2026-10-08" || s.End != "2026-10-15" { // Thu 8, Fri 9, Sat 10 worked, Mon 12 … Thu 15
		t.Errorf("%s to %s", s.Start, s.End)
	}
	start := time.Date(2026, 10, 8, 0, 0, 0, 0, time.UTC)
	if got := notice.LastDay(start, 1, worked); !got.Equal(start) {
		t.Errorf("one day ends on %s", got)
	}
	if !notice.LastDay(start, 0, worked).IsZero() || !notice.LastDay(start, 5, func(time.Time) bool { return false }).IsZero() {
		t.Error("a last day that is none")
	}
}

func TestWhatBlocksARow(t *testing.T) {
	for name, c := range map[string]struct {
		code   string
		change func(*notice.Row)
	}{
		"a name of the roster in the title":        {"person", func(r *notice.Row) { r.Title = "王强一人说了算" }},
		"with blanks in it":                        {"person", func(r *notice.Row) { r.Title = "由 王\u200b 强 审核" }},
		"in a shape":                               {"person", func(r *notice.Row) { r.Shapes = []string{"好", "可能让欧阳静怡代签"} }},
		"in a measure":                             {"person", func(r *notice.Row) { r.Measures[0].Text = "由李建国复核" }},
		"in its evidence":                          {"person", func(r *notice.Row) { r.Measures[0].Evidence = "李建国签字单" }},
		"a name that is also a word, with a title": {"person", func(r *notice.Row) { r.Title = "高明科长一人审核" }},
		"the holder's name":                        {"person", func(r *notice.Row) { r.Holder = "钱多多"; r.Node = "钱多多审核" }},
		"a name and a title nobody knows":          {"person", func(r *notice.Row) { r.Shapes = []string{"张局长可能打招呼"} }},
		"an anonymous one":                         {"person", func(r *notice.Row) { r.Title = "赵某某可能打招呼" }},
		"who does it is a name":                    {"who", func(r *notice.Row) { r.Measures[0].Who = "股长、陈小红" }},
		"who watches is a name":                    {"who", func(r *notice.Row) { r.Monitor = "陈小红" }},
		"a complaint":                              {"flag", func(r *notice.Row) { r.Title = "该岗位曾被群众举报" }},
		"a petition":                               {"flag", func(r *notice.Row) { r.Measures[0].Text = "对照信访件逐条整改" }},
		"the three years":                          {"flag", func(r *notice.Row) { r.Shapes = []string{"近三年发生过两起"} }},
		"the hotline's clue":                       {"flag", func(r *notice.Row) { r.Basis = "12388线索转办" }},
		"a hint of the coach":                      {"flag", func(r *notice.Row) { r.Measures[0].Text = "系统初评为一级" }},
		"an ethics point with hints":               {"ethics", func(r *notice.Row) { r.Ethics, r.LintFree = true, false }},
		"a phone number":                           {"guard", func(r *notice.Row) { r.Measures[0].Text = "可打13812345678" }},
		"a plate":                                  {"guard", func(r *notice.Row) { r.Shapes = []string{"甘A12345私用"} }},
		"a mark":                                   {"guard", func(r *notice.Row) { r.Basis = "机密★10年" }},
		"how checks are drawn, in a shape":         {"sampling", func(r *notice.Row) { r.Shapes = []string{"每月只抽3件，其余不看"} }},
	} {
		row := sixRows()[1]
		c.change(&row)
		in := input(notice.OfficeIn, sixRows()[0], row)
		s, problems := notice.Build(in)
		if !has(problems, c.code, 1, true) || !notice.Blocked(problems) {
			t.Errorf("%s passed: %+v", name, problems)
			continue
		}
		if len(s.Points) != 1 || s.Points[0].PointID != 11 {
			t.Errorf("%s: %d points", name, len(s.Points))
		}
		for _, p := range problems {
			if p.Row == 1 && p.Point != 12 {
				t.Errorf("%s: problem of point %d", name, p.Point)
			}
		}
	}
}

func TestOrdinaryTextsPass(t *testing.T) {
	for _, text := range []string{
		"每月检查", "每季度抽查一次", "每半年抽查两次并通报", "出发前一小时由系统随机抽路段", "核查人员随机编组并实行回避", "推行“双随机、一公开”监管", "双随机检查，结果公开",
		"每月5日前出油耗里程对照表", "公布举报电话12388", "设立举报箱并两人开启", "三年轮岗一次", "近三年合同归档备查", "文明窗口创建活动不走样", "方法高明的也要留痕", "差异率超过1%须说明",
		"对5万元以上的采购逐笔复核", "公布供货人与金额前十名", "测验80分以上", "由股长每周抽查台账", "分管副局长最后表态", "党组书记末位表态", "向主任报告", "受理举报后按规定移交", "两人以上到场，结论由未到场的第三人复看",
		"每笔核对银行回单", "每个项目检查一遍", "经办与复核由不同人担任", "随机安排评委", "投诉渠道上墙", "信访接待岗一次性告知", "违法事实认定附证据", "畅通群众举报渠道", "发现问题线索及时移交", "接到投诉后3日内答复", "抽检人员两人到场", "近三年中标情况公开",
	} {
		row := sixRows()[1]
		row.Measures[0].Text = text
		s, problems := notice.Build(input(notice.Website, row))
		if len(problems) != 0 || len(s.Points) != 1 || len(s.Points[0].Measures) != 1 || s.Hidden != 0 {
			t.Errorf("%s: %+v", text, problems)
		}
	}
}

// exact tells how checks are drawn; every line must be withheld outside.
var exact = []string{
	"抽查比例5%", "抽查比例为 5 %", "每月抽3件", "每月抽20件回访", "每季度随机抽取十份案卷", "按百分之十的比例抽检", "不低于10%的案卷进行抽查", "抽取已付单据的十分之一重新计算", "复核三成以上的单据",
	"随机抽取第3、第8件", "抽第五份", "尾号为3的车辆必查", "抽查尾号单双号", "双随机抽取企业12户", "双随机一公开，抽取比例２０％", "每10件抽1件", "逢5逢10号件必查，逢5件抽查", "每隔五户抽查", "抽样间隔为7", "随机种子20261008",
	"抽查前三件", "每批前5件必查", "每月15日突击检查", "每周三抽查台账", "5万元以下不查", "随机抽查两个标段", "每 月 抽 三 件", "抽查２０份", "回访一成办件", "检查不少于5%",
}

func TestHowChecksAreDrawnIsWithheldOutsideAndStaysInside(t *testing.T) {
	for _, text := range exact {
		row := sixRows()[1]
		row.Measures = append(row.Measures, notice.Measure{Text: text, Who: "内审岗"})
		for _, a := range notice.Audiences() {
			s, problems := notice.Build(input(a, row))
			inside := a == notice.Internal
			if len(s.Points) != 1 || (len(s.Points[0].Measures) == 2) != inside || (s.Hidden == 1) == inside || has(problems, "withheld", 0, false) == inside || notice.Blocked(problems) {
				t.Errorf("%s, %s: hidden %d, %+v", a, text, s.Hidden, problems)
			}
		}
	}
}

func TestSamplingThatTwoFieldsTellTogetherIsWithheldToo(t *testing.T) {
	row := sixRows()[1]
	row.Measures[0] = notice.Measure{Text: "抽查案卷。", Frequency: "每月20件"}
	if s, _ := notice.Build(input(notice.Window, row)); s.Hidden != 1 {
		t.Error("20 a month passed")
	}
	row.Measures[0] = notice.Measure{Text: "核对台账", NotDone: "抽查20件少一件"}
	if s, _ := notice.Build(input(notice.Window, row)); s.Hidden != 0 || len(s.Points[0].Measures) != 1 {
		t.Error("a closed field hid a measure")
	}
}

// Whatever a row holds, and wherever: none of it reaches a public snapshot.
func TestNothingPlantedReachesAPublicSnapshot(t *testing.T) {
	names := []string{"李建国", "王强", "欧阳静怡", "钱多多"}
	flags := []string{"被举报", "信访件", "近三年发生过", "12388线索", "被查处过", "系统初评"}
	rapid.Check(t, func(t *rapid.T) {
		planted := rapid.SampledFrom(slices.Concat(names, flags, exact, []string{"13812345678", "甘A12345"})).Draw(t, "planted")
		noisy := planted
		if rapid.Bool().Draw(t, "noise") {
			var b strings.Builder
			for _, r := range planted {
				b.WriteRune(r)
				b.WriteString(rapid.SampledFrom([]string{"", "", "\u200b", "\u00ad"}).Draw(t, "between"))
			}
			noisy = b.String()
		}
		around := rapid.SampledFrom([]string{"%", "对%的核对", "可能%，不按规定办", "%。", "（%）", "经办人与%"}).Draw(t, "around")
		text := strings.Replace(around, "%", noisy, 1)
		row := sixRows()[rapid.IntRange(0, 5).Draw(t, "row")]
		row.Measures = slices.Clone(row.Measures)
		row.Shapes = slices.Clone(row.Shapes)
		m := &row.Measures[0]
		places := []*string{&row.Section, &row.Post, &row.Item, &row.Node, &row.Basis, &row.Supervision, &row.Category, &row.Title, &row.Shapes[0], &row.Level, &row.Monitor, &row.Holder, &m.Text, &m.Who, &m.Frequency, &m.Evidence, &m.NotDone}
		for range rapid.IntRange(1, 3).Draw(t, "places") {
			*places[rapid.IntRange(0, len(places)-1).Draw(t, "place")] = text
		}
		in := input(rapid.SampledFrom([]notice.Audience{notice.OfficeIn, notice.Window, notice.Website}).Draw(t, "audience"), sixRows()[5], row)
		in.Names = names
		if rapid.Bool().Draw(t, "title") {
			in.Title = text
		}
		s, _ := notice.Build(in)
		seen := strings.NewReplacer("\u200b", "", "\u00ad", "").Replace(string(s.Bytes()))
		if strings.Contains(seen, planted) {
			t.Fatalf("%q in %s", planted, seen)
		}
	})
}

func TestASnapshotIsTheSameWhenReadAndWrittenAgain(t *testing.T) {
	s, _ := notice.Build(input(notice.Internal, sixRows()...))
	var any map[string]json.RawMessage // a jsonb column gives the keys back in another order
	if err := json.Unmarshal(s.Bytes(), &any); err != nil {
		t.Fatal(err)
	}
	shuffled, err := json.Marshal(any)
	if err != nil {
		t.Fatal(err)
	}
	var again notice.Snapshot
	if err := json.Unmarshal(shuffled, &again); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(s.Bytes(), again.Bytes()) || !bytes.Equal(s.Hash(), again.Hash()) || len(s.Hash()) != 32 {
		t.Error("not the same bytes")
	}
	again.Points[0].Title += "。"
	if bytes.Equal(s.Hash(), again.Hash()) {
		t.Error("the hash does not see a change")
	}
	empty := notice.Snapshot{}
	if !strings.Contains(string(empty.Bytes()), `"points":[]`) || strings.Contains(string(s.Bytes()), "PointID") {
		t.Errorf("%s", empty.Bytes())
	}
}

func FuzzTextsOfARow(f *testing.F) {
	for _, s := range []string{"王强", "抽查5%", "被举报", "\xff\xfe王强", "高明", "13812345678", "王\u200d强", "İ王强", "", "每月抽３件"} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, title, measure string) {
		row := sixRows()[0]
		row.Title, row.Measures = title, []notice.Measure{{Text: measure, Who: title}}
		s, problems := notice.Build(input(notice.Website, row))
		out := string(s.Bytes())
		for _, name := range []string{"李建国", "王强", "欧阳静怡"} {
			if strings.Contains(out, name) {
				t.Fatalf("%s in %s", name, out)
			}
		}
		if !json.Valid(s.Bytes()) || strings.ContainsRune(out, '\u200b') {
			t.Fatalf("%q", out)
		}
		for _, p := range s.Points {
			for _, m := range p.Measures {
				if notice.Sampling(m.Text) != "" {
					t.Fatalf("%q was published", m.Text)
				}
			}
		}
		if len(s.Points) == 0 && !notice.Blocked(problems) {
			t.Fatal("a row went without a word")
		}
	})
}
