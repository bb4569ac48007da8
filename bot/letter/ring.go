package letter

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"

	"filippo.io/age"
	"golang.org/x/text/unicode/norm"
)

// Work is scrypt's work factor for passphrases, a power of two: OWASP's first choice with
// age's r = 8 and p = 1. One try costs 128 MiB and some 0.4 s.
const Work = 17

// Keyring is the private keys of one door, the one that is sealed to first, older ones
// after it, and the public half of the printed key that goes with them. It shows nothing of
// itself when printed.
type Keyring struct {
	hidden
	keys     []*age.X25519Identity
	recovery string
}

// NewKeyring makes a keyring with one new key.
func NewKeyring() (*Keyring, error) { return (&Keyring{}).Rotated() }

// Rotated is the keyring with a new key before the others, which still open what was
// sealed to them.
func (k *Keyring) Rotated() (*Keyring, error) {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		return nil, fmt.Errorf("letter: new key: %w", err)
	}
	return &Keyring{keys: append([]*age.X25519Identity{id}, k.keys...), recovery: k.recovery}, nil
}

// With is the keyring that also opens what other's keys open.
func (k *Keyring) With(other *Keyring) *Keyring {
	all := &Keyring{keys: slices.Clone(k.keys), recovery: k.recovery}
	for _, id := range other.keys {
		if !all.Has(id.Recipient().String()) {
			all.keys = append(all.keys, id)
		}
	}
	return all
}

// Bound is the keyring with the public half of its printed recovery key, which it keeps
// under lock with its own keys: Agrees can then tell when somebody changed what is stored.
func (k *Keyring) Bound(recovery string) *Keyring {
	return &Keyring{keys: k.keys, recovery: recovery}
}

// Recipient is the public half of the first key.
func (k *Keyring) Recipient() string { return k.keys[0].Recipient().String() }

// Recipients are all that new words are sealed to: the first key and the printed one.
func (k *Keyring) Recipients() []string {
	if k.recovery == "" {
		return []string{k.Recipient()}
	}
	return []string{k.Recipient(), k.recovery}
}

// Recovery is the public half of the printed key that the keyring is Bound to.
func (k *Keyring) Recovery() string { return k.recovery }

// Agrees reports whether public keys that were stored in the open are those of this
// keyring. If not, somebody with access to the database has words sealed to himself.
func (k *Keyring) Agrees(recipients []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(recipients)), slices.Sorted(slices.Values(k.Recipients())))
}

// Has reports whether one of the keys belongs to a recipient.
func (k *Keyring) Has(recipient string) bool {
	return slices.ContainsFunc(k.keys, func(id *age.X25519Identity) bool { return id.Recipient().String() == recipient })
}

// Open opens what Seal closed. ErrClosed.
func (k *Keyring) Open(sealed []byte) ([]byte, error) {
	padded, err := decrypt(sealed, k.identities()...)
	if err != nil {
		return nil, err
	}
	return unpad(padded)
}

func (k *Keyring) identities() []age.Identity {
	ids := make([]age.Identity, len(k.keys))
	for i, id := range k.keys {
		ids[i] = id
	}
	return ids
}

// text is the keys in the format of age's own key files: a line each, and a comment.
func (k *Keyring) text() []byte {
	var out bytes.Buffer
	if k.recovery != "" {
		out.WriteString(recoveryLine + k.recovery + "\n")
	}
	for _, id := range k.keys {
		out.WriteString(id.String() + "\n")
	}
	return out.Bytes()
}

const recoveryLine = "# recovery: "

