package handlers

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

// askCard shows a row with everything that was derived from its sentence, and the
// single worst hint with a rewrite in the person's own words.
func askCard(t *convo.Turn, f sheet, p *risk.Point) {
	card := bot.Card{
		Title: fmt.Sprintf(text.SelfCardTitle, p.No, p.Title),
		Desc:  text.Clip(p.Node.Name, 44),
		Facts: []bot.Fact{
			{Key: text.SelfCardCategory, Value: f.pack.CategoryLabel(p.Category)},
			{Key: text.SelfCardMisuse, Value: f.pack.MisuseLabel(p.Misuse)},
			{Key: text.SelfCardLevel, Value: f.pack.LevelLabel(p.Suggested.Level)},
		},
		Body:    fmt.Sprintf(text.SelfCardWhy, strings.TrimRight(p.Suggested.Reason, text.FullStop)),
		Buttons: []bot.Option{{Text: text.SelfCardYes, Key: "yes", Say: append(text.Words(text.WordsYes), text.Words(text.WordsNone)...)}},
	}
	if len(p.Hints) == 0 {
		if p.CategoryWhy != "" {
			card.Body = fmt.Sprintf(text.SelfCardKind, strings.TrimRight(p.CategoryWhy, text.FullStop)) + "\n" + card.Body
		}
	} else {
		card = withHint(card, p.Hints[0])
	}
	if len(p.Manifestations) > 1 {
		card.Body = bullets(p.Manifestations) + "\n" + card.Body
	}
	card.Buttons = append(card.Buttons,
		bot.Option{Text: text.SelfCardOwn, Key: "own", Say: text.Words(text.WordsSelf)},
		bot.Option{Text: text.SelfCardMore, Key: "more", Say: text.Words(text.WordsMoreWay)},
		bot.Option{Text: text.SelfCardCategoryB, Key: "category", Say: text.Words(text.WordsKind)},
		bot.Option{Text: text.SelfCardObject, Key: "object", Say: text.Words(text.WordsObject), Minor: true},
	)
	t.Ask(card)
}

// withHint adds what the coach sees: a rewrite to take, or, where only the person can
// say it, a reason to keep the row.
func withHint(card bot.Card, h risk.Hint) bot.Card {
	card.Body += "\n" + fmt.Sprintf(text.SelfCardHint, h.Say)
	switch {
	case h.Rewrite != "":
		card.Body += "\n" + fmt.Sprintf(text.SelfCardRewrite, h.Rewrite)
		if !h.Gap { // a frame with a gap is for the person to fill in
			return withOption(card, bot.Option{Text: text.SelfCardUse, Key: "use", Say: text.Words(text.WordsUse)})
		}
	case keepable(h):
		return withOption(card, bot.Option{Text: text.SelfCardKeep, Key: "keep"})
	}
	return card
}

// keepable: rules that a good reason settles (DOMAIN.md §7.3: 保留请说明理由).
func keepable(h risk.Hint) bool { return slices.Contains([]string{"L4", "L9", "L13"}, h.Rule) }

func (d *Desk) readCard(ctx context.Context, t *convo.Turn, s *filling, f sheet, p *risk.Point) (convo.Next, error) {
	switch t.Answer.Key() {
	case "yes":
		return d.afterCard(ctx, t, s, f, p)
	case "use":
		if len(p.Hints) > 0 && p.Hints[0].Rewrite != "" {
			t.Say(text.SelfCardUsed)
			useRewrite(p, f.Post, p.Hints[0])
			return convo.Again(), d.saveJudged(ctx, f, p)
		}
	case "keep":
		return convo.Goto("keep"), nil
	case "own":
		return convo.Goto("weak"), nil
	case "more":
		s.More = true
		return convo.Goto("weak"), nil
	case "category":
		return convo.Goto("category"), nil
	case "object":
		return convo.Goto("objection"), nil
	}
	return d.readCardSaid(ctx, t, s, f, p)
}

