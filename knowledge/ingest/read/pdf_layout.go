package read

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/klippa-app/go-pdfium/structs"
	"golang.org/x/text/unicode/norm"
)

// box is where something stands on a page, in points, y upwards.
type box struct{ l, b, r, t float64 }

func corners(r structs.FPDF_FS_RECTF) box {
	return box{float64(r.Left), float64(r.Bottom), float64(r.Right), float64(r.Top)}
}

func (b box) holds(x, y float64) bool { return x >= b.l && x <= b.r && y >= b.b && y <= b.t }

func (b box) touches(o box) bool { return o.r >= b.l && o.l <= b.r && o.t >= b.b && o.b <= b.t }

func (b box) join(o box) box {
	return box{min(b.l, o.l), min(b.b, o.b), max(b.r, o.r), max(b.t, o.t)}
}

// turned is b on the page as it is shown, with its origin in the lower left corner.
func (b box) turned(page box, turns int) box {
	b = box{b.l - page.l, b.b - page.b, b.r - page.l, b.t - page.b}
	w, h := page.r-page.l, page.t-page.b
	switch turns % 4 {
	case 1:
		return box{b.b, w - b.r, b.t, w - b.l}
	case 2:
		return box{w - b.r, h - b.t, w - b.l, h - b.b}
	case 3:
		return box{h - b.t, b.l, h - b.b, b.r}
	}
	return b
}

// veil is whether the eye sees a glyph.
type veil int

const (
	seen   veil = iota
	veiled      // white, transparent, tiny or off the page
	layer       // drawn in a mode that shows nothing: a recognised text under a scan, or a trick
)

type glyph struct {
	r    rune
	made bool // PDFium put it there: a space for a gap, a line break
	veil veil
	box
}

// pdfRules are the sides of the frames on a page, as boxes without width or height.
type pdfRules struct{ upright, level []box }

// add takes the sides of a frame, or the one line that a thin one is.
func (r *pdfRules) add(b box) {
	x, y := []float64{b.l, b.r}, []float64{b.b, b.t}
	if b.r-b.l < thin {
		x, y = []float64{(b.l + b.r) / 2}, nil
	} else if b.t-b.b < thin {
		x, y = nil, []float64{(b.b + b.t) / 2}
	}
	for _, at := range x {
		r.upright = append(r.upright, box{at, b.b, at, b.t})
	}
	for _, at := range y {
		r.level = append(r.level, box{b.l, at, b.r, at})
	}
}

// thin is the width of a frame that is a line, in points.
const thin = 4.0

// pdfLine is what stands on one line of a page, or of a column or cell of it.
type pdfLine struct {
	text string
	em   float64
	side bool // others stand on the same line
	box
}

// pdfPage is a page cut into lines.
type pdfPage struct {
	number int
	height float64
	images bool
	lines  []pdfLine
	rules  pdfRules
	hidden []string
}

// characters counts what can be read on the page.
func (p pdfPage) characters() (n, junk int) {
	for _, l := range p.lines {
		for _, r := range l.text {
			switch {
			case unicode.IsSpace(r):
			case r == unicode.ReplacementChar, unicode.Is(unicode.Co, r):
				n, junk = n+1, junk+1
			default:
				n++
			}
		}
	}
	return n, junk
}

// fewCharacters is less than a page of text has; with a picture it is a scan.
const fewCharacters = 20

// readable refuses a document whose pages are pictures, or letters without meaning.
func readable(pages []pdfPage) error {
	var scans, chars, junk, pictures int
	for _, p := range pages {
		n, j := p.characters()
		chars, junk = chars+n, junk+j
		if p.images {
			pictures++
		}
		if p.images && n-j < fewCharacters {
			scans++
		}
	}
	switch {
	case 2*scans > len(pages):
		return fail(Scanned, "%d of %d pages", scans, len(pages))
	case chars == 0 && pictures > 0:
		return fail(Scanned, "no text, %d pages with pictures", pictures)
	case chars == 0:
		return fail(Empty, "%d pages without text", len(pages))
	case 10*junk > 3*chars:
		return fail(Scanned, "%d of %d characters have no meaning", junk, chars)
	}
	return nil
}

// lines cuts the glyphs at PDFium's line breaks, keeps what nobody sees apart, and
// puts lines that were drawn from the bottom up in order.
func (g pdfGlyphs) lines() pdfPage {
	p := pdfPage{number: g.number, height: g.height, images: g.images, rules: g.rules}
	anySeen := slices.ContainsFunc(g.glyphs, func(x glyph) bool { return x.veil == seen && !x.made && !unicode.IsSpace(x.r) })
	var line, unseen []glyph
	flush := func() {
		for _, part := range cutApart(line, g.rules.upright) {
			if l, ok := layLine(part); ok {
				p.lines = append(p.lines, l)
			}
		}
		if l, ok := layLine(unseen); ok {
			p.hidden = append(p.hidden, l.text)
		}
		line, unseen = line[:0], unseen[:0]
	}
	for _, x := range g.glyphs {
		switch {
		case x.r == '\n' || x.r == '\r':
			flush()
		case x.veil == veiled, x.veil == layer && (anySeen || !g.images):
			unseen = append(unseen, x)
		default: // under a page that is a picture, the recognised text is the text
			line = append(line, x)
		}
	}
	flush()
	if upwards(p.lines) {
		slices.SortStableFunc(p.lines, func(a, b pdfLine) int {
			if math.Abs(a.b-b.b) < a.em/2 {
				return cmp.Compare(a.l, b.l)
			}
			return cmp.Compare(b.b, a.b)
		})
	}
	for i := range p.lines {
		p.lines[i].side = p.beside(i) > 0
	}
	return p
}

