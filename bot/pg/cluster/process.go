package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// process is one running server.
type process struct {
	pid    int
	exited chan struct{} // closed when the server has ended and was reaped
}

// spawn starts the command and reaps it. The kernel sends a parent-death signal
// when the *thread* that started the child ends, so that thread is kept for the
// child's whole life.
func spawn(cmd *exec.Cmd) (*process, error) {
	p := &process{exited: make(chan struct{})}
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		err := cmd.Start()
		if err == nil {
			p.pid = cmd.Process.Pid
		}
		started <- err
		if err == nil {
			_ = cmd.Wait() // how it ended is in server.log; that it ended is what counts here
		}
		close(p.exited)
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return p, nil
}

// wait reports whether the process ended within d and before ctx did.
func (p *process) wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-p.exited:
		return true
	case <-timer.C:
	case <-ctx.Done():
	}
	return false
}

// stop ends the server: fast (clients are cut off, a checkpoint is written) or
// immediate (no checkpoint: the next start replays the log, as after a crash).
// It always ends it, with SIGKILL to the whole group as the last word.
func (p *process) stop(ctx context.Context, immediate bool) {
	if !immediate {
		_ = syscall.Kill(p.pid, syscall.SIGINT)
		if p.wait(ctx, 30*time.Second) {
			return
		}
	}
	ctx = context.WithoutCancel(ctx)
	_ = syscall.Kill(p.pid, syscall.SIGQUIT)
	if p.wait(ctx, 10*time.Second) {
		return
	}
	_ = syscall.Kill(-p.pid, syscall.SIGKILL)
	<-p.exited
}

// stopStrays ends every process that still works in the data directory: a
// server that outlived its owner, or the children of one that was killed. The
// caller holds the directory's lock, so none of them has a living owner. With
// them gone, a left-over postmaster.pid is stale by definition and is removed:
// its number may meanwhile belong to a stranger, which PostgreSQL would take
// for a running server.
func stopStrays(ctx context.Context, data string) error {
	pidFile := filepath.Join(data, "postmaster.pid")
	for _, s := range []struct {
		signal   syscall.Signal
		everyone bool
		wait     time.Duration
	}{
		{syscall.SIGINT, false, 15 * time.Second}, // fast shutdown, by the postmaster
		{syscall.SIGQUIT, true, 5 * time.Second},
		{syscall.SIGKILL, true, 5 * time.Second},
	} {
		strays := processesIn(data)
		if len(strays) == 0 {
			if err := os.Remove(pidFile); err != nil && !errors.Is(err, os.ErrNotExist) {
				return fmt.Errorf("remove stale postmaster.pid: %w", err)
			}
			return nil
		}
		targets := strays
		if !s.everyone {
			head := readPid(pidFile)
			if !slices.Contains(strays, head) {
				continue // children without a postmaster: nobody to ask politely
			}
			targets = []int{head}
		}
		for _, pid := range targets {
			_ = syscall.Kill(pid, s.signal) // gone already is as good
		}
		if err := waitUntilEmpty(ctx, data, s.wait); err != nil {
			return err
		}
	}
	if strays := processesIn(data); len(strays) > 0 {
		return fmt.Errorf("processes %v still use %s and cannot be stopped", strays, data)
	}
	return stopStrays(ctx, data) // empty now: removes the pid file
}

func waitUntilEmpty(ctx context.Context, data string, d time.Duration) error {
	deadline := time.Now().Add(d)
	for len(processesIn(data)) > 0 && time.Now().Before(deadline) {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
	}
	return nil
}

// processesIn lists the processes whose working directory is dir. A server and
// all its children work in their data directory.
func processesIn(dir string) []int {
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return nil // not made yet
	}
	links, _ := filepath.Glob("/proc/[0-9]*/cwd") // the pattern is constant and well formed
	var pids []int
	for _, link := range links {
		if cwd, err := os.Readlink(link); err != nil || cwd != real {
			continue // another user's process, or one that just ended
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(link))); err == nil && isPostgres(pid) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// isPostgres keeps a shell that somebody left in the directory out of it.
func isPostgres(pid int) bool {
	name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
	return err == nil && strings.HasPrefix(string(name), "postgres")
}

func readPid(file string) int {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0
	}
	line, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(line)
	if err != nil {
		return 0
	}
	return pid
}
