package form

import (
	"fmt"
	"strings"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/notice"
	"qingfeng/bot/opinion"
	"qingfeng/bot/text"
)

// ReportData is what 《公示情况说明》 says. Nothing in it is a citizen's words or name.
type ReportData struct {
	Snapshot   notice.Snapshot
	URL        string    // of the notice's page
	Signed     time.Time // civil day below the unit's name; zero: a blank
	Placements []ReportPlacement
	Channels   []ReportChannel // those that were open, with how many came by each
	Opinions   []ReportOpinion // all of them; what came of them is counted from here
	Changes    []ReportChange
	Enclosed   []string // further 附件; the notice itself is always the first
}

// ReportPlacement is where the notice was to be seen.
type ReportPlacement struct {
	Kind  string // as handlers.Placement
	Place string
	On    time.Time
	Photo []byte // JPEG or PNG; nil: none
}

// ReportChannel is how many opinions came one way.
type ReportChannel struct {
	Channel opinion.Channel
	N       int
}

// ReportOpinion is one opinion by what it was about and what came of it. Of one that was
// merged State, Outcome and Reason are those of the opinion it went into.
type ReportOpinion struct {
	Point   int // number on the notice; 0: none in particular
	Kind    opinion.Kind
	State   opinion.State
	Outcome opinion.Outcome
	Reason  string // in the office's words
	Merged  bool
}

// fate is what came of an opinion, as it is counted: an Outcome, elsewhere or waiting.
type fate string

const (
	fateElsewhere fate = "elsewhere" // not in scope, or moved away
	fateWaiting   fate = "waiting"
)

func (o ReportOpinion) fate() fate {
	if o.State.Waits() {
		return fateWaiting // also one that was answered before and is asked again
	}
	if o.Outcome == "" {
		return fateElsewhere
	}
	return fate(o.Outcome)
}

// ReportChange is one point before and after.
type ReportChange struct {
	Point         int // number on the notice; 0: not on it
	Post          string
	Before, After string // several lines each
	Why           string
	On            time.Time // when it was decided
}

// NoticeReport is 《公示情况说明》 as docx, ready for the seal. What it counts must add up,
// else it is refused (DOMAIN.md R-F3).
func NoticeReport(d ReportData) ([]byte, error) {
	if !d.adds() {
		return nil, bot.Refuse(text.ReportBadTotals, "form: notice report: totals do not match")
	}
	var l official
	l.para(offTitle, d.Snapshot.Unit)
	l.para(offTitle, text.ReportTitle)
	l.gap()
	d.scope(&l)
	l.head(text.ReportDates)
	l.say(fmt.Sprintf(text.ReportDatesSay, snapshotDay(d.Snapshot.Start), snapshotDay(d.Snapshot.End), d.Snapshot.Days))
	if err := d.places(&l); err != nil {
		return nil, err
	}
	d.ways(&l)
	d.numbers(&l)
	d.outcomes(&l)
	d.changes(&l)
	d.end(&l)
	return l.docx(d.Snapshot.Unit + text.ReportTitle)
}

// adds reports whether as many opinions came by the channels as there are.
func (d ReportData) adds() bool {
	came := 0
	for _, c := range d.Channels {
		came += c.N
	}
	return came == len(d.Opinions)
}

// fates counts what came of the opinions.
func (d ReportData) fates() map[fate]int {
	n := map[fate]int{}
	for _, o := range d.Opinions {
		n[o.fate()]++
	}
	return n
}

// book is the notice by its name.
func (d ReportData) book() string {
	name := d.Snapshot.Title
	if name == "" {
		name = text.PosterTitle
	}
	return fmt.Sprintf(text.ReportBookName, name)
}

