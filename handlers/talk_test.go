package handlers

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/convo/convotest"
	"qingfeng/bot/risk"
)

// Sentences of a tender clerk.
const (
	sentence1 = "可能把业绩门槛抬到与工程规模不相称，让少数企业才能报名"
	sentence2 = "评标前可能把评委名单透露给投标人，换取好处"
	sentence3 = "评标当天可能私下联系评委，暗示给指定单位打高分"
)

// says types a text the way the callback lets it in: past the red-line guard.
func says(p *convotest.Person, words string) *convotest.Person {
	if stop := risk.Guard(words); stop != nil {
		return p.Do(bot.Message{Kind: bot.KindStopped, Stop: stop})
	}
	return p.Send(words)
}

// begun brings somebody to the first question about a step.
func (b *bureau) begun(user bot.UserID) *convotest.Person {
	b.t.Helper()
	p := b.phone(user)
	p.Send("自查")
	p.Send("开始")
	return p.Send("对")
}

// written brings 王舟 to the end with n rows.
func (b *bureau) written(n int) *convotest.Person {
	b.t.Helper()
	p := b.begun("wang")
	for i := range n {
		p.Send("好")
		p.Send([]string{sentence1, sentence2}[i])
		p.Send("对")
		p.Send("1").Expect("记下1条措施")
	}
	return p.Send("没有了").Expect("可以提交了")
}

// form is what stands on somebody's form: number, sentences, number of measures.
func (b *bureau) form(user bot.UserID) (rows []string) {
	b.t.Helper()
	for _, p := range live(b.check(user).Points) {
		rows = append(rows, fmt.Sprintf("%d %s ｜%d", p.No, strings.Join(p.Manifestations, "／"), len(p.Measures)))
	}
	return rows
}

func (b *bureau) stands(user bot.UserID, want ...string) {
	b.t.Helper()
	same(b.t, "the form of "+string(user), b.form(user), want)
	if b.t.Failed() {
		b.t.Log("\n" + b.Transcript())
	}
}

func TestTheWeakSpotMayBeSaidBeforeItIsAskedFor(t *testing.T) {
	b := newOffice(t)
	p := b.begun("wang")
	p.Send("可能把业绩门槛抬到与工程规模不相称让少数企业才能报名").Expect("相称 | 招标文件编制")
	p.Send("👍").Expect("这条怎么防")
	p.Send("都要").Expect("记下3条措施").Expect("接着看【评标组织】")
	p.Send("评标组织").Expect("【评标组织】这一步")
	p.Send("２").Expect("请换成您这里的情况")
	p.Send(sentence2).Expect("第2条")
	p.Send("第一个").Expect("这条怎么防")
	p.Send("第二条").Expect("记下1条措施").Expect("第2条存好了")
	b.stands("wang", "1 可能把业绩门槛抬到与工程规模不相称让少数企业才能报名 ｜3", "2 "+sentence2+" ｜1")
}

func TestASentenceWaitsForItsStep(t *testing.T) {
	b := newOffice(t)
	p := b.begun("wang")
	p.Send("这步不归我管").Expect("您想说哪一步")
	p.Send("1、我觉得吧可能会私下给评委打招呼让他给高分").Expect("这句先记着")
	p.Send("第二步").Expect("给高分 | 评标组织")
	p.Send("没毛病")
	p.Send("前两条").Expect("记下2条措施")
	p.Send("换个").Expect("您想说哪一步")
	p.Send("标书里头加一些歧视性条件把别个排除掉").Expect("这句先记着")
	p.Send("都不是，我来说")
	p.Send("澄清答疑环节").Expect("第2条")
	p.Send("改成 答疑的时候可能只答给熟人听").Expect("原来写的是").Expect("第2条：答疑的时候")
	p.Send("对对对")
	p.Send("1和3都要").Expect("记下2条措施")
	p.Send("莫得了").Expect("可以提交了")
	p.Send("把第二条改下").Expect("改第2条")
	p.Send("第1条删了").Expect("改第1条")
	p.Send("不改了").Expect("可以提交了")
	p.Send("什么时候截止").Expect("10月23日前交").Expect("可以提交了")
	p.Send("我要投诉领导").Expect("可拨打12388").Expect("可以提交了")
	p.Send("你是谁").Expect("我是清风").Expect("可以提交了")
	p.Send("交了吧").Expect("之后先送李衡")
	p.Send("谁在审").Expect("之后先送李衡")
	b.stands("wang", "1 可能会私下给评委打招呼让他给高分 ｜2", "2 答疑的时候可能只答给熟人听 ｜2")
}

