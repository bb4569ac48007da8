package knowledge

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func asked(text, before string) Question {
	return Question{Text: text, Before: before, Now: time.Date(2026, 6, 15, 9, 0, 0, 0, time.UTC)}
}

func TestAFollowUpCarriesTheSubjectAndACompleteQuestionIsNotTouched(t *testing.T) {
	for _, c := range []struct{ before, said, understood string }{
		{"正科级干部多久轮岗一次？", "那副科级呢？", "副科级干部多久轮岗一次"},
		{"正科级干部多久轮岗一次？", "那处级的呢", "处级干部多久轮岗一次"},
		{"一级风险由谁监控", "二级风险呢", "二级风险由谁监控"},
		{"一级风险由谁监控", "那三级的呢？", "三级风险由谁监控"},
		{"什么是三重一大", "这个由谁负责", "三重一大由谁负责"},
		{"什么是三重一大", "为什么", "三重一大为什么"},
		{"什么是廉政风险点", "那风险面呢", "什么是风险面"},
		{"风险点怎么写", "措施呢", "措施怎么写"},
		{"审批岗位有哪些风险", "采购岗位呢？", "采购岗位有哪些风险"},
		{"配偶经商要报告吗", "子女呢", "子女经商要报告吗"},
		{"附表1怎么填", "附表2呢", "附表2怎么填"},
		{"党员收了礼金怎么办", "如果是聘用人员呢", "聘用人员收了礼金怎么办"},
		{"公示多长时间", "谁负责", "公示谁负责"},
		{"什么是三重一大", "它包括哪些", "三重一大包括哪些"},
		{"什么是三重一大", "还有吗", "什么是三重一大"},
		// complete
		{"什么是三重一大", "风险等级怎么划分？", "风险等级怎么划分？"},
		{"什么是三重一大", "那什么是风险点呢？", "那什么是风险点呢？"},
		{"什么是三重一大", "这次自查什么时候截止", "这次自查什么时候截止"},
		{"什么是三重一大", "公示期间收到意见怎么处理呢", "公示期间收到意见怎么处理呢"},
		{"", "副科级呢", "副科级呢"},
	} {
		if got := understand(asked(c.said, c.before)); got.text != c.understood || got.reason != "" {
			t.Errorf("after %q, %q is understood as %q (%s), want %q", c.before, c.said, got.text, got.reason, c.understood)
		}
	}
}

func TestWordsOfTimeNameTheDayWhoseLawIsAskedFor(t *testing.T) {
	for _, c := range []struct {
		said, before, day, search string
		past                      bool
	}{
		{"2015年的规定，礼金怎么处理", "", "2015-12-31", "礼金怎么处理", true},
		{"2012年5月时公务员回避怎么规定", "", "2012-05-31", "公务员回避怎么规定", true},
		{"按照2018年3月1日的规定，任职回避有哪些", "", "2018-03-01", "任职回避有哪些", true},
		{"二〇一五年的时候礼金怎么处理", "", "2015-12-31", "礼金怎么处理", true},
		{"2019年以前的规定是什么，关于回避", "", "2018-12-31", "是什么，关于回避", true},
		{"当时的规定是怎么说礼金的", "2016年的规定，收礼怎么办", "2016-12-31", "是怎么说礼金的", true},
		{"修订前的规定怎么说回避", "", "2026-06-15", "怎么说回避", true},
		{"现行规定对礼金怎么说", "", "2026-06-15", "对礼金怎么说", false},
		{"2023年度考核怎么算", "", "2026-06-15", "2023年度考核怎么算", false},
		{"2025年自查什么时候截止", "", "2026-06-15", "2025年自查什么时候截止", false},
		{"在2020年，礼金怎么处理", "", "2020-12-31", "礼金怎么处理", true},
		{"2026年的规定，礼金怎么处理", "", "2026-06-15", "礼金怎么处理", true},
		{"2015年13月的规定，礼金怎么处理", "", "2026-06-15", "2015年13月的规定，礼金怎么处理", false},
	} {
		got := understand(asked(c.said, c.before))
		if got.reason != "" || got.day.Format(time.DateOnly) != c.day || got.search != c.search || got.past != c.past {
			t.Errorf("%q: day %s, search %q, past %v, reason %q; want %s, %q, %v", c.said, got.day.Format(time.DateOnly), got.search, got.past, got.reason, c.day, c.search, c.past)
		}
	}
}

func TestWhatCannotBeSearchedHasAReason(t *testing.T) {
	for said, want := range map[string]Reason{
		"": NoWords, " 　\n\u200b": NoWords, "😀": OnlySymbols, "？？？": OnlySymbols, "为什么": NoSubject, "还有吗": NoSubject, "这由谁负责": NoSubject, "当时的规定怎么说礼金": NoDate,
	} {
		if got := understand(asked(said, "")); got.reason != want {
			t.Errorf("%q: %q, want %q", said, got.reason, want)
		}
	}
}

func TestAClauseIsReadFromAQuestion(t *testing.T) {
	for said, want := range map[string]named{
		"《公务员法》第十二条是什么":        {title: "公务员法", article: "12"},
		"公务员法第12条怎么说":          {title: "公务员法", article: "12"},
		"请问廉洁从业规定的第二十条之一":      {title: "廉洁从业规定", article: "20-1"},
		"第十二条是什么":              {article: "12"},
		"《廉洁准则》对礼金怎么规定":        {title: "廉洁准则"},
		"根据云交发〔2023〕12号怎么报送材料": {number: "云交发202312号"},
		"有几条规定":                {},
	} {
		if got := understand(asked(said, "")).named; got != want {
			t.Errorf("%q: %+v, want %+v", said, got, want)
		}
	}
	q := asked("第十二条呢", "第十条说了什么")
	q.About = "公务员法"
	if got := understand(q).named; got != (named{title: "公务员法", article: "12"}) {
		t.Errorf("the document last talked about: %+v", got)
	}
}

func TestOfALongStoryTheFirstPartThatAsksIsAnswered(t *testing.T) {
	story := strings.Repeat("我们单位去年开展了自查工作。", 200) + "公示期是多少天？" + strings.Repeat("后来又开了会。", 300)
	got := understand(asked(story, ""))
	if got.reason != "" || !strings.Contains(got.text, "公示期是多少天") || utf8.RuneCountInString(got.text) > longestPart {
		t.Errorf("%q %s", got.text, got.reason)
	}
	if got := understand(asked(strings.Repeat("风险", 2500), "")); got.reason != "" || utf8.RuneCountInString(got.text) != longestPart {
		t.Errorf("a text that never asks: %d characters", utf8.RuneCountInString(got.text))
	}
}

func FuzzUnderstand(f *testing.F) {
	for _, s := range []string{"那副科级呢", "2015年的规定", "《》第条", "第〇条", "二〇一五年十三月时", "这个", "的呢", "〔2023〕号"} {
		f.Add(s, "什么是三重一大")
		f.Add(s, "")
		f.Add("那处级的呢", s)
	}
	f.Fuzz(func(t *testing.T, said, before string) {
		q := asked(said, before)
		u := understand(q)
		if n := utf8.RuneCountInString(u.text); n > 2*longestQuestion {
			t.Fatalf("%q after %q grew to %d characters", said, before, n)
		}
		if u.reason == "" && strings.TrimSpace(u.search) == "" {
			t.Fatalf("%q after %q: nothing to search and no reason", said, before)
		}
		if u.day.IsZero() || u.day.Year() > 2999 && !u.past {
			t.Fatalf("%q: day %v", said, u.day)
		}
	})
}
