package handlers

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/plan"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

// flowDone asks which of several things are done.
const flowDone = "plan.done"

type finishing struct {
	Obligations []int64 `json:"obligations"`
}

func (d *Desk) doneFlow() convo.Flow[finishing] {
	return convo.Flow[finishing]{Name: flowDone, Version: 1, Start: "which", Steps: []convo.Step[finishing]{
		{Name: "which", Ask: d.askDone, Answer: d.readDone, Number: true},
	}}
}

// SayDone is 已完成, typed. What the register decides cannot be said: the person is told
// what is still missing. 交了 about an unfinished form means that form.
func (d *Desk) SayDone(ctx context.Context, t *convo.Turn) error {
	obs, err := d.owed(ctx, t.Actor.Person)
	if err != nil {
		return err
	}
	filling := d.position(t).Check != 0
	switch {
	case text.Says(text.WordsSubmit, t.Answer.Text) && (filling || len(wordable(obs)) == 0):
		return d.submitNow(ctx, t)
	case filling && len(wordable(obs)) == 0:
		// Said in the middle of a form that has something on it: it is the form.
		c, ok, err := d.draft(ctx, t)
		if err != nil {
			return err
		}
		if ok && (len(live(c.Points)) > 0 || c.ZeroReason != "") {
			return d.submitNow(ctx, t)
		}
	}
	return d.finish(ctx, t, obs)
}

// sayDoneOrSubmit is SayDone where there is a calendar; without one 交了 still hands in.
func (d *Desk) sayDoneOrSubmit(ctx context.Context, t *convo.Turn) error {
	switch {
	case d.Plans != nil:
		return d.SayDone(ctx, t)
	case text.Says(text.WordsSubmit, t.Answer.Text):
		return d.submitNow(ctx, t)
	}
	return d.fallback(ctx, t)
}

// pressDone is 已完成 on a reminder: it means that day's matters.
func (d *Desk) pressDone(ctx context.Context, t *convo.Turn) error {
	ok, err := d.ofToday(ctx, t, keyDone)
	if err != nil || !ok {
		return err
	}
	items, err := d.Plans.TodaysReminders(ctx, t.Actor.Person, bot.Civil(t.Now))
	if err != nil {
		return fmt.Errorf("done: %w", err)
	}
	if items, err = d.stillOpen(ctx, t.Actor.Person, items); err != nil {
		return err
	}
	var obs []plan.Obligation
	for _, i := range items {
		if i.Step == 0 {
			obs = append(obs, i.Obligation)
		}
	}
	if len(obs) > 1 {
		t.KeepCard() // 明天再提醒 may still be pressed for the rest
	}
	t.Chose(text.RemindDone)
	if len(obs) == 0 {
		t.Say(text.SnoozeAllDone)
		return nil
	}
	return d.finish(ctx, t, obs)
}

// wordable are the obligations that an owner's word makes done.
func wordable(obs []plan.Obligation) []plan.Obligation {
	return slices.DeleteFunc(slices.Clone(obs), func(ob plan.Obligation) bool { return !byWord(ob.Kind) })
}

// finish marks the one thing that can be meant, or asks which.
func (d *Desk) finish(ctx context.Context, t *convo.Turn, obs []plan.Obligation) error {
	can := wordable(obs)
	switch {
	case len(can) == 1:
		_, err := d.Deliver(ctx, t, can[0].ID)
		return err
	case len(can) > 1:
		var s finishing
		for _, ob := range can[:min(len(can), 20)] {
			s.Obligations = append(s.Obligations, ob.ID)
		}
		return t.Start(flowDone, "", s)
	case len(obs) == 0:
		t.Say(text.DoneNothing)
		return nil
	}
	var waiting []string
	for _, ob := range obs {
		if ob.Kind != plan.KindSelfCheck && !slices.Contains(waiting, ob.Name) {
			waiting = append(waiting, ob.Name)
		}
	}
	if slices.ContainsFunc(obs, func(ob plan.Obligation) bool { return ob.Kind == plan.KindSelfCheck }) {
		return d.refuse(ctx, t, "obligation.deliver", aboutObligation, obs[0].ID, "not handed in", text.DoneNoCheck)
	}
	return d.refuse(ctx, t, "obligation.deliver", aboutObligation, obs[0].ID, "register decides", fmt.Sprintf(text.DoneNoReview, strings.Join(waiting, text.ListComma)))
}

