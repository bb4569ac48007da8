package form

import (
	"archive/zip"
	"bytes"
	"fmt"
	"image"
	_ "image/jpeg" // photos are JPEG
	_ "image/png"
	"strings"
	"time"

	"qingfeng/bot/text"
)

// official is a document in the style of official ones (GB/T 9704: A4, margins of 37, 26,
// 35 and 28 mm, a title of 22 points, text of 16 points in 仿宋 with two characters' indent),
// being written.
type official struct {
	body   strings.Builder
	heads  int
	photos []officialPhoto
}

type officialPhoto struct {
	ext string
	raw []byte
}

// offStyle is a paragraph style.
type offStyle string

const (
	offTitle offStyle = "OffTitle"
	offHead  offStyle = "OffHead"
	offBody  offStyle = "OffBody"
	offSign  offStyle = "OffSign"
	offPhoto offStyle = "OffPhoto"
	offNote  offStyle = "OffNote"
)

func (l *official) para(s offStyle, words string) { l.paraWith(s, "", words) }

func (l *official) paraWith(s offStyle, props, words string) {
	fmt.Fprintf(&l.body, `<w:p><w:pPr><w:pStyle w:val="%s"/>%s</w:pPr><w:r><w:t xml:space="preserve">%s</w:t></w:r></w:p>`, s, props, escaped(words))
}

func (l *official) gap() {
	fmt.Fprintf(&l.body, `<w:p><w:pPr><w:pStyle w:val="%s"/></w:pPr></w:p>`, offBody)
}
func (l *official) say(words string) { l.para(offBody, words) }

// stay is a sentence on the page of what follows.
func (l *official) stay(words string) { l.paraWith(offBody, "<w:keepNext/>", words) }

// head is a numbered heading, which stays with what follows.
func (l *official) head(words string) {
	l.heads++
	l.paraWith(offHead, "<w:keepNext/>", fmt.Sprintf(text.ReportHead, text.ReportNumeral(l.heads), words))
}

func (l *official) table(t tableBox) {
	drawTable(&l.body, t, false)
	fmt.Fprintf(&l.body, `<w:p><w:pPr>%s</w:pPr></w:p>`, tiny)
}

// photo is a picture in the middle of the page with its caption below, both on one page.
func (l *official) photo(raw []byte, caption string) error {
	cfg, kind, err := image.DecodeConfig(bytes.NewReader(raw))
	if err != nil || cfg.Width == 0 || cfg.Height == 0 {
		return fmt.Errorf("form: photo of a placement: %w", err)
	}
	const emuPerMM, wide, high = 36000, 120.0, 90.0
	scale := min(wide/float64(cfg.Width), high/float64(cfg.Height))
	w, h := int(float64(cfg.Width)*scale*emuPerMM), int(float64(cfg.Height)*scale*emuPerMM)
	l.photos = append(l.photos, officialPhoto{kind, raw})
	n := len(l.photos)
	fmt.Fprintf(&l.body, `<w:p><w:pPr><w:pStyle w:val="%s"/><w:keepNext/></w:pPr><w:r><w:drawing><wp:inline distT="0" distB="0" distL="0" distR="0"><wp:extent cx="%d" cy="%d"/><wp:docPr id="%d" name="photo%d" descr="%s"/><a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:pic><pic:nvPicPr><pic:cNvPr id="%d" name="photo%d"/><pic:cNvPicPr/></pic:nvPicPr><pic:blipFill><a:blip r:embed="rIdPhoto%d"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill><pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="%d" cy="%d"/></a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>`,
		offPhoto, w, h, n, n, escaped(caption), n, n, n, w, h)
	l.para(offPhoto, caption)
	return nil
}

// seal is the unit's name and the date, at the right, with room above and around them for
// the seal; they stand on one page.
func (l *official) seal(unit, date string) {
	for range 3 {
		l.paraWith(offSign, "<w:keepNext/>", "")
	}
	l.paraWith(offSign, "<w:keepNext/>", unit)
	l.paraWith(offSign, "<w:keepNext/>", date)
	l.para(offSign, text.ReportSeal)
	l.gap()
}

