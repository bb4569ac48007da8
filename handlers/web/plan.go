package web

import (
	"context"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/form"
	"qingfeng/bot/plan"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
	"qingfeng/handlers"
)

// planPage is a campaign before launch: its days as a chart and as fields.
type planPage struct {
	ID      int64
	Version string
	Draft   plan.Draft
	Stages  []planStage
	Rest    []planDuty // of no stage that there is
	Roles   []handlers.PlanRole
	Chart   template.HTML
	Error   []string
	Stops   []string
	Notes   []string
	Posts   int
	Offline int
	Added   addedDuty
}

// planStage is a stage with what is due in it; I is its place in the draft.
type planStage struct {
	I int
	plan.DraftStage
	Duties []planDuty
}

// planDuty is a duty with the ways of giving its day.
type planDuty struct {
	I int
	plan.Duty
	Parties string
	By      []planBy
	Fixed   bool // check duty: cannot be dropped
}

// planBy is what a day may hang on.
type planBy struct {
	Value, Label string
	Chosen       bool
}

// planner lets only the office in, and only where campaigns are planned.
func (s *site) planner(v *visit) error {
	if s.Desk.Plans == nil {
		return errNotFound
	}
	return office(v)
}

// plans begins a draft on a page: a template, a name, a last day.
func (s *site) plans(ctx context.Context, v *visit) error {
	if err := s.planner(v); err != nil {
		return err
	}
	p, err := s.newPlan(ctx)
	if err != nil {
		return err
	}
	return s.show(v, http.StatusOK, "plannew", text.PlanNewTitle, p)
}

// planNewPage asks what a draft is made of.
type planNewPage struct {
	Templates []plan.Template
	Template  string
	Name, Due string
	Today     string
	Open      risk.Campaign
	Routines  []handlers.Routine
	Error     string
}

func (s *site) newPlan(ctx context.Context) (planNewPage, error) {
	p := planNewPage{Today: date(s.Now()), Name: fmt.Sprintf(text.CampaignDefaultName, bot.Local(s.Now()).Year())}
	var err error
	if p.Templates, err = plan.Templates(); err != nil {
		return p, err
	}
	if p.Routines, err = s.Desk.Routines(ctx, bot.Civil(s.Now())); err != nil {
		return p, err
	}
	p.Open, _, err = s.Register.Campaign(ctx)
	return p, err
}

// setRoutine turns what comes back without a campaign on or off.
func (s *site) setRoutine(ctx context.Context, v *visit) error {
	if err := s.planner(v); err != nil {
		return err
	}
	said, err := s.do(ctx, v, func(ctx context.Context, t *convo.Turn) error {
		return s.Desk.SetRoutine(ctx, t, v.value("code"), v.value("on") == "yes")
	})
	if err != nil {
		return err
	}
	return s.to(v, "/plans", flash{Say: said})
}

func (s *site) plansDo(ctx context.Context, v *visit) error {
	if err := s.planner(v); err != nil {
		return err
	}
	p, err := s.newPlan(ctx)
	if err != nil {
		return err
	}
	p.Template, p.Name, p.Due = v.value("template"), text.Clip(v.value("name"), 40), v.value("due")
	due := civilDate(p.Due)
	i := slices.IndexFunc(p.Templates, func(t plan.Template) bool { return t.Code == p.Template })
	switch {
	case i < 0:
		p.Error = text.PlanNewTemplate
	case p.Name == "":
		p.Error = text.CampaignNameShort
	case due.IsZero():
		p.Error = text.PlanNewDue
	case bot.Civil(due).Before(bot.Civil(s.Now())):
		p.Error = text.CampaignDuePast
	}
	if p.Error != "" {
		return s.show(v, http.StatusUnprocessableEntity, "plannew", text.PlanNewTitle, p)
	}
	if err := s.stopped(ctx, v, p.Name); err != nil {
		return err
	}
	var id int64
	said, err := s.do(ctx, v, func(ctx context.Context, t *convo.Turn) error {
		draft, _, err := s.Desk.PlanCampaign(ctx, p.Templates[i].Pack, p.Template, p.Name, due, t.Now)
		if err != nil {
			return err
		}
		id, err = s.Desk.StartPlan(ctx, t, draft)
		return err
	})
	if err != nil {
		return err
	}
	return s.to(v, planURL(id), flash{Say: said})
}

func planURL(id int64) string { return fmt.Sprintf("/plans/%d", id) }

func runURL(campaign int64) string { return fmt.Sprintf("/campaign/%d/plan", campaign) }

// plan shows a draft; one that was launched is shown as it runs.
func (s *site) plan(ctx context.Context, v *visit) error {
	if err := s.planner(v); err != nil {
		return err
	}
	id, err := v.number("plan")
	if err != nil {
		return err
	}
	draft, issues, campaign, err := s.Desk.PlanOf(ctx, id, s.Now())
	if err != nil {
		return err
	}
	if campaign != 0 {
		return s.to(v, runURL(campaign), flash{})
	}
	return s.showPlan(ctx, v, http.StatusOK, planPage{ID: id, Version: handlers.PlanVersion(draft), Draft: draft}, issues)
}

