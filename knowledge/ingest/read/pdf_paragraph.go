package read

import (
	"cmp"
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// edgeLines is how many lines at the top and bottom of a page may be running ones.
const edgeLines = 3

// pageNumber matches a line that is a page number: — 3 —, 第3页 共9页, 3/9.
var pageNumber = regexp.MustCompile(`^(?:[-–—―·•\s]*(?:\d{1,4}|[ivxlc]{1,6})[-–—―·•\s]*|(?:第\s*)?\d{1,4}\s*页?\s*[/／,，]?\s*共?\s*\d{1,4}\s*页|第\s*[\d一二三四五六七八九十百]{1,5}\s*页)$`)

var pdfDigits = regexp.MustCompile(`[\d一二三四五六七八九十百]+`)

// runningKey is what is the same in a line that runs from page to page.
func runningKey(l pdfLine) string {
	s := pdfDigits.ReplaceAllString(l.text, "#")
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.IsPunct(r) && r != '#' {
			return -1
		}
		return r
	}, s)
}

// pdfPlace is a line of a page, and whether it stands at the top.
type pdfPlace struct {
	line int
	top  bool
}

// edges are the lines at the top and bottom of a page, by where they stand.
func (p pdfPage) edges() []pdfPlace {
	order := make([]int, len(p.lines))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(p.lines[b].b, p.lines[a].b) })
	var out []pdfPlace
	for i, line := range order {
		switch {
		case i < edgeLines && (p.height <= 0 || p.lines[line].b > p.height*0.85):
			out = append(out, pdfPlace{line, true})
		case i >= len(order)-edgeLines && (p.height <= 0 || p.lines[line].t < p.height*0.15):
			out = append(out, pdfPlace{line, false})
		}
	}
	return out
}

// beside counts what stands on one line with a line: the other cells of a row.
func (p pdfPage) beside(i int) int {
	n, at := 0, p.lines[i]
	mid := (at.b + at.t) / 2
	for j, l := range p.lines {
		if j != i && l.b < mid && l.t > mid && (l.l >= at.r-1 || l.r <= at.l+1) {
			n++
		}
	}
	return n
}

// dropRunning takes page numbers, and headers and footers that stand on at least two
// pages in five (left and right pages may differ), out of the pages. The first of a
// table's headings stays.
func dropRunning(pages []pdfPage) {
	type key struct {
		text string
		top  bool
	}
	count := map[key]int{}
	for _, p := range pages {
		on := map[key]bool{}
		for _, e := range p.edges() {
			on[key{runningKey(p.lines[e.line]), e.top}] = true
		}
		for k := range on {
			count[k]++
		}
	}
	kept := map[key]bool{}
	for i, p := range pages {
		drop := map[int]bool{}
		for _, e := range p.edges() {
			l := p.lines[e.line]
			k := key{runningKey(l), e.top}
			if pageNumber.MatchString(strings.ToLower(l.text)) {
				drop[e.line] = true
				continue
			}
			if n := count[k]; n < 2 || 5*n < 2*len(pages) || strings.Trim(k.text, "#") == "" {
				continue
			}
			if p.beside(e.line) >= 2 && !kept[k] {
				kept[k] = true
				continue
			}
			drop[e.line] = true
		}
		kept := pages[i].lines[:0:0]
		for j, l := range p.lines {
			if !drop[j] {
				kept = append(kept, l)
			}
		}
		pages[i].lines = kept
	}
}

// pdfBegins matches what pdfBegins a paragraph by its own words.
var pdfBegins = regexp.MustCompile(`^(?:第[〇零一二三四五六七八九十百千\d]+[编章节条](?:[\s　]|$)|[一二三四五六七八九十]+、|[（(][一二三四五六七八九十]+[）)]|\d{1,2}[.．、]\D|[（(]\d{1,2}[）)]|附件|附表|附录)`)

// pdfOpens also takes headings whose name follows without a space. In the middle of a
// sentence they are references: it counts only where the line before ends one.
var pdfOpens = regexp.MustCompile(`^第[〇零一二三四五六七八九十百千\d]+[编章节条]`)

// pdfMeasure is how a page is set.
type pdfMeasure struct {
	l, r     float64 // margins of its text
	pitch    float64 // from line to line
	indented bool    // paragraphs begin with an indentation
}

