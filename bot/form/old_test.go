package form_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"qingfeng/bot"
	"qingfeng/bot/form"
	"qingfeng/bot/risk"
)

func measures(texts ...string) []risk.Measure {
	var out []risk.Measure
	for _, s := range texts {
		out = append(out, risk.Measure{Text: s})
	}
	return out
}

func TestOldFormsAreReadAsPeopleMadeThem(t *testing.T) {
	for name, c := range map[string]struct {
		body string
		want []form.OldPoint
	}{
		"rows below a header": {
			"<w:p><w:r><w:t>个人岗位风险点自查表</w:t></w:r></w:p>" + tbl(
				[]string{"姓名", "陈明", "科室", "2>财务股", "岗位", "支付岗"},
				[]string{"序号", "工作流程重点环节", "风险点", "表现形式", "风险类别", "等级", "防控措施"},
				[]string{"1", "复核", "走过场", "不核对就签字", "工作流程", "一级", "1.传齐资料 2.换岗"},
				[]string{"2", "用印", "先盖后批", "空白文书用印", "权力行使", "中", "同上"},
				[]string{"3", "", "", "", "", "", ""},
				[]string{"7>科室负责人审核意见：同意"},
				[]string{"9", "签字", "不是风险点", "x", "", "", ""}),
			[]form.OldPoint{
				{Title: "走过场", Node: "复核", Manifestations: []string{"不核对就签字"}, Category: risk.Process, Level: risk.L1, Measures: measures("传齐资料", "换岗")},
				{Title: "先盖后批", Node: "用印", Manifestations: []string{"空白文书用印"}, Category: risk.Duty, Level: risk.L2, Measures: measures("传齐资料", "换岗")},
			},
		},
		"merged down: one point, several manifestations": {
			tbl([]string{"序号", "环节", "廉政风险点", "风险表现形式", "风险等级", "防控措施"},
				[]string{"v>1", "v>复核", "v>走过场", "不核对就签字", "v>高", "传齐资料"},
				[]string{"^", "^", "^", "先付后补", "^", "换岗"},
				[]string{"2", "用印", "先盖后批", "空白文书用印", "低", "编号"}),
			[]form.OldPoint{
				{Title: "走过场", Node: "复核", Manifestations: []string{"不核对就签字", "先付后补"}, Level: risk.L1, Measures: measures("传齐资料", "换岗")},
				{Title: "先盖后批", Node: "用印", Manifestations: []string{"空白文书用印"}, Level: risk.L3, Measures: measures("编号")},
			},
		},
		"a header of two rows": {
			tbl([]string{"v>序号", "v>职权事项", "3>廉政风险点", "v>防控措施"},
				[]string{"^", "^", "环节", "表现形式", "等级", "^"},
				[]string{"1", "支付审核", "复核", "不核对就签字", "二级", "传齐资料"}),
			[]form.OldPoint{{Item: "支付审核", Node: "复核", Manifestations: []string{"不核对就签字"}, Level: risk.L2, Measures: measures("传齐资料")}},
		},
		"labels with values beside them": {
			tbl([]string{"姓名", "陈明", "岗位", "支付岗"},
				[]string{"岗位职责", "3>负责支付审核"},
				[]string{"风险点一", "走过场", "风险等级", "一级"},
				[]string{"表现形式", "3>不核对就签字"},
				[]string{"防控措施", "3>1.传齐资料；2.换岗"},
				[]string{"风险点二", "先盖后批", "风险等级", "三级"},
				[]string{"防控措施", "3>编号"},
				[]string{"本人签字", "3>陈明"}),
			[]form.OldPoint{
				{Title: "走过场", Manifestations: []string{"不核对就签字"}, Level: risk.L1, Measures: measures("传齐资料；", "换岗")},
				{Title: "先盖后批", Level: risk.L3, Measures: measures("编号")},
			},
		},
		"one cell with several points": {
			tbl([]string{"岗位", "风险点", "防控措施"},
				[]string{"支付岗", "1.走过场\n2.先付后补\n3.熟人优先", "1.传齐资料\n2.台账\n3.排队"}),
			[]form.OldPoint{
				{Title: "走过场", Measures: measures("传齐资料")}, {Title: "先付后补", Measures: measures("台账")}, {Title: "熟人优先", Measures: measures("排队")},
			},
		},
		"categories as labels": {
			tbl([]string{"岗位职责风险", "不核对就签字"}, []string{"思想道德风险", "无"}, []string{"防控措施", "传齐资料"}),
			[]form.OldPoint{{Manifestations: []string{"不核对就签字"}, Category: risk.Duty, Measures: measures("传齐资料")}},
		},
		"lines outside tables": {
			`<w:p><w:r><w:t>一、风险点：走过</w:t></w:r><w:r><w:t>场</w:t></w:r></w:p><w:p><w:r><w:t>风险等级: 中</w:t></w:r></w:p><w:p><w:r><w:t>防控措施：传齐资料</w:t></w:r><w:del><w:r><w:t>删掉的</w:t></w:r></w:del></w:p>`,
			[]form.OldPoint{{Title: "走过场", Level: risk.L2, Measures: measures("传齐资料")}},
		},
	} {
		got, err := form.ReadOldForm(name+".docx", docx(t, c.body))
		if err != nil {
			t.Errorf("%s: %s", name, bot.Says(err))
		} else if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s (-want +got)\n%s", name, d)
		}
	}
}

