package pg

import (
	"context"
	"fmt"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/risk"
)

const noticeCols = `SELECT n.id, n.kind, n.tier, n.state, t.id, t.userid, t.name, t.active, n.section_id, i.id, i.userid, i.name, i.active,
	n.basis, n.approver, n.approved_by, n.version, n.rev, n.delivery, n.meet_at, n.place, n.contact, n.reply_days, n.due_on, n.bears,
	n.document_no, n.document_on, n.follow_on, n.point_asked, n.alerted_on, n.made_at, n.issued_at, n.acked_at, n.closed_at
	FROM warning_notice n JOIN person t ON t.id = n.target JOIN person i ON i.id = n.issuer `

func scanNotice(n *risk.Notice) []any {
	return []any{
		&n.ID, &n.Kind, &n.Tier, &n.State,
		&n.Target.ID, &n.Target.UserID, &n.Target.Name, &n.Target.Active,
		ref{&n.Section},
		&n.Issuer.ID, &n.Issuer.UserID, &n.Issuer.Name, &n.Issuer.Active,
		&n.Basis,
		ref{&n.Approver},
		ref{&n.ApprovedBy},
		&n.Version, &n.Rev, &n.Delivery,
		when{&n.At},
		&n.Place, &n.Contact, &n.ReplyDays,
		day{&n.Due},
		&n.Bears,
		&n.DocumentNo,
		day{&n.DocumentOn},
		day{&n.Follow},
		&n.PointAsked,
		day{&n.Alerted},
		when{&n.MadeAt},
		when{&n.IssuedAt},
		when{&n.AckedAt},
		when{&n.ClosedAt},
	}
}

// Notice is one notice. Inside a transaction its row stays locked until the end, so
// that two people never decide on the same one at once.
func (r *Register) Notice(ctx context.Context, id int64) (risk.Notice, error) {
	var n risk.Notice
	lock := ""
	if r.DB.current(ctx) != nil {
		lock = ` FOR UPDATE OF n`
	}
	err := r.DB.q(ctx).QueryRow(ctx, noticeCols+`WHERE n.id = $1`+lock, id).Scan(scanNotice(&n)...)
	return n, found(err, "notice", id)
}

// Notices are the notices a filter selects, newest first, a thousand at most.
func (r *Register) Notices(ctx context.Context, f risk.NoticeFilter) ([]risk.Notice, error) {
	list, err := all(ctx, r, scanNotice, noticeCols+`
		WHERE ($1 = 0 OR n.issuer = $1) AND ($2 = 0 OR n.target = $2) AND ($3 = 0 OR n.approver = $3) AND ($4::text[] IS NULL OR n.state = ANY ($4))
		ORDER BY n.id DESC LIMIT 1000`, f.Issuer, f.Target, f.Approver, f.States)
	if err != nil {
		return nil, fmt.Errorf("notices: %w", err)
	}
	return list, nil
}

// NoticeCounts counts notices by state: all that the office and IT may know of them.
func (r *Register) NoticeCounts(ctx context.Context) (map[risk.NoticeState]int, error) {
	type count struct {
		state risk.NoticeState
		n     int
	}
	list, err := all(ctx, r, func(c *count) []any { return []any{&c.state, &c.n} }, `SELECT state, count(*)::int FROM warning_notice GROUP BY state`)
	if err != nil {
		return nil, fmt.Errorf("notice counts: %w", err)
	}
	out := map[risk.NoticeState]int{}
	for _, c := range list {
		out[c.state] = c.n
	}
	return out, nil
}

// SaveNotice writes a notice; a new one (ID 0) gets its ID. risk.ErrChanged when
// somebody saved it since it was read.
func (r *Register) SaveNotice(ctx context.Context, n *risk.Notice) error {
	n.Rev++
	cols := `(kind, tier, state, target, section_id, issuer, basis, approver, approved_by, version, rev, delivery, meet_at, place, contact,
		reply_days, due_on, bears, document_no, document_on, follow_on, point_asked, alerted_on, made_at, issued_at, acked_at, closed_at)`
	const marks = `($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27)`
	args := []any{
		n.Kind, n.Tier, n.State, n.Target.ID, null(n.Section), n.Issuer.ID, n.Basis, null(n.Approver), null(n.ApprovedBy), n.Version, n.Rev, n.Delivery, null(n.At), n.Place, n.Contact,
		n.ReplyDays, nullDay(n.Due), n.Bears, n.DocumentNo, nullDay(n.DocumentOn), nullDay(n.Follow), n.PointAsked, nullDay(n.Alerted), n.MadeAt, null(n.IssuedAt), null(n.AckedAt), null(n.ClosedAt),
	}
	if n.ID == 0 {
		err := r.DB.q(ctx).QueryRow(ctx, `INSERT INTO warning_notice `+cols+` VALUES `+marks+` RETURNING id`, args...).Scan(&n.ID)
		if err != nil {
			return fmt.Errorf("new notice: %w", err)
		}
		return nil
	}
	tag, err := r.DB.q(ctx).Exec(ctx, `UPDATE warning_notice SET `+cols+` = `+marks+` WHERE id = $28 AND rev = $11 - 1`, append(args, n.ID)...)
	switch {
	case err != nil:
		return fmt.Errorf("save notice %d: %w", n.ID, err)
	case tag.RowsAffected() == 0:
		return fmt.Errorf("save notice %d: %w", n.ID, risk.ErrChanged)
	}
	return nil
}

