package pg

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"qingfeng/bot"
	"qingfeng/bot/opinion"
)

// HoldKey is the name of an outer key with how many arrivals wait under it.
type HoldKey struct {
	Name string
	N    int
}

// HoldCounts is what one release made of the arrivals under a key. Late are ballots of a
// survey that was closed before they were released; they are dropped, for it is counted.
// Bad could not be opened or placed: they stay in letter_hold until they are old (Prune).
type HoldCounts struct {
	Opinions, Tips, Lines, Ballots, Late, Bad int
}

// badKey stands before the day and the key's name of what the night could not open.
const badKey = "bad:"

// errBad: this arrival cannot be placed.
var errBad = errors.New("not an arrival that can be placed")

// hold takes one closed arrival.
func hold(ctx context.Context, db *DB, key string, body []byte) error {
	if key == "" || strings.HasPrefix(key, badKey) || len(body) == 0 {
		return errors.New("hold: no key or nothing to hold")
	}
	if _, err := db.q(ctx).Exec(ctx, `INSERT INTO letter_hold (key, body) VALUES ($1, $2)`, key, body); err != nil {
		return fmt.Errorf("hold: %w", err)
	}
	return nil
}

// HoldKeys are the outer keys under which arrivals wait, by name.
func (db *DB) HoldKeys(ctx context.Context) ([]HoldKey, error) {
	rows, err := db.q(ctx).Query(ctx, `SELECT key, count(*) FROM letter_hold WHERE NOT starts_with(key, $1) GROUP BY key ORDER BY key`, badKey)
	if err != nil {
		return nil, fmt.Errorf("hold keys: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[HoldKey])
	if err != nil {
		return nil, fmt.Errorf("hold keys: %w", err)
	}
	return list, nil
}

// Waiting is how many arrivals wait for the night; those that it could not open are not
// among them.
func (db *DB) Waiting(ctx context.Context) (n int, err error) {
	if err := db.q(ctx).QueryRow(ctx, `SELECT count(*) FROM letter_hold WHERE NOT starts_with(key, $1)`, badKey).Scan(&n); err != nil {
		return 0, fmt.Errorf("waiting arrivals: %w", err)
	}
	return n, nil
}

// Unopened is how many arrivals no night could open or place.
func (db *DB) Unopened(ctx context.Context) (n int, err error) {
	if err := db.q(ctx).QueryRow(ctx, `SELECT count(*) FROM letter_hold WHERE starts_with(key, $1)`, badKey).Scan(&n); err != nil {
		return 0, fmt.Errorf("unopened arrivals: %w", err)
	}
	return n, nil
}

// release is one night's work on the arrivals under one key.
type release struct {
	db    *DB
	key   string
	place func(opinion.Arrival) (due, purge time.Time)
	newID func() int64

	rows     []string // ids of letter_hold: what comes while we work stays for the next time
	arrivals []arrival
	bad      []string // of rows

	notices map[string]int64 // by code
	surveys map[string]int64 // running ones, by code
	letters map[string]letterAt
	counts  map[letterDay]int
	out     HoldCounts
}

// arrival is an opened row of letter_hold.
type arrival struct {
	opinion.Arrival
	row string
	day time.Time
}

// letterAt is what a receipt belongs to.
type letterAt struct {
	id    int64
	door  opinion.Door
	state opinion.State // of an opinion
	tip   string        // state of a tip
}

// ReleaseHold opens everything that waits under a key, shuffles it and writes it to where it
// belongs, in one transaction with its deletion: twice, or after a crash anywhere, nothing
// doubles. A row that does not open or cannot be placed never keeps the others back; it
// stays, under a name of its own. Call it when nothing can come under the key any more, and
// outside a transaction. place gives the promised day and the day of deletion of an arrival.
func (db *DB) ReleaseHold(ctx context.Context, key string, open func(body []byte) (opinion.Arrival, error),
	place func(opinion.Arrival) (due, purge time.Time), shuffle func(n int, swap func(i, j int)), newID func() int64,
) (HoldCounts, error) {
	if strings.HasPrefix(key, badKey) {
		return HoldCounts{}, errors.New("release: not a key's name")
	}
	var r *release
	err := db.InTx(ctx, func(ctx context.Context) error {
		r = &release{db: db, key: key, place: place, newID: newID, counts: map[letterDay]int{}}
		// One release at a time: a selector is looked for in tables that the other one fills.
		if _, err := db.q(ctx).Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('qingfeng release', 0))`); err != nil {
			return err
		}
		if err := r.open(ctx, open); err != nil {
			return err
		}
		if len(r.rows) == 0 {
			return nil
		}
		shuffle(len(r.arrivals), func(i, j int) { r.arrivals[i], r.arrivals[j] = r.arrivals[j], r.arrivals[i] })
		if err := r.lookUp(ctx); err != nil {
			return err
		}
		if err := r.write(ctx); err != nil {
			return err
		}
		return r.clear(ctx)
	})
	if err != nil {
		return HoldCounts{}, fmt.Errorf("release %s: %w", key, err)
	}
	if r.out != (HoldCounts{}) {
		db.scour(ctx, "letter_hold")
	}
	return r.out, nil
}

// scour takes rows that are gone out of the tables' files, as well as it can: nobody can
// open what is left of them, and the next night tries again. A transaction cannot do it. It
// waits for nobody for long: behind it would wait whoever writes, and a backup may take hours.
func (db *DB) scour(ctx context.Context, tables ...string) {
	if db.current(ctx) != nil {
		return
	}
	c, err := db.pool.Acquire(ctx)
	if err != nil {
		return
	}
	defer c.Release()
	if _, err := c.Exec(ctx, `SET lock_timeout = '2s'`); err != nil {
		return
	}
	for _, t := range tables {
		_, _ = c.Exec(ctx, `VACUUM (FULL) `+t)
	}
	if _, err := c.Exec(ctx, `RESET lock_timeout`); err != nil {
		_ = c.Conn().Close(ctx) // the pool makes another
	}
}

// open reads the rows and opens them one by one, so that the padded ones are never all in
// memory.
func (r *release) open(ctx context.Context, open func([]byte) (opinion.Arrival, error)) error {
	rows, err := r.db.q(ctx).Query(ctx, `SELECT id::text, body FROM letter_hold WHERE key = $1 FOR UPDATE`, r.key)
	if err != nil {
		return err
	}
	var id string
	var body []byte
	_, err = pgx.ForEachRow(rows, []any{&id, &body}, func() error {
		r.rows = append(r.rows, id)
		a := arrival{row: id}
		var err error
		if a.Arrival, err = open(body); err == nil {
			err = a.check()
		}
		if err != nil {
			r.bad = append(r.bad, id)
			return nil
		}
		r.arrivals = append(r.arrivals, a)
		return nil
	})
	return err
}

// check reports whether an arrival is complete.
func (a *arrival) check() error {
	on, err := time.ParseInLocation(time.DateOnly, a.Day, bot.Zone())
	if err != nil {
		return errBad
	}
	a.day = on
	door := a.Door == opinion.Office || a.Door == opinion.Discipline
	switch {
	case len(a.Body) == 0:
		return errBad
	case a.What == opinion.NewOpinion && door, a.What == opinion.NewLine && door && a.Selector != "", a.What == opinion.NewBallot && a.Survey != "":
		return nil
	}
	return errBad
}

// lookUp finds notices, running surveys and receipts by what arrivals say of them.
func (r *release) lookUp(ctx context.Context) error {
	var notices, surveys, selectors []string
	for _, a := range r.arrivals {
		notices, surveys, selectors = append(notices, a.Notice), append(surveys, a.Survey), append(selectors, a.Selector)
	}
	var err error
	if r.notices, err = r.idsBy(ctx, `SELECT code, id FROM public_notice WHERE code = ANY ($1)`, notices); err != nil {
		return err
	}
	// The lock holds a close off until the ballots are in.
	if r.surveys, err = r.idsBy(ctx, `SELECT code, id FROM open_survey WHERE code = ANY ($1) AND state = 'open' FOR SHARE`, surveys); err != nil {
		return err
	}
	r.letters = map[string]letterAt{}
	for _, at := range []struct {
		sql string
		get func(letterAt, string) letterAt
	}{
		{`SELECT selector, id, state FROM feedback WHERE selector = ANY ($1) FOR UPDATE`, func(l letterAt, s string) letterAt {
			l.door, l.state = opinion.Office, opinion.State(s)
			return l
		}},
		{`SELECT selector, id, state FROM sealed_tip WHERE selector = ANY ($1) FOR UPDATE`, func(l letterAt, s string) letterAt {
			l.door, l.tip = opinion.Discipline, s
			return l
		}},
	} {
		rows, err := r.db.q(ctx).Query(ctx, at.sql, selectors)
		if err != nil {
			return err
		}
		var selector, state string
		var l letterAt
		if _, err := pgx.ForEachRow(rows, []any{&selector, &l.id, &state}, func() error {
			r.letters[selector] = at.get(l, state)
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

func (r *release) idsBy(ctx context.Context, sql string, codes []string) (map[string]int64, error) {
	rows, err := r.db.q(ctx).Query(ctx, sql, codes)
	if err != nil {
		return nil, err
	}
	out := map[string]int64{}
	var code string
	var id int64
	_, err = pgx.ForEachRow(rows, []any{&code, &id}, func() error {
		out[code] = id
		return nil
	})
	return out, err
}

// write stores new letters and ballots first, then lines: one may belong to a letter of the
// same night.
func (r *release) write(ctx context.Context) error {
	b := &pgx.Batch{}
	var lines []arrival
	for _, a := range r.arrivals {
		switch a.What {
		case opinion.NewBallot:
			r.ballot(b, a)
		case opinion.NewOpinion:
			r.letter(b, a)
		default:
			lines = append(lines, a)
		}
	}
	for _, a := range lines {
		r.line(b, a)
	}
	if err := r.db.q(ctx).SendBatch(ctx, b).Close(); err != nil {
		return err
	}
	return countLetters(ctx, r.db, r.counts)
}

func (r *release) ballot(b *pgx.Batch, a arrival) {
	id, ok := r.surveys[a.Survey]
	if !ok {
		r.out.Late++
		return
	}
	r.out.Ballots++
	b.Queue(`INSERT INTO open_ballot (id, survey, body) VALUES ($1, $2, $3)`, r.newID(), id, a.Body)
}

func (r *release) letter(b *pgx.Batch, a arrival) {
	if _, taken := r.letters[a.Selector]; taken && a.Selector != "" {
		r.bad = append(r.bad, a.row) // the same one twice: two people never have one receipt
		return
	}
	id, answerTo, selector := r.newID(), null(a.AnswerTo), null(a.Selector)
	due, purge := r.place(a.Arrival)
	at := letterAt{id: id, door: a.Door, state: opinion.Received, tip: "received"}
	count := letterDay{Day: a.Day, Door: string(a.Door), Kind: "tip"} // of a clue not even which notice was open
	if a.Door == opinion.Discipline {
		r.out.Tips++
		b.Queue(`INSERT INTO sealed_tip (id, received_on, state, body, image, selector, salt, answer_to, purge_on) VALUES ($1, $2, 'received', $3, $4, $5, $6, $7, $8)`,
			id, a.day, a.Body, a.Image, selector, a.Salt, answerTo, nullDay(purge))
	} else {
		kind := a.Kind
		switch kind {
		case opinion.Suggestion, opinion.Correction, opinion.Praise, opinion.Other:
		default:
			kind = opinion.Other
		}
		r.out.Opinions++
		count.Kind, count.Notice = string(kind), r.notices[a.Notice]
		b.Queue(`INSERT INTO feedback (id, notice, point, kind, channel, received_on, state, body, image, selector, salt, answer_to, due_on, purge_on)
			VALUES ($1, $2, $3, $4, 'web', $5, 'received', $6, $7, $8, $9, $10, $11, $12)`,
			id, null(r.notices[a.Notice]), a.Point, kind, a.day, a.Body, a.Image, selector, a.Salt, answerTo, nullDay(due), nullDay(purge))
	}
	r.counts[count]++
	if a.Selector != "" {
		r.letters[a.Selector] = at
	}
}

// line adds to the letter of a receipt, wherever that is now. An answered one is open again,
// with a new promise; a closed one keeps what was added and stays closed.
func (r *release) line(b *pgx.Batch, a arrival) {
	to, ok := r.letters[a.Selector]
	if !ok {
		r.bad = append(r.bad, a.row)
		return
	}
	if to.door == opinion.Discipline {
		r.out.Lines++
		b.Queue(`INSERT INTO tip_line (id, tip, on_day, body) VALUES ($1, $2, $3, $4)`, r.newID(), to.id, a.day, a.Body)
		if to.tip == "answered" {
			b.Queue(`UPDATE sealed_tip SET state = 'seen', rev = rev + 1 WHERE id = $1 AND state = 'answered'`, to.id)
		}
		return
	}
	next, err := opinion.Next(to.state, opinion.MoveLine)
	if err != nil {
		r.bad = append(r.bad, a.row)
		return
	}
	r.out.Lines++
	b.Queue(`INSERT INTO feedback_line (id, feedback, on_day, body) VALUES ($1, $2, $3, $4)`, r.newID(), to.id, a.day, a.Body)
	if next != to.state {
		due, purge := r.place(a.Arrival)
		b.Queue(`UPDATE feedback SET state = $2, due_on = greatest(due_on, $3), purge_on = greatest(purge_on, $4), rev = rev + 1 WHERE id = $1`,
			to.id, next, nullDay(due), nullDay(purge))
		to.state = next
		r.letters[a.Selector] = to
	}
}

// clear takes away what is placed and puts what is bad aside.
func (r *release) clear(ctx context.Context) error {
	q := r.db.q(ctx)
	if r.out.Bad = len(r.bad); r.out.Bad > 0 {
		_, err := q.Exec(ctx, `UPDATE letter_hold SET key = $3 || to_char(now() AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD') || ':' || key
			WHERE key = $1 AND id = ANY ($2::text[]::uuid[])`, r.key, r.bad, badKey)
		if err != nil {
			return err
		}
	}
	_, err := q.Exec(ctx, `DELETE FROM letter_hold WHERE key = $1 AND id = ANY ($2::text[]::uuid[])`, r.key, r.rows)
	return err
}
