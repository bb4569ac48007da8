// Package handbook is the built-in document: the mechanism explained in our own
// words, so that a fresh installation answers real questions from the first minute.
package handbook

import "embed"

// Files are the handbook's chapters (see knowledge.Read for the format).
//
//go:embed *.md
var Files embed.FS
