package cluster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// ErrInUse is returned by Start when another process owns the data directory.
var ErrInUse = errors.New("another process is using this data directory")

const (
	socketFile    = ".s.PGSQL.5432" // PostgreSQL's name for port 5432
	maxSocketPath = 107             // sun_path holds 108 bytes with the closing zero
	maxLogBytes   = 10 << 20        // server.log is set aside beyond this
)

// home is DATA_DIR/postgres: its lock, its owner and its paths.
type home struct {
	dir       string              // absolute, without symlinks
	root      string              // dir as the server sees it; under /proc when we are root
	socketDir string              // dir/run as clients see it; a short link when that is too long
	shortDir  string              // temporary directory of that link, "" without one
	cred      *syscall.Credential // who the server runs as, nil for ourselves
	handle    *os.File            // dir itself, inherited by a server that runs as cred
	lock      *os.File
}

// openHome makes the directory if need be, takes its lock and hands it to the
// user the server runs as.
func openHome(dataDir string) (_ *home, err error) {
	if err := os.MkdirAll(dataDir, 0o700); err != nil {
		return nil, fmt.Errorf("make data directory: %w", err)
	}
	abs, err := filepath.Abs(dataDir)
	if err != nil {
		return nil, err
	}
	if abs, err = filepath.EvalSymlinks(abs); err != nil {
		return nil, err
	}
	h := &home{dir: filepath.Join(abs, "postgres")}
	defer func() {
		if err != nil {
			h.close()
		}
	}()
	if h.lock, err = takeLock(filepath.Join(abs, "postgres.lock")); err != nil {
		return nil, err
	}
	for _, dir := range []string{h.dir, filepath.Join(h.dir, "run")} {
		if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
		if err := os.Chmod(dir, 0o700); err != nil {
			return nil, fmt.Errorf("take over %s: %w", dir, err)
		}
	}
	h.root = h.dir
	if os.Geteuid() == 0 {
		if err := h.dropTo("postgres", "nobody"); err != nil {
			return nil, err
		}
	}
	return h, h.shorten()
}

func takeLock(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open lock: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("%w: %s", ErrInUse, filepath.Dir(path))
		}
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	return f, nil
}

// dropTo chooses the first of the named users that exists, gives it the
// directory and opens the descriptor it will reach it by.
func (h *home) dropTo(names ...string) error {
	for _, name := range names {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(u.Uid, 10, 32)
		if err != nil {
			return fmt.Errorf("user %s: %w", name, err)
		}
		gid, err := strconv.ParseUint(u.Gid, 10, 32)
		if err != nil {
			return fmt.Errorf("user %s: %w", name, err)
		}
		h.cred = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		break
	}
	if h.cred == nil {
		return fmt.Errorf("running as root, and there is none of the users %s for PostgreSQL to run as", strings.Join(names, ", "))
	}
	if err := h.give(); err != nil {
		return err
	}
	handle, err := os.Open(h.dir)
	if err != nil {
		return err
	}
	h.handle = handle
	h.root = "/proc/self/fd/3" // the first of exec.Cmd.ExtraFiles
	return nil
}

// give hands the tree to the server's user; a tree that has it already costs one look.
func (h *home) give() error {
	uid, gid := int(h.cred.Uid), int(h.cred.Gid)
	return filepath.WalkDir(h.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if st, ok := info.Sys().(*syscall.Stat_t); ok && int(st.Uid) == uid {
			if d.IsDir() && path != h.dir && filepath.Base(path) == "data" {
				return fs.SkipDir // the cluster was made by this user; do not walk thousands of files
			}
			return nil
		}
		return os.Lchown(path, uid, gid)
	})
}

// awkward characters of a path mean something in connection strings (a blank, +) or in
// unix_socket_directories (a comma).
const awkward = " \t\n,;+%&#?@'\"\\"

// shorten gives clients a short and plain way to a socket whose own path the kernel,
// a client or the server would refuse.
func (h *home) shorten() error {
	h.socketDir = filepath.Join(h.dir, "run")
	if len(h.socketDir)+1+len(socketFile) <= maxSocketPath && !strings.ContainsAny(h.socketDir, awkward) {
		return nil
	}
	short, err := os.MkdirTemp("", "qingfeng-")
	if err != nil {
		return fmt.Errorf("make a short socket path: %w", err)
	}
	h.shortDir = short
	link := filepath.Join(short, "s")
	if err := os.Symlink(h.socketDir, link); err != nil {
		return fmt.Errorf("make a short socket path: %w", err)
	}
	h.socketDir = link
	if len(link)+1+len(socketFile) > maxSocketPath {
		return fmt.Errorf("temporary directory %s is too long for a unix socket", short)
	}
	return nil
}

