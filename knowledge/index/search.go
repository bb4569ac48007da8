package index

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"qingfeng/knowledge"
	"qingfeng/knowledge/lexical"
)

const (
	defaultHits = 20
	deepest     = 200 // the most hits that one query gets
	closeLook   = 50  // how many are found at least before memory and vectors have their say
)

// How much a remembered question and a vector count beside the best lexical score,
// which counts 1 (reference/RETRIEVAL.md §3.1: 0.6 was best on its labelled questions;
// equal-rank fusion loses).
const (
	memoryWeight = 0.6
	denseWeight  = 0.5
)

// Search finds passages, best first. What the reader may see and what is in force is
// decided by Postgres, once when candidates are chosen and again when they are read.
// In a transaction it finds what that transaction has saved.
func (s *Store) Search(ctx context.Context, q knowledge.Query) ([]knowledge.Hit, error) {
	q = s.complete(q)
	if q.Limit <= 0 || len(q.Reader.Audiences) == 0 {
		return nil, nil
	}
	found, err := s.lexical(ctx, q, max(q.Limit, closeLook))
	if err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	return s.finish(ctx, q, found)
}

// complete fills in what a query may leave out.
func (s *Store) complete(q knowledge.Query) knowledge.Query {
	if q.Day.IsZero() {
		q.Day = s.today()
	}
	if q.Limit == 0 {
		q.Limit = defaultHits
	}
	q.Limit = min(q.Limit, deepest)
	return q
}

// filter are the parameters of findable.
func filter(q knowledge.Query) []any { return []any{q.Reader.Audiences, day(q.Day), q.Lapsed} }

// lexical finds candidates in memory if the index there knows everything that this
// query may find, else in Postgres.
func (s *Store) lexical(ctx context.Context, q knowledge.Query, n int) ([]lexical.Found, error) {
	if s.warm.generation.Load() >= 0 {
		generation, visible, err := s.visible(ctx, q)
		if err != nil {
			return nil, err
		}
		if len(visible) == 0 {
			return nil, nil
		}
		if s.reached(ctx, generation) {
			return s.warm.index.Search(q.Text, func(v int64) bool { return visible[v] }, n), nil
		}
	}
	return s.bySQL(ctx, q, n)
}

// visible are the versions that a query may find, and the generation, of one moment.
func (s *Store) visible(ctx context.Context, q knowledge.Query) (generation int64, visible map[int64]bool, err error) {
	var ids []int64
	err = s.q(ctx).QueryRow(ctx, "SELECT generation, ARRAY(SELECT v.id FROM "+versions+" WHERE "+findable+") FROM knowledge_generation", filter(q)...).Scan(&generation, &ids)
	if err != nil {
		return 0, nil, fmt.Errorf("what is visible: %w", err)
	}
	visible = make(map[int64]bool, len(ids))
	for _, id := range ids {
		visible[id] = true
	}
	return generation, visible, nil
}

// score is what is known of a candidate.
type score struct {
	total, sure float64
	remembered  bool
}

