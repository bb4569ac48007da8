package wecomsim

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// ErrSyntax is returned for a line that starts with # and is none of the forms.
var ErrSyntax = errors.New("看不懂：#2 按第2个按钮，#2,3 勾选并提交，#s1=2 选择并提交")

// ParseLine reads one line typed in the terminal chat. Plain text is typed;
// #2 presses button 2 (or ticks option 2) of the newest live card; #2,3 ticks
// options 2 and 3 and submits; #s1=2 s2=1 sets selectors and submits; on a card
// whose buttons stand below a selector, #s1=2 3 selects and presses button 3.
// A line starting with ## types a text that starts with one #. The result is one
// action, or two that belong together.
func ParseLine(line string) ([]Action, error) {
	line = strings.TrimRight(line, "\r\n")
	rest, isCommand := strings.CutPrefix(line, "#")
	if !isCommand {
		return []Action{{Do: "type", Text: line}}, nil
	}
	if strings.HasPrefix(rest, "#") {
		return []Action{{Do: "type", Text: rest}}, nil
	}
	var numbers []int
	choice := map[string]string{}
	for _, word := range strings.FieldsFunc(rest, func(r rune) bool { return strings.ContainsRune(" ,，、　", r) }) {
		word = strings.TrimPrefix(word, "#")
		if name, value, isSelect := strings.Cut(word, "="); isSelect {
			n, err := strconv.Atoi(value)
			if err != nil || n < 1 || !strings.HasPrefix(name, "s") {
				return nil, ErrSyntax
			}
			choice[name] = "#" + value
			continue
		}
		n, err := strconv.Atoi(word)
		if err != nil || n < 1 {
			return nil, ErrSyntax
		}
		numbers = append(numbers, n)
	}
	switch {
	case len(choice) == 0 && len(numbers) == 0:
		return nil, ErrSyntax
	case len(choice) == 0:
		return []Action{{Do: "pick", Numbers: numbers}}, nil
	case len(numbers) == 0:
		return []Action{{Do: "select", Choice: choice}}, nil
	case len(choice) == 1 && len(numbers) == 1 && choice["s1"] != "":
		return []Action{{Do: "choose", Key: choice["s1"]}, {Do: "pick", Numbers: numbers}}, nil
	}
	return nil, ErrSyntax
}

// Client drives a running simulator from another process.
type Client struct {
	// Base is the simulator's address, like http://127.0.0.1:9180.
	Base string
	HTTP *http.Client
}

// Unit lists the people and the menu.
func (c *Client) Unit(ctx context.Context) (Unit, error) {
	var u Unit
	return u, c.get(ctx, "/sim/api/unit", &u)
}

// Line does what one line says, as this person, and returns the pages that were
// opened by it. It returns when the app has acknowledged.
func (c *Client) Line(ctx context.Context, as, line string) (opened []string, err error) {
	actions, err := ParseLine(line)
	if err != nil {
		return nil, err
	}
	for _, a := range actions {
		a.As = as
		pages, err := c.Act(ctx, a)
		if err != nil {
			return opened, err
		}
		opened = append(opened, pages...)
	}
	return opened, nil
}

// Act carries out one action and returns the pages it opened.
func (c *Client) Act(ctx context.Context, a Action) ([]string, error) {
	body, err := json.Marshal(a)
	if err != nil {
		return nil, fmt.Errorf("wecomsim client: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.Base+"/sim/api/act", bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("wecomsim client: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	var out struct {
		Opened []string `json:"opened"`
	}
	return out.Opened, c.roundTrip(req, &out)
}

// Since lists what is new or changed on the phone after a cursor, waiting up to
// wait for it.
func (c *Client) Since(ctx context.Context, as string, cursor int64, wait time.Duration) (Page, error) {
	q := url.Values{"as": {as}, "since": {strconv.FormatInt(cursor, 10)}}
	if wait > 0 {
		q.Set("wait", strconv.FormatFloat(wait.Seconds(), 'f', 3, 64))
	}
	var p Page
	return p, c.get(ctx, "/sim/api/phone?"+q.Encode(), &p)
}

const (
	quietKnown   = 150 * time.Millisecond // after the app said it is done
	quietUnknown = 1200 * time.Millisecond
	pollPause    = 50 * time.Millisecond
)

// Settle collects what the phone shows after cursor until the app is done with
// this person's messages, at most for max. When the simulator cannot know whether
// the app is done, a pause after the last message counts as the end.
func (c *Client) Settle(ctx context.Context, as string, cursor int64, max time.Duration) (Page, error) {
	all := Page{Cursor: cursor}
	index := map[string]int{}
	start, last := time.Now(), time.Now()
	for {
		page, err := c.Since(ctx, as, all.Cursor, 0)
		if err != nil {
			return all, err
		}
		if page.Cursor != all.Cursor || page.Busy {
			last = time.Now()
		}
		got := false
		for _, m := range page.Messages {
			if i, known := index[m.MsgID]; known {
				all.Messages[i] = m // changed since
				continue
			}
			index[m.MsgID] = len(all.Messages)
			all.Messages = append(all.Messages, m)
		}
		for _, m := range all.Messages {
			got = got || m.From == FromApp
		}
		all.Cursor, all.Plugin, all.Busy, all.KnowsBusy = page.Cursor, page.Plugin, page.Busy, page.KnowsBusy
		quiet := time.Since(last)
		switch {
		case time.Since(start) >= max,
			page.KnowsBusy && !page.Busy && quiet >= quietKnown,
			!page.KnowsBusy && got && quiet >= quietUnknown:
			return all, nil
		}
		sleep(ctx, pollPause)
		if ctx.Err() != nil {
			return all, ctx.Err()
		}
	}
}

func (c *Client) get(ctx context.Context, path string, out any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.Base+path, nil)
	if err != nil {
		return fmt.Errorf("wecomsim client: %w", err)
	}
	return c.roundTrip(req, out)
}

func (c *Client) roundTrip(req *http.Request, out any) error {
	client := c.HTTP
	if client == nil {
		client = http.DefaultClient
	}
	resp, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("wecomsim client: %w", err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		return fmt.Errorf("wecomsim client: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		var e struct {
			Error string `json:"error"`
		}
		if json.Unmarshal(data, &e) == nil && e.Error != "" {
			return errors.New(e.Error)
		}
		return fmt.Errorf("wecomsim client: HTTP %d", resp.StatusCode)
	}
	if err := json.Unmarshal(data, out); err != nil {
		return fmt.Errorf("wecomsim client: %w", err)
	}
	return nil
}
