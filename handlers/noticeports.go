package handlers

import (
	"context"
	"time"

	"qingfeng/bot/notice"
	"qingfeng/bot/opinion"
	"qingfeng/bot/risk"
)

// NoticeDraft is what the office chose for a public notice (公示).
type NoticeDraft struct {
	Sections []int64        `json:"sections,omitempty"` // none: all
	Points   []int64        `json:"points,omitempty"`   // none: all confirmed ones of the sections
	Fields   []notice.Field `json:"fields,omitempty"`   // narrower than the mask; none: all it allows
	Holders  bool           `json:"holders,omitempty"`  // names of post holders, where the mask allows them
	Start    time.Time      `json:"start"`
	Days     int            `json:"days"`    // working days
	Promise  int            `json:"promise"` // working days
	Contact  notice.Contact `json:"contact"`
}

// PublicNotice is one version of a public notice.
type PublicNotice struct {
	ID, Campaign, Series int64
	Version              int
	Audience             notice.Audience
	Code, Title          string
	State                notice.State
	Rev                  int
	Draft                NoticeDraft
	Snapshot             *notice.Snapshot
	Hash                 []byte
	Points               []NoticePoint
	Start, End           time.Time
	Change, Remark       string
	DraftedBy, CheckedBy int64
	CheckedOn            time.Time
}

// NoticePoint says which version of which point has a number.
type NoticePoint struct {
	No      int
	Point   int64
	Version int
}

// NoticeFilter: zero fields do not filter.
type NoticeFilter struct {
	Campaign, Series int64
	States           []notice.State
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
	Audience    notice.Audience
	Place       string
	From, Until time.Time // Until zero: without end
	By          int64
}

