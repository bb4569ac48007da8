package pg

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"qingfeng/bot"
	"qingfeng/bot/notice"
	"qingfeng/bot/opinion"
	"qingfeng/bot/risk"
	"qingfeng/bot/survey"
)

// ImagesSetting is the setting under which the office switches images on: "on".
const ImagesSetting = "feedback.images"

// Citizens is what the citizens' pages need: notices as they were published, the public
// halves of the doors' keys, and a place to put what is sealed. No statement here reads a
// table that knows people, and none writes but Hold's.
type Citizens struct {
	Ballots
	Today func() time.Time // the clock
}

// Published is a notice by its code; notice.ErrNoNotice before its first day. Of one that
// was withdrawn the points are left out.
func (c *Citizens) Published(ctx context.Context, code string) (notice.Published, error) {
	p, err := c.published(ctx, code)
	if isNone(err) {
		return notice.Published{}, notice.ErrNoNotice
	}
	if err != nil {
		return notice.Published{}, fmt.Errorf("published: %w", err)
	}
	return p, nil
}

func (c *Citizens) published(ctx context.Context, code string) (p notice.Published, err error) {
	var id, series int64
	var end time.Time
	today := bot.Civil(c.Today())
	err = c.DB.q(ctx).QueryRow(ctx, `
		SELECT id, series, state, snapshot, end_on, CASE state WHEN 'withdrawn' THEN remark ELSE '' END FROM public_notice
		WHERE code = $1 AND (state IN ('open', 'ended', 'corrected') OR state = 'withdrawn' AND start_on <= $2)`, code, today).
		Scan(&id, &series, &p.State, &p.Snapshot, day{&end}, &p.Why)
	if err != nil {
		return p, err
	}
	if err := c.versions(ctx, series, &p); err != nil {
		return p, err
	}
	if p.State == notice.Withdrawn {
		p.Snapshot.Points = nil
		return p, nil
	}
	office, err := c.ready(ctx, opinion.Office)
	if err != nil {
		return p, err
	}
	discipline, err := c.ready(ctx, opinion.Discipline)
	if err != nil {
		return p, err
	}
	p.Tips = len(discipline) > 0
	if len(office) > 0 && (p.State == notice.Open || p.State == notice.Ended) {
		// The calendar knows no people; the register's other tables are not asked.
		cal, err := NewRegister(c.DB, c.Today).Calendar(ctx)
		if err != nil {
			return p, err
		}
		days := p.Snapshot.Promise
		if days <= 0 {
			days = opinion.Promise
		}
		p.Taking = !today.After(cal.Add(end, days))
	}
	if err := c.DB.q(ctx).QueryRow(ctx, `SELECT EXISTS (SELECT FROM setting WHERE key = $1 AND value = 'on')`, ImagesSetting).Scan(&p.Images); err != nil {
		return p, err
	}
	if p.Changes, err = c.changes(ctx, id, series, p.Snapshot); err != nil {
		return p, err
	}
	if p.State != notice.Open {
		t, err := feedbackTotals(ctx, c.DB, id, today)
		if err != nil {
			return p, err
		}
		p.Counts = notice.Counts{Received: t.Received, Adopted: t.Adopted, Partly: t.Partly, Not: t.Not, Elsewhere: t.Elsewhere}
	}
	return p, nil
}

// versions are the others of a series that are or were open.
func (c *Citizens) versions(ctx context.Context, series int64, p *notice.Published) error {
	rows, err := c.DB.q(ctx).Query(ctx, `SELECT code, version, change FROM public_notice WHERE series = $1 AND state IN ('open', 'ended', 'corrected') ORDER BY version DESC`, series)
	if err != nil {
		return err
	}
	var v notice.Version
	_, err = pgx.ForEachRow(rows, []any{&v.Code, &v.Version, &v.Change}, func() error {
		switch {
		case v.Version < p.Snapshot.Version:
			p.Older = append(p.Older, v)
		case v.Version > p.Snapshot.Version && p.Newer == "":
			p.Newer = v.Code
		}
		return nil
	})
	return err
}

