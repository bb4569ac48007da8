package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"qingfeng/bot/text"
)

// outBuffer is written by one goroutine and read by another.
type outBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *outBuffer) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *outBuffer) String() string { o.mu.Lock(); defer o.mu.Unlock(); return o.b.String() }

// machine is an environment with a data directory and ports of its own.
func machine(t *testing.T) func(string) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "qf") //nolint:usetesting // short: a unix socket lives below it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil { //nolint:gosec // Postgres runs as somebody else
		t.Fatal(err)
	}
	values := map[string]string{"QINGFENG_DATA_DIR": dir, "PATH": os.Getenv("PATH")}
	for _, name := range []string{"QINGFENG_LISTEN", "QINGFENG_PUBLIC_LISTEN", "QINGFENG_OPS_LISTEN"} {
		l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // closed at once
		if err != nil {
			t.Fatal(err)
		}
		values[name] = l.Addr().String()
		_ = l.Close()
	}
	return func(name string) string { return values[name] }
}

// The whole story: every expectation of every script holds, and so do the invariants.
func TestTheStoryHolds(t *testing.T) {
	getenv := machine(t)
	var out, errs outBuffer
	if code := run(t.Context(), []string{"demo", "--story"}, getenv, strings.NewReader(""), &out, &errs); code != 0 {
		t.Fatalf("exit %d\n%s\n%s", code, errs.String(), out.String())
	}
	head, _, _ := strings.Cut(text.StoryEnd, "%d")
	if said := out.String(); !strings.Contains(said, strings.TrimSpace(head)) || strings.Contains(said, "!!") {
		t.Errorf("the story does not end well:\n%s", said[max(0, len(said)-2000):])
	}
}

// A false expectation must be noticed, or the story proves nothing.
func TestAFalseExpectationFailsTheStory(t *testing.T) {
	s := &stage{out: &outBuffer{}}
	s.hold(true, "here", "")
	s.hold(false, "here", "%s", "not so")
	if s.held != 1 || len(s.failed) != 1 {
		t.Errorf("held %d, failed %v", s.held, s.failed)
	}
	if err := s.play(t.Context(), script{name: "x", lines: []string{"nonsense 1"}}); err == nil {
		t.Error("a verb that does not exist was taken")
	}
}

// startDemo runs `demo` until the returned function stops it, which checks the exit code.
func startDemo(t *testing.T, getenv func(string) string) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	var out, errs outBuffer
	code := make(chan int, 1)
	go func() { code <- run(ctx, []string{"demo"}, getenv, strings.NewReader(""), &out, &errs) }()
	stop = sync.OnceFunc(func() {
		cancel()
		select {
		case c := <-code:
			if c != 0 {
				t.Errorf("demo: exit %d\n%s", c, errs.String())
			}
		case <-time.After(15 * time.Second):
			t.Error("the demo does not stop")
		}
	})
	t.Cleanup(stop)
	ready := text.DemoReady[:strings.Index(text.DemoReady, "%s")]
	for began := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		switch {
		case strings.Contains(out.String(), ready):
			if strings.Contains(out.String(), "!!") {
				t.Errorf("the excerpt went wrong:\n%s", out.String())
			}
			return stop
		case len(code) > 0, time.Since(began) > 90*time.Second:
			t.Fatalf("the demo did not start\n%s\n%s", errs.String(), out.String())
		}
	}
}

// talkAs pipes lines into `chat` and returns what it printed.
func talkAs(t *testing.T, getenv func(string) string, user string, lines ...string) string {
	t.Helper()
	var out, errs outBuffer
	if code := run(t.Context(), []string{"chat", "--as", user}, getenv, strings.NewReader(strings.Join(lines, "\n")+"\n"), &out, &errs); code != 0 {
		t.Fatalf("chat: exit %d\n%s\n%s", code, errs.String(), out.String())
	}
	return out.String()
}

func contains(t *testing.T, said string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(said, p) {
			t.Errorf("nothing says %q in:\n%s", p, said)
		}
	}
}

func TestADemoIsTalkedToAndKeepsItsDataOverARestart(t *testing.T) {
	getenv := machine(t)
	var out, errs outBuffer
	if code := run(t.Context(), []string{"chat", "--as", "linxiaoya"}, getenv, strings.NewReader("\n"), &out, &errs); code == 0 {
		t.Error("chat without a demo succeeded")
	}
	contains(t, errs.String(), text.CmdNoDemo)

	stop := startDemo(t, getenv)
	said := talkAs(t, getenv, "linxiaoya", "自查", "#1", "对", "没变", "#1", "#9", "材料已齐仍以口头方式让申请人再跑一趟，借机示意找人打招呼")
	contains(t, said, text.SelfIntroTitle, text.SelfPostTitle, "没有这个按钮或选项", "第2条")
	if strings.Contains(said, text.CmdChatSlow) {
		t.Error("a line was not answered in time")
	}
	// A second instance in the same directory is turned away.
	if code := run(t.Context(), []string{"demo"}, getenv, strings.NewReader(""), &out, &errs); code == 0 {
		t.Error("two demos in one directory")
	}
	began := time.Now()
	stop()
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("stopping took %s", took)
	}

	stop = startDemo(t, getenv)
	defer stop()
	said = talkAs(t, getenv, "linxiaoya", "对", "1、3", "没有了", "提交")
	contains(t, said, fmt.Sprintf(text.SelfMeasureSaved, 2), text.SelfSubmitTitle, "已提交")
}
