package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
)

const (
	taskType = "run"
	// markKey is there as long as Redis remembers: a Redis that was emptied or begun anew
	// has lost it with its tasks.
	markKey = "qingfeng:carries"
)

// carrier hands runs to Redis. No error of it holds an address.
type carrier struct {
	conn   redis.UniversalClient
	client *asynq.Client
	forgot bool // what was carried may not be there any more
}

// carried is what a task in Redis says.
type carried struct {
	ID         int64  `json:"id"`
	Generation int    `json:"generation"`
	Job        string `json:"job"`
}

// look asks whether Redis is there and still remembers. Of several instances one finds
// that it does not, and carries everything again.
func (c *carrier) look(ctx context.Context) error {
	first, err := c.conn.SetNX(ctx, markKey, "1", 0).Result()
	if err != nil {
		return errors.New("redis does not answer")
	}
	c.forgot = c.forgot || first
	return nil
}

// carry hands over one run of a generation.
func (c *carrier) carry(ctx context.Context, r Run, job Job) error {
	payload, err := json.Marshal(carried{r.ID, r.Generation, r.Job})
	if err != nil {
		return err
	}
	id := strconv.FormatInt(r.ID, 10) + "-" + strconv.Itoa(r.Generation)
	_, err = c.client.EnqueueContext(ctx, asynq.NewTask(taskType, payload), asynq.TaskID(id), asynq.Queue(job.Queue),
		asynq.MaxRetry(0), asynq.Timeout(job.Within+time.Minute)) // we end it ourselves
	if err != nil {
		c.forgot = true // at the next look, not when it has waited for long
		return fmt.Errorf("carry run %d: redis refuses it", r.ID)
	}
	return nil
}
