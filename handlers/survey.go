package handlers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/plan"
	"qingfeng/bot/risk"
	"qingfeng/bot/survey"
	"qingfeng/bot/text"
)

// Surveys is the organisers' side of surveys. bot/pg satisfies it.
type Surveys interface {
	// NewSurvey begins a survey with everybody it asks; what it asks is fixed from then on.
	NewSurvey(ctx context.Context, s survey.Survey, people []int64) (int64, error)
	// Survey fails with risk.ErrNone when there is none.
	Survey(ctx context.Context, id int64) (survey.Survey, error)
	// Surveys are the newest ones, newest first.
	Surveys(ctx context.Context, open bool, limit int) ([]survey.Survey, error)
	Invitation(ctx context.Context, id, person int64) (invited, took bool, err error)
	// Invitations are a person's surveys that run and that they did not take part in.
	Invitations(ctx context.Context, person int64) ([]survey.Survey, error)
	Took(ctx context.Context, id int64) (int, error)
	// MarkTook notes that a person takes part, once, while the survey runs.
	MarkTook(ctx context.Context, id, person int64) (bool, error)
	// AddTokens keeps the hashes of a batch of tokens.
	AddTokens(ctx context.Context, id int64, hashes [][]byte) error
	// Waiting is who has not taken part yet and is still here.
	Waiting(ctx context.Context, id int64) ([]bot.PushTo, error)
	// SetRounds notes how often people were written to; false when somebody else has.
	SetRounds(ctx context.Context, id int64, was, rounds int) (bool, error)
	// Stir takes the order in which things came out of the files.
	Stir(ctx context.Context) error
	// CloseSurvey ends a survey; closed is false when somebody else has.
	CloseSurvey(ctx context.Context, id int64) (state survey.State, closed bool, err error)
	// CountSurvey fails with risk.ErrNone while the survey runs.
	CountSurvey(ctx context.Context, id int64) (survey.Result, error)
}

// surveyLongest is how many days a survey may run.
const surveyLongest = 90

// Survey is the page where somebody takes part in a survey.
func (p Pages) Survey(id int64) string { return fmt.Sprintf("%s/survey/%d", p.Base, id) }

// SurveyResult is a survey as its organisers see it.
func (p Pages) SurveyResult(id int64) string { return fmt.Sprintf("%s/surveys/%d", p.Base, id) }

// Surveys is where the office makes surveys and reads results.
func (p Pages) Surveys() string { return p.Base + "/surveys" }

// SurveyPlan is a survey as somebody wants it.
type SurveyPlan struct {
	Template string    `json:"template,omitempty"`
	Title    string    `json:"title,omitempty"`
	Sections []int64   `json:"sections,omitempty"` // none: everybody
	Split    bool      `json:"split,omitempty"`    // results by section too
	Until    time.Time `json:"until,omitzero"`     // the last day
}

// SurveyDraft is what a plan comes to: who is asked what.
type SurveyDraft struct {
	Plan     SurveyPlan
	Template survey.Template
	Sheet    survey.Sheet
	People   []int64
	CanSplit bool // every section that is asked has enough people
}

// MayMakeSurvey reports whether a person makes surveys.
func MayMakeSurvey(a bot.Actor) bool { return a.Coordinator() }

// MayReadSurvey reports whether a person reads results (DOMAIN.md §2.4, Survey ballots).
func MayReadSurvey(a bot.Actor) bool {
	return a.Coordinator() || a.Has(bot.RoleLeaderInCharge, bot.RolePrincipal, bot.RoleGroupChair, bot.RoleDiscipline, bot.RoleDiscAuthority)
}

// invitees are who a plan would ask, each once, and how many in which section.
type invitees struct {
	people   []int64
	sections []survey.Option
	count    map[string]int
}

func (d *Desk) invitees(ctx context.Context, sections []int64) (a invitees, err error) {
	holders, err := d.Reg.Holders(ctx, 0)
	if err != nil {
		return a, err
	}
	a.count = map[string]int{}
	seen := map[int64]bool{}
	for _, h := range holders {
		if len(sections) > 0 && !slices.Contains(sections, h.Post.SectionID) || seen[h.Person.ID] {
			continue // somebody with two posts is asked once, in the section of the first
		}
		seen[h.Person.ID] = true
		a.people = append(a.people, h.Person.ID)
		key := fmt.Sprint(h.Post.SectionID)
		if a.count[key] == 0 {
			a.sections = append(a.sections, survey.Option{Key: key, Text: h.Post.Section})
		}
		a.count[key]++
	}
	return a, nil
}

