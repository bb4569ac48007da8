package web

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/plan"
	"qingfeng/bot/text"
	"qingfeng/handlers"
)

// What a duty's day hangs on, as the form sends it.
const (
	byDate   = "date"
	byAnchor = "anchor:"
	byStage  = "stage:" // code:edge
)

// Limits of a plan: it is read on a phone.
const (
	planNameMax   = 40 // characters
	planOffsetMax = 366
	planDutiesMax = 80
)

func byValue(r plan.Rule) string {
	switch r.Kind {
	case plan.RuleAnchor:
		return byAnchor + r.Anchor
	case plan.RuleStage:
		edge := r.Edge
		if edge == "" {
			edge = "until"
		}
		return byStage + r.Stage + ":" + edge
	default:
		return byDate
	}
}

// planForm is what was typed into a plan's page.
type planForm struct {
	name    string
	anchors []typedAnchor
	stages  []typedStage
	duties  []typedDuty
	added   addedDuty
	err     string // the first field that cannot be read
}

type typedAnchor struct{ name, on string }

type typedStage struct{ name, from, until string }

type typedDuty struct {
	name, by, on string
	n            int
	unit         plan.Unit
	drop         bool
}

// addedDuty is a filing duty to be added; empty Name: none.
type addedDuty struct {
	Name, Stage, On string
	Owner, Receiver bot.Role
}

// readPlan reads the form. Its fields are numbered as the draft's parts; what the form
// does not send stays as it is.
func readPlan(v *visit, p plan.Draft) planForm {
	f := planForm{name: text.Clip(v.value("name"), planNameMax)}
	if f.name == "" {
		f.name = p.Name
	}
	named := func(key, was string) string {
		if got := text.Clip(v.value(key), planNameMax); got != "" {
			return got
		}
		return was
	}
	sent := func(key string, was string) string {
		if _, there := v.r.PostForm[key]; there {
			return v.value(key)
		}
		return was
	}
	for i, a := range p.Anchors {
		f.anchors = append(f.anchors, typedAnchor{named(fmt.Sprintf("a%d_name", i), a.Name), sent(fmt.Sprintf("a%d_on", i), isoDay(a.On))})
	}
	for i, s := range p.Stages {
		f.stages = append(f.stages, typedStage{
			named(fmt.Sprintf("s%d_name", i), s.Name), sent(fmt.Sprintf("s%d_from", i), isoDay(s.FromOn)), sent(fmt.Sprintf("s%d_until", i), isoDay(s.UntilOn)),
		})
	}
	for i, u := range p.Duties {
		at := func(part string) string { return fmt.Sprintf("d%d_%s", i, part) }
		t := typedDuty{
			name: named(at("name"), u.Name), by: sent(at("by"), byValue(u.Due)), on: sent(at("on"), isoDay(u.DueOn)),
			n: u.Due.N, unit: plan.Unit(sent(at("unit"), string(u.Due.Unit))), drop: v.value(at("drop")) != "" && u.Kind != plan.KindSelfCheck,
		}
		if said := sent(at("n"), strconv.Itoa(u.Due.N)); said != "" {
			n, err := strconv.Atoi(said)
			if err != nil || n < -planOffsetMax || n > planOffsetMax {
				f.err = fmt.Sprintf(text.PlanBadOffset, u.Name)
			}
			t.n = n
		}
		f.duties = append(f.duties, t)
	}
	f.added = addedDuty{
		Name: text.Clip(v.value("new_name"), planNameMax), Stage: v.value("new_stage"), On: v.value("new_on"),
		Owner: bot.Role(v.value("new_owner")), Receiver: bot.Role(v.value("new_receiver")),
	}
	if f.added.Name != "" && f.err == "" {
		f.err = f.added.wrong(p)
	}
	return f
}

// wrong tells what an added duty lacks.
func (a addedDuty) wrong(p plan.Draft) string {
	owns := func(r handlers.PlanRole) bool { return r.Role == a.Owner && r.Role != plan.Superior }
	switch {
	case len(p.Duties) >= planDutiesMax:
		return text.PlanTooMany
	case civilDate(a.On).IsZero():
		return fmt.Sprintf(text.PlanNoDay, a.Name)
	case !slices.ContainsFunc(handlers.PlanRoles(), owns):
		return fmt.Sprintf(text.PlanNoOwner, a.Name)
	case !slices.ContainsFunc(p.Stages, func(s plan.DraftStage) bool { return s.Code == a.Stage }):
		return fmt.Sprintf(text.PlanNewStage, a.Name)
	}
	return ""
}

