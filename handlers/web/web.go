package web

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/form"
	"qingfeng/bot/risk"
	"qingfeng/handlers"
)

//go:embed templates/*.html static/*
var files embed.FS

// Register is the register and what stands at its door.
type Register interface {
	handlers.Register
	// Who is the person behind a member id with today's roles; Person 0 for strangers.
	Who(ctx context.Context, id bot.UserID) (bot.Actor, error)
	Campaigns(ctx context.Context) ([]risk.Campaign, error)

	NewSession(ctx context.Context, id bot.UserID) (token string, s bot.Session, err error)
	Session(ctx context.Context, token string) (bot.Session, bool, error)
	EndSession(ctx context.Context, token string) error
	NewOAuthState(ctx context.Context, target string) (string, error)
	TakeOAuthState(ctx context.Context, state string) (target string, ok bool, err error)
}

// Login is WeCom's OAuth.
type Login interface {
	AuthorizeURL(state, redirect string) string
	// Login exchanges a code for the member; a *bot.Error is shown to the person.
	Login(ctx context.Context, code string) (bot.UserID, error)
}

// Lanes runs fn as one turn in a person's lane: in one transaction, in order with the
// chat, effects applied. fn may run more than once; the last run counts. An error undoes
// everything; a *bot.Error is shown on the page.
type Lanes interface {
	Do(ctx context.Context, user bot.UserID, fn convo.Handler) error
}

// Importer plans or applies a sheet, as `qingfeng import` does.
type Importer interface {
	Import(ctx context.Context, kind form.Import, data []byte, dry bool) (ImportReport, error)
}

// ImportReport is what an import did, or would do. Done is false for a dry run and when
// an issue forbids the import.
type ImportReport struct {
	Issues []risk.ImportIssue
	Lines  []risk.ImportLine
	Done   bool
}

// Config is what the pages are made of. All of it is needed.
type Config struct {
	Desk      *handlers.Desk
	Register  Register
	Login     Login
	Lanes     Lanes
	Importer  Importer
	Knowledge Knowledge
	BaseURL   string // as members reach the pages, without a slash at the end; https makes cookies Secure
	PublicURL string // where people reach the citizens' listener, for ballots; without a slash at the end
	Now       func() time.Time
	Log       *slog.Logger
}

// site is the pages.
type site struct {
	Config
	secure bool // served over https
	pages  map[string]*template.Template
	css    string     // the style sheet's address, which changes with its content
	photos sync.Mutex // one photo is made anew at a time
}

// page answers one request of a recognised person.
type page func(ctx context.Context, v *visit) error

