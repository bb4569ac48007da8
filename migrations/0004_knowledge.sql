-- The knowledge base: documents, their versions, clauses and the two ways to find
-- them, what people asked and what was learned from it. Dates are civil dates of
-- Asia/Shanghai; repealed_on is the first day on which a text no longer holds.
-- +goose Up

CREATE EXTENSION IF NOT EXISTS vector;

-- What may leave for a model is decided per library; a question has a switch of its
-- own ('question'). Off unless the unit said otherwise.
CREATE TABLE library (
    name     text PRIMARY KEY,
    external boolean NOT NULL DEFAULT false
);
INSERT INTO library (name) VALUES ('question'); -- no library: the question's own switch

CREATE TABLE document (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    library   text NOT NULL REFERENCES library CHECK (library <> 'question'),
    title     text NOT NULL CHECK (title <> ''),
    title_key text NOT NULL, -- the title as it is compared
    issuer    text NOT NULL DEFAULT '',
    number    text NOT NULL DEFAULT '', -- 文号
    authority int  NOT NULL DEFAULT 0,  -- knowledge.Authority
    -- Who may read it: 'public', 'internal', 'role:…', 'section:…'; any one of them is enough.
    audiences text[] NOT NULL CHECK (cardinality(audiences) > 0),
    UNIQUE (title_key, issuer, number)
);

