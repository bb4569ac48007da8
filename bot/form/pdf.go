package form

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"

	"golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// A paper is a PDF for a printer: pages of an exact size, drawn in millimetres from their
// top left corner. Every character that stands on it is in the file as an outline taken
// from the machine's font, once (a Type 3 font, ISO 32000-1 §9.6.5: it takes CFF and
// TrueType outlines alike and needs no subset of either), with the character it means, so
// that words can be searched, copied and read aloud. The same content is the same file.
type paper struct {
	w, h  float64 // mm
	title string
	font  *sfnt.Font
	buf   sfnt.Buffer
	wide  map[rune]float64 // em
	inks  map[glyph]int    // number of a glyph among all: its font and its code follow
	all   []glyph
	pages []*bytes.Buffer
	at    int // the page that is drawn on
}

// glyph is one character as it is drawn.
type glyph struct {
	r    rune
	bold bool
}

const (
	ptPerMM = 72 / 25.4
	// fontCodes is how many characters a Type 3 font has; codes are one byte.
	fontCodes = 256
	// boldLine is how thick the line around a bold character is, in thousandths of an em:
	// machines have one weight for certain.
	boldLine = 34
)

// newPaper begins a file of pages w by h millimetres.
func newPaper(title string, w, h float64, fonts *Fonts) (*paper, error) {
	f, err := fonts.load()
	if err != nil {
		return nil, err
	}
	return &paper{w: w, h: h, title: title, font: f, wide: map[rune]float64{}, inks: map[glyph]int{}}, nil
}

// newPage adds a page and draws on it from now on.
func (p *paper) newPage() {
	p.pages = append(p.pages, &bytes.Buffer{})
	p.at = len(p.pages) - 1
}

// on draws on another page: page numbers come last.
func (p *paper) on(page int) { p.at = page }

// width is how wide words are at a size in points, in mm.
func (p *paper) width(s string, size float64) float64 {
	var w float64
	for _, r := range s {
		w += p.advance(r)
	}
	return w * size / ptPerMM
}

// advance is a character's width in ems.
func (p *paper) advance(r rune) float64 {
	if w, ok := p.wide[r]; ok {
		return w
	}
	w := 1.0
	if i, err := p.font.GlyphIndex(&p.buf, r); err == nil {
		if a, err := p.font.GlyphAdvance(&p.buf, i, fixed.I(1000), font.HintingNone); err == nil {
			w = float64(a) / 64 / 1000
		}
	}
	p.wide[r] = w
	return w
}

// write puts one line; y is its base line.
func (p *paper) write(x, y, size float64, at anchor, c ink, bold bool, s string) {
	if s == "" {
		return
	}
	switch at {
	case middle:
		x -= p.width(s, size) / 2
	case end:
		x -= p.width(s, size)
	case start:
	}
	b := p.page()
	fmt.Fprintf(b, "%s BT 1 0 0 1 %s %s Tm ", pdfInk(c), pdfNum(x*ptPerMM), pdfNum((p.h-y)*ptPerMM))
	last := -1
	for _, r := range s {
		n := p.number(glyph{r, bold})
		if n/fontCodes != last {
			if last >= 0 {
				b.WriteString("> Tj ")
			}
			last = n / fontCodes
			fmt.Fprintf(b, "/F%d %s Tf <", last, pdfNum(size))
		}
		fmt.Fprintf(b, "%02x", n%fontCodes)
	}
	b.WriteString("> Tj ET\n")
}

func (p *paper) number(g glyph) int {
	n, ok := p.inks[g]
	if !ok {
		n = len(p.all)
		p.inks[g] = n
		p.all = append(p.all, g)
	}
	return n
}

func (p *paper) page() *bytes.Buffer { return p.pages[p.at] }

// fill is a filled box.
func (p *paper) fill(x, y, w, h float64, c ink) {
	fmt.Fprintf(p.page(), "%s %s f\n", pdfInk(c), p.rect(x, y, w, h))
}

// frame is a box with a line around it, line mm thick.
func (p *paper) frame(x, y, w, h, line float64, c ink) {
	fmt.Fprintf(p.page(), "%s %s w %s S\n", pdfInk(c), pdfNum(line*ptPerMM), p.rect(x, y, w, h))
}

func (p *paper) rect(x, y, w, h float64) string {
	return fmt.Sprintf("%s %s %s %s re", pdfNum(x*ptPerMM), pdfNum((p.h-y-h)*ptPerMM), pdfNum(w*ptPerMM), pdfNum(h*ptPerMM))
}

