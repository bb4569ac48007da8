package handlers

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"testing"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/notice"
	"qingfeng/bot/opinion"
	"qingfeng/bot/plan"
	"qingfeng/bot/risk"
)

// pubWorld is the bureau with confirmed points, notices and the keys of the office's door.
func pubWorld(t *testing.T) *bureau {
	t.Helper()
	b := newBureau(t)
	b.desk.Publications, b.desk.Opinions, b.desk.Talks, b.desk.Random = b.reg, b.reg, b.reg, rand.Reader
	b.desk.Pages.Public = "https://gs.example"
	days, err := plan.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	b.desk.Days = days
	b.confirm("wang", "招标文件编制", pubTender)
	b.confirm("feng", "计量支付复核", pubPayment)
	b.keys(true)
	return b
}

const (
	pubTender  = "编制招标文件时可能设置只有个别企业满足的业绩条件"
	pubPayment = "复核计量支付时可能不核对现场工程量，多付工程款"
)

// keys makes the office's ring; printed: its printed key was typed back.
func (b *bureau) keys(printed bool) {
	b.t.Helper()
	err := b.reg.SaveRing(b.t.Context(), opinion.SealRing{
		Door: opinion.Office, Recipients: []string{"age1one", "age1two"}, Recovery: "age1two", Printed: printed, Made: bot.Civil(b.Clock.Now()),
		Locks: []opinion.Lock{{Holders: []string{"孙文"}, Locked: []byte("locked")}}, Spare: []byte("spare"),
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

// confirm puts one confirmed point on somebody's form, as the grading leaves it.
func (b *bureau) confirm(user bot.UserID, node, said string, change ...func(*risk.Point)) {
	b.t.Helper()
	ctx := b.t.Context()
	c := b.check(user)
	nodes, err := b.reg.Nodes(ctx, c.Post.SectionID)
	if err != nil {
		b.t.Fatal(err)
	}
	pt := risk.Point{
		No: len(c.Points) + 1, Layer: risk.LayerPost, Post: c.Post, Title: said[:len("编制招标文件时可能")], Manifestations: []string{said}, Category: risk.Duty,
		Measures: []risk.Measure{{Text: "两人核对后签字", Who: "股长", Frequency: "每次", Evidence: "签字单", NotDone: "没有两人签字"}},
		Methods:  []risk.Method{risk.MethodSelf}, State: risk.PointConfirmed, Confirmed: risk.L2, Version: 1,
	}
	for _, n := range nodes {
		if n.Name == node {
			pt.Node = n
		}
	}
	for _, f := range change {
		f(&pt)
	}
	c.Begun, c.State = true, risk.CheckConfirmed
	c.Points = append(c.Points, pt)
	b.texts = append(b.texts, pt.Manifestations...)
	if err := b.reg.Save(ctx, &c); err != nil {
		b.t.Fatal(err)
	}
}

// pubIn is a draft that can be sent.
func (b *bureau) pubIn(change ...func(*PubDraft)) PubDraft {
	in := PubDraft{Title: "2026年廉政风险点公示", Audience: notice.OfficeIn}
	in.Start, in.Days, in.Promise = bot.Civil(b.Clock.Now()).AddDate(0, 0, 2), 5, 10
	in.Contact = notice.Contact{Phone: "0834-2210000", Address: "县交通运输局二楼201室", Box: "一楼大厅东侧", Discipline: "驻局纪检监察组 0834-2219999"}
	for _, f := range change {
		f(&in)
	}
	return in
}

// newest is the newest notice.
func (b *bureau) pub() PublicNotice {
	b.t.Helper()
	list, err := b.reg.PublicNotices(b.t.Context(), NoticeFilter{})
	if err != nil {
		b.t.Fatal(err)
	}
	n, ok := newestPublic(list)
	if !ok {
		b.t.Fatalf("no notice\n%s", b.Transcript())
	}
	return n
}

func (b *bureau) pubIs(want notice.State) PublicNotice {
	b.t.Helper()
	n := b.pub()
	if n.State != want {
		b.t.Fatalf("the notice is %s, want %s\n%s", n.State, want, b.Transcript())
	}
	return n
}

// drafts writes a new notice as somebody of the office and reports whether it was taken.
func (b *bureau) drafts(user bot.UserID, in PubDraft) (ok bool) {
	b.t.Helper()
	b.page(user, func(ctx context.Context, t *convo.Turn) (err error) {
		_, ok, err = b.desk.DraftPublic(ctx, t, 0, 0, in)
		return err
	})
	return ok
}

// pubDo lets somebody do something to the newest notice as it stands.
func (b *bureau) pubDo(user bot.UserID, do func(ctx context.Context, t *convo.Turn, n PublicNotice) (bool, error)) (ok bool) {
	b.t.Helper()
	n := b.pub()
	b.page(user, func(ctx context.Context, t *convo.Turn) (err error) {
		ok, err = do(ctx, t, n)
		return err
	})
	return ok
}

func (b *bureau) sends(user bot.UserID) bool {
	b.t.Helper()
	return b.pubDo(user, func(ctx context.Context, t *convo.Turn, n PublicNotice) (bool, error) {
		return b.desk.SendPublic(ctx, t, n.ID, n.Rev, 0)
	})
}

func (b *bureau) approves(user bot.UserID) bool {
	b.t.Helper()
	return b.pubDo(user, func(ctx context.Context, t *convo.Turn, n PublicNotice) (bool, error) {
		return b.desk.ApprovePublic(ctx, t, n.ID, n.Rev)
	})
}

// noticeJob runs the notices' job at a moment, twice: the second time must change nothing.
func (b *bureau) noticeJob(at string) {
	b.t.Helper()
	when, err := time.ParseInLocation("2006-01-02 15:04", at, bot.Zone())
	if err != nil {
		b.t.Fatal(err)
	}
	b.Clock.Set(when)
	for range 2 {
		ids, err := b.desk.PublicDue(b.t.Context(), when)
		if err != nil {
			b.t.Fatal(err)
		}
		for _, id := range ids {
			if err := b.Runner.Do(b.t.Context(), "qingfeng-cli", func(ctx context.Context, t *convo.Turn) error { return b.desk.PublicTime(ctx, t, id) }); err != nil {
				b.t.Fatal(err)
			}
		}
	}
	b.Settle()
}

// opened is a notice of the office that is open since Wednesday 21 October.
func (b *bureau) opened(change ...func(*PubDraft)) PublicNotice {
	b.t.Helper()
	if !b.drafts("sun", b.pubIn(change...)) || !b.sends("sun") || !b.approves("zhou") {
		b.t.Fatalf("the notice did not get through\n%s", b.Transcript())
	}
	b.noticeJob("2026-10-21 09:12")
	return b.pubIs(notice.Open)
}

func (b *bureau) onPhone(user bot.UserID, part string) (n int) {
	b.t.Helper()
	for _, bubble := range b.Phones.Screen(user) {
		if strings.Contains(bubble.String(), part) {
			n++
		}
	}
	return n
}

func (b *bureau) told(user bot.UserID, part string, times int) {
	b.t.Helper()
	if n := b.onPhone(user, part); n != times {
		b.t.Fatalf("%s reads %q %d times, want %d\n%s", user, part, n, times, b.Transcript())
	}
}

// opine stores an opinion on a notice in a state, as the desk has it.
func (b *bureau) opine(n PublicNotice, state opinion.State, outcome opinion.Outcome, reason string) Feedback {
	b.t.Helper()
	today := bot.Civil(b.Clock.Now())
	f := Feedback{Notice: n.ID, Code: n.Code, Point: 1, Kind: opinion.Suggestion, Channel: opinion.Phone, ReceivedOn: today, State: opinion.Received, Body: []byte("sealed"), DueOn: today.AddDate(0, 0, 14), PurgeOn: today.AddDate(0, 0, 194)}
	if err := b.reg.AddFeedback(b.t.Context(), &f); err != nil {
		b.t.Fatal(err)
	}
	f.State, f.Outcome, f.Reason = state, outcome, reason
	if state == opinion.Answered {
		f.AnsweredOn = today
	}
	if state != opinion.Received {
		if err := b.reg.SaveFeedback(b.t.Context(), &f); err != nil {
			b.t.Fatal(err)
		}
	}
	return f
}

func pubURL(n PublicNotice) string { return fmt.Sprintf("https://qf.example/notice/%d", n.ID) }
