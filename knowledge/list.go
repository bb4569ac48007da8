package knowledge

import (
	"cmp"
	"context"
	"math/bits"
	"regexp"
	"slices"
	"strings"
)

const (
	// mostListed is how many items a list names at most.
	mostListed = 12
	// listFrom is the share of a question that the heading of a list must say, with what
	// its items' headings have in common and the document's title; listOwn without the title.
	listFrom = 0.8
	listOwn  = 0.4
	// listNear is how many of the best hits may stand in the list that is meant.
	listNear = 15
)

var (
	wantsListRe = regexp.MustCompile(`有哪|哪些|哪几|包括什么|包括哪|分几|分为几|几个|几项|几种|几类|几条|是什么|有什么`)
	numberedRe  = regexp.MustCompile(`^(?:第[一二三四五六七八九十0-9]+[章节编部]|[一二三四五六七八九十]+、|[（(][一二三四五六七八九十0-9]+[）)]|[0-9]+[.．、])`)
	firstRe     = regexp.MustCompile(`^(?:第[一1][章节编部]|一、|[（(][一1][）)]|1[.．、])`)
	wantsAllRe  = regexp.MustCompile(`有哪|哪些|哪几|包括|分几|分为几|几个|几项|几种|几类|几条|有什么`)
	notListRe   = regexp.MustCompile(`谁|哪些人|多久|几天|几个工作日|几个月|几次`)
)

// items is a heading with what stands below it.
type items struct {
	version int64
	title   string
	depth   int
	path    []string // to the heading itself
}

func (t items) has(p Passage) bool {
	return p.Version.ID == t.version && len(p.Path) > t.depth && slices.Equal(p.Path[:t.depth], t.path)
}

// listIn finds the heading whose items a question asks for; ok is false for none.
func (u understood) listIn(hits []Hit) (best items, ok bool) {
	if !wantsListRe.MatchString(u.search) || notListRe.MatchString(u.search) || u.named.article != "" || u.more {
		return best, false
	}
	near := hits[:min(len(hits), listNear)]
	if len(near) == 0 || near[0].known() {
		return best, false
	}
	r := readFor(u.search, nil)
	var most float64
	for _, h := range near {
		title := r.mask(fold(h.Document.Title))
		for depth := 1; depth < len(h.Path); depth++ {
			t := items{h.Version.ID, h.Document.Title, depth, h.Path[:depth]}
			common, n, asked := ^uint64(0), map[string]bool{}, false // asked: one of the items itself
			for _, o := range hits {
				if t.has(o.Passage) && numberedRe.MatchString(o.Path[depth]) && !n[o.Path[depth]] {
					n[o.Path[depth]] = true
					item := r.mask(fold(o.Path[depth]))
					common &= item
					asked = asked || r.share(item, 0) >= listFrom
				}
			}
			own := r.mask(fold(h.Path[depth-1]))
			if len(n) > 1 {
				own |= common
			}
			if asked || len(n) == 0 || bits.OnesCount64(own) == 0 || r.share(own, 0) < listOwn {
				continue
			}
			if !wantsAllRe.MatchString(u.search) && !strings.HasSuffix(Plain(h.Path[depth-1]), Plain(subject(u.search))) {
				continue // what something is: only the heading of that name says it
			}
			if s := r.share(own|title, 0); s >= listFrom && s > most {
				best, most, ok = t, s, true
			}
		}
	}
	return best, ok
}

// withItems adds what stands in the list that a question asks for and was not found.
func (b *Base) withItems(ctx context.Context, q Query, u understood, hits []Hit) []Hit {
	t, ok := u.listIn(hits)
	if !ok || b.Find == nil {
		return hits
	}
	q.Limit = 200
	all, err := b.Find.Find(ctx, q, Name{Title: t.title})
	if err != nil {
		b.warn(ctx, "list not completed", err)
		return hits
	}
	for _, h := range all {
		if t.has(h.Passage) && !slices.ContainsFunc(hits, func(o Hit) bool { return o.ID == h.ID }) {
			h.Score, h.Sure = 0, 0
			hits = append(hits, h)
		}
	}
	return hits
}

// list answers with the headings of a list's items, in the order of the text.
func (a *Answer) list(u understood, hits []Hit) bool {
	t, ok := u.listIn(hits)
	if !ok {
		return false
	}
	var in []Hit
	for _, h := range hits {
		if t.has(h.Passage) && numberedRe.MatchString(h.Path[t.depth]) {
			in = append(in, h)
		}
	}
	slices.SortStableFunc(in, func(x, y Hit) int { return cmp.Compare(x.Pos, y.Pos) })
	in = slices.CompactFunc(in, func(x, y Hit) bool { return x.Path[t.depth] == y.Path[t.depth] })
	if len(in) < 2 || len(in) > mostListed || !firstRe.MatchString(in[0].Path[t.depth]) {
		return false // where the first is missing, others may be: they stand within another clause
	}
	var lines []string
	for _, h := range in {
		rs := []rune(h.Text)
		all := sentences(rs)
		if len(all) == 0 {
			return false
		}
		at := all[0]
		a.Citations = append(a.Citations, Citation{Hit: h, Quote: at.of(rs), Start: at.Start, End: at.End, Lapsed: u.lapsed(h)})
		lines = append(lines, h.Path[t.depth])
		if !slices.ContainsFunc(a.Hits, func(o Hit) bool { return o.ID == h.ID }) {
			a.Hits = append(a.Hits, h)
		}
	}
	a.Outcome, a.Reason, a.Listed = Answered, "", true
	a.Text = strings.Join(lines, "\n")
	a.Essence = a.Text
	return true
}

// verifyList reports whether every line of a list is the heading of its citation.
func verifyList(a Answer) bool {
	lines := strings.Split(a.Text, "\n")
	if len(lines) != len(a.Citations) || len(lines) > mostListed {
		return false
	}
	for i, line := range lines {
		if !slices.Contains(a.Citations[i].Path, line) {
			return false
		}
	}
	return a.Essence == a.Text
}
