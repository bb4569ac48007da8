package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"qingfeng/bot/text"
	"qingfeng/bot/wecom/wecomsim"
)

// says waits until a phone shows a text or card of the app that holds these words.
func (c *company) says(t *testing.T, user, words string) wecomsim.Shown {
	t.Helper()
	m, err := c.Phone(user).WaitFor(within(t, 15*time.Second), func(m wecomsim.Shown) bool {
		return m.From == wecomsim.FromApp && strings.Contains(m.Render(), words)
	})
	if err != nil {
		t.Fatalf("%s never reads %q: %v", user, words, err)
	}
	return m
}

// types sends a text and fails the test when it is not acknowledged.
func (c *company) types(t *testing.T, user, words string) {
	t.Helper()
	if err := c.Phone(user).Type(within(t, 15*time.Second), words); err != nil {
		t.Fatalf("%s types %q: %v", user, words, err)
	}
}

// settled waits until everything that came in is answered and everything is sent.
func (d *daemon) settled() {
	d.t.Helper()
	r, ok := readRun(d.vars["QINGFENG_DATA_DIR"])
	if !ok {
		d.t.Fatal("no run.json")
	}
	conn, err := pgx.Connect(d.t.Context(), r.Database)
	if err != nil {
		d.t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(d.t.Context()))
	for until := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		var open int
		err := conn.QueryRow(d.t.Context(), `SELECT (SELECT count(*) FROM inbox WHERE state = 'new' AND (due_at IS NULL OR due_at <= now()))
			+ (SELECT count(*) FROM outbox WHERE state IN ('pending', 'sending', 'unknown'))`).Scan(&open)
		if err != nil {
			d.t.Fatal(err)
		}
		if open == 0 {
			return
		}
		if time.Now().After(until) {
			d.t.Fatalf("%d messages still wait", open)
		}
	}
}

// shell runs tools beside the daemon: they share its data directory and nothing else.
func (d *daemon) shell() *shell {
	return &shell{d.t, map[string]string{"QINGFENG_DATA_DIR": d.vars["QINGFENG_DATA_DIR"]}, d.t.TempDir()}
}

