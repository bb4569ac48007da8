package pg

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// JobRun is one planned run of a job.
type JobRun struct {
	ID         int64           `json:"id"`
	Job        string          `json:"job"`
	Key        string          `json:"key"`
	Args       json.RawMessage `json:"args,omitempty"`
	Queue      string          `json:"queue"`
	DueAt      time.Time       `json:"due_at"`
	Generation int             `json:"generation"`
	State      string          `json:"state"` // planned, running, done, failed
	Attempts   int             `json:"attempts"`
	Error      string          `json:"error"` // a code, never a text of a person
}

const jobRunColumns = `id, job, key, args, queue, due_at, generation, state, attempts, coalesce(error, '')`

// PlanRun adds a run of a job for a key at a moment, once.
func (db *DB) PlanRun(ctx context.Context, job, key string, args json.RawMessage, due time.Time) error {
	_, err := db.q(ctx).Exec(ctx, `INSERT INTO job_run (job, key, args, due_at) VALUES ($1, $2, $3, $4) ON CONFLICT (job, key, due_at) DO NOTHING`, job, key, args, due)
	if err != nil {
		return fmt.Errorf("plan %s: %w", job, err)
	}
	return nil
}

// RunTake says which runs UncarriedRuns takes.
type RunTake struct {
	Now    time.Time         // what is due by then
	Queues map[string]string // of these jobs, each with its queue
	Again  time.Duration     // and, of those carried before, what nobody began for this long
	Limit  int               // so many of one queue carried and not begun at most
	Last   int               // a run begun this often is not begun again
}

// UncarriedRuns takes what is due and either was not carried for a while, or lost its
// worker. What lost its worker at the last attempt fails instead. Of moments, what is
// due goes by the caller's clock; leases and carrying go by the database's.
func (db *DB) UncarriedRuns(ctx context.Context, take RunTake) (runs []JobRun, err error) {
	var jobs, queues []string
	for job, queue := range take.Queues {
		jobs, queues = append(jobs, job), append(queues, queue)
	}
	err = db.InTx(ctx, func(ctx context.Context) error {
		_, err := db.q(ctx).Exec(ctx, `
UPDATE job_run SET state = 'failed', error = 'worker lost', done_at = now()
WHERE state = 'running' AND lease_until <= now() AND attempts >= $1`, take.Last)
		if err != nil {
			return err
		}
		rows, err := db.q(ctx).Query(ctx, `
WITH of AS (SELECT queue, array_agg(job) AS jobs FROM unnest($3::text[], $4::text[]) AS u (job, queue) GROUP BY queue),
due AS (
	SELECT of.queue, r.id FROM of CROSS JOIN LATERAL (
		SELECT id FROM job_run
		WHERE job = ANY (of.jobs) AND state IN ('planned', 'running') AND due_at <= $1
			AND CASE state WHEN 'running' THEN lease_until <= now()
				ELSE lease_until <= $1 AND (carried_at IS NULL OR carried_at <= now() - $2::interval) END
		ORDER BY due_at, id
		LIMIT greatest(0, $5 - (SELECT count(*) FROM job_run WHERE state = 'planned' AND queue = of.queue AND carried_at > now() - $2::interval))
		FOR UPDATE SKIP LOCKED) r)
UPDATE job_run SET generation = generation + 1, carried_at = now(), state = 'planned', lease_until = '-infinity', queue = due.queue
FROM due WHERE job_run.id = due.id
RETURNING job_run.id, job, key, args, job_run.queue, due_at, generation, state, attempts, coalesce(error, '')`,
			take.Now, take.Again, jobs, queues, take.Limit)
		if err != nil {
			return err
		}
		runs, err = pgx.CollectRows(rows, pgx.RowToStructByPos[JobRun])
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("uncarried runs: %w", err)
	}
	slices.SortFunc(runs, func(a, b JobRun) int { return cmp.Or(a.DueAt.Compare(b.DueAt), cmp.Compare(a.ID, b.ID)) })
	return runs, nil
}

// ClaimRun begins a run of this generation under a lease; a run that was carried
// again, done or begun meanwhile, or that waits for a later moment than now, is not claimed.
func (db *DB) ClaimRun(ctx context.Context, id int64, generation int, now time.Time, lease time.Duration) (JobRun, bool, error) {
	rows, err := db.q(ctx).Query(ctx, `
UPDATE job_run SET state = 'running', lease_until = now() + $3::interval, attempts = attempts + 1
WHERE id = $1 AND generation = $2 AND state = 'planned' AND lease_until <= $4
RETURNING `+jobRunColumns, id, generation, lease, now)
	if err != nil {
		return JobRun{}, false, fmt.Errorf("claim run %d: %w", id, err)
	}
	run, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[JobRun])
	if errors.Is(err, pgx.ErrNoRows) {
		return JobRun{}, false, nil
	}
	return run, err == nil, err
}

