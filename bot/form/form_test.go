package form_test

import (
	"archive/zip"
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"qingfeng/bot/form"
	"qingfeng/bot/risk"
)

var rosterHead = []string{"单位", "科室", "岗位", "层次", "姓名", "userid", "角色", "分管科室", "权力标签"}

// sheet makes an xlsx of rows; change may merge or restyle before it is written.
func sheet(t testing.TB, rows [][]string, change ...func(f *excelize.File)) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	for r, row := range rows {
		for c, s := range row {
			at, err := excelize.CoordinatesToCellName(c+1, r+1)
			ok(t, err)
			ok(t, f.SetCellStr("Sheet1", at, s))
		}
	}
	for _, c := range change {
		c(f)
	}
	var b bytes.Buffer
	ok(t, f.Write(&b))
	return b.Bytes()
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// fatal lists the fatal issues as lines.
func fatal(issues []risk.ImportIssue) []string {
	var out []string
	for _, i := range issues {
		if i.Fatal {
			out = append(out, i.String())
		}
	}
	return out
}

func says(issues []risk.ImportIssue, part string) bool {
	for _, i := range issues {
		if strings.Contains(i.String(), part) {
			return true
		}
	}
	return false
}

// unzip returns one part of a docx or xlsx.
func unzip(t testing.TB, data []byte, name string) string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	ok(t, err)
	f, err := z.Open(name)
	ok(t, err)
	defer f.Close()
	b, err := io.ReadAll(f)
	ok(t, err)
	return string(b)
}

// swap replaces one part of a packed file.
func swap(t testing.TB, data []byte, name, content string) []byte {
	t.Helper()
	from, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	ok(t, err)
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, f := range from.File {
		s := content
		if f.Name != name {
			s = unzip(t, data, f.Name)
		}
		w, err := z.Create(f.Name)
		ok(t, err)
		_, err = w.Write([]byte(s))
		ok(t, err)
	}
	ok(t, z.Close())
	return b.Bytes()
}

// docx packs a document body as a minimal docx.
func docx(t testing.TB, body string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create("word/document.xml")
	ok(t, err)
	_, err = w.Write([]byte(`<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>` + body + `</w:body></w:document>`))
	ok(t, err)
	ok(t, z.Close())
	return b.Bytes()
}

// tbl writes a table as WordprocessingML. A cell "^" continues the one above, "2>x"
// takes two columns.
func tbl(rows ...[]string) string {
	var b strings.Builder
	b.WriteString("<w:tbl>")
	for _, row := range rows {
		b.WriteString("<w:tr>")
		for _, s := range row {
			props := ""
			switch {
			case s == "^":
				props, s = "<w:vMerge/>", ""
			case strings.HasPrefix(s, "v>"):
				props, s = `<w:vMerge w:val="restart"/>`, s[2:]
			case len(s) > 2 && s[1] == '>' && s[0] >= '2' && s[0] <= '9':
				props, s = `<w:gridSpan w:val="`+s[:1]+`"/>`, s[2:]
			}
			b.WriteString("<w:tc><w:tcPr>" + props + "</w:tcPr>")
			for line := range strings.SplitSeq(s, "\n") {
				b.WriteString("<w:p><w:r><w:t>" + line + "</w:t></w:r></w:p>")
			}
			b.WriteString("</w:tc>")
		}
		b.WriteString("</w:tr>")
	}
	return b.String() + "</w:tbl>"
}

func samplePoints(n int) []form.Point1 {
	base := []form.Point1{
		{
			Item: "工程进度款支付审核", Node: "计量支付复核", Title: "复核走过场，多计工程量也能付款",
			Manifestations: []string{"不逐项核对计量单和影像就签字，可能给多计、早付留下空间。", "资料不全先付后补，事后不再核对。"},
			Category:       "工作流程", Level: "一级（高）", Methods: []string{"自己找", "互相查"},
			Measures: []risk.Measure{
				{Text: "付款前把计量单、影像、签认传齐，缺一项不流转。", Who: "支付岗", Frequency: "每笔", Evidence: "附件清单", NotDone: "缺件付款"},
				{Text: "经办与复核由不同人担任。", Who: "股长", Frequency: "每季度", Evidence: "换岗表（含签名）"},
			},
		},
		{
			Item: "单位印章使用管理", Node: "用印登记", Title: "先盖章、后补批", Manifestations: []string{"空白介绍信先行用印，为他人冒用提供便利。"},
			Category: "岗位职责", Level: "二级（中）", Methods: []string{"自己找"},
			Measures: []risk.Measure{{Text: "先有审批编号后用印", Who: "印章岗", Frequency: "每次", Evidence: "用印台账"}},
		},
		{
			Item: "公务用车管理", Node: "加油核对", Title: "=油量里程长期不对账", Manifestations: []string{"加油量与行驶里程不按月比对 <A&B>。"},
			Category: "制度机制", Level: "三级（低）", Methods: []string{"群众提"},
			Measures: []risk.Measure{{Text: "每月5日前出油耗里程对照表"}},
		},
	}
	var out []form.Point1
	for i := range n {
		p := base[i%3]
		p.No = i + 1
		out = append(out, p)
	}
	return out
}

func totalsOf(ps []form.Point1) form.Totals {
	var l, c []string
	for _, p := range ps {
		l, c = append(l, p.Level), append(c, p.Category)
	}
	return form.Totals{
		Points:     len(ps),
		Levels:     form.CountLabels([]string{"一级（高）", "二级（中）", "三级（低）"}, l...),
		Categories: form.CountLabels([]string{"岗位职责", "制度机制", "思想道德", "工作流程", "外部环境"}, c...),
	}
}

func sampleForm(n int) form.Form1 {
	ps := samplePoints(n)
	return form.Form1{
		Unit: "栖云县交通运输局", Section: "财务审计股", Post: "工程款支付岗", Person: "陈明", Position: "四级主任科员",
		Duties: "负责工程进度款的支付审核。", FilledOn: time.Date(2026, 10, 14, 0, 0, 0, 0, time.UTC), Points: ps, Totals: totalsOf(ps),
		Confirmations: []form.Confirmation{{Step: "分管领导审核", Who: "周岚", When: time.Date(2026, 10, 28, 8, 30, 0, 0, time.UTC), Decision: "同意", Unseen: true}},
	}
}
