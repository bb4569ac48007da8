package jobs_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"qingfeng/jobs"
)

func TestANoticeThatFailsKeepsNoOtherBack(t *testing.T) {
	broken := errors.New("broken")
	var done []int64
	job := jobs.Notices(
		func(context.Context, time.Time) ([]int64, error) { return []int64{1, 2, 3}, broken },
		func(_ context.Context, id int64) error {
			if id == 2 {
				return broken
			}
			done = append(done, id)
			return nil
		}, time.Now)
	if err := job.Do(t.Context(), jobs.Run{}); !errors.Is(err, broken) || !slices.Equal(done, []int64{1, 3}) || !job.Timed {
		t.Errorf("%v %v", done, err)
	}
}
