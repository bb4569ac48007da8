package risk

import (
	"slices"
)

type exampleLibrary struct {
	Families []exampleFamily `json:"families"`
	Generic  []string        `json:"generic"`
	Ethics   []string        `json:"ethics"`
}

type exampleFamily struct {
	Code     string   `json:"code"`
	Words    []string `json:"words"`
	Examples []string `json:"examples"`
}

// Examples offers three third-person examples near the post and node (举例). They show
// how a point reads; submitting one unchanged is caught by L9.
func Examples(p *Pack, post Post, node Node) []string {
	lib := examples()
	best, score := -1, 0
	for i, f := range lib.Families {
		s := 3*runes(found(post.Name, f.Words)) + 2*runes(found(node.Name, f.Words)) + runes(found(node.Item, f.Words))
		if post.Stratum == StratumLeader && f.Code == "leader" {
			s += 20
		}
		if s > score {
			best, score = i, s
		}
	}
	var out []string
	if best >= 0 {
		out = append(out, lib.Families[best].Examples...)
	}
	for _, g := range lib.Generic {
		if len(out) < 3 {
			out = append(out, g)
		}
	}
	return slices.Clip(out[:3])
}

func allExamples() []string {
	lib := examples()
	out := slices.Concat(lib.Generic, lib.Ethics)
	for _, f := range lib.Families {
		out = append(out, f.Examples...)
	}
	return out
}
