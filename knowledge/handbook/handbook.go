// Package handbook is the built-in document: the mechanism explained in our own
// words, so that a fresh installation answers real questions from the first minute.
//
// Each *.md is one document: front matter (title, issuer, effective), "# " its title,
// "## " a chapter, "### " a clause whose paragraphs follow. A clause is 40–600
// characters and answers one thing; where the rule packs differ, it says how.
//
// asked.tsv (clause title ⇥ question) are other wordings of what a clause answers;
// they are remembered with it, searched and never shown. testdata holds questions for
// measuring, none of which is in asked.tsv: questions.tsv, followups.tsv (question before ⇥ follow-up ⇥ clause title) and
// foreign.txt (what this handbook must not answer, one a line).
package handbook

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"strings"

	"qingfeng/knowledge"
	"qingfeng/knowledge/ingest/clause"
	"qingfeng/knowledge/ingest/read"
)

// Files are the handbook's documents.
//
//go:embed *.md
var Files embed.FS

//go:embed asked.tsv
var asked string

// Store is what the handbook needs of a knowledge base; knowledge/index has it.
type Store interface {
	KnownFile(ctx context.Context, hash string) (knowledge.Document, knowledge.Version, bool, error)
	Save(ctx context.Context, d knowledge.Draft) (knowledge.Saved, error)
	Teach(ctx context.Context, version int64, asked map[string][]string) error
}

// Seed brings the handbook into a knowledge base as public documents of a library:
// what is there already, by the hash of its file, stays as it is.
func Seed(ctx context.Context, store Store, library string) error {
	names, err := fs.Glob(Files, "*.md")
	if err != nil {
		return err
	}
	questions := map[string][]string{}
	for line := range strings.Lines(asked) {
		title, question, _ := strings.Cut(strings.TrimSpace(line), "\t")
		questions[title] = append(questions[title], question)
	}
	for _, name := range names {
		if err := seed(ctx, store, library, name, questions); err != nil {
			return fmt.Errorf("handbook %s: %w", name, err)
		}
	}
	return nil
}

func seed(ctx context.Context, store Store, library, name string, questions map[string][]string) error {
	raw, err := fs.ReadFile(Files, name)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(raw)
	hash := hex.EncodeToString(sum[:])
	if _, _, known, err := store.KnownFile(ctx, hash); err != nil || known {
		return err
	}
	t, err := read.File(ctx, name, bytes.NewReader(raw), int64(len(raw)), read.DefaultLimits())
	if err != nil {
		return err
	}
	r := clause.Read(t, name)
	r.Document.Library, r.Document.Audiences, r.Document.Authority = library, []string{knowledge.Public}, knowledge.Guidance
	r.Version.Hash, r.Version.Review = hash, false // our own words wait for nobody
	saved, err := store.Save(ctx, knowledge.Draft{Document: r.Document, Version: r.Version, Body: r.Body, Passages: r.Passages})
	if err != nil {
		return err
	}
	return store.Teach(ctx, saved.Version, questions)
}
