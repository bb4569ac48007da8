package pg_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/pg"
)

var _ interface {
	QueuePush(ctx context.Context, p bot.Push, to []bot.PushTo) (int, error)
	QueuePushIDs(ctx context.Context, p bot.Push, to []bot.PushTo) (map[int64]int64, error)
} = (*pg.Register)(nil)

// crowd puts n people into the roster and makes receivers of them, the last one first.
func crowd(t *testing.T, r *pg.Register, n int, once string) []bot.PushTo {
	t.Helper()
	if _, err := r.DB.Pool().Exec(t.Context(), `
INSERT INTO person (user_key, userid, name) SELECT 'u' || lpad(i::text, 6, '0'), 'U' || lpad(i::text, 6, '0'), 'n' FROM generate_series(1, $1) i
ON CONFLICT DO NOTHING`, n); err != nil {
		t.Fatal(err)
	}
	rows, err := r.DB.Pool().Query(t.Context(), `SELECT id, userid FROM person ORDER BY userid DESC LIMIT $1`, n)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var to []bot.PushTo
	for rows.Next() {
		var p bot.PushTo
		if err := rows.Scan(&p.Person, &p.User); err != nil {
			t.Fatal(err)
		}
		p.Once = fmt.Sprintf("%s:%d", once, p.Person)
		to = append(to, p)
	}
	return to
}

func pushWords(s string) bot.Push {
	return bot.Push{Kind: "reminder", Lane: bot.LaneBulk, Text: s, Card: bot.Card{Title: s, Buttons: []bot.Option{{Text: "明天再提醒", Key: "remind.tomorrow:20261008"}}}}
}

// frozen renders in a way that shows what it was given.
func frozen(p bot.Push, mode bot.Mode, ids []bot.UserID, _ string) ([]byte, error) {
	return fmt.Appendf(nil, "%s %s %s %v", mode, p.Card.Title, p.Text, ids), nil
}

