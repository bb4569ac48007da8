package read

import (
	"encoding/xml"
	"math"
	"path"
	"slices"
	"strings"
	"unicode/utf8"
)

// readOFD reads an OFD file (GB/T 33190): OFD.xml names its documents, Document.xml
// their pages, a page its texts with where they stand, in millimetres, y downwards.
func readOFD(s *sink, a *archive) error {
	s.out.Format = "ofd"
	var roots []string
	encrypted := false
	err := parse(s, a, "ofd.xml", func(t *tokens, _ xml.StartElement) error {
		return t.each(func(e xml.StartElement) error {
			switch e.Name.Local {
			case "DocBody":
				return t.each(func(e xml.StartElement) error {
					switch e.Name.Local {
					case "DocRoot":
						text, err := t.text()
						roots = append(roots, inOFD("", text))
						return err
					case "DocInfo":
						return t.each(func(e xml.StartElement) error {
							if e.Name.Local != "Title" {
								return t.skip()
							}
							text, err := t.text()
							s.title(text)
							return err
						})
					}
					return t.skip()
				})
			case "Encryptions", "EncryptInfo":
				encrypted = true
			}
			return t.skip()
		})
	})
	if err != nil {
		return err
	}
	for _, name := range a.names {
		base := path.Base(name)
		encrypted = encrypted || base == "encryptions.xml" || base == "encryptinfo.xml" || base == "decryptseed.dat"
	}
	if encrypted {
		return fail(Encrypted, "ofd")
	}
	o := &ofd{s: s, a: a}
	for _, root := range roots[:min(len(roots), 64)] {
		if err := o.document(root); err != nil {
			return err
		}
	}
	s.out.Pages = o.pages
	if o.pages > 0 && !o.text {
		return fail(Scanned, "%d pages without text", o.pages)
	}
	return o.flush()
}

type ofd struct {
	s     *sink
	a     *archive
	pages int
	text  bool // some was found
	last  *ofdLine
	para  strings.Builder // the paragraph that is not complete yet
}

// piece of text on a page; x and y are where its first glyph's baseline begins.
type ofdText struct {
	x, y, end float64
	size      float64 // of a glyph
	text      string
}

type ofdLine struct {
	x, y, end, size float64
	left, right     float64 // of the page's text
	text            string
	page            int
}

