package handlers

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"qingfeng/bot"
	"qingfeng/bot/form"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

// Scope limits an export; zero is the whole unit.
type Scope struct {
	Campaign int64
	Section  int64
	Person   int64
	// Settled leaves out every form that is not confirmed: its text is its owner's and
	// its reviewers' alone (DOMAIN.md §2.4).
	Settled bool
	// Submitted prints drafts as blank forms: nobody but their owner reads them, and a
	// blank one can be filled in by hand.
	Submitted bool
}

// Forms that can be exported today; the others belong to later stages.
const (
	FormFubiao1 = "fubiao1"
	FormFubiao4 = "fubiao4"
	FormMinutes = "minutes" // 会议记录 of the grading meeting
	FormGrading = "grading" // 审定表
)

// Export builds a form from the register. Name is the file's name. Forms are
// projections: exporting twice gives the same rows under the same numbers.
func (d *Desk) Export(ctx context.Context, which string, s Scope, as form.Format) (name string, data []byte, err error) {
	p, campaign, err := d.pack(ctx, s.Campaign)
	if err != nil {
		return "", nil, err
	}
	unit, err := d.Reg.Unit(ctx)
	if err != nil {
		return "", nil, err
	}
	checks, err := d.Reg.Checks(ctx, risk.CheckFilter{Campaign: s.Campaign, Section: s.Section, Person: s.Person})
	if err != nil {
		return "", nil, err
	}
	if s.Settled {
		checks = slices.DeleteFunc(checks, func(c risk.SelfCheck) bool { return c.State != risk.CheckConfirmed })
	}
	for i := range checks {
		if c := &checks[i]; s.Submitted && c.State == risk.CheckDraft {
			c.Points, c.ZeroReason, c.Duties = nil, "", ""
		}
	}
	e := export{desk: d, pack: p, campaign: campaign, unit: unit, checks: checks, scope: s}
	switch which {
	case FormFubiao1:
		data, err = e.fubiao1(ctx, as)
	case FormFubiao4:
		data, err = e.fubiao4(ctx, as)
	case FormGrading:
		as = form.Docx
		data, err = e.grading(ctx)
	case FormMinutes:
		as = form.Docx
		data, err = e.minutes(ctx)
	default:
		return "", nil, bot.Refuse(text.ExportNoSuchForm, "export: no form "+which)
	}
	if err != nil {
		return "", nil, err
	}
	return fmt.Sprintf("%s-%d.%s", which, s.Campaign, as), data, nil
}

type export struct {
	desk     *Desk
	pack     *risk.Pack
	campaign risk.Campaign
	unit     risk.Unit
	checks   []risk.SelfCheck
	scope    Scope
}

func (e export) levels() (order []string) {
	for _, l := range e.pack.Levels {
		order = append(order, l.Label)
	}
	return order
}

func (e export) categories() (order []string) {
	for _, c := range e.pack.Categories {
		// A form may print two of the pack's categories as one.
		if label := e.pack.CategoryForm(c.Code); !slices.Contains(order, label) {
			order = append(order, label)
		}
	}
	return order
}

// totals counts independently of the rows that are printed, so that the form can
// refuse when they differ (附件5's rule: header equals rows).
// level is the one of a row's levels that the form prints: 附表1 the 自评等级, 附表4 the
// confirmed one.
func (e export) totals(level func(risk.Point) risk.Level, checks ...risk.SelfCheck) form.Totals {
	var levels, categories []string
	n := 0
	for _, c := range checks {
		for _, p := range live(c.Points) {
			n++
			levels = append(levels, e.pack.LevelLabel(level(p)))
			categories = append(categories, e.pack.CategoryForm(p.Category))
		}
	}
	return form.Totals{Points: n, Levels: form.CountLabels(e.levels(), levels...), Categories: form.CountLabels(e.categories(), categories...)}
}

func (e export) fubiao1(ctx context.Context, as form.Format) ([]byte, error) {
	var forms []form.Form1
	for _, c := range e.checks {
		if c.Offline && len(live(c.Points)) == 0 {
			continue // filled in by hand on paper
		}
		f := form.Form1{
			Unit: e.unit.Name, Section: c.Post.Section, Post: c.Post.Name, Person: c.Person.Name,
			Duties: c.Duties, FilledOn: c.SubmittedAt, ZeroReason: c.ZeroReason,
			MeasuresLater: !e.pack.MeasuresWithPoints(), Totals: e.totals(func(p risk.Point) risk.Level { return p.Suggested.Level }, c),
		}
		if c.Paper {
			f.Remark = text.ExportPaper
		}
		for _, p := range live(c.Points) {
			f.Points = append(f.Points, form.Point1{
				No: p.No, Item: p.Node.Item, Node: p.Node.Name, Title: p.Title, Manifestations: p.Manifestations,
				Category: e.pack.CategoryForm(p.Category), Level: e.pack.LevelLabel(p.Suggested.Level), Measures: p.Measures, Methods: e.methods(p),
			})
		}
		confirmed, err := e.confirmations(ctx, c)
		if err != nil {
			return nil, err
		}
		f.Confirmations = confirmed
		forms = append(forms, f)
	}
	if len(forms) == 0 {
		return nil, bot.Refuse(text.ExportNothing, "export: nothing in scope")
	}
	return form.Fubiao1(forms, as)
}

func (e export) methods(p risk.Point) []string {
	var out []string
	for _, m := range p.Methods {
		out = append(out, e.pack.MethodLabel(m))
	}
	return out
}

