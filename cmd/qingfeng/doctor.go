package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"qingfeng/bot/form"
	"qingfeng/bot/pg"
	"qingfeng/bot/text"
	"qingfeng/bot/wecom"
	"qingfeng/jobs"
)

// finding is one line of the doctor's report.
type finding struct {
	Check string `json:"check"`
	State string `json:"state"` // ok, warn, fail
	Say   string `json:"say"`
}

// doctorCommand looks at everything an installation needs and says, line by line,
// what is wrong and what to do. It exits 1 when a line is "fail".
func doctorCommand(ctx context.Context, e env, args []string) error {
	fs := e.flags(text.CmdDoctor)
	asJSON := e.jsonFlag(fs)
	if err := noArguments(fs, args); err != nil {
		return err
	}
	findings := e.examine(ctx)
	if *asJSON {
		if err := e.json(findings); err != nil {
			return err
		}
	}
	failed := false
	for _, f := range findings {
		failed = failed || f.State == "fail"
		if !*asJSON {
			label := map[string]string{"ok": text.DoctorOK, "warn": text.DoctorWarn, "fail": text.DoctorFail}[f.State]
			fmt.Fprintf(e.out, "[%s] %s：%s\n", label, f.Check, f.Say)
		}
	}
	if failed {
		return exitCode(1)
	}
	return nil
}

func (e env) examine(ctx context.Context) (out []finding) {
	ok := func(check, say string) { out = append(out, finding{check, "ok", say}) }
	warn := func(check, say string) { out = append(out, finding{check, "warn", say}) }
	fail := func(check, say string) { out = append(out, finding{check, "fail", say}) }

	cfg, log, err := e.toolConfig()
	if err != nil {
		fail(text.DoctorConfig, err.Error())
		return out
	}
	ok(text.DoctorConfig, text.DoctorOK)
	ok(text.DoctorZone, text.DoctorZoneOK)

	db, url, closeDB, err := database(ctx, cfg, log)
	if err != nil {
		fail(text.DoctorPostgres, explain(err))
		return out
	}
	defer closeDB()
	register := pg.NewRegister(db, e.now)
	if cfg.DatabaseURL == "" {
		ok(text.DoctorPostgres, fmt.Sprintf(text.DoctorPrivateDB, cfg.DataDir))
	}
	if have, want, err := pg.SchemaVersion(ctx, url); err != nil || have != want {
		fail(text.DoctorPostgres, fmt.Sprintf(text.CmdMigrated, have, want))
	} else {
		ok(text.DoctorPostgres, fmt.Sprintf(text.DoctorSchema, have))
	}
	var vector string
	switch err := db.Pool().QueryRow(ctx, `select coalesce((select extversion from pg_extension where extname = 'vector'), '')`).Scan(&vector); {
	case err != nil:
		fail(text.DoctorVector, err.Error())
	case vector == "":
		fail(text.DoctorVector, text.DoctorNoVector)
	case older(vector, 0, 8, 4):
		warn(text.DoctorVector, fmt.Sprintf(text.DoctorOldVector, vector))
	default:
		ok(text.DoctorVector, vector)
	}
	switch skew, err := db.Skew(ctx, e.now); {
	case err != nil:
		warn(text.DoctorDBClock, explain(err))
	case skew > time.Minute:
		fail(text.DoctorDBClock, fmt.Sprintf(text.DoctorDBClockOff, skew.Round(time.Second)))
	case skew < -time.Minute:
		fail(text.DoctorDBClock, fmt.Sprintf(text.DoctorDBClockSlow, -skew.Round(time.Second)))
	default:
		ok(text.DoctorDBClock, text.DoctorDBClockOK)
	}
	if err := register.VerifyAudit(ctx); err != nil {
		fail(text.DoctorAudit, err.Error())
	} else if n, _, err := register.AuditHead(ctx); err == nil {
		ok(text.DoctorAudit, fmt.Sprintf(text.DoctorAuditOK, n))
	}
	e.examineYear(ctx, register, ok, warn)
	e.examineSeal(ctx, cfg, register, ok, warn, fail)
	e.examineRings(ctx, cfg, register, ok, warn, fail)
	e.examineModels(ctx, cfg, db, ok, warn)
	e.examineRedis(ctx, cfg, ok, fail)
	e.examineWecom(ctx, cfg, register, ok, warn, fail)
	return out
}

