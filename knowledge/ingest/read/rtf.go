package read

import (
	"bufio"
	"errors"
	"io"
	"strings"
	"unicode/utf16"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

// rtf is a document in Rich Text Format, which is what many a .doc is. Automatic
// numbers are written out in it, so that nothing has to be counted.
type rtf struct {
	s  *sink
	in *bufio.Reader

	state rtfState
	open  []rtfState

	fonts    map[int]encoding.Encoding // those whose character set says how bytes are read
	gb       bool                      // bytes of the other fonts are GB18030
	white    []bool                    // the colours that are nearly white
	rgb      [3]int                    // the colour being defined
	bytes    []byte                    // characters that are not decoded yet
	units    []uint16
	skip     int // characters still to be passed over after a \u
	text     strings.Builder
	hidden   strings.Builder
	name     strings.Builder // the title
	note     strings.Builder // the footnote being read
	notes    []string
	row      bool // the paragraph is in a table row
	pictures bool
}

// rtfState is what a group restores when it ends.
type rtfState struct {
	to     rtfTarget
	font   int
	uc     int // characters that stand for a \u where it is not known
	level  int
	vanish bool
	gone   bool // deleted by a revision
	size   int  // half points
	color  int
	shade  bool // a background, of the text, the paragraph or the cell
	fresh  bool // nothing but { has been read of the group
}

// rtfTarget is where a group's text goes.
type rtfTarget int

const (
	rtfBody rtfTarget = iota
	rtfSkip
	rtfFonts
	rtfColors
	rtfTitle
	rtfNote
)

// maxWord is the longest control word of RTF, in bytes, and then some.
const maxWord = 40

func readRTF(s *sink, r io.ReaderAt, size int64) error {
	s.out.Format = "rtf"
	d := &rtf{s: s, in: bufio.NewReaderSize(io.NewSectionReader(r, 0, size), 64<<10), fonts: map[int]encoding.Encoding{}}
	d.state = rtfState{uc: 1, size: 24}
	if err := d.read(); err != nil {
		return err
	}
	if err := d.paragraph(); err != nil {
		return err
	}
	for _, n := range d.notes {
		if err := s.line(n, 0); err != nil {
			return err
		}
	}
	if len(s.out.Lines) == 0 && d.pictures {
		return fail(Scanned, "rtf: pictures only")
	}
	s.title(d.name.String())
	return nil
}

func (d *rtf) read() error {
	for n := 0; ; n++ {
		if n%(1<<16) == 0 {
			if err := d.s.ctx.Err(); err != nil {
				return err
			}
			if most := d.s.lim.TextBytes; int64(d.text.Len()+d.note.Len()+len(d.bytes)) > most {
				return fail(TooBig, "rtf: a paragraph of more than %d bytes", most)
			}
		}
		c, err := d.in.ReadByte()
		if errors.Is(err, io.EOF) {
			return fail(Broken, "rtf: %d groups are not closed", len(d.open))
		}
		if err != nil {
			return err
		}
		switch c {
		case '{':
			if len(d.open) >= d.s.lim.Depth {
				return fail(Bomb, "rtf: more than %d groups in each other", d.s.lim.Depth)
			}
			d.flush()
			d.open = append(d.open, d.state)
			d.state.fresh, d.skip = true, 0
			continue
		case '}':
			d.flush()
			if len(d.open) == 0 {
				return fail(Broken, "rtf: a group ends that has not begun")
			}
			was := d.state.to
			d.state, d.skip = d.open[len(d.open)-1], 0
			d.open = d.open[:len(d.open)-1]
			if was == rtfNote && d.state.to != rtfNote {
				d.notes = append(d.notes, d.note.String())
				d.note.Reset()
			}
			if len(d.open) == 0 {
				return nil // what follows the document is none of it
			}
			continue
		case '\\':
			if err := d.control(); err != nil {
				return err
			}
			continue
		case '\r', '\n':
			continue
		}
		d.state.fresh = false
		d.put(c)
	}
}

// control reads what follows a backslash.
func (d *rtf) control() error {
	c, err := d.in.ReadByte()
	if err != nil {
		return fail(Broken, "rtf: a torn end")
	}
	fresh := d.state.fresh
	d.state.fresh = false
	switch {
	case c == '\'':
		var hex [2]byte
		if _, err := io.ReadFull(d.in, hex[:]); err != nil {
			return fail(Broken, "rtf: a torn end")
		}
		d.put(nibble(hex[0])<<4 | nibble(hex[1]))
		return nil
	case c == '*':
		d.state.fresh = fresh
		if fresh {
			d.state.to = rtfSkip // until a word says that it is one we know
		}
		return nil
	case c == '~':
		d.rune(' ')
		return nil
	case c == '_':
		d.rune('-')
		return nil
	case c == '\r', c == '\n':
		return d.word("par", 0, false, false)
	case c == '\\', c == '{', c == '}':
		d.put(c)
		return nil
	case !letter(c):
		return nil
	}
	word := []byte{c}
	for {
		if c, err = d.in.ReadByte(); err != nil || !letter(c) || len(word) > maxWord {
			break
		}
		word = append(word, c)
	}
	n, signed, has := 0, false, false
	if err == nil && c == '-' {
		signed = true
		c, err = d.in.ReadByte()
	}
	for ; err == nil && c >= '0' && c <= '9'; c, err = d.in.ReadByte() {
		has = true
		n = min(n*10+int(c-'0'), 1<<30)
	}
	if signed {
		n = -n
	}
	if err == nil && c != ' ' {
		err = d.in.UnreadByte()
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	return d.word(string(word), n, has, fresh)
}

// word obeys a control word; fresh: it is the first of its group and names it.
func (d *rtf) word(w string, n int, has, fresh bool) error {
	st := &d.state
	on := !has || n != 0
	if w != "u" {
		d.flush()
	}
	switch w {
	case "fonttbl", "colortbl", "footnote", "shptxt", "title":
		if fresh {
			st.to = map[string]rtfTarget{"fonttbl": rtfFonts, "colortbl": rtfColors, "footnote": rtfNote, "shptxt": rtfBody, "title": rtfTitle}[w]
		}
	case "shppict", "pict":
		d.pictures, st.to = true, rtfSkip
	case "stylesheet", "info", "header", "headerl", "headerr", "headerf", "footer", "footerl", "footerr", "footerf",
		"object", "annotation", "nonshppict", "xe", "tc", "listtable", "listoverridetable", "themedata", "datastore":
		st.to = rtfSkip
	case "bin":
		if _, err := io.CopyN(io.Discard, d.in, int64(max(n, 0))); err != nil {
			return fail(Broken, "rtf: a torn picture")
		}
	case "ansicpg":
		d.gb = d.gb || n == 936 || n == 54936
	case "fcharset":
		d.charset(n)
	case "red", "green", "blue":
		d.rgb[map[string]int{"red": 0, "green": 1, "blue": 2}[w]] = n
	case "f":
		st.font = n
	case "uc":
		st.uc = min(max(n, 0), 16)
	case "u":
		d.unit(uint16(n)) //nolint:gosec // written as a signed number of sixteen bits
	case "v":
		st.vanish = on
	case "deleted":
		st.gone = on
	case "fs":
		st.size = n
	case "cf":
		st.color = n
	case "highlight", "cb", "chcbpat", "cbpat":
		st.shade = n > 0
	case "clcbpat":
		if n > 0 && n < len(d.white) && !d.white[n] {
			st.shade = true
		}
	case "plain":
		st.vanish, st.gone, st.size, st.color = false, false, 24, 0
	case "pard":
		st.level, d.row = 0, false
	case "trowd":
		st.shade = false
	case "intbl":
		d.row = true
	case "outlinelevel":
		st.level = 0
		if n < 9 {
			st.level = n + 1
		}
	default:
		return d.mark(w)
	}
	return nil
}

// mark puts a character that has a name, or ends a line.
func (d *rtf) mark(w string) error {
	switch w {
	case "tab", "emspace", "enspace", "qmspace":
		d.rune(' ')
	case "lquote", "rquote", "ldblquote", "rdblquote", "emdash", "endash", "bullet":
		d.rune(map[string]rune{"lquote": '‘', "rquote": '’', "ldblquote": '“', "rdblquote": '”', "emdash": '—', "endash": '–', "bullet": '•'}[w])
	case "line":
		d.rune('\n')
	case "cell", "nestcell":
		d.rune('\x01') // cells are put together where the row ends
	case "par", "sect", "page":
		switch {
		case d.state.to == rtfNote:
			d.rune(' ')
		case d.state.to != rtfBody:
		case d.row:
			d.rune(' ')
		default:
			return d.paragraph()
		}
	case "row", "nestrow":
		d.row = false
		return d.paragraph()
	}
	return nil
}

// charset notes how the bytes of the font being defined are read.
func (d *rtf) charset(n int) {
	if d.state.to != rtfFonts {
		return
	}
	switch n {
	case 134:
		d.fonts[d.state.font], d.gb = simplifiedchinese.GB18030, true
	case 136:
		d.fonts[d.state.font] = traditionalchinese.Big5
	}
}

// put takes a byte of text in the font's character set.
func (d *rtf) put(c byte) {
	switch {
	case d.skip > 0:
		d.skip--
		return
	case d.state.to == rtfSkip, d.state.to == rtfFonts:
		return
	case d.state.to == rtfColors:
		if c == ';' {
			white := d.rgb[0] >= 0xFA && d.rgb[1] >= 0xFA && d.rgb[2] >= 0xFA
			if len(d.white) < 1000 {
				d.white = append(d.white, white)
			}
			d.rgb = [3]int{}
		}
		return
	}
	if len(d.units) > 0 {
		d.flush()
	}
	d.bytes = append(d.bytes, c)
}

// unit takes a character that is written as a number; what stands for it in older
// programs follows.
func (d *rtf) unit(u uint16) {
	if len(d.bytes) > 0 {
		d.flush()
	}
	d.units = append(d.units, u)
	d.skip = d.state.uc
}

// rune takes a character that has a name.
func (d *rtf) rune(r rune) {
	d.flush()
	if d.skip > 0 {
		d.skip--
		return
	}
	d.say(string(r))
}

// flush decodes what has been collected.
func (d *rtf) flush() {
	if len(d.units) > 0 {
		d.say(string(utf16.Decode(d.units)))
		d.units = d.units[:0]
	}
	if len(d.bytes) == 0 {
		return
	}
	code := d.fonts[d.state.font]
	switch {
	case code != nil:
	case d.gb:
		code = simplifiedchinese.GB18030
	default:
		code = charmap.Windows1252
	}
	text, err := code.NewDecoder().Bytes(d.bytes)
	if err == nil {
		d.say(string(text))
	}
	d.bytes = d.bytes[:0]
}

// say puts decoded text where the group wants it.
func (d *rtf) say(text string) {
	st := d.state
	switch {
	case st.to == rtfTitle:
		d.name.WriteString(text)
	case st.to == rtfNote && !st.unseen(d.white):
		d.note.WriteString(text)
	case st.to != rtfBody, st.gone:
	case st.unseen(d.white):
		if d.hidden.Len() < maxHiddenText*16 {
			d.hidden.WriteString(text)
		}
	default:
		d.text.WriteString(text)
	}
}

// unseen reports text that a reader does not see: as in docx.
func (st rtfState) unseen(white []bool) bool {
	return st.vanish || st.size <= 2 || st.color > 0 && st.color < len(white) && white[st.color] && !st.shade
}

// paragraph ends a paragraph, or a row of cells.
func (d *rtf) paragraph() error {
	text := d.text.String()
	d.text.Reset()
	d.s.hide(d.hidden.String())
	d.hidden.Reset()
	if strings.Contains(text, "\x01") {
		var cells []string
		for cell := range strings.SplitSeq(text, "\x01") {
			if cell = strings.Join(strings.Fields(cell), " "); cell != "" {
				cells = append(cells, cell)
			}
		}
		text = strings.Join(cells, " | ")
	}
	return d.s.line(text, d.state.level)
}

func letter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

// nibble is the value of a hexadecimal digit; 0 for anything else.
func nibble(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10
	}
	return 0
}
