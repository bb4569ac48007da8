package ingest_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"qingfeng/bot/pg/pgtest"
	"qingfeng/knowledge/ingest"
	"qingfeng/knowledge/ingest/read"
)

func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "child":
			// A child has no environment: nothing of the parent's is in it.
			if len(os.Environ()) > 0 {
				fmt.Fprintln(os.Stderr, "environment")
				os.Exit(3)
			}
			if err := ingest.Serve(context.Background(), os.Stdin, os.Stdout); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
			return
		case "liar": // says that it is there, then rubbish
			fmt.Print("\x00\x00\x00\x0e{\"ready\":true}", "\xff\xff\xff\xffrubbish")
			_, _ = io.Copy(io.Discard, os.Stdin)
			return
		}
	}
	// PDFium compiles once for all tests.
	dir, err := os.MkdirTemp("", "qingfeng-pdfium-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	_ = os.Setenv(cacheVariable, dir)
	code := pgtest.Main(m)
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

const cacheVariable = "QINGFENG_TEST_PDFIUM"

func childConfig(t *testing.T) ingest.ChildConfig {
	t.Helper()
	cfg := ingest.DefaultChild(os.Args[0], "child")
	cfg.Memory = memory
	cfg.Cache = os.Getenv(cacheVariable)
	return cfg
}

func children(t *testing.T, change func(*ingest.ChildConfig)) *ingest.Children {
	t.Helper()
	cfg := childConfig(t)
	if change != nil {
		change(&cfg)
	}
	c := ingest.NewChildren(cfg)
	t.Cleanup(c.Close)
	return c
}

func refusedAs(t *testing.T, err error, code string) {
	t.Helper()
	var bad *read.Error
	if !errors.As(err, &bad) || bad.Code != code {
		t.Fatalf("got %v, want %s", err, code)
	}
}

const rule = "公务用车管理办法\n第一条　公务用车由办公室统一调度。\n第二条　节假日一律封存。\n"

// readsText shows that a Reader works.
func readsText(t *testing.T, r ingest.Reader) {
	t.Helper()
	got, hash, err := r.Read(context.Background(), "rule.txt", strings.NewReader(rule), int64(len(rule)))
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(rule))
	if hash != hex.EncodeToString(sum[:]) || len(got.Lines) != 3 || got.Lines[1].Text != "第一条　公务用车由办公室统一调度。" {
		t.Errorf("%s %+v", hash, got)
	}
}

func sample(t *testing.T, path string) (*bytes.Reader, int64) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.NewReader(data), int64(len(data))
}

const vehicles = "read/testdata/vehicles.pdf"

// pids notes the processes that were started.
type pids struct {
	slog.Handler
	mu  sync.Mutex
	all []int
}

func (p *pids) Enabled(context.Context, slog.Level) bool { return true }

func (p *pids) Handle(_ context.Context, r slog.Record) error {
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "pid" {
			p.mu.Lock()
			p.all = append(p.all, int(a.Value.Int64()))
			p.mu.Unlock()
		}
		return true
	})
	return nil
}

func (p *pids) started() []int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]int{}, p.all...)
}

func watched(t *testing.T, change func(*ingest.ChildConfig)) (*ingest.Children, *pids) {
	p := &pids{Handler: slog.DiscardHandler}
	return children(t, func(c *ingest.ChildConfig) {
		c.Log = slog.New(p)
		if change != nil {
			change(c)
		}
	}), p
}

func TestAChildWithoutEnvironmentReadsManyFiles(t *testing.T) {
	t.Setenv("QINGFENG_SECRET", "not for children")
	c, p := watched(t, nil)
	readsText(t, c)
	f, size := sample(t, vehicles)
	got, _, err := c.Read(context.Background(), vehicles, f, size)
	if err != nil {
		t.Fatal(err)
	}
	if got.Pages != 4 || got.Lines[0].Text != "栖云县交通运输局公务用车管理办法" {
		t.Errorf("%d pages, %q", got.Pages, got.Lines[0].Text)
	}
	readsText(t, c)
	if n := len(p.started()); n != 1 {
		t.Errorf("%d children for three files", n)
	}
}

