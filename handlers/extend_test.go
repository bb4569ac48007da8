package handlers

import (
	"context"
	"strings"
	"testing"
	"time"

	"qingfeng/bot/convo"
	"qingfeng/bot/plan"
)

func (b *bureau) due(ob plan.Obligation, due, original time.Time) {
	b.t.Helper()
	got, err := b.reg.Obligation(b.t.Context(), ob.ID)
	if err != nil || !got.Due.Equal(due) || !got.Original.Equal(original) {
		b.t.Fatalf("%s is due %s, originally %s (%v); want %s, %s\n%s", ob.Name, got.Due, got.Original, err, due, original, b.Transcript())
	}
}

func TestMoreTimeIsAskedForInOneSentenceAndGrantedOnce(t *testing.T) {
	b := newOwing(t)
	mine := b.own("wang")
	p, sun, qian := b.phone("wang"), b.phone("sun"), b.phone("qian")
	p.Send("申请延期到10月28日，出差").Expect("申请已交防控办：“个人岗位风险点自查”延到10月28日（周三）。批下来之前，还按10月23日（周五）算")
	b.due(mine, oct(23), oct(23))
	qian.ExpectCard("有一件延期申请，请定")
	sun.Expect("王舟申请把“个人岗位风险点自查”延到10月28日（周三），原定10月23日截止。理由：出差")
	sun.Press("准予延期").Expect("已准予延期：“个人岗位风险点自查”延到10月28日（周三），原定10月23日。已告诉王舟")
	p.Expect("您申请的延期批了：“个人岗位风险点自查”延到10月28日（周三）（原定10月23日）")
	b.due(mine, oct(28), oct(23))
	qian.PressOn("有一件延期申请，请定", "不同意").Expect("已由孙文准予延期")
	b.due(mine, oct(28), oct(23))
	p.Send("进度").Expect("10月28日前交")
}

func TestARefusalTellsWhatStands(t *testing.T) {
	b := newOwing(t)
	mine := b.own("wang")
	p := b.phone("wang")
	p.Send("申请延期").Expect("“个人岗位风险点自查”现在是10月23日（周五）截止。想延到哪天？")
	p.Send("随便").Expect("日期我没看明白")
	p.Send("10月21日").Expect("要延到10月23日（周五）以后的日子才行")
	p.Send("2027年3月1日").Expect("最多延60天，最晚12月22日")
	p.Send("10月25日").Expect("10月25日（周日）不上班，顺延到10月26日（周一）").Expect("为什么要延期")
	p.Send("嗯").Expect("请再说具体一点")
	p.Send(strings.Repeat("去外地开会", 30)).Expect("理由太长了")
	p.Send("去外地开会").Expect("延到10月26日（周一）")
	b.phone("sun").Press("不同意").Expect("没有同意延期")
	p.Expect("您申请的延期这次没有批：“个人岗位风险点自查”仍是10月23日（周五）截止。有困难请找防控办（钱立、孙文）商量")
	b.due(mine, oct(23), oct(23))
	for _, code := range []string{"not later", "too long"} {
		b.refused(code)
	}
}

func TestDaysCountFromThePresentDay(t *testing.T) {
	b := newOwing(t)
	b.phone("wang").Send("延期3天，出差").Expect("申请已交防控办：“个人岗位风险点自查”延到10月26日（周一）")
	b.phone("feng").Send("我想延期到下周三").Expect("为什么要延期")
	b.phone("feng").Send("算了").Expect("先到这里")
	if open, err := b.reg.Extensions(t.Context()); err != nil || len(open) != 1 {
		t.Errorf("%d requests: %v", len(open), err)
	}
}

func TestMoreTimeOfSeveralAsksWhich(t *testing.T) {
	b := newOwing(t)
	filing := b.files("wang", "名单报送", oct(21), "")
	p := b.phone("wang")
	p.Send("延期到10月27日，材料没到齐").ExpectCard("哪件要延期？")
	p.Tick("名单报送 10月21日").Expect("申请已交防控办：“名单报送”延到10月27日（周二）")
	b.phone("sun").Press("准予延期")
	b.due(filing, oct(27), oct(21))
	p.Send("申请延期").ExpectCard("哪件要延期？")
	p.Send("算了").Expect("先到这里")
}

func TestAnAskedAgainRequestReplacesTheOneBefore(t *testing.T) {
	b := newOwing(t)
	mine := b.own("wang")
	p, sun := b.phone("wang"), b.phone("sun")
	p.Send("申请延期到10月27日，出差")
	p.Send("申请延期到10月28日，出差延长了")
	cards := b.Phones.Screen("sun")
	if len(cards) < 2 || cards[0].Ended == "" {
		t.Fatalf("the first request is still live\n%s", b.Transcript())
	}
	sun.Press("准予延期")
	b.due(mine, oct(28), oct(23))
}

