package form_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"qingfeng/bot"
	"qingfeng/bot/form"
)

// wellFormed fails unless a part is XML from end to end.
func wellFormed(t *testing.T, name, s string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(s))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
}

func TestADocxFormIsSetUpForPrinting(t *testing.T) {
	f := sampleForm(8)
	data, err := form.Fubiao1([]form.Form1{f, sampleForm(1)}, form.Docx)
	ok(t, err)
	for _, p := range []string{"[Content_Types].xml", "_rels/.rels", "word/document.xml", "word/styles.xml", "word/settings.xml", "word/fontTable.xml", "word/footer1.xml", "word/_rels/document.xml.rels", "docProps/core.xml"} {
		wellFormed(t, p, unzip(t, data, p))
	}
	doc := unzip(t, data, "word/document.xml")
	for what, want := range map[string]int{
		`<w:pgSz w:w="16838" w:h="11906" w:orient="landscape"/>`: 2, // A4, one section a form
		`<w:tblHeader/>`:    4, // the points' and the record's header, twice
		"个人岗位风险点自查表":        2,
		"系统确认记录":            2,
		"未查看原文":             2,
		"2026年10月28日 16:30": 2,
		"本人签字：":             2,
		"科室负责人审核（互查后）":      2,
		"分管领导签字：":           2,
		"合计：风险点8个；按等级：一级（高）3个、二级（中）3个、三级（低）2个；按类别：岗位职责3个、制度机制2个、思想道德0个、工作流程3个、外部环境0个。": 1,
		"&lt;A&amp;B&gt;": 2,
	} {
		if n := strings.Count(doc, what); n != want {
			t.Errorf("%q stands %d times, not %d", what, n, want)
		}
	}
	if rows, fixed := strings.Count(doc, "<w:tr>"), strings.Count(doc, "<w:cantSplit/>"); rows != fixed {
		t.Errorf("%d of %d rows may split", rows-fixed, rows)
	}
	// What was confirmed in the system never stands where a signature goes.
	signature := doc[strings.Index(doc, "本人签字"):strings.Index(doc, "系统确认记录")]
	if strings.Contains(signature, "周岚") || strings.Contains(signature, "同意") {
		t.Error("a confirmation is shown as a signature")
	}
	styles, footer := unzip(t, data, "word/styles.xml"), unzip(t, data, "word/footer1.xml")
	for _, font := range []string{"方正小标宋简体", "黑体", "仿宋_GB2312", "宋体"} {
		if !strings.Contains(styles, `w:eastAsia="`+font+`"`) {
			t.Errorf("no style in %s", font)
		}
	}
	if !strings.Contains(footer, " PAGE ") || !strings.Contains(footer, " NUMPAGES ") || !strings.Contains(footer, "第 ") {
		t.Error("no page numbers")
	}
	again, err := form.Fubiao1([]form.Form1{f, sampleForm(1)}, form.Docx)
	ok(t, err)
	if !bytes.Equal(data, again) {
		t.Error("the same form is another file the second time")
	}
}

func TestAnXlsxFormIsSetUpForPrinting(t *testing.T) {
	twin := sampleForm(1)
	data, err := form.Fubiao1([]form.Form1{sampleForm(8), twin}, form.Xlsx)
	ok(t, err)
	f, err := excelize.OpenReader(bytes.NewReader(data))
	ok(t, err)
	defer f.Close()
	if d := cmp.Diff([]string{"陈明 工程款支付岗", "陈明 工程款支付岗(2)"}, f.GetSheetList()); d != "" {
		t.Fatal(d)
	}
	name := f.GetSheetName(0)
	layout, err := f.GetPageLayout(name)
	ok(t, err)
	props, err := f.GetSheetProps(name)
	ok(t, err)
	if *layout.Size != 9 || *layout.Orientation != "landscape" || *layout.FitToWidth != 1 || *layout.FitToHeight != 0 || !*props.FitToPage {
		t.Errorf("page layout %+v", layout)
	}
	title, err := f.GetCellValue(name, "A2")
	ok(t, err)
	if title != "个人岗位风险点自查表" {
		t.Errorf("title %q", title)
	}
	var names []string
	for _, n := range f.GetDefinedName() {
		if n.Scope == name {
			names = append(names, n.Name+" "+n.RefersTo)
		}
	}
	if !strings.Contains(strings.Join(names, ";"), "_xlnm.Print_Titles '陈明 工程款支付岗'!$7:$7") {
		t.Errorf("no repeated row: %v", names)
	}
	footer, err := f.GetHeaderFooter(name)
	ok(t, err)
	if !strings.Contains(footer.OddFooter, "&P") || !strings.Contains(footer.OddFooter, "&N") {
		t.Errorf("footer %q", footer.OddFooter)
	}
	// Row 8 holds the first point, whose measures take several lines.
	h, err := f.GetRowHeight(name, 8)
	ok(t, err)
	if h < 80 || h > 300 {
		t.Errorf("the first point's row is %v points high", h)
	}
	rows, err := f.GetRows(name)
	ok(t, err)
	all := ""
	for _, r := range rows {
		all += strings.Join(r, "|") + "\n"
	}
	for _, want := range []string{"序号|职权事项|工作流程\n重点环节|风险点|风险表现形式|风险类别|自评\n等级|防控措施|查找方式", "系统确认记录", "未查看原文", "合计：风险点8个"} {
		if !strings.Contains(all, want) {
			t.Errorf("%q is missing from\n%s", want, all)
		}
	}
}

