package main

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"qingfeng/bot/letter"
	"qingfeng/bot/pg"
)

// planted is what must be found nowhere. It is made up at run time: the program under
// observation is this test's own binary, and what stands in the source stands in it.
type planted struct{ words, agent, address, path, pass, answer string }

// made makes up n characters of an alphabet.
func made(n int, alphabet string) string {
	all := []rune(alphabet)
	out := make([]rune, n)
	for i := range out {
		out[i] = all[rand.IntN(len(all))]
	}
	return string(out)
}

const (
	harmless = "柳荫街窗口旁台阶桌椅灯光纸张石榴芭蕉枇杷竹影山水云雨花草"
	latin    = "abcdefghijklmnopqrstuvwxyz"
)

func plant() planted {
	return planted{
		words: "第一条写得太含糊，" + made(14, harmless) + "。", agent: "Zephyr" + made(12, latin) + "/77.3",
		address: fmt.Sprintf("198.51.%d.%d", 100+rand.IntN(100), 100+rand.IntN(100)), path: made(16, latin), pass: made(16, harmless), answer: "已经改了，" + made(14, harmless) + "。",
	}
}

// observed is a running instance with everything it stands on, all of its own: a private
// cluster, a real Redis, a log at debug level.
type observed struct {
	*daemon
	t        *testing.T
	register *pg.Register
	redis    *redis.Client
	redisPID int
	redisDir string
	planted  planted
	keys     *letter.Keyring // of the office
	seen     needles
}

func newObserved(t *testing.T) *observed {
	o := &observed{t: t, redisDir: t.TempDir(), planted: plant(), seen: needles{}}
	o.startRedis()
	c := newCompany(t, nil, colleagues()...)
	vars := map[string]string{
		"QINGFENG_LOG_LEVEL": "debug", "QINGFENG_TRUSTED_PROXIES": "127.0.0.1", "QINGFENG_REDIS_URL": "unix://" + filepath.Join(o.redisDir, "sock"),
		"QINGFENG_SEAL_KEY": "a-key-of-at-least-32-characters-0123456789",
	}
	for k, v := range c.vars {
		vars[k] = v
	}
	o.daemon = newDaemon(t, vars)
	o.begin()
	s := &shell{t, o.vars, t.TempDir()}
	s.staff()
	s.ok("campaign", "open", "--due", time.Now().AddDate(0, 1, 0).Format(time.DateOnly))
	db, err := pg.Open(t.Context(), o.database(), pg.WithMaxConns(2))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	o.register = pg.NewRegister(db, time.Now)
	o.keys = openDoor(t, o.register, o.planted.pass)
	return o
}

// database is the address of the private cluster.
func (o *observed) database() string {
	o.t.Helper()
	r, ok := readRun(o.vars["QINGFENG_DATA_DIR"])
	if !ok {
		o.t.Fatal("no run.json")
	}
	return r.Database
}

func (o *observed) startRedis() {
	o.t.Helper()
	path, err := exec.LookPath("redis-server")
	if err != nil {
		o.t.Fatal("redis-server is not here: .ci/setup faults installs it")
	}
	cmd := exec.Command(path, "--port", "0", "--unixsocket", filepath.Join(o.redisDir, "sock"), "--dir", o.redisDir, "--save", "", "--rdbcompression", "no", "--appendonly", "yes")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		o.t.Fatal(err)
	}
	o.redisPID = cmd.Process.Pid
	o.redis = redis.NewClient(&redis.Options{Network: "unix", Addr: filepath.Join(o.redisDir, "sock")})
	o.t.Cleanup(func() {
		_ = o.redis.Close()
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // how it ended is known
	})
	for until := time.Now().Add(10 * time.Second); o.redis.Ping(o.t.Context()).Err() != nil; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(until) {
			o.t.Fatal("redis does not start")
		}
	}
}

