package pg

import (
	"context"
	"fmt"
	"strings"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/risk"
)

// pointRow is a row of risk_point as JSON, in both directions: the keys are the
// columns, so Postgres fills whole records from it (jsonb_populate_recordset).
type pointRow struct {
	ID             int64           `json:"id"`
	CheckID        *int64          `json:"check_id"`
	Year           *int            `json:"year"`
	No             int             `json:"no"`
	Layer          risk.Layer      `json:"layer"`
	PostID         int64           `json:"post_id"`
	NodeID         *int64          `json:"node_id"`
	NodeItem       string          `json:"node_item"`
	NodeName       string          `json:"node_name"`
	Title          string          `json:"title"`
	Manifestations []string        `json:"manifestations"`
	Category       risk.Category   `json:"category"`
	CategoryWhy    string          `json:"category_why"`
	Misuse         risk.Misuse     `json:"misuse"`
	Suggestion     risk.Suggestion `json:"suggestion"`
	Objection      string          `json:"objection"`
	Confirmed      risk.Level      `json:"confirmed"`
	Factors        risk.Factors    `json:"factors"`
	Measures       []risk.Measure  `json:"measures"`
	Methods        []risk.Method   `json:"methods"`
	Hints          []risk.Hint     `json:"hints"`
	KeepReason     string          `json:"keep_reason"`
	Verdict        risk.Verdict    `json:"verdict"`
	VerdictWhy     string          `json:"verdict_why"`
	Monitor        string          `json:"monitor"`
	State          risk.PointState `json:"state"`
	Version        int             `json:"version"`
	CarriedFrom    *int64          `json:"carried_from"`
	VerifiedOn     *string         `json:"verified_on"` // 2006-01-02
}

// pointCols are the columns that a save writes, all but id.
const pointCols = `check_id, year, no, layer, post_id, node_id, node_item, node_name, title, manifestations, category,
	category_why, misuse, suggestion, objection, confirmed, factors, measures, methods, hints, keep_reason, verdict,
	verdict_why, monitor, state, version, carried_from, verified_on`

const (
	insertPoints = `INSERT INTO risk_point (` + pointCols + `)
		SELECT ` + pointCols + ` FROM jsonb_populate_recordset(NULL::risk_point, $1) RETURNING id`
	// Only rows that differ from what is stored are written.
	updateWhere = `UPDATE risk_point p SET (` + pointCols + `) = (SELECT ` + pointCols + ` FROM (SELECT n.*) one)
		FROM jsonb_populate_recordset(NULL::risk_point, $1) n
		WHERE p.id = n.id AND p.* IS DISTINCT FROM n.* AND `
	updatePoints   = updateWhere + `p.check_id = $2`
	updateImported = updateWhere + `p.check_id IS NULL`
)

func rowOf(p risk.Point, c *risk.SelfCheck) pointRow {
	w := pointRow{
		ID: p.ID, CheckID: pointer(c.ID), No: p.No, Layer: p.Layer, PostID: c.Post.ID, NodeID: pointer(p.Node.ID),
		NodeItem: p.Node.Item, NodeName: p.Node.Name, Title: p.Title, Manifestations: notNil(p.Manifestations),
		Category: p.Category, CategoryWhy: p.CategoryWhy, Misuse: p.Misuse, Suggestion: p.Suggested, Objection: p.Objection,
		Confirmed: p.Confirmed, Factors: p.Factors, Measures: notNil(p.Measures), Methods: notNil(p.Methods), Hints: notNil(p.Hints),
		KeepReason: p.KeepReason, Verdict: p.Verdict, VerdictWhy: p.VerdictWhy, Monitor: p.Monitor, State: p.State,
		Version: p.Version, CarriedFrom: pointer(p.CarriedFrom),
	}
	if w.Layer == "" {
		w.Layer = risk.LayerPost
	}
	if w.State == "" {
		w.State = risk.PointDraft
	}
	if !p.VerifiedOn.IsZero() {
		w.VerifiedOn = pointer(bot.Civil(p.VerifiedOn).Format(time.DateOnly))
	}
	return w
}

func (w pointRow) point(post risk.Post, node risk.Node) (risk.Point, error) {
	p := risk.Point{
		ID: w.ID, CheckID: value(w.CheckID), No: w.No, Layer: w.Layer, Post: post, Node: node, Title: w.Title,
		Manifestations: w.Manifestations, Category: w.Category, CategoryWhy: w.CategoryWhy, Misuse: w.Misuse,
		Suggested: w.Suggestion, Objection: w.Objection, Confirmed: w.Confirmed, Factors: w.Factors, Measures: w.Measures,
		Methods: w.Methods, Hints: w.Hints, KeepReason: w.KeepReason, Verdict: w.Verdict, VerdictWhy: w.VerdictWhy,
		Monitor: w.Monitor, State: w.State, Version: w.Version, CarriedFrom: value(w.CarriedFrom),
	}
	if w.VerifiedOn != nil {
		on, err := time.ParseInLocation(time.DateOnly, *w.VerifiedOn, bot.Zone())
		if err != nil {
			return p, fmt.Errorf("point %d: %w", w.ID, err)
		}
		p.VerifiedOn = on
	}
	return p, nil
}

// pointsWhere reads points (alias x) by check, number and id. A step that is on the
// catalogue speaks for itself; for one that is not, the point's own words stand.
func (r *Register) pointsWhere(ctx context.Context, where string, args ...any) ([]risk.Point, error) {
	type joined struct {
		row  pointRow
		post risk.Post
		node risk.Node
	}
	rows, err := all(ctx, r, func(j *joined) []any {
		n := &j.node
		return append(append([]any{&j.row}, scanPost(&j.post)...), &n.ID, &n.ItemID, &n.Item, &n.Class, &n.Seq, &n.Name, &n.PostName)
	}, `SELECT to_jsonb(x), `+postCols+`, coalesce(n.id, 0), coalesce(n.item_id, 0), coalesce(i.name, x.node_item),
		       coalesce(i.class, ''), coalesce(n.seq, 0), coalesce(n.name, x.node_name), coalesce(n.post_name, '')
		FROM risk_point x JOIN post o ON o.id = x.post_id JOIN section s ON s.id = o.section_id
		LEFT JOIN process_node n ON n.id = x.node_id LEFT JOIN power_item i ON i.id = n.item_id
		WHERE `+where+` ORDER BY x.check_id, x.no, x.id`, args...)
	if err != nil {
		return nil, fmt.Errorf("points: %w", err)
	}
	points := make([]risk.Point, len(rows))
	for k, j := range rows {
		if points[k], err = j.row.point(j.post, j.node); err != nil {
			return nil, err
		}
	}
	return points, nil
}

// key is what makes two imported points of a post and year the same one.
func (w pointRow) key() string {
	return fmt.Sprint(w.PostID, "\x00", value(w.Year), "\x00", w.NodeItem, "\x00", w.NodeName, "\x00", strings.Join(w.Manifestations, "\x00"))
}

// pointer is nil for a zero value.
func pointer[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

func value[T any](p *T) T {
	var zero T
	if p == nil {
		return zero
	}
	return *p
}