func TestADecisionOnADayThatMovedDoesNotCount(t *testing.T) {
	b := newOwing(t)
	mine := b.own("wang")
	b.phone("wang").Send("申请延期到10月28日，出差")
	if err := b.reg.Postpone(t.Context(), mine.ID, oct(26)); err != nil {
		t.Fatal(err)
	}
	sun := b.phone("sun")
	sun.Press("准予延期").Expect("已延到10月26日").Expect("日子刚变过，这次没有生效")
	b.due(mine, oct(26), oct(23))
	sun.Press("准予延期").Expect("已准予延期")
	b.due(mine, oct(28), oct(23))
	b.refused("moved")
}

func TestWhatIsDoneNeedsNoMoreTime(t *testing.T) {
	b := newOwing(t)
	p, sun := b.phone("wang"), b.phone("sun")
	p.Send("申请延期到10月28日，出差").Expect("申请已交")
	b.submit("wang", plainRow)
	sun.Press("准予延期").Expect("“个人岗位风险点自查”已经办完了，这件延期申请不用再定")
	p.Send("申请延期到10月28日，出差").Expect("没有可以延期的事")
	b.page("wang", func(ctx context.Context, turn *convo.Turn) error {
		_, err := b.desk.AskExtension(ctx, turn, b.own("wang").ID, oct(28), "出差")
		return err
	})
	p.Expect("已经办完了，不用延期")
}

func TestNobodyDecidesTheirOwnOrWithoutTheOffice(t *testing.T) {
	b := newOwing(t)
	sun := b.phone("sun")
	sun.Send("申请延期到10月28日，出差").Expect("申请已交防控办")
	b.phone("qian").ExpectCard("有一件延期申请，请定")
	x, err := b.reg.Extensions(t.Context())
	if err != nil || len(x) != 1 {
		t.Fatal(x, err)
	}
	decide := func(granted bool) func(context.Context, *convo.Turn) error {
		return func(ctx context.Context, turn *convo.Turn) error {
			_, err := b.desk.DecideExtension(ctx, turn, x[0].ID, 1, granted)
			return err
		}
	}
	b.page("sun", decide(true))
	sun.Expect("自己的延期不能自己批")
	b.page("li", decide(true))
	b.phone("li").Expect("延期由防控办来定")
	b.due(b.own("sun"), oct(23), oct(23))
	b.page("qian", decide(true))
	b.due(b.own("sun"), oct(28), oct(23))
	b.page("qian", decide(false))
	b.phone("qian").Expect("已经有人定过了")
	b.page("wang", func(ctx context.Context, turn *convo.Turn) error {
		_, err := b.desk.AskExtension(ctx, turn, b.own("sun").ID, oct(28), "出差")
		return err
	})
	b.phone("wang").Expect("这件不在您名下")
}

func TestWhatBeginsARiskSentenceIsNoRequest(t *testing.T) {
	for said, want := range map[string]bool{
		"申请延期": true, "申请延期到10月20日,出差": true, "我要申请延期10月20日": true, "申请延期3天": true, "申请延期到2026-10-28,出差": true,
		"申请延期审批时可能不核实就同意": false, "申请延期的企业可能找关系": false, "延期": false,
	} {
		if _, got := matchExtend(said); got != want {
			t.Errorf("%s: %v", said, got)
		}
	}
	for said, want := range map[string]bool{"延期": true, "能延期吗": true, "想延期到下周三": true, "延期交货的企业可能送礼请求不罚款并要求我们帮忙": false, "申请延期审批时可能不核实": true} {
		if _, got := matchExtendLoosely(said); got != want {
			t.Errorf("loosely %s: %v", said, got)
		}
	}
}

func TestAnotherCommandIsHeardWhereADayIsAskedFor(t *testing.T) {
	b := newOwing(t)
	sun := b.phone("sun")
	sun.Send("申请延期").Expect("想延到哪天")
	sun.Send("越晚越好").Expect("日期我没看明白", "想延到哪天")
	sun.Send("看名单").Expect("三个工作日内也没有到期的", "想延到哪天")
	sun.Send("今日提示").Expect("今天没有要提示的事")
	sun.Send("10月20日").Expect("要延到10月23日（周五）以后的日子才行")
	sun.Send("后天").Expect("以后的日子才行")
	sun.Send("3天，出差在外").Expect("申请已交")
}
