package handlers

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

// FlowGrading is the stored name of the grading dialog.
const FlowGrading = "grading"

// gradingState is the state of the grading dialog: what was said, on which list.
type gradingState struct {
	Campaign int64             `json:"campaign"`
	Order    risk.GradingOrder `json:"order"`
	Print    string            `json:"print"`
	Why      string            `json:"why,omitempty"`
}

func (d *Desk) gradingFlow() convo.Flow[gradingState] {
	return convo.Flow[gradingState]{Name: FlowGrading, Version: 1, Start: "confirm", Steps: []convo.Step[gradingState]{
		{Name: "confirm", Ask: d.askGradingConfirm, Answer: d.readGradingConfirm},
		{Name: "why", Ask: d.askGradingWhy, Answer: d.readGradingWhy, Free: true},
		{Name: "minutes", Ask: d.askGradingMinutes, Answer: d.readGradingMinutes, Free: true},
	}}
}

var gradingOrder = regexp.MustCompile(text.GradingOrder)

// matchGrading knows a sentence that grades: 除第3条调一级外全部通过.
func matchGrading(said string) ([]string, bool) {
	if !gradingOrder.MatchString(said) {
		return nil, false
	}
	return []string{said}, true
}

// StartGrading is 定级: how many rows wait, the outliers, and what to type after the meeting.
func (d *Desk) StartGrading(ctx context.Context, t *convo.Turn) error {
	l, ok, err := d.gradable(ctx, t)
	if err != nil || !ok {
		return err
	}
	out := 0
	for _, r := range l.open() {
		if len(r.Out) > 0 {
			out++
		}
	}
	if len(l.open())+len(l.zero()) == 0 {
		t.Say(fmt.Sprintf(text.GradingWait, l.Behind))
		return nil
	}
	levels := map[risk.Level]int{}
	for _, r := range l.open() {
		levels[levelOf(r.Point)]++
	}
	var parts []string
	for _, level := range []risk.Level{risk.L1, risk.L2, risk.L3} {
		if levels[level] > 0 {
			parts = append(parts, fmt.Sprintf(text.ReviewLevelCount, l.Pack.LevelLabel(level), levels[level]))
		}
	}
	say := fmt.Sprintf(text.GradingCounts, len(l.open()), strings.Join(parts, text.ListComma), out)
	if l.Behind > 0 {
		say += fmt.Sprintf(text.GradingBehind, l.Behind)
	}
	t.Say(say + "\n" + d.Pages.Grading(l.Campaign.ID) + "\n" + text.GradingHow)
	return nil
}

// gradable is the open campaign's list, for whoever may grade.
func (d *Desk) gradable(ctx context.Context, t *convo.Turn) (GradingList, bool, error) {
	if !mayGrade(t.Actor) {
		return GradingList{}, false, d.refuse(ctx, t, "grading.start", aboutGrading, 0, "no role", text.GradingNotYou)
	}
	c, running, err := d.Reg.Campaign(ctx)
	if err != nil {
		return GradingList{}, false, err
	}
	if !running {
		t.Say(text.GradingNoCampaign)
		return GradingList{}, false, nil
	}
	l, err := d.gradingList(ctx, c.ID)
	return l, err == nil, err
}

// SayGrading reads what the secretary types after the meeting.
func (d *Desk) SayGrading(ctx context.Context, t *convo.Turn) error {
	if !mayGrade(t.Actor) {
		// A reviewer who says 全部通过 means what waits for them.
		return d.Todo(ctx, t)
	}
	l, ok, err := d.gradable(ctx, t)
	if err != nil || !ok {
		return err
	}
	if len(l.open())+len(l.zero()) == 0 {
		return d.refuse(ctx, t, "grading.start", aboutGrading, l.Campaign.ID, "nothing", fmt.Sprintf(text.GradingWait, l.Behind))
	}
	order, ok, err := d.readOrder(ctx, t, l, t.Args[0])
	if err != nil || !ok {
		return err
	}
	return t.Start(FlowGrading, "", gradingState{Campaign: l.Campaign.ID, Order: order, Print: l.print})
}

