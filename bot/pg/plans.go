package pg

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"qingfeng/bot"
	"qingfeng/bot/plan"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

// Org is who stands above whom today. A grant for the section comes before one for the
// whole unit, the older before the younger.
func (r *Register) Org(ctx context.Context) (plan.Org, error) {
	o := plan.Org{Head: map[int64]int64{}, Leader: map[int64]int64{}, Active: map[int64]bool{}, Name: map[int64]string{}}
	var (
		id, person, section int64
		name, role          string
		active              bool
		sections            []int64
	)
	b := &pgx.Batch{}
	b.Queue(`SELECT id, name, active FROM person`).Query(func(rows pgx.Rows) error {
		_, err := pgx.ForEachRow(rows, []any{&id, &name, &active}, func() error {
			o.Name[id] = name
			if active {
				o.Active[id] = true
			}
			return nil
		})
		return err
	})
	b.Queue(`SELECT id, name FROM section WHERE voided_at IS NULL ORDER BY pos, id`).Query(func(rows pgx.Rows) error {
		_, err := pgx.ForEachRow(rows, []any{&id, &name}, func() error {
			o.Name[-id] = name
			sections = append(sections, id)
			return nil
		})
		return err
	})
	unitWide := map[bot.Role]int64{}
	b.Queue(`
SELECT x.role, x.person_id, coalesce(x.section_id, 0) FROM role_grant x JOIN person p ON p.id = x.person_id
WHERE p.active AND x.role = ANY ($2) AND `+inForce+`
ORDER BY array_position($2, x.role), x.id`, r.today(),
		[]string{string(bot.RoleSectionHead), string(bot.RoleLeaderInCharge), string(bot.RoleOfficeDirector), string(bot.RoleOfficeMember)},
	).Query(func(rows pgx.Rows) error {
		_, err := pgx.ForEachRow(rows, []any{&role, &person, &section}, func() error {
			above := map[bot.Role]map[int64]int64{bot.RoleSectionHead: o.Head, bot.RoleLeaderInCharge: o.Leader}[bot.Role(role)]
			switch {
			case above == nil:
				o.Office = appendNew(o.Office, person)
			case section == 0:
				if unitWide[bot.Role(role)] == 0 {
					unitWide[bot.Role(role)] = person
				}
			case above[section] == 0:
				above[section] = person
			}
			return nil
		})
		return err
	})
	if err := r.DB.q(ctx).SendBatch(ctx, b).Close(); err != nil {
		return o, fmt.Errorf("org: %w", err)
	}
	for role, above := range map[bot.Role]map[int64]int64{bot.RoleSectionHead: o.Head, bot.RoleLeaderInCharge: o.Leader} {
		for _, s := range sections {
			if above[s] == 0 && unitWide[role] != 0 {
				above[s] = unitWide[role]
			}
		}
	}
	return o, nil
}

func appendNew(list []int64, id int64) []int64 {
	for _, have := range list {
		if have == id {
			return list
		}
	}
	return append(list, id)
}

// SaveDraft stores a draft (id 0: a new one). One that was launched is not changed any
// more: risk.ErrChanged.
func (r *Register) SaveDraft(ctx context.Context, id, by int64, d plan.Draft) (int64, error) {
	body, err := json.Marshal(d)
	if err != nil {
		return 0, fmt.Errorf("encode draft: %w", err)
	}
	if id == 0 {
		err := r.DB.q(ctx).QueryRow(ctx, `INSERT INTO plan_draft (by_person, body, updated_at) VALUES ($1, $2, $3) RETURNING id`,
			null(by), cleanJSON(body), r.Now()).Scan(&id)
		return id, found(err, "save draft", 0)
	}
	tag, err := r.DB.q(ctx).Exec(ctx, `UPDATE plan_draft SET body = $2, updated_at = $3 WHERE id = $1 AND campaign_id IS NULL`, id, cleanJSON(body), r.Now())
	if err != nil {
		return id, fmt.Errorf("save draft %d: %w", id, err)
	}
	if tag.RowsAffected() == 0 {
		if _, _, err := r.Draft(ctx, id); err != nil {
			return id, err
		}
		return id, fmt.Errorf("save draft %d: launched: %w", id, risk.ErrChanged)
	}
	return id, nil
}

