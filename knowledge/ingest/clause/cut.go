package clause

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"qingfeng/knowledge"
)

// Lengths of passages, in characters. RETRIEVAL.md §3.3: 350–500 find answers best.
const (
	longest  = 500
	enough   = 350
	short    = 60   // a section shorter than this joins its neighbour
	longest1 = 1500 // a 条 stays whole up to here
	piece1   = 900  // and is cut into pieces of at most this beyond
)

// segment is a stretch of the body under one heading.
type segment struct {
	start, end int
	head       int // its innermost head, -1 for none
	last       int // the head of its last part
	whole      bool
}

// cut makes the passages.
func cut(b body, heads []head, about *about) []knowledge.Passage {
	c := cutter{b: b, heads: heads}
	var out []knowledge.Passage
	for _, s := range c.pack(c.segments(about.titleLines)) {
		for _, p := range c.divide(s) {
			p.start, p.end = trim(b.text, p.start, p.end)
			if p.start >= p.end {
				continue
			}
			text := b.slice(p.start, p.end)
			if p.head < 0 && len(out) == 0 && cleanTitle(text) == about.title {
				continue // the title in the line of the first heading
			}
			if p.head < 0 && masthead(text) && p.end < len(b.text) {
				continue // known as issuer and number, and no answer to anything
			}
			sum := sha256.Sum256([]byte(text))
			path, article := c.path(p.head)
			out = append(out, knowledge.Passage{
				Pos: len(out), Path: path, Article: article, Text: text, Page: b.lines[b.lineAt(p.start)].page,
				Start: p.start, End: p.end, Hash: hex.EncodeToString(sum[:]),
			})
		}
	}
	return out
}

// masthead reports the red head of an official paper: 某某文件, its 文号, who signed.
func masthead(text string) bool {
	for l := range strings.SplitSeq(text, "\n") {
		l = squeeze(l)
		if !headRE.MatchString(l) && !ownNumber.MatchString(l) && !strings.HasPrefix(strings.Join(strings.Fields(l), ""), "签发人：") {
			return false
		}
	}
	return true
}

var ownNumber = regexp.MustCompile(`^[（(]?` + numberRE.String() + `(?:\s*签发人[:：].{1,12})?[)）]?$`)

type cutter struct {
	b     body
	heads []head
}

// segments are the texts between headings, and every 条 as one of them.
func (c cutter) segments(titles map[int]bool) []segment {
	var out []segment
	add := func(start, end, h int) {
		// A title's lines are in no passage.
		for i := c.b.lineAt(start); i < len(c.b.lines) && c.b.lines[i].start < end; i++ {
			if l := c.b.lines[i]; titles[i] && l.start >= start && l.end <= end {
				out = c.add(out, start, l.start, h)
				start = l.end
			}
		}
		out = c.add(out, start, end, h)
	}
	first := len(c.b.text)
	if len(c.heads) > 0 {
		first = c.heads[0].start
	}
	add(0, first, -1)
	for i := 0; i < len(c.heads); i++ {
		h := c.heads[i]
		next := i + 1
		if h.kind == article || h.qa {
			// A 条 holds its 款 and 项, an answer whatever it lists.
			for next < len(c.heads) && c.under(next, i) {
				next++
			}
		}
		end := len(c.b.text)
		if next < len(c.heads) {
			end = c.heads[next].start
		}
		start := h.body
		if s, e := trim(c.b.text, start, end); s >= e && !c.holds(i) || h.qa || h.kind == article || h.kind > hanIn && h.kind != plain {
			// A heading with nothing under it is text; so is an item of a list, whatever
			// its shape; a question stands with its answer.
			start = h.start
		}
		before := len(out)
		if add(start, end, i); len(out) == before && !c.holds(i) {
			add(h.start, max(h.body, h.end), i) // only the title's lines stood under it
		}
		i = next - 1
	}
	return out
}

