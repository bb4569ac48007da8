package handlers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

// Names of the notes the review sends to itself.
const (
	noteReissue  = "review.reissue"
	noteList     = "review.list"
	noteDelegate = "review.delegate"
	notePeers    = "mutual.timeout"
)

type reviewNote struct {
	Review int64 `json:"review"`
	Round  int   `json:"round,omitempty"`
}

// renew begins the next round of a review: whatever card of it there is has died.
func (d *Desk) renew(ctx context.Context, t *convo.Turn, k docket, r risk.Review) (risk.Review, error) {
	if bot.Civil(r.DecideBy).Before(bot.Civil(t.Now)) { // a day that is over helps nobody
		r.DecideBy = d.decideBy(t, k.pack)
	}
	r.Round, r.OpenedAt = r.Round+1, t.Now
	if err := d.Reg.Reissue(ctx, r.ID, r.OpenedAt, r.DecideBy); err != nil {
		return r, fmt.Errorf("review: reissue %d: %w", r.ID, err)
	}
	if err := d.Reg.Record(ctx, risk.Event{Action: "review.reissue", Object: aboutReview, ID: r.ID, Version: r.Version, Result: "ok"}); err != nil {
		return r, err
	}
	t.Supersede(bot.About{Kind: aboutReview, ID: r.ID}, text.CardExpired)
	return r, d.later(t, r, k.cardLife())
}

// reissue replaces a card that has died (72 h in WeCom) by a new one, or by the list
// when several wait.
func (d *Desk) reissue(ctx context.Context, t *convo.Turn, k docket, r risk.Review) error {
	r, err := d.renew(ctx, t, k, r)
	if err != nil {
		return err
	}
	return d.present(ctx, t, k, r)
}

// reissueNow replaces it by a new one at once: somebody has it in hand.
func (d *Desk) reissueNow(ctx context.Context, t *convo.Turn, k docket, r risk.Review) error {
	r, err := d.renew(ctx, t, k, r)
	if err != nil {
		return err
	}
	return d.again(ctx, t, k, r)
}

func (d *Desk) reissueIfDead(ctx context.Context, t *convo.Turn, r risk.Review) error {
	k, err := d.docket(ctx, r.CheckID)
	if err != nil {
		return err
	}
	if r.Decision != risk.Pending || r.Version != k.Version || t.Now.Before(r.OpenedAt.Add(k.cardLife())) {
		return nil
	}
	return d.reissue(ctx, t, k, r)
}

// noteReissued is the timer of one card.
func (d *Desk) noteReissued(ctx context.Context, t *convo.Turn) error {
	var n reviewNote
	if err := json.Unmarshal(t.Message.Note.Data, &n); err != nil {
		return fmt.Errorf("review: note: %w", err)
	}
	r, err := d.Reg.Review(ctx, n.Review)
	if errors.Is(err, risk.ErrNone) {
		return nil
	}
	if err != nil {
		return err
	}
	if r.Round != n.Round {
		return nil // renewed already; that round has a timer of its own
	}
	return d.reissueIfDead(ctx, t, r)
}
