package handlers

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/risk"
)

// toGrading brings two forms with three rows before the leading group.
func (b *bureau) toGrading() {
	b.t.Helper()
	b.toLeader(plainRow, otherRow)
	b.phone("zhao").Press("同意").Expect("已同意")
	b.submit("wu", row{text: "可能把一笔变更拆成几笔报", node: "变更理由审核", power: 1})
	b.phone("li").Send("互查")
	b.meet("li", b.section("wang"), nil)
	b.judge("li", "wu", verdict{}, nil)
	b.phone("zhao").Press("同意").Expect("已同意")
}

func TestTheSecretaryTypesTheMeetingsResultAndItIsApplied(t *testing.T) {
	b := newBureau(t)
	b.toGrading()
	b.phone("sun").Send("定级").Expect("待定级3条：二级3")
	b.phone("sun").Send("除第3条调一级外全部通过").Expect("将把第3条由二级定为一级，其余2条按初评通过。确认？")
	b.phone("sun").Send("修改").Expect("会后把结果发我就行")
	b.phone("sun").Send("第2条定为三级，其余通过").Expect("将把第2条由二级定为三级，其余2条按初评通过。确认？")
	b.phone("sun").Send("除第3条调一级外全部通过").Expect("将把第3条由二级定为一级，其余2条按初评通过。确认？")
	b.phone("sun").Send("确认").Expect("请补会议信息")
	b.phone("sun").Send("12月30日，周局长主持").Expect("不晚于今天")
	b.phone("sun").Send("10月19日，周局长主持，出席：周岚、赵明、钱立").Expect("已登记：定级3条，审定2份。会议记录和审定表在这里下载，签字后归档：https://qf.example/grading/")

	b.state("wang", risk.CheckConfirmed)
	b.state("wu", risk.CheckConfirmed)
	p := b.check("wu").Points[0]
	same(t, "row 3", []string{string(p.Confirmed), p.Monitor, string(p.State)}, []string{"L1", "县纪委监委党风政风监督室＋局领导小组", "confirmed"})
	same(t, "row 1", b.check("wang").Points[0].Monitor, "派驻纪检监察组")
	b.phone("wang").Expect("您的自查表已审定：二级2")
	meetings, err := b.reg.Meetings(t.Context(), b.campaign.ID, meetingGrading)
	if err != nil || len(meetings) != 1 {
		t.Fatalf("meetings %v %v", meetings, err)
	}
	m := meetings[0]
	same(t, "meeting", []string{m.HeldOn.Format("2006-01-02"), m.Chair, m.Recorder, strings.Join(m.Attendees, "、")}, []string{"2026-10-19", "周局长", "孙文", "周岚、赵明、钱立"})
	for _, line := range m.Decisions {
		for _, said := range b.texts {
			if strings.Contains(line, said) {
				t.Errorf("the record holds a risk sentence: %s", line)
			}
		}
	}
	b.phone("sun").Send("全部通过").Expect("现在没有可定级的条目")
	b.refused("nothing")
}