// ReleaseRun has a run of this generation that nobody began carried again.
func (db *DB) ReleaseRun(ctx context.Context, id int64, generation int) error {
	_, err := db.q(ctx).Exec(ctx, `UPDATE job_run SET carried_at = NULL WHERE id = $1 AND generation = $2 AND state = 'planned'`, id, generation)
	if err != nil {
		return fmt.Errorf("release run %d: %w", id, err)
	}
	return nil
}

// RenewRun keeps the lease of a run of this generation; false when it is not under way
// in this generation any more.
func (db *DB) RenewRun(ctx context.Context, id int64, generation int, lease time.Duration) (bool, error) {
	tag, err := db.q(ctx).Exec(ctx, `UPDATE job_run SET lease_until = now() + $3::interval WHERE id = $1 AND generation = $2 AND state = 'running'`, id, generation, lease)
	if err != nil {
		return false, fmt.Errorf("renew run %d: %w", id, err)
	}
	return tag.RowsAffected() == 1, nil
}

// RunEnd is how an attempt ended.
type RunEnd struct {
	State  string    // done, planned (again), failed
	Code   string    // of what went wrong
	At     time.Time // planned: not before
	Counts bool      // planned: the attempt counts
}

// FinishRun records the end of an attempt of this generation; it counts for nothing
// when the run was given to another meanwhile.
func (db *DB) FinishRun(ctx context.Context, id int64, generation int, end RunEnd) error {
	_, err := db.q(ctx).Exec(ctx, `
UPDATE job_run SET state = $3, error = nullif($4, ''), carried_at = NULL,
	done_at = CASE WHEN $3 <> 'planned' THEN now() END,
	lease_until = CASE WHEN $3 = 'planned' THEN $5::timestamptz ELSE '-infinity' END,
	attempts = attempts - CASE WHEN $3 = 'planned' AND NOT $6 THEN 1 ELSE 0 END
WHERE id = $1 AND generation = $2 AND state = 'running'`, id, generation, end.State, end.Code, end.At, end.Counts)
	if err != nil {
		return fmt.Errorf("finish run %d: %w", id, err)
	}
	return nil
}

