package form

import (
	"fmt"
	"strings"
	"time"

	"qingfeng/bot/notice"
	"qingfeng/bot/text"
)

// PosterData is a notice as it hangs on a wall.
type PosterData struct {
	Snapshot notice.Snapshot
	URL      string // of the notice's page, as the code in print holds it
	Fonts    *Fonts
}

// An A3 poster, in mm and points. The table's words are 5.3 mm high, which is read at a
// metre without effort; what tells how to speak is larger.
const (
	posterW, posterH = 297.0, 420.0
	posterEdge       = 17.0 // printers leave some of it white
	posterInner      = posterW - 2*posterEdge
	posterBottom     = posterH - 27 // where the table ends
	posterQR         = 96.0
	posterText       = 15.0
	posterSmall      = 13.0
)

// Poster is an A3 poster, upright: how to speak on the first page, the points below and on
// as many more pages as they need.
func Poster(d PosterData) ([]byte, error) {
	s := d.Snapshot
	code, err := newQR(d.URL)
	if err != nil {
		return nil, err
	}
	p, err := newPaper(s.Unit+text.PosterTitle, posterW, posterH, d.Fonts)
	if err != nil {
		return nil, err
	}
	p.newPage()
	top := p.posterHead(s)
	top = p.posterFacts(s, top, code)
	top = p.posterTyped(top, d.URL)
	top = p.posterDoors(s, top)
	p.posterTable(s, top+7)
	for i := range p.pages {
		p.on(i)
		p.fill(posterEdge, posterH-21, posterInner, 0.4, inkText)
		foot := fmt.Sprintf(text.PosterFoot, s.Unit, s.Code, s.Version)
		size := p.shrink(foot, posterInner-45, 1, posterSmall, 11, 9, 8)
		p.write(posterEdge, posterH-14, size, start, inkText, false, foot)
		p.write(posterW-posterEdge, posterH-14, posterSmall, end, inkText, false, fmt.Sprintf(text.PosterPage, i+1, len(p.pages)))
	}
	return p.bytes()
}

// posterHead is the unit, the title and, of a corrected version, what it corrects.
func (p *paper) posterHead(s notice.Snapshot) float64 {
	p.fill(posterEdge, 14, posterInner, 2.2, inkBrand)
	top := 22.0
	size := p.shrink(s.Unit, posterInner, 1, 34, 28, 24, 20)
	top = p.centred(posterEdge, top, posterInner, size, inkText, false, s.Unit)
	top = p.centred(posterEdge, top-1, posterInner, 68, inkText, true, text.PosterTitle)
	if s.Title != "" && s.Title != text.PosterTitle {
		size := p.shrink(s.Title, posterInner, 1, 26, 22, 19)
		top = p.centred(posterEdge, top, posterInner, size, inkText, false, s.Title)
	}
	if s.Version > 1 || s.Change != "" {
		ls := p.wrap(fmt.Sprintf(text.PosterChanged, s.Change), 18, posterInner-14)
		h := 5 + lineHeight(20) + float64(len(ls))*lineHeight(18)
		top += 3
		p.fill(posterEdge, top, posterInner, h, inkBed)
		p.frame(posterEdge, top, posterInner, h, 0.7, inkRed)
		at := p.words(posterEdge+7, top+2.5, posterInner-14, 20, inkRed, true, fmt.Sprintf(text.PosterChange, s.Version))
		if s.Change != "" {
			p.lines(posterEdge+7, at, 18, start, inkText, false, ls)
		}
		top += h
	}
	return top + 5
}

// posterFacts is who, when and where, beside the code.
func (p *paper) posterFacts(s notice.Snapshot, top float64, code qrCode) float64 {
	const caption = 20.0
	x := posterW - posterEdge - posterQR
	p.frame(x, top, posterQR, posterQR, 1, inkBrand)
	p.code(x+1, top+1, posterQR-2, code)
	below := p.centred(x, top+posterQR+2, posterQR, caption, inkBrand, true, text.PosterScan)

	facts := [][2]string{{text.PosterUnit, s.Unit}, {text.PosterDates, snapshotSpan(s)}}
	for _, f := range [][2]string{{text.PosterPhone, s.Contact.Phone}, {text.PosterAddress, s.Contact.Address}, {text.PosterBox, s.Contact.Box}} {
		if f[1] != "" {
			facts = append(facts, f)
		}
	}
	if s.Promise > 0 {
		facts = append(facts, [2]string{text.PosterPromise, fmt.Sprintf(text.PosterWithin, s.Promise)})
	}
	size, w := 24.0, posterInner-posterQR-10
	// Smaller only where the words would stand lower than the code.
	for _, size = range []float64{24, 22, 20, 18} {
		if p.factsHeight(facts, w, size) <= below-top {
			break
		}
	}
	label := p.width(text.PosterUnit, size) + 5
	at := top - 1
	for _, f := range facts {
		p.write(posterEdge, at+lineHeight(size)*0.74, size, start, inkBrand, true, f[0])
		at = p.words(posterEdge+label, at, w-label, size, inkText, false, f[1]) + 3
	}
	return max(at, below) + 3
}

