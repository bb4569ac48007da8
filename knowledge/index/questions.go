package index

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"qingfeng/knowledge"
)

// How long what people asked is kept (PRODUCT.md: what a person typed is kept no longer
// than it serves).
const (
	// keepAnswered: an answered question serves its asker's 原文 and 还有吗, 👍 and 👎, and
	// a complaint about a wrong answer, which comes within a quarter of a year.
	keepAnswered = 90 * 24 * time.Hour
	// keepUnanswered: an unanswered one serves the office until a document is added or
	// an answer confirmed; after half a year of weekly digests nobody will.
	keepUnanswered = 180 * 24 * time.Hour
)

const (
	longestReason  = 500  // characters of why somebody disliked an answer
	longestAsked   = 5000 // characters of a question that are kept
	lastsOfAPerson = 10   // answers of one person that are looked through for what was seen
)

// Asked is a question as it comes in.
type Asked struct {
	Asker     int64 // a person; 0 for a citizen, of whom only the day is kept
	Body      string
	Audiences []string // of the asker: what may be read for the answer
	// Hold keeps the question from ClaimQuestions for so long, for who answers it at
	// once; 0 leaves it to whoever claims.
	Hold time.Duration
}

// Claim is a question to be answered.
type Claim struct {
	ID        int64
	Turn      int // counts who took it up, this claim included: a high one has killed its workers
	Asker     int64
	Body      string
	Audiences []string
	At        time.Time
}

// Ask logs a question, in the caller's transaction if there is one.
func (s *Store) Ask(ctx context.Context, a Asked) (id int64, err error) {
	if a.Audiences == nil {
		a.Audiences = []string{}
	}
	err = s.q(ctx).QueryRow(ctx, `INSERT INTO question (asker, body, audiences, asked_at, lease_until)
		VALUES (nullif($1, 0), $2, $3, $4, CASE WHEN $5::interval > '0' THEN now() + $5::interval ELSE '-infinity' END) RETURNING id`,
		a.Asker, head(storable(a.Body), longestAsked), a.Audiences, s.stamp(a.Asker), a.Hold).Scan(&id)
	if err != nil {
		return 0, fmt.Errorf("log a question: %w", err)
	}
	return id, nil
}

// stamp is the time, or for a citizen the civil day.
func (s *Store) stamp(asker int64) time.Time {
	if asker != 0 {
		return s.cfg.Now()
	}
	y, m, d := s.cfg.Now().In(zone()).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, zone())
}

// head cuts s after n characters.
func head(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}

// ClaimQuestions takes unanswered questions, oldest first, so that no other instance
// works on them until the lease is over.
func (s *Store) ClaimQuestions(ctx context.Context, limit int, lease time.Duration) ([]Claim, error) {
	rows, err := s.q(ctx).Query(ctx, `UPDATE question SET lease_until = now() + $2::interval, claims = claims + 1
		WHERE id IN (SELECT id FROM question WHERE state = 'asked' AND lease_until <= now() ORDER BY asked_at, id LIMIT $1 FOR UPDATE SKIP LOCKED)
		RETURNING id, claims, coalesce(asker, 0), body, audiences, asked_at`, limit, lease)
	if err != nil {
		return nil, fmt.Errorf("claim questions: %w", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Claim])
	if err != nil {
		return nil, fmt.Errorf("claim questions: %w", err)
	}
	slices.SortFunc(all, func(a, b Claim) int {
		if c := a.At.Compare(b.At); c != 0 {
			return c
		}
		return int(a.ID - b.ID)
	})
	return all, nil
}

// FinishQuestion stores the answer of the turn that a claim gave (0 for a question that
// was held by Ask). ok is false when another has claimed or answered it since: then the
// answer is not to be sent.
func (s *Store) FinishQuestion(ctx context.Context, id int64, turn int, a knowledge.Answer) (ok bool, err error) {
	raw, err := encodeAnswer(a, false)
	if err != nil {
		return false, fmt.Errorf("finish a question: %w", err)
	}
	tag, err := s.q(ctx).Exec(ctx, `UPDATE question SET state = 'answered', understood = $3, outcome = $4, answer = $5, lease_until = '-infinity',
			answered_at = CASE WHEN asker IS NULL THEN $7::timestamptz ELSE $6::timestamptz END
		WHERE id = $1 AND claims = $2 AND state = 'asked'`, id, turn, head(oneLine(a.Understood), longestAsked), string(a.Outcome), raw, s.stamp(1), s.stamp(0))
	if err != nil {
		return false, fmt.Errorf("finish a question: %w", err)
	}
	return tag.RowsAffected() == 1, nil
}

// Last is what somebody asked last, and what they were told.
type Last struct {
	ID         int64
	Body       string
	Understood string
	Answer     knowledge.Answer // its hits without their texts
	At         time.Time
	Liked      *bool
	// Seen are the passages shown for this question, by this answer and those right
	// before it that went on about the same (还有吗).
	Seen []int64
}

