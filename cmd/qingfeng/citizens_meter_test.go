package main

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/letter"
)

// metered is a meter under a clock of the test's.
type metered struct {
	*meter
	t  *testing.T
	at time.Time
}

func newMetered(t *testing.T) *metered {
	m := &metered{t: t, at: time.Date(2026, 11, 20, 15, 0, 0, 0, bot.Zone())}
	m.meter = newMeter(func() time.Time { return m.at }, rand.Reader)
	return m
}

func (m *metered) price(bucket string) int64 {
	m.t.Helper()
	price, err := m.Price(m.t.Context(), bucket)
	if err != nil {
		m.t.Fatal(err)
	}
	return price
}

func (m *metered) spend(proof string) bool {
	m.t.Helper()
	first, err := m.Spend(m.t.Context(), proof)
	if err != nil {
		m.t.Fatal(err)
	}
	return first
}

func (m *metered) question(bucket string) bool {
	m.t.Helper()
	may, err := m.Question(m.t.Context(), bucket)
	if err != nil {
		m.t.Fatal(err)
	}
	return may
}

func (m *metered) today() []byte {
	m.t.Helper()
	salt, err := m.Salt(m.t.Context())
	if err != nil {
		m.t.Fatal(err)
	}
	return salt
}

func TestThePriceGrowsWithWhatABucketAskedAndWithWhatAllSpent(t *testing.T) {
	for _, c := range []struct {
		name        string
		asked, all  int           // challenges of the bucket, proofs of all, before
		later       time.Duration // and then this passes
		want, other int64         // of the bucket, and of somebody else
	}{
		{name: "the first", want: priceBase, other: priceBase},
		{name: "an honest day", asked: priceOwnStep - 1, all: priceAllStep - 1, want: priceBase, other: priceBase},
		{name: "a busy address", asked: 3 * priceOwnStep, want: 8 * priceBase, other: priceBase},
		{name: "a busy hour of all", all: 2 * priceAllStep, want: 4 * priceBase, other: 4 * priceBase},
		{name: "both", asked: priceOwnStep, all: priceAllStep, want: 4 * priceBase, other: 2 * priceBase},
		{name: "a flood from one address", asked: 5000, all: 10 * priceAllStep, want: priceMax, other: priceMax},
		{name: "ten minutes later", asked: priceOwnStep, all: 10 * priceAllStep, later: 11 * time.Minute, want: 2 * priceBase, other: priceBase},
		{name: "an hour later", asked: 5000, all: 5000, later: 70 * time.Minute, want: priceBase, other: priceBase},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := newMetered(t)
			for range c.asked {
				m.price("one")
			}
			for i := range c.all {
				if !m.spend(fmt.Sprint(i)) {
					t.Fatalf("proof %d was refused", i)
				}
			}
			m.at = m.at.Add(c.later)
			if got := m.price("one"); got != c.want {
				t.Errorf("the price is %d, want %d", got, c.want)
			}
			if got := m.price("another"); got != c.other {
				t.Errorf("somebody else's price is %d, want %d", got, c.other)
			}
		})
	}
}

func TestAProofIsSpentOnceForAsLongAsItsChallengeLasts(t *testing.T) {
	m := newMetered(t)
	if !m.spend("a") || m.spend("a") || !m.spend("b") {
		t.Error("a proof is good once")
	}
	m.at = m.at.Add(spentFor + time.Minute)
	if !m.spend("c") || m.spend("a") || m.spend("c") {
		t.Error("it was forgotten too soon")
	}
	m.at = m.at.Add(spentFor + time.Minute)
	m.spend("d")
	if n := len(m.spent) + len(m.before); n != 2 {
		t.Errorf("%d proofs are remembered, want those of two halves", n)
	}
}

func TestQuestionsStandForProofsWithinABudget(t *testing.T) {
	m := newMetered(t)
	for i := range questionsOwn {
		if !m.question("one") {
			t.Fatalf("question %d was refused", i+1)
		}
	}
	if m.question("one") {
		t.Error("one more than an address may")
	}
	answered := questionsOwn
	for i := range 2 * questionsAll {
		if m.question(fmt.Sprint(i)) {
			answered++
		}
	}
	if answered != questionsAll {
		t.Errorf("%d questions of all were answered in an hour, want %d", answered, questionsAll)
	}
	m.at = m.at.Add(61 * time.Minute)
	if !m.question("one") {
		t.Error("an hour later the budget is there again")
	}
}

