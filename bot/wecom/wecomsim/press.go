package wecomsim

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Press presses a button of the newest live card: by key, by label, or by number
// from 1. A URL button opens its page (see Opened) and sends nothing.
func (p *Phone) Press(ctx context.Context, button string) error { return p.PressOn(ctx, "", button) }

// PressOn is Press on a certain card, which may be an old one.
func (p *Phone) PressOn(ctx context.Context, msgID, button string) error {
	return p.act(ctx, msgID, func(c *Card) (*click, error) {
		i := slices.IndexFunc(c.Buttons, func(b CardButton) bool { return b.Key == button && b.Key != "" })
		if i < 0 {
			i = slices.IndexFunc(c.Buttons, func(b CardButton) bool { return b.Text == button })
		}
		if i < 0 {
			i = number(button)
		}
		return pressed(c, i)
	})
}

// PressN is PressOn by number from 1 only.
func (p *Phone) PressN(ctx context.Context, msgID string, n int) error {
	return p.act(ctx, msgID, func(c *Card) (*click, error) { return pressed(c, n-1) })
}

// Choose sets the selector of the newest live button card, as a person does
// before pressing a button; it sends nothing.
func (p *Phone) Choose(ctx context.Context, option string) error {
	return p.ChooseOn(ctx, "", option)
}

// ChooseOn is Choose on a certain card.
func (p *Phone) ChooseOn(ctx context.Context, msgID, option string) error {
	return p.act(ctx, msgID, func(c *Card) (*click, error) {
		if c.ButtonSelection == nil {
			return nil, ErrNoButton
		}
		return nil, choose(c.ButtonSelection, option)
	})
}

// Vote ticks options (ids, or numbers from 1) of the newest live vote and submits.
func (p *Phone) Vote(ctx context.Context, options ...string) error {
	return p.VoteOn(ctx, "", options...)
}

// VoteOn is Vote on a certain card.
func (p *Phone) VoteOn(ctx context.Context, msgID string, options ...string) error {
	return p.act(ctx, msgID, func(c *Card) (*click, error) { return voted(c, options) })
}

// Select sets selectors (question key or s1, s2, … → option id or number) of the
// newest live multiple card and submits; the others keep their default.
func (p *Phone) Select(ctx context.Context, choice map[string]string) error {
	return p.SelectOn(ctx, "", choice)
}

// SelectOn is Select on a certain card.
func (p *Phone) SelectOn(ctx context.Context, msgID string, choice map[string]string) error {
	return p.act(ctx, msgID, func(c *Card) (*click, error) { return selected(c, choice) })
}

// Pick does what #2 or #2,3 means on the newest live card: press that button, or
// tick these options and submit.
func (p *Phone) Pick(ctx context.Context, numbers ...int) error {
	return p.act(ctx, "", func(c *Card) (*click, error) {
		switch c.CardType {
		case ButtonInteraction:
			if len(numbers) != 1 {
				return nil, ErrNoButton
			}
			return pressed(c, numbers[0]-1)
		case VoteInteraction:
			return voted(c, texts(numbers))
		}
		choice := map[string]string{}
		for i, n := range numbers {
			choice[fmt.Sprintf("s%d", i+1)] = "#" + strconv.Itoa(n)
		}
		return selected(c, choice)
	})
}

// CardMenu presses an entry of a card's top-right menu (template_card_menu_event).
func (p *Phone) CardMenu(ctx context.Context, msgID, key string) error {
	s := p.sim
	s.mu.Lock()
	m := s.phone(p.userID).find(msgID)
	if m == nil || m.Card == nil || m.Card.ActionMenu == nil || m.Recalled {
		s.mu.Unlock()
		return ErrNoCard
	}
	if !slices.ContainsFunc(m.Card.ActionMenu.Actions, func(a MenuAction) bool { return a.Key == key }) {
		s.mu.Unlock()
		return ErrNoButton
	}
	cb := s.cardEvent(p.userID, m, "template_card_menu_event", &click{key: key})
	cb.accepts = acceptsBoth
	s.enqueue(cb)
	s.mu.Unlock()
	return s.await(ctx, cb)
}

// click is what pressing something on a card sends.
type click struct {
	key   string
	items []selectedItem
	open  string // a page, instead of a callback
}

type selectedItem struct {
	question string
	options  []string
}

// act finds the card, lets do change it and say what is sent, and sends it.
func (p *Phone) act(ctx context.Context, msgID string, do func(*Card) (*click, error)) error {
	s := p.sim
	s.mu.Lock()
	cb, err := func() (*callback, error) {
		if e := p.left(); e != nil {
			return nil, e
		}
		m, err := s.phone(p.userID).target(msgID)
		if err != nil {
			return nil, err
		}
		c, err := do(m.Card)
		if err != nil {
			return nil, err
		}
		s.touch(s.phone(p.userID), m)
		if c == nil {
			return nil, nil
		}
		if c.open != "" {
			st := s.phone(p.userID)
			st.opened = append(st.opened, c.open)
			return nil, nil
		}
		cb := s.cardEvent(p.userID, m, "template_card_event", c)
		s.enqueue(cb)
		return cb, nil
	}()
	s.mu.Unlock()
	if err != nil || cb == nil {
		return err
	}
	return s.await(ctx, cb)
}

