package knowledge

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"
)

const (
	defaultBudget = 20 * time.Second
	// embedWithin bounds the question's embedding: without it words alone find.
	embedWithin = 2 * time.Second
	searched    = 100 // hits that an answer is chosen from
	shownHits   = 10  // hits that an answer carries
)

// Base answers questions. Search is needed; without the others it answers by quoting.
// Its methods may be called from several goroutines.
type Base struct {
	Search Searcher
	// Find finds a clause by its name; nil looks for it among what Search finds.
	Find     Finder
	Model    Model
	Embed    Embedder
	Cache    Cache
	Switches Switches // nil: nothing may leave
	// Stays reports whether a question must not leave though questions may: it names
	// somebody. nil: only numbers and addresses of people keep it here.
	Stays func(ctx context.Context, question string) (bool, error)
	// Budget bounds a model's answer; 0 is 20 s. After it the answer is quoted.
	Budget time.Duration
	Log    *slog.Logger // nil: silent
}

// Ask answers a question. An error is the Searcher's; whatever a model, an embedder or
// a cache does is no error but a quoted answer.
func (b *Base) Ask(ctx context.Context, q Question) (Answer, error) {
	u := understand(q)
	a := Answer{Outcome: None, Reason: u.reason, Understood: u.text, Day: u.day}
	if u.reason != "" {
		return a, nil
	}
	if u.named.article != "" && !u.named.document() {
		a.Reason = WhichOne
		return a, nil
	}
	leave := b.mayLeave(ctx)
	leave.questions = leave.questions && !b.mustStay(ctx, u.text)
	hits, err := b.find(ctx, q, u, leave)
	if err != nil {
		return a, err
	}
	a = decide(u, hits, q.Seen)
	if a.Reason == NotFound && latin(u.text) {
		a.Reason = Pinyin
	}
	if a.Outcome == Answered && !a.Differ && !a.Listed {
		a = b.written(ctx, q, u, a, leave)
	}
	return b.checked(a), nil
}

// leave is what may go to an endpoint.
type leave struct {
	libraries map[string]bool
	questions bool
}

func (b *Base) mayLeave(ctx context.Context) leave {
	if b.Switches == nil || b.Model == nil && b.Embed == nil {
		return leave{}
	}
	libraries, questions, err := b.Switches.MayLeave(ctx)
	if err != nil {
		b.warn(ctx, "switches unknown, nothing leaves", err)
		return leave{}
	}
	return leave{libraries, questions}
}

// find searches for a question; for a named clause it asks for that.
func (b *Base) find(ctx context.Context, q Question, u understood, may leave) ([]Hit, error) {
	query := Query{Text: u.search, Reader: q.Reader, Day: u.day, Lapsed: true, Limit: searched}
	if u.named.document() && b.Find != nil {
		named, err := b.Find.Find(ctx, query, Name{Title: u.named.title, Number: u.named.number, Article: u.named.article})
		if err != nil {
			return nil, fmt.Errorf("find a clause by name: %w", err)
		}
		if u.named.article != "" && len(named) > 0 {
			return named, nil
		}
	}
	if u.named.article != "" {
		query.Text = u.named.title + " " + u.search
	}
	if may.questions && len(may.libraries) > 0 && b.Embed != nil {
		if query.Vector = b.vector(ctx, u.search); query.Vector != nil {
			query.Embedder = b.Embed.Name()
		}
		query.Embedder = b.Embed.Name() // after it was asked: it may be one of several models
	}
	hits, err := b.Search.Search(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	return b.withItems(ctx, query, u, hits), nil
}

// vector is a question's embedding, nil when there is none in time or of use.
func (b *Base) vector(ctx context.Context, text string) []float32 {
	ctx, cancel := context.WithTimeout(ctx, embedWithin)
	defer cancel()
	embed := b.Embed
	got := make(chan []float32, 1)
	go func() { // it may not come back when its time is over
		defer close(got)
		vs, err := embed.Embed(ctx, []string{text})
		switch {
		case err != nil:
			b.warn(ctx, "question not embedded", err)
		case len(vs) != 1 || len(vs[0]) != embed.Dim():
			b.warn(ctx, "question not embedded", errWrongDimension)
		default:
			got <- vs[0]
		}
	}()
	select {
	case v := <-got:
		return v
	case <-ctx.Done():
		return nil
	}
}

// checked is an answer whose every quote stands where it says; one that does not
// becomes what is left of it.
func (b *Base) checked(a Answer) Answer {
	err := verify(a)
	if err == nil {
		return a
	}
	b.warn(context.Background(), "answer not verified", err)
	a.Citations = slices.DeleteFunc(slices.Clone(a.Citations), func(c Citation) bool { return !c.stands(a.Hits) })
	a.Outcome, a.Reason, a.Text, a.Essence, a.Differ, a.Model = Related, Unverified, "", "", false, false
	if len(a.Citations) == 0 {
		a.Outcome = None
	}
	return a
}

func (b *Base) warn(ctx context.Context, event string, err error) {
	if b.Log != nil {
		b.Log.WarnContext(ctx, "answering", "event", event, "err", err)
	}
}
