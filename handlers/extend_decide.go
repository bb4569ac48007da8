package handlers

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/plan"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

// AskExtension asks the office for more time (R-T6). A request that is still open for
// the same thing is replaced.
func (d *Desk) AskExtension(ctx context.Context, t *convo.Turn, id int64, until time.Time, reason string) (bool, error) {
	ob, err := d.Plans.Obligation(ctx, id)
	if err != nil {
		return false, err
	}
	no := func(code, say string) (bool, error) {
		return false, d.refuse(ctx, t, "extension.ask", aboutObligation, id, code, say)
	}
	switch {
	case ob.Owner != t.Actor.Person || t.Actor.Person == 0:
		return no("not owner", text.ExtendNotYours)
	case ob.Due.IsZero():
		return no("no day", fmt.Sprintf(text.ExtendNoDay, ob.Name))
	}
	if open, err := d.isOpen(ctx, ob); err != nil {
		return false, err
	} else if !open {
		return no("done", fmt.Sprintf(text.ExtendDoneAlready, ob.Name))
	}
	if reason = strings.TrimSpace(reason); !reasonFits(t, reason) {
		return false, d.record(ctx, t, "extension.ask.reason", aboutObligation, id, ob.Version)
	}
	on, note, code, err := d.fitUntil(ctx, t, ob, until)
	if err != nil {
		return false, err
	}
	if code != "" {
		return no(code, note)
	}
	if note != "" {
		t.Say(note)
	}
	deciders, err := d.deciders(ctx, t.Actor.Person)
	if err != nil {
		return false, err
	}
	if len(deciders) == 0 {
		return no("nobody decides", fmt.Sprintf(text.ExtendNobody, d.officeNames(ctx)))
	}
	open, err := d.Plans.Extensions(ctx)
	if err != nil {
		return false, err
	}
	for _, x := range open {
		if x.Obligation == id {
			t.Supersede(bot.About{Kind: aboutExtension, ID: x.ID}, text.ExtendReplaced)
		}
	}
	x := Extension{Obligation: id, By: t.Actor.Person, Until: on, Reason: reason, State: "asked", AskedAt: t.Now}
	if x.ID, err = d.Plans.AskExtension(ctx, x); err != nil {
		return false, fmt.Errorf("extension: ask: %w", err)
	}
	for _, p := range deciders {
		card := extensionCard(x, ob, t.Actor.Name)
		t.Send(bot.Reply{To: p.UserID, Lane: bot.LaneNotice, Card: &card})
	}
	t.Say(fmt.Sprintf(text.ExtendAsked, ob.Name, dayWeek(on), dayWeek(ob.Due)))
	return true, d.record(ctx, t, "extension.ask", aboutExtension, x.ID, ob.Version)
}

// isOpen reports whether an obligation is still owed, by its state and by the register.
func (d *Desk) isOpen(ctx context.Context, ob plan.Obligation) (bool, error) {
	if ob.State != plan.Pending {
		return false, nil
	}
	open, err := d.Plans.Obligations(ctx, ObligationFilter{Owner: ob.Owner, Open: true})
	return slices.ContainsFunc(open, func(o plan.Obligation) bool { return o.ID == ob.ID }), err
}

// deciders are the people who may decide somebody's request: the office without
// themselves; without an office the principal leader.
func (d *Desk) deciders(ctx context.Context, asking int64) ([]risk.Person, error) {
	own := func(p risk.Person) bool { return p.ID == asking }
	people, err := d.office(ctx)
	if err != nil {
		return nil, err
	}
	if people = slices.DeleteFunc(people, own); len(people) > 0 {
		return people, nil
	}
	if people, err = d.Reg.RoleHolders(ctx, bot.RolePrincipal, 0); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(people, own), nil
}

// extensionCard is the request as the office sees it; its title, which a lock screen
// shows, names nobody.
func extensionCard(x Extension, ob plan.Obligation, who string) bot.Card {
	original := ob.Original
	if original.IsZero() {
		original = ob.Due
	}
	reason := strings.ReplaceAll(x.Reason, ",", text.Comma) // commands are read with half-width signs
	body := fmt.Sprintf(text.ExtendBody, who, ob.Name, dayWeek(x.Until), day(bot.Civil(original)), reason)
	if !bot.Civil(original).Equal(bot.Civil(ob.Due)) {
		body = fmt.Sprintf(text.ExtendBodyAgain, who, ob.Name, dayWeek(x.Until), day(bot.Civil(original)), day(bot.Civil(ob.Due)), reason)
	}
	return bot.Card{
		Title:   text.ExtendTitle,
		Body:    body,
		Buttons: []bot.Option{{Text: text.ExtendYes, Key: key("extension.grant", x.ID)}, {Text: text.ExtendNo, Key: key("extension.refuse", x.ID), Minor: true}},
		About:   bot.About{Kind: aboutExtension, ID: x.ID, Version: ob.Version},
	}
}

func (d *Desk) pressGrant(ctx context.Context, t *convo.Turn) error {
	_, err := d.DecideExtension(ctx, t, t.About.ID, t.About.Version, true)
	return err
}

