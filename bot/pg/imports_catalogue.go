package pg

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

// PlanCatalogue says what ApplyCatalogue would do, row by row, and writes nothing.
func (r *Register) PlanCatalogue(ctx context.Context, rows []risk.CatalogueRow) (risk.ImportPlan, error) {
	return planSheet(ctx, "catalogue", rows, r.diffCatalogue)
}

// ApplyCatalogue makes the catalogue of the sections that the sheet names what the
// sheet says, all of it or nothing (risk.ErrBlocked). Items are known by section and
// name, steps by their name within the item, so both keep their IDs and the points
// that hang on them. What is no longer in the sheet is not offered any more. Gaps
// that cadres wrote down stay until the sheet has them. A row without steps
// leaves the stored steps alone.
func (r *Register) ApplyCatalogue(ctx context.Context, rows []risk.CatalogueRow) (risk.ImportPlan, error) {
	return applySheet(ctx, r, "catalogue", rows, r.diffCatalogue)
}

// catalogueDiff holds what has to be written.
type catalogueDiff struct {
	sheet
	items []itemChange
	gone  []int64
}

type itemChange struct {
	row     risk.CatalogueRow
	section int64
	id, pos int64
	altered bool        // the item's own words
	nodes   []risk.Node // as they shall be; ID 0: new; nil: leave alone
	drop    []int64
}

func (r *Register) diffCatalogue(ctx context.Context, rows []risk.CatalogueRow) (*catalogueDiff, error) {
	d := &catalogueDiff{sheet: sheet{r: r}}
	if len(rows) == 0 {
		d.issue(0, "", text.ImportNoRows)
	}
	sections, err := r.sectionsByName(ctx)
	if err != nil {
		return nil, err
	}
	stored, err := r.storedItems(ctx)
	if err != nil {
		return nil, err
	}
	seen, named := map[string]int{}, map[int64]bool{}
	for i, row := range rows {
		section, known := sections[row.Section]
		if !known {
			d.issue(row.Row, text.ImportColSection, fmt.Sprintf(text.ImportUnknownSection, row.Section))
		}
		if row.Item == "" {
			d.issue(row.Row, text.ImportColItem, text.ImportNeed)
		}
		if !slices.Contains([]risk.PowerClass{risk.Administrative, risk.Internal, risk.KeyBusiness}, row.Class) {
			d.issue(row.Row, text.ImportColClass, text.ImportBadClass)
		}
		for _, n := range row.Nodes {
			if n.Name == "" {
				d.issue(row.Row, text.ImportColNodes, text.ImportNeed)
			}
		}
		key := fmt.Sprint(section, "\x00", row.Item)
		if first, twice := seen[key]; twice && known {
			d.issue(row.Row, text.ImportColItem, fmt.Sprintf(text.ImportSameItem, first))
			continue
		}
		seen[key], named[section] = row.Row, true
		d.compare(row, section, int64(i+1), stored[key])
	}
	for key, item := range stored {
		if _, wanted := seen[key]; !wanted && named[item.SectionID] && !item.Gap && !item.voided {
			d.gone = append(d.gone, item.ID)
		}
	}
	slices.Sort(d.gone)
	for _, id := range d.gone {
		for _, item := range stored {
			if item.ID == id {
				d.plan.Lines = append(d.plan.Lines, risk.ImportLine{Change: risk.ChangeGone, Subject: item.Name, Detail: text.ImportItemGone})
			}
		}
	}
	return d, nil
}

type storedItem struct {
	risk.PowerItem
	pos    int64
	voided bool
}

// storedItems are all items by section and name, voided ones included, with their live steps.
func (r *Register) storedItems(ctx context.Context) (map[string]*storedItem, error) {
	items, err := all(ctx, r, func(i *storedItem) []any {
		return []any{&i.ID, &i.SectionID, &i.Name, &i.Class, &i.Content, &i.LegalBasis, &i.TimeLimit, &i.Supervision, &i.Gap, &i.pos, &i.voided}
	}, `SELECT id, section_id, name, class, content, legal_basis, time_limit, supervision, gap, pos, voided_at IS NOT NULL FROM power_item`)
	if err != nil {
		return nil, err
	}
	out, byID := map[string]*storedItem{}, map[int64]*storedItem{}
	for k := range items {
		i := &items[k]
		out[fmt.Sprint(i.SectionID, "\x00", i.Name)], byID[i.ID] = i, i
	}
	nodes, err := all(ctx, r, scanNode, `SELECT `+nodeCols+` FROM process_node n JOIN power_item i ON i.id = n.item_id
		WHERE n.voided_at IS NULL ORDER BY n.item_id, n.seq, n.id`)
	for _, n := range nodes {
		byID[n.ItemID].Nodes = append(byID[n.ItemID].Nodes, n)
	}
	return out, err
}

func (r *Register) sectionsByName(ctx context.Context) (map[string]int64, error) {
	sections, err := r.Sections(ctx)
	out := make(map[string]int64, len(sections))
	for _, s := range sections {
		out[s.Name] = s.ID
	}
	return out, err
}

