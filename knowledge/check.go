package knowledge

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// writing is what is left of a model's answer.
type writing struct {
	passages  []Hit
	sentences []claim
}

// claim is a sentence that its passages bear.
type claim struct {
	text    string // without marks
	marks   []int  // passages, from 1
	support map[int]span
}

var (
	markRe  = regexp.MustCompile(`\[\s*([0-9]{1,3}(?:\s*[,，、;；]\s*[0-9]{1,3})*)\s*\]`)
	numRe   = regexp.MustCompile(`[0-9]+`)
	wideRe  = regexp.MustCompile(`[［【〔]\s*([0-9]{1,3}(?:\s*[,，、]\s*[0-9]{1,3})*)\s*[］】〕]`)
	lineRe  = regexp.MustCompile(`^\s*(?:[-*•·#>]+|[0-9]{1,2}[.、)])\s*`)
	thinkRe = regexp.MustCompile(`(?s)<think>.*?</think>`)
	// An address, or being told to do something with this talk.
	strayRe = regexp.MustCompile("(?i)https?:|www\\.|[a-z0-9-]+\\.(?:com|cn|net|org|gov|edu|info|top|xyz|io)\\b|[a-z0-9._%+-]+@[a-z0-9.-]+|```|\\]\\(|<[a-z/]|" +
		`忽略(?:以上|上述|前面|之前|所有)|(?:以上|上述|前面)的?(?:指令|要求|规则)|系统提示|提示词|扮演|点击|扫码|扫描二维码|加(?:我|他)?微信|转账|汇款|ignore (?:all|previous|the)|system prompt`)
)

// check keeps of a model's answer the sentences that the passages they mark bear.
// Nothing outside this check decides what a model may have said.
func check(said string, passages []Hit) writing {
	w := writing{passages: passages}
	said = thinkRe.ReplaceAllString(visible(said), "")
	said = wideRe.ReplaceAllString(said, "[$1]")
	for _, line := range strings.Split(said, "\n") {
		line = lineRe.ReplaceAllString(strings.ReplaceAll(line, "**", ""), "")
		for _, s := range markedSentences(line) {
			if c, ok := bears(s, passages); ok && !slices.ContainsFunc(w.sentences, func(o claim) bool { return o.text == c.text }) {
				w.sentences = append(w.sentences, c)
			}
		}
	}
	return w
}

// visible is a text without the characters that nobody sees, or that turn its order.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && (unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Co, r) || unicode.IsControl(r) || r == unicode.ReplacementChar) {
			return -1
		}
		return r
	}, s)
}

// markedSentences cuts a line at sentence ends; marks after an end belong before it.
func markedSentences(line string) []string {
	var out []string
	rs := []rune(line)
	start := 0
	for i := 0; i < len(rs); i++ {
		if !strings.ContainsRune("。！？!?；", rs[i]) {
			continue
		}
		end := i + 1
		for end < len(rs) && strings.ContainsRune("”’』」）)", rs[end]) {
			end++
		}
		for {
			m := markRe.FindStringIndex(string(rs[end:]))
			if m == nil || strings.TrimSpace(string(rs[end:])[:m[0]]) != "" {
				break
			}
			end += len([]rune(string(rs[end:])[:m[1]]))
		}
		out = append(out, string(rs[start:end]))
		start, i = end, end-1
	}
	if rest := strings.TrimSpace(string(rs[start:])); rest != "" {
		out = append(out, rest)
	}
	return out
}

// marksOf takes a sentence's marks out. ok is false where one names no passage.
func marksOf(s string, passages int) (text string, marks []int, ok bool) {
	ok = true
	for _, m := range markRe.FindAllStringSubmatch(s, -1) {
		for _, d := range numRe.FindAllString(m[1], -1) {
			n, err := strconv.Atoi(d)
			if err != nil || n < 1 || n > passages {
				ok = false
				continue
			}
			if !slices.Contains(marks, n) {
				marks = append(marks, n)
			}
		}
	}
	return strings.TrimSpace(markRe.ReplaceAllString(s, "")), marks, ok && len(marks) > 0
}

// bears decides whether a sentence stands on the passages it marks.
func bears(s string, passages []Hit) (claim, bool) {
	text, marks, ok := marksOf(s, len(passages))
	if !ok || strayRe.MatchString(fold(text)) || !namesClauses(text, marks, passages) {
		return claim{}, false
	}
	var by []fact
	for _, n := range marks {
		p := passages[n-1].Passage
		by = append(by, facts(strings.Join(append([]string{p.Document.Title, p.Document.Number, p.Article, p.Text}, p.Path...), "\n"), false)...)
	}
	if _, bad := unsupported(text, by); bad {
		return claim{}, false
	}
	support, ok := excerpt(text, marks, passages)
	for n, at := range support {
		if strayRe.MatchString(fold(at.of([]rune(passages[n-1].Text)))) {
			return claim{}, false // the passage says it to a machine, not to a reader
		}
	}
	return claim{text: text, marks: marks, support: support}, ok
}

// namesClauses reports whether every clause, document and 文号 that a claim names is one
// that its passages are or name: 第五条之一 is not 第五条.
func namesClauses(text string, marks []int, passages []Hit) bool {
	articles := map[string]bool{}
	var names strings.Builder
	for _, n := range marks {
		p := passages[n-1].Passage
		for _, m := range articleRe.FindAllString(p.Article+" "+p.Text, -1) {
			articles[articleValue(m)] = true
		}
		names.WriteString(Plain("《" + p.Document.Title + "》\n" + p.Document.Number + "\n" + p.Text))
	}
	for _, m := range articleRe.FindAllString(text, -1) {
		if !articles[articleValue(m)] {
			return false
		}
	}
	for _, m := range append(titleRe.FindAllString(text, -1), numberRe.FindAllString(text, -1)...) {
		if !strings.Contains(names.String(), Plain(whoseRe.ReplaceAllString(m, ""))) {
			return false
		}
	}
	return true
}

// verifyMarks checks the text of a model's answer once more: every line has marks and
// each names a citation.
func verifyMarks(a Answer) error {
	for _, line := range lines(a.Text) {
		if _, _, ok := marksOf(line, len(a.Citations)); !ok {
			return fmt.Errorf("knowledge: a sentence without ground among %d citations", len(a.Citations))
		}
	}
	return nil
}

// identities are passages by what they are and what they say.
func identities(hits []Hit) string {
	var s strings.Builder
	for _, h := range hits {
		fmt.Fprintf(&s, "%d:%s:%s;", h.ID, h.Hash, digest(h.Text))
	}
	return s.String()
}

func digest(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s", len(p), p)
	}
	return hex.EncodeToString(h.Sum(nil))
}
