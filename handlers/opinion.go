package handlers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/notice"
	"qingfeng/bot/opinion"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

// What audit events of the two desks are about. They carry the day alone.
const (
	aboutOpinion = "opinion"
	aboutTip     = "tip"
	aboutRing    = "ring"
)

// MayHandleOpinions: the office, and nobody else, opens and answers opinions.
func MayHandleOpinions(a bot.Actor) bool { return a.Coordinator() }

// MayCountOpinions: leaders and the discipline office see how many there are and what
// came of them, without a word of them (DOMAIN.md §2.4; reading takes a passphrase).
func MayCountOpinions(a bot.Actor) bool {
	return a.Coordinator() || a.Has(bot.RoleLeaderInCharge, bot.RolePrincipal, bot.RoleGroupChair, bot.RoleDiscipline, bot.RoleDiscAuthority)
}

// MayReadTips: the discipline office alone; somebody who also works for the coordinating
// office is not let in, for a clue may be about that office.
func MayReadTips(a bot.Actor) bool { return a.Has(bot.RoleDiscipline) && !a.Coordinator() }

// openStates are those in which the desk still owes an answer.
func openStates() []opinion.State {
	return []opinion.State{opinion.Received, opinion.Triaged, opinion.Accepted, opinion.Answering}
}

// OpinionLine is one opinion without a word of it.
type OpinionLine struct {
	Feedback        // what is sealed is taken out
	No       string // how the desk calls it
	Title    string // of the notice
	Where    string // the point it is about
	Late     bool   // the promised day has passed
	Soon     bool   // it is within two working days
	Owed     bool   // an answer is owed
	Asked    string // the section whose view was asked for
	Viewed   bool   // that view is here
	Into     string // what it was merged into
	Children int    // merged into this one
}

// Slip is true for an opinion that has a receipt.
func (l OpinionLine) Slip() bool { return l.AnswerTo != "" }

// OpinionNo is how the desk calls an opinion: the end of its random id.
func OpinionNo(id int64) string { return fmt.Sprintf("%03d-%03d", id/1000%1000, id%1000) }

// OpinionList is the desk before it is opened.
type OpinionList struct {
	Handles  bool
	Ring     RingFacts
	Open     []OpinionLine // the most urgent first
	Done     []OpinionLine
	Received int
	Late     int
	Outcomes map[opinion.Outcome]int
	Changes  []OpinionChange
	Purges   []PurgeDay
}

// OpinionChange is a revision of a point that an opinion led to (因您而改).
type OpinionChange struct {
	Where, Before, After, Why string
	On                        time.Time
	Approved                  bool
}

// PurgeDay is a day on which words are deleted.
type PurgeDay struct {
	On time.Time
	N  int
}

// purgeAhead is how many days before they are deleted words are spoken of.
const purgeAhead = 30

// OpinionList is what somebody may see of the opinions without a passphrase.
func (d *Desk) OpinionList(ctx context.Context, a bot.Actor, now time.Time) (l OpinionList, err error) {
	if err := d.mayCount(a); err != nil {
		return l, err
	}
	l.Handles, l.Outcomes = MayHandleOpinions(a), map[opinion.Outcome]int{}
	if l.Ring, err = d.ringFacts(ctx, opinion.Office); err != nil {
		return l, err
	}
	lines, err := d.opinionLines(ctx, now)
	if err != nil {
		return l, err
	}
	if lines, err = d.ownOpinions(ctx, a, lines); err != nil {
		return l, err
	}
	today := bot.Civil(now)
	purges := map[time.Time]int{}
	for _, x := range lines {
		hasWords := x.Body != nil
		x.Body, x.Image, x.Answer, x.Brief, x.View, x.Lines = nil, nil, nil, nil, nil, nil
		l.Received++
		if x.Late {
			l.Late++
		}
		if x.Outcome != "" {
			l.Outcomes[x.Outcome]++
		}
		if on := bot.Civil(x.PurgeOn); hasWords && !on.After(today.AddDate(0, 0, purgeAhead)) {
			purges[on]++
		}
		if x.Owed {
			l.Open = append(l.Open, x)
		} else {
			l.Done = append(l.Done, x)
		}
	}
	l.Purges = purgeDays(purges)
	l.Changes, err = d.opinionChanges(ctx, lines)
	return l, err
}

