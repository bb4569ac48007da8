package pg_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"qingfeng/bot/notice"
	"qingfeng/bot/opinion"
	"qingfeng/bot/pg"
	"qingfeng/bot/survey"
)

// night is what a release is handed: arrivals that are JSON, due ten days after their own.
type night struct {
	t *testing.T
	r *pg.Register
	c *pg.Citizens
}

func newNight(t *testing.T, r *pg.Register) night {
	return night{t, r, &pg.Citizens{Ballots: pg.Ballots{DB: r.DB, Box: newSealed(t)}, Today: r.Now}}
}

func (n night) hold(key string, arrivals ...opinion.Arrival) {
	n.t.Helper()
	for _, a := range arrivals {
		raw, err := json.Marshal(a)
		ok(n.t, err)
		ok(n.t, n.c.Hold(n.t.Context(), key, raw))
	}
}

func openArrival(body []byte) (a opinion.Arrival, err error) { return a, json.Unmarshal(body, &a) }

func placeArrival(a opinion.Arrival) (due, purge time.Time) {
	day, _ := time.Parse(time.DateOnly, a.Day)
	return day.AddDate(0, 0, 10), day.AddDate(0, 0, 190)
}

func (n night) release(key string) pg.HoldCounts {
	n.t.Helper()
	out, err := n.r.DB.ReleaseHold(n.t.Context(), key, openArrival, placeArrival, rand.Shuffle, func() int64 { return rand.Int64N(1<<53-1) + 1 })
	ok(n.t, err)
	return out
}

func (n night) count(what string, args ...any) (k int) {
	n.t.Helper()
	ok(n.t, n.r.DB.Pool().QueryRow(n.t.Context(), `SELECT count(*) FROM `+what, args...).Scan(&k))
	return k
}

func (n night) numbers(sql string) []int {
	n.t.Helper()
	rows, err := n.r.DB.Pool().Query(n.t.Context(), sql)
	ok(n.t, err)
	list, err := pgx.CollectRows(rows, pgx.RowTo[int])
	ok(n.t, err)
	return list
}

func said(day, selector, words string) opinion.Arrival {
	return opinion.Arrival{
		What: opinion.NewOpinion, Door: opinion.Office, Kind: opinion.Suggestion, Day: day, Selector: selector, Salt: []byte("salt"), AnswerTo: "to-" + selector, Body: []byte(words),
	}
}

func added(day, selector, words string) opinion.Arrival {
	return opinion.Arrival{What: opinion.NewLine, Door: opinion.Office, Day: day, Selector: selector, Body: []byte(words)}
}

// opened is a notice that is open, of one point.
func opened(t *testing.T, r *pg.Register) notice.Record {
	t.Helper()
	c, p := confirmedPoint(t, r, "sun")
	n := checking(t, r, c, p)
	moved(t, r, &n, notice.Approved, notice.Open)
	return n
}

