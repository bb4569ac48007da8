package wecom

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"qingfeng/bot"
)

const (
	// maxBody is the largest callback body; anything larger is refused unread.
	maxBody = 64 << 10
	// storeTimeout leaves a second of WeCom's five for the way back.
	storeTimeout = 4 * time.Second
)

// CallbackConfig is what a Callback needs. Everything but Log is required.
type CallbackConfig struct {
	Token, AESKey, CorpID string
	AgentID               int64
	// Guard is the red-line guard: a pure function, run in memory before anything
	// is stored. Non-nil means: keep this instead of the text.
	Guard func(text string) *bot.Stopped
	// Accept stores a message, once per Dedupe key, and returns after commit. An
	// error becomes 503 and WeCom delivers again.
	Accept func(ctx context.Context, m bot.Message) error
	Now    func() time.Time
	Log    *slog.Logger
}

// Callback serves GET and POST /wecom/callback. It answers 400 to what is malformed,
// 403 to what is not signed for us, 405, 413 over 64 KB, 503 when a message could not
// be stored, and otherwise an empty 200. It never replies passively. Old timestamps
// are accepted: WeCom delivers again, and the dedupe key makes replays harmless.
type Callback struct {
	cfg      CallbackConfig
	envelope *Envelope
	buffers  sync.Pool
}

// NewCallback checks the configuration once.
func NewCallback(cfg CallbackConfig) (*Callback, error) {
	e, err := NewEnvelope(cfg.Token, cfg.AESKey, cfg.CorpID)
	if err != nil {
		return nil, err
	}
	if cfg.Guard == nil || cfg.Accept == nil || cfg.Now == nil {
		return nil, errors.New("wecom: callback needs Guard, Accept and Now")
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	c := &Callback{cfg: cfg, envelope: e}
	c.buffers.New = func() any { b := make([]byte, 0, 4<<10); return &b }
	return c, nil
}

func (c *Callback) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodGet:
		c.verify(w, r)
	case http.MethodPost:
		c.receive(w, r)
	default:
		w.Header().Set("Allow", "GET, POST")
		w.WriteHeader(http.StatusMethodNotAllowed)
	}
}

// verify answers the admin console's 保存: the plaintext of echostr, nothing else.
func (c *Callback) verify(w http.ResponseWriter, r *http.Request) {
	q, ok := signedQuery(r.URL.RawQuery)
	echo := q.Get("echostr")
	if !ok || echo == "" {
		c.refuse(w, r, http.StatusBadRequest, "query")
		return
	}
	plain, err := c.envelope.Open(q.Get("msg_signature"), q.Get("timestamp"), q.Get("nonce"), echo)
	if err != nil {
		c.refuse(w, r, statusOf(err), "echo")
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Content-Length", strconv.Itoa(len(plain)))
	_, _ = w.Write(plain)
}

func (c *Callback) receive(w http.ResponseWriter, r *http.Request) {
	if r.ContentLength > maxBody {
		w.Header().Set("Connection", "close") // do not drain what was not asked for
		c.refuse(w, r, http.StatusRequestEntityTooLarge, "size")
		return
	}
	q, ok := signedQuery(r.URL.RawQuery)
	if !ok {
		c.refuse(w, r, http.StatusBadRequest, "query")
		return
	}
	encrypted, status := c.scan(w, r)
	if status != 0 {
		c.refuse(w, r, status, "body")
		return
	}
	plain, err := c.envelope.Open(q.Get("msg_signature"), q.Get("timestamp"), q.Get("nonce"), encrypted)
	if err != nil {
		c.refuse(w, r, statusOf(err), "envelope")
		return
	}
	in, err := parseInbound(plain)
	if err != nil {
		c.refuse(w, r, http.StatusBadRequest, "inner")
		return
	}
	if in.AgentID != "" && in.AgentID != strconv.FormatInt(c.cfg.AgentID, 10) {
		// Authentic but another app's: not ours to store, and not worth a redelivery.
		c.cfg.Log.WarnContext(r.Context(), "callback for another agent", "agent", typeName(in.AgentID))
		w.WriteHeader(http.StatusOK)
		return
	}
	m := in.message(c.cfg.AgentID, plain, c.cfg.Now())
	if m.Kind == bot.KindText {
		if stop := c.cfg.Guard(m.Text); stop != nil {
			m.Kind, m.Text, m.Stop = bot.KindStopped, "", stop
		}
	}
	ctx, cancel := context.WithTimeout(r.Context(), storeTimeout)
	defer cancel()
	if err := c.cfg.Accept(ctx, m); err != nil {
		c.cfg.Log.ErrorContext(r.Context(), "callback not stored", "kind", m.Kind, "err", err)
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	w.WriteHeader(http.StatusOK)
}

// scan reads at most maxBody bytes and returns the ciphertext, or a status.
func (c *Callback) scan(w http.ResponseWriter, r *http.Request) (string, int) {
	buf := c.buffers.Get().(*[]byte)
	defer func() { *buf = (*buf)[:0]; c.buffers.Put(buf) }()
	body := http.MaxBytesReader(w, r.Body, maxBody)
	b := *buf
	for {
		if len(b) == cap(b) {
			b = append(b, 0)[:len(b)]
		}
		n, err := body.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			*buf = b
			var tooLarge *http.MaxBytesError
			if errors.As(err, &tooLarge) {
				return "", http.StatusRequestEntityTooLarge
			}
			return "", http.StatusBadRequest
		}
	}
	*buf = b
	encrypted, err := scanEncrypt(b)
	if err != nil {
		return "", http.StatusBadRequest
	}
	return encrypted, 0
}

// signedQuery decodes the query exactly once (a second decode turns + into a space)
// and reports whether the three signed parameters are there.
func signedQuery(raw string) (url.Values, bool) {
	q, err := url.ParseQuery(raw)
	return q, err == nil && q.Get("msg_signature") != "" && q.Get("timestamp") != "" && q.Get("nonce") != ""
}

func statusOf(err error) int {
	if errors.Is(err, errSignature) || errors.Is(err, errReceiver) {
		return http.StatusForbidden
	}
	return http.StatusBadRequest
}

func (c *Callback) refuse(w http.ResponseWriter, r *http.Request, status int, part string) {
	c.cfg.Log.InfoContext(r.Context(), "callback refused", "status", status, "part", part)
	w.WriteHeader(status)
}
