package wecomsim

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestLinesMeanWhatTheManualSays(t *testing.T) {
	for line, want := range map[string]string{
		"你好":         `[{"as":"","do":"type","text":"你好"}]`,
		"#2":         `[{"as":"","do":"pick","numbers":[2]}]`,
		"#2,3":       `[{"as":"","do":"pick","numbers":[2,3]}]`,
		"#2，3":       `[{"as":"","do":"pick","numbers":[2,3]}]`,
		"#s1=2":      `[{"as":"","do":"select","choice":{"s1":"#2"}}]`,
		"#s1=2 s2=1": `[{"as":"","do":"select","choice":{"s1":"#2","s2":"#1"}}]`,
		"#s1=2 3":    `[{"as":"","do":"choose","key":"#2"},{"as":"","do":"pick","numbers":[3]}]`,
		"##话题":       `[{"as":"","do":"type","text":"#话题"}]`,
	} {
		got, err := ParseLine(line)
		if err != nil || mustJSON(t, got) != want {
			t.Errorf("%s: %v %s", line, err, mustJSON(t, got))
		}
	}
	for _, line := range []string{"#", "#x", "#0", "#s1=x", "#t1=2", "#-1", "#s1=1 s2=2 3"} {
		if _, err := ParseLine(line); !errors.Is(err, ErrSyntax) {
			t.Errorf("%s: %v", line, err)
		}
	}
}

func TestTheTerminalClientTalksToARunningSimulator(t *testing.T) {
	var busy atomic.Bool
	r := newRig(t, func(c *Config) {
		c.Busy = func(context.Context, string) (bool, error) { return busy.Load(), nil }
	}).login()
	busy.Store(true)
	r.reply(func(in inbound) (int, string) {
		go func() { // as the app does: acknowledge first, answer later
			time.Sleep(100 * time.Millisecond)
			r.post(sendPath, cardTo(in.FromUserName, voteCard("T1")))
			busy.Store(false)
		}()
		return 200, ""
	})
	c := &Client{Base: r.url}
	if _, err := c.Line(t.Context(), "lisi", "开始"); err != nil {
		t.Fatal(err)
	}
	page, err := c.Settle(t.Context(), "lisi", 0, 5*time.Second)
	if err != nil || len(page.Messages) != 2 || page.Messages[1].Card == nil {
		t.Fatalf("%v %+v", err, page)
	}
	r.reply(func(inbound) (int, string) { return 200, "" })
	if _, err := c.Line(t.Context(), "lisi", "#1,3"); err != nil {
		t.Fatal(err)
	}
	if in := r.last(); strings.Join(in.Items[0].OptionIDs, ",") != "a,c" {
		t.Errorf("%+v", in)
	}
	next, err := c.Since(t.Context(), "lisi", page.Cursor, 0)
	if err != nil || len(next.Messages) != 1 || !next.Messages[0].Card.CheckBox.Options[2].IsChecked {
		t.Errorf("the ticked card comes again as changed: %v %+v", err, next)
	}
	if _, err := c.Line(t.Context(), "lisi", "#9"); err == nil || err.Error() != ErrNoButton.Error() {
		t.Errorf("a button that is not there: %v", err)
	}
	unit, err := c.Unit(t.Context())
	if err != nil || len(unit.People) != 4 || unit.App != "清风" {
		t.Errorf("%v %+v", err, unit)
	}
}

func TestTheEventStreamTellsWhichPhoneHasNews(t *testing.T) {
	r := newRig(t, nil).login()
	req, err := http.NewRequestWithContext(within(t, 3*time.Second), "GET", r.url+"/sim/api/events?as=lisi,zhangsan", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	go r.sim.Phone("zhangsan").SetPlugin(true)
	buf := make([]byte, 4096)
	text := ""
	for !strings.Contains(text, "zhangsan") {
		n, err := resp.Body.Read(buf)
		text += string(buf[:n])
		if err != nil {
			t.Fatalf("%v after %q", err, text)
		}
	}
	if !strings.Contains(text, `"rev":1`) || strings.Contains(text, "lisi") {
		t.Errorf("%q", text)
	}
}

func TestThePageIsOneFileWithoutForeignResources(t *testing.T) {
	r := newRig(t, nil)
	resp, err := http.Get(r.url + "/sim/")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	page, err := io.ReadAll(resp.Body)
	if err != nil || !strings.Contains(string(page), "</html>") {
		t.Fatalf("%v, %d bytes", err, len(page))
	}
	for _, bad := range []string{"src=\"http", "href=\"http", "@import", "innerHTML"} {
		if strings.Contains(string(page), bad) {
			t.Errorf("the page holds %q", bad)
		}
	}
	log := r.get("/sim/api/log", nil)
	var out map[string]json.RawMessage
	if err := json.Unmarshal([]byte(log.raw), &out); err != nil || out["violations"] == nil {
		t.Errorf("%v %s", err, log.raw)
	}
}