func (c cutter) add(out []segment, start, end, h int) []segment {
	if s, e := trim(c.b.text, start, end); s < e {
		whole := h >= 0 && (c.heads[h].kind == article || c.heads[h].qa)
		out = append(out, segment{start: s, end: e, head: h, last: h, whole: whole})
	}
	return out
}

// holds reports whether other heads lie below head h.
func (c cutter) holds(h int) bool { return h+1 < len(c.heads) && c.heads[h+1].parent == h }

// leaf reports whether head h is an item of a list, not a section.
func (c cutter) leaf(h int) bool {
	k := c.heads[h].kind
	return k > hanIn && k != plain || !k.structural() && k != plain && c.heads[h].own() && !c.holds(h) && c.empty(h)
}

// empty reports whether nothing stands between head h and the next.
func (c cutter) empty(h int) bool {
	end := len(c.b.text)
	if h+1 < len(c.heads) {
		end = c.heads[h+1].start
	}
	s, e := trim(c.b.text, c.heads[h].body, end)
	return s >= e
}

// under reports whether head i lies below head top.
func (c cutter) under(i, top int) bool {
	for i >= 0 && i > top {
		i = c.heads[i].parent
	}
	return i == top
}

func trim(r []rune, start, end int) (int, int) {
	for start < end && unicode.IsSpace(r[start]) {
		start++
	}
	for start < end && unicode.IsSpace(r[end-1]) {
		end--
	}
	return start, end
}

// pack joins neighbours: items of one list up to enough, and what is short.
func (c cutter) pack(in []segment) []segment {
	var out []segment
	for _, s := range in {
		if n := len(out); n > 0 {
			if p, ok := c.join(out[n-1], s); ok {
				out[n-1] = p
				continue
			}
		}
		out = append(out, s)
	}
	return out
}

// join puts two neighbours together if they belong together.
func (c cutter) join(a, b segment) (segment, bool) {
	la, lb, all := a.end-a.start, b.end-b.start, b.end-a.start
	if a.whole || b.whole || all > longest || !c.adjacent(a, b) {
		return a, false
	}
	if a.head == b.head {
		return a, false // a title or a table stood between
	}
	above := c.common(a.head, b.head)
	intro := above == a.head // a holds b: an introduction and the first of what it introduces
	item := b.head >= 0 && c.leaf(b.head)
	switch {
	case above < 0, intro && a.head < 0:
		return a, false // the preamble of the document, or another part of it
	case intro && a.last == a.head:
		if !item && la >= short || item && la >= enough || !item && c.heads[a.head].kind < han {
			return a, false
		}
		if la < short && !item {
			above = b.head
		}
	case c.holds(b.head):
		return a, false // it introduces what comes
	case item && c.siblings(a, b) && (la < enough || lb < short):
		// The next item of the list.
	case lb < short && la < enough && c.heads[b.head].parent == above:
	case la < short && all < enough && c.heads[b.head].parent == above:
	default:
		return a, false
	}
	start, ok := c.widen(a, above)
	if !ok || b.end-start > longest {
		return a, false
	}
	return segment{start: start, end: b.end, head: above, last: b.head}, true
}

// widen is where a begins with the lines of its headings below above, which its Path
// will no longer name; false if other text lies between.
func (c cutter) widen(a segment, above int) (int, bool) {
	start := a.start
	for h := a.head; h > above; h = c.heads[h].parent {
		if c.heads[h].start >= start {
			continue
		}
		if from, _ := trim(c.b.text, c.heads[h].body, start); from != start {
			return 0, false
		}
		start = c.heads[h].start
	}
	return start, true
}

// siblings reports whether b follows a, or the last part of a, in one list.
func (c cutter) siblings(a, b segment) bool {
	parent := c.heads[b.head].parent
	return a.last >= 0 && c.heads[a.last].parent == parent || a.head >= 0 && c.heads[a.head].parent == parent
}

