-- Talks and reminders (谈话提醒) as kinds of one notice, and the talks that were held.
-- What a notice is about is in notice_part alone, sealed under a key that the database
-- never sees. Dates are civil dates of Asia/Shanghai.
-- +goose Up

CREATE TABLE warning_notice (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind        text   NOT NULL,              -- risk.NoticeKind
    tier        int    NOT NULL,
    state       text   NOT NULL,
    target      bigint NOT NULL REFERENCES person,
    section_id  bigint REFERENCES section,    -- the target's when it was drafted
    issuer      bigint NOT NULL REFERENCES person,
    basis       text   NOT NULL,              -- the role in which it was issued
    approver    bigint REFERENCES person,     -- who is asked to approve; null: nobody has to
    approved_by bigint REFERENCES person,
    version     int    NOT NULL DEFAULT 1,    -- of what a decision is about: grows with time, place and content
    rev         int    NOT NULL DEFAULT 1,    -- grows with every save
    delivery    text   NOT NULL DEFAULT 'card', -- card, offline
    meet_at     timestamptz,
    place       text   NOT NULL DEFAULT '',
    contact     text   NOT NULL DEFAULT '',
    reply_days  int    NOT NULL DEFAULT 0,    -- working days, counted from the day it goes out
    due_on      date,                         -- the reply is due, or the talk is held
    bears       text   NOT NULL DEFAULT '',   -- team, member, department (R-I10)
    document_no text   NOT NULL DEFAULT '',   -- of what is only recorded
    document_on date,
    follow_on   date,
    point_asked boolean NOT NULL DEFAULT false, -- closing asked for a risk point to be added or changed
    alerted_on  date,                         -- the issuer last heard that it is overdue
    made_at     timestamptz NOT NULL,
    issued_at   timestamptz,
    acked_at    timestamptz,
    closed_at   timestamptz
);
CREATE INDEX warning_notice_issuer ON warning_notice (issuer, id);
CREATE INDEX warning_notice_target ON warning_notice (target, id);

-- subject, body, trigger, reply, remark. Nothing here can be read without the key.
CREATE TABLE notice_part (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    notice_id bigint NOT NULL REFERENCES warning_notice,
    field     text   NOT NULL,
    version   int    NOT NULL, -- of the notice when it was written
    by_person bigint NOT NULL REFERENCES person,
    key_id    text   NOT NULL,
    sealed    bytea  NOT NULL,
    at        timestamptz NOT NULL
);
CREATE INDEX notice_part_notice ON notice_part (notice_id, id);
CREATE INDEX notice_part_key ON notice_part (key_id);

-- That a 谈心 took place and on which day; nothing else is kept of it.
CREATE TABLE heart_talk (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    talker    bigint NOT NULL REFERENCES person,
    talked    bigint NOT NULL REFERENCES person,
    held_on   date   NOT NULL,
    UNIQUE (talker, talked, held_on)
);
CREATE INDEX heart_talk_talked ON heart_talk (talked, held_on);
