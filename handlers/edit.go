package handlers

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

// FlowEdit is 改第N条: a short dialog on top of whatever was going on, which goes on
// afterwards with its question repeated.
const FlowEdit = "selfcheck.edit"

// editFlow shares the steps of the self-check that write one row, and ends with it.
func (d *Desk) editFlow() convo.Flow[filling] {
	return convo.Flow[filling]{Name: FlowEdit, Version: 2, Start: "edit", Steps: d.own(d.rowSteps())}
}

// matchEdit reads 改第2条, 修改2, 第2条改一下, 改一下第二条. It needs a number: 改 alone
// answers the question that is pending, and "2改" a list.
func matchEdit(said string) ([]string, bool) {
	said, _ = text.Cut(text.WordsPolite, strings.TrimSpace(said))
	for _, lead := range text.Words(text.WordsEditLead) {
		if rest, ok := strings.CutPrefix(said, lead); ok {
			if ns, ok := convo.Numbers(rest); ok && len(ns) == 1 {
				return []string{strconv.Itoa(ns[0])}, true
			}
		}
	}
	for _, tail := range text.Words(text.WordsEditTail) {
		if rest, ok := strings.CutSuffix(said, tail); ok && text.Has(text.WordsEditMark, rest) {
			if ns, ok := convo.Numbers(rest); ok && len(ns) == 1 {
				return []string{strconv.Itoa(ns[0])}, true
			}
		}
	}
	return nil, false
}

// editRow is the command 改第N条; without a number it asks which.
func (d *Desk) editRow(ctx context.Context, t *convo.Turn) error {
	if d.regrade(t) {
		return nil
	}
	c, ok, err := d.draft(ctx, t)
	if err != nil {
		return err
	}
	if !ok {
		return d.cannotEdit(ctx, t)
	}
	f, err := d.editable(ctx, t, c.ID)
	if err != nil {
		return err
	}
	rows := live(f.Points)
	if len(rows) == 0 {
		t.Say(text.SelfEditNone)
		t.RepeatAsk()
		return nil
	}
	no := 0
	if len(t.Args) > 0 {
		no, _ = strconv.Atoi(t.Args[0])
	}
	switch p := f.row(no); {
	case no == 0 && len(rows) > 1:
		t.Say(fmt.Sprintf(text.SelfEditWhich, rowList(f), rows[0].No))
		return nil
	case no == 0:
		no = rows[0].No
	case p == nil:
		t.Say(fmt.Sprintf(text.SelfEditNoSuch, no, rowList(f)))
		t.RepeatAsk()
		return nil
	}
	if _, _, err := d.editableRow(ctx, t, c.ID, no); err != nil {
		return err
	}
	return t.Start(FlowEdit, "edit", filling{Check: f.ID, No: no, Node: f.row(no).Node, Alone: true})
}

// cannotEdit says why there is no row to change now.
func (d *Desk) cannotEdit(ctx context.Context, t *convo.Turn) error {
	mine, err := d.mine(ctx, t)
	if err != nil {
		return err
	}
	if len(mine) == 0 {
		t.Say(text.ProgressNobody)
		return nil
	}
	f, err := d.sheet(ctx, t, mine[0].ID)
	if err != nil {
		return err
	}
	if why := d.closed(ctx, f); why != nil {
		return d.refuse(ctx, t, "selfcheck.edit", "selfcheck", f.ID, why.code, why.say)
	}
	return d.nothingToFill(ctx, t, mine[0])
}

// rowList names the rows that stand on a form: 第1、2、4条.
func rowList(f sheet) string {
	var nos []int
	for _, p := range live(f.Points) {
		nos = append(nos, p.No)
	}
	return fmt.Sprintf(text.SelfRows, numbers(nos))
}

