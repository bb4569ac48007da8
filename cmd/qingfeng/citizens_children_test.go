package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"qingfeng/bot/pg/pgtest"
)

// offspring are the children of a process with this command, by their ids.
func offspring(t testing.TB, parent int, command string) (ids []int) {
	t.Helper()
	all, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil || len(all) == 0 {
		t.Fatal("no list of processes", err)
	}
	for _, path := range all {
		raw, err := os.ReadFile(path)
		if err != nil {
			continue // it ended
		}
		after := string(raw[bytes.LastIndexByte(raw, ')')+1:])
		f := strings.Fields(after)
		id, _ := strconv.Atoi(strings.Split(path, "/")[2])
		if len(f) < 2 || f[0] == "Z" || f[1] != strconv.Itoa(parent) {
			continue
		}
		line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", id))
		if err == nil && slices.Contains(strings.Split(string(line), "\x00"), command) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

func (d *daemon) pid() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.cmd.Process.Pid
}

// rested waits until the release of the start is over and two children wait.
func (d *daemon) rested() (ids []int) {
	d.t.Helper()
	for until := time.Now().Add(30 * time.Second); ; {
		before := offspring(d.t, d.pid(), citizensPages)
		time.Sleep(time.Second)
		if ids = offspring(d.t, d.pid(), citizensPages); slices.Equal(before, ids) && len(ids) == 2 {
			return ids
		}
		if time.Now().After(until) {
			d.t.Fatalf("children nobody asked come and go: %v, then %v", before, ids)
		}
	}
}

func alive(id int) bool { return syscall.Kill(id, 0) == nil }

// newCitizenDaemon is a running instance with a citizens' listener.
func newCitizenDaemon(t testing.TB, more map[string]string) *daemon {
	t.Helper()
	c := newCompany(t, nil)
	vars := map[string]string{"QINGFENG_DATABASE_URL": pgtest.URL(t), "QINGFENG_LOG_LEVEL": "debug"}
	for _, m := range []map[string]string{c.vars, more} {
		for k, v := range m {
			vars[k] = v
		}
	}
	d := newDaemon(t, vars)
	d.begin()
	return d
}

func (d *daemon) public() string { return "http://" + d.vars["QINGFENG_PUBLIC_LISTEN"] }

// visit asks for a page of the citizens' on a connection of its own.
func visit(ctx context.Context, address string) (int, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return 0, err
	}
	r.Close = true
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, err
	}
	_, err = io.Copy(io.Discard, res.Body)
	return res.StatusCode, errors.Join(err, res.Body.Close())
}

func TestWhoServesACitizenIsGoneSoonAndNobodyNotices(t *testing.T) {
	t.Parallel()
	d := newCitizenDaemon(t, nil)
	ids := d.rested()
	var asked, failed atomic.Int64
	var slowest atomic.Int64
	ctx, stop := context.WithCancel(t.Context())
	var visitors sync.WaitGroup
	for range 4 {
		visitors.Go(func() {
			for ctx.Err() == nil {
				at := time.Now()
				status, err := visit(ctx, d.public()+"/b")
				if ctx.Err() != nil {
					return
				}
				asked.Add(1)
				if err != nil || status != http.StatusOK {
					failed.Add(1)
					t.Errorf("%d %v", status, err)
				}
				slowest.Store(max(slowest.Load(), int64(time.Since(at))))
				time.Sleep(5 * time.Millisecond)
			}
		})
	}
	time.Sleep(2*acceptFor + 2*time.Second)
	most := len(offspring(t, d.pid(), citizensPages))
	stop()
	visitors.Wait()
	if most > 3 {
		t.Errorf("%d children at once under load", most)
	}
	t.Logf("%d visits while children relieved each other twice, %d failed, the slowest took %s", asked.Load(), failed.Load(), time.Duration(slowest.Load()))
	for until := time.Now().Add(childEnds + 2*time.Second); ; time.Sleep(50 * time.Millisecond) {
		left := offspring(t, d.pid(), citizensPages)
		if !slices.ContainsFunc(ids, func(id int) bool { return slices.Contains(left, id) }) && len(left) == 2 {
			break
		}
		if time.Now().After(until) {
			t.Fatalf("%v are left of %v", left, ids)
		}
	}
	if log := d.said(); strings.Contains(log, "citizens") {
		t.Errorf("the log tells of them:\n%s", log)
	}
}

func TestAChildThatDiesIsReplacedAtOnce(t *testing.T) {
	t.Parallel()
	d := newCitizenDaemon(t, nil)
	for round := range 3 {
		for _, id := range d.rested() {
			if err := syscall.Kill(id, syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		if status, err := visit(ctx, d.public()+"/b"); err != nil || status != http.StatusOK {
			t.Errorf("round %d: %d %v", round, status, err)
		}
		cancel()
	}
	if !strings.Contains(d.said(), "citizens' pages died") {
		t.Error("nobody was told")
	}
}

func TestChildrenDieWithTheirParent(t *testing.T) {
	t.Parallel()
	d := newCitizenDaemon(t, nil)
	ids := d.rested()
	d.signal(syscall.SIGKILL)
	if !d.ended(5 * time.Second) {
		t.Fatal("it does not die")
	}
	for until := time.Now().Add(5 * time.Second); alive(ids[0]) || alive(ids[1]); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatalf("of %v some live on", ids)
		}
	}
}

