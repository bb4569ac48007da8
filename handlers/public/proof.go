package public

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/altcha-org/altcha-lib-go"

	"qingfeng/bot/text"
)

const (
	proofFor = 2 * time.Hour
	// rounds is how often a form may come back for correction on one proof.
	rounds = 5
	// slack is how many times dearer a proof may have become since its page was made.
	slack = 8
)

// proof is what a page carries so that a form that comes from it can be told from a flood:
// a sum for the script, a question for whoever has none, or that it is paid already.
type proof struct {
	Challenge altcha.Challenge
	Question  string
	Ask       string // signed: which answer is right
	Paid      string // signed: no proof needed
}

// bucket is where a request's proofs are counted: SHA-256 over a truncated address and
// the day's salt. The address itself goes nowhere.
func (s *site) bucket(r *http.Request) (string, error) {
	salt, err := s.Meter.Salt(r.Context())
	if err != nil {
		return "", fmt.Errorf("public: meter: %w", err)
	}
	h := sha256.New()
	h.Write(salt)
	h.Write([]byte(s.near(r).String()))
	return hex.EncodeToString(h.Sum(nil)), nil
}

// near is the network a request comes from: /24 or /64 of the right-most address that is
// not one of our proxies.
func (s *site) near(r *http.Request) netip.Prefix {
	at, _ := netip.ParseAddrPort(r.RemoteAddr)
	addr := at.Addr().Unmap().WithZone("")
	forwarded := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(forwarded) - 1; i >= 0 && s.proxy(addr); i-- {
		said := strings.TrimSpace(forwarded[i])
		next, err := netip.ParseAddr(strings.Trim(said, "[]"))
		if err != nil {
			withPort, err := netip.ParseAddrPort(said)
			if err != nil {
				break
			}
			next = withPort.Addr()
		}
		addr = next.Unmap().WithZone("")
	}
	bits := 64
	if addr.Is4() {
		bits = 24
	}
	p, _ := addr.Prefix(bits)
	return p
}