func askEdit(t *convo.Turn, f sheet, p *risk.Point) {
	card := bot.Card{
		Title:   fmt.Sprintf(text.SelfEditTitle, p.No, p.Title),
		Desc:    text.Clip(p.Node.Name, 44),
		Body:    strings.Join(p.Manifestations, text.Semicolon),
		Buttons: []bot.Option{{Text: text.SelfEditText, Key: "text"}, {Text: text.SelfEditCategory, Key: "category", Say: text.Words(text.WordsKind)}},
	}
	if p.Verdict == risk.Returned && p.VerdictWhy != "" {
		card.Body = fmt.Sprintf(text.SelfOwnReviewer, p.VerdictWhy) + card.Body
	}
	if f.pack.MeasuresWithPoints() {
		card.Buttons = append(card.Buttons, bot.Option{Text: text.SelfEditMeasures, Key: "measures"})
	}
	card.Buttons = append(card.Buttons,
		bot.Option{Text: text.SelfEditRemove, Key: "remove", Say: text.Words(text.WordsDrop), Minor: true},
		bot.Option{Text: text.SelfEditBack, Key: "back", Say: append(text.Words(text.WordsBare), text.Words(text.WordsNone)...), Minor: true})
	t.Ask(card)
}

func (d *Desk) readEdit(ctx context.Context, t *convo.Turn, s *filling, f sheet, p *risk.Point) (convo.Next, error) {
	switch t.Answer.Key() {
	case "text":
		return convo.Goto("weak"), nil
	case "category":
		return convo.Goto("category"), nil
	case "measures":
		return convo.Goto("measures"), nil
	case "remove":
		if err := d.RemoveRow(ctx, t, s.Check, s.No); err != nil {
			return convo.Next{}, err
		}
		t.Say(fmt.Sprintf(text.SelfEditRemoved, s.No))
		return d.afterEdit(ctx, s)
	case "back":
		t.Say(fmt.Sprintf(text.SelfEditNot, s.No))
		return d.afterEdit(ctx, s)
	}
	// A whole sentence is the row said better.
	return d.readCardSaid(ctx, t, s, f, p)
}

// afterEdit turns to the next row to rewrite, or ends the dialog.
func (d *Desk) afterEdit(ctx context.Context, s *filling) (convo.Next, error) {
	if s.Alone {
		return convo.Done(), nil
	}
	s.Saved = false
	return d.onward(ctx, s)
}

// startReturned opens the rows a reviewer gave back, one after the other, with the
// reviewer's words beside each; then the form can be handed in again.
func (d *Desk) startReturned(ctx context.Context, t *convo.Turn, c risk.SelfCheck, s filling) error {
	s.Fix = true
	for _, p := range live(c.Points) {
		if p.Verdict == risk.Returned {
			s.Edit = append(s.Edit, p.No)
		}
	}
	if len(s.Edit) > 0 {
		t.Say(fmt.Sprintf(text.SelfReturnedTitle, len(s.Edit)))
		s.No, s.Edit = s.Edit[0], s.Edit[1:]
		return t.Start(FlowSelfCheck, "edit", s)
	}
	past, err := d.Reg.Reviews(ctx, risk.ReviewFilter{Check: c.ID})
	if err != nil {
		return err
	}
	for i := len(past) - 1; i >= 0; i-- {
		if past[i].Decision == risk.Return && past[i].Comment != "" {
			t.Say(fmt.Sprintf(text.SelfReturnedZero, past[i].Comment))
			break
		}
	}
	return t.Start(FlowSelfCheck, "preview", s)
}

// RowEdit is what a page changes of a row; nil and empty fields leave it as it is.
type RowEdit struct {
	Manifestations []string
	Category       risk.Category
	Misuse         risk.Misuse
	Measures       []risk.Measure
	Objection      *string
	KeepReason     *string
}

// EditRow changes one row from the page.
func (d *Desk) EditRow(ctx context.Context, t *convo.Turn, check int64, no int, e RowEdit) error {
	f, p, err := d.editableRow(ctx, t, check, no)
	if err != nil {
		return err
	}
	for _, m := range e.Manifestations {
		if err := sayable(m); err != nil {
			return err
		}
	}
	if err := e.clean(); err != nil {
		return err
	}
	if len(e.Manifestations) > 0 {
		p.Manifestations, p.VerifiedOn = e.Manifestations, t.Now
	}
	if e.Category != "" && e.Category != p.Category {
		p.Category, p.CategoryWhy = e.Category, text.SelfOwnChoice
	}
	if e.Misuse != "" {
		p.Misuse = e.Misuse
	}
	if e.Measures != nil {
		p.Measures = e.Measures
	}
	if e.Objection != nil {
		p.Objection = text.Clip(*e.Objection, longestRemark)
	}
	if e.KeepReason != nil {
		p.KeepReason = text.Clip(*e.KeepReason, longestRemark)
	}
	return d.saveJudged(ctx, f, p)
}

