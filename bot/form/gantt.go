package form

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/text"
)

// Gantt is a campaign on a month axis: stages as bars, what is due as diamonds, events as
// dots, days off shaded. Days are civil days.
type Gantt struct {
	Title  string
	Today  time.Time // zero: no line
	Stages []GanttStage
	Events []GanttEvent
	// Worked tells the days that are worked; nil shades nothing.
	Worked func(day time.Time) bool
}

// GanttStage is one bar; Until is included. Dues are the days on which something is due.
type GanttStage struct {
	Name        string
	From, Until time.Time
	Days        int // working days; 0 is not said
	State       GanttState
	Dues        []GanttDue
}

// GanttDue is one diamond, or a part of one: what is due on the same days is counted.
type GanttDue struct {
	On    time.Time
	State GanttState
}

// GanttEvent is an event; one without a day is named below the chart.
type GanttEvent struct {
	Name string
	On   time.Time
}

// GanttState colours a bar or a diamond.
type GanttState int

// What there is to say of a stage or of what is due in it.
const (
	Planned GanttState = iota
	Running
	Done
	Late
)

// GanttSVG draws the chart for a page.
func GanttSVG(g Gantt) string { return g.lay().svg() }

// GanttPNG draws the same chart for a chat. It fails with ErrNoFont where there is no
// font for it.
func GanttPNG(g Gantt, fonts *Fonts) ([]byte, error) { return g.lay().png(fonts) }

// The measures of the chart.
const (
	chartSide  = 14.0
	bandHeight = 17.0
	rowHeight  = 41.0
	laneHeight = 17.0
	nameSize   = 13.0
	daySize    = 11.5
	dueRadius  = 5.0
	dueApart   = 11.0 // diamonds closer than this become one with a number
)

// axis puts days on the width.
type axis struct {
	from   time.Time
	days   int
	perDay float64
}

func (a axis) x(day time.Time) float64 { return chartSide + a.perDay*float64(days(a.from, day)) }

// days from one civil day to another; both are midnights of one zone.
func days(from, to time.Time) int { return int(to.Sub(from).Hours()/24 + 0.5) }

// axis spans everything there is, from the first of a month's days that is needed.
func (g Gantt) axis() (axis, bool) {
	var all []time.Time
	for _, s := range g.Stages {
		all = append(all, s.From, s.Until)
		for _, d := range s.Dues {
			all = append(all, d.On)
		}
	}
	for _, e := range g.Events {
		all = append(all, e.On)
	}
	all = slices.DeleteFunc(all, time.Time.IsZero)
	if len(all) == 0 {
		return axis{}, false
	}
	for i := range all {
		all[i] = bot.Civil(all[i])
	}
	from, until := slices.MinFunc(all, time.Time.Compare), slices.MaxFunc(all, time.Time.Compare)
	a := axis{from: from, days: days(from, until) + 1}
	if a.days < 14 { // a chart of two days would be all bar
		a.days = 14
	}
	a.perDay = (pictureWidth - 2*chartSide) / float64(a.days)
	return a, true
}

func (g Gantt) lay() *picture {
	p := &picture{w: pictureWidth, label: g.aloud()}
	y := 10.0
	if g.Title != "" {
		p.head(chartSide, y+16, 16, start, inkText, fit(g.Title, 16.5, pictureWidth-2*chartSide))
		y += 30
	}
	a, any := g.axis()
	if !any {
		p.say(chartSide, y+14, nameSize, start, inkSoft, text.ChartEmpty)
		p.h = y + 26
		return p
	}
	y = g.months(p, a, y)
	y = g.events(p, a, y)
	for i, s := range g.Stages {
		g.stage(p, a, y, i, s)
		y += rowHeight
	}
	p.h = g.legend(p, y+6) + 8
	return p
}

// months writes the axis: a name at the first day of each month that has room for it, and
// the flag of today.
func (g Gantt) months(p *picture, a axis, y float64) float64 {
	last := chartSide + a.perDay*float64(a.days)
	p.box(chartSide, y+18, last-chartSide, 1, 0, inkLine)
	for day, free := a.from, 0.0; days(a.from, day) < a.days; day = firstOfNext(day) {
		x := a.x(day)
		p.box(x, y+13, 1, 6, 0, inkSoft)
		name := fmt.Sprintf(text.ChartMonth, int(day.Month()))
		if day.Equal(a.from) || day.Month() == time.January {
			name = fmt.Sprintf(text.ChartYearMonth, day.Year(), int(day.Month()))
		}
		room := min(a.x(firstOfNext(day)), last) - x
		if wide(name, daySize)+4 > room && day.Equal(a.from) {
			name = fmt.Sprintf(text.ChartMonth, int(day.Month()))
		}
		if w := wide(name, daySize) + 6; x >= free && x+w <= last+4 && (w <= room+4 || a.perDay*30 < w) {
			p.say(x+3, y+11, daySize, start, inkSoft, name)
			free = x + w
		}
	}
	return y + 22
}

