package form_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"qingfeng/bot"
	"qingfeng/bot/form"
	"qingfeng/bot/risk"
)

func TestRosterIsReadWhateverTheOrderBlanksAndWidthOfItsCells(t *testing.T) {
	data := sheet(t, [][]string{
		{"栖云县交通运输局人员名册"},
		{},
		{"角 色", "姓　名", "userid（企业微信账号）", "单位*", "科室", "岗位", "层次", "备注", "权力标签", "分管科室"},
		{"科室负责人；干部", " 刘　敏 ", "ＬｉｕＭｉｎ", "栖云县交通运输局", "财务 审计股", "股长", "中层", "x", "财,审批许可权", ""},
		{"主管领导、一把手", "周岚", "zhou.lan", "栖云县交通运输局", "局领导班子", "局长", "领导岗位", "", "人/财", "财务审计股"},
		{"纪检组", "何平", "heping", "驻局纪检监察组", "驻局纪检监察组", "", "", "", "", ""},
		{"", "陈明", "chenming", "栖云县交通运输局", "财务审计股", "支付岗", "其他重要岗位", "", "", ""},
		{"合计：4人"},
	})
	got, issues := form.ParseRoster(data)
	if f := fatal(issues); f != nil {
		t.Fatalf("refused: %v", f)
	}
	unit := "栖云县交通运输局"
	want := []risk.RosterRow{
		{Unit: unit, Section: "财务审计股", Post: "股长", Stratum: risk.StratumMiddle, Name: "刘敏", UserID: "LiuMin", Roles: []bot.Role{bot.RoleSectionHead, bot.RolePostHolder}, Tags: []risk.PowerTag{risk.TagMoney, risk.TagPermit}, Row: 4},
		{Unit: unit, Section: "局领导班子", Post: "局长", Stratum: risk.StratumLeader, Name: "周岚", UserID: "zhou.lan", Roles: []bot.Role{bot.RoleLeaderInCharge, bot.RolePrincipal}, LeaderOf: []string{"财务审计股"}, Tags: []risk.PowerTag{risk.TagPeople, risk.TagMoney}, Row: 5},
		{Unit: "驻局纪检监察组", Section: "驻局纪检监察组", Name: "何平", UserID: "heping", Roles: []bot.Role{bot.RoleDiscipline}, Row: 6},
		{Unit: unit, Section: "财务审计股", Post: "支付岗", Stratum: risk.StratumKey, Name: "陈明", UserID: "chenming", Roles: []bot.Role{bot.RolePostHolder}, Row: 7},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("rows (-want +got):\n%s", d)
	}
	if !says(issues, "第3行「备注」：这一列用不到") || !says(issues, "第8行") {
		t.Errorf("the extra column and the foot row go unmentioned: %v", issues)
	}
}

func TestEveryRoleOfTheCatalogueIsUnderstood(t *testing.T) {
	for said, want := range map[string]bot.Role{
		"干部": bot.RolePostHolder, "岗位责任人": bot.RolePostHolder, "科室负责人": bot.RoleSectionHead, "分管领导": bot.RoleLeaderInCharge,
		"主要领导": bot.RolePrincipal, "组长": bot.RoleGroupChair, "防控办主任": bot.RoleOfficeDirector, "防控办副主任": bot.RoleOfficeMember,
		"防控办成员": bot.RoleOfficeMember, "派驻纪检组": bot.RoleDiscipline, "纪检监察机关": bot.RoleDiscAuthority,
		"IT管理员": bot.RoleITAdmin, "it管理员": bot.RoleITAdmin, "安全审计员": bot.RoleAuditor,
	} {
		got, issues := form.ParseRoster(sheet(t, [][]string{rosterHead, {"甲局", "办公室", "文秘岗", "一般岗位", "李静", "lijing", said}}))
		if len(got) != 1 || !slices.Equal(got[0].Roles, []bot.Role{want}) {
			t.Errorf("%s: %v %v", said, got, issues)
		}
	}
}

