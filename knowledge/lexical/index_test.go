package lexical

import (
	"fmt"
	"maps"
	"math"
	"math/rand"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// plain is an index that ranks by BM25 alone.
func plain() *Index {
	x := New()
	x.mix = mix{deep: 150, prior: [9]float64{1, 1, 1, 1, 1, 1, 1, 1, 1}}
	return x
}

// naive scores every entry by the formula.
func naive(entries map[int64]Entry, q string) map[int64]float64 {
	counts, length, df, sum := map[int64]map[int32]int{}, map[int64]int{}, map[int32]int{}, 0
	for id, e := range entries {
		counts[id] = map[int32]int{}
		all := entryTerms(e)
		for _, t := range all {
			counts[id][Hash(t)]++
		}
		for t := range counts[id] {
			df[t]++
		}
		length[id] = len(all)
		sum += len(all)
	}
	n, mean := float64(len(entries)), float64(sum)/float64(len(entries))
	out := map[int64]float64{}
	for id := range entries {
		for _, w := range Question(q) {
			tf := float64(counts[id][w.Term])
			if tf == 0 {
				continue
			}
			rare := math.Log(1 + (n-float64(df[w.Term])+0.5)/(float64(df[w.Term])+0.5))
			out[id] += w.Weight * rare * tf * 2.2 / (tf + 1.2*(0.25+0.75*float64(length[id])/mean))
		}
	}
	return out
}

func entry() *rapid.Generator[Entry] {
	return rapid.Custom(func(t *rapid.T) Entry {
		return Entry{
			ID:    rapid.Int64Range(1, 40).Draw(t, "id"),
			Group: rapid.Int64Range(1, 4).Draw(t, "group"),
			Title: rapid.SampledFrom([]string{"礼品登记办法", "婚姻法", "公款管理规定第一条"}).Draw(t, "title"),
			Path:  rapid.SampledFrom([][]string{nil, {"第一章 总则"}, {"第二章 礼品", "第三条"}}).Draw(t, "path"),
			Text:  text().Draw(t, "text"),
			Level: rapid.IntRange(0, 8).Draw(t, "level"),
		}
	})
}

func TestScoresAreBM25AfterAnyPutsAndDrops(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, full, want := plain(), New(), map[int64]Entry{}
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			if rapid.IntRange(0, 3).Draw(t, "drop") == 0 {
				ids := rapid.SliceOfN(rapid.Int64Range(1, 40), 0, 8).Draw(t, "ids")
				x.Drop(ids...)
				full.Drop(ids...)
				for _, id := range ids {
					delete(want, id)
				}
				continue
			}
			some := rapid.SliceOfN(entry(), 0, 10).Draw(t, "entries")
			x.Put(some...)
			full.Put(some...)
			for _, e := range some {
				want[e.ID] = e
			}
		}
		if x.Len() != len(want) {
			t.Fatalf("Len = %d, want %d", x.Len(), len(want))
		}
		q := text().Draw(t, "question")
		scores := naive(want, q)
		found := x.Search(q, nil, 100)
		if len(found) != len(scores) {
			t.Fatalf("%d found, want %d", len(found), len(scores))
		}
		for _, f := range found {
			if math.Abs(f.Score-scores[f.ID]) > 1e-4*(1+scores[f.ID]) {
				t.Fatalf("entry %d scores %v, want %v", f.ID, f.Score, scores[f.ID])
			}
		}
		// How the index came to be does not matter to what it finds.
		fresh := New()
		fresh.Put(slices.SortedFunc(maps.Values(want), func(a, b Entry) int { return int(a.ID - b.ID) })...)
		if d := cmp.Diff(fresh.Search(q, nil, 100), full.Search(q, nil, 100)); d != "" {
			t.Fatal(d)
		}
	})
}

func TestRankAgreesWithTheIndexOnSureness(t *testing.T) {
	x := clauses()
	x.mix.chapter, x.mix.group = 0, 0
	q := "收了老板的红包要上交吗"
	n, df := x.Len(), map[int32]int{}
	for _, e := range handful() {
		for _, s := range Tokens(e) {
			df[Hash(s)]++
		}
	}
	pure := plain()
	pure.Put(handful()...)
	var candidates []Candidate
	for _, f := range pure.Search(q, nil, 100) {
		candidates = append(candidates, Candidate{Entry: handful()[f.ID-1], BM25: f.Score})
	}
	ranked := Rank(q, func(term int32) float64 { return idf(n, df[term]) }, candidates)
	found := x.Search(q, nil, 100)
	if len(ranked) == 0 || len(ranked) != len(found) {
		t.Fatalf("%d ranked, %d found", len(ranked), len(found))
	}
	for i := range found {
		if ranked[i].ID != found[i].ID || math.Abs(ranked[i].Sure-found[i].Sure) > 1e-4 || math.Abs(ranked[i].Score-found[i].Score) > 1e-3 {
			t.Errorf("%d: ranked %+v, found %+v", i, ranked[i], found[i])
		}
	}
}

