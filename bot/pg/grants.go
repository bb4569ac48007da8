package pg

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"qingfeng/bot"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

// Grant gives a person a role by hand from today: for one section (its name), or
// for the whole unit (""). Hand grants outlive every roster import. The first
// coordinator may be anybody: while nobody works for the office, an unknown userid
// becomes a person. Later an unknown userid is refused (bot.Error), and so is one
// person as IT administrator and auditor. by is 0 for the operator. Granting twice
// changes nothing. Every change, and every refusal, is audited.
func (r *Register) Grant(ctx context.Context, id bot.UserID, role bot.Role, section string, by int64) error {
	return r.grantOrRevoke(ctx, "role.grant", id, role, section, by, func(ctx context.Context, person, sec int64) (bool, error) {
		q := r.DB.q(ctx)
		apart := map[bot.Role]bot.Role{bot.RoleITAdmin: bot.RoleAuditor, bot.RoleAuditor: bot.RoleITAdmin}[role]
		var both bool
		err := q.QueryRow(ctx, `SELECT EXISTS (SELECT FROM role_grant x WHERE x.person_id = $2 AND x.role = $3 AND `+inForce+`)`,
			r.today(), person, apart).Scan(&both)
		if err != nil {
			return false, err
		}
		if both {
			return false, bot.Refuse(text.GrantITAndAudit, "it_and_audit")
		}
		if _, err := q.Exec(ctx, `UPDATE person SET active = true WHERE id = $1 AND NOT active`, person); err != nil {
			return false, err
		}
		tag, err := q.Exec(ctx, `INSERT INTO role_grant (person_id, role, section_id, from_on, source, granted_by)
			VALUES ($1, $2, $3, $4, 'hand', $5) ON CONFLICT DO NOTHING`, person, role, null(sec), r.today(), null(by))
		return tag.RowsAffected() == 1, err
	})
}

// Revoke takes back a role that was given by hand, as of today. A role from the
// roster is taken back in the roster; the office keeps at least one person.
func (r *Register) Revoke(ctx context.Context, id bot.UserID, role bot.Role, section string, by int64) error {
	return r.grantOrRevoke(ctx, "role.revoke", id, role, section, by, func(ctx context.Context, person, sec int64) (bool, error) {
		q := r.DB.q(ctx)
		tag, err := q.Exec(ctx, `UPDATE role_grant SET ended_on = greatest($1, from_on)
			WHERE person_id = $2 AND role = $3 AND section_id IS NOT DISTINCT FROM $4 AND source = 'hand' AND ended_on IS NULL`,
			r.today(), person, role, null(sec))
		if err != nil {
			return false, err
		}
		if tag.RowsAffected() == 0 {
			var other bool
			err := q.QueryRow(ctx, `SELECT EXISTS (SELECT FROM role_grant x WHERE x.person_id = $2 AND x.role = $3 AND `+inForce+`)`,
				r.today(), person, role).Scan(&other)
			if err != nil {
				return false, err
			}
			if other {
				return false, bot.Refuse(text.GrantNotByHand, "not_by_hand")
			}
			return false, bot.Refuse(text.GrantNone, "none")
		}
		if role == bot.RoleOfficeDirector || role == bot.RoleOfficeMember {
			if left, err := r.officeStaffed(ctx); err != nil {
				return false, err
			} else if !left {
				return false, bot.Refuse(text.GrantLastOffice, "last_office")
			}
		}
		return true, nil
	})
}

func (r *Register) officeStaffed(ctx context.Context) (yes bool, err error) {
	err = r.DB.q(ctx).QueryRow(ctx, `SELECT EXISTS (SELECT FROM role_grant x JOIN person p ON p.id = x.person_id
		WHERE p.active AND x.role IN ('office_director', 'office_member') AND `+inForce+`)`, r.today()).Scan(&yes)
	return yes, err
}

func (r *Register) grantOrRevoke(ctx context.Context, action string, id bot.UserID, role bot.Role, section string, by int64,
	change func(ctx context.Context, person, section int64) (bool, error),
) error {
	var person, sec int64
	err := r.DB.InTx(ctx, func(ctx context.Context) error {
		if err := r.lockImports(ctx); err != nil { // one change of the roster at a time
			return err
		}
		var err error
		if person, sec, err = r.grantee(ctx, id, role, section); err != nil {
			return err
		}
		done, err := change(ctx, person, sec)
		if err != nil || !done {
			return err
		}
		return r.Record(ctx, risk.Event{Actor: by, Action: action, Object: "person", ID: person, Result: "ok", Note: grantNote(role, sec)})
	})
	var refusal *bot.Error
	if errors.As(err, &refusal) && r.DB.current(ctx) == nil {
		// The refused change is rolled back; that it was refused stays.
		refused := risk.Event{Actor: by, Action: action, Object: "person", ID: person, Result: "refused", Note: refusal.Op}
		return errors.Join(err, r.Record(ctx, refused))
	}
	if err != nil {
		return fmt.Errorf("%s: %w", action, err)
	}
	return nil
}

// grantee finds the person and section of a grant; see Grant for unknown people.
func (r *Register) grantee(ctx context.Context, id bot.UserID, role bot.Role, section string) (person, sec int64, err error) {
	if rank(role) < 0 || role == bot.RolePostHolder {
		return 0, 0, bot.Refuse(fmt.Sprintf(text.GrantUnknownRole, role), "unknown_role")
	}
	q := r.DB.q(ctx)
	if section != "" {
		err := q.QueryRow(ctx, `SELECT id FROM section WHERE name = $1 AND voided_at IS NULL`, section).Scan(&sec)
		if errors.Is(err, pgx.ErrNoRows) {
			return 0, 0, bot.Refuse(fmt.Sprintf(text.GrantUnknownSection, section), "unknown_section")
		}
		if err != nil {
			return 0, 0, err
		}
	}
	p, known, err := r.PersonByUserID(ctx, id)
	if err != nil || known {
		return p.ID, sec, err
	}
	staffed, err := r.officeStaffed(ctx)
	if err != nil {
		return 0, 0, err
	}
	if id == "" || staffed || role != bot.RoleOfficeDirector && role != bot.RoleOfficeMember {
		return 0, 0, bot.Refuse(fmt.Sprintf(text.GrantUnknownPerson, id), "unknown_person")
	}
	err = q.QueryRow(ctx, `INSERT INTO person (user_key, userid, name) VALUES ($1, $2, $2) RETURNING id`, id.Key(), id).Scan(&person)
	return person, sec, err
}

// grantNote names a grant in the audit log: codes and ids only.
func grantNote(role bot.Role, section int64) string {
	if section == 0 {
		return string(role)
	}
	return fmt.Sprintf("%s@%d", role, section)
}
