package public

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"errors"
	"fmt"
	"html/template"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"path"
	"strconv"
	"time"

	"qingfeng/bot/survey"
	"qingfeng/bot/text"
)

//go:embed templates/*.html templates/*.css templates/*.js
var files embed.FS

// Ballots is where ballots go. bot/pg satisfies it.
type Ballots interface {
	// Sheet is what the holder of a token is asked; survey.ErrSpent when it is good for
	// nothing.
	Sheet(ctx context.Context, token string) (survey.Sheet, error)
	// Cast takes a ballot for a token, once; survey.ErrSpent afterwards.
	Cast(ctx context.Context, token string, b survey.Ballot) error
}

// Config is what the pages are made of. Ballots, Stop and Log are needed always; the rest,
// but for Secure and Proxies, as soon as there is a Store. Without one there are ballots only.
type Config struct {
	Ballots Ballots
	// Stop is the red-line guard: words of a ballot it stops are not taken.
	Stop   func(words string) bool
	Secure bool // reached over https
	Log    *slog.Logger

	Store Store
	Meter Meter
	Outer Outer
	// Door reads an opinion before it is taken: report says that it is about what some
	// person did and so belongs to another door; stopped, that it holds numbers of people
	// or marks of secrecy. why is the phrase that was found, for showing it.
	Door func(words string) (report, stopped bool, why string)
	// Key signs proofs and questions: at least 32 bytes, the same in all processes of a
	// listener, new with each start.
	Key []byte
	// Proxies are whose X-Forwarded-For is believed (QINGFENG_TRUSTED_PROXIES).
	Proxies []netip.Prefix
	Now     func() time.Time
	Random  io.Reader // nil: crypto/rand
}

// Limits of one request and sizes of answers.
const (
	bodyMax = 48 << 10         // bytes of a form without an image; PadSize fits well
	timeMax = 15 * time.Second // also with an image: the process that reads it ends soon after

	// AnswerSize is the size in bytes of every answer to a POST, whatever came of it.
	AnswerSize = 64 << 10
	// PageStep is what the size in bytes of every other page is a multiple of.
	PageStep = 16 << 10
	// PadSize is the size in bytes that a form's body is filled up to where scripts run:
	// 1,500 characters of three bytes, each percent-encoded, with room.
	PadSize = 20 << 10
)

type site struct {
	Config
	pages  *template.Template
	style  template.CSS
	script template.JS
	csp    string
	slow   chan struct{} // argon2: 19 MiB each
	large  chan struct{} // images in memory
	draw   chan struct{} // images being decoded
}

// New is the citizens' pages.
func New(c Config) (http.Handler, error) {
	if c.Ballots == nil || c.Stop == nil || c.Log == nil {
		return nil, errors.New("public: a part of the configuration is missing")
	}
	if c.Store != nil && (c.Meter == nil || c.Outer == nil || c.Door == nil || c.Now == nil || len(c.Key) < 32) {
		return nil, errors.New("public: a part of the configuration for notices is missing")
	}
	if c.Random == nil {
		c.Random = rand.Reader
	}
	style, err := files.ReadFile("templates/public.css")
	if err != nil {
		return nil, fmt.Errorf("public: %w", err)
	}
	script, err := files.ReadFile("templates/public.js")
	if err != nil {
		return nil, fmt.Errorf("public: %w", err)
	}
	pages, err := template.New("").Funcs(template.FuncMap{
		"field": survey.QuestionField, "add": func(a, b int) int { return a + b }, "day": dayWords, "pad": func() int { return PadSize },
	}).ParseFS(files, "templates/*.html")
	if err != nil {
		return nil, fmt.Errorf("public: %w", err)
	}
	s := &site{
		Config: c, pages: pages, style: template.CSS(style), script: template.JS(script), //nolint:gosec // our own files
		csp: "default-src 'none'; style-src 'sha256-" + digest(style) + "'; script-src 'sha256-" + digest(script) +
			"'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
		slow: make(chan struct{}, 2), large: make(chan struct{}, 4), draw: make(chan struct{}, 1),
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /b", s.ask)
	mux.HandleFunc("POST /b", s.ballot)
	mux.HandleFunc("POST /b/send", s.send)
	if c.Store != nil {
		mux.HandleFunc("GET /n/{code}", s.notice)
		mux.HandleFunc("GET /s/{code}", s.survey)
		mux.HandleFunc("POST /f", s.take)
		mux.HandleFunc("GET /r", s.lookup)
		mux.HandleFunc("POST /r", s.answer)
	}
	mux.HandleFunc("/", s.nothing)
	return s.guarded(mux), nil
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return base64.StdEncoding.EncodeToString(sum[:])
}

// reply is an answer that knows how much it may tell by its size and status.
type reply struct {
	http.ResponseWriter
	fixed bool // exactly AnswerSize
	even  bool // status 200, whatever came of it: a proxy's log has statuses
}

// Unwrap is for http.ResponseController.
func (w *reply) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// guarded puts limits and headers around every page.
func (s *site) guarded(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w := &reply{ResponseWriter: rw, fixed: r.Method == http.MethodPost}
		w.even = w.fixed && s.Store != nil && (r.URL.Path == "/f" || r.URL.Path == "/r")
		ctx, cancel := context.WithTimeout(r.Context(), timeMax)
		defer cancel()
		h := w.Header()
		h.Set("Content-Security-Policy", s.csp)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
		h.Set("Cache-Control", "no-store, no-transform")
		// Sizes would tell again if a proxy compressed what was filled up; with an encoding
		// already there none does.
		h.Set("Content-Encoding", "identity")
		if s.Secure {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		if !w.even {
			r.Body = http.MaxBytesReader(rw, r.Body, bodyMax)
		}
		defer func() {
			// A panic's own words could hold what somebody wrote.
			if recover() != nil {
				s.Log.Error("public page failed", "code", "panic")
				s.say(w, http.StatusInternalServerError, text.BallotBroken, text.PublicBrokenHow)
			}
		}()
		if r.URL.Path != path.Clean(r.URL.Path) { // the mux would redirect, in another size
			s.nothing(w, r)
			return
		}
		mux.ServeHTTP(w, r.WithContext(ctx))
	})
}

