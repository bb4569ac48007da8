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
	ID         int64
	Job        string
	DueAt      time.Time
	Generation int
	State      string
	Attempts   int
	Error      string
}

// PlanRun adds a run of a job at a moment, once.
func (db *DB) PlanRun(ctx context.Context, job string, due time.Time) error {
	_, err := db.q(ctx).Exec(ctx, `INSERT INTO job_run (job, due_at) VALUES ($1, $2) ON CONFLICT (job, due_at) DO NOTHING`, job, due)
	if err != nil {
		return fmt.Errorf("plan %s: %w", job, err)
	}
	return nil
}

// UncarriedRuns takes what is due and either was not carried since before, or lost its worker.
func (db *DB) UncarriedRuns(ctx context.Context, now, before time.Time) ([]JobRun, error) {
	rows, err := db.q(ctx).Query(ctx, `
UPDATE job_run SET generation = generation + 1, carried_at = $1, state = 'planned'
WHERE id IN (
	SELECT id FROM job_run
	WHERE state IN ('planned', 'running') AND due_at <= $1 AND lease_until <= now() AND (carried_at IS NULL OR carried_at <= $2)
	ORDER BY due_at LIMIT 100 FOR UPDATE SKIP LOCKED)
RETURNING id, job, due_at, generation, state, attempts, coalesce(error, '')`, now, before)
	if err != nil {
		return nil, fmt.Errorf("uncarried runs: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[JobRun])
}

// ClaimRun takes a run of this generation for a lease; a run that was carried again,
// done or taken meanwhile is not claimed.
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

// FinishRun records the end of a run; a failure is tried again until its last attempt.
func (db *DB) FinishRun(ctx context.Context, id int64, code string, lastAttempt int) error {
	_, err := db.q(ctx).Exec(ctx, `
UPDATE job_run SET lease_until = '-infinity', error = nullif($2, ''), done_at = now(),
	state = CASE WHEN $2 = '' THEN 'done' WHEN attempts >= $3 THEN 'failed' ELSE 'planned' END
WHERE id = $1`, id, code, lastAttempt)
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

// SetRun lets a person retry (planned) or drop (done) a run that is not under way.
func (db *DB) SetRun(ctx context.Context, id int64, state string) (bool, error) {
	tag, err := db.q(ctx).Exec(ctx, `UPDATE job_run SET state = $2, attempts = 0, carried_at = NULL WHERE id = $1 AND lease_until <= now() AND state <> 'done'`, id, state)
	if err != nil {
		return false, fmt.Errorf("set run %d: %w", id, err)
	}
	return tag.RowsAffected() == 1, nil
}

// Queues counts what the conversation engine holds, for `jobs` and metrics.
type Queues struct {
	InNew, InParked                            int
	OutPending, OutSending, OutHeld, OutFailed int
	OldestPending                              time.Duration
}

// Queues counts inbox and outbox rows by state.
func (db *DB) Queues(ctx context.Context) (q Queues, err error) {
	var age float64
	err = db.q(ctx).QueryRow(ctx, `
SELECT (SELECT count(*) FROM inbox WHERE state = 'new' AND due_at IS NULL), (SELECT count(*) FROM inbox WHERE state = 'parked'),
	(SELECT count(*) FROM outbox WHERE state = 'pending'), (SELECT count(*) FROM outbox WHERE state IN ('sending', 'unknown')),
	(SELECT count(*) FROM outbox WHERE state = 'held'), (SELECT count(*) FROM outbox WHERE state = 'failed'),
	coalesce((SELECT extract(epoch FROM now() - min(created_at)) FROM outbox WHERE state = 'pending'), 0)`).
		Scan(&q.InNew, &q.InParked, &q.OutPending, &q.OutSending, &q.OutHeld, &q.OutFailed, &age)
	q.OldestPending = time.Duration(age * float64(time.Second))
	return q, err
}
