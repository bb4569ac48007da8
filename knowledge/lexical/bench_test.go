package lexical

import (
	"math/rand"
	"testing"
)

// library makes n entries of 116 characters whose words are as unevenly common as real ones.
func library(n int) []Entry {
	r := rand.New(rand.NewSource(1))
	common := rand.NewZipf(r, 1.05, 8, 2999)
	out := make([]Entry, n)
	for i := range out {
		runes := make([]rune, 116)
		for j := range runes {
			runes[j] = '一' + rune(common.Uint64())
		}
		out[i] = Entry{ID: int64(i), Group: int64(i / 40), Title: "某某管理办法", Path: []string{"第" + string(rune('一'+i/10%7)) + "章"}, Text: string(runes)}
	}
	return out
}

func BenchmarkSearch(b *testing.B) {
	entries := library(58_000)
	x := New()
	x.Put(entries...)
	b.ResetTimer()
	for i := range b.N {
		x.Search(string([]rune(entries[i%len(entries)].Text)[:20]), nil, 100)
	}
}

func BenchmarkPut(b *testing.B) {
	entries := library(10_000)
	for b.Loop() {
		New().Put(entries...)
	}
	b.ReportMetric(float64(len(entries)*b.N)/b.Elapsed().Seconds(), "entries/s")
}
