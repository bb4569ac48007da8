package ingest

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"log/slog"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"qingfeng/knowledge/ingest/read"
)

// What becomes of a file that is too much for its child; codes of read.Error beside
// those of the readers.
const (
	Crashed  = "crashed"   // the child died of it
	TooSlow  = "too_slow"  // it took longer than it may
	TooHeavy = "too_heavy" // it needs more memory than it may
	Changed  = "changed"   // it became shorter while it was read
)

// ErrChild says that child processes do not start: no file's fault.
var ErrChild = errors.New("ingest: the reading process does not start")

// ChildConfig is how children are started and what they may use.
type ChildConfig struct {
	Command []string // the program and its arguments, which call Serve
	Env     []string // the child's whole environment
	Limits  read.Limits
	Memory  int64         // bytes of one child, beside what the runtime maps
	Wall    time.Duration // for one file
	CPU     time.Duration // processor time of one file
	Files   int           // a child is replaced after so many
	Cache   string        // directory for compiled PDFium
	Log     *slog.Logger
}

// DefaultChild suits a server with 2 GiB and two children.
func DefaultChild(command ...string) ChildConfig {
	return ChildConfig{
		Command: command, Limits: read.DefaultLimits(), Memory: 640 << 20,
		Wall: 2 * time.Minute, CPU: time.Minute, Files: 200,
	}
}

// Children is a Reader that reads each file in a child process. Its methods may be
// called from several goroutines; each call uses a child of its own.
type Children struct {
	cfg ChildConfig

	mu     sync.Mutex
	idle   []*child
	closed bool
}

// NewChildren makes a Children; the first child starts with the first file.
func NewChildren(cfg ChildConfig) *Children {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Children{cfg: cfg}
}

// Close ends the children that are idle; those at work end with their file.
func (c *Children) Close() {
	c.mu.Lock()
	idle := c.idle
	c.idle, c.closed = nil, true
	c.mu.Unlock()
	for _, p := range idle {
		p.end()
	}
}

// Read reads a file in a child. The error is a *read.Error where the file is at fault,
// ErrChild where the machine is, ctx's error where it was cancelled.
func (c *Children) Read(ctx context.Context, name string, f io.ReaderAt, size int64) (read.Text, string, error) {
	if size > c.cfg.Limits.FileBytes {
		return read.Text{}, "", &read.Error{Code: read.TooBig, Detail: fmt.Sprintf("%d bytes", size)}
	}
	p, err := c.take(ctx)
	if err != nil {
		return read.Text{}, "", err
	}
	used := p.files > 0
	a, sum, err := p.ask(ctx, filepath.Base(name), f, size)
	if used && died(err) {
		// What it died of may be an earlier file, or somebody's kill while it was idle.
		if p, err = c.start(ctx); err != nil {
			return read.Text{}, "", err
		}
		a, sum, err = p.ask(ctx, filepath.Base(name), f, size)
	}
	if err != nil {
		return read.Text{}, "", err
	}
	c.give(p)
	if a.Code != "" {
		return read.Text{}, sum, &read.Error{Code: a.Code, Detail: a.Detail}
	}
	if err := within(a.Text, c.cfg.Limits); err != nil {
		return read.Text{}, sum, err
	}
	return a.Text, sum, nil
}

// died reports whether a child ended for a reason that need not be the file's.
func died(err error) bool {
	var bad *read.Error
	return errors.As(err, &bad) && (bad.Code == Crashed || bad.Code == TooHeavy)
}

// within checks what a child says against what it was told: it may not be itself.
func within(t read.Text, lim read.Limits) error {
	var n int64
	for _, l := range t.Lines {
		n += int64(len(l.Text))
	}
	if n > lim.TextBytes || len(t.Lines) > lim.Lines {
		return &read.Error{Code: TooHeavy, Detail: "more text than allowed"}
	}
	return nil
}

func (c *Children) take(ctx context.Context) (*child, error) {
	c.mu.Lock()
	if n := len(c.idle); n > 0 {
		p := c.idle[n-1]
		c.idle = c.idle[:n-1]
		c.mu.Unlock()
		return p, nil
	}
	c.mu.Unlock()
	return c.start(ctx)
}

func (c *Children) give(p *child) {
	c.mu.Lock()
	keep := !c.closed && p.files < c.cfg.Files
	if keep {
		c.idle = append(c.idle, p)
	}
	c.mu.Unlock()
	if !keep {
		p.end()
	}
}

// child is one process.
type child struct {
	cfg   ChildConfig
	cmd   *exec.Cmd
	in    io.WriteCloser
	out   *bufio.Reader
	tail  *tail
	files int
	late  atomic.Bool // it was killed for being slow
	ended atomic.Bool // it was killed because it talked nonsense
}

// startWait is how long a child may take to say that it is there.
const startWait = 30 * time.Second