func TestSomebodyWhoSaysNothingOrWhateverAtEveryStepIsLedOn(t *testing.T) {
	b := newOffice(t)
	p := b.phone("wang")
	p.Send("自查")
	p.Send("随便").Expect("请回复选项前的数字").Expect("个人岗位风险点自查")
	p.Send("好").Expect("请核对岗位")
	p.Send("不知道").Expect("请回复选项前的数字")
	p.Send("嗯嗯").Expect("招标文件编制")
	p.Send("没有").Expect("【招标文件编制】先不写").Expect("评标组织")
	p.Send("好")
	p.Send("你看着办").Expect("类似岗位有这样写的")
	p.Send("不晓得").Expect("类似岗位有这样写的")
	p.Send("。").Expect("再多说几个字")
	p.Send("😀😀").Expect("再多说几个字")
	p.Send("没有").Expect("【评标组织】先不写").Expect("真没有可写的吗")
	p.Send("没有").Expect("为什么没有")
	p.Send("没有").Expect("再具体一点")
	p.Send("不知道").Expect("再具体一点")
	p.Send("返回").Expect("真没有可写的吗")
	p.Send("还有").Expect("您想说哪一步")
	p.Send("1")
	p.Send(sentence1)
	p.Send("随便").Expect("请回复选项前的数字")
	p.Send("行").Expect("这条怎么防")
	p.Send("。。。").Expect("请回编号（1到3）")
	p.Send("你看着办").Expect("那先记第1条").Expect("还有要写的吗")
	p.Send("没有").Expect("可以提交了")
	p.Send("随便").Expect("请回复选项前的数字")
	b.stands("wang", "1 "+sentence1+" ｜1")
}

func TestMeasuresMayBeSkippedMixedAndSaidInOwnWords(t *testing.T) {
	b := newOffice(t)
	p := b.begun("feng")
	p.Send("可能不看附件就付款，给人多付工程款").Expect("第1条")
	p.Send("对")
	p.Send("9").Expect("请回编号（1到3）")
	p.Send("没有").Expect("措施先空着").Expect("还有要写的吗")
	p.Send("没有了").Expect("可以提交了")
	p.Send("改第1条")
	p.Send("改措施")
	p.Send("1，另外每月抽查一次付款凭证（佐证材料：抽查表）").Expect("记下2条措施").Expect("第1条改好了")
	p.Send("改第1条")
	p.Send("改措施").Expect("不换就回“不变”")
	p.Send("不变").Expect("措施不变").Expect("第1条改好了")
	p.Send("改第1条")
	p.Send("改措施")
	p.Send("1 改成每季度").Expect("每季度").Expect("第1条改好了")
	p.Send("改第1条")
	p.Send("改措施")
	p.Send("付款前换一个人再核一遍附件").Expect("到年底，拿什么能看出")
	p.Send("不知道").Expect("佐证材料先空着").Expect("第1条改好了")
	p.Expect("第1条还有提示没改")
	p.Send("改第1条")
	p.Send("改措施")
	p.Send("1. 单据传齐再付款（股长；每笔；佐证材料：清单）\n2. 每季度换岗复核（佐证材料：换岗表）").Expect("记下2条措施")
	b.stands("feng", "1 可能不看附件就付款，给人多付工程款 ｜2")
}