// Draft is one draft; campaign is 0 before launch. In a transaction the row is held until
// its end: of two who read, change and save the second sees what the first saved.
func (r *Register) Draft(ctx context.Context, id int64) (d plan.Draft, campaign int64, err error) {
	err = r.DB.q(ctx).QueryRow(ctx, `SELECT body, campaign_id FROM plan_draft WHERE id = $1 FOR UPDATE`, id).Scan(&d, ref{&campaign})
	return d, campaign, found(err, "draft", id)
}

// Launched writes a campaign's stages, anchors and obligations and marks the draft (0:
// there was none; the plan is kept all the same, for its ladder). Called again for the
// same campaign it changes nothing; a draft of another campaign is risk.ErrChanged.
func (r *Register) Launched(ctx context.Context, draft, campaign int64, d plan.Draft, obs []plan.Obligation) error {
	err := r.DB.InTx(ctx, func(ctx context.Context) error {
		launched, err := r.markLaunched(ctx, draft, campaign, d)
		if err != nil || launched {
			return err
		}
		b := &pgx.Batch{}
		for i, s := range d.Stages {
			b.Queue(`INSERT INTO stage (campaign_id, code, name, pos, from_on, until_on) VALUES ($1, $2, $3, $4, $5, $6)`,
				campaign, s.Code, s.Name, i+1, bot.Civil(s.FromOn), bot.Civil(s.UntilOn))
		}
		for _, a := range d.Anchors {
			b.Queue(`INSERT INTO anchor (campaign_id, code, name, happens_on) VALUES ($1, $2, $3, $4)`, campaign, a.Code, a.Name, nullDay(a.On))
		}
		if err := r.DB.q(ctx).SendBatch(ctx, b).Close(); err != nil {
			return err
		}
		for i := range obs {
			obs[i].Campaign = campaign
		}
		_, err = r.AddObligations(ctx, obs)
		return err
	})
	if err != nil {
		return fmt.Errorf("launch campaign %d: %w", campaign, err)
	}
	return nil
}

// markLaunched reports whether the draft was launched as this campaign before. Of two
// at once the second waits for the first.
func (r *Register) markLaunched(ctx context.Context, draft, campaign int64, d plan.Draft) (before bool, err error) {
	body, err := json.Marshal(d)
	if err != nil {
		return false, fmt.Errorf("encode draft: %w", err)
	}
	if draft == 0 {
		if _, err := r.DB.q(ctx).Exec(ctx, `SELECT FROM campaign WHERE id = $1 FOR NO KEY UPDATE`, campaign); err != nil {
			return false, err
		}
		tag, err := r.DB.q(ctx).Exec(ctx, `INSERT INTO plan_draft (campaign_id, body, updated_at)
			SELECT $1::bigint, $2::jsonb, $3::timestamptz WHERE NOT EXISTS (SELECT FROM plan_draft WHERE campaign_id = $1)`, campaign, cleanJSON(body), r.Now())
		return err == nil && tag.RowsAffected() == 0, err
	}
	var of int64
	err = r.DB.q(ctx).QueryRow(ctx, `SELECT campaign_id FROM plan_draft WHERE id = $1 FOR UPDATE`, draft).Scan(ref{&of})
	switch {
	case err != nil:
		return false, found(err, "draft", draft)
	case of == campaign:
		return true, nil
	case of != 0:
		return false, fmt.Errorf("draft %d: launched as %d: %w", draft, of, risk.ErrChanged)
	}
	_, err = r.DB.q(ctx).Exec(ctx, `UPDATE plan_draft SET campaign_id = $2, body = $3, updated_at = $4 WHERE id = $1`, draft, campaign, cleanJSON(body), r.Now())
	return false, err
}

// Ladder is the reminder ladder of a campaign: that of its plan, else the one of its
// pack's first template, else (and for campaign 0, what recurs) the default.
func (r *Register) Ladder(ctx context.Context, campaign int64) (plan.Ladder, error) {
	if campaign == 0 {
		return plan.DefaultLadder(), nil
	}
	var (
		pack string
		l    plan.Ladder
	)
	err := r.DB.q(ctx).QueryRow(ctx, `
SELECT c.pack, coalesce((SELECT d.body->'ladder' FROM plan_draft d WHERE d.campaign_id = c.id AND d.body->'ladder' <> 'null' ORDER BY d.id LIMIT 1), '{}')
FROM campaign c WHERE c.id = $1`, campaign).Scan(&pack, &l)
	if err != nil {
		return l, found(err, "ladder of campaign", campaign)
	}
	if len(l.Rungs) > 0 {
		return l, nil
	}
	templates, err := plan.ForPack(pack)
	if err != nil {
		return l, fmt.Errorf("ladder of pack %s: %w", pack, err)
	}
	if len(templates) > 0 && len(templates[0].Ladder.Rungs) > 0 {
		return templates[0].Ladder, nil
	}
	return plan.DefaultLadder(), nil
}

