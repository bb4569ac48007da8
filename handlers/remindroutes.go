package handlers

import (
	"qingfeng/bot/convo"
	"qingfeng/bot/text"
)

// planCommands are words about the calendar that mean the same at any step.
func (d *Desk) planCommands() []convo.Command {
	return []convo.Command{
		{Name: "plan.snooze", Match: words(text.WordsSnooze), Run: d.planned(d.SaySnooze), Resume: true},
		{Name: "plan.extend", Match: matchExtend, Run: d.planned(d.SayExtend)},
		{Name: "plan.picture", Match: words(text.WordsPicture), Run: d.SayPicture, Resume: true},
	}
}

// planOpeners are words that a step may want for itself: they count when no step took them.
func (d *Desk) planOpeners() []convo.Command {
	return []convo.Command{
		{Name: "plan.done", Match: words(text.WordsDone), Run: d.sayDoneOrSubmit},
		{Name: "plan.owed", Match: words(text.WordsOwed), Run: d.planned(d.SayOwed), Resume: true},
		{Name: "plan.extend.words", Match: matchExtendLoosely, Run: d.planned(d.SayExtend)},
		{Name: "plan.roll", Match: words(text.WordsRoll), Run: d.planned(d.SayRoll), Resume: true},
		{Name: "plan.chase", Match: matchChase, Run: d.planned(d.SayChase), Resume: true},
		{Name: "plan.give", Match: words(text.WordsGive), Run: d.planned(d.SayGive)},
		{Name: "plan.show", Match: words(text.WordsPlan), Run: d.planned(d.SayPlan), Resume: true},
		{Name: "plan.digest", Match: words(text.WordsDigest), Run: d.planned(d.SayDigest)},
	}
}

// planPresses are the decisions on cards of the calendar.
func (d *Desk) planPresses() map[string]convo.Handler {
	return map[string]convo.Handler{
		"obligation.receipt": d.planned(d.pressReceipt),
		"obligation.missing": d.planned(d.pressMissing),
		"extension.grant":    d.planned(d.pressGrant),
		"extension.refuse":   d.planned(d.pressRefuse),
		"digest.chase":       d.planned(d.pressChase),
		"digest.grant":       d.planned(d.pressRequests),
		"digest.give":        d.planned(d.pressGive),
		"digest.list":        d.planned(d.pressRoll),
	}
}

// OpenPresses are the buttons of pushes, which have no card row: their handlers check
// everything themselves.
func (d *Desk) OpenPresses() map[string]convo.Handler {
	return map[string]convo.Handler{
		keyTomorrow: d.planned(d.pressTomorrow),
		keyDone:     d.planned(d.pressDone),
	}
}

// planFlows registers the calendar's dialogs.
func (d *Desk) planFlows(r *convo.Router) error {
	for _, err := range []error{
		convo.Register(r, d.doneFlow()),
		convo.Register(r, d.extendFlow()),
		convo.Register(r, d.giveFlow()),
	} {
		if err != nil {
			return err
		}
	}
	return nil
}