// PointText is what of a confirmed point a revision may change.
type PointText struct {
	Title          string         `json:"title"`
	Manifestations []string       `json:"manifestations"`
	Category       risk.Category  `json:"category"`
	Level          risk.Level     `json:"level"`
	Measures       []risk.Measure `json:"measures"`
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

// Publications keeps public notices and what belongs to them. bot/pg satisfies it.
type Publications interface {
	// NewNotice stores a draft and fills ID and, where it is the first version, Series.
	NewNotice(ctx context.Context, n *PublicNotice) error
	// SaveNotice writes everything of a notice but its id; risk.ErrChanged when Rev is old.
	SaveNotice(ctx context.Context, n *PublicNotice) error
	PublicNotice(ctx context.Context, id int64) (PublicNotice, error)
	PublicNotices(ctx context.Context, f NoticeFilter) ([]PublicNotice, error)
	// NoticeRows are the confirmed points of a campaign with all a notice may draw on, in
	// the order of the roster.
	NoticeRows(ctx context.Context, campaign int64) ([]NoticeRow, error)
	AddPlacement(ctx context.Context, p *Placement) error
	Placements(ctx context.Context, notice int64) ([]Placement, error)
	Photo(ctx context.Context, placement int64) ([]byte, error)
	AddOpening(ctx context.Context, o *Opening) error
	Openings(ctx context.Context) ([]Opening, error)

	// ProposeRevision stores a proposal; risk.ErrChanged when another one is open.
	ProposeRevision(ctx context.Context, r *Revision) error
	// DecideRevision approves or rejects an open proposal and reports whether this call did
	// it. An approved one is in force at once: the point has its text and its version.
	DecideRevision(ctx context.Context, id int64, approve bool, by int64, on time.Time) (bool, error)
	Revision(ctx context.Context, id int64) (Revision, error)
	// Revisions are those of a campaign's points, newest first.
	Revisions(ctx context.Context, campaign int64) ([]Revision, error)
}

// NoticeRow is a confirmed point with what the register knows around it.
type NoticeRow struct {
	Point   risk.Point
	Section risk.Section
	Item    risk.PowerItem
	Holders []string
}

// SealRing is the keys of a door, as they are stored.
type SealRing struct {
	Door       opinion.Door
	Recipients []string
	Locks      []Lock
	Recovery   string // public half
	Printed    bool   // the printed recovery key was typed back
	Tips       bool   // discipline: the sealed box is open
	Made       time.Time
}

// Lock is a keyring locked for one person, or for two together.
type Lock struct {
	Holders []string `json:"holders"` // as they called themselves; shown when the desk is opened
	Locked  []byte   `json:"locked"`
}

// Ready reports whether words may be sealed to the door: a second way to open them exists.
func (r SealRing) Ready() bool { return len(r.Recipients) > 0 && r.Printed }

// Feedback is one opinion (反馈意见) as the desk has it; what is sealed stays sealed.
type Feedback struct {
	ID         int64
	Notice     int64
	Code       string // of the notice
	Point      int
	Kind       opinion.Kind
	Channel    opinion.Channel
	ReceivedOn time.Time
	State      opinion.State
	Body       []byte
	Image      []byte
	AnswerTo   string // "": no receipt
	Answer     []byte
	Section    int64 // whose view was asked for
	Brief      []byte
	BriefKey   string
	View       []byte
	ViewKey    string
	Outcome    opinion.Outcome
	Reason     string
	Revision   int64
	MergedInto int64
	DueOn      time.Time
	AnsweredOn time.Time
	ClosedOn   time.Time
	PurgeOn    time.Time
	Rev        int
	Lines      []FeedbackLine
}

// FeedbackLine was added by receipt.
type FeedbackLine struct {
	ID   int64
	On   time.Time
	Body []byte
}

// FeedbackFilter: zero fields do not filter.
type FeedbackFilter struct {
	Notice, Section int64
	States          []opinion.State
	DueUntil        time.Time // not answered, due on this day or before
}

// Tip is a sealed clue (封存线索). Only the discipline office's pages use it.
type Tip struct {
	ID         int64
	ReceivedOn time.Time
	State      string // received, seen, answered, closed, purged
	Body       []byte
	Image      []byte
	AnswerTo   string
	Answer     []byte
	FromOffice bool
	PurgeOn    time.Time
	Rev        int
	Lines      []FeedbackLine
}

// FeedbackTotals is what came of a notice's opinions.
type FeedbackTotals struct {
	Received, Adopted, Partly, Not, Elsewhere, Open, Late int
	ByChannel                                             map[opinion.Channel]int
}

// Opinions keeps what citizens said. bot/pg satisfies it. Events about an opinion are
// recorded with the day alone.
type Opinions interface {
	Ring(ctx context.Context, door opinion.Door) (SealRing, bool, error)
	SaveRing(ctx context.Context, r SealRing) error
	// SaveHalf and Half keep one half of an open keyring until a moment; Half is nil after it.
	SaveHalf(ctx context.Context, session []byte, half []byte, until time.Time) error
	Half(ctx context.Context, session []byte) ([]byte, error)

	Feedback(ctx context.Context, id int64) (Feedback, error)
	Feedbacks(ctx context.Context, f FeedbackFilter) ([]Feedback, error)
	// AddFeedback stores what was entered at the desk and fills ID; the day's count grows.
	AddFeedback(ctx context.Context, f *Feedback) error
	// SaveFeedback writes it; risk.ErrChanged when Rev is old.
	SaveFeedback(ctx context.Context, f *Feedback) error
	// ToTips hands an opinion to the discipline office: body is sealed to its keys, and the
	// office's copy, its lines and its receipt go with it.
	ToTips(ctx context.Context, f *Feedback, body []byte, lines [][]byte) error
	FeedbackTotals(ctx context.Context, notice int64) (FeedbackTotals, error)

	Tips(ctx context.Context) ([]Tip, error)
	Tip(ctx context.Context, id int64) (Tip, error)
	SaveTip(ctx context.Context, t *Tip) error

	// RecordOn is Audit.Record with the day alone.
	RecordOn(ctx context.Context, e risk.Event, day time.Time) error
}
