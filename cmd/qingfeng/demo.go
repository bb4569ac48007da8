package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/pg"
	"qingfeng/bot/plan"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
	"qingfeng/bot/wecom/wecomsim"
)

// simListen is where the phones are looked for first.
const simListen = "127.0.0.1:9180"

func demoCommand(ctx context.Context, e env, args []string) error {
	fs := e.flags(text.DemoUsage)
	story := fs.Bool("story", false, text.DemoStory)
	if rest, err := parse(fs, args); err != nil {
		return err
	} else if len(rest) > 0 {
		return usage(fs)
	}
	if *story {
		return e.story(ctx)
	}
	cfg, _, err := e.config()
	if err != nil {
		return err
	}
	if r, ok := readRun(cfg.DataDir); ok && cfg.DatabaseURL == "" {
		return fmt.Errorf(text.CmdAlreadyRunning, r.PID)
	}
	log := newLog(e.err, max(cfg.LogLevel, slog.LevelWarn))
	if cfg.LogLevel < slog.LevelInfo {
		log = newLog(e.err, cfg.LogLevel)
	}
	db, url, closeDB, err := database(ctx, cfg, log)
	if err != nil {
		return err
	}
	defer closeDB()
	fmt.Fprint(e.out, text.DemoPlaying)
	s, err := playScripts(ctx, cfg, url, "excerpt", false, e.out, log)
	switch {
	case ctx.Err() != nil:
		return nil
	case err != nil:
		return err
	case len(s.failed) > 0:
		fmt.Fprintf(e.out, text.DemoFailed+"\n", len(s.failed))
	}
	return e.stay(ctx, cfg, db, url, log)
}

// stay serves the demo until it is stopped.
func (e env) stay(ctx context.Context, cfg Config, db *pg.DB, url string, log *slog.Logger) error {
	seeding, err := lastWorked(e.now)
	if err != nil {
		return err
	}
	register := pg.NewRegister(db, seeding)
	if _, err := register.Unit(ctx); errors.Is(err, risk.ErrNone) {
		if err := loadDemo(ctx, register); err != nil {
			return err
		}
	} else if err != nil {
		return err
	}
	if err := rehearsedRings(ctx, register, cfg.DataDir); err != nil {
		return err
	}
	if cfg, err = rehearsal(cfg); err != nil {
		return err
	}
	phones, err := listenNear(ctx, simListen)
	if err != nil {
		return err
	}
	cfg.WecomAPIBase = "http://" + phones.Addr().String()
	cfg.WecomOAuthBase = cfg.WecomAPIBase
	// The callback goes to our own listener, whatever address people use to reach it.
	callback := "http://" + dialable(cfg.Listen)
	sim, err := simulator(ctx, cfg, register, cfg.BaseURL, func(c *wecomsim.Config) {
		c.Now = e.now
		c.CallbackURL = callback + "/wecom/callback"
		c.EntryURL = cfg.BaseURL + "/login?to=%s"
		c.Busy = func(ctx context.Context, user string) (bool, error) { return busyWith(ctx, db, user, e.now()) }
	})
	if err != nil {
		return errors.Join(err, phones.Close())
	}
	a, err := newApp(cfg, db, e.now, rand.Reader, log)
	if err != nil {
		sim.Close()
		return errors.Join(err, phones.Close())
	}
	// Last in, first out: the phones go dark first, so that nothing new comes in.
	defer sim.Close()
	stopPhones := serveOn(phones, sim.Handler())
	defer stopPhones()
	opened, err := a.openDemoCampaign(ctx)
	if err == nil && opened {
		err = seedNotice(ctx, cfg, db, seeding, log)
	}
	if err != nil {
		return err
	}
	notice, err := a.demoNotice(ctx)
	if err != nil {
		return err
	}
	remove, err := writeRun(cfg.DataDir, runFile{Database: url, Staff: cfg.BaseURL, Public: cfg.PublicURL, WeCom: cfg.WecomAPIBase, AgentID: cfg.AgentID})
	if err != nil {
		return err
	}
	defer remove()
	go a.announceMenu(ctx)
	go a.whenReady(ctx, callback, func() {
		fmt.Fprintf(e.out, text.DemoReady+"\n", cfg.WecomAPIBase+"/sim/", cfg.BaseURL, text.DemoCadre, text.DemoOffice, text.DemoHead, text.DemoLeader, os.Args[0], "linxiaoya")
		if notice != "" {
			fmt.Fprintf(e.out, text.DemoCitizens+"\n", notice, cfg.PublicURL+"/r", cfg.BaseURL+"/opinions", text.DemoOffice, text.DemoKeysOffice,
				cfg.BaseURL+"/tips", text.DemoTipsFirst, text.DemoKeysFirst, text.DemoTipsSecond, text.DemoKeysSecond)
		}
		fmt.Fprintln(e.out, text.DemoStop)
	})
	go a.releaseOften(ctx)
	return a.serve(ctx)
}

