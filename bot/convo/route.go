package convo

import (
	"context"
	"fmt"
	"strings"

	"qingfeng/bot"
	"qingfeng/bot/text"
)

// run decides what a message is and lets the right one answer it.
func (p *play) run(ctx context.Context) error {
	actor, err := p.r.Directory.Who(ctx, p.row.Message.From)
	if err != nil {
		return fmt.Errorf("who: %w", err)
	}
	if actor.UserID == "" {
		actor.UserID = p.row.Message.From
	}
	p.t.Actor = actor
	m, router := &p.row.Message, p.r.Router
	if m.Kind != bot.KindPress {
		p.conv.Pressed = nil
	}
	if err := p.upgrade(); err != nil {
		return err
	}
	switch m.Kind {
	case bot.KindNote:
		return p.note(ctx)
	case bot.KindStopped:
		return p.handle(ctx, router.Stopped, text.ConvoStopped)
	case bot.KindSubscribe:
		return p.handle(ctx, router.Subscribe, "")
	case bot.KindUnsubscribe:
		return p.handle(ctx, router.Unsubscribe, "")
	case bot.KindOther:
		if name, ok := strings.CutPrefix(m.Media, "event."); ok {
			return p.handle(ctx, router.Events[name], "") // mostly none: a page opened, a place reported
		}
	default: // a person's own message: below
	}
	if actor.Person == 0 && router.Stranger != nil {
		return p.handle(ctx, router.Stranger, "")
	}
	switch m.Kind {
	case bot.KindText:
		return p.text(ctx)
	case bot.KindPress:
		return p.press(ctx)
	case bot.KindMedia:
		return p.handle(ctx, router.Media, text.ConvoMedia)
	case bot.KindEnter:
		return p.handle(ctx, router.Enter, "")
	default:
		return p.handle(ctx, router.Fallback, text.ConvoUnknown)
	}
}

// handle runs a handler, or says the line for when there is none.
func (p *play) handle(ctx context.Context, h Handler, line string) error {
	if h == nil {
		if line != "" {
			p.t.Say(line)
		}
		return nil
	}
	if err := h(ctx, p.t); err != nil {
		return err
	}
	return p.settle(ctx, false)
}

func (p *play) note(ctx context.Context) error {
	n := p.row.Message.Note
	if n == nil || p.r.Router.Notes[n.Name] == nil {
		// From ourselves, so nobody is waiting for an answer; it is kept to be looked at.
		p.r.Log.Error("no handler for note", "inbox", p.row.ID)
		p.out.Parked, p.out.Code = true, "note without handler"
		return nil
	}
	return p.handle(ctx, p.r.Router.Notes[n.Name], "")
}

// refuse says why nothing was done, and lets the house leave a trace of it.
func (p *play) refuse(ctx context.Context, say, code string) error {
	actor, err := p.r.Directory.Who(ctx, p.row.Message.From)
	if err != nil {
		return err
	}
	p.t.Actor = actor
	p.out.Press = p.pressed()
	p.t.Say(say)
	if p.r.Router.Refused == nil {
		return nil
	}
	return p.r.Router.Refused(ctx, p.t, code)
}

func (p *play) pressed() *bot.Press {
	if pr := p.row.Message.Press; pr != nil && pr.TaskID != "" {
		return pr
	}
	return nil
}

// text routes typed words: global commands → a list's letter → a number → the active
// step → starters → a policy question → fallback.
func (p *play) text(ctx context.Context) error {
	raw := strings.TrimSpace(p.row.Message.Text)
	folded := Fold(raw)
	if folded == "" {
		return p.handle(ctx, p.r.Router.Fallback, text.ConvoUnknown)
	}
	p.t.Answer = Answer{Text: folded}
	if !p.label(folded) {
		if done, err := p.command(ctx, p.r.Router.Globals, folded); done || err != nil {
			return err
		}
	}
	if letter, numbers, ok := Letter(folded); ok {
		if done, err := p.byLetter(ctx, letter, numbers); done || err != nil {
			return err
		}
	}
	numbers, isNumber := Numbers(folded)
	if done, err := p.byLastList(ctx, folded, numbers, isNumber); done || err != nil {
		return err
	}
	if d := p.dialog(); d != nil {
		return p.stepText(ctx, d, raw, folded, numbers, isNumber)
	}
	if p.gone {
		p.t.Say(text.ConvoFlowGone)
		return nil
	}
	if done, err := p.command(ctx, p.r.Router.Starters, folded); done || err != nil {
		return err
	}
	if done, err := p.policy(ctx, false); done || err != nil {
		return err
	}
	return p.handle(ctx, p.r.Router.Fallback, text.ConvoUnknown)
}

