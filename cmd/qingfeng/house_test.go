package main

import (
	"context"
	"crypto/rand"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/pg"
	"qingfeng/bot/risk"
	"qingfeng/jobs"
)

// instance wires an instance over the shell's database; it does not run.
func (s *shell) instance() *app {
	s.t.Helper()
	cfg, err := configFrom(func(k string) string { return s.vars[k] })
	if err != nil {
		s.t.Fatal(err)
	}
	db, err := pg.Open(s.t.Context(), string(cfg.DatabaseURL))
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(db.Close)
	a, err := newApp(cfg, db, env{}.now, rand.Reader, newLog(io.Discard, 0))
	if err != nil {
		s.t.Fatal(err)
	}
	return a
}

func TestALeaversOpenReviewGoesToAnother(t *testing.T) {
	s := patient(t, newCompany(t, nil, colleagues()...))
	s.ok("grant", "wangfang", "科室负责人", "--section", "财务股")
	s.ok("campaign", "open", "--due", time.Now().AddDate(0, 1, 0).Format(time.DateOnly))
	a, ctx := s.instance(), t.Context()
	head, _, err := a.register.PersonByUserID(ctx, "lijing")
	if err != nil {
		t.Fatal(err)
	}
	author, _, err := a.register.PersonByUserID(ctx, "linxiaoya")
	if err != nil {
		t.Fatal(err)
	}
	checks, err := a.register.Checks(ctx, risk.CheckFilter{Campaign: 1, Person: author.ID})
	if err != nil || len(checks) != 1 {
		t.Fatal(checks, err)
	}
	check := checks[0]
	pack, err := risk.LoadPack("county")
	if err != nil {
		t.Fatal(err)
	}
	chain := pack.ChainFor(check.Post, risk.Section{ID: check.Post.SectionID}, false)
	for i, step := range chain.Steps {
		if step.State() == risk.CheckSection {
			check.State, check.Chain, check.StepNo, check.Version, check.ZeroReason = risk.CheckSection, chain.Code, i, 1, "只做收发"
			review := risk.Review{CheckID: check.ID, Version: 1, StepNo: i, Step: step.Code, Assignee: head, Round: 1, OpenedAt: time.Now()}
			if err := a.register.Save(ctx, &check); err != nil {
				t.Fatal(err)
			}
			if err := a.register.OpenReview(ctx, &review); err != nil {
				t.Fatal(err)
			}
		}
	}
	open := func() (assignees []string) {
		t.Helper()
		all, err := a.register.Reviews(ctx, risk.ReviewFilter{Check: check.ID})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range all {
			if r.Decision == "" {
				assignees = append(assignees, string(r.Assignee.UserID))
			}
		}
		return assignees
	}
	if got := open(); len(got) != 1 || got[0] != "lijing" {
		t.Fatal(got)
	}

	// A directory that shows nobody, or nobody of ours, is taken for a fault.
	for _, visible := range [][]bot.UserID{nil, {"nobody-of-ours"}} {
		if err := a.reconcile(ctx, visible); err == nil {
			t.Error("the unit was emptied")
		}
	}
	var visible []bot.UserID
	for _, id := range colleagues() {
		if id != "lijing" {
			visible = append(visible, bot.UserID(strings.ToUpper(id)))
		}
	}
	if err := a.reconcile(ctx, visible); err != nil {
		t.Fatal(err)
	}
	if got := open(); len(got) != 1 || got[0] != "wangfang" {
		t.Errorf("the review is with %v", got)
	}
	if err := a.reconcile(ctx, visible); err != nil {
		t.Error(err)
	}
	if got := open(); len(got) != 1 {
		t.Errorf("again: the review is with %v", got)
	}
}

func TestServeSaysWhichPortIsTaken(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for _, name := range []string{"QINGFENG_LISTEN", "QINGFENG_OPS_LISTEN", "QINGFENG_PUBLIC_LISTEN"} {
		s := patient(t, newCompany(t, nil))
		s.vars["QINGFENG_LISTEN"], s.vars["QINGFENG_OPS_LISTEN"], s.vars["QINGFENG_PUBLIC_LISTEN"] = unusedAddress(t), unusedAddress(t), unusedAddress(t)
		s.vars[name] = taken.Addr().String()
		a := s.fails("端口 "+taken.Addr().String()+" 打不开", "serve")
		if strings.Contains(a.err, "CANARY") {
			t.Error(a.err)
		}
	}
}

func TestHousekeepingRunsOverAConfiguredRedis(t *testing.T) {
	redis, err := jobs.StartEmbedded()
	if err != nil {
		t.Fatal(err)
	}
	defer redis.Close()
	s := patient(t, newCompany(t, nil, colleagues()...))
	s.vars["QINGFENG_REDIS_URL"] = "redis://" + redis.Addr() + "/0"
	a := s.instance()
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		if err := a.housekeeping(ctx); err != nil {
			t.Error(err)
		}
	})
	defer running.Wait()
	defer cancel()
	for until := time.Now().Add(15 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		var done int
		if err := a.db.Pool().QueryRow(t.Context(), `SELECT count(*) FROM job_run WHERE state = 'done' AND job IN ('reconcile', 'prune')`).Scan(&done); err != nil {
			t.Fatal(err)
		}
		if done == 2 {
			break
		}
		if time.Now().After(until) {
			t.Fatalf("%d of last night's 2 runs are done", done)
		}
	}
	if f, code := s.examined(); f["Redis"].State != "ok" || code != 0 {
		t.Errorf("exit %d, %+v", code, f["Redis"])
	}
}

func TestWhatWasQueuedBeforeTheAppWasKnownIsSentUnderItsID(t *testing.T) {
	app := addressed{agent: 1000002}
	for body, want := range map[string]string{
		`{"touser":"a","agentid":0,"text":{"content":"说 \"agentid\":0, 好"}}`: `{"touser":"a","agentid":1000002,"text":{"content":"说 \"agentid\":0, 好"}}`,
		`{"touser":"a","agentid":7,"text":{"content":"\"agentid\":0,"}}`:     `{"touser":"a","agentid":7,"text":{"content":"\"agentid\":0,"}}`,
	} {
		if got := string(app.fill([]byte(body))); got != want {
			t.Errorf("%s", got)
		}
	}
}
