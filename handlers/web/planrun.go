package web

import (
	"cmp"
	"context"
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

// runPage is a campaign's plan as it runs. It counts, and names nobody.
type runPage struct {
	Campaign risk.Campaign
	Running  bool
	Chart    template.HTML
	Stages   []runStage
	Events   []plan.Anchor
	Unowned  int
	Error    []string
}

type runStage struct {
	plan.Stage
	State  form.GanttState
	Label  string
	Tone   string
	Duties []runDuty
}

// runDuty is one duty of everybody who owes it.
type runDuty struct {
	Name         string
	Parties      string
	Due          time.Time // the latest
	All, Done    int
	Waived       int // was over when the campaign began: written down only
	Late, Nobody int
}

// run shows how far a campaign's plan has got.
func (s *site) run(ctx context.Context, v *visit) error {
	if err := s.planner(v); err != nil {
		return err
	}
	return s.showRun(ctx, v, http.StatusOK, nil)
}

func (s *site) showRun(ctx context.Context, v *visit, status int, say []string) error {
	id, err := v.number("campaign")
	if err != nil {
		return err
	}
	p := runPage{Error: say}
	if p.Campaign, err = s.Register.CampaignByID(ctx, id); err != nil {
		return err
	}
	p.Running = p.Campaign.State == "open"
	stages, err := s.Desk.Plans.Stages(ctx, id)
	if err != nil {
		return err
	}
	if p.Events, err = s.Desk.Plans.Anchors(ctx, id); err != nil {
		return err
	}
	all, err := s.Desk.Plans.Obligations(ctx, plan.ObligationFilter{Campaign: id})
	if err != nil {
		return err
	}
	owed, err := s.Desk.Plans.Obligations(ctx, plan.ObligationFilter{Campaign: id, Open: true})
	if err != nil {
		return err
	}
	cal, err := s.Desk.Plans.Calendar(ctx)
	if err != nil {
		return err
	}
	open := map[int64]bool{}
	for _, o := range owed {
		open[o.ID] = true
	}
	today := bot.Civil(s.Now())
	g := form.Gantt{Worked: cal.Worked}
	for _, a := range p.Events {
		g.Events = append(g.Events, form.GanttEvent{Name: a.Name, On: a.On})
	}
	for _, st := range stages {
		row := runStage{Stage: st}
		var dues []form.GanttDue
		row.Duties, dues = runDuties(st, all, open, today)
		row.State, row.Label, row.Tone = stageStands(st, row.Duties, today)
		for _, u := range row.Duties {
			p.Unowned += u.Nobody
		}
		p.Stages = append(p.Stages, row)
		g.Stages = append(g.Stages, form.GanttStage{Name: st.Name, From: st.From, Until: st.Until, Days: cal.Between(st.From, st.Until), State: row.State, Dues: dues})
	}
	p.Chart = chart(g, s.Now())
	return s.show(v, status, "planrun", text.PlanRunTitle, p)
}

// runDuties counts what is owed in a stage, duty by duty, and gives its diamonds.
func runDuties(st plan.Stage, all []plan.Obligation, open map[int64]bool, today time.Time) (rows []runDuty, dues []form.GanttDue) {
	at := map[string]int{}
	for _, o := range all {
		if o.Stage != st.Code {
			continue
		}
		i, known := at[o.Code]
		if !known {
			i = len(rows)
			at[o.Code] = i
			rows = append(rows, runDuty{Name: o.Name, Parties: handlers.Parties(plan.Duty{Owner: o.OwnerRole, Receiver: o.Receiver})})
		}
		r := &rows[i]
		if o.Due.After(r.Due) {
			r.Due = o.Due
		}
		if o.State == plan.Waived {
			r.Waived++
			continue
		}
		r.All++
		begun := open[o.ID] || o.State != plan.Pending || today.After(o.Due) && !o.Due.IsZero()
		switch {
		case open[o.ID] && !o.Due.IsZero() && o.Due.Before(today):
			r.Late++
		case !open[o.ID] && begun:
			r.Done++
		}
		if o.Owner == 0 && o.State == plan.Pending {
			r.Nobody++
		}
	}
	slices.SortStableFunc(rows, func(a, b runDuty) int { return cmp.Or(a.Due.Compare(b.Due)) })
	for _, r := range rows {
		state := form.Planned
		switch {
		case r.Late > 0:
			state = form.Late
		case r.All > 0 && r.Done == r.All:
			state = form.Done
		}
		dues = append(dues, form.GanttDue{On: r.Due, State: state})
	}
	return rows, dues
}

// stageStands tells where a stage stands today.
func stageStands(st plan.Stage, duties []runDuty, today time.Time) (form.GanttState, string, string) {
	owed := slices.ContainsFunc(duties, func(u runDuty) bool { return u.All > 0 })
	late := slices.ContainsFunc(duties, func(u runDuty) bool { return u.Late > 0 })
	switch {
	case !st.DoneOn.IsZero() || st.Waived != "":
		return form.Done, text.ChartDone, "done"
	case late:
		return form.Late, text.ChartLate, "back"
	case st.Until.Before(today) && len(duties) > 0 && !owed:
		return form.Planned, text.PlanGone, "plain"
	case st.Until.Before(today):
		return form.Done, text.ChartDone, "done"
	case !st.From.After(today):
		return form.Running, text.ChartRunning, "todo"
	}
	return form.Planned, text.PlanAhead, "plain"
}

// runDo gives an event its day.
func (s *site) runDo(ctx context.Context, v *visit) error {
	if err := s.planner(v); err != nil {
		return err
	}
	id, err := v.number("campaign")
	if err != nil {
		return err
	}
	on := civilDate(v.value("on"))
	if on.IsZero() {
		return s.showRun(ctx, v, http.StatusUnprocessableEntity, []string{text.PlanEventDay})
	}
	said, err := s.do(ctx, v, func(ctx context.Context, t *convo.Turn) error {
		_, err := s.Desk.MoveEvent(ctx, t, id, v.value("code"), on)
		return err
	})
	if say := bot.Says(err); say != "" {
		return s.showRun(ctx, v, http.StatusUnprocessableEntity, []string{say})
	}
	if err != nil {
		return err
	}
	return s.to(v, runURL(id), flash{Say: said})
}