// label reports whether the words are exactly what stands on an option of the pending
// question: such an option means more than a command that sounds like it (改一改).
func (p *play) label(folded string) bool {
	if p.conv.Pending == nil || p.dialog() == nil || p.moved {
		return false
	}
	for _, o := range p.conv.Pending.Choices.Options {
		if Fold(o.Text) == folded {
			return true
		}
	}
	return false
}

// command tries a list of commands.
func (p *play) command(ctx context.Context, list []Command, folded string) (bool, error) {
	for _, c := range list {
		args, ok := c.Match(folded)
		if !ok {
			continue
		}
		p.t.Args = args
		if err := c.Run(ctx, p.t); err != nil {
			return true, err
		}
		if c.Resume && !p.t.effects.end && !p.t.effects.back && !p.t.effects.later {
			p.t.effects.repeat = true
		}
		return true, p.settle(ctx, false)
	}
	return false, nil
}

// policy tries the words as a policy question; the pending question follows the answer.
func (p *play) policy(ctx context.Context, sure bool) (bool, error) {
	if p.r.Router.Question == nil {
		return false, nil
	}
	before := p.t.effects
	answered, err := p.r.Router.Question(ctx, p.t, sure)
	if err != nil {
		return false, err
	}
	if !answered {
		p.t.effects = before
		return false, nil
	}
	p.conv.Misses = 0
	p.t.effects.repeat = !p.t.effects.later
	return true, p.settle(ctx, false)
}

// byLetter answers an older list: "B2". Letters that were never given are plain words.
func (p *play) byLetter(ctx context.Context, letter string, numbers []int) (bool, error) {
	if p.conv.Pending != nil && p.dialog() != nil && !p.moved {
		for _, c := range p.conv.Pending.Cards {
			if c.Letter == letter {
				return true, p.stepNumbers(ctx, numbers)
			}
		}
	}
	card, found, err := p.r.Store.CardByLetter(ctx, p.conv.User, letter)
	if err != nil || !found {
		return false, err
	}
	if card.State != CardLive || card.Ask > 0 {
		p.sayWhatBecame(card)
		p.t.effects.repeat = true
		return true, p.settle(ctx, false)
	}
	a, ok := card.Choices.byNumber(numbers)
	if !ok {
		p.t.Say(numberHint(card.Choices, numbers))
		return true, nil
	}
	return true, p.decide(ctx, card, "", a)
}

// byLastList lets a number or a label answer a card that stands on its own, if that
// was shown after the pending question and the active step does not want numbers.
func (p *play) byLastList(ctx context.Context, folded string, numbers []int, isNumber bool) (bool, error) {
	if !p.conv.Others {
		return false, nil
	}
	if d := p.dialog(); d != nil {
		free, number := d.traits(p.top().Step)
		if isNumber && number || !isNumber && free {
			return false, nil
		}
	}
	card, found, err := p.r.Store.LastCard(ctx, p.conv.User, p.conv.Ask)
	if err != nil {
		return false, err
	}
	if !found {
		p.conv.Others = false
		return false, nil
	}
	if card.Ask > 0 {
		return false, nil
	}
	if isNumber {
		a, ok := card.Choices.byNumber(numbers)
		if !ok {
			p.t.Say(numberHint(card.Choices, numbers))
			return true, nil
		}
		return true, p.decide(ctx, card, "", a)
	}
	// Words are the pending question's first.
	if q := p.conv.Pending; q != nil && p.dialog() != nil {
		if _, ok := q.Choices.byLabel(folded, false); ok {
			return false, nil
		}
	}
	a, ok := card.Choices.byLabel(folded, p.dialog() != nil)
	if !ok {
		return false, nil
	}
	return true, p.decide(ctx, card, "", a)
}

