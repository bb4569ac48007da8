package pg

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"qingfeng/bot"
	"qingfeng/bot/convo"
)

// DB is the conversation engine's store.
var _ convo.Store = (*DB)(nil)

const insertOne = `
INSERT INTO inbox (dedupe, user_key, user_id, body, due_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (dedupe) DO NOTHING`

const insertMany = `
INSERT INTO inbox (dedupe, user_key, user_id, body, due_at)
SELECT a.dedupe, a.user_key, a.user_id, a.body::jsonb, a.due_at
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[])
	WITH ORDINALITY AS a(dedupe, user_key, user_id, body, due_at, place)
ORDER BY a.place
ON CONFLICT (dedupe) DO NOTHING
RETURNING dedupe`

// Insert stores arrivals and reports which were there before; alone, or as a part of
// the transaction in ctx.
func (db *DB) Insert(ctx context.Context, in []convo.Arrival) ([]bool, error) {
	dup := make([]bool, len(in))
	if len(in) == 1 {
		body, err := json.Marshal(in[0].Message)
		if err != nil {
			return nil, fmt.Errorf("inbox: encode: %w", err)
		}
		m := &in[0].Message
		tag, err := db.q(ctx).Exec(ctx, insertOne, clean(m.Dedupe), clean(m.From.Key()), clean(string(m.From)), cleanJSON(body), orNull(in[0].Due))
		if err != nil {
			return nil, fmt.Errorf("inbox: insert: %w", err)
		}
		dup[0] = tag.RowsAffected() == 0
		return dup, nil
	}
	var (
		dedupe, keys, ids = make([]string, len(in)), make([]string, len(in)), make([]string, len(in))
		bodies            = make([]string, len(in))
		due               = make([]*time.Time, len(in))
	)
	for i := range in {
		m := &in[i].Message
		body, err := json.Marshal(m)
		if err != nil {
			return nil, fmt.Errorf("inbox: encode: %w", err)
		}
		dedupe[i], keys[i], ids[i] = clean(m.Dedupe), clean(m.From.Key()), clean(string(m.From))
		bodies[i], due[i] = string(cleanJSON(body)), orNull(in[i].Due)
	}
	rows, err := db.q(ctx).Query(ctx, insertMany, dedupe, keys, ids, bodies, due)
	if err != nil {
		return nil, fmt.Errorf("inbox: insert: %w", err)
	}
	stored, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("inbox: insert: %w", err)
	}
	fresh := make(map[string]bool, len(stored))
	for _, key := range stored {
		fresh[key] = true
	}
	for i, key := range dedupe {
		dup[i] = !fresh[key]
		delete(fresh, key) // the same key again in this batch
	}
	return dup, nil
}

const claimLanes = `
WITH ready AS (
	(SELECT i.user_key, i.user_id, i.id, c.user_key IS NULL AS fresh
	 FROM inbox i LEFT JOIN conversation c ON c.user_key = i.user_key
	 WHERE i.state = 'new' AND i.due_at IS NULL AND (c.lease_until IS NULL OR c.lease_until <= now())
	 ORDER BY i.id LIMIT $2 * 8)
	UNION ALL
	(SELECT i.user_key, i.user_id, i.id, c.user_key IS NULL
	 FROM inbox i LEFT JOIN conversation c ON c.user_key = i.user_key
	 WHERE i.state = 'new' AND i.due_at <= $1 AND (c.lease_until IS NULL OR c.lease_until <= now())
	 ORDER BY i.due_at LIMIT $2 * 8)
), pick AS (
	SELECT user_key, max(user_id) AS user_id, bool_or(fresh) AS fresh, min(id) AS first
	FROM ready GROUP BY user_key ORDER BY first LIMIT $2
), made AS (
	INSERT INTO conversation (user_key, user_id, lease_until, lease_token)
	SELECT user_key, user_id, now() + $3::interval, 1 FROM pick WHERE fresh ORDER BY user_key
	ON CONFLICT (user_key) DO NOTHING
	RETURNING *
), free AS (
	SELECT c.user_key FROM conversation c JOIN pick p ON p.user_key = c.user_key
	WHERE c.lease_until <= now() ORDER BY c.user_key FOR UPDATE OF c SKIP LOCKED
), taken AS (
	UPDATE conversation c SET lease_until = now() + $3::interval, lease_token = c.lease_token + 1
	FROM free WHERE c.user_key = free.user_key
	RETURNING c.*
)
SELECT ` + conversationColumns + ` FROM made UNION ALL SELECT ` + conversationColumns + ` FROM taken`

