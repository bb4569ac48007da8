package jobs

import (
	"context"
	"hash/fnv"
	"time"
)

// ReleaseName is how the release of an instance is called. Each has its own: an instance
// can open only what waited under its own keys, and one that does not know a run hands it
// on (Service.task).
func ReleaseName(instance string) string { return "release-" + instance }

// Release writes what citizens sent during the day to where it is read, once a night
// between 3:10 and 3:29, each instance at a minute of its own; a night that was missed is
// made up for at the next start. Its row tells that it ran and nothing else.
func Release(instance string, release func(ctx context.Context) error, zone *time.Location) Job {
	h := fnv.New32a()
	_, _ = h.Write([]byte(instance)) // never fails
	return Job{
		Name: ReleaseName(instance), Next: Daily(3, 10+int(h.Sum32()%20), zone), Timed: true,
		Do: func(ctx context.Context, _ Run) error { return release(ctx) },
	}
}