func (d *Desk) askDone(ctx context.Context, t *convo.Turn, s *finishing) error {
	card := bot.Card{Title: text.DoneWhichTitle, Body: text.DoneWhichBody, Pick: &bot.Pick{Multi: true, Submit: text.DoneWhichSubmit}}
	for _, id := range s.Obligations {
		ob, err := d.Plans.Obligation(ctx, id)
		if err != nil {
			return err
		}
		card.Pick.Options = append(card.Pick.Options, bot.Option{Text: text.Clip(ob.Name, 17), Key: strconv.FormatInt(id, 10)})
	}
	t.Ask(card)
	return nil
}

func (d *Desk) readDone(ctx context.Context, t *convo.Turn, s *finishing) (convo.Next, error) {
	if text.Says(text.WordsNever, t.Answer.Text) {
		t.Say(text.QuitOther)
		return convo.Done(), nil
	}
	if len(t.Answer.Keys) == 0 {
		return convo.NotUnderstood(), nil
	}
	for _, k := range t.Answer.Keys {
		id, err := strconv.ParseInt(k, 10, 64)
		if err != nil || !slices.Contains(s.Obligations, id) {
			return convo.NotUnderstood(), nil
		}
		if _, err := d.Deliver(ctx, t, id); err != nil {
			return convo.Next{}, err
		}
	}
	return convo.Done(), nil
}

// Deliver takes the owner's word that something is done (已完成): its reminders stop at
// once, and whoever receives it is asked for a receipt.
func (d *Desk) Deliver(ctx context.Context, t *convo.Turn, id int64) (bool, error) {
	ob, err := d.Plans.Obligation(ctx, id)
	if err != nil {
		return false, err
	}
	no := func(code, say string) (bool, error) {
		return false, d.refuse(ctx, t, "obligation.deliver", aboutObligation, id, code, say)
	}
	switch {
	case ob.Owner != t.Actor.Person || t.Actor.Person == 0:
		return no("not owner", text.DoneNotYours)
	case ob.State == plan.Waived:
		return no("waived", fmt.Sprintf(text.DoneWaived, ob.Name))
	case ob.State != plan.Pending:
		return no("done already", fmt.Sprintf(text.DoneAlready, ob.Name))
	case ob.Kind == plan.KindSelfCheck:
		return no("not handed in", text.DoneNoCheck)
	case !byWord(ob.Kind):
		return no("register decides", fmt.Sprintf(text.DoneByRegister, ob.Name))
	}
	people, err := d.receivers(ctx, ob)
	if err != nil {
		return false, err
	}
	to := plan.Delivered
	if len(people) == 0 && ob.Receiver != plan.Superior {
		to = plan.Receipted // there is nobody to ask
	}
	won, err := d.Plans.SetState(ctx, id, []plan.State{plan.Pending}, to, t.Actor.Person, "")
	if err != nil {
		return false, fmt.Errorf("deliver %d: %w", id, err)
	}
	if !won {
		t.Say(fmt.Sprintf(text.DoneAlready, ob.Name))
		return false, nil
	}
	say := fmt.Sprintf(text.DoneSet, ob.Name)
	switch {
	case ob.Receiver == plan.Superior:
		say += text.DoneFiled
	case len(people) > 0:
		say += text.DoneAsked
	}
	t.Say(say)
	for _, p := range people {
		card := receiptCard(ob)
		t.Send(bot.Reply{To: p.UserID, Lane: bot.LaneNotice, Card: &card})
	}
	return true, d.record(ctx, t, "obligation.deliver", aboutObligation, id, ob.Version)
}

// receivers are the people who are to confirm that they have it, never the owner. With
// nobody in the receiving role it is the office.
func (d *Desk) receivers(ctx context.Context, ob plan.Obligation) ([]risk.Person, error) {
	if ob.Receiver == "" || ob.Receiver == plan.Superior {
		return nil, nil
	}
	people, err := d.Reg.RoleHolders(ctx, ob.Receiver, ob.Section)
	if err != nil {
		return nil, err
	}
	owner := func(p risk.Person) bool { return p.ID == ob.Owner }
	if people = slices.DeleteFunc(people, owner); len(people) > 0 {
		return people, nil
	}
	if people, err = d.office(ctx); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(people, owner), nil
}