func (d *Desk) mayCount(a bot.Actor) error {
	if d.Opinions == nil {
		return fmt.Errorf("opinions: %w", risk.ErrNone)
	}
	if !MayCountOpinions(a) {
		return bot.Refuse(text.OpinionsNotYours, "opinion.list: role")
	}
	return nil
}

func purgeDays(n map[time.Time]int) (out []PurgeDay) {
	for on, n := range n {
		out = append(out, PurgeDay{on, n})
	}
	slices.SortFunc(out, func(a, b PurgeDay) int { return a.On.Compare(b.On) })
	return out
}

// opinionLines are all opinions with where they stand: what is owed first, by its day.
func (d *Desk) opinionLines(ctx context.Context, now time.Time) ([]OpinionLine, error) {
	all, err := d.Opinions.Feedbacks(ctx, FeedbackFilter{})
	if err != nil {
		return nil, fmt.Errorf("opinions: %w", err)
	}
	notices, err := d.opinionNotices(ctx)
	if err != nil {
		return nil, err
	}
	cal, err := d.calendar(ctx)
	if err != nil {
		return nil, err
	}
	sections, err := d.Reg.Sections(ctx)
	if err != nil {
		return nil, err
	}
	today := bot.Civil(now)
	children := map[int64]int{}
	for _, f := range all {
		if f.MergedInto != 0 {
			children[f.MergedInto]++
		}
	}
	out := make([]OpinionLine, len(all))
	for i, f := range all {
		due := bot.Civil(f.DueOn)
		l := OpinionLine{Feedback: f, No: OpinionNo(f.ID), Owed: slices.Contains(openStates(), f.State), Viewed: f.View != nil, Children: children[f.ID]}
		l.Late = l.Owed && due.Before(today)
		l.Soon = l.Owed && !l.Late && !due.After(cal.Add(today, dueAhead))
		l.Title, l.Where = opinionPlace(notices, f)
		if f.MergedInto != 0 {
			l.Into = OpinionNo(f.MergedInto)
		}
		if i := slices.IndexFunc(sections, func(s risk.Section) bool { return s.ID == f.Section }); f.Section != 0 && i >= 0 {
			l.Asked = sections[i].Name
		}
		out[i] = l
	}
	slices.SortFunc(out, func(a, b OpinionLine) int {
		if a.Owed != b.Owed {
			if a.Owed {
				return -1
			}
			return 1
		}
		if a.Owed {
			if c := a.DueOn.Compare(b.DueOn); c != 0 {
				return c
			}
		} else if c := b.ReceivedOn.Compare(a.ReceivedOn); c != 0 {
			return c
		}
		return int((a.ID - b.ID) % 2) // ids are random: any order will do, the same each time
	})
	return out, nil
}

// opinionNotices are the notices by id.
func (d *Desk) opinionNotices(ctx context.Context) (map[int64]PublicNotice, error) {
	out := map[int64]PublicNotice{}
	if d.Publications == nil {
		return out, nil
	}
	all, err := d.Publications.PublicNotices(ctx, NoticeFilter{})
	if err != nil {
		return nil, fmt.Errorf("opinions: notices: %w", err)
	}
	for _, n := range all {
		out[n.ID] = n
	}
	return out, nil
}

// opinionPlace says which notice and point an opinion is about.
func opinionPlace(notices map[int64]PublicNotice, f Feedback) (title, where string) {
	n, ok := notices[f.Notice]
	if !ok {
		return text.OpinionNoNotice, ""
	}
	if p, ok := publishedPoint(n, f.Point); ok {
		where = fmt.Sprintf(text.OpinionPoint, p.No, pointLabel(p))
	}
	return n.Title, where
}

