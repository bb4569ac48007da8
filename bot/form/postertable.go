package form

import (
	"fmt"
	"slices"

	"qingfeng/bot/notice"
	"qingfeng/bot/text"
)

// posterColumn is a column of the table; only those stand on a poster that are open.
type posterColumn struct {
	name string
	w    float64
	cell func(p *paper, q notice.Point, w float64) []posterLine
}

// posterLine is one line of a cell.
type posterLine struct {
	words string
	size  float64
	bold  bool
	c     ink
}

const (
	cellPad    = 2.4 // mm
	posterBand = 11.0

	posterHeadRow = 11.0
	// A row that does not fit is moved to the next page; it is broken only where more than
	// this of the page would stay white, in mm.
	posterWhite = 120.0
)

// wrapped are words as the lines of a cell.
func (p *paper) wrapped(s string, w, size float64, bold bool, c ink) (out []posterLine) {
	if s == "" {
		return nil
	}
	for _, l := range p.wrap(s, size, w-2*cellPad) {
		out = append(out, posterLine{l, size, bold, c})
	}
	return out
}

// posterColumns are those of which any point tells something.
func (p *paper) posterColumns(points []notice.Point) []posterColumn {
	any := func(has func(q notice.Point) bool) bool { return slices.ContainsFunc(points, has) }
	cols := []posterColumn{{text.PosterColNo, 17, func(p *paper, q notice.Point, w float64) []posterLine {
		return p.wrapped(fmt.Sprint(q.No), w, posterText, true, inkBrand)
	}}}
	if any(func(q notice.Point) bool { return q.Post != "" || q.Holder != "" }) {
		cols = append(cols, posterColumn{text.PosterColPost, 42, func(p *paper, q notice.Point, w float64) []posterLine {
			out := p.wrapped(q.Post, w, posterText, true, inkText)
			if q.Holder != "" {
				out = append(out, p.wrapped(fmt.Sprintf(text.PosterHolder, q.Holder), w, posterSmall, false, inkText)...)
			}
			return out
		}})
	}
	risky := any(func(q notice.Point) bool { return q.Title != "" || len(describe(q)) > 0 })
	if risky {
		cols = append(cols, posterColumn{text.PosterColRisk, 0, func(p *paper, q notice.Point, w float64) []posterLine {
			out := p.wrapped(oneLine(q.Title), w, posterText, true, inkText)
			for _, s := range describe(q) {
				out = append(out, p.wrapped(s, w, posterSmall, false, inkText)...)
			}
			return out
		}})
	}
	if any(func(q notice.Point) bool { return q.Level != "" }) {
		cols = append(cols, posterColumn{text.PosterColLevel, p.levelWidth(points), func(p *paper, q notice.Point, w float64) []posterLine {
			return p.wrapped(q.Level, w, posterText, true, inkRed)
		}})
	}
	measured := any(func(q notice.Point) bool { return len(q.Measures) > 0 })
	if measured {
		cols = append(cols, posterColumn{text.PosterColMeasure, 0, func(p *paper, q notice.Point, w float64) (out []posterLine) {
			for i, m := range q.Measures {
				s := measureText(m)
				if len(q.Measures) > 1 {
					s = fmt.Sprintf(text.PlaqueNumbered, i+1, s)
				}
				out = append(out, p.wrapped(s, w, posterText, false, inkText)...)
			}
			return out
		}})
	}
	if any(func(q notice.Point) bool { return q.Monitor != "" }) {
		cols = append(cols, posterColumn{text.PosterColMonitor, 36, func(p *paper, q notice.Point, w float64) []posterLine {
			return p.wrapped(q.Monitor, w, posterText, false, inkText)
		}})
	}
	left, flex := posterInner, 0
	for _, c := range cols {
		left -= c.w
		if c.w == 0 {
			flex++
		}
	}
	for i := range cols {
		if cols[i].w == 0 {
			cols[i].w = left / float64(flex)
		} else if flex == 0 && i == len(cols)-1 {
			cols[i].w += left
		}
	}
	return cols
}

// levelWidth keeps a level on one line where that is not too wide.
func (p *paper) levelWidth(points []notice.Point) float64 {
	w := p.width(text.PosterColLevel, 16)
	for _, q := range points {
		w = max(w, p.width(q.Level, posterText))
	}
	return min(w+2*cellPad+1, 36)
}

