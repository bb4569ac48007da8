package read_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"qingfeng/knowledge/ingest/read"
)

// parts are the entries of a zip, name and content by turns.
type parts []string

func (p parts) zip() []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i+1 < len(p); i += 2 {
		w, err := z.Create(p[i])
		if err == nil {
			_, err = w.Write([]byte(p[i+1]))
		}
		if err != nil {
			panic(err)
		}
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

const wordNames = `xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" xmlns:v="urn:schemas-microsoft-com:vml"`

// word makes a docx: a body, and the insides of its styles, numbering and footnotes.
type word struct{ body, styles, numbering, footnotes string }

func (w word) parts() parts {
	return parts{
		"[Content_Types].xml", `<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/><Override PartName="/word/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.styles+xml"/><Override PartName="/word/numbering.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.numbering+xml"/><Override PartName="/word/footnotes.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"/><Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/></Types>`,
		"_rels/.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/><Relationship Id="r2" Type="http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties" Target="docProps/core.xml"/></Relationships>`,
		"word/_rels/document.xml.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/><Relationship Id="r2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/numbering" Target="numbering.xml"/><Relationship Id="r3" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes" Target="footnotes.xml"/></Relationships>`,
		"docProps/core.xml", `<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>公务接待管理办法</dc:title></cp:coreProperties>`,
		"word/styles.xml", `<w:styles ` + wordNames + `><w:style w:type="paragraph" w:default="1" w:styleId="a"><w:name w:val="Normal"/></w:style>` + w.styles + `</w:styles>`,
		"word/numbering.xml", `<w:numbering ` + wordNames + `>` + w.numbering + `</w:numbering>`,
		"word/footnotes.xml", `<w:footnotes ` + wordNames + `>` + w.footnotes + `</w:footnotes>`,
		"word/document.xml", `<?xml version="1.0" encoding="UTF-8" standalone="yes"?><w:document ` + wordNames + `><w:body>` + w.body + `</w:body></w:document>`,
	}
}

func (w word) zip() []byte { return w.parts().zip() }

// p is a paragraph: its properties' inside and its text.
func p(props, text string) string {
	return `<w:p><w:pPr>` + props + `</w:pPr>` + run("", text) + `</w:p>`
}

func run(props, text string) string {
	return `<w:r><w:rPr>` + props + `</w:rPr><w:t xml:space="preserve">` + text + `</w:t></w:r>`
}

func num(id, level int) string {
	return fmt.Sprintf(`<w:numPr><w:ilvl w:val="%d"/><w:numId w:val="%d"/></w:numPr>`, level, id)
}

// lvl is a level of a list: its format, its text and what else it holds.
func lvl(level int, format, text, more string) string {
	return fmt.Sprintf(`<w:lvl w:ilvl="%d"><w:start w:val="1"/><w:numFmt w:val="%s"/>%s<w:suff w:val="nothing"/><w:lvlText w:val="%s"/></w:lvl>`, level, format, more, text)
}

// statute is a regulation whose chapters, articles and items are all numbered by the
// program: nothing of them stands in its text.
func statute() word {
	return word{
		styles: `<w:style w:type="paragraph" w:styleId="1"><w:name w:val="heading 1"/><w:basedOn w:val="a"/><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr><w:outlineLvl w:val="0"/></w:pPr></w:style>` +
			`<w:style w:type="paragraph" w:customStyle="1" w:styleId="tiao"><w:name w:val="条"/><w:basedOn w:val="a"/><w:pPr><w:numPr><w:numId w:val="2"/></w:numPr></w:pPr></w:style>` +
			`<w:style w:type="paragraph" w:customStyle="1" w:styleId="tiao2"><w:name w:val="条（窄）"/><w:basedOn w:val="tiao"/></w:style>`,
		numbering: `<w:abstractNum w:abstractNumId="0"><w:multiLevelType w:val="multilevel"/>` +
			lvl(0, "chineseCountingThousand", "第%1章　", `<w:pStyle w:val="1"/>`) + `</w:abstractNum>` +
			`<w:abstractNum w:abstractNumId="1"><w:multiLevelType w:val="multilevel"/>` +
			lvl(0, "chineseCountingThousand", "第%1条　", `<w:pStyle w:val="tiao"/>`) +
			lvl(1, "chineseCountingThousand", "（%2）", ``) +
			lvl(2, "decimal", "%3.", ``) + `</w:abstractNum>` +
			`<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num>`,
		body: p(`<w:jc w:val="center"/>`, "清河市公务接待管理办法") +
			p(`<w:pStyle w:val="1"/>`, "总则") +
			p(`<w:pStyle w:val="tiao"/>`, "为了规范公务接待，制定本办法。") +
			p(`<w:pStyle w:val="tiao2"/>`, "本办法适用于市级机关。") +
			p(`<w:pStyle w:val="1"/>`, "接待标准") +
			p(`<w:pStyle w:val="tiao"/>`, "接待用餐应当遵守下列规定：") +
			p(num(2, 1), "同城不得接待；") +
			p(num(2, 1), "陪餐人数不得超过下列标准：") +
			p(num(2, 2), "接待对象十人以内的，三人；") +
			p(num(2, 2), "超过十人的，三分之一。") +
			p(num(2, 1), "不得提供高档菜肴。") +
			p(`<w:pStyle w:val="tiao"/>`, "违反本办法的，依规处理：") +
			p(num(2, 1), "情节较轻的，批评教育；") +
			p(num(2, 1), "情节较重的，给予处分。") +
			`<w:tbl><w:tblPr/><w:tr><w:tc>` + p("", "级别") + `</w:tc><w:tc>` + p("", "每餐上限") + `</w:tc></w:tr><w:tr><w:tc>` + p("", "处级") + `</w:tc><w:tc>` + p("", "100元") + `</w:tc></w:tr></w:tbl>` +
			p("", "附：本办法自2024年1月1日起施行。"),
	}
}

// statuteText is what it says.
var statuteText = []string{
	"清河市公务接待管理办法",
	"#1 第一章　总则",
	"第一条　为了规范公务接待，制定本办法。",
	"第二条　本办法适用于市级机关。",
	"#1 第二章　接待标准",
	"第三条　接待用餐应当遵守下列规定：",
	"（一）同城不得接待；",
	"（二）陪餐人数不得超过下列标准：",
	"1.接待对象十人以内的，三人；",
	"2.超过十人的，三分之一。",
	"（三）不得提供高档菜肴。",
	"第四条　违反本办法的，依规处理：",
	"（一）情节较轻的，批评教育；",
	"（二）情节较重的，给予处分。",
	"级别 | 每餐上限",
	"处级 | 100元",
	"附：本办法自2024年1月1日起施行。",
}

func file(t testing.TB, name string, b []byte) (read.Text, error) {
	t.Helper()
	return read.File(context.Background(), name, bytes.NewReader(b), int64(len(b)), read.DefaultLimits())
}

// lines is a text as a test writes it: headings with their level before them.
func lines(t testing.TB, name string, b []byte) []string {
	t.Helper()
	text, err := file(t, name, b)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return shown(text)
}

func shown(text read.Text) []string {
	var out []string
	for _, l := range text.Lines {
		if l.Level > 0 {
			l.Text = fmt.Sprintf("#%d %s", l.Level, l.Text)
		}
		out = append(out, l.Text)
	}
	return out
}

func same(t testing.TB, got, want []string) {
	t.Helper()
	if g, w := strings.Join(got, "\n"), strings.Join(want, "\n"); g != w {
		t.Errorf("got:\n%s\n\nwant:\n%s", g, w)
	}
}

func refused(t testing.TB, name string, b []byte, code string) {
	t.Helper()
	text, err := file(t, name, b)
	var e *read.Error
	if !errors.As(err, &e) || e.Code != code {
		t.Errorf("%s: got %v and %d lines, want %s", name, err, len(text.Lines), code)
	}
}

func with(t testing.TB, b []byte, lim read.Limits) (read.Text, error) {
	t.Helper()
	return read.File(context.Background(), "", bytes.NewReader(b), int64(len(b)), lim)
}

func code(err error) string {
	var e *read.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}
