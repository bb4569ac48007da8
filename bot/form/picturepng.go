package form

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"
)

// pictureScale makes a picture 1,080 pixels wide: sharp on a phone, some 100 KB.
const pictureScale = 3

// Fonts is where pictures find their characters. A font is opened when the first picture
// is drawn and read in pieces as it is needed: such files are 5 to 20 MB.
type Fonts struct {
	open func() (io.ReaderAt, error)
	once sync.Once
	font *sfnt.Font
	err  error
}

// NewFonts takes the font from open, which is called at most once; a collection (.ttc) is
// as good as a single font. What open returns stays open.
func NewFonts(open func() (io.ReaderAt, error)) *Fonts { return &Fonts{open: open} }

// SystemFonts looks below some directories (as /usr/share/fonts) for a font with Chinese
// characters, the best known first.
func SystemFonts(dirs ...string) *Fonts {
	return NewFonts(func() (io.ReaderAt, error) {
		best, rank := "", len(knownFonts())
		for _, dir := range dirs {
			_ = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
				if err != nil || e.IsDir() {
					return nil // what cannot be read is passed over
				}
				for i, name := range knownFonts()[:rank] {
					if strings.HasPrefix(strings.ToLower(e.Name()), name) {
						best, rank = path, i
						break
					}
				}
				return nil
			})
		}
		if best == "" {
			return nil, ErrNoFont
		}
		return os.Open(best)
	})
}

// knownFonts are beginnings of file names, best first.
func knownFonts() []string {
	return []string{
		"notosanscjksc-regular", "notosanscjk-regular", "notosanssc-regular", "sourcehansanssc-regular", "sourcehansans-regular", "sourcehansanscn-regular",
		"wqy-microhei", "wqy-zenhei", "droidsansfallback", "notosanscjk", "notoserifcjk-regular", "simhei", "msyh", "uming", "ukai",
	}
}

// Ready reports whether pictures can be drawn: nil, ErrNoFont, or what is wrong with
// the font.
func (f *Fonts) Ready() error { _, err := f.load(); return err }

// load opens the font; of a collection it takes the face for simplified Chinese.
func (f *Fonts) load() (*sfnt.Font, error) {
	if f == nil {
		return nil, ErrNoFont
	}
	f.once.Do(func() {
		src, err := f.open()
		if err != nil {
			f.err = err
			return
		}
		c, err := opentype.ParseCollectionReaderAt(src)
		if err != nil {
			f.err = fmt.Errorf("form: font: %w", err)
			return
		}
		f.font, f.err = simplified(c)
	})
	return f.font, f.err
}

func simplified(c *sfnt.Collection) (first *sfnt.Font, err error) {
	var buf sfnt.Buffer
	for i := range c.NumFonts() {
		one, err := c.Font(i)
		if err != nil {
			return nil, fmt.Errorf("form: font %d: %w", i, err)
		}
		if g, err := one.GlyphIndex(&buf, '\u98ce'); err != nil || g == 0 {
			continue // no Chinese in it
		}
		if first == nil {
			first = one
		}
		name, err := one.Name(&buf, sfnt.NameIDFull)
		if err == nil && strings.Contains(name, " SC") && !strings.Contains(name, "Mono") {
			return one, nil
		}
	}
	if first == nil {
		return nil, ErrNoFont
	}
	return first, nil
}

// png draws the picture in pixels.
func (p *picture) png(fonts *Fonts) ([]byte, error) {
	f, err := fonts.load()
	if err != nil {
		return nil, err
	}
	d := &pixels{font: f, faces: map[float64]font.Face{}, out: image.NewRGBA(image.Rect(0, 0, int(p.w*pictureScale), int(p.h*pictureScale)))}
	draw.Draw(d.out, d.out.Bounds(), image.NewUniform(inkPaper.rgba()), image.Point{}, draw.Src)
	for _, s := range p.shapes {
		if err := d.draw(s); err != nil {
			return nil, errors.Join(err, d.close())
		}
	}
	if err := d.close(); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	// A picture for a chat is drawn often and looked at once.
	quick := png.Encoder{CompressionLevel: png.BestSpeed}
	if err := quick.Encode(&b, d.out); err != nil {
		return nil, fmt.Errorf("form: picture: %w", err)
	}
	return b.Bytes(), nil
}

// pixels is a picture being drawn.
type pixels struct {
	out   *image.RGBA
	font  *sfnt.Font
	faces map[float64]font.Face
}

func (d *pixels) close() (err error) {
	for _, f := range d.faces {
		err = errors.Join(err, f.Close())
	}
	return err
}