// adjacent reports whether nothing but b's own heading lies between a and b, and that
// one is no structural heading.
func (c cutter) adjacent(a, b segment) bool {
	if b.head < 0 || a.head < 0 {
		return false
	}
	h := c.heads[b.head]
	return !h.kind.structural() && h.kind != plain && b.head == a.last+1
}

// common is the innermost head that holds both, or is one of them.
func (c cutter) common(a, b int) int {
	for a != b {
		if a > b {
			a = c.heads[a].parent
		} else {
			b = c.heads[b].parent
		}
	}
	return a
}

// divide cuts a segment that is too long: a 条 at its 款 and 项, other text at the ends
// of sentences, into pieces of much the same length.
func (c cutter) divide(s segment) []segment {
	limit := longest
	if s.whole {
		if s.end-s.start <= longest1 {
			return []segment{s}
		}
		limit = piece1
	}
	if s.end-s.start <= limit {
		return []segment{s}
	}
	breaks := c.breaks(s, limit)
	pieces := (s.end - s.start + limit - 1) / limit
	var out []segment
	start := s.start
	for i, at := range breaks {
		next := s.end
		if i+1 < len(breaks) {
			next = breaks[i+1]
		}
		target := (s.end - start) / max(1, pieces-len(out))
		// Stop here if the next break is too far, or further from the target than this one.
		if next-start > limit || at-start <= target && next-start > target && target-(at-start) < next-start-target || at-start > target {
			if at > start {
				out = append(out, segment{start: start, end: at, head: s.head, whole: s.whole})
				start = at
			}
		}
	}
	if start < s.end {
		out = append(out, segment{start: start, end: s.end, head: s.head, whole: s.whole})
	}
	return out
}

// breaks are the places where a segment may be cut, in order, none further than limit
// from the one before.
func (c cutter) breaks(s segment, limit int) []int {
	var marks []int
	for i := s.head + 1; i > 0 && i < len(c.heads) && c.heads[i].start < s.end; i++ {
		marks = append(marks, c.heads[i].start)
	}
	sentence := s.start
	for i := s.start; i < s.end; i++ {
		switch r := c.b.text[i]; {
		case r == '\n':
			marks = append(marks, i+1)
		case s.whole && r != '。' && r != '；':
		case strings.ContainsRune("。！？；!?", r):
			for i+1 < s.end && strings.ContainsRune("”』」’）)。！？", c.b.text[i+1]) {
				i++
			}
			// 一是建立机制。通过…: the first sentence stays with what explains it.
			if r != '。' || !leads(c.b.text[sentence:i]) {
				marks = append(marks, i+1)
			}
			sentence = i + 1
		}
	}
	slices.Sort(marks)
	var out []int
	last := s.start
	for _, at := range append(slices.Compact(marks), s.end) {
		for at-last > limit {
			last = c.comma(last, last+limit)
			out = append(out, last)
		}
		if at > last && at < s.end {
			out = append(out, at)
			last = at
		}
	}
	return out
}

var leadsRE = regexp.MustCompile(`^(?:[一二三四五六七八九十]{1,2}(?:是|要)|其[一二三四五六]|首先|其次|再次|最后|第[一二三四五六七八九十]+[，,])`)

// leads reports whether a sentence is the title of the ones after it.
func leads(r []rune) bool { return len(r) <= 40 && leadsRE.MatchString(string(r)) }

// comma is where a sentence that is too long may be cut: after the last comma, else at
// the limit.
func (c cutter) comma(from, to int) int {
	for i := to; i > from+(to-from)/2; i-- {
		if strings.ContainsRune("，、：,;: \n", c.b.text[i-1]) {
			return i
		}
	}
	return to
}

// path is the names of the heads above and of h itself, outermost first.
func (c cutter) path(h int) (path []string, article_ string) {
	for ; h >= 0; h = c.heads[h].parent {
		if name := c.heads[h].path(); name != "" {
			path = append(path, name)
		}
		if c.heads[h].kind == article {
			article_ = c.heads[h].label
		}
	}
	slices.Reverse(path)
	return path, article_
}
