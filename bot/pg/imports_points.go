package pg

import (
	"cmp"
	"context"
	"fmt"
	"reflect"
	"slices"

	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

// PlanPoints says what ApplyPoints would do, row by row, and writes nothing.
func (r *Register) PlanPoints(ctx context.Context, rows []risk.PointRow) (risk.ImportPlan, error) {
	return planSheet(ctx, "points", rows, r.diffPoints)
}

// ApplyPoints brings points of earlier years, offered to whoever holds the post in a
// later campaign (see LastYear), all of them or none (risk.ErrBlocked). A row without
// a year is last year's. Rows with the same post, year, step and manifestations are
// one point with the measures of all. For the posts and years that the sheet names,
// what it no longer has is no longer offered. A step that is not on the catalogue
// is kept in the sheet's words.
func (r *Register) ApplyPoints(ctx context.Context, rows []risk.PointRow) (risk.ImportPlan, error) {
	return applySheet(ctx, r, "points", rows, r.diffPoints)
}

type pointsDiff struct {
	sheet
	fresh   []pointRow
	altered []pointRow
	gone    []int64
}

func (r *Register) diffPoints(ctx context.Context, rows []risk.PointRow) (*pointsDiff, error) {
	d := &pointsDiff{sheet: sheet{r: r}}
	if len(rows) == 0 {
		d.issue(0, "", text.ImportNoRows)
	}
	sections, err := r.sectionsByName(ctx)
	if err != nil {
		return nil, err
	}
	posts, err := r.postsByName(ctx)
	if err != nil {
		return nil, err
	}
	steps, err := r.stepFinder(ctx)
	if err != nil {
		return nil, err
	}
	wanted, order := map[string]*pointRow{}, []string{}
	first, numbers, scope := map[string]risk.PointRow{}, map[string]int{}, map[string]bool{}
	for _, row := range rows {
		section, ok := sections[row.Section]
		post, held := posts[[2]string{row.Section, row.Post}]
		switch {
		case !ok:
			d.issue(row.Row, text.ImportColSection, fmt.Sprintf(text.ImportUnknownSection, row.Section))
			continue
		case !held:
			d.issue(row.Row, text.ImportColPost, fmt.Sprintf(text.ImportUnknownPost, row.Section, row.Post))
			continue
		case len(row.Manifestations) == 0:
			d.issue(row.Row, text.ImportColManifest, text.ImportNeed)
			continue
		}
		if row.Year == 0 {
			row.Year = r.today().Year() - 1
		}
		w := rowOf(risk.Point{
			Node: steps(section, row.Item, row.Node), Manifestations: row.Manifestations, Category: row.Category,
			Confirmed: row.Level, Measures: row.Measures, State: risk.PointConfirmed, Version: 1,
		}, &risk.SelfCheck{Post: risk.Post{ID: post}})
		w.Year = &row.Year
		key := w.key()
		if have := wanted[key]; have != nil {
			for _, m := range w.Measures {
				if !slices.Contains(have.Measures, m) {
					have.Measures = append(have.Measures, m)
				}
			}
			continue
		}
		under := fmt.Sprint(post, "\x00", row.Year)
		numbers[under]++
		w.No = numbers[under]
		wanted[key], first[key], scope[under] = &w, row, true
		order = append(order, key)
	}
	return d, d.compare(ctx, wanted, order, first, scope)
}

// compare finds out which wanted points are stored already, and which stored ones are not wanted.
func (d *pointsDiff) compare(ctx context.Context, wanted map[string]*pointRow, order []string, first map[string]risk.PointRow, scope map[string]bool) error {
	stored, err := all(ctx, d.r, func(w *pointRow) []any { return []any{w} }, `SELECT to_jsonb(p) FROM risk_point p WHERE check_id IS NULL`)
	if err != nil {
		return err
	}
	slices.SortFunc(stored, func(a, b pointRow) int { return cmp.Compare(a.ID, b.ID) })
	have := map[string]pointRow{}
	for _, s := range stored {
		have[s.key()] = s
	}
	for _, key := range order {
		w, row := wanted[key], first[key]
		line := risk.ImportLine{Row: row.Row, Change: risk.ChangeAdded, Subject: fmt.Sprintf(text.ImportPlace, row.Section, row.Post)}
		old, known := have[key]
		if known {
			w.ID, line.Change = old.ID, risk.ChangeKept
			if !reflect.DeepEqual(old, *w) {
				d.altered = append(d.altered, *w)
			}
			old.No, old.NodeID = w.No, w.NodeID // these follow silently
			if !reflect.DeepEqual(old, *w) {
				line.Change, line.Detail = risk.ChangeAltered, text.ImportPointFacts
			}
		} else {
			d.fresh = append(d.fresh, *w)
		}
		d.plan.Lines = append(d.plan.Lines, line)
	}
	for _, s := range stored {
		if wanted[s.key()] == nil && scope[fmt.Sprint(s.PostID, "\x00", value(s.Year))] && s.State != risk.PointRemoved {
			d.gone = append(d.gone, s.ID)
			d.plan.Lines = append(d.plan.Lines, risk.ImportLine{Change: risk.ChangeGone, Subject: s.Manifestations[0], Detail: text.ImportPointGone})
		}
	}
	return nil
}

// postsByName finds the live posts by section and name.
func (r *Register) postsByName(ctx context.Context) (map[[2]string]int64, error) {
	type entry struct {
		at [2]string
		id int64
	}
	list, err := all(ctx, r, func(e *entry) []any { return []any{&e.at[0], &e.at[1], &e.id} }, `
		SELECT s.name, o.name, o.id FROM post o JOIN section s ON s.id = o.section_id
		WHERE o.voided_at IS NULL AND s.voided_at IS NULL`)
	out := make(map[[2]string]int64, len(list))
	for _, e := range list {
		out[e.at] = e.id
	}
	return out, err
}

// stepFinder finds a step of a section by item and name; without an item by a name
// that only one item has. What is not found keeps its words and no ID.
func (r *Register) stepFinder(ctx context.Context) (func(section int64, item, node string) risk.Node, error) {
	items, err := r.Items(ctx, 0)
	if err != nil {
		return nil, err
	}
	type place struct {
		section    int64
		item, node string
	}
	at := map[place][]risk.Node{}
	for _, i := range items {
		for _, n := range i.Nodes {
			for _, item := range []string{i.Name, ""} {
				p := place{i.SectionID, item, n.Name}
				at[p] = append(at[p], n)
			}
		}
	}
	return func(section int64, item, node string) risk.Node {
		if found := at[place{section, item, node}]; len(found) == 1 || len(found) > 1 && item != "" {
			return found[0]
		}
		return risk.Node{Item: item, Name: node}
	}, nil
}

func (d *pointsDiff) apply(ctx context.Context) error {
	q := d.r.DB.q(ctx)
	if len(d.fresh) > 0 {
		if _, err := q.Exec(ctx, insertPoints, d.fresh); err != nil {
			return err
		}
	}
	if len(d.altered) > 0 {
		if _, err := q.Exec(ctx, updateImported, d.altered); err != nil {
			return err
		}
	}
	_, err := q.Exec(ctx, `UPDATE risk_point SET state = 'removed' WHERE id = ANY ($1)`, notNil(d.gone))
	return err
}