func firstOfNext(day time.Time) time.Time {
	return time.Date(day.Year(), day.Month()+1, 1, 0, 0, 0, 0, day.Location())
}

// events stand in as few lines as they fit into without touching.
func (g Gantt) events(p *picture, a axis, y float64) float64 {
	dated := slices.DeleteFunc(slices.Clone(g.Events), func(e GanttEvent) bool { return e.On.IsZero() })
	if g.today(a) {
		dated = append(dated, GanttEvent{Name: text.ChartToday, On: bot.Civil(g.Today)})
	}
	slices.SortStableFunc(dated, func(b, c GanttEvent) int { return b.On.Compare(c.On) })
	var ends []float64 // of the lines
	for _, e := range dated {
		name := e.Name
		c := inkGold
		if e.Name == text.ChartToday && bot.Civil(e.On).Equal(bot.Civil(g.Today)) {
			c = inkRed
		} else {
			name = fmt.Sprintf(text.ChartEvent, name, int(e.On.Month()), e.On.Day())
		}
		name = fit(name, daySize, 150)
		x, w := a.x(bot.Civil(e.On))+a.perDay/2, wide(name, daySize)
		from, until, left := x-5, x+9+w, false
		if until > pictureWidth-4 {
			from, until, left = x-9-w, x+5, true
		}
		lane := slices.IndexFunc(ends, func(end float64) bool { return end+4 <= from })
		if lane < 0 {
			lane, ends = len(ends), append(ends, 0)
		}
		ends[lane] = until
		cy := y + laneHeight*float64(lane) + 9
		p.disc(x, cy, 3.5, c)
		if left {
			p.say(x-8, cy+4, daySize, end, inkText, name)
		} else {
			p.say(x+8, cy+4, daySize, start, inkText, name)
		}
	}
	if len(ends) == 0 {
		return y + 4
	}
	return y + laneHeight*float64(len(ends)) + 6
}

func (g Gantt) today(a axis) bool {
	return !g.Today.IsZero() && !bot.Civil(g.Today).Before(a.from) && days(a.from, bot.Civil(g.Today)) < a.days
}

// stage is a line of words and, below it, the band with the bar.
func (g Gantt) stage(p *picture, a axis, y float64, i int, s GanttStage) {
	span := text.ChartNoDay
	if !s.From.IsZero() && !s.Until.IsZero() {
		span = Span(s.From, s.Until)
		if s.Days > 0 {
			span = fmt.Sprintf(text.ChartSpanDays, span, s.Days)
		}
	}
	right := pictureWidth - chartSide
	p.say(right, y+13, daySize, end, inkSoft, span)
	name := strconv.Itoa(i+1) + " " + s.Name
	p.head(chartSide, y+13, nameSize, start, inkText, fit(name, nameSize, right-chartSide-wide(span, daySize)-10))
	top := y + 19
	last := chartSide + a.perDay*float64(a.days)
	p.box(chartSide, top, last-chartSide, bandHeight, 3, inkBed)
	g.shade(p, a, top)
	for day := firstOfNext(a.from); days(a.from, day) < a.days; day = firstOfNext(day) {
		p.box(a.x(day), top, 1, bandHeight, 0, inkLine)
	}
	if !s.From.IsZero() && !s.Until.Before(s.From) {
		from := a.x(bot.Civil(s.From))
		w := max(a.x(bot.Civil(s.Until).AddDate(0, 0, 1))-from, 3)
		p.box(from, top+3, w, bandHeight-6, 3, barInk(s.State))
	}
	if g.today(a) {
		p.box(a.x(bot.Civil(g.Today))+a.perDay/2-0.75, top-2, 1.5, bandHeight+4, 0, inkRed)
	}
	g.dues(p, a, top+bandHeight/2, s.Dues)
}

// shade marks the days off, in one piece where they follow each other; not where a day is
// thinner than a hair.
func (g Gantt) shade(p *picture, a axis, top float64) {
	if g.Worked == nil || a.perDay < 0.9 {
		return
	}
	for i := 0; i < a.days; i++ {
		run := 0
		for i+run < a.days && !g.Worked(a.from.AddDate(0, 0, i+run)) {
			run++
		}
		if run > 0 {
			p.box(a.x(a.from.AddDate(0, 0, i)), top, a.perDay*float64(run), bandHeight, 0, inkLine)
			i += run
		}
	}
}

