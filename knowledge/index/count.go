package index

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"qingfeng/knowledge/lexical"
)

// drift is how far passages' mean length may move from what their weights were made
// with before these are made again, as a share.
const drift = 0.1

// CountTerms counts in how many passages each term occurs, for searches by SQL. A job
// calls it; until then terms that are new count as rare. Where the passages' mean
// length has moved by a tenth since their weights were made, it makes them again.
func (s *Store) CountTerms(ctx context.Context) error {
	var (
		at, counted, passages, length int64
		mean                          float32
	)
	err := s.q(ctx).QueryRow(ctx, "SELECT generation, terms_at, passages, length, mean FROM knowledge_generation").Scan(&at, &counted, &passages, &length, &mean)
	if err != nil {
		return fmt.Errorf("count terms: %w", err)
	}
	if at == counted || passages == 0 {
		return nil
	}
	if now := float64(length) / float64(passages); now > float64(mean)*(1+drift) || now < float64(mean)*(1-drift) {
		if err := s.rebake(ctx, now); err != nil {
			return fmt.Errorf("weigh terms again: %w", err)
		}
	}
	return s.inTx(ctx, func(ctx context.Context) error {
		// Readers go on with the old numbers; another count waits.
		for _, sql := range []string{
			"SELECT pg_advisory_xact_lock(hashtextextended('term_df', 3))",
			"SET LOCAL work_mem = '64MB'",
			"CREATE TEMP TABLE counted ON COMMIT DROP AS SELECT term, count(*)::int AS df FROM passage_terms, unnest(tokens) AS term GROUP BY term",
			"DELETE FROM term_df o WHERE NOT EXISTS (SELECT FROM counted c WHERE c.term = o.term)",
			"INSERT INTO term_df (term, df) SELECT term, df FROM counted ON CONFLICT (term) DO UPDATE SET df = excluded.df WHERE term_df.df <> excluded.df",
		} {
			if _, err := s.q(ctx).Exec(ctx, sql); err != nil {
				return fmt.Errorf("count terms: %w", err)
			}
		}
		if _, err := s.q(ctx).Exec(ctx, "UPDATE knowledge_generation SET terms_at = $1", at); err != nil {
			return fmt.Errorf("count terms: %w", err)
		}
		return nil
	})
}

// rebake makes every passage's weights again with another mean length, some versions
// at a time. New passages take the new mean from the start.
func (s *Store) rebake(ctx context.Context, mean float64) error {
	if _, err := s.q(ctx).Exec(ctx, "UPDATE knowledge_generation SET mean = $1", float32(mean)); err != nil {
		return err
	}
	rows, err := s.q(ctx).Query(ctx, "SELECT v.id, v.heading, d.authority, v.passages FROM "+versions+" ORDER BY v.id")
	if err != nil {
		return err
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[news])
	if err != nil {
		return err
	}
	for _, v := range all {
		err := s.inTx(ctx, func(ctx context.Context) error {
			// Whoever else gives this version new terms waits, or is waited for, and its
			// heading may be another one by then.
			err := s.q(ctx).QueryRow(ctx, "SELECT heading FROM document_version WHERE id = $1 FOR UPDATE", v.ID).Scan(&v.Heading)
			if err != nil {
				return err
			}
			return s.weigh(ctx, v, mean)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// weigh makes the terms of one version's passages again. Where a reader of an older
// state is at work, it sees the old ones until the commit.
func (s *Store) weigh(ctx context.Context, v news, mean float64) error {
	entries, err := s.entries(ctx, []news{v})
	if err != nil || len(entries) == 0 {
		return err
	}
	rows, _ := bakeEntries(entries, mean)
	ids := make([]int64, len(entries))
	for i, e := range entries {
		ids[i] = e.ID
	}
	if _, err := s.q(ctx).Exec(ctx, "DELETE FROM passage_terms WHERE version_id = $1", v.ID); err != nil {
		return err
	}
	return s.copyTerms(ctx, v.ID, ids, rows)
}

// entries reads the passages of some versions as they are indexed, in order.
func (s *Store) entries(ctx context.Context, versions []news) ([]lexical.Entry, error) {
	of := make(map[int64]news, len(versions))
	ids := make([]int64, 0, len(versions))
	for _, v := range versions {
		of[v.ID] = v
		ids = append(ids, v.ID)
	}
	rows, err := s.q(ctx).Query(ctx, "SELECT p.id, p.version_id, p.path, p.body, "+asked+" FROM passage p WHERE p.version_id = ANY($1) ORDER BY p.id", ids)
	if err != nil {
		return nil, fmt.Errorf("passages: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (e lexical.Entry, err error) {
		err = r.Scan(&e.ID, &e.Group, &e.Path, &e.Text, &e.Asked)
		e.Title, e.Level = of[e.Group].Heading, of[e.Group].Authority
		return e, err
	})
	if err != nil {
		return nil, fmt.Errorf("passages: %w", err)
	}
	return all, nil
}