// readOrder reads the result of a meeting against the list; ok is false when it could
// not be taken and the answer says why.
func (d *Desk) readOrder(ctx context.Context, t *convo.Turn, l GradingList, said string) (order risk.GradingOrder, ok bool, err error) {
	refuse := func(note, say string) (risk.GradingOrder, bool, error) {
		return order, false, d.refuse(ctx, t, "grading.start", aboutGrading, l.Campaign.ID, note, say)
	}
	if order, err = risk.ParseGrading(said, len(l.Rows)); err != nil {
		say := bot.Says(err)
		if say == "" {
			say = text.GradingHow
		}
		return refuse("not understood", say)
	}
	for _, r := range order.Rows {
		if r.No < 1 || r.No > len(l.Rows) || l.Rows[r.No-1].Passed {
			return refuse("unknown row", fmt.Sprintf(text.GradingNoRow, r.No))
		}
	}
	if lacking := l.read(order).lacking; len(lacking) > 0 {
		return refuse("lacking", fmt.Sprintf(text.GradingLacks, numbers(lacking), lacking[0]))
	}
	return order, true, nil
}

func (d *Desk) askGradingConfirm(ctx context.Context, t *convo.Turn, s *gradingState) error {
	l, err := d.gradingList(ctx, s.Campaign)
	if err != nil {
		return err
	}
	t.Ask(bot.Card{
		Title: text.GradingTitle, Body: l.readBack(l.read(s.Order)),
		Buttons: []bot.Option{{Text: text.GradingYes, Key: "yes", Say: text.Words(text.WordsYes)}, {Text: text.GradingEdit, Key: "edit", Say: text.Words(text.WordsNo)}, {Text: text.GradingSee, URL: d.Pages.Grading(s.Campaign)}},
	})
	return nil
}

// readBack says what will happen: 将把第3条由二级定为一级，其余117条按初评通过。确认？
func (l GradingList) readBack(v verdicts) string {
	var parts []string
	for _, n := range v.changed {
		p := l.Rows[n-1].Point
		parts = append(parts, fmt.Sprintf(text.ReadBackLevel, n, l.Pack.LevelLabel(p.Suggested.Level), l.Pack.LevelLabel(v.levels[n])))
	}
	if len(v.back) > 0 {
		parts = append(parts, fmt.Sprintf(text.ReadBackBack, numbers(v.back)))
	}
	switch {
	case v.plain > 0 && len(parts) == 0:
		parts = append(parts, fmt.Sprintf(text.ReadBackAll, v.plain))
	case v.plain > 0:
		parts = append(parts, fmt.Sprintf(text.ReadBackRest, v.plain))
	}
	if n := len(l.zero()); n > 0 {
		parts = append(parts, fmt.Sprintf(text.ReadBackZero, n))
	}
	return fmt.Sprintf(text.ReadBack, strings.Join(parts, text.ReadBackComma))
}

func (d *Desk) readGradingConfirm(ctx context.Context, t *convo.Turn, s *gradingState) (convo.Next, error) {
	switch t.Answer.Key() {
	case "yes":
	case "edit":
		t.Say(text.GradingHow)
		return convo.Done(), nil
	default:
		if _, anew := matchGrading(strings.TrimSpace(t.Answer.Text)); !anew {
			return convo.NotUnderstood(), nil
		}
		// Said again, differently: the new sentence is read back instead.
		l, err := d.gradingList(ctx, s.Campaign)
		if err != nil {
			return convo.Next{}, err
		}
		order, ok, err := d.readOrder(ctx, t, l, t.Answer.Text)
		if err != nil || !ok {
			return convo.Stay(), err
		}
		s.Order, s.Print = order, l.print
		return convo.Again(), nil
	}
	l, err := d.gradingList(ctx, s.Campaign)
	if err != nil {
		return convo.Next{}, err
	}
	if s.Print != l.print {
		s.Print = l.print
		if err := d.refuse(ctx, t, "grading.apply", aboutGrading, s.Campaign, "stale list", text.GradingMoved); err != nil {
			return convo.Next{}, err
		}
		return convo.Again(), nil
	}
	if len(l.read(s.Order).lowered) > 0 {
		return convo.Goto("why"), nil
	}
	return convo.Goto("minutes"), nil
}

