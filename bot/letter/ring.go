package letter

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"unicode/utf8"

	"filippo.io/age"
)

// work is scrypt's work factor for passphrases, a power of two: about a second.
const work = 16

// Keyring is the private keys of one door, the one that is sealed to first, older ones
// after it. It shows nothing of itself when printed.
type Keyring struct{ keys []*age.X25519Identity }

// NewKeyring makes a keyring with one new key.
func NewKeyring() (*Keyring, error) { return (&Keyring{}).Rotated() }

// Rotated is the keyring with a new key before the others, which still open what was
// sealed to them.
func (k *Keyring) Rotated() (*Keyring, error) {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		return nil, fmt.Errorf("letter: new key: %w", err)
	}
	return &Keyring{keys: append([]*age.X25519Identity{id}, k.keys...)}, nil
}

// With is the keyring that also opens what other's keys open.
func (k *Keyring) With(other *Keyring) *Keyring {
	return &Keyring{keys: append(append([]*age.X25519Identity{}, k.keys...), other.keys...)}
}

// Recipient is the public half of the first key.
func (k *Keyring) Recipient() string { return k.keys[0].Recipient().String() }

// Has reports whether one of the keys belongs to a recipient.
func (k *Keyring) Has(recipient string) bool {
	for _, id := range k.keys {
		if id.Recipient().String() == recipient {
			return true
		}
	}
	return false
}

// Open opens what Seal closed. ErrClosed.
func (k *Keyring) Open(sealed []byte) ([]byte, error) {
	ids := make([]age.Identity, len(k.keys))
	for i, id := range k.keys {
		ids[i] = id
	}
	return open(sealed, ids...)
}

func (k *Keyring) text() []byte {
	var out bytes.Buffer
	for _, id := range k.keys {
		out.WriteString(id.String() + "\n")
	}
	return out.Bytes()
}

func parseRing(text []byte) (*Keyring, error) {
	k := &Keyring{}
	for line := range strings.FieldsSeq(string(text)) {
		id, err := age.ParseX25519Identity(line)
		if err != nil {
			return nil, ErrClosed
		}
		k.keys = append(k.keys, id)
	}
	if len(k.keys) == 0 {
		return nil, ErrClosed
	}
	return k, nil
}

// Lock closes the keyring so that all the passphrases together open it: one for one
// person, two for two-person custody. ErrWeak for one of less than PassphraseMin characters.
func (k *Keyring) Lock(passphrases ...string) ([]byte, error) {
	if len(passphrases) == 0 {
		return nil, ErrWeak
	}
	out := k.text()
	for _, p := range passphrases {
		if utf8.RuneCountInString(p) < PassphraseMin {
			return nil, ErrWeak
		}
		r, err := age.NewScryptRecipient(p)
		if err != nil {
			return nil, fmt.Errorf("letter: passphrase: %w", err)
		}
		r.SetWorkFactor(work)
		if out, err = encrypt(out, r); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Unlock opens a locked keyring with its passphrases in any order. ErrPassphrase.
func Unlock(locked []byte, passphrases ...string) (*Keyring, error) {
	if k, err := unlock(locked, passphrases); err == nil {
		return k, nil
	}
	if len(passphrases) == 2 {
		return unlock(locked, []string{passphrases[1], passphrases[0]})
	}
	return nil, ErrPassphrase
}

func unlock(locked []byte, passphrases []string) (*Keyring, error) {
	for i := len(passphrases) - 1; i >= 0; i-- {
		id, err := age.NewScryptIdentity(passphrases[i])
		if err != nil {
			return nil, ErrPassphrase
		}
		id.SetMaxWorkFactor(work + 4)
		r, err := age.Decrypt(bytes.NewReader(locked), id)
		if err != nil {
			return nil, ErrPassphrase
		}
		if locked, err = io.ReadAll(r); err != nil {
			return nil, ErrPassphrase
		}
	}
	k, err := parseRing(locked)
	if err != nil {
		return nil, ErrPassphrase
	}
	return k, nil
}

// Printed is the recovery key as it is printed, in groups of six characters.
func (k *Keyring) Printed() string {
	s := k.keys[0].String()
	var groups []string
	for len(s) > 6 {
		groups, s = append(groups, s[:6]), s[6:]
	}
	return strings.Join(append(groups, s), " ")
}

// ParsePrinted reads a printed recovery key, however it was spaced and in either case.
// ErrReceipt for a slip: the key's own checksum notices it.
func ParsePrinted(s string) (*Keyring, error) {
	id, err := age.ParseX25519Identity(strings.ToUpper(strings.Join(strings.Fields(s), "")))
	if err != nil {
		return nil, ErrReceipt
	}
	return &Keyring{keys: []*age.X25519Identity{id}}, nil
}

func (*Keyring) String() string               { return "***" }
func (*Keyring) GoString() string             { return "***" }
func (*Keyring) LogValue() slog.Value         { return slog.StringValue("***") }
func (*Keyring) MarshalJSON() ([]byte, error) { return []byte(`"***"`), nil }
