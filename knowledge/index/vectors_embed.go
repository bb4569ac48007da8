package index

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"qingfeng/knowledge"
)

// EmbedAll gives every passage that may leave a vector of this model, then lets the
// model answer and drops those that nobody has embedded for since a day. It may be
// stopped at any moment and called again, by several instances at once: one works, the
// others return at once. Until it is through, the model before serves. The context must
// not carry a transaction.
func (s *Store) EmbedAll(ctx context.Context, e knowledge.Embedder) error {
	w := &embedding{s: s, e: e, exact: exactUpTo, skip: map[int64]bool{}}
	ok, err := w.begin(ctx)
	if err != nil || !ok {
		return err
	}
	defer w.end(ctx)
	if _, err := s.DropStrayVectors(ctx); err != nil {
		return err
	}
	for { // until a look from the beginning finds nothing more
		n, err := w.pass(ctx)
		if err != nil || w.lost {
			return err
		}
		if n == 0 {
			break
		}
	}
	if err := w.ready(ctx); err != nil {
		return err
	}
	if err := s.indexVectors(ctx, w.model, w.exact); err != nil {
		return err
	}
	// What was switched off while the index was built could not be dropped then.
	_, err = s.DropStrayVectors(ctx)
	return err
}

// embedding is one EmbedAll under way.
type embedding struct {
	s     *Store
	e     knowledge.Embedder
	exact int

	model  EmbeddingModel
	holder string
	lost   bool           // another instance has taken over
	skip   map[int64]bool // passages that the endpoint refuses, however short
}

// begin takes the lease on the model's work.
func (w *embedding) begin(ctx context.Context) (ok bool, err error) {
	w.model.Name, w.model.Dim = w.e.Name(), w.e.Dim()
	_, err = w.s.q(ctx).Exec(ctx, "INSERT INTO embedding_model (name, dim) VALUES ($1, $2) ON CONFLICT DO NOTHING", w.model.Name, w.model.Dim)
	if err != nil {
		return false, fmt.Errorf("embed: model: %w", err)
	}
	err = w.s.q(ctx).QueryRow(ctx, `UPDATE embedding_model SET holder = gen_random_uuid()::text, lease_until = now() + $3::interval
		WHERE name = $1 AND dim = $2 AND lease_until <= now() RETURNING id, holder`, w.model.Name, w.model.Dim, embedLease).Scan(&w.model.ID, &w.holder)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("embed: lease: %w", err)
	}
	return true, nil
}

// hold prolongs the lease, unless another has taken it.
func (w *embedding) hold(ctx context.Context) error {
	tag, err := w.s.q(ctx).Exec(ctx, "UPDATE embedding_model SET lease_until = now() + $3::interval WHERE id = $1 AND holder = $2", w.model.ID, w.holder, embedLease)
	if err != nil {
		return fmt.Errorf("embed: lease: %w", err)
	}
	w.lost = tag.RowsAffected() == 0
	return nil
}

// end gives the lease back, also when ctx is over. When it ended says when the model
// was last worked for.
func (w *embedding) end(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	_, err := w.s.q(ctx).Exec(ctx, "UPDATE embedding_model SET lease_until = now() WHERE id = $1 AND holder = $2", w.model.ID, w.holder)
	if err != nil {
		w.s.log.Warn("give back the embedding lease", "err", err) // it ends by itself
	}
}

// pass goes through what is pending once and counts what it embedded.
func (w *embedding) pass(ctx context.Context) (n int, err error) {
	after := int64(0)
	for {
		batch, err := w.s.PendingEmbeddings(ctx, w.model.ID, after, embedBatch)
		if err != nil || len(batch) == 0 {
			return n, err
		}
		after = batch[len(batch)-1].Passage
		kept := batch[:0]
		for _, p := range batch {
			if !w.skip[p.Passage] {
				kept = append(kept, p)
			}
		}
		got, err := w.embed(ctx, kept)
		if err != nil {
			return n, fmt.Errorf("embed: %w", err)
		}
		if err := w.s.SaveEmbeddings(ctx, w.model.ID, got); err != nil {
			return n, err
		}
		n += len(got)
		if err := w.hold(ctx); err != nil || w.lost {
			return n, err
		}
	}
}