// names are the words that a person typed.
func (f planForm) names() []string {
	out := []string{f.name, f.added.Name}
	for _, a := range f.anchors {
		out = append(out, a.name)
	}
	for _, s := range f.stages {
		out = append(out, s.name)
	}
	for _, u := range f.duties {
		out = append(out, u.name)
	}
	return out
}

// apply changes a draft to what was typed. A day that is not changed keeps its rule. The
// draft must have the parts that the form was read for: its version is checked before.
func (f planForm) apply(p *plan.Draft) {
	p.Name = f.name
	p.Anchors, p.Stages = slices.Clone(p.Anchors), slices.Clone(p.Stages)
	for i := range min(len(p.Anchors), len(f.anchors)) {
		a, t := &p.Anchors[i], f.anchors[i]
		a.Name = t.name
		if t.on != isoDay(a.On) {
			a.Rule = dayRule(t.on, plan.Keep)
		}
	}
	for i := range min(len(p.Stages), len(f.stages)) {
		s, t := &p.Stages[i], f.stages[i]
		s.Name = t.name
		if t.from != isoDay(s.FromOn) {
			s.From = dayRule(t.from, plan.Keep)
		}
		if t.until != isoDay(s.UntilOn) {
			s.Until = dayRule(t.until, plan.Keep)
		}
	}
	var duties []plan.Duty
	for i, u := range p.Duties {
		if i < len(f.duties) {
			if f.duties[i].drop {
				continue
			}
			u.Name, u.Due = f.duties[i].name, f.duties[i].rule(u)
		}
		duties = append(duties, u)
	}
	if p.Duties = duties; f.added.Name != "" {
		p.Duties = append(p.Duties, f.added.duty(*p))
	}
}

// rule is the rule of a duty's day as it was typed. Where nothing but the day was changed
// the day counts, whatever it hung on.
func (t typedDuty) rule(u plan.Duty) plan.Rule {
	same := t.by == byValue(u.Due) && (t.by == byDate || t.n == u.Due.N && unitOr(t.unit) == unitOr(u.Due.Unit))
	switch kind, rest, _ := strings.Cut(t.by, ":"); {
	case same && (t.on == isoDay(u.DueOn) || t.by != byDate && t.on == ""):
		return u.Due
	case same, t.by == byDate:
		return dayRule(t.on, u.Due.Roll)
	case kind+":" == byAnchor:
		return plan.Rule{Kind: plan.RuleAnchor, Anchor: rest, N: t.n, Unit: unitOr(t.unit), Roll: rollOf(u)}
	case kind+":" == byStage:
		code, edge, _ := strings.Cut(rest, ":")
		return plan.Rule{Kind: plan.RuleStage, Stage: code, Edge: edge, N: t.n, Unit: unitOr(t.unit), Roll: u.Due.Roll}
	}
	return u.Due
}

func unitOr(u plan.Unit) plan.Unit {
	if u == plan.Workdays {
		return u
	}
	return plan.Days
}

// rollOf: a day that hangs on an event may meet a day off; it goes forward unless its
// rule says otherwise.
func rollOf(u plan.Duty) plan.Roll {
	if u.Due.Roll == plan.Keep && u.Due.Kind != plan.RuleAnchor {
		return plan.Forward
	}
	return u.Due.Roll
}

// duty is the added filing duty, with a code of its own.
func (a addedDuty) duty(p plan.Draft) plan.Duty {
	code := ""
	for n := 1; code == "" || slices.ContainsFunc(p.Duties, func(u plan.Duty) bool { return u.Code == code }); n++ {
		code = fmt.Sprintf("own-%d", n)
	}
	return plan.Duty{Code: code, Name: a.Name, Stage: a.Stage, Kind: plan.KindFiling, Owner: a.Owner, Receiver: a.Receiver, Due: dayRule(a.On, plan.Keep)}
}

// dayRule is the rule of a typed day; none for an empty field.
func dayRule(said string, roll plan.Roll) plan.Rule {
	if said == "" {
		return plan.Rule{}
	}
	return plan.Rule{Kind: plan.RuleOn, Date: said, Roll: roll}
}

// isoDay is a civil day as a date field has it, "" for none.
func isoDay(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}
