package pg

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"qingfeng/bot"
)

// freezeAtOnce is how many people are frozen in one transaction: the first of a hundred
// thousand go out while the last are still being frozen.
const freezeAtOnce = 10 * bot.PushMax

// RenderPush makes the one body that goes to ids. It makes the same bytes of the same
// arguments; task is unique and random.
type RenderPush func(p bot.Push, mode bot.Mode, ids []bot.UserID, task string) ([]byte, error)

// Freeze turns everybody who waits into batches: at most bot.PushMax people of one push,
// sorted by user id, with the bytes that will be sent however often, and in the same
// transaction the run that sends them. It works in transactions of its own and so
// belongs outside of one. Words that cannot be rendered fail, for those people; the
// error tells of them when all the others are frozen.
func (r *Register) Freeze(ctx context.Context, render RenderPush) (batches int, err error) {
	var bad error
	for {
		groups, err := r.waitingPushes(ctx)
		if err != nil {
			return batches, fmt.Errorf("freeze: %w", err)
		}
		if len(groups) == 0 {
			return batches, bad
		}
		for _, group := range groups {
			var n int
			var refused error
			err := r.DB.InTx(ctx, func(ctx context.Context) error {
				n, refused = 0, nil
				for _, push := range group {
					some, no, err := r.freezeSome(ctx, push, render)
					if err != nil {
						return fmt.Errorf("push %d: %w", push, err)
					}
					if no != nil {
						refused = errors.Join(refused, fmt.Errorf("render push %d: %w", push, no))
					}
					n += some
				}
				return nil
			})
			if err != nil {
				return batches, fmt.Errorf("freeze: %w", err)
			}
			batches, bad = batches+n, errors.Join(bad, refused)
		}
	}
}

// waitingPushes lists what waits to be frozen, in groups that make one transaction: one
// push to many, or many to a few people each.
func (r *Register) waitingPushes(ctx context.Context) (groups [][]int64, err error) {
	rows, err := r.DB.q(ctx).Query(ctx, `
SELECT p.id, t.n FROM (SELECT push_id, count(*) AS n FROM push_to WHERE state = 'waiting' GROUP BY 1) t JOIN push p ON p.id = t.push_id
ORDER BY p.lane, p.id`)
	if err != nil {
		return nil, err
	}
	var id, n, sum int64
	_, err = pgx.ForEachRow(rows, []any{&id, &n}, func() error {
		if sum += n; len(groups) == 0 || sum > freezeAtOnce || len(groups[len(groups)-1]) >= 200 {
			groups, sum = append(groups, nil), n
		}
		last := len(groups) - 1
		groups[last] = append(groups[last], id)
		return nil
	})
	return groups, err
}

type waiting struct {
	id   int64
	user string
}

// freezeSome freezes up to freezeAtOnce people of one push. Nobody else freezes the same
// push meanwhile; adding to it goes on. It needs a transaction.
func (r *Register) freezeSome(ctx context.Context, push int64, render RenderPush) (batches int, refused, err error) {
	p, mode, err := r.lockPush(ctx, push)
	if err != nil {
		return 0, nil, err
	}
	// Somebody who gets the same words twice (two once keys) gets them in two batches.
	rows, err := r.DB.q(ctx).Query(ctx, `
SELECT DISTINCT ON (lower(user_id) COLLATE "C") id, user_id FROM push_to
WHERE push_id = $1 AND state = 'waiting' ORDER BY lower(user_id) COLLATE "C", id LIMIT $2`, push, freezeAtOnce)
	if err != nil {
		return 0, nil, err
	}
	people, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (w waiting, err error) { return w, row.Scan(&w.id, &w.user) })
	if err != nil {
		return 0, nil, err
	}
	for chunk := range slices.Chunk(people, bot.PushMax) {
		if refused, err = r.freezeBatch(ctx, push, p, mode, chunk, render); err != nil {
			return 0, nil, err
		}
		if refused != nil {
			// The words are at fault: nobody of this push can get them.
			_, err := r.DB.q(ctx).Exec(ctx, `UPDATE push_to SET state = 'failed', at = now() WHERE push_id = $1 AND state = 'waiting'`, push)
			return batches, refused, err
		}
		batches++
	}
	return batches, nil, nil
}

func (r *Register) lockPush(ctx context.Context, push int64) (p bot.Push, mode bot.Mode, err error) {
	var raw []byte
	err = r.DB.q(ctx).QueryRow(ctx, `SELECT kind, lane, mode, reply FROM push WHERE id = $1 FOR NO KEY UPDATE`, push).
		Scan(&p.Kind, &p.Lane, &mode, &raw)
	if err != nil {
		return p, mode, err
	}
	var reply bot.Reply
	if err := json.Unmarshal(raw, &reply); err != nil {
		return p, mode, err
	}
	p.Text = reply.Text
	if reply.Card != nil {
		p.Card = *reply.Card
	}
	return p, mode, nil
}

