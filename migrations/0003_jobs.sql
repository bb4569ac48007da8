-- +goose Up

-- Periodic work is planned here, once per (job, due_at) whoever plans it: asynq's
-- schedulers have no leader. Redis only carries the task; a row that Redis forgot
-- is carried again with the next generation.
CREATE TABLE job_run (
	id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	job         text NOT NULL,
	due_at      timestamptz NOT NULL,
	state       text NOT NULL DEFAULT 'planned' CHECK (state IN ('planned', 'running', 'done', 'failed')),
	generation  int NOT NULL DEFAULT 0,
	carried_at  timestamptz,
	lease_until timestamptz NOT NULL DEFAULT '-infinity',
	attempts    int NOT NULL DEFAULT 0,
	error       text,
	done_at     timestamptz,
	UNIQUE (job, due_at)
);
CREATE INDEX job_run_open ON job_run (due_at) WHERE state IN ('planned', 'running');

-- +goose Down
DROP TABLE job_run;
