package jobs

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
)

// ParseRedis reads QINGFENG_REDIS_URL: redis://, rediss:// (TLS) or unix:// with the
// options of go-redis. The address, which may hold a password, is never in an error.
func ParseRedis(url string) (*redis.Options, asynq.RedisConnOpt, error) {
	opt, err := redis.ParseURL(strings.TrimSpace(url))
	if err != nil {
		return nil, nil, errors.New("jobs: not a redis://, rediss:// or unix:// address")
	}
	return opt, asynq.RedisClientOpt{
		Network: opt.Network, Addr: opt.Addr, Username: opt.Username, Password: opt.Password, DB: opt.DB,
		DialTimeout: opt.DialTimeout, ReadTimeout: opt.ReadTimeout, WriteTimeout: opt.WriteTimeout,
		PoolSize: opt.PoolSize, TLSConfig: opt.TLSConfig,
	}, nil
}

// MuteRedis keeps go-redis from writing to stderr beside our log: its lines hold
// addresses. It is for the whole process, so main calls it.
func MuteRedis() { redis.SetLogger(mute{}) }

type mute struct{}

func (mute) Printf(context.Context, string, ...any) {}

// Embedded is a Redis inside this process: empty at each start, which is safe
// because every task is asked for by a row in Postgres.
type Embedded struct {
	server *miniredis.Miniredis
	stop   chan struct{}
	done   sync.WaitGroup
}

// StartEmbedded starts one on a loopback port. Close it after whoever uses it.
func StartEmbedded() (*Embedded, error) {
	e := &Embedded{server: miniredis.NewMiniRedis(), stop: make(chan struct{})}
	if err := e.server.StartAddr("127.0.0.1:0"); err != nil {
		return nil, fmt.Errorf("embedded redis: %w", err)
	}
	e.done.Go(func() {
		// miniredis never expires keys by itself: its clock is pushed along.
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case <-e.stop:
				return
			case <-tick.C:
				e.server.FastForward(time.Second)
			}
		}
	})
	return e, nil
}

// Close ends it.
func (e *Embedded) Close() {
	close(e.stop)
	e.done.Wait()
	e.server.Close()
}

// Addr is where it listens, host:port.
func (e *Embedded) Addr() string { return e.server.Addr() }

// Options is how asynq reaches it.
func (e *Embedded) Options() asynq.RedisConnOpt { return asynq.RedisClientOpt{Addr: e.Addr()} }

// Flush forgets everything, as a restart would; for tests.
func (e *Embedded) Flush() { e.server.FlushAll() }
