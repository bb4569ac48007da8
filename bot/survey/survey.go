package survey

import (
	"errors"
	"time"
)

// Floor is the least number that is ever shown, of people or of ballots (R-G8).
const Floor = 5

// Kind is how a question is answered.
type Kind string

// The kinds. A single and a scale take exactly one option, a multi any number or none.
const (
	Single Kind = "single"
	Scale  Kind = "scale"
	Multi  Kind = "multi"
)

// Option is one answer.
type Option struct {
	Key  string `json:"key"`
	Text string `json:"text"`
}

// Question is one question.
type Question struct {
	ID      string   `json:"id"`
	Text    string   `json:"text"`
	Kind    Kind     `json:"kind"`
	Options []Option `json:"options"`
}

// Sheet is what somebody who fills one in sees. It is fixed when the survey begins.
type Sheet struct {
	Title     string     `json:"title"`
	Intro     string     `json:"intro"`
	Questions []Question `json:"questions"`
	Comment   string     `json:"comment,omitempty"` // asks for free words; empty: none are taken
	// Sections are asked for when results are shown by section; each has at least Floor
	// people invited.
	Sections []Option `json:"sections,omitempty"`
}

// State is where a survey stands.
type State string

// The states. A survey that closed with fewer than Floor ballots is void: its ballots
// are gone.
const (
	Open   State = "open"
	Closed State = "closed"
	Void   State = "void"
)

// Survey is one survey as its organisers see it.
type Survey struct {
	ID       int64
	Template string
	Sheet    Sheet
	State    State
	Started  time.Time // civil day
	Until    time.Time // civil day, included
	Invited  int
	Rounds   int // how often people were written to
	By       int64
}

// Ballot is one filled-in sheet: question → chosen options. It knows neither when nor who.
type Ballot struct {
	Answers map[string][]string `json:"a"`
	Section string              `json:"s,omitempty"`
	Comment string              `json:"c,omitempty"`
}

// ErrLocked says that ballots are closed under a key that is not at hand. Nothing is lost:
// with the key the survey ends as it should.
var ErrLocked = errors.New("survey: ballots are closed under another key")

// ErrSpent says that a token is good for nothing: used, never given out, or of a survey
// that is over. The three cannot be told apart.
var ErrSpent = errors.New("survey: token not good")