func (a invitees) canSplit() bool {
	return len(a.sections) > 1 && !slices.ContainsFunc(a.sections, func(o survey.Option) bool { return a.count[o.Key] < survey.Floor })
}

// surveyTooFew is why an anonymous survey cannot ask so few people; "" when it can.
func surveyTooFew(n int) string {
	switch {
	case n == 0:
		return text.SurveyNobody
	case n == 1:
		return text.SurveyOne
	case n < survey.Floor:
		return fmt.Sprintf(text.SurveyFew, n)
	}
	return ""
}

// surveyUntilBad is why a survey cannot end on a day; "" when it can.
func surveyUntilBad(until, now time.Time) string {
	switch today := bot.Civil(now); {
	case until.IsZero():
		return text.SurveyUntilAgain
	case bot.Civil(until).Before(today):
		return text.SurveyUntilPast
	case bot.Civil(until).After(today.AddDate(0, 0, surveyLongest)):
		return text.SurveyUntilLong
	}
	return ""
}

// DraftSurvey works a plan out. A *bot.Error says what is wrong with it.
func (d *Desk) DraftSurvey(ctx context.Context, now time.Time, p SurveyPlan) (SurveyDraft, error) {
	out := SurveyDraft{Plan: p}
	if d.Seal == nil { // ballots would wait for the close in the clear
		return out, bot.Refuse(text.SurveyNoKey, "survey.start: no key")
	}
	t, ok, err := survey.TemplateByCode(p.Template)
	if err != nil {
		return out, err
	}
	if !ok {
		return out, bot.Refuse(text.SurveyNoTemplate, "survey.start: no template")
	}
	out.Template = t
	if n := utf8.RuneCountInString(p.Title); n < 4 || n > 40 {
		return out, bot.Refuse(text.SurveyTitleAgain, "survey.start: title")
	}
	if say := surveyUntilBad(p.Until, now); say != "" {
		return out, bot.Refuse(say, "survey.start: until")
	}
	a, err := d.invitees(ctx, p.Sections)
	if err != nil {
		return out, err
	}
	if say := surveyTooFew(len(a.people)); say != "" {
		return out, bot.Refuse(say, "survey.start: too few")
	}
	out.People, out.CanSplit, out.Sheet = a.people, a.canSplit(), t.Sheet(p.Title)
	if p.Split {
		if !out.CanSplit {
			return out, bot.Refuse(text.SurveyNoSplit, "survey.start: small section")
		}
		out.Sheet.Sections = a.sections
	}
	return out, nil
}

// StartSurvey begins a survey and writes to everybody it asks, now or when people are at
// work again; told says which.
func (d *Desk) StartSurvey(ctx context.Context, t *convo.Turn, p SurveyPlan) (id int64, told bool, err error) {
	if !MayMakeSurvey(t.Actor) {
		return 0, false, bot.Refuse(text.SurveyNotYours, "survey.start: role")
	}
	draft, err := d.DraftSurvey(ctx, t.Now, p)
	if err != nil {
		return 0, false, err
	}
	id, err = d.Surveys.NewSurvey(ctx, survey.Survey{Template: p.Template, Sheet: draft.Sheet, Until: p.Until, By: t.Actor.Person}, draft.People)
	if err != nil {
		return 0, false, err
	}
	if err := d.record(ctx, t, "survey.start", "survey", id, 0); err != nil {
		return 0, false, err
	}
	s, err := d.Surveys.Survey(ctx, id)
	if err != nil {
		return 0, false, err
	}
	told, err = d.surveyRound(ctx, t.Now, s)
	return id, told, err
}

// EndSurvey ends a survey before its day.
func (d *Desk) EndSurvey(ctx context.Context, t *convo.Turn, id int64) error {
	if !MayMakeSurvey(t.Actor) {
		return d.refuse(ctx, t, "survey.close", "survey", id, "role", text.SurveyCloseEarly)
	}
	s, err := d.Surveys.Survey(ctx, id)
	if err != nil {
		return err
	}
	if s.State != survey.Open {
		t.Say(text.SurveyClosedSay)
		return nil
	}
	state, closed, err := d.Surveys.CloseSurvey(ctx, id)
	if errors.Is(err, survey.ErrLocked) {
		return errors.Join(bot.Refuse(text.SurveyLocked, "survey.close: locked"), err) // an error, so that all is undone
	}
	if err != nil || !closed {
		return err
	}
	d.Tokens.Forget(id)
	t.Say(endedSay(s.Sheet, state))
	return d.record(ctx, t, "survey.close", "survey", id, 0)
}

