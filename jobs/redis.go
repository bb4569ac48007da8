package jobs

import (
	"context"
	"fmt"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/hibiken/asynq"
)

// Embedded is a Redis inside this process: empty at each start, which is safe
// because every task is asked for by a row in Postgres.
type Embedded struct{ server *miniredis.Miniredis }

// StartEmbedded starts one on a loopback port; it ends with ctx.
func StartEmbedded(ctx context.Context) (*Embedded, error) {
	m := miniredis.NewMiniRedis()
	if err := m.StartAddr("127.0.0.1:0"); err != nil {
		return nil, fmt.Errorf("embedded redis: %w", err)
	}
	go func() {
		// miniredis never expires keys by itself: its clock is pushed along.
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		defer m.Close()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				m.FastForward(time.Second)
			}
		}
	}()
	return &Embedded{server: m}, nil
}

// Options is how asynq reaches it.
func (e *Embedded) Options() asynq.RedisConnOpt { return asynq.RedisClientOpt{Addr: e.server.Addr()} }

// Flush forgets everything, as a restart would; for tests.
func (e *Embedded) Flush() { e.server.FlushAll() }
