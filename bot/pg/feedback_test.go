package pg_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"qingfeng/bot/notice"
	"qingfeng/bot/opinion"
	"qingfeng/bot/pg"
	"qingfeng/bot/risk"
)

// byPhone is an opinion that the desk entered.
func byPhone(n notice.Record) opinion.Feedback {
	return opinion.Feedback{
		Notice: n.ID, Point: 1, Kind: opinion.Suggestion, Channel: opinion.Phone, ReceivedOn: date(10, 13), Body: []byte("sealed"),
		DueOn: date(10, 27), PurgeOn: date(12, 1),
	}
}

func TestAnOpinionOfTheDeskIsKeptCountedAndSavedByWhoeverReadItLast(t *testing.T) {
	r, _ := imported(t)
	ctx := t.Context()
	n := opened(t, r)
	f := byPhone(n)
	ok(t, r.AddFeedback(ctx, &f))
	second := byPhone(n)
	second.DueOn = date(10, 20)
	ok(t, r.AddFeedback(ctx, &second))
	if f.ID <= 0 || f.ID >= 1<<53 || f.State != opinion.Received {
		t.Errorf("%+v", f)
	}
	f.Code = n.Code
	same(t, "read", must(t, r.Feedback)(ctx, f.ID), f)
	same(t, "counted", newNight(t, r).count(`feedback_count WHERE on_day = '2026-10-13' AND notice = $1 AND door = 'office' AND kind = 'suggestion' AND n = 2`, n.ID), 1)

	old := f
	f.State, f.Section, f.Brief, f.BriefKey, f.View, f.ViewKey = opinion.Answering, section(t, r, "财务审计股").ID, []byte("b"), "k1", []byte("v"), "k2"
	ok(t, r.SaveFeedback(ctx, &f))
	f.State, f.Outcome, f.Reason, f.Answer, f.AnsweredOn = opinion.Answered, opinion.Partly, "另一半不在职权内", []byte("sealed answer"), date(10, 20)
	ok(t, r.SaveFeedback(ctx, &f))
	same(t, "saved", must(t, r.Feedback)(ctx, f.ID), f)
	if err := r.SaveFeedback(ctx, &old); !errors.Is(err, risk.ErrChanged) {
		t.Errorf("an old one: %v", err)
	}
	f.Outcome, f.Reason = opinion.Not, ""
	if r.SaveFeedback(ctx, &f) == nil {
		t.Error("not adopted, without a reason")
	}
	ids := func(x opinion.Filter) (out []int64) {
		for _, f := range must(t, r.Feedbacks)(ctx, x) {
			out = append(out, f.ID)
		}
		return out
	}
	same(t, "due first", ids(opinion.Filter{Notice: n.ID}), []int64{second.ID, f.ID})
	same(t, "of a section", ids(opinion.Filter{Section: f.Section}), []int64{f.ID})
	same(t, "by state", ids(opinion.Filter{States: []opinion.State{opinion.Received}}), []int64{second.ID})
	same(t, "due", ids(opinion.Filter{DueUntil: date(12, 31)}), []int64{second.ID})
	same(t, "of a series", ids(opinion.Filter{Series: n.Series}), []int64{second.ID, f.ID})
	keys := must0(t, r.SealKeyIDs)(ctx)
	same(t, "keys that are needed", keys, []string{"k1", "k2"})
	if _, err := r.Feedback(ctx, 5); !errors.Is(err, risk.ErrNone) {
		t.Errorf("no such opinion: %v", err)
	}
}

