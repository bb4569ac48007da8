package lexical

import (
	"cmp"
	_ "embed"
	"math"
	"slices"
	"strings"
	"sync"
)

// Lines "everyday words = words of the law"; the file's head describes the format.
//
//go:embed lexicon.txt
var lexiconText string

// Words that ask: one a line, # begins a comment.
//
//go:embed asking.txt
var askingText string

// What a question is about, "+" and "-"; the file's head describes the format.
//
//go:embed topics.txt
var topicsText string

// Weight is a term of a question, before idf.
type Weight struct {
	Term   int32
	Text   string
	Weight float64
}

// How much a term of an expansion weighs beside one that was asked. A long expansion
// has more pairs than it has to say, and so have many: they share.
const (
	expandedPair  = 0.7
	expandedShare = 2.0  // pairs of one expansion that weigh fully
	expandedMany  = 0.25 // how far the expansions of one phrase share, as an exponent
	expandedTwice = 1.5  // of a term that several expansions have
	askedTwice    = 1.0  // of a term that is asked more than once
)

// longestQuestion is how many characters of a question are looked at.
const longestQuestion = 300

// mostTerms is how many terms a question is searched with.
const mostTerms = 400

// phrases finds the longest of some phrases that begins at a place.
type phrases struct {
	first map[rune][]int // by first character, longest first
	text  [][]rune
}

func (p *phrases) add(s string) int {
	p.text = append(p.text, fold(nil, s))
	return len(p.text) - 1
}

func (p *phrases) done() {
	p.first = map[rune][]int{}
	for i, t := range p.text {
		p.first[t[0]] = append(p.first[t[0]], i)
	}
	for _, at := range p.first {
		slices.SortStableFunc(at, func(x, y int) int { return len(p.text[y]) - len(p.text[x]) })
	}
}

// at returns the longest phrase that begins the runes, -1 for none.
func (p *phrases) at(runes []rune) int {
	if len(runes) == 0 {
		return -1
	}
	for _, i := range p.first[runes[0]] {
		if t := p.text[i]; len(t) <= len(runes) && slices.Equal(t, runes[:len(t)]) {
			return i
		}
	}
	return -1
}

// count is how many of the phrases stand in the runes, side by side, at most most.
// Letters and digits match as whole words only.
func (p *phrases) count(runes []rune, most int) int {
	n, t := 0, chars()
	in := func(i int) bool { return i >= 0 && i < len(runes) && t.is(runes[i]) == word }
	for i := 0; i < len(runes) && n < most; i++ {
		f := p.at(runes[i:])
		if f < 0 {
			continue
		}
		end := i + len(p.text[f])
		if in(i) && in(i-1) || in(end-1) && in(end) {
			continue
		}
		n++
		i = end - 1
	}
	return n
}

// words is the embedded knowledge of a question's wording.
type words struct {
	asking  phrases
	plus    phrases // matters of rules and offices
	minus   phrases // everything else people talk about
	lay     phrases
	targets [][]string // of lay, by its index
}

var wording = sync.OnceValue(func() *words { //nolint:gochecknoglobals // built at the first use, never changed
	w := &words{}
	for line := range strings.Lines(askingText) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			w.asking.add(line)
		}
	}
	w.asking.done()
	for line := range strings.Lines(topicsText) {
		list, found := &w.plus, false
		if line, found = strings.CutPrefix(line, "- "); found {
			list = &w.minus
		} else if line, found = strings.CutPrefix(line, "+ "); !found {
			continue
		}
		for _, t := range strings.Fields(line) {
			list.add(t)
		}
	}
	w.plus.done()
	w.minus.done()
	known := map[string]int{}
	for line := range strings.Lines(lexiconText) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		left, right, ok := strings.Cut(line, "=")
		if !ok {
			continue
		}
		for _, lay := range strings.Fields(left) {
			i, ok := known[lay]
			if !ok {
				i = w.lay.add(lay)
				known[lay] = i
				w.targets = append(w.targets, nil)
			}
			for _, t := range strings.Fields(right) {
				if t != lay && !slices.Contains(w.targets[i], t) {
					w.targets[i] = append(w.targets[i], t)
				}
			}
		}
	}
	w.lay.done()
	return w
})

