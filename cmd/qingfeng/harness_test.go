package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
	"go.uber.org/goleak"

	"qingfeng/bot/pg/pgtest"
	"qingfeng/bot/wecom/wecomsim"
	"qingfeng/jobs"
)

// asProgram makes this test binary the program itself, for tests that need a process.
const asProgram = "QINGFENG_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if path := os.Getenv(clockFile); path != "" {
		os.Exit(runUnder(path))
	}
	if os.Getenv(asProgram) != "" || len(os.Args) > 1 && slices.Contains([]string{readFile, citizensPages, deskPage, outerKeysChild}, os.Args[1]) { // it starts itself
		main()
		return
	}
	jobs.MuteRedis()
	os.Exit(pgtest.Main(m,
		// Idle connections of http.DefaultClient.
		goleak.IgnoreTopFunction("internal/poll.runtime_pollWait"), goleak.IgnoreTopFunction("net/http.(*persistConn).writeLoop")))
}

// clockFile names a file with the duration by which the program's clock is ahead. The
// file may change while the program runs: its clock jumps then.
const clockFile = "QINGFENG_TEST_CLOCK"

// runUnder is the program under such a clock.
func runUnder(path string) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	jobs.MuteRedis()
	var ahead atomic.Int64
	look := func() {
		raw, err := os.ReadFile(path)
		if err != nil {
			return // it is being replaced
		}
		if d, err := time.ParseDuration(strings.TrimSpace(string(raw))); err == nil {
			ahead.Store(int64(d))
		}
	}
	look()
	go func() {
		for range time.Tick(10 * time.Millisecond) {
			look()
		}
	}()
	clock := func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	e := env{getenv: os.Getenv, in: os.Stdin, out: os.Stdout, err: os.Stderr, doc: &document{}, clock: clock}
	return e.run(ctx, os.Args[1:])
}

// shell runs commands in this process, under variables of its own.
type shell struct {
	t    testing.TB
	vars map[string]string
	dir  string // for files
}

// newShell is a shell over a migrated, empty database.
func newShell(t testing.TB) *shell {
	t.Helper()
	return &shell{t, map[string]string{"QINGFENG_DATA_DIR": t.TempDir(), "QINGFENG_DATABASE_URL": pgtest.URL(t)}, t.TempDir()}
}

// answer is what a command gave.
type answer struct {
	out, err string
	code     int
}

func (s *shell) run(args ...string) answer {
	s.t.Helper()
	var out, err bytes.Buffer
	code := run(s.t.Context(), args, func(k string) string { return s.vars[k] }, strings.NewReader(""), &out, &err)
	return answer{out.String(), err.String(), code}
}

// ok is a command that must do.
func (s *shell) ok(args ...string) answer {
	s.t.Helper()
	a := s.run(args...)
	if a.code != 0 {
		s.t.Fatalf("qingfeng %s: exit %d\n%s%s", strings.Join(args, " "), a.code, a.out, a.err)
	}
	return a
}

// fails is a command that must not do, and must say so with these words on stderr.
func (s *shell) fails(words string, args ...string) answer {
	s.t.Helper()
	a := s.run(args...)
	if a.code == 0 || !strings.Contains(a.err, words) {
		s.t.Fatalf("qingfeng %s: exit %d, want a failure that says %q\n%s%s", strings.Join(args, " "), a.code, words, a.out, a.err)
	}
	return a
}

// json reads the one document on stdout.
func (a answer) json(t testing.TB, into any) {
	t.Helper()
	dec := json.NewDecoder(strings.NewReader(a.out))
	if err := dec.Decode(into); err != nil {
		t.Fatalf("not JSON: %v\n%s", err, a.out)
	}
	if dec.More() {
		t.Fatalf("more than one document:\n%s", a.out)
	}
}

// file is a path in the shell's directory.
func (s *shell) file(name string) string { return filepath.Join(s.dir, name) }

// sheet writes an xlsx and returns its path.
func (s *shell) sheet(name string, rows ...string) string {
	s.t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	for i, row := range rows {
		cells := strings.Split(row, "|")
		if err := f.SetSheetRow("Sheet1", "A"+strconv.Itoa(i+1), &cells); err != nil {
			s.t.Fatal(err)
		}
	}
	if err := f.SaveAs(s.file(name)); err != nil {
		s.t.Fatal(err)
	}
	return s.file(name)
}

const rosterHeader = "单位|科室|岗位|层次|姓名|userid|角色|分管科室|权力标签"

// staff imports a unit of five.
func (s *shell) staff() {
	s.t.Helper()
	s.ok("import", "roster", s.sheet("staff.xlsx", rosterHeader,
		"试验县交通运输局|局领导|局长|领导岗位|郑伟|zhengwei|主要领导、领导小组组长||",
		"试验县交通运输局|局领导|副局长|领导岗位|周明|zhouming|分管领导|财务股、办公室|",
		"试验县交通运输局|财务股|股长|中层岗位|李静|lijing|科室负责人||",
		"试验县交通运输局|财务股|工程款支付岗|其他重要岗位|林小雅|linxiaoya|干部||财",
		"试验县交通运输局|办公室|主任|中层岗位|王芳|wangfang|科室负责人、防控办主任||"))
}

// company is a WeCom with its callback settings, and the variables that lead to it.
type company struct {
	*wecomsim.Sim
	url  string
	vars map[string]string
}

