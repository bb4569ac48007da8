package index

import (
	"context"

	"qingfeng/knowledge"
)

// Remembered is what Search asks of question memory.
func (s *Store) Remembered(ctx context.Context, q knowledge.Query) (map[int64]float64, error) {
	return s.remembered(ctx, q)
}

// Traces are what is stored of a remembered question.
func Traces(question string) (grams string, size int, marks string) {
	t := tracesOf(question)
	return t.sparse(), len(t.grams), t.marks
}