// stepNumbers answers the pending question by numbers that name its letter.
func (p *play) stepNumbers(ctx context.Context, numbers []int) error {
	a, ok := p.conv.Pending.Choices.byNumber(numbers)
	if !ok {
		p.t.Say(numberHint(p.conv.Pending.Choices, numbers))
		return nil
	}
	understood, said, err := p.step(ctx, a)
	if err != nil || understood {
		return err
	}
	return p.miss(ctx, said, numberHint(p.conv.Pending.Choices, numbers))
}

// stepText gives words to the active step.
func (p *play) stepText(ctx context.Context, d dialog, raw, folded string, numbers []int, isNumber bool) error {
	if p.moved {
		p.t.Say(text.ConvoFlowChanged)
		return p.settle(ctx, true)
	}
	if p.row.Received.Before(p.conv.Entered) {
		// It was on its way before this question existed.
		p.t.Say(fmt.Sprintf(text.ConvoEarly, text.Clip(raw, 20)))
		return p.ask(ctx, true)
	}
	free, _ := d.traits(p.top().Step)
	a := Answer{Text: folded}
	if free {
		a.Text = FoldText(raw)
	}
	var choices Choices
	if p.conv.Pending != nil {
		choices = p.conv.Pending.Choices
	}
	var got Answer
	if isNumber {
		got, _ = choices.byNumber(numbers)
	} else {
		got, _ = choices.byLabel(folded, free)
	}
	a.Keys, a.Selected = got.Keys, got.Selected
	matched := len(a.Keys)+len(a.Selected) > 0
	if free && !matched {
		if done, err := p.policy(ctx, true); done || err != nil {
			return err
		}
	}
	understood, said, err := p.step(ctx, a)
	if err != nil || understood {
		return err
	}
	if !matched {
		p.t.Answer = Answer{Text: folded}
		if done, err := p.command(ctx, p.r.Router.Starters, folded); done || err != nil {
			return err
		}
		if !free {
			if done, err := p.policy(ctx, false); done || err != nil {
				return err
			}
		}
	}
	hint := wordsHint(choices)
	if isNumber && !choices.empty() {
		hint = numberHint(choices, numbers)
	}
	return p.miss(ctx, said, hint)
}

// miss tells what this step expects, with the question; every third time it offers
// other ways. The second in a row repeats no question: it stands just above.
func (p *play) miss(ctx context.Context, said []bot.Reply, hint string) error {
	p.conv.Misses++
	switch {
	case p.conv.Misses%3 == 0:
		p.t.Say(text.ConvoMissOffer)
	case len(said) > 0:
		p.t.effects.replies = append(p.t.effects.replies, said...)
	default:
		p.t.Say(hint)
	}
	if p.conv.Misses%3 != 2 {
		return p.ask(ctx, true)
	}
	return nil
}

func wordsHint(c Choices) string {
	switch {
	case len(c.Selects) > 0:
		return text.ConvoExpectEach
	case len(c.Options) == 0:
		return text.ConvoExpectWords
	case c.Multi:
		return text.ConvoExpectMany
	}
	return text.ConvoExpectOption
}

func numberHint(c Choices, numbers []int) string {
	if len(c.Selects) > 0 {
		return text.ConvoExpectEach
	}
	for _, n := range numbers {
		if n > len(c.Options) {
			if len(c.Options) == 1 {
				return fmt.Sprintf(text.ConvoOneOption, n)
			}
			return fmt.Sprintf(text.ConvoOutOfRange, n, len(c.Options))
		}
	}
	if len(numbers) > 1 && !c.Multi {
		return text.ConvoOnlyOne
	}
	return wordsHint(c)
}
