package pg

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"qingfeng/bot"
	"qingfeng/bot/convo"
)

type commandTag = pgconn.CommandTag

const cardColumns = `task_id, user_id, ask, seq, letter, choices, about_kind, about_id, about_version, state, say, lane, as_card`

func scanCard(row pgx.CollectableRow) (convo.CardRow, error) {
	var (
		c       convo.CardRow
		choices []byte
	)
	err := row.Scan(&c.Task, &c.User, &c.Ask, &c.Seq, &c.Letter, &choices, &c.About.Kind, &c.About.ID, &c.About.Version,
		&c.State, &c.Say, &c.Lane, &c.Card)
	if err != nil {
		return c, err
	}
	return c, json.Unmarshal(choices, &c.Choices)
}

func (db *DB) oneCard(ctx context.Context, sql string, args ...any) (convo.CardRow, bool, error) {
	rows, err := db.q(ctx).Query(ctx, `SELECT `+cardColumns+` FROM card WHERE `+sql, args...)
	if err != nil {
		return convo.CardRow{}, false, fmt.Errorf("card: %w", err)
	}
	c, err := pgx.CollectOneRow(rows, scanCard)
	if errors.Is(err, pgx.ErrNoRows) {
		return convo.CardRow{}, false, nil
	}
	if err != nil {
		return convo.CardRow{}, false, fmt.Errorf("card: %w", err)
	}
	return c, true, nil
}

// CardByTask finds a person's card by its task id.
func (db *DB) CardByTask(ctx context.Context, user bot.UserID, task string) (convo.CardRow, bool, error) {
	return db.oneCard(ctx, `task_id = $1 AND user_key = $2`, task, user.Key())
}

// CardByLetter finds the newest card of a letter.
func (db *DB) CardByLetter(ctx context.Context, user bot.UserID, letter string) (convo.CardRow, bool, error) {
	return db.oneCard(ctx, `user_key = $1 AND letter = $2 ORDER BY seq DESC LIMIT 1`, user.Key(), letter)
}

// LastCard finds the live card that was shown last; the pending question counts as
// shown when it was asked.
func (db *DB) LastCard(ctx context.Context, user bot.UserID, ask int64) (convo.CardRow, bool, error) {
	return db.oneCard(ctx, `user_key = $1 AND state = 'live' AND choices <> '{}'
	AND (ask = 0 AND shown_at IS NOT NULL OR ask > 0 AND ask = $2)
ORDER BY coalesce(shown_at, created_at) DESC, seq DESC LIMIT 1`, user.Key(), ask)
}

// LiveCards locks every live card about an object, in one order for everybody.
func (db *DB) LiveCards(ctx context.Context, about bot.About) ([]convo.CardRow, error) {
	rows, err := db.q(ctx).Query(ctx, `SELECT `+cardColumns+` FROM card
WHERE about_kind = $1 AND about_id = $2 AND state = 'live' AND about_kind <> '' ORDER BY task_id FOR UPDATE`, about.Kind, about.ID)
	if err != nil {
		return nil, fmt.Errorf("live cards: %w", err)
	}
	cards, err := pgx.CollectRows(rows, scanCard)
	if err != nil {
		return nil, fmt.Errorf("live cards: %w", err)
	}
	return cards, nil
}

const insertCards = `
INSERT INTO card (task_id, user_key, user_id, ask, seq, letter, choices, about_kind, about_id, about_version, lane, as_card)
SELECT c.task_id, c.user_key, c.user_id, c.ask, c.seq, c.letter, c.choices::jsonb, c.kind, c.id, c.version, c.lane, c.as_card
FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::text[], $7::text[], $8::text[], $9::bigint[], $10::int[], $11::smallint[], $12::bool[])
	AS c(task_id, user_key, user_id, ask, seq, letter, choices, kind, id, version, lane, as_card)`

const endCards = `
UPDATE card SET state = e.state, say = e.say, ended_at = now()
FROM unnest($1::text[], $2::text[], $3::text[]) AS e(task_id, state, say)
WHERE card.task_id = e.task_id AND card.state = 'live'`

func queueCards(b *pgx.Batch, o *convo.Outcome) error {
	if n := len(o.Cards); n > 0 {
		var (
			tasks, keys, ids, letters, choices, kinds = make([]string, n), make([]string, n), make([]string, n), make([]string, n), make([]string, n), make([]string, n)
			asks, seqs, abouts                        = make([]int64, n), make([]int64, n), make([]int64, n)
			versions, lanes, shown                    = make([]int32, n), make([]int16, n), make([]bool, n)
		)
		for i := range o.Cards {
			c := &o.Cards[i]
			raw, err := json.Marshal(c.Choices)
			if err != nil {
				return fmt.Errorf("encode choices: %w", err)
			}
			tasks[i], keys[i], ids[i], letters[i], choices[i] = c.Task, c.User.Key(), string(c.User), c.Letter, string(cleanJSON(raw))
			kinds[i], asks[i], seqs[i], abouts[i] = c.About.Kind, c.Ask, c.Seq, c.About.ID
			versions[i], lanes[i], shown[i] = int32(c.About.Version), int16(c.Lane), c.Card //nolint:gosec // versions are small
		}
		b.Queue(insertCards, tasks, keys, ids, asks, seqs, letters, choices, kinds, abouts, versions, lanes, shown)
	}
	if n := len(o.Ends); n > 0 {
		tasks, states, says := make([]string, n), make([]string, n), make([]string, n)
		for i, e := range o.Ends {
			tasks[i], states[i], says[i] = e.Task, string(e.State), e.Say
		}
		b.Queue(endCards, tasks, states, says)
	}
	if o.Press != nil && o.Press.Code != "" {
		b.Queue(`UPDATE card SET response_code = $2, code_at = $3 WHERE task_id = $1 AND user_key = $4`,
			o.Press.TaskID, o.Press.Code, o.Now, o.Conv.User.Key())
	}
	return nil
}
