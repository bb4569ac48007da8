-- Public notices (公示), what citizens say about them, and the keys it is sealed to. Nothing
-- about a citizen is here: no address, browser, account or time of day; ids of opinions are
-- random (bot/opinion/doc.go, handlers/public/doc.go).
-- +goose Up

CREATE TABLE public_notice (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    campaign_id bigint NOT NULL REFERENCES campaign,
    series      bigint NOT NULL,                -- id of the first version
    version     int    NOT NULL DEFAULT 1,
    audience    text   NOT NULL CHECK (audience IN ('internal', 'office', 'window', 'website')),
    code        text   NOT NULL UNIQUE,         -- random; the address of the page
    title       text   NOT NULL,
    state       text   NOT NULL CHECK (state IN ('draft', 'checking', 'returned', 'approved', 'open', 'ended', 'corrected', 'withdrawn')),
    rev         int    NOT NULL DEFAULT 0,      -- grows with every save; cards and pages are bound to it
    draft       jsonb  NOT NULL,                -- notice.Draft: what was chosen
    snapshot    jsonb,                          -- notice.Snapshot; made when sent for checking
    hash        bytea,                          -- SHA-256 of the snapshot's bytes as they were made
    start_on    date,
    end_on      date,                           -- inclusive
    change      text   NOT NULL DEFAULT '',     -- what this version corrects
    drafted_by  bigint NOT NULL REFERENCES person,
    checked_by  bigint REFERENCES person,
    checked_on  date,
    remark      text   NOT NULL DEFAULT '',     -- of the second person
    UNIQUE (series, version),
    CHECK (end_on >= start_on),
    CHECK (state IN ('draft', 'returned') OR snapshot IS NOT NULL AND hash IS NOT NULL AND start_on IS NOT NULL AND end_on IS NOT NULL),
    CHECK (state IN ('draft', 'checking', 'returned') OR checked_by IS NOT NULL), -- nothing is published by one person
    CHECK (state IN ('draft', 'returned') OR checked_by IS DISTINCT FROM drafted_by)
);
CREATE INDEX public_notice_state ON public_notice (state);

-- Which version of which point stands under which number.
CREATE TABLE public_notice_point (
    notice        bigint NOT NULL REFERENCES public_notice,
    no            int    NOT NULL,
    point_id      bigint NOT NULL REFERENCES risk_point,
    point_version int    NOT NULL,
    PRIMARY KEY (notice, no)
);
CREATE INDEX public_notice_point_point ON public_notice_point (point_id);

-- What was published stands: nobody changes it, takes it out or puts it back to an earlier
-- state; and nothing is approved but what was sent for checking.
-- +goose StatementBegin
CREATE FUNCTION public_notice_stands() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    ways CONSTANT text[] := ARRAY['approved', 'open', 'ended', 'corrected', 'withdrawn'];
BEGIN
    IF TG_OP <> 'UPDATE' THEN
        RAISE EXCEPTION 'public notices stay';
    END IF;
    IF OLD.state = ANY (ways) AND (coalesce(array_position(ways, NEW.state), 0) < array_position(ways, OLD.state)
        OR (NEW.series, NEW.version, NEW.campaign_id, NEW.audience, NEW.code, NEW.title, NEW.draft, NEW.snapshot, NEW.hash, NEW.start_on, NEW.end_on, NEW.change, NEW.drafted_by, NEW.checked_by, NEW.checked_on)
        IS DISTINCT FROM (OLD.series, OLD.version, OLD.campaign_id, OLD.audience, OLD.code, OLD.title, OLD.draft, OLD.snapshot, OLD.hash, OLD.start_on, OLD.end_on, OLD.change, OLD.drafted_by, OLD.checked_by, OLD.checked_on))
        OR OLD.state = 'checking' AND NEW.state = 'approved' AND (NEW.code, NEW.snapshot, NEW.hash) IS DISTINCT FROM (OLD.code, OLD.snapshot, OLD.hash) THEN
        RAISE EXCEPTION 'notice %: what was published stands', OLD.id;
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER public_notice_stands BEFORE UPDATE OR DELETE ON public_notice FOR EACH ROW EXECUTE FUNCTION public_notice_stands();
CREATE TRIGGER public_notice_stays BEFORE TRUNCATE ON public_notice FOR EACH STATEMENT EXECUTE FUNCTION public_notice_stands();