// Stages are a campaign's stages in their order.
func (r *Register) Stages(ctx context.Context, campaign int64) ([]plan.Stage, error) {
	list, err := all(ctx, r, func(s *plan.Stage) []any {
		return []any{&s.ID, &s.Campaign, &s.Code, &s.Name, day{&s.From}, day{&s.Until}, day{&s.DoneOn}, &s.Waived}
	}, `SELECT id, campaign_id, code, name, from_on, until_on, done_on, waived FROM stage WHERE campaign_id = $1 ORDER BY pos, id`, campaign)
	if err != nil {
		return nil, fmt.Errorf("stages: %w", err)
	}
	return list, nil
}

// Anchors are a campaign's events, those without a day last.
func (r *Register) Anchors(ctx context.Context, campaign int64) ([]plan.Anchor, error) {
	list, err := all(ctx, r, func(a *plan.Anchor) []any {
		return []any{&a.Campaign, &a.Code, &a.Name, day{&a.On}, &a.Version}
	}, `SELECT campaign_id, code, name, happens_on, version FROM anchor WHERE campaign_id = $1 ORDER BY happens_on NULLS LAST, code`, campaign)
	if err != nil {
		return nil, fmt.Errorf("anchors: %w", err)
	}
	return list, nil
}

// MoveAnchor gives an event its day and the obligations that hang on it their new ones.
// An extension stays on top, day for day, and the day it promised is never taken back.
// The version of what really moved grows. risk.ErrNone for an unknown event.
func (r *Register) MoveAnchor(ctx context.Context, campaign int64, code string, on time.Time, due map[int64]time.Time) error {
	ids, days := make([]int64, 0, len(due)), make([]string, 0, len(due))
	for id, d := range due {
		ids, days = append(ids, id), append(days, isoDay(d))
	}
	err := r.DB.InTx(ctx, func(ctx context.Context) error {
		tag, err := r.DB.q(ctx).Exec(ctx, `UPDATE anchor SET happens_on = $3, version = version + 1 WHERE campaign_id = $1 AND code = $2`, campaign, code, nullDay(on))
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return risk.ErrNone
		}
		_, err = r.DB.q(ctx).Exec(ctx, `
UPDATE obligation b SET original_due_on = m.original, due_on = m.due,
	version = b.version + (b.due_on IS DISTINCT FROM m.due)::int,
	since_on = CASE WHEN b.due_on IS DISTINCT FROM m.due THEN $4 ELSE b.since_on END
FROM (
	SELECT o.id, n.day AS original, CASE WHEN o.due_on > o.original_due_on AND n.day IS NOT NULL
		THEN greatest(o.due_on, n.day + (o.due_on - o.original_due_on)) ELSE n.day END AS due
	FROM (SELECT id, nullif(day, '')::date AS day FROM unnest($2::bigint[], $3::text[]) AS u (id, day)) n
	JOIN obligation o ON o.id = n.id AND o.campaign_id = $1
	ORDER BY o.id FOR UPDATE OF o) m
WHERE b.id = m.id`, campaign, ids, days, r.today())
		return err
	})
	if err != nil {
		return fmt.Errorf("move %s of campaign %d: %w", code, campaign, err)
	}
	return nil
}

// isoDay is a civil day as Postgres reads it, "" for none.
func isoDay(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return bot.Civil(t).Format(time.DateOnly)
}

// Recurrences are what comes back without a campaign, active or not.
func (r *Register) Recurrences(ctx context.Context) ([]plan.Recurrence, error) {
	rows, err := r.DB.q(ctx).Query(ctx, `SELECT body, id, active FROM recurrence ORDER BY id`)
	if err != nil {
		return nil, fmt.Errorf("recurrences: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (x plan.Recurrence, err error) {
		var id int64
		var active bool
		err = row.Scan(&x, &id, &active)
		x.ID, x.Active = id, active
		return x, err
	})
	if err != nil {
		return nil, fmt.Errorf("recurrences: %w", err)
	}
	return list, nil
}

