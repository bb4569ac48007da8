package convo

import (
	"context"

	"qingfeng/bot"
)

// Handler answers a turn outside any flow's step.
type Handler func(ctx context.Context, t *Turn) error

// Command is a phrase that works at any step (帮助, 改第N条, 进度) or that starts
// something. Match sees folded text (trimmed, full-width digits and punctuation
// made half-width) and returns its arguments.
type Command struct {
	Name  string
	Match func(text string) (args []string, ok bool)
	Run   Handler
	// Resume repeats the pending question of the interrupted flow afterwards.
	Resume bool
}

// Router is the whole list of what the bot understands. handlers/routes.go fills it.
// A text is tried against: global commands → the active flow's step → starters →
// a policy question → fallback. A press is tried against the card it came from.
type Router struct {
	Globals  []Command
	Starters []Command
	// Presses are decisions on cards that stand on their own, by the option key up
	// to its first colon ("review.pass").
	Presses map[string]Handler
	// Open are presses on cards that went to many in one call (bot.Push), of which the
	// engine keeps no row, by the key up to its first colon. Anybody's phone may send
	// such a key at any time, so the handler checks everything itself. It acts once for
	// a person and a card, unless it says KeepCard; Answer.Keys holds the pressed key.
	Open map[string]Handler
	// Menu are menu entries, by key.
	Menu map[string]Handler
	// Notes are messages from ourselves, by name.
	Notes map[string]Handler
	// Events are what the platform says about the app itself (KindOther, "event.<name>"),
	// by name; others of that kind are heard and left alone.
	Events map[string]Handler
	// Question answers a policy question if the text is one; sure says that only an
	// unmistakable question counts (the person is in a free-text step).
	Question func(ctx context.Context, t *Turn, sure bool) (answered bool, err error)
	// Stopped answers a text the red-line guard did not let in.
	Stopped Handler
	// Refused hears of every turn that was refused with words (a *bot.Error) and
	// undone; code is the error's Op. What it stores stays.
	Refused func(ctx context.Context, t *Turn, code string) error
	// Enter, Subscribe, Unsubscribe, Media, Stranger and Fallback answer the rest;
	// Stranger is for people who are not in the roster.
	Enter, Subscribe, Unsubscribe, Media, Stranger, Fallback Handler

	dialogs map[string]dialog
}

// Register adds a flow; a flow that is not sound is refused at wiring time.
func Register[S any](r *Router, f Flow[S]) error {
	d, err := erase(f)
	if err != nil {
		return err
	}
	if r.dialogs == nil {
		r.dialogs = map[string]dialog{}
	}
	r.dialogs[d.name()] = d
	return nil
}

// Directory says who a UserID is, from the roster in the turn's transaction.
type Directory interface {
	Who(ctx context.Context, id bot.UserID) (bot.Actor, error)
}
