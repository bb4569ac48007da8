package form

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"fmt"
	"slices"
	"strings"
	"time"

	"qingfeng/bot/text"
)

// twips in a millimetre: WordprocessingML counts lengths in twentieths of a point.
func twips(mm int) int { return mm * 1440 * 10 / 254 }

// docx draws the document as WordprocessingML (ECMA-376). Everything that a printed
// form needs and nothing else: fixed tables, repeated header rows, page numbers.
func (d document) docx() ([]byte, error) {
	var body strings.Builder
	for i, p := range d.pages {
		d.drawPage(&body, p)
		if i < len(d.pages)-1 {
			fmt.Fprintf(&body, `<w:p><w:pPr>%s%s</w:pPr></w:p>`, tiny, d.section())
		}
	}
	body.WriteString(d.section())

	// Pages are counted through the whole file: not every program knows the pages of
	// one section.
	footer := fmt.Sprintf(docxFooter, text.FormPageA, pageField("PAGE"), text.FormPageB, pageField("NUMPAGES"), text.FormPageC)
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, f := range []struct{ name, content string }{
		{"[Content_Types].xml", docxTypes},
		{"_rels/.rels", docxRels},
		{"docProps/core.xml", fmt.Sprintf(docxCore, escaped(d.pages[0].title))},
		{"word/document.xml", docxHead + body.String() + `</w:body></w:document>`},
		{"word/styles.xml", docxStyles()},
		{"word/fontTable.xml", fmt.Sprintf(docxFonts, text.FormFontTitle, text.FormFontSong, text.FormFontFang, text.FormFontFangPlain, text.FormFontHei)},
		{"word/settings.xml", docxSettings},
		{"word/footer1.xml", footer},
		{"word/_rels/document.xml.rels", docxDocRels},
	} {
		// A fixed time: the same form is the same file, whenever it is exported.
		w, err := z.CreateHeader(&zip.FileHeader{Name: f.name, Method: zip.Deflate, Modified: time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)})
		if err != nil {
			return nil, fmt.Errorf("form: docx: %w", err)
		}
		if _, err := w.Write([]byte(f.content)); err != nil {
			return nil, fmt.Errorf("form: docx: %w", err)
		}
	}
	if err := z.Close(); err != nil {
		return nil, fmt.Errorf("form: docx: %w", err)
	}
	return out.Bytes(), nil
}

// tiny is the paragraph between two tables, which Word would otherwise join.
const tiny = `<w:pStyle w:val="Gap"/>`

func (d document) drawPage(b *strings.Builder, p page) {
	if p.tag != "" {
		drawPara(b, para{text: p.tag, role: roleTag, align: alignLeft}, true)
	}
	for line := range strings.SplitSeq(p.title, "\n") {
		drawPara(b, para{text: line, role: roleTitle, align: alignCenter}, true)
	}
	for i, bl := range p.blocks {
		if bl.para != nil {
			drawPara(b, *bl.para, i+1 < len(p.blocks))
			continue
		}
		drawTable(b, *bl.table, i+1 < len(p.blocks) && p.blocks[i+1].table != nil && bl.table.head == 0)
		fmt.Fprintf(b, `<w:p><w:pPr>%s</w:pPr></w:p>`, tiny)
	}
}

func drawPara(b *strings.Builder, p para, keep bool) {
	b.WriteString(`<w:p><w:pPr><w:pStyle w:val="` + docxStyle(p.role) + `"/>`)
	if keep {
		b.WriteString(`<w:keepNext/>`)
	}
	fmt.Fprintf(b, `<w:jc w:val="%s"/></w:pPr>`, p.align)
	if p.text != "" {
		b.WriteString(`<w:r><w:t xml:space="preserve">` + escaped(p.text) + `</w:t></w:r>`)
	}
	b.WriteString(`</w:p>`)
}

// edges are the vertical lines of a table, in mm from its left side.
func edges(rows []rowBox) []int {
	out := []int{0}
	for _, r := range rows {
		x := 0
		for _, c := range r.cells {
			x += c.width
			if i, ok := slices.BinarySearch(out, x); !ok {
				out = slices.Insert(out, i, x)
			}
		}
	}
	return out
}

// span is how many columns between the edges a cell from x takes.
func span(edges []int, x, width int) int {
	from, _ := slices.BinarySearch(edges, x)
	to, _ := slices.BinarySearch(edges, x+width)
	return to - from
}

