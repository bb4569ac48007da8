package main

import (
	"context"
	"net"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"
)

// servedApart is what runs in processes of its own while an instance runs.
type servedApart struct {
	desk http.Handler // the staff site, with its desk in children
	end  func()
}

// startCitizens serves the citizens' listener and the desk in children until ctx is over,
// and what is under way for as long as requests may drain. work is over when the instance
// is.
func (a *app) startCitizens(ctx, work context.Context, l net.Listener, g *errgroup.Group) (*servedApart, error) {
	if err := withoutCore(); err != nil {
		return nil, err
	}
	a.apart.Store(true)
	keys, err := a.outer()
	if err != nil {
		return nil, err
	}
	c, err := newChildren()
	if err != nil {
		return nil, err
	}
	pages, err := newCitizens(l, c, func() childCitizens { return childCitizens{a.childBegin().forCitizens(), keys.Public(), a.proofs} }, a.meter, a.log)
	if err != nil {
		return nil, err
	}
	door := newDeskDoor(a.staff, c, a.childBegin, a.signedIn, a.log)
	thread, stopThread := context.WithCancel(context.WithoutCancel(ctx))
	go c.Run(thread)
	a.public.Store(pages)
	serving, stopServing := context.WithCancel(ctx)
	context.AfterFunc(work, stopServing)
	g.Go(func() error { return pages.Run(serving, drainWithin) })
	g.Go(func() error { a.forget(serving); return nil })
	return &servedApart{door, func() {
		stopServing()
		a.public.Store(nil)
		ended := make(chan struct{})
		go func() { door.under.Wait(); close(ended) }()
		select {
		case <-ended:
		case <-time.After(drainWithin):
		}
		stopThread() // whoever is left ends with it
		keys.End()
	}}, nil
}

// forget drops every minute what nothing needs any more: counts of the citizens' pages, and
// halves of desks that closed by themselves.
func (a *app) forget(ctx context.Context) {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			a.meter.Forget()
			if err := a.register.ForgetHalves(ctx); err != nil && ctx.Err() == nil {
				a.log.Warn("forget desks", "err", err)
			}
		}
	}
}
