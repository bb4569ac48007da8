package clause

import (
	"regexp"
	"sort"
	"strings"
	"unicode"
)

// head is a heading, or the number of an item, that was accepted.
type head struct {
	marker
	start int // in the body
	// body is where its text begins: after the heading's own line, or at start where
	// the heading stands in the line of its text.
	body   int
	parent int // index among the heads, -1 at the top
	name   string
	level  int
	qa     bool
}

// own reports whether the heading has a line of its own.
func (h head) own() bool { return h.body > h.start }

// path is how the heading is called in a Path; empty: it has no name worth one.
func (h head) path() string {
	switch {
	case h.kind == plain:
		return h.name
	case h.kind == article && strings.HasPrefix(h.name, "【"):
		return h.label + h.name
	case h.kind == article && h.own() && h.name != "":
		return h.label + " " + h.name
	case h.kind == article:
		return h.label
	case h.name == "" && h.kind > hanIn:
		return ""
	case h.name == "":
		return strings.TrimRight(h.label, "、. ")
	case h.kind.structural():
		return h.label + " " + h.name
	}
	return h.label + h.name
}

const (
	// widestHeading is how long a heading may be, in characters.
	widestHeading = 60
	// runOn is how far from an accepted marker the next may stand without a mark
	// between them: 三、方法步骤(一)组织动员阶段.
	runOn = 40
	// jump is how many numbers a sequence may miss: lost lines, 条 left out.
	jump = 3
	// ahead is how many markers are looked through for the next of a sequence.
	ahead = 2000
)

// candidate is a marker where a heading could be.
type candidate struct {
	marker
	at      int
	line    int
	first   bool // the first thing in its line
	settled bool // what stands before it ends a sentence
}

// outline finds the headings.
func outline(b body, titles map[int]bool) []head {
	o := outliner{b: b, titles: titles, cands: candidates(b, titles)}
	next := 0
	for i, l := range b.lines {
		if o.unmarked(i) {
			o.push(head{marker: marker{kind: plain, end: l.end}, start: l.start, body: l.end, level: l.level, qa: o.isQuestion(i)})
		}
		for ; next < len(o.cands) && o.cands[next].line == i; next++ {
			if !o.isQuestion(i) {
				o.consider(next)
			}
		}
	}
	o.names()
	return o.heads
}

// candidates are all markers of the body, in order.
func candidates(b body, titles map[int]bool) []candidate {
	var out []candidate
	for i, l := range b.lines {
		if l.table || titles[i] {
			continue
		}
		for at := l.start; at < l.end; at++ {
			if !opens(b.text[at]) {
				continue
			}
			m, ok := parse(b.text[:l.end], at)
			if !ok {
				continue
			}
			c := candidate{marker: m, at: at, line: i, first: at == l.start}
			if !c.first {
				if m.kind == annex || m.kind == decimal || m.kind == circled && !endsSentence(b.text, l.start, at) {
					continue
				}
				p := b.text[at-1]
				if strings.ContainsRune("第，、,《〈“‘·—-/～~", p) || m.kind >= han && m.kind <= num && strings.ContainsRune(digits+hanDigits+".．", p) {
					continue
				}
				c.settled = endsSentence(b.text, l.start, at)
			}
			out = append(out, c)
			at = m.end - 1
		}
	}
	return out
}

// endsSentence reports whether what stands before at, white space apart, ends a sentence.
func endsSentence(r []rune, from, at int) bool {
	for at--; at >= from && (unicode.IsSpace(r[at]) || strings.ContainsRune("”』」", r[at])); at-- {
	}
	return at >= from && strings.ContainsRune("。！？；：!?;:", r[at])
}

type outliner struct {
	b      body
	titles map[int]bool
	cands  []candidate
	heads  []head
	open   []int // indexes of the heads that are open, outermost first
	// articles is the last 条 of the running sequence.
	articles int
}

// consider decides about one candidate.
func (o *outliner) consider(i int) {
	c := o.cands[i]
	l := o.b.lines[c.line]
	if l.level > 0 && c.first {
		o.push(o.head(i, l.level))
		return
	}
	var ok bool
	switch {
	case c.kind == annex:
		ok = c.first && len(l.runes) <= 40 && (c.line > 2 || c.n > 0)
	case c.kind == article:
		ok = o.isArticle(i)
	case c.kind.structural():
		ok = o.isStructural(i)
	default:
		ok = o.isItem(i)
	}
	if ok {
		o.push(o.head(i, 0))
	}
}

