package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/csv"
	"errors"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/notice"
	"qingfeng/bot/opinion"
	"qingfeng/bot/pg"
	"qingfeng/bot/plan"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
	"qingfeng/handlers"
)

// demoRelease is how often a demo lets its night be: its clock is the real one, and nobody
// waits until three in the morning.
const demoRelease = time.Minute

// lastWorked is a clock that stands as far back as the last working day, on a day off: no
// notice begins on a Sunday, and whoever drafts it must have been somebody by then.
func lastWorked(now func() time.Time) (func() time.Time, error) {
	days, err := plan.Shipped()
	if err != nil {
		return nil, err
	}
	back := time.Duration(0)
	for day := bot.Civil(now()); !days.Worked(day); day = day.AddDate(0, 0, -1) {
		back += 24 * time.Hour
	}
	return func() time.Time { return now().Add(-back) }, nil
}

// seedNotice shows a demo's visitors a public notice that is open, with two opinions on the
// desk. Everything goes the way it goes for people: confirmed points, a draft, a second
// person, the citizens' pages, the release.
func seedNotice(ctx context.Context, cfg Config, db *pg.DB, now func() time.Time, log *slog.Logger) error {
	a, err := newApp(cfg, db, now, rand.Reader, log)
	if err != nil {
		return err
	}
	defer a.files.Close()
	if a.desk.Days, err = a.register.Calendar(ctx); err != nil {
		return err
	}
	if err := a.confirmDemo(ctx); err != nil {
		return err
	}
	code, err := a.openDemoNotice(ctx, bot.Civil(now()))
	if err != nil {
		return err
	}
	for _, say := range []struct {
		kind  opinion.Kind
		point string
		said  string
	}{{opinion.Suggestion, "4", text.DemoSays1}, {opinion.Praise, "0", text.DemoSays2}} {
		if err := a.sayAs(ctx, code, string(say.kind), say.point, say.said); err != nil {
			return err
		}
	}
	keys, err := a.outer()
	if err != nil {
		return err
	}
	defer keys.End()
	return a.release(ctx)
}

// confirmDemo puts confirmed points on a few forms of the open campaign, as its leading
// group's meeting leaves them.
func (a *app) confirmDemo(ctx context.Context) error {
	c, open, err := a.register.Campaign(ctx)
	if err != nil || !open {
		return err
	}
	all, err := a.register.Checks(ctx, risk.CheckFilter{Campaign: c.ID})
	if err != nil {
		return err
	}
	raw, err := demoFiles.ReadFile("demodata/confirmed.csv")
	if err != nil {
		return err
	}
	rows, err := csv.NewReader(bytes.NewReader(raw)).ReadAll()
	if err != nil {
		return fmt.Errorf("demo: confirmed points: %w", err)
	}
	const owner, node, title, shape, measure, who, often, proof, level = 0, 1, 2, 3, 4, 5, 6, 7, 8 // columns
	for _, row := range rows[1:] {
		i := slices.IndexFunc(all, func(x risk.SelfCheck) bool { return strings.EqualFold(string(x.Person.UserID), row[owner]) })
		if i < 0 {
			return fmt.Errorf("demo: %s has no form", row[owner])
		}
		check := &all[i]
		nodes, err := a.register.Nodes(ctx, check.Post.SectionID)
		if err != nil {
			return err
		}
		n := slices.IndexFunc(nodes, func(n risk.Node) bool { return n.Name == row[node] })
		if n < 0 {
			return fmt.Errorf("demo: the section of %s has no step %q", row[owner], row[node])
		}
		check.Begun, check.State, check.Version = true, risk.CheckConfirmed, 1
		check.Points = append(check.Points, risk.Point{
			No: len(check.Points) + 1, Layer: risk.LayerPost, Post: check.Post, Node: nodes[n], Title: row[title], Manifestations: []string{row[shape]}, Category: risk.Duty,
			Measures: []risk.Measure{{Text: row[measure], Who: row[who], Frequency: row[often], Evidence: row[proof]}},
			Methods:  []risk.Method{risk.MethodSelf}, State: risk.PointConfirmed, Confirmed: risk.Level(row[level]), Version: 1,
		})
		if err := a.register.Save(ctx, check); err != nil {
			return err
		}
		if err := a.register.Record(ctx, risk.Event{Action: "demo.confirm", Object: "selfcheck", ID: check.ID, Version: 1, Result: "ok"}); err != nil {
			return err
		}
	}
	return nil
}

