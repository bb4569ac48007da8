package main

import (
	"context"
	"encoding/json"
	"os"
	"time"

	"github.com/hibiken/asynq"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/pg"
	"qingfeng/bot/text"
	"qingfeng/bot/wecom"
	"qingfeng/handlers"
	"qingfeng/jobs"
)

// runs is the plan of what runs by itself in Postgres, as jobs wants it.
type runs struct{ db *pg.DB }

func (r runs) Plan(ctx context.Context, job, key string, args json.RawMessage, due time.Time) error {
	return r.db.PlanRun(ctx, job, key, args, due)
}

func (r runs) Uncarried(ctx context.Context, t jobs.Take) (out []jobs.Run, err error) {
	rows, err := r.db.UncarriedRuns(ctx, pg.RunTake{Now: t.Now, Queues: t.Jobs, Again: t.Again, Limit: t.Limit, Last: t.Last})
	for _, row := range rows {
		out = append(out, asRun(row))
	}
	return out, err
}

func (r runs) Claim(ctx context.Context, id int64, generation int, now time.Time, lease time.Duration) (jobs.Run, bool, error) {
	row, ok, err := r.db.ClaimRun(ctx, id, generation, now, lease)
	return asRun(row), ok, err
}

func (r runs) Release(ctx context.Context, id int64, generation int) error {
	return r.db.ReleaseRun(ctx, id, generation)
}

func (r runs) Renew(ctx context.Context, id int64, generation int, lease time.Duration) (bool, error) {
	return r.db.RenewRun(ctx, id, generation, lease)
}

func (r runs) Finish(ctx context.Context, id int64, generation int, e jobs.End) error {
	state := map[jobs.State]string{jobs.StateDone: "done", jobs.StateAgain: "planned", jobs.StateFailed: "failed"}[e.State]
	return r.db.FinishRun(ctx, id, generation, pg.RunEnd{State: state, Code: e.Code, At: e.At, Counts: e.Counts})
}

func asRun(r pg.JobRun) jobs.Run {
	return jobs.Run{ID: r.ID, Job: r.Job, Key: r.Key, Args: r.Args, DueAt: r.DueAt, Generation: r.Generation, Attempts: r.Attempts}
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
	conn, closeRedis, err := a.openRedis()
	if err != nil {
		return err
	}
	defer closeRedis()
	s, err := a.jobsService(conn, a.skew)
	if err != nil {
		return err
	}
	a.house.Store(&house{s, conn})
	defer a.house.Store(nil)
	return s.Run(ctx)
}

// house is what keeps it while the instance runs.
type house struct {
	service *jobs.Service
	redis   asynq.RedisConnOpt
}

// wakeJobs has what was just planned begun at once, if the house is kept here.
func (a *app) wakeJobs() {
	if h := a.house.Load(); h != nil {
		h.service.Wake()
	}
}

// openRedis is the configured Redis, or one inside this process, whose address other
// commands find in run.json.
func (a *app) openRedis() (conn asynq.RedisConnOpt, closeAll func(), err error) {
	if a.cfg.RedisURL != "" {
		_, opt, err := jobs.ParseRedis(string(a.cfg.RedisURL))
		return opt, func() {}, err
	}
	embedded, err := jobs.StartEmbedded()
	if err != nil {
		return nil, nil, err
	}
	if r, ok := readRun(a.cfg.DataDir); ok && r.PID == os.Getpid() {
		r.Redis = "redis://" + embedded.Addr()
		if err := saveRun(a.cfg.DataDir, r); err != nil {
			a.log.Warn("run.json does not tell of the embedded redis", "err", err)
		}
	}
	return embedded.Options(), embedded.Close, nil
}

// jobsService wires the jobs. Without Redis it can be drained only; skew is nil where
// the clock is not the machine's.
func (a *app) jobsService(redis asynq.RedisConnOpt, skew func(context.Context) (time.Duration, error)) (*jobs.Service, error) {
	return jobs.New(jobs.Config{Runs: runs{a.db}, Redis: redis, Now: a.now, Log: a.log, Jobs: a.allJobs(), Skew: skew})
}

// skew is how far our clock is ahead of the database's.
func (a *app) skew(ctx context.Context) (time.Duration, error) { return a.db.Skew(ctx, a.now) }

// allJobs is everything that runs by itself.
func (a *app) allJobs() []jobs.Job {
	all := []jobs.Job{
		jobs.Reconcile(a.members, a.reconcile, bot.Zone()),
		jobs.Prune(a.register.Prune, bot.Zone()),
		jobs.Tend(a.index.CountTerms, a.index.PruneQuestions, a.index.PruneCache, bot.Zone()),
		jobs.Digest(a.questionDigest, a.now, bot.Zone()),
	}
	all = append(all, a.sayingFirst()...)
	all = append(all, a.releaseJob()...)
	if a.embed != nil {
		all = append(all, jobs.Embed(
			func(ctx context.Context) error { return a.index.EmbedAll(ctx, a.embed) },
			func(err error) { a.log.Warn("passages not embedded", "err", err) },
		))
	}
	return all
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
