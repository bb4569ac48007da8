package risk

import (
	"strings"
	"unicode/utf8"
)

// Classify guesses the category of a manifestation from the pack's words and says which
// words spoke for it. It is a suggestion: the person confirms or changes it. A text
// without any such word is first held for the pack's first category (what the post does).
func Classify(p *Pack, text string, node Node) (Category, string) {
	best, score := 0, 0
	var why []string
	for i, d := range p.Categories {
		hits := found(text, d.Words)
		s := 0
		for _, h := range hits {
			s += utf8.RuneCountInString(h)
		}
		// The node only breaks a silence, never a statement.
		if s == 0 && node.Name != "" {
			if hits = found(node.Name, d.Words); len(hits) > 0 && score == 0 {
				s = 1
			}
		}
		if s > score {
			best, score, why = i, s, hits
		}
	}
	if len(p.Categories) == 0 {
		return Duty, ""
	}
	d := p.Categories[best]
	if score == 0 {
		return d.Code, say("why.none")
	}
	if len(why) > 2 {
		why = why[:2]
	}
	if score == 1 {
		return d.Code, say("why.node", "node", node.Name)
	}
	return d.Code, fill(d.Why, "words", strings.Join(why, "、"))
}

// GuessMisuse guesses what the weak spot could be used for. Careless is answered only
// when the text speaks of slips alone: inaction, delay and disorder that open the door
// to abuse are integrity risks, too.
func GuessMisuse(text string) Misuse {
	best, score := Misuse(""), 0
	careless := false
	for _, d := range basePack().MisuseDefs {
		s := 0
		for _, h := range found(text, d.Words) {
			s += utf8.RuneCountInString(h)
		}
		if d.Code == Careless {
			careless = s > 0
			continue
		}
		if s > score {
			best, score = d.Code, s
		}
	}
	switch {
	case score > 0:
		return best
	case careless:
		return Careless
	default:
		return Benefit
	}
}
