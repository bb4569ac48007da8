package index

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"qingfeng/knowledge/lexical"
)

// nearlySame is how much of their pairs of characters two versions of an article must
// share for a question of the one to be a question of the other.
const nearlySame = 0.8

// Carried is what became of the questions remembered at a version's passages when a
// newer version came.
type Carried struct {
	Same    int // stand at the same article of the newer version, too
	Waiting int // wait for a person to say where they belong
}

// clause is a passage as two versions are compared.
type clause struct {
	ID      int64
	Article string
	Path    []string
	Body    string
	Hash    string
}

// CarryMemory lets the questions remembered at one version's passages stand at the
// same articles of a newer version, where the text is nearly the same; the others wait
// for review (WaitingMemories). They stay at the older version in any case: it may
// still be asked for. Carrying again changes nothing.
func (s *Store) CarryMemory(ctx context.Context, from, to int64) (c Carried, err error) {
	err = s.inTx(ctx, func(ctx context.Context) error {
		rows, err := s.q(ctx).Query(ctx, `SELECT m.id, p.id, p.article, p.path, p.body, p.hash FROM question_memory m JOIN passage p ON p.id = m.passage_id
			WHERE p.version_id = $1 ORDER BY m.id FOR UPDATE OF m`, from)
		if err != nil {
			return err
		}
		type standing struct {
			Memory int64
			clause
		}
		all, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (x standing, err error) {
			err = r.Scan(&x.Memory, &x.ID, &x.Article, &x.Path, &x.Body, &x.Hash)
			return x, err
		})
		if err != nil || len(all) == 0 {
			return err
		}
		newer, err := s.clauses(ctx, to)
		if err != nil {
			return err
		}
		var places []int64
		for _, m := range all {
			place, like := counterpart(m.clause, newer)
			if like < nearlySame {
				c.Waiting++
				if _, err := s.q(ctx).Exec(ctx, "UPDATE question_memory SET waits_for = $2 WHERE id = $1", m.Memory, to); err != nil {
					return err
				}
				continue
			}
			c.Same++
			if err := s.copyMemory(ctx, m.Memory, place); err != nil {
				return err
			}
			places = append(places, place)
		}
		if len(places) == 0 {
			return nil
		}
		return s.taught(ctx, places...)
	})
	if err != nil {
		return Carried{}, fmt.Errorf("carry memory: %w", err)
	}
	return c, nil
}

func (s *Store) clauses(ctx context.Context, version int64) ([]clause, error) {
	rows, err := s.q(ctx).Query(ctx, "SELECT id, article, path, body, hash FROM passage WHERE version_id = $1 ORDER BY pos", version)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[clause])
}

// counterpart is the passage of a newer version that a clause became, and how much the
// two are alike: the same words wherever they stand, or else the same article.
func counterpart(old clause, newer []clause) (id int64, like float64) {
	grams := pairs(old.Body)
	for _, n := range newer {
		if n.Hash == old.Hash {
			return n.ID, 1
		}
		if n.Article != old.Article || old.Article == "" && !slices.Equal(n.Path, old.Path) {
			continue
		}
		if l := shared(grams, pairs(n.Body)); l > like {
			id, like = n.ID, l
		}
	}
	return id, like
}

// pairs are a text's terms of more than one character, hashed and distinct.
func pairs(s string) []int32 {
	var out []int32
	for _, t := range lexical.Terms(s) {
		if len(t) > 3 { // bytes: one Han character is three
			out = append(out, lexical.Hash(t))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (s *Store) copyMemory(ctx context.Context, memory, passage int64) error {
	_, err := s.q(ctx).Exec(ctx, `INSERT INTO question_memory (passage_id, question, kind, weight, created_by, created_at, generation, grams, size, marks, likes, dislikes)
		SELECT $2, question, kind, weight, created_by, created_at, (SELECT generation FROM knowledge_generation), grams, size, marks, likes, dislikes FROM question_memory WHERE id = $1
		ON CONFLICT DO NOTHING`, memory, passage)
	return err
}

// Waiting is a remembered question whose article has changed in a newer version.
type Waiting struct {
	Memory   int64
	Question string
	Old      int64 // the passage it stands at
	Version  int64 // the newer version
	Guess    int64 // the passage there that comes nearest; 0 for none
}

// WaitingMemories are remembered questions that wait for review, oldest first, at most
// 200.
func (s *Store) WaitingMemories(ctx context.Context) ([]Waiting, error) {
	rows, err := s.q(ctx).Query(ctx, `SELECT m.id, m.question, m.waits_for, p.id, p.article, p.path, p.body, p.hash FROM question_memory m JOIN passage p ON p.id = m.passage_id
		WHERE m.waits_for IS NOT NULL ORDER BY m.id LIMIT 200`)
	if err != nil {
		return nil, fmt.Errorf("waiting memories: %w", err)
	}
	var old []clause
	all, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (w Waiting, err error) {
		var c clause
		err = r.Scan(&w.Memory, &w.Question, &w.Version, &c.ID, &c.Article, &c.Path, &c.Body, &c.Hash)
		w.Old = c.ID
		old = append(old, c)
		return w, err
	})
	if err != nil {
		return nil, fmt.Errorf("waiting memories: %w", err)
	}
	newer := map[int64][]clause{}
	for i, w := range all {
		if _, ok := newer[w.Version]; !ok {
			if newer[w.Version], err = s.clauses(ctx, w.Version); err != nil {
				return nil, fmt.Errorf("waiting memories: %w", err)
			}
		}
		all[i].Guess, _ = counterpart(old[i], newer[w.Version])
	}
	return all, nil
}

// Place ends a remembered question's wait: it stands at a passage as confirmed by a
// person, too, or with passage 0 only where it stood. ok is false if it does not wait.
func (s *Store) Place(ctx context.Context, memory, passage, by int64) (ok bool, err error) {
	err = s.inTx(ctx, func(ctx context.Context) error {
		var question string
		err := s.q(ctx).QueryRow(ctx, "UPDATE question_memory SET waits_for = NULL WHERE id = $1 AND waits_for IS NOT NULL RETURNING question", memory).Scan(&question)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("place a memory: %w", err)
		}
		ok = true
		if passage == 0 {
			return nil
		}
		_, err = s.Remember(ctx, passage, question, Confirmed, by)
		return err
	})
	return ok && err == nil, err
}