// code draws a QR code in a white square with its margin: one path, so that no hairline
// shows between its modules.
func (p *paper) code(x, y, side float64, c qrCode) {
	p.fill(x, y, side, side, inkPaper)
	each := side / float64(c.modules())
	b := p.page()
	b.WriteString("0 g\n")
	for row, line := range c.dark {
		for from := 0; from < len(line); from++ {
			to := from
			for to < len(line) && line[to] {
				to++
			}
			if to > from {
				b.WriteString(p.rect(x+float64(from+qrQuiet)*each, y+float64(row+qrQuiet)*each, float64(to-from)*each, each) + "\n")
				from = to
			}
		}
	}
	b.WriteString("f\n")
}

// bytes writes the file.
func (p *paper) bytes() ([]byte, error) {
	w := &pdfWriter{}
	w.out.WriteString("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	catalog, tree, info := w.reserve(), w.reserve(), w.reserve()
	var fonts strings.Builder
	for i := 0; i*fontCodes < len(p.all); i++ {
		n, err := p.fontObject(w, p.all[i*fontCodes:min(len(p.all), (i+1)*fontCodes)])
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&fonts, "/F%d %d 0 R ", i, n)
	}
	resources := w.object(fmt.Sprintf("<</Font <<%s>>>>", fonts.String()))
	var kids strings.Builder
	for _, page := range p.pages {
		content, err := w.stream("", page.Bytes())
		if err != nil {
			return nil, err
		}
		media := fmt.Sprintf("[0 0 %s %s]", pdfNum(p.w*ptPerMM), pdfNum(p.h*ptPerMM))
		n := w.object(fmt.Sprintf("<</Type /Page /Parent %d 0 R /MediaBox %s /TrimBox %s /Resources %d 0 R /Contents %d 0 R>>", tree, media, media, resources, content))
		fmt.Fprintf(&kids, "%d 0 R ", n)
	}
	w.put(tree, fmt.Sprintf("<</Type /Pages /Count %d /Kids [%s]>>", len(p.pages), kids.String()))
	w.put(catalog, fmt.Sprintf("<</Type /Catalog /Pages %d 0 R /Lang (zh-CN) /ViewerPreferences <</DisplayDocTitle true /PrintScaling /None>>>>", tree))
	w.put(info, fmt.Sprintf("<</Title <feff%s>>>", utf16Hex(plain(p.title))))
	return w.close(catalog, info), nil
}

// fontObject is up to 256 characters as a font.
func (p *paper) fontObject(w *pdfWriter, glyphs []glyph) (int, error) {
	var procs, names, widths, means strings.Builder
	for i, g := range glyphs {
		outline, err := p.outline(g)
		if err != nil {
			return 0, err
		}
		n, err := w.stream("", outline)
		if err != nil {
			return 0, err
		}
		fmt.Fprintf(&procs, "/g%d %d 0 R ", i, n)
		fmt.Fprintf(&names, "/g%d ", i)
		fmt.Fprintf(&widths, "%s ", pdfNum(p.advance(g.r)*1000))
		fmt.Fprintf(&means, "1 beginbfchar <%02x> <%s> endbfchar\n", i, utf16Hex(string(g.r)))
	}
	cmap, err := w.stream("", fmt.Appendf(nil, pdfCMap, means.String()))
	if err != nil {
		return 0, err
	}
	return w.object(fmt.Sprintf("<</Type /Font /Subtype /Type3 /FontBBox [0 0 0 0] /FontMatrix [0.001 0 0 0.001 0 0] /Resources <<>> /CharProcs <<%s>> /Encoding <</Type /Encoding /Differences [0 %s]>> /FirstChar 0 /LastChar %d /Widths [%s] /ToUnicode %d 0 R>>",
		procs.String(), names.String(), len(glyphs)-1, widths.String(), cmap)), nil
}

