package jobs

import (
	"context"
	"errors"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
)

// QueueSize is what Redis holds of one queue: tasks, each asked for by a run.
type QueueSize struct {
	Queue     string `json:"queue"`
	Pending   int    `json:"pending"`
	Active    int    `json:"active"`
	Scheduled int    `json:"scheduled"` // always 0: moments stand in Postgres
	Retry     int    `json:"retry"`     // always 0: retries stand in Postgres
	Archived  int    `json:"archived"`  // of workers that died; their runs were carried again
}

// Inspector looks into Redis. What it says is how things are carried, not how they stand.
type Inspector struct {
	client redis.UniversalClient
	asynq  *asynq.Inspector
}

// NewInspector connects when it is asked. Close it.
func NewInspector(conn asynq.RedisConnOpt) (*Inspector, error) {
	client, ok := conn.MakeRedisClient().(redis.UniversalClient)
	if !ok {
		return nil, errors.New("jobs: not a redis client")
	}
	return &Inspector{client, asynq.NewInspectorFromRedisClient(client)}, nil
}

// Close ends the connection.
func (i *Inspector) Close() error { return i.client.Close() }

// Sizes are all queues, the most urgent first. No error holds an address.
func (i *Inspector) Sizes(ctx context.Context) ([]QueueSize, error) {
	// A client names its queues once in its life, so that in a Redis that was emptied
	// asynq's inspector would not find them again: they are named here.
	names := make([]any, 0, len(weights()))
	for _, q := range Queues() {
		names = append(names, q)
	}
	if err := i.client.SAdd(ctx, "asynq:queues", names...).Err(); err != nil {
		return nil, errors.New("redis does not answer")
	}
	var out []QueueSize
	for _, q := range Queues() {
		info, err := i.asynq.GetQueueInfo(q)
		if err != nil {
			return nil, errors.New("redis does not tell of queue " + q)
		}
		out = append(out, QueueSize{q, info.Pending, info.Active, info.Scheduled, info.Retry, info.Archived})
	}
	return out, nil
}