// upwards: most lines stand above the one before, so the order of drawing is not the
// order of reading. Columns and cells go up too, but rarely.
func upwards(lines []pdfLine) bool {
	up := 0
	for i := 1; i < len(lines); i++ {
		if lines[i].b > lines[i-1].t {
			up++
		}
	}
	return len(lines) > 4 && 2*up > len(lines)
}

// Gaps are measured in em, the height of the line's characters.
const (
	cellGap    = 1.8 // wider than any space inside a sentence
	lineHeight = 1.1
	autoGap    = 0.8 // programs set Latin letters and digits this far from Han characters
)

// emOf is the width of a Han character; Latin letters are half as wide. What fonts say
// of their height is too often wrong.
func emOf(glyphs []glyph) float64 {
	var widths []float64
	for _, g := range glyphs {
		switch w := g.box.r - g.l; {
		case g.made, unicode.IsSpace(g.r), w <= 0:
		case wide(g.r):
			widths = append(widths, w)
		default:
			widths = append(widths, 2*w)
		}
	}
	if len(widths) == 0 {
		return 0
	}
	slices.Sort(widths)
	return widths[len(widths)/2]
}

// cutApart cuts a line where a wide gap or a rule stands, as between the cells of a row.
func cutApart(glyphs []glyph, rules []box) [][]glyph {
	em := emOf(glyphs)
	if em == 0 {
		return [][]glyph{glyphs}
	}
	var (
		out  [][]glyph
		from int
		last = -1
	)
	for i, g := range glyphs {
		if g.made || unicode.IsSpace(g.r) || g.t <= g.b {
			continue
		}
		if last >= 0 {
			l := glyphs[last]
			gap := g.l - l.box.r
			cut := gap > cellGap*em && !slices.ContainsFunc(glyphs[last+1:i], func(s glyph) bool { return s.r == '\u3000' })
			cut = cut || g.l < l.l-em // back to the left
			mid := (g.b + g.t) / 2
			cut = cut || gap > -1 && slices.ContainsFunc(rules, func(r box) bool {
				return r.b < mid && r.t > mid && r.l > l.box.r-1 && r.l < g.l+1
			})
			if cut {
				out = append(out, glyphs[from:i])
				from = i
			}
		}
		last = i
	}
	return append(out, glyphs[from:])
}

// layLine writes a line's glyphs as text.
func layLine(glyphs []glyph) (pdfLine, bool) {
	l := pdfLine{em: emOf(glyphs)}
	first := true
	for _, g := range glyphs {
		switch {
		case g.made || unicode.IsSpace(g.r) || g.t <= g.b:
		case first:
			l.box, first = g.box, false
		default:
			l.box = l.box.join(g.box)
		}
	}
	mid := (l.b + l.t) / 2
	l.b, l.t = mid-lineHeight*l.em/2, mid+lineHeight*l.em/2
	var (
		out  strings.Builder
		last glyph
		gap  bool // a space or a gap stands before the next glyph
	)
	for _, g := range glyphs {
		if unicode.IsSpace(g.r) || g.r == 0 {
			gap = gap || last.r != 0
			if g.r == '\u3000' && !g.made && last.r != 0 {
				out.WriteRune('\u3000')
				gap = false
			}
			continue
		}
		r, ok := mendGlyph(g.r)
		if !ok {
			continue
		}
		if last.r != 0 {
			if gap && (g.l-last.box.r > autoGap*l.em || !wide(last.r) && !wide(r)) {
				out.WriteByte(' ')
			}
		}
		out.WriteRune(r)
		last, gap = g, false
		last.r = r
	}
	l.text = strings.TrimSpace(out.String())
	return l, l.text != ""
}

// pdfCellMark stands between the cells of a row.
const pdfCellMark = " | "

// hyphen is PDFium's mark for a hyphen at the end of a line.
const hyphen = '\u0002'

// wide reports whether a character is written without spaces beside it.
func wide(r rune) bool {
	return unicode.Is(unicode.Han, r) || r >= 0x3000 && r <= 0x303f || r >= 0xff00 && r <= 0xffef ||
		strings.ContainsRune("“”‘’…—·《》〈〉【】〔〕、。", r)
}

// radicals that fonts map to their own code points and that have no decomposition.
const (
	radicalForms = "⺟⺠⻄⻅⻆⻉⻋⻓⻔⻘⻙⻚⻛⻜⻝⻢⻣⻤⻥⻦⻨⻩⻬⻮⻰⻳"
	radicalChars = "母民西见角贝车长门青韦页风飞食马骨鬼鱼鸟麦黄齐齿龙龟"
)

// mendGlyph turns a character that a font's table got nearly right into the one that is
// meant; false drops it.
func mendGlyph(r rune) (rune, bool) {
	switch {
	case r == 0xfffe || r == hyphen:
		return hyphen, true
	case r >= 0x2e80 && r <= 0x2fdf, r >= 0xf900 && r <= 0xfaff:
		if i := strings.IndexRune(radicalForms, r); i >= 0 {
			return []rune(radicalChars)[i/3], true
		}
		if d := []rune(norm.NFKC.String(string(r))); len(d) == 1 {
			return d[0], true
		}
		return r, true
	case r < ' ', !utf8.ValidRune(r):
		return 0, false
	}
	return r, true
}
