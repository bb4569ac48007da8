package cluster_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"qingfeng/bot/pg/cluster"
)

// ownerDir tells the test binary to play the owner of a cluster, to be killed.
const ownerDir = "QINGFENG_TEST_CLUSTER_OWNER_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(ownerDir); dir != "" {
		c, err := cluster.Start(context.Background(), cluster.Config{DataDir: dir, Log: quiet()})
		if err != nil {
			fmt.Println("error", err)
			os.Exit(1)
		}
		fmt.Println(c.Pid(), c.URL())
		select {}
	}
	os.Exit(m.Run())
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func start(t *testing.T, dir string) *cluster.Cluster {
	t.Helper()
	c, err := cluster.Start(t.Context(), cluster.Config{DataDir: dir, Log: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Stop(context.Background()) })
	return c
}

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

func exec1(t *testing.T, url, sql string, args ...any) {
	t.Helper()
	if _, err := connect(t, url).Exec(t.Context(), sql, args...); err != nil {
		t.Fatal(err)
	}
}

func one[T any](t *testing.T, url, sql string) T {
	t.Helper()
	var v T
	if err := connect(t, url).QueryRow(t.Context(), sql).Scan(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("not within 20 s: " + what)
		}
	}
}

func running(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && !strings.Contains(string(stat), ") Z ")
}

func TestDataIsKeptBetweenStarts(t *testing.T) {
	dir := t.TempDir()
	c := start(t, dir)
	exec1(t, c.URL(), "CREATE TABLE note (text text, v vector(3))")
	exec1(t, c.URL(), "INSERT INTO note VALUES ('清风', '[1,2,3]')")
	pid := c.Pid()
	c.Stop(t.Context())
	c.Stop(t.Context()) // does nothing
	if running(pid) {
		t.Fatal("the server still runs after Stop")
	}
	if _, err := os.Stat(filepath.Join(dir, "postgres", "data", "postmaster.pid")); !errors.Is(err, os.ErrNotExist) {
		t.Fatalf("not a clean stop: %v", err)
	}

	c = start(t, dir)
	if got := one[string](t, c.URL(), "SELECT text FROM note"); got != "清风" {
		t.Fatalf("got %q", got)
	}
	for setting, want := range map[string]string{
		"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "server_encoding": "UTF8", "listen_addresses": "",
	} {
		if got := one[string](t, c.URL(), "SELECT current_setting('"+setting+"')"); got != want {
			t.Errorf("%s is %q, want %q", setting, got, want)
		}
	}
}

func TestRunsAsUnprivilegedUserInsideADirectoryOnlyRootMayEnter(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	c := start(t, dir)
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.Pid()))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(status), "\nUid:\t0\t") {
		t.Fatal("the server runs as root")
	}
	for path, want := range map[string]os.FileMode{dir: 0o700, c.Dir(): 0o700, filepath.Join(c.Dir(), "run"): 0o700} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s has mode %o, want %o", path, got, want)
		}
	}
}

func TestASecondOwnerIsRefused(t *testing.T) {
	dir := t.TempDir()
	c := start(t, dir)
	_, err := cluster.Start(t.Context(), cluster.Config{DataDir: dir, Log: quiet()})
	if !errors.Is(err, cluster.ErrInUse) {
		t.Fatalf("got %v", err)
	}
	if got := one[int](t, c.URL(), "SELECT 1"); got != 1 { // the first one is not disturbed
		t.Fatal(got)
	}
}

func TestAKilledServerIsStartedAgainWithItsRows(t *testing.T) {
	c := start(t, t.TempDir())
	exec1(t, c.URL(), "CREATE TABLE note (id int)")
	exec1(t, c.URL(), "INSERT INTO note SELECT generate_series(1, 1000)")
	pid := c.Pid()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a new server", func() bool { p := c.Pid(); return p != 0 && p != pid })
	if got := one[int](t, c.URL(), "SELECT count(*) FROM note"); got != 1000 {
		t.Fatalf("%d rows", got)
	}
}

func TestRestartKeepsCommittedRows(t *testing.T) {
	c := start(t, t.TempDir())
	exec1(t, c.URL(), "CREATE TABLE note (id int)")
	for i, immediate := range []bool{true, false, true} {
		exec1(t, c.URL(), "INSERT INTO note VALUES ($1)", i)
		pid := c.Pid()
		if err := c.Restart(t.Context(), immediate); err != nil {
			t.Fatal(err)
		}
		if c.Pid() == pid {
			t.Fatal("the same server")
		}
		if got := one[int](t, c.URL(), "SELECT count(*) FROM note"); got != i+1 {
			t.Fatalf("%d rows after restart %d", got, i)
		}
	}
}

// playOwner starts another process that owns a cluster in dir.
func playOwner(t *testing.T, dir string) (owner *exec.Cmd, server int, url string) {
	t.Helper()
	owner = exec.Command(os.Args[0])
	owner.Env = append(os.Environ(), ownerDir+"="+dir)
	owner.Stderr = os.Stderr
	out, err := owner.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := owner.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = owner.Process.Kill(); _ = owner.Wait() })
	line, err := bufio.NewReader(io.LimitReader(out, 4096)).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	pid, url, _ := strings.Cut(strings.TrimSpace(line), " ")
	if server, err = strconv.Atoi(pid); err != nil {
		t.Fatal(line)
	}
	return owner, server, url
}

