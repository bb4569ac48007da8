package index

import (
	"cmp"
	"encoding/binary"
	"math"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"

	"qingfeng/knowledge"
	"qingfeng/knowledge/lexical"
)

// most is how many weights of a passage are kept: an index over vectors takes no more.
const most = 1000

// row is what a passage is found by, as Postgres takes it.
type row struct {
	tokens  []int32
	weights []byte
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
	return row{tokens: tokens, weights: sparseBinary(all)}
}

// heaviest keeps the best weights, ordered by term.
func heaviest(all []weight) []weight {
	if len(all) > most {
		slices.SortFunc(all, func(a, b weight) int { return cmp.Or(cmp.Compare(b.w, a.w), cmp.Compare(a.term, b.term)) })
		all = all[:most]
	}
	slices.SortFunc(all, func(a, b weight) int { return cmp.Compare(a.term, b.term) })
	return all
}

// sparseBinary is a sparsevec as COPY takes it: dimensions, count, an unused zero, the
// indices from 0, the values.
func sparseBinary(all []weight) []byte {
	all = heaviest(all)
	out := make([]byte, 0, 12+8*len(all))
	out = binary.BigEndian.AppendUint32(out, lexical.Dimensions)
	out = binary.BigEndian.AppendUint32(out, uint32(len(all))) //nolint:gosec // at most 1,000
	out = binary.BigEndian.AppendUint32(out, 0)
	for _, w := range all {
		out = binary.BigEndian.AppendUint32(out, uint32(w.term-1)) //nolint:gosec // terms begin at 1
	}
	for _, w := range all {
		out = binary.BigEndian.AppendUint32(out, math.Float32bits(w.w))
	}
	return out
}

// sparseText is a sparsevec as a parameter: {index:value,…}/dimensions, indices from 1.
func sparseText(all []weight) string {
	var b strings.Builder
	b.WriteByte('{')
	for i, w := range heaviest(all) {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.Itoa(int(w.term)))
		b.WriteByte(':')
		b.WriteString(strconv.FormatFloat(float64(w.w), 'g', -1, 32))
	}
	b.WriteString("}/")
	b.WriteString(strconv.Itoa(lexical.Dimensions))
	return b.String()
}
