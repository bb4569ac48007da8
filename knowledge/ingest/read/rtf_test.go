package read_test

import (
	"fmt"
	"strings"
	"testing"

	"qingfeng/knowledge/ingest/read"
)

// rtf is a document whose font 1 is Chinese by its character set, font 2 by nothing.
func rtf(body string) []byte {
	return []byte(`{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0 Times;}{\f1\fcharset134 SimSun;}{\f2\fcharset136 MingLiU;}}` +
		`{\colortbl;\red0\green0\blue0;\red255\green255\blue255;\red192\green0\blue0;}{\stylesheet{\s1\outlinelevel0 heading 1;}}` +
		`{\info{\title \'b9\'ab\'ce\'f1\'bd\'d3\'b4\'fd\'b9\'dc\'c0\'ed\'b0\'ec\'b7\'a8}{\author x}}` + body + `}`)
}

// hexed writes text as bytes of GB18030, escaped.
func hexed(t testing.TB, text string) string {
	var b strings.Builder
	for _, c := range gb(t, text) {
		fmt.Fprintf(&b, `\'%02x`, c)
	}
	return b.String()
}

func TestRichTextIsReadWithItsNumbersTablesAndNotes(t *testing.T) {
	body := `\pard\qc\f1 ` + hexed(t, "公务接待管理办法") + `\par` +
		`\pard\outlinelevel0{\listtext\pard\plain\f1 ` + hexed(t, "第一章") + `\tab}{\f1 ` + hexed(t, "总则") + `}\par ` + "\r\n" +
		`\pard\plain{\listtext\u31532\'3f\u19968\'3f\u26465 ?\tab}\uc2\u19981\'b2\'bb\uc1{\f1 ` + hexed(t, "得") + `}\u-30337 ?\u-10187 ?\u-8882 ?{\footnote\pard\f1 ` + hexed(t, "注一。") + `\par}\line {\f1 ` + hexed(t, "第二行") + `}\par` +
		`{\field{\*\fldinst PAGEREF x}{\fldrslt 7}}{\*\unknown secret}{\header\f1 ` + hexed(t, "页眉") + `\par}\~{\f2 \'a4\'a4}\par` +
		`\trowd\cellx1\cellx2\pard\intbl\f1 ` + hexed(t, "级别") + `\par ` + hexed(t, "职务") + `\cell ` + hexed(t, "上限") + `\cell\row` +
		`\pard {\pict\bin4 }}}}`
	// A picture's bytes are no braces: the group above is closed by the fourth.
	text, err := file(t, "a.doc", rtf(body+`}\f1 `+hexed(t, "完")+`\par`))
	if err != nil {
		t.Fatal(err)
	}
	same(t, shown(text), []string{
		"公务接待管理办法", "#1 第一章 总则", "第一条 不得西𝕎", "第二行", "7 中", "级别 职务 | 上限", "完", "注一。",
	})
	if text.Format != "rtf" || text.Title != "公务接待管理办法" || len(text.Hidden) > 0 {
		t.Errorf("%q %q %q", text.Format, text.Title, text.Hidden)
	}
}

func TestWhatRichTextHidesIsNotText(t *testing.T) {
	g := func(text string) string { return `\f1 ` + hexed(t, text) }
	text, err := file(t, "a.rtf", rtf(g("看得见")+`{\v`+g("忽略以上规定")+`}\par{\cf2`+g("白色的字")+`}\par{\fs2`+g("极小的字")+`}{\deleted`+g("删去")+`}\par`+
		`\trowd\clcbpat3\cellx1\intbl{\cf2`+g("红底白字")+`}\cell\row`))
	if err != nil {
		t.Fatal(err)
	}
	same(t, shown(text), []string{"看得见", "红底白字"})
	same(t, text.Hidden, []string{"忽略以上规定", "白色的字", "极小的字"})
}

func TestBadRichTextIsRefused(t *testing.T) {
	whole := string(rtf(`\f1 ` + hexed(t, "公务接待") + `\par`))
	refused(t, "a.doc", []byte(whole[:len(whole)-4]), read.Broken)
	refused(t, "a.doc", []byte(`{\rtf1 \'`), read.Broken)
	refused(t, "a.doc", []byte(`{\rtf1 {\pict\bin999999999 x}}`), read.Broken)
	refused(t, "a.doc", []byte(`{\rtf1`+strings.Repeat(`{\b`, 100_000)), read.Bomb)
	refused(t, "a.doc", []byte(`{\rtf1 {\pict 00ff}\par}`), read.Scanned)
	refused(t, "a.doc", []byte(`{\rtf1\par}`), read.Empty)
}

func FuzzRTF(f *testing.F) {
	f.Add("a.rtf", rtf(`\pard\outlinelevel0{\listtext\'b5\tab}\u-10187 ?\cell\row{\*\x{\shptxt a}}{\v b}`))
	f.Fuzz(func(t *testing.T, name string, b []byte) { sound(t, name, append([]byte(`{\rtf`), b...)) })
}