func TestTextThatLooksLikeAFormulaStaysText(t *testing.T) {
	data, err := form.Fubiao1([]form.Form1{sampleForm(3)}, form.Xlsx)
	ok(t, err)
	if strings.Contains(unzip(t, data, "xl/worksheets/sheet1.xml"), "<f>") {
		t.Error("a formula was written")
	}
	f, err := excelize.OpenReader(bytes.NewReader(data))
	ok(t, err)
	defer f.Close()
	name := f.GetSheetName(0)
	at, err := f.SearchSheet(name, "=油量里程长期不对账")
	ok(t, err)
	if len(at) != 1 {
		t.Fatalf("found at %v", at)
	}
	id, err := f.GetCellStyle(name, at[0])
	ok(t, err)
	style, err := f.GetStyle(id)
	ok(t, err)
	if style.NumFmt != 49 {
		t.Errorf("number format %d: editing the cell would run it", style.NumFmt)
	}
}

func TestAVeryLongPointIsNotCutOffInAWorkbook(t *testing.T) {
	f := sampleForm(1)
	f.Points[0].Manifestations = []string{strings.Repeat("在材料齐全的情况下仍让申请人再跑一趟，", 60) + "末尾。"}
	data, err := form.Fubiao1([]form.Form1{f}, form.Xlsx)
	ok(t, err)
	book, err := excelize.OpenReader(bytes.NewReader(data))
	ok(t, err)
	defer book.Close()
	total := 0.0
	merged, err := book.GetMergeCells(book.GetSheetName(0))
	ok(t, err)
	for _, m := range merged {
		if !strings.HasSuffix(m.GetCellValue(), "末尾。") {
			continue
		}
		_, from, err := excelize.CellNameToCoordinates(m.GetStartAxis())
		ok(t, err)
		_, to, err := excelize.CellNameToCoordinates(m.GetEndAxis())
		ok(t, err)
		for r := from; r <= to; r++ {
			h, err := book.GetRowHeight(book.GetSheetName(0), r)
			ok(t, err)
			total += h
		}
	}
	// 1,143 characters, at most 14 a line of 10.5 points.
	if total < 80*10.5 {
		t.Errorf("the row is %v points high", total)
	}
	old, err := form.ReadOldForm("x.xlsx", data)
	ok(t, err)
	if len(old) != 1 || !strings.HasSuffix(old[0].Manifestations[0], "末尾。") {
		t.Errorf("read back as %d points", len(old))
	}
}

func TestAFormWhoseTotalsDifferIsRefusedWithTheDifference(t *testing.T) {
	f := sampleForm(3)
	f.Totals.Points = 5
	f.Totals.Levels[0].N = 2
	_, err := form.Fubiao1([]form.Form1{f}, form.Docx)
	if !errors.Is(err, form.ErrTotals) {
		t.Fatalf("%v", err)
	}
	want := "合计与明细对不上，没有导出：风险点合计写5个，明细3个，差+2；一级（高）合计写2个，明细1个，差+1。请防控办核对后再导出。"
	if d := cmp.Diff(want, bot.Says(err)); d != "" {
		t.Error(d)
	}
	rows := []form.Row4{{Title: "a", Level: "一级"}, {Title: "b", Level: ""}}
	_, err = form.Fubiao4(form.Form4{Rows: rows, Totals: form.Totals{Points: 2, Levels: []form.Count{{Label: "一级", N: 1}}}}, form.Xlsx)
	if !errors.Is(err, form.ErrTotals) || !strings.Contains(bot.Says(err), "未定合计写0个，明细1个，差-1") {
		t.Errorf("a row without a level passes: %v", bot.Says(err))
	}
	_, err = form.GradingTable(form.Grading{Rows: []form.GradingRow{{Confirmed: "一级"}}})
	if !errors.Is(err, form.ErrTotals) {
		t.Errorf("%v", err)
	}
}

