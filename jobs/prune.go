package jobs

import (
	"context"
	"time"
)

// Prune forgets what has served: dead inbox and outbox bodies after 30 days, drafts
// 90 days after their campaign (PRODUCT.md, Words that are not allowed to fail), and
// sessions that are over.
func Prune(prune func(ctx context.Context) (int64, error), zone *time.Location) Job {
	return Job{
		Name: "prune", Next: Daily(3, 43, zone),
		Do: func(ctx context.Context, _ Run) error { _, err := prune(ctx); return err },
	}
}
