package knowledge_test

import (
	"bufio"
	"context"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"qingfeng/bot/pg/pgtest"
	"qingfeng/knowledge"
	"qingfeng/knowledge/handbook"
	"qingfeng/knowledge/index"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// newStore is the knowledge base in Postgres.
func newStore(t testing.TB) *index.Store {
	t.Helper()
	db := pgtest.New(t)
	store, err := index.New(index.Config{Conn: func(ctx context.Context) index.Conn { return db.Conn(ctx) }, InTx: db.InTx, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// handbookBase is the knowledge base with the handbook in it, as the program fills it.
func handbookBase(t testing.TB) (*knowledge.Base, *index.Store) {
	t.Helper()
	store := newStore(t)
	if err := handbook.Seed(t.Context(), store, "handbook"); err != nil {
		t.Fatal(err)
	}
	if err := store.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	return &knowledge.Base{Search: store, Find: store}, store
}

// fields reads a file of the handbook's test questions.
func fields(t testing.TB, name string) (out [][]string) {
	t.Helper()
	f, err := os.Open("handbook/testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s := bufio.NewScanner(f)
	for s.Scan() {
		if line := strings.TrimSpace(s.Text()); line != "" && !strings.HasPrefix(line, "#") {
			out = append(out, strings.Split(line, "\t"))
		}
	}
	return out
}

func asking(t testing.TB, base *knowledge.Base, q knowledge.Question) knowledge.Answer {
	t.Helper()
	q.Reader, q.Now = knowledge.Member(), time.Now()
	a, err := base.Ask(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestTheHandbookAnswersItsQuestionsAndRefusesForeignOnes(t *testing.T) {
	base, _ := handbookBase(t)
	var right, shown, wrong, none, refused float64
	questions, foreign := fields(t, "questions.tsv"), fields(t, "foreign.txt")
	for _, f := range questions {
		a := asking(t, base, knowledge.Question{Text: f[1]})
		cited := slices.ContainsFunc(a.Citations, func(c knowledge.Citation) bool { return slices.Contains(c.Path, f[0]) })
		switch {
		case a.Outcome == knowledge.Answered && cited:
			right++
		case a.Outcome == knowledge.Related && cited:
			shown++
		case a.Outcome == knowledge.Answered:
			wrong++
		case a.Outcome == knowledge.None:
			none++
		}
	}
	for _, f := range foreign {
		if asking(t, base, knowledge.Question{Text: f[0]}).Outcome != knowledge.Answered {
			refused++
		}
	}
	n := float64(len(questions))
	t.Logf("%.0f questions: answered with the labelled clause %.3f, with another %.3f, shown as related %.3f, nothing %.3f; foreign refused %.3f", n, right/n, wrong/n, shown/n, none/n, refused/float64(len(foreign)))
	if right/n < 0.58 || wrong/n > 0.19 || (right+shown)/n < 0.69 || none/n > 0.05 || refused/float64(len(foreign)) < 0.97 {
		t.Error("worse than it was when the thresholds were set")
	}
}

func TestAFollowUpFindsItsClauseAsIfItHadBeenAskedWhole(t *testing.T) {
	base, _ := handbookBase(t)
	found := 0
	list := fields(t, "followups.tsv")
	for _, f := range list {
		a := asking(t, base, knowledge.Question{Text: f[1], Before: f[0]})
		top := a.Hits[:min(3, len(a.Hits))]
		if slices.ContainsFunc(top, func(h knowledge.Hit) bool { return slices.Contains(h.Path, f[2]) }) {
			found++
		} else {
			t.Logf("%s → %s: %s", f[0], f[1], a.Understood)
		}
	}
	t.Logf("%d of %d", found, len(list))
	if 10*found < 9*len(list) {
		t.Errorf("%d of %d follow-ups find their clause", found, len(list))
	}
}
