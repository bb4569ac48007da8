package risk

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Validate checks that a pack can be used. Every fault is named with its field, all of
// them at once, so that whoever edited a copy can mend it in one go.
func (p *Pack) Validate() error {
	var faults []error
	bad := func(field, format string, args ...any) {
		faults = append(faults, fmt.Errorf("rule pack %q: %s: %s", p.Code, field, fmt.Sprintf(format, args...)))
	}
	need := func(field, v string) {
		if strings.TrimSpace(v) == "" {
			bad(field, "is empty")
		}
	}
	need("code", p.Code)
	need("name", p.Name)
	need("version", p.Version)
	if p.MeasuresDue != measuresWithPoints && p.MeasuresDue != measuresLater {
		bad("measures_due", "%q is neither %s nor %s", p.MeasuresDue, measuresWithPoints, measuresLater)
	}
	if p.SoftCap < 1 {
		bad("soft_cap", "must be at least 1")
	}
	if p.WithdrawMinutes < 1 {
		bad("withdraw_minutes", "must be at least 1")
	}
	if p.ReviewDays < 1 {
		bad("review_days", "must be at least 1")
	}
	if p.CardHours < 1 || p.CardHours > 72 {
		bad("card_hours", "must be 1…72: a card cannot be updated later")
	}
	if len(p.Quick) == 0 {
		bad("quick_return_reasons", "is empty")
	}

	p.validateCategories(bad, need)
	p.validateLevels(bad, need)
	p.validateChains(bad, need)
	p.validateQuality(bad, need)

	if len(p.Methods) == 0 {
		bad("methods", "is empty")
	}
	for i, m := range p.Methods {
		need(fmt.Sprintf("methods[%d].label", i), m.Label)
	}
	for _, m := range []Misuse{Benefit, Stall, Shield, Leak, Careless} {
		if p.MisuseLabel(m) == "" {
			bad("misuses", "%s has no label", m)
		}
	}
	if len(p.Forms) == 0 {
		bad("forms", "is empty")
	}
	for i, f := range p.Forms {
		need(fmt.Sprintf("forms[%d].code", i), f.Code)
		need(fmt.Sprintf("forms[%d].name", i), f.Name)
	}
	return errors.Join(faults...)
}

type faultFn func(field, format string, args ...any)

func (p *Pack) validateCategories(bad faultFn, need func(string, string)) {
	canonical := []Category{Duty, Institution, Ethics, Process, External}
	if len(p.Categories) == 0 {
		bad("categories", "is empty")
		return
	}
	seen := map[string]string{}
	for i, d := range p.Categories {
		at := fmt.Sprintf("categories[%d]", i)
		if !slices.Contains(canonical, d.Code) {
			bad(at+".code", "%q is not a canonical category", d.Code)
		}
		need(at+".label", d.Label)
		need(at+".question", d.Question)
		need(at+".definition", d.Definition)
		need(at+".effective", d.Effective)
		if !strings.Contains(d.Why, "{words}") {
			bad(at+".why", "must hold {words}")
		}
		if len(d.Words) == 0 {
			bad(at+".words", "is empty")
		}
		for _, l := range d.Layers {
			if l != LayerPost && l != LayerSection && l != LayerUnit {
				bad(at+".layers", "%q is not a layer", l)
			}
		}
		for _, name := range append([]string{d.Label, string(d.Code)}, d.Aliases...) {
			if other, ok := seen[name]; ok && other != at {
				bad(at+".aliases", "%q already names %s", name, other)
			}
			seen[name] = at
		}
	}
	for _, c := range canonical {
		if p.CategoryLabel(c) == "" {
			bad("categories", "%s is neither listed nor folded into another one", c)
		}
	}
	if len(p.CategoriesFor(LayerPost)) == 0 {
		bad("categories", "none is allowed for posts")
	}
}

