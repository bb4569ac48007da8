package main

import (
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgxpool"

	"qingfeng/bot/text"
	"qingfeng/jobs"
)

// Secret never shows itself in a log, an error or JSON.
type Secret string

func (Secret) String() string               { return "***" }
func (Secret) GoString() string             { return "***" }
func (Secret) LogValue() slog.Value         { return slog.StringValue("***") }
func (Secret) MarshalJSON() ([]byte, error) { return []byte(`"***"`), nil }

// Config is everything the environment says, read once.
type Config struct {
	DataDir     string
	DatabaseURL Secret // empty: a private cluster under DataDir
	RedisURL    Secret // empty: an embedded Redis
	Listen      string // staff pages and the callback
	OpsListen   string // metrics and profiling
	// PublicListen is the citizens' listener, PublicURL how they reach it.
	PublicListen string
	BaseURL      string // how staff reach Listen
	PublicURL    string
	// TrustedProxies may say whom they speak for; nobody else is believed.
	TrustedProxies string // addresses and networks, separated by commas; see proxies

	WecomAPIBase   string
	WecomOAuthBase string
	CorpID         string
	AgentID        int64
	Secret         Secret
	Token          Secret
	AESKey         Secret
	SealKey        Secret // closes what talks are about; empty: no content is taken

	OpenAIBase       string // of an OpenAI-compatible endpoint, up to and with /v1; empty: no model
	OpenAIKey        Secret
	OpenAIChat       string // model that writes answers; empty: they are quoted
	OpenAIEmbed      string // model that embeds; empty: words alone find
	OpenAIEmbedWidth int    // numbers in one of its vectors

	LogLevel slog.Level
}

// configFrom reads QINGFENG_* variables; each may also be given as …_FILE, a path
// to a file that holds the value. Every problem is reported, not the first one only;
// no report holds a value that may be a secret.
func configFrom(getenv func(string) string) (Config, error) {
	r := envReader{getenv: getenv}
	c := Config{
		DataDir:        r.get("DATA_DIR", defaultDataDir(getenv)),
		DatabaseURL:    Secret(r.get("DATABASE_URL", "")),
		RedisURL:       Secret(r.get("REDIS_URL", "")),
		Listen:         r.address("LISTEN", "127.0.0.1:8080"),
		OpsListen:      r.address("OPS_LISTEN", "127.0.0.1:8082"),
		PublicListen:   r.address("PUBLIC_LISTEN", "127.0.0.1:8081"),
		WecomAPIBase:   r.url("WECOM_API_BASE", ""),
		WecomOAuthBase: r.url("WECOM_OAUTH_BASE", ""),
		CorpID:         r.get("WECOM_CORP_ID", ""),
		Secret:         Secret(r.get("WECOM_SECRET", "")),
		Token:          Secret(r.get("WECOM_TOKEN", "")),
		AESKey:         Secret(r.get("WECOM_AES_KEY", "")),
		SealKey:        Secret(r.get("SEAL_KEY", "")),
		OpenAIBase:     r.url("OPENAI_BASE_URL", ""),
		OpenAIKey:      Secret(r.get("OPENAI_API_KEY", "")),
		OpenAIChat:     r.get("OPENAI_CHAT_MODEL", ""),
		OpenAIEmbed:    r.get("OPENAI_EMBED_MODEL", ""),
	}
	r.openAI(&c)
	if c.TrustedProxies = r.get("TRUSTED_PROXIES", ""); c.TrustedProxies != "" {
		if _, err := proxies(c.TrustedProxies); err != nil {
			r.wrong("TRUSTED_PROXIES", text.CmdBadProxies)
		}
	}
	c.BaseURL = r.url("BASE_URL", "http://"+c.Listen)
	c.PublicURL = r.url("PUBLIC_URL", "http://"+c.PublicListen)
	if agent := r.get("WECOM_AGENT_ID", ""); agent != "" {
		id, err := strconv.ParseInt(agent, 10, 64)
		if err != nil || id <= 0 {
			r.wrong("WECOM_AGENT_ID", text.CmdBadAgent)
		}
		c.AgentID = id
	}
	if key, err := base64.StdEncoding.DecodeString(string(c.AESKey) + "="); c.AESKey != "" && (err != nil || len(key) != 32) {
		r.wrong("WECOM_AES_KEY", text.CmdBadAESKey)
	}
	if _, err := sealBox(c); err != nil {
		r.wrong("SEAL_KEY", text.CmdBadSealKey)
	}
	if _, err := pgxpool.ParseConfig(string(c.DatabaseURL)); c.DatabaseURL != "" && err != nil {
		r.wrong("DATABASE_URL", text.CmdBadDatabaseURL)
	}
	if c.RedisURL != "" {
		if _, _, err := jobs.ParseRedis(string(c.RedisURL)); err != nil {
			r.wrong("REDIS_URL", text.CmdBadRedisURL)
		}
	}
	if err := c.LogLevel.UnmarshalText([]byte(r.get("LOG_LEVEL", "info"))); err != nil {
		r.wrong("LOG_LEVEL", text.CmdBadLogLevel)
	}
	abs, err := filepath.Abs(c.DataDir)
	if err != nil {
		r.wrong("DATA_DIR", err.Error())
	}
	c.DataDir = abs
	return c, errors.Join(r.bad...)
}

