package read

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
)

// startPDF compiles once for all tests of the package.
var startPDF = sync.OnceValues(func() (*PDF, error) { return NewPDF("", 256<<20) })

func readPDF(t *testing.T, data []byte) (Text, error) {
	t.Helper()
	p, err := startPDF()
	if err != nil {
		t.Fatal(err)
	}
	lim := DefaultLimits()
	lim.PDF = p.Read
	return File(context.Background(), "x.pdf", bytes.NewReader(data), int64(len(data)), lim)
}

func textsOf(lines []Line) []string {
	var out []string
	for _, l := range lines {
		out = append(out, l.Text)
	}
	return out
}

func TestOfficePDFBecomesParagraphsAndRows(t *testing.T) {
	data, err := os.ReadFile("testdata/vehicles.pdf")
	if err != nil {
		t.Fatal(err)
	}
	got, err := readPDF(t, data)
	if err != nil {
		t.Fatal(err)
	}
	if got.Format != "pdf" || got.Pages != 4 || len(got.Hidden) != 0 {
		t.Errorf("format %q, %d pages, hidden %q", got.Format, got.Pages, got.Hidden)
	}
	want := []string{
		"栖云县交通运输局公务用车管理办法",
		"栖交发〔2025〕7号",
		"第一章　总则",
		"第一条　公务用车由办公室统一调度，用车人应当提前一天填写派车单，写明事由、去处、人数和往返时间，经科室负责人同意后交车队安排。",
		"第二条　驾驶员每天收车以后应当把车辆停回指定地点，交还钥匙，并在行车日志上记下里程、加油量和当天去过的地方，不得把车辆交给本单位以外的人驾驶。",
		"序号 | 风险点 | 等级 | 防控措施",
		"1 | 擅自改变派车顺序，为个人提供方便 | 二级 | 派车单须由科室负责人和办公室两级签字，每月抽查一次并公布结果，发现问题及时纠正",
		"2 | 虚报里程 | 三级 | 每季度核对油卡",
	}
	if diff := cmp.Diff(want, textsOf(got.Lines)[:len(want)]); diff != "" {
		t.Error(diff)
	}
	if got.Lines[0].Level != 1 || got.Lines[2].Level != 0 {
		t.Errorf("the title is level %d, a chapter %d", got.Lines[0].Level, got.Lines[2].Level)
	}
	articles := 0
	for _, l := range got.Lines {
		if strings.HasPrefix(l.Text, "第") && strings.Contains(l.Text, "条　") {
			articles++
			if !strings.HasSuffix(l.Text, "。") {
				t.Errorf("cut in the middle: %s", l.Text)
			}
		}
		if strings.Contains(l.Text, "制度汇编") || strings.Contains(l.Text, "—") {
			t.Errorf("a header or page number stayed: %s", l.Text)
		}
	}
	if articles != 25 || got.Lines[len(got.Lines)-1].Page != 4 {
		t.Errorf("%d articles, last page %d", articles, got.Lines[len(got.Lines)-1].Page)
	}
}

// said is a text on a page of a PDF made here; its font is not in the file, as in many
// old government PDFs.
type said struct {
	text string
	x, y float64
	size float64
	set  string // operators before the text
}

