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

const campaignSQL = `SELECT id, name, year, pack, due_on, state FROM campaign `

func scanCampaign(c *risk.Campaign) []any {
	return []any{&c.ID, &c.Name, &c.Year, &c.Pack, day{&c.Due}, &c.State}
}

// Campaign is the open campaign, if there is one; there is at most one.
func (r *Register) Campaign(ctx context.Context) (risk.Campaign, bool, error) {
	var c risk.Campaign
	err := r.DB.q(ctx).QueryRow(ctx, campaignSQL+`WHERE state = 'open'`).Scan(scanCampaign(&c)...)
	return optional(c, err, "open campaign")
}

// CampaignByID is one campaign.
func (r *Register) CampaignByID(ctx context.Context, id int64) (risk.Campaign, error) {
	var c risk.Campaign
	err := r.DB.q(ctx).QueryRow(ctx, campaignSQL+`WHERE id = $1`, id).Scan(scanCampaign(&c)...)
	return c, found(err, "campaign", id)
}

// Campaigns are all campaigns, newest first.
func (r *Register) Campaigns(ctx context.Context) ([]risk.Campaign, error) {
	list, err := all(ctx, r, scanCampaign, campaignSQL+`ORDER BY id DESC`)
	if err != nil {
		return nil, fmt.Errorf("campaigns: %w", err)
	}
	return list, nil
}

// OpenCampaign creates the campaign and one draft self-check for every person on
// every post held today; offline posts get Offline. A zero Year is that of Due. It
// refuses (bot.Error) while another campaign is open or nobody is in the roster.
// The caller records the audit event and chooses the checks' chains.
func (r *Register) OpenCampaign(ctx context.Context, c risk.Campaign, by int64) (risk.Campaign, []risk.SelfCheck, error) {
	if running, open, err := r.Campaign(ctx); err != nil {
		return c, nil, err
	} else if open {
		return c, nil, bot.Refuse(fmt.Sprintf(text.CampaignRunning, running.Name), "campaign: another one is open")
	}
	if holders, err := r.Holders(ctx, 0); err != nil {
		return c, nil, fmt.Errorf("open campaign: %w", err)
	} else if len(holders) == 0 {
		return c, nil, bot.Refuse(text.CampaignNobody, "campaign: empty roster")
	}
	if c.Year == 0 {
		c.Year = bot.Civil(c.Due).Year()
	}
	c.State = "open"
	var checks []risk.SelfCheck
	err := r.DB.InTx(ctx, func(ctx context.Context) error {
		// ON CONFLICT instead of an error: another transaction may have opened one just now.
		err := r.DB.q(ctx).QueryRow(ctx, `
			INSERT INTO campaign (name, year, pack, due_on, state, opened_by, opened_at) VALUES ($1, $2, $3, $4, 'open', $5, $6)
			ON CONFLICT DO NOTHING RETURNING id, due_on`, c.Name, c.Year, c.Pack, bot.Civil(c.Due), null(by), r.Now()).Scan(&c.ID, day{&c.Due})
		if errors.Is(err, pgx.ErrNoRows) {
			return bot.Refuse(fmt.Sprintf(text.CampaignRunning, c.Name), "campaign: another one was just opened")
		}
		if err != nil {
			return err
		}
		if _, err := r.DB.q(ctx).Exec(ctx, `UPDATE unit SET pack = $1`, c.Pack); err != nil {
			return err
		}
		checks, err = r.AddChecks(ctx, c.ID)
		return err
	})
	if err != nil {
		return c, nil, fmt.Errorf("open campaign: %w", err)
	}
	return c, checks, nil
}

