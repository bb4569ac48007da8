package knowledge

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

// shelf is a Searcher over a few invented texts: Sure grows with the share of the
// question's content that a passage with its title holds.
type shelf struct {
	passages []Passage
	fail     error
}

func (s shelf) Search(_ context.Context, q Query) ([]Hit, error) {
	if s.fail != nil {
		return nil, s.fail
	}
	var out []Hit
	for _, p := range s.passages {
		if !slices.ContainsFunc(p.Document.Audiences, func(a string) bool { return slices.Contains(q.Reader.Audiences, a) }) {
			continue
		}
		if !p.Version.InForce(q.Day) && !(q.Lapsed && !p.Version.Repealed.IsZero() && !p.Version.Repealed.After(q.Day)) {
			continue
		}
		sure := covered(gist(q.Text), gist(p.Document.Title+"。"+strings.Join(p.Path, "。")+"。"+p.Text))
		if sure > 0 {
			out = append(out, Hit{Passage: p, Score: sure, Sure: 1 - math.Exp(-6*sure)})
		}
	}
	slices.SortStableFunc(out, func(a, b Hit) int { return floatOrder(a.Score, b.Score) })
	return out, nil
}

func day(s string) time.Time {
	t, _ := time.Parse(time.DateOnly, s)
	return t
}

// gifts are an invented document in two versions, a second one that says otherwise, and
// one that only a section may read.
func gifts() shelf {
	gift := Document{ID: 1, Library: "制度", Title: "栖云县礼品登记办法", Issuer: "栖云县", Number: "云发〔2020〕5号", Authority: LocalNotice, Audiences: []string{Public}}
	old := Version{ID: 10, Document: 1, Label: "2012年", Effective: day("2012-01-01"), Repealed: day("2020-03-01")}
	now := Version{ID: 11, Document: 1, Label: "2020年修订", Effective: day("2020-03-01")}
	bureau := Document{ID: 2, Library: "制度", Title: "县交通局财务细则", Issuer: "县交通局", Authority: UnitRule, Audiences: []string{Internal}}
	secret := Document{ID: 3, Library: "内部", Title: "督查室工作口径", Authority: UnitRule, Audiences: []string{"section:督查室"}}
	p := func(id int64, d Document, v Version, article, text string) Passage {
		return Passage{ID: id, Document: d, Version: v, Path: []string{"第二章 程序", article}, Article: article, Text: text, End: len([]rune(text)), Hash: digest(text)}
	}
	return shelf{passages: []Passage{
		p(101, gift, old, "第五条", "第五条 收到礼品的，应当自收到之日起三十日内登记上交。"),
		p(111, gift, now, "第五条", "第五条 工作人员收到礼品的，应当自收到之日起十五日内登记上交。逾期不登记的，给予批评教育。登记由办公室负责。"),
		p(112, gift, now, "第六条", "第六条 价值不超过二百元的宣传品可以不登记。不得以借用名义占用礼品。"),
		p(113, gift, now, "第七条", "第七条 有下列情形之一的，应当报告：\n（一）礼品价值超过五千元；\n（二）送礼人与本单位有业务往来；\n（三）多次收到同一人的礼品。\n本条由办公室解释。"),
		p(201, bureau, Version{ID: 20, Document: 2, Effective: day("2021-01-01")}, "第九条", "第九条 差旅住宿凭发票报销，每人每天不超过三百元。"),
		p(202, bureau, Version{ID: 21, Document: 2, Effective: day("2021-01-01"), Repealed: day("2022-01-01")}, "第十条", "第十条 手机话费补贴每月一百元。"),
		p(301, secret, Version{ID: 30, Document: 3}, "", "督查室专项检查抽签由两人完成。"),
	}}
}

