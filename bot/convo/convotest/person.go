package convotest

import (
	"strings"
	"testing"

	"qingfeng/bot"
	"qingfeng/bot/convo"
)

// Person acts as one member and looks at that member's phone. Every action is worked
// off and answered before it returns; what was on the phone before counts as read.
type Person struct {
	c    *Chat
	User bot.UserID
	read int
}

// Send types a text.
func (p *Person) Send(text string) *Person {
	p.c.t.Helper()
	p.c.note("%s >> %s", p.User, text)
	return p.Do(bot.Message{Kind: bot.KindText, Text: text})
}

// Do lets anything happen: a picture, a subscription, a press made by hand.
func (p *Person) Do(m bot.Message) *Person {
	p.c.t.Helper()
	p.read = len(p.screen())
	m.From = p.User
	p.c.Accept(m)
	p.c.Settle()
	return p
}

// Enter opens the app.
func (p *Person) Enter() *Person {
	p.c.t.Helper()
	return p.Do(bot.Message{Kind: bot.KindEnter})
}

// Menu chooses a menu entry.
func (p *Person) Menu(key string) *Person {
	p.c.t.Helper()
	p.c.note("%s >> menu %s", p.User, key)
	return p.Do(bot.Message{Kind: bot.KindPress, Press: &bot.Press{Key: key}})
}

// Press presses the button with this label on the newest card that still can be pressed.
func (p *Person) Press(label string) *Person {
	p.c.t.Helper()
	card, key := p.find(label, func(b Bubble) bool { return b.Ended == "" })
	return p.press(card, label, bot.Press{Key: key})
}

// PressOn presses a button of the newest card with this title, even if the card shows
// that it is over: a phone that has not heard of it.
func (p *Person) PressOn(title, label string) *Person {
	p.c.t.Helper()
	card, key := p.find(label, func(b Bubble) bool { return b.Card.Title == title })
	return p.press(card, label, bot.Press{Key: key})
}

// Tick chooses options of the newest vote that can be answered, and submits.
func (p *Person) Tick(labels ...string) *Person {
	p.c.t.Helper()
	var keys []string
	var card Bubble
	for _, label := range labels {
		var key string
		card, key = p.find(label, func(b Bubble) bool { return b.Ended == "" && b.Card.Pick != nil })
		keys = append(keys, key)
	}
	return p.press(card, strings.Join(labels, "+"), bot.Press{Key: "submit", Selected: map[string][]string{"pick": keys}})
}

// Choose answers the newest card with drop-downs: one label for each.
func (p *Person) Choose(labels ...string) *Person {
	p.c.t.Helper()
	screen := p.screen()
	for i := len(screen) - 1; i >= 0; i-- {
		b := screen[i]
		if b.Card == nil || b.Ended != "" || len(b.Card.Selects) != len(labels) {
			continue
		}
		selected := map[string][]string{}
		for j, s := range b.Card.Selects {
			for _, o := range s.Options {
				if o.Text == labels[j] {
					selected[s.Key] = []string{o.Key}
				}
			}
		}
		return p.press(b, strings.Join(labels, "+"), bot.Press{Key: "submit", Selected: selected})
	}
	p.c.t.Fatalf("%s has no card with %d drop-downs\n%s", p.User, len(labels), p.c.Transcript())
	return p
}

func (p *Person) press(card Bubble, label string, press bot.Press) *Person {
	p.c.t.Helper()
	p.c.note("%s >> [%s] on %s", p.User, label, card.Card.Title)
	press.TaskID, press.Code = card.Task, p.c.Phones.press(card.Task)
	return p.Do(bot.Message{Kind: bot.KindPress, Press: &press})
}

func (p *Person) find(label string, ok func(Bubble) bool) (Bubble, string) {
	p.c.t.Helper()
	screen := p.screen()
	for i := len(screen) - 1; i >= 0; i-- {
		b := screen[i]
		if b.Card == nil || !ok(b) {
			continue
		}
		for _, o := range convo.ChoicesOf(*b.Card).Options {
			if o.Text == label {
				return b, o.Key
			}
		}
	}
	p.c.t.Fatalf("%s has no card with %q to press\n%s", p.User, label, p.c.Transcript())
	return Bubble{}, ""
}

func (p *Person) screen() []Bubble { return p.c.Phones.Screen(p.User) }

// Unread is what came since the last action and was not expected yet.
func (p *Person) Unread() []Bubble {
	screen := p.screen()
	return screen[min(p.read, len(screen)):]
}

// Expect finds each of these among what is unread, in this order. What it skips on
// the way counts as read.
func (p *Person) Expect(parts ...string) *Person {
	p.c.t.Helper()
	for _, part := range parts {
		p.expect("a message with "+part, func(b Bubble) bool { return strings.Contains(b.String(), part) })
	}
	return p
}

// ExpectCard finds a card by its title among what is unread.
func (p *Person) ExpectCard(title string) *Person {
	p.c.t.Helper()
	return p.expect("card "+title, func(b Bubble) bool { return b.Card != nil && b.Card.Title == title })
}

func (p *Person) expect(what string, ok func(Bubble) bool) *Person {
	p.c.t.Helper()
	for i, b := range p.Unread() {
		if ok(b) {
			p.read += i + 1
			return p
		}
	}
	p.c.t.Fatalf("%s: no %s\n%s", p.User, what, p.c.Transcript())
	return p
}

// ExpectNothing finds nothing unread.
func (p *Person) ExpectNothing() *Person {
	p.c.t.Helper()
	if unread := p.Unread(); len(unread) > 0 {
		p.c.t.Fatalf("%s: unexpected %q\n%s", p.User, unread[0], p.c.Transcript())
	}
	return p
}

// ExpectNo finds none of these among what is unread.
func (p *Person) ExpectNo(parts ...string) *Person {
	p.c.t.Helper()
	for _, b := range p.Unread() {
		for _, part := range parts {
			if strings.Contains(b.String(), part) {
				p.c.t.Fatalf("%s: unexpected %q\n%s", p.User, b, p.c.Transcript())
			}
		}
	}
	return p
}

// Then goes on with the test in the middle of a chat.
func (p *Person) Then(f func(t testing.TB)) *Person {
	p.c.t.Helper()
	f(p.c.t)
	return p
}
