package read

import (
	"encoding/binary"
	"sort"
	"strings"
	"unicode/utf16"

	"golang.org/x/text/encoding/charmap"
)

// bin is a slice whose reads beyond its end are zeros: a torn file reads short, not wild.
type bin []byte

func (b bin) u8(at int) int {
	if at < 0 || at >= len(b) {
		return 0
	}
	return int(b[at])
}

func (b bin) u16(at int) int {
	if at < 0 || at+2 > len(b) {
		return 0
	}
	return int(binary.LittleEndian.Uint16(b[at:]))
}

func (b bin) u32(at int) int {
	if at < 0 || at+4 > len(b) {
		return 0
	}
	return int(binary.LittleEndian.Uint32(b[at:]))
}

func (b bin) cut(at, n int) bin {
	if at < 0 || n <= 0 || at >= len(b) {
		return nil
	}
	return b[at:min(at+n, len(b))]
}

// msdoc is a Word 97–2003 document ([MS-DOC]). Its text stands in pieces, in one or two
// bytes a character; what a paragraph or a run is, in pages of 512 bytes ordered by the
// place of its text in the file.
type msdoc struct {
	s      *sink
	word   bin
	table  bin
	pieces []piece
	paras  []span
	chars  []span
	styles []msStyle
	lists  map[int]*instance
	para   int // where the last lookup ended: lookups go forward
	char   int
}

// piece is text from character cp on.
type piece struct {
	cp, end int
	at      int // in the stream
	wide    bool
}

// span is a stretch of the stream with the same properties.
type span struct {
	from, to int
	style    int
	grpprl   bin
}

// Positions in the file information block.
const (
	fibFlags   = 0x0A
	fibCounts  = 0x4C // of characters: text, footnotes, headers, macros, comments, endnotes, text boxes
	fibStyles  = 0xA2
	fibChars   = 0xFA
	fibParas   = 0x102
	fibPieces  = 0x1A2
	fibLists   = 0x2E2
	fibListUse = 0x2EA
)

func readDOC(s *sink, streams map[string][]byte) error {
	s.out.Format = "doc"
	d := &msdoc{s: s, word: streams["WordDocument"], lists: map[int]*instance{}}
	flags := d.word.u16(fibFlags)
	switch {
	case d.word.u16(0) == 0xA5DC || d.word.u16(0) == 0xA5EC && d.word.u16(2) < 0xC1 && d.word.u16(2) >= 0x65:
		return fail(OldDOC, "")
	case d.word.u16(0) != 0xA5EC:
		return fail(Broken, "doc without its mark")
	case flags&0x100 != 0:
		return fail(Encrypted, "doc")
	}
	d.table = streams["0Table"]
	if flags&0x200 != 0 {
		d.table = streams["1Table"]
	}
	if err := d.readPieces(); err != nil {
		return err
	}
	d.paras = d.readSpans(fibParas, true)
	d.chars = d.readSpans(fibChars, false)
	d.readStyles()
	d.readLists()
	msTitle(s, streams["\x05SummaryInformation"])

	// The main text, then footnotes, endnotes and text boxes; headers, macros and
	// comments are passed over.
	at := 0
	for i, wanted := range []bool{true, true, false, false, false, true, true} {
		n := d.word.u32(fibCounts + 4*i)
		if n > 1<<28 {
			return fail(Broken, "doc: impossible counts")
		}
		if wanted {
			if err := d.read(at, at+n); err != nil {
				return err
			}
		}
		at += n
	}
	return nil
}

func (d *msdoc) pair(at int) bin {
	return d.table.cut(d.word.u32(at), d.word.u32(at+4))
}

// readPieces reads the piece table (Clx).
func (d *msdoc) readPieces() error {
	clx := d.pair(fibPieces)
	for len(clx) > 0 && clx[0] == 1 { // properties of pieces: not needed
		clx = clx.cut(3+clx.u16(1), len(clx))
	}
	if clx.u8(0) != 2 {
		return fail(Broken, "doc without a piece table")
	}
	plc := clx.cut(5, clx.u32(1))
	n := (len(plc) - 4) / 12
	for i := range n {
		fc := plc.u32(4*(n+1) + 8*i + 2)
		p := piece{cp: plc.u32(4 * i), end: plc.u32(4*i + 4), at: fc & 0x3FFFFFFF, wide: fc&0x40000000 == 0}
		if !p.wide {
			p.at /= 2
		}
		if p.end < p.cp || i > 0 && p.cp < d.pieces[i-1].end {
			return fail(Broken, "doc: pieces out of order")
		}
		d.pieces = append(d.pieces, p)
	}
	return nil
}

