package read

import (
	"strconv"
	"strings"
	"unicode/utf16"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// msStyle is a paragraph style.
type msStyle struct {
	builtin int // 1–9: headings, 19–27: tables of contents
	base    int
	grpprl  bin
}

// msPara is what a paragraph's mark says.
type msPara struct {
	num, level      int // the instance of a list, from 1, and the level in it
	outline         int // 1–9; 0: body
	inTable, rowEnd bool
	contents        bool
}

// readStyles reads the style sheet (STSH).
func (d *msdoc) readStyles() {
	b := d.pair(fibStyles)
	head := 2 + b.u16(0)
	count, base := b.u16(2), b.u16(4)
	at := head
	for range min(count, 4096) {
		size := b.u16(at)
		std := b.cut(at+2, size)
		at += 2 + size
		st := msStyle{base: 0xFFF}
		if len(std) >= 10 {
			st.builtin, st.base = std.u16(0)&0xFFF, std.u16(2)>>4
			kind, parts := std.u16(2)&0xF, std.u16(4)&0xF
			p := base + 2 + 2*std.u16(base) + 2 // after the name and its zero
			if kind == 1 && parts > 0 {
				p += p % 2
				papx := std.cut(p+2, std.u16(p))
				st.grpprl = papx.cut(2, len(papx))
			}
		} else {
			st.builtin = 0xFFE
		}
		d.styles = append(d.styles, st)
		if at >= len(b) {
			break
		}
	}
}

// paragraph is what holds for the paragraph whose mark stands at a place.
func (d *msdoc) paragraph(at int) msPara {
	var p msPara
	sp := find(d.paras, at, &d.para)
	apply := func(op int, v bin) {
		switch op {
		case 0x2416, 0x244B: // in a table; the end of a cell of a table within
			p.inTable = p.inTable || v.u8(0) == 1
		case 0x2417:
			p.rowEnd = v.u8(0) == 1
		case 0x260A:
			p.level = v.u8(0)
		case 0x460B:
			p.num = v.u16(0)
		case 0x2640:
			if p.outline = v.u8(0) + 1; p.outline > 9 {
				p.outline = 0
			}
		}
	}
	var chain []msStyle
	for i, n := sp.style, 0; i >= 0 && i < len(d.styles) && n < 16; n++ {
		chain = append(chain, d.styles[i])
		i = d.styles[i].base
	}
	for i := len(chain) - 1; i >= 0; i-- {
		st := chain[i]
		if st.builtin >= 1 && st.builtin <= 9 {
			p.outline = st.builtin
		}
		p.contents = st.builtin >= 19 && st.builtin <= 27
		sprms(st.grpprl, apply)
	}
	sprms(sp.grpprl, apply)
	if p.level > 8 {
		p.num = 0
	}
	return p
}

// msFormats are [MS-DOC]'s number formats by their OOXML names; the rest is decimal.
var msFormats = map[int]string{
	1: "upperRoman", 2: "lowerRoman", 3: "upperLetter", 4: "lowerLetter", 10: "ideographDigital", 11: "japaneseCounting",
	14: "decimalFullWidth", 16: "japaneseLegal", 17: "japaneseDigitalTenThousand", 18: "decimalEnclosedCircle", 19: "decimalFullWidth2", 22: "decimalZero", 23: "bullet",
	26: "decimalEnclosedFullstop", 27: "decimalEnclosedParen", 28: "decimalEnclosedCircleChinese", 29: "ideographEnclosedCircle",
	30: "ideographTraditional", 31: "ideographZodiac", 33: "taiwaneseCounting", 34: "ideographLegalTraditional",
	35: "taiwaneseCountingThousand", 36: "taiwaneseDigital", 37: "chineseCounting", 38: "chineseLegalSimplified", 39: "chineseCountingThousand", 255: "none",
}

// readLists reads the definitions of lists (PlfLst, with the levels behind it) and
// their uses (PlfLfo).
func (d *msdoc) readLists() {
	at := d.word.u32(fibLists)
	head := d.table.cut(at, d.word.u32(fibLists+4))
	count := min(head.u16(0), 4096)
	levels := d.table.cut(at+len(head), len(d.table))
	byID := map[int]*list{}
	pos := 0
	for i := range count {
		lstf := head.cut(2+28*i, 28)
		if len(lstf) < 28 {
			break
		}
		l, n := &list{}, 9
		for k := range l.levels {
			l.levels[k] = listLevel{restart: -1, start: 1, format: "decimal"}
		}
		if lstf.u8(26)&1 != 0 {
			n = 1
		}
		for k := range n {
			l.levels[k], pos = readMSLevel(levels, pos)
		}
		byID[lstf.u32(0)] = l
	}
	uses := d.pair(fibListUse)
	count = min(uses.u32(0), 1<<14)
	data := 4 + 16*count
	for i := range count {
		lfo := uses.cut(4+16*i, 16)
		if len(lfo) < 16 {
			break
		}
		n := newInstance(byID[lfo.u32(0)])
		data += 4
		for range lfo.u8(12) {
			start, flags := uses.u32(data), uses.u32(data+4)
			data += 8
			level := flags & 0xF
			if level > 8 {
				break
			}
			if flags&0x20 != 0 {
				var own listLevel
				own, data = readMSLevel(uses, data)
				if n.override[level] = &own; flags&0x10 != 0 {
					n.start[level] = own.start
				}
			} else if flags&0x10 != 0 {
				n.start[level] = min(start, 1<<20)
			}
		}
		if n.list != nil {
			d.lists[i+1] = n
		}
	}
}

// readMSLevel reads an LVL and returns where the next one begins.
func readMSLevel(b bin, at int) (listLevel, int) {
	lvlf := b.cut(at, 28)
	if len(lvlf) < 28 {
		return listLevel{restart: -1, start: 1, format: "none"}, len(b)
	}
	l := listLevel{start: min(lvlf.u32(0), 1<<20), restart: -1, format: "decimal", suffix: " ", legal: lvlf.u8(5)&4 != 0}
	if f, ok := msFormats[lvlf.u8(4)]; ok {
		l.format = f
	}
	if lvlf.u8(15) == 2 {
		l.suffix = ""
	}
	if lvlf.u8(5)&8 != 0 { // does not begin anew, or only after the level named
		l.restart = lvlf.u8(26)
	}
	at += 28 + lvlf.u8(25) + lvlf.u8(24)
	n := min(b.u16(at), 255)
	at += 2
	var text strings.Builder
	var units []uint16
	for i := range n {
		if unit := b.u16(at + 2*i); unit > 8 {
			units = append(units, uint16(unit))
		} else {
			text.WriteString(string(utf16.Decode(units)) + "%" + strconv.Itoa(unit+1))
			units = units[:0]
		}
	}
	text.WriteString(string(utf16.Decode(units)))
	l.text = text.String()
	return l, at + 2*n
}

// msTitle takes the title from a summary information stream, if it is there and sound.
func msTitle(s *sink, stream bin) {
	set := stream.cut(stream.u32(44), len(stream))
	page := 1252
	title := ""
	for i := range min(set.u32(4), 64) {
		at := set.u32(8 + 8*i + 4)
		switch set.u32(8 + 8*i) {
		case 1:
			page = set.u16(at + 4)
		case 2:
			b := set.cut(at+8, min(set.u32(at+4), 1024))
			switch set.u32(at) {
			case 0x1E:
				title = strings.TrimRight(string(b), "\x00")
			case 0x1F:
				var units []uint16
				for k := range min(set.u32(at+4), 512) {
					units = append(units, uint16(set.u16(at+8+2*k)))
				}
				title = strings.TrimRight(string(utf16.Decode(units)), "\x00")
				page = 65001
			}
		}
	}
	switch page {
	case 65001:
	case 936, 54936:
		out, err := simplifiedchinese.GB18030.NewDecoder().String(title)
		if err != nil {
			return
		}
		title = out
	default:
		for i := range len(title) {
			if title[i] >= 0x80 {
				return
			}
		}
	}
	s.title(title)
}
