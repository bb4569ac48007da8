package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"sync"
	"time"

	"qingfeng/bot"
	"qingfeng/handlers/public"
)

// Prices and budgets of the citizens' pages. A number to try costs one SHA-256; half of
// the price is tried on average.
const (
	priceBase    = 50_000     // numbers: a blink of an old phone
	priceMax     = 20_000_000 // numbers: seconds of a computer, a minute of an old phone
	priceOwnStep = 100        // challenges of one bucket in an hour that double its price
	priceAllStep = 200        // proofs of all in ten minutes that double everybody's

	questionsOwn = 5  // plain questions of one bucket in an hour
	questionsAll = 60 // of all

	bucketsMax = 100_000          // remembered at once; what comes after shares one
	spentFor   = 2 * time.Hour    // a proof is remembered at least so long; challenges end sooner
	spentMax   = 1 << 19          // remembered in each of two halves
	allSlot    = time.Minute      // how exactly proofs of all are counted
	ownSlot    = 10 * time.Minute // and what a bucket did
)

// meter is what all processes of the citizens' pages share, in the memory of their parent
// and nowhere else: how much was asked, and which proofs were spent. Buckets are hashes of
// addresses with a salt that is made anew each day; the old salt and all buckets are
// dropped with it.
type meter struct {
	now    func() time.Time
	random io.Reader

	mu      sync.Mutex
	day     time.Time // of the salt
	salt    []byte
	buckets map[string]*bucketUse
	others  *bucketUse // of the buckets that did not fit
	swept   int64      // slot in which idle buckets were dropped last
	proofs  window     // of all, by allSlot
	asked   window     // questions of all, by ownSlot

	spent, before map[[16]byte]struct{} // proofs; before is the older half
	since         time.Time             // when spent was begun
}

var _ public.Meter = (*meter)(nil)

// bucketUse is what one bucket did, by ownSlot.
type bucketUse struct{ challenges, questions window }

func newMeter(now func() time.Time, random io.Reader) *meter {
	return &meter{now: now, random: random, spent: map[[16]byte]struct{}{}, since: now()}
}

// today makes a new salt where a new day began. Call it under the lock.
func (m *meter) today() error {
	day := bot.Civil(m.now())
	if m.salt != nil && day.Equal(m.day) {
		return nil
	}
	salt := make([]byte, 32)
	if _, err := io.ReadFull(m.random, salt); err != nil {
		return fmt.Errorf("salt of the day: %w", err)
	}
	clear(m.salt)
	m.day, m.salt, m.buckets, m.others = day, salt, map[string]*bucketUse{}, &bucketUse{}
	return nil
}

// Forget drops what is over, also when nobody comes any more: the salt and the buckets of a
// day that ended, buckets that did nothing for an hour, counts whose time is over, and
// proofs that nobody could hand in again.
func (m *meter) Forget() {
	m.mu.Lock()
	defer m.mu.Unlock()
	now, slot := m.now(), m.slot(ownSlot)
	if m.salt != nil && !bot.Civil(now).Equal(m.day) {
		clear(m.salt)
		m.salt, m.buckets, m.others = nil, nil, nil
	}
	for name, u := range m.buckets {
		if u.challenges.sum(slot, 6)+u.questions.sum(slot, 6) == 0 {
			delete(m.buckets, name)
		}
	}
	m.proofs.forget(m.slot(allSlot))
	m.asked.forget(slot)
	if now.Sub(m.since) >= spentFor {
		m.before, m.spent, m.since = m.spent, map[[16]byte]struct{}{}, now
	}
}

// of is what a bucket did. Call it under the lock.
func (m *meter) of(bucket string, slot int64) *bucketUse {
	if u := m.buckets[bucket]; u != nil {
		return u
	}
	if len(m.buckets) >= bucketsMax && m.swept != slot {
		m.swept = slot
		for name, u := range m.buckets {
			if u.challenges.sum(slot, 6)+u.questions.sum(slot, 6) == 0 {
				delete(m.buckets, name)
			}
		}
	}
	if len(m.buckets) >= bucketsMax {
		return m.others
	}
	u := &bucketUse{}
	m.buckets[bucket] = u
	return u
}

func (m *meter) slot(d time.Duration) int64 { return m.now().UnixNano() / int64(d) }

// Price grows with what the bucket asked for in the last hour and with what all spent in
// the last ten minutes.
func (m *meter) Price(_ context.Context, bucket string) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.today(); err != nil {
		return 0, err
	}
	slot := m.slot(ownSlot)
	u := m.of(bucket, slot)
	doubled := u.challenges.sum(slot, 6)/priceOwnStep + m.proofs.sum(m.slot(allSlot), 10)/priceAllStep
	u.challenges.add(slot)
	price := int64(priceBase)
	for ; doubled > 0 && price < priceMax; doubled-- {
		price *= 2
	}
	return min(price, priceMax), nil
}

// Spend takes a proof once.
func (m *meter) Spend(_ context.Context, proof string) (bool, error) {
	sum := sha256.Sum256([]byte(proof))
	key := [16]byte(sum[:])
	m.mu.Lock()
	defer m.mu.Unlock()
	if now := m.now(); now.Sub(m.since) >= spentFor || len(m.spent) >= spentMax {
		m.before, m.spent, m.since = m.spent, map[[16]byte]struct{}{}, now
	}
	_, now := m.spent[key]
	_, before := m.before[key]
	if now || before {
		return false, nil
	}
	m.spent[key] = struct{}{}
	m.proofs.add(m.slot(allSlot))
	return true, nil
}

// Question lets a plain question stand for a proof, while the budgets last.
func (m *meter) Question(_ context.Context, bucket string) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.today(); err != nil {
		return false, err
	}
	slot := m.slot(ownSlot)
	u := m.of(bucket, slot)
	if u.questions.sum(slot, 6) >= questionsOwn || m.asked.sum(slot, 6) >= questionsAll {
		return false, nil
	}
	u.questions.add(slot)
	m.asked.add(slot)
	return true, nil
}

// Salt is today's.
func (m *meter) Salt(context.Context) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.today(); err != nil {
		return nil, err
	}
	return append([]byte(nil), m.salt...), nil
}

// Dirty means nothing where no child serves.
func (m *meter) Dirty(context.Context) error { return nil }

// window counts in the last ten slots of time.
type window struct {
	slot [10]int64
	n    [10]int
}

func (w *window) add(slot int64) {
	i := slot % int64(len(w.n))
	if w.slot[i] != slot {
		w.slot[i], w.n[i] = slot, 0
	}
	w.n[i]++
}

// forget drops what is older than all that is counted.
func (w *window) forget(slot int64) {
	for i, at := range w.slot {
		if at <= slot-int64(len(w.slot)) {
			w.slot[i], w.n[i] = 0, 0
		}
	}
}

// sum is the count of this slot and those before it, n in all.
func (w *window) sum(slot int64, n int) (sum int) {
	for i, at := range w.slot {
		if at > slot-int64(n) && at <= slot {
			sum += w.n[i]
		}
	}
	return sum
}
