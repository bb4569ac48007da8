package convo_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	mathrand "math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/convo/convotest"
	"qingfeng/bot/pg"
)

// diary is a flow that counts and repeats what it is told.
func diary(t testing.TB) *convo.Router {
	t.Helper()
	type state struct{ N int }
	r := &convo.Router{
		Starters: []convo.Command{{Match: say("开始"), Run: func(_ context.Context, t *convo.Turn) error { return t.Start("diary", "", state{}) }}},
		Menu: map[string]convo.Handler{"ping": func(_ context.Context, t *convo.Turn) error {
			other := bot.UserID("li")
			if t.Actor.UserID == "li" {
				other = "wang"
			}
			card := reviewCard(1)
			t.Send(bot.Reply{To: other, Card: &card})
			t.Show(card)
			return nil
		}},
	}
	must(t, convo.Register(r, convo.Flow[state]{Name: "diary", Version: 1, Start: "say", Steps: []convo.Step[state]{{
		Name: "say", Free: true,
		Ask: func(_ context.Context, t *convo.Turn, _ *state) error { t.Say("?"); return nil },
		Answer: func(_ context.Context, t *convo.Turn, s *state) (convo.Next, error) {
			s.N++
			t.Say(fmt.Sprintf("%d=%s", s.N, t.Answer.Text))
			return convo.Stay(), nil
		},
	}}}))
	return r
}

// instance runs one more Runner and Sender until the test ends or stop is called.
func instance(t testing.TB, db *pg.DB, r *convo.Router, phones *convotest.Phones) (stop func(), runner *convo.Runner) {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	sender, err := convo.NewSender(convo.SenderConfig{
		Store: db, Transport: phones, Now: time.Now, Log: log, Poll: 20 * time.Millisecond,
		Limits: convo.SendLimits{PerMinute: 1 << 20, PerHour: 1 << 20, Lease: 500 * time.Millisecond}, Timeout: 400 * time.Millisecond,
		Retry: func(int) time.Duration { return time.Millisecond },
	})
	must(t, err)
	runner, err = convo.NewRunner(convo.RunnerConfig{
		Store: db, Router: r, Directory: convotest.Everybody{}, Renderer: &convotest.Plain{}, Now: time.Now, Rand: rand.Reader, Log: log,
		Sender: sender, Workers: 3, Poll: 20 * time.Millisecond, Batch: 4,
		Failure: func(row int64, err error) { t.Errorf("row %d: %v", row, err) },
	})
	must(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	var both sync.WaitGroup
	both.Go(func() { runner.Run(ctx) })
	both.Go(func() { sender.Run(ctx) })
	stop = sync.OnceFunc(func() { cancel(); both.Wait() })
	t.Cleanup(stop)
	return stop, runner
}

func settled(t testing.TB, db *pg.DB) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		in, out, err := db.Backlog(t.Context(), time.Now())
		must(t, err)
		if in == 0 && out == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("not settled: inbox %d, outbox %d", in, out)
		}
	}
}

