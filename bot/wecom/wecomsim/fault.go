package wecomsim

import (
	"context"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Kinds of faults. The callback kinds have Path "callback"; all others name an
// API path, or "" for any API.
const (
	FaultErrCode       = "errcode"          // answer ErrCode, do nothing
	FaultHTTP          = "http500"          // HTTP Status (500), do nothing
	FaultHTTPAfter     = "http500_after"    // do it, then HTTP Status
	FaultHang          = "hang"             // never answer, do nothing
	FaultHangAfter     = "hang_after"       // do it, then never answer
	FaultReset         = "reset"            // reset the connection, do nothing
	FaultResetAfter    = "reset_after"      // do it, then reset the connection
	FaultTokenRevoked  = "token_revoked"    // revoke the token just before this call
	FaultInvalid       = "invalid"          // the people in UserID (a|b) cannot be reached this time
	FaultCallbackDup   = "callback_dup"     // deliver the callback Copies more times
	FaultCallbackLate  = "callback_delay"   // wait Delay before delivering
	FaultCallbackOrder = "callback_reorder" // deliver it after the person's next one
)

func knownFault(kind string) bool {
	return slices.Contains([]string{
		FaultErrCode, FaultHTTP, FaultHTTPAfter, FaultHang, FaultHangAfter, FaultReset,
		FaultResetAfter, FaultTokenRevoked, FaultInvalid, FaultCallbackDup, FaultCallbackLate, FaultCallbackOrder,
	}, kind)
}

// Fault is trouble to be had by the next calls that match.
type Fault struct {
	Kind string `json:"kind"`
	Path string `json:"path,omitempty"`
	// UserID limits callback faults to one person; of "invalid" it is whom it concerns.
	UserID string `json:"userid,omitempty"`
	// Times is how many calls are hit; 1 when zero.
	Times int `json:"times,omitempty"`
	// Skip lets this many matching calls pass first.
	Skip    int    `json:"skip,omitempty"`
	ErrCode int    `json:"errcode,omitempty"`
	ErrMsg  string `json:"errmsg,omitempty"`
	Status  int    `json:"status,omitempty"`
	// Delay is how long a hang lasts (10 s when zero), a late callback waits
	// (1 s when zero), or a reordered callback waits for a next one (2 s when zero).
	Delay  time.Duration `json:"delay,omitempty"`
	Copies int           `json:"copies,omitempty"` // 1 when zero
}

// Injected is a fault in place.
type Injected struct {
	Fault
	id    int
	sim   *Sim
	left  int
	skip  int
	fired int
}

// FaultStatus is what /sim/fault shows of a fault.
type FaultStatus struct {
	ID int `json:"id"`
	Fault
	Left  int `json:"left"`
	Fired int `json:"fired"`
}

// Inject puts a fault in place.
func (s *Sim) Inject(f Fault) *Injected {
	s.mu.Lock()
	defer s.mu.Unlock()
	f.Times, f.Copies = max(f.Times, 1), max(f.Copies, 1)
	if strings.HasPrefix(f.Kind, "callback_") {
		f.Path = "callback"
	}
	in := &Injected{Fault: f, id: len(s.faults) + 1, sim: s, left: f.Times, skip: f.Skip}
	s.faults = append(s.faults, in)
	return in
}

// Fired is how many times the fault has struck.
func (f *Injected) Fired() int { f.sim.mu.Lock(); defer f.sim.mu.Unlock(); return f.fired }

// Faults lists all faults put in place, with their firings.
func (s *Sim) Faults() []FaultStatus {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []FaultStatus{}
	for _, f := range s.faults {
		out = append(out, FaultStatus{ID: f.id, Fault: f.Fault, Left: f.left, Fired: f.fired})
	}
	return out
}

// ClearFaults takes away what is left of all faults; their counts stay readable.
func (s *Sim) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.faults {
		f.left = 0
	}
}

// fire finds the first fault waiting for this API path and spends one of its times.
func (s *Sim) fire(path string) *Injected {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.faults {
		if f.Path != "callback" && (f.Path == "" || f.Path == path) && f.take() {
			return f
		}
	}
	return nil
}

// fireCallback finds a fault of one kind for a callback to this person. The caller holds mu.
func (s *Sim) fireCallback(kind, userid string) *Injected {
	for _, f := range s.faults {
		if f.Kind == kind && (f.UserID == "" || sameUser(f.UserID, userid)) && f.take() {
			return f
		}
	}
	return nil
}

// take spends one time. The caller holds mu.
func (f *Injected) take() bool {
	if f.left == 0 {
		return false
	}
	if f.skip > 0 {
		f.skip--
		return false
	}
	f.left--
	f.fired++
	return true
}

func (f *Injected) status() int {
	if f.Status == 0 {
		return http.StatusInternalServerError
	}
	return f.Status
}

func (f *Injected) delay(standard time.Duration) time.Duration {
	if f.Delay == 0 {
		return standard
	}
	return f.Delay
}

// before handles the kinds that prevent the call; true when it is answered.
func (f *Injected) before(w http.ResponseWriter, r *http.Request) bool {
	switch f.Kind {
	case FaultHTTP:
		http.Error(w, "internal error", f.status())
	case FaultHang:
		sleep(r.Context(), f.delay(10*time.Second))
		reset(w)
	case FaultReset:
		reset(w)
	default:
		return false
	}
	return true
}

// errcode handles the kinds inside the call. The caller holds mu.
func (f *Injected) errcode(s *Sim) *apiError {
	switch f.Kind {
	case FaultErrCode:
		msg := f.ErrMsg
		if msg == "" {
			msg = "fault on demand"
		}
		return fail(f.ErrCode, "%s", msg)
	case FaultTokenRevoked:
		s.retireToken("revoked")
	}
	return nil
}

// after handles the kinds that spoil the answer of a call that took effect.
func (f *Injected) after(w http.ResponseWriter, r *http.Request, closing context.Context) bool {
	switch f.Kind {
	case FaultHTTPAfter:
		http.Error(w, "internal error", f.status())
	case FaultHangAfter:
		ctx, cancel := context.WithCancel(r.Context())
		defer context.AfterFunc(closing, cancel)()
		defer cancel()
		sleep(ctx, f.delay(10*time.Second))
		reset(w)
	case FaultResetAfter:
		reset(w)
	default:
		return false
	}
	return true
}

// reset drops the connection without a word; TCP peers see a reset.
func reset(w http.ResponseWriter) {
	if h, ok := w.(http.Hijacker); ok {
		if conn, _, err := h.Hijack(); err == nil {
			if tcp, ok := conn.(*net.TCPConn); ok {
				_ = tcp.SetLinger(0) // makes Close send RST
			}
			_ = conn.Close()
			return
		}
	}
	panic(http.ErrAbortHandler) // the server's own way to drop a connection
}
