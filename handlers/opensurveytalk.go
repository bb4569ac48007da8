package handlers

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/survey"
	"qingfeng/bot/text"
)

// FlowOpenSurvey is 发起公开问卷: what, called what, until when, and a look before it begins.
const FlowOpenSurvey = "opensurvey"

func (d *Desk) openSurveyFlow() convo.Flow[OpenSurveyPlan] {
	return convo.Flow[OpenSurveyPlan]{
		Name: FlowOpenSurvey, Version: 1, Start: "template",
		Steps: []convo.Step[OpenSurveyPlan]{
			{Name: "template", Ask: d.askOpenKind, Answer: d.readOpenKind},
			{Name: "title", Ask: d.askOpenTitle, Answer: d.readOpenTitle, Free: true},
			{Name: "until", Ask: d.askOpenUntil, Answer: d.readOpenUntil, Free: true, Number: true},
			{Name: "ready", Ask: d.askOpenReady, Answer: d.readOpenReady},
		},
	}
}

// openSurveyStarters are the words of open surveys.
func (d *Desk) openSurveyStarters() []convo.Command {
	return []convo.Command{
		{Name: "opensurvey.start", Match: words(text.WordsOpenSurvey), Run: d.startOpenSurvey},
		{Name: "opensurvey.list", Match: words(text.WordsOpenSurveyList), Run: d.listOpenSurveys, Resume: true},
	}
}

func (d *Desk) startOpenSurvey(ctx context.Context, t *convo.Turn) error {
	if d.OpenSurveys == nil {
		return d.fallback(ctx, t)
	}
	if !MayMakeSurvey(t.Actor) {
		return d.refuse(ctx, t, "opensurvey.start", "opensurvey", 0, "role", text.OpenSurveyNotYours)
	}
	if say := d.noOpenSurvey(); say != "" {
		return d.refuse(ctx, t, "opensurvey.start", "opensurvey", 0, "not set up", say)
	}
	return t.Start(FlowOpenSurvey, "template", OpenSurveyPlan{})
}

// listOpenSurveys tells who reads results how open surveys stand.
func (d *Desk) listOpenSurveys(ctx context.Context, t *convo.Turn) error {
	if d.OpenSurveys == nil {
		return d.fallback(ctx, t)
	}
	if !MayReadSurvey(t.Actor) {
		t.Say(text.OpenSurveyNotYours)
		return nil
	}
	all, err := d.OpenSurveys.LinkSurveys(ctx, false, 20)
	if err != nil {
		return err
	}
	var lines []string
	for _, s := range all {
		if s.State == survey.Open {
			lines = append(lines, fmt.Sprintf(text.OpenSurveyRunning, s.Sheet.Title, day(s.Until), d.Pages.OpenSurveyLink(s.Code), d.Pages.OpenSurvey(s.ID)))
		}
	}
	if i := slices.IndexFunc(all, func(s survey.LinkSurvey) bool { return s.State == survey.Closed }); i >= 0 {
		lines = append(lines, fmt.Sprintf(text.OpenSurveyLatest, all[i].Sheet.Title, d.Pages.OpenSurvey(all[i].ID)))
	}
	if len(lines) == 0 {
		lines = []string{text.OpenSurveyNone}
	}
	t.Say(strings.Join(lines, "\n"))
	return nil
}

func (d *Desk) askOpenKind(_ context.Context, t *convo.Turn, _ *OpenSurveyPlan) error {
	card := bot.Card{Title: text.OpenSurveyWhichTitle, Body: text.OpenSurveyWhichBody}
	all, err := OpenSurveyTemplates()
	if err != nil {
		return err
	}
	for _, x := range all {
		card.Buttons = append(card.Buttons, bot.Option{Text: text.Clip(x.Name, 10), Key: x.Code, Say: []string{x.Name}})
	}
	t.Ask(card)
	return nil
}

func (d *Desk) readOpenKind(_ context.Context, t *convo.Turn, s *OpenSurveyPlan) (convo.Next, error) {
	if s.Template = t.Answer.Key(); s.Template == "" {
		return convo.NotUnderstood(), nil
	}
	return convo.Goto("title"), nil
}

// usualTitle is what a survey is called unless somebody says otherwise.
func usualTitle(t *convo.Turn, template string) (string, error) {
	x, _, err := survey.TemplateByCode(template)
	return fmt.Sprintf(text.SurveyTitleYear, bot.Local(t.Now).Year(), x.Name), err
}

func (d *Desk) askOpenTitle(_ context.Context, t *convo.Turn, s *OpenSurveyPlan) error {
	usual, err := usualTitle(t, s.Template)
	if err != nil {
		return err
	}
	t.Say(fmt.Sprintf(text.SurveyTitleAsk, usual))
	return nil
}

func (d *Desk) readOpenTitle(_ context.Context, t *convo.Turn, s *OpenSurveyPlan) (convo.Next, error) {
	usual, err := usualTitle(t, s.Template)
	if err != nil {
		return convo.Next{}, err
	}
	said := strings.Join(strings.Fields(t.Answer.Text), " ")
	switch n := utf8.RuneCountInString(said); {
	case text.Says(text.WordsYes, said) || text.Says(text.WordsAnyWay, said):
		s.Title = usual
	case n < 4 || n > 40:
		t.Say(text.SurveyTitleAgain)
		return convo.Stay(), nil
	default:
		s.Title = said
	}
	return convo.Goto("until"), nil
}

func (d *Desk) askOpenUntil(_ context.Context, t *convo.Turn, _ *OpenSurveyPlan) error {
	t.Say(text.SurveyUntilAsk)
	return nil
}

func (d *Desk) readOpenUntil(_ context.Context, t *convo.Turn, s *OpenSurveyPlan) (convo.Next, error) {
	until, _ := parseDay(t.Answer.Text, bot.Local(t.Now))
	if say := surveyUntilBad(until, t.Now); say != "" {
		t.Say(say)
		return convo.Stay(), nil
	}
	s.Until = until
	return convo.Goto("ready"), nil
}

func (d *Desk) askOpenReady(_ context.Context, t *convo.Turn, s *OpenSurveyPlan) error {
	sheet, err := d.DraftOpenSurvey(t.Now, *s)
	if err != nil {
		return err
	}
	if !t.Repeat {
		t.Say(fmt.Sprintf(text.SurveyQuestions, len(sheet.Questions)) + "\n" + strings.Join(SurveyQuestionLines(sheet), "\n"))
	}
	t.Ask(bot.Card{
		Title: text.Clip(fmt.Sprintf(text.SurveyReady, s.Title), 36), Desc: fmt.Sprintf(text.OpenSurveyReadyDesc, day(s.Until)), Body: text.OpenSurveyReadyBody,
		Buttons: []bot.Option{
			{Text: text.SurveyGo, Key: "go", Say: text.Words(text.WordsYes)},
			{Text: text.SurveyDrop, Key: "drop", Say: text.Words(text.WordsNo)},
		},
	})
	return nil
}

func (d *Desk) readOpenReady(ctx context.Context, t *convo.Turn, s *OpenSurveyPlan) (convo.Next, error) {
	switch t.Answer.Key() {
	case "go":
		made, err := d.StartOpenSurvey(ctx, t, *s)
		if err != nil {
			return convo.Next{}, err
		}
		t.Say(d.OpenSurveyStartedSay(made))
		return convo.Done(), nil
	case "drop":
		t.Say(text.SurveyDropped)
		return convo.Done(), nil
	}
	return convo.NotUnderstood(), nil
}
