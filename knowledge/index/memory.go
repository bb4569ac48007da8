package index

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"qingfeng/knowledge"
)

// Kind says how a remembered question came to its passage.
type Kind string

// The kinds, as question_memory keeps them.
const (
	Confirmed Kind = "confirmed" // a coordinator said that this passage answers it
	Alias     Kind = "alias"     // another wording of what the passage is about
	FAQ       Kind = "faq"       // written as a question with the passage as its answer
	Liked     Kind = "liked"     // learned from 👍
)

// Errors of Remember and Place.
var (
	ErrNoPassage  = errors.New("index: no such passage")
	ErrNoQuestion = errors.New("index: not a question that can be remembered")
)

const (
	// longestMemory in characters: a longer text is a story, and is like no other.
	longestMemory = 200
	// likedAtMost is below what one confirmed question weighs, however many like it.
	likedAtMost = 0.6
	// alike is how much of the terms two questions must share to have to do with each
	// other; from there to all of them a memory's say grows from 0 to its weight.
	alike = 0.6
	// surely is from where a person would call two questions the same.
	surely = 0.6
)

// Memory is a remembered question.
type Memory struct {
	ID        int64
	Passage   int64
	Question  string
	Kind      Kind
	Weight    float64
	Likes     int
	Dislikes  int
	CreatedAt time.Time
}

// Remember attaches a question to a passage, or changes the kind of one that is
// attached; confirmed by a person, what was learned from 👍 becomes theirs. by is the
// person, 0 for none. ErrNoPassage, ErrNoQuestion.
func (s *Store) Remember(ctx context.Context, passage int64, question string, kind Kind, by int64) (id int64, err error) {
	err = s.inTx(ctx, func(ctx context.Context) error {
		if id, err = s.remember(ctx, passage, question, kind, by); err != nil {
			return err
		}
		return s.taught(ctx, passage)
	})
	return id, err
}

// Teach attaches other wordings to a version's clauses, by the last step of their
// paths (a clause's title); titles that the version does not have are passed over.
func (s *Store) Teach(ctx context.Context, version int64, wordings map[string][]string) error {
	return s.inTx(ctx, func(ctx context.Context) error {
		all, err := s.clauses(ctx, version)
		if err != nil {
			return fmt.Errorf("teach: %w", err)
		}
		var passages []int64
		for _, c := range all {
			if len(c.Path) == 0 {
				continue
			}
			for _, question := range wordings[c.Path[len(c.Path)-1]] {
				if _, err := s.remember(ctx, c.ID, question, Alias, 0); err != nil {
					return fmt.Errorf("teach %q: %w", question, err)
				}
				passages = append(passages, c.ID)
			}
		}
		if len(passages) == 0 {
			return nil
		}
		return s.taught(ctx, passages...)
	})
}

// taught makes what was attached to passages searchable with their texts, and counts
// from now on: which cached answers it changes cannot be told from their keys.
func (s *Store) taught(ctx context.Context, passages ...int64) error {
	touched, err := s.q(ctx).Query(ctx, "SELECT v.id, v.heading, d.authority, v.passages FROM "+versions+
		" WHERE v.id IN (SELECT version_id FROM passage WHERE id = ANY($1)) ORDER BY v.id FOR UPDATE OF v", passages)
	if err != nil {
		return fmt.Errorf("taught: %w", err)
	}
	all, err := pgx.CollectRows(touched, pgx.RowToStructByPos[news])
	if err != nil {
		return fmt.Errorf("taught: %w", err)
	}
	mean, err := s.mean(ctx)
	if err != nil {
		return err
	}
	ids := make([]int64, len(all))
	for i, v := range all {
		if err := s.weigh(ctx, v, mean); err != nil {
			return fmt.Errorf("taught: %w", err)
		}
		ids[i] = v.ID
	}
	generation, err := s.lock(ctx)
	if err != nil {
		return err
	}
	if _, err := s.q(ctx).Exec(ctx, "UPDATE document_version SET generation = $2 WHERE id = ANY($1)", ids, generation); err != nil {
		return fmt.Errorf("taught: %w", err)
	}
	return s.dropAnswers(ctx)
}

func (s *Store) remember(ctx context.Context, passage int64, question string, kind Kind, by int64) (id int64, err error) {
	question = oneLine(question)
	t := tracesOf(question)
	if len(t.grams) == 0 || len([]rune(question)) > longestMemory || kind == Liked {
		return 0, ErrNoQuestion
	}
	err = s.inTx(ctx, func(ctx context.Context) error {
		err := s.q(ctx).QueryRow(ctx, `INSERT INTO question_memory (passage_id, question, kind, weight, created_by, created_at, generation, grams, size, marks)
			VALUES ($1, $2, $3, 1, nullif($4, 0), $5, (SELECT generation FROM knowledge_generation), $6::text::sparsevec, $7, $8)
			ON CONFLICT (passage_id, question) DO UPDATE SET kind = excluded.kind, weight = 1, created_by = excluded.created_by, waits_for = NULL
			RETURNING id`, passage, question, string(kind), by, s.cfg.Now(), t.sparse(), len(t.grams), t.marks).Scan(&id)
		if pgErr, ok := errors.AsType[*pgconn.PgError](err); ok && pgErr.Code == "23503" {
			return ErrNoPassage
		}
		if err != nil {
			return fmt.Errorf("remember: %w", err)
		}
		return nil
	})
	return id, err
}

