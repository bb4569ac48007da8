package index

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"qingfeng/knowledge/lexical"
)

const (
	smallGap    = 2000                   // passages that a search waits for
	gapPatience = 500 * time.Millisecond // and how long it does
	fillBatch   = 4096                   // passages read at once
	warmEvery   = 2 * time.Second        // how often an idle process looks for what others saved
)

// warm is the index in this process's memory. It holds committed passages of every
// version, visible or not: who may see what is asked of Postgres by each search.
type warm struct {
	fill       sync.Mutex // one reader of news at a time
	index      *lexical.Index
	generation atomic.Int64 // everything up to it is in index; -1: not filled yet
	wake       chan struct{}
}

func newWarm() *warm {
	w := &warm{index: lexical.New(), wake: make(chan struct{}, 1)}
	w.generation.Store(-1)
	return w
}

// Warm fills the index in memory and keeps it at the store's generation until ctx is
// over. Searches work before, while and without it.
func (s *Store) Warm(ctx context.Context) {
	tick := time.NewTicker(warmEvery)
	defer tick.Stop()
	for {
		if err := s.CatchUp(ctx); err != nil && ctx.Err() == nil {
			s.log.Warn("warm the index", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-s.warm.wake:
		}
	}
}

// CatchUp brings the index in memory to the store's generation as it is committed.
// The context must not carry a transaction.
func (s *Store) CatchUp(ctx context.Context) error {
	s.warm.fill.Lock()
	defer s.warm.fill.Unlock()
	return s.catchUp(ctx, 0)
}

// reached reports whether the index in memory knows everything up to a generation. A
// small gap is closed at once; for a large one Warm is woken.
func (s *Store) reached(ctx context.Context, generation int64) bool {
	w := s.warm
	have := w.generation.Load()
	if have >= generation {
		return true
	}
	if have < 0 {
		return false // Warm has not been through once
	}
	select {
	case w.wake <- struct{}{}:
	default:
	}
	if !w.fill.TryLock() {
		return w.generation.Load() >= generation
	}
	defer w.fill.Unlock()
	// Not on the caller's transaction: what it has not committed must not reach others,
	// and its generation is then out of reach, which is what SQL is for.
	apart, cancel := context.WithTimeout(context.Background(), gapPatience)
	defer cancel()
	defer context.AfterFunc(ctx, cancel)()
	if err := s.catchUp(apart, smallGap); err != nil {
		return false
	}
	return w.generation.Load() >= generation
}

// news is a version that the index in memory does not know in its present form.
type news struct {
	ID        int64
	Heading   string
	Authority int
	Passages  int
}

// catchUp reads what is new. Beyond most passages (0: any number) it leaves it. The
// caller holds fill.
func (s *Store) catchUp(ctx context.Context, most int) error {
	w := s.warm
	have := w.generation.Load()
	var generation int64
	if err := s.q(ctx).QueryRow(ctx, "SELECT generation FROM knowledge_generation").Scan(&generation); err != nil {
		return fmt.Errorf("generation: %w", err)
	}
	if generation <= have {
		return nil
	}
	rows, err := s.q(ctx).Query(ctx, `SELECT v.id, v.heading, d.authority, v.passages FROM document_version v JOIN document d ON d.id = v.document_id
		WHERE v.generation > $1 ORDER BY v.generation`, have)
	if err != nil {
		return fmt.Errorf("news: %w", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[news])
	if err != nil {
		return fmt.Errorf("news: %w", err)
	}
	total := 0
	for _, v := range all {
		total += v.Passages
	}
	if most > 0 && total > most {
		return nil
	}
	for len(all) > 0 {
		n, size := 0, 0
		for n < len(all) && (n == 0 || size+all[n].Passages <= fillBatch) {
			size += all[n].Passages
			n++
		}
		entries, err := s.entries(ctx, all[:n])
		if err != nil {
			return err
		}
		w.index.Put(entries...)
		all = all[n:]
	}
	w.generation.Store(generation)
	return nil
}

// Behind is how many generations the index in memory lacks; all of them, plus one,
// before it was filled.
func (s *Store) Behind(ctx context.Context) int64 {
	var generation int64
	if err := s.q(ctx).QueryRow(ctx, "SELECT generation FROM knowledge_generation").Scan(&generation); err != nil {
		return 1
	}
	return generation - s.warm.generation.Load()
}
