package pg

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"qingfeng/bot"
	"qingfeng/bot/risk"
)

// Register is the store of the register: roster, catalogue, self-checks, reviews,
// meetings, audit log and what feeds them. "Today" is always Now in Asia/Shanghai:
// who holds a post or a role is decided by civil dates.
type Register struct {
	DB  *DB
	Now func() time.Time
}

// NewRegister makes the store; now is the clock.
func NewRegister(db *DB, now func() time.Time) *Register { return &Register{DB: db, Now: now} }

const (
	// inForce selects rows of assignment or role_grant (alias x) that count on the day $1.
	inForce    = `x.from_on <= $1 AND (x.ended_on IS NULL OR x.ended_on > $1)`
	personCols = `p.id, p.userid, p.name, p.active`
	postCols   = `o.id, o.section_id, s.name, o.name, o.stratum, o.tags, o.offline`
	// A section is 领导班子 when all its posts are leaders'. It is the coordinating
	// office's own when people of the office, leaders aside, have their post there.
	sectionCols = `s.id, s.unit_id, s.name, l.yes, NOT l.yes AND EXISTS (
		SELECT FROM role_grant x JOIN assignment a ON a.person_id = x.person_id JOIN post o ON o.id = a.post_id
		WHERE o.section_id = s.id AND x.role IN ('office_director', 'office_member') AND ` + inForce + `
		  AND a.from_on <= $1 AND (a.ended_on IS NULL OR a.ended_on > $1))`
	sectionFrom = ` FROM section s CROSS JOIN LATERAL (
		SELECT coalesce(bool_and(o.stratum = 'leader'), false) AS yes
		FROM post o WHERE o.section_id = s.id AND o.voided_at IS NULL) l `
)

func scanPerson(p *risk.Person) []any { return []any{&p.ID, &p.UserID, &p.Name, &p.Active} }

func scanPost(p *risk.Post) []any {
	return []any{&p.ID, &p.SectionID, &p.Section, &p.Name, &p.Stratum, &p.Tags, &p.Offline}
}

func scanSection(s *risk.Section) []any {
	return []any{&s.ID, &s.UnitID, &s.Name, &s.Leadership, &s.Office}
}

// Unit is the imported unit; risk.ErrNone before the first import.
func (r *Register) Unit(ctx context.Context) (risk.Unit, error) {
	var u risk.Unit
	err := r.DB.q(ctx).QueryRow(ctx, `SELECT id, name, pack FROM unit ORDER BY id LIMIT 1`).Scan(&u.ID, &u.Name, &u.Pack)
	return u, found(err, "unit", 0)
}

// Person is one person, also one who has left.
func (r *Register) Person(ctx context.Context, id int64) (risk.Person, error) {
	var p risk.Person
	err := r.DB.q(ctx).QueryRow(ctx, `SELECT `+personCols+` FROM person p WHERE id = $1`, id).Scan(scanPerson(&p)...)
	return p, found(err, "person", id)
}

// PersonByUserID finds a person, also one who has left (Active false).
func (r *Register) PersonByUserID(ctx context.Context, id bot.UserID) (risk.Person, bool, error) {
	var p risk.Person
	err := r.DB.q(ctx).QueryRow(ctx, `SELECT `+personCols+` FROM person p WHERE user_key = $1`, id.Key()).Scan(scanPerson(&p)...)
	return optional(p, err, "person by userid")
}

// rank orders an actor's roles, the highest first.
func rank(role bot.Role) int {
	return slices.Index([]bot.Role{
		bot.RolePrincipal, bot.RoleGroupChair, bot.RoleDiscAuthority, bot.RoleDiscipline, bot.RoleOfficeDirector,
		bot.RoleLeaderInCharge, bot.RoleOfficeMember, bot.RoleSectionHead, bot.RolePostHolder,
		bot.RoleITAdmin, bot.RoleAuditor,
	}, role)
}

// Who is the person behind a UserID with the roles in force today, highest first.
// Somebody who is not in the roster, or has left, is an Actor with Person 0.
func (r *Register) Who(ctx context.Context, id bot.UserID) (bot.Actor, error) {
	a := bot.Actor{UserID: id}
	err := r.DB.q(ctx).QueryRow(ctx, `
		SELECT p.id, p.userid, p.name, ARRAY(
			SELECT DISTINCT x.role FROM role_grant x WHERE x.person_id = p.id AND `+inForce+`
			UNION
			SELECT 'post_holder' FROM assignment x WHERE x.person_id = p.id AND `+inForce+`)
		FROM person p WHERE p.user_key = $2 AND p.active`, r.today(), id.Key()).Scan(&a.Person, &a.UserID, &a.Name, &a.Roles)
	if errors.Is(err, pgx.ErrNoRows) {
		return a, nil
	}
	if err != nil {
		return a, fmt.Errorf("who: %w", err)
	}
	slices.SortFunc(a.Roles, func(x, y bot.Role) int { return rank(x) - rank(y) })
	return a, nil
}

