//go:build bench || faults

package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/pg"
	"qingfeng/bot/pg/cluster"
	"qingfeng/bot/risk"
	"qingfeng/bot/wecom/wecomsim"
)

// What benches and fault runs stand on: a real PostgreSQL with fsync, a unit with
// its people, a WeCom in this process, and instances of the program as processes.

const (
	peerCorp   = "ww0123456789abcdef"
	peerAgent  = 1000002
	peerSecret = "peer-secret-peer-secret-peer-secret"
	peerToken  = "PeerTokenPeerToken"
	peerKey    = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
)

// store is a private cluster as production has it: durable.
type store struct {
	*cluster.Cluster
	mu sync.Mutex
}

func newStore(t testing.TB) *store {
	t.Helper()
	c, err := cluster.Start(t.Context(), cluster.Config{DataDir: t.TempDir(), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		c.Stop(ctx)
	})
	return &store{Cluster: c}
}

// database makes a database as a copy of template (empty: without our schema).
func (s *store) database(t testing.TB, name, template string) string {
	t.Helper()
	s.mu.Lock() // copies of one template wait for each other anyway
	defer s.mu.Unlock()
	conn, err := pgx.Connect(t.Context(), s.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	sql := "CREATE DATABASE " + name
	if template != "" {
		sql += " TEMPLATE " + template
	}
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
	return s.address(name, nil)
}

// address is a database's URL, with parameters of the pool if there are any.
func (s *store) address(name string, params map[string]string) string {
	u, err := url.Parse(s.URL())
	if err != nil {
		panic(err) // the cluster made it
	}
	u.Path = "/" + name
	q := u.Query()
	for k, v := range params {
		q.Set(k, v)
	}
	u.RawQuery = q.Encode()
	return u.String()
}

// cpu is the processor time PostgreSQL has used so far: the server and its children.
func (s *store) cpu() time.Duration {
	var sum time.Duration
	head := s.Pid()
	stats, _ := filepath.Glob("/proc/[0-9]*/stat") // the pattern is well formed
	for _, path := range stats {
		raw, err := os.ReadFile(path)
		if err != nil {
			continue // it just ended
		}
		_, rest, _ := strings.Cut(string(raw), ") ")
		f := strings.Fields(rest)
		if len(f) < 15 {
			continue
		}
		pid := strings.Split(path, "/")[2]
		if pid != strconv.Itoa(head) && f[1] != strconv.Itoa(head) {
			continue
		}
		for _, i := range []int{11, 12} { // utime, stime
			ticks, _ := strconv.Atoi(f[i])
			sum += time.Duration(ticks) * 10 * time.Millisecond
		}
		if pid == strconv.Itoa(head) { // children that have ended
			for _, i := range []int{13, 14} {
				ticks, _ := strconv.Atoi(f[i])
				sum += time.Duration(ticks) * 10 * time.Millisecond
			}
		}
	}
	return sum
}

// user is the id of the i-th person.
func user(i int) bot.UserID { return bot.UserID(fmt.Sprintf("user%05d", i)) }

// perSection is how many people a section has.
const perSection = 20

// settle puts a unit of n people with a campaign under way into a migrated database.
func settle(t testing.TB, db *pg.DB, n int) {
	t.Helper()
	ctx := t.Context()
	reg := pg.NewRegister(db, env{}.now)
	var roster []risk.RosterRow
	var catalogue []risk.CatalogueRow
	for i := range n {
		row := risk.RosterRow{
			Unit: "试验县交通运输局", Section: fmt.Sprintf("第%d股", i/perSection+1), Post: fmt.Sprintf("岗位%d", i), Stratum: risk.StratumGeneral,
			Name: fmt.Sprintf("人员%d", i), UserID: user(i), Row: i + 2,
		}
		if i%perSection == 0 {
			row.Roles, row.Stratum = []bot.Role{bot.RoleSectionHead}, risk.StratumMiddle
			catalogue = append(catalogue, risk.CatalogueRow{
				Section: row.Section, Item: "道路运输经营许可", Class: risk.Administrative, Content: "受理、审查并发放许可", Row: len(catalogue) + 2,
				Nodes: []risk.NodeName{{Name: "受理"}, {Name: "现场核查"}, {Name: "决定"}},
			})
		}
		if i == 0 {
			row.Roles = append(row.Roles, bot.RoleOfficeDirector)
		}
		roster = append(roster, row)
	}
	if plan, err := reg.ApplyRoster(ctx, roster); err != nil {
		t.Fatal(err, plan.Issues)
	}
	if plan, err := reg.ApplyCatalogue(ctx, catalogue); err != nil {
		t.Fatal(err, plan.Issues)
	}
}

// recorder is a transport that takes everything at once.
type recorder struct{}

func (recorder) Send(context.Context, []byte) (convo.Receipt, error) {
	return convo.Receipt{MsgID: "m"}, nil
}

func (recorder) Update(context.Context, []byte, string) (convo.Receipt, error) {
	return convo.Receipt{}, nil
}

const campaignName = "试验自查"

// launch opens a campaign the way the coordinating office does; everybody's card
// about it counts as shown long ago.
func launch(t testing.TB, a *app) {
	t.Helper()
	ctx := t.Context()
	if _, err := a.openCampaign(ctx, risk.Campaign{Name: campaignName, Pack: risk.PackCodes()[0], Due: a.now().AddDate(0, 1, 0)}); err != nil {
		t.Fatal(err)
	}
	sender, err := convo.NewSender(convo.SenderConfig{Store: a.db, Transport: recorder{}, Now: a.now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	if err := sender.Drain(ctx); err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{
		"UPDATE outbox SET tried_at = tried_at - interval '3 hours'", "UPDATE card SET shown_at = shown_at - interval '3 hours'", "VACUUM ANALYZE",
	} {
		if _, err := a.db.Pool().Exec(ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
}

// wired is an instance in this process, not running.
func wired(t testing.TB, address, apiBase string) *app {
	t.Helper()
	if err := pg.Migrate(t.Context(), address); err != nil {
		t.Fatal(err)
	}
	db, err := pg.Open(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	cfg, err := configFrom(func(name string) string { return peerEnv(t.TempDir(), address, apiBase)[name] })
	if err != nil {
		t.Fatal(err)
	}
	a, err := newApp(cfg, db, env{}.now, rand.Reader, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func peerEnv(dir, address, apiBase string) map[string]string {
	return map[string]string{
		"QINGFENG_DATA_DIR": dir, "QINGFENG_DATABASE_URL": address, "QINGFENG_WECOM_API_BASE": apiBase, "QINGFENG_WECOM_OAUTH_BASE": apiBase,
		"QINGFENG_WECOM_CORP_ID": peerCorp, "QINGFENG_WECOM_AGENT_ID": strconv.Itoa(peerAgent), "QINGFENG_WECOM_SECRET": peerSecret,
		"QINGFENG_WECOM_TOKEN": peerToken, "QINGFENG_WECOM_AES_KEY": peerKey, "QINGFENG_LOG_LEVEL": "warn",
	}
}

// newSim is a WeCom with n people in it.
func newSim(t testing.TB, n int) *wecomsim.Sim {
	t.Helper()
	cfg := wecomsim.Config{
		CorpID: peerCorp, AgentID: peerAgent, Secret: peerSecret, Token: peerToken, AESKey: peerKey,
		Departments: []wecomsim.Department{{ID: 1, Name: "试验县交通运输局"}}, RetryPause: 100 * time.Millisecond,
		HTTPClient: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256, MaxIdleConns: 512}},
	}
	for i := range n {
		cfg.Members = append(cfg.Members, wecomsim.Member{UserID: string(user(i)), Name: fmt.Sprintf("人员%d", i)})
	}
	sim, err := wecomsim.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sim.Close)
	return sim
}

// serveHTTP serves a handler on a loopback port.
func serveHTTP(t testing.TB, h http.Handler) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(func() {
		s.CloseClientConnections() // a call that hangs on demand must not hold up the end
		s.Close()
	})
	return s.URL
}

// build makes the program once for a test and all below it.
func build(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "qingfeng")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", path, ".").CombinedOutput()
	if err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return path
}

// instance is one `qingfeng serve` as a process of its own.
type instance struct {
	name   string
	binary string
	env    []string
	staff  string // host:port
	ops    string
	log    string // file

	mu   sync.Mutex
	cmd  *exec.Cmd
	done chan struct{} // closed when cmd has ended
}

func newInstance(t testing.TB, binary, name string, vars map[string]string) *instance {
	t.Helper()
	ports := freePorts(t, 3)
	i := &instance{name: name, binary: binary, staff: ports[0], ops: ports[1], log: filepath.Join(t.TempDir(), "log")}
	vars["QINGFENG_LISTEN"], vars["QINGFENG_OPS_LISTEN"], vars["QINGFENG_PUBLIC_LISTEN"] = ports[0], ports[1], ports[2]
	i.env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "TMPDIR=" + os.Getenv("TMPDIR")}
	for k, v := range vars {
		i.env = append(i.env, k+"="+v)
	}
	t.Cleanup(func() {
		i.stop()
		if t.Failed() {
			if raw, err := os.ReadFile(i.log); err == nil {
				t.Logf("log of %s:\n%s", i.name, raw[max(0, len(raw)-3000):])
			}
		}
	})
	return i
}

// lastPort counts the ports given out by this process.
var lastPort atomic.Int64 //nolint:gochecknoglobals // runs at the same time must not share one

// freePorts are loopback addresses that nobody listened on a moment ago. They lie below
// the range from which the system takes ports for calls going out: an instance that is
// started again finds its own still free.
func freePorts(t testing.TB, n int) (out []string) {
	t.Helper()
	const first, count = 12000, 18000
	for len(out) < n {
		port := first + (int64(os.Getpid())*97+lastPort.Add(1))%count
		l, err := net.Listen("tcp", "127.0.0.1:"+strconv.FormatInt(port, 10))
		if err != nil {
			if lastPort.Load() > count {
				t.Fatal("no free port")
			}
			continue
		}
		out = append(out, l.Addr().String())
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// start runs the process; it does not wait until it is ready.
func (i *instance) start() error {
	i.mu.Lock()
	defer i.mu.Unlock()
	log, err := os.OpenFile(i.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close() // the child has its own copy
	cmd := exec.Command(i.binary, "serve")
	cmd.Env, cmd.Stdout, cmd.Stderr = i.env, log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	started, done := make(chan error), make(chan struct{})
	go func() {
		runtime.LockOSThread() // Pdeathsig is about the thread: it stays as long as the child
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // how it ended is of no interest: it is killed
			close(done)
		}
	}()
	if err := <-started; err != nil {
		return err
	}
	i.cmd, i.done = cmd, done
	return nil
}

// ready waits until the instance says that it is.
func (i *instance) ready(ctx context.Context) error {
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+i.staff+"/readyz", nil)
		if err != nil {
			return err
		}
		resp, err := http.DefaultClient.Do(req)
		if err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-i.ended():
			raw, _ := os.ReadFile(i.log)
			return fmt.Errorf("%s ended while starting: %s", i.name, bytes.TrimSpace(raw[max(0, len(raw)-500):]))
		case <-ctx.Done():
			return fmt.Errorf("%s is not ready: %w", i.name, errors.Join(ctx.Err(), err))
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func (i *instance) ended() <-chan struct{} {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.done
}

// begin starts the instance and waits until it is ready.
func (i *instance) begin(t testing.TB) time.Duration {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	began := time.Now()
	if err := i.start(); err != nil {
		t.Fatal(err)
	}
	if err := i.ready(ctx); err != nil {
		t.Fatal(err)
	}
	return time.Since(began)
}

// kill is SIGKILL; it returns when the process is gone. It reports whether it ran.
func (i *instance) kill() bool { return i.end(syscall.SIGKILL, 10*time.Second) }

// stop ends the instance the polite way, then the other.
func (i *instance) stop() {
	i.end(syscall.SIGTERM, 15*time.Second)
	i.kill()
}

func (i *instance) end(sig syscall.Signal, within time.Duration) bool {
	i.mu.Lock()
	cmd, done := i.cmd, i.done
	i.mu.Unlock()
	if cmd == nil {
		return false
	}
	running := cmd.Process.Signal(sig) == nil
	select {
	case <-done:
	case <-time.After(within):
	}
	return running
}

// rss is the resident memory of the process, in bytes, now and at its highest.
func (i *instance) rss() (now, peak int64) {
	i.mu.Lock()
	cmd := i.cmd
	i.mu.Unlock()
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", cmd.Process.Pid))
	if err != nil {
		return 0, 0
	}
	for line := range strings.Lines(string(raw)) {
		f := strings.Fields(line)
		if len(f) < 2 {
			continue
		}
		kb, _ := strconv.ParseInt(f[1], 10, 64)
		switch f[0] {
		case "VmRSS:":
			now = kb << 10
		case "VmHWM:":
			peak = kb << 10
		}
	}
	return now, peak
}

// cardTitle is the title of a card from the app, "" for anything else.
func cardTitle(m wecomsim.Shown) string {
	if m.From != wecomsim.FromApp || m.Card == nil || m.Card.MainTitle == nil {
		return ""
	}
	return m.Card.MainTitle.Title
}
