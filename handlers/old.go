package handlers

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

// askLast asks about the next of last year's rows. Which are left stands in the
// register: one that was kept or dropped is carried into this form.
func (d *Desk) askLast(ctx context.Context, t *convo.Turn, s *filling) error {
	last, err := d.Reg.LastYear(ctx, s.Check)
	if err != nil {
		return err
	}
	if len(last) == 0 { // all settled meanwhile
		return d.askNode(ctx, t, s)
	}
	p := last[0]
	t.Ask(bot.Card{
		Title: fmt.Sprintf(text.SelfLastTitle, s.Total-len(last)+1, s.Total),
		Desc:  text.Clip(p.Node.Name, 44),
		Body:  strings.Join(p.Manifestations, text.Semicolon) + "\n" + text.SelfLastAsk,
		Buttons: []bot.Option{
			{Text: text.SelfLastSame, Key: "same", Say: text.Words(text.WordsSame)},
			{Text: text.SelfLastEdit, Key: "edit", Say: text.Words(text.WordsChange)},
			{Text: text.SelfLastDrop, Key: "drop", Say: text.Words(text.WordsDrop)},
		},
	})
	return nil
}

func (d *Desk) readLast(ctx context.Context, t *convo.Turn, s *filling) (convo.Next, error) {
	f, err := d.editable(ctx, t, s.Check)
	if err != nil {
		return convo.Next{}, err
	}
	last, err := d.Reg.LastYear(ctx, s.Check)
	if err != nil {
		return convo.Next{}, err
	}
	if len(last) == 0 {
		s.Total = 0
		return d.readNode(ctx, t, s)
	}
	fate := t.Answer.Key()
	if fate == "" && utf8.RuneCountInString(t.Answer.Text) >= 2*shortestSentence && !asks(t.Answer.Text, true) {
		fate = "edit" // whoever tells what is different has something to change
	}
	if fate == "" {
		return convo.NotUnderstood(), nil
	}
	p := last[0]
	p.CarriedFrom, p.ID, p.CheckID, p.No = p.ID, 0, f.ID, f.nextNo()
	p.State, p.Verdict, p.VerdictWhy, p.Version, p.Confirmed, p.VerifiedOn = risk.PointDraft, risk.Unseen, "", 0, "", t.Now
	if len(p.Methods) == 0 {
		p.Methods = []risk.Method{risk.MethodSelf}
	}
	if fate == "drop" {
		p.No, p.State = 0, risk.PointRemoved // on no form, and not asked about again
	} else if err := d.judge(ctx, f, &p); err != nil {
		return convo.Next{}, err
	}
	f.Points = append(f.Points, p)
	if err := d.save(ctx, f); err != nil {
		return convo.Next{}, err
	}
	switch fate {
	case "edit":
		s.No, s.Node = p.No, p.Node
		return convo.Goto("weak"), nil
	case "drop":
		t.Say(text.SelfLastDropped)
	default:
		t.Say(fmt.Sprintf(text.SelfLastKept, p.No))
	}
	return d.onward(ctx, s)
}

// mostOld rows are taken from one old form; more is another person's work.
const mostOld = 20

// AdoptOld takes the rows read from an uploaded 附表1 and asks about them in chat:
// 读出3条：1沿用 2改 3不要. Nothing is kept that the red-line guard would stop.
func (d *Desk) AdoptOld(ctx context.Context, t *convo.Turn, check int64, rows []OldRow) (kept int, err error) {
	f, err := d.editable(ctx, t, check)
	if err != nil {
		return 0, err
	}
	s := filling{Check: check}
	if at := d.position(t); at.Check == check {
		s = at
	}
	if d.takePasted(t, &s, rows); len(s.Old) == 0 {
		return 0, nil
	}
	f.Begun = true
	if err := d.save(ctx, f); err != nil {
		return 0, err
	}
	return len(s.Old), t.Start(FlowSelfCheck, "old", s)
}

// takePasted goes on with rows of an old form; those a red line stops are left out
// and the person is told.
func (d *Desk) takePasted(t *convo.Turn, s *filling, rows []OldRow) convo.Next {
	s.Old, s.Total, s.Saved, s.Alone = nil, 0, false, false
	stopped := 0
	for _, r := range rows {
		all := strings.Join(append([]string{r.Manifestation}, r.Measures...), "\n")
		switch {
		case strings.TrimSpace(r.Manifestation) == "":
		case risk.Guard(all) != nil || risk.GuardPoint(r.Manifestation) != nil || utf8.RuneCountInString(r.Manifestation) > longestSentence:
			stopped++
		case len(s.Old) < mostOld:
			s.Old = append(s.Old, r)
		}
	}
	if stopped > 0 {
		t.Say(fmt.Sprintf(text.SelfOldSkipped, stopped))
	}
	if len(s.Old) == 0 {
		return convo.Again()
	}
	return convo.Goto("old")
}