// openAI checks what goes together: a model needs an endpoint, and an embedding model
// the width of its vectors.
func (r *envReader) openAI(c *Config) {
	if c.OpenAIBase == "" && (c.OpenAIChat != "" || c.OpenAIEmbed != "" || c.OpenAIKey != "") {
		r.wrong("OPENAI_BASE_URL", text.CmdNoEndpoint)
	}
	if strings.ContainsFunc(string(c.OpenAIKey), func(r rune) bool { return r <= ' ' || r > '~' }) {
		r.wrong("OPENAI_API_KEY", text.CmdBadKey)
	}
	width := r.get("OPENAI_EMBED_DIM", "")
	if width == "" && c.OpenAIEmbed == "" {
		return
	}
	n, err := strconv.Atoi(width)
	if err != nil || n < 1 || n > 4000 {
		r.wrong("OPENAI_EMBED_DIM", text.CmdBadDimension)
	}
	c.OpenAIEmbedWidth = n
}

// wecom names what is missing of a WeCom app's credentials.
func (c Config) wecom() (missing []string) {
	for name, there := range map[string]bool{
		"QINGFENG_WECOM_CORP_ID": c.CorpID != "", "QINGFENG_WECOM_AGENT_ID": c.AgentID != 0, "QINGFENG_WECOM_SECRET": c.Secret != "",
		"QINGFENG_WECOM_TOKEN": c.Token != "", "QINGFENG_WECOM_AES_KEY": c.AESKey != "",
	} {
		if !there {
			missing = append(missing, name)
		}
	}
	slices.Sort(missing)
	return missing
}

// envReader reads variables and collects what is wrong with them.
type envReader struct {
	getenv func(string) string
	bad    []error
}

func (r *envReader) wrong(name, say string) {
	r.bad = append(r.bad, fmt.Errorf("QINGFENG_%s：%s", name, say))
}

func (r *envReader) get(name, fallback string) string {
	key := "QINGFENG_" + name
	value, path := r.getenv(key), r.getenv(key+"_FILE")
	if path != "" {
		if value != "" {
			r.wrong(name, text.CmdBothGiven)
		}
		raw, err := os.ReadFile(path)
		var why *os.PathError
		if errors.As(err, &why) {
			r.wrong(name+"_FILE", fmt.Sprintf(text.CmdBadFile, path, why.Err))
		}
		value = string(raw)
	}
	if value = strings.TrimSpace(value); value == "" {
		return fallback
	}
	return value
}

func (r *envReader) address(name, fallback string) string {
	v := r.get(name, fallback)
	if _, port, err := net.SplitHostPort(v); err != nil || port == "" {
		r.wrong(name, text.CmdBadListen)
	}
	return v
}

func (r *envReader) url(name, fallback string) string {
	v := strings.TrimRight(r.get(name, fallback), "/")
	if v == "" {
		return ""
	}
	if u, err := url.Parse(v); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		r.wrong(name, text.CmdBadURL)
	}
	return v
}

func defaultDataDir(getenv func(string) string) string {
	if dir := getenv("XDG_DATA_HOME"); dir != "" {
		return filepath.Join(dir, "qingfeng")
	}
	if os.Geteuid() == 0 {
		return "/var/lib/qingfeng"
	}
	if home := getenv("HOME"); home != "" {
		return filepath.Join(home, ".local", "share", "qingfeng")
	}
	return "qingfeng-data"
}

// proxies reads addresses and networks, separated by commas.
func proxies(list string) (all []netip.Prefix, err error) {
	for _, v := range strings.FieldsFunc(list, func(c rune) bool { return c == ',' || c == ' ' }) {
		p, err := netip.ParsePrefix(v)
		if one, bad := netip.ParseAddr(v); bad == nil {
			p, err = netip.PrefixFrom(one, one.BitLen()), nil
		}
		if err != nil {
			return nil, err
		}
		all = append(all, p.Masked())
	}
	return all, nil
}
