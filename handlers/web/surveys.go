package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/form"
	"qingfeng/bot/risk"
	"qingfeng/bot/survey"
	"qingfeng/bot/text"
	"qingfeng/handlers"
)

// surveysPage lists surveys, and lets the office make one.
type surveysPage struct {
	Office    bool
	Links     bool // there are open ones too
	List      []surveyLine
	Templates []survey.Template
	Sections  []risk.Section
	Today     string
	Plan      surveyForm
	Draft     *handlers.SurveyDraft // looked at before it begins
	Lines     []string
	Error     string
}

// surveyForm is the form of a new survey as it was typed.
type surveyForm struct {
	Template, Title, Until string
	Sections               []int64
	Split                  bool
}

// Picked reports whether a section is ticked.
func (f surveyForm) Picked(id int64) bool { return slices.Contains(f.Sections, id) }

// surveyLine is one survey with how many took part, if that may be said.
type surveyLine struct {
	survey.Survey
	Took string
}

func (s *site) surveys(ctx context.Context, v *visit) error {
	if err := errors.Join(s.unknownSurvey(), surveyReader(v)); err != nil {
		return err
	}
	return s.showSurveys(ctx, v, http.StatusOK, surveysPage{Plan: surveyForm{Template: "appraisal", Until: date(s.Now().AddDate(0, 0, 7))}})
}

func (s *site) showSurveys(ctx context.Context, v *visit, status int, p surveysPage) (err error) {
	p.Office, p.Links, p.Today = handlers.MayMakeSurvey(v.actor), s.Desk.OpenSurveys != nil, date(s.Now())
	if p.Templates, err = survey.Templates(); err != nil {
		return err
	}
	if p.Sections, err = s.Register.Sections(ctx); err != nil {
		return err
	}
	all, err := s.Desk.Surveys.Surveys(ctx, false, 50)
	if err != nil {
		return err
	}
	for _, x := range all {
		line := surveyLine{Survey: x}
		if x.State == survey.Open {
			if line.Took, err = s.Desk.SurveyTook(ctx, x.ID); err != nil {
				return err
			}
		}
		p.List = append(p.List, line)
	}
	return s.show(v, status, "surveys", text.WebSurveys, p)
}

// plan reads the form of a new survey.
func (v *visit) surveyPlan() (f surveyForm, p handlers.SurveyPlan) {
	f = surveyForm{Template: v.value("template"), Title: v.value("title"), Until: v.value("until"), Split: v.value("split") != ""}
	for _, x := range v.values("section") {
		if id, err := strconv.ParseInt(x, 10, 64); err == nil && id > 0 {
			f.Sections = append(f.Sections, id)
		}
	}
	p = handlers.SurveyPlan{Template: f.Template, Title: f.Title, Sections: f.Sections, Split: f.Split}
	if until := civilDate(f.Until); !until.IsZero() {
		p.Until = bot.Civil(until)
	}
	return f, p
}

func (s *site) surveysDo(ctx context.Context, v *visit) error {
	if err := s.unknownSurvey(); err != nil {
		return err
	}
	if !handlers.MayMakeSurvey(v.actor) {
		return deny(text.SurveyNotYours)
	}
	f, plan := v.surveyPlan()
	page := surveysPage{Plan: f}
	if err := s.stopped(ctx, v, f.Title); err != nil {
		return err
	}
	draft, err := s.Desk.DraftSurvey(ctx, s.Now(), plan)
	if say := bot.Says(err); say != "" {
		page.Error = say
		if err := s.Register.Record(ctx, risk.Event{Actor: v.actor.Person, Action: "survey.start", Object: "survey", Result: "refused", Note: opOf(err)}); err != nil {
			return err
		}
		return s.showSurveys(ctx, v, http.StatusUnprocessableEntity, page)
	}
	if err != nil {
		return err
	}
	switch v.value("do") {
	case "preview":
		page.Draft, page.Lines = &draft, handlers.SurveyQuestionLines(draft.Sheet)
		return s.showSurveys(ctx, v, http.StatusOK, page)
	case "change":
		return s.showSurveys(ctx, v, http.StatusOK, page)
	case "start":
	default:
		return errBadForm
	}
	told := false
	_, err = s.do(ctx, v, func(ctx context.Context, t *convo.Turn) (err error) {
		_, told, err = s.Desk.StartSurvey(ctx, t, plan)
		return err
	})
	if err != nil {
		return err
	}
	return s.to(v, "/surveys", flash{Say: []string{handlers.StartedSay(len(draft.People), plan, told)}})
}

