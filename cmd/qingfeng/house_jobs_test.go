package main

import (
	"context"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"qingfeng/bot/pg"
	"qingfeng/bot/text"
	"qingfeng/jobs"
)

// pushed writes a push of three batches: one sent, one held, one with people who wait.
func pushed(t *testing.T, db *pg.DB) {
	t.Helper()
	if _, err := db.Pool().Exec(t.Context(), `
INSERT INTO push (digest, kind, lane, mode, reply) VALUES ('x', 'reminder', 3, 'card', '{}');
INSERT INTO push_batch (push_id, body, people, state, errcode) VALUES (1, '', 1000, 'sent', 0), (1, '', 7, 'held', 0), (1, '', 2, 'failed', 40058);
INSERT INTO person (user_key, userid, name) VALUES ('canary', 'canary', 'CANARY') ON CONFLICT DO NOTHING;
INSERT INTO push_to (push_id, batch_id, person, user_id, once, state)
	SELECT 1, 2, (SELECT min(id) FROM person), 'canary', 'once ' || i, CASE WHEN i < 4 THEN 'held' ELSE 'invalid' END FROM generate_series(1, 5) i`); err != nil {
		t.Fatal(err)
	}
}

func TestJobsShowsPushesAndWhatRedisCarries(t *testing.T) {
	redis, err := jobs.StartEmbedded()
	if err != nil {
		t.Fatal(err)
	}
	defer redis.Close()
	s := newShell(t)
	s.vars["QINGFENG_REDIS_URL"] = "redis://" + redis.Addr()
	db, err := pg.Open(t.Context(), s.vars["QINGFENG_DATABASE_URL"])
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	pushed(t, db)
	if err := db.PlanRun(t.Context(), "push", "12", nil, time.Now().Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	out := s.ok("jobs").out
	for _, want := range []string{
		"推送 reminder：已发出 1 批 1000 人", "推送 reminder：结果未知（待人工核对） 1 批 7 人", "收件人 reminder：收不到 2 人",
		"推送批次3 reminder", "错误码40058", text.JobsHeldHint, "push/12 应于", "队列 urgent：排队0", "最早到期的任务已等待：house 1h0m",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if strings.Contains(out, "CANARY") || strings.Contains(out, "canary") {
		t.Error("a person is named")
	}
	var doc struct {
		Push struct {
			Batches, Receivers []pg.Count
			Stuck              []pg.PushedBatch
		}
		Redis   []jobs.QueueSize
		Overdue map[string]float64 `json:"overdue_seconds"`
	}
	s.ok("jobs", "--json").json(t, &doc)
	if len(doc.Push.Batches) != 3 || len(doc.Push.Receivers) != 2 || len(doc.Push.Stuck) != 2 || len(doc.Redis) != 4 || doc.Overdue["house"] < 3599 {
		t.Errorf("%+v", doc)
	}
	redis.Flush()
	s.vars["QINGFENG_REDIS_URL"] = "redis://127.0.0.1:1"
	if out := s.ok("jobs").out; !strings.Contains(out, text.JobsDeadRedis) || !strings.Contains(out, "push/12") {
		t.Error(out)
	}
}

func TestMetricsTellOfRunsPushesAndTasksAndOfNobody(t *testing.T) {
	s := patient(t, newCompany(t, nil, colleagues()...))
	a := s.instance()
	pushed(t, a.db)
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		if err := a.housekeeping(ctx); err != nil {
			t.Error(err)
		}
	})
	defer running.Wait()
	defer cancel()
	var got string
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		w := httptest.NewRecorder()
		a.opsHandler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
		got = w.Body.String()
		if strings.Contains(got, `qingfeng_job_runs{job="prune",state="done"} 1`) && strings.Contains(got, "qingfeng_redis_tasks") || time.Now().After(end) {
			break
		}
	}
	for _, want := range []string{
		`qingfeng_job_runs{job="prune",state="done"} 1`, `qingfeng_push_batches{kind="reminder",state="held"} 1`,
		`qingfeng_push_batch_people{kind="reminder",state="sent"} 1000`, `qingfeng_push_receivers{kind="reminder",state="invalid"} 2`,
		`qingfeng_job_overdue_seconds{queue="urgent"} 0`, `qingfeng_redis_tasks{queue="bulk",state="pending"} 0`, "qingfeng_clock_skew_seconds",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s", want)
		}
	}
	for _, person := range append(colleagues(), "canary", "CANARY") {
		if strings.Contains(got, person) {
			t.Errorf("a label holds %s", person)
		}
	}
}

func TestTheEmbeddedRedisIsFoundThroughRunJSON(t *testing.T) {
	s := patient(t, newCompany(t, nil, colleagues()...))
	a := s.instance()
	withdraw, err := writeRun(a.cfg.DataDir, runFile{Database: s.vars["QINGFENG_DATABASE_URL"]})
	if err != nil {
		t.Fatal(err)
	}
	defer withdraw()
	_, closeRedis, err := a.openRedis()
	if err != nil {
		t.Fatal(err)
	}
	defer closeRedis()
	if out := s.ok("jobs").out; !strings.Contains(out, "队列 notice：") {
		t.Error(out)
	}
	withdraw()
	if out := s.ok("jobs").out; !strings.Contains(out, text.JobsHiddenRedis) {
		t.Error(out)
	}
}

func TestDoctorComparesTheClocks(t *testing.T) {
	s := patient(t, newCompany(t, nil))
	if f, _ := s.examined(); f[text.DoctorDBClock].State != "ok" {
		t.Errorf("%+v", f[text.DoctorDBClock])
	}
	a := s.instance()
	for _, off := range []time.Duration{2 * time.Minute, -time.Hour} {
		skew, err := a.db.Skew(t.Context(), func() time.Time { return time.Now().Add(off) })
		if err != nil || (skew-off).Abs() > 5*time.Second {
			t.Error(skew, err)
		}
	}
}
