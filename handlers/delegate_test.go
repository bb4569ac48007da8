package handlers

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/risk"
)

func TestDuringLeaveTheDelegateDecidesAndTheOldCardIsVoid(t *testing.T) {
	b := newBureau(t)
	b.submit("wang", plainRow)
	b.meet("li", b.section("wang"), nil)
	b.phone("li").Expect("请初审：招标管理岗")
	b.phone("li").Send("10月19日至21日请吴静代我审核").Expect("已记下：10月19日至10月21日由吴静代李衡审核。", "已转过去1件，原卡片作废。")
	r := b.open("wang")
	same(t, "moved to the delegate", []string{r.Assignee.Name, fmt.Sprint(r.For)}, []string{"吴静", fmt.Sprint(b.checks["li"].Person.ID)})
	b.phone("wu").Expect("由您代李衡审核", "请初审：招标管理岗")
	for _, bubble := range b.Phones.Screen("li") {
		if bubble.Card != nil && strings.HasPrefix(bubble.Card.Title, "请初审") && bubble.Ended != "已转由吴静代为审核。" {
			t.Errorf("the absent head's card still acts: %q", bubble.Ended)
		}
	}
	b.judge("wu", "wang", verdict{}, nil)
	b.state("wang", risk.CheckLeader)
}

func TestADelegationMayBeginLaterAndIsRefusedWhereItMakesNoSense(t *testing.T) {
	b := newBureau(t)
	b.toLeader(plainRow)
	for said, want := range map[string]string{
		"10月1日至3日请吴静代我审核":      "日期已过",
		"10月19日请赵明代我审核":        "不能由本人代本人",
		"10月19日请没有人代我审核":       "没找到",
		"10月19日至12月31日请周岚代我审核": "一次最多代60天",
		"10月19日请吴静代李衡审核":       "只有本人或防控办",
		"13月45日请吴静代我审核":        "没看懂日期",
	} {
		b.phone("zhao").Send(said).Expect(want)
	}
	b.phone("zhao").Send("10月21日到22日由周岚代我审批").Expect("已记下：10月21日至10月22日由周岚代赵明审核。", "到时手上的待办会自动转过去")
	same(t, "nothing moves before", b.open("wang").Assignee.Name, "赵明")
	b.Advance(2 * 24 * time.Hour)
	same(t, "it moves on the morning of the first day", b.open("wang").Assignee.Name, "周岚")
	b.phone("qian").Send("10月19日请吴静代李衡审核").Expect("已过")
	b.phone("qian").Send("10月21日请吴静代李衡审核").Expect("由吴静代李衡审核")
}

func TestARecusedReviewerIsFollowedByTheNextInTheChain(t *testing.T) {
	b := newBureau(t)
	b.submit("wang", plainRow)
	b.meet("li", b.section("wang"), nil)
	b.phone("li").Press("回避").Expect("请选回避原因")
	b.phone("li").Press("涉及本人或亲属").Expect("已登记回避，转由赵明审核。")
	r := b.open("wang")
	same(t, "the leader reviews by row", []string{r.Assignee.Name, r.Step}, []string{"赵明", "section"})
	past, err := b.reg.Reviews(t.Context(), risk.ReviewFilter{Check: b.checks["wang"].ID})
	if err != nil {
		t.Fatal(err)
	}
	same(t, "with the reason", []string{string(past[0].Decision), past[0].Comment}, []string{"recuse", "kin"})
	if s := b.readAs("li", past[0].ID); s.Denied == "" {
		t.Error("a recused reviewer still reads the form")
	}
	// The same leader does not decide twice in a row.
	b.judge("zhao", "wang", verdict{}, nil)
	b.state("wang", risk.CheckGrading)
}