func howMany(t *testing.T, r *pg.Register, sql string, args ...any) (n int) {
	t.Helper()
	if err := r.DB.Pool().QueryRow(t.Context(), sql, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func mustFreeze(t *testing.T, r *pg.Register) int {
	t.Helper()
	n, err := r.Freeze(t.Context(), frozen)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestAPersonIsPushedToOnceWhoeverAsksAndHoweverOften(t *testing.T) {
	r, _ := newRegister(t)
	to := crowd(t, r, 10, "remind:1008")
	to[3].Mode = bot.ModeText
	var wg sync.WaitGroup
	queued := make([]int, 4)
	for i := range queued {
		wg.Go(func() {
			mine := slices.Clone(to)
			if i%2 == 1 {
				slices.Reverse(mine)
			}
			n, err := r.QueuePush(t.Context(), pushWords("还有3天到期"), mine)
			if err != nil {
				t.Error(err)
			}
			queued[i] = n
		})
	}
	wg.Wait()
	if sum := queued[0] + queued[1] + queued[2] + queued[3]; sum != 10 || howMany(t, r, `SELECT count(*) FROM push_to`) != 10 {
		t.Errorf("queued %v", queued)
	}
	// Other words under the same key are not said either; two modes are two pushes.
	if n, err := r.QueuePush(t.Context(), pushWords("今天到期"), to); err != nil || n != 0 {
		t.Error(n, err)
	}
	if n := howMany(t, r, `SELECT count(DISTINCT push_id) FROM push_to`); n != 2 {
		t.Errorf("%d pushes", n)
	}
}

func TestAPushGoesWithItsTransactionAndTellsWhoIsNew(t *testing.T) {
	r, c := newRegister(t)
	to := crowd(t, r, 3, "a")
	undo := errors.New("undo")
	err := r.DB.InTx(t.Context(), func(ctx context.Context) error {
		if n, err := r.QueuePush(ctx, pushWords("x"), to); n != 3 || err != nil {
			t.Error(n, err)
		}
		return undo
	})
	if !errors.Is(err, undo) || howMany(t, r, `SELECT count(*) FROM push`)+howMany(t, r, `SELECT count(*) FROM push_to`) != 0 {
		t.Fatal("something of it is left", err)
	}
	if _, err := r.QueuePush(t.Context(), pushWords("x"), to[:1]); err != nil {
		t.Fatal(err)
	}
	ids, err := r.QueuePushIDs(t.Context(), pushWords("x"), to)
	if err != nil || len(ids) != 2 || ids[to[0].Person] != 0 || ids[to[1].Person] == 0 || ids[to[1].Person] == ids[to[2].Person] {
		t.Errorf("%v %v", ids, err)
	}
	// The same words on the next day are a push of their own.
	c.now = c.now.AddDate(0, 0, 1)
	if n, err := r.QueuePush(t.Context(), pushWords("x"), crowd(t, r, 3, "b")); n != 3 || err != nil || howMany(t, r, `SELECT count(*) FROM push`) != 2 {
		t.Error(n, err)
	}
}

func TestWhoHasNoUsableIDIsKeptAsNotDelivered(t *testing.T) {
	r, _ := newRegister(t)
	to := crowd(t, r, 5, "a")
	to[0].User, to[1].User, to[2].User = "", "a|b", "@all"
	if n, err := r.QueuePush(t.Context(), pushWords("x"), to); n != 5 || err != nil {
		t.Fatal(n, err)
	}
	if n := howMany(t, r, `SELECT count(*) FROM push_to WHERE state = 'invalid'`); n != 3 || mustFreeze(t, r) != 1 {
		t.Errorf("%d invalid", n)
	}
	to[4].Once = ""
	if _, err := r.QueuePush(t.Context(), pushWords("x"), to); err == nil {
		t.Error("somebody without a once key was taken")
	}
}

func TestThirtyThousandPeopleAreQueuedAndFrozenInThirtyBatches(t *testing.T) {
	r, _ := newRegister(t)
	to := crowd(t, r, 30_000, "a")
	at := time.Now()
	n, err := r.QueuePush(t.Context(), pushWords("x"), to)
	if err != nil || n != 30_000 {
		t.Fatal(n, err)
	}
	queued := time.Since(at)
	if n := mustFreeze(t, r); n != 30 {
		t.Errorf("%d batches", n)
	}
	t.Logf("queued in %s, frozen in %s", queued, time.Since(at)-queued)
	if n := howMany(t, r, `SELECT count(*) FROM job_run WHERE job = 'push' AND queue = 'bulk' AND key IN (SELECT id::text FROM push_batch WHERE people = 1000)`); n != 30 {
		t.Errorf("%d runs", n)
	}
	if n := howMany(t, r, `SELECT count(*) FROM push_to WHERE state = 'frozen' AND batch_id IS NOT NULL`); n != 30_000 {
		t.Errorf("%d frozen", n)
	}
	if n := mustFreeze(t, r); n != 0 {
		t.Errorf("frozen again: %d", n)
	}
}

func TestBatchesAreSortedAndHoldAPersonOnce(t *testing.T) {
	r, _ := newRegister(t)
	to := crowd(t, r, 1001, "a")
	twice := to[0]
	twice.Once = "again"
	p := pushWords("x")
	p.Lane = bot.LaneNotice
	if _, err := r.QueuePush(t.Context(), p, append(to, twice)); err != nil {
		t.Fatal(err)
	}
	if n := mustFreeze(t, r); n != 3 { // 1,000 and 1, then the second one of one person
		t.Errorf("%d batches", n)
	}
	var body, task string
	if err := r.DB.Pool().QueryRow(t.Context(), `SELECT convert_from(body, 'UTF8'), task_id FROM push_batch ORDER BY id LIMIT 1`).Scan(&body, &task); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(body, "card x x [U000001 U000002 ") || !strings.HasSuffix(body, "U000999 U001000]") || len(task) != 34 {
		t.Errorf("%.60s… task %s", body, task)
	}
	if n := howMany(t, r, `SELECT count(*) FROM job_run WHERE job = 'push.notice' AND queue = 'notice'`); n != 3 {
		t.Errorf("%d runs", n)
	}
}

func TestSeveralFreezersAndQueuersTogetherFreezeEverybodyOnce(t *testing.T) {
	r, _ := newRegister(t)
	to := crowd(t, r, 4000, "a")
	var wg sync.WaitGroup
	for part := range slices.Chunk(to, 1000) {
		wg.Go(func() {
			if _, err := r.QueuePush(t.Context(), pushWords("x"), part); err != nil {
				t.Error(err)
			}
			if _, err := r.Freeze(t.Context(), frozen); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := howMany(t, r, `SELECT sum(people) FROM push_batch`); n != 4000 || howMany(t, r, `SELECT count(*) FROM push_to WHERE state = 'frozen'`) != 4000 {
		t.Errorf("%d in batches", n)
	}
}

func TestWordsThatCannotBeRenderedFailAndHoldUpNobody(t *testing.T) {
	r, _ := newRegister(t)
	bad, good := crowd(t, r, 2, "a"), crowd(t, r, 2, "b")
	if _, err := r.QueuePush(t.Context(), pushWords("bad"), bad); err != nil {
		t.Fatal(err)
	}
	if _, err := r.QueuePush(t.Context(), pushWords("good"), good); err != nil {
		t.Fatal(err)
	}
	n, err := r.Freeze(t.Context(), func(p bot.Push, mode bot.Mode, ids []bot.UserID, task string) ([]byte, error) {
		if p.Text == "bad" {
			return nil, errors.New("too long")
		}
		return frozen(p, mode, ids, task)
	})
	if n != 1 || err == nil || howMany(t, r, `SELECT count(*) FROM push_to WHERE state = 'failed'`) != 2 {
		t.Error(n, err)
	}
	if mustFreeze(t, r) != 0 {
		t.Error("frozen in spite of it")
	}
}

func TestAnOpenBatchWhoseRunIsGoneGetsAnother(t *testing.T) {
	r, _ := newRegister(t)
	if _, err := r.QueuePush(t.Context(), pushWords("x"), crowd(t, r, 2, "a")); err != nil {
		t.Fatal(err)
	}
	mustFreeze(t, r)
	for _, step := range []struct {
		change string
		want   int
	}{
		{`UPDATE push_batch SET made_at = now() - interval '2 minutes'`, 0},
		{`UPDATE job_run SET state = 'failed', due_at = due_at - interval '1 hour'`, 1},
		{`UPDATE job_run SET state = 'done', due_at = due_at - interval '2 hours'`, 1},
		{`UPDATE job_run SET state = 'done', due_at = due_at - interval '3 hours'; UPDATE push_batch SET state = 'sent'`, 0},
	} {
		if _, err := r.DB.Pool().Exec(t.Context(), step.change); err != nil {
			t.Fatal(err)
		}
		if n, err := r.ReviveBatches(t.Context()); err != nil || n != step.want {
			t.Errorf("%s: %d %v", step.change, n, err)
		}
	}
}