func pdfMeasured(lines []pdfLine) pdfMeasure {
	var m pdfMeasure
	if len(lines) == 0 {
		return m
	}
	var left, right, pitch []float64
	for i, l := range lines {
		left, right = append(left, l.l), append(right, l.r)
		if i > 0 && lines[i-1].b > l.b {
			pitch = append(pitch, lines[i-1].b-l.b)
		}
	}
	slices.Sort(left)
	slices.Sort(right)
	slices.Sort(pitch)
	m.l, m.r = left[len(left)/10], right[len(right)-1-len(right)/10]
	if len(pitch) > 0 {
		m.pitch = pitch[len(pitch)/2]
	}
	in := 0
	for _, l := range lines {
		if d := l.l - m.l; d > 1.2*l.em && d < 2.8*l.em && m.full(l) {
			in++
		}
	}
	m.indented = in >= 2
	return m
}

// full reports whether a line reaches the right margin: the sentence may go on below.
func (m pdfMeasure) full(l pdfLine) bool { return l.r > m.r-1.9*l.em }

// pdfBlock is a run of lines one below the other.
type pdfBlock struct {
	lines []pdfLine
	box
	side bool // others stand beside it: a column, or a cell
}

// blocks cuts a page's lines where the next one does not stand below the last.
func (p pdfPage) blocks() []pdfBlock {
	var out []pdfBlock
	for _, l := range p.lines {
		if n := len(out); n > 0 {
			b := &out[n-1]
			last := b.lines[len(b.lines)-1]
			if l.b < last.b-0.3*l.em && l.l < b.r && l.r > b.l && p.together(*b, last, l) {
				b.lines, b.box = append(b.lines, l), b.box.join(l.box)
				continue
			}
		}
		out = append(out, pdfBlock{lines: []pdfLine{l}, box: l.box})
	}
	for i := range out {
		out[i].side = slices.ContainsFunc(out[i].lines, func(l pdfLine) bool { return l.side }) || slices.ContainsFunc(out[max(0, i-nearBlocks):min(len(out), i+nearBlocks+1)], func(o pdfBlock) bool {
			return (o.l >= out[i].r-1 || o.r <= out[i].l+1) && o.b < out[i].t-1 && o.t > out[i].b+1
		})
	}
	return out
}

// together reports whether l may belong to the block above it: a line with others
// beside it and a line without are of one cell or of two worlds.
func (p pdfPage) together(b pdfBlock, last, l pdfLine) bool {
	if last.side == l.side {
		return !l.side || !p.ruled(last, l)
	}
	return !p.ruled(last, l) && l.l > b.l-2*l.em && l.box.r < b.box.r+2*l.em && (last.side || b.r-b.l < cellWidth*l.em)
}

// ruled: a level line stands between two lines.
func (p pdfPage) ruled(a, b pdfLine) bool {
	from, to := (b.b+b.t)/2, (a.b+a.t)/2
	return slices.ContainsFunc(p.rules.level, func(r box) bool {
		return r.b > from && r.b < to && r.l < b.r && r.r > b.l
	})
}

// nearBlocks is how far away in the order of reading a block beside another may be.
const nearBlocks = 40

// paragraphs builds lines from blocks.
type paragraphs struct {
	out  []Line
	last pdfLine
	was  pdfMeasure // how what stands before was set
	open bool       // the last line's sentence may go on
	row  box        // of the table row that the last block was a cell of
	cell bool
}

// pdfParagraphs joins lines into paragraphs, across columns and pages too, and the
// cells of a row into one line.
func pdfParagraphs(pages []pdfPage) []Line {
	var b paragraphs
	for _, p := range pages {
		blocks := p.blocks()
		var flow []pdfLine
		for _, k := range blocks {
			if !k.side {
				flow = append(flow, k.lines...)
			}
		}
		m := pdfMeasured(flow)
		turned := true
		for _, k := range blocks {
			if k.side {
				b.beside(k, p.number)
				turned = true
				continue
			}
			b.cell = false
			b.flow(k.lines, m, p.number, turned)
			turned = false
		}
		b.cell = false
	}
	b.titles(pages)
	for i := range b.out {
		b.out[i].Text = strings.ReplaceAll(b.out[i].Text, string(hyphen), "-")
	}
	return b.out
}

// titleSize is how much larger than its text a document's title is.
const titleSize = 1.25