// Last finds a person's latest answered question; ok is false if there is none. How
// old it may be to be meant by a follow-up is the caller's to judge.
func (s *Store) Last(ctx context.Context, asker int64) (last Last, ok bool, err error) {
	rows, err := s.q(ctx).Query(ctx, `SELECT `+lastColumns+` FROM question
		WHERE asker = $1 AND state = 'answered' AND answer IS NOT NULL ORDER BY id DESC LIMIT $2`, asker, lastsOfAPerson)
	if err != nil {
		return last, false, fmt.Errorf("last question: %w", err)
	}
	all, err := pgx.CollectRows(rows, scanLast)
	if err != nil {
		return last, false, fmt.Errorf("last question: %w", err)
	}
	if len(all) == 0 {
		return last, false, nil
	}
	last = all[0]
	for _, l := range all {
		if l.Understood != last.Understood {
			break
		}
		for _, c := range l.Answer.Citations {
			if !slices.Contains(last.Seen, c.ID) {
				last.Seen = append(last.Seen, c.ID)
			}
		}
	}
	return last, true, nil
}

// Judge records what the asker thinks of an answer, and lets question memory learn from
// it: the same question liked several times by one person counts once. They may change
// their mind. ok is false if it is not their question or it is not answered.
func (s *Store) Judge(ctx context.Context, id, asker int64, liked bool, reason string) (ok bool, err error) {
	err = s.inTx(ctx, func(ctx context.Context) error {
		var (
			before     *bool
			understood string
			raw        []byte
			outcome    string
		)
		err := s.q(ctx).QueryRow(ctx, "SELECT liked, understood, answer, outcome FROM question WHERE id = $1 AND asker = $2 AND state = 'answered' FOR UPDATE", id, asker).
			Scan(&before, &understood, &raw, &outcome)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		ok = true
		_, err = s.q(ctx).Exec(ctx, "UPDATE question SET liked = $2, reason = CASE WHEN $3 = '' AND liked = $2 THEN reason ELSE $3 END WHERE id = $1",
			id, liked, head(oneLine(reason), longestReason))
		if err != nil || raw == nil || outcome != string(knowledge.Answered) || before != nil && *before == liked {
			return err
		}
		a, err := decodeAnswer(raw)
		if err != nil || len(a.Citations) == 0 {
			return err
		}
		likes, dislikes, err := s.votes(ctx, id, asker, understood, before, liked)
		if err != nil || likes == 0 && dislikes == 0 {
			return err
		}
		return s.learn(ctx, a.Citations[0].ID, understood, likes, dislikes)
	})
	if err != nil {
		return false, fmt.Errorf("judge: %w", err)
	}
	return ok, nil
}

// votes is by how much a judgement changes the counts: an opinion that the person gave
// on the same question before, and still holds, is counted already.
func (s *Store) votes(ctx context.Context, id, asker int64, understood string, before *bool, liked bool) (likes, dislikes int, err error) {
	var alsoLiked, alsoDisliked bool
	err = s.q(ctx).QueryRow(ctx, `SELECT coalesce(bool_or(liked), false), coalesce(bool_or(NOT liked), false) FROM question
		WHERE asker = $1 AND understood = $2 AND id <> $3 AND liked IS NOT NULL`, asker, understood, id).Scan(&alsoLiked, &alsoDisliked)
	if err != nil {
		return 0, 0, err
	}
	vote := func(is bool, n int) {
		switch {
		case is && !alsoLiked:
			likes += n
		case !is && !alsoDisliked:
			dislikes += n
		}
	}
	vote(liked, 1)
	if before != nil {
		vote(*before, -1)
	}
	return likes, dislikes, nil
}

// PruneQuestions takes the words out of questions that have served: 90 days after they
// were answered, or settled by the office; 180 days after they were asked, where
// nobody answered. Who asked goes with them and the day alone remains; outcome and
// judgement stay, to be counted. Questions that were learned and disliked away go after
// 90 days. It returns how many rows it emptied or removed.
func (s *Store) PruneQuestions(ctx context.Context) (rows int64, err error) {
	now := s.cfg.Now()
	for _, prune := range []struct {
		sql  string
		args []any
	}{
		{
			`UPDATE question SET body = '', understood = '', answer = NULL, reason = '', asker = NULL, audiences = '{}', state = 'answered',
				asked_at = date_trunc('day', asked_at, 'Asia/Shanghai'), answered_at = date_trunc('day', answered_at, 'Asia/Shanghai')
			WHERE body <> '' AND (asked_at < $2
				OR state = 'answered' AND answered_at < $1 AND (outcome = 'answer' AND liked IS NOT FALSE OR settled_at IS NOT NULL))`,
			[]any{now.Add(-keepAnswered), now.Add(-keepUnanswered)},
		},
		{`DELETE FROM question_memory WHERE kind = 'liked' AND weight = 0 AND waits_for IS NULL AND created_at < $1`, []any{now.Add(-keepAnswered)}},
	} {
		tag, err := s.q(ctx).Exec(ctx, prune.sql, prune.args...)
		if err != nil {
			return rows, fmt.Errorf("prune questions: %w", err)
		}
		rows += tag.RowsAffected()
	}
	return rows, nil
}

const lastColumns = "id, body, understood, answer, coalesce(answered_at, asked_at), liked"

func scanLast(r pgx.CollectableRow) (l Last, err error) {
	var raw []byte
	if err := r.Scan(&l.ID, &l.Body, &l.Understood, &raw, &l.At, &l.Liked); err != nil {
		return l, err
	}
	l.Answer, err = decodeAnswer(raw)
	return l, err
}
