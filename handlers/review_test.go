package handlers

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/risk"
)

var (
	plainRow = row{text: "可能把资格条件写得只有少数企业够得着", node: "招标文件编制", power: 1}
	otherRow = row{text: "可能提前把评标专家名单透露出去", node: "评标组织", power: 1}
	gravRow  = row{text: "可能为特定企业量身设置加分项", node: "招标文件编制", power: 3}
)

func TestAFormWalksItsWholeChainWithoutAnyTextOnAReviewersPhone(t *testing.T) {
	b := newBureau(t)
	b.submit("wang", plainRow, otherRow)
	b.state("wang", risk.CheckMutual)
	b.phone("li").Send("互查").ExpectCard("本股室可以集中互查了")
	b.meet("li", b.section("wang"), nil)
	b.state("wang", risk.CheckSection)
	b.phone("li").Expect("请初审：招标管理岗")

	if done := b.judge("li", "wang", verdict{}, map[int]verdict{2: {returned: "没写到具体哪一步"}}); !done {
		t.Fatal("every row has its verdict, so the review is over")
	}
	b.state("wang", risk.CheckReturned)
	b.phone("wang").ExpectCard("自查表有1条要改")
	c := b.check("wang")
	same(t, "row 1 keeps its approval", c.Points[0].Verdict, risk.Passed)
	same(t, "row 2 is returned", c.Points[1].Verdict, risk.Returned)

	b.resubmit("wang", func(c *risk.SelfCheck) {
		c.Points[1].Manifestations = []string{"可能在抽取当天把评标专家名单透露给投标人"}
	})
	b.state("wang", risk.CheckSection)
	b.phone("li").ExpectCard("修改后请复核：招标管理岗")
	s := b.see("li", "wang")
	same(t, "only the returned row is open", []bool{s.Rows[0].Open, s.Rows[1].Open}, []bool{false, true})
	b.judge("li", "wang", verdict{}, nil)
	b.state("wang", risk.CheckLeader)

	b.phone("zhao").ExpectCard("请审核：招标管理岗").Press("同意").Expect("已同意：招标管理岗（未查看原文，已注明）。")
	b.state("wang", risk.CheckGrading)
	past, err := b.reg.Reviews(t.Context(), risk.ReviewFilter{Check: c.ID, Step: "leader"})
	if err != nil || len(past) != 1 || !past[0].Unseen || past[0].Decision != risk.Pass {
		t.Fatalf("the leader's unopened agreement is recorded as such: %+v %v", past, err)
	}
	b.phone("zhao").PressOn("请审核：招标管理岗", "同意").Expect("处理过了")
}

func TestALevelOneRowIsOpenedBeforeAnyAgreement(t *testing.T) {
	b := newBureau(t)
	b.submit("wang", gravRow)
	b.meet("li", b.section("wang"), nil)
	b.judge("li", "wang", verdict{likelihood: 2, harm: 3}, nil)
	b.phone("zhao").ExpectCard("请审核：招标管理岗")
	b.phone("zhao").Press("同意").Expect("含一级风险点，请先点“查看详情”看过原文再同意。\nhttps://qf.example/review/")
	b.refused("not opened")
	b.state("wang", risk.CheckLeader)

	s := b.see("zhao", "wang")
	same(t, "the page shows the sentence", s.Rows[0].Manifestations[0], gravRow.text)
	b.phone("zhao").Press("同意").Expect("已同意：招标管理岗。").ExpectNo("未查看")
	b.state("wang", risk.CheckGrading)
}

