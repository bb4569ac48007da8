package notice

import (
	"errors"
	"time"
)

// ErrNoNotice: no notice of this code was ever open.
var ErrNoNotice = errors.New("notice: no such notice")

// Draft is what the office chose for a public notice (公示).
type Draft struct {
	Sections []int64   `json:"sections,omitempty"` // none: all
	Points   []int64   `json:"points,omitempty"`   // none: all confirmed ones of the sections
	Fields   []Field   `json:"fields,omitempty"`   // narrower than the mask; none: all it allows
	Holders  bool      `json:"holders,omitempty"`  // names of post holders, where the mask allows them
	Start    time.Time `json:"start"`
	Days     int       `json:"days"`    // working days
	Promise  int       `json:"promise"` // working days
	Contact  Contact   `json:"contact"`
}

// Record is one version of a public notice as it is stored.
type Record struct {
	ID, Campaign, Series int64
	Version              int
	Audience             Audience
	Code, Title          string
	State                State
	Rev                  int
	Draft                Draft
	Snapshot             *Snapshot
	Hash                 []byte
	Points               []NumberedPoint
	Start, End           time.Time
	Change, Remark       string
	DraftedBy, CheckedBy int64
	CheckedOn            time.Time
}

// NumberedPoint says which version of which point has a number.
type NumberedPoint struct {
	No      int
	Point   int64
	Version int
}

// Filter selects notices; zero fields do not filter.
type Filter struct {
	Campaign, Series int64
	States           []State
}

// Placement is evidence that a notice was to be seen somewhere.
type Placement struct {
	ID, Notice int64
	Kind       string // board, window, desk, web, other
	Place      string
	On         time.Time
	HasPhoto   bool
	Photo      []byte // JPEG; only written, and read by Photo
	By         int64
}

// Opening is where one of the five openings stands by other means than a notice of ours.
type Opening struct {
	ID          int64
	What        string // power, duty, process, institution, risk
	Audience    Audience
	Place       string
	From, Until time.Time // Until zero: without end
	By          int64
}

// Published is a notice as the page shows it.
type Published struct {
	Snapshot Snapshot
	State    State  // open, ended, corrected, withdrawn
	Why      string // of one that was withdrawn: the reason that its page shows
	Newer    string // code of the version that corrects this one
	Older    []Version
	Taking   bool // opinions are taken: open, or ended within the promised days
	Tips     bool // the discipline office opened its sealed box
	Images   bool // the office switched images on
	Changes  []Change
	Counts   Counts
}

// Version is another version of the same notice.
type Version struct {
	Code    string
	Version int
	Change  string
}

// Change is one thing that is different because somebody spoke (因您而改).
type Change struct {
	Month         string // 2026-11: no day, which would point at one opinion
	Post, Before  string
	After         string
	PointNo       int
	AlsoPublished bool // a corrected notice shows it already
}

// Counts of a notice, shown once it is over.
type Counts struct{ Received, Adopted, Partly, Not, Elsewhere int }

// Rest is how many have no outcome: still in work, or praise that needs none.
func (c Counts) Rest() int { return max(0, c.Received-c.Adopted-c.Partly-c.Not-c.Elsewhere) }
