package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Notices does what time asks of public notices: the first day, the last day, and what the
// office is told of. Every three minutes; each notice by itself, so that one that fails
// keeps no other back.
func Notices(due func(ctx context.Context, now time.Time) ([]int64, error), do func(ctx context.Context, id int64) error, now func() time.Time) Job {
	return Job{
		Name: "notices", Queue: House, Next: Every(3 * time.Minute), Timed: true,
		Do: func(ctx context.Context, _ Run) error {
			ids, err := due(ctx, now())
			bad := []error{err}
			for _, id := range ids {
				if err := do(ctx, id); err != nil {
					bad = append(bad, fmt.Errorf("notice %d: %w", id, err))
				}
			}
			return errors.Join(bad...)
		},
	}
}