func TestMergedCellsAreFilledDown(t *testing.T) {
	data := sheet(t, [][]string{
		rosterHead,
		{"甲局", "办公室", "主任", "中层岗位", "李静", "lijing", "科室负责人"},
		{"", "", "文秘岗", "一般岗位", "", "", ""},
		{"", "", "后勤岗", "一般岗位", "王强", "wangqiang", "干部"},
		{"", "", "", "", "", "", ""},
	}, func(f *excelize.File) {
		for _, m := range [][2]string{{"A2", "A5"}, {"B2", "B5"}, {"E2", "E3"}, {"F2", "F3"}, {"G2", "G3"}} {
			ok(t, f.MergeCell("Sheet1", m[0], m[1]))
		}
	})
	got, issues := form.ParseRoster(data)
	if f := fatal(issues); f != nil {
		t.Fatalf("refused: %v", f)
	}
	var lines []string
	for _, r := range got {
		lines = append(lines, strings.Join([]string{r.Unit, r.Section, r.Post, r.Name, string(r.UserID)}, " "))
	}
	want := []string{"甲局 办公室 主任 李静 lijing", "甲局 办公室 文秘岗 李静 lijing", "甲局 办公室 后勤岗 王强 wangqiang"}
	if d := cmp.Diff(want, lines); d != "" {
		t.Error(d)
	}
}

func TestBadRosterRowsAreNamedOneByOne(t *testing.T) {
	data := sheet(t, [][]string{
		rosterHead,
		{"甲局", "办公室", "文秘岗", "一般岗位", "李静", "lijing", "干部"},
		{"甲局", "办公室", "后勤岗", "一般岗位", "李晶", "LIJING", "干部"},
		{"甲局", "办公室", "人事岗", "很重要", "王强", "wangqiang", "股长"},
		{"甲局", "办公室", "车管岗", "一般岗位", "孙丽", "孙丽", "秘书", "", "钱"},
		{"甲局", "", "车管岗", "一般岗位", "", "x1", "干部"},
		{"甲局", "办公室", "文秘岗", "一般岗位", "李静", "lijing", "干部"},
		{"甲局", "办公室", "文秘岗", "一般岗位", "李静", "lijing", "防控办成员"},
		{"甲局", "办公室", "文秘岗", "中层岗位", "赵六", "zhaoliu", "干部"},
		{"甲局", "办公室", "信息岗", "一般岗位", "吴涛", "wutao", "IT管理员、安全审计员"},
	})
	got, issues := form.ParseRoster(data)
	want := []string{
		"第3行「userid」：账号 LIJING 在第2行是“李静”，这里是“李晶”，请核对。",
		"第4行「层次」：没有「很重要」这个值，可以填：领导岗位、中层岗位、其他重要岗位、一般岗位。",
		"第4行「角色」：「股长」是岗位，不是角色；股室的负责人请写“科室负责人”。",
		"第5行「userid」：「孙丽」不是企业微信账号：只能用字母、数字和 . _ - @，最长64位，以字母或数字开头。",
		"第5行「角色」：没有「秘书」这个值，可以填：干部、科室负责人、分管领导、主要领导、领导小组组长、防控办主任、防控办成员、纪检组、纪检监察机关、IT管理员、安全审计员。",
		"第5行「权力标签」：没有「钱」这个值，可以填：人、财、物、执法、审批许可、涉密。",
		"第6行「科室」：不能为空。",
		"第6行「姓名」：不能为空。",
		"第8行：与第2行是同一个人、同一个岗位，但别的列不一样，请只留一行。",
		"第9行「层次」：岗位“文秘岗”在第2行写的是“一般岗位”，请写成一样。",
		"第10行「角色」：同一个人不能既是IT管理员又是安全审计员，请改由两个人担任。",
	}
	if d := cmp.Diff(want, fatal(issues)); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	if !says(issues, "第7行：与第2行是同一个人、同一个岗位，已略过") {
		t.Error("the repeated row goes unmentioned")
	}
	if len(got) != 1 || !form.Blocked(issues) {
		t.Errorf("%d rows, blocked %v", len(got), form.Blocked(issues))
	}
}

