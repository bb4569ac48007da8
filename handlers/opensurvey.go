package handlers

import (
	"context"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/risk"
	"qingfeng/bot/survey"
	"qingfeng/bot/text"
)

// OpenSurveys keeps surveys open to whoever has the link (公开问卷, DOMAIN.md R-P5). bot/pg's
// Surveys satisfies it. Their ballots come through the citizens' pages and wait for the
// night like everything that comes there.
type OpenSurveys interface {
	// NewLinkSurvey begins one and fills ID, Code, State and Started.
	NewLinkSurvey(ctx context.Context, s *survey.LinkSurvey) error
	// LinkSurvey fails with risk.ErrNone when there is none.
	LinkSurvey(ctx context.Context, id int64) (survey.LinkSurvey, error)
	// LinkSurveys are the newest ones, newest first.
	LinkSurveys(ctx context.Context, open bool, limit int) ([]survey.LinkSurvey, error)
	// EndLinkSurvey makes a day the last one; false when it would not run longer anyway.
	EndLinkSurvey(ctx context.Context, id int64, last time.Time) (bool, error)
	// LinkBallotsWait reports whether ballots may still wait for the night.
	LinkBallotsWait(ctx context.Context) (bool, error)
	// CloseLinkSurvey counts and ends a survey; closed is false when somebody else has.
	// Ballots that still wait are lost to it.
	CloseLinkSurvey(ctx context.Context, id int64) (state survey.State, closed bool, err error)
	// LinkResult fails with risk.ErrNone while the survey runs, and of a void one.
	LinkResult(ctx context.Context, id int64) (survey.Result, error)
}

// OpenSurveyLink is where anybody fills an open survey in.
func (p Pages) OpenSurveyLink(code string) string { return p.Public + "/s/" + code }

// OpenSurvey is an open survey as its organisers see it: its code, then its result.
func (p Pages) OpenSurvey(id int64) string { return fmt.Sprintf("%s/opensurveys/%d", p.Base, id) }

// OpenSurveyPlan is an open survey as somebody wants it.
type OpenSurveyPlan struct {
	Template string    `json:"template,omitempty"`
	Title    string    `json:"title,omitempty"`
	Until    time.Time `json:"until,omitzero"` // the last day
}

// OpenSurveyTemplates are the questionnaires that may be open to all: those about nobody
// in particular, the one for 服务对象 first.
func OpenSurveyTemplates() ([]survey.Template, error) {
	all, err := survey.Templates()
	if err != nil {
		return nil, err
	}
	var out []survey.Template
	for _, t := range all {
		switch {
		case t.Named:
		case t.Code == "service":
			out = append([]survey.Template{t}, out...)
		default:
			out = append(out, t)
		}
	}
	return out, nil
}

// DraftOpenSurvey works a plan out. A *bot.Error says what is wrong with it.
func (d *Desk) DraftOpenSurvey(now time.Time, p OpenSurveyPlan) (survey.Sheet, error) {
	var none survey.Sheet
	if say := d.noOpenSurvey(); say != "" {
		return none, bot.Refuse(say, "opensurvey.start: not set up")
	}
	t, ok, err := survey.TemplateByCode(p.Template)
	switch {
	case err != nil:
		return none, err
	case !ok:
		return none, bot.Refuse(text.SurveyNoTemplate, "opensurvey.start: no template")
	case t.Named:
		return none, bot.Refuse(text.OpenSurveyTemplate, "opensurvey.start: template")
	}
	if n := utf8.RuneCountInString(p.Title); n < 4 || n > 40 {
		return none, bot.Refuse(text.SurveyTitleAgain, "opensurvey.start: title")
	}
	if say := surveyUntilBad(p.Until, now); say != "" {
		return none, bot.Refuse(say, "opensurvey.start: until")
	}
	return t.Sheet(p.Title), nil
}

// noOpenSurvey is why none can begin here; "" when one can. Without a sealing key ballots
// would wait for the close in the clear.
func (d *Desk) noOpenSurvey() string {
	switch {
	case d.Seal == nil:
		return text.SurveyNoKey
	case d.Pages.Public == "":
		return text.OpenSurveyNoURL
	}
	return ""
}

