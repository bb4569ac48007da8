package handlers

import (
	"context"
	"time"

	"qingfeng/bot/notice"
	"qingfeng/bot/opinion"
	"qingfeng/bot/risk"
)

// NoticeDraft is what the office chose for a public notice (公示).
type NoticeDraft = notice.Draft

// PublicNotice is one version of a public notice.
type PublicNotice = notice.Record

// NoticePoint says which version of which point has a number.
type NoticePoint = notice.NumberedPoint

// NoticeFilter: zero fields do not filter.
type NoticeFilter = notice.Filter

// Placement is evidence that a notice was to be seen somewhere.
type Placement = notice.Placement

// Opening is where one of the five openings stands by other means than a notice of ours.
type Opening = notice.Opening

// PointText is what of a confirmed point a revision may change.
type PointText = risk.PointText

// Revision is the next version of a confirmed point.
type Revision = risk.Revision

// Publications keeps public notices and what belongs to them. bot/pg satisfies it.
type Publications interface {
	// NewNotice stores a draft and fills ID and, where it is the first version, Series.
	NewNotice(ctx context.Context, n *PublicNotice) error
	// SavePublicNotice writes everything of a notice but its id; risk.ErrChanged when Rev is old.
	SavePublicNotice(ctx context.Context, n *PublicNotice) error
	PublicNotice(ctx context.Context, id int64) (PublicNotice, error)
	PublicNotices(ctx context.Context, f NoticeFilter) ([]PublicNotice, error)
	// NoticeRows are the confirmed points of a campaign with all a notice may draw on, in
	// the order of the roster.
	NoticeRows(ctx context.Context, campaign int64) ([]NoticeRow, error)
	// Images reports whether citizens may add a photo; off until SetImages.
	Images(ctx context.Context) (bool, error)
	SetImages(ctx context.Context, on bool) error
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
type NoticeRow = risk.Publishable

// SealRing is the keys of a door, as they are stored; Lock is one way to open them.
type (
	SealRing = opinion.SealRing
	Lock     = opinion.Lock
)

// Feedback is one opinion (反馈意见) as the desk has it; what is sealed stays sealed.
type Feedback = opinion.Feedback

// FeedbackLine was added by receipt.
type FeedbackLine = opinion.Line

// FeedbackFilter: zero fields do not filter.
type FeedbackFilter = opinion.Filter

// Tip is a sealed clue (封存线索). Only the discipline office's pages use it.
type Tip = opinion.Tip

// FeedbackTotals is what came of a notice's opinions.
type FeedbackTotals = opinion.Totals

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