// SaveRecurrence adds or changes the recurrence of that code.
func (r *Register) SaveRecurrence(ctx context.Context, x plan.Recurrence) error {
	body, err := json.Marshal(x)
	if err != nil {
		return fmt.Errorf("encode recurrence: %w", err)
	}
	_, err = r.DB.q(ctx).Exec(ctx, `INSERT INTO recurrence (code, body, active) VALUES ($1, $2, $3)
		ON CONFLICT (code) DO UPDATE SET body = excluded.body, active = excluded.active`, x.Code, cleanJSON(body), x.Active)
	if err == nil && !x.Active { // nobody owes what the unit has given up
		_, err = r.DB.q(ctx).Exec(ctx, `UPDATE obligation o SET state = 'waived', note = $2, done_at = $3
			FROM recurrence c WHERE c.code = $1 AND o.recurrence_id = c.id AND o.state = 'pending'`, x.Code, text.RoutineWaived, r.Now())
	}
	if err != nil {
		return fmt.Errorf("save recurrence %s: %w", x.Code, err)
	}
	return nil
}

// Recur gives everybody who holds a recurrence's role an obligation for a period. What
// somebody of the same section owes already is not asked of another. While nobody holds
// the role one obligation without an owner stands for all; it is waived when somebody does.
func (r *Register) Recur(ctx context.Context, x plan.Recurrence, period string, due time.Time) (added int, err error) {
	if x.ID == 0 || period == "" || due.IsZero() {
		return 0, errors.New("recur: no recurrence, period or day")
	}
	rule, err := json.Marshal(plan.Fixed(bot.Civil(due)))
	if err != nil {
		return 0, err
	}
	err = r.DB.InTx(ctx, func(ctx context.Context) error {
		tag, err := r.DB.q(ctx).Exec(ctx, `
WITH holder AS (
	SELECT x.person_id AS person, x.section_id AS section FROM role_grant x JOIN person p ON p.id = x.person_id
	WHERE x.role = $2 AND p.active AND `+inForce+`
	UNION
	SELECT x.person_id, min(o.section_id) FROM assignment x JOIN person p ON p.id = x.person_id JOIN post o ON o.id = x.post_id
	WHERE $2 = 'post_holder' AND p.active AND o.voided_at IS NULL AND `+inForce+` GROUP BY x.person_id
), wanted AS (
	SELECT person, section FROM holder h WHERE NOT EXISTS (
		SELECT FROM obligation b WHERE b.recurrence_id = $3 AND b.period = $4 AND b.owner IS NOT NULL
		AND (b.owner = h.person OR $2 <> 'post_holder' AND b.section_id = h.section))
	UNION ALL
	SELECT NULL, NULL WHERE NOT EXISTS (SELECT FROM holder) AND NOT EXISTS (SELECT FROM obligation b WHERE b.recurrence_id = $3 AND b.period = $4)
)
INSERT INTO obligation (recurrence_id, period, code, name, kind, owner, owner_role, section_id, receiver, rule, due_on, original_due_on, since_on)
SELECT $3::bigint, $4::text, $5::text, $6::text, $7::text, person, $2::text, section, $8::text, $9::jsonb, $10::date, $10::date, $1::date
FROM wanted ORDER BY person, section
ON CONFLICT DO NOTHING`, r.today(), string(x.Owner), x.ID, period, x.Code, x.Name, string(x.Kind), string(x.Receiver), rule, bot.Civil(due))
		if err != nil {
			return err
		}
		added = int(tag.RowsAffected())
		_, err = r.DB.q(ctx).Exec(ctx, `
UPDATE obligation SET state = 'waived', done_at = $3 WHERE recurrence_id = $1 AND period = $2 AND owner IS NULL AND state = 'pending'
	AND EXISTS (SELECT FROM obligation b WHERE b.recurrence_id = $1 AND b.period = $2 AND b.owner IS NOT NULL)`, x.ID, period, r.Now())
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("recur %s %s: %w", x.Code, period, err)
	}
	return added, nil
}