// New is the staff pages, /oauth/callback, /healthz and /readyz.
func New(c Config) (http.Handler, error) {
	if c.Desk == nil || c.Register == nil || c.Login == nil || c.Lanes == nil || c.Importer == nil || !c.Knowledge.whole() || c.Now == nil || c.Log == nil {
		return nil, errors.New("web: a part of the configuration is missing")
	}
	base, err := url.Parse(c.BaseURL)
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" {
		return nil, fmt.Errorf("web: base url %q is not an http address", c.BaseURL)
	}
	c.BaseURL = strings.TrimRight(c.BaseURL, "/")
	s := &site{Config: c, secure: base.Scheme == "https"}
	style, err := fs.ReadFile(files, "static/app.css")
	if err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	s.css = "/static/app." + fingerprint(string(style)) + ".css"
	if s.pages, err = parsePages(); err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}

	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", s.health)
	mux.HandleFunc("GET /readyz", s.ready)
	mux.HandleFunc("GET /oauth/callback", s.callback)
	mux.HandleFunc("GET /login", s.login)
	mux.HandleFunc("GET /static/{file}", s.static(style))
	mux.HandleFunc("/", s.nothing)
	for pattern, p := range map[string]page{
		"GET /{$}":         s.home,
		"POST /logout":     s.logout,
		"GET /my/{check}":  s.myCheck,
		"POST /my/{check}": s.myCheckDo,

		"GET /my/{check}/rows/{no}":       s.row,
		"POST /my/{check}/rows/{no}":      s.saveRow,
		"POST /my/{check}/rows/{no}/use":  s.useRewrite,
		"POST /my/{check}/rows/{no}/drop": s.dropRow,
		"POST /my/{check}/proposal":       s.answerProposal,
		"GET /my/{check}/form":            s.formPage,
		"POST /my/{check}/export":         s.exportOwn,
		"GET /my/{check}/upload":          s.upload,
		"POST /my/{check}/upload":         s.uploaded,

		"GET /todo":  s.todo,
		"POST /todo": s.todoDo,

		"GET /reviews":                   s.reviews,
		"POST /reviews":                  s.passClean,
		"GET /review/{review}":           s.review,
		"POST /review/{review}":          s.decide,
		"POST /review/{review}/recuse":   s.recuse,
		"GET /mutual/{section}":          s.mutual,
		"POST /mutual/{section}":         s.closeMutual,
		"GET /delegate":                  s.delegate,
		"POST /delegate":                 s.setDelegate,
		"GET /grading/{campaign}":        s.grading,
		"POST /grading/{campaign}":       s.gradingExport,
		"GET /plans":                     s.plans,
		"POST /plans":                    s.plansDo,
		"POST /routines":                 s.setRoutine,
		"GET /plans/{plan}":              s.plan,
		"POST /plans/{plan}":             s.planDo,
		"GET /campaign/{campaign}/plan":  s.run,
		"POST /campaign/{campaign}/plan": s.runDo,
		"GET /board":                     s.board,
		"POST /board/{check}":            s.boardDo,
		"POST /board/export":             s.boardExport,
		"GET /import":                    s.importPage,
		"POST /import":                   s.importDo,
		"GET /import/{kind}/template":    s.importTemplate,

		"GET /clause/{id}":     s.clause,
		"GET /ask":             s.ask,
		"POST /ask":            s.asked,
		"POST /ask/{question}": s.judge,
	} {
		mux.Handle(pattern, s.known(p))
	}
	for pattern, p := range s.surveyRoutes() {
		mux.Handle(pattern, s.known(p))
	}
	for pattern, p := range s.openSurveyRoutes() {
		mux.Handle(pattern, s.known(p))
	}
	for pattern, p := range s.noticeRoutes() {
		mux.Handle(pattern, s.known(p))
	}
	for pattern, p := range s.talkRoutes() {
		mux.Handle(pattern, s.known(p))
	}
	for pattern, p := range s.opinionRoutes() {
		mux.Handle(pattern, s.known(p))
	}
	for pattern, p := range map[string]struct{ may, page page }{
		"GET /library":            {s.keeper, s.library},
		"POST " + uploadPath:      {s.sender, s.libraryUpload},
		"POST /library/switches":  {s.coordinator, s.setSwitch},
		"GET /library/{version}":  {s.keeper, s.libraryVersion},
		"POST /library/{version}": {s.keeper, s.libraryVersionDo},
		"GET /questions":          {s.coordinator, s.openQuestions},
		"POST /questions":         {s.coordinator, s.settleQuestions},
	} {
		mux.Handle(pattern, s.knownTo(p.may, p.page))
	}
	return s.guarded(mux, base.Scheme+"://"+base.Host)
}

func (s *site) health(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") }

// ready asks the database something that needs the schema.
func (s *site) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 3*time.Second)
	defer cancel()
	if _, _, err := s.Register.Campaign(ctx); err != nil {
		http.Error(w, "database", http.StatusServiceUnavailable)
		return
	}
	fmt.Fprintln(w, "ready")
}

// static serves the style sheet under the address of its content, for ever.
func (s *site) static(style []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if "/static/"+r.PathValue("file") != s.css {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/css; charset=utf-8")
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		_, _ = w.Write(style)
	}
}
