package survey_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"qingfeng/bot/survey"
)

// question makes a question with n options a, b, c …
func question(id string, kind survey.Kind, n int) survey.Question {
	q := survey.Question{ID: id, Kind: kind, Text: id}
	for i := range n {
		q.Options = append(q.Options, survey.Option{Key: string(rune('a' + i)), Text: fmt.Sprint(i)})
	}
	return q
}

// one makes ballots to a single question out of its counts.
func one(counts ...int) (survey.Sheet, []survey.Ballot) {
	s := survey.Sheet{Questions: []survey.Question{question("q", survey.Single, len(counts))}}
	var out []survey.Ballot
	for i, n := range counts {
		for range n {
			out = append(out, survey.Ballot{Answers: map[string][]string{"q": {string(rune('a' + i))}}})
		}
	}
	return s, out
}

// shows is what a distribution looks like in public: "-" for what is left out.
func shows(counts ...int) string {
	s, ballots := one(counts...)
	r := survey.Count(s, ballots, nil)
	if !r.Enough {
		return "nothing"
	}
	return fmt.Sprint(r.Ballots, " ", cells(r.Tallies[0].Cells))
}

func cells(list []survey.Cell) []string {
	var out []string
	for _, c := range list {
		if c.Shown {
			out = append(out, fmt.Sprint(c.N))
		} else {
			out = append(out, "-")
		}
		if !c.Shown && c.N != 0 {
			out = append(out, "LEAK")
		}
	}
	return out
}

func TestNumbersUnderFiveAndThoseThatGiveThemAwayAreLeftOut(t *testing.T) {
	for _, c := range []struct {
		counts []int
		want   string
	}{
		{[]int{2, 1, 1}, "nothing"},
		{[]int{20, 10, 5}, "35 [20 10 5]"},
		{[]int{20, 10, 6, 4}, "40 [20 10 - -]"},      // one alone would be 40-36
		{[]int{30, 3, 1}, "34 [30 - -]"},             // two that make four: which is which?
		{[]int{50, 0, 0, 0}, "50 [- - - -]"},         // all of one mind: everybody's answer would be known
		{[]int{40, 10, 0, 0}, "50 [40 - - -]"},       // two that make nought
		{[]int{40, 10, 4, 4}, "58 [40 - - -]"},       // two that make eight can only be four and four
		{[]int{40, 7, 7, 3}, "57 [40 - - -]"},        // the smallest goes, and its equal with it
		{[]int{5, 5, 3}, "13 [- - -]"},               //
		{[]int{4, 4, 4, 4}, "16 [- - - -]"},          //
		{[]int{6, 4}, "10 [- -]"},                    //
		{[]int{25, 4, 1, 0, 0}, "30 [25 - - - -]"},   //
		{[]int{12, 0, 11, 9, 8}, "40 [12 - 11 9 -]"}, // nought like a few
	} {
		if got := shows(c.counts...); got != c.want {
			t.Errorf("%v shows %s, want %s", c.counts, got, c.want)
		}
	}
}

// Whatever is shown, for every hidden number there is another set of ballots that shows
// exactly the same and in which that number is another: an attacker who knows the rules,
// the program and everything that was published cannot tell.
func TestNoHiddenNumberOfAQuestionCanBeDerived(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := rapid.IntRange(2, 6).Draw(t, "options")
		counts := rapid.SliceOfN(rapid.OneOf(rapid.IntRange(0, 6), rapid.IntRange(0, 40)), k, k).Draw(t, "counts")
		public := shows(counts...)
		if public == "nothing" {
			return
		}
		s, ballots := one(counts...)
		got := survey.Count(s, ballots, nil).Tallies[0].Cells
		for i, c := range got {
			switch {
			case c.Shown && c.N < survey.Floor:
				t.Fatalf("%v shows %d", counts, c.N)
			case c.Shown && c.N != counts[i]:
				t.Fatalf("%v shows a wrong number", counts)
			case c.Shown:
			case !otherWorld(counts, i, public):
				t.Fatalf("%v shows %s: number %d can be derived", counts, public, i)
			}
		}
	})
}

// otherWorld looks for counts that look the same in public with another number at i.
func otherWorld(counts []int, i int, public string) bool {
	for j := range counts { // everybody of one mind
		try := make([]int, len(counts))
		if try[j] = sum(counts); try[i] != counts[i] && shows(try...) == public {
			return true
		}
	}
	for j := range counts {
		if j == i {
			continue
		}
		for d := -counts[i]; d <= counts[j]; d++ {
			try := slices.Clone(counts)
			try[i], try[j] = try[i]+d, try[j]-d
			if d != 0 && shows(try...) == public {
				return true
			}
		}
	}
	return false
}

