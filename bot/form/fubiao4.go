package form

import (
	"fmt"
	"time"

	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

// Form4 is 附表4 《岗位风险点清查汇总表》 of a person, a section or the whole unit.
type Form4 struct {
	Unit          string
	Scope         string    // the section or person it is limited to; empty: the whole unit
	FilledOn      time.Time // 填表时间, a civil date; zero prints a blank
	Rows          []Row4
	MeasuresLater bool   // as in Form1
	Totals        Totals // compared with Rows
	Confirmations []Confirmation
}

// Row4 is one risk point in the summary. Labels come as the rule pack words them.
type Row4 struct {
	No           int // stable number; 0: its place
	Section      string
	Post         string
	Title        string // 风险点; the first manifestation where there is no title
	Distribution string // 分布: 职权事项—环节
	Category     string // 风险性质
	Likelihood   string // 出现概率: 大, 中, 小; empty prints a blank
	Level        string
	Measures     []risk.Measure
	Monitor      string // 监控主体
	Published    string // 公示情况
}

// Fubiao4 exports 附表4. It refuses a form whose totals differ from its rows (ErrTotals).
func Fubiao4(f Form4, as Format) ([]byte, error) {
	levels, categories := make([]string, len(f.Rows)), make([]string, len(f.Rows))
	for i, r := range f.Rows {
		levels[i], categories[i] = r.Level, r.Category
	}
	if err := f.Totals.reconcile(levels, categories); err != nil {
		return nil, err
	}
	w := []int{10, 28, 44, 30, 18, 14, 16, 59, 22, 16}
	t := tableBox{head: 1, rows: []rowBox{headRow(w, text.FormHead4)}}
	for i, r := range f.Rows {
		no := r.No
		if no == 0 {
			no = i + 1
		}
		measures := measureLines(r.Measures)
		if measures == "" && f.MeasuresLater {
			measures = text.FormMeasuresLater
		}
		post := r.Post
		if r.Section != "" {
			post = r.Section + "\n" + r.Post
		}
		t.rows = append(t.rows, rowBox{min: 12, cells: []cellBox{
			centerCell(w[0], fmt.Sprint(no)), centerCell(w[1], post), bodyCell(w[2], oneLine(r.Title)),
			bodyCell(w[3], oneLine(r.Distribution)), centerCell(w[4], r.Category), centerCell(w[5], r.Likelihood),
			centerCell(w[6], r.Level), bodyCell(w[7], measures), centerCell(w[8], oneLine(r.Monitor)), centerCell(w[9], oneLine(r.Published)),
		}})
	}
	if len(f.Rows) == 0 {
		t.rows = append(t.rows, rowBox{min: 14, cells: []cellBox{centerCell(landscapeWidth, text.FormNoPoints)}})
	}
	half := sum(w[:5])
	t.rows = append(t.rows,
		rowBox{min: 9, keep: true, cells: []cellBox{bodyCell(landscapeWidth, f.Totals.line())}},
		rowBox{min: 34, cells: []cellBox{
			signBox(half, text.FormReviewOffice, "", text.FormSignOffice),
			signBox(landscapeWidth-half, text.FormReviewGroup, "", text.FormSignGroup),
		}})
	unit := f.Unit
	if f.Scope != "" {
		unit += "（" + f.Scope + "）"
	}
	p := page{name: text.FormSheet4, tag: text.FormTag4, title: text.FormTitle4, blocks: []block{
		textLine(roleLine, alignLeft, fmt.Sprintf(text.FormUnitLine, unit, chinaDate(f.FilledOn))),
		{table: &t},
	}}
	return document{landscape: true, pages: []page{p.confirmed(f.Confirmations)}}.render(as)
}
