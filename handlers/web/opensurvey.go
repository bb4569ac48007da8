package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/form"
	"qingfeng/bot/risk"
	"qingfeng/bot/survey"
	"qingfeng/bot/text"
	"qingfeng/handlers"
)

func (s *site) openSurveyRoutes() map[string]page {
	return map[string]page{
		"GET /opensurveys":                s.openSurveys,
		"POST /opensurveys":               s.openSurveysDo,
		"GET /opensurveys/{id}":           s.openSurvey,
		"POST /opensurveys/{id}":          s.openSurveyDo,
		"GET /opensurveys/{id}/code.png":  s.openSurveyCode,
		"GET /opensurveys/{id}/sheet.pdf": s.openSurveySheet,
	}
}

// openSurveysPage lists surveys open to all, and lets the office make one.
type openSurveysPage struct {
	Office    bool
	List      []survey.LinkSurvey
	Templates []survey.Template
	Today     string
	Plan      surveyForm
	Draft     *survey.Sheet // looked at before it begins
	Until     time.Time
	Lines     []string
	Error     string
}

// openSurveyReader lets in who reads results; there may be no such surveys at all.
func (s *site) openSurveyReader(v *visit) error {
	if s.Desk.OpenSurveys == nil {
		return fmt.Errorf("web: no open surveys: %w", risk.ErrNone)
	}
	return surveyReader(v)
}

func (s *site) openSurveys(ctx context.Context, v *visit) error {
	if err := s.openSurveyReader(v); err != nil {
		return err
	}
	return s.showOpenSurveys(ctx, v, http.StatusOK, openSurveysPage{Plan: surveyForm{Template: "service", Until: date(s.Now().AddDate(0, 0, 30))}})
}

func (s *site) showOpenSurveys(ctx context.Context, v *visit, status int, p openSurveysPage) (err error) {
	p.Office, p.Today = handlers.MayMakeSurvey(v.actor), date(s.Now())
	if p.Templates, err = handlers.OpenSurveyTemplates(); err != nil {
		return err
	}
	if p.List, err = s.Desk.OpenSurveys.LinkSurveys(ctx, false, 50); err != nil {
		return err
	}
	return s.show(v, status, "opensurveys", text.WebOpenSurveys, p)
}

func (s *site) openSurveysDo(ctx context.Context, v *visit) error {
	if s.Desk.OpenSurveys == nil {
		return errNotFound
	}
	if !handlers.MayMakeSurvey(v.actor) {
		return deny(text.OpenSurveyNotYours)
	}
	f, old := v.surveyPlan()
	plan := handlers.OpenSurveyPlan{Template: old.Template, Title: old.Title, Until: old.Until}
	page := openSurveysPage{Plan: f}
	if err := s.stopped(ctx, v, f.Title); err != nil {
		return err
	}
	sheet, err := s.Desk.DraftOpenSurvey(s.Now(), plan)
	if say := bot.Says(err); say != "" {
		page.Error = say
		if err := s.Register.Record(ctx, risk.Event{Actor: v.actor.Person, Action: "opensurvey.start", Object: "opensurvey", Result: "refused", Note: opOf(err)}); err != nil {
			return err
		}
		return s.showOpenSurveys(ctx, v, http.StatusUnprocessableEntity, page)
	}
	if err != nil {
		return err
	}
	switch v.value("do") {
	case "preview":
		page.Draft, page.Until, page.Lines = &sheet, plan.Until, handlers.SurveyQuestionLines(sheet)
		return s.showOpenSurveys(ctx, v, http.StatusOK, page)
	case "change":
		return s.showOpenSurveys(ctx, v, http.StatusOK, page)
	case "start":
	default:
		return errBadForm
	}
	var made survey.LinkSurvey
	_, err = s.do(ctx, v, func(ctx context.Context, t *convo.Turn) (err error) {
		made, err = s.Desk.StartOpenSurvey(ctx, t, plan)
		return err
	})
	if err != nil {
		return err
	}
	return s.to(v, openSurveyPath(made.ID), flash{Say: []string{s.Desk.OpenSurveyStartedSay(made)}})
}

func openSurveyPath(id int64) string { return fmt.Sprintf("/opensurveys/%d", id) }

