package handlers

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/risk"
)

func TestASectionOfTwoChecksEachOtherAndOneOfOneIsLeftToItsReviewer(t *testing.T) {
	b := newBureau(t)
	b.submit("feng", row{text: "可能不核对计量单就付款", node: "计量支付复核", power: 1})
	same(t, "the other one looks", b.open("feng").Assignee.Name, "郑平")
	b.phone("zheng").ExpectCard("请互看一份：支付岗").Press("补充一条").Expect("写“可能怎么样”")
	b.phone("zheng").Send("短").Expect("请写完整一句话")
	said := "可能先付款后补验收单"
	b.texts = append(b.texts, said)
	b.phone("zheng").Send(said).Expect("谢谢")
	b.state("feng", risk.CheckSection)
	b.phone("feng").ExpectCard("同事给您补充了一条风险点").ExpectNo(said).Press("采纳").Expect("这条放在哪一步")
	b.phone("feng").Send("计量支付复核").Expect("这条怎么写")
	own := "可能先付款再补验收手续"
	b.texts = append(b.texts, own)
	b.phone("feng").Send(own).Expect("已加为第2条")
	c := b.check("feng")
	same(t, "owner's wording, found by 互相查", []string{c.Points[1].Manifestations[0], string(c.Points[1].Methods[0])}, []string{own, "peer"})
	same(t, "an unreviewed row", c.Points[1].Verdict, risk.Unseen)
	b.phone("feng").PressOn("同事给您补充了一条风险点", "采纳").Expect("处理过了")

	b.submit("chen", row{text: "可能从轻不附证据", node: "裁量认定", power: 1})
	r := b.open("chen")
	same(t, "a section of one goes to its first reviewer", []string{r.Step, r.Assignee.Name}, []string{"section", "赵明"})
}

func TestAWholeSectionIsConvenedAndItsMeetingRecorded(t *testing.T) {
	b := newBureau(t)
	b.submit("wang", plainRow)
	b.phone("li").ExpectNo("集中互查")
	b.submit("wu", row{text: "可能把一笔变更拆成几笔报", node: "变更理由审核", power: 1})
	b.phone("li").Send("互查").ExpectCard("本股室可以集中互查了").Then(func(testing.TB) {})
	b.submit("li", row{text: "可能替熟人催办", node: "评标组织", power: 1})
	b.phone("li").Expect("提交情况: 都交齐了").ExpectNo("还差: 都")

	section := b.section("wang")
	b.page("wu", func(ctx context.Context, t *convo.Turn) error {
		s, err := b.desk.MutualSheet(ctx, t, section)
		for _, c := range s.Checks {
			for _, p := range c.Points {
				if c.Person.UserID != "wu" && len(p.Manifestations)+len(p.Title) > 0 {
					b.t.Error("a colleague reads a text of somebody else")
				}
			}
		}
		if _, err := b.desk.CloseMutual(ctx, t, section, t.Now, []string{"甲", "乙"}, nil, nil); err != nil {
			return err
		}
		return err
	})
	b.refused("not convener")
	for code, f := range map[string]func(context.Context, *convo.Turn) (bool, error){
		"bad date": func(ctx context.Context, t *convo.Turn) (bool, error) {
			return b.desk.CloseMutual(ctx, t, section, t.Now.AddDate(0, 0, 2), []string{"甲", "乙"}, nil, nil)
		},
		"nobody": func(ctx context.Context, t *convo.Turn) (bool, error) {
			return b.desk.CloseMutual(ctx, t, section, t.Now, []string{"甲", " "}, nil, nil)
		},
		"unknown row": func(ctx context.Context, t *convo.Turn) (bool, error) {
			return b.desk.CloseMutual(ctx, t, section, t.Now, []string{"甲", "乙"}, map[int64]string{999999: "太宽"}, nil)
		},
	} {
		b.page("li", func(ctx context.Context, t *convo.Turn) error {
			done, err := f(ctx, t)
			if done {
				b.t.Errorf("%s: closed", code)
			}
			return err
		})
		b.refused(code)
	}
	mark := map[int64]string{b.check("wang").Points[0].ID: "与变更岗重复"}
	b.meet("li", section, mark, Addition{CheckID: b.checks["wu"].ID, Text: "可能会勘时不到场就签字"})
	b.texts = append(b.texts, "可能会勘时不到场就签字")
	b.phone("wu").ExpectCard("同事给您补充了一条风险点").Press("不采纳").Expect("好的，不采纳")
	meetings, err := b.reg.Meetings(t.Context(), b.campaign.ID, meetingMutual)
	if err != nil || len(meetings) != 1 {
		t.Fatalf("meetings %v %v", meetings, err)
	}
	same(t, "attendance", meetings[0].Attendees, []string{"甲", "乙", "丙"})
	same(t, "the remark waits beside the row", b.check("wang").Points[0].VerdictWhy, "互查意见：与变更岗重复")
	b.state("wang", risk.CheckSection)
	b.state("wu", risk.CheckSection)
}

