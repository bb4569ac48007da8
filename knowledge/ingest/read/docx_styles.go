package read

import (
	"encoding/xml"
	"strings"
)

// marks are the properties of characters that make them invisible; nil is not stated.
type marks struct {
	vanish *bool
	color  *string // RRGGBB, auto
	size   *int    // half points
	shade  *bool   // a background or a highlight: white text on it can be read
}

// over lays properties stated nearer to the text over these.
func (m marks) over(near marks) marks {
	if near.vanish != nil {
		m.vanish = near.vanish
	}
	if near.color != nil {
		m.color = near.color
	}
	if near.size != nil {
		m.size = near.size
	}
	if near.shade != nil {
		m.shade = near.shade
	}
	return m
}

// hidden reports text that nobody can read: hidden, a point high or less, or white on
// no background.
func (m marks) hidden() bool {
	if m.vanish != nil && *m.vanish || m.size != nil && *m.size <= 2 {
		return true
	}
	return m.color != nil && nearlyWhite(*m.color) && (m.shade == nil || !*m.shade)
}

func nearlyWhite(rgb string) bool {
	rgb = strings.TrimPrefix(rgb, "#")
	if len(rgb) != 6 {
		return false
	}
	for i := 0; i < 6; i += 2 {
		if strings.ToUpper(rgb[i:i+2]) < "FA" {
			return false
		}
	}
	return true
}

// paragraph properties; -1 is not stated.
type props struct {
	style   string
	num     int   // instance of a list; 0: explicitly none
	level   int   // of the list
	outline int   // 0–8; 9: body
	shade   bool  // a background; in a table style: of any cell
	marks   marks // of the characters, in a style
	deleted bool  // the mark was deleted: the next paragraph continues this one
	unseen  bool  // the mark is hidden
}

func noProps() props { return props{num: -1, level: -1, outline: -1} }

type style struct {
	props
	kind, name, base string
}

// styles are a docx's styles and lists.
type styles struct {
	byID        map[string]*style
	defaultPara string
	defaults    marks
	lists       map[int]*instance // by numId
}

// readStyles reads the styles and the numbering, either of which may be absent.
func readStyles(s *sink, a *archive, stylesPart, numberingPart string) (*styles, error) {
	st := &styles{byID: map[string]*style{}, lists: map[int]*instance{}}
	if a.has(stylesPart) {
		err := parse(s, a, stylesPart, func(t *tokens, _ xml.StartElement) error {
			return t.each(func(e xml.StartElement) error {
				switch e.Name.Local {
				case "docDefaults":
					return t.each(func(e xml.StartElement) error {
						if e.Name.Local != "rPrDefault" {
							return t.skip()
						}
						return t.each(func(e xml.StartElement) (err error) {
							st.defaults, err = readMarks(t)
							return err
						})
					})
				case "style":
					return st.style(t, e)
				}
				return t.skip()
			})
		})
		if err != nil {
			return nil, err
		}
	}
	if a.has(numberingPart) {
		if err := parse(s, a, numberingPart, st.numbering); err != nil {
			return nil, err
		}
	}
	return st, nil
}

func (st *styles) style(t *tokens, e xml.StartElement) error {
	one := &style{props: noProps(), kind: attr(e, "type")}
	id := attr(e, "styleId")
	if d := attr(e, "default"); one.kind == "paragraph" && on(d) && d != "" {
		st.defaultPara = id
	}
	err := t.each(func(e xml.StartElement) (err error) {
		switch e.Name.Local {
		case "name":
			one.name = strings.ToLower(attr(e, "val"))
		case "basedOn":
			one.base = attr(e, "val")
		case "pPr":
			p, err := readProps(t)
			p.marks, p.shade = one.marks, p.shade || one.shade
			one.props = p
			return err
		case "rPr":
			one.marks, err = readMarks(t)
			return err
		case "tblPr", "tcPr", "tblStylePr": // of a table: does it colour any cell?
			shaded, err := anyShade(t)
			one.shade = one.shade || shaded
			return err
		}
		return t.skip()
	})
	if id != "" && st.byID[id] == nil {
		st.byID[id] = one
	}
	return err
}

