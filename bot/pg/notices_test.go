package pg_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/pg"
	"qingfeng/bot/risk"
)

// talk is a drafted notice of lin to sun.
func talk(t *testing.T, r *pg.Register) risk.Notice {
	t.Helper()
	n := risk.Notice{
		Kind: "inquiry", Tier: 2, State: risk.NoticeDrafted, Target: person(t, r, "sun"), Issuer: person(t, r, "lin"), Basis: bot.RolePrincipal, Version: 1,
		Delivery: "card", At: morning(20), Place: "302", Contact: "林", ReplyDays: 15, Due: bot.Civil(morning(22)), Bears: "member", MadeAt: morning(9),
	}
	ok(t, r.SaveNotice(t.Context(), &n))
	return n
}

func TestANoticeComesBackAsItWasSaved(t *testing.T) {
	r, _ := imported(t)
	n := talk(t, r)
	same(t, "drafted", must(t, r.Notice)(t.Context(), n.ID), n)
	n.State, n.Version, n.Approver, n.ApprovedBy = risk.NoticeClosed, 3, n.Issuer.ID, n.Issuer.ID
	n.IssuedAt, n.AckedAt, n.ClosedAt, n.Alerted, n.Follow, n.PointAsked = morning(10), morning(11), morning(12), bot.Civil(morning(13)), bot.Civil(morning(14)), true
	n.DocumentNo, n.DocumentOn = "3号", bot.Civil(morning(9))
	ok(t, r.SaveNotice(t.Context(), &n))
	same(t, "closed", must(t, r.Notice)(t.Context(), n.ID), n)
	if _, err := r.Notice(t.Context(), 999); !errors.Is(err, risk.ErrNone) {
		t.Error(err)
	}
	stale := n
	stale.Rev -= 1
	if err := r.SaveNotice(t.Context(), &stale); !errors.Is(err, risk.ErrChanged) {
		t.Errorf("a save over somebody else's: %v", err)
	}
}

func TestNoticesAreFoundByWhoseTheyAre(t *testing.T) {
	r, _ := imported(t)
	first, second := talk(t, r), talk(t, r)
	second.Issuer, second.Approver, second.State = person(t, r, "qian"), first.Issuer.ID, risk.NoticeIssued
	ok(t, r.SaveNotice(t.Context(), &second))
	for name, c := range map[string]struct {
		f    risk.NoticeFilter
		want []int64
	}{
		"all": {risk.NoticeFilter{}, []int64{second.ID, first.ID}}, "issuer": {risk.NoticeFilter{Issuer: second.Issuer.ID}, []int64{second.ID}},
		"target": {risk.NoticeFilter{Target: first.Target.ID}, []int64{second.ID, first.ID}}, "approver": {risk.NoticeFilter{Approver: first.Issuer.ID}, []int64{second.ID}},
		"state": {risk.NoticeFilter{States: []risk.NoticeState{risk.NoticeDrafted}}, []int64{first.ID}}, "nobody": {risk.NoticeFilter{Issuer: 999}, nil},
	} {
		list, err := r.Notices(t.Context(), c.f)
		ok(t, err)
		var ids []int64
		for _, n := range list {
			ids = append(ids, n.ID)
		}
		same(t, name, ids, c.want)
	}
	counts, err := r.NoticeCounts(t.Context())
	ok(t, err)
	same(t, "counts", counts, map[risk.NoticeState]int{risk.NoticeDrafted: 1, risk.NoticeIssued: 1})
}

