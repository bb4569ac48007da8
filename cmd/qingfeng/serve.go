package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/http/pprof"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

func serveCommand(ctx context.Context, e env, args []string) error {
	fs := e.flags(text.CmdServeUsage)
	if err := noArguments(fs, args); err != nil {
		return err
	}
	cfg, log, err := e.config()
	if err != nil {
		return err
	}
	if missing := cfg.wecom(); len(missing) > 0 {
		return fmt.Errorf(text.CmdServeMissing, strings.Join(missing, "\n  "))
	}
	if r, ok := readRun(cfg.DataDir); ok && cfg.DatabaseURL == "" {
		return fmt.Errorf(text.CmdAlreadyRunning, r.PID)
	}
	db, url, closeDB, err := database(ctx, cfg, log)
	if err != nil {
		return err
	}
	defer closeDB()
	a, err := newApp(cfg, db, e.now, rand.Reader, log)
	if err != nil {
		return err
	}
	remove, err := publish(cfg, url, "")
	if err != nil {
		return err
	}
	defer remove()
	announced := make(chan struct{})
	go func() {
		defer close(announced)
		a.announceMenu(ctx)
	}()
	err = a.serve(ctx)
	<-announced
	return err
}

// publish writes run.json for a private cluster; with servers of its own there is
// nothing that other commands could not read from the environment.
func publish(cfg Config, url, wecom string) (func(), error) {
	if cfg.DatabaseURL != "" {
		return func() {}, nil
	}
	return writeRun(cfg.DataDir, runFile{Database: url, Staff: cfg.BaseURL, Public: cfg.PublicURL, WeCom: wecom, AgentID: cfg.AgentID})
}

// menu is the bar at the bottom of the chat; WeCom keeps it, so it is sent at start.
func (a *app) announceMenu(ctx context.Context) {
	if err := a.client.Menu(ctx, appMenu()); err != nil {
		a.log.Warn("menu not set", "err", err)
	}
}

// withApp runs fn over an instance that is wired but not running: its replies are
// queued and sent by whoever runs. Without WeCom credentials in the environment it
// speaks for the app of the running demo.
func (e env) withApp(ctx context.Context, fn func(ctx context.Context, a *app) error) error {
	cfg, log, err := e.toolConfig()
	if err != nil {
		return err
	}
	if r, ok := readRun(cfg.DataDir); ok {
		if cfg.AgentID == 0 {
			cfg.AgentID = r.AgentID
		}
		if e.getenv("QINGFENG_BASE_URL") == "" {
			cfg.BaseURL = r.Staff
		}
	}
	db, _, closeDB, err := database(ctx, cfg, log)
	if err != nil {
		return err
	}
	defer closeDB()
	a, err := newApp(cfg, db, e.now, rand.Reader, log)
	if err != nil {
		return err
	}
	return fn(ctx, a)
}

// operator is who the command line acts as.
const operator = bot.UserID("qingfeng-cli")

func (a *app) openCampaign(ctx context.Context, c risk.Campaign) (out risk.Campaign, err error) {
	if open, running, err := a.register.Campaign(ctx); err != nil {
		return out, err
	} else if running {
		return out, fmt.Errorf(text.CampaignOpenAlready, open.Name, open.Due.Format(time.DateOnly))
	}
	err = a.runner.Do(ctx, operator, func(ctx context.Context, t *convo.Turn) error {
		out, _, err = a.desk.OpenCampaign(ctx, t, c)
		return err
	})
	return out, err
}

func (a *app) closeCampaign(ctx context.Context, id int64) error {
	return a.runner.Do(ctx, operator, func(ctx context.Context, t *convo.Turn) error { return a.desk.CloseCampaign(ctx, t, id) })
}

// opsHandler serves metrics, health and profiles to operations, never to staff or
// citizens.
func (a *app) opsHandler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(a.metrics(), promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError}))
	mux.Handle("GET /healthz", a.staff)
	mux.Handle("GET /readyz", a.staff)
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", http.NotFound) // arguments may hold paths and names
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	return mux
}

// now is the wall clock in the zone people here live in.
func (e env) now() time.Time {
	if e.clock != nil {
		return e.clock().In(bot.Zone())
	}
	return time.Now().In(bot.Zone())
}