func ask(t *testing.T, b *Base, q Question) Answer {
	t.Helper()
	if q.Now.IsZero() {
		q.Now = day("2026-06-15")
	}
	if q.Reader.Audiences == nil {
		q.Reader = Member()
	}
	a, err := b.Ask(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	if err := verify(a); err != nil {
		t.Fatalf("%q: %v", q.Text, err)
	}
	return a
}

func TestAnAnswerIsTheWholeClauseWithTheSentenceThatAnswers(t *testing.T) {
	b := &Base{Search: gifts()}
	a := ask(t, b, Question{Text: "收到礼品多少日内登记上交？"})
	if a.Outcome != Answered || a.Citations[0].ID != 111 || a.Essence != "第五条 工作人员收到礼品的，应当自收到之日起十五日内登记上交。" || !strings.Contains(a.Text, "逾期不登记的") {
		t.Fatalf("%+v", a)
	}
	a = ask(t, b, Question{Text: "礼品登记由谁负责"})
	if a.Essence != "登记由办公室负责。" || a.Citations[0].Start == 0 {
		t.Errorf("%q at %d", a.Essence, a.Citations[0].Start)
	}
	a = ask(t, b, Question{Text: "礼品有哪些情形应当报告"})
	if q := a.Citations[0].Quote; !strings.HasPrefix(q, "第七条 有下列情形") || !strings.HasSuffix(q, "同一人的礼品。") {
		t.Errorf("a list is quoted whole: %q", q)
	}
}

func TestARepealedTextIsShownOnlyAsSuch(t *testing.T) {
	b := &Base{Search: gifts()}
	a := ask(t, b, Question{Text: "收到礼品应当自收到之日起几日内登记上交"})
	if strings.Contains(a.Text, "三十日") || a.Citations[0].Lapsed {
		t.Errorf("a lapsed text answers: %s", a.Text)
	}
	last := a.Citations[len(a.Citations)-1]
	if last.ID != 101 || !last.Lapsed || last.Version.Repealed != day("2020-03-01") {
		t.Errorf("what it said before is not mentioned: %+v", last)
	}
	a = ask(t, b, Question{Text: "2015年的规定，收到礼品几日内登记上交"})
	if a.Outcome != Answered || !strings.Contains(a.Text, "三十日") || !a.Citations[0].Lapsed || a.Day != day("2015-12-31") {
		t.Errorf("as of a day: %+v", a)
	}
	a = ask(t, b, Question{Text: "修订前的规定，收到礼品几日内登记上交"})
	if a.Outcome != Answered || !strings.Contains(a.Text, "三十日") || !a.Citations[0].Lapsed {
		t.Errorf("before the revision: %+v", a)
	}
	a = ask(t, b, Question{Text: "手机话费补贴每月多少"})
	if a.Outcome != Related || a.Reason != OnlyLapsed || !a.Citations[0].Lapsed || a.Text != "" {
		t.Errorf("only a lapsed text: %+v", a)
	}
}

func TestANamedClauseIsGoneToDirectly(t *testing.T) {
	b := &Base{Search: gifts()}
	for _, q := range []Question{
		{Text: "《栖云县礼品登记办法》第六条是什么"},
		{Text: "礼品登记办法第6条"},
		{Text: "云发〔2020〕5号第六条怎么规定"},
		{Text: "第六条呢", Before: "礼品登记办法第五条", About: "栖云县礼品登记办法"},
	} {
		a := ask(t, b, q)
		if a.Outcome != Answered || len(a.Citations) != 1 || a.Citations[0].ID != 112 {
			t.Errorf("%q: %s %s %v", q.Text, a.Outcome, a.Reason, a.Citations)
		}
	}
	for text, want := range map[string]Reason{"第六条是什么": WhichOne, "《栖云县礼品登记办法》第六十六条": NoClause, "《预算法》第六条": NoDocument} {
		if a := ask(t, b, Question{Text: text}); a.Outcome != None || a.Reason != want {
			t.Errorf("%q: %s %s, want %s", text, a.Outcome, a.Reason, want)
		}
	}
	if a := ask(t, b, Question{Text: "《公务员法》对收到礼品登记上交怎么规定"}); a.Outcome == Answered || a.Reason != NoDocument {
		t.Errorf("another document answers for the one named: %s %s", a.Outcome, a.Reason)
	}
}

func TestNothingLeaksToWhoMayNotReadIt(t *testing.T) {
	b := &Base{Search: gifts()}
	for _, r := range []Reader{Citizen(), Member()} {
		a := ask(t, b, Question{Text: "督查室专项检查抽签由几人完成", Reader: r})
		if a.Outcome != None || len(a.Citations)+len(a.Hits) != 0 {
			t.Errorf("%v reads %+v", r, a)
		}
	}
	if a := ask(t, b, Question{Text: "督查室专项检查抽签由几人完成", Reader: Member("section:督查室")}); a.Outcome != Answered {
		t.Errorf("its own section does not read it: %s", a.Outcome)
	}
}

func TestTwoValidTextsThatDifferStandSideBySide(t *testing.T) {
	s := gifts()
	other := s.passages[1]
	other.ID, other.Document.ID, other.Document.Title, other.Document.Issuer, other.Version.ID = 401, 4, "县直机关礼品登记规定", "县直机关工委", 40
	other.Text = "第五条 工作人员收到礼品的，应当自收到之日起七日内登记上交。"
	s.passages = append(s.passages, other)
	a := ask(t, &Base{Search: s}, Question{Text: "工作人员收到礼品，自收到之日起几日内登记上交？"})
	if !a.Differ || len(a.Citations) < 2 || a.Citations[0].Document.ID == a.Citations[1].Document.ID {
		t.Fatalf("differ %v: %v", a.Differ, a.Citations)
	}
	// The same text in both: the higher authority is cited, alone.
	s.passages[len(s.passages)-1].Text = s.passages[1].Text
	s.passages[len(s.passages)-1].Document.Authority = Law
	a = ask(t, &Base{Search: s}, Question{Text: "工作人员收到礼品，自收到之日起几日内登记上交？"})
	if a.Differ || a.Citations[0].ID != 401 || slices.ContainsFunc(a.Citations, func(c Citation) bool { return c.ID == 111 }) {
		t.Errorf("differ %v: %v", a.Differ, a.Citations)
	}
}

func TestWhatElseThereIsLeavesOutWhatWasShown(t *testing.T) {
	b := &Base{Search: gifts()}
	a := ask(t, b, Question{Text: "还有吗", Before: "礼品登记", Seen: []int64{111}})
	if a.Understood != "礼品登记" || slices.ContainsFunc(a.Citations, func(c Citation) bool { return c.ID == 111 }) || len(a.Citations) == 0 {
		t.Errorf("%+v", a)
	}
	a = ask(t, b, Question{Text: "还有吗", Before: "礼品登记", Seen: []int64{101, 111, 112, 113}})
	if a.Outcome != None || a.Reason != NothingElse {
		t.Errorf("%s %s", a.Outcome, a.Reason)
	}
}

func TestAQuestionOfSomethingElseIsNotAnswered(t *testing.T) {
	b := &Base{Search: gifts()}
	for text, want := range map[string]Reason{"西红柿炒鸡蛋放不放糖": NotFound, "shoudao lipin zenme ban": Pinyin, "😀": OnlySymbols} {
		if a := ask(t, b, Question{Text: text}); a.Outcome != None || a.Reason != want || a.Text != "" {
			t.Errorf("%q: %s %s", text, a.Outcome, a.Reason)
		}
	}
}

func TestASearcherThatFailsIsAnError(t *testing.T) {
	broken := errors.New("gone")
	if _, err := (&Base{Search: shelf{fail: broken}}).Ask(t.Context(), Question{Text: "礼品登记", Reader: Member(), Now: day("2026-06-15")}); !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
}

func TestAnAnswerThatDoesNotStandBecomesWhatIsLeftOfIt(t *testing.T) {
	good := ask(t, &Base{Search: gifts()}, Question{Text: "收到礼品多少日内登记上交？"})
	for name, spoil := range map[string]func(a *Answer){
		"another quote":       func(a *Answer) { a.Citations[0].Quote = "应当自收到之日起五十日内登记上交" },
		"offsets beyond":      func(a *Answer) { a.Citations[0].End = 9999 },
		"offsets before":      func(a *Answer) { a.Citations[0].Start = -1 },
		"a passage not found": func(a *Answer) { a.Citations[0].ID = 999 },
		"a text of its own":   func(a *Answer) { a.Text = "礼品一律归公。" },
		"no citation":         func(a *Answer) { a.Citations = nil },
	} {
		a := good
		a.Citations = slices.Clone(good.Citations)
		spoil(&a)
		if verify(a) == nil {
			t.Errorf("%s passes", name)
		}
		left := (&Base{}).checked(a)
		if left.Outcome == Answered || left.Reason != Unverified || left.Text != "" || verify(left) != nil {
			t.Errorf("%s: %+v", name, left)
		}
	}
}
