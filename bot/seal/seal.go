package seal

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
)

var (
	// ErrKey: the configured value is no key. The error never holds the value.
	ErrKey = errors.New("seal: each key must have at least 32 characters; make one with `openssl rand -base64 32`")
	// ErrClosed: the text was closed under a key that is not here, belongs elsewhere or
	// was changed.
	ErrClosed = errors.New("seal: the text cannot be opened with the keys at hand")
)

const (
	format   = 2
	block    = 512 // bytes: texts of one block are equally long
	shortest = 32  // characters of a secret
	// MaxLength is the longest text in bytes that is closed.
	MaxLength = 64 << 10
)

// Box closes and opens texts. It is safe to use from several goroutines and shows
// nothing of itself when printed.
type Box struct {
	random io.Reader
	keys   []key // the first closes
}

type key struct {
	id   string
	aead cipher.AEAD
}

// New makes a box of the value of QINGFENG_SEAL_KEY. random is crypto/rand.Reader in
// production. ErrKey when there is no key in it, or a short one, or one twice.
func New(secrets string, random io.Reader) (*Box, error) {
	b := &Box{random: random}
	seen := map[string]bool{}
	for _, secret := range strings.FieldsFunc(secrets, func(r rune) bool { return r == ',' || r <= ' ' }) {
		if len(secret) < shortest || seen[secret] {
			return nil, ErrKey
		}
		seen[secret] = true
		k, err := derive(secret)
		if err != nil {
			return nil, err
		}
		b.keys = append(b.keys, k)
	}
	if len(b.keys) == 0 {
		return nil, ErrKey
	}
	return b, nil
}

func derive(secret string) (key, error) {
	raw, err := hkdf.Key(sha256.New, []byte(secret), nil, "qingfeng/seal/1/aes-256-gcm", 32)
	if err != nil {
		return key{}, fmt.Errorf("seal: derive: %w", err)
	}
	name, err := hkdf.Key(sha256.New, []byte(secret), nil, "qingfeng/seal/1/name", 8)
	if err != nil {
		return key{}, fmt.Errorf("seal: derive: %w", err)
	}
	block, err := aes.NewCipher(raw)
	clear(raw)
	if err != nil {
		return key{}, fmt.Errorf("seal: cipher: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return key{}, fmt.Errorf("seal: cipher: %w", err)
	}
	return key{id: hex.EncodeToString(name), aead: aead}, nil
}

// About names what a text belongs to.
type About struct {
	Object  string // notice
	ID      int64
	Field   string
	Version int
}

func (a About) bytes() []byte {
	return fmt.Appendf(nil, "%d:%s|%d|%d:%s|%d", len(a.Object), a.Object, a.ID, len(a.Field), a.Field, a.Version)
}

// Seal closes a text for one place and returns the name of the key it is under.
func (b *Box) Seal(about About, text []byte) (keyID string, sealed []byte, err error) {
	if len(text) > MaxLength {
		return "", nil, fmt.Errorf("seal: a text of %d bytes is too long", len(text))
	}
	k := b.keys[0]
	padded := make([]byte, (len(text)/block+1)*block)
	padded[copy(padded, text)] = 0x80
	sealed = make([]byte, 1+k.aead.NonceSize(), 1+k.aead.NonceSize()+len(padded)+k.aead.Overhead())
	sealed[0] = format
	nonce := sealed[1:]
	if _, err := io.ReadFull(b.random, nonce); err != nil {
		return "", nil, fmt.Errorf("seal: nonce: %w", err)
	}
	return k.id, k.aead.Seal(sealed, nonce, padded, about.bytes()), nil
}

// Open opens what Seal closed for the same place. ErrClosed for everything else.
func (b *Box) Open(about About, keyID string, sealed []byte) ([]byte, error) {
	for _, k := range b.keys {
		n := 1 + k.aead.NonceSize()
		if k.id != keyID || len(sealed) < n+k.aead.Overhead() || sealed[0] != format {
			continue
		}
		if padded, err := k.aead.Open(nil, sealed[1:n], sealed[n:], about.bytes()); err == nil {
			if end := bytes.LastIndexByte(padded, 0x80); end >= 0 {
				return padded[:end], nil
			}
		}
	}
	return nil, ErrClosed
}

// KeyIDs are the names of the keys, the one that closes first. A name tells nothing of
// its key.
func (b *Box) KeyIDs() []string {
	ids := make([]string, len(b.keys))
	for i, k := range b.keys {
		ids[i] = k.id
	}
	return ids
}

func (*Box) String() string               { return "***" }
func (*Box) GoString() string             { return "***" }
func (*Box) LogValue() slog.Value         { return slog.StringValue("***") }
func (*Box) MarshalJSON() ([]byte, error) { return []byte(`"***"`), nil }
