package pg

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"qingfeng/bot"
	"qingfeng/bot/plan"
	"qingfeng/bot/risk"
)

const (
	obligationCols = `b.id, b.campaign_id, coalesce(t.code, ''), coalesce(t.name, ''), b.recurrence_id, b.period, b.code, b.name, b.kind,
	b.owner, coalesce(p.name, ''), b.owner_role, b.section_id, coalesce(s.name, ''), b.check_id, b.receiver, b.artefact, b.step,
	b.rule, b.due_on, b.original_due_on, b.version, b.since_on, b.state, b.note`
	obligationFrom = ` FROM obligation b LEFT JOIN stage t ON t.id = b.stage_id LEFT JOIN person p ON p.id = b.owner
	LEFT JOIN section s ON s.id = b.section_id` + owesFrom
	owesFrom = ` LEFT JOIN campaign g ON g.id = b.campaign_id LEFT JOIN selfcheck k ON k.id = b.check_id`
	// owes: nothing has been said to be done, and the register shows that something is
	// still to be done. A closed campaign asks for nothing. Forms on paper are the office's.
	owes = `((b.state = 'pending' AND (g.id IS NULL OR g.state = 'open') AND CASE b.kind
	WHEN 'selfcheck' THEN k.state IN ('draft', 'returned') AND NOT k.offline AND NOT k.paper
	WHEN 'section_review' THEN EXISTS (SELECT FROM selfcheck w JOIN post o ON o.id = w.post_id WHERE w.campaign_id = b.campaign_id
		AND (b.section_id IS NULL OR o.section_id = b.section_id) AND w.state IN ('submitted', 'mutual_check', 'section_review')
		AND w.person_id IS DISTINCT FROM b.owner)
	WHEN 'leader_review' THEN EXISTS (SELECT FROM review v JOIN selfcheck w ON w.id = v.check_id JOIN post o ON o.id = w.post_id
		WHERE v.assignee = b.owner AND v.decision = '' AND v.step NOT IN ('mutual', 'section', 'group')
		AND w.campaign_id = b.campaign_id AND (b.section_id IS NULL OR o.section_id = b.section_id))
	WHEN 'grading' THEN EXISTS (SELECT FROM selfcheck w WHERE w.campaign_id = b.campaign_id AND w.state = 'grading')
	ELSE true END) IS TRUE)`
)

func scanObligation(b *plan.Obligation) []any {
	return []any{
		&b.ID,
		ref{&b.Campaign},
		&b.Stage, &b.StageName,
		ref{&b.Recurrence},
		&b.Period, &b.Code, &b.Name, &b.Kind,
		ref{&b.Owner},
		&b.OwnerName, &b.OwnerRole,
		ref{&b.Section},
		&b.SectName,
		ref{&b.Check},
		&b.Receiver, &b.Artefact, &b.Step,
		&b.Rule,
		day{&b.Due},
		day{&b.Original},
		&b.Version,
		day{&b.Since},
		&b.State, &b.Note,
	}
}

// Obligation is one obligation, also one that is done.
func (r *Register) Obligation(ctx context.Context, id int64) (plan.Obligation, error) {
	var b plan.Obligation
	err := r.DB.q(ctx).QueryRow(ctx, `SELECT `+obligationCols+obligationFrom+` WHERE b.id = $1`, id).Scan(scanObligation(&b)...)
	return b, found(err, "obligation", id)
}

// selection is a WHERE whose conditions are those that were asked for, so that Postgres
// sees which index helps.
type selection struct {
	where string
	args  []any
}

func (s *selection) and(yes bool, column string, arg any) {
	if yes {
		s.args = append(s.args, arg)
		s.where += " AND " + column + " $" + strconv.Itoa(len(s.args))
	}
}

