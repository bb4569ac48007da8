package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"qingfeng/bot/letter"
	"qingfeng/bot/opinion"
	"qingfeng/bot/pg"
)

// holding is an instance with a notice, whose arrivals are made by the test.
type holding struct {
	*app
	t    *testing.T
	keys *outerKeys
	ring *letter.Keyring
}

func newHolding(t *testing.T) *holding {
	s := patient(t, newCompany(t, nil, colleagues()...))
	s.ok("campaign", "open", "--due", time.Now().AddDate(0, 1, 0).Format(time.DateOnly))
	h := &holding{app: s.instance(), t: t}
	h.ring = openDoor(t, h.register, "没有人知道的口令一二三四")
	var err error
	if h.keys, err = h.outer(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.keys.End)
	return h
}

// arrive holds one opinion that came on a day.
func (h *holding) arrive(words, day string) {
	h.t.Helper()
	body, err := letter.Seal([]byte(words), h.ring.Recipients())
	if err != nil {
		h.t.Fatal(err)
	}
	raw, err := json.Marshal(opinion.Arrival{What: opinion.NewOpinion, Door: opinion.Office, Notice: noticeCode, Point: 1, Kind: opinion.Suggestion, Day: day, Body: body})
	if err != nil {
		h.t.Fatal(err)
	}
	key, closed, err := h.keys.Close(raw, letter.HoldSize)
	if err != nil {
		h.t.Fatal(err)
	}
	if err := (&pg.Citizens{Ballots: pg.Ballots{DB: h.db}, Today: h.now}).Hold(h.t.Context(), key, closed); err != nil {
		h.t.Fatal(err)
	}
}

// read opens everything that is at the desk.
func (h *holding) read() (words []string) {
	h.t.Helper()
	rows, err := h.db.Pool().Query(h.t.Context(), "SELECT body FROM feedback")
	if err != nil {
		h.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var body []byte
		if err := rows.Scan(&body); err != nil {
			h.t.Fatal(err)
		}
		plain, err := h.ring.Open(body)
		if err != nil {
			h.t.Fatal(err)
		}
		words = append(words, string(plain))
	}
	slices.Sort(words)
	return words
}

func (h *holding) count(sql string) (n int) {
	h.t.Helper()
	if err := h.db.Pool().QueryRow(h.t.Context(), sql).Scan(&n); err != nil {
		h.t.Fatal(err)
	}
	return n
}

func (h *holding) files() int {
	h.t.Helper()
	names, err := keyNames(h.keys.dir)
	if err != nil {
		h.t.Fatal(err)
	}
	return len(names)
}

