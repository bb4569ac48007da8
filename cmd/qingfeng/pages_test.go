package main

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"qingfeng/bot/pg/pgtest"
	"qingfeng/handlers/web"
	"qingfeng/knowledge"
	"qingfeng/knowledge/ingest"
)

func TestAnUploadedFileIsReadInAChildAndStoredWithItsEvent(t *testing.T) {
	db, log := pgtest.New(t), slog.New(slog.DiscardHandler)
	store, err := newIndex(db, time.Now, log)
	if err != nil {
		t.Fatal(err)
	}
	files, err := newReader(Config{DataDir: t.TempDir()}, log)
	if err != nil {
		t.Fatal(err)
	}
	defer files.Close()
	i := intake{files, store, db}
	take := func(path string, saved func(context.Context, knowledge.Saved) error) (web.Taken, error) {
		t.Helper()
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return i.Take(t.Context(), web.Incoming{Name: "上传的.pdf", File: bytes.NewReader(data), Size: int64(len(data)), Saved: saved})
	}
	documents := func() (n int) {
		t.Helper()
		if err := db.Pool().QueryRow(t.Context(), "SELECT count(*) FROM document_version").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if _, err := take(vehiclesPDF, func(context.Context, knowledge.Saved) error { return errors.New("no event") }); err == nil || documents() != 0 {
		t.Fatalf("a document without its audit event was stored: %v, %d", err, documents())
	}
	events := 0
	count := func(_ context.Context, s knowledge.Saved) error { events++; return nil }
	got, err := take(vehiclesPDF, count)
	if err != nil || got.State != ingest.Saved || got.Label != "已入库" || !strings.Contains(got.Message, "公务用车管理办法") || documents() != 1 {
		t.Errorf("%+v %v", got, err)
	}
	if got, err = take(vehiclesPDF, count); err != nil || got.State != ingest.Known || events != 1 {
		t.Errorf("twice: %+v %v, %d events", got, err, events)
	}
	got, err = take(scannedPDF, count)
	if err != nil || got.State != ingest.Refused || !strings.Contains(got.Message, "文字识别") || documents() != 1 || events != 1 {
		t.Errorf("a scanned file: %+v %v", got, err)
	}
}

func TestPeopleAreToldWhereTextsWouldGo(t *testing.T) {
	for want, cfg := range map[string]Config{
		"":                              {OpenAIBase: "https://model.example/v1"},
		"model.example（writer、vectors）": {OpenAIBase: "https://model.example/v1", OpenAIChat: "writer", OpenAIEmbed: "vectors"},
		"model.example:8000（writer）":    {OpenAIBase: "http://model.example:8000/v1", OpenAIChat: "writer"},
	} {
		if got := endpointName(cfg); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