// clean holds the red lines over everything else that stands on a row.
func (e RowEdit) clean() error {
	said := []string{}
	for _, p := range []*string{e.Objection, e.KeepReason} {
		if p != nil {
			said = append(said, *p)
		}
	}
	for _, m := range e.Measures {
		said = append(said, m.Text, m.Who, m.Evidence, m.NotDone)
	}
	if slices.ContainsFunc(said, func(s string) bool { return risk.Guard(s) != nil }) {
		return bot.Refuse(text.StoppedPage, "selfcheck: red line")
	}
	return nil
}

// AddRow writes a new row from the page. Its number is not one that the chat has
// given to the row it is asking about.
func (d *Desk) AddRow(ctx context.Context, t *convo.Turn, check int64, node risk.Node, sentence string) error {
	f, err := d.editable(ctx, t, check)
	if err != nil {
		return err
	}
	if err := sayable(sentence); err != nil {
		return err
	}
	s := filling{Check: check, No: f.nextNo(), Node: node}
	if at := d.position(t); at.Check == check && at.No == s.No {
		s.No++
	}
	return d.write(ctx, t, f, &s, sentence)
}

// RemoveRow takes a row off a form; it stays in the register as removed.
func (d *Desk) RemoveRow(ctx context.Context, t *convo.Turn, check int64, no int) error {
	f, p, err := d.editableRow(ctx, t, check, no)
	if err != nil {
		return err
	}
	p.State = risk.PointRemoved
	if err := d.save(ctx, f); err != nil {
		return err
	}
	return d.record(ctx, t, "selfcheck.row_removed", "selfcheck", f.ID, f.Version)
}

// SetZero writes 无风险点说明 from the page.
func (d *Desk) SetZero(ctx context.Context, t *convo.Turn, check int64, reason string) error {
	f, err := d.editable(ctx, t, check)
	if err != nil {
		return err
	}
	if n := len(live(f.Points)); n > 0 {
		return bot.Refuse(fmt.Sprintf(text.SelfZeroHas, n, d.Pages.MyCheck(check)), "selfcheck: zero beside rows")
	}
	if len([]rune(reason)) < shortestReason {
		return bot.Refuse(text.SelfZeroShort, "selfcheck: zero without a reason")
	}
	if risk.Guard(reason) != nil {
		return bot.Refuse(text.StoppedPage, "selfcheck: red line")
	}
	f.Begun, f.ZeroReason = true, text.Clip(reason, longestReason)
	return d.save(ctx, f)
}

func (d *Desk) editableRow(ctx context.Context, t *convo.Turn, check int64, no int) (sheet, *risk.Point, error) {
	f, err := d.editable(ctx, t, check)
	if err != nil {
		return f, nil, err
	}
	p := f.row(no)
	if p == nil {
		return f, nil, bot.Refuse(fmt.Sprintf(text.SelfEditNoSuch, no, rowList(f)), "selfcheck: no such row")
	}
	if f.State == risk.CheckReturned && p.Verdict == risk.Passed {
		return f, nil, bot.Refuse(fmt.Sprintf(text.SelfEditOnly, returnedRows(*f.SelfCheck)), "selfcheck: row passed")
	}
	return f, p, nil
}

// sayable is what holds for every sentence that is stored, wherever it was typed.
func sayable(sentence string) error {
	n := len([]rune(strings.TrimSpace(sentence)))
	switch {
	case n < shortestSentence:
		return bot.Refuse(text.SelfWeakShort, "selfcheck: sentence too short")
	case n > longestSentence:
		return bot.Refuse(fmt.Sprintf(text.SelfTooLongPage, n), "selfcheck: sentence too long")
	case risk.Guard(sentence) != nil:
		return bot.Refuse(text.StoppedPage, "selfcheck: red line")
	case pastFact(sentence):
		return bot.Refuse(text.SelfPastFact, "selfcheck: past fact")
	}
	return nil
}
