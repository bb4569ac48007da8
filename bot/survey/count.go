package survey

import (
	"math"
	"slices"
)

// Cell is one number of a result. A cell that is not shown holds no number: whether
// nobody, a few or, to protect another cell, many chose it cannot be told.
type Cell struct {
	Shown bool
	N     int
}

// Row is the answers of one section; its cells are all shown or none is.
type Row struct {
	Section string
	Shown   bool
	Cells   []Cell
}

// Tally is the answers to one question, a cell for each option in the sheet's order.
type Tally struct {
	Question Question
	Cells    []Cell
	Rows     []Row // by section; nil when the survey does not ask for it
}

// Whole reports whether every cell is shown.
func (t Tally) Whole() bool {
	return !slices.ContainsFunc(t.Cells, func(c Cell) bool { return !c.Shown })
}

// Result is all that is ever shown of a survey.
type Result struct {
	Enough   bool // at least Floor ballots; without, everything below is empty
	Ballots  int
	Tallies  []Tally
	Comments []string // in no order; nil under Floor of them
}

// Count counts a survey that is closed. What is left out: every number under Floor; where
// that leaves a number computable from the total or from the rest, the smallest ones that
// are shown; a section unless all its numbers can be shown, and then as many others as it
// takes for the rest to be no single section's.
func Count(s Sheet, ballots []Ballot, comments []string) Result {
	if len(ballots) < Floor {
		return Result{}
	}
	r := Result{Enough: true, Ballots: len(ballots)}
	for _, q := range s.Questions {
		t := Tally{Question: q}
		counts := countOf(q, ballots, nil)
		for i, ok := range visible(q, counts, len(ballots)) {
			c := Cell{Shown: ok}
			if ok {
				c.N = counts[i]
			}
			t.Cells = append(t.Cells, c)
		}
		r.Tallies = append(r.Tallies, t)
	}
	if len(s.Sections) > 0 {
		bySection(s, ballots, r.Tallies)
	}
	if len(comments) >= Floor {
		r.Comments = comments
	}
	return r
}

// countOf counts the options of a question over the ballots of a section (nil: of all).
func countOf(q Question, ballots []Ballot, section *string) []int {
	counts := make([]int, len(q.Options))
	for _, b := range ballots {
		if section != nil && b.Section != *section {
			continue
		}
		for i, o := range q.Options {
			if slices.Contains(b.Answers[q.ID], o.Key) {
				counts[i]++
			}
		}
	}
	return counts
}

// visible says which numbers of a question may be shown; n is how many answered, which
// readers know.
//
// Of a choice of one, every number under Floor is hidden. The hidden ones' sum can be
// computed, so they would be known if there were one only, if all were nought, or if all
// were as large as hidden ones can be. Then the smallest of the shown ones go too, all that
// are equal: which option has which number plays no part, so exchanging two hidden numbers
// always gives another result that shows the same.
func visible(q Question, counts []int, n int) []bool {
	out := make([]bool, len(counts))
	if q.Kind == Multi { // every option is a question of its own: ticked, or not
		for i, c := range counts {
			out[i] = c >= Floor && n-c >= Floor
		}
		return out
	}
	hidden, sum, least := 0, 0, math.MaxInt
	for _, c := range counts {
		if c < Floor {
			hidden++
			sum += c
		} else {
			least = min(least, c)
		}
	}
	known := hidden == 1 || hidden > 0 && (sum == 0 || sum == hidden*(Floor-1))
	for i, c := range counts {
		out[i] = c >= Floor && (!known || c != least)
	}
	return out
}

// bySection fills in the rows of the sections.
//
// Only where everything is shown of a question as a whole are its rows shown, and a row only
// whole. What is left is a table with all its sums known: sections that are not shown must
// be two at least, and each option's sum over them at least Floor, so that every number in
// it may still lie anywhere in a span. A section that no question shows is not told apart
// from the others of its kind either: there are none of them, or two with Floor ballots.
func bySection(s Sheet, ballots []Ballot, tallies []Tally) {
	totals := make([]int, len(s.Sections))
	for i, sec := range s.Sections {
		for _, b := range ballots {
			if b.Section == sec.Key {
				totals[i]++
			}
		}
	}
	never := make([]bool, len(s.Sections))
	for {
		shown := make([]bool, len(s.Sections)) // by any question
		for t := range tallies {
			for i, ok := range rows(s, ballots, &tallies[t], totals, never) {
				shown[i] = shown[i] || ok
			}
		}
		lost, sum, least := 0, 0, -1
		for i, ok := range shown {
			switch {
			case !ok:
				lost++
				sum += totals[i]
			case least < 0 || totals[i] < totals[least]:
				least = i
			}
		}
		if lost == 0 || least < 0 || lost >= 2 && sum >= Floor {
			return
		}
		never[least] = true
	}
}

// rows fills in one question's rows and says which are shown.
func rows(s Sheet, ballots []Ballot, t *Tally, totals []int, never []bool) []bool {
	q := t.Question
	counts := make([][]int, len(s.Sections))
	shown := make([]bool, len(s.Sections))
	for i, sec := range s.Sections {
		counts[i] = columns(q, countOf(q, ballots, &sec.Key), totals[i])
		shown[i] = t.Whole() && !never[i] && slices.Min(counts[i]) >= Floor
	}
	for !safeRest(counts, shown) {
		least := -1
		for i, ok := range shown {
			if ok && (least < 0 || totals[i] < totals[least]) {
				least = i
			}
		}
		if least < 0 {
			break
		}
		shown[least] = false
	}
	t.Rows = nil
	for i, sec := range s.Sections {
		r := Row{Section: sec.Text, Shown: shown[i], Cells: make([]Cell, len(q.Options))}
		for j := range r.Cells {
			if shown[i] {
				r.Cells[j] = Cell{Shown: true, N: counts[i][j]}
			}
		}
		t.Rows = append(t.Rows, r)
	}
	return shown
}

// columns are the numbers that a row gives away: of a multi also how many did not tick.
func columns(q Question, counts []int, total int) []int {
	if q.Kind != Multi {
		return counts
	}
	for i := range q.Options {
		counts = append(counts, total-counts[i])
	}
	return counts
}

// safeRest reports whether what can be computed of the rows that are not shown, their
// sums, says nothing of one of them and nothing under Floor.
func safeRest(counts [][]int, shown []bool) bool {
	rest, hidden := make([]int, len(counts[0])), 0
	for i, row := range counts {
		if shown[i] {
			continue
		}
		hidden++
		for j, n := range row {
			rest[j] += n
		}
	}
	return hidden == 0 || hidden >= 2 && slices.Min(rest) >= Floor
}
