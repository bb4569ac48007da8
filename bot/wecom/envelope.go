package wecom

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
)

// padBlock is WeCom's PKCS#7 block: 32, not AES's 16 (WECOM.md §A.3).
const padBlock = 32

// Reasons why an envelope does not open. None of them holds any of its content.
var (
	errSignature = errors.New("wecom: signature does not match")
	errEnvelope  = errors.New("wecom: envelope is malformed")
	errReceiver  = errors.New("wecom: envelope is for another receiver")
)

// Envelope signs, opens and seals callbacks of one app. It is safe for concurrent use.
type Envelope struct {
	token    string
	receiver []byte // CorpID of a self-built app
	iv       [aes.BlockSize]byte
	block    cipher.Block
}

// NewEnvelope takes the Token, the 43 characters of EncodingAESKey and the receive
// id (the CorpID) as the admin console shows them.
func NewEnvelope(token, aesKey, receiver string) (*Envelope, error) {
	if token == "" || receiver == "" {
		return nil, errors.New("wecom: token and corp id must not be empty")
	}
	if len(aesKey) != 43 {
		return nil, fmt.Errorf("wecom: EncodingAESKey has %d characters, want 43", len(aesKey))
	}
	key, err := base64.StdEncoding.DecodeString(aesKey + "=")
	if err != nil {
		return nil, errors.New("wecom: EncodingAESKey is not base64")
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, errors.New("wecom: EncodingAESKey is not a key")
	}
	e := &Envelope{token: token, receiver: []byte(receiver), block: block}
	copy(e.iv[:], key)
	return e, nil
}

// Sign is sha1 over the sorted token, timestamp, nonce and ciphertext, in lower hex.
func (e *Envelope) Sign(timestamp, nonce, encrypted string) string {
	sum := e.sum(timestamp, nonce, encrypted)
	return hex.EncodeToString(sum[:])
}

func (e *Envelope) sum(timestamp, nonce, encrypted string) [sha1.Size]byte {
	parts := [...]string{e.token, timestamp, nonce, encrypted}
	slices.Sort(parts[:])
	all := make([]byte, 0, len(e.token)+len(timestamp)+len(nonce)+len(encrypted))
	for _, p := range parts {
		all = append(all, p...)
	}
	return sha1.Sum(all)
}

// Open checks the signature in constant time and only then decrypts; it returns the
// message inside, which is the caller's to keep.
func (e *Envelope) Open(signature, timestamp, nonce, encrypted string) ([]byte, error) {
	var given [sha1.Size]byte
	want := e.sum(timestamp, nonce, encrypted)
	if len(signature) != hex.EncodedLen(len(given)) {
		return nil, errSignature
	}
	if _, err := hex.Decode(given[:], []byte(signature)); err != nil {
		return nil, errSignature
	}
	if subtle.ConstantTimeCompare(given[:], want[:]) != 1 {
		return nil, errSignature
	}
	return e.decrypt(encrypted)
}

// decrypt: base64 → AES-256-CBC → random(16) | length(4) | message | receive id | pad.
func (e *Envelope) decrypt(encrypted string) ([]byte, error) {
	raw, err := base64.StdEncoding.DecodeString(encrypted)
	if err != nil || len(raw) < padBlock || len(raw)%aes.BlockSize != 0 {
		return nil, errEnvelope
	}
	cipher.NewCBCDecrypter(e.block, e.iv[:]).CryptBlocks(raw, raw)
	pad := int(raw[len(raw)-1])
	if pad < 1 || pad > padBlock || len(raw)-pad < 20 {
		return nil, errEnvelope
	}
	raw = raw[16 : len(raw)-pad]
	size := binary.BigEndian.Uint32(raw)
	rest := raw[4:]
	if uint64(size) > uint64(len(rest)) {
		return nil, errEnvelope
	}
	if !bytes.Equal(rest[size:], e.receiver) {
		return nil, errReceiver
	}
	return rest[:size:size], nil
}

// Seal encrypts a message the way WeCom does. The service itself never answers
// passively; tests, benches and peers that play WeCom use it.
func (e *Envelope) Seal(random io.Reader, message []byte) (encrypted string, err error) {
	size := 20 + len(message) + len(e.receiver)
	pad := padBlock - size%padBlock
	raw := make([]byte, size+pad)
	if _, err := io.ReadFull(random, raw[:16]); err != nil {
		return "", fmt.Errorf("wecom: seal: %w", err)
	}
	binary.BigEndian.PutUint32(raw[16:], uint32(len(message)))
	copy(raw[20:], message)
	copy(raw[20+len(message):], e.receiver)
	for i := size; i < len(raw); i++ {
		raw[i] = byte(pad)
	}
	cipher.NewCBCEncrypter(e.block, e.iv[:]).CryptBlocks(raw, raw)
	return base64.StdEncoding.EncodeToString(raw), nil
}

const (
	encryptOpen  = "<Encrypt>"
	encryptClose = "</Encrypt>"
	cdataOpen    = "<![CDATA["
	cdataClose   = "]]>"
)

// scanEncrypt finds the ciphertext in an outer envelope without parsing XML: the
// body is not authenticated yet, so it costs as little as possible. Exactly one
// <Encrypt> is accepted, with or without CDATA, holding base64 only, in a body that
// is one <xml> element and declares nothing (no DOCTYPE, no entities).
func scanEncrypt(body []byte) (string, error) {
	if !oneElement(body) {
		return "", errEnvelope
	}
	from := bytes.Index(body, []byte(encryptOpen))
	if from < 0 {
		return "", errEnvelope
	}
	rest := body[from+len(encryptOpen):]
	to := bytes.Index(rest, []byte(encryptClose))
	if to < 0 || bytes.Contains(rest[to:], []byte(encryptOpen)) {
		return "", errEnvelope
	}
	value := bytes.TrimSpace(rest[:to])
	if inner, ok := bytes.CutPrefix(value, []byte(cdataOpen)); ok {
		if value, ok = bytes.CutSuffix(inner, []byte(cdataClose)); !ok {
			return "", errEnvelope
		}
	}
	if len(value) == 0 {
		return "", errEnvelope
	}
	for _, c := range value {
		letter := c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9'
		if !letter && c != '+' && c != '/' && c != '=' {
			return "", errEnvelope
		}
	}
	return string(value), nil
}

// oneElement: an optional XML declaration, then <xml …> … </xml>, and no DOCTYPE.
func oneElement(body []byte) bool {
	doc := bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\ufeff")))
	if bytes.HasPrefix(doc, []byte("<?xml")) {
		_, after, ok := bytes.Cut(doc, []byte("?>"))
		if !ok {
			return false
		}
		doc = bytes.TrimSpace(after)
	}
	return (bytes.HasPrefix(doc, []byte("<xml>")) || bytes.HasPrefix(doc, []byte("<xml "))) &&
		bytes.HasSuffix(doc, []byte("</xml>")) && !bytes.Contains(doc, []byte("<!DOCTYPE"))
}
