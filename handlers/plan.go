package handlers

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/form"
	"qingfeng/bot/plan"
	"qingfeng/bot/text"
)

// PicturePlan is the picture of a draft's days (PlanPicture).
const PicturePlan = "plan"

// Pictures draws a picture and sends it, in a job of its own: an upload is no part of a
// turn. What is queued in a turn is drawn once the turn is committed. what names the
// picture (PicturePlan), id what it is of.
type Pictures interface {
	Picture(ctx context.Context, to bot.UserID, what string, id int64) error
}

// Plan is where a draft is looked at and changed.
func (p Pages) Plan(draft int64) string { return fmt.Sprintf("%s/plans/%d", p.Base, draft) }

// CampaignPlan is how far a campaign's plan has got.
func (p Pages) CampaignPlan(campaign int64) string {
	return fmt.Sprintf("%s/campaign/%d/plan", p.Base, campaign)
}

// PlanCampaign plans a campaign from a template of the pack (template "": its first) and
// tells what is wrong or noteworthy. Nothing is stored. A *bot.Error says that there is
// no such pack or template.
func (d *Desk) PlanCampaign(ctx context.Context, pack, template, name string, due, today time.Time) (plan.Draft, []plan.Issue, error) {
	if _, err := d.Packs(pack); err != nil {
		return plan.Draft{}, nil, bot.Refuse(text.CampaignNoPack, "campaign: no pack "+pack)
	}
	templates, err := plan.ForPack(pack)
	if err != nil {
		return plan.Draft{}, nil, err
	}
	if template != "" {
		templates = slices.DeleteFunc(templates, func(t plan.Template) bool { return t.Code != template })
	}
	if len(templates) == 0 {
		return plan.Draft{}, nil, bot.Refuse(text.PlanNoTemplate, "plan: no template "+template)
	}
	cal, err := d.Plans.Calendar(ctx)
	if err != nil {
		return plan.Draft{}, nil, err
	}
	p, issues := plan.NewDraft(templates[0], name, bot.Civil(due), bot.Civil(today), cal)
	return p, issues, nil
}

// PlanOf is a stored draft with its days as of today and what is to be said of it; the
// campaign is 0 before launch.
func (d *Desk) PlanOf(ctx context.Context, id int64, today time.Time) (p plan.Draft, issues []plan.Issue, campaign int64, err error) {
	p, campaign, err = d.Plans.Draft(ctx, id)
	if err != nil {
		return p, nil, 0, err
	}
	cal, err := d.Plans.Calendar(ctx)
	if err != nil {
		return p, nil, 0, err
	}
	return p, p.Resolve(bot.Civil(today), cal), campaign, nil
}

// PlanVersion names what a draft says, so that a change made meanwhile is noticed. Days
// that follow from its rules do not count: another calendar is no change of the draft.
func PlanVersion(p plan.Draft) string {
	p.Due = time.Time{}
	p.Anchors, p.Stages, p.Duties = slices.Clone(p.Anchors), slices.Clone(p.Stages), slices.Clone(p.Duties)
	for i := range p.Anchors {
		p.Anchors[i].On = time.Time{}
	}
	for i := range p.Stages {
		p.Stages[i].FromOn, p.Stages[i].UntilOn, p.Stages[i].Days = time.Time{}, time.Time{}, 0
	}
	for i := range p.Duties {
		p.Duties[i].DueOn, p.Duties[i].Rolled = time.Time{}, false
	}
	raw, err := json.Marshal(p)
	if err != nil {
		return "" // a struct of plain fields always marshals
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:8])
}

// StartPlan stores a new draft for a coordinator.
func (d *Desk) StartPlan(ctx context.Context, t *convo.Turn, p plan.Draft) (int64, error) {
	if !t.Actor.Coordinator() {
		return 0, d.refuse(ctx, t, "plan.save", "plan", 0, "role", text.CampaignNotYours)
	}
	id, err := d.Plans.SaveDraft(ctx, 0, t.Actor.Person, p)
	if err != nil {
		return 0, err
	}
	return id, d.record(ctx, t, "plan.save", "plan", id, 0)
}

// ChangePlan changes a draft that is not launched. It is refused, and nothing is
// changed, when somebody changed it since version was read ("" : not checked) and when
// the result could not be launched; the *bot.Error says why in one line.
func (d *Desk) ChangePlan(ctx context.Context, t *convo.Turn, id int64, version string, edit func(*plan.Draft)) error {
	if !t.Actor.Coordinator() {
		return bot.Refuse(text.CampaignNotYours, "plan.save: role")
	}
	p, campaign, err := d.Plans.Draft(ctx, id)
	switch {
	case err != nil:
		return err
	case campaign != 0:
		return bot.Refuse(text.PlanLaunchedAlready, "plan.save: launched")
	case version != "" && version != PlanVersion(p):
		return bot.Refuse(text.PlanChangedSince, "plan.save: changed")
	}
	edit(&p)
	cal, err := d.Plans.Calendar(ctx)
	if err != nil {
		return err
	}
	for _, i := range p.Resolve(bot.Civil(t.Now), cal) {
		if i.Stops {
			return bot.Refuse(issueLine(p, i)+text.PlanNotSaved, "plan.save: "+i.Code)
		}
	}
	if _, err := d.Plans.SaveDraft(ctx, id, t.Actor.Person, p); err != nil {
		return err
	}
	return d.record(ctx, t, "plan.save", "plan", id, 0)
}