// chain calls f for a style and those it is based on, nearest first, until f is done.
func (st *styles) chain(id string, f func(*style) (done bool)) {
	for range 32 { // a loop of styles ends here
		one := st.byID[id]
		if one == nil || f(one) {
			return
		}
		id = one.base
	}
}

// resolve fills in what a paragraph has from its style: its list and level, and its
// outline level.
func (st *styles) resolve(p props) props {
	own := p.num >= 0
	stated := own || p.level >= 0
	if st.byID[p.style] == nil {
		p.style = st.defaultPara
	}
	st.chain(p.style, func(one *style) bool {
		if p.num < 0 && one.num >= 0 {
			p.num = one.num
		}
		if p.level < 0 && one.level >= 0 && !own {
			p.level = one.level
		}
		if p.outline < 0 && one.outline >= 0 {
			p.outline = one.outline
		}
		return false
	})
	// A level that names the paragraph's style is its level, whatever the style says.
	if n := st.lists[p.num]; n != nil && !stated {
		st.chain(p.style, func(one *style) bool {
			for i := range 9 {
				if tied := n.level(i).style; tied != "" && st.byID[tied] == one {
					p.level = i
					return true
				}
			}
			return false
		})
	}
	if p.level < 0 || p.level > 8 {
		p.level = 0
	}
	return p
}

// textMarks are the properties of characters in a paragraph of a style, in a run of
// a character style.
func (st *styles) textMarks(para, char string, own marks) marks {
	m := st.defaults
	for _, id := range []string{para, char} {
		var chain []*style
		if id == "" && char != "" {
			continue
		}
		if st.byID[id] == nil {
			continue
		}
		st.chain(id, func(one *style) bool { chain = append(chain, one); return false })
		for i := len(chain) - 1; i >= 0; i-- {
			m = m.over(chain[i].marks)
		}
	}
	return m.over(own)
}

// contents reports a style of a table of contents: its lines repeat the headings.
func (st *styles) contents(id string) bool {
	found := false
	st.chain(id, func(one *style) bool {
		found = found || strings.HasPrefix(one.name, "toc ") || strings.HasPrefix(one.name, "contents ")
		return found
	})
	return found
}

// shaded reports whether a w:shd paints a background on which white can be read.
func shaded(e xml.StartElement) bool {
	fill := attr(e, "fill")
	return fill != "" && fill != "auto" && !nearlyWhite(fill)
}

// anyShade looks for a background anywhere in the element just started.
func anyShade(t *tokens) (found bool, err error) {
	var look func(e xml.StartElement) error
	look = func(e xml.StartElement) error {
		found = found || e.Name.Local == "shd" && shaded(e)
		return t.each(look)
	}
	err = t.each(look)
	return found, err
}

// on reads the value of a switch: absent is on.
func on(val string) bool { return val != "0" && val != "false" && val != "off" && val != "none" }

// readMarks reads a w:rPr.
func readMarks(t *tokens) (marks, error) {
	m, _, err := readRunProps(t)
	return m, err
}

func readRunProps(t *tokens) (m marks, char string, err error) {
	err = t.each(func(e xml.StartElement) error {
		val := attr(e, "val")
		switch e.Name.Local {
		case "vanish":
			v := on(val)
			m.vanish = &v
		case "color":
			m.color = &val
		case "sz":
			if n := number(val, -1); n >= 0 {
				m.size = &n
			}
		case "highlight":
			v := val != "none" && val != "white"
			m.shade = &v
		case "shd":
			v := shaded(e) || val != "clear" && val != "nil" && val != ""
			if m.shade == nil || v {
				m.shade = &v
			}
		case "rStyle":
			char = val
		}
		return t.skip()
	})
	return m, char, err
}

