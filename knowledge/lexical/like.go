package lexical

import (
	"slices"
	"unicode/utf16"
)

// alone is how much of a character is covered by the same character without the same
// neighbour beside it.
const alone = 0.25

// How much the form of a question counts beside its words, and that they are the same.
const (
	sameForm  = 1.4
	otherForm = 0.5
	sameWords = 1.8 // in place of 1, where neither has anything more
)

// like is how much an entry's heading, or one of the questions asked of it, asks what
// the question asks: 0, or the share of the question that it covers times the share of
// it that the question covers. What the lexicon calls the same covers as well.
func (l *lens) like(text []uint16) float64 {
	best, from := 0.0, 0
	part := func(to int) {
		if to > from {
			best = max(best, l.likeLine(text[from:to]))
		}
	}
	var ends []int // of the title and the steps of the path
	for i, u := range text {
		if u == partEnd {
			ends = append(ends, i)
		}
		if u == textEnd {
			break
		}
	}
	if n := len(ends); n > 1 {
		from = ends[n-2] + 1
		part(ends[n-1])
	}
	at := slices.Index(text, textEnd)
	for from = at + 1; at >= 0 && from <= len(text); {
		to := slices.Index(text[from:], askedEnd)
		if to < 0 {
			part(len(text))
			break
		}
		part(from + to)
		from += to + 1
	}
	return best
}

func (l *lens) likeLine(line []uint16) float64 {
	if len(line) > longestQuestion {
		return 0
	}
	l.line = append(l.line[:0], utf16.Decode(line)...)
	if l.line[0] == '第' && article.MatchString(string(l.line)) {
		return 0
	}
	asking := &wording().asking
	runes := blank(l.line, asking)
	// What of the line the question has, by character.
	clear(l.have)
	got := grown(l.got, len(runes))
	l.got = got
	scan(runes, func(t token) {
		i := l.find(t.hash)
		if i < 0 {
			return
		}
		l.have[i] = true
		value := float32(1)
		if t.to-t.from == 1 && chars().is(runes[t.from]) == han {
			value = alone
		}
		for p := t.from; p < t.to; p++ {
			got[p] = max(got[p], value)
		}
	})
	var all, covered float64
	for p, r := range runes {
		if chars().is(r) != gap && !(r < 1<<16 && chars().stop[r]) {
			all++
			covered += float64(got[p])
		}
	}
	if covered == 0 {
		return 0
	}
	like := covered / all * l.said()
	if like > 0.99 {
		like = sameWords
	}
	if mine := intent(string(l.line)); l.intent >= 0 && mine >= 0 {
		if mine == l.intent {
			like *= sameForm
		} else {
			like *= otherForm
		}
	}
	return like
}

// said is the share of the question that what was read last has, by character: rare
// ones weigh more. What the lexicon calls the same counts as well.
func (l *lens) said() float64 {
	got := grown(l.asks, len(l.asked.runes))
	l.asks = got
	for _, t := range l.asked.own {
		i := l.find(t.hash)
		if i < 0 || !l.have[i] {
			continue
		}
		value := float32(1)
		if t.to-t.from == 1 && chars().is(l.asked.runes[t.from]) == han {
			value = alone
		}
		for p := t.from; p < t.to; p++ {
			got[p] = max(got[p], value)
		}
	}
	for _, e := range l.more {
		if !slices.ContainsFunc(e.targets, func(g target) bool { return l.hasAll(g.terms) }) {
			continue
		}
		for p := e.from; p < e.to; p++ {
			got[p] = max(got[p], 1)
		}
	}
	var all, covered float64
	for p, w := range l.worth {
		all += w
		covered += w * float64(got[p])
	}
	return covered / max(all, 1e-9)
}

func (l *lens) hasAll(terms []token) bool {
	for _, t := range terms {
		if i := l.find(t.hash); i < 0 || !l.have[i] {
			return false
		}
	}
	return len(terms) > 0
}
