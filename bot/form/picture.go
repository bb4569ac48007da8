package form

import (
	"encoding/xml"
	"errors"
	"fmt"
	"math"
	"strings"
)

// A picture is a list of shapes in a space of its own, laid out once (gantt.go, chart.go)
// and drawn twice: as SVG for pages (below) and as PNG for chats (picturepng.go), so that
// both always show the same.
type picture struct {
	w, h   float64
	label  string // read aloud instead of the picture
	shapes []shape
}

// shape is a rectangle, a polygon, a circle or a line of text.
type shape struct {
	kind       shapeKind
	x, y, w, h float64 // a circle's centre and, in w, its radius; a text's base point
	round      float64
	points     []spot
	ink        ink
	size       float64
	at         anchor
	bold       bool
	words      string
}

type (
	shapeKind int
	anchor    int
	spot      struct{ x, y float64 }
	ink       string // #rrggbb
)

const (
	box shapeKind = iota
	polygon
	disc
	writing
)

const (
	start anchor = iota
	middle
	end
)

// The colours of the staff pages.
const (
	inkText  ink = "#1c2b30"
	inkSoft  ink = "#5b6b70"
	inkLine  ink = "#dbe3e2"
	inkShade ink = "#eceff0"
	inkPaper ink = "#ffffff"
	inkBrand ink = "#2f7f78"
	inkPlan  ink = "#9cc4bf"
	inkGreen ink = "#7fb08a"
	inkRed   ink = "#b8483d"
	inkGold  ink = "#b98a2f"
	inkBed   ink = "#f3f6f5"
)

// pictureWidth is the width everything is laid out for: a phone's, so that words are
// large enough there; a page may show it wider.
const pictureWidth = 360.0

func (p *picture) box(x, y, w, h, round float64, c ink) {
	p.shapes = append(p.shapes, shape{kind: box, x: x, y: y, w: w, h: h, round: round, ink: c})
}

func (p *picture) poly(c ink, points ...spot) {
	p.shapes = append(p.shapes, shape{kind: polygon, points: points, ink: c})
}

func (p *picture) disc(x, y, r float64, c ink) {
	p.shapes = append(p.shapes, shape{kind: disc, x: x, y: y, w: r, ink: c})
}

func (p *picture) say(x, y, size float64, at anchor, c ink, s string) {
	p.shapes = append(p.shapes, shape{kind: writing, x: x, y: y, size: size, at: at, ink: c, words: s})
}

func (p *picture) head(x, y, size float64, at anchor, c ink, s string) {
	p.shapes = append(p.shapes, shape{kind: writing, x: x, y: y, size: size, at: at, ink: c, words: s, bold: true})
}

// diamond is centred on x, y.
func (p *picture) diamond(x, y, r float64, c ink) {
	p.poly(c, spot{x, y - r}, spot{x + r, y}, spot{x, y + r}, spot{x - r, y})
}

// wide is about how wide words are in a size: Han characters are square, others about
// half as wide.
func wide(s string, size float64) float64 {
	var em float64
	for _, r := range s {
		switch {
		case r >= 0x2e80 || r == '…' || r == '—':
			em++
		case r == ' ' || r == '·' || r == '.' || r == ':' || r == '/':
			em += 0.33
		default:
			em += 0.58
		}
	}
	return em * size
}

// fit cuts words with … so that they are no wider than w.
func fit(s string, size, w float64) string {
	if wide(s, size) <= w {
		return s
	}
	runes := []rune(s)
	for len(runes) > 0 && wide(string(runes), size)+size > w {
		runes = runes[:len(runes)-1]
	}
	return strings.TrimSpace(string(runes)) + "…"
}

// svg draws with attributes only: the pages allow no inline styles.
func (p *picture) svg() string {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" class="chart" role="img" viewBox="0 0 %s %s" width="%s" height="%s" font-family="system-ui, 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', sans-serif"><title>%s</title>`,
		num(p.w), num(p.h), num(p.w), num(p.h), escape(p.label))
	for _, s := range p.shapes {
		switch s.kind {
		case box:
			fmt.Fprintf(&b, `<rect x="%s" y="%s" width="%s" height="%s" fill="%s"`, num(s.x), num(s.y), num(s.w), num(s.h), s.ink)
			if s.round > 0 {
				fmt.Fprintf(&b, ` rx="%s"`, num(s.round))
			}
			b.WriteString("/>")
		case polygon:
			b.WriteString(`<polygon points="`)
			for i, at := range s.points {
				if i > 0 {
					b.WriteByte(' ')
				}
				b.WriteString(num(at.x) + "," + num(at.y))
			}
			fmt.Fprintf(&b, `" fill="%s"/>`, s.ink)
		case disc:
			fmt.Fprintf(&b, `<circle cx="%s" cy="%s" r="%s" fill="%s"/>`, num(s.x), num(s.y), num(s.w), s.ink)
		case writing:
			fmt.Fprintf(&b, `<text x="%s" y="%s" font-size="%s" fill="%s"`, num(s.x), num(s.y), num(s.size), s.ink)
			switch s.at {
			case middle:
				b.WriteString(` text-anchor="middle"`)
			case end:
				b.WriteString(` text-anchor="end"`)
			case start:
			}
			if s.bold {
				b.WriteString(` font-weight="600"`)
			}
			b.WriteString(">" + escape(s.words) + "</text>")
		}
	}
	b.WriteString("</svg>")
	return b.String()
}

func escape(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a Builder takes everything
	return b.String()
}

// num writes a length in tenths.
func num(v float64) string {
	return strings.TrimSuffix(fmt.Sprintf("%.1f", math.Round(v*10)/10), ".0")
}

// ErrNoFont says that this machine has no font with Chinese characters: the caller says
// it in words instead.
var ErrNoFont = errors.New("form: no font with Chinese characters")
