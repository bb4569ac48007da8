package read_test

import (
	"fmt"
	"strings"
	"testing"

	"qingfeng/knowledge/ingest/read"
)

const ofdNames = `xmlns:ofd="http://www.ofdspec.org/2016"`

// say is a text on a page of an OFD file, 4.2 mm high, where y is its baseline.
func say(x, y float64, text, more string) string {
	return fmt.Sprintf(`<ofd:TextObject ID="9" Boundary="%g %g 170 5" Font="1" Size="4.2" %s><ofd:TextCode X="0" Y="3.6" DeltaX="g %d 4.2">%s</ofd:TextCode></ofd:TextObject>`,
		x, y-3.6, more, len([]rune(text))-1, text)
}

func ofdFile(template string, pages ...string) parts {
	out := parts{
		"OFD.xml", `<?xml version="1.0" encoding="UTF-8"?><ofd:OFD ` + ofdNames + ` DocType="OFD" Version="1.1"><ofd:DocBody><ofd:DocInfo><ofd:Title>公文处理办法</ofd:Title></ofd:DocInfo><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>`,
		"Doc_0/Tpls/Tpl_0/Content.xml", `<ofd:Page ` + ofdNames + `><ofd:Content><ofd:Layer>` + template + `</ofd:Layer></ofd:Content></ofd:Page>`,
	}
	var list strings.Builder
	for i, page := range pages {
		fmt.Fprintf(&list, `<ofd:Page ID="%d" BaseLoc="Pages/Page_%d/Content.xml"/>`, i+1, i)
		out = append(out, fmt.Sprintf("Doc_0/Pages/Page_%d/Content.xml", i), `<ofd:Page `+ofdNames+`><ofd:Template TemplateID="77"/><ofd:Content><ofd:Layer>`+page+`</ofd:Layer></ofd:Content></ofd:Page>`)
	}
	return append(out, "Doc_0/Document.xml", `<ofd:Document `+ofdNames+`><ofd:CommonData><ofd:TemplatePage ID="77" BaseLoc="/Doc_0/Tpls/Tpl_0/Content.xml"/></ofd:CommonData><ofd:Pages>`+list.String()+`</ofd:Pages></ofd:Document>`)
}

func TestAnOFDIsReadLineByLineAndItsLinesMakeParagraphs(t *testing.T) {
	full := strings.Repeat("廉洁从业规范用权", 5) // forty characters: 168 mm, the whole width
	f := ofdFile(say(60, 20, "清河市人民政府文件", ""),
		// Out of order on purpose: a page is read by where things stand.
		say(20, 66, full, "")+
			say(28.4, 60, full[:len(full)-6], "")+
			say(20, 72, "到此为止。", "")+
			say(70, 45, "关于规范公文处理的通知", "")+
			say(28.4, 78, "第二段。", "")+
			say(28.4, 90, "科室", "")+say(80, 90, "数量", "")+
			say(20, 96, "看不见", `Visible="false"`)+
			`<ofd:TextObject ID="9" Boundary="20 100 100 5" Size="4.2"><ofd:FillColor Value="255 255 255"/><ofd:TextCode X="0" Y="3.6">白字</ofd:TextCode></ofd:TextObject>`+
			`<ofd:PageBlock>`+`<ofd:TextObject ID="9" Boundary="28.4 106.4 100 5" Size="4.2"><ofd:TextCode X="0" Y="3.6" DeltaX="4.2 12 4.2">姓名张三</ofd:TextCode></ofd:TextObject>`+`</ofd:PageBlock>`+
			say(20, 270, full, "")+say(100, 285, "— 1 —", ""),
		say(20, 30, "续在下页。", "")+say(100, 285, "— 2 —", ""))
	text, err := file(t, "a.ofd", f.zip())
	if err != nil {
		t.Fatal(err)
	}
	same(t, shown(text), []string{
		"清河市人民政府文件", "关于规范公文处理的通知", full[:len(full)-6] + full + "到此为止。", "第二段。", "科室 | 数量", "姓名 张三", full + "续在下页。",
	})
	same(t, text.Hidden, []string{"看不见", "白字"})
	if text.Pages != 2 || text.Lines[6].Page != 1 || text.Title != "公文处理办法" || text.Format != "ofd" {
		t.Errorf("pages %d, %+v, title %q", text.Pages, text.Lines[6], text.Title)
	}
}

func TestAnOFDOfPicturesOrUnderAKeyIsRefused(t *testing.T) {
	refused(t, "a.ofd", ofdFile("", `<ofd:ImageObject ID="3" Boundary="0 0 210 297" ResourceID="5"/>`).zip(), read.Scanned)
	refused(t, "a.ofd", append(ofdFile("", say(20, 30, "甲", "")), "Encryptions.xml", "<a/>").zip(), read.Encrypted)
	refused(t, "a.ofd", ofdFile("", "")[:2].zip(), read.Broken)
}
