package main

import (
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"
)

// withoutCore forbids that this process leaves a core file when it crashes.
func withoutCore() error {
	if err := syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{}); err != nil {
		return fmt.Errorf("forbid core files: %w", err)
	}
	return nil
}

// withoutTraces is for processes that hold somebody's words: no core file, and nobody but
// root may look into them.
func withoutTraces() error {
	if err := withoutCore(); err != nil {
		return err
	}
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		return fmt.Errorf("forbid dumps: %w", err)
	}
	return nil
}

// childAttributes: a child is in a process group of its own, so that a key pressed at a
// terminal does not end it before its parent does, and dies with its parent.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
