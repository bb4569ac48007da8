package risk

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"qingfeng/bot"
)

// NoticeKind is one kind of WarningNotice (谈话提醒), as library/notices.json has it.
type NoticeKind struct {
	Code         string     `json:"code"`
	Name         string     `json:"name"`
	Tier         int        `json:"tier"`    // 1 care, 2 reminder, 3 formal, 4 accountability
	Issuers      []bot.Role `json:"issuers"` // who may issue it, each to people they manage
	Approve      bool       `json:"approve"` // the authority approves what others issue
	NeedsContent bool       `json:"needs_content"`
	NeedsReply   bool       `json:"needs_reply"`
	ReplyDays    int        `json:"reply_days"`  // working days, a default
	Delivery     string     `json:"delivery"`    // card or offline, a default
	RecordOnly   bool       `json:"record_only"` // number and date of what was done elsewhere
	Counts       bool       `json:"counts"`      // for 谈心 of the year
	FollowMonths int        `json:"follow_months"`
	Words        []string   `json:"words"` // what people call it in chat
}

// Named is a code with its name; Kinds says to which kinds it belongs (none: all).
type Named struct {
	Code  string   `json:"code"`
	Name  string   `json:"name"`
	Kinds []string `json:"kinds"`
}

// NoticeRules is what is the same for every notice.
type NoticeRules struct {
	Kinds       []NoticeKind           `json:"kinds"`
	Approvers   []bot.Role             `json:"approvers"` // in the order they are asked
	Triggers    []Named                `json:"triggers"`
	Bears       []Named                `json:"bears"`         // R-I10
	HeartsAYear int                    `json:"hearts_a_year"` // R-G3
	HoldWithin  int                    `json:"hold_within"`   // working days after its day, to be said held
	AlertEvery  int                    `json:"alert_every"`   // working days between two overdue alerts
	ExtendDays  int                    `json:"extend_days"`   // working days of one extension
	PointDays   int                    `json:"point_days"`    // working days to add or change a risk point
	CardLongest int                    `json:"card_longest"`  // characters of place and contact
	CardStop    []string               `json:"card_stop"`     // words that may not stand on a card
	Stands      map[NoticeState]string `json:"stands"`
	// StandsTarget is where it stands as its target reads it. A talk whose day is over
	// waits for its issuer, not for the target: that is held_late.
	StandsTarget map[NoticeState]string `json:"stands_target"`
	Illegal      string                 `json:"illegal"`
}

var notices = library[NoticeRules]("notices.json")

// Notices are the rules of notices. They are shared and never change.
func Notices() NoticeRules { return notices() }

// Kind finds a kind by its code.
func (r NoticeRules) Kind(code string) (NoticeKind, bool) {
	for _, k := range r.Kinds {
		if k.Code == code {
			return k, true
		}
	}
	return NoticeKind{}, false
}

// Called finds the kind that a text names; the longest name wins. word is what named it.
func (r NoticeRules) Called(said string) (kind NoticeKind, word string, ok bool) {
	for _, k := range r.Kinds {
		for _, w := range k.Words {
			if strings.Contains(said, w) && len(w) > len(word) {
				kind, word, ok = k, w, true
			}
		}
	}
	return kind, word, ok
}

// Where is where a notice stands, in the words of its target or of everybody else.
func (r NoticeRules) Where(k NoticeKind, s NoticeState, target bool) string {
	switch {
	case !target:
		return r.Stands[s]
	case !k.NeedsReply && (s == NoticeOverdue || s == NoticeEscalated):
		return r.StandsTarget["held_late"]
	}
	return r.StandsTarget[s]
}

// TriggersOf are the occasions that fit a kind.
func (r NoticeRules) TriggersOf(kind string) []Named {
	return slices.DeleteFunc(slices.Clone(r.Triggers), func(t Named) bool { return !slices.Contains(t.Kinds, kind) })
}

// FitsCard reports whether a place or a contact may stand on a card, which anybody may
// see on a lock screen: short, and no word that tells what it is about.
func (r NoticeRules) FitsCard(s string) bool {
	_, _, kind := r.Called(s)
	return !kind && utf8.RuneCountInString(s) <= r.CardLongest && !strings.ContainsAny(s, "\n，,。；;!！?？") && !containsAny(s, r.CardStop)
}

// NoticeState is where a notice stands (DOMAIN.md §2.3).
type NoticeState string

