package handlers

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"qingfeng/bot"
	"qingfeng/knowledge"
	"qingfeng/knowledge/index"
	"qingfeng/knowledge/llm"
)

// model is an endpoint that behaves as a test says, behind the real client.
func (b *bureau) model(store *index.Store, behave http.HandlerFunc) *knowledge.Base {
	b.t.Helper()
	server := httptest.NewServer(behave)
	b.t.Cleanup(server.Close)
	chat, err := llm.NewChat(llm.Config{BaseURL: server.URL + "/v1", Model: "m", Timeout: 2 * time.Second, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.t.Fatal(err)
	}
	for _, name := range []string{"手册", "制度", index.QuestionSwitch} {
		if _, err := b.db.Pool().Exec(b.t.Context(), "INSERT INTO library (name) VALUES ($1) ON CONFLICT DO NOTHING", name); err != nil {
			b.t.Fatal(err)
		}
		if err := store.SetExternal(b.t.Context(), name, true); err != nil {
			b.t.Fatal(err)
		}
	}
	b.desk.Away = func(ctx context.Context) (bool, error) {
		_, questions, err := store.MayLeave(ctx)
		return questions, err
	}
	return &knowledge.Base{Search: store, Find: store, Model: chat, Switches: store, Budget: 500 * time.Millisecond}
}

func TestAnAnswerThatTakesLongComesByItselfAndIsNeverALie(t *testing.T) {
	b := newBureau(t)
	store := b.withHandbook()
	var calls atomic.Int32
	full := b.model(store, func(w http.ResponseWriter, _ *http.Request) {
		calls.Add(1)
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, "data: {\"choices\":[{\"delta\":{\"content\":\"三重一大的起点是三万元。[1]“三万元以上”\"}}]}\n\ndata: [DONE]\n\n")
	})
	w := b.answering(store, full)
	p := b.begun("wang")
	p.Send("什么是三重一大").ExpectNothing() // the pending question waits for the answer
	b.Advance(2 * time.Second)
	p.ExpectNothing()
	b.Advance(2 * time.Second)
	p.Expect("正在查，查到就告诉您")
	b.Advance(time.Minute)
	p.ExpectNothing() // once
	b.works(w)
	b.hears(p, "大额度资金使用", "——《清风使用手册·基本概念》").Expect("招标文件编制").ExpectNo("三万元")
	if calls.Load() == 0 {
		t.Error("the endpoint was never asked")
	}
	// An answer that is there in time is not announced.
	p.Send("一级风险由谁监控").ExpectNothing()
	b.works(w)
	p.Expect("领导小组").Expect("招标文件编制")
	b.Advance(time.Minute)
	p.ExpectNothing()
	p.Send("那二级呢").ExpectNothing()
	b.works(w)
	p.Expect("按「二级风险由谁监控」理解").Expect("招标文件编制")
	// Switched off, nothing leaves any more, and the turn answers.
	if err := store.SetExternal(t.Context(), index.QuestionSwitch, false); err != nil {
		t.Fatal(err)
	}
	p.Send("什么是廉政风险点").Expect("风险点是落到具体一步上的薄弱之处")
}

func TestAnEndpointThatHangsOrFailsDoesNotKeepTheAnswer(t *testing.T) {
	for name, behave := range map[string]http.HandlerFunc{
		"hangs":   func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body); <-r.Context().Done() },
		"fails":   func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) },
		"rubbish": func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") },
	} {
		t.Run(name, func(t *testing.T) {
			b := newBureau(t)
			store := b.withHandbook()
			w := b.answering(store, b.model(store, behave))
			p := b.phone("wang")
			p.Send("什么是三重一大").ExpectNothing()
			b.works(w)
			p.Expect("大额度资金使用")
		})
	}
}

func TestAWorkerThatIsKilledAfterItsClaimLeavesTheQuestionToAnother(t *testing.T) {
	b := newBureau(t)
	store := b.withHandbook()
	full := b.model(store, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) })
	p := b.phone("wang")
	p.Send("什么是三重一大")
	first, err := store.ClaimQuestions(t.Context(), 1, time.Minute)
	if err != nil || len(first) != 1 {
		t.Fatal(first, err)
	}
	other := b.answering(b.instance(), full)
	b.works(other)
	p.ExpectNothing() // the lease holds
	if _, err := b.db.Pool().Exec(t.Context(), "UPDATE question SET lease_until = now() - interval '1 second'"); err != nil {
		t.Fatal(err)
	}
	b.works(other)
	p.Expect("大额度资金使用")
	// The first was not dead after all: its answer comes too late.
	if err := b.answering(store, full).answer(t.Context(), first[0]); err != nil {
		t.Fatal(err)
	}
	b.Settle()
	p.ExpectNothing()
	if n := b.asked("state = 'answered'"); n != 1 {
		t.Errorf("%d answers", n)
	}
}

// broken fails, or is a question that ends the process that takes it up.
type broken struct{ err error }

func (x broken) Ask(context.Context, knowledge.Question) (knowledge.Answer, error) {
	return knowledge.Answer{}, x.err
}

func TestAQuestionThatNobodySurvivesGetsAnApology(t *testing.T) {
	b := newBureau(t)
	store := b.withHandbook()
	b.model(store, func(http.ResponseWriter, *http.Request) {})
	w := b.answering(store, broken{context.DeadlineExceeded})
	w.Quoted = w.Full
	p := b.phone("wang")
	p.Send("什么是三重一大")
	for range giveUpFrom {
		_, _ = w.Once(t.Context()) // fails, until it gives up
		b.Settle()
		if _, err := b.db.Pool().Exec(t.Context(), "UPDATE question SET lease_until = now() - interval '1 second' WHERE state = 'asked'"); err != nil {
			t.Fatal(err)
		}
	}
	p.Expect("这个问题没能答上来，抱歉")
}

func TestWorkersOfSeveralInstancesAnswerEachQuestionOnce(t *testing.T) {
	b := newBureau(t)
	store := b.withHandbook()
	full := b.model(store, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) })
	for _, who := range []string{"wang", "wu", "feng", "chen"} {
		b.phone(bot.UserID(who)).Send("什么是三重一大")
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	for range 2 {
		w := b.answering(b.instance(), full)
		w.Every = 10 * time.Millisecond
		go func() { w.Run(ctx); done <- struct{}{} }()
	}
	for until := time.Now().Add(20 * time.Second); b.asked("state = 'asked'") > 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatal("the questions were not answered")
		}
	}
	cancel()
	<-done
	<-done
	b.Settle()
	for _, who := range []string{"wang", "wu", "feng", "chen"} {
		p := b.phone(bot.UserID(who))
		p.Expect("大额度资金使用")
		p.ExpectNothing()
	}
}
