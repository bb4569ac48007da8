package index_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"qingfeng/bot/pg"
	"qingfeng/bot/pg/pgtest"
	"qingfeng/knowledge"
	"qingfeng/knowledge/index"
)

// archive is a store on a database of its own, with a clock that stands.
type archive struct {
	*index.Store
	t  *testing.T
	db *pg.DB

	mu  sync.Mutex
	now time.Time
}

func newArchive(t *testing.T) *archive {
	t.Helper()
	a := &archive{t: t, db: pgtest.New(t), now: time.Date(2026, 11, 2, 1, 0, 0, 0, time.UTC)}
	a.Store = a.second()
	return a
}

// second is another instance on the same database.
func (a *archive) second() *index.Store {
	a.t.Helper()
	s, err := index.New(index.Config{
		Conn: func(ctx context.Context) index.Conn { return a.db.Conn(ctx) }, InTx: a.db.InTx,
		Now: func() time.Time { a.mu.Lock(); defer a.mu.Unlock(); return a.now },
	})
	if err != nil {
		a.t.Fatal(err)
	}
	return s
}

func (a *archive) pass(d time.Duration) { a.mu.Lock(); defer a.mu.Unlock(); a.now = a.now.Add(d) }

func (a *archive) exec(sql string, args ...any) {
	a.t.Helper()
	if _, err := a.db.Pool().Exec(a.t.Context(), sql, args...); err != nil {
		a.t.Fatal(err)
	}
}

func (a *archive) count(what string, args ...any) (n int) {
	a.t.Helper()
	if err := a.db.Pool().QueryRow(a.t.Context(), "SELECT count(*) FROM "+what, args...).Scan(&n); err != nil {
		a.t.Fatal(err)
	}
	return n
}

// document saves a document of articles, and returns its version and their passages.
func (a *archive) document(title string, change func(*knowledge.Draft), articles ...string) (version int64, passages []int64) {
	a.t.Helper()
	d := knowledge.Draft{
		Document: knowledge.Document{Library: "制度", Title: title, Issuer: "某局", Audiences: []string{knowledge.Internal}},
		Version:  knowledge.Version{Format: "txt", Hash: title + strings.Join(articles, "")}, Body: strings.Join(articles, "\n"),
	}
	at := 0
	for i, text := range articles {
		n := len([]rune(text))
		name := fmt.Sprintf("第%d条", i+1)
		d.Passages = append(d.Passages, knowledge.Passage{Pos: i, Path: []string{name}, Article: name, Text: text, Start: at, End: at + n})
		at += n + 1
	}
	if change != nil {
		change(&d)
	}
	saved, err := a.Save(a.t.Context(), d)
	if err != nil {
		a.t.Fatal(err)
	}
	rows, err := a.db.Pool().Query(a.t.Context(), "SELECT id FROM passage WHERE version_id = $1 ORDER BY pos", saved.Version)
	if err != nil {
		a.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			a.t.Fatal(err)
		}
		passages = append(passages, id)
	}
	return saved.Version, passages
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func same(t *testing.T, what string, got, want any, opts ...cmp.Option) {
	t.Helper()
	if d := cmp.Diff(want, got, append(opts, cmpopts.EquateEmpty())...); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}

const me = int64(7)

// ask logs a question and answers it.
func (a *archive) ask(asker int64, text string, outcome knowledge.Outcome, passages ...int64) int64 {
	a.t.Helper()
	ctx := a.t.Context()
	id, err := a.Ask(ctx, index.Asked{Asker: asker, Body: text, Audiences: []string{"internal"}, Hold: time.Minute})
	ok(a.t, err)
	answer := knowledge.Answer{Outcome: outcome, Understood: text}
	if outcome != knowledge.Answered {
		answer.Reason = knowledge.NotFound
	}
	for _, p := range passages {
		hit := knowledge.Hit{Passage: knowledge.Passage{ID: p, Text: "全文", Start: 40, End: 42}}
		answer.Hits = append(answer.Hits, hit)
		answer.Citations = append(answer.Citations, knowledge.Citation{Hit: hit, Quote: "全", Start: 0, End: 1})
	}
	done, err := a.FinishQuestion(ctx, id, 0, answer)
	ok(a.t, err)
	if !done {
		a.t.Fatal("not finished")
	}
	return id
}