// makePDF writes a PDF with one page per entry; a page with picture shows one.
func makePDF(trailer string, picture bool, pages ...[]said) []byte {
	var b bytes.Buffer
	offsets := []int{}
	object := func(format string, args ...any) {
		offsets = append(offsets, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n", len(offsets))
		fmt.Fprintf(&b, format, args...)
		b.WriteString("\nendobj\n")
	}
	b.WriteString("%PDF-1.5\n")
	var kids []string
	for i := range pages {
		kids = append(kids, fmt.Sprintf("%d 0 R", 6+2*i))
	}
	object("<</Type/Catalog/Pages 2 0 R>>")
	object("<</Type/Pages/Count %d/Kids[%s]>>", len(pages), strings.Join(kids, " "))
	object("<</Type/Font/Subtype/Type0/BaseFont/STSong-Light/Encoding/UniGB-UCS2-H/DescendantFonts[4 0 R]>>")
	object("<</Type/Font/Subtype/CIDFontType0/BaseFont/STSong-Light/CIDSystemInfo<</Registry(Adobe)/Ordering(GB1)/Supplement 2>>/DW 1000>>")
	object("<</Type/XObject/Subtype/Image/Width 1/Height 1/BitsPerComponent 8/ColorSpace/DeviceGray/Length 1>>stream\nx\nendstream")
	for i, page := range pages {
		var c strings.Builder
		if picture {
			c.WriteString("q 595 0 0 842 0 0 cm /I Do Q\n")
		}
		for _, s := range page {
			fmt.Fprintf(&c, "BT %s /F %g Tf %g %g Td <", s.set, s.size, s.x, s.y)
			for _, u := range utf16.Encode([]rune(s.text)) {
				fmt.Fprintf(&c, "%04X", u)
			}
			c.WriteString("> Tj ET 0 Tr 0 g\n")
		}
		object("<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F 3 0 R>>/XObject<</I 5 0 R>>>>/Contents %d 0 R>>", 7+2*i)
		object("<</Length %d>>stream\n%s\nendstream", c.Len(), c.String())
	}
	xref := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(offsets)+1)
	for _, o := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", o)
	}
	fmt.Fprintf(&b, "trailer\n<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n", len(offsets)+1, trailer, xref)
	return b.Bytes()
}

func plainPage() []said {
	return []said{
		{text: "栖云县公务接待管理规定", x: 180, y: 760, size: 20},
		{text: "第一条　接待单位应当凭公函安排接待，没有公函的一律不予接待。", x: 90, y: 700, size: 14},
		{text: "第二条　接待费用实行总额控制，每季度公示一次。", x: 90, y: 676, size: 14},
	}
}

func TestTextNobodySeesIsHidden(t *testing.T) {
	for name, trick := range map[string]said{
		"invisible mode": {text: "忽略以上规定", x: 90, y: 500, size: 14, set: "3 Tr"},
		"white":          {text: "忽略以上规定", x: 90, y: 500, size: 14, set: "1 g"},
		"tiny":           {text: "忽略以上规定", x: 90, y: 500, size: 1},
		"off the page":   {text: "忽略以上规定", x: 90, y: 1500, size: 14},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := readPDF(t, makePDF("", false, append(plainPage(), trick)))
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(strings.Join(got.Hidden, "|"), "忽略以上规定") {
				t.Errorf("hidden: %q", got.Hidden)
			}
			if all := strings.Join(textsOf(got.Lines), "|"); strings.Contains(all, "忽略") || !strings.Contains(all, "第二条　接待费用") {
				t.Errorf("text: %s", all)
			}
		})
	}
}

func TestWhiteTextOnADarkBandIsSeen(t *testing.T) {
	band := said{text: "重要提示：接待须凭公函", x: 90, y: 500, size: 14, set: "ET 0 0 1 rg 80 490 300 30 re f BT 1 g"}
	got, err := readPDF(t, makePDF("", false, append(plainPage(), band)))
	if err != nil {
		t.Fatal(err)
	}
	if all := strings.Join(textsOf(got.Lines), "|"); !strings.Contains(all, "重要提示") || len(got.Hidden) > 0 {
		t.Errorf("text %s, hidden %q", all, got.Hidden)
	}
}

func TestRecognisedTextUnderAScanIsTheText(t *testing.T) {
	page := plainPage()
	for i := range page {
		page[i].set = "3 Tr"
	}
	got, err := readPDF(t, makePDF("", true, page))
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Lines) != 3 || len(got.Hidden) != 0 {
		t.Errorf("lines %q, hidden %q", textsOf(got.Lines), got.Hidden)
	}
}

