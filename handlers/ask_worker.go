package handlers

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"qingfeng/knowledge"
	"qingfeng/knowledge/index"
)

const (
	answerEvery = 250 * time.Millisecond
	answerLease = 40 * time.Second // more than an answer may take; a killed worker's question waits for it
	answerSlots = 8                // askers who are answered at once
	// quoteFrom and giveUpFrom count who took a question up: one that has ended workers
	// twice is answered without a model, one that still does gets an apology.
	quoteFrom  = 3
	giveUpFrom = 6
)

// Answering answers the questions of the log outside any turn, since an endpoint may be
// slow. Several instances may run: a question is claimed by lease, and only the last
// claim's answer counts.
type Answering struct {
	Questions Questions
	Full      Answerer // with the configured models
	Quoted    Answerer // calls nobody
	// InTx runs a function in one transaction.
	InTx func(ctx context.Context, fn func(ctx context.Context) error) error
	// Deliver puts NoteAnswered into the asker's lane, in the transaction of ctx.
	Deliver func(ctx context.Context, asker, question int64) error
	// Delivered is called after the commit.
	Delivered func()
	Log       *slog.Logger
	// Every is how often the log is looked at; a quarter of a second if zero.
	Every time.Duration

	slots chan struct{}
	busy  sync.WaitGroup
}

// Run answers until ctx is over. What is under way then is answered by somebody else,
// or at the next start.
func (w *Answering) Run(ctx context.Context) {
	w.slots = make(chan struct{}, answerSlots)
	tick := time.NewTicker(cmp.Or(w.Every, answerEvery))
	defer tick.Stop()
	failing := false
	for {
		err := w.claim(ctx)
		if err != nil && !failing && ctx.Err() == nil {
			w.Log.Warn("questions wait", "err", err) // said once, until it works again
		}
		failing = err != nil
		select {
		case <-ctx.Done():
			w.busy.Wait()
			return
		case <-tick.C:
		}
	}
}

// claim takes as many questions as there are free slots; those of one asker are
// answered in their order.
func (w *Answering) claim(ctx context.Context) error {
	free := cap(w.slots) - len(w.slots)
	if free == 0 {
		return nil
	}
	claims, err := w.Questions.ClaimQuestions(ctx, free, answerLease)
	if err != nil {
		return err
	}
	by := map[int64][]index.Claim{}
	for _, c := range claims {
		asker := c.Asker
		if asker == 0 {
			asker = -c.ID // citizens are nobody's talk
		}
		by[asker] = append(by[asker], c)
	}
	for _, mine := range by {
		w.slots <- struct{}{}
		w.busy.Go(func() {
			defer func() { <-w.slots }()
			for _, c := range mine {
				if err := w.answer(ctx, c); err != nil && ctx.Err() == nil {
					w.Log.Warn("question not answered", "question", c.ID, "turn", c.Turn, "err", err)
				}
			}
		})
	}
	return nil
}

// Once answers what waits now, one after the other, and tells how many there were.
func (w *Answering) Once(ctx context.Context) (n int, err error) {
	claims, err := w.Questions.ClaimQuestions(ctx, answerSlots, answerLease)
	for _, c := range claims {
		err = errors.Join(err, w.answer(ctx, c))
	}
	return len(claims), err
}

// answer answers a claim and stores the answer together with the note that brings it.
func (w *Answering) answer(ctx context.Context, c index.Claim) error {
	a, err := w.find(ctx, c)
	if err != nil {
		if c.Turn < giveUpFrom {
			return err // the lease ends, and another tries
		}
		a = knowledge.Answer{Outcome: knowledge.None, Understood: c.Body}
	}
	told := false
	err = w.InTx(ctx, func(ctx context.Context) error {
		ok, err := w.Questions.FinishQuestion(ctx, c.ID, c.Turn, forChat(a))
		if err != nil || !ok || c.Asker == 0 {
			return err
		}
		told = true
		return w.Deliver(ctx, c.Asker, c.ID)
	})
	if err != nil {
		return fmt.Errorf("store an answer: %w", err)
	}
	if told && w.Delivered != nil {
		w.Delivered()
	}
	return nil
}

func (w *Answering) find(ctx context.Context, c index.Claim) (knowledge.Answer, error) {
	var last index.Last
	recent := false
	if c.Asker != 0 {
		l, ok, err := w.Questions.Last(ctx, c.Asker)
		if err != nil {
			return knowledge.Answer{}, err
		}
		if ok && l.ID < c.ID { // not what was asked after it
			last, recent = l, c.At.Sub(l.At) < talkTime
		}
	}
	q := inTalk(c.Body, knowledge.Reader{Audiences: c.Audiences}, c.At, last, recent)
	if c.Turn >= quoteFrom {
		return answerTo(ctx, w.Quoted, q)
	}
	a, err := answerTo(ctx, w.Full, q)
	if err != nil && ctx.Err() == nil {
		return answerTo(ctx, w.Quoted, q)
	}
	return a, err
}