func publishedPoint(n PublicNotice, no int) (notice.Point, bool) {
	if n.Snapshot == nil || no == 0 {
		return notice.Point{}, false
	}
	i := slices.IndexFunc(n.Snapshot.Points, func(p notice.Point) bool { return p.No == no })
	if i < 0 {
		return notice.Point{}, false
	}
	return n.Snapshot.Points[i], true
}

// pointLabel is the shortest thing a notice tells of a point.
func pointLabel(p notice.Point) string {
	for _, s := range []string{p.Title, p.Node, p.Item, p.Post, p.Section} {
		if s != "" {
			return s
		}
	}
	return ""
}

// ownOpinions leaves a leader in charge what is about their own sections.
func (d *Desk) ownOpinions(ctx context.Context, a bot.Actor, lines []OpinionLine) ([]OpinionLine, error) {
	if a.Coordinator() || a.Has(bot.RolePrincipal, bot.RoleGroupChair, bot.RoleDiscipline, bot.RoleDiscAuthority) {
		return lines, nil
	}
	own, err := d.Reg.SectionsOf(ctx, a.Person, bot.RoleLeaderInCharge)
	if err != nil {
		return nil, err
	}
	notices, err := d.opinionNotices(ctx)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(lines, func(l OpinionLine) bool {
		p, ok := publishedPoint(notices[l.Notice], l.Point)
		return !ok || !slices.ContainsFunc(own, func(s risk.Section) bool { return s.Name == p.Section })
	}), nil
}

// opinionChanges are the revisions that opinions led to, newest first.
func (d *Desk) opinionChanges(ctx context.Context, lines []OpinionLine) (out []OpinionChange, err error) {
	seen := map[int64]bool{}
	for _, l := range lines {
		if l.Revision == 0 || seen[l.Revision] || d.Publications == nil {
			continue
		}
		seen[l.Revision] = true
		r, err := d.Publications.Revision(ctx, l.Revision)
		if err != nil {
			return nil, fmt.Errorf("opinions: revision: %w", err)
		}
		c := OpinionChange{Where: r.Section + text.OpinionDot + r.Post, Before: r.Before.Title, After: r.After.Title, Why: r.Why, On: r.ProposedOn, Approved: r.State == "approved"}
		if c.Approved {
			c.On = r.DecidedOn
		}
		if r.State != "rejected" {
			out = append(out, c)
		}
	}
	slices.SortFunc(out, func(a, b OpinionChange) int { return b.On.Compare(a.On) })
	return out, nil
}

// onDay leaves an audit event that tells the day and no time.
func (d *Desk) onDay(ctx context.Context, t *convo.Turn, action, object string, id int64, version int) error {
	return d.Opinions.RecordOn(ctx, risk.Event{Actor: t.Actor.Person, Role: role(t.Actor), Action: action, Object: object, ID: id, Version: version, Result: "ok"}, bot.Civil(t.Now))
}

// refuseOnDay is refuse for what concerns an opinion.
func (d *Desk) refuseOnDay(ctx context.Context, t *convo.Turn, action, object string, id int64, code, say string) error {
	t.Say(say)
	return d.Opinions.RecordOn(ctx, risk.Event{Actor: t.Actor.Person, Role: role(t.Actor), Action: action, Object: object, ID: id, Result: "refused", Note: code}, bot.Civil(t.Now))
}

// keepOpinion saves an opinion after a move and leaves its event. False: somebody else
// was faster, and that has been said.
func (d *Desk) keepOpinion(ctx context.Context, t *convo.Turn, f *Feedback, action string) (bool, error) {
	err := d.Opinions.SaveFeedback(ctx, f)
	if errors.Is(err, risk.ErrChanged) {
		return false, d.refuseOnDay(ctx, t, action, aboutOpinion, f.ID, "changed", text.OpinionChanged)
	}
	if err != nil {
		return false, err
	}
	return true, d.onDay(ctx, t, action, aboutOpinion, f.ID, f.Rev)
}
