package jobs_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"qingfeng/jobs"
)

func TestDrainDoesWhatIsDueByTheClockItIsGivenAndWhatThatPlans(t *testing.T) {
	h := newHouse(t)
	now := at(t, "2031-03-03T08:00:00+08:00") // years ahead of the database
	var runs jobs.Runs = plan{h.db}
	var did []string
	s := h.service([]jobs.Job{
		{Name: "morning", Next: jobs.Daily(9, 3, china()), Do: func(ctx context.Context, r jobs.Run) error {
			did = append(did, "morning "+r.DueAt.In(china()).Format("02 15:04"))
			return errors.Join(
				runs.Plan(ctx, "part", "b", json.RawMessage(`{"n":2}`), now),
				runs.Plan(ctx, "part", "later", nil, now.Add(time.Hour)))
		}},
		{Name: "part", Queue: jobs.Bulk, Do: func(_ context.Context, r jobs.Run) error {
			did = append(did, "part "+r.Key+" "+string(r.Args))
			return nil
		}},
	}, func(c *jobs.Config) { c.Now = func() time.Time { return now } })
	drain(t, s)
	if want := []string{"morning 02 09:03", `part b {"n": 2}`}; !slices.Equal(did, want) {
		t.Errorf("%q", did)
	}
	drain(t, s)
	if len(did) != 2 {
		t.Errorf("again: %q", did)
	}
	now, did = now.Add(2*time.Hour), nil
	drain(t, s)
	if want := []string{"part later ", "morning 03 09:03", `part b {"n": 2}`}; !slices.Equal(did, want) && !slices.Equal(did, []string{want[1], want[0], want[2]}) {
		t.Errorf("%q", did)
	}
	if h.count("queue = 'bulk' AND job = 'part' AND state = 'done'") != 3 {
		t.Error("the rows do not say which queue they went through")
	}
}

func TestUrgentRunsGoBeforeAThousandBulkyOnes(t *testing.T) {
	h, now := newHouse(t), time.Now()
	if _, err := h.db.Pool().Exec(t.Context(), `INSERT INTO job_run (job, key, due_at) SELECT 'bulky', i::text, $1::timestamptz - interval '1 hour' FROM generate_series(1, 1000) i`, now); err != nil {
		t.Fatal(err)
	}
	h.plan("pressing", "", now)
	var before int
	done := false
	s := h.service([]jobs.Job{
		{Name: "bulky", Queue: jobs.Bulk, Do: func(context.Context, jobs.Run) error {
			if !done {
				before++
			}
			return nil
		}},
		{Name: "pressing", Queue: jobs.Urgent, Do: func(context.Context, jobs.Run) error { done = true; return nil }},
	}, nil)
	drain(t, s)
	if before > 0 || !done || h.count("state = 'done'") != 1001 {
		t.Errorf("%d went before, done %t, %d of 1001", before, done, h.count("state = 'done'"))
	}
}

func TestNothingIsSentWhileTheClocksDisagreeAndTheHouseIsKeptAllTheSame(t *testing.T) {
	h := newHouse(t)
	var log journal
	now := at(t, "2026-11-02T09:30:00+08:00")
	var skew time.Duration
	var did []string
	do := func(_ context.Context, r jobs.Run) error { did = append(did, r.Job); return nil }
	s := h.service([]jobs.Job{
		{Name: "digest", Timed: true, Next: jobs.Daily(9, 3, china()), Do: do},
		{Name: "push", Timed: true, Do: do},
		{Name: "prune", Next: jobs.Daily(3, 43, china()), Do: do},
	}, func(c *jobs.Config) {
		c.Now, c.Log = func() time.Time { return now }, slog.New(slog.NewTextHandler(&log, nil))
		c.Skew = func(context.Context) (time.Duration, error) { return skew, nil }
	})
	h.plan("push", "1", now)
	for _, off := range []time.Duration{2 * time.Minute, -time.Hour, 24 * time.Hour} {
		skew = off
		drain(t, s)
	}
	if !slices.Equal(did, []string{"prune"}) || h.count("job = 'digest'") != 0 {
		t.Errorf("did %q, %d digests planned", did, h.count("job = 'digest'"))
	}
	if n := strings.Count(log.String(), "clocks disagree"); n != 1 {
		t.Errorf("said %d times:\n%s", n, log.String())
	}
	skew = 59 * time.Second
	drain(t, s)
	if slices.Sort(did); !slices.Equal(did, []string{"digest", "prune", "push"}) || !strings.Contains(log.String(), "clocks agree again") {
		t.Errorf("%q\n%s", did, log.String())
	}
}

func TestAClockThatJumpsBetweenCarryingAndBeginningStopsTheRun(t *testing.T) {
	h, now := newHouse(t), time.Now()
	asked, began := 0, 0
	s := h.service([]jobs.Job{{Name: "push", Timed: true, Do: func(context.Context, jobs.Run) error { began++; return nil }}}, func(c *jobs.Config) {
		c.Now = func() time.Time { return now }
		c.Skew = func(context.Context) (time.Duration, error) {
			if asked++; asked == 2 { // planned and carried; then it jumps
				return time.Hour, nil
			}
			return 0, nil
		}
	})
	h.plan("push", "1", now)
	drain(t, s)
	// The third look finds it uncarried, and all is well by then.
	if asked < 3 || began != 1 || h.count("state = 'done' AND generation = 2 AND attempts = 1") != 1 {
		t.Errorf("looked %d times, began %d times", asked, began)
	}
}

func TestAJobIsRefusedThatIsThereTwiceOrHasNoQueue(t *testing.T) {
	h := newHouse(t)
	do := func(context.Context, jobs.Run) error { return nil }
	for _, list := range [][]jobs.Job{
		{{Name: "one", Do: do}, {Name: "one", Do: do}},
		{{Name: "one", Queue: "express", Do: do}},
		{{Name: "one"}},
	} {
		if _, err := jobs.New(jobs.Config{Runs: plan{h.db}, Jobs: list, Now: time.Now, Log: slog.New(slog.DiscardHandler)}); err == nil {
			t.Errorf("%+v", list)
		}
	}
}
