package convo_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/convo/convotest"
	"qingfeng/bot/pg/pgtest"
)

// BenchmarkTurns is whole turns, inbox to outbox: 4,000 people fill in the form, each
// message a step that moves on, ends a card and asks with a new one.
func BenchmarkTurns(b *testing.B) {
	db := pgtest.New(b)
	const people = 4000
	words := []string{"自查", "早退", "2", "1、3", "帮助", "1 2"}
	var in []convo.Arrival
	for i := range b.N {
		in = append(in, convo.Arrival{Message: bot.Message{
			Dedupe: fmt.Sprintf("b:%d", i), From: bot.UserID(fmt.Sprintf("user%04d", i%people)),
			Kind: bot.KindText, Text: words[i/people%len(words)],
		}})
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	for chunk := range chunks(in, 1000) {
		if _, err := db.Insert(ctx, chunk); err != nil {
			b.Fatal(err)
		}
	}
	runner, err := convo.NewRunner(convo.RunnerConfig{
		Store: db, Router: office(b), Directory: convotest.Everybody{}, Renderer: &convotest.Plain{},
		Now: time.Now, Rand: rand.Reader, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		b.Fatal(err)
	}
	// As if each had been typed after the question it answers.
	for _, sql := range []string{"UPDATE inbox SET received_at = now() + interval '1 hour'", "VACUUM ANALYZE"} {
		if _, err := db.Pool().Exec(ctx, sql); err != nil {
			b.Fatal(err)
		}
	}
	done := make(chan struct{})
	b.ResetTimer()
	go func() {
		defer close(done)
		runner.Run(ctx)
	}()
	for {
		var todo bool
		if err := db.Pool().QueryRow(ctx, "SELECT EXISTS (SELECT FROM inbox WHERE state = 'new')").Scan(&todo); err != nil {
			b.Fatal(err)
		}
		if !todo {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	b.StopTimer()
	cancel()
	<-done
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "turns/s")
}

func chunks(in []convo.Arrival, n int) func(func([]convo.Arrival) bool) {
	return func(yield func([]convo.Arrival) bool) {
		for len(in) > 0 {
			k := min(n, len(in))
			if !yield(in[:k]) {
				return
			}
			in = in[k:]
		}
	}
}

// BenchmarkAccept compares one INSERT a message with grouped ones, 64 callers at once.
func BenchmarkAccept(b *testing.B) {
	for _, grouped := range []bool{false, true} {
		b.Run(fmt.Sprintf("grouped=%v", grouped), func(b *testing.B) {
			db := pgtest.New(b)
			a := convo.NewAcceptor(db, nil)
			ctx, cancel := context.WithCancel(context.Background())
			done := make(chan struct{})
			go func() {
				defer close(done)
				if grouped {
					a.Run(ctx)
				}
			}()
			defer func() { cancel(); <-done }()
			b.SetParallelism(32)
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				id := rand.Text()
				for i := 0; pb.Next(); i++ {
					if _, err := a.Accept(ctx, bot.Message{Dedupe: fmt.Sprint(id, i), From: bot.UserID(id), Kind: bot.KindText, Text: "我想问一下"}); err != nil {
						b.Error(err)
						return
					}
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msg/s")
		})
	}
}
