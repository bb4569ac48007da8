package lexical

import (
	_ "embed"
	"strings"
	"sync"
	"unicode"
)

// Pairs of one traditional and its simplified character, separated by spaces;
// lines that begin with # explain.
//
//go:embed traditional.txt
var traditionalText string

// What a character is to the scanner.
const (
	gap  byte = iota // separates words
	han              // taken alone and in pairs
	word             // part of a word of letters and digits
)

// charTable folds and classifies the characters below U+10000.
type charTable struct {
	folded [1 << 16]uint16
	class  [1 << 16]byte
	stop   [1 << 16]bool // too common to be a term alone
}

// stopChars are particles: alone they say nothing, in pairs they may.
const stopChars = "的了吗呢吧啊呀嘛么着之与及和或者而且则但也都就把被将从向对于在是有个其该此这那哪之"

var chars = sync.OnceValue(func() *charTable { //nolint:gochecknoglobals // built at the first use, never changed
	t := &charTable{}
	simple := map[rune]rune{}
	for line := range strings.Lines(traditionalText) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		for _, pair := range strings.Fields(line) {
			p := []rune(pair)
			simple[p[0]] = p[1]
		}
	}
	for i := range t.folded {
		r := rune(i)
		switch {
		case r >= 0xFF01 && r <= 0xFF5E: // full-width forms of ASCII
			r -= 0xFEE0
		case r == 0x3000:
			r = ' '
		}
		if l := unicode.ToLower(r); l < 1<<16 {
			r = l
		}
		if s, ok := simple[r]; ok {
			r = s
		}
		t.folded[i] = uint16(r) //nolint:gosec // r is below U+10000 here
		t.class[i] = classOf(r)
	}
	for _, r := range stopChars {
		t.stop[r] = true
	}
	return t
})

func classOf(r rune) byte {
	switch {
	case r >= 0x4E00 && r <= 0x9FFF, r >= 0x3400 && r <= 0x4DBF, r == '〇', unicode.Is(unicode.Han, r) && unicode.IsLetter(r):
		return han
	case unicode.IsLetter(r), unicode.IsDigit(r):
		return word
	}
	return gap
}

func (t *charTable) fold(r rune) rune {
	if r < 1<<16 {
		return rune(t.folded[r])
	}
	return r
}

func (t *charTable) is(r rune) byte {
	if r < 1<<16 {
		return t.class[r]
	}
	return classOf(r)
}

// fold appends s in its searchable form: half-width, lower case, simplified.
func fold(to []rune, s string) []rune {
	t := chars()
	for _, r := range s {
		to = append(to, t.fold(r))
	}
	return to
}