// AddChecks gives everybody who holds a post today and has no self-check for it in
// the campaign one, and returns the new ones: newcomers, people who moved.
func (r *Register) AddChecks(ctx context.Context, campaign int64) ([]risk.SelfCheck, error) {
	rows, err := r.DB.q(ctx).Query(ctx, `
		INSERT INTO selfcheck (campaign_id, person_id, post_id, state, offline)
		SELECT DISTINCT ON (s.pos, s.id, o.pos, o.id, p.id) $2::bigint, p.id, o.id, 'draft', o.offline
		FROM assignment x JOIN person p ON p.id = x.person_id JOIN post o ON o.id = x.post_id JOIN section s ON s.id = o.section_id
		WHERE `+inForce+` AND p.active AND o.voided_at IS NULL
		ORDER BY s.pos, s.id, o.pos, o.id, p.id
		ON CONFLICT DO NOTHING RETURNING id`, r.today(), campaign)
	if err != nil {
		return nil, fmt.Errorf("add checks: %w", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("add checks: %w", err)
	}
	return r.checksWhere(ctx, `c.id = ANY ($1)`, ids)
}

// CloseCampaign closes a campaign; closing a closed one changes nothing.
func (r *Register) CloseCampaign(ctx context.Context, id int64) error {
	tag, err := r.DB.q(ctx).Exec(ctx, `
		UPDATE campaign SET state = 'closed', closed_at = coalesce(closed_at, $2) WHERE id = $1`, id, r.Now())
	if err != nil {
		return fmt.Errorf("close campaign %d: %w", id, err)
	}
	if tag.RowsAffected() == 0 {
		return fmt.Errorf("campaign %d: %w", id, risk.ErrNone)
	}
	return nil
}

// Check is one self-check with all its points, removed ones included.
func (r *Register) Check(ctx context.Context, id int64) (risk.SelfCheck, error) {
	list, err := r.checksWhere(ctx, `c.id = $1`, id)
	if err != nil {
		return risk.SelfCheck{}, err
	}
	if len(list) == 0 {
		return risk.SelfCheck{}, fmt.Errorf("selfcheck %d: %w", id, risk.ErrNone)
	}
	return list[0], nil
}

// Checks are the self-checks that the filter selects, in the roster's order, with
// their points (removed ones included): two queries, however many there are. With
// Heads it is one, and a twentieth of the time for a whole campaign.
func (r *Register) Checks(ctx context.Context, f risk.CheckFilter) ([]risk.SelfCheck, error) {
	read := r.checksWhere
	if f.Heads {
		read = r.headsWhere
	}
	return read(ctx, `($1 = 0 OR c.campaign_id = $1) AND ($2 = 0 OR c.person_id = $2)
		AND ($3 = 0 OR o.section_id = $3) AND ($4 = 0 OR c.post_id = $4) AND (cardinality($5::text[]) = 0 OR c.state = ANY ($5))`,
		f.Campaign, f.Person, f.Section, f.Post, notNil(f.States))
}

func (r *Register) headsWhere(ctx context.Context, where string, args ...any) ([]risk.SelfCheck, error) {
	checks, err := all(ctx, r, func(c *risk.SelfCheck) []any {
		into := append([]any{
			&c.ID, &c.CampaignID, &c.State, &c.Version, &c.Rev, &c.Chain, &c.StepNo, &c.Duties, &c.ZeroReason,
			&c.Paper, &c.Offline, &c.Begun,
			when{&c.SubmittedAt},
		}, scanPerson(&c.Person)...)
		return append(into, scanPost(&c.Post)...)
	}, `SELECT c.id, c.campaign_id, c.state, c.version, c.rev, c.chain, c.step_no, c.duties, c.zero_reason,
		       c.paper, c.offline, c.begun, c.submitted_at, `+personCols+`, `+postCols+`
		FROM selfcheck c JOIN person p ON p.id = c.person_id JOIN post o ON o.id = c.post_id JOIN section s ON s.id = o.section_id
		WHERE `+where+` ORDER BY c.campaign_id, s.pos, s.id, o.pos, o.id, c.id`, args...)
	if err != nil {
		return nil, fmt.Errorf("selfchecks: %w", err)
	}
	return checks, nil
}

func (r *Register) checksWhere(ctx context.Context, where string, args ...any) ([]risk.SelfCheck, error) {
	checks, err := r.headsWhere(ctx, where, args...)
	if err != nil {
		return nil, err
	}
	ids, at := make([]int64, len(checks)), make(map[int64]*risk.SelfCheck, len(checks))
	for i := range checks {
		ids[i], at[checks[i].ID] = checks[i].ID, &checks[i]
	}
	points, err := r.pointsWhere(ctx, `x.check_id = ANY ($1)`, ids)
	if err != nil {
		return nil, err
	}
	for _, p := range points {
		c := at[p.CheckID]
		c.Points = append(c.Points, p)
	}
	return checks, nil
}

// Save writes the whole check: its head and its points. New points get their ID; a
// stored point that is not in the list becomes PointRemoved. Rev grows by one.
// risk.ErrChanged when somebody saved since it was read: then nothing is written,
// and a transaction around it may go on.
func (r *Register) Save(ctx context.Context, c *risk.SelfCheck) error {
	changed := false
	fresh := make(map[int]int64)
	err := r.DB.InTx(ctx, func(ctx context.Context) error {
		q := r.DB.q(ctx)
		tag, err := q.Exec(ctx, `
			UPDATE selfcheck SET rev = rev + 1, state = $3, version = $4, chain = $5, step_no = $6, duties = $7, zero_reason = $8,
				paper = $9, offline = $10, begun = $11, submitted_at = $12
			WHERE id = $1 AND rev = $2`,
			c.ID, c.Rev, c.State, c.Version, c.Chain, c.StepNo, c.Duties, c.ZeroReason,
			c.Paper, c.Offline, c.Begun, null(c.SubmittedAt))
		if err != nil {
			return err
		}
		if changed = tag.RowsAffected() == 0; changed {
			return nil
		}
		batch := new(pgx.Batch)
		stored, kept := make([]pointRow, 0, len(c.Points)), make([]int64, 0, len(c.Points))
		for _, p := range c.Points {
			if p.ID != 0 {
				stored, kept = append(stored, rowOf(p, c)), append(kept, p.ID)
			}
		}
		batch.Queue(`UPDATE risk_point SET state = 'removed' WHERE check_id = $1 AND id <> ALL ($2) AND state <> 'removed'`, c.ID, kept)
		if len(stored) > 0 {
			batch.Queue(updatePoints, stored, c.ID)
		}
		for i, p := range c.Points {
			if p.ID != 0 {
				continue
			}
			batch.Queue(insertPoints, []pointRow{rowOf(p, c)}).QueryRow(func(row pgx.Row) error {
				var id int64
				err := row.Scan(&id)
				fresh[i] = id
				return err
			})
		}
		return q.SendBatch(ctx, batch).Close()
	})
	if err != nil {
		return fmt.Errorf("save selfcheck %d: %w", c.ID, err)
	}
	if changed {
		return risk.ErrChanged
	}
	c.Rev++
	for i := range c.Points {
		p := &c.Points[i]
		p.CheckID, p.Post = c.ID, c.Post
		if id, ok := fresh[i]; ok {
			p.ID = id
		}
	}
	return nil
}

// LastYear are the points of the check's post that an earlier campaign confirmed or
// that an import brought, of the newest such year only, less those that this check
// carried over already (also if it removed them again).
func (r *Register) LastYear(ctx context.Context, check int64) ([]risk.Point, error) {
	return r.pointsWhere(ctx, `x.id IN (
		WITH old AS (
			SELECT p.id, coalesce(p.year, k.year) AS year
			FROM selfcheck c JOIN campaign now ON now.id = c.campaign_id JOIN risk_point p ON p.post_id = c.post_id
			LEFT JOIN selfcheck b ON b.id = p.check_id LEFT JOIN campaign k ON k.id = b.campaign_id
			WHERE c.id = $1 AND coalesce(p.year, k.year) <= now.year
			  AND CASE WHEN p.check_id IS NULL THEN p.state <> 'removed' ELSE p.state = 'confirmed' AND k.id < now.id END)
		SELECT id FROM old WHERE year = (SELECT max(year) FROM old))
		AND NOT EXISTS (SELECT FROM risk_point t WHERE t.check_id = $1 AND t.carried_from = x.id)`, check)
}

// OtherTexts are up to limit manifestations of other posts, the newest points first.
func (r *Register) OtherTexts(ctx context.Context, post int64, limit int) ([]string, error) {
	list, err := all(ctx, r, func(s *string) []any { return []any{s} }, `
		SELECT m.text FROM (
			SELECT id, manifestations FROM risk_point
			WHERE post_id <> $1 AND state <> 'removed' AND manifestations <> '[]' ORDER BY id DESC LIMIT $2) p
		CROSS JOIN LATERAL jsonb_array_elements_text(p.manifestations) WITH ORDINALITY m (text, n)
		ORDER BY p.id DESC, m.n LIMIT $2`, post, limit)
	if err != nil {
		return nil, fmt.Errorf("other texts: %w", err)
	}
	return list, nil
}