// inOFD resolves a location: absolute in the package, or from the file that names it.
func inOFD(from, loc string) string {
	loc = strings.ReplaceAll(strings.TrimSpace(loc), `\`, "/")
	if strings.HasPrefix(loc, "/") {
		return entry(path.Clean(loc))
	}
	return entry(path.Join(path.Dir(from), loc))
}

func (o *ofd) document(root string) error {
	templates := map[string]string{}
	var pages []string
	err := parse(o.s, o.a, root, func(t *tokens, _ xml.StartElement) error {
		return t.each(func(e xml.StartElement) error {
			switch e.Name.Local {
			case "CommonData":
				return t.each(func(e xml.StartElement) error {
					if e.Name.Local == "TemplatePage" {
						templates[attr(e, "ID")] = inOFD(root, attr(e, "BaseLoc"))
					}
					return t.skip()
				})
			case "Pages":
				return t.each(func(e xml.StartElement) error {
					if e.Name.Local == "Page" {
						pages = append(pages, inOFD(root, attr(e, "BaseLoc")))
					}
					if len(pages) > o.s.lim.Entries {
						return fail(Bomb, "more than %d pages", o.s.lim.Entries)
					}
					return t.skip()
				})
			}
			return t.skip()
		})
	})
	if err != nil {
		return err
	}
	printed := map[string]bool{}
	for _, name := range pages {
		o.pages++
		texts, used, err := o.page(name)
		if err != nil {
			return err
		}
		// A template's text is on every page that uses it; once is enough.
		for _, id := range used {
			if tpl := templates[id]; tpl != "" && !printed[tpl] && o.a.has(tpl) {
				printed[tpl] = true
				more, _, err := o.page(tpl)
				if err != nil {
					return err
				}
				texts = append(texts, more...)
			}
		}
		if err := o.write(texts); err != nil {
			return err
		}
	}
	return nil
}

// page reads the texts of a page and the templates it names.
func (o *ofd) page(name string) (texts []ofdText, templates []string, err error) {
	err = parse(o.s, o.a, name, func(t *tokens, _ xml.StartElement) error {
		var read func(e xml.StartElement) error
		read = func(e xml.StartElement) error {
			switch e.Name.Local {
			case "Template":
				templates = append(templates, attr(e, "TemplateID"))
				return t.skip()
			case "Content", "Layer", "PageBlock", "CellContent":
				return t.each(read)
			case "TextObject":
				some, err := o.object(t, e)
				if texts = append(texts, some...); len(texts) > o.s.lim.Lines {
					return fail(TooBig, "more than %d texts on a page", o.s.lim.Lines)
				}
				return err
			}
			return t.skip()
		}
		return t.each(read)
	})
	return texts, templates, err
}

// object reads a TextObject.
func (o *ofd) object(t *tokens, e xml.StartElement) ([]ofdText, error) {
	bounds := floats(attr(e, "Boundary"), 4)
	ctm := floats(attr(e, "CTM"), 6)
	if attr(e, "CTM") == "" {
		ctm = []float64{1, 0, 0, 1, 0, 0}
	}
	size := floats(attr(e, "Size"), 1)[0]
	stretch := math.Hypot(ctm[0], ctm[1])
	wide := stretch
	if h := floats(attr(e, "HScale"), 1)[0]; h > 0 {
		wide *= h
	}
	hidden := attr(e, "Visible") == "false" || attr(e, "Alpha") == "0" || attr(e, "Fill") == "false" && attr(e, "Stroke") != "true"
	var texts []ofdText
	err := t.each(func(e xml.StartElement) error {
		switch e.Name.Local {
		case "FillColor":
			v := strings.Fields(attr(e, "Value"))
			hidden = hidden || attr(e, "Alpha") == "0" || slices.Equal(v, []string{"255", "255", "255"})
		case "TextCode":
			x, y := floats(attr(e, "X"), 1)[0], floats(attr(e, "Y"), 1)[0]
			dx, dy := deltas(attr(e, "DeltaX")), deltas(attr(e, "DeltaY"))
			text, err := t.text()
			if err != nil {
				return err
			}
			one := ofdText{
				x: bounds[0] + ctm[0]*x + ctm[2]*y + ctm[4], y: bounds[1] + ctm[1]*x + ctm[3]*y + ctm[5], size: size * stretch,
			}
			var width float64
			if one.text, width = spaced(strings.Trim(text, "\r\n\t"), dx, dy, size); one.text == "" {
				return nil
			}
			one.end = one.x + width*wide
			texts = append(texts, one)
			return nil
		}
		return t.skip()
	})
	// A point or less: 0.353 mm.
	if hidden || size > 0 && size*stretch <= 0.353 {
		for _, one := range texts {
			o.s.hide(one.text)
		}
		return nil, err
	}
	return texts, err
}

// spaced puts a space where the step from one glyph to the next is wider than the
// glyph by more than half its size, and measures the whole.
func spaced(text string, dx, dy []float64, size float64) (string, float64) {
	var b strings.Builder
	width, i := 0.0, 0
	vertical := len(dy) > 0 && len(dx) == 0
	for _, r := range text {
		b.WriteRune(r)
		own := advance(r) * size
		step := own
		if i < len(dx) {
			step = dx[i]
			if step-own > 0.6*size && r != ' ' && step < 1e6 {
				b.WriteByte(' ')
			}
		}
		if !vertical {
			width += max(step, 0)
		}
		i++
	}
	return strings.TrimSpace(b.String()), width
}

// advance is the usual width of a character, by its size.
func advance(r rune) float64 {
	if r < 0x2E80 {
		return 0.55
	}
	return 1
}

// write brings the texts of a page into lines, and the lines into paragraphs.
func (o *ofd) write(texts []ofdText) error {
	if len(texts) == 0 {
		return nil
	}
	o.text = true
	slices.SortStableFunc(texts, func(a, b ofdText) int { return sign(a.y - b.y) })
	var lines []ofdLine
	for i := 0; i < len(texts); {
		j := i + 1
		for j < len(texts) && texts[j].y-texts[i].y < 0.5*max(texts[i].size, 1) {
			j++
		}
		row := texts[i:j]
		slices.SortStableFunc(row, func(a, b ofdText) int { return sign(a.x - b.x) })
		l := ofdLine{x: row[0].x, y: row[0].y, page: o.pages}
		for k, one := range row {
			if k > 0 {
				gap := one.x - l.end
				switch {
				case gap > 3*one.size: // columns of a table
					l.text += " | "
				case gap > 0.5*one.size && !strings.HasSuffix(l.text, " "):
					l.text += " "
				}
			}
			l.text += one.text
			l.end = max(l.end, one.end)
			l.size = max(l.size, one.size)
		}
		lines = append(lines, l)
		i = j
	}
	if n := len(lines); n > 1 && pageNumber.MatchString(lines[n-1].text) {
		lines = lines[:n-1]
	}
	left, right := math.Inf(1), math.Inf(-1)
	for _, l := range lines {
		left, right = min(left, l.x), max(right, l.end)
	}
	for _, l := range lines {
		l.left, l.right = left, right
		if !o.continues(l) {
			if err := o.flush(); err != nil {
				return err
			}
			o.s.page = l.page
		} else if p := o.para.String(); p != "" && l.text != "" && p[len(p)-1] < 0x80 && l.text[0] < 0x80 {
			o.para.WriteByte(' ') // between two words of Latin script
		}
		o.para.WriteString(l.text)
		o.last = &l
	}
	return nil
}

// continues reports a line that goes on with the paragraph before it: that one was
// full, and this one is not indented and of the same size.
func (o *ofd) continues(l ofdLine) bool {
	p := o.last
	if p == nil || o.para.Len() == 0 || strings.Contains(l.text, " | ") || strings.Contains(p.text, " | ") || o.para.Len() > 1<<16 {
		return false
	}
	size := max(p.size, l.size, 0.1)
	full := p.end > p.right-1.6*size
	flush := l.x < l.left+0.8*size
	near := l.page == p.page && l.y-p.y < 2.6*size || l.page == p.page+1
	if l.page != p.page && ends("。！？；：", p.text) {
		return false
	}
	// A full page width is half a page at least: a centred title is never full.
	return full && flush && near && math.Abs(p.size-l.size) < 0.15*size && p.end-p.x > 8*size
}

func (o *ofd) flush() error {
	text := o.para.String()
	o.para.Reset()
	return o.s.line(text, 0)
}

// ends reports whether a text ends with one of some characters.
func ends(with, text string) bool {
	r, _ := utf8.DecodeLastRuneInString(text)
	return strings.ContainsRune(with, r)
}

func sign(f float64) int {
	switch {
	case f < 0:
		return -1
	case f > 0:
		return 1
	}
	return 0
}
