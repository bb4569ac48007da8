package opinion_test

import (
	"errors"
	"testing"
	"time"

	"qingfeng/bot/opinion"
)

// Every state with every move: what is not in the table is refused and changes nothing.
func TestAnOpinionMovesOnlyAsDrawn(t *testing.T) {
	open := []opinion.State{opinion.Received, opinion.Triaged, opinion.Accepted, opinion.Answering}
	over := []opinion.State{opinion.Answered, opinion.Closed, opinion.NotInScope, opinion.Moved, opinion.Merged, opinion.Purged}
	type step struct {
		from opinion.State
		move opinion.Move
	}
	may := map[step]opinion.State{
		{opinion.Received, opinion.MoveTriage}:  opinion.Triaged,
		{opinion.Received, opinion.MoveAccept}:  opinion.Accepted,
		{opinion.Triaged, opinion.MoveAccept}:   opinion.Accepted,
		{opinion.Answered, opinion.MoveAnswer}:  opinion.Answered,
		{opinion.Answered, opinion.MoveClose}:   opinion.Closed,
		{opinion.NotInScope, opinion.MoveClose}: opinion.Closed,
		{opinion.Merged, opinion.MoveClose}:     opinion.Closed,
		{opinion.Moved, opinion.MoveClose}:      opinion.Closed,
		{opinion.Answered, opinion.MoveLine}:    opinion.Accepted,
		{opinion.Closed, opinion.MoveLine}:      opinion.Closed,
		{opinion.NotInScope, opinion.MoveLine}:  opinion.NotInScope,
		{opinion.Merged, opinion.MoveLine}:      opinion.Merged,
	}
	for _, s := range open {
		may[step{s, opinion.MoveAssign}] = opinion.Answering
		may[step{s, opinion.MoveAnswer}] = opinion.Answered
		may[step{s, opinion.MoveDecline}] = opinion.NotInScope
		may[step{s, opinion.MoveAway}] = opinion.Moved
		may[step{s, opinion.MoveMerge}] = opinion.Merged
		may[step{s, opinion.MoveLine}] = s
	}
	all := append(append([]opinion.State{}, open...), over...)
	for _, s := range all {
		if s != opinion.Purged {
			may[step{s, opinion.MovePurge}] = opinion.Purged
		}
	}
	for _, s := range all {
		for _, m := range []opinion.Move{
			opinion.MoveTriage, opinion.MoveAccept, opinion.MoveAssign, opinion.MoveAnswer, opinion.MoveClose,
			opinion.MoveDecline, opinion.MoveAway, opinion.MoveMerge, opinion.MoveLine, opinion.MovePurge,
		} {
			got, err := opinion.Next(s, m)
			want, ok := may[step{s, m}]
			switch {
			case ok && (err != nil || got != want):
				t.Errorf("%s in %s: %s, %v; want %s", m, s, got, err, want)
			case !ok && (!errors.Is(err, opinion.ErrMove) || got != s):
				t.Errorf("%s in %s: %s, %v; want a refusal", m, s, got, err)
			}
		}
		if s.Waits() != (s == open[0] || s == open[1] || s == open[2] || s == open[3]) {
			t.Errorf("%s waits: %v", s, s.Waits())
		}
	}
}

func TestWordsAreDeletedHalfAYearAfterTheirPromisedAnswer(t *testing.T) {
	due := time.Date(2026, 11, 19, 0, 0, 0, 0, time.UTC)
	if got := opinion.PurgeOn(due).Format(time.DateOnly); got != "2027-05-18" {
		t.Error(got)
	}
}
