package lexical

import (
	"slices"
	"strconv"
)

// BM25's constants: how soon repetition stops to count, and how much length does.
const (
	k1 = 1.2
	b  = 0.75
)

// longest is the most characters of a word of letters and digits that are looked at:
// a longer one is cut into several.
const longest = 64

// Terms are the words a text is found by, in their order, repeated as they are:
// every Han character that is no particle, every pair of neighbours, words of letters
// and digits in lower case. 第十二条 and 第12条 are one term.
func Terms(s string) []string {
	var out []string
	runes := fold(nil, s)
	scan(runes, func(t token) { out = append(out, t.text(runes)) })
	return out
}

// Hash gives a term its dimension, 1 … Dimensions. Different terms may share one:
// at 200,000 terms one in a hundred does.
func Hash(term string) int32 {
	h := seed
	for _, r := range term {
		h = h.add(r)
	}
	return h.sum()
}

// hash is FNV-1a over characters with a last stir.
type hash uint32

const seed hash = 2166136261

func (h hash) add(r rune) hash { return (h ^ hash(r)) * 16777619 } //nolint:gosec // wraps on purpose

func (h hash) sum() int32 {
	h ^= h >> 16
	h *= 0x85ebca6b
	h ^= h >> 13
	h *= 0xc2b2ae35
	h ^= h >> 16
	return int32(h%Dimensions) + 1
}

// Tokens are the distinct terms of an entry, sorted.
func Tokens(e Entry) []string {
	runes := e.fold(nil)
	var out []string
	scan(runes, func(t token) { out = append(out, t.text(runes)) })
	slices.Sort(out)
	return slices.Compact(out)
}

// Length is how many terms an entry has, repeated ones counted.
func Length(e Entry) int {
	n := 0
	scan(e.fold(nil), func(token) { n++ })
	return n
}

// Weights are an entry's terms as BM25 weighs them, apart from how rare each is: the
// sum of Weights times Question's weight times idf is the entry's score. mean is the
// mean Length of all entries.
func Weights(e Entry, mean float64) map[int32]float32 {
	counts, n := map[int32]int{}, 0
	scan(e.fold(nil), func(t token) { counts[t.hash]++; n++ })
	out := make(map[int32]float32, len(counts))
	for t, tf := range counts {
		out[t] = float32(saturate(float64(tf), float64(n), mean))
	}
	return out
}

func saturate(tf, length, mean float64) float64 {
	if mean <= 0 {
		mean = 1
	}
	return tf * (k1 + 1) / (tf + k1*(1-b+b*length/mean))
}

// Marks between the parts of a folded entry, gaps all of them.
const (
	partEnd  = '\x1e' // of the title, and of each step of the path
	textEnd  = '\x1d' // questions asked of it follow
	askedEnd = '\n'   // between these
)

// fold joins title, path, text and the questions asked of it with gaps between them.
func (e Entry) fold(to []rune) []rune {
	to = append(fold(to, e.Title), partEnd)
	for _, p := range e.Path {
		to = append(fold(to, p), partEnd)
	}
	to = fold(to, e.Text)
	if e.Asked == "" {
		return to
	}
	return fold(append(to, textEnd), e.Asked)
}

// token is a term at its place.
type token struct {
	from, to int
	hash     int32
	number   int // of a 第N条; the term is then made of it
	unit     rune
	branch   int // of a 第N条之M; 0 for none
}

func (t token) text(runes []rune) string {
	if t.unit == 0 {
		return string(runes[t.from:t.to])
	}
	return t.ordinal()
}

// ordinal is how a numbered clause is called: 第12条, 第12条之1.
func (t token) ordinal() string {
	s := "第" + strconv.Itoa(t.number) + string(t.unit)
	if t.branch > 0 {
		s += "之" + strconv.Itoa(t.branch)
	}
	return s
}

// scan hands over the terms of folded characters, in order of their beginning.
func scan(runes []rune, each func(token)) {
	tab := chars()
	before := false // the character before is Han and in the same run
	for i := 0; i < len(runes); {
		r := runes[i]
		switch tab.is(r) {
		case gap:
			before = false
			i++
		case word:
			before = false
			h, j := seed, i
			for j < len(runes) && j-i < longest && (tab.is(runes[j]) == word || point(runes, j)) {
				h = h.add(runes[j])
				j++
			}
			each(token{from: i, to: j, hash: h.sum()})
			i = j
		case han:
			if r == '第' {
				if t, ok := ordinalAt(runes, i); ok {
					t.hash = Hash(t.ordinal())
					each(t)
					before = false
					i = t.to
					continue
				}
			}
			stop := r < 1<<16 && tab.stop[r]
			if before {
				p := runes[i-1]
				if !stop || p >= 1<<16 || !tab.stop[p] {
					each(token{from: i - 1, to: i + 1, hash: seed.add(p).add(r).sum()})
				}
			}
			if !stop {
				each(token{from: i, to: i + 1, hash: seed.add(r).sum()})
			}
			before = true
			i++
		}
	}
}

// point reports a decimal point between two digits.
func point(runes []rune, i int) bool {
	return runes[i] == '.' && i > 0 && i+1 < len(runes) && digit(runes[i-1]) && digit(runes[i+1])
}

func digit(r rune) bool { return r >= '0' && r <= '9' }

// ordinalAt reads 第二百六十四条之一 and its like, also with Arabic digits.
func ordinalAt(runes []rune, i int) (token, bool) {
	n, j := numeral(runes, i+1)
	if j == i+1 || j >= len(runes) {
		return token{}, false
	}
	switch runes[j] {
	case '条', '款', '项', '章', '节', '编':
	default:
		return token{}, false
	}
	t := token{from: i, to: j + 1, number: n, unit: runes[j]}
	if j+2 < len(runes) && runes[j] == '条' && runes[j+1] == '之' {
		if m, k := numeral(runes, j+2); k > j+2 {
			t.branch, t.to = m, k
		}
	}
	return t, true
}

// numeral reads a number below ten thousand from position i, in Han or Arabic digits;
// the position after it equals i where there is none.
func numeral(runes []rune, i int) (value, after int) {
	j, sum, one, arabic := i, 0, 0, false
	for ; j < len(runes) && j-i < 9; j++ {
		r := runes[j]
		d, ok := digits(r)
		switch {
		case digit(r):
			arabic = true
			sum = sum*10 + int(r-'0')
		case arabic:
			return sum, j
		case ok:
			one = d
		case r == '十', r == '百', r == '千':
			unit := map[rune]int{'十': 10, '百': 100, '千': 1000}[r]
			sum += max(one, 1) * unit
			one = 0
		default:
			return sum + one, j
		}
	}
	return sum + one, j
}

func digits(r rune) (int, bool) {
	switch r {
	case '零', '〇':
		return 0, true
	case '一':
		return 1, true
	case '二', '两':
		return 2, true
	case '三':
		return 3, true
	case '四':
		return 4, true
	case '五':
		return 5, true
	case '六':
		return 6, true
	case '七':
		return 7, true
	case '八':
		return 8, true
	case '九':
		return 9, true
	}
	return 0, false
}
