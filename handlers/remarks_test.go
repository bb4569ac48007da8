package handlers

import (
	"context"
	"strings"
	"testing"

	"qingfeng/bot/convo"
	"qingfeng/bot/risk"
)

func TestBeforeAFormIsHandedInTheCoachSaysWhatIsLeft(t *testing.T) {
	b := newBureau(t)
	measure := []risk.Measure{{Text: "两人核对后签字", Who: "股长", Frequency: "每次", Evidence: "签字单"}}
	row := func(no int, said string, change func(*risk.Point)) risk.Point {
		p := risk.Point{No: no, Node: risk.Node{Name: "评标组织"}, Manifestations: []string{said}, Measures: measure, Suggested: risk.Suggestion{Level: risk.L3}, State: risk.PointDraft}
		if change != nil {
			change(&p)
		}
		return p
	}
	for _, c := range []struct {
		name string
		rows []risk.Point
		want []string
	}{
		{"nothing to say", []risk.Point{row(1, "不核对就签字", nil)}, nil},
		{"no measure", []risk.Point{row(1, "不核对就签字", func(p *risk.Point) { p.Measures = nil })}, []string{"第1条还没有措施或佐证材料"}},
		{"an open hint", []risk.Point{row(1, "不核对就签字", func(p *risk.Point) { p.Hints = []risk.Hint{{Rule: "L9", Blocks: true}} })}, []string{"第1条还有提示没改"}},
		{"all of one level", []risk.Point{row(1, "不核对就签字", nil), row(2, "影像没看就签字", nil), row(3, "先付款后补单", nil)}, []string{"3条全是三级"}},
		{"nobody would gain", []risk.Point{row(1, "填写时马虎，算错数字", nil)}, []string{"第1条：请再想一步"}},
		{"nobody would gain, but kept with a reason", []risk.Point{row(1, "填写时马虎，算错数字", func(p *risk.Point) { p.KeepReason = "多算的可能被拿走" })}, nil},
	} {
		b.page("wang", func(ctx context.Context, turn *convo.Turn) error {
			f, err := b.desk.sheet(ctx, turn, b.checks["wang"].ID)
			if err != nil {
				return err
			}
			f.Points = c.rows
			got, err := b.desk.remarks(ctx, f)
			if err != nil {
				return err
			}
			if len(got) != len(c.want) {
				t.Errorf("%s: %q, want %q", c.name, got, c.want)
				return nil
			}
			for i := range got {
				if !strings.HasPrefix(got[i], c.want[i]) {
					t.Errorf("%s: %q, want %q", c.name, got[i], c.want[i])
				}
			}
			return nil
		})
	}
}

func TestTheReceiptNamesWhoStandsInForAnAbsentHead(t *testing.T) {
	b := newBureau(t)
	b.phone("li").Send("10月19日至21日请吴静代我审核").Expect("已记下")
	b.submit("wang", plainRow)
	b.phone("wang").Expect("先送吴静")
	b.submit("wu", plainRow)
	b.phone("wu").ExpectNo("先送吴静")
}

func TestTheCollegesFormsPrintTwoCategoriesAsOne(t *testing.T) {
	p, err := risk.LoadPack("college")
	if err != nil {
		t.Fatal(err)
	}
	e := export{pack: p}
	c := risk.SelfCheck{Points: []risk.Point{{Category: risk.Duty}, {Category: risk.Process}, {Category: risk.External}}}
	got := map[string]int{}
	for _, n := range e.totals(levelOf, c).Categories {
		got[n.Label] += n.N
	}
	same(t, "权力行使 and 思想道德", []int{got["权力行使"], got["思想道德"]}, []int{2, 1})
}