func TestTheNightPutsEveryArrivalWhereItBelongsAndOnce(t *testing.T) {
	r, _ := imported(t)
	ctx := t.Context()
	n := newNight(t, r)
	open := opened(t, r)
	v := survey.LinkSurvey{Template: "service", Sheet: survey.Sheet{Title: "问卷"}, Until: date(10, 30)}
	ok(t, (&pg.Surveys{Ballots: n.c.Ballots, Now: r.Now}).NewLinkSurvey(ctx, &v))

	onNotice := said("2026-10-12", "AAAA", "开门早些")
	onNotice.Notice, onNotice.Point, onNotice.Kind = open.Code, 1, opinion.Correction
	unknown := said("2026-10-12", "BBBB", "说不清是哪份")
	unknown.Notice, unknown.Kind = "nowhere", "rumour"
	tip := said("2026-10-12", "CCCC", "线索")
	tip.Door, tip.Notice, tip.Kind = opinion.Discipline, open.Code, ""
	n.hold("k1", onNotice, unknown, tip, said("2026-10-12", "", "无回执"),
		added("2026-10-12", "AAAA", "再补一句"),
		opinion.Arrival{What: opinion.NewBallot, Day: "2026-10-12", Survey: v.Code, Body: []byte("票")},
		opinion.Arrival{What: opinion.NewBallot, Day: "2026-10-12", Survey: "closed", Body: []byte("票")})
	n.hold("k2", said("2026-10-12", "DDDD", "另一台机器收的"))
	keys := must0(t, r.DB.HoldKeys)(ctx)
	same(t, "keys that wait", keys, []pg.HoldKey{{Name: "k1", N: 7}, {Name: "k2", N: 1}})

	same(t, "the night", n.release("k1"), pg.HoldCounts{Opinions: 3, Tips: 1, Lines: 1, Ballots: 1, Late: 1})
	same(t, "again", n.release("k1"), pg.HoldCounts{})
	same(t, "the other key's wait on", must0(t, r.DB.Waiting)(ctx), 1)

	list := must(t, r.Feedbacks)(ctx, opinion.Filter{Notice: open.ID})
	if len(list) != 1 {
		t.Fatalf("on the notice: %+v", list)
	}
	f := list[0]
	f.ID, f.Lines[0].ID = 0, 0
	same(t, "an opinion", f, opinion.Feedback{
		Notice: open.ID, Code: open.Code, Point: 1, Kind: opinion.Correction, Channel: opinion.Web, ReceivedOn: date(10, 12), State: opinion.Received,
		Body: []byte("开门早些"), AnswerTo: "to-AAAA", DueOn: date(10, 22), PurgeOn: time.Date(2027, 4, 20, 0, 0, 0, 0, date(10, 1).Location()),
		Lines: []opinion.Line{{On: date(10, 12), Body: []byte("再补一句")}},
	})
	same(t, "without a notice", n.count(`feedback WHERE notice IS NULL AND kind IN ('other', 'suggestion')`), 2)
	same(t, "a tip", n.count(`sealed_tip WHERE body = '线索' AND selector = 'CCCC' AND NOT from_office`), 1)
	same(t, "counted", n.count(`feedback_count WHERE on_day = '2026-10-12' AND n = 1 AND (notice, door, kind) IN
		(($1, 'office', 'correction'), (0, 'office', 'other'), (0, 'office', 'suggestion'), (0, 'discipline', 'tip'))`, open.ID), 4)

	for selector, want := range map[string]string{"AAAA": "office " + open.Code + " received to-AAAA", "CCCC": "discipline  received to-CCCC"} {
		k, err := n.c.Letter(ctx, selector)
		ok(t, err)
		same(t, selector, fmt.Sprint(string(k.Door), " ", k.Notice, " ", k.State, " ", k.AnswerTo), want)
	}
	for _, selector := range []string{"DDDD", "", "'"} {
		if _, err := n.c.Letter(ctx, selector); !errors.Is(err, opinion.ErrNoLetter) {
			t.Errorf("%q: %v", selector, err)
		}
	}
}

