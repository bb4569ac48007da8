package handlers

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/survey"
	"qingfeng/bot/text"
)

// FlowSurvey is 发起问卷: what, called what, to whom, until when, and a look before it begins.
const FlowSurvey = "survey"

// surveyPickMost is how many sections a card can list.
const surveyPickMost = 20

func (d *Desk) surveyFlow() convo.Flow[SurveyPlan] {
	return convo.Flow[SurveyPlan]{
		Name: FlowSurvey, Version: 1, Start: "template",
		Steps: []convo.Step[SurveyPlan]{
			{Name: "template", Ask: d.askSurveyKind, Answer: d.readSurveyKind},
			{Name: "title", Ask: d.askSurveyTitle, Answer: d.readSurveyTitle, Free: true},
			{Name: "who", Ask: d.askSurveyWho, Answer: d.readSurveyWho},
			{Name: "sections", Ask: d.askSurveySections, Answer: d.readSurveySections, Number: true},
			{Name: "until", Ask: d.askSurveyUntil, Answer: d.readSurveyUntil, Free: true, Number: true},
			{Name: "split", Ask: d.askSurveySplit, Answer: d.readSurveySplit},
			{Name: "ready", Ask: d.askSurveyReady, Answer: d.readSurveyReady},
		},
	}
}

// surveyStarters are the words of surveys.
func (d *Desk) surveyStarters() []convo.Command {
	return []convo.Command{
		{Name: "survey.start", Match: words(text.WordsSurvey), Run: d.startSurvey("", "template")},
		{Name: "survey.appraisal", Match: words(text.WordsAppraisal), Run: d.startSurvey("appraisal", "title")},
		{Name: "survey.list", Match: words(text.WordsSurveyList), Run: d.listSurveys, Resume: true},
	}
}

// startSurvey begins the dialog; only the coordinating office may.
func (d *Desk) startSurvey(template, step string) convo.Handler {
	return func(ctx context.Context, t *convo.Turn) error {
		if d.Surveys == nil {
			return d.fallback(ctx, t)
		}
		if !MayMakeSurvey(t.Actor) {
			return d.refuse(ctx, t, "survey.start", "survey", 0, "role", text.SurveyNotYours)
		}
		if d.Seal == nil {
			return d.refuse(ctx, t, "survey.start", "survey", 0, "no key", text.SurveyNoKey)
		}
		return t.Start(FlowSurvey, step, SurveyPlan{Template: template})
	}
}

// listSurveys tells people what waits for them, and the office how its surveys stand.
func (d *Desk) listSurveys(ctx context.Context, t *convo.Turn) error {
	if d.Surveys == nil {
		return d.fallback(ctx, t)
	}
	var lines []string
	mine, err := d.Surveys.Invitations(ctx, t.Actor.Person)
	if err != nil {
		return err
	}
	for _, s := range mine {
		lines = append(lines, fmt.Sprintf(text.SurveyMine, s.Sheet.Title, day(s.Until), d.Pages.Survey(s.ID)))
	}
	if MayReadSurvey(t.Actor) {
		more, err := d.surveysStand(ctx)
		if err != nil {
			return err
		}
		lines = append(lines, more...)
	}
	switch {
	case len(lines) > 0:
		t.Say(strings.Join(lines, "\n"))
	case MayMakeSurvey(t.Actor):
		t.Say(text.SurveyNoneOffice)
	default:
		t.Say(text.SurveyNone)
	}
	return nil
}

// surveysStand are the surveys that run, and the one that ended last.
func (d *Desk) surveysStand(ctx context.Context) ([]string, error) {
	all, err := d.Surveys.Surveys(ctx, false, 20)
	if err != nil {
		return nil, err
	}
	var lines []string
	for _, s := range all {
		if s.State != survey.Open {
			continue
		}
		took, err := d.SurveyTook(ctx, s.ID)
		if err != nil {
			return nil, err
		}
		lines = append(lines, fmt.Sprintf(text.SurveyRunning, s.Sheet.Title, s.Invited, day(s.Until), took, text.SurveyNotYet))
	}
	if i := slices.IndexFunc(all, func(s survey.Survey) bool { return s.State == survey.Closed }); i >= 0 {
		lines = append(lines, fmt.Sprintf(text.SurveyLatest, all[i].Sheet.Title, d.Pages.SurveyResult(all[i].ID)))
	}
	return lines, nil
}

