package read

import (
	"encoding/xml"
	"strings"
	"unicode/utf8"
)

// inline reads what stands in a paragraph.
func (r *runs) inline(t *tokens, e xml.StartElement) error {
	nested := func(e xml.StartElement) error { return r.inline(t, e) }
	switch e.Name.Local {
	case "pPr":
		p, err := readProps(t)
		r.p = r.d.st.resolve(p)
		r.p.shade = p.shade
		return err
	case "r":
		return r.run(t)
	case "hyperlink":
		r.contents = r.contents || strings.HasPrefix(attr(e, "anchor"), "_Toc")
		return t.each(nested)
	case "sdt", "sdtContent", "ins", "moveTo", "fldSimple", "smartTag", "customXml", "dir", "bdo":
		return t.each(nested)
	case "AlternateContent", "Choice", "Fallback":
		return r.alternate(t, e, nested)
	case "oMath", "oMathPara":
		text, err := t.text()
		r.put(strings.Join(strings.Fields(text), ""), false)
		return err
	}
	return t.skip()
}

// alternate reads the first choice of an mc:AlternateContent: the fallback says the
// same again, for older programs.
func (r *runs) alternate(t *tokens, e xml.StartElement, read func(xml.StartElement) error) error {
	switch e.Name.Local {
	case "AlternateContent":
		r.chosen = false
	case "Choice":
		r.chosen = true
	case "Fallback":
		if r.chosen {
			return t.skip()
		}
	}
	return t.each(read)
}

// run reads a w:r: its properties come first.
func (r *runs) run(t *tokens) error {
	var own marks
	char, hidden := "", false
	see := func() {
		m := r.d.st.textMarks(r.p.style, char, own)
		if r.p.shade || r.d.shade > 0 {
			m.color = nil
		}
		hidden = m.hidden()
	}
	see()
	var read func(e xml.StartElement) error
	read = func(e xml.StartElement) error {
		switch e.Name.Local {
		case "rPr":
			var err error
			own, char, err = readRunProps(t)
			see()
			return err
		case "t":
			text, err := t.text()
			if !r.instruction() {
				r.put(text, hidden)
			}
			return err
		case "tab", "ptab":
			r.put(" ", hidden)
		case "br":
			switch attr(e, "type") {
			case "page", "column":
				r.put(" ", hidden)
			default:
				r.put("\n", hidden)
			}
		case "cr":
			r.put("\n", hidden)
		case "noBreakHyphen":
			r.put("-", hidden)
		case "sym":
			r.put(symbol(attr(e, "char")), hidden)
		case "lastRenderedPageBreak":
			r.d.page++
			r.d.pages = true
		case "fldChar":
			switch n := len(r.codes); attr(e, "fldCharType") {
			case "begin":
				if n < 64 {
					r.codes = append(r.codes, true)
				}
			case "separate":
				if n > 0 {
					r.codes[n-1] = false
				}
			case "end":
				if n > 0 {
					r.codes = r.codes[:n-1]
				}
			}
		case "footnoteReference", "endnoteReference":
			kind := strings.TrimSuffix(e.Name.Local, "Reference")
			if note := r.d.notes[kind+" "+attr(e, "id")]; note != "" {
				r.after = append(r.after, block{text: note, page: r.d.page})
			}
		case "ruby": // the reading above a word is left out
			return t.each(func(e xml.StartElement) error {
				if e.Name.Local != "rubyBase" {
					return t.skip()
				}
				return t.each(func(e xml.StartElement) error { return r.inline(t, e) })
			})
		case "AlternateContent", "Choice", "Fallback":
			return r.alternate(t, e, read)
		case "drawing", "pict", "object":
			return r.shape(t)
		}
		return t.skip()
	}
	return t.each(read)
}

// shape looks for text boxes in a drawing. What fills a shape is not looked at: white
// text in one counts as visible.
func (r *runs) shape(t *tokens) error {
	var read func(e xml.StartElement) error
	read = func(e xml.StartElement) error {
		switch e.Name.Local {
		case "txbxContent":
			r.d.shade++
			defer func() { r.d.shade-- }()
			carry := r.d.carry
			r.d.carry = ""
			err := r.d.blocks(t, func(b block) error {
				r.after = append(r.after, b)
				return nil
			})
			r.d.carry = carry
			return err
		case "AlternateContent", "Choice", "Fallback":
			return r.alternate(t, e, read)
		}
		return t.each(read)
	}
	return t.each(read)
}

func (r *runs) put(text string, hidden bool) {
	switch {
	case text == "":
	case hidden:
		r.hidden.WriteString(text)
	default:
		if r.page == 0 && strings.TrimSpace(text) != "" {
			r.page = r.d.page
		}
		r.text.WriteString(text)
	}
}