func TestNoHiddenNumberOfAMultipleChoiceCanBeDerived(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(5, 40).Draw(t, "ballots")
		k := rapid.IntRange(2, 6).Draw(t, "options")
		counts := rapid.SliceOfN(rapid.IntRange(0, n), k, k).Draw(t, "counts")
		r := multi(n, counts)
		for i, c := range r.Tallies[0].Cells {
			if c.Shown {
				if c.N < survey.Floor || n-c.N < survey.Floor {
					t.Fatalf("%d of %d is shown", c.N, n)
				}
				continue
			}
			other := slices.Clone(counts)
			if other[i] = n; counts[i] == n {
				other[i] = 0
			}
			if d := cmp.Diff(r, multi(n, other)); d != "" {
				t.Fatalf("%v of %d: number %d can be derived", counts, n, i)
			}
		}
	})
}

func multi(n int, counts []int) survey.Result {
	s := survey.Sheet{Questions: []survey.Question{question("m", survey.Multi, len(counts))}}
	ballots := make([]survey.Ballot, n)
	for b := range ballots {
		ballots[b].Answers = map[string][]string{}
		for i, c := range counts {
			if b < c {
				ballots[b].Answers["m"] = append(ballots[b].Answers["m"], string(rune('a'+i)))
			}
		}
	}
	return survey.Count(s, ballots, nil)
}

// world is a survey by section: section → question → counts of its options.
type world [][][]int

func (w world) sheet() (s survey.Sheet) {
	for i := range w {
		s.Sections = append(s.Sections, survey.Option{Key: fmt.Sprint(i), Text: fmt.Sprint("S", i)})
	}
	for q, counts := range w[0] {
		s.Questions = append(s.Questions, question(fmt.Sprint(q), survey.Single, len(counts)))
	}
	return s
}

// ballots are whole: every section answers every question equally often.
func (w world) ballots() (out []survey.Ballot) {
	for sec, questions := range w {
		n := sum(questions[0])
		for b := range n {
			ballot := survey.Ballot{Section: fmt.Sprint(sec), Answers: map[string][]string{}}
			for q, counts := range questions {
				ballot.Answers[fmt.Sprint(q)] = []string{string(rune('a' + place(counts, b)))}
			}
			out = append(out, ballot)
		}
	}
	return out
}

func sum(list []int) (n int) {
	for _, x := range list {
		n += x
	}
	return n
}

// place is the option of the b-th ballot.
func place(counts []int, b int) int {
	for i, c := range counts {
		if b < c {
			return i
		}
		b -= c
	}
	return len(counts) - 1
}

func (w world) result() survey.Result { return survey.Count(w.sheet(), w.ballots(), nil) }

// public is everything that a result shows.
func public(r survey.Result) string {
	var b strings.Builder
	put := func(shown bool, list []survey.Cell) {
		fmt.Fprint(&b, shown)
		for _, c := range list {
			if c.Shown {
				b.WriteString(strconv.Itoa(c.N))
			}
			b.WriteByte(' ')
		}
	}
	b.WriteString(strconv.Itoa(r.Ballots))
	for _, t := range r.Tallies {
		put(true, t.Cells)
		for _, row := range t.Rows {
			put(row.Shown, row.Cells)
		}
	}
	return b.String()
}

func (w world) clone() world {
	out := make(world, len(w))
	for i := range w {
		for _, q := range w[i] {
			out[i] = append(out[i], slices.Clone(q))
		}
	}
	return out
}