func TestTheSectionReviewNeedsFactorsReasonsAndOverrides(t *testing.T) {
	b := newBureau(t)
	b.submit("wang", plainRow, row{text: otherRow.text, node: otherRow.node, power: 1, hint: true})
	b.meet("li", b.section("wang"), nil)

	for _, c := range []struct {
		name, code, say string
		v               verdict
		rows            map[int]verdict
	}{
		{"no likelihood", "no factors", "第1条还没给出可能性和危害程度", verdict{factorless: true}, nil},
		{"a blocking hint", "blocking hint", "第2条有须处理的提示", verdict{}, nil},
		{"a factor of 4", "bad factor", "只能是1、2、3", verdict{likelihood: 4, harm: 1}, nil},
		{"an old version", "stale version", "内容已更新", verdict{wrongVersion: true}, nil},
	} {
		if b.judge("li", "wang", c.v, c.rows) {
			t.Fatalf("%s: the review went through", c.name)
		}
		b.phone("li").Expect(c.say)
		b.refused(c.code)
		b.state("wang", risk.CheckSection)
	}
	if b.judge("li", "wang", verdict{skip: true}, map[int]verdict{1: {likelihood: 2, harm: 2}}) {
		t.Fatal("row 2 has no verdict yet")
	}
	b.phone("li").Expect("已保存，还有第2条没有看。")
	if !b.judge("li", "wang", verdict{override: "确属可乘之机"}, nil) {
		t.Fatal("with the reason the row passes")
	}
	p := b.check("wang").Points[1]
	same(t, "reason", p.KeepReason, "确属可乘之机")
	same(t, "level recomputed from likelihood and harm", p.Suggested.Level, risk.L2)

	// Nobody else decides on it: not the owner, not a colleague.
	r := b.open("wang")
	for user, code := range map[bot.UserID]string{"wang": "own form", "wu": "not assignee"} {
		b.page(user, func(ctx context.Context, t *convo.Turn) error {
			_, err := b.desk.ReviewRows(ctx, t, r.ID, r.Version, nil, ByPage)
			return err
		})
		b.refused(code)
		if s := b.readAs(user, r.ID); s.Denied == "" || len(s.Rows) > 0 {
			t.Errorf("%s reads a form that is not theirs to read", user)
		}
	}
}

func (b *bureau) readAs(user bot.UserID, review int64) (s ReviewSheet) {
	b.t.Helper()
	b.page(user, func(ctx context.Context, t *convo.Turn) (err error) {
		s, err = b.desk.ReviewSheet(ctx, t, review)
		return err
	})
	return s
}

func TestALeaderReturnsRowsInChatAndGetsOnlyThoseBack(t *testing.T) {
	b := newBureau(t)
	b.toLeader(plainRow, otherRow)
	b.phone("zhao").Press("退回").Expect("退回招标管理岗：原因是？")
	b.phone("zhao").Send("等级请再斟酌").Expect("退回哪几条")
	b.phone("zhao").Send("7").Expect("请回这些行号")
	b.phone("zhao").Send("第二条").Expect("已退回第2条")
	b.state("wang", risk.CheckReturned)
	b.resubmit("wang", func(c *risk.SelfCheck) {
		c.Points[1].Manifestations = []string{"可能在开标前把专家信息告诉熟人"}
	})
	b.state("wang", risk.CheckLeader)
	b.phone("zhao").ExpectCard("修改后请复核：招标管理岗")
	c := b.check("wang")
	same(t, "the other row is not asked about again", c.Points[0].Verdict, risk.Passed)
}

func TestADecisionNeverAppliesToAnotherVersion(t *testing.T) {
	b := newBureau(t)
	b.toLeader(plainRow)
	old := b.open("wang")
	// A leader's point, taken by the owner, changes the form under the card.
	b.page("zhou", func(ctx context.Context, t *convo.Turn) error {
		ok, err := b.desk.Point(ctx, t, b.checks["wang"].ID, "可能把评标时间定得让人来不及准备")
		if !ok {
			b.t.Error("the principal leader may propose a point")
		}
		return err
	})
	b.texts = append(b.texts, "可能把评标时间定得让人来不及准备")
	b.phone("wang").ExpectCard("领导给您点了一条风险点").Press("采纳").Expect("这条放在哪一步？")
	b.phone("wang").Send("评标组织").Expect("这条怎么写？")
	b.phone("wang").Send("用原文").Expect("已加为第2条")
	b.state("wang", risk.CheckSection)
	b.phone("zhao").PressOn("请审核：招标管理岗", "同意").Expect("内容已更新")
	same(t, "the form did not move", b.check("wang").State, risk.CheckSection)

	c := b.check("wang")
	same(t, "the new row says who found it", c.Points[1].Methods, []risk.Method{risk.MethodLeader})
	same(t, "the row that had passed stays passed", c.Points[0].Verdict, risk.Passed)
	b.judge("li", "wang", verdict{}, nil)
	b.state("wang", risk.CheckLeader)

	// Even a press that carries the old version does nothing.
	b.page("zhao", func(ctx context.Context, t *convo.Turn) error {
		t.Message.Press = &bot.Press{Key: key("review.pass", b.open("wang").ID, 1)}
		t.About = bot.About{Kind: aboutReview, ID: old.ID, Version: old.Version}
		return b.desk.pressPass(ctx, t)
	})
	b.refused("stale version")
	b.state("wang", risk.CheckLeader)
}