// Obligations are those that the filter selects, by due day; without a day last.
func (r *Register) Obligations(ctx context.Context, f plan.ObligationFilter) ([]plan.Obligation, error) {
	s := selection{where: "true"}
	s.and(f.Campaign != 0, "b.campaign_id =", f.Campaign)
	s.and(f.Owner != 0, "b.owner =", f.Owner)
	s.and(f.Section != 0, "b.section_id =", f.Section)
	s.and(f.Check != 0, "b.check_id =", f.Check)
	s.and(f.Kind != "", "b.kind =", string(f.Kind))
	s.and(!f.Until.IsZero(), "b.due_on <=", bot.Civil(f.Until))
	if f.Open {
		s.where += " AND b.state = 'pending' AND " + owes
	}
	if f.Delivered {
		s.where += " AND b.state = 'delivered'"
	}
	list, err := all(ctx, r, scanObligation, `SELECT `+obligationCols+obligationFrom+` WHERE `+s.where+` ORDER BY b.due_on NULLS LAST, b.id`, s.args...)
	if err != nil {
		return nil, fmt.Errorf("obligations: %w", err)
	}
	return list, nil
}

// OpenObligations are up to n obligations above an id that are still owed, by id.
func (r *Register) OpenObligations(ctx context.Context, after int64, n int) ([]plan.Obligation, error) {
	list, err := all(ctx, r, scanObligation,
		`SELECT `+obligationCols+obligationFrom+` WHERE b.state = 'pending' AND b.id > $1 AND `+owes+` ORDER BY b.id LIMIT $2`, after, n)
	if err != nil {
		return nil, fmt.Errorf("open obligations: %w", err)
	}
	return list, nil
}

// AddObligations adds those that are not there yet; what decides is the unique index
// obligation_once. A zero version is 1, a zero original day the due day, a zero Since today.
func (r *Register) AddObligations(ctx context.Context, obs []plan.Obligation) (int, error) {
	if len(obs) == 0 {
		return 0, nil
	}
	n := len(obs)
	var (
		campaign, recurrence, owner, section, check = make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n)
		stage, period, code, name                   = make([]string, n), make([]string, n), make([]string, n), make([]string, n)
		kind, role, receiver, art                   = make([]string, n), make([]string, n), make([]string, n), make([]string, n)
		rule, due, original, since, state, note     = make([]string, n), make([]string, n), make([]string, n), make([]string, n), make([]string, n), make([]string, n)
		step, version                               = make([]int32, n), make([]int32, n)
	)
	today := isoDay(r.today())
	for i, b := range obs {
		raw, err := json.Marshal(b.Rule)
		if err != nil {
			return 0, fmt.Errorf("encode rule: %w", err)
		}
		campaign[i], recurrence[i], owner[i], section[i], check[i] = b.Campaign, b.Recurrence, b.Owner, b.Section, b.Check
		stage[i], period[i], code[i], name[i], kind[i] = b.Stage, b.Period, b.Code, clean(b.Name), string(b.Kind)
		role[i], receiver[i], art[i], rule[i] = string(b.OwnerRole), string(b.Receiver), clean(b.Artefact), string(raw)
		due[i], original[i], since[i], state[i], note[i] = isoDay(b.Due), isoDay(b.Original), isoDay(b.Since), string(b.State), clean(b.Note)
		step[i], version[i] = int32(b.Step), int32(max(b.Version, 1))
		if original[i] == "" {
			original[i] = due[i]
		}
		if since[i] == "" {
			since[i] = today
		}
		if state[i] == "" {
			state[i] = string(plan.Pending)
		}
	}
	tag, err := r.DB.q(ctx).Exec(ctx, `
INSERT INTO obligation (campaign_id, stage_id, recurrence_id, period, code, name, kind, owner, owner_role, section_id, check_id, receiver,
	artefact, step, rule, due_on, original_due_on, version, since_on, state, note)
SELECT nullif(u.campaign, 0), t.id, nullif(u.recurrence, 0), u.period, u.code, u.name, u.kind, nullif(u.owner, 0), u.role, nullif(u.section, 0),
	nullif(u.selfcheck, 0), u.receiver, u.artefact, u.step, u.rule::jsonb, nullif(u.due, '')::date, nullif(u.original, '')::date, u.version,
	u.since::date, u.state, u.note
FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[], $9::text[], $10::bigint[],
	$11::bigint[], $12::text[], $13::text[], $14::int[], $15::text[], $16::text[], $17::text[], $18::int[], $19::text[], $20::text[], $21::text[])
	WITH ORDINALITY AS u (campaign, stage, recurrence, period, code, name, kind, owner, role, section, selfcheck, receiver,
		artefact, step, rule, due, original, version, since, state, note, place)
LEFT JOIN stage t ON t.campaign_id = u.campaign AND t.code = u.stage
ORDER BY u.place
ON CONFLICT DO NOTHING`, campaign, stage, recurrence, period, code, name, kind, owner, role, section, check, receiver, art,
		step, rule, due, original, version, since, state, note)
	if err != nil {
		return 0, fmt.Errorf("add obligations: %w", err)
	}
	return int(tag.RowsAffected()), nil
}

