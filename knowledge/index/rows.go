package index

import (
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"qingfeng/knowledge"
)

// What may be found: $1 the reader's audiences, $2 the civil day, $3 whether texts
// that have ceased to hold by then are wanted, too. Every way to a passage repeats it;
// it is never remembered.
const (
	readable = "d.audiences && $1::text[] AND v.withdrawn_at IS NULL AND v.state = 'live'"
	inForce  = "(v.effective_on IS NULL OR v.effective_on <= $2::date) AND ($3::bool OR v.repealed_on IS NULL OR v.repealed_on > $2::date)"
	findable = readable + " AND " + inForce
	versions = "document_version v JOIN document d ON d.id = v.document_id"
)

// asked are the questions that people attached to passage p: they are searched with it.
const asked = `(SELECT coalesce(string_agg(m.question, E'\n' ORDER BY m.id), '') FROM question_memory m
	WHERE m.passage_id = p.id AND m.kind <> 'liked')`

const (
	documentColumns = "d.id, d.library, d.title, d.issuer, d.number, d.authority, d.audiences"
	versionColumns  = "v.id, v.document_id, v.label, v.effective_on, v.repealed_on, v.withdrawn_at, v.file, v.format, v.hash, v.pages, v.repaired, v.flags, v.state = 'review'"
	passageColumns  = "p.id, p.pos, p.path, p.article, p.body, p.page, p.starts, p.ends, p.hash"
)

func documentFields(d *knowledge.Document) []any {
	return []any{&d.ID, &d.Library, &d.Title, &d.Issuer, &d.Number, &d.Authority, &d.Audiences}
}

func scanDocument(r pgx.CollectableRow) (d knowledge.Document, err error) {
	err = r.Scan(documentFields(&d)...)
	return d, err
}

// versionRow receives a version; its dates and flags are not as the domain has them.
type versionRow struct {
	knowledge.Version
	effective, repealed, withdrawn *time.Time
	flags                          []byte
}

func (v *versionRow) fields() []any {
	return []any{
		&v.ID, &v.Document, &v.Label, &v.effective, &v.repealed, &v.withdrawn, &v.File, &v.Format, &v.Hash, &v.Pages,
		&v.Repaired, &v.flags, &v.Review,
	}
}

func (v *versionRow) version() (knowledge.Version, error) {
	v.Effective, v.Repealed = civil(v.effective), civil(v.repealed)
	if v.withdrawn != nil {
		v.Withdrawn = *v.withdrawn
	}
	if string(v.flags) == "[]" {
		return v.Version, nil
	}
	err := json.Unmarshal(v.flags, &v.Flags)
	return v.Version, err
}

func passageFields(p *knowledge.Passage) []any {
	return []any{&p.ID, &p.Pos, &p.Path, &p.Article, &p.Text, &p.Page, &p.Start, &p.End, &p.Hash}
}

// scanPassage reads passageColumns, versionColumns and documentColumns.
func scanPassage(r pgx.CollectableRow) (p knowledge.Passage, err error) {
	var v versionRow
	if err := r.Scan(append(append(passageFields(&p), v.fields()...), documentFields(&p.Document)...)...); err != nil {
		return p, err
	}
	p.Version, err = v.version()
	return p, err
}
