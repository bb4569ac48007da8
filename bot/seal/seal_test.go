package seal

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

const (
	first  = "k1-0123456789abcdef0123456789abcdef"
	second = "k2-0123456789abcdef0123456789abcdef"
)

func box(t *testing.T, secrets string) *Box {
	t.Helper()
	b, err := New(secrets, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestATextOpensInItsOwnPlaceOnly(t *testing.T) {
	b := box(t, first)
	here := About{"notice", 7, "body", 2}
	id, sealed, err := b.Seal(here, []byte("请说明第三季度的付款"))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := b.Open(here, id, sealed); err != nil || string(got) != "请说明第三季度的付款" {
		t.Fatalf("%q %v", got, err)
	}
	for _, elsewhere := range []About{{"notice", 8, "body", 2}, {"notice", 7, "reply", 2}, {"notice", 7, "body", 3}, {"tip", 7, "body", 2}} {
		if _, err := b.Open(elsewhere, id, sealed); !errors.Is(err, ErrClosed) {
			t.Errorf("it opens as %+v: %v", elsewhere, err)
		}
	}
	for i := range sealed {
		bad := bytes.Clone(sealed)
		bad[i] ^= 1
		if _, err := b.Open(here, id, bad); !errors.Is(err, ErrClosed) {
			t.Fatalf("byte %d may be changed", i)
		}
		if _, err := b.Open(here, id, sealed[:i]); !errors.Is(err, ErrClosed) {
			t.Fatalf("it opens when cut to %d bytes", i)
		}
	}
}

func TestEqualTextsLookDifferent(t *testing.T) {
	b := box(t, first)
	at := About{"notice", 1, "body", 1}
	seen := map[string]bool{}
	for range 1000 {
		_, sealed, err := b.Seal(at, []byte("一样的话"))
		if err != nil {
			t.Fatal(err)
		}
		if seen[string(sealed[1:13])] || seen[string(sealed)] {
			t.Fatal("a nonce came twice")
		}
		seen[string(sealed[1:13])], seen[string(sealed)] = true, true
	}
}

func TestKeysChangeOneByOne(t *testing.T) {
	at := About{"notice", 1, "body", 1}
	old := box(t, first)
	oldID, oldText, err := old.Seal(at, []byte("旧"))
	if err != nil {
		t.Fatal(err)
	}
	both := box(t, second+",\n"+first)
	if got, err := both.Open(at, oldID, oldText); err != nil || string(got) != "旧" {
		t.Errorf("the old text is lost: %v", err)
	}
	newID, newText, err := both.Seal(at, []byte("新"))
	if err != nil || newID == oldID || newID != both.KeyIDs()[0] {
		t.Fatalf("the first key does not close: %s %v", newID, err)
	}
	if _, err := old.Open(at, newID, newText); !errors.Is(err, ErrClosed) {
		t.Error("the old key opens the new text")
	}
}

func TestWhatIsNoKeyIsRefusedAndNotRepeated(t *testing.T) {
	for _, bad := range []string{"", " \n", "CANARY-short", first + " CANARY-short", first + "," + first} {
		_, err := New(bad, rand.Reader)
		if !errors.Is(err, ErrKey) || strings.Contains(fmt.Sprint(err), "CANARY") || strings.Contains(fmt.Sprint(err), first) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if _, _, err := box(t, first).Seal(About{}, make([]byte, MaxLength+1)); err == nil {
		t.Error("a text without end is closed")
	}
	failing, err := New(first, bytes.NewReader(nil))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := failing.Seal(About{}, nil); err == nil {
		t.Error("it closes without a nonce")
	}
}

func TestABoxShowsNothing(t *testing.T) {
	b := box(t, first)
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "box", b)
	raw, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	for _, shown := range []string{fmt.Sprint(b), fmt.Sprintf("%+v", b), fmt.Sprintf("%#v", b), log.String(), string(raw)} {
		if !strings.Contains(shown, "***") || strings.Contains(shown, "0123456789abcdef") {
			t.Errorf("shown: %s", shown)
		}
	}
}

// The occasion of a talk is one of a few codes; nobody may tell them apart by their length.
func TestShortTextsAreAllOfOneLength(t *testing.T) {
	b := box(t, first)
	at := About{"notice", 1, "trigger", 1}
	seen := map[int]bool{}
	for _, text := range []string{"", "found", "complaint", strings.Repeat("请", 100), "ends in \x80\x80", string([]byte{0x80, 0})} {
		id, sealed, err := b.Seal(at, []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		seen[len(sealed)] = true
		if got, err := b.Open(at, id, sealed); err != nil || string(got) != text {
			t.Errorf("%q came back as %q, %v", text, got, err)
		}
	}
	if len(seen) != 1 {
		t.Errorf("lengths %v", seen)
	}
	for _, n := range []int{511, 512, 513, MaxLength} {
		id, sealed, err := b.Seal(at, bytes.Repeat([]byte{'x'}, n))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := b.Open(at, id, sealed); err != nil || len(got) != n {
			t.Errorf("%d bytes came back as %d, %v", n, len(got), err)
		}
	}
}