func TestMissingAndDoubledColumnsAreRefusedByName(t *testing.T) {
	_, issues := form.ParseRoster(sheet(t, [][]string{{"单位", "科室", "岗位", "姓名", "userid"}, {"甲", "乙", "丙", "丁", "d"}}))
	if !form.Blocked(issues) || !says(issues, "缺少这些列：层次、角色、分管科室、权力标签。") {
		t.Errorf("%v", issues)
	}
	_, issues = form.ParseRoster(sheet(t, [][]string{append(slices.Clone(rosterHead), "姓名")}))
	if !form.Blocked(issues) || !says(issues, "「姓名」：这一列出现了两次") {
		t.Errorf("%v", issues)
	}
	_, issues = form.ParseRoster(sheet(t, [][]string{{"随便", "什么"}, {"1", "2"}}))
	if !form.Blocked(issues) || !says(issues, "没有找到表头（单位、科室、岗位、层次、姓名、userid、角色、分管科室、权力标签）") {
		t.Errorf("%v", issues)
	}
	_, issues = form.ParseRoster(sheet(t, [][]string{rosterHead}))
	if !form.Blocked(issues) || !says(issues, "没有可以导入的内容") {
		t.Errorf("an empty sheet passes: %v", issues)
	}
	late := make([][]string, 12)
	late[10] = rosterHead
	if _, issues = form.ParseRoster(sheet(t, late)); !says(issues, "前10行里没有找到表头") {
		t.Errorf("%v", issues)
	}
}

func TestALongNumberKeepsItsDigits(t *testing.T) {
	data := sheet(t, [][]string{rosterHead, {"甲局", "办公室", "文秘岗", "一般岗位", "李静", "", "干部"}}, func(f *excelize.File) {
		ok(t, f.SetCellValue("Sheet1", "F2", 202600000123))
	})
	got, issues := form.ParseRoster(data)
	if len(got) != 1 || got[0].UserID != "202600000123" {
		t.Errorf("%v %v", got, issues)
	}
}

func TestFiveThousandRowsAreReadInSeconds(t *testing.T) {
	rows := [][]string{rosterHead}
	for i := range 5000 {
		rows = append(rows, []string{"栖云县交通运输局", fmt.Sprintf("第%d股", i/50), fmt.Sprintf("%d号岗", i), "一般岗位", "某某", fmt.Sprintf("u%04d", i), "干部", "", "财、物"})
	}
	rows[4000][5] = "u0007" // the same account, but the same name: a second post
	data := sheet(t, rows)
	began := time.Now()
	got, issues := form.ParseRoster(data)
	if len(got) != 5000 || form.Blocked(issues) {
		t.Fatalf("%d rows, %v", len(got), fatal(issues))
	}
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("took %v", took)
	}
}

func TestASheetMadeToGrowIsReadWithinBounds(t *testing.T) {
	const part = "xl/worksheets/sheet1.xml"
	book := sheet(t, [][]string{rosterHead, {"甲局", "办公室", "文秘岗", "一般岗位", "李静", "lijing", "干部"}})
	whole := unzip(t, book, part)
	var far strings.Builder // a cell in the last column of every row
	for r := 3; r < 1000; r++ {
		fmt.Fprintf(&far, `<row r="%d"><c r="XFD%d" t="str"><v>x</v></c></row>`, r, r)
	}
	for name, xml := range map[string]string{
		"the last row of all": strings.Replace(whole, "</sheetData>", `<row r="1048576"><c r="A1048576" t="str"><v>x</v></c></row></sheetData>`, 1),
		"the last column":     strings.Replace(whole, "</sheetData>", far.String()+"</sheetData>", 1),
		"merged to the end":   strings.Replace(whole, "</sheetData>", `</sheetData><mergeCells>`+strings.Repeat(`<mergeCell ref="A1:XFD1048576"/>`, 2000)+`</mergeCells>`, 1),
	} {
		began := time.Now()
		form.ParseRoster(swap(t, book, part, xml))
		if took := time.Since(began); took > 20*time.Second {
			t.Errorf("%s took %v", name, took)
		}
		var m runtime.MemStats
		if runtime.ReadMemStats(&m); m.HeapSys > 1<<30 {
			t.Errorf("%s: the heap grew to %d MB", name, m.HeapSys>>20)
		}
	}
}

