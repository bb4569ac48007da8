package index

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"qingfeng/knowledge"
)

// Talk is what a person asked since a moment and was answered, the newest first, at
// most limit. Seen is not filled in. What became of the texts that an answer stands on
// is the caller's to ask.
func (s *Store) Talk(ctx context.Context, asker int64, since time.Time, limit int) ([]Last, error) {
	rows, err := s.q(ctx).Query(ctx, `SELECT `+lastColumns+` FROM question
		WHERE asker = $1 AND state = 'answered' AND answer IS NOT NULL AND asked_at >= $2 ORDER BY id DESC LIMIT $3`, asker, since, limit)
	if err != nil {
		return nil, fmt.Errorf("talk: %w", err)
	}
	all, err := pgx.CollectRows(rows, scanLast)
	if err != nil {
		return nil, fmt.Errorf("talk: %w", err)
	}
	return all, nil
}

// Holding is the version of a document that a reader finds today, and in it the passage
// with the same article number (0: none). ok is false where none holds.
func (s *Store) Holding(ctx context.Context, r knowledge.Reader, document int64, article string) (v knowledge.Version, passage int64, ok bool, err error) {
	var row versionRow
	err = s.q(ctx).QueryRow(ctx, "SELECT "+versionColumns+`, coalesce((SELECT p.id FROM passage p
			WHERE p.version_id = v.id AND p.article = $5 AND $5 <> '' ORDER BY p.pos LIMIT 1), 0)
		FROM `+versions+" WHERE d.id = $4 AND "+findable+" ORDER BY v.effective_on DESC NULLS LAST, v.id DESC LIMIT 1",
		r.Audiences, day(s.today()), false, document, article).Scan(append(row.fields(), &passage)...)
	if errors.Is(err, pgx.ErrNoRows) {
		return v, 0, false, nil
	}
	if err == nil {
		v, err = row.version()
	}
	if err != nil {
		return v, 0, false, fmt.Errorf("version that holds: %w", err)
	}
	return v, passage, true, nil
}
