package letter

import (
	"crypto/ecdh"
	"crypto/hpke"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
)

const (
	outerInfo = "qingfeng/outer/1"
	// what HPKE adds: an X25519 key and a tag
	outerExtra = 32 + 16
)

// OuterKey opens what waits under one outer key. It lives in a file of one instance and in
// no table, backup or log, and is destroyed after the night that released everything
// under it.
type OuterKey struct {
	hidden
	name string
	key  hpke.PrivateKey
}

// NewOuter makes an outer key with a random name.
func NewOuter(random io.Reader) (*OuterKey, error) {
	name := make([]byte, 8)
	if _, err := io.ReadFull(random, name); err != nil {
		return nil, fmt.Errorf("letter: outer key: %w", err)
	}
	key, err := hpke.DHKEM(ecdh.X25519()).GenerateKey()
	if err != nil {
		return nil, fmt.Errorf("letter: outer key: %w", err)
	}
	return &OuterKey{name: hex.EncodeToString(name), key: key}, nil
}

// ParseOuter reads what Bytes wrote.
func ParseOuter(name string, raw []byte) (*OuterKey, error) {
	key, err := hpke.DHKEM(ecdh.X25519()).NewPrivateKey(raw)
	if err != nil {
		return nil, errors.New("letter: not an outer key")
	}
	return &OuterKey{name: name, key: key}, nil
}

// Bytes is the secret, for the file.
func (k *OuterKey) Bytes() ([]byte, error) { return k.key.Bytes() }

// Name is the key's name, as in letter_hold.
func (k *OuterKey) Name() string { return k.name }

// Public closes arrivals and opens none.
func (k *OuterKey) Public() *OuterPublic {
	return &OuterPublic{Name: k.name, Recipient: base64.RawStdEncoding.EncodeToString(k.key.PublicKey().Bytes())}
}

// Open opens an arrival. ErrClosed.
func (k *OuterKey) Open(body []byte) ([]byte, error) {
	padded, err := hpke.Open(k.key, hpke.HKDFSHA256(), hpke.AES256GCM(), []byte(outerInfo), body)
	if err != nil {
		return nil, ErrClosed
	}
	return unpad(padded)
}

// OuterPublic closes arrivals under one outer key; whoever has it cannot open them.
type OuterPublic struct {
	Name      string // of the key, as in letter_hold
	Recipient string
}

// Close closes plain into exactly size bytes. ErrLong when it does not fit.
func (o *OuterPublic) Close(plain []byte, size int) (key string, body []byte, err error) {
	body, err = sealHPKE(plain, size-outerExtra, o.Recipient, outerInfo)
	return o.Name, body, err
}
