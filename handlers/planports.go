package handlers

import (
	"context"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/plan"
)

// Plans is campaigns as calendars of obligations, and what was said about them first.
// bot/pg satisfies it. Times that are days are civil days of bot.Zone.
type Plans interface {
	// Calendar is the working calendar: the years the program came with, and those that
	// were imported since, which win.
	Calendar(ctx context.Context) (plan.Calendar, error)
	// Org is who stands above whom today.
	Org(ctx context.Context) (plan.Org, error)

	// SaveDraft stores a draft (id 0: a new one) and returns its id.
	SaveDraft(ctx context.Context, id, by int64, d plan.Draft) (int64, error)
	// Draft fails with risk.ErrNone when there is none; campaign is 0 before launch.
	Draft(ctx context.Context, id int64) (d plan.Draft, campaign int64, err error)
	// Launched writes a campaign's stages, anchors and obligations, once, and marks the draft.
	Launched(ctx context.Context, draft, campaign int64, d plan.Draft, obs []plan.Obligation) error
	// AddObligations adds what is missing of them (newcomers, a new period).
	AddObligations(ctx context.Context, obs []plan.Obligation) (int, error)

	Stages(ctx context.Context, campaign int64) ([]plan.Stage, error)
	Anchors(ctx context.Context, campaign int64) ([]plan.Anchor, error)
	// MoveAnchor gives an event its day and the obligations that hang on it their new
	// ones (due), whose versions grow; their originals move too, extensions stay on top.
	MoveAnchor(ctx context.Context, campaign int64, code string, on time.Time, due map[int64]time.Time) error

	Obligation(ctx context.Context, id int64) (plan.Obligation, error)
	Obligations(ctx context.Context, f ObligationFilter) ([]plan.Obligation, error)
	// SetState moves an obligation on; false when it was not in one of the states from.
	SetState(ctx context.Context, id int64, from []plan.State, to plan.State, by int64, note string) (bool, error)
	// Postpone sets a later day and keeps the original; version and since move.
	Postpone(ctx context.Context, id int64, due time.Time) error
	// GiveTo changes the owner (指定代办).
	GiveTo(ctx context.Context, id, person int64) error

	// AskExtension opens a request; an open one of the same obligation is replaced.
	AskExtension(ctx context.Context, x Extension) (int64, error)
	Extension(ctx context.Context, id int64) (Extension, error)
	// Extensions are the open ones, oldest first.
	Extensions(ctx context.Context) ([]Extension, error)
	// DecideExtension closes an open request; false when somebody else has.
	DecideExtension(ctx context.Context, id, by int64, granted bool) (bool, error)

	Recurrences(ctx context.Context) ([]plan.Recurrence, error)
	SaveRecurrence(ctx context.Context, r plan.Recurrence) error

	// AddReminders stores reminders that are not there yet; how many were new.
	AddReminders(ctx context.Context, rs []plan.Reminder) (int, error)
	// Again adds one more reminder of the same rung for each, at a moment
	// (明天再提醒, 催办), unless one waits already; how many were added.
	Again(ctx context.Context, rs []plan.Reminder) (int, error)
	// TodaysReminders are what a person was reminded of on a day, as queued.
	TodaysReminders(ctx context.Context, person int64, day time.Time) ([]plan.Item, error)

	// NotDelivered are people who did not get something since, newest first.
	NotDelivered(ctx context.Context, since time.Time) ([]Undelivered, error)
}

// What goes over the port lives in bot/plan, so that bot/pg knows it too.
type (
	ObligationFilter = plan.ObligationFilter
	Extension        = plan.Extension
	Undelivered      = plan.Undelivered
)

// Pushes queues what goes to many. Each person gets it once per Once; the bytes are
// frozen and sent by jobs.
type Pushes interface {
	QueuePush(ctx context.Context, p bot.Push, to []bot.PushTo) (queued int, err error)
}
