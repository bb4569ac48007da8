package wecomsim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// pollMax is the longest a request for new messages waits.
const pollMax = 25 * time.Second

// Person is one entry of the list in the chats.
type Person struct {
	UserID      string `json:"userid"`
	Name        string `json:"name"`
	Position    string `json:"position"`
	Departments []int  `json:"departments"`
	Visible     bool   `json:"visible"`
}

// Unit is everything a chat shows around the messages.
type Unit struct {
	App         string       `json:"app"`
	Departments []Department `json:"departments"`
	People      []Person     `json:"people"`
	Menu        []MenuButton `json:"menu"`
}

// Page is what is new on one phone.
type Page struct {
	Cursor   int64   `json:"cursor"`
	Messages []Shown `json:"messages"`
	Plugin   bool    `json:"plugin"`
	// Busy and KnowsBusy say whether the app still works on this person's
	// messages; KnowsBusy is false when nobody told the simulator how to know.
	Busy      bool `json:"busy"`
	KnowsBusy bool `json:"knows_busy"`
}

// Action is one thing a person does, as the chats send it.
type Action struct {
	As string `json:"as"`
	// Do is type, press, pick, vote, select, choose, cardmenu, open, menu, send or plugin.
	Do      string            `json:"do"`
	Text    string            `json:"text,omitempty"`
	MsgID   string            `json:"msg_id,omitempty"`
	Key     string            `json:"key,omitempty"`
	Number  int               `json:"number,omitempty"`
	Numbers []int             `json:"numbers,omitempty"`
	Options []string          `json:"options,omitempty"`
	Choice  map[string]string `json:"choice,omitempty"`
	Kind    string            `json:"kind,omitempty"` // of send: voice, image, sticker, video, location, link
	On      bool              `json:"on,omitempty"`
}

// simRoutes lists the endpoints of the chats and of fault injection.
func (s *Sim) simRoutes(m *http.ServeMux) {
	m.HandleFunc("GET /sim/api/unit", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, s.unit()) })
	m.HandleFunc("GET /sim/api/phone", s.apiPhone)
	m.HandleFunc("POST /sim/api/act", s.apiAct)
	m.HandleFunc("GET /sim/api/events", s.apiEvents)
	m.HandleFunc("GET /sim/api/log", s.apiLog)
	m.HandleFunc("GET /sim/api/counts", s.apiCounts)
	m.HandleFunc("GET /sim/fault", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, s.Faults()) })
	m.HandleFunc("POST /sim/fault", s.apiFault)
	m.HandleFunc("DELETE /sim/fault", func(w http.ResponseWriter, _ *http.Request) {
		s.ClearFaults()
		writeJSON(w, s.Faults())
	})
	m.HandleFunc("POST /sim/api/revoke", func(w http.ResponseWriter, _ *http.Request) {
		s.RevokeToken()
		writeJSON(w, map[string]any{})
	})
	m.HandleFunc("POST /sim/api/verify", func(w http.ResponseWriter, r *http.Request) {
		answer(w, map[string]any{}, s.VerifyURL(r.Context()))
	})
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(v) // the peer may have gone
}

// answer writes v, or the error as {"error": …} with status 400.
func answer(w http.ResponseWriter, v any, err error) {
	if err == nil {
		writeJSON(w, v)
		return
	}
	text := err.Error()
	if errors.Is(err, ErrNotAcknowledged) {
		text = "应用没有应答，消息没有送达"
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(http.StatusBadRequest)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": text})
}

func (s *Sim) unit() Unit {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := Unit{App: s.cfg.AppName, Departments: s.dir.departments, People: []Person{}, Menu: s.menu}
	if u.Menu == nil {
		u.Menu = []MenuButton{}
	}
	for _, m := range s.dir.sorted() {
		u.People = append(u.People, Person{
			UserID: m.UserID, Name: m.Name, Position: m.Position, Departments: m.Departments, Visible: s.dir.visible(m),
		})
	}
	return u
}

// apiPhone answers ?as=&since=&wait=seconds: what is new, waiting for it if asked to.
func (s *Sim) apiPhone(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	since, _ := strconv.ParseInt(q.Get("since"), 10, 64) // absent means from the start
	wait, _ := strconv.ParseFloat(q.Get("wait"), 64)
	p := s.Phone(q.Get("as"))
	if wait > 0 {
		ctx, cancel := context.WithTimeout(r.Context(), min(time.Duration(wait*float64(time.Second)), pollMax))
		defer cancel()
		_ = s.waitUntil(ctx, func() bool { return s.phone(p.userID).rev > since }) // nothing new is an answer too
	}
	page := Page{}
	page.Messages, page.Cursor, page.Plugin = p.Since(since)
	if s.cfg.Busy != nil {
		busy, err := s.cfg.Busy(r.Context(), p.userID)
		page.Busy, page.KnowsBusy = busy, err == nil
	}
	writeJSON(w, page)
}

func (s *Sim) apiAct(w http.ResponseWriter, r *http.Request) {
	var a Action
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&a); err != nil {
		answer(w, nil, fmt.Errorf("无法读取：%w", err))
		return
	}
	p := s.Phone(a.As)
	opened := len(p.Opened())
	if err := p.do(r.Context(), a); err != nil {
		answer(w, nil, err)
		return
	}
	writeJSON(w, map[string]any{"opened": p.Opened()[opened:]})
}