func (d *Desk) pressRefuse(ctx context.Context, t *convo.Turn) error {
	_, err := d.DecideExtension(ctx, t, t.About.ID, t.About.Version, false)
	return err
}

// DecideExtension grants or refuses a request, once; version is the obligation's as the
// decider saw it. The day before any extension is kept.
func (d *Desk) DecideExtension(ctx context.Context, t *convo.Turn, id int64, version int, granted bool) (bool, error) {
	x, err := d.Plans.Extension(ctx, id)
	if err != nil {
		return false, err
	}
	ob, err := d.Plans.Obligation(ctx, x.Obligation)
	if err != nil {
		return false, err
	}
	no := func(code, say string) (bool, error) {
		return false, d.refuse(ctx, t, "extension.decide", aboutExtension, id, code, say)
	}
	people, err := d.deciders(ctx, x.By)
	if err != nil {
		return false, err
	}
	may := slices.ContainsFunc(people, func(p risk.Person) bool { return p.ID == t.Actor.Person })
	switch {
	case x.By == t.Actor.Person:
		return no("own", text.ExtendOwn)
	case !may:
		return no("not office", text.ExtendNotOffice)
	case x.State != "asked":
		return no("decided", text.ExtendOver)
	}
	open, err := d.isOpen(ctx, ob)
	if err != nil {
		return false, err
	}
	asker, err := d.Reg.Person(ctx, x.By)
	if err != nil {
		return false, err
	}
	switch {
	case !open:
		return d.closeExtension(ctx, t, x, "done", fmt.Sprintf(text.ExtendOverdone, ob.Name))
	case granted && !bot.Civil(x.Until).After(bot.Civil(ob.Due)):
		return d.closeExtension(ctx, t, x, "not later", fmt.Sprintf(text.ExtendTooSoon, ob.Name, dayWeek(ob.Due)))
	case version != ob.Version:
		t.Show(extensionCard(x, ob, asker.Name))
		return no("moved", fmt.Sprintf(text.ExtendMoved, ob.Name))
	}
	won, err := d.Plans.DecideExtension(ctx, id, t.Actor.Person, granted)
	if err != nil {
		return false, fmt.Errorf("extension %d: %w", id, err)
	}
	if !won {
		return no("decided", text.ExtendOver)
	}
	action, became, say, told := "extension.refuse", text.ExtendBecameNo,
		fmt.Sprintf(text.ExtendRefused, ob.Name, dayWeek(ob.Due), asker.Name),
		fmt.Sprintf(text.ExtendRefusedYou, ob.Name, dayWeek(ob.Due), d.officeNames(ctx))
	if granted {
		if err := d.Plans.Postpone(ctx, ob.ID, x.Until); err != nil {
			return false, fmt.Errorf("extension %d: postpone: %w", id, err)
		}
		original := ob.Original
		if original.IsZero() {
			original = ob.Due
		}
		action, became, say, told = "extension.grant", text.ExtendBecameYes,
			fmt.Sprintf(text.ExtendGranted, ob.Name, dayWeek(x.Until), day(bot.Civil(original)), asker.Name),
			fmt.Sprintf(text.ExtendGrantedYou, ob.Name, dayWeek(x.Until), day(bot.Civil(original)))
	}
	t.Supersede(bot.About{Kind: aboutExtension, ID: id}, fmt.Sprintf(became, t.Actor.Name))
	t.Say(say)
	t.Send(bot.Reply{To: asker.UserID, Lane: bot.LaneNotice, Text: told})
	return true, d.record(ctx, t, action, aboutExtension, id, ob.Version)
}

// closeExtension ends a request that has nothing left to decide.
func (d *Desk) closeExtension(ctx context.Context, t *convo.Turn, x Extension, code, say string) (bool, error) {
	if _, err := d.Plans.DecideExtension(ctx, x.ID, t.Actor.Person, false); err != nil {
		return false, fmt.Errorf("extension %d: close: %w", x.ID, err)
	}
	t.Supersede(bot.About{Kind: aboutExtension, ID: x.ID}, say)
	return false, d.refuse(ctx, t, "extension.decide", aboutExtension, x.ID, code, say)
}

// askedFor are the open requests whose matter is still open and that this person may
// decide, with their obligations.
func (d *Desk) askedFor(ctx context.Context, a bot.Actor) (out []asked, err error) {
	all, err := d.Plans.Extensions(ctx)
	if err != nil {
		return nil, fmt.Errorf("extensions: %w", err)
	}
	for _, x := range all {
		people, err := d.deciders(ctx, x.By)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(people, func(p risk.Person) bool { return p.ID == a.Person }) {
			continue
		}
		ob, err := d.Plans.Obligation(ctx, x.Obligation)
		if err != nil {
			return nil, err
		}
		open, err := d.isOpen(ctx, ob)
		if err != nil {
			return nil, err
		}
		if open {
			out = append(out, asked{x, ob})
		}
	}
	return out, nil
}

type asked struct {
	Extension
	ob plan.Obligation
}