// SetState moves an obligation on, and reports whether this call did it. A note stays
// when none is given. Of two at once one wins.
func (r *Register) SetState(ctx context.Context, id int64, from []plan.State, to plan.State, by int64, note string) (bool, error) {
	states := make([]string, len(from))
	for i, s := range from {
		states[i] = string(s)
	}
	tag, err := r.DB.q(ctx).Exec(ctx, `
UPDATE obligation SET state = $3, note = CASE WHEN $6 = '' THEN note ELSE $6 END,
	done_at = CASE WHEN $3 <> 'pending' THEN $4::timestamptz END, done_by = CASE WHEN $3 <> 'pending' THEN $5::bigint END
WHERE id = $1 AND state = ANY ($2)`, id, states, string(to), r.Now(), null(by), clean(note))
	if err != nil {
		return false, fmt.Errorf("obligation %d: %w", id, err)
	}
	return tag.RowsAffected() == 1, nil
}

// Postpone sets another day and keeps the original; the same day again changes nothing.
func (r *Register) Postpone(ctx context.Context, id int64, due time.Time) error {
	tag, err := r.DB.q(ctx).Exec(ctx, `
UPDATE obligation SET due_on = $2::date, original_due_on = coalesce(original_due_on, $2),
	version = version + (due_on IS DISTINCT FROM $2)::int, since_on = CASE WHEN due_on IS DISTINCT FROM $2 THEN $3 ELSE since_on END
WHERE id = $1`, id, bot.Civil(due), r.today())
	return changed(tag, err, "postpone obligation", id)
}

// GiveTo changes the owner (指定代办). risk.ErrChanged when that person owes just this
// already. Reminders planned for the one before are dropped when they are read again.
func (r *Register) GiveTo(ctx context.Context, id, person int64) error {
	// ON CONFLICT does not exist for UPDATE, and an error would doom the transaction.
	tag, err := r.DB.q(ctx).Exec(ctx, `
UPDATE obligation b SET owner = $2 WHERE b.id = $1 AND NOT EXISTS (
	SELECT FROM obligation o WHERE o.id <> b.id AND o.owner = $2 AND o.code = b.code AND o.period = b.period
	AND o.campaign_id IS NOT DISTINCT FROM b.campaign_id AND o.recurrence_id IS NOT DISTINCT FROM b.recurrence_id
	AND o.section_id IS NOT DISTINCT FROM b.section_id AND o.check_id IS NOT DISTINCT FROM b.check_id)`, id, person)
	if err == nil && tag.RowsAffected() == 0 {
		if _, err := r.Obligation(ctx, id); err != nil {
			return err
		}
		return fmt.Errorf("obligation %d: person %d owes the same: %w", id, person, risk.ErrChanged)
	}
	return changed(tag, err, "give obligation", id)
}

func changed(tag pgconn.CommandTag, err error, what string, id int64) error {
	if err == nil && tag.RowsAffected() == 0 {
		err = pgx.ErrNoRows
	}
	return found(err, what, id)
}
