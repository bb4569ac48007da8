package pg

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"qingfeng/bot"
	"qingfeng/bot/convo"
)

const conversationColumns = `user_id, lease_token, stack, ask, pending, misses, mode, cards, others, pressed, entered_at`

func scanLane(row pgx.CollectableRow) (convo.Lane, error) {
	var (
		lane                    convo.Lane
		stack, pending, pressed []byte
		c                       = &lane.Conv
	)
	err := row.Scan(&c.User, &lane.Token, &stack, &c.Ask, &pending, &c.Misses, &c.Mode, &c.Cards, &c.Others, &pressed, &c.Entered)
	if err != nil {
		return lane, err
	}
	return lane, errors.Join(decode(stack, &c.Stack), decode(pending, &c.Pending), decode(pressed, &c.Pressed))
}

func decode(raw []byte, into any) error {
	if len(raw) == 0 || string(raw) == "[]" {
		return nil
	}
	return json.Unmarshal(raw, into)
}

const saveConversation = `
UPDATE conversation SET stack = $4, ask = $5, pending = $6, misses = $7, mode = $8, cards = $9, others = $10, pressed = $11,
	entered_at = CASE WHEN $12 THEN clock_timestamp() ELSE entered_at END,
	lease_until = CASE WHEN $13 THEN '-infinity' ELSE clock_timestamp() + $14::interval END,
	updated_at = now()
WHERE user_key = $1 AND lease_token = $2 AND cards = $3
RETURNING entered_at`

const doneRow = `UPDATE inbox SET state = $2, done_at = now(), error = $3 WHERE id = $1 AND state = 'new'`

const insertOutbox = `
INSERT INTO outbox (user_key, user_id, lane, kind, body, once, task_id)
SELECT o.user_key, o.user_id, o.lane, o.kind, o.body, o.once, o.task_id
FROM unnest($1::text[], $2::text[], $3::smallint[], $4::text[], $5::bytea[], $6::text[], $7::text[])
	WITH ORDINALITY AS o(user_key, user_id, lane, kind, body, once, task_id, place)
ORDER BY o.place
ON CONFLICT (once) WHERE once IS NOT NULL DO NOTHING`

// Turn runs fn in a transaction and applies what it returns, under the lane's token.
func (db *DB) Turn(ctx context.Context, lane *convo.Lane, row convo.Row, fn func(ctx context.Context) (*convo.Outcome, error)) error {
	return db.InTx(ctx, func(ctx context.Context) error {
		o, err := fn(ctx)
		if err != nil {
			return err
		}
		return db.apply(ctx, lane, row, o)
	})
}

// apply writes an outcome in one round trip.
func (db *DB) apply(ctx context.Context, lane *convo.Lane, row convo.Row, o *convo.Outcome) error {
	stack, err := toJSON(o.Conv.Stack)
	if err != nil {
		return err
	}
	if stack == nil {
		stack = []byte("[]")
	}
	pending, err := toJSON(o.Conv.Pending)
	if err != nil {
		return err
	}
	pressed, err := toJSON(o.Conv.Pressed)
	if err != nil {
		return err
	}
	key, c := lane.Conv.User.Key(), &o.Conv
	b := &pgx.Batch{}
	fenced, dead := true, false
	b.Queue(saveConversation, key, lane.Token, lane.Conv.Cards, stack, c.Ask, pending, c.Misses, string(c.Mode), c.Cards, c.Others,
		pressed, o.Entered, o.Last, lane.Lease).QueryRow(func(r pgx.Row) error {
		err := r.Scan(&c.Entered)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		fenced = false
		return err
	})
	state, code := "done", (*string)(nil)
	if o.Parked {
		state, code = "parked", &o.Code
	}
	if row.ID != 0 {
		b.Queue(doneRow, row.ID, state, code).Exec(func(tag commandTag) error {
			dead = tag.RowsAffected() == 0
			return nil
		})
	}
	gone := false
	if o.Handled != "" {
		b.Queue(`SELECT FROM card WHERE task_id = $1 AND state = 'live' FOR UPDATE`, o.Handled).Exec(func(tag commandTag) error {
			gone = tag.RowsAffected() == 0
			return nil
		})
	}
	queueOutbox(b, o.Out)
	if err := queueCards(b, o); err != nil {
		return err
	}
	if err := queueTimers(b, o.Timers); err != nil {
		return err
	}
	if len(o.Seated) > 0 {
		keys, counts := make([]string, 0, len(o.Seated)), make([]int64, 0, len(o.Seated))
		for key, n := range o.Seated {
			keys, counts = append(keys, key), append(counts, n)
		}
		b.Queue(`UPDATE conversation c SET cards = s.cards, others = true
FROM unnest($1::text[], $2::bigint[]) AS s(user_key, cards) WHERE c.user_key = s.user_key`, keys, counts)
	}
	if err := db.q(ctx).SendBatch(ctx, b).Close(); err != nil {
		return fmt.Errorf("save turn: %w", err)
	}
	switch {
	case fenced, gone:
		return convo.ErrStale // Reload tells which
	case dead:
		return convo.ErrFenced
	}
	return nil
}

