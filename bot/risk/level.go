package risk

import (
	"slices"
	"strconv"
	"strings"
)

// TagFactors reads power, discretion and money link from the post's tags and stratum
// and from the words of the node and the manifestation. Likelihood and harm stay zero:
// they come from section review, and until then the pack's defaults apply (系统初评).
func TagFactors(p *Pack, post Post, node Node, text string) Factors {
	var f Factors
	weighty := 0
	for _, t := range postTags(p, post, node) {
		if w := p.Factors.Tags[t]; w > 0 {
			f.Power = max(f.Power, w)
			weighty++
		}
	}
	if weighty > 1 {
		f.Power++
	}
	f.Power = max(f.Power, p.Factors.Stratum[post.Stratum])

	where := node.Item + " " + node.Name
	var caps []Cap
	for _, w := range p.Factors.Words {
		look := where
		if w.InText {
			look += " " + text
		}
		if !containsAny(look, w.Words) {
			continue
		}
		f.Power = max(f.Power, w.Power)
		f.Discretion = max(f.Discretion, w.Discretion)
		f.Money = max(f.Money, w.Money)
		if w.Cap != nil {
			caps = append(caps, *w.Cap)
		}
	}
	for _, c := range caps {
		f.Power, f.Discretion, f.Money = capped(f.Power, c.Power), capped(f.Discretion, c.Discretion), capped(f.Money, c.Money)
	}
	f.Power, f.Discretion, f.Money = min(f.Power, 3), min(f.Discretion, 2), min(f.Money, 2)
	return f
}

func capped(v int, limit *int) int {
	if limit == nil {
		return v
	}
	return min(v, *limit)
}

// postTags are the post's 权力标签, or, when nobody tagged it, what its work speaks of.
func postTags(p *Pack, post Post, node Node) []PowerTag {
	// Tags without a weight (涉密) say how a post reports, not what it may decide.
	own := slices.DeleteFunc(slices.Clone(post.Tags), func(t PowerTag) bool { return p.Factors.Tags[t] == 0 })
	if len(own) > 0 {
		return own
	}
	where := post.Name + " " + node.Item + " " + node.Name
	var out []PowerTag
	for _, t := range p.Factors.Infer {
		if containsAny(where, t.Words) && !slices.Contains(out, t.Tag) {
			out = append(out, t.Tag)
		}
	}
	return out
}

// FactorsReason says in one line where the factors come from, naming the tags.
func FactorsReason(p *Pack, post Post, node Node, f Factors) string {
	name := p.Factors.Names
	tags := postTags(p, post, node)
	var list string
	for _, t := range tags {
		list += "【" + string(t) + "】"
	}
	var parts []string
	switch {
	case len(tags) > 0 && slices.Contains(post.Tags, tags[0]):
		parts = append(parts, fill(name["tags"], "tags", list))
	case len(tags) > 0:
		parts = append(parts, fill(name["inferred"], "tags", list))
	case post.Stratum == StratumLeader:
	default:
		parts = append(parts, name["none"])
	}
	if post.Stratum == StratumLeader {
		parts = append(parts, name["leader"])
	}
	switch f.Money {
	case 2:
		parts = append(parts, name["money2"])
	case 1:
		parts = append(parts, name["money1"])
	}
	switch f.Discretion {
	case 2:
		parts = append(parts, name["discretion2"])
	case 1:
		parts = append(parts, name["discretion1"])
	default:
		parts = append(parts, name["plain"])
	}
	if f.Likelihood > 0 && f.Harm > 0 {
		parts = append(parts, fill(name["section"], "l", strconv.Itoa(f.Likelihood), "h", strconv.Itoa(f.Harm)))
	} else {
		parts = append(parts, name["default"])
	}
	return strings.Join(parts, "；")
}

// Suggest evaluates the pack's table in order (DOMAIN.md §7.4): the first row whose
// condition holds gives the level. The same factors always give the same answer.
func Suggest(p *Pack, f Factors) Suggestion {
	if f.Likelihood == 0 || f.Harm == 0 {
		for _, d := range p.Factors.Defaults {
			if d.When.holds(f) {
				if f.Likelihood == 0 {
					f.Likelihood = d.Likelihood
				}
				if f.Harm == 0 {
					f.Harm = d.Harm
				}
				break
			}
		}
	}
	for _, r := range p.Factors.Rows {
		if r.When.holds(f) {
			return Suggestion{Level: r.Level, Rule: r.ID, Reason: r.Reason}
		}
	}
	return Suggestion{Level: L3}
}

func (c Condition) holds(f Factors) bool {
	if c.ThreeYears && !f.ThreeYears {
		return false
	}
	if f.Power < c.Power || f.Discretion < c.Discretion || f.Money < c.Money || f.Likelihood < c.Likelihood || f.Harm < c.Harm {
		return false
	}
	return len(c.Any) == 0 || slices.ContainsFunc(c.Any, func(a Condition) bool { return a.holds(f) })
}

// rank orders levels: 1 is L1. Unknown levels are 0.
func rank(l Level) int {
	switch l {
	case L1:
		return 1
	case L2:
		return 2
	case L3:
		return 3
	}
	return 0
}

func levelAt(rank int) Level {
	return []Level{L1, L2, L3}[min(max(rank, 1), 3)-1]
}
