package form

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/xuri/excelize/v2"

	"qingfeng/bot"
	"qingfeng/bot/text"
)

const (
	maxSheets   = 300
	maxCellText = 32767 // characters a cell can hold
	rowPiece    = 300.0 // points: a taller row is made of several, so that it can cross a page
)

// xlsx draws the document as a workbook, one worksheet a page.
func (d document) xlsx() ([]byte, error) {
	if len(d.pages) > maxSheets {
		return nil, bot.Refuse(fmt.Sprintf(text.FormRefuseSheets, maxSheets), "form: too many sheets")
	}
	w := newWorkbook()
	defer w.f.Close()
	used := map[string]bool{}
	for _, p := range d.pages {
		w.drawPage(sheetName(p.name, used), p, d.landscape)
	}
	w.first()
	if w.err != nil {
		return nil, w.err
	}
	var out bytes.Buffer
	if err := w.f.Write(&out); err != nil {
		return nil, fmt.Errorf("form: xlsx: %w", err)
	}
	return out.Bytes(), nil
}

// sheetName makes a name that a worksheet may have: 31 characters, none of []:*?/\,
// unlike any other in the book without regard to case.
func sheetName(want string, used map[string]bool) string {
	name := strings.Trim(strings.Map(func(r rune) rune {
		if strings.ContainsRune(`[]:*?/\：？'`, r) || r < ' ' {
			return -1
		}
		return r
	}, plain(want)), " ")
	if rs := []rune(name); len(rs) > 25 {
		name = string(rs[:25])
	}
	if name == "" {
		name = text.FormSheetDefault
	}
	try := name
	for i := 2; used[strings.ToLower(try)]; i++ {
		try = fmt.Sprintf("%s(%d)", name, i)
	}
	used[strings.ToLower(try)] = true
	return try
}

func (w *workbook) drawPage(name string, p page, landscape bool) {
	w.sheet(name)
	var all []rowBox
	for _, b := range p.blocks {
		if b.table != nil {
			all = append(all, b.table.rows...)
		}
	}
	grid := edges(all)
	last := len(grid) - 1
	for i := 1; i <= last; i++ {
		col, err := excelize.ColumnNumberToName(i)
		w.keep(err)
		w.width(col, mmChars(grid[i]-grid[i-1]))
	}
	row := 1
	line := func(p para) {
		w.put(name, 1, row, p.text, faceOf(p.role, p.align, false, false))
		w.merge(name, 1, row, last, row)
		n := lines(p.text, points(grid[last])-6, sizeOf(p.role))
		w.height(name, row, float64(n)*sizeOf(p.role)*1.35+6)
		row++
	}
	if p.tag != "" {
		line(para{text: p.tag, role: roleTag, align: alignLeft})
	}
	line(para{text: p.title, role: roleTitle, align: alignCenter})
	repeat := ""
	for _, b := range p.blocks {
		if b.para != nil {
			line(*b.para)
			continue
		}
		if b.table.head > 0 && repeat == "" {
			repeat = fmt.Sprintf("'%s'!$%d:$%d", name, row, row+b.table.head-1)
		}
		for _, r := range b.table.rows {
			row += w.drawRow(name, row, grid, r)
		}
	}
	w.print(name, landscape, repeat, last, row-1)
}

// drawRow writes one row of a form and returns how many worksheet rows it took.
func (w *workbook) drawRow(name string, row int, grid []int, r rowBox) int {
	need := points(r.min)
	for _, c := range r.cells {
		h := 6.0
		for _, p := range c.paras {
			h += float64(lines(p.text, points(c.width)-7, sizeOf(p.role))) * sizeOf(p.role) * 1.32
		}
		need = max(need, h)
	}
	pieces := int(math.Ceil(need / rowPiece))
	for i := range pieces {
		w.height(name, row+i, need/float64(pieces))
	}
	x := 0
	for _, c := range r.cells {
		from, _ := slices.BinarySearch(grid, x)
		n := span(grid, x, c.width)
		look := faceOf(c.paras[0].role, c.paras[0].align, true, c.top)
		w.fill(name, from+1, row, from+n, row+pieces-1, look)
		w.put(name, from+1, row, joined(c), look)
		w.merge(name, from+1, row, from+n, row+pieces-1)
		x += c.width
	}
	return pieces
}

