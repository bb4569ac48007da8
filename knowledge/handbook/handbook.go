// Package handbook is the built-in document: the mechanism explained in our own
// words, so that a fresh installation answers real questions from the first minute.
//
// Each *.md is one document: front matter (title, issuer, effective), "# " its title,
// "## " a chapter, "### " a clause whose paragraphs follow. A clause is 40–600
// characters and answers one thing; where the rule packs differ, it says how.
//
// testdata holds what people ask, for measuring the search: questions.tsv (clause
// title ⇥ question), followups.tsv (question before ⇥ follow-up ⇥ clause title) and
// foreign.txt (what this handbook must not answer, one a line).
package handbook

import "embed"

// Files are the handbook's documents (see knowledge.Read for the format).
//
//go:embed *.md
var Files embed.FS