func TestTwoInstancesKeepEverybodysOrderAndDoNothingTwice(t *testing.T) {
	const people, each = 25, 20
	c := convotest.New(t, diary(t))
	for p := range people {
		c.Accept(bot.Message{From: user(p), Kind: bot.KindText, Text: "开始"})
	}
	c.Settle()
	for range 2 {
		instance(t, c.DB, diary(t), c.Phones)
	}
	var callbacks sync.WaitGroup
	for p := range people {
		callbacks.Go(func() {
			random := mathrand.New(mathrand.NewPCG(7, uint64(p)))
			for i := range each {
				// Redeliveries of anything so far, in any order.
				for _, k := range append([]int{i}, random.Perm(i + 1)[:random.IntN(min(i, 2)+1)]...) {
					_, err := c.Acceptor.Accept(t.Context(), bot.Message{
						Dedupe: fmt.Sprintf("d:%d:%d", p, k), From: user(p), Kind: bot.KindText, Text: fmt.Sprintf("m%d", k),
					})
					if err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	callbacks.Wait()
	settled(t, c.DB)
	for p := range people {
		var got []string
		for _, b := range c.Phones.Screen(user(p))[1:] {
			got = append(got, b.Text)
		}
		var want []string
		for i := range each {
			want = append(want, fmt.Sprintf("%d=m%d", i+1, i))
		}
		if strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("%s got %v", user(p), got)
		}
	}
}

func user(p int) bot.UserID { return bot.UserID(fmt.Sprintf("U%02d", p)) }

func TestTwoPeopleWhoSendEachOtherCardsDoNotBlockEachOther(t *testing.T) {
	c := convotest.New(t, diary(t))
	for range 2 {
		instance(t, c.DB, diary(t), c.Phones)
	}
	const each = 40
	for range each {
		for _, u := range []bot.UserID{"li", "wang"} {
			c.Accept(bot.Message{From: u, Kind: bot.KindPress, Press: &bot.Press{Key: "ping"}})
		}
	}
	settled(t, c.DB)
	for _, u := range []bot.UserID{"li", "wang"} {
		screen := c.Phones.Screen(u)
		if len(screen) != 2*each {
			t.Fatalf("%s got %d cards, want %d", u, len(screen), 2*each)
		}
	}
	var letters, cards int
	must(t, c.DB.Pool().QueryRow(t.Context(), `SELECT count(DISTINCT (user_key, seq)), count(*) FROM card`).Scan(&letters, &cards))
	if letters != 4*each || cards != 4*each {
		t.Errorf("%d cards have %d places", cards, letters)
	}
}

// outcome is what a turn that only speaks would leave.
func outcome(lane convo.Lane, text string) *convo.Outcome {
	return &convo.Outcome{Conv: lane.Conv, Now: time.Now(), Last: true, Out: []convo.OutRow{{To: lane.Conv.User, Body: []byte(`{"to":"` + string(lane.Conv.User) + `","text":"` + text + `"}`)}}}
}

func TestALaneOfADeadOwnerGoesOnAndTheZombieIsFencedOff(t *testing.T) {
	c := convotest.New(t, diary(t))
	c.Accept(bot.Message{From: "zhangsan", Kind: bot.KindText, Text: "开始"})
	ctx := t.Context()
	zombie, err := c.DB.ClaimLanes(ctx, time.Now(), 8, 20, 300*time.Millisecond)
	must(t, err)
	if len(zombie) != 1 || len(zombie[0].Rows) != 1 {
		t.Fatalf("claimed %+v", zombie)
	}
	if other, err := c.DB.ClaimLanes(ctx, time.Now(), 8, 20, time.Second); err != nil || len(other) != 0 {
		t.Fatalf("a leased lane was claimed: %v %v", other, err)
	}
	began, release, result := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		result <- c.DB.Turn(ctx, &zombie[0], zombie[0].Rows[0], func(context.Context) (*convo.Outcome, error) {
			close(began)
			<-release
			return outcome(zombie[0], "from the zombie"), nil
		})
	}()
	<-began
	c.Settle() // waits for the lease to run out, then does the work
	close(release)
	if err := <-result; !errors.Is(err, convo.ErrStale) {
		t.Errorf("the zombie's commit: %v", err)
	}
	if err := c.DB.Reload(ctx, &zombie[0]); !errors.Is(err, convo.ErrFenced) {
		t.Errorf("the zombie's reload: %v", err)
	}
	if _, err := c.DB.Failed(ctx, &zombie[0], zombie[0].Rows[0], "x", time.Hour); !errors.Is(err, convo.ErrFenced) {
		t.Errorf("the zombie's failure: %v", err)
	}
	must(t, c.DB.Release(ctx, &zombie[0]))
	c.As("zhangsan").Send("一").Expect("1=一").ExpectNothing()
	if screen := c.Phones.Screen("zhangsan"); len(screen) != 2 || screen[0].Text != "?" {
		t.Errorf("on the phone: %v", screen)
	}
}

func TestDyingBetweenClaimAndCommitLosesNothing(t *testing.T) {
	c := convotest.New(t, diary(t))
	c.Accept(bot.Message{From: "zhangsan", Kind: bot.KindText, Text: "开始"})
	lanes, err := c.DB.ClaimLanes(t.Context(), time.Now(), 8, 20, 50*time.Millisecond)
	must(t, err)
	ctx, die := context.WithCancel(t.Context())
	err = c.DB.Turn(ctx, &lanes[0], lanes[0].Rows[0], func(context.Context) (*convo.Outcome, error) {
		die()
		return outcome(lanes[0], "half"), nil
	})
	if err == nil {
		t.Fatal("a dead process committed")
	}
	zhang := c.As("zhangsan")
	c.Settle()
	zhang.Expect("?").ExpectNothing()
}

func TestACommitIsNotAppliedTwiceWhenItsAnswerWasLost(t *testing.T) {
	c := convotest.New(t, diary(t))
	c.Accept(bot.Message{From: "zhangsan", Kind: bot.KindText, Text: "开始"})
	lanes, err := c.DB.ClaimLanes(t.Context(), time.Now(), 8, 20, time.Minute)
	must(t, err)
	turn := func() error {
		return c.DB.Turn(t.Context(), &lanes[0], lanes[0].Rows[0], func(context.Context) (*convo.Outcome, error) {
			return outcome(lanes[0], "once"), nil
		})
	}
	must(t, turn())
	if err := turn(); !errors.Is(err, convo.ErrFenced) {
		t.Errorf("the second time: %v", err)
	}
	c.Settle()
	c.As("zhangsan").Expect("once").ExpectNothing()
}

func TestGroupedInsertsTellDuplicatesApart(t *testing.T) {
	c := convotest.New(t, diary(t))
	ctx, cancel := context.WithCancel(t.Context())
	a := convo.NewAcceptor(c.DB, nil)
	var running, callers sync.WaitGroup
	running.Go(func() { a.Run(ctx) })
	fresh := make([]int, 40)
	var mu sync.Mutex
	for i := range 400 {
		callers.Go(func() {
			dup, err := a.Accept(t.Context(), bot.Message{Dedupe: fmt.Sprint("g", i%40), From: user(i % 7), Kind: bot.KindText, Text: "开始"})
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			} else if !dup {
				fresh[i%40]++
			}
		})
	}
	callers.Wait()
	cancel()
	running.Wait()
	for i, n := range fresh {
		if n != 1 {
			t.Errorf("key %d was new %d times", i, n)
		}
	}
	if _, err := a.Accept(t.Context(), bot.Message{From: "x", Kind: bot.KindText}); err == nil {
		t.Error("a message without a dedupe key was stored")
	}
	if dup, err := a.Accept(t.Context(), bot.Message{Dedupe: "g1", From: "x", Kind: bot.KindText}); err != nil || !dup {
		t.Errorf("after Run: %v %v", dup, err)
	}
}
