package handlers

import (
	"context"
	"slices"
	"time"

	"qingfeng/bot/convo"
	"qingfeng/bot/notice"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

// pubSource is what notices of a campaign are built from.
type pubSource struct {
	unit  risk.Unit
	pack  *risk.Pack
	rows  []NoticeRow
	names []string
	work  func(day time.Time) bool
}

func (d *Desk) pubSource(ctx context.Context, campaign int64) (s pubSource, err error) {
	if s.unit, err = d.Reg.Unit(ctx); err != nil {
		return s, err
	}
	if s.pack, _, err = d.pack(ctx, campaign); err != nil {
		return s, err
	}
	if s.rows, err = d.Publications.NoticeRows(ctx, campaign); err != nil {
		return s, err
	}
	cal, err := d.calendar(ctx)
	if err != nil {
		return s, err
	}
	s.work = cal.Worked
	s.names, err = d.everyName(ctx)
	return s, err
}

// everyName is the name of everybody of the roster, those who have left included where
// they are known.
func (d *Desk) everyName(ctx context.Context) (out []string, err error) {
	if d.Talks != nil {
		people, err := d.Talks.Everybody(ctx)
		for _, p := range people {
			out = append(out, p.Name)
		}
		return out, err
	}
	held, err := d.Reg.Holders(ctx, 0)
	for _, h := range held {
		out = append(out, h.Person.Name)
	}
	return out, err
}

// chosen are the rows of a draft, in the order of the roster.
func (s pubSource) chosen(x NoticeDraft) (out []NoticeRow) {
	for _, r := range s.rows {
		if (len(x.Sections) == 0 || slices.Contains(x.Sections, r.Section.ID)) && (len(x.Points) == 0 || slices.Contains(x.Points, r.Point.ID)) {
			out = append(out, r)
		}
	}
	return out
}

// row is a point as notice.Build takes it: in the pack's words, without factors, records
// or anything else that is nobody's business.
func (s pubSource) row(r NoticeRow) notice.Row {
	p := r.Point
	out := notice.Row{
		PointID: p.ID, Version: p.Version, Section: r.Section.Name, Post: p.Post.Name, Item: r.Item.Name, Node: p.Node.Name,
		Basis: r.Item.LegalBasis, Supervision: r.Item.Supervision, Category: s.pack.CategoryLabel(p.Category), Ethics: p.Category == risk.Ethics,
		Title: p.Title, Shapes: p.Manifestations, Level: s.pack.LevelLabel(levelOf(p)), Monitor: s.pack.MonitorLine(levelOf(p)), LintFree: len(p.Hints) == 0,
	}
	if len(r.Holders) == 1 {
		out.Holder = r.Holders[0]
	}
	for _, m := range p.Measures {
		out.Measures = append(out.Measures, notice.Measure{Text: m.Text, Who: m.Who, Frequency: m.Frequency, Evidence: m.Evidence, NotDone: m.NotDone})
	}
	return out
}

// build is a notice as it would be published, with what keeps it from that.
func (s pubSource) build(n PublicNotice, a notice.Audience) (notice.Snapshot, []notice.Problem) {
	in := notice.Input{
		Unit: s.unit.Name, Title: n.Title, Code: n.Code, Change: n.Change, Audience: a, Version: n.Version,
		Start: n.Start, Days: n.Draft.Days, Promise: n.Draft.Promise, Contact: n.Draft.Contact,
		Fields: n.Draft.Fields, Holders: n.Draft.Holders, Names: s.names,
		Guard: func(said string) bool { return risk.Guard(said) != nil }, Person: risk.NamedIn, Worked: s.work,
	}
	for _, r := range s.chosen(n.Draft) {
		in.Rows = append(in.Rows, s.row(r))
	}
	return notice.Build(in)
}

func (d *Desk) buildPublic(ctx context.Context, n PublicNotice) (notice.Snapshot, []notice.Problem, error) {
	s, err := d.pubSource(ctx, n.Campaign)
	if err != nil {
		return notice.Snapshot{}, nil, err
	}
	snapshot, problems := s.build(n, n.Audience)
	return snapshot, problems, nil
}

// PubPreview is a draft as one audience would read it.
type PubPreview struct {
	Audience notice.Audience
	Mine     bool // the draft's own
	Snapshot notice.Snapshot
	Blocked  int // problems that would keep it back
	Closed   []PubClosed
}

// PubClosed is a field that an audience does not get, and why.
type PubClosed struct {
	Field notice.Field
	Why   string
}

// PubSheet is a notice as its page shows it.
type PubSheet struct {
	PublicNotice
	Rows     []NoticeRow // what can be chosen
	Previews []PubPreview
	Problems []PubProblem
	Series   []PublicNotice // every version, the oldest first
	Places   []Placement
	Totals   FeedbackTotals
	Drafter  risk.Person
	Checker  risk.Person
	Checkers []risk.Person
	Ready    bool // keys
	Moved    bool // a point was revised since
	Office   bool
	Checks   bool // the reader may check it
	Own      bool // the reader drafted it
	Day      int  // working days that have begun
}

// PubProblem is a problem with the row it is about.
type PubProblem struct {
	notice.Problem
	Row *NoticeRow
}

// rowOf finds a register row by its point.
func rowOf(rows []NoticeRow, point int64) *NoticeRow {
	for i := range rows {
		if rows[i].Point.ID == point {
			return &rows[i]
		}
	}
	return nil
}

// pubBlocks are the problems that keep a notice back, a line each.
func pubBlocks(problems []notice.Problem) (out []string) {
	for _, p := range problems {
		if p.Blocks {
			out = append(out, p.Line)
		}
	}
	return out
}

// PublicSheet reads a notice for its page. What is or was open is for everybody of the
// unit; a draft for the office and those who check it. Denied says why not.
func (d *Desk) PublicSheet(ctx context.Context, t *convo.Turn, id int64) (s PubSheet, denied string, err error) {
	n, err := d.onePublic(ctx, id)
	if err != nil {
		return s, "", err
	}
	s.PublicNotice, s.Office, s.Checks, s.Own = n, t.Actor.Coordinator(), MayCheckPublic(t.Actor), t.Actor.Person == n.DraftedBy
	if !pubShown(n.State) && !s.Office && !s.Checks {
		return s, text.PubNotShown, d.Reg.Record(ctx, risk.Event{Actor: t.Actor.Person, Role: role(t.Actor), Action: "notice.read", Object: aboutPublic, ID: id, Result: "refused", Note: "not shown"})
	}
	cal, err := d.calendar(ctx)
	if err != nil {
		return s, "", err
	}
	s.Day = PubProgress(cal, n, t.Now)
	series, err := d.Publications.PublicNotices(ctx, NoticeFilter{Series: n.Series})
	if err != nil {
		return s, "", err
	}
	for _, x := range series {
		if pubShown(x.State) || s.Office || s.Checks {
			s.Series = append(s.Series, x)
		}
	}
	slices.SortFunc(s.Series, func(a, b PublicNotice) int { return a.Version - b.Version })
	if s.Places, err = d.Publications.Placements(ctx, id); err != nil {
		return s, "", err
	}
	if !s.Office && !s.Checks {
		return s, "", nil
	}
	return s, "", d.officeSheet(ctx, t, &s)
}

// officeSheet adds what the office and the checkers see besides.
func (d *Desk) officeSheet(ctx context.Context, t *convo.Turn, s *PubSheet) (err error) {
	n := s.PublicNotice
	if s.Ready, err = d.SealReady(ctx); err != nil {
		return err
	}
	if s.Totals, err = d.pubTotals(ctx, n); err != nil {
		return err
	}
	if s.Drafter, err = d.Reg.Person(ctx, n.DraftedBy); err != nil {
		return err
	}
	if n.CheckedBy != 0 {
		if s.Checker, err = d.Reg.Person(ctx, n.CheckedBy); err != nil {
			return err
		}
	}
	switch n.State {
	case notice.Drafting, notice.Returned:
		from, err := d.pubSource(ctx, n.Campaign)
		if err != nil {
			return err
		}
		s.preview(from)
		s.Checkers, err = d.PubCheckers(ctx, t.Actor.Person)
		return err
	case notice.Checking, notice.Open:
		s.Moved, err = d.pubMoved(ctx, n)
	default: // nothing can change it
	}
	return err
}

// preview shows a draft as every audience would read it, side by side.
func (s *PubSheet) preview(from pubSource) {
	n := s.PublicNotice
	s.Rows = from.rows
	for _, a := range notice.Audiences() {
		snapshot, problems := from.build(n, a)
		p := PubPreview{Audience: a, Mine: a == n.Audience, Snapshot: snapshot, Blocked: len(pubBlocks(problems))}
		mask := notice.NewMask(a)
		for _, f := range notice.Fields() {
			switch {
			case slices.Contains(snapshot.Open, f):
			case !mask.Allows(f):
				p.Closed = append(p.Closed, PubClosed{f, mask.Why(f)})
			case f == notice.FieldHolder:
				p.Closed = append(p.Closed, PubClosed{f, text.PubHolderClosed})
			default:
				p.Closed = append(p.Closed, PubClosed{f, text.PubChosenClosed})
			}
		}
		s.Previews = append(s.Previews, p)
		if p.Mine {
			for _, x := range problems {
				s.Problems = append(s.Problems, PubProblem{Problem: x, Row: rowOf(from.rows, x.Point)})
			}
		}
	}
}
