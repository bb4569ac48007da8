package knowledge

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

const (
	// coveredAt is how much of a sentence's content its passages must hold.
	coveredAt = 0.6
	// supportAt is how much of the best covering sentence's share another sentence
	// needs to be quoted with it.
	supportAt = 0.3
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
	wideRe  = regexp.MustCompile(`[［【]\s*([0-9]{1,3}(?:\s*[,，、]\s*[0-9]{1,3})*)\s*[］】]`)
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
	said = thinkRe.ReplaceAllString(said, "")
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
	content := gist(text)
	if !ok || len(content) == 0 || strayRe.MatchString(fold(text)) {
		return claim{}, false
	}
	var by []fact
	source := map[string]bool{}
	var quoted []string
	c := claim{text: text, marks: marks, support: map[int]span{}}
	for _, n := range marks {
		p := passages[n-1].Passage
		head := strings.Join(append([]string{p.Document.Title, p.Document.Number, p.Article}, p.Path...), "\n")
		by = append(append(by, facts(p.Text, false)...), facts(head, false)...)
		for t := range gist(p.Text) {
			source[t] = true
		}
		for t := range gist(head) {
			source[t] = true
		}
		at, share := supporting(content, p)
		if share == 0 {
			return claim{}, false // the mark is an ornament
		}
		quote := at.of([]rune(p.Text))
		if strayRe.MatchString(fold(quote)) {
			return claim{}, false // the passage says it to a machine, not to a reader
		}
		c.support[n] = at
		quoted = append(quoted, quote)
	}
	if covered(content, source) < coveredAt {
		return claim{}, false
	}
	if _, bad := unsupported(text, by); bad {
		return claim{}, false
	}
	if contradicts(text, strings.Join(quoted, "\n")) {
		return claim{}, false
	}
	return c, true
}

// supporting is the stretch of a passage whose sentences bear a claim, and the share
// of the claim that the best of them holds.
func supporting(content map[string]bool, p Passage) (at span, best float64) {
	rs := []rune(p.Text)
	all := sentences(rs)
	share := make([]float64, len(all))
	for i, sp := range all {
		share[i] = covered(content, gist(sp.of(rs)))
		if share[i] > best {
			best, at = share[i], sp
		}
	}
	if best == 0 {
		return at, 0
	}
	for i, sp := range all { // a claim may join two sentences
		if share[i] >= 2*supportAt*best && share[i] >= supportAt {
			at.Start, at.End = min(at.Start, sp.Start), max(at.End, sp.End)
		}
	}
	return at, best
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
