package notice

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Day is how days stand in a snapshot.
const Day = "2006-01-02"

// Limits of a notice, in working days: a shorter one is advised against, a longer one
// refused.
const (
	ShortDays = 5
	MostDays  = 250
)

// Input is all a notice is built from. Guard, Person and Worked must be given: without
// them nothing was checked, and the notice is blocked.
type Input struct {
	Unit, Title, Code, Change string
	Audience                  Audience
	Version                   int
	Start                     time.Time // a civil day
	Days                      int       // working days, the first and the last included
	Promise                   int       // working days
	Contact                   Contact
	Rows                      []Row
	Fields                    []Field // narrower than the mask; none: all it allows
	Holders                   bool    // the unit decided to show names, where the mask allows them
	Names                     []string

	// Guard reports a text that must not be kept anywhere (risk.Guard).
	Guard func(text string) bool
	// Person is a name with its title in a text, or "" (risk.NamedIn); alone: the text is
	// nothing but who does something.
	Person func(text string, alone bool) string
	// Worked reports a working day.
	Worked func(day time.Time) bool
}

// Problem is what keeps a notice from being sent, or should be looked at. Line is for the
// office and may quote the text: it is never logged.
type Problem struct {
	Code   string // a key of "say" in mask.json
	Row    int    // index into Input.Rows, -1: the notice itself
	Point  int64  // the register's id of the point, 0: the notice itself
	Field  Field
	Blocks bool
	Line   string
}

// Blocked reports whether one of the problems keeps the notice from being sent.
func Blocked(ps []Problem) bool {
	return slices.ContainsFunc(ps, func(p Problem) bool { return p.Blocks })
}

// Build applies the mask, checks every text that would be published and numbers the
// points. What may never pass is not in the snapshot even while a problem is open: a row
// that blocks is left out as a whole, a text of the notice itself becomes empty, and a
// measure that tells how checks are drawn is withheld from all but the internal board and
// counted in Hidden.
func Build(in Input) (Snapshot, []Problem) {
	b := builder{in: in, mask: NewMask(in.Audience), names: nameList(in)}
	s := b.head()
	for i, row := range in.Rows {
		p, hidden, ok := b.point(i, row)
		s.Hidden += hidden
		if ok {
			p.No = len(s.Points) + 1
			s.Points = append(s.Points, p)
		}
	}
	if len(in.Rows) == 0 {
		b.add("no_points", -1, "", true)
	}
	slices.SortStableFunc(b.problems, func(x, y Problem) int { return cmp.Compare(x.Row, y.Row) })
	return s, b.problems
}

// LastDay is the last of n working days that begin with start; zero where n is below 1 or
// no calendar has so many.
func LastDay(start time.Time, n int, worked func(time.Time) bool) time.Time {
	if n < 1 || n > MostDays {
		return time.Time{}
	}
	for i := range 3 * MostDays {
		day := start.AddDate(0, 0, i)
		if worked(day) {
			if n--; n == 0 {
				return day
			}
		}
	}
	return time.Time{}
}

type builder struct {
	in       Input
	mask     Mask
	names    []string // folded
	problems []Problem
}

func (b *builder) add(code string, row int, f Field, blocks bool, found ...any) {
	p := Problem{Code: code, Row: row, Field: f, Blocks: blocks, Line: fmt.Sprintf(ruled().Say[code], found...)}
	if row >= 0 {
		p.Point = b.in.Rows[row].PointID
	}
	b.problems = append(b.problems, p)
}

// open: the mask allows the field and the office did not close it.
func (b *builder) open(f Field) bool {
	if f == FieldHolder && !b.in.Holders {
		return false
	}
	return b.mask.Allows(f) && (len(b.in.Fields) == 0 || slices.Contains(b.in.Fields, f))
}

func (b *builder) public() bool { return b.in.Audience != Internal }

// head is everything but the points.
func (b *builder) head() Snapshot {
	in := b.in
	s := Snapshot{Audience: in.Audience, Version: max(in.Version, 1), Days: in.Days, Promise: in.Promise, Points: []Point{}, Open: []Field{}}
	if !slices.Contains(Audiences(), in.Audience) {
		b.add("audience", -1, "", true)
	}
	if in.Guard == nil || in.Person == nil || in.Worked == nil {
		b.add("unchecked", -1, "", true)
	}
	s.Code = clean(in.Code)
	for _, t := range []struct {
		to    *string
		text  string
		empty string // the problem when nothing is there
		dial  bool   // holds the office's own number
	}{
		{&s.Unit, in.Unit, "unit", false},
		{&s.Title, in.Title, "title", false},
		{&s.Change, in.Change, "", false},
		{&s.Contact.Phone, in.Contact.Phone, "phone", true},
		{&s.Contact.Address, in.Contact.Address, "address", false},
		{&s.Contact.Box, in.Contact.Box, "", false},
		{&s.Contact.Discipline, in.Contact.Discipline, "", true},
	} {
		text := clean(t.text)
		if text == "" {
			if t.empty != "" {
				b.add(t.empty, -1, "", true)
			}
			continue
		}
		if b.fits(-1, "", text, t.dial) {
			*t.to = text
		}
	}
	if s.Contact.Discipline == "" {
		b.add("discipline", -1, "", false)
	}
	if in.Guard != nil && s.Contact.Phone != "" && in.Guard(s.Contact.Phone) {
		b.add("mobile", -1, "", false)
	}
	b.days(&s)
	for _, f := range b.mask.Fields() {
		if b.open(f) {
			s.Open = append(s.Open, f)
		}
	}
	return s
}

