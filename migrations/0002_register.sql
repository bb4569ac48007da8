-- The register: who works where, what powers the unit has, what people wrote down
-- and what was decided on it, and the audit log. Dates are civil dates of
-- Asia/Shanghai; ended_on is the first day on which a row no longer counts.
-- +goose Up

CREATE TABLE unit (
    id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL CHECK (name <> ''),
    pack text NOT NULL DEFAULT ''
);

CREATE TABLE section (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    unit_id   bigint NOT NULL REFERENCES unit,
    name      text NOT NULL CHECK (name <> ''),
    pos       int NOT NULL DEFAULT 0, -- order of the roster, kept on every form
    voided_at timestamptz,
    UNIQUE (unit_id, name)
);

CREATE TABLE post (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    section_id bigint NOT NULL REFERENCES section,
    name       text NOT NULL CHECK (name <> ''),
    stratum    text NOT NULL CHECK (stratum IN ('leader', 'middle', 'key_other', 'general')),
    tags       text[] NOT NULL DEFAULT '{}',
    offline    boolean NOT NULL DEFAULT false,
    pos        int NOT NULL DEFAULT 0,
    voided_at  timestamptz,
    UNIQUE (section_id, name)
);

CREATE TABLE person (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_key    text NOT NULL UNIQUE, -- the id as it is compared: lower case
    userid      text NOT NULL,        -- as WeCom or the roster spelled it
    name        text NOT NULL,
    active      boolean NOT NULL DEFAULT true,
    from_roster boolean NOT NULL DEFAULT false -- only these can be missing from a roster
);

CREATE TABLE assignment (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person_id bigint NOT NULL REFERENCES person,
    post_id   bigint NOT NULL REFERENCES post,
    from_on   date NOT NULL,
    ended_on  date CHECK (ended_on >= from_on),
    acting    boolean NOT NULL DEFAULT false
);
CREATE UNIQUE INDEX assignment_current ON assignment (person_id, post_id) WHERE ended_on IS NULL;
CREATE INDEX assignment_person ON assignment (person_id);
CREATE INDEX assignment_post ON assignment (post_id);

CREATE TABLE role_grant (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person_id  bigint NOT NULL REFERENCES person,
    role       text NOT NULL,
    section_id bigint REFERENCES section, -- null: the whole unit
    from_on    date NOT NULL,
    ended_on   date CHECK (ended_on >= from_on),
    source     text NOT NULL CHECK (source IN ('roster', 'hand')),
    granted_by bigint REFERENCES person -- null: an import, or the operator at the command line
);
CREATE UNIQUE INDEX role_grant_current ON role_grant (person_id, role, section_id, source) NULLS NOT DISTINCT
    WHERE ended_on IS NULL;
CREATE INDEX role_grant_person ON role_grant (person_id);

