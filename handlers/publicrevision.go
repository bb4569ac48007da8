package handlers

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/notice"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

// Where a revision stands.
const (
	RevisionProposed = "proposed"
	RevisionApproved = "approved"
	RevisionRejected = "rejected"
)

// Limits of a revision.
const (
	revisionTitle    = 60  // characters
	revisionLine     = 300 // of one manifestation or measure
	revisionShapes   = 10
	revisionMeasures = 10
)

// RevisionDraft is what somebody wants a confirmed point to say. The level changes only
// by a meeting: Meeting names it, Held is its day.
type RevisionDraft struct {
	Version int // of the point that was read
	After   PointText
	Why     string
	Meeting string
	Held    time.Time
}

// RevisionSheet is a point with what it says and what has been proposed.
type RevisionSheet struct {
	Row      NoticeRow
	Pack     *risk.Pack
	Now      PointText
	Open     *Revision // proposed, waits for a second person
	Past     []Revision
	Proposes bool // the reader may propose
	Approves bool // the reader may decide on the open one
	Showing  []PublicNotice
}

// revisable finds a confirmed point with the campaign it belongs to.
func (d *Desk) revisable(ctx context.Context, point int64) (row NoticeRow, c risk.Campaign, err error) {
	if d.Publications == nil {
		return row, c, fmt.Errorf("point %d: %w", point, risk.ErrNone)
	}
	all, err := d.Reg.Campaigns(ctx)
	if err != nil {
		return row, c, err
	}
	slices.SortFunc(all, func(a, b risk.Campaign) int { return int(b.ID - a.ID) })
	for _, c := range all {
		rows, err := d.Publications.NoticeRows(ctx, c.ID)
		if err != nil {
			return row, c, err
		}
		if r := rowOf(rows, point); r != nil {
			return *r, c, nil
		}
	}
	return row, c, fmt.Errorf("point %d is not confirmed: %w", point, risk.ErrNone)
}

// mayPropose: the office, and the head of the point's section.
func (d *Desk) mayPropose(ctx context.Context, a bot.Actor, section int64) (bool, error) {
	if a.Coordinator() {
		return true, nil
	}
	return d.leads(ctx, a, bot.RoleSectionHead, section)
}

// mayApprove: the leader in charge of the section, the principal leader, the group's chair.
func (d *Desk) mayApprove(ctx context.Context, a bot.Actor, section int64) (bool, error) {
	if a.Has(bot.RolePrincipal, bot.RoleGroupChair) {
		return true, nil
	}
	return d.leads(ctx, a, bot.RoleLeaderInCharge, section)
}

func (d *Desk) leads(ctx context.Context, a bot.Actor, r bot.Role, section int64) (bool, error) {
	if a.Person == 0 || !a.Has(r) {
		return false, nil
	}
	mine, err := d.Reg.SectionsOf(ctx, a.Person, r)
	return slices.ContainsFunc(mine, func(s risk.Section) bool { return s.ID == section }), err
}

func pointText(p risk.Point) PointText {
	return PointText{Title: p.Title, Manifestations: p.Manifestations, Category: p.Category, Level: levelOf(p), Measures: p.Measures}
}

// RevisionSheet reads a confirmed point for its page; denied says why somebody may not.
func (d *Desk) RevisionSheet(ctx context.Context, t *convo.Turn, point int64) (s RevisionSheet, denied string, err error) {
	row, c, err := d.revisable(ctx, point)
	if err != nil {
		return s, "", err
	}
	s.Row, s.Now = row, pointText(row.Point)
	if s.Proposes, err = d.mayPropose(ctx, t.Actor, row.Section.ID); err != nil {
		return s, "", err
	}
	may, err := d.mayApprove(ctx, t.Actor, row.Section.ID)
	if err != nil {
		return s, "", err
	}
	if !s.Proposes && !may && !t.Actor.Has(bot.RoleDiscipline) {
		return s, text.RevNotYours, d.Reg.Record(ctx, risk.Event{Actor: t.Actor.Person, Role: role(t.Actor), Action: "revision.read", Object: "point", ID: point, Result: "refused", Note: "role"})
	}
	if s.Pack, _, err = d.pack(ctx, c.ID); err != nil {
		return s, "", err
	}
	all, err := d.Publications.Revisions(ctx, c.ID)
	if err != nil {
		return s, "", err
	}
	for i, r := range all {
		switch {
		case r.Point != point:
		case r.State == RevisionProposed:
			s.Open, s.Approves = &all[i], may && r.ProposedBy != t.Actor.Person
		default:
			s.Past = append(s.Past, r)
		}
	}
	s.Showing, err = d.showing(ctx, point)
	return s, "", err
}

