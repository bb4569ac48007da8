package pg

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// DB is the connection pool that all stores share. Its methods may be called
// from several goroutines; one transaction belongs to one goroutine at a time.
type DB struct {
	pool *pgxpool.Pool
}

// Option changes the pool that Open makes.
type Option func(*pgxpool.Config)

// WithMaxConns limits the open connections; 16 without it. It yields to
// pool_max_conns in the URL.
func WithMaxConns(n int) Option {
	return func(c *pgxpool.Config) { c.MaxConns = int32(n) }
}

// Untold keeps the server's statistics from telling when a statement of this pool ran:
// which one runs, and from PostgreSQL 16 on when each table was last read. Only a superuser
// may switch that off, which our own cluster's is; others are not even tried, for a refusal
// would stand in the server's log.
func Untold() Option {
	return func(c *pgxpool.Config) {
		c.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
			_, err := conn.Exec(ctx, `SELECT set_config('track_counts', 'off', false), set_config('track_activities', 'off', false)
				WHERE current_setting('is_superuser') = 'on'`)
			return err
		}
	}
}

// Open connects to the database at url (postgres://… with pgx's parameters;
// search_path chooses a schema) and checks that it answers. It does not look at
// the schema: see Migrate and CheckSchema.
func Open(ctx context.Context, url string, opts ...Option) (*DB, error) {
	cfg, err := poolConfig(url, opts)
	if err != nil {
		return nil, err
	}
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("reach database: %w", err)
	}
	return &DB{pool: pool}, nil
}

func poolConfig(url string, opts []Option) (*pgxpool.Config, error) {
	cfg, err := parseURL(url)
	if err != nil {
		return nil, err
	}
	fromURL := *cfg
	cfg.MaxConns = 16
	for _, opt := range opts {
		opt(cfg)
	}
	if urlSets(url, "pool_max_conns") {
		cfg.MaxConns = fromURL.MaxConns
	}
	cfg.MinConns = min(cfg.MinConns, cfg.MaxConns)
	cfg.MaxConnLifetime = time.Hour
	cfg.MaxConnLifetimeJitter = 10 * time.Minute
	cfg.MaxConnIdleTime = 10 * time.Minute
	cfg.HealthCheckPeriod = 30 * time.Second
	cfg.ConnConfig.ConnectTimeout = 5 * time.Second
	// An instance that hangs inside a transaction must not hold its locks for ever.
	setDefault(cfg.ConnConfig.RuntimeParams, "idle_in_transaction_session_timeout", "60s")
	setDefault(cfg.ConnConfig.RuntimeParams, "application_name", "qingfeng")
	cfg.ConnConfig.RuntimeParams["timezone"] = "UTC"
	return cfg, nil
}

func setDefault(params map[string]string, name, value string) {
	if _, ok := params[name]; !ok {
		params[name] = value
	}
}

// Close waits for borrowed connections and closes the pool.
func (db *DB) Close() { db.pool.Close() }

// Pool is the pool itself, for what is not a store: metrics, doctor, LISTEN.
func (db *DB) Pool() *pgxpool.Pool { return db.pool }

// Ping reports whether the database answers.
func (db *DB) Ping(ctx context.Context) error { return db.pool.Ping(ctx) }

// querier is what a store method works on: a transaction or the pool.
type querier interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
	SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults
	CopyFrom(ctx context.Context, table pgx.Identifier, columns []string, src pgx.CopyFromSource) (int64, error)
}

// q returns the transaction that ctx carries for this database, else the pool.
func (db *DB) q(ctx context.Context) querier {
	if t := db.current(ctx); t != nil {
		return t.tx
	}
	return db.pool
}

// txKey finds a database's own transaction in a context: a process may have two databases.
type txKey struct{ db *DB }

type transaction struct {
	tx pgx.Tx

	mu     sync.Mutex
	failed error    // a joined part's error; forbids the commit
	after  []func() // see AfterCommit
}

func (db *DB) current(ctx context.Context) *transaction {
	t, _ := ctx.Value(txKey{db}).(*transaction)
	return t
}

// InTx runs fn in a transaction (read committed) and commits when fn returns
// nil. Within a transaction of this database fn joins it; if it then fails, the
// outer one cannot commit any more, even when the error is swallowed on the way.
//
// A returned error means that nothing was committed, with one exception: when
// the connection breaks during the commit itself, the outcome is unknown.
func (db *DB) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	if outer := db.current(ctx); outer != nil {
		err := fn(ctx)
		if err != nil {
			outer.fail(err)
		}
		return err
	}
	tx, err := db.pool.Begin(ctx)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	// After a commit this does nothing; after a failure or a panic it gives the
	// connection back, also when ctx is over.
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		_ = tx.Rollback(ctx)
	}()
	t := &transaction{tx: tx}
	if err := fn(context.WithValue(ctx, txKey{db}, t)); err != nil {
		return err
	}
	if t.failed != nil {
		return fmt.Errorf("a part of the transaction failed: %w", t.failed)
	}
	if err := tx.Commit(ctx); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	for _, f := range t.after {
		f()
	}
	return nil
}

func (t *transaction) fail(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.failed = errors.Join(t.failed, err)
}

// AfterCommit runs f once the transaction in ctx has committed, in the order of
// registration, and not at all if it does not commit; without a transaction at
// once. f only wakes somebody: what must happen is a row.
func (db *DB) AfterCommit(ctx context.Context, f func()) {
	t := db.current(ctx)
	if t == nil {
		f()
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.after = append(t.after, f)
}

// Conn is what SQL runs on: the transaction that a context carries, or the pool.
type Conn = querier

// Conn is where SQL of ctx runs, for stores outside this package (knowledge/index).
func (db *DB) Conn(ctx context.Context) Conn { return db.q(ctx) }