func (p *Pack) validateLevels(bad faultFn, need func(string, string)) {
	for _, l := range []Level{L1, L2, L3} {
		if p.LevelLabel(l) == "" {
			bad("levels", "%s has no label", l)
		}
		if p.LevelCriteria(l) == "" {
			bad("levels", "%s has no criteria", l)
		}
		if len(p.MonitorRule[l]) == 0 {
			bad("monitors", "%s has no monitor", l)
		}
		for i, m := range p.MonitorRule[l] {
			need(fmt.Sprintf("monitors.%s[%d].role", l, i), string(m.Role))
			need(fmt.Sprintf("monitors.%s[%d].name", l, i), m.Name)
		}
	}
	if len(p.MonitorRule[L1]) < 2 {
		bad("monitors", "L1 needs two monitors")
	}
	rows := p.Factors.Rows
	if len(rows) == 0 {
		bad("factors.rows", "is empty")
		return
	}
	ids := map[string]bool{}
	for i, r := range rows {
		at := fmt.Sprintf("factors.rows[%d]", i)
		need(at+".id", r.ID)
		need(at+".reason", r.Reason)
		if rank(r.Level) == 0 {
			bad(at+".level", "%q is not L1, L2 or L3", r.Level)
		}
		if ids[r.ID] {
			bad(at+".id", "%q is used twice", r.ID)
		}
		ids[r.ID] = true
	}
	if last := rows[len(rows)-1]; !last.When.holds(Factors{}) {
		bad("factors.rows", "the last row must hold for everything, so that every point gets a level")
	}
	if d := p.Factors.Defaults; len(d) == 0 || !d[len(d)-1].When.holds(Factors{}) {
		bad("factors.defaults", "the last row must hold for everything")
	}
	for i, d := range p.Factors.Defaults {
		if d.Likelihood < 1 || d.Likelihood > 3 || d.Harm < 1 || d.Harm > 3 {
			bad(fmt.Sprintf("factors.defaults[%d]", i), "likelihood and harm must be 1…3")
		}
	}
	for _, t := range []PowerTag{TagPeople, TagMoney, TagGoods, TagEnforce, TagPermit} {
		if w, ok := p.Factors.Tags[t]; !ok || w < 0 || w > 3 {
			bad("factors.tags", "%s needs a weight of 0…3", t)
		}
	}
}

func (p *Pack) validateChains(bad faultFn, need func(string, string)) {
	for _, code := range []string{"post", "head", "leader", "principal", "office", "office_head"} {
		if _, ok := p.Chain(code); !ok {
			bad("chains", "%s is missing", code)
		}
	}
	for _, c := range p.Chains {
		at := "chains." + c.Code
		need(at+".name", c.Name)
		if c.Index(c.Resume) < 0 {
			bad(at+".resume", "%q is not one of its steps", c.Resume)
		}
		if len(c.Steps) == 0 || c.Steps[len(c.Steps)-1].Code != StepGroup {
			bad(at+".steps", "the last step must be %s: levels are set there", StepGroup)
		}
		seen := map[string]bool{}
		for i, s := range c.Steps {
			step := fmt.Sprintf("%s.steps[%d]", at, i)
			need(step+".role", string(s.Role))
			need(step+".label", s.Label)
			if seen[s.Code] {
				bad(step+".code", "%q comes twice", s.Code)
			}
			seen[s.Code] = true
			if !slices.Contains([]string{StepMutual, StepSection, "leader", "discipline", "principal", "team", "filing", StepGroup}, s.Code) {
				bad(step+".code", "%q is not a step", s.Code)
			}
			if !slices.Contains([]string{ByRows, ByCard, ByMeeting}, s.By) {
				bad(step+".by", "%q is not rows, card or meeting", s.By)
			}
			if s.Code == StepGroup && !s.NeedsMeeting {
				bad(step+".needs_meeting", "grading needs a meeting record")
			}
			if s.Code == StepGroup && i != len(c.Steps)-1 {
				bad(step+".code", "%s must be last", StepGroup)
			}
		}
	}
}

func (p *Pack) validateQuality(bad faultFn, need func(string, string)) {
	q := p.Quality
	if q.Similarity <= 0 || q.Similarity > 1 {
		bad("quality.similarity", "must be above 0 and at most 1")
	}
	if q.SharedMax < 1 {
		bad("quality.shared_max", "must be at least 1")
	}
	for _, key := range []string{"L1", "L2", "L3", "L3.nodes", "L4", "L5", "L6", "L7", "L8", "L8.slogan", "L9", "L10", "L10.gap", "L11", "L12.many", "L12.none", "L12.high", "L12.low", "L13", "T1", "T2", "T3"} {
		need("quality.say."+key, q.Say[key])
	}
	for _, key := range []string{"L1", "L1.bare", "L2", "L3", "L3.bare", "L5", "L6", "L8"} {
		need("quality.rewrite."+key, q.Rewrite[key])
	}
	for _, list := range []struct {
		name  string
		words []string
	}{{"vague", q.Vague}, {"scope", q.Scope}, {"verbs", q.Verbs}, {"slogans", q.Slogans}} {
		if len(list.words) == 0 {
			bad("quality."+list.name, "is empty")
		}
	}
}
