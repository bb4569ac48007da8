package pg_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"qingfeng/bot/pg"
	"qingfeng/bot/pg/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// notes opens a database with one table that knows nothing of the schema.
func notes(t *testing.T) *pg.DB {
	t.Helper()
	db := pgtest.Open(t, pgtest.EmptyURL(t))
	if _, err := db.Q(t.Context()).Exec(t.Context(), "CREATE TABLE note (text text PRIMARY KEY)"); err != nil {
		t.Fatal(err)
	}
	return db
}

func add(ctx context.Context, db *pg.DB, text string) error {
	_, err := db.Q(ctx).Exec(ctx, "INSERT INTO note VALUES ($1)", text)
	return err
}

func count(t *testing.T, db *pg.DB) (n int) {
	t.Helper()
	if err := db.Pool().QueryRow(t.Context(), "SELECT count(*) FROM note").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestATransactionCommitsWholeOrNotAtAll(t *testing.T) {
	db := notes(t)
	boom := errors.New("boom")
	for _, tc := range []struct {
		name string
		fn   func(ctx context.Context) error
		err  error
		rows int
	}{
		{"success", func(ctx context.Context) error { return errors.Join(add(ctx, db, "a"), add(ctx, db, "b")) }, nil, 2},
		{"failure", func(ctx context.Context) error { return errors.Join(add(ctx, db, "c"), boom) }, boom, 2},
		{"joined", func(ctx context.Context) error {
			return db.InTx(ctx, func(ctx context.Context) error { return add(ctx, db, "d") })
		}, nil, 3},
		{"joined part is undone with the whole", func(ctx context.Context) error {
			return errors.Join(db.InTx(ctx, func(ctx context.Context) error { return add(ctx, db, "e") }), boom)
		}, boom, 3},
		{"a swallowed failure of a part dooms the whole", func(ctx context.Context) error {
			_ = db.InTx(ctx, func(context.Context) error { return boom })
			return add(ctx, db, "f")
		}, boom, 3},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if err := db.InTx(t.Context(), tc.fn); !errors.Is(err, tc.err) {
				t.Fatalf("got %v, want %v", err, tc.err)
			}
			if got := count(t, db); got != tc.rows {
				t.Fatalf("%d rows, want %d", got, tc.rows)
			}
		})
	}
}

func TestASwallowedDatabaseErrorIsNotReportedAsACommit(t *testing.T) {
	db := notes(t)
	err := db.InTx(t.Context(), func(ctx context.Context) error {
		_ = add(ctx, db, "a")
		_ = add(ctx, db, "a") // fails: same key
		return nil
	})
	if err == nil || count(t, db) != 0 {
		t.Fatalf("err %v, %d rows", err, count(t, db))
	}
}

