package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"math/big"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/letter"
	"qingfeng/bot/opinion"
	"qingfeng/bot/pg"
	"qingfeng/jobs"
)

// releaseJob is the night's release of this instance's arrivals; nil where its keys cannot
// be had, which is said.
func (a *app) releaseJob() []jobs.Job {
	keys, err := a.outer()
	if err != nil {
		a.log.Error("nothing is released", "err", err)
		return nil
	}
	return []jobs.Job{jobs.Release(keys.instance, a.release, bot.Zone())}
}

// release turns the outer key, waits until no process is left that could close under a
// former one, and writes what waits under the former ones to where it is read; then it
// destroys them. It may end at any point and be done again: what is written is deleted
// from where it waited in the same transaction, and a key goes after that.
func (a *app) release(ctx context.Context) error {
	keys, err := a.outer()
	if err != nil {
		return err
	}
	if err := keys.Turn(); err != nil {
		return err
	}
	if err := a.renewCitizens(ctx); err != nil {
		return err
	}
	former, err := keys.Former()
	if err != nil {
		return err
	}
	var failed error
	for _, name := range former {
		failed = errors.Join(failed, a.releaseKey(ctx, keys, name))
	}
	return failed
}

// renewCitizens returns when nothing closes under a former key any more.
func (a *app) renewCitizens(ctx context.Context) error {
	a.here.Lock() // what is under way in this process is over
	a.here.Unlock()
	if c := a.public.Load(); c != nil {
		return c.Renew(ctx)
	}
	return nil
}

// releaseKey releases what waits under one former key and destroys it.
func (a *app) releaseKey(ctx context.Context, keys *outerKeys, name string) error {
	key, err := keys.Key(name)
	if err != nil {
		return err
	}
	open := func(body []byte) (arrival opinion.Arrival, err error) {
		plain, err := key.Open(body)
		if err != nil {
			return arrival, err
		}
		defer clear(plain)
		if err := json.Unmarshal(plain, &arrival); err != nil {
			return arrival, letter.ErrClosed // the reason could hold a part of it
		}
		return arrival, nil
	}
	counts, err := a.db.ReleaseHold(ctx, name, open, a.promised(ctx), shuffled, randomID)
	if err != nil {
		return err
	}
	if err := keys.Destroy(name); err != nil {
		return err
	}
	if a.arrived == nil || counts == (pg.HoldCounts{}) {
		return nil
	}
	return a.arrived(ctx, counts)
}

// promised is when an arrival is answered and when its words are deleted: within the
// working days that its notice promised, or that the law of this house does.
func (a *app) promised(ctx context.Context) func(opinion.Arrival) (due, purge time.Time) {
	store := &pg.Citizens{Ballots: pg.Ballots{DB: a.db}, Today: a.now}
	days := map[string]int{}
	return func(arrival opinion.Arrival) (due, purge time.Time) {
		n, known := days[arrival.Notice]
		if !known {
			n = opinion.Promise
			if p, err := store.Published(ctx, arrival.Notice); err == nil && p.Snapshot.Promise > 0 {
				n = p.Snapshot.Promise
			}
			days[arrival.Notice] = n
		}
		came, err := time.ParseInLocation(time.DateOnly, arrival.Day, bot.Zone())
		if err != nil {
			came = bot.Civil(a.now())
		}
		due = a.desk.Days.Add(came, n)
		return due, opinion.PurgeOn(due)
	}
}

// randomInt is a random number from 0 up to, not including, n.
func randomInt(n int64) int64 {
	i, err := rand.Int(rand.Reader, big.NewInt(n))
	if err != nil {
		panic(err) // crypto/rand never fails
	}
	return i.Int64()
}

// shuffled puts n things into an order that nobody can repeat.
func shuffled(n int, swap func(i, j int)) {
	for i := n - 1; i > 0; i-- {
		swap(i, int(randomInt(int64(i+1))))
	}
}

// randomID is an id of 53 bits, which every reader of JSON can hold; never 0.
func randomID() int64 { return 1 + randomInt(1<<53-1) }