// showing are the open notices that show a point.
func (d *Desk) showing(ctx context.Context, point int64) (out []PublicNotice, err error) {
	open, err := d.pubOpen(ctx)
	for _, n := range open {
		if slices.ContainsFunc(n.Points, func(p NoticePoint) bool { return p.Point == point }) {
			out = append(out, n)
		}
	}
	return out, err
}

// ProposeRevision proposes a confirmed point's next version; nothing changes until another
// person approves it.
func (d *Desk) ProposeRevision(ctx context.Context, t *convo.Turn, point int64, in RevisionDraft) (ok bool, err error) {
	const action = "revision.propose"
	row, c, err := d.revisable(ctx, point)
	if err != nil {
		return false, err
	}
	no := func(code, say string) (bool, error) {
		return false, d.refuse(ctx, t, action, "point", point, code, say)
	}
	may, err := d.mayPropose(ctx, t.Actor, row.Section.ID)
	if err != nil {
		return false, err
	}
	p, _, err := d.pack(ctx, c.ID)
	if err != nil {
		return false, err
	}
	in.After = cleanPoint(in.After)
	before := pointText(row.Point)
	switch {
	case !may:
		return no("role", text.RevNotYours)
	case in.Version != row.Point.Version:
		return no("changed", text.RevChanged)
	}
	if code, say := checkRevision(p, row.Point, before, in, t.Now); code != "" {
		return no(code, say)
	}
	r := Revision{
		Point: point, Version: row.Point.Version + 1, Before: before, After: in.After, Why: strings.TrimSpace(in.Why), State: RevisionProposed,
		ProposedBy: t.Actor.Person, ProposedOn: bot.Civil(t.Now), Section: row.Section.Name, Post: row.Point.Post.Name,
	}
	if in.After.Level != before.Level {
		r.Meeting = fmt.Sprintf(text.RevMeeting, strings.TrimSpace(in.Meeting), dayYear(in.Held))
	}
	asked, err := d.revisionApprovers(ctx, row.Section.ID, t.Actor.Person)
	if err != nil {
		return false, err
	}
	if len(asked) == 0 {
		return no("no approver", text.RevNobody)
	}
	switch err := d.Publications.ProposeRevision(ctx, &r); {
	case errors.Is(err, risk.ErrChanged):
		return false, errors.Join(bot.Refuse(text.RevTwice, action+": another is open"), err)
	case err != nil:
		return false, err
	}
	t.Send(bot.Reply{To: asked[0].UserID, Lane: bot.LaneNotice, Card: d.revisionCard(r), Once: fmt.Sprintf("revision:%d", r.ID)})
	t.Say(fmt.Sprintf(text.RevSent, asked[0].Name))
	return true, d.record(ctx, t, action, aboutRevision, r.ID, r.Version)
}

func dayYear(on time.Time) string { return bot.Local(on).Format(text.TalkDay) }

// cleanPoint takes out what is empty.
func cleanPoint(x PointText) PointText {
	line := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	out := PointText{Title: line(x.Title), Category: x.Category, Level: x.Level}
	for _, m := range x.Manifestations {
		if m = line(m); m != "" {
			out.Manifestations = append(out.Manifestations, m)
		}
	}
	for _, m := range x.Measures {
		m = risk.Measure{Text: line(m.Text), Who: line(m.Who), Frequency: line(m.Frequency), Evidence: line(m.Evidence), NotDone: line(m.NotDone)}
		if m != (risk.Measure{}) {
			out.Measures = append(out.Measures, m)
		}
	}
	return out
}

