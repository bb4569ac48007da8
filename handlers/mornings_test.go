package handlers

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/convo/convotest"
	"qingfeng/bot/pg"
	"qingfeng/bot/pg/pgtest"
	"qingfeng/bot/plan"
	"qingfeng/bot/risk"
	"qingfeng/jobs"
)

// mornings is a unit of some sixty people under a clock, with the jobs that speak first
// and what they sent.
type mornings struct {
	*bureau
	jobs  *jobs.Service
	rand  *rand.Rand
	staff map[int64]bot.UserID
	names []string
	sent  []reminding
	done  map[int64]bool // what was done by somebody's word
}

// reminding is a reminder that reached a phone.
type reminding struct {
	to  bot.UserID
	at  time.Time
	lan bot.Lane
	key string // of 明天再提醒
	has []int64
}

// frozen is a batch as these phones read it.
type frozen struct {
	Push bot.Push
	Mode bot.Mode
	To   []bot.UserID
	Task string
}

// planned is the plan in Postgres, as the program wires it.
type planned struct{ *pg.DB }

func (p planned) Plan(ctx context.Context, job, key string, args json.RawMessage, due time.Time) error {
	return p.PlanRun(ctx, job, key, args, due)
}

func (p planned) Uncarried(ctx context.Context, t jobs.Take) (out []jobs.Run, err error) {
	rows, err := p.UncarriedRuns(ctx, pg.RunTake{Now: t.Now, Queues: t.Jobs, Again: t.Again, Limit: t.Limit, Last: t.Last})
	for _, r := range rows {
		out = append(out, jobRun(r))
	}
	return out, err
}

func (p planned) Claim(ctx context.Context, id int64, generation int, now time.Time, lease time.Duration) (jobs.Run, bool, error) {
	r, ok, err := p.ClaimRun(ctx, id, generation, now, lease)
	return jobRun(r), ok, err
}

func (p planned) Release(ctx context.Context, id int64, generation int) error {
	return p.ReleaseRun(ctx, id, generation)
}

func (p planned) Renew(ctx context.Context, id int64, generation int, lease time.Duration) (bool, error) {
	return p.RenewRun(ctx, id, generation, lease)
}

func (p planned) Finish(ctx context.Context, id int64, generation int, e jobs.End) error {
	state := map[jobs.State]string{jobs.StateDone: "done", jobs.StateAgain: "planned", jobs.StateFailed: "failed"}[e.State]
	return p.FinishRun(ctx, id, generation, pg.RunEnd{State: state, Code: e.Code, At: e.At, Counts: e.Counts})
}

func jobRun(r pg.JobRun) jobs.Run {
	return jobs.Run{ID: r.ID, Job: r.Job, Key: r.Key, Args: r.Args, DueAt: r.DueAt, Generation: r.Generation, Attempts: r.Attempts}
}