func (d *Desk) askSurveyKind(_ context.Context, t *convo.Turn, _ *SurveyPlan) error {
	card := bot.Card{Title: text.SurveyWhichTitle, Body: text.SurveyWhichBody}
	all, err := survey.Templates()
	if err != nil {
		return err
	}
	for _, x := range all {
		card.Buttons = append(card.Buttons, bot.Option{Text: text.Clip(x.Name, 10), Key: x.Code, Say: []string{x.Name}})
	}
	t.Ask(card)
	return nil
}

func (d *Desk) readSurveyKind(_ context.Context, t *convo.Turn, s *SurveyPlan) (convo.Next, error) {
	if s.Template = t.Answer.Key(); s.Template == "" {
		return convo.NotUnderstood(), nil
	}
	return convo.Goto("title"), nil
}

func (d *Desk) askSurveyTitle(_ context.Context, t *convo.Turn, s *SurveyPlan) error {
	x, _, err := survey.TemplateByCode(s.Template)
	if err != nil {
		return err
	}
	if x.Named {
		t.Say(text.SurveyAbout)
		return nil
	}
	t.Say(fmt.Sprintf(text.SurveyTitleAsk, fmt.Sprintf(text.SurveyTitleYear, bot.Local(t.Now).Year(), x.Name)))
	return nil
}

func (d *Desk) readSurveyTitle(_ context.Context, t *convo.Turn, s *SurveyPlan) (convo.Next, error) {
	x, _, err := survey.TemplateByCode(s.Template)
	if err != nil {
		return convo.Next{}, err
	}
	said := strings.Join(strings.Fields(t.Answer.Text), " ")
	n := utf8.RuneCountInString(said)
	switch {
	case x.Named && (n < 2 || n > 30 || text.Says(text.WordsYes, said)):
		t.Say(text.SurveyAboutAgain)
		return convo.Stay(), nil
	case x.Named:
		s.Title = fmt.Sprintf(text.SurveyTitleNamed, x.Name, said)
	case text.Says(text.WordsYes, said) || text.Says(text.WordsAnyWay, said):
		s.Title = fmt.Sprintf(text.SurveyTitleYear, bot.Local(t.Now).Year(), x.Name)
	case n < 4 || n > 40:
		t.Say(text.SurveyTitleAgain)
		return convo.Stay(), nil
	default:
		s.Title = said
	}
	return convo.Goto("who"), nil
}

func (d *Desk) askSurveyWho(ctx context.Context, t *convo.Turn, _ *SurveyPlan) error {
	a, err := d.invitees(ctx, nil)
	if err != nil {
		return err
	}
	t.Ask(bot.Card{
		Title: text.SurveyWhoTitle, Body: fmt.Sprintf(text.SurveyWhoBody, len(a.people)),
		Buttons: []bot.Option{
			{Text: text.SurveyWhoAll, Key: "all", Say: text.Words(text.WordsSurveyAll)},
			{Text: text.SurveyWhoSome, Key: "some", Say: text.Words(text.WordsSurveySome)},
		},
	})
	return nil
}

func (d *Desk) readSurveyWho(ctx context.Context, t *convo.Turn, s *SurveyPlan) (convo.Next, error) {
	switch t.Answer.Key() {
	case "all":
		return d.surveyChosen(ctx, t, s, nil)
	case "some":
		return convo.Goto("sections"), nil
	}
	return convo.NotUnderstood(), nil
}

func (d *Desk) askSurveySections(ctx context.Context, t *convo.Turn, _ *SurveyPlan) error {
	a, err := d.invitees(ctx, nil)
	if err != nil {
		return err
	}
	pick := &bot.Pick{Multi: true, Submit: text.SurveyPickSubmit}
	for _, o := range a.sections[:min(len(a.sections), surveyPickMost)] {
		pick.Options = append(pick.Options, bot.Option{Text: text.Clip(o.Text, 17), Key: o.Key, Say: []string{o.Text}})
	}
	t.Ask(bot.Card{Title: text.SurveyPickTitle, Body: fmt.Sprintf(text.SurveyPickBody, d.Pages.Surveys()), Pick: pick})
	return nil
}

func (d *Desk) readSurveySections(ctx context.Context, t *convo.Turn, s *SurveyPlan) (convo.Next, error) {
	var ids []int64
	for _, key := range t.Answer.Keys {
		id, err := strconv.ParseInt(key, 10, 64)
		if err != nil {
			return convo.NotUnderstood(), nil
		}
		ids = append(ids, id)
	}
	if len(ids) == 0 {
		return convo.NotUnderstood(), nil
	}
	return d.surveyChosen(ctx, t, s, ids)
}

