package index

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/jackc/pgx/v5"

	"qingfeng/knowledge"
	"qingfeng/knowledge/lexical"
)

const (
	// dfBudget bounds the candidates: terms are taken, the telling ones first, while
	// the passages that hold them are no more than this together.
	dfBudget = 4000
	// liveCount is up to which size terms are counted while searching, so that a new or
	// small library needs no job.
	liveCount = 3000
	// closely is how many candidates are looked at closely.
	closely = 200
)

// term is a question's term with how rare it is.
type term struct {
	hash   int32
	weight float64 // in the question, times idf
	idf    float64
	df     int
}

// bySQL finds passages with nothing but Postgres: those that hold one of the telling
// terms, scored exactly; the best are looked at closely as in memory. Like every
// statement it sees what its transaction saved.
func (s *Store) bySQL(ctx context.Context, q knowledge.Query, n int) ([]lexical.Found, error) {
	return s.find(ctx, q, n, dfBudget)
}

// find scores the passages that hold one of the terms within a budget.
func (s *Store) find(ctx context.Context, q knowledge.Query, n, budget int) ([]lexical.Found, error) {
	terms, unknown, err := s.terms(ctx, q.Text)
	if err != nil || len(terms) == 0 {
		return nil, err
	}
	candidates, err := s.candidates(ctx, q, max(n, closely), terms, telling(terms, budget))
	if err != nil || len(candidates) == 0 {
		return nil, err
	}
	if err := s.flesh(ctx, candidates); err != nil {
		return nil, err
	}
	idf := map[int32]float64{0: unknown}
	for _, t := range terms {
		idf[t.hash] = t.idf
	}
	found := lexical.Rank(q.Text, func(t int32) float64 { return idf[t] }, candidates)
	return found[:min(n, len(found))], nil
}

// flesh reads what candidates are looked at by. They are few, and only this process
// sees them: what leaves is read once more, with the reader's eyes.
func (s *Store) flesh(ctx context.Context, candidates []lexical.Candidate) error {
	at := make(map[int64]*lexical.Candidate, len(candidates))
	ids := make([]int64, len(candidates))
	for i := range candidates {
		ids[i] = candidates[i].ID
		at[ids[i]] = &candidates[i]
	}
	rows, err := s.q(ctx).Query(ctx, "SELECT p.id, v.id, v.heading, p.path, p.body, "+asked+", d.authority FROM "+versions+" JOIN passage p ON p.version_id = v.id WHERE p.id = ANY($1)", ids)
	if err != nil {
		return fmt.Errorf("candidates: %w", err)
	}
	var e lexical.Entry
	_, err = pgx.ForEachRow(rows, []any{&e.ID, &e.Group, &e.Title, &e.Path, &e.Text, &e.Asked, &e.Level}, func() error {
		at[e.ID].Entry = e
		e.Path = nil
		return nil
	})
	if err != nil {
		return fmt.Errorf("candidates: %w", err)
	}
	return nil
}

// terms are a question's terms, weighted by how rare they are; unknown is how rare one
// is that no passage has.
func (s *Store) terms(ctx context.Context, question string) (out []term, unknown float64, err error) {
	asked := lexical.Question(question)
	if len(asked) == 0 {
		return nil, 0, nil
	}
	hashes := make([]int32, len(asked))
	for i, w := range asked {
		hashes[i] = w.Term
	}
	var (
		passages, countedAt int64
		known, dfs          []int32
	)
	err = s.q(ctx).QueryRow(ctx, `SELECT passages, terms_at, ARRAY(SELECT term FROM term_df WHERE term = ANY($1) ORDER BY term),
		ARRAY(SELECT df FROM term_df WHERE term = ANY($1) ORDER BY term) FROM knowledge_generation`, hashes).Scan(&passages, &countedAt, &known, &dfs)
	if err != nil {
		return nil, 0, fmt.Errorf("terms: %w", err)
	}
	df := make(map[int32]int, len(known))
	for i, t := range known {
		df[t] = int(dfs[i])
	}
	if countedAt == 0 || passages <= liveCount {
		if df, err = s.countNow(ctx, hashes); err != nil {
			return nil, 0, err
		}
	}
	out = make([]term, 0, len(asked))
	for _, w := range asked {
		idf := rarity(passages, df[w.Term])
		out = append(out, term{hash: w.Term, weight: w.Weight * idf, idf: idf, df: df[w.Term]})
	}
	return out, rarity(passages, 0), nil
}

// countNow counts how many passages hold each term.
func (s *Store) countNow(ctx context.Context, hashes []int32) (map[int32]int, error) {
	rows, err := s.q(ctx).Query(ctx, "SELECT t, (SELECT count(*) FROM passage_terms WHERE tokens @> ARRAY[t])::int FROM unnest($1::int[]) AS t",
		hashes)
	if err != nil {
		return nil, fmt.Errorf("count terms: %w", err)
	}
	df := make(map[int32]int, len(hashes))
	var hash int32
	var n int
	_, err = pgx.ForEachRow(rows, []any{&hash, &n}, func() error {
		df[hash] = n
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("count terms: %w", err)
	}
	return df, nil
}

// rarity is BM25's inverse document frequency.
func rarity(n int64, df int) float64 {
	return math.Log(1 + (max(float64(n), float64(df))-float64(df)+0.5)/(float64(df)+0.5))
}

// telling chooses the terms that candidates must hold one of, the weightiest first,
// at least one.
func telling(terms []term, budget int) []int32 {
	byWeight := slices.Clone(terms)
	slices.SortFunc(byWeight, func(a, b term) int { return cmp.Or(cmp.Compare(b.weight, a.weight), cmp.Compare(a.hash, b.hash)) })
	var out []int32
	for _, t := range byWeight {
		if len(out) > 0 && t.df > budget {
			continue
		}
		budget -= t.df
		out = append(out, t.hash)
	}
	return out
}

func (s *Store) candidates(ctx context.Context, q knowledge.Query, n int, terms []term, holding []int32) ([]lexical.Candidate, error) {
	weights := make([]weight, len(terms))
	for i, t := range terms {
		weights[i] = weight{t.hash, float32(t.weight)}
	}
	// Planned for these very terms each time: a plan for any terms scans the table.
	args := append([]any{pgx.QueryExecModeCacheDescribe}, filter(q)...)
	rows, err := s.q(ctx).Query(ctx, "SELECT t.passage_id, -(t.weights <#> $4::sparsevec) FROM passage_terms t JOIN document_version v ON v.id = t.version_id"+
		" JOIN document d ON d.id = v.document_id WHERE t.tokens && $5::int[] AND "+findable+" ORDER BY t.weights <#> $4::sparsevec, t.passage_id LIMIT $6",
		append(args, sparse(weights).String(), holding, n)...)
	if err != nil {
		return nil, fmt.Errorf("candidates: %w", err)
	}
	found, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (c lexical.Candidate, err error) {
		err = r.Scan(&c.ID, &c.BM25)
		return c, err
	})
	if err != nil {
		return nil, fmt.Errorf("candidates: %w", err)
	}
	return found, nil
}