CREATE TABLE document_version (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    document_id  bigint NOT NULL REFERENCES document,
    label        text NOT NULL DEFAULT '', -- how people name this version: 2023年修订
    heading      text NOT NULL,            -- the title and 文号 that its passages are indexed with
    hash         text NOT NULL,            -- SHA-256 of the file, hex
    text_hash    text NOT NULL,            -- SHA-256 of the text read from it
    file         text NOT NULL DEFAULT '', -- its name as it came
    format       text NOT NULL,
    pages        int  NOT NULL DEFAULT 0,  -- 0: the format has none
    effective_on date,                     -- NULL: holds since ever
    repealed_on  date,                     -- what validity is decided by: repeal_given, else the next version's beginning
    repeal_given date,                     -- as the document or a person says it
    withdrawn_at timestamptz,
    repaired     text NOT NULL DEFAULT '', -- what was mended in a damaged copy
    flags        jsonb NOT NULL DEFAULT '[]', -- []knowledge.Flag, for review
    state        text NOT NULL DEFAULT 'live' CHECK (state IN ('live', 'review')), -- review: found by nobody yet
    body         text NOT NULL,            -- the whole text, for the page around a clause
    passages     int  NOT NULL DEFAULT 0,
    generation   bigint NOT NULL DEFAULT 0, -- of the last change to its passages or to what they are indexed with
    created_at   timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX document_version_text ON document_version (text_hash);
CREATE INDEX document_version_document ON document_version (document_id);
CREATE INDEX document_version_hash ON document_version (hash);
CREATE INDEX document_version_generation ON document_version (generation);

-- Every change of what can be found takes the next generation, under this row's lock,
-- so that generations commit in order and an index in memory knows what it lacks.
CREATE TABLE knowledge_generation (
    single     boolean PRIMARY KEY DEFAULT true CHECK (single),
    generation bigint NOT NULL DEFAULT 0,
    passages   bigint NOT NULL DEFAULT 0,
    length     bigint NOT NULL DEFAULT 0, -- sum of all passages' terms
    mean       real   NOT NULL DEFAULT 0, -- the mean length that passage_terms.weights were made with
    terms_at   bigint NOT NULL DEFAULT 0  -- the generation term_df was counted at
);
INSERT INTO knowledge_generation DEFAULT VALUES;

CREATE TABLE passage (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    version_id bigint NOT NULL REFERENCES document_version,
    pos        int    NOT NULL,
    path       text[] NOT NULL DEFAULT '{}', -- 编 章 节 条, outermost first
    article    text   NOT NULL DEFAULT '',   -- 第十二条; empty where there is none
    body       text   NOT NULL CHECK (body <> ''),
    page       int    NOT NULL DEFAULT 0,
    starts     int    NOT NULL,              -- characters into the version's body
    ends       int    NOT NULL,
    hash       text   NOT NULL,
    UNIQUE (version_id, pos)
);

-- Kept apart from passage so that no other update rewrites vectors.
CREATE TABLE passage_terms (
    passage_id bigint PRIMARY KEY REFERENCES passage,
    version_id bigint NOT NULL,
    tokens     int[] NOT NULL,              -- hashed terms, all of them
    weights    sparsevec(16777216) NOT NULL -- their BM25 weights, the 1,000 best of them
) WITH (toast_tuple_target = 8160); -- scored by the thousand: kept in the row, not beside the table
CREATE INDEX passage_terms_tokens ON passage_terms USING gin (tokens);
CREATE INDEX passage_terms_version ON passage_terms (version_id);

CREATE TABLE term_df (
    term int PRIMARY KEY, -- the hash that is also the dimension of passage_terms.weights
    df   int NOT NULL
);

-- One row per embedding model. The newest ready one is asked; the others are dropped.
CREATE TABLE embedding_model (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name       text NOT NULL,
    dim        int  NOT NULL CHECK (dim BETWEEN 1 AND 4000),
    ready_at   timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    holder     text NOT NULL DEFAULT '', -- who embeds for it now
    lease_until timestamptz NOT NULL DEFAULT '-infinity',
    UNIQUE (name, dim)
);

CREATE TABLE passage_vector (
    model_id   bigint NOT NULL REFERENCES embedding_model,
    passage_id bigint NOT NULL REFERENCES passage,
    v          halfvec NOT NULL,
    PRIMARY KEY (model_id, passage_id)
);
-- Indexes of a model are built by one process: parallel HNSW builds could overflow
-- before pgvector 0.8.2.
ALTER TABLE passage_vector SET (parallel_workers = 0);

-- Questions whose answer is known: confirmed by a coordinator, written as an alias or
-- FAQ, or learned from 👍.
CREATE TABLE question_memory (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    passage_id bigint NOT NULL REFERENCES passage,
    question   text NOT NULL,
    kind       text NOT NULL CHECK (kind IN ('confirmed', 'alias', 'faq', 'liked')),
    weight     real NOT NULL DEFAULT 1,
    created_by bigint,
    created_at timestamptz NOT NULL DEFAULT now(),
    generation bigint NOT NULL,
    grams      sparsevec(16777216) NOT NULL, -- 1 for each term of the question without its asking words
    size       int NOT NULL,                -- how many they are
    marks      text NOT NULL,               -- its numbers, levels and negations: other marks, another question
    likes      int NOT NULL DEFAULT 0,
    dislikes   int NOT NULL DEFAULT 0,
    waits_for  bigint REFERENCES document_version, -- in this newer text a person must find its place
    UNIQUE (passage_id, question)
);
CREATE INDEX question_memory_waits ON question_memory (waits_for) WHERE waits_for IS NOT NULL;

-- What was asked, kept until the office has dealt with it.
CREATE TABLE question (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    asker       bigint,                -- person; NULL for a citizen
    body        text NOT NULL,
    understood  text NOT NULL DEFAULT '', -- as it was answered, with a follow-up's subject
    audiences   text[] NOT NULL,
    state       text NOT NULL DEFAULT 'asked' CHECK (state IN ('asked', 'answered')),
    outcome     text NOT NULL DEFAULT '',
    answer      jsonb,                 -- knowledge.Answer
    liked       boolean,
    reason      text NOT NULL DEFAULT '',
    settled_at  timestamptz,           -- the office has dealt with an unanswered one
    lease_until timestamptz NOT NULL DEFAULT '-infinity',
    claims      int NOT NULL DEFAULT 0, -- counts who took it up; the last one's answer counts
    asked_at    timestamptz NOT NULL DEFAULT now(),
    answered_at timestamptz
);
CREATE INDEX question_open ON question (asked_at) WHERE state = 'asked';
CREATE INDEX question_unanswered ON question (asked_at) WHERE settled_at IS NULL;
CREATE INDEX question_asker ON question (asker, id) WHERE asker IS NOT NULL;

CREATE TABLE answer_cache (
    key        text PRIMARY KEY,
    answer     jsonb NOT NULL,
    versions   bigint[] NOT NULL, -- what it stands on
    created_at timestamptz NOT NULL DEFAULT now()
);

-- +goose Down
DROP TABLE answer_cache, question, question_memory, passage_vector, embedding_model, term_df,
    passage_terms, passage, knowledge_generation, document_version, document, library;
