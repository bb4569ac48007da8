package index

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"qingfeng/knowledge"
)

var _ knowledge.Finder = (*Store)(nil)

// Find finds the passages of a clause by its document's title or 文号 and its number,
// in the text's order. A title names every document whose own one contains it or
// stands in it; which of several is meant is the caller's to say.
func (s *Store) Find(ctx context.Context, q knowledge.Query, n knowledge.Name) ([]knowledge.Hit, error) {
	q = s.complete(q)
	if q.Limit <= 0 || len(q.Reader.Audiences) == 0 || n.Title == "" && n.Number == "" {
		return nil, nil
	}
	key := ""
	if n.Title != "" {
		key = titleKey(n.Title)
	}
	rows, err := s.q(ctx).Query(ctx, `SELECT p.id, p.article, d.number FROM passage p JOIN document_version v ON v.id = p.version_id
		JOIN document d ON d.id = v.document_id WHERE `+findable+`
		AND ($4 = '' OR d.title_key LIKE '%' || $4 || '%' OR char_length(d.title_key) >= 4 AND $4 LIKE '%' || d.title_key || '%')
		AND ($5 = '' OR d.number <> '') AND ($6 = '' OR p.article <> '')
		ORDER BY char_length(d.title_key), d.id, v.id, p.pos`, append(filter(q), escapeLike(key), n.Number, n.Article)...)
	if err != nil {
		return nil, fmt.Errorf("find by name: %w", err)
	}
	defer rows.Close()
	var ids []int64
	for rows.Next() {
		var id int64
		var article, number string
		if err := rows.Scan(&id, &article, &number); err != nil {
			return nil, fmt.Errorf("find by name: %w", err)
		}
		if len(ids) < q.Limit && n.Clause(article) && n.Numbered(number) {
			ids = append(ids, id)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("find by name: %w", err)
	}
	passages, err := s.read(ctx, q, ids)
	if err != nil {
		return nil, fmt.Errorf("find by name: %w", err)
	}
	ids = slices.DeleteFunc(ids, func(id int64) bool { _, ok := passages[id]; return !ok })
	hits := make([]knowledge.Hit, len(ids))
	for i, id := range ids {
		hits[i] = knowledge.Hit{Passage: passages[id], Score: 1, Sure: 1}
	}
	return hits, nil
}

func escapeLike(s string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(s)
}
