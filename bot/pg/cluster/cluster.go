package cluster

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	owner    = "qingfeng" // the cluster's superuser; only the socket's owner can log in
	database = "qingfeng"

	readyWithin = 2 * time.Minute // replaying the log after a crash takes its time
)

// Config says where the cluster lives and how.
type Config struct {
	// DataDir is QINGFENG_DATA_DIR; the cluster lives in DataDir/postgres. Made if missing.
	DataDir string
	// Log receives starts, stops and unasked ends. Nil: slog.Default().
	Log *slog.Logger
	// Volatile trades safety for speed: rows survive a killed process but not a
	// power cut. For tests only.
	Volatile bool
}

// Cluster is a running private PostgreSQL. Its methods may be called from
// several goroutines.
type Cluster struct {
	cfg     Config
	log     *slog.Logger
	home    *home
	bin     Binaries
	serving context.Context // ends when Stop begins
	halt    context.CancelFunc

	mu      sync.Mutex // held through every start and stop of the server
	proc    *process   // nil between a stop and a start
	stopped bool
}

// Start makes the cluster if it is not there, starts it, and returns once it
// answers: database qingfeng exists and has pgvector. It recovers what a killed
// process left behind. ErrInUse: another process owns the directory.
// ErrNoPostgres: nothing to run. The context bounds the start only.
func Start(ctx context.Context, cfg Config) (*Cluster, error) {
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	h, err := openHome(cfg.DataDir)
	if err != nil {
		return nil, fmt.Errorf("private postgres: %w", err)
	}
	c := &Cluster{cfg: cfg, log: cfg.Log, home: h}
	c.serving, c.halt = context.WithCancel(context.Background())
	if err := c.begin(ctx); err != nil {
		c.halt()
		h.close()
		return nil, fmt.Errorf("private postgres: %w", err)
	}
	return c, nil
}

func (c *Cluster) begin(ctx context.Context) (err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.bin, err = c.home.ensureData(ctx, c.cfg.Volatile); err != nil {
		return err
	}
	if err := c.boot(ctx); err != nil {
		return err
	}
	if err := c.ensureDatabase(ctx); err != nil {
		c.end(ctx, false)
		return err
	}
	return nil
}

// URL is the connection string of database qingfeng. It holds no secret: the
// socket's directory is the lock on the door.
func (c *Cluster) URL() string { return c.urlOf(database) }

// Dir is where the cluster lives, with its server.log.
func (c *Cluster) Dir() string { return c.home.dir }

// Pid is the server's process id, 0 while it is down.
func (c *Cluster) Pid() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.proc == nil {
		return 0
	}
	return c.proc.pid
}

// Restart stops the server and starts it again: immediate as a crash would,
// otherwise cleanly. Open connections break either way.
func (c *Cluster) Restart(ctx context.Context, immediate bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopped {
		return errors.New("private postgres: restart after stop")
	}
	c.end(ctx, immediate)
	return c.boot(ctx)
}

// Stop shuts the server down cleanly and frees the directory. When ctx ends
// first it stops it immediately, which is as safe and only makes the next start
// replay the log. A second Stop does nothing.
func (c *Cluster) Stop(ctx context.Context) {
	c.halt()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopped {
		return
	}
	c.stopped = true
	c.end(ctx, false)
	c.home.close()
}

// end stops the running server, if any. The caller holds mu.
func (c *Cluster) end(ctx context.Context, immediate bool) {
	p := c.proc
	if p == nil {
		return
	}
	c.proc = nil
	p.stop(ctx, immediate)
	c.log.Info("postgres stopped", "pid", p.pid, "immediate", immediate)
}

// boot clears what a killed server left, starts one and waits until it answers.
// The caller holds mu.
func (c *Cluster) boot(ctx context.Context) error {
	began := time.Now()
	if err := stopStrays(ctx, c.home.data()); err != nil {
		return err
	}
	out, err := c.home.openLog()
	if err != nil {
		return fmt.Errorf("open server.log: %w", err)
	}
	defer out.Close() // the child has its own copy
	// Not ctx: it bounds the start, and the server outlives it.
	cmd := c.home.command(context.WithoutCancel(ctx), filepath.Join(c.bin.Dir, "postgres"), c.settings()...)
	cmd.Stdout, cmd.Stderr = out, out
	p, err := spawn(cmd)
	if err != nil {
		return fmt.Errorf("start postgres: %w", err)
	}
	if err := c.awaitReady(ctx, p); err != nil {
		p.stop(ctx, true)
		return err
	}
	c.proc = p
	go c.watch(p)
	c.log.Info("postgres started", "pid", p.pid, "version", c.bin.Major, "took_ms", time.Since(began).Milliseconds())
	return nil
}