// drawTable draws a table; joined leaves the line below to the table that follows.
func drawTable(b *strings.Builder, t tableBox, joined bool) {
	grid := edges(t.rows)
	bottom := "single"
	if joined {
		bottom = "nil"
	}
	fmt.Fprintf(b, docxTable, twips(grid[len(grid)-1]), bottom)
	for i := 1; i < len(grid); i++ {
		fmt.Fprintf(b, `<w:gridCol w:w="%d"/>`, twips(grid[i]-grid[i-1]))
	}
	b.WriteString(`</w:tblGrid>`)
	for i, r := range t.rows {
		b.WriteString(`<w:tr><w:trPr>`)
		if r.height() < 140 { // a row longer than most of a page has to break
			b.WriteString(`<w:cantSplit/>`)
		}
		if r.min > 0 {
			fmt.Fprintf(b, `<w:trHeight w:val="%d" w:hRule="atLeast"/>`, twips(r.min))
		}
		if i < t.head {
			b.WriteString(`<w:tblHeader/>`)
		}
		b.WriteString(`</w:trPr>`)
		x := 0
		for _, c := range r.cells {
			fmt.Fprintf(b, `<w:tc><w:tcPr><w:tcW w:w="%d" w:type="dxa"/>`, twips(c.width))
			if n := span(grid, x, c.width); n > 1 {
				fmt.Fprintf(b, `<w:gridSpan w:val="%d"/>`, n)
			}
			v := "center"
			if c.top {
				v = "top"
			}
			fmt.Fprintf(b, `<w:vAlign w:val="%s"/></w:tcPr>`, v)
			for _, p := range c.paras {
				drawPara(b, p, r.keep || i < t.head)
			}
			b.WriteString(`</w:tc>`)
			x += c.width
		}
		b.WriteString(`</w:tr>`)
	}
	b.WriteString(`</w:tbl>`)
}

// height estimates a row, in mm.
func (r rowBox) height() int {
	most := 0
	for _, c := range r.cells {
		n := 0
		for _, p := range c.paras {
			n += lines(p.text, float64(c.width-3)*72/25.4, sizeOf(p.role))
		}
		most = max(most, n)
	}
	return max(r.min, most*11/2)
}

func (d document) section() string {
	w, h, orient := 11906, 16838, ""
	mar := `<w:pgMar w:top="1247" w:right="1247" w:bottom="1134" w:left="1247" w:header="851" w:footer="737" w:gutter="0"/>`
	if d.landscape {
		w, h, orient = 16838, 11906, ` w:orient="landscape"`
		mar = `<w:pgMar w:top="1021" w:right="1134" w:bottom="1021" w:left="1134" w:header="737" w:footer="624" w:gutter="0"/>`
	}
	return fmt.Sprintf(`<w:sectPr><w:footerReference w:type="default" r:id="rId4"/><w:type w:val="nextPage"/><w:pgSz w:w="%d" w:h="%d"%s/>%s</w:sectPr>`, w, h, orient, mar)
}

func escaped(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(plain(s))) // a Builder never fails
	return b.String()
}

func pageField(name string) string {
	return fmt.Sprintf(`<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText xml:space="preserve"> %s </w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>1</w:t></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r>`, name)
}

// sizeOf is a role's font size in points.
func sizeOf(r role) float64 {
	switch r {
	case roleTitle:
		return 20
	case roleTag:
		return 14
	case roleLine:
		return 12
	case roleSmall:
		return 9
	default:
		return 10.5
	}
}

func docxStyle(r role) string { return "Form" + string(r) }

// docxStyles are one paragraph style a role. East Asian fonts are named apart from
// Latin ones, so that figures stand in Times New Roman.
func docxStyles() string {
	var b strings.Builder
	b.WriteString(docxStylesHead)
	fmt.Fprintf(&b, docxDefaults, text.FormFontFang)
	b.WriteString(`<w:style w:type="paragraph" w:customStyle="1" w:styleId="Gap"><w:name w:val="Gap"/><w:basedOn w:val="Normal"/><w:pPr><w:spacing w:before="0" w:after="0" w:line="20" w:lineRule="exact"/></w:pPr><w:rPr><w:sz w:val="2"/><w:szCs w:val="2"/></w:rPr></w:style>`)
	for _, s := range []struct {
		role          role
		font          string
		before, after int // twips
		line          int // twips, exact
	}{
		{roleTag, text.FormFontHei, 0, 0, 400},
		{roleTitle, text.FormFontTitle, 0, 100, 560},
		{roleLine, text.FormFontFang, 60, 60, 340},
		{roleHead, text.FormFontHei, 20, 20, 300},
		{roleBody, text.FormFontFang, 20, 20, 300},
		{roleSmall, text.FormFontSong, 20, 20, 250},
	} {
		size := int(sizeOf(s.role) * 2)
		fmt.Fprintf(&b, `<w:style w:type="paragraph" w:customStyle="1" w:styleId="%s"><w:name w:val="%s"/><w:basedOn w:val="Normal"/><w:pPr><w:spacing w:before="%d" w:after="%d" w:line="%d" w:lineRule="exact"/></w:pPr><w:rPr><w:rFonts w:ascii="Times New Roman" w:hAnsi="Times New Roman" w:cs="Times New Roman" w:eastAsia="%s"/><w:sz w:val="%d"/><w:szCs w:val="%d"/></w:rPr></w:style>`,
			docxStyle(s.role), docxStyle(s.role), s.before, s.after, s.line, s.font, size, size)
	}
	b.WriteString(`</w:styles>`)
	return b.String()
}