const (
	companyCorp   = "wwcompany000000001"
	companyAgent  = 1000007
	companySecret = "CANARY-secret-of-the-app-CANARY"
	companyToken  = "CANARYtoken"
	companyKey    = "CANARYabcdefghijklmnopqrstuvwxyz0123456789A"
)

// newCompany starts a WeCom; wrap, if there is one, stands before it.
func newCompany(t testing.TB, wrap func(http.Handler) http.Handler, people ...string) *company {
	t.Helper()
	cfg := wecomsim.Config{
		CorpID: companyCorp, AgentID: companyAgent, Secret: companySecret, Token: companyToken, AESKey: companyKey,
		Departments: []wecomsim.Department{{ID: 1, Name: "试验县交通运输局"}}, RetryPause: 100 * time.Millisecond,
	}
	for _, p := range people {
		cfg.Members = append(cfg.Members, wecomsim.Member{UserID: p, Name: p})
	}
	sim, err := wecomsim.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	h := sim.Handler()
	if wrap != nil {
		h = wrap(h)
	}
	server := httptest.NewServer(h)
	t.Cleanup(func() {
		sim.Close()
		server.CloseClientConnections()
		server.Close()
	})
	return &company{sim, server.URL, map[string]string{
		"QINGFENG_WECOM_API_BASE": server.URL, "QINGFENG_WECOM_CORP_ID": companyCorp, "QINGFENG_WECOM_AGENT_ID": strconv.Itoa(companyAgent),
		"QINGFENG_WECOM_SECRET": companySecret, "QINGFENG_WECOM_TOKEN": companyToken, "QINGFENG_WECOM_AES_KEY": companyKey,
	}}
}

// daemon is `qingfeng serve` as a process with exactly these variables.
type daemon struct {
	t     testing.TB
	vars  map[string]string
	staff string // base URL
	ops   string
	log   string // file

	mu   sync.Mutex
	cmd  *exec.Cmd
	done chan struct{}
	code int
}

func newDaemon(t testing.TB, vars map[string]string) *daemon {
	t.Helper()
	d := &daemon{t: t, vars: map[string]string{"QINGFENG_DATA_DIR": t.TempDir()}, log: filepath.Join(t.TempDir(), "log")}
	for k, v := range vars {
		d.vars[k] = v
	}
	d.vars["QINGFENG_LISTEN"], d.vars["QINGFENG_OPS_LISTEN"], d.vars["QINGFENG_PUBLIC_LISTEN"] = unusedAddress(t), unusedAddress(t), unusedAddress(t)
	d.staff, d.ops = "http://"+d.vars["QINGFENG_LISTEN"], "http://"+d.vars["QINGFENG_OPS_LISTEN"]
	t.Cleanup(func() {
		d.signal(syscall.SIGTERM)
		if !d.ended(15 * time.Second) {
			d.signal(syscall.SIGKILL)
			d.ended(5 * time.Second)
		}
		if t.Failed() {
			t.Logf("log of serve:\n%s", d.said())
		}
	})
	return d
}

// unusedAddress is a loopback address nobody listened on a moment ago.
func unusedAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// start runs the process.
func (d *daemon) start() {
	d.t.Helper()
	self, err := os.Executable()
	if err != nil {
		d.t.Fatal(err)
	}
	out, err := os.OpenFile(d.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		d.t.Fatal(err)
	}
	defer out.Close()
	cmd := exec.Command(self, "serve")
	cmd.Env = []string{asProgram + "=1", "PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "TMPDIR=" + os.Getenv("TMPDIR")}
	for k, v := range d.vars {
		cmd.Env = append(cmd.Env, k+"="+v)
	}
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	started, done := make(chan error), make(chan struct{})
	go func() {
		runtime.LockOSThread() // Pdeathsig is about the thread: it stays as long as the child
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err != nil {
			return
		}
		err = cmd.Wait()
		var exit *exec.ExitError
		d.mu.Lock()
		d.code = 0
		if errors.As(err, &exit) {
			d.code = exit.ExitCode()
		}
		d.mu.Unlock()
		close(done)
	}()
	if err := <-started; err != nil {
		d.t.Fatal(err)
	}
	d.mu.Lock()
	d.cmd, d.done = cmd, done
	d.mu.Unlock()
}

// begin starts it and waits until it is ready.
func (d *daemon) begin() {
	d.t.Helper()
	d.start()
	for until := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		resp, err := http.Get(d.staff + "/readyz")
		if err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return
			}
		}
		if d.ended(0) || time.Now().After(until) {
			d.t.Fatalf("serve does not get ready: %v\n%s", err, d.said())
		}
	}
}

func (d *daemon) signal(s syscall.Signal) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.cmd != nil {
		_ = d.cmd.Process.Signal(s) // it may be gone
	}
}

// ended waits for the process to be gone.
func (d *daemon) ended(within time.Duration) bool {
	d.mu.Lock()
	done := d.done
	d.mu.Unlock()
	if done == nil {
		return true
	}
	select {
	case <-done:
		return true
	case <-time.After(within):
		return false
	}
}

func (d *daemon) exit() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.code
}

func (d *daemon) said() string {
	raw, err := os.ReadFile(d.log)
	if err != nil {
		return err.Error()
	}
	return string(raw)
}

// within is a context for one wait of a test.
func within(t testing.TB, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}