func (d ReportData) scope(l *official) {
	s := d.Snapshot
	sections, posts := map[string]bool{}, map[string]bool{}
	for _, q := range s.Points {
		sections[q.Section] = true
		posts[q.Section+"\n"+q.Post] = true
	}
	var open []string
	for _, f := range s.Open {
		open = append(open, text.ReportWords(string(f)))
	}
	l.head(text.ReportScope)
	l.say(fmt.Sprintf(text.ReportScopeSay, d.book(), s.Code, s.Version, len(s.Points), len(sections), len(posts), text.ReportWords(string(s.Audience)), strings.Join(open, text.ListComma)))
	if s.Change != "" {
		l.say(fmt.Sprintf(text.ReportScopeVer, ended(s.Change)))
	}
	if s.Hidden > 0 {
		l.say(fmt.Sprintf(text.ReportScopeHide, s.Hidden))
	}
}

// ended is a sentence with one full stop.
func ended(s string) string {
	return strings.TrimRight(oneLine(s), text.PosterFullStop) + text.PosterFullStop
}

func (d ReportData) places(l *official) error {
	l.head(text.ReportPlaces)
	if len(d.Placements) == 0 {
		l.say(text.ReportPlacesNone)
		return nil
	}
	l.say(fmt.Sprintf(text.ReportPlacesSay, len(d.Placements)))
	w := []int{14, 34, 58, 32, 18}
	t := tableBox{head: 1, rows: []rowBox{headRow(w, strings.Join([]string{text.ReportColNo, text.ReportColKind, text.ReportColPlace, text.ReportColOn, text.ReportColPhoto}, "|"))}}
	photos := 0
	for i, p := range d.Placements {
		see := text.ReportPhotoNone
		if p.Photo != nil {
			photos++
			see = fmt.Sprintf(text.ReportPhotoSee, photos)
		}
		t.rows = append(t.rows, rowBox{min: 9, cells: []cellBox{centerCell(w[0], fmt.Sprint(i+1)), centerCell(w[1], text.ReportPlaceKind(p.Kind)), bodyCell(w[2], oneLine(p.Place)), centerCell(w[3], chinaDate(p.On)), centerCell(w[4], see)}})
	}
	l.table(t)
	photos = 0
	for _, p := range d.Placements {
		if p.Photo == nil {
			continue
		}
		photos++
		if err := l.photo(p.Photo, fmt.Sprintf(text.ReportPhoto, photos, oneLine(p.Place), chinaDate(p.On))); err != nil {
			return err
		}
	}
	return nil
}

func (d ReportData) ways(l *official) {
	l.head(text.ReportWays)
	at := map[opinion.Channel]string{opinion.Web: d.URL, opinion.Phone: d.Snapshot.Contact.Phone, opinion.Visit: d.Snapshot.Contact.Address, opinion.Box: d.Snapshot.Contact.Box}
	var ways []string
	for _, c := range d.Channels {
		s := text.ReportChannelName(string(c.Channel))
		if at[c.Channel] != "" {
			s += fmt.Sprintf(text.PosterBrackets, oneLine(at[c.Channel]))
		}
		ways = append(ways, s)
	}
	if len(ways) == 0 {
		l.say(text.ReportWaysNone)
	} else {
		l.say(fmt.Sprintf(text.ReportWaysSay, strings.Join(ways, text.ListComma)))
	}
	if d.Snapshot.Promise > 0 {
		l.say(fmt.Sprintf(text.ReportWithin, d.Snapshot.Promise))
	}
}

func (d ReportData) numbers(l *official) {
	l.head(text.ReportNumbers)
	if len(d.Opinions) == 0 {
		l.say(text.ReportNoOpinion)
		return
	}
	l.say(fmt.Sprintf(text.ReportNumbersSay, len(d.Opinions)))
	w := []int{108, 48}
	t := tableBox{head: 1, rows: []rowBox{headRow(w, text.ReportColChannel+"|"+text.ReportColCount)}}
	for _, c := range d.Channels {
		t.rows = append(t.rows, rowBox{min: 8, cells: []cellBox{centerCell(w[0], text.ReportChannelName(string(c.Channel))), centerCell(w[1], fmt.Sprint(c.N))}})
	}
	t.rows = append(t.rows, rowBox{min: 8, cells: []cellBox{headCell(w[0], text.ReportColTotal), headCell(w[1], fmt.Sprint(len(d.Opinions)))}})
	l.table(t)
}

