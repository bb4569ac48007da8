package handlers

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

// Why a row is an outlier that the leading group should look at first.
const (
	OutFirst     = "l1"        // level one
	OutDiffers   = "differs"   // lower than the 系统初评, or two levels away from it
	OutUneven    = "uneven"    // same step, another level on another post
	OutObjection = "objection" // the owner disagrees with the 初评
	OutHints     = "hints"     // kept in spite of a hint
)

// GradingList is the leading group's list of a campaign: every row whose form has passed
// its last reviewer, outliers first. Denied as in ReviewSheet.
type GradingList struct {
	Denied   string
	Campaign risk.Campaign
	Pack     *risk.Pack
	Rows     []GradedRow
	Zero     []risk.SelfCheck // forms without rows, confirmed with the others
	Counts   map[risk.Level]int
	Behind   int // forms that have not come so far
	Meetings []risk.Meeting
	print    string
}

// GradedRow is one row of the list. No is stable: rows are numbered in the order their
// forms arrived, whatever order they are shown in.
type GradedRow struct {
	No     int
	Check  risk.SelfCheck
	Point  risk.Point
	First  risk.Level // 系统初评
	Out    []string
	Passed bool // the level has been confirmed
}

// GradingList reads the list. The office, the leaders and the discipline office see it.
func (d *Desk) GradingList(ctx context.Context, t *convo.Turn, campaign int64) (GradingList, error) {
	if !t.Actor.Coordinator() && !t.Actor.Has(bot.RolePrincipal, bot.RoleGroupChair, bot.RoleLeaderInCharge, bot.RoleDiscipline) {
		return GradingList{Denied: text.ReviewNotYours}, d.Reg.Record(ctx, risk.Event{Actor: t.Actor.Person, Role: role(t.Actor), Action: "grading.read", Object: aboutGrading, ID: campaign, Result: "refused", Note: "no role"})
	}
	l, err := d.gradingList(ctx, campaign)
	if err != nil {
		return l, err
	}
	slices.SortStableFunc(l.Rows, func(a, b GradedRow) int {
		return cmp.Or(cmp.Compare(len(b.Out), len(a.Out)), cmp.Compare(rank(levelOf(b.Point)), rank(levelOf(a.Point))), cmp.Compare(a.No, b.No))
	})
	return l, d.record(ctx, t, "grading.read", aboutGrading, campaign, 0)
}

// gradingList is the list in the order of its numbers.
func (d *Desk) gradingList(ctx context.Context, campaign int64) (GradingList, error) {
	l := GradingList{Counts: map[risk.Level]int{}}
	var err error
	if l.Pack, l.Campaign, err = d.pack(ctx, campaign); err != nil {
		return l, err
	}
	checks, err := d.Reg.Checks(ctx, risk.CheckFilter{Campaign: campaign})
	if err != nil {
		return l, err
	}
	reviews, err := d.Reg.Reviews(ctx, risk.ReviewFilter{Campaign: campaign})
	if err != nil {
		return l, err
	}
	arrived := map[int64]time.Time{}
	for _, r := range reviews {
		if r.Decision == risk.Pass && r.DecidedAt.After(arrived[r.CheckID]) {
			arrived[r.CheckID] = r.DecidedAt
		}
	}
	slices.SortStableFunc(checks, func(a, b risk.SelfCheck) int {
		return cmp.Or(arrived[a.ID].Compare(arrived[b.ID]), cmp.Compare(a.ID, b.ID))
	})
	for _, c := range checks {
		if c.State != risk.CheckGrading && c.State != risk.CheckConfirmed {
			if !c.Offline {
				l.Behind++
			}
			continue
		}
		k := docket{SelfCheck: &c, pack: l.Pack}
		if c.State == risk.CheckGrading {
			l.print += fmt.Sprintf("%d.%d ", c.ID, c.Rev)
		}
		if len(k.rows()) == 0 {
			l.Zero = append(l.Zero, c)
		}
		for _, p := range k.rows() {
			row := GradedRow{No: len(l.Rows) + 1, Check: c, Point: p, First: k.firstLevel(p), Passed: p.State == risk.PointConfirmed}
			l.Counts[levelOf(p)]++
			l.Rows = append(l.Rows, row)
		}
	}
	l.outliers()
	l.Meetings, err = d.Reg.Meetings(ctx, campaign, meetingGrading)
	return l, err
}

// outliers marks what the leading group should look at first.
func (l *GradingList) outliers() {
	levels := map[int64]map[risk.Level]bool{}
	for _, r := range l.Rows {
		if r.Point.Node.ID == 0 {
			continue
		}
		if levels[r.Point.Node.ID] == nil {
			levels[r.Point.Node.ID] = map[risk.Level]bool{}
		}
		levels[r.Point.Node.ID][levelOf(r.Point)] = true
	}
	for i := range l.Rows {
		r := &l.Rows[i]
		for code, holds := range map[string]bool{
			OutFirst:     levelOf(r.Point) == risk.L1,
			OutDiffers:   rank(r.Point.Suggested.Level) < rank(r.First) || rank(r.Point.Suggested.Level) > rank(r.First)+1,
			OutUneven:    len(levels[r.Point.Node.ID]) > 1,
			OutObjection: r.Point.Objection != "",
			OutHints:     len(r.Point.Hints) > 0,
		} {
			if holds {
				r.Out = append(r.Out, code)
			}
		}
		slices.Sort(r.Out)
	}
}