func TestWhatCameOfOpinionsIsCountedOverVersionsMergersClosesAndPurges(t *testing.T) {
	r, c := imported(t)
	ctx := t.Context()
	first := opened(t, r)
	second := notice.Record{Campaign: first.Campaign, Series: first.Series, Audience: first.Audience, Title: first.Title, Change: "改", DraftedBy: first.DraftedBy, Start: first.Start, End: first.End, Draft: first.Draft}
	ok(t, r.NewNotice(ctx, &second))
	add := func(n notice.Record, ch opinion.Channel, change func(*opinion.Feedback), states ...opinion.State) opinion.Feedback {
		f := byPhone(n)
		f.Channel = ch
		ok(t, r.AddFeedback(ctx, &f))
		for i, s := range states {
			if f.State = s; i == 0 && change != nil {
				change(&f)
			}
			ok(t, r.SaveFeedback(ctx, &f))
		}
		return f
	}
	answered := func(o opinion.Outcome, day time.Time) func(*opinion.Feedback) {
		return func(f *opinion.Feedback) { f.Outcome, f.Reason, f.AnsweredOn = o, "理由", day }
	}
	adopted := add(first, opinion.Phone, answered(opinion.Adopted, date(10, 20)), opinion.Answered, opinion.Closed)
	add(first, opinion.Visit, answered(opinion.Partly, date(10, 28)), opinion.Answered) // a day late
	add(second, opinion.Web, answered(opinion.Not, date(10, 27)), opinion.Answered, opinion.Closed)
	add(first, opinion.Box, nil, opinion.NotInScope, opinion.Closed)
	add(second, opinion.Phone, func(f *opinion.Feedback) { f.MergedInto = adopted.ID }, opinion.Merged, opinion.Closed)
	waiting := add(first, opinion.Phone, nil, opinion.Triaged)
	moved := byPhone(first)
	ok(t, r.AddFeedback(ctx, &moved))
	ok(t, r.ToTips(ctx, &moved, []byte("to the other door"), nil))
	add(first, opinion.Phone, func(f *opinion.Feedback) { f.MergedInto = waiting.ID }, opinion.Merged)
	elsewhere := opinion.Feedback{Kind: opinion.Other, Channel: opinion.Meeting, ReceivedOn: date(10, 13), DueOn: date(10, 27), PurgeOn: date(12, 1)}
	ok(t, r.AddFeedback(ctx, &elsewhere)) // about no notice

	want := opinion.Totals{
		Received: 8, Adopted: 2, Partly: 1, Not: 1, Elsewhere: 2, Open: 2, Late: 1,
		ByChannel: map[opinion.Channel]int{opinion.Phone: 5, opinion.Visit: 1, opinion.Web: 1, opinion.Box: 1},
	}
	same(t, "by the first version", must(t, r.FeedbackTotals)(ctx, first.ID), want)
	same(t, "by the second version", must(t, r.FeedbackTotals)(ctx, second.ID), want)
	c.now = date(10, 28)
	want.Late = 2
	same(t, "once the promised day is over", must(t, r.FeedbackTotals)(ctx, first.ID), want)
	c.now = date(12, 1)
	must0(t, r.Prune)(ctx)
	same(t, "purged", newNight(t, r).count(`feedback WHERE state = 'purged'`), 9)
	same(t, "and still counted", must(t, r.FeedbackTotals)(ctx, first.ID), want)
}

func TestWordsAreDeletedOnTheirDayAndThatThereWereSomeIsKept(t *testing.T) {
	r, c := imported(t)
	ctx := t.Context()
	n := newNight(t, r)
	tip := said("2026-10-12", "TTTT", "线索")
	tip.Door = opinion.Discipline
	n.hold("k", said("2026-10-12", "AAAA", "话"), added("2026-10-12", "AAAA", "再说"), tip, added("2026-10-12", "TTTT", "再说"), said("2026-10-20", "LATE", "晚来的"))
	n.release("k")
	for _, f := range must(t, r.Feedbacks)(ctx, opinion.Filter{}) {
		f.State, f.Answer, f.Brief, f.BriefKey, f.View, f.ViewKey, f.Image, f.Outcome = opinion.Answered, []byte("a"), []byte("b"), "k", []byte("v"), "k", []byte("i"), opinion.Adopted
		ok(t, r.SaveFeedback(ctx, &f))
	}
	day := time.Date(2027, 4, 20, 0, 0, 0, 0, date(1, 1).Location())
	c.now = day.Add(-time.Minute)
	must0(t, r.Prune)(ctx)
	same(t, "the evening before", n.count(`feedback WHERE body IS NOT NULL`)+n.count(`sealed_tip WHERE body IS NOT NULL`), 3)
	c.now = day
	must0(t, r.Prune)(ctx)
	const gone = ` WHERE state = 'purged' AND body IS NULL AND image IS NULL AND answer IS NULL AND selector IS NULL AND salt IS NULL AND answer_to IS NULL`
	same(t, "an opinion", n.count(`feedback`+gone+` AND brief IS NULL AND brief_key IS NULL AND view IS NULL AND view_key IS NULL AND was = 'answered' AND outcome = 'adopted' AND rev = 2`), 1)
	same(t, "a tip", n.count(`sealed_tip`+gone), 1)
	same(t, "their lines", n.count(`feedback_line WHERE body IS NULL`)+n.count(`tip_line WHERE body IS NULL`), 2)
	same(t, "what is not due stays", n.count(`feedback WHERE body = '晚来的' AND selector = 'LATE'`), 1)
	same(t, "counts stay", n.numbers(`SELECT sum(n)::int FROM feedback_count`), []int{3})
	must0(t, r.Purge)(ctx)
	same(t, "once, with the day alone", n.numbers(`SELECT count(*)::int FROM audit_event WHERE action IN ('feedback.purge', 'tip.purge') AND at = '2027-04-19 16:00:00+00'`), []int{2})
	ok(t, r.VerifyAudit(ctx))
	if _, err := n.c.Letter(ctx, "AAAA"); !errors.Is(err, opinion.ErrNoLetter) {
		t.Errorf("by its receipt: %v", err)
	}
	n.hold("k", added("2027-04-21", "AAAA", "还有"))
	same(t, "a line to what is gone", n.release("k"), pg.HoldCounts{Bad: 1})
}

