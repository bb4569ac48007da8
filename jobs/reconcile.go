package jobs

import (
	"context"
	"fmt"
	"time"

	"qingfeng/bot"
)

// Reconcile compares the roster with the members WeCom shows: a self-built app
// never hears change_contact, so leavers are found here (and by unsubscribe).
func Reconcile(members func(ctx context.Context) ([]bot.UserID, error), apply func(ctx context.Context, visible []bot.UserID) error, zone *time.Location) Job {
	return Job{
		Name: "reconcile", Next: Daily(3, 17, zone),
		Do: func(ctx context.Context, _ Run) error {
			visible, err := members(ctx)
			if err != nil {
				return fmt.Errorf("members: %w", err)
			}
			return apply(ctx, visible)
		},
	}
}