// yearAhead is the month in which the next year's holidays are usually known.
const yearAhead = time.November

// examineYear says whether days can be counted and pictures drawn.
func (e env) examineYear(ctx context.Context, register *pg.Register, ok, warn func(string, string)) {
	cal, err := register.Calendar(ctx)
	now := e.now()
	switch next := now.Year() + 1; {
	case err != nil:
		warn(text.DoctorCalendar, explain(err))
	case !cal.Knows(now.Year()):
		warn(text.DoctorCalendar, fmt.Sprintf(text.DoctorNoCalendar, now.Year()))
	case now.Month() >= yearAhead && !cal.Knows(next):
		warn(text.DoctorCalendar, fmt.Sprintf(text.DoctorNoCalendar, next))
	default:
		ok(text.DoctorCalendar, text.DoctorOK)
	}
	if err := systemFonts().Ready(); err != nil {
		warn(text.DoctorFont, text.DoctorNoFont)
	} else {
		ok(text.DoctorFont, text.DoctorOK)
	}
}

// systemFonts are where a machine keeps its fonts.
func systemFonts() *form.Fonts { return form.SystemFonts("/usr/share/fonts", "/usr/local/share/fonts") }

// examineModels says what the models may do. It asks them for a word of ours, never for
// the unit's.
func (e env) examineModels(ctx context.Context, cfg Config, db *pg.DB, ok, warn func(string, string)) {
	base, store, embed, err := newKnowledge(cfg, db, e.now, slog.New(slog.DiscardHandler))
	if err != nil {
		warn(text.DoctorModel, err.Error())
		return
	}
	if base.Model == nil && embed == nil {
		ok(text.DoctorModel, text.DoctorNoModel)
		return
	}
	call, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	if base.Model != nil {
		if _, err := base.Model.Complete(call, text.DoctorPing, text.DoctorPing, nil); err != nil {
			warn(text.DoctorModel, fmt.Sprintf(text.DoctorModelFails, base.Model.Name(), err))
		} else {
			ok(text.DoctorModel, base.Model.Name())
		}
	}
	if embed != nil {
		if _, err := embed.Embed(call, []string{text.DoctorPing}); err != nil {
			warn(text.DoctorModel, fmt.Sprintf(text.DoctorModelFails, embed.Name(), err))
		} else {
			ok(text.DoctorModel, embed.Name())
		}
	}
	libraries, questions, err := store.MayLeave(ctx)
	switch names := slices.Sorted(maps.Keys(libraries)); {
	case err != nil:
		warn(text.DoctorModel, explain(err))
	case !questions:
		ok(text.DoctorModel, text.DoctorModelOff)
	case len(names) == 0:
		ok(text.DoctorModel, fmt.Sprintf(text.DoctorModelOn, text.DoctorNoLibrary))
	default:
		ok(text.DoctorModel, fmt.Sprintf(text.DoctorModelOn, strings.Join(names, text.ListComma)))
	}
}

func (e env) examineRedis(ctx context.Context, cfg Config, ok, fail func(string, string)) {
	if cfg.RedisURL == "" {
		ok(text.DoctorRedis, text.DoctorEmbedded)
		return
	}
	opts, _, err := jobs.ParseRedis(string(cfg.RedisURL))
	if err != nil {
		fail(text.DoctorRedis, text.CmdBadRedisURL)
		return
	}
	client := redis.NewClient(opts)
	defer client.Close()
	ping, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	if err := client.Ping(ping).Err(); err != nil {
		fail(text.DoctorRedis, fmt.Sprintf(text.DoctorNoRedis, err))
		return
	}
	ok(text.DoctorRedis, text.DoctorOK)
}