func TestOnlyPermittedGroupsAreFound(t *testing.T) {
	x := New()
	x.Put(Entry{ID: 1, Group: 7, Text: "礼品登记"}, Entry{ID: 2, Group: 8, Text: "礼品上交"})
	got := x.Search("礼品", func(g int64) bool { return g == 8 }, 10)
	if len(got) != 1 || got[0].ID != 2 {
		t.Errorf("found %v", got)
	}
	if got := x.Search("礼品", func(int64) bool { return false }, 10); len(got) != 0 {
		t.Errorf("found %v", got)
	}
}

func TestReplacedAndDroppedEntriesAreGone(t *testing.T) {
	x := New()
	x.Put(Entry{ID: 1, Text: "礼品登记"})
	x.Put(Entry{ID: 1, Text: "公务用车"})
	if got := x.Search("礼品", nil, 10); len(got) != 0 {
		t.Errorf("the old text is found: %v", got)
	}
	if got := x.Search("公务用车", nil, 10); len(got) != 1 || x.Len() != 1 {
		t.Errorf("found %v of %d", got, x.Len())
	}
	x.Drop(1, 99)
	if got := x.Search("公务用车", nil, 10); len(got) != 0 || x.Len() != 0 {
		t.Errorf("found %v of %d", got, x.Len())
	}
}

func TestTheLastOfTwoWithOneIDCounts(t *testing.T) {
	x := New()
	x.Put(Entry{ID: 1, Text: "礼品"}, Entry{ID: 1, Text: "公车"})
	if x.Len() != 1 || len(x.Search("公车", nil, 1)) != 1 || len(x.Search("礼品", nil, 1)) != 0 {
		t.Error("the first counts")
	}
}

func TestEqualEntriesComeByID(t *testing.T) {
	x := New()
	for _, i := range rand.New(rand.NewSource(1)).Perm(300) {
		x.Put(Entry{ID: int64(i), Group: 1, Text: "礼品登记"})
	}
	got := x.Search("礼品", nil, 20)
	for i, f := range got {
		if f.ID != int64(i) {
			t.Fatalf("place %d is %d", i, f.ID)
		}
	}
	if len(got) != 20 {
		t.Fatalf("%d found", len(got))
	}
}

func TestALawStandsAboveAnObscureRule(t *testing.T) {
	for title, level := range map[string]int{
		"中华人民共和国宪法第二条": 8, "民法典第一条": 7, "中华人民共和国刑法": 7, "信访工作条例": 6, "廉洁自律准则": 6,
		"最高人民法院关于适用《民法典》的解释（一）第三条": 5, "礼品登记办法": 4, "某某通知": 0,
	} {
		if got := authority(Entry{Title: title}); got != level {
			t.Errorf("%s is %d, want %d", title, got, level)
		}
	}
	if authority(Entry{Title: "民法典", Level: 2}) != 2 {
		t.Error("a level that is given counts")
	}
	x := New()
	x.Put(Entry{ID: 1, Title: "关于夫妻的规定", Text: "夫妻应当互相忠实"}, Entry{ID: 2, Title: "关于夫妻的婚法", Text: "夫妻应当互相忠实"})
	if got := x.Search("夫妻忠实", nil, 2); got[0].ID != 2 {
		t.Errorf("first is %v", got[0])
	}
}

func TestNothingIsFoundWhereNothingCanBe(t *testing.T) {
	x := New()
	if got := x.Search("礼品", nil, 10); len(got) != 0 {
		t.Errorf("an empty index finds %v", got)
	}
	x.Put()
	x.Put(Entry{ID: 1}, Entry{ID: 2, Text: "礼品"})
	for _, q := range []string{"", "😀", "。。。", "\xff"} {
		if got := x.Search(q, nil, 10); len(got) != 0 {
			t.Errorf("%q finds %v", q, got)
		}
	}
	if got := x.Search("礼品", nil, 0); len(got) != 0 {
		t.Errorf("limit 0 finds %v", got)
	}
}

func TestSearchesSeeAPutAsAWhole(t *testing.T) {
	x := New()
	var wg sync.WaitGroup
	done := make(chan struct{})
	for range 4 {
		wg.Go(func() {
			for {
				found := x.Search("礼品登记", nil, 1000)
				if len(found)%2 != 0 {
					t.Errorf("%d found of pairs", len(found))
					return
				}
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	for i := range int64(200) {
		x.Put(Entry{ID: 2 * i, Group: i % 5, Text: "礼品登记"}, Entry{ID: 2*i + 1, Group: i % 5, Path: []string{fmt.Sprint("第", i, "章")}, Text: "礼品上交登记"})
		if i%3 == 0 {
			x.Drop(2*i, 2*i+1)
		}
	}
	close(done)
	wg.Wait()
	if want := 2 * (200 - 67); x.Len() != want {
		t.Errorf("Len = %d, want %d", x.Len(), want)
	}
}

func FuzzSearch(f *testing.F) {
	x := clauses()
	f.Add("收了红包怎么办")
	f.Add("第二百六十四条\x00\xffＡ")
	f.Fuzz(func(t *testing.T, q string) {
		for _, found := range x.Search(q, nil, 5) {
			if found.Score <= 0 || found.Sure < 0 || found.Sure > 1 || math.IsNaN(found.Score+found.Sure) {
				t.Fatalf("%q: %+v", q, found)
			}
		}
	})
}
