package convo

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"qingfeng/bot"
)

func TestNumbersArePickedOutOfHowPeopleSayThem(t *testing.T) {
	for typed, want := range map[string][]int{
		"2": {2}, "２": {2}, "二": {2}, "2。": {2}, "2.": {2}, "2、": {2}, "(2)": {2}, "（2）": {2}, "2）": {2}, "②": {2}, "2️⃣": {2},
		"第二条": {2}, "第2条": {2}, "第 2 条": nil, "第二": {2}, "2号": {2}, "选2": {2}, "选第2个": {2}, "我选2吧": {2}, "选择：2": {2}, "两": {2},
		"十": {10}, "十二": {12}, "二十": {20}, "第二十三条": {23}, "12": {12}, "999": {999},
		"1、3": {1, 3}, "1,3": {1, 3}, "1，3": {1, 3}, "1 3": {1, 3}, "1　3": {1, 3}, "选1和3": {1, 3}, "1和3吧": {1, 3}, "第一条和第三条": {1, 3},
		"一、三": {1, 3}, "1. 3.": {1, 3}, "1-3": {1, 2, 3}, "1到3": {1, 2, 3}, "第1至第3条": {1, 2, 3}, "1、3、": {1, 3}, "1;3": {1, 3},
		"": nil, "0": nil, "零": nil, "1000": nil, "12345": nil, "1.5": nil, "2024.5.1": nil, "1/2": nil, "3-1": nil, "-1": nil, "+": nil,
		"不要2": nil, "2不要": nil, "1沿用 2改": nil, "一二": nil, "一次": nil, "三重一大": nil, "同意": nil, "和": nil, "第": nil, "选": nil, "2和": nil,
		strings.Repeat("1 ", 60): nil, strings.Repeat("9", 400): nil, "1-999": nil,
	} {
		got, ok := Numbers(Fold(typed))
		if ok != (want != nil) || !slices.Equal(got, want) && ok {
			t.Errorf("%q: %v %v, want %v", typed, got, ok, want)
		}
	}
}

func TestALetterNamesAList(t *testing.T) {
	for typed, want := range map[string]string{"B2": "B", "b2": "B", "Ｂ２": "B", "B 2": "B", "B1、3": "B", "B": "", "2B": "", "BB2": "", "B二": "", "A4纸": ""} {
		letter, _, ok := Letter(Fold(typed))
		if ok != (want != "") || ok && letter != want {
			t.Errorf("%q: %q %v, want %q", typed, letter, ok, want)
		}
	}
}

func TestLabelsAreMatchedOnlyWhenUnmistakable(t *testing.T) {
	c := ChoicesOf(bot.Card{Buttons: []bot.Option{
		{Text: "同意", Key: "yes"}, {Text: "退回", Key: "no"}, {Text: "退回重写", Key: "again"}, {Text: "查看详情", Key: "look", Say: []string{"详情", "OK"}}, {Text: "是", Key: "is"},
	}})
	for _, test := range []struct{ typed, loose, exact string }{
		{"同意", "yes", "yes"},
		{"同意。", "yes", "yes"},
		{"“同意”", "yes", "yes"},
		{"1 同意", "yes", "yes"},
		{"1、同意", "yes", "yes"},
		{"2同意", "", ""},
		{"同意吧", "yes", ""},
		{"同意了，谢谢", "yes", ""},
		{"选同意", "yes", ""},
		{"我选同意", "yes", ""},
		{"不同意", "", ""},
		{"同意不了", "", ""},
		{"同意吗", "", ""},
		{"同意退回", "", ""},
		{"都不同意", "", ""},
		{"退回", "no", "no"},
		{"退回重写", "again", "again"},
		{"退回重", "again", ""},
		{"退", "", ""},
		{"查看", "look", ""},
		{"ok", "look", "look"},
		{"ＯＫ！", "look", "look"},
		{"详情", "look", "look"},
		{"是的", "is", ""},
		{"不是", "", ""},
		{"", "", ""},
		{"。", "", ""},
	} {
		for exact, want := range map[bool]string{false: test.loose, true: test.exact} {
			a, ok := c.byLabel(Fold(test.typed), exact)
			if a.Key() != want || ok != (want != "") {
				t.Errorf("%q exact=%v: %q, want %q", test.typed, exact, a.Key(), want)
			}
		}
	}
}

