package handlers

import (
	"context"
	"strings"
	"testing"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

// hire adds people to the roster and gives them their forms.
func (b *bureau) hire(more ...risk.RosterRow) {
	b.t.Helper()
	rows := bureauRoster()
	for i, r := range more {
		r.Unit, r.Row = rows[0].Unit, len(rows)+i+2
		rows = append(rows, r)
	}
	if plan, err := b.reg.ApplyRoster(b.t.Context(), rows); err != nil || plan.Blocked() {
		b.t.Fatalf("roster: %v %+v", err, plan.Issues)
	}
	checks, err := b.reg.AddChecks(b.t.Context(), b.campaign.ID)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, c := range checks {
		b.checks[c.Person.UserID] = c
	}
}

// lastYear imports points of the tender clerk's post.
func (b *bureau) lastYear(sentences ...string) {
	b.t.Helper()
	var rows []risk.PointRow
	for i, said := range sentences {
		rows = append(rows, risk.PointRow{
			Section: "建设管理股", Post: "招标管理岗", Item: "农村公路项目招标", Node: "招标文件编制", Manifestations: []string{said},
			Category: risk.Duty, Level: risk.L2, Year: 2025, Row: i + 2,
			Measures: []risk.Measure{{Text: "门槛对照清单逐条勾选", Who: "招标管理岗", Frequency: "每次", Evidence: "勾选表"}},
		})
	}
	if plan, err := b.reg.ApplyPoints(b.t.Context(), rows); err != nil || plan.Blocked() {
		b.t.Fatalf("points: %v %+v", err, plan.Issues)
	}
}

func TestLastYearsPointsAreKeptChangedOrDroppedOneByOne(t *testing.T) {
	b := newOffice(t)
	b.lastYear(sentence1, sentence2, "可能拆分标段绕开公开招标，直接给熟人")
	p := b.begun("wang").Expect("去年第1条（共3条）")
	p.Send("什么是三重一大").Expect("大额度资金").Expect("去年第1条")
	p.Send("没得变化").Expect("第1条沿用去年的").Expect("去年第2条")
	p.Send("退出")
	p.Send("自查").Expect("已经写了1条").Expect("去年第1条（共2条）")
	p.Send("不要了").Expect("这条今年不用").Expect("去年第2条（共2条）")
	p.Send("提交").Expect("可以提交了")
	p.Send("返回").Expect("去年第2条")
	p.Send("改一改").Expect("第2条现在写的是")
	p.Send("可能把一个项目拆成几个标段，绕开公开招标给熟人").Expect("第2条")
	p.Send("对").Expect("第2条存好了。接着看【评标组织】")
	p.Send("没有了").Expect("可以提交了")
	p.Send("退出")
	p.Send("继续").Expect("已经写了2条").ExpectNo("去年")
	b.stands("wang", "1 "+sentence1+" ｜1", "2 可能把一个项目拆成几个标段，绕开公开招标给熟人 ｜1")
}

func TestAnUploadedOldFormIsAskedAboutInChat(t *testing.T) {
	b := newOffice(t)
	p := b.phone("wang")
	p.Send("自查")
	p.Send("去年的表").Expect("/upload").Expect("请核对岗位")
	b.page("wang", func(ctx context.Context, turn *convo.Turn) error {
		kept, err := b.desk.AdoptOld(ctx, turn, b.checks["wang"].ID, []OldRow{
			{Node: "招标文件编制", Manifestation: sentence1, Measures: []string{"对照清单勾选（佐证材料：勾选表）"}},
			{Node: "评标组织", Manifestation: sentence2},
			{Manifestation: "王某某去年收了某施工队两条烟"},
			{Node: "合同归档", Manifestation: "可能把中标合同改几个数再归档，方便多付"},
		})
		if kept != 3 {
			t.Errorf("%d rows were kept", kept)
		}
		return err
	})
	p.Expect("另有1条没有读进来").Expect("读出3条")
	p.Send("随便你").Expect("这句我没看明白")
	p.Send("1沿用 7不要").Expect("没有第7条，一共3条")
	p.Send("一沿用").Expect("还有第2、3条没说")
	p.Send("3不要 2改").Expect("沿用1条，要改1条，不要1条").Expect("第2条现在写的是")
	p.Send(sentence3).Expect("第2条")
	p.Send("对")
	p.Send("1").Expect("第2条存好了")
	b.stands("wang", "1 "+sentence1+" ｜1", "2 "+sentence3+" ｜1")
}

func TestAPastedOldFormIsReadInsteadOfBecomingOneSentence(t *testing.T) {
	b := newOffice(t)
	p := b.begun("wang")
	p.Send("好")
	p.Send("1. " + sentence1 + "\n2、" + sentence2 + "\n3. 有人去年已经收过两次卡，大家都晓得").Expect("另有1条没有读进来").Expect("读出2条")
	p.Send("都要，第2条改").Expect("沿用1条，要改1条，不要0条")
	p.Send("不改").Expect("第2条")
	p.Send("对")
	p.Send("跳过").Expect("措施先空着")
	b.stands("wang", "1 "+sentence1+" ｜0", "2 "+sentence2+" ｜0")
}

func TestTenThousandCharactersAreNeverASentence(t *testing.T) {
	b := newOffice(t)
	p := b.begun("wang")
	long := strings.Repeat("评标前可能把名单透露给人，", 800)
	p.Send(long).Expect("太长了（10400字），我还没有存")
	p.Send("好")
	p.Send(long).Expect("太长了")
	p.Send(sentence1)
	p.Send(long).Expect("太长了")
	p.Send("对初评有意见")
	p.Send(long).Expect("太长了")
	p.Send("算了")
	p.Send("对")
	p.Send(long).Expect("太长了")
	p.Send("名单密封，两个人保管")
	p.Send(long).Expect("太长了")
	p.Send("密封单").Expect("第1条存好了")
	b.stands("wang", "1 "+sentence1+" ｜1")
}

func TestTwoPhonesOfOnePersonAreOneConversation(t *testing.T) {
	b := newOffice(t)
	p := b.begun("wang")
	// Both phones answer the same question at the same moment.
	b.Accept(bot.Message{From: "wang", Kind: bot.KindText, Text: "好"})
	b.Accept(bot.Message{From: "wang", Kind: bot.KindText, Text: "好"})
	b.Settle()
	p.Expect("想钻空子").Expect("「好」是在下面这个问题之前发来的").Expect("想钻空子")
	p.Send(sentence1).Expect("第1条")
	for range 5 {
		p.PressOn(text.SelfIntroTitle, "开始")
	}
	if n := count(b, "wang", "这个问题已经过了（已选：开始）"); n != 1 {
		t.Errorf("five presses were answered %d times\n%s", n, b.Transcript())
	}
	p.Press("对").Expect("这条怎么防")
	p.Tick("门槛条件对照标准清单逐条勾选", "汇总中标单位和次数").Expect("记下2条措施")
	b.stands("wang", "1 "+sentence1+" ｜2")
}

func count(b *bureau, user bot.UserID, words string) (n int) {
	for _, bubble := range b.Phones.Screen(user) {
		if strings.Contains(bubble.String(), words) {
			n++
		}
	}
	return n
}

func TestYesterdaysQuestionIsStillTheQuestion(t *testing.T) {
	b := newOffice(t)
	p := b.begun("wang")
	p.Send("好")
	b.Advance(26 * time.Hour)
	p.Send(sentence1).Expect("第1条")
	b.Advance(50 * time.Hour)
	p.Send("开始").Expect("第1条")
	p.Send("自查").Expect("第1条")
	p.Menu(MenuSelfCheck).Expect("第1条")
	p.Send("对").Expect("这条怎么防")
}

func TestTextModeGoesOnInTheMiddleAndOldListsByTheirLetter(t *testing.T) {
	b := newOffice(t)
	p := b.begun("wang")
	p.Send("文字版").Expect("已换成文字版").Expect("1 好")
	p.Send("1")
	p.Send(sentence1).Expect("1 对")
	p.Send("A1").Expect("已经过了").Expect("1 对")
	p.Send("1").Expect("3 汇总中标单位和次数")
	if n := len(b.last("wang").Text); n > 2048 {
		t.Errorf("the measures take %d bytes", n)
	}
	p.Send("１").Expect("存好了")
	p.Send("卡片版").Expect("已换成卡片版").ExpectCard("第1条存好了。接着看【评标组织】？")
	for _, bubble := range b.Phones.Screen("wang") {
		if len(bubble.Text) > 2048 {
			t.Errorf("a message of %d bytes: %s", len(bubble.Text), bubble.Text)
		}
	}
}

func TestVoicePicturesAndStickersGetAPoliteLineAndTheQuestionAgain(t *testing.T) {
	b := newOffice(t)
	p := b.begun("wang")
	p.Send("好")
	for media, say := range map[string]string{"voice": "语音我听不了", "image": "图片我看不了", "file": "转页面", "emotion": "我只看得懂文字", "location": "我只看得懂文字"} {
		p.Do(bot.Message{Kind: bot.KindMedia, Media: media}).Expect(say).Expect("想钻空子")
	}
}

func TestRedLinesHoldAtEveryStepAndOnThePage(t *testing.T) {
	b := newOffice(t)
	p := b.phone("wang")
	stopped := func(again string) {
		t.Helper()
		says(p, "王建国去年收了施工队两条烟").Expect("我没有保存").Expect(again)
		says(p, "机密★ 关于评标的通知").Expect("保密员").Expect(again)
		says(p, "我手机号13812345678").Expect("去掉号码").Expect(again)
		says(p, "去年收了两条烟怎么上交").Expect("登记上交").Expect(again)
	}
	p.Send("自查")
	stopped("个人岗位风险点自查")
	p.Send("开始")
	p.Send("对")
	stopped("招标文件编制")
	p.Send("好")
	stopped("想钻空子")
	p.Send("去年已经收了好处").Expect("只写“可能怎么出问题”")
	p.Send(sentence1)
	stopped("第1条")
	p.Send("对")
	stopped("这条怎么防")
	p.Send("名单密封，两个人保管")
	stopped("到年底")
	p.Send("密封单")
	p.Send("没有了")
	stopped("可以提交了")
	bad := "王建国去年收了施工队两条烟"
	id := b.checks["wang"].ID
	nodes, err := b.reg.Nodes(t.Context(), b.section("wang"))
	if err != nil {
		t.Fatal(err)
	}
	for what, do := range map[string]func(context.Context, *convo.Turn) error{
		"sentence": func(ctx context.Context, turn *convo.Turn) error { return b.desk.AddRow(ctx, turn, id, nodes[0], bad) },
		"row": func(ctx context.Context, turn *convo.Turn) error {
			return b.desk.EditRow(ctx, turn, id, 1, RowEdit{Manifestations: []string{bad}})
		},
		"objection": func(ctx context.Context, turn *convo.Turn) error {
			return b.desk.EditRow(ctx, turn, id, 1, RowEdit{Objection: &bad})
		},
		"reason": func(ctx context.Context, turn *convo.Turn) error {
			return b.desk.EditRow(ctx, turn, id, 1, RowEdit{KeepReason: &bad})
		},
		"measure": func(ctx context.Context, turn *convo.Turn) error {
			return b.desk.EditRow(ctx, turn, id, 1, RowEdit{Measures: []risk.Measure{{Text: "找13812345678核对"}}})
		},
		"past": func(ctx context.Context, turn *convo.Turn) error {
			return b.desk.EditRow(ctx, turn, id, 1, RowEdit{Manifestations: []string{"上个月已经收了他们的好处"}})
		},
	} {
		b.page("wang", func(ctx context.Context, turn *convo.Turn) error {
			if bot.Says(do(ctx, turn)) == "" {
				t.Errorf("the page takes a red line in a %s", what)
			}
			return nil
		})
	}
	b.stands("wang", "1 "+sentence1+" ｜1")
}

func TestThePageAndTheChatAreOneDraft(t *testing.T) {
	b := newOffice(t)
	p := b.begun("wang")
	p.Send("好")
	id := b.checks["wang"].ID
	nodes, err := b.reg.Nodes(t.Context(), b.section("wang"))
	if err != nil {
		t.Fatal(err)
	}
	// While the chat asks for row 1 the page writes one: neither replaces the other.
	b.page("wang", func(ctx context.Context, turn *convo.Turn) error {
		return b.desk.AddRow(ctx, turn, id, nodes[1], sentence2)
	})
	p.Send(sentence1).Expect("第1条")
	b.stands("wang", "1 "+sentence1+" ｜0", "2 "+sentence2+" ｜0")
	b.page("wang", func(ctx context.Context, turn *convo.Turn) error {
		return b.desk.EditRow(ctx, turn, id, 1, RowEdit{Manifestations: []string{sentence3}})
	})
	p.Send("改类别").Expect("这条更像哪一类")
	p.Send("2").Expect("评标当天可能私下联系评委")
	b.page("wang", func(ctx context.Context, turn *convo.Turn) error { return b.desk.RemoveRow(ctx, turn, id, 1) })
	p.Send("什么是三重一大").Expect("大额度资金").Expect("第1条已经不在表上了")
	p.Send("继续").Expect("先看【招标文件编制】")
	p.Send("没有了").Expect("共1条").Expect("可以提交了")
	b.page("wang", func(ctx context.Context, turn *convo.Turn) error { _, err := b.desk.Submit(ctx, turn, id); return err })
	p.Send("提交").Expect("回“撤回”就能收回来改").ExpectNothing()
	p.Send("提交").Expect("不用再填了")
}

func TestSomebodyWithTwoPostsFillsInOneAfterTheOther(t *testing.T) {
	b := newOffice(t)
	b.hire(risk.RosterRow{Section: "建设管理股", Post: "设计变更岗", Stratum: risk.StratumKey, Name: "王舟", UserID: "wang"})
	p := b.phone("wang")
	p.Send("自查").Expect("您有2个岗位要填")
	p.Send("1").Expect("个人岗位风险点自查")
	p.Send("开始")
	p.Send("对")
	p.Send(sentence1)
	p.Send("对")
	p.Send("1")
	p.Send("没有了")
	p.Send("提交").Expect("已提交").Expect("还有1个岗位没填")
	p.Send("自查").Expect("个人岗位风险点自查")
	p.Send("开始").Expect("设计变更岗")
	p.Send("进度").Expect("招标管理岗：已提交")
	p.Send("对").Expect("变更理由审核")
	p.Send("改第1条").Expect("还没有写好的条目")
}

func TestSomebodyWhoseWorkIsOnNoChartTellsItInOneLine(t *testing.T) {
	b := newOffice(t)
	p := b.begun("sun").Expect("流程图上还没有您经手的事")
	p.Send("没有").Expect("回“我没有风险点”")
	p.Send("1").Expect("先做什么、再做什么")
	p.Send("报销").Expect("再具体一点")
	p.Send("收报销单、核对发票，再报局长签字").Expect("一共3步").Expect("先看【收报销单】")
	p.Send("核对发票").Expect("【核对发票】这一步")
	p.Send("发票可能不核真假就报销，给人套钱").Expect("第1条")
	p.Send("对")
	p.Send("1").Expect("接着看【收报销单】")
	p.Send("换一步").Expect("报局长签字")
	p.Send("都不是，我来说").Expect("先做什么、再做什么")
	p.Send("管公章").Expect("再具体一点")
	p.Send("管公章用印登记").Expect("【管公章用印登记】这一步")
}

func TestARowWithoutAnyStepOnTheChartDoesNotStopTheTalk(t *testing.T) {
	b := newOffice(t)
	p := b.begun("sun")
	b.page("sun", func(ctx context.Context, turn *convo.Turn) error {
		return b.desk.AddRow(ctx, turn, b.checks["sun"].ID, risk.Node{Name: "用印"}, "可能先盖章后补审批，替别人冒用单位名义")
	})
	p.Send("再说吧").Expect("还要写哪一步")
	p.Send("可能把空白介绍信先盖好章，留给熟人用").Expect("这句先记着").Expect("您想说哪一步")
	p.Send("1").Expect("先做什么、再做什么")
	p.Send("发放空白介绍信").Expect("第2条：把空白介绍信先盖好章")
}

func TestALeadersOwnSelfCheckGoesTheLeadersWay(t *testing.T) {
	b := newOffice(t)
	p := b.begun("zhao").Expect("流程图上还没有")
	p.Send("会前酝酿项目、上会研究").Expect("一共2步")
	p.Send("好").Expect("【会前酝酿项目】这一步")
	p.Send("举例").Expect("·")
	p.Send("会前可能单独授意股室调整项目排序，让班子讨论走过场").Expect("第1条")
	p.Send("对")
	p.Send("1")
	p.Send("没有了")
	p.Send("提交").Expect("之后先送钱立")
}

func TestAnOfflinePostIsNeverAskedToType(t *testing.T) {
	b := newOffice(t)
	b.hire(risk.RosterRow{Section: "办公室", Post: "机要岗", Stratum: risk.StratumKey, Name: "何机", UserID: "he", Tags: []risk.PowerTag{risk.TagSecret}})
	p := b.phone("he")
	p.Send("自查").Expect("线下填报，请不要在这里输入内容。请到防控办（钱立、孙文）")
	p.Send("我要填表").Expect("线下填报")
	p.Send("提交").Expect("线下填报")
	p.Send("改第1条").Expect("线下填报")
	p.Send("进度").Expect("机要岗：线下填报")
	p.Send("可能把文件带回家，让人看到内容").Expect("这句我没看明白")
	p.Menu(MenuSelfCheck).Expect("线下填报")
}

func TestAPaperFormIsEnteredByTheOfficeAndConfirmedByItsOwner(t *testing.T) {
	b := newOffice(t)
	id := b.checks["feng"].ID
	p, sun := b.phone("feng"), b.phone("sun")
	nodes, err := b.reg.Nodes(t.Context(), b.section("feng"))
	if err != nil {
		t.Fatal(err)
	}
	b.page("sun", func(ctx context.Context, turn *convo.Turn) error { return b.desk.MarkPaper(ctx, turn, id) })
	p.Send("自查").Expect("您不用在这里填")
	p.Send("改第1条").Expect("您不用在这里填")
	p.Send("进度").Expect("防控办代填中")
	enter := func(said string) {
		b.page("sun", func(ctx context.Context, turn *convo.Turn) error {
			if err := b.desk.AddRow(ctx, turn, id, nodes[0], said); err != nil {
				return err
			}
			return b.desk.PaperEntered(ctx, turn, id)
		})
	}
	enter("可能不看附件就付款，给人多付工程款")
	p.Expect("请核对代填的自查表")
	p.Press("有出入").Expect("已告诉防控办（钱立、孙文）")
	sun.Expect("冯雪说代填的自查表有出入")
	enter("把别家的付款往后压，逼对方来找关系")
	p.Expect("共2条")
	// The office changes it once more without asking: what the card showed is not what stands there.
	b.page("sun", func(ctx context.Context, turn *convo.Turn) error { return b.desk.RemoveRow(ctx, turn, id, 1) })
	p.Press("没问题").Expect("刚改过，这次没有提交").Expect("共1条")
	b.state("feng", risk.CheckDraft)
	p.Press("没问题").Expect("已提交")
	b.state("feng", risk.CheckSubmitted)
}

func TestASignedScanSubmitsAPaperForm(t *testing.T) {
	b := newOffice(t)
	id := b.checks["feng"].ID
	b.page("sun", func(ctx context.Context, turn *convo.Turn) error {
		if err := b.desk.ScanReceived(ctx, turn, id); bot.Says(err) != text.PaperNotMarked {
			t.Errorf("a form that is not on paper: %v", err)
		}
		if err := b.desk.MarkPaper(ctx, turn, id); err != nil {
			return err
		}
		if err := b.desk.PaperEntered(ctx, turn, id); bot.Says(err) != text.PaperEmpty {
			t.Errorf("an empty form: %v", err)
		}
		if err := b.desk.SetZero(ctx, turn, id, "只做文件收发登记，不经手钱物"); err != nil {
			return err
		}
		return b.desk.ScanReceived(ctx, turn, id)
	})
	b.phone("sun").Expect("已按签字的纸质表提交，先送郑平")
	b.state("feng", risk.CheckSubmitted)
}

func TestPacksThatAskForMeasuresLaterDoNotAskNow(t *testing.T) {
	for _, pack := range []string{"bureau", "college"} {
		t.Run(pack, func(t *testing.T) {
			b := newBureauUnder(t, pack)
			b.withHandbook()
			p := b.begun("wang")
			p.Send(sentence1).Expect("第1条")
			p.Send("改类别").Expect("这条更像哪一类")
			p.Send("1").Expect("第1条")
			p.Send("对").Expect("第1条存好了。接着看【评标组织】")
			p.Send(sentence2).Expect("第2条")
			p.Send("对").Expect("还有要写的吗")
			p.Send("没有了").Expect("可以提交了")
			p.Send("改第2条").ExpectNo("改措施")
			p.Send("不改了")
			p.Send("提交").Expect("已提交")
			b.stands("wang", "1 "+sentence1+" ｜0", "2 "+sentence2+" ｜0")
		})
	}
}

func TestAMeetingOfTheBotAndAPersonSaysOnceWhatIsKept(t *testing.T) {
	b := newOffice(t)
	p := b.phone("wang").Enter().Expect("王舟您好")
	if n := count(b, "wang", "工作结束90天后清除草稿"); n != 1 {
		t.Errorf("the notice was shown %d times", n)
	}
	p.Enter().ExpectNothing()
	p.Send("自查")
	p.Send("开始").ExpectNo("清除草稿").Expect("请核对岗位")
	b.phone("feng").Send("自查")
	b.phone("feng").Send("开始").Expect("清除草稿").Expect("请核对岗位")
	b.phone("nobody").Send("你好").Expect("请联系防控办（钱立、孙文）登记")
}

func TestHelpFitsOneScreen(t *testing.T) {
	b := newOffice(t)
	for user, lines := range map[bot.UserID]int{"wang": 11, "li": 14, "sun": 17} {
		b.phone(user).Send("帮助").Expect("可以对我说")
		if n := strings.Count(b.last(user).Text, "\n") + 1; n > lines {
			t.Errorf("help for %s has %d lines", user, n)
		}
	}
}

func TestAPointTakesFourTurnsAndThreePointsAboutTenMinutes(t *testing.T) {
	b := newOffice(t)
	p := b.phone("wang")
	turns, chars := 0, 0
	say := func(words string) {
		p.Send(words)
		turns++
		chars += len([]rune(words))
	}
	for _, words := range []string{"自查", "1", "1"} {
		say(words)
	}
	before := turns
	for _, sentence := range []string{sentence1, sentence2} {
		for _, words := range []string{"1", sentence, "1", "1、3"} {
			say(words)
		}
	}
	say("1") // 还有
	say("1") // the step once more
	for _, words := range []string{sentence3, "1", "1"} {
		say(words)
	}
	if perPoint := float64(turns-before) / 3; perPoint > 13.0/3 {
		t.Errorf("%.1f turns a point", perPoint)
	}
	say("没有了")
	say("提交")
	p.Expect("已提交")
	read := 0
	for _, bubble := range b.Phones.Screen("wang") {
		read += len([]rune(bubble.String()))
	}
	// A tired reader takes in six characters a second, dictates or types one and a half,
	// and thinks twenty seconds about every point.
	minutes := (float64(read)/6 + float64(chars)/1.5 + 3*20) / 60
	if minutes > 10.5 {
		t.Errorf("three points take about %.1f minutes (%d turns, %d characters to read, %d to type)", minutes, turns, read, chars)
	}
	t.Logf("%d turns, %d characters to read, %d to type: about %.1f minutes", turns, read, chars, minutes)
}
