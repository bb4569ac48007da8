package letter

import (
	"crypto/ecdh"
	"crypto/hpke"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"io"
	"strings"

	"golang.org/x/crypto/argon2"
)

// A receipt is 24 characters of alphabet in six groups: 8 are the selector (40 bits), 15
// the secret (75 bits), 1 notices slips.
const (
	alphabet       = "0123456789ABCDEFGHJKMNPQRSTVWXYZ" // no I, L, O, U: they are misread
	selectorLength = 8
	secretLength   = 15
	receiptLength  = selectorLength + secretLength + 1

	// SaltSize is the length of the salt of a receipt in bytes.
	SaltSize = 16
	// What one guess costs: OWASP's second choice for argon2id, about 25 ms and 19 MiB. The
	// secret alone is out of reach of guessing; this prices out what leaks half of it.
	argonTime   = 2
	argonMemory = 19 << 10 // KiB

	answerInfo = "qingfeng/answer/1"
)

// Receipt is what the citizen keeps. It shows nothing of itself when printed.
type Receipt struct {
	hidden
	code string
}

// NewReceipt makes a receipt of random bits.
func NewReceipt(random io.Reader) (Receipt, error) {
	code, err := letters(random, receiptLength-1)
	if err != nil {
		return Receipt{}, err
	}
	return Receipt{code: code + check(code)}, nil
}

// letters is n random characters of the alphabet, five bits each.
func letters(random io.Reader, n int) (string, error) {
	raw := make([]byte, n)
	if _, err := io.ReadFull(random, raw); err != nil {
		return "", fmt.Errorf("letter: random: %w", err)
	}
	for i, b := range raw {
		raw[i] = alphabet[b&31]
	}
	return string(raw), nil
}

// check is the character that makes the whole code a polynomial over GF(32) with the root
// x (x⁵ = x² + 1). Every position has its own factor as long as there are at most 31, so
// that it changes with every single slip and every swap of two characters.
func check(code string) string {
	sum := 0
	for _, c := range code {
		sum = timesX(sum ^ strings.IndexRune(alphabet, c))
	}
	return alphabet[sum : sum+1]
}

// timesX multiplies by x.
func timesX(v int) int {
	if v <<= 1; v > 31 {
		v ^= 0b100101
	}
	return v
}

// ParseReceipt reads a receipt as people write it: in either case, with or without
// dashes and spaces, full-width, with O for 0 and I or L for 1. ErrReceipt.
func ParseReceipt(s string) (Receipt, error) {
	var out strings.Builder
	for _, r := range strings.ToUpper(s) {
		if r >= 0xFF01 && r <= 0xFF5E { // full-width forms
			r -= 0xFEE0
		}
		switch r {
		case 'O':
			r = '0'
		case 'I', 'L':
			r = '1'
		}
		switch {
		case filler(r):
		case out.Len() < receiptLength && strings.ContainsRune(alphabet, r):
			out.WriteRune(r)
		default:
			return Receipt{}, ErrReceipt
		}
	}
	code := out.String()
	if len(code) != receiptLength || check(code[:receiptLength-1]) != code[receiptLength-1:] {
		return Receipt{}, ErrReceipt
	}
	return Receipt{code: code}, nil
}

// Code is what is shown once, to be copied or written down: six groups of four.
func (r Receipt) Code() string { return groups(r.code, 4, "-") }

// Selector finds the letter and is stored.
func (r Receipt) Selector() string {
	if len(r.code) != receiptLength {
		return ""
	}
	return r.code[:selectorLength]
}

// ReceiptKey opens the answers of one receipt.
type ReceiptKey struct {
	hidden
	key hpke.PrivateKey
}

// Key makes the key of a receipt; it costs what a guess should cost.
func (r Receipt) Key(salt []byte) (*ReceiptKey, error) {
	seed := argon2.IDKey([]byte(r.code[selectorLength:receiptLength-1]), salt, argonTime, argonMemory, 1, 32)
	defer clear(seed)
	key, err := hpke.DHKEM(ecdh.X25519()).DeriveKeyPair(seed)
	if err != nil {
		return nil, fmt.Errorf("letter: receipt key: %w", err)
	}
	return &ReceiptKey{key: key}, nil
}

// AnswerTo is its public half: whoever has it can write answers and read none.
func (k *ReceiptKey) AnswerTo() string {
	return base64.RawStdEncoding.EncodeToString(k.key.PublicKey().Bytes())
}

// Fits reports whether this is the key that answers are sealed to.
func (k *ReceiptKey) Fits(answerTo string) bool {
	return subtle.ConstantTimeCompare([]byte(k.AnswerTo()), []byte(answerTo)) == 1
}

// Open opens an answer. ErrClosed.
func (k *ReceiptKey) Open(answer []byte) ([]byte, error) {
	padded, err := hpke.Open(k.key, hpke.HKDFSHA256(), hpke.AES256GCM(), []byte(answerInfo), answer)
	if err != nil {
		return nil, ErrClosed
	}
	return unpad(padded)
}

// SealAnswer closes an answer for the holder of a receipt. ErrLong for more than Size-1 bytes.
func SealAnswer(text []byte, answerTo string) ([]byte, error) {
	return sealHPKE(text, Size, answerTo, answerInfo)
}

// sealHPKE fills text up to size bytes and closes it to one public key.
func sealHPKE(text []byte, size int, to, info string) ([]byte, error) {
	raw, err := base64.RawStdEncoding.DecodeString(to)
	if err != nil {
		return nil, fmt.Errorf("letter: public key: %w", err)
	}
	key, err := hpke.DHKEM(ecdh.X25519()).NewPublicKey(raw)
	if err != nil {
		return nil, fmt.Errorf("letter: public key: %w", err)
	}
	padded, err := pad(text, size)
	if err != nil {
		return nil, err
	}
	defer clear(padded)
	out, err := hpke.Seal(key, hpke.HKDFSHA256(), hpke.AES256GCM(), []byte(info), padded)
	if err != nil {
		return nil, fmt.Errorf("letter: seal: %w", err)
	}
	return out, nil
}
