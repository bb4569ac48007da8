package index

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/jackc/pgx/v5"

	"qingfeng/knowledge"
)

// ErrEmpty: a draft has no title or no passage, so nothing of it could be found.
var ErrEmpty = errors.New("index: a draft without a title or without text")

// FlagAudience is the code of a flag on a new version of a document that more people may
// read than the draft named; the version waits for review.
const FlagAudience = "audience"

// mainLibrary is where a document goes that names none.
const mainLibrary = "main"

// Save stores a version of a document with its passages, in one transaction, and
// makes it findable with that transaction's commit. The document is found by its
// title, issuer and number as they are compared, or made. A text that is there
// already, under whatever name, changes nothing. ErrEmpty if there is nothing to find.
//
// The store's generation is taken last and held until the commit: save one document
// per transaction.
func (s *Store) Save(ctx context.Context, d knowledge.Draft) (knowledge.Saved, error) {
	d = tidy(d)
	if d.Document.Title == "" || len(d.Passages) == 0 {
		return knowledge.Saved{}, ErrEmpty
	}
	// What can be worked out is worked out before anything is locked.
	mean, err := s.mean(ctx)
	if err != nil {
		return knowledge.Saved{}, err
	}
	rows, length := bake(d, mean)
	if mean <= 0 {
		mean = float64(length) / float64(len(rows))
	}
	hash := textHash(d)
	var saved knowledge.Saved
	err = s.inTx(ctx, func(ctx context.Context) error {
		if saved, err = s.known(ctx, d, hash); err != nil || saved.Known {
			return err
		}
		saved, err = s.put(ctx, d, hash, rows)
		if err != nil {
			return err
		}
		return s.publish(ctx, &saved, len(rows), length, mean)
	})
	if err != nil {
		return knowledge.Saved{}, fmt.Errorf("save a document: %w", err)
	}
	return saved, nil
}

// tidy fills in what a draft may leave out.
func tidy(d knowledge.Draft) knowledge.Draft {
	d.Document.Title = strings.TrimSpace(d.Document.Title)
	d.Document.Issuer = strings.TrimSpace(d.Document.Issuer)
	d.Document.Number = strings.TrimSpace(d.Document.Number)
	d.Document.Library = cmp.Or(d.Document.Library, mainLibrary)
	if len(d.Document.Audiences) == 0 {
		d.Document.Audiences = []string{knowledge.Internal}
	}
	if d.Version.Flags == nil {
		d.Version.Flags = []knowledge.Flag{}
	}
	d.Version.Format = cmp.Or(d.Version.Format, "txt")
	// Postgres stores every character but this one.
	clean := func(s string) string { return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD") }
	d.Document.Title, d.Body = clean(d.Document.Title), clean(d.Body)
	d.Passages = slices.Clone(d.Passages)
	for i := range d.Passages {
		p := &d.Passages[i]
		p.Text = clean(p.Text)
		if p.Path == nil {
			p.Path = []string{}
		}
		if p.Hash == "" {
			p.Hash = sum(p.Text)
		}
	}
	return d
}

func sum(s string) string {
	h := sha256.Sum256([]byte(s))
	return hex.EncodeToString(h[:])
}

// textHash is of the text without blanks: the same text laid out otherwise is the same.
func textHash(d knowledge.Draft) string {
	body := d.Body
	if body == "" {
		var b strings.Builder
		for _, p := range d.Passages {
			b.WriteString(p.Text)
		}
		body = b.String()
	}
	return sum(strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, body))
}

// heading is what a version's passages are indexed with besides their path and text.
func heading(d knowledge.Document) string { return strings.TrimSpace(d.Title + " " + d.Number) }

// known finds the file or its text if it is there already. It also makes everybody
// wait who saves the same text or the same title.
func (s *Store) known(ctx context.Context, d knowledge.Draft, hash string) (knowledge.Saved, error) {
	var saved knowledge.Saved
	_, err := s.q(ctx).Exec(ctx, "SELECT pg_advisory_xact_lock(hashtextextended(k, 3)) FROM unnest($1::text[]) AS k ORDER BY k",
		[]string{"text:" + hash, "title:" + titleKey(d.Document.Title)})
	if err != nil {
		return saved, err
	}
	err = s.q(ctx).QueryRow(ctx, "SELECT id, document_id FROM document_version WHERE text_hash = $1 OR (hash = $2 AND $2 <> '') ORDER BY text_hash = $1 DESC LIMIT 1",
		hash, d.Version.Hash).Scan(&saved.Version, &saved.Document)
	if errors.Is(err, pgx.ErrNoRows) {
		return saved, nil
	}
	saved.Known = err == nil
	return saved, err
}

