package handlers

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/plan"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

const flowGive = "plan.give"

type giving struct {
	Obligation int64 `json:"obligation,omitempty"`
	Owner      int64 `json:"owner,omitempty"` // as it was shown
}

func (d *Desk) giveFlow() convo.Flow[giving] {
	return convo.Flow[giving]{Name: flowGive, Version: 1, Start: "which", Steps: []convo.Step[giving]{
		{Name: "which", Ask: d.askGiveWhich, Answer: d.readGiveWhich, Number: true},
		{Name: "who", Ask: d.askGiveWho, Answer: d.readGiveWho, Free: true},
	}}
}

// SayGive is 指定代办.
func (d *Desk) SayGive(ctx context.Context, t *convo.Turn) error {
	if ok, err := d.officeOnly(ctx, t, "obligation.give", text.GiveNotYours); err != nil || !ok {
		return err
	}
	can, err := d.givable(ctx, t)
	if err != nil {
		return err
	}
	if len(can) == 0 {
		t.Say(text.GiveNothing)
		return nil
	}
	return t.Start(flowGive, "", giving{})
}

func (d *Desk) pressGive(ctx context.Context, t *convo.Turn) error {
	t.KeepCard()
	return d.SayGive(ctx, t)
}

// mayGive: a self-check is its owner's alone, and who reviews is a matter of delegation;
// but what nobody holds can be given to somebody.
func mayGive(ob plan.Obligation, org plan.Org) bool {
	switch ob.Kind {
	case plan.KindSelfCheck:
		return false
	case plan.KindSection, plan.KindLeader:
		return orphaned(ob, org)
	case plan.KindFiling, plan.KindMeeting, plan.KindGrading:
	}
	return true
}

// orphaned reports whether nobody is there to do it.
func orphaned(ob plan.Obligation, org plan.Org) bool { return ob.Owner == 0 || !org.Active[ob.Owner] }

// givable are the open obligations that may go to somebody else: first those that nobody
// does, then those that are late or due soon.
func (d *Desk) givable(ctx context.Context, t *convo.Turn) ([]plan.Obligation, error) {
	cal, err := d.calendar(ctx)
	if err != nil {
		return nil, err
	}
	org, err := d.Plans.Org(ctx)
	if err != nil {
		return nil, err
	}
	obs, err := d.Plans.Obligations(ctx, ObligationFilter{Open: true})
	if err != nil {
		return nil, fmt.Errorf("givable: %w", err)
	}
	byDay(obs)
	var first, then []plan.Obligation
	for _, ob := range obs {
		switch {
		case !mayGive(ob, org) || ob.OwnerRole == plan.Superior:
		case orphaned(ob, org):
			first = append(first, ob)
		case !ob.Due.IsZero() && lateBy(ob.Due, bot.Local(t.Now), cal) >= -soonDays:
			then = append(then, ob)
		}
	}
	return append(first, then...), nil
}

func (d *Desk) askGiveWhich(ctx context.Context, t *convo.Turn, _ *giving) error {
	can, err := d.givable(ctx, t)
	if err != nil {
		return err
	}
	if len(can) == 0 {
		t.Say(text.GiveNothing)
		return nil
	}
	org, err := d.Plans.Org(ctx)
	if err != nil {
		return err
	}
	card := bot.Card{Title: text.GiveTitle, Body: text.GiveBody, Pick: &bot.Pick{}}
	for _, ob := range can[:min(len(can), 20)] {
		who := ob.OwnerName
		switch {
		case ob.Owner == 0:
			who = text.TodoNobody
		case !org.Active[ob.Owner]:
			who = text.TodoLeft
		}
		card.Pick.Options = append(card.Pick.Options, bot.Option{Text: fmt.Sprintf(text.GiveOption, text.Clip(ob.Name, 9), text.Clip(who, 7)), Key: strconv.FormatInt(ob.ID, 10)})
	}
	t.Ask(card)
	return nil
}

