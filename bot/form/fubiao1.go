package form

import (
	"fmt"
	"strings"
	"time"

	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

// Form1 is 附表1 《个人岗位风险点自查表》 of one person on one post (DOMAIN.md §1.5).
type Form1 struct {
	Unit, Section, Post, Person string
	Position                    string    // 职务; empty prints a blank
	Duties                      string    // 岗位职责
	FilledOn                    time.Time // 填表日期, a civil date; zero prints a blank to fill in
	Points                      []Point1
	// MeasuresLater: the rule pack asks for measures in a later stage, and says so
	// where a point has none yet.
	MeasuresLater bool
	ZeroReason    string // 无风险点说明; used when there are no points
	Remark        string // e.g. that the office entered the form from paper; optional
	Totals        Totals // compared with Points
	// Reviews are the steps that are signed on paper, in the order of the chain. Nil:
	// 科室负责人审核（互查后） and 分管领导审核.
	Reviews       []SignBlock
	Confirmations []Confirmation // 系统确认记录; nil leaves the block out
}

// Point1 is one row of 附表1. Labels come as the unit's rule pack words them.
type Point1 struct {
	No             int // stable number on the form; 0: its place
	Item, Node     string
	Title          string
	Manifestations []string
	Category       string // 风险类别
	Level          string // 自评等级
	Measures       []risk.Measure
	Methods        []string // 查找方式
}

// SignBlock is a place for a wet signature. It stays blank (R-F2).
type SignBlock struct {
	Title  string // 分管领导审核
	Signer string // 分管领导签字; the colon is added
	Note   string // e.g. when and by whom the mutual check was held; optional
}

// Confirmation is one decision made in the system. It is a record, never a signature.
type Confirmation struct {
	Step     string    // 科室初审
	Who      string    // name, and for whom if a delegate
	When     time.Time // printed in Beijing time
	Decision string    // 同意
	Unseen   bool      // decided without opening the text: printed as 未查看原文
	Note     string    // optional
}

// Widths in mm. The rows above and below the points reuse these lines, so that the
// worksheet has few narrow columns.
func form1Widths() []int { return []int{10, 28, 26, 32, 52, 18, 16, 56, 19} }

// Fubiao1 exports 附表1 of one or several people, a page each. It refuses a form whose
// totals differ from its rows (ErrTotals).
func Fubiao1(forms []Form1, as Format) ([]byte, error) {
	d := document{landscape: true}
	for _, f := range forms {
		p, err := f.page()
		if err != nil {
			return nil, err
		}
		d.pages = append(d.pages, p)
	}
	return d.render(as)
}

func (f Form1) page() (page, error) {
	levels, categories := make([]string, len(f.Points)), make([]string, len(f.Points))
	for i, p := range f.Points {
		levels[i], categories[i] = p.Level, p.Category
	}
	if err := f.Totals.reconcile(levels, categories); err != nil {
		return page{}, err
	}
	w := form1Widths()
	a, b := sum(w[:2]), sum(w[2:5])
	c, e := sum(w[5:7]), sum(w[7:])
	person := tableBox{rows: []rowBox{
		{cells: []cellBox{headCell(a, text.FormUnit), bodyCell(b, f.Unit), headCell(c, first(text.FormColSection)), bodyCell(e, f.Section)}, min: 8},
		{cells: []cellBox{headCell(a, text.FormPost), bodyCell(b, f.Post), headCell(c, text.FormPosition), bodyCell(e, f.Position)}, min: 8},
		{cells: []cellBox{headCell(a, text.FormName), bodyCell(b, f.Person), headCell(c, text.FormFilledOn), bodyCell(e, chinaDate(f.FilledOn))}, min: 8},
		{cells: []cellBox{headCell(a, text.FormDuties), bodyCell(landscapeWidth-a, clean(f.Duties))}, min: 12},
	}}
	points := tableBox{head: 1, rows: []rowBox{headRow(w, text.FormHead1)}}
	for i, p := range f.Points {
		points.rows = append(points.rows, f.row(w, i, p))
	}
	switch {
	case len(f.Points) > 0:
	case f.ZeroReason != "":
		points.rows = append(points.rows, rowBox{min: 20, keep: true, cells: []cellBox{
			cellOf(landscapeWidth, roleBody, alignLeft, fmt.Sprintf(text.FormZero, oneLine(f.ZeroReason))),
		}})
	default: // an empty form to fill in by hand
		for range 5 {
			points.rows = append(points.rows, rowBox{cells: blanks(w), min: 12})
		}
	}
	var last []string
	if len(f.Points) > 0 || f.ZeroReason != "" {
		last = append(last, f.Totals.line())
	}
	if f.Remark != "" {
		last = append(last, text.FormRemark+oneLine(f.Remark))
	}
	if last != nil {
		points.rows = append(points.rows, rowBox{min: 8, keep: true, cells: []cellBox{bodyCell(landscapeWidth, strings.Join(last, "\n"))}})
	}
	points.rows = append(points.rows, f.signatures(w)...)

	out := page{
		name: f.Person + " " + f.Post, tag: text.FormTag1, title: text.FormTitle1,
		blocks: []block{{table: &person}, {table: &points}},
	}
	return out.confirmed(f.Confirmations), nil
}

func (f Form1) row(w []int, i int, p Point1) rowBox {
	no := p.No
	if no == 0 {
		no = i + 1
	}
	measures := measureLines(p.Measures)
	if measures == "" && f.MeasuresLater {
		measures = text.FormMeasuresLater
	}
	return rowBox{min: 14, cells: []cellBox{
		centerCell(w[0], fmt.Sprint(no)), bodyCell(w[1], oneLine(p.Item)), bodyCell(w[2], oneLine(p.Node)), bodyCell(w[3], oneLine(p.Title)),
		bodyCell(w[4], numberedLines(p.Manifestations)), centerCell(w[5], p.Category), centerCell(w[6], p.Level),
		bodyCell(w[7], measures), centerCell(w[8], strings.Join(p.Methods, list)),
	}}
}

// signatures are the author's block and one a review, three to a row.
func (f Form1) signatures(w []int) []rowBox {
	reviews := f.Reviews
	if reviews == nil {
		reviews = []SignBlock{{Title: text.FormReviewHead, Signer: text.FormSignHead}, {Title: text.FormReviewLeader, Signer: text.FormSignLeader}}
	}
	all := append([]SignBlock{{Title: text.FormOwnWord, Signer: text.FormSignOwn}}, reviews...)
	splits := map[int][]int{1: {landscapeWidth}, 2: {sum(w[:5]), sum(w[5:])}, 3: {sum(w[:4]), sum(w[4:6]), sum(w[6:])}}
	var rows []rowBox
	for len(all) > 0 {
		n := min(3, len(all))
		if len(all) == 4 {
			n = 2
		}
		var r rowBox
		for i, s := range all[:n] {
			r.cells = append(r.cells, signBox(splits[n][i], s.Title, oneLine(s.Note), s.Signer))
		}
		r.min = 28
		r.keep = len(all) > n
		rows = append(rows, r)
		all = all[n:]
	}
	return rows
}

func blanks(widths []int) []cellBox {
	out := make([]cellBox, len(widths))
	for i, w := range widths {
		out[i] = bodyCell(w, "")
	}
	return out
}

// measureLines prints each measure with its who, how often, evidence and what counts
// as not done, in brackets that ReadOldForm reads back.
func measureLines(ms []risk.Measure) string {
	items := make([]string, len(ms))
	for i, m := range ms {
		var slots []string
		for _, s := range []struct{ name, value string }{
			{text.FormSlotWho, m.Who},
			{text.FormSlotFrequency, m.Frequency},
			{text.FormSlotEvidence, m.Evidence},
			{text.FormSlotNotDone, m.NotDone},
		} {
			if s.value != "" {
				slots = append(slots, s.name+"："+oneLine(s.value))
			}
		}
		items[i] = oneLine(m.Text)
		if slots != nil {
			items[i] += "（" + strings.Join(slots, "；") + "）"
		}
	}
	return numberedLines(items)
}

// confirmed adds the system's own record below a form, apart from the signatures.
func (p page) confirmed(records []Confirmation) page {
	if len(records) == 0 {
		return p
	}
	// The same vertical lines as 附表1, whose worksheet this block shares.
	w := []int{38, 58, 70, 16, 75}
	t := tableBox{head: 1, rows: []rowBox{headRow(w, text.FormHeadRecord)}}
	for i := range t.rows[0].cells {
		t.rows[0].cells[i].paras[0].role = roleSmall
	}
	t.rows[0].min = 6
	for i, r := range records {
		note := oneLine(r.Note)
		if r.Unseen {
			note = strings.TrimPrefix(note+"；"+text.FormUnseen, "；")
		}
		var row rowBox
		for col, s := range []string{r.Step, r.Who, chinaTime(r.When), r.Decision, note} {
			a := alignCenter
			if col == 4 {
				a = alignLeft
			}
			row.cells = append(row.cells, cellOf(w[col], roleSmall, a, oneLine(s)))
		}
		row.min = 6
		row.keep = i+1 < len(records) && len(records) < 12 // a short record stays on one page
		t.rows = append(t.rows, row)
	}
	p.blocks = append(p.blocks,
		textLine(roleLine, alignLeft, text.FormRecordTitle+text.FormRecordNote), block{table: &t})
	return p
}
