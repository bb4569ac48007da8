package letter_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"qingfeng/bot/letter"
)

const (
	firstPassphrase  = "山高水长-清风自来 2026"
	secondPassphrase = "correct horse battery staple"
	thirdPassphrase  = "第三位保管人的口令 Q7w"

	quick = 4 // work factor where what it costs is not the point
)

func newRing(t testing.TB) *letter.Keyring {
	t.Helper()
	k, err := letter.NewKeyring()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func sealed(t testing.TB, text string, to ...string) []byte {
	t.Helper()
	out, err := letter.Seal([]byte(text), to)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func opens(t testing.TB, k *letter.Keyring, letter []byte, want string) {
	t.Helper()
	if got, err := k.Open(letter); err != nil || string(got) != want {
		t.Errorf("opens as %q, %v; want %q", got, err, want)
	}
}

func TestALetterOpensWithEachOfItsKeysAlone(t *testing.T) {
	office, printed, other := newRing(t), newRing(t), newRing(t)
	l := sealed(t, "路灯坏了", office.Recipient(), printed.Recipient())
	opens(t, office, l, "路灯坏了")
	opens(t, printed, l, "路灯坏了")
	if _, err := other.Open(l); !errors.Is(err, letter.ErrClosed) {
		t.Errorf("another key opens it: %v", err)
	}
	for i := 0; i < len(l); i += 7 {
		changed := slices.Clone(l)
		changed[i] ^= 1
		if got, err := office.Open(changed); err == nil && i >= 400 {
			t.Fatalf("changed at %d it opens as %q", i, got)
		}
	}
	for _, to := range [][]string{nil, {""}, {"age1nonsense"}, {office.Recipient(), "x"}} {
		if _, err := letter.Seal([]byte("x"), to); err == nil {
			t.Errorf("sealed to %q", to)
		}
	}
}

func TestLettersOfAnyLengthAreOfOneSize(t *testing.T) {
	to := []string{newRing(t).Recipient(), newRing(t).Recipient()}
	size := len(sealed(t, "", to...))
	for _, n := range []int{1, 2, 63, 64, 65, 1500, 4500, letter.Size - 1} {
		for range 3 {
			if got := len(sealed(t, strings.Repeat("x", n), to...)); got != size {
				t.Errorf("%d bytes make %d, others %d", n, got, size)
			}
		}
	}
	// Two recipients always: another door's ring makes the same size.
	if got := len(sealed(t, "x", newRing(t).Recipient(), newRing(t).Recipient())); got != size {
		t.Errorf("to other keys it is %d, not %d", got, size)
	}
	if _, err := letter.Seal(make([]byte, letter.Size), to); !errors.Is(err, letter.ErrLong) {
		t.Error(err)
	}
	large, err := letter.SealLarge([]byte("x"), 100<<10, to)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := letter.SealLarge(make([]byte, 100<<10-1), 100<<10, to); err != nil || len(again) != len(large) {
		t.Errorf("%d and %d, %v", len(large), len(again), err)
	}
}

func TestTextsComeBackWhateverTheyEndWith(t *testing.T) {
	k := newRing(t)
	for _, text := range []string{"", "\x00", "\x80", "\x80\x00", "\x80\x00\x80", "a\x00\x00", strings.Repeat("\x80", letter.Size-1)} {
		opens(t, k, sealed(t, text, k.Recipient()), text)
	}
}

func TestOnePassphraseOpensWhatItLocked(t *testing.T) {
	k := newRing(t).Bound(newRing(t).Recipient())
	locked, err := k.LockAt(quick, firstPassphrase)
	if err != nil {
		t.Fatal(err)
	}
	l := sealed(t, "词", k.Recipient())
	// However it was typed: full width, another kind of space.
	for _, p := range []string{firstPassphrase, " " + firstPassphrase + " ", "山高水长－清风自来　２０２６"} {
		again, err := letter.Unlock(locked, p)
		if err != nil {
			t.Fatalf("%q: %v", p, err)
		}
		opens(t, again, l, "词")
		if !again.Agrees(k.Recipients()) {
			t.Error("the recovery key is forgotten")
		}
	}
	for _, p := range []string{"", "short", firstPassphrase + "x", strings.ToUpper(secondPassphrase)} {
		if _, err := letter.Unlock(locked, p); !errors.Is(err, letter.ErrPassphrase) {
			t.Errorf("%q: %v", p, err)
		}
	}
	if _, err := letter.Unlock(locked); !errors.Is(err, letter.ErrPassphrase) {
		t.Error("nothing opens it")
	}
	if _, err := letter.Unlock(locked, firstPassphrase, secondPassphrase); !errors.Is(err, letter.ErrPassphrase) {
		t.Error("one more passphrase opens it too")
	}
	if bytes.Contains(locked, []byte("SECRET-KEY")) {
		t.Error("the keys are readable")
	}
}

func TestALockCostsWhatItShould(t *testing.T) {
	k := newRing(t)
	locked, err := k.Lock(firstPassphrase)
	if err != nil {
		t.Fatal(err)
	}
	header, _, _ := strings.Cut(string(locked), "\n---")
	if !strings.HasSuffix(strings.Split(header, "\n")[1], " 17") {
		t.Errorf("%s", header)
	}
	if again, err := letter.Unlock(locked, firstPassphrase); err != nil || again.Recipient() != k.Recipient() {
		t.Error(err)
	}
	// A lock that somebody put there to keep the machine busy is not tried.
	start := time.Now()
	if _, err := letter.Unlock([]byte(strings.Replace(string(locked), " 17\n", " 25\n", 1)), firstPassphrase); !errors.Is(err, letter.ErrPassphrase) || time.Since(start) > 10*time.Second {
		t.Errorf("%v after %v", err, time.Since(start))
	}
}

func TestOfTwoPassphrasesNeitherAloneOpens(t *testing.T) {
	k := newRing(t)
	locked, err := k.LockAt(quick, firstPassphrase, secondPassphrase)
	if err != nil {
		t.Fatal(err)
	}
	for _, both := range [][]string{{firstPassphrase, secondPassphrase}, {secondPassphrase, firstPassphrase}} {
		again, err := letter.Unlock(locked, both...)
		if err != nil || again.Recipient() != k.Recipient() {
			t.Errorf("%v", err)
		}
	}
	for _, few := range [][]string{
		{firstPassphrase},
		{secondPassphrase},
		{firstPassphrase, firstPassphrase},
		{firstPassphrase, thirdPassphrase},
		{firstPassphrase + "\n" + secondPassphrase},
		{secondPassphrase + "\n" + firstPassphrase},
		{firstPassphrase, secondPassphrase, thirdPassphrase},
	} {
		if _, err := letter.Unlock(locked, few...); !errors.Is(err, letter.ErrPassphrase) {
			t.Errorf("%d of them: %v", len(few), err)
		}
	}
	if _, err := k.LockAt(quick, firstPassphrase, firstPassphrase+" "); !errors.Is(err, letter.ErrWeak) {
		t.Errorf("two people with one passphrase: %v", err)
	}
	if _, err := k.Lock(); !errors.Is(err, letter.ErrWeak) {
		t.Errorf("no passphrase: %v", err)
	}
}

func TestWeakPassphrasesAreRefused(t *testing.T) {
	for _, p := range []string{"", "短口令", "abcdefghijk", "aaaaaaaaaaaaaaaa", "abcabcabcabcabc", "13800000000 2026", "110101199003070000", "abcdefghijkl\x00m", "abcdefghijkl\xff", strings.Repeat(" ", 20) + "abcdef"} {
		if err := letter.CheckPassphrase(p); !errors.Is(err, letter.ErrWeak) {
			t.Errorf("%q passes", p)
		}
		if _, err := newRing(t).Lock(p); !errors.Is(err, letter.ErrWeak) {
			t.Errorf("%q locks", p)
		}
	}
	for range 20 {
		p, err := letter.NewPassphrase(rand.Reader)
		if err != nil || len(p) != 19 || letter.CheckPassphrase(p) != nil || p != strings.ToLower(p) {
			t.Errorf("%q %v", p, err)
		}
	}
	if !letter.SamePassphrase("ＡＢＣ　ｄ", " ABC d") || letter.SamePassphrase("abc d", "ABC d") {
		t.Error("the same passphrase is not what it should be")
	}
}

func TestARotatedRingOpensOldLettersAndSealsNewOnes(t *testing.T) {
	k := newRing(t).Bound(newRing(t).Recipient())
	old := sealed(t, "旧", k.Recipients()...)
	next, err := k.Rotated()
	if err != nil {
		t.Fatal(err)
	}
	opens(t, next, old, "旧")
	opens(t, next, sealed(t, "新", next.Recipients()...), "新")
	if next.Recipient() == k.Recipient() || !next.Has(k.Recipient()) || k.Has(next.Recipient()) || next.Recipients()[1] != k.Recipients()[1] {
		t.Error("not what rotating is")
	}
	if _, err := k.Open(sealed(t, "新", next.Recipients()...)); !errors.Is(err, letter.ErrClosed) {
		t.Error("the old key opens new letters")
	}
	if k.Agrees(next.Recipients()) || !next.Agrees([]string{k.Recipients()[1], next.Recipient()}) || next.Agrees(append(next.Recipients(), k.Recipient())) {
		t.Error("a change of the public keys goes unnoticed, or their order matters")
	}
}

func TestTheSpareOpensWithThePrintedKeyWhatWasSealedBeforeIt(t *testing.T) {
	first := newRing(t)
	old := sealed(t, "旧", first.Recipient())
	printed := newRing(t)
	k, err := first.Rotated()
	if err != nil {
		t.Fatal(err)
	}
	k = k.Bound(printed.Recipient())
	spare, err := k.Spare()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := printed.Open(old); !errors.Is(err, letter.ErrClosed) {
		t.Fatal("the printed key alone opens it: the test proves nothing")
	}
	again, err := letter.OpenSpare(spare, printed)
	if err != nil {
		t.Fatal(err)
	}
	opens(t, again, old, "旧")
	opens(t, again.With(printed).With(printed), sealed(t, "新", printed.Recipient()), "新")
	if _, err := letter.OpenSpare(spare, newRing(t)); !errors.Is(err, letter.ErrClosed) {
		t.Error("another key opens the spare")
	}
	if none, err := newRing(t).Spare(); none != nil || err != nil {
		t.Errorf("a spare for nobody: %v %v", none, err)
	}
}

func TestASlipInThePrintedKeyIsNoticed(t *testing.T) {
	k := newRing(t)
	printed := k.Printed()
	for _, written := range []string{
		printed, strings.ToLower(printed), strings.ReplaceAll(printed, " ", ""), strings.ReplaceAll(printed, " ", "\n"), strings.ReplaceAll(printed, "-", ""),
		strings.TrimPrefix(printed, "AGE-SECRET-KEY-1 "), strings.ReplaceAll(printed, "0", "o"), strings.ReplaceAll(printed, " ", "-"), strings.ReplaceAll(printed, "8", "B"),
		strings.Replace(printed, "KEY-1", "KEY-l", 1), strings.ReplaceAll(printed, "A", "Ａ"),
	} {
		if again, err := letter.ParsePrinted(written); err != nil || again.Recipient() != k.Recipient() {
			t.Errorf("%v", err)
		}
	}
	key := strings.ReplaceAll(strings.TrimPrefix(printed, "AGE-SECRET-KEY-1 "), " ", "")
	if len(key) != 58 {
		t.Fatal(len(key))
	}
	for i := range key {
		for _, other := range "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L" {
			if byte(other) == key[i] {
				continue
			}
			if _, err := letter.ParsePrinted(key[:i] + string(other) + key[i+1:]); !errors.Is(err, letter.ErrReceipt) {
				t.Fatalf("a slip at %d passes", i)
			}
		}
		if i > 0 && key[i] != key[i-1] {
			if _, err := letter.ParsePrinted(key[:i-1] + key[i:i+1] + key[i-1:i] + key[i+1:]); err == nil {
				t.Fatalf("a swap at %d passes", i)
			}
		}
		if _, err := letter.ParsePrinted(key[:i] + key[i+1:]); err == nil {
			t.Fatalf("leaving %d out passes", i)
		}
	}
	for _, wrong := range []string{"", "AGE-SECRET-KEY-1", k.Recipient(), strings.Repeat("q", 1<<11), "\xff\xfe"} {
		if _, err := letter.ParsePrinted(wrong); !errors.Is(err, letter.ErrReceipt) {
			t.Errorf("%.20q passes", wrong)
		}
	}
}

func TestATicketOpensUntilItsMomentAndWithBothHalves(t *testing.T) {
	k := newRing(t).Bound(newRing(t).Recipient())
	l := sealed(t, "词", k.Recipient())
	now := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	page, half, err := k.Ticket(now.Add(letter.TicketFor))
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []time.Time{now, now.Add(letter.TicketFor)} {
		again, err := letter.OpenTicket(page, half, at)
		if err != nil {
			t.Fatal(err)
		}
		opens(t, again, l, "词")
		if !again.Agrees(k.Recipients()) {
			t.Error("the recovery key is forgotten")
		}
	}
	otherPage, otherHalf, err := k.Ticket(now.Add(letter.TicketFor))
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(half, otherHalf) || bytes.Equal(page, otherPage) {
		t.Error("two tickets are alike")
	}
	changed := slices.Clone(page)
	changed[3] ^= 1 // the moment
	for what, bad := range map[string][2][]byte{
		"another's half": {page, otherHalf}, "another's page": {otherPage, half}, "a changed moment": {changed, half}, "no half": {page, nil}, "no page": {nil, half},
		"a short half": {page, half[:16]}, "a cut page": {page[:len(page)-1], half},
	} {
		if _, err := letter.OpenTicket(bad[0], bad[1], now); !errors.Is(err, letter.ErrTicket) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := letter.OpenTicket(page, half, now.Add(letter.TicketFor+time.Second)); !errors.Is(err, letter.ErrTicket) {
		t.Error("a ticket that is over opens")
	}
	if bytes.Contains(page, []byte("SECRET-KEY")) || bytes.Contains(half, []byte("SECRET-KEY")) {
		t.Error("a half shows the keys")
	}
}

func FuzzUnlock(f *testing.F) {
	locked, err := newRing(f).LockAt(quick, firstPassphrase)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(locked[:len(locked)-1], firstPassphrase)
	f.Add([]byte("age-encryption.org/v1\n-> scrypt AAAAAAAAAAAAAAAAAAAAAA 30\n"), secondPassphrase)
	f.Add([]byte{}, "")
	f.Fuzz(func(t *testing.T, locked []byte, passphrase string) {
		if _, err := letter.Unlock(locked, passphrase); err != nil && !errors.Is(err, letter.ErrPassphrase) {
			t.Error(err)
		}
		_ = letter.CheckPassphrase(passphrase)
		if _, err := letter.ParsePrinted(passphrase); err != nil && !errors.Is(err, letter.ErrReceipt) {
			t.Error(err)
		}
	})
}

func FuzzOpenTicket(f *testing.F) {
	page, half, err := newRing(f).Ticket(time.Unix(1<<32, 0))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(page, half, int64(0))
	f.Add(page[:8], half, int64(1<<40))
	f.Add([]byte{}, []byte{}, int64(-1))
	f.Fuzz(func(t *testing.T, p, h []byte, at int64) {
		k, err := letter.OpenTicket(p, h, time.Unix(at, 0))
		if err != nil && !errors.Is(err, letter.ErrTicket) {
			t.Error(err)
		}
		if err == nil && (at > 1<<32 || k.Recipient() == "") {
			t.Error("a ticket that is over, or of nothing, opens")
		}
	})
}