// page is everything a page of ours shows.
type page struct {
	Title  string
	Style  template.CSS
	Script template.JS
	Body   any
}

// message is a page that only says something.
type message struct{ Title, Say string }

func (s *site) show(w http.ResponseWriter, status int, name, title string, body any) {
	p := page{Title: title, Style: s.style, Body: body}
	switch name {
	case "notice", "form", "report", "receipt", "lookup", "answer", "survey":
		p.Script = s.script
	}
	var out bytes.Buffer
	if err := s.pages.ExecuteTemplate(&out, name, p); err != nil {
		s.Log.Error("public page failed", "code", "template "+name)
		out.Reset()
		out.WriteString(http.StatusText(http.StatusInternalServerError))
		status = http.StatusInternalServerError
	}
	rw, _ := w.(*reply)
	size := (out.Len() + len(fillFrame) + PageStep - 1) / PageStep * PageStep
	if rw != nil && rw.fixed && size > AnswerSize && name != "message" {
		s.Log.Error("public page failed", "code", "size "+name)
		s.say(w, http.StatusInternalServerError, text.BallotBroken, text.PublicBrokenHow)
		return
	}
	if rw != nil && rw.fixed {
		size = AnswerSize
	}
	if rw != nil && rw.even {
		status = http.StatusOK
	}
	s.fill(&out, size)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(out.Len()))
	w.WriteHeader(status)
	_, _ = w.Write(out.Bytes())
	clear(out.Bytes())
}

const fillFrame = "<!-- -->"

// fill makes a page exactly size bytes long with a comment of random letters.
func (s *site) fill(out *bytes.Buffer, size int) {
	n := size - out.Len() - len(fillFrame)
	raw := make([]byte, n*3/4+3)
	_, _ = io.ReadFull(s.Random, raw)
	out.WriteString("<!-- " + base64.StdEncoding.EncodeToString(raw)[:n] + "-->")
}

func (s *site) say(w http.ResponseWriter, status int, title, say string) {
	s.show(w, status, "message", title, message{title, say})
}

// fail says why not. A fault of ours leaves its name in the log and nothing of the request.
func (s *site) fail(w http.ResponseWriter, err error) {
	var large *http.MaxBytesError
	switch {
	case errors.Is(err, survey.ErrSpent):
		s.say(w, http.StatusGone, text.BallotSpent, text.BallotSpentHow)
	case errors.As(err, &large):
		s.say(w, http.StatusRequestEntityTooLarge, text.BallotTooLarge, text.BallotLargeHow)
	default:
		s.fault(err)
		s.say(w, http.StatusServiceUnavailable, text.BallotBroken, text.BallotBrokenHow)
	}
}

// fault leaves the name of a fault of ours in the log.
func (s *site) fault(err error) {
	code := "store"
	var sql interface{ SQLState() string }
	switch {
	case errors.As(err, &sql):
		code = "sql " + sql.SQLState()
	case errors.Is(err, context.DeadlineExceeded):
		code = "timeout"
	}
	s.Log.Error("public page failed", "code", code)
}

func (s *site) nothing(w http.ResponseWriter, _ *http.Request) {
	how := text.BallotNothingHow
	if s.Store != nil {
		how = text.PublicNothingHow
	}
	s.say(w, http.StatusNotFound, text.BallotNothing, how)
}

// china is civil time: every date a citizen reads or leaves behind is a day there.
func china() *time.Location { return time.FixedZone("CST", 8*60*60) }

func (s *site) today() string { return s.Now().In(china()).Format(time.DateOnly) }

// dayWords is a date as people read it; what is none stays as it is.
func dayWords(v any) string {
	switch d := v.(type) {
	case string:
		t, err := time.Parse(time.DateOnly, d)
		if err != nil {
			return d
		}
		return dayWords(t)
	case time.Time:
		if d.IsZero() {
			return ""
		}
		return fmt.Sprintf(text.PublicDay, d.Year(), int(d.Month()), d.Day())
	}
	return ""
}
