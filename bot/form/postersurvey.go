package form

import (
	"fmt"
	"time"

	"qingfeng/bot/text"
)

// SurveySheet is a survey open to all as it hangs on a wall.
type SurveySheet struct {
	Unit  string
	Title string
	Intro string
	Until time.Time // civil day, included
	URL   string    // where it is filled in
	Fonts *Fonts
}

// Poster is one A4 page, upright: the title, the code and its address, and what the page
// does not ask for.
func (d SurveySheet) Poster() ([]byte, error) {
	const w, h, edge, side = 210.0, 297.0, 18.0, 108.0
	code, err := newQR(d.URL)
	if err != nil {
		return nil, err
	}
	p, err := newPaper(d.Title, w, h, d.Fonts)
	if err != nil {
		return nil, err
	}
	p.newPage()
	const inner = w - 2*edge
	p.fill(edge, 16, inner, 1.8, inkBrand)
	at := p.centred(edge, 23, inner, p.shrink(d.Unit, inner, 1, 24, 20, 17), inkText, false, d.Unit)
	at = p.centred(edge, at, inner, p.shrink(d.Title, inner, 2, 42, 36, 30, 26, 22), inkText, true, d.Title)
	at = p.centred(edge, at+1, inner, p.shrink(d.Intro, inner, 2, 17, 15, 13), inkSoft, false, d.Intro)
	at += 5
	p.frame((w-side)/2, at, side, side, 1, inkBrand)
	p.code((w-side)/2+1, at+1, side-2, code)
	at = p.centred(edge, at+side+2, inner, 24, inkBrand, true, text.OpenSurveyPaperScan)
	at = p.centred(edge, at, inner, 17, inkText, false, fmt.Sprintf(text.OpenSurveyPaperUntil, chinaDate(d.Until)))
	at = p.centred(edge, at+3, inner, 13, inkSoft, false, text.PosterTyped)
	at = p.centred(edge, at, inner, p.shrink(d.URL, inner, 1, 19, 17, 15, 13), inkText, false, d.URL)
	at = p.centred(edge, at+4, inner, 17, inkText, true, text.OpenSurveyPaperFree)
	at = p.centred(edge, at, inner, 14, inkText, false, text.OpenSurveyPaperSafe)
	p.centred(edge, at, inner, 14, inkRed, false, text.OpenSurveyPaperElse)
	return p.bytes()
}
