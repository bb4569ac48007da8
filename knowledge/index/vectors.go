package index

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgvector/pgvector-go"

	"qingfeng/knowledge"
)

const (
	// exactUpTo is how many vectors of a model are compared one by one; above it an
	// HNSW index is worth its build.
	exactUpTo = 20_000
	// embedBatch passages are read, sent and saved together.
	embedBatch = 64
	// embedLease is longer than a batch takes at the endpoint's time limit.
	embedLease = 5 * time.Minute
	// modelGrace is how long a model that nobody embeds for any more is kept beside a
	// ready one, so that instances of two configurations can run side by side.
	modelGrace = 24 * time.Hour
	// nearest is how many passages vectors propose.
	nearest = 50
)

// EmbeddingModel is a model that passages are, or will be, embedded with.
type EmbeddingModel struct {
	ID    int64
	Name  string
	Dim   int
	Ready bool // every passage that may leave has a vector of it
}

// Pending is a passage without a vector.
type Pending struct {
	Passage int64
	Text    string // with its document's title and path
}

// Embedding is a passage's vector.
type Embedding struct {
	Passage int64
	Vector  []float32
}

// ReadyModel is the newest model that can be asked with; ok is false while there is
// none.
func (s *Store) ReadyModel(ctx context.Context) (m EmbeddingModel, ok bool, err error) {
	return s.readyModel(ctx, "true")
}

func (s *Store) readyModel(ctx context.Context, which string, args ...any) (m EmbeddingModel, ok bool, err error) {
	err = s.q(ctx).QueryRow(ctx, "SELECT id, name, dim, true FROM embedding_model WHERE ready_at IS NOT NULL AND "+which+" ORDER BY ready_at DESC, id DESC LIMIT 1", args...).
		Scan(&m.ID, &m.Name, &m.Dim, &m.Ready)
	if errors.Is(err, pgx.ErrNoRows) {
		return m, false, nil
	}
	if err != nil {
		return m, false, fmt.Errorf("ready model: %w", err)
	}
	return m, true, nil
}

var errUnusable = errors.New("index: the embedder returned a vector that cannot be used")

// usable reports whether a vector has so many numbers that are numbers, not all zero.
func usable(v []float32, dim int) bool {
	some := false
	for _, x := range v {
		if math.IsNaN(float64(x)) || math.Abs(float64(x)) > maxHalf {
			return false
		}
		some = some || math.Abs(float64(x)) > minHalf
	}
	return some && len(v) == dim
}

// The largest number that halfvec holds, and the smallest that is not zero there.
const maxHalf, minHalf = 65504, 6e-8