// receiptCard asks a receiver for the receipt.
func receiptCard(ob plan.Obligation) bot.Card {
	return bot.Card{
		Title: fmt.Sprintf(text.ReceiptTitle, text.Clip(ob.Name, 30)), Body: fmt.Sprintf(text.ReceiptBody, ob.OwnerName),
		Buttons: []bot.Option{{Text: text.ReceiptYes, Key: key("obligation.receipt", ob.ID)}, {Text: text.ReceiptNo, Key: key("obligation.missing", ob.ID), Minor: true}},
		About:   bot.About{Kind: aboutObligation, ID: ob.ID, Version: ob.Version},
	}
}

func (d *Desk) pressReceipt(ctx context.Context, t *convo.Turn) error {
	_, err := d.Receipt(ctx, t, t.About.ID, true)
	return err
}

func (d *Desk) pressMissing(ctx context.Context, t *convo.Turn) error {
	_, err := d.Receipt(ctx, t, t.About.ID, false)
	return err
}

// Receipt is the receiver's word: 签收, or 没收到, which makes it owed again. The office
// may give it for what goes to the superior body and for receivers who are away.
func (d *Desk) Receipt(ctx context.Context, t *convo.Turn, id int64, got bool) (bool, error) {
	ob, err := d.Plans.Obligation(ctx, id)
	if err != nil {
		return false, err
	}
	no := func(code, say string) (bool, error) {
		return false, d.refuse(ctx, t, "obligation.receipt", aboutObligation, id, code, say)
	}
	may, err := d.mayReceive(ctx, t.Actor, ob)
	if err != nil {
		return false, err
	}
	switch {
	case ob.Owner == t.Actor.Person:
		return no("own", text.ReceiptOwnThings)
	case !may:
		return no("not receiver", text.ReceiptNotYours)
	case ob.State == plan.Receipted:
		return no("receipted already", fmt.Sprintf(text.ReceiptAlready, ob.Name))
	case ob.State != plan.Delivered:
		return no("not delivered", fmt.Sprintf(text.ReceiptNotSent, ob.Name))
	}
	to, action := plan.Receipted, "obligation.receipt"
	became, told, said := text.ReceiptBecame, text.ReceiptTold, fmt.Sprintf(text.ReceiptDone, ob.Name)
	if !got {
		to, action = plan.Pending, "obligation.missing"
		became, told, said = text.ReceiptMissed, text.ReceiptAgain, text.ReceiptMissing
	}
	won, err := d.Plans.SetState(ctx, id, []plan.State{plan.Delivered}, to, t.Actor.Person, "")
	if err != nil {
		return false, fmt.Errorf("receipt %d: %w", id, err)
	}
	if !won {
		t.Say(fmt.Sprintf(text.ReceiptAlready, ob.Name))
		return false, nil
	}
	t.Supersede(bot.About{Kind: aboutObligation, ID: id}, fmt.Sprintf(became, t.Actor.Name))
	t.Say(said)
	if ob.Owner != 0 {
		owner, err := d.Reg.Person(ctx, ob.Owner)
		if err != nil {
			return false, err
		}
		t.Send(bot.Reply{To: owner.UserID, Lane: bot.LaneNotice, Text: fmt.Sprintf(told, ob.Name)})
	}
	return true, d.record(ctx, t, action, aboutObligation, id, ob.Version)
}

func (d *Desk) mayReceive(ctx context.Context, a bot.Actor, ob plan.Obligation) (bool, error) {
	if a.Coordinator() {
		return true, nil
	}
	return d.receives(ctx, a, ob)
}

// receives reports whether somebody is asked for a receipt; what goes to the superior
// body the office writes down.
func (d *Desk) receives(ctx context.Context, a bot.Actor, ob plan.Obligation) (bool, error) {
	if ob.Receiver == plan.Superior {
		return a.Coordinator(), nil
	}
	people, err := d.receivers(ctx, ob)
	return slices.ContainsFunc(people, func(p risk.Person) bool { return p.ID == a.Person }), err
}

// awaiting is what waits for this person's receipt.
func (d *Desk) awaiting(ctx context.Context, t *convo.Turn) ([]plan.Obligation, error) {
	sent, err := d.Plans.Obligations(ctx, ObligationFilter{Delivered: true})
	if err != nil {
		return nil, fmt.Errorf("awaiting: %w", err)
	}
	var out []plan.Obligation
	for _, ob := range sent {
		if ob.Owner == t.Actor.Person {
			continue
		}
		mine, err := d.receives(ctx, t.Actor, ob)
		if err != nil {
			return nil, err
		}
		if mine {
			out = append(out, ob)
		}
	}
	byDay(out)
	return out, nil
}