// Forget drops a remembered question; ok is false if there was none.
func (s *Store) Forget(ctx context.Context, id int64) (ok bool, err error) {
	err = s.inTx(ctx, func(ctx context.Context) error {
		var passage int64
		err := s.q(ctx).QueryRow(ctx, "DELETE FROM question_memory WHERE id = $1 RETURNING passage_id", id).Scan(&passage)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("forget: %w", err)
		}
		ok = true
		return s.taught(ctx, passage)
	})
	return ok, err
}

// dropAnswers empties the cache.
func (s *Store) dropAnswers(ctx context.Context) error {
	if _, err := s.q(ctx).Exec(ctx, "DELETE FROM answer_cache"); err != nil {
		return fmt.Errorf("drop answers: %w", err)
	}
	return nil
}

// Memories are the questions remembered at a passage, the weightiest first.
func (s *Store) Memories(ctx context.Context, passage int64) ([]Memory, error) {
	rows, err := s.q(ctx).Query(ctx, `SELECT id, passage_id, question, kind, weight::float8, likes, dislikes, created_at FROM question_memory
		WHERE passage_id = $1 ORDER BY weight DESC, id`, passage)
	if err != nil {
		return nil, fmt.Errorf("memories: %w", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Memory])
	if err != nil {
		return nil, fmt.Errorf("memories: %w", err)
	}
	return all, nil
}

// remembered are passages at which a question much like this one stands: 0–1, 1 for a
// confirmed one in the same words. Who may see them is not asked here.
func (s *Store) remembered(ctx context.Context, q knowledge.Query) (map[int64]float64, error) {
	t := tracesOf(q.Text)
	n := len(t.grams)
	if n == 0 {
		return nil, nil
	}
	// Two sets that share enough differ little in size. All rows of such a size are
	// compared, a fifth of a microsecond each: an index over terms is slower until there
	// are a hundred thousand, for questions of one office share their common words.
	least, most := int(math.Ceil(float64(n)*alike/(2-alike))), int(float64(n)*(2-alike)/alike)
	rows, err := s.q(ctx).Query(ctx, `SELECT passage_id, max(weight * (alike - $5::float8) / (1 - $5::float8)) FROM (
			SELECT passage_id, weight::float8, -2 * (grams <#> $1::text::sparsevec) / (size + $6::int) AS alike FROM question_memory
			WHERE size BETWEEN $2 AND $3 AND marks = $4 AND weight > 0 OFFSET 0) m
		WHERE alike > $5::float8 GROUP BY passage_id`, pgx.QueryExecModeCacheDescribe, t.sparse(), least, most, t.marks, alike, n)
	if err != nil {
		return nil, fmt.Errorf("remembered: %w", err)
	}
	out := map[int64]float64{}
	var passage int64
	var like float64
	_, err = pgx.ForEachRow(rows, []any{&passage, &like}, func() error {
		out[passage] = like
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("remembered: %w", err)
	}
	return out, nil
}

// learn counts a 👍 (or what is taken back: by -1) for a question at a passage.
func (s *Store) learn(ctx context.Context, passage int64, question string, likes, dislikes int) error {
	t := tracesOf(question)
	if len(t.grams) == 0 || len([]rune(question)) > longestMemory {
		return nil
	}
	if likes > 0 {
		_, err := s.q(ctx).Exec(ctx, `INSERT INTO question_memory (passage_id, question, kind, weight, created_at, generation, grams, size, marks)
			SELECT id, $2, 'liked', 0, $3, (SELECT generation FROM knowledge_generation), $4::text::sparsevec, $5, $6 FROM passage WHERE id = $1
			ON CONFLICT DO NOTHING`, passage, question, s.cfg.Now(), t.sparse(), len(t.grams), t.marks)
		if err != nil {
			return fmt.Errorf("learn: %w", err)
		}
	}
	// A 👎 weighs as much as two 👍: three in four steps of what is missing remain.
	_, err := s.q(ctx).Exec(ctx, `UPDATE question_memory m SET likes = n.likes, dislikes = n.dislikes,
			weight = CASE WHEN m.kind = 'liked' THEN $5::float8 * (1 - 0.75::float8 ^ greatest(0, n.likes - 2 * n.dislikes)) ELSE m.weight END
		FROM (SELECT id, greatest(0, likes + $3) AS likes, greatest(0, dislikes + $4) AS dislikes FROM question_memory WHERE passage_id = $1 AND question = $2 FOR UPDATE) n
		WHERE m.id = n.id`, passage, question, likes, dislikes, likedAtMost)
	if err != nil {
		return fmt.Errorf("learn: %w", err)
	}
	return nil
}

// oneLine is a text without line ends, doubled blanks and what Postgres does not store.
func oneLine(s string) string {
	return strings.Join(strings.Fields(storable(s)), " ")
}

// storable drops what Postgres does not store.
func storable(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, ""), "\x00", "")
}
