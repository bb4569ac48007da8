package wecom

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"qingfeng/bot/text"
)

// partBudget leaves room for the part mark in maxTextBytes.
const partBudget = maxTextBytes - 48

// unbroken is what a cut must not go through: a link element or a bare address.
var unbroken = regexp.MustCompile(`<a\s[^>]*>[^<]*</a>|https?://[^\s<>"，。；！？、）】》]+`)

// splitText cuts s into parts of at most maxTextBytes bytes, numbered when there is
// more than one. Nothing but blanks at a cut is lost.
func splitText(s string) []string {
	if len(s) <= maxTextBytes {
		return []string{s}
	}
	var parts []string
	spans := unbroken.FindAllStringIndex(s, -1)
	for from := 0; from < len(s); {
		to := cutAt(s, spans, from)
		if part := strings.Trim(s[from:to], " \n"); part != "" {
			parts = append(parts, part)
		}
		from = to
	}
	if len(parts) > 1 {
		for i := range parts {
			parts[i] = fmt.Sprintf(text.WeComPart, i+1, len(parts)) + parts[i]
		}
	}
	return parts
}

// cutAt finds where the part that begins at from ends: at the last sentence end that
// fits, else at the last comma or blank, else between two characters.
func cutAt(s string, spans [][]int, from int) int {
	if len(s)-from <= partBudget {
		return len(s)
	}
	end := from + partBudget
	for !utf8.RuneStart(s[end]) {
		end--
	}
	if span := spanAround(spans, end); span != nil && span[0] > from {
		end = span[0]
	}
	sentence, comma := 0, 0
	for i := from; i < end; {
		r, size := utf8.DecodeRuneInString(s[i:])
		i += size
		if !strings.ContainsRune("。！？；\n!?;，、, ", r) {
			continue
		}
		for i < end {
			closer, n := utf8.DecodeRuneInString(s[i:])
			if !strings.ContainsRune("”’」』）)】》", closer) {
				break
			}
			i += n
		}
		if spanAround(spans, i) != nil {
			continue
		}
		if strings.ContainsRune("，、, ", r) {
			comma = i
		} else {
			sentence = i
		}
	}
	// A sentence end in the first quarter would waste most of a part.
	early := from + partBudget/4
	switch {
	case sentence > early:
		return sentence
	case comma > early:
		return comma
	case sentence > from:
		return sentence
	}
	return wholeCharacter(s, from, end)
}

// spanAround is the span that a cut at i would break.
func spanAround(spans [][]int, i int) []int {
	for _, span := range spans {
		if span[0] < i && i < span[1] {
			return span
		}
		if span[0] >= i {
			break
		}
	}
	return nil
}

// wholeCharacter moves a cut back so that it does not part an emoji or a letter from
// what is drawn on it; it gives up after a few steps.
func wholeCharacter(s string, from, end int) int {
	const joiner = '\u200d'
	cut := end
	for range 16 {
		next, _ := utf8.DecodeRuneInString(s[cut:])
		prev, size := utf8.DecodeLastRuneInString(s[from:cut])
		drawn := unicode.Is(unicode.M, next) || next == joiner || next >= 0x1F3FB && next <= 0x1F3FF
		if !drawn && prev != joiner {
			return cut
		}
		if cut -= size; cut <= from {
			break
		}
	}
	return end
}
