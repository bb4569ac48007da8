package knowledge

import (
	_ "embed"
	"fmt"
	"io/fs"
	"math"
	"slices"
	"strings"
	"unicode"
)

// Clause is the smallest thing an answer may stand on.
type Clause struct {
	Document string
	Path     []string // chapter, clause title
	Text     string
}

// BookAnswer is a clause that answers, with the score it was found by (0–1: how much
// of the question's weight the clause covers).
type BookAnswer struct {
	Clause
	Score float64
}

// Book is a searchable set of clauses. It is read-only and safe to share.
type Book struct {
	clauses []Clause
	terms   []map[string]float64 // per clause: term → frequency, the title counted three times
	length  []float64
	mean    float64
	df      map[string]int
}

// Answers below this share of the question's weight are refused: with a random
// question the best clause rarely covers a third of it (see book_test.go).
const enough = 0.42

// titleWeight counts a term in a clause's path as often as this in its text.
const titleWeight = 3

// Read builds a book from the *.md files of a folder: "# " names the document,
// "## " a chapter, "### " a clause whose paragraphs follow.
func Read(folder fs.FS) (*Book, error) {
	names, err := fs.Glob(folder, "*.md")
	if err != nil {
		return nil, err
	}
	b := &Book{df: map[string]int{}}
	for _, name := range names {
		raw, err := fs.ReadFile(folder, name)
		if err != nil {
			return nil, err
		}
		clauses, err := parse(string(raw))
		if err != nil {
			return nil, fmt.Errorf("knowledge: %s: %w", name, err)
		}
		b.clauses = append(b.clauses, clauses...)
	}
	for _, c := range b.clauses {
		terms := map[string]float64{}
		for _, t := range termsOf(c.Text) {
			terms[t]++
		}
		for _, t := range termsOf(strings.Join(c.Path, " ")) {
			terms[t] += titleWeight
		}
		n := 0.0
		for t, f := range terms {
			b.df[t]++
			n += f
		}
		b.terms, b.length, b.mean = append(b.terms, terms), append(b.length, n), b.mean+n
	}
	b.mean /= float64(max(1, len(b.clauses)))
	return b, nil
}

func parse(raw string) ([]Clause, error) {
	var out []Clause
	var doc, chapter string
	for i, line := range strings.Split(raw, "\n") {
		line = strings.TrimRight(line, " \r")
		switch {
		case strings.HasPrefix(line, "### "):
			if doc == "" || chapter == "" {
				return nil, fmt.Errorf("line %d: a clause outside a chapter", i+1)
			}
			out = append(out, Clause{Document: doc, Path: []string{chapter, line[4:]}})
		case strings.HasPrefix(line, "## "):
			chapter = line[3:]
		case strings.HasPrefix(line, "# "):
			doc = line[2:]
		case line != "" && len(out) > 0:
			c := &out[len(out)-1]
			if c.Text != "" {
				c.Text += "\n"
			}
			c.Text += line
		}
	}
	return out, nil
}

// Ask finds the clause that answers a question; found is false when none does.
func (b *Book) Ask(question string) (answer BookAnswer, found bool) {
	asked := slices.Compact(slices.Sorted(slices.Values(termsOf(strip(question)))))
	if len(asked) == 0 {
		return BookAnswer{}, false
	}
	total := 0.0
	for _, t := range asked {
		total += b.weight(t)
	}
	best, bestScore, bestCover := -1, 0.0, 0.0
	for i, terms := range b.terms {
		score, cover := 0.0, 0.0
		for _, t := range asked {
			f := terms[t]
			if f == 0 {
				continue
			}
			w := b.weight(t)
			cover += w
			score += w * f * 2.2 / (f + 1.2*(0.25+0.75*b.length[i]/b.mean))
		}
		if score > bestScore {
			best, bestScore, bestCover = i, score, cover/total
		}
	}
	if best < 0 || bestCover < enough {
		return BookAnswer{}, false
	}
	return BookAnswer{Clause: b.clauses[best], Score: bestCover}, true
}

// weight is a term's inverse document frequency. A term that no clause knows counts
// half: bigrams across word borders are often unknown even in a question that is ours.
func (b *Book) weight(term string) float64 {
	n := float64(len(b.clauses))
	if b.df[term] == 0 {
		return math.Log(2*n+2) / 2
	}
	return math.Log(1 + (n-float64(b.df[term])+0.5)/(float64(b.df[term])+0.5))
}

// askWords carry no meaning of their own in a question, one a line, longer ones first.
//
//go:embed askwords.txt
var askWords string

// strip takes the asking out of a question, unless nothing would be left.
func strip(q string) string {
	out := q
	for w := range strings.FieldsSeq(askWords) {
		out = strings.ReplaceAll(out, w, " ")
	}
	if strings.TrimSpace(out) == "" {
		return q
	}
	return out
}

// termsOf are the bigrams of Han runs (a single Han character stands for itself)
// and lower-cased words of letters and digits.
func termsOf(s string) []string {
	var out []string
	var han, word []rune
	flush := func() {
		if len(han) == 1 {
			out = append(out, string(han))
		}
		for i := 0; i+1 < len(han); i++ {
			out = append(out, string(han[i:i+2]))
		}
		if len(word) > 0 {
			out = append(out, string(word))
		}
		han, word = han[:0], word[:0]
	}
	for _, r := range s {
		switch {
		case unicode.Is(unicode.Han, r):
			if len(word) > 0 {
				flush()
			}
			han = append(han, r)
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			if len(han) > 0 {
				flush()
			}
			word = append(word, unicode.ToLower(r))
		default:
			flush()
		}
	}
	flush()
	return out
}
