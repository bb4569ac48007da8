package jobs_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"qingfeng/jobs"
)

func china() *time.Location { return time.FixedZone("Asia/Shanghai", 8*60*60) }

func at(t *testing.T, s string) time.Time {
	t.Helper()
	m, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestTheKnowledgeBaseIsTendedWholeThoughAPartFails(t *testing.T) {
	did := ""
	part := func(name string, err error) func(context.Context) (int64, error) {
		return func(context.Context) (int64, error) { did += name; return 1, err }
	}
	broken := errors.New("broken")
	job := jobs.Tend(func(ctx context.Context) error { _, err := part("c", broken)(ctx); return err }, part("q", broken), part("a", nil), china())
	err := job.Do(t.Context(), jobs.Run{})
	if !errors.Is(err, broken) || !strings.Contains(err.Error(), "count terms") || !strings.Contains(err.Error(), "questions") || strings.Contains(err.Error(), "answers") {
		t.Error(err)
	}
	if did != "cqa" && did != "caq" {
		t.Error(did)
	}
	if next := job.Next(at(t, "2026-10-01T04:07:00+08:00")); !next.Equal(at(t, "2026-10-02T04:07:00+08:00")) {
		t.Error(next)
	}
}

func TestTheDigestIsDueOnMondaysAndCoversTheWeekBefore(t *testing.T) {
	var since time.Time
	now := at(t, "2026-11-02T13:30:00+08:00") // Monday, made up for after noon
	down := errors.New("down")
	job := jobs.Digest(func(_ context.Context, s time.Time) error { since = s; return down }, func() time.Time { return now }, china())
	for from, want := range map[string]string{
		"2026-11-01T12:00:00+08:00": "2026-11-02T09:04:00+08:00",
		"2026-11-02T09:04:00+08:00": "2026-11-09T09:04:00+08:00",
		"2026-11-02T01:03:59Z":      "2026-11-02T09:04:00+08:00",
	} {
		if got := job.Next(at(t, from)); !got.Equal(at(t, want)) {
			t.Errorf("after %s: %s", from, got)
		}
	}
	if err := job.Do(t.Context(), jobs.Run{}); !errors.Is(err, down) || !since.Equal(at(t, "2026-10-26T09:04:00+08:00")) {
		t.Error(err, since)
	}
}

func TestAnEndpointThatFailsDoesNotFailTheRun(t *testing.T) {
	down := errors.New("down")
	var told []error
	job := jobs.Embed(func(context.Context) error { return down }, func(err error) { told = append(told, err) })
	if err := job.Do(t.Context(), jobs.Run{}); err != nil || len(told) != 1 || !errors.Is(told[0], down) {
		t.Error(err, told)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := job.Do(ended, jobs.Run{}); !errors.Is(err, context.Canceled) || len(told) != 1 {
		t.Error("a run that was ended is to be done again:", err, told)
	}
	if got := job.Next(at(t, "2026-11-02T09:00:00+08:00")); !got.Equal(at(t, "2026-11-02T09:10:00+08:00")) {
		t.Error(got)
	}
}