// readSpans reads the pages of paragraph or character properties.
func (d *msdoc) readSpans(fib int, paras bool) []span {
	plc := d.pair(fib)
	n := (len(plc) - 4) / 8
	var spans []span
	for i := range n {
		page := d.word.cut(plc.u32(4*(n+1)+4*i)*512, 512)
		if len(page) < 512 {
			continue
		}
		runs := page.u8(511)
		for j := range min(runs, 101) {
			sp := span{from: page.u32(4 * j), to: page.u32(4*j + 4), style: -1}
			if paras {
				if at := 2 * page.u8(4*(runs+1)+13*j); at > 0 {
					size, head := 2*page.u8(at)-1, at+1
					if page.u8(at) == 0 {
						size, head = 2*page.u8(at+1), at+2
					}
					papx := page.cut(head, size)
					sp.style, sp.grpprl = papx.u16(0), papx.cut(2, len(papx))
				}
			} else if at := 2 * page.u8(4*(runs+1)+j); at > 0 {
				sp.grpprl = page.cut(at+1, page.u8(at))
			}
			spans = append(spans, sp)
		}
	}
	sort.SliceStable(spans, func(i, j int) bool { return spans[i].from < spans[j].from })
	return spans
}

// find is the span that holds a place in the stream; hint is where the last one was.
func find(spans []span, at int, hint *int) span {
	if h := *hint; h < len(spans) && spans[h].from <= at && at < spans[h].to {
		return spans[h]
	}
	i := sort.Search(len(spans), func(i int) bool { return spans[i].from > at }) - 1
	if i < 0 || at >= spans[i].to {
		return span{style: -1}
	}
	*hint = i
	return spans[i]
}

// sprms calls f for every property of a list of them.
func sprms(b bin, f func(op int, operand bin)) {
	for at := 0; at+2 < len(b); {
		op := b.u16(at)
		at += 2
		n := [8]int{1, 1, 2, 4, 2, 2, 0, 3}[op>>13]
		if op>>13 == 6 {
			n = b.u8(at)
			at++
			switch {
			case op == 0xD608: // a table's columns: two bytes of length
				n = b.u16(at-1) - 1
				at++
			case op == 0xC615 && n == 255: // tabs too many to count
				return
			}
		}
		if n < 0 {
			return
		}
		f(op, b.cut(at, n))
		at += n
	}
}

// read writes the text between two character positions.
func (d *msdoc) read(from, to int) error {
	w := &msWriter{d: d}
	first := sort.Search(len(d.pieces), func(i int) bool { return d.pieces[i].end > from })
	for _, p := range d.pieces[first:] {
		if p.cp >= to {
			break
		}
		lo, hi, width := max(p.cp, from), min(p.end, to), 1
		if p.wide {
			width = 2
		}
		for cp := lo; cp < hi; cp++ {
			at := p.at + (cp-p.cp)*width
			if at >= len(d.word) {
				break
			}
			var unit uint16
			if p.wide {
				unit = uint16(d.word.u16(at))
			} else {
				unit = uint16(charmap.Windows1252.DecodeByte(d.word[at]))
			}
			if err := w.put(unit, at); err != nil {
				return err
			}
		}
		if d.s.ctx.Err() != nil {
			return d.s.ctx.Err()
		}
	}
	return w.end(-1)
}

// msWriter is a stretch of text on its way out.
type msWriter struct {
	d      *msdoc
	text   []uint16
	hidden []uint16
	fields []bool // open fields: still in the instruction?
	cells  []string
	cell   []string // paragraphs of the cell
	seenAt int      // up to here the character span is known
	from   int
	unseen bool
	gone   bool // deleted, with changes tracked
}

// Characters with a meaning of their own.
const (
	msCell     = 0x07
	msLine     = 0x0B
	msPage     = 0x0C
	msEnd      = 0x0D
	fieldBegin = 0x13
	fieldSep   = 0x14
	fieldEnd   = 0x15
)

