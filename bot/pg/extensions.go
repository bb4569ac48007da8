package pg

import (
	"context"
	"fmt"

	"qingfeng/bot"
	"qingfeng/bot/plan"
)

const extensionSQL = `SELECT id, obligation_id, asked_by, until_on, reason, state, asked_at FROM extension `

func scanExtension(x *plan.Extension) []any {
	return []any{&x.ID, &x.Obligation, &x.By, day{&x.Until}, &x.Reason, &x.State, when{&x.AskedAt}}
}

// AskExtension opens a request; an open one of the same obligation is replaced and gets
// no answer any more, so that a card about it cannot grant what the new one asks for. A
// zero AskedAt is now.
func (r *Register) AskExtension(ctx context.Context, x plan.Extension) (id int64, err error) {
	if x.AskedAt.IsZero() {
		x.AskedAt = r.Now()
	}
	err = r.DB.InTx(ctx, func(ctx context.Context) error {
		// One request of an obligation at a time.
		var locked int64
		err := r.DB.q(ctx).QueryRow(ctx, `SELECT id FROM obligation WHERE id = $1 FOR NO KEY UPDATE`, x.Obligation).Scan(&locked)
		if err != nil {
			return found(err, "obligation", x.Obligation)
		}
		if _, err := r.DB.q(ctx).Exec(ctx, `UPDATE extension SET state = 'replaced' WHERE obligation_id = $1 AND state = 'asked'`, x.Obligation); err != nil {
			return err
		}
		return r.DB.q(ctx).QueryRow(ctx, `
			INSERT INTO extension (obligation_id, asked_by, until_on, reason, asked_at) VALUES ($1, $2, $3, $4, $5) RETURNING id`,
			x.Obligation, x.By, bot.Civil(x.Until), clean(x.Reason), x.AskedAt).Scan(&id)
	})
	if err != nil {
		return 0, fmt.Errorf("ask extension: %w", err)
	}
	return id, nil
}

// Extension is one request.
func (r *Register) Extension(ctx context.Context, id int64) (plan.Extension, error) {
	var x plan.Extension
	err := r.DB.q(ctx).QueryRow(ctx, extensionSQL+`WHERE id = $1`, id).Scan(scanExtension(&x)...)
	return x, found(err, "extension", id)
}

// Extensions are the open requests, oldest first.
func (r *Register) Extensions(ctx context.Context) ([]plan.Extension, error) {
	list, err := all(ctx, r, scanExtension, extensionSQL+`WHERE state = 'asked' ORDER BY id`)
	if err != nil {
		return nil, fmt.Errorf("extensions: %w", err)
	}
	return list, nil
}

// DecideExtension closes an open request, and reports whether this call did it. The new
// day is set by Postpone.
func (r *Register) DecideExtension(ctx context.Context, id, by int64, granted bool) (bool, error) {
	state := "refused"
	if granted {
		state = "granted"
	}
	tag, err := r.DB.q(ctx).Exec(ctx, `UPDATE extension SET state = $2, decided_by = $3, decided_at = $4 WHERE id = $1 AND state = 'asked'`,
		id, state, null(by), r.Now())
	if err != nil {
		return false, fmt.Errorf("extension %d: %w", id, err)
	}
	return tag.RowsAffected() == 1, nil
}