func (h *holding) night() {
	h.t.Helper()
	if err := h.release(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
}

func TestTheNightWritesWhatCameAndDestroysItsKey(t *testing.T) {
	h := newHolding(t)
	told := pg.HoldCounts{}
	h.arrived = func(_ context.Context, n pg.HoldCounts) error { told = n; return nil }
	h.arrive("一", "2026-09-28")
	h.arrive("二", "2026-09-28")
	before := h.keys.Public().Name
	if got := h.read(); len(got) != 0 {
		t.Fatalf("before the night the desk has %v", got)
	}
	h.night()
	if got := h.read(); !slices.Equal(got, []string{"一", "二"}) {
		t.Errorf("the desk has %v", got)
	}
	if n := h.count("SELECT count(*) FROM letter_hold"); n != 0 {
		t.Errorf("%d still wait", n)
	}
	if told.Opinions != 2 {
		t.Errorf("the desk was told of %+v", told)
	}
	if _, err := os.Stat(filepath.Join(h.keys.dir, before+keyEnd)); err == nil || h.files() != 1 {
		t.Errorf("the key lives on; %d files", h.files())
	}
	// Seven working days were promised; the first week of October is off.
	var due, purge time.Time
	if err := h.db.Pool().QueryRow(t.Context(), "SELECT due_on, purge_on FROM feedback LIMIT 1").Scan(&due, &purge); err != nil {
		t.Fatal(err)
	}
	if want := h.desk.Days.Add(time.Date(2026, 9, 28, 0, 0, 0, 0, h.now().Location()), 7).Format(time.DateOnly); due.Format(time.DateOnly) != want {
		t.Errorf("the answer is due on %s, want %s", due.Format(time.DateOnly), want)
	}
	if purge.Sub(due) != opinion.KeepDays*24*time.Hour {
		t.Errorf("due %s, deleted %s", due, purge)
	}
	if n := h.count("SELECT count(*) FROM feedback WHERE id < 1 OR id > 9007199254740992"); n != 0 {
		t.Error("ids are of 53 bits")
	}
}

func TestANightThatWasCutOffIsFinishedByTheNextAndDoublesNothing(t *testing.T) {
	h := newHolding(t)
	h.arrive("一", "2026-11-20")
	// The key was turned, and then the machine stopped.
	if err := h.keys.Turn(); err != nil {
		t.Fatal(err)
	}
	h.arrive("二", "2026-11-21")
	h.night()
	if got := h.read(); !slices.Equal(got, []string{"一", "二"}) || h.files() != 1 {
		t.Fatalf("the desk has %v, and there are %d keys", got, h.files())
	}
	// It was written, but the key was not destroyed yet.
	h.arrive("三", "2026-11-22")
	name := h.keys.Public().Name
	kept, err := os.ReadFile(filepath.Join(h.keys.dir, name+keyEnd))
	if err != nil {
		t.Fatal(err)
	}
	h.night()
	if err := os.WriteFile(filepath.Join(h.keys.dir, name+keyEnd), kept, 0o600); err != nil {
		t.Fatal(err)
	}
	h.night()
	if got := h.read(); !slices.Equal(got, []string{"一", "三", "二"}) || h.files() != 1 {
		t.Errorf("the desk has %v, and there are %d keys", got, h.files())
	}
}

func TestAKeyThatDoesNotReadKeepsTheOthersFromNothing(t *testing.T) {
	h := newHolding(t)
	h.arrive("一", "2026-11-20")
	broken := filepath.Join(h.keys.dir, "0000000000000000"+keyEnd)
	if err := os.WriteFile(broken, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := h.release(t.Context()); err == nil {
		t.Error("nobody was told of the broken key")
	}
	if got := h.read(); !slices.Equal(got, []string{"一"}) {
		t.Errorf("the desk has %v", got)
	}
	if _, err := os.Stat(broken); err != nil {
		t.Error("what nobody could read was removed")
	}
}

func TestEachInstanceReleasesItsOwn(t *testing.T) {
	h := newHolding(t)
	h.arrive("一", "2026-11-20")
	other, err := openOuterKeys(t.TempDir(), makeOuter)
	if err != nil {
		t.Fatal(err)
	}
	defer other.End()
	mine := h.keys
	h.keys = other
	h.arrive("二", "2026-11-20")
	h.keys = mine
	h.night()
	if got := h.read(); !slices.Equal(got, []string{"一"}) || h.count("SELECT count(*) FROM letter_hold") != 1 {
		t.Errorf("the desk has %v", got)
	}
}

// Two runs of the night at once: the first one must not destroy the key that it made itself,
// only because the second one has turned it away since. Somebody may still close under it.
func TestTwoNightsAtOnceDestroyNoKeyThatIsStillInUse(t *testing.T) {
	h := newHolding(t)
	h.arrive("一", "2026-11-20")
	before := h.keys.Public().Name
	h.here.RLock() // a request is under way: the first night waits for it
	first := make(chan error, 1)
	go func() { first <- h.release(t.Context()) }()
	for until := time.Now().Add(10 * time.Second); h.keys.Public().Name == before; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatal("the key is not turned")
		}
	}
	time.Sleep(50 * time.Millisecond)
	made := h.keys.Public()
	if err := h.keys.Turn(); err != nil { // the second night
		t.Fatal(err)
	}
	h.here.RUnlock()
	if err := <-first; err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(h.keys.dir, made.Name+keyEnd)); err != nil {
		t.Errorf("a key that is still in use is gone: %v", err)
	}
	h.night()
	if got := h.read(); !slices.Equal(got, []string{"一"}) || h.files() != 1 {
		t.Errorf("the desk has %v, and there are %d keys", got, h.files())
	}
}
