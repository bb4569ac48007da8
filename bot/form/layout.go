package form

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"qingfeng/bot"
	"qingfeng/bot/text"
)

// Format is what a form is exported as.
type Format string

const (
	Docx Format = "docx"
	Xlsx Format = "xlsx"
)

// A document is laid out once, in millimetres on A4, and drawn by docx.go or xlsx.go.
type document struct {
	landscape bool
	pages     []page // each begins on a new sheet of paper, with its own page numbers
}

// page is one form; a long one runs over several sheets of paper.
type page struct {
	name   string // of its worksheet
	tag    string // 附表1, top left
	title  string
	blocks []block
}

// block is a line of text or a table.
type block struct {
	para  *para
	table *tableBox
}

type align string

const (
	alignLeft   align = "left"
	alignCenter align = "center"
	alignRight  align = "right"
)

// role is what a text is on a form; fonts and sizes follow from it.
type role string

const (
	roleTag   role = "tag"
	roleTitle role = "title"
	roleLine  role = "line" // 单位、填表时间 above a table
	roleHead  role = "head" // column names and labels
	roleBody  role = "body"
	roleSmall role = "small" // notes and the system's own record
)

type para struct {
	text  string
	role  role
	align align
}

// tableBox is a bordered table. Its first head rows are repeated on every page.
type tableBox struct {
	head int
	rows []rowBox
}

// rowBox is a row; the widths of its cells add up to the table's.
type rowBox struct {
	cells []cellBox
	min   int  // height in mm, 0: as needed
	keep  bool // stays on the page of the next row
}

type cellBox struct {
	width int // mm
	paras []para
	top   bool // text begins at the top, else it is centred
}

const (
	portraitWidth  = 166 // mm between the margins
	landscapeWidth = 257
)

func cellOf(width int, r role, a align, s string) cellBox {
	var ps []para
	for line := range strings.SplitSeq(s, "\n") {
		ps = append(ps, para{text: line, role: r, align: a})
	}
	return cellBox{width: width, paras: ps}
}

func headCell(width int, s string) cellBox   { return cellOf(width, roleHead, alignCenter, s) }
func bodyCell(width int, s string) cellBox   { return cellOf(width, roleBody, alignLeft, s) }
func centerCell(width int, s string) cellBox { return cellOf(width, roleBody, alignCenter, s) }

func headRow(widths []int, columns string) rowBox {
	var row rowBox
	for i, s := range strings.Split(columns, "|") {
		row.cells = append(row.cells, headCell(widths[i], s))
	}
	row.min = 10
	return row
}

func textLine(r role, a align, s string) block { return block{para: &para{text: s, role: r, align: a}} }

func sum(widths []int) int {
	n := 0
	for _, w := range widths {
		n += w
	}
	return n
}

// signBox is a place for a wet signature; it is never filled in by the system.
func signBox(width int, title, note, signer string) cellBox {
	ps := []para{{text: title, role: roleHead, align: alignLeft}}
	if note != "" {
		ps = append(ps, para{text: note, role: roleSmall, align: alignLeft})
	}
	blank := para{role: roleBody, align: alignLeft}
	ps = append(ps, blank, blank,
		para{text: signer + text.FormSignGap, role: roleBody, align: alignLeft},
		para{text: text.FormBlankDate, role: roleBody, align: alignRight})
	return cellBox{width: width, paras: ps, top: true}
}

// render draws a document in a format.
func (d document) render(as Format) ([]byte, error) {
	if len(d.pages) == 0 {
		return nil, bot.Refuse(text.FormRefuseNoForms, "form: nothing to export")
	}
	switch as {
	case Docx:
		return d.docx()
	case Xlsx:
		return d.xlsx()
	}
	return nil, bot.Refuse(text.FormRefuseFormat, "form: unknown format")
}

// em is how wide a text is, in widths of a Chinese character.
func em(s string) float64 {
	w := 0.0
	for _, r := range s {
		switch {
		case r < 0x2000 && !unicode.Is(unicode.Han, r):
			w += 0.55
		default:
			w++
		}
	}
	return w
}

// lines estimates how many lines a text takes in a cell of this width at this font
// size (both in points). It errs on the high side: a spreadsheet never grows a row
// by itself.
func lines(s string, width, size float64) int {
	n := 0
	per := max(1, width/size*0.96)
	for line := range strings.SplitSeq(s, "\n") {
		used, rows := 0.0, 1
		for _, r := range line {
			w := em(string(r))
			if used+w > per {
				rows++
				used = 0
			}
			used += w
		}
		n += rows
	}
	return n
}

// plain is a text without characters that XML cannot hold.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' || r >= ' ' && r != 0xFFFE && r != 0xFFFF && r != 0x7f {
			return r
		}
		return -1
	}, strings.ToValidUTF8(s, ""))
}

// chinaDate is a civil date as printed; a zero time is a blank to fill in by hand.
func chinaDate(t time.Time) string {
	if t.IsZero() {
		return text.FormBlankDate
	}
	y, m, d := t.Date()
	return fmt.Sprintf(text.FormDate, y, int(m), d)
}

// chinaTime is an instant as printed, in Beijing time.
func chinaTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	t = bot.Local(t)
	if t.Hour() == 0 && t.Minute() == 0 {
		return chinaDate(t) // only the day is known
	}
	return chinaDate(t) + t.Format(" 15:04")
}

// numberedLines is a list as printed: one item as it is, several with numbers.
func numberedLines(items []string) string {
	if len(items) == 1 {
		return oneLine(items[0])
	}
	var b strings.Builder
	for i, s := range items {
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "%d. %s", i+1, oneLine(s))
	}
	return b.String()
}

func oneLine(s string) string { return strings.Join(strings.Fields(clean(s)), " ") }
