//go:build bench || faults

package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/pg"
)

// pushDay is the civil day on which the runs take place: a Tuesday after the holidays.
func pushDay() time.Time { return time.Date(2026, 10, 13, 0, 0, 0, 0, bot.Zone()) }

// crowd puts n people in sections of twenty into a migrated database, without the import,
// which checks every row of a sheet and takes its time for 100,000.
func crowd(t *testing.T, db *pg.DB, n int) {
	t.Helper()
	for _, sql := range []string{
		`INSERT INTO unit (name, pack) VALUES ('试验县交通运输局', 'county')`,
		`INSERT INTO section (unit_id, name, pos) SELECT 1, '第' || s || '股', s FROM generate_series(1, ($1::int + 19) / 20) s`,
		`INSERT INTO post (section_id, name, stratum, pos) SELECT (i / 20) + 1, '岗位' || i, 'general', i FROM generate_series(0, $1::int - 1) i`,
		`INSERT INTO person (user_key, userid, name, from_roster) SELECT x.id, x.id, '人员' || i, true FROM generate_series(0, $1::int - 1) i, format('user%s', lpad(i::text, 5, '0')) AS x (id)`,
		`INSERT INTO assignment (person_id, post_id, from_on) SELECT i, i, '2026-01-01' FROM generate_series(1, $1::int) i`,
	} {
		var args []any
		if strings.Contains(sql, "$1") {
			args = append(args, n)
		}
		if _, err := db.Pool().Exec(t.Context(), sql, args...); err != nil {
			t.Fatal(err)
		}
	}
}

