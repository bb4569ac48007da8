package handlers

import (
	"context"
	"testing"
	"time"

	"qingfeng/bot/convo"
)

// digest lets the weekly job run.
func (b *bureau) digest() {
	b.t.Helper()
	err := b.Runner.Do(b.t.Context(), "qingfeng-cli", func(ctx context.Context, t *convo.Turn) error {
		return b.desk.QuestionDigest(ctx, t, b.Clock.Now().AddDate(0, 0, -7))
	})
	if err != nil {
		b.t.Fatal(err)
	}
	b.Settle()
}

func TestTheOfficeConfirmsAnAnswerAndTheNextAskerGetsIt(t *testing.T) {
	b := newBureau(t)
	store := b.withKnowledge()
	b.adds(store, "礼品.txt", giftRules, nil)
	b.digest()
	b.phone("qian").ExpectNothing()
	b.phone("wang").Send("人家硬塞的购物卡怎么办").Expect("转给防控办补充")
	b.phone("wu").Send("别人硬塞的购物卡怎么办").Expect("请教钱立、孙文")
	b.phone("feng").Send("食堂几点开饭呢").Expect("不敢乱说")
	b.Advance(24 * time.Hour)
	b.digest()
	b.hears(b.phone("sun"), "没答上的问题", "有3个问题没答上，归成2类", "购物卡怎么办（2次）", "!王舟", "!吴静", "!吴静")
	qian := b.phone("qian")
	b.hears(qian.Press("逐个处理"), "第1个，共2个", "购物卡怎么办（2次）", "!王舟", "!吴静")
	// What comes nearest is not it: the office says where to look.
	b.hears(qian.Send("收到不便退还的礼品登记上交"), "最接近的条款", "第二条")
	qian.Press("用第1条").Expect("以后这样问，就用《礼品登记上交办法》")
	b.hears(qian, "第2个，共2个", "食堂几点开饭")
	b.phone("wang").Expect("防控办已经指定了依据")
	b.phone("wu").Expect("防控办已经指定了依据")
	b.phone("feng").ExpectNothing()
	qian.Press("不用管").Expect("不再列出").Expect("这一期看完了")
	b.hears(b.phone("chen").Send("人家硬塞的购物卡怎么办"), "十五日内", "——《礼品登记上交办法》")
	b.Advance(7 * 24 * time.Hour)
	b.digest()
	qian.ExpectNothing()
	qian.Send("没答上的问题").Expect("没有待处理的问题")
}

func TestOnlyTheOfficeDealsWithUnansweredQuestions(t *testing.T) {
	b := newOffice(t)
	b.phone("wang").Send("食堂几点开饭呢").Expect("不敢乱说")
	b.hears(b.phone("wang").Send("没答上的问题"), "由防控办处理", "!食堂")
	b.phone("li").Send("未答问题").Expect("由防控办处理")
	sun := b.phone("sun")
	b.hears(sun.Send("没答上的问题"), "食堂几点开饭呢（1次）", "第1个，共1个")
	sun.Send("zzzz").Expect("没有找到这样的条款")
	sun.Send("先放着").Expect("这一期看完了")
	sun.Send("没答上的问题").Expect("食堂几点开饭呢")
	sun.Send("退出")
}
