package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"qingfeng/bot/pg"
	"qingfeng/bot/pg/pgtest"
)

func TestPagesOfTheDeskAreServedByChildrenAsByTheSiteItself(t *testing.T) {
	t.Parallel()
	s := patient(t, newCompany(t, nil, colleagues()...))
	s.ok("campaign", "open", "--due", time.Now().AddDate(0, 1, 0).Format(time.DateOnly))
	register := pg.NewRegister(pgtest.Open(t, s.vars["QINGFENG_DATABASE_URL"]), time.Now)
	openDoor(t, register, "没有人知道的口令一二三四")
	d := newDaemon(t, s.vars)
	d.begin()
	token, session, err := register.NewSession(t.Context(), "wangfang")
	if err != nil {
		t.Fatal(err)
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	ask := func(method, path string, body io.Reader, change func(*http.Request)) (int, string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, d.staff+path, body)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.AddCookie(&http.Cookie{Name: "qf", Value: token})
		if change != nil {
			change(r)
		}
		res, err := client.Do(r)
		if err != nil {
			t.Errorf("%s %s: %v", method, path, err)
			return 0, ""
		}
		defer res.Body.Close()
		raw, err := io.ReadAll(res.Body)
		if err != nil {
			t.Errorf("%s %s: %v", method, path, err)
		}
		return res.StatusCode, string(raw)
	}
	form := func(pass string, more int) string {
		return url.Values{"csrf": {session.CSRF}, "pass": {pass}, "pad": {strings.Repeat("x", more)}}.Encode()
	}
	wide := func(r *http.Request) { r.Header.Set("Expect", "100-continue") }
	for name, c := range map[string]struct {
		body   io.Reader
		change func(*http.Request)
	}{
		"in one piece":           {strings.NewReader(form("没有人知道的口令一二三四", 0)), nil},
		"longer than any buffer": {strings.NewReader(form("没有人知道的口令一二三四", 200_000)), nil},
		"in chunks":              {io.MultiReader(strings.NewReader(form("没有人知道的口令一二三四", 30_000))), nil},
		"after a question":       {strings.NewReader(form("没有人知道的口令一二三四", 30_000)), wide},
	} {
		if status, page := ask(http.MethodPost, "/opinions/open", c.body, c.change); status != http.StatusOK || !strings.Contains(page, "已打开") {
			t.Errorf("%s: %d\n%s", name, status, page)
		}
	}
	if status, page := ask(http.MethodPost, "/opinions/open", strings.NewReader(form("别的口令别的口令别的口令", 0)), nil); status != http.StatusUnprocessableEntity || strings.Contains(page, "已打开") {
		t.Errorf("a wrong passphrase: %d", status)
	}
	if status, _ := ask(http.MethodGet, "/opinions", nil, func(r *http.Request) { r.Header.Del("Cookie") }); status != http.StatusFound && status != http.StatusSeeOther && status != http.StatusOK {
		t.Errorf("a stranger: %d", status)
	}
	// More at once than there is room for wait, or are turned away politely.
	var all sync.WaitGroup
	var mu sync.Mutex
	got := map[int]int{}
	for range 3 * deskChildren {
		all.Go(func() {
			status, _ := ask(http.MethodGet, "/opinions", nil, nil)
			mu.Lock()
			defer mu.Unlock()
			got[status]++
		})
	}
	all.Wait()
	if got[http.StatusOK] < deskChildren || got[http.StatusOK]+got[http.StatusTooManyRequests] != 3*deskChildren {
		t.Errorf("%v", got)
	}
	for until := time.Now().Add(10 * time.Second); len(offspring(t, d.pid(), deskPage)) > 0; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatal("children of the desk stay")
		}
	}
	if log := d.said(); strings.Contains(log, "desk page") || strings.Contains(log, "/opinions") {
		t.Errorf("the log:\n%s", log)
	}
}

func TestStrangersWhoSendSlowlyKeepNobodyFromTheDesk(t *testing.T) {
	t.Parallel()
	s := patient(t, newCompany(t, nil, colleagues()...))
	register := pg.NewRegister(pgtest.Open(t, s.vars["QINGFENG_DATABASE_URL"]), time.Now)
	openDoor(t, register, "没有人知道的口令一二三四")
	d := newDaemon(t, s.vars)
	d.begin()
	token, _, err := register.NewSession(t.Context(), "wangfang")
	if err != nil {
		t.Fatal(err)
	}
	for range 3 * deskChildren {
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", d.vars["QINGFENG_LISTEN"])
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		fmt.Fprint(conn, "POST /opinions/open HTTP/1.1\r\nHost: desk\r\nCookie: qf=none\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 50\r\n\r\n")
	}
	time.Sleep(500 * time.Millisecond)
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for who, cookie := range map[string]string{"the coordinator": token, "who has to sign in": ""} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, d.staff+"/opinions", nil)
		if err != nil {
			t.Fatal(err)
		}
		if cookie != "" {
			r.AddCookie(&http.Cookie{Name: "qf", Value: cookie})
		}
		at := time.Now()
		res, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode == http.StatusTooManyRequests || time.Since(at) > deskWaits {
			t.Errorf("%s: %d after %s", who, res.StatusCode, time.Since(at))
		}
	}
}

func TestOnlyPagesWithWordsGoToChildren(t *testing.T) {
	for path, want := range map[string]bool{
		"/opinions": true, "/opinions/": true, "/opinions/new": true, "/tips": true, "/tips/7": true, "/keys": true, "//opinions/open": true, "/x/../opinions": true,
		"/": false, "/opinion": false, "/opinionsx": false, "/todo": false, "/wecom/callback": false,
	} {
		if got := forDesk(&http.Request{URL: &url.URL{Path: path}}); got != want {
			t.Errorf("%s: %v", path, got)
		}
	}
}