// posterTable draws the points from a top edge, with the columns' names on every page and
// a band where another section begins.
func (p *paper) posterTable(s notice.Snapshot, top float64) {
	if len(s.Points) == 0 {
		return
	}
	t := &posterRows{paper: p, cols: p.posterColumns(s.Points), top: top}
	for i, q := range s.Points {
		if q.Section != "" && (i == 0 || s.Points[i-1].Section != q.Section) {
			t.section = ""
			t.row(q, q.Section)
			continue
		}
		t.row(q, "")
	}
	if s.Hidden > 0 {
		if t.top > posterBottom-8 {
			t.turn()
		}
		p.words(posterEdge, t.top+2, posterInner, posterSmall, inkSoft, false, fmt.Sprintf(text.PosterHidden, s.Hidden))
	}
}

// posterRows is a table being drawn.
type posterRows struct {
	headed  bool // the columns' names stand on this page
	paper   *paper
	cols    []posterColumn
	top     float64
	section string // whose band stands above
}

func (t *posterRows) turn() {
	t.paper.newPage()
	t.top, t.headed = posterEdge+3, false
}

// head is the columns' names, and the section that goes on.
func (t *posterRows) head() {
	const h = posterHeadRow
	t.paper.fill(posterEdge, t.top, posterInner, h, inkBrand)
	x := posterEdge
	for _, c := range t.cols {
		t.paper.write(x+c.w/2, t.top+7.6, 16, middle, inkPaper, true, c.name)
		x += c.w
	}
	t.top += h
	t.headed = true
	if t.section != "" {
		t.band(t.section + text.PosterMore)
	}
}

func (t *posterRows) band(name string) {
	t.paper.fill(posterEdge, t.top, posterInner, posterBand, inkShade)
	size := t.paper.shrink(name, posterInner-2*cellPad, 1, 17, 15, 13, 11)
	t.paper.write(posterEdge+cellPad, t.top+7.6, size, start, inkText, true, name)
	t.top += posterBand
}

// row draws a point, below a band if it begins a section.
func (t *posterRows) row(q notice.Point, section string) {
	cells := make([][]posterLine, len(t.cols))
	for i, c := range t.cols {
		cells[i] = c.cell(t.paper, q, c.w)
	}
	need := tall(cells)
	if section != "" {
		need += posterBand
	}
	if !t.headed {
		need += posterHeadRow
	}
	if room := posterBottom - t.top; need > room && room < posterWhite {
		t.turn()
	}
	if !t.headed {
		t.head()
	}
	if section != "" {
		t.band(section)
		t.section = section
	}
	for {
		room := posterBottom - t.top
		part := make([][]posterLine, len(cells))
		rest := false
		for i, ls := range cells {
			n, h := 0, 2*cellPad
			for n < len(ls) && h+lineHeight(ls[n].size) <= room {
				h += lineHeight(ls[n].size)
				n++
			}
			part[i], cells[i] = ls[:n], ls[n:]
			rest = rest || len(cells[i]) > 0
		}
		t.draw(part)
		if !rest {
			return
		}
		t.turn()
		t.head()
		// The number stands above what goes on.
		cells[0] = append(t.paper.wrapped(fmt.Sprint(q.No), t.cols[0].w, posterText, true, inkBrand), t.paper.wrapped(text.PosterMore, t.cols[0].w, 11, false, inkSoft)...)
	}
}

func (t *posterRows) draw(cells [][]posterLine) {
	h, x := tall(cells), posterEdge
	for i, c := range t.cols {
		t.paper.frame(x, t.top, c.w, h, 0.25, inkSoft)
		at := t.top + cellPad
		for _, l := range cells[i] {
			t.paper.write(x+cellPad, at+lineHeight(l.size)*0.74, l.size, start, l.c, l.bold, l.words)
			at += lineHeight(l.size)
		}
		x += c.w
	}
	t.top += h
}

// tall is how high a row of cells is, in mm.
func tall(cells [][]posterLine) float64 {
	most := 0.0
	for _, ls := range cells {
		h := 2 * cellPad
		for _, l := range ls {
			h += lineHeight(l.size)
		}
		most = max(most, h)
	}
	return most
}
