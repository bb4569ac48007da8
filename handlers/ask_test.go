package handlers

import (
	"fmt"
	"testing"
	"time"

	"qingfeng/bot"
	"qingfeng/knowledge"
)

// giftRules are a unit's own rules; the fourth clause is longer than a phone's screen.
const giftRules = `礼品登记上交办法

栖云县交通运输局

第一章 总则

第一条 为了规范本局工作人员收受礼品的登记和上交，制定本办法。

第二章 登记

第二条 工作人员在公务活动中收到不便退还的礼品，应当自收到之日起十五日内向办公室登记上交。

第三条 逾期不登记的，由办公室催办；催办后仍不登记的，移送驻局纪检监察组。

第四条 上交的礼品由办公室会同财务审计股清点造册，贵重物品由两人以上共同保管。礼品清册应当写明收到的时间、来源、名称和数量，由经手人和保管人签字。食品和容易变质的物品可以先行处理，处理情况写入清册。处理所得全部缴入财政专户，不得留用，也不得抵作单位的其他开支。办公室每季度公布一次处理结果，接受监督。财务审计股每半年核对一次账目和实物，账实不符的写出说明，由分管领导审签后归档。人员调离的，应当在离岗前把经手的清册移交完毕，由接手人和监交人签字确认。
`

// kept makes a document one that only some may read.
func kept(audiences ...string) func(*knowledge.Draft) {
	return func(d *knowledge.Draft) { d.Document.Audiences = audiences }
}

func TestAnAnswerIsAClauseWithWhereItStands(t *testing.T) {
	b := newOffice(t)
	p := b.phone("wang")
	b.hears(p.Send("什么是三重一大"), "大额度资金使用", "——《清风使用手册·基本概念》 对象与层面 › 什么是三重一大", "回“有用”“没用”")
	b.hears(p.Send("一级风险谁来监控"), "领导小组", "!回“有用”")
	b.hears(p.Send("那二级呢"), "按「二级风险谁来监控」理解", "二级：县级部门包由派驻纪检监察组监控")
	p.Send("三重一大").Expect("大额度资金使用")
	p.Send("什麼是三重一大？").Expect("大额度资金使用")
	p.Send("shenme shi sanzhongyida").Expect("请换成汉字再问")
	p.Send("第十二条是怎么规定的").Expect("请核对条号")
}

func TestTheHandbookAnswersWhatPeopleAskInChat(t *testing.T) {
	b := newOffice(t)
	b.phone("wang").Send("你好")
	for q, want := range map[string]string{
		"三重一大是啥？": "什么是三重一大", "风险点和风险面有什么区别": "风险面", "一级风险谁来监控": "监控", "佐证材料是指什么": "佐证材料",
		"收了礼金怎么上交": "上交", "提交之后谁审核": "审核", "五类风险有哪些": "五类", "看不到卡片怎么办": "看不到卡片",
		"思想道德类的风险怎么写": "思想道德", "审核人请假了怎么办": "请假", "三项检验指哪三项": "三项检验",
	} {
		b.Advance(talkTime) // each is a talk of its own
		b.hears(b.phone("wang").Send(q), "›", want)
	}
	for _, q := range []string{"公积金提取比例是多少", "探亲假有几天", "驾驶证到期换证要带什么", "食堂中午吃什么"} {
		b.Advance(talkTime)
		b.phone("wang").Send(q).ExpectNo("——《")
	}
}

func TestALongClauseIsItsEssenceAndThenTheWhole(t *testing.T) {
	b := newBureau(t)
	store := b.withKnowledge()
	b.adds(store, "礼品.txt", giftRules, nil)
	p := b.phone("wang")
	b.hears(p.Send("上交的礼品由谁清点造册"), "——《礼品登记上交办法》 第二章 登记 › 第四条", "全文：\n第四条 上交的礼品")
	// One too long for a message: the essence and a link, nothing cut.
	b.adds(store, "档案.txt", "廉政档案管理办法\n\n第一条 廉政档案由办公室统一保管，保管期限为十年。"+long("各科室应当按季度移交材料，移交时双方清点签字，缺少的材料在五个工作日内补齐。", 650), nil)
	b.hears(p.Send("《廉政档案管理办法》第一条保管期限是几年"), "保管期限为十年", "全文和上下文：https://qf.example/clause/", "!全文：\n")
	p.Send("原文").Expect("第一条 廉政档案由办公室统一保管")
}

func TestOriginalAndMoreMeanTheLastAnswer(t *testing.T) {
	b := newBureau(t)
	store := b.withKnowledge()
	p := b.phone("wang")
	p.Send("原文").Expect("您最近没有问过政策问题")
	p.Send("还有吗").Expect("您最近没有问过政策问题")
	p.Send("有用").Expect("您最近没有问过政策问题")
	v := b.adds(store, "礼品.txt", giftRules, nil)
	b.hears(p.Send("收到的礼品怎么登记上交"), "十五日内", "第二条")
	p.Send("原文").Expect("《礼品登记上交办法》 第二章 登记 › 第二条\n第二条 工作人员")
	b.hears(p.Send("还有吗"), "礼品", "!十五日内")
	p.Send("还有吗")
	p.Send("还有吗")
	p.Send("还有吗").Expect("没有更多相关条款了")
	p.Send("原文").Expect("《礼品登记上交办法》") // of what was shown before there was nothing more
	// A document that was withdrawn is not shown from memory.
	p.Send("收到的礼品怎么登记上交").Expect("十五日内")
	if _, err := store.Withdraw(t.Context(), v.Version); err != nil {
		t.Fatal(err)
	}
	b.hears(p.Send("原文"), "《礼品登记上交办法》的这一条已经收回", "!十五日内")
	b.Advance(opinionTime)
	p.Send("原文").Expect("您最近没有问过政策问题")
}

