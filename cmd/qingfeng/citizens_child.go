package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/rpc"
	"os"
	"sync"
	"time"

	"qingfeng/bot/pg"
	"qingfeng/bot/text"
	"qingfeng/handlers/public"
)

// Descriptors that a child finds open.
const (
	childSocket = 3 // what it serves
	childMeter  = 4 // the way to its parent's meter
)

// citizensPagesCommand is a child of citizens.
func citizensPagesCommand(ctx context.Context, e env, args []string) error {
	if err := noArguments(e.flags(text.CitizensPagesUsage), args); err != nil {
		return err
	}
	if err := withoutTraces(); err != nil {
		return err
	}
	var begin childCitizens
	orders, err := readBegin(e.in, &begin)
	if err != nil {
		return err
	}
	parent, err := childConn(childMeter)
	if err != nil {
		return err
	}
	calls := rpc.NewClient(parent)
	defer calls.Close()
	listener, err := net.FileListener(os.NewFile(childSocket, "citizens"))
	if err != nil {
		return fmt.Errorf("the listener: %w", err)
	}
	defer listener.Close()
	cfg := begin.config()
	db, err := pg.Open(ctx, begin.Database, pg.WithMaxConns(4), pg.Untold())
	if err != nil {
		return err
	}
	defer db.Close()
	m := &farMeter{calls: calls}
	pages, err := newCitizensPages(cfg, citizensParts{
		DB: db, Now: begin.now, Meter: m, Outer: begin.Outer, Proofs: begin.Proofs, Log: slog.New(faults{calls: calls}),
	})
	if err != nil {
		return err
	}
	if err := calls.Call("Meter.Ready", Nothing{}, &Nothing{}); err != nil {
		return fmt.Errorf("say that we are ready: %w", err)
	}
	return serveCitizens(bufio.NewReader(orders), listener, m, pages)
}

// serveCitizens waits for the word and serves until its orders end.
func serveCitizens(orders *bufio.Reader, listener net.Listener, m *farMeter, pages http.Handler) error {
	if line, err := orders.ReadString('\n'); err != nil || line != "\n" {
		return nil // the end, before it began
	}
	if line, err := orders.ReadString('\n'); err != nil || line != "go\n" {
		return nil
	}
	server := citizensServer(recovering(pages, m))
	go func() {
		_, _ = orders.ReadByte() // nothing comes but the end
		_ = listener.Close()
	}()
	// Shutdown would drop a request that arrives after its connection was taken. As none is
	// kept alive, each ends by itself, and with the last one so do we.
	var open sync.WaitGroup
	server.ConnState = func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			open.Add(1)
		case http.StateClosed, http.StateHijacked:
			open.Done()
		default: // active and idle ones were counted when they were new
		}
	}
	if err := server.Serve(&saying{Listener: listener, m: m}); !errors.Is(err, net.ErrClosed) {
		return err
	}
	open.Wait() // the parent does not wait for ever
	return nil
}

// recovering lets nothing of a panic out but that there was one.
func recovering(pages http.Handler, m *farMeter) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if recover() != nil {
				_ = m.calls.Call("Meter.Fault", "panic", &Nothing{}) // there is nobody else to tell
				panic(http.ErrAbortHandler)
			}
		}()
		pages.ServeHTTP(w, r)
	})
}

// citizensServer serves them without a log of its own or of net/http's. Each connection
// serves one request: none waits at a process that is about to end.
func citizensServer(pages http.Handler) *http.Server {
	s := &http.Server{
		Handler: pages, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second, WriteTimeout: 20 * time.Second,
		MaxHeaderBytes: 16 << 10, ErrorLog: quiet(),
	}
	s.SetKeepAlivesEnabled(false)
	return s
}

func childConn(fd uintptr) (net.Conn, error) {
	f := os.NewFile(fd, "parent")
	conn, err := net.FileConn(f)
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("the way to the parent: %w", err)
	}
	return conn, nil
}

// saying tells the parent of the first connection before anything is read from it.
type saying struct {
	net.Listener
	m *farMeter
}

func (s *saying) Accept() (net.Conn, error) {
	conn, err := s.Listener.Accept()
	if err == nil {
		err = s.m.Dirty(context.Background())
		if err != nil { // without a parent nothing would end us
			_ = conn.Close()
		}
	}
	return conn, err
}

// farMeter is the parent's meter.
type farMeter struct {
	calls *rpc.Client
	once  sync.Once
	said  error
}

var _ public.Meter = (*farMeter)(nil)

func (m *farMeter) call(ctx context.Context, name string, arg, answer any) error {
	call := m.calls.Go("Meter."+name, arg, answer, make(chan *rpc.Call, 1))
	select {
	case <-call.Done:
		return call.Error
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (m *farMeter) Price(ctx context.Context, bucket string) (price int64, err error) {
	err = m.call(ctx, "Price", bucket, &price)
	return price, err
}

func (m *farMeter) Spend(ctx context.Context, proof string) (first bool, err error) {
	err = m.call(ctx, "Spend", proof, &first)
	return first, err
}

func (m *farMeter) Question(ctx context.Context, bucket string) (may bool, err error) {
	err = m.call(ctx, "Question", bucket, &may)
	return may, err
}

func (m *farMeter) Salt(ctx context.Context) (salt []byte, err error) {
	err = m.call(ctx, "Salt", Nothing{}, &salt)
	return salt, err
}

// Dirty is said once.
func (m *farMeter) Dirty(ctx context.Context) error {
	m.once.Do(func() { m.said = m.call(ctx, "Used", Nothing{}, &Nothing{}) })
	return m.said
}

// faults passes the code of a fault on to the parent and drops everything else.
type faults struct{ calls *rpc.Client }

func (faults) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelWarn }
func (f faults) WithAttrs([]slog.Attr) slog.Handler         { return f }
func (f faults) WithGroup(string) slog.Handler              { return f }

func (f faults) Handle(_ context.Context, r slog.Record) error {
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "code" {
			f.calls.Go("Meter.Fault", a.Value.String(), &Nothing{}, make(chan *rpc.Call, 1))
		}
		return true
	})
	return nil
}
