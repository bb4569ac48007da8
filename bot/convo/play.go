package convo

import (
	"context"
	"encoding/base32"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"

	"qingfeng/bot"
	"qingfeng/bot/text"
)

const (
	maxHistory  = 20 // snapshots for 返回
	maxShowings = 5  // cards of one question that can be pressed

	saidPerClaim = 64 // more than the messages of one claim
)

// play is one turn in the making: what was loaded, what changes, what is said.
// route.go decides what a message means; here is what follows from it.
type play struct {
	r    *Runner
	lane *Lane
	row  Row
	t    *Turn
	conv *Conversation // a copy; the lane keeps what was loaded
	out  Outcome

	moved    bool      // an upgrade changed the active step: its old question is void
	gone     bool      // the active flow no longer exists
	question *bot.Card // which of the replies is the pending question
	tail     []OutRow  // updates of old cards, after the replies
}

func newPlay(r *Runner, lane *Lane, row Row) *play {
	conv := lane.Conv
	conv.Stack = slices.Clone(conv.Stack)
	if conv.Pending != nil {
		pending := *conv.Pending
		pending.Cards = slices.Clone(pending.Cards)
		conv.Pending = &pending
	}
	p := &play{r: r, lane: lane, row: row, conv: &conv}
	p.t = &Turn{
		Actor: bot.Actor{UserID: row.Message.From}, Now: r.Now(), Mode: conv.Mode,
		Message: row.Message, conv: p.conv,
	}
	return p
}

func (p *play) top() *Frame {
	if len(p.conv.Stack) == 0 {
		return nil
	}
	return &p.conv.Stack[len(p.conv.Stack)-1]
}

// dialog is the active flow; nil when none is active.
func (p *play) dialog() dialog {
	if top := p.top(); top != nil {
		return p.r.Router.dialogs[top.Flow]
	}
	return nil
}

// upgrade brings the active flow to today's version, before anything else looks at it.
func (p *play) upgrade() error {
	for top := p.top(); top != nil; top = p.top() {
		d := p.r.Router.dialogs[top.Flow]
		if d == nil {
			p.endQuestion(text.ConvoPassed)
			p.pop()
			p.gone = true
			continue
		}
		if d.version() == top.Version && d.has(top.Step) {
			return nil
		}
		step, state, err := d.upgrade(top.Version, top.Step, top.State)
		if err != nil {
			return fmt.Errorf("upgrade %s from version %d: %w", top.Flow, top.Version, err)
		}
		if !d.has(step) {
			return fmt.Errorf("convo: flow %s: upgrade leads to step %q, which is not there", top.Flow, step)
		}
		p.moved = p.moved || step != top.Step
		top.Version, top.Step, top.State = d.version(), step, state
		top.History = nil // snapshots of an older version
	}
	return nil
}

// step lets the active step read an answer. It reports whether the step understood;
// what a step said that did not is returned, and nothing else of it remains.
func (p *play) step(ctx context.Context, a Answer) (understood bool, said []bot.Reply, err error) {
	top, d := p.top(), p.dialog()
	before := p.t.effects
	replies := len(before.replies)
	p.t.Answer = a
	if p.conv.Pending != nil {
		p.t.About = p.conv.Pending.About
	}
	p.t.effects.pending = nil
	next, state, err := d.answer(ctx, p.t, top.Step, top.State)
	if err != nil {
		return false, nil, err
	}
	if next.kind == unknown {
		said = slices.Clone(p.t.effects.replies[replies:])
		p.t.effects = before
		p.t.effects.replies = before.replies[:replies]
		return false, said, nil
	}
	p.conv.Misses = 0
	ended := p.endedAs(a)
	ask := false
	switch next.kind {
	case stay:
		top.State = state
		if q := p.t.effects.pending; q != nil {
			p.endQuestion(ended)
			p.newQuestion(q)
		}
	case again:
		top.State, ask = state, true
		p.endQuestion(ended)
	case goTo:
		if !d.has(next.step) {
			return false, nil, fmt.Errorf("convo: flow %s: step %q leads to %q, which is not there", top.Flow, top.Step, next.step)
		}
		p.endQuestion(ended)
		p.enter(top, next.step, state)
		ask = true
	case done:
		p.endQuestion(ended)
		p.pop()
		ask = true
	default: // unknown: left above
	}
	return true, nil, p.settle(ctx, ask)
}

func (p *play) endedAs(a Answer) string {
	switch label := ""; {
	case len(a.Keys) > 1:
		return fmt.Sprintf(text.ConvoChosenMany, len(a.Keys))
	case p.conv.Pending != nil:
		if label = p.conv.Pending.Choices.label(a); label != "" {
			return fmt.Sprintf(text.ConvoChosen, label)
		}
	}
	return text.ConvoAnswered
}

// enter moves a frame to a step and keeps the way back.
func (p *play) enter(f *Frame, step string, state json.RawMessage) {
	history := f.History
	if len(history) >= maxHistory {
		history = history[len(history)-maxHistory+1:]
	}
	f.History = append(slices.Clone(history), Snapshot{Step: f.Step, State: f.State})
	f.Step, f.State = step, state
	p.out.Entered = true
}