// isArticle decides about a 条. Its numbers run through the whole document.
func (o *outliner) isArticle(i int) bool {
	c := o.cands[i]
	if c.may && c.n == o.articles+1 && c.sub == 0 && o.afterSentence(c) {
		c.refers = false
	}
	if opening := c.n == 1 && len(o.heads) == 0 && c.at <= widestHeading; !c.first && opening && !c.refers {
		return o.later(i, 2) // right after a title in the same line
	}
	if !c.first && (c.refers || !c.settled && !o.runsOn(c) && !c.spaced) {
		return false
	}
	if c.first && !c.spaced && (c.refers || o.leans(c)) {
		return false
	}
	if c.first && o.leans(c) && c.n != o.articles+1 {
		return false
	}
	switch {
	case c.n == o.articles+1 && c.sub == 0, c.n == o.articles && c.sub > 0:
		return c.first || c.n > 1 || o.later(i, 2)
	case c.n == 1 && c.sub == 0:
		return c.first && o.later(i, 2) || c.first && o.articles == 0
	case !c.first && c.settled && o.articles > 0 && c.n > o.articles+1 && c.n <= o.articles+1+jump:
		return o.later(i, c.n+1) && !o.soon(i, article, o.articles+1)
	case c.first && c.n > o.articles && (o.articles == 0 || c.n <= o.articles+20):
		// A gap: believed unless the number that is due comes yet.
		return (c.spaced || len(o.b.lines[c.line].runes) > 8) && !o.due(i, article, o.articles+1)
	}
	return false
}

// isStructural decides about 编 章 节 and their like.
func (o *outliner) isStructural(i int) bool {
	c := o.cands[i]
	short := o.b.lines[c.line].end-c.at <= widestHeading
	opening := c.n == 1 && len(o.heads) == 0 && c.at <= widestHeading && !c.refers
	if !c.first && !opening && (c.refers || !c.settled && !o.runsOn(c) && !c.spaced) {
		return false
	}
	if c.first && !short && !c.spaced && !o.sequel(c) {
		return false
	}
	if c.first && o.leans(c) {
		return false
	}
	last := o.last(c.kind)
	if !c.first && (c.n > last && o.leadsOn(i) || opening && o.later(i, 2)) {
		return true
	}
	switch c.n {
	case last + 1:
		return c.first || c.n > 1 || o.later(i, 2)
	case 1:
		return c.first
	}
	return c.first && short && (last == 0 || c.n > last && c.n <= last+jump)
}

// leadsOn reports whether the first of another numbering follows a candidate after what
// can only be its name: 第二部分 解读篇1、风险的含义.
func (o *outliner) leadsOn(i int) bool {
	if i+1 >= len(o.cands) || !o.cands[i].spaced {
		return false
	}
	c, d := o.cands[i], o.cands[i+1]
	return d.line == c.line && d.n == 1 && d.kind > c.kind && !d.refers && d.at-c.end >= 2 && d.at-c.end <= runOn &&
		!strings.ContainsAny(o.b.slice(c.end, d.at), "。；，,;！？、")
}

// isItem decides about an enumeration: 一、 （一） 1. （1） ①.
func (o *outliner) isItem(i int) bool {
	c := o.cands[i]
	near := c.settled || o.runsOn(c)
	if !c.first && (c.refers || !near && !unicode.IsSpace(o.b.text[c.at-1])) {
		return false
	}
	if c.first && o.leans(c) {
		return false
	}
	if f, ok := o.frame(c.marker); ok {
		return c.n > 0 && f.depth == c.depth
	}
	if c.refers || !c.first && !near {
		return false
	}
	if c.n == 1 {
		return o.later(i, 2) || o.only(c)
	}
	if !c.first {
		// A number was lost on the way: the next but one is believed if more follow.
		n := o.last(c.kind)
		return n > 0 && c.n == n+2 && c.kind <= num && o.later(i, c.n+1)
	}
	// A piece of a longer text may begin with 三、; a missing number is forgiven.
	if f := o.innermost(c.kind); f >= 0 {
		n := o.heads[f].n
		return c.kind < decimal && (c.n == n && c.kind <= hanIn || c.n > n && c.n <= n+jump && !o.due(i, c.kind, n+1))
	}
	return c.kind == han && len(o.heads) == 0 && o.later(i, c.n+1)
}

// only reports whether c is the one section of a text that has no other: 一、 in a line
// of its own, the first in the document.
func (o *outliner) only(c candidate) bool {
	if c.kind != han || !c.first || o.b.lines[c.line].end-c.at > 20 || endsSentence(o.b.text, c.at, o.b.lines[c.line].end) {
		return false
	}
	for _, h := range o.heads {
		if h.kind <= han {
			return false
		}
	}
	return c.line+1 < len(o.b.lines) && !o.b.lines[c.line+1].table
}

