package risk

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// headlineMax is the longest title, in characters.
const headlineMax = 20

// Headline makes a title of at most 20 characters from a manifestation: the leading
// clauses that fit whole. A first clause that is too long is cut where a new part opens
// (给, 让, 把, …) or before an action word, so that no word is broken; only a run of
// characters that knows neither is cut at the limit. No ellipsis is ever added.
func Headline(text string) string {
	w := words()
	text = strings.TrimSpace(text)
	for _, lead := range w.HeadlineLead {
		if rest, ok := strings.CutPrefix(text, lead); ok && utf8.RuneCountInString(rest) >= 4 {
			text = rest
			break
		}
	}
	clauses := clausesOf(text, w.HeadlineCut)
	if len(clauses) == 0 {
		return ""
	}
	title := ""
	for _, c := range clauses {
		if utf8.RuneCountInString(trimMarks(title+c)) > headlineMax {
			break
		}
		title += c
	}
	if title = trimMarks(title); utf8.RuneCountInString(title) >= 4 || (title != "" && len(clauses) == 1) {
		return title
	}
	return cutClause(trimMarks(text))
}

// cutClause finds the last good place to stop within the limit.
func cutClause(s string) string {
	w := words()
	rs := []rune(s)
	if len(rs) <= headlineMax {
		return s
	}
	// A long head before an action word says more than a short one before 就 or 给.
	for _, least := range []int{10, 6} {
		for _, opens := range [][]string{w.HeadlineSoft, basePack().Quality.Verbs} {
			for n := headlineMax; n >= least; n-- {
				head, rest := string(rs[:n]), string(rs[n:])
				if hasPrefixAny(rest, opens) && !insideWord(head, rest, w.HeadlineWords) {
					return trimMarks(dropSoftEnd(head, w))
				}
			}
		}
	}
	n := headlineMax
	for n > 1 && asciiWord(rs[n-1]) && asciiWord(rs[n]) {
		n--
	}
	if n == 1 {
		n = headlineMax
	}
	return trimMarks(string(rs[:n]))
}

// dropSoftEnd takes a hanging connective (就, 并, 把) off the end.
func dropSoftEnd(head string, w wordLists) string {
	for utf8.RuneCountInString(head) > 6 && !hasSuffixAny(head, w.HeadlineWords) {
		short := head
		for _, soft := range w.HeadlineSoft {
			if s := strings.TrimSuffix(head, soft); len(s) < len(short) {
				short = s
			}
		}
		if short == head {
			break
		}
		head = short
	}
	return head
}

// insideWord reports whether a known word reaches over the cut between head and rest.
func insideWord(head, rest string, list []string) bool {
	for _, w := range list {
		for i := range w {
			if i > 0 && strings.HasSuffix(head, w[:i]) && strings.HasPrefix(rest, w[i:]) {
				return true
			}
		}
	}
	return false
}

func asciiWord(r rune) bool {
	return r < 128 && (unicode.IsLetter(r) || unicode.IsDigit(r) || r == '.')
}

// clausesOf splits after each mark, keeping the marks.
func clausesOf(s string, marks []string) []string {
	var out []string
	start := 0
	for i := 0; i < len(s); {
		cut := 0
		for _, m := range marks {
			if strings.HasPrefix(s[i:], m) {
				cut = len(m)
				break
			}
		}
		if cut == 0 {
			_, size := utf8.DecodeRuneInString(s[i:])
			i += size
			continue
		}
		i += cut
		out = append(out, s[start:i])
		start = i
	}
	if start < len(s) {
		out = append(out, s[start:])
	}
	return out
}

// trimMarks takes punctuation and an opened, never closed quotation off the ends.
func trimMarks(s string) string {
	s = strings.TrimFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || strings.ContainsRune("，,。；;：:！!？?、…·-—", r)
	})
	for _, pair := range [][2]string{{"“", "”"}, {"《", "》"}, {"（", "）"}, {"(", ")"}, {"【", "】"}, {"「", "」"}} {
		if strings.Contains(s, pair[0]) && !strings.Contains(s, pair[1]) {
			s = strings.ReplaceAll(s, pair[0], "")
		}
		if strings.Contains(s, pair[1]) && !strings.Contains(s, pair[0]) {
			s = strings.ReplaceAll(s, pair[1], "")
		}
	}
	return s
}
