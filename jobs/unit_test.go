package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/pg"
	"qingfeng/bot/pg/pgtest"
	bplan "qingfeng/bot/plan"
	"qingfeng/jobs"
)

// unit is a body with people 1…n in one section: 1 is its head, 2 its leader in charge,
// 3 the office director. A campaign is open since the first of October 2026.
type unit struct {
	t   testing.TB
	reg *pg.Register
	db  *pg.DB

	mu  sync.Mutex
	now time.Time
}

func newUnit(t testing.TB, people int) *unit {
	t.Helper()
	u := &unit{t: t, db: pgtest.New(t)}
	u.clock("2026-10-08T08:05:00")
	u.reg = pg.NewRegister(u.db, u.Now)
	u.exec(`INSERT INTO unit (name, pack) VALUES ('栖云县交通运输局', 'county')`)
	u.exec(`INSERT INTO section (unit_id, name) SELECT id, '财务审计股' FROM unit`)
	u.exec(`INSERT INTO person (user_key, userid, name) SELECT 'u' || i, 'u' || i, '人' || i FROM generate_series(1, $1::int) i ORDER BY i`, people)
	u.exec(`INSERT INTO role_grant (person_id, role, section_id, from_on, source) VALUES
		(1, 'section_head', 1, '2026-01-01', 'hand'), (2, 'leader_in_charge', 1, '2026-01-01', 'hand'), (3, 'office_director', NULL, '2026-01-01', 'hand')`)
	u.exec(`INSERT INTO campaign (name, year, pack, due_on, state, opened_at) VALUES ('排查', 2026, 'county', '2026-10-16', 'open', '2026-10-01')`)
	return u
}

func (u *unit) Now() time.Time { u.mu.Lock(); defer u.mu.Unlock(); return u.now }

// clock sets the time, as the clocks in the unit show it.
func (u *unit) clock(s string) {
	u.t.Helper()
	m, err := time.ParseInLocation("2006-01-02T15:04:05", s, bot.Zone())
	if err != nil {
		u.t.Fatal(err)
	}
	u.mu.Lock()
	u.now = m
	u.mu.Unlock()
}

func (u *unit) exec(sql string, args ...any) {
	u.t.Helper()
	if _, err := u.db.Pool().Exec(u.t.Context(), sql, args...); err != nil {
		u.t.Fatal(err)
	}
}

// owes gives people from…to a filing each, due on a day of October.
func (u *unit) owes(code string, from, to, day int) {
	u.t.Helper()
	u.exec(`INSERT INTO obligation (campaign_id, code, name, kind, owner, owner_role, section_id, due_on, original_due_on, since_on)
		SELECT 1, $1::text, $1::text, 'filing', i, 'post_holder', 1, make_date(2026, 10, $4), make_date(2026, 10, $4), '2026-10-01'
		FROM generate_series($2::int, $3::int) i ORDER BY i`, code, from, to, day)
}

func (u *unit) planner() jobs.Planner {
	return jobs.Planner{Store: u.reg, Now: u.Now, Log: slog.New(slog.DiscardHandler)}
}

func (u *unit) plan() {
	u.t.Helper()
	if err := u.planner().Do(u.t.Context()); err != nil {
		u.t.Fatal(err)
	}
}

func (u *unit) fanout() jobs.Fanout {
	return jobs.Fanout{Store: u.reg, Say: say, Now: u.Now, Log: slog.New(slog.DiscardHandler)}
}

func (u *unit) fan() {
	u.t.Helper()
	if err := u.fanout().Do(u.t.Context(), u.Now()); err != nil {
		u.t.Fatal(err)
	}
}

// day lets a day pass: it is planned at 8:05, and said when its moment has come.
func (u *unit) day(date string) {
	u.t.Helper()
	u.clock(date + "T08:05:00")
	u.plan()
	u.fan() // it is not yet time
	u.clock(date + "T09:01:00")
	u.fan()
}

// say puts items into words that hold nothing of a person's own.
func say(day time.Time, items []bplan.Item, _ bplan.Org) bot.Push {
	var lines []string
	for _, i := range items {
		lines = append(lines, fmt.Sprintf("%s %+d", i.Obligation.Code, i.Rung))
	}
	slices.Sort(lines)
	return bot.Push{Kind: "reminder", Lane: bot.LaneBulk, Text: day.Format("0102") + ": " + strings.Join(lines, ", "), Card: bot.Card{Body: strings.Join(lines, ", ")}}
}

// told are the messages a person got, oldest first.
func (u *unit) told(person int) (out []string) {
	u.t.Helper()
	rows, err := u.db.Pool().Query(u.t.Context(), `SELECT p.mode || ' ' || coalesce(p.reply->'Card'->>'Body', p.reply->>'Text')
		FROM push_to t JOIN push p ON p.id = t.push_id WHERE t.person = $1 ORDER BY t.id`, person)
	if err != nil {
		u.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			u.t.Fatal(err)
		}
		out = append(out, s)
	}
	return out
}

func (u *unit) expect(what string, person int, want ...string) {
	u.t.Helper()
	if got := u.told(person); !slices.Equal(got, want) {
		u.t.Errorf("%s: told %q, want %q", what, got, want)
	}
}

// count counts rows.
func (u *unit) count(from string) (n int) {
	u.t.Helper()
	if err := u.db.Pool().QueryRow(u.t.Context(), `SELECT count(*) FROM `+from).Scan(&n); err != nil {
		u.t.Fatal(err)
	}
	return n
}

// again asks for one more of everything a person was reminded of on a day.
func (u *unit) again(person int64, on, at time.Time) int {
	u.t.Helper()
	items, err := u.reg.TodaysReminders(u.t.Context(), person, on)
	if err != nil {
		u.t.Fatal(err)
	}
	var rs []bplan.Reminder
	for _, i := range items {
		i.Reminder.At = at
		rs = append(rs, i.Reminder)
	}
	n, err := u.reg.Again(u.t.Context(), rs)
	if err != nil {
		u.t.Fatal(err)
	}
	return n
}

var errKilled = errors.New("killed")

// dying is a store that fails before it commits its page number at.
type dying struct {
	*pg.Register
	at   int
	page int
}

func (d *dying) ClaimReminders(ctx context.Context, now time.Time, after int64, n int, fn func(context.Context, []bplan.Addressee) ([]bplan.Fate, error)) (int64, error) {
	return d.Register.ClaimReminders(ctx, now, after, n, func(ctx context.Context, people []bplan.Addressee) ([]bplan.Fate, error) {
		fates, err := fn(ctx, people)
		if d.page++; d.page == d.at {
			err = errKilled
		}
		return fates, err
	})
}
