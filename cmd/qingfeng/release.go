package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/letter"
	"qingfeng/bot/opinion"
	"qingfeng/bot/pg"
	"qingfeng/bot/plan"
	"qingfeng/bot/text"
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
	// Which ones are former is known before anybody is renewed: the key that another run
	// turns away meanwhile is still in use when this one goes on.
	former, err := keys.Former()
	if err != nil {
		return err
	}
	if err := a.renewCitizens(ctx); err != nil {
		return err
	}
	if len(former) == 0 {
		return nil
	}
	counts, err := a.releaseFormer(ctx, keys.dir, former)
	if a.arrived == nil || counts == (pg.HoldCounts{}) {
		return err
	}
	return errors.Join(err, a.arrived(ctx, counts))
}

// makeOuterApart and releaseFormer work in a process of their own while the instance runs,
// so that no former key is left in its memory.
func (a *app) makeOuterApart(dir string) (*letter.OuterPublic, error) {
	if !a.apart.Load() {
		return makeOuter(dir)
	}
	answer, err := a.orderKeys(context.Background(), keyOrder{Dir: dir})
	return answer.Made, err
}

func (a *app) releaseFormer(ctx context.Context, dir string, names []string) (pg.HoldCounts, error) {
	if !a.apart.Load() {
		return releaser{a.db, a.desk.Days, a.now, dir}.all(ctx, names)
	}
	answer, err := a.orderKeys(ctx, keyOrder{Dir: dir, Release: names})
	return answer.Counts, err
}

// renewCitizens returns when nothing closes under a former key any more.
func (a *app) renewCitizens(ctx context.Context) error {
	a.here.Lock()   // what is under way in this process is over
	a.here.Unlock() //nolint:staticcheck // waiting was all
	if c := a.public.Load(); c != nil {
		return c.Renew(ctx)
	}
	return nil
}

// releaser releases what waits under former keys.
type releaser struct {
	db   *pg.DB
	days plan.Calendar
	now  func() time.Time
	dir  string // of the keys
}

// all releases under each key and destroys it. One that fails keeps no other back.
func (r releaser) all(ctx context.Context, names []string) (sum pg.HoldCounts, failed error) {
	for _, name := range names {
		n, err := r.key(ctx, name)
		sum.Opinions, sum.Tips, sum.Lines = sum.Opinions+n.Opinions, sum.Tips+n.Tips, sum.Lines+n.Lines
		sum.Ballots, sum.Late, sum.Bad = sum.Ballots+n.Ballots, sum.Late+n.Late, sum.Bad+n.Bad
		failed = errors.Join(failed, err)
	}
	return sum, failed
}

func (r releaser) key(ctx context.Context, name string) (n pg.HoldCounts, err error) {
	key, err := readOuter(r.dir, name)
	if err != nil {
		return n, err
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
	if n, err = r.db.ReleaseHold(ctx, name, open, r.promised(ctx), shuffled, randomID); err != nil {
		return n, err
	}
	return n, destroyOuter(r.dir, name)
}

// promised is when an arrival is answered and when its words are deleted: within the
// working days that its notice promised, or that every notice does.
func (r releaser) promised(ctx context.Context) func(opinion.Arrival) (due, purge time.Time) {
	store := &pg.Citizens{Ballots: pg.Ballots{DB: r.db}, Today: r.now}
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
			came = bot.Civil(r.now())
		}
		due = r.days.Add(came, n)
		return due, opinion.PurgeOn(due)
	}
}

// keyOrder is what a process for outer keys is told: to make one in Dir, or to release
// under these.
type keyOrder struct {
	childBegin
	Dir     string
	Release []string
}

// keyAnswer is what it says.
type keyAnswer struct {
	Made   *letter.OuterPublic
	Counts pg.HoldCounts
	Failed string
}

// orderKeys runs such a process.
func (a *app) orderKeys(ctx context.Context, order keyOrder) (answer keyAnswer, err error) {
	self, err := os.Executable()
	if err != nil {
		return answer, err
	}
	order.childBegin = a.childBegin().forCitizens()
	told, err := json.Marshal(order)
	if err != nil {
		return answer, err
	}
	defer clear(told)
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, self, outerKeysChild)
	cmd.Env, cmd.Stdin = childEnv(), bytes.NewReader(told)
	out, err := cmd.Output()
	if err != nil {
		return answer, fmt.Errorf("outer keys: %w", err)
	}
	if err := json.Unmarshal(out, &answer); err != nil {
		return answer, fmt.Errorf("outer keys: %w", err)
	}
	if answer.Failed != "" {
		return answer, errors.New(answer.Failed)
	}
	return answer, nil
}

// outerKeysCommand is such a process.
func outerKeysCommand(ctx context.Context, e env, args []string) error {
	if err := noArguments(e.flags(text.OuterKeysUsage), args); err != nil {
		return err
	}
	if err := withoutTraces(); err != nil {
		return err
	}
	var order keyOrder
	if _, err := readBegin(e.in, &order); err != nil {
		return err
	}
	answer, err := order.follow(ctx)
	if err != nil {
		answer.Failed = err.Error()
	}
	return json.NewEncoder(e.out).Encode(answer)
}

func (o keyOrder) follow(ctx context.Context) (answer keyAnswer, err error) {
	if len(o.Release) == 0 {
		answer.Made, err = makeOuter(o.Dir)
		return answer, err
	}
	db, err := pg.Open(ctx, o.Database, pg.WithMaxConns(2))
	if err != nil {
		return answer, err
	}
	defer db.Close()
	days, err := pg.NewRegister(db, o.now).Calendar(ctx)
	if err != nil {
		return answer, err
	}
	answer.Counts, err = releaser{db, days, o.now, o.Dir}.all(ctx, o.Release)
	return answer, err
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
