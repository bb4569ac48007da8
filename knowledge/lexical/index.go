package lexical

import (
	"hash/fnv"
	"math"
	"regexp"
	"slices"
	"sync"
)

// Index is a set of entries in memory. Searches run side by side and while one Put or
// Drop works; writers wait for each other. A search sees every Put as a whole.
type Index struct {
	mix   mix
	pool  sync.Pool  // *scratch
	write sync.Mutex // held by Put and Drop all along; guards where
	where map[int64]place

	mu       sync.RWMutex // guards what follows
	segments []*segment
	chapters []chapter
	known    map[uint64]int32 // chapter by its key
	groups   []int64          // their numbers, by index
	group    map[int64]int32  // index by number
	living   int
	length   int64
}

type place struct {
	in  *segment
	doc int32
}

// chapter is the entries of one group below one heading.
type chapter struct {
	group  int32
	living int32
	length int64 // terms of its living entries
}

// New is an empty index.
func New() *Index {
	return &Index{
		mix: defaultMix(), where: map[int64]place{}, known: map[uint64]int32{}, group: map[int64]int32{},
	}
}

// batch is how many entries are made into a segment at once: it bounds the memory of
// building.
const batch = 8192

// Put adds entries; one with a known ID takes the place of the old.
func (x *Index) Put(entries ...Entry) {
	x.write.Lock()
	defer x.write.Unlock()
	last := make(map[int64]int, len(entries))
	for i, e := range entries {
		last[e.ID] = i
	}
	fresh := make([]Entry, 0, len(last))
	for i, e := range entries {
		if last[e.ID] == i {
			fresh = append(fresh, e)
		}
	}
	var built []*segment
	for part := range slices.Chunk(fresh, batch) {
		built = append(built, build(part, x.chapter))
	}
	for len(built) > 1 { // neighbours of like size, so that the order stays
		var next []*segment
		for pair := range slices.Chunk(built, 2) {
			if len(pair) == 2 {
				pair[0] = merge(pair[0], pair[1])
			}
			next = append(next, pair[0])
		}
		built = next
	}
	x.mu.Lock()
	for _, e := range fresh {
		x.bury(e.ID)
	}
	for _, s := range built {
		x.segments = append(x.segments, s)
		for i := range s.ids {
			c := &x.chapters[s.chapter[i]]
			c.living++
			c.length += int64(s.length[i])
			x.length += int64(s.length[i])
		}
		x.living += s.living
	}
	x.mu.Unlock()
	for _, s := range built {
		for i, id := range s.ids {
			x.where[id] = place{s, int32(i)} //nolint:gosec // below segmentMax
		}
	}
	x.tidy()
}

// Drop takes entries out; unknown IDs are no error.
func (x *Index) Drop(ids ...int64) {
	x.write.Lock()
	defer x.write.Unlock()
	x.mu.Lock()
	for _, id := range ids {
		x.bury(id)
	}
	x.mu.Unlock()
	x.tidy()
}

// Len is how many entries there are.
func (x *Index) Len() int {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.living
}

func (x *Index) bury(id int64) {
	p, ok := x.where[id]
	if !ok {
		return
	}
	delete(x.where, id)
	p.in.bury(int(p.doc))
	c := &x.chapters[p.in.chapter[p.doc]]
	c.living--
	c.length -= int64(p.in.length[p.doc])
	x.length -= int64(p.in.length[p.doc])
	x.living--
}

// tidy merges segments until each is at least twice as large as the next and most of
// it lives. Searches go on meanwhile.
func (x *Index) tidy() {
	for {
		n := len(x.segments)
		i := n - 2
		for i >= 0 && x.segments[i].living >= 2*x.segments[i+1].living {
			i--
		}
		at, with := i, &segment{from: []uint32{0}, textAt: []uint32{0}}
		if i >= 0 {
			if x.segments[i].living+x.segments[i+1].living > segmentMax {
				return
			}
			with = x.segments[i+1]
		} else {
			at = slices.IndexFunc(x.segments, func(s *segment) bool { return s.living == 0 || s.living*2 < len(s.ids) })
			if at < 0 {
				return
			}
		}
		joined := merge(x.segments[at], with)
		after := slices.Clone(x.segments[:at])
		if joined.living > 0 {
			after = append(after, joined)
		}
		if i >= 0 {
			after = append(after, x.segments[at+2:]...)
		} else {
			after = append(after, x.segments[at+1:]...)
		}
		for j, id := range joined.ids {
			x.where[id] = place{joined, int32(j)} //nolint:gosec // below segmentMax
		}
		x.mu.Lock()
		x.segments = after
		x.mu.Unlock()
	}
}

// article is a clause's number as a heading; heading is what stands above clauses.
var (
	article = regexp.MustCompile(`^\s*第[零〇一二两三四五六七八九十百千0-9]+条`)
	heading = regexp.MustCompile(`^\s*(第[零〇一二两三四五六七八九十百千0-9]+(分?编|部分|篇|章|节)|[一二三四五六七八九十]+、|[（(][一二三四五六七八九十0-9]+[）)]|[0-9]+[.、．])`)
)

// above is the path to the heading an entry stands below.
func above(path []string) []string {
	for len(path) > 0 && article.MatchString(path[len(path)-1]) {
		path = path[:len(path)-1]
	}
	if len(path) > 1 && !heading.MatchString(path[len(path)-1]) {
		path = path[:len(path)-1] // the entry's own title
	}
	return path
}

// chapter finds or makes the chapter of an entry.
func (x *Index) chapter(e Entry) int32 {
	h := fnv.New64a()
	for i := range 8 {
		h.Write([]byte{byte(e.Group >> (8 * i))}) //nolint:errcheck,gosec // a hash takes everything
	}
	for _, p := range above(e.Path) {
		h.Write([]byte(p))    //nolint:errcheck // as above
		h.Write([]byte{0x1f}) //nolint:errcheck // as above
	}
	key := h.Sum64()
	x.mu.RLock()
	c, ok := x.known[key]
	x.mu.RUnlock()
	if ok {
		return c
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	g, ok := x.group[e.Group]
	if !ok {
		g = int32(len(x.groups)) //nolint:gosec // far below
		x.groups, x.group[e.Group] = append(x.groups, e.Group), g
	}
	c = int32(len(x.chapters)) //nolint:gosec // far below
	x.chapters, x.known[key] = append(x.chapters, chapter{group: g}), c
	return c
}

// idf is how rare a term is that df of n entries hold.
func idf(n, df int) float64 {
	return math.Log(1 + (float64(n)-float64(df)+0.5)/(float64(df)+0.5))
}
