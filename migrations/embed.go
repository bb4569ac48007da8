// Package migrations holds the schema's history: NNNN_what.sql, applied in
// order by bot/pg and by nobody else. A file that has been released is never
// changed; the next number mends it.
package migrations

import "embed"

// FS holds the numbered files.
//
//go:embed *.sql
var FS embed.FS
