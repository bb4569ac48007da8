package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/pg"
	"qingfeng/bot/text"
	"qingfeng/bot/wecom/wecomsim"
)

// chatWait is how long one line may take until its replies are there.
const chatWait = 10 * time.Second

// longestLine is more than the bot reads of one message.
const longestLine = 1 << 20

func chatCommand(ctx context.Context, e env, args []string) error {
	fs := e.flags(text.CmdChatUsage)
	as := fs.String("as", "", text.CmdChatAs)
	rest, err := parse(fs, args)
	if err != nil {
		return err
	}
	if *as == "" || len(rest) > 0 {
		return usage(fs)
	}
	cfg, _, err := e.config()
	if err != nil {
		return err
	}
	r, ok := readRun(cfg.DataDir)
	if !ok || r.WeCom == "" {
		return errNoDemo
	}
	url := r.Database
	if url == "" {
		url = string(cfg.DatabaseURL)
	}
	db, err := pg.Open(ctx, url, pg.WithMaxConns(2))
	if err != nil {
		return err
	}
	defer db.Close()
	c := &talk{env: e, as: *as, sim: &wecomsim.Client{Base: r.WeCom}, db: db, shown: map[string]string{}}
	return c.run(ctx)
}

// talk is one person's phone in a terminal.
type talk struct {
	env
	as     string
	sim    *wecomsim.Client
	db     *pg.DB
	cursor int64
	shown  map[string]string
}

func (c *talk) run(ctx context.Context) error {
	unit, err := c.sim.Unit(ctx)
	if err != nil {
		return errors.Join(errNoDemo, err)
	}
	at := slices.IndexFunc(unit.People, func(p wecomsim.Person) bool { return strings.EqualFold(p.UserID, c.as) })
	if at < 0 {
		return fmt.Errorf(text.ChatNobody, c.as)
	}
	c.as = unit.People[at].UserID
	page, err := c.sim.Since(ctx, c.as, 0, 0)
	if err != nil {
		return err
	}
	c.cursor = page.Cursor
	prompt := ""
	if isTerminal(c.in) {
		prompt = c.as + "> "
		c.print(page.Messages)
	} else {
		for _, m := range page.Messages {
			c.shown[m.MsgID] = m.Render()
		}
	}
	lines := make(chan string)
	var readErr error
	go func() {
		defer close(lines)
		in := bufio.NewScanner(c.in)
		in.Buffer(make([]byte, 64<<10), longestLine)
		for in.Scan() {
			select {
			case lines <- in.Text():
			case <-ctx.Done():
				return
			}
		}
		readErr = in.Err()
	}()
	for {
		fmt.Fprint(c.out, prompt)
		select {
		case <-ctx.Done():
			return nil
		case line, more := <-lines:
			if !more {
				return readErr
			}
			if strings.TrimSpace(line) == "" {
				continue
			}
			if err := c.line(ctx, line); err != nil {
				return err
			}
		}
	}
}

// line does one line and shows what came of it. What the phone refuses is said; only
// a simulator that is gone ends the chat.
func (c *talk) line(ctx context.Context, line string) error {
	opened, err := c.sim.Line(ctx, c.as, line)
	if err != nil {
		if _, gone := c.sim.Since(ctx, c.as, c.cursor, 0); gone != nil {
			return errors.Join(errNoDemo, gone)
		}
		fmt.Fprintln(c.out, err)
		return nil
	}
	for _, page := range opened {
		fmt.Fprintf(c.out, text.ChatOpened+"\n", page)
	}
	deadline := time.Now().Add(chatWait)
	for {
		busy, err := busyWith(ctx, c.db, c.as, time.Now())
		if err != nil {
			return err
		}
		if !busy {
			break
		}
		if time.Now().After(deadline) {
			fmt.Fprintln(c.out, text.CmdChatSlow)
			break
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(20 * time.Millisecond):
		}
	}
	page, err := c.sim.Since(ctx, c.as, c.cursor, 0)
	if err != nil {
		return err
	}
	c.cursor = page.Cursor
	c.print(page.Messages)
	return nil
}

// print shows what is new; of a card that ended, what became of it.
func (c *talk) print(list []wecomsim.Shown) {
	for _, m := range list {
		now := m.Render()
		before, known := c.shown[m.MsgID]
		c.shown[m.MsgID] = now
		switch {
		case m.From != wecomsim.FromApp || known && now == before:
		case known:
			if said := titleOf(m); said != "" && !plainEnd(said) {
				fmt.Fprintf(c.out, text.ChatCard+"\n", said)
			}
		default:
			fmt.Fprintln(c.out, now)
		}
	}
}

// busyWith reports whether a person's messages or replies are still under way: not yet
// taken through a turn, or due to be sent. What waits for the limits per member or for
// a timer is not.
func busyWith(ctx context.Context, db *pg.DB, user string, now time.Time) (busy bool, err error) {
	err = db.Pool().QueryRow(ctx, `
		SELECT EXISTS (SELECT FROM inbox WHERE user_key = $1 AND state = 'new' AND (due_at IS NULL OR due_at <= $2))
		    OR EXISTS (SELECT FROM outbox WHERE user_key = $1 AND state IN ('pending', 'sending', 'unknown') AND next_at <= $2)`,
		bot.UserID(user).Key(), now).Scan(&busy)
	return busy, err
}

// isTerminal reports whether a person types there.
func isTerminal(r io.Reader) bool {
	f, ok := r.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && info.Mode()&os.ModeDevice != 0
}