func (w *msWriter) put(unit uint16, at int) error {
	switch unit {
	case fieldBegin:
		if len(w.fields) < 64 {
			w.fields = append(w.fields, true)
		}
		return nil
	case fieldSep:
		if n := len(w.fields); n > 0 {
			w.fields[n-1] = false
		}
		return nil
	case fieldEnd:
		if n := len(w.fields); n > 0 {
			w.fields = w.fields[:n-1]
		}
		return nil
	case msEnd, msCell, msPage:
		return w.mark(unit, at)
	}
	for _, instruction := range w.fields {
		if instruction {
			return nil
		}
	}
	if at < w.from || at >= w.seenAt {
		sp := find(w.d.chars, at, &w.d.char)
		w.from, w.seenAt = at, at+1
		if sp.to > at {
			w.from, w.seenAt = sp.from, sp.to
		}
		w.unseen, w.gone = hides(sp.grpprl)
	}
	switch {
	case w.gone:
		return nil
	case unit == msLine:
		unit = '\n'
	case unit == 0x1E: // a hyphen that does not break
		unit = '-'
	case unit == '\t':
		unit = ' '
	case unit < ' ':
		return nil
	}
	if len(w.text)+len(w.hidden) > 1<<24 {
		return fail(TooBig, "a paragraph without an end")
	}
	if w.unseen {
		w.hidden = append(w.hidden, unit)
	} else {
		w.text = append(w.text, unit)
	}
	return nil
}

// mark ends a paragraph, a cell or a row.
func (w *msWriter) mark(unit uint16, at int) error {
	p := w.d.paragraph(at)
	text, hidden := string(utf16.Decode(w.text)), string(utf16.Decode(w.hidden))
	w.text, w.hidden = w.text[:0], w.hidden[:0]
	if unit == msEnd {
		w.fields = nil // a field that lost its end must not swallow the rest
	}
	w.d.s.hide(hidden)
	blank := strings.TrimSpace(text) == ""
	if !p.rowEnd && !(blank && hidden != "") && !p.contents {
		if n := w.d.lists[p.num]; n != nil && (!blank || p.inTable) {
			text = n.next(p.level) + strings.TrimLeft(text, " \t　")
		}
	}
	if p.contents {
		text = ""
	}
	switch {
	case p.rowEnd && unit == msCell:
		return w.row()
	case unit == msCell:
		w.cell = append(w.cell, text)
		w.cells = append(w.cells, strings.Join(w.cell, "\n"))
		w.cell = nil
		if len(w.cells) > 4096 {
			return w.row()
		}
		return nil
	case p.inTable && unit == msEnd:
		if text != "" {
			w.cell = append(w.cell, text)
		}
		return nil
	}
	if err := w.row(); err != nil {
		return err
	}
	if p.outline > 0 {
		text = strings.ReplaceAll(text, "\n", " ")
	}
	return w.d.s.line(text, p.outline)
}

// row writes the cells that were collected. One full cell is a frame around text.
func (w *msWriter) row() error {
	cells := w.cells
	if len(w.cell) > 0 {
		cells = append(cells, strings.Join(w.cell, "\n"))
	}
	w.cells, w.cell = nil, nil
	full, last := 0, 0
	for i, c := range cells {
		if strings.TrimSpace(c) != "" {
			full, last = full+1, i
		}
	}
	switch full {
	case 0:
		return nil
	case 1:
		return w.d.s.line(cells[last], 0)
	}
	for i, c := range cells {
		cells[i] = strings.Join(strings.Fields(c), " ")
	}
	return w.d.s.line(strings.Join(cells[:last+1], " | "), 0)
}

// end writes what no mark has ended.
func (w *msWriter) end(at int) error {
	if err := w.row(); err != nil {
		return err
	}
	return w.d.s.line(string(utf16.Decode(w.text)), 0)
}

// hides reports character properties under which text cannot be seen, and those of
// text that was deleted.
func hides(grpprl bin) (unseen, gone bool) {
	hidden, white, ground := false, false, false
	sprms(grpprl, func(op int, v bin) {
		switch op {
		case 0x0800:
			gone = gone || v.u8(0) == 1
		case 0x083C:
			hidden = hidden || v.u8(0) == 1
		case 0x4A43: // half points
			hidden = hidden || v.u16(0) <= 2
		case 0x2A42: // a colour of sixteen
			white = v.u8(0) == 8
		case 0x6870:
			white = v.u8(0) >= 0xFA && v.u8(1) >= 0xFA && v.u8(2) >= 0xFA && v.u8(3) == 0
		case 0x2A0C: // a highlight
			ground = ground || v.u8(0) != 0 && v.u8(0) != 8
		case 0x4866:
			ground = ground || v.u16(0) != 0
		case 0xCA71:
			ground = ground || v.u8(7) == 0 && (v.u8(4) < 0xFA || v.u8(5) < 0xFA || v.u8(6) < 0xFA)
		}
	})
	return hidden || white && !ground, gone
}
