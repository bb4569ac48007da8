package jobs

import (
	"context"
	"time"
)

// Prune empties what has served: dead inbox and outbox bodies after 30 days, drafts
// 90 days after their campaign (PRODUCT.md, Words that are not allowed to fail).
func Prune(prune func(ctx context.Context, now time.Time) (int64, error), now func() time.Time, zone *time.Location) Job {
	return Job{
		Name: "prune", Next: Daily(3, 43, zone),
		Do: func(ctx context.Context) error { _, err := prune(ctx, now()); return err },
	}
}