func (p *play) pop() {
	if n := len(p.conv.Stack); n > 0 {
		p.conv.Stack = p.conv.Stack[:n-1]
		p.out.Entered = true
	}
}

// settle applies what a step or a handler asked for: 退出, 返回, a new flow, the question again.
func (p *play) settle(ctx context.Context, ask bool) error {
	e := &p.t.effects
	if e.end && p.top() != nil {
		p.endQuestion(text.ConvoPassed)
		p.pop()
		ask = true
	}
	if top := p.top(); e.back && top != nil && len(top.History) > 0 {
		p.endQuestion(text.ConvoPassed)
		last := top.History[len(top.History)-1]
		top.History = slices.Clone(top.History[:len(top.History)-1])
		top.Step, top.State = last.Step, last.State
		p.out.Entered, ask = true, true
	}
	if e.start != nil {
		if err := p.start(*e.start); err != nil {
			return err
		}
		ask = true
	}
	switch {
	case p.top() == nil:
		return nil
	case ask:
		return p.ask(ctx, false)
	case e.repeat:
		return p.ask(ctx, true)
	}
	return nil
}

// start pushes a flow. A flow that is active already jumps; one that waits further
// down is taken from there: no flow is on the stack twice.
func (p *play) start(s startFlow) error {
	d := p.r.Router.dialogs[s.flow]
	if d == nil {
		return fmt.Errorf("convo: no flow %q", s.flow)
	}
	step := s.step
	if step == "" {
		step = d.start()
	}
	if !d.has(step) {
		return fmt.Errorf("convo: flow %s: no step %q", s.flow, step)
	}
	p.endQuestion(text.ConvoPassed)
	p.conv.Misses = 0
	if top := p.top(); top != nil && top.Flow == s.flow {
		p.enter(top, step, s.state)
		top.Version = d.version()
		return nil
	}
	p.conv.Stack = slices.DeleteFunc(p.conv.Stack, func(f Frame) bool { return f.Flow == s.flow })
	p.conv.Stack = append(p.conv.Stack, Frame{Flow: s.flow, Version: d.version(), Step: step, State: s.state})
	p.out.Entered = true
	return nil
}

// ask says the active step's question: as a new one, or the pending one once more,
// when both showings stand for the same question.
func (p *play) ask(ctx context.Context, repeat bool) error {
	if err := p.upgrade(); err != nil { // a flow that is resumed may be of an older version
		return err
	}
	top, d := p.top(), p.dialog()
	if top == nil {
		return nil
	}
	if p.moved {
		p.endQuestion(text.ConvoPassed)
		p.out.Entered, repeat, p.moved = true, false, false
	}
	if !repeat {
		p.endQuestion(text.ConvoPassed)
		p.conv.Ask++
	}
	p.t.effects.pending = nil
	p.t.About, p.t.Repeat = bot.About{}, repeat
	state, err := d.ask(ctx, p.t, top.Step, top.State)
	if err != nil {
		return fmt.Errorf("ask %s.%s: %w", top.Flow, top.Step, err)
	}
	top.State = state
	if q := p.t.effects.pending; q != nil {
		p.question = q
		if p.conv.Pending == nil {
			p.conv.Pending = &Pending{}
		}
		p.conv.Pending.Choices, p.conv.Pending.About = ChoicesOf(*q), q.About
	}
	return nil
}

// newQuestion is a question that a step asked without leaving itself.
func (p *play) newQuestion(q *bot.Card) {
	p.conv.Ask++
	p.question = q
	p.conv.Pending = &Pending{Choices: ChoicesOf(*q), About: q.About}
}

// endQuestion closes the pending question: its cards show what became of it.
func (p *play) endQuestion(say string) {
	if p.conv.Pending == nil {
		return
	}
	for _, c := range p.conv.Pending.Cards {
		p.endCard(CardRow{Task: c.Task, User: p.conv.User, Lane: c.Lane, Card: c.Card}, CardActed, say)
	}
	p.conv.Pending = nil
}

// endCard closes one card, and where it is a card on a phone, changes it there.
func (p *play) endCard(c CardRow, state CardState, say string) {
	for _, e := range p.out.Ends {
		if e.Task == c.Task {
			return
		}
	}
	p.out.Ends = append(p.out.Ends, CardEnd{Task: c.Task, State: state, Say: say})
	p.updateCard(c, say)
}

func (p *play) updateCard(c CardRow, say string) {
	if c.Card {
		p.tail = append(p.tail, OutRow{To: c.User, Lane: c.Lane, Update: true, Task: c.Task, Body: []byte(say)})
	}
}

