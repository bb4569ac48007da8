package knowledge

import (
	"fmt"
	"strings"
	"testing"
)

// works is an invented plan with a list of measures, a list of people and a principle.
func works() shelf {
	plan := Document{ID: 1, Title: "栖云学院巡查工作方案", Authority: UnitRule, Audiences: []string{Public}}
	book := Document{ID: 2, Title: "巡查手册", Authority: Guidance, Audiences: []string{Public}}
	v, w := Version{ID: 10, Document: 1}, Version{ID: 20, Document: 2}
	var out shelf
	add := func(d Document, v Version, text string, path ...string) {
		n := len(out.passages) + 1
		out.passages = append(out.passages, Passage{ID: int64(n), Document: d, Version: v, Pos: n, Path: path, Text: text, End: len([]rune(text)), Hash: digest(text)})
	}
	add(plan, v, "组  长：苏晚舟  书记\n副组长：何见山  副院长\n职  责：负责巡查工作的指导。", "一、组织机构", "（一）巡查领导小组名单")
	add(plan, v, "（二）基本原则。坚持实事求是。坚持依靠群众。", "一、组织机构", "（二）基本原则")
	add(plan, v, "（一）问题线索不清。登记簿三年没有核对。", "二、巡查中发现的主要问题及其成因", "（一）问题线索不清")
	add(plan, v, "（二）台账缺页。缺页的由保管人补齐。", "二、巡查中发现的主要问题及其成因", "（二）台账缺页")
	add(plan, v, "（三）整改拖延。到期没有整改的要说明。", "二、巡查中发现的主要问题及其成因", "（三）整改拖延")
	add(plan, v, "巡查报告由巡查组起草，于11月20日前报送院党委。", "三、巡查报告")
	add(plan, v, "巡查报告包括基本情况、主要问题和整改建议，巡查报告由巡查组成员签字。", "三、巡查报告")
	add(book, w, "巡查报告一般在巡查结束后写，巡查报告什么时候报由本单位定。", "巡查报告什么时候报")
	return out
}

func TestAListIsAnsweredWithItsItemsInTheOrderOfTheText(t *testing.T) {
	a := ask(t, &Base{Search: works()}, Question{Text: "巡查中发现的问题有哪些"})
	want := "（一）问题线索不清\n（二）台账缺页\n（三）整改拖延"
	if a.Outcome != Answered || !a.Listed || a.Text != want || len(a.Citations) != 3 {
		t.Fatalf("%s %q with %d sources", a.Outcome, a.Text, len(a.Citations))
	}
	a.Text = strings.Replace(a.Text, "（二）台账缺页", "（二）一切都好", 1)
	if err := verify(a); err == nil {
		t.Error("an item that stands nowhere is verified")
	}
}

func TestAListWithoutItsFirstItemIsNoList(t *testing.T) {
	s := works()
	s.passages = append(s.passages[:2], s.passages[3:]...)
	if a := ask(t, &Base{Search: s}, Question{Text: "巡查中发现的问题有哪些"}); a.Listed {
		t.Errorf("listed: %q", a.Text)
	}
}

func TestWhoIsAnsweredWithTheLineThatNamesThem(t *testing.T) {
	a := ask(t, &Base{Search: works()}, Question{Text: "巡查领导小组组长是谁"})
	if len(a.Citations) == 0 || a.Citations[0].Quote != "组  长：苏晚舟  书记" {
		t.Errorf("%s %+v", a.Outcome, a.Citations)
	}
}

func TestAHeadingAloneIsNoAnswer(t *testing.T) {
	a := ask(t, &Base{Search: works()}, Question{Text: "巡查的基本原则是什么"})
	if len(a.Citations) == 0 || a.Citations[0].Quote != "坚持实事求是。坚持依靠群众。" {
		t.Errorf("%s %+v", a.Outcome, a.Citations)
	}
}

func TestTheRuleThatSaysTheDayStandsBeforeTheHandbook(t *testing.T) {
	a := ask(t, &Base{Search: works()}, Question{Text: "巡查报告什么时候报"})
	if a.Outcome != Answered || !strings.Contains(a.Essence, "11月20日") {
		t.Errorf("%s %q", a.Outcome, a.Essence)
	}
}

func TestADocumentIsKnownByAShortenedName(t *testing.T) {
	for asked, want := range map[string]bool{"礼品登记办法": true, "云县礼品登记办法": true, "栖县礼登记办法": true, "礼品办法": false, "礼品销毁办法": false} {
		if got := (named{title: asked}).of(Document{Title: "栖云县礼品登记办法"}); got != want {
			t.Errorf("%s: %v", asked, got)
		}
	}
}

func TestAYearAfterAQuestionAsksForItsLaw(t *testing.T) {
	u := understand(Question{Text: "那2015年呢", Before: "收到礼品几天内登记", Now: day("2026-06-15")})
	if got := fmt.Sprint(u.day.Year(), u.past, strings.Contains(u.search, "礼品")); got != "2015 true true" {
		t.Errorf("%s: %s", got, u.text)
	}
}

func TestWhatIsDefinedIsTheWholeWord(t *testing.T) {
	for text, want := range map[string]bool{
		"巡查风险是指可能出错的一步。": true, "本办法所称巡查风险，指可能出错的一步。": true,
		"一级巡查风险，是指直接办案的一步。": false, "巡查风险要登记。": false,
	} {
		if got := defines(text, "巡查风险"); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}