// titles marks the large lines on the first page as headings, but not the name of the
// body that stands above in larger letters still (某某文件).
func (b *paragraphs) titles(pages []pdfPage) {
	var sizes []float64
	for _, p := range pages {
		for _, l := range p.lines {
			sizes = append(sizes, l.em)
		}
	}
	if len(sizes) < 4 {
		return
	}
	slices.Sort(sizes)
	large := titleSize * sizes[len(sizes)/2]
	first := map[string]bool{}
	for _, l := range pages[0].lines {
		n := utf8.RuneCountInString(l.text)
		first[l.text] = l.em >= large && !l.side && n >= 4 && n <= 60 && strings.ContainsFunc(l.text, wide) &&
			!strings.HasSuffix(l.text, "文件") && !strings.HasSuffix(l.text, "号")
	}
	for i, l := range b.out {
		if l.Page == pages[0].number && first[l.Text] {
			b.out[i].Level = 1
		}
	}
}

// flow adds lines that are set in one measure; turned says that the first stands in
// another column or on another page than the line before.
func (b *paragraphs) flow(lines []pdfLine, m pdfMeasure, page int, turned bool) {
	for _, l := range lines {
		// Whether the sentence before is at its end, its own measure says.
		prev := m
		if turned {
			prev = b.was
		}
		if b.open && goesOn(prev, m, b.last, l, turned) {
			b.out[len(b.out)-1].Text = joinLines(b.out[len(b.out)-1].Text, l.text)
		} else {
			b.out = append(b.out, Line{Text: l.text, Page: page})
		}
		b.last, b.was, b.open, turned = l, m, true, false
	}
}

// Widths in em: columns are wider than cells.
const (
	columnWidth = 14
	cellWidth   = 25
)

// beside adds a block that others stand beside.
func (b *paragraphs) beside(k pdfBlock, page int) {
	m := pdfMeasured(k.lines)
	one := paragraphs{}
	one.flow(k.lines, m, page, false)
	single := len(one.out) == 1
	switch {
	case b.cell && single && k.l >= b.row.r-1 && k.b < b.row.t && k.t > b.row.b:
		b.out[len(b.out)-1].Text += pdfCellMark + one.out[0].Text
		b.row = b.row.join(k.box)
		return
	case !single && k.r-k.l > columnWidth*k.lines[0].em:
		b.open = b.open && !b.cell
		b.flow(k.lines, m, page, true)
		b.cell = false
		return
	}
	b.out = append(b.out, one.out...)
	b.open, b.cell, b.row = false, single, k.box
}

// goesOn reports whether line l continues the paragraph that ends with line last.
func goesOn(prev, m pdfMeasure, last, l pdfLine, turned bool) bool {
	em := max(last.em, l.em)
	switch {
	case math.Abs(last.em-l.em) > 0.25*em: // another size
		return false
	case !prev.full(last) && !(m.indented && l.l-m.l < 0.6*em && last.r > prev.r-4*em): // a bracket may not end a line
		return false
	case !turned && (l.b > last.t || prev.pitch > 0 && last.b-l.b > 1.7*prev.pitch): // another column, or a gap
		return false
	case !turned && l.l > last.r: // beside it
		return false
	}
	indent := l.l - m.l
	if indent > 1.2*em {
		// Hanging: the marker stands out to the left and the text below is set in.
		hangs := last.l-prev.l < 0.6*em && pdfBegins.MatchString(last.text) || math.Abs(last.l-l.l) < 0.6*em && !prev.indented && !pdfBegins.MatchString(l.text)
		return hangs && !pdfBegins.MatchString(l.text)
	}
	if m.indented || prev.indented {
		return true // at the margin: a 第十二条 here is a reference inside a sentence
	}
	return !pdfBegins.MatchString(l.text) && !pdfOpens.MatchString(l.text) || !ended(last.text)
}

// ended reports whether a text ends as sentences and headings do, not in the middle.
func ended(s string) bool {
	return strings.ContainsAny(lastRune(s), "。；：！？.;:!?”）)")
}

func lastRune(s string) string {
	r := []rune(s)
	if len(r) == 0 {
		return ""
	}
	return string(r[len(r)-1])
}

// joinLines puts a line behind a paragraph: Han characters without a space, a word cut
// by a hyphen without the hyphen, other words with a space.
func joinLines(a, b string) string {
	if strings.HasSuffix(a, string(hyphen)) {
		return strings.TrimSuffix(a, string(hyphen)) + b
	}
	x, y := []rune(a), []rune(b)
	if len(x) == 0 || len(y) == 0 || wide(x[len(x)-1]) || wide(y[0]) {
		return a + b
	}
	return a + " " + b
}