// put writes document, version and passages; nobody finds them yet.
func (s *Store) put(ctx context.Context, d knowledge.Draft, hash string, rows []row) (knowledge.Saved, error) {
	var saved knowledge.Saved
	document, wider, err := s.settle(ctx, d)
	if err != nil {
		return saved, fmt.Errorf("document: %w", err)
	}
	saved.Document = document
	if wider { // a person decides whether all those readers may have this text, too
		d.Version.Review = true
		d.Version.Flags = append(slices.Clone(d.Version.Flags), knowledge.Flag{Code: FlagAudience})
	}
	flags, err := json.Marshal(d.Version.Flags)
	if err != nil {
		return saved, err
	}
	state := "live"
	if d.Version.Review {
		state = "review"
	}
	v := d.Version
	err = s.q(ctx).QueryRow(ctx, `INSERT INTO document_version
		(document_id, label, heading, hash, text_hash, file, format, pages, effective_on, repealed_on, repeal_given, repaired, flags, state, body, passages, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, $11, $12, $13, $14, $15, $16) RETURNING id`,
		saved.Document, v.Label, heading(d.Document), v.Hash, hash, v.File, v.Format, v.Pages, day(v.Effective), day(v.Repealed),
		v.Repaired, flags, state, d.Body, len(rows), s.cfg.Now()).Scan(&saved.Version)
	if err != nil {
		return saved, fmt.Errorf("version: %w", err)
	}
	return saved, s.copyIn(ctx, saved.Version, d.Passages, rows)
}

// copyIn writes passages and their terms by COPY.
func (s *Store) copyIn(ctx context.Context, version int64, passages []knowledge.Passage, rows []row) error {
	ids, err := collect[int64](ctx, s, "SELECT nextval(pg_get_serial_sequence('passage', 'id')) FROM generate_series(1, $1::int)", len(passages))
	if err != nil {
		return fmt.Errorf("passage ids: %w", err)
	}
	_, err = s.q(ctx).CopyFrom(ctx, pgx.Identifier{"passage"},
		[]string{"id", "version_id", "pos", "path", "article", "body", "page", "starts", "ends", "hash"},
		pgx.CopyFromSlice(len(passages), func(i int) ([]any, error) {
			p := passages[i]
			return []any{ids[i], version, int32(i), p.Path, p.Article, p.Text, int32(p.Page), int32(p.Start), int32(p.End), p.Hash}, nil //nolint:gosec // a document is not that long
		}))
	if err != nil {
		return fmt.Errorf("passages: %w", err)
	}
	return s.copyTerms(ctx, version, ids, rows)
}

// copyTerms writes what passages are found by.
func (s *Store) copyTerms(ctx context.Context, version int64, ids []int64, rows []row) error {
	_, err := s.q(ctx).CopyFrom(ctx, pgx.Identifier{"passage_terms"}, []string{"passage_id", "version_id", "tokens", "weights"},
		pgx.CopyFromSlice(len(ids), func(i int) ([]any, error) {
			weights, err := rows[i].weights.EncodeBinary(nil) // COPY is binary
			return []any{ids[i], version, rows[i].tokens, weights}, err
		}))
	if err != nil {
		return fmt.Errorf("terms: %w", err)
	}
	return nil
}

// publish gives the new version its place among the others and takes the generation.
func (s *Store) publish(ctx context.Context, saved *knowledge.Saved, passages, length int, mean float64) error {
	ended, err := s.arrange(ctx, saved.Document)
	if err != nil {
		return err
	}
	saved.Replaced = ended[saved.Version]
	if saved.Replaced != 0 {
		if _, err := s.CarryMemory(ctx, saved.Replaced, saved.Version); err != nil {
			return err
		}
	}
	if err := s.forget(ctx, saved.Document); err != nil {
		return err
	}
	// One statement, so that the generation is held for one round trip and the commit.
	_, err = s.q(ctx).Exec(ctx, `WITH next AS (
			UPDATE knowledge_generation SET generation = generation + 1, passages = passages + $2, length = length + $3,
				mean = CASE WHEN mean > 0 THEN mean ELSE $4 END RETURNING generation)
		UPDATE document_version v SET generation = next.generation FROM next WHERE v.id = $1`,
		saved.Version, passages, length, float32(mean))
	if err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	return nil
}

// mean is the length that weights are made with; 0 before the first save.
func (s *Store) mean(ctx context.Context) (mean float64, err error) {
	var m float32
	err = s.q(ctx).QueryRow(ctx, "SELECT mean FROM knowledge_generation").Scan(&m)
	if err != nil {
		return 0, fmt.Errorf("mean length: %w", err)
	}
	return float64(m), nil
}

// day is a civil date as Postgres takes it: NULL for the zero time.
func day(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	d := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	return &d
}

// civil is a date from Postgres: midnight in China, zero for NULL.
func civil(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, zone())
}

// collect reads a query's only column.
func collect[T any](ctx context.Context, s *Store, sql string, args ...any) ([]T, error) {
	rows, err := s.q(ctx).Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[T])
}
