package clause

import (
	"strconv"

	"qingfeng/knowledge"
	"qingfeng/knowledge/ingest/read"
)

// Codes of knowledge.Flag and, for Doubled, of Version.Repaired.
const (
	Instruction = "instruction" // words addressed to a machine: a person looks first
	Hidden      = "hidden"      // text that a reader of the document does not see
	Damaged     = "damaged"     // Text is the number of places that were mended
	YearOnly    = "year"        // Effective is a guess: only the year is known
	Lapsed      = "lapsed"      // the title says 已废止 but no day: a person looks first
	Doubled     = "doubled"     // characters doubled in a regular rhythm
)

// Result is a document as it was understood. The fields of Document and Version that
// only the store or the uploader knows (ids, library, audiences, file hash) are zero.
type Result struct {
	Document knowledge.Document
	Version  knowledge.Version
	Body     string
	Passages []knowledge.Passage
}

// Read cuts a document into passages; file is its name as it came.
func Read(t read.Text, file string) Result {
	lines, front := tidy(t)
	lines, mended := mend(lines)
	lines = unwrap(lines)
	b := lay(lines)
	about := describe(b, t, front, file)
	heads := outline(b, about.titleLines)
	if about.title == "" {
		about.fallback(heads, t, file)
	}

	r := Result{Body: string(b.text)}
	r.Document = knowledge.Document{
		Title: about.title, Issuer: about.issuer, Number: about.number, Authority: about.authority,
	}
	r.Version = knowledge.Version{
		Label: about.label, Effective: about.effective, Repealed: about.repealed,
		File: file, Format: t.Format, Pages: t.Pages,
	}
	if mended.places > 0 {
		r.Version.Repaired = Doubled
		r.Version.Flags = append(r.Version.Flags, knowledge.Flag{Code: Damaged, Text: strconv.Itoa(mended.places)})
	}
	flags := inspect(b, t.Hidden)
	r.Version.Flags = append(append(r.Version.Flags, flags...), about.flags...)
	for _, f := range r.Version.Flags {
		r.Version.Review = r.Version.Review || f.Code == Instruction || f.Code == Lapsed
	}
	r.Passages = cut(b, heads, about)
	return r
}

// line is one paragraph or table row of the body.
type line struct {
	runes []rune
	page  int
	level int
	table bool
	// glue: a page mark stood between this line and the one before.
	glue bool
	// start and end are its place in the body, once laid.
	start, end int
}

func (l line) text() string { return string(l.runes) }

// body is the text and its lines.
type body struct {
	text  []rune
	lines []line
}

// lay joins the lines and notes where each lies.
func lay(lines []line) body {
	var b body
	for i := range lines {
		if i > 0 {
			b.text = append(b.text, '\n')
		}
		lines[i].start = len(b.text)
		b.text = append(b.text, lines[i].runes...)
		lines[i].end = len(b.text)
	}
	b.lines = lines
	return b
}

// lineAt is the index of the line that holds a position.
func (b body) lineAt(pos int) int {
	lo, hi := 0, len(b.lines)
	for lo+1 < hi {
		if mid := (lo + hi) / 2; b.lines[mid].start <= pos {
			lo = mid
		} else {
			hi = mid
		}
	}
	return lo
}

func (b body) slice(from, to int) string { return string(b.text[from:to]) }
