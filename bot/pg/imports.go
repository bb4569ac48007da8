package pg

import (
	"context"
	"fmt"

	"qingfeng/bot/risk"
)

// sheetDiff compares a sheet with what is stored: the plan, and how to write it.
type sheetDiff interface {
	planned() risk.ImportPlan
	apply(ctx context.Context) error
}

// sheet is what the comparisons have in common.
type sheet struct {
	r    *Register
	plan risk.ImportPlan
}

func (s *sheet) planned() risk.ImportPlan { return s.plan }

// issue is something in a row (0: in the sheet) that forbids the import.
func (s *sheet) issue(row int, column, say string) {
	s.plan.Issues = append(s.plan.Issues, risk.ImportIssue{Row: row, Column: column, Say: say, Fatal: true})
}

// planSheet says what applySheet would do and writes nothing.
func planSheet[R any, D sheetDiff](ctx context.Context, what string, rows []R, diff func(context.Context, []R) (D, error)) (risk.ImportPlan, error) {
	d, err := diff(ctx, rows)
	if err != nil {
		return risk.ImportPlan{}, fmt.Errorf("plan %s: %w", what, err)
	}
	return d.planned(), nil
}

// applySheet writes a sheet under the imports' lock, all of it or, with an issue,
// nothing: risk.ErrBlocked. Either way the audit log tells.
func applySheet[R any, D sheetDiff](ctx context.Context, r *Register, what string, rows []R, diff func(context.Context, []R) (D, error)) (plan risk.ImportPlan, err error) {
	action, blocked := "import."+what, false
	err = r.DB.InTx(ctx, func(ctx context.Context) error {
		if err := r.lockImports(ctx); err != nil {
			return err
		}
		d, err := diff(ctx, rows)
		if err != nil {
			return err
		}
		plan = d.planned()
		e := risk.Event{Action: action, Object: "unit", Result: "ok", Note: fmt.Sprintf("added=%d altered=%d moved=%d kept=%d gone=%d",
			plan.Count(risk.ChangeAdded), plan.Count(risk.ChangeAltered), plan.Count(risk.ChangeMoved), plan.Count(risk.ChangeKept), plan.Count(risk.ChangeGone))}
		if blocked = plan.Blocked(); blocked {
			e.Result, e.Note = "refused", fmt.Sprintf("issues=%d", len(plan.Issues))
			return r.Record(ctx, e)
		}
		if err := d.apply(ctx); err != nil {
			return err
		}
		return r.Record(ctx, e)
	})
	if err != nil {
		return plan, fmt.Errorf("%s: %w", action, err)
	}
	if blocked {
		return plan, risk.ErrBlocked
	}
	return plan, nil
}

// lockImports lets one change of the roster or catalogue run at a time.
func (r *Register) lockImports(ctx context.Context) error {
	_, err := r.DB.q(ctx).Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('qingfeng imports', 0))`)
	return err
}
