package risk

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// least is how many characters make a clause that says something.
const least = 4

// narrowed puts the person's own words on one step. Only whole clauses stay: one that
// loses a set phrase out of its middle is no sentence any more. Where no clean clause
// with an action is left, the rewrite is a frame with a gap (Hint.Gap).
func (l *linter) narrowed(rule string, node Node) string {
	if node.Name == "" {
		return ""
	}
	q := l.p.Quality
	said := firstNonEmpty(append(slices.Clone(l.pt.Manifestations), l.pt.Title)...)
	rest := withoutNode(q.cleanClauses(said), node.Name)
	long := utf8.RuneCountInString(rest) >= least
	switch {
	case rule == "L1" && long:
		return fill(q.Rewrite["L1"], "node", node.Name, "text", rest)
	case rule != "L1" && long && q.acts(rest):
		return fill(q.Rewrite[rule], "node", node.Name, "text", rest)
	case rule == "L3":
		if topic := q.topic(said); topic != "" && topic != node.Name {
			return fill(q.Rewrite["L3.bare"], "node", node.Name, "text", topic)
		}
	}
	return fill(q.Rewrite["L1.bare"], "node", node.Name)
}

// clauses splits a text behind each mark that ends a clause.
func clauses(said string) []string {
	return clausesOf(said, []string{"，", ",", "。", "；", ";", "！", "!", "？", "?", "\n"})
}

// cleanClauses are the clauses of a text that stand without its set phrases.
func (q QualityRules) cleanClauses(said string) string {
	var kept []string
	for _, c := range clauses(said) {
		whole := trimMarks(c)
		clean := q.cleanClause(whole)
		if clean == "" {
			continue
		}
		if len(kept) == 0 {
			clean = q.withoutLead(clean)
		}
		if mark := c[strings.Index(c, whole)+len(whole):]; clean != "" {
			kept = append(kept, clean, mark)
		}
	}
	for len(kept) > 0 && hasSuffixAny(kept[len(kept)-2], words().RewriteEnds) {
		kept = kept[:len(kept)-2]
	}
	return trimMarks(strings.Join(kept, ""))
}

// cleanClause is what is left of one clause, or "" when it would be a scrap. Stock
// phrases stand at its ends, scope words before its predicate or behind everything.
func (q QualityRules) cleanClause(c string) string {
	whole := c
	for again := true; again; {
		again = false
		for _, w := range found(c, words().StockPhrases) {
			if short := strings.TrimPrefix(strings.TrimSuffix(c, w), w); short != c {
				c, again = trimMarks(short), true
			}
		}
	}
	if head, tail, ok := q.atScope(c); ok {
		if c = q.withoutLead(tail); c == "" {
			c = q.withoutLead(head)
		}
	}
	switch {
	case c == whole && !containsAny(c, q.Vague):
		return c
	case containsAny(c, q.Vague), containsAny(c, words().StockPhrases), utf8.RuneCountInString(c) < least,
		!q.acts(c), hasSuffixAny(c, words().RewriteEnds):
		return ""
	}
	return c
}

// atScope splits a clause before its first and behind its last scope word.
func (q QualityRules) atScope(c string) (head, tail string, ok bool) {
	// masked keeps the number of characters, so positions in it are counted in them.
	said, from, to := []rune(c), -1, 0
	seen := masked(c, q.NotScope)
	for _, w := range found(seen, q.Scope) {
		i, j := strings.Index(seen, w), strings.LastIndex(seen, w)
		first, last := utf8.RuneCountInString(seen[:i]), utf8.RuneCountInString(seen[:j+len(w)])
		if from < 0 || first < from {
			from = first
		}
		to = max(to, last)
	}
	if from < 0 {
		return c, "", false
	}
	return trimMarks(string(said[:from])), trimMarks(string(said[to:])), true
}

// topic is what a scope word spoke of: 工程建设 of 在工程建设领域.
func (q QualityRules) topic(said string) string {
	for _, c := range clauses(said) {
		head, _, ok := q.atScope(trimMarks(c))
		head = strings.TrimPrefix(head, words().In)
		for _, and := range words().SplitMarks {
			head = strings.TrimSuffix(head, and)
		}
		n := utf8.RuneCountInString(head)
		if ok && n >= 2 && n <= 16 && !containsAny(head, q.Vague) && !containsAny(head, words().StockPhrases) {
			return head
		}
	}
	return ""
}

// withoutLead takes a connective off that nothing stands before any more.
func (q QualityRules) withoutLead(c string) string {
	for again := true; again && !hasPrefixAny(c, q.Verbs); {
		again = false
		for _, w := range words().RewriteLead {
			if short, ok := strings.CutPrefix(c, w); ok {
				c, again = trimMarks(short), true
				break
			}
		}
	}
	return c
}

// withoutNode takes the step's name off the beginning, because the rewrite names it.
func withoutNode(s, node string) string {
	rest, ok := strings.CutPrefix(strings.TrimPrefix(s, words().In), node)
	if !ok {
		return s
	}
	for _, w := range words().NodeAfter {
		if short, ok := strings.CutPrefix(rest, w); ok {
			return trimMarks(short)
		}
	}
	return trimMarks(rest)
}