func TestCatalogueRowsOfOneItemBecomeOne(t *testing.T) {
	head := []string{"职权事项名称", "科室", "职权类别", "职权内容", "法规依据", "环节", "期限", "监督方式"}
	data := sheet(t, [][]string{
		head,
		{"货运许可", "运管股", "行政职权", "作出许可", "条例", "1.受理（窗口受理岗） -> 审核(股长)", "20日", "公开"},
		{"印章管理", "办公室", "内部职权", "用印", "制度", "登记(印章岗)", "", ""},
		{"", "", "", "", "", "归档（文秘岗）", "", ""},
		{"采购", "办公室", "其他", "", "", "询价(采购岗", "", ""},
		{"招标", "建管股", "重要业务事项", "", "", "", "", ""},
		{"处罚", "执法股", "行政职权", "", "", "立案→→决定", "", ""},
	}, func(f *excelize.File) {
		for _, c := range []string{"A", "B", "C", "D", "E"} {
			ok(t, f.MergeCell("Sheet1", c+"3", c+"4"))
		}
	})
	got, issues := form.ParseCatalogue(data)
	want := []risk.CatalogueRow{
		{Section: "运管股", Item: "货运许可", Class: risk.Administrative, Content: "作出许可", Basis: "条例", Limit: "20日", Supervision: "公开", Nodes: []risk.NodeName{{Name: "受理", Post: "窗口受理岗"}, {Name: "审核", Post: "股长"}}, Row: 2},
		{Section: "办公室", Item: "印章管理", Class: risk.Internal, Content: "用印", Basis: "制度", Nodes: []risk.NodeName{{Name: "登记", Post: "印章岗"}, {Name: "归档", Post: "文秘岗"}}, Row: 3},
		{Section: "建管股", Item: "招标", Class: risk.KeyBusiness, Row: 6},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	if d := cmp.Diff([]string{
		"第5行「职权类别」：没有「其他」这个值，可以填：行政职权、内部职权、重要业务事项。",
		"第5行「环节」：括号没有成对，请核对：询价(采购岗",
		"第7行「环节」：第2个环节是空的，请看看箭头是否多了一个。",
	}, fatal(issues)); d != "" {
		t.Error(d)
	}
	if !says(issues, "第6行「环节」：没有环节，导入后由科室负责人补") {
		t.Errorf("%v", issues)
	}
}

func TestStepsAreReadWithAnyArrow(t *testing.T) {
	want := []risk.NodeName{{Name: "受理", Post: "窗口受理岗"}, {Name: "审核", Post: "股长"}, {Name: "办结"}}
	for _, s := range []string{
		"受理(窗口受理岗)→审核(股长)→办结", "受理（窗口受理岗）->审核【股长】-->办结", "受理(窗口受理岗)＞审核(股长)>办结",
		"受理(窗口受理岗)—审核(股长)——办结", " 1、受理（窗口 受理岗） ⇒ 2、审核（股长）\n→ 3、办结 ", "①受理(窗口受理岗)\n②审核(股长)\n③办结", "受理(窗口受理岗)=>审核[股长]=＞办结；",
	} {
		got, err := form.ParseNodes(s)
		if err != nil {
			t.Errorf("%q: %v", s, bot.Says(err))
		} else if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%q\n%s", s, d)
		}
	}
	got, err := form.ParseNodes("复核（支付岗（A角））→现场核查（甲->乙）→上报X-ray结果")
	if d := cmp.Diff([]risk.NodeName{{Name: "复核", Post: "支付岗（A角）"}, {Name: "现场核查", Post: "甲->乙"}, {Name: "上报X-ray结果"}}, got); err != nil || d != "" {
		t.Error(err, d)
	}
}

func TestLastYearsPointsAreRead(t *testing.T) {
	data := sheet(t, [][]string{
		{"科室", "岗位", "职权事项名称", "环节", "表现形式", "类别", "等级", "防控措施", "责任人", "频次", "佐证材料", "年度"},
		{"财务股", "支付岗", "支付审核", "复核", "1.不核对就签字，金额达3.5万元。2.资料不全先付。", "业务流程风险", "高", "1、传齐资料\n2、换岗", "①支付岗②股长", "每笔", "清单", "2025年度"},
		{"财务股", "支付岗", "支付审核", "复核", "一种表现", "廉洁", "特级", "", "", "", "", "去年"},
	})
	got, issues := form.ParsePoints(data)
	want := []risk.PointRow{{
		Section: "财务股", Post: "支付岗", Item: "支付审核", Node: "复核", Manifestations: []string{"不核对就签字，金额达3.5万元。", "资料不全先付。"},
		Category: risk.Process, Level: risk.L1, Year: 2025, Row: 2,
		Measures: []risk.Measure{{Text: "传齐资料", Who: "支付岗", Frequency: "每笔", Evidence: "清单"}, {Text: "换岗", Who: "股长", Frequency: "每笔", Evidence: "清单"}},
	}}
	if d := cmp.Diff(want, got); d != "" {
		t.Fatalf("(-want +got)\n%s", d)
	}
	if n := len(fatal(issues)); n != 3 {
		t.Errorf("%d fatal issues: %v", n, issues)
	}
}