// changes are the approved revisions that opinions on any version of a notice led to, where
// they change what this version shows. Before and After are titles; they are equal where
// something else that is shown was changed, and empty where titles are not.
func (c *Citizens) changes(ctx context.Context, id, series int64, snapshot notice.Snapshot) ([]notice.Change, error) {
	rows, err := c.DB.q(ctx).Query(ctx, `
		SELECT p.no, v.before, v.after, v.decided_on, EXISTS (
			SELECT FROM public_notice_point q JOIN public_notice m ON m.id = q.notice
			WHERE m.series = $2 AND m.state IN ('open', 'ended', 'corrected') AND q.point_id = v.point_id AND q.point_version >= v.version)
		FROM point_revision v JOIN public_notice_point p ON p.notice = $1 AND p.point_id = v.point_id
		WHERE v.state = 'approved' AND EXISTS (SELECT FROM feedback f JOIN public_notice n ON n.id = f.notice WHERE f.revision = v.id AND n.series = $2)
		ORDER BY date_trunc('month', v.decided_on) DESC, p.no, v.version DESC`, id, series)
	if err != nil {
		return nil, err
	}
	shows := func(f notice.Field) bool { return slices.Contains(snapshot.Open, f) }
	post := map[int]string{}
	for _, p := range snapshot.Points {
		post[p.No] = p.Post
	}
	var list []notice.Change
	var n notice.Change
	var before, after risk.PointText
	var on time.Time
	_, err = pgx.ForEachRow(rows, []any{&n.PointNo, &before, &after, day{&on}, &n.AlsoPublished}, func() error {
		was, now := before, after
		before, after = risk.PointText{}, risk.PointText{}
		if !(shows(notice.FieldTitle) && was.Title != now.Title || shows(notice.FieldShape) && !slices.Equal(was.Manifestations, now.Manifestations) ||
			shows(notice.FieldCategory) && was.Category != now.Category || shows(notice.FieldLevel) && was.Level != now.Level ||
			shows(notice.FieldMeasure) && !reflect.DeepEqual(whole(was).Measures, whole(now).Measures)) {
			return nil
		}
		n.Month, n.Post, n.Before, n.After = on.Format("2006-01"), post[n.PointNo], "", ""
		if shows(notice.FieldTitle) {
			n.Before, n.After = was.Title, now.Title
		}
		list = append(list, n)
		return nil
	})
	return list, err
}

// ready are the keys of a door that takes words; none where it does not.
func (c *Citizens) ready(ctx context.Context, door opinion.Door) (to []string, err error) {
	err = c.DB.q(ctx).QueryRow(ctx, `SELECT recipients FROM seal_ring WHERE door = $1 AND printed AND cardinality(recipients) > 0 AND (tips OR door <> 'discipline')`, door).Scan(&to)
	return to, ignoreNone(err)
}

// Recipients are the keys of a door; opinion.ErrNoDoor when nothing may be taken for it.
func (c *Citizens) Recipients(ctx context.Context, door opinion.Door) ([]string, error) {
	to, err := c.ready(ctx, door)
	switch {
	case err != nil:
		return nil, fmt.Errorf("recipients of %s: %w", door, err)
	case len(to) == 0:
		return nil, opinion.ErrNoDoor
	}
	return to, nil
}

// Hold takes one closed arrival, nothing else about it.
func (c *Citizens) Hold(ctx context.Context, key string, body []byte) error {
	return hold(ctx, c.DB, key, body)
}

// Letter is what lies under a selector; opinion.ErrNoLetter before the night that released
// it, and once its words were deleted.
func (c *Citizens) Letter(ctx context.Context, selector string) (k opinion.Kept, err error) {
	if selector == "" {
		return k, opinion.ErrNoLetter
	}
	err = c.DB.q(ctx).QueryRow(ctx, `
		SELECT 'office', coalesce(n.code, ''), coalesce(n.title, ''), f.state, f.received_on, f.due_on, f.answered_on, f.purge_on, coalesce(f.outcome, ''),
			f.salt, coalesce(f.answer_to, ''), f.answer
		FROM feedback f LEFT JOIN public_notice n ON n.id = f.notice WHERE f.selector = $1
		UNION ALL
		SELECT 'discipline', '', '', CASE WHEN from_office AND state = 'received' THEN 'moved' WHEN state = 'seen' THEN 'triaged' ELSE state END, received_on, NULL, NULL, purge_on, '', salt, coalesce(answer_to, ''), answer
		FROM sealed_tip WHERE selector = $1 LIMIT 1`, selector).
		Scan(&k.Door, &k.Notice, &k.Title, &k.State, day{&k.ReceivedOn}, day{&k.DueOn}, day{&k.AnsweredOn}, day{&k.PurgeOn}, &k.Outcome, &k.Salt, &k.AnswerTo, &k.Answer)
	if isNone(err) {
		return opinion.Kept{}, opinion.ErrNoLetter
	}
	if err != nil {
		return opinion.Kept{}, fmt.Errorf("letter: %w", err)
	}
	return k, nil
}

// OpenSurvey is a survey open to all by its code; survey.ErrSpent when none runs under it.
// Its Close takes a survey.Ballot as JSON.
func (c *Citizens) OpenSurvey(ctx context.Context, code string) (s survey.Linked, err error) {
	var id int64
	var raw []byte
	err = c.DB.q(ctx).QueryRow(ctx, `SELECT id, code, sheet, until_on FROM open_survey WHERE code = $1 AND state = 'open' AND until_on >= $2`, code, bot.Civil(c.Today())).
		Scan(&id, &s.Code, &raw, day{&s.Until})
	if err != nil {
		return survey.Linked{}, spent(err)
	}
	s.Close = func(plain []byte) ([]byte, error) { return c.packRaw(linkBox(id), plain) }
	return s, json.Unmarshal(raw, &s.Sheet)
}
