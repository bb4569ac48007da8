package letter

import (
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// CheckPassphrase refuses what is guessed first, ErrWeak: less than PassphraseMin
// characters or PassphraseKinds different ones, digits alone (telephones, dates, identity
// numbers), and control characters.
func CheckPassphrase(p string) error {
	p = written(p)
	kinds := map[rune]bool{}
	digits := true
	for _, r := range p {
		if unicode.IsControl(r) || r == utf8.RuneError {
			return ErrWeak
		}
		kinds[r] = true
		digits = digits && (unicode.IsDigit(r) || r == ' ' || r == '-')
	}
	if utf8.RuneCountInString(p) < PassphraseMin || len(kinds) < PassphraseKinds || digits {
		return ErrWeak
	}
	return nil
}

// SamePassphrase reports whether two passphrases are one to Unlock.
func SamePassphrase(a, b string) bool { return written(a) == written(b) }

// written is a passphrase however it was typed: half or full width, composed or not, with
// any spacing. The same passphrase comes from a terminal, a phone and an input method.
func written(p string) string { return strings.Join(strings.Fields(norm.NFKC.String(p)), " ") }

// joined is the passphrases of several people as one, whatever order they came in. They go
// into one derivation together: who knows none has to guess all of them at once.
// A passphrase holds no line break, so no two lists are joined alike.
func joined(passphrases []string) (string, error) {
	if len(passphrases) == 0 {
		return "", ErrWeak
	}
	all := make([]string, len(passphrases))
	for i, p := range passphrases {
		if err := CheckPassphrase(p); err != nil {
			return "", err
		}
		all[i] = written(p)
	}
	slices.Sort(all)
	if len(slices.Compact(slices.Clone(all))) != len(all) {
		return "", ErrWeak // two people with one passphrase are one person
	}
	return strings.Join(all, "\n"), nil
}

// NewPassphrase makes one of 80 random bits, in groups that are easy to type.
func NewPassphrase(random io.Reader) (string, error) {
	for {
		raw, err := letters(random, 16)
		if err != nil {
			return "", err
		}
		if p := groups(strings.ToLower(raw), 4, "-"); CheckPassphrase(p) == nil {
			return p, nil
		}
	}
}