func TestASectionIsShownWholeOrNotAtAllAndNeverByTheRest(t *testing.T) {
	show := func(w world) (out []string) {
		for _, tally := range w.result().Tallies {
			for _, r := range tally.Rows {
				out = append(out, fmt.Sprint(cells(r.Cells)))
			}
		}
		return out
	}
	for name, c := range map[string]struct {
		w    world
		want []string
	}{
		"all are large":           {world{{{8, 7}}, {{6, 9}}}, []string{"[8 7]", "[6 9]"}},
		"the rest is one section": {world{{{8, 7}}, {{6, 9}}, {{9, 3}}}, []string{"[- -]", "[6 9]", "[- -]"}},
		"the rest is under five":  {world{{{8, 7}}, {{6, 9}}, {{9, 1}}, {{9, 1}}}, []string{"[- -]", "[6 9]", "[- -]", "[- -]"}},
		"the whole is not whole":  {world{{{8, 7, 1}}, {{6, 9, 1}}}, []string{"[- - -]", "[- - -]"}},
	} {
		if d := cmp.Diff(c.want, show(c.w)); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
}

// The same for sections: for every hidden number of a section there is another world that
// shows exactly the same, in all questions, and has another number there; nor can it be
// told how many ballots a section has that is never shown.
func TestNoHiddenNumberOfASectionCanBeDerived(t *testing.T) {
	shownRows := 0
	rapid.Check(t, func(t *rapid.T) {
		sections, questions := rapid.IntRange(2, 4).Draw(t, "sections"), rapid.IntRange(1, 2).Draw(t, "questions")
		w := make(world, sections)
		for s := range w {
			small := rapid.Bool().Draw(t, "small")
			lowest := 5
			if small {
				lowest = 0
			}
			first := rapid.SliceOfN(rapid.IntRange(lowest, 9), 2, 2).Draw(t, "counts")
			w[s] = append(w[s], first)
			for range questions - 1 { // the same ballots answer otherwise
				a := rapid.IntRange(0, sum(first)).Draw(t, "a")
				w[s] = append(w[s], []int{a, sum(first) - a})
			}
		}
		result := w.result()
		if !result.Enough {
			return
		}
		shows := public(result)
		for q, tally := range result.Tallies {
			for s, row := range tally.Rows {
				if row.Shown {
					shownRows++
					if slices.Min(w[s][q]) < survey.Floor {
						t.Fatalf("%v: section %d shows %v", w, s, w[s][q])
					}
					continue
				}
				for o := range row.Cells {
					if !w.other(s, q, o, shows) {
						t.Fatalf("%v: section %d, question %d, option %d can be derived\n%+v", w, s, q, o, result.Tallies)
					}
				}
			}
		}
	})
	if shownRows == 0 {
		t.Error("no row was ever shown: this proves nothing")
	}
}

// other looks for another world: ballots of two sections trade answers, people change
// their section, the whole is read the other way round, and each after the other.
func (w world) other(s, q, o int, shows string) bool {
	same := func(try world) bool {
		return try[s][q][o] != w[s][q][o] && public(try.result()) == shows
	}
	if w.traded(s, q, o, same) || same(w.flip(q)) {
		return true
	}
	for t := range w {
		for d := 1; t != s && d <= 9; d++ {
			for _, pair := range [][2]int{{s, t}, {t, s}} {
				if try, ok := w.move(pair[0], pair[1], d); ok && (same(try) || same(try.flip(q)) || try.traded(s, q, o, same)) {
					return true
				}
			}
		}
	}
	return false
}

// traded looks for a world in which a section and another traded answers to a question, or
// the section alone answered otherwise.
func (w world) traded(s, q, o int, same func(world) bool) bool {
	for t := range w {
		for d := -9; d <= 9; d++ {
			try := w.clone()
			try[s][q][o] += d
			try[s][q][1-o] -= d
			if t != s {
				try[t][q][o] -= d
				try[t][q][1-o] += d
			}
			if sound(try) && same(try) {
				return true
			}
		}
		try := w.clone()
		if try[s], try[t] = try[t], try[s]; same(try) {
			return true
		}
	}
	return false
}

// flip lets everybody tick the other option of a question.
func (w world) flip(q int) world {
	out := w.clone()
	for i := range out {
		slices.Reverse(out[i][q])
	}
	return out
}

// move lets d ballots change their section, taken from each question's larger options.
func (w world) move(from, to, d int) (world, bool) {
	out := w.clone()
	for q := range out[from] {
		for range d {
			o := 0
			if out[from][q][1] > out[from][q][0] {
				o = 1
			}
			out[from][q][o]--
			out[to][q][o]++
		}
	}
	return out, sound(out)
}

func sound(w world) bool {
	for _, questions := range w {
		for _, counts := range questions {
			if slices.Min(counts) < 0 {
				return false
			}
		}
	}
	return true
}

func TestWordsAreShownFromFiveOn(t *testing.T) {
	s, ballots := one(10, 10)
	if r := survey.Count(s, ballots, []string{"a", "b", "c", "d"}); r.Comments != nil {
		t.Errorf("four are shown: %v", r.Comments)
	}
	if r := survey.Count(s, ballots, []string{"a", "b", "c", "d", "e"}); len(r.Comments) != 5 {
		t.Errorf("five are not shown: %v", r.Comments)
	}
}