// search looks everywhere but into processes that except names.
func (o *observed) search(n needles, except ...int) finds {
	t := o.t
	t.Helper()
	f := finds{}
	began := time.Now()
	ids := append(family(t, o.pid()), o.redisPID)
	ids = slices.DeleteFunc(ids, func(id int) bool { return slices.Contains(except, id) })
	read, shared := 0, map[string]bool{}
	for _, id := range ids {
		read += n.memory(t, id, shared, f)
	}
	if read < 100<<20 || len(ids) < 8 {
		t.Errorf("only %d bytes of %d processes were read", read, len(ids))
	}
	if _, err := o.register.DB.Pool().Exec(t.Context(), "CHECKPOINT"); err != nil {
		t.Fatal(err)
	}
	count := n.files(t, o.vars["QINGFENG_DATA_DIR"], f)
	dump, err := exec.CommandContext(t.Context(), "pg_dump", "--inserts", o.database()).Output()
	if err != nil || len(dump) < 100_000 {
		t.Fatalf("pg_dump: %v, %d bytes", err, len(dump))
	}
	f.note("the dump", n.in(dump))
	f.note("the log", n.in([]byte(o.said())))
	if err := o.redis.Save(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	if files := n.files(t, o.redisDir, f); files < 2 {
		t.Errorf("%d files of redis", files)
	}
	t.Logf("searched %d forms in %d processes (%d MB), %d files, a dump of %d KB, the log and redis in %s", len(n), len(ids), read>>20, count, len(dump)>>10, time.Since(began).Round(time.Millisecond))
	return f
}

// nothing holds that nothing planted is anywhere.
func (o *observed) nothing(when string) {
	o.t.Helper()
	for where, what := range o.search(o.seen) {
		o.t.Errorf("%s: %s holds %v", when, where, what)
	}
}

// gone waits until none of these processes is left.
func (o *observed) gone(ids []int, within time.Duration) {
	o.t.Helper()
	began := time.Now()
	for slices.ContainsFunc(ids, alive) {
		if time.Since(began) > within {
			o.t.Fatalf("of %v some are there after %s", ids, within)
		}
		time.Sleep(50 * time.Millisecond)
	}
	o.t.Logf("the processes that served are gone after %s", time.Since(began).Round(time.Millisecond))
}

func TestThirtySecondsAfterAnAnswerNothingIsLeftOfWhoeverWrote(t *testing.T) {
	o := newObserved(t)
	o.rested()
	o.controls()
	// Every process that was asked is to be gone; the one that waits, warm, serves later.
	me := &passerby{base: o.public(), address: o.planted.address, agent: o.planted.agent}
	if _, err := me.fetch(http.MethodGet, "/"+o.planted.path+"?q="+o.planted.path, nil); err != nil {
		t.Fatal(err)
	}
	receipt, err := me.say(o.planted.words, 3)
	if err != nil || receipt == "" {
		t.Fatalf("the opinion was not taken: %v", err)
	}
	if page, err := me.fetch(http.MethodPost, "/r", url.Values{"receipt": {receipt}}); err != nil || !strings.Contains(page, "<h1>") {
		t.Fatal(err)
	}
	answered := time.Now()
	key := o.outerKey()
	ids := o.used()
	for name, said := range map[string]string{
		"words": o.planted.words, "agent": o.planted.agent, "address": o.planted.address, "path": o.planted.path, "passphrase": o.planted.pass,
		"receipt": receipt, "receipt, bare": strings.ReplaceAll(receipt, "-", ""),
	} {
		o.seen.plant(t, name, said)
	}
	o.gone(ids, 30*time.Second)
	time.Sleep(time.Until(answered.Add(childEnds)))
	o.nothing("after the answer")

	o.release()
	// The key of the day is nowhere any more, and so nothing opens what the write-ahead log
	// still has of the arrivals.
	o.seen["outer key"] = key
	o.nothing("after the night")

	o.desk()
	o.seen.plant(t, "answer", o.planted.answer)
	o.seen.plant(t, "key", strings.ReplaceAll(o.keys.Printed(), " ", ""))
	o.nothing("after the desk")
}

// used are the processes that took a connection: all that served but the one that waits.
func (o *observed) used() []int {
	o.t.Helper()
	ids := offspring(o.t, o.pid(), citizensPages)
	if len(ids) < 2 {
		o.t.Fatalf("children: %v", ids)
	}
	return ids[:len(ids)-1]
}

// controls prove that the search finds what is there.
func (o *observed) controls() {
	t := o.t
	t.Helper()
	words, stored := made(16, harmless), "stored-on-purpose-"+made(12, latin)
	// A form that is on its way is in the memory of the child that reads it.
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", o.vars["QINGFENG_PUBLIC_LISTEN"])
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	body := url.Values{"notice": {noticeCode}, "text": {words}}.Encode()
	fmt.Fprintf(conn, "POST /f HTTP/1.1\r\nHost: %s\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s", o.vars["QINGFENG_PUBLIC_LISTEN"], len(body)+100, body)
	if _, err := o.register.DB.Pool().Exec(t.Context(), "INSERT INTO setting (key, value, at) VALUES ('control', $1, now())", stored); err != nil {
		t.Fatal(err)
	}
	if err := o.redis.Set(t.Context(), "control", stored, 0).Err(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(500 * time.Millisecond)
	n := needles{}
	n.plant(t, "words", words)
	n.plant(t, "stored", stored)
	n["log"] = []byte("msg=ready")
	children := offspring(t, o.pid(), citizensPages)
	f := o.search(n)
	holds := func(what string, is func(where string) bool) {
		t.Helper()
		for where := range f {
			if is(where) {
				return
			}
		}
		t.Errorf("the search does not find %s: %v", what, f)
	}
	holds("words in the memory of a child", func(where string) bool {
		return slices.ContainsFunc(children, func(id int) bool {
			return where == fmt.Sprintf("memory of %d", id) && slices.Contains(f[where], "words percent")
		})
	})
	for _, id := range children {
		delete(f, fmt.Sprintf("memory of %d", id))
	}
	for where, what := range f {
		for _, name := range what {
			if strings.HasPrefix(name, "words") {
				t.Errorf("%s holds what only a child may: %v", where, what)
			}
		}
	}
	holds("a row in the dump", func(where string) bool { return where == "the dump" })
	holds("a row in the write-ahead log", func(where string) bool { return strings.Contains(where, "pg_wal") })
	holds("a row in the cluster's files", func(where string) bool { return strings.Contains(where, "/base/") })
	holds("a value in redis' files", func(where string) bool { return strings.HasSuffix(where, "dump.rdb") })
	holds("a line of the log", func(where string) bool { return where == "the log" })
	holds("a value in the memory of redis", func(where string) bool { return where == fmt.Sprintf("memory of %d", o.redisPID) })
}

// outerKey is the secret of the key under which arrivals wait today.
func (o *observed) outerKey() []byte {
	t := o.t
	t.Helper()
	var name string
	if err := o.register.DB.Pool().QueryRow(t.Context(), "SELECT DISTINCT key FROM letter_hold").Scan(&name); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(filepath.Join(o.vars["QINGFENG_DATA_DIR"], "hold", name+keyEnd))
	if err != nil || len(raw) < 32 {
		t.Fatalf("%d bytes of a key: %v", len(raw), err)
	}
	return raw
}

// release has the night now.
func (o *observed) release() {
	t := o.t
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(o.vars["QINGFENG_DATA_DIR"], "hold", "instance"))
	if err != nil {
		t.Fatal(err)
	}
	job := "release-" + strings.TrimSpace(string(raw))
	if err := o.register.DB.PlanRun(t.Context(), job, "now", nil, time.Now()); err != nil {
		t.Fatal(err)
	}
	for until := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
		var held, desk int
		err := o.register.DB.Pool().QueryRow(t.Context(), "SELECT (SELECT count(*) FROM letter_hold), (SELECT count(*) FROM feedback)").Scan(&held, &desk)
		if err == nil && held == 0 && desk == 1 {
			return
		}
		if time.Now().After(until) {
			t.Fatalf("after the night %d wait and the desk has %d: %v", held, desk, err)
		}
	}
}

