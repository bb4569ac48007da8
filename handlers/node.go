package handlers

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

// askNode offers the next step of the person's own flow: the steps the catalogue
// gives this post and that have no point yet come first. Together with "没有了" it is
// also the question whether there is more to say, so a point costs one turn less.
func (d *Desk) askNode(ctx context.Context, t *convo.Turn, s *filling) error {
	f, err := d.sheet(ctx, t, s.Check)
	if err != nil {
		return err
	}
	own, open, err := d.openNodes(ctx, f, s)
	if err != nil {
		return err
	}
	n := len(live(f.Points))
	if n >= f.pack.SoftCap && s.Saved {
		t.Say(fmt.Sprintf(text.SelfSoftCap, n))
	}
	if len(own) == 0 && n == 0 {
		t.Ask(bot.Card{Body: text.SelfNodeText, Buttons: []bot.Option{{Text: text.SelfNodeTell, Key: "own"}, zeroOption()}})
		return nil
	}
	t.Ask(nodeCard(s, open, n))
	return nil
}

// nodeCard asks for the step of the next row; n rows stand on the form.
func nodeCard(s *filling, open []risk.Node, n int) bot.Card {
	card := bot.Card{}
	switch {
	case len(open) == 0 && n == 0:
		card.Title = text.SelfNodeOver
	case len(open) == 0 && s.Saved:
		card.Title = fmt.Sprintf(text.SelfNodeMore, s.No)
	case len(open) == 0:
		card.Title = text.SelfNodeAgain
	case s.Saved:
		card.Title = fmt.Sprintf(text.SelfNodeNextTitle, s.No, text.Clip(open[0].Name, 20))
	default:
		card.Title = fmt.Sprintf(text.SelfNodeTitle, text.Clip(open[0].Name, 24))
	}
	other := bot.Option{Text: text.SelfNodeHave, Key: "other", Say: append(text.Words(text.WordsMoreRow), text.Words(text.WordsOther)...)}
	if len(open) > 0 {
		if open[0].Item != open[0].Name {
			card.Desc = text.Clip(fmt.Sprintf(text.SelfNodeDesc, open[0].Item), 44)
		}
		card.Buttons = []bot.Option{{Text: text.SelfNodeYes, Key: "yes", Say: text.Words(text.WordsYes)}}
		other.Text = text.SelfNodeOther
	}
	card.Buttons = append(card.Buttons, other)
	if n > 0 {
		none := bot.Option{Text: text.SelfNodeNone, Key: "none", Say: append(text.Words(text.WordsNone), text.Words(text.WordsSubmit)...)}
		return withOption(card, none)
	}
	return withOption(card, zeroOption())
}

func withOption(card bot.Card, o bot.Option) bot.Card {
	card.Buttons = append(card.Buttons, o)
	return card
}

func zeroOption() bot.Option {
	return bot.Option{Text: text.SelfNodeZero, Key: "zero", Say: text.Words(text.WordsZero), Minor: true}
}

func (d *Desk) readNode(ctx context.Context, t *convo.Turn, s *filling) (convo.Next, error) {
	f, err := d.editable(ctx, t, s.Check)
	if err != nil {
		return convo.Next{}, err
	}
	own, open, err := d.openNodes(ctx, f, s)
	if err != nil {
		return convo.Next{}, err
	}
	switch t.Answer.Key() {
	case "yes":
		if len(open) > 0 {
			return d.writeOn(ctx, t, s, f, open[0])
		}
	case "other":
		return convo.Goto("nodes"), nil
	case "none":
		return convo.Goto("preview"), nil
	case "own":
		return convo.Goto("ownnode"), nil
	case "zero":
		// 没有 to a step means this step, not the whole post.
		switch none := text.Says(text.WordsNone, t.Answer.Text); {
		case none && len(open) > 0:
			return s.skip(t, open[0]), nil
		case none && len(own) == 0:
			t.Say(text.SelfNodeNothing)
			return convo.Stay(), nil
		}
		return convo.Goto("zero"), nil
	}
	switch {
	case len(own) == 0 && len(live(f.Points)) > 0:
		if s.hold(t, spoken(t)) {
			return convo.Goto("nodes"), nil
		}
		return convo.NotUnderstood(), nil
	case len(own) == 0 && text.Says(text.WordsElsewhere, t.Answer.Text):
		return convo.NotUnderstood(), nil
	case len(own) == 0:
		return d.readOwnNode(ctx, t, s)
	case len(open) == 0:
		open = own
	}
	return d.readSaid(ctx, t, s, f, own, open[0])
}

