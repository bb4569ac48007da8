package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/rpc"
	"os"
	"os/exec"
	"regexp"
	"sync/atomic"
	"syscall"
	"time"

	"qingfeng/bot/letter"
)

// How long a child that serves citizens lasts after its first connection. Whatever it
// read, of whomever, is gone with it.
const (
	acceptFor  = 5 * time.Second  // it takes connections
	childEnds  = 20 * time.Second // it is killed
	childReady = 10 * time.Second // from its start until it could serve
	backoffMax = 30 * time.Second // between children that die by themselves
	endCitizen = 2 * time.Second  // of what is under way is kept back to kill what does not end
)

// childCitizens is what a child that serves citizens is told beside the rest.
type childCitizens struct {
	childBegin
	Outer  *letter.OuterPublic
	Proofs []byte // HMAC key of proofs
}

// citizens keeps the citizens' listener open and never reads from it: children of this
// program do, each for a few seconds. One takes connections, the next one waits, warm.
//
// Nothing is logged of what they do, not even that they came and went: that would tell
// when somebody wrote. Only faults are.
type citizens struct {
	listener *os.File
	children *children
	begin    func() childCitizens
	meter    *meter
	log      *slog.Logger

	renew chan chan struct{}
	event chan func()

	// What follows belongs to Run.
	all     map[*citizenChild]bool
	serving *citizenChild // takes connections
	warm    *citizenChild // started, perhaps not ready yet
	dies    int           // children that died by themselves, one after the other
	resting bool          // before the next one is started
	closing bool          // none is started any more
	waiting []renewal
}

// renewal waits until the children there were are gone.
type renewal struct {
	old  map[*citizenChild]bool
	done chan struct{}
}

// citizenChild is one child.
type citizenChild struct {
	cmd   *exec.Cmd
	in    io.WriteCloser
	ready bool
	old   bool // a renewal asked for its end
	used  bool // it took a connection
	ended bool // it was told to end
	kill  *time.Timer
}

// newCitizens takes a listener over; l is closed, what it listens on stays open.
func newCitizens(l net.Listener, c *children, begin func() childCitizens, m *meter, log *slog.Logger) (*citizens, error) {
	tcp, ok := l.(*net.TCPListener)
	if !ok {
		return nil, errors.New("citizens: not a TCP listener")
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return nil, fmt.Errorf("citizens: %w", err)
	}
	var fd int
	var failed error
	if err := raw.Control(func(is uintptr) {
		syscall.ForkLock.RLock()
		defer syscall.ForkLock.RUnlock()
		if fd, failed = syscall.Dup(int(is)); failed == nil {
			syscall.CloseOnExec(fd)
		}
	}); err != nil || failed != nil {
		return nil, fmt.Errorf("citizens: %w", errors.Join(err, failed))
	}
	if err := l.Close(); err != nil {
		return nil, fmt.Errorf("citizens: %w", err)
	}
	// All copies share their mode: it is set once, before any child does, and os.File
	// leaves it alone from then on.
	if err := syscall.SetNonblock(fd, false); err != nil {
		return nil, fmt.Errorf("citizens: %w", err)
	}
	return &citizens{
		listener: os.NewFile(uintptr(fd), "citizens"), children: c, begin: begin, meter: m, log: log,
		renew: make(chan chan struct{}), event: make(chan func()), all: map[*citizenChild]bool{},
	}, nil
}