func parseRing(text []byte) (*Keyring, error) {
	k := &Keyring{}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if recovery, ok := strings.CutPrefix(line, recoveryLine); ok {
			if _, err := age.ParseX25519Recipient(recovery); err != nil {
				return nil, ErrClosed
			}
			k.recovery = recovery
			continue
		}
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
// person, two for two-person custody. ErrWeak for one that CheckPassphrase refuses, and for
// two that are the same.
func (k *Keyring) Lock(passphrases ...string) ([]byte, error) { return k.LockAt(Work, passphrases...) }

// LockAt is Lock with another work factor: less than Work is for rehearsals, whose
// passphrases everybody knows, and for tests.
func (k *Keyring) LockAt(work int, passphrases ...string) ([]byte, error) {
	passphrase, err := joined(passphrases)
	if err != nil {
		return nil, err
	}
	r, err := age.NewScryptRecipient(passphrase)
	if err != nil {
		return nil, fmt.Errorf("letter: passphrase: %w", err)
	}
	r.SetWorkFactor(work)
	plain := k.text()
	defer clear(plain)
	return encrypt(plain, r)
}

// Unlock opens a locked keyring with its passphrases in any order. ErrPassphrase.
func Unlock(locked []byte, passphrases ...string) (*Keyring, error) {
	passphrase, err := joined(passphrases)
	if err != nil {
		return nil, ErrPassphrase
	}
	id, err := age.NewScryptIdentity(passphrase)
	if err != nil {
		return nil, ErrPassphrase
	}
	id.SetMaxWorkFactor(Work + 1) // a lock that somebody put there costs no more
	text, err := decrypt(locked, id)
	if err != nil {
		return nil, ErrPassphrase
	}
	defer clear(text)
	k, err := parseRing(text)
	if err != nil {
		return nil, ErrPassphrase
	}
	return k, nil
}

// UnlockAny opens the first of several locks that the passphrases open: of which pair of
// people they are, nobody has to say. ErrPassphrase.
func UnlockAny(locks [][]byte, passphrases ...string) (*Keyring, error) {
	for _, locked := range locks {
		if k, err := Unlock(locked, passphrases...); err == nil {
			return k, nil
		}
	}
	return nil, ErrPassphrase
}

// Spare closes the keyring to its printed key, so that this opens, after a loss, also what
// was sealed before it was printed. Nil for a keyring that is not Bound.
func (k *Keyring) Spare() ([]byte, error) {
	if k.recovery == "" {
		return nil, nil
	}
	r, err := age.ParseX25519Recipient(k.recovery)
	if err != nil {
		return nil, fmt.Errorf("letter: recovery key: %w", err)
	}
	plain := k.text()
	defer clear(plain)
	return encrypt(plain, r)
}

// OpenSpare opens a spare with the printed key. ErrClosed.
func OpenSpare(spare []byte, printed *Keyring) (*Keyring, error) {
	text, err := decrypt(spare, printed.identities()...)
	if err != nil {
		return nil, err
	}
	defer clear(text)
	return parseRing(text)
}

// printedPrefix is how age begins a private key.
const printedPrefix = "AGE-SECRET-KEY-1"

// Printed is the recovery key as it is printed: age's prefix, then groups of six characters.
func (k *Keyring) Printed() string {
	return printedPrefix + " " + groups(strings.TrimPrefix(k.keys[0].String(), printedPrefix), 6, " ")
}

// ParsePrinted reads a printed recovery key, however it was spaced, in either case and
// width, with or without the prefix. ErrReceipt for a slip: the key's own checksum
// notices up to four.
func ParsePrinted(s string) (*Keyring, error) {
	if len(s) > 1<<10 {
		return nil, ErrReceipt
	}
	s = strings.ToUpper(norm.NFKC.String(s))
	s = strings.Map(func(r rune) rune {
		if filler(r) {
			return -1
		}
		return r
	}, s)
	if key, ok := strings.CutPrefix(s, "AGESECRETKEY"); ok && key != "" {
		s = key[1:] // the prefix ends with a 1, or what it was taken for
	}
	// The alphabet of bech32 has no 1, B, I, O: who wrote one saw another.
	s = strings.NewReplacer("O", "0", "I", "L", "1", "L", "B", "8").Replace(s)
	id, err := age.ParseX25519Identity(printedPrefix + s)
	if err != nil {
		return nil, ErrReceipt
	}
	return &Keyring{keys: []*age.X25519Identity{id}}, nil
}

// filler is what people put between groups.
func filler(r rune) bool {
	return unicode.IsSpace(r) || unicode.In(r, unicode.Pd, unicode.Cf) || r == '_' || r == '.' || r == '·'
}

// groups puts a separator between every n characters of ASCII.
func groups(s string, n int, between string) string {
	var out []string
	for part := range slices.Chunk([]byte(s), n) {
		out = append(out, string(part))
	}
	return strings.Join(out, between)
}

// decrypt is age's, with one error for everything that fails.
func decrypt(sealed []byte, with ...age.Identity) ([]byte, error) {
	if len(with) == 0 {
		return nil, ErrClosed
	}
	r, err := age.Decrypt(bytes.NewReader(sealed), with...)
	if err != nil {
		return nil, ErrClosed
	}
	plain, err := io.ReadAll(r)
	if err != nil {
		return nil, ErrClosed
	}
	return plain, nil
}
