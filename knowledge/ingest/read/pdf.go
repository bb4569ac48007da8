package read

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/klippa-app/go-pdfium"
	"github.com/klippa-app/go-pdfium/enums"
	perrors "github.com/klippa-app/go-pdfium/errors"
	"github.com/klippa-app/go-pdfium/references"
	"github.com/klippa-app/go-pdfium/requests"
	"github.com/klippa-app/go-pdfium/webassembly"
	"github.com/tetratelabs/wazero"
)

// PDF reads PDF files with PDFium as WebAssembly: it sees no file system, no network
// and no more memory than it was given. A file that hangs it hangs the caller: run it
// in a process that can be killed. It reads one file at a time.
type PDF struct{ pool pdfium.Pool }

// wasmPage is the unit of WebAssembly memory, bytes.
const wasmPage = 64 << 10

// NewPDF compiles PDFium, which takes seconds, or loads it from the cache directory,
// which takes a tenth of one; an empty cache keeps nothing. memory bounds PDFium's own
// memory, in bytes, at least 32 MiB.
func NewPDF(cache string, memory int64) (*PDF, error) {
	pages := uint32(min(max(memory, 32<<20), 2<<30) / wasmPage)
	cfg := wazero.NewRuntimeConfig().WithMemoryLimitPages(pages)
	if cache != "" {
		// A cache that cannot be written costs time, not the file.
		if c, err := wazero.NewCompilationCacheWithDir(cache); err == nil {
			cfg = cfg.WithCompilationCache(c)
		}
	}
	pool, err := webassembly.Init(webassembly.Config{
		MaxIdle: 1, MaxTotal: 1, RuntimeConfig: cfg,
		FSConfig: wazero.NewFSConfig(), Stdout: io.Discard, Stderr: io.Discard,
	})
	if err != nil {
		return nil, fmt.Errorf("start pdfium: %w", err)
	}
	return &PDF{pool: pool}, nil
}

// Close frees PDFium's memory.
func (p *PDF) Close() error { return p.pool.Close() }

// Read reads one PDF file: Limits.PDF.
func (p *PDF) Read(ctx context.Context, r io.ReaderAt, size int64, lim Limits) (t Text, err error) {
	if size > lim.FileBytes {
		return Text{}, fail(TooBig, "%d bytes", size)
	}
	in, err := p.pool.GetInstance(time.Minute)
	if err != nil {
		return Text{}, fmt.Errorf("pdfium instance: %w", err)
	}
	defer func() {
		// A trap in PDFium surfaces as a panic or an error; the instance is thrown away
		// with its memory either way.
		if trap := recover(); trap != nil {
			t, err = Text{}, fail(Broken, "pdfium trapped")
		}
		_ = in.Close()
	}()
	doc, err := in.OpenDocument(&requests.OpenDocument{FileReader: io.NewSectionReader(r, 0, size), FileReaderSize: size})
	switch {
	case errors.Is(err, perrors.ErrPassword), errors.Is(err, perrors.ErrSecurity):
		return Text{}, fail(Encrypted, "%v", err)
	case err != nil:
		return Text{}, fail(Broken, "%v", err)
	}
	f := pdfFile{in: in, doc: doc.Document}
	return f.read(ctx, lim)
}

// maxPDFPages is more than any rule or handbook has.
const maxPDFPages = 5000

// pdfFile is one open document.
type pdfFile struct {
	in  pdfium.Pdfium
	doc references.FPDF_DOCUMENT
}

func (f pdfFile) read(ctx context.Context, lim Limits) (Text, error) {
	count, err := f.in.FPDF_GetPageCount(&requests.FPDF_GetPageCount{Document: f.doc})
	if err != nil || count.PageCount <= 0 {
		return Text{}, fail(Broken, "no pages")
	}
	if count.PageCount > maxPDFPages {
		return Text{}, fail(TooBig, "%d pages", count.PageCount)
	}
	s := newSink(ctx, lim)
	s.out.Format, s.out.Pages = "pdf", count.PageCount
	if m, err := f.in.FPDF_GetMetaText(&requests.FPDF_GetMetaText{Document: f.doc, Tag: "Title"}); err == nil {
		s.title(m.Value)
	}
	var (
		pages  []pdfPage
		glyphs int64
	)
	for i := range count.PageCount {
		if err := ctx.Err(); err != nil {
			return Text{}, err
		}
		page, err := f.page(i, int(lim.TextBytes-glyphs))
		if err != nil {
			return Text{}, err
		}
		glyphs += int64(len(page.glyphs))
		pages = append(pages, page.lines())
	}
	if err := readable(pages); err != nil {
		return Text{}, err
	}
	for _, p := range pages {
		for _, h := range p.hidden {
			s.hide(h)
		}
	}
	dropRunning(pages)
	for _, l := range pdfParagraphs(pages) {
		s.page = l.Page
		if err := s.line(l.Text, l.Level); err != nil {
			return Text{}, err
		}
	}
	return s.done()
}

