package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"qingfeng/bot/pg"
	"qingfeng/bot/pg/cluster"
	"qingfeng/bot/text"
)

// runFile is DATA_DIR/run.json: how other commands find what is running.
type runFile struct {
	PID      int    `json:"pid"`
	Database string `json:"database"`         // connection string of the private cluster
	Staff    string `json:"staff"`            // base URL of the staff listener
	Public   string `json:"public,omitempty"` // of the citizens' listener
	WeCom    string `json:"wecom,omitempty"`  // of the simulator, while a demo runs
	Redis    string `json:"redis,omitempty"`  // address of the embedded one
	AgentID  int64  `json:"agent_id"`
}

func runPath(dataDir string) string { return filepath.Join(dataDir, "run.json") }

// lockPath is held locked while run.json is true: a killed process leaves the file,
// but never the lock, and a process id may belong to somebody else by now.
func lockPath(dataDir string) string { return filepath.Join(dataDir, "run.lock") }

// readRun returns what is running under dataDir; a file left by a killed process counts as nothing.
func readRun(dataDir string) (runFile, bool) {
	raw, err := os.ReadFile(runPath(dataDir))
	if err != nil {
		return runFile{}, false
	}
	var r runFile
	if json.Unmarshal(raw, &r) != nil || r.PID <= 0 {
		return runFile{}, false
	}
	lock, err := os.Open(lockPath(dataDir))
	if err != nil {
		return runFile{}, false
	}
	defer lock.Close() // gives a lock taken here back
	held := syscall.Flock(int(lock.Fd()), syscall.LOCK_SH|syscall.LOCK_NB) != nil
	return r, held
}

// writeRun publishes what runs here; the returned function withdraws it. It fails
// when something runs already.
func writeRun(dataDir string, r runFile) (func(), error) {
	lock, err := lockRun(dataDir)
	if err != nil {
		return nil, err
	}
	r.PID = os.Getpid()
	if err := saveRun(dataDir, r); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return func() {
		_ = os.Remove(runPath(dataDir))
		_ = lock.Close()
	}, nil
}

// saveRun writes run.json whole or not at all; only who holds the lock may.
func saveRun(dataDir string, r runFile) error {
	raw, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	tmp := runPath(dataDir) + ".new"
	return errors.Join(os.WriteFile(tmp, raw, 0o600), os.Rename(tmp, runPath(dataDir)))
}

// lockRun takes the lock. Somebody who reads run.json holds it for a moment, so one
// refusal says nothing yet.
func lockRun(dataDir string) (*os.File, error) {
	lock, err := os.OpenFile(lockPath(dataDir), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	for range 20 {
		if err = syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err == nil {
			return lock, nil
		}
		time.Sleep(10 * time.Millisecond)
	}
	if errors.Is(err, syscall.EWOULDBLOCK) {
		r, _ := readRun(dataDir)
		err = fmt.Errorf(text.CmdAlreadyRunning, r.PID)
	}
	return nil, errors.Join(err, lock.Close())
}

// clusterWait is how long a command waits for another one to be done with the data
// directory, or to say where its database is.
const clusterWait = 20 * time.Second

// database opens the configured database, the running private cluster, or a private
// cluster of its own, migrated. close ends what this call started.
func database(ctx context.Context, cfg Config, log *slog.Logger) (db *pg.DB, url string, closeAll func(), err error) {
	stop := func() {}
	url = string(cfg.DatabaseURL)
	if url == "" {
		if url, stop, err = private(ctx, cfg, log); err != nil {
			return nil, "", nil, err
		}
	}
	if err := pg.Migrate(ctx, url); err != nil {
		stop()
		return nil, "", nil, err
	}
	db, err = pg.Open(ctx, url)
	if err != nil {
		stop()
		return nil, "", nil, err
	}
	return db, url, func() { db.Close(); stop() }, nil
}

// private finds the running private cluster or starts it.
func private(ctx context.Context, cfg Config, log *slog.Logger) (url string, stop func(), err error) {
	if err := os.MkdirAll(cfg.DataDir, 0o700); err != nil {
		return "", nil, fmt.Errorf("data directory: %w", err)
	}
	for until := time.Now().Add(clusterWait); ; {
		if r, ok := readRun(cfg.DataDir); ok && r.Database != "" {
			return r.Database, func() {}, nil
		}
		c, err := cluster.Start(ctx, cluster.Config{DataDir: cfg.DataDir, Log: log})
		if err == nil {
			return c.URL(), func() {
				end, cancel := context.WithTimeout(context.Background(), clusterWait)
				defer cancel()
				c.Stop(end)
			}, nil
		}
		if !errors.Is(err, cluster.ErrInUse) || time.Now().After(until) || ctx.Err() != nil {
			return "", nil, err
		}
		select { // another command is at work, or a serve is about to say where its database is
		case <-ctx.Done():
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// errNoDemo says that a command needs a running demo.
var errNoDemo = errors.New(text.CmdNoDemo)
