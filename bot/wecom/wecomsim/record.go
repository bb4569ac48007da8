package wecomsim

import "time"

// keep is how many entries a ledger holds at least; older ones are forgotten so
// that a long bench does not fill the memory.
const keep = 20000

// ledger is an append-only list that forgets its oldest half when it is full.
type ledger[T any] struct{ items []T }

func (l *ledger[T]) add(v T) {
	if len(l.items) >= 2*keep {
		l.items = append(l.items[:0], l.items[keep:]...)
	}
	l.items = append(l.items, v)
}

func (l *ledger[T]) copy() []T { return append([]T(nil), l.items...) }

// Call is one API call that arrived.
type Call struct {
	At      time.Time `json:"at"`
	Path    string    `json:"path"`
	ErrCode int       `json:"errcode"`
	ErrMsg  string    `json:"errmsg"`
	// Body is the request body, without uploaded files.
	Body string `json:"body,omitempty"`
	// Fault names the fault that fired on this call, if any.
	Fault string `json:"fault,omitempty"`
}

// Note is something the app should not have done: a violation when WeCom would
// refuse or mutilate it, a warning when WeCom only advises against it.
type Note struct {
	At     time.Time `json:"at"`
	Path   string    `json:"path"`
	Detail string    `json:"detail"`
}

// Drop is a message that never reached a phone although the API said ok.
type Drop struct {
	At     time.Time `json:"at"`
	UserID string    `json:"userid"`
	MsgID  string    `json:"msgid"`
	Reason string    `json:"reason"` // "30/min", "1000/h", or "blocked" while the window lasts
}

// Delivery is one attempt to hand a callback to the app.
type Delivery struct {
	At      time.Time     `json:"at"`
	UserID  string        `json:"userid"`
	Kind    string        `json:"kind"` // MsgType, or the event's name
	MsgID   string        `json:"msgid,omitempty"`
	Attempt int           `json:"attempt"` // from 1
	Status  int           `json:"status"`  // 0 without an answer
	Took    time.Duration `json:"took"`
	Err     string        `json:"err,omitempty"`
	Passive string        `json:"passive,omitempty"` // MsgType of a passive reply that was applied
}

// Calls lists the API calls, oldest first.
func (s *Sim) Calls() []Call { s.mu.Lock(); defer s.mu.Unlock(); return s.calls.copy() }

// CallCount says how often a path was called since the start.
func (s *Sim) CallCount(path string) int { s.mu.Lock(); defer s.mu.Unlock(); return s.callCount[path] }

// Violations lists what WeCom refused, cut or ignored. Tests assert it empty.
func (s *Sim) Violations() []Note { s.mu.Lock(); defer s.mu.Unlock(); return s.violations.copy() }

// Warnings lists unknown fields and exceeded advisory lengths (建议不超过N字).
func (s *Sim) Warnings() []Note { s.mu.Lock(); defer s.mu.Unlock(); return s.warnings.copy() }

// Dropped lists messages dropped silently by the limits per member.
func (s *Sim) Dropped() []Drop { s.mu.Lock(); defer s.mu.Unlock(); return s.dropped.copy() }

// Deliveries lists the delivery attempts of callbacks of one person, of all when empty.
func (s *Sim) Deliveries(userid string) []Delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Delivery
	for _, d := range s.deliveries.items {
		if userid == "" || sameUser(d.UserID, userid) {
			out = append(out, d)
		}
	}
	return out
}

// violate and warn note a mistake of the app. The caller holds mu.
func (s *Sim) violate(path, detail string) {
	s.violations.add(Note{At: s.cfg.Now(), Path: path, Detail: detail})
}

func (s *Sim) warn(path, detail string) {
	s.warnings.add(Note{At: s.cfg.Now(), Path: path, Detail: detail})
}

// window counts events of the last hour, newest last, and remembers a block.
type window struct {
	times   []time.Time
	blocked time.Time
}

// since counts the events after t.
func (w *window) since(t time.Time) int {
	n := 0
	for i := len(w.times) - 1; i >= 0 && w.times[i].After(t); i-- {
		n++
	}
	return n
}

// add records an event and forgets those older than keepFor.
func (w *window) add(now time.Time, keepFor time.Duration) {
	cut := 0
	for cut < len(w.times) && !w.times[cut].After(now.Add(-keepFor)) {
		cut++
	}
	w.times = append(w.times[cut:], now)
}
