package handlers

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

// Kinds of meetings.
const (
	meetingMutual  = "mutual"
	meetingLeaders = "leaders"
	meetingGrading = "grading"
)

// enterMutual puts a form before the colleagues: in a section that meets, it waits for
// the meeting; else the colleagues are asked one by one. False: nobody has to look (a
// section of one is left to its first reviewer).
func (d *Desk) enterMutual(ctx context.Context, t *convo.Turn, k docket) (waits bool, err error) {
	people, err := d.colleagues(ctx, k.Post.SectionID)
	if err != nil {
		return false, err
	}
	way := k.pack.MutualFor(len(people))
	if k.step().By == risk.ByMeeting {
		way = risk.MutualMeeting
	}
	switch way {
	case risk.MutualHead:
		return false, d.record(ctx, t, "mutual.left_to_head", "selfcheck", k.ID, k.Version)
	case risk.MutualOther:
		return d.askPeers(ctx, t, k, people, 1)
	case risk.MutualAssigned:
		return d.askPeers(ctx, t, k, people, k.pack.Mutual.Peers)
	case risk.MutualMeeting:
	}
	if err := d.store(ctx, k); err != nil {
		return false, err
	}
	s, err := d.mutualOf(ctx, t, k.Post.SectionID)
	if err != nil {
		return false, err
	}
	if len(s.missing) > 0 || s.convener.ID == 0 {
		return true, nil
	}
	return true, d.convene(ctx, t, s, s.convener.UserID, fmt.Sprintf("convene:%d:%d:%d", s.campaign.ID, s.section.ID, k.ID))
}

// mutual is where a section's mutual check stands.
type mutual struct {
	campaign risk.Campaign
	section  risk.Section
	convener risk.Person
	waiting  []docket         // before the meeting
	missing  []risk.SelfCheck // not yet handed in
}

func (d *Desk) mutualOf(ctx context.Context, t *convo.Turn, section int64) (mutual, error) {
	m := mutual{}
	var err error
	if m.section, err = d.Reg.Section(ctx, section); err != nil {
		return m, err
	}
	var running bool
	if m.campaign, running, err = d.Reg.Campaign(ctx); err != nil || !running {
		return m, err
	}
	checks, err := d.Reg.Checks(ctx, risk.CheckFilter{Campaign: m.campaign.ID, Section: section})
	if err != nil {
		return m, err
	}
	for i := range checks {
		c := &checks[i]
		switch {
		case c.Offline:
		case c.State == risk.CheckMutual:
			k, err := d.docketOf(ctx, c)
			if err != nil {
				return m, err
			}
			m.waiting = append(m.waiting, k)
		case c.State == risk.CheckDraft || c.State == risk.CheckSubmitted:
			// A form whose chain has no mutual check (the principal's own) is not waited for.
			k, err := d.docketOf(ctx, c)
			if err != nil {
				return m, err
			}
			if k.chain.Index(risk.StepMutual) >= 0 && k.StepNo <= k.chain.Index(risk.StepMutual) {
				m.missing = append(m.missing, *c)
			}
		}
	}
	if len(m.waiting) == 0 {
		return m, nil
	}
	m.convener, err = d.convenerOf(ctx, t, m.waiting[0])
	return m, err
}

// convenerOf is who convenes the mutual check a form waits for.
func (d *Desk) convenerOf(ctx context.Context, t *convo.Turn, k docket) (risk.Person, error) {
	org, err := d.org(ctx, t, k, k.step(), nil)
	if err != nil {
		return risk.Person{}, err
	}
	org.Owner = 0 // the head convenes although their own form may be in it
	who, _, err := risk.Assign(k.step(), org)
	if err != nil || who.Person == 0 {
		return risk.Person{}, nil
	}
	return d.Reg.Person(ctx, who.Person)
}

// convene sends the card that a section may meet, with who is still missing.
func (d *Desk) convene(ctx context.Context, t *convo.Turn, s mutual, to bot.UserID, once string) error {
	about := bot.About{Kind: aboutMutual, ID: s.section.ID}
	in := bot.Fact{Key: text.MutualHandedIn, Value: text.MutualAll}
	if n := len(s.missing); n > 0 {
		in = bot.Fact{Key: text.MutualMissing, Value: text.Clip(s.missing[0].Person.Name, 20)}
		if n > 1 {
			in.Value = fmt.Sprintf(text.MutualMissingSome, in.Value, n)
		}
	}
	card := bot.Card{
		Title: text.MutualReady, Desc: text.Clip(fmt.Sprintf(text.MutualReadyDesc, s.section.Name, len(s.waiting)), 44),
		Facts:   []bot.Fact{in},
		Buttons: []bot.Option{{Text: text.MutualOpen, URL: d.Pages.Mutual(s.section.ID)}, {Text: text.MutualAssign, Key: key("mutual.assign", s.section.ID), Minor: true}},
		About:   about,
	}
	t.Supersede(about, text.CardVoid)
	t.Send(bot.Reply{To: to, Lane: bot.LaneNotice, Card: &card, Once: once})
	return d.record(ctx, t, "mutual.convene", aboutMutual, s.section.ID, 0)
}

