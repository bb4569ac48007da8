package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/pg"
	"qingfeng/bot/wecom/wecomsim"
	"qingfeng/handlers"
	"qingfeng/jobs"
)

// simClock is the clock that a story's bot and its WeCom share.
type simClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *simClock) Now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.now }

func (c *simClock) advance(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.now = c.now.Add(d) }

// set moves the clock on, never back.
func (c *simClock) set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if t.After(c.now) {
		c.now = t
	}
}

// lockedBuffer keeps what many write: the log, at its most talkative.
type lockedBuffer struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string { l.mu.Lock(); defer l.mu.Unlock(); return l.b.String() }

// world is a whole system with a simulated clock: an app that is really wired, the
// strict WeCom, signed callbacks over HTTP between them, and a database of its own.
type world struct {
	*app
	clock *simClock
	sim   *wecomsim.Sim
	base  string // of the staff pages
	dbURL string
	close func()

	chores *jobs.Service // what runs by itself, once a script says so

	mu     sync.Mutex
	people map[string]*person
}

// person is what the story remembers of one phone.
type person struct {
	world   *world
	id, who string
	phone   *wecomsim.Phone
	since   int64 // what came before the person's last action
	printed int64
	sent    int                       // messages and presses
	turns   map[string]int            // by step that took them
	active  time.Duration             // reading and typing
	filling time.Duration             // the part of it until the first submission
	shown   map[string]wecomsim.Shown // as printed last
}

// rehearsal makes up the credentials of an app that lives on this machine only.
func rehearsal(cfg Config) (Config, error) {
	secret, err := letters(43 + 32 + 24)
	if err != nil {
		return cfg, err
	}
	cfg.AESKey, cfg.Secret, cfg.Token = Secret(secret[:43]), Secret(secret[43:75]), Secret(secret[75:])
	cfg.CorpID, cfg.AgentID = "wwdemo0000000000", 1000002
	return rehearsedSeal(cfg)
}

// letters are n random letters and digits, as WeCom's own keys are.
func letters(n int) (string, error) {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz012345"
	raw := make([]byte, n)
	if _, err := rand.Read(raw); err != nil {
		return "", err
	}
	for i, b := range raw {
		raw[i] = alphabet[int(b)%len(alphabet)]
	}
	return string(raw), nil
}

// simulator makes the WeCom that fits a configuration; it calls back to base.
func simulator(ctx context.Context, cfg Config, r *pg.Register, base string, more func(*wecomsim.Config)) (*wecomsim.Sim, error) {
	departments, members, err := unitOf(ctx, r)
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(base)
	if err != nil {
		return nil, err
	}
	c := wecomsim.Config{
		CorpID: cfg.CorpID, AgentID: int(cfg.AgentID), Secret: string(cfg.Secret), Token: string(cfg.Token), AESKey: string(cfg.AESKey),
		CallbackURL: base + "/wecom/callback", TrustedDomain: u.Host, Departments: departments, Members: members,
	}
	if more != nil {
		more(&c)
	}
	return wecomsim.New(c)
}

// serveOn answers on a listener until the returned function is called.
func serveOn(l net.Listener, h http.Handler) func() {
	s := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second, IdleTimeout: time.Minute, ErrorLog: quiet()}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Serve(l) // ends with Close
	}()
	return func() {
		_ = s.Close()
		<-done
	}
}

