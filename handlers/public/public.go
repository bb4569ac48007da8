package public

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"time"

	"qingfeng/bot/survey"
	"qingfeng/bot/text"
)

//go:embed templates/*.html templates/*.css
var files embed.FS

// Ballots is where ballots go. bot/pg satisfies it.
type Ballots interface {
	// Sheet is what the holder of a token is asked; survey.ErrSpent when it is good for
	// nothing.
	Sheet(ctx context.Context, token string) (survey.Sheet, error)
	// Cast takes a ballot for a token, once; survey.ErrSpent afterwards.
	Cast(ctx context.Context, token string, b survey.Ballot) error
}

// Config is what the pages are made of. All but Secure is needed.
type Config struct {
	Ballots Ballots
	// Stop is the red-line guard: words it stops are not taken.
	Stop   func(words string) bool
	Secure bool // reached over https
	Log    *slog.Logger
}

// Limits of one request.
const (
	bodyMax = 16 << 10 // bytes of a form
	timeMax = 15 * time.Second
)

type site struct {
	Config
	pages *template.Template
	style template.CSS
	csp   string
}

// New is the citizens' pages.
func New(c Config) (http.Handler, error) {
	if c.Ballots == nil || c.Stop == nil || c.Log == nil {
		return nil, errors.New("public: a part of the configuration is missing")
	}
	style, err := files.ReadFile("templates/public.css")
	if err != nil {
		return nil, fmt.Errorf("public: %w", err)
	}
	pages, err := template.New("").Funcs(template.FuncMap{"field": survey.QuestionField, "add": func(a, b int) int { return a + b }}).ParseFS(files, "templates/*.html")
	if err != nil {
		return nil, fmt.Errorf("public: %w", err)
	}
	sum := sha256.Sum256(style)
	s := &site{Config: c, pages: pages, style: template.CSS(style), //nolint:gosec // our own file
		csp: "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /b", s.ask)
	mux.HandleFunc("POST /b", s.ballot)
	mux.HandleFunc("POST /b/send", s.send)
	mux.HandleFunc("/", s.nothing)
	return s.guarded(mux), nil
}

// guarded puts limits and headers around every page.
func (s *site) guarded(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
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
		h.Set("Cache-Control", "no-store")
		if s.Secure {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		r.Body = http.MaxBytesReader(w, r.Body, bodyMax)
		mux.ServeHTTP(w, r.WithContext(ctx))
	})
}

// page is everything a page of ours shows.
type page struct {
	Title string
	Style template.CSS
	Body  any
}

// message is a page that only says something.
type message struct{ Title, Say string }

func (s *site) show(w http.ResponseWriter, status int, name, title string, body any) {
	var out bytes.Buffer
	if err := s.pages.ExecuteTemplate(&out, name, page{Title: title, Style: s.style, Body: body}); err != nil {
		s.Log.Error("public page failed", "code", "template "+name)
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(out.Bytes())
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
		code := "store"
		var sql interface{ SQLState() string }
		switch {
		case errors.As(err, &sql):
			code = "sql " + sql.SQLState()
		case errors.Is(err, context.DeadlineExceeded):
			code = "timeout"
		}
		s.Log.Error("public page failed", "code", code)
		s.say(w, http.StatusServiceUnavailable, text.BallotBroken, text.BallotBrokenHow)
	}
}

func (s *site) nothing(w http.ResponseWriter, _ *http.Request) {
	s.say(w, http.StatusNotFound, text.BallotNothing, text.BallotNothingHow)
}