// docx writes the file.
func (l *official) docx(title string) ([]byte, error) {
	footer := fmt.Sprintf(docxFooter, text.FormPageA, pageField("PAGE"), text.FormPageB, pageField("NUMPAGES"), text.FormPageC)
	section := fmt.Sprintf(`<w:sectPr><w:footerReference w:type="default" r:id="rId4"/><w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="%d" w:right="%d" w:bottom="%d" w:left="%d" w:header="851" w:footer="1361" w:gutter="0"/></w:sectPr>`,
		twips(37), twips(26), twips(35), twips(28))
	var rels strings.Builder
	for i, p := range l.photos {
		fmt.Fprintf(&rels, `<Relationship Id="rIdPhoto%d" Type="%simage" Target="media/photo%d.%s"/>`, i+1, relType, i+1, p.ext)
	}
	head := strings.Replace(docxHead, wordNS, wordNS+` xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture"`, 1)
	files := []struct {
		name    string
		content []byte
	}{
		{"[Content_Types].xml", []byte(strings.Replace(docxTypes, `<Override`, `<Default Extension="jpeg" ContentType="image/jpeg"/><Default Extension="png" ContentType="image/png"/><Override`, 1))},
		{"_rels/.rels", []byte(docxRels)},
		{"docProps/core.xml", fmt.Appendf(nil, docxCore, escaped(title))},
		{"word/document.xml", []byte(head + l.body.String() + section + `</w:body></w:document>`)},
		{"word/styles.xml", []byte(officialStyles())},
		{"word/fontTable.xml", fmt.Appendf(nil, docxFonts, text.FormFontTitle, text.FormFontSong, text.FormFontFang, text.FormFontFangPlain, text.FormFontHei)},
		{"word/settings.xml", []byte(docxSettings)},
		{"word/footer1.xml", []byte(footer)},
		{"word/_rels/document.xml.rels", []byte(strings.Replace(docxDocRels, `</Relationships>`, rels.String()+`</Relationships>`, 1))},
	}
	for i, p := range l.photos {
		files = append(files, struct {
			name    string
			content []byte
		}{fmt.Sprintf("word/media/photo%d.%s", i+1, p.ext), p.raw})
	}
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, f := range files {
		// A fixed time, as in docx.go: the same report is the same file.
		w, err := z.CreateHeader(&zip.FileHeader{Name: f.name, Method: zip.Deflate, Modified: time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)})
		if err != nil {
			return nil, fmt.Errorf("form: docx: %w", err)
		}
		if _, err := w.Write(f.content); err != nil {
			return nil, fmt.Errorf("form: docx: %w", err)
		}
	}
	if err := z.Close(); err != nil {
		return nil, fmt.Errorf("form: docx: %w", err)
	}
	return out.Bytes(), nil
}

// officialStyles are the tables' styles of the other forms, and the official ones.
func officialStyles() string {
	var b strings.Builder
	b.WriteString(strings.TrimSuffix(docxStyles(), `</w:styles>`))
	for _, s := range []struct {
		name                offStyle
		font                string
		size                float64
		line, before, after int // twips; line 0: as high as what stands in it
		props               string
	}{
		{offTitle, text.FormFontTitle, 22, 660, 0, 0, `<w:jc w:val="center"/>`},
		{offHead, text.FormFontHei, 16, 560, 0, 0, `<w:ind w:firstLineChars="200" w:firstLine="640"/>`},
		{offBody, text.FormFontFang, 16, 560, 0, 0, `<w:ind w:firstLineChars="200" w:firstLine="640"/><w:jc w:val="both"/>`},
		{offSign, text.FormFontFang, 16, 560, 0, 0, `<w:ind w:right="640"/><w:jc w:val="right"/>`},
		{offPhoto, text.FormFontFang, 12, 0, 60, 60, `<w:jc w:val="center"/>`},
		{offNote, text.FormFontSong, 9, 280, 0, 0, ``},
	} {
		spacing := fmt.Sprintf(`<w:spacing w:before="%d" w:after="%d"/>`, s.before, s.after)
		if s.line > 0 {
			spacing = fmt.Sprintf(`<w:spacing w:before="%d" w:after="%d" w:line="%d" w:lineRule="exact"/>`, s.before, s.after, s.line)
		}
		fmt.Fprintf(&b, `<w:style w:type="paragraph" w:customStyle="1" w:styleId="%[1]s"><w:name w:val="%[1]s"/><w:basedOn w:val="Normal"/><w:pPr>%[2]s%[3]s</w:pPr><w:rPr><w:rFonts w:ascii="Times New Roman" w:hAnsi="Times New Roman" w:cs="Times New Roman" w:eastAsia="%[4]s"/><w:sz w:val="%[5]d"/><w:szCs w:val="%[5]d"/></w:rPr></w:style>`,
			s.name, spacing, s.props, s.font, int(s.size*2))
	}
	b.WriteString(`</w:styles>`)
	return b.String()
}
