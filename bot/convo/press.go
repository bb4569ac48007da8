package convo

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"qingfeng/bot"
	"qingfeng/bot/text"
)

// press routes what was done to a card or a menu.
func (p *play) press(ctx context.Context) error {
	pr := p.row.Message.Press
	if pr == nil {
		return errors.New("convo: press without a press")
	}
	if pr.TaskID == "" {
		return p.menu(ctx, pr.Key)
	}
	same := p.conv.Pressed != nil && p.conv.Pressed.Task == pr.TaskID
	if !same {
		p.conv.Pressed = &Pressed{Task: pr.TaskID}
	} else {
		again := *p.conv.Pressed
		p.conv.Pressed = &again
	}
	p.out.Press = pr
	if q := p.conv.Pending; q != nil && q.About == (bot.About{}) && p.dialog() != nil {
		for _, c := range q.Cards {
			if c.Task == pr.TaskID {
				return p.pressQuestion(ctx, q.Choices)
			}
		}
	}
	card, found, err := p.r.Store.CardByTask(ctx, p.conv.User, pr.TaskID)
	if err != nil {
		return err
	}
	if h := p.r.Router.Open[keyPrefix(pr.Key)]; !found && h != nil {
		return p.open(ctx, h, same)
	}
	switch {
	case !found:
		if !p.conv.Pressed.Told {
			p.conv.Pressed.Told = true
			p.t.Say(text.ConvoCardUnknown)
			p.t.effects.repeat = !same
		}
		return p.settle(ctx, false)
	case card.State != CardLive:
		return p.oldCard(ctx, card, same)
	case card.Ask == 0:
		a := card.Choices.byPress(pr)
		return p.decide(ctx, card, pr.Key, a)
	case p.dialog() == nil || p.conv.Pending == nil || card.Ask != p.conv.Ask:
		card.State, card.Say = CardActed, text.ConvoPassed
		p.endCard(card, card.State, card.Say)
		return p.oldCard(ctx, card, same)
	}
	return p.pressQuestion(ctx, card.Choices)
}

// pressQuestion answers the pending question by its card.
func (p *play) pressQuestion(ctx context.Context, choices Choices) error {
	if p.moved {
		p.t.Say(text.ConvoFlowChanged)
		return p.settle(ctx, true)
	}
	a := choices.byPress(p.row.Message.Press)
	if len(a.Keys)+len(a.Selected) == 0 {
		p.t.Say(text.ConvoCardNothing)
		return nil
	}
	understood, said, err := p.step(ctx, a)
	if err != nil || understood {
		return err
	}
	return p.miss(ctx, said, wordsHint(choices))
}

// byPress reads keys and selections, and only those the card offered.
func (c Choices) byPress(pr *bot.Press) Answer {
	var a Answer
	for _, s := range c.Selects {
		for _, id := range pr.Selected[s.Key] {
			for _, o := range s.Options {
				if o.Key == id {
					if a.Selected == nil {
						a.Selected = map[string]string{}
					}
					a.Selected[s.Key] = id
				}
			}
		}
	}
	if len(c.Selects) > 0 {
		return a
	}
	for _, o := range c.Options { // in the order shown
		for _, ids := range pr.Selected {
			for _, id := range ids {
				if id == o.Key {
					a.Keys = appendNew(a.Keys, id)
				}
			}
		}
	}
	if len(a.Keys) == 0 && !c.Pick {
		if o, ok := c.option(pr.Key); ok {
			a.Keys = []string{o.Key}
		}
	}
	return a
}

// oldCard answers what became of a card, once per bout of pressing, and shows the
// person where they are.
func (p *play) oldCard(ctx context.Context, card CardRow, same bool) error {
	if p.conv.Pressed.Told {
		return nil
	}
	p.conv.Pressed.Told = true
	p.sayWhatBecame(card)
	if !same {
		if len(p.tail) == 0 && p.row.Message.Press.Code != "" {
			p.updateCard(card, card.Say)
		}
		p.t.effects.repeat = true
	}
	return p.settle(ctx, false)
}

