package index

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"qingfeng/knowledge"
)

// ErrNoVersion: there is no version with this number.
var ErrNoVersion = errors.New("index: no such version of a document")

// State is where a version stands in its life, for a list.
type State string

// The states.
const (
	Live      State = "live"      // found while it is in force
	Reviewed  State = "review"    // waits for Accept
	Withdrawn State = "withdrawn" // taken out
)

// Two halves of Live, for a Filter only.
const (
	InForce State = "in_force" // holds today, or will
	Lapsed  State = "lapsed"   // held until a day that is over
)

// Stored is a version as it is kept.
type Stored struct {
	knowledge.Version
	Passages int
	Saved    time.Time
	// Given is the repeal date as the document or a person says it; zero where Repealed
	// is the next version's beginning.
	Given time.Time
}

// State is the version's.
func (v Stored) State() State {
	switch {
	case !v.Withdrawn.IsZero():
		return Withdrawn
	case v.Review:
		return Reviewed
	}
	return Live
}

// Listed is a document with all its versions, the newest saved first.
type Listed struct {
	knowledge.Document
	Versions []Stored
}

// Filter chooses documents for a list; the zero Filter is the first fifty of all.
type Filter struct {
	Document int64  // this one only
	Words    string // in title, issuer or number
	Library  string
	State    State // that one of the versions is in
	Limit    int   // 50 without one
	Offset   int
	// Within keeps the documents all of whose audiences are named; Without leaves those out.
	Within, Without []string
}

// Documents lists documents by title, and how many there are. It is for those who keep
// them: nobody's audience is asked.
func (s *Store) Documents(ctx context.Context, f Filter) (list []Listed, total int, err error) {
	if f.Limit <= 0 {
		f.Limit = 50
	}
	like := "%" + strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(strings.TrimSpace(f.Words)) + "%"
	const which = ` FROM document d WHERE (d.title ILIKE $1 OR d.issuer ILIKE $1 OR d.number ILIKE $1) AND ($2 = '' OR d.library = $2)
		AND ($3 = '' OR EXISTS (SELECT FROM document_version v WHERE v.document_id = d.id
			AND CASE WHEN v.withdrawn_at IS NOT NULL THEN $3 = 'withdrawn' WHEN v.state = 'review' THEN $3 = 'review'
				WHEN $3 = 'in_force' THEN v.repealed_on IS NULL OR v.repealed_on > $4::date
				WHEN $3 = 'lapsed' THEN v.repealed_on <= $4::date ELSE v.state = $3 END))
		AND ($5::text[] IS NULL OR d.audiences <@ $5) AND ($6::text[] IS NULL OR NOT d.audiences <@ $6)
		AND ($7 = 0 OR d.id = $7)`
	args := []any{like, f.Library, string(f.State), day(s.today()), f.Within, f.Without, f.Document}
	if err := s.q(ctx).QueryRow(ctx, "SELECT count(*)"+which, args...).Scan(&total); err != nil {
		return nil, 0, fmt.Errorf("count documents: %w", err)
	}
	rows, err := s.q(ctx).Query(ctx, "SELECT "+documentColumns+which+" ORDER BY d.title, d.id LIMIT $8 OFFSET $9", append(args, f.Limit, f.Offset)...)
	if err != nil {
		return nil, 0, fmt.Errorf("list documents: %w", err)
	}
	documents, err := pgx.CollectRows(rows, scanDocument)
	if err != nil {
		return nil, 0, fmt.Errorf("list documents: %w", err)
	}
	ids := make([]int64, len(documents))
	for i, d := range documents {
		ids[i] = d.ID
	}
	versions, err := s.stored(ctx, "v.document_id = ANY($1)", ids)
	if err != nil {
		return nil, 0, err
	}
	for _, d := range documents {
		l := Listed{Document: d}
		for _, v := range versions {
			if v.Document == d.ID {
				l.Versions = append(l.Versions, v)
			}
		}
		list = append(list, l)
	}
	return list, total, nil
}

func (s *Store) stored(ctx context.Context, which string, args ...any) ([]Stored, error) {
	rows, err := s.q(ctx).Query(ctx, "SELECT "+versionColumns+", v.passages, v.created_at, v.repeal_given FROM document_version v WHERE "+which+" ORDER BY v.id DESC", args...)
	if err != nil {
		return nil, fmt.Errorf("list versions: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (v Stored, err error) {
		var (
			row   versionRow
			given *time.Time
		)
		if err := r.Scan(append(row.fields(), &v.Passages, &v.Saved, &given)...); err != nil {
			return v, err
		}
		v.Given = civil(given)
		v.Version, err = row.version()
		return v, err
	})
	if err != nil {
		return nil, fmt.Errorf("list versions: %w", err)
	}
	return all, nil
}

