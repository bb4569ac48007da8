package main

import (
	"context"
	"fmt"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/handlers"
	"qingfeng/knowledge"
)

// quoting answers by quoting alone: it calls nobody, so it may run inside a turn.
func (a *app) quoting() *knowledge.Base {
	return &knowledge.Base{Search: a.index, Find: a.index, Log: a.log}
}

// away reports whether an endpoint may have its say in an answer: one is configured, and
// the unit lets questions out.
func (a *app) away(ctx context.Context) (bool, error) {
	if a.base.Model == nil && a.base.Embed == nil {
		return false, nil
	}
	_, questions, err := a.index.MayLeave(ctx)
	return questions, err
}

// answering is the worker that answers what turns have left to it. Without an endpoint
// that is nothing but what was left when there was one.
func (a *app) answering() *handlers.Answering {
	w := &handlers.Answering{
		Questions: a.index, Full: a.base, Quoted: a.quoting(), InTx: a.db.InTx, Log: a.log,
		Deliver: a.deliver, Delivered: a.runner.Wake, Every: 5 * time.Second,
	}
	if a.base.Model != nil || a.base.Embed != nil {
		w.Every = 0
	}
	return w
}

// deliver tells an asker's lane that the answer is there; of somebody who has left
// nobody waits for it.
func (a *app) deliver(ctx context.Context, asker, question int64) error {
	who, err := a.register.Person(ctx, asker)
	if err != nil {
		return err
	}
	if who.UserID == "" {
		return nil
	}
	note, err := handlers.AnsweredNote(question)
	if err != nil {
		return err
	}
	_, err = a.db.Insert(ctx, []convo.Arrival{{Message: bot.Message{
		Dedupe: fmt.Sprintf("question:%d", question), From: who.UserID, Kind: bot.KindNote, At: a.now(), Note: &note,
	}}})
	return err
}

// questionDigest tells the coordinators what nobody could answer, if anything came since.
func (a *app) questionDigest(ctx context.Context, since time.Time) error {
	return a.runner.Do(ctx, operator, func(ctx context.Context, t *convo.Turn) error { return a.desk.QuestionDigest(ctx, t, since) })
}
