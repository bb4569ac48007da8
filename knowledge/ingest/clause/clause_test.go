package clause

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"qingfeng/bot"
	"qingfeng/knowledge"
	"qingfeng/knowledge/ingest/read"
)

// of makes a text of lines; a line that begins with "#" is a heading of that level.
func of(s string) read.Text {
	t := read.Text{Format: "txt"}
	for l := range strings.SplitSeq(s, "\n") {
		if l = strings.TrimSpace(l); l == "" {
			continue
		}
		text := strings.TrimLeft(l, "#")
		t.Lines = append(t.Lines, read.Line{Text: strings.TrimSpace(text), Level: len(l) - len(text)})
	}
	return t
}

// paths lists the passages as "a > b: first characters".
func paths(r Result) []string {
	var out []string
	for _, p := range r.Passages {
		text := []rune(strings.ReplaceAll(p.Text, "\n", "/"))
		out = append(out, strings.Join(p.Path, " > ")+": "+string(text[:min(len(text), 13)]))
	}
	return out
}

func wantPaths(t *testing.T, r Result, want ...string) {
	t.Helper()
	if d := cmp.Diff(want, paths(r)); d != "" {
		t.Errorf("passages (-want +got):\n%s", d)
	}
}

func day(y, m, d int) time.Time { return time.Date(y, time.Month(m), d, 0, 0, 0, 0, bot.Zone()) }

const rule = `
临江县机关印章管理办法
（2019年3月2日县政府第5次常务会议通过 2022年5月10日修订）
目 录
第一章 总则
第二章 职责
第三章 附则
第一章 总则
第一条 为了规范印章管理，制定本办法。
第二条 本办法适用于全县机关。违反
第一条规定的，由主管部门责令改正。
第二章 职责
第三条【保管】 印章由专人保管：
（一）平日锁在柜中；
（二）用后登记。
第四条 有下列情形之一的，依照本办法
第三条、第五条处理：
（一）遗失的；
（二）私用的。
第五条 根据第三条第（二）项登记的事项，保存十年。
第五条之一 电子印章参照执行。
第三章 附则
第六条 本办法自2022年7月1日起施行，有效期三年。2010年1月1日起施行的旧办法同时废止。
`

func TestARuleIsCutIntoArticlesWithTheirChapters(t *testing.T) {
	r := Read(of(rule), "a.txt")
	wantPaths(t, r,
		": （2019年3月2日县政府",
		"第一章 总则 > 第一条: 第一条 为了规范印章管理，",
		"第一章 总则 > 第二条: 第二条 本办法适用于全县机",
		"第二章 职责 > 第三条【保管】: 第三条【保管】 印章由专人",
		"第二章 职责 > 第四条: 第四条 有下列情形之一的，",
		"第二章 职责 > 第五条: 第五条 根据第三条第（二）",
		"第二章 职责 > 第五条之一: 第五条之一 电子印章参照执",
		"第三章 附则 > 第六条: 第六条 本办法自2022年",
	)
	if a := r.Passages[3].Article; a != "第三条" {
		t.Errorf("article %q", a)
	}
	if !strings.Contains(r.Passages[2].Text, "责令改正") || !strings.Contains(r.Passages[4].Text, "（二）私用的") {
		t.Error("a clause lost its tail at a cross-reference")
	}
}

func TestARuleSaysWhatItIs(t *testing.T) {
	r := Read(of(rule), "a.txt")
	want := knowledge.Document{Title: "临江县机关印章管理办法", Issuer: "", Authority: knowledge.LocalNotice}
	if d := cmp.Diff(want, r.Document); d != "" {
		t.Error(d)
	}
	v := r.Version
	if !v.Effective.Equal(day(2022, 7, 1)) || !v.Repealed.Equal(day(2025, 7, 1)) || v.Label != "2022年修订" {
		t.Errorf("%v – %v, %q", v.Effective, v.Repealed, v.Label)
	}
}

func TestAnArticleStaysWholeAndALongOneIsCutAtItsItems(t *testing.T) {
	item := "）项情形持续发生并且经过提醒仍然没有改正的，应当在三个工作日以内书面报告，"
	build := func(n int) string {
		var b strings.Builder
		b.WriteString("某局工作规定\n第一条 简短。\n第二条 有下列情形的，报告：\n")
		for i := range n {
			b.WriteString("（" + []string{"一", "二", "三", "四", "五", "六", "七", "八", "九", "十"}[i] + strings.Repeat(item, 4) + "完。\n")
		}
		return b.String() + "第三条 结束。"
	}
	if r := Read(of(build(8)), "x.txt"); len(r.Passages) != 3 {
		t.Errorf("an article of %d characters in %d pieces", r.Passages[1].End-r.Passages[1].Start, len(r.Passages)-2)
	}
	r := Read(of(build(10)), "x.txt")
	if len(r.Passages) < 4 {
		t.Fatalf("%d passages", len(r.Passages))
	}
	for _, p := range r.Passages[1 : len(r.Passages)-1] {
		if p.Article != "第二条" || p.Path[len(p.Path)-1] != "第二条" || p.End-p.Start > piece1 {
			t.Errorf("%q %q %d characters", p.Article, p.Path, p.End-p.Start)
		}
		if !strings.HasPrefix(p.Text, "（") && !strings.HasPrefix(p.Text, "第二条") {
			t.Errorf("cut inside an item: %.30q", p.Text)
		}
	}
}