// checkRevision says what is wrong with a proposal: a code and a line.
func checkRevision(p *risk.Pack, was risk.Point, before PointText, in RevisionDraft, now time.Time) (code, say string) {
	after := in.After
	long := func(s string) bool { return utf8.RuneCountInString(s) > revisionLine }
	next := was
	next.Title, next.Manifestations, next.Category, next.Measures = after.Title, after.Manifestations, after.Category, after.Measures
	_, known := p.Category(after.Category)
	switch why := utf8.RuneCountInString(strings.TrimSpace(in.Why)); {
	case after.Title == "" || utf8.RuneCountInString(after.Title) > revisionTitle:
		return "title", fmt.Sprintf(text.RevTitleAgain, revisionTitle)
	case len(after.Manifestations) == 0 || len(after.Manifestations) > revisionShapes || slices.ContainsFunc(after.Manifestations, long):
		return "manifestations", fmt.Sprintf(text.RevShapesAgain, revisionShapes, revisionLine)
	case !known || !slices.Contains([]risk.Level{risk.L1, risk.L2, risk.L3}, after.Level):
		return "choice", text.RevChoiceAgain
	case len(after.Measures) > revisionMeasures || slices.ContainsFunc(after.Measures, func(m risk.Measure) bool {
		return m.Text == "" || long(m.Text) || long(m.Who) || long(m.Frequency) || long(m.Evidence) || long(m.NotDone)
	}):
		return "measures", fmt.Sprintf(text.RevMeasuresAgain, revisionMeasures, revisionLine)
	case p.Lacks(next) == risk.LackMeasure:
		return "lacks measure", text.RevLacks
	case reflect.DeepEqual(cleanPoint(before), after):
		return "same", text.RevSame
	case why < 4 || why > pubWordsMost:
		return "why", fmt.Sprintf(text.RevWhyAgain, pubWordsMost)
	case after.Level != before.Level && (utf8.RuneCountInString(strings.TrimSpace(in.Meeting)) < 2 || in.Held.IsZero() || bot.Civil(in.Held).After(bot.Civil(now))):
		return "meeting", text.RevMeetingAgain
	}
	return "", ""
}

// revisionApprovers are the people who may approve, the first one to be asked first.
func (d *Desk) revisionApprovers(ctx context.Context, section, proposer int64) (out []risk.Person, err error) {
	for _, ask := range []struct {
		role    bot.Role
		section int64
	}{{bot.RoleLeaderInCharge, section}, {bot.RolePrincipal, 0}, {bot.RoleGroupChair, 0}} {
		list, err := d.Reg.RoleHolders(ctx, ask.role, ask.section)
		if err != nil {
			return nil, err
		}
		for _, p := range list {
			if p.ID != proposer && p.Active && p.UserID != "" && !slices.ContainsFunc(out, func(x risk.Person) bool { return x.ID == p.ID }) {
				out = append(out, p)
			}
		}
	}
	return out, nil
}

// revisionCard asks for a decision. What the point says stands on the page alone.
func (d *Desk) revisionCard(r Revision) *bot.Card {
	level := text.RevLevelSame
	if r.Before.Level != r.After.Level {
		level = text.RevLevelNew
	}
	return &bot.Card{
		Title: text.RevCardTitle, Desc: text.Clip(r.Section+" · "+r.Post, 44), Body: text.RevCardBody,
		Facts: []bot.Fact{{Key: text.RevFactVersion, Value: fmt.Sprintf(text.RevVersion, r.Version)}, {Key: text.RevFactLevel, Value: level}},
		Buttons: []bot.Option{
			{Text: text.PubSee, URL: d.Pages.Revise(r.Point)},
			{Text: text.RevApprove, Key: "revision.approve", Say: text.Words(text.WordsPass)},
			{Text: text.RevReject, Key: "revision.reject", Say: text.Words(text.WordsReturn), Minor: true},
		},
		About: bot.About{Kind: aboutRevision, ID: r.ID, Version: r.Version},
	}
}

