-- +goose Up

-- Every turn writes here, so these tables carry few indexes and no CHECKs: Postgres
-- parses a CHECK anew for every statement. The states are constants of bot/convo.

-- What came in, once per dedupe key. Order within a person is id order. A row with
-- due_at is a timer. The body goes 30 days after the row is done; the row stays, so
-- that a redelivery is still recognised.
CREATE TABLE inbox (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    dedupe      text        NOT NULL UNIQUE,
    user_key    text        NOT NULL,
    user_id     text        NOT NULL,
    body        jsonb,
    state       text        NOT NULL DEFAULT 'new', -- new, done, parked
    attempts    int         NOT NULL DEFAULT 0,
    due_at      timestamptz,
    received_at timestamptz NOT NULL DEFAULT now(),
    done_at     timestamptz,
    error       text -- a code, never a text
);
CREATE INDEX inbox_ready ON inbox (id) WHERE state = 'new' AND due_at IS NULL;
CREATE INDEX inbox_due ON inbox (due_at) WHERE state = 'new' AND due_at IS NOT NULL;
CREATE INDEX inbox_lane ON inbox (user_key, id) WHERE state = 'new';
CREATE INDEX inbox_parked ON inbox (id) WHERE state = 'parked';

-- What is remembered of a person between turns. Whoever raises lease_token owns the
-- lane; a turn commits only under the token it was claimed with.
CREATE TABLE conversation (
    user_key    text        PRIMARY KEY,
    user_id     text        NOT NULL,
    stack       jsonb       NOT NULL DEFAULT '[]', -- [{flow, version, step, state, history}], the last one is active
    ask         bigint      NOT NULL DEFAULT 0,    -- number of the pending question
    pending     jsonb,
    misses      int         NOT NULL DEFAULT 0,
    mode        text        NOT NULL DEFAULT '',
    cards       bigint      NOT NULL DEFAULT 0,    -- cards given so far; the letter of card n is the n-th, A…Z round and round
    others      boolean     NOT NULL DEFAULT false, -- cards that stand on their own may be live
    pressed     jsonb,
    entered_at  timestamptz NOT NULL DEFAULT 'epoch',
    lease_until timestamptz NOT NULL DEFAULT '-infinity',
    lease_token bigint      NOT NULL DEFAULT 0,
    updated_at  timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 70);

-- Cards with something to press, and their text forms.
CREATE TABLE card (
    task_id       text        PRIMARY KEY,
    user_key      text        NOT NULL,
    user_id       text        NOT NULL,
    ask           bigint      NOT NULL DEFAULT 0, -- > 0: question of a flow
    seq           bigint      NOT NULL,           -- which of this person's cards
    letter        text        NOT NULL,
    choices       jsonb       NOT NULL DEFAULT '{}',
    about_kind    text        NOT NULL DEFAULT '',
    about_id      bigint      NOT NULL DEFAULT 0,
    about_version int         NOT NULL DEFAULT 0,
    state         text        NOT NULL DEFAULT 'live', -- live, acted, superseded, dead
    say           text        NOT NULL DEFAULT '', -- what became of it
    lane          smallint    NOT NULL DEFAULT 0,
    as_card       boolean     NOT NULL DEFAULT true, -- false: shown as text
    response_code text,                            -- one use, 72 h
    code_at       timestamptz,
    created_at    timestamptz NOT NULL DEFAULT now(),
    shown_at      timestamptz,
    ended_at      timestamptz
) WITH (fillfactor = 70);
CREATE INDEX card_letter ON card (user_key, letter, seq DESC);
CREATE INDEX card_live ON card (user_key, seq DESC) WHERE state = 'live';
CREATE INDEX card_about ON card (about_kind, about_id) WHERE state = 'live' AND about_kind <> '';

-- What goes out. The body is frozen: a repeat sends the same bytes. Rows that are
-- pending, sending or unknown are open; they hold up later rows of the same person
-- and lane.
CREATE TABLE outbox (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_key     text        NOT NULL,
    user_id      text        NOT NULL,
    lane         smallint    NOT NULL,
    kind         text        NOT NULL DEFAULT 'send', -- send, update
    body         bytea,
    once         text,
    task_id      text,
    state        text        NOT NULL DEFAULT 'pending', -- sending, unknown, sent, held, failed, skipped
    attempts     int         NOT NULL DEFAULT 0,
    doubt        boolean     NOT NULL DEFAULT false, -- an attempt may have arrived
    next_at      timestamptz NOT NULL DEFAULT '-infinity',
    lease_until  timestamptz NOT NULL DEFAULT '-infinity',
    first_try_at timestamptz,
    tried_at     timestamptz, -- of the last attempt that counts against the member's limit
    sent_at      timestamptz,
    msgid        text,
    errcode      int         NOT NULL DEFAULT 0,
    invalid      boolean     NOT NULL DEFAULT false,
    created_at   timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX outbox_once ON outbox (once) WHERE once IS NOT NULL;
CREATE INDEX outbox_open ON outbox (lane, id) WHERE state IN ('pending', 'sending', 'unknown');
-- The same rows, said the other way round, so that only a look at one person can use
-- it: Postgres, which thinks of the open rows as few, would read all of them instead.
CREATE INDEX outbox_lane ON outbox (user_key, lane, id) WHERE state NOT IN ('sent', 'held', 'failed', 'skipped');
CREATE INDEX outbox_budget ON outbox (user_key, tried_at) WHERE kind = 'send' AND tried_at IS NOT NULL;
CREATE INDEX outbox_doubt ON outbox (first_try_at) WHERE state IN ('sending', 'unknown');
CREATE INDEX outbox_stuck ON outbox (state) WHERE state IN ('held', 'failed');

-- One row: until when every sender keeps still (errcode 45009).
CREATE TABLE sending_pause (
    one   boolean     PRIMARY KEY DEFAULT true CHECK (one),
    until timestamptz NOT NULL
);
INSERT INTO sending_pause (until) VALUES ('-infinity');