// watch starts the server again when it ends unasked.
func (c *Cluster) watch(p *process) {
	<-p.exited
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.proc != p || c.stopped {
		return // asked for, and taken care of by whoever asked
	}
	c.proc = nil
	c.log.Warn("postgres ended unasked, starting it again", "pid", p.pid)
	for pause := 100 * time.Millisecond; ; pause = min(2*pause, 5*time.Second) {
		err := c.boot(c.serving)
		if err == nil || c.serving.Err() != nil {
			return
		}
		c.log.Error("postgres does not start", "err", err)
		select {
		case <-time.After(pause):
		case <-c.serving.Done():
			return
		}
	}
}

// settings are the server's arguments. They stand here and not in a file, so
// that a new version of this program brings its own.
func (c *Cluster) settings() []string {
	s := []string{
		"listen_addresses=", // no TCP
		"unix_socket_directories=" + c.home.serverSocketDir(),
		"unix_socket_permissions=0700",
		"port=5432",           // only the socket's name
		"max_connections=200", // several instances of the program, each with its pool
		"shared_buffers=128MB",
		"max_wal_size=1GB",
		"checkpoint_completion_target=0.9",
		"random_page_cost=1.1",
		"timezone=UTC",
		"log_timezone=UTC",
		// No statement, no value, no detail: see the package comment.
		"logging_collector=off",
		"log_destination=stderr",
		"log_min_messages=log",
		"log_min_error_statement=panic",
		"log_error_verbosity=terse",
		"log_statement=none",
		"log_checkpoints=off", // how much was written would tell when somebody wrote
		"log_min_duration_statement=-1",
		"log_parameter_max_length=0",
		"log_parameter_max_length_on_error=0",
		"log_line_prefix=%m [%p] ",
	}
	if c.cfg.Volatile {
		s = append(s, "fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off",
			"wal_level=minimal", "max_wal_senders=0", "min_wal_size=32MB", "max_wal_size=96MB",
			"max_connections=300", "shared_buffers=64MB")
	} else {
		s = append(s, "fsync=on", "synchronous_commit=on", "full_page_writes=on")
	}
	args := []string{"-D", c.home.root + "/data"}
	for _, setting := range s {
		args = append(args, "-c", setting)
	}
	return args
}

// awaitReady returns when the server takes connections, or says why it will not.
func (c *Cluster) awaitReady(ctx context.Context, p *process) error {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, c.urlOf("postgres"))
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-p.exited:
			return fmt.Errorf("postgres ended while starting: %s", c.lastWords())
		case <-ctx.Done():
			return fmt.Errorf("postgres is not ready: %w", errors.Join(ctx.Err(), err))
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func (c *Cluster) ensureDatabase(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, c.urlOf("postgres"))
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	_, err = conn.Exec(ctx, "CREATE DATABASE "+database)
	var pgErr *pgconn.PgError
	if err != nil && (!errors.As(err, &pgErr) || pgErr.Code != "42P04") { // duplicate_database: made earlier
		return fmt.Errorf("create database: %w", err)
	}
	own, err := pgx.Connect(ctx, c.URL())
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer own.Close(context.WithoutCancel(ctx))
	if _, err := own.Exec(ctx, "CREATE EXTENSION IF NOT EXISTS vector"); err != nil {
		return fmt.Errorf("create extension vector: %w", err)
	}
	return nil
}

// urlOf spells out port and user, which the environment could otherwise change.
func (c *Cluster) urlOf(db string) string {
	q := url.Values{"host": {c.home.socketDir}, "port": {"5432"}, "sslmode": {"disable"}}
	return (&url.URL{Scheme: "postgres", User: url.User(owner), Path: "/" + db, RawQuery: q.Encode()}).String()
}

// lastWords are the last lines of server.log.
func (c *Cluster) lastWords() string {
	text, err := os.ReadFile(filepath.Join(c.home.dir, "server.log"))
	if err != nil {
		return "server.log cannot be read"
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(slices.Clone(lines[max(0, len(lines)-3):]), " | ")
}
