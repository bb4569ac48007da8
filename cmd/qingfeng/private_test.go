package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"qingfeng/bot/pg"
)

func TestToolsStartThePrivateClusterInTurnAndStopIt(t *testing.T) {
	s := &shell{t, map[string]string{"QINGFENG_DATA_DIR": t.TempDir()}, t.TempDir()}
	dir := s.vars["QINGFENG_DATA_DIR"]
	// A run.json of a killed serve, whose process id is now ours, counts as nothing.
	raw, err := json.Marshal(runFile{PID: os.Getpid(), Database: "postgres://nobody@127.0.0.1:1/none"})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(runPath(dir), raw, 0o600); err != nil {
		t.Fatal(err)
	}
	var schema struct{ Schema, Program int64 }
	s.ok("migrate", "--json").json(t, &schema)
	if schema.Schema == 0 || schema.Schema != schema.Program {
		t.Errorf("%+v", schema)
	}
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() {
			if a := s.run("campaign", "list", "--json"); a.code != 0 || strings.TrimSpace(a.out) != "[]" {
				t.Errorf("exit %d: %s%s", a.code, a.out, a.err)
			}
		})
	}
	both.Wait()
	if _, err := os.Stat(filepath.Join(dir, "postgres", "data", "postmaster.pid")); err == nil {
		t.Error("postgres still runs")
	}
}

func TestOnlyOneInstancePublishesItself(t *testing.T) {
	dir := t.TempDir()
	withdraw, err := writeRun(dir, runFile{Database: "x"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := writeRun(dir, runFile{Database: "y"}); err == nil || !strings.Contains(err.Error(), "已经有一个实例在运行") {
		t.Error(err)
	}
	if r, ok := readRun(dir); !ok || r.Database != "x" || r.PID != os.Getpid() {
		t.Errorf("%+v %v", r, ok)
	}
	withdraw()
	if _, ok := readRun(dir); ok {
		t.Error("still there")
	}
}

func TestABackupRestoresIntoAnEmptyDatabaseOnly(t *testing.T) {
	s := newShell(t)
	s.staff()
	s.ok("campaign", "open", "--due", time.Now().AddDate(0, 1, 0).Format(time.DateOnly))
	dump := s.file("backup.dump")
	var doc struct {
		File  string
		Bytes int64
	}
	s.ok("backup", dump, "--json").json(t, &doc)
	info, err := os.Stat(dump)
	if err != nil || info.Mode().Perm() != 0o600 || info.Size() != doc.Bytes || doc.File != dump {
		t.Errorf("%v %v %+v", info, err, doc)
	}
	s.fails("试验县交通运输局", "restore", dump)

	fresh := newShell(t)
	if err := os.WriteFile(fresh.file("noise"), []byte("noise"), 0o600); err != nil {
		t.Fatal(err)
	}
	fresh.fails("没有改动", "restore", fresh.file("noise"))
	fresh.ok("restore", dump)
	var was, is []campaignJSON
	s.ok("campaign", "list", "--json").json(t, &was)
	fresh.ok("campaign", "list", "--json").json(t, &is)
	if len(is) != 1 || is[0] != was[0] {
		t.Errorf("%+v, was %+v", is, was)
	}
	// The audit log came along whole, and the database still guards it.
	if f, code := fresh.examined(); f["审计日志"].State != "ok" || code != 0 {
		t.Errorf("exit %d, %+v", code, f)
	}
	db, err := pg.Open(t.Context(), fresh.vars["QINGFENG_DATABASE_URL"])
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Pool().Exec(t.Context(), `DELETE FROM audit_event`); err == nil {
		t.Error("the restored audit log can be deleted")
	}
	// What cannot be backed up leaves nothing that looks like a backup.
	lost := &shell{t, map[string]string{"QINGFENG_DATABASE_URL": "postgres://nobody@" + unusedAddress(t) + "/none"}, t.TempDir()}
	lost.fails("备份没有完成", "backup", lost.file("never"))
	if left, err := os.ReadDir(lost.dir); err != nil || len(left) > 0 {
		t.Error(left, err)
	}
}

func TestAnOlderProgramKeepsItsHandsOffANewerSchema(t *testing.T) {
	s := newShell(t)
	db, err := pg.Open(t.Context(), s.vars["QINGFENG_DATABASE_URL"])
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Pool().Exec(t.Context(), `INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, true)`); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"campaign list", "migrate", "jobs"} {
		s.fails("请安装新版本", strings.Fields(line)...)
	}
}

func TestToolsReachTheDatabaseWithoutItsPasswordInTheirArguments(t *testing.T) {
	for address, want := range map[string]string{
		"postgres://u:CANARY@db.example:6543/qf?sslmode=require&pool_max_conns=9": "PGHOST=db.example PGPORT=6543 PGUSER=u PGDATABASE=qf PGPASSWORD=CANARY PGSSLMODE=require",
		"host=/run/pg user=u dbname=qf sslmode=disable":                           "PGHOST=/run/pg PGPORT=5432 PGUSER=u PGDATABASE=qf PGSSLMODE=disable",
	} {
		got, err := toolEnv(address)
		if err != nil {
			t.Fatal(err)
		}
		if ours := strings.Join(got[len(os.Environ()):], " "); ours != want {
			t.Errorf("%s", ours)
		}
	}
	if _, err := toolEnv("postgres://u:CANARY@h:port/x"); err == nil || strings.Contains(err.Error(), "CANARY") {
		t.Error(err)
	}
}
