package wecomsim

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
)

// Department is one node of the corp's tree. The root has ID 1 and ParentID 0.
type Department struct {
	ID       int    `json:"id"`
	Name     string `json:"name"`
	ParentID int    `json:"parentid"`
	Order    int    `json:"order"`
}

// Member statuses as user/get reports them.
const (
	StatusActive   = 1
	StatusDisabled = 2
	StatusInactive = 4
	StatusLeft     = 5
)

// Member is a person of the corp. Mobile, email, avatar and gender do not exist
// here: self-built apps created since 2022-06-20 do not get them.
type Member struct {
	UserID      string
	Name        string
	Alias       string
	Position    string
	Departments []int
	// Leads lists the departments in which the person is a leader.
	Leads        []int
	DirectLeader []string
	// Status is StatusActive when zero.
	Status int
	// Unlicensed members are in range but have no 基础接口许可.
	Unlicensed bool
}

// directory is the corp's address book and the app's visible range.
type directory struct {
	departments []Department
	members     map[string]*Member // by lower-cased userid
	former      map[string]Member
	// allowUsers and allowParties are the visible range; both empty means the root.
	allowUsers   map[string]bool
	allowParties []int
}

func newDirectory(cfg Config) directory {
	d := directory{members: map[string]*Member{}, former: map[string]Member{}}
	d.departments = slices.Clone(cfg.Departments)
	if len(d.departments) == 0 {
		d.departments = []Department{{ID: 1, Name: "本单位"}}
	}
	for _, m := range cfg.Members {
		d.put(m)
	}
	d.setRange(cfg.AllowUsers, cfg.AllowParties)
	return d
}

func (d *directory) put(m Member) {
	if m.Status == 0 {
		m.Status = StatusActive
	}
	if len(m.Departments) == 0 {
		m.Departments = []int{d.root()}
	}
	d.members[strings.ToLower(m.UserID)] = &m
}

func (d *directory) setRange(users []string, parties []int) {
	d.allowUsers = map[string]bool{}
	for _, u := range users {
		d.allowUsers[strings.ToLower(u)] = true
	}
	d.allowParties = slices.Clone(parties)
	if len(users) == 0 && len(parties) == 0 {
		d.allowParties = []int{d.root()}
	}
}

func (d *directory) root() int {
	for _, x := range d.departments {
		if x.ParentID == 0 {
			return x.ID
		}
	}
	return 1
}

func (d *directory) find(userid string) *Member { return d.members[strings.ToLower(userid)] }

func (d *directory) department(id int) *Department {
	for i := range d.departments {
		if d.departments[i].ID == id {
			return &d.departments[i]
		}
	}
	return nil
}

// subtree is the department and everything below it.
func (d *directory) subtree(id int) []int {
	ids := []int{id}
	for i := 0; i < len(ids); i++ {
		for _, x := range d.departments {
			if x.ParentID == ids[i] && x.ID != x.ParentID {
				ids = append(ids, x.ID)
			}
		}
	}
	return ids
}

func (d *directory) partyVisible(id int) bool {
	for _, p := range d.allowParties {
		if slices.Contains(d.subtree(p), id) {
			return true
		}
	}
	return false
}

func (d *directory) visible(m *Member) bool {
	return d.allowUsers[strings.ToLower(m.UserID)] || slices.ContainsFunc(m.Departments, d.partyVisible)
}

// reachable says whether a message can be sent to the person.
func (d *directory) reachable(m *Member) bool {
	return m != nil && d.visible(m) && m.Status != StatusDisabled && m.Status != StatusLeft
}

// sorted lists the members by userid.
func (d *directory) sorted() []*Member {
	out := make([]*Member, 0, len(d.members))
	for _, m := range d.members {
		out = append(out, m)
	}
	slices.SortFunc(out, func(a, b *Member) int { return cmp.Compare(a.UserID, b.UserID) })
	return out
}

// inDepartment lists the visible members of a department, or of its subtree.
func (d *directory) inDepartment(id int, children bool) []*Member {
	ids := []int{id}
	if children {
		ids = d.subtree(id)
	}
	var out []*Member
	for _, m := range d.sorted() {
		if d.visible(m) && slices.ContainsFunc(m.Departments, func(x int) bool { return slices.Contains(ids, x) }) {
			out = append(out, m)
		}
	}
	return out
}

// Members lists everyone in the directory by userid.
func (s *Sim) Members() []Member {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Member
	for _, m := range s.dir.sorted() {
		out = append(out, *m)
	}
	return out
}

// Join puts a person into the directory and sends the app "subscribe" when the
// person is in its visible range. A returning person may be given by UserID only.
// It waits until the callback was acknowledged.
func (s *Sim) Join(ctx context.Context, m Member) error {
	s.mu.Lock()
	if old, ok := s.dir.former[strings.ToLower(m.UserID)]; ok && m.Name == "" {
		m = old
	}
	delete(s.dir.former, strings.ToLower(m.UserID))
	s.dir.put(m)
	visible := s.dir.visible(s.dir.find(m.UserID))
	s.mu.Unlock()
	if !visible {
		return nil
	}
	return s.rangeEvent(ctx, m.UserID, "subscribe")
}

// Leave takes a person out of the directory and sends the app "unsubscribe".
func (s *Sim) Leave(ctx context.Context, userid string) error {
	s.mu.Lock()
	m := s.dir.find(userid)
	if m == nil {
		s.mu.Unlock()
		return errors.New("wecomsim: no such member")
	}
	visible, id := s.dir.visible(m), m.UserID
	s.dir.former[strings.ToLower(userid)] = *m
	delete(s.dir.members, strings.ToLower(userid))
	s.mu.Unlock()
	if !visible {
		return nil
	}
	return s.rangeEvent(ctx, id, "unsubscribe")
}

// Update changes a person's record. As in WeCom no event tells the app about it,
// unless the change moves the person into or out of the visible range.
func (s *Sim) Update(ctx context.Context, m Member) error {
	return s.changeRange(ctx, func() { s.dir.put(m) })
}

// SetRange changes the app's visible range; people entering or leaving it cause
// subscribe and unsubscribe. Both empty means the whole corp.
func (s *Sim) SetRange(ctx context.Context, users []string, parties []int) error {
	return s.changeRange(ctx, func() { s.dir.setRange(users, parties) })
}

func (s *Sim) changeRange(ctx context.Context, change func()) error {
	s.mu.Lock()
	before := map[string]bool{}
	for _, m := range s.dir.sorted() {
		before[m.UserID] = s.dir.visible(m)
	}
	change()
	type move struct{ userid, event string }
	var moves []move
	for _, m := range s.dir.sorted() {
		switch now := s.dir.visible(m); {
		case now && !before[m.UserID]:
			moves = append(moves, move{m.UserID, "subscribe"})
		case !now && before[m.UserID]:
			moves = append(moves, move{m.UserID, "unsubscribe"})
		}
	}
	s.mu.Unlock()
	var errs []error
	for _, m := range moves {
		errs = append(errs, s.rangeEvent(ctx, m.userid, m.event))
	}
	return errors.Join(errs...)
}