func TestTemplatesAreAcceptedByTheirParsers(t *testing.T) {
	parse := map[form.Import]func([]byte) (int, []risk.ImportIssue){
		form.ImportRoster:    func(b []byte) (int, []risk.ImportIssue) { s, i := form.ParseRoster(b); return len(s), i },
		form.ImportCatalogue: func(b []byte) (int, []risk.ImportIssue) { s, i := form.ParseCatalogue(b); return len(s), i },
		form.ImportPoints:    func(b []byte) (int, []risk.ImportIssue) { s, i := form.ParsePoints(b); return len(s), i },
	}
	for kind, read := range parse {
		data, err := form.Template(kind)
		ok(t, err)
		n, issues := read(data)
		if n != 0 || len(issues) != 2 || !says(issues, "示例") || !says(issues, "没有可以导入的内容") {
			t.Errorf("%s as it comes: %d rows, %v", kind, n, issues)
		}
		// Without its mark the example is a good row.
		f, err := excelize.OpenReader(bytes.NewReader(data))
		ok(t, err)
		name := f.GetSheetName(0)
		v, err := f.GetCellValue(name, "A2")
		ok(t, err)
		ok(t, f.SetCellStr(name, "A2", strings.TrimPrefix(v, "（示例）")))
		if sheets := f.GetSheetList(); len(sheets) != 2 || sheets[1] != "填写说明" {
			t.Errorf("%s: sheets %v", kind, sheets)
		}
		var b bytes.Buffer
		ok(t, f.Write(&b))
		ok(t, f.Close())
		if n, issues := read(b.Bytes()); n != 1 || len(issues) != 0 {
			t.Errorf("%s filled in: %d rows, %v", kind, n, issues)
		}
	}
	if _, err := form.Template("other"); err == nil {
		t.Error("a template of an unknown kind")
	}
}

// wide spells a name in UTF-16, as the directory of a compound file does.
func wide(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		b.WriteByte(c)
		b.WriteByte(0)
	}
	return b.String()
}

func TestWhatCannotBeReadIsRefusedWithWhatToDo(t *testing.T) {
	const ole = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
	var bomb bytes.Buffer
	z := zip.NewWriter(&bomb)
	for _, name := range []string{"xl/workbook.xml", "xl/worksheets/sheet1.xml"} {
		w, err := z.Create(name)
		ok(t, err)
		for range 60 {
			_, err = w.Write(make([]byte, 1<<20))
			ok(t, err)
		}
	}
	ok(t, z.Close())
	whole := sheet(t, [][]string{rosterHead})
	for name, c := range map[string]struct {
		data []byte
		say  string
	}{
		"empty":        {nil, "空的"},
		"too big":      {make([]byte, form.MaxFile+1), "超过20 MB"},
		"xls":          {[]byte(ole + wide("Workbook")), "另存为 xlsx"},
		"doc":          {[]byte(ole + wide("WordDocument")), "另存为 docx"},
		"encrypted":    {[]byte(ole + wide("EncryptedPackage")), "去掉密码"},
		"pdf":          {[]byte("%PDF-1.7"), "PDF"},
		"csv":          {[]byte("单位,科室\n"), "docx 或 xlsx"},
		"zip bomb":     {bomb.Bytes(), "太大"},
		"cut short":    {whole[:len(whole)/2], "损坏"},
		"broken parts": {bytes.ReplaceAll(whole, []byte("xl/worksheets"), []byte("xl/worksheetz")), ""},
	} {
		_, issues := form.ParseRoster(c.data)
		if !form.Blocked(issues) || !says(issues, c.say) {
			t.Errorf("roster from %s: %v", name, issues)
		}
		if _, err := form.ReadOldForm("旧表.docx", c.data); err == nil || bot.Says(err) == "" || !strings.Contains(bot.Says(err), c.say) {
			t.Errorf("old form from %s: %q", name, bot.Says(err))
		}
	}
	_, issues := form.ParseRoster(docx(t, tbl([]string{"单位"})))
	if !says(issues, "这里要的是 xlsx") {
		t.Errorf("a docx as roster: %v", issues)
	}
}
