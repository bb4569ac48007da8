package handlers

import (
	"context"
	"fmt"
	"regexp"
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
	said = bareSentence(said)
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

// bareSentence takes off what people put in front of a sentence: its number, 改成, 我觉得吧.
func bareSentence(said string) string {
	if at := regexp.MustCompile(text.ListLine).FindStringIndex(said); at != nil {
		said = said[at[1]:]
	}
	for more := true; more; {
		said, more = text.Cut(text.WordsTurnInto, strings.TrimLeft(said, text.ListSeparators+":"+text.Colon))
	}
	return said
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

// bullets writes lines under each other.
func bullets(lines []string) string { return "· " + strings.Join(lines, "\n· ") }