// dues draws diamonds; those that would touch become one with their number.
func (g Gantt) dues(p *picture, a axis, y float64, dues []GanttDue) {
	dues = slices.DeleteFunc(slices.Clone(dues), func(d GanttDue) bool { return d.On.IsZero() })
	slices.SortFunc(dues, func(b, c GanttDue) int { return b.On.Compare(c.On) })
	for len(dues) > 0 {
		x, n := a.x(bot.Civil(dues[0].On))+a.perDay/2, 1
		for n < len(dues) && a.x(bot.Civil(dues[n].On))+a.perDay/2-x < dueApart {
			n++
		}
		worst := slices.MaxFunc(dues[:n], func(b, c GanttDue) int { return dueRank(b.State) - dueRank(c.State) }).State
		r := dueRadius
		if n > 1 {
			x, r = (x+a.x(bot.Civil(dues[n-1].On))+a.perDay/2)/2, 7.5
		}
		p.diamond(x, y, r+1.5, inkPaper)
		p.diamond(x, y, r, dueInk(worst))
		if n > 1 {
			p.say(x, y+3, 8.5, middle, inkPaper, strconv.Itoa(n))
		}
		dues = dues[n:]
	}
}

func dueRank(s GanttState) int { return []int{1, 1, 0, 2}[s] }

func barInk(s GanttState) ink { return []ink{inkPlan, inkBrand, inkGreen, inkRed}[s] }

func dueInk(s GanttState) ink { return []ink{inkText, inkText, inkGreen, inkRed}[s] }

// legend says what the marks are, and which events have no day.
func (g Gantt) legend(p *picture, y float64) float64 {
	x := chartSide
	item := func(name string, mark func(x, y float64)) {
		w := 16 + wide(name, daySize) + 12
		if x+w > pictureWidth {
			x, y = chartSide, y+18
		}
		mark(x+6, y+8)
		p.say(x+16, y+12, daySize, start, inkSoft, name)
		x += w
	}
	item(text.ChartStage, func(x, y float64) { p.box(x-6, y-4, 12, 8, 2, inkPlan) })
	has := map[GanttState]bool{}
	dues := false
	for _, s := range g.Stages {
		has[s.State] = true
		for _, d := range s.Dues {
			dues = true
			has[d.State] = has[d.State] || d.State == Late
		}
	}
	for state, name := range []string{Running: text.ChartRunning, Done: text.ChartDone, Late: text.ChartLate} {
		if name != "" && has[GanttState(state)] {
			item(name, func(x, y float64) { p.box(x-6, y-4, 12, 8, 2, barInk(GanttState(state))) })
		}
	}
	if dues {
		item(text.ChartDue, func(x, y float64) { p.diamond(x, y, dueRadius, inkText) })
	}
	if slices.ContainsFunc(g.Events, func(e GanttEvent) bool { return !e.On.IsZero() }) {
		item(text.ChartEvents, func(x, y float64) { p.disc(x, y, 3.5, inkGold) })
	}
	if g.Worked != nil {
		item(text.ChartOff, func(x, y float64) { p.box(x-6, y-4, 12, 8, 0, inkLine) })
	}
	y += 20
	var open []string
	for _, e := range g.Events {
		if e.On.IsZero() {
			open = append(open, e.Name)
		}
	}
	if len(open) > 0 {
		p.say(chartSide, y+11, daySize, start, inkRed, fit(fmt.Sprintf(text.ChartUndated, strings.Join(open, text.ListComma)), daySize, pictureWidth-2*chartSide))
		y += 18
	}
	return y
}

// aloud is what a screen reader says of the chart.
func (g Gantt) aloud() string {
	lines := []string{g.Title}
	for _, s := range g.Stages {
		if !s.From.IsZero() && !s.Until.IsZero() {
			lines = append(lines, s.Name+" "+Span(s.From, s.Until))
		}
	}
	return strings.TrimPrefix(strings.Join(lines, text.Semicolon), text.Semicolon)
}

// Span writes 9月1日–9月11日, or one day.
func Span(from, until time.Time) string {
	if from.Equal(until) {
		return fmt.Sprintf(text.ChartDay, int(from.Month()), from.Day())
	}
	return fmt.Sprintf(text.ChartSpan, int(from.Month()), from.Day(), int(until.Month()), until.Day())
}