func TestAQuestionIsAnsweredByOneInstanceAndALateAnswerDoesNotCount(t *testing.T) {
	a := newArchive(t)
	ctx := t.Context()
	for i := range 40 {
		_, err := a.Ask(ctx, index.Asked{Asker: me, Body: fmt.Sprint("问题", i)})
		ok(t, err)
	}
	held, err := a.Ask(ctx, index.Asked{Asker: me, Body: "马上答", Hold: time.Minute})
	ok(t, err)
	var mu sync.Mutex
	taken := map[int64]int{}
	var wg sync.WaitGroup
	for _, s := range []*index.Store{a.Store, a.second(), a.second()} {
		wg.Go(func() {
			for {
				claims, err := s.ClaimQuestions(ctx, 3, time.Minute)
				if err != nil {
					t.Error(err)
				}
				if err != nil || len(claims) == 0 {
					return
				}
				mu.Lock()
				for _, c := range claims {
					taken[c.ID]++
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if len(taken) != 40 || taken[held] != 0 {
		t.Fatalf("%d of 40 taken, held %d times", len(taken), taken[held])
	}
	for id, n := range taken {
		if n != 1 {
			t.Fatalf("%d taken %d times", id, n)
		}
	}
	a.exec("UPDATE question SET lease_until = now() WHERE id = (SELECT min(id) FROM question)") // its worker was killed
	again, err := a.ClaimQuestions(ctx, 3, time.Minute)
	ok(t, err)
	if len(again) != 1 || again[0].Turn != 2 || again[0].Body != "问题0" {
		t.Fatalf("%+v", again)
	}
	late, err := a.FinishQuestion(ctx, again[0].ID, 1, knowledge.Answer{Outcome: knowledge.None})
	ok(t, err)
	good, err := a.FinishQuestion(ctx, again[0].ID, 2, knowledge.Answer{Outcome: knowledge.Answered, Text: "新\x00答"})
	ok(t, err)
	twice, err := a.FinishQuestion(ctx, again[0].ID, 2, knowledge.Answer{Outcome: knowledge.None})
	ok(t, err)
	if late || !good || twice {
		t.Fatal(late, good, twice)
	}
}

func TestAQuestionOfATransactionThatFailsWasNeverAsked(t *testing.T) {
	a := newArchive(t)
	broken := errors.New("broken")
	err := a.db.InTx(t.Context(), func(ctx context.Context) error {
		_, err := a.Ask(ctx, index.Asked{Asker: me, Body: "什么是三重一大"})
		ok(t, err)
		return broken
	})
	if !errors.Is(err, broken) || a.count("question") != 0 {
		t.Fatal(err, a.count("question"))
	}
}

func TestAFollowUpKnowsTheLastAnswerAndEverythingSeenForIt(t *testing.T) {
	a := newArchive(t)
	ctx := t.Context()
	if _, found, err := a.Last(ctx, me); err != nil || found {
		t.Fatal(found, err)
	}
	a.ask(me, "别的", knowledge.Answered, 1)
	a.ask(me, "礼金怎么上交", knowledge.Answered, 11, 12)
	a.ask(8, "别人的问题", knowledge.Answered, 99)
	id := a.ask(me, "礼金怎么上交", knowledge.Answered, 13)
	_, err := a.Ask(ctx, index.Asked{Asker: me, Body: "还没答"})
	ok(t, err)
	last, found, err := a.Last(ctx, me)
	ok(t, err)
	slices.Sort(last.Seen)
	if !found || last.ID != id || last.Body != "礼金怎么上交" || !slices.Equal(last.Seen, []int64{11, 12, 13}) {
		t.Fatalf("%+v", last)
	}
	c := last.Answer.Citations
	if len(c) != 1 || c[0].Quote != "全" || c[0].End != 1 || c[0].Passage.Start != 40 || c[0].Text != "全文" {
		t.Errorf("the citation is not whole: %+v", c)
	}
	if h := last.Answer.Hits; len(h) != 1 || h[0].ID != 13 || h[0].Text != "" {
		t.Errorf("%+v", h)
	}
}

func TestOfACitizenOnlyTheDayIsKept(t *testing.T) {
	a := newArchive(t)
	a.ask(0, "公示在哪看", knowledge.None)
	if a.count("question WHERE asker IS NULL AND asked_at = '2026-11-02 00:00+08' AND answered_at = asked_at") != 1 {
		t.Error("more than the day is known")
	}
}

func TestUnansweredQuestionsComeGroupedWithoutTheirAskers(t *testing.T) {
	a := newArchive(t)
	ctx := t.Context()
	since := a.now.Add(-7 * 24 * time.Hour)
	var leave []int64
	for i, text := range []string{"年休假没休完怎么补偿", "年休假没休完怎么补偿", "请问年休假没休完怎么补偿？", "年休假未休完的补偿"} {
		leave = append(leave, a.ask(int64(20+i), text, knowledge.Related, 5))
	}
	a.ask(me, "食堂几点开门", knowledge.None)
	a.ask(me, "三级科员多少年升二级", knowledge.None)
	a.ask(me, "二级科员多少年升一级", knowledge.None)
	a.ask(me, "答得好", knowledge.Answered, 5)
	wrong := a.ask(me, "公车能不能接孩子", knowledge.Answered, 5)
	judged, err := a.Judge(ctx, wrong, me, false, "答非所问")
	if err != nil || !judged {
		t.Fatal(judged, err)
	}
	helped := a.ask(me, "相关也够了", knowledge.Related, 5)
	_, err = a.Judge(ctx, helped, me, true, "")
	ok(t, err)
	a.exec("UPDATE question SET answer = jsonb_set(answer, '{reason}', '\"symbols\"') WHERE id = $1", a.ask(me, "😀", knowledge.None))

	groups, err := a.Unanswered(ctx, since)
	ok(t, err)
	if len(groups) != 5 {
		t.Fatalf("%d groups: %+v", len(groups), groups)
	}
	g := groups[0]
	slices.Sort(g.IDs)
	if g.Count != 3 && g.Count != 4 || g.Question != "年休假没休完怎么补偿" || !slices.Equal(g.Near, []int64{5}) {
		t.Fatalf("%+v", g)
	}
	for _, g := range groups {
		if g.Question == "公车能不能接孩子" && (g.Disliked != 1 || !slices.Equal(g.Reasons, []string{"答非所问"})) {
			t.Errorf("%+v", g)
		}
	}
	askers, err := a.Settle(ctx, leave)
	ok(t, err)
	same(t, "who is told", askers, []int64{20, 21, 22, 23})
	askers, err = a.Settle(ctx, leave)
	ok(t, err)
	same(t, "told again", askers, []int64(nil))
	groups, err = a.Unanswered(ctx, since)
	ok(t, err)
	if len(groups) != 4 {
		t.Fatalf("%d groups: %+v", len(groups), groups)
	}
	a.pass(8 * 24 * time.Hour)
	groups, err = a.Unanswered(ctx, a.now.Add(-7*24*time.Hour))
	ok(t, err)
	same(t, "last week's", groups, []index.Group(nil))
}

func TestManyUnansweredQuestionsAreGroupedQuickly(t *testing.T) {
	a := newArchive(t)
	a.exec(`INSERT INTO question (asker, body, understood, audiences, state, outcome, answered_at, asked_at)
		SELECT n, q, q, '{}', 'answered', 'none', now(), '2026-11-01' FROM (SELECT n, (ARRAY['差旅费', '公车', '培训', '礼金', '年休假', '编制', '职称'])[1 + n % 7] ||
			(ARRAY['报销', '审批', '补偿', '登记', '公示'])[1 + n % 5] || chr(20000 + n % 977) || chr(21000 + n % 983) || '的办法' AS q FROM generate_series(1, 6000) n) x`)
	began := time.Now()
	groups, err := a.Unanswered(t.Context(), a.now.Add(-7*24*time.Hour))
	ok(t, err)
	n := 0
	for _, g := range groups {
		n += g.Count
	}
	if took := time.Since(began); n != 5000 || took > 5*time.Second {
		t.Errorf("%d questions in %d groups after %s", n, len(groups), took)
	}
}

func TestWordsOfQuestionsGoWhenTheyHaveServedAndCountsStay(t *testing.T) {
	a := newArchive(t)
	ctx := t.Context()
	liked := a.ask(me, "已答", knowledge.Answered, 1)
	_, err := a.Judge(ctx, liked, me, true, "有用")
	ok(t, err)
	a.ask(me, "没答", knowledge.None)
	settled := a.ask(me, "没答后来办了", knowledge.None)
	_, err = a.Settle(ctx, []int64{settled})
	ok(t, err)
	_, err = a.Ask(ctx, index.Asked{Asker: me, Body: "一直在等"})
	ok(t, err)
	words := func() int { return a.count("question WHERE body <> '' AND asker IS NOT NULL") }
	prune := func(days int, want int) {
		t.Helper()
		a.pass(time.Duration(days) * 24 * time.Hour)
		_, err := a.PruneQuestions(ctx)
		ok(t, err)
		if n := words(); n != want {
			t.Errorf("%d left, want %d", n, want)
		}
	}
	prune(89, 4)
	prune(2, 2)
	prune(88, 2)
	prune(2, 0)
	if a.count("question") != 4 || a.count("question WHERE liked AND outcome = 'answer'") != 1 {
		t.Error("the counts are gone")
	}
	if a.count("question WHERE body || understood || reason <> '' OR answer IS NOT NULL OR asker IS NOT NULL OR state = 'asked'") != 0 {
		t.Error("something of them is left")
	}
	n, err := a.PruneQuestions(ctx)
	if err != nil || n != 0 {
		t.Error("pruned again:", n, err)
	}
}

func TestOnlyTheAskerJudges(t *testing.T) {
	a := newArchive(t)
	id := a.ask(me, "礼金怎么上交", knowledge.Answered, 1)
	citizen := a.ask(0, "公示在哪看", knowledge.Answered, 1)
	for _, c := range [][2]int64{{id, 8}, {citizen, 0}, {citizen, me}, {id + 99, me}} {
		if judged, err := a.Judge(t.Context(), c[0], c[1], true, ""); err != nil || judged {
			t.Error(c, judged, err)
		}
	}
}
