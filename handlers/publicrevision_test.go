package handlers

import (
	"context"
	"strings"
	"testing"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/risk"
)

// revising is a proposal that changes the measures of wang's point.
func (b *bureau) revising(change ...func(*RevisionDraft)) RevisionDraft {
	b.t.Helper()
	p := b.check("wang").Points[0]
	in := RevisionDraft{Version: p.Version, After: pointText(p), Why: "群众提出措施不够具体"}
	in.After.Measures = []risk.Measure{{Text: "业绩条件由三人会商并写明理由", Who: "股长", Frequency: "每次", Evidence: "会商记录"}}
	for _, f := range change {
		f(&in)
	}
	return in
}

func (b *bureau) proposes(user bot.UserID, in RevisionDraft) (ok bool) {
	b.t.Helper()
	point := b.check("wang").Points[0].ID
	b.page(user, func(ctx context.Context, t *convo.Turn) (err error) {
		ok, err = b.desk.ProposeRevision(ctx, t, point, in)
		return err
	})
	return ok
}

func (b *bureau) revision() Revision {
	b.t.Helper()
	list, err := b.reg.Revisions(b.t.Context(), b.campaign.ID)
	if err != nil || len(list) == 0 {
		b.t.Fatalf("no revision: %v\n%s", err, b.Transcript())
	}
	return list[0]
}

func TestAPointIsRevisedByTwoPeopleAndTheNoticeIsCorrected(t *testing.T) {
	b := pubWorld(t)
	n := b.opened()
	if b.proposes("wang", b.revising()) || b.proposes("zheng", b.revising()) {
		t.Error("only the office and the section's head propose")
	}
	b.refused("role")
	if !b.proposes("li", b.revising()) {
		t.Fatal(b.Transcript())
	}
	if b.proposes("sun", b.revising()) {
		t.Error("two proposals at once")
	}
	b.phone("sun").Expect("已经有一次修订在等批准")
	if p := b.check("wang").Points[0]; p.Version != 1 || p.Measures[0].Text != "两人核对后签字" {
		t.Errorf("it changed before anybody approved: %+v", p)
	}
	zhao := b.phone("zhao").ExpectCard("有一处风险点修订请您批准")
	for _, bubble := range b.Phones.Screen("zhao") {
		if strings.Contains(bubble.String(), "会商") || strings.Contains(bubble.String(), "群众提出") {
			t.Errorf("a card tells what a point says: %s", bubble)
		}
	}
	zhao.Press("同意修订").Expect("修订已批准，现在是第2版")
	if p := b.check("wang").Points[0]; p.Version != 2 || p.Measures[0].Text != "业绩条件由三人会商并写明理由" || p.State != risk.PointConfirmed {
		t.Errorf("%+v", p)
	}
	b.phone("li").Expect("修订已批准")
	b.told("sun", "还是旧内容。要更正请打开："+pubURL(n), 1)
	if got, err := b.reg.PublicNotice(t.Context(), n.ID); err != nil || got.Snapshot.Points[0].Measures[0].Text != "两人核对后签字" {
		t.Errorf("what was published changed: %+v %v", got.Snapshot, err)
	}
	b.page("sun", func(ctx context.Context, t *convo.Turn) error {
		s, _, err := b.desk.PublicSheet(ctx, t, n.ID)
		if err != nil || !s.Moved {
			b.t.Errorf("the page does not say that the notice is old: %v", err)
		}
		return err
	})
	r := b.revision()
	b.page("zhou", func(ctx context.Context, t *convo.Turn) error {
		if ok, err := b.desk.DecideRevision(ctx, t, r.ID, false); ok || err != nil {
			b.t.Errorf("decided twice: %v %v", ok, err)
		}
		return nil
	})
	b.refused("in approved")
	changes, err := b.desk.pubChanges(t.Context(), n)
	if err != nil || len(changes) != 1 || changes[0].Point != 1 || !strings.Contains(changes[0].Before, "两人核对后签字") || !strings.Contains(changes[0].After, "三人会商") {
		t.Errorf("%+v %v", changes, err)
	}
}

func TestALevelChangesOnlyByAMeeting(t *testing.T) {
	b := pubWorld(t)
	higher := func(in *RevisionDraft) { in.After.Level = risk.L1 }
	for code, in := range map[string]RevisionDraft{
		"meeting":        b.revising(higher),
		"same":           b.revising(func(in *RevisionDraft) { in.After.Measures = b.check("wang").Points[0].Measures }),
		"why":            b.revising(func(in *RevisionDraft) { in.Why = "改" }),
		"changed":        b.revising(func(in *RevisionDraft) { in.Version = 7 }),
		"title":          b.revising(func(in *RevisionDraft) { in.After.Title = " " }),
		"manifestations": b.revising(func(in *RevisionDraft) { in.After.Manifestations = nil }),
		"measures":       b.revising(func(in *RevisionDraft) { in.After.Measures[0].Text = "" }),
		"lacks measure":  b.revising(func(in *RevisionDraft) { in.After.Measures = nil }),
		"choice":         b.revising(func(in *RevisionDraft) { in.After.Level = "L9" }),
	} {
		if b.proposes("sun", in) {
			t.Errorf("%s was taken", code)
		}
		b.refused(code)
	}
	tomorrow := b.revising(higher, func(in *RevisionDraft) {
		in.Meeting, in.Held = "领导小组第3次会议", b.Clock.Now().AddDate(0, 0, 1)
	})
	if b.proposes("sun", tomorrow) {
		t.Error("a meeting that has not been")
	}
	held := b.revising(higher, func(in *RevisionDraft) {
		in.Meeting, in.Held = "领导小组第3次会议", time.Date(2026, 10, 16, 0, 0, 0, 0, bot.Zone())
	})
	if !b.proposes("sun", held) {
		t.Fatal(b.Transcript())
	}
	r := b.revision()
	if r.Meeting != "领导小组第3次会议，2026年10月16日" || r.State != RevisionProposed {
		t.Errorf("%+v", r)
	}
	for _, c := range []struct {
		user bot.UserID
		code string
	}{{"sun", "own proposal"}, {"qian", "role"}, {"li", "role"}} { // qian leads another section
		b.page(c.user, func(ctx context.Context, t *convo.Turn) error {
			if ok, err := b.desk.DecideRevision(ctx, t, r.ID, true); ok || err != nil {
				b.t.Errorf("%s decided: %v %v", c.user, ok, err)
			}
			return nil
		})
		b.refused(c.code)
	}
	b.page("zhou", func(ctx context.Context, t *convo.Turn) error {
		_, err := b.desk.DecideRevision(ctx, t, r.ID, false)
		return err
	})
	if p := b.check("wang").Points[0]; p.Confirmed != risk.L2 || p.Version != 1 {
		t.Errorf("a rejected one is in force: %+v", p)
	}
	if !b.proposes("sun", held) {
		t.Error("after a no one may ask again")
	}
	r = b.revision()
	b.page("zhou", func(ctx context.Context, t *convo.Turn) error {
		_, err := b.desk.DecideRevision(ctx, t, r.ID, true)
		return err
	})
	if p := b.check("wang").Points[0]; p.Confirmed != risk.L1 || p.Version != 2 {
		t.Errorf("%+v", p)
	}
}
