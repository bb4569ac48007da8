package form

import (
	"strings"

	"qingfeng/bot"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

// OldPoint is a risk point read from a form that somebody filled in an earlier year.
// Only Title or Manifestations is sure to be there; Category and Level are empty
// where the form does not say or says something unknown.
type OldPoint struct {
	Title          string
	Manifestations []string
	Item, Node     string
	Category       risk.Category
	Level          risk.Level
	Measures       []risk.Measure
}

const (
	maxOldPoints = 200
	maxOldText   = 4000 // characters of one cell; a longer one is not a point
)

// ReadOldForm finds the risk points in an old 附表1 (docx or xlsx). Forms made by hand
// differ: the points may stand in rows below a header, one after another as
// 名称：内容, or as numbered lines in one cell. The content decides what the file is,
// the name is not trusted. An error is a *bot.Error that says what to do.
func ReadOldForm(_ string, data []byte) ([]OldPoint, error) {
	z, k, err := open(data, maxOldPart)
	if err != nil {
		return nil, err
	}
	var tables []grid
	var paras []string
	if k == kindXlsx {
		tables, _, err = book(z, data, maxOldPart)
	} else {
		tables, paras, err = readDocx(z)
	}
	if err != nil {
		return nil, err
	}
	c := &collector{labels: oldLabels()}
	for _, t := range tables {
		c.table(t)
		c.flush()
	}
	if len(c.points) == 0 {
		for _, p := range paras {
			c.inline(p)
		}
		c.flush()
	}
	if len(c.points) == 0 {
		return nil, bot.Refuse(text.FormRefuseNoPoints, "form: no points found")
	}
	return c.points, nil
}

// raw is a point as its cells read, before lists are split.
type raw map[field]string

// collector turns cells into points.
type collector struct {
	labels map[field]matcher
	points []OldPoint
	cur    raw
	cat    risk.Category // from a label such as 岗位职责风险
	last   raw           // what 同上 means
}

// flush ends the current point.
func (c *collector) flush() {
	if c.cur != nil && (c.cur[fTitle] != "" || c.cur[fManifest] != "") && len(c.points) < maxOldPoints {
		c.points = append(c.points, c.split()...)
		c.last = c.cur
	}
	c.cur, c.cat = nil, ""
}

// value is what a cell says: 同上 is the last point's, 无 is nothing.
func (c *collector) value(f field, s string) string {
	s = clean(s)
	switch {
	case among(text.FormDitto, fold(s)):
		return c.last[f]
	case among(text.FormNone, fold(s)), len([]rune(s)) > maxOldText:
		return ""
	}
	return s
}

// put adds a cell to the current point; a second title begins the next one.
func (c *collector) put(f field, s string) {
	if s = c.value(f, s); s == "" || f == fOther || f == fNo {
		return
	}
	started := c.cur[fTitle] != "" || c.cur[fManifest] != ""
	switch {
	case f == fTitle && started, (f == fNode || f == fItem) && started && (c.cur[f] != "" || c.cur[fMeasure] != ""):
		c.flush()
	case (f == fCategory || f == fLevel) && c.cur[f] != "":
		c.flush()
	}
	if c.cur == nil {
		c.cur = raw{}
	}
	if c.cur[f] != "" {
		s = c.cur[f] + "\n" + s
	}
	c.cur[f] = s
}

// split makes points of the current cells: one cell may hold several numbered points,
// with their measures numbered alike.
func (c *collector) split() []OldPoint {
	titles, manifest := numbered(c.cur[fTitle]), numbered(c.cur[fManifest])
	if !hasNumbers(c.cur[fTitle]) && len(titles) > 1 {
		titles = []string{strings.Join(titles, "")}
	}
	measures := numbered(c.cur[fMeasure])
	n := max(1, len(titles))
	// Without a title, numbered manifestations are points of their own, unless the
	// row has a number: then the form says that they are one.
	if len(titles) == 0 && c.cur[fNo] == "" && hasNumbers(c.cur[fManifest]) {
		n = len(manifest)
	}
	var out []OldPoint
	for i := range n {
		p := OldPoint{Item: oneLine(c.cur[fItem]), Node: oneLine(nth(c.cur[fNode], i, n)), Category: c.cat}
		if i < len(titles) {
			p.Title = oneLine(titles[i])
		}
		switch {
		case n == 1:
			p.Manifestations = manifest
		case len(manifest) == n:
			p.Manifestations = manifest[i : i+1]
		case i == 0:
			p.Manifestations = manifest
		}
		if v, ok := categoryOf(nth(c.cur[fCategory], i, n)); ok {
			p.Category = v
		}
		if v, ok := levelOf(nth(c.cur[fLevel], i, n)); ok {
			p.Level = v
		}
		mine := measures
		if n > 1 && len(measures) == n {
			mine = measures[i : i+1]
		}
		for _, m := range mine {
			p.Measures = append(p.Measures, c.measure(m))
		}
		out = append(out, p)
	}
	return out
}

func hasNumbers(s string) bool {
	_, n := marker([]rune(clean(s)))
	return n > 0
}

// nth is the i-th of n numbered things in a cell, or the whole cell.
func nth(s string, i, n int) string {
	if each := numbered(s); n > 1 && len(each) == n {
		return each[i]
	}
	return s
}

// measure takes the bracket with 责任人 and the rest off a measure, where there is one.
func (c *collector) measure(s string) risk.Measure {
	m := risk.Measure{Text: oneLine(s)}
	found := c.labels[fMeasured].FindStringSubmatch(m.Text)
	if found == nil {
		return m
	}
	m.Text = found[1]
	for slot := range strings.SplitSeq(found[2], "；") {
		name, value, _ := strings.Cut(slot, "：")
		switch name {
		case text.FormSlotWho:
			m.Who = value
		case text.FormSlotFrequency:
			m.Frequency = value
		case text.FormSlotEvidence:
			m.Evidence = value
		case text.FormSlotNotDone:
			m.NotDone = value
		}
	}
	return m
}
