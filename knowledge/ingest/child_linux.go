package ingest

import (
	"fmt"
	"os"
	"syscall"
)

// slack is what the runtime maps besides what it uses.
const slack = 320 << 20

// confine takes the limits upon this process. RLIMIT_AS is of no use to a Go program,
// which reserves address space by the gigabyte; RLIMIT_DATA counts what is writable.
func confine(h hello) error {
	if h.Memory > 0 {
		n := uint64(h.Memory) + slack
		if err := syscall.Setrlimit(syscall.RLIMIT_DATA, &syscall.Rlimit{Cur: n, Max: n}); err != nil {
			return fmt.Errorf("memory: %w", err)
		}
	}
	none := syscall.Rlimit{}
	if err := syscall.Setrlimit(syscall.RLIMIT_CORE, &none); err != nil {
		return fmt.Errorf("core: %w", err)
	}
	return nil
}

// spend gives the process so many more seconds of processor time. The system says
// when they are spent, and the process ends.
func spend(seconds int) error {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return err
	}
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_CPU, &l); err != nil {
		return err
	}
	l.Cur = min(uint64(used.Utime.Sec+used.Stime.Sec+int64(seconds)+1), l.Max)
	return syscall.Setrlimit(syscall.RLIMIT_CPU, &l)
}

// apart are the attributes of a child, the strictest first: without network, in a
// process group of its own, and dead when its parent dies.
func apart() []*syscall.SysProcAttr {
	alone := &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	walled := *alone
	walled.Cloneflags = syscall.CLONE_NEWNET
	if uid := os.Geteuid(); uid != 0 {
		walled.Cloneflags |= syscall.CLONE_NEWUSER
		walled.UidMappings = []syscall.SysProcIDMap{{ContainerID: uid, HostID: uid, Size: 1}}
		walled.GidMappings = []syscall.SysProcIDMap{{ContainerID: os.Getegid(), HostID: os.Getegid(), Size: 1}}
	}
	return []*syscall.SysProcAttr{&walled, alone}
}
