package handlers

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/risk"
)

// spoil changes a stored form behind everybody's back.
func (b *bureau) spoil(user bot.UserID, f func(*risk.Point)) {
	b.t.Helper()
	c := b.check(user)
	for i := range c.Points {
		f(&c.Points[i])
	}
	if err := b.reg.Save(b.t.Context(), &c); err != nil {
		b.t.Fatal(err)
	}
}

func TestNothingIsConfirmedWithoutAStepAndAMeasureThatCanBeAssessed(t *testing.T) {
	good := []risk.Measure{{Text: "两人核对后签字", Who: "股长", Frequency: "每次", Evidence: "签字单"}}
	for _, c := range []struct {
		name, say string
		spoil     func(*risk.Point)
	}{
		{"no measure", "还没有能考核的措施", func(p *risk.Point) { p.Measures = nil }},
		{"nothing to show for it", "还没有能考核的措施", func(p *risk.Point) { p.Measures = []risk.Measure{{Text: "加强管理"}} }},
		{"no step", "还没有对应到环节", func(p *risk.Point) { p.Node = risk.Node{} }},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBureau(t)
			b.submit("chen", row{text: "可能从轻不附证据", node: "裁量认定", power: 1})
			whole := b.check("chen").Points[0].Node
			b.spoil("chen", c.spoil)
			// A reason lets a hint pass, never this.
			if b.judge("zhao", "chen", verdict{override: "情况特殊"}, nil) {
				t.Error("the section review passed it")
			}
			b.phone("zhao").Expect("第1条" + c.say)
			b.spoil("chen", func(p *risk.Point) { p.Node, p.Measures = whole, good })
			if !b.judge("zhao", "chen", verdict{}, nil) {
				t.Fatal("a whole row is not passed")
			}
			b.state("chen", risk.CheckGrading)

			// It got as far as the leading group all the same: the last door is shut, too.
			b.spoil("chen", c.spoil)
			b.phone("sun").Send("全部通过").Expect("不能审定。请先退回补上，例如：第1条退回，其余通过")
			b.page("sun", func(ctx context.Context, turn *convo.Turn) error {
				l, err := b.desk.gradingList(ctx, b.campaign.ID)
				if err != nil {
					return err
				}
				done, err := b.desk.Grade(ctx, turn, b.campaign.ID, risk.GradingOrder{Rest: true}, l.print, GradingMeeting{HeldOn: monday(), Chair: "周岚"})
				if done {
					b.t.Error("the leading group confirmed it")
				}
				return err
			})
			b.refused("lacking")
			b.state("chen", risk.CheckGrading)
			b.phone("sun").Send("第1条退回，其余通过").Expect("退回第1条")
		})
	}
}

func TestWhereMeasuresComeLaterAPointIsConfirmedWithoutOne(t *testing.T) {
	for _, code := range []string{"bureau", "college"} {
		p, err := risk.LoadPack(code)
		if err != nil {
			t.Fatal(err)
		}
		node := risk.Node{ID: 1, Name: "受理"}
		same(t, code, []risk.Lack{p.Lacks(risk.Point{Node: node}), p.Lacks(risk.Point{})}, []risk.Lack{"", risk.LackNode})
	}
}

func TestAZeroReportIsAnsweredInItsOwnWords(t *testing.T) {
	b := newBureau(t)
	b.submit("chen")
	b.judge("zhao", "chen", verdict{}, nil)
	b.phone("zhao").Expect("法规岗：无风险点说明已通过，送下一步。")
	b.phone("sun").Send("全部通过").Expect("确认1份无风险点说明")
	b.phone("sun").Send("确认").Send("用默认").Expect("审定1份")
	b.phone("chen").Expect("您的无风险点说明已确认。").ExpectNo("已审定：")
}

func TestTheListOfAnAbsentHeadIsVoidOnceItsFormsWentToTheDelegate(t *testing.T) {
	b := newBureau(t)
	for i, user := range []bot.UserID{"wang", "wu", "li"} {
		b.submit(user, row{text: fmt.Sprintf("可能替熟人催办第%d种", i+1), node: "评标组织", power: 1})
	}
	b.meet("li", b.section("wang"), nil)
	b.Advance(5 * time.Minute)
	for _, user := range []bot.UserID{"wang", "wu"} {
		b.judge("li", user, verdict{}, nil)
	}
	b.Advance(5 * time.Minute)
	b.phone("zhao").Send("待批").ExpectCard("今日待批2件，2件无异常")
	b.phone("zhao").Send("10月19日至21日请周岚代我审核").Expect("已转过去")
	for _, bubble := range b.Phones.Screen("zhao") {
		if bubble.Card != nil && strings.HasPrefix(bubble.Card.Title, "今日待批") && bubble.Ended == "" {
			t.Errorf("the list is still live: %s", bubble)
		}
	}
}

// moved is one change of a form's state, as the database saw it.
type moved struct{ From, To risk.CheckState }