// confirmations are the decisions made in the system: a record, never a signature.
func (e export) confirmations(ctx context.Context, c risk.SelfCheck) ([]form.Confirmation, error) {
	reviews, err := e.desk.Reg.Reviews(ctx, risk.ReviewFilter{Check: c.ID})
	if err != nil {
		return nil, err
	}
	chain, _ := e.pack.Chain(c.Chain)
	var out []form.Confirmation
	for _, r := range reviews {
		if r.Decision != risk.Pass && r.Decision != risk.Return {
			continue
		}
		label := r.Step
		for _, s := range chain.Steps {
			if s.Code == r.Step {
				label = s.Label
			}
		}
		who := r.Assignee.Name
		if r.DecidedBy != 0 && r.DecidedBy != r.Assignee.ID {
			who = e.desk.nameOf(ctx, r.DecidedBy)
		}
		decision := text.ExportPassed
		if r.Decision == risk.Return {
			decision = text.ExportReturned
		}
		out = append(out, form.Confirmation{Step: label, Who: who, When: r.DecidedAt, Decision: decision, Unseen: r.Unseen})
	}
	return out, nil
}

func (e export) fubiao4(ctx context.Context, as form.Format) ([]byte, error) {
	f := form.Form4{Unit: e.unit.Name, MeasuresLater: !e.pack.MeasuresWithPoints(), Totals: e.totals(levelOf, e.checks...)}
	for _, c := range e.checks { // the day the last form came in
		if c.SubmittedAt.After(f.FilledOn) {
			f.FilledOn = c.SubmittedAt
		}
	}
	if e.scope.Section != 0 && len(e.checks) > 0 {
		f.Scope = e.checks[0].Post.Section
	}
	if e.scope.Person != 0 && len(e.checks) > 0 {
		f.Scope = e.checks[0].Person.Name
	}
	no := 0
	for _, c := range e.checks {
		for _, p := range live(c.Points) {
			no++
			f.Rows = append(f.Rows, form.Row4{
				No: no, Section: c.Post.Section, Post: c.Post.Name, Title: p.Title,
				Distribution: strings.Trim(p.Node.Item+text.ExportDash+p.Node.Name, text.ExportDash),
				Category:     e.pack.CategoryForm(p.Category), Likelihood: likelihood(p.Factors.Likelihood), Level: e.pack.LevelLabel(levelOf(p)),
				Measures: p.Measures, Monitor: p.Monitor,
			})
		}
	}
	return form.Fubiao4(f, as)
}

func likelihood(n int) string {
	switch n {
	case 3:
		return text.ExportLikely
	case 2:
		return text.ExportPossible
	case 1:
		return text.ExportUnlikely
	}
	return ""
}

// graded are the confirmed points under the numbers the meeting spoke of.
func (e export) graded(ctx context.Context) (rows []form.GradingRow, err error) {
	l, err := e.desk.gradingList(ctx, e.campaign.ID)
	if err != nil {
		return nil, err
	}
	asked := map[int64]bool{}
	for _, c := range e.checks {
		asked[c.ID] = true
	}
	for _, r := range l.Rows {
		if !r.Passed || !asked[r.Check.ID] {
			continue
		}
		p, post := r.Point, r.Check.Post
		row := form.GradingRow{
			No: r.No, Section: post.Section, Post: post.Name, Node: p.Node.Name, Title: p.Title,
			Suggested: e.pack.LevelLabel(p.Suggested.Level), Confirmed: e.pack.LevelLabel(p.Confirmed), Monitor: p.Monitor,
		}
		if p.Confirmed != p.Suggested.Level {
			row.Note = text.ExportAdjusted
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func (e export) grading(ctx context.Context) ([]byte, error) {
	m, err := e.meeting(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := e.graded(ctx)
	if err != nil {
		return nil, err
	}
	var labels []string
	for _, r := range rows {
		labels = append(labels, r.Confirmed)
	}
	return form.GradingTable(form.Grading{
		Unit: e.unit.Name, Campaign: e.campaign.Name, Date: m.HeldOn, Rows: rows,
		Totals: form.Totals{Points: len(rows), Levels: form.CountLabels(e.levels(), labels...)},
	})
}

func (e export) minutes(ctx context.Context) ([]byte, error) {
	m, err := e.meeting(ctx)
	if err != nil {
		return nil, err
	}
	out := form.Meeting{
		Unit: e.unit.Name, Name: fmt.Sprintf(text.ExportMeetingName, e.campaign.Name), Start: m.HeldOn, Place: m.Place,
		Chair: m.Chair, Recorder: m.Recorder, Attendees: m.Attendees, Agenda: []string{text.ExportAgenda}, Summary: strings.Join(m.Decisions, "\n"),
	}
	rows, err := e.graded(ctx)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		out.Decisions = append(out.Decisions, form.Decision{No: r.No, Subject: fmt.Sprintf(text.ExportSubject, r.Post, r.Node, r.Title), Before: r.Suggested, After: r.Confirmed})
	}
	return form.MeetingRecord(out)
}

// meeting is the latest grading meeting of the campaign.
func (e export) meeting(ctx context.Context) (risk.Meeting, error) {
	all, err := e.desk.Reg.Meetings(ctx, e.campaign.ID, "grading")
	if err != nil {
		return risk.Meeting{}, err
	}
	if len(all) == 0 {
		return risk.Meeting{}, bot.Refuse(text.ExportNoMeeting, "export: no grading meeting")
	}
	return all[len(all)-1], nil
}
