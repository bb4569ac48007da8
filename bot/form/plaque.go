package form

import (
	"fmt"

	"qingfeng/bot/notice"
	"qingfeng/bot/text"
)

// PlaqueData is what the plaques of a notice's posts are made of.
type PlaqueData struct {
	Snapshot notice.Snapshot
	URL      string // of the notice's page
	Fonts    *Fonts
}

// An A5 plaque, lying, in mm: words on the left, the code on the right.
const (
	plaqueW, plaqueH = 210.0, 148.0
	plaqueEdge       = 11.0
	plaqueSide       = 50.0
	plaqueLeft       = plaqueW - 2*plaqueEdge - plaqueSide - 8
	plaqueBottom     = plaqueH - 17
)

// plaquePost is a post with its points.
type plaquePost struct {
	section, post, holder string
	points                []notice.Point
}

// plaquePosts are the posts of a notice in its order. A post that several hold has a plaque
// for each who is named.
func plaquePosts(points []notice.Point) (out []plaquePost) {
	at := map[[3]string]int{}
	for _, q := range points {
		key := [3]string{q.Section, q.Post, q.Holder}
		i, ok := at[key]
		if !ok {
			i = len(out)
			at[key] = i
			out = append(out, plaquePost{section: q.Section, post: q.Post, holder: q.Holder})
		}
		out[i].points = append(out[i].points, q)
	}
	return out
}

// Plaques are A5 desk plaques, lying: a page for each post, more where its points need them.
func Plaques(d PlaqueData) ([]byte, error) {
	s := d.Snapshot
	code, err := newQR(d.URL)
	if err != nil {
		return nil, err
	}
	p, err := newPaper(s.Unit+text.PlaqueTitle, plaqueW, plaqueH, d.Fonts)
	if err != nil {
		return nil, err
	}
	for _, post := range plaquePosts(s.Points) {
		p.plaque(s, post, d.URL, code)
	}
	if len(p.pages) == 0 { // a notice without points: the way to speak at least
		p.plaque(s, plaquePost{}, d.URL, code)
	}
	return p.bytes()
}

// plaqueLine is one line of a plaque's points; a point's lines stay together if they can.
type plaqueLine struct {
	words string
	bold  bool
	in    float64 // indent, mm
	gap   float64 // above, mm
}

// plaque draws one post. Its words are as large as lets all of them stand on one page; where
// the smallest size does not, they go on at a size that is easy to read.
func (p *paper) plaque(s notice.Snapshot, post plaquePost, url string, code qrCode) {
	top := p.plaqueTop(post)
	room := plaqueBottom - top
	size := 12.0
	for _, try := range []float64{17, 16, 15, 14, 13, 12, 11, 10.5} {
		if plaqueTall(p.plaqueLines(post, try), try) <= room {
			size = try
			break
		}
	}
	pages := [][]plaqueLine{nil}
	used := 0.0
	for _, l := range p.plaqueLines(post, size) {
		h := l.gap + lineHeight(size)
		if used+h > room {
			pages = append(pages, nil)
			used = 0
		}
		last := len(pages) - 1
		pages[last] = append(pages[last], l)
		used += h
	}
	for i, ls := range pages {
		p.newPage()
		p.plaqueFrame(s, post, url, code, i, len(pages))
		at := top
		for _, l := range ls {
			at += l.gap
			p.write(plaqueEdge+l.in, at+lineHeight(size)*0.74, size, start, inkText, l.bold, l.words)
			at += lineHeight(size)
		}
	}
}

func plaqueTall(ls []plaqueLine, size float64) (h float64) {
	for _, l := range ls {
		h += l.gap + lineHeight(size)
	}
	return h
}

// plaqueLines are a post's points in short: what, how high, and what is done about it.
func (p *paper) plaqueLines(post plaquePost, size float64) (out []plaqueLine) {
	const in = 6.0
	add := func(s string, bold bool, indent, gap float64) {
		for i, l := range p.wrap(s, size, plaqueLeft-indent) {
			if i > 0 {
				gap = 0
			}
			out = append(out, plaqueLine{l, bold, indent, gap})
		}
	}
	for i, q := range post.points {
		what := oneLine(q.Title)
		if what == "" && len(q.Shapes) > 0 {
			what = oneLine(q.Shapes[0])
		}
		if q.Level != "" {
			what += fmt.Sprintf(text.PlaqueLevel, q.Level)
		}
		gap := 2.2
		if i == 0 {
			gap = 0
		}
		if what != "" {
			if len(post.points) > 1 {
				what = fmt.Sprintf(text.PlaqueNumbered, i+1, what)
			}
			add(what, true, 0, gap)
			gap = 0.6
		}
		for _, m := range q.Measures {
			add(fmt.Sprintf(text.PlaqueMeasure, oneLine(m.Text)), false, in, gap)
			gap = 0.4
		}
	}
	return out
}

