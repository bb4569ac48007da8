package form

import (
	"regexp"
	"strings"

	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

// field is what a column or label of an old form is about.
type field int

const (
	fNone field = iota
	fNo
	fItem
	fNode
	fTitle
	fManifest
	fCategory
	fLevel
	fMeasure
	fOther    // known, but not part of a point
	fStop     // 审核, 签字: the points end here
	fMeasured // a measure with its slots in brackets
)

type matcher = *regexp.Regexp

func oldLabels() map[field]matcher {
	return map[field]matcher{
		fNo: regexp.MustCompile(text.FormOldNo), fItem: regexp.MustCompile(text.FormOldItem),
		fNode: regexp.MustCompile(text.FormOldNode), fTitle: regexp.MustCompile(text.FormOldTitle),
		fManifest: regexp.MustCompile(text.FormOldManifest), fCategory: regexp.MustCompile(text.FormOldCategory),
		fLevel: regexp.MustCompile(text.FormOldLevel), fMeasure: regexp.MustCompile(text.FormOldMeasure),
		fOther: regexp.MustCompile(text.FormOldOther), fStop: regexp.MustCompile(text.FormOldStop),
		fMeasured: regexp.MustCompile(text.FormOldMeasured),
	}
}

// field says what a label is about; a long text is never a label.
func (c *collector) field(s string) field {
	k := label(s)
	if k == "" || len([]rune(k)) > 14 {
		return fNone
	}
	for _, f := range []field{fNo, fOther, fLevel, fCategory, fMeasure, fManifest, fNode, fItem, fTitle, fStop} {
		if c.labels[f].MatchString(k) {
			return f
		}
	}
	return fNone
}

// isLabel reports whether a cell names a field, rather than holding a value.
func (c *collector) isLabel(s string) bool {
	f := c.field(s)
	return f != fNone && f != fStop && f != fNo
}

// table reads one table: below header rows as columns, elsewhere as labels with
// their values beside them.
func (c *collector) table(g grid) {
	var head map[int]field // by column, while below a header
	from := 0              // the header's last row
	for r := 0; r < len(g); r++ {
		if h := c.header(g, r); h != nil {
			c.flush()
			if head != nil && from == r-1 { // a header of two rows: the lower one is finer
				for col, f := range head {
					if h[col] == fNone || g.at(r, col).r < r {
						h[col] = f
					}
				}
			}
			head, from = h, r
			continue
		}
		switch {
		case head == nil:
			c.labelRow(g, r)
		case c.ends(g, r):
			c.flush()
			head = nil
			c.labelRow(g, r)
		default:
			c.dataRow(g, r, from, head)
		}
	}
}

// header reads a row of column names: two different fields of a point at least, one
// of them the point itself, and hardly anything that is not a name.
func (c *collector) header(g grid, r int) map[int]field {
	h := map[int]field{}
	kinds := map[field]bool{}
	named, all := 0, 0
	for col := range g[r] {
		cl := g.at(r, col)
		f := c.field(cl.text)
		if f != fNone && f != fStop {
			h[col] = f
		}
		if cl.text == "" || cl.c != col || cl.r != r {
			continue
		}
		all++
		if f != fNone {
			named++
			kinds[f] = true
		}
	}
	delete(kinds, fOther)
	delete(kinds, fStop)
	if len(kinds) < 2 || named*4 < all*3 || !kinds[fTitle] && !kinds[fManifest] && !(kinds[fNode] && kinds[fMeasure]) {
		return nil
	}
	return h
}

// ends reports whether a row below a header is no longer about points.
func (c *collector) ends(g grid, r int) bool {
	cl := g.at(r, 0)
	if cl.r != r {
		return false
	}
	wide := true
	for col := range g[r] {
		wide = wide && g.at(r, col).c == 0
	}
	k := label(cl.text)
	if f := c.field(cl.text); f == fStop || f == fOther {
		return true
	}
	return wide && len(g[r]) > 1 || c.labels[fStop].MatchString(k)
}

// dataRow reads a row below a header. Cells merged from above belong to the same
// point; so does a row without a number where the rows are numbered.
func (c *collector) dataRow(g grid, r, from int, head map[int]field) {
	texts := map[field]string{}
	own := map[field]bool{} // begins in this row
	numberedRows := false
	for col := range g[r] {
		f, ok := head[col]
		cl := g.at(r, col)
		if !ok || f == fOther || cl.c != col && head[cl.c] == f || cl.r <= from {
			continue
		}
		numberedRows = numberedRows || f == fNo
		if cl.text == "" {
			continue
		}
		if texts[f] != "" && texts[f] != cl.text {
			texts[f] += "\n"
		} else {
			texts[f] = ""
		}
		texts[f] += cl.text
		own[f] = own[f] || cl.r == r
	}
	began := own[fTitle] || own[fManifest]
	switch {
	case !began && !own[fMeasure]:
		return
	case c.cur == nil:
	case !began: // one more measure of the point above
		c.more(texts, own)
		return
	case numberedRows && !own[fNo] && !own[fTitle] && !c.differs(texts, own):
		c.more(texts, own)
		return
	case !numberedRows && texts[fTitle] != "" && !own[fTitle] && !c.differs(texts, own):
		c.more(texts, own)
		return
	}
	c.flush()
	c.cur = raw{}
	for f, s := range texts {
		c.cur[f] = c.value(f, s)
	}
}

// differs reports whether a continued row has a level or category of its own.
func (c *collector) differs(texts map[field]string, own map[field]bool) bool {
	for _, f := range []field{fLevel, fCategory, fNode} {
		if own[f] && texts[f] != c.cur[f] {
			return true
		}
	}
	return false
}

// more adds a further manifestation, and its measures, to the point above.
func (c *collector) more(texts map[field]string, own map[field]bool) {
	for _, f := range []field{fManifest, fMeasure} {
		if s := clean(texts[f]); own[f] && s != "" {
			c.cur[f] = renumber(c.cur[f], s)
		}
	}
}

// renumber appends the items of a cell to a list.
func renumber(list, more string) string {
	return numberedLines(append(numbered(list), numbered(more)...))
}

// labelRow reads a row as labels with their values to the right.
func (c *collector) labelRow(g grid, r int) {
	for col := 0; col < len(g[r]); col++ {
		cl := g.at(r, col)
		if cl.text == "" || cl.c != col || cl.r != r {
			continue
		}
		f := c.field(cl.text)
		if f == fStop {
			c.flush()
			return
		}
		next := col + 1
		for next < len(g[r]) && g.at(r, next).c == col {
			next++
		}
		value := g.at(r, next)
		cat, isCat := c.categoryLabel(cl.text)
		switch {
		case f == fNone && isCat && value.text != "" && next < len(g[r]):
			c.category(cat, value.text)
			col = value.c
		case f == fNone:
			c.inline(cl.text)
		case next < len(g[r]) && value.c == next && !c.isLabel(value.text):
			c.put(f, value.text)
			col = next
		}
	}
}

// categoryLabel reads 岗位职责风险 and its like, under which forms list the points of
// that category. The bare name of a category is too often a value.
func (c *collector) categoryLabel(s string) (risk.Category, bool) {
	k := label(s)
	if !strings.Contains(k, text.FormWordRisk) {
		return "", false
	}
	return categoryOf(k)
}

func (c *collector) category(cat risk.Category, s string) {
	if among(text.FormNone, fold(s)) {
		return
	}
	c.flush()
	c.put(fManifest, s)
	c.cat = cat
}

// inline reads 风险点：… lines inside a cell or paragraph; a line without a label
// goes on with the one before.
func (c *collector) inline(s string) {
	last := fNone
	for line := range strings.SplitSeq(clean(s), "\n") {
		name, value, ok := strings.Cut(strings.Replace(line, ":", "：", 1), "：")
		if _, n := marker([]rune(clean(name))); n > 0 {
			name = string([]rune(clean(name))[n:])
		}
		f := fNone
		if ok {
			f = c.field(name)
		}
		switch {
		case f == fStop:
			c.flush()
			return
		case f != fNone:
			c.put(f, value)
			last = f
		case ok && c.inlineCategory(name, value):
			last = fManifest
		case last != fNone && c.cur != nil:
			c.put(last, line)
		}
	}
}

func (c *collector) inlineCategory(name, value string) bool {
	cat, ok := c.categoryLabel(name)
	if ok && clean(value) != "" {
		c.category(cat, value)
	}
	return ok
}