// mutualTodo are the sections whose mutual check waits for this person.
func (d *Desk) mutualTodo(ctx context.Context, t *convo.Turn) ([]mutual, error) {
	c, running, err := d.Reg.Campaign(ctx)
	if err != nil || !running {
		return nil, err
	}
	before, err := d.Reg.Checks(ctx, risk.CheckFilter{Campaign: c.ID, States: []risk.CheckState{risk.CheckMutual}, Heads: true})
	if err != nil {
		return nil, err
	}
	var out []mutual
	asked := map[int64]bool{}
	for i := range before {
		check := &before[i]
		if check.Offline || asked[check.Post.SectionID] {
			continue
		}
		asked[check.Post.SectionID] = true
		k, err := d.docketOf(ctx, check)
		if err != nil {
			return nil, err
		}
		if who, err := d.convenerOf(ctx, t, k); err != nil {
			return nil, err
		} else if who.ID != t.Actor.Person {
			continue
		}
		m, err := d.mutualOf(ctx, t, check.Post.SectionID)
		if err != nil {
			return nil, err
		}
		if m.convener.ID == t.Actor.Person && slices.ContainsFunc(m.waiting, func(k docket) bool { return d.meets(ctx, k) }) {
			out = append(out, m)
		}
	}
	return out, nil
}

// conveneMine gives a person the cards of the sections that they may convene.
func (d *Desk) conveneMine(ctx context.Context, t *convo.Turn) (int, error) {
	sections, err := d.mutualTodo(ctx, t)
	if err != nil {
		return 0, err
	}
	for _, s := range sections {
		if err := d.convene(ctx, t, s, t.Actor.UserID, ""); err != nil {
			return 0, err
		}
	}
	return len(sections), nil
}

// meets reports whether a form waits for a meeting rather than for single colleagues.
func (d *Desk) meets(ctx context.Context, k docket) bool {
	open, err := d.openReviews(ctx, k.ID)
	return err == nil && len(open) == 0
}

// StartMutual is 互查: the head starts the mutual check, whoever may still be missing.
func (d *Desk) StartMutual(ctx context.Context, t *convo.Turn) error {
	sections, err := d.conveneMine(ctx, t)
	if err != nil {
		return err
	}
	if sections > 0 {
		return nil
	}
	peers, err := d.Reg.Reviews(ctx, risk.ReviewFilter{Assignee: t.Actor.Person, Step: risk.StepMutual, Open: true})
	if err != nil {
		return err
	}
	if len(peers) > 0 {
		return d.Todo(ctx, t)
	}
	return d.refuse(ctx, t, "mutual.convene", aboutMutual, 0, "nothing", text.MutualNothing)
}

// MutualSheet is what the page of a section's mutual check shows. Denied as in ReviewSheet.
type MutualSheet struct {
	Denied   string
	Campaign risk.Campaign
	Section  risk.Section
	People   []risk.Person // for the attendance
	Missing  []string      // names of who has not handed in
	Checks   []risk.SelfCheck
	Pack     *risk.Pack
	Convener bool // the reader may close the check
}

// MutualSheet reads the rows of all members. The convener sees every row; a member of
// the section sees the texts of their own form only, of others' the steps and levels.
func (d *Desk) MutualSheet(ctx context.Context, t *convo.Turn, section int64) (MutualSheet, error) {
	m, err := d.mutualOf(ctx, t, section)
	if err != nil {
		return MutualSheet{}, err
	}
	people, err := d.colleagues(ctx, section)
	if err != nil {
		return MutualSheet{}, err
	}
	s := MutualSheet{Campaign: m.campaign, Section: m.section, People: people, Convener: m.convener.ID != 0 && m.convener.ID == t.Actor.Person}
	if !s.Convener && !slices.ContainsFunc(people, func(p risk.Person) bool { return p.ID == t.Actor.Person }) {
		return MutualSheet{Denied: text.ReviewNotYours}, d.Reg.Record(ctx, risk.Event{Actor: t.Actor.Person, Role: role(t.Actor), Action: "mutual.read", Object: aboutMutual, ID: section, Result: "refused", Note: "not a member"})
	}
	for _, c := range m.missing {
		s.Missing = append(s.Missing, c.Person.Name)
	}
	for _, k := range m.waiting {
		s.Pack = k.pack
		c := *k.SelfCheck
		c.Points = k.rows()
		if !s.Convener && c.Person.ID != t.Actor.Person {
			c.Points = hideTexts(c.Points)
			c.ZeroReason = ""
		}
		s.Checks = append(s.Checks, c)
	}
	return s, d.record(ctx, t, "mutual.read", aboutMutual, section, 0)
}