// compare decides what one row changes.
func (d *catalogueDiff) compare(row risk.CatalogueRow, section, pos int64, old *storedItem) {
	line := risk.ImportLine{Row: row.Row, Change: risk.ChangeKept, Subject: row.Item}
	c := itemChange{row: row, section: section, pos: pos}
	var detail []string
	var had []risk.Node
	if old == nil {
		line.Change = risk.ChangeAdded
	} else {
		c.id, had = old.ID, old.Nodes
		facts := [5]string{string(old.Class), old.Content, old.LegalBasis, old.TimeLimit, old.Supervision}
		if facts != [5]string{string(row.Class), row.Content, row.Basis, row.Limit, row.Supervision} || old.Gap || old.voided {
			line.Change, c.altered = risk.ChangeAltered, true
			detail = append(detail, text.ImportItemFacts)
		}
	}
	if len(row.Nodes) > 0 {
		changed := false
		c.nodes, c.drop, changed = matchNodes(had, row.Nodes)
		if changed && old != nil {
			line.Change, c.altered = risk.ChangeAltered, true
			detail = append(detail, text.ImportItemNodes)
		}
	}
	line.Detail = strings.Join(detail, text.ImportJoin)
	d.plan.Lines = append(d.plan.Lines, line)
	if old == nil || c.altered || old.pos != pos {
		d.items = append(d.items, c)
	}
}

// matchNodes gives the wanted steps the IDs of the stored ones with the same name,
// in order of appearance, and lists the stored ones that are left over.
func matchNodes(had []risk.Node, want []risk.NodeName) (nodes []risk.Node, drop []int64, changed bool) {
	free := slices.Clone(had)
	for i, w := range want {
		n := risk.Node{Seq: i + 1, Name: w.Name, PostName: w.Post}
		if k := slices.IndexFunc(free, func(f risk.Node) bool { return f.Name == w.Name }); k >= 0 {
			n.ID = free[k].ID
			changed = changed || free[k].Seq != n.Seq || free[k].PostName != n.PostName
			free = slices.Delete(free, k, k+1)
		}
		changed = changed || n.ID == 0
		nodes = append(nodes, n)
	}
	for _, f := range free {
		drop = append(drop, f.ID)
	}
	return nodes, drop, changed || len(drop) > 0
}

func (d *catalogueDiff) apply(ctx context.Context) error {
	q := d.r.DB.q(ctx)
	items := make([]object, len(d.items))
	for i, c := range d.items {
		items[i] = object{
			"section_id": c.section, "name": c.row.Item, "class": c.row.Class, "content": c.row.Content, "legal_basis": c.row.Basis,
			"time_limit": c.row.Limit, "supervision": c.row.Supervision, "pos": c.pos, "bump": c.altered,
		}
	}
	made, err := all(ctx, d.r, scanNamed, `
		INSERT INTO power_item AS i (section_id, name, class, content, legal_basis, time_limit, supervision, pos, version)
		SELECT section_id, name, class, content, legal_basis, time_limit, supervision, pos, CASE WHEN bump THEN 2 ELSE 1 END
		FROM jsonb_to_recordset($1) n (section_id bigint, name text, class text, content text, legal_basis text,
			time_limit text, supervision text, pos int, bump boolean)
		ON CONFLICT (section_id, name) DO UPDATE SET class = excluded.class, content = excluded.content,
			legal_basis = excluded.legal_basis, time_limit = excluded.time_limit, supervision = excluded.supervision,
			pos = excluded.pos, version = i.version + excluded.version - 1, gap = false, voided_at = NULL
		RETURNING id, section_id, name`, items)
	if err != nil {
		return err
	}
	at := make(map[string]int64, len(made))
	for _, n := range made {
		at[fmt.Sprint(n.under, "\x00", n.name)] = n.id
	}
	var fresh, moved []object
	var drop []int64
	for _, c := range d.items {
		drop = append(drop, c.drop...)
		for _, n := range c.nodes {
			o := object{"id": n.ID, "item_id": at[fmt.Sprint(c.section, "\x00", c.row.Item)], "seq": n.Seq, "name": n.Name, "post_name": n.PostName}
			if n.ID == 0 {
				fresh = append(fresh, o)
			} else {
				moved = append(moved, o)
			}
		}
	}
	const shape = ` FROM jsonb_to_recordset($1) n (id bigint, item_id bigint, seq int, name text, post_name text)`
	if _, err := q.Exec(ctx, `UPDATE process_node p SET seq = n.seq, post_name = n.post_name`+shape+` WHERE p.id = n.id`, notNil(moved)); err != nil {
		return err
	}
	if _, err := q.Exec(ctx, `INSERT INTO process_node (item_id, seq, name, post_name) SELECT item_id, seq, name, post_name`+shape, notNil(fresh)); err != nil {
		return err
	}
	if _, err := q.Exec(ctx, `UPDATE process_node SET voided_at = $1 WHERE id = ANY ($2)`, d.r.Now(), notNil(drop)); err != nil {
		return err
	}
	_, err = q.Exec(ctx, `UPDATE power_item SET voided_at = $1 WHERE id = ANY ($2)`, d.r.Now(), notNil(d.gone))
	return err
}