// joined is a cell's paragraphs as one text; a worksheet cell has one alignment, so
// the right-aligned line of a signature is moved with blanks.
func joined(c cellBox) string {
	out := make([]string, len(c.paras))
	for i, p := range c.paras {
		out[i] = p.text
		if p.align == alignRight && c.paras[0].align == alignLeft {
			room := (points(c.width)-12)/sizeOf(p.role) - em(p.text)
			out[i] = strings.Repeat("\u3000", max(0, int(room))) + p.text
		}
	}
	return strings.Join(out, "\n")
}

func points(mm int) float64 { return float64(mm) * 72 / 25.4 }

// mmChars is a column width in Excel's unit: characters of 7 pixels, 5 for padding.
func mmChars(mm int) float64 { return (points(mm)/0.75 - 5) / 7 }

func faceOf(r role, a align, border, top bool) face {
	f := face{size: sizeOf(r), align: a, border: border, wrap: true, top: top, font: text.FormFontSong}
	switch r {
	case roleTitle:
		f.bold = true
	case roleTag, roleHead:
		f.font = text.FormFontHei
	default: // running text, as set above
	}
	return f
}

// face is how a worksheet cell looks.
type face struct {
	font                                         string
	size                                         float64
	align                                        align
	bold, fill, border, wrap, grey, top, literal bool
}

// workbook is an xlsx being written; the first error stops all writing.
type workbook struct {
	f      *excelize.File
	sheets int
	styles map[face]int
	err    error
}

func newWorkbook() *workbook {
	return &workbook{f: excelize.NewFile(), styles: map[face]int{}}
}

func (w *workbook) keep(err error) {
	if w.err == nil && err != nil {
		w.err = fmt.Errorf("form: xlsx: %w", err)
	}
}

// sheet adds a worksheet and makes it current.
func (w *workbook) sheet(name string) {
	if w.sheets == 0 {
		w.keep(w.f.SetSheetName(w.f.GetSheetName(0), name))
	} else {
		_, err := w.f.NewSheet(name)
		w.keep(err)
	}
	i, err := w.f.GetSheetIndex(name)
	w.keep(err)
	w.f.SetActiveSheet(i)
	w.sheets++
}

func (w *workbook) first() { w.f.SetActiveSheet(0) }

func (w *workbook) current() string { return w.f.GetSheetName(w.f.GetActiveSheetIndex()) }

func (w *workbook) width(col string, chars float64) {
	w.keep(w.f.SetColWidth(w.current(), col, col, chars))
}

func (w *workbook) height(sheet string, row int, points float64) {
	w.keep(w.f.SetRowHeight(sheet, row, min(409, points)))
}

// put writes a text. It is always stored as text: a cell that begins like a formula
// also gets the text format, so that editing it later does not run it.
func (w *workbook) put(sheet string, col, row int, s string, f face) {
	at := w.cell(col, row)
	s = plain(s)
	if len([]rune(s)) > maxCellText {
		w.keep(bot.Refuse(text.FormRefuseLongCell, "form: cell too long"))
		return
	}
	f.literal = s != "" && strings.ContainsRune("=+-@\t", []rune(s)[0])
	if s != "" {
		w.keep(w.f.SetCellStr(sheet, at, s))
	}
	w.keep(w.f.SetCellStyle(sheet, at, at, w.style(f)))
}

func (w *workbook) fill(sheet string, c0, r0, c1, r1 int, f face) {
	if c0 == c1 && r0 == r1 {
		return
	}
	a, z := w.cell(c0, r0), w.cell(c1, r1)
	w.keep(w.f.SetCellStyle(sheet, a, z, w.style(f)))
}