// plaqueName is what a plaque is headed with.
func plaqueName(post plaquePost) string {
	switch {
	case post.post != "":
		return post.post
	case post.section != "":
		return post.section
	}
	return text.PlaqueNoPost
}

// plaqueNameSize is how large the post's name is, and plaqueTop where the points begin.
func (p *paper) plaqueNameSize(post plaquePost) float64 {
	return p.shrink(plaqueName(post), plaqueLeft, 1, 36, 32, 28, 24, 20)
}

func (p *paper) plaqueTop(post plaquePost) float64 {
	size := p.plaqueNameSize(post)
	top := 22 + float64(len(p.wrap(plaqueName(post), size, plaqueLeft)))*lineHeight(size)*0.9
	if s := plaqueUnder(post); s != "" {
		top += float64(len(p.wrap(s, 13, plaqueLeft)))*lineHeight(13) + 1
	}
	return top + 4
}

// plaqueUnder is the section, and the holder's name where the notice tells it.
func plaqueUnder(post plaquePost) string {
	s := ""
	if post.post != "" {
		s = post.section
	}
	if post.holder != "" {
		if s != "" {
			s += "　"
		}
		s += fmt.Sprintf(text.PlaqueHolder, post.holder)
	}
	return s
}

// plaqueFrame is everything on a page but the points.
func (p *paper) plaqueFrame(s notice.Snapshot, post plaquePost, url string, code qrCode, page, pages int) {
	p.fill(0+plaqueEdge, 9, plaqueW-2*plaqueEdge, 1.6, inkBrand)
	unit := p.shrink(s.Unit, plaqueLeft, 1, 14, 12, 10, 9)
	p.words(plaqueEdge, 12.5, plaqueLeft, unit, inkSoft, false, s.Unit)
	p.write(plaqueW-plaqueEdge, 17.2, 12, end, inkBrand, true, text.PlaqueTitle)

	size := p.plaqueNameSize(post)
	name := plaqueName(post)
	at := 21.0
	for _, l := range p.wrap(name, size, plaqueLeft) {
		p.write(plaqueEdge, at+lineHeight(size)*0.66, size, start, inkText, true, l)
		at += lineHeight(size) * 0.9
	}
	p.words(plaqueEdge, at+1, plaqueLeft, 13, inkSoft, false, plaqueUnder(post))

	x := plaqueW - plaqueEdge - plaqueSide
	p.frame(x, 23, plaqueSide, plaqueSide, 0.6, inkBrand)
	p.code(x+0.6, 23.6, plaqueSide-1.2, code)
	at = p.centred(x, 23+plaqueSide+2, plaqueSide, 12.5, inkBrand, true, text.PlaqueScan)
	address := p.shrink(url, plaqueSide, 1, 10, 9, 8, 7.5, 7)
	at = p.centred(x, at, plaqueSide, address, inkSoft, false, url)
	if s.Contact.Phone != "" {
		at = p.centred(x, at+2, plaqueSide, 11, inkSoft, false, text.PlaquePhone)
		phone := p.shrink(s.Contact.Phone, plaqueSide, 1, 17, 15, 13, 11)
		at = p.centred(x, at-0.5, plaqueSide, phone, inkText, true, s.Contact.Phone)
	}
	p.centred(x, at+2, plaqueSide, 10, inkRed, false, text.PlaqueElse)

	foot := fmt.Sprintf(text.PlaqueFoot, s.Unit, s.Code, s.Version, snapshotDay(s.Start), snapshotDay(s.End))
	p.fill(plaqueEdge, plaqueH-13.5, plaqueW-2*plaqueEdge, 0.25, inkSoft)
	size = p.shrink(foot, plaqueW-2*plaqueEdge-14, 1, 9, 8, 7, 6)
	p.write(plaqueEdge, plaqueH-8.5, size, start, inkSoft, false, foot)
	if pages > 1 {
		p.write(plaqueW-plaqueEdge, plaqueH-8.5, 10, end, inkText, false, fmt.Sprintf(text.PlaquePage, page+1, pages))
	}
}
