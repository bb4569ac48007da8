package risk

import "time"

// PointText is what of a confirmed point a revision may change.
type PointText struct {
	Title          string    `json:"title"`
	Manifestations []string  `json:"manifestations"`
	Category       Category  `json:"category"`
	Level          Level     `json:"level"`
	Measures       []Measure `json:"measures"`
	Monitor        string    `json:"monitor,omitempty"` // who watches the new level; "": as before
}

// Revision is the next version of a confirmed point.
type Revision struct {
	ID, Point              int64
	Version                int // the one it makes
	Before, After          PointText
	Why, Meeting, State    string // State: proposed, approved, rejected
	ProposedBy, DecidedBy  int64
	ProposedOn, DecidedOn  time.Time
	Section, Post          string // of the point, for reading
	FromFeedback, OnNotice int64  // an opinion that led to it, if any
}

// Publishable is a confirmed point with what the register knows around it.
type Publishable struct {
	Point   Point
	Section Section
	Item    PowerItem
	Holders []string
}
