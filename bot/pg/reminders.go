package pg

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"qingfeng/bot"
	"qingfeng/bot/plan"
)

// Locks on reminders: a fan-out locks people first, then their due reminders. Whoever
// else changes reminders passes over what is locked (SKIP LOCKED) or only adds rows, so
// nobody waits in a circle.

const insertReminders = `
INSERT INTO reminder (obligation_id, version, rung, again, recipient, step, urgent, at)
SELECT obligation, version, rung, again, recipient, step, urgent, at
FROM unnest($1::bigint[], $2::int[], $3::int[], $4::int[], $5::bigint[], $6::int[], $7::boolean[], $8::timestamptz[])
	AS u (obligation, version, rung, again, recipient, step, urgent, at)
ORDER BY obligation, version, rung, again, recipient -- in one order, whoever adds
ON CONFLICT DO NOTHING`

// What was dropped as done and is owed again, a form that came back, is said after all.
const reviveReminders = `
UPDATE reminder r SET state = 'planned', why = '', at = m.at
FROM (
	SELECT o.id, u.at FROM unnest($1::bigint[], $2::int[], $3::int[], $4::int[], $5::bigint[], $6::timestamptz[])
		AS u (obligation, version, rung, again, recipient, at)
	JOIN reminder o ON o.obligation_id = u.obligation AND o.version = u.version AND o.rung = u.rung AND o.again = u.again AND o.recipient = u.recipient
	WHERE o.state = 'dropped' AND o.why = 'done'
	FOR UPDATE OF o SKIP LOCKED) m
WHERE r.id = m.id`

// columns are reminders as arrays, a column each.
type columns struct {
	obligation, recipient      []int64
	version, rung, again, step []int32
	urgent                     []bool
	at                         []time.Time
}

func columnsOf(rs []plan.Reminder) columns {
	n := len(rs)
	c := columns{
		make([]int64, n), make([]int64, n), make([]int32, n), make([]int32, n), make([]int32, n), make([]int32, n), make([]bool, n), make([]time.Time, n),
	}
	for i, m := range rs {
		c.obligation[i], c.recipient[i], c.urgent[i], c.at[i] = m.Obligation, m.To, m.Urgent, m.At
		c.version[i], c.rung[i], c.again[i], c.step[i] = int32(m.Version), int32(m.Rung), int32(m.Again), int32(m.Step)
	}
	return c
}

// AddReminders stores reminders that are not there yet and brings back those that were
// dropped as done; how many. Of two planners at once one adds and the other finds.
func (r *Register) AddReminders(ctx context.Context, rs []plan.Reminder) (int, error) {
	if len(rs) == 0 {
		return 0, nil
	}
	c := columnsOf(rs)
	added, err := r.DB.q(ctx).Exec(ctx, insertReminders, c.obligation, c.version, c.rung, c.again, c.recipient, c.step, c.urgent, c.at)
	if err != nil {
		return 0, fmt.Errorf("add reminders: %w", err)
	}
	if int(added.RowsAffected()) == len(rs) {
		return len(rs), nil
	}
	revived, err := r.DB.q(ctx).Exec(ctx, reviveReminders, c.obligation, c.version, c.rung, c.again, c.recipient, c.at)
	if err != nil {
		return 0, fmt.Errorf("revive reminders: %w", err)
	}
	return int(added.RowsAffected() + revived.RowsAffected()), nil
}

// Heard is, by obligation, the highest step that was told of it at an earlier rung of
// the same schedule than these reminders'.
func (r *Register) Heard(ctx context.Context, rs []plan.Reminder) (map[int64]int, error) {
	c := columnsOf(rs)
	rows, err := r.DB.q(ctx).Query(ctx, `
SELECT u.obligation, max(o.step) FROM unnest($1::bigint[], $2::int[], $3::int[]) AS u (obligation, version, rung)
JOIN reminder o ON o.obligation_id = u.obligation AND o.version = u.version AND o.rung < u.rung AND o.state = 'queued'
GROUP BY u.obligation`, c.obligation, c.version, c.rung)
	if err != nil {
		return nil, fmt.Errorf("heard: %w", err)
	}
	heard := map[int64]int{}
	var id int64
	var step int
	if _, err = pgx.ForEachRow(rows, []any{&id, &step}, func() error { heard[id] = step; return nil }); err != nil {
		return nil, fmt.Errorf("heard: %w", err)
	}
	return heard, nil
}