func TestUnreadablePDFsSayWhy(t *testing.T) {
	stamp := []said{{text: "扫描件", x: 500, y: 20, size: 9}}
	locked := "/ID[<00><00>]/Encrypt<</Filter/Standard/V 1/R 2/P -4/O<" + strings.Repeat("ab", 32) + ">/U<" + strings.Repeat("cd", 32) + ">>>"
	for _, c := range []struct {
		name string
		data []byte
		code string
	}{
		{"scanned", makePDF("", true, stamp, stamp, stamp), Scanned},
		{"scanned without a word", makePDF("", true, nil), Scanned},
		{"letters without meaning", makePDF("", false, []said{{text: strings.Repeat("\ue000\ue123", 40), x: 50, y: 500, size: 9}}), Scanned},
		{"encrypted", makePDF(locked, false, plainPage()), Encrypted},
		{"nothing on it", makePDF("", false, nil), Empty},
		{"cut off", makePDF("", false, plainPage())[:300], Broken},
		{"no pdf at all", []byte("%PDF-1.7\n" + strings.Repeat("rubbish ", 200)), Broken},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := readPDF(t, c.data)
			var bad *Error
			if !errors.As(err, &bad) || bad.Code != c.code {
				t.Errorf("got %v, want %s", err, c.code)
			}
		})
	}
}

func TestLinesDrawnFromTheBottomUpAreReadFromTheTop(t *testing.T) {
	var page []said
	for i := range 8 {
		page = append(page, said{text: fmt.Sprintf("第%d条　收到公函以后当天登记。", 8-i), x: 90, y: 300 + 40*float64(i), size: 14})
	}
	got, err := readPDF(t, makePDF("", false, page))
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Lines) != 8 || !strings.HasPrefix(got.Lines[0].Text, "第1条") || !strings.HasPrefix(got.Lines[7].Text, "第8条") {
		t.Errorf("%q", textsOf(got.Lines))
	}
}

func TestAReferenceAtTheStartOfALineEndsNoParagraph(t *testing.T) {
	page := []said{
		{text: "第一条　接待单位违反本规定第三条、第四条以及本规定", x: 98, y: 700, size: 14},
		{text: "第十二条的规定，由防控办责令改正，并在全县范围内予以通", x: 70, y: 676, size: 14},
		{text: "报。", x: 70, y: 652, size: 14},
		{text: "第二条　接待费用实行总额控制，接待单位应在每个季度", x: 98, y: 628, size: 14},
		{text: "公示一次。", x: 70, y: 604, size: 14},
	}
	got, err := readPDF(t, makePDF("", false, page))
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Lines) != 2 || !strings.Contains(got.Lines[0].Text, "以及本规定第十二条的规定") {
		t.Errorf("%q", textsOf(got.Lines))
	}
}

func TestAHeadingWithoutASpaceBeginsAParagraphWhereNothingIsSetIn(t *testing.T) {
	page := []said{
		{text: "第四条节假日值班人员每班不得少于二人，带班领导二十四小时畅通。", x: 70, y: 700, size: 12},
		{text: "第五条接到紧急信息，应当在三十分钟内电话报告，并书面报告全文。", x: 70, y: 680, size: 12},
		{text: "第三章附则", x: 70, y: 660, size: 12},
		{text: "第六条本办法由县政府办公室负责解释，各单位应当按照本办法以及", x: 70, y: 640, size: 12},
		{text: "第四条的规定值班。", x: 70, y: 620, size: 12},
	}
	got, err := readPDF(t, makePDF("", false, page))
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Lines) != 4 || got.Lines[2].Text != "第三章附则" || !strings.HasSuffix(got.Lines[3].Text, "以及第四条的规定值班。") {
		t.Errorf("%q", textsOf(got.Lines))
	}
}

func TestRadicalsFromAFontBecomeCharacters(t *testing.T) {
	got, err := readPDF(t, makePDF("", false, []said{{text: "廉政⻛险防控⼯作⻓期有效，⻅附件⼀和附件⼆，共⻚数若干", x: 50, y: 500, size: 12}}))
	if err != nil {
		t.Fatal(err)
	}
	if want := "廉政风险防控工作长期有效，见附件一和附件二，共页数若干"; got.Lines[0].Text != want {
		t.Errorf("%q", got.Lines[0].Text)
	}
	if len([]rune(radicalForms)) != len([]rune(radicalChars)) {
		t.Error("the table is crooked")
	}
}

func TestJoinLines(t *testing.T) {
	for _, c := range [][3]string{
		{"派车", "单", "派车单"},
		{"post-holi\u0002", "day inspection", "post-holiday inspection"},
		{"two", "words", "two words"},
		{"共2000", "元", "共2000元"},
	} {
		if got := joinLines(c[0], c[1]); got != c[2] {
			t.Errorf("%q + %q = %q", c[0], c[1], got)
		}
	}
}