func TestTheCardHearsEverythingPeopleSayToIt(t *testing.T) {
	b := newOffice(t)
	p := b.begun("wang")
	p.Send(sentence1)
	p.Send("再加一种做法").Expect("还有别的做法吗")
	p.Send("没有").Expect("第1条")
	p.Send("还有就是评分标准可以量身定做让熟悉的企业得高分").Expect("· 评分标准可以量身定做")
	p.Send("改类别").Expect("这条更像哪一类")
	p.Send("制度机制").Expect("制度机制")
	p.Send("改用途").Expect("被用来做什么")
	p.Send("卡拖").Expect("卡拖")
	p.Send("定高了").Expect("请用一句话说说您的意见")
	p.Send("算了").Expect("第1条")
	p.Send("去年我们科已经出过这种事情了，大家都晓得").Expect("这里只写“可能怎么出问题”")
	p.Send("你们这个能不能导出来看看？").Expect("第1条")
	p.Send("等级定得太高了，我只是经办，还有两级审核").Expect("意见记下了").Expect("这条怎么防")
	p.Send("返回").Expect("第1条")
	p.Send(sentence3).Expect("原来写的是：" + sentence1).Expect("第1条")
	p.Send("不对").Expect("第1条现在写的是")
	p.Send("不改").Expect("第1条")
	p.Send("措施：评委名单密封，双人保管（佐证材料：密封单）").Expect("第1条")
	p.Send("对").Expect("第1条存好了")
	b.stands("wang", "1 "+sentence3+" ｜1")
	same(t, "the objection", live(b.check("wang").Points)[0].Objection, "等级定得太高了，我只是经办，还有两级审核")
}

func TestARewriteIsOfferedOnlyWhenItIsWhole(t *testing.T) {
	b := newOffice(t)
	p := b.begun("wang")
	p.Send("好")
	for _, bad := range []struct{ said, hint, rewrite string }{
		{"个别同志理想信念不够坚定，存在一定廉政风险。措施：加强学习。", "哪一步", "……"},
		{"公路建设领域容易出现腐败问题。", "范围太大", "公路建设中，在【招标文件编制】这一步，可能……"},
		{"执法人员可能滥用职权。措施：提高认识，严格管理，常抓不懈。", "提高认识，严格管理，常抓不懈”像口号", ""},
		{"招生录取中可能泄露考题、违规调档。", "几乎一样", ""},
		{"公文校对不细，经常出现错别字。", "更像工作质量问题", ""},
	} {
		p.Send(bad.said).Expect(bad.hint)
		b.Phones.Screen("wang")
		last := b.last("wang")
		if !strings.Contains(last.String(), bad.rewrite) || strings.Contains(last.String(), "用这个写法") || strings.Contains(last.String(), "，理想") {
			t.Errorf("%s: %s", bad.said, last)
		}
		if bad.hint != "更像工作质量问题" {
			p.Send("自己改").Expect("第1条现在写的是")
		}
	}
	p.Send("保留，说理由").Expect("为什么保留")
	p.Send("公文要对外发布，改一个数就能让人多得利").Expect("理由记下了")
	same(t, "the reason", live(b.check("wang").Points)[0].KeepReason, "公文要对外发布，改一个数就能让人多得利")
}

// last is the newest thing on a phone.
func (b *bureau) last(user bot.UserID) convotest.Bubble {
	screen := b.Phones.Screen(user)
	return screen[len(screen)-1]
}

func TestAWholeRewriteIsTakenWithOneTapAndKeepsTheOtherSentences(t *testing.T) {
	b := newOffice(t)
	p := b.begun("feng")
	p.Send("好")
	p.Send("付款审核各环节都可能不核对附件就签字，给对方多付")
	if !strings.Contains(b.last("feng").String(), "用这个写法") {
		t.Fatalf("no rewrite on the card\n%s", b.Transcript())
	}
	p.Send("再加一种做法")
	p.Send("替熟人先付款，把别人的单子压着不办")
	p.Send("用这个写法").Expect("换成这个写法了")
	got := live(b.check("feng").Points)[0].Manifestations
	if len(got) != 2 || !strings.Contains(got[0], "计量支付复核") || got[1] != "替熟人先付款，把别人的单子压着不办" {
		t.Errorf("the row is %q\n%s", got, b.Transcript())
	}
}