// Again adds one more reminder of the same rung for each, at its moment (明天再提醒,
// 催办), unless one waits already; how many were added. Pressed twice at once adds one.
func (r *Register) Again(ctx context.Context, rs []plan.Reminder) (int, error) {
	if len(rs) == 0 {
		return 0, nil
	}
	c := columnsOf(rs)
	tag, err := r.DB.q(ctx).Exec(ctx, `
INSERT INTO reminder (obligation_id, version, rung, again, recipient, step, urgent, at)
SELECT u.obligation, u.version, u.rung, 1 + coalesce((SELECT max(o.again) FROM reminder o
	WHERE o.obligation_id = u.obligation AND o.version = u.version AND o.rung = u.rung AND o.recipient = u.recipient), 0),
	u.recipient, u.step, u.urgent, u.at
FROM (SELECT DISTINCT ON (obligation, version, recipient) * -- of several rungs the latest
	FROM unnest($1::bigint[], $2::int[], $3::int[], $4::bigint[], $5::int[], $6::boolean[], $7::timestamptz[])
		AS t (obligation, version, rung, recipient, step, urgent, at) ORDER BY obligation, version, recipient, rung DESC) u
WHERE NOT EXISTS (SELECT FROM reminder o WHERE o.obligation_id = u.obligation AND o.version = u.version AND o.recipient = u.recipient
	AND o.state = 'planned' AND o.at <= u.at)
ORDER BY u.obligation, u.version, u.rung, u.recipient
ON CONFLICT DO NOTHING`, c.obligation, c.version, c.rung, c.recipient, c.step, c.urgent, c.at)
	if err != nil {
		return 0, fmt.Errorf("remind again: %w", err)
	}
	return int(tag.RowsAffected()), nil
}

// DropReminders takes planned reminders back whose obligation has another schedule by
// now or is not owed any more; how many. What a fan-out is just looking at it leaves.
func (r *Register) DropReminders(ctx context.Context) (int, error) {
	tag, err := r.DB.q(ctx).Exec(ctx, `
UPDATE reminder r SET state = 'dropped', why = m.why
FROM (
	SELECT r.id, CASE WHEN b.version <> r.version THEN 'moved' ELSE 'done' END AS why
	FROM reminder r JOIN obligation b ON b.id = r.obligation_id`+owesFrom+`
	WHERE r.state = 'planned' AND (b.version <> r.version OR NOT `+owes+`)
	FOR UPDATE OF r SKIP LOCKED) m
WHERE r.id = m.id`)
	if err != nil {
		return 0, fmt.Errorf("drop reminders: %w", err)
	}
	return int(tag.RowsAffected()), nil
}

const reminderCols = `r.id, r.version, r.rung, r.again, r.recipient, r.step, r.urgent, r.at, `

func scanItem(i *plan.Item) []any {
	m := &i.Reminder
	return append([]any{&m.ID, &m.Version, &m.Rung, &m.Again, &m.To, &m.Step, &m.Urgent, when{&m.At}}, scanObligation(&i.Obligation)...)
}