func TestWhatDoesNotOpenOrHasNoPlaceKeepsNothingBackAndIsNotLost(t *testing.T) {
	r, c := imported(t)
	ctx := t.Context()
	n := newNight(t, r)
	n.hold("k", said("2026-10-12", "AAAA", "好的"), said("2026-10-12", "AAAA", "同一张回执"), added("2026-10-12", "ZZZZ", "没有这张回执"),
		said("十二日", "EEEE", "没有日子"), said("2026-10-12", "FFFF", ""),
		opinion.Arrival{What: "else", Day: "2026-10-12", Body: []byte("x")}, opinion.Arrival{What: opinion.NewOpinion, Door: "back", Day: "2026-10-12", Body: []byte("x")})
	ok(t, n.c.Hold(ctx, "k", []byte("not an arrival")))
	same(t, "the night", n.release("k"), pg.HoldCounts{Opinions: 1, Bad: 7})
	same(t, "again", n.release("k"), pg.HoldCounts{})
	same(t, "kept", must0(t, r.DB.Unopened)(ctx), 7)
	same(t, "nothing waits", must0(t, r.DB.Waiting)(ctx)+len(must0(t, r.DB.HoldKeys)(ctx)), 0)
	for _, key := range []string{"", "bad:k"} {
		if n.c.Hold(ctx, key, []byte("x")) == nil {
			t.Errorf("held under %q", key)
		}
	}
	must0(t, r.Purge)(ctx)
	same(t, "not yet old", must0(t, r.DB.Unopened)(ctx), 7)
	c.now = time.Now().AddDate(0, 0, opinion.KeepDays+2)
	must0(t, r.Purge)(ctx)
	same(t, "old", must0(t, r.DB.Unopened)(ctx), 0)
}

func TestALineOpensAnAnsweredOpinionAgain(t *testing.T) {
	r, _ := imported(t)
	ctx := t.Context()
	n := newNight(t, r)
	tip := said("2026-10-12", "TTTT", "线索")
	tip.Door = opinion.Discipline
	n.hold("k", said("2026-10-12", "AAAA", "一"), said("2026-10-12", "CCCC", "三"), tip)
	n.release("k")
	state := func(selector string, s opinion.State) {
		for _, f := range must(t, r.Feedbacks)(ctx, opinion.Filter{}) {
			if f.AnswerTo == "to-"+selector {
				f.State, f.AnsweredOn = s, date(10, 14)
				ok(t, r.SaveFeedback(ctx, &f))
			}
		}
	}
	state("AAAA", opinion.Answered)
	state("CCCC", opinion.Closed)
	x := must0(t, r.Tips)(ctx)[0]
	x.State, x.Answer = "answered", []byte("答")
	ok(t, r.SaveTip(ctx, &x))
	if err := r.SaveTip(ctx, &opinion.Tip{ID: x.ID, State: "closed"}); err == nil {
		t.Error("an old tip was saved")
	}
	n.hold("k", added("2026-10-20", "AAAA", "还有"), added("2026-10-20", "AAAA", "再说"), added("2026-10-20", "CCCC", "还有"), added("2026-10-20", "TTTT", "还有"))
	same(t, "the night", n.release("k"), pg.HoldCounts{Lines: 4})
	same(t, "open again, with a new promise", n.count(`feedback WHERE selector = 'AAAA' AND state = 'accepted' AND due_on = '2026-10-30' AND rev = 2`), 1)
	same(t, "closed stays closed", n.count(`feedback WHERE selector = 'CCCC' AND state = 'closed' AND due_on = '2026-10-22' AND rev = 1`), 1)
	x = must(t, r.Tip)(ctx, x.ID)
	same(t, "a tip", fmt.Sprint(x.State, len(x.Lines), x.Rev), "seen1 2")
}

func TestAReleaseThatFailsLeavesEverythingWaiting(t *testing.T) {
	r, _ := imported(t)
	n := newNight(t, r)
	n.hold("k", said("2026-10-12", "AAAA", "一"), said("2026-10-12", "BBBB", "二"))
	_, err := r.DB.ReleaseHold(t.Context(), "k", openArrival, placeArrival, rand.Shuffle, func() int64 { return 7 }) // one id for two
	if err == nil {
		t.Fatal("two opinions have one id")
	}
	same(t, "waiting, stored", fmt.Sprint(must0(t, r.DB.Waiting)(t.Context()), n.count(`feedback`)+n.count(`feedback_count`)), "2 0")
	same(t, "the next try", n.release("k"), pg.HoldCounts{Opinions: 2})
}

