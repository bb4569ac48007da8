package pg_test

import (
	"fmt"
	"testing"
	"time"

	"qingfeng/bot/risk"
)

func TestDraftsGoNinetyDaysAfterTheirCampaignAndWhatWasHandedInStays(t *testing.T) {
	r, c := imported(t)
	ctx := t.Context()
	campaign, checks := openCampaign(t, r, 2026)
	draft, handed := checkOf(t, checks, "sun"), checkOf(t, checks, "qian")
	for _, k := range []*risk.SelfCheck{&draft, &handed} {
		k.Duties, k.Begun = "审核支付", true
		p := fullPoint()
		p.State = risk.PointDraft
		k.Points = []risk.Point{p}
	}
	handed.State, handed.Version = risk.CheckSection, 1
	ok(t, r.Save(ctx, &draft))
	ok(t, r.Save(ctx, &handed))
	_, err := r.DB.Pool().Exec(ctx, `INSERT INTO conversation (user_key, user_id, stack, pending, updated_at) VALUES
		('sun', 'sun', '[{"flow":"selfcheck"}]', '{}', $1), ('late', 'late', '[{"flow":"selfcheck"}]', '{}', $2)`, c.now.Add(time.Hour), c.now.AddDate(0, 0, 95))
	ok(t, err)
	_, _, err = r.NewSession(ctx, "sun")
	ok(t, err)
	_, err = r.NewOAuthState(ctx, "/")
	ok(t, err)
	c.now = c.now.AddDate(0, 0, 8)
	ok(t, r.CloseCampaign(ctx, campaign.ID))

	count := func(what string) (n int) {
		t.Helper()
		ok(t, r.DB.Pool().QueryRow(ctx, `SELECT count(*) FROM `+what).Scan(&n))
		return n
	}
	state := func() []int {
		return []int{count(`risk_point`), count(`selfcheck WHERE duties <> ''`), count(`conversation WHERE stack <> '[]'`), count(`web_session`) + count(`oauth_state`)}
	}
	c.now = c.now.AddDate(0, 0, 89)
	_, err = r.Prune(ctx)
	ok(t, err)
	same(t, "after 89 days: points, forms with content, chats, sessions", state(), []int{2, 2, 2, 0})

	c.now = c.now.AddDate(0, 0, 2)
	_, err = r.Prune(ctx)
	ok(t, err)
	same(t, "after 91 days: points, forms with content, chats, sessions", state(), []int{1, 1, 1, 0})
	same(t, "the empty forms stay", count(`selfcheck`), len(checks))
	same(t, "and it is on record", count(`audit_event WHERE action = 'selfcheck.prune' AND object_id = `+fmt.Sprint(draft.ID)), 1)
	kept, err := r.Check(ctx, handed.ID)
	ok(t, err)
	same(t, "what was handed in is whole", len(kept.Points), 1)

	_, err = r.Prune(ctx)
	ok(t, err)
	same(t, "once", count(`audit_event WHERE action = 'selfcheck.prune'`), 1)
}

func TestAnUnfinishedChatLivesAsLongAsACampaignThatWasRunningThen(t *testing.T) {
	r, c := imported(t)
	ctx := t.Context()
	openCampaign(t, r, 2026)
	_, err := r.DB.Pool().Exec(ctx, `INSERT INTO conversation (user_key, user_id, stack, updated_at) VALUES ('sun', 'sun', '[{"flow":"selfcheck"}]', $1)`, c.now.Add(time.Hour))
	ok(t, err)
	c.now = c.now.AddDate(1, 0, 0)
	_, err = r.Prune(ctx)
	ok(t, err)
	var n int
	ok(t, r.DB.Pool().QueryRow(ctx, `SELECT count(*) FROM conversation WHERE stack <> '[]'`).Scan(&n))
	same(t, "chats", n, 1)
}

func TestWhatWasSaidFirstIsForgottenAfterItsTime(t *testing.T) {
	r, c := imported(t)
	ctx := t.Context()
	days := func(n int) time.Time { return c.now.AddDate(0, 0, -n) }
	_, err := r.DB.Pool().Exec(ctx, `
		INSERT INTO obligation (code, name, kind, since_on) VALUES ('x', 'x', 'other', '2020-01-01')`)
	ok(t, err)
	for i, age := range []int{29, 31, 89, 91, 399, 401} {
		_, err := r.DB.Pool().Exec(ctx, `
			INSERT INTO job_run (job, key, due_at, state, done_at) VALUES ('push', $1::text, $2, 'done', $2), ('push.notice', $1::text, $2, 'failed', $2)`, fmt.Sprint(i), days(age))
		ok(t, err)
		_, err = r.DB.Pool().Exec(ctx, `INSERT INTO job_run (job, key, due_at) VALUES ('waits', $1::text, $2)`, fmt.Sprint(i), days(age))
		ok(t, err)
		_, err = r.DB.Pool().Exec(ctx, `
			WITH p AS (INSERT INTO push (digest, kind, lane, mode, reply, made_at) VALUES ($1::text::bytea, 'reminder', 3, 'card', '{}', $2) RETURNING id),
			b AS (INSERT INTO push_batch (push_id, body, people, made_at, state) SELECT id, '', 1, $2, 'sent' FROM p RETURNING id, push_id)
			INSERT INTO push_to (push_id, batch_id, person, user_id, once, state, at)
			SELECT push_id, b.id, (SELECT min(id) FROM person), 'sun', $1::text, 'sent', $2 FROM b`, fmt.Sprint(i), days(age))
		ok(t, err)
		_, err = r.DB.Pool().Exec(ctx, `
			INSERT INTO reminder (obligation_id, version, rung, recipient, at, state) VALUES (1, 1, $1, (SELECT min(id) FROM person), $2, 'queued')`, i, days(age))
		ok(t, err)
	}
	_, err = r.Prune(ctx)
	ok(t, err)
	for table, want := range map[string]int{
		`job_run WHERE job <> 'waits'`: 2, `job_run WHERE job = 'waits'`: 6, `push_to`: 3, `push_batch`: 3, `push`: 3, `reminder`: 5,
	} {
		var n int
		ok(t, r.DB.Pool().QueryRow(ctx, `SELECT count(*) FROM `+table).Scan(&n))
		same(t, table, n, want)
	}
}
