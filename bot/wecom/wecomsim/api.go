package wecomsim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// maxBody is the largest request read: a 20 MB file with its form around it.
const maxBody = 21 << 20

// apiError is an official error code with its text.
type apiError struct {
	code int
	msg  string
}

func fail(code int, format string, args ...any) *apiError {
	return &apiError{code: code, msg: fmt.Sprintf(format, args...)}
}

// reply is what a handler answers: fields beside errcode, or a file.
type reply struct {
	fields map[string]any
	file   *mediaFile
}

func ok(fields map[string]any) (reply, *apiError) { return reply{fields: fields}, nil }

// call is one API request on its way through a handler.
type call struct {
	path  string
	query url.Values
	head  http.Header
	body  []byte
	ip    string
	now   time.Time

	invalid []string // receivers that a fault makes unreachable, lower case
}

// api wraps a handler with everything all APIs share, in WeCom's order: token,
// method, frequency. The handler runs under mu.
func (s *Sim) api(path, methods string, h func(*call) (reply, *apiError)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			http.Error(w, "body too large", http.StatusRequestEntityTooLarge)
			return
		}
		s.mu.Lock()
		latency := s.latency
		s.mu.Unlock()
		sleep(r.Context(), latency)

		f := s.fire(path)
		if f != nil && f.before(w, r) {
			s.record(call{path: path}, nil, fail(f.status(), "HTTP fault"), f)
			return
		}
		c := &call{path: path, query: r.URL.Query(), head: r.Header, body: body, ip: clientIP(r)}
		rep, fault := s.dispatch(c, methods, r.Method, h, f)
		if f != nil && f.after(w, r, s.base) {
			return
		}
		writeReply(w, rep, fault)
	})
}

// dispatch runs the checks and the handler as one atomic step.
func (s *Sim) dispatch(c *call, methods, method string, h func(*call) (reply, *apiError), f *Injected) (reply, *apiError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.now = s.cfg.Now()
	rep, e := func() (reply, *apiError) {
		if f != nil {
			if e := f.errcode(s); e != nil {
				return reply{}, e
			}
			if f.Kind == FaultInvalid {
				c.invalid = splitIDs(strings.ToLower(f.UserID))
			}
		}
		if c.path != "/cgi-bin/gettoken" {
			if e := s.checkToken(c); e != nil {
				return reply{}, e
			}
		}
		if !slices.Contains(strings.Fields(methods), method) {
			s.violate(c.path, "method "+method)
			return reply{}, fail(40058, "method %s not allowed, use %s", method, methods)
		}
		if e := s.baseRate(c); e != nil {
			return reply{}, e
		}
		return h(c)
	}()
	s.recordLocked(*c, e, f)
	return rep, e
}

func (s *Sim) record(c call, _ *reply, e *apiError, f *Injected) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.recordLocked(c, e, f)
}

func (s *Sim) recordLocked(c call, e *apiError, f *Injected) {
	entry := Call{At: s.cfg.Now(), Path: c.path, ErrMsg: "ok"}
	if e != nil {
		entry.ErrCode, entry.ErrMsg = e.code, e.msg
	}
	if f != nil {
		entry.Fault = f.Kind
	}
	if c.path != "/cgi-bin/media/upload" {
		entry.Body = string(c.body)
	}
	s.callCount[c.path]++
	s.calls.add(entry)
}

func writeReply(w http.ResponseWriter, rep reply, e *apiError) {
	if e == nil && rep.file != nil {
		w.Header().Set("Content-Type", rep.file.contentType())
		w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", rep.file.name))
		_, _ = w.Write(rep.file.data)
		return
	}
	out := map[string]any{"errcode": 0, "errmsg": "ok"}
	for k, v := range rep.fields {
		out[k] = v
	}
	if e != nil {
		out["errcode"], out["errmsg"] = e.code, e.msg
	}
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	_ = json.NewEncoder(w).Encode(out) // the peer may have gone
}

func (s *Sim) unknownAPI(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.violate(r.URL.Path, "no such API here")
	s.mu.Unlock()
	writeReply(w, reply{}, fail(48002, "API forbidden for this app"))
}