// surveyChosen takes who is asked, or says why that is too few.
func (d *Desk) surveyChosen(ctx context.Context, t *convo.Turn, s *SurveyPlan, sections []int64) (convo.Next, error) {
	a, err := d.invitees(ctx, sections)
	if err != nil {
		return convo.Next{}, err
	}
	if say := surveyTooFew(len(a.people)); say != "" {
		return convo.Goto("who"), d.refuse(ctx, t, "survey.start", "survey", 0, "too few", say)
	}
	s.Sections = sections
	return convo.Goto("until"), nil
}

func (d *Desk) askSurveyUntil(_ context.Context, t *convo.Turn, _ *SurveyPlan) error {
	t.Say(text.SurveyUntilAsk)
	return nil
}

func (d *Desk) readSurveyUntil(ctx context.Context, t *convo.Turn, s *SurveyPlan) (convo.Next, error) {
	until, _ := parseDay(t.Answer.Text, bot.Local(t.Now))
	if say := surveyUntilBad(until, t.Now); say != "" {
		t.Say(say)
		return convo.Stay(), nil
	}
	s.Until = until
	draft, err := d.DraftSurvey(ctx, t.Now, *s)
	if err != nil {
		return convo.Next{}, err
	}
	if draft.CanSplit {
		return convo.Goto("split"), nil
	}
	return convo.Goto("ready"), nil
}

func (d *Desk) askSurveySplit(_ context.Context, t *convo.Turn, _ *SurveyPlan) error {
	t.Ask(bot.Card{
		Title: text.SurveySplitTitle, Body: text.SurveySplitBody,
		Buttons: []bot.Option{
			{Text: text.SurveySplitNo, Key: "no", Say: text.Words(text.WordsNo)},
			{Text: text.SurveySplitYes, Key: "yes", Say: text.Words(text.WordsYes)},
		},
	})
	return nil
}

func (d *Desk) readSurveySplit(_ context.Context, t *convo.Turn, s *SurveyPlan) (convo.Next, error) {
	key := t.Answer.Key()
	if key == "" {
		return convo.NotUnderstood(), nil
	}
	s.Split = key == "yes"
	return convo.Goto("ready"), nil
}

func (d *Desk) askSurveyReady(ctx context.Context, t *convo.Turn, s *SurveyPlan) error {
	draft, err := d.DraftSurvey(ctx, t.Now, *s)
	if err != nil {
		return err
	}
	if !t.Repeat {
		t.Say(fmt.Sprintf(text.SurveyQuestions, len(draft.Sheet.Questions)) + "\n" + strings.Join(SurveyQuestionLines(draft.Sheet), "\n"))
	}
	split := text.SurveyReadyWhole
	if s.Split {
		split = text.SurveyReadySplit
	}
	t.Ask(bot.Card{
		Title: text.Clip(fmt.Sprintf(text.SurveyReady, s.Title), 36), Desc: fmt.Sprintf(text.SurveyReadyDesc, len(draft.People), day(s.Until)),
		Body: fmt.Sprintf(text.SurveyReadyBody, split),
		Buttons: []bot.Option{
			{Text: text.SurveyGo, Key: "go", Say: text.Words(text.WordsYes)},
			{Text: text.SurveyDrop, Key: "drop", Say: text.Words(text.WordsNo)},
		},
	})
	return nil
}

func (d *Desk) readSurveyReady(ctx context.Context, t *convo.Turn, s *SurveyPlan) (convo.Next, error) {
	switch t.Answer.Key() {
	case "go":
		draft, err := d.DraftSurvey(ctx, t.Now, *s)
		if err != nil {
			return convo.Next{}, err
		}
		_, told, err := d.StartSurvey(ctx, t, *s)
		if err != nil {
			return convo.Next{}, err
		}
		t.Say(StartedSay(len(draft.People), *s, told))
		return convo.Done(), nil
	case "drop":
		t.Say(text.SurveyDropped)
		return convo.Done(), nil
	}
	return convo.NotUnderstood(), nil
}

// StartedSay tells that a survey has begun.
func StartedSay(people int, s SurveyPlan, told bool) string {
	say := text.SurveyStartedWait
	if told {
		say = text.SurveyStartedTold
	}
	return fmt.Sprintf(text.SurveyStarted, people, day(s.Until)) + say
}