// post sends a callback as it is and returns the status.
func post(t *testing.T, method, url string, body io.Reader) int {
	t.Helper()
	req, err := http.NewRequestWithContext(within(t, 15*time.Second), method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	rest, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode == http.StatusOK && method == http.MethodPost && len(rest) > 0 {
		t.Errorf("a 200 with %d bytes: replies are never passive", len(rest))
	}
	return resp.StatusCode
}

// TestServeAsAPeerMeetsIt starts the program with the documented environment alone, in
// an empty data directory, and does what WeCom and the network do to it.
func TestServeAsAPeerMeetsIt(t *testing.T) {
	c := newCompany(t, nil, "zhengwei", "zhouming", "lijing", "linxiaoya", "wangfang", "stranger")
	d := newDaemon(t, c.vars)
	d.begin()
	c.SetCallbackURL(d.staff + "/wecom/callback")
	if err := c.VerifyURL(t.Context()); err != nil {
		t.Fatal(err)
	}

	// Nobody is in the roster: everybody is told so, politely.
	c.types(t, "stranger", "自查")
	c.says(t, "stranger", "花名册里还没有您")

	// Tools find the running cluster; what they open is sent by it.
	s := d.shell()
	s.staff()
	var opened campaignJSON
	s.ok("campaign", "open", "--due", time.Now().AddDate(0, 1, 0).Format(time.DateOnly), "--json").json(t, &opened)
	if opened.ID == 0 {
		t.Fatalf("%+v", opened)
	}
	c.says(t, "linxiaoya", text.SelfBegin)
	s.fails("已经有一个实例在运行", "restore", d.log)

	// A token that is revoked half-way, and a callback that comes twice.
	c.RevokeToken()
	c.types(t, "linxiaoya", "帮助")
	c.says(t, "linxiaoya", "可以对我说")
	d.settled()
	before := len(c.Phone("lijing").Messages())
	c.Inject(wecomsim.Fault{Kind: wecomsim.FaultCallbackDup, UserID: "lijing", Copies: 3})
	c.types(t, "lijing", "找人")
	if err := c.Idle(within(t, 10*time.Second)); err != nil {
		t.Fatal(err)
	}
	d.settled()
	if after := c.Phone("lijing").Messages(); len(after) != before+2 {
		t.Errorf("one question delivered four times and %d lines on the phone", len(after)-before)
	}

	t.Run("rubbish", func(t *testing.T) { meetsRubbish(t, c, d) })

	// Killed in the middle: what was acknowledged is answered after the restart, and
	// what was not is delivered again by WeCom.
	const chats = 12 // under the limit of messages to one member
	for i := range chats {
		c.types(t, "wangfang", fmt.Sprintf("杀前第%d句", i))
		if i == chats/2 {
			d.signal(syscall.SIGKILL)
			if !d.ended(10 * time.Second) {
				t.Fatal("not killed")
			}
			d.begin()
		}
	}
	d.settled()
	var rows, unanswered int
	conn, err := pgx.Connect(t.Context(), mustRun(t, d).Database)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	err = conn.QueryRow(t.Context(), `SELECT count(*), count(*) FILTER (WHERE state <> 'done') FROM inbox WHERE user_key = 'wangfang' AND due_at IS NULL`).Scan(&rows, &unanswered)
	if err != nil || rows != chats || unanswered != 0 {
		t.Errorf("%d of %d messages are stored, %d unanswered, %v", rows, chats, unanswered, err)
	}
	if v := c.Violations(); len(v) > 0 {
		t.Errorf("WeCom objects: %+v", v)
	}

	// A second one on the same data is refused in one line, and the first one ends in
	// seconds, cleanly.
	other := newDaemon(t, c.vars)
	other.vars["QINGFENG_DATA_DIR"] = d.vars["QINGFENG_DATA_DIR"]
	other.start()
	if !other.ended(20*time.Second) || other.exit() != 1 || !strings.Contains(other.said(), "已经有一个实例在运行") || strings.Count(strings.TrimSpace(other.said()), "\n") > 0 {
		t.Errorf("exit %d: %s", other.exit(), other.said())
	}
	at := time.Now()
	d.signal(syscall.SIGTERM)
	time.Sleep(50 * time.Millisecond)
	d.signal(syscall.SIGTERM) // as supervisors do that signal a process and its group
	if !d.ended(15*time.Second) || d.exit() != 0 {
		t.Errorf("exit %d after %s", d.exit(), time.Since(at))
	}
	if took := time.Since(at); took > 8*time.Second {
		t.Errorf("SIGTERM took %s", took)
	}
	if _, err := os.Stat(runPath(d.vars["QINGFENG_DATA_DIR"])); err == nil {
		t.Error("run.json is left behind")
	}
	if pid, err := os.ReadFile(filepath.Join(d.vars["QINGFENG_DATA_DIR"], "postgres", "data", "postmaster.pid")); err == nil {
		t.Errorf("postgres was not shut down: %s", pid)
	}

	// No secret and nothing that people typed is in the log.
	for _, word := range []string{"CANARY", "杀前", "自查", "access_token", "msg_signature"} {
		if strings.Contains(d.said(), word) {
			t.Errorf("the log holds %q", word)
		}
	}
}

func mustRun(t *testing.T, d *daemon) runFile {
	t.Helper()
	r, ok := readRun(d.vars["QINGFENG_DATA_DIR"])
	if !ok {
		t.Fatal("nothing runs")
	}
	return r
}

// meetsRubbish sends what is no callback of ours; none of it may be stored or answered.
func meetsRubbish(t *testing.T, c *company, d *daemon) {
	url := d.staff + "/wecom/callback"
	conn, err := pgx.Connect(t.Context(), mustRun(t, d).Database)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	stored := func() (n int) {
		t.Helper()
		if err := conn.QueryRow(t.Context(), `SELECT count(*) FROM inbox WHERE due_at IS NULL`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	sent := c.CallCount("/cgi-bin/message/send")
	before := stored()

	plain := fmt.Sprintf("<xml><ToUserName><![CDATA[%s]]></ToUserName><FromUserName><![CDATA[lijing]]></FromUserName><CreateTime>1</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[伪造]]></Content><MsgId>77</MsgId><AgentID>%d</AgentID></xml>", companyCorp, companyAgent)
	sealed := func() (*http.Request, []byte) {
		t.Helper()
		req, err := c.CallbackRequest(t.Context(), plain)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(req.Body)
		if err != nil {
			t.Fatal(err)
		}
		return req, body
	}
	expect := func(what string, got int, want ...int) {
		t.Helper()
		for _, w := range want {
			if got == w {
				return
			}
		}
		t.Errorf("%s: %d, want %v", what, got, want)
	}
	req, body := sealed()
	forged := strings.Replace(req.URL.String(), "msg_signature=", "msg_signature=0", 1)
	expect("forged signature", post(t, "POST", forged, bytes.NewReader(body)), 403)
	expect("signature of another body", post(t, "POST", req.URL.String(), bytes.NewReader(bytes.Replace(body, []byte("Encrypt><![CDATA["), []byte("Encrypt><![CDATA[AAAA"), 1))), 403)
	expect("truncated", post(t, "POST", req.URL.String(), bytes.NewReader(body[:len(body)/2])), 400, 403)
	expect("no query", post(t, "POST", url, bytes.NewReader(body)), 400)
	expect("empty body", post(t, "POST", req.URL.String(), http.NoBody), 400)
	expect("not XML", post(t, "POST", req.URL.String(), strings.NewReader(`{"a":1}`)), 400)
	expect("GET without echostr", post(t, "GET", req.URL.String(), http.NoBody), 400)
	for _, method := range []string{"PUT", "DELETE", "PATCH", "OPTIONS"} {
		expect(method, post(t, method, req.URL.String(), bytes.NewReader(body)), 405)
	}
	big := bytes.Repeat([]byte("A"), 8<<20)
	expectBig := func(what string, body io.Reader) {
		t.Helper()
		r, err := http.NewRequestWithContext(within(t, 15*time.Second), "POST", req.URL.String(), body)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			return // the connection was closed while we still wrote: refused all the same
		}
		resp.Body.Close()
		expect(what, resp.StatusCode, 413)
	}
	expectBig("8 MiB", bytes.NewReader(big))
	expectBig("8 MiB of unknown length", io.MultiReader(bytes.NewReader(big)))
	expectBig("8 MiB around a true callback", io.MultiReader(bytes.NewReader(body), bytes.NewReader(big)))
	seeded := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		noise := make([]byte, seeded.IntN(2000))
		for i := range noise {
			noise[i] = byte(seeded.Uint32())
		}
		expect("noise", post(t, "POST", req.URL.String(), bytes.NewReader(noise)), 400, 403)
	}
	if n := stored(); n != before {
		t.Errorf("%d rows of rubbish are stored", n-before)
	}
	if n := c.CallCount("/cgi-bin/message/send"); n != sent {
		t.Errorf("rubbish was answered %d times", n-sent)
	}

	// Authentic, of a type nobody knows: acknowledged.
	odd, err := c.CallbackRequest(t.Context(), strings.ReplaceAll(strings.Replace(plain, "<![CDATA[text]]>", "<![CDATA[hologram]]>", 1), ">77<", ">78<"))
	if err != nil {
		t.Fatal(err)
	}
	expect("unknown type", post(t, "POST", odd.URL.String(), odd.Body), 200)

	for url, want := range map[string]int{d.staff + "/healthz": 200, d.staff + "/readyz": 200, d.ops + "/healthz": 200, d.ops + "/readyz": 200, d.ops + "/metrics": 200, d.ops + "/debug/pprof/": 200, d.staff + "/metrics": 404, d.staff + "/debug/pprof/": 404} {
		resp, err := http.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		page, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(url, "/metrics") && want == 200 && !strings.Contains(string(page), `qingfeng_queue_rows{queue="outbox",state="failed"} 0`) {
			t.Errorf("metrics without the queues")
		}
		switch {
		case want == 404 && resp.StatusCode == 200 && (strings.Contains(string(page), "qingfeng_queue") || strings.Contains(string(page), "goroutine")):
			t.Errorf("%s is open to staff", url)
		case want == 200 && resp.StatusCode != 200:
			t.Errorf("%s: %d", url, resp.StatusCode)
		}
	}
}

// TestServeWithoutItsDatabaseSaysSo takes the database away under a running instance.
func TestServeWithoutItsDatabaseSaysSo(t *testing.T) {
	c := newCompany(t, nil, "lijing")
	d := newDaemon(t, c.vars)
	d.begin()
	c.SetCallbackURL(d.staff + "/wecom/callback")
	raw, err := os.ReadFile(filepath.Join(d.vars["QINGFENG_DATA_DIR"], "postgres", "data", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(raw), "\n")
	pid, err := strconv.Atoi(first)
	if err != nil {
		t.Fatal(err)
	}
	status := func(url string) int {
		client := http.Client{Timeout: 10 * time.Second}
		resp, err := client.Get(url)
		if err != nil {
			return 0
		}
		resp.Body.Close()
		return resp.StatusCode
	}
	// A stopped server answers nobody, and nothing starts it again.
	family := append(childrenOf(t, pid), pid)
	for _, p := range family {
		if err := syscall.Kill(p, syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
	}
	defer func() {
		for _, p := range family {
			_ = syscall.Kill(p, syscall.SIGCONT) // a backend may have ended
		}
	}()
	var got int
	for until := time.Now().Add(10 * time.Second); time.Now().Before(until); time.Sleep(100 * time.Millisecond) {
		if got = status(d.staff + "/readyz"); got == http.StatusServiceUnavailable {
			break
		}
	}
	if got != http.StatusServiceUnavailable || status(d.staff+"/healthz") != http.StatusOK {
		t.Errorf("ready %d, alive %d", got, status(d.staff+"/healthz"))
	}
	req, err := c.CallbackRequest(t.Context(), fmt.Sprintf("<xml><ToUserName><![CDATA[%s]]></ToUserName><FromUserName><![CDATA[lijing]]></FromUserName><CreateTime>1</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[在吗]]></Content><MsgId>99</MsgId><AgentID>%d</AgentID></xml>", companyCorp, companyAgent))
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if got := post(t, "POST", req.URL.String(), req.Body); got != http.StatusServiceUnavailable || time.Since(began) > 5*time.Second {
		t.Errorf("a message that cannot be stored: %d after %s", got, time.Since(began))
	}
}

// childrenOf lists the processes a process has started.
func childrenOf(t *testing.T, pid int) (out []int) {
	t.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range stats {
		raw, err := os.ReadFile(path)
		if err != nil {
			continue // it just ended
		}
		_, rest, _ := strings.Cut(string(raw), ") ")
		if f := strings.Fields(rest); len(f) > 1 && f[1] == strconv.Itoa(pid) {
			child, err := strconv.Atoi(strings.Split(path, "/")[2])
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, child)
		}
	}
	return out
}