// start starts a child as strictly as the system lets us.
func (c *Children) start(ctx context.Context) (*child, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var last error
	for _, attr := range apart() {
		p, err := c.launch(ctx, attr)
		if err == nil {
			return p, nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		last = err
	}
	return nil, fmt.Errorf("%w: %w", ErrChild, last)
}

func (c *Children) launch(ctx context.Context, attr *syscall.SysProcAttr) (*child, error) {
	cmd := exec.Command(c.cfg.Command[0], c.cfg.Command[1:]...) //nolint:gosec,noctx // our own binary; it outlives the file it was started for
	cmd.Env = append([]string{}, c.cfg.Env...)
	cmd.Dir = "/"
	cmd.SysProcAttr = attr
	p := &child{cfg: c.cfg, cmd: cmd, tail: &tail{}}
	cmd.Stderr = p.tail
	cmd.WaitDelay = time.Second
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if p.in, err = cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p.out = bufio.NewReader(out)
	stop := p.guard(ctx, startWait)
	defer stop()
	err = writeFrame(p.in, hello{
		Limits: fromLimits(c.cfg.Limits), Memory: c.cfg.Memory, CPU: int(c.cfg.CPU.Seconds()),
		Wall: int(c.cfg.Wall.Seconds()), Cache: c.cfg.Cache,
	})
	var there ready
	if err == nil {
		err = readFrame(p.out, 1<<16, &there)
	}
	if err != nil || !there.Ready {
		state := p.kill()
		return nil, fmt.Errorf("no answer (%v): %w", state, errors.Join(err, errFrame))
	}
	c.cfg.Log.Debug("reading process started", "pid", cmd.Process.Pid)
	return p, nil
}

// guard kills the child when ctx ends or time runs out, until stop is called.
func (p *child) guard(ctx context.Context, limit time.Duration) (stop func()) {
	off := context.AfterFunc(ctx, func() { _ = p.cmd.Process.Kill() })
	clock := time.AfterFunc(limit, func() {
		p.late.Store(true)
		_ = p.cmd.Process.Kill()
	})
	return func() { off(); clock.Stop() }
}

// ask has the child read one file. After an error the child is dead.
func (p *child) ask(ctx context.Context, name string, f io.ReaderAt, size int64) (response, string, error) {
	stop := p.guard(ctx, p.cfg.Wall)
	defer stop()
	p.files++
	sum := sha256.New()
	a, err := p.exchange(name, f, size, sum)
	if err == nil {
		return a, hex.EncodeToString(sum.Sum(nil)), nil
	}
	state := p.kill()
	if ctx.Err() != nil {
		return a, "", ctx.Err()
	}
	bad := p.verdict(err)
	p.cfg.Log.Warn("reading process ended", "code", bad.Code, "state", fmt.Sprint(state))
	return a, "", bad
}

func (p *child) exchange(name string, f io.ReaderAt, size int64, sum hash.Hash) (a response, err error) {
	if err := writeFrame(p.in, request{Name: name, Size: size}); err != nil {
		return a, err
	}
	n, err := io.Copy(p.in, io.TeeReader(io.NewSectionReader(f, 0, size), sum))
	if err != nil {
		return a, err
	}
	if n < size {
		return a, errShort
	}
	return a, readFrame(p.out, maxFrame, &a)
}

var errShort = errors.New("ingest: the file became shorter")

// verdict is why the child failed on this file.
func (p *child) verdict(err error) *read.Error {
	said := p.tail.String()
	state := p.cmd.ProcessState
	status, _ := state.Sys().(syscall.WaitStatus)
	switch {
	case errors.Is(err, errShort):
		return &read.Error{Code: Changed}
	case p.late.Load(), state.ExitCode() == exitHung:
		return &read.Error{Code: TooSlow, Detail: "killed after its time"}
	case state.ExitCode() == exitHeavy, lacksMemory(said):
		return &read.Error{Code: TooHeavy, Detail: "out of memory"}
	case status.Signaled() && status.Signal() == syscall.SIGKILL && !p.ended.Load(): // by the system, which was short of memory
		return &read.Error{Code: TooHeavy, Detail: "killed by the system"}
	}
	return &read.Error{Code: Crashed, Detail: state.String()}
}

// lacksMemory knows what a runtime says that got none: no page, no thread.
func lacksMemory(said string) bool {
	for _, words := range []string{"out of memory", "cannot allocate memory", "Cannot allocate memory", "pthread_create failed", "newosproc", "SIGABRT: abort"} {
		if strings.Contains(said, words) {
			return true
		}
	}
	return false
}

// end lets the child finish: its input is closed. One that does not is killed.
func (p *child) end() {
	_ = p.in.Close()
	clock := time.AfterFunc(2*time.Second, func() { _ = p.cmd.Process.Kill() })
	defer clock.Stop()
	_, _ = io.Copy(io.Discard, p.out)
	_ = p.cmd.Wait()
}

// lastWords is how long a child that failed may take to end by itself.
const lastWords = 500 * time.Millisecond

// kill ends the child at once and says how it ended.
func (p *child) kill() string {
	_ = p.in.Close()
	// A child that is dying of memory still has something to say; it ends by itself.
	clock := time.AfterFunc(lastWords, func() {
		p.ended.Store(true)
		_ = p.cmd.Process.Kill()
	})
	defer clock.Stop()
	_, _ = io.Copy(io.Discard, p.out)
	_ = p.cmd.Wait()
	return p.cmd.ProcessState.String()
}

// tail keeps the beginning of what a dying child says: the reason comes first.
type tail struct {
	mu  sync.Mutex
	buf []byte
}

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if room := 4096 - len(t.buf); room > 0 {
		t.buf = append(t.buf, b[:min(room, len(b))]...)
	}
	return len(b), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.buf)
}