func TestAPolicyQuestionIsAnsweredAtEveryStepAndTheQuestionComesAgain(t *testing.T) {
	b := newOffice(t)
	p := b.phone("wang")
	ask := func(again string) {
		t.Helper()
		p.Send("什么是三重一大").Expect("大额度资金").Expect(again)
	}
	p.Send("自查")
	ask("个人岗位风险点自查")
	p.Send("1")
	ask("请核对岗位")
	p.Send("1")
	ask("招标文件编制")
	p.Send("换一步")
	ask("您想说哪一步")
	p.Send("都不是，我来说")
	ask("先做什么、再做什么")
	p.Send("返回")
	p.Send("1")
	ask("想钻空子")
	p.Send("三级和一级有啥不一样吗？").Expect("想钻空子")
	p.Send(sentence1)
	ask("第1条")
	p.Send("改类别")
	ask("这条更像哪一类")
	p.Send("1")
	p.Send("对初评有意见")
	ask("您的意见")
	p.Send("算了")
	p.Send("对")
	ask("这条怎么防")
	p.Send("名单密封，两个人保管")
	ask("到年底")
	p.Send("密封单").Expect("第1条存好了")
	p.Send("没有了")
	ask("可以提交了")
	p.Send("改第1条")
	ask("改第1条")
	b.stands("wang", "1 "+sentence1+" ｜1")
}

func TestCommandsWorkInTheMiddleOfASentencesStep(t *testing.T) {
	b := newOffice(t)
	p := b.begun("wang")
	p.Send("提交").Expect("暂时交不了").Expect("招标文件编制")
	p.Send("改第1条").Expect("还没有写好的条目").Expect("招标文件编制")
	p.Send("好")
	p.Send("提交").Expect("暂时交不了").Expect("想钻空子")
	p.Send("上传").Expect("/upload").Expect("想钻空子")
	p.Send("你好").Expect("王舟您好").Expect("想钻空子")
	p.Send("谢谢").Expect("再多说几个字")
	p.Send("预览").Expect("还没有写风险点").Expect("想钻空子")
	p.Send("进度").Expect("填报中，10月23日前交").Expect("想钻空子")
	p.Send("存草稿").Expect("草稿存好了")
	p.Send("找人").Expect("钱立、孙文").Expect("想钻空子")
	p.Send("帮助").Expect("可以对我说").Expect("想钻空子")
	p.Send(sentence1)
	p.Send("改").Expect("第1条现在写的是")
	p.Send("不改").Expect("第1条")
	p.Send("对")
	p.Send("提交").Expect("可以提交了")
	p.Send("返回").Expect("这条怎么防")
	p.Send("名单密封，两个人保管").Expect("到年底")
	p.Send("提交").Expect("可以提交了")
	p.Send("改一改").Expect("改第1条")
	p.Send("提交").Expect("可以提交了")
	p.Send("提交").Expect("已提交，谢谢您").ExpectNo("改第1条")
	b.state("wang", risk.CheckSubmitted)
}

