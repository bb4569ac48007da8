package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/pg"
	"qingfeng/bot/risk"
	"qingfeng/handlers"
)

const (
	sealedKey     = "test-only-CANARY-0123456789abcdef0123456789"
	sealedSubject = "付款复核没有附照片的约谈事由"
)

// atDesk opens the shell's database as an instance does, with a seal key or without.
func (s *shell) atDesk(key Secret, user bot.UserID, do func(ctx context.Context, d *handlers.Desk, t *convo.Turn) error) {
	s.t.Helper()
	db, err := pg.Open(s.t.Context(), s.vars["QINGFENG_DATABASE_URL"])
	if err != nil {
		s.t.Fatal(err)
	}
	defer db.Close()
	a, err := newApp(Config{SealKey: key, BaseURL: "http://127.0.0.1:1"}, db, time.Now, rand.Reader, slog.New(slog.DiscardHandler))
	if err != nil {
		s.t.Fatal(err)
	}
	if err := a.runner.Do(s.t.Context(), user, func(ctx context.Context, t *convo.Turn) error { return do(ctx, a.desk, t) }); err != nil {
		s.t.Fatal(err)
	}
}

func TestABackupHoldsNeitherTheKeyNorWhatATalkIsAbout(t *testing.T) {
	s := newShell(t)
	s.staff()
	var talk int64
	s.atDesk(sealedKey, "zhengwei", func(ctx context.Context, d *handlers.Desk, turn *convo.Turn) error {
		target, ok, err := d.Reg.PersonByUserID(ctx, "zhouming")
		if err != nil || !ok {
			t.Errorf("%v %v", ok, err)
		}
		n, ok, err := d.DraftTalk(ctx, turn, 0, 0, handlers.TalkDraft{
			Kind: "inquiry", Target: target.ID, At: time.Now().AddDate(0, 0, 3), Place: "302", Subject: sealedSubject, Body: sealedSubject,
		})
		if err == nil && ok {
			talk = n.ID
			ok, err = d.SendTalk(ctx, turn, n.ID, n.Version)
		}
		if !ok {
			t.Error("the talk did not go out")
		}
		return err
	})
	dump := s.file("talks.dump")
	s.vars["QINGFENG_SEAL_KEY"] = sealedKey
	s.vars["QINGFENG_DATA_DIR"] = s.dir
	s.ok("backup", dump)
	raw, err := os.ReadFile(dump)
	if err != nil {
		t.Fatal(err)
	}
	restore, err := findTool(t.Context(), "pg_restore", 0)
	if err != nil {
		if restore, err = exec.LookPath("pg_restore"); err != nil {
			t.Fatal(err)
		}
	}
	plain, err := exec.CommandContext(t.Context(), restore, "--file=-", dump).Output()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(plain), "warning_notice") || !strings.Contains(string(plain), "302") {
		t.Fatal("the dump holds no talk: the test proves nothing")
	}
	for what, secret := range map[string]string{
		"the key": sealedKey, "the key in hex": hex.EncodeToString([]byte(sealedKey)), "the key in base64": base64.StdEncoding.EncodeToString([]byte(sealedKey))[:40],
		"the content": sealedSubject, "the content in hex": hex.EncodeToString([]byte(sealedSubject)), "the content in base64": base64.StdEncoding.EncodeToString([]byte(sealedSubject))[:40],
	} {
		if strings.Contains(string(plain), secret) || strings.Contains(string(raw), secret) {
			t.Errorf("the backup holds %s", what)
		}
	}

	// Restored where the key is not, the talk is there and its content is shut.
	fresh := newShell(t)
	fresh.ok("restore", dump)
	read := func(key Secret) (sheet handlers.TalkSheet) {
		fresh.atDesk(key, "zhengwei", func(ctx context.Context, d *handlers.Desk, turn *convo.Turn) (err error) {
			sheet, err = d.TalkSheet(ctx, turn, talk)
			return err
		})
		return sheet
	}
	for _, key := range []Secret{"", "another-one-0123456789abcdef0123456789abcdef"} {
		if got := read(key); got.State != risk.NoticeIssued || len(got.Texts) != 2 || !got.Texts[0].Closed || strings.Contains(got.Texts[0].Text, sealedSubject) {
			t.Errorf("%+v", got)
		}
	}
	if got := read("another-one-0123456789abcdef0123456789abcdef," + sealedKey); got.Text(risk.PartBody) != sealedSubject {
		t.Errorf("with the old key behind a new one it stays shut: %+v", got.Texts)
	}
	// The doctor says so.
	if f, code := fresh.examined(); f["封存密钥"].State != "fail" || code != 1 {
		t.Errorf("exit %d, %+v", code, f["封存密钥"])
	}
	fresh.vars["QINGFENG_SEAL_KEY"] = sealedKey
	if f, _ := fresh.examined(); f["封存密钥"].State != "ok" {
		t.Errorf("%+v", f["封存密钥"])
	}
}

func TestWithoutASealKeyTheDoctorWarns(t *testing.T) {
	s := newShell(t)
	if f, code := s.examined(); f["封存密钥"].State != "warn" || !strings.Contains(f["封存密钥"].Say, "QINGFENG_SEAL_KEY") || code != 0 {
		t.Errorf("exit %d, %+v", code, f)
	}
}

func TestASealKeyIsCheckedAndNeverRepeated(t *testing.T) {
	short := func(k string) string { return map[string]string{"QINGFENG_SEAL_KEY": "CANARY"}[k] }
	if _, err := configFrom(short); err == nil || strings.Contains(err.Error(), "CANARY") || !strings.Contains(err.Error(), "QINGFENG_SEAL_KEY：") {
		t.Error(err)
	}
	path := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(path, []byte(sealedKey+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := configFrom(func(k string) string { return map[string]string{"QINGFENG_SEAL_KEY_FILE": path}[k] })
	if err != nil || c.SealKey != sealedKey {
		t.Errorf("%v", err)
	}
}

func TestADemoKeepsAKeyOfItsOwnBesideItsDatabase(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "demo")
	first, err := rehearsal(Config{DataDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	again, err := rehearsal(Config{DataDir: dir})
	if err != nil || first.SealKey == "" || again.SealKey != first.SealKey {
		t.Errorf("the key changes: %v", err)
	}
	info, err := os.Stat(filepath.Join(dir, demoSealKey))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
	own, err := rehearsal(Config{DataDir: filepath.Join(dir, "none"), SealKey: sealedKey})
	if _, made := os.Stat(filepath.Join(dir, "none")); err != nil || own.SealKey != sealedKey || made == nil {
		t.Errorf("a configured key is not kept: %v", err)
	}
}
