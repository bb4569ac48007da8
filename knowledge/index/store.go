package index

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Conn is what SQL runs on: the transaction that a context carries, or a pool.
type Conn interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
	SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults
	CopyFrom(ctx context.Context, table pgx.Identifier, columns []string, src pgx.CopyFromSource) (int64, error)
}

// Config is what a Store stands on. Every field but Log is needed.
type Config struct {
	// Conn gives the connection of a context: its transaction if it carries one.
	Conn func(ctx context.Context) Conn
	// InTx runs a function in a transaction, or joins the one the context carries.
	InTx func(ctx context.Context, fn func(ctx context.Context) error) error
	Now  func() time.Time
	Log  *slog.Logger
}

// Store is the knowledge base in Postgres. Its methods may be called from several
// goroutines and join the transaction that their context carries.
type Store struct {
	cfg Config
	log *slog.Logger

	warm *warm
}

// New makes a Store. It does not touch the database.
func New(cfg Config) (*Store, error) {
	if cfg.Conn == nil || cfg.InTx == nil || cfg.Now == nil {
		return nil, errors.New("index: Conn, InTx and Now are needed")
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Store{cfg: cfg, log: cfg.Log, warm: newWarm()}, nil
}

// q is where SQL of ctx runs.
func (s *Store) q(ctx context.Context) Conn { return s.cfg.Conn(ctx) }

// inTx runs fn in the transaction of ctx, or in one of its own.
func (s *Store) inTx(ctx context.Context, fn func(ctx context.Context) error) error {
	return s.cfg.InTx(ctx, fn)
}

// zone is China's: civil days are its days. The country has had one offset and no
// summer time since 1991.
func zone() *time.Location { return time.FixedZone("Asia/Shanghai", 8*60*60) }

// today is the civil day it is now.
func (s *Store) today() time.Time {
	y, m, d := s.cfg.Now().In(zone()).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// lock takes the generation row until the transaction ends and returns the next
// generation, which is thereby the store's. Whatever changes what can be found calls
// it first, so that generations commit in the order of their numbers.
func (s *Store) lock(ctx context.Context) (generation int64, err error) {
	err = s.q(ctx).QueryRow(ctx, "UPDATE knowledge_generation SET generation = generation + 1 RETURNING generation").Scan(&generation)
	if err != nil {
		return 0, fmt.Errorf("next generation: %w", err)
	}
	return generation, nil
}
