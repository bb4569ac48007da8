package pg_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/pg"
	"qingfeng/bot/plan"
	"qingfeng/bot/risk"
)

// reminders are "recipient rung again state why", in order.
func reminders(t *testing.T, r *pg.Register) (out []string) {
	t.Helper()
	rows, err := r.DB.Pool().Query(t.Context(), `SELECT p.name || ' v' || m.version || ' ' || rung || ' ' || again || ' ' || m.state || ' ' || why
		FROM reminder m JOIN person p ON p.id = m.recipient ORDER BY m.obligation_id, m.version, rung, again, recipient`)
	ok(t, err)
	defer rows.Close()
	for rows.Next() {
		var s string
		ok(t, rows.Scan(&s))
		out = append(out, s)
	}
	return out
}

func remind(b plan.Obligation, to int64, rung int, at time.Time) plan.Reminder {
	return plan.Reminder{Obligation: b.ID, Version: b.Version, Rung: rung, To: to, At: at}
}

func TestAReminderIsPlannedOnceHoweverManyPlan(t *testing.T) {
	r, _ := imported(t)
	ctx := t.Context()
	_, obs := launched(t, r)
	var rs, backwards []plan.Reminder
	for _, b := range obs {
		if b.Owner != 0 {
			rs = append(rs, remind(b, b.Owner, -3, morning(13)), remind(b, b.Owner, -1, morning(15)))
		}
	}
	for i := range rs {
		backwards = append(backwards, rs[len(rs)-1-i])
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	total := 0
	for i := range 4 {
		wg.Go(func() {
			n, err := r.AddReminders(ctx, [][]plan.Reminder{rs, backwards}[i%2])
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			total += n
		})
	}
	wg.Wait()
	same(t, "added", fmt.Sprint(total, len(reminders(t, r))), fmt.Sprint(len(rs), len(rs)))
}

func TestWhatCameBackIsRemindedOfAfterAll(t *testing.T) {
	r, _ := imported(t)
	ctx := t.Context()
	_, obs := launched(t, r)
	sun := person(t, r, "sun").ID
	b := obligation(t, obs, "selfcheck", sun)
	state := func(s risk.CheckState) {
		k := must(t, r.Check)(ctx, b.Check)
		k.State = s
		ok(t, r.Save(ctx, &k))
	}
	rs := []plan.Reminder{remind(b, sun, -1, morning(15))}
	n, err := r.AddReminders(ctx, rs)
	same(t, "planned", fmt.Sprint(n, err), "1 <nil>")
	state(risk.CheckSubmitted)
	n, err = r.DropReminders(ctx)
	same(t, "handed in", fmt.Sprint(n, err, reminders(t, r)), "1 <nil> [孙支付 v1 -1 0 dropped done]")
	state(risk.CheckReturned)
	n, err = r.AddReminders(ctx, rs)
	same(t, "returned", fmt.Sprint(n, err, reminders(t, r)), "1 <nil> [孙支付 v1 -1 0 planned ]")
	ok(t, r.Postpone(ctx, b.ID, date(10, 20)))
	n, err = r.DropReminders(ctx)
	same(t, "moved", fmt.Sprint(n, err, reminders(t, r)), "1 <nil> [孙支付 v1 -1 0 dropped moved]")
	n, err = r.AddReminders(ctx, rs)
	same(t, "what moved does not come back", fmt.Sprint(n, err), "0 <nil>")
}

func TestOnceMoreIsAddedOnceWhileItWaits(t *testing.T) {
	r, _ := imported(t)
	ctx := t.Context()
	_, obs := launched(t, r)
	sun := person(t, r, "sun").ID
	m := remind(obligation(t, obs, "selfcheck", sun), sun, -1, morning(15))
	if _, err := r.AddReminders(ctx, []plan.Reminder{m}); err != nil {
		t.Fatal(err)
	}
	tomorrow := m
	tomorrow.At = morning(16)
	n, err := r.Again(ctx, []plan.Reminder{tomorrow})
	same(t, "one waits", fmt.Sprint(n, err), "0 <nil>")
	say(t, r, morning(15))
	var wg sync.WaitGroup
	var mu sync.Mutex
	total := 0
	for range 4 {
		wg.Go(func() {
			n, err := r.Again(ctx, []plan.Reminder{tomorrow, tomorrow})
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			total += n
		})
	}
	wg.Wait()
	same(t, "pressed eight times", fmt.Sprint(total, reminders(t, r)), "1 [孙支付 v1 -1 0 queued  孙支付 v1 -1 1 planned ]")
	say(t, r, morning(16))
	tomorrow.At = morning(17)
	n, err = r.Again(ctx, []plan.Reminder{tomorrow})
	same(t, "and the day after", fmt.Sprint(n, err), "1 <nil>")
	items, err := r.TodaysReminders(ctx, sun, date(10, 16))
	ok(t, err)
	if len(items) != 1 || items[0].Again != 1 || items[0].Reminder.Obligation != m.Obligation || items[0].Obligation.ID != m.Obligation {
		t.Errorf("%+v", items)
	}
}

// say queues everything that is due at a moment, as a fan-out would.
func say(t *testing.T, r *pg.Register, now time.Time) (people int) {
	t.Helper()
	_, err := r.ClaimReminders(t.Context(), now, 0, 1000, func(ctx context.Context, list []plan.Addressee) (fates []plan.Fate, err error) {
		for _, a := range list {
			ids, err := r.QueuePushIDs(ctx, bot.Push{Kind: "reminder", Text: "请办"}, []bot.PushTo{{Person: a.Person, User: a.User, Once: plan.RemindOnce(a.Person, now)}})
			if err != nil {
				return nil, err
			}
			for _, m := range a.Ready {
				fates = append(fates, plan.Fate{ID: m.ID, State: plan.Queued, PushTo: ids[a.Person], On: now})
			}
			people++
		}
		return fates, nil
	})
	ok(t, err)
	return people
}

func TestAClaimedPersonIsNobodyElses(t *testing.T) {
	r, _ := imported(t)
	ctx := t.Context()
	_, obs := launched(t, r)
	sun, li, qian := person(t, r, "sun").ID, person(t, r, "li").ID, person(t, r, "qian").ID
	list := obligation(t, obs, "list", qian)
	if _, err := r.AddReminders(ctx, []plan.Reminder{
		remind(list, qian, 0, morning(12)), remind(obligation(t, obs, "selfcheck", qian), qian, 0, morning(12)),
		remind(obligation(t, obs, "selfcheck", sun), sun, 0, morning(12)), remind(obligation(t, obs, "selfcheck", li), li, 0, morning(12).Add(time.Second)),
	}); err != nil {
		t.Fatal(err)
	}
	due, err := r.RemindersDue(ctx, morning(12).Add(-time.Second))
	same(t, "never early", fmt.Sprint(due, err), "false <nil>")
	if _, err := r.DB.Pool().Exec(ctx, `INSERT INTO conversation (user_key, user_id, mode) VALUES ('sun', 'sun', 'text')`); err != nil {
		t.Fatal(err)
	}
	var first, second []plan.Addressee
	_, err = r.ClaimReminders(ctx, morning(12), 0, 1, func(_ context.Context, a []plan.Addressee) ([]plan.Fate, error) {
		first = a
		// Another fan-out, while we have the first person.
		_, err := r.ClaimReminders(t.Context(), morning(12), 0, 10, func(_ context.Context, a []plan.Addressee) ([]plan.Fate, error) {
			second = a
			return nil, nil
		})
		return nil, err
	})
	ok(t, err)
	if len(first) != 1 || first[0].Person != qian || len(first[0].Ready) != 2 || first[0].Ready[0].Item.Obligation.Code != "list" || !first[0].Ready[0].Open {
		t.Errorf("first: %+v", first)
	}
	if len(second) != 1 || second[0].Person != sun || second[0].Mode != bot.ModeText || !second[0].Active || second[0].Said {
		t.Errorf("second: %+v", second)
	}
	same(t, "nobody wrote anything", len(reminders(t, r)), 4)
	same(t, "all three are still due later", fmt.Sprint(say(t, r, morning(12)), say(t, r, morning(12)), say(t, r, morning(13))), "2 0 1")

	// A failure leaves everything as it was.
	if _, err := r.Again(ctx, []plan.Reminder{remind(list, qian, 0, morning(13))}); err != nil {
		t.Fatal(err)
	}
	boom := errors.New("boom")
	_, err = r.ClaimReminders(ctx, morning(13), 0, 9, func(ctx context.Context, a []plan.Addressee) ([]plan.Fate, error) {
		if !a[0].Said {
			_, err := r.QueuePush(ctx, bot.Push{Kind: "reminder", Text: "再办"}, []bot.PushTo{{Person: qian, User: "qian", Once: "x"}})
			return nil, errors.Join(err, boom)
		}
		return nil, errors.New("said on the 12th only")
	})
	if !errors.Is(err, boom) {
		t.Error(err)
	}
	var n int
	ok(t, r.DB.Pool().QueryRow(ctx, `SELECT count(*) FROM push_to WHERE once = 'x'`).Scan(&n))
	same(t, "nothing was queued", n, 0)
}

func TestWhoDidNotGetSomethingIsListedOnce(t *testing.T) {
	r, _ := imported(t)
	ctx := t.Context()
	sun, li := person(t, r, "sun").ID, person(t, r, "li").ID
	for _, sql := range []string{
		`INSERT INTO outbox (user_key, user_id, lane, state, invalid, tried_at) VALUES ('sun', 'sun', 0, 'failed', true, '2026-10-12T01:00:00Z'),
			('sun', 'sun', 0, 'failed', true, '2026-10-12T02:00:00Z'), ('li', 'li', 1, 'held', false, '2026-10-12T03:00:00Z'),
			('li', 'li', 1, 'sent', false, '2026-10-12T03:00:00Z'), ('li', 'li', 1, 'failed', false, '2026-10-10T03:00:00Z')`,
		`INSERT INTO outbox (user_key, user_id, lane, kind, state, tried_at) VALUES ('sun', 'sun', 1, 'update', 'failed', '2026-10-12T06:00:00Z')`, // an old card
		`INSERT INTO push (digest, kind, lane, mode, reply) VALUES ('x', 'survey', 2, 'card', '{}')`,
		`INSERT INTO push_to (push_id, person, user_id, once, state, at) SELECT id, ` + fmt.Sprint(li) + `, 'li', 'a', 'invalid', '2026-10-12T05:00:00Z' FROM push`,
		`INSERT INTO push_to (push_id, person, user_id, once, state, at) SELECT id, ` + fmt.Sprint(sun) + `, 'sun', 'b', 'sent', '2026-10-12T05:00:00Z' FROM push`,
	} {
		if _, err := r.DB.Pool().Exec(ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for _, u := range must(t, r.NotDelivered)(ctx, morning(12)) {
		got = append(got, fmt.Sprint(u.Name, u.Kind, u.State, u.At.UTC().Hour(), u.Person == sun || u.Person == li))
	}
	same(t, "not delivered", got, []string{"李核算surveyinvalid5 true", "李核算noticeheld3 true", "孙支付replyinvalid2 true"})
}
