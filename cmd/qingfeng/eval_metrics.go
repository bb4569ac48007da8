package main

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"time"

	"qingfeng/bot/text"
)

// metrics is what `eval retrieval` prints.
type metrics struct {
	NDCG      float64 `json:"ndcg@10"`
	MRR       float64 `json:"mrr@10"`
	Recall1   float64 `json:"recall@1"`
	Recall5   float64 `json:"recall@5"`
	Recall10  float64 `json:"recall@10"`
	Recall50  float64 `json:"recall@50"`
	Recall100 float64 `json:"recall@100"`
	P50       float64 `json:"ms_p50"`
	P95       float64 `json:"ms_p95"`
	Queries   int     `json:"queries"`
}

// named is a measured number under its name.
type named struct {
	name  string
	value float64
}

func printFigures(w io.Writer, format string, all []named) {
	for _, f := range all {
		fmt.Fprintf(w, format+"\n", f.name, f.value)
	}
}

func (m metrics) print(w io.Writer) {
	printFigures(w, text.EvalMetric, []named{
		{"ndcg@10", m.NDCG},
		{"mrr@10", m.MRR},
		{"recall@1", m.Recall1},
		{"recall@5", m.Recall5},
		{"recall@10", m.Recall10},
		{"recall@50", m.Recall50},
		{"recall@100", m.Recall100},
	})
	fmt.Fprintf(w, text.EvalMilliseconds+"\n", "ms_p50", m.P50)
	fmt.Fprintf(w, text.EvalMilliseconds+"\n", "ms_p95", m.P95)
	fmt.Fprintf(w, text.EvalCount+"\n", "queries", m.Queries)
}

// measured adds up over questions.
type measured struct {
	sum   metrics
	waits []time.Duration
}

// add counts one question: the rows found, best first, and how relevant each is.
func (m *measured) add(found []string, relevant map[string]float64, took time.Duration) {
	m.sum.Queries++
	m.waits = append(m.waits, took)
	m.sum.NDCG += ndcg(found, relevant, 10)
	for i, row := range found[:min(10, len(found))] {
		if relevant[row] > 0 {
			m.sum.MRR += 1 / float64(i+1)
			break
		}
	}
	for at, sum := range map[int]*float64{
		1: &m.sum.Recall1, 5: &m.sum.Recall5, 10: &m.sum.Recall10, 50: &m.sum.Recall50, 100: &m.sum.Recall100,
	} {
		*sum += recall(found, relevant, at)
	}
}

// recall is the share of relevant rows among the first n.
func recall(found []string, relevant map[string]float64, n int) float64 {
	got, all := 0, 0
	for _, r := range relevant {
		if r > 0 {
			all++
		}
	}
	for _, row := range found[:min(n, len(found))] {
		if relevant[row] > 0 {
			got++
		}
	}
	return float64(got) / float64(max(1, all))
}

// ndcg is the discounted gain of the first n beside the best there could be.
func ndcg(found []string, relevant map[string]float64, n int) float64 {
	var best []float64
	for _, r := range relevant {
		if r > 0 {
			best = append(best, r)
		}
	}
	slices.SortFunc(best, func(a, b float64) int { return cmp.Compare(b, a) })
	gain, ideal := 0.0, 0.0
	for i, row := range found[:min(n, len(found))] {
		gain += max(0, relevant[row]) / math.Log2(float64(i+2))
	}
	for i, r := range best[:min(n, len(best))] {
		ideal += r / math.Log2(float64(i+2))
	}
	if ideal == 0 {
		return 0
	}
	return gain / ideal
}

// metrics are the means.
func (m *measured) metrics() metrics {
	out := m.sum
	for _, v := range []*float64{&out.NDCG, &out.MRR, &out.Recall1, &out.Recall5, &out.Recall10, &out.Recall50, &out.Recall100} {
		*v = math.Round(*v/float64(max(1, out.Queries))*1e4) / 1e4
	}
	slices.Sort(m.waits)
	at := func(share float64) float64 {
		if len(m.waits) == 0 {
			return 0
		}
		w := m.waits[min(len(m.waits)-1, int(share*float64(len(m.waits))))]
		return math.Round(float64(w.Microseconds())/100) / 10
	}
	out.P50, out.P95 = at(0.5), at(0.95)
	return out
}