// A statement of its own, after the claim: it must see what the last owner committed.
const claimedRows = `
SELECT i.id, i.user_key, i.user_id, i.dedupe, i.body, i.attempts, i.received_at
FROM unnest($1::text[]) AS lane(user_key)
CROSS JOIN LATERAL (
	SELECT * FROM inbox
	WHERE user_key = lane.user_key AND state = 'new' AND (due_at IS NULL OR due_at <= $2)
	ORDER BY id LIMIT $3
) AS i`

// ClaimLanes leases lanes that have something to do and brings their oldest rows.
func (db *DB) ClaimLanes(ctx context.Context, now time.Time, lanes, rows int, lease time.Duration) ([]convo.Lane, error) {
	found, err := db.q(ctx).Query(ctx, claimLanes, planned, now, lanes, lease)
	if err != nil {
		return nil, fmt.Errorf("inbox: claim: %w", err)
	}
	claimed, err := pgx.CollectRows(found, scanLane)
	if err != nil {
		return nil, fmt.Errorf("inbox: claim: %w", err)
	}
	if len(claimed) == 0 {
		return nil, nil
	}
	keys := make([]string, len(claimed))
	at := make(map[string]int, len(claimed))
	for i := range claimed {
		keys[i] = claimed[i].Conv.User.Key()
		claimed[i].Lease = lease
		at[keys[i]] = i
	}
	if found, err = db.q(ctx).Query(ctx, claimedRows, planned, keys, now, rows); err != nil {
		return nil, fmt.Errorf("inbox: read lanes: %w", err)
	}
	var (
		r         convo.Row
		key, user string
		body      []byte
	)
	_, err = pgx.ForEachRow(found, []any{&r.ID, &key, &user, &r.Message.Dedupe, &body, &r.Attempts, &r.Received}, func() error {
		row := r
		row.Message = bot.Message{Dedupe: r.Message.Dedupe}
		row.Bad = json.Unmarshal(body, &row.Message) != nil
		row.Message.From = bot.UserID(user)
		lane := &claimed[at[key]]
		lane.Rows = append(lane.Rows, row)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("inbox: read lanes: %w", err)
	}
	busy := claimed[:0]
	for i := range claimed {
		if len(claimed[i].Rows) > 0 {
			busy = append(busy, claimed[i])
		} else if err := db.Release(ctx, &claimed[i]); err != nil { // done by the last owner meanwhile
			return nil, err
		}
	}
	return busy, nil
}

// ClaimLane leases one person's lane, made if it is new, unless somebody has it.
func (db *DB) ClaimLane(ctx context.Context, user bot.UserID, lease time.Duration) (convo.Lane, bool, error) {
	rows, err := db.q(ctx).Query(ctx, `
INSERT INTO conversation AS c (user_key, user_id, lease_until, lease_token) VALUES ($1, $2, now() + $3::interval, 1)
ON CONFLICT (user_key) DO UPDATE SET lease_until = now() + $3::interval, lease_token = c.lease_token + 1
	WHERE c.lease_until <= now()
RETURNING `+conversationColumns, user.Key(), string(user), lease)
	if err != nil {
		return convo.Lane{}, false, fmt.Errorf("inbox: claim lane: %w", err)
	}
	lane, err := pgx.CollectExactlyOneRow(rows, scanLane)
	if errors.Is(err, pgx.ErrNoRows) {
		return convo.Lane{}, false, nil
	}
	if err != nil {
		return convo.Lane{}, false, fmt.Errorf("inbox: claim lane: %w", err)
	}
	lane.Lease = lease
	return lane, true, nil
}

// Release gives a lane back, if it still is this owner's.
func (db *DB) Release(ctx context.Context, lane *convo.Lane) error {
	_, err := db.q(ctx).Exec(ctx,
		`UPDATE conversation SET lease_until = '-infinity' WHERE user_key = $1 AND lease_token = $2`,
		lane.Conv.User.Key(), lane.Token)
	if err != nil {
		return fmt.Errorf("inbox: release: %w", err)
	}
	return nil
}

// Failed records a failed attempt and lets nobody have the lane for pause.
func (db *DB) Failed(ctx context.Context, lane *convo.Lane, row convo.Row, code string, pause time.Duration) (int, error) {
	var attempts int
	err := db.q(ctx).QueryRow(ctx, `
WITH held AS (
	UPDATE conversation SET lease_until = now() + $3::interval, lease_token = lease_token + 1
	WHERE user_key = $1 AND lease_token = $2 RETURNING user_key
)
UPDATE inbox SET attempts = attempts + 1, error = $5
FROM held WHERE inbox.id = $4 AND inbox.state = 'new'
RETURNING attempts`, lane.Conv.User.Key(), lane.Token, pause, row.ID, code).Scan(&attempts)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, convo.ErrFenced
	}
	if err != nil {
		return 0, fmt.Errorf("inbox: record failure: %w", err)
	}
	return attempts, nil
}