func TestAFormThatNobodyCanReviewIsTheOfficesToFix(t *testing.T) {
	b := newBureau(t)
	b.submit("wang", plainRow)
	b.meet("li", b.section("wang"), nil)
	// Everybody who could review it steps aside, one after the other.
	for _, reviewer := range []bot.UserID{"li", "zhao", "zhou", "han"} {
		b.phone(reviewer).Send("回避").Expect("请选回避原因")
		b.phone(reviewer).Send("有其他利害关系")
	}
	b.phone("han").Expect("暂无其他审核人，已报防控办")
	b.phone("sun").Expect("没有可派的审核人")
	b.phone("qian").Expect("没有可派的审核人")
	b.state("wang", risk.CheckSection)
	b.phone("wang").Send("重新派件").Expect("不在您名下")
	b.phone("sun").Send("重新派件").Expect("还有1件没有可派的人")
	if err := b.reg.Grant(t.Context(), "wu", bot.RoleSectionHead, "建设管理股", 0); err != nil {
		t.Fatal(err)
	}
	b.phone("sun").Send("重新派件").Expect("已重新派出1件")
	same(t, "the new head", b.open("wang").Assignee.Name, "吴静")
}

func TestTheOfficeMayRecuseAReviewer(t *testing.T) {
	b := newBureau(t)
	b.toLeader(plainRow)
	r := b.open("wang")
	for _, user := range []bot.UserID{"wu", "sun"} {
		b.page(user, func(ctx context.Context, t *convo.Turn) error {
			_, err := b.desk.Recuse(ctx, t, r.ID, "kin")
			return err
		})
	}
	b.refused("not assignee")
	b.phone("sun").Expect("已安排赵明回避，转由周岚审核")
	b.phone("zhao").PressOn("请审核：招标管理岗", "同意").Expect("赵明已回避")
	same(t, "moved", b.open("wang").Assignee.Name, "周岚")
}

func TestDatesAreReadTheWayPeopleSayThem(t *testing.T) {
	now := monday()
	for said, want := range map[string]string{
		"11月5日至8日": "2026-11-05 2026-11-08", "11月30日到12月2日": "2026-11-30 2026-12-02", "12月30日至1月3日": "2026-12-30 2027-01-03",
		"今天": "2026-10-19 2026-10-19", "明天至23日": "2026-10-20 2026-10-23", "20号": "2026-10-20 2026-10-20", "1月5日": "2027-01-05 2027-01-05", "": "2026-10-19 2026-10-19",
	} {
		from, until, ok := readDays(said, now)
		if !ok {
			t.Errorf("%q is not understood", said)
			continue
		}
		same(t, said, from.Format(time.DateOnly)+" "+until.Format(time.DateOnly), want)
	}
	for _, said := range []string{"2月30日", "下个月", "13月1日"} {
		if _, _, ok := readDays(said, now); ok {
			t.Errorf("%q was understood", said)
		}
	}
	for said, want := range map[string][]string{
		"11月5日至8日请李四代我审核":   {"11月5日至8日", "李四", "我"},
		"请张三代我审核":           {"", "张三", "我"},
		"明天由王小二代为审批":        {"明天", "王小二", ""},
		"10月20日,请李四代王五审核。":  {"10月20日", "李四", "王五"},
		"11月5日至8日期间让李四替我审核": nil,
	} {
		got, ok := matchDelegate(said)
		if ok != (want != nil) {
			t.Errorf("%q: %v", said, got)
			continue
		}
		same(t, said, got, want)
	}
}

func TestADelegationEndsWhenItsGiverSaysSo(t *testing.T) {
	b := newBureau(t)
	b.phone("zhao").Send("今天请周岚代我审核").Expect("由周岚代赵明审核")
	b.toLeader(plainRow)
	same(t, "the delegate", b.open("wang").Assignee.Name, "周岚")
	b.phone("zhou").ExpectCard("请审核：招标管理岗").Press("退回").Expect("原因是")
	b.phone("zhou").Send("先不退").Expect("没有退回")
	b.phone("zhao").Send("取消代审").Expect("代审已取消")
	same(t, "what has moved stays moved", b.open("wang").Assignee.Name, "周岚")
	b.submit("wu", row{text: "可能把一笔变更拆成几笔报", node: "变更理由审核", power: 1})
	b.meet("li", b.section("wang"), nil)
	b.judge("li", "wu", verdict{}, nil)
	same(t, "new ones come to the leader again", b.open("wu").Assignee.Name, "赵明")
}