// surveyResultPage is a survey as its organisers see it: nothing before the close.
type surveyResultPage struct {
	Survey survey.Survey
	Took   string
	Office bool
	Result survey.Result
	Tables []surveyTable
}

// surveyTable is one question's numbers, as a table that is its own chart.
type surveyTable struct {
	Tally survey.Tally
	Bars  []surveyBar
	Rows  bool // at least one section is shown
}

// surveyBar is one option.
type surveyBar struct {
	Text         string
	Shown        bool
	Count, Share string
	Width        int // percent
}

func (s *site) surveyResult(ctx context.Context, v *visit) error {
	p, err := s.resultFor(ctx, v)
	if err != nil {
		return err
	}
	return s.show(v, http.StatusOK, "surveyresult", p.Survey.Sheet.Title, p)
}

func (s *site) resultFor(ctx context.Context, v *visit) (p surveyResultPage, err error) {
	if err := errors.Join(s.unknownSurvey(), surveyReader(v)); err != nil {
		return p, err
	}
	id, err := v.number("id")
	if err != nil {
		return p, err
	}
	if p.Survey, err = s.Desk.Surveys.Survey(ctx, id); err != nil {
		return p, err
	}
	p.Office = handlers.MayMakeSurvey(v.actor)
	if p.Survey.State == survey.Open {
		p.Took, err = s.Desk.SurveyTook(ctx, id)
		return p, err
	}
	if p.Result, err = s.Desk.Surveys.CountSurvey(ctx, id); err != nil {
		return p, err
	}
	p.Tables = surveyTables(p.Result)
	return p, nil
}

// surveyTables are a result's questions as tables.
func surveyTables(r survey.Result) (out []surveyTable) {
	for _, tally := range r.Tallies {
		t := surveyTable{Tally: tally, Rows: slices.ContainsFunc(tally.Rows, func(r survey.Row) bool { return r.Shown })}
		for i, o := range tally.Question.Options {
			b := surveyBar{Text: o.Text, Shown: tally.Cells[i].Shown, Width: form.SurveyShare(tally.Cells[i], r.Ballots)}
			b.Count, b.Share = form.SurveyCell(tally.Cells[i], r.Ballots)
			t.Bars = append(t.Bars, b)
		}
		out = append(out, t)
	}
	return out
}

func (s *site) surveyResultDo(ctx context.Context, v *visit) error {
	p, err := s.resultFor(ctx, v)
	if err != nil {
		return err
	}
	here := fmt.Sprintf("/surveys/%d", p.Survey.ID)
	switch do := v.value("do"); {
	case do == "close":
		said, err := s.do(ctx, v, func(ctx context.Context, t *convo.Turn) error { return s.Desk.EndSurvey(ctx, t, p.Survey.ID) })
		if err != nil {
			return err
		}
		return s.to(v, here, flash{Say: said, Bad: !p.Office})
	case do == "export" && p.Result.Enough:
		return s.surveyExport(ctx, v, p)
	}
	return errBadForm
}

func (s *site) surveyExport(ctx context.Context, v *visit, p surveyResultPage) error {
	unit, err := s.Register.Unit(ctx)
	if err != nil {
		return err
	}
	data, err := form.Survey(form.SurveyForm{Unit: unit.Name, Title: p.Survey.Sheet.Title, Began: p.Survey.Started, Ended: p.Survey.Until, Result: p.Result})
	if err != nil {
		return err
	}
	if err := s.Register.Record(ctx, risk.Event{Actor: v.actor.Person, Action: "export.survey", Object: "survey", ID: p.Survey.ID, Result: "ok"}); err != nil {
		return err
	}
	return send(v, fmt.Sprintf(text.SurveyFile, p.Survey.Until.Format(time.DateOnly)), data)
}
