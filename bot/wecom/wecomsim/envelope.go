package wecomsim

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// padBlock is the PKCS#7 block of the WeCom envelope: 32, not the AES block of 16.
const padBlock = 32

// envelope signs, encrypts and opens callback bodies for one app.
type envelope struct {
	receiveID string
	token     string
	key       []byte
	rand      io.Reader
}

// newEnvelope checks the limits of the settings page: token of at most 32
// letters and digits, key of exactly 43.
func newEnvelope(receiveID, token, aesKey string, rand io.Reader) (*envelope, error) {
	if token == "" || len(token) > 32 || !alnum(token) {
		return nil, errors.New("wecomsim: callback token must be 1 to 32 letters and digits")
	}
	if len(aesKey) != 43 || !alnum(aesKey) {
		return nil, errors.New("wecomsim: EncodingAESKey must be 43 letters and digits")
	}
	key, err := base64.StdEncoding.DecodeString(aesKey + "=")
	if err != nil {
		return nil, fmt.Errorf("wecomsim: EncodingAESKey: %w", err)
	}
	return &envelope{receiveID: receiveID, token: token, key: key, rand: rand}, nil
}

func alnum(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool {
		return !(r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z')
	}) < 0
}

// sign is lower_hex(sha1(sorted token, timestamp, nonce, encrypted)).
func (e *envelope) sign(timestamp, nonce, encrypted string) string {
	parts := []string{e.token, timestamp, nonce, encrypted}
	slices.Sort(parts)
	sum := sha1.Sum([]byte(strings.Join(parts, "")))
	return hex.EncodeToString(sum[:])
}

func (e *envelope) verify(signature, timestamp, nonce, encrypted string) bool {
	return subtle.ConstantTimeCompare([]byte(signature), []byte(e.sign(timestamp, nonce, encrypted))) == 1
}

// encrypt builds random(16) | length(4, big endian) | msg | receiveid, padded to 32.
func (e *envelope) encrypt(msg []byte) (string, error) {
	head := make([]byte, 20)
	if _, err := io.ReadFull(e.rand, head[:16]); err != nil {
		return "", fmt.Errorf("wecomsim: randomness: %w", err)
	}
	binary.BigEndian.PutUint32(head[16:], uint32(len(msg)))
	plain := slices.Concat(head, msg, []byte(e.receiveID))
	pad := padBlock - len(plain)%padBlock
	plain = append(plain, bytes.Repeat([]byte{byte(pad)}, pad)...)
	block, err := aes.NewCipher(e.key)
	if err != nil {
		return "", fmt.Errorf("wecomsim: key: %w", err)
	}
	cipher.NewCBCEncrypter(block, e.key[:aes.BlockSize]).CryptBlocks(plain, plain)
	return base64.StdEncoding.EncodeToString(plain), nil
}

// decrypt opens an envelope and checks padding, length and receiver.
func (e *envelope) decrypt(encrypted string) ([]byte, error) {
	data, err := base64.StdEncoding.DecodeString(encrypted)
	if err != nil {
		return nil, fmt.Errorf("not base64: %w", err)
	}
	if len(data) == 0 || len(data)%aes.BlockSize != 0 {
		return nil, errors.New("ciphertext is not whole blocks")
	}
	block, err := aes.NewCipher(e.key)
	if err != nil {
		return nil, fmt.Errorf("key: %w", err)
	}
	cipher.NewCBCDecrypter(block, e.key[:aes.BlockSize]).CryptBlocks(data, data)
	pad := int(data[len(data)-1])
	if pad < 1 || pad > padBlock || pad > len(data) {
		return nil, errors.New("bad padding")
	}
	for _, b := range data[len(data)-pad:] {
		if int(b) != pad {
			return nil, errors.New("bad padding")
		}
	}
	data = data[:len(data)-pad]
	if len(data) < 20 {
		return nil, errors.New("too short")
	}
	n := int(binary.BigEndian.Uint32(data[16:20]))
	if n < 0 || n > len(data)-20 {
		return nil, errors.New("length field exceeds the body")
	}
	if got := string(data[20+n:]); got != e.receiveID {
		return nil, errors.New("receiveid is not this corp")
	}
	return data[20 : 20+n], nil
}