func TestAPanicOrACancelledContextGivesTheConnectionBack(t *testing.T) {
	db := pgtest.Open(t, pgtest.EmptyURL(t), pg.WithMaxConns(1))
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		_ = db.InTx(t.Context(), func(context.Context) error { panic("boom") })
	}()
	err := func() error {
		ctx, cancel := context.WithCancel(t.Context())
		return db.InTx(ctx, func(context.Context) error { cancel(); return ctx.Err() })
	}()
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if err := db.InTx(t.Context(), func(ctx context.Context) error { // would wait for ever for the only connection
		_, err := db.Q(ctx).Exec(ctx, "SELECT 1")
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

func TestATransactionBelongsToItsOwnDatabase(t *testing.T) {
	one, two := notes(t), notes(t)
	err := one.InTx(t.Context(), func(ctx context.Context) error {
		if err := add(ctx, two, "stays"); err != nil {
			return err
		}
		return errors.New("undo")
	})
	if err == nil || count(t, one) != 0 || count(t, two) != 1 {
		t.Fatalf("err %v, rows %d and %d", err, count(t, one), count(t, two))
	}
}

func TestAfterCommitRunsOnceTheRowsAreThere(t *testing.T) {
	db := notes(t)
	var seen []string
	hook := func(name string) func() {
		return func() { seen = append(seen, fmt.Sprintf("%s sees %d", name, count(t, db))) }
	}
	db.AfterCommit(t.Context(), hook("outside"))
	if err := db.InTx(t.Context(), func(ctx context.Context) error {
		db.AfterCommit(ctx, hook("first"))
		if err := db.InTx(ctx, func(ctx context.Context) error {
			db.AfterCommit(ctx, hook("joined"))
			return nil
		}); err != nil {
			return err
		}
		return add(ctx, db, "a")
	}); err != nil {
		t.Fatal(err)
	}
	_ = db.InTx(t.Context(), func(ctx context.Context) error {
		db.AfterCommit(ctx, hook("undone"))
		return errors.New("undo")
	})
	if got := strings.Join(seen, ", "); got != "outside sees 0, first sees 1, joined sees 1" {
		t.Fatal(got)
	}
}

func TestSearchPathInTheURLChoosesASchema(t *testing.T) {
	address := pgtest.EmptyURL(t)
	db := pgtest.Open(t, address)
	if _, err := db.Pool().Exec(t.Context(), "CREATE SCHEMA side"); err != nil {
		t.Fatal(err)
	}
	side := pgtest.Open(t, address+"&search_path=side&pool_max_conns=3")
	var schema, zone string
	if err := side.Pool().QueryRow(t.Context(), "SELECT current_schema(), current_setting('timezone')").Scan(&schema, &zone); err != nil {
		t.Fatal(err)
	}
	if schema != "side" || zone != "UTC" || side.Pool().Config().MaxConns != 3 {
		t.Fatalf("schema %s, zone %s, %d connections", schema, zone, side.Pool().Config().MaxConns)
	}
}

func TestOpenNamesNoSecretInItsErrors(t *testing.T) {
	for _, address := range []string{
		"postgres://qingfeng:hunter2@127.0.0.1:notaport/db",
		"postgres://qingfeng:hunter2@127.0.0.1:1/db?connect_timeout=1",
	} {
		_, err := pg.Open(t.Context(), address)
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("got %v", err)
		}
	}
}

func step(table string) *fstest.MapFile {
	return &fstest.MapFile{Data: []byte("-- +goose Up\nCREATE TABLE " + table + " (id int);\n")}
}

func TestMigrationsAreAppliedOnceByManyInstances(t *testing.T) {
	address := pgtest.EmptyURL(t)
	files := fstest.MapFS{"0001_one.sql": step("one"), "0002_two.sql": step("two")}
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			if err := pg.MigrateFS(t.Context(), address, files); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	have, want, err := pg.SchemaVersionFS(t.Context(), address, files)
	if err != nil || have != 2 || want != 2 {
		t.Fatalf("schema %d, want %d, err %v", have, want, err)
	}
	files["0003_three.sql"] = step("three")
	if err := pg.MigrateFS(t.Context(), address, files); err != nil {
		t.Fatal(err)
	}
	db := pgtest.Open(t, address)
	if _, err := db.Pool().Exec(t.Context(), "SELECT FROM one, two, three"); err != nil {
		t.Fatal(err)
	}
}

func TestAnOlderProgramRefusesANewerSchema(t *testing.T) {
	address := pgtest.EmptyURL(t)
	files := fstest.MapFS{"0001_one.sql": step("one"), "0002_two.sql": step("two")}
	if err := pg.MigrateFS(t.Context(), address, files); err != nil {
		t.Fatal(err)
	}
	delete(files, "0002_two.sql")
	err := pg.MigrateFS(t.Context(), address, files)
	if !errors.Is(err, pg.ErrNewerSchema) || !strings.Contains(err.Error(), "schema 2, program 1") {
		t.Fatalf("got %v", err)
	}
}

func TestAFailedMigrationLeavesTheSchemaAsItWas(t *testing.T) {
	address := pgtest.EmptyURL(t)
	files := fstest.MapFS{
		"0001_one.sql": step("one"),
		"0002_bad.sql": {Data: []byte("-- +goose Up\nCREATE TABLE half (id int);\nSELECT nonsense;\n")},
	}
	if err := pg.MigrateFS(t.Context(), address, files); err == nil {
		t.Fatal("no error")
	}
	have, _, err := pg.SchemaVersionFS(t.Context(), address, files)
	if err != nil || have != 1 {
		t.Fatalf("schema %d, err %v", have, err)
	}
	db := pgtest.Open(t, address)
	var half *string
	if err := db.Pool().QueryRow(t.Context(), "SELECT to_regclass('half')::text").Scan(&half); err != nil || half != nil {
		t.Fatalf("table %v, err %v", half, err)
	}
}