// open are the rows still to be graded.
func (l GradingList) open() []GradedRow {
	return slices.DeleteFunc(slices.Clone(l.Rows), func(r GradedRow) bool { return r.Passed })
}

// enterGrading puts a form on the leading group's list and tells the office once when
// it is the last one.
func (d *Desk) enterGrading(ctx context.Context, t *convo.Turn, k docket) error {
	if err := d.store(ctx, k); err != nil {
		return err
	}
	// Whether this was the last one is a question for the whole campaign; it is only
	// asked when nobody is being waited for.
	open, err := d.Reg.Reviews(ctx, risk.ReviewFilter{Campaign: k.CampaignID, Open: true})
	if err != nil || len(open) > 0 {
		return err
	}
	l, err := d.gradingList(ctx, k.CampaignID)
	if err != nil || l.Behind > 0 {
		return err
	}
	return d.tellOffice(ctx, t, fmt.Sprintf(text.GradingReady, len(l.open()))+"\n"+d.Pages.Grading(k.CampaignID), fmt.Sprintf("grading:%d:%s", k.CampaignID, bot.Civil(t.Now).Format(time.DateOnly)))
}

// verdicts is what the leading group decided, row by row, by number.
type verdicts struct {
	levels  map[int]risk.Level
	back    []int // returned to their owners
	changed []int // another level than suggested
	lowered []int // a lower one
	lacking []int // cannot be confirmed as they are
	plain   int   // as suggested
}

// read applies an order to the list as it is now.
func (l GradingList) read(o risk.GradingOrder) verdicts {
	v := verdicts{levels: map[int]risk.Level{}}
	named := map[int]risk.GradingRow{}
	for _, r := range o.Rows {
		named[r.No] = r
	}
	for _, r := range l.open() {
		said, told := named[r.No]
		switch {
		case !told && !o.Rest:
			continue
		case told && said.Return:
			v.back = append(v.back, r.No)
			continue
		}
		if l.Pack.Lacks(r.Point) != "" {
			v.lacking = append(v.lacking, r.No)
		}
		was := r.Point.Suggested.Level
		is := o.Apply(r.No, was)
		v.levels[r.No] = is
		switch {
		case is == was:
			v.plain++
			continue
		case rank(is) < rank(was):
			v.lowered = append(v.lowered, r.No)
		}
		v.changed = append(v.changed, r.No)
	}
	return v
}

// GradingMeeting is the meeting a grading is bound to, and why rows were lowered.
type GradingMeeting struct {
	HeldOn    time.Time
	Chair     string
	Attendees []string
	Why       string // needed when a row goes below its suggestion (L13)
}

// Grade applies what the leading group decided: levels, who watches, the meeting record.
// A form whose every row has its level is confirmed and its owner told; one with a
// returned row goes back to its owner. print must be that of the list the order was
// read back from.
func (d *Desk) Grade(ctx context.Context, t *convo.Turn, campaign int64, order risk.GradingOrder, print string, m GradingMeeting) (bool, error) {
	no := func(code, say string) (bool, error) {
		return false, d.refuse(ctx, t, "grading.apply", aboutGrading, campaign, code, say)
	}
	l, err := d.gradingList(ctx, campaign)
	if err != nil {
		return false, err
	}
	v := l.read(order)
	switch {
	case !mayGrade(t.Actor):
		return no("no role", text.GradingNotYou)
	case print != l.print:
		return no("stale list", text.GradingMoved)
	case len(v.levels)+len(v.back)+len(l.zero()) == 0:
		return no("nothing", text.GradingNone)
	case m.HeldOn.IsZero() || bot.Civil(m.HeldOn).After(bot.Civil(t.Now)) || m.Chair == "":
		return no("no meeting", text.MinutesMissing)
	case len(v.lacking) > 0:
		return no("lacking", fmt.Sprintf(text.GradingLacks, numbers(v.lacking), v.lacking[0]))
	case len(v.lowered) > 0 && m.Why == "":
		return no("no reason", fmt.Sprintf(text.GradingNeedsWhy, numbers(v.lowered)))
	}
	meeting := risk.Meeting{
		Campaign: campaign, Kind: meetingGrading, HeldOn: bot.Civil(m.HeldOn), Chair: m.Chair, Recorder: t.Actor.Name,
		Attendees: m.Attendees, Decisions: l.decisions(v), By: t.Actor.Person,
	}
	if err := d.Reg.SaveMeeting(ctx, &meeting); err != nil {
		return false, err
	}
	confirmed, err := d.applyGrades(ctx, t, l, v, m.Why)
	if err != nil {
		return false, err
	}
	t.Supersede(bot.About{Kind: aboutGrading, ID: campaign}, text.GradingApplied)
	t.Say(fmt.Sprintf(text.GradingDone, len(v.levels), confirmed, d.Pages.Grading(campaign)))
	return true, d.record(ctx, t, "grading.apply", "meeting", meeting.ID, 0)
}

