package jobs

import (
	"context"
	"time"
)

// Opinions tells the office what the night brought and which answers are due, and the
// discipline office that there is something sealed: once a working day, after the morning
// digest. tell itself is silent on days off and when there is nothing. Nothing it says holds
// a word of an opinion.
func Opinions(tell func(ctx context.Context) error, moment func(day time.Time) time.Time, zone *time.Location) Job {
	j := Morning(tell, moment, zone)
	j.Name = "opinions"
	return j
}
