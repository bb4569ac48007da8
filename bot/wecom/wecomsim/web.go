package wecomsim

import (
	_ "embed" // the page is one file
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

//go:embed web/index.html
var indexHTML []byte

// webRoutes serves the phone-like page.
func (s *Sim) webRoutes(m *http.ServeMux) {
	m.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/sim/", http.StatusFound)
	})
	m.HandleFunc("GET /sim", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/sim/", http.StatusFound)
	})
	m.HandleFunc("GET /sim/{$}", func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Cache-Control", "no-store")
		h.Set("Content-Security-Policy", "default-src 'self'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src * data:")
		_, _ = w.Write(indexHTML)
	})
	m.HandleFunc("GET /sim/open", s.openPage)
	m.HandleFunc("GET /sim/media/{id}", s.showMedia)
}

// openPage opens a link as the person whose phone shows it: the authorize page
// finds the person in a short-lived cookie. Links to the trusted domain take the
// way round the app's login, see Config.EntryURL.
func (s *Sim) openPage(w http.ResponseWriter, r *http.Request) {
	target := r.URL.Query().Get("url")
	if e := checkURL("url", target); e != nil {
		http.Error(w, e.msg, http.StatusBadRequest)
		return
	}
	http.SetCookie(w, &http.Cookie{
		Name: asCookie, Value: url.QueryEscape(r.URL.Query().Get("as")), Path: "/", MaxAge: 120,
		HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
	u, err := url.Parse(target)
	if err == nil && s.cfg.EntryURL != "" && strings.EqualFold(u.Host, s.cfg.TrustedDomain) {
		target = fmt.Sprintf(s.cfg.EntryURL, url.QueryEscape(u.RequestURI()))
	}
	http.Redirect(w, r, target, http.StatusFound)
}

// showMedia shows a picture or file on the page.
func (s *Sim) showMedia(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	m := s.media[r.PathValue("id")]
	s.mu.Unlock()
	if m == nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", m.contentType())
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if m.kind != "image" {
		w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", m.name))
	}
	_, _ = w.Write(m.data)
}