-- +goose StatementBegin
CREATE FUNCTION public_notice_point_stands() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    of bigint := CASE WHEN TG_OP = 'INSERT' THEN NEW.notice ELSE OLD.notice END;
BEGIN
    IF TG_OP = 'UPDATE' OR NOT EXISTS (SELECT FROM public_notice WHERE id = of AND state IN ('draft', 'checking', 'returned')) THEN
        RAISE EXCEPTION 'notice %: its numbers stand', of;
    END IF;
    RETURN CASE WHEN TG_OP = 'INSERT' THEN NEW ELSE OLD END;
END $$;
-- +goose StatementEnd
CREATE TRIGGER public_notice_point_stands BEFORE INSERT OR UPDATE OR DELETE ON public_notice_point FOR EACH ROW EXECUTE FUNCTION public_notice_point_stands();
CREATE TRIGGER public_notice_point_stays BEFORE TRUNCATE ON public_notice_point FOR EACH STATEMENT EXECUTE FUNCTION public_notice_stands();

-- Evidence that a notice hung or stood somewhere: a photo without metadata, or an address.
CREATE TABLE placement (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    notice    bigint NOT NULL REFERENCES public_notice,
    kind      text   NOT NULL CHECK (kind IN ('board', 'window', 'desk', 'web', 'other')),
    place     text   NOT NULL,
    on_day    date   NOT NULL,
    photo     bytea,                            -- JPEG, encoded anew
    by_person bigint REFERENCES person
);
CREATE INDEX placement_notice ON placement (notice);

-- Where one of the five openings stands by other means than a notice of ours.
CREATE TABLE opening (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    what      text NOT NULL CHECK (what IN ('power', 'duty', 'process', 'institution', 'risk')),
    audience  text NOT NULL CHECK (audience IN ('internal', 'office', 'window', 'website')),
    place     text NOT NULL,
    from_on   date NOT NULL,
    until_on  date,
    by_person bigint REFERENCES person
);

-- A confirmed point's next version: proposed, approved by a second person, then in force.
-- before and after are risk.PointText.
CREATE TABLE point_revision (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    point_id    bigint NOT NULL REFERENCES risk_point,
    version     int    NOT NULL,                -- the one it makes
    before      jsonb  NOT NULL,
    after       jsonb  NOT NULL,
    why         text   NOT NULL,
    meeting     text   NOT NULL DEFAULT '',     -- where the level changed: which meeting decided
    state       text   NOT NULL CHECK (state IN ('proposed', 'approved', 'rejected')),
    proposed_by bigint NOT NULL REFERENCES person,
    proposed_on date   NOT NULL,
    decided_by  bigint REFERENCES person CHECK (decided_by <> proposed_by),
    decided_on  date
);
CREATE INDEX point_revision_point ON point_revision (point_id);
CREATE UNIQUE INDEX point_revision_one ON point_revision (point_id) WHERE state = 'proposed';

-- The keys of the two doors. The private ones stand here locked only (bot/letter).
CREATE TABLE seal_ring (
    door       text  PRIMARY KEY CHECK (door IN ('office', 'discipline')),
    recipients text[] NOT NULL CHECK (cardinality(recipients) >= 1), -- all that new words are sealed to
    locks      jsonb NOT NULL,                  -- [{"holders": […], "locked": base64}]: one, or one a pair
    recovery   text  NOT NULL,                  -- public half of the printed key
    spare      bytea NOT NULL DEFAULT '',       -- the keyring closed to it: opens, after a loss, what was sealed before
    printed    boolean NOT NULL DEFAULT false,  -- the printed key was typed back: it exists and opens
    tips       boolean NOT NULL DEFAULT false,  -- discipline only: the sealed box is open
    made_on    date  NOT NULL
);

-- Half of an open keyring, for a quarter of an hour; the other half is in the browser. No
-- write-ahead log and no copy made from it has a half; after a crash the desks are closed.
CREATE UNLOGGED TABLE desk_ticket (
    session    bytea PRIMARY KEY,               -- SHA-256 of the session's token and the door
    half       bytea NOT NULL,
    expires_at timestamptz NOT NULL
);

-- Arrivals, all of one size, until the night. key names the outer key in the file of the
-- instance that took them; 'bad:' and a day stand before it once the night could not open it.
CREATE TABLE letter_hold (
    id   uuid  PRIMARY KEY DEFAULT gen_random_uuid(),
    key  text  NOT NULL,
    body bytea NOT NULL
);
CREATE INDEX letter_hold_key ON letter_hold (key);

