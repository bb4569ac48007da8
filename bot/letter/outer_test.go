package letter_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"qingfeng/bot/letter"
	"qingfeng/bot/opinion"
)

func newOuter(t testing.TB) *letter.OuterKey {
	t.Helper()
	k, err := letter.NewOuter(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestArrivalsAreOfExactlyOneSize(t *testing.T) {
	k := newOuter(t)
	for _, size := range []int{letter.HoldSize, letter.ImageSize} {
		for _, n := range []int{0, 1, 5000, size - 49} {
			plain := bytes.Repeat([]byte("x"), n)
			name, body, err := k.Public().Close(plain, size)
			if err != nil || name != k.Name() || len(body) != size {
				t.Fatalf("%d bytes: %q, %d, %v", n, name, len(body), err)
			}
			if got, err := k.Open(body); err != nil || !bytes.Equal(got, plain) {
				t.Errorf("%d bytes come back as %d, %v", n, len(got), err)
			}
		}
		for _, n := range []int{size - 48, size, 2 * size} {
			if _, _, err := k.Public().Close(make([]byte, n), size); !errors.Is(err, letter.ErrLong) {
				t.Errorf("%d bytes into %d: %v", n, size, err)
			}
		}
	}
	if _, _, err := k.Public().Close(nil, 10); !errors.Is(err, letter.ErrLong) {
		t.Error(err)
	}
}

// The longest opinion with all that goes with it fits its row, and so does the largest
// image.
func TestTheLargestArrivalFitsItsRow(t *testing.T) {
	ring, printed := newRing(t), newRing(t)
	to := []string{ring.Recipient(), printed.Recipient()}
	body := sealed(t, strings.Repeat("字", opinion.TextMax), to...)
	r := newReceipt(t)
	a := opinion.Arrival{
		What: opinion.NewOpinion, Door: opinion.Discipline, Notice: strings.Repeat("N", 32), Point: 9999, Kind: opinion.Suggestion, Day: "2026-11-20",
		Selector: r.Selector(), Salt: make([]byte, letter.SaltSize), AnswerTo: key(t, r, "s").AnswerTo(), Survey: strings.Repeat("S", 32), Body: body,
	}
	raw, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := newOuter(t).Public().Close(raw, letter.HoldSize); err != nil {
		t.Errorf("%d bytes: %v", len(raw), err)
	}
}

func TestAnOuterKeyOutlivesTheProcessInItsFileOnly(t *testing.T) {
	k := newOuter(t)
	_, body, err := k.Public().Close([]byte("词"), letter.HoldSize)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := k.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	again, err := letter.ParseOuter(k.Name(), raw)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := again.Open(body); err != nil || string(got) != "词" {
		t.Errorf("%q %v", got, err)
	}
	// What children get opens nothing, and survives being handed over.
	handed, err := json.Marshal(k.Public())
	if err != nil || bytes.Contains(handed, raw) {
		t.Fatalf("%s %v", handed, err)
	}
	var public letter.OuterPublic
	if err := json.Unmarshal(handed, &public); err != nil {
		t.Fatal(err)
	}
	name, body, err := public.Close([]byte("字"), letter.HoldSize)
	if got, openErr := k.Open(body); err != nil || openErr != nil || name != k.Name() || string(got) != "字" {
		t.Errorf("%q %v %v", got, err, openErr)
	}
	if _, err := newOuter(t).Open(body); !errors.Is(err, letter.ErrClosed) {
		t.Errorf("another key opens it: %v", err)
	}
	if newOuter(t).Name() == k.Name() || len(k.Name()) != 16 {
		t.Error("names are not random")
	}
	for _, bad := range [][]byte{nil, raw[1:], append(raw, 0)} {
		if _, err := letter.ParseOuter("x", bad); err == nil {
			t.Errorf("%d bytes are a key", len(bad))
		}
	}
	if _, err := letter.NewOuter(strings.NewReader("")); err == nil {
		t.Error("a name of no random bytes")
	}
	for _, to := range []string{"", "!", "AAAA"} {
		if _, _, err := (&letter.OuterPublic{Name: "x", Recipient: to}).Close(nil, letter.HoldSize); err == nil {
			t.Errorf("closed to %q", to)
		}
	}
}

// Rooms do not open one another's: an answer is no arrival, even under the same key.
func TestWhatWasClosedForOnePurposeOpensForNoOther(t *testing.T) {
	k := newOuter(t)
	answer, err := letter.SealAnswer([]byte("词"), k.Public().Recipient)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.Open(answer); !errors.Is(err, letter.ErrClosed) {
		t.Errorf("an answer opens as an arrival: %v", err)
	}
}

func FuzzOuterOpen(f *testing.F) {
	k := newOuter(f)
	_, body, err := k.Public().Close([]byte("词"), 256)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(body)
	f.Add(body[:48])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := k.Open(b)
		if err != nil && !errors.Is(err, letter.ErrClosed) {
			t.Error(err)
		}
		if err == nil && (!bytes.Equal(b, body) || string(got) != "词") {
			t.Error("something else opens")
		}
	})
}