// openSurveyPage is one of them: its link and code while it runs, its result afterwards.
type openSurveyPage struct {
	Survey survey.LinkSurvey
	Link   string
	Here   string
	Taking bool // it can still be filled in
	Office bool
	Result survey.Result
	Tables []surveyTable
}

func (s *site) openSurveyFor(ctx context.Context, v *visit) (p openSurveyPage, err error) {
	if err := s.openSurveyReader(v); err != nil {
		return p, err
	}
	id, err := v.number("id")
	if err != nil {
		return p, err
	}
	if p.Survey, err = s.Desk.OpenSurveys.LinkSurvey(ctx, id); err != nil {
		return p, err
	}
	p.Office, p.Here, p.Link = handlers.MayMakeSurvey(v.actor), openSurveyPath(id), s.Desk.Pages.OpenSurveyLink(p.Survey.Code)
	p.Taking = p.Survey.State == survey.Open && !bot.Civil(s.Now()).After(p.Survey.Until)
	if p.Survey.State == survey.Closed {
		if p.Result, err = s.Desk.OpenSurveys.LinkResult(ctx, id); err != nil {
			return p, err
		}
		p.Tables = surveyTables(p.Result)
	}
	return p, nil
}

func (s *site) openSurvey(ctx context.Context, v *visit) error {
	p, err := s.openSurveyFor(ctx, v)
	if err != nil {
		return err
	}
	return s.show(v, http.StatusOK, "opensurvey", p.Survey.Sheet.Title, p)
}

func (s *site) openSurveyDo(ctx context.Context, v *visit) error {
	p, err := s.openSurveyFor(ctx, v)
	if err != nil {
		return err
	}
	switch do := v.value("do"); {
	case do == "close":
		said, err := s.do(ctx, v, func(ctx context.Context, t *convo.Turn) error { return s.Desk.EndOpenSurvey(ctx, t, p.Survey.ID) })
		if err != nil {
			return err
		}
		return s.to(v, p.Here, flash{Say: said, Bad: !p.Office})
	case do == "export" && p.Result.Enough:
		return s.openSurveyExport(ctx, v, p)
	}
	return errBadForm
}

func (s *site) openSurveyExport(ctx context.Context, v *visit, p openSurveyPage) error {
	unit, err := s.Register.Unit(ctx)
	if err != nil {
		return err
	}
	data, err := form.Survey(form.SurveyForm{Unit: unit.Name, Title: p.Survey.Sheet.Title, Began: p.Survey.Started, Ended: p.Survey.Until, Result: p.Result})
	if err != nil {
		return err
	}
	if err := s.Register.Record(ctx, risk.Event{Actor: v.actor.Person, Action: "export.opensurvey", Object: "opensurvey", ID: p.Survey.ID, Result: "ok"}); err != nil {
		return err
	}
	return send(v, fmt.Sprintf(text.OpenSurveyFile, p.Survey.Until.Format(time.DateOnly)), data)
}

// openSurveyCode is the link as a QR code.
func (s *site) openSurveyCode(ctx context.Context, v *visit) error {
	p, err := s.openSurveyFor(ctx, v)
	if err != nil {
		return err
	}
	if !p.Taking {
		return errNotFound
	}
	data, err := form.QRPNG(p.Link, 480)
	if err != nil {
		return err
	}
	v.w.Header().Set("Content-Type", "image/png")
	_, _ = v.w.Write(data)
	return nil
}

// openSurveySheet is the page to hang up.
func (s *site) openSurveySheet(ctx context.Context, v *visit) error {
	p, err := s.openSurveyFor(ctx, v)
	if err != nil {
		return err
	}
	if !p.Taking {
		return errNotFound
	}
	unit, err := s.Register.Unit(ctx)
	if err != nil {
		return err
	}
	sheet := form.SurveySheet{Unit: unit.Name, Title: p.Survey.Sheet.Title, Intro: p.Survey.Sheet.Intro, Until: p.Survey.Until, URL: p.Link, Fonts: s.Desk.Fonts}
	data, err := sheet.Poster()
	if errors.Is(err, form.ErrNoFont) {
		return bot.Refuse(text.OpenSurveyNoFont, "opensurvey.sheet: no font")
	}
	if err != nil {
		return err
	}
	return send(v, fmt.Sprintf(text.OpenSurveySheetFile, p.Survey.Until.Format(time.DateOnly)), data)
}
