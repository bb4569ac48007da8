package letter

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"time"
)

// TicketFor is how long the desk stays open after the passphrase was entered.
const TicketFor = 15 * time.Minute

// Ticket closes an open keyring under a new random half: the sealed part goes to the
// browser, half stays here, and neither is worth anything alone. It is good until a moment.
func (k *Keyring) Ticket(until time.Time) (sealed, half []byte, err error) {
	half = make([]byte, 32)
	_, _ = rand.Read(half) // never fails
	aead, err := ticketAEAD(half)
	if err != nil {
		return nil, nil, err
	}
	plain := binary.BigEndian.AppendUint64(nil, uint64(until.Unix())) //nolint:gosec // after 1970
	plain = append(plain, k.text()...)
	defer clear(plain)
	return aead.Seal(nil, make([]byte, aead.NonceSize()), plain, []byte("qingfeng/ticket/1")), half, nil
}

// OpenTicket puts the halves together. ErrTicket, also after the ticket's moment.
func OpenTicket(sealed, half []byte, now time.Time) (*Keyring, error) {
	aead, err := ticketAEAD(half)
	if err != nil {
		return nil, ErrTicket
	}
	// A half is used for one ticket only, so the nonce may be constant.
	plain, err := aead.Open(nil, make([]byte, aead.NonceSize()), sealed, []byte("qingfeng/ticket/1"))
	if err != nil || len(plain) < 8 || now.Unix() > int64(binary.BigEndian.Uint64(plain)) { //nolint:gosec // was one
		return nil, ErrTicket
	}
	defer clear(plain)
	k, err := parseRing(plain[8:])
	if err != nil {
		return nil, ErrTicket
	}
	return k, nil
}

func ticketAEAD(half []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(half)
	if err != nil {
		return nil, fmt.Errorf("letter: ticket: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("letter: ticket: %w", err)
	}
	return aead, nil
}
