package web

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/opinion"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

// frame is what every page has around it.
type frame struct {
	Title string
	CSS   string
	Actor bot.Actor
	CSRF  string
	Nav   []link
	Flash *flash
}

// framed is a page in its frame, as templates see it.
type framed struct {
	frame
	Page any
}

func (s *site) frame(v *visit, title string) frame {
	return frame{Title: title, CSS: s.css, Actor: v.actor, CSRF: v.csrf, Nav: nav(v), Flash: v.flash}
}

// link is one entry of the bar at the top.
type link struct {
	Text, URL string
	Here      bool
}

// parsePages reads every template once, with the frame around it.
func parsePages() (map[string]*template.Template, error) {
	all, err := fs.Glob(files, "templates/*.html")
	if err != nil {
		return nil, err
	}
	pages := map[string]*template.Template{}
	for _, name := range all {
		base := strings.TrimSuffix(path.Base(name), ".html")
		if strings.HasPrefix(base, "_") {
			continue
		}
		t, err := template.New("").Funcs(template.FuncMap{
			"day": day, "date": date, "clock": clock, "join": strings.Join, "level": levelClass, "add": func(a, b int) int { return a + b },
			"state": stateLabel, "tone": stateTone, "measure": measureLine, "levelOf": levelOf, "ticket": fingerprint, "scale": scale,
			"opinionKind": func(x opinion.Kind) string { return text.OpinionKind(string(x)) }, "opinionState": func(x opinion.State) string { return text.OpinionState(string(x)) },
			"opinionChannel": func(x opinion.Channel) string { return text.OpinionChannel(string(x)) }, "opinionOutcome": func(x opinion.Outcome) string { return text.OpinionOutcome(string(x)) },
			"tipState": text.TipState,
			"on":       onForm, "isTrue": func(b *bool) bool { return b != nil && *b },
		}).ParseFS(files, "templates/_*.html", name)
		if err != nil {
			return nil, err
		}
		pages[base] = t
	}
	return pages, nil
}

// show renders a page. data is what the page itself needs; the frame is around it.
func (s *site) show(v *visit, status int, name, title string, data any) error {
	t, ok := s.pages[name]
	if !ok {
		return fmt.Errorf("web: no template %s", name)
	}
	var out bytes.Buffer
	err := t.ExecuteTemplate(&out, "frame", framed{s.frame(v, title), data})
	if err != nil {
		return fmt.Errorf("web: render %s: %w", name, err)
	}
	v.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	v.w.WriteHeader(status)
	_, _ = v.w.Write(out.Bytes())
	return nil
}

// nav is where this person may go.
func nav(v *visit) []link {
	if v.actor.Person == 0 {
		return nil
	}
	all := []link{{Text: text.WebNavHome, URL: "/"}}
	if v.actor.Has(reviewers()...) {
		all = append(all, link{Text: text.WebNavReviews, URL: "/reviews"})
	}
	if mayBoard(v.actor) {
		all = append(all, link{Text: text.WebNavBoard, URL: "/board"})
	}
	all = append(all, link{Text: text.WebNavTalks, URL: "/talks"})
	all = append(all, link{Text: text.WebNavAsk, URL: "/ask"})
	if v.actor.Coordinator() || discipline(v.actor) {
		all = append(all, link{Text: text.WebNavLibrary, URL: "/library"})
	}
	if v.actor.Coordinator() {
		all = append(all, link{Text: text.WebNavImport, URL: "/import"})
	}
	for i := range all {
		all[i].Here = v.r.URL.Path == all[i].URL
	}
	return all
}

// problem is a page that says why not, and what to do.
type problem struct {
	Title, Say     string
	Link, LinkText string
	Kept           []string // what was typed, to be copied
}

