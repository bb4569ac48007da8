package handlers

import (
	"context"
	"testing"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/plan"
)

func TestDoneIsTakenForWhatAWordMakesDone(t *testing.T) {
	b := newOwing(t)
	filing := b.files("wang", "名单报送", oct(20), bot.RoleOfficeMember)
	p := b.phone("wang")
	p.Send("交了").Expect("好，“名单报送”记为已完成，不再提醒。已请接收人签收")
	b.stateOf(filing, plan.Delivered)
	b.phone("sun").ExpectCard("请签收：名单报送").Press("签收").Expect("已签收：名单报送")
	p.Expect("“名单报送”已签收")
	b.stateOf(filing, plan.Receipted)
	p.Send("已完成").Expect("系统里还没有收到您的自查表，交上来就不再提醒了。回“开始”继续")
	b.refused("not handed in")
}

func TestDoneAsksWhichOfSeveral(t *testing.T) {
	b := newOwing(t)
	one, two, three := b.files("wang", "名单报送", oct(20), ""), b.files("wang", "分工备案", oct(21), ""), b.files("wang", "教育台账", oct(22), "")
	p := b.phone("wang")
	p.Send("已完成").ExpectCard("哪几件办好了？")
	p.Tick("名单报送", "教育台账").Expect("“名单报送”记为已完成").Expect("“教育台账”记为已完成")
	b.stateOf(one, plan.Receipted)
	b.stateOf(two, plan.Pending)
	b.stateOf(three, plan.Receipted)
	p.Send("办完了").Expect("“分工备案”记为已完成")
	p.Send("文字版")
	b.files("wang", "桌牌制作", oct(20), "")
	b.files("wang", "会议记录", oct(21), "")
	p.Send("已完成").Expect("1 桌牌制作")
	p.Send("算了").Expect("先到这里")
	p.Send("已完成")
	p.Send("1、2").Expect("“桌牌制作”记为已完成").Expect("“会议记录”记为已完成")
}

func TestNotReceivedMakesItOwedAgain(t *testing.T) {
	b := newOwing(t)
	filing := b.files("wang", "名单报送", oct(20), bot.RoleSectionHead)
	p := b.phone("wang")
	p.Send("已完成").Expect("已请接收人签收")
	li := b.phone("li").ExpectCard("请签收：名单报送")
	li.Press("没收到").Expect("已请对方再报送一次")
	p.Expect("“名单报送”接收人还没有收到")
	b.stateOf(filing, plan.Pending)
	p.Send("已完成")
	li.ExpectCard("请签收：名单报送").Press("签收").Expect("已签收")
	b.stateOf(filing, plan.Receipted)
}

func TestOnlyTheReceiverReceipts(t *testing.T) {
	b := newOwing(t)
	filing := b.files("wang", "名单报送", oct(20), bot.RoleSectionHead)
	b.phone("li")
	b.page("li", receipt(b, filing.ID))
	b.phone("li").Expect("还没有人报完成")
	b.phone("wang").Send("已完成")
	for user, want := range map[bot.UserID]string{"wang": "自己报的不能自己签收", "feng": "这件不用您签收"} {
		b.page(user, receipt(b, filing.ID))
		b.phone(user).Expect(want)
	}
	b.stateOf(filing, plan.Delivered)
	b.page("li", receipt(b, filing.ID))
	b.page("sun", receipt(b, filing.ID))
	b.phone("sun").Expect("已经签收过了")
	for _, code := range []string{"not delivered", "own", "not receiver", "receipted already"} {
		b.refused(code)
	}
}

func TestWhatGoesToTheSuperiorBodyNeedsNoReceiptHere(t *testing.T) {
	b := newOwing(t)
	filing := b.files("wang", "方案备案", oct(20), plan.Superior)
	b.phone("wang").Send("报送了").Expect("上级那边不用在这里签收")
	b.stateOf(filing, plan.Delivered)
	b.phone("sun").Send("待办").Expect("另有1件等您签收")
}

func TestSomebodyElsesWordMakesNothingDone(t *testing.T) {
	b := newOwing(t)
	filing := b.files("wang", "名单报送", oct(20), "")
	b.page("feng", deliver(b, filing.ID))
	b.phone("feng").Expect("这件不在您名下")
	b.page("wang", deliver(b, b.own("wang").ID))
	b.phone("wang").Expect("系统里还没有收到您的自查表")
	b.page("wang", deliver(b, filing.ID))
	b.page("wang", deliver(b, filing.ID))
	b.phone("wang").Expect("已经记为完成了")
	b.refused("not owner")
	b.refused("done already")
	if _, err := b.db.Pool().Exec(t.Context(), `UPDATE obligation SET state = 'waived' WHERE id = $1`, filing.ID); err != nil {
		t.Fatal(err)
	}
	b.page("wang", deliver(b, filing.ID))
	b.phone("wang").Expect("已经免办")
}

func TestAReviewIsNotDoneByWord(t *testing.T) {
	b := newOwing(t)
	b.submit("li", plainRow)
	b.submit("wang", plainRow)
	b.owes(plan.Obligation{Campaign: b.campaign.ID, Code: "section", Name: "股室初审", Kind: plan.KindSection, Owner: b.pid("li"), Section: b.section("li"), Due: oct(23)})
	b.phone("li").Send("已完成").Expect("系统里还有等您处理的事（股室初审）")
	b.refused("register decides")
}

func TestHandedInMeansTheForm(t *testing.T) {
	b := newOwing(t)
	b.withHandbook()
	p := b.written(1)
	p.Send("完成了").Expect("可以提交了")
	p.Send("交了").Expect("已提交")
	b.phone("feng").Send("交了").Expect("还没有写风险点")
}

func receipt(b *bureau, id int64) func(context.Context, *convo.Turn) error {
	return func(ctx context.Context, t *convo.Turn) error { _, err := b.desk.Receipt(ctx, t, id, true); return err }
}

func deliver(b *bureau, id int64) func(context.Context, *convo.Turn) error {
	return func(ctx context.Context, t *convo.Turn) error { _, err := b.desk.Deliver(ctx, t, id); return err }
}
