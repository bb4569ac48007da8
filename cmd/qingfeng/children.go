package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"time"

	"qingfeng/bot"
)

// Commands by which the program starts itself for pages that hold somebody's words.
const (
	citizensPages = "citizens-pages" // serves citizens for a few seconds
	deskPage      = "desk-page"      // serves one connection of the desk
	// outerKeysChild makes an outer key, or releases what waits under former ones: no key
	// is ever in the memory of a process that stays.
	outerKeysChild = "outer-keys"
)

// childBegin is what a child is told on its standard input, so that nothing of it is seen
// in the list of processes: one JSON document.
type childBegin struct {
	Config   childConfig
	Database string
	Ahead    time.Duration // of the parent's clock to the machine's
}

// childConfig is Config with its secrets in the clear; only a pipe to a child carries it.
type childConfig struct {
	Config
	SealKey, Secret, Token, AESKey, OpenAIKey string
}

func (a *app) childBegin() childBegin {
	c := a.cfg
	return childBegin{
		Config:   childConfig{c, string(c.SealKey), string(c.Secret), string(c.Token), string(c.AESKey), string(c.OpenAIKey)},
		Database: a.db.Pool().Config().ConnString(), Ahead: time.Until(a.now()),
	}
}

// forCitizens leaves out what pages without users have no use for: the secrets of the
// company's app and of the models.
func (b childBegin) forCitizens() childBegin {
	b.Config.Secret, b.Config.Token, b.Config.AESKey, b.Config.OpenAIKey = "", "", "", ""
	return b
}

// config is the parent's configuration, as far as a page needs it.
func (b childBegin) config() Config {
	c := b.Config.Config
	c.SealKey, c.Secret, c.Token = Secret(b.Config.SealKey), Secret(b.Config.Secret), Secret(b.Config.Token)
	c.AESKey, c.OpenAIKey = Secret(b.Config.AESKey), Secret(b.Config.OpenAIKey)
	c.DatabaseURL, c.RedisURL = Secret(b.Database), ""
	return c
}

// now is the parent's clock.
func (b childBegin) now() time.Time { return time.Now().Add(b.Ahead).In(bot.Zone()) }

// readBegin reads the document and leaves what follows it in the reader that it returns.
func readBegin(in io.Reader, into any) (io.Reader, error) {
	dec := json.NewDecoder(in)
	if err := dec.Decode(into); err != nil {
		return nil, fmt.Errorf("what a child is told: %w", err)
	}
	return io.MultiReader(dec.Buffered(), in), nil
}

// children starts processes of this program. All are started by one thread, which lives
// as long as they do: on Linux a child dies with the thread that started it.
type children struct {
	self  string
	start chan func()
}

func newChildren() (*children, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return &children{self, make(chan func())}, nil
}

// Run is the thread; it lasts as long as ctx.
func (c *children) Run(ctx context.Context) {
	runtime.LockOSThread() // and never unlocked: the thread ends with its children
	for {
		select {
		case <-ctx.Done():
			return
		case start := <-c.start:
			start()
		}
	}
}

// childEnv is the whole environment of a child: nothing of a configuration, and no trace
// when it panics.
func childEnv() []string {
	return []string{"GOTRACEBACK=none", "PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "TMPDIR=" + os.Getenv("TMPDIR")}
}

// Start starts a command with these further files, from descriptor 3 on. What it says on
// standard error may hold anything and is dropped.
func (c *children) Start(ctx context.Context, name string, files ...*os.File) (*exec.Cmd, io.WriteCloser, error) {
	cmd := exec.Command(c.self, name) //nolint:noctx // a child ends when its work does; whoever starts it sets the limit
	cmd.Env = childEnv()
	cmd.ExtraFiles, cmd.SysProcAttr = files, childAttributes()
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, nil, err
	}
	started := make(chan error, 1)
	select {
	case c.start <- func() { started <- cmd.Start() }:
	case <-ctx.Done():
		return nil, nil, ctx.Err()
	}
	if err := <-started; err != nil {
		return nil, nil, fmt.Errorf("start %s: %w", name, err)
	}
	return cmd, in, nil
}