// finish lets memory and vectors have their say, reads the best and leaves out what
// has ceased to be visible meanwhile.
func (s *Store) finish(ctx context.Context, q knowledge.Query, found []lexical.Found) ([]knowledge.Hit, error) {
	all := make(map[int64]score, len(found))
	for _, f := range found {
		all[f.ID] = score{total: f.Score, sure: f.Sure}
	}
	known, err := s.remembered(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	near, err := s.near(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	if len(known)+len(near) > 0 {
		fuse(all, known, near)
	}
	ids := make([]int64, 0, len(all))
	for id := range all {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b int64) int {
		return cmp.Or(cmp.Compare(all[b].total, all[a].total), cmp.Compare(a, b))
	})
	// A few more than asked for, in case one was withdrawn since the candidates were
	// chosen, or a remembered one is not for this reader.
	ids = ids[:min(len(ids), q.Limit+len(known)+len(near)+4)]
	passages, err := s.read(ctx, q, ids)
	if err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	hits := make([]knowledge.Hit, 0, q.Limit)
	for _, id := range ids {
		p, ok := passages[id]
		if !ok || len(hits) == q.Limit {
			continue
		}
		x := all[id]
		hits = append(hits, knowledge.Hit{Passage: p, Score: x.total, Sure: x.sure, Remembered: x.remembered})
	}
	return hits, nil
}

// near are the passages whose vectors are closest to the question's, where it has one.
func (s *Store) near(ctx context.Context, q knowledge.Query) (map[int64]float64, error) {
	if len(q.Vector) == 0 {
		return nil, nil
	}
	_, visible, err := s.visible(ctx, q)
	if err != nil || len(visible) == 0 {
		return nil, err
	}
	return s.dense(ctx, q, visible)
}

// fuse adds the three opinions by weight, the lexical one as a share of the best.
func fuse(all map[int64]score, known, near map[int64]float64) {
	best := 0.0
	for _, x := range all {
		best = max(best, x.total)
	}
	for id, x := range all {
		if best > 0 {
			x.total /= best
		}
		all[id] = x
	}
	for id, like := range near {
		x := all[id]
		x.total += denseWeight * like
		all[id] = x
	}
	for id, like := range known {
		x := all[id]
		x.total += memoryWeight * like
		x.sure = max(x.sure, min(like, 1))
		x.remembered = x.remembered || like >= surely
		all[id] = x
	}
}

// read fetches passages that are visible now.
func (s *Store) read(ctx context.Context, q knowledge.Query, ids []int64) (map[int64]knowledge.Passage, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	rows, err := s.q(ctx).Query(ctx, "SELECT "+passageColumns+", "+versionColumns+", "+documentColumns+
		" FROM passage p JOIN document_version v ON v.id = p.version_id JOIN document d ON d.id = v.document_id WHERE p.id = ANY($4) AND "+findable,
		append(filter(q), ids)...)
	if err != nil {
		return nil, fmt.Errorf("read passages: %w", err)
	}
	all, err := pgx.CollectRows(rows, scanPassage)
	if err != nil {
		return nil, fmt.Errorf("read passages: %w", err)
	}
	out := make(map[int64]knowledge.Passage, len(all))
	for _, p := range all {
		out[p.ID] = p
	}
	return out, nil
}

// Passage is one passage for a reader; ok is false if there is none that they may see.
// With a day it must be in force on it; the zero time accepts any, also a lapsed one.
func (s *Store) Passage(ctx context.Context, r knowledge.Reader, id int64, on time.Time) (p knowledge.Passage, ok bool, err error) {
	all, err := s.passages(ctx, r, on, "p.id = $4", id)
	if err != nil || len(all) == 0 {
		return p, false, err
	}
	return all[0], true, nil
}

// neighbours is how many passages before and after one are shown around it.
const neighbours = 3

// Around is a passage and its neighbours in the text, in order, for a reader; empty if
// they may not see it.
func (s *Store) Around(ctx context.Context, r knowledge.Reader, id int64) ([]knowledge.Passage, error) {
	return s.passages(ctx, r, time.Time{}, `(p.version_id, p.pos) IN (
		SELECT o.version_id, generate_series(o.pos - $5::int, o.pos + $5::int) FROM passage o WHERE o.id = $4)`, id, neighbours)
}

func (s *Store) passages(ctx context.Context, r knowledge.Reader, on time.Time, which string, args ...any) ([]knowledge.Passage, error) {
	rows, err := s.q(ctx).Query(ctx, "SELECT "+passageColumns+", "+versionColumns+", "+documentColumns+
		" FROM passage p JOIN document_version v ON v.id = p.version_id JOIN document d ON d.id = v.document_id WHERE "+which+
		" AND "+readable+" AND ($2::date IS NULL OR "+inForce+") ORDER BY p.pos", append([]any{r.Audiences, day(on), false}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("read a passage: %w", err)
	}
	all, err := pgx.CollectRows(rows, scanPassage)
	if err != nil {
		return nil, fmt.Errorf("read a passage: %w", err)
	}
	return all, nil
}
