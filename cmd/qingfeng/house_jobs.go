package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/hibiken/asynq"

	"qingfeng/bot"
	"qingfeng/bot/pg"
	"qingfeng/bot/text"
	"qingfeng/jobs"
)

// jobsCommand shows the queues and lets a person retry or drop one run.
func jobsCommand(ctx context.Context, e env, args []string) error {
	fs := e.flags(text.JobsUsage)
	asJSON := e.jsonFlag(fs)
	rest, err := parse(fs, args)
	if err != nil {
		return err
	}
	if len(rest) == 0 {
		return e.withRegister(ctx, func(ctx context.Context, cfg Config, r *pg.Register) error {
			return e.showJobs(ctx, cfg, r.DB, *asJSON)
		})
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

// jobsView is everything `jobs` shows.
type jobsView struct {
	queues pg.Queues
	open   []pg.JobRun
	counts pg.JobCounts
	stuck  []pg.PushedBatch
	redis  []jobs.QueueSize
	blind  string // why redis is empty
}

func (e env) viewJobs(ctx context.Context, cfg Config, db *pg.DB) (v jobsView, err error) {
	if v.queues, err = db.Queues(ctx); err != nil {
		return v, err
	}
	if v.open, err = db.OpenRuns(ctx); err != nil {
		return v, err
	}
	if v.counts, err = db.JobCounts(ctx, e.now()); err != nil {
		return v, err
	}
	if v.stuck, err = db.StuckBatches(ctx); err != nil {
		return v, err
	}
	conn, ok := reachableRedis(cfg)
	if !ok {
		v.blind = text.JobsHiddenRedis
		return v, nil
	}
	look, cancel := context.WithTimeout(ctx, scrapeWithin)
	defer cancel()
	if v.redis, err = redisSizes(look, conn); err != nil {
		v.blind = text.JobsDeadRedis
	}
	return v, nil
}

// reachableRedis is the configured Redis, or the embedded one of what runs here.
func reachableRedis(cfg Config) (asynq.RedisConnOpt, bool) {
	url := string(cfg.RedisURL)
	if r, ok := readRun(cfg.DataDir); url == "" && ok {
		url = r.Redis
	}
	_, conn, err := jobs.ParseRedis(url)
	return conn, url != "" && err == nil
}

func redisSizes(ctx context.Context, conn asynq.RedisConnOpt) (_ []jobs.QueueSize, err error) {
	i, err := jobs.NewInspector(conn)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, i.Close()) }()
	return i.Sizes(ctx)
}

func (e env) showJobs(ctx context.Context, cfg Config, db *pg.DB, asJSON bool) error {
	v, err := e.viewJobs(ctx, cfg, db)
	if err != nil {
		return err
	}
	q := v.queues
	if asJSON {
		overdue := map[string]float64{}
		for queue, d := range v.counts.Overdue {
			overdue[queue] = d.Seconds()
		}
		return e.json(map[string]any{
			"inbox":  map[string]int{"new": q.InNew, "timers": q.InTimers, "parked": q.InParked},
			"outbox": map[string]int{"pending": q.OutPending, "sending": q.OutSending, "held": q.OutHeld, "failed": q.OutFailed},
			"runs":   append([]pg.JobRun{}, v.open...), "counts": append([]pg.Count{}, v.counts.Runs...), "overdue_seconds": overdue,
			"push": map[string]any{
				"batches": append([]pg.Count{}, v.counts.Batches...), "people": append([]pg.Count{}, v.counts.People...),
				"receivers": append([]pg.Count{}, v.counts.Receivers...), "stuck": append([]pg.PushedBatch{}, v.stuck...),
			},
			"redis": append([]jobs.QueueSize{}, v.redis...),
		})
	}
	say := func(format string, args ...any) { fmt.Fprintf(e.out, format+"\n", args...) }
	say(text.JobsInbox, q.InNew, q.InTimers, q.InParked)
	say(text.JobsOutbox, q.OutPending, q.OutSending, q.OutHeld, q.OutFailed)
	e.showPushes(v)
	if q.OutHeld > 0 || slices.ContainsFunc(v.stuck, func(b pg.PushedBatch) bool { return b.State == "held" }) {
		say(text.JobsHeldHint)
	}
	for _, run := range v.open {
		state := map[string]string{"planned": text.JobsPlanned, "running": text.JobsRunning, "failed": text.JobsFailed}[run.State]
		name := run.Job
		if run.Key != "" {
			name += "/" + run.Key
		}
		say(text.JobsRun, run.ID, name, run.DueAt.In(bot.Zone()).Format(time.DateTime), state, run.Attempts, run.Error)
	}
	if len(v.open) == 0 {
		say(text.JobsNothing)
	}
	for _, queue := range jobs.Queues() {
		if d, ok := v.counts.Overdue[queue]; ok {
			say(text.JobsLate, queue, d.Round(time.Second))
		}
	}
	for _, r := range v.redis {
		say(text.JobsRedis, r.Queue, r.Pending, r.Active, r.Scheduled, r.Retry, r.Archived)
	}
	if v.blind != "" {
		say(text.JobsNoRedis, v.blind)
	}
	return nil
}

func (e env) showPushes(v jobsView) {
	for i, b := range v.counts.Batches {
		fmt.Fprintf(e.out, text.JobsBatches+"\n", b.Of, text.JobsState(b.State), b.N, v.counts.People[i].N)
	}
	for _, r := range v.counts.Receivers {
		fmt.Fprintf(e.out, text.JobsReceivers+"\n", r.Of, text.JobsState(r.State), r.N)
	}
	for _, b := range v.stuck {
		fmt.Fprintf(e.out, text.JobsStuck+"\n", b.ID, b.Kind, b.MadeAt.In(bot.Zone()).Format(time.DateTime), text.JobsState(b.State), b.People, b.ErrCode)
	}
}