// TodaysReminders are what a person was reminded of on a day, as queued, by due day; an
// obligation once, with its latest rung.
func (r *Register) TodaysReminders(ctx context.Context, person int64, on time.Time) ([]plan.Item, error) {
	list, err := all(ctx, r, scanItem, `SELECT DISTINCT ON (b.due_on, b.id) `+reminderCols+obligationCols+obligationFrom+`
		JOIN reminder r ON r.obligation_id = b.id
		WHERE r.recipient = $1 AND r.said_on = $2 AND r.push_to IS NOT NULL AND r.state = 'queued'
		ORDER BY b.due_on, b.id, r.rung DESC, r.again DESC`, person, bot.Civil(on))
	if err != nil {
		return nil, fmt.Errorf("today's reminders: %w", err)
	}
	for i := range list {
		list[i].Reminder.Obligation = list[i].Obligation.ID
	}
	return list, nil
}

// ClaimReminders takes up to n people above an id for whom reminders are due at now,
// hands them to fn with everything as it stands, and writes what fn makes of each
// reminder: all in one transaction, which QueuePush joins. People that another fan-out
// has are passed over. next is the id to go on above, 0 at the end.
//
// The lock is on the person and not on reminders: a person's reminders stay together.
func (r *Register) ClaimReminders(ctx context.Context, now time.Time, after int64, n int,
	fn func(ctx context.Context, people []plan.Addressee) ([]plan.Fate, error),
) (next int64, err error) {
	err = r.DB.InTx(ctx, func(ctx context.Context) error {
		locked, last, err := r.lockAddressees(ctx, now, after, n)
		if err != nil || last == 0 {
			return err
		}
		next = last
		if len(locked) == 0 {
			return nil
		}
		// In statements of their own: they see what was committed before the locks were ours.
		people, err := r.addressees(ctx, now, locked)
		if err != nil {
			return err
		}
		fates, err := fn(ctx, people)
		if err != nil {
			return err
		}
		return r.settle(ctx, fates)
	})
	if err != nil {
		return 0, fmt.Errorf("claim reminders: %w", err)
	}
	return next, nil
}

func (r *Register) lockAddressees(ctx context.Context, now time.Time, after int64, n int) (locked []int64, last int64, err error) {
	rows, err := r.DB.q(ctx).Query(ctx, `
SELECT DISTINCT recipient FROM reminder WHERE state = 'planned' AND recipient > $1 AND at <= $2 ORDER BY recipient LIMIT $3`, after, now, 4*n)
	if err != nil {
		return nil, 0, err
	}
	due, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil || len(due) == 0 {
		return nil, 0, err
	}
	rows, err = r.DB.q(ctx).Query(ctx, `SELECT id FROM person WHERE id = ANY ($1) ORDER BY id LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED`, due, n)
	if err != nil {
		return nil, 0, err
	}
	locked, err = pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, 0, err
	}
	if len(locked) == n {
		return locked, locked[n-1], nil
	}
	return locked, due[len(due)-1], nil
}

// addressees reads claimed people and locks their due reminders.
func (r *Register) addressees(ctx context.Context, now time.Time, ids []int64) ([]plan.Addressee, error) {
	keys := make([]string, len(ids))
	for i, id := range ids {
		keys[i] = plan.RemindOnce(id, now)
	}
	people, err := all(ctx, r, func(a *plan.Addressee) []any { return []any{&a.Person, &a.User, &a.Active, &a.Mode, &a.Said} }, `
		SELECT p.id, p.userid, p.active, coalesce(v.mode, ''), t.id IS NOT NULL
		FROM unnest($1::bigint[], $2::text[]) AS u (person, once) JOIN person p ON p.id = u.person
		LEFT JOIN conversation v ON v.user_key = p.user_key LEFT JOIN push_to t ON t.once = u.once
		ORDER BY p.id`, ids, keys)
	if err != nil {
		return nil, err
	}
	at := make(map[int64]int, len(people))
	for i, a := range people {
		at[a.Person] = i
	}
	ready, err := all(ctx, r, func(i *plan.Ready) []any { return append(scanItem(&i.Item), &i.Open) }, `
		SELECT `+reminderCols+obligationCols+`, `+owes+obligationFrom+` JOIN reminder r ON r.obligation_id = b.id
		WHERE r.recipient = ANY ($1) AND r.state = 'planned' AND r.at <= $2 ORDER BY r.recipient, r.id FOR UPDATE OF r`, ids, now)
	if err != nil {
		return nil, err
	}
	for _, one := range ready {
		one.Reminder.Obligation = one.Item.Obligation.ID
		a := &people[at[one.To]]
		a.Ready = append(a.Ready, one)
	}
	for _, a := range people {
		slices.SortFunc(a.Ready, func(x, y plan.Ready) int {
			return cmp.Or(x.Item.Obligation.Due.Compare(y.Item.Obligation.Due), cmp.Compare(x.ID, y.ID))
		})
	}
	return people, nil
}

