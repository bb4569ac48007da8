package pg

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// JobRun is one planned run of a job.
type JobRun struct {
	ID         int64     `json:"id"`
	Job        string    `json:"job"`
	DueAt      time.Time `json:"due_at"`
	Generation int       `json:"generation"`
	State      string    `json:"state"` // planned, running, done, failed
	Attempts   int       `json:"attempts"`
	Error      string    `json:"error"` // a code, never a text of a person
}

// PlanRun adds a run of a job at a moment, once.
func (db *DB) PlanRun(ctx context.Context, job string, due time.Time) error {
	_, err := db.q(ctx).Exec(ctx, `INSERT INTO job_run (job, due_at) VALUES ($1, $2) ON CONFLICT (job, due_at) DO NOTHING`, job, due)
	if err != nil {
		return fmt.Errorf("plan %s: %w", job, err)
	}
	return nil
}

// UncarriedRuns takes what is due and either was not carried since before, or lost its
// worker. What lost its worker at the last attempt fails instead.
func (db *DB) UncarriedRuns(ctx context.Context, now, before time.Time, lastAttempt int) (runs []JobRun, err error) {
	err = db.InTx(ctx, func(ctx context.Context) error {
		_, err := db.q(ctx).Exec(ctx, `
UPDATE job_run SET state = 'failed', error = 'worker lost', done_at = now()
WHERE state = 'running' AND lease_until <= now() AND attempts >= $1`, lastAttempt)
		if err != nil {
			return err
		}
		rows, err := db.q(ctx).Query(ctx, `
UPDATE job_run SET generation = generation + 1, carried_at = $1, state = 'planned'
WHERE id IN (
	SELECT id FROM job_run
	WHERE state IN ('planned', 'running') AND due_at <= $1 AND lease_until <= now() AND (carried_at IS NULL OR carried_at <= $2)
	ORDER BY due_at LIMIT 100 FOR UPDATE SKIP LOCKED)
RETURNING id, job, due_at, generation, state, attempts, coalesce(error, '')`, now, before)
		if err != nil {
			return err
		}
		runs, err = pgx.CollectRows(rows, pgx.RowToStructByPos[JobRun])
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("uncarried runs: %w", err)
	}
	return runs, nil
}

// ClaimRun begins a run of this generation under a lease; a run that was carried
// again, done or begun meanwhile is not claimed.
func (db *DB) ClaimRun(ctx context.Context, id int64, generation int, lease time.Duration) (JobRun, bool, error) {
	rows, err := db.q(ctx).Query(ctx, `
UPDATE job_run SET state = 'running', lease_until = now() + $3::interval, attempts = attempts + 1
WHERE id = $1 AND generation = $2 AND state = 'planned' AND lease_until <= now()
RETURNING id, job, due_at, generation, state, attempts, coalesce(error, '')`, id, generation, lease)
	if err != nil {
		return JobRun{}, false, fmt.Errorf("claim run %d: %w", id, err)
	}
	run, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[JobRun])
	if errors.Is(err, pgx.ErrNoRows) {
		return JobRun{}, false, nil
	}
	return run, err == nil, err
}

// FinishRun records the end of a run of this generation; a failure is planned again
// after pause until its last attempt.
func (db *DB) FinishRun(ctx context.Context, id int64, generation int, code string, pause time.Duration, lastAttempt int) error {
	_, err := db.q(ctx).Exec(ctx, `
UPDATE job_run SET error = nullif($3, ''), done_at = CASE WHEN $3 = '' OR attempts >= $5 THEN now() END,
	state = CASE WHEN $3 = '' THEN 'done' WHEN attempts >= $5 THEN 'failed' ELSE 'planned' END,
	lease_until = CASE WHEN $3 = '' OR attempts >= $5 THEN '-infinity' ELSE now() + $4::interval END
WHERE id = $1 AND generation = $2 AND state = 'running'`, id, generation, code, pause, lastAttempt)
	if err != nil {
		return fmt.Errorf("finish run %d: %w", id, err)
	}
	return nil
}

// OpenRuns are runs that are not done, and failed ones, newest first.
func (db *DB) OpenRuns(ctx context.Context) ([]JobRun, error) {
	rows, err := db.q(ctx).Query(ctx, `
SELECT id, job, due_at, generation, state, attempts, coalesce(error, '') FROM job_run WHERE state <> 'done' ORDER BY id DESC LIMIT 200`)
	if err != nil {
		return nil, fmt.Errorf("open runs: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[JobRun])
}

// RetryRun lets a person have a run done again, now and with all its attempts, unless
// it is under way or was done.
func (db *DB) RetryRun(ctx context.Context, id int64) (bool, error) {
	return db.setRun(ctx, id, `state = 'planned', attempts = 0, lease_until = '-infinity', carried_at = NULL, done_at = NULL`)
}

// DropRun lets a person give up a run that is not under way.
func (db *DB) DropRun(ctx context.Context, id int64) (bool, error) {
	return db.setRun(ctx, id, `state = 'done', lease_until = '-infinity', done_at = now()`)
}

func (db *DB) setRun(ctx context.Context, id int64, set string) (bool, error) {
	tag, err := db.q(ctx).Exec(ctx, `UPDATE job_run SET `+set+` WHERE id = $1 AND state <> 'done' AND (state <> 'running' OR lease_until <= now())`, id)
	if err != nil {
		return false, fmt.Errorf("set run %d: %w", id, err)
	}
	return tag.RowsAffected() == 1, nil
}

// Queues counts what the conversation engine holds, for `jobs` and metrics.
type Queues struct {
	InNew, InTimers, InParked                  int
	OutPending, OutSending, OutHeld, OutFailed int
	OldestPending                              time.Duration
}

// Queues counts inbox and outbox rows by state.
func (db *DB) Queues(ctx context.Context) (q Queues, err error) {
	var age float64
	err = db.q(ctx).QueryRow(ctx, `
SELECT (SELECT count(*) FROM inbox WHERE state = 'new' AND due_at IS NULL), (SELECT count(*) FROM inbox WHERE state = 'new' AND due_at IS NOT NULL),
	(SELECT count(*) FROM inbox WHERE state = 'parked'),
	(SELECT count(*) FROM outbox WHERE state = 'pending'), (SELECT count(*) FROM outbox WHERE state IN ('sending', 'unknown')),
	(SELECT count(*) FROM outbox WHERE state = 'held'), (SELECT count(*) FROM outbox WHERE state = 'failed'),
	coalesce((SELECT extract(epoch FROM now() - min(created_at)) FROM outbox WHERE state = 'pending'), 0)`).
		Scan(&q.InNew, &q.InTimers, &q.InParked, &q.OutPending, &q.OutSending, &q.OutHeld, &q.OutFailed, &age)
	q.OldestPending = time.Duration(age * float64(time.Second))
	return q, err
}
