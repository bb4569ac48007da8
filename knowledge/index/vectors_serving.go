package index

import (
	"context"
	"errors"
	"slices"
	"sync"

	"qingfeng/knowledge"
)

// ErrNotReady: no configured model has embedded the passages yet.
var ErrNotReady = errors.New("index: no embedding model is ready")

// Serving is a knowledge.Embedder for questions: it is whichever of the configured
// models is ready, asked anew each time, so that one model takes over from another
// without a restart. Name and Dim are those of the model that embedded last.
type Serving struct {
	store      *Store
	configured []knowledge.Embedder
	make       func(name string, dim int) (knowledge.Embedder, error)

	mu     sync.Mutex
	last   knowledge.Embedder
	before knowledge.Embedder // a model of earlier times, made when it was needed
}

var _ knowledge.Embedder = (*Serving)(nil)

// Serve makes a Serving of at least one model, the preferred one first. ReadyModel says
// what was ready when the program ended: with that name the same endpoint most often
// still serves the model before.
func (s *Store) Serve(preferred knowledge.Embedder, others ...knowledge.Embedder) *Serving {
	return &Serving{store: s, configured: append([]knowledge.Embedder{preferred}, others...), last: preferred}
}

// Name is the name of the model that embedded last.
func (v *Serving) Name() string { return v.current().Name() }

// Dim is the dimension of the model that embedded last.
func (v *Serving) Dim() int { return v.current().Dim() }

func (v *Serving) current() knowledge.Embedder {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.last
}

// Embed embeds with the first configured model that is ready; ErrNotReady without one.
func (v *Serving) Embed(ctx context.Context, texts []string) ([][]float32, error) {
	serving := v.configured
	if before, err := v.predecessor(ctx); err != nil {
		return nil, err
	} else if before != nil {
		serving = append(serving[:len(serving):len(serving)], before)
	}
	for _, e := range serving {
		_, ok, err := v.store.readyModel(ctx, "name = $1 AND dim = $2", e.Name(), e.Dim())
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		out, err := e.Embed(ctx, texts)
		if err != nil {
			return nil, err
		}
		v.mu.Lock()
		v.last = e
		v.mu.Unlock()
		return out, nil
	}
	return nil, ErrNotReady
}

// Otherwise says how to ask the model that was configured before, which serves until a
// configured one is ready: the same endpoint most often still has it. Call it before
// the first Embed.
func (v *Serving) Otherwise(make func(name string, dim int) (knowledge.Embedder, error)) {
	v.make = make
}

// predecessor is the newest ready model where it is none of the configured; nil otherwise.
func (v *Serving) predecessor(ctx context.Context) (knowledge.Embedder, error) {
	if v.make == nil {
		return nil, nil
	}
	m, ok, err := v.store.ReadyModel(ctx)
	if err != nil || !ok {
		return nil, err
	}
	is := func(e knowledge.Embedder) bool { return e != nil && e.Name() == m.Name && e.Dim() == m.Dim }
	if slices.ContainsFunc(v.configured, is) {
		return nil, nil
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if !is(v.before) {
		if v.before, err = v.make(m.Name, m.Dim); err != nil {
			return nil, err
		}
	}
	return v.before, nil
}
