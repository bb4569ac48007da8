package wecomsim

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	deliveriesMax = 3 // in total, the first one included
	verifyWithin  = time.Second
	passiveMax    = 64 << 10
)

// ErrNotAcknowledged means no delivery of a callback was answered with 200 in time.
var ErrNotAcknowledged = errors.New("wecomsim: callback not acknowledged")

// accepts is what a passive reply to a callback may be.
type accepts int

const (
	acceptsNothing accepts = iota
	acceptsMessage
	acceptsCard
	acceptsBoth
)

// callback is one message or event on its way to the app.
type callback struct {
	userID  string
	kind    string // MsgType, or the event's name
	msgID   string
	accepts accepts
	cardMsg string // the card that was clicked
	plain   string
	done    chan error // gets exactly one value

	late   time.Duration
	copies int
}

// field is one element of the plaintext; Raw holds inner XML instead of text.
type field struct{ Name, Text, Raw string }

// newCallback builds the plaintext. The caller holds mu.
func (s *Sim) newCallback(userID, msgType, event string, fields ...field) *callback {
	cb := &callback{userID: userID, kind: msgType, done: make(chan error, 1)}
	all := []field{
		{Name: "ToUserName", Text: s.cfg.CorpID},
		{Name: "FromUserName", Text: userID},
		{Name: "CreateTime", Raw: strconv.FormatInt(s.cfg.Now().Unix(), 10)},
		{Name: "MsgType", Text: msgType},
	}
	if event != "" {
		cb.kind = event
		all = append(all, field{Name: "Event", Text: event})
	}
	all = append(all, fields...)
	all = append(all, field{Name: "AgentID", Raw: strconv.Itoa(s.cfg.AgentID)})
	cb.plain = "<xml>" + elements(all) + "</xml>"
	return cb
}

func elements(fields []field) string {
	var b strings.Builder
	for _, f := range fields {
		inner := f.Raw
		if inner == "" {
			inner = "<![CDATA[" + strings.ReplaceAll(f.Text, "]]>", "]]]]><![CDATA[>") + "]]>"
		}
		fmt.Fprintf(&b, "<%s>%s</%s>", f.Name, inner, f.Name)
	}
	return b.String()
}

// lane keeps one person's callbacks in order.
type lane struct {
	queue   []*callback
	running bool
	held    *callback // a reordered callback waiting for the next one
}

// rangeEvent sends subscribe or unsubscribe and waits for the acknowledgement.
func (s *Sim) rangeEvent(ctx context.Context, userid, event string) error {
	s.mu.Lock()
	cb := s.newCallback(userid, "event", event, field{Name: "EventKey"})
	if event == "subscribe" {
		cb.accepts = acceptsMessage
	}
	s.enqueue(cb)
	s.mu.Unlock()
	return s.await(ctx, cb)
}