// readCardSaid hears what people say to a card instead of choosing: a reason, an
// objection, their measures, one more way, or the sentence said better.
func (d *Desk) readCardSaid(ctx context.Context, t *convo.Turn, s *filling, f sheet, p *risk.Point) (convo.Next, error) {
	said := spoken(t)
	n := utf8.RuneCountInString(said)
	switch {
	case text.Says(text.WordsMisuse, said):
		return convo.Goto("misuse"), nil
	case text.Says(text.WordsNo, said):
		return convo.Goto("weak"), nil
	case n < 2*shortestSentence && !text.Starts(text.WordsOwnMeans, said) || asks(said, true):
		return convo.NotUnderstood(), nil
	case n > longestSentence:
		t.Say(fmt.Sprintf(text.SelfTooLongPage, n))
		return convo.Stay(), nil
	case pastFact(said):
		t.Say(text.SelfPastFact)
		return convo.Stay(), nil
	case text.Starts(text.WordsReason, said):
		return d.keep(ctx, t, s, f, p)
	case text.Has(text.WordsLevelTalk, said):
		return d.object(ctx, t, s, f, p)
	case text.Starts(text.WordsOwnMeans, said):
		return convo.Goto("card"), d.write(ctx, t, f, s, said)
	}
	if rest, more := text.Cut(text.WordsMoreLead, said); more {
		s.More = true
		return convo.Goto("card"), d.write(ctx, t, f, s, strings.TrimLeft(rest, text.ListSeparators))
	}
	t.Say(fmt.Sprintf(text.SelfCardInstead, s.No, strings.Join(p.Manifestations, text.Semicolon)))
	return convo.Goto("card"), d.write(ctx, t, f, s, bareSentence(said))
}

// useRewrite puts a hint's rewrite where it belongs: a measure's in place of the
// measure, a sentence's in place of the one it is closest to.
func useRewrite(p *risk.Point, post risk.Post, h risk.Hint) {
	if h.Rule == "L8" {
		m := risk.ParseMeasure(h.Rewrite, risk.Measure{Who: post.Name, Frequency: text.EveryTime})
		if i := slices.IndexFunc(p.Measures, func(have risk.Measure) bool { return have.Text == m.Text }); i >= 0 {
			p.Measures[i] = m
		} else {
			p.Measures = append(p.Measures, m)
		}
		return
	}
	best, at := -1.0, 0
	for i, m := range p.Manifestations {
		if like := risk.Similar(m, h.Rewrite); like > best {
			best, at = like, i
		}
	}
	p.Manifestations[at] = h.Rewrite
}

// afterCard goes to the measures where the pack asks for them with the points and the
// row's own do not hold yet.
func (d *Desk) afterCard(ctx context.Context, t *convo.Turn, s *filling, f sheet, p *risk.Point) (convo.Next, error) {
	lacking := slices.ContainsFunc(p.Hints, func(h risk.Hint) bool { return h.Rule == "L8" })
	if f.pack.MeasuresWithPoints() && (len(p.Measures) == 0 || lacking) {
		return convo.Goto("measures"), nil
	}
	return d.rowDone(ctx, t, s)
}

// rowDone leaves a finished row for the next thing to do.
func (d *Desk) rowDone(ctx context.Context, t *convo.Turn, s *filling) (convo.Next, error) {
	s.Saved, s.Own = true, nil
	if s.Alone {
		t.Say(fmt.Sprintf(text.SelfEditDone, s.No))
		return convo.Done(), nil
	}
	return d.onward(ctx, s)
}

func askCategory(t *convo.Turn, f sheet, _ *risk.Point) {
	card := bot.Card{Title: text.SelfCategoryAsk, Pick: &bot.Pick{Submit: text.SelfMeasureSubmit}}
	for _, c := range f.pack.CategoriesFor(risk.LayerPost) {
		card.Pick.Options = append(card.Pick.Options, bot.Option{Text: text.Clip(c.Label, 17), Key: string(c.Code), Say: c.Aliases})
	}
	t.Ask(card)
}

