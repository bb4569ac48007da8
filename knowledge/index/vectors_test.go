package index_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"qingfeng/knowledge"
	"qingfeng/knowledge/index"
)

// embedder is a model whose vectors say which of some words a text holds.
type embedder struct {
	name  string
	words []string
	calls atomic.Int32
	texts atomic.Int32
	// before may refuse, fail or wait.
	before func(texts []string) error
	spoil  func(v []float32) []float32
}

func (e *embedder) Name() string { return e.name }
func (e *embedder) Dim() int     { return len(e.words) + 1 }

func (e *embedder) Embed(ctx context.Context, texts []string) ([][]float32, error) {
	e.calls.Add(1)
	if e.before != nil {
		if err := e.before(texts); err != nil {
			return nil, err
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	e.texts.Add(int32(len(texts)))
	var out [][]float32
	for _, t := range texts {
		v := make([]float32, e.Dim())
		v[len(e.words)] = 0.1
		for i, w := range e.words {
			if strings.Contains(t, w) {
				v[i] = 1
			}
		}
		if e.spoil != nil {
			v = e.spoil(v)
		}
		out = append(out, v)
	}
	return out, nil
}

// near asks with an embedder as the program does.
func (a *archive) near(e knowledge.Embedder, text string, reader knowledge.Reader) map[int64]float64 {
	a.t.Helper()
	v, err := e.Embed(a.t.Context(), []string{text})
	ok(a.t, err)
	found, err := a.Near(a.t.Context(), knowledge.Query{Text: text, Reader: reader, Vector: v[0], Embedder: e.Name()})
	ok(a.t, err)
	return found
}

func TestNothingIsEmbeddedUntilALibraryIsSwitchedOnAndItsVectorsGoWhenItIsOff(t *testing.T) {
	a := newArchive(t)
	ctx := t.Context()
	_, p := a.document("礼品规定", nil, "礼品应当登记上交。", "公车不得私用。")
	a.document("别的", func(d *knowledge.Draft) { d.Document.Library = "内部" }, "礼品内部流程。")
	e := &embedder{name: "m", words: []string{"礼品", "公车"}}
	ok(t, a.EmbedAll(ctx, e))
	if e.texts.Load() != 0 {
		t.Fatal("sent what may not leave")
	}
	ok(t, a.SetExternal(ctx, "制度", true))
	ok(t, a.EmbedAll(ctx, e))
	if e.texts.Load() != 2 || a.count("passage_vector") != 2 {
		t.Fatal(e.texts.Load(), a.count("passage_vector"))
	}
	found := a.near(e, "公车", knowledge.Member())
	if len(found) != 2 || found[p[1]] < 0.7 || found[p[1]] <= found[p[0]] {
		t.Error(found)
	}
	if found := a.near(e, "公车", knowledge.Citizen()); len(found) != 0 {
		t.Error("not theirs to see:", found)
	}
	hits, err := a.Search(ctx, knowledge.Query{Text: "座驾", Reader: knowledge.Member(), Vector: []float32{0, 1, 0.1}, Embedder: "m", Limit: 1})
	ok(t, err)
	if len(hits) != 1 || hits[0].ID != p[1] {
		t.Errorf("search does not ask vectors: %+v", hits)
	}
	ok(t, a.SetExternal(ctx, "制度", false))
	if a.count("passage_vector") != 0 {
		t.Error("vectors are left")
	}
	ok(t, a.SaveEmbeddings(ctx, 1, []index.Embedding{{Passage: p[0], Vector: []float32{1, 0, 0}}}))
	if a.count("passage_vector") != 0 {
		t.Error("a vector was saved after the switch")
	}
}

func TestSwitchesAreOffByDefaultAndEachForItself(t *testing.T) {
	a := newArchive(t)
	ctx := t.Context()
	a.document("规定", nil, "某条。")
	libraries, questions, err := a.MayLeave(ctx)
	if err != nil || len(libraries) != 0 || questions {
		t.Fatal(libraries, questions, err)
	}
	ok(t, a.SetExternal(ctx, index.QuestionSwitch, true))
	libraries, questions, err = a.MayLeave(ctx)
	if err != nil || len(libraries) != 0 || !questions {
		t.Fatal(libraries, questions, err)
	}
	ok(t, a.SetExternal(ctx, "制度", true))
	if err := a.SetExternal(ctx, "没有的", true); !errors.Is(err, index.ErrNoLibrary) {
		t.Error(err)
	}
	libraries, _, err = a.MayLeave(ctx)
	if err != nil || !libraries["制度"] {
		t.Error(libraries, err)
	}
	all, err := a.Libraries(ctx)
	ok(t, err)
	same(t, "libraries", all, []index.Library{{Name: "制度", External: true, Documents: 1, Passages: 1}})
}

func TestTheOldModelServesUntilTheNewOneIsReady(t *testing.T) {
	a := newArchive(t)
	ctx := t.Context()
	var articles []string
	for i := range 200 {
		articles = append(articles, fmt.Sprintf("第%d件：公车", i))
	}
	_, p := a.document("规定", nil, articles...)
	ok(t, a.SetExternal(ctx, "制度", true))
	old := &embedder{name: "old", words: []string{"礼品", "公车"}}
	fresh := &embedder{name: "new", words: []string{"公车", "礼品"}} // the same dimension, other directions
	serving := a.Serve(fresh, old)
	if _, err := serving.Embed(ctx, []string{"公车"}); !errors.Is(err, index.ErrNotReady) {
		t.Fatal(err)
	}
	ok(t, a.EmbedAll(ctx, old))

	killed := errors.New("killed")
	fresh.before = func(texts []string) error {
		if len(texts) > 1 && fresh.calls.Load() > 2 {
			return killed
		}
		return nil
	}
	if err := a.EmbedAll(ctx, fresh); !errors.Is(err, killed) {
		t.Fatal(err)
	}
	m, found, err := a.ReadyModel(ctx)
	if err != nil || !found || m.Name != "old" || a.count("passage_vector WHERE model_id <> $1", m.ID) != 128 {
		t.Fatal(m, found, err, a.count("passage_vector"))
	}
	if got := a.near(serving, "公车", knowledge.Member()); len(got) != 50 || serving.Name() != "old" || got[firstOf(got)] < 0.9 {
		t.Fatal(len(got), serving.Name())
	}
	if got := a.near(fresh, "公车", knowledge.Member()); len(got) != 0 {
		t.Error("asked a model that is not ready, or the other with its vector")
	}
	restarted := a.Serve(fresh) // knows nothing of the model before
	restarted.Otherwise(func(name string, dim int) (knowledge.Embedder, error) {
		if name != old.Name() || dim != old.Dim() {
			t.Errorf("%s %d is asked for", name, dim)
		}
		return old, nil
	})
	if got := a.near(restarted, "公车", knowledge.Member()); len(got) != 50 || restarted.Name() != "old" {
		t.Error("after a restart the old model does not serve", len(got), restarted.Name())
	}
	fresh.before, fresh.texts = nil, atomic.Int32{}
	ok(t, a.EmbedAll(ctx, fresh))
	if n := fresh.texts.Load(); n != 200-128 {
		t.Errorf("%d embedded after the kill, not what was left", n)
	}
	if got := a.near(serving, "公车", knowledge.Member()); len(got) != 50 || serving.Name() != "new" {
		t.Error(len(got), serving.Name())
	}
	if got := a.near(restarted, "公车", knowledge.Member()); len(got) != 50 || restarted.Name() != "new" {
		t.Error("the new model does not take over", len(got), restarted.Name())
	}
	if a.count("embedding_model") != 2 {
		t.Error("the old one was dropped while an instance may still use it")
	}
	a.exec("UPDATE embedding_model SET created_at = now() - interval '2 days', lease_until = now() - interval '25 hours' WHERE name = 'old'")
	ok(t, a.EmbedAll(ctx, fresh))
	if a.count("embedding_model") != 1 || a.count("passage_vector") != len(p) {
		t.Error(a.count("embedding_model"), a.count("passage_vector"))
	}
}

func firstOf(m map[int64]float64) (best int64) {
	for id := range m {
		if m[id] > m[best] {
			best = id
		}
	}
	return best
}

func TestTwoInstancesDoNotEmbedTwice(t *testing.T) {
	a := newArchive(t)
	ctx := t.Context()
	var articles []string
	for i := range 150 {
		articles = append(articles, fmt.Sprintf("第%d件：公车", i))
	}
	a.document("规定", nil, articles...)
	ok(t, a.SetExternal(ctx, "制度", true))
	e := &embedder{name: "m", words: []string{"公车"}, before: func([]string) error { time.Sleep(20 * time.Millisecond); return nil }}
	var wg sync.WaitGroup
	for _, s := range []*index.Store{a.Store, a.second(), a.second()} {
		wg.Go(func() {
			if err := s.EmbedAll(ctx, e); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if e.texts.Load() != 150 || a.count("passage_vector") != 150 || a.count("embedding_model WHERE ready_at IS NOT NULL") != 1 {
		t.Error(e.texts.Load(), a.count("passage_vector"))
	}
	// A killed instance holds the work no longer than its lease.
	a.document("新规定", nil, "公车新规。")
	a.exec("UPDATE embedding_model SET lease_until = now() + interval '1 minute', holder = 'dead'")
	ok(t, a.EmbedAll(ctx, e))
	if a.count("passage_vector") != 150 {
		t.Error("took work that another holds")
	}
	a.exec("UPDATE embedding_model SET lease_until = now()")
	ok(t, a.EmbedAll(ctx, e))
	if a.count("passage_vector") != 151 {
		t.Error("the work of a dead instance is not taken up")
	}
}

type refusal struct{}

func (refusal) Error() string { return "too long" }
func (refusal) Refused() bool { return true }

func TestAPassageThatTheModelRefusesIsShortenedOrLeftOut(t *testing.T) {
	a := newArchive(t)
	ctx := t.Context()
	a.document("规定", nil, "公车一。", strings.Repeat("公车很长", 100), "怪东西。", "公车二。")
	ok(t, a.SetExternal(ctx, "制度", true))
	e := &embedder{name: "m", words: []string{"公车"}}
	e.before = func(texts []string) error {
		for _, t := range texts {
			if len([]rune(t)) > 150 || strings.Contains(t, "怪") {
				return refusal{}
			}
		}
		return nil
	}
	ok(t, a.EmbedAll(ctx, e))
	if _, found, err := a.ReadyModel(ctx); err != nil || !found || a.count("passage_vector") != 3 {
		t.Error(found, err, a.count("passage_vector"))
	}
}

func TestVectorsThatCannotBeUsedAreNotStored(t *testing.T) {
	a := newArchive(t)
	ctx := t.Context()
	_, p := a.document("规定", nil, "公车一。", "公车二。")
	ok(t, a.SetExternal(ctx, "制度", true))
	for name, spoil := range map[string]func(v []float32) []float32{
		"short": func(v []float32) []float32 { return v[:1] },
		"nan":   func(v []float32) []float32 { v[0] = float32(math.NaN()); return v },
		"zero":  func(v []float32) []float32 { return make([]float32, len(v)) },
		"huge":  func(v []float32) []float32 { v[0] = 1e30; return v },
	} {
		e := &embedder{name: "m", words: []string{"公车"}, spoil: spoil}
		if err := a.EmbedAll(ctx, e); err == nil || a.count("passage_vector") != 0 {
			t.Errorf("%s: %v", name, err)
		}
		if _, found, err := a.ReadyModel(ctx); err != nil || found {
			t.Error(name, "ready", err)
		}
		if err := a.SaveEmbeddings(ctx, 1, []index.Embedding{{Passage: p[0], Vector: spoil([]float32{1, 1})}}); err == nil {
			t.Error(name, "saved")
		}
	}
	ok(t, a.EmbedAll(ctx, &embedder{name: "m", words: []string{"公车"}}))
	for name, v := range map[string][]float32{"nan": {float32(math.NaN()), 1}, "other": {1, 1, 1}, "zero": {0, 0}} {
		hits, err := a.Search(ctx, knowledge.Query{Text: "公车", Reader: knowledge.Member(), Vector: v, Embedder: "m"})
		if err != nil || len(hits) != 2 {
			t.Errorf("%s: words do not find any more: %d %v", name, len(hits), err)
		}
	}
}

func TestAModelWithManyVectorsGetsAnIndexThatFindsUnderAFilter(t *testing.T) {
	a := newArchive(t)
	ctx := t.Context()
	var articles []string
	for i := range 300 {
		articles = append(articles, fmt.Sprintf("第%d件：礼品", i))
	}
	a.document("大规定", func(d *knowledge.Draft) { d.Document.Audiences = []string{"section:别的科"} }, articles...)
	_, p := a.document("小规定", nil, "公车一。", "公车二。", "公车三。")
	ok(t, a.SetExternal(ctx, "制度", true))
	e := &embedder{name: "m", words: []string{"礼品", "公车"}}
	ok(t, a.EmbedAll(ctx, e))
	if a.count("pg_class WHERE relname LIKE 'passage\\_vector\\_m%'") != 0 {
		t.Error("an index for 303 vectors")
	}
	m, _, err := a.ReadyModel(ctx)
	ok(t, err)
	ok(t, a.IndexVectors(ctx, m, 100))
	ok(t, a.IndexVectors(ctx, m, 100))
	if a.count("pg_class WHERE relname = $1", fmt.Sprintf("passage_vector_m%d", m.ID)) != 1 {
		t.Fatal("no index")
	}
	a.exec("ANALYZE passage_vector")
	if got := a.near(e, "礼品", knowledge.Member()); len(got) != len(p) {
		t.Errorf("%d of %d found past a filter", len(got), len(p))
	}
	other := &embedder{name: "n", words: []string{"公车"}}
	ok(t, a.EmbedAll(ctx, other))
	a.exec("UPDATE embedding_model SET created_at = now() - interval '2 days', lease_until = now() - interval '25 hours' WHERE name = 'm'")
	ok(t, a.EmbedAll(ctx, other))
	if a.count("pg_class WHERE relname LIKE 'passage\\_vector\\_m%'") != 0 || a.count("passage_vector") != 303 {
		t.Error("the dropped model left something")
	}
}