// newMornings begins on Monday, 21 September 2026: with a holiday on Friday, the national
// day's week and a Saturday that is worked within three weeks.
func newMornings(t *testing.T) *mornings {
	t.Helper()
	start := time.Date(2026, 9, 21, 0, 0, 0, 0, bot.Zone())
	db := pgtest.New(t)
	clock := func() time.Time { return start }
	m := &mornings{rand: rand.New(rand.NewPCG(2026, 9)), staff: map[int64]bot.UserID{}, done: map[int64]bool{}} //nolint:gosec // a seed, so that a failure comes again
	reg := pg.NewRegister(db, func() time.Time { return clock() })
	cal, err := reg.Calendar(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	m.bureau = &bureau{
		t: t, db: db, reg: reg, desk: &Desk{Reg: reg, Plans: reg, Days: cal, Pages: Pages{Base: "https://qf.example"}, Packs: risk.LoadPack},
		checks: map[bot.UserID]risk.SelfCheck{}, phones: map[bot.UserID]*convotest.Person{}, tasks: map[string]func(context.Context, *convo.Turn) error{},
	}
	if p, err := reg.ApplyRoster(t.Context(), m.roster()); err != nil || p.Blocked() {
		t.Fatalf("roster: %v %+v", err, p.Issues)
	}
	router, err := m.desk.Routes()
	if err != nil {
		t.Fatal(err)
	}
	router.Notes["test.task"] = func(ctx context.Context, turn *convo.Turn) error {
		var id string
		if err := json.Unmarshal(turn.Message.Note.Data, &id); err != nil {
			return err
		}
		return m.tasks[id](ctx, turn)
	}
	m.Chat = convotest.New(t, router, convotest.WithDB(db), convotest.WithDirectory(reg), convotest.WithStart(start))
	clock = m.Clock.Now
	log := slog.New(slog.DiscardHandler)
	freeze := func(ctx context.Context) (int, error) {
		return reg.Freeze(ctx, func(p bot.Push, mode bot.Mode, to []bot.UserID, task string) ([]byte, error) {
			return json.Marshal(frozen{p, mode, to, task})
		})
	}
	soon := func(ctx context.Context) error { return db.PlanRun(ctx, jobs.FanName, "planned", nil, m.Clock.Now()) }
	m.jobs, err = jobs.New(jobs.Config{Runs: planned{db}, Now: m.Clock.Now, Log: log, Jobs: append(
		jobs.Push(jobs.NewPusher(jobs.PushConfig{Store: reg, Transport: m, Now: m.Clock.Now, Log: log})),
		jobs.Plan(jobs.Planner{Store: reg, Soon: soon, Now: m.Clock.Now, Log: log}, bot.Zone()),
		jobs.Fan(jobs.Fanout{Store: reg, Say: m.desk.Remind, Freeze: freeze, Now: m.Clock.Now, Log: log}),
		jobs.Freeze(freeze, reg.ReviveBatches),
	)})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// roster is six sections of nine and a head each, two leaders, the principal and the office.
func (m *mornings) roster() (rows []risk.RosterRow) {
	const family = "陆蒋沈韩杨朱秦许何吕施张孔曹严华金魏陶姜"
	given := []string{"文博", "雪松", "清远", "若兰", "大勇", "思齐", "海宁", "建业", "晓棠"}
	names := []rune(family)
	add := func(section, post, user string, stratum risk.Stratum, of []string, roles ...bot.Role) {
		n := len(rows)
		name := string(names[n%len(names)]) + given[n%len(given)]
		m.names = append(m.names, name)
		rows = append(rows, risk.RosterRow{
			Unit: "栖云县交通运输局", Section: section, Post: post, Stratum: stratum, Name: name, UserID: bot.UserID(user), Roles: roles, LeaderOf: of, Row: n + 2,
		})
	}
	add("局领导班子", "局长", "chief", risk.StratumLeader, nil, bot.RolePrincipal, bot.RoleGroupChair)
	add("局领导班子", "副局长一", "lead1", risk.StratumLeader, []string{"甲股", "乙股", "丙股"}, bot.RoleLeaderInCharge)
	add("局领导班子", "副局长二", "lead2", risk.StratumLeader, []string{"丁股", "戊股", "己股"}, bot.RoleLeaderInCharge)
	add("防控办", "主任", "office", risk.StratumMiddle, nil, bot.RoleOfficeDirector)
	add("防控办", "干事", "clerk", risk.StratumGeneral, nil, bot.RoleOfficeMember)
	for s, section := range []string{"甲股", "乙股", "丙股", "丁股", "戊股", "己股"} {
		add(section, "股长", fmt.Sprintf("head%d", s+1), risk.StratumMiddle, nil, bot.RoleSectionHead)
		for i := range 9 {
			add(section, fmt.Sprintf("岗位%d", i+1), fmt.Sprintf("p%d%d", s+1, i+1), risk.StratumGeneral, nil)
		}
	}
	return rows
}

// Send is the transport of pushes: what it carries is looked at on arrival.
func (m *mornings) Send(ctx context.Context, body []byte) (convo.Receipt, error) {
	var f frozen
	if err := json.Unmarshal(body, &f); err != nil {
		return convo.Receipt{}, err
	}
	for _, name := range m.names {
		if strings.Contains(f.Push.Card.Title+f.Push.Card.Body+f.Push.Text, name) {
			m.t.Errorf("a reminder to %d people names %s: %s", len(f.To), name, f.Push.Text)
		}
	}
	open, err := m.reg.Obligations(ctx, ObligationFilter{Open: true})
	if err != nil {
		return convo.Receipt{}, err
	}
	for _, to := range f.To {
		p, _, err := m.reg.PersonByUserID(ctx, to)
		if err != nil {
			return convo.Receipt{}, err
		}
		if !p.Active {
			m.t.Errorf("%s left and is reminded", to)
		}
		items, err := m.reg.TodaysReminders(ctx, p.ID, m.Clock.Now())
		if err != nil {
			return convo.Receipt{}, err
		}
		r := reminding{to: to, at: bot.Local(m.Clock.Now()), lan: f.Push.Lane}
		for _, o := range f.Push.Card.Buttons {
			if strings.HasPrefix(o.Key, keyTomorrow) {
				r.key = o.Key
			}
		}
		rows, err := m.db.Pool().Query(ctx, `SELECT r.obligation_id FROM reminder r JOIN push_to t ON t.id = r.push_to JOIN push_batch b ON b.id = t.batch_id
			WHERE r.recipient = $1 AND b.task_id = $2`, p.ID, f.Task)
		if err != nil {
			return convo.Receipt{}, err
		}
		for rows.Next() {
			var id int64
			if err := rows.Scan(&id); err != nil {
				return convo.Receipt{}, err
			}
			r.has = append(r.has, id)
			if m.done[id] || !slices.ContainsFunc(open, func(ob plan.Obligation) bool { return ob.ID == id }) {
				m.t.Errorf("%s: %s is reminded of obligation %d, which is done", r.at.Format("01-02 15:04"), to, id)
			}
		}
		if len(r.has) == 0 || len(items) == 0 {
			m.t.Errorf("%s gets a reminder of nothing", to)
		}
		m.sent = append(m.sent, r)
	}
	m.Phones.Push(f.Task, f.Push.Card, f.To...)
	return convo.Receipt{MsgID: f.Task}, nil
}

// until lets the clock go on and the jobs do what is due at each stop of the way.
func (m *mornings) until(at time.Time) {
	m.t.Helper()
	for {
		now := m.Clock.Now()
		next := at
		for _, stop := range m.stops(now) {
			if stop.After(now) && stop.Before(next) {
				next = stop
			}
		}
		m.Advance(next.Sub(now))
		if err := m.jobs.Drain(m.t.Context()); err != nil {
			m.t.Fatal(err)
		}
		if !next.Before(at) {
			return
		}
	}
}

// stops are moments of a day worth looking at: midnight, the edges of the quiet hours,
// before, in and after the time in which reminders are sent.
func (m *mornings) stops(now time.Time) (out []time.Time) {
	for _, day := range []time.Time{bot.Civil(now), bot.Civil(now).AddDate(0, 0, 1)} {
		minutes := []int{0, 8*60 + 6, 8*60 + 57, 11*60 + 59, 14*60 + 4, 17*60 + 46, 23*60 + 59}
		if worksOn(day) {
			minutes = append(minutes, 8*60+29, 8*60+37, 8*60+47, 9*60+20, 12*60+5, 13*60+59, 15*60+44, 17*60+36)
		}
		for _, minute := range minutes {
			out = append(out, day.Add(time.Duration(minute)*time.Minute))
		}
	}
	return out
}

// worksOn is the calendar of these weeks, written down once more.
func worksOn(t time.Time) bool {
	switch day := bot.Local(t).Format("01-02"); {
	case day == "10-10":
		return true
	case day == "09-25", day >= "10-01" && day <= "10-07":
		return false
	}
	return bot.Local(t).Weekday() != time.Saturday && bot.Local(t).Weekday() != time.Sunday
}

// atWork reports whether people may be written to.
func atWork(t time.Time) bool {
	clock := bot.Local(t).Format("15:04")
	return worksOn(t) && (clock >= "08:30" && clock < "12:00" || clock >= "14:00" && clock < "17:45")
}

func TestThreeWeeksOfMorningsForSixtyPeople(t *testing.T) {
	m := newMornings(t)
	m.until(time.Date(2026, 9, 21, 10, 0, 0, 0, bot.Zone()))
	m.opens(time.Date(2026, 9, 30, 0, 0, 0, 0, bot.Zone()))
	for day := time.Date(2026, 9, 21, 0, 0, 0, 0, bot.Zone()); day.Before(time.Date(2026, 10, 15, 0, 0, 0, 0, bot.Zone())); day = day.AddDate(0, 0, 1) {
		m.until(day.Add(9*time.Hour + 30*time.Minute))
		m.complete(day)
		m.live(day, true)
		m.until(day.Add(15 * time.Hour))
		m.live(day, false)
		m.until(day.Add(24*time.Hour - time.Second))
	}
	m.polite()
	m.climbs()
	// The campaign is over, with reminders planned.
	if _, err := m.reg.Again(t.Context(), m.still()); err != nil {
		t.Fatal(err)
	}
	before := len(m.sent)
	m.phone("clerk").Send("结束排查工作").Press("确认结束")
	m.until(time.Date(2026, 10, 20, 18, 0, 0, 0, bot.Zone()))
	if len(m.sent) > before {
		t.Errorf("%d reminders of a campaign that is over", len(m.sent)-before)
	}
	t.Logf("%d reminders to %d people", len(m.sent), len(m.staff))
}

// opens begins a campaign of the college's plan, in which there is something of every
// kind, and turns the monthly education on.
func (m *mornings) opens(due time.Time) {
	m.t.Helper()
	m.page("clerk", func(ctx context.Context, t *convo.Turn) error {
		p, _, err := m.desk.PlanCampaign(ctx, "college", "", "2026年度排查", due, t.Now)
		if err != nil {
			return err
		}
		o, err := m.desk.OpenPlan(ctx, t, 0, p)
		if err != nil {
			return err
		}
		m.campaign = o.Campaign
		return m.desk.SetRoutine(ctx, t, "education", true)
	})
	checks, err := m.reg.Checks(m.t.Context(), risk.CheckFilter{Campaign: m.campaign.ID, Heads: true})
	if err != nil {
		m.t.Fatal(err)
	}
	for _, c := range checks {
		m.checks[c.Person.UserID] = c
		m.staff[c.Person.ID] = c.Person.UserID
	}
	if len(m.staff) < 60 {
		m.t.Fatalf("%d people", len(m.staff))
	}
}

// live is what people do on a day, the same in every run: some hand in, some get theirs
// back, some report, put off, ask for more time or leave; the office chases and moves days.
func (m *mornings) live(day time.Time, morning bool) {
	m.t.Helper()
	users := slices.Sorted(func(yield func(bot.UserID) bool) {
		for _, u := range m.staff {
			if !yield(u) {
				return
			}
		}
	})
	some := func(n int) (out []bot.UserID) {
		for range n {
			out = append(out, users[m.rand.IntN(len(users))])
		}
		return out
	}
	for _, u := range some(2) {
		m.hands(u, risk.CheckDraft, risk.CheckSubmitted)
	}
	for _, u := range some(1) {
		m.hands(u, risk.CheckSubmitted, risk.CheckReturned)
	}
	if open := m.words(); len(open) > 0 && morning {
		ob := open[m.rand.IntN(len(open))]
		m.page(m.staff[ob.Owner], func(ctx context.Context, t *convo.Turn) error {
			won, err := m.desk.Deliver(ctx, t, ob.ID)
			m.done[ob.ID] = m.done[ob.ID] || won
			return err
		})
	}
	today := day.Format("20060102")
	for _, r := range slices.Clone(m.sent) {
		if morning && strings.HasSuffix(r.key, today) && m.rand.IntN(5) == 0 {
			m.taps(r.to, r.key, fmt.Sprint("tap-", r.to, r.key)) // on one phone
			m.taps(r.to, r.key, fmt.Sprint("tap-", r.to, r.key, "-2"))
		}
	}
	switch clerk := m.phone("clerk"); day.Format("01-02") {
	case "09-22":
		if morning {
			clerk.Send("动员会定在9月28日").Expect("“动员会”定在9月28日")
		}
	case "09-24":
		if morning {
			clerk.Send("催一下甲股").Expect("")
		} else {
			clerk.Send("动员会改到10月9日").Expect("“动员会”改到10月9日")
		}
	case "09-26", "10-03": // days off
		clerk.Send("催办").Expect("")
	case "09-29":
		if _, err := m.db.Pool().Exec(m.t.Context(), `UPDATE person SET active = false WHERE userid = ANY ($1)`, []string{"p11", "p35"}); err != nil {
			m.t.Fatal(err)
		}
	case "09-30":
		if morning {
			m.extends("p22", time.Date(2026, 10, 12, 0, 0, 0, 0, bot.Zone()))
			m.extends("p63", time.Date(2026, 10, 8, 0, 0, 0, 0, bot.Zone()))
		} else {
			clerk.Send("催办").Expect("")
		}
	case "10-08", "10-10", "10-13":
		clerk.Send("催一下还没交的").Expect("")
	}
}

// hands moves somebody's form on, if it is there.
func (m *mornings) hands(user bot.UserID, from, to risk.CheckState) {
	m.t.Helper()
	c := m.check(user)
	if c.State != from && !(from == risk.CheckDraft && c.State == risk.CheckReturned) {
		return
	}
	c.State = to
	if err := m.reg.Save(m.t.Context(), &c); err != nil {
		m.t.Fatal(err)
	}
}

// words are the open matters that a word makes done, of people who are here.
func (m *mornings) words() []plan.Obligation {
	m.t.Helper()
	open, err := m.reg.Obligations(m.t.Context(), ObligationFilter{Open: true, Until: m.Clock.Now().AddDate(0, 0, 3)})
	if err != nil {
		m.t.Fatal(err)
	}
	return slices.DeleteFunc(open, func(ob plan.Obligation) bool { return !byWord(ob.Kind) || m.staff[ob.Owner] == "" })
}

// extends gives somebody more time for the form.
func (m *mornings) extends(user bot.UserID, until time.Time) {
	m.t.Helper()
	ob := m.own(user)
	m.page(user, func(ctx context.Context, t *convo.Turn) error {
		_, err := m.desk.AskExtension(ctx, t, ob.ID, until, "出差到节后")
		return err
	})
	m.page("clerk", func(ctx context.Context, t *convo.Turn) error {
		open, err := m.desk.askedFor(ctx, t.Actor)
		if err != nil || len(open) == 0 {
			return err
		}
		_, err = m.desk.DecideExtension(ctx, t, open[0].ID, open[0].ob.Version, true)
		return err
	})
}

// still are reminders of everything that is open, for now.
func (m *mornings) still() (out []plan.Reminder) {
	m.t.Helper()
	open, err := m.reg.Obligations(m.t.Context(), ObligationFilter{Open: true, Campaign: m.campaign.ID})
	if err != nil {
		m.t.Fatal(err)
	}
	for _, ob := range open {
		if ob.Owner != 0 {
			out = append(out, plan.Reminder{Obligation: ob.ID, Version: ob.Version, Rung: 5, To: ob.Owner, Urgent: true, At: m.Clock.Now()})
		}
	}
	return out
}

// complete checks, on a working morning, that everybody heard who should have: each rung
// whose day it is was said to the owner of what is still owed.
func (m *mornings) complete(day time.Time) {
	m.t.Helper()
	if !worksOn(day) {
		return
	}
	open, err := m.reg.Obligations(m.t.Context(), ObligationFilter{Open: true})
	if err != nil {
		m.t.Fatal(err)
	}
	for _, ob := range open {
		if ob.Owner == 0 || m.staff[ob.Owner] == "" || !bot.Civil(ob.Since).Before(day) || ob.Due.IsZero() {
			continue
		}
		late := plan.Late(ob, day, m.desk.Days)
		if !slices.Contains([]int{-3, -1, 0, 1, 3, 5}, late) {
			continue
		}
		var active bool
		var n int
		if err := m.db.Pool().QueryRow(m.t.Context(), `SELECT active, (SELECT count(DISTINCT push_to) FROM reminder WHERE obligation_id = $2 AND recipient = p.id AND said_on = $3)
			FROM person p WHERE id = $1`, ob.Owner, ob.ID, day).Scan(&active, &n); err != nil {
			m.t.Fatal(err)
		}
		if active && n != 1 {
			m.t.Errorf("%s: %s was reminded %d times of %s, %d working days from its day", day.Format("01-02"), m.staff[ob.Owner], n, ob.Name, late)
		}
	}
}

// polite checks when and how often everybody was written to.
func (m *mornings) polite() {
	m.t.Helper()
	type personDay struct {
		to  bot.UserID
		day string
	}
	days := map[personDay][]reminding{}
	for _, r := range m.sent {
		if !atWork(r.at) {
			m.t.Errorf("%s got a reminder at %s", r.to, r.at)
		}
		k := personDay{r.to, r.at.Format("01-02")}
		days[k] = append(days[k], r)
	}
	most := 0
	for k, list := range days {
		for i, r := range list {
			if i > 0 && r.lan != bot.LaneNotice {
				m.t.Errorf("%s got %d reminders on %s, and one of them is not urgent", k.to, len(list), k.day)
			}
		}
		most = max(most, len(list))
	}
	if most > 3 {
		m.t.Errorf("somebody got %d reminders on one day", most)
	}
	var near, twice int
	if err := m.db.Pool().QueryRow(m.t.Context(), `
		SELECT count(*) FILTER (WHERE mod(extract(minute FROM at)::int, 30) IN (28, 29, 0, 1, 2)),
			(SELECT count(*) FROM (SELECT FROM reminder WHERE state = 'queued' GROUP BY obligation_id, version, recipient, said_on, push_to, rung, again HAVING count(*) > 1) x)
		FROM reminder`).Scan(&near, &twice); err != nil {
		m.t.Fatal(err)
	}
	if near+twice > 0 {
		m.t.Errorf("%d reminders are near a full or half hour, %d rungs were said twice", near, twice)
	}
}

// climbs checks that those above hear in their order, and only of what is late.
func (m *mornings) climbs() {
	m.t.Helper()
	rows, err := m.db.Pool().Query(m.t.Context(), `
SELECT r.obligation_id, r.version, r.rung, r.step, r.said_on, b.due_on, b.version = r.version, p.userid, s.name, r.again
FROM reminder r JOIN obligation b ON b.id = r.obligation_id JOIN person p ON p.id = r.recipient JOIN section s ON s.id = b.section_id
WHERE r.state = 'queued' AND b.kind = 'selfcheck' AND b.owner IN (SELECT id FROM person WHERE userid LIKE 'p__')
ORDER BY r.obligation_id, r.version, r.said_on, r.step`)
	if err != nil {
		m.t.Fatal(err)
	}
	defer rows.Close()
	type key struct {
		ob      int64
		version int
	}
	highest := map[key]int{}
	steps := [4]int{}
	for rows.Next() {
		var (
			ob                         int64
			version, rung, step, again int
			said, due                  time.Time
			now                        bool
			user, section              string
		)
		if err := rows.Scan(&ob, &version, &rung, &step, &said, &due, &now, &user, &section, &again); err != nil {
			m.t.Fatal(err)
		}
		steps[step]++
		at := strings.Index("甲股乙股丙股丁股戊股己股", section) / len("甲股")
		want := []string{user, fmt.Sprintf("head%d", at+1), fmt.Sprintf("lead%d", at/3+1), "office"}[step]
		if user != want {
			m.t.Errorf("step %d of %s is %s, not %s", step, section, user, want)
		}
		if step > 0 && (rung < 1 || now && !said.After(due)) {
			m.t.Errorf("%s hears on %s of what is due on %s", user, said.Format("01-02"), due.Format("01-02"))
		}
		k := key{ob, version}
		if step > highest[k]+1 {
			m.t.Errorf("obligation %d jumps from step %d to %d", ob, highest[k], step)
		}
		highest[k] = max(highest[k], step)
	}
	if err := rows.Err(); err != nil {
		m.t.Fatal(err)
	}
	if slices.Contains(steps[:], 0) {
		m.t.Errorf("not everybody was asked: %v by step", steps)
	}
}
