package index

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"qingfeng/knowledge"
)

// settle finds the document that a draft is a version of and brings its metadata up
// to date, or makes it. An issuer or number that one side lacks does not tell two
// documents apart; the best match wins. wider: it has readers whom the draft does not name.
func (s *Store) settle(ctx context.Context, d knowledge.Draft) (id int64, wider bool, err error) {
	doc := d.Document
	key := titleKey(doc.Title)
	if _, err := s.q(ctx).Exec(ctx, "INSERT INTO library (name) VALUES ($1) ON CONFLICT DO NOTHING", doc.Library); err != nil {
		return 0, false, err
	}
	rows, err := s.q(ctx).Query(ctx, "SELECT "+documentColumns+" FROM document d WHERE d.title_key = $1 ORDER BY d.id FOR UPDATE", key)
	if err != nil {
		return 0, false, err
	}
	same, err := pgx.CollectRows(rows, scanDocument)
	if err != nil {
		return 0, false, err
	}
	same = slices.DeleteFunc(same, func(have knowledge.Document) bool { return likeness(have, doc, key) == 0 })
	if len(same) == 0 {
		err := s.q(ctx).QueryRow(ctx, `INSERT INTO document (library, title, title_key, issuer, number, authority, audiences)
			VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id`,
			doc.Library, doc.Title, key, doc.Issuer, doc.Number, int(doc.Authority), doc.Audiences).Scan(&id)
		return id, false, err
	}
	have := slices.MaxFunc(same, func(a, b knowledge.Document) int {
		return cmp.Compare(likeness(a, doc, key), likeness(b, doc, key))
	})
	if wider = !covers(doc.Audiences, have.Audiences); wider {
		d.Version.Review = true
	}
	return have.ID, wider, s.renew(ctx, have, d)
}

// likeness is 0 for two documents, more the surer they are one. Their titles are alike.
func likeness(a, b knowledge.Document, key string) int {
	n := 1
	switch {
	case a.Issuer == b.Issuer:
		n += 4
	case a.Issuer != "" && b.Issuer != "":
		return 0
	}
	x, y := numberKey(a.Number), numberKey(b.Number)
	switch {
	case x == y:
		n += 2
	case x != "" && y != "" && !standing.MatchString(key):
		return 0
	}
	return n
}

// covers reports whether everybody in some audiences is in the named ones, too.
func covers(named, some []string) bool {
	if slices.Contains(named, knowledge.Public) {
		return true
	}
	for _, a := range some {
		if slices.Contains(named, a) || a != knowledge.Public && slices.Contains(named, knowledge.Internal) {
			continue
		}
		return false
	}
	return true
}

// renew updates a document's metadata from a later version; an older one, or one that
// waits for review, only fills in what is missing. Who may read is decided by the
// first: a new version never widens it unasked.
func (s *Store) renew(ctx context.Context, have knowledge.Document, d knowledge.Draft) error {
	doc := d.Document
	var newest *time.Time
	err := s.q(ctx).QueryRow(ctx, "SELECT max(effective_on) FROM document_version WHERE document_id = $1 AND withdrawn_at IS NULL AND state = 'live'", have.ID).Scan(&newest)
	if err != nil {
		return err
	}
	later := !d.Version.Review && (newest == nil || d.Version.Effective.IsZero() || !day(d.Version.Effective).Before(*newest))
	pick := func(old, new string) string {
		if later {
			return cmp.Or(new, old)
		}
		return cmp.Or(old, new)
	}
	authority := have.Authority
	if authority == knowledge.Unknown || later && doc.Authority != knowledge.Unknown {
		authority = doc.Authority
	}
	_, err = s.q(ctx).Exec(ctx, "UPDATE document SET title = $2, issuer = $3, number = $4, authority = $5 WHERE id = $1",
		have.ID, pick(have.Title, doc.Title), pick(have.Issuer, doc.Issuer), pick(have.Number, doc.Number), int(authority))
	return err
}

// life is one version's place in time.
type life struct {
	ID        int64
	Effective *time.Time
	Given     *time.Time // the repeal date that somebody gave
	Repealed  *time.Time
	Created   time.Time
}

// arrange lets each found version of a document end where the next one begins, unless
// its end was given. An undated version replaces what was saved before it on the day
// it was saved itself. What was remembered at an ended version's passages is carried
// on. It returns, for each version, the one whose end it newly brought.
func (s *Store) arrange(ctx context.Context, document int64) (map[int64]int64, error) {
	rows, err := s.q(ctx).Query(ctx, `SELECT id, effective_on, repeal_given, repealed_on, created_at FROM document_version
		WHERE document_id = $1 AND withdrawn_at IS NULL AND state = 'live' ORDER BY id`, document)
	if err != nil {
		return nil, fmt.Errorf("versions: %w", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[life])
	if err != nil {
		return nil, fmt.Errorf("versions: %w", err)
	}
	begins := make(map[int64]time.Time, len(all))
	for i, v := range all {
		switch {
		case v.Effective != nil:
			begins[v.ID] = *v.Effective
		case i > 0:
			begins[v.ID] = *day(v.Created.In(zone()))
		}
	}
	slices.SortStableFunc(all, func(a, b life) int { return begins[a.ID].Compare(begins[b.ID]) })
	ended := map[int64]int64{}
	for i, v := range all {
		end := v.Given
		var by int64
		if end == nil && i+1 < len(all) {
			by = all[i+1].ID
			end = new(time.Time)
			*end = begins[by]
		}
		if equalDays(end, v.Repealed) {
			continue
		}
		if _, err := s.q(ctx).Exec(ctx, "UPDATE document_version SET repealed_on = $2 WHERE id = $1", v.ID, end); err != nil {
			return nil, fmt.Errorf("end of a version: %w", err)
		}
		if by == 0 {
			continue
		}
		ended[by] = v.ID
		if _, err := s.CarryMemory(ctx, v.ID, by); err != nil {
			return nil, err
		}
	}
	return ended, nil
}

func equalDays(a, b *time.Time) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Equal(*b)
}

// forget drops the answers that stand on a document's versions.
func (s *Store) forget(ctx context.Context, document int64) error {
	_, err := s.q(ctx).Exec(ctx, "DELETE FROM answer_cache WHERE versions && ARRAY(SELECT id FROM document_version WHERE document_id = $1)", document)
	if err != nil {
		return fmt.Errorf("drop answers: %w", err)
	}
	return nil
}
