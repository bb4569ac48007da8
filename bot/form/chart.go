package form

import (
	"fmt"

	"qingfeng/bot/text"
)

// SectionProgress is how far one section is: of All forms Done are handed in, Late are
// not and should have been. It names a section, never a person.
type SectionProgress struct {
	Name            string
	All, Done, Late int
}

// ProgressSVG draws progress by section for a page, in the order given.
func ProgressSVG(title string, sections []SectionProgress) string {
	return layProgress(title, sections).svg()
}

// ProgressPNG draws the same for a chat. It fails with ErrNoFont where there is no font.
func ProgressPNG(title string, sections []SectionProgress, fonts *Fonts) ([]byte, error) {
	return layProgress(title, sections).png(fonts)
}

// The measures of a line of the progress chart.
const (
	progressName  = 112.0 // width of the names
	progressCount = 62.0
	progressRow   = 27.0
)

func layProgress(title string, sections []SectionProgress) *picture {
	p := &picture{w: pictureWidth, label: title}
	y := 10.0
	if title != "" {
		p.head(chartSide, y+16, 16, start, inkText, fit(title, 16.5, pictureWidth-2*chartSide))
		y += 32
	}
	if len(sections) == 0 {
		p.say(chartSide, y+14, nameSize, start, inkSoft, text.ChartEmpty)
		p.h = y + 26
		return p
	}
	total := SectionProgress{Name: text.ChartTotal}
	late := false
	for _, s := range sections {
		total.All, total.Done, total.Late = total.All+s.All, total.Done+s.Done, total.Late+s.Late
		late = late || s.Late > 0
		p.label += fmt.Sprintf(text.ChartAloud, s.Name, s.Done, s.All)
	}
	for _, s := range sections {
		p.progress(y, s, false)
		y += progressRow
	}
	if len(sections) > 1 {
		p.box(chartSide, y+1, pictureWidth-2*chartSide, 1, 0, inkLine)
		p.progress(y+5, total, true)
		y += progressRow + 5
	}
	p.box(chartSide, y+8, 12, 8, 2, inkBrand)
	p.say(chartSide+17, y+16, daySize, start, inkSoft, text.ChartHandedIn)
	if late {
		x := chartSide + 17 + wide(text.ChartHandedIn, daySize) + 14
		p.box(x, y+8, 12, 8, 2, inkRed)
		p.say(x+17, y+16, daySize, start, inkSoft, text.ChartOverdue)
	}
	p.h = y + 28
	return p
}

// progress is one line: name, bar, count.
func (p *picture) progress(y float64, s SectionProgress, bold bool) {
	write := p.say
	if bold {
		write = p.head
	}
	write(chartSide, y+17, nameSize, start, inkText, fit(s.Name, nameSize, progressName-8))
	x := chartSide + progressName
	w := pictureWidth - chartSide - progressCount - x
	p.box(x, y+6, w, 14, 4, inkShade)
	if s.All > 0 {
		done, late := w*float64(min(s.Done, s.All))/float64(s.All), w*float64(min(s.Late, s.All-s.Done))/float64(s.All)
		if late > 0 {
			p.box(x, y+6, min(done+late, w), 14, 4, inkRed)
		}
		if done > 0 {
			p.box(x, y+6, max(done, 4), 14, 4, inkBrand)
			if late > 0 && done > 8 { // a straight edge where both meet
				p.box(x+done-4, y+6, 4, 14, 0, inkBrand)
			}
		}
	}
	write(pictureWidth-chartSide, y+17, nameSize, end, inkText, fmt.Sprintf(text.ChartCount, s.Done, s.All))
}
