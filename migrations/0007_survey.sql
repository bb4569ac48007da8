-- Surveys and anonymous ballots. Invitations know people and no ballot; tokens and
-- ballots know no person. No column here holds a moment, and nothing joins the two sides
-- but the survey itself (bot/survey/doc.go says why this is enough, and what remains).
-- +goose Up

CREATE TABLE survey (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    template   text    NOT NULL,
    sheet      jsonb   NOT NULL,              -- survey.Sheet as people were asked
    anonymous  boolean NOT NULL DEFAULT true CHECK (anonymous), -- a named survey would need tables of its own
    state      text    NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'closed', 'void')),
    started_on date    NOT NULL,
    until_on   date    NOT NULL CHECK (until_on >= started_on),
    invited    int     NOT NULL CHECK (invited >= 5),
    rounds     int     NOT NULL DEFAULT 0,    -- how often people were written to
    by_person  bigint  REFERENCES person
);

-- Who was asked, and whether they took part. Written anew in random order every night.
CREATE TABLE survey_invite (
    survey bigint  NOT NULL REFERENCES survey,
    person bigint  NOT NULL REFERENCES person,
    took   boolean NOT NULL DEFAULT false,
    PRIMARY KEY (survey, person)
);

-- SHA-256 of tokens that may still bring a ballot; a used one is gone.
CREATE TABLE survey_pool (
    token_hash bytea  PRIMARY KEY,
    survey     bigint NOT NULL REFERENCES survey
);
CREATE INDEX survey_pool_survey ON survey_pool (survey);

-- Ballots that wait for the close: padded and, with a sealing key, closed. Written anew in
-- random order every night.
CREATE TABLE survey_inbox (
    id     uuid   PRIMARY KEY DEFAULT gen_random_uuid(),
    survey bigint NOT NULL REFERENCES survey,
    body   bytea  NOT NULL
);
CREATE INDEX survey_inbox_survey ON survey_inbox (survey);

-- Ballots of closed surveys, all of one survey written at once in random order; free
-- words apart from the ticks.
CREATE TABLE ballot (
    id      uuid   PRIMARY KEY DEFAULT gen_random_uuid(),
    survey  bigint NOT NULL REFERENCES survey,
    answers jsonb  NOT NULL
);
CREATE INDEX ballot_survey ON ballot (survey);
CREATE TABLE ballot_comment (
    id     uuid   PRIMARY KEY DEFAULT gen_random_uuid(),
    survey bigint NOT NULL REFERENCES survey,
    words  text   NOT NULL
);
CREATE INDEX ballot_comment_survey ON ballot_comment (survey);

-- What people were promised and asked does not change, and what is over stays over.
-- +goose StatementBegin
CREATE FUNCTION survey_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.anonymous IS DISTINCT FROM OLD.anonymous OR NEW.sheet IS DISTINCT FROM OLD.sheet
        OR NEW.template IS DISTINCT FROM OLD.template OR NEW.until_on IS DISTINCT FROM OLD.until_on
        OR NEW.invited IS DISTINCT FROM OLD.invited OR NEW.started_on IS DISTINCT FROM OLD.started_on
        OR OLD.state <> 'open' AND NEW.state IS DISTINCT FROM OLD.state THEN
        RAISE EXCEPTION 'survey %: fixed when it began', OLD.id;
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER survey_stands BEFORE UPDATE ON survey FOR EACH ROW EXECUTE FUNCTION survey_stands();

-- Whoever took part cannot be invited again: that would be a second ballot.
-- +goose StatementBegin
CREATE FUNCTION survey_took_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.took AND NOT NEW.took OR NEW.person <> OLD.person OR NEW.survey <> OLD.survey THEN
        RAISE EXCEPTION 'survey %: an invitation stands', OLD.survey;
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER survey_took_stands BEFORE UPDATE ON survey_invite FOR EACH ROW EXECUTE FUNCTION survey_took_stands();
