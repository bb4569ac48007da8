package convotest

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/convo"
)

// Plain is a Renderer without a format: a reply becomes its own JSON, with a number
// that tells equal words apart, as the real one does for the duplicate check.
type Plain struct{ n atomic.Int64 }

type plainBody struct {
	N       int64      `json:"n"`
	To      bot.UserID `json:"to"`
	Picture string     `json:"picture,omitempty"`
	Text    string     `json:"text,omitempty"`
	Card    *bot.Card  `json:"card,omitempty"`
	Letter  string     `json:"letter,omitempty"`
	Task    string     `json:"task,omitempty"`
	Say     string     `json:"say,omitempty"` // of an update
}

// Render shows a card as a card, or in text mode as text.
func (p *Plain) Render(r bot.Reply, mode bot.Mode, letter, taskID string) ([][]byte, error) {
	body := plainBody{N: p.n.Add(1), To: r.To, Picture: r.Picture, Text: r.Text, Card: r.Card, Letter: letter, Task: taskID}
	if mode == bot.ModeText && r.Card != nil {
		body.Text, body.Card = plainText(*r.Card, letter), nil
	}
	raw, err := json.Marshal(body)
	return [][]byte{raw}, err
}

// RenderUpdate says what became of a card.
func (p *Plain) RenderUpdate(to bot.UserID, say string) ([]byte, error) {
	return json.Marshal(plainBody{To: to, Say: say})
}

func plainText(c bot.Card, letter string) string {
	var b strings.Builder
	for _, line := range []string{c.Title, c.Desc, c.Body} {
		if line != "" {
			b.WriteString(line + "\n")
		}
	}
	for _, f := range c.Facts {
		fmt.Fprintf(&b, "%s: %s\n", f.Key, f.Value)
	}
	choices := convo.ChoicesOf(c)
	for i, o := range choices.Options {
		fmt.Fprintf(&b, "%d %s\n", i+1, o.Text)
	}
	for _, s := range choices.Selects {
		b.WriteString(s.Title + "\n")
		for i, o := range s.Options {
			fmt.Fprintf(&b, "%d %s\n", i+1, o.Text)
		}
	}
	if letter != "" {
		b.WriteString("[" + letter + "]")
	}
	return strings.TrimSpace(b.String())
}

// Bubble is one thing on a phone.
type Bubble struct {
	Picture string // media id
	Text    string
	Card    *bot.Card
	Letter  string
	Task    string
	Ended   string // what an update made of the card; "" while it can be pressed
	At      time.Time
}

func (b Bubble) String() string {
	if b.Card == nil {
		return b.Text
	}
	s := strings.ReplaceAll(plainText(*b.Card, b.Letter), "\n", " | ")
	if b.Ended != "" {
		s += " (" + b.Ended + ")"
	}
	return s
}

// Phones is a Transport that delivers into memory. It drops a body it has seen in the
// last 30 minutes, as WeCom's duplicate check does.
type Phones struct {
	// Fault, when set, is asked before each delivery; an error is returned instead of
	// a receipt, after the delivery when delivered is true.
	Fault func(body []byte, update bool) (err error, delivered bool) //nolint:revive // reads as a pair

	now    func() time.Time
	seen   func(format string, args ...any)
	mu     sync.Mutex
	screen map[string][]Bubble
	recent map[string]time.Time
	codes  map[string]string // response code → task
	serial int
}

// NewPhones makes empty phones.
func NewPhones(now func() time.Time) *Phones {
	return &Phones{
		now: now, seen: func(string, ...any) {},
		screen: map[string][]Bubble{}, recent: map[string]time.Time{}, codes: map[string]string{},
	}
}

// Send delivers a body.
func (p *Phones) Send(_ context.Context, body []byte) (convo.Receipt, error) {
	if p.Fault != nil {
		if err, delivered := p.Fault(body, false); err != nil {
			if delivered {
				p.deliver(body)
			}
			return convo.Receipt{}, err
		}
	}
	return p.deliver(body), nil
}

func (p *Phones) deliver(raw []byte) convo.Receipt {
	var body plainBody
	if err := json.Unmarshal(raw, &body); err != nil {
		return convo.Receipt{}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if at, ok := p.recent[string(raw)]; ok && p.now().Sub(at) < 30*time.Minute {
		return convo.Receipt{}
	}
	p.recent[string(raw)] = p.now()
	p.serial++
	b := Bubble{Picture: body.Picture, Text: body.Text, Card: body.Card, Letter: body.Letter, Task: body.Task, At: p.now()}
	p.screen[body.To.Key()] = append(p.screen[body.To.Key()], b)
	p.seen("        %s << %s", body.To, b)
	receipt := convo.Receipt{MsgID: fmt.Sprintf("m%d", p.serial)}
	if b.Card != nil && b.Task != "" {
		receipt.ResponseCode = p.code(b.Task)
	}
	return receipt
}

// Push puts one card on many phones, under one task and without a list letter, as one
// call to many does.
func (p *Phones) Push(task string, card bot.Card, to ...bot.UserID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, user := range to {
		b := Bubble{Card: &card, Task: task, At: p.now()}
		p.screen[user.Key()] = append(p.screen[user.Key()], b)
		p.seen("        %s << %s", user, b)
	}
}

// code gives out a response code; the lock is held.
func (p *Phones) code(task string) string {
	p.serial++
	code := fmt.Sprintf("c%d", p.serial)
	p.codes[code] = task
	return code
}

// Update changes a card, once per code.
func (p *Phones) Update(_ context.Context, raw []byte, code string) (convo.Receipt, error) {
	if p.Fault != nil {
		if err, _ := p.Fault(raw, true); err != nil {
			return convo.Receipt{}, err
		}
	}
	var body plainBody
	if err := json.Unmarshal(raw, &body); err != nil {
		return convo.Receipt{}, &bot.SendError{Outcome: bot.Refused}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	task, ok := p.codes[code]
	if !ok {
		return convo.Receipt{}, &bot.SendError{Outcome: bot.Refused, Code: 40058}
	}
	delete(p.codes, code)
	screen := p.screen[body.To.Key()]
	for i := range screen {
		if screen[i].Task == task {
			screen[i].Ended = body.Say
			p.seen("        %s [] %s", body.To, screen[i])
		}
	}
	return convo.Receipt{}, nil
}

// Screen is everything on a person's phone, oldest first.
func (p *Phones) Screen(user bot.UserID) []Bubble {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]Bubble(nil), p.screen[user.Key()]...)
}

// press makes a fresh response code for a press on a card.
func (p *Phones) press(task string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.code(task)
}
