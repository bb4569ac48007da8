package handlers

import (
	"context"
	"fmt"
	"testing"
	"time"

	"qingfeng/bot/convo"
	"qingfeng/bot/risk"
)

// Whoever thinks better of it says so at any step, and it is no place and no contact.
func TestNotAfterAllIsHeardAtEveryStep(t *testing.T) {
	b := newTalks(t)
	p := b.phone("zhao")
	p.Send("约王舟谈心").Expect("什么时候")
	p.Send("算了").Expect("没有约")
	p.Send("约王舟谈心 明天下午3点").Expect("在哪里")
	p.Send("不约了").Expect("没有约")
	p.Send("约王舟谈心 明天下午3点，在302会议室").Expect("约王舟：谈心").Press("改联系人").Expect("联系人写谁")
	p.Send("不约了").Expect("没有约")
	p.Send("约王舟 明天下午3点").Expect("是哪一种")
	p.Send("不约了").Expect("没有约")
	if list, err := b.reg.Notices(t.Context(), risk.NoticeFilter{}); err != nil || len(list) != 0 {
		t.Errorf("%d talks, %v", len(list), err)
	}
}

// People say it in many ways. What names somebody beside a kind of talk begins one, or is
// refused; it never becomes a question, which is kept and read by the office.
func TestATalkIsHeardWithoutTheWordForIt(t *testing.T) {
	b := newTalks(t)
	for _, said := range []string{"我想和王舟谈谈心", "找王舟谈话", "跟王舟约个谈话", "提醒谈话王舟"} {
		p := b.phone("zhao")
		p.Send(said).ExpectNo("没看明白")
		sees(t, p.Send("不约了"), "没有约")
	}
	p := b.phone("zhao")
	p.Send("和王舟谈心").Expect("什么时候") // not: it took place
	p.Send("不约了").Expect("没有约")
	if l, err := b.reg.HeartTalks(t.Context(), 0, 2026); err != nil || len(l) != 0 {
		t.Errorf("%d talks were noted, %v", len(l), err)
	}
	b.phone("han").Send("给王舟发询问函").Expect("什么时候")
	b.phone("han").Send("不约了")
	b.phone("han").Send("诫勉谈话王舟").Expect("只登记文号和日期")
	b.phone("wang").Send("找李衡谈谈心").Expect("直接联系就好")
	b.phone("han").Send("约冯雪谈心，明天下午3点在302会议室，因为年底忙").Expect("内容请写在页面上", "约冯雪：谈心").ExpectNo("在哪里")
	var n int
	if err := b.db.Pool().QueryRow(t.Context(), `SELECT count(*) FROM question WHERE body LIKE '%王舟%' OR body LIKE '%李衡%'`).Scan(&n); err != nil || n != 0 {
		t.Errorf("%d questions name somebody, %v", n, err)
	}
}

// A summons at night or on a Sunday frightens: it waits until people are at work, and what
// is called off before then was never said.
func TestACardWaitsUntilPeopleAreAtWork(t *testing.T) {
	b := newTalks(t)
	b.Advance(12 * time.Hour) // Monday night
	b.sent("zhao", "wang", "heart", func(in *TalkDraft) { in.At = time.Date(2026, 10, 21, 15, 0, 0, 0, b.Clock.Now().Location()) })
	b.phone("wang").ExpectNothing()
	n := b.talkIs(risk.NoticeIssued)
	b.does("zhao", func(ctx context.Context, t *convo.Turn, n risk.Notice) (bool, error) {
		return b.desk.MoveTalk(ctx, t, n.ID, n.Version, n.At.Add(time.Hour), "小会议室", "")
	})
	b.phone("wang").ExpectNothing()
	b.Advance(12 * time.Hour) // Tuesday morning
	sees(t, b.phone("wang"), "工作约谈", "16:00", "小会议室").ExpectNo("15:00")
	b.phone("wang").Press("收到")

	b.Advance(13 * time.Hour) // Tuesday night
	b.does("zhao", func(ctx context.Context, t *convo.Turn, n risk.Notice) (bool, error) {
		return b.desk.RemindTalk(ctx, t, n.ID, n.Version)
	})
	b.phone("wang").ExpectNo("16:00")
	b.Advance(12 * time.Hour)
	sees(t, b.phone("wang"), "工作约谈", "16:00", "小会议室")
	b.Advance(12 * time.Hour) // Wednesday night
	b.sent("zhao", "wang", "heart", func(in *TalkDraft) { in.At = n.At.AddDate(0, 0, 2) })
	b.does("zhao", func(ctx context.Context, t *convo.Turn, n risk.Notice) (bool, error) {
		return b.desk.CancelTalk(ctx, t, n.ID, n.Version)
	})
	b.Advance(12 * time.Hour)
	b.phone("wang").ExpectNo("10月23日")
	// What would come too late for its time comes at once.
	b.Advance(8 * time.Hour)
	b.sent("zhao", "wang", "heart", func(in *TalkDraft) { in.At = b.Clock.Now().Add(2 * time.Hour) })
	sees(t, b.phone("wang"), "工作约谈", fmt.Sprintf("%02d:", b.Clock.Now().Add(2*time.Hour).Hour()))
}

// A talk that is told in person is not told by a page first.
func TestATalkToldInPersonIsOnNoPageOfItsTarget(t *testing.T) {
	b := newTalks(t)
	n := b.sent("han", "wang", "petition", func(in *TalkDraft) { in.Delivery = "" })
	b.page("wang", func(ctx context.Context, t *convo.Turn) error {
		l, err := b.desk.TalkList(ctx, t)
		if err != nil || len(l.Got) != 0 {
			return fmt.Errorf("%d rows, %w", len(l.Got), err)
		}
		s, err := b.desk.TalkSheet(ctx, t, n.ID)
		if err != nil || s.Denied == "" {
			return fmt.Errorf("shown: %+v %w", s.Notice, err)
		}
		if ok, err := b.desk.AckTalk(ctx, t, n.ID, n.Version); ok || err != nil {
			return fmt.Errorf("acknowledged: %v %w", ok, err)
		}
		return nil
	})
	b.talkIs(risk.NoticeIssued)
}

// Whoever owes a reply hears of it once before its day, in words that tell nothing.
func TestAReplyIsRemindedOfOnceBeforeItsDay(t *testing.T) {
	b := newTalks(t)
	b.sent("han", "wang", "inquiry", func(in *TalkDraft) { in.ReplyDays = 5 }) // Monday → Monday
	sees(t, b.phone("wang"), "工作约谈").Press("收到")
	b.Advance(4*24*time.Hour + time.Hour) // Friday morning
	w := sees(t, b.phone("wang"), "工作约谈", "请打开页面看一看")
	w.ExpectNo("询问函")
	b.page("wang", func(ctx context.Context, t *convo.Turn) error {
		l, err := b.desk.TalkList(ctx, t)
		if err != nil || len(l.Got) != 1 || l.Got[0].Where != "您已收到" {
			return fmt.Errorf("%+v %w", l.Got, err)
		}
		return nil
	})
	b.Advance(24 * time.Hour)
	b.does("wang", func(ctx context.Context, t *convo.Turn, n risk.Notice) (bool, error) {
		return b.desk.ReplyTalk(ctx, t, n.ID, n.Version, planted)
	})
	b.Advance(3 * 24 * time.Hour)
	b.phone("wang").ExpectNo("请打开页面看一看")
}
