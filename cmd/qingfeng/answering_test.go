package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/text"
	"qingfeng/knowledge/index"
)

func TestWhereQuestionsMayLeaveAWorkerBringsTheAnswer(t *testing.T) {
	lies := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, "data: {\"choices\":[{\"delta\":{\"content\":\"大额度资金的起点是三万元。[1]“三万元”\"}}]}\n\ndata: [DONE]\n\n")
	}))
	t.Cleanup(lies.Close)
	s := patient(t, newCompany(t, nil, colleagues()...))
	s.vars["QINGFENG_OPENAI_BASE_URL"], s.vars["QINGFENG_OPENAI_CHAT_MODEL"] = lies.URL+"/v1", "m"
	a, ctx := s.instance(), t.Context()
	if err := seedHandbook(ctx, a.index); err != nil {
		t.Fatal(err)
	}
	said := func() (all string) {
		t.Helper()
		if err := a.db.Pool().QueryRow(ctx, "SELECT coalesce(string_agg(convert_from(body, 'UTF8'), ' ' ORDER BY id), '') FROM outbox").Scan(&all); err != nil {
			t.Fatal(err)
		}
		return all
	}
	ask := func(key, question string) {
		t.Helper()
		_, err := convo.NewAcceptor(a.db, nil).Accept(ctx, bot.Message{Dedupe: key, From: "linxiaoya", Kind: bot.KindText, Text: question, At: time.Now()})
		if err != nil {
			t.Fatal(err)
		}
		if err := a.runner.Drain(ctx); err != nil {
			t.Fatal(err)
		}
	}
	// Nothing may leave yet: the turn answers by itself.
	ask("1", "什么是三重一大")
	if got := said(); !strings.Contains(got, "大额度资金使用") {
		t.Fatalf("not answered: %s", got)
	}
	for _, name := range []string{text.AskHandbook, index.QuestionSwitch} {
		if err := a.index.SetExternal(ctx, name, true); err != nil {
			t.Fatal(err)
		}
	}
	before := said()
	ask("2", "什么是三重一大")
	if got := said(); got != before {
		t.Errorf("the turn did not wait for the endpoint: %s", strings.TrimPrefix(got, before))
	}
	if n, err := a.answering().Once(ctx); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	if err := a.runner.Drain(ctx); err != nil {
		t.Fatal(err)
	}
	got := strings.TrimPrefix(said(), before)
	if !strings.Contains(got, "大额度资金使用") || strings.Contains(got, "三万元") {
		t.Errorf("got %s", got)
	}
}
