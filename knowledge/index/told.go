package index

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Told is a question of the log, for who brings the answer to its asker.
type Told struct {
	Last           // Seen is not filled in
	Asker    int64 // 0 for a citizen
	Answered bool  // else Answer is empty
}

// Told finds a question; ok is false if there is none, or its words are gone.
func (s *Store) Told(ctx context.Context, id int64) (q Told, ok bool, err error) {
	var raw []byte
	err = s.q(ctx).QueryRow(ctx, `SELECT id, coalesce(asker, 0), body, understood, answer, state = 'answered', coalesce(answered_at, asked_at), liked
		FROM question WHERE id = $1 AND body <> ''`, id).Scan(&q.ID, &q.Asker, &q.Body, &q.Understood, &raw, &q.Answered, &q.At, &q.Liked)
	if errors.Is(err, pgx.ErrNoRows) {
		return q, false, nil
	}
	if err != nil {
		return q, false, fmt.Errorf("question %d: %w", id, err)
	}
	if raw != nil {
		if q.Answer, err = decodeAnswer(raw); err != nil {
			return q, false, fmt.Errorf("question %d: %w", id, err)
		}
	}
	return q, true, nil
}
