package survey

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"io"
	"math/big"
	"slices"
	"sync"
)

const (
	tokenBytes = 16
	// batchMost bounds one batch, so that a large survey does not write all its hashes
	// before the first person is answered.
	batchMost = 1000
)

func encoding() *base32.Encoding { return base32.StdEncoding.WithPadding(base32.NoPadding) }

// TokenLen is the length of a token as it is written: letters and digits.
const TokenLen = (tokenBytes*8 + 4) / 5

// TokenHash is what the ballot side knows of a token; false when it is none.
func TokenHash(token string) ([]byte, bool) {
	raw, err := encoding().DecodeString(token)
	if err != nil || len(raw) != tokenBytes || encoding().EncodeToString(raw) != token {
		return nil, false
	}
	h := sha256.Sum256(raw)
	return h[:], true
}

// Pool keeps the tokens of open surveys that nobody has drawn yet, in this process's
// memory and nowhere else (see doc.go). It is safe to use from several goroutines.
type Pool struct {
	random io.Reader

	mu   sync.Mutex
	each map[int64]*hand
}

// hand is the tokens of one survey, in random order. Its lock is held while a batch is
// made, so that two people who come first do not make two.
type hand struct {
	mu     sync.Mutex
	tokens []string
}

// NewPool makes a pool; random is crypto/rand.Reader in production.
func NewPool(random io.Reader) *Pool {
	return &Pool{random: random, each: map[int64]*hand{}}
}

// Draw takes one token of a survey. When there is none in memory a new batch is made for
// the open invitations, and store must keep its hashes before Draw returns.
func (p *Pool) Draw(ctx context.Context, survey int64, open int, store func(ctx context.Context, hashes [][]byte) error) (string, error) {
	h := p.hand(survey)
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.tokens) == 0 {
		// Never a small batch: a batch tells nothing of who draws from it, but there is no
		// reason to have it counted out for a few.
		batch, err := p.batch(min(max(open, 4*Floor), batchMost))
		if err != nil {
			return "", err
		}
		hashes := make([][]byte, len(batch))
		for i, t := range batch {
			hashes[i], _ = TokenHash(t)
		}
		slices.SortFunc(hashes, bytes.Compare) // the order of random hashes is no order
		if err := store(ctx, hashes); err != nil {
			return "", err
		}
		h.tokens = batch
	}
	i, err := rand.Int(p.random, big.NewInt(int64(len(h.tokens))))
	if err != nil {
		return "", fmt.Errorf("survey: random: %w", err)
	}
	at, last := int(i.Int64()), len(h.tokens)-1
	token := h.tokens[at]
	h.tokens[at], h.tokens[last] = h.tokens[last], ""
	h.tokens = h.tokens[:last]
	return token, nil
}

// Return gives back a token that nobody has seen.
func (p *Pool) Return(survey int64, token string) {
	h := p.hand(survey)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.tokens = append(h.tokens, token)
}

// Forget drops the tokens of a survey that is over.
func (p *Pool) Forget(survey int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.each, survey)
}

func (p *Pool) hand(survey int64) *hand {
	p.mu.Lock()
	defer p.mu.Unlock()
	h := p.each[survey]
	if h == nil {
		h = &hand{}
		p.each[survey] = h
	}
	return h
}

func (p *Pool) batch(n int) ([]string, error) {
	raw := make([]byte, n*tokenBytes)
	if _, err := io.ReadFull(p.random, raw); err != nil {
		return nil, fmt.Errorf("survey: random: %w", err)
	}
	out := make([]string, n)
	for i := range out {
		out[i] = encoding().EncodeToString(raw[i*tokenBytes : (i+1)*tokenBytes])
	}
	clear(raw)
	return out, nil
}