// settle writes what becomes of claimed reminders.
func (r *Register) settle(ctx context.Context, fates []plan.Fate) error {
	if len(fates) == 0 {
		return nil
	}
	n := len(fates)
	ids, push := make([]int64, n), make([]int64, n)
	states, whys, on := make([]string, n), make([]string, n), make([]string, n)
	at := make([]*time.Time, n)
	for i, f := range fates {
		if f.State == plan.Planned && f.At.IsZero() || f.State == plan.Queued && (f.PushTo == 0 || f.On.IsZero()) {
			return errors.New("a reminder without its moment or its message")
		}
		ids[i], push[i], states[i], whys[i], on[i] = f.ID, f.PushTo, f.State, f.Why, isoDay(f.On)
		if !f.At.IsZero() {
			at[i] = &fates[i].At
		}
	}
	_, err := r.DB.q(ctx).Exec(ctx, `
UPDATE reminder r SET state = f.state, why = f.why, at = coalesce(f.at, r.at), push_to = nullif(f.push, 0), said_on = nullif(f.said, '')::date
FROM unnest($1::bigint[], $2::text[], $3::text[], $4::timestamptz[], $5::bigint[], $6::text[]) AS f (id, state, why, at, push, said)
WHERE r.id = f.id AND r.state = 'planned'`, ids, states, whys, at, push, on)
	return err
}

// NotDelivered are people who did not get something since, newest first, once for each
// kind of thing and what became of it.
func (r *Register) NotDelivered(ctx context.Context, since time.Time) ([]plan.Undelivered, error) {
	list, err := all(ctx, r, func(u *plan.Undelivered) []any { return []any{&u.Person, &u.Name, &u.Kind, &u.State, when{&u.At}} }, `
		SELECT x.person, p.name, x.kind, x.state, max(x.at) AS at FROM (
			SELECT q.id AS person, CASE o.lane WHEN 0 THEN 'reply' ELSE 'notice' END AS kind,
				CASE WHEN o.invalid THEN 'invalid' ELSE o.state END AS state, coalesce(o.tried_at, o.first_try_at, o.created_at) AS at
			FROM outbox o JOIN person q ON q.user_key = o.user_key WHERE o.kind = 'send' AND o.state IN ('held', 'failed') -- not the change of an old card
			UNION ALL
			SELECT t.person, u.kind, t.state, t.at FROM push_to t JOIN push u ON u.id = t.push_id
			WHERE t.state IN ('invalid', 'held', 'failed') AND t.at >= $1
		) x JOIN person p ON p.id = x.person
		WHERE x.at >= $1 GROUP BY x.person, p.name, x.kind, x.state ORDER BY max(x.at) DESC, x.person`, since)
	if err != nil {
		return nil, fmt.Errorf("not delivered: %w", err)
	}
	return list, nil
}

// RemindersDue reports whether anything is due at now.
func (r *Register) RemindersDue(ctx context.Context, now time.Time) (due bool, err error) {
	err = r.DB.q(ctx).QueryRow(ctx, `SELECT EXISTS (SELECT FROM reminder WHERE state = 'planned' AND at <= $1)`, now).Scan(&due)
	if err != nil {
		return false, fmt.Errorf("reminders due: %w", err)
	}
	return due, nil
}
