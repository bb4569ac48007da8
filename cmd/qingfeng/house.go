package main

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/hibiken/asynq"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/pg"
	"qingfeng/bot/text"
	"qingfeng/bot/wecom"
	"qingfeng/handlers"
	"qingfeng/jobs"
)

// runs is the plan of periodic work in Postgres, as jobs wants it.
type runs struct{ db *pg.DB }

func (r runs) Plan(ctx context.Context, job string, due time.Time) error {
	return r.db.PlanRun(ctx, job, due)
}

func (r runs) Uncarried(ctx context.Context, now, before time.Time, lastAttempt int) (out []jobs.Run, err error) {
	rows, err := r.db.UncarriedRuns(ctx, now, before, lastAttempt)
	for _, row := range rows {
		out = append(out, asRun(row))
	}
	return out, err
}

func (r runs) Claim(ctx context.Context, id int64, generation int, lease time.Duration) (jobs.Run, bool, error) {
	row, ok, err := r.db.ClaimRun(ctx, id, generation, lease)
	return asRun(row), ok, err
}

func (r runs) Finish(ctx context.Context, id int64, generation int, code string, pause time.Duration, lastAttempt int) error {
	return r.db.FinishRun(ctx, id, generation, code, pause, lastAttempt)
}

func asRun(r pg.JobRun) jobs.Run {
	return jobs.Run{ID: r.ID, Job: r.Job, DueAt: r.DueAt, Generation: r.Generation, Attempts: r.Attempts}
}

// linkAudit chains audit events a second after they were written, until ctx is over.
func (a *app) linkAudit(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := a.register.LinkAudit(ctx); err != nil && ctx.Err() == nil {
				a.log.Warn("link audit", "err", err)
			}
		}
	}
}

// housekeeping runs the jobs until ctx is over, on the configured Redis or an
// embedded one.
func (a *app) housekeeping(ctx context.Context) error {
	var conn asynq.RedisConnOpt
	if a.cfg.RedisURL != "" {
		_, opt, err := jobs.ParseRedis(string(a.cfg.RedisURL))
		if err != nil {
			return err
		}
		conn = opt
	} else {
		embedded, err := jobs.StartEmbedded()
		if err != nil {
			return err
		}
		defer embedded.Close()
		conn = embedded.Options()
	}
	all := []jobs.Job{
		jobs.Reconcile(a.members, a.reconcile, bot.Zone()),
		jobs.Prune(a.register.Prune, bot.Zone()),
		jobs.Tend(a.index.CountTerms, a.index.PruneQuestions, a.index.PruneCache, bot.Zone()),
		jobs.Digest(a.questionDigest, a.now, bot.Zone()),
	}
	if a.embed != nil {
		all = append(all, jobs.Embed(
			func(ctx context.Context) error { return a.index.EmbedAll(ctx, a.embed) },
			func(err error) { a.log.Warn("passages not embedded", "err", err) },
		))
	}
	s, err := jobs.New(jobs.Config{Runs: runs{a.db}, Redis: conn, Now: a.now, Log: a.log, Jobs: all})
	if err != nil {
		return err
	}
	return s.Run(ctx)
}

// members are the ids WeCom shows us.
func (a *app) members(ctx context.Context) ([]bot.UserID, error) {
	all, err := a.client.Members(ctx)
	if err != nil {
		return nil, err
	}
	ids := make([]bot.UserID, len(all))
	for i, m := range all {
		ids[i] = m.ID
	}
	return ids, nil
}

// reconcile lets leavers go and gives their open reviews to others.
func (a *app) reconcile(ctx context.Context, visible []bot.UserID) error {
	left, open, err := a.register.Reconcile(ctx, visible)
	if err != nil {
		return err
	}
	a.log.Info("reconciled", "visible", len(visible), "left", len(left), "reviews", len(open))
	if len(open) == 0 {
		return nil
	}
	return a.runner.Do(ctx, operator, func(ctx context.Context, t *convo.Turn) error { return a.desk.Reassign(ctx, t, open) })
}

// appMenu is the bar at the bottom of the chat.
func appMenu() []wecom.MenuButton {
	return []wecom.MenuButton{
		{Name: text.MenuSelfCheck, Key: handlers.MenuSelfCheck},
		{Name: text.MenuProgress, Key: handlers.MenuProgress},
		{Name: text.MenuHelp, Key: handlers.MenuHelp},
	}
}

