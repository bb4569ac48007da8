package public

import (
	"context"

	"qingfeng/bot/letter"
	"qingfeng/bot/notice"
	"qingfeng/bot/opinion"
	"qingfeng/bot/survey"
)

var (
	// ErrNoNotice: no notice of this code was ever open.
	ErrNoNotice = notice.ErrNoNotice
	// ErrNoLetter: nothing (yet) under this selector.
	ErrNoLetter = opinion.ErrNoLetter
	// ErrNoDoor: nobody can open what would be sealed, so nothing is taken.
	ErrNoDoor = opinion.ErrNoDoor
)

// Published is a notice as the page shows it.
type Published = notice.Published

// Version is another version of the same notice.
type Version = notice.Version

// Change is one thing that is different because somebody spoke (因您而改).
type Change = notice.Change

// Counts of a notice, shown once it is over.
type Counts = notice.Counts

// Kept is what the store has under a selector.
type Kept = opinion.Kept

// OpenSurvey is a survey open to whoever has the link.
type OpenSurvey = survey.Linked

// Store is what the pages need of a store, in words that know no person. bot/pg has it.
type Store interface {
	Ballots
	// Published is a notice by its code; ErrNoNotice.
	Published(ctx context.Context, code string) (Published, error)
	// Recipients are the keys of a door; ErrNoDoor when nothing may be taken for it: no
	// keys, no printed recovery key, or, for 纪检监察, its box not opened.
	Recipients(ctx context.Context, door opinion.Door) ([]string, error)
	// Hold takes one closed arrival (letter.Outer), nothing else about it.
	Hold(ctx context.Context, key string, body []byte) error
	// Letter is what lies under a selector; ErrNoLetter.
	Letter(ctx context.Context, selector string) (Kept, error)
	// OpenSurvey is a survey open to all by its code; survey.ErrSpent when there is none.
	OpenSurvey(ctx context.Context, code string) (OpenSurvey, error)
}

// Meter is what all processes that serve these pages share in memory: how often, and which
// proofs were spent. It never sees an address, only Bucket, which is SHA-256 over the
// address and a salt that dies with the day.
type Meter interface {
	// Price is how hard the next proof must be for a bucket: the largest number to try.
	Price(ctx context.Context, bucket string) (int64, error)
	// Spend takes a proof once; false: it was spent before.
	Spend(ctx context.Context, proof string) (bool, error)
	// Question reports whether a plain question may still be answered instead of a proof.
	Question(ctx context.Context, bucket string) (bool, error)
	// Salt is today's.
	Salt(ctx context.Context) ([]byte, error)
	// Dirty says that this process has held somebody's words and must end soon.
	Dirty(ctx context.Context) error
}

// Outer closes arrivals until the night.
type Outer interface {
	// Close returns the name of the key and the closed body of exactly size bytes.
	Close(plain []byte, size int) (key string, body []byte, err error)
}

var _ Outer = (*letter.OuterPublic)(nil)