// serverSocketDir is where the server binds: its own view of run, or the short
// link when even that is too long.
func (h *home) serverSocketDir() string {
	if h.handle != nil {
		return h.root + "/run"
	}
	return h.socketDir
}

func (h *home) data() string { return filepath.Join(h.dir, "data") }

// command prepares a PostgreSQL program with output to out, in the server's own
// process group and as the server's user.
func (h *home) command(ctx context.Context, path string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Dir = "/" // readable by everybody; the server moves into its data directory itself
	cmd.Env = []string{"LC_ALL=C", "PATH=/usr/bin:/bin", "TZ=UTC"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGQUIT, Credential: h.cred}
	if h.handle != nil {
		cmd.ExtraFiles = []*os.File{h.handle}
	}
	return cmd
}

// ensureData makes the cluster unless it is there, and returns the binaries that fit it.
func (h *home) ensureData(ctx context.Context, quick bool) (Binaries, error) {
	version, err := os.ReadFile(filepath.Join(h.data(), "PG_VERSION"))
	if err == nil {
		major, err := strconv.Atoi(strings.TrimSpace(string(version)))
		if err != nil {
			return Binaries{}, fmt.Errorf("read PG_VERSION: %w", err)
		}
		return FindBinaries(ctx, major)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return Binaries{}, fmt.Errorf("look at the cluster: %w", err)
	}
	bin, err := FindBinaries(ctx, 0)
	if err != nil {
		return Binaries{}, err
	}
	// C.UTF-8 sorts by code point and knows Chinese letters; plain C is there on every machine.
	if err := h.initdb(ctx, bin, "C.UTF-8", quick); err != nil {
		if err = h.initdb(ctx, bin, "C", quick); err != nil {
			return Binaries{}, err
		}
	}
	return bin, nil
}

func (h *home) initdb(ctx context.Context, bin Binaries, locale string, quick bool) error {
	fresh := filepath.Join(h.dir, "data.new")
	if err := stopStrays(ctx, fresh); err != nil {
		return err
	}
	if err := os.RemoveAll(fresh); err != nil {
		return fmt.Errorf("clear a half-made cluster: %w", err)
	}
	args := []string{
		"-D", h.root + "/data.new", "-U", owner, "-E", "UTF8",
		"--locale=" + locale, "--lc-messages=C", "--auth-local=trust", "--auth-host=reject", "--no-instructions",
	}
	if quick {
		args = append(args, "--no-sync")
	}
	var out bytes.Buffer
	cmd := h.command(ctx, filepath.Join(bin.Dir, "initdb"), args...)
	cmd.Stdout, cmd.Stderr = &out, &out
	p, err := spawn(cmd)
	if err != nil {
		return fmt.Errorf("start initdb: %w", err)
	}
	<-p.exited
	if !cmd.ProcessState.Success() {
		return fmt.Errorf("initdb: %s: %s", cmd.ProcessState, bytes.TrimSpace(out.Bytes()))
	}
	if err := os.Rename(fresh, h.data()); err != nil {
		return fmt.Errorf("put the new cluster in place: %w", err)
	}
	return syncDir(h.dir)
}

// openLog opens server.log for appending and sets a long one aside.
func (h *home) openLog() (*os.File, error) {
	path := filepath.Join(h.dir, "server.log")
	if info, err := os.Stat(path); err == nil && info.Size() > maxLogBytes {
		if err := os.Rename(path, path+".1"); err != nil {
			return nil, fmt.Errorf("set server.log aside: %w", err)
		}
	}
	return os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY|syscall.O_NOFOLLOW, 0o600)
}

// close frees the lock. The directory stays.
func (h *home) close() {
	if h.shortDir != "" {
		_ = os.RemoveAll(h.shortDir)
	}
	for _, f := range []*os.File{h.handle, h.lock} {
		if f != nil {
			_ = f.Close()
		}
	}
}

// syncDir makes a rename inside dir outlive a power cut.
func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