// DecideRevision approves or rejects a proposal. The proposer cannot.
func (d *Desk) DecideRevision(ctx context.Context, t *convo.Turn, id int64, approve bool) (bool, error) {
	action := "revision.approve"
	if !approve {
		action = "revision.reject"
	}
	if d.Publications == nil {
		return false, fmt.Errorf("revision %d: %w", id, risk.ErrNone)
	}
	r, err := d.Publications.Revision(ctx, id)
	if err != nil {
		return false, err
	}
	no := func(code, say string) (bool, error) {
		return false, d.refuse(ctx, t, action, aboutRevision, id, code, say)
	}
	row, c, err := d.revisable(ctx, r.Point)
	if err != nil {
		return false, err
	}
	may, err := d.mayApprove(ctx, t.Actor, row.Section.ID)
	switch {
	case err != nil:
		return false, err
	case t.Actor.Person == r.ProposedBy:
		return no("own proposal", text.RevOwn)
	case !may:
		return no("role", text.RevApproverOnly)
	case r.State != RevisionProposed:
		return no("in "+r.State, text.RevDecided)
	case approve && r.Version != row.Point.Version+1:
		return no("changed", text.RevChanged)
	}
	won, err := d.Publications.DecideRevision(ctx, id, approve, t.Actor.Person, bot.Civil(t.Now))
	if err != nil {
		return false, err
	}
	if !won {
		return no("decided", text.RevDecided)
	}
	t.Supersede(bot.About{Kind: aboutRevision, ID: id}, text.RevCardDone)
	say := fmt.Sprintf(text.RevApproved, r.Section, r.Post, r.Version)
	if !approve {
		say = fmt.Sprintf(text.RevRejected, r.Section, r.Post)
	}
	t.Say(say)
	if err := d.record(ctx, t, action, aboutRevision, id, r.Version); err != nil {
		return false, err
	}
	proposer, err := d.Reg.Person(ctx, r.ProposedBy)
	if err != nil {
		return false, err
	}
	if proposer.Active && proposer.UserID != "" {
		t.Send(bot.Reply{To: proposer.UserID, Lane: bot.LaneNotice, Text: say + "\n" + d.Pages.Revise(r.Point), Once: fmt.Sprintf("revision:%d:%s", id, action)})
	}
	if !approve {
		return true, nil
	}
	return true, d.offerCorrection(ctx, t, r, c)
}

// offerCorrection tells the office of every open notice that still shows the former text.
func (d *Desk) offerCorrection(ctx context.Context, t *convo.Turn, r Revision, c risk.Campaign) error {
	open, err := d.Publications.PublicNotices(ctx, NoticeFilter{Campaign: c.ID, States: []notice.State{notice.Open}})
	if err != nil {
		return err
	}
	for _, n := range open {
		if !slices.ContainsFunc(n.Points, func(p NoticePoint) bool { return p.Point == r.Point }) {
			continue
		}
		say := fmt.Sprintf(text.RevCorrect, r.Section, r.Post, n.Title, d.Pages.PublicNotice(n.ID))
		if err := d.tellOffice(ctx, t, say, fmt.Sprintf("revision:%d:notice:%d", r.ID, n.ID)); err != nil {
			return err
		}
	}
	return nil
}

func (d *Desk) pressRevision(approve bool) convo.Handler {
	return func(ctx context.Context, t *convo.Turn) error {
		_, err := d.DecideRevision(ctx, t, t.About.ID, approve)
		return err
	}
}

// RevisionList are the confirmed points somebody may revise, in the order of the roster.
func (d *Desk) RevisionList(ctx context.Context, a bot.Actor) (rows []NoticeRow, err error) {
	c, err := d.pubCampaign(ctx)
	if err != nil || c.ID == 0 || d.Publications == nil {
		return nil, err
	}
	all, err := d.Publications.NoticeRows(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	may := map[int64]bool{}
	for _, r := range all {
		ok, asked := may[r.Section.ID]
		if !asked {
			for _, f := range []func(context.Context, bot.Actor, int64) (bool, error){d.mayPropose, d.mayApprove} {
				yes, err := f(ctx, a, r.Section.ID)
				if err != nil {
					return nil, err
				}
				ok = ok || yes
			}
			may[r.Section.ID] = ok
		}
		if ok {
			rows = append(rows, r)
		}
	}
	return rows, nil
}