func TestAChildIsReplacedAfterItsFiles(t *testing.T) {
	c, p := watched(t, func(c *ingest.ChildConfig) { c.Files = 2 })
	for range 5 {
		readsText(t, c)
	}
	if n := len(p.started()); n != 3 {
		t.Errorf("%d children for five files, two each", n)
	}
}

// paused is a file whose second read waits.
type paused struct {
	io.ReaderAt
	half chan<- struct{}
	on   <-chan struct{}
}

func (p paused) ReadAt(b []byte, off int64) (int, error) {
	if off > 0 {
		p.half <- struct{}{}
		<-p.on
	}
	return p.ReaderAt.ReadAt(b, off)
}

func TestAChildKilledInTheMiddleRefusesItsFileAndTheNextIsRead(t *testing.T) {
	c, p := watched(t, nil)
	half, on := make(chan struct{}, 100), make(chan struct{})
	body := strings.Repeat(rule, 3000)
	go func() {
		<-half
		for _, pid := range p.started() {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
		close(on)
	}()
	_, _, err := c.Read(context.Background(), "long.txt", paused{strings.NewReader(body), half, on}, int64(len(body)))
	refusedAs(t, err, ingest.TooHeavy) // who kills a child is the system, short of memory
	readsText(t, c)
}

func TestAnIdleChildThatDiedCostsOneFileAtMost(t *testing.T) {
	c, p := watched(t, nil)
	readsText(t, c)
	_ = syscall.Kill(p.started()[0], syscall.SIGKILL)
	time.Sleep(50 * time.Millisecond)
	readsText(t, c)
}

func TestASlowFileIsRefused(t *testing.T) {
	f, size := sample(t, vehicles)
	for name, change := range map[string]func(*ingest.ChildConfig){
		// Without a cache PDFium compiles for seconds.
		"by the clock":         func(c *ingest.ChildConfig) { c.Cache, c.Wall = "", 300*time.Millisecond },
		"by processor seconds": func(c *ingest.ChildConfig) { c.Cache, c.CPU = "", time.Second },
	} {
		t.Run(name, func(t *testing.T) {
			c := children(t, change)
			_, _, err := c.Read(context.Background(), vehicles, f, size)
			refusedAs(t, err, ingest.TooSlow)
			readsText(t, c)
		})
	}
}

func TestCancellingEndsTheChildAtOnce(t *testing.T) {
	c, p := watched(t, func(c *ingest.ChildConfig) { c.Cache = "" })
	ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	f, size := sample(t, vehicles)
	began := time.Now()
	_, _, err := c.Read(ctx, vehicles, f, size)
	if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) > 2*time.Second {
		t.Errorf("%v after %v", err, time.Since(began))
	}
	for _, pid := range p.started() {
		if syscall.Kill(pid, 0) == nil {
			t.Errorf("process %d is still there", pid)
		}
	}
}

func TestAFileThatBecomesShorterIsRefused(t *testing.T) {
	c := children(t, nil)
	_, _, err := c.Read(context.Background(), "a.txt", strings.NewReader("short"), 5000)
	refusedAs(t, err, ingest.Changed)
}

func TestALyingChildIsNotBelieved(t *testing.T) {
	c := children(t, func(c *ingest.ChildConfig) { c.Command = []string{os.Args[0], "liar"} })
	_, _, err := c.Read(context.Background(), "a.txt", strings.NewReader(rule), int64(len(rule)))
	refusedAs(t, err, ingest.Crashed)
}

func TestNoProgramIsTheMachinesFaultNotTheFiles(t *testing.T) {
	for _, command := range [][]string{{"/nowhere/qingfeng"}, {"/bin/false"}} {
		c := children(t, func(c *ingest.ChildConfig) { c.Command = command })
		_, _, err := c.Read(context.Background(), "a.txt", strings.NewReader(rule), int64(len(rule)))
		if !errors.Is(err, ingest.ErrChild) {
			t.Errorf("%v: %v", command, err)
		}
	}
}