func (w *workbook) merge(sheet string, c0, r0, c1, r1 int) {
	if c0 == c1 && r0 == r1 {
		return
	}
	a, z := w.cell(c0, r0), w.cell(c1, r1)
	w.keep(w.f.MergeCell(sheet, a, z))
}

// cell is a cell's name, like B7.
func (w *workbook) cell(col, row int) string {
	name, err := excelize.CoordinatesToCellName(col, row)
	w.keep(err)
	return name
}

func (w *workbook) style(f face) int {
	if id, ok := w.styles[f]; ok {
		return id
	}
	s := &excelize.Style{
		Font:      &excelize.Font{Family: f.font, Size: f.size, Bold: f.bold},
		Alignment: &excelize.Alignment{Horizontal: string(f.align), Vertical: "center", WrapText: f.wrap},
	}
	if f.top {
		s.Alignment.Vertical = "top"
	}
	if f.grey {
		s.Font.Color, s.Font.Italic = "808080", true
	}
	if f.fill {
		s.Fill = excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"E7EEF7"}}
	}
	if f.literal {
		s.NumFmt = 49
	}
	if f.border {
		for _, side := range []string{"left", "top", "right", "bottom"} {
			s.Border = append(s.Border, excelize.Border{Type: side, Color: "000000", Style: 1})
		}
	}
	id, err := w.f.NewStyle(s)
	w.keep(err)
	w.styles[f] = id
	return id
}

func (w *workbook) freeze(sheet string, rows int) {
	at, err := excelize.CoordinatesToCellName(1, rows+1)
	w.keep(err)
	w.keep(w.f.SetPanes(sheet, &excelize.Panes{Freeze: true, YSplit: rows, TopLeftCell: at, ActivePane: "bottomLeft"}))
}

func (w *workbook) dropDown(sheet, cells string, values []string) {
	dv := excelize.NewDataValidation(true)
	dv.Sqref = cells
	w.keep(dv.SetDropList(values))
	w.keep(w.f.AddDataValidation(sheet, dv))
}

// print sets a worksheet up for A4: fit to the width, repeated rows, page numbers. With
// rows, nothing beyond them is printed.
func (w *workbook) print(sheet string, landscape bool, repeat string, cols, rows int) {
	paper, one, any := 9, 1, 0
	orientation, yes := "portrait", true
	top, bottom, side, footer := 0.8, 0.8, 0.8, 0.4 // inches
	if landscape {
		orientation, side = "landscape", 0.75
	}
	w.keep(w.f.SetPageLayout(sheet, &excelize.PageLayoutOptions{
		Size: &paper, Orientation: &orientation, FitToWidth: &one, FitToHeight: &any,
	}))
	w.keep(w.f.SetSheetProps(sheet, &excelize.SheetPropsOptions{FitToPage: &yes}))
	w.keep(w.f.SetPageMargins(sheet, &excelize.PageLayoutMarginsOptions{
		Top: &top, Bottom: &bottom, Left: &side, Right: &side, Footer: &footer, Horizontally: &yes,
	}))
	w.keep(w.f.SetHeaderFooter(sheet, &excelize.HeaderFooterOptions{
		OddFooter: "&C" + text.FormPageA + "&P" + text.FormPageB + "&N" + text.FormPageC,
	}))
	if rows > 0 {
		end, err := excelize.CoordinatesToCellName(cols, rows, true)
		w.keep(err)
		w.keep(w.f.SetDefinedName(&excelize.DefinedName{Name: "_xlnm.Print_Area", RefersTo: fmt.Sprintf("'%s'!$A$1:%s", sheet, end), Scope: sheet}))
	}
	if repeat != "" {
		w.keep(w.f.SetDefinedName(&excelize.DefinedName{Name: "_xlnm.Print_Titles", RefersTo: repeat, Scope: sheet}))
	}
}