// leans reports whether the line before a first candidate stops in mid-sentence on a
// word that a reference follows: 根据本办法 / 第五条的规定.
func (o *outliner) leans(c candidate) bool {
	if c.line == 0 {
		return false
	}
	p := o.b.lines[c.line-1]
	if o.titles[c.line-1] {
		return false
	}
	if n := len(o.heads); n > 0 && o.heads[n-1].own() && o.b.lineAt(o.heads[n-1].start) == c.line-1 {
		return false
	}
	return !p.table && p.level == 0 && leanRE.MatchString(tail(p.runes, 8))
}

var leanRE = regexp.MustCompile(`(根据|依照|按照|依据|遵照|违反|适用|符合|执行|参照|本法|条例|办法|规定|细则|规则|准则|和|与|或|或者|及|以及|至|，|、|,|第[〇零一二三四五六七八九十百0-9]+)$`)

func tail(r []rune, n int) string { return string(r[max(0, len(r)-n):]) }

// runsOn reports whether a candidate follows an accepted heading with no mark between.
func (o *outliner) runsOn(c candidate) bool {
	if len(o.heads) == 0 {
		return false
	}
	h := o.heads[len(o.heads)-1]
	if h.end > c.at || c.at-h.end > runOn || o.b.lineAt(h.start) != c.line {
		return false
	}
	return !strings.ContainsAny(o.b.slice(h.end, c.at), "。；，,;！？") && c.at-h.end >= 2
}

// sequel reports whether c is the next of its kind.
func (o *outliner) sequel(c candidate) bool { return c.n == o.last(c.kind)+1 }

// last is the number of the last open head of a kind, 0 if none is open.
func (o *outliner) last(k kind) int {
	if f := o.innermost(k); f >= 0 {
		return o.heads[f].n
	}
	return 0
}

// innermost is the innermost open head of a kind, -1 if none.
func (o *outliner) innermost(k kind) int {
	for i := len(o.open) - 1; i >= 0; i-- {
		if h := o.heads[o.open[i]]; h.kind == k {
			return o.open[i]
		}
	}
	return -1
}

// frame is the open head that m continues, innermost first.
func (o *outliner) frame(m marker) (head, bool) {
	for i := len(o.open) - 1; i >= 0; i-- {
		if h := o.heads[o.open[i]]; h.kind == m.kind && h.n+1 == m.n {
			return h, true
		}
	}
	return head{}, false
}

// later reports whether number n of the same kind comes after candidate i, before a
// structural heading would end the sequence: a list of one is no list.
func (o *outliner) later(i, n int) bool {
	c := o.cands[i]
	for _, d := range o.cands[i+1 : min(len(o.cands), i+ahead)] {
		if d.kind == c.kind && d.depth == c.depth && d.n == n && (d.first || d.settled) && !(d.refers && !d.first) {
			return true
		}
		if c.kind > article && d.kind <= article && d.first && !d.refers {
			return false
		}
	}
	return false
}

// due reports whether number n comes yet, at the start of one of the next lines.
func (o *outliner) due(i int, k kind, n int) bool {
	for _, d := range o.cands[i+1 : min(len(o.cands), i+40)] {
		if d.kind == k && d.n == n && d.first && !d.refers {
			return true
		}
	}
	return false
}

// soon is due for texts in one line: number n comes yet after the end of a sentence.
func (o *outliner) soon(i int, k kind, n int) bool {
	for _, d := range o.cands[i+1 : min(len(o.cands), i+40)] {
		if d.kind == k && d.n == n && (d.first || d.settled) && !d.refers {
			return true
		}
	}
	return false
}

// afterSentence reports whether the text before c ends a sentence, with a full stop.
func (o *outliner) afterSentence(c candidate) bool {
	at := c.at - 1
	for at >= 0 && unicode.IsSpace(o.b.text[at]) {
		at--
	}
	return at >= 0 && strings.ContainsRune("。；", o.b.text[at])
}

// unmarked reports whether a line without a number is a heading: the format says so, it
// is 附则, a question, or it stands alone above a numbering that starts anew.
func (o *outliner) unmarked(i int) bool {
	l := o.b.lines[i]
	if l.table || o.titles[i] {
		return false
	}
	if m, ok := parse(l.runes, 0); ok && (!m.refers || l.level > 0) && !o.isQuestion(i) {
		return false
	}
	if l.level > 0 {
		return len(l.runes) <= widestHeading+20 && !strings.ContainsRune("。；，", l.runes[len(l.runes)-1])
	}
	if o.isQuestion(i) || bareRE.MatchString(l.text()) {
		return true
	}
	if i == 0 || i+2 >= len(o.b.lines) || len(l.runes) < 4 || len(l.runes) > 40 || strings.ContainsAny(l.text(), "。；：，,;:！!") {
		return false
	}
	// Above it a paragraph ends; below it stands running text and then 一、 again.
	prev, next := o.b.lines[i-1], o.b.lines[i+1]
	if len(o.open) == 0 || o.last(han) < 2 || len(prev.runes) < 60 || len(next.runes) < 60 && !startsAnew(next) {
		return false
	}
	from := sort.Search(len(o.cands), func(k int) bool { return o.cands[k].line > i })
	for _, d := range o.cands[from:min(len(o.cands), from+ahead)] {
		if d.kind == han && d.first {
			return d.n == 1
		}
	}
	return false
}