// desk opens what came, with the passphrase, as the coordinator does.
func (o *observed) desk() {
	t := o.t
	t.Helper()
	token, session, err := o.register.NewSession(t.Context(), "wangfang")
	if err != nil {
		t.Fatal(err)
	}
	ask := func(method, path string, form url.Values) string {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, o.staff+path, strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.AddCookie(&http.Cookie{Name: "qf", Value: token})
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		raw, err := io.ReadAll(res.Body)
		if err != nil || res.StatusCode != http.StatusOK {
			t.Fatalf("%s %s: %d %v\n%s", method, path, res.StatusCode, err, raw)
		}
		return string(raw)
	}
	if page := ask(http.MethodGet, "/opinions", nil); strings.Contains(page, o.planted.words) {
		t.Error("the desk shows words before it is opened")
	}
	at := time.Now()
	page := ask(http.MethodPost, "/opinions/open", url.Values{"csrf": {session.CSRF}, "pass": {o.planted.pass}})
	if !strings.Contains(page, o.planted.words) {
		t.Errorf("the desk does not show what came:\n%s", page)
	}
	t.Logf("a page of the desk took %s", time.Since(at).Round(time.Millisecond))
	// What is answered is seen by the receipt alone.
	var id int64
	var rev int
	if err := o.register.DB.Pool().QueryRow(t.Context(), "SELECT id, rev FROM feedback").Scan(&id, &rev); err != nil {
		t.Fatal(err)
	}
	ask(http.MethodPost, fmt.Sprintf("/opinions/%d", id), url.Values{
		"csrf": {session.CSRF}, "ticket": {hidden(page, "ticket")}, "rev": {strconv.Itoa(rev)}, "do": {"answer"}, "outcome": {"adopted"}, "answer": {o.planted.answer},
	})
	var answered bool
	if err := o.register.DB.Pool().QueryRow(t.Context(), "SELECT answer IS NOT NULL FROM feedback").Scan(&answered); err != nil || !answered {
		t.Errorf("it is not answered: %v", err)
	}
	for until := time.Now().Add(10 * time.Second); len(offspring(t, o.pid(), deskPage)) > 0; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatal("a child of the desk does not end")
		}
	}
}
