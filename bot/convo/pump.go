package convo

import (
	"context"
	"sync"
	"time"
)

// pump claims work and hands it to workers. Claims are few and large under load:
// a new one is made when half of what was claimed is done.
type pump[T any] struct {
	workers int
	ahead   int // claimed and not yet done, at most
	poll    time.Duration
	wake    <-chan struct{}
	claim   func(ctx context.Context, n int) ([]T, error)
	do      func(ctx context.Context, item T)
	failed  func(err error)
}

// run works until ctx is over and what was begun is finished.
func (p *pump[T]) run(ctx context.Context) {
	work, done := make(chan T, p.ahead), make(chan struct{}, p.ahead)
	var workers sync.WaitGroup
	for range p.workers {
		workers.Go(func() {
			for item := range work {
				p.do(ctx, item)
				done <- struct{}{}
			}
		})
	}
	defer workers.Wait()
	defer close(work)

	tick := time.NewTicker(p.poll)
	defer tick.Stop()
	outstanding, look := 0, true
	for {
		if look && outstanding <= p.ahead/2 {
			items, err := p.claim(ctx, p.ahead-outstanding)
			if ctx.Err() == nil && err != nil {
				p.failed(err)
			}
			for _, item := range items {
				work <- item
			}
			outstanding += len(items)
			look = len(items) > 0
		}
		if look && outstanding <= p.ahead/2 && ctx.Err() == nil {
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-p.wake:
			look = true
		case <-tick.C:
			look = true
		case <-done:
			outstanding, look = outstanding-1, true
		}
	}
}

// bell is a Waker that remembers one ring.
type bell chan struct{}

func newBell() bell { return make(bell, 1) }

// Wake never blocks.
func (b bell) Wake() {
	select {
	case b <- struct{}{}:
	default:
	}
}
