package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"qingfeng/bot/letter"
	"qingfeng/bot/text"
)

// secretMax is the longest line that is a secret, in bytes.
const secretMax = 1 << 10

// asker gets secrets from a terminal, which does not show them, or line by line from
// something else. It keeps none.
type asker struct {
	e        env
	terminal int           // file descriptor; -1: lines
	lines    *bufio.Reader // of what is no terminal
	generate bool          // new passphrases are made here
	made     []issued      // those that were
}

// issued is a passphrase that was made for somebody.
type issued struct{ holder, passphrase string }

// asks is an asker of a file, or of the standard input. close ends it.
func (e env) asks(file string, generate bool) (*asker, func(), error) {
	a := &asker{e: e, terminal: -1, generate: generate}
	if file != "" {
		f, err := os.Open(file)
		if err != nil {
			return nil, nil, err
		}
		a.lines = bufio.NewReader(f)
		return a, func() { _ = f.Close() }, nil
	}
	if f, ok := e.in.(*os.File); ok && term.IsTerminal(int(f.Fd())) { //nolint:gosec // file descriptors are small
		a.terminal = int(f.Fd()) //nolint:gosec // as above
		return a, func() {}, nil
	}
	a.lines = bufio.NewReader(e.in)
	return a, func() {}, nil
}

// secret asks for one secret.
func (a *asker) secret(ctx context.Context, what string) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	if a.terminal >= 0 {
		return a.typed(ctx, what)
	}
	line, err := a.lines.ReadSlice('\n')
	defer clear(line)
	if errors.Is(err, bufio.ErrBufferFull) || len(line) > secretMax {
		return "", fmt.Errorf(text.KeysTooLong, what)
	}
	s := strings.TrimRight(string(line), "\r\n")
	if s == "" {
		if err != nil && !errors.Is(err, io.EOF) {
			return "", err
		}
		return "", fmt.Errorf(text.KeysNoInput, what)
	}
	return s, nil
}

// typed reads from the terminal without showing it. Who interrupts gets the terminal back
// as it was.
func (a *asker) typed(ctx context.Context, what string) (string, error) {
	before, err := term.GetState(a.terminal)
	if err != nil {
		return "", err
	}
	type answer struct {
		line []byte
		err  error
	}
	got := make(chan answer, 1)
	go func() {
		line, err := term.ReadPassword(a.terminal)
		got <- answer{line, err}
	}()
	// The prompt waits until nothing typed is shown any more, so that whoever pastes at once
	// shows nothing either.
	for range 50 {
		if now, err := term.GetState(a.terminal); err != nil || *now != *before {
			break
		}
		time.Sleep(time.Millisecond)
	}
	fmt.Fprintf(a.e.err, text.KeysPrompt, what)
	select {
	case <-ctx.Done():
		_ = term.Restore(a.terminal, before)
		fmt.Fprintln(a.e.err)
		return "", ctx.Err()
	case r := <-got:
		fmt.Fprintln(a.e.err)
		defer clear(r.line)
		switch {
		case r.err != nil && !errors.Is(r.err, io.EOF):
			return "", r.err
		case len(r.line) == 0:
			return "", fmt.Errorf(text.KeysNoInput, what)
		}
		return string(r.line), nil
	}
}

// fresh is a new passphrase of a holder: made, or asked for, on a terminal twice.
func (a *asker) fresh(ctx context.Context, holder string) (string, error) {
	if a.generate {
		p, err := letter.NewPassphrase(rand.Reader)
		a.made = append(a.made, issued{holder, p})
		return p, err
	}
	what := fmt.Sprintf(text.KeysAskNew, holder)
	p, err := a.secret(ctx, what)
	if err != nil {
		return "", err
	}
	if letter.CheckPassphrase(p) != nil {
		return "", fmt.Errorf(text.KeysWeak, what)
	}
	if a.terminal >= 0 {
		again, err := a.secret(ctx, fmt.Sprintf(text.KeysAskAgain, what))
		if err != nil {
			return "", err
		}
		if again != p {
			return "", errors.New(text.KeysTwice)
		}
	}
	return p, nil
}

// freshAll is one new passphrase for each holder, all different.
func (a *asker) freshAll(ctx context.Context, holders []string) ([]string, error) {
	var all []string
	for _, h := range holders {
		p, err := a.fresh(ctx, h)
		if err != nil {
			return nil, err
		}
		for _, other := range all {
			if letter.SamePassphrase(other, p) {
				return nil, errors.New(text.KeysSame)
			}
		}
		all = append(all, p)
	}
	return all, a.finished()
}

// finished fails when more lines stand there than were asked for: then they are not what
// somebody thought they are.
func (a *asker) finished() error {
	if a.lines == nil {
		return nil
	}
	rest, err := a.lines.Peek(a.lines.Buffered())
	if err == nil && strings.TrimSpace(string(rest)) != "" {
		return errors.New(text.KeysLeftOver)
	}
	return err
}
