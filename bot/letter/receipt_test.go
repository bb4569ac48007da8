package letter_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	"math"
	"strings"
	"testing"
	"time"

	"qingfeng/bot/letter"
)

const receiptAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

func newReceipt(t testing.TB) letter.Receipt {
	t.Helper()
	r, err := letter.NewReceipt(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestEverySlipOfOneCharacterIsNoticed(t *testing.T) {
	for range 50 {
		code := strings.ReplaceAll(newReceipt(t).Code(), "-", "")
		if len(code) != 24 {
			t.Fatalf("%d characters", len(code))
		}
		for i := range code {
			for _, other := range receiptAlphabet {
				if wrong := code[:i] + string(other) + code[i+1:]; wrong != code {
					if _, err := letter.ParseReceipt(wrong); err == nil {
						t.Fatalf("a slip at %d passes", i)
					}
				}
			}
		}
	}
}

func TestEverySwapOfTwoCharactersIsNoticed(t *testing.T) {
	for range 200 {
		code := []byte(strings.ReplaceAll(newReceipt(t).Code(), "-", ""))
		for i := range code {
			for j := range i {
				if code[i] == code[j] {
					continue
				}
				code[i], code[j] = code[j], code[i]
				if _, err := letter.ParseReceipt(string(code)); err == nil {
					t.Fatalf("swapping %d and %d passes", j, i)
				}
				code[i], code[j] = code[j], code[i]
			}
		}
	}
}

func TestACharacterTooManyOrTooFewIsNoticed(t *testing.T) {
	code := newReceipt(t).Code()
	for _, wrong := range []string{"", "-", code[1:], code[:len(code)-1], code + "0", "0" + code, code + code, strings.Replace(code, code[:1], "U", 1), code + "!", code + "号", "\xff" + code} {
		if _, err := letter.ParseReceipt(wrong); err == nil {
			t.Errorf("%q passes", wrong)
		}
	}
}

func TestAReceiptIsReadAsPeopleWriteIt(t *testing.T) {
	full := func(s string) string {
		return strings.Map(func(r rune) rune {
			if r > ' ' && r <= '~' {
				return r + 0xFEE0
			}
			return r
		}, s)
	}
	for range 100 {
		r := newReceipt(t)
		code := r.Code()
		misread := strings.NewReplacer("0", "O", "1", "l").Replace(code)
		for _, written := range []string{
			code, strings.ToLower(code), strings.ReplaceAll(code, "-", ""), strings.ReplaceAll(code, "-", " "), strings.ReplaceAll(code, "-", "——"),
			"  " + strings.ReplaceAll(code, "-", "　") + "\r\n", full(code), full(strings.ToLower(code)), misread, strings.ReplaceAll(misread, "l", "I"),
			strings.ReplaceAll(code, "-", "\u200b"), strings.ReplaceAll(code, "-", "‑"), strings.Join(strings.Split(code, ""), "."),
		} {
			if again, err := letter.ParseReceipt(written); err != nil || again.Code() != code || again.Selector() != r.Selector() {
				t.Fatalf("%q: %v", written, err)
			}
		}
	}
}

func TestAReceiptHasASelectorOf40BitsAndTwoAreNeverAlike(t *testing.T) {
	seen := map[string]bool{}
	count := map[byte]int{}
	for range 4000 {
		r := newReceipt(t)
		if len(r.Selector()) != 8 || seen[r.Selector()] || !strings.HasPrefix(strings.ReplaceAll(r.Code(), "-", ""), r.Selector()) {
			t.Fatalf("selector of %d characters", len(r.Selector()))
		}
		seen[r.Selector()] = true
		for i := range r.Selector() {
			count[r.Selector()[i]]++
		}
	}
	for i := range receiptAlphabet { // 1,000 of each, give or take five deviations
		if n := count[receiptAlphabet[i]]; math.Abs(float64(n)-1000) > 160 {
			t.Errorf("%c comes %d times", receiptAlphabet[i], n)
		}
	}
	if _, err := letter.NewReceipt(strings.NewReader("short")); err == nil {
		t.Error("a receipt of too few random bytes")
	}
	if (letter.Receipt{}).Selector() != "" {
		t.Error("no receipt has a selector")
	}
}

// key is the receipt's key under a salt of one character.
func key(t testing.TB, r letter.Receipt, salt string) *letter.ReceiptKey {
	t.Helper()
	k, err := r.Key([]byte(strings.Repeat(salt, letter.SaltSize)))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestTheKeyOfAReceiptHangsOnItsSecretAndItsSalt(t *testing.T) {
	r := newReceipt(t)
	k := key(t, r, "s")
	if !key(t, r, "s").Fits(k.AnswerTo()) {
		t.Error("the same receipt makes another key")
	}
	if key(t, r, "t").Fits(k.AnswerTo()) {
		t.Error("another salt makes the same key")
	}
	if key(t, newReceipt(t), "s").Fits(k.AnswerTo()) || k.Fits("") {
		t.Error("another receipt fits")
	}
}

func TestAnswersOfAnyLengthAreOfOneSize(t *testing.T) {
	k := key(t, newReceipt(t), "s")
	size := 0
	for _, n := range []int{0, 1, 100, letter.Size - 1} {
		text := bytes.Repeat([]byte{0x80}, n) // the filling's own mark
		sealed, err := letter.SealAnswer(text, k.AnswerTo())
		if err != nil {
			t.Fatal(err)
		}
		if size == 0 {
			size = len(sealed)
		}
		if len(sealed) != size {
			t.Errorf("%d bytes make %d, others %d", n, len(sealed), size)
		}
		if got, err := k.Open(sealed); err != nil || !bytes.Equal(got, text) {
			t.Errorf("%d bytes come back as %d, %v", n, len(got), err)
		}
		sealed[len(sealed)/2] ^= 1
		if _, err := k.Open(sealed); err == nil {
			t.Error("a changed answer opens")
		}
	}
	if _, err := letter.SealAnswer(make([]byte, letter.Size), k.AnswerTo()); err == nil {
		t.Error("too long an answer is sealed")
	}
	for _, to := range []string{"", "!", "AAAA"} {
		if _, err := letter.SealAnswer([]byte("x"), to); err == nil {
			t.Errorf("an answer is sealed to %q", to)
		}
	}
}

func TestNothingSecretShowsItself(t *testing.T) {
	r := newReceipt(t)
	ring, err := letter.NewKeyring()
	if err != nil {
		t.Fatal(err)
	}
	outer, err := letter.NewOuter(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	k := key(t, r, "s")
	for _, v := range []any{r, &r, ring, *ring, outer, *outer, k, *k, struct{ R letter.Receipt }{r}, map[string]any{"ring": ring}, []letter.Receipt{r}} {
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("x", "v", v)
		slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "v", v)
		doc, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		shown := log.String() + string(doc)
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%o", "%t", "%08b"} {
			shown += fmt.Sprintf(verb, v)
		}
		for _, secret := range []string{strings.ReplaceAll(r.Code(), "-", "")[8:], r.Selector(), "SECRET-KEY", ring.Printed()[20:26], fmt.Sprintf("%x", r.Code()[:4])} {
			if strings.Contains(shown, secret) {
				t.Errorf("%T shows %q: %s", v, secret, shown)
			}
		}
	}
}

func FuzzParseReceipt(f *testing.F) {
	f.Add("")
	f.Add("0000-0000-0000-0000-0000-0000")
	f.Add("ｏｏｏｏ　1lI. 2222 — zzzz")
	r := newReceipt(f)
	f.Add(r.Code())
	f.Fuzz(func(t *testing.T, s string) {
		r, err := letter.ParseReceipt(s)
		if err != nil {
			return
		}
		again, err := letter.ParseReceipt(r.Code())
		if err != nil || again != r || len(r.Selector()) != 8 || len(r.Code()) != 29 {
			t.Errorf("%q is a receipt that is not read again: %v", s, err)
		}
	})
}

// What trying costs: one guess of the secret, and all of them by a thousand such machines.
func BenchmarkReceiptKey(b *testing.B) {
	r := newReceipt(b)
	salt := bytes.Repeat([]byte{7}, letter.SaltSize)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.Key(salt); err != nil {
			b.Fatal(err)
		}
	}
	guess := b.Elapsed().Seconds() / float64(b.N)
	years := guess * math.Pow(2, 74) / 1000 / (365 * 24 * time.Hour).Seconds()
	b.ReportMetric(guess*1000, "ms/guess")
	b.ReportMetric(math.Log10(years), "log10(years/1000-cores)")
}
