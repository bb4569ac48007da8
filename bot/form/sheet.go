package form

import (
	"fmt"
	"slices"
	"strings"

	"qingfeng/bot"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

// Blocked reports whether a fatal issue forbids the import.
func Blocked(issues []risk.ImportIssue) bool {
	return slices.ContainsFunc(issues, func(i risk.ImportIssue) bool { return i.Fatal })
}

const headerRows = 10 // the header is looked for here

// column is one column of an import: its official name and other spellings.
type column struct {
	names    string // text.FormCol…
	required bool   // a row without it is refused
	max      int    // characters
	help     string
	width    float64 // in a template, in characters
	list     []string
}

func (c column) name() string { return first(c.names) }

// table is a sheet whose header was found.
type table struct {
	g      grid
	header int
	at     []int // by column: where it is in the grid
	cols   []column
	issues []risk.ImportIssue
}

// readTable opens a workbook and finds the sheet with these columns.
func readTable(data []byte, cols []column) (*table, []risk.ImportIssue) {
	z, k, err := open(data, maxPart)
	if err == nil && k != kindXlsx {
		err = bot.Refuse(text.FormRefuseNotSheet, "form: not a workbook")
	}
	var sheets []grid
	over := false
	if err == nil {
		sheets, over, err = book(z, data, maxPart)
	}
	if err != nil {
		return nil, []risk.ImportIssue{{Say: bot.Says(err), Fatal: true}}
	}
	if over {
		return nil, []risk.ImportIssue{{Say: fmt.Sprintf(text.FormTooManyRows, maxRows), Fatal: true}}
	}
	best, score := &table{}, 0
	for _, g := range sheets {
		for r := 0; r < min(len(g), headerRows); r++ {
			t := matchHeader(g, r, cols)
			if n := t.matched(); n > score {
				best, score = t, n
			}
		}
	}
	if score < 2 {
		return nil, []risk.ImportIssue{{Say: fmt.Sprintf(text.FormNoHeader, strings.Join(names(cols), list)), Fatal: true}}
	}
	var missing []string
	for i, at := range best.at {
		if at < 0 {
			missing = append(missing, cols[i].name())
		}
	}
	if missing != nil {
		best.issues = append(best.issues, risk.ImportIssue{Row: best.header + 1, Say: fmt.Sprintf(text.FormMissingColumns, strings.Join(missing, list)), Fatal: true})
		return nil, best.issues
	}
	return best, best.issues
}

func matchHeader(g grid, r int, cols []column) *table {
	t := &table{g: g, header: r, cols: cols, at: make([]int, len(cols))}
	for i := range t.at {
		t.at[i] = -1
	}
	for c, h := range g[r] {
		if h.text == "" || h.c != c {
			continue
		}
		k := label(h.text)
		i := slices.IndexFunc(cols, func(col column) bool { return among(col.names, k) })
		switch {
		case i < 0:
			t.issues = append(t.issues, risk.ImportIssue{Row: r + 1, Column: h.text, Say: text.FormExtraColumn})
		case t.at[i] >= 0:
			t.issues = append(t.issues, risk.ImportIssue{Row: r + 1, Column: cols[i].name(), Say: text.FormTwiceColumn, Fatal: true})
		default:
			t.at[i] = c
		}
	}
	return t
}

func (t *table) matched() int {
	n := 0
	for _, at := range t.at {
		if at >= 0 {
			n++
		}
	}
	return n
}

// get is the text of a column in a row; a merged cell is filled down, not across.
func (t *table) get(r, col int) string {
	c := t.g.at(r, t.at[col])
	if c.c != t.at[col] || c.r <= t.header {
		return ""
	}
	return c.text
}

// each calls f for every row that holds something of its own, the example and
// foot rows aside.
func (t *table) each(f func(r *rowReader)) {
	for r := t.header + 1; r < len(t.g); r++ {
		own, firstOwn := 0, ""
		for _, at := range t.at {
			if c := t.g.at(r, at); c.text != "" && c.r == r && c.c == at {
				if own++; own == 1 {
					firstOwn = c.text
				}
			}
		}
		switch {
		case own == 0:
		case strings.HasPrefix(firstOwn, text.FormExampleMark):
			t.say(r, "", text.FormExampleSkipped, false)
		case own <= 2 && footRow(firstOwn):
			t.say(r, "", text.FormFootSkipped, false)
		default:
			f(&rowReader{t: t, r: r})
		}
	}
}

func footRow(s string) bool {
	for w := range strings.SplitSeq(text.FormSkipRows, "|") {
		if rest, ok := strings.CutPrefix(word(s), w); ok && (rest == "" || strings.ContainsAny(rest[:1], ":0123456789") || strings.HasPrefix(rest, "：")) {
			return true
		}
	}
	return false
}

func (t *table) say(r int, col, say string, fatal bool) {
	t.issues = append(t.issues, risk.ImportIssue{Row: r + 1, Column: col, Say: say, Fatal: fatal})
}

// rowReader reads one row and collects what is wrong with it.
type rowReader struct {
	t   *table
	r   int
	bad bool
}

func (r *rowReader) row() int { return r.r + 1 }

func (r *rowReader) refuse(col int, say string) {
	r.bad = true
	r.t.say(r.r, r.t.cols[col].name(), say, true)
}

func (r *rowReader) note(col int, say string) { r.t.say(r.r, r.t.cols[col].name(), say, false) }

// own reports whether a cell is not merely filled down from a row above.
func (r *rowReader) own(col int) bool { return r.t.g.at(r.r, r.t.at[col]).r == r.r }

// text is a cell as written, checked for presence and length.
func (r *rowReader) text(col int) string {
	s := r.t.get(r.r, col)
	spec := r.t.cols[col]
	if s == "" && spec.required {
		r.refuse(col, text.FormRequired)
	}
	if spec.max > 0 && len([]rune(s)) > spec.max {
		r.refuse(col, fmt.Sprintf(text.FormTooLong, spec.max))
	}
	return s
}

// word is a cell that holds a name: blanks inside it are dropped (陈　明).
func (r *rowReader) word(col int) string { return word(r.text(col)) }

// choose maps a cell that holds one of a fixed set of values; empty stays zero.
func choose[T ~string](r *rowReader, col int, of []choice[T]) T {
	s := r.word(col)
	if s == "" {
		return ""
	}
	v, ok := pick(of, s)
	if !ok {
		r.refuse(col, fmt.Sprintf(text.FormUnknownValue, s, strings.Join(offered(of), list)))
	}
	return v
}

// chooseAll is choose for a list.
func chooseAll[T ~string](r *rowReader, col int, of []choice[T], hint func(string) string) []T {
	var out []T
	for _, s := range words(r.text(col)) {
		v, ok := pick(of, s)
		switch {
		case !ok && hint != nil && hint(s) != "":
			r.refuse(col, hint(s))
		case !ok:
			r.refuse(col, fmt.Sprintf(text.FormUnknownValue, s, strings.Join(offered(of), list)))
		case !slices.Contains(out, v):
			out = append(out, v)
		}
	}
	return out
}

func names(cols []column) []string {
	out := make([]string, len(cols))
	for i, c := range cols {
		out[i] = c.name()
	}
	return out
}
