package pg

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"qingfeng/bot"
	"qingfeng/bot/convo"
)

// A doubtful row whose window is over is for a person to look at; an update of a
// card is not worth one.
const holdDoubtful = `
UPDATE outbox SET state = CASE kind WHEN 'update' THEN 'skipped' ELSE 'held' END, lease_until = '-infinity', doubt = true
WHERE state IN ('sending', 'unknown') AND first_try_at <= $1::timestamptz - $2::interval AND lease_until <= now()`

const claimSends = `
WITH head AS (
	SELECT o.id FROM outbox o
	WHERE o.state IN ('pending', 'sending', 'unknown') AND o.next_at <= $1 AND o.lease_until <= now()
	  AND o.id = (SELECT e.id FROM outbox e WHERE e.user_key = o.user_key AND e.lane = o.lane
	              AND e.state NOT IN ('sent', 'held', 'failed', 'skipped') ORDER BY e.id LIMIT 1)
	  AND NOT EXISTS (SELECT FROM sending_pause WHERE until > $1)
	  AND (o.kind = 'update' OR (
	       SELECT count(*) < $4 AND count(*) FILTER (WHERE b.tried_at > $1::timestamptz - interval '1 minute') < $3
	       FROM outbox b WHERE b.user_key = o.user_key AND b.kind = 'send'
	       AND b.tried_at > $1::timestamptz - interval '1 hour' AND b.id <> o.id))
	ORDER BY o.lane, o.id LIMIT $2
	FOR UPDATE SKIP LOCKED
)
UPDATE outbox o SET state = 'sending', lease_until = now() + $5::interval, attempts = o.attempts + 1,
	doubt = o.doubt OR o.state = 'sending', first_try_at = coalesce(o.first_try_at, $1),
	tried_at = CASE o.kind WHEN 'send' THEN $1::timestamptz END
FROM head WHERE o.id = head.id
RETURNING o.id, o.user_id, o.lane, o.kind = 'update', o.body, coalesce(o.task_id, ''), o.attempts, o.doubt,
	coalesce((SELECT c.response_code FROM card c WHERE c.task_id = o.task_id AND c.code_at > $1::timestamptz - interval '72 hours'), '')`

// planned has a statement planned each time. A plan that is kept from when the queue
// was short reads and sorts all of a long one at every claim.
const planned = pgx.QueryExecModeCacheDescribe

// ClaimSends leases the oldest open rows, one of each (person, lane).
func (db *DB) ClaimSends(ctx context.Context, now time.Time, n int, limits convo.SendLimits) ([]convo.Sending, error) {
	type claimed struct {
		convo.Sending
		lane bot.Lane
	}
	if _, err := db.q(ctx).Exec(ctx, holdDoubtful, now, limits.Window); err != nil {
		return nil, fmt.Errorf("outbox: hold: %w", err)
	}
	rows, err := db.q(ctx).Query(ctx, claimSends, planned, now, n, limits.PerMinute, limits.PerHour, limits.Lease)
	if err != nil {
		return nil, fmt.Errorf("outbox: claim: %w", err)
	}
	out, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (c claimed, err error) {
		return c, row.Scan(&c.ID, &c.To, &c.lane, &c.Update, &c.Body, &c.Task, &c.Attempts, &c.Doubt, &c.Code)
	})
	if err != nil {
		return nil, fmt.Errorf("outbox: claim: %w", err)
	}
	slices.SortFunc(out, func(a, b claimed) int { return cmp.Or(cmp.Compare(a.lane, b.lane), cmp.Compare(a.ID, b.ID)) })
	sends := make([]convo.Sending, len(out))
	for i := range out {
		sends[i] = out[i].Sending
	}
	return sends, nil
}

const finishSend = `
UPDATE outbox SET state = $3, next_at = coalesce($4, next_at), lease_until = '-infinity', errcode = $5, invalid = $6,
	msgid = coalesce($7, msgid), sent_at = CASE $3 WHEN 'sent' THEN $9 ELSE sent_at END,
	doubt = doubt OR $3 = 'unknown', tried_at = CASE WHEN $8 THEN tried_at END,
	first_try_at = CASE $3 WHEN 'pending' THEN NULL ELSE first_try_at END
WHERE id = $1 AND attempts = $2 AND state = 'sending'`

// Finish records what came of an attempt, and on the card what can be done with it.
func (db *DB) Finish(ctx context.Context, now time.Time, s convo.Sending, r convo.SendResult) error {
	b := &pgx.Batch{}
	b.Queue(finishSend, s.ID, s.Attempts, string(r.State), orNull(r.Next), r.ErrCode, r.Invalid, textOrNull(r.Receipt.MsgID), r.Counts, now)
	switch {
	case s.Task == "":
	case s.Update:
		if s.Code != "" && r.State != convo.SendPending { // a code is good once
			b.Queue(`UPDATE card SET response_code = NULL WHERE task_id = $1 AND response_code = $2`, s.Task, s.Code)
		}
	case r.State == convo.SendSent || r.State == convo.SendUnknown:
		b.Queue(`UPDATE card SET shown_at = coalesce(shown_at, now()), code_at = CASE WHEN response_code IS NULL AND $2::text IS NOT NULL THEN $3 ELSE code_at END,
	response_code = coalesce(response_code, $2) WHERE task_id = $1`, s.Task, textOrNull(r.Receipt.ResponseCode), now)
	}
	if err := db.q(ctx).SendBatch(ctx, b).Close(); err != nil {
		return fmt.Errorf("outbox: finish: %w", err)
	}
	return nil
}

// Pause stops every sender until a time; a longer pause wins.
func (db *DB) Pause(ctx context.Context, until time.Time) error {
	_, err := db.q(ctx).Exec(ctx, `UPDATE sending_pause SET until = greatest(until, $1)`, until)
	if err != nil {
		return fmt.Errorf("outbox: pause: %w", err)
	}
	return nil
}