// pastedRows reads a numbered list of sentences that somebody pasted: lines that begin
// with 1. or 第一条 or （一）, the longest cell of a table's row. Fewer than two are no list.
func pastedRows(said string) (rows []OldRow) {
	mark := regexp.MustCompile(text.ListLine)
	for line := range strings.Lines(said) {
		line = strings.TrimSpace(line)
		folded := convo.FoldText(line)
		at := mark.FindStringIndex(folded)
		switch {
		case at != nil && strings.Contains(line, "\t"):
			longest := ""
			for cell := range strings.SplitSeq(line, "\t") {
				if len(cell) > len(longest) {
					longest = cell
				}
			}
			rows = append(rows, OldRow{Manifestation: strings.TrimSpace(longest)})
		case at != nil:
			rows = append(rows, OldRow{Manifestation: strings.TrimSpace(folded[at[1]:])})
		case len(rows) > 0 && folded != "":
			rows[len(rows)-1].Manifestation += folded
		}
	}
	rows = slices.DeleteFunc(rows, func(r OldRow) bool { return utf8.RuneCountInString(r.Manifestation) < shortestSentence })
	if len(rows) < 2 {
		return nil
	}
	for i := range rows {
		rows[i].Manifestation, rows[i].Measures = risk.SplitMeasures(rows[i].Manifestation)
	}
	return rows
}

func (d *Desk) askOld(_ context.Context, t *convo.Turn, s *filling) error {
	lines := []string{fmt.Sprintf(text.SelfOldRead, len(s.Old))}
	for i, r := range s.Old {
		lines = append(lines, fmt.Sprintf("%d. %s", i+1, text.Clip(r.Manifestation, 40)))
	}
	t.Say(strings.Join(append(lines, text.SelfOldAsk), "\n"))
	return nil
}

// readOld reads a fate for every row, in one message or in several.
func (d *Desk) readOld(ctx context.Context, t *convo.Turn, s *filling) (convo.Next, error) {
	f, err := d.editable(ctx, t, s.Check)
	if err != nil {
		return convo.Next{}, err
	}
	missing, ok := hearFates(convo.Fold(t.Message.Text), s.Old)
	switch {
	case !ok:
		t.Say(text.SelfOldAgain)
		return convo.Stay(), nil
	case len(missing) > 0 && missing[0] > len(s.Old):
		t.Say(fmt.Sprintf(text.SelfOldNoSuch, missing[0], len(s.Old)))
		return convo.Stay(), nil
	case len(missing) > 0:
		t.Say(fmt.Sprintf(text.SelfOldMore, fmt.Sprintf(text.SelfRows, numbers(missing))))
		return convo.Stay(), nil
	}
	nodes, err := d.ownNodes(ctx, f)
	if err != nil {
		return convo.Next{}, err
	}
	count := map[fate]int{}
	for _, row := range s.Old {
		if count[row.Fate]++; row.Fate == fateDrop {
			continue
		}
		node, found := named(nodes, row.Node)
		if !found {
			if node, err = d.Reg.AddGap(ctx, f.Post, text.Clip(orStep(row.Node), 60)); err != nil {
				return convo.Next{}, err
			}
		}
		p := risk.Point{
			CheckID: f.ID, No: f.nextNo(), Layer: risk.LayerPost, Post: f.Post, Node: node, Category: row.Category,
			Manifestations: []string{row.Manifestation}, Methods: []risk.Method{risk.MethodSelf}, State: risk.PointDraft, VerifiedOn: t.Now,
		}
		for _, m := range row.Measures {
			p.Measures = append(p.Measures, risk.ParseMeasure(m, risk.Measure{Who: f.Post.Name, Frequency: text.EveryTime}))
		}
		if err := d.judge(ctx, f, &p); err != nil {
			return convo.Next{}, err
		}
		f.Points = append(f.Points, p)
		if row.Fate == fateEdit {
			s.Edit = append(s.Edit, p.No)
		}
	}
	f.ZeroReason, s.Old = "", nil
	t.Say(fmt.Sprintf(text.SelfOldDone, count[fateKeep], count[fateEdit], count[fateDrop]))
	if err := d.save(ctx, f); err != nil {
		return convo.Next{}, err
	}
	return d.onward(ctx, s)
}

func orStep(name string) string {
	if strings.TrimSpace(name) == "" {
		return text.UnnamedStep
	}
	return name
}
