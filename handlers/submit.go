package handlers

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

// NoteWindow is the note that ends the ten minutes in which a submission can be taken back.
const NoteWindow = "selfcheck.window"

type windowNote struct {
	Check   int64 `json:"check"`
	Version int   `json:"version"`
}

func (d *Desk) askZero(_ context.Context, t *convo.Turn, _ *filling) error {
	t.Say(text.SelfZeroAsk)
	return nil
}

// A reason in characters: shorter says nothing, longer is a page's work.
const (
	shortestReason = 8
	longestReason  = 300
)

// readZero takes 无风险点说明: it must be a reason, and no row may stand beside it.
func (d *Desk) readZero(ctx context.Context, t *convo.Turn, s *filling) (convo.Next, error) {
	f, err := d.editable(ctx, t, s.Check)
	if err != nil {
		return convo.Next{}, err
	}
	said := spoken(t)
	n := utf8.RuneCountInString(said)
	if rows := len(live(f.Points)); rows > 0 {
		t.Say(fmt.Sprintf(text.SelfZeroHas, rows, d.Pages.MyCheck(f.ID)))
		return convo.Goto("preview"), nil
	}
	switch {
	case n < shortestReason || text.Says(text.WordsExample, said) || text.Says(text.WordsZero, said):
		t.Say(text.SelfZeroShort)
		return convo.Stay(), nil
	case text.SoundsLikeRisk(said):
		t.Say(text.SelfZeroRisk) // kept as "no risk" it would be read by nobody
		return convo.Stay(), nil
	case n > longestReason:
		t.Say(fmt.Sprintf(text.SelfRemarkLong, n, longestReason))
		return convo.Stay(), nil
	}
	f.ZeroReason, f.Begun = said, true
	t.Say(text.SelfZeroDone)
	return convo.Goto("preview"), d.save(ctx, f)
}

func (d *Desk) askPreview(ctx context.Context, t *convo.Turn, s *filling) error {
	f, err := d.sheet(ctx, t, s.Check)
	if err != nil {
		return err
	}
	rows := live(f.Points)
	if len(rows) == 0 && f.ZeroReason == "" {
		t.Ask(bot.Card{Title: text.SelfNodeOver, Buttons: []bot.Option{
			{Text: text.SelfCardMoreRow, Key: "more", Say: text.Words(text.WordsMoreRow)}, zeroOption(),
		}})
		return nil
	}
	if !t.Repeat {
		t.Say(d.summary(f))
	}
	remarks, err := d.remarks(ctx, f)
	if err != nil {
		return err
	}
	card := bot.Card{
		Title: text.SelfSubmitTitle, Desc: fmt.Sprintf(text.SelfSubmitDesc, f.pack.WithdrawMinutes),
		Buttons: []bot.Option{{Text: text.SelfSubmitYes, Key: "submit", Say: append(text.Words(text.WordsSubmit), text.Words(text.WordsYes)...)}},
	}
	if len(rows) > 0 {
		remarks = append(remarks, fmt.Sprintf(text.SelfSubmitBody, rows[0].No))
	}
	card.Body = strings.Join(remarks, "\n")
	if len(rows) == 0 {
		card.Buttons = append(card.Buttons, bot.Option{Text: text.SelfZeroRewrite, Key: "zero"})
	}
	if f.State == risk.CheckDraft || len(rows) == 0 { // of a returned form only the returned rows are open
		card.Buttons = append(card.Buttons, bot.Option{Text: text.SelfCardMoreRow, Key: "more", Say: text.Words(text.WordsMoreRow)})
	}
	card.Buttons = append(card.Buttons,
		bot.Option{Text: text.SelfSubmitSave, Key: "save", Say: text.Words(text.WordsSave)},
		bot.Option{Text: text.SelfSubmitSee, Key: "see", URL: d.Pages.MyCheck(f.ID)})
	t.Ask(card)
	return nil
}

