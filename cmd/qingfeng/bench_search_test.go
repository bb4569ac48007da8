//go:build bench

package main

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"qingfeng/bot/pg"
	"qingfeng/knowledge"
)

// TestBenchSearch measures the knowledge base at 58,000 passages: saving, one client,
// eight clients, SQL alone, its overlap with exact scoring, memory. The corpus is made
// here; QINGFENG_EVAL_CORPUS names a folder with corpus.jsonl, queries.jsonl and
// qrels.tsv to measure with instead. A missed target fails nothing.
func TestBenchSearch(t *testing.T) {
	b := &bench{quick: os.Getenv("QINGFENG_BENCH_QUICK") != ""}
	began := time.Now()
	set := benchCorpus(t, b)
	s := newStore(t)
	address := s.database(t, "search", "")
	if err := pg.Migrate(t.Context(), address); err != nil {
		t.Fatal(err)
	}
	db, err := pg.Open(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	quiet := slog.New(slog.DiscardHandler)
	trial := func() *trial {
		store, err := newIndex(db, time.Now, quiet)
		if err != nil {
			t.Fatal(err)
		}
		return &trial{env: env{err: testLog{t}}, set: set, sql: true, store: store}
	}

	cold := trial()
	start := time.Now()
	if err := cold.load(t.Context()); err != nil {
		t.Fatal(err)
	}
	rate := float64(set.passages) / time.Since(start).Seconds()
	size := fmt.Sprintf("%d passages, ", set.passages)
	b.add(figure{what: size + "saving, with GIN, vectors, counting and VACUUM", ours: perSecond(rate), target: "≥ 1500/s"}, rate >= 1500)

	sql := askAll(t, cold, 1)
	b.add(figure{what: "SQL alone, one client, p50", ours: ms(quantile(sql.waits, 0.5)), limit: "p95 " + ms(quantile(sql.waits, 0.95))})
	overlap, n, err := cold.overlap(t.Context(), short(b, 100, 20))
	if err != nil {
		t.Fatal(err)
	}
	b.add(figure{what: fmt.Sprintf("first ten by SQL in those of exact scoring, %d questions", n), ours: fmt.Sprintf("%.3f", overlap), target: "≥ 0.97"}, overlap >= 0.97)

	warm := trial()
	before := heap()
	start = time.Now()
	if err := warm.store.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.add(figure{what: "index in memory, from Postgres", ours: fmt.Sprintf("%.1f s", time.Since(start).Seconds()), limit: "heap " + mib(heap()-before)})
	one := askAll(t, warm, 1)
	p50, p95 := quantile(one.waits, 0.5), quantile(one.waits, 0.95)
	b.add(figure{what: "one client, p50", ours: ms(p50), target: "≤ 10 ms"}, p50 <= 10*time.Millisecond)
	b.add(figure{what: "one client, p95", ours: ms(p95), target: "≤ 40 ms"}, p95 <= 40*time.Millisecond)
	eight := askAll(t, warm, 8)
	ratio := eight.rate / one.rate
	b.add(figure{
		what: "eight clients", ours: perSecond(eight.rate), limit: "one client " + perSecond(one.rate),
		ratio: fmt.Sprintf("%.2f", ratio), target: "≥ 1.7",
	}, ratio >= 1.7)
	b.note("eight clients: p50 %s, p95 %s", ms(quantile(eight.waits, 0.5)), ms(quantile(eight.waits, 0.95)))
	b.print(time.Since(began))
}

// testLog receives the progress lines of a trial.
type testLog struct{ t testing.TB }

func (l testLog) Write(p []byte) (int, error) { return len(p), nil }

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc) //nolint:gosec // far below
}

// askedAll is what a run of questions took.
type askedAll struct {
	waits []time.Duration
	rate  float64 // a second
}

// askAll asks every question of a set, in order, by some clients at once, with twenty
// hits as the product asks for.
func askAll(t *testing.T, tr *trial, clients int) askedAll {
	t.Helper()
	var (
		mu   sync.Mutex
		out  askedAll
		next atomic.Int64
		wg   sync.WaitGroup
	)
	total := int64(max(300, len(tr.set.queries)) * min(clients, 3))
	began := time.Now()
	for range clients {
		wg.Go(func() {
			var own []time.Duration
			for i := next.Add(1) - 1; i < total; i = next.Add(1) - 1 {
				q := tr.query(tr.set.queries[int(i)%len(tr.set.queries)])
				q.Limit = 0
				start := time.Now()
				if _, err := tr.store.Search(t.Context(), q); err != nil {
					t.Error(err)
					return
				}
				own = append(own, time.Since(start))
			}
			mu.Lock()
			out.waits = append(out.waits, own...)
			mu.Unlock()
		})
	}
	wg.Wait()
	out.rate = float64(len(out.waits)) / time.Since(began).Seconds()
	return out
}

// benchCorpus is the set that the environment names, or one made of words drawn as
// rarely as words are in a language.
func benchCorpus(t *testing.T, b *bench) labelled {
	t.Helper()
	if dir := os.Getenv("QINGFENG_EVAL_CORPUS"); dir != "" {
		set, err := readLabelled(filepath.Join(dir, "corpus.jsonl"), filepath.Join(dir, "queries.jsonl"), filepath.Join(dir, "qrels.tsv"))
		if err != nil {
			t.Fatal(err)
		}
		return set
	}
	r := rand.New(rand.NewPCG(1, 2))
	words := make([]string, 8000)
	for i := range words {
		for range 2 + r.IntN(2) {
			words[i] += string(rune(0x4E00 + int(2500*r.Float64()*r.Float64())))
		}
	}
	drawn := rand.NewZipf(r, 1.1, 20, uint64(len(words)-1))
	// Words follow each other as in a language: mostly one of a few that often do.
	text := func(n int) string {
		var s strings.Builder
		word := 0
		for range n {
			if r.IntN(4) == 0 {
				word = int(drawn.Uint64()) //nolint:gosec // below 8,000
			} else {
				word = (word*31 + r.IntN(6)*r.IntN(6)*97 + 7) % len(words)
			}
			s.WriteString(words[word])
			if r.IntN(8) == 0 {
				s.WriteString("，")
			}
		}
		return s.String() + "。"
	}
	var set labelled
	set.relevant = map[string]map[string]float64{}
	for d := range short(b, 1300, 300) {
		doc := evalDocument{draft: knowledge.Draft{Document: knowledge.Document{Title: text(4) + strconv.Itoa(d), Issuer: strconv.Itoa(d)}}}
		for p := range 45 {
			row := fmt.Sprintf("%d-%d", d, p)
			body := text(30 + r.IntN(50))
			doc.put(row, fmt.Sprintf("第%d条", p+1), []string{"第一章"}, body)
			if len(set.queries) < 300 && p == d%45 {
				runes := []rune(body)
				at := r.IntN(len(runes) - 24)
				question := string(runes[at:at+12]) + words[drawn.Uint64()] + words[drawn.Uint64()]
				set.queries = append(set.queries, evalQuery{row, question})
				set.relevant[row] = map[string]float64{row: 1}
			}
		}
		doc.draft.Body = strings.Join(doc.bodies, "\n")
		set.passages += len(doc.rows)
		set.documents = append(set.documents, doc)
	}
	return set
}