// embed asks for a batch. Where the endpoint refuses it, the texts are sent one by one
// and shorter: most often one is longer than the model takes.
func (w *embedding) embed(ctx context.Context, batch []Pending) ([]Embedding, error) {
	if len(batch) == 0 {
		return nil, nil
	}
	texts := make([]string, len(batch))
	for i, p := range batch {
		texts[i] = p.Text
	}
	vectors, err := w.ask(ctx, texts)
	if err == nil {
		out := make([]Embedding, len(batch))
		for i, p := range batch {
			out[i] = Embedding{p.Passage, vectors[i]}
		}
		return out, nil
	}
	if !refused(err) {
		return nil, err
	}
	if len(batch) > 1 {
		first, err := w.embed(ctx, batch[:len(batch)/2])
		if err != nil {
			return nil, err
		}
		second, err := w.embed(ctx, batch[len(batch)/2:])
		return append(first, second...), err
	}
	if short := half(batch[0].Text); short != "" {
		return w.embed(ctx, []Pending{{batch[0].Passage, short}})
	}
	w.skip[batch[0].Passage] = true
	w.s.log.Warn("endpoint refuses a passage", "passage", batch[0].Passage)
	return nil, nil
}

func (w *embedding) ask(ctx context.Context, texts []string) ([][]float32, error) {
	vectors, err := w.e.Embed(ctx, texts)
	if err != nil {
		return nil, err
	}
	if len(vectors) != len(texts) {
		return nil, errUnusable
	}
	for _, v := range vectors {
		if !usable(v, w.model.Dim) {
			return nil, errUnusable
		}
	}
	return vectors, nil
}

// refused reports an error that is about the text and not about the endpoint
// (llm.Error, which this package need not know).
func refused(err error) bool {
	var e interface{ Refused() bool }
	return errors.As(err, &e) && e.Refused()
}

// half is the first half of a text, empty when that would be a scrap.
func half(s string) string {
	r := []rune(s)
	if len(r) < 100 {
		return ""
	}
	return string(r[:len(r)/2])
}

// ready lets the model answer, and drops models that have not been worked for lately.
func (w *embedding) ready(ctx context.Context) error {
	s := w.s
	tag, err := s.q(ctx).Exec(ctx, "UPDATE embedding_model SET ready_at = now() WHERE id = $1 AND holder = $2 AND ready_at IS NULL", w.model.ID, w.holder)
	if err != nil {
		return fmt.Errorf("embed: ready: %w", err)
	}
	if tag.RowsAffected() > 0 {
		s.log.Info("embedding model is ready", "model", w.model.ID, "skipped", len(w.skip))
	}
	old, err := collect[int64](ctx, s, "SELECT id FROM embedding_model WHERE id <> $1 AND greatest(lease_until, created_at) < now() - $2::interval", w.model.ID, modelGrace)
	if err != nil {
		return fmt.Errorf("embed: old models: %w", err)
	}
	for _, id := range old {
		if err := s.dropModel(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) dropModel(ctx context.Context, id int64) error {
	err := s.inTx(ctx, func(ctx context.Context) error {
		for _, sql := range []string{
			fmt.Sprintf("DROP INDEX IF EXISTS %s", vectorIndex(id)),
			fmt.Sprintf("DELETE FROM passage_vector WHERE model_id = %d", id),
			fmt.Sprintf("DELETE FROM embedding_model WHERE id = %d", id),
		} {
			if _, err := s.q(ctx).Exec(ctx, sql); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("drop model %d: %w", id, err)
	}
	s.log.Info("embedding model dropped", "model", id)
	return nil
}

func vectorIndex(model int64) string { return fmt.Sprintf("passage_vector_m%d", model) }

// indexVectors builds the model's HNSW index once it has more vectors than are worth
// comparing one by one. It is built within one transaction, so that a kill leaves
// nothing half done, and by one process (see the migration); searches go on meanwhile,
// comparing one by one.
func (s *Store) indexVectors(ctx context.Context, m EmbeddingModel, exact int) error {
	var n int
	var there bool
	err := s.q(ctx).QueryRow(ctx, "SELECT (SELECT count(*) FROM passage_vector WHERE model_id = $1), to_regclass($2) IS NOT NULL", m.ID, vectorIndex(m.ID)).Scan(&n, &there)
	if err != nil {
		return fmt.Errorf("index vectors: %w", err)
	}
	if there || n <= exact {
		return nil
	}
	err = s.inTx(ctx, func(ctx context.Context) error {
		// A build may outlive the lease: nobody else begins the same one.
		var mine bool
		if err := s.q(ctx).QueryRow(ctx, "SELECT pg_try_advisory_xact_lock(hashtextextended($1, 3))", vectorIndex(m.ID)).Scan(&mine); err != nil || !mine {
			return err
		}
		for _, sql := range []string{
			"SET LOCAL max_parallel_maintenance_workers = 0",
			"SET LOCAL maintenance_work_mem = '256MB'",
			fmt.Sprintf("CREATE INDEX IF NOT EXISTS %s ON passage_vector USING hnsw ((v::halfvec(%d)) halfvec_cosine_ops) WHERE model_id = %d", vectorIndex(m.ID), m.Dim, m.ID),
		} {
			if _, err := s.q(ctx).Exec(ctx, sql); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("index vectors: %w", err)
	}
	return nil
}