func (d *Desk) askGradingWhy(ctx context.Context, t *convo.Turn, s *gradingState) error {
	l, err := d.gradingList(ctx, s.Campaign)
	if err != nil {
		return err
	}
	t.Say(fmt.Sprintf(text.GradingNeedsWhy, numbers(l.read(s.Order).lowered)))
	return nil
}

func (d *Desk) readGradingWhy(_ context.Context, t *convo.Turn, s *gradingState) (convo.Next, error) {
	if s.Why = strings.TrimSpace(t.Answer.Text); len([]rune(s.Why)) < 4 {
		return convo.NotUnderstood(), nil
	}
	return convo.Goto("minutes"), nil
}

// defaultMinutes is today, the group's chair, and the leaders of the unit.
func (d *Desk) defaultMinutes(ctx context.Context, t *convo.Turn) (GradingMeeting, error) {
	m := GradingMeeting{HeldOn: bot.Civil(t.Now)}
	for _, r := range []bot.Role{bot.RoleGroupChair, bot.RolePrincipal} {
		people, err := d.Reg.RoleHolders(ctx, r, 0)
		if err != nil {
			return m, err
		}
		if len(people) > 0 {
			m.Chair = people[0].Name
			break
		}
	}
	sections, err := d.Reg.Sections(ctx)
	if err != nil {
		return m, err
	}
	for _, s := range sections {
		if !s.Leadership {
			continue
		}
		leaders, err := d.colleagues(ctx, s.ID)
		if err != nil {
			return m, err
		}
		for _, p := range leaders {
			m.Attendees = append(m.Attendees, p.Name)
		}
	}
	return m, nil
}

func (d *Desk) askGradingMinutes(ctx context.Context, t *convo.Turn, _ *gradingState) error {
	m, err := d.defaultMinutes(ctx, t)
	if err != nil {
		return err
	}
	card := bot.Card{Title: text.MinutesTitle, Body: text.MinutesHow}
	if m.Chair != "" {
		card.Body += "\n" + fmt.Sprintf(text.MinutesDefault, day(m.HeldOn), m.Chair, strings.Join(m.Attendees, text.ListComma))
		card.Buttons = []bot.Option{{Text: text.MinutesUse, Key: "default", Say: text.Words(text.WordsDefault)}}
	}
	card.Buttons = append(card.Buttons, bot.Option{Text: text.ReturnCancel0, Key: "cancel", Minor: true})
	t.Ask(card)
	return nil
}

func (d *Desk) readGradingMinutes(ctx context.Context, t *convo.Turn, s *gradingState) (convo.Next, error) {
	m, err := d.defaultMinutes(ctx, t)
	if err != nil {
		return convo.Next{}, err
	}
	switch t.Answer.Key() {
	case "cancel":
		t.Say(text.GradingCancelled)
		return convo.Done(), nil
	case "default":
	default:
		said, understood := readMinutes(t.Answer.Text, t.Now)
		if !understood {
			return convo.NotUnderstood(), nil
		}
		if !said.HeldOn.IsZero() {
			m.HeldOn = said.HeldOn
		}
		if said.Chair != "" {
			m.Chair = said.Chair
		}
		if len(said.Attendees) > 0 {
			m.Attendees = said.Attendees
		}
	}
	if m.HeldOn.After(bot.Civil(t.Now)) || m.Chair == "" {
		t.Say(text.MinutesMissing)
		return convo.Again(), nil
	}
	m.Why = s.Why
	_, err = d.Grade(ctx, t, s.Campaign, s.Order, s.Print, m)
	return convo.Done(), err
}

// regrade hears 修改 while a grading is being read back: it means the grading, not a
// row of the secretary's own form.
func (d *Desk) regrade(t *convo.Turn) bool {
	if flow, _, active := t.Active(); !active || flow != FlowGrading {
		return false
	}
	t.Say(text.GradingHow)
	t.End()
	return true
}