// PlanLines is a draft as a dated list: each stage, then what is due in it, to whom.
func PlanLines(p plan.Draft) string {
	lines := []string{fmt.Sprintf(text.PlanHead, len(p.Stages))}
	for i, s := range p.Stages {
		span := text.ChartNoDay
		if !s.FromOn.IsZero() && !s.UntilOn.IsZero() {
			span = fmt.Sprintf(text.ChartSpanDays, spanOf(s.FromOn, s.UntilOn, p.Year), s.Days)
		}
		lines = append(lines, fmt.Sprintf(text.PlanStageLine, i+1, s.Name, span))
		duties := slices.DeleteFunc(slices.Clone(p.Duties), func(u plan.Duty) bool { return u.Stage != s.Code })
		slices.SortStableFunc(duties, func(a, b plan.Duty) int { return a.DueOn.Compare(b.DueOn) })
		for _, u := range duties {
			on := text.ChartNoDay
			if !u.DueOn.IsZero() {
				on = dayIn(u.DueOn, p.Year)
			}
			lines = append(lines, fmt.Sprintf(text.PlanDutyLine, on, u.Name, Parties(u)))
		}
	}
	return strings.Join(lines, "\n")
}

// Parties says who owes a duty, and to whom.
func Parties(u plan.Duty) string {
	if u.Receiver == "" {
		return RoleName(u.Owner)
	}
	return fmt.Sprintf(text.PlanParties, RoleName(u.Owner), RoleName(u.Receiver))
}

// RoleName is a role as it stands in a plan.
func RoleName(r bot.Role) string {
	for _, x := range PlanRoles() {
		if x.Role == r {
			return x.Name
		}
	}
	return string(r)
}

// PlanRole is a role that may owe or receive something.
type PlanRole struct {
	Role bot.Role
	Name string
}

// PlanRoles are the roles that a plan knows; the last is outside and only receives.
func PlanRoles() []PlanRole {
	return []PlanRole{
		{bot.RolePostHolder, text.PlanWhoPost},
		{bot.RoleSectionHead, text.PlanWhoHead},
		{bot.RoleLeaderInCharge, text.PlanWhoLeader},
		{bot.RolePrincipal, text.PlanWhoPrincipal},
		{bot.RoleGroupChair, text.PlanWhoChair},
		{bot.RoleOfficeDirector, text.PlanWhoOffice},
		{bot.RoleOfficeMember, text.PlanWhoMember},
		{bot.RoleDiscipline, text.PlanWhoDiscipline},
		{plan.Superior, text.PlanWhoSuperior},
	}
}

// dayIn writes a day, with its year when that is another one.
func dayIn(t time.Time, year int) string {
	if t.Year() != year {
		return fmt.Sprintf(text.PlanYearDay, t.Year(), int(t.Month()), t.Day())
	}
	return day(t)
}

func spanOf(from, until time.Time, year int) string {
	if from.Year() == year && until.Year() == year || from.Equal(until) {
		return form.Span(from, until)
	}
	return fmt.Sprintf(text.PlanSpan, dayIn(from, year), dayIn(until, year))
}

// PlanIssues says what is wrong or noteworthy about a draft, in plain words, what stops
// its launch first; and which days were rolled to a working day.
func PlanIssues(p plan.Draft, issues []plan.Issue, cal plan.Calendar, today time.Time) (stops, notes []string) {
	var past []string
	waits := map[string][]string{} // event → what hangs on it
	var events []string
	for _, i := range issues {
		switch {
		case i.Stops:
			stops = append(stops, issueLine(p, i))
		case i.Code == plan.Past:
			past = append(past, i.Where)
		case i.Code == plan.NoAnchor:
			if waits[i.What] == nil {
				events = append(events, i.What)
			}
			waits[i.What] = append(waits[i.What], i.Where)
		default:
			notes = append(notes, issueLine(p, i))
		}
	}
	for _, e := range events {
		notes = append(notes, fmt.Sprintf(text.PlanNoAnchor, e, listed(waits[e]), e))
	}
	if len(past) > 0 {
		notes = append(notes, fmt.Sprintf(text.PlanPast, listed(past)))
	}
	return stops, append(append(notes, rolled(p, cal, today)...), unrolled(p, cal)...)
}

// listMax is how many names one line lists.
const listMax = 4

func listed(names []string) string {
	if len(names) > listMax {
		return fmt.Sprintf(text.PlanAndMore, strings.Join(names[:listMax], text.ListComma), len(names))
	}
	return strings.Join(names, text.ListComma)
}

