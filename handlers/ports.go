package handlers

import (
	"context"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/risk"
)

// Roster is who works where, as of now. bot/pg satisfies it.
type Roster interface {
	Unit(ctx context.Context) (risk.Unit, error)
	Person(ctx context.Context, id int64) (risk.Person, error)
	PersonByUserID(ctx context.Context, id bot.UserID) (risk.Person, bool, error)
	Post(ctx context.Context, id int64) (risk.Post, error)
	Section(ctx context.Context, id int64) (risk.Section, error)
	Sections(ctx context.Context) ([]risk.Section, error)
	// Holders are the people of a section (0: of the unit) with the post each holds today.
	Holders(ctx context.Context, section int64) ([]risk.Holder, error)
	// RoleHolders are the people who hold a role today for a section: grants scoped to
	// that section and unit-wide ones, the narrower first. section 0: unit-wide only.
	RoleHolders(ctx context.Context, role bot.Role, section int64) ([]risk.Person, error)
	// SectionsOf are the sections a person holds the role for (科室负责人, 分管科室).
	SectionsOf(ctx context.Context, person int64, role bot.Role) ([]risk.Section, error)
	// Delegate is who acts for a person on a day, if anybody.
	Delegate(ctx context.Context, person int64, day time.Time) (risk.Person, bool, error)
	SetDelegate(ctx context.Context, d risk.Delegation) error
}

// Catalogue is the power catalogue (职权目录).
type Catalogue interface {
	// Nodes are the steps of a section's items, in catalogue order.
	Nodes(ctx context.Context, section int64) ([]risk.Node, error)
	// AddGap writes a step that is on no chart down as a gap for the section head.
	AddGap(ctx context.Context, post risk.Post, text string) (risk.Node, error)
}

// Checks are the self-checks with their points, stored as one thing each.
type Checks interface {
	// Campaign is the open campaign, if there is one.
	Campaign(ctx context.Context) (risk.Campaign, bool, error)
	CampaignByID(ctx context.Context, id int64) (risk.Campaign, error)
	// Campaigns are all of them, newest first.
	Campaigns(ctx context.Context) ([]risk.Campaign, error)
	// OpenCampaign creates the campaign and one self-check for every post that is held
	// today, and returns the checks.
	OpenCampaign(ctx context.Context, c risk.Campaign, by int64) (risk.Campaign, []risk.SelfCheck, error)
	CloseCampaign(ctx context.Context, id int64) error
	Check(ctx context.Context, id int64) (risk.SelfCheck, error)
	Checks(ctx context.Context, f risk.CheckFilter) ([]risk.SelfCheck, error)
	// Save writes the whole check: head, points (new ones get their ID), removals as
	// state PointRemoved. It fails with risk.ErrChanged when somebody saved since it was read.
	Save(ctx context.Context, c *risk.SelfCheck) error
	// LastYear are the points of the post that an earlier campaign confirmed or that
	// `import points` brought, newest year only, not yet carried into this check.
	LastYear(ctx context.Context, check int64) ([]risk.Point, error)
	// OtherTexts are manifestations of other posts, for the likeness rule (L9).
	OtherTexts(ctx context.Context, post int64, limit int) ([]string, error)
}

// Reviews remembers who was asked and what they said.
type Reviews interface {
	Review(ctx context.Context, id int64) (risk.Review, error)
	Reviews(ctx context.Context, f risk.ReviewFilter) ([]risk.Review, error)
	OpenReview(ctx context.Context, r *risk.Review) error
	// Decide closes a review if it is still open and reports whether this call did it.
	Decide(ctx context.Context, r risk.Review) (won bool, err error)
	Seen(ctx context.Context, review int64, at time.Time) error
	// Reissue begins the next round of an open review: a new card, with its day to decide by.
	Reissue(ctx context.Context, review int64, at, decideBy time.Time) error
}

// Meetings keeps meetings and proposals.
type Meetings interface {
	SaveMeeting(ctx context.Context, m *risk.Meeting) error
	Meetings(ctx context.Context, campaign int64, kind string) ([]risk.Meeting, error)
	SaveProposal(ctx context.Context, p *risk.Proposal) error
	Proposal(ctx context.Context, id int64) (risk.Proposal, error)
	Proposals(ctx context.Context, check int64) ([]risk.Proposal, error)
}

// Audit appends to the hash-chained audit log.
type Audit interface {
	Record(ctx context.Context, e risk.Event) error
}

// Throttle lets something happen once in a while, across instances.
type Throttle interface {
	// Allow reports whether key was not allowed within every before now, and if so
	// counts this time.
	Allow(ctx context.Context, key string, every time.Duration) (bool, error)
	// Allowed is when Allow last let a key through; zero: never.
	Allowed(ctx context.Context, key string) (time.Time, error)
}

// Register is all of it; one store satisfies it.
type Register interface {
	Roster
	Catalogue
	Checks
	Reviews
	Meetings
	Audit
	Throttle
}
