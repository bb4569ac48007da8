package notice

// Move is what happens to a notice.
type Move string

const (
	MoveSend     Move = "send"     // the drafter sends it for checking: the snapshot is made
	MoveApprove  Move = "approve"  // by the second person
	MoveReturn   Move = "return"   // by the second person, with a reason
	MoveOpen     Move = "open"     // its first day has come
	MoveEnd      Move = "end"      // its last day is over
	MoveCorrect  Move = "correct"  // a later version is open
	MoveWithdraw Move = "withdraw" // it shows nothing any more
)

// Moves lists them.
func Moves() []Move {
	return []Move{MoveSend, MoveApprove, MoveReturn, MoveOpen, MoveEnd, MoveCorrect, MoveWithdraw}
}

// States lists them in the order of a notice's life.
func States() []State {
	return []State{Drafting, Checking, Returned, Approved, Open, Ended, Corrected, Withdrawn}
}

// Next is the state after a move, ErrMove when the state does not allow it. Who may make
// the move, and whether the day has come, is the caller's to check.
//
// What was once public can always be withdrawn, a corrected version too: a name that
// slipped through has to go everywhere. A draft and a returned notice hold nothing that
// could be withdrawn, and nothing leads back from Withdrawn.
func Next(s State, m Move) (State, error) {
	switch m {
	case MoveSend:
		if s == Drafting || s == Returned {
			return Checking, nil
		}
	case MoveApprove:
		if s == Checking {
			return Approved, nil
		}
	case MoveReturn:
		if s == Checking {
			return Returned, nil
		}
	case MoveOpen:
		if s == Approved {
			return Open, nil
		}
	case MoveEnd:
		if s == Open {
			return Ended, nil
		}
	case MoveCorrect:
		if s == Open || s == Ended {
			return Corrected, nil
		}
	case MoveWithdraw:
		switch s {
		case Checking, Approved, Open, Ended, Corrected:
			return Withdrawn, nil
		default: // refused below
		}
	}
	return s, ErrMove
}
