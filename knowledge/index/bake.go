package index

import (
	"cmp"
	"runtime"
	"slices"
	"sync"

	"github.com/pgvector/pgvector-go"

	"qingfeng/knowledge"
	"qingfeng/knowledge/lexical"
)

// most is how many weights of a passage are kept: an index over vectors takes no more.
const most = 1000

// row is what a passage is found by, as Postgres takes it.
type row struct {
	tokens  []int32
	weights pgvector.SparseVector
}

// bake works out the rows of a draft's passages with the given mean length, or with
// their own where there is none yet. length is the sum of their terms.
func bake(d knowledge.Draft, mean float64) (rows []row, length int) {
	entries := make([]lexical.Entry, len(d.Passages))
	for i, p := range d.Passages {
		entries[i] = lexical.Entry{Title: heading(d.Document), Path: p.Path, Text: p.Text, Level: int(d.Document.Authority)}
	}
	return bakeEntries(entries, mean)
}

func bakeEntries(entries []lexical.Entry, mean float64) (rows []row, length int) {
	for _, e := range entries {
		length += lexical.Length(e)
	}
	if mean <= 0 {
		mean = float64(length) / float64(len(entries))
	}
	rows = make([]row, len(entries))
	inParallel(len(entries), func(i int) { rows[i] = bakeOne(entries[i], mean) })
	return rows, length
}

// inParallel calls f for 0 … n-1 on the processors there are, if it is worth it.
func inParallel(n int, f func(i int)) {
	workers := min(runtime.GOMAXPROCS(0), n/64)
	if workers < 2 {
		for i := range n {
			f(i)
		}
		return
	}
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := w; i < n; i += workers {
				f(i)
			}
		})
	}
	wg.Wait()
}

// weight is a term's share in a passage or in a question.
type weight struct {
	term int32
	w    float32
}

func bakeOne(e lexical.Entry, mean float64) row {
	weights := lexical.Weights(e, mean)
	all := make([]weight, 0, len(weights))
	tokens := make([]int32, 0, len(weights))
	for t, w := range weights {
		all = append(all, weight{t, w})
		tokens = append(tokens, t)
	}
	slices.Sort(tokens)
	return row{tokens: tokens, weights: sparse(all)}
}

// sparse is weights as a vector: the heaviest ones, if there are too many.
func sparse(all []weight) pgvector.SparseVector {
	if len(all) > most {
		slices.SortFunc(all, func(a, b weight) int { return cmp.Or(cmp.Compare(b.w, a.w), cmp.Compare(a.term, b.term)) })
		all = all[:most]
	}
	elements := make(map[int32]float32, len(all))
	for _, w := range all {
		elements[w.term-1] = w.w // terms begin at 1, elements at 0
	}
	return pgvector.NewSparseVectorFromMap(elements, lexical.Dimensions)
}
