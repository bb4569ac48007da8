package form

import (
	"fmt"
	"strings"
	"time"

	"qingfeng/bot/text"
)

// Meeting is the record of a meeting (会议记录), for signature on paper.
type Meeting struct {
	Unit      string
	Name      string    // 会议名称
	Start     time.Time // printed in Beijing time; zero prints a blank
	Place     string    // empty prints a blank, as below
	Chair     string    // 主持
	Recorder  string    // 记录
	Attendees []string  // 出席
	Observers []string  // 列席
	Absent    []string  // 缺席, with the reason if known
	Agenda    []string  // 议题
	Decisions []Decision
	Summary   string // 其他说明; optional
}

// Decision is one item and what was decided.
type Decision struct {
	No      int    // as in the list the meeting saw; 0: its place
	Subject string // 岗位·环节·风险点
	Before  string // 初评等级; empty where it is not about a level
	After   string // 审定等级
	Text    string // what was decided, in words; optional
}

// MeetingRecord exports a record of a meeting as docx.
func MeetingRecord(m Meeting) ([]byte, error) {
	const a, b, c, e = 24, 59, 24, 59
	when := text.FormBlankTime
	if !m.Start.IsZero() {
		when = chinaTime(m.Start)
	}
	wide := func(head, body string, min int) rowBox {
		return rowBox{cells: []cellBox{headCell(a, head), bodyCell(portraitWidth-a, body)}, min: min}
	}
	t := tableBox{rows: []rowBox{
		wide(text.FormMeetName, m.Name, 11),
		{cells: []cellBox{headCell(a, text.FormMeetTime), bodyCell(b, when), headCell(c, text.FormMeetPlace), bodyCell(e, m.Place)}, min: 11},
		{cells: []cellBox{headCell(a, text.FormMeetChair), bodyCell(b, m.Chair), headCell(c, text.FormMeetRecorder), bodyCell(e, m.Recorder)}, min: 11},
		wide(text.FormMeetPresent, people(m.Attendees), 14),
		wide(text.FormMeetObservers, people(m.Observers), 11),
		wide(text.FormMeetAbsent, people(m.Absent), 11),
		wide(text.FormMeetAgenda, numberedLines(m.Agenda), 14),
	}}
	w := []int{14, 72, 20, 20, 40}
	items := tableBox{head: 1, rows: []rowBox{headRow(w, text.FormHeadDecisions)}}
	for i, d := range m.Decisions {
		no := d.No
		if no == 0 {
			no = i + 1
		}
		items.rows = append(items.rows, rowBox{min: 10, cells: []cellBox{
			centerCell(w[0], fmt.Sprint(no)), bodyCell(w[1], oneLine(d.Subject)),
			centerCell(w[2], d.Before), centerCell(w[3], d.After), bodyCell(w[4], oneLine(d.Text)),
		}})
	}
	if len(m.Decisions) == 0 {
		for range 4 {
			items.rows = append(items.rows, rowBox{cells: blanks(w), min: 12})
		}
	}
	foot := tableBox{rows: []rowBox{
		wide(text.FormMeetOther, clean(m.Summary), 20),
		{min: 26, cells: []cellBox{
			signBox(portraitWidth/2, text.FormMeetSignChair, "", text.FormSign),
			signBox(portraitWidth-portraitWidth/2, text.FormMeetSignRecorder, "", text.FormSign),
		}, keep: true},
		{min: 30, cells: []cellBox{{width: portraitWidth, top: true, paras: []para{
			{text: text.FormMeetSignAll, role: roleHead, align: alignLeft},
		}}}},
	}}
	foot.rows[0].keep = true
	return document{pages: []page{{
		name: text.FormTitleMeeting, title: m.Unit + "\n" + text.FormTitleMeeting,
		blocks: []block{{table: &t}, textLine(roleLine, alignLeft, text.FormMeetItems), {table: &items}, {table: &foot}},
	}}}.docx()
}

func people(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return strings.Join(names, list) + fmt.Sprintf(text.FormPeople, len(names))
}

// Grading is the leading group's table of levels (审定表), for signature and seal.
type Grading struct {
	Unit     string
	Campaign string    // 排查工作
	Date     time.Time // of the meeting, a civil date; zero prints a blank
	Rows     []GradingRow
	Totals   Totals // by 审定等级; Categories are not used
}

// GradingRow is one point as the leading group graded it.
type GradingRow struct {
	No        int // as in the list the meeting saw; 0: its place
	Section   string
	Post      string
	Node      string
	Title     string // 风险点
	Suggested string // 初评等级
	Confirmed string // 审定等级
	Monitor   string // 监控主体
	Note      string // 备注: adjusted, and why
}

// GradingTable exports the table of levels as docx. It refuses totals that differ
// from the rows (ErrTotals).
func GradingTable(g Grading) ([]byte, error) {
	var levels []string
	for _, r := range g.Rows {
		levels = append(levels, r.Confirmed)
	}
	g.Totals.Categories = nil
	if err := g.Totals.reconcile(levels, nil); err != nil {
		return nil, err
	}
	w := []int{12, 40, 34, 69, 20, 20, 34, 28}
	t := tableBox{head: 1, rows: []rowBox{headRow(w, text.FormHeadGrading)}}
	for i, r := range g.Rows {
		no, post := r.No, r.Post
		if no == 0 {
			no = i + 1
		}
		if r.Section != "" {
			post = r.Section + "\n" + r.Post
		}
		t.rows = append(t.rows, rowBox{min: 11, cells: []cellBox{
			centerCell(w[0], fmt.Sprint(no)), centerCell(w[1], post), bodyCell(w[2], oneLine(r.Node)), bodyCell(w[3], oneLine(r.Title)),
			centerCell(w[4], r.Suggested), centerCell(w[5], r.Confirmed), centerCell(w[6], oneLine(r.Monitor)), bodyCell(w[7], oneLine(r.Note)),
		}})
	}
	if len(g.Rows) == 0 {
		t.rows = append(t.rows, rowBox{min: 14, cells: []cellBox{centerCell(landscapeWidth, text.FormNoPoints)}})
	}
	t.rows = append(t.rows,
		rowBox{min: 9, keep: true, cells: []cellBox{bodyCell(landscapeWidth, g.Totals.line())}},
		rowBox{min: 34, cells: []cellBox{signBox(landscapeWidth, text.FormReviewGrading, "", text.FormSignGroup)}})
	return document{landscape: true, pages: []page{{
		name: text.FormTitleGrading, title: text.FormTitleGrading, blocks: []block{
			textLine(roleLine, alignLeft, fmt.Sprintf(text.FormGradingLine, g.Unit, g.Campaign, chinaDate(g.Date))),
			{table: &t},
		},
	}}}.docx()
}