// Version is a version with its document and whole text, for those who keep documents.
// ErrNoVersion if there is none.
func (s *Store) Version(ctx context.Context, id int64) (d knowledge.Document, v Stored, body string, err error) {
	all, err := s.stored(ctx, "v.id = $1", id)
	if err != nil {
		return d, v, "", err
	}
	if len(all) == 0 {
		return d, v, "", fmt.Errorf("version %d: %w", id, ErrNoVersion)
	}
	err = s.q(ctx).QueryRow(ctx, "SELECT "+documentColumns+", v.body FROM "+versions+" WHERE v.id = $1", id).Scan(append(documentFields(&d), &body)...)
	if err != nil {
		return d, v, "", fmt.Errorf("version %d: %w", id, err)
	}
	return d, all[0], body, nil
}

// Description is what a person may say about a version and its document. All of it
// replaces what was there.
type Description struct {
	Title     string
	Issuer    string
	Number    string
	Authority knowledge.Authority
	Library   string
	Audiences []string // who may read the document, all its versions; at least one
	Label     string
	Effective time.Time
	Repealed  time.Time // zero: when the next version begins, if there is one
}

// Describe corrects what is known of a version and its document. Under the title,
// issuer and number of another document the version becomes that one's. ErrEmpty
// without a title or an audience, ErrNoVersion if there is no such version.
func (s *Store) Describe(ctx context.Context, version int64, to Description) error {
	to.Title, to.Issuer, to.Number = strings.TrimSpace(to.Title), strings.TrimSpace(to.Issuer), strings.TrimSpace(to.Number)
	if to.Title == "" || len(to.Audiences) == 0 {
		return ErrEmpty
	}
	if to.Library == "" {
		to.Library = mainLibrary
	}
	return s.change(ctx, version, func(ctx context.Context, old knowledge.Document) error {
		id, err := s.moved(ctx, version, old, to)
		if err != nil {
			return err
		}
		if _, err := s.q(ctx).Exec(ctx, "INSERT INTO library (name) VALUES ($1) ON CONFLICT DO NOTHING", to.Library); err != nil {
			return err
		}
		_, err = s.q(ctx).Exec(ctx, "UPDATE document SET library = $2, title = $3, title_key = $4, issuer = $5, number = $6, authority = $7, audiences = $8 WHERE id = $1",
			id, to.Library, to.Title, titleKey(to.Title), to.Issuer, to.Number, int(to.Authority), to.Audiences)
		if err != nil {
			return err
		}
		_, err = s.q(ctx).Exec(ctx, "UPDATE document_version SET label = $2, effective_on = $3, repealed_on = $4, repeal_given = $4 WHERE id = $1",
			version, to.Label, day(to.Effective), day(to.Repealed))
		if err != nil {
			return err
		}
		return s.reindex(ctx, id, heading(knowledge.Document{Title: to.Title, Number: to.Number}), to.Authority)
	})
}

// moved is the document that a description means; the version is in it afterwards.
func (s *Store) moved(ctx context.Context, version int64, old knowledge.Document, to Description) (int64, error) {
	var other int64
	err := s.q(ctx).QueryRow(ctx, "SELECT id FROM document WHERE title_key = $1 AND issuer = $2 AND number = $3 AND id <> $4 FOR UPDATE",
		titleKey(to.Title), to.Issuer, to.Number, old.ID).Scan(&other)
	if errors.Is(err, pgx.ErrNoRows) {
		return old.ID, nil
	}
	if err != nil {
		return 0, err
	}
	if _, err := s.q(ctx).Exec(ctx, "UPDATE document_version SET document_id = $2 WHERE id = $1", version, other); err != nil {
		return 0, err
	}
	_, err = s.q(ctx).Exec(ctx, "DELETE FROM document d WHERE id = $1 AND NOT EXISTS (SELECT FROM document_version WHERE document_id = d.id)", old.ID)
	return other, err
}

