package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	stdlog "log"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/form"
	"qingfeng/bot/pg"
	"qingfeng/bot/plan"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
	"qingfeng/bot/wecom"
	"qingfeng/handlers"
	"qingfeng/handlers/web"
	"qingfeng/knowledge"
	"qingfeng/knowledge/index"
	"qingfeng/knowledge/ingest"
)

// app is one instance, wired: everything that runs is built here and nowhere else.
type app struct {
	cfg      Config
	log      *slog.Logger
	now      func() time.Time
	db       *pg.DB
	register *pg.Register
	base     *knowledge.Base
	index    *index.Store
	embed    knowledge.Embedder // nil without an embedding model
	desk     *handlers.Desk
	runner   *convo.Runner
	sender   *convo.Sender
	inbox    *convo.Acceptor
	client   *wecom.Client
	files    *ingest.Children // reads what is uploaded
	staff    http.Handler
	citizens http.Handler             // the citizens' pages in this process, for a story
	public   atomic.Pointer[citizens] // the processes that serve them, while the instance runs
	meter    *meter
	proofs   []byte                                           // HMAC key of proofs
	outer    func() (*outerKeys, error)                       // taken when first asked for
	apart    atomic.Bool                                      // outer keys are handled in processes of their own
	here     sync.RWMutex                                     // held to read while this process serves citizens
	arrived  func(ctx context.Context, n pg.HoldCounts) error // tells the desk of a release; nil: nobody does
	fonts    *form.Fonts                                      // for pictures in chat
	house    atomic.Pointer[house]                            // while housekeeping runs
}

// newApp wires an instance over an open database. It makes no call and starts nothing.
func newApp(cfg Config, db *pg.DB, now func() time.Time, random io.Reader, log *slog.Logger) (*app, error) {
	a := &app{
		cfg: cfg, log: log, now: now, db: db, register: pg.NewRegister(db, now), meter: newMeter(now, random), proofs: proofKey(cfg),
	}
	a.outer = sync.OnceValues(func() (*outerKeys, error) { return openOuterKeys(cfg.DataDir, a.makeOuterApart) })
	var err error
	if a.base, a.index, a.embed, err = newKnowledge(cfg, db, now, log); err != nil {
		return nil, err
	}
	days, err := plan.Shipped()
	if err != nil {
		return nil, err
	}
	a.desk = &handlers.Desk{
		Days: days, Reg: a.register, Pages: handlers.Pages{Base: cfg.BaseURL, Public: strings.TrimRight(cfg.PublicURL, "/")}, Packs: loadOnce(risk.LoadPack),
		Answers: a.quoting(), Questions: a.index, Away: a.away,
		Plans: a.register, Pushes: a.register, Pictures: pictures{a}, Opinions: a.register, Publications: a.register,
	}
	a.fonts = systemFonts()
	a.desk.Random, a.desk.Fonts = random, a.fonts
	if err := a.openSurveys(random); err != nil {
		return nil, err
	}
	if err := a.openSeal(cfg); err != nil {
		return nil, err
	}
	router, err := a.desk.Routes()
	if err != nil {
		return nil, err
	}
	a.runner, err = convo.NewRunner(convo.RunnerConfig{
		Store: db, Router: router, Directory: a.register, Renderer: wecom.NewRenderer(cfg.AgentID, now),
		Now: now, Rand: random, Log: log, Sender: wakes{a},
	})
	if err != nil || len(cfg.wecom()) > 0 {
		return a, err // a tool: what it says is queued, and sent by whoever runs
	}
	return a, a.connect()
}

// loadOnce keeps what load returned: packs are data of the binary and never change.
func loadOnce(load func(code string) (*risk.Pack, error)) func(code string) (*risk.Pack, error) {
	var mu sync.Mutex
	packs := map[string]*risk.Pack{}
	return func(code string) (*risk.Pack, error) {
		mu.Lock()
		defer mu.Unlock()
		if p := packs[code]; p != nil {
			return p, nil
		}
		p, err := load(code)
		if err == nil {
			packs[code] = p
		}
		return p, err
	}
}

// addressed sends what a tool queued before it could know the app, under the app's id.
type addressed struct {
	*wecom.Client
	agent int64
}

func (t addressed) Send(ctx context.Context, body []byte) (convo.Receipt, error) {
	return t.Client.Send(ctx, t.fill(body))
}

func (t addressed) Update(ctx context.Context, body []byte, code string) (convo.Receipt, error) {
	return t.Client.Update(ctx, t.fill(body), code)
}

func (t addressed) fill(body []byte) []byte {
	// Inside a text the quotes would be escaped, so this is the field and nothing else.
	return bytes.Replace(body, []byte(`"agentid":0,`), fmt.Appendf(nil, `"agentid":%d,`, t.agent), 1)
}

// wakes rings the sender, once there is one.
type wakes struct{ a *app }

func (w wakes) Wake() {
	if w.a.sender != nil {
		w.a.sender.Wake()
	}
}

