package pgtest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"

	"qingfeng/bot/pg"
	"qingfeng/migrations"
)

// New returns a migrated, empty database that only this test uses. It is
// dropped when the test ends.
func New(t testing.TB, opts ...pg.Option) *pg.DB {
	t.Helper()
	return Open(t, URL(t), opts...)
}

// Open opens one more pool on a database from URL, as a second instance of the
// program would.
func Open(t testing.TB, databaseURL string, opts ...pg.Option) *pg.DB {
	t.Helper()
	db, err := pg.Open(t.Context(), databaseURL, append([]pg.Option{pg.WithMaxConns(8)}, opts...)...)
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	t.Cleanup(db.Close)
	return db
}

// URL makes a migrated, empty database and returns its address, for programs
// that connect by themselves. It is dropped when the test ends.
func URL(t testing.TB) string {
	t.Helper()
	s := theServer(t)
	template, err := s.template(t.Context())
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	return s.create(t, template)
}

// EmptyURL makes a database without our schema and returns its address, to test
// migrations. It is dropped when the test ends.
func EmptyURL(t testing.TB) string {
	t.Helper()
	return theServer(t).create(t, "template1")
}

// Main runs a package's tests, stops the server and fails if a goroutine is left:
//
//	func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }
//
// Without it the server ends with the process all the same.
func Main(m *testing.M, ignore ...goleak.Option) int {
	code := m.Run()
	stopServer()
	if code != 0 {
		return code
	}
	if err := goleak.Find(ignore...); err != nil {
		fmt.Fprintln(os.Stderr, "goroutines left after the tests:", err)
		return 1
	}
	return 0
}

// server is the PostgreSQL that this test binary uses.
type server struct {
	url string // of a database to give commands in

	mu    sync.Mutex // one CREATE DATABASE at a time: copies of one template wait for each other anyway
	ready string     // the template's name once it is there
}

// template returns the name of the migrated database. The name carries a hash
// of the migrations, so an edited file gets a new one.
func (s *server) template(ctx context.Context) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ready != "" {
		return s.ready, nil
	}
	sum, err := migrationsHash()
	if err != nil {
		return "", err
	}
	name := templatePrefix + sum
	conn, err := pgx.Connect(ctx, s.url)
	if err != nil {
		return "", err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	// Another test binary may share this server. The lock ends with the connection.
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock(hashtext($1))", name); err != nil {
		return "", err
	}
	var exists bool
	if err := conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name).Scan(&exists); err != nil {
		return "", err
	}
	if !exists {
		if err := s.buildTemplate(ctx, conn, name); err != nil {
			return "", err
		}
	}
	s.ready = name
	return name, nil
}

// buildTemplate migrates under another name first: a template is whole or not there.
func (s *server) buildTemplate(ctx context.Context, conn *pgx.Conn, name string) error {
	draft := name + "_draft"
	for _, sql := range []string{"DROP DATABASE IF EXISTS " + draft + " WITH (FORCE)", "CREATE DATABASE " + draft} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return fmt.Errorf("make template: %w", err)
		}
	}
	if err := s.fillTemplate(ctx, s.urlOf(draft)); err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, "ALTER DATABASE "+draft+" RENAME TO "+name); err != nil {
		return fmt.Errorf("name template: %w", err)
	}
	return nil
}

// fillTemplate brings a new database to where a private cluster's is when the
// program meets it: pgvector is there, then the migrations run.
func (s *server) fillTemplate(ctx context.Context, address string) error {
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if _, err := conn.Exec(ctx, "CREATE EXTENSION IF NOT EXISTS vector"); err != nil {
		return fmt.Errorf("create extension vector: %w", err)
	}
	if err := conn.Close(ctx); err != nil { // the rename that follows wants nobody in it
		return err
	}
	return pg.Migrate(ctx, address)
}

func (s *server) create(t testing.TB, template string) string {
	t.Helper()
	name := fmt.Sprintf("%s%016x", testPrefix, rand.Uint64())
	command := func(ctx context.Context, sql string) error {
		s.mu.Lock()
		defer s.mu.Unlock()
		conn, err := pgx.Connect(ctx, s.url)
		if err != nil {
			return err
		}
		defer conn.Close(context.WithoutCancel(ctx))
		_, err = conn.Exec(ctx, sql)
		return err
	}
	if err := command(t.Context(), "CREATE DATABASE "+name+" TEMPLATE "+template); err != nil {
		t.Fatalf("pgtest: create database: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if err := command(ctx, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("pgtest: drop database: %v", err)
		}
	})
	return s.urlOf(name)
}

// urlOf is the server's address with another database in it.
func (s *server) urlOf(database string) string {
	u, err := url.Parse(s.url)
	if err != nil {
		return s.url // checked when the server was chosen
	}
	u.Path = "/" + database
	return u.String()
}

// migrationsHash names the content of a template.
func migrationsHash() (string, error) {
	h := sha256.New()
	fmt.Fprintln(h, "recipe 2") // counts up when fillTemplate changes
	err := fs.WalkDir(migrations.FS, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".sql") {
			return err
		}
		text, err := fs.ReadFile(migrations.FS, path)
		fmt.Fprintf(h, "%s %d\n%s", path, len(text), text)
		return err
	})
	return hex.EncodeToString(h.Sum(nil))[:16], err
}