func TestAnOpinionGoesToTheDisciplineOfficeWithItsReceiptAndLeavesNoWords(t *testing.T) {
	r, _ := imported(t)
	ctx := t.Context()
	n := newNight(t, r)
	n.hold("k", said("2026-10-12", "AAAA", "说的是办公室"), added("2026-10-12", "AAAA", "再说"))
	n.release("k")
	f := must(t, r.Feedbacks)(ctx, opinion.Filter{})[0]
	if err := r.ToTips(ctx, &f, []byte("x"), nil); err == nil {
		t.Error("a line was forgotten")
	}
	read := f
	n.hold("k", added("2026-10-13", "AAAA", "又说"))
	n.release("k")
	if err := r.ToTips(ctx, &read, []byte("x"), [][]byte{[]byte("y")}); !errors.Is(err, risk.ErrChanged) {
		t.Errorf("a line came that was not read: %v", err)
	}
	f = must(t, r.Feedback)(ctx, f.ID)
	f.Brief, f.BriefKey = []byte("b"), "k"
	ok(t, r.SaveFeedback(ctx, &f))
	ok(t, r.ToTips(ctx, &f, []byte("sealed anew"), [][]byte{[]byte("l1"), []byte("l2")}))
	same(t, "what stays with the office", must(t, r.Feedback)(ctx, f.ID), f)
	same(t, "no words", n.count(`feedback WHERE state = 'moved' AND body IS NULL AND selector IS NULL AND salt IS NULL AND answer_to IS NULL AND brief IS NULL`)+n.count(`feedback_line`), 1)
	x := must0(t, r.Tips)(ctx)[0]
	same(t, "the tip", fmt.Sprint(string(x.Body), x.State, x.FromOffice, x.AnswerTo, len(x.Lines), x.Lines[1].On.Format(time.DateOnly), x.ReceivedOn.Format(time.DateOnly)),
		"sealed anewreceivedtrueto-AAAA22026-10-132026-10-12")
	k, err := n.c.Letter(ctx, "AAAA")
	ok(t, err)
	same(t, "by its receipt", k.Door, opinion.Discipline)
	if err := r.ToTips(ctx, &f, nil, nil); !errors.Is(err, opinion.ErrMove) {
		t.Errorf("twice: %v", err)
	}
	n.hold("k", added("2026-10-14", "AAAA", "还有"))
	same(t, "a later line follows", n.release("k"), pg.HoldCounts{Lines: 1})
	same(t, "to the tip", n.count(`tip_line`), 3)
}

func TestAnEventAboutAnOpinionHasTheDayAloneAndTheChainHolds(t *testing.T) {
	r, c := newRegister(t)
	ctx := t.Context()
	ok(t, r.Record(ctx, event(1)))
	c.now = morning(9)
	ok(t, r.RecordOn(ctx, risk.Event{Actor: 3, Action: "feedback.answer", Object: "feedback", ID: 7}, c.now))
	ok(t, r.Record(ctx, event(2)))
	ok(t, r.VerifyAudit(ctx))
	var at time.Time
	ok(t, r.DB.Pool().QueryRow(ctx, `SELECT at FROM audit_event WHERE action = 'feedback.answer' AND result = 'ok'`).Scan(&at))
	same(t, "at", at.Equal(date(10, 9)), true)
}