// connect wires what speaks with WeCom and with browsers.
func (a *app) connect() (err error) {
	cfg, now, log := a.cfg, a.now, a.log
	a.client, err = wecom.New(wecom.Config{
		CorpID: cfg.CorpID, Secret: string(cfg.Secret), AgentID: cfg.AgentID,
		APIBase: cfg.WecomAPIBase, OAuthBase: cfg.WecomOAuthBase, Now: now,
	})
	if err != nil {
		return err
	}
	a.sender, err = convo.NewSender(convo.SenderConfig{Store: a.db, Transport: addressed{a.client, cfg.AgentID}, Now: now, Log: log})
	if err != nil {
		return err
	}
	a.inbox = convo.NewAcceptor(a.db, a.runner)
	callback, err := wecom.NewCallback(wecom.CallbackConfig{
		Token: string(cfg.Token), AESKey: string(cfg.AESKey), CorpID: cfg.CorpID, AgentID: cfg.AgentID,
		Guard: risk.Guard, Now: now, Log: log,
		Accept: func(ctx context.Context, m bot.Message) error { _, err := a.inbox.Accept(ctx, m); return err },
	})
	if err != nil {
		return err
	}
	if a.files, err = newReader(cfg, log); err != nil {
		return err
	}
	pages, err := web.New(web.Config{
		Desk: a.desk, Register: a.register, Login: a.client, Lanes: a.runner, Importer: sheets{a.register}, Knowledge: a.libraryPages(),
		BaseURL: cfg.BaseURL, PublicURL: cfg.PublicURL, Now: now, Log: log,
	})
	if err != nil {
		return err
	}
	a.citizens = a.citizensHere()
	mux := http.NewServeMux()
	mux.Handle("/wecom/callback", callback)
	mux.Handle("/", pages)
	a.staff = mux
	return nil
}

const (
	drainWithin = 10 * time.Second // for requests under way, when the instance ends
	stopWithin  = 10 * time.Second // for turns, sends and jobs under way, after that
)

// serve runs the instance until ctx is over or a part of it fails: listeners first to
// close, then what was accepted is finished, then the rest stops. What is not finished
// then is begun again at the next start.
func (a *app) serve(ctx context.Context) error {
	defer a.files.Close()
	if err := seedHandbook(ctx, a.index); err != nil {
		return err
	}
	days, err := a.register.Calendar(ctx) // with what was imported since the program was built
	if err != nil {
		return err
	}
	a.desk.Days = days
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", a.cfg.Listen)
	if err != nil {
		return fmt.Errorf(text.CmdPortTaken, a.cfg.Listen, err)
	}
	ops, err := (&net.ListenConfig{}).Listen(ctx, "tcp", a.cfg.OpsListen)
	if err != nil {
		return errors.Join(fmt.Errorf(text.CmdPortTaken, a.cfg.OpsListen, err), listener.Close())
	}
	citizens, err := (&net.ListenConfig{}).Listen(ctx, "tcp", a.cfg.PublicListen)
	if err != nil {
		return errors.Join(fmt.Errorf(text.CmdPortTaken, a.cfg.PublicListen, err), listener.Close(), ops.Close())
	}
	background, stopWork := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWork()
	g, work := errgroup.WithContext(background)
	served, err := a.startCitizens(ctx, work, citizens, g)
	if err != nil {
		return errors.Join(err, listener.Close(), ops.Close(), citizens.Close())
	}
	defer served.end()
	g.Go(func() error { a.inbox.Run(work); return nil })
	g.Go(func() error { a.runner.Run(work); return nil })
	g.Go(func() error { a.sender.Run(work); return nil })
	g.Go(func() error { a.linkAudit(work); return nil })
	g.Go(func() error { a.index.Warm(work); return nil })
	g.Go(func() error { a.answering().Run(work); return nil })
	g.Go(func() error { return a.housekeeping(work) })
	servers := []*http.Server{
		{Handler: served.desk, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: 60 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10, ErrorLog: quiet()},
		{Handler: a.opsHandler(), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10, ErrorLog: quiet()},
	}
	for i, l := range []net.Listener{listener, ops} {
		g.Go(func() error {
			if err := servers[i].Serve(l); !errors.Is(err, http.ErrServerClosed) {
				return err
			}
			return nil
		})
	}
	a.log.Info("ready", "staff", a.cfg.Listen, "public", a.cfg.PublicListen, "ops", a.cfg.OpsListen)
	select {
	case <-ctx.Done():
	case <-work.Done():
		a.log.Error("a part of the instance failed")
	}
	a.log.Info("stopping")
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainWithin)
	defer cancel()
	for _, s := range servers {
		if s.Shutdown(end) != nil {
			_ = s.Close()
		}
	}
	stopWork()
	ended := make(chan error, 1)
	go func() { ended <- g.Wait() }()
	select {
	case err := <-ended:
		return err
	case <-time.After(stopWithin):
		return errors.New(text.CmdStopSlow)
	}
}

// quiet drops net/http's own log lines: they hold addresses and request data.
func quiet() *stdlog.Logger { return stdlog.New(io.Discard, "", 0) }
