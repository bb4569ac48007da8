package knowledge

import (
	"math"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The bounds of the three outcomes, on Hit.Sure as weigh leaves it. They were set
// on the handbook's questions against foreign ones (handbook/testdata, answers_test.go):
// at answerAt 97.5 % of the foreign ones are refused, at relatedAt 95 % of the questions
// are answered or shown clauses on their subject. They move with lexical's own Sure: set
// them again when that changes.
const (
	answerAt  = 0.954
	relatedAt = 0.77
	// besideAt is how high, as a share of the best hit's, a further source must score. On
	// statutes: alone .38 of the sources are right and for .38 of the questions one is,
	// with this .35 and .49.
	besideAt = 0.9
	// shortestBeside in characters: less is a scrap of a table or a flow chart.
	shortestBeside = 25
)

const (
	// mostSources is how many clauses an answer cites at most.
	mostSources = 3
	// headed is what a heading that reads like the question adds to the odds (in
	// logarithms), and headedFirst what it adds to the score.
	headed      = 5.0
	headedFirst = 2.0
	// headedAlike is for one that is the question, word for word: it stands above a
	// remembered question that is only much like it.
	headedAlike = 4.0
	// defined is what a clause that defines the subject adds to both, where that is asked.
	defined = 1.0
)

// weigh counts for a hit what a searcher's words do not: that the heading above it asks
// what the question asks, and that it defines what is asked for.
func weigh(question string, h Hit) Hit {
	like := h.headingLike(question)
	if h.headedWith(question) {
		h.Score *= headedAlike
		h.Remembered = true // its own heading remembers the question
	}
	odds := headed * like
	h.Score *= 1 + headedFirst*like
	if wantsWhatRe.MatchString(question) && defines(h.Text, subject(question)) {
		odds += defined
		h.Score *= 1 + defined
	}
	if h.Sure > 0 && h.Sure < 1 {
		h.Sure = 1 / (1 + math.Exp(-odds)*(1-h.Sure)/h.Sure)
	}
	return h
}

// headedWith reports whether the heading above a clause is the question, word for word.
func (h Hit) headedWith(question string) bool {
	return len(h.Path) > 0 && Plain(h.Path[len(h.Path)-1]) == Plain(question)
}

// defines reports whether a text says what something is: 廉政风险是指…, 所称廉政风险;
// not 一级廉政风险是指.
func defines(text, what string) bool {
	if what = fold(what); what == "" {
		return false
	}
	text = fold(text)
	for at, rest := 0, text; ; {
		i := strings.Index(rest, what)
		if i < 0 {
			return false
		}
		before, after := text[:at+i], strings.TrimLeft(rest[i+len(what):], `,，”"》)） `)
		last, _ := utf8.DecodeLastRuneInString(before)
		alone := before == "" || !unicode.IsLetter(last) && !unicode.IsDigit(last) || last == '称' || last == '的' || last == '谓'
		if alone && (strings.HasPrefix(after, "是指") || strings.HasPrefix(after, "指") || strings.HasPrefix(after, "就是") ||
			strings.HasSuffix(before, "所称") || strings.HasSuffix(before, "所称的") || strings.HasSuffix(before, "所谓")) {
			return true
		}
		at += i + len(what)
		rest = text[at:]
	}
}

// headingLike compares a question with the innermost heading above a clause, 0–1; a
// number (第十二条) is no heading.
func (h Hit) headingLike(question string) float64 {
	if len(h.Path) == 0 {
		return 0
	}
	heading := h.Path[len(h.Path)-1]
	if articleValue(heading) != "" {
		return 0
	}
	a, b := letters(question), letters(heading)
	both := 0
	for t := range a {
		if b[t] {
			both++
		}
	}
	if both == 0 {
		return 0
	}
	return float64(both) / float64(len(a)+len(b)-both)
}

// letters are the characters of a text and their neighbouring pairs.
func letters(s string) map[string]bool {
	var rs []rune
	for _, r := range fold(s) {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			rs = append(rs, r)
		}
	}
	out := map[string]bool{}
	for i := range rs {
		out[string(rs[i])] = true
		if i > 0 {
			out[string(rs[i-1:i+1])] = true
		}
	}
	return out
}