// dense finds the passages of visible versions whose vectors are nearest to the
// question's: their cosine, above 0. It finds none with a vector of a model that is
// not ready.
func (s *Store) dense(ctx context.Context, q knowledge.Query, visible map[int64]bool) (map[int64]float64, error) {
	if len(visible) == 0 || !usable(q.Vector, len(q.Vector)) {
		return nil, nil
	}
	m, ok, err := s.readyModel(ctx, "dim = $1 AND (name = $2 OR $2 = '' AND (SELECT count(*) FROM embedding_model WHERE dim = $1) = 1)", len(q.Vector), q.Embedder)
	if err != nil || !ok {
		return nil, err
	}
	versions := make([]int64, 0, len(visible))
	for v := range visible {
		versions = append(versions, v)
	}
	found := map[int64]float64{}
	err = s.inTx(ctx, func(ctx context.Context) error {
		// With a filter an HNSW scan must go on until enough has passed it.
		if _, err := s.q(ctx).Exec(ctx, "SELECT set_config('hnsw.iterative_scan', 'relaxed_order', true), set_config('hnsw.ef_search', '100', true)"); err != nil {
			return err
		}
		sql := fmt.Sprintf(`SELECT x.passage_id, 1 - (x.v::halfvec(%d) <=> $1::text::halfvec(%d)) FROM passage_vector x JOIN passage p ON p.id = x.passage_id
			WHERE x.model_id = %d AND p.version_id = ANY($2) ORDER BY x.v::halfvec(%d) <=> $1::text::halfvec(%d) LIMIT %d`, m.Dim, m.Dim, m.ID, m.Dim, m.Dim, nearest)
		rows, err := s.q(ctx).Query(ctx, sql, pgx.QueryExecModeCacheDescribe, pgvector.NewHalfVector(q.Vector).String(), versions)
		if err != nil {
			return err
		}
		var id int64
		var like float64
		_, err = pgx.ForEachRow(rows, []any{&id, &like}, func() error {
			if like > 0 {
				found[id] = min(like, 1)
			}
			return nil
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("nearest vectors: %w", err)
	}
	return found, nil
}

// mayLeave are the passages that may be sent to an endpoint and could be found.
const mayLeave = `passage p JOIN document_version v ON v.id = p.version_id JOIN document d ON d.id = v.document_id
	JOIN library l ON l.name = d.library AND l.external WHERE v.withdrawn_at IS NULL AND v.state = 'live'`

// PendingEmbeddings are passages that have no vector of a model and may be sent to its
// endpoint, in order, after a passage.
func (s *Store) PendingEmbeddings(ctx context.Context, model, after int64, limit int) ([]Pending, error) {
	rows, err := s.q(ctx).Query(ctx, `SELECT p.id, concat_ws(E'\n', d.title, nullif(array_to_string(p.path, ' '), ''), p.body) FROM `+mayLeave+`
		AND p.id > $2 AND NOT EXISTS (SELECT FROM passage_vector x WHERE x.model_id = $1 AND x.passage_id = p.id)
		ORDER BY p.id LIMIT $3`, model, after, limit)
	if err != nil {
		return nil, fmt.Errorf("pending embeddings: %w", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Pending])
	if err != nil {
		return nil, fmt.Errorf("pending embeddings: %w", err)
	}
	return all, nil
}

// SaveEmbeddings stores vectors; one that is there already stays, and one whose library
// was switched off meanwhile is dropped.
func (s *Store) SaveEmbeddings(ctx context.Context, model int64, list []Embedding) error {
	var dim int
	if err := s.q(ctx).QueryRow(ctx, "SELECT dim FROM embedding_model WHERE id = $1", model).Scan(&dim); err != nil {
		return fmt.Errorf("save embeddings: model %d: %w", model, err)
	}
	ids, vectors := make([]int64, len(list)), make([]string, len(list))
	for i, e := range list {
		if !usable(e.Vector, dim) {
			return errUnusable
		}
		ids[i], vectors[i] = e.Passage, pgvector.NewHalfVector(e.Vector).String()
	}
	_, err := s.q(ctx).Exec(ctx, `INSERT INTO passage_vector (model_id, passage_id, v)
		SELECT $1, p.id, n.v::halfvec FROM (`+mayLeaveLocked+`) p JOIN unnest($2::bigint[], $3::text[]) AS n (id, v) ON n.id = p.id
		ON CONFLICT DO NOTHING`, model, ids, vectors)
	if err != nil {
		return fmt.Errorf("save embeddings: %w", err)
	}
	return nil
}

// mayLeaveLocked makes whoever switches a library off wait, so that nothing is saved
// after its vectors were dropped.
const mayLeaveLocked = "SELECT p.id FROM " + mayLeave + " AND p.id = ANY($2::bigint[]) FOR SHARE OF l"

// DropStrayVectors removes vectors of what may not leave any more, and of what was
// withdrawn.
func (s *Store) DropStrayVectors(ctx context.Context) (int64, error) {
	tag, err := s.q(ctx).Exec(ctx, `DELETE FROM passage_vector x USING passage p, document_version v, document d, library l
		WHERE p.id = x.passage_id AND v.id = p.version_id AND d.id = v.document_id AND l.name = d.library
			AND (NOT l.external OR v.withdrawn_at IS NOT NULL)`)
	if err != nil {
		return 0, fmt.Errorf("drop vectors: %w", err)
	}
	return tag.RowsAffected(), nil
}