// pdfGlyphs is one page as PDFium sees it.
type pdfGlyphs struct {
	number        int
	width, height float64
	images        bool // something on it is a picture
	rules         pdfRules
	glyphs        []glyph
}

// page reads the glyphs of page i in the order of its content, at most limit of them.
func (f pdfFile) page(i, limit int) (pdfGlyphs, error) {
	out := pdfGlyphs{number: i + 1}
	loaded, err := f.in.FPDF_LoadPage(&requests.FPDF_LoadPage{Document: f.doc, Index: i})
	if err != nil {
		return out, nil // a page that is not there is an empty page; readable() weighs that
	}
	ref := requests.Page{ByReference: &loaded.Page}
	defer func() { _, _ = f.in.FPDF_ClosePage(&requests.FPDF_ClosePage{Page: loaded.Page}) }()
	shown := f.shown(ref)
	turns := f.turns(ref)
	out.width, out.height = shown.r-shown.l, shown.t-shown.b
	if turns%2 == 1 {
		out.width, out.height = out.height, out.width
	}
	look := f.look(ref)
	out.images = look.images
	for _, b := range look.frames {
		out.rules.add(b.turned(shown, turns))
	}

	tp, err := f.in.FPDFText_LoadPage(&requests.FPDFText_LoadPage{Page: ref})
	if err != nil {
		return out, nil
	}
	text := tp.TextPage
	defer func() { _, _ = f.in.FPDFText_ClosePage(&requests.FPDFText_ClosePage{TextPage: text}) }()
	count, err := f.in.FPDFText_CountChars(&requests.FPDFText_CountChars{TextPage: text})
	if err != nil {
		return out, trapped(err)
	}
	if count.Count > limit {
		return out, fail(TooBig, "too many characters on page %d", i+1)
	}
	out.glyphs = make([]glyph, 0, max(count.Count, 0))
	for j := range count.Count {
		u, err := f.in.FPDFText_GetUnicode(&requests.FPDFText_GetUnicode{TextPage: text, Index: j})
		if err != nil {
			return out, trapped(err)
		}
		g := glyph{r: rune(u.Unicode)}
		if made, err := f.in.FPDFText_IsGenerated(&requests.FPDFText_IsGenerated{TextPage: text, Index: j}); err == nil {
			g.made = made.IsGenerated
		}
		if box, err := f.in.FPDFText_GetLooseCharBox(&requests.FPDFText_GetLooseCharBox{TextPage: text, Index: j}); err == nil {
			g.box = corners(box.Rect)
		}
		if !g.made {
			g.veil = f.veil(text, j, g.box, shown, look)
		}
		g.box = g.box.turned(shown, turns)
		out.glyphs = append(out.glyphs, g)
	}
	return out, nil
}

// shown is the part of the page that is shown, in the coordinates of its content.
func (f pdfFile) shown(ref requests.Page) box {
	if b, err := f.in.FPDFPage_GetCropBox(&requests.FPDFPage_GetCropBox{Page: ref}); err == nil {
		return box{float64(b.Left), float64(b.Bottom), float64(b.Right), float64(b.Top)}
	}
	if b, err := f.in.FPDFPage_GetMediaBox(&requests.FPDFPage_GetMediaBox{Page: ref}); err == nil {
		return box{float64(b.Left), float64(b.Bottom), float64(b.Right), float64(b.Top)}
	}
	if size, err := f.in.GetPageSize(&requests.GetPageSize{Page: ref}); err == nil {
		return box{0, 0, size.Width, size.Height}
	}
	return box{}
}

// turns is how many quarter turns clockwise the page is shown with.
func (f pdfFile) turns(ref requests.Page) int {
	r, err := f.in.FPDFPage_GetRotation(&requests.FPDFPage_GetRotation{Page: ref})
	if err != nil {
		return 0
	}
	return int(r.PageRotation)
}

// pdfLook is what a page shows besides text.
type pdfLook struct {
	images  bool
	unseen  bool  // some text object is drawn in a mode that shows nothing
	shading []box // painted in another colour than white, or pictures
	frames  []box // paths of any kind: the borders of tables are among them
}

// maxObjects bounds what is looked at on a page for its pictures and shadings.
const (
	maxObjects = 20_000
	maxFrames  = 2_000
)

// look walks the objects of a page and of the forms on it.
func (f pdfFile) look(ref requests.Page) pdfLook {
	var (
		l    pdfLook
		left = maxObjects
	)
	n, err := f.in.FPDFPage_CountObjects(&requests.FPDFPage_CountObjects{Page: ref})
	if err != nil {
		return l
	}
	for i := range n.Count {
		o, err := f.in.FPDFPage_GetObject(&requests.FPDFPage_GetObject{Page: ref, Index: i})
		if err != nil {
			continue
		}
		f.object(o.PageObject, &l, &left, 0)
	}
	if left <= 0 {
		l.unseen = true // look at every glyph's own object
	}
	return l
}

