package pg

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"qingfeng/bot"
	"qingfeng/bot/risk"
	"qingfeng/bot/survey"
)

// linkBox is the id under which ballots of an open survey are closed: below nought, so that
// none ever opens as another survey's.
func linkBox(id int64) int64 { return -id }

const linkCols = `SELECT id, code, template, sheet, state, started_on, until_on, by_person FROM open_survey `

func scanLink(row pgx.CollectableRow) (v survey.LinkSurvey, err error) {
	var raw []byte
	if err := row.Scan(&v.ID, &v.Code, &v.Template, &raw, &v.State, day{&v.Started}, day{&v.Until}, ref{&v.By}); err != nil {
		return v, err
	}
	return v, json.Unmarshal(raw, &v.Sheet)
}

// NewLinkSurvey begins a survey open to whoever has the link, and fills ID, Code, State and
// Started.
func (s *Surveys) NewLinkSurvey(ctx context.Context, v *survey.LinkSurvey) error {
	raw, err := json.Marshal(v.Sheet)
	if err != nil {
		return fmt.Errorf("new open survey: %w", err)
	}
	if v.Code == "" {
		v.Code = strings.ToLower(rand.Text())[:12]
	}
	v.State, v.Started = survey.Open, bot.Civil(s.Now())
	err = s.DB.q(ctx).QueryRow(ctx, `INSERT INTO open_survey (code, template, sheet, started_on, until_on, by_person) VALUES ($1, $2, $3, $4, $5, $6) RETURNING id`,
		v.Code, v.Template, cleanJSON(raw), v.Started, nullDay(v.Until), null(v.By)).Scan(&v.ID)
	if err != nil {
		return fmt.Errorf("new open survey: %w", err)
	}
	return nil
}

// LinkSurvey is one of them; risk.ErrNone.
func (s *Surveys) LinkSurvey(ctx context.Context, id int64) (survey.LinkSurvey, error) {
	rows, err := s.DB.q(ctx).Query(ctx, linkCols+`WHERE id = $1`, id)
	if err != nil {
		return survey.LinkSurvey{}, fmt.Errorf("open survey %d: %w", id, err)
	}
	v, err := pgx.CollectExactlyOneRow(rows, scanLink)
	return v, found(err, "open survey", id)
}

// LinkSurveys are the newest of them, newest first; open only those that run.
func (s *Surveys) LinkSurveys(ctx context.Context, open bool, limit int) ([]survey.LinkSurvey, error) {
	rows, err := s.DB.q(ctx).Query(ctx, linkCols+`WHERE NOT $1 OR state = 'open' ORDER BY id DESC LIMIT $2`, open, limit)
	if err != nil {
		return nil, fmt.Errorf("open surveys: %w", err)
	}
	list, err := pgx.CollectRows(rows, scanLink)
	if err != nil {
		return nil, fmt.Errorf("open surveys: %w", err)
	}
	return list, nil
}

// CloseLinkSurvey ends a survey: ballots are opened, counted and deleted, and of the result
// only what may be shown is kept. With fewer than survey.Floor it is void. closed is false
// when somebody else has ended it. Ballots that wait for the night are not in yet: let one
// pass between the last day and the close. survey.ErrLocked without the key, and then
// nothing is changed.
func (s *Surveys) CloseLinkSurvey(ctx context.Context, id int64) (state survey.State, closed bool, err error) {
	err = s.DB.InTx(ctx, func(ctx context.Context) error {
		q := s.DB.q(ctx)
		if _, err := q.Exec(ctx, `SELECT FROM open_survey WHERE id = $1 FOR UPDATE`, id); err != nil {
			return err
		}
		v, err := s.LinkSurvey(ctx, id)
		if err != nil || v.State != survey.Open {
			return err
		}
		rows, err := q.Query(ctx, `DELETE FROM open_ballot WHERE survey = $1 RETURNING body`, id)
		if err != nil {
			return err
		}
		bodies, err := pgx.CollectRows(rows, pgx.RowTo[[]byte])
		if err != nil {
			return err
		}
		result, err := s.countLink(v, bodies)
		if err != nil {
			return err
		}
		state, closed = survey.Void, true
		if result.Enough {
			state = survey.Closed
			raw, err := json.Marshal(result)
			if err != nil {
				return err
			}
			if _, err := q.Exec(ctx, `INSERT INTO open_result (survey, result) VALUES ($1, $2)`, id, cleanJSON(raw)); err != nil {
				return err
			}
		}
		_, err = q.Exec(ctx, `UPDATE open_survey SET state = $2 WHERE id = $1`, id, state)
		return err
	})
	if err != nil {
		return "", false, fmt.Errorf("close open survey %d: %w", id, err)
	}
	if closed {
		s.DB.scour(ctx, "open_ballot")
	}
	return state, closed, nil
}

// countLink opens ballots and counts them, free words in an order of their own. What is no
// ballot is left out: anybody may send anything here.
func (s *Surveys) countLink(v survey.LinkSurvey, bodies [][]byte) (r survey.Result, err error) {
	var ballots []survey.Ballot
	var words []string
	for _, body := range bodies {
		b, err := s.unpack(linkBox(v.ID), body)
		if errors.Is(err, survey.ErrLocked) {
			return r, err
		}
		if err != nil {
			continue
		}
		if b.Comment != "" {
			words = append(words, b.Comment)
		}
		ballots = append(ballots, b)
	}
	if err := shuffle(words); err != nil {
		return r, err
	}
	return survey.Count(v.Sheet, ballots, words), nil
}

// LinkResult is what may be shown of a survey that is over; risk.ErrNone while it runs and
// of a void one.
func (s *Surveys) LinkResult(ctx context.Context, id int64) (r survey.Result, err error) {
	var raw []byte
	if err := s.DB.q(ctx).QueryRow(ctx, `SELECT result FROM open_result WHERE survey = $1`, id).Scan(&raw); err != nil {
		return r, found(err, "result of open survey", id)
	}
	if err := json.Unmarshal(raw, &r); err != nil {
		return r, fmt.Errorf("result of open survey %d: %w", id, errors.Join(risk.ErrNone, err))
	}
	return r, nil
}

// EndLinkSurvey makes a day the last one of a survey that would run longer; false when it
// would not, or is over.
func (s *Surveys) EndLinkSurvey(ctx context.Context, id int64, last time.Time) (bool, error) {
	tag, err := s.DB.q(ctx).Exec(ctx, `UPDATE open_survey SET until_on = $2 WHERE id = $1 AND state = 'open' AND until_on > $2 AND started_on <= $2`, id, nullDay(last))
	if err != nil {
		return false, fmt.Errorf("end open survey %d: %w", id, err)
	}
	return tag.RowsAffected() == 1, nil
}

// LinkBallotsWait reports whether anything waits for the night: a ballot may be among it.
func (s *Surveys) LinkBallotsWait(ctx context.Context) (bool, error) {
	n, err := s.DB.Waiting(ctx)
	return n > 0, err
}
