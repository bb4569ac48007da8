package wecomsim

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Config describes the corp, its one self-built app and the people in it.
type Config struct {
	CorpID  string
	AgentID int
	Secret  string
	// AppName is what phones show as the chat's title; 清风 when empty.
	AppName string

	// Token and AESKey seal the callbacks sent to CallbackURL. Without them the
	// app has no callback address and may not send callback cards.
	Token       string
	AESKey      string
	CallbackURL string

	// TrustedDomain is the 可信域名, host[:port], that OAuth may redirect to.
	TrustedDomain string
	// EntryURL, optional: an address of the app that always starts a fresh login
	// and then goes to a path; it holds one %s for the escaped path and query.
	// Links to the trusted domain opened from a phone go through it, because in
	// reality every phone has its own cookies and here they share one browser.
	EntryURL string

	Departments []Department
	Members     []Member
	// AllowUsers and AllowParties are the app's visible range; both empty means everyone.
	AllowUsers   []string
	AllowParties []int

	// AccountLimit is the corp's account ceiling (帐号上限): sending is limited to
	// 200 times that many person-times per day. Zero means at least 100, or the
	// number of members.
	AccountLimit int
	// APIPerMinute limits every API except sending; 10,000 when zero.
	APIPerMinute int

	// Now and Rand are the clock and the randomness; time.Now and crypto/rand when nil.
	Now  func() time.Time
	Rand io.Reader
	// HTTPClient delivers callbacks. It must not follow redirects.
	HTTPClient *http.Client
	// CallbackTimeout is 5 s when zero, as in WeCom; tests may shorten it.
	CallbackTimeout time.Duration
	// RetryPause is the wait before a callback is delivered again; 500 ms when zero.
	RetryPause time.Duration
	// Latency is added to every API call.
	Latency time.Duration

	// Busy, optional, says whether the app still works on this person's messages.
	// The terminal chat uses it to know when a turn is over.
	Busy func(ctx context.Context, userid string) (bool, error)
}

// Sim is a running WeCom with one corp and one app. Its methods may be called
// from any goroutine.
type Sim struct {
	cfg    Config
	env    *envelope // nil without callback settings
	client *http.Client
	mux    *http.ServeMux
	rand   io.Reader
	base   context.Context // ends with Close
	stop   context.CancelFunc
	work   sync.WaitGroup // callback lanes

	mu          sync.Mutex
	changed     chan struct{} // closed and replaced at every change a waiter may see
	callbackURL string
	latency     time.Duration
	dir         directory
	tokens      tokenState
	sending     sendState
	oauthCodes  map[string]*oauthCode
	media       map[string]*mediaFile
	menu        []MenuButton
	phones      map[string]*phoneState
	lanes       map[string]*lane
	faults      []*Injected
	baseCalls   map[string]*rate
	callCount   map[string]int
	calls       ledger[Call]
	violations  ledger[Note]
	warnings    ledger[Note]
	dropped     ledger[Drop]
	deliveries  ledger[Delivery]
}