func (s *site) problem(v *visit, status int, p problem) {
	v.flash = nil
	if err := s.show(v, status, "problem", p.Title, p); err != nil {
		s.Log.Error("page", "code", opOf(err))
		http.Error(v.w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
	}
}

// denied says why somebody may not see or do something.
type denied struct{ say string }

func (d *denied) Error() string { return "web: denied" }

func deny(say string) error { return &denied{say} }

// fail turns an error into a page.
func (s *site) fail(v *visit, err error) {
	var (
		no    *denied
		large *http.MaxBytesError
	)
	home := problem{Link: "/", LinkText: text.WebBackHome}
	status := http.StatusInternalServerError
	switch {
	case errors.As(err, &no):
		status, home.Title, home.Say = http.StatusForbidden, text.WebDenied, no.say
	case errors.As(err, &large):
		status, home.Title, home.Say = http.StatusRequestEntityTooLarge, text.WebTooLarge, text.WebTooLargeHow
		if v.r.URL.Path == uploadPath {
			home.Say = fmt.Sprintf(text.LibraryTooLarge, filesMax>>20)
		}
	case errors.Is(err, errBadForm):
		status, home.Title, home.Say = http.StatusBadRequest, text.WebBadForm, text.WebBadFormHow
	case errors.Is(err, risk.ErrNone), errors.Is(err, errNotFound):
		status, home.Title, home.Say = http.StatusNotFound, text.WebNotFound, text.WebNotFoundHow
	case errors.Is(err, convo.ErrBusy):
		status, home.Title, home.Say, home.Kept = http.StatusServiceUnavailable, text.WebBusy, text.WebBusyHow, typed(v.r)
	case bot.Says(err) != "":
		status, home.Title, home.Say = http.StatusUnprocessableEntity, text.WebNotDone, bot.Says(err)
		home.Kept = typed(v.r)
	default:
		s.Log.Error("page failed", "route", v.r.Pattern, "code", opOf(err))
		home.Title, home.Say, home.Kept = text.WebBroken, text.WebBrokenHow, typed(v.r)
	}
	s.problem(v, status, home)
}

var (
	errNotFound = errors.New("web: no such page")
	errBadForm  = errors.New("web: the form cannot be read")
)

func (s *site) nothing(w http.ResponseWriter, r *http.Request) {
	s.fail(&visit{w: w, r: r}, errNotFound)
}

// opOf names an error without its words, which may quote a person.
func opOf(err error) string {
	var refusal *bot.Error
	var sql interface{ SQLState() string }
	switch {
	case errors.As(err, &refusal):
		return refusal.Op
	case errors.As(err, &sql):
		return "sql " + sql.SQLState()
	case errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	}
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(err) {
		err = inner
	}
	return fmt.Sprintf("%T", err)
}

// do runs a change as a turn in the visitor's lane and returns what was said in it.
// A refusal with words comes back as an error; nothing of the turn happened then.
func (s *site) do(ctx context.Context, v *visit, fn convo.Handler) (said []string, err error) {
	err = s.Lanes.Do(ctx, v.actor.UserID, func(ctx context.Context, t *convo.Turn) error {
		said = nil
		if err := fn(ctx, t); err != nil {
			return err
		}
		said = t.TakeSaid()
		return nil
	})
	return said, err
}

// press presses a button of a card from a page: the same words, the same checks.
func (s *site) press(ctx context.Context, v *visit, verb string, ids ...int64) ([]string, error) {
	h, ok := s.Desk.Presses()[verb]
	if !ok {
		return nil, errNotFound
	}
	key := verb
	for _, id := range ids {
		key += ":" + strconv.FormatInt(id, 10)
	}
	return s.do(ctx, v, func(ctx context.Context, t *convo.Turn) error {
		t.Answer = convo.Answer{Keys: []string{key}}
		return h(ctx, t)
	})
}

// stopped applies the red-line guard to everything typed into a form, before anything
// of it is stored; the chat's texts are stopped before they reach the inbox.
func (s *site) stopped(ctx context.Context, v *visit, texts ...string) error {
	for _, said := range texts {
		stop := risk.Guard(said)
		if stop == nil {
			continue
		}
		if err := s.Register.Record(ctx, risk.Event{Actor: v.actor.Person, Action: "guard.stop", Object: "page", Result: "refused", Note: stop.Rule}); err != nil {
			return err
		}
		return bot.Refuse(text.StoppedPage, "web: red line")
	}
	return nil
}

// parse reads the form of a request.
func (v *visit) parse() error {
	var err error
	if strings.HasPrefix(v.r.Header.Get("Content-Type"), "multipart/form-data") {
		err = v.r.ParseMultipartForm(1 << 20)
	} else {
		err = v.r.ParseForm()
	}
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return err
	case err != nil:
		return errBadForm
	}
	return nil
}

// number is a path value that must be a positive number.
func (v *visit) number(name string) (int64, error) {
	n, err := strconv.ParseInt(v.r.PathValue(name), 10, 64)
	if err != nil || n <= 0 {
		return 0, errNotFound
	}
	return n, nil
}

// value is one field of the form, trimmed, with the browser's line ends made plain.
func (v *visit) value(name string) string { return plain(v.r.PostFormValue(name)) }

// values are all fields of a name.
func (v *visit) values(name string) []string {
	out := slices.Clone(v.r.PostForm[name])
	for i := range out {
		out[i] = plain(out[i])
	}
	return out
}

func plain(s string) string { return strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n")) }

// typed is what a person wrote into a form, for them to keep.
func typed(r *http.Request) []string {
	var out []string
	for name, values := range r.PostForm {
		switch name {
		case "csrf", "was", "rev", "file", "ticket", "pass", "pass2": // nothing a person wants back
			continue
		}
		for _, s := range values {
			if s = plain(s); len([]rune(s)) >= 6 && len(s) < 16<<10 {
				out = append(out, s)
			}
		}
	}
	slices.Sort(out)
	return out[:min(len(out), 20)]
}

func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	t = bot.Local(t)
	return fmt.Sprintf(text.DayMonth, int(t.Month()), t.Day())
}

// date is a day for an input field.
func date(t time.Time) string { return bot.Local(t).Format(time.DateOnly) }

func clock(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return bot.Local(t).Format(text.WebClock)
}
