package pg

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"qingfeng/bot"
	"qingfeng/bot/opinion"
	"qingfeng/bot/risk"
)

const feedbackCols = `SELECT f.id, f.notice, coalesce(n.code, ''), f.point, f.kind, f.channel, f.received_on, f.state, f.body, f.image, coalesce(f.answer_to, ''), f.answer,
	f.section, f.brief, coalesce(f.brief_key, ''), f.view, coalesce(f.view_key, ''), coalesce(f.outcome, ''), f.reason, f.revision, f.merged_into,
	f.due_on, f.answered_on, f.closed_on, f.purge_on, f.rev
	FROM feedback f LEFT JOIN public_notice n ON n.id = f.notice WHERE `

func scanFeedback(f *opinion.Feedback) []any {
	return []any{
		&f.ID,
		ref{&f.Notice},
		&f.Code, &f.Point, &f.Kind, &f.Channel,
		day{&f.ReceivedOn},
		&f.State, &f.Body, &f.Image, &f.AnswerTo, &f.Answer,
		ref{&f.Section},
		&f.Brief, &f.BriefKey, &f.View, &f.ViewKey, &f.Outcome, &f.Reason,
		ref{&f.Revision},
		ref{&f.MergedInto},
		day{&f.DueOn},
		day{&f.AnsweredOn},
		day{&f.ClosedOn},
		day{&f.PurgeOn},
		&f.Rev,
	}
}

// waits are the states in which an opinion has no answer yet.
const waits = `('received', 'triaged', 'accepted', 'answering')`

// Feedback is one opinion with its lines; risk.ErrNone. Inside a transaction its row stays
// locked until the end.
func (r *Register) Feedback(ctx context.Context, id int64) (opinion.Feedback, error) {
	lock := ""
	if r.DB.current(ctx) != nil {
		lock = ` FOR UPDATE OF f`
	}
	list, err := r.feedbackWhere(ctx, `f.id = $1`+lock, id)
	if err == nil && len(list) == 0 {
		err = pgx.ErrNoRows
	}
	if err != nil {
		return opinion.Feedback{}, found(err, "feedback", id)
	}
	return list[0], nil
}

// Feedbacks are the opinions that a filter selects, those due first before the others, of a
// day in no order.
func (r *Register) Feedbacks(ctx context.Context, f opinion.Filter) ([]opinion.Feedback, error) {
	list, err := r.feedbackWhere(ctx, `($1 = 0 OR f.notice = $1) AND ($2 = 0 OR f.section = $2) AND ($3::text[] IS NULL OR f.state = ANY ($3))
		AND ($4::date IS NULL OR f.due_on <= $4 AND f.state IN `+waits+`) AND ($5 = 0 OR n.series = $5) ORDER BY f.due_on, f.id`,
		f.Notice, f.Section, f.States, nullDay(f.DueUntil), f.Series)
	if err != nil {
		return nil, fmt.Errorf("feedback: %w", err)
	}
	return list, nil
}

func (r *Register) feedbackWhere(ctx context.Context, where string, args ...any) ([]opinion.Feedback, error) {
	list, err := all(ctx, r, scanFeedback, feedbackCols+where, args...)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	ids := make([]int64, len(list))
	for i := range list {
		ids[i] = list[i].ID
	}
	lines, err := r.linesOf(ctx, `SELECT feedback, id, on_day, body FROM feedback_line WHERE feedback = ANY ($1) ORDER BY on_day, id`, ids)
	for i := range list {
		list[i].Lines = lines[list[i].ID]
	}
	return list, err
}

// linesOf reads lines added by receipt, by what they were added to; of a day in no order.
func (r *Register) linesOf(ctx context.Context, sql string, ids []int64) (map[int64][]opinion.Line, error) {
	rows, err := r.DB.q(ctx).Query(ctx, sql, ids)
	if err != nil {
		return nil, err
	}
	out := map[int64][]opinion.Line{}
	var of int64
	var on time.Time
	var l opinion.Line
	_, err = pgx.ForEachRow(rows, []any{&of, &l.ID, day{&on}, &l.Body}, func() error {
		out[of] = append(out[of], opinion.Line{ID: l.ID, On: on, Body: l.Body})
		l.Body = nil
		return nil
	})
	return out, err
}

