package index

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"qingfeng/knowledge"
)

// KnownFile finds the version that was read from a file with this SHA-256 (hex), so
// that nobody parses it again; one that was withdrawn is found too, after the others.
func (s *Store) KnownFile(ctx context.Context, hash string) (doc knowledge.Document, v knowledge.Version, known bool, err error) {
	if hash == "" {
		return doc, v, false, nil
	}
	return s.knownBy(ctx, "v.hash = $1", hash)
}

// KnownVersion is a version by its id, and its document: what KnownFile says of it.
func (s *Store) KnownVersion(ctx context.Context, id int64) (knowledge.Document, knowledge.Version, bool, error) {
	return s.knownBy(ctx, "v.id = $1", id)
}

func (s *Store) knownBy(ctx context.Context, is string, what any) (doc knowledge.Document, v knowledge.Version, known bool, err error) {
	var (
		withdrawn *time.Time
		state     string
		flags     []byte
		authority int
	)
	err = s.q(ctx).QueryRow(ctx, `SELECT d.id, d.library, d.title, d.issuer, d.number, d.authority, d.audiences,
			v.id, v.label, v.withdrawn_at, v.file, v.format, v.hash, v.pages, v.repaired, v.flags, v.state
		FROM document_version v JOIN document d ON d.id = v.document_id
		WHERE `+is+` ORDER BY v.withdrawn_at IS NOT NULL, v.id DESC LIMIT 1`, what).
		Scan(&doc.ID, &doc.Library, &doc.Title, &doc.Issuer, &doc.Number, &authority, &doc.Audiences,
			&v.ID, &v.Label, &withdrawn, &v.File, &v.Format, &v.Hash, &v.Pages, &v.Repaired, &flags, &state)
	if errors.Is(err, pgx.ErrNoRows) {
		return doc, v, false, nil
	}
	if err != nil {
		return doc, v, false, fmt.Errorf("known file: %w", err)
	}
	if err := json.Unmarshal(flags, &v.Flags); err != nil {
		return doc, v, false, fmt.Errorf("known file: flags: %w", err)
	}
	doc.Authority, v.Document, v.Review = knowledge.Authority(authority), doc.ID, state == "review"
	if withdrawn != nil {
		v.Withdrawn = *withdrawn
	}
	return doc, v, true, nil
}
