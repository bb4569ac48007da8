package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/risk"
	"qingfeng/bot/survey"
	"qingfeng/bot/text"
	"qingfeng/handlers"
)

// surveyPage is where a person draws a token and goes from here to the ballot, on another
// listener that knows nobody.
type surveyPage struct {
	Survey survey.Survey
	State  string // draw, go, taken, over
	Token  string
	Ballot string // where the ballot is filled in
	Why    string
	Result string // where the result is, for those who read it
}

// surveyCookie keeps a token in the browser that drew it and nowhere else; another person
// at the same browser does not find it under their own name.
func (s *site) surveyCookie(survey, person int64) string {
	return "qf_ballot_" + fingerprint(fmt.Sprint(survey, ":", person))
}

func (s *site) surveyRoutes() map[string]page {
	return map[string]page{
		"GET /survey/{id}":   s.surveyPage,
		"POST " + drawRoute:  s.surveyDraw,
		"GET /surveys":       s.surveys,
		"POST /surveys":      s.surveysDo,
		"GET /surveys/{id}":  s.surveyResult,
		"POST /surveys/{id}": s.surveyResultDo,
	}
}

// drawRoute is where tokens are drawn; requests to it are not logged.
const drawRoute = "/survey/{id}"

func (s *site) surveyPage(ctx context.Context, v *visit) error {
	p, err := s.surveyFor(ctx, v)
	if err != nil {
		return err
	}
	return s.showSurvey(v, http.StatusOK, p)
}

// surveyFor is a survey as this person sees it.
func (s *site) surveyFor(ctx context.Context, v *visit) (p surveyPage, err error) {
	id, err := v.number("id")
	if err != nil || s.Desk.Surveys == nil {
		return p, errNotFound
	}
	if p.Survey, err = s.Desk.Surveys.Survey(ctx, id); err != nil {
		return p, err
	}
	invited, took, err := s.Desk.Surveys.Invitation(ctx, id, v.actor.Person)
	if err != nil {
		return p, err
	}
	if !invited {
		return p, deny(text.SurveyNotThere)
	}
	if handlers.MayReadSurvey(v.actor) && p.Survey.State != survey.Open {
		p.Result = fmt.Sprintf("/surveys/%d", id)
	}
	p.Ballot = s.PublicURL + "/b"
	if c, err := v.r.Cookie(s.surveyCookie(id, v.actor.Person)); err == nil && took {
		if _, ok := survey.TokenHash(c.Value); ok {
			p.Token = c.Value
		}
	}
	switch {
	case p.Survey.State != survey.Open:
		p.State, p.Why = "over", text.SurveyClosedSay
	case p.Token != "":
		p.State = "go"
	case took:
		p.State, p.Why = "taken", text.SurveyTakenHow
	case bot.Civil(s.Now()).After(p.Survey.Until):
		p.State, p.Why = "over", text.SurveyOver
	default:
		p.State = "draw"
	}
	return p, nil
}

// surveyDraw draws a token. It is no turn in the person's lane, which would leave a time.
func (s *site) surveyDraw(ctx context.Context, v *visit) error {
	p, err := s.surveyFor(ctx, v)
	if err != nil {
		return err
	}
	here := fmt.Sprintf("/survey/%d", p.Survey.ID)
	if p.State != "draw" {
		return s.to(v, here, flash{})
	}
	token, err := s.Desk.TakePart(ctx, v.actor.Person, p.Survey.ID)
	var refused *bot.Error
	switch {
	case errors.As(err, &refused):
		return s.to(v, here, flash{Say: []string{refused.Say}, Bad: true})
	case err != nil:
		return err
	}
	// For this survey's page only, until ballots are counted.
	http.SetCookie(v.w, &http.Cookie{
		Name: s.surveyCookie(p.Survey.ID, v.actor.Person), Value: token, Path: here, HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteLaxMode,
		MaxAge: int(p.Survey.Until.AddDate(0, 0, 2).Sub(s.Now()) / time.Second),
	})
	return s.to(v, here, flash{})
}

// showSurvey lets this one page's form go to the ballot's address, which is told nothing of
// where it came from.
func (s *site) showSurvey(v *visit, status int, p surveyPage) error {
	if at, err := url.Parse(p.Ballot); err == nil && at.Host != "" {
		v.w.Header().Set("Content-Security-Policy", strings.Replace(headerCSP, "form-action 'self'", "form-action 'self' "+at.Scheme+"://"+at.Host, 1))
	}
	v.w.Header().Set("Referrer-Policy", "no-referrer")
	return s.show(v, status, "survey", text.WebSurvey, p)
}

// surveyWaiting are the surveys that wait for a person, for the home page.
func (s *site) surveyWaiting(ctx context.Context, v *visit) ([]survey.Survey, error) {
	if s.Desk.Surveys == nil {
		return nil, nil
	}
	return s.Desk.Surveys.Invitations(ctx, v.actor.Person)
}

// surveyReader lets in who reads results; may refuses the others.
func surveyReader(v *visit) error {
	if !handlers.MayReadSurvey(v.actor) {
		return deny(text.SurveyResultOnly)
	}
	return nil
}

// unknownSurvey is the answer where there are no surveys at all.
func (s *site) unknownSurvey() error {
	if s.Desk.Surveys == nil {
		return fmt.Errorf("web: no surveys: %w", risk.ErrNone)
	}
	return nil
}
