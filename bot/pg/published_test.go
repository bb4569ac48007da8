package pg_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"qingfeng/bot/notice"
	"qingfeng/bot/opinion"
	"qingfeng/bot/pg"
	"qingfeng/bot/risk"
)

func ring(t *testing.T, r *pg.Register, door opinion.Door, printed, tips bool) {
	t.Helper()
	ok(t, r.SaveRing(t.Context(), opinion.SealRing{Door: door, Recipients: []string{"age1" + string(door), "age1printed"}, Recovery: "age1printed", Printed: printed, Tips: tips}))
}

func (n night) published(code string) notice.Published {
	n.t.Helper()
	p, err := n.c.Published(n.t.Context(), code)
	ok(n.t, err)
	return p
}

func TestANoticeIsToBeReadFromItsFirstDayOn(t *testing.T) {
	r, c := imported(t)
	n := newNight(t, r)
	campaign, p := confirmedPoint(t, r, "sun")
	x := checking(t, r, campaign, p)
	unread := func(what string) {
		t.Helper()
		if _, err := n.c.Published(t.Context(), x.Code); !errors.Is(err, notice.ErrNoNotice) {
			t.Errorf("%s: %v", what, err)
		}
	}
	unread("while it is checked")
	moved(t, r, &x, notice.Approved)
	unread("before it opens")
	moved(t, r, &x, notice.Open)
	got := n.published(x.Code)
	same(t, "state", got.State, notice.Open)
	x.Snapshot.Points[0].PointID, x.Snapshot.Points[0].PointVersion = 0, 0 // the register's, not shown
	same(t, "what is read", got.Snapshot, *x.Snapshot)
	for _, code := range []string{"", "nothing", "' OR true --"} {
		if _, err := n.c.Published(t.Context(), code); !errors.Is(err, notice.ErrNoNotice) {
			t.Errorf("%q: %v", code, err)
		}
	}
	same(t, "nobody could open what is said", got.Taking, false)

	ring(t, r, opinion.Office, true, false)
	for day, taking := range map[time.Time]bool{date(10, 12): true, date(10, 16): true, date(10, 30): true, date(10, 31): false} {
		c.now = day
		same(t, "taken while it is open on "+day.Format(time.DateOnly), n.published(x.Code).Taking, taking)
	}
	moved(t, r, &x, notice.Ended)
	c.now = date(10, 30).Add(23 * time.Hour)
	same(t, "taken on the tenth working day after its last", n.published(x.Code).Taking, true)
	c.now = date(10, 31)
	same(t, "and not after it", n.published(x.Code).Taking, false)

	ok(t, r.SetSetting(t.Context(), pg.ImagesSetting, "on"))
	same(t, "images", n.published(x.Code).Images, true)
	ring(t, r, opinion.Discipline, false, true)
	same(t, "a box that only one key opens", n.published(x.Code).Tips, false)
	ring(t, r, opinion.Discipline, true, true)
	same(t, "the box", n.published(x.Code).Tips, true)

	same(t, "no reason before it is withdrawn", got.Why, "")
	x.Remark = "有一条写错了科室"
	moved(t, r, &x, notice.Withdrawn)
	got = n.published(x.Code)
	same(t, "the reason that its page shows", got.Why, "有一条写错了科室")
	same(t, "withdrawn: it says so and shows nothing", fmt.Sprint(got.State, len(got.Snapshot.Points), got.Taking, got.Snapshot.Title), "withdrawn0 false风险点公示")
	same(t, "the record still has it", len(must(t, r.PublicNotice)(t.Context(), x.ID).Snapshot.Points), 1)
}

func TestADoorTakesWordsOnlyWhenASecondWayToOpenThemExists(t *testing.T) {
	r, _ := imported(t)
	n := newNight(t, r)
	takes := func(door opinion.Door, want ...string) {
		t.Helper()
		got, err := n.c.Recipients(t.Context(), door)
		if len(want) == 0 && !errors.Is(err, opinion.ErrNoDoor) {
			t.Errorf("%s: %v %v", door, got, err)
		}
		same(t, string(door), got, want)
	}
	takes(opinion.Office)
	ring(t, r, opinion.Office, false, false)
	takes(opinion.Office)
	ring(t, r, opinion.Office, true, false)
	takes(opinion.Office, "age1office", "age1printed")
	takes(opinion.Discipline)
	ring(t, r, opinion.Discipline, true, false)
	takes(opinion.Discipline)
	ring(t, r, opinion.Discipline, true, true)
	takes(opinion.Discipline, "age1discipline", "age1printed")
}