func TestOfTwoSimultaneousDecisionsOneWinsAndTheOtherIsTold(t *testing.T) {
	b := newBureau(t)
	b.toLeader(plainRow)
	r := b.open("wang")
	who, err := b.reg.Who(t.Context(), "zhao")
	if err != nil {
		t.Fatal(err)
	}
	// Two phones of one leader, two transactions, both of which have read the review as open.
	var ready, done sync.WaitGroup
	ready.Add(2)
	won := make([]bool, 2)
	for i := range 2 {
		done.Go(func() {
			err := b.db.InTx(t.Context(), func(ctx context.Context) error {
				turn := &convo.Turn{Actor: who, Now: b.Clock.Now()}
				k, r, ok, err := b.desk.mayDecide(ctx, turn, "review.pass", r.ID)
				if err != nil || !ok {
					return fmt.Errorf("both should read it as open: %w", err)
				}
				ready.Done()
				ready.Wait()
				r.Decision = risk.Pass
				won[i], err = b.desk.settle(ctx, turn, k, r)
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	done.Wait()
	if won[0] == won[1] {
		t.Fatalf("won %v: exactly one decides", won)
	}
	b.refused("decided")
}

func TestACardOpenedAfterEightyHoursPointsToTheNewOne(t *testing.T) {
	b := newBureau(t)
	b.toLeader(plainRow)
	before := b.open("wang")
	b.phone("zhao").ExpectCard("请审核：招标管理岗")
	b.Advance(80 * time.Hour)
	after := b.open("wang")
	same(t, "a new round of the same review", []int64{after.ID, int64(after.Round)}, []int64{before.ID, 2})
	if bot.Civil(after.DecideBy).Before(bot.Civil(after.OpenedAt)) {
		t.Errorf("the new card of %s asks for a decision by %s", after.OpenedAt, after.DecideBy)
	}
	cards := 0
	for _, bubble := range b.Phones.Screen("zhao") {
		if bubble.Card != nil && bubble.Card.Title == "请审核：招标管理岗" {
			cards++
			if cards == 1 && !strings.Contains(bubble.Ended, "已失效") {
				t.Errorf("the first card shows %q", bubble.Ended)
			}
		}
	}
	same(t, "cards", cards, 2)
	b.phone("zhao").Press("同意").Expect("已同意")
	b.state("wang", risk.CheckGrading)
}

func TestAPressOnACardThatDiedUnnoticedBringsANewOne(t *testing.T) {
	b := newBureau(t)
	b.toLeader(plainRow)
	// The timer was lost with the machine: the clock has moved, nothing has run.
	if _, err := b.db.Pool().Exec(t.Context(), `UPDATE review SET opened_at = opened_at - interval '80 hours' WHERE decision = ''`); err != nil {
		t.Fatal(err)
	}
	b.phone("zhao").Press("同意").Expect("这张卡片已失效，请用新的一张。", "请审核：招标管理岗")
	b.refused("card expired")
	b.state("wang", risk.CheckLeader)
	b.phone("zhao").Press("同意").Expect("已同意")
}

func TestTheBatchAgreesToTheCleanOnesOnly(t *testing.T) {
	b := newBureau(t)
	b.submit("wang", gravRow)
	b.submit("wu", row{text: "可能把一笔变更拆成几笔报", node: "变更理由审核", power: 1})
	b.meet("li", b.section("wang"), nil)
	b.judge("li", "wang", verdict{likelihood: 2, harm: 3}, nil)
	b.judge("li", "wu", verdict{}, nil)
	b.submit("feng", row{text: "可能不核对计量单就付款", node: "计量支付复核", power: 1})
	b.phone("zheng").Press("无补充")
	b.judge("zheng", "feng", verdict{}, nil)
	b.Advance(3 * time.Minute)

	b.phone("zhao").Send("待批").ExpectCard("今日待批3件，2件无异常")
	b.phone("zhao").Press("同意2件无异常的").Expect("已同意2件（未查看原文，已注明）。", "还有1件请逐件看")
	b.state("wu", risk.CheckGrading)
	b.state("feng", risk.CheckGrading)
	b.state("wang", risk.CheckLeader)
	b.phone("zhao").Send("待批").ExpectCard("请审核：招标管理岗")
}

func TestABatchLeavesOutWhatHasChangedSinceItWasShown(t *testing.T) {
	b := newBureau(t)
	b.toLeader(plainRow)
	r := b.open("wang")
	b.page("zhao", func(ctx context.Context, t *convo.Turn) error {
		t.Message.Press = &bot.Press{Key: key("batch.pass", r.ID, int64(r.Version-1))}
		return b.desk.pressBatch(ctx, t)
	})
	b.phone("zhao").Expect("已同意0件", "有1件内容有更新或已处理")
	b.refused("stale version")
	b.state("wang", risk.CheckLeader)
}

func TestReviewersWhoAreOwnersAreStepsOver(t *testing.T) {
	b := newBureau(t)
	// The head's own form: reviewed by the leader in charge.
	b.submit("li", row{text: "可能替熟人催办", node: "招标文件编制", power: 1})
	b.phone("li").Send("互查").ExpectCard("本股室可以集中互查了")
	b.meet("li", b.section("li"), nil)
	same(t, "head", b.open("li").Assignee.Name, "赵明")
	// A leader's own form ends at the principal leader, the principal's at a meeting and the discipline office.
	b.submit("zhao", row{text: "可能会前打招呼", power: 1})
	b.state("zhao", risk.CheckMutual)
	b.submit("zhou", row{text: "可能把个人意见当集体决定", power: 1})
	same(t, "principal: first the team's meeting", b.open("zhou").Step, "team")
}

func TestAFormWithoutRowsIsReviewedAsAWhole(t *testing.T) {
	b := newBureau(t)
	b.submit("wu")
	b.phone("li").Send("互查")
	b.meet("li", b.section("wu"), nil)
	b.judge("li", "wu", verdict{returned: "请再想想"}, nil)
	b.state("wu", risk.CheckReturned)
	b.phone("wu").ExpectCard("自查表被退回，请修改")
	b.resubmit("wu", func(*risk.SelfCheck) {})
	b.judge("li", "wu", verdict{}, nil)
	b.phone("zhao").ExpectCard("请审核：设计变更岗").Press("同意").Expect("已同意")
	b.state("wu", risk.CheckGrading)
}

func TestTheLeadersOwnChainsEndWhereThePackSays(t *testing.T) {
	b := newBureau(t)
	b.submit("zhao", row{text: "可能会前打招呼影响排序", power: 1})
	b.state("zhao", risk.CheckMutual)
	// The office convenes the leaders' democratic life meeting.
	b.phone("qian").Send("互查").ExpectCard("本股室可以集中互查了")
	b.meet("qian", b.section("zhao"), nil)
	r := b.open("zhao")
	same(t, "a leader's form ends at the principal", []string{r.Step, r.Assignee.Name}, []string{"principal", "周岚"})
	b.phone("zhou").ExpectCard("请审核：副局长").Press("同意").Expect("已同意")
	b.state("zhao", risk.CheckGrading)

	b.submit("zhou", row{text: "可能把个人意见变成集体决定", power: 1})
	r = b.open("zhou")
	same(t, "the principal's begins with the team's meeting", []string{r.Step, r.Assignee.Name}, []string{"team", "钱立"})
	b.phone("qian").ExpectCard("请审核：局长").Press("同意").Expect("领导班子会审议：局长")
	b.phone("qian").Send("随便说说")
	b.state("zhou", risk.CheckLeader)
	b.phone("qian").Send("10月19日，赵明主持，参加人员：赵明、钱立").Expect("已同意")
	meetings, err := b.reg.Meetings(t.Context(), b.campaign.ID, meetingLeaders)
	if err != nil || len(meetings) != 1 || meetings[0].Chair != "赵明" {
		t.Fatalf("meetings %+v %v", meetings, err)
	}
	r = b.open("zhou")
	same(t, "and goes on to the discipline office", []string{r.Step, r.Assignee.Name}, []string{"discipline", "韩清"})
	b.phone("han").Press("同意").Expect("已同意")
	b.state("zhou", risk.CheckGrading)
}

func TestTheOfficesOwnSectionIsReviewedByTheDisciplineOffice(t *testing.T) {
	b := newBureau(t)
	b.submit("sun", row{text: "可能先盖章后补批", node: "用印登记", power: 1})
	r := b.open("sun")
	same(t, "the office's head", []string{r.Step, r.Assignee.Name}, []string{"section", "韩清"})
	b.judge("han", "sun", verdict{}, nil)
	b.state("sun", risk.CheckGrading)
}

func TestTheBureauPackBindsTheFirstReviewToAMeetingAndFilesWithTheOffice(t *testing.T) {
	b := newBureauUnder(t, "bureau")
	b.submit("wang", plainRow)
	b.meet("li", b.section("wang"), nil)
	if b.judge("li", "wang", verdict{}, nil) {
		t.Fatal("without a meeting's record the section's decision does not stand")
	}
	b.phone("li").Expect("科室集体审定：招标管理岗")
	b.state("wang", risk.CheckSection)
	b.phone("li").Send("今天，李衡主持，出席：李衡、王舟、吴静").Expect("1条已通过")
	b.state("wang", risk.CheckLeader)
	b.phone("zhao").Press("同意").Expect("已同意")
	same(t, "filed with the office", b.open("wang").Step, "filing")
	b.phone("sun").Press("同意").Expect("已同意")
	b.state("wang", risk.CheckGrading)
}

func TestCardsKeepWithinTheirLimits(t *testing.T) {
	b := newBureau(t)
	b.toLeader(plainRow, otherRow, gravRow)
	b.phone("zhao").Press("退回")
	b.phone("zhao").Send("先不退")
	b.phone("zhao").Send("待批")
	for _, user := range []bot.UserID{"li", "zhao", "wang", "wu"} {
		for _, bubble := range b.Phones.Screen(user) {
			if bubble.Card == nil {
				continue
			}
			long := func(what, s string, limit int) {
				if n := len([]rune(s)); n > limit {
					t.Errorf("%s of %q has %d characters, %d are allowed", what, bubble.Card.Title, n, limit)
				}
			}
			long("title", bubble.Card.Title, 36)
			long("line", bubble.Card.Desc, 44)
			for _, f := range bubble.Card.Facts {
				long("fact "+f.Key, f.Key, 5)
				long("fact "+f.Key, f.Value, 30)
			}
			for _, o := range bubble.Card.Buttons {
				long("button", o.Text, 10)
			}
			if len(bubble.Card.Facts) > 6 || len(bubble.Card.Buttons) > 6 {
				t.Errorf("%q has too many facts or buttons", bubble.Card.Title)
			}
		}
	}
}

func TestAStepsOwnNameIsNotTakenForACommand(t *testing.T) {
	b := newBureau(t)
	b.phone("wang").Send("自查").Press("开始")
	for range 4 {
		if _, step := b.step("wang"); step == "weak" {
			break
		}
		b.phone("wang").Send("1")
	}
	if _, step := b.step("wang"); step != "weak" {
		t.Fatalf("the chat stands at %q\n%s", step, b.Transcript())
	}
	said := "让别人代我审批"
	b.texts = append(b.texts, said)
	b.phone("wang").Send(said).ExpectNo("没看懂日期", "没找到", "等您办的")
	b.phone("zhao").Send("审批").Expect("现在没有等您办的事")
}

// step is where a person's chat stands.
func (b *bureau) step(user bot.UserID) (flow, step string) {
	b.t.Helper()
	b.page(user, func(_ context.Context, t *convo.Turn) error {
		flow, step, _ = t.Active()
		return nil
	})
	return flow, step
}
