package pg_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"qingfeng/bot/opinion"
)

func TestARingIsKeptAsItWasSaved(t *testing.T) {
	r, c := newRegister(t)
	ctx := t.Context()
	if k, found, err := r.Ring(ctx, opinion.Office); err != nil || found || k.Ready() {
		t.Fatalf("%+v %v %v", k, found, err)
	}
	made := opinion.SealRing{
		Door: opinion.Office, Recipients: []string{"age1one", "age1two"}, Recovery: "age1two", Spare: []byte{1, 0, 2},
		Locks: []opinion.Lock{{Holders: []string{"甲", "乙"}, Locked: []byte{0, 1, 255}}, {Holders: []string{"乙", "丙"}, Locked: []byte{2}}},
	}
	ok(t, r.SaveRing(ctx, made))
	got, found, err := r.Ring(ctx, opinion.Office)
	if err != nil || !found {
		t.Fatal(found, err)
	}
	made.Made = date(10, 8)
	same(t, "the ring", got, made)
	same(t, "who opens it", []any{got.Needs(), got.Holders(), got.Ready()}, []any{2, []string{"甲", "乙", "丙"}, false})
	if _, found, err := r.Ring(ctx, opinion.Discipline); err != nil || found {
		t.Errorf("the other door has keys: %v %v", found, err)
	}

	c.now = morning(20)
	made.Printed, made.Tips, made.Recipients, made.Locks = true, true, []string{"age1three"}, []opinion.Lock{{Holders: []string{"甲"}, Locked: []byte{9}}}
	ok(t, r.SaveRing(ctx, made))
	got, _, err = r.Ring(ctx, opinion.Office)
	ok(t, err)
	same(t, "changed", got, made)
	same(t, "ready", got.Ready(), true)

	made.Recipients = nil
	if err := r.SaveRing(ctx, made); err == nil {
		t.Error("a ring that seals to nobody was saved")
	}
	made.Recipients, made.Door = []string{"age1three"}, "somebody"
	if err := r.SaveRing(ctx, made); err == nil {
		t.Error("a door that is none has keys")
	}
}

func TestOneChangeOfARingAtATime(t *testing.T) {
	r, _ := newRegister(t)
	ctx := t.Context()
	exists := errors.New("exists")
	var wg sync.WaitGroup
	var mu sync.Mutex
	made, refused := 0, 0
	for range 6 {
		wg.Go(func() {
			err := r.ChangeRing(ctx, opinion.Discipline, func(_ context.Context, was opinion.SealRing, ok bool) (opinion.SealRing, error) {
				if ok {
					return was, exists
				}
				return opinion.SealRing{Recipients: []string{"age1one"}}, nil
			})
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				made++
			case errors.Is(err, exists):
				refused++
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	same(t, "made and refused", []int{made, refused}, []int{1, 5})
}

func TestHalfOfATicketIsThereUntilItsMoment(t *testing.T) {
	r, c := newRegister(t)
	ctx := t.Context()
	half := func(session string) string {
		t.Helper()
		h, err := r.Half(ctx, []byte(session))
		ok(t, err)
		return string(h)
	}
	until := c.now.Add(15 * time.Minute)
	ok(t, r.SaveHalf(ctx, []byte("a"), []byte("one"), until))
	ok(t, r.SaveHalf(ctx, []byte("b"), []byte("two"), until.Add(time.Minute)))
	same(t, "halves", []string{half("a"), half("b"), half("c")}, []string{"one", "two", ""})
	ok(t, r.SaveHalf(ctx, []byte("b"), []byte("three"), until.Add(time.Minute)))
	same(t, "opened again", half("b"), "three")

	c.now = until
	same(t, "over", []string{half("a"), half("b")}, []string{"", "three"})
	ok(t, r.SaveHalf(ctx, []byte("b"), nil, until.Add(time.Hour)))
	same(t, "closed by hand", half("b"), "")
	var left int
	ok(t, r.DB.Pool().QueryRow(ctx, `SELECT count(*) FROM desk_ticket`).Scan(&left))
	same(t, "rows left", left, 0)
}

func TestHalvesLeaveNoTraceOnceTheyAreOver(t *testing.T) {
	r, c := newRegister(t)
	ctx := t.Context()
	count := func() (n int, pages int64) {
		t.Helper()
		ok(t, r.DB.Pool().QueryRow(ctx, `SELECT count(*), pg_relation_size('desk_ticket') FROM desk_ticket`).Scan(&n, &pages))
		return n, pages
	}
	ok(t, r.SaveHalf(ctx, []byte("a"), []byte("one"), c.now.Add(15*time.Minute)))
	ok(t, r.ForgetHalves(ctx))
	if n, _ := count(); n != 1 {
		t.Errorf("%d halves of an open desk", n)
	}
	c.now = c.now.Add(16 * time.Minute)
	ok(t, r.ForgetHalves(ctx))
	if n, size := count(); n != 0 || size != 0 {
		t.Errorf("%d halves and %d bytes of a file are left", n, size)
	}
	var kept string
	ok(t, r.DB.Pool().QueryRow(ctx, `SELECT relpersistence::text FROM pg_class WHERE oid = 'desk_ticket'::regclass`).Scan(&kept))
	same(t, "persistence (u: the write-ahead log knows nothing of it)", kept, "u")
}