// Post is one post with its section's name.
func (r *Register) Post(ctx context.Context, id int64) (risk.Post, error) {
	var p risk.Post
	err := r.DB.q(ctx).QueryRow(ctx, `SELECT `+postCols+` FROM post o JOIN section s ON s.id = o.section_id WHERE o.id = $1`, id).
		Scan(scanPost(&p)...)
	return p, found(err, "post", id)
}

// Section is one section.
func (r *Register) Section(ctx context.Context, id int64) (risk.Section, error) {
	var s risk.Section
	err := r.DB.q(ctx).QueryRow(ctx, `SELECT `+sectionCols+sectionFrom+`WHERE s.id = $2`, r.today(), id).Scan(scanSection(&s)...)
	return s, found(err, "section", id)
}

// Sections are the unit's sections in the roster's order.
func (r *Register) Sections(ctx context.Context) ([]risk.Section, error) {
	return all(ctx, r, scanSection, `SELECT `+sectionCols+sectionFrom+`WHERE s.voided_at IS NULL ORDER BY s.pos, s.id`, r.today())
}

// Holders are the people of a section (0: of the unit) with each post held today,
// in the roster's order.
func (r *Register) Holders(ctx context.Context, section int64) ([]risk.Holder, error) {
	return all(ctx, r, func(h *risk.Holder) []any { return append(scanPerson(&h.Person), scanPost(&h.Post)...) }, `
		SELECT `+personCols+`, `+postCols+`
		FROM assignment x JOIN person p ON p.id = x.person_id JOIN post o ON o.id = x.post_id JOIN section s ON s.id = o.section_id
		WHERE `+inForce+` AND p.active AND o.voided_at IS NULL AND ($2 = 0 OR s.id = $2)
		ORDER BY s.pos, s.id, o.pos, o.id, x.id`, r.today(), section)
}

// RoleHolders are the people who hold a role today: those with a grant for the
// section first, then those with a unit-wide one. Section 0: unit-wide only.
func (r *Register) RoleHolders(ctx context.Context, role bot.Role, section int64) ([]risk.Person, error) {
	return all(ctx, r, scanPerson, `
		SELECT `+personCols+`
		FROM role_grant x JOIN person p ON p.id = x.person_id
		WHERE x.role = $2 AND `+inForce+` AND p.active AND (x.section_id IS NULL OR x.section_id = $3)
		GROUP BY p.id
		ORDER BY bool_and(x.section_id IS NULL), min(x.id)`, r.today(), role, section)
}

// SectionsOf are the sections for which a person holds the role today by a grant
// scoped to them; a unit-wide grant names none.
func (r *Register) SectionsOf(ctx context.Context, person int64, role bot.Role) ([]risk.Section, error) {
	return all(ctx, r, scanSection, `SELECT `+sectionCols+sectionFrom+`
		WHERE s.voided_at IS NULL AND EXISTS (
			SELECT FROM role_grant x WHERE x.section_id = s.id AND x.person_id = $2 AND x.role = $3 AND `+inForce+`)
		ORDER BY s.pos, s.id`, r.today(), person, role)
}

// Delegate is who acts for a person on a day. Of several delegations the one
// that was set last stands; a delegate who has left is nobody.
func (r *Register) Delegate(ctx context.Context, person int64, day time.Time) (risk.Person, bool, error) {
	var p risk.Person
	err := r.DB.q(ctx).QueryRow(ctx, `
		SELECT `+personCols+` FROM delegation d JOIN person p ON p.id = d.to_id
		WHERE d.person_id = $1 AND $2 BETWEEN d.from_on AND d.until_on AND p.active
		ORDER BY d.id DESC LIMIT 1`, person, bot.Civil(day)).Scan(scanPerson(&p)...)
	return optional(p, err, "delegate")
}

// SetDelegate adds a delegation. With To 0 it takes back every delegation that
// touches the days From…Until.
func (r *Register) SetDelegate(ctx context.Context, d risk.Delegation) error {
	sql, args := `INSERT INTO delegation (person_id, from_on, until_on, to_id, created_at) VALUES ($1, $2, $3, $4, $5)`,
		[]any{d.Person, bot.Civil(d.From), bot.Civil(d.Until), d.To, r.Now()}
	if d.To == 0 {
		sql, args = `DELETE FROM delegation WHERE person_id = $1 AND until_on >= $2 AND from_on <= $3`, args[:3]
	}
	if _, err := r.DB.q(ctx).Exec(ctx, sql, args...); err != nil {
		return fmt.Errorf("set delegate: %w", err)
	}
	return nil
}