func endedSay(s survey.Sheet, state survey.State) string {
	if state == survey.Void {
		return fmt.Sprintf(text.SurveyEndedVoid, s.Title)
	}
	return fmt.Sprintf(text.SurveyEnded, s.Title)
}

// TakePart marks that a person takes part in a survey and hands out one token, once. It is
// no turn and leaves no audit event: nothing it writes holds a moment, and nothing holds
// the token (bot/survey). A *bot.Error says why not.
func (d *Desk) TakePart(ctx context.Context, person, id int64) (token string, err error) {
	s, err := d.surveyInvited(ctx, person, id)
	if err != nil {
		return "", err
	}
	took, err := d.Surveys.Took(ctx, id)
	if err != nil {
		return "", err
	}
	token, err = d.Tokens.Draw(ctx, id, s.Invited-took, func(ctx context.Context, hashes [][]byte) error {
		return d.Surveys.AddTokens(ctx, id, hashes)
	})
	if err != nil {
		return "", err
	}
	marked, err := d.Surveys.MarkTook(ctx, id, person)
	if err != nil {
		return "", err // the flag may be there: the token is given to nobody
	}
	if !marked {
		d.Tokens.Return(id, token)
		return "", d.whyNoToken(ctx, person, id)
	}
	return token, nil
}

// surveyInvited is a survey that a person is asked to take part in.
func (d *Desk) surveyInvited(ctx context.Context, person, id int64) (survey.Survey, error) {
	s, err := d.Surveys.Survey(ctx, id)
	if err != nil {
		return s, err
	}
	invited, _, err := d.Surveys.Invitation(ctx, id, person)
	if err != nil {
		return s, err
	}
	if !invited {
		return s, bot.Refuse(text.SurveyNotThere, "survey: not invited")
	}
	return s, nil
}

func (d *Desk) whyNoToken(ctx context.Context, person, id int64) error {
	switch _, took, err := d.Surveys.Invitation(ctx, id, person); {
	case err != nil:
		return err
	case took:
		return bot.Refuse(text.SurveyTakenHow, "survey: taken")
	}
	return bot.Refuse(text.SurveyOver, "survey: over")
}

// SurveyTick does what time asks for: closes what is over, tells the office, and writes to
// those who have not taken part, at the start, half way and on the last working day before
// the close. Call it every hour; at night it also stirs (see bot/survey).
func (d *Desk) SurveyTick(ctx context.Context, now time.Time) error {
	open, err := d.Surveys.Surveys(ctx, true, 1000)
	if err != nil {
		return err
	}
	var bad []error // one survey that fails keeps no other back
	for _, s := range open {
		if bot.Civil(now).After(s.Until) {
			bad = append(bad, d.endOverdue(ctx, now, s))
			continue
		}
		_, err := d.surveyRound(ctx, now, s)
		bad = append(bad, err)
	}
	if h := bot.Local(now).Hour(); h < 6 && len(open) > 0 {
		bad = append(bad, d.Surveys.Stir(ctx))
	}
	return errors.Join(bad...)
}

func (d *Desk) endOverdue(ctx context.Context, now time.Time, s survey.Survey) error {
	state, closed, err := d.Surveys.CloseSurvey(ctx, s.ID)
	if err != nil || !closed {
		return err
	}
	d.Tokens.Forget(s.ID)
	if err := d.Reg.Record(ctx, risk.Event{Action: "survey.close", Object: "survey", ID: s.ID, Result: "ok", Note: "due"}); err != nil {
		return err
	}
	to, err := d.officeTo(ctx, fmt.Sprintf("survey-end:%d", s.ID))
	if err != nil {
		return err
	}
	if len(to) == 0 {
		return nil
	}
	say := endedSay(s.Sheet, state)
	_, err = d.Pushes.QueuePush(ctx, bot.Push{
		Kind: "survey", Lane: bot.LaneNotice, Text: say + "\n" + d.Pages.SurveyResult(s.ID),
		Card: bot.Card{Title: text.SurveyEndedTitle, Body: say, Link: &bot.Link{Text: text.SurveyEndedLink, URL: d.Pages.SurveyResult(s.ID)}},
	}, to)
	return err
}

