package read_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"qingfeng/knowledge/ingest/read"
)

// sound reads bytes as a file and checks what holds for every outcome.
func sound(t *testing.T, name string, b []byte) {
	lim := read.DefaultLimits()
	lim.TextBytes, lim.Lines, lim.Unpacked, lim.Cells = 1<<20, 20_000, 8<<20, 50_000
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	text, err := read.File(ctx, name, bytes.NewReader(b), int64(len(b)), lim)
	var known *read.Error
	if err != nil {
		if !errors.As(err, &known) {
			t.Fatalf("an error without a code: %v", err)
		}
		return
	}
	size := 0
	for _, l := range text.Lines {
		size += len(l.Text)
		if l.Text == "" || strings.TrimSpace(l.Text) != l.Text || !utf8.ValidString(l.Text) || strings.ContainsAny(l.Text, "\n\r\x00\u200b\u202e") || l.Level < 0 || l.Level > 9 {
			t.Fatalf("line %q of level %d", l.Text, l.Level)
		}
	}
	if size == 0 || int64(size) > lim.TextBytes || len(text.Lines) > lim.Lines || len(text.Hidden) > 300 {
		t.Fatalf("%d bytes in %d lines, %d hidden", size, len(text.Lines), len(text.Hidden))
	}
}

func FuzzPlain(f *testing.F) {
	f.Add("a.txt", []byte("第一条 甲\n"))
	f.Add("a.txt", gb(f, "第一条 甲\n"))
	f.Add("a.md", []byte("---\na: b\n---\n# 甲\n\n|a|b|\n|-|-|\n```\n"))
	f.Add("a.html", []byte(webPage))
	f.Fuzz(func(t *testing.T, name string, b []byte) { sound(t, name, b) })
}

func FuzzWord(f *testing.F) {
	s := statute()
	f.Add(s.body, s.styles, s.numbering)
	f.Add(`<w:tbl><w:tr><w:tc><w:p/></w:tc></w:tr></w:tbl>`, "", "")
	f.Fuzz(func(t *testing.T, body, styles, numbering string) {
		sound(t, "a.docx", word{body: body, styles: styles, numbering: numbering}.zip())
	})
}

func FuzzOFD(f *testing.F) {
	f.Add(say(60, 20, "文件", ""), say(20, 66, "正文", "")+say(20, 72, "正文", `CTM="1 0 0 1 0 0"`))
	f.Fuzz(func(t *testing.T, template, page string) { sound(t, "a.ofd", ofdFile(template, page).zip()) })
}

func FuzzSheet(f *testing.F) {
	f.Add(`<sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>甲</t></is></c></row></sheetData>`, ``)
	f.Add(`<cols><col min="1" max="2" hidden="1"/></cols><sheetData><row r="9" hidden="1"><c r="XFD9"><v>1</v></c></row></sheetData>`, `<si><t>乙</t></si>`)
	f.Fuzz(func(t *testing.T, sheet, strings string) {
		sound(t, "a.xlsx", parts{
			"[Content_Types].xml", `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>`,
			"_rels/.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
			"xl/_rels/workbook.xml.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
			"xl/workbook.xml", `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="台账" sheetId="1" r:id="r1"/></sheets></workbook>`,
			"xl/sharedStrings.xml", `<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">` + strings + `</sst>`,
			"xl/worksheets/sheet1.xml", `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">` + sheet + `</worksheet>`,
		}.zip())
	})
}

func FuzzBytes(f *testing.F) {
	for _, name := range []string{"statute.doc", "rich.doc", "statute.docx", "ledger.xlsx", "ledger.xls"} {
		f.Add(saved(f, name))
	}
	f.Add(ofdFile("", say(20, 30, "甲", "")).zip())
	f.Fuzz(func(t *testing.T, b []byte) { sound(t, "a", b) })
}