// readSaid hears what people say instead of choosing a step: the step's name, the
// weak spot itself, or a whole old form.
func (d *Desk) readSaid(ctx context.Context, t *convo.Turn, s *filling, f sheet, nodes []risk.Node, offered risk.Node) (convo.Next, error) {
	if rows := pastedRows(t.Message.Text); len(rows) > 0 {
		return d.takePasted(t, s, rows), nil
	}
	said := spoken(t)
	n, found := named(nodes, said)
	length := utf8.RuneCountInString(said)
	switch {
	case length > longestSentence:
		t.Say(fmt.Sprintf(text.SelfWeakLong, length, d.Pages.MyCheck(s.Check)))
		return convo.Stay(), nil
	case length < 2*shortestSentence && found:
		return d.writeOn(ctx, t, s, f, n)
	case length < 2*shortestSentence || asks(said, false):
		return convo.NotUnderstood(), nil
	}
	if !found {
		n = offered
	}
	next := s.turnTo(f, n)
	if pastFact(said) {
		t.Say(text.SelfPastFact)
		return next, nil
	}
	if n.Name == said {
		return next, nil
	}
	return d.takeSentence(ctx, t, s, f, said)
}

// turnTo begins a row on a step. Its number is fixed here, so that 返回 and a second
// try write the same row.
func (s *filling) turnTo(f sheet, n risk.Node) convo.Next {
	s.No, s.Node, s.More, s.Saved, s.Own = f.nextNo(), n, false, false, nil
	return convo.Goto("weak")
}

// writeOn begins a row on a step, with the sentence that was waiting for it, if any.
func (d *Desk) writeOn(ctx context.Context, t *convo.Turn, s *filling, f sheet, n risk.Node) (convo.Next, error) {
	next, held := s.turnTo(f, n), s.Held
	if s.Held = ""; held != "" {
		return d.takeSentence(ctx, t, s, f, held)
	}
	return next, nil
}

// skip leaves a step that has no weak spot.
func (s *filling) skip(t *convo.Turn, n risk.Node) convo.Next {
	s.Skip, s.Saved = append(s.Skip, n.ID), false
	t.Say(fmt.Sprintf(text.SelfNodeSkipped, n.Name))
	return convo.Goto("node")
}

func (d *Desk) askNodes(ctx context.Context, t *convo.Turn, s *filling) error {
	f, err := d.sheet(ctx, t, s.Check)
	if err != nil {
		return err
	}
	nodes, err := d.pickable(ctx, f)
	if err != nil {
		return err
	}
	card := bot.Card{Title: text.SelfNodePick, Pick: &bot.Pick{Submit: text.SelfMeasureSubmit}}
	for _, n := range nodes {
		card.Pick.Options = append(card.Pick.Options, bot.Option{Text: text.Clip(n.Name, 17), Key: fmt.Sprint(n.ID), Say: []string{n.Name}})
	}
	card.Pick.Options = append(card.Pick.Options, bot.Option{Text: text.SelfNodePickNone, Key: "own"})
	t.Ask(card)
	return nil
}

// pickable are the steps that fit a card, with room for 都不是.
func (d *Desk) pickable(ctx context.Context, f sheet) ([]risk.Node, error) {
	nodes, err := d.ownNodes(ctx, f)
	return nodes[:min(len(nodes), 19)], err
}

func (d *Desk) readNodes(ctx context.Context, t *convo.Turn, s *filling) (convo.Next, error) {
	f, err := d.editable(ctx, t, s.Check)
	if err != nil {
		return convo.Next{}, err
	}
	nodes, err := d.pickable(ctx, f)
	if err != nil {
		return convo.Next{}, err
	}
	if t.Answer.Key() == "own" {
		return convo.Goto("ownnode"), nil
	}
	for _, n := range nodes {
		if t.Answer.Key() == fmt.Sprint(n.ID) {
			return d.writeOn(ctx, t, s, f, n)
		}
	}
	said := spoken(t)
	n, found := named(nodes, said)
	switch {
	case found:
		return d.readSaid(ctx, t, s, f, nodes, n)
	case s.hold(t, said):
		return convo.Stay(), nil
	case text.Says(text.WordsZero, said) && len(live(f.Points)) == 0:
		return convo.Goto("zero"), nil
	case text.Says(text.WordsNone, said) && len(live(f.Points)) > 0:
		return convo.Goto("preview"), nil
	}
	return convo.NotUnderstood(), nil
}

