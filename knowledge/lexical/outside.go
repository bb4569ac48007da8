package lexical

import (
	"cmp"
	"slices"
	"unicode/utf16"
)

// Candidate is an entry that was found elsewhere, with its BM25.
type Candidate struct {
	Entry
	BM25 float64
}

// Rank looks closely at entries that were found elsewhere, as Search does at its own,
// and puts the best first. idf says how rare each term of the question is, and for the term 0
// how rare one is that no entry has. What an entry's chapter and document say is unknown
// here and not counted.
func Rank(q string, idf func(term int32) float64, found []Candidate) []Found {
	a := ask(q)
	unknown, rarity := idf(0), make([]float64, len(a.terms))
	for i, t := range a.terms {
		rarity[i] = idf(t.Term)
		unknown = max(unknown, rarity[i])
	}
	m := defaultMix()
	l := newLens(a, rarity, unknown, m)
	out := make([]Found, len(found))
	for i, c := range found {
		text := utf16.Encode(c.fold(nil))
		l.look(text)
		like := l.like(text)
		score := c.BM25 * m.prior[authority(c.Entry)] * (1 + m.cover*l.cover() + m.near*l.near() + m.like*like)
		out[i] = Found{ID: c.ID, Score: score, Sure: l.sure(c.BM25, like)}
	}
	slices.SortFunc(out, func(x, y Found) int {
		return cmp.Or(cmp.Compare(y.Score, x.Score), cmp.Compare(x.ID, y.ID))
	})
	return out
}