// The states. Cancelled is ours: what was issued by mistake must be able to end.
const (
	NoticeDrafted      NoticeState = "drafted"
	NoticeApproved     NoticeState = "approved"
	NoticeIssued       NoticeState = "issued"
	NoticeAcknowledged NoticeState = "acknowledged" // received, not admitted
	NoticeReplied      NoticeState = "replied"
	NoticeReviewing    NoticeState = "reviewing"
	NoticeReturned     NoticeState = "returned" // 补充说明
	NoticeOverdue      NoticeState = "overdue"
	NoticeEscalated    NoticeState = "escalated"
	NoticeClosed       NoticeState = "closed"
	NoticeFollowUp     NoticeState = "follow_up"
	NoticeArchived     NoticeState = "archived"
	NoticeCancelled    NoticeState = "cancelled"
)

// NoticeStates lists every state, for tests and tables.
func NoticeStates() []NoticeState {
	return []NoticeState{
		NoticeDrafted, NoticeApproved, NoticeIssued, NoticeAcknowledged, NoticeReplied, NoticeReviewing, NoticeReturned,
		NoticeOverdue, NoticeEscalated, NoticeClosed, NoticeFollowUp, NoticeArchived, NoticeCancelled,
	}
}

// NoticeMove is what happens to a notice.
type NoticeMove string

// The moves. Who may make one, and when, is the caller's to check.
const (
	NoticeEdit     NoticeMove = "edit"        // content or terms of a draft change
	NoticeApprove  NoticeMove = "approve"     // by the authority, or of itself where none is needed
	NoticeDecline  NoticeMove = "decline"     // the authority says no: back to the issuer
	NoticeIssue    NoticeMove = "issue"       //
	NoticeAck      NoticeMove = "acknowledge" // 收到
	NoticeReply    NoticeMove = "reply"       //
	NoticeHeld     NoticeMove = "held"        // the talk took place
	NoticeReview   NoticeMove = "review"      // the issuer looks at the reply, or at what was settled in person
	NoticeReturn   NoticeMove = "return"      // more is asked for
	NoticeClose    NoticeMove = "close"       //
	NoticeLate     NoticeMove = "overdue"     // its day is over
	NoticeEscalate NoticeMove = "escalate"    //
	NoticeExtend   NoticeMove = "extend"      //
	NoticeMoveTime NoticeMove = "move"        // another time or place: 收到 is asked for again
	NoticeFollow   NoticeMove = "follow_up"   // its follow-up day has come
	NoticeArchive  NoticeMove = "archive"     //
	NoticeRecord   NoticeMove = "record"      // of a kind that is only recorded
	NoticeCancel   NoticeMove = "cancel"      //
)

// NoticeMoves lists every move, for tests and tables.
func NoticeMoves() []NoticeMove {
	return []NoticeMove{
		NoticeEdit, NoticeApprove, NoticeDecline, NoticeIssue, NoticeAck, NoticeReply, NoticeHeld, NoticeReview, NoticeReturn, NoticeClose,
		NoticeLate, NoticeEscalate, NoticeExtend, NoticeMoveTime, NoticeFollow, NoticeArchive, NoticeRecord, NoticeCancel,
	}
}