func TestAZeroReportAndABlankFormSayWhatTheyAre(t *testing.T) {
	zero := sampleForm(0)
	zero.ZeroReason = "只收发文件，不经手钱物"
	data, err := form.Fubiao1([]form.Form1{zero}, form.Docx)
	ok(t, err)
	if doc := unzip(t, data, "word/document.xml"); !strings.Contains(doc, "暂未发现廉政风险点。说明：只收发文件，不经手钱物") || !strings.Contains(doc, "合计：风险点0个") {
		t.Error("the zero report says nothing")
	}
	blank := sampleForm(0)
	blank.FilledOn = time.Time{}
	data, err = form.Fubiao1([]form.Form1{blank}, form.Docx)
	ok(t, err)
	if doc := unzip(t, data, "word/document.xml"); strings.Contains(doc, "合计") || !strings.Contains(doc, "　　　年　　月　　日") {
		t.Error("a form to fill in by hand has totals, or no blank for the date")
	}
	later := sampleForm(1)
	later.Points[0].Measures, later.MeasuresLater = nil, true
	data, err = form.Fubiao1([]form.Form1{later}, form.Docx)
	ok(t, err)
	if !strings.Contains(unzip(t, data, "word/document.xml"), "按方案在措施制定阶段填报") {
		t.Error("measures that come later are not said to")
	}
	if _, err := form.Fubiao1(nil, form.Docx); bot.Says(err) == "" {
		t.Errorf("no form at all: %v", err)
	}
	if _, err := form.Fubiao1([]form.Form1{zero}, "pdf"); bot.Says(err) == "" {
		t.Errorf("an unknown format: %v", err)
	}
}

func TestTheSummaryHasEveryColumnAndRow(t *testing.T) {
	var rows []form.Row4
	ps := samplePoints(40)
	for _, p := range ps {
		rows = append(rows, form.Row4{Section: "财务审计股", Post: "支付岗", Title: p.Title, Distribution: p.Item + "—" + p.Node, Category: p.Category, Level: p.Level, Likelihood: "中", Measures: p.Measures, Monitor: "派驻纪检监察组", Published: "已公示"})
	}
	f := form.Form4{Unit: "栖云县交通运输局", Scope: "财务审计股", Rows: rows, Totals: totalsOf(ps)}
	data, err := form.Fubiao4(f, form.Docx)
	ok(t, err)
	doc := unzip(t, data, "word/document.xml")
	wellFormed(t, "document", doc)
	for _, want := range []string{"附表4", "岗位风险点清查汇总表", "单位：栖云县交通运输局（财务审计股）", "序号", "岗位", "风险点", "分布", "风险性质", "概率", "等级", "防控措施", "监控主体", "公示", "领导小组审核", "组长签字（盖章）：", "合计：风险点40个"} {
		if !strings.Contains(doc, want) {
			t.Errorf("%q is missing", want)
		}
	}
	if n := strings.Count(doc, "派驻纪检监察组"); n != 40 {
		t.Errorf("%d rows", n)
	}
	data, err = form.Fubiao4(f, form.Xlsx)
	ok(t, err)
	book, err := excelize.OpenReader(bytes.NewReader(data))
	ok(t, err)
	defer book.Close()
	if v, err := book.GetCellValue("清查汇总表", "A44"); err != nil || v != "40" {
		t.Errorf("row 40 reads %q, %v", v, err)
	}
}

func TestMeetingPapersHaveTheirPartsAndBlanks(t *testing.T) {
	data, err := form.MeetingRecord(form.Meeting{
		Unit: "栖云县交通运输局", Name: "定级会", Start: time.Date(2026, 11, 4, 1, 0, 0, 0, time.UTC), Place: "三楼会议室",
		Chair: "赵国强", Recorder: "李静", Attendees: []string{"赵国强", "周岚"}, Observers: []string{"何平"}, Agenda: []string{"审定等级"},
		Decisions: []form.Decision{{No: 3, Subject: "支付岗·复核·走过场", Before: "二级", After: "一级", Text: "调一级"}},
	})
	ok(t, err)
	doc := unzip(t, data, "word/document.xml")
	wellFormed(t, "document", doc)
	for _, want := range []string{"会议记录", "会议名称", "2026年11月4日 09:00", "地点", "主持", "记录", "赵国强、周岚（共2人）", "列席", "议题", "逐项决定", "支付岗·复核·走过场", "调一级", "出席人员签字：", `<w:pgSz w:w="11906" w:h="16838"/>`} {
		if !strings.Contains(doc, want) {
			t.Errorf("%q is missing", want)
		}
	}
	data, err = form.GradingTable(form.Grading{
		Unit: "栖云县交通运输局", Campaign: "2026年度排查", Rows: []form.GradingRow{{No: 3, Section: "财务股", Post: "支付岗", Node: "复核", Title: "走过场", Suggested: "二级", Confirmed: "一级", Monitor: "纪检组", Note: "涉及大额资金"}},
		Totals: form.Totals{Points: 1, Levels: []form.Count{{Label: "一级", N: 1}}},
	})
	ok(t, err)
	doc = unzip(t, data, "word/document.xml")
	wellFormed(t, "document", doc)
	for _, want := range []string{"岗位廉政风险点等级审定表", "序号", "初评", "审定", "监控主体", "备注", "组长签字（盖章）：", "涉及大额资金"} {
		if !strings.Contains(doc, want) {
			t.Errorf("%q is missing", want)
		}
	}
}
