package convo

import (
	"encoding/json"
	"slices"
	"time"

	"qingfeng/bot"
)

// Answer is what the person meant, whichever way it came: typed, pressed,
// ticked or selected.
type Answer struct {
	Text string // the typed words, trimmed, full-width forms folded; empty for presses
	// Keys are the options of the pending question that were meant: one for a
	// button or a single choice, several for a vote, none for free text.
	Keys []string
	// Selected holds selector answers: question key → option key.
	Selected map[string]string
}

// Key is the single chosen option, or "".
func (a Answer) Key() string {
	if len(a.Keys) == 1 {
		return a.Keys[0]
	}
	return ""
}

// Turn is one message being answered, inside one transaction. Steps and handlers
// read it and call its methods; nothing leaves before the transaction commits.
type Turn struct {
	Actor   bot.Actor
	Now     time.Time
	Mode    bot.Mode // "" until the person chose one; shown as bot.ModeCard
	Message bot.Message
	Answer  Answer
	// About is what the pressed card (or the list a number referred to) was bound to.
	About bot.About
	// Args is what a command's matcher found (改第3条 → "3").
	Args []string
	// Repeat tells a step's Ask that the same question is asked once more (after a
	// digression): what only led up to it need not be said again.
	Repeat bool

	effects effects
	conv    *Conversation
}

// effects is what a turn leaves behind, applied by the runner in the turn's transaction.
type effects struct {
	replies    []bot.Reply
	pending    *bot.Card // the question just asked, if it has options
	timers     []timer
	supersedes []supersede
	start      *startFlow
	end        bool
	mode       bot.Mode
	back       bool   // 返回
	repeat     bool   // repeat the pending question at the end
	later      bool   // the answer to a policy question follows in a turn of its own
	keep       bool   // the pressed card stays live
	chosen     string // what was pressed, in words
}

type timer struct {
	to   bot.UserID
	at   time.Time
	note bot.Note
	once string
}

type supersede struct {
	about bot.About
	say   string
}

type startFlow struct {
	flow  string
	step  string
	state json.RawMessage
}

// Say tells the person something.
func (t *Turn) Say(text string) {
	t.effects.replies = append(t.effects.replies, bot.Reply{To: t.Actor.UserID, Text: text})
}

// Ask asks the person the pending question of this step; its options are what
// numbers, labels and buttons will mean until the next question.
func (t *Turn) Ask(card bot.Card) {
	t.effects.pending = &card
	t.effects.replies = append(t.effects.replies, bot.Reply{To: t.Actor.UserID, Card: &card})
}

// Show sends the person a card that stands on its own (a decision, a notice).
func (t *Turn) Show(card bot.Card) {
	t.effects.replies = append(t.effects.replies, bot.Reply{To: t.Actor.UserID, Card: &card})
}

// Send tells somebody (else) something; Lane and Once as in bot.Reply.
func (t *Turn) Send(r bot.Reply) { t.effects.replies = append(t.effects.replies, r) }

// Later puts a note into a person's lane at a time. once makes it unique ("" = not).
func (t *Turn) Later(to bot.UserID, at time.Time, note bot.Note, once string) {
	t.effects.timers = append(t.effects.timers, timer{to: to, at: at, note: note, once: once})
}

// Supersede turns every live card about the object — any version — into a card
// that says what became of it. Pressing one later answers with the same words.
func (t *Turn) Supersede(about bot.About, say string) {
	t.effects.supersedes = append(t.effects.supersedes, supersede{about: about, say: say})
}

// Start begins a flow (at step, or at its start when step is ""); the flow that
// was active waits and goes on when this one is done. state is the flow's S.
func (t *Turn) Start(flow, step string, state any) error {
	raw, err := json.Marshal(state)
	if err != nil {
		return err
	}
	t.effects.start = &startFlow{flow: flow, step: step, state: raw}
	return nil
}

// End closes the active flow (退出): its draft stays, its question is gone.
func (t *Turn) End() { t.effects.end = true }

// SetMode switches between 卡片版 and 文字版 from the next reply on.
func (t *Turn) SetMode(m bot.Mode) { t.effects.mode = m; t.Mode = m }

// Active tells the flow and step that wait for an answer.
func (t *Turn) Active() (flow, step string, ok bool) {
	if len(t.conv.Stack) == 0 {
		return "", "", false
	}
	top := t.conv.Stack[len(t.conv.Stack)-1]
	return top.Flow, top.Step, true
}

// State reads the active flow's state into out (a pointer to its S), for commands
// that look at a flow without being a step of it.
func (t *Turn) State(out any) error {
	if len(t.conv.Stack) == 0 {
		return nil
	}
	state := t.conv.Stack[len(t.conv.Stack)-1].State
	if len(state) == 0 {
		return nil
	}
	return json.Unmarshal(state, out)
}

// Back goes one step back (返回) and asks that step's question, with the state as
// it was. False when there is nothing to go back to; up to 20 steps are kept.
func (t *Turn) Back() bool {
	if len(t.conv.Stack) == 0 || len(t.conv.Stack[len(t.conv.Stack)-1].History) == 0 {
		return false
	}
	t.effects.back = true
	return true
}

// RepeatAsk repeats the pending question of the active flow, if there is one,
// after everything else that this turn says.
func (t *Turn) RepeatAsk() { t.effects.repeat = true }

// AnswerLater tells that the answer to a policy question comes in a turn of its own: the
// pending question waits for it and is not repeated now.
func (t *Turn) AnswerLater() { t.effects.later = true }

// KeepCard leaves the pressed card as it is (查看详情): it can be pressed again.
func (t *Turn) KeepCard() { t.effects.keep = true }

// Chose names what was pressed, where the engine cannot know it: on a card that went to
// many (Router.Open). The card on the phone then says so.
func (t *Turn) Chose(label string) { t.effects.chosen = label }

// TakeSaid takes back what the turn has told its own actor in plain words so far, so
// that a page shows it instead of the chat. Questions and cards stay: they are for the chat.
func (t *Turn) TakeSaid() []string {
	var said []string
	t.effects.replies = slices.DeleteFunc(t.effects.replies, func(r bot.Reply) bool {
		mine := r.To.Key() == t.Actor.UserID.Key() && r.Card == nil && r.Picture == "" && r.Once == "" && r.Lane == bot.LaneReply
		if mine {
			said = append(said, r.Text)
		}
		return mine
	})
	return said
}