// A push has the job of its urgency; jobs.Push serves both.
func pushJob(lane bot.Lane) (job, queue string) {
	if lane == bot.LaneBulk {
		return "push", "bulk"
	}
	return "push.notice", "notice"
}

func (r *Register) freezeBatch(ctx context.Context, push int64, p bot.Push, mode bot.Mode, people []waiting, render RenderPush) (refused, err error) {
	var task string
	if err := r.DB.q(ctx).QueryRow(ctx, `SELECT 'p-' || replace(gen_random_uuid()::text, '-', '')`).Scan(&task); err != nil {
		return nil, err
	}
	ids, users := make([]int64, len(people)), make([]bot.UserID, len(people))
	for i, w := range people {
		ids[i], users[i] = w.id, bot.UserID(w.user)
	}
	body, err := render(p, mode, users, task)
	if err != nil {
		return err, nil
	}
	job, queue := pushJob(p.Lane)
	_, err = r.DB.q(ctx).Exec(ctx, `
WITH b AS (INSERT INTO push_batch (push_id, task_id, body, people) VALUES ($1, $2, $3, $4) RETURNING id),
t AS (UPDATE push_to SET state = 'frozen', batch_id = (SELECT id FROM b), at = now() WHERE id = ANY($5))
INSERT INTO job_run (job, key, due_at, queue) SELECT $6, id::text, $7, $8 FROM b`,
		push, task, body, len(people), ids, job, r.Now(), queue)
	return nil, err
}

// ReviveBatches plans a run for each open batch that has none (a run that failed for good,
// or was dropped): no batch waits for ever. It returns how many.
func (r *Register) ReviveBatches(ctx context.Context) (int, error) {
	tag, err := r.DB.q(ctx).Exec(ctx, `
INSERT INTO job_run (job, key, due_at, queue)
SELECT j.job, b.id::text, $1, j.queue FROM push_batch b JOIN push p ON p.id = b.push_id
CROSS JOIN LATERAL (SELECT CASE p.lane WHEN $2 THEN 'push' ELSE 'push.notice' END AS job, CASE p.lane WHEN $2 THEN 'bulk' ELSE 'notice' END AS queue) j
WHERE b.state IN ('pending', 'sending', 'unknown') AND b.made_at < now() - interval '1 minute'
	AND NOT EXISTS (SELECT FROM job_run r WHERE r.job = j.job AND r.key = b.id::text AND r.state IN ('planned', 'running'))
ON CONFLICT DO NOTHING`, r.Now(), int16(bot.LaneBulk))
	if err != nil {
		return 0, fmt.Errorf("revive batches: %w", err)
	}
	return int(tag.RowsAffected()), nil
}

// ClaimBatch begins an attempt to send a batch. When ok is false there is nothing to
// send: for wait, if that is positive, else for good. What it decides it records: a
// batch of unknown outcome whose window is over is held, reminders that never left and
// have become stale are planned again.
//
// now is only for the pause all senders share (DB.Pause); every other time is the
// database's.
func (r *Register) ClaimBatch(ctx context.Context, id int64, now time.Time, limits bot.PushLimits) (b bot.PushBatch, wait time.Duration, ok bool, err error) {
	err = r.DB.InTx(ctx, func(ctx context.Context) error {
		b, wait, ok, err = r.claimBatch(ctx, id, now, limits)
		return err
	})
	if err != nil {
		return bot.PushBatch{}, 0, false, fmt.Errorf("claim batch %d: %w", id, err)
	}
	return b, wait, ok, nil
}

