package index

import (
	"context"

	"qingfeng/knowledge"
)

// Near is what Search asks of vectors.
func (s *Store) Near(ctx context.Context, q knowledge.Query) (map[int64]float64, error) {
	return s.near(ctx, s.complete(q))
}

// IndexVectors builds a model's index above so many vectors.
func (s *Store) IndexVectors(ctx context.Context, m EmbeddingModel, exact int) error {
	return s.indexVectors(ctx, m, exact)
}
