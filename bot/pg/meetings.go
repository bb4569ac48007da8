package pg

import (
	"context"
	"fmt"

	"qingfeng/bot/risk"
)

// SaveMeeting writes a meeting; a new one (ID 0) gets its ID.
func (r *Register) SaveMeeting(ctx context.Context, m *risk.Meeting) error {
	args := []any{
		m.Campaign, null(m.Section), m.Kind, nullDay(m.HeldOn), m.Place, m.Chair, m.Recorder,
		notNil(m.Attendees), notNil(m.Decisions), null(m.By),
	}
	sql := `INSERT INTO meeting (campaign_id, section_id, kind, held_on, place, chair, recorder, attendees, decisions, by_person)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING id`
	if m.ID != 0 {
		sql = `UPDATE meeting SET (campaign_id, section_id, kind, held_on, place, chair, recorder, attendees, decisions, by_person)
			= ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) WHERE id = $11 RETURNING id`
		args = append(args, m.ID)
	}
	return found(r.DB.q(ctx).QueryRow(ctx, sql, args...).Scan(&m.ID), "save meeting", m.ID)
}

// Meetings are a campaign's meetings of a kind ("": of any), oldest first.
func (r *Register) Meetings(ctx context.Context, campaign int64, kind string) ([]risk.Meeting, error) {
	list, err := all(ctx, r, func(m *risk.Meeting) []any {
		return []any{
			&m.ID, &m.Campaign,
			ref{&m.Section},
			&m.Kind,
			day{&m.HeldOn},
			&m.Place, &m.Chair, &m.Recorder,
			&m.Attendees, &m.Decisions,
			ref{&m.By},
		}
	}, `SELECT id, campaign_id, section_id, kind, held_on, place, chair, recorder, attendees, decisions, by_person
		FROM meeting WHERE campaign_id = $1 AND ($2 = '' OR kind = $2) ORDER BY held_on, id`, campaign, kind)
	if err != nil {
		return nil, fmt.Errorf("meetings: %w", err)
	}
	return list, nil
}

// SaveProposal writes a proposal; a new one (ID 0) gets its ID and, unless it has
// one, the state "open".
func (r *Register) SaveProposal(ctx context.Context, p *risk.Proposal) error {
	if p.State == "" {
		p.State = "open"
	}
	args := []any{p.CheckID, p.By, p.Method, p.Text, p.State}
	sql := `INSERT INTO proposal (check_id, by_person, method, text, state) VALUES ($1, $2, $3, $4, $5) RETURNING id`
	if p.ID != 0 {
		sql = `UPDATE proposal SET (check_id, by_person, method, text, state) = ($1, $2, $3, $4, $5) WHERE id = $6 RETURNING id`
		args = append(args, p.ID)
	}
	return found(r.DB.q(ctx).QueryRow(ctx, sql, args...).Scan(&p.ID), "save proposal", p.ID)
}

const proposalCols = `SELECT id, check_id, by_person, method, text, state FROM proposal `

func scanProposal(p *risk.Proposal) []any {
	return []any{&p.ID, &p.CheckID, &p.By, &p.Method, &p.Text, &p.State}
}

// Proposal is one proposal.
func (r *Register) Proposal(ctx context.Context, id int64) (risk.Proposal, error) {
	var p risk.Proposal
	err := r.DB.q(ctx).QueryRow(ctx, proposalCols+`WHERE id = $1`, id).Scan(scanProposal(&p)...)
	return p, found(err, "proposal", id)
}

// Proposals are what was proposed to a check, oldest first.
func (r *Register) Proposals(ctx context.Context, check int64) ([]risk.Proposal, error) {
	list, err := all(ctx, r, scanProposal, proposalCols+`WHERE check_id = $1 ORDER BY id`, check)
	if err != nil {
		return nil, fmt.Errorf("proposals: %w", err)
	}
	return list, nil
}

// notNil writes an empty list, never NULL.
func notNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
