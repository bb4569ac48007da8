package wecomsim

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// departmentID reads the optional id from the query, or from a JSON body of a POST.
func departmentID(c *call) (id int, given bool, e *apiError) {
	id, given, valid := intParam(c.query, "id")
	if !valid {
		return 0, given, fail(40058, "invalid id")
	}
	if !given && len(c.body) > 0 {
		var body struct {
			ID *int `json:"id"`
		}
		if json.Unmarshal(c.body, &body) != nil {
			return 0, false, fail(40058, "invalid id. Warning: wrong json format.")
		}
		if body.ID != nil {
			id, given = *body.ID, true
		}
	}
	return id, given, nil
}

// listed are the visible departments below id, or all visible ones.
func (s *Sim) listed(c *call) ([]Department, *apiError) {
	id, given, e := departmentID(c)
	if e != nil {
		return nil, e
	}
	if given {
		if e := s.checkParty(id); e != nil {
			return nil, e
		}
	}
	var below []int
	if given {
		below = s.dir.subtree(id)
	}
	out := []Department{}
	for _, d := range s.dir.departments {
		if s.dir.partyVisible(d.ID) && (!given || slices.Contains(below, d.ID)) {
			out = append(out, d)
		}
	}
	return out, nil
}

func (s *Sim) checkParty(id int) *apiError {
	if s.dir.department(id) == nil {
		return fail(60003, "department not found")
	}
	if !s.dir.partyVisible(id) {
		return fail(60011, "no privilege to access/modify contact/party/agent")
	}
	return nil
}

func (s *Sim) departmentList(c *call) (reply, *apiError) {
	list, e := s.listed(c)
	if e != nil {
		return reply{}, e
	}
	return ok(map[string]any{"department": list})
}

func (s *Sim) departmentSimpleList(c *call) (reply, *apiError) {
	list, e := s.listed(c)
	if e != nil {
		return reply{}, e
	}
	ids := []map[string]any{}
	for _, d := range list {
		ids = append(ids, map[string]any{"id": d.ID, "parentid": d.ParentID, "order": d.Order})
	}
	return ok(map[string]any{"department_id": ids})
}

func (s *Sim) departmentGet(c *call) (reply, *apiError) {
	id, _, e := departmentID(c)
	if e != nil {
		return reply{}, e
	}
	if e := s.checkParty(id); e != nil {
		return reply{}, e
	}
	return ok(map[string]any{"department": *s.dir.department(id)})
}

// userFields are what a self-built app of today may read: no mobile, no email.
func userFields(m *Member) map[string]any {
	orders, leads := []int{}, []int{}
	for _, d := range m.Departments {
		orders = append(orders, 0)
		lead := 0
		if slices.Contains(m.Leads, d) {
			lead = 1
		}
		leads = append(leads, lead)
	}
	direct := m.DirectLeader
	if direct == nil {
		direct = []string{}
	}
	return map[string]any{
		"userid": m.UserID, "name": m.Name, "department": m.Departments, "order": orders,
		"position": m.Position, "is_leader_in_dept": leads, "direct_leader": direct,
		"main_department": m.Departments[0], "status": m.Status, "alias": m.Alias,
	}
}

func (s *Sim) userGet(c *call) (reply, *apiError) {
	id := c.query.Get("userid")
	if id == "" {
		return reply{}, fail(40058, "userid missing")
	}
	m := s.dir.find(id)
	if m == nil {
		return reply{}, fail(60111, "userid not found")
	}
	if !s.dir.visible(m) {
		return reply{}, fail(60011, "no privilege to access/modify contact/party/agent")
	}
	return ok(userFields(m))
}

// membersOf answers the department_id (and fetch_child) of the two list calls.
func (s *Sim) membersOf(c *call) ([]*Member, *apiError) {
	id, given, valid := intParam(c.query, "department_id")
	if !given || !valid {
		return nil, fail(40058, "invalid department_id")
	}
	if e := s.checkParty(id); e != nil {
		return nil, e
	}
	return s.dir.inDepartment(id, c.query.Get("fetch_child") == "1"), nil
}

func (s *Sim) userSimpleList(c *call) (reply, *apiError) {
	list, e := s.membersOf(c)
	if e != nil {
		return reply{}, e
	}
	out := []map[string]any{}
	for _, m := range list {
		out = append(out, map[string]any{"userid": m.UserID, "name": m.Name, "department": m.Departments})
	}
	return ok(map[string]any{"userlist": out})
}

func (s *Sim) userList(c *call) (reply, *apiError) {
	list, e := s.membersOf(c)
	if e != nil {
		return reply{}, e
	}
	out := []map[string]any{}
	for _, m := range list {
		out = append(out, userFields(m))
	}
	return ok(map[string]any{"userlist": out})
}

// userListID pages through (userid, department) pairs; limit is at most 10,000.
func (s *Sim) userListID(c *call) (reply, *apiError) {
	var req struct {
		Cursor string `json:"cursor"`
		Limit  *int   `json:"limit"`
	}
	if len(c.body) > 0 {
		if e := s.decode(c, &req); e != nil {
			return reply{}, e
		}
	}
	limit := 10000
	if req.Limit != nil {
		limit = *req.Limit
	}
	start := 0
	if req.Cursor != "" {
		n, err := strconv.Atoi(req.Cursor)
		if err != nil || n < 0 {
			return reply{}, fail(40058, "invalid cursor")
		}
		start = n
	}
	if limit < 1 || limit > 10000 {
		return reply{}, fail(40058, "limit must be 1 to 10000")
	}
	type pair struct {
		UserID     string `json:"userid"`
		Department int    `json:"department"`
	}
	all := []pair{}
	for _, m := range s.dir.sorted() {
		if s.dir.visible(m) {
			for _, d := range m.Departments {
				all = append(all, pair{m.UserID, d})
			}
		}
	}
	start = min(start, len(all))
	end := min(start+limit, len(all))
	next := ""
	if end < len(all) {
		next = strconv.Itoa(end)
	}
	return ok(map[string]any{"next_cursor": next, "dept_user": all[start:end]})
}

// agentGet shows the app and its visible range.
func (s *Sim) agentGet(c *call) (reply, *apiError) {
	if e := s.agentQuery(c); e != nil {
		return reply{}, e
	}
	users := []map[string]any{}
	for _, m := range s.dir.sorted() {
		if s.dir.allowUsers[strings.ToLower(m.UserID)] {
			users = append(users, map[string]any{"userid": m.UserID, "status": m.Status})
		}
	}
	parties := s.dir.allowParties
	if parties == nil {
		parties = []int{}
	}
	return ok(map[string]any{
		"agentid": s.cfg.AgentID, "name": s.cfg.AppName, "square_logo_url": "", "description": "",
		"allow_userinfos": map[string]any{"user": users}, "allow_partys": map[string]any{"partyid": parties},
		"allow_tags": map[string]any{"tagid": []int{}}, "close": 0, "redirect_domain": s.cfg.TrustedDomain,
		"report_location_flag": 0, "isreportenter": 1, "home_url": "",
	})
}

// agentQuery checks the agentid of a GET.
func (s *Sim) agentQuery(c *call) *apiError {
	return s.checkAgent(c, json.RawMessage(c.query.Get("agentid")))
}

func (s *Sim) callbackIP(*call) (reply, *apiError) {
	return ok(map[string]any{"ip_list": []string{"127.0.0.1"}})
}
