package risk

import (
	"slices"
	"time"

	"qingfeng/bot"
)

// Chain is a review chain (审核链) of a pack.
type Chain struct {
	Code   string `json:"code"`
	Name   string `json:"name"`
	Resume string `json:"resume"` // code of the step where a form begins again that the leading group returned
	Steps  []Step `json:"steps"`
}

// Step is one step of a chain.
type Step struct {
	Code         string     `json:"code"` // mutual, section, leader, discipline, principal, team, filing, group
	Role         bot.Role   `json:"role"` // who acts; for a meeting, who enters its record
	Label        string     `json:"label"`
	By           string     `json:"by"`            // rows (a page, row by row), card, meeting
	NeedsMeeting bool       `json:"needs_meeting"` // cannot be passed without a 会议记录
	Else         []bot.Role `json:"else"`          // who acts when the role is empty or recused, in order
}

// How a step is decided.
const (
	ByRows    = "rows"
	ByCard    = "card"
	ByMeeting = "meeting"
)

// Step codes that the state machine tells apart; all others are leader_review.
const (
	StepMutual  = "mutual"
	StepSection = "section"
	StepGroup   = "group"
)

// State is where a form stands while it is on this step.
func (s Step) State() CheckState {
	switch s.Code {
	case StepMutual:
		return CheckMutual
	case StepSection:
		return CheckSection
	case StepGroup:
		return CheckGrading
	default:
		return CheckLeader
	}
}

// At returns the step of that number, or false past the end.
func (c Chain) At(no int) (Step, bool) {
	if no < 0 || no >= len(c.Steps) {
		return Step{}, false
	}
	return c.Steps[no], true
}

// Index is the number of the step of that code, or -1.
func (c Chain) Index(code string) int {
	return slices.IndexFunc(c.Steps, func(s Step) bool { return s.Code == code })
}

// Chain returns the chain of that code.
func (p *Pack) Chain(code string) (Chain, bool) {
	for _, c := range p.Chains {
		if c.Code == code {
			return c, true
		}
	}
	return Chain{}, false
}

// ChainFor picks the chain a form walks. The leaders' own forms end at the principal
// leader, the principal's own go to the team and the discipline office, and those of
// the section where the coordinating office sits are reviewed by the discipline office
// (DOMAIN.md §2.3, §3.1). A section head is first reviewed by the leader in charge.
func (p *Pack) ChainFor(post Post, section Section, isPrincipal bool) Chain {
	code := "post"
	switch {
	case isPrincipal:
		code = "principal"
	case section.Leadership || post.Stratum == StratumLeader:
		code = "leader"
	case section.Office && post.Stratum == StratumMiddle:
		code = "office_head"
	case section.Office:
		code = "office"
	case post.Stratum == StratumMiddle:
		code = "head"
	}
	c, _ := p.Chain(code)
	return c
}

// Org is what Assign needs to know about one form and its surroundings.
type Org struct {
	Owner       int64
	Section     []int64              // people of the owner's section, the owner included
	Recused     []int64              // who may not review this form: named in it, relatives, their own request
	Holders     map[bot.Role][]int64 // who holds a role for this form now
	Delegations []Delegation
	On          time.Time // civil date of the assignment
}

// Assignee is who reviews a step. For is the person they stand in for, 0 if none.
type Assignee struct {
	Person int64
	Role   bot.Role
	For    int64
}

// Assign picks the reviewer of a step: the holder of its role, or their delegate on that
// day, never the owner and never a recused person; else the next role the pack names.
// In a section of two the other one checks mutually; a head convenes the mutual check
// even though their own form is in it. The second result says why in one line without
// a name. With nobody left the error tells the office to appoint someone.
func Assign(step Step, org Org) (Assignee, string, error) {
	if step.Code == StepMutual && step.By == ByRows {
		switch len(org.Section) {
		case 0, 1:
		case 2:
			for _, person := range org.Section {
				if person != org.Owner && !slices.Contains(org.Recused, person) {
					return Assignee{Person: person, Role: bot.RolePostHolder}, say("assign.other", "unit", say("assign.unit")), nil
				}
			}
		default:
			if heads := org.Holders[step.Role]; slices.Contains(heads, org.Owner) && !slices.Contains(org.Recused, org.Owner) {
				return Assignee{Person: org.Owner, Role: step.Role}, say("assign.convene", "role", roleName(step.Role)), nil
			}
		}
	}
	reason := "assign.role"
	for i, role := range append([]bot.Role{step.Role}, step.Else...) {
		got, ok, blocked := org.pick(role)
		if ok {
			why := say(reason, "role", roleName(role), "from", roleName(step.Role))
			if got.For != 0 {
				why = say("assign.delegate", "role", roleName(role))
			}
			return got, why, nil
		}
		if i == 0 {
			reason = blocked
		}
	}
	return Assignee{}, "", bot.Refuse(say("assign.nobody"), "review: nobody left for step "+step.Code)
}

// pick finds an eligible holder of the role; holders who are present come before those
// who have handed over. The third result names the sentence for why nobody was eligible.
func (o Org) pick(role bot.Role) (Assignee, bool, string) {
	holders := o.Holders[role]
	var later []Assignee
	blocked := "assign.missing"
	for _, h := range holders {
		who := o.standIn(h)
		switch {
		case h == o.Owner:
			// Whoever stands in for the owner would review in the owner's name.
			blocked = "assign.own"
		case slices.Contains(o.Recused, h):
			blocked = "assign.recused"
		case who == h:
			return Assignee{Person: h, Role: role}, true, ""
		case who != 0 && who != o.Owner && !slices.Contains(o.Recused, who):
			later = append(later, Assignee{Person: who, Role: role, For: h})
		}
	}
	if len(later) > 0 {
		return later[0], true, ""
	}
	return Assignee{}, false, blocked
}

// standIn follows delegations on the day; 0 when they lead in a circle.
func (o Org) standIn(person int64) int64 {
	seen := map[int64]bool{}
	for !seen[person] {
		seen[person] = true
		next := int64(0)
		for _, d := range o.Delegations {
			if d.Person == person && covers(d, o.On) {
				next = d.To
			}
		}
		if next == 0 {
			return person
		}
		person = next
	}
	return 0
}

// covers compares civil dates: a delegation holds on its first and its last day.
func covers(d Delegation, on time.Time) bool {
	day := bot.Civil(on)
	return !day.Before(bot.Civil(d.From)) && (d.Until.IsZero() || !day.After(bot.Civil(d.Until)))
}

// roleName is the shared base name of a role; packs may show their own.
func roleName(r bot.Role) string {
	if name, ok := basePack().RoleNames[r]; ok {
		return name
	}
	return string(r)
}
