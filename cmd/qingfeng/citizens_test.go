package main

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"

	"qingfeng/bot/pg/pgtest"
)

func TestCitizensHaveAListenerOfTheirOwnThatLogsNothing(t *testing.T) {
	c := newCompany(t, nil)
	vars := map[string]string{"QINGFENG_DATABASE_URL": pgtest.URL(t), "QINGFENG_LOG_LEVEL": "debug"}
	for k, v := range c.vars {
		vars[k] = v
	}
	d := newDaemon(t, vars)
	d.begin()
	public := "http://" + d.vars["QINGFENG_PUBLIC_LISTEN"]
	get := func(address string) (int, string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("User-Agent", "CANARY-browser")
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		raw, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(raw)
	}
	for path, want := range map[string]int{"/b": 200, "/b/CANARY": 404, "/healthz": 404, "/oauth/callback": 404, "/surveys": 404, "/metrics": 404} {
		if status, body := get(public + path); status != want || want == 200 && !strings.Contains(body, "先领票") {
			t.Errorf("%s: %d", path, status)
		}
	}
	if status, _ := get(d.staff + "/b"); status != http.StatusNotFound {
		t.Errorf("the staff listener answers for citizens: %d", status)
	}
	if log := d.said(); !strings.Contains(log, "public=") || strings.Contains(log, "CANARY") || strings.Contains(log, "GET /b") {
		t.Errorf("the log:\n%s", log)
	}
}

func TestWaitingBallotsOpenUnderTheirOwnSurveyOnly(t *testing.T) {
	secret := Secret("0123456789abcdef0123456789abcdef-key")
	box, err := sealBox(Config{SealKey: secret})
	if err != nil {
		t.Fatal(err)
	}
	b := ballotBox{box}
	closed, err := b.Close(7, []byte("ballot"))
	if err != nil || bytes.Contains(closed, []byte("ballot")) {
		t.Fatalf("%q %v", closed, err)
	}
	if plain, err := b.Open(7, closed); err != nil || string(plain) != "ballot" {
		t.Errorf("%q %v", plain, err)
	}
	for name, bad := range map[string][]byte{"nothing": nil, "no name": []byte("x"), "changed": append(bytes.Clone(closed[:len(closed)-1]), closed[len(closed)-1]^1)} {
		if _, err := b.Open(7, bad); err == nil {
			t.Errorf("%s opens", name)
		}
	}
	if _, err := b.Open(8, closed); err == nil {
		t.Error("it opens for another survey")
	}
	// Keys may change while a survey runs.
	next, err := sealBox(Config{SealKey: "another-key-of-at-least-32-characters " + secret})
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := (ballotBox{next}).Open(7, closed); err != nil || string(plain) != "ballot" {
		t.Errorf("after a new key: %q %v", plain, err)
	}
}
