package pg

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"qingfeng/bot/opinion"
	"qingfeng/bot/risk"
)

// Tips are the sealed clues, the latest day first, of a day in no order.
func (r *Register) Tips(ctx context.Context) ([]opinion.Tip, error) {
	list, err := r.tipsWhere(ctx, `true ORDER BY received_on DESC, id`)
	if err != nil {
		return nil, fmt.Errorf("tips: %w", err)
	}
	return list, nil
}

// Tip is one of them; risk.ErrNone. Inside a transaction its row stays locked until the end.
func (r *Register) Tip(ctx context.Context, id int64) (opinion.Tip, error) {
	lock := ""
	if r.DB.current(ctx) != nil {
		lock = ` FOR UPDATE`
	}
	list, err := r.tipsWhere(ctx, `id = $1`+lock, id)
	if err == nil && len(list) == 0 {
		err = pgx.ErrNoRows
	}
	if err != nil {
		return opinion.Tip{}, found(err, "tip", id)
	}
	return list[0], nil
}

func (r *Register) tipsWhere(ctx context.Context, where string, args ...any) ([]opinion.Tip, error) {
	list, err := all(ctx, r, func(t *opinion.Tip) []any {
		return []any{&t.ID, day{&t.ReceivedOn}, &t.State, &t.Body, &t.Image, &t.AnswerTo, &t.Answer, &t.FromOffice, &t.Excluded, day{&t.PurgeOn}, &t.Rev}
	}, `SELECT id, received_on, state, body, image, coalesce(answer_to, ''), answer, from_office, excluded, purge_on, rev FROM sealed_tip WHERE `+where, args...)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	ids := make([]int64, len(list))
	for i := range list {
		ids[i] = list[i].ID
	}
	lines, err := r.linesOf(ctx, `SELECT tip, id, on_day, body FROM tip_line WHERE tip = ANY ($1) ORDER BY on_day, id`, ids)
	for i := range list {
		list[i].Lines = lines[list[i].ID]
	}
	return list, err
}

// SaveTip writes state, words (sealed anew to a new key), answer, the day of their
// deletion and who stepped aside; risk.ErrChanged when somebody saved it since it was read.
func (r *Register) SaveTip(ctx context.Context, t *opinion.Tip) error {
	tag, err := r.DB.q(ctx).Exec(ctx, `UPDATE sealed_tip SET state = $3, body = $4, image = $5, answer = $6, purge_on = $7,
		excluded = $8, rev = rev + 1 WHERE id = $1 AND rev = $2`,
		t.ID, t.Rev, t.State, t.Body, t.Image, t.Answer, nullDay(t.PurgeOn), notNil(t.Excluded))
	switch {
	case err != nil:
		return fmt.Errorf("save tip %d: %w", t.ID, err)
	case tag.RowsAffected() == 0:
		return fmt.Errorf("save tip %d: %w", t.ID, risk.ErrChanged)
	}
	t.Rev++
	return nil
}