// rate counts calls in the current minute and hour and remembers a block.
type rate struct {
	minute, hour   time.Time
	perMin, perHr  int
	blocked        time.Time
	limMin, limHrs int
}

// hit counts one call and says whether it is allowed. An exceeded limit blocks
// for as long as its window.
func (r *rate) hit(now time.Time) bool {
	if now.Before(r.blocked) {
		return false
	}
	if now.Sub(r.minute) >= time.Minute {
		r.minute, r.perMin = now, 0
	}
	if now.Sub(r.hour) >= time.Hour {
		r.hour, r.perHr = now, 0
	}
	r.perMin++
	r.perHr++
	switch {
	case r.perHr > r.limHrs:
		r.blocked = now.Add(time.Hour)
		return false
	case r.perMin > r.limMin:
		r.blocked = now.Add(time.Minute)
		return false
	}
	return true
}

// baseRate is 10,000 a minute and 150,000 an hour per API; sending has its own limits.
func (s *Sim) baseRate(c *call) *apiError {
	if c.path == "/cgi-bin/message/send" {
		return nil
	}
	r := s.baseCalls[c.path]
	if r == nil {
		r = &rate{limMin: s.cfg.APIPerMinute, limHrs: 15 * s.cfg.APIPerMinute}
		s.baseCalls[c.path] = r
	}
	if !r.hit(c.now) {
		return fail(45009, "api freq out of limit")
	}
	return nil
}

// decode parses a JSON body, notes unknown fields, and tells a wrong type from
// broken JSON.
func (s *Sim) decode(c *call, into any) *apiError {
	if !utf8.Valid(c.body) {
		s.violate(c.path, "body is not UTF-8")
		return fail(47001, "data format error, not UTF-8")
	}
	if err := json.Unmarshal(c.body, into); err != nil {
		s.violate(c.path, "json: "+err.Error())
		var wrongType *json.UnmarshalTypeError
		if errors.As(err, &wrongType) {
			return fail(40058, "invalid parameter %s. Warning: wrong json format.", wrongType.Field)
		}
		return fail(47001, "data format error")
	}
	var generic any
	if err := json.Unmarshal(c.body, &generic); err == nil {
		for _, name := range unknownFields(generic, reflect.TypeOf(into), "") {
			s.warn(c.path, "unknown field "+name)
		}
	}
	return nil
}

// unknownFields lists the JSON fields that the type does not know.
func unknownFields(v any, t reflect.Type, path string) []string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	var out []string
	switch x := v.(type) {
	case map[string]any:
		if t.Kind() != reflect.Struct {
			return nil
		}
		fields := map[string]reflect.Type{}
		for i := range t.NumField() {
			name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
			fields[name] = t.Field(i).Type
		}
		for k, child := range x {
			ft, known := fields[k]
			if !known {
				out = append(out, path+k)
				continue
			}
			out = append(out, unknownFields(child, ft, path+k+".")...)
		}
	case []any:
		if t.Kind() != reflect.Slice || t.Elem().Kind() == reflect.Uint8 {
			return nil
		}
		for _, child := range x {
			out = append(out, unknownFields(child, t.Elem(), path)...)
		}
	}
	slices.Sort(out)
	return out
}

// intParam reads a whole-number query parameter.
func intParam(q url.Values, name string) (n int, given, valid bool) {
	v := q.Get(name)
	if v == "" {
		return 0, false, true
	}
	_, err := fmt.Sscanf(v, "%d", &n)
	return n, true, err == nil && fmt.Sprint(n) == v
}

// checkAgent demands an integer that is this app.
func (s *Sim) checkAgent(c *call, raw json.RawMessage) *apiError {
	var id int
	if len(raw) == 0 || bytes.HasPrefix(raw, []byte(`"`)) || json.Unmarshal(raw, &id) != nil {
		s.violate(c.path, "agentid is not an integer")
		return fail(40056, "invalid agentid")
	}
	if id != s.cfg.AgentID {
		s.violate(c.path, "agentid of another app")
		return fail(301002, "agentid does not belong to this token")
	}
	return nil
}

func clientIP(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