CREATE TABLE feedback (
    id          bigint PRIMARY KEY CHECK (id > 0), -- random, 53 bits
    notice      bigint REFERENCES public_notice,   -- null: entered at the desk about none
    point       int    NOT NULL DEFAULT 0,         -- number on the notice
    kind        text   NOT NULL CHECK (kind IN ('suggestion', 'correction', 'praise', 'other')),
    channel     text   NOT NULL CHECK (channel IN ('web', 'phone', 'visit', 'box', 'meeting')),
    received_on date   NOT NULL,
    state       text   NOT NULL,                   -- opinion.State
    was         text,                              -- the state before closed or purged: what came of it, for counts
    body        bytea,                             -- sealed; null once purged or moved away
    image       bytea,
    selector    text UNIQUE,                       -- null: no receipt
    salt        bytea,
    answer_to   text,
    answer      bytea,                             -- sealed to the receipt
    section     bigint REFERENCES section,         -- whose view was asked for
    brief       bytea,                             -- what the section is told, and below what it says:
    brief_key   text,                              -- both closed under QINGFENG_SEAL_KEY
    view        bytea,
    view_key    text,
    outcome     text CHECK (outcome IN ('adopted', 'partly', 'not')),
    reason      text NOT NULL DEFAULT '',          -- for the report: in the office's words, nothing of the opinion
    revision    bigint REFERENCES point_revision,
    merged_into bigint REFERENCES feedback,
    due_on      date   NOT NULL,
    answered_on date,
    closed_on   date,
    purge_on    date   NOT NULL,
    rev         int    NOT NULL DEFAULT 0,
    CHECK (outcome IS DISTINCT FROM 'not' OR reason <> '')
);
CREATE INDEX feedback_notice ON feedback (notice);
CREATE INDEX feedback_state ON feedback (state);

-- Lines added by receipt.
CREATE TABLE feedback_line (
    id       bigint PRIMARY KEY CHECK (id > 0),    -- random
    feedback bigint NOT NULL REFERENCES feedback,
    on_day   date   NOT NULL,
    body     bytea                                 -- sealed to the door
);
CREATE INDEX feedback_line_feedback ON feedback_line (feedback);

-- 封存线索: only the discipline office's keys open it; the desk sees that there is none of it.
CREATE TABLE sealed_tip (
    id          bigint PRIMARY KEY CHECK (id > 0), -- random
    received_on date   NOT NULL,
    state       text   NOT NULL CHECK (state IN ('received', 'seen', 'answered', 'closed', 'purged')),
    body        bytea,
    image       bytea,
    selector    text UNIQUE,
    salt        bytea,
    answer_to   text,
    answer      bytea,
    from_office boolean NOT NULL DEFAULT false,    -- the desk moved it here
    excluded    bigint[] NOT NULL DEFAULT '{}',    -- who stepped aside (回避): not shown to them
    purge_on    date   NOT NULL,
    rev         int    NOT NULL DEFAULT 0
);
CREATE TABLE tip_line (
    id     bigint PRIMARY KEY CHECK (id > 0),
    tip    bigint NOT NULL REFERENCES sealed_tip,
    on_day date   NOT NULL,
    body   bytea
);
CREATE INDEX tip_line_tip ON tip_line (tip);

-- All that receiving leaves besides the opinion: how many a day. Kept for ever.
CREATE TABLE feedback_count (
    on_day date NOT NULL,
    notice bigint NOT NULL DEFAULT 0,              -- 0: none
    door   text NOT NULL,
    kind   text NOT NULL,
    n      int  NOT NULL,
    PRIMARY KEY (on_day, notice, door, kind)
);

-- Surveys open to whoever has the link (服务对象问卷). Ballots wait in letter_hold like
-- opinions do, then here, sealed with QINGFENG_SEAL_KEY, until the close.
CREATE TABLE open_survey (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code       text  NOT NULL UNIQUE,
    template   text  NOT NULL,
    sheet      jsonb NOT NULL,                     -- survey.Sheet as people are asked
    state      text  NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'closed', 'void')),
    started_on date  NOT NULL,
    until_on   date  NOT NULL CHECK (until_on >= started_on),
    by_person  bigint REFERENCES person
);
CREATE TABLE open_ballot (
    id     bigint PRIMARY KEY CHECK (id > 0),      -- random
    survey bigint NOT NULL REFERENCES open_survey,
    body   bytea  NOT NULL
);
CREATE INDEX open_ballot_survey ON open_ballot (survey);
CREATE TABLE open_result (
    survey bigint PRIMARY KEY REFERENCES open_survey,
    result jsonb  NOT NULL                         -- counted once, at the close
);

-- A confirmed text is the point's first version; it was not counted before.
UPDATE risk_point SET version = 1 WHERE state = 'confirmed' AND version = 0;
