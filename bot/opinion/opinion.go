package opinion

import (
	"errors"
	"time"
)

// Kind is what a citizen says it is.
type Kind string

const (
	Suggestion Kind = "suggestion" // 建议
	Correction Kind = "correction" // 更正
	Praise     Kind = "praise"     // 表扬
	Other      Kind = "other"      // 其他
)

// Kinds lists them as the page does.
func Kinds() []Kind { return []Kind{Suggestion, Correction, Praise, Other} }

// Door is whose keys words are sealed to.
type Door string

const (
	Office     Door = "office"     // 防控办: opinions on a notice
	Discipline Door = "discipline" // 纪检监察: only where it opted in
)

// Channel is how an opinion came. What did not come by the page is entered at the desk,
// without names, and has no receipt.
type Channel string

const (
	Web     Channel = "web"     // 公示页
	Phone   Channel = "phone"   // 电话
	Visit   Channel = "visit"   // 来访
	Box     Channel = "box"     // 意见箱
	Meeting Channel = "meeting" // 座谈
)

// Limits.
const (
	TextMax = 1500 // characters of one opinion or one line
	// Promise is within how many working days an opinion on a notice is answered,
	// counted from the day it came; the notice may say another number.
	Promise = 10
	// KeepDays is how long words stay after the promised day of their answer (DOMAIN.md §6).
	KeepDays = 180
)

// State is where an opinion stands (DOMAIN.md §2.3).
type State string

const (
	Received   State = "received"     // 已收到
	Triaged    State = "triaged"      // 已登记
	Accepted   State = "accepted"     // 已受理
	Answering  State = "answering"    // 承办中: a section was asked
	Answered   State = "answered"     // 已答复
	Closed     State = "closed"       // 已办结
	NotInScope State = "not_in_scope" // 不属本公示范围: told where to go
	Moved      State = "moved"        // 已转纪检监察机构: it means the office, or a person
	Merged     State = "merged"       // 已并案: answered together with another one
	Purged     State = "purged"       // 内容已按期删除
)

// Waits reports whether somebody still has to answer.
func (s State) Waits() bool {
	return s == Received || s == Triaged || s == Accepted || s == Answering
}

// Outcome is what came of an opinion.
type Outcome string

const (
	Adopted Outcome = "adopted" // 采纳
	Partly  Outcome = "partly"  // 部分采纳
	Not     Outcome = "not"     // 不采纳: needs a reason
)

// Move is what the desk does with an opinion.
type Move string

const (
	MoveTriage  Move = "triage"
	MoveAccept  Move = "accept"
	MoveAssign  Move = "assign" // to a section for its view
	MoveAnswer  Move = "answer"
	MoveClose   Move = "close"
	MoveDecline Move = "decline" // not in scope
	MoveAway    Move = "away"    // recusal, or a report about a person: to the discipline office
	MoveMerge   Move = "merge"
	MoveLine    Move = "line" // the citizen added a line by receipt
	MovePurge   Move = "purge"
)

// ErrMove: this cannot be done where the opinion stands.
var ErrMove = errors.New("opinion: not possible in this state")

// Next is the state after a move; ErrMove when the state does not allow it. A line added to
// an answered opinion opens it again; one on a closed opinion is kept and changes nothing.
func Next(s State, m Move) (State, error) {
	open := s.Waits()
	switch m {
	case MoveTriage:
		if s == Received {
			return Triaged, nil
		}
	case MoveAccept:
		if s == Received || s == Triaged {
			return Accepted, nil
		}
	case MoveAssign:
		if open {
			return Answering, nil
		}
	case MoveAnswer:
		if open || s == Answered {
			return Answered, nil
		}
	case MoveDecline:
		if open {
			return NotInScope, nil
		}
	case MoveAway:
		if open {
			return Moved, nil
		}
	case MoveMerge:
		if open {
			return Merged, nil
		}
	case MoveClose:
		if s == Answered || s == NotInScope || s == Merged || s == Moved {
			return Closed, nil
		}
	case MoveLine:
		switch s {
		case Answered:
			return Accepted, nil
		case Purged, Moved:
			return s, ErrMove
		default:
			return s, nil
		}
	case MovePurge:
		if s != Purged {
			return Purged, nil
		}
	}
	return s, ErrMove
}

// What an Arrival is.
type What string

const (
	NewOpinion What = "opinion"
	NewLine    What = "line"   // added by receipt
	NewBallot  What = "ballot" // of a survey open to all
)

// Arrival is what waits in letter_hold, in the clear only for whoever holds the outer key;
// the words inside are sealed to their door all the same. No field tells who or when: Day is
// the civil day (Asia/Shanghai) as 2006-01-02.
type Arrival struct {
	What     What   `json:"what"`
	Door     Door   `json:"door"`
	Notice   string `json:"notice,omitempty"` // code of the notice
	Point    int    `json:"point,omitempty"`  // number on the notice; 0: none in particular
	Kind     Kind   `json:"kind,omitempty"`
	Day      string `json:"day"`
	Selector string `json:"selector,omitempty"`  // of the receipt
	Salt     []byte `json:"salt,omitempty"`      // of the receipt's argon2id
	AnswerTo string `json:"answer_to,omitempty"` // answers are sealed to it
	Survey   string `json:"survey,omitempty"`    // code of the survey
	Body     []byte `json:"body"`                // sealed
	Image    []byte `json:"image,omitempty"`     // sealed; only where the office switched images on
}

// Words is what Body holds once it is open.
type Words struct {
	Text string `json:"text"`
}

// PurgeOn is when the words of an opinion are deleted, known on the day it came.
func PurgeOn(answerDue time.Time) time.Time { return answerDue.AddDate(0, 0, KeepDays) }