func startsAnew(l line) bool {
	m, ok := parse(l.runes, 0)
	return ok && m.kind == han && m.n == 1
}

var (
	askRE    = regexp.MustCompile(`^(?:\d{1,3}\s?[.、．]\s?)?(?:问题?\s?[0-9一二三四五六七八九十]{0,3}|(?i:Q)\s?\d{0,3})\s?[:：.．、]\s?\S`)
	answerRE = regexp.MustCompile(`^(?:答|解答|回答|答复|(?i:A)\s?\d{0,3})\s?[:：.．、]\s?\S`)
)

func asks(r []rune) bool { return askRE.MatchString(string(r[:min(len(r), 20)])) }

func answers(r []rune) bool { return answerRE.MatchString(string(r[:min(len(r), 20)])) }

// isQuestion reports a question whose answer stands in the next line.
func (o *outliner) isQuestion(i int) bool {
	if i+1 >= len(o.b.lines) || !answers(o.b.lines[i+1].runes) {
		return false
	}
	l := o.b.lines[i]
	return !l.table && (asks(l.runes) || len(l.runes) <= 120 && strings.ContainsAny(tail(l.runes, 2), "？?"))
}

// head makes a head of a candidate.
func (o *outliner) head(i, level int) head {
	c := o.cands[i]
	l := o.b.lines[c.line]
	h := head{marker: c.marker, start: c.at, body: c.at, level: level}
	if !c.first || c.kind == article && level == 0 && l.end > c.end+1 {
		return h
	}
	rest := strings.TrimSpace(o.b.slice(c.end, l.end))
	alone := len([]rune(rest)) <= widestHeading && !strings.ContainsAny(rest, "。；！") && !strings.HasSuffix(rest, "，")
	if c.kind.structural() && c.kind != article && len([]rune(rest)) <= widestHeading {
		alone = true
	}
	// Another heading in the same line: this one has no line of its own.
	for _, d := range o.cands[i+1:] {
		if d.line != c.line {
			break
		}
		if d.kind > c.kind && (d.settled || d.at-c.end <= runOn) && d.n == 1 && !d.refers && level == 0 {
			alone = false
		}
	}
	if alone {
		h.body = l.end
	}
	return h
}

// push closes what a new head ends and opens it.
func (o *outliner) push(h head) {
	switch {
	case h.qa || h.kind == plain && h.level == 0:
		// A question stands in its chapter; another heading without a number begins anew.
		o.pop(func(p head) bool {
			return !h.qa && p.level == 0 || p.qa || p.kind >= article && p.kind != plain && !p.own()
		})
	case h.level > 0:
		o.pop(func(p head) bool { return p.level == 0 || p.level >= h.level })
	case h.kind.structural():
		o.pop(func(p head) bool {
			return p.kind != plain && p.kind >= h.kind || p.qa || p.kind == plain && h.kind <= part
		})
	default:
		o.nest(h)
	}
	h.parent = -1
	if n := len(o.open); n > 0 {
		h.parent = o.open[n-1]
	}
	if h.kind == article {
		o.articles = h.n
	}
	if h.kind == annex || h.kind == plain && h.level == 0 && !h.qa {
		o.articles = 0
	}
	o.heads = append(o.heads, h)
	o.open = append(o.open, len(o.heads)-1)
}

// pop closes open heads from the inside while closed says so.
func (o *outliner) pop(closed func(head) bool) {
	for n := len(o.open); n > 0 && closed(o.heads[o.open[n-1]]); n = len(o.open) {
		o.open = o.open[:n-1]
	}
}

// nest closes what an item ends: what it continues and all below it, or, where it
// begins with one, what cannot hold it.
func (o *outliner) nest(h head) {
	for i := len(o.open) - 1; i >= 0; i-- {
		if f := o.heads[o.open[i]]; f.kind == h.kind && f.n+1 == h.n {
			o.open = o.open[:i]
			return
		}
	}
	if f := o.innermost(h.kind); f >= 0 && (h.n != 1 || o.heads[o.open[len(o.open)-1]].kind >= h.kind) {
		o.pop(func(p head) bool { return p.start >= o.heads[f].start })
	}
}
