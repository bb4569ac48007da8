package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
	"golang.org/x/term"

	"qingfeng/bot/opinion"
	"qingfeng/bot/text"
)

// screen is a terminal: what was written to it, and what the program on it read.
type screen struct {
	keyboard, tty *os.File
	mu            sync.Mutex
	shown         bytes.Buffer
}

func newScreen(t *testing.T) *screen {
	t.Helper()
	keyboard, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	fd := int(keyboard.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	tty, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	s := &screen{keyboard: keyboard, tty: tty}
	read := make(chan struct{})
	go func() {
		defer close(read)
		buf := make([]byte, 4096)
		for {
			n, err := keyboard.Read(buf)
			if err != nil {
				return
			}
			s.mu.Lock()
			s.shown.Write(buf[:n])
			s.mu.Unlock()
		}
	}()
	t.Cleanup(func() {
		_ = tty.Close()
		_ = keyboard.Close()
		<-read
	})
	return s
}

// says waits until the screen shows words for the nth time.
func (s *screen) says(t *testing.T, words string, times int) string {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		s.mu.Lock()
		shown := s.shown.String()
		s.mu.Unlock()
		if strings.Count(shown, words) >= times {
			return shown
		}
		if time.Now().After(end) {
			t.Fatalf("the screen does not show %q %d times:\n%s", words, times, shown)
		}
	}
}

func TestATerminalAsksTwiceAndShowsNothingOfAPassphrase(t *testing.T) {
	s := newShell(t)
	on := func(ctx context.Context, r *screen, args ...string) chan int {
		code := make(chan int, 1)
		go func() {
			e := env{getenv: func(k string) string { return s.vars[k] }, in: r.tty, out: r.tty, err: r.tty, doc: &document{}, work: 4}
			code <- e.run(ctx, args)
		}()
		return code
	}
	// typed answers each prompt once it stands there and shows nothing more.
	typed := func(r *screen, prompt string, times int, line string) {
		t.Helper()
		r.says(t, prompt, times)
		if _, err := r.keyboard.WriteString(line + "\n"); err != nil {
			t.Fatal(err)
		}
	}
	ask := fmt.Sprintf(text.KeysAskNew, text.KeysOffice)
	again := fmt.Sprintf(text.KeysAskAgain, ask)

	r := newScreen(t)
	code := on(t.Context(), r, "keys", "init", "--for", "office")
	typed(r, ask+"：", 1, passOne)
	typed(r, again+"：", 1, passTwo)
	shown := r.says(t, text.KeysTwice, 1)
	if got := <-code; got != 1 || strings.Contains(shown, "CANARY") {
		t.Errorf("exit %d\n%s", got, shown)
	}

	r = newScreen(t)
	code = on(t.Context(), r, "keys", "init", "--for", "office")
	typed(r, ask+"：", 1, passOne)
	typed(r, again+"：", 1, passOne)
	shown = r.says(t, "AGE-SECRET-KEY-1", 1)
	if got := <-code; got != 0 || strings.Contains(shown, "CANARY") {
		t.Errorf("exit %d\n%s", got, shown)
	}
	reads(t, ringOf(t, s.store(), opinion.Office), nil, passOne)

	// Who interrupts gets a terminal back that shows what is typed.
	r = newScreen(t)
	before, err := term.GetState(int(r.tty.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	ctx, interrupt := context.WithCancel(t.Context())
	code = on(ctx, r, "keys", "rotate", "--for", "office")
	r.says(t, "口令：", 1)
	interrupt()
	if got := <-code; got != 1 {
		t.Errorf("exit %d", got)
	}
	after, err := term.GetState(int(r.tty.Fd()))
	if err != nil || *before != *after {
		t.Errorf("the terminal stays as it was for a passphrase: %v", err)
	}
	_, _ = r.keyboard.WriteString("\n") // the reader that nobody waits for ends
	time.Sleep(50 * time.Millisecond)
}