// SavePart adds a sealed text; what was written before stays.
func (r *Register) SavePart(ctx context.Context, p risk.NoticePart) error {
	_, err := r.DB.q(ctx).Exec(ctx, `INSERT INTO notice_part (notice_id, field, version, by_person, key_id, sealed, at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		p.Notice, p.Field, p.Version, p.By, p.KeyID, p.Sealed, p.At)
	if err != nil {
		return fmt.Errorf("save part of notice %d: %w", p.Notice, err)
	}
	return nil
}

// DropParts removes texts of a draft that are written anew, so that what was never sent
// is not kept.
func (r *Register) DropParts(ctx context.Context, notice int64, fields []string) error {
	if _, err := r.DB.q(ctx).Exec(ctx, `DELETE FROM notice_part WHERE notice_id = $1 AND field = ANY ($2)`, notice, fields); err != nil {
		return fmt.Errorf("drop parts of notice %d: %w", notice, err)
	}
	return nil
}

// Parts are the sealed texts of a notice in the order they were written.
func (r *Register) Parts(ctx context.Context, notice int64) ([]risk.NoticePart, error) {
	list, err := all(ctx, r, func(p *risk.NoticePart) []any {
		return []any{&p.ID, &p.Notice, &p.Field, &p.Version, &p.By, &p.KeyID, &p.Sealed, when{&p.At}}
	}, `SELECT id, notice_id, field, version, by_person, key_id, sealed, at FROM notice_part WHERE notice_id = $1 ORDER BY id`, notice)
	if err != nil {
		return nil, fmt.Errorf("parts of notice %d: %w", notice, err)
	}
	return list, nil
}

// SealKeyIDs are the names of the keys that stored texts and waiting ballots are under.
func (r *Register) SealKeyIDs(ctx context.Context) ([]string, error) {
	list, err := all(ctx, r, func(s *string) []any { return []any{s} }, `
		SELECT DISTINCT key_id FROM notice_part UNION
		SELECT brief_key FROM feedback WHERE brief_key IS NOT NULL UNION SELECT view_key FROM feedback WHERE view_key IS NOT NULL UNION
		SELECT DISTINCT convert_from(substring(body FROM 2 FOR position('\x0a'::bytea IN body) - 2), 'LATIN1')
		FROM (SELECT body FROM survey_inbox UNION ALL SELECT body FROM open_ballot WHERE length(body) > 0) b
		WHERE get_byte(body, 0) = 1 AND position('\x0a'::bytea IN body) BETWEEN 3 AND 40 ORDER BY 1`)
	if err != nil {
		return nil, fmt.Errorf("seal keys: %w", err)
	}
	return list, nil
}

// SaveHeartTalk notes that a 谈心 took place; false when that day is noted already.
func (r *Register) SaveHeartTalk(ctx context.Context, h risk.HeartTalk) (bool, error) {
	tag, err := r.DB.q(ctx).Exec(ctx, `INSERT INTO heart_talk (talker, talked, held_on) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, h.Talker, h.Talked, nullDay(h.On))
	if err != nil {
		return false, fmt.Errorf("save heart talk: %w", err)
	}
	return tag.RowsAffected() == 1, nil
}

// HeartTalks are the 谈心 of a year with a person (0: with anybody), oldest first.
func (r *Register) HeartTalks(ctx context.Context, talked int64, year int) ([]risk.HeartTalk, error) {
	list, err := all(ctx, r, func(h *risk.HeartTalk) []any { return []any{&h.Talker, &h.Talked, day{&h.On}} },
		`SELECT talker, talked, held_on FROM heart_talk WHERE ($1 = 0 OR talked = $1) AND held_on >= $2 AND held_on < $3 ORDER BY held_on, id`,
		talked, time.Date(year, 1, 1, 0, 0, 0, 0, bot.Zone()), time.Date(year+1, 1, 1, 0, 0, 0, 0, bot.Zone()))
	if err != nil {
		return nil, fmt.Errorf("heart talks: %w", err)
	}
	return list, nil
}

// Everybody is every person of the roster, those who have left included.
func (r *Register) Everybody(ctx context.Context) ([]risk.Person, error) {
	list, err := all(ctx, r, scanPerson, `SELECT `+personCols+` FROM person p ORDER BY p.active DESC, p.id`)
	if err != nil {
		return nil, fmt.Errorf("everybody: %w", err)
	}
	return list, nil
}

// ForgetSaid takes the words out of a stored message that should not have been said in
// chat. The row stays, so that a redelivery is still recognised. No dump or backup made
// from now on holds the words; PostgreSQL's own files do until the row's old version is
// vacuumed and its write-ahead log is written over.
func (r *Register) ForgetSaid(ctx context.Context, dedupe string) error {
	if _, err := r.DB.q(ctx).Exec(ctx, `UPDATE inbox SET body = body - 'text' WHERE dedupe = $1`, dedupe); err != nil {
		return fmt.Errorf("forget what was said: %w", err)
	}
	return nil
}