// newWorld opens a world in the database at dbURL, which is migrated and empty.
func newWorld(ctx context.Context, cfg Config, dbURL string, start time.Time, log *slog.Logger) (_ *world, err error) {
	var closers []func()
	closeAll := func() {
		for _, c := range slices.Backward(closers) {
			c()
		}
	}
	defer func() {
		if err != nil {
			closeAll()
		}
	}()
	// Its outer keys are its own, too, and its sealing key: a story must not touch those of an instance.
	if cfg.DataDir, err = os.MkdirTemp("", "qingfeng-story-"); err != nil {
		return nil, err
	}
	dir := cfg.DataDir
	closers = append(closers, func() { _ = os.RemoveAll(dir) })
	cfg.TrustedProxies = "127.0.0.1" // each citizen comes from a network of their own
	if cfg, err = rehearsal(cfg); err != nil {
		return nil, err
	}
	db, err := pg.Open(ctx, dbURL)
	if err != nil {
		return nil, err
	}
	closers = append(closers, db.Close)
	w := &world{clock: &simClock{now: start}, people: map[string]*person{}, dbURL: dbURL}
	register := pg.NewRegister(db, w.clock.Now)
	if err := loadDemo(ctx, register); err != nil {
		return nil, err
	}
	var listen net.ListenConfig
	staff, err := listen.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	wecom, err := listen.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, errors.Join(err, staff.Close())
	}
	citizens, err := listen.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, errors.Join(err, staff.Close(), wecom.Close())
	}
	w.base = "http://" + staff.Addr().String()
	cfg.PublicURL = "http://" + citizens.Addr().String()
	cfg.BaseURL, cfg.WecomAPIBase = w.base, "http://"+wecom.Addr().String()
	cfg.WecomOAuthBase = cfg.WecomAPIBase
	// The clock stands still while people type: the real retries must not.
	if w.sim, err = simulator(ctx, cfg, register, w.base, func(c *wecomsim.Config) {
		c.Now, c.EntryURL = w.clock.Now, w.base+"/login?to=%s"
	}); err != nil {
		return nil, errors.Join(err, staff.Close(), wecom.Close(), citizens.Close())
	}
	closers = append(closers, w.sim.Close, serveOn(wecom, w.sim.Handler()))
	if w.app, err = newApp(cfg, db, w.clock.Now, rand.Reader, log); err != nil {
		return nil, errors.Join(err, staff.Close(), citizens.Close())
	}
	if err := seedHandbook(ctx, w.index); err != nil {
		return nil, errors.Join(err, staff.Close(), citizens.Close())
	}
	closers = append(closers, serveOn(staff, w.staff), serveOn(citizens, w.citizens))
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	var running sync.WaitGroup
	running.Go(func() { w.inbox.Run(work) })
	running.Go(func() { w.runner.Run(work) })
	running.Go(func() { w.sender.Run(work) })
	closers = append(closers, func() { stop(); running.Wait() })
	w.close = closeAll
	return w, nil
}

// person finds a phone by userid.
func (w *world) person(ctx context.Context, id string) (*person, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if p := w.people[id]; p != nil {
		return p, nil
	}
	who, ok, err := w.register.PersonByUserID(ctx, bot.UserID(id))
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fmt.Errorf("nobody has the userid %s", id)
	}
	p := newPerson(w, id, who.Name)
	w.people[id] = p
	return p, nil
}

func newPerson(w *world, id, who string) *person {
	return &person{world: w, id: id, who: who, phone: w.sim.Phone(id), turns: map[string]int{}, shown: map[string]wecomsim.Shown{}}
}

// settle waits until nothing of this person (of anybody: "") is under way. Where the
// limits per member hold a message back, simulated time passes; on a slow machine it
// does not, or what comes at its time would seem to come late.
func (w *world) settle(ctx context.Context, user string) error {
	w.runner.Wake()
	w.sender.Wake()
	began, nudged := time.Now(), time.Now()
	for {
		var busy, limited bool
		err := w.db.Pool().QueryRow(ctx, `
			WITH i AS (SELECT FROM inbox WHERE state = 'new' AND (due_at IS NULL OR due_at <= $2) AND ($1 = '' OR user_key = $1)),
			     o AS (SELECT user_key, state, next_at FROM outbox WHERE state IN ('pending', 'sending', 'unknown') AND ($1 = '' OR user_key = $1))
			SELECT EXISTS (SELECT FROM i) OR EXISTS (SELECT FROM o),
			       NOT EXISTS (SELECT FROM i) AND NOT EXISTS (SELECT FROM o WHERE state = 'sending' OR next_at <= $2 AND
			           (SELECT count(*) FROM outbox b WHERE b.user_key = o.user_key AND b.kind = 'send' AND b.tried_at > $2::timestamptz - interval '1 minute') < 10)`,
			bot.UserID(user).Key(), w.clock.Now()).Scan(&busy, &limited)
		patience := 5 * time.Second
		if limited {
			patience = 100 * time.Millisecond
		}
		switch {
		case err != nil:
			return err
		case !busy:
			return nil
		case time.Since(began) > 30*time.Second:
			return errors.New("the bot did not come to rest")
		case time.Since(nudged) > patience:
			w.clock.advance(15 * time.Second)
			w.runner.Wake()
			w.sender.Wake()
			nudged = time.Now()
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(2 * time.Millisecond):
		}
	}
}