// outline is what draws a character, in thousandths of an em. A character that the font
// does not have is drawn as the font draws such.
func (p *paper) outline(g glyph) ([]byte, error) {
	i, err := p.font.GlyphIndex(&p.buf, g.r)
	if err != nil {
		return nil, fmt.Errorf("form: glyph: %w", err)
	}
	segments, err := p.font.LoadGlyph(&p.buf, i, fixed.I(1000), nil)
	if err != nil && !errors.Is(err, sfnt.ErrNotFound) {
		return nil, fmt.Errorf("form: glyph: %w", err)
	}
	var b, box bytes.Buffer
	at := func(q fixed.Point26_6) (float64, float64) { return float64(q.X) / 64, -float64(q.Y) / 64 }
	point := func(x, y float64) string {
		return pdfNum(math.Round(x*10)/10) + " " + pdfNum(math.Round(y*10)/10) + " "
	}
	x0, y0, x1, y1 := 0.0, 0.0, 0.0, 0.0
	var px, py float64
	open := false
	for _, s := range segments {
		n := map[sfnt.SegmentOp]int{sfnt.SegmentOpMoveTo: 1, sfnt.SegmentOpLineTo: 1, sfnt.SegmentOpQuadTo: 2, sfnt.SegmentOpCubeTo: 3}[s.Op]
		for _, q := range s.Args[:n] {
			x, y := at(q)
			x0, y0, x1, y1 = min(x0, x), min(y0, y), max(x1, x), max(y1, y)
		}
		ax, ay := at(s.Args[0])
		switch s.Op {
		case sfnt.SegmentOpMoveTo:
			if open {
				b.WriteString("h ")
			}
			open = true
			b.WriteString(point(ax, ay) + "m ")
			px, py = ax, ay
		case sfnt.SegmentOpLineTo:
			b.WriteString(point(ax, ay) + "l ")
			px, py = ax, ay
		case sfnt.SegmentOpQuadTo: // the same curve as a cubic one
			bx, by := at(s.Args[1])
			b.WriteString(point(px+(ax-px)*2/3, py+(ay-py)*2/3) + point(bx+(ax-bx)*2/3, by+(ay-by)*2/3) + point(bx, by) + "c ")
			px, py = bx, by
		case sfnt.SegmentOpCubeTo:
			bx, by := at(s.Args[1])
			cx, cy := at(s.Args[2])
			b.WriteString(point(ax, ay) + point(bx, by) + point(cx, cy) + "c ")
			px, py = cx, cy
		}
	}
	paint, line := "f", 0.0
	if g.bold {
		paint, line = "B", boldLine
	}
	if open {
		b.WriteString("h " + paint)
	}
	fmt.Fprintf(&box, "%s 0 %s %s d1 ", pdfNum(p.advance(g.r)*1000), point(x0-line, y0-line), point(x1+line, y1+line))
	if g.bold {
		fmt.Fprintf(&box, "%s w 1 j ", pdfNum(line))
	}
	return append(box.Bytes(), b.Bytes()...), nil
}

// pdfWriter collects objects and where they stand.
type pdfWriter struct {
	out   bytes.Buffer
	where []int // of object n+1
}

func (w *pdfWriter) reserve() int {
	w.where = append(w.where, 0)
	return len(w.where)
}

func (w *pdfWriter) put(n int, body string) {
	w.where[n-1] = w.out.Len()
	fmt.Fprintf(&w.out, "%d 0 obj\n%s\nendobj\n", n, body)
}

func (w *pdfWriter) object(body string) int {
	n := w.reserve()
	w.put(n, body)
	return n
}

// stream is a compressed object; dict are further entries.
func (w *pdfWriter) stream(dict string, data []byte) (int, error) {
	var b bytes.Buffer
	z, err := zlib.NewWriterLevel(&b, zlib.BestCompression)
	if err != nil {
		return 0, fmt.Errorf("form: pdf: %w", err)
	}
	if _, err := z.Write(data); err != nil {
		return 0, fmt.Errorf("form: pdf: %w", err)
	}
	if err := z.Close(); err != nil {
		return 0, fmt.Errorf("form: pdf: %w", err)
	}
	return w.object(fmt.Sprintf("<<%s/Filter /FlateDecode /Length %d>>\nstream\n%s\nendstream", dict, b.Len(), b.String())), nil
}

func (w *pdfWriter) close(catalog, info int) []byte {
	table := w.out.Len()
	fmt.Fprintf(&w.out, "xref\n0 %d\n0000000000 65535 f \n", len(w.where)+1)
	for _, at := range w.where {
		fmt.Fprintf(&w.out, "%010d 00000 n \n", at)
	}
	fmt.Fprintf(&w.out, "trailer\n<</Size %d /Root %d 0 R /Info %d 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(w.where)+1, catalog, info, table)
	return slices.Clone(w.out.Bytes())
}

// pdfInk sets the colour of areas and lines: a character's outline may be both.
func pdfInk(c ink) string {
	v := c.rgba()
	s := fmt.Sprintf("%s %s %s", pdfNum(float64(v.R)/255), pdfNum(float64(v.G)/255), pdfNum(float64(v.B)/255))
	return s + " rg " + s + " RG"
}

// pdfNum writes a number in thousandths, as short as it is.
func pdfNum(v float64) string {
	return strconv.FormatFloat(math.Round(v*1000)/1000+0, 'f', -1, 64)
}

func utf16Hex(s string) string {
	var b strings.Builder
	for _, u := range utf16.Encode([]rune(s)) {
		fmt.Fprintf(&b, "%04x", u)
	}
	return b.String()
}

const pdfCMap = `/CIDInit /ProcSet findresource begin 12 dict begin begincmap
/CMapName /Qingfeng def /CMapType 2 def
1 begincodespacerange <00> <ff> endcodespacerange
%sendcmap CMapName currentdict /CMap defineresource pop end end
`
