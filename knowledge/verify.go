package knowledge

import (
	"errors"
	"fmt"
	"slices"
)

var (
	errWrongDimension = errors.New("knowledge: an embedding of the wrong dimension")
	errNoGround       = errors.New("knowledge: an answer without ground")
	errConclusion     = errors.New("knowledge: a conclusion without an answer")
	errNotQuoted      = errors.New("knowledge: a quoted answer that is not what it cites")
)

// stands reports whether a citation quotes, at its place, a passage that was found.
func (c Citation) stands(hits []Hit) bool {
	rs := []rune(c.Text)
	return c.Start >= 0 && c.Start < c.End && c.End <= len(rs) && string(rs[c.Start:c.End]) == c.Quote &&
		slices.ContainsFunc(hits, func(h Hit) bool { return h.ID == c.ID && h.Text == c.Text })
}

// verify is the last look at every answer: each quote is the passage's text from Start
// to End, each cited passage was found, and nothing is said but what is cited.
func verify(a Answer) error {
	for i, c := range a.Citations {
		if !c.stands(a.Hits) {
			return fmt.Errorf("knowledge: citation %d does not stand in passage %d", i+1, c.ID)
		}
	}
	switch {
	case a.Outcome != Answered && (a.Text != "" || a.Essence != "" || a.Model || a.Differ):
		return errConclusion
	case a.Outcome == None && len(a.Citations) > 0, a.Outcome == Related && len(a.Citations) == 0:
		return errConclusion
	case a.Outcome != Answered:
		return nil
	case a.Text == "" || len(a.Citations) == 0 || !a.Listed && len(a.Citations) > mostSources:
		return errNoGround
	case a.Model:
		return verifyMarks(a)
	}
	if a.Listed {
		if !verifyList(a) {
			return errNotQuoted
		}
		return nil
	}
	for n := 1; n <= len(a.Citations); n++ { // lapsed ones stand at the end and are not said
		if a.Text == clauses(a.Citations[:n]) {
			return nil
		}
	}
	return errNotQuoted
}