// pass lets simulated time go by; what falls due on the way is done at its time.
func (w *world) pass(ctx context.Context, until time.Time) error {
	for {
		next, err := w.nextMoment(ctx, until)
		if err != nil {
			return err
		}
		w.clock.set(next)
		if err := errors.Join(w.settle(ctx, ""), w.doChores(ctx)); err != nil || !next.Before(until) {
			return err
		}
	}
}

// step is where a person's dialog stands, as flow.step, or "".
func (w *world) step(ctx context.Context, user string) string {
	var at string
	err := w.db.Pool().QueryRow(ctx, `SELECT coalesce((stack -> -1 ->> 'flow') || '.' || (stack -> -1 ->> 'step'), '') FROM conversation WHERE user_key = $1`, bot.UserID(user).Key()).Scan(&at)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return ""
	}
	return at
}

// How long people take, for the measure of active time (seconds): reading what came,
// then pressing, or typing and dictating.
const (
	readPerRune = 90 * time.Millisecond
	typePerRune = 900 * time.Millisecond
	pressTime   = 3 * time.Second
)

// say types one line, or presses what it says, and waits for the answer.
func (p *person) say(ctx context.Context, line string) error {
	at := p.world.step(ctx, p.id)
	news, next, _ := p.phone.Since(p.since)
	think := pressTime
	for _, m := range news {
		if m.From == wecomsim.FromApp {
			think += time.Duration(utf8.RuneCountInString(m.Render())) * readPerRune
		}
	}
	p.since = next
	actions, err := wecomsim.ParseLine(line)
	if err != nil {
		return err
	}
	for _, a := range actions {
		if a.Do == "type" {
			think += time.Duration(utf8.RuneCountInString(a.Text)) * typePerRune
		}
	}
	p.world.clock.advance(think)
	p.active += think
	p.sent++
	for _, a := range actions {
		if err := p.act(ctx, a); err != nil {
			return err
		}
	}
	if err := p.world.settle(ctx, p.id); err != nil {
		return err
	}
	flow, step, _ := strings.Cut(at, ".")
	if flow == handlers.FlowSelfCheck || at == "" && strings.HasPrefix(p.world.step(ctx, p.id), handlers.FlowSelfCheck+".") {
		p.filling += think
		if p.world.step(ctx, p.id) != handlers.FlowSelfCheck+".preview" || step != "node" { // 没有了 belongs to no point
			p.turns[step]++
		}
	}
	return nil
}

// act does one thing on the phone.
func (p *person) act(ctx context.Context, a wecomsim.Action) error {
	switch a.Do {
	case "type":
		return p.phone.Type(ctx, a.Text)
	case "pick":
		return p.phone.Pick(ctx, a.Numbers...)
	case "select":
		return p.phone.Select(ctx, a.Choice)
	case "choose":
		return p.phone.Choose(ctx, a.Key)
	}
	return fmt.Errorf("cannot %s", a.Do)
}

// onPage does what a staff page does, in the person's own lane, and returns what was said.
func (w *world) onPage(ctx context.Context, user string, do func(context.Context, *convo.Turn) error) (said []string, err error) {
	err = w.runner.Do(ctx, bot.UserID(user), func(ctx context.Context, t *convo.Turn) error {
		said = nil
		if err := do(ctx, t); err != nil {
			return err
		}
		said = t.TakeSaid()
		return nil
	})
	if say := bot.Says(err); say != "" {
		said, err = []string{say}, nil
	}
	if err != nil {
		return said, err
	}
	return said, w.settle(ctx, "")
}
