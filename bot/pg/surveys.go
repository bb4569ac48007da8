package pg

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"math/big"
	"time"

	"github.com/jackc/pgx/v5"

	"qingfeng/bot"
	"qingfeng/bot/risk"
	"qingfeng/bot/survey"
)

// Surveys is the organisers' side of surveys: who is invited, and what came of it once it
// is over. Its methods that end a survey are the only ones that see both sides; they copy
// nothing from one to the other.
type Surveys struct {
	Ballots
	Now func() time.Time
}

// NewSurvey begins a survey with everybody it asks.
func (s *Surveys) NewSurvey(ctx context.Context, v survey.Survey, people []int64) (id int64, err error) {
	raw, err := json.Marshal(v.Sheet)
	if err != nil {
		return 0, fmt.Errorf("new survey: %w", err)
	}
	err = s.DB.InTx(ctx, func(ctx context.Context) error {
		err := s.DB.q(ctx).QueryRow(ctx, `
			INSERT INTO survey (template, sheet, started_on, until_on, invited, by_person) VALUES ($1, $2, $3, $4, $5, $6) RETURNING id`,
			v.Template, raw, bot.Civil(s.Now()), bot.Civil(v.Until), len(people), null(v.By)).Scan(&id)
		if err != nil {
			return err
		}
		_, err = s.DB.q(ctx).Exec(ctx, `
			INSERT INTO survey_invite (survey, person) SELECT $1, p FROM unnest($2::bigint[]) AS p ORDER BY gen_random_uuid()`, id, people)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("new survey: %w", err)
	}
	return id, nil
}

const surveyCols = `SELECT id, template, sheet, state, started_on, until_on, invited, rounds, coalesce(by_person, 0) FROM survey `

func scanSurvey(row pgx.CollectableRow) (v survey.Survey, err error) {
	var raw []byte
	if err := row.Scan(&v.ID, &v.Template, &raw, &v.State, day{&v.Started}, day{&v.Until}, &v.Invited, &v.Rounds, &v.By); err != nil {
		return v, err
	}
	return v, json.Unmarshal(raw, &v.Sheet)
}

// Survey is one survey; risk.ErrNone when there is none.
func (s *Surveys) Survey(ctx context.Context, id int64) (survey.Survey, error) {
	rows, err := s.DB.q(ctx).Query(ctx, surveyCols+`WHERE id = $1`, id)
	if err != nil {
		return survey.Survey{}, fmt.Errorf("survey %d: %w", id, err)
	}
	v, err := pgx.CollectExactlyOneRow(rows, scanSurvey)
	return v, found(err, "survey", id)
}

// Surveys are the newest surveys, newest first; open only those that run.
func (s *Surveys) Surveys(ctx context.Context, open bool, limit int) ([]survey.Survey, error) {
	rows, err := s.DB.q(ctx).Query(ctx, surveyCols+`WHERE NOT $1 OR state = 'open' ORDER BY id DESC LIMIT $2`, open, limit)
	if err != nil {
		return nil, fmt.Errorf("surveys: %w", err)
	}
	list, err := pgx.CollectRows(rows, scanSurvey)
	if err != nil {
		return nil, fmt.Errorf("surveys: %w", err)
	}
	return list, nil
}

// Invitation reports whether a person is invited and whether they took part.
func (s *Surveys) Invitation(ctx context.Context, id, person int64) (invited, took bool, err error) {
	err = s.DB.q(ctx).QueryRow(ctx, `
		SELECT count(*) > 0, coalesce(bool_or(took), false) FROM survey_invite WHERE survey = $1 AND person = $2`, id, person).Scan(&invited, &took)
	if err != nil {
		return false, false, fmt.Errorf("invitation: %w", err)
	}
	return invited, took, nil
}

// Invitations are a person's surveys that run and that they did not take part in.
func (s *Surveys) Invitations(ctx context.Context, person int64) ([]survey.Survey, error) {
	rows, err := s.DB.q(ctx).Query(ctx, surveyCols+`WHERE state = 'open' AND until_on >= $2
		AND id IN (SELECT survey FROM survey_invite WHERE person = $1 AND NOT took) ORDER BY until_on, id`, person, bot.Civil(s.Now()))
	if err != nil {
		return nil, fmt.Errorf("invitations: %w", err)
	}
	return pgx.CollectRows(rows, scanSurvey)
}

// Took counts who took part.
func (s *Surveys) Took(ctx context.Context, id int64) (n int, err error) {
	if err := s.DB.q(ctx).QueryRow(ctx, `SELECT count(*) FROM survey_invite WHERE survey = $1 AND took`, id).Scan(&n); err != nil {
		return 0, fmt.Errorf("took: %w", err)
	}
	return n, nil
}

// mixWith is how many rows are written anew with every one that changes: what came last
// stands among them in one transaction, so that neither the order of rows nor their
// transaction ids, in a dump or to a query, set an invitation beside a ballot.
const mixWith = 64

// MarkTook notes that a person takes part, once, while the survey runs; false afterwards.
// It writes this and nothing else.
func (s *Surveys) MarkTook(ctx context.Context, id, person int64) (marked bool, err error) {
	err = s.DB.InTx(ctx, func(ctx context.Context) error {
		// The person's own row first: whoever holds it is waited for while nothing is held here.
		tag, err := s.DB.q(ctx).Exec(ctx, `
			SELECT FROM survey_invite WHERE survey = $1 AND person = $2 AND NOT took
			AND EXISTS (SELECT FROM survey WHERE id = $1 AND state = 'open' AND until_on >= $3) FOR UPDATE`, id, person, bot.Civil(s.Now()))
		if err != nil || tag.RowsAffected() != 1 {
			return err
		}
		_, err = s.DB.q(ctx).Exec(ctx, `
			WITH mix AS (SELECT person FROM survey_invite WHERE survey = $1 AND person <> $2 ORDER BY random() LIMIT $3 FOR UPDATE SKIP LOCKED),
			who AS (SELECT person FROM mix UNION ALL SELECT $2::bigint)
			UPDATE survey_invite i SET took = i.took OR i.person = $2 FROM (SELECT person FROM who ORDER BY random()) w
			WHERE i.survey = $1 AND i.person = w.person`, id, person, mixWith)
		marked = err == nil
		return err
	})
	if err != nil {
		return false, fmt.Errorf("mark took: %w", err)
	}
	return marked, nil
}

// Waiting is who has not taken part, with how to write to them; people who left are not.
func (s *Surveys) Waiting(ctx context.Context, id int64) ([]bot.PushTo, error) {
	rows, err := s.DB.q(ctx).Query(ctx, `
		SELECT p.id, p.userid, coalesce(c.mode, '') FROM survey_invite i JOIN person p ON p.id = i.person
		LEFT JOIN conversation c ON c.user_key = p.user_key
		WHERE i.survey = $1 AND NOT i.took AND p.active ORDER BY p.id`, id)
	if err != nil {
		return nil, fmt.Errorf("waiting: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (to bot.PushTo, err error) {
		return to, row.Scan(&to.Person, &to.User, &to.Mode)
	})
}

// SetRounds notes how often people were written to; false when somebody else has.
func (s *Surveys) SetRounds(ctx context.Context, id int64, was, rounds int) (bool, error) {
	tag, err := s.DB.q(ctx).Exec(ctx, `UPDATE survey SET rounds = $3 WHERE id = $1 AND rounds = $2 AND state = 'open'`, id, was, rounds)
	if err != nil {
		return false, fmt.Errorf("set rounds: %w", err)
	}
	return tag.RowsAffected() == 1, nil
}

// AddTokens keeps the hashes of a batch of tokens, in the order given.
func (s *Surveys) AddTokens(ctx context.Context, id int64, hashes [][]byte) error {
	_, err := s.DB.q(ctx).Exec(ctx, `INSERT INTO survey_pool (token_hash, survey) SELECT h, $1 FROM unnest($2::bytea[]) AS h`, id, hashes)
	if err != nil {
		return fmt.Errorf("add tokens: %w", err)
	}
	return nil
}

// Stir writes invitations and waiting ballots anew in random order, so that the order in
// which they came is not in the files either. Call it at night and outside a transaction.
func (s *Surveys) Stir(ctx context.Context) error {
	err := s.DB.InTx(ctx, func(ctx context.Context) error {
		for _, sql := range []string{
			// Whoever writes meanwhile waits, and then finds the new rows.
			`LOCK TABLE survey_inbox, survey_invite IN EXCLUSIVE MODE`,
			`WITH gone AS (DELETE FROM survey_inbox RETURNING survey, body)
			INSERT INTO survey_inbox (survey, body) SELECT survey, body FROM gone ORDER BY gen_random_uuid()`,
			`WITH gone AS (DELETE FROM survey_invite RETURNING survey, person, took)
			INSERT INTO survey_invite (survey, person, took) SELECT survey, person, took FROM gone ORDER BY gen_random_uuid()`,
		} {
			if _, err := s.DB.q(ctx).Exec(ctx, sql); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("stir: %w", err)
	}
	return s.sweep(ctx)
}

// sweep takes rows that are gone out of the files. A transaction cannot.
func (s *Surveys) sweep(ctx context.Context) error {
	if s.DB.current(ctx) != nil {
		return nil
	}
	for _, table := range []string{"survey_inbox", "survey_invite", "survey_pool"} {
		if _, err := s.DB.Pool().Exec(ctx, `VACUUM (FULL) `+table); err != nil {
			return fmt.Errorf("sweep %s: %w", table, err)
		}
	}
	return nil
}

// CloseSurvey ends a survey: tokens go, ballots are opened, shuffled and stored at once.
// With fewer than survey.Floor they go as well, for nothing of them could ever be shown.
// closed is false when somebody else has ended it.
func (s *Surveys) CloseSurvey(ctx context.Context, id int64) (state survey.State, closed bool, err error) {
	err = s.DB.InTx(ctx, func(ctx context.Context) error {
		var open survey.State
		err := s.DB.q(ctx).QueryRow(ctx, `SELECT state FROM survey WHERE id = $1 FOR UPDATE`, id).Scan(&open)
		if err != nil || open != survey.Open {
			return err
		}
		bodies, err := s.takeBallots(ctx, id)
		if err != nil {
			return err
		}
		state = survey.Void
		if len(bodies) >= survey.Floor {
			state = survey.Closed
			if err := s.storeBallots(ctx, id, bodies); err != nil {
				return err
			}
		}
		if _, err := s.DB.q(ctx).Exec(ctx, `DELETE FROM survey_pool WHERE survey = $1`, id); err != nil {
			return err
		}
		_, err = s.DB.q(ctx).Exec(ctx, `UPDATE survey SET state = $2 WHERE id = $1`, id, state)
		closed = true
		return err
	})
	if err != nil {
		return "", false, found(err, "close survey", id)
	}
	if closed {
		err = s.sweep(ctx)
	}
	return state, closed, err
}

func (s *Surveys) takeBallots(ctx context.Context, id int64) ([][]byte, error) {
	rows, err := s.DB.q(ctx).Query(ctx, `DELETE FROM survey_inbox WHERE survey = $1 RETURNING body`, id)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[[]byte])
}

// storeBallots opens ballots and stores ticks and words, each in an order of its own.
func (s *Surveys) storeBallots(ctx context.Context, id int64, bodies [][]byte) error {
	var answers, words []string
	for _, body := range bodies {
		b, err := s.unpack(id, body)
		if err != nil {
			return fmt.Errorf("open ballot: %w", err)
		}
		if b.Comment != "" {
			words = append(words, b.Comment)
		}
		b.Comment = ""
		raw, err := json.Marshal(b)
		if err != nil {
			return err
		}
		answers = append(answers, string(raw))
	}
	if err := shuffle(answers); err != nil {
		return err
	}
	if err := shuffle(words); err != nil {
		return err
	}
	if _, err := s.DB.q(ctx).Exec(ctx, `INSERT INTO ballot (survey, answers) SELECT $1, a::jsonb FROM unnest($2::text[]) AS a`, id, answers); err != nil {
		return err
	}
	if len(words) < survey.Floor {
		return nil // never shown, so never kept
	}
	_, err := s.DB.q(ctx).Exec(ctx, `INSERT INTO ballot_comment (survey, words) SELECT $1, w FROM unnest($2::text[]) AS w`, id, words)
	return err
}

func shuffle(list []string) error {
	for i := len(list) - 1; i > 0; i-- {
		j, err := rand.Int(rand.Reader, big.NewInt(int64(i+1)))
		if err != nil {
			return err
		}
		list[i], list[j.Int64()] = list[j.Int64()], list[i]
	}
	return nil
}

// CountSurvey is what may be shown of a closed survey. It fails with risk.ErrNone while it
// runs: nobody counts before the close.
func (s *Surveys) CountSurvey(ctx context.Context, id int64) (r survey.Result, err error) {
	v, err := s.Survey(ctx, id)
	if err != nil {
		return r, err
	}
	if v.State == survey.Open {
		return r, fmt.Errorf("survey %d is open: %w", id, risk.ErrNone)
	}
	rows, err := s.DB.q(ctx).Query(ctx, `SELECT answers FROM ballot WHERE survey = $1`, id)
	if err != nil {
		return r, fmt.Errorf("count survey: %w", err)
	}
	ballots, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (b survey.Ballot, err error) {
		var raw []byte
		if err := row.Scan(&raw); err != nil {
			return b, err
		}
		return b, json.Unmarshal(raw, &b)
	})
	if err != nil {
		return r, fmt.Errorf("count survey: %w", err)
	}
	rows, err = s.DB.q(ctx).Query(ctx, `SELECT words FROM ballot_comment WHERE survey = $1 ORDER BY id`, id)
	if err != nil {
		return r, fmt.Errorf("count survey: %w", err)
	}
	words, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return r, fmt.Errorf("count survey: %w", err)
	}
	return survey.Count(v.Sheet, ballots, words), nil
}