// asked is a question taken apart.
type asked struct {
	text  string  // folded, as it was asked
	runes []rune  // folded; what only asks is blanked
	own   []token // its terms, in order
	more  []expansion
	terms []Weight // distinct, by Term
	// foreign is how much it speaks of what no rule book answers, 0–1.
	foreign float64
}

// expansion is a lay phrase at its place and the terms of what the law calls it.
type expansion struct {
	from, to int
	targets  []target
}

type target struct {
	text  []rune
	terms []token
}

// Question gives the distinct terms that a question is searched with: its own, without
// the words that only ask, and at a lower weight what statutes and notices call the
// same thing. They are ordered by Term.
func Question(q string) []Weight { return ask(q).terms }

func ask(q string) asked {
	w := wording()
	runes := fold(make([]rune, 0, 64), head(q, longestQuestion))
	var a asked
	for i := 0; i < len(runes); i++ {
		if l := w.lay.at(runes[i:]); l >= 0 {
			e := expansion{from: i, to: i + len(w.lay.text[l])}
			for _, t := range w.targets[l] {
				g := target{text: fold(nil, t)}
				scan(g.text, func(t token) { g.terms = append(g.terms, t) })
				g.terms = telling(g.terms)
				e.targets = append(e.targets, g)
			}
			a.more = append(a.more, e)
		}
	}
	a.foreign = min(1, float64(w.minus.count(runes, 2))/2)
	if w.plus.count(runes, 1) > 0 {
		a.foreign /= 2
	}
	a.text, a.runes = string(runes), blank(runes, &w.asking)
	if !slices.ContainsFunc(a.runes, func(r rune) bool { return chars().is(r) != gap }) {
		a.runes = runes // a question of nothing else means what it says
	}
	scan(a.runes, func(t token) { a.own = append(a.own, t) })

	sum := map[int32]*Weight{}
	put := func(runes []rune, t token, weight, most float64) {
		s := sum[t.hash]
		if s == nil {
			s = &Weight{Term: t.hash, Text: t.text(runes)}
			sum[t.hash] = s
		}
		if s.Weight < most {
			s.Weight = min(s.Weight+weight, most)
		}
	}
	for _, t := range a.own {
		put(a.runes, t, 1, askedTwice)
	}
	for _, e := range a.more {
		for _, g := range e.targets {
			weight := expandedPair * min(1, expandedShare/float64(len(g.terms))) / math.Pow(float64(len(e.targets)), expandedMany)
			for _, t := range g.terms {
				put(g.text, t, weight, weight*expandedTwice)
			}
		}
	}
	a.terms = make([]Weight, 0, len(sum))
	for _, s := range sum {
		a.terms = append(a.terms, *s)
	}
	if len(a.terms) > mostTerms { // the heaviest, equal ones by Term
		slices.SortFunc(a.terms, func(x, y Weight) int {
			return cmp.Or(cmp.Compare(y.Weight, x.Weight), cmp.Compare(x.Term, y.Term))
		})
		a.terms = a.terms[:mostTerms]
	}
	slices.SortFunc(a.terms, func(x, y Weight) int { return int(x.Term) - int(y.Term) })
	return a
}

// telling leaves out the single characters of an expansion that has pairs: they are in
// every other entry.
func telling(terms []token) []token {
	pair := func(t token) bool { return t.to-t.from > 1 }
	if !slices.ContainsFunc(terms, pair) {
		return terms
	}
	return slices.DeleteFunc(terms, func(t token) bool { return !pair(t) })
}

// head cuts s after n characters.
func head(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

// blank replaces the phrases by gaps, the longest first from the left.
func blank(runes []rune, p *phrases) []rune {
	out := slices.Clone(runes)
	for i := 0; i < len(out); {
		if f := p.at(runes[i:]); f >= 0 {
			for range p.text[f] {
				out[i] = ' '
				i++
			}
			continue
		}
		i++
	}
	return out
}