func TestAssignedColleaguesAreTheOption(t *testing.T) {
	b := newBureau(t)
	b.submit("wang", plainRow)
	b.phone("li").Send("互查").Expect("本股室可以集中互查了")
	b.phone("li").Press("指定两人互看").Expect("已请同事互看，共1份，每份2人")
	b.phone("wu").Press("无补充").Expect("谢谢")
	b.state("wang", risk.CheckMutual)
	b.phone("li").Press("无补充").Expect("谢谢")
	b.state("wang", risk.CheckSection)

	b.submit("wu", row{text: "可能把一笔变更拆成几笔报", node: "变更理由审核", power: 1})
	b.phone("li").Send("互查").Press("指定两人互看").Expect("已请同事互看")
	b.Advance(73 * time.Hour)
	b.state("wu", risk.CheckSection)
}

func TestOnlyLeadersPointAndOnlyOwnersTake(t *testing.T) {
	b := newBureau(t)
	b.toLeader(plainRow)
	said := "可能把评标时间定得让人来不及准备"
	for code, who := range map[string]struct {
		user bot.UserID
		on   bot.UserID
		text string
	}{
		"not a leader": {"wu", "wang", said},
		"own form":     {"zhou", "zhou", said},
		"short":        {"zhou", "wang", "太短"},
	} {
		b.page(who.user, func(ctx context.Context, t *convo.Turn) error {
			ok, err := b.desk.Point(ctx, t, b.checks[who.on].ID, who.text)
			if ok {
				b.t.Errorf("%s: went through", code)
			}
			return err
		})
		b.refused(code)
	}
	b.page("zhao", func(ctx context.Context, t *convo.Turn) error {
		_, err := b.desk.Point(ctx, t, b.checks["wang"].ID, said)
		return err
	})
	b.texts = append(b.texts, said)
	b.page("wu", func(ctx context.Context, t *convo.Turn) error {
		t.Message.Press = &bot.Press{Key: key("proposal.take", 1)}
		return b.desk.pressTake(ctx, t)
	})
	b.refused("not owner")
	b.phone("zhao").Press("同意").Expect("已同意")
	b.phone("wang").Press("采纳").Expect("您的表已进入定级")
	b.refused("too late")
}

func TestTwoColleaguesFinishingAtOnceSendTheFormOnOnce(t *testing.T) {
	b := newBureau(t)
	b.submit("wang", plainRow)
	b.phone("li").Send("互查").Press("指定两人互看").Expect("已请同事互看")
	peers, err := b.reg.Reviews(t.Context(), risk.ReviewFilter{Check: b.checks["wang"].ID, Open: true})
	if err != nil || len(peers) != 2 {
		t.Fatal(peers, err)
	}
	var ready, done sync.WaitGroup
	ready.Add(2)
	for _, r := range peers {
		who, err := b.reg.Who(t.Context(), r.Assignee.UserID)
		if err != nil {
			t.Fatal(err)
		}
		done.Go(func() {
			err := b.db.InTx(t.Context(), func(ctx context.Context) error {
				turn := &convo.Turn{Actor: who, Now: b.Clock.Now()}
				k, r, ok, err := b.desk.mayDecide(ctx, turn, "mutual.none", r.ID)
				ready.Done()
				if err != nil || !ok {
					return fmt.Errorf("both should read it as open: %w", err)
				}
				ready.Wait()
				return b.desk.peerDone(ctx, turn, k, r)
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	done.Wait()
	b.state("wang", risk.CheckSection)
	same(t, "one first review", b.open("wang").Step, "section")
}