// openDemoNotice drafts a notice as the office, has it checked by the leader, and returns
// its code.
func (a *app) openDemoNotice(ctx context.Context, day time.Time) (code string, err error) {
	in := handlers.PubDraft{Title: fmt.Sprintf(text.PubTitle, day.Year()), Audience: notice.Window}
	in.Start, in.Days, in.Promise = day, 10, opinion.Promise
	in.Contact = notice.Contact{Phone: text.DemoPhone, Address: text.DemoAddress, Box: text.DemoBox, Discipline: text.DemoDiscipline}
	var n handlers.PublicNotice
	steps := []struct {
		as string
		do func(ctx context.Context, t *convo.Turn) (bool, error)
	}{
		{demoOffice, func(ctx context.Context, t *convo.Turn) (ok bool, err error) {
			n, ok, err = a.desk.DraftPublic(ctx, t, 0, 0, in)
			return ok, err
		}},
		{demoOffice, func(ctx context.Context, t *convo.Turn) (bool, error) {
			return a.desk.SendPublic(ctx, t, n.ID, n.Rev, 0)
		}},
		{demoLeader, func(ctx context.Context, t *convo.Turn) (bool, error) {
			if n, err = a.register.PublicNotice(ctx, n.ID); err != nil {
				return false, err
			}
			return a.desk.ApprovePublic(ctx, t, n.ID, n.Rev)
		}},
	}
	for _, step := range steps {
		var said []string
		ok := false
		err := a.runner.Do(ctx, bot.UserID(step.as), func(ctx context.Context, t *convo.Turn) (err error) {
			ok, err = step.do(ctx, t)
			said = t.TakeSaid()
			return err
		})
		if err != nil {
			return "", err
		}
		if !ok {
			return "", fmt.Errorf("demo: the notice was refused: %s", strings.Join(said, " "))
		}
	}
	return n.Code, nil
}

// Who drafts and who checks the demo's notice.
const (
	demoOffice = "zhoumin"
	demoLeader = "shenhuaiyuan"
)

// sayAs hands an opinion in at the citizens' pages, as somebody without scripts does.
func (a *app) sayAs(ctx context.Context, code, kind, point, said string) error {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer serveOn(l, a.citizens)()
	ask := func(method, path string, fields url.Values) (string, error) {
		req, err := http.NewRequestWithContext(ctx, method, "http://"+l.Addr().String()+path, strings.NewReader(fields.Encode()))
		if err != nil {
			return "", err
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		resp, err := (&http.Client{Timeout: 10 * time.Second}).Do(req)
		if err != nil {
			return "", err
		}
		defer resp.Body.Close()
		page, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
		if err == nil && resp.StatusCode != http.StatusOK {
			err = fmt.Errorf("demo: %s answers %d", path, resp.StatusCode)
		}
		return html.UnescapeString(string(page)), err
	}
	page, err := ask(http.MethodGet, "/n/"+code, nil)
	if err != nil {
		return err
	}
	fields := filled(page)
	fields.Set("kind", kind)
	fields.Set("point", point)
	fields.Set("text", said)
	solve(page, fields)
	if page, err = ask(http.MethodPost, "/f", fields); err == nil && !strings.Contains(page, `id="code"`) {
		err = errors.New("demo: an opinion was not taken")
	}
	return err
}

// releaseOften is a demo's night: what came is on the desk within minutes.
func (a *app) releaseOften(ctx context.Context) {
	tick := time.NewTicker(demoRelease)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			n, err := a.db.Waiting(ctx)
			if err == nil && n > 0 {
				err = a.release(ctx)
			}
			if err != nil && ctx.Err() == nil {
				a.log.Warn("the demo's release", "err", err)
			}
		}
	}
}

// demoNotice is the address of a notice that is open, "" when there is none.
func (a *app) demoNotice(ctx context.Context) (string, error) {
	open, err := a.register.PublicNotices(ctx, handlers.NoticeFilter{States: []notice.State{notice.Open}})
	if err != nil || len(open) == 0 {
		return "", err
	}
	return a.desk.Pages.Noticed(open[len(open)-1].Code), nil
}