func (d *Desk) readGiveWhich(ctx context.Context, t *convo.Turn, s *giving) (convo.Next, error) {
	id, next := pickedOne(t)
	if id == 0 {
		return next, nil
	}
	ob, err := d.Plans.Obligation(ctx, id)
	if err != nil {
		return convo.Next{}, err
	}
	s.Obligation, s.Owner = id, ob.Owner
	return convo.Goto("who"), nil
}

func (d *Desk) askGiveWho(ctx context.Context, t *convo.Turn, s *giving) error {
	ob, err := d.Plans.Obligation(ctx, s.Obligation)
	if err != nil {
		return err
	}
	by := text.OwedNoDay
	if !ob.Due.IsZero() {
		by = dayWeek(ob.Due)
	}
	t.Say(fmt.Sprintf(text.GiveWho, ob.Name, by))
	return nil
}

func (d *Desk) readGiveWho(ctx context.Context, t *convo.Turn, s *giving) (convo.Next, error) {
	said := strings.TrimSpace(t.Answer.Text)
	if text.Says(text.WordsNever, said) {
		t.Say(text.QuitOther)
		return convo.Done(), nil
	}
	to, say, err := d.byName(ctx, said)
	if err != nil {
		return convo.Next{}, err
	}
	if say != "" {
		return convo.Stay(), d.refuse(ctx, t, "obligation.give", aboutObligation, s.Obligation, "unknown person", say)
	}
	if to.ID == s.Owner {
		return convo.Stay(), d.refuse(ctx, t, "obligation.give", aboutObligation, s.Obligation, "same person", fmt.Sprintf(text.GiveSame, to.Name))
	}
	_, err = d.GiveTo(ctx, t, s.Obligation, s.Owner, to.ID)
	return convo.Done(), err
}

// GiveTo lets somebody else do what is owed (指定代办) and tells both; was is the owner
// that the office saw.
func (d *Desk) GiveTo(ctx context.Context, t *convo.Turn, id, was, to int64) (bool, error) {
	if ok, err := d.officeOnly(ctx, t, "obligation.give", text.GiveNotYours); err != nil || !ok {
		return false, err
	}
	ob, err := d.Plans.Obligation(ctx, id)
	if err != nil {
		return false, err
	}
	org, err := d.Plans.Org(ctx)
	if err != nil {
		return false, err
	}
	no := func(code, say string) (bool, error) {
		return false, d.refuse(ctx, t, "obligation.give", aboutObligation, id, code, say)
	}
	open, err := d.isOpen(ctx, ob)
	if err != nil {
		return false, err
	}
	switch {
	case ob.Owner != was || !open && ob.Owner != 0 || ob.State != plan.Pending:
		return no("changed", text.GiveGone)
	case !mayGive(ob, org):
		return no("not to be given", fmt.Sprintf(text.GiveNotPossible, ob.Name))
	}
	person, err := d.Reg.Person(ctx, to)
	if err != nil {
		return false, err
	}
	if !person.Active {
		return no("left", fmt.Sprintf(text.DelegateNoPerson, person.Name))
	}
	switch err := d.Plans.GiveTo(ctx, id, to); {
	case errors.Is(err, risk.ErrChanged):
		return no("owes the same", fmt.Sprintf(text.GiveHas, person.Name, ob.Name))
	case err != nil:
		return false, fmt.Errorf("give %d: %w", id, err)
	}
	by := text.OwedNoDay
	if !ob.Due.IsZero() {
		by = dayWeek(ob.Due)
	}
	t.Send(bot.Reply{To: person.UserID, Lane: bot.LaneNotice, Text: fmt.Sprintf(text.GiveToNew, ob.Name, by)})
	if orphaned(ob, org) {
		t.Say(fmt.Sprintf(text.GiveDoneOne, ob.Name, person.Name))
	} else {
		old, err := d.Reg.Person(ctx, ob.Owner)
		if err != nil {
			return false, err
		}
		t.Send(bot.Reply{To: old.UserID, Lane: bot.LaneNotice, Text: fmt.Sprintf(text.GiveToOld, ob.Name, person.Name)})
		t.Say(fmt.Sprintf(text.GiveDone, ob.Name, person.Name))
	}
	return true, d.record(ctx, t, "obligation.give", aboutObligation, id, ob.Version)
}