// remarks is what the coach still says before a form is handed in: what it lacks, whose
// hint is open, the worst of the form as a whole, and the first of the three tests (三项检验)
// that fails on a row not named yet.
func (d *Desk) remarks(ctx context.Context, f sheet) ([]string, error) {
	rows := live(f.Points)
	if len(rows) == 0 {
		return nil, nil
	}
	c, err := d.coach(ctx, f)
	if err != nil {
		return nil, err
	}
	var lacking, hinted []int
	test := ""
	for _, p := range rows {
		lacks, open := f.pack.Lacks(p) != "", len(blocking(p)) > 0 && p.KeepReason == ""
		if lacks {
			lacking = append(lacking, p.No)
		}
		if open {
			hinted = append(hinted, p.No)
		}
		if r := risk.Tests(f.pack, p, c); !lacks && !open && !r.OK() && test == "" {
			test = fmt.Sprintf(text.SelfSubmitTest, p.No, r.Ask)
		}
	}
	var out []string
	if len(lacking) > 0 {
		out = append(out, fmt.Sprintf(text.SelfSubmitLacks, numbers(lacking)))
	}
	if len(hinted) > 0 {
		out = append(out, fmt.Sprintf(text.SelfSubmitFix, numbers(hinted)))
	}
	if whole := risk.LintForm(f.pack, rows, c); len(whole) > 0 {
		out = append(out, whole[0].Say)
	}
	if test != "" {
		out = append(out, test)
	}
	return out, nil
}

// summary is the owner's own view of the form, in chat.
func (d *Desk) summary(f sheet) string {
	var b strings.Builder
	rows := live(f.Points)
	fmt.Fprintf(&b, text.SelfPreview, f.Person.Name, f.Post.Section, f.Post.Name)
	if len(rows) > 0 {
		b.WriteString("\n" + fmt.Sprintf(text.SelfPreviewCount, len(rows)))
	}
	for _, p := range rows {
		measures := ""
		if len(p.Measures) > 0 {
			measures = fmt.Sprintf(text.SelfPreviewMeas, len(p.Measures))
		}
		b.WriteString("\n" + fmt.Sprintf(text.SelfPreviewLine, p.No, p.Node.Name, p.Title, f.pack.CategoryLabel(p.Category), f.pack.LevelLabel(p.Suggested.Level), measures))
	}
	if f.ZeroReason != "" {
		b.WriteString("\n" + fmt.Sprintf(text.SelfPreviewZero, f.ZeroReason))
	}
	return b.String()
}

func (d *Desk) readPreview(ctx context.Context, t *convo.Turn, s *filling) (convo.Next, error) {
	switch t.Answer.Key() {
	case "submit":
		done, err := d.Submit(ctx, t, s.Check)
		if err != nil || !done {
			return convo.Stay(), err
		}
		return convo.Done(), nil
	case "zero":
		return convo.Goto("zero"), nil
	case "more":
		s.Saved = false
		return convo.Goto("node"), nil
	case "save":
		f, err := d.sheet(ctx, t, s.Check)
		if err != nil {
			return convo.Next{}, err
		}
		t.Say(fmt.Sprintf(text.SelfSaved, day(f.campaign.Due)))
		return convo.Stay(), nil
	}
	return convo.NotUnderstood(), nil
}

// Submit hands a form in. It is bound to a new version; for the pack's minutes the
// owner may take it back, then a note forwards it along the review chain.
func (d *Desk) Submit(ctx context.Context, t *convo.Turn, check int64) (bool, error) {
	f, err := d.editable(ctx, t, check)
	if err != nil {
		return false, err
	}
	rows := live(f.Points)
	if len(rows) == 0 && f.ZeroReason == "" {
		return false, d.refuse(ctx, t, "selfcheck.submit", "selfcheck", check, "empty", text.SelfNothingYet)
	}
	k, err := d.docketOf(ctx, f.SelfCheck)
	if err != nil {
		return false, err
	}
	move := risk.MoveSubmit
	if f.State == risk.CheckReturned {
		move = risk.MoveResubmit
	}
	state, _, err := risk.NextState(k.chain, f.State, f.StepNo, move)
	if err != nil {
		return false, err
	}
	f.State, f.Version, f.SubmittedAt = state, f.Version+1, t.Now
	for i := range f.Points {
		if f.Points[i].State == risk.PointDraft {
			f.Points[i].State = risk.PointSubmitted
		}
	}
	if err := d.save(ctx, f); err != nil {
		return false, err
	}
	note, err := json.Marshal(windowNote{Check: f.ID, Version: f.Version})
	if err != nil {
		return false, err
	}
	window := time.Duration(f.pack.WithdrawMinutes) * time.Minute
	t.Later(t.Actor.UserID, t.Now.Add(window), bot.Note{Name: NoteWindow, Data: note}, fmt.Sprintf("window:%d:%d", f.ID, f.Version))
	t.Supersede(bot.About{Kind: "selfcheck", ID: f.ID}, text.SelfSubmittedCard)
	next, by := d.reviewer(ctx, f), day(d.decideBy(t, f.pack))
	if t.Actor.Person != f.Person.ID { // the office, for a form on paper
		t.Say(fmt.Sprintf(text.PaperSubmitted, next, by))
	} else {
		t.Say(fmt.Sprintf(text.SelfReceipt, f.pack.WithdrawMinutes, next, by))
		mine, err := d.mine(ctx, t)
		if err != nil {
			return false, err
		}
		if left := len(unfinished(mine)); left > 0 {
			t.Say(fmt.Sprintf(text.SelfWhichNext, left))
		}
	}
	return true, d.record(ctx, t, "selfcheck.submit", "selfcheck", f.ID, f.Version)
}

