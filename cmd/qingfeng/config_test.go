package main

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestEveryVariableMayStandInAFile(t *testing.T) {
	dir := t.TempDir()
	values := map[string]string{
		"DATA_DIR": dir, "DATABASE_URL": "postgres://u:p@h/db", "REDIS_URL": "rediss://:pw@redis.example:6380/2", "LISTEN": "0.0.0.0:81", "OPS_LISTEN": "127.0.0.1:82",
		"BASE_URL": "https://qf.example/app", "PUBLIC_URL": "https://p.example", "WECOM_API_BASE": "https://api.example/gov", "WECOM_OAUTH_BASE": "https://open.example",
		"WECOM_CORP_ID": "ww1", "WECOM_AGENT_ID": "1000002", "WECOM_SECRET": "s", "WECOM_TOKEN": "t", "WECOM_AES_KEY": companyKey, "LOG_LEVEL": "warn",
	}
	plain, filed := map[string]string{}, map[string]string{}
	for name, v := range values {
		plain["QINGFENG_"+name] = v
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(v+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		filed["QINGFENG_"+name+"_FILE"] = path
	}
	a, err := configFrom(func(k string) string { return plain[k] })
	if err != nil {
		t.Fatal(err)
	}
	b, err := configFrom(func(k string) string { return filed[k] })
	if err != nil {
		t.Fatal(err)
	}
	if a != b || a.AgentID != 1000002 || a.LogLevel != slog.LevelWarn || len(a.wecom()) > 0 {
		t.Errorf("\n%+v\n%+v", a, b)
	}
}

func TestAllProblemsAreReportedAtOnceAndNoSecretWithThem(t *testing.T) {
	const canary = "CANARY"
	vars := map[string]string{
		"QINGFENG_DATABASE_URL": "postgres://u:" + canary + "@h:port/db", "QINGFENG_REDIS_URL": "tcp://:" + canary + "@h", "QINGFENG_LISTEN": "8080",
		"QINGFENG_BASE_URL": "qf.example", "QINGFENG_WECOM_AGENT_ID": "minus one", "QINGFENG_WECOM_AES_KEY": canary, "QINGFENG_LOG_LEVEL": "loud",
		"QINGFENG_WECOM_SECRET": canary, "QINGFENG_WECOM_SECRET_FILE": "/nowhere/secret", "QINGFENG_WECOM_TOKEN_FILE": "/nowhere/token",
	}
	_, err := configFrom(func(k string) string { return vars[k] })
	if err == nil {
		t.Fatal("accepted")
	}
	for _, name := range []string{"DATABASE_URL", "REDIS_URL", "LISTEN", "BASE_URL", "WECOM_AGENT_ID", "WECOM_AES_KEY", "LOG_LEVEL", "WECOM_SECRET", "WECOM_SECRET_FILE", "WECOM_TOKEN_FILE"} {
		if !strings.Contains(err.Error(), "QINGFENG_"+name+"：") {
			t.Errorf("%s goes unmentioned", name)
		}
	}
	if strings.Contains(err.Error(), canary) {
		t.Error("a secret is in the report")
	}
}

func TestSecretsShowAsStarsHoweverTheyArePrinted(t *testing.T) {
	cfg := Config{DatabaseURL: "CANARY", RedisURL: "CANARY", Secret: "CANARY", Token: "CANARY", AESKey: "CANARY"}
	raw, err := json.Marshal(cfg)
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "cfg", cfg, "secret", cfg.Secret)
	for _, s := range []string{string(raw), log.String(), fmt.Sprint(cfg), fmt.Sprintf("%+v %#v %s %q", cfg, cfg, cfg.Secret, cfg.Token)} {
		if strings.Contains(s, "CANARY") {
			t.Error(s)
		}
	}
}