func queueOutbox(b *pgx.Batch, out []convo.OutRow) {
	n := len(out)
	if n == 0 {
		return
	}
	keys, ids, kinds := make([]string, n), make([]string, n), make([]string, n)
	lanes, bodies := make([]int16, n), make([][]byte, n)
	once, tasks := make([]*string, n), make([]*string, n)
	for i := range out {
		o := &out[i]
		keys[i], ids[i], lanes[i], bodies[i], kinds[i] = o.To.Key(), string(o.To), int16(o.Lane), o.Body, "send"
		if o.Update {
			kinds[i] = "update"
		}
		once[i], tasks[i] = textOrNull(o.Once), textOrNull(o.Task)
	}
	b.Queue(insertOutbox, keys, ids, lanes, kinds, bodies, once, tasks)
}

func queueTimers(b *pgx.Batch, timers []convo.Timer) error {
	for _, t := range timers {
		body, err := json.Marshal(t.Message)
		if err != nil {
			return fmt.Errorf("encode timer: %w", err)
		}
		b.Queue(insertOne, t.Message.Dedupe, t.Message.From.Key(), string(t.Message.From), cleanJSON(body), orNull(t.Due))
	}
	return nil
}

// Reload reads a conversation again; ErrFenced when it has another owner.
func (db *DB) Reload(ctx context.Context, lane *convo.Lane) error {
	rows, err := db.q(ctx).Query(ctx, `SELECT `+conversationColumns+` FROM conversation WHERE user_key = $1 AND lease_token = $2`,
		lane.Conv.User.Key(), lane.Token)
	if err != nil {
		return fmt.Errorf("reload conversation: %w", err)
	}
	fresh, err := pgx.CollectExactlyOneRow(rows, scanLane)
	if errors.Is(err, pgx.ErrNoRows) {
		return convo.ErrFenced
	}
	if err != nil {
		return fmt.Errorf("reload conversation: %w", err)
	}
	lane.Conv = fresh.Conv
	return nil
}

// Seats locks conversations in key order, makes those that are missing, and returns
// them by key. It needs a transaction.
func (db *DB) Seats(ctx context.Context, users []bot.UserID) (map[string]convo.Seat, error) {
	users = slices.Clone(users)
	slices.SortFunc(users, func(a, b bot.UserID) int { return strings.Compare(a.Key(), b.Key()) })
	users = slices.CompactFunc(users, func(a, b bot.UserID) bool { return a.Key() == b.Key() })
	keys, ids := make([]string, len(users)), make([]string, len(users))
	for i, u := range users {
		keys[i], ids[i] = u.Key(), string(u)
	}
	b := &pgx.Batch{}
	b.Queue(`INSERT INTO conversation (user_key, user_id)
SELECT * FROM unnest($1::text[], $2::text[]) ON CONFLICT (user_key) DO NOTHING`, keys, ids)
	seats := make(map[string]convo.Seat, len(users))
	b.Queue(`SELECT user_key, mode, cards FROM conversation WHERE user_key = ANY($1) ORDER BY user_key FOR UPDATE`, keys).
		Query(func(rows pgx.Rows) error {
			var (
				key  string
				seat convo.Seat
			)
			_, err := pgx.ForEachRow(rows, []any{&key, &seat.Mode, &seat.Cards}, func() error {
				seats[key] = seat
				return nil
			})
			return err
		})
	if err := db.q(ctx).SendBatch(ctx, b).Close(); err != nil {
		return nil, fmt.Errorf("seats: %w", err)
	}
	return seats, nil
}

func toJSON(v any) ([]byte, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode conversation: %w", err)
	}
	if string(raw) == "null" {
		return nil, nil
	}
	return cleanJSON(raw), nil
}

// cleanJSON drops the one character that jsonb cannot hold: people do paste it.
func cleanJSON(raw []byte) []byte {
	if !bytes.Contains(raw, []byte(`\u0000`)) {
		return raw
	}
	out := make([]byte, 0, len(raw))
	for i := 0; i < len(raw); i++ {
		if raw[i] == '\\' && i+1 < len(raw) {
			if bytes.HasPrefix(raw[i:], []byte(`\u0000`)) {
				i += 5
				continue
			}
			out = append(out, raw[i], raw[i+1]) // an escape, two bytes at least
			i++
			continue
		}
		out = append(out, raw[i])
	}
	return out
}

// clean makes a name that text can hold.
func clean(s string) string { return strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "?") }

func textOrNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
