package web

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"qingfeng/bot/text"
)

// Limits of one request.
const (
	bodyMax     = 256 << 10       // bytes of an ordinary form
	uploadMax   = 10<<20 + 64<<10 // an uploaded form, with what multipart adds
	importMax   = 6 << 20         // an uploaded sheet, once more in base64 on the way back
	timeMax     = 20 * time.Second
	headerCSP   = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
	noStore     = "no-store"
	hstsOneYear = "max-age=31536000"
)

// guarded puts limits and headers around every page and logs the route and its status,
// nothing else: addresses and forms hold business.
func (s *site) guarded(mux *http.ServeMux, origin string) (http.Handler, error) {
	// Forms sent from other sites are refused before anything looks at them; each form
	// carries its session's token besides.
	door := http.NewCrossOriginProtection()
	if err := door.AddTrustedOrigin(origin); err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	door.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.problem(&visit{w: w, r: r}, http.StatusForbidden, problem{Title: text.WebStale, Say: text.WebForeign, Link: "/", LinkText: text.WebBackHome})
	}))
	inner := door.Handler(mux)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		within, limit := timeMax, int64(bodyMax)
		switch {
		case r.URL.Path == uploadPath:
			within, limit = uploadTime, filesMax+1<<20
		case r.URL.Path == "/ask":
			within = askTime
		case strings.HasSuffix(r.URL.Path, "/upload"):
			limit = uploadMax
		case r.URL.Path == "/import":
			limit = importMax
		}
		ctx, cancel := context.WithTimeout(r.Context(), within)
		defer cancel()
		r = r.WithContext(ctx)
		h := w.Header()
		h.Set("Content-Security-Policy", headerCSP)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
		h.Set("Cache-Control", noStore)
		if s.secure {
			h.Set("Strict-Transport-Security", hstsOneYear)
		}
		r.Body = http.MaxBytesReader(w, r.Body, limit)
		out := &answer{ResponseWriter: w}
		started := s.Now()
		inner.ServeHTTP(out, r)
		route := r.Pattern
		if route == "" {
			route = "none"
		}
		if route == "POST "+drawRoute {
			return // the moment at which somebody took part is nobody's business
		}
		s.Log.Info("page", "route", route, "status", out.code(), "ms", s.Now().Sub(started).Milliseconds())
	}), nil
}

// answer remembers the status that was sent.
type answer struct {
	http.ResponseWriter
	status int
}

func (a *answer) WriteHeader(code int) {
	if a.status == 0 {
		a.status = code
	}
	a.ResponseWriter.WriteHeader(code)
}

func (a *answer) code() int {
	if a.status == 0 {
		return http.StatusOK
	}
	return a.status
}

// Unwrap lets the standard library find the real writer.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }
