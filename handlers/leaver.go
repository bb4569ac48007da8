package handlers

import (
	"context"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

// Reassign takes open reviews away from people who have left and gives them to
// whoever is next; the forms themselves do not change.
func (d *Desk) Reassign(ctx context.Context, t *convo.Turn, open []risk.Review) error {
	for _, r := range open {
		gone := r
		gone.Decision, gone.DecidedAt = risk.Void, t.Now
		won, err := d.Reg.Decide(ctx, gone)
		if err != nil {
			return err
		}
		if !won {
			continue
		}
		t.Supersede(bot.About{Kind: aboutReview, ID: r.ID}, text.CardVoid)
		if err := d.record(ctx, t, "review.void", aboutReview, r.ID, r.Version); err != nil {
			return err
		}
		k, err := d.docket(ctx, r.CheckID)
		if err != nil {
			return err
		}
		if err := d.assign(ctx, t, k); err != nil {
			return err
		}
	}
	return nil
}