// Reconcile takes everybody who is no longer among the members WeCom shows out of
// the active people: posts and roles end today, what they wrote stays. It returns
// who left now and every open review that waits for somebody who has left, from
// this call or an earlier one, to be given to others.
//
// An answer that would empty the unit is taken for a fault of the directory and
// refused: nobody of ours visible, or more than half of a unit of over ten people gone.
func (r *Register) Reconcile(ctx context.Context, visible []bot.UserID) (left []risk.Person, open []risk.Review, err error) {
	keys := make([]string, len(visible))
	for i, id := range visible {
		keys[i] = id.Key()
	}
	err = r.DB.InTx(ctx, func(ctx context.Context) error {
		var active, gone int
		err := r.DB.q(ctx).QueryRow(ctx, `SELECT count(*), count(*) FILTER (WHERE user_key <> ALL ($1)) FROM person WHERE active`, keys).
			Scan(&active, &gone)
		if err != nil {
			return err
		}
		if len(keys) == 0 || active > 0 && gone == active || active > 10 && gone*2 > active {
			return fmt.Errorf("reconcile: %d of %d people would leave: is the visible range right?", gone, active)
		}
		left, err = all(ctx, r, scanPerson, `
			UPDATE person p SET active = false WHERE active AND user_key <> ALL ($1) RETURNING `+personCols, keys)
		if err != nil {
			return err
		}
		ids := make([]int64, len(left))
		for i, p := range left {
			ids[i] = p.ID
			if err := r.Record(ctx, risk.Event{Action: "person.leave", Object: "person", ID: p.ID, Result: "ok", Note: "reconcile"}); err != nil {
				return err
			}
		}
		if err := r.endAll(ctx, ids); err != nil {
			return err
		}
		open, err = r.reviewsWhere(ctx, `NOT p.active AND v.decision = ''`)
		return err
	})
	if err != nil {
		return nil, nil, fmt.Errorf("reconcile: %w", err)
	}
	return left, open, nil
}

// endAll ends every post and role of the people today.
func (r *Register) endAll(ctx context.Context, people []int64) error {
	for _, table := range []string{"assignment", "role_grant"} {
		_, err := r.DB.q(ctx).Exec(ctx, `UPDATE `+table+` SET ended_on = greatest($1, from_on)
			WHERE person_id = ANY ($2) AND (ended_on IS NULL OR ended_on > $1)`, r.today(), people)
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *Register) today() time.Time { return bot.Civil(r.Now()) }

// all runs a query and collects its rows; into gives the destinations of one row.
func all[T any](ctx context.Context, r *Register, into func(*T) []any, sql string, args ...any) ([]T, error) {
	rows, err := r.DB.q(ctx).Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (T, error) {
		var v T
		err := row.Scan(into(&v)...)
		return v, err
	})
}

// found turns "no rows" into risk.ErrNone and says which thing was looked for.
func found(err error, what string, id int64) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, pgx.ErrNoRows):
		return fmt.Errorf("%s %d: %w", what, id, risk.ErrNone)
	}
	return fmt.Errorf("%s %d: %w", what, id, err)
}

func optional[T any](v T, err error, what string) (T, bool, error) {
	var zero T
	switch {
	case err == nil:
		return v, true, nil
	case errors.Is(err, pgx.ErrNoRows):
		return zero, false, nil
	}
	return zero, false, fmt.Errorf("%s: %w", what, err)
}

// null is NULL for a zero value: no such person, not yet.
func null[T comparable](v T) any {
	var zero T
	if v == zero {
		return nil
	}
	return v
}

// when scans a timestamp or NULL; day scans a date (midnight in Asia/Shanghai) or NULL.
type (
	when struct{ t *time.Time }
	day  struct{ t *time.Time }
	ref  struct{ id *int64 }
)

func (w when) Scan(v any) error {
	*w.t, _ = v.(time.Time)
	return nil
}

func (d day) Scan(v any) error {
	*d.t = time.Time{}
	if t, ok := v.(time.Time); ok {
		*d.t = bot.Civil(t)
	}
	return nil
}

func (r ref) Scan(v any) error {
	*r.id, _ = v.(int64)
	return nil
}

// nullDay is a civil date for writing, NULL for zero.
func nullDay(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return bot.Civil(t)
}