// examineWecom asks WeCom itself: credentials, trusted IP, visible range, and the
// callback as WeCom would verify it.
func (e env) examineWecom(ctx context.Context, cfg Config, register *pg.Register, ok, warn, fail func(string, string)) {
	if missing := cfg.wecom(); len(missing) > 0 {
		warn(text.DoctorWecom, fmt.Sprintf(text.DoctorNoWecom, strings.Join(missing, text.ListComma)))
		return
	}
	client, err := wecom.New(wecom.Config{CorpID: cfg.CorpID, Secret: string(cfg.Secret), AgentID: cfg.AgentID, APIBase: cfg.WecomAPIBase, OAuthBase: cfg.WecomOAuthBase, Now: e.now})
	if err != nil {
		fail(text.DoctorWecom, err.Error())
		return
	}
	defer client.Close()
	call, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	if _, err := client.VisibleRange(call); err != nil {
		say := err.Error()
		if hint := wecom.Hint(err); hint != "" {
			say += fmt.Sprintf(text.DoctorHow, hint)
		}
		fail(text.DoctorWecom, say)
		return
	}
	ok(text.DoctorWecom, text.DoctorToken)
	e.examineClock(call, cfg, ok, warn)
	e.examineRange(call, client, register, ok, warn)
	callback, err := wecom.VerifyCallback(call, cfg.BaseURL+"/wecom/callback", string(cfg.Token), string(cfg.AESKey), cfg.CorpID, rand.Reader)
	if err != nil || !callback {
		warn(text.DoctorCallback, fmt.Sprintf(text.DoctorCBBad, cfg.BaseURL+"/wecom/callback"))
		return
	}
	ok(text.DoctorCallback, fmt.Sprintf(text.DoctorCBOK, cfg.BaseURL+"/wecom/callback"))
}

func (e env) examineRange(ctx context.Context, client *wecom.Client, register *pg.Register, ok, warn func(string, string)) {
	members, err := client.Members(ctx)
	if err != nil {
		warn(text.DoctorRange, err.Error())
		return
	}
	seen := map[string]bool{}
	for _, m := range members {
		seen[m.ID.Key()] = true
	}
	holders, err := register.Holders(ctx, 0)
	if err != nil {
		warn(text.DoctorRange, err.Error())
		return
	}
	var names []string
	for _, h := range holders {
		if !seen[h.Person.UserID.Key()] {
			names = append(names, h.Person.Name)
		}
	}
	if len(names) > 0 {
		warn(text.DoctorRange, fmt.Sprintf(text.DoctorNotSeen, len(names), strings.Join(names[:min(len(names), 5)], text.ListComma)))
		return
	}
	ok(text.DoctorRange, fmt.Sprintf(text.DoctorRangeN, len(members), len(holders)))
}

// examineClock compares our clock with the Date header of WeCom's server.
func (e env) examineClock(ctx context.Context, cfg Config, ok, warn func(string, string)) {
	base := cfg.WecomAPIBase
	if base == "" {
		base = wecom.DefaultAPIBase
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodHead, base+"/", nil)
	if err != nil {
		return
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return
	}
	defer res.Body.Close()
	theirs, err := http.ParseTime(res.Header.Get("Date"))
	if err != nil {
		return
	}
	if off := time.Since(theirs).Abs(); off > time.Minute {
		warn(text.DoctorClock, fmt.Sprintf(text.DoctorClockOff, off.Round(time.Second)))
		return
	}
	ok(text.DoctorClock, text.DoctorClockOK)
}

// older compares a dotted version with one that is known; what cannot be read is old.
func older(have string, want ...int) bool {
	parts := strings.Split(have, ".")
	for i, w := range want {
		n := 0
		if i < len(parts) {
			var err error
			if n, err = strconv.Atoi(parts[i]); err != nil {
				return true
			}
		}
		if n != w {
			return n < w
		}
	}
	return false
}