func mayGrade(a bot.Actor) bool { return a.Coordinator() || a.Has(bot.RoleGroupChair) }

// zero are the forms without rows that still wait to be confirmed.
func (l GradingList) zero() []risk.SelfCheck {
	return slices.DeleteFunc(slices.Clone(l.Zero), func(c risk.SelfCheck) bool { return c.State == risk.CheckConfirmed })
}

// decisions are the lines of the meeting record; none holds a risk sentence.
func (l GradingList) decisions(v verdicts) []string {
	var out []string
	if v.plain > 0 {
		out = append(out, fmt.Sprintf(text.DecisionPlain, v.plain))
	}
	for _, n := range v.changed {
		p := l.Rows[n-1].Point
		out = append(out, fmt.Sprintf(text.DecisionLevel, n, p.Post.Name, p.Node.Name, l.Pack.LevelLabel(p.Suggested.Level), l.Pack.LevelLabel(v.levels[n])))
	}
	for _, n := range v.back {
		p := l.Rows[n-1].Point
		out = append(out, fmt.Sprintf(text.DecisionBack, n, p.Post.Name, p.Node.Name))
	}
	return out
}

// applyGrades writes the levels form by form and reports how many are confirmed now.
func (d *Desk) applyGrades(ctx context.Context, t *convo.Turn, l GradingList, v verdicts, why string) (confirmed int, err error) {
	byCheck := map[int64][]GradedRow{}
	var order []int64
	for _, r := range l.open() {
		if byCheck[r.Check.ID] == nil {
			order = append(order, r.Check.ID)
		}
		byCheck[r.Check.ID] = append(byCheck[r.Check.ID], r)
	}
	for _, c := range l.zero() {
		order = append(order, c.ID)
	}
	for _, id := range order {
		k, err := d.docket(ctx, id)
		if err != nil {
			return confirmed, err
		}
		done, err := d.gradeForm(ctx, t, k, byCheck[id], v, why)
		if err != nil {
			return confirmed, err
		}
		if done {
			confirmed++
		}
	}
	return confirmed, nil
}

// gradeForm writes the levels of one form's rows.
func (d *Desk) gradeForm(ctx context.Context, t *convo.Turn, k docket, rows []GradedRow, v verdicts, why string) (done bool, err error) {
	back, touched := map[int64]string{}, len(rows) == 0
	for _, r := range rows {
		level, graded := v.levels[r.No]
		switch {
		case slices.Contains(v.back, r.No):
			back[r.Point.ID] = text.GradingBack
		case graded:
			touched = true
			k.grade(r.Point.ID, level, slices.Contains(v.lowered, r.No), why)
		}
	}
	if len(back) > 0 {
		for i := range k.Points {
			// The form is not confirmed: none of its rows is.
			if p := &k.Points[i]; p.State == risk.PointConfirmed {
				p.State, p.Confirmed, p.Monitor = risk.PointSubmitted, "", ""
			}
		}
		_, err := d.backToOwner(ctx, t, k, back)
		return false, err
	}
	if !touched {
		return false, nil
	}
	for _, p := range k.rows() {
		if p.State != risk.PointConfirmed {
			return false, d.store(ctx, k)
		}
	}
	if k.State, _, err = risk.NextState(k.chain, k.State, k.StepNo, risk.MoveGraded); err != nil {
		return false, err
	}
	if err := d.store(ctx, k); err != nil {
		return false, err
	}
	say := fmt.Sprintf(text.GradingOwner, k.levelLine(), d.Pages.MyCheck(k.ID))
	if len(k.rows()) == 0 {
		say = fmt.Sprintf(text.GradingOwnerZero, d.Pages.MyCheck(k.ID))
	}
	t.Send(bot.Reply{To: k.Person.UserID, Lane: bot.LaneNotice, Text: say, Once: fmt.Sprintf("confirmed:%d:%d", k.ID, k.Version)})
	return true, d.record(ctx, t, "selfcheck.confirmed", "selfcheck", k.ID, k.Version)
}

// grade gives a row its level and who watches it.
func (k docket) grade(point int64, level risk.Level, lowered bool, why string) {
	p := k.at(point)
	p.Confirmed, p.State, p.Monitor, p.Version = level, risk.PointConfirmed, k.pack.MonitorLine(level), max(p.Version, 1)
	if lowered {
		p.KeepReason = fmt.Sprintf(text.GradingWhy, why)
	}
}