// jobsCommand shows the queues and lets a person retry or drop one run.
func jobsCommand(ctx context.Context, e env, args []string) error {
	fs := e.flags(text.JobsUsage)
	asJSON := e.jsonFlag(fs)
	rest, err := parse(fs, args)
	if err != nil {
		return err
	}
	if len(rest) == 0 {
		return e.withRegister(ctx, func(ctx context.Context, _ Config, r *pg.Register) error { return e.showJobs(ctx, r.DB, *asJSON) })
	}
	if len(rest) != 2 || rest[0] != "retry" && rest[0] != "drop" {
		return usage(fs)
	}
	id, err := strconv.ParseInt(rest[1], 10, 64)
	if err != nil {
		return usage(fs)
	}
	return e.withRegister(ctx, func(ctx context.Context, _ Config, r *pg.Register) error {
		set := r.DB.RetryRun
		if rest[0] == "drop" {
			set = r.DB.DropRun
		}
		ok, err := set(ctx, id)
		if err != nil {
			return err
		}
		if !ok {
			return fmt.Errorf(text.JobsNoSuch, rest[1])
		}
		return e.done(map[string]any{"id": id, "done": rest[0]}, text.JobsDone, rest[1])
	})
}

func (e env) showJobs(ctx context.Context, db *pg.DB, asJSON bool) error {
	q, err := db.Queues(ctx)
	if err != nil {
		return err
	}
	open, err := db.OpenRuns(ctx)
	if err != nil {
		return err
	}
	if asJSON {
		return e.json(map[string]any{
			"inbox":  map[string]int{"new": q.InNew, "timers": q.InTimers, "parked": q.InParked},
			"outbox": map[string]int{"pending": q.OutPending, "sending": q.OutSending, "held": q.OutHeld, "failed": q.OutFailed},
			"runs":   append([]pg.JobRun{}, open...),
		})
	}
	fmt.Fprintf(e.out, text.JobsInbox+"\n", q.InNew, q.InTimers, q.InParked)
	fmt.Fprintf(e.out, text.JobsOutbox+"\n", q.OutPending, q.OutSending, q.OutHeld, q.OutFailed)
	if q.OutHeld > 0 {
		fmt.Fprintln(e.out, text.JobsHeldHint)
	}
	for _, run := range open {
		state := map[string]string{"planned": text.JobsPlanned, "running": text.JobsRunning, "failed": text.JobsFailed}[run.State]
		fmt.Fprintf(e.out, text.JobsRun+"\n", run.ID, run.Job, run.DueAt.In(bot.Zone()).Format(time.DateTime), state, run.Attempts, run.Error)
	}
	if len(open) == 0 {
		fmt.Fprintln(e.out, text.JobsNothing)
	}
	return nil
}

// metrics exports what operations watch; counts come from Postgres, so that they
// are right whichever instance is asked. No label holds a person.
func (a *app) metrics() *prometheus.Registry {
	reg := prometheus.NewRegistry()
	reg.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), queueCollector{a.db})
	return reg
}

type queueCollector struct{ db *pg.DB }

func (queueCollector) Describe(ch chan<- *prometheus.Desc) { ch <- queueDesc() }

func (c queueCollector) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	q, err := c.db.Queues(ctx)
	if err != nil {
		ch <- prometheus.NewInvalidMetric(queueDesc(), err)
		return
	}
	for _, v := range []struct {
		queue, state string
		n            int
	}{
		{"inbox", "new", q.InNew},
		{"inbox", "timers", q.InTimers},
		{"inbox", "parked", q.InParked},
		{"outbox", "pending", q.OutPending},
		{"outbox", "sending", q.OutSending},
		{"outbox", "held", q.OutHeld},
		{"outbox", "failed", q.OutFailed},
	} {
		ch <- prometheus.MustNewConstMetric(queueDesc(), prometheus.GaugeValue, float64(v.n), v.queue, v.state)
	}
}

func queueDesc() *prometheus.Desc {
	return prometheus.NewDesc("qingfeng_queue_rows", "Rows waiting in a queue, by state.", []string{"queue", "state"}, nil)
}
