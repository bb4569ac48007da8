package index_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"qingfeng/knowledge"
)

// answer is what the knowledge base says from what a search finds.
func (a *archive) answer(question string) knowledge.Answer {
	a.t.Helper()
	hits, err := a.Search(a.t.Context(), knowledge.Query{Text: question, Reader: knowledge.Member()})
	ok(a.t, err)
	if len(hits) == 0 {
		a.t.Fatal("nothing found")
	}
	return knowledge.Answer{
		Outcome: knowledge.Answered, Understood: question, Day: time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC), Text: hits[0].Text, Hits: hits,
		Citations: []knowledge.Citation{{Hit: hits[0], Quote: hits[0].Text[:3], Start: 0, End: 1}},
	}
}

func TestAKeptAnswerComesBackWhole(t *testing.T) {
	a := newArchive(t)
	ctx := t.Context()
	a.document("礼品规定", func(d *knowledge.Draft) {
		d.Version.Effective = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
		d.Version.Flags = []knowledge.Flag{{Code: "hidden", Where: 3}}
	}, "礼品应当登记上交。", "礼品由办公室保管。")
	want := a.answer("礼品如何登记")
	ok(t, a.Keep(ctx, "k", want))
	got, found, err := a.Cached(ctx, "k")
	if err != nil || !found {
		t.Fatal(found, err)
	}
	same(t, "the answer", got, want, cmp.Comparer(func(x, y time.Time) bool { return x.Equal(y) }))
	if _, found, err := a.Cached(ctx, "K"); err != nil || found {
		t.Error("another key", found, err)
	}
	want.Text = "改过"
	ok(t, a.Keep(ctx, "k", want))
	if got, _, err := a.Cached(ctx, "k"); err != nil || got.Text != "改过" {
		t.Error(got.Text, err)
	}
}

func TestAnAnswerDiesWithWhatItStandsOn(t *testing.T) {
	for name, change := range map[string]string{
		"withdrawn":      "UPDATE document_version SET withdrawn_at = now()",
		"sent to review": "UPDATE document_version SET state = 'review'",
		"repealed":       "UPDATE document_version SET repealed_on = '2030-01-01'",
		"postponed":      "UPDATE document_version SET effective_on = '2025-01-01'",
		"renamed":        "UPDATE document SET title = '新名'",
		"numbered":       "UPDATE document SET number = '某发〔2026〕1号'",
		"closed":         "UPDATE document SET audiences = '{role:leader}'",
	} {
		t.Run(name, func(t *testing.T) {
			a := newArchive(t)
			ctx := t.Context()
			a.document("礼品规定", nil, "礼品应当登记上交。")
			want := a.answer("礼品如何登记")
			ok(t, a.Keep(ctx, "k", want))
			a.exec(change)
			if _, found, err := a.Cached(ctx, "k"); err != nil || found || a.count("answer_cache") != 0 {
				t.Fatal("still given", found, err)
			}
			ok(t, a.Keep(ctx, "k", want)) // searched before the change, answered after
			if _, found, err := a.Cached(ctx, "k"); err != nil || found {
				t.Error("kept though it had changed", err)
			}
		})
	}
}

func TestOldAnswersArePruned(t *testing.T) {
	a := newArchive(t)
	ctx := t.Context()
	ok(t, a.Keep(ctx, "old", knowledge.Answer{Outcome: knowledge.None}))
	a.pass(8 * 24 * time.Hour)
	ok(t, a.Keep(ctx, "new", knowledge.Answer{Outcome: knowledge.None}))
	if _, found, err := a.Cached(ctx, "old"); err != nil || found {
		t.Error(found, err)
	}
	n, err := a.PruneCache(ctx)
	if err != nil || n != 1 || a.count("answer_cache WHERE key = 'new'") != 1 {
		t.Error(n, err)
	}
	a.exec("INSERT INTO answer_cache (key, answer, versions, created_at) SELECT n::text, '{}', '{}', '2026-11-09' FROM generate_series(1, 20005) n")
	if n, err := a.PruneCache(ctx); err != nil || n != 6 || a.count("answer_cache WHERE key = 'new'") != 1 {
		t.Error(n, err)
	}
}