// AddFeedback stores what was entered at the desk, fills ID and, without one, State, and
// adds it to the day's count.
func (r *Register) AddFeedback(ctx context.Context, f *opinion.Feedback) error {
	if f.State == "" {
		f.State = opinion.Received
	}
	f.ID, f.Rev = randomID(), 0
	err := r.DB.InTx(ctx, func(ctx context.Context) error {
		_, err := r.DB.q(ctx).Exec(ctx, `
			INSERT INTO feedback (id, notice, point, kind, channel, received_on, state, body, image, due_on, purge_on, reason, selector, salt, answer_to)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
			f.ID, null(f.Notice), f.Point, f.Kind, f.Channel, nullDay(f.ReceivedOn), f.State, f.Body, f.Image, nullDay(f.DueOn), nullDay(f.PurgeOn), f.Reason,
			null(f.Selector), f.Salt, null(f.AnswerTo))
		if err != nil {
			return err
		}
		return countLetters(ctx, r.DB, map[letterDay]int{{f.ReceivedOn.Format(time.DateOnly), f.Notice, string(opinion.Office), string(f.Kind)}: 1})
	})
	if err != nil {
		return fmt.Errorf("add feedback: %w", err)
	}
	return nil
}

// SaveFeedback writes an opinion but how it came, its receipt and its lines; risk.ErrChanged
// when somebody saved it since it was read. A linked revision stays linked.
func (r *Register) SaveFeedback(ctx context.Context, f *opinion.Feedback) error {
	tag, err := r.DB.q(ctx).Exec(ctx, `
		UPDATE feedback SET notice = $3, point = $4, kind = $5, `+keepWas+`, state = $6, body = $7, image = $8, answer = $9, section = $10,
			brief = $11, brief_key = $12, view = $13, view_key = $14, outcome = $15, reason = $16, revision = coalesce($17, revision), merged_into = $18,
			due_on = $19, answered_on = $20, closed_on = $21, purge_on = $22, rev = rev + 1
		WHERE id = $1 AND rev = $2`,
		f.ID, f.Rev, null(f.Notice), f.Point, f.Kind, f.State, f.Body, f.Image, f.Answer, null(f.Section),
		f.Brief, null(f.BriefKey), f.View, null(f.ViewKey), null(f.Outcome), f.Reason, null(f.Revision), null(f.MergedInto),
		nullDay(f.DueOn), nullDay(f.AnsweredOn), nullDay(f.ClosedOn), nullDay(f.PurgeOn))
	switch {
	case err != nil:
		return fmt.Errorf("save feedback %d: %w", f.ID, err)
	case tag.RowsAffected() == 0:
		return fmt.Errorf("save feedback %d: %w", f.ID, risk.ErrChanged)
	}
	f.Rev++
	return nil
}

// keepWas remembers where an opinion stood before it was closed or purged ($6 is the new
// state), for what came of it must still be countable.
const keepWas = `was = CASE WHEN $6 NOT IN ('closed', 'purged') THEN NULL WHEN state IN ('closed', 'purged') THEN was ELSE state END`

// ToTips hands an opinion to the discipline office: body and lines (in the order of f.Lines)
// are sealed to its keys, and so must f.Image be, or nil. The receipt goes with it, and the
// office keeps that there was one: the row without words. opinion.ErrMove where it stands
// otherwise; risk.ErrChanged when somebody saved it since it was read.
func (r *Register) ToTips(ctx context.Context, f *opinion.Feedback, body []byte, lines [][]byte) error {
	if len(lines) != len(f.Lines) {
		return fmt.Errorf("feedback %d to tips: %d of %d lines", f.ID, len(lines), len(f.Lines))
	}
	changed := false
	var state opinion.State
	err := r.DB.InTx(ctx, func(ctx context.Context) error {
		q := r.DB.q(ctx)
		var was opinion.State
		var selector, answerTo *string
		var salt, answer []byte
		err := q.QueryRow(ctx, `SELECT state, selector, salt, answer_to, answer FROM feedback WHERE id = $1 AND rev = $2 FOR UPDATE`, f.ID, f.Rev).
			Scan(&was, &selector, &salt, &answerTo, &answer)
		if changed = isNone(err); changed || err != nil {
			return ignoreNone(err)
		}
		if state, err = opinion.Next(was, opinion.MoveAway); err != nil {
			return err
		}
		var have int
		if err := q.QueryRow(ctx, `SELECT count(*) FROM feedback_line WHERE feedback = $1`, f.ID).Scan(&have); err != nil {
			return err
		}
		if changed = have != len(lines); changed {
			return nil // a line came that was not read
		}
		if _, err := q.Exec(ctx, `
			UPDATE feedback SET state = $2, body = NULL, image = NULL, answer = NULL, selector = NULL, salt = NULL, answer_to = NULL,
				brief = NULL, brief_key = NULL, view = NULL, view_key = NULL, rev = rev + 1 WHERE id = $1`, f.ID, state); err != nil {
			return err
		}
		if _, err := q.Exec(ctx, `DELETE FROM feedback_line WHERE feedback = $1`, f.ID); err != nil {
			return err
		}
		tip := randomID()
		if _, err := q.Exec(ctx, `
			INSERT INTO sealed_tip (id, received_on, state, body, image, selector, salt, answer_to, answer, from_office, purge_on)
			VALUES ($1, $2, 'received', $3, $4, $5, $6, $7, $8, true, $9)`,
			tip, nullDay(f.ReceivedOn), body, f.Image, selector, salt, answerTo, answer, nullDay(f.PurgeOn)); err != nil {
			return err
		}
		for i, l := range lines {
			if _, err := q.Exec(ctx, `INSERT INTO tip_line (id, tip, on_day, body) VALUES ($1, $2, $3, $4)`, randomID(), tip, nullDay(f.Lines[i].On), l); err != nil {
				return err
			}
		}
		return nil
	})
	switch {
	case err != nil:
		return fmt.Errorf("feedback %d to tips: %w", f.ID, err)
	case changed:
		return fmt.Errorf("feedback %d to tips: %w", f.ID, risk.ErrChanged)
	}
	f.State, f.Rev = state, f.Rev+1
	f.Body, f.Image, f.Answer, f.AnswerTo, f.Brief, f.BriefKey, f.View, f.ViewKey, f.Lines = nil, nil, nil, "", nil, "", nil, "", nil
	return nil
}

// outcomes is what came of every opinion (g) on a notice's series: merged ones have the
// outcome of the one they were merged into, and closing or purging changes nothing.
const outcomes = `
	WITH g AS (
		SELECT f.channel, f.due_on, f.answered_on, coalesce(f.outcome, m.outcome) AS outcome,
			CASE WHEN f.state IN ('closed', 'purged') THEN f.was ELSE f.state END AS stood, m.id IS NOT NULL AS merged,
			CASE WHEN m.state IN ('closed', 'purged') THEN m.was ELSE m.state END AS with_it
		FROM feedback f JOIN public_notice n ON n.id = f.notice LEFT JOIN feedback m ON m.id = f.merged_into
		WHERE n.series = (SELECT series FROM public_notice WHERE id = $1))
	SELECT channel, count(*), count(*) FILTER (WHERE outcome = 'adopted'), count(*) FILTER (WHERE outcome = 'partly'), count(*) FILTER (WHERE outcome = 'not'),
		count(*) FILTER (WHERE outcome IS NULL AND CASE WHEN stood = 'merged' THEN with_it ELSE stood END IN ('not_in_scope', 'moved')),
		count(*) FILTER (WHERE CASE WHEN stood = 'merged' THEN with_it ELSE stood END IN ` + waits + `),
		count(*) FILTER (WHERE answered_on > due_on OR stood IN ` + waits + ` AND due_on < $2)
	FROM g GROUP BY channel`

// FeedbackTotals is what came of the opinions on a notice in all its versions, those whose
// words were purged included. Late are those not answered by the promised day, Open those
// still without an answer.
func (r *Register) FeedbackTotals(ctx context.Context, of int64) (opinion.Totals, error) {
	return feedbackTotals(ctx, r.DB, of, r.today())
}

func feedbackTotals(ctx context.Context, db *DB, of int64, today time.Time) (opinion.Totals, error) {
	sum := opinion.Totals{ByChannel: map[opinion.Channel]int{}}
	rows, err := db.q(ctx).Query(ctx, outcomes, of, bot.Civil(today))
	if err != nil {
		return sum, fmt.Errorf("feedback totals: %w", err)
	}
	var by opinion.Channel
	var n opinion.Totals
	_, err = pgx.ForEachRow(rows, []any{&by, &n.Received, &n.Adopted, &n.Partly, &n.Not, &n.Elsewhere, &n.Open, &n.Late}, func() error {
		sum.ByChannel[by] += n.Received
		sum.Received += n.Received
		sum.Adopted += n.Adopted
		sum.Partly += n.Partly
		sum.Not += n.Not
		sum.Elsewhere += n.Elsewhere
		sum.Open += n.Open
		sum.Late += n.Late
		return nil
	})
	if err != nil {
		return sum, fmt.Errorf("feedback totals: %w", err)
	}
	return sum, nil
}

// randomID is an id of 53 random bits: no order is in it, and a browser's numbers hold it.
func randomID() int64 {
	var b [8]byte
	for {
		_, _ = rand.Read(b[:]) // never fails
		if id := int64(binary.BigEndian.Uint64(b[:]) >> 11); id > 0 {
			return id
		}
	}
}

// letterDay is what letters are counted by.
type letterDay struct {
	Day    string // 2006-01-02
	Notice int64
	Door   string
	Kind   string
}

func countLetters(ctx context.Context, db *DB, counts map[letterDay]int) error {
	for d, n := range counts {
		_, err := db.q(ctx).Exec(ctx, `INSERT INTO feedback_count AS c (on_day, notice, door, kind, n) VALUES ($1::text::date, $2, $3, $4, $5)
			ON CONFLICT (on_day, notice, door, kind) DO UPDATE SET n = c.n + excluded.n`, d.Day, d.Notice, d.Door, d.Kind, n)
		if err != nil {
			return fmt.Errorf("count letters: %w", err)
		}
	}
	return nil
}