func TestSecretsOfChildrenAreInNoListOfProcesses(t *testing.T) {
	t.Parallel()
	secret := "CANARY-seal-key-of-at-least-32-characters"
	d := newCitizenDaemon(t, map[string]string{"QINGFENG_SEAL_KEY": secret})
	for _, id := range d.rested() {
		for _, file := range []string{"cmdline", "environ"} {
			raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", id, file))
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Contains(raw, []byte("CANARY")) || bytes.Contains(raw, []byte("postgres")) {
				t.Errorf("%s of a child: %q", file, raw)
			}
		}
		raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", id))
		if err != nil || !strings.Contains(strings.Join(strings.Fields(string(raw)), " "), "Max core file size 0 0") {
			t.Errorf("a child may leave a core file: %v\n%s", err, raw)
		}
	}
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", d.pid()))
	if err != nil || !strings.Contains(strings.Join(strings.Fields(string(raw)), " "), "Max core file size 0 0") {
		t.Errorf("the instance may leave a core file: %v\n%s", err, raw)
	}
}

func TestChildrenForCitizensAreToldNoSecretOfTheCompany(t *testing.T) {
	b := childBegin{Config: childConfig{SealKey: "seal", Secret: "CANARY", Token: "CANARY", AESKey: "CANARY", OpenAIKey: "CANARY"}, Database: "db"}
	raw, err := json.Marshal(b.forCitizens())
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(raw, []byte("CANARY")) || !bytes.Contains(raw, []byte("seal")) || !bytes.Contains(raw, []byte("db")) {
		t.Errorf("%s", raw)
	}
}

func TestMetricsDoNotGrowByTheSizeOfARequest(t *testing.T) {
	all, err := newShell(t).instance().metrics().Gather()
	if err != nil {
		t.Fatal(err)
	}
	process := false
	for _, m := range all {
		process = process || m.GetName() == "process_resident_memory_bytes"
		if strings.Contains(m.GetName(), "network") {
			t.Error(m.GetName())
		}
	}
	if !process {
		t.Error("nothing is told of the process")
	}
}

// supervised is an instance of which the citizens' listener alone runs, in this process,
// with children of its own.
func (s *shell) supervised() (*app, *citizens, *outerKeys, string) {
	t := s.t
	t.Helper()
	a := s.instance()
	keys, err := a.outer()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(keys.End)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := "http://" + l.Addr().String()
	kids, err := newChildren()
	if err != nil {
		t.Fatal(err)
	}
	pages, err := newCitizens(l, kids, func() childCitizens { return childCitizens{a.childBegin(), keys.Public(), a.proofs} }, a.meter, a.log)
	if err != nil {
		t.Fatal(err)
	}
	a.public.Store(pages)
	thread, stopThread := context.WithCancel(context.WithoutCancel(t.Context()))
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { kids.Run(thread) })
	ended := make(chan error, 1)
	go func() { ended <- pages.Run(ctx, drainWithin) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		stopThread()
		running.Wait()
	})
	return a, pages, keys, address
}

func TestAfterARenewalNobodyHasTheFormerKeyAndNoVisitFailed(t *testing.T) {
	s := newShell(t)
	for k, v := range newCompany(t, nil).vars {
		s.vars[k] = v
	}
	_, pages, keys, address := s.supervised()
	begun := time.Now()
	if status, err := visit(t.Context(), address+"/b"); err != nil || status != http.StatusOK {
		t.Fatal(status, err)
	}
	t.Logf("from nothing to the first answer: %s", time.Since(begun))
	self := os.Getpid()
	for range 3 {
		before := offspring(t, self, citizensPages)
		if err := keys.Turn(); err != nil {
			t.Fatal(err)
		}
		at := time.Now()
		renewed := make(chan error, 1)
		go func() { renewed <- pages.Renew(t.Context()) }()
		for waiting := true; waiting; {
			if status, err := visit(t.Context(), address+"/b"); err != nil || status != http.StatusOK {
				t.Errorf("while they are renewed: %d %v", status, err)
			}
			select {
			case err := <-renewed:
				if err != nil {
					t.Fatal(err)
				}
				waiting = false
			default:
			}
		}
		t.Logf("a renewal took %s", time.Since(at))
		after := offspring(t, self, citizensPages)
		for _, id := range before {
			if slices.Contains(after, id) {
				t.Errorf("child %d is from before the renewal", id)
			}
		}
	}
	// How long a child takes by itself: from its start until it could serve.
	var took []time.Duration
	for range 5 {
		at := time.Now()
		if err := pages.Renew(t.Context()); err != nil {
			t.Fatal(err)
		}
		took = append(took, time.Since(at))
	}
	slices.Sort(took)
	t.Logf("starting a child and ending its two predecessors takes %s (of 5, the middle)", took[2])
}