func (d *pixels) draw(s shape) error {
	switch s.kind {
	case box:
		d.rounded(s)
	case polygon:
		d.polygon(s)
	case disc:
		d.rounded(shape{x: s.x - s.w, y: s.y - s.w, w: 2 * s.w, h: 2 * s.w, round: s.w, ink: s.ink})
	case writing:
		return d.words(s)
	}
	return nil
}

func (d *pixels) polygon(s shape) {
	x0, y0, x1, y1 := s.points[0].x, s.points[0].y, s.points[0].x, s.points[0].y
	for _, p := range s.points {
		x0, y0, x1, y1 = min(x0, p.x), min(y0, p.y), max(x1, p.x), max(y1, p.y)
	}
	d.path(s.ink, around(x0, y0, x1, y1), func(r *vector.Rasterizer, at func(x, y float64) (float32, float32)) {
		r.MoveTo(at(s.points[0].x, s.points[0].y))
		for _, p := range s.points[1:] {
			r.LineTo(at(p.x, p.y))
		}
		r.ClosePath()
	})
}

// arc is how far a Bézier curve's handles reach along a quarter of a circle.
const arc = 0.5523

func (d *pixels) rounded(s shape) {
	r := min(s.round, s.w/2, s.h/2)
	x0, y0, x1, y1, k := s.x, s.y, s.x+s.w, s.y+s.h, r*(1-arc)
	d.path(s.ink, around(x0, y0, x1, y1), func(v *vector.Rasterizer, at func(x, y float64) (float32, float32)) {
		curve := func(ax, ay, bx, by, cx, cy float64) {
			ax32, ay32 := at(ax, ay)
			bx32, by32 := at(bx, by)
			cx32, cy32 := at(cx, cy)
			v.CubeTo(ax32, ay32, bx32, by32, cx32, cy32)
		}
		v.MoveTo(at(x0+r, y0))
		v.LineTo(at(x1-r, y0))
		curve(x1-k, y0, x1, y0+k, x1, y0+r)
		v.LineTo(at(x1, y1-r))
		curve(x1, y1-k, x1-k, y1, x1-r, y1)
		v.LineTo(at(x0+r, y1))
		curve(x0+k, y1, x0, y1-k, x0, y1-r)
		v.LineTo(at(x0, y0+r))
		curve(x0, y0+k, x0+k, y0, x0+r, y0)
		v.ClosePath()
	})
}

// path fills a shape; only the pixels around it are looked at.
func (d *pixels) path(c ink, area image.Rectangle, draw func(r *vector.Rasterizer, at func(x, y float64) (float32, float32))) {
	area = area.Intersect(d.out.Bounds())
	if area.Empty() {
		return
	}
	r := vector.NewRasterizer(area.Dx(), area.Dy())
	draw(r, func(x, y float64) (float32, float32) {
		return float32(x*pictureScale) - float32(area.Min.X), float32(y*pictureScale) - float32(area.Min.Y)
	})
	r.Draw(d.out, area, image.NewUniform(c.rgba()), image.Point{})
}

// around is the pixels that a shape may touch.
func around(x0, y0, x1, y1 float64) image.Rectangle {
	return image.Rect(int(x0*pictureScale)-1, int(y0*pictureScale)-1, int(x1*pictureScale)+2, int(y1*pictureScale)+2)
}

func (d *pixels) words(s shape) error {
	face := d.faces[s.size]
	if face == nil {
		var err error
		face, err = opentype.NewFace(d.font, &opentype.FaceOptions{Size: s.size * pictureScale, DPI: 72, Hinting: font.HintingNone})
		if err != nil {
			return fmt.Errorf("form: face: %w", err)
		}
		d.faces[s.size] = face
	}
	w := font.Drawer{Dst: d.out, Src: image.NewUniform(s.ink.rgba()), Face: face, Dot: fixed.Point26_6{X: fixed.Int26_6(s.x * pictureScale * 64), Y: fixed.Int26_6(s.y * pictureScale * 64)}}
	switch s.at {
	case middle:
		w.Dot.X -= w.MeasureString(s.words) / 2
	case end:
		w.Dot.X -= w.MeasureString(s.words)
	case start:
	}
	from := w.Dot
	w.DrawString(s.words)
	if s.bold { // the one font drawn again a little to the right
		w.Dot = from
		w.Dot.X += fixed.I(pictureScale) / 6
		w.DrawString(s.words)
	}
	return nil
}

// rgba reads #rrggbb.
func (c ink) rgba() color.RGBA {
	var r, g, b uint8
	_, _ = fmt.Sscanf(string(c), "#%02x%02x%02x", &r, &g, &b) // constants of this package
	return color.RGBA{r, g, b, 255}
}