// showPlan draws a draft as it is now, or as somebody would have it.
func (s *site) showPlan(ctx context.Context, v *visit, status int, p planPage, issues []plan.Issue) error {
	cal, err := s.Desk.Plans.Calendar(ctx)
	if err != nil {
		return err
	}
	p.Stops, p.Notes = handlers.PlanIssues(p.Draft, issues, cal, s.Now())
	gaps, err := s.Desk.PlanGaps(ctx, p.Draft, s.Now())
	if err != nil {
		return err
	}
	p.Notes = append(p.Notes, gaps...)
	p.Roles = handlers.PlanRoles()
	p.Chart = chart(handlers.PlanGantt(p.Draft, cal), s.Now())
	holders, err := s.Register.Holders(ctx, 0)
	if err != nil {
		return err
	}
	for _, h := range holders {
		p.Posts++
		if h.Post.Offline {
			p.Offline++
		}
	}
	known := map[string]bool{}
	for i, st := range p.Draft.Stages {
		known[st.Code] = true
		row := planStage{I: i, DraftStage: st}
		for j, u := range p.Draft.Duties {
			if u.Stage == st.Code {
				row.Duties = append(row.Duties, dutyRow(p.Draft, j, u))
			}
		}
		p.Stages = append(p.Stages, row)
	}
	for j, u := range p.Draft.Duties {
		if !known[u.Stage] {
			p.Rest = append(p.Rest, dutyRow(p.Draft, j, u))
		}
	}
	return s.show(v, status, "plan", p.Draft.Name, p)
}

// chart is safe to show: it is made of shapes and of escaped words.
func chart(g form.Gantt, now time.Time) template.HTML {
	g.Title, g.Today = "", now
	return template.HTML(form.GanttSVG(g)) //nolint:gosec // form escapes every word
}

func dutyRow(p plan.Draft, i int, u plan.Duty) planDuty {
	row := planDuty{I: i, Duty: u, Parties: handlers.Parties(u), Fixed: u.Kind == plan.KindSelfCheck}
	is := byValue(u.Due)
	row.By = append(row.By, planBy{byDate, text.PlanByDate, is == byDate})
	for _, a := range p.Anchors {
		value := byAnchor + a.Code
		row.By = append(row.By, planBy{value, fmt.Sprintf(text.PlanByEvent, a.Name), is == value})
	}
	for _, st := range p.Stages {
		for edge, label := range map[string]string{"from": text.PlanByFrom, "until": text.PlanByUntil} {
			value := byStage + st.Code + ":" + edge
			if st.Code == u.Stage || is == value {
				row.By = append(row.By, planBy{value, fmt.Sprintf(label, st.Name), is == value})
			}
		}
	}
	slices.SortStableFunc(row.By[1+len(p.Anchors):], func(a, b planBy) int { return compareStrings(a.Value, b.Value) })
	return row
}

func compareStrings(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// planDo saves what was typed, or saves and launches.
func (s *site) planDo(ctx context.Context, v *visit) error {
	if err := s.planner(v); err != nil {
		return err
	}
	id, err := v.number("plan")
	if err != nil {
		return err
	}
	draft, _, campaign, err := s.Desk.PlanOf(ctx, id, s.Now())
	if err != nil {
		return err
	}
	if campaign != 0 {
		return s.to(v, runURL(campaign), flash{Say: []string{text.PlanLaunchedAlready}, Bad: true})
	}
	typed := readPlan(v, draft)
	if err := s.stopped(ctx, v, typed.names()...); bot.Says(err) != "" {
		return s.replan(ctx, v, id, draft, typed, bot.Says(err))
	} else if err != nil {
		return err
	}
	if typed.err != "" {
		return s.replan(ctx, v, id, draft, typed, typed.err)
	}
	launch := v.value("do") == "launch"
	said, err := s.do(ctx, v, func(ctx context.Context, t *convo.Turn) error {
		if err := s.Desk.ChangePlan(ctx, t, id, v.value("version"), typed.apply); err != nil || !launch {
			return err
		}
		p, _, _, err := s.Desk.PlanOf(ctx, id, t.Now)
		if err != nil {
			return err
		}
		opened, err := s.Desk.OpenPlan(ctx, t, id, p)
		if err != nil {
			return err
		}
		campaign = opened.Campaign.ID
		t.Say(fmt.Sprintf(text.PlanOpened, opened.Told))
		for _, line := range opened.Unowned {
			t.Say(line)
		}
		return nil
	})
	switch say := bot.Says(err); {
	case say != "":
		return s.replan(ctx, v, id, draft, typed, say)
	case err != nil:
		return err
	case launch:
		return s.to(v, runURL(campaign), flash{Say: said})
	}
	return s.to(v, planURL(id), flash{Say: []string{text.PlanSaved}})
}

// replan shows what was typed again, with why it was not taken.
func (s *site) replan(ctx context.Context, v *visit, id int64, draft plan.Draft, typed planForm, say string) error {
	typed.apply(&draft)
	cal, err := s.Desk.Plans.Calendar(ctx)
	if err != nil {
		return err
	}
	issues := slices.DeleteFunc(draft.Resolve(bot.Civil(s.Now()), cal), func(i plan.Issue) bool { return i.Stops })
	p := planPage{ID: id, Version: v.value("version"), Draft: draft, Error: []string{say}, Added: typed.added}
	return s.showPlan(ctx, v, http.StatusUnprocessableEntity, p, issues)
}
