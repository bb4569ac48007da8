package read_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"qingfeng/knowledge/ingest/read"
)

// replaced is a zip of parts where one entry has another content.
func replaced(all parts, name, content string) []byte {
	out := append(parts(nil), all...)
	for i := 0; i < len(out); i += 2 {
		if out[i] == name {
			out[i+1] = content
		}
	}
	return out.zip()
}

func TestAZipThatUnpacksIntoTooMuchIsRefused(t *testing.T) {
	open := `<w:document ` + wordNames + `><w:body><w:p><w:r><w:t>`
	lim := read.DefaultLimits()
	_, err := with(t, replaced(statute().parts(), "word/document.xml", open+strings.Repeat(" ", 80<<20)), lim)
	if code(err) != read.Bomb {
		t.Errorf("ratio: %v", err)
	}
	lim.Unpacked = 1 << 20
	_, err = with(t, replaced(statute().parts(), "word/document.xml", open+strings.Repeat("廉", 1<<20)), lim)
	if code(err) != read.Bomb {
		t.Errorf("an entry: %v", err)
	}
	// No entry too large, all of them together: told while they are read.
	many := replaced(statute().parts(), "word/document.xml", open+strings.Repeat("廉", 300<<10))
	lim.Unpacked = 300 << 10 * 3
	if _, err = with(t, many, lim); code(err) != read.Bomb {
		t.Errorf("together: %v", err)
	}
	book := parts{
		"[Content_Types].xml", `<Types/>`, "xl/workbook.xml", `<workbook><sheets><sheet name="a" sheetId="1"/></sheets></workbook>`,
		"xl/styles.xml", `<styleSheet>` + strings.Repeat("<xf/>", 8<<20) + `</styleSheet>`,
	}
	refused(t, "a.xlsx", book.zip(), read.Bomb)
}

func TestTooManyEntriesAreRefusedBeforeTheyAreListed(t *testing.T) {
	many := statute().parts()
	for range 300 {
		many = append(many, "word/media/x.png", "")
	}
	lim := read.DefaultLimits()
	lim.Entries = 200
	if _, err := with(t, many.zip(), lim); code(err) != read.Bomb {
		t.Errorf("counted: %v", err)
	}
	// The same with a directory that states fewer than it has.
	b := many.zip()
	end := bytes.LastIndex(b, []byte("PK\x05\x06"))
	b[end+8], b[end+9], b[end+10], b[end+11] = 8, 0, 8, 0
	if _, err := with(t, b, lim); code(err) != read.Bomb {
		t.Errorf("stated: %v", err)
	}
}

func TestXMLTricksAreRefused(t *testing.T) {
	all := statute().parts()
	deep := `<w:document ` + wordNames + `><w:body>` + strings.Repeat(`<w:sdt><w:sdtContent>`, 50_000)
	refused(t, "a.docx", replaced(all, "word/document.xml", deep), read.Bomb)
	laughs := `<!DOCTYPE d [<!ENTITY a "哈哈"><!ENTITY b "&a;&a;&a;">]><w:document ` + wordNames + `><w:body>` + p("", "&b;") + `</w:body></w:document>`
	refused(t, "a.docx", replaced(all, "word/document.xml", laughs), read.Broken)
	outside := `<!DOCTYPE d [<!ENTITY a SYSTEM "file:///etc/passwd">]><w:styles>&a;</w:styles>`
	refused(t, "a.docx", replaced(all, "word/styles.xml", outside), read.Broken)
	refused(t, "a.html", []byte("<html>"+strings.Repeat("<div>", 100_000)+"甲"), read.Broken)
	loop := word{
		styles: `<w:style w:type="paragraph" w:styleId="x"><w:name w:val="x"/><w:basedOn w:val="y"/></w:style><w:style w:type="paragraph" w:styleId="y"><w:name w:val="y"/><w:basedOn w:val="x"/></w:style>`,
		body:   p(`<w:pStyle w:val="x"/>`, "照样读出"),
	}
	same(t, lines(t, "a.docx", loop.zip()), []string{"照样读出"})
}

func TestAZipInAZipIsNotOpenedAndAStrangeZipIsNamed(t *testing.T) {
	inner := string(statute().zip())
	refused(t, "a.docx", parts{"办法.docx", inner}.zip(), read.Archive)
	same(t, lines(t, "a.docx", append(statute().parts(), "word/embeddings/1.zip", inner, "../../etc/passwd", "x").zip()), statuteText)
	refused(t, "a.zip", parts{"mimetype", "application/vnd.oasis.opendocument.text"}.zip(), read.UnknownFormat)
}

func TestALockedZipIsEncrypted(t *testing.T) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.CreateRaw(&zip.FileHeader{Name: "word/document.xml", Flags: 1, CompressedSize64: 2, UncompressedSize64: 2})
	if err == nil {
		_, err = w.Write([]byte("xx"))
	}
	if err := errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	refused(t, "a.docx", b.Bytes(), read.Encrypted)
}

func TestWhatIsNoDocumentIsNamed(t *testing.T) {
	for want, files := range map[string][]string{
		read.Scanned:       {"\xff\xd8\xff\xe0 jpeg", "\x89PNG\r\n\x1a\n"},
		read.UnknownFormat: {"MZ\x90\x00\x03", "\x7fELF\x02", "<?xml version=\"1.0\"?><a/>", "MIME-Version: 1.0\n"},
		read.Broken:        {"PK\x03\x04 torn", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 torn"},
		read.Archive:       {"Rar!\x1a\x07", "7z\xbc\xaf\x27\x1c", "\x1f\x8b\x08"},
		read.NoPDF:         {"%PDF-1.4\n"},
	} {
		for _, f := range files {
			refused(t, "a.docx", []byte(f), want)
		}
	}
}

func TestATornFileIsBrokenNotHalfRead(t *testing.T) {
	for _, name := range []string{"statute.docx", "ledger.xlsx", "statute.doc"} {
		b := saved(t, name)
		text, err := file(t, name, b[:len(b)/3])
		if code(err) == "" {
			t.Errorf("%s: %v, %d lines", name, err, len(text.Lines))
		}
	}
}

func TestReadingStopsWhenTheTimeIsOver(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	b := statute().zip()
	if _, err := read.File(ctx, "a.docx", bytes.NewReader(b), int64(len(b)), read.DefaultLimits()); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestACompoundFileThatLiesAboutItselfCostsNothing(t *testing.T) {
	b := saved(t, "statute.doc")
	for at := 0x28; at < 0x4C; at += 4 { // every count and first sector in its header
		for _, lie := range []uint32{0, 1, 2, 0x01000000, 0x7FFFFFFF, 0xFFFFFFF0} {
			c := bytes.Clone(b)
			binary.LittleEndian.PutUint32(c[at:], lie)
			sound(t, "a.doc", c)
		}
	}
	loop := bytes.Clone(b)
	fat := (int(binary.LittleEndian.Uint32(loop[0x4C:])) + 1) * 512
	for i := range 128 { // every sector goes on at the first one
		binary.LittleEndian.PutUint32(loop[fat+4*i:], 0)
	}
	refused(t, "a.doc", loop, read.Broken)
}
