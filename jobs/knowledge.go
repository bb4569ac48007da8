package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Tend looks after the knowledge base at night, once the house is pruned: it counts
// terms again, takes the words out of questions that have served and drops old answers.
// A part that fails does not keep the others from their work.
func Tend(countTerms func(ctx context.Context) error, pruneQuestions, pruneCache func(ctx context.Context) (int64, error), zone *time.Location) Job {
	return Job{
		Name: "knowledge", Next: Daily(4, 7, zone),
		Do: func(ctx context.Context, _ Run) error {
			var failed error
			if err := countTerms(ctx); err != nil {
				failed = fmt.Errorf("count terms: %w", err)
			}
			for name, prune := range map[string]func(ctx context.Context) (int64, error){"questions": pruneQuestions, "answers": pruneCache} {
				if _, err := prune(ctx); err != nil {
					failed = errors.Join(failed, fmt.Errorf("prune %s: %w", name, err))
				}
			}
			return failed
		},
	}
}

// embedEvery is how long a new passage waits for its vector; it is found by its words
// at once.
const embedEvery = 10 * time.Minute

// Embed gives passages their vectors, every ten minutes; only where an endpoint is
// configured. One run ends when the next is due, and that one goes on from there. A
// failing endpoint is no reason to try this run again: failed says so, once a run, and
// the next run is near.
func Embed(embed func(ctx context.Context) error, failed func(err error)) Job {
	return Job{
		Name: "embed", Next: Every(embedEvery), Within: embedEvery * 9 / 10,
		Do: func(ctx context.Context, _ Run) error {
			if err := embed(ctx); err != nil && ctx.Err() == nil {
				failed(err)
			}
			return ctx.Err()
		},
	}
}

// Digest tells the coordinators on Monday morning what was asked and not answered.
// since is a week before it was due; a night missed while we were down is made up for
// within the day.
func Digest(tell func(ctx context.Context, since time.Time) error, now func() time.Time, zone *time.Location) Job {
	return Job{
		Name: "digest", Next: Weekly(time.Monday, 9, 4, zone),
		Do: func(ctx context.Context, _ Run) error {
			due := Weekly(time.Monday, 9, 4, zone)(now().AddDate(0, 0, -7))
			return tell(ctx, due.AddDate(0, 0, -7))
		},
	}
}
