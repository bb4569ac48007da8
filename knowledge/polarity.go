package knowledge

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// stance is what a clause says one must, may or may not do.
type stance struct{ forbids, obliges, permits, spares bool }

var (
	forbidsRe  = regexp.MustCompile(`不得|禁止|严禁|不准|不许|不允许|不可以|不可|不能|不应|不宜|无权|不予|一律不|切勿|杜绝`)
	sparesRe   = regexp.MustCompile(`无需|不需要|不需|不必|不用|无须|毋须|免予|免于|可以不|可不`)
	obligesRe  = regexp.MustCompile(`应当|必须|应该|须|需要|务必|应[^急用对]|要求`)
	permitsRe  = regexp.MustCompile(`可以|允许|有权|得以|能够|可[由在向以按]|能[由在]`)
	negatesRe  = regexp.MustCompile(`不得|禁止|严禁|不准|不许|不允许|不可以|不可|不能|不应|不宜|无权|不予|无需|不需要|不必|不用|没有|尚未|并非|不是|不属于|不包括|不|未|无|非`)
	tightNotRe = regexp.MustCompile(`(不得|不准|不许|不予|不能|不应|未|无|不)(\p{Han}{2})`)
	piecesRe   = regexp.MustCompile(`[，,；;。！？!?：:\n]+`)
	idleNotRe  = regexp.MustCompile(`不仅|不但|不同|不断|不少于|不低于|不超过|不满|不足|不管|不论|无论|不定期|不良|不正当|不当|不到位|非常|非公有|未来|无关|不法|不廉|不规范`)
)

func stanceOf(s string) stance {
	s = idleNotRe.ReplaceAllString(s, "")
	spares := sparesRe.MatchString(s)
	s = sparesRe.ReplaceAllString(s, "")
	forbids := forbidsRe.MatchString(s)
	s = forbidsRe.ReplaceAllString(s, "")
	return stance{forbids, obligesRe.MatchString(s), permitsRe.MatchString(s), spares}
}

// clash reports whether a claim takes another stance than what it cites.
func (s stance) clash(by stance) bool {
	switch {
	case s.permits && !by.permits && (by.forbids || by.obliges):
		return true
	case s.obliges && !by.obliges && (by.permits || by.spares):
		return true
	case s.obliges && !s.forbids && by.forbids && !by.obliges:
		return true
	case s.spares && !by.spares && (by.obliges || by.forbids):
		return true
	case s.forbids && !by.forbids:
		return true
	}
	return false
}

// contradicts reports whether a claim turns what it cites around: clause by clause it
// permits what is forbidden, forbids what is not, or denies what is said.
func contradicts(text, by string) bool {
	theirs := pieces(by)
	for _, mine := range pieces(text) {
		content := gist(mine)
		if len(content) == 0 {
			continue
		}
		best, at := 0.0, ""
		for i, t := range theirs {
			// A stance may stand in the piece before: 领导干部不得有下列行为：收受礼金.
			if share := covered(content, gist(t)); share > best {
				best, at = share, t
				if i > 0 && forbidsRe.MatchString(theirs[i-1]) && strings.Contains(by, theirs[i-1]+"：") {
					at = theirs[i-1] + t
				}
			}
		}
		if at == "" {
			continue
		}
		if stanceOf(mine).clash(stanceOf(at)) || lostNot(mine, at) || lostNot(at, mine) {
			return true
		}
	}
	denied, said := polarity(text)
	theyDeny, theySay := polarity(by)
	return turned(said, theyDeny, theySay) || turned(denied, theySay, theyDeny)
}

// lostNot reports whether b says what a denies with a word right before it: 逾期登记,
// where a has 逾期不登记.
func lostNot(a, b string) bool {
	for _, m := range tightNotRe.FindAllStringSubmatch(idleNotRe.ReplaceAllString(a, " "), -1) {
		not, word := m[1], m[2]
		said := strings.Count(b, word)
		if said > 0 && strings.Count(a, word) == strings.Count(a, not+word) && said > strings.Count(negatesRe.ReplaceAllString(b, "不"), "不"+word) {
			return true
		}
	}
	return false
}

// turned reports whether half of one side's content stands on the other side only.
func turned(mine, other, same map[string]bool) bool {
	n := 0
	for t := range mine {
		if other[t] && !same[t] {
			n++
		}
	}
	return n >= 2 && 2*n >= len(mine)
}

func pieces(s string) []string {
	return slices.DeleteFunc(piecesRe.Split(s, -1), func(p string) bool { return strings.TrimSpace(p) == "" })
}

// polarity parts a text's content into what is denied, from a negation to the end of
// its piece, and what is said.
func polarity(s string) (denied, said map[string]bool) {
	denied, said = map[string]bool{}, map[string]bool{}
	for _, p := range pieces(idleNotRe.ReplaceAllString(s, " ")) {
		at := negatesRe.FindStringIndex(p)
		if at == nil {
			for t := range pairs(p) {
				said[t] = true
			}
			continue
		}
		for t := range pairs(p[:at[0]]) {
			said[t] = true
		}
		for t := range pairs(p[at[1]:]) {
			denied[t] = true
		}
	}
	return denied, said
}

// pairs are the pairs of Han characters alone.
func pairs(s string) map[string]bool {
	out := gist(s)
	for t := range out {
		if strings.ContainsFunc(t, func(r rune) bool { return !unicode.Is(unicode.Han, r) }) || len([]rune(t)) < 2 {
			delete(out, t)
		}
	}
	return out
}

// conflict reports whether two sentences on the same matter say different things: other
// numbers with the same unit, or another stance.
func conflict(a, b string) bool {
	ga, gb := gist(a), gist(b)
	if max(covered(ga, gb), covered(gb, ga)) < 0.5 {
		return false
	}
	if differ(facts(a, true), facts(b, true)) {
		return true
	}
	return contradicts(a, b) && contradicts(b, a)
}

// differ reports whether each side states a quantity that the other does not, in a
// unit that both use.
func differ(a, b []fact) bool {
	only := func(x, y []fact) map[string]bool {
		units := map[string]bool{}
		for _, f := range x {
			if (f.kind == "qty" || f.kind == "pct") && !slices.Contains(y, f) {
				units[f.kind+f.unit] = true
			}
		}
		return units
	}
	mine, theirs := only(a, b), only(b, a)
	for u := range mine {
		if theirs[u] {
			return true
		}
	}
	return false
}