// readProps reads a w:pPr. What the paragraph was before a tracked change is skipped.
func readProps(t *tokens) (props, error) {
	p := noProps()
	err := t.each(func(e xml.StartElement) error {
		switch e.Name.Local {
		case "pStyle":
			p.style = attr(e, "val")
		case "outlineLvl":
			p.outline = number(attr(e, "val"), -1)
		case "shd":
			p.shade = shaded(e)
		case "numPr":
			return t.each(func(e xml.StartElement) error {
				switch e.Name.Local {
				case "numId":
					p.num = number(attr(e, "val"), -1)
				case "ilvl":
					p.level = number(attr(e, "val"), -1)
				}
				return t.skip()
			})
		case "rPr":
			return t.each(func(e xml.StartElement) error {
				switch e.Name.Local {
				case "del", "moveFrom":
					p.deleted = true
				case "vanish":
					p.unseen = on(attr(e, "val"))
				}
				return t.skip()
			})
		}
		return t.skip()
	})
	return p, err
}

// numbering reads w:numbering.
func (st *styles) numbering(t *tokens, _ xml.StartElement) error {
	lists := map[int]*list{}
	links := map[int]string{} // a list that is defined by a numbering style
	type use struct {
		id, list int
		*instance
	}
	var uses []use
	err := t.each(func(e xml.StartElement) error {
		switch e.Name.Local {
		case "abstractNum":
			id, l := number(attr(e, "abstractNumId"), -1), &list{}
			for i := range l.levels {
				l.levels[i] = listLevel{restart: -1, start: 1, format: "decimal"}
			}
			lists[id] = l
			return t.each(func(e xml.StartElement) error {
				switch e.Name.Local {
				case "numStyleLink":
					links[id] = attr(e, "val")
				case "lvl":
					i := number(attr(e, "ilvl"), -1)
					level, err := readLevel(t)
					if i >= 0 && i < 9 {
						l.levels[i] = level
					}
					return err
				}
				return t.skip()
			})
		case "num":
			u := use{id: number(attr(e, "numId"), -1), list: -1, instance: newInstance(nil)}
			err := t.each(func(e xml.StartElement) error {
				switch e.Name.Local {
				case "abstractNumId":
					u.list = number(attr(e, "val"), -1)
				case "lvlOverride":
					i := number(attr(e, "ilvl"), -1)
					if i < 0 || i > 8 {
						return t.skip()
					}
					return t.each(func(e xml.StartElement) error {
						switch e.Name.Local {
						case "startOverride":
							u.start[i] = max(0, number(attr(e, "val"), 1))
						case "lvl":
							level, err := readLevel(t)
							u.override[i] = &level
							return err
						}
						return t.skip()
					})
				}
				return t.skip()
			})
			uses = append(uses, u)
			return err
		}
		return t.skip()
	})
	if err != nil {
		return err
	}
	byID := map[int]use{}
	for _, u := range uses {
		byID[u.id] = u
	}
	for _, u := range uses {
		at := u.list
		for range 8 { // through numbering styles, which may chain
			link := links[at]
			if link == "" {
				break
			}
			st.chain(link, func(one *style) bool {
				if one.num <= 0 {
					return false
				}
				at = byID[one.num].list
				return true
			})
		}
		if l := lists[at]; l != nil {
			u.instance.list = l
			st.lists[u.id] = u.instance
		}
	}
	return nil
}

func readLevel(t *tokens) (listLevel, error) {
	l := listLevel{start: 1, restart: -1, format: "decimal", suffix: " "}
	var read func(e xml.StartElement) error
	read = func(e xml.StartElement) error {
		val := attr(e, "val")
		switch e.Name.Local {
		case "AlternateContent", "Choice", "Fallback": // the fallback is read last and holds
			return t.each(read)
		case "start":
			l.start = max(0, number(val, 1))
		case "numFmt":
			l.format = val
		case "lvlText":
			l.text = val
		case "lvlRestart":
			l.restart = number(val, -1)
		case "isLgl":
			l.legal = on(val)
		case "pStyle":
			l.style = val
		case "suff":
			if val == "nothing" {
				l.suffix = ""
			}
		case "rPr":
			m, err := readMarks(t)
			if m.vanish != nil && *m.vanish {
				l.text = "" // a hidden number
			}
			return err
		}
		return t.skip()
	}
	err := t.each(read)
	return l, err
}