// New checks the settings and builds the simulator. Call Close when done.
func New(cfg Config) (*Sim, error) {
	if cfg.CorpID == "" || cfg.Secret == "" || cfg.AgentID == 0 {
		return nil, errors.New("wecomsim: CorpID, AgentID and Secret are required")
	}
	if cfg.AppName == "" {
		cfg.AppName = "清风"
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Rand == nil {
		cfg.Rand = rand.Reader
	}
	if cfg.CallbackTimeout == 0 {
		cfg.CallbackTimeout = 5 * time.Second
	}
	if cfg.RetryPause == 0 {
		cfg.RetryPause = 500 * time.Millisecond
	}
	if cfg.AccountLimit == 0 {
		cfg.AccountLimit = max(100, len(cfg.Members))
	}
	if cfg.APIPerMinute == 0 {
		cfg.APIPerMinute = 10000
	}
	if cfg.HTTPClient == nil {
		cfg.HTTPClient = &http.Client{
			Transport:     &http.Transport{MaxIdleConnsPerHost: 64},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
	}
	s := &Sim{
		cfg: cfg, client: cfg.HTTPClient, rand: &lockedReader{r: cfg.Rand},
		changed: make(chan struct{}), callbackURL: cfg.CallbackURL, latency: cfg.Latency,
		dir: newDirectory(cfg), sending: newSendState(),
		oauthCodes: map[string]*oauthCode{}, media: map[string]*mediaFile{},
		phones: map[string]*phoneState{}, lanes: map[string]*lane{},
		baseCalls: map[string]*rate{}, callCount: map[string]int{},
	}
	if cfg.Token != "" || cfg.AESKey != "" {
		env, err := newEnvelope(cfg.CorpID, cfg.Token, cfg.AESKey, s.rand)
		if err != nil {
			return nil, err
		}
		s.env = env
	}
	s.base, s.stop = context.WithCancel(context.Background())
	s.mux = s.routes()
	return s, nil
}

// Handler serves the API, OAuth, the web chat and /sim/api.
func (s *Sim) Handler() http.Handler { return s.mux }

// Close stops deliveries that are under way and waits for them.
func (s *Sim) Close() {
	s.stop()
	s.work.Wait()
	s.client.CloseIdleConnections()
}

// SetCallbackURL points the callbacks somewhere else.
func (s *Sim) SetCallbackURL(url string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.callbackURL = url
}

// SetLatency changes the delay added to every API call.
func (s *Sim) SetLatency(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.latency = d
}

// routes lists everything this server answers.
func (s *Sim) routes() *http.ServeMux {
	m := http.NewServeMux()
	api := func(path string, methods string, h func(*call) (reply, *apiError)) {
		m.Handle(path, s.api(path, methods, h))
	}
	api("/cgi-bin/gettoken", "GET", s.getToken)
	api("/cgi-bin/message/send", "POST", s.sendMessage)
	api("/cgi-bin/message/update_template_card", "POST", s.updateCard)
	api("/cgi-bin/message/recall", "POST", s.recallMessage)
	api("/cgi-bin/auth/getuserinfo", "GET", s.getUserInfo)
	api("/cgi-bin/user/getuserinfo", "GET", s.getUserInfoOld)
	api("/cgi-bin/department/list", "GET POST", s.departmentList)
	api("/cgi-bin/department/simplelist", "GET POST", s.departmentSimpleList)
	api("/cgi-bin/department/get", "GET POST", s.departmentGet)
	api("/cgi-bin/user/get", "GET", s.userGet)
	api("/cgi-bin/user/simplelist", "GET", s.userSimpleList)
	api("/cgi-bin/user/list", "GET", s.userList)
	api("/cgi-bin/user/list_id", "POST", s.userListID)
	api("/cgi-bin/media/upload", "POST", s.mediaUpload)
	api("/cgi-bin/media/get", "GET", s.mediaGet)
	api("/cgi-bin/menu/create", "POST", s.menuCreate)
	api("/cgi-bin/menu/get", "GET", s.menuGet)
	api("/cgi-bin/menu/delete", "GET", s.menuDelete)
	api("/cgi-bin/agent/get", "GET", s.agentGet)
	api("/cgi-bin/getcallbackip", "GET", s.callbackIP)
	m.HandleFunc("/cgi-bin/", s.unknownAPI)
	m.HandleFunc("GET /connect/oauth2/authorize", s.authorize)
	s.simRoutes(m)
	s.webRoutes(m)
	return m
}

// notify wakes everyone who waits for a change. The caller holds mu.
func (s *Sim) notify() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// waitUntil blocks until ok, called under mu, says true.
func (s *Sim) waitUntil(ctx context.Context, ok func() bool) error {
	for {
		s.mu.Lock()
		done, ch := ok(), s.changed
		s.mu.Unlock()
		if done {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.base.Done():
			return errors.New("wecomsim: closed")
		case <-ch:
		}
	}
}

// random gives n bytes as hexadecimal text.
func (s *Sim) random(n int) string { return hex.EncodeToString(s.randomBytes(n)) }

func (s *Sim) randomBytes(n int) []byte {
	b := make([]byte, n)
	if _, err := io.ReadFull(s.rand, b); err != nil {
		panic(fmt.Sprintf("wecomsim: randomness: %v", err)) // nothing sensible can go on
	}
	return b
}

// longRandom is as long as real tokens are, so that short columns show.
func (s *Sim) longRandom() string { return base64.RawURLEncoding.EncodeToString(s.randomBytes(160)) }

// lockedReader lets an injected source that is not safe for concurrent use serve all goroutines.
type lockedReader struct {
	mu sync.Mutex
	r  io.Reader
}

func (l *lockedReader) Read(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.r.Read(p)
}

// sleep waits in real time, less when the context ends.
func sleep(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

func sameUser(a, b string) bool { return strings.EqualFold(a, b) }