func (d *Desk) readCategory(ctx context.Context, t *convo.Turn, _ *filling, f sheet, p *risk.Point) (convo.Next, error) {
	return d.change(ctx, t, f, p, func(p *risk.Point) {
		p.Category, p.CategoryWhy = risk.Category(t.Answer.Key()), text.SelfOwnChoice
	})
}

func askMisuse(t *convo.Turn, f sheet, _ *risk.Point) {
	card := bot.Card{Title: text.SelfMisuseAsk, Pick: &bot.Pick{Submit: text.SelfMeasureSubmit}}
	for _, m := range f.pack.MisuseDefs {
		card.Pick.Options = append(card.Pick.Options, bot.Option{Text: text.Clip(m.Label, 17), Key: string(m.Code)})
	}
	t.Ask(card)
}

func (d *Desk) readMisuse(ctx context.Context, t *convo.Turn, _ *filling, f sheet, p *risk.Point) (convo.Next, error) {
	return d.change(ctx, t, f, p, func(p *risk.Point) { p.Misuse = risk.Misuse(t.Answer.Key()) })
}

// change alters the row by the chosen option and shows its card again.
func (d *Desk) change(ctx context.Context, t *convo.Turn, f sheet, p *risk.Point, alter func(*risk.Point)) (convo.Next, error) {
	switch {
	case t.Answer.Key() != "":
		alter(p)
		return convo.Goto("card"), d.saveJudged(ctx, f, p)
	case text.Says(text.WordsBare, t.Answer.Text) || text.Says(text.WordsExample, t.Answer.Text):
		return convo.Goto("card"), nil
	}
	return convo.NotUnderstood(), nil
}

func askObjection(t *convo.Turn, _ sheet, _ *risk.Point) { t.Say(text.SelfObjectAsk) }

func (d *Desk) readObjection(ctx context.Context, t *convo.Turn, s *filling, f sheet, p *risk.Point) (convo.Next, error) {
	return readRemark(ctx, t, s, f, p, d.object)
}

func askKeep(t *convo.Turn, _ sheet, _ *risk.Point) { t.Say(text.SelfKeepAsk) }

func (d *Desk) readKeep(ctx context.Context, t *convo.Turn, s *filling, f sheet, p *risk.Point) (convo.Next, error) {
	return readRemark(ctx, t, s, f, p, d.keep)
}

// longestRemark in characters: it stands in a column of the form.
const longestRemark = 200

// readRemark reads one line about the row, or that there is none after all.
func readRemark(ctx context.Context, t *convo.Turn, s *filling, f sheet, p *risk.Point, take rowAnswer) (convo.Next, error) {
	said := spoken(t)
	switch n := utf8.RuneCountInString(said); {
	case text.Says(text.WordsNever, said) || text.Says(text.WordsExample, said):
		return convo.Goto("card"), nil
	case n < 4:
		return convo.NotUnderstood(), nil
	case n > longestRemark:
		t.Say(fmt.Sprintf(text.SelfRemarkLong, n, longestRemark))
		return convo.Stay(), nil
	}
	return take(ctx, t, s, f, p)
}

// object keeps what was said as the owner's one line against the 初评.
func (d *Desk) object(ctx context.Context, t *convo.Turn, s *filling, f sheet, p *risk.Point) (convo.Next, error) {
	p.Objection = spoken(t)
	if err := d.save(ctx, f); err != nil {
		return convo.Next{}, err
	}
	t.Say(text.SelfObjectDone)
	return d.afterCard(ctx, t, s, f, p)
}

// keep keeps what was said as the reason why a flagged row stays.
func (d *Desk) keep(ctx context.Context, t *convo.Turn, s *filling, f sheet, p *risk.Point) (convo.Next, error) {
	p.KeepReason = spoken(t)
	if err := d.saveJudged(ctx, f, p); err != nil {
		return convo.Next{}, err
	}
	t.Say(text.SelfKeepDone)
	return d.afterCard(ctx, t, s, f, p)
}