// officeTo is everybody of the coordinating office, each once; once begins their keys.
func (d *Desk) officeTo(ctx context.Context, once string) (to []bot.PushTo, err error) {
	for _, role := range []bot.Role{bot.RoleOfficeDirector, bot.RoleOfficeMember} {
		people, err := d.Reg.RoleHolders(ctx, role, 0)
		if err != nil {
			return nil, err
		}
		for _, p := range people {
			if !slices.ContainsFunc(to, func(x bot.PushTo) bool { return x.Person == p.ID }) {
				to = append(to, bot.PushTo{Person: p.ID, User: p.UserID, Once: fmt.Sprintf("%s:%d", once, p.ID)})
			}
		}
	}
	return to, nil
}

// surveyRounds are the moments when people are written to; a zero one is left out.
func surveyRounds(s survey.Survey, cal plan.Calendar) [3]time.Time {
	seed := seedOf(s.ID, s.Started)
	out := [3]time.Time{s.Started}
	last := cal.Sub(s.Until, 1)
	if !last.After(s.Started) && cal.Worked(s.Until) && s.Until.After(s.Started) {
		last = s.Until
	}
	if !last.After(s.Started) {
		return out
	}
	out[2] = plan.Moment(last, seed)
	half := cal.Add(s.Started, max(1, (cal.Between(s.Started, s.Until)-1)/2))
	if half.After(s.Started) && half.Before(last) {
		out[1] = plan.Moment(half, seed)
	}
	return out
}

// surveyRound writes to those who have not taken part, when a round is due and people are
// at work; told reports whether it did.
func (d *Desk) surveyRound(ctx context.Context, now time.Time, s survey.Survey) (told bool, err error) {
	cal, err := d.calendar(ctx)
	if err != nil {
		return false, err
	}
	round := -1
	for i, at := range surveyRounds(s, cal) {
		if !at.IsZero() && !now.Before(at) {
			round = i
		}
	}
	if round < s.Rounds || plan.Quiet(now, cal) {
		return false, nil
	}
	mine, err := d.Surveys.SetRounds(ctx, s.ID, s.Rounds, round+1)
	if err != nil || !mine {
		return false, err
	}
	to, err := d.Surveys.Waiting(ctx, s.ID)
	if err != nil || len(to) == 0 {
		return false, err
	}
	for i := range to {
		to[i].Once = fmt.Sprintf("survey:%d:%d:%d", s.ID, to[i].Person, round)
	}
	_, err = d.Pushes.QueuePush(ctx, d.surveyPush(s, round), to)
	return err == nil, err
}

// surveyPush are the words of a round: the same for everybody and every survey, so that a
// lock screen tells nothing.
func (d *Desk) surveyPush(s survey.Survey, round int) bot.Push {
	title := [...]string{text.SurveyPushTitle, text.SurveyPushAgain, text.SurveyPushLast}[round]
	return bot.Push{
		Kind: "survey", Lane: bot.LaneBulk,
		Card: bot.Card{
			Title: title, Desc: fmt.Sprintf(text.SurveyPushDesc, day(s.Until)), Body: text.SurveyPushBody,
			Link: &bot.Link{Text: text.SurveyPushLink, URL: d.Pages.Survey(s.ID)},
		},
		Text: fmt.Sprintf(text.SurveyPushText, title, day(s.Until), text.SurveyPushBody, d.Pages.Survey(s.ID)),
	}
}

// SurveyTook says how many took part, never a number under survey.Floor.
func (d *Desk) SurveyTook(ctx context.Context, id int64) (string, error) {
	n, err := d.Surveys.Took(ctx, id)
	switch {
	case err != nil:
		return "", err
	case n < survey.Floor:
		return text.SurveyTookFew, nil
	}
	return fmt.Sprintf(text.SurveyTook, n), nil
}

// SurveyQuestionLines are a sheet's questions as they are previewed.
func SurveyQuestionLines(s survey.Sheet) []string {
	var out []string
	for i, q := range s.Questions {
		var options []string
		for _, o := range q.Options {
			options = append(options, o.Text)
		}
		out = append(out, fmt.Sprintf(text.SurveyQuestion, i+1, q.Text, strings.Join(options, text.ListComma)))
	}
	return out
}