func TestTheSaltDiesAtMidnightAndAllBucketsWithIt(t *testing.T) {
	m := newMetered(t)
	m.at = time.Date(2026, 11, 20, 23, 59, 0, 0, bot.Zone())
	before, kept := m.today(), m.salt
	if !bytes.Equal(before, m.today()) || len(before) != 32 {
		t.Error("the salt does not stay for the day")
	}
	for range 100 {
		m.price("one")
	}
	m.at = m.at.Add(2 * time.Minute)
	if bytes.Equal(before, m.today()) {
		t.Error("the salt lives on")
	}
	if !bytes.Equal(kept, make([]byte, 32)) {
		t.Error("the old salt was not wiped")
	}
	if len(m.buckets) != 0 {
		t.Error("buckets live on")
	}
}

func TestBucketsAreBounded(t *testing.T) {
	m := newMetered(t)
	for i := range bucketsMax + 1000 {
		m.price(fmt.Sprint(i))
	}
	if len(m.buckets) > bucketsMax {
		t.Errorf("%d buckets are remembered", len(m.buckets))
	}
	m.at = m.at.Add(2 * time.Hour)
	m.price("new")
	if len(m.buckets) != 1 {
		t.Errorf("%d buckets are remembered after two hours without them", len(m.buckets))
	}
}

func TestAnOuterKeyIsAFileOfItsOwnUntilItIsDestroyed(t *testing.T) {
	data := t.TempDir()
	k, err := openOuterKeys(data, makeOuter)
	if err != nil {
		t.Fatal(err)
	}
	defer k.End()
	name, body, err := k.Close([]byte("words"), letter.HoldSize)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(data, "hold", name+".key")
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v %v", info, err)
	}
	secret, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := k.Turn(); err != nil {
		t.Fatal(err)
	}
	if former, err := k.Former(); err != nil || len(former) != 1 || former[0] != name {
		t.Fatalf("%v %v", former, err)
	}
	key, err := readOuter(k.dir, name)
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := key.Open(body); err != nil || string(plain) != "words" {
		t.Errorf("%q %v", plain, err)
	}
	// Another link shows what becomes of the file's blocks.
	other := filepath.Join(t.TempDir(), "same")
	if err := os.Link(path, other); err != nil {
		t.Fatal(err)
	}
	for range 2 { // once more is nothing
		if err := destroyOuter(k.dir, name); err != nil {
			t.Fatal(err)
		}
	}
	left, err := os.ReadFile(other)
	if err != nil || bytes.Equal(left, secret) || len(left) != len(secret) {
		t.Errorf("the key was removed without being overwritten (%v)", err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("the file is still there")
	}
}

func TestInstancesOverOneDirectoryHaveTheirOwnKeysAndInheritThoseOfTheDead(t *testing.T) {
	data := t.TempDir()
	open := func() *outerKeys {
		t.Helper()
		k, err := openOuterKeys(data, makeOuter)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	a, b := open(), open()
	defer a.End()
	if a.dir == b.dir || a.instance == b.instance || !strings.HasPrefix(b.dir, data) {
		t.Fatalf("%s and %s", a.dir, b.dir)
	}
	theirs := b.Public().Name
	if former, err := a.Former(); err != nil || len(former) != 0 {
		t.Errorf("keys of a living instance were taken: %v %v", former, err)
	}
	b.End()
	if former, err := a.Former(); err != nil || len(former) != 1 || former[0] != theirs {
		t.Errorf("the keys of one that ended: %v %v", former, err)
	}
	// It keeps its name over a restart: what it planned is its own.
	c := open()
	defer c.End()
	if c.instance != b.instance {
		t.Error("a directory changed its name")
	}
}

func TestTheMeterForgetsByItselfWhatNobodyNeeds(t *testing.T) {
	m := newMetered(t)
	m.price("a")
	m.question("a")
	m.spend("p")
	salt := m.today()
	m.Forget()
	if len(m.buckets) != 1 || m.proofs.sum(m.slot(allSlot), 10) != 1 {
		t.Error("it forgot what still counts")
	}
	m.at = m.at.Add(61 * time.Minute)
	m.Forget()
	if len(m.buckets) != 0 || m.proofs != (window{}) || !bytes.Equal(m.today(), salt) {
		t.Errorf("after an hour of quiet %d buckets are left, and %v", len(m.buckets), m.proofs)
	}
	if m.spend("p") {
		t.Error("a proof is good twice")
	}
	inside := m.salt
	m.at = m.at.Add(10 * time.Hour) // it is the next day, and nobody came
	m.Forget()
	m.at = m.at.Add(2 * time.Hour)
	m.Forget()
	if m.salt != nil || !bytes.Equal(inside, make([]byte, len(inside))) || m.asked != (window{}) {
		t.Error("yesterday's salt is still there")
	}
	if len(m.spent)+len(m.before) != 0 {
		t.Error("proofs that are over are still there")
	}
	if next := m.today(); bytes.Equal(next, salt) {
		t.Error("two days have one salt")
	}
}