const (
	xmlHead = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
	wordNS  = ` xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"`

	docxTypes = xmlHead + `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>` +
		`<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/>` +
		`<Override PartName="/word/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.styles+xml"/>` +
		`<Override PartName="/word/fontTable.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.fontTable+xml"/>` +
		`<Override PartName="/word/settings.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.settings+xml"/>` +
		`<Override PartName="/word/footer1.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.footer+xml"/>` +
		`<Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/></Types>`

	relNS    = ` xmlns="http://schemas.openxmlformats.org/package/2006/relationships"`
	relType  = `http://schemas.openxmlformats.org/officeDocument/2006/relationships/`
	docxRels = xmlHead + `<Relationships` + relNS + `><Relationship Id="rId1" Type="` + relType + `officeDocument" Target="word/document.xml"/>` +
		`<Relationship Id="rId2" Type="http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties" Target="docProps/core.xml"/></Relationships>`
	docxDocRels = xmlHead + `<Relationships` + relNS + `><Relationship Id="rId1" Type="` + relType + `styles" Target="styles.xml"/><Relationship Id="rId2" Type="` + relType + `fontTable" Target="fontTable.xml"/>` +
		`<Relationship Id="rId3" Type="` + relType + `settings" Target="settings.xml"/><Relationship Id="rId4" Type="` + relType + `footer" Target="footer1.xml"/></Relationships>`
	docxCore = xmlHead + `<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>%s</dc:title></cp:coreProperties>`

	docxHead     = xmlHead + `<w:document` + wordNS + `><w:body>`
	docxFooter   = xmlHead + `<w:ftr` + wordNS + `><w:p><w:pPr><w:pStyle w:val="Formsmall"/><w:jc w:val="center"/></w:pPr><w:r><w:t xml:space="preserve">%s</w:t></w:r>%s<w:r><w:t xml:space="preserve">%s</w:t></w:r>%s<w:r><w:t xml:space="preserve">%s</w:t></w:r></w:p></w:ftr>`
	docxSettings = xmlHead + `<w:settings` + wordNS + `><w:characterSpacingControl w:val="compressPunctuation"/><w:compat><w:compatSetting w:name="compatibilityMode" w:uri="http://schemas.microsoft.com/office/word" w:val="15"/></w:compat><w:themeFontLang w:val="en-US" w:eastAsia="zh-CN"/></w:settings>`

	// The title's and the text's fonts stand on most office machines here; where they
	// do not, the alternative names are used.
	docxFonts = xmlHead + `<w:fonts` + wordNS + `><w:font w:name="%[1]s"><w:altName w:val="%[2]s"/><w:charset w:val="86"/></w:font><w:font w:name="%[3]s"><w:altName w:val="%[4]s"/><w:charset w:val="86"/></w:font><w:font w:name="%[5]s"><w:altName w:val="SimHei"/><w:charset w:val="86"/></w:font><w:font w:name="%[2]s"><w:altName w:val="SimSun"/><w:charset w:val="86"/></w:font></w:fonts>`

	docxStylesHead = xmlHead + `<w:styles` + wordNS + `>`
	docxDefaults   = `<w:docDefaults><w:rPrDefault><w:rPr><w:rFonts w:ascii="Times New Roman" w:hAnsi="Times New Roman" w:cs="Times New Roman" w:eastAsia="%s"/><w:sz w:val="21"/><w:szCs w:val="21"/><w:lang w:val="en-US" w:eastAsia="zh-CN"/></w:rPr></w:rPrDefault><w:pPrDefault/></w:docDefaults><w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/></w:style>`

	docxTable = `<w:tbl><w:tblPr><w:tblW w:w="%d" w:type="dxa"/><w:jc w:val="center"/><w:tblBorders><w:top w:val="single" w:sz="8" w:space="0" w:color="000000"/><w:left w:val="single" w:sz="8" w:space="0" w:color="000000"/><w:bottom w:val="%s" w:sz="8" w:space="0" w:color="000000"/><w:right w:val="single" w:sz="8" w:space="0" w:color="000000"/><w:insideH w:val="single" w:sz="4" w:space="0" w:color="000000"/><w:insideV w:val="single" w:sz="4" w:space="0" w:color="000000"/></w:tblBorders><w:tblLayout w:type="fixed"/><w:tblCellMar><w:left w:w="70" w:type="dxa"/><w:right w:w="70" w:type="dxa"/></w:tblCellMar></w:tblPr><w:tblGrid>`
)
