package notice

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Plain is a point told to citizens: what may go wrong at this post, and what is done
// against it.
type Plain struct {
	Lead    string   // 办理“…”走到“…”这一步时，可能出现：
	Risks   []string // a sentence each
	Guards  []string // a sentence each
	Monitor string   // who watches; "" where the mask closed it
}

// Plain puts the point into sentences without the words of the trade (mask.json has the
// list). It tells nothing that the snapshot does not hold.
func (p Point) Plain() Plain {
	r := ruled().Plain
	var out Plain
	switch {
	case p.Item != "" && p.Node != "":
		out.Lead = fmt.Sprintf(r.Step, r.say(p.Item), r.say(p.Node))
	case p.Item != "":
		out.Lead = fmt.Sprintf(r.Item, r.say(p.Item))
	case p.Post != "":
		out.Lead = fmt.Sprintf(r.Post, p.Post)
	default:
		out.Lead = r.Bare
	}
	risks := p.Shapes
	if len(risks) == 0 && p.Title != "" {
		risks = []string{p.Title}
	}
	for _, s := range risks {
		out.Risks = append(out.Risks, sentence(r.say(s)))
	}
	for _, m := range p.Measures {
		var more []string
		if m.Who != "" {
			more = append(more, fmt.Sprintf(r.Who, r.say(m.Who)))
		}
		if m.Frequency != "" && !strings.Contains(m.Text, m.Frequency) {
			more = append(more, fmt.Sprintf(r.Frequency, m.Frequency))
		}
		if m.Evidence != "" {
			more = append(more, fmt.Sprintf(r.Evidence, r.say(m.Evidence)))
		}
		line := sentence(r.say(m.Text))
		if len(more) > 0 {
			line = strings.TrimSuffix(line, "。") + "（" + strings.Join(more, "，") + "）。"
		}
		out.Guards = append(out.Guards, line)
	}
	if p.Monitor != "" {
		out.Monitor = fmt.Sprintf(r.Monitor, r.say(p.Monitor))
	}
	return out
}

// say replaces jargon, the longer words first.
func (r plainRules) say(s string) string {
	var words []string
	for w := range r.Words {
		words = append(words, w)
	}
	slices.SortFunc(words, func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b)) })
	for _, w := range words {
		s = strings.ReplaceAll(s, w, r.Words[w])
	}
	return s
}

// sentence ends with one full stop.
func sentence(s string) string { return strings.TrimRight(s, "。；;.， ,") + "。" }
