package index

import (
	"context"
	"fmt"
	"math"

	"qingfeng/knowledge"
)

// PassageIDs are a version's passages in order.
func (s *Store) PassageIDs(ctx context.Context, version int64) ([]int64, error) {
	ids, err := collect[int64](ctx, s, "SELECT id FROM passage WHERE version_id = $1 ORDER BY pos", version)
	if err != nil {
		return nil, fmt.Errorf("passage ids: %w", err)
	}
	return ids, nil
}

// Compare finds candidates by SQL twice: chosen by the index, and by scoring every
// passage that shares a term with the question. For measuring.
func (s *Store) Compare(ctx context.Context, q knowledge.Query) (chosen, every []int64, err error) {
	q = s.complete(q)
	for budget, to := range map[int]*[]int64{dfBudget: &chosen, math.MaxInt: &every} {
		found, err := s.find(ctx, q, q.Limit, budget)
		if err != nil {
			return nil, nil, fmt.Errorf("compare: %w", err)
		}
		for _, f := range found {
			*to = append(*to, f.ID)
		}
	}
	return chosen, every, nil
}

// Vacuum brings the index's pending entries home and the planner's numbers up to date,
// as the server does by itself after a while. It cannot run in a transaction.
func (s *Store) Vacuum(ctx context.Context) error {
	for _, table := range []string{"document", "document_version", "passage", "passage_terms", "term_df"} {
		if _, err := s.q(ctx).Exec(ctx, "VACUUM ANALYZE "+table); err != nil {
			return fmt.Errorf("vacuum: %w", err)
		}
	}
	return nil
}
