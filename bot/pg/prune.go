package pg

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"qingfeng/bot/risk"
)

// keepDrafts is how long what was never submitted outlives its campaign (PRODUCT.md,
// Words that are not allowed to fail).
const keepDrafts = 90 * 24 * time.Hour

// Prune forgets what has served: old bodies, drafts of campaigns long closed, chats
// left unfinished before that, sessions that are over. It returns how many rows it
// emptied or removed.
func (r *Register) Prune(ctx context.Context) (rows int64, err error) {
	now := r.Now()
	if rows, err = r.DB.Prune(ctx, now); err != nil {
		return rows, err
	}
	drafts, err := r.pruneDrafts(ctx, now.Add(-keepDrafts))
	if err != nil {
		return rows, fmt.Errorf("prune drafts: %w", err)
	}
	rows += drafts
	for _, sql := range []string{
		`DELETE FROM web_session WHERE expires_at <= $1`,
		`DELETE FROM oauth_state WHERE expires_at <= $1`,
		`DELETE FROM job_run WHERE state IN ('done', 'failed') AND done_at < $1::timestamptz - interval '30 days'`,
		// What was said first: who got what for 90 days, that it was said for 400.
		`DELETE FROM push_to WHERE at < $1::timestamptz - interval '90 days' AND state NOT IN ('waiting', 'frozen')`,
		`DELETE FROM push_batch b WHERE made_at < $1::timestamptz - interval '90 days' AND NOT EXISTS (SELECT FROM push_to t WHERE t.batch_id = b.id)`,
		`DELETE FROM push p WHERE made_at < $1::timestamptz - interval '90 days' AND NOT EXISTS (SELECT FROM push_to t WHERE t.push_id = p.id)
			AND NOT EXISTS (SELECT FROM push_batch b WHERE b.push_id = p.id)`,
		`DELETE FROM reminder WHERE at < $1::timestamptz - interval '400 days' AND state <> 'planned'`,
	} {
		tag, err := r.DB.q(ctx).Exec(ctx, sql, now)
		if err != nil {
			return rows, fmt.Errorf("prune what has expired: %w", err)
		}
		rows += tag.RowsAffected()
	}
	// A chat left in the middle of a question goes with the drafts of every campaign
	// that was running when it was left.
	tag, err := r.DB.q(ctx).Exec(ctx, `
		UPDATE conversation v SET stack = '[]', pending = NULL
		WHERE stack <> '[]' AND updated_at < $1 AND lease_until <= now()
			AND NOT EXISTS (SELECT FROM campaign c WHERE c.opened_at <= v.updated_at AND (c.closed_at IS NULL OR c.closed_at >= $1))`, now.Add(-keepDrafts))
	if err != nil {
		return rows, fmt.Errorf("prune chats: %w", err)
	}
	return rows + tag.RowsAffected(), nil
}

// pruneDrafts takes the content out of forms that were with their owners when the
// campaign closed before a moment: points, proposals, duties, reasons. The empty form
// stays: that it was never handed in is part of the record.
func (r *Register) pruneDrafts(ctx context.Context, closedBefore time.Time) (rows int64, err error) {
	err = r.DB.InTx(ctx, func(ctx context.Context) error {
		found, err := r.DB.q(ctx).Query(ctx, `
			SELECT s.id FROM selfcheck s JOIN campaign c ON c.id = s.campaign_id
			WHERE c.closed_at < $1 AND s.state IN ('draft', 'returned')
				AND (s.duties <> '' OR s.zero_reason <> '' OR EXISTS (SELECT FROM risk_point p WHERE p.check_id = s.id)
					OR EXISTS (SELECT FROM proposal o WHERE o.check_id = s.id))
			ORDER BY s.id FOR UPDATE OF s`, closedBefore)
		if err != nil {
			return err
		}
		checks, err := pgx.CollectRows(found, pgx.RowTo[int64])
		if err != nil {
			return err
		}
		if len(checks) == 0 {
			return nil
		}
		for _, sql := range []string{
			`UPDATE risk_point SET carried_from = NULL WHERE carried_from IN (SELECT id FROM risk_point WHERE check_id = ANY ($1))`,
			`DELETE FROM risk_point WHERE check_id = ANY ($1)`,
			`DELETE FROM proposal WHERE check_id = ANY ($1)`,
			`UPDATE selfcheck SET duties = '', zero_reason = '', rev = rev + 1 WHERE id = ANY ($1)`,
		} {
			tag, err := r.DB.q(ctx).Exec(ctx, sql, checks)
			if err != nil {
				return err
			}
			rows += tag.RowsAffected()
		}
		for _, id := range checks {
			if err := r.Record(ctx, risk.Event{Action: "selfcheck.prune", Object: "selfcheck", ID: id, Note: "90 days after the campaign"}); err != nil {
				return err
			}
		}
		return nil
	})
	return rows, err
}