func TestEveryStateHasItsAnswerToChangesAndTakingBack(t *testing.T) {
	b := newOffice(t)
	p := b.phone("wang")
	p.Send("撤回").Expect("还没有提交，不用撤回")
	p.Send("返回").Expect("没有正在填的内容")
	p.Send("改第1条").Expect("还没有写好的条目")
	p.Send("提交").Expect("回“自查”接着填")
	b.written(2)
	p.Send("改第5条").Expect("没有第5条，您现在有第1、2条").Expect("可以提交了")
	p.Send("改一下").Expect("要改哪条")
	p.Send("改一下第二条").Expect("改第2条")
	p.Send("不改了").Expect("第2条不改").Expect("可以提交了")
	p.Send("提交")
	p.Send("改第1条").Expect("回“撤回”就能收回来改")
	p.Send("提交").Expect("不用再填了")
	p.Send("进度").Expect("之后先送李衡")
	p.Send("撤回").Expect("已撤回").Expect("可以提交了")
	p.Send("提交")
	b.Advance(11 * time.Minute)
	p.Send("进度").Expect("股室互查中，已写2条，由李衡召集")
	p.Send("改第1条").Expect("已送李衡审核")
	p.Send("撤回").Expect("不能撤回了。已送李衡审核")
	b.phone("li").Send("互查")
	b.meet("li", b.section("wang"), nil)
	p.Send("进度").Expect("由李衡处理，10月22日前")
	p.Send("再来一条").Expect("这句我没看明白")
	p.Send("以后可能还会有人把标段拆开直接给熟人").Expect("这句我没看明白")
}

func TestAReturnedFormOpensItsReturnedRowsWithTheReviewersWords(t *testing.T) {
	b := newOffice(t)
	p := b.written(2)
	p.Send("提交")
	b.Advance(11 * time.Minute)
	b.phone("li").Send("互查")
	b.meet("li", b.section("wang"), nil)
	b.judge("li", "wang", verdict{}, map[int]verdict{2: {returned: "措施太笼统，请写清谁来做"}})
	b.state("wang", risk.CheckReturned)
	p.Expect("自查表有1条要改")
	p.Send("进度").Expect("退回修改中，已写2条，请改第2条，10月23日前交")
	p.Send("你好").Expect("有1条要改")
	p.Press("去修改").Expect("有1条请您改一改").Expect("审核意见：措施太笼统，请写清谁来做")
	p.Send("什么是三重一大").Expect("大额度资金").Expect("审核意见")
	p.Send("改第1条").Expect("只退回了第2条")
	p.Send("改措施").Expect("现在的措施")
	p.Send("2、3").Expect("记下2条措施").Expect("可以提交了")
	if last := b.last("wang").String(); strings.Contains(last, "再来一条") {
		t.Errorf("a returned form offers new rows: %s", last)
	}
	b.page("wang", func(ctx context.Context, turn *convo.Turn) error {
		err := b.desk.EditRow(ctx, turn, b.checks["wang"].ID, 1, RowEdit{Manifestations: []string{sentence3}})
		if !strings.Contains(bot.Says(err), "只退回了第2条") {
			t.Errorf("the page may change a row that passed: %v", err)
		}
		return nil
	})
	p.Send("退出").Expect("填的都存着")
	p.Send("继续").Expect("审核意见")
	p.Send("不改了").Expect("可以提交了")
	p.Send("提交").Expect("已提交")
	p.Send("撤回").Expect("已撤回").Expect("可以提交了")
	b.state("wang", risk.CheckReturned)
	p.Send("提交").Expect("已提交")
	b.stands("wang", "1 "+sentence1+" ｜1", "2 "+sentence2+" ｜2")
}

func TestAReturnedZeroReportShowsWhyAndTakesRows(t *testing.T) {
	b := newOffice(t)
	p := b.begun("feng")
	p.Send("我没有风险点")
	p.Send("只做文件收发登记，不经手钱物").Expect("可以提交了").ExpectNo("共0条")
	p.Send("提交")
	b.Advance(11 * time.Minute)
	b.phone("zheng").Send("互查")
	b.meet("zheng", b.section("feng"), nil)
	b.judge("zheng", "feng", verdict{returned: "支付岗经手付款，请再想想"}, nil)
	b.state("feng", risk.CheckReturned)
	p.Send("自查").Expect("审核意见：支付岗经手付款，请再想想").Expect("可以提交了")
	p.Send("再来一条").Expect("计量支付复核")
	p.Send("好")
	p.Send("可能不看附件就付款，给人多付工程款")
	p.Send("对")
	p.Send("1")
	p.Send("没有了").Expect("可以提交了").ExpectNo("无风险点说明")
	p.Send("提交").Expect("已提交")
}