func TestSeveralAreChosenWhereSeveralMayBe(t *testing.T) {
	options := []bot.Option{{Text: "双人复核", Key: "1"}, {Text: "台账", Key: "2"}, {Text: "公开", Key: "3"}}
	many := ChoicesOf(bot.Card{Pick: &bot.Pick{Multi: true, Options: options}})
	one := ChoicesOf(bot.Card{Pick: &bot.Pick{Options: options}})
	for typed, want := range map[string]string{"双人复核、公开": "13", "台账和公开": "23", "都选": "123", "全部": "123", "台账、别的": "", "台账": "2", "台账 台账": "2"} {
		a, _ := many.byLabel(Fold(typed), false)
		if got := strings.Join(a.Keys, ""); got != want {
			t.Errorf("%q: %q, want %q", typed, got, want)
		}
	}
	if _, ok := one.byLabel("台账和公开", false); ok {
		t.Error("two of a list for one")
	}
	if _, ok := one.byNumber([]int{1, 2}); ok {
		t.Error("two numbers of a list for one")
	}
	if a, ok := many.byNumber([]int{3, 1, 3}); !ok || strings.Join(a.Keys, "") != "31" {
		t.Errorf("3, 1, 3: %v", a.Keys)
	}
	if _, ok := many.byNumber([]int{1, 4}); ok {
		t.Error("a number that is not there")
	}
	grades := ChoicesOf(bot.Card{Selects: []bot.Select{{Key: "a", Options: options}, {Key: "b", Options: options}}})
	if a, ok := grades.byLabel("公开、台账", false); !ok || a.Selected["a"] != "3" || a.Selected["b"] != "2" {
		t.Errorf("two drop-downs by label: %v", a.Selected)
	}
	if a, ok := grades.byNumber([]int{1, 3}); !ok || a.Selected["a"] != "1" || a.Selected["b"] != "3" {
		t.Errorf("two drop-downs by number: %v", a.Selected)
	}
}

func TestFoldKeepsASentencesPunctuationWhenAsked(t *testing.T) {
	in := " 验收时，Ａ４ 第１２条。 "
	if got := FoldText(in); got != "验收时，A4 第12条。" {
		t.Errorf("FoldText: %q", got)
	}
	if got := Fold(in); got != "验收时,A4 第12条." {
		t.Errorf("Fold: %q", got)
	}
}

func FuzzMatch(f *testing.F) {
	for _, s := range []string{"2", "第二条", "选1和3", "B2", "1-3", "同意吧", "1、同意", "十二", "1.5", "\xff2", "2️⃣", "（２）", "都选"} {
		f.Add(s)
	}
	c := ChoicesOf(bot.Card{Pick: &bot.Pick{Multi: true, Options: []bot.Option{{Text: "同意", Key: "a"}, {Text: "退回（重写）", Key: "b"}, {Text: "", Key: "c"}}}})
	f.Fuzz(func(t *testing.T, s string) {
		folded := Fold(s)
		if again := Fold(folded); again != folded {
			t.Fatalf("fold of %q is not stable: %q, %q", s, folded, again)
		}
		if utf8.ValidString(s) && !utf8.ValidString(FoldText(s)) {
			t.Fatalf("%q folds to invalid text", s)
		}
		numbers, ok := Numbers(folded)
		if ok && (len(numbers) == 0 || len(numbers) > maxMany) {
			t.Fatalf("%q: %d numbers", s, len(numbers))
		}
		for _, n := range numbers {
			if ok && (n < 1 || n > maxNumber) {
				t.Fatalf("%q: number %d", s, n)
			}
		}
		for _, exact := range []bool{false, true} {
			a, ok := c.byLabel(folded, exact)
			if ok != (len(a.Keys) > 0) {
				t.Fatalf("%q: %v %v", s, a, ok)
			}
			if ok && exact && strings.Contains(folded, "不") {
				t.Fatalf("%q was taken for a label", s)
			}
		}
		if a, ok := c.byNumber(numbers); ok && len(a.Keys) > 3 {
			t.Fatalf("%q: %v", s, a.Keys)
		}
	})
}
