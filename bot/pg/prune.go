package pg

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"qingfeng/bot/opinion"
	"qingfeng/bot/risk"
)

// keepDrafts is how long what was never submitted outlives its campaign (PRODUCT.md,
// Words that are not allowed to fail).
const keepDrafts = 90 * 24 * time.Hour

// Prune forgets what has served: old bodies, drafts of campaigns long closed, chats
// left unfinished before that, sessions that are over, citizens' words on their day. It returns how many rows it
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
	letters, err := r.Purge(ctx)
	if err != nil {
		return rows, err
	}
	rows += letters
	for _, sql := range []string{
		`DELETE FROM web_session WHERE expires_at <= $1`,
		`DELETE FROM oauth_state WHERE expires_at <= $1`,
		`DELETE FROM desk_ticket WHERE expires_at <= $1`,
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

// Purge deletes the words of citizens whose day has come, with their images, answers,
// receipts and lines, and what a section was told of them; that there was an opinion, and
// what came of it, stays and is counted. What no night could open goes as late. It returns
// how many rows it emptied or removed.
func (r *Register) Purge(ctx context.Context) (rows int64, err error) {
	err = r.DB.InTx(ctx, func(ctx context.Context) error {
		for _, of := range []struct{ object, letters, lines string }{
			{"feedback", `UPDATE feedback SET was = CASE state WHEN 'closed' THEN was ELSE state END, state = 'purged', body = NULL, image = NULL, answer = NULL,
				selector = NULL, salt = NULL, answer_to = NULL, brief = NULL, brief_key = NULL, view = NULL, view_key = NULL, rev = rev + 1
				WHERE purge_on <= $1 AND state <> 'purged' RETURNING id`, `UPDATE feedback_line SET body = NULL WHERE feedback = ANY ($1) AND body IS NOT NULL`},
			{"tip", `UPDATE sealed_tip SET state = 'purged', body = NULL, image = NULL, answer = NULL, selector = NULL, salt = NULL, answer_to = NULL, rev = rev + 1
				WHERE purge_on <= $1 AND state <> 'purged' RETURNING id`, `UPDATE tip_line SET body = NULL WHERE tip = ANY ($1) AND body IS NOT NULL`},
		} {
			gone, err := r.DB.q(ctx).Query(ctx, of.letters, r.today())
			if err != nil {
				return err
			}
			ids, err := pgx.CollectRows(gone, pgx.RowTo[int64])
			if err != nil {
				return err
			}
			tag, err := r.DB.q(ctx).Exec(ctx, of.lines, ids)
			if err != nil {
				return err
			}
			rows += int64(len(ids)) + tag.RowsAffected()
			for _, id := range ids {
				if err := r.RecordOn(ctx, risk.Event{Action: of.object + ".purge", Object: of.object, ID: id, Note: "its day has come"}, r.today()); err != nil {
					return err
				}
			}
		}
		tag, err := r.DB.q(ctx).Exec(ctx, `DELETE FROM letter_hold WHERE starts_with(key, $1) AND key < $1 || $2`,
			badKey, r.today().AddDate(0, 0, -opinion.KeepDays).Format(time.DateOnly))
		rows += tag.RowsAffected()
		return err
	})
	if err != nil {
		return rows, fmt.Errorf("purge: %w", err)
	}
	// Every night: what the desk answered, handed on or sealed anew leaves old rows behind, too.
	r.DB.scour(ctx, "feedback", "feedback_line", "sealed_tip", "tip_line", "desk_ticket")
	return rows, nil
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
