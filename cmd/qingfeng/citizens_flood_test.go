package main

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"qingfeng/bot/pg"
)

// flooding is how a flood went.
type flooding struct {
	honest, stored        int // honest opinions, and those of them that were stored
	unsolved, slipped     int // posts without a sum, and those of them that were stored
	solved                int // posts of the flood that paid
	hashes, honestHashes  int64
	took, slowest         time.Duration // in all; of the honest ones
	held                  int           // rows that wait for the night
	lastPrice, honestMost int64
}

func (f flooding) String() string {
	paid := "nothing got in"
	if f.solved > 0 {
		paid = fmt.Sprintf("%d got in for %d hashes (%d each, the last at most %d)", f.solved, f.hashes, f.hashes/int64(f.solved), f.lastPrice)
	}
	return fmt.Sprintf("flood of %d posts without a sum: %d got in; flood that does its sums for %s: %s; %d of %d honest ones were stored for %d hashes in all (%d at most for one), the slowest in %s",
		f.unsolved, f.slipped, f.took.Round(time.Millisecond), paid, f.stored, f.honest, f.honestHashes, f.honestMost, f.slowest.Round(time.Millisecond))
}

// flood has so many posts without a sum and a flood that pays run against a listener,
// while honest people write from elsewhere.
func flood(t *testing.T, address string, db *pg.DB, unsolved, honest int, least time.Duration) flooding {
	t.Helper()
	var (
		f       = flooding{honest: honest, unsolved: unsolved}
		mu      sync.Mutex
		runners sync.WaitGroup
		began   = time.Now()
	)
	each := func(n, at int, do func(i int)) {
		for w := range at {
			runners.Go(func() {
				for i := w; i < n; i += at {
					do(i)
				}
			})
		}
	}
	each(unsolved, 4, func(i int) {
		c := &passerby{base: address, address: fmt.Sprintf("203.0.113.%d", i%8), agent: "flood", unsolved: true}
		receipt, err := c.say("这是第几遍了，公示写得不清楚。", 1)
		mu.Lock()
		defer mu.Unlock()
		if err != nil {
			t.Errorf("a post without a sum is not answered: %v", err)
		}
		if receipt != "" {
			f.slipped++
		}
	})
	runners.Go(func() {
		for time.Since(began) < least {
			c := &passerby{base: address, address: "203.0.113.77", agent: "flood"}
			receipt, err := c.say("这是第几遍了，公示写得不清楚。", 1)
			mu.Lock()
			f.hashes += c.hashes
			if receipt != "" {
				f.solved++
				f.lastPrice = c.priced
			}
			mu.Unlock()
			if err != nil {
				t.Errorf("a post that paid is not answered: %v", err)
			}
		}
	})
	each(honest, 2, func(i int) {
		time.Sleep(least / time.Duration(honest))
		c := &passerby{base: address, address: fmt.Sprintf("198.51.%d.7", i), agent: "browser"}
		at := time.Now()
		receipt, err := c.say(fmt.Sprintf("第%d条写的措施，窗口上没有看到，建议贴出来。", i+1), 6)
		mu.Lock()
		defer mu.Unlock()
		f.honestHashes += c.hashes
		f.honestMost = max(f.honestMost, c.hashes)
		f.slowest = max(f.slowest, time.Since(at))
		if receipt != "" {
			f.stored++
		} else {
			t.Errorf("an honest opinion was lost: %v, after %d refusals", err, c.refusals)
		}
	})
	runners.Wait()
	f.took = time.Since(began)
	if err := db.Pool().QueryRow(t.Context(), "SELECT count(*) FROM letter_hold").Scan(&f.held); err != nil {
		t.Fatal(err)
	}
	if f.held != f.stored+f.solved+f.slipped {
		t.Errorf("%d rows wait, but %d receipts were shown", f.held, f.stored+f.solved+f.slipped)
	}
	if f.slipped > 0 {
		t.Errorf("%d posts got in without a sum", f.slipped)
	}
	return f
}

// besieged is a listener with a notice that takes opinions.
func besieged(t *testing.T) (string, *pg.DB) {
	t.Helper()
	s := patient(t, newCompany(t, nil, colleagues()...))
	s.ok("campaign", "open", "--due", time.Now().AddDate(0, 1, 0).Format(time.DateOnly))
	s.vars["QINGFENG_TRUSTED_PROXIES"] = "127.0.0.1"
	a, _, _, address := s.supervised()
	openDoor(t, a.register, "没有人知道的口令一二三四")
	return address, a.db
}

func TestAFloodPaysAndNothingHonestIsLost(t *testing.T) {
	address, db := besieged(t)
	f := flood(t, address, db, 200, 6, 4*time.Second)
	if f.solved == 0 {
		t.Error("a flood that pays gets in, but none did")
	}
	t.Log(f)
}