func (r *Register) claimBatch(ctx context.Context, id int64, now time.Time, limits bot.PushLimits) (b bot.PushBatch, wait time.Duration, ok bool, err error) {
	var (
		state       bot.PushState
		leased      float64
		over, stale bool
		paused      bool
		until       time.Time
	)
	err = r.DB.q(ctx).QueryRow(ctx, `
SELECT b.state, extract(epoch FROM greatest(b.lease_until, now()) - now())::float8,
	b.state <> 'pending' AND b.first_try_at <= now() - $3::interval,
	b.state = 'pending' AND NOT b.doubt AND b.made_at <= now() - $4::interval AND EXISTS (
		SELECT FROM push_to t JOIN reminder m ON m.recipient = t.person AND m.push_to = t.id WHERE t.batch_id = b.id),
	s.until > $2, greatest(s.until, 'epoch')
FROM push_batch b CROSS JOIN sending_pause s WHERE b.id = $1 FOR UPDATE OF b`, id, now, limits.Window, limits.Stale).
		Scan(&state, &leased, &over, &stale, &paused, &until)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return b, 0, false, nil
	case err != nil:
		return b, 0, false, err
	case state != bot.PushPending && state != bot.PushSending && state != bot.PushUnknown:
		return b, 0, false, nil
	case state == bot.PushSending && leased > 0:
		return b, time.Duration(leased*float64(time.Second)) + time.Millisecond, false, nil
	case over:
		_, err := r.endBatch(ctx, id, bot.PushHeld)
		return b, 0, false, err
	case stale:
		return b, 0, false, r.thaw(ctx, id)
	case paused:
		return b, until.Sub(now), false, nil
	}
	b.ID = id
	err = r.DB.q(ctx).QueryRow(ctx, `
UPDATE push_batch SET state = 'sending', attempts = attempts + 1, doubt = doubt OR state = 'sending',
	lease_until = now() + $2::interval, first_try_at = coalesce(first_try_at, now())
WHERE id = $1 RETURNING body, attempts, doubt`, id, limits.Lease).Scan(&b.Body, &b.Attempt, &b.Doubt)
	return b, 0, err == nil, err
}

// endBatch closes a locked batch and all its people in one state.
func (r *Register) endBatch(ctx context.Context, id int64, state bot.PushState) (int64, error) {
	b := &pgx.Batch{}
	b.Queue(`UPDATE push_batch SET state = $2, lease_until = '-infinity' WHERE id = $1`, id, string(state))
	var n int64
	b.Queue(`UPDATE push_to SET state = $2, at = now() WHERE batch_id = $1 AND state = 'frozen'`, id, string(state)).
		Exec(func(tag commandTag) error { n = tag.RowsAffected(); return nil })
	err := r.DB.q(ctx).SendBatch(ctx, b).Close()
	return n, err
}

// thaw gives a batch's reminders back: whoever claims them looks again what is still
// owed. Their people may be sent something under the same key.
func (r *Register) thaw(ctx context.Context, id int64) error {
	_, err := r.DB.q(ctx).Exec(ctx, `
UPDATE reminder m SET state = 'planned', push_to = NULL, said_on = NULL FROM push_to t
WHERE t.batch_id = $1 AND m.recipient = t.person AND m.push_to = t.id AND m.state = 'queued'`, id)
	if err != nil {
		return err
	}
	if _, err = r.endBatch(ctx, id, bot.PushThawed); err != nil {
		return err
	}
	_, err = r.DB.q(ctx).Exec(ctx, `UPDATE push_to SET once = once || ' thawed ' || id WHERE batch_id = $1`, id)
	return err
}

// finishBatch records an attempt, unless another has begun meanwhile, and with a known
// end each person's own.
const finishBatch = `
WITH b AS (
	UPDATE push_batch SET state = CASE $3 WHEN 'invalid' THEN 'failed' ELSE $3 END, lease_until = '-infinity', errcode = $4, msgid = coalesce($5, msgid),
		doubt = doubt OR $3 = 'unknown', sent_at = CASE $3 WHEN 'sent' THEN now() END,
		first_try_at = CASE $3 WHEN 'pending' THEN NULL ELSE first_try_at END
	WHERE id = $1 AND attempts = $2 AND state = 'sending' RETURNING id),
t AS (
	UPDATE push_to SET state = CASE WHEN lower(user_id) = ANY($6) THEN 'invalid' ELSE $3 END, at = now()
	FROM b WHERE batch_id = b.id AND state = 'frozen' AND $3 IN ('sent', 'invalid', 'held', 'failed'))
SELECT count(*) FROM b`

// FinishBatch records what came of an attempt; false when the batch has been taken over
// by another meanwhile, who will record its own.
//
// An answer to a repetition lists nobody as invalid: WeCom drops the repetition without
// looking. So those who could not be reached count as sent when the first answer was lost.
func (r *Register) FinishBatch(ctx context.Context, b bot.PushBatch, res bot.PushResult) (bool, error) {
	var n int
	invalid := res.Invalid
	if invalid == nil {
		invalid = []string{}
	}
	err := r.DB.q(ctx).QueryRow(ctx, finishBatch, b.ID, b.Attempt, string(res.State), res.ErrCode, textOrNull(res.MsgID), invalid).Scan(&n)
	if err != nil {
		return false, fmt.Errorf("finish batch %d: %w", b.ID, err)
	}
	return n == 1, nil
}

// Pause stops every sender until a time; a longer pause wins.
func (r *Register) Pause(ctx context.Context, until time.Time) error { return r.DB.Pause(ctx, until) }
