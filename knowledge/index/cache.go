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

const (
	// keepCached bounds the damage of what a key does not know, such as questions that
	// were learned meanwhile.
	keepCached = 7 * 24 * time.Hour
	// mostCached answers are kept; the oldest go first.
	mostCached = 20_000
)

var _ knowledge.Cache = (*Store)(nil)

// Cached returns the answer kept under a key, if everything it stands on is still as it
// was when the answer was made: an answer whose document was withdrawn, repealed,
// renamed or closed to some readers since is dropped.
func (s *Store) Cached(ctx context.Context, key string) (a knowledge.Answer, ok bool, err error) {
	var raw []byte
	err = s.q(ctx).QueryRow(ctx, "SELECT answer FROM answer_cache WHERE key = $1 AND created_at > $2", key, s.cfg.Now().Add(-keepCached)).Scan(&raw)
	if errors.Is(err, pgx.ErrNoRows) {
		return a, false, nil
	}
	if err != nil {
		return a, false, fmt.Errorf("cached answer: %w", err)
	}
	a, err = decodeAnswer(raw)
	if err == nil {
		ok, err = s.unchanged(ctx, a)
	}
	if err != nil {
		return knowledge.Answer{}, false, fmt.Errorf("cached answer: %w", err)
	}
	if !ok {
		if _, err := s.q(ctx).Exec(ctx, "DELETE FROM answer_cache WHERE key = $1", key); err != nil {
			return knowledge.Answer{}, false, fmt.Errorf("drop an answer: %w", err)
		}
		return knowledge.Answer{}, false, nil
	}
	return a, true, nil
}

// Keep stores an answer for 7 days, unless something it stands on has changed since it
// was searched.
func (s *Store) Keep(ctx context.Context, key string, a knowledge.Answer) error {
	ok, err := s.unchanged(ctx, a)
	if err != nil {
		return fmt.Errorf("keep an answer: %w", err)
	}
	if !ok {
		return nil
	}
	raw, err := encodeAnswer(a, true)
	if err != nil {
		return fmt.Errorf("keep an answer: %w", err)
	}
	versions := []int64{}
	for _, p := range standsOn(a) {
		if !slices.Contains(versions, p.Version.ID) {
			versions = append(versions, p.Version.ID)
		}
	}
	_, err = s.q(ctx).Exec(ctx, `INSERT INTO answer_cache (key, answer, versions, created_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (key) DO UPDATE SET answer = excluded.answer, versions = excluded.versions, created_at = excluded.created_at`, key, raw, versions, s.cfg.Now())
	if err != nil {
		return fmt.Errorf("keep an answer: %w", err)
	}
	return nil
}

// standsOn are the passages of an answer, cited or only found.
func standsOn(a knowledge.Answer) []knowledge.Passage {
	var out []knowledge.Passage
	for _, c := range a.Citations {
		out = append(out, c.Passage)
	}
	for _, h := range a.Hits {
		out = append(out, h.Passage)
	}
	return out
}

// unchanged compares every version that an answer stands on with what it is now.
func (s *Store) unchanged(ctx context.Context, a knowledge.Answer) (bool, error) {
	had := map[int64]knowledge.Passage{}
	ids := []int64{}
	for _, p := range standsOn(a) {
		if _, ok := had[p.Version.ID]; !ok {
			ids = append(ids, p.Version.ID)
		}
		had[p.Version.ID] = p
	}
	if len(ids) == 0 {
		return true, nil
	}
	rows, err := s.q(ctx).Query(ctx, `SELECT v.id, v.effective_on, v.repealed_on, v.label, d.title, d.issuer, d.number, d.authority, d.audiences
		FROM document_version v JOIN document d ON d.id = v.document_id WHERE v.id = ANY($1) AND v.withdrawn_at IS NULL AND v.state = 'live'`, ids)
	if err != nil {
		return false, err
	}
	same := 0
	_, err = pgx.CollectRows(rows, func(r pgx.CollectableRow) (none struct{}, err error) {
		var (
			id                  int64
			effective, repealed *time.Time
			label               string
			d                   knowledge.Document
		)
		if err := r.Scan(&id, &effective, &repealed, &label, &d.Title, &d.Issuer, &d.Number, &d.Authority, &d.Audiences); err != nil {
			return none, err
		}
		p := had[id]
		if equalDays(effective, day(p.Version.Effective)) && equalDays(repealed, day(p.Version.Repealed)) && label == p.Version.Label &&
			d.Title == p.Document.Title && d.Issuer == p.Document.Issuer && d.Number == p.Document.Number &&
			d.Authority == p.Document.Authority && slices.Equal(d.Audiences, p.Document.Audiences) {
			same++
		}
		return none, nil
	})
	return same == len(ids), err
}

// PruneCache drops answers older than 7 days, and the oldest beyond 20,000.
func (s *Store) PruneCache(ctx context.Context) (int64, error) {
	tag, err := s.q(ctx).Exec(ctx, `DELETE FROM answer_cache WHERE created_at <= $1
		OR key IN (SELECT key FROM answer_cache ORDER BY created_at DESC, key OFFSET $2)`, s.cfg.Now().Add(-keepCached), mostCached)
	if err != nil {
		return 0, fmt.Errorf("prune answers: %w", err)
	}
	return tag.RowsAffected(), nil
}
