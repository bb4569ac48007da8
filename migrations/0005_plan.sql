-- Who owes what by when, what was said about it first, and to whom it went out.
-- Dates are civil dates of Asia/Shanghai.
-- +goose Up

-- Days that a year's notice arranges otherwise than the weekend does.
CREATE TABLE calendar_year (
    year        int PRIMARY KEY,
    source      text NOT NULL DEFAULT '',
    imported_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE calendar_day (
    day    date PRIMARY KEY,
    worked boolean NOT NULL, -- true: a make-up workday; false: off
    name   text NOT NULL DEFAULT ''
);

-- A plan somebody looks at before launch; plan.Draft as JSON.
CREATE TABLE plan_draft (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    by_person   bigint REFERENCES person,
    campaign_id bigint REFERENCES campaign, -- once launched
    body        jsonb NOT NULL,
    updated_at  timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE stage (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    campaign_id bigint NOT NULL REFERENCES campaign,
    code        text NOT NULL,
    name        text NOT NULL,
    pos         int  NOT NULL,
    from_on     date NOT NULL,
    until_on    date NOT NULL CHECK (until_on >= from_on),
    done_on     date,
    waived      text NOT NULL DEFAULT '', -- why
    UNIQUE (campaign_id, code)
);

-- An event that deadlines hang on: 动员会, 定级会. happens_on null: not fixed yet.
CREATE TABLE anchor (
    campaign_id bigint NOT NULL REFERENCES campaign,
    code        text NOT NULL,
    name        text NOT NULL,
    happens_on  date,
    version     int NOT NULL DEFAULT 1,
    PRIMARY KEY (campaign_id, code)
);

-- What comes back every month, quarter, half-year or year; plan.Recurrence.
CREATE TABLE recurrence (
    id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code   text NOT NULL UNIQUE,
    body   jsonb NOT NULL,
    active boolean NOT NULL DEFAULT true
);

CREATE TABLE obligation (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    campaign_id     bigint REFERENCES campaign,   -- null: recurring
    stage_id        bigint REFERENCES stage,
    recurrence_id   bigint REFERENCES recurrence,
    period          text   NOT NULL DEFAULT '',   -- 2026-10, 2026Q4, 2026H2, 2026
    code            text   NOT NULL,
    name            text   NOT NULL,
    kind            text   NOT NULL,              -- plan.Kind
    owner           bigint REFERENCES person,     -- null: nobody holds the role; flagged
    owner_role      text   NOT NULL DEFAULT '',
    section_id      bigint REFERENCES section,    -- whose work it is; null: the unit's
    check_id        bigint REFERENCES selfcheck,  -- kind selfcheck
    receiver        text   NOT NULL DEFAULT '',   -- a role, or superior
    artefact        text   NOT NULL DEFAULT '',   -- obligations of one chain share it
    step            int    NOT NULL DEFAULT 0,    -- its place in the chain
    rule            jsonb  NOT NULL DEFAULT '{}', -- plan.Rule
    due_on          date,                         -- null: its anchor has no day yet
    original_due_on date,
    version         int    NOT NULL DEFAULT 1,    -- of its schedule: grows when due_on moves
    since_on        date   NOT NULL,              -- of this version; rungs before it are not made up for
    state           text   NOT NULL DEFAULT 'pending', -- pending, delivered, receipted, waived
    note            text   NOT NULL DEFAULT '',
    done_at         timestamptz,
    done_by         bigint REFERENCES person
);
CREATE UNIQUE INDEX obligation_once ON obligation (campaign_id, recurrence_id, period, code, owner, section_id, check_id) NULLS NOT DISTINCT;
CREATE INDEX obligation_open ON obligation (due_on, id) WHERE state = 'pending';
CREATE INDEX obligation_campaign ON obligation (campaign_id, state);
CREATE INDEX obligation_owner ON obligation (owner) WHERE state = 'pending';
CREATE INDEX obligation_check ON obligation (check_id) WHERE check_id IS NOT NULL;

CREATE TABLE extension (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    obligation_id bigint NOT NULL REFERENCES obligation,
    asked_by      bigint NOT NULL REFERENCES person,
    until_on      date   NOT NULL,
    reason        text   NOT NULL,
    state         text   NOT NULL DEFAULT 'asked', -- asked, granted, refused, replaced
    asked_at      timestamptz NOT NULL,
    decided_by    bigint REFERENCES person,
    decided_at    timestamptz
);
CREATE UNIQUE INDEX extension_open ON extension (obligation_id) WHERE state = 'asked';

-- One rung of the ladder for one recipient. It is said at most once whoever plans it.
-- Here and in push_to there are no foreign keys: a rung may bring 100,000 rows, which are
-- made from what they name, and neither obligations nor people are ever deleted.
CREATE TABLE reminder (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    obligation_id bigint NOT NULL,
    version       int    NOT NULL,            -- of the obligation's schedule
    rung          int    NOT NULL,            -- working days from the due day: -3 … 5
    again         int    NOT NULL DEFAULT 0,  -- 明天再提醒 and 催办 add one more
    recipient     bigint NOT NULL,            -- a person
    step          int    NOT NULL DEFAULT 0,  -- how far above the owner: 0 is the owner
    urgent        boolean NOT NULL DEFAULT false,
    at            timestamptz NOT NULL,       -- never before
    state         text   NOT NULL DEFAULT 'planned', -- planned, queued, dropped
    why           text   NOT NULL DEFAULT '', -- of a dropped one: done, moved, left, stale, today
    push_to       bigint,                     -- the message it went into
    said_on       date,                       -- the day on which it was queued
    UNIQUE (obligation_id, version, rung, again, recipient)
);
-- By person first: a fan-out goes through the people, and passes the dead entries of
-- what it has just queued only once.
CREATE INDEX reminder_due ON reminder (recipient, at) WHERE state = 'planned';
CREATE INDEX reminder_said ON reminder (recipient, said_on) WHERE push_to IS NOT NULL;

-- What goes to many: the words once, the people apart, frozen bytes for at most 1,000
-- of them. Times are the database's own.
CREATE TABLE push (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    digest  bytea NOT NULL UNIQUE, -- of words, mode, lane and the day
    kind    text  NOT NULL,        -- reminder, survey …
    lane    smallint NOT NULL,
    mode    text  NOT NULL,        -- card, text
    reply   jsonb NOT NULL,        -- bot.Reply without To
    made_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE push_batch (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    push_id      bigint NOT NULL REFERENCES push,
    task_id      text   NOT NULL DEFAULT '',
    body         bytea  NOT NULL, -- sent as it is, however often
    people       int    NOT NULL,
    state        text   NOT NULL DEFAULT 'pending', -- pending, sending, unknown, sent, held, failed, thawed
    attempts     int    NOT NULL DEFAULT 0,
    doubt        boolean NOT NULL DEFAULT false,
    lease_until  timestamptz NOT NULL DEFAULT '-infinity', -- of the attempt under way
    first_try_at timestamptz,
    sent_at      timestamptz,
    msgid        text,
    errcode      int    NOT NULL DEFAULT 0,
    made_at      timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX push_batch_open ON push_batch (id) WHERE state IN ('pending', 'sending', 'unknown');
CREATE TABLE push_to (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    push_id  bigint NOT NULL,
    batch_id bigint,
    person   bigint NOT NULL,
    user_id  text   NOT NULL,
    once     text   NOT NULL UNIQUE, -- remind:<person>:<day>, survey:<id>:<person>:<round>
    state    text   NOT NULL DEFAULT 'waiting', -- waiting, frozen, sent, invalid, held, failed, thawed
    at       timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX push_to_waiting ON push_to (push_id, id) WHERE state = 'waiting';
CREATE INDEX push_to_batch ON push_to (batch_id);
CREATE INDEX push_to_stuck ON push_to (state, at) WHERE state IN ('invalid', 'held', 'failed');

-- One task may come with arguments, and each has its own queue and lease.
ALTER TABLE job_run ADD COLUMN key text NOT NULL DEFAULT '', ADD COLUMN args jsonb, ADD COLUMN queue text NOT NULL DEFAULT 'house';
ALTER TABLE job_run DROP CONSTRAINT job_run_job_due_at_key;
CREATE UNIQUE INDEX job_run_once ON job_run (job, key, due_at);
