package jobs

import (
	"context"
	"time"
)

// Morning tells the coordinators what the day holds, between 9:03 and 9:12; tell itself
// is silent on days off, when there is nothing, and the second time. A morning missed
// while we were down is made up for within the day.
func Morning(tell func(ctx context.Context) error, moment func(day time.Time) time.Time, zone *time.Location) Job {
	return Job{
		Name: "morning", Queue: Notice, Timed: true,
		Next: func(t time.Time) time.Time {
			t = t.In(zone)
			day := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, zone)
			due := moment(day)
			if !due.After(t) {
				due = moment(day.AddDate(0, 0, 1))
			}
			return due
		},
		Do: func(ctx context.Context, _ Run) error { return tell(ctx) },
	}
}