// instruction reports text of a field that is not its result.
func (r *runs) instruction() bool {
	for _, code := range r.codes {
		if code {
			return true
		}
	}
	return false
}

// symbol is a character of a picture font that matters in forms: boxes and ticks.
func symbol(code string) string {
	switch strings.ToUpper(code) {
	case "F0A8", "F06F", "F071", "F0A3", "F030":
		return "□"
	case "F0FE", "F052", "F053":
		return "☑"
	case "F0FC", "F050":
		return "✓"
	}
	return ""
}

// table reads a w:tbl, a row at a time.
func (d *docx) table(t *tokens, out func(block) error) error {
	above := map[int]string{} // column → the text of a cell that goes on below
	styled := false
	defer func() {
		if styled {
			d.shade--
		}
	}()
	var read func(e xml.StartElement) error
	read = func(e xml.StartElement) error {
		switch e.Name.Local {
		case "tblPr":
			return t.each(func(e xml.StartElement) error {
				if e.Name.Local == "tblStyle" {
					d.st.chain(attr(e, "val"), func(one *style) bool {
						if one.shade && !styled {
							styled = true
							d.shade++
						}
						return styled
					})
				}
				return t.skip()
			})
		case "tr":
			return d.row(t, above, out)
		case "sdt", "sdtContent", "ins", "moveTo", "customXml":
			return t.each(read)
		}
		return t.skip()
	}
	return t.each(read)
}

func (d *docx) row(t *tokens, above map[int]string, out func(block) error) error {
	var (
		cells  [][]block
		after  []block // rows of tables within
		column int
		gone   bool // the row was deleted
		hidden bool
		page   = d.page
	)
	var read func(e xml.StartElement) error
	read = func(e xml.StartElement) error {
		switch e.Name.Local {
		case "trPr":
			return t.each(func(e xml.StartElement) error {
				gone = gone || e.Name.Local == "del"
				hidden = hidden || e.Name.Local == "hidden" && on(attr(e, "val"))
				return t.skip()
			})
		case "tc":
			cell, err := d.cell(t, &column, above)
			if len(cells) < 1024 {
				cells = append(cells, cell)
			}
			return err
		case "sdt", "sdtContent", "ins", "moveTo", "customXml":
			return t.each(read)
		}
		return t.skip()
	}
	if err := t.each(read); err != nil || gone {
		return err
	}
	var texts []string
	full, last := 0, 0
	for i, cell := range cells {
		var parts []string
		for _, b := range cell {
			if b.row && len(cells) > 1 {
				after = append(after, b)
			} else if part := strings.TrimSpace(strings.ReplaceAll(b.text, "\n", " ")); part != "" {
				parts = append(parts, part)
			}
		}
		texts = append(texts, strings.Join(parts, " "))
		if len(parts) > 0 {
			full, last = full+1, i
		}
	}
	if hidden {
		d.s.hide(strings.Join(texts, " | "))
		return nil
	}
	if full <= 1 { // a frame around text, or a caption
		if full == 1 {
			for _, b := range cells[last] {
				if b.row && len(cells) > 1 {
					continue
				}
				if err := out(b); err != nil {
					return err
				}
			}
		}
	} else if err := out(block{text: strings.Join(texts[:last+1], " | "), page: page, row: true}); err != nil {
		return err
	}
	for _, b := range after {
		if err := out(b); err != nil {
			return err
		}
	}
	return nil
}

// cell reads a w:tc. A cell merged with the one above repeats its text where that is a
// label: a row should say what it belongs to.
func (d *docx) cell(t *tokens, column *int, above map[int]string) ([]block, error) {
	const label = 40 // characters
	var cell []block
	span, merged, starts, dark := 1, false, false, false
	d.carry = ""
	err := d.blocksOr(t, func(e xml.StartElement) (bool, error) {
		if e.Name.Local != "tcPr" {
			return false, nil
		}
		return true, t.each(func(e xml.StartElement) error {
			switch e.Name.Local {
			case "gridSpan":
				span = min(max(number(attr(e, "val"), 1), 1), 63)
			case "vMerge":
				starts = attr(e, "val") == "restart"
				merged = !starts
			case "shd":
				if shaded(e) && !dark {
					dark = true
					d.shade++
				}
			}
			return t.skip()
		})
	}, func(b block) error { cell = append(cell, b); return nil })
	if dark {
		d.shade--
	}
	at := *column
	*column += span
	switch {
	case merged:
		if text := above[at]; text != "" {
			return []block{{text: text}}, err
		}
	case starts:
		var parts []string
		for _, b := range cell {
			parts = append(parts, b.text)
		}
		above[at] = strings.TrimSpace(strings.Join(parts, " "))
		if utf8.RuneCountInString(above[at]) > label {
			delete(above, at)
		}
	default:
		delete(above, at)
	}
	return cell, err
}