func TestOfTwoWhoDecideAtOnceTheSecondSeesWhatTheFirstDid(t *testing.T) {
	r, _ := imported(t)
	n := talk(t, r)
	seen := make([]risk.NoticeState, 2)
	var wg sync.WaitGroup
	for i, state := range []risk.NoticeState{risk.NoticeApproved, risk.NoticeCancelled} {
		wg.Go(func() {
			err := r.DB.InTx(t.Context(), func(ctx context.Context) error {
				mine, err := r.Notice(ctx, n.ID)
				if err != nil {
					return err
				}
				seen[i] = mine.State
				time.Sleep(20 * time.Millisecond)
				mine.State = state
				return r.SaveNotice(ctx, &mine)
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if (seen[0] == risk.NoticeDrafted) == (seen[1] == risk.NoticeDrafted) {
		t.Errorf("both decided on %v", seen)
	}
}

func TestSealedPartsKeepTheirOrderAndADraftsOldOnesGo(t *testing.T) {
	r, _ := imported(t)
	n := talk(t, r)
	part := func(field string, version int, key string) risk.NoticePart {
		return risk.NoticePart{Notice: n.ID, Field: field, Version: version, By: n.Issuer.ID, KeyID: key, Sealed: []byte{1, 2, byte(version)}, At: morning(9)}
	}
	for _, p := range []risk.NoticePart{part("body", 1, "a"), part("reply", 2, "b"), part("reply", 3, "b")} {
		ok(t, r.SavePart(t.Context(), p))
	}
	list, err := r.Parts(t.Context(), n.ID)
	ok(t, err)
	if len(list) != 3 || list[0].Field != "body" || list[2].Version != 3 || string(list[1].Sealed) != "\x01\x02\x02" || list[1].By != n.Issuer.ID || !list[1].At.Equal(morning(9)) {
		t.Errorf("%+v", list)
	}
	// A waiting ballot names its key too: taken away, the survey could not end.
	_, err = r.DB.Pool().Exec(t.Context(), `
		WITH s AS (INSERT INTO survey (template, sheet, started_on, until_on, invited) VALUES ('x', '{}', '2026-10-01', '2026-10-02', 5) RETURNING id)
		INSERT INTO survey_inbox (survey, body) SELECT id, b FROM s, (VALUES ('\x01'::bytea || 'c'::bytea || '\x0a00ff0a'::bytea), ('\x00000a'::bytea)) v (b)`)
	ok(t, err)
	ids, err := r.SealKeyIDs(t.Context())
	ok(t, err)
	same(t, "keys", ids, []string{"a", "b", "c"})
	ok(t, r.DropParts(t.Context(), n.ID, []string{"body"}))
	list, err = r.Parts(t.Context(), n.ID)
	ok(t, err)
	same(t, "left", len(list), 2)
}

func TestAHeartTalkCountsOnceADayAndByItsYear(t *testing.T) {
	r, _ := imported(t)
	lin, sun := person(t, r, "lin").ID, person(t, r, "sun").ID
	day := func(year, month, dom int) time.Time {
		return time.Date(year, time.Month(month), dom, 0, 0, 0, 0, bot.Zone())
	}
	for _, c := range []struct {
		on    time.Time
		added bool
	}{{day(2026, 1, 1), true}, {day(2026, 12, 31), true}, {day(2026, 12, 31), false}, {day(2025, 12, 31), true}} {
		added, err := r.SaveHeartTalk(t.Context(), risk.HeartTalk{Talker: lin, Talked: sun, On: c.on})
		ok(t, err)
		same(t, c.on.String(), added, c.added)
	}
	for talked, want := range map[int64]int{sun: 2, 0: 2, lin: 0} {
		list, err := r.HeartTalks(t.Context(), talked, 2026)
		ok(t, err)
		same(t, "talks", len(list), want)
	}
}

func TestWhatWasSaidIsForgottenAndStillRecognised(t *testing.T) {
	r, _ := imported(t)
	if _, err := r.DB.Pool().Exec(t.Context(), `INSERT INTO inbox (dedupe, user_key, user_id, body) VALUES ('a', 'u', 'u', '{"kind":"text","text":"谈付款"}'), ('b', 'u', 'u', '{"kind":"text","text":"别的"}')`); err != nil {
		t.Fatal(err)
	}
	ok(t, r.ForgetSaid(t.Context(), "a"))
	var a, b string
	err := r.DB.Pool().QueryRow(t.Context(), `SELECT (SELECT body::text FROM inbox WHERE dedupe = 'a'), (SELECT body ->> 'text' FROM inbox WHERE dedupe = 'b')`).Scan(&a, &b)
	ok(t, err)
	same(t, "forgotten", a, `{"kind": "text"}`)
	same(t, "kept", b, "别的")
}

func TestEverybodyIncludesThoseWhoLeft(t *testing.T) {
	r, _ := imported(t)
	if _, err := r.DB.Pool().Exec(t.Context(), `UPDATE person SET active = false WHERE id = $1`, person(t, r, "sun").ID); err != nil {
		t.Fatal(err)
	}
	list, err := r.Everybody(t.Context())
	ok(t, err)
	if last := list[len(list)-1]; last.UserID.Key() != "sun" || last.Active {
		t.Errorf("%+v", list)
	}
}
