package risk

import (
	"fmt"

	"qingfeng/bot"
)

// Move is what happens to a form under review. (An Event is the audit line it leaves.)
type Move string

const (
	MoveSubmit       Move = "submit"        // the owner submits
	MoveWithdraw     Move = "withdraw"      // the owner withdraws inside the window
	MoveWindowClosed Move = "window_closed" // the minutes to withdraw are over: review begins
	MoveMutualDone   Move = "mutual_done"   // every row was looked at, or the time was up
	MovePass         Move = "pass"          // a reviewer passes; also files, or enters the meeting's consent
	MoveReturn       Move = "return"        // a reviewer returns rows with reasons
	MoveResubmit     Move = "resubmit"      // the owner sends the returned form again
	MoveGraded       Move = "graded"        // the leading group's levels, bound to a meeting record
)

// Moves lists every move, for tests and tables.
func Moves() []Move {
	return []Move{MoveSubmit, MoveWithdraw, MoveWindowClosed, MoveMutualDone, MovePass, MoveReturn, MoveResubmit, MoveGraded}
}

// NextState is the state machine of a self-check (states.md draws it). It returns the
// state and step after the move. Who may make a move, and whether the window is still
// open, is the caller's to check. An illegal move is a *bot.Error whose Say tells the
// person where the form stands; nothing changes then.
//
// stepNo counts into chain.Steps while under review and is 0 in a draft. A returned form
// goes back to the step that returned it, one that the leading group returned to the
// step where its chain resumes; the mutual check is not repeated.
func NextState(chain Chain, state CheckState, stepNo int, m Move) (CheckState, int, error) {
	if len(chain.Steps) == 0 {
		return state, stepNo, bot.Refuse(say("state.chain"), "selfcheck: empty chain")
	}
	switch state {
	case CheckDraft:
		if m == MoveSubmit {
			return CheckSubmitted, 0, nil
		}
	case CheckReturned:
		if m == MoveResubmit {
			return CheckSubmitted, stepNo, nil
		}
	case CheckSubmitted:
		switch m {
		case MoveWithdraw:
			return CheckDraft, 0, nil
		case MoveWindowClosed:
			return enter(chain, state, stepNo)
		default: // refused below
		}
	case CheckMutual, CheckSection, CheckLeader, CheckGrading:
		step, ok := chain.At(stepNo)
		if !ok || step.State() != state {
			return state, stepNo, bot.Refuse(say("state.chain"), fmt.Sprintf("selfcheck: %s is not step %d of chain %s", state, stepNo, chain.Code))
		}
		switch {
		case m == MoveMutualDone && state == CheckMutual,
			m == MovePass && (state == CheckSection || state == CheckLeader):
			return enter(chain, state, stepNo+1)
		case m == MoveGraded && state == CheckGrading:
			return CheckConfirmed, stepNo, nil
		case m == MoveReturn && state == CheckGrading:
			return CheckReturned, max(chain.Index(chain.Resume), 0), nil
		case m == MoveReturn && state != CheckMutual:
			return CheckReturned, stepNo, nil
		case m == MoveWithdraw:
			return state, stepNo, bot.Refuse(say("state.withdraw_late"), "selfcheck: withdraw in "+string(state))
		}
	case CheckConfirmed: // the end: every move is refused
	}
	return state, stepNo, bot.Refuse(stateLine(state), fmt.Sprintf("selfcheck: %s in %s", m, state))
}

func enter(chain Chain, from CheckState, no int) (CheckState, int, error) {
	step, ok := chain.At(no)
	if !ok {
		return from, no, bot.Refuse(say("state.chain"), fmt.Sprintf("selfcheck: chain %s has no step %d", chain.Code, no))
	}
	return step.State(), no, nil
}

func stateLine(s CheckState) string {
	if line := say("state." + string(s)); line != "" {
		return line
	}
	return say("state.other")
}
