package lexical

import (
	"cmp"
	"math"
	"slices"
	"unicode/utf8"
)

// scratch is what one search writes into; it is used again.
type scratch struct {
	score   [][]float32 // by segment and document
	count   []int32     // of one term, by chapter
	touched []int32
	tally   []int32 // of one term, by group
	seen    []int32
	chapter []float32 // scores
	group   []float32
	allowed []int8
}

// grown returns a zeroed slice of length n.
func grown[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n+n/8)[:n]
	}
	s = s[:n]
	clear(s)
	return s
}

// candidate is an entry on its way to be found.
type candidate struct {
	in    *segment
	doc   int
	id    int64
	bm25  float64
	score float64
	sure  float64
}

func better(x, y candidate) int {
	if c := cmp.Compare(y.score, x.score); c != 0 {
		return c
	}
	return cmp.Compare(x.id, y.id)
}

// Search finds at most limit entries of the groups that allow permits (nil permits
// all), best first, equal ones by ID. allow must not call the Index.
func (x *Index) Search(q string, allow func(group int64) bool, limit int) []Found {
	a := ask(q)
	if limit <= 0 || len(a.terms) == 0 {
		return nil
	}
	x.mu.RLock()
	defer x.mu.RUnlock()
	if x.living == 0 {
		return nil
	}
	s, _ := x.pool.Get().(*scratch)
	if s == nil {
		s = &scratch{}
	}
	defer x.pool.Put(s)
	rarity := x.scoreAll(a, s)
	found := x.best(s, allow, max(x.mix.deep, limit))
	x.rank(a, rarity, found)
	slices.SortFunc(found, better)
	found = found[:min(limit, len(found))]
	out := make([]Found, len(found))
	for i, c := range found {
		out[i] = Found{ID: c.id, Score: c.score, Sure: c.sure}
	}
	return out
}

// scoreAll adds up BM25 of entries, of chapters and of groups, and returns the terms'
// idf, by their place in a.terms.
func (x *Index) scoreAll(a asked, s *scratch) []float64 {
	s.score = slices.Grow(s.score, max(0, len(x.segments)-len(s.score)))[:len(x.segments)]
	for i, seg := range x.segments {
		s.score[i] = grown(s.score[i], len(seg.ids))
	}
	s.count, s.tally = grown(s.count, len(x.chapters)), grown(s.tally, len(x.groups))
	s.chapter, s.group = grown(s.chapter, len(x.chapters)), grown(s.group, len(x.groups))
	chapters, groupLength := 0, make([]int64, len(x.groups))
	groupLiving := make([]bool, len(x.groups))
	for _, c := range x.chapters {
		if c.living > 0 {
			chapters++
			groupLength[c.group] += c.length
			groupLiving[c.group] = true
		}
	}
	groups := 0
	for _, l := range groupLiving {
		if l {
			groups++
		}
	}
	perEntry := float64(x.length) / float64(x.living)
	perChapter, perGroup := float64(x.length)/float64(chapters), float64(x.length)/float64(groups)

	rarity := make([]float64, len(a.terms))
	for i, w := range a.terms {
		df := 0
		at := make([]int, len(x.segments))
		for j, seg := range x.segments {
			if at[j] = seg.term(w.Term); at[j] >= 0 {
				df += int(seg.df[at[j]])
			}
		}
		rarity[i] = idf(x.living, df)
		if df == 0 {
			continue
		}
		// A single character is in most chapters: only pairs and words tell them apart.
		broad := utf8.RuneCountInString(w.Text) > 1
		s.touched, s.seen = s.touched[:0], s.seen[:0]
		for j, seg := range x.segments {
			if at[j] < 0 {
				continue
			}
			posts := seg.posts[seg.from[at[j]]:seg.from[at[j]+1]]
			seg.score(s.score[j], posts, w.Weight*rarity[i], perEntry)
			if broad {
				s.tallyUp(seg, posts)
			}
		}
		weight := float32(w.Weight * idf(chapters, len(s.touched)))
		for _, c := range s.touched {
			tf := float32(s.count[c])
			s.chapter[c] += weight * tf * (k1 + 1) / (tf + k1*(1-b+b*float32(float64(x.chapters[c].length)/perChapter)))
			g := x.chapters[c].group
			if s.tally[g] == 0 {
				s.seen = append(s.seen, g)
			}
			s.tally[g] += s.count[c]
			s.count[c] = 0
		}
		weight = float32(w.Weight * idf(groups, len(s.seen)))
		for _, g := range s.seen {
			tf := float32(s.tally[g])
			s.group[g] += weight * tf * (k1 + 1) / (tf + k1*(1-b+b*float32(float64(groupLength[g])/perGroup)))
			s.tally[g] = 0
		}
	}
	// The groups' scores reach the entries through their chapters.
	for i, c := range x.chapters {
		s.chapter[i] = float32(x.mix.chapter)*s.chapter[i] + float32(x.mix.group)*s.group[c.group]
	}
	return rarity
}

