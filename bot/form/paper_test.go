package form_test

import (
	"fmt"
	"image"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/klippa-app/go-pdfium"
	"github.com/klippa-app/go-pdfium/references"
	"github.com/klippa-app/go-pdfium/requests"
	"github.com/klippa-app/go-pdfium/webassembly"
	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
)

// printed is a PDF as a printer sees it.
type printed struct {
	t   *testing.T
	in  pdfium.Pdfium
	doc references.FPDF_DOCUMENT
	n   int
}

// pdfiumPool is compiled once for all tests: it takes seconds.
var pdfiumPool = sync.OnceValues(func() (pdfium.Pool, error) {
	return webassembly.Init(webassembly.Config{MaxIdle: 1, MaxTotal: 1})
})

// reader opens PDFs until the test ends.
func reader(t *testing.T) func(name string, raw []byte) *printed {
	t.Helper()
	pool, err := pdfiumPool()
	if err != nil {
		t.Fatal(err)
	}
	in, err := pool.GetInstance(time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := in.Close(); err != nil {
			t.Error(err)
		}
	})
	return func(name string, raw []byte) *printed {
		t.Helper()
		if dir := os.Getenv("QINGFENG_KEEP_PICTURES"); dir != "" {
			if err := os.WriteFile(filepath.Join(dir, name+".pdf"), raw, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if len(raw) > 3<<20 {
			t.Errorf("%s: %d bytes", name, len(raw))
		}
		doc, err := in.OpenDocument(&requests.OpenDocument{File: &raw})
		if err != nil {
			t.Fatal(err)
		}
		n, err := in.FPDF_GetPageCount(&requests.FPDF_GetPageCount{Document: doc.Document})
		if err != nil {
			t.Fatal(err)
		}
		return &printed{t: t, in: in, doc: doc.Document, n: n.PageCount}
	}
}

func (p *printed) page(i int) requests.Page {
	return requests.Page{ByIndex: &requests.PageByIndex{Document: p.doc, Index: i}}
}

// words are all words of a page without blanks: where a line broke does not matter.
func (p *printed) words(i int) string {
	p.t.Helper()
	text, err := p.in.GetPageText(&requests.GetPageText{Page: p.page(i)})
	if err != nil {
		p.t.Fatal(err)
	}
	return squeeze(text.Text)
}

func (p *printed) all() string {
	var b strings.Builder
	for i := range p.n {
		b.WriteString(p.words(i))
	}
	return b.String()
}

func squeeze(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\ufffe' || r == '\u3000' || r <= ' ' {
			return -1
		}
		return r
	}, s)
}

// sized fails unless every page is exactly so large, in mm.
func (p *printed) sized(w, h float64) {
	p.t.Helper()
	for i := range p.n {
		s, err := p.in.FPDF_GetPageSizeByIndex(&requests.FPDF_GetPageSizeByIndex{Document: p.doc, Index: i})
		if err != nil {
			p.t.Fatal(err)
		}
		if math.Abs(s.Width*25.4/72-w) > 0.05 || math.Abs(s.Height*25.4/72-h) > 0.05 {
			p.t.Errorf("page %d is %.2f×%.2f mm", i+1, s.Width*25.4/72, s.Height*25.4/72)
		}
	}
}

// look is a page in pixels.
func (p *printed) look(i, dpi int) image.Image {
	p.t.Helper()
	r, err := p.in.RenderPageInDPI(&requests.RenderPageInDPI{Page: p.page(i), DPI: dpi})
	if err != nil {
		p.t.Fatal(err)
	}
	defer r.Cleanup()
	img := image.NewRGBA(r.Result.Image.Bounds())
	copy(img.Pix, r.Result.Image.Pix)
	return img
}

// scanned is what a phone reads in a picture.
func scanned(t *testing.T, img image.Image) string {
	t.Helper()
	bmp, err := gozxing.NewBinaryBitmapFromImage(img)
	if err != nil {
		t.Fatal(err)
	}
	r, err := qrcode.NewQRCodeReader().Decode(bmp, map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_TRY_HARDER: true})
	if err != nil {
		t.Fatalf("no code can be read: %v", err)
	}
	return r.GetText()
}

// inside fails where ink stands nearer to the edge than mm.
func (p *printed) inside(edge float64) {
	p.t.Helper()
	const dpi = 36
	for i := range p.n {
		img := p.look(i, dpi)
		b := img.Bounds()
		m := int(edge * dpi / 25.4)
		for y := b.Min.Y; y < b.Max.Y; y++ {
			for x := b.Min.X; x < b.Max.X; x++ {
				if x >= b.Min.X+m && x < b.Max.X-m && y >= b.Min.Y+m && y < b.Max.Y-m {
					continue
				}
				if r, g, bl, _ := img.At(x, y).RGBA(); r>>8 < 240 || g>>8 < 240 || bl>>8 < 240 {
					p.t.Fatalf("page %d: ink at %d,%d of %v", i+1, x, y, b)
				}
			}
		}
	}
}

// apart fails where two words of a page stand on each other, or outside of it.
func (p *printed) apart(i int) {
	p.t.Helper()
	s, err := p.in.GetPageTextStructured(&requests.GetPageTextStructured{Page: p.page(i), Mode: requests.GetPageTextStructuredModeChars})
	if err != nil {
		p.t.Fatal(err)
	}
	type spot struct{ x, y, w, h float64 }
	var seen []spot
	for _, c := range s.Chars {
		if strings.TrimSpace(c.Text) == "" {
			continue
		}
		at := c.PointPosition
		one := spot{at.Left, min(at.Top, at.Bottom), at.Right - at.Left, math.Abs(at.Bottom - at.Top)}
		for _, o := range seen {
			dx := min(one.x+one.w, o.x+o.w) - max(one.x, o.x)
			dy := min(one.y+one.h, o.y+o.h) - max(one.y, o.y)
			if dx > 0.4*min(one.w, o.w) && dy > 0.4*min(one.h, o.h) && dx > 1 && dy > 1 {
				p.t.Fatalf("page %d: %q stands on another character at %.0f,%.0f", i+1, c.Text, one.x, one.y)
			}
		}
		seen = append(seen, one)
	}
	if len(seen) == 0 {
		p.t.Fatalf("page %d is empty", i+1)
	}
}

// has fails unless the words are there.
func has(t *testing.T, in string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(in, squeeze(w)) {
			t.Errorf("%q is missing", w)
		}
	}
}

func hasNot(t *testing.T, in string, words ...string) {
	t.Helper()
	for _, w := range words {
		if strings.Contains(in, squeeze(w)) {
			t.Errorf("%q must not be there", w)
		}
	}
}

// long is n characters of prose that ends with a mark, so that its end can be looked for.
func long(n int, mark string) string {
	const prose = "不逐项核对监理计量单和现场影像就在支付单上签字，给施工单位多计、早付留下空间；"
	s := []rune(strings.Repeat(prose, n/len([]rune(prose))+1))
	return string(s[:n]) + fmt.Sprintf("（%s止）", mark)
}
