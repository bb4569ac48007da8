package letter

import (
	"errors"
	"fmt"
	"log/slog"
)

var (
	// ErrPassphrase: these passphrases do not open the keyring.
	ErrPassphrase = errors.New("letter: the passphrase does not open the keys")
	// ErrClosed: not sealed to these keys, or changed.
	ErrClosed = errors.New("letter: the letter does not open with these keys")
	// ErrReceipt: a code that is none; a slip of the pen is noticed.
	ErrReceipt = errors.New("letter: not a receipt")
	// ErrTicket: a ticket that is over, or of another session.
	ErrTicket = errors.New("letter: the desk has to be opened again")
	// ErrWeak: a passphrase that could be guessed.
	ErrWeak = errors.New("letter: the passphrase is too easy")
	// ErrLong: more than Size bytes.
	ErrLong = errors.New("letter: the text is too long")
)

const (
	// Size is what every text is filled up to before it is sealed, in bytes: 1,500 Chinese
	// characters and what goes with them.
	Size = 8 << 10
	// HoldSize is the size of every row in letter_hold, in bytes; ImageSize of those with
	// an image.
	HoldSize  = 16 << 10
	ImageSize = 512 << 10
	// PassphraseMin is the length of the shortest passphrase, in characters.
	PassphraseMin = 12
	// PassphraseKinds is how many different characters it has at least.
	PassphraseKinds = 6
)

// hidden makes what embeds it show nothing of itself, whatever prints it.
type hidden struct{}

func (hidden) String() string               { return "***" }
func (hidden) Format(f fmt.State, _ rune)   { _, _ = f.Write([]byte("***")) }
func (hidden) LogValue() slog.Value         { return slog.StringValue("***") }
func (hidden) MarshalText() ([]byte, error) { return []byte("***"), nil }