func TestOldFormsInWorkbooksAreReadTheSameWay(t *testing.T) {
	data := sheet(t, [][]string{
		{"个人岗位风险点自查表"},
		{"姓名：陈明", "", "", "岗位：支付岗"},
		{"序号", "风险点", "表现形式", "等级", "防控措施"},
		{"1", "走过场", "不核对就签字", "一级", "传齐资料"},
		{"", "", "先付后补", "", "换岗"},
		{"2", "先盖后批", "空白文书用印", "三级", "编号"},
		{"填表人：陈明"},
	}, func(f *excelize.File) {
		for _, m := range [][2]string{{"A1", "E1"}, {"A4", "A5"}, {"B4", "B5"}, {"D4", "D5"}, {"A7", "E7"}} {
			ok(t, f.MergeCell("Sheet1", m[0], m[1]))
		}
	})
	got, err := form.ReadOldForm("旧表.xlsx", data)
	ok(t, err)
	want := []form.OldPoint{
		{Title: "走过场", Manifestations: []string{"不核对就签字", "先付后补"}, Level: risk.L1, Measures: measures("传齐资料", "换岗")},
		{Title: "先盖后批", Manifestations: []string{"空白文书用印"}, Level: risk.L3, Measures: measures("编号")},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

func TestAFormWithoutPointsIsRefused(t *testing.T) {
	_, err := form.ReadOldForm("x.docx", docx(t, tbl([]string{"姓名", "陈明"}, []string{"风险点", "无"})))
	if err == nil || bot.Says(err) == "" {
		t.Errorf("%v", err)
	}
}

func TestAnExportedFormReadsBackAsItWas(t *testing.T) {
	f := sampleForm(8)
	var want []form.OldPoint
	for _, p := range f.Points {
		c, l := risk.Process, risk.L1
		switch p.Category {
		case "岗位职责":
			c, l = risk.Duty, risk.L2
		case "制度机制":
			c, l = risk.Institution, risk.L3
		}
		want = append(want, form.OldPoint{Title: p.Title, Manifestations: p.Manifestations, Item: p.Item, Node: p.Node, Category: c, Level: l, Measures: p.Measures})
	}
	for _, as := range []form.Format{form.Docx, form.Xlsx} {
		data, err := form.Fubiao1([]form.Form1{f}, as)
		ok(t, err)
		got, err := form.ReadOldForm("附表1."+string(as), data)
		ok(t, err)
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s (-want +got)\n%s", as, d)
		}
	}
}

// FuzzReadOldForm fuzzes whole files, and bodies of well-packed ones.
func FuzzReadOldForm(f *testing.F) {
	f.Add([]byte("PK\x03\x04"), tbl([]string{"序号", "风险点", "防控措施"}, []string{"v>1", "a", "2>b"}, []string{"^", "c", "d"}))
	f.Add(sheet(f, [][]string{{"风险点", "表现形式"}, {"a", "1.b 2.c"}}), "<w:p><w:t>风险点：x</w:t><w:tbl><w:tr><w:tc/></w:tr></w:tbl></w:p>")
	f.Fuzz(func(t *testing.T, file []byte, body string) {
		for _, data := range [][]byte{file, docx(t, body)} {
			got, err := form.ReadOldForm("x", data)
			if err != nil && bot.Says(err) == "" {
				t.Errorf("an error without a line for the person: %v", err)
			}
			for _, p := range got {
				if p.Title == "" && len(p.Manifestations) == 0 {
					t.Error("a point that says nothing")
				}
			}
		}
	})
}

// FuzzReadOldTable fuzzes the words inside a well-formed file.
func FuzzReadOldTable(f *testing.F) {
	f.Add("序号", "风险点", "1", "走过场", true)
	f.Add("风险点", "一、走过场", "防控措施", "1.传齐；2.换岗", false)
	f.Add("岗位职责风险", "同上", "表现形式", "无", true)
	f.Fuzz(func(t *testing.T, a, b, c, d string, merge bool) {
		rows := [][]string{{a, b, "措施"}, {c, d, a}, {b, c, d}}
		data := sheet(t, rows, func(x *excelize.File) {
			if merge {
				ok(t, x.MergeCell("Sheet1", "A2", "A3"))
			}
		})
		if _, err := form.ReadOldForm("x.xlsx", data); err != nil && bot.Says(err) == "" {
			t.Error(err)
		}
	})
}

// FuzzParseRoster fuzzes the XML of a sheet inside a well-packed workbook.
func FuzzParseRoster(f *testing.F) {
	book := sheet(f, [][]string{rosterHead, {"甲局", "办公室", "文秘岗", "一般岗位", "李静", "lijing", "干部"}})
	const part = "xl/worksheets/sheet1.xml"
	f.Add(unzip(f, book, part))
	f.Add(`<worksheet><sheetData><row r="9"><c r="B9" t="inlineStr"><is><t>x</t></is></c></row></sheetData><mergeCells><mergeCell ref="A1:B9"/></mergeCells></worksheet>`)
	f.Fuzz(func(t *testing.T, xml string) {
		got, issues := form.ParseRoster(swap(t, book, part, xml))
		if len(got) == 0 && !form.Blocked(issues) {
			t.Error("nothing read and nothing said")
		}
	})
}

func FuzzParseNodes(f *testing.F) {
	f.Add("受理(窗口受理岗)→审核(股长)->办结")
	f.Add("(（)>-—\n1.")
	f.Fuzz(func(t *testing.T, s string) {
		got, err := form.ParseNodes(s)
		if err != nil && bot.Says(err) == "" {
			t.Error(err)
		}
		for _, n := range got {
			if n.Name == "" {
				t.Errorf("%q has a step without a name", s)
			}
		}
	})
}
