package handlers

import (
	"qingfeng/bot/convo"
	"qingfeng/bot/text"
)

// Commands are the words of reviewers and of the office that mean the same at any step.
func (d *Desk) Commands() []convo.Command {
	return []convo.Command{
		{Name: "review.todo", Match: words(text.WordsTodo), Run: d.Todo},
		{Name: "delegate.end", Match: words(text.WordsUndelegate), Run: d.EndDelegate, Resume: true},
		{Name: "review.assign", Match: words(text.WordsAssign), Run: d.AssignAgain, Resume: true},
	}
}

// Openers are words that a step may want for itself: 审核 is also the name of a step on
// many flow charts, and 让别人代我审批 is a weak spot. They count when no step took them.
func (d *Desk) Openers() []convo.Command {
	return []convo.Command{
		{Name: "review.words", Match: words(text.WordsReview), Run: d.Todo},
		{Name: "mutual.start", Match: words(text.WordsMutual), Run: d.StartMutual},
		{Name: "review.recuse", Match: words(text.WordsRecuse), Run: d.SayRecuse},
		{Name: "delegate", Match: matchDelegate, Run: d.SayDelegate, Resume: true},
		{Name: "grading", Match: words(text.WordsGrading), Run: d.StartGrading, Resume: true},
		{Name: "grading.order", Match: matchGrading, Run: d.SayGrading},
	}
}

// Presses are the decisions on cards of the review.
func (d *Desk) Presses() map[string]convo.Handler {
	return map[string]convo.Handler{
		"review.pass":      d.pressPass,
		"review.return":    d.pressReturn,
		"review.recuse":    d.pressRecuse,
		"batch.pass":       d.pressBatch,
		"batch.each":       d.pressEach,
		"mutual.assign":    d.pressAssign,
		"mutual.none":      d.pressNone,
		"mutual.add":       d.pressAdd,
		"proposal.take":    d.pressTake,
		"proposal.decline": d.pressDecline,
	}
}

// Notes are the review's timers.
func (d *Desk) Notes() map[string]convo.Handler {
	return map[string]convo.Handler{
		noteReissue:  d.noteReissued,
		noteList:     d.noteListed,
		noteDelegate: d.noteDelegated,
		notePeers:    d.noteTimeout,
	}
}

// Flows registers the review's dialogs.
func (d *Desk) Flows(r *convo.Router) error {
	for _, err := range []error{
		convo.Register(r, d.returnFlow()),
		convo.Register(r, d.recuseFlow()),
		convo.Register(r, d.teamFlow()),
		convo.Register(r, d.takeFlow()),
		convo.Register(r, d.addFlow()),
		convo.Register(r, d.gradingFlow()),
	} {
		if err != nil {
			return err
		}
	}
	return nil
}
