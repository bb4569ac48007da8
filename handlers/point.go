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

// Limits of one sentence, in characters: shorter says nothing, longer is a page's work.
const (
	shortestSentence = 6
	longestSentence  = 500
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
		t.Ask(bot.Card{Body: text.SelfNodeText, Buttons: []bot.Option{zeroOption()}})
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
		card.Title = fmt.Sprintf(text.SelfNodeNextTitle, s.No, clip(open[0].Name, 20))
	default:
		card.Title = fmt.Sprintf(text.SelfNodeTitle, clip(open[0].Name, 24))
	}
	other := bot.Option{Text: text.SelfNodeHave, Key: "other", Say: append(text.Words(text.WordsMoreRow), text.Words(text.WordsOther)...)}
	if len(open) > 0 {
		if open[0].Item != open[0].Name {
			card.Desc = clip(fmt.Sprintf(text.SelfNodeDesc, open[0].Item), 44)
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
			return s.turnTo(f, open[0]), nil
		}
	case "other":
		return convo.Goto("nodes"), nil
	case "none":
		return convo.Goto("preview"), nil
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
	if len(own) == 0 && len(live(f.Points)) == 0 && text.Says(text.WordsElsewhere, t.Answer.Text) {
		return convo.NotUnderstood(), nil
	}
	if len(own) == 0 && len(live(f.Points)) == 0 {
		return d.readOwnNode(ctx, t, s)
	}
	if len(open) == 0 {
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
		return s.turnTo(f, n), nil
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
		card.Pick.Options = append(card.Pick.Options, bot.Option{Text: clip(n.Name, 17), Key: fmt.Sprint(n.ID), Say: []string{n.Name}})
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
			return s.turnTo(f, n), nil
		}
	}
	said := t.Answer.Text
	switch {
	case text.Says(text.WordsZero, said) && len(live(f.Points)) == 0:
		return convo.Goto("zero"), nil
	case text.Says(text.WordsNone, said) && len(live(f.Points)) > 0:
		return convo.Goto("preview"), nil
	}
	if n, ok := named(nodes, said); ok {
		return s.turnTo(f, n), nil
	}
	return convo.NotUnderstood(), nil
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
		n, err := d.Reg.AddGap(ctx, f.Post, clip(name, 60))
		if err != nil {
			return convo.Next{}, err
		}
		added = append(added, n)
	}
	if len(added) == 1 {
		return s.turnTo(f, added[0]), nil
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

func (d *Desk) askWeak(ctx context.Context, t *convo.Turn, s *filling) error {
	f, err := d.sheet(ctx, t, s.Check)
	if err != nil {
		return err
	}
	p := f.row(s.No)
	switch {
	case s.More:
		t.Say(fmt.Sprintf(text.SelfWeakMoreAsk, s.Node.Name))
		return nil
	case p != nil:
		ask := fmt.Sprintf(text.SelfOwnAsk, s.No, bullets(p.Manifestations))
		if p.Verdict == risk.Returned && p.VerdictWhy != "" {
			ask = fmt.Sprintf(text.SelfOwnReviewer, p.VerdictWhy) + ask
		}
		t.Say(ask)
		return nil
	}
	ask := fmt.Sprintf(text.SelfWeakAsk, s.Node.Name)
	// A post without power tags rarely knows where to look: it sees its family's samples first.
	if len(f.Post.Tags) == 0 && len(live(f.Points)) == 0 && !t.Repeat {
		ask = fmt.Sprintf(text.SelfWeakFamily, bullets(risk.Examples(f.pack, f.Post, s.Node))) + "\n" + ask
	}
	t.Say(ask)
	return nil
}

func (d *Desk) readWeak(ctx context.Context, t *convo.Turn, s *filling) (convo.Next, error) {
	f, err := d.editable(ctx, t, s.Check)
	if err != nil {
		return convo.Next{}, err
	}
	said := spoken(t)
	standing := f.row(s.No) != nil
	switch {
	case standing && (text.Says(text.WordsBare, said) || s.More && text.Says(text.WordsNone, said)):
		s.More = false
		return convo.Goto("card"), nil
	case !standing && (text.Says(text.WordsNone, said) || text.Says(text.WordsOther, said)):
		return s.skip(t, s.Node), nil
	case !standing && text.Says(text.WordsZero, said) && len(live(f.Points)) == 0:
		return convo.Goto("zero"), nil
	case text.Says(text.WordsExample, said):
		t.Say(fmt.Sprintf(text.SelfWeakExamples, bullets(risk.Examples(f.pack, f.Post, s.Node))))
		return convo.Stay(), nil
	}
	if _, number := convo.Numbers(convo.Fold(said)); number {
		t.Say(text.SelfWeakNoCopy)
		return convo.Stay(), nil
	}
	if rows := pastedRows(t.Message.Text); len(rows) > 0 && !s.Alone {
		for i := range rows {
			rows[i].Node = s.Node.Name
		}
		return d.takePasted(t, s, rows), nil
	}
	return d.takeSentence(ctx, t, s, f, said)
}

// spoken is what the person typed as one line.
func spoken(t *convo.Turn) string {
	return strings.Join(strings.FieldsFunc(convo.FoldText(t.Message.Text), func(r rune) bool { return r == '\n' || r == '\r' }), text.Semicolon)
}

// takeSentence puts a sentence into the row if it can be one, and shows its card.
func (d *Desk) takeSentence(ctx context.Context, t *convo.Turn, s *filling, f sheet, said string) (convo.Next, error) {
	switch n := utf8.RuneCountInString(said); {
	case n < shortestSentence:
		t.Say(text.SelfWeakShort)
		return convo.Stay(), nil
	case n > longestSentence:
		t.Say(fmt.Sprintf(text.SelfWeakLong, n, d.Pages.MyCheck(s.Check)))
		return convo.Stay(), nil
	case pastFact(said):
		t.Say(text.SelfPastFact)
		return convo.Stay(), nil
	}
	return convo.Goto("card"), d.write(ctx, t, f, s, said)
}

// pastFact reports whether a sentence tells what has happened instead of what could.
func pastFact(said string) bool {
	return risk.GuardPoint(said) != nil ||
		text.Has(text.WordsPastTime, said) && text.Has(text.WordsPastMark, said) && !text.Has(text.WordsMaybe, said)
}

// write puts a sentence into the row being written: the row is made, one more
// 表现形式 is added, or the row's words are replaced. Measures typed behind 措施： go
// where they belong.
func (d *Desk) write(ctx context.Context, t *convo.Turn, f sheet, s *filling, said string) error {
	said, measures := risk.SplitMeasures(said)
	said = strings.TrimRight(said, text.FullStop+text.Semicolon+text.Comma)
	p := f.row(s.No)
	switch {
	case p == nil && said == "":
		return bot.Refuse(text.SelfWeakShort, "selfcheck: measures without a row")
	case p == nil:
		f.Points = append(f.Points, risk.Point{
			CheckID: f.ID, No: s.No, Layer: risk.LayerPost, Post: f.Post, Node: s.Node,
			Manifestations: []string{said}, Methods: []risk.Method{risk.MethodSelf}, State: risk.PointDraft, VerifiedOn: t.Now,
		})
		p = &f.Points[len(f.Points)-1]
	case said == "":
	case s.More:
		p.Manifestations = append(p.Manifestations, said)
	default:
		p.Manifestations, p.Category, p.Misuse, p.KeepReason, p.VerifiedOn = []string{said}, "", "", "", t.Now
		if len(measures) > 0 {
			p.Measures = nil // said anew
		}
	}
	for _, m := range measures {
		p.Measures = append(p.Measures, risk.ParseMeasure(m, risk.Measure{Who: f.Post.Name, Frequency: text.EveryTime}))
	}
	s.More, f.ZeroReason, f.Begun = false, "", true
	if err := d.judge(ctx, f, p); err != nil {
		return err
	}
	return d.save(ctx, f)
}

// judge derives everything that need not be asked: headline, category, what it
// could be used for, 系统初评, and what the coach sees.
func (d *Desk) judge(ctx context.Context, f sheet, p *risk.Point) error {
	words := strings.Join(p.Manifestations, text.Semicolon)
	p.Title = risk.Headline(p.Manifestations[0])
	if p.Category == "" {
		p.Category, p.CategoryWhy = risk.Classify(f.pack, words, p.Node)
	}
	if p.Misuse == "" {
		p.Misuse = risk.GuessMisuse(words)
	}
	given := p.Factors
	p.Factors = risk.TagFactors(f.pack, f.Post, p.Node, words)
	// What the section review or the office gave is not the owner's to undo.
	p.Factors.ThreeYears, p.Factors.Likelihood, p.Factors.Harm = given.ThreeYears, given.Likelihood, given.Harm
	p.Suggested = risk.Suggest(f.pack, p.Factors)
	c, err := d.coach(ctx, f)
	if err != nil {
		return err
	}
	p.Hints = risk.Lint(f.pack, *p, c)
	return nil
}

// coach is what the lint may compare a row with.
func (d *Desk) coach(ctx context.Context, f sheet) (risk.Context, error) {
	nodes, err := d.Reg.Nodes(ctx, f.Post.SectionID)
	if err != nil {
		return risk.Context{}, err
	}
	others, err := d.Reg.OtherTexts(ctx, f.Post.ID, 200)
	if err != nil {
		return risk.Context{}, err
	}
	return risk.Context{Post: f.Post, Nodes: nodes, Others: others, MeasuresDue: f.pack.MeasuresWithPoints(), PointCount: len(live(f.Points))}, nil
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

// bullets writes lines under each other.
func bullets(lines []string) string { return "· " + strings.Join(lines, "\n· ") }