// event is the audit action that a change of state leaves.
func (m moved) event() string {
	switch m.To {
	case risk.CheckSubmitted:
		return "selfcheck.submit"
	case risk.CheckDraft:
		return "selfcheck.withdraw"
	case risk.CheckMutual:
		return "selfcheck.enter.mutual"
	case risk.CheckSection:
		return "selfcheck.enter.section"
	case risk.CheckLeader:
		return "selfcheck.enter.leader"
	case risk.CheckGrading:
		return "selfcheck.enter.group"
	case risk.CheckReturned:
		return "selfcheck.returned"
	case risk.CheckConfirmed:
		return "selfcheck.confirmed"
	}
	return "unknown " + string(m.To)
}

func TestEveryChangeOfStateLeavesOneAuditEventAndSoDoesEveryRefusal(t *testing.T) {
	b := newBureau(t)
	ctx := t.Context()
	if _, err := b.db.Pool().Exec(ctx, `
		CREATE TABLE moved (id bigint GENERATED ALWAYS AS IDENTITY, check_id bigint, was text, is_now text);
		CREATE FUNCTION note_move() RETURNS trigger LANGUAGE plpgsql AS $$
		BEGIN INSERT INTO moved (check_id, was, is_now) VALUES (NEW.id, OLD.state, NEW.state); RETURN NEW; END $$;
		CREATE TRIGGER note_move AFTER UPDATE ON selfcheck FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION note_move()`); err != nil {
		t.Fatal(err)
	}
	// Submitted, taken back, handed in; met, reviewed, returned, handed in again; passed,
	// passed; returned by the leading group; and the whole way once more.
	b.submit("wang", plainRow, otherRow)
	b.phone("wang").Send("撤回").Expect("不能撤回")
	b.meet("li", b.section("wang"), nil)
	b.judge("li", "wang", verdict{}, map[int]verdict{2: {returned: "等级请再斟酌"}})
	b.state("wang", risk.CheckReturned)
	b.resubmit("wang", func(c *risk.SelfCheck) { c.Points[1].Manifestations = []string{"可能让熟人先看评标底稿"} })
	b.judge("li", "wang", verdict{wrongVersion: true}, nil)
	b.judge("li", "wang", verdict{}, nil)
	b.phone("zhao").Press("退回").Press("等级请再斟酌").Send("1").Expect("已退回")
	b.resubmit("wang", func(c *risk.SelfCheck) {
		c.Points[0].Manifestations = []string{"可能把资格条件写成量身定做"}
	})
	b.phone("zhao").Press("同意").Expect("请先点“查看详情”")
	b.see("zhao", "wang")
	b.phone("zhao").Press("同意").Expect("已同意")
	b.phone("sun").Send("第1条退回，其余通过").Send("确认").Send("用默认").Expect("已登记")
	b.state("wang", risk.CheckReturned)
	b.resubmit("wang", func(c *risk.SelfCheck) { c.Points[0].Manifestations = []string{"可能抬高业绩门槛排除别家"} })
	b.judge("li", "wang", verdict{}, nil)
	b.see("zhao", "wang")
	b.phone("zhao").Press("同意").Expect("已同意")
	b.phone("sun").Send("全部通过").Send("确认").Send("用默认").Expect("已登记")
	b.state("wang", risk.CheckConfirmed)

	id := b.checks["wang"].ID
	rows, err := b.db.Pool().Query(ctx, `SELECT was, is_now FROM moved WHERE check_id = $1 ORDER BY id`, id)
	if err != nil {
		t.Fatal(err)
	}
	moves, err := pgx.CollectRows(rows, pgx.RowToStructByPos[moved])
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, m := range moves {
		want = append(want, m.event())
	}
	if len(want) < 15 {
		t.Fatalf("only %d changes: %v", len(want), want)
	}
	strs := func(sql string, args ...any) []string {
		t.Helper()
		rows, err := b.db.Pool().Query(ctx, sql, args...)
		if err != nil {
			t.Fatal(err)
		}
		out, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	same(t, "events of the form", strs(`SELECT action FROM audit_event WHERE object = 'selfcheck' AND object_id = $1 AND result = 'ok'
		AND (action LIKE 'selfcheck.enter.%' OR action IN ('selfcheck.submit', 'selfcheck.withdraw', 'selfcheck.returned', 'selfcheck.confirmed')) ORDER BY id`, id), want)
	same(t, "events of each decision", strs(`SELECT 'review.' || decision || ' ' || id FROM review WHERE decision <> '' ORDER BY id`),
		strs(`SELECT e.action || ' ' || e.object_id FROM audit_event e WHERE e.object = 'review' AND e.result = 'ok'
			AND e.action IN ('review.pass', 'review.return', 'review.recuse', 'review.transfer', 'review.void') ORDER BY e.object_id, e.id`))
	same(t, "events of each review opened", strs(`SELECT id::text FROM review ORDER BY id`), strs(`SELECT object_id::text FROM audit_event WHERE action = 'review.open' ORDER BY object_id`))
	same(t, "refusals", strs(`SELECT action || ' ' || note FROM audit_event WHERE result = 'refused' ORDER BY id`),
		[]string{"selfcheck.withdraw late", "review.rows stale version", "review.pass not opened"})
}
