package handlers

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/plan"
	"qingfeng/bot/text"
)

// extendMax is how many calendar days an obligation may be put off at a time.
const extendMax = 60

// Limits of a reason, in characters.
const (
	reasonMin = 2
	reasonMax = 100
)

const flowExtend = "plan.extend"

// extending is what has been said of a request so far.
type extending struct {
	Obligation int64     `json:"obligation,omitempty"`
	Until      time.Time `json:"until,omitzero"`
	Said       string    `json:"said,omitempty"` // a day, before it is known of what
	Reason     string    `json:"reason,omitempty"`
}

func (d *Desk) extendFlow() convo.Flow[extending] {
	return convo.Flow[extending]{Name: flowExtend, Version: 1, Start: "which", Steps: []convo.Step[extending]{
		{Name: "which", Ask: d.askExtendWhich, Answer: d.readExtendWhich, Number: true},
		{Name: "until", Ask: d.askExtendUntil, Answer: d.readExtendUntil, Free: true, Number: true},
		{Name: "why", Ask: d.askExtendWhy, Answer: d.readExtendWhy, Free: true},
	}}
}

var (
	extendStrict = regexp.MustCompile(text.ExtendStrict)
	extendLoose  = regexp.MustCompile(text.ExtendLoose)
)

// matchExtend knows 申请延期到10月20日，出差 where nothing else can be meant, and says it
// in two words: the day and the reason as said.
func matchExtend(said string) ([]string, bool) {
	if !extendStrict.MatchString(said) {
		return nil, false
	}
	return extendArgs(said)
}

// matchExtendLoosely knows the same said otherwise, where no step took the words.
func matchExtendLoosely(said string) ([]string, bool) {
	if text.Says(text.WordsExtend, said) {
		return []string{"", ""}, true
	}
	return extendArgs(said)
}

func extendArgs(said string) ([]string, bool) {
	m := extendLoose.FindStringSubmatch(said)
	if m == nil {
		return nil, false
	}
	return []string{strings.TrimSpace(m[1]), strings.TrimSpace(m[2])}, true
}

// SayExtend is 申请延期, with or without a day and a reason.
func (d *Desk) SayExtend(ctx context.Context, t *convo.Turn) error {
	can, err := d.extendable(ctx, t)
	if err != nil {
		return err
	}
	var s extending
	if len(t.Args) == 2 {
		s.Said, s.Reason = t.Args[0], t.Args[1]
	}
	switch len(can) {
	case 0:
		t.Say(text.ExtendNone)
		return nil
	case 1:
		s.Obligation = can[0].ID
		next, err := d.extendGoOn(ctx, t, &s)
		if err != nil || next == "" {
			return err
		}
		return t.Start(flowExtend, next, s)
	}
	return t.Start(flowExtend, "", s)
}

// extendable are the actor's open obligations that have a day.
func (d *Desk) extendable(ctx context.Context, t *convo.Turn) ([]plan.Obligation, error) {
	obs, err := d.owed(ctx, t.Actor.Person)
	if err != nil {
		return nil, err
	}
	for i, ob := range obs {
		if ob.Due.IsZero() { // they come last
			return obs[:i], nil
		}
	}
	return obs, nil
}

// extendGoOn takes what was said already and tells the step that still has to ask; ""
// when the request is made.
func (d *Desk) extendGoOn(ctx context.Context, t *convo.Turn, s *extending) (string, error) {
	if s.Said != "" && s.Until.IsZero() {
		said := s.Said
		s.Said = ""
		ok, err := d.takeUntil(ctx, t, s, said)
		if err != nil || !ok {
			return "until", err
		}
	}
	switch {
	case s.Until.IsZero():
		return "until", nil
	case s.Reason == "" || !reasonFits(t, s.Reason):
		s.Reason = ""
		return "why", nil
	}
	_, err := d.AskExtension(ctx, t, s.Obligation, s.Until, s.Reason)
	return "", err
}

func (d *Desk) askExtendWhich(ctx context.Context, t *convo.Turn, _ *extending) error {
	can, err := d.extendable(ctx, t)
	if err != nil {
		return err
	}
	card := bot.Card{Title: text.ExtendWhichTitle, Pick: &bot.Pick{}}
	for _, ob := range can[:min(len(can), 20)] {
		card.Pick.Options = append(card.Pick.Options, bot.Option{Text: fmt.Sprintf(text.ExtendWhichOption, text.Clip(ob.Name, 10), day(bot.Civil(ob.Due))), Key: strconv.FormatInt(ob.ID, 10)})
	}
	if len(card.Pick.Options) == 0 {
		t.Say(text.ExtendNone)
		return nil
	}
	t.Ask(card)
	return nil
}

func (d *Desk) readExtendWhich(ctx context.Context, t *convo.Turn, s *extending) (convo.Next, error) {
	id, next := pickedOne(t)
	if id == 0 {
		return next, nil
	}
	s.Obligation = id
	return d.extendNext(ctx, t, s)
}

// pickedOne is the id behind the option that was picked; 0 with what happens instead when
// the person has thought better of it or meant none of them.
func pickedOne(t *convo.Turn) (int64, convo.Next) {
	if text.Says(text.WordsNever, t.Answer.Text) {
		t.Say(text.QuitOther)
		return 0, convo.Done()
	}
	id, err := strconv.ParseInt(t.Answer.Key(), 10, 64)
	if err != nil {
		return 0, convo.NotUnderstood()
	}
	return id, convo.Next{}
}