// hideTexts leaves of rows what everybody may see: number, step, category and level.
func hideTexts(rows []risk.Point) []risk.Point {
	out := make([]risk.Point, len(rows))
	for i, p := range rows {
		out[i] = risk.Point{ID: p.ID, CheckID: p.CheckID, No: p.No, Node: p.Node, Category: p.Category, Suggested: p.Suggested}
	}
	return out
}

// Addition is a point that the mutual check proposes to a form.
type Addition struct {
	CheckID int64
	Text    string
}

// CloseMutual records a section's mutual check: date, attendance, remarks by row and
// proposed points. The forms go on to their first review; what was proposed goes to the
// owners, who decide.
func (d *Desk) CloseMutual(ctx context.Context, t *convo.Turn, section int64, heldOn time.Time, attendees []string, marks map[int64]string, additions []Addition) (bool, error) {
	m, err := d.mutualOf(ctx, t, section)
	if err != nil {
		return false, err
	}
	no := func(code, say string) (bool, error) {
		return false, d.refuse(ctx, t, "mutual.close", aboutMutual, section, code, say)
	}
	attendees = slices.DeleteFunc(slices.Clone(attendees), func(name string) bool { return strings.TrimSpace(name) == "" })
	switch {
	case len(m.waiting) == 0:
		return no("nothing", text.MutualNothing)
	case m.convener.ID != t.Actor.Person:
		return no("not convener", text.MutualNotHead)
	case heldOn.IsZero() || bot.Civil(heldOn).After(bot.Civil(t.Now)):
		return no("bad date", text.MutualNoDate)
	case len(attendees) < 2:
		return no("nobody", text.MutualNoPeople)
	}
	for id := range marks {
		if !slices.ContainsFunc(m.waiting, func(k docket) bool { return k.at(id) != nil }) {
			return no("unknown row", text.MutualBadRow)
		}
	}
	for _, a := range additions {
		if !slices.ContainsFunc(m.waiting, func(k docket) bool { return k.ID == a.CheckID }) {
			return no("unknown form", text.MutualBadRow)
		}
		if len([]rune(a.Text)) < proposalMin {
			return no("short", text.PointShort)
		}
		if say := guarded(a.Text); say != "" {
			return no("guard", say)
		}
	}
	meeting := risk.Meeting{
		Campaign: m.campaign.ID, Section: section, Kind: meetingMutual, HeldOn: bot.Civil(heldOn), Chair: m.convener.Name,
		Attendees: attendees, By: t.Actor.Person,
		Decisions: []string{fmt.Sprintf(text.MutualDecision, len(m.waiting), len(marks), len(additions))},
	}
	if err := d.Reg.SaveMeeting(ctx, &meeting); err != nil {
		return false, err
	}
	if err := d.record(ctx, t, "mutual.close", "meeting", meeting.ID, 0); err != nil {
		return false, err
	}
	t.Supersede(bot.About{Kind: aboutMutual, ID: section}, text.CardMutualDone)
	for _, k := range m.waiting {
		for i := range k.Points {
			if note := strings.TrimSpace(marks[k.Points[i].ID]); note != "" {
				k.Points[i].VerdictWhy = fmt.Sprintf(text.MutualNote, note)
			}
		}
		if _, err := d.void(ctx, t, k.ID, text.MutualPeerLate); err != nil {
			return false, err
		}
		if err := d.advance(ctx, t, k, risk.MoveMutualDone, false); err != nil {
			return false, err
		}
	}
	for _, a := range additions {
		if err := d.propose(ctx, t, a.CheckID, a.Text, risk.MethodPeer); err != nil {
			return false, err
		}
	}
	t.Say(fmt.Sprintf(text.MutualDone, day(heldOn), len(attendees), len(m.waiting)))
	return true, nil
}
