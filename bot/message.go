package bot

import (
	"encoding/json"
	"strings"
	"time"
)

// UserID is a WeCom member id as WeCom spelled it. WeCom compares ids without
// regard to case and answers them in lower case, so tables and maps use Key.
type UserID string

// Key is the id in the spelling that is stored and compared.
func (u UserID) Key() string { return strings.ToLower(string(u)) }

// Kind says what sort of thing happened. Unknown kinds are kept as KindOther
// and answered politely; they are never dropped without a trace.
type Kind string

const (
	KindText        Kind = "text"        // typed words
	KindPress       Kind = "press"       // a card's button, vote or selectors; a menu entry
	KindMedia       Kind = "media"       // voice, picture, video, sticker, place, link: cannot be read as an answer
	KindEnter       Kind = "enter"       // the person opened the app
	KindSubscribe   Kind = "subscribe"   // entered the app's visible range
	KindUnsubscribe Kind = "unsubscribe" // left the visible range, or the corp
	KindNote        Kind = "note"        // from ourselves, into the person's lane: a page saved, a timer fired
	KindStopped     Kind = "stopped"     // the red-line guard stopped a text before it was stored: rule and length only
	KindOther       Kind = "other"
)

// Message is one thing that happened in one person's lane.
type Message struct {
	// Dedupe makes redeliveries of the same callback equal
	// (agent:from:MsgId for messages, agent:sha256(plaintext) for events).
	Dedupe string    `json:"-"`
	From   UserID    `json:"from"`
	Kind   Kind      `json:"kind"`
	At     time.Time `json:"at"` // when WeCom says it happened; ordering never relies on it

	Text  string   `json:"text,omitempty"`  // KindText
	Media string   `json:"media,omitempty"` // KindMedia: voice, image, video, location, link, …
	Press *Press   `json:"press,omitempty"` // KindPress
	Note  *Note    `json:"note,omitempty"`  // KindNote
	Stop  *Stopped `json:"stop,omitempty"`  // KindStopped
}

// Press is what a person did to a card or a menu.
type Press struct {
	Key      string              `json:"key"`                // the button's or submit button's key; the menu's key
	TaskID   string              `json:"task_id,omitempty"`  // empty for menus
	Code     string              `json:"code,omitempty"`     // a fresh response code, one use, 72 h
	Selected map[string][]string `json:"selected,omitempty"` // question key → chosen option ids
}

// Note is a message from ourselves: it runs in the person's lane like any other,
// so that pages and timers never race the chat.
type Note struct {
	Name string          `json:"name"` // routed by name: selfcheck.saved, selfcheck.window, …
	Data json.RawMessage `json:"data,omitempty"`
}

// Stopped is all that remains of a text the red-line guard refused.
type Stopped struct {
	Rule   string `json:"rule"`   // secrecy, person, pii, own (an honest first-person question)
	Length int    `json:"length"` // characters
}

// Actor is the person behind a UserID, as the roster knows them at this moment.
type Actor struct {
	Person int64 // 0: not in the roster
	UserID UserID
	Name   string
	Roles  []Role
}

// Role is one of the roles of DOMAIN.md §1.3 (post_holder, section_head, …).
type Role string

const (
	RolePostHolder     Role = "post_holder"
	RoleSectionHead    Role = "section_head"
	RoleLeaderInCharge Role = "leader_in_charge"
	RolePrincipal      Role = "principal_leader"
	RoleGroupChair     Role = "group_chair"
	RoleOfficeDirector Role = "office_director"
	RoleOfficeMember   Role = "office_member"
	RoleDiscipline     Role = "discipline_group"
	RoleDiscAuthority  Role = "discipline_authority"
	RoleITAdmin        Role = "it_admin"
	RoleAuditor        Role = "security_auditor"
)

// Has reports whether the actor holds any of the roles now.
func (a Actor) Has(roles ...Role) bool {
	for _, have := range a.Roles {
		for _, want := range roles {
			if have == want {
				return true
			}
		}
	}
	return false
}

// Coordinator reports whether the actor works for the coordinating office (防控办).
func (a Actor) Coordinator() bool { return a.Has(RoleOfficeDirector, RoleOfficeMember) }