func TestWhatChangedBecauseSomebodySpokeIsShownWithoutADayAndOnlyAsFarAsItIsPublished(t *testing.T) {
	r, c := imported(t)
	ctx := t.Context()
	n := newNight(t, r)
	first := opened(t, r)
	wu, zhou := person(t, r, "wu").ID, person(t, r, "ZhouZheng").ID
	point := first.Points[0].Point
	revise := func(on *opinion.Feedback, after func(*risk.PointText)) {
		t.Helper()
		v := risk.Revision{Point: point, Why: "群众建议", ProposedBy: wu, ProposedOn: date(10, 20)}
		ok(t, r.ProposeRevision(ctx, &v))
		_, err := r.DecideRevision(ctx, v.ID, false, zhou, date(10, 20)) // only to read what stands
		ok(t, err)
		v.After = v.Before
		after(&v.After)
		if on != nil {
			v.FromFeedback = on.ID
		}
		ok(t, r.ProposeRevision(ctx, &v))
		_, err = r.DecideRevision(ctx, v.ID, true, zhou, date(11, 3))
		ok(t, err)
	}
	f, g := byPhone(first), byPhone(first)
	ok(t, r.AddFeedback(ctx, &f))
	ok(t, r.AddFeedback(ctx, &g))
	revise(nil, func(x *risk.PointText) { x.Title = "自己想到的" })
	revise(&f, func(x *risk.PointText) { x.Title = "复核不到位" })
	revise(&g, func(x *risk.PointText) { x.Level = risk.L3 }) // levels are not shown on this notice
	want := []notice.Change{{Month: "2026-11", Post: "工程款支付岗", Before: "自己想到的", After: "复核不到位", PointNo: 1}}
	same(t, "changes", n.published(first.Code).Changes, want)
	ok(t, r.SaveFeedback(ctx, &f)) // read before the revision was linked
	same(t, "a save does not unlink", must(t, r.Feedback)(ctx, f.ID).Revision != 0, true)
	same(t, "a revision knows its opinion", must0(t, func(ctx context.Context) (int64, error) {
		list, err := r.Revisions(ctx, first.Campaign)
		return list[2].FromFeedback, err
	})(ctx), f.ID)
	f = must(t, r.Feedback)(ctx, f.ID)
	same(t, "no totals while it is open", n.published(first.Code).Counts, notice.Counts{})

	second := notice.Record{Campaign: first.Campaign, Series: first.Series, Audience: first.Audience, Title: first.Title, Change: "按意见改正第1条", DraftedBy: wu, Start: first.Start, End: first.End, Draft: first.Draft}
	ok(t, r.NewNotice(ctx, &second))
	rows := must(t, r.NoticeRows)(ctx, first.Campaign)
	send(t, r, &second, rows[0].Point)
	moved(t, r, &second, notice.Approved, notice.Open)
	moved(t, r, &first, notice.Corrected)
	want[0].AlsoPublished = true
	old, now := n.published(first.Code), n.published(second.Code)
	same(t, "the corrected one stays to be read", []any{old.State, old.Newer, old.Changes, len(old.Snapshot.Points), old.Taking}, []any{notice.Corrected, second.Code, want, 1, false})
	same(t, "the new one", []any{now.State, now.Newer, now.Older, now.Snapshot.Points[0].Title}, []any{notice.Open, "", []notice.Version{{Code: first.Code, Version: 1}}, "复核不到位"})

	f.State, f.Outcome, f.AnsweredOn = opinion.Answered, opinion.Adopted, date(11, 3)
	ok(t, r.SaveFeedback(ctx, &f))
	moved(t, r, &second, notice.Ended)
	same(t, "totals of all versions", n.published(second.Code).Counts, notice.Counts{Received: 2, Adopted: 1})
	c.now = date(12, 1)
	must0(t, r.Purge)(ctx)
	same(t, "also once the words are gone", n.published(second.Code).Counts, notice.Counts{Received: 2, Adopted: 1})
	same(t, "and the change", len(n.published(second.Code).Changes), 1)
}