func TestANoticeIsCutIntoItsSections(t *testing.T) {
	long := strings.Repeat("各科室要把岗位职责逐条对照起来认真梳理。", 5)
	r := Read(of(`
首页 > 文章中心 > 正文
某某市水务局关于开展岗位风险排查的通知
某水发〔2021〕7 号
各科室：
为做好排查工作，根据《市委关于防控工作的意见》（某发〔2012〕12号）精神，现通知如下。
一、工作目标
`+long+`
二、工作步骤
（一）动员部署
`+long+`
1.召开会议。传达要求。
2.印发表格。逐人填写。
（二）排查风险。`+long+`
第 3 页 共 12 页
三、工作要求
`+long+`
附件：1.岗位表
2.汇总表
某某市水务局
2021年4月6日
`), "下载.docx")
	wantPaths(t, r,
		": 某水发〔2021〕7 号/",
		"一、工作目标: 各科室要把岗位职责逐条对照",
		"二、工作步骤 > （一）动员部署: 各科室要把岗位职责逐条对照",
		"二、工作步骤 > （二）排查风险: （二）排查风险。各科室要把",
		"三、工作要求: 各科室要把岗位职责逐条对照",
		"附件: 1.岗位表/2.汇总表/某",
	)
	d := r.Document
	if d.Title != "某某市水务局关于开展岗位风险排查的通知" || d.Number != "某水发〔2021〕7号" || d.Issuer != "某某市水务局" {
		t.Errorf("%+v", d)
	}
	if !r.Version.Effective.Equal(day(2021, 4, 6)) {
		t.Error(r.Version.Effective)
	}
	if strings.Contains(r.Body, "首页") || strings.Contains(r.Body, "12 页") {
		t.Error("noise in the body")
	}
}

func TestATextInOneLineIsCutAtItsHeadings(t *testing.T) {
	s := strings.Repeat("各单位要对照职责认真查找问题,做到不漏一项。", 4)
	r := Read(of("—1—某县风险防控实施方案为落实要求,制定本方案。一、指导思想以预防为主,"+s+"—2—二、基本原则(一)预防为主。"+s+"(二)公开透明。"+s+
		"其中第二、三项另行通知,一、二级岗位从严。三、方法步骤(一)动员阶段(8月5日—8月20日)1、成立机构。"+s+"2、学习教—3—育。"+s+"(二)排查阶段(9月)"+s), "b.txt")
	wantPaths(t, r,
		": 某县风险防控实施方案为落实",
		"一、指导思想: 一、指导思想以预防为主,各",
		"二、基本原则 > （一）预防为主: 二、基本原则(一)预防为主",
		"二、基本原则 > （二）公开透明: (二)公开透明。各单位要对",
		"三、方法步骤 > （一）动员阶段（8月5日—8月20日）: 三、方法步骤(一)动员阶段",
		"三、方法步骤 > （二）排查阶段（9月）: (二)排查阶段(9月)各单",
	)
	if r.Document.Title != "某县风险防控实施方案" || !strings.Contains(r.Body, "学习教育。") {
		t.Error(r.Document.Title)
	}
}

func TestArticlesInOneLineAreFound(t *testing.T) {
	r := Read(of("某镇值班制度 第一章 总则 第一条 为了做好值班，制定本制度。第二条 值班人员按照第一条的要求到岗。第二章 纪律 第三条 不得脱岗。第四条 违反第三条规定的，通报。"), "c.txt")
	wantPaths(t, r,
		"第一章 总则 > 第一条: 第一条 为了做好值班，制定",
		"第一章 总则 > 第二条: 第二条 值班人员按照第一条",
		"第二章 纪律 > 第三条: 第三条 不得脱岗。",
		"第二章 纪律 > 第四条: 第四条 违反第三条规定的，",
	)
}

func TestAQuestionStandsWithItsAnswer(t *testing.T) {
	r := Read(of(`
廉洁知识问答
一、基础
问：礼金可以收吗？
答：不可以。
退不回去的要登记上交。
Q2：谁来审核？
A：科室负责人。
1. 表格交到哪里？
答：交到办公室。
`), "qa.md")
	wantPaths(t, r,
		"一、基础 > 礼金可以收吗？: 问：礼金可以收吗？/答：不",
		"一、基础 > 谁来审核？: Q2：谁来审核？/A：科室",
		"一、基础 > 1. 表格交到哪里？: 1. 表格交到哪里？/答：",
	)
	if r.Document.Authority != knowledge.Guidance {
		t.Error(r.Document.Authority)
	}
}