func (d ReportData) outcomes(l *official) {
	l.head(text.ReportOutcomes)
	if len(d.Opinions) == 0 {
		l.say(text.ReportOutcomeNo)
		return
	}
	n := d.fates()
	l.say(fmt.Sprintf(text.ReportOutcomeSay, n[fate(opinion.Adopted)], n[fate(opinion.Partly)], n[fate(opinion.Not)], n[fateElsewhere], n[fateWaiting]))
	w := []int{14, 34, 22, 32, 54}
	box := tableBox{head: 1, rows: []rowBox{headRow(w, strings.Join([]string{text.ReportColNo, text.ReportColAbout, text.ReportColType, text.ReportColOutcome, text.ReportColReason}, "|"))}}
	for i, o := range d.Opinions {
		about, kind, reason := text.ReportAboutAll, text.ReportKind(string(o.Kind)), ""
		if o.Point > 0 {
			about = fmt.Sprintf(text.ReportAboutPoint, o.Point)
		}
		came := text.ReportFate(string(o.fate()))
		switch {
		case o.fate() == fateElsewhere && o.State != opinion.NotInScope: // it may mean a person: nothing of it is told
			about, kind = text.ReportPhotoNone, text.ReportPhotoNone
		case o.fate() != fateWaiting:
			reason = oneLine(o.Reason)
		}
		if o.Merged {
			came += text.ReportMerged
		}
		box.rows = append(box.rows, rowBox{min: 9, cells: []cellBox{centerCell(w[0], fmt.Sprint(i+1)), centerCell(w[1], about), centerCell(w[2], kind), centerCell(w[3], came), bodyCell(w[4], reason)}})
	}
	l.table(box)
}

func (d ReportData) changes(l *official) {
	l.head(text.ReportChanges)
	if len(d.Changes) == 0 {
		l.say(text.ReportChangesNo)
		return
	}
	l.say(fmt.Sprintf(text.ReportChangesSay, len(d.Changes)))
	w := []int{14, 30, 44, 44, 24}
	t := tableBox{head: 1, rows: []rowBox{headRow(w, strings.Join([]string{text.ReportColNo, text.ReportColPost, text.ReportColBefore, text.ReportColAfter, text.ReportColWhy}, "|"))}}
	for i, c := range d.Changes {
		about := oneLine(c.Post)
		if c.Point > 0 {
			about = strings.TrimSpace(fmt.Sprintf(text.ReportAboutPoint, c.Point) + "\n" + about)
		}
		why := oneLine(c.Why)
		if !c.On.IsZero() {
			why += fmt.Sprintf(text.ReportDecided, chinaDate(c.On))
		}
		t.rows = append(t.rows, rowBox{min: 9, cells: []cellBox{centerCell(w[0], fmt.Sprint(i+1)), bodyCell(w[1], about), bodyCell(w[2], clean(c.Before)), bodyCell(w[3], clean(c.After)), bodyCell(w[4], why)}})
	}
	l.table(t)
}

// end is the conclusion, what is enclosed, and the place of the seal.
func (d ReportData) end(l *official) {
	l.head(text.ReportEnd)
	if all, waiting := len(d.Opinions), d.fates()[fateWaiting]; all == 0 {
		l.say(text.ReportEndNone)
	} else {
		l.say(fmt.Sprintf(text.ReportEndSome, all, all-waiting, len(d.Changes)))
		if waiting > 0 {
			l.say(fmt.Sprintf(text.ReportEndOpen, waiting))
		}
	}
	l.gap()
	// What is enclosed stands on the page of the seal: no seal on a page without words.
	l.stay(fmt.Sprintf(text.ReportEnclosed, 1, fmt.Sprintf(text.ReportEnclosedIt, d.book(), d.Snapshot.Code, d.Snapshot.Version)))
	for i, s := range d.Enclosed {
		l.stay(fmt.Sprintf(text.ReportEnclosed2, i+2, oneLine(s)))
	}
	l.seal(d.Snapshot.Unit, chinaDate(d.Signed))
	l.para(offNote, text.ReportNote)
}