func (p *play) sayWhatBecame(card CardRow) {
	say := card.Say
	if say == "" {
		say = text.ConvoPassed
	}
	switch {
	case card.State == CardSuperseded || card.State == CardDead:
		p.t.Say(fmt.Sprintf(text.ConvoCardBecame, strings.TrimRight(say, ".!\u3002")))
	case card.Ask > 0:
		p.t.Say(fmt.Sprintf(text.ConvoCardPast, say))
	default:
		p.t.Say(fmt.Sprintf(text.ConvoCardChosen, say))
	}
}

// decide runs the handler of a card that stands on its own.
func (p *play) decide(ctx context.Context, card CardRow, pressKey string, a Answer) error {
	h := p.decision(a.Key())
	if h == nil && len(a.Keys) > 0 {
		h = p.decision(a.Keys[0])
	}
	if h == nil {
		h = p.decision(pressKey)
	}
	if h == nil {
		return p.handle(ctx, p.r.Router.Fallback, text.ConvoUnknown)
	}
	if card.Choices.Pick && len(a.Keys) == 0 {
		p.t.Say(text.ConvoCardNothing)
		return nil
	}
	a.Text = p.t.Answer.Text
	p.t.Answer, p.t.About = a, card.About
	p.out.Handled = card.Task
	if err := h(ctx, p.t); err != nil {
		return err
	}
	if !p.t.effects.keep {
		say := text.ConvoAnswered
		if label := card.Choices.label(a); label != "" {
			say = fmt.Sprintf(text.ConvoChosen, label)
		} else if len(a.Keys) > 1 {
			say = fmt.Sprintf(text.ConvoChosenMany, len(a.Keys))
		}
		p.endCard(card, CardActed, say)
	}
	return p.settle(ctx, false)
}

func (p *play) decision(key string) Handler {
	prefix := keyPrefix(key)
	if h := p.r.Router.Presses[prefix]; h != nil {
		return h
	}
	return p.r.Router.Open[prefix]
}

func keyPrefix(key string) string {
	prefix, _, _ := strings.Cut(key, ":")
	return prefix
}

// open answers a press on a card that went to many. From the first press on that acted
// this person has a row of their own for it, which answers the later ones.
func (p *play) open(ctx context.Context, h Handler, same bool) error {
	pr := *p.row.Message.Press
	pr.TaskID += "@" + p.conv.User.Key()
	card, found, err := p.r.Store.CardByTask(ctx, p.conv.User, pr.TaskID)
	if err != nil {
		return err
	}
	p.out.Press = &pr
	if found {
		return p.oldCard(ctx, card, same)
	}
	p.t.Answer, p.t.About = Answer{Keys: []string{pr.Key}}, bot.About{}
	if err := h(ctx, p.t); err != nil {
		return err
	}
	if !p.t.effects.keep {
		say := text.ConvoAnswered
		if label := p.t.effects.chosen; label != "" {
			say = fmt.Sprintf(text.ConvoChosen, label)
		}
		card = CardRow{Task: pr.TaskID, User: p.conv.User, State: CardLive, Lane: bot.LaneReply, Card: true}
		p.out.Cards = append(p.out.Cards, card)
		p.endCard(card, CardActed, say)
	}
	return p.settle(ctx, false)
}

// menu runs a menu entry; the pending question follows, unless the entry moved on.
func (p *play) menu(ctx context.Context, key string) error {
	h := p.r.Router.Menu[key]
	if h == nil {
		p.t.Say(text.ConvoNoMenu)
		return nil
	}
	if err := h(ctx, p.t); err != nil {
		return err
	}
	e := &p.t.effects
	e.repeat = e.repeat || !e.end && !e.back && e.start == nil
	return p.settle(ctx, false)
}