func TestTwoReleasesAtOnceAndArrivalsAmongThemDoubleAndLoseNothing(t *testing.T) {
	r, _ := imported(t)
	n := newNight(t, r)
	var all sync.WaitGroup
	var mu sync.Mutex
	total := 0
	for g := range 4 {
		all.Go(func() {
			for i := range 20 {
				n.hold("old", said("2026-10-12", fmt.Sprint("S", g, "-", i), "话"))
				if i%5 == 4 {
					out, err := r.DB.ReleaseHold(context.WithoutCancel(t.Context()), "old", openArrival, placeArrival, rand.Shuffle, func() int64 { return rand.Int64N(1<<53-1) + 1 })
					if err != nil || out.Bad > 0 {
						t.Errorf("%+v %v", out, err)
					}
					mu.Lock()
					total += out.Opinions
					mu.Unlock()
				}
			}
		})
	}
	all.Wait()
	total += n.release("old").Opinions
	same(t, "told, stored", fmt.Sprint(total, n.count(`feedback`), n.numbers(`SELECT sum(n)::int FROM feedback_count`)), "80 80 [80]")
}

// The order in which people wrote is nowhere: not in where rows lie, not in their ids, not in
// their transactions.
func TestNothingOfAReleaseFollowsTheOrderOfArrival(t *testing.T) {
	r, _ := imported(t)
	n := newNight(t, r)
	const many = 200
	v := survey.LinkSurvey{Sheet: survey.Sheet{Title: "问卷"}, Until: date(10, 30)}
	ok(t, (&pg.Surveys{Ballots: n.c.Ballots, Now: r.Now}).NewLinkSurvey(t.Context(), &v))
	came := make([]int, many)
	for i := range many {
		came[i] = i
		words := fmt.Sprintf("%03d", i)
		tip := said("2026-10-12", "T"+words, words)
		tip.Door = opinion.Discipline
		n.hold("k", said("2026-10-12", "S"+words, words), tip, added("2026-10-12", "S"+words, words), added("2026-10-12", "T"+words, words),
			opinion.Arrival{What: opinion.NewBallot, Day: "2026-10-12", Survey: v.Code, Body: []byte(words)})
	}
	same(t, "the night", n.release("k"), pg.HoldCounts{Opinions: many, Tips: many, Lines: 2 * many, Ballots: many})
	tables := []string{"feedback", "sealed_tip", "feedback_line", "tip_line", "open_ballot"}
	for _, table := range tables {
		for _, by := range []string{"ctid", "id", "xmin::text::bigint, ctid"} {
			got := n.numbers(`SELECT convert_from(body, 'UTF8')::int FROM ` + table + ` ORDER BY ` + by)
			if rank := spearman(came, got); len(got) != many || rank > 0.25 || rank < -0.25 {
				t.Errorf("%s by %s: %d rows, correlation %.2f", table, by, len(got), rank)
			}
		}
		for _, other := range tables {
			if table < other {
				a, b := n.numbers(`SELECT convert_from(body, 'UTF8')::int FROM `+table+` ORDER BY id`), n.numbers(`SELECT convert_from(body, 'UTF8')::int FROM `+other+` ORDER BY id`)
				if rank := spearman(a, b); rank > 0.25 || rank < -0.25 {
					t.Errorf("%s and %s by id: correlation %.2f", table, other, rank)
				}
			}
		}
	}
	same(t, "transactions", n.numbers(`SELECT count(DISTINCT x)::int FROM (SELECT xmin::text AS x FROM `+strings.Join(tables, ` UNION ALL SELECT xmin::text FROM `)+` UNION ALL SELECT xmin::text FROM feedback_count) a`), []int{1})
	same(t, "what waited is out of the file", n.numbers(`SELECT pg_relation_size('letter_hold')::int`), []int{0})
}

