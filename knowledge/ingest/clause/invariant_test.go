package clause

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"qingfeng/knowledge/ingest/read"
)

type fataler interface {
	Helper()
	Fatalf(string, ...any)
}

// check holds what is true of every result.
func check(t fataler, r Result) {
	t.Helper()
	body := []rune(r.Body)
	last := 0
	for i, p := range r.Passages {
		if p.Pos != i || p.Start < last || p.End <= p.Start || p.End > len(body) {
			t.Fatalf("passage %d: pos %d, %d–%d of %d after %d", i, p.Pos, p.Start, p.End, len(body), last)
		}
		if string(body[p.Start:p.End]) != p.Text || strings.TrimSpace(p.Text) != p.Text {
			t.Fatalf("passage %d is not the body's text: %q", i, p.Text)
		}
		if sum := sha256.Sum256([]byte(p.Text)); p.Hash != hex.EncodeToString(sum[:]) {
			t.Fatalf("passage %d: hash", i)
		}
		if n := p.End - p.Start; n > longest1 || p.Article == "" && n > longest1 {
			t.Fatalf("passage %d has %d characters", i, n)
		}
		for _, name := range p.Path {
			if name == "" {
				t.Fatalf("passage %d: a nameless path %q", i, p.Path)
			}
		}
		last = p.End
	}
	// What is in no passage is a heading's own line: it is in a path or in the title.
	names := bare(r.Document.Title)
	for _, p := range r.Passages {
		names += "\n" + bare(strings.Join(p.Path, "\n"))
	}
	covered := make([]bool, len(body))
	for _, p := range r.Passages {
		for i := p.Start; i < p.End; i++ {
			covered[i] = true
		}
	}
	for i := 0; i < len(body); {
		if covered[i] || unicode.IsSpace(body[i]) {
			i++
			continue
		}
		end := i
		for end < len(body) && !covered[end] && body[end] != '\n' {
			end++
		}
		if lost := strings.TrimPrefix(bare(string(body[i:end])), bare(r.Document.Title)); !strings.Contains(names, lost) && !strings.Contains(names, bare(cleanTitle(string(body[i:end])))) && !heading(string(body[i:end])) {
			t.Fatalf("lost: %q\nnames: %q", body[i:end], names)
		}
		i = end
	}
}

// heading: a line that is a title's part, 附件： above a title, or a red head.
func heading(s string) bool {
	m, ok := parse([]rune(s), 0)
	return ok && m.kind == annex || titleEnd.MatchString(squeeze(s)) || masthead(s)
}

// bare is a name without white space, marks and the ways of writing numbers.
func bare(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.IsPunct(r) || unicode.IsSymbol(r) {
			return -1
		}
		return r
	}, plainDigits(trailing.ReplaceAllString(s, "")))
}

// pieces are what documents are made of.
var pieces = []string{
	"第一章 总则", "第二章 职责", "第一节 一般规定", "第一条 为了做好工作，制定本办法。", "第二条 各单位应当遵守。", "第三条【期限】 十日以内报告。",
	"第五条的规定不适用。", "第十二条、第十三条另行规定。", "一、工作目标", "二、工作步骤", "三、工作要求", "（一）排查风险。逐项填写。", "（二）审核", "1.召开会议。", "2、填表", "（1）登记", "①甲；②乙。",
	"附件1", "附件：", "附 则", "某局值班管理办法", "某发〔2020〕3号", "（2019年3月2日通过）", "自2020年1月1日起施行。", "问：可以吗？", "答：不可以。", "甲 | 乙 | 丙", "首页 > 正文", "第 3 页 共 12 页", "—4—", "2021年4月6日",
	"各科室要把岗位职责逐条对照起来认真梳理，发现问题当天报告。", "没有句号的一行", "。", "目录", "Q1: why?", "A: because.",
}

func document(t *rapid.T) read.Text {
	var out read.Text
	for range rapid.IntRange(0, 30).Draw(t, "lines") {
		var b strings.Builder
		for range rapid.IntRange(1, 3).Draw(t, "parts") {
			b.WriteString(strings.Repeat(rapid.SampledFrom(pieces).Draw(t, "piece"), rapid.SampledFrom([]int{1, 1, 1, 1, 30}).Draw(t, "times")))
		}
		level := rapid.SampledFrom([]int{0, 0, 0, 0, 0, 1, 2, 3}).Draw(t, "level")
		out.Lines = append(out.Lines, read.Line{Text: b.String(), Level: level, Page: rapid.IntRange(0, 3).Draw(t, "page")})
	}
	return out
}

func TestNoSentenceIsLostAndEveryPositionHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := document(t)
		r := Read(text, "某文件.txt")
		check(t, r)
		if d := cmp.Diff(r, Read(text, "某文件.txt")); d != "" {
			t.Fatalf("read twice:\n%s", d)
		}
		if r.Version.Repaired != "" {
			t.Fatalf("an undamaged text was repaired: %+v", r.Version)
		}
	})
}

func FuzzRead(f *testing.F) {
	f.Add(rule, "a.txt", 0)
	f.Add("—1—某县方案为落实要求,制定。一、指导思想以预防为主。—2—二、原则(一)公开。(二)透明。", "000.txt", 1)
	f.Add(strings.Join(pieces, "\n"), "《某法》（2018年修订）(1).docx", 2)
	f.Add("附件1\n\n附件1：\n问：？\n答：\n第零条\n第一〇一条 x\n１．ａ\n1.1 b", "", 3)
	f.Fuzz(func(t *testing.T, s, file string, seed int) {
		text := of(s)
		for i := range text.Lines {
			text.Lines[i].Page = max(0, seed%7) * i / 3
		}
		check(t, Read(text, file))
	})
}

func TestManyLinesAreReadInTime(t *testing.T) {
	var text read.Text
	for i := range 50_000 {
		text.Lines = append(text.Lines, read.Line{Text: fmt.Sprintf("1、第%d段内容写在这里，供大家查看。", i)})
	}
	r := Read(text, "大文件.docx")
	if len(r.Passages) < 1000 {
		t.Errorf("%d passages", len(r.Passages))
	}
}
