package web

import (
	"fmt"
	"strings"

	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

// stand is where a form stands, in the order a form walks.
type stand struct {
	Code  string
	Label string
}

// stands are the columns of the board.
func stands() []stand {
	return []stand{
		{"new", text.WebStateNotBegun},
		{"draft", text.WebStateDraft},
		{"submitted", text.WebStateSubmitted},
		{"mutual_check", text.WebStateMutual},
		{"section_review", text.WebStateSection},
		{"returned", text.WebStateReturned},
		{"leader_review", text.WebStateLeader},
		{"grading", text.WebStateGrading},
		{"confirmed", text.WebStateConfirmed},
		{"offline", text.WebStateOffline},
	}
}

// standOf is the code of where a form stands.
func standOf(c risk.SelfCheck) string {
	switch {
	case c.Offline:
		return "offline"
	case c.State == risk.CheckDraft && !c.Begun:
		return "new"
	}
	return string(c.State)
}

func stateLabel(c risk.SelfCheck) string {
	for _, s := range stands() {
		if s.Code == standOf(c) {
			return s.Label
		}
	}
	return ""
}

// stateTone colours a state: todo, back, done, or plain.
func stateTone(c risk.SelfCheck) string {
	switch {
	case c.Offline:
		return "plain"
	case c.State == risk.CheckDraft:
		return "todo"
	case c.State == risk.CheckReturned:
		return "back"
	case c.State == risk.CheckConfirmed:
		return "done"
	}
	return "plain"
}

func levelClass(l risk.Level) string { return strings.ToLower(string(l)) }

func measureLine(m risk.Measure) string {
	var parts []string
	for _, p := range []struct{ label, value string }{
		{text.WebWho, m.Who}, {text.WebFrequency, m.Frequency}, {text.WebEvidence, m.Evidence}, {text.WebNotDoneWhen, m.NotDone},
	} {
		if p.value != "" {
			parts = append(parts, fmt.Sprintf(text.WebSlot, p.label, p.value))
		}
	}
	return strings.Join(parts, text.Semicolon)
}
