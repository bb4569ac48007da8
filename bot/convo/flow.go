package convo

import (
	"context"
	"encoding/json"
	"fmt"
)

// Flow is a dialog: named steps over one typed state S. What is stored is the
// step's name, the flow's version and S as JSON — never an index — so that a
// deploy may reorder, add or rename steps and yesterday's chats go on.
type Flow[S any] struct {
	Name    string
	Version int
	Start   string // the first step
	Steps   []Step[S]
	// Upgrade turns a state stored under an older version into today's. It is
	// called when the stored version differs or the stored step no longer exists.
	Upgrade func(version int, step string, state json.RawMessage) (string, json.RawMessage, error)
}

// Step asks one thing and reads the answer.
type Step[S any] struct {
	Name string
	// Ask says the question. The engine calls it on entry, after a digression,
	// on resume and after 返回; it must not change anything but what it says.
	Ask func(ctx context.Context, t *Turn, s *S) error
	// Answer reads t.Answer and says where to go.
	Answer func(ctx context.Context, t *Turn, s *S) (Next, error)
	// Free marks a step that takes a sentence in the person's own words: options
	// are matched only by number, exact label or button, and a policy question is
	// taken as a digression only when it is unmistakably one.
	Free bool
	// Number marks a step that reads numbers itself (选 1、3): a bare number is
	// its answer even when another list was shown last.
	Number bool
}

// Next is what a step decided. Every turn returns one.
type Next struct {
	kind nextKind
	step string
}

type nextKind int

const (
	stay nextKind = iota
	again
	goTo
	done
	unknown
)

// Stay keeps the step; the step has said what is needed.
func Stay() Next { return Next{kind: stay} }

// Again keeps the step and asks its question once more.
func Again() Next { return Next{kind: again} }

// Goto enters the named step.
func Goto(step string) Next { return Next{kind: goTo, step: step} }

// Done ends the flow; a flow it interrupted goes on and repeats its question.
func Done() Next { return Next{kind: done} }

// NotUnderstood lets the router try what else the words may mean (a question,
// a command of another flow); if nothing fits, the person is told what this step
// expects. The engine counts attempts: after three it offers 转页面, 找人 and 存草稿.
func NotUnderstood() Next { return Next{kind: unknown} }

// dialog is a Flow with its state type erased: typed at the edge, JSON inside.
type dialog interface {
	name() string
	version() int
	start() string
	has(step string) bool
	traits(step string) (free, number bool)
	upgrade(version int, step string, state json.RawMessage) (string, json.RawMessage, error)
	ask(ctx context.Context, t *Turn, step string, state json.RawMessage) (json.RawMessage, error)
	answer(ctx context.Context, t *Turn, step string, state json.RawMessage) (Next, json.RawMessage, error)
}

type erased[S any] struct {
	flow  Flow[S]
	steps map[string]Step[S]
}

// erase checks a flow once, at wiring time.
func erase[S any](f Flow[S]) (dialog, error) {
	e := erased[S]{flow: f, steps: make(map[string]Step[S], len(f.Steps))}
	for _, s := range f.Steps {
		if s.Name == "" || s.Ask == nil || s.Answer == nil {
			return nil, fmt.Errorf("convo: flow %s: step %q is incomplete", f.Name, s.Name)
		}
		if _, twice := e.steps[s.Name]; twice {
			return nil, fmt.Errorf("convo: flow %s: step %q twice", f.Name, s.Name)
		}
		e.steps[s.Name] = s
	}
	if _, ok := e.steps[f.Start]; !ok {
		return nil, fmt.Errorf("convo: flow %s: no start step %q", f.Name, f.Start)
	}
	return e, nil
}

func (e erased[S]) name() string         { return e.flow.Name }
func (e erased[S]) version() int         { return e.flow.Version }
func (e erased[S]) start() string        { return e.flow.Start }
func (e erased[S]) has(step string) bool { _, ok := e.steps[step]; return ok }
func (e erased[S]) traits(step string) (bool, bool) {
	s := e.steps[step]
	return s.Free, s.Number
}

func (e erased[S]) upgrade(version int, step string, state json.RawMessage) (string, json.RawMessage, error) {
	if e.flow.Upgrade == nil {
		if e.has(step) {
			return step, state, nil
		}
		return e.flow.Start, state, nil
	}
	return e.flow.Upgrade(version, step, state)
}

func (e erased[S]) ask(ctx context.Context, t *Turn, step string, state json.RawMessage) (json.RawMessage, error) {
	s, err := e.decode(state)
	if err != nil {
		return nil, err
	}
	if err := e.steps[step].Ask(ctx, t, &s); err != nil {
		return nil, err
	}
	return json.Marshal(s)
}

func (e erased[S]) answer(ctx context.Context, t *Turn, step string, state json.RawMessage) (Next, json.RawMessage, error) {
	s, err := e.decode(state)
	if err != nil {
		return Next{}, nil, err
	}
	next, err := e.steps[step].Answer(ctx, t, &s)
	if err != nil {
		return Next{}, nil, err
	}
	out, err := json.Marshal(s)
	return next, out, err
}

func (e erased[S]) decode(state json.RawMessage) (S, error) {
	var s S
	if len(state) == 0 {
		return s, nil
	}
	if err := json.Unmarshal(state, &s); err != nil {
		return s, fmt.Errorf("convo: flow %s: state: %w", e.flow.Name, err)
	}
	return s, nil
}