func (b *builder) days(s *Snapshot) {
	in := b.in
	switch {
	case in.Days < 1 || in.Days > MostDays:
		b.add("days", -1, "", true)
	case in.Days < ShortDays:
		b.add("short", -1, "", false)
	}
	if in.Promise < 1 || in.Promise > MostDays {
		b.add("promise", -1, "", true)
	}
	if in.Worked == nil {
		return
	}
	if in.Start.IsZero() || !in.Worked(in.Start) {
		b.add("start", -1, "", true)
		return
	}
	s.Start = in.Start.Format(Day)
	end := LastDay(in.Start, in.Days, in.Worked)
	if end.IsZero() {
		if in.Days >= 1 && in.Days <= MostDays {
			b.add("days", -1, "", true)
		}
		return
	}
	s.End = end.Format(Day)
}

// point is one row behind the mask; false when something in it blocks.
func (b *builder) point(i int, row Row) (p Point, hidden int, ok bool) {
	ok = true
	if row.Ethics && !row.LintFree {
		b.add("ethics", i, "", true)
		ok = false
	}
	take := func(f Field, text string) string {
		if text = clean(text); text == "" || !b.open(f) {
			return ""
		}
		if !b.fits(i, f, text, false) {
			ok = false
			return ""
		}
		return text
	}
	p = Point{
		PointID: row.PointID, PointVersion: row.Version, Nameless: row.Ethics,
		Section: take(FieldSection, row.Section), Post: take(FieldPost, row.Post), Item: take(FieldItem, row.Item),
		Node: take(FieldNode, row.Node), Basis: take(FieldBasis, row.Basis), Category: take(FieldCategory, row.Category),
		Title: take(FieldTitle, row.Title), Level: take(FieldLevel, row.Level), Monitor: take(FieldMonitor, row.Monitor),
	}
	for _, shape := range row.Shapes {
		if shape = take(FieldShape, shape); shape != "" {
			p.Shapes = append(p.Shapes, shape)
		}
	}
	if found := Sampling(row.Supervision); found != "" && b.public() && b.open(FieldSupervision) {
		b.add("supervision", i, FieldSupervision, false, found)
	} else {
		p.Supervision = take(FieldSupervision, row.Supervision)
	}
	if b.open(FieldMeasure) {
		p.Measures, hidden = b.measures(i, row.Measures, take)
	}
	if b.open(FieldHolder) && !row.Ethics {
		if name := clean(row.Holder); name != "" && b.guarded(i, FieldHolder, name) {
			p.Holder = name
		}
	}
	if !ok {
		return Point{}, 0, false
	}
	if p.Title == "" && len(p.Shapes) == 0 {
		b.add("empty", i, FieldTitle, true)
		return Point{}, 0, false
	}
	if b.open(FieldMeasure) && len(p.Measures) == 0 {
		b.add("bare", i, FieldMeasure, false)
	}
	return p, hidden, true
}

// measures are those that may be read, and how many were withheld. Only what would be
// published counts: a closed field tells nobody how checks are drawn.
func (b *builder) measures(i int, list []Measure, take func(Field, string) string) (out []Measure, hidden int) {
	for _, m := range list {
		closed := func(f Field, text string) string {
			if b.open(f) {
				return clean(text)
			}
			return ""
		}
		told := Measure{
			Text: clean(m.Text), Who: closed(FieldWho, m.Who), Frequency: closed(FieldFrequency, m.Frequency),
			Evidence: closed(FieldEvidence, m.Evidence), NotDone: closed(FieldNotDone, m.NotDone),
		}
		if b.public() {
			if found := told.sampling(); found != "" {
				b.add("withheld", i, FieldMeasure, false, found)
				hidden++
				continue
			}
		}
		told = Measure{
			Text: take(FieldMeasure, told.Text), Who: take(FieldWho, told.Who), Frequency: take(FieldFrequency, told.Frequency),
			Evidence: take(FieldEvidence, told.Evidence), NotDone: take(FieldNotDone, told.NotDone),
		}
		if told.Text != "" {
			out = append(out, told)
		}
	}
	return out, hidden
}