func (f pdfFile) object(o references.FPDF_PAGEOBJECT, l *pdfLook, left *int, depth int) {
	if *left--; *left < 0 {
		return
	}
	kind, err := f.in.FPDFPageObj_GetType(&requests.FPDFPageObj_GetType{PageObject: o})
	if err != nil {
		return
	}
	switch kind.Type {
	case enums.FPDF_PAGEOBJ_TEXT:
		mode, err := f.in.FPDFTextObj_GetTextRenderMode(&requests.FPDFTextObj_GetTextRenderMode{PageObject: o})
		l.unseen = l.unseen || err == nil && unseenMode(mode.TextRenderMode)
	case enums.FPDF_PAGEOBJ_IMAGE:
		l.images = true
		f.shade(o, l)
	case enums.FPDF_PAGEOBJ_PATH, enums.FPDF_PAGEOBJ_SHADING:
		if b, err := f.in.FPDFPageObj_GetBounds(&requests.FPDFPageObj_GetBounds{PageObject: o}); err == nil && len(l.frames) < maxFrames {
			l.frames = append(l.frames, box{float64(b.Left), float64(b.Bottom), float64(b.Right), float64(b.Top)})
		}
		if mode, err := f.in.FPDFPath_GetDrawMode(&requests.FPDFPath_GetDrawMode{PageObject: o}); err == nil && mode.FillMode == enums.FPDF_FILLMODE_NONE {
			return // a frame
		}
		if c, err := f.in.FPDFPageObj_GetFillColor(&requests.FPDFPageObj_GetFillColor{PageObject: o}); err != nil || !pale(c.FillColor.R, c.FillColor.G, c.FillColor.B) {
			f.shade(o, l)
		}
	case enums.FPDF_PAGEOBJ_FORM:
		n, err := f.in.FPDFFormObj_CountObjects(&requests.FPDFFormObj_CountObjects{PageObject: o})
		if err != nil || depth > 5 {
			l.unseen = true
			return
		}
		for i := range n.Count {
			if inner, err := f.in.FPDFFormObj_GetObject(&requests.FPDFFormObj_GetObject{PageObject: o, Index: uint64(i)}); err == nil {
				f.object(inner.PageObject, l, left, depth+1)
			}
		}
	}
}

func (f pdfFile) shade(o references.FPDF_PAGEOBJECT, l *pdfLook) {
	b, err := f.in.FPDFPageObj_GetBounds(&requests.FPDFPageObj_GetBounds{PageObject: o})
	if err == nil && len(l.shading) < maxFrames {
		l.shading = append(l.shading, box{float64(b.Left), float64(b.Bottom), float64(b.Right), float64(b.Top)})
	}
}

// Text smaller than tiny points, or as good as white, is not meant to be read.
const (
	tiny      = 2.0
	paleLevel = 245 // of 255
	faint     = 10  // opacity of 255
)

func pale(r, g, b uint) bool { return r >= paleLevel && g >= paleLevel && b >= paleLevel }

func unseenMode(m enums.FPDF_TEXT_RENDERMODE) bool {
	return m == enums.FPDF_TEXTRENDERMODE_INVISIBLE || m == enums.FPDF_TEXTRENDERMODE_CLIP
}

// veil says why the eye does not see a glyph.
func (f pdfFile) veil(text references.FPDF_TEXTPAGE, j int, b, shown box, look pdfLook) veil {
	known := b.t > b.b
	if known && max(b.t-b.b, b.r-b.l) < tiny || known && shown.r > shown.l && !shown.touches(b) {
		return veiled
	}
	if c, err := f.in.FPDFText_GetFillColor(&requests.FPDFText_GetFillColor{TextPage: text, Index: j}); err == nil {
		if c.A < faint || pale(c.R, c.G, c.B) && !look.shaded(b) {
			return veiled
		}
	}
	if !look.unseen {
		return seen
	}
	o, err := f.in.FPDFText_GetTextObject(&requests.FPDFText_GetTextObject{TextPage: text, Index: j})
	if err != nil {
		return seen
	}
	mode, err := f.in.FPDFTextObj_GetTextRenderMode(&requests.FPDFTextObj_GetTextRenderMode{PageObject: o.TextObject})
	if err == nil && unseenMode(mode.TextRenderMode) {
		return layer
	}
	return seen
}

// shaded: what is at b stands on something that is not white, or on a picture.
func (l pdfLook) shaded(b box) bool {
	for _, under := range l.shading {
		if under.holds((b.l+b.r)/2, (b.b+b.t)/2) {
			return true
		}
	}
	return false
}

// trapped is PDFium's own failure on a page.
func trapped(err error) error { return fail(Broken, "pdfium: %s", firstLine(err.Error())) }

func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	return s
}