// TakeBack returns a submitted form to its owner within the ten minutes.
func (d *Desk) TakeBack(ctx context.Context, t *convo.Turn, c risk.SelfCheck) error {
	f, err := d.sheet(ctx, t, c.ID)
	if err != nil {
		return err
	}
	switch {
	case f.State == risk.CheckDraft || f.State == risk.CheckReturned:
		t.Say(text.SelfNotSent)
		return nil
	case f.campaign.State == "closed":
		return d.refuse(ctx, t, "selfcheck.withdraw", "selfcheck", f.ID, "campaign closed", d.closed(ctx, f).say)
	case f.State != risk.CheckSubmitted:
		return d.refuse(ctx, t, "selfcheck.withdraw", "selfcheck", f.ID, "late", fmt.Sprintf(text.SelfTakenLate, d.lockedLine(ctx, f)))
	}
	f.State = risk.CheckDraft
	for i := range f.Points {
		p := &f.Points[i]
		if p.Verdict != risk.Unseen {
			f.State = risk.CheckReturned // it had come back before: passed rows stay passed
		}
		if p.State == risk.PointSubmitted && p.Verdict != risk.Passed {
			p.State = risk.PointDraft
		}
	}
	if err := d.save(ctx, f); err != nil {
		return err
	}
	t.Say(text.SelfTaken)
	if err := d.record(ctx, t, "selfcheck.withdraw", "selfcheck", f.ID, f.Version); err != nil {
		return err
	}
	return t.Start(FlowSelfCheck, "preview", filling{Check: f.ID, Fix: f.State == risk.CheckReturned})
}

// windowClosed forwards a form that was not taken back. It runs in the owner's lane.
func (d *Desk) windowClosed(ctx context.Context, t *convo.Turn) error {
	var n windowNote
	if err := json.Unmarshal(t.Message.Note.Data, &n); err != nil {
		return err
	}
	c, err := d.Reg.Check(ctx, n.Check)
	if err != nil {
		return err
	}
	if c.State != risk.CheckSubmitted || c.Version != n.Version {
		return nil // taken back, or handed in again since
	}
	return d.Forward(ctx, t, &c)
}

// reviewer names who has a form or gets it next, as its owner reads it.
func (d *Desk) reviewer(ctx context.Context, f sheet) string {
	if open, err := d.Reg.Reviews(ctx, risk.ReviewFilter{Check: f.ID, Open: true}); err == nil && len(open) > 0 {
		return open[0].Assignee.Name
	}
	k, err := d.docketOf(ctx, f.SelfCheck)
	if err != nil || len(k.chain.Steps) == 0 {
		return text.OfficeNobody
	}
	next := k.step()
	holders, err := d.Reg.RoleHolders(ctx, next.Role, f.Post.SectionID)
	if err != nil || len(holders) == 0 || holders[0].ID == f.Person.ID {
		return next.Label
	}
	if to, away, err := d.Reg.Delegate(ctx, holders[0].ID, f.today); err == nil && away && to.ID != f.Person.ID {
		return to.Name
	}
	return holders[0].Name
}
