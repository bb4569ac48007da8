package pg

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"qingfeng/migrations"
)

var (
	// ErrNewerSchema: the schema was made by a newer program; this one keeps its hands off.
	ErrNewerSchema = errors.New("the database schema is newer than this program: install the newer version")
	// ErrOlderSchema: migrations are missing.
	ErrOlderSchema = errors.New("the database schema is older than this program: run `qingfeng migrate`")
)

// Migrate brings the schema at databaseURL to the version this program knows.
// Several instances may do so at once: one works, the others wait for up to
// five minutes. ErrNewerSchema if the schema is ahead.
func Migrate(ctx context.Context, databaseURL string) error {
	return migrate(ctx, databaseURL, migrations.FS)
}

// SchemaVersion returns the version of the schema at databaseURL (0: none) and
// the one this program knows.
func SchemaVersion(ctx context.Context, databaseURL string) (have, want int64, err error) {
	return schemaVersion(ctx, databaseURL, migrations.FS)
}

// CheckSchema is nil when the schema is the one this program knows, else
// ErrOlderSchema or ErrNewerSchema with both versions.
func CheckSchema(ctx context.Context, databaseURL string) error {
	have, want, err := SchemaVersion(ctx, databaseURL)
	if err != nil {
		return err
	}
	return compareSchema(have, want)
}

func compareSchema(have, want int64) error {
	switch {
	case have > want:
		return fmt.Errorf("%w (schema %d, program %d)", ErrNewerSchema, have, want)
	case have < want:
		return fmt.Errorf("%w (schema %d, program %d)", ErrOlderSchema, have, want)
	}
	return nil
}

func migrate(ctx context.Context, databaseURL string, files fs.FS) error {
	have, want, err := schemaVersion(ctx, databaseURL, files)
	if err != nil {
		return err
	}
	if err := compareSchema(have, want); err == nil || errors.Is(err, ErrNewerSchema) {
		return err
	}
	provider, done, err := newProvider(databaseURL, files)
	if err != nil {
		return err
	}
	defer done()
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrate from schema %d to %d: %w", have, want, err)
	}
	return nil
}

func newProvider(databaseURL string, files fs.FS) (*goose.Provider, func(), error) {
	cfg, err := parseURL(databaseURL)
	if err != nil {
		return nil, nil, err
	}
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 300)) // every second, 300 times
	if err != nil {
		return nil, nil, fmt.Errorf("migration lock: %w", err)
	}
	db := stdlib.OpenDB(*cfg.ConnConfig)
	provider, err := goose.NewProvider(goose.DialectPostgres, db, files,
		goose.WithSessionLocker(locker), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		db.Close()
		return nil, nil, fmt.Errorf("read migrations: %w", err)
	}
	return provider, func() { db.Close() }, nil
}

func schemaVersion(ctx context.Context, databaseURL string, files fs.FS) (have, want int64, err error) {
	provider, done, err := newProvider(databaseURL, files)
	if err != nil {
		return 0, 0, err
	}
	defer done()
	for _, source := range provider.ListSources() {
		want = max(want, source.Version)
	}
	// Asked with plain SQL: goose would create its table, and looking must not write.
	cfg, err := parseURL(databaseURL)
	if err != nil {
		return 0, 0, err
	}
	conn, err := pgx.ConnectConfig(ctx, cfg.ConnConfig)
	if err != nil {
		return 0, 0, fmt.Errorf("reach database: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	var table sql.NullString
	if err := conn.QueryRow(ctx, "SELECT to_regclass('"+goose.DefaultTablename+"')::text").Scan(&table); err != nil {
		return 0, 0, fmt.Errorf("read schema version: %w", err)
	}
	if !table.Valid {
		return 0, want, nil
	}
	err = conn.QueryRow(ctx, "SELECT coalesce(max(version_id), 0) FROM "+goose.DefaultTablename+" WHERE is_applied").Scan(&have)
	if err != nil {
		return 0, 0, fmt.Errorf("read schema version: %w", err)
	}
	return have, want, nil
}

// parseURL reads a connection string without ever putting it, and the password in
// it, into an error.
func parseURL(databaseURL string) (*pgxpool.Config, error) {
	cfg, err := pgxpool.ParseConfig(databaseURL)
	if err != nil {
		return nil, errors.New("the database URL cannot be read: it should look like postgres://user:password@host:5432/name")
	}
	return cfg, nil
}

// urlSets reports whether the connection string sets a parameter itself.
func urlSets(databaseURL, parameter string) bool {
	if u, err := url.Parse(databaseURL); err == nil && u.Scheme != "" {
		return u.Query().Has(parameter)
	}
	return strings.Contains(databaseURL, parameter+"=") // the key=value form
}
