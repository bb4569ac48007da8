package knowledge

import (
	"strings"
	"unicode"
)

// span is a stretch of a text in characters, End excluded.
type span struct{ Start, End int }

func (s span) of(rs []rune) string { return string(rs[s.Start:s.End]) }

// sentences cuts a text at 。！？； and line ends; closing quotes and brackets stay
// with what they close. Spaces around a sentence belong to none. The spans are in
// order, never empty and never overlap.
func sentences(rs []rune) []span {
	var out []span
	start := 0
	for i := 0; i < len(rs); i++ {
		if !strings.ContainsRune("。！？!?；;\n", rs[i]) {
			continue
		}
		end := i + 1
		for end < len(rs) && strings.ContainsRune("”’』」）)》", rs[end]) {
			end++
		}
		out = appendSpan(out, rs, start, end)
		start, i = end, end-1
	}
	return appendSpan(out, rs, start, len(rs))
}

// appendSpan adds a span without the spaces around it, if anything is left.
func appendSpan(out []span, rs []rune, start, end int) []span {
	for start < end && unicode.IsSpace(rs[start]) {
		start++
	}
	for end > start && unicode.IsSpace(rs[end-1]) {
		end--
	}
	for i := start; i < end; i++ {
		if unicode.IsLetter(rs[i]) || unicode.IsDigit(rs[i]) {
			return append(out, span{start, end})
		}
	}
	return out // marks alone say nothing
}

// opensList reports whether a sentence announces what follows it: 下列情形：
func opensList(s string) bool {
	s = strings.TrimRight(s, " ”」")
	return strings.HasSuffix(s, "：") || strings.HasSuffix(s, ":")
}

// shorten is at most limit characters of a text: whole sentences if one fits, else
// the text up to a comma, marked as cut.
func shorten(s string, limit int) string {
	rs := []rune(strings.TrimSpace(s))
	if len(rs) <= limit {
		return string(rs)
	}
	end := 0
	for _, sp := range sentences(rs) {
		if sp.End <= limit {
			end = sp.End
		}
	}
	if end >= limit/3 {
		return string(rs[:end])
	}
	for end = limit - 1; end > limit/2; end-- {
		if strings.ContainsRune("，、：,:；", rs[end-1]) {
			return string(rs[:end-1]) + "…"
		}
	}
	return string(rs[:limit-1]) + "…"
}
