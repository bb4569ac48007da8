package pgtest_test

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"qingfeng/bot/pg"
	"qingfeng/bot/pg/pgtest"
)

// asChild makes the test binary play another package's tests.
const asChild = "QINGFENG_TEST_PGTEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(asChild) != "" {
		os.Exit(m.Run()) // without pgtest.Main, as most packages do
	}
	os.Exit(pgtest.Main(m))
}

func TestEachTestHasAMigratedDatabaseOfItsOwn(t *testing.T) {
	seen := map[string]bool{}
	for range 3 {
		address := pgtest.URL(t)
		if err := pg.CheckSchema(t.Context(), address); err != nil {
			t.Fatal(err)
		}
		db := pgtest.Open(t, address)
		if _, err := db.Pool().Exec(t.Context(), "CREATE TABLE mine (v vector(2))"); err != nil {
			t.Fatal(err) // a table left by another test, or no pgvector
		}
		seen[address] = true
	}
	if len(seen) != 3 {
		t.Fatalf("%d databases for 3 calls", len(seen))
	}
}

func TestTheDatabaseIsDroppedWithItsTest(t *testing.T) {
	watch := pgtest.Open(t, pgtest.EmptyURL(t))
	var name string
	t.Run("inner", func(t *testing.T) {
		if err := pgtest.New(t).Pool().QueryRow(t.Context(), "SELECT current_database()").Scan(&name); err != nil {
			t.Fatal(err)
		}
	})
	var exists bool
	err := watch.Pool().QueryRow(t.Context(), "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name).Scan(&exists)
	if err != nil || exists {
		t.Fatalf("exists %v, err %v", exists, err)
	}
}

func TestPackagesTestedAtOnceDoNotMeet(t *testing.T) {
	if os.Getenv(asChild) != "" {
		fmt.Println(pgtest.URL(t))
		return
	}
	pgtest.New(t) // this binary holds a server, too
	var wg sync.WaitGroup
	var mu sync.Mutex
	addresses := map[string]bool{}
	for range 3 {
		wg.Go(func() {
			child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestPackagesTestedAtOnceDoNotMeet$")
			child.Env = append(os.Environ(), asChild+"=1")
			out, err := child.CombinedOutput()
			if err != nil {
				t.Errorf("%v: %s", err, out)
				return
			}
			address, _, _ := strings.Cut(string(out), "\n")
			mu.Lock()
			defer mu.Unlock()
			addresses[address] = true
		})
	}
	wg.Wait()
	if len(addresses) != 3 {
		t.Fatalf("%d databases for 3 binaries", len(addresses))
	}
}