// await waits until a callback was acknowledged or given up. Delivery goes on
// when ctx ends first.
func (s *Sim) await(ctx context.Context, cb *callback) error {
	select {
	case err := <-cb.done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// enqueue puts a callback into its person's lane. The caller holds mu.
func (s *Sim) enqueue(cb *callback) {
	if s.base.Err() != nil {
		cb.done <- ErrNotAcknowledged
		return
	}
	if f := s.fireCallback(FaultCallbackDup, cb.userID); f != nil {
		cb.copies = f.Copies
	}
	if f := s.fireCallback(FaultCallbackLate, cb.userID); f != nil {
		cb.late = f.delay(time.Second)
	}
	key := strings.ToLower(cb.userID)
	l := s.lanes[key]
	if l == nil {
		l = &lane{}
		s.lanes[key] = l
	}
	if l.held == nil {
		if f := s.fireCallback(FaultCallbackOrder, cb.userID); f != nil {
			l.held = cb
			cb.done <- nil // whoever sent it must be able to send the next one
			s.releaseLater(l, cb, f.delay(2*time.Second))
			return
		}
	}
	l.queue = append(l.queue, cb)
	s.release(l)
	s.run(l)
}

// release puts a held callback behind what came after it. The caller holds mu.
func (s *Sim) release(l *lane) {
	if l.held == nil {
		return
	}
	held := *l.held
	held.done = make(chan error, 1) // its sender was told already
	l.held = nil
	l.queue = append(l.queue, &held)
}

// releaseLater delivers a held callback when no other follows in time.
func (s *Sim) releaseLater(l *lane, cb *callback, after time.Duration) {
	s.work.Add(1)
	go func() {
		defer s.work.Done()
		sleep(s.base, after)
		s.mu.Lock()
		defer s.mu.Unlock()
		if l.held == cb {
			s.release(l)
			s.run(l)
		}
	}()
}

// run starts the lane's worker unless it runs. The caller holds mu.
func (s *Sim) run(l *lane) {
	if l.running || s.base.Err() != nil {
		return
	}
	l.running = true
	s.work.Add(1)
	go func() {
		defer s.work.Done()
		for {
			s.mu.Lock()
			if len(l.queue) == 0 || s.base.Err() != nil {
				l.running = false
				for _, cb := range l.queue {
					cb.done <- ErrNotAcknowledged
				}
				l.queue = nil
				s.notify()
				s.mu.Unlock()
				return
			}
			cb := l.queue[0]
			l.queue = l.queue[1:]
			s.mu.Unlock()
			cb.done <- s.deliver(cb)
		}
	}()
}

// Idle waits until no callback is on its way to the app.
func (s *Sim) Idle(ctx context.Context) error {
	return s.waitUntil(ctx, func() bool {
		for _, l := range s.lanes {
			if l.running || l.held != nil {
				return false
			}
		}
		return true
	})
}

// deliver tries up to three times, then delivers the extra copies a fault asks for.
func (s *Sim) deliver(cb *callback) error {
	sleep(s.base, cb.late)
	var err error
	for attempt := 1; attempt <= deliveriesMax; attempt++ {
		if err = s.attempt(cb, attempt); err == nil {
			break
		}
		if s.base.Err() != nil {
			break
		}
		if attempt < deliveriesMax {
			sleep(s.base, s.cfg.RetryPause)
		}
	}
	for i := range cb.copies {
		_ = s.attempt(cb, deliveriesMax+1+i) // a copy's fate does not matter
	}
	if err != nil {
		return fmt.Errorf("%w: %s from %s: %w", ErrNotAcknowledged, cb.kind, cb.userID, err)
	}
	return nil
}

// attempt is one POST with a fresh timestamp, nonce and ciphertext.
func (s *Sim) attempt(cb *callback, n int) error {
	start := time.Now() // real time: this is a network wait
	ctx, cancel := context.WithTimeout(s.base, s.cfg.CallbackTimeout)
	defer cancel()
	entry := Delivery{UserID: cb.userID, Kind: cb.kind, MsgID: cb.msgID, Attempt: n}
	status, body, err := s.post(ctx, cb.plain)
	entry.Status, entry.Took = status, time.Since(start)
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("HTTP %d", status)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	entry.At = s.cfg.Now()
	if err != nil {
		entry.Err = err.Error()
	} else {
		entry.Passive = s.applyPassive(cb, body)
	}
	s.deliveries.add(entry)
	return err
}

func (s *Sim) post(ctx context.Context, plain string) (int, []byte, error) {
	req, err := s.CallbackRequest(ctx, plain)
	if err != nil {
		return 0, nil, err
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, passiveMax))
	return resp.StatusCode, body, err
}

// CallbackRequest seals a plaintext into a signed and encrypted POST, ready to be
// sent, or to be spoiled first by a test.
func (s *Sim) CallbackRequest(ctx context.Context, plain string) (*http.Request, error) {
	encrypted, q, err := s.seal(plain)
	if err != nil {
		return nil, err
	}
	body := fmt.Sprintf("<xml><ToUserName><![CDATA[%s]]></ToUserName><Encrypt><![CDATA[%s]]></Encrypt><AgentID><![CDATA[%d]]></AgentID></xml>",
		s.cfg.CorpID, encrypted, s.cfg.AgentID)
	target, err := s.target(q)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader([]byte(body)))
	if err != nil {
		return nil, fmt.Errorf("wecomsim: callback request: %w", err)
	}
	req.Header.Set("Content-Type", "text/xml")
	return req, nil
}

// seal encrypts and signs with the current time and a new nonce.
func (s *Sim) seal(plain string) (string, url.Values, error) {
	if s.env == nil {
		return "", nil, errors.New("wecomsim: no callback settings")
	}
	encrypted, err := s.env.encrypt([]byte(plain))
	if err != nil {
		return "", nil, err
	}
	timestamp := strconv.FormatInt(s.cfg.Now().Unix(), 10)
	nonce := s.random(8)
	return encrypted, url.Values{
		"msg_signature": {s.env.sign(timestamp, nonce, encrypted)}, "timestamp": {timestamp}, "nonce": {nonce},
	}, nil
}

func (s *Sim) target(q url.Values) (string, error) {
	s.mu.Lock()
	raw := s.callbackURL
	s.mu.Unlock()
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" {
		return "", errors.New("wecomsim: no callback URL")
	}
	u.RawQuery = q.Encode()
	return u.String(), nil
}

// VerifyURL does what pressing 保存 on the settings page does: the app must answer
// the decrypted echostr, nothing more, within one second.
func (s *Sim) VerifyURL(ctx context.Context) error {
	secret := s.random(16)
	encrypted, q, err := s.seal(secret)
	if err != nil {
		return err
	}
	q.Set("echostr", encrypted)
	target, err := s.target(q)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, verifyWithin)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return fmt.Errorf("wecomsim: verification: %w", err)
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return fmt.Errorf("wecomsim: verification: %w", err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, passiveMax))
	if err != nil {
		return fmt.Errorf("wecomsim: verification: %w", err)
	}
	if resp.StatusCode != http.StatusOK || string(body) != secret {
		return fmt.Errorf("wecomsim: verification failed: HTTP %d and %d bytes that are not the plaintext", resp.StatusCode, len(body))
	}
	return nil
}

// sealedReply is the outer form of a passive reply.
type sealedReply struct {
	XMLName      xml.Name `xml:"xml"`
	Encrypt      string   `xml:"Encrypt"`
	MsgSignature string   `xml:"MsgSignature"`
	TimeStamp    string   `xml:"TimeStamp"`
	Nonce        string   `xml:"Nonce"`
}