func (d *Desk) extendNext(ctx context.Context, t *convo.Turn, s *extending) (convo.Next, error) {
	next, err := d.extendGoOn(ctx, t, s)
	if err != nil || next == "" {
		return convo.Done(), err
	}
	return convo.Goto(next), nil
}

func (d *Desk) askExtendUntil(ctx context.Context, t *convo.Turn, s *extending) error {
	ob, err := d.Plans.Obligation(ctx, s.Obligation)
	if err != nil {
		return err
	}
	t.Say(fmt.Sprintf(text.ExtendUntilAsk, ob.Name, dayWeek(ob.Due)))
	return nil
}

func (d *Desk) readExtendUntil(ctx context.Context, t *convo.Turn, s *extending) (convo.Next, error) {
	if text.Says(text.WordsNever, t.Answer.Text) {
		t.Say(text.QuitOther)
		return convo.Done(), nil
	}
	said, why, both := strings.Cut(strings.NewReplacer("，", ",", "；", ",", "。", ",").Replace(t.Answer.Text), ",")
	if both && s.Reason == "" {
		s.Reason = strings.Trim(why, ", ")
	}
	ok, err := d.takeUntil(ctx, t, s, said)
	if err != nil {
		return convo.Next{}, err
	}
	if _, day := readUntil(said, t.Now, t.Now); !ok && !day {
		return convo.NotUnderstood(), nil // another command, perhaps; else what was just said
	}
	if !ok {
		return convo.Stay(), nil
	}
	return d.extendNext(ctx, t, s)
}

// takeUntil reads a day into the request; when it cannot be, the person is told why.
func (d *Desk) takeUntil(ctx context.Context, t *convo.Turn, s *extending, said string) (bool, error) {
	ob, err := d.Plans.Obligation(ctx, s.Obligation)
	if err != nil {
		return false, err
	}
	until, ok := readUntil(said, ob.Due, t.Now)
	if !ok {
		t.Say(text.ExtendUntilAgain)
		return false, nil
	}
	until, note, code, err := d.fitUntil(ctx, t, ob, until)
	if err != nil {
		return false, err
	}
	if code != "" {
		return false, d.refuse(ctx, t, "extension.ask", aboutObligation, ob.ID, code, note)
	}
	s.Until = until
	if note != "" {
		t.Say(note)
	}
	return true, nil
}

// readUntil reads a day, or 3天 from the present one.
func readUntil(said string, due, now time.Time) (time.Time, bool) {
	said = strings.TrimSpace(convo.Fold(said))
	said = strings.TrimLeft(said, text.ExtendLead)
	if head, ok := strings.CutSuffix(said, text.ExtendDays); ok {
		if n, ok := convo.Numbers(head); ok && len(n) == 1 {
			return bot.Civil(due).AddDate(0, 0, n[0]), true
		}
	}
	on, ok := parseDay(said, bot.Local(now))
	return bot.Civil(on), ok
}

// fitUntil holds a day against the limits and moves it off a day that is not worked.
// note says what was moved, or, with a code, why it cannot be.
func (d *Desk) fitUntil(ctx context.Context, t *convo.Turn, ob plan.Obligation, until time.Time) (on time.Time, note, code string, err error) {
	cal, err := d.calendar(ctx)
	if err != nil {
		return on, "", "", err
	}
	today, due := bot.Civil(t.Now), bot.Civil(ob.Due)
	on = bot.Civil(until)
	last := due
	if last.Before(today) {
		last = today
	}
	last = last.AddDate(0, 0, extendMax)
	switch {
	case !on.After(due):
		return on, fmt.Sprintf(text.ExtendEarly, dayWeek(due)), "not later", nil
	case on.Before(today):
		return on, text.ExtendPast, "past", nil
	case on.After(last):
		return on, fmt.Sprintf(text.ExtendLong, extendMax, dayWeek(last), d.officeNames(ctx)), "too long", nil
	}
	if !cal.Worked(on) {
		rolled := cal.Add(on, 1)
		note = fmt.Sprintf(text.ExtendRolled, dayWeek(on), dayWeek(rolled))
		on = rolled
	}
	return on, note, "", nil
}

func (d *Desk) askExtendWhy(_ context.Context, t *convo.Turn, _ *extending) error {
	t.Say(text.ExtendWhyAsk)
	return nil
}

func (d *Desk) readExtendWhy(ctx context.Context, t *convo.Turn, s *extending) (convo.Next, error) {
	if text.Says(text.WordsNever, t.Answer.Text) {
		t.Say(text.QuitOther)
		return convo.Done(), nil
	}
	if !reasonFits(t, t.Answer.Text) {
		return convo.Stay(), nil
	}
	s.Reason = strings.TrimSpace(t.Answer.Text)
	_, err := d.AskExtension(ctx, t, s.Obligation, s.Until, s.Reason)
	return convo.Done(), err
}

// reasonFits says what is wrong with the length of a reason.
func reasonFits(t *convo.Turn, reason string) bool {
	switch n := utf8.RuneCountInString(strings.TrimSpace(reason)); {
	case n < reasonMin:
		t.Say(text.ExtendWhyShort)
		return false
	case n > reasonMax:
		t.Say(text.ExtendWhyLong)
		return false
	}
	return true
}