// Next is the state machine of a notice of this kind. acked says that the target has
// said 收到 to its present terms: nobody answers what they have not received. An illegal
// move is a *bot.Error whose Say tells where the notice stands; nothing changes then.
func (k NoticeKind) Next(s NoticeState, m NoticeMove, acked bool) (NoticeState, error) {
	card, talk := !k.RecordOnly, !k.RecordOnly && !k.NeedsReply
	answers := card && k.NeedsReply && acked
	received := NoticeIssued
	if acked {
		received = NoticeAcknowledged
	}
	to := map[NoticeState]map[NoticeMove]step{
		NoticeDrafted: {
			NoticeEdit: {NoticeDrafted, true}, NoticeApprove: {NoticeApproved, card}, NoticeDecline: {NoticeDrafted, card},
			NoticeRecord: {NoticeArchived, k.RecordOnly}, NoticeCancel: {NoticeCancelled, true},
		},
		NoticeApproved: {NoticeIssue: {NoticeIssued, card}, NoticeMoveTime: {NoticeApproved, card}, NoticeCancel: {NoticeCancelled, card}},
		NoticeIssued: {
			NoticeAck: {NoticeAcknowledged, card}, NoticeHeld: {NoticeReviewing, talk}, NoticeLate: {NoticeOverdue, card},
			NoticeMoveTime: {NoticeIssued, card}, NoticeExtend: {NoticeIssued, card}, NoticeCancel: {NoticeCancelled, card},
		},
		NoticeAcknowledged: {
			NoticeReply: {NoticeReplied, answers}, NoticeHeld: {NoticeReviewing, talk}, NoticeLate: {NoticeOverdue, card},
			NoticeMoveTime: {NoticeIssued, card}, NoticeExtend: {NoticeAcknowledged, card}, NoticeCancel: {NoticeCancelled, card},
		},
		NoticeOverdue: {
			NoticeAck: {NoticeOverdue, card && !acked}, NoticeReply: {NoticeReplied, answers}, NoticeHeld: {NoticeReviewing, talk},
			NoticeReview: {NoticeReviewing, card}, NoticeEscalate: {NoticeEscalated, card}, NoticeExtend: {received, card},
			NoticeMoveTime: {NoticeIssued, card}, NoticeCancel: {NoticeCancelled, card},
		},
		NoticeEscalated: {
			NoticeAck: {NoticeEscalated, card && !acked}, NoticeReply: {NoticeReplied, answers}, NoticeHeld: {NoticeReviewing, talk},
			NoticeReview: {NoticeReviewing, card}, NoticeExtend: {received, card},
			NoticeMoveTime: {NoticeIssued, card}, NoticeCancel: {NoticeCancelled, card},
		},
		NoticeReplied:   {NoticeReview: {NoticeReviewing, card}},
		NoticeReviewing: {NoticeReturn: {NoticeReturned, card && k.NeedsReply}, NoticeClose: {NoticeClosed, card}},
		NoticeReturned: {
			NoticeReply: {NoticeReplied, card && k.NeedsReply}, NoticeLate: {NoticeOverdue, card},
			NoticeExtend: {NoticeReturned, card}, NoticeReview: {NoticeReviewing, card},
		},
		NoticeClosed:   {NoticeFollow: {NoticeFollowUp, card}, NoticeArchive: {NoticeArchived, card}},
		NoticeFollowUp: {NoticeArchive: {NoticeArchived, card}},
	}
	if next := to[s][m]; next.ok {
		return next.to, nil
	}
	r := Notices()
	return s, bot.Refuse(fill(r.Illegal, "where", r.Stands[s]), "notice: "+string(m)+" in "+string(s))
}

// step is where a move leads, if it may be made.
type step struct {
	to NoticeState
	ok bool
}

// Settled reports whether nothing more is to be done about a notice.
func (s NoticeState) Settled() bool {
	return s == NoticeClosed || s == NoticeFollowUp || s == NoticeArchived || s == NoticeCancelled
}

// Waits reports whether a notice waits for its target.
func (s NoticeState) Waits() bool {
	return s == NoticeIssued || s == NoticeAcknowledged || s == NoticeReturned || s == NoticeOverdue || s == NoticeEscalated
}

// Notice is a WarningNotice without its content.
type Notice struct {
	ID         int64
	Kind       string
	Tier       int
	State      NoticeState
	Target     Person
	Section    int64 // the target's when it was drafted; 0: none
	Issuer     Person
	Basis      bot.Role // the role in which it is issued
	Approver   int64    // who is asked; 0: nobody has to
	ApprovedBy int64
	Version    int // of what a decision is about: grows with time, place and content
	Rev        int // grows with every save
	Delivery   string
	At         time.Time // of the talk, or of handing the letter over
	Place      string
	Contact    string
	ReplyDays  int
	Due        time.Time // civil day: the reply is due, or the talk is to be held
	Bears      string
	DocumentNo string
	DocumentOn time.Time
	Follow     time.Time
	PointAsked bool
	Alerted    time.Time
	MadeAt     time.Time
	IssuedAt   time.Time
	AckedAt    time.Time
	ClosedAt   time.Time
}

// Fields of a notice's content.
const (
	PartSubject = "subject"
	PartBody    = "body"
	PartTrigger = "trigger"
	PartReply   = "reply"  // by the target
	PartAsk     = "ask"    // what more is asked of the target
	PartRemark  = "remark" // on closing: not for the target
)

// NoticePart is one sealed text of a notice.
type NoticePart struct {
	ID      int64
	Notice  int64
	Field   string
	Version int
	By      int64
	KeyID   string
	Sealed  []byte
	At      time.Time
}

// NoticeFilter selects notices; zero fields do not select.
type NoticeFilter struct {
	Issuer   int64
	Target   int64
	Approver int64
	States   []NoticeState
}

// HeartTalk is one 谈心 that took place, by its date alone.
type HeartTalk struct {
	Talker, Talked int64
	On             time.Time
}
