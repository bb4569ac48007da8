package letter

import (
	"bytes"
	"fmt"

	"filippo.io/age"
)

// Seal fills plain up to Size and encrypts it to every recipient, so that each alone can
// open it. ErrLong for more than Size-1 bytes.
func Seal(plain []byte, to []string) ([]byte, error) { return sealSized(plain, Size, to) }

// SealLarge is Seal for an image: filled up to size bytes.
func SealLarge(plain []byte, size int, to []string) ([]byte, error) {
	return sealSized(plain, size, to)
}

func sealSized(plain []byte, size int, to []string) ([]byte, error) {
	var all []age.Recipient
	for _, text := range to {
		r, err := age.ParseX25519Recipient(text)
		if err != nil {
			return nil, fmt.Errorf("letter: recipient: %w", err)
		}
		all = append(all, r)
	}
	padded, err := pad(plain, size)
	if err != nil {
		return nil, err
	}
	defer clear(padded)
	return encrypt(padded, all...)
}

// pad fills up to exactly size bytes: 0x80, then zeros.
func pad(plain []byte, size int) ([]byte, error) {
	if len(plain) >= size {
		return nil, ErrLong
	}
	padded := make([]byte, size)
	padded[copy(padded, plain)] = 0x80
	return padded, nil
}

// unpad takes the filling off. ErrClosed for anything that pad did not make.
func unpad(padded []byte) ([]byte, error) {
	plain := bytes.TrimRight(padded, "\x00")
	if len(plain) == 0 || plain[len(plain)-1] != 0x80 {
		return nil, ErrClosed
	}
	return plain[:len(plain)-1], nil
}

func encrypt(plain []byte, to ...age.Recipient) ([]byte, error) {
	var out bytes.Buffer
	w, err := age.Encrypt(&out, to...)
	if err != nil {
		return nil, fmt.Errorf("letter: encrypt: %w", err)
	}
	if _, err := w.Write(plain); err != nil {
		return nil, fmt.Errorf("letter: encrypt: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("letter: encrypt: %w", err)
	}
	return out.Bytes(), nil
}