// Backlog counts what is due and not done.
func (db *DB) Backlog(ctx context.Context, now time.Time) (in, out int, err error) {
	err = db.q(ctx).QueryRow(ctx, `
SELECT (SELECT count(*) FROM inbox WHERE state = 'new' AND due_at IS NULL)
     + (SELECT count(*) FROM inbox WHERE state = 'new' AND due_at <= $1),
       (SELECT count(*) FROM outbox WHERE state IN ('pending', 'sending', 'unknown'))`, now).Scan(&in, &out)
	if err != nil {
		return 0, 0, fmt.Errorf("backlog: %w", err)
	}
	return in, out, nil
}

// NextTimer is when the next timer is due; false when there is none.
func (db *DB) NextTimer(ctx context.Context) (time.Time, bool, error) {
	var at *time.Time
	err := db.q(ctx).QueryRow(ctx, `SELECT min(due_at) FROM inbox WHERE state = 'new' AND due_at IS NOT NULL`).Scan(&at)
	if err != nil || at == nil {
		return time.Time{}, false, err
	}
	return *at, true, nil
}

const keepBodies = 30 * 24 * time.Hour

// Prune empties what has been done with for 30 days. The rows stay: the inbox still
// recognises redeliveries and the outbox still knows what was sent.
func (db *DB) Prune(ctx context.Context, now time.Time) (rows int64, err error) {
	before := now.Add(-keepBodies)
	for _, sql := range []string{
		`UPDATE inbox SET body = NULL WHERE body IS NOT NULL AND state <> 'new' AND done_at < $1`,
		`UPDATE outbox SET body = NULL WHERE body IS NOT NULL AND state IN ('sent', 'held', 'failed', 'skipped') AND created_at < $1`,
		`UPDATE card SET choices = '{}' WHERE choices <> '{}' AND state <> 'live' AND ended_at < $1`,
	} {
		tag, err := db.q(ctx).Exec(ctx, sql, before)
		if err != nil {
			return rows, fmt.Errorf("prune: %w", err)
		}
		rows += tag.RowsAffected()
	}
	return rows, nil
}

func orNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