// pushTemplate makes the database that every run starts from a copy of: everybody owes
// one thing today, and one more tomorrow, of which nothing may be said yet.
func pushTemplate(t *testing.T, s *store, people, texts int) {
	t.Helper()
	a := wired(t, s.database(t, "pushed", ""), "http://127.0.0.1:1")
	crowd(t, a.db, people)
	const owe = `
INSERT INTO obligation (code, name, kind, owner, owner_role, section_id, receiver, due_on, original_due_on, since_on)
SELECT $1 || x.n % $2, '第' || x.n % $2 || '类材料', 'filing', x.person_id, 'post_holder', x.section_id, 'office_director', $3::date, $3::date, $3::date - 20
FROM (SELECT a.person_id, o.section_id, dense_rank() OVER (ORDER BY o.section_id) AS n
	FROM assignment a JOIN post o ON o.id = a.post_id) x`
	for code, due := range map[string]time.Time{"today": pushDay(), "later": pushDay().AddDate(0, 0, 9)} {
		if _, err := a.db.Pool().Exec(t.Context(), owe, code, texts, due); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := a.db.Pool().Exec(t.Context(), "VACUUM ANALYZE"); err != nil {
		t.Fatal(err)
	}
	a.db.Close()
}

// pushing is one run of a push under faults.
type pushing struct {
	*ordeal
	people  int
	clocks  []string // a file for each instance
	ahead   time.Duration
	struck  time.Time // when instances were killed
	victims int       // how many
}

// newPushing readies two instances under the clock of pushDay, some seconds before a
// full minute: what is due is planned, and a minute later said.
func newPushing(t *testing.T, s *store, people int, name string, vars map[string]string) *pushing {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &pushing{ordeal: scene(t, s, self, name, "pushed", people, vars), people: people}
	p.ahead = time.Until(pushDay().Add(9*time.Hour + 21*time.Minute + 54*time.Second))
	if _, err := p.db.Pool().Exec(t.Context(), fmt.Sprintf("ALTER DATABASE %s SET qingfeng.ahead = '%d seconds'", name, int(p.ahead.Seconds()))); err != nil {
		t.Fatal(err)
	}
	for _, n := range p.nodes {
		path := filepath.Join(t.TempDir(), "clock")
		p.clocks = append(p.clocks, path)
		n.env = append(n.env, clockFile+"="+path)
		p.jump(t, len(p.clocks)-1, 0)
	}
	p.sim.SetCallbackURL(serveHTTP(t, http.HandlerFunc(p.balance)) + "/wecom/callback")
	return p
}

// jump puts an instance's clock ahead of what it should be.
func (p *pushing) jump(t *testing.T, node int, by time.Duration) {
	t.Helper()
	file := p.clocks[node]
	if err := os.WriteFile(file+".new", []byte((p.ahead + by).String()), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(file+".new", file); err != nil {
		t.Fatal(err)
	}
}

func (p *pushing) begin(t *testing.T) {
	t.Helper()
	for _, n := range p.nodes {
		n.begin(t)
	}
}

// counted is what the database says of a push, by one query.
type counted struct {
	Owed, Reminders, Planned, Dropped, Queued, Said, Sent, Invalid, Held, Open, Early int
}

const reconcile = `
SELECT (SELECT count(*) FROM obligation WHERE code LIKE 'today%') AS owed,
	(SELECT count(*) FROM reminder) AS reminders,
	(SELECT count(*) FROM reminder WHERE state = 'planned') AS planned,
	(SELECT count(*) FROM reminder WHERE state = 'dropped') AS dropped,
	(SELECT count(*) FROM reminder WHERE state = 'queued') AS queued,
	(SELECT count(DISTINCT person) FROM push_to WHERE state <> 'thawed') AS said,
	(SELECT count(*) FROM push_to WHERE state = 'sent') AS sent,
	(SELECT count(*) FROM push_to WHERE state = 'invalid') AS invalid,
	(SELECT count(*) FROM push_to WHERE state = 'held') AS held,
	(SELECT count(*) FROM push_to WHERE state IN ('waiting', 'frozen')) AS open,
	(SELECT count(*) FROM reminder r JOIN obligation o ON o.id = r.obligation_id WHERE o.code LIKE 'later%') AS early`

func (p *pushing) count(ctx context.Context) (c counted, err error) {
	err = p.db.Pool().QueryRow(ctx, reconcile).Scan(&c.Owed, &c.Reminders, &c.Planned, &c.Dropped, &c.Queued, &c.Said, &c.Sent, &c.Invalid, &c.Held, &c.Open, &c.Early)
	return c, err
}

// done waits until everybody's reminder has an outcome.
func (p *pushing) done(t *testing.T, within time.Duration) counted {
	t.Helper()
	until := time.Now().Add(within)
	for {
		// A cheap look first: counting everything takes the time of what is measured.
		var over int
		err := p.db.Pool().QueryRow(t.Context(), "SELECT coalesce(sum(people), 0) FROM push_batch WHERE state IN ('sent', 'held', 'failed')").Scan(&over)
		if err == nil && over < p.people && time.Now().Before(until) {
			time.Sleep(100 * time.Millisecond)
			continue
		}
		c, err := p.count(t.Context())
		if err == nil && c.Sent+c.Invalid+c.Held == p.people && c.Open == 0 {
			return c
		}
		if time.Now().After(until) {
			t.Errorf("after %s: %+v (%v)", within, c, err)
			return c
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// phones counts who got no reminder, who one, who more.
func (p *pushing) phones() (none, one, more int) {
	for i := range p.people {
		switch len(p.sim.Phone(string(user(i))).Messages()) {
		case 0:
			none++
		case 1:
			one++
		default:
			more++
		}
	}
	return none, one, more
}

// check holds a finished push against what must be true of every one.
func (p *pushing) check(t *testing.T, c counted, unreachable int) string {
	t.Helper()
	p.mu.Lock()
	for _, f := range p.failures {
		t.Error(f)
	}
	p.mu.Unlock()
	none, one, more := p.phones()
	if more > 0 {
		t.Errorf("%d people were reminded more than once", more)
	}
	if none != unreachable+c.Held || c.Invalid > unreachable {
		t.Errorf("%d people were not reminded; %d are known to be out of reach and %d held", none, c.Invalid, c.Held)
	}
	if c.Early > 0 {
		t.Errorf("%d reminders were planned before their day", c.Early)
	}
	if c.Owed != p.people || c.Queued != p.people || c.Said != p.people || c.Planned > 0 {
		t.Errorf("the counts do not add up: %+v", c)
	}
	for _, v := range p.sim.Violations() {
		t.Errorf("WeCom objects: %s %s", v.Path, v.Detail)
	}
	return fmt.Sprintf("%d owed, %d queued, %d sent, %d out of reach, %d held; phones: %d none, %d one, %d more; %d calls",
		c.Owed, c.Queued, c.Sent, c.Invalid, c.Held, none, one, more, p.sim.CallCount("/cgi-bin/message/send"))
}

// when does something once a count has reached n.
func (p *pushing) when(t *testing.T, query string, n int, after time.Duration, do func()) {
	for t.Context().Err() == nil {
		var have int
		if err := p.db.Pool().QueryRow(t.Context(), query).Scan(&have); err == nil && have >= n {
			time.Sleep(after)
			do()
			return
		}
		time.Sleep(2 * time.Millisecond)
	}
}