func (p *paper) factsHeight(facts [][2]string, w, size float64) (h float64) {
	label := p.width(text.PosterUnit, size) + 5
	for _, f := range facts {
		h += float64(len(p.wrap(f[1], size, w-label)))*lineHeight(size) + 3
	}
	return h
}

// posterTyped is the address for those who type it, and what the page does not ask for.
func (p *paper) posterTyped(top float64, url string) float64 {
	top = p.centred(posterEdge, top, posterInner, 22, inkText, true, text.PosterNoLogin)
	top = p.centred(posterEdge, top+1, posterInner, 17, inkSoft, false, text.PosterTyped)
	size := p.shrink(url, posterInner, 1, 26, 23, 20, 17)
	return p.centred(posterEdge, top, posterInner, size, inkText, false, url) + 4
}

// posterDoors are the two doors, a line each where that is wide enough.
func (p *paper) posterDoors(s notice.Snapshot, top float64) float64 {
	other := text.PosterElseHow
	if s.Contact.Discipline != "" {
		other += fmt.Sprintf(text.PosterElseTo, s.Contact.Discipline)
	}
	for _, door := range []struct {
		c         ink
		what, how string
	}{{inkBrand, text.PosterHere, text.PosterHereHow}, {inkRed, text.PosterElse, other + text.PosterFullStop}} {
		const size, pad = 19.0, 4.0
		label := p.width(text.PosterHere, size) + 5
		ls := p.wrap(door.how, size, posterInner-2*pad-3-label)
		h := float64(len(ls))*lineHeight(size) + 2*pad
		if top+h > posterBottom {
			p.newPage()
			top = posterEdge + 3
		}
		p.fill(posterEdge, top, posterInner, h, inkBed)
		p.fill(posterEdge, top, 2.4, h, door.c)
		p.write(posterEdge+pad+3, top+pad+lineHeight(size)*0.74, size, start, door.c, true, door.what)
		p.lines(posterEdge+pad+3+label, top+pad, size, start, inkText, false, ls)
		top += h + 3
	}
	return top
}

// snapshotSpan is from when until when, and how many working days that is.
func snapshotSpan(s notice.Snapshot) string {
	return fmt.Sprintf(text.PosterSpan, snapshotDay(s.Start), snapshotDay(s.End), s.Days)
}

// snapshotDay is a day of a snapshot as printed; what is no day is printed as it is.
func snapshotDay(s string) string {
	d, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return s
	}
	return chinaDate(d)
}

// describe is all that is open of a point besides what has a column of its own.
func describe(q notice.Point) []string {
	var out []string
	add := func(format, s string) {
		if s != "" {
			out = append(out, fmt.Sprintf(format, oneLine(s)))
		}
	}
	if len(q.Shapes) > 0 {
		add(text.PosterShapes, strings.Join(q.Shapes, text.Semicolon))
	}
	add(text.PosterCategory, q.Category)
	add(text.PosterItem, q.Item)
	add(text.PosterNode, q.Node)
	add(text.PosterBasis, q.Basis)
	add(text.PosterSupervision, q.Supervision)
	return out
}

// measureText is a measure with what is open of it.
func measureText(m notice.Measure) string {
	var more []string
	for _, f := range [][2]string{{text.PosterWho, m.Who}, {text.PosterFrequency, m.Frequency}, {text.PosterEvidence, m.Evidence}, {text.PosterNotDone, m.NotDone}} {
		if f[1] != "" {
			more = append(more, fmt.Sprintf(f[0], oneLine(f[1])))
		}
	}
	s := strings.TrimRight(oneLine(m.Text), text.PosterFullStop)
	if len(more) > 0 {
		s += fmt.Sprintf(text.PosterBrackets, strings.Join(more, text.Semicolon))
	}
	return s
}