// reindex makes the passages of a document's versions findable under another heading.
func (s *Store) reindex(ctx context.Context, document int64, heading string, level knowledge.Authority) error {
	rows, err := s.q(ctx).Query(ctx, "SELECT id, heading, $2::int, passages FROM document_version WHERE document_id = $1 ORDER BY id FOR UPDATE", document, int(level))
	if err != nil {
		return err
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[news])
	if err != nil {
		return err
	}
	mean, err := s.mean(ctx)
	if err != nil {
		return err
	}
	for _, v := range all {
		if v.Heading == heading {
			continue
		}
		v.Heading = heading
		if err := s.weigh(ctx, v, mean); err != nil {
			return err
		}
	}
	generation, err := s.lock(ctx)
	if err != nil {
		return err
	}
	_, err = s.q(ctx).Exec(ctx, "UPDATE document_version SET heading = $2, generation = $3 WHERE document_id = $1", document, heading, generation)
	return err
}

// Withdraw takes a version out: from this transaction's commit nobody finds it, and the
// answers that stood on it are gone. An older version that it had replaced holds again,
// unless its end was given; revived tells which, 0 for none.
func (s *Store) Withdraw(ctx context.Context, version int64) (revived int64, err error) {
	before, err := s.ends(ctx, version)
	if err != nil {
		return 0, err
	}
	err = s.set(ctx, version, "withdrawn_at = coalesce(withdrawn_at, $2)", s.cfg.Now())
	if err != nil {
		return 0, err
	}
	after, err := s.ends(ctx, version)
	for id, end := range before {
		if id != version && !equalDays(end, after[id]) && (after[id] == nil || after[id].After(s.today())) {
			revived = id
		}
	}
	return revived, err
}

// ends are the repeal dates of the live versions beside one.
func (s *Store) ends(ctx context.Context, version int64) (map[int64]*time.Time, error) {
	rows, err := s.q(ctx).Query(ctx, `SELECT id, repealed_on FROM document_version WHERE withdrawn_at IS NULL AND state = 'live'
		AND document_id = (SELECT document_id FROM document_version WHERE id = $1)`, version)
	if err != nil {
		return nil, fmt.Errorf("ends of versions: %w", err)
	}
	out := map[int64]*time.Time{}
	var (
		id  int64
		end *time.Time
	)
	_, err = pgx.ForEachRow(rows, []any{&id, &end}, func() error {
		out[id] = end
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("ends of versions: %w", err)
	}
	return out, nil
}

// Restore brings a withdrawn version back.
func (s *Store) Restore(ctx context.Context, version int64) error {
	return s.set(ctx, version, "withdrawn_at = NULL")
}

// Accept ends a version's review: it is found from now on, and replaces the one before.
func (s *Store) Accept(ctx context.Context, version int64) error {
	return s.set(ctx, version, "state = 'live'")
}

// set changes columns of a version and takes the generation.
func (s *Store) set(ctx context.Context, version int64, what string, args ...any) error {
	return s.change(ctx, version, func(ctx context.Context, _ knowledge.Document) error {
		if _, err := s.q(ctx).Exec(ctx, "UPDATE document_version SET "+what+" WHERE id = $1", append([]any{version}, args...)...); err != nil {
			return err
		}
		_, err := s.lock(ctx)
		return err
	})
}

// change runs fn on a version's document, which is locked, and sets right afterwards
// what follows: which version holds when, and the answers that stood on any of them.
func (s *Store) change(ctx context.Context, version int64, fn func(ctx context.Context, d knowledge.Document) error) error {
	err := s.inTx(ctx, func(ctx context.Context) error {
		var d knowledge.Document
		err := s.q(ctx).QueryRow(ctx, "SELECT "+documentColumns+" FROM "+versions+" WHERE v.id = $1 FOR UPDATE OF d", version).Scan(documentFields(&d)...)
		if errors.Is(err, pgx.ErrNoRows) {
			return ErrNoVersion
		}
		if err != nil {
			return err
		}
		if err := fn(ctx, d); err != nil {
			return err
		}
		var now int64 // the document may be another one by now
		if err := s.q(ctx).QueryRow(ctx, "SELECT document_id FROM document_version WHERE id = $1", version).Scan(&now); err != nil {
			return err
		}
		for _, document := range slices.Compact([]int64{d.ID, now}) {
			ended, err := s.arrange(ctx, document)
			if err != nil {
				return err
			}
			for newer, older := range ended {
				if _, err := s.CarryMemory(ctx, older, newer); err != nil {
					return err
				}
			}
			if err := s.forget(ctx, document); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("version %d: %w", version, err)
	}
	return nil
}