// hold keeps a sentence that was said before its step; false when it is none.
func (s *filling) hold(t *convo.Turn, said string) bool {
	n := utf8.RuneCountInString(said)
	if n < 2*shortestSentence || n > longestSentence || asks(said, false) || pastFact(said) {
		return false
	}
	s.Held = said
	t.Say(text.SelfNodeKeep)
	return true
}

func (d *Desk) askOwnNode(_ context.Context, t *convo.Turn, _ *filling) error {
	t.Say(text.SelfNodeText)
	return nil
}

// readOwnNode keeps what the person says of steps that are on no chart as catalogue
// gaps for the section head, and goes on with them.
func (d *Desk) readOwnNode(ctx context.Context, t *convo.Turn, s *filling) (convo.Next, error) {
	f, err := d.editable(ctx, t, s.Check)
	if err != nil {
		return convo.Next{}, err
	}
	if rows := pastedRows(t.Message.Text); len(rows) > 0 {
		return d.takePasted(t, s, rows), nil
	}
	said := spoken(t)
	length := utf8.RuneCountInString(said)
	switch {
	case text.Says(text.WordsZero, said) && len(live(f.Points)) == 0:
		return convo.Goto("zero"), nil
	case length < 4 || text.Says(text.WordsExample, said):
		t.Say(text.SelfNodeShort)
		return convo.Stay(), nil
	case length > longestSentence:
		t.Say(fmt.Sprintf(text.SelfTooLongPage, length))
		return convo.Stay(), nil
	}
	var added []risk.Node
	for _, name := range stepNames(said) {
		n, err := d.Reg.AddGap(ctx, f.Post, text.Clip(name, 60))
		if err != nil {
			return convo.Next{}, err
		}
		added = append(added, n)
	}
	if len(added) == 1 {
		return d.writeOn(ctx, t, s, f, added[0])
	}
	t.Say(fmt.Sprintf(text.SelfNodeSteps, len(added)))
	s.Saved = false
	return convo.Goto("node"), nil
}

// stepNames reads 收报销单、核对发票，再报股长签字 as three steps; what does not look
// like a list is one.
func stepNames(said string) (names []string) {
	parts := []string{said}
	for _, cut := range text.Words(text.WordsStep) {
		var finer []string
		for _, p := range parts {
			finer = append(finer, strings.Split(p, cut)...)
		}
		parts = finer
	}
	for _, p := range parts {
		if p = strings.Trim(p, " ."); utf8.RuneCountInString(p) >= 2 {
			names = append(names, p)
		}
	}
	if len(names) == 0 || len(names) > 10 {
		return []string{said}
	}
	return names
}

// ownNodes are the steps this post acts in, by the catalogue; without any, the section's.
func (d *Desk) ownNodes(ctx context.Context, f sheet) ([]risk.Node, error) {
	all, err := d.Reg.Nodes(ctx, f.Post.SectionID)
	if err != nil {
		return nil, err
	}
	var own []risk.Node
	for _, n := range all {
		if n.PostName == f.Post.Name {
			own = append(own, n)
		}
	}
	if len(own) == 0 {
		return all, nil
	}
	return own, nil
}

// openNodes are the own steps, and those of them without a point yet that were not skipped.
func (d *Desk) openNodes(ctx context.Context, f sheet, s *filling) (own, open []risk.Node, err error) {
	if own, err = d.ownNodes(ctx, f); err != nil {
		return nil, nil, err
	}
	done := map[int64]bool{}
	for _, p := range live(f.Points) {
		done[p.Node.ID] = true
	}
	for _, id := range s.Skip {
		done[id] = true
	}
	for _, n := range own {
		if !done[n.ID] {
			open = append(open, n)
		}
	}
	return own, open, nil
}

// named finds the step a person names in full or in part.
func named(nodes []risk.Node, said string) (risk.Node, bool) {
	said = strings.TrimSpace(said)
	if utf8.RuneCountInString(said) < 2 {
		return risk.Node{}, false
	}
	for _, n := range nodes {
		if n.Name == said || strings.Contains(said, n.Name) || strings.Contains(n.Name, said) {
			return n, true
		}
	}
	return risk.Node{}, false
}