// OpenRuns are runs that are not done, and failed ones, newest first.
func (db *DB) OpenRuns(ctx context.Context) ([]JobRun, error) {
	rows, err := db.q(ctx).Query(ctx, `
SELECT `+jobRunColumns+` FROM job_run WHERE state <> 'done' ORDER BY id DESC LIMIT 200`)
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

// Skew is how far now is ahead of the database's clock. A rehearsal under another date
// tells its database how far ahead that is (ALTER DATABASE … SET qingfeng.ahead = '3 days').
func (db *DB) Skew(ctx context.Context, now func() time.Time) (time.Duration, error) {
	before := now()
	var theirs time.Time
	if err := db.q(ctx).QueryRow(ctx, `SELECT clock_timestamp() + coalesce(nullif(current_setting('qingfeng.ahead', true), '')::interval, '0')`).Scan(&theirs); err != nil {
		return 0, fmt.Errorf("clock of the database: %w", err)
	}
	return before.Add(now().Sub(before) / 2).Sub(theirs), nil
}

// Count is how many of one kind are in one state.
type Count struct {
	Of    string `json:"of"`
	State string `json:"state"`
	N     int    `json:"n"`
}

// PushedBatch is a batch that a person has to look at.
type PushedBatch struct {
	ID      int64     `json:"id"`
	Kind    string    `json:"kind"`
	State   string    `json:"state"` // held, failed
	People  int       `json:"people"`
	ErrCode int       `json:"errcode"`
	MadeAt  time.Time `json:"made_at"`
}

// JobCounts is what operations watch of jobs and of what goes to many.
type JobCounts struct {
	Runs      []Count                  // by job and state
	Batches   []Count                  // by kind and state
	People    []Count                  // in those batches
	Receivers []Count                  // who waits for a batch or did not get something, by kind and state
	Overdue   map[string]time.Duration // by queue, how long what is due first is due
}

// JobCounts counts runs, batches and receivers. now is the caller's clock: it says what is due.
func (db *DB) JobCounts(ctx context.Context, now time.Time) (c JobCounts, err error) {
	for _, q := range []struct {
		into *[]Count
		sql  string
	}{
		{&c.Runs, `SELECT job, state, count(*) FROM job_run GROUP BY 1, 2 ORDER BY 1, 2`},
		{&c.Batches, `SELECT kind, state, count(*) FROM push_batch b JOIN push p ON p.id = b.push_id GROUP BY 1, 2 ORDER BY 1, 2`},
		{&c.People, `SELECT kind, state, sum(people) FROM push_batch b JOIN push p ON p.id = b.push_id GROUP BY 1, 2 ORDER BY 1, 2`},
		// What arrived is not counted one by one: there are millions of it.
		{&c.Receivers, `
SELECT kind, state, count(*) FROM (
	SELECT push_id, state FROM push_to WHERE state = 'waiting' UNION ALL
	SELECT push_id, state FROM push_to WHERE state IN ('invalid', 'held', 'failed')) t
JOIN push p ON p.id = t.push_id GROUP BY 1, 2 ORDER BY 1, 2`},
	} {
		rows, err := db.q(ctx).Query(ctx, q.sql)
		if err == nil {
			*q.into, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Count])
		}
		if err != nil {
			return c, fmt.Errorf("count jobs: %w", err)
		}
	}
	rows, err := db.q(ctx).Query(ctx, `
SELECT queue, extract(epoch FROM $1 - min(greatest(due_at, lease_until)))::float8 FROM job_run
WHERE state = 'planned' AND due_at <= $1 AND lease_until <= $1 GROUP BY queue`, now)
	if err != nil {
		return c, fmt.Errorf("oldest runs: %w", err)
	}
	c.Overdue = map[string]time.Duration{}
	var queue string
	var seconds float64
	_, err = pgx.ForEachRow(rows, []any{&queue, &seconds}, func() error {
		c.Overdue[queue] = time.Duration(seconds * float64(time.Second))
		return nil
	})
	if err != nil {
		return c, fmt.Errorf("oldest runs: %w", err)
	}
	return c, nil
}

// StuckBatches are batches whose outcome stayed unknown, and those that were refused,
// newest first, fifty at most.
func (db *DB) StuckBatches(ctx context.Context) ([]PushedBatch, error) {
	rows, err := db.q(ctx).Query(ctx, `
SELECT b.id, kind, state, people, errcode, b.made_at FROM push_batch b JOIN push p ON p.id = b.push_id
WHERE state IN ('held', 'failed') ORDER BY b.id DESC LIMIT 50`)
	if err != nil {
		return nil, fmt.Errorf("stuck batches: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[PushedBatch])
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
