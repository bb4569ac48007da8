package pg

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"qingfeng/bot"
)

// QueuePush says one thing to many people, each at most once per Once whoever asks and
// however often. It returns how many were new. The words are stored once for cards and
// once for text; Freeze makes bytes of them.
func (r *Register) QueuePush(ctx context.Context, p bot.Push, to []bot.PushTo) (queued int, err error) {
	ids, err := r.queuePush(ctx, p, to)
	return len(ids), err
}

// QueuePushIDs is QueuePush that tells which push_to row each person got. Whoever is
// not in the answer had theirs before. One call holds a person once.
func (r *Register) QueuePushIDs(ctx context.Context, p bot.Push, to []bot.PushTo) (map[int64]int64, error) {
	rows, err := r.queuePush(ctx, p, to)
	ids := make(map[int64]int64, len(rows))
	for _, row := range rows {
		ids[row.person] = row.id
	}
	return ids, err
}

type pushRow struct{ id, person int64 }

func (r *Register) queuePush(ctx context.Context, p bot.Push, to []bot.PushTo) (queued []pushRow, err error) {
	byMode := map[bot.Mode][]bot.PushTo{}
	for _, t := range to {
		mode := bot.ModeCard
		if t.Mode == bot.ModeText {
			mode = bot.ModeText
		}
		byMode[mode] = append(byMode[mode], t)
	}
	err = r.DB.InTx(ctx, func(ctx context.Context) error {
		for _, mode := range []bot.Mode{bot.ModeCard, bot.ModeText} {
			if len(byMode[mode]) == 0 {
				continue
			}
			push, err := r.pushWords(ctx, p, mode)
			if err != nil {
				return err
			}
			rows, err := r.pushPeople(ctx, push, byMode[mode])
			if err != nil {
				return err
			}
			queued = append(queued, rows...)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("queue push: %w", err)
	}
	return queued, nil
}

// pushWords stores words for one mode, once a day.
func (r *Register) pushWords(ctx context.Context, p bot.Push, mode bot.Mode) (id int64, err error) {
	reply := bot.Reply{Lane: p.Lane, Text: p.Text}
	if mode == bot.ModeCard {
		reply.Card = &p.Card
	}
	raw, err := json.Marshal(reply)
	if err != nil {
		return 0, fmt.Errorf("encode: %w", err)
	}
	raw = cleanJSON(raw)
	h := sha256.New()
	fmt.Fprintf(h, "%q %d %q %s\n", p.Kind, p.Lane, mode, bot.Civil(r.Now()).Format(time.DateOnly))
	h.Write(raw)
	digest := h.Sum(nil)
	// Not ON CONFLICT DO UPDATE: that would hold everybody with the same words until we commit.
	err = r.DB.q(ctx).QueryRow(ctx, `
INSERT INTO push (digest, kind, lane, mode, reply) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (digest) DO NOTHING RETURNING id`,
		digest, p.Kind, int16(p.Lane), string(mode), raw).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		err = r.DB.q(ctx).QueryRow(ctx, `SELECT id FROM push WHERE digest = $1`, digest).Scan(&id)
	}
	return id, err
}

// pushPeople adds receivers in one statement, in one order for everybody. Who has no
// usable WeCom id is kept as not delivered.
func (r *Register) pushPeople(ctx context.Context, push int64, to []bot.PushTo) ([]pushRow, error) {
	people, users, once := make([]int64, len(to)), make([]string, len(to)), make([]string, len(to))
	for i, t := range to {
		if t.Once == "" {
			return nil, errors.New("a receiver without a once key")
		}
		people[i], users[i], once[i] = t.Person, string(t.User), t.Once
	}
	rows, err := r.DB.q(ctx).Query(ctx, `
INSERT INTO push_to (push_id, person, user_id, once, state)
SELECT $1, person, user_id, once, CASE WHEN user_id ~ '^@|[|[:space:]]|^$' THEN 'invalid' ELSE 'waiting' END
FROM unnest($2::bigint[], $3::text[], $4::text[]) AS t(person, user_id, once)
ORDER BY once
ON CONFLICT (once) DO NOTHING
RETURNING id, person`, push, people, users, once)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (p pushRow, err error) { return p, row.Scan(&p.id, &p.person) })
}