func TestHeadingsOfTheFormatCount(t *testing.T) {
	body := strings.Repeat("这一段说明具体做法和责任分工。", 8)
	r := Read(of("# 某院工作手册\n## 总体说明\n"+body+"\n## 具体流程\n### 受理\n"+body+"\n### 审核\n"+body), "h.md")
	wantPaths(t, r,
		"总体说明: 这一段说明具体做法和责任分",
		"具体流程 > 受理: 这一段说明具体做法和责任分",
		"具体流程 > 审核: 这一段说明具体做法和责任分",
	)
}

func TestAnAppendixBeginsAnew(t *testing.T) {
	body := strings.Repeat("附件内容按照要求逐项填写并且签字。", 6)
	r := Read(of("某局考核办法\n第一条 考核每年一次。\n第二条 办法自发布之日起施行。\n附件1\n考核评分表\n"+body+"\n附件2：填表须知\n一、字迹清楚\n"+body+"\n二、按时上交\n"+body), "k.docx")
	wantPaths(t, r,
		"第一条: 第一条 考核每年一次。",
		"第二条: 第二条 办法自发布之日起施",
		"附件1 考核评分表: 附件内容按照要求逐项填写并",
		"附件2 填表须知 > 一、字迹清楚: 附件内容按照要求逐项填写并",
		"附件2 填表须知 > 二、按时上交: 附件内容按照要求逐项填写并",
	)
}

func TestAmendmentsAndListsAreNoArticles(t *testing.T) {
	r := Read(of(`
某条例
第一条 甲。
“第九条 引用的条文。”
第二条 依照前款规定处理的，
第七条的规定不再适用。
第三条 乙。
第三条规定的期限为十日。
第四条 丙。
`), "l.txt")
	wantPaths(t, r, "第一条: 第一条 甲。/“第九条 引", "第二条: 第二条 依照前款规定处理的", "第三条: 第三条 乙。/第三条规定的", "第四条: 第四条 丙。")
}

func TestSectionsOfATextWithoutClausesHaveTheRightLength(t *testing.T) {
	s := strings.Repeat("这是一句有十五个字的普通话。", 130)
	r := Read(of("某讲义\n一、概说\n"+s+"\n二、结语\n"+s), "m.txt")
	for _, p := range r.Passages {
		if n := p.End - p.Start; n < enough || n > longest {
			t.Errorf("%d characters", n)
		}
		if !strings.HasSuffix(p.Text, "。") {
			t.Errorf("ends inside a sentence: …%q", tail([]rune(p.Text), 5))
		}
		if len(p.Path) != 1 {
			t.Error(p.Path)
		}
	}
}

func TestTableRowsAreNoHeadings(t *testing.T) {
	r := Read(of("某局权责清单\n一、说明\n本表一式两份，由科室和办公室各自保存一份备查，其余由各科室自行保存。\n1 | 一、办公室 | 收文\n2 | 二、财务科 | 报销\n"), "t.docx")
	wantPaths(t, r, "一、说明: 本表一式两份，由科室和办公")
}

func TestWrappedLinesAreJoined(t *testing.T) {
	var b strings.Builder
	b.WriteString("某局保密守则\n")
	text := []rune(strings.Repeat("工作人员应当妥善保管文件资料并且不得带离办公场所使用完毕立即归还如有遗失当天上报", 12))
	for i := 0; i+20 <= len(text); i += 20 {
		b.WriteString(string(text[i:i+20]) + "\n")
	}
	r := Read(of(b.String()), "w.txt")
	if n := strings.Count(r.Body, "\n"); n != 1 {
		t.Errorf("%d line breaks left: %q", n, r.Body)
	}
}

func TestEmptyTextsAndEmptyNamesAreNoTrouble(t *testing.T) {
	for _, s := range []string{"", "。", "第一条", "一、", "附件", "（一）", "—1—", "\u200b", "问：？"} {
		for _, file := range []string{"", ".txt", "a.txt"} {
			r := Read(of(s), file)
			check(t, r)
		}
	}
}

func TestTheRedHeadOfAPaperIsNoPassage(t *testing.T) {
	r := Read(of("澄江市财政局文件\n澄财行〔2024〕12号　　签发人：张三\n澄江市财政局关于会议费的通知\n市直各部门：\n现通知如下。\n一、甲\n乙乙乙。\n二、丙\n丁丁丁。"), "x.txt")
	if r.Document.Number != "澄财行〔2024〕12号" || r.Document.Issuer != "澄江市财政局" || !strings.HasPrefix(r.Body, "澄江市财政局文件") {
		t.Errorf("%+v", r.Document)
	}
	if first := r.Passages[0].Text; !strings.HasPrefix(first, "市直各部门：") {
		t.Errorf("%q", first)
	}
	if r := Read(of("某局文件\n某发〔2024〕1号"), "某局关于甲的通知.txt"); len(r.Passages) != 1 {
		t.Errorf("a paper that is nothing else: %+v", r.Passages)
	}
}

func TestAHeadingAtTheVeryEndOfALineHasNoName(t *testing.T) {
	r := Read(of("某局工作方案\n一、甲甲甲。乙乙乙乙。二、\n丙丙丙丙。\n三、丁丁丁丁。"), "x.txt")
	if len(r.Passages) == 0 || !strings.Contains(r.Body, "丙丙丙丙") {
		t.Errorf("%+v", r)
	}
}
