package jobs

import (
	"context"
	"time"
)

// Surveys does what time asks of surveys: links, reminders, closing. Every five minutes;
// what is sent is sent once whoever asks twice.
func Surveys(tick func(ctx context.Context, now time.Time) error, now func() time.Time) Job {
	return Job{
		Name: "surveys", Queue: House, Next: Every(5 * time.Minute), Timed: true,
		Do: func(ctx context.Context, _ Run) error { return tick(ctx, now()) },
	}
}

// OpenSurveys closes surveys open to all whose last day is over, once the night has brought
// its ballots.
func OpenSurveys(tick func(ctx context.Context, now time.Time) error, now func() time.Time) Job {
	return Job{
		Name: "opensurveys", Queue: House, Next: Every(15 * time.Minute), Timed: true,
		Do: func(ctx context.Context, _ Run) error { return tick(ctx, now()) },
	}
}
