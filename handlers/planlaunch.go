package handlers

import (
	"context"
	"fmt"
	"slices"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/plan"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

// newcomerDays is how many working days somebody who joins late has at least for the form.
const newcomerDays = 5

// Opened is a campaign that was just opened.
type Opened struct {
	Campaign risk.Campaign
	Told     int      // how many people were told
	Unowned  []string // one line for every role that nobody holds
}

// OpenPlan opens the campaign that a draft plans (draft 0: one that was not stored): every
// post that is held today gets its form, everybody who owes something an obligation, and
// everybody who fills in is told. A draft that cannot be launched is a *bot.Error.
func (d *Desk) OpenPlan(ctx context.Context, t *convo.Turn, draft int64, p plan.Draft) (Opened, error) {
	cal, err := d.Plans.Calendar(ctx)
	if err != nil {
		return Opened{}, err
	}
	today := bot.Civil(t.Now)
	for _, i := range p.Resolve(today, cal) {
		if i.Stops {
			return Opened{}, bot.Refuse(issueLine(p, i), "campaign.open: "+i.Code)
		}
	}
	if p.Due.Before(today) {
		return Opened{}, bot.Refuse(fmt.Sprintf(text.PlanDuePast, day(p.Due)), "campaign.open: past")
	}
	c, checks, told, err := d.openForms(ctx, t, risk.Campaign{Name: p.Name, Year: p.Due.Year(), Pack: p.Pack, Due: p.Due})
	if err != nil {
		return Opened{}, err
	}
	unowned, err := d.LaunchPlan(ctx, t, draft, c, p, checks)
	return Opened{c, told, unowned}, err
}

// LaunchPlan writes the stages, events and obligations of a campaign that was just opened.
// It tells which roles nobody holds, one line each.
func (d *Desk) LaunchPlan(ctx context.Context, t *convo.Turn, draft int64, c risk.Campaign, p plan.Draft, checks []risk.SelfCheck) ([]string, error) {
	today := bot.Civil(t.Now)
	obs, unowned, err := d.expand(ctx, p, checks, today)
	if err != nil {
		return nil, err
	}
	if err := d.Plans.Launched(ctx, draft, c.ID, p, obs); err != nil {
		return nil, err
	}
	return unowned, d.record(ctx, t, "plan.launch", "campaign", c.ID, 0)
}

// expand turns the duties of a draft into what each person owes. What was due before today
// is written down as waived: nobody is chased for what was over before it began.
func (d *Desk) expand(ctx context.Context, p plan.Draft, checks []risk.SelfCheck, today time.Time) (obs []plan.Obligation, unowned []string, err error) {
	x := expansion{reg: d.Reg, checks: checks, holders: map[holding][]risk.Person{}, gaps: map[string][]string{}}
	if err := x.look(ctx); err != nil {
		return nil, nil, err
	}
	for _, u := range p.Duties {
		base := plan.Obligation{
			Stage: u.Stage, Code: u.Code, Name: u.Name, Kind: u.Kind, OwnerRole: u.Owner, Receiver: u.Receiver, Artefact: u.Artefact, Step: u.Step,
			Rule: u.Due, Due: u.DueOn, Original: u.DueOn, Version: 1, Since: today, State: plan.Pending,
		}
		if !u.DueOn.IsZero() && u.DueOn.Before(today) {
			base.State, base.Note = plan.Waived, text.PlanPastNote
		}
		owed, err := x.duty(ctx, base)
		if err != nil {
			return nil, nil, err
		}
		obs = append(obs, owed...)
	}
	for _, who := range x.order {
		unowned = append(unowned, fmt.Sprintf(text.PlanNobody, who, listed(x.gaps[who])))
	}
	return obs, unowned, nil
}

// expansion knows who holds what while duties are given out.
type expansion struct {
	reg      Roster
	checks   []risk.SelfCheck
	sections []risk.Section // with a post that somebody fills in for, the leaders' aside
	holders  map[holding][]risk.Person
	gaps     map[string][]string // who is missing → duties
	order    []string
}

type holding struct {
	role    bot.Role
	section int64
}

func (x *expansion) look(ctx context.Context) error {
	all, err := x.reg.Sections(ctx)
	if err != nil {
		return err
	}
	for _, s := range all {
		if !s.Leadership && slices.ContainsFunc(x.checks, func(c risk.SelfCheck) bool { return c.Post.SectionID == s.ID }) {
			x.sections = append(x.sections, s)
		}
	}
	return nil
}

// held are the people who hold a role for a section (0: for the unit) today.
func (x *expansion) held(ctx context.Context, role bot.Role, section int64) ([]risk.Person, error) {
	k := holding{role, section}
	if got, known := x.holders[k]; known {
		return got, nil
	}
	got, err := x.reg.RoleHolders(ctx, role, section)
	if err != nil {
		return nil, err
	}
	x.holders[k] = got
	return got, nil
}

// missing notes that nobody holds a role that a duty needs.
func (x *expansion) missing(who, duty string) {
	if who == "" {
		return // a duty without a role has been named already
	}
	if x.gaps[who] == nil {
		x.order = append(x.order, who)
	}
	if !slices.Contains(x.gaps[who], duty) {
		x.gaps[who] = append(x.gaps[who], duty)
	}
}

// duty gives one duty to everybody who owes it.
func (x *expansion) duty(ctx context.Context, base plan.Obligation) ([]plan.Obligation, error) {
	switch {
	case base.Kind == plan.KindSelfCheck:
		return owedChecks(base, x.checks), nil
	case base.OwnerRole == bot.RolePostHolder:
		return x.perPerson(base), nil
	case base.OwnerRole == bot.RoleSectionHead:
		return x.perSection(ctx, base)
	case base.OwnerRole == bot.RoleLeaderInCharge && base.Kind == plan.KindLeader:
		return x.perLeader(ctx, base)
	case base.OwnerRole == bot.RoleLeaderInCharge:
		return x.perSection(ctx, base)
	}
	return x.once(ctx, base)
}

// owedChecks is one obligation for each form that is filled in here; posts that fill in
// on paper owe nothing here.
func owedChecks(base plan.Obligation, checks []risk.SelfCheck) (out []plan.Obligation) {
	for _, c := range checks {
		if c.Offline {
			continue
		}
		b := base
		b.Owner, b.Section, b.Check = c.Person.ID, c.Post.SectionID, c.ID
		out = append(out, b)
	}
	return out
}

func (x *expansion) perPerson(base plan.Obligation) (out []plan.Obligation) {
	met := map[int64]bool{}
	for _, c := range x.checks {
		if met[c.Person.ID] {
			continue
		}
		met[c.Person.ID] = true
		b := base
		b.Owner, b.Section = c.Person.ID, c.Post.SectionID
		out = append(out, b)
	}
	return out
}

func (x *expansion) perSection(ctx context.Context, base plan.Obligation) (out []plan.Obligation, err error) {
	var without []string
	for _, s := range x.sections {
		people, err := x.held(ctx, base.OwnerRole, s.ID)
		if err != nil {
			return nil, err
		}
		b := base
		b.Section = s.ID
		if len(people) > 0 {
			b.Owner = people[0].ID
		} else {
			without = append(without, s.Name)
		}
		out = append(out, b)
	}
	if len(without) > 0 {
		x.missing(fmt.Sprintf(text.PlanNobodyIn, listed(without), RoleName(base.OwnerRole)), base.Name)
	}
	return out, nil
}

// perLeader is one for each leader in charge, however many sections that is; sections
// without one leave one that nobody owns.
func (x *expansion) perLeader(ctx context.Context, base plan.Obligation) (out []plan.Obligation, err error) {
	var without []string
	met := map[int64]bool{}
	for _, s := range x.sections {
		people, err := x.held(ctx, base.OwnerRole, s.ID)
		if err != nil {
			return nil, err
		}
		b := base
		switch {
		case len(people) == 0:
			without = append(without, s.Name)
			b.Section = s.ID
		case met[people[0].ID]:
			continue
		default:
			met[people[0].ID] = true
			b.Owner = people[0].ID
		}
		out = append(out, b)
	}
	if len(without) > 0 {
		x.missing(fmt.Sprintf(text.PlanNobodyIn, listed(without), RoleName(base.OwnerRole)), base.Name)
	}
	return out, nil
}

// once is a duty of one person for the unit; the office stands in for its own director.
func (x *expansion) once(ctx context.Context, base plan.Obligation) ([]plan.Obligation, error) {
	roles := []bot.Role{base.OwnerRole}
	switch base.OwnerRole {
	case bot.RoleOfficeDirector:
		roles = append(roles, bot.RoleOfficeMember)
	case bot.RoleOfficeMember:
		roles = append(roles, bot.RoleOfficeDirector)
	default: // nobody else may
	}
	for _, r := range roles {
		people, err := x.held(ctx, r, 0)
		if err != nil {
			return nil, err
		}
		if len(people) > 0 {
			base.Owner = people[0].ID
			return []plan.Obligation{base}, nil
		}
	}
	x.missing(RoleName(base.OwnerRole), base.Name)
	return []plan.Obligation{base}, nil
}

// PlanGaps tells, before launch, which roles of a draft nobody holds today.
func (d *Desk) PlanGaps(ctx context.Context, p plan.Draft, now time.Time) ([]string, error) {
	holders, err := d.Reg.Holders(ctx, 0)
	if err != nil {
		return nil, err
	}
	checks := make([]risk.SelfCheck, len(holders))
	for i, h := range holders {
		checks[i] = risk.SelfCheck{Person: h.Person, Post: h.Post, Offline: h.Post.Offline}
	}
	_, lines, err := d.expand(ctx, p, checks, bot.Civil(now))
	return lines, err
}

// OweChecks gives people who joined a running campaign (register's AddChecks) what the
// others owe: the form by the same day, but no sooner than five working days from now.
// It returns how many obligations were added; a campaign without a plan has none.
func (d *Desk) OweChecks(ctx context.Context, campaign int64, checks []risk.SelfCheck, now time.Time) (int, error) {
	if d.Plans == nil || len(checks) == 0 {
		return 0, nil
	}
	others, err := d.Plans.Obligations(ctx, ObligationFilter{Campaign: campaign, Kind: plan.KindSelfCheck})
	if err != nil || len(others) == 0 {
		return 0, err
	}
	cal, err := d.Plans.Calendar(ctx)
	if err != nil {
		return 0, err
	}
	// The earliest original day: whoever got more time got it alone.
	base := slices.MinFunc(others, func(a, b plan.Obligation) int { return a.Original.Compare(b.Original) })
	today := bot.Civil(now)
	base = plan.Obligation{
		Campaign: campaign, Stage: base.Stage, Code: base.Code, Name: base.Name, Kind: base.Kind, OwnerRole: base.OwnerRole, Receiver: base.Receiver,
		Artefact: base.Artefact, Step: base.Step, Rule: base.Rule, Due: base.Original, Original: base.Original, Version: 1, Since: today, State: plan.Pending,
	}
	if at := cal.Add(today, newcomerDays); base.Due.Before(at) {
		base.Due, base.Original, base.Rule = at, at, plan.Fixed(at)
	}
	return d.Plans.AddObligations(ctx, owedChecks(base, checks))
}
