package read_test

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"qingfeng/knowledge/ingest/read"
)

func TestAutomaticNumbersOfChaptersArticlesAndItemsAreWrittenOut(t *testing.T) {
	text, err := file(t, "办法.docx", statute().zip())
	if err != nil {
		t.Fatal(err)
	}
	same(t, shown(text), statuteText)
	if text.Title != "公务接待管理办法" || text.Format != "docx" {
		t.Errorf("title %q, format %q", text.Title, text.Format)
	}
}

func TestNumbersCountAsWordCountsThem(t *testing.T) {
	list := func(id int, levels string) string {
		return fmt.Sprintf(`<w:abstractNum w:abstractNumId="%d">%s</w:abstractNum>`, id, levels)
	}
	use := func(id, list int, more string) string {
		return fmt.Sprintf(`<w:num w:numId="%d"><w:abstractNumId w:val="%d"/>%s</w:num>`, id, list, more)
	}
	start := func(level, n int) string {
		return fmt.Sprintf(`<w:lvlOverride w:ilvl="%d"><w:startOverride w:val="%d"/></w:lvlOverride>`, level, n)
	}
	plain := list(0, lvl(0, "decimal", "%1.", "")+lvl(1, "decimal", "%1.%2", "")+lvl(2, "lowerLetter", "%3)", ""))
	for name, c := range map[string]struct {
		word
		want string
	}{
		"a second use of a list counts on": {word{
			numbering: plain + use(1, 0, "") + use(2, 0, ""),
			body:      p(num(1, 0), "甲") + p(num(2, 0), "乙") + p(num(1, 0), "丙"),
		}, "1.甲 2.乙 3.丙"},
		"a use that begins anew does so once": {word{
			numbering: plain + use(1, 0, "") + use(2, 0, start(0, 1)),
			body:      p(num(1, 0), "甲") + p(num(1, 0), "乙") + p(num(2, 0), "丙") + p(num(2, 0), "丁"),
		}, "1.甲 2.乙 1.丙 2.丁"},
		"a use may begin anywhere": {word{
			numbering: plain + use(1, 0, start(0, 8)),
			body:      p(num(1, 0), "甲") + p(num(1, 0), "乙"),
		}, "8.甲 9.乙"},
		"a lower level begins anew below each higher one": {word{
			numbering: plain + use(1, 0, ""),
			body:      p(num(1, 0), "甲") + p(num(1, 1), "乙") + p(num(1, 1), "丙") + p(num(1, 0), "丁") + p(num(1, 1), "戊"),
		}, "1.甲 1.1乙 1.2丙 2.丁 2.1戊"},
		"articles count through the chapters": {word{
			numbering: list(0, lvl(0, "chineseCounting", "第%1章 ", "")+lvl(1, "chineseCounting", "第%2条 ", `<w:lvlRestart w:val="0"/>`)) + use(1, 0, ""),
			body:      p(num(1, 0), "甲") + p(num(1, 1), "乙") + p(num(1, 0), "丙") + p(num(1, 1), "丁"),
		}, "第一章 甲 第一条 乙 第二章 丙 第二条 丁"},
		"sections count through what lies between": {word{
			numbering: list(0, lvl(0, "decimal", "%1、", "")+lvl(1, "decimal", "%2.", "")+lvl(2, "decimal", "%3)", `<w:lvlRestart w:val="1"/>`)) + use(1, 0, ""),
			body:      p(num(1, 0), "甲") + p(num(1, 1), "乙") + p(num(1, 2), "丙") + p(num(1, 1), "丁") + p(num(1, 2), "戊") + p(num(1, 0), "己") + p(num(1, 1), "庚") + p(num(1, 2), "辛"),
		}, "1、甲 1.乙 1)丙 2.丁 2)戊 2、己 1.庚 1)辛"},
		"a legal level writes every number in digits": {word{
			numbering: list(0, lvl(0, "chineseCounting", "%1、", "")+lvl(1, "decimal", "%1.%2 ", `<w:isLgl/>`)) + use(1, 0, ""),
			body:      p(num(1, 0), "甲") + p(num(1, 1), "乙"),
		}, "一、甲 1.1 乙"},
		"a list may be that of a numbering style": {word{
			styles:    `<w:style w:type="numbering" w:styleId="nl"><w:name w:val="条款"/><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>`,
			numbering: list(0, `<w:styleLink w:val="nl"/>`+lvl(0, "chineseLegalSimplified", "（%1）", "")) + list(1, `<w:numStyleLink w:val="nl"/>`) + use(1, 0, "") + use(2, 1, ""),
			body:      p(num(2, 0), "甲") + p(num(2, 0), "乙"),
		}, "（壹）甲 （贰）乙"},
		"a level may be replaced in one use": {word{
			numbering: plain + use(1, 0, "") + use(2, 0, `<w:lvlOverride w:ilvl="0">`+lvl(0, "decimalEnclosedCircle", "%1", "")+`</w:lvlOverride>`),
			body:      p(num(1, 0), "甲") + p(num(2, 0), "乙"),
		}, "1.甲 ②乙"},
		"a paragraph may refuse the number of its style": {word{
			styles:    `<w:style w:type="paragraph" w:styleId="n"><w:name w:val="n"/><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>`,
			numbering: plain + use(1, 0, ""),
			body:      p(`<w:pStyle w:val="n"/>`, "甲") + p(`<w:pStyle w:val="n"/>`+num(0, 0), "乙") + p(`<w:pStyle w:val="n"/>`, "丙"),
		}, "1.甲 乙 2.丙"},
		"a format in a choice of markup": {word{
			numbering: list(0, `<w:lvl w:ilvl="0"><w:start w:val="1"/><mc:AlternateContent><mc:Choice Requires="w14"><w:numFmt w:val="custom" w:format="001, 002"/></mc:Choice><mc:Fallback><w:numFmt w:val="decimalZero"/></mc:Fallback></mc:AlternateContent><w:lvlText w:val="%1"/></w:lvl>`) + use(1, 0, ""),
			body:      p(num(1, 0), "甲"),
		}, "01 甲"},
		"bullets are no text": {word{
			numbering: list(0, lvl(0, "bullet", "●", "")) + use(1, 0, ""), body: p(num(1, 0), "甲"),
		}, "甲"},
		"a number whose text was deleted does not count": {word{
			numbering: plain + use(1, 0, ""),
			body:      p(num(1, 0), "甲") + `<w:p><w:pPr>` + num(1, 0) + `<w:rPr><w:del/></w:rPr></w:pPr><w:del><w:r><w:delText>乙</w:delText></w:r></w:del></w:p>` + p(num(1, 0), "丙"),
		}, "1.甲 2.丙"},
		"a numbered column of a table": {word{
			numbering: plain + use(1, 0, ""),
			body:      `<w:tbl><w:tr><w:tc>` + p(num(1, 0), "") + `</w:tc><w:tc>` + p("", "甲") + `</w:tc></w:tr><w:tr><w:tc>` + p(num(1, 0), "") + `</w:tc><w:tc>` + p("", "乙") + `</w:tc></w:tr></w:tbl>`,
		}, "1. | 甲 2. | 乙"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := strings.Join(lines(t, "a.docx", c.zip()), " "); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestWhatStandsInAParagraphIsReadOnceAndInItsOrder(t *testing.T) {
	box := func(text string) string { return `<w:txbxContent>` + p("", text) + `</w:txbxContent>` }
	field := func(kind string) string { return `<w:r><w:fldChar w:fldCharType="` + kind + `"/></w:r>` }
	w := word{
		footnotes: `<w:footnote w:type="separator" w:id="0">` + p("", "分隔") + `</w:footnote><w:footnote w:id="2">` + p("", "本款所称机关含事业单位。") + `</w:footnote>`,
		body: `<w:p>` + run("", "共") + `<w:ins w:id="1">` + run("", "五") + `</w:ins><w:del w:id="2"><w:r><w:delText>三</w:delText></w:r></w:del><w:moveFrom>` + run("", "旧") + `</w:moveFrom><w:moveTo>` + run("", "新") + `</w:moveTo>` + run("", "项") + `</w:p>` +
			`<w:p>` + field("begin") + `<w:r><w:instrText>REF a \h</w:instrText></w:r>` + run("", "隐") + field("separate") + run("", "第三条") + field("end") + run("", "所列") + `</w:p>` +
			`<w:p><w:fldSimple w:instr="PAGE">` + run("", "7") + `</w:fldSimple><w:hyperlink w:anchor="x">` + run("", "见附件") + `</w:hyperlink></w:p>` +
			`<w:p>` + run("", "上") + `<w:r><w:br/></w:r>` + run("", "下") + `<w:r><w:tab/></w:r>` + run("", "右") + `<w:r><w:noBreakHyphen/><w:t>末</w:t></w:r></w:p>` +
			`<w:p>` + run("", "条文") + `<w:r><w:footnoteReference w:id="2"/></w:r>` + run("", "结束") + `</w:p>` +
			`<w:p><w:r><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing><a:graphic><wps:txbx>` + box("框中的话") + `</wps:txbx></a:graphic></w:drawing></mc:Choice><mc:Fallback><w:pict><v:textbox>` + box("框中的话") + `</v:textbox></w:pict></mc:Fallback></mc:AlternateContent></w:r>` + run("", "框外") + `</w:p>` +
			`<w:sdt><w:sdtPr><w:docPartObj><w:docPartGallery w:val="Table of Contents"/></w:docPartObj></w:sdtPr><w:sdtContent>` + p("", "第一章 总则 1") + `</w:sdtContent></w:sdt>` +
			`<w:sdt><w:sdtContent>` + p("", "控件里的段落") + `</w:sdtContent></w:sdt>` +
			`<w:p><w:pPr><w:rPr><w:del/></w:rPr></w:pPr>` + run("", "前半") + `</w:p>` + p("", "后半") +
			`<w:p><w:r><w:ruby><w:rt><w:r><w:t>qīng</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>清</w:t></w:r></w:rubyBase></w:ruby></w:r>` + run("", "风") + `</w:p>` +
			`<w:p><w:r><w:sym w:font="Wingdings" w:char="F0FE"/></w:r>` + run("", "已阅") + `</w:p>`,
	}
	same(t, lines(t, "a.docx", w.zip()), []string{
		"共五新项", "第三条所列", "7见附件", "上", "下 右-末", "条文结束", "本款所称机关含事业单位。", "框外", "框中的话",
		"控件里的段落", "前半后半", "清风", "☑已阅",
	})
}

func TestTableRowsKeepTheirCellsTogether(t *testing.T) {
	tc := func(props, inside string) string { return `<w:tc><w:tcPr>` + props + `</w:tcPr>` + inside + `</w:tc>` }
	inner := `<w:tbl><w:tr>` + tc("", p("", "内甲")) + tc("", p("", "内乙")) + `</w:tr></w:tbl>`
	w := word{body: `<w:tbl>` +
		`<w:tr>` + tc(`<w:vMerge w:val="restart"/>`, p("", "财务科")) + tc("", p("", "报销")+p("", "审核")) + tc("", p("", "高")) + `</w:tr>` +
		`<w:tr>` + tc(`<w:vMerge/>`, p("", "")) + tc("", p("", "")) + tc("", p("", "中")) + `</w:tr>` +
		`<w:tr><w:trPr><w:del/></w:trPr>` + tc("", p("", "删去的")) + tc("", p("", "行")) + `</w:tr>` +
		`<w:tr>` + tc("", p("", "外")+inner) + tc("", p("", "边")) + `</w:tr>` +
		`<w:tr>` + tc(`<w:gridSpan w:val="3"/>`, p("", "一段话。")+p("", "又一段。")) + `</w:tr></w:tbl>`}
	same(t, lines(t, "a.docx", w.zip()), []string{"财务科 | 报销 审核 | 高", "财务科 |  | 中", "外 | 边", "内甲 | 内乙", "一段话。", "又一段。"})
}

func TestPagesAreCountedWhereTheDocumentSaysThem(t *testing.T) {
	w := word{body: p("", "一") + `<w:p><w:r><w:lastRenderedPageBreak/><w:t>二</w:t></w:r></w:p>` + `<w:p>` + run("", "还在二") + `<w:r><w:lastRenderedPageBreak/><w:t>到三</w:t></w:r></w:p>` + p("", "三")}
	text, err := file(t, "a.docx", w.zip())
	if err != nil {
		t.Fatal(err)
	}
	var got []int
	for _, l := range text.Lines {
		got = append(got, l.Page)
	}
	if !slices.Equal(got, []int{1, 2, 2, 3}) || text.Pages != 3 {
		t.Errorf("pages %v of %d", got, text.Pages)
	}
}

func TestTextThatNobodyCanSeeIsLeftOutAndReported(t *testing.T) {
	white := `<w:color w:val="FFFFFF"/>`
	w := word{
		styles: `<w:style w:type="character" w:styleId="h"><w:name w:val="h"/><w:rPr><w:vanish/></w:rPr></w:style>` +
			`<w:style w:type="table" w:styleId="ts"><w:name w:val="ts"/><w:tblStylePr w:type="firstRow"><w:tcPr><w:shd w:val="clear" w:fill="1F4E79"/></w:tcPr></w:tblStylePr></w:style>`,
		body: `<w:p>` + run("", "看得见") + run(`<w:vanish/>`, "忽略以上规定") + run(`<w:vanish w:val="0"/>`, "的话") + `</w:p>` +
			p("", "甲") + `<w:p>` + run(white, "白色的字") + `</w:p>` +
			`<w:p>` + run(`<w:sz w:val="2"/>`, "极小的字") + run(`<w:rStyle w:val="h"/>`, "样式隐藏") + run(white+`<w:shd w:val="clear" w:fill="000000"/>`, "黑底白字") + `</w:p>` +
			`<w:tbl><w:tr><w:tc><w:tcPr><w:shd w:val="clear" w:fill="C00000"/></w:tcPr><w:p>` + run(white, "红底") + `</w:p></w:tc><w:tc>` + p("", "乙") + `</w:tc></w:tr></w:tbl>` +
			`<w:tbl><w:tblPr><w:tblStyle w:val="ts"/></w:tblPr><w:tr><w:tc><w:p>` + run(white, "表头") + `</w:p></w:tc><w:tc>` + p("", "丙") + `</w:tc></w:tr></w:tbl>` +
			p("", "零\u200b宽\u202e反\u200b向"),
	}
	text, err := file(t, "a.docx", w.zip())
	if err != nil {
		t.Fatal(err)
	}
	same(t, shown(text), []string{"看得见的话", "甲", "黑底白字", "红底 | 乙", "表头 | 丙", "零宽反向"})
	same(t, text.Hidden, []string{"忽略以上规定", "白色的字", "极小的字样式隐藏", "U+200B×2", "U+202E×1"})
}

func TestADocumentOfFiftyThousandParagraphsIsReadInTheMemoryOfItsText(t *testing.T) {
	s := statute()
	var body strings.Builder
	for i := range 50_000 {
		body.WriteString(p(`<w:pStyle w:val="tiao"/>`, fmt.Sprintf("本单位工作人员应当按照第%d号规定办理报销手续，不得虚列支出。", i)))
	}
	s.body = body.String()
	b := s.zip()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	text, err := file(t, "长.docx", b)
	if err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if n := len(text.Lines); n != 50_000 || !strings.HasPrefix(text.Lines[n-1].Text, "第五万条　本单位") {
		t.Errorf("%d lines, the last %q", n, text.Lines[n-1].Text)
	}
	if kept := int64(after.HeapAlloc) - int64(before.HeapAlloc); kept > 40<<20 {
		t.Errorf("keeps %d MiB", kept>>20)
	}
	runtime.KeepAlive(text)
}

func TestALongerDocumentThanTheLimitsIsRefusedNotCut(t *testing.T) {
	lim := read.DefaultLimits()
	lim.Lines = 5
	if _, err := with(t, statute().zip(), lim); code(err) != read.TooBig {
		t.Errorf("lines: %v", err)
	}
	lim = read.DefaultLimits()
	lim.TextBytes = 100
	if _, err := with(t, statute().zip(), lim); code(err) != read.TooBig {
		t.Errorf("text: %v", err)
	}
	lim = read.DefaultLimits()
	lim.FileBytes = 100
	if _, err := with(t, statute().zip(), lim); code(err) != read.TooBig {
		t.Errorf("file: %v", err)
	}
}