func TestAKilledOwnerTakesItsServerAlongAndTheNextStartRecovers(t *testing.T) {
	dir := t.TempDir()
	for round := range 3 {
		owner, server, url := playOwner(t, dir)
		exec1(t, url, "CREATE TABLE IF NOT EXISTS note (id int)")
		exec1(t, url, "INSERT INTO note VALUES ($1)", round)
		if err := owner.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = owner.Wait()
		eventually(t, "the orphaned server ends", func() bool { return !running(server) })
	}
	c := start(t, dir)
	if got := one[int](t, c.URL(), "SELECT count(*) FROM note"); got != 3 {
		t.Fatalf("%d rows, want 3", got)
	}
}

func TestAServerThatOutlivedItsOwnerIsStoppedFirst(t *testing.T) {
	dir := t.TempDir()
	owner, server, url := playOwner(t, dir)
	exec1(t, url, "CREATE TABLE note AS SELECT 1 AS id")
	// A frozen child keeps the dying server for five seconds, as a slow disk would.
	child := one[int](t, url, "SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'")
	if err := syscall.Kill(child, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	if err := owner.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = owner.Wait()
	if !running(server) {
		t.Fatal("the server ended; this test wants it to outlive its owner")
	}
	c := start(t, dir)
	if running(server) || running(child) {
		t.Fatal("two servers on one directory")
	}
	if got := one[int](t, c.URL(), "SELECT count(*) FROM note"); got != 1 {
		t.Fatalf("%d rows", got)
	}
}

func TestAStalePidFileThatNamesAStrangerIsNoObstacle(t *testing.T) {
	dir := t.TempDir()
	c := start(t, dir)
	c.Stop(t.Context())
	stale := fmt.Sprintf("%d\n/nowhere\n0\n5432\n\n\n", os.Getppid())
	if err := os.WriteFile(filepath.Join(dir, "postgres", "data", "postmaster.pid"), []byte(stale), 0o600); err != nil {
		t.Fatal(err)
	}
	start(t, dir)
}

func TestAHalfMadeClusterIsMadeAnew(t *testing.T) {
	dir := t.TempDir()
	half := filepath.Join(dir, "postgres", "data.new")
	if err := os.MkdirAll(half, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(half, "PG_VERSION"), []byte("15\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	start(t, dir)
}

func TestALongDirectoryGetsAShortSocketPath(t *testing.T) {
	dir := filepath.Join(t.TempDir(), strings.Repeat("很长", 15), strings.Repeat("path", 20))
	c := start(t, dir)
	if got := one[int](t, c.URL(), "SELECT 1"); got != 1 {
		t.Fatal(got)
	}
}

func TestADirectoryMayHoldBlanksAndSigns(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "清风 数据, 50% + 备份")
	c := start(t, dir)
	if got := one[int](t, c.URL(), "SELECT 1"); got != 1 {
		t.Fatal(got)
	}
}

func TestDataOfAnotherMajorVersionIsNamedInTheError(t *testing.T) {
	dir := t.TempDir()
	data := filepath.Join(dir, "postgres", "data")
	if err := os.MkdirAll(data, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(data, "PG_VERSION"), []byte("9\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := cluster.Start(t.Context(), cluster.Config{DataDir: dir, Log: quiet()})
	if err == nil || !strings.Contains(err.Error(), "made by PostgreSQL 9") {
		t.Fatalf("got %v", err)
	}
}

func TestServerLogHoldsNoValues(t *testing.T) {
	const canary = "张三收了两条烟"
	dir := t.TempDir()
	c := start(t, dir)
	conn := connect(t, c.URL())
	if _, err := conn.Exec(t.Context(), "CREATE TABLE note (text text PRIMARY KEY)"); err != nil {
		t.Fatal(err)
	}
	failing := 0
	for _, try := range []struct {
		sql  string
		args []any
	}{
		{"INSERT INTO note VALUES ($1)", []any{canary}},
		{"INSERT INTO note VALUES ($1)", []any{canary}}, // duplicate: the detail would quote it
		{"SELECT $1::text::int", []any{canary}},         // bad cast: the message would quote it
		{"SELECT '" + canary + "' FROM nowhere", nil},   // the statement itself
		{"DO $$ BEGIN RAISE WARNING '" + canary + "'; END $$", nil},
	} {
		if _, err := conn.Exec(t.Context(), try.sql, try.args...); err != nil {
			failing++
		}
	}
	if failing != 3 {
		t.Fatalf("%d statements failed, want 3", failing)
	}
	c.Stop(t.Context())
	text, err := os.ReadFile(filepath.Join(dir, "postgres", "server.log"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), "ready to accept connections") {
		t.Fatalf("not the server's log: %s", text)
	}
	if strings.Contains(string(text), canary) {
		t.Fatalf("a value in the log: %s", text)
	}
}