func (s *site) proxy(a netip.Addr) bool {
	for _, p := range s.Proxies {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// newProof makes what a page carries, at today's price for the reader's bucket.
func (s *site) newProof(r *http.Request) (proof, error) {
	b, err := s.bucket(r)
	if err != nil {
		return proof{}, err
	}
	price, err := s.Meter.Price(r.Context(), b)
	if err != nil {
		return proof{}, fmt.Errorf("public: meter: %w", err)
	}
	until := s.Now().Add(proofFor)
	raw := make([]byte, 24)
	if _, err := io.ReadFull(s.Random, raw); err != nil {
		return proof{}, fmt.Errorf("public: random: %w", err)
	}
	price = max(price, 1)
	number := int64(binary.BigEndian.Uint64(raw[8:16]) % uint64(price+1)) //nolint:gosec // within price
	p := proof{}
	// Short enough that a try is one block of SHA-256 for an old phone.
	p.Challenge, err = altcha.CreateChallenge(altcha.ChallengeOptions{
		Algorithm: altcha.SHA256, MaxNumber: price, HMACKey: s.key("proof"), Salt: hex.EncodeToString(raw[:8]), Number: &number,
		Expires: &until, Params: url.Values{"m": {strconv.FormatInt(price, 10)}},
	})
	if err != nil {
		return proof{}, fmt.Errorf("public: proof: %w", err)
	}
	a, b2 := int(raw[16]%9)+1, int(raw[17]%9)+1
	words, answer := text.PublicPlus, a+b2
	if raw[18]&1 == 1 {
		words, a, b2 = text.PublicMinus, max(a, b2)+1, min(a, b2)
		answer = a - b2
	}
	p.Question = fmt.Sprintf(words, text.PublicNumber(a), text.PublicNumber(b2))
	p.Ask = s.sign("ask", until, hex.EncodeToString(raw[19:]), strconv.Itoa(answer), false)
	return p, nil
}

// key is one use of the secret.
func (s *site) key(use string) string {
	m := hmac.New(sha256.New, s.Key)
	m.Write([]byte(use))
	return hex.EncodeToString(m.Sum(nil))
}

// sign makes until.nonce.value.mac; an answer that must be found out stays out of it.
func (s *site) sign(use string, until time.Time, nonce, value string, open bool) string {
	at := strconv.FormatInt(until.Unix(), 10)
	m := hmac.New(sha256.New, []byte(s.key(use)))
	m.Write([]byte(at + "." + nonce + "." + value))
	if !open {
		value = ""
	}
	return at + "." + nonce + "." + value + "." + hex.EncodeToString(m.Sum(nil)[:16])
}

// signed reads what sign made; value fills in what stayed out. The nonce is good once.
func (s *site) signed(use, token, value string) (nonce, v string, right, fresh bool) {
	part := strings.Split(token, ".")
	if len(part) != 4 {
		return "", "", false, false
	}
	at, err := strconv.ParseInt(part[0], 10, 64)
	if err != nil || s.Now().Unix() > at || at > s.Now().Add(2*proofFor).Unix() {
		return "", "", false, false
	}
	open := part[2] != ""
	if open {
		value = part[2]
	}
	want := s.sign(use, time.Unix(at, 0), part[1], value, open)
	return part[1], value, hmac.Equal([]byte(want), []byte(token)), true
}

// paid is a proof that is paid already, for a form that comes back.
func (s *site) paid(left int) string {
	if left <= 0 {
		return ""
	}
	raw := make([]byte, 10)
	if _, err := io.ReadFull(s.Random, raw); err != nil {
		return ""
	}
	return s.sign("paid", s.Now().Add(proofFor), hex.EncodeToString(raw), strconv.Itoa(left), true)
}

// prove takes what a form brings as its proof. why is "" when it is good, and left is how
// often the form may come back on it.
func (s *site) prove(r *http.Request, f fields) (left int, why string, err error) {
	ctx := r.Context()
	if nonce, value, right, _ := s.signed("paid", f.Get("paid"), ""); right {
		left, _ := strconv.Atoi(value)
		ok, err := s.spend(ctx, "paid "+nonce)
		if err != nil || !ok {
			return 0, text.PublicTwice, err
		}
		return left - 1, "", nil
	}
	b, err := s.bucket(r)
	if err != nil {
		return 0, "", err
	}
	if said := f.Get("proof"); said != "" {
		challenge, price, ok := s.solved(said)
		if !ok {
			return 0, text.PublicStale, nil
		}
		now, err := s.Meter.Price(ctx, b)
		if err != nil {
			return 0, "", fmt.Errorf("public: meter: %w", err)
		}
		if price*slack < now {
			return 0, text.PublicDearer, nil
		}
		if ok, err := s.spend(ctx, challenge); err != nil || !ok {
			return 0, text.PublicTwice, err
		}
		return rounds, "", nil
	}
	if said := f.Get("answer"); strings.TrimSpace(said) != "" {
		number, ok := text.PublicParse(said)
		nonce, _, right, fresh := s.signed("ask", f.Get("ask"), strconv.Itoa(number))
		if !fresh {
			return 0, text.PublicStale, nil
		}
		// A guess spends the question, too.
		if ok, err := s.spend(ctx, "ask "+nonce); err != nil || !ok {
			return 0, text.PublicTwice, err
		}
		if !ok || !right {
			return 0, text.PublicWrong, nil
		}
		may, err := s.Meter.Question(ctx, b)
		if err != nil {
			return 0, "", fmt.Errorf("public: meter: %w", err)
		}
		if !may {
			return 0, text.PublicFlood, nil
		}
		return rounds, "", nil
	}
	return 0, text.PublicProve, nil
}

func (s *site) spend(ctx context.Context, what string) (bool, error) {
	ok, err := s.Meter.Spend(ctx, what)
	if err != nil {
		return false, fmt.Errorf("public: meter: %w", err)
	}
	return ok, nil
}

// solved checks a solved sum and says what it cost.
func (s *site) solved(said string) (challenge string, price int64, ok bool) {
	raw, err := base64.StdEncoding.DecodeString(said)
	if err != nil || len(raw) > 1<<10 {
		return "", 0, false
	}
	var p altcha.Payload
	if json.Unmarshal(raw, &p) != nil || p.Algorithm != string(altcha.SHA256) {
		return "", 0, false
	}
	params := altcha.ExtractParams(p)
	until, err := strconv.ParseInt(params.Get("expires"), 10, 64)
	if err != nil || s.Now().Unix() > until {
		return "", 0, false
	}
	if price, err = strconv.ParseInt(params.Get("m"), 10, 64); err != nil {
		return "", 0, false
	}
	good, err := altcha.VerifySolutionSafe(p, s.key("proof"), false)
	return p.Challenge, price, err == nil && good
}
