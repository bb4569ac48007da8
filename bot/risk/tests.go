package risk

import (
	"slices"
	"strings"
)

// TestResult is the outcome of the three tests (三项检验, DOMAIN.md §7.2). Ask is the one
// question to put when a test failed, Rule its id (T1…T3); both are empty when all hold.
type TestResult struct {
	Effective   bool // 有效性: a known way would make it smaller
	Preventable bool // 可制定措施: a measure could start now; else it is a 风险面
	Assessable  bool // 可考核: something will show that it was done
	Ask         string
	Rule        string
}

// OK reports whether all three hold.
func (r TestResult) OK() bool { return r.Effective && r.Preventable && r.Assessable }

// Lack is what a point misses before anybody may confirm it.
type Lack string

const (
	LackNode    Lack = "node"    // it hangs on no step
	LackMeasure Lack = "measure" // measures are due with the points and none can be assessed
)

// Lacks reports what a point misses before it may be confirmed, or "". Unlike a hint it
// cannot be passed over with a reason.
func (p *Pack) Lacks(pt Point) Lack {
	assessable := func(m Measure) bool { return strings.TrimSpace(m.Text) != "" && m.Evidence != "" }
	switch {
	case pt.Node.ID == 0 && pt.Node.Name == "":
		return LackNode
	case p.MeasuresWithPoints() && !slices.ContainsFunc(pt.Measures, assessable):
		return LackMeasure
	}
	return ""
}

// Tests runs the three tests from what is written; it asks nothing that already holds.
// The second and third run only when measures are due.
func Tests(p *Pack, pt Point, c Context) TestResult {
	q := p.Quality
	text := pointText(pt)
	acts := q.acts(text)
	scope := containsAny(masked(text, q.NotScope), q.Scope)
	kept := pt.KeepReason != ""

	r := TestResult{Effective: true, Preventable: true, Assessable: true}
	misuse := pt.Misuse
	if misuse == "" {
		misuse = GuessMisuse(text)
	}
	switch {
	case kept:
	case misuse == Careless, !acts && !scope:
		r.Effective = false
	case pt.Node.ID == 0 && pt.Node.Name == "" && !scope:
		r.Effective = false
	}
	if c.MeasuresDue && !kept {
		real, shown := 0, 0
		for _, m := range pt.Measures {
			if !slogan(p, m) && strings.TrimSpace(m.Text) != "" {
				real++
			}
			if m.Evidence != "" {
				shown++
			}
		}
		wide := scope && !acts
		r.Preventable = real > 0 && !wide
		r.Assessable = shown > 0 && !wide
	}
	switch {
	case !r.Effective:
		cat, ok := p.Category(pt.Category)
		if !ok && len(p.Categories) > 0 {
			cat = p.Categories[0]
		}
		r.Rule, r.Ask = "T1", fill(q.Say["T1"], "ask", cat.Effective)
	case !r.Preventable:
		r.Rule, r.Ask = "T2", q.Say["T2"]
	case !r.Assessable:
		r.Rule, r.Ask = "T3", q.Say["T3"]
	}
	return r
}