func TestAQuestionInTheMiddleOfAFormIsAnsweredAndTheFormGoesOn(t *testing.T) {
	b := newOffice(t)
	p := b.begun("wang")
	p.Send("什么是三重一大").Expect("大额度资金").Expect("招标文件编制")
	p.Send("原文").Expect("大额度资金").Expect("招标文件编制")
	p.Send("还有吗").Expect("招标文件编制")
	p.Send("有用").Expect("谢谢，记下了").Expect("招标文件编制")
	p.Send("没用").Expect("哪里不合适").Expect("招标文件编制")
	p.Send("好").Expect("假设换个人坐这个岗位")
	// In the middle of a sentence a follow-up is one, and 不对 is the step's.
	p.Send("一级风险由谁监控？").Expect("领导小组").Expect("假设换个人坐这个岗位")
	p.Send("那二级呢？").Expect("按「二级风险由谁监控」理解").Expect("假设换个人坐这个岗位")
	p.Send(sentence1).Expect("第1条")
	b.hears(p.Send("👍"), "这条怎么防", "!谢谢，记下了") // the step wins
	p.Send("过时了").ExpectNo("哪里不合适").Expect("或直接写一条措施")
	p.Send("1").Expect("记下1条措施")
	b.stands("wang", "1 "+sentence1+" ｜1")
	if n := b.asked("liked IS NOT NULL"); n == 0 {
		t.Error("no judgement was stored")
	}
}

func TestAJudgementIsStoredWithItsReason(t *testing.T) {
	b := newOffice(t)
	p := b.phone("wang")
	reason := func() (s string) {
		t.Helper()
		if err := b.db.Pool().QueryRow(t.Context(), "SELECT liked::text || ' ' || reason FROM question ORDER BY id DESC LIMIT 1").Scan(&s); err != nil {
			t.Fatal(err)
		}
		return s
	}
	p.Send("什么是三重一大")
	p.Send("谢谢，有用").Expect("谢谢，记下了")
	if got := reason(); got != "true " {
		t.Errorf("got %q", got)
	}
	b.hears(p.Send("没用"), "答非所问", "看不懂")
	p.Press("答非所问").Expect("已转给防控办改进")
	if got := reason(); got != "false 答非所问" {
		t.Errorf("got %q", got)
	}
	p.PressOn("哪里不合适？", "过时了").ExpectNo("已转给防控办改进") // decided already
	p.Send("什么是廉政风险")
	p.Send("不对").Expect("哪里不合适")
	p.Press("其他").Expect("一句话说说")
	p.Send("没有写我们局的规定").Expect("已转给防控办改进")
	if got := reason(); got != "false 没有写我们局的规定" {
		t.Errorf("got %q", got)
	}
	b.hears(p.Send("没用，说的是旧办法"), "已转给防控办改进", "!哪里不合适")
	if got := reason(); got != "false 说的是旧办法" {
		t.Errorf("got %q", got)
	}
	p.Send("什么是廉政风险点")
	p.Send("👎").Expect("哪里不合适")
	p.Send("看不懂").Expect("要找人讲一讲")
	p.Send("什么是风险面")
	p.Send("👍").Expect("谢谢，记下了")
	b.Advance(time.Hour)
	p.Send("不对").ExpectNo("哪里不合适") // of nothing that was said lately
}

