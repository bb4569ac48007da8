package lexical

import (
	"cmp"
	"slices"
	"unicode/utf16"
)

// A posting is a document's number within its segment and how often it holds the term.
const (
	countBits  = 10
	countMax   = 1<<countBits - 1 // more often counts as this often: BM25 is flat there
	segmentMax = 1 << (32 - countBits)
)

// segment is some entries, immutable but for dead and df, which the Index guards.
type segment struct {
	ids     []int64
	length  []int32
	chapter []int32 // into Index.chapters
	level   []uint8
	textAt  []uint32 // len(ids)+1 offsets into text
	text    []uint16 // folded title, path and text, UTF-16

	terms  []int32  // sorted
	from   []uint32 // len(terms)+1 offsets into posts
	posts  []uint32
	df     []int32 // living documents per term
	dead   []uint64
	living int
}

// term returns a term's place in terms, -1 where it is unknown.
func (s *segment) term(t int32) int {
	if i, ok := slices.BinarySearch(s.terms, t); ok {
		return i
	}
	return -1
}

func (s *segment) isDead(doc int) bool { return s.dead[doc>>6]&(1<<(doc&63)) != 0 }

// bury marks a document dead and takes its terms from df.
func (s *segment) bury(doc int) {
	s.dead[doc>>6] |= 1 << (doc & 63)
	s.living--
	for _, t := range distinct(hashes(nil, utf16.Decode(s.text[s.textAt[doc]:s.textAt[doc+1]]))) {
		if i := s.term(t.hash); i >= 0 {
			s.df[i]--
		}
	}
}

type counted struct {
	hash  int32
	count int
}

func hashes(to []int32, runes []rune) []int32 {
	scan(runes, func(t token) { to = append(to, t.hash) })
	return to
}

// distinct counts hashes; it sorts them in place.
func distinct(h []int32) []counted {
	slices.Sort(h)
	var out []counted
	for i := 0; i < len(h); {
		j := i
		for j < len(h) && h[j] == h[i] {
			j++
		}
		out = append(out, counted{h[i], j - i})
		i = j
	}
	return out
}

// build makes a segment; chapterOf names each entry's chapter.
func build(entries []Entry, chapterOf func(Entry) int32) *segment {
	n := len(entries)
	s := &segment{
		ids: make([]int64, n), length: make([]int32, n), chapter: make([]int32, n), level: make([]uint8, n),
		textAt: make([]uint32, 1, n+1), dead: make([]uint64, (n+63)/64), living: n,
	}
	var (
		runes []rune
		terms []int32
		all   []uint64 // hash, posting
	)
	for i, e := range entries {
		runes = e.fold(runes[:0])
		terms = hashes(terms[:0], runes)
		s.ids[i], s.length[i], s.chapter[i] = e.ID, int32(len(terms)), chapterOf(e) //nolint:gosec // far below
		s.level[i] = uint8(authority(e))                                            //nolint:gosec // 0–8
		for _, r := range runes {
			s.text = utf16.AppendRune(s.text, r)
		}
		s.textAt = append(s.textAt, uint32(len(s.text))) //nolint:gosec // a segment's text stays below
		for _, c := range distinct(terms) {
			all = append(all, uint64(c.hash)<<32|uint64(i)<<countBits|uint64(min(c.count, countMax))) //nolint:gosec // positive
		}
	}
	s.text = slices.Clip(s.text)
	all = byHash(all)
	s.posts = make([]uint32, len(all))
	for i, p := range all {
		if t := int32(p >> 32); len(s.terms) == 0 || s.terms[len(s.terms)-1] != t { //nolint:gosec // 24 bits
			s.terms, s.from = append(s.terms, t), append(s.from, uint32(i)) //nolint:gosec // a segment's postings stay below
		}
		s.posts[i] = uint32(p) //nolint:gosec // the low half
	}
	s.from = append(s.from, uint32(len(all))) //nolint:gosec // as above
	s.terms, s.from = slices.Clip(s.terms), slices.Clip(s.from)
	s.df = make([]int32, len(s.terms))
	for i := range s.terms {
		s.df[i] = int32(s.from[i+1] - s.from[i]) //nolint:gosec // at most a segment's documents
	}
	return s
}

// byHash sorts by the hash in the high half, keeping the order of equal ones.
func byHash(all []uint64) []uint64 {
	other := make([]uint64, len(all))
	for shift := 32; shift < 58; shift += 13 { // a hash has 25 bits
		var at [1<<13 + 1]int
		for _, v := range all {
			at[v>>shift&(1<<13-1)+1]++
		}
		for i := range len(at) - 1 {
			at[i+1] += at[i]
		}
		for _, v := range all {
			k := v >> shift & (1<<13 - 1)
			other[at[k]] = v
			at[k]++
		}
		all, other = other, all
	}
	return all
}

// merge joins two segments without their dead.
func merge(x, y *segment) *segment {
	n := x.living + y.living
	s := &segment{
		ids: make([]int64, 0, n), length: make([]int32, 0, n), chapter: make([]int32, 0, n), level: make([]uint8, 0, n),
		textAt: make([]uint32, 1, n+1), dead: make([]uint64, (n+63)/64), living: n,
		text: make([]uint16, 0, len(x.text)+len(y.text)), posts: make([]uint32, 0, len(x.posts)+len(y.posts)),
	}
	place := [2][]int32{}
	for k, old := range []*segment{x, y} {
		place[k] = make([]int32, len(old.ids))
		for i, id := range old.ids {
			if old.isDead(i) {
				place[k][i] = -1
				continue
			}
			place[k][i] = int32(len(s.ids)) //nolint:gosec // below segmentMax
			s.ids, s.length = append(s.ids, id), append(s.length, old.length[i])
			s.chapter, s.level = append(s.chapter, old.chapter[i]), append(s.level, old.level[i])
			s.text = append(s.text, old.text[old.textAt[i]:old.textAt[i+1]]...)
			s.textAt = append(s.textAt, uint32(len(s.text))) //nolint:gosec // as in build
		}
	}
	move := func(old *segment, places []int32, term int) {
		for _, p := range old.posts[old.from[term]:old.from[term+1]] {
			if to := places[p>>countBits]; to >= 0 {
				s.posts = append(s.posts, uint32(to)<<countBits|p&countMax) //nolint:gosec // not negative
			}
		}
	}
	for i, j := 0, 0; i < len(x.terms) || j < len(y.terms); {
		var c int
		switch {
		case i == len(x.terms):
			c = 1
		case j == len(y.terms):
			c = -1
		default:
			c = cmp.Compare(x.terms[i], y.terms[j])
		}
		begin, t := len(s.posts), int32(0)
		if c <= 0 {
			t = x.terms[i]
			move(x, place[0], i)
			i++
		}
		if c >= 0 {
			t = y.terms[j]
			move(y, place[1], j)
			j++
		}
		if len(s.posts) == begin {
			continue
		}
		s.terms, s.from = append(s.terms, t), append(s.from, uint32(begin)) //nolint:gosec // as in build
		s.df = append(s.df, int32(len(s.posts)-begin))                      //nolint:gosec // as in build
	}
	s.from = append(s.from, uint32(len(s.posts))) //nolint:gosec // as in build
	s.terms, s.from, s.df = slices.Clip(s.terms), slices.Clip(s.from), slices.Clip(s.df)
	s.posts, s.text = slices.Clip(s.posts), slices.Clip(s.text)
	return s
}