// StartOpenSurvey begins a survey; nobody is written to: its link and its code are handed
// out by the office.
func (d *Desk) StartOpenSurvey(ctx context.Context, t *convo.Turn, p OpenSurveyPlan) (survey.LinkSurvey, error) {
	s := survey.LinkSurvey{Template: p.Template, Until: bot.Civil(p.Until), By: t.Actor.Person}
	if !MayMakeSurvey(t.Actor) {
		return s, bot.Refuse(text.OpenSurveyNotYours, "opensurvey.start: role")
	}
	var err error
	if s.Sheet, err = d.DraftOpenSurvey(t.Now, p); err != nil {
		return s, err
	}
	if err := d.OpenSurveys.NewLinkSurvey(ctx, &s); err != nil {
		return s, err
	}
	return s, d.record(ctx, t, "opensurvey.start", "opensurvey", s.ID, 0)
}

// OpenSurveyStartedSay tells that it has begun, and where.
func (d *Desk) OpenSurveyStartedSay(s survey.LinkSurvey) string {
	return fmt.Sprintf(text.OpenSurveyStarted, s.Sheet.Title, day(s.Until), d.Pages.OpenSurveyLink(s.Code), d.Pages.OpenSurvey(s.ID))
}

// EndOpenSurvey makes today the last day. It is closed like any other, after the night
// that brings today's ballots.
func (d *Desk) EndOpenSurvey(ctx context.Context, t *convo.Turn, id int64) error {
	if !MayMakeSurvey(t.Actor) {
		return d.refuse(ctx, t, "opensurvey.close", "opensurvey", id, "role", text.OpenSurveyEndOnly)
	}
	ended, err := d.OpenSurveys.EndLinkSurvey(ctx, id, bot.Civil(t.Now))
	if err != nil {
		return err
	}
	if !ended {
		t.Say(text.OpenSurveyEndAlready)
		return nil
	}
	t.Say(text.OpenSurveyEndSoon)
	return d.record(ctx, t, "opensurvey.close", "opensurvey", id, 0)
}

const (
	// openSurveyHour is when a survey whose last day was yesterday is closed: after the
	// night's release (jobs.Release).
	openSurveyHour = 6
	// openSurveyPatience is how many more nights a close waits while anything waits for
	// one: an instance that took ballots may have been down.
	openSurveyPatience = 2
)

// OpenSurveyTick closes what is over and tells the office. Call it every few minutes.
func (d *Desk) OpenSurveyTick(ctx context.Context, now time.Time) error {
	if d.OpenSurveys == nil {
		return nil
	}
	open, err := d.OpenSurveys.LinkSurveys(ctx, true, 1000)
	if err != nil {
		return err
	}
	var bad []error // one survey that fails keeps no other back
	for _, s := range open {
		bad = append(bad, d.endOpenSurvey(ctx, now, s))
	}
	return errors.Join(bad...)
}

func (d *Desk) endOpenSurvey(ctx context.Context, now time.Time, s survey.LinkSurvey) error {
	due := s.Until.AddDate(0, 0, 1).Add(openSurveyHour * time.Hour)
	if now.Before(due) {
		return nil
	}
	if now.Before(due.AddDate(0, 0, openSurveyPatience)) {
		if wait, err := d.OpenSurveys.LinkBallotsWait(ctx); err != nil || wait {
			return err
		}
	}
	state, closed, err := d.OpenSurveys.CloseLinkSurvey(ctx, s.ID)
	if err != nil || !closed {
		return err
	}
	if err := d.Reg.Record(ctx, risk.Event{Action: "opensurvey.close", Object: "opensurvey", ID: s.ID, Result: "ok", Note: "due"}); err != nil {
		return err
	}
	to, err := d.officeTo(ctx, fmt.Sprintf("opensurvey-end:%d", s.ID))
	if err != nil || len(to) == 0 {
		return err
	}
	say := endedSay(s.Sheet, state)
	at := d.Pages.OpenSurvey(s.ID)
	_, err = d.Pushes.QueuePush(ctx, bot.Push{
		Kind: "survey", Lane: bot.LaneNotice, Text: say + "\n" + at,
		Card: bot.Card{Title: text.SurveyEndedTitle, Body: say, Link: &bot.Link{Text: text.SurveyEndedLink, URL: at}},
	}, to)
	return err
}
