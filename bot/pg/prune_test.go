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