CREATE TABLE delegation (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person_id  bigint NOT NULL REFERENCES person,
    to_id      bigint NOT NULL REFERENCES person CHECK (to_id <> person_id),
    from_on    date NOT NULL,
    until_on   date NOT NULL CHECK (until_on >= from_on), -- inclusive
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX delegation_person ON delegation (person_id, until_on);

CREATE TABLE power_item (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    section_id  bigint NOT NULL REFERENCES section,
    name        text NOT NULL CHECK (name <> ''),
    class       text NOT NULL CHECK (class IN ('', 'administrative', 'internal', 'key_business')), -- '': a gap, not yet known
    content     text NOT NULL DEFAULT '',
    legal_basis text NOT NULL DEFAULT '',
    time_limit  text NOT NULL DEFAULT '',
    supervision text NOT NULL DEFAULT '',
    gap         boolean NOT NULL DEFAULT false,
    pos         int NOT NULL DEFAULT 0,
    version     int NOT NULL DEFAULT 1,
    voided_at   timestamptz,
    UNIQUE (section_id, name)
);

CREATE TABLE process_node (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    item_id   bigint NOT NULL REFERENCES power_item,
    seq       int NOT NULL,
    name      text NOT NULL CHECK (name <> ''),
    post_name text NOT NULL DEFAULT '',
    voided_at timestamptz
);
CREATE INDEX process_node_item ON process_node (item_id, seq);

CREATE TABLE campaign (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name      text NOT NULL,
    year      int NOT NULL,
    pack      text NOT NULL,
    due_on    date NOT NULL,
    state     text NOT NULL CHECK (state IN ('open', 'closed')),
    opened_by bigint REFERENCES person, -- null: the operator at the command line
    opened_at timestamptz NOT NULL,
    closed_at timestamptz
);
CREATE UNIQUE INDEX campaign_one_open ON campaign ((true)) WHERE state = 'open';

CREATE TABLE selfcheck (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    campaign_id  bigint NOT NULL REFERENCES campaign,
    person_id    bigint NOT NULL REFERENCES person,
    post_id      bigint NOT NULL REFERENCES post,
    state        text NOT NULL,
    version      int NOT NULL DEFAULT 0, -- grows with every submission
    rev          int NOT NULL DEFAULT 0, -- grows with every save
    chain        text NOT NULL DEFAULT '',
    step_no      int NOT NULL DEFAULT 0,
    duties       text NOT NULL DEFAULT '',
    zero_reason  text NOT NULL DEFAULT '',
    paper        boolean NOT NULL DEFAULT false,
    offline      boolean NOT NULL DEFAULT false,
    begun        boolean NOT NULL DEFAULT false,
    submitted_at timestamptz,
    UNIQUE (campaign_id, person_id, post_id)
);
CREATE INDEX selfcheck_person ON selfcheck (person_id);
CREATE INDEX selfcheck_post ON selfcheck (post_id);

-- A point of a self-check, or one that an import brought from an earlier year
-- (check_id null, year set). node_item and node_name keep the words for a step
-- that is not on the catalogue.
CREATE TABLE risk_point (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    check_id       bigint REFERENCES selfcheck,
    year           int,
    no             int NOT NULL,
    layer          text NOT NULL,
    post_id        bigint NOT NULL REFERENCES post,
    node_id        bigint REFERENCES process_node,
    node_item      text NOT NULL,
    node_name      text NOT NULL,
    title          text NOT NULL,
    manifestations jsonb NOT NULL,
    category       text NOT NULL,
    category_why   text NOT NULL,
    misuse         text NOT NULL,
    suggestion     jsonb NOT NULL,
    objection      text NOT NULL,
    confirmed      text NOT NULL,
    factors        jsonb NOT NULL,
    measures       jsonb NOT NULL,
    methods        jsonb NOT NULL,
    hints          jsonb NOT NULL,
    keep_reason    text NOT NULL,
    verdict        text NOT NULL,
    verdict_why    text NOT NULL,
    monitor        text NOT NULL,
    state          text NOT NULL,
    version        int NOT NULL,
    carried_from   bigint REFERENCES risk_point,
    verified_on    date,
    CHECK ((check_id IS NULL) = (year IS NOT NULL))
);
CREATE INDEX risk_point_check ON risk_point (check_id, no);
CREATE INDEX risk_point_post ON risk_point (post_id);
CREATE INDEX risk_point_carried ON risk_point (carried_from) WHERE carried_from IS NOT NULL;

CREATE TABLE review (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    check_id   bigint NOT NULL REFERENCES selfcheck,
    version    int NOT NULL, -- of the check; the decision binds to it
    step_no    int NOT NULL,
    step       text NOT NULL,
    assignee   bigint NOT NULL REFERENCES person,
    for_person bigint REFERENCES person,
    why        text NOT NULL,
    round      int NOT NULL,
    opened_at  timestamptz NOT NULL, -- of this round
    seen_at    timestamptz,
    decide_by  timestamptz,
    decision   text NOT NULL DEFAULT '',
    decided_at timestamptz,
    decided_by bigint REFERENCES person,
    unseen     boolean NOT NULL DEFAULT false,
    channel    text NOT NULL DEFAULT '',
    comment    text NOT NULL DEFAULT '',
    CHECK ((decision = '') = (decided_at IS NULL))
);
CREATE INDEX review_check ON review (check_id);
CREATE INDEX review_open ON review (assignee) WHERE decision = '';

CREATE TABLE meeting (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    campaign_id bigint NOT NULL REFERENCES campaign,
    section_id  bigint REFERENCES section,
    kind        text NOT NULL,
    held_on     date,
    place       text NOT NULL,
    chair       text NOT NULL,
    recorder    text NOT NULL,
    attendees   text[] NOT NULL,
    decisions   text[] NOT NULL,
    by_person   bigint REFERENCES person
);
CREATE INDEX meeting_campaign ON meeting (campaign_id, kind);

CREATE TABLE proposal (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    check_id  bigint NOT NULL REFERENCES selfcheck,
    by_person bigint NOT NULL REFERENCES person,
    method    text NOT NULL,
    text      text NOT NULL,
    state     text NOT NULL CHECK (state IN ('open', 'taken', 'declined'))
);
CREATE INDEX proposal_check ON proposal (check_id);

CREATE TABLE web_session (
    token_hash bytea PRIMARY KEY, -- SHA-256; the token itself is only in the browser
    user_key   text NOT NULL,
    csrf       text NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE TABLE oauth_state (
    state_hash bytea PRIMARY KEY,
    target     text NOT NULL, -- the path the person wanted
    expires_at timestamptz NOT NULL
);

CREATE TABLE setting (
    key   text PRIMARY KEY,
    value text NOT NULL,
    at    timestamptz NOT NULL
);

-- The audit log. An event commits with the change it tells of and waits in
-- audit_pending for its link in the hash chain: a chain made inside every commit
-- would let only one of them happen at a time. LinkAudit (bot/pg) makes the links, a
-- second later. hash = SHA-256 over prev_hash and every field, each preceded by its
-- length in bytes.
CREATE TABLE audit_event (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at        timestamptz NOT NULL,
    actor     bigint NOT NULL, -- 0: the operator or the system
    role      text NOT NULL,
    action    text NOT NULL,
    object    text NOT NULL,
    object_id bigint NOT NULL,
    version   int NOT NULL,
    result    text NOT NULL CHECK (result IN ('ok', 'refused')),
    note      text NOT NULL
);
CREATE INDEX audit_event_object ON audit_event (object, object_id);

CREATE TABLE audit_pending (event_id bigint PRIMARY KEY);

CREATE TABLE audit_link (
    seq       bigint PRIMARY KEY,
    event_id  bigint NOT NULL UNIQUE REFERENCES audit_event,
    prev_hash bytea NOT NULL,
    hash      bytea NOT NULL
);

-- +goose StatementBegin
CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log only grows';
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION audit_digest(prev bytea, e audit_event) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
    SELECT sha256(prev || convert_to(string_agg(octet_length(convert_to(f, 'UTF8')) || ':' || f, '' ORDER BY n), 'UTF8'))
    FROM unnest(ARRAY[e.id::text, (extract(epoch FROM e.at) * 1000000)::bigint::text, e.actor::text, e.role, e.action,
        e.object, e.object_id::text, e.version::text, e.result, e.note]) WITH ORDINALITY AS t (f, n)
$$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION audit_wait() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit_pending VALUES (NEW.id);
    RETURN NULL;
END $$;
-- +goose StatementEnd

-- Links what waits, at most n events, in the order of their ids; returns how many.
-- +goose StatementBegin
CREATE FUNCTION audit_chain(n int) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
    last audit_link;
    next audit_link;
    e    audit_event;
    made int := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('qingfeng audit chain', 0));
    SELECT * INTO last FROM audit_link ORDER BY seq DESC LIMIT 1;
    FOR e IN SELECT v.* FROM audit_pending p JOIN audit_event v ON v.id = p.event_id ORDER BY v.id LIMIT n LOOP
        next.seq := coalesce(last.seq, 0) + 1;
        next.event_id := e.id;
        next.prev_hash := coalesce(last.hash, '');
        next.hash := audit_digest(next.prev_hash, e);
        INSERT INTO audit_link SELECT next.*;
        DELETE FROM audit_pending WHERE event_id = e.id;
        last := next;
        made := made + 1;
    END LOOP;
    RETURN made;
END $$;
-- +goose StatementEnd

CREATE TRIGGER audit_wait AFTER INSERT ON audit_event FOR EACH ROW EXECUTE FUNCTION audit_wait();
CREATE TRIGGER audit_event_keep BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_event
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_link_keep BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_link
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