// issueLine is one issue in words.
func issueLine(p plan.Draft, i plan.Issue) string {
	switch i.Code {
	case plan.Backwards:
		span := ""
		for _, s := range p.Stages {
			if s.Name == i.Where {
				span = fmt.Sprintf(text.PlanSpan, dayIn(s.FromOn, p.Year), dayIn(s.UntilOn, p.Year))
			}
		}
		return fmt.Sprintf(text.PlanBackwards, i.Where, span)
	case plan.Overlap:
		return fmt.Sprintf(text.PlanOverlap, i.Where, i.What)
	case plan.NoYear:
		return fmt.Sprintf(text.PlanNoYear, i.What)
	case plan.NoAnchor:
		return fmt.Sprintf(text.PlanNoAnchorStops, i.Where, i.What)
	case plan.Empty:
		return fmt.Sprintf(text.PlanEmptyStage, i.Where)
	case plan.NoDay:
		return fmt.Sprintf(text.PlanNoDay, i.Where)
	case plan.BadDate:
		return fmt.Sprintf(text.PlanBadDate, i.Where, i.What)
	case plan.Cycle:
		return fmt.Sprintf(text.PlanCycle, i.Where)
	case plan.Twice:
		return fmt.Sprintf(text.PlanTwice, i.Where)
	case plan.NoOwner:
		return fmt.Sprintf(text.PlanNoOwner, i.Where)
	case plan.NoCheck:
		return text.PlanNoCheck
	case plan.Past:
		return fmt.Sprintf(text.PlanPast, i.Where)
	}
	return fmt.Sprintf(text.PlanUnknown, i.Where, i.What)
}

// rolled tells which days the rules put on a day off, and where they went.
func rolled(p plan.Draft, cal plan.Calendar, today time.Time) (lines []string) {
	own := p
	own.Duties = slices.Clone(p.Duties)
	for i := range own.Duties {
		own.Duties[i].Due.Roll = plan.Keep
	}
	own.Anchors, own.Stages = slices.Clone(p.Anchors), slices.Clone(p.Stages)
	own.Resolve(bot.Civil(today), cal)
	seen := map[string]int{}
	for i, u := range p.Duties {
		was := own.Duties[i].DueOn
		if !u.Rolled || was.IsZero() || was.Equal(u.DueOn) {
			continue
		}
		verb := text.PlanRolledOn
		if u.DueOn.Before(was) {
			verb = text.PlanRolledBack
		}
		line := fmt.Sprintf(text.PlanRolled, dayIn(was, p.Year), offName(was), verb, dayIn(u.DueOn, p.Year))
		if at, again := seen[line]; again {
			lines[at] = lines[at][:len(lines[at])-len(text.PlanRolledFor)] + text.ListComma + u.Name + text.PlanRolledFor
			continue
		}
		seen[line] = len(lines)
		lines = append(lines, fmt.Sprintf(text.PlanRolledWhat, line, u.Name)+text.PlanRolledFor)
	}
	return lines
}

// unrolled tells which days stay on a day off, as their rules say.
func unrolled(p plan.Draft, cal plan.Calendar) (lines []string) {
	names := map[time.Time][]string{}
	var days []time.Time
	for _, u := range p.Duties {
		if u.DueOn.IsZero() || cal.Worked(u.DueOn) {
			continue
		}
		if names[u.DueOn] == nil {
			days = append(days, u.DueOn)
		}
		names[u.DueOn] = append(names[u.DueOn], u.Name)
	}
	for _, on := range days {
		lines = append(lines, fmt.Sprintf(text.PlanKept, dayIn(on, p.Year), offName(on), listed(names[on])))
	}
	return lines
}

// offName is 周日, or 休息日 for a holiday in the week.
func offName(t time.Time) string {
	switch t.Weekday() {
	case time.Saturday:
		return text.PlanSaturday
	case time.Sunday:
		return text.PlanSunday
	default:
		return text.ChartOff
	}
}

// PlanGantt is a draft as a chart.
func PlanGantt(p plan.Draft, cal plan.Calendar) form.Gantt {
	g := form.Gantt{Title: p.Name, Worked: cal.Worked}
	for _, a := range p.Anchors {
		g.Events = append(g.Events, form.GanttEvent{Name: a.Name, On: a.On})
	}
	for _, s := range p.Stages {
		stage := form.GanttStage{Name: s.Name, From: s.FromOn, Until: s.UntilOn, Days: s.Days}
		for _, u := range p.Duties {
			if u.Stage == s.Code {
				stage.Dues = append(stage.Dues, form.GanttDue{On: u.DueOn})
			}
		}
		g.Stages = append(g.Stages, stage)
	}
	return g
}

// PlanPicture is a draft's days as a picture for a chat; form.ErrNoFont where this machine
// cannot draw it.
func (d *Desk) PlanPicture(ctx context.Context, draft int64, now time.Time, fonts *form.Fonts) ([]byte, error) {
	p, _, _, err := d.PlanOf(ctx, draft, now)
	if err != nil {
		return nil, err
	}
	cal, err := d.Plans.Calendar(ctx)
	if err != nil {
		return nil, err
	}
	return form.GanttPNG(PlanGantt(p, cal), fonts)
}