// build turns the turn's effects into rows.
func (p *play) build(ctx context.Context) error {
	e := &p.t.effects
	if e.mode != "" {
		p.conv.Mode = e.mode
	}
	for _, s := range e.supersedes {
		cards, err := p.r.Store.LiveCards(ctx, s.about)
		if err != nil {
			return err
		}
		for _, c := range cards {
			p.endCard(c, CardSuperseded, s.say)
		}
	}
	seats, err := p.seats(ctx)
	if err != nil {
		return err
	}
	for i := range e.replies {
		if err := p.reply(&e.replies[i], seats); err != nil {
			return err
		}
	}
	for _, u := range p.tail {
		u.Body, err = p.r.Renderer.RenderUpdate(u.To, string(u.Body))
		if err != nil {
			return fmt.Errorf("render update: %w", err)
		}
		p.out.Out = append(p.out.Out, u)
	}
	for i, timer := range e.timers {
		dedupe := "once:" + timer.once
		if timer.once == "" {
			dedupe = "timer:" + strconv.FormatInt(p.row.ID, 10) + ":" + strconv.Itoa(i)
			if p.row.ID == 0 { // not from a stored message: see Runner.Do
				if dedupe, err = p.taskID(); err != nil {
					return err
				}
			}
		}
		note := timer.note
		p.out.Timers = append(p.out.Timers, Timer{Due: timer.at, Message: bot.Message{
			Dedupe: dedupe, From: timer.to, Kind: bot.KindNote, At: p.t.Now, Note: &note,
		}})
	}
	p.out.Conv, p.out.Now = *p.conv, p.t.Now
	return nil
}

// others are the other people who are to get a card.
func (p *play) others() (users []bot.UserID) {
	for _, r := range p.t.effects.replies {
		if r.Card != nil && r.To != "" && r.To.Key() != p.conv.User.Key() {
			users = append(users, r.To)
		}
	}
	return users
}

func (p *play) seats(ctx context.Context) (map[string]Seat, error) {
	users := p.others()
	if len(users) == 0 {
		return nil, nil
	}
	return p.r.Store.Seats(ctx, append(users, p.conv.User))
}

// reply renders one reply and, where it can be answered, remembers what it offers.
func (p *play) reply(r *bot.Reply, seats map[string]Seat) error {
	if r.To == "" {
		r.To = p.conv.User
	}
	mine := r.To.Key() == p.conv.User.Key()
	mode := p.t.Mode
	seat := seats[r.To.Key()]
	if !mine {
		mode = seat.Mode
	}
	if mode == "" {
		mode = bot.ModeCard
	}
	var letter, task string
	if r.Card != nil && (len(r.Card.Buttons) > 0 || r.Card.Pick != nil || len(r.Card.Selects) > 0) {
		var err error
		if task, err = p.taskID(); err != nil {
			return err
		}
		choices := ChoicesOf(*r.Card)
		row := CardRow{
			Task: task, User: r.To, Choices: choices, About: r.Card.About, State: CardLive,
			Lane: r.Lane, Card: mode == bot.ModeCard,
		}
		if mine {
			p.conv.Cards++
			row.Seq = p.conv.Cards
		} else {
			seat.Cards++
			row.Seq = seat.Cards
			seats[r.To.Key()] = seat
			if p.out.Seated == nil {
				p.out.Seated = map[string]int64{}
			}
			p.out.Seated[r.To.Key()] = seat.Cards
		}
		row.Letter = letterOf(row.Seq)
		if !choices.empty() {
			letter = row.Letter
		}
		switch {
		case r.Card == p.question && p.conv.Pending != nil:
			row.Ask = p.conv.Ask
			if shown := p.conv.Pending.Cards; len(shown) >= maxShowings {
				p.endCard(CardRow{Task: shown[0].Task, User: p.conv.User, Lane: shown[0].Lane, Card: shown[0].Card}, CardActed, text.ConvoNewer)
				p.conv.Pending.Cards = shown[1:]
			}
			p.conv.Pending.Cards = append(p.conv.Pending.Cards, PendingCard{Task: task, Letter: row.Letter, Lane: row.Lane, Card: row.Card})
		case mine:
			p.conv.Others = true
		}
		p.out.Cards = append(p.out.Cards, row)
	}
	// The token grows with every claim of the lane, in whichever instance.
	r.Nth = p.lane.Token*saidPerClaim + p.lane.said
	bodies, err := p.r.Renderer.Render(*r, mode, letter, task)
	if err != nil {
		return fmt.Errorf("render: %w", err)
	}
	p.lane.said += int64(len(bodies))
	for i, body := range bodies {
		o := OutRow{To: r.To, Lane: r.Lane, Body: body, Once: r.Once}
		if r.Once != "" && i > 0 {
			o.Once += "#" + strconv.Itoa(i)
		}
		if i == len(bodies)-1 {
			o.Task = task
		}
		p.out.Out = append(p.out.Out, o)
	}
	return nil
}

func letterOf(seq int64) string { return string(rune('A' + (seq-1)%26)) }

// taskID is random: a number from a sequence would come again after a restore, and
// WeCom takes each one only once.
func (p *play) taskID() (string, error) {
	var raw [15]byte
	if _, err := io.ReadFull(p.r.Rand, raw[:]); err != nil {
		return "", fmt.Errorf("task id: %w", err)
	}
	return "q" + base32.StdEncoding.EncodeToString(raw[:]), nil
}
