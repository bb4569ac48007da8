package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"qingfeng/bot"
	"qingfeng/jobs"
)

func TestEveryKindOfErrorHasItsVerdict(t *testing.T) {
	send := func(o bot.Outcome, code int, wait time.Duration) error {
		return fmt.Errorf("batch 7: %w", &bot.SendError{Outcome: o, Code: code, Wait: wait})
	}
	for _, c := range []struct {
		err  error
		want jobs.Verdict
	}{
		{errors.New("no such table"), jobs.Verdict{Counts: true, Code: "no such table"}},
		{errors.New(strings.Repeat("长", 999)), jobs.Verdict{Counts: true, Code: strings.Repeat("长", 200)}},
		{fmt.Errorf("batch 7: %w", jobs.Again(time.Hour, false, "quota")), jobs.Verdict{After: time.Hour, Code: "quota"}},
		{jobs.Again(0, true, "busy"), jobs.Verdict{Counts: true, Code: "busy"}},
		{errors.Join(jobs.Never("gone"), send(bot.NotSent, -1, 0)), jobs.Verdict{Never: true, Code: "gone"}},
		{send(bot.NotSent, -1, 0), jobs.Verdict{Grows: true, Counts: true, Code: "errcode -1"}},
		{send(bot.NotSent, 45009, 0), jobs.Verdict{After: time.Minute, Code: "errcode 45009"}},
		{send(bot.NotSent, 45009, time.Hour), jobs.Verdict{After: time.Hour, Code: "errcode 45009"}},
		{send(bot.NotSent, 45033, 0), jobs.Verdict{After: 2 * time.Second, Code: "errcode 45033"}},
		{send(bot.NotSent, 42001, 0), jobs.Verdict{After: time.Second, Counts: true, Code: "errcode 42001"}},
		{send(bot.NotSent, 40014, 3*time.Second), jobs.Verdict{After: 3 * time.Second, Counts: true, Code: "errcode 40014"}},
		{send(bot.NotSent, 60020, time.Minute), jobs.Verdict{After: time.Minute, Grows: true, Counts: true, Code: "errcode 60020"}},
		{send(bot.NotSent, 0, 0), jobs.Verdict{After: 15 * time.Second, Code: "not sent"}},
		{send(bot.Unknown, 0, 0), jobs.Verdict{After: 5 * time.Second, Counts: true, Code: "outcome unknown"}},
		{send(bot.Refused, 45002, 0), jobs.Verdict{Never: true, Code: "errcode 45002"}},
		{send(bot.Refused, 0, 0), jobs.Verdict{Never: true, Code: "refused"}},
		{send(bot.Unreachable, 81013, 0), jobs.Verdict{Never: true, Code: "errcode 81013"}},
	} {
		if diff := cmp.Diff(c.want, jobs.VerdictOf(c.err)); diff != "" {
			t.Errorf("%.40v (-want +got)\n%s", c.err, diff)
		}
	}
}

func TestWhatAnErrorSaysIsWhatBecomesOfTheRun(t *testing.T) {
	h, now := newHouse(t), time.Now()
	says := map[string]error{
		"never":     jobs.Never("gone"),
		"free":      jobs.Again(time.Hour, false, "quota"),
		"counts":    jobs.Again(time.Hour, true, "busy"),
		"plain":     errors.New("no"),
		"frequency": &bot.SendError{Outcome: bot.NotSent, Code: 45009},
		"ip":        &bot.SendError{Outcome: bot.NotSent, Code: 60020, Wait: 2 * time.Minute},
	}
	s := h.service([]jobs.Job{{Name: "one", Do: func(_ context.Context, r jobs.Run) error { return says[r.Key] }}}, func(c *jobs.Config) {
		c.Now, c.Pause = func() time.Time { return now }, time.Minute
	})
	for key := range says {
		h.plan("one", key, now)
	}
	drain(t, s)
	for key, want := range map[string]string{
		"never":     "failed 1 gone -",
		"free":      "planned 0 quota 3600",
		"counts":    "planned 1 busy 3600",
		"plain":     "planned 1 no 60",
		"frequency": "planned 0 errcode 45009 60",
		"ip":        "planned 1 errcode 60020 120",
	} {
		h.expect(key, now, want)
	}
	// It grows: 1, 4, 16, 64 minutes, then a person; what waits as often as it likes waits on.
	for i, want := range []string{"planned 2 no 240", "planned 3 no 960", "planned 4 no 3840", "failed 5 no -"} {
		now = now.Add(3 * time.Hour)
		drain(t, s)
		h.expect("plain", now, want)
		h.expect("free", now, "planned 0 quota 3600")
		if i == 0 {
			h.expect("ip", now, "planned 2 errcode 60020 480")
		}
	}
}

// expect reads a run as "state attempts error seconds-to-wait".
func (h *house) expect(key string, now time.Time, want string) {
	h.t.Helper()
	var got string
	if err := h.db.Pool().QueryRow(h.t.Context(), `
SELECT concat_ws(' ', state, attempts, error, CASE state WHEN 'planned' THEN round(extract(epoch FROM lease_until - $2))::text ELSE '-' END)
FROM job_run WHERE key = $1`, key, now).Scan(&got); err != nil {
		h.t.Fatal(err)
	}
	if got != want {
		h.t.Errorf("%s: %q, want %q", key, got, want)
	}
}

func drain(t *testing.T, s *jobs.Service) {
	t.Helper()
	if err := s.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
}