func TestWhatPeopleLikedIsFoundInOtherWords(t *testing.T) {
	b := newBureau(t)
	store := b.withKnowledge()
	b.adds(store, "礼品.txt", giftRules, nil)
	const asked, other = "人家硬塞的购物卡交到哪里", "人家硬塞的购物卡该交到哪里呢"
	b.phone("wang").Send(other).ExpectNo("——《")
	// In one wording it stands at a clause, and people like it there.
	ids, err := store.PassageIDs(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.Remember(t.Context(), ids[2], asked, "alias", 0); err != nil {
		t.Fatal(err)
	}
	for _, who := range []string{"wu", "feng", "chen"} {
		b.phone(bot.UserID(who)).Send(asked).Expect("十五日内")
		b.phone(bot.UserID(who)).Send("有用").Expect("谢谢，记下了")
	}
	b.Advance(talkTime)
	b.hears(b.phone("wang").Send(other), "十五日内", "——《礼品登记上交办法》")
	var likes int
	if err := b.db.Pool().QueryRow(t.Context(), "SELECT likes FROM question_memory WHERE question = $1", asked).Scan(&likes); err != nil || likes != 3 {
		t.Errorf("%d likes, %v", likes, err)
	}
}

func TestOnlyWhoMayReadADocumentHearsOfIt(t *testing.T) {
	b := newBureau(t)
	store := b.withKnowledge()
	b.adds(store, "线索.txt", "线索处置内部规程\n\n第一条 问题线索应当在三十日内由承办人提出处置意见。\n\n第二条 承办人不得向无关人员透露线索的来源。", kept("role:discipline_group"))
	b.adds(store, "报账.txt", "财务审计股报账规程\n\n第一条 报账单据应当在每月二十五日前交到支付岗。", kept("section:财务审计股"))
	const clue, bill = "问题线索几天内提出处置意见", "报账单据几号前交到支付岗"
	b.phone("wang").Send(clue).ExpectNo("三十日").ExpectNo("线索处置")
	b.hears(b.phone("han").Send(clue), "三十日内", "线索处置内部规程")
	b.phone("wang").Send(bill).ExpectNo("二十五日")
	b.phone("feng").Send(bill).Expect("二十五日")
	b.hears(b.phone("wang").Send("《线索处置内部规程》第二条是什么"), "没有您说的这份文件", "!来源")
	b.phone("wang").Send("还有吗").ExpectNo("线索的来源")
}

func TestPeopleAndReportsAreShownTheRightDoorAndNotSearchedFor(t *testing.T) {
	b := newOffice(t)
	p := b.phone("wang")
	for _, s := range []string{"王强收没收钱", "李局长有没有收红包？", "我想匿名举报去哪里", "我要举报我们领导吃回扣怎么办", "张主任是不是贪污了", "能不能在这里举报"} {
		p.Send(s).Expect("可拨打12388")
	}
	if n := b.asked("true"); n != 0 {
		t.Errorf("%d of them stand in the log", n)
	}
	p.Send("收到举报怎么处理").ExpectNo("这里不受理投诉举报")
	p.Send("局长能不能收红包").ExpectNo("这里不受理投诉举报")
	q := b.begun("wu")
	q.Send("好")
	q.Send("王强收没收钱？").Expect("可拨打12388").Expect("假设换个人坐这个岗位")
}

func TestALongQuestionIsAQuestionIfItEndsInOne(t *testing.T) {
	b := newBureau(t)
	store := b.withKnowledge()
	b.adds(store, "礼品.txt", giftRules, nil)
	story := long("我们科室前段时间和外单位一起办了一次活动，大家都很辛苦，材料也整理了不少。", 110)
	p := b.phone("wang")
	b.hears(p.Send(story+"请问收到不便退还的礼品要在几日内登记上交？"), "按「请问收到不便退还的礼品要在几日内登记上交", "十五日内")
	p.Send(story + "谁都没有说什么。大家就这样回去了，后来也没有再提起过。").ExpectNo("——《")
	p.Send(long("收到的礼品应当怎样登记？", 4990)).ExpectNo("没能处理")
	p.Send("😀").ExpectNo("——《")
	p.Send("？？？").Expect("只看到符号")
}

func TestLawOfAnotherDayIsSaidToBeThat(t *testing.T) {
	b := newBureau(t)
	store := b.withKnowledge()
	on := func(from, to string) func(*knowledge.Draft) {
		return func(d *knowledge.Draft) {
			d.Version.Effective, _ = time.Parse(time.DateOnly, from)
			if to != "" {
				d.Version.Repealed, _ = time.Parse(time.DateOnly, to)
			}
		}
	}
	rule := "公务接待管理办法\n\n栖云县交通运输局\n\n第一条 公务接待陪餐人数不得超过接待对象人数的%s。\n"
	b.adds(store, "接待2014.txt", fmt.Sprintf(rule, "二分之一"), on("2014-01-01", "2020-01-01"))
	b.adds(store, "接待2020.txt", fmt.Sprintf(rule, "三分之一"), on("2020-01-01", ""))
	p := b.phone("wang")
	b.hears(p.Send("公务接待陪餐人数不得超过多少"), "三分之一", "——《公务接待管理办法》")
	b.hears(p.Send("2015年的规定"), "按2015年12月31日时有效的规定", "二分之一", "2020年1月1日起已")
	p.Send("没用，过时了").Expect("已转给防控办改进")
}

func TestTwoDocumentsThatDifferStandSideBySide(t *testing.T) {
	b := newBureau(t)
	store := b.withKnowledge()
	b.adds(store, "甲.txt", "礼品登记规定\n\n栖云县纪委\n\n第一条 工作人员收到礼品应当自收到之日起十五日内登记上交。", func(d *knowledge.Draft) { d.Document.Issuer = "栖云县纪委" })
	b.adds(store, "乙.txt", "礼品登记细则\n\n栖云县交通运输局\n\n第一条 工作人员收到礼品应当自收到之日起三十日内登记上交。", func(d *knowledge.Draft) { d.Document.Issuer = "栖云县交通运输局" })
	b.hears(b.phone("wang").Send("工作人员收到礼品应当几日内登记上交"), "说法不一样", "十五日内", "三十日内", "栖云县纪委", "栖云县交通运输局")
}
