package pg_test

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"qingfeng/bot"
	"qingfeng/bot/pg"
	"qingfeng/bot/pg/pgtest"
	"qingfeng/bot/risk"
	"qingfeng/bot/survey"
)

// poll is a survey among n people in a database of its own.
type poll struct {
	t      *testing.T
	db     *pg.DB
	s      *pg.Surveys
	id     int64
	people []int64
	pool   *survey.Pool
}

func pollDay() time.Time { return time.Date(2026, 10, 19, 10, 0, 0, 0, bot.Zone()) }

func newPoll(t *testing.T, n int, box pg.Box) *poll {
	t.Helper()
	p := &poll{t: t, db: pgtest.New(t), pool: survey.NewPool(rand.Reader)}
	p.s = &pg.Surveys{Ballots: pg.Ballots{DB: p.db, Box: box}, Now: pollDay}
	for i := range n {
		var id int64
		if err := p.db.Pool().QueryRow(t.Context(), `INSERT INTO person (user_key, userid, name) VALUES ($1, $1, $1) RETURNING id`, fmt.Sprint("user", i)).Scan(&id); err != nil {
			t.Fatal(err)
		}
		p.people = append(p.people, id)
	}
	x, _, err := survey.TemplateByCode("prevention")
	if err != nil {
		t.Fatal(err)
	}
	p.id, err = p.s.NewSurvey(t.Context(), survey.Survey{Template: x.Code, Sheet: x.Sheet("2026年防控满意度"), Until: pollDay().AddDate(0, 0, 7)}, p.people)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// draw is what the staff side does for one person.
func (p *poll) draw(person int64) string {
	p.t.Helper()
	token, err := p.pool.Draw(p.t.Context(), p.id, len(p.people), func(ctx context.Context, h [][]byte) error { return p.s.AddTokens(ctx, p.id, h) })
	if err != nil {
		p.t.Fatal(err)
	}
	if ok, err := p.s.MarkTook(p.t.Context(), p.id, person); err != nil || !ok {
		p.t.Fatalf("mark took: %v %v", ok, err)
	}
	return token
}

func (p *poll) ballot(mark string) survey.Ballot {
	return survey.Ballot{Answers: map[string][]string{"known": {"a"}, "useful": {"b"}, "burden": {"a"}, "open": {"a"}, "overall": {"b"}}, Comment: mark}
}

func (p *poll) count(sql string, args ...any) (n int) {
	p.t.Helper()
	if err := p.db.Pool().QueryRow(p.t.Context(), sql, args...).Scan(&n); err != nil {
		p.t.Fatal(err)
	}
	return n
}

func TestATokenBringsOneBallotAndNoMore(t *testing.T) {
	p := newPoll(t, 6, nil)
	ctx := t.Context()
	var tokens []string
	for _, person := range p.people {
		tokens = append(tokens, p.draw(person))
		if ok, err := p.s.MarkTook(ctx, p.id, person); ok || err != nil {
			t.Fatalf("drew twice: %v %v", ok, err)
		}
	}
	for _, token := range tokens {
		if s, err := p.s.Sheet(ctx, token); err != nil || s.Title != "2026年防控满意度" {
			t.Fatalf("%+v %v", s, err)
		}
		if err := p.s.Cast(ctx, token, p.ballot("")); err != nil {
			t.Fatal(err)
		}
		for _, again := range []error{p.s.Cast(ctx, token, p.ballot("")), p.s.Cast(ctx, strings.Repeat("A", survey.TokenLen), p.ballot("")), p.s.Cast(ctx, "'; DROP TABLE ballot", p.ballot(""))} {
			if !errors.Is(again, survey.ErrSpent) {
				t.Errorf("a second ballot: %v", again)
			}
		}
		if _, err := p.s.Sheet(ctx, token); !errors.Is(err, survey.ErrSpent) {
			t.Errorf("a used token still opens the sheet: %v", err)
		}
	}
	if _, err := p.s.CountSurvey(ctx, p.id); !errors.Is(err, risk.ErrNone) {
		t.Errorf("counted before the close: %v", err)
	}
	late := p.draw2()
	if state, closed, err := p.s.CloseSurvey(ctx, p.id); state != survey.Closed || !closed || err != nil {
		t.Fatalf("%s %v %v", state, closed, err)
	}
	if _, closed, err := p.s.CloseSurvey(ctx, p.id); closed || err != nil {
		t.Errorf("closed twice: %v %v", closed, err)
	}
	if err := p.s.Cast(ctx, late, p.ballot("")); !errors.Is(err, survey.ErrSpent) {
		t.Errorf("a ballot after the close: %v", err)
	}
	if r, err := p.s.CountSurvey(ctx, p.id); err != nil || r.Ballots != 6 {
		t.Errorf("%+v %v", r, err)
	}
	if n := p.count(`SELECT (SELECT count(*) FROM survey_pool) + (SELECT count(*) FROM survey_inbox)`); n != 0 {
		t.Errorf("%d tokens and waiting ballots are left", n)
	}
}

// draw2 draws a token for nobody.
func (p *poll) draw2() string {
	p.t.Helper()
	token, err := p.pool.Draw(p.t.Context(), p.id, 5, func(ctx context.Context, h [][]byte) error { return p.s.AddTokens(ctx, p.id, h) })
	if err != nil {
		p.t.Fatal(err)
	}
	return token
}

func TestFewerThanFiveBallotsAreDestroyed(t *testing.T) {
	p := newPoll(t, 9, nil)
	for _, person := range p.people[:4] {
		if err := p.s.Cast(t.Context(), p.draw(person), p.ballot("")); err != nil {
			t.Fatal(err)
		}
	}
	if state, _, err := p.s.CloseSurvey(t.Context(), p.id); state != survey.Void || err != nil {
		t.Fatalf("%s %v", state, err)
	}
	if r, err := p.s.CountSurvey(t.Context(), p.id); err != nil || r.Enough || r.Ballots != 0 {
		t.Errorf("%+v %v", r, err)
	}
	if n := p.count(`SELECT (SELECT count(*) FROM ballot) + (SELECT count(*) FROM survey_inbox)`); n != 0 {
		t.Errorf("%d ballots are left", n)
	}
}

func TestWhatWasPromisedDoesNotChange(t *testing.T) {
	p := newPoll(t, 5, nil)
	p.draw(p.people[0])
	for _, sql := range []string{
		`UPDATE survey SET anonymous = false`, `UPDATE survey SET sheet = '{}'`, `UPDATE survey SET until_on = until_on - 1`, `UPDATE survey SET invited = 99`,
		`UPDATE survey SET template = 'x'`, `UPDATE survey_invite SET took = false`, `UPDATE survey_invite SET person = person + 1`,
		`INSERT INTO survey (template, sheet, started_on, until_on, invited) VALUES ('x', '{}', '2026-01-01', '2026-01-02', 4)`,
		`INSERT INTO survey (template, sheet, anonymous, started_on, until_on, invited) VALUES ('x', '{}', false, '2026-01-01', '2026-01-02', 50)`,
	} {
		if _, err := p.db.Pool().Exec(t.Context(), sql); err == nil {
			t.Errorf("done: %s", sql)
		}
	}
	if _, _, err := p.s.CloseSurvey(t.Context(), p.id); err != nil {
		t.Fatal(err)
	}
	if _, err := p.db.Pool().Exec(t.Context(), `UPDATE survey SET state = 'open'`); err == nil {
		t.Error("a survey that is over was opened again")
	}
}

// The tables of ballots have no column that could hold a person, an address or a moment,
// and none that the tables of people share, but the survey.
func TestNoColumnJoinsABallotToAPerson(t *testing.T) {
	p := newPoll(t, 5, nil)
	rows, err := p.db.Pool().Query(t.Context(), `
		SELECT table_name, column_name, data_type FROM information_schema.columns
		WHERE table_schema = 'public' AND table_name IN ('survey_pool', 'survey_inbox', 'ballot', 'ballot_comment', 'survey_invite') ORDER BY 1, ordinal_position`)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	var table, column, kind string
	if _, err := pgx.ForEachRow(rows, []any{&table, &column, &kind}, func() error {
		got = append(got, table+"."+column+" "+kind)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"ballot.id uuid", "ballot.survey bigint", "ballot.answers jsonb",
		"ballot_comment.id uuid", "ballot_comment.survey bigint", "ballot_comment.words text",
		"survey_inbox.id uuid", "survey_inbox.survey bigint", "survey_inbox.body bytea",
		"survey_invite.survey bigint", "survey_invite.person bigint", "survey_invite.took boolean",
		"survey_pool.token_hash bytea", "survey_pool.survey bigint",
	}
	if !slices.Equal(got, want) {
		t.Errorf("the tables have changed; think again about who could join what:\n%s", strings.Join(got, "\n"))
	}
}

// Drawing touches the invitation and nothing of tokens: no transaction wrote both.
func TestNoTransactionTiesAPersonToATokenOrABallot(t *testing.T) {
	p := newPoll(t, 30, nil)
	for _, person := range p.people {
		if err := p.s.Cast(t.Context(), p.draw(person), p.ballot("")); err != nil {
			t.Fatal(err)
		}
	}
	if n := p.count(`SELECT count(*) FROM survey_invite i JOIN (SELECT xmin, xmax FROM survey_pool UNION ALL SELECT xmin, xmax FROM survey_inbox) b
		ON i.xmin::text IN (b.xmin::text, b.xmax::text) OR i.xmax::text <> '0' AND i.xmax::text = b.xmin::text`); n != 0 {
		t.Errorf("%d pairs of an invitation and a token or ballot share a transaction", n)
	}
	// At any moment, of so few, each table is the work of the last one who came: a look at
	// it, or a dump by day, sets nobody beside a ballot by transactions that follow each other.
	for _, table := range []string{"survey_invite", "survey_inbox"} {
		if n := p.count(`SELECT count(DISTINCT xmin::text) FROM ` + table); n != 1 {
			t.Errorf("%s shows %d transactions by day", table, n)
		}
	}
	if err := p.s.Stir(t.Context()); err != nil {
		t.Fatal(err)
	}
	// After the night, each table is one transaction's work.
	for _, table := range []string{"survey_invite", "survey_inbox"} {
		if n := p.count(`SELECT count(DISTINCT xmin::text) FROM ` + table); n != 1 {
			t.Errorf("%s still shows %d transactions", table, n)
		}
	}
	if took := p.count(`SELECT count(*) FROM survey_invite WHERE took`); took != 30 {
		t.Errorf("%d took part after the night", took)
	}
}

// People draw and vote one after the other; what lies in the tables, by day and after the
// night, has nothing to do with that order. Spearman's rank correlation of 200 independent ranks lies within ±0.35
// in all but one of a million cases.
func TestTheOrderOfRowsTellsNothing(t *testing.T) {
	const n, bound = 200, 0.35
	p := newPoll(t, n, nil)
	person := map[int64]int{} // → when they came
	for i, id := range p.people {
		person[id] = i
		if err := p.s.Cast(t.Context(), p.draw(id), p.ballot(fmt.Sprintf("第%03d个", i))); err != nil {
			t.Fatal(err)
		}
	}
	mark := regexp.MustCompile(`第(\d{3})个`)
	order := func(sql string) (out []int) {
		rows, err := p.db.Pool().Query(t.Context(), sql)
		if err != nil {
			t.Fatal(err)
		}
		all, err := pgx.CollectRows(rows, pgx.RowTo[[]byte])
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range all {
			i := 0
			if m := mark.FindSubmatch(b); m == nil {
				t.Fatal("a ballot without its mark")
			} else if i, err = strconv.Atoi(string(m[1])); err != nil {
				t.Fatal(err)
			}
			out = append(out, i)
		}
		return out
	}
	invited := func(by string) (out []int) {
		rows, err := p.db.Pool().Query(t.Context(), `SELECT person FROM survey_invite ORDER BY `+by)
		if err != nil {
			t.Fatal(err)
		}
		ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range ids {
			out = append(out, person[id])
		}
		return out
	}
	came := make([]int, n)
	for i := range came {
		came[i] = i
	}
	check := func(what string, a, b []int) {
		if r := spearman(a, b); r > bound || r < -bound {
			t.Errorf("%s: correlation %.2f", what, r)
		}
	}
	for _, by := range []string{"ctid", "xmin::text::bigint, ctid"} {
		check("waiting ballots by day, by "+by, came, order(`SELECT body FROM survey_inbox ORDER BY `+by))
		check("invitations by day, by "+by, came, invited(by))
		check("waiting ballots and invitations by day, by "+by, order(`SELECT body FROM survey_inbox ORDER BY `+by), invited(by))
	}
	if err := p.s.Stir(t.Context()); err != nil {
		t.Fatal(err)
	}
	check("waiting ballots, after the night", came, order(`SELECT body FROM survey_inbox ORDER BY ctid`))
	check("invitations, after the night", came, invited("ctid"))
	check("waiting ballots and invitations", order(`SELECT body FROM survey_inbox ORDER BY ctid`), invited("ctid"))
	if _, _, err := p.s.CloseSurvey(t.Context(), p.id); err != nil {
		t.Fatal(err)
	}
	const words = `SELECT convert_to(words, 'UTF8') FROM ballot_comment ORDER BY `
	check("words, as they lie", came, order(words+"ctid"))
	check("words by their id", came, order(words+"id"))
	check("words and invitations", order(words+"ctid"), invited("ctid"))
	if n := p.count(`SELECT count(DISTINCT xmin::text) FROM (SELECT xmin FROM ballot UNION ALL SELECT xmin FROM ballot_comment) b`); n != 1 {
		t.Errorf("ballots were stored by %d transactions", n)
	}
	if n := p.count(`SELECT count(*) FROM ballot WHERE answers::text LIKE '%个%'`); n != 0 {
		t.Errorf("%d ballots keep their words beside their ticks", n)
	}
}

// spearman is the rank correlation of two orders: who is where in both.
func spearman(a, b []int) float64 {
	at := func(list []int) map[int]int {
		out := map[int]int{}
		for i, x := range list {
			out[x] = i
		}
		return out
	}
	pa, pb := at(a), at(b)
	n, sum := float64(len(a)), 0.0
	for x, i := range pa {
		d := float64(i - pb[x])
		sum += d * d
	}
	return 1 - 6*sum/(n*(n*n-1))
}

// sealed is a box as production has one.
type sealed struct{ aead cipher.AEAD }

func newSealed(t *testing.T) sealed {
	t.Helper()
	block, err := aes.NewCipher(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	return sealed{aead}
}

func (s sealed) Close(id int64, plain []byte) ([]byte, error) {
	nonce := make([]byte, s.aead.NonceSize())
	if _, err := rand.Read(nonce); err != nil {
		return nil, err
	}
	return s.aead.Seal(nonce, nonce, plain, binary.BigEndian.AppendUint64(nil, uint64(id))), nil
}

func (s sealed) Open(id int64, closed []byte) ([]byte, error) {
	n := s.aead.NonceSize()
	return s.aead.Open(nil, closed[:n], closed[n:], binary.BigEndian.AppendUint64(nil, uint64(id)))
}

func TestWaitingBallotsAreClosedAndAllOfOneSize(t *testing.T) {
	p := newPoll(t, 7, newSealed(t))
	before := &pg.Ballots{DB: p.db} // a ballot that came before there was a key
	if err := before.Cast(t.Context(), p.draw(p.people[6]), p.ballot("")); err != nil {
		t.Fatal(err)
	}
	for i, person := range p.people[:6] {
		if err := p.s.Cast(t.Context(), p.draw(person), p.ballot(strings.Repeat("字", i*60))); err != nil {
			t.Fatal(err)
		}
	}
	if n := p.count(`SELECT count(DISTINCT length(body)) FROM survey_inbox WHERE get_byte(body, 0) = 1`); n != 1 {
		t.Errorf("waiting ballots have %d sizes", n)
	}
	if n := p.count(`SELECT count(*) FROM survey_inbox WHERE position('overall'::bytea IN body) > 0`); n != 1 {
		t.Errorf("%d waiting ballots can be read, want the early one", n)
	}
	if _, closed, err := (&pg.Surveys{Ballots: *before, Now: pollDay}).CloseSurvey(t.Context(), p.id); !errors.Is(err, survey.ErrLocked) || closed {
		t.Errorf("closed without the key: where are the ballots? %v", err)
	}
	if n := p.count(`SELECT count(*) FROM survey_inbox`); n != 7 {
		t.Errorf("%d ballots wait for the key", n)
	}
	if state, _, err := p.s.CloseSurvey(t.Context(), p.id); state != survey.Closed || err != nil {
		t.Fatalf("%s %v", state, err)
	}
	if r, err := p.s.CountSurvey(t.Context(), p.id); err != nil || r.Ballots != 7 || len(r.Comments) != 5 {
		t.Errorf("%d ballots, %d comments, %v", r.Ballots, len(r.Comments), err)
	}
}

func TestANightAmongPeopleWhoVoteLosesNothing(t *testing.T) {
	p := newPoll(t, 40, nil)
	stop := make(chan struct{})
	nights := make(chan error, 1)
	go func() {
		for {
			select {
			case <-stop:
				nights <- nil
				return
			default:
			}
			if err := p.s.Stir(context.WithoutCancel(t.Context())); err != nil {
				nights <- err
				return
			}
		}
	}()
	for _, person := range p.people {
		if err := p.s.Cast(t.Context(), p.draw(person), p.ballot("")); err != nil {
			t.Fatal(err)
		}
	}
	close(stop)
	if err := <-nights; err != nil {
		t.Fatal(err)
	}
	if _, _, err := p.s.CloseSurvey(t.Context(), p.id); err != nil {
		t.Fatal(err)
	}
	if r, err := p.s.CountSurvey(t.Context(), p.id); err != nil || r.Ballots != 40 {
		t.Errorf("%d of 40 ballots, %v", r.Ballots, err)
	}
}

// Everybody at once: rows that are written anew with those of others are neither lost nor
// doubled, and nobody waits for somebody who waits for them.
func TestAllAtOnceLoseNothing(t *testing.T) {
	p := newPoll(t, 60, nil)
	var all sync.WaitGroup
	for _, person := range p.people {
		all.Go(func() {
			token, err := p.pool.Draw(t.Context(), p.id, len(p.people), func(ctx context.Context, h [][]byte) error { return p.s.AddTokens(ctx, p.id, h) })
			if err != nil {
				t.Error(err)
				return
			}
			if ok, err := p.s.MarkTook(t.Context(), p.id, person); err != nil || !ok {
				t.Errorf("mark took: %v %v", ok, err)
			}
			if err := p.s.Cast(t.Context(), token, p.ballot("")); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if took, votes := p.count(`SELECT count(*) FROM survey_invite WHERE took`), p.count(`SELECT count(*) FROM survey_inbox`); took != 60 || votes != 60 {
		t.Errorf("%d took part, %d ballots", took, votes)
	}
	if n := p.count(`SELECT count(DISTINCT body) FROM survey_inbox`); n != 1 {
		t.Errorf("%d kinds of one ballot", n)
	}
}
