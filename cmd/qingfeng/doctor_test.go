package main

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"qingfeng/bot/pg"
	"qingfeng/bot/text"
	"qingfeng/bot/wecom/wecomsim"
)

// examined is the doctor's report, by check; the last line of a check counts.
func (s *shell) examined() (map[string]finding, int) {
	s.t.Helper()
	a := s.run("doctor", "--json")
	var list []finding
	a.json(s.t, &list)
	out := map[string]finding{}
	for _, f := range list {
		if f.Check == "" || f.Say == "" || !slices.Contains([]string{"ok", "warn", "fail"}, f.State) {
			s.t.Errorf("%+v", f)
		}
		if strings.Contains(f.Say, "CANARY") {
			s.t.Errorf("a secret in %+v", f)
		}
		out[f.Check] = f
	}
	return out, a.code
}

// patient is a shell with a roster and the variables of a WeCom.
func patient(t *testing.T, c *company) *shell {
	s := newShell(t)
	s.staff()
	for k, v := range c.vars {
		s.vars[k] = v
	}
	return s
}

// vectorIs makes the database say that it has this version of pgvector.
func (s *shell) vectorIs(version string) {
	s.t.Helper()
	db, err := pg.Open(s.t.Context(), s.vars["QINGFENG_DATABASE_URL"])
	if err != nil {
		s.t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Pool().Exec(s.t.Context(), `UPDATE pg_extension SET extversion = $1 WHERE extname = 'vector'`, version); err != nil {
		s.t.Fatal(err)
	}
}

func colleagues() []string {
	return []string{"zhengwei", "zhouming", "lijing", "linxiaoya", "wangfang"}
}

func TestDoctorFindsAHealthyInstallationHealthy(t *testing.T) {
	s := patient(t, newCompany(t, nil, colleagues()...))
	s.vars["QINGFENG_BASE_URL"] = "http://" + unusedAddress(t)
	s.vectorIs("0.8.4")
	got, code := s.examined()
	for _, check := range []string{text.DoctorConfig, text.DoctorPostgres, text.DoctorVector, text.DoctorRedis, text.DoctorClock, text.DoctorZone, text.DoctorWecom, text.DoctorRange, text.DoctorAudit} {
		if got[check].State != "ok" {
			t.Errorf("%s: %+v", check, got[check])
		}
	}
	// Nothing serves: the callback cannot answer, and the doctor says what to do.
	if f := got[text.DoctorCallback]; f.State != "warn" || !strings.Contains(f.Say, "serve") {
		t.Errorf("%+v", f)
	}
	if code != 0 {
		t.Errorf("exit %d", code)
	}
	if a := s.ok("doctor"); !strings.Contains(a.out, "[正常] "+text.DoctorWecom) {
		t.Errorf("%s", a.out)
	}
}

func TestDoctorSaysWhatIsWrongWithWeComAndWhatToDo(t *testing.T) {
	for _, c := range []struct {
		what   string
		break_ func(s *shell, c *company)
		state  string
		words  string
	}{
		{"a wrong secret", func(s *shell, _ *company) { s.vars["QINGFENG_WECOM_SECRET"] = "CANARY-wrong" }, "fail", text.WeComHintSecret},
		{"an address that is not trusted", func(_ *shell, c *company) {
			c.Inject(wecomsim.Fault{Kind: wecomsim.FaultErrCode, ErrCode: 60020, Times: 99})
		}, "fail", text.WeComHintTrustedIP},
		{"nobody there", func(s *shell, _ *company) { s.vars["QINGFENG_WECOM_API_BASE"] = "http://" + unusedAddress(s.t) }, "fail", text.WeComHintNetwork},
		{"a revoked token", func(_ *shell, c *company) { c.Inject(wecomsim.Fault{Kind: wecomsim.FaultTokenRevoked}) }, "ok", text.DoctorToken},
	} {
		t.Run(c.what, func(t *testing.T) {
			co := newCompany(t, nil, colleagues()...)
			s := patient(t, co)
			c.break_(s, co)
			got, code := s.examined()
			if f := got[text.DoctorWecom]; f.State != c.state || !strings.Contains(f.Say, c.words) || (code != 0) != (c.state == "fail") {
				t.Errorf("exit %d, %+v", code, f)
			}
		})
	}
}

func TestDoctorWarnsOfWhatWillHurtLater(t *testing.T) {
	wrong := func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Date", time.Now().Add(-10*time.Minute).UTC().Format(http.TimeFormat))
			h.ServeHTTP(w, r)
		})
	}
	s := patient(t, newCompany(t, wrong, "zhengwei", "zhouming", "lijing"))
	s.vectorIs("0.8.3")
	got, code := s.examined()
	for check, words := range map[string]string{text.DoctorClock: "NTP", text.DoctorVector: "0.8.4", text.DoctorRange: "2 人不在应用可见范围"} {
		if f := got[check]; f.State != "warn" || !strings.Contains(f.Say, words) {
			t.Errorf("%s: %+v", check, f)
		}
	}
	if code != 0 {
		t.Errorf("a warning is exit %d", code)
	}
}

func TestDoctorReportsWhatKeepsEverythingElseFromBeingLookedAt(t *testing.T) {
	s := newShell(t)
	s.vars["QINGFENG_REDIS_URL"] = "redis://:CANARY@" + unusedAddress(t)
	got, code := s.examined()
	if got[text.DoctorRedis].State != "fail" || got[text.DoctorWecom].State != "warn" || code != 1 {
		t.Errorf("exit %d, %+v", code, got)
	}
	s.vars["QINGFENG_DATABASE_URL"] = "postgres://u:CANARY@" + unusedAddress(t) + "/x"
	if got, code = s.examined(); got[text.DoctorPostgres].State != "fail" || code != 1 {
		t.Errorf("exit %d, %+v", code, got)
	}
	s.vars["QINGFENG_WECOM_AES_KEY"] = "CANARY"
	if got, code = s.examined(); got[text.DoctorConfig].State != "fail" || code != 1 {
		t.Errorf("exit %d, %+v", code, got)
	}
}

func TestOlderComparesDottedVersions(t *testing.T) {
	for have, want := range map[string]bool{"0.8.3": true, "0.8.4": false, "0.8.10": false, "0.9": false, "0.8": true, "1.0.0": false, "0.7.9": true, "odd": true} {
		if older(have, 0, 8, 4) != want {
			t.Errorf("%s", have)
		}
	}
}

func TestDoctorMissesTheHolidaysOfAYear(t *testing.T) {
	s := patient(t, newCompany(t, nil, colleagues()...))
	under := func(now time.Time) string {
		var out, errs bytes.Buffer
		e := env{getenv: func(k string) string { return s.vars[k] }, in: strings.NewReader(""), out: &out, err: &errs, doc: &document{}, clock: func() time.Time { return now }}
		e.run(t.Context(), []string{"doctor"})
		return out.String() + errs.String()
	}
	for day, missing := range map[string]int{"2026-10-31": 0, "2026-11-01": 2027, "2041-05-01": 2041} {
		now, err := time.Parse(time.DateOnly, day)
		if err != nil {
			t.Fatal(err)
		}
		said := under(now)
		if want := fmt.Sprintf(text.DoctorNoCalendar, missing); strings.Contains(said, want) != (missing != 0) || !strings.Contains(said, text.DoctorCalendar) {
			t.Errorf("%s: %s", day, said)
		}
	}
}
