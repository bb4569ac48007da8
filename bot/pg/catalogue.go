package pg

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"qingfeng/bot/risk"
)

const nodeCols = `n.id, n.item_id, i.name, i.class, n.seq, n.name, n.post_name`

func scanNode(n *risk.Node) []any {
	return []any{&n.ID, &n.ItemID, &n.Item, &n.Class, &n.Seq, &n.Name, &n.PostName}
}

// Nodes are the steps of a section's items (0: of the unit), in catalogue order.
func (r *Register) Nodes(ctx context.Context, section int64) ([]risk.Node, error) {
	return all(ctx, r, scanNode, `
		SELECT `+nodeCols+`
		FROM process_node n JOIN power_item i ON i.id = n.item_id JOIN section s ON s.id = i.section_id
		WHERE n.voided_at IS NULL AND i.voided_at IS NULL AND ($1 = 0 OR i.section_id = $1)
		ORDER BY s.pos, s.id, i.pos, i.id, n.seq, n.id`, section)
}

// Items are the power items of a section (0: of the unit) with their steps, in catalogue order.
func (r *Register) Items(ctx context.Context, section int64) ([]risk.PowerItem, error) {
	items, err := all(ctx, r, func(i *risk.PowerItem) []any {
		return []any{&i.ID, &i.SectionID, &i.Name, &i.Class, &i.Content, &i.LegalBasis, &i.TimeLimit, &i.Supervision, &i.Gap}
	}, `SELECT i.id, i.section_id, i.name, i.class, i.content, i.legal_basis, i.time_limit, i.supervision, i.gap
		FROM power_item i JOIN section s ON s.id = i.section_id
		WHERE i.voided_at IS NULL AND ($1 = 0 OR i.section_id = $1)
		ORDER BY s.pos, s.id, i.pos, i.id`, section)
	if err != nil {
		return nil, fmt.Errorf("items: %w", err)
	}
	nodes, err := r.Nodes(ctx, section)
	if err != nil {
		return nil, fmt.Errorf("items: %w", err)
	}
	at := make(map[int64]*risk.PowerItem, len(items))
	for k := range items {
		at[items[k].ID] = &items[k]
	}
	for _, n := range nodes {
		if i := at[n.ItemID]; i != nil {
			i.Nodes = append(i.Nodes, n)
		}
	}
	return items, nil
}

// AddGap writes a step that is on no chart down as a gap: a power item of the
// post's section with that one step, for the section head to complete. The same
// words a second time give the step that is there.
func (r *Register) AddGap(ctx context.Context, post risk.Post, text string) (risk.Node, error) {
	var node risk.Node
	err := r.DB.InTx(ctx, func(ctx context.Context) error {
		q := r.DB.q(ctx)
		// pos puts gaps behind the imported catalogue; the upsert locks the item.
		var item int64
		err := q.QueryRow(ctx, `
			INSERT INTO power_item AS i (section_id, name, class, gap, pos) VALUES ($1, $2, '', true, 1000000)
			ON CONFLICT (section_id, name) DO UPDATE SET voided_at = NULL, gap = i.gap OR i.voided_at IS NOT NULL
			RETURNING id`, post.SectionID, text).Scan(&item)
		if err != nil {
			return err
		}
		read := func() error {
			return q.QueryRow(ctx, `SELECT `+nodeCols+` FROM process_node n JOIN power_item i ON i.id = n.item_id
				WHERE n.item_id = $1 AND n.name = $2 AND n.voided_at IS NULL ORDER BY n.seq LIMIT 1`, item, text).Scan(scanNode(&node)...)
		}
		if err := read(); !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		_, err = q.Exec(ctx, `
			INSERT INTO process_node (item_id, seq, name, post_name)
			SELECT $1, coalesce(max(seq), 0) + 1, $2, $3 FROM process_node WHERE item_id = $1 AND voided_at IS NULL`, item, text, post.Name)
		if err != nil {
			return err
		}
		return read()
	})
	if err != nil {
		return node, fmt.Errorf("add gap: %w", err)
	}
	return node, nil
}
