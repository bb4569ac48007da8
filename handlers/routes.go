package handlers

import (
	"context"
	"slices"
	"strings"

	"qingfeng/bot/convo"
	"qingfeng/bot/risk"
)

// Routes is the whole list of what the bot understands.
func (d *Desk) Routes() (*convo.Router, error) {
	r := &convo.Router{
		Globals:  slices.Concat(d.pubCommands(), d.planCommands(), d.generalCommands(), d.askCommands(), d.talkCommands(), d.Commands()),
		Starters: slices.Concat(d.planOpeners(), d.starters(), d.talkOpeners(), d.askOpeners(), d.surveyStarters(), d.openSurveyStarters(), d.pubOpeners(), d.opinionOpeners(), d.Openers()),
		Presses: map[string]convo.Handler{
			"selfcheck.start": d.startFromLaunch,
			"selfcheck.which": d.which,
			"paper.confirm":   d.confirmPaper,
			"paper.wrong":     d.wrongPaper,
			"campaign.end":    d.pressEnd,
			"campaign.go_on":  d.pressGoOn,
			"question.why":    d.pressWhy,
			"question.open":   d.pressOpen,
		},
		Open: d.OpenPresses(),
		Menu: map[string]convo.Handler{
			MenuSelfCheck: d.goOn,
			MenuProgress:  d.progress,
			MenuHelp:      d.help,
		},
		Notes: map[string]convo.Handler{
			NoteWindow:   d.windowClosed,
			NoteAnswered: d.noteAnswered,
			noteLooking:  d.noteLooking,
		},
		Events:   d.appEvents(),
		Refused:  d.refused,
		Question: d.question,
		Stopped:  d.stopped,
		Enter:    d.opened, Subscribe: d.opened, Unsubscribe: d.left,
		Media: d.media, Stranger: d.stranger, Fallback: d.fallback,
	}
	for name, h := range d.Presses() {
		r.Presses[name] = h
	}
	for name, h := range d.planPresses() {
		r.Presses[name] = h
	}
	for name, h := range d.Notes() {
		r.Notes[name] = h
	}
	for name, h := range d.talkPresses() {
		r.Presses[name] = h
	}
	for name, h := range d.pubPresses() {
		r.Presses[name] = h
	}
	for name, h := range d.talkNotes() {
		r.Notes[name] = h
	}
	for _, err := range []error{
		convo.Register(r, d.selfCheckFlow()),
		convo.Register(r, d.editFlow()),
		convo.Register(r, d.campaignFlow()),
		convo.Register(r, d.whyFlow()),
		convo.Register(r, d.unansweredFlow()),
		convo.Register(r, d.talkFlow()),
		convo.Register(r, d.surveyFlow()),
		convo.Register(r, d.openSurveyFlow()),
		convo.Register(r, d.pubReturnFlow()),
		d.Flows(r),
		d.planFlows(r),
	} {
		if err != nil {
			return nil, err
		}
	}
	return r, nil
}

// Keys of the app's menu (bottom bar).
const (
	MenuSelfCheck = "menu.selfcheck"
	MenuProgress  = "menu.progress"
	MenuHelp      = "menu.help"
)

// refused leaves an audit event of what was refused and undone.
func (d *Desk) refused(ctx context.Context, t *convo.Turn, code string) error {
	action, note, _ := strings.Cut(code, ":")
	return d.Reg.Record(ctx, risk.Event{Actor: t.Actor.Person, Role: role(t.Actor), Action: action, Object: "turn", Result: "refused", Note: strings.TrimSpace(note)})
}

// left hears that a member left the app's visible range; the nightly reconcile
// decides what becomes of open work.
func (d *Desk) left(ctx context.Context, t *convo.Turn) error {
	return d.record(ctx, t, "member.left", "person", t.Actor.Person, 0)
}

// which opens the form that a person with several posts chose.
func (d *Desk) which(ctx context.Context, t *convo.Turn) error {
	mine, err := d.mine(ctx, t)
	if err != nil {
		return err
	}
	for _, c := range mine {
		if t.Answer.Key() == whichKey(c.ID) {
			return d.startOn(ctx, t, c)
		}
	}
	return d.StartSelfCheck(ctx, t)
}
