package pgtest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"qingfeng/bot/pg/cluster"
)

const (
	serverURL      = "QINGFENG_TEST_DATABASE_URL"
	templatePrefix = "qingfeng_template_"
	testPrefix     = "qingfeng_test_"
	maxServers     = 64 // test binaries of one user at the same time
)

// shared is the one server of a test binary. Tests have no common owner that
// could hold it, hence the package variable.
//
//nolint:gochecknoglobals // see above
var shared struct {
	mu      sync.Mutex
	server  *server
	cluster *cluster.Cluster
	err     error
}

func theServer(t testing.TB) *server {
	t.Helper()
	shared.mu.Lock()
	defer shared.mu.Unlock()
	if shared.server == nil && shared.err == nil {
		// Not the test's context: the server outlives the test that needed it first.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 3*time.Minute)
		defer cancel()
		shared.server, shared.cluster, shared.err = openServer(ctx)
	}
	if shared.err != nil {
		t.Fatalf("pgtest: %v", shared.err)
	}
	return shared.server
}

func stopServer() {
	shared.mu.Lock()
	defer shared.mu.Unlock()
	if shared.cluster != nil {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		shared.cluster.Stop(ctx)
	}
	shared.server, shared.cluster = nil, nil
}

func openServer(ctx context.Context) (*server, *cluster.Cluster, error) {
	if address := os.Getenv(serverURL); address != "" {
		if _, err := url.Parse(address); err != nil {
			return nil, nil, errors.New(serverURL + " is not a URL") // without the password in it
		}
		return &server{url: address}, nil, nil
	}
	base := filepath.Join(fastDir(), "qingfeng-pgtest-"+strconv.Itoa(os.Getuid()))
	for i := range maxServers {
		dir := filepath.Join(base, strconv.Itoa(i))
		c, err := startIn(ctx, dir)
		if errors.Is(err, cluster.ErrInUse) {
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		s := &server{url: c.URL()}
		if err := s.sweep(ctx); err != nil {
			c.Stop(ctx)
			return nil, nil, err
		}
		return s, c, nil
	}
	return nil, nil, fmt.Errorf("all %d directories under %s are in use", maxServers, base)
}

// fastDir is where the servers live: in memory if there is plenty, for a copy of
// the template is hundreds of small files (20 ms there, 130 ms on a disk).
func fastDir() string {
	const memory, plenty = "/dev/shm", 2 << 30
	var fs syscall.Statfs_t
	if err := syscall.Statfs(memory, &fs); err == nil && fs.Bavail*uint64(fs.Bsize) > plenty {
		return memory
	}
	return os.TempDir()
}

// startIn starts the server in dir. These clusters do not survive a power cut,
// and what they hold can be made again: one that does not start is thrown away.
func startIn(ctx context.Context, dir string) (*cluster.Cluster, error) {
	cfg := cluster.Config{DataDir: dir, Volatile: true, Log: slog.New(slog.DiscardHandler)}
	c, err := cluster.Start(ctx, cfg)
	if err == nil || errors.Is(err, cluster.ErrInUse) || errors.Is(err, cluster.ErrNoPostgres) || ctx.Err() != nil {
		return c, err
	}
	if removeErr := os.RemoveAll(filepath.Join(dir, "postgres")); removeErr != nil {
		return nil, errors.Join(err, removeErr)
	}
	return cluster.Start(ctx, cfg)
}

// sweep drops what killed test binaries left, and templates of other migrations.
func (s *server) sweep(ctx context.Context) error {
	sum, err := migrationsHash()
	if err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, s.url)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	rows, err := conn.Query(ctx, "SELECT datname FROM pg_database")
	if err != nil {
		return err
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	for _, name := range names {
		old := strings.HasPrefix(name, templatePrefix) && name != templatePrefix+sum
		if !old && !strings.HasPrefix(name, testPrefix) {
			continue
		}
		if _, err := conn.Exec(ctx, "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			return fmt.Errorf("drop left-over database: %w", err)
		}
	}
	return nil
}