// do carries out one action.
func (p *Phone) do(ctx context.Context, a Action) error {
	switch a.Do {
	case "type":
		if strings.TrimSpace(a.Text) == "" {
			return errors.New("空消息发不出去")
		}
		return p.Type(ctx, a.Text)
	case "press":
		if a.Number > 0 {
			return p.PressN(ctx, a.MsgID, a.Number)
		}
		return p.PressOn(ctx, a.MsgID, a.Key)
	case "pick":
		return p.Pick(ctx, a.Numbers...)
	case "vote":
		return p.VoteOn(ctx, a.MsgID, a.Options...)
	case "select":
		return p.SelectOn(ctx, a.MsgID, a.Choice)
	case "choose":
		return p.ChooseOn(ctx, a.MsgID, a.Key)
	case "cardmenu":
		return p.CardMenu(ctx, a.MsgID, a.Key)
	case "open":
		return p.Open(ctx)
	case "menu":
		return p.Menu(ctx, a.Key)
	case "plugin":
		p.SetPlugin(a.On)
		return nil
	case "send":
		return p.sendSample(ctx, a.Kind)
	}
	return fmt.Errorf("不认识的动作 %q", a.Do)
}

func (p *Phone) sendSample(ctx context.Context, kind string) error {
	switch kind {
	case "voice":
		return p.SendVoice(ctx)
	case "image":
		return p.SendImage(ctx)
	case "sticker":
		return p.SendSticker(ctx)
	case "video":
		return p.SendVideo(ctx)
	case "location":
		return p.SendLocation(ctx, "栖云县交通运输局", 30.12, 119.98)
	case "link":
		return p.SendLink(ctx, "一篇文章", "转发的网页", "https://example.com/a")
	}
	return fmt.Errorf("不认识的消息 %q", kind)
}

// apiEvents streams {"as","rev"} whenever one of ?as=a,b,c has something new.
func (s *Sim) apiEvents(w http.ResponseWriter, r *http.Request) {
	flusher, can := w.(http.Flusher)
	if !can {
		http.Error(w, "no streaming", http.StatusNotImplemented)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	users := strings.Split(r.URL.Query().Get("as"), ",")
	seen := make([]int64, len(users))
	_, _ = fmt.Fprint(w, "retry: 1000\n\n")
	for {
		s.mu.Lock()
		changed := s.changed
		var out []string
		for i, u := range users {
			if rev := s.phone(u).rev; rev != seen[i] {
				seen[i] = rev
				line, _ := json.Marshal(map[string]any{"as": u, "rev": rev}) // plain values
				out = append(out, string(line))
			}
		}
		s.mu.Unlock()
		for _, line := range out {
			_, _ = fmt.Fprintf(w, "data: %s\n\n", line)
		}
		flusher.Flush()
		select {
		case <-r.Context().Done():
			return
		case <-s.base.Done():
			return
		case <-changed:
		}
	}
}

// apiCounts is the small panel of the web chat; with what else may change: the
// menu and the number of people.
func (s *Sim) apiCounts(w http.ResponseWriter, _ *http.Request) {
	unit := s.unit()
	faults := s.Faults()
	s.mu.Lock()
	counts := map[string]any{
		"violations": len(s.violations.items), "warnings": len(s.warnings.items), "dropped": len(s.dropped.items),
		"faults": faults, "menu": unit.Menu, "people": len(unit.People),
	}
	s.mu.Unlock()
	writeJSON(w, counts)
}

// apiLog shows what was recorded, for people who look for the cause of something.
func (s *Sim) apiLog(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, map[string]any{
		"calls": s.Calls(), "violations": s.Violations(), "warnings": s.Warnings(),
		"dropped": s.Dropped(), "deliveries": s.Deliveries(""), "faults": s.Faults(),
	})
}

func (s *Sim) apiFault(w http.ResponseWriter, r *http.Request) {
	var f struct {
		Fault
		DelayMS int `json:"delay_ms"`
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<16)).Decode(&f); err != nil {
		answer(w, nil, fmt.Errorf("无法读取：%w", err))
		return
	}
	if f.DelayMS > 0 {
		f.Delay = time.Duration(f.DelayMS) * time.Millisecond
	}
	if !knownFault(f.Kind) {
		answer(w, nil, fmt.Errorf("不认识的故障 %q", f.Kind))
		return
	}
	in := s.Inject(f.Fault)
	writeJSON(w, map[string]any{"id": in.id})
}