// openDemoCampaign opens a campaign in ten stages whose forms are due in ten working
// days, if none is open. The section heads' filings of the stage before are due within
// three, so that there is something to remind of.
func (a *app) openDemoCampaign(ctx context.Context) (opened bool, err error) {
	if _, open, err := a.register.Campaign(ctx); err != nil || open {
		return false, err
	}
	days, today := a.desk.Days, bot.Civil(a.now())
	due := days.Add(today, 10)
	err = a.runner.Do(ctx, operator, func(ctx context.Context, t *convo.Turn) error {
		p, _, err := a.desk.PlanCampaign(ctx, "county", "county-ten", fmt.Sprintf(text.CampaignDefaultName, due.Year()), due, today)
		if err != nil {
			return err
		}
		filing, meeting := plan.Fixed(days.Add(today, 2)), plan.Fixed(days.Add(today, 3))
		for i := range p.Duties {
			if p.Duties[i].Code == "catalogue" {
				p.Duties[i].Due = filing
			}
		}
		for i := range p.Anchors {
			if p.Anchors[i].Code == "approval" {
				p.Anchors[i].Rule = meeting
			}
		}
		for i := range p.Stages {
			switch p.Stages[i].Code {
			case "S2":
				p.Stages[i].Until, p.Stages[i].Overlap = meeting, true
			case "S3":
				p.Stages[i].From, p.Stages[i].Overlap = plan.Fixed(today), true
			}
		}
		_, err = a.desk.OpenPlan(ctx, t, 0, p)
		return err
	})
	return err == nil, err
}

// settleWithin is how long the demo waits for the first notices to reach the phones.
const settleWithin = 20 * time.Second

// whenReady calls say once the staff listener answers and the notices that the
// campaign's opening queued have reached the phones: whoever writes at once must not
// find a card arriving between two answers.
func (a *app) whenReady(ctx context.Context, base string, say func()) {
	address := strings.TrimPrefix(base, "http://")
	for ctx.Err() == nil {
		conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "tcp", address)
		if err == nil {
			_ = conn.Close()
			a.settled(ctx)
			say()
			return
		}
		select {
		case <-ctx.Done():
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// settled waits until nothing is left to do or to send, for a while at most.
func (a *app) settled(ctx context.Context) {
	for end := time.Now().Add(settleWithin); ctx.Err() == nil && time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if in, out, err := a.db.Backlog(ctx, a.now()); err == nil && in+out == 0 {
			return
		}
	}
}

// listenNear listens on an address, or on the next free port after it.
func listenNear(ctx context.Context, address string) (net.Listener, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	first, err := strconv.Atoi(port)
	if err != nil {
		return nil, err
	}
	for n := first; ; n++ {
		l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort(host, strconv.Itoa(n)))
		if err == nil || n == first+50 || !errors.Is(err, syscall.EADDRINUSE) {
			return l, err
		}
	}
}

// dialable is where a listener of this machine can be reached from this machine.
func dialable(listen string) string {
	host, port, err := net.SplitHostPort(listen)
	if err != nil || host != "" && host != "0.0.0.0" && host != "::" {
		return listen
	}
	return net.JoinHostPort("127.0.0.1", port)
}