// target is the named card, or the newest live one.
func (p *phoneState) target(msgID string) (*Shown, error) {
	if p.plugin {
		return nil, ErrPlugin
	}
	if msgID != "" {
		m := p.find(msgID)
		switch {
		case m == nil || m.Card == nil:
			return nil, ErrNoCard
		case m.Recalled || m.Card.ReplaceText != "":
			return nil, ErrGrey
		}
		return m, nil
	}
	for i := len(p.shown) - 1; i >= 0; i-- {
		if p.shown[i].Live() {
			return p.shown[i], nil
		}
	}
	return nil, ErrNoCard
}

// cardEvent builds the event of a click with a fresh response_code. The caller holds mu.
func (s *Sim) cardEvent(userID string, m *Shown, event string, c *click) *callback {
	fields := []field{
		{Name: "EventKey", Text: c.key},
		{Name: "TaskId", Text: m.Card.TaskID},
		{Name: "CardType", Text: m.Card.CardType},
		{Name: "ResponseCode", Text: s.newCode(m.MsgID, s.cfg.Now())},
	}
	if len(c.items) > 0 {
		var items []field
		for _, it := range c.items {
			var ids []field
			for _, id := range it.options {
				ids = append(ids, field{Name: "OptionId", Text: id})
			}
			items = append(items, field{Name: "SelectedItem", Raw: elements([]field{
				{Name: "QuestionKey", Text: it.question}, {Name: "OptionIds", Raw: elements(ids)},
			})})
		}
		fields = append(fields, field{Name: "SelectedItems", Raw: elements(items)})
	}
	cb := s.newCallback(userID, "event", event, fields...)
	cb.accepts, cb.cardMsg = acceptsCard, m.MsgID
	return cb
}

func pressed(c *Card, i int) (*click, error) {
	if i < 0 || i >= len(c.Buttons) {
		return nil, ErrNoButton
	}
	b := c.Buttons[i]
	if b.Type == 1 {
		return &click{open: b.URL}, nil
	}
	out := &click{key: b.Key}
	if x := c.ButtonSelection; x != nil {
		out.items = []selectedItem{x.answer()}
	}
	return out, nil
}

func voted(c *Card, options []string) (*click, error) {
	b := c.CheckBox
	if b == nil || c.Submit == nil {
		return nil, ErrNoButton
	}
	if b.Disable {
		return nil, ErrGrey
	}
	if len(options) == 0 || b.Mode == 0 && len(options) > 1 {
		return nil, ErrNoButton
	}
	ticked := map[int]bool{}
	for _, o := range options {
		i := option(b.Options, o)
		if i < 0 {
			return nil, ErrNoButton
		}
		ticked[i] = true
	}
	item := selectedItem{question: b.QuestionKey}
	for i := range b.Options {
		b.Options[i].IsChecked = ticked[i]
		if ticked[i] {
			item.options = append(item.options, b.Options[i].ID)
		}
	}
	return &click{key: c.Submit.Key, items: []selectedItem{item}}, nil
}

func selected(c *Card, choice map[string]string) (*click, error) {
	if len(c.Selects) == 0 || c.Submit == nil {
		return nil, ErrNoButton
	}
	left := len(choice)
	chosen := make([]string, len(c.Selects))
	for i := range c.Selects {
		for _, name := range []string{c.Selects[i].QuestionKey, fmt.Sprintf("s%d", i+1)} {
			if v, ok := choice[name]; ok {
				chosen[i] = v
				left--
				break
			}
		}
		if chosen[i] != "" && option(c.Selects[i].Options, chosen[i]) < 0 {
			return nil, ErrNoButton
		}
	}
	if left != 0 {
		return nil, ErrNoButton
	}
	out := &click{key: c.Submit.Key}
	for i := range c.Selects {
		if chosen[i] != "" {
			if err := choose(&c.Selects[i], chosen[i]); err != nil {
				return nil, err
			}
		}
		out.items = append(out.items, c.Selects[i].answer())
	}
	return out, nil
}

func choose(x *CardSelect, o string) error {
	if x.Disable {
		return ErrGrey
	}
	i := option(x.Options, o)
	if i < 0 {
		return ErrNoButton
	}
	x.SelectedID = x.Options[i].ID
	return nil
}

// answer is what a selector sends; without a choice it is the first option.
func (x *CardSelect) answer() selectedItem {
	id := x.SelectedID
	if id == "" && len(x.Options) > 0 {
		id = x.Options[0].ID
	}
	return selectedItem{question: x.QuestionKey, options: []string{id}}
}

// option finds an option by id, by text, or by number from 1; -1 when there is none.
// A leading # means the number, even where an id looks like one.
func option(list []CardOption, name string) int {
	if n, isNumber := strings.CutPrefix(name, "#"); isNumber {
		if i := number(n); i < len(list) {
			return i
		}
		return -1
	}
	if i := slices.IndexFunc(list, func(o CardOption) bool { return o.ID == name }); i >= 0 {
		return i
	}
	if i := slices.IndexFunc(list, func(o CardOption) bool { return o.Text == name }); i >= 0 {
		return i
	}
	if i := number(name); i < len(list) {
		return i
	}
	return -1
}

// number reads a number from 1 as an index; -1 when it is none.
func number(s string) int {
	n, err := strconv.Atoi(strings.TrimSpace(s))
	if err != nil {
		return -1
	}
	return n - 1
}

func texts(numbers []int) []string {
	var out []string
	for _, n := range numbers {
		out = append(out, "#"+strconv.Itoa(n))
	}
	return out
}