// Renew gives the children a new outer key and returns when none is left that had a
// former one.
func (c *citizens) Renew(ctx context.Context) error {
	done := make(chan struct{})
	select {
	case c.renew <- done:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Run serves until ctx is over; then what is under way is finished, by end at the latest.
func (c *citizens) Run(ctx context.Context, end time.Duration) error {
	defer c.listener.Close()
	// Children are told by events of this loop only; work outlasts ctx by the drain.
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	c.next(work)
	over := ctx.Done()
	var last <-chan time.Time
	for {
		select {
		case do := <-c.event:
			do()
		case done := <-c.renew:
			c.turn(work, done)
		case <-over:
			over, c.closing = nil, true
			for child := range c.all {
				c.end(child)
			}
			last = time.After(end - endCitizen)
		case <-last:
			for child := range c.all {
				_ = child.cmd.Process.Kill() // it may be gone
			}
			last = nil
		}
		if ctx.Err() != nil && len(c.all) == 0 {
			for _, w := range c.waiting {
				close(w.done)
			}
			return nil
		}
	}
}

// in has something done by the loop; nothing when it is over.
func (c *citizens) in(work context.Context, do func()) {
	select {
	case c.event <- do:
	case <-work.Done():
	}
}

// next starts the child that will be warm.
func (c *citizens) next(work context.Context) {
	if c.warm != nil || c.resting || c.closing {
		return
	}
	child, err := c.startChild(work)
	if err != nil {
		c.log.Error("citizens' pages do not start", "err", err)
		c.rest(work)
		return
	}
	c.warm = child
}

// rest waits before the next start, longer each time.
func (c *citizens) rest(work context.Context) {
	c.resting = true
	c.dies++
	pause := min(backoffMax, 50*time.Millisecond<<min(c.dies, 10))
	time.AfterFunc(pause, func() {
		c.in(work, func() {
			c.resting = false
			c.next(work)
		})
	})
}

func (c *citizens) startChild(work context.Context) (*citizenChild, error) {
	raw, err := json.Marshal(c.begin())
	if err != nil {
		return nil, err
	}
	raw = append(raw, '\n')
	conn, theirs, err := socketPair()
	if err != nil {
		return nil, err
	}
	defer theirs.Close()
	cmd, in, err := c.children.Start(work, citizensPages, c.listener, theirs)
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	child := &citizenChild{cmd: cmd, in: in}
	c.all[child] = true
	child.kill = time.AfterFunc(childReady, func() { _ = cmd.Process.Kill() })
	server := rpc.NewServer()
	if err := server.RegisterName("Meter", &meterCalls{c.meter, func(do func(*citizens, *citizenChild)) { c.in(work, func() { do(c, child) }) }, work, c.log, atomic.Bool{}}); err != nil {
		c.log.Error("citizens' pages", "err", err)
	}
	go func() {
		_, _ = in.Write(raw) // a child that does not read it does not get ready
		clear(raw)
		server.ServeConn(conn)
	}()
	go func() {
		err := cmd.Wait()
		_ = conn.Close()
		c.in(work, func() { c.gone(work, child, err) })
	}()
	return child, nil
}

// socketPair is two ends of one connection: ours, and a file for a child.
func socketPair() (net.Conn, *os.File, error) {
	syscall.ForkLock.RLock()
	pair, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err == nil {
		syscall.CloseOnExec(pair[0])
		syscall.CloseOnExec(pair[1])
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, nil, fmt.Errorf("socket pair: %w", err)
	}
	ours, theirs := os.NewFile(uintptr(pair[0]), "meter"), os.NewFile(uintptr(pair[1]), "meter")
	conn, err := net.FileConn(ours)
	if err = errors.Join(err, ours.Close()); err != nil {
		return nil, nil, fmt.Errorf("socket pair: %w", errors.Join(err, theirs.Close()))
	}
	return conn, theirs, nil
}

// isReady: a child could serve now.
func (c *citizens) isReady(work context.Context, child *citizenChild) {
	if child.ended || !c.all[child] {
		return
	}
	child.kill.Stop()
	child.ready = true
	c.dies = 0
	if c.serving == nil || c.serving.old {
		c.relieve(work)
	}
}

// relieve lets the warm child take connections, if it can, and then ends the one that did.
func (c *citizens) relieve(work context.Context) {
	before := c.serving
	if c.serving = nil; c.warm != nil && c.warm.ready {
		c.serving, c.warm = c.warm, nil
		_, _ = io.WriteString(c.serving.in, "go\n") // if it died we hear of it
	}
	if before != nil {
		c.end(before)
	}
	c.next(work)
}

// wasUsed: a child took its first connection. Its time begins.
func (c *citizens) wasUsed(work context.Context, child *citizenChild) {
	if child.used || !c.all[child] {
		return
	}
	child.used = true
	child.kill = time.AfterFunc(childEnds, func() { _ = child.cmd.Process.Kill() })
	time.AfterFunc(acceptFor, func() {
		c.in(work, func() {
			if c.serving == child {
				c.relieve(work)
			}
		})
	})
}

// end tells a child to finish what it has and to end.
func (c *citizens) end(child *citizenChild) {
	if child.ended {
		return
	}
	child.ended = true
	_ = child.in.Close() // its standard input ends: so does it
	if !child.used {
		child.kill.Stop()
		child.kill = time.AfterFunc(childEnds, func() { _ = child.cmd.Process.Kill() })
	}
}

// gone: a child has ended.
func (c *citizens) gone(work context.Context, child *citizenChild, err error) {
	child.kill.Stop()
	_ = child.in.Close()
	delete(c.all, child)
	if !child.ended {
		// Its name is all that may be told: what it held is nobody's business.
		c.log.Warn("citizens' pages died", "code", exitName(err))
	}
	if c.warm == child {
		c.warm = nil
		c.rest(work)
	}
	if c.serving == child {
		c.serving = nil
		if !child.ready || c.warm == nil {
			c.dies++
		}
		c.relieve(work)
	}
	c.settle()
}

// turn renews: whoever is there gets a successor and ends.
func (c *citizens) turn(work context.Context, done chan struct{}) {
	r := renewal{old: map[*citizenChild]bool{}, done: done}
	for child := range c.all {
		r.old[child], child.old = true, true
	}
	c.waiting = append(c.waiting, r)
	if before := c.warm; before != nil {
		c.warm = nil
		c.end(before)
	}
	c.next(work)
	if serving := c.serving; serving != nil {
		// The successor relieves it when it is ready, or this moment does.
		time.AfterFunc(acceptFor, func() {
			c.in(work, func() {
				if c.serving == serving {
					c.relieve(work)
				}
			})
		})
	}
	c.settle()
}

// settle tells the renewals whose children are all gone.
func (c *citizens) settle() {
	kept := c.waiting[:0]
	for _, r := range c.waiting {
		left := false
		for child := range r.old {
			left = left || c.all[child]
		}
		if left {
			kept = append(kept, r)
			continue
		}
		close(r.done)
	}
	c.waiting = kept
}

func exitName(err error) string {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ProcessState.String()
	}
	return "ended"
}

// meterCalls is what a child may call.
type meterCalls struct {
	meter *meter
	tell  func(func(*citizens, *citizenChild))
	work  context.Context //nolint:containedctx // of the loop that is told; calls have none
	log   *slog.Logger
	used  atomic.Bool
}

// Nothing is an empty argument or answer.
type Nothing struct{}

// Price is public.Meter's.
func (m *meterCalls) Price(bucket string, price *int64) (err error) {
	*price, err = m.meter.Price(m.work, bucket)
	return err
}

// Spend is public.Meter's.
func (m *meterCalls) Spend(proof string, first *bool) (err error) {
	*first, err = m.meter.Spend(m.work, proof)
	return err
}

// Question is public.Meter's.
func (m *meterCalls) Question(bucket string, may *bool) (err error) {
	*may, err = m.meter.Question(m.work, bucket)
	return err
}

// Salt is public.Meter's.
func (m *meterCalls) Salt(_ Nothing, salt *[]byte) (err error) {
	*salt, err = m.meter.Salt(m.work)
	return err
}

// Ready is said once, when the child could serve.
func (m *meterCalls) Ready(Nothing, *Nothing) error {
	m.tell(func(c *citizens, child *citizenChild) { c.isReady(m.work, child) })
	return nil
}

// Used is said with the first connection, before anything is read from it.
func (m *meterCalls) Used(Nothing, *Nothing) error {
	if !m.used.Swap(true) {
		m.tell(func(c *citizens, child *citizenChild) { c.wasUsed(m.work, child) })
	}
	return nil
}

// Fault is a fault of ours, by its name.
func (m *meterCalls) Fault(code string, _ *Nothing) error {
	if faultName().MatchString(code) {
		m.log.Error("public page failed", "code", code)
	}
	return nil
}

// faultName is what a fault's name looks like; nothing that somebody wrote does.
func faultName() *regexp.Regexp {
	return regexp.MustCompile(`^(store|timeout|meter|seal|panic|sql [0-9A-Z]{5}|template [a-z]{1,20})$`)
}