// score adds one term's share to the scores of the documents that have it.
func (s *segment) score(score []float32, posts []uint32, weight, mean float64) {
	gain, flat, slope := float32(weight*(k1+1)), float32(k1*(1-b)), float32(k1*b/mean)
	length := s.length[:len(score)]
	for _, p := range posts {
		doc, tf := p>>countBits, float32(p&countMax)
		score[doc] += gain * tf / (tf + flat + slope*float32(length[doc]))
	}
}

// tallyUp counts one term in the chapters of the living.
func (s *scratch) tallyUp(seg *segment, posts []uint32) {
	burials := seg.living != len(seg.ids)
	for _, p := range posts {
		doc := p >> countBits
		if burials && seg.isDead(int(doc)) {
			continue
		}
		c := seg.chapter[doc]
		if s.count[c] == 0 {
			s.touched = append(s.touched, c)
		}
		s.count[c] += int32(p & countMax) //nolint:gosec // 10 bits
	}
}

// best picks the n entries with the highest sums, in no order.
func (x *Index) best(s *scratch, allow func(int64) bool, n int) []candidate {
	s.allowed = grown(s.allowed, len(x.groups))
	keep := make([]candidate, 0, n) // a heap, the worst first
	floor := math.Inf(-1)
	for i, seg := range x.segments {
		for doc, bm25 := range s.score[i] {
			if bm25 == 0 {
				continue
			}
			c := seg.chapter[doc]
			score := float64(bm25+s.chapter[c]) * x.mix.prior[seg.level[doc]]
			if score < floor || seg.isDead(doc) || allow != nil && !s.permits(x, allow, x.chapters[c].group) {
				continue
			}
			found := candidate{in: seg, doc: doc, id: seg.ids[doc], bm25: float64(bm25), score: score}
			if len(keep) < n {
				keep = append(keep, found)
				rise(keep)
			} else if better(found, keep[0]) < 0 {
				keep[0] = found
				sink(keep)
			}
			if len(keep) == n {
				floor = keep[0].score
			}
		}
	}
	return keep
}

// permits asks about a group once.
func (s *scratch) permits(x *Index, allow func(int64) bool, group int32) bool {
	if s.allowed[group] == 0 {
		s.allowed[group] = -1
		if allow(x.groups[group]) {
			s.allowed[group] = 1
		}
	}
	return s.allowed[group] > 0
}

// rise puts the last of a heap in its place.
func rise(h []candidate) {
	for i := len(h) - 1; i > 0; {
		up := (i - 1) / 2
		if better(h[up], h[i]) > 0 {
			return
		}
		h[i], h[up] = h[up], h[i]
		i = up
	}
}

// sink puts the first of a heap in its place.
func sink(h []candidate) {
	for i := 0; ; {
		worst := i
		for down := 2*i + 1; down <= 2*i+2 && down < len(h); down++ {
			if better(h[down], h[worst]) > 0 {
				worst = down
			}
		}
		if worst == i {
			return
		}
		h[i], h[worst] = h[worst], h[i]
		i = worst
	}
}