// No column holds a time of day, an address or an order.
func TestTablesOfCitizensHoldNoTimeNoAddressAndNoOrder(t *testing.T) {
	r, _ := newRegister(t)
	tables := []string{"feedback", "feedback_line", "sealed_tip", "tip_line", "letter_hold", "open_ballot", "feedback_count"}
	rows, err := r.DB.Pool().Query(t.Context(), `
		SELECT table_name || '.' || column_name, data_type, coalesce(column_default, ''), is_identity
		FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = ANY ($1)`, tables)
	ok(t, err)
	seen := map[string]bool{}
	var name, kind, def, identity string
	_, err = pgx.ForEachRow(rows, []any{&name, &kind, &def, &identity}, func() error {
		table, column, _ := strings.Cut(name, ".")
		seen[table] = true
		if !slices.Contains([]string{"bigint", "integer", "date", "text", "bytea", "boolean", "uuid"}, kind) && name != "sealed_tip.excluded" { // officials who stepped aside
			t.Errorf("%s is a %s", name, kind)
		}
		if identity != "NO" || strings.Contains(def, "nextval") || strings.Contains(def, "now") || strings.Contains(def, "current_") {
			t.Errorf("%s counts or tells the time: %s", name, def)
		}
		if slices.ContainsFunc([]string{"ip", "addr", "agent", "browser", "session", "cookie", "person", "user", "time"}, func(w string) bool { return strings.HasPrefix(column, w) }) {
			t.Errorf("%s has a bad name", name)
		}
		return nil
	})
	ok(t, err)
	same(t, "tables", len(seen), len(tables))
	var triggers, people int
	ok(t, r.DB.Pool().QueryRow(t.Context(), `SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal AND tgrelid::regclass::text = ANY ($1)`, tables).Scan(&triggers))
	ok(t, r.DB.Pool().QueryRow(t.Context(), `SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND conrelid::regclass::text = ANY ($1) AND confrelid = 'person'::regclass`, tables).Scan(&people))
	same(t, "triggers that could write elsewhere, links to people", fmt.Sprint(triggers, people), "0 0")
}

// A backup holds a lock on every table while it reads; what takes the rows of the night out
// of the file must not make citizens wait behind it.
func TestTheNightMakesNobodyWaitWhileABackupRuns(t *testing.T) {
	r, _ := newRegister(t)
	n := newNight(t, r)
	n.hold("k", said("2026-11-20", "s1", "one"))
	backup, err := r.DB.Pool().Begin(t.Context())
	ok(t, err)
	defer func() { _ = backup.Rollback(context.WithoutCancel(t.Context())) }()
	_, err = backup.Exec(t.Context(), `SELECT count(*) FROM letter_hold`)
	ok(t, err)
	released := make(chan pg.HoldCounts)
	go func() { released <- n.release("k") }()
	for until := time.Now().Add(10 * time.Second); n.count("feedback") == 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatal("nothing is released")
		}
	}
	at := time.Now()
	time.Sleep(200 * time.Millisecond) // the night stands in line by now
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Second)
	defer cancel()
	ok(t, n.c.Hold(ctx, "next", []byte("two")))
	if took := time.Since(at); took > 5*time.Second {
		t.Errorf("a citizen waited for %s", took)
	}
	select {
	case out := <-released:
		same(t, "opinions", out.Opinions, 1)
	case <-time.After(10 * time.Second):
		t.Fatal("the night does not end")
	}
}

func TestWhenCitizensAskedStandsInNoStatistics(t *testing.T) {
	r, _ := newRegister(t)
	url := r.DB.Pool().Config().ConnString()
	db, err := pg.Open(t.Context(), url, pg.Untold())
	ok(t, err)
	defer db.Close()
	var super, counts, activities string
	ok(t, db.Pool().QueryRow(t.Context(), `SELECT current_setting('is_superuser'), current_setting('track_counts'), current_setting('track_activities')`).
		Scan(&super, &counts, &activities))
	want := "on"
	if super == "on" {
		want = "off"
	}
	same(t, "counts and activities", []string{counts, activities}, []string{want, want})
}