// A form that is on its way must not shift the numbers the meeting spoke of.
func TestThePapersNumberRowsAsTheMeetingDid(t *testing.T) {
	b := newBureau(t)
	b.submit("li", row{text: "可能让相熟的队伍先进场", node: "变更理由审核", power: 1}) // before wang in the roster, and not yet reviewed
	b.toGrading()
	b.phone("sun").Send("除第3条调一级外全部通过").Expect("将把第3条由二级定为一级")
	b.phone("sun").Send("确认").Expect("请补会议信息")
	b.phone("sun").Press("用默认").Expect("已登记：定级3条")

	pack, campaign, err := b.desk.pack(t.Context(), b.campaign.ID)
	if err != nil {
		t.Fatal(err)
	}
	checks, err := b.reg.Checks(t.Context(), risk.CheckFilter{Campaign: campaign.ID})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := (export{desk: b.desk, pack: pack, campaign: campaign, checks: checks}).graded(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range rows {
		got = append(got, fmt.Sprint(r.No, r.Confirmed))
	}
	same(t, "numbers and levels", got, []string{"1二级", "2二级", "3一级"})
}

func TestLoweringARowNeedsAReasonAndAReturnedRowGoesBack(t *testing.T) {
	b := newBureau(t)
	b.toGrading()
	b.phone("sun").Send("第1条定为三级，第3条退回，其余通过").Expect("将把第1条由二级定为三级，退回第3条，其余1条按初评通过。确认？")
	b.phone("sun").Send("确认").Expect("第1条低于初评，请用一句话写明理由")
	b.phone("sun").Send("今年已由系统自动抽取").Expect("请补会议信息")
	b.phone("sun").Press("用默认").Expect("已登记：定级2条，审定1份")
	p := b.check("wang").Points[0]
	same(t, "lowered with its reason", []string{string(p.Confirmed), p.KeepReason}, []string{"L3", "定级说明：今年已由系统自动抽取"})
	b.state("wu", risk.CheckReturned)
	b.phone("wu").ExpectCard("自查表有1条要改")
	b.resubmit("wu", func(c *risk.SelfCheck) {
		c.Points[0].Manifestations = []string{"可能把同一标段的变更分次报批"}
	})
	b.state("wu", risk.CheckSection)
}

func TestGradingIsTheOfficesAndBoundToTheListItWasReadFrom(t *testing.T) {
	b := newBureau(t)
	b.toGrading()
	b.phone("wang").Send("定级").Expect("定级由防控办按领导小组会议结果登记")
	b.refused("no role")
	b.phone("sun").Send("除第9条调一级外全部通过")
	b.refused("not understood")
	b.phone("sun").Send("全部通过").Expect("全部3条按初评通过")
	// Another form arrives between the reading back and 确认.
	b.submit("chen", row{text: "可能从轻不附证据", node: "裁量认定", power: 1})
	b.judge("zhao", "chen", verdict{}, nil)
	b.state("chen", risk.CheckGrading)
	b.phone("sun").Send("确认").Expect("列表刚有变化", "全部4条按初评通过")
	b.state("chen", risk.CheckGrading)
	b.phone("sun").Send("确认").Expect("请补会议信息")
	b.phone("sun").Send("用默认").Expect("已登记：定级4条，审定3份")

	b.page("sun", func(ctx context.Context, t *convo.Turn) error {
		ok, err := b.desk.Grade(ctx, t, b.campaign.ID, risk.GradingOrder{Rest: true}, "", GradingMeeting{})
		if ok {
			b.t.Error("graded twice")
		}
		return err
	})
}

func TestTheGradingListPutsOutliersFirstUnderStableNumbers(t *testing.T) {
	b := newBureau(t)
	b.submit("wang", plainRow, gravRow)
	b.phone("li").Send("互查")
	b.meet("li", b.section("wang"), nil)
	b.judge("li", "wang", verdict{}, map[int]verdict{2: {likelihood: 2, harm: 3}})
	read := func(user bot.UserID) (l GradingList) {
		b.page(user, func(ctx context.Context, t *convo.Turn) (err error) {
			l, err = b.desk.GradingList(ctx, t, b.campaign.ID)
			return err
		})
		return l
	}
	if l := read("sun"); len(l.Rows) != 0 {
		t.Fatal("nothing is on the list before the leader's decision")
	}
	b.see("zhao", "wang")
	b.phone("zhao").Press("同意")
	l := read("sun")
	same(t, "order", []int{l.Rows[0].No, l.Rows[1].No}, []int{2, 1})
	same(t, "why row 2 stands out", strings.Join(l.Rows[0].Out, " "), "l1 uneven")
	if l := read("wang"); l.Denied == "" || len(l.Rows) > 0 {
		t.Error("a cadre reads the grading list")
	}
}

func TestTheOfficeSeesCountsAndNoTexts(t *testing.T) {
	b := newBureau(t)
	b.submit("wang", plainRow)
	b.phone("sun").Send("进度").Expect("建设管理股：未开始2、待互查1").ExpectNo(plainRow.text)
}
