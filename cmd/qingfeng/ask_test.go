package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"qingfeng/bot/text"
)

func TestAskAnswersWithItsClauseOrSaysThatItHasNone(t *testing.T) {
	s := newShell(t)
	var doc askJSON
	s.ok("ask", "--json", "什么是三重一大").json(t, &doc)
	if doc.Outcome != "answer" || !doc.Grounded || len(doc.Citations) == 0 || len(doc.Citations[0].Path) == 0 || !strings.Contains(doc.Answer, "重大决策") {
		t.Errorf("%+v", doc)
	}
	for _, c := range doc.Citations {
		at := slices.IndexFunc(doc.Passages, func(p askPassage) bool { return p.ID == c.Passage })
		if at < 0 {
			t.Fatalf("passage %d is cited and not listed", c.Passage)
		}
		if rs := []rune(doc.Passages[at].Text); string(rs[c.Start:c.End]) != c.Quote {
			t.Errorf("the quote %q does not stand at %d–%d", c.Quote, c.Start, c.End)
		}
	}
	if a := s.ok("ask", "什么是三重一大"); !strings.Contains(a.out, "重大决策") || !strings.Contains(a.out, "《清风使用手册") {
		t.Errorf("%q", a.out)
	}
	s.ok("ask", "--json", "食堂几点开饭").json(t, &doc)
	if doc.Outcome == "answer" || doc.Grounded || doc.Answer != "" {
		t.Errorf("%+v", doc)
	}
	for said, why := range map[string]string{"😀": text.AskWhy("symbols"), "": text.AskWhy("no_words"), "第十二条是什么": text.AskWhy("which_one"), "《栖云县礼品登记办法》第二条": text.AskWhy("no_document")} {
		if a := s.ok("ask", said); !strings.Contains(a.out, why) {
			t.Errorf("%q: %q", said, a.out)
		}
	}
	s.ok("ask", strings.Repeat("我们单位去年开展了自查工作。", 350)+"什么是三重一大？")
}

func TestAskSpeaksAsSomebodyOfTheRoster(t *testing.T) {
	s := newShell(t)
	s.ok("import", "roster", s.sheet("roster.xlsx",
		"单位|科室|岗位|层次|姓名|userid|角色|分管科室|权力标签",
		"栖云县交通运输局|督查室|督查岗|一般岗位|林晓|linxiao|||",
		"栖云县交通运输局|办公室|文秘岗|一般岗位|高敏|gaomin|||"))
	path := s.file("口径.txt")
	if err := os.WriteFile(path, []byte("督查室抽签口径\n\n第一条 督查室专项检查的抽签由两名干部完成，抽签结果当场封存。\n\n第二条 封存的抽签结果由督查室保管两年。\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.ok("ingest", path)
	const q = "督查室专项检查的抽签由几名干部完成"
	var doc askJSON
	s.ok("ask", "--json", "--as", "linxiao", q).json(t, &doc)
	if doc.Outcome != "answer" {
		t.Errorf("%+v", doc)
	}
	s.ok("ask", "--json", q).json(t, &doc)
	if doc.Outcome != "answer" {
		t.Errorf("the local operator: %+v", doc)
	}
	s.fails("nobody", "ask", "--as", "nobody", q)
}

func TestEvalAnswersMeasuresThroughTheProductsPipeline(t *testing.T) {
	s := newShell(t)
	write := func(name string, lines ...string) string {
		path := filepath.Join(s.dir, name)
		if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	corpus := write("corpus.jsonl",
		`{"id":"a","title":"礼品登记办法第五条","text":"工作人员收到礼品的，应当自收到之日起十五日内登记上交。"}`,
		`{"id":"b","title":"礼品登记办法第六条","text":"价值不超过二百元的宣传品可以不登记。"}`,
		`{"id":"c","title":"公务用车管理细则第二条","text":"公务用车应当在规定地点停放，节假日封存。"}`,
		`{"id":"d","title":"会议制度第三条","text":"会议记录由办公室当场完成，与会人员签字。"}`,
		`{"id":"e","title":"差旅细则第九条","text":"差旅住宿凭发票报销，每人每天不超过三百元。"}`)
	queries := write("queries.jsonl",
		`{"id":1,"text":"工作人员收到礼品应当几日内登记上交","answer":"十五日内登记上交"}`,
		`{"id":2,"text":"公务用车应当停放在什么规定地点","answer":["节假日封存"]}`)
	qrels := write("qrels.tsv", "1\ta\t1", "2\tc\t1")
	foreign := write("foreign.txt", "西红柿炒鸡蛋放不放糖", "今天天气怎么样")
	answers := s.file("answers.jsonl")
	var m answerMetrics
	s.ok("eval", "answers", "--corpus", corpus, "--queries", queries, "--qrels", qrels, "--foreign", foreign, "--answers", answers, "--json").json(t, &m)
	if m.Queries != 2 || m.QuoteIntegrity != 1 || m.Labelled != 2 || m.Foreign != 2 || m.ForeignRefused != 1 || m.RemovedRefused != 1 || m.Quotes == 0 {
		t.Errorf("%+v", m)
	}
	raw, err := os.ReadFile(answers)
	if err != nil {
		t.Fatal(err)
	}
	var first struct{ Answer askJSON }
	if err := json.NewDecoder(strings.NewReader(string(raw))).Decode(&first); err != nil || first.Answer.Understood == "" {
		t.Errorf("%v %s", err, raw)
	}
	if a := s.ok("eval", "answers", "--corpus", corpus, "--queries", queries, "--qrels", qrels); !strings.Contains(a.out, "quote_integrity") {
		t.Errorf("%q", a.out)
	}
	s.fails("answer", "eval", "answers", "--corpus", corpus, "--queries", write("bad.jsonl", `{"id":1,"text":"x","answer":7}`, `{"id":2,"text":"y"}`), "--qrels", qrels)
}

func TestAModelsSettingsBelongTogether(t *testing.T) {
	for name, vars := range map[string]map[string]string{
		"a model without an endpoint":            {"QINGFENG_OPENAI_CHAT_MODEL": "m"},
		"an embedding model without a dimension": {"QINGFENG_OPENAI_BASE_URL": "http://127.0.0.1:1/v1", "QINGFENG_OPENAI_EMBED_MODEL": "m"},
		"a dimension that is none":               {"QINGFENG_OPENAI_BASE_URL": "http://127.0.0.1:1/v1", "QINGFENG_OPENAI_EMBED_MODEL": "m", "QINGFENG_OPENAI_EMBED_DIM": "5000"},
		"a key with a blank":                     {"QINGFENG_OPENAI_BASE_URL": "http://127.0.0.1:1/v1", "QINGFENG_OPENAI_API_KEY": "a b"},
	} {
		if _, err := configFrom(func(k string) string { return vars[k] }); err == nil || strings.Contains(err.Error(), "a b") {
			t.Errorf("%s: %v", name, err)
		}
	}
	vars := map[string]string{
		"QINGFENG_OPENAI_BASE_URL": "http://127.0.0.1:1/v1", "QINGFENG_OPENAI_CHAT_MODEL": "m",
		"QINGFENG_OPENAI_EMBED_MODEL": "e", "QINGFENG_OPENAI_EMBED_DIM": "768",
	}
	if c, err := configFrom(func(k string) string { return vars[k] }); err != nil || c.OpenAIEmbedWidth != 768 || c.OpenAIChat != "m" {
		t.Errorf("%+v %v", c, err)
	}
}
