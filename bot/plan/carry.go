package plan

import (
	"fmt"
	"time"

	"qingfeng/bot"
)

// Addressee is somebody for whom reminders are due, as a fan-out has claimed them: with
// everything that decides whether they are still to be said.
type Addressee struct {
	Person int64
	User   bot.UserID
	Mode   bot.Mode
	Active bool    // still here
	Said   bool    // has had today's reminder
	Ready  []Ready // by due day
}

// Ready is a due reminder with its obligation as it stands now.
type Ready struct {
	Item
	Open bool // still owed, as the register sees it
}

// Where a reminder stands.
const (
	Planned = "planned"
	Queued  = "queued"
	Dropped = "dropped"
)

// Why a reminder is not said.
const (
	WhyDone  = "done"  // nothing is owed any more
	WhyMoved = "moved" // the due day, or who is to be told, is another one
	WhyLeft  = "left"  // the person is not here any more
	WhyStale = "stale" // a later rung's day has come
	WhyToday = "today" // said today already
)

// Morning is the moment that all reminders of a working day share, so that a person's are
// one message and equal words leave together.
func Morning(day time.Time) time.Time {
	day = bot.Civil(day)
	return Moment(day, uint64(number(day)))
}

// Later is when what cannot be said now may be said: today if there is time left, else
// the next working day's Morning.
func Later(now time.Time, cal Calendar) time.Time {
	today := civil(now)
	at := NextMoment(now, cal, uint64(number(today)))
	if day := civil(at); !day.Equal(today) {
		return Morning(day)
	}
	return at
}

// RemindOnce is the key under which a person gets one reminder a day.
func RemindOnce(person int64, day time.Time) string {
	return fmt.Sprintf("remind:%d:%s", person, bot.Civil(day).Format("20060102"))
}

// UrgeOnce is the key of what is said beside the day's reminder because it is urgent. A
// reminder is queued once, so the first of a message names it.
func UrgeOnce(first Reminder) string {
	return fmt.Sprintf("urge:%d:%d:%d.%d.%d", first.To, first.Obligation, first.Version, first.Rung, first.Again)
}

// Fate is what becomes of a claimed reminder.
type Fate struct {
	ID     int64
	State  string    // Planned, Queued, Dropped
	Why    string    // of a dropped one
	At     time.Time // of one that stays planned: its new moment
	PushTo int64     // of a queued one: the message it went into
	On     time.Time // of a queued one: the day
}

// ObligationFilter selects obligations; zero fields do not select.
type ObligationFilter struct {
	Campaign int64
	Owner    int64
	Section  int64
	Check    int64
	Kind     Kind
	// Open leaves out what is done: by its state, and by the register for the kinds the
	// register decides (a form that is handed in, a review with nothing waiting).
	Open bool
	// Until selects what is due on or before a day.
	Until time.Time
	// Delivered selects what waits for its receipt.
	Delivered bool
}

// Extension is a request for more time (延期).
type Extension struct {
	ID         int64
	Obligation int64
	By         int64
	Until      time.Time
	Reason     string
	State      string // asked, granted, refused, replaced
	AskedAt    time.Time
}

// Undelivered is one person who did not get one kind of thing.
type Undelivered struct {
	Person int64
	Name   string
	Kind   string // reply, notice, reminder, survey
	State  string // invalid, held, failed
	At     time.Time
}
