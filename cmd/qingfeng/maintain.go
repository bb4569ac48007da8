package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"qingfeng/bot/pg"
	"qingfeng/bot/pg/cluster"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

func versionCommand(_ context.Context, e env, args []string) error {
	fs := e.flags(text.CmdVersion)
	asJSON := e.jsonFlag(fs)
	if err := noArguments(fs, args); err != nil {
		return err
	}
	if *asJSON {
		return e.json(map[string]string{"version": version, "go": runtime.Version()})
	}
	fmt.Fprintln(e.out, "qingfeng", version, runtime.Version())
	return nil
}

func migrateCommand(ctx context.Context, e env, args []string) error {
	fs := e.flags(text.CmdMigrate)
	e.jsonFlag(fs)
	if err := noArguments(fs, args); err != nil {
		return err
	}
	cfg, log, err := e.toolConfig()
	if err != nil {
		return err
	}
	_, address, closeDB, err := database(ctx, cfg, log) // opening migrates
	if err != nil {
		return err
	}
	defer closeDB()
	have, want, err := pg.SchemaVersion(ctx, address)
	if err != nil {
		return err
	}
	return e.done(map[string]int64{"schema": have, "program": want}, text.CmdMigrated, have, want)
}

func backupCommand(ctx context.Context, e env, args []string) error {
	fs := e.flags(text.CmdBackupUsage)
	e.jsonFlag(fs)
	rest, err := parse(fs, args)
	if err != nil {
		return err
	}
	if len(rest) != 1 {
		return usage(fs)
	}
	path := rest[0]
	// A dump is written beside its name and renamed, so that half a backup never looks
	// like one; and it is for its owner alone.
	tmp := path + ".part"
	f, err := os.OpenFile(tmp, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	defer os.Remove(tmp) // not there any more when all went well
	err = e.withTool(ctx, "pg_dump", anyState, func(t tool, _ string) error {
		return t.run(ctx, "--format=custom", "--no-owner", "--no-privileges", "--file="+tmp)
	})
	if err != nil {
		return fmt.Errorf(text.CmdBackupFailed, err)
	}
	if err := os.Rename(tmp, path); err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	return e.done(map[string]any{"file": path, "bytes": info.Size()}, text.CmdBackedUp, path)
}

func restoreCommand(ctx context.Context, e env, args []string) error {
	fs := e.flags(text.CmdRestoreUsage)
	e.jsonFlag(fs)
	rest, err := parse(fs, args)
	if err != nil {
		return err
	}
	if len(rest) != 1 {
		return usage(fs)
	}
	path := rest[0]
	if info, err := os.Stat(path); err != nil {
		return err
	} else if info.IsDir() {
		return usage(fs)
	}
	return e.withTool(ctx, "pg_restore", onlyEmpty, func(t tool, address string) error {
		if err := t.run(ctx, "--clean", "--if-exists", "--no-owner", "--no-privileges", "--single-transaction", "--dbname=", path); err != nil {
			return fmt.Errorf(text.CmdRestoreFailed, err)
		}
		if err := pg.Migrate(ctx, address); err != nil {
			return err
		}
		return e.done(map[string]any{"file": path}, text.CmdRestored, path)
	})
}

// onlyEmpty refuses a database that is in use.
func onlyEmpty(ctx context.Context, cfg Config, r *pg.Register) error {
	if run, ok := readRun(cfg.DataDir); ok && cfg.DatabaseURL == "" {
		return fmt.Errorf(text.CmdAlreadyRunning, run.PID)
	}
	unit, err := r.Unit(ctx)
	switch {
	case errors.Is(err, risk.ErrNone):
		return nil
	case err != nil:
		return err
	}
	return fmt.Errorf(text.CmdRestoreNotEmpty, unit.Name)
}

// anyState is a check of the database that finds nothing wrong.
func anyState(context.Context, Config, *pg.Register) error { return nil }

// tool is one of PostgreSQL's own programs with what it needs to find the database.
type tool struct {
	path string
	env  []string
}

// withTool finds one of PostgreSQL's programs and runs fn with it, if check has nothing
// against the database.
func (e env) withTool(ctx context.Context, name string, check func(ctx context.Context, cfg Config, r *pg.Register) error, fn func(t tool, address string) error) error {
	cfg, log, err := e.toolConfig()
	if err != nil {
		return err
	}
	db, address, closeDB, err := database(ctx, cfg, log)
	if err != nil {
		return err
	}
	defer closeDB()
	if err := check(ctx, cfg, pg.NewRegister(db, e.now)); err != nil {
		return err
	}
	var number int
	err = db.Pool().QueryRow(ctx, "SELECT current_setting('server_version_num')::int").Scan(&number)
	db.Close() // the program has the database for itself
	if err != nil {
		return err
	}
	path, err := findTool(ctx, name, number/10000)
	if err != nil {
		return err
	}
	vars, err := toolEnv(address)
	if err != nil {
		return err
	}
	return fn(tool{path, vars}, address)
}

// findTool looks for the program of the server's own version first: an older one
// refuses the server, and what a newer one writes an older server may not read.
func findTool(ctx context.Context, name string, major int) (string, error) {
	candidates := []string{filepath.Join("/usr/lib/postgresql", strconv.Itoa(major), "bin", name)}
	if bin, err := cluster.FindBinaries(ctx, major); err == nil {
		candidates = append(candidates, filepath.Join(bin.Dir, name))
	}
	if path, err := exec.LookPath(name); err == nil {
		candidates = append(candidates, path)
	}
	for _, path := range candidates {
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf(text.CmdNoTool, name, major)
}

// toolEnv says where the database is the way libpq wants it: in the environment, for
// arguments are for everybody on the machine to read.
func toolEnv(address string) ([]string, error) {
	cfg, err := pgx.ParseConfig(address)
	if err != nil {
		return nil, errors.New(text.CmdBadDatabaseURL) // the error would hold the address
	}
	vars := append(os.Environ(),
		"PGHOST="+cfg.Host, "PGPORT="+strconv.Itoa(int(cfg.Port)), "PGUSER="+cfg.User, "PGDATABASE="+cfg.Database)
	if cfg.Password != "" {
		vars = append(vars, "PGPASSWORD="+cfg.Password)
	}
	given := map[string]string{}
	if u, err := url.Parse(address); err == nil && u.Scheme != "" {
		for k := range u.Query() {
			given[k] = u.Query().Get(k)
		}
	} else {
		for word := range strings.FieldsSeq(address) {
			k, v, _ := strings.Cut(word, "=")
			given[k] = v
		}
	}
	for _, k := range []string{"sslmode", "sslrootcert", "sslcert", "sslkey"} {
		if given[k] != "" {
			vars = append(vars, "PG"+strings.ToUpper(k)+"="+given[k])
		}
	}
	return vars, nil
}

// run runs the program; what it complains of goes into the error.
func (t tool) run(ctx context.Context, args ...string) error {
	var complaint tail
	cmd := exec.CommandContext(ctx, t.path, args...)
	cmd.Env, cmd.Stderr = t.env, &complaint
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w: %s", filepath.Base(t.path), err, strings.TrimSpace(string(complaint)))
	}
	return nil
}

// tail keeps the last bytes written to it.
type tail []byte

func (t *tail) Write(p []byte) (int, error) {
	*t = append(*t, p...)
	if over := len(*t) - 500; over > 0 {
		*t = (*t)[over:]
	}
	return len(p), nil
}
