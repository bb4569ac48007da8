package risk

import (
	"strings"
	"unicode"
)

// Similar compares two texts by their character pairs (Dice coefficient, 0…1).
// Punctuation, spaces and small function words do not count, so that a copy with a
// comma moved is still a copy.
func Similar(a, b string) float64 {
	x, y := bigrams(a), bigrams(b)
	nx, ny := total(x), total(y)
	if nx == 0 || ny == 0 {
		return 0
	}
	common := 0
	for pair, n := range x {
		common += min(n, y[pair])
	}
	return 2 * float64(common) / float64(nx+ny)
}

func bigrams(s string) map[[2]rune]int {
	drop := words().SimilarDrop
	var rs []rune
	for _, r := range narrow(s) {
		if (unicode.IsLetter(r) || unicode.IsDigit(r)) && !strings.ContainsRune(drop, r) {
			rs = append(rs, unicode.ToLower(r))
		}
	}
	out := map[[2]rune]int{}
	if len(rs) == 1 {
		out[[2]rune{rs[0]}] = 1
	}
	for i := 0; i+1 < len(rs); i++ {
		out[[2]rune{rs[i], rs[i+1]}]++
	}
	return out
}

func total(m map[[2]rune]int) int {
	n := 0
	for _, c := range m {
		n += c
	}
	return n
}

// narrow turns full-width ASCII forms and the ideographic space into their ASCII twins.
func narrow(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '！' && r <= '～':
			return r - '！' + '!'
		case r == '　' || r == '\u00a0':
			return ' '
		case r == '\u200b' || r == '\u200c' || r == '\u200d' || r == '\ufeff':
			return -1
		}
		return r
	}, s)
}
