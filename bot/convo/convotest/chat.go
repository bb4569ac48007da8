package convotest

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/pg"
	"qingfeng/bot/pg/pgtest"
)

// Chat is a bot with its database, a clock and everybody's phone.
type Chat struct {
	t        testing.TB
	DB       *pg.DB
	Runner   *convo.Runner
	Sender   *convo.Sender
	Acceptor *convo.Acceptor
	Phones   *Phones
	Clock    *Clock

	expectFailures bool
	mu             sync.Mutex
	name           string // makes dedupe keys of several chats on one database differ
	serial         int
	log            []string
}

// Option changes a Chat before it starts.
type Option func(*options)

type options struct {
	db        *pg.DB
	directory convo.Directory
	start     time.Time
	failures  bool
	sender    func(*convo.SenderConfig)
}

// WithDB uses a database that is there already (the handlers' stores are on it).
func WithDB(db *pg.DB) Option { return func(o *options) { o.db = db } }

// WithDirectory answers who people are; without it everybody is somebody.
func WithDirectory(d convo.Directory) Option { return func(o *options) { o.directory = d } }

// WithStart sets the clock; without it a Monday morning.
func WithStart(at time.Time) Option { return func(o *options) { o.start = at } }

// WithFailures says that turns are meant to fail; else a failing turn fails the test.
func WithFailures() Option { return func(o *options) { o.failures = true } }

// WithSender changes the Sender's configuration; without it members have no limits.
func WithSender(f func(*convo.SenderConfig)) Option { return func(o *options) { o.sender = f } }

// New starts a chat with a router on a database of its own.
func New(t testing.TB, router *convo.Router, opts ...Option) *Chat {
	t.Helper()
	o := options{directory: Everybody{}, start: time.Date(2025, 3, 3, 9, 0, 0, 0, time.UTC)}
	for _, opt := range opts {
		opt(&o)
	}
	if o.db == nil {
		o.db = pgtest.New(t)
	}
	c := &Chat{t: t, name: rand.Text(), DB: o.db, Clock: &Clock{now: o.start}, expectFailures: o.failures}
	c.Phones = NewPhones(c.Clock.Now)
	c.Phones.seen = c.note
	log := slog.New(slog.DiscardHandler)
	var err error
	sending := convo.SenderConfig{
		Store: c.DB, Transport: c.Phones, Now: c.Clock.Now, Log: log,
		Limits: convo.SendLimits{PerMinute: 1 << 20, PerHour: 1 << 20},
	}
	if o.sender != nil {
		o.sender(&sending)
	}
	if c.Sender, err = convo.NewSender(sending); err != nil {
		t.Fatal(err)
	}
	cfg := convo.RunnerConfig{
		Store: c.DB, Router: router, Directory: o.directory, Renderer: &Plain{}, Now: c.Clock.Now,
		Rand: rand.Reader, Log: log, Sender: c.Sender,
		Retry: func(int) time.Duration { return time.Millisecond },
		Failure: func(row int64, err error) {
			if !c.expectFailures && bot.Says(err) == "" {
				t.Errorf("turn of inbox row %d failed: %v", row, err)
			}
		},
	}
	if c.Runner, err = convo.NewRunner(cfg); err != nil {
		t.Fatal(err)
	}
	c.Acceptor = convo.NewAcceptor(c.DB, c.Runner)
	return c
}

// Everybody is a directory in which everybody stands, with a name like the id.
type Everybody struct{ Roles map[string][]bot.Role }

// Who knows everybody.
func (d Everybody) Who(_ context.Context, id bot.UserID) (bot.Actor, error) {
	return bot.Actor{Person: 1, UserID: id, Name: string(id), Roles: d.Roles[id.Key()]}, nil
}

// Clock is a clock that stands still.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// Now tells the time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Set moves the clock.
func (c *Clock) Set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = t
}

// Settle works off and sends everything that is due.
func (c *Chat) Settle() {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := c.Runner.Drain(ctx); err != nil {
		c.t.Fatalf("run: %v", err)
	}
	if err := c.Sender.Drain(ctx); err != nil {
		c.t.Fatalf("send: %v", err)
	}
}

// Advance moves the clock, stopping at every timer on the way.
func (c *Chat) Advance(d time.Duration) {
	c.t.Helper()
	end := c.Clock.Now().Add(d)
	for {
		at, ok, err := c.DB.NextTimer(context.Background())
		if err != nil {
			c.t.Fatalf("timers: %v", err)
		}
		if !ok || at.After(end) {
			break
		}
		if at.After(c.Clock.Now()) {
			c.Clock.Set(at)
		}
		c.Settle()
	}
	c.Clock.Set(end)
	c.note("--- %s later", d)
	c.Settle()
}

// Accept stores a message as the callback would, without running anything.
func (c *Chat) Accept(m bot.Message) {
	c.t.Helper()
	c.mu.Lock()
	c.serial++
	if m.Dedupe == "" {
		m.Dedupe = fmt.Sprintf("test:%s:%d", c.name, c.serial)
	}
	c.mu.Unlock()
	if m.At.IsZero() {
		m.At = c.Clock.Now()
	}
	if _, err := c.Acceptor.Accept(context.Background(), m); err != nil {
		c.t.Fatalf("accept: %v", err)
	}
}

// Note puts a message from ourselves into a person's lane and lets it work.
func (c *Chat) Note(user bot.UserID, note bot.Note) {
	c.t.Helper()
	c.Accept(bot.Message{From: user, Kind: bot.KindNote, Note: &note})
	c.Settle()
}

func (c *Chat) note(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.log = append(c.log, fmt.Sprintf(format, args...))
}

// Transcript is what was said so far, readable as a chat.
func (c *Chat) Transcript() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return strings.Join(c.log, "\n")
}

// As is one person's side of the chat.
func (c *Chat) As(user bot.UserID) *Person { return &Person{c: c, User: user} }
