package wecomsim

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	codeLife       = 72 * time.Hour
	recallWithin   = 24 * time.Hour
	dupDefault     = 1800
	dupMax         = 4 * 3600
	memberPerMin   = 30
	memberPerHour  = 1000
	quotaPerMember = 200
)

// sendState is everything the sending APIs remember.
type sendState struct {
	messages map[string]*sentMessage
	taskIDs  map[string]string // task_id → msgid
	codes    map[string]*responseCode
	dups     map[[32]byte]time.Time // digest of a request → end of its window
	perUser  map[string]*window
	day      string // natural day of the quota
	dayCount int
	dayOver  bool
}

func newSendState() sendState {
	return sendState{
		messages: map[string]*sentMessage{}, taskIDs: map[string]string{}, codes: map[string]*responseCode{},
		dups: map[[32]byte]time.Time{}, perUser: map[string]*window{},
	}
}

// sentMessage is one message of the app, whoever received it.
type sentMessage struct {
	id        string
	at        time.Time
	receivers []string // lower-cased userids that have it on their phone
	updatable bool
	taskID    string
}

// responseCode allows one update of one card within 72 hours.
type responseCode struct {
	msgID  string
	issued time.Time
	used   bool
}

// sendRequest is the body of message/send.
type sendRequest struct {
	ToUser       string          `json:"touser"`
	ToParty      string          `json:"toparty"`
	ToTag        string          `json:"totag"`
	MsgType      string          `json:"msgtype"`
	AgentID      json.RawMessage `json:"agentid"`
	Safe         int             `json:"safe"`
	IDTrans      int             `json:"enable_id_trans"`
	DupCheck     int             `json:"enable_duplicate_check"`
	DupInterval  *int            `json:"duplicate_check_interval"`
	Text         *textBody       `json:"text"`
	Markdown     *textBody       `json:"markdown"`
	TextCard     *textCardBody   `json:"textcard"`
	News         *newsBody       `json:"news"`
	Image        *mediaBody      `json:"image"`
	File         *mediaBody      `json:"file"`
	Voice        *mediaBody      `json:"voice"`
	Video        *videoBody      `json:"video"`
	TemplateCard *Card           `json:"template_card"`
}

// sendMessage checks, in this order: agent, type, receivers, content, duplicate,
// task_id, quota; then drops per member what exceeds the limits and delivers the rest.
func (s *Sim) sendMessage(c *call) (reply, *apiError) {
	var req sendRequest
	if e := s.decode(c, &req); e != nil {
		return reply{}, e
	}
	if e := s.checkAgent(c, req.AgentID); e != nil {
		return reply{}, e
	}
	shown, e := s.checkContent(c, &req)
	if e != nil {
		s.violate(c.path, fmt.Sprintf("%s: %d %s", req.MsgType, e.code, e.msg))
		return reply{}, e
	}
	to, e := s.resolve(c, &req)
	if e != nil {
		return reply{}, e
	}
	digest, window, e := s.duplicateKey(c, &req)
	if e != nil {
		return reply{}, e
	}
	if window > 0 && c.now.Before(s.sending.dups[digest]) {
		return ok(nil) // nothing is sent, and nothing can be updated later
	}
	card := shown.Card
	if card != nil && card.TaskID != "" {
		if _, taken := s.sending.taskIDs[card.TaskID]; taken {
			s.violate(c.path, "task_id used before")
			return reply{}, fail(42014, "task_id already used by this app")
		}
	}
	if len(to.good) == 0 && len(to.unlicensed) == 0 {
		e := fail(81013, "user & party & tag all invalid")
		return reply{fields: to.fields()}, e
	}
	if e := s.dailyQuota(c, len(to.good)); e != nil {
		return reply{}, e
	}

	msg := &sentMessage{id: s.random(24), at: c.now}
	s.sending.messages[msg.id] = msg
	if window > 0 {
		s.sending.dups[digest] = c.now.Add(window)
	}
	if card != nil {
		msg.updatable, msg.taskID = card.interactive(), card.TaskID
		if card.TaskID != "" {
			s.sending.taskIDs[card.TaskID] = msg.id
		}
	}
	for _, userid := range to.good {
		if why := s.memberLimit(c, userid); why != "" {
			s.dropped.add(Drop{At: c.now, UserID: userid, MsgID: msg.id, Reason: why})
			continue
		}
		msg.receivers = append(msg.receivers, strings.ToLower(userid))
		s.show(userid, shown.forPhone(msg.id, c.now))
	}
	out := to.fields()
	out["msgid"] = msg.id
	if msg.updatable {
		out["response_code"] = s.newCode(msg.id, c.now)
	}
	return ok(out)
}

// receivers is the outcome of touser, toparty and totag.
type receivers struct {
	good       []string
	bad        []string
	unlicensed []string
	badParty   []string
	badTag     []string
}

// fields lists the unreachable, lower-cased as WeCom does.
func (r receivers) fields() map[string]any {
	out := map[string]any{}
	for name, ids := range map[string][]string{
		"invaliduser": r.bad, "unlicenseduser": r.unlicensed, "invalidparty": r.badParty, "invalidtag": r.badTag,
	} {
		if len(ids) > 0 {
			out[name] = strings.ToLower(strings.Join(ids, "|"))
		}
	}
	return out
}

func (s *Sim) resolve(c *call, req *sendRequest) (receivers, *apiError) {
	var r receivers
	users, parties, tags := splitIDs(req.ToUser), splitIDs(req.ToParty), splitIDs(req.ToTag)
	switch {
	case len(users)+len(parties)+len(tags) == 0:
		s.violate(c.path, "no receiver")
		return r, fail(82001, "All touser & toparty & totag invalid")
	case len(users) > 1000:
		s.violate(c.path, "more than 1000 users")
		return r, fail(40032, "invalid useridlist size")
	case len(parties) > 100:
		s.violate(c.path, "more than 100 parties")
		return r, fail(82002, "invalid party list size")
	case len(tags) > 100:
		s.violate(c.path, "more than 100 tags")
		return r, fail(82003, "invalid tag list size")
	}
	seen := map[string]bool{}
	add := func(m *Member) {
		if seen[strings.ToLower(m.UserID)] {
			return
		}
		seen[strings.ToLower(m.UserID)] = true
		if m.Unlicensed {
			r.unlicensed = append(r.unlicensed, m.UserID)
		} else {
			r.good = append(r.good, m.UserID)
		}
	}
	for _, id := range users {
		m := s.dir.find(id)
		switch {
		case id == "@all":
			for _, m := range s.dir.sorted() {
				if s.dir.reachable(m) {
					add(m)
				}
			}
		case !s.dir.reachable(m), slices.Contains(c.invalid, strings.ToLower(id)):
			r.bad = append(r.bad, id)
		default:
			add(m)
		}
	}
	for _, id := range parties {
		n, err := strconv.Atoi(id)
		if err != nil || s.dir.department(n) == nil || !s.dir.partyVisible(n) {
			r.badParty = append(r.badParty, id)
			continue
		}
		for _, m := range s.dir.inDepartment(n, true) {
			if s.dir.reachable(m) {
				add(m)
			}
		}
	}
	r.badTag = tags // this corp has no tags
	return r, nil
}

func splitIDs(s string) []string {
	return slices.DeleteFunc(strings.Split(s, "|"), func(x string) bool { return x == "" })
}

// duplicateKey is the digest of the whole request JSON and the length of its
// window; zero when the check is off.
func (s *Sim) duplicateKey(c *call, req *sendRequest) ([32]byte, time.Duration, *apiError) {
	if req.DupCheck == 0 {
		return [32]byte{}, 0, nil
	}
	seconds := dupDefault
	if req.DupInterval != nil {
		seconds = *req.DupInterval
	}
	if seconds <= 0 || seconds > dupMax {
		s.violate(c.path, "duplicate_check_interval out of range")
		return [32]byte{}, 0, fail(40058, "duplicate_check_interval must be 1 to %d", dupMax)
	}
	var whole any
	if err := json.Unmarshal(c.body, &whole); err != nil {
		return [32]byte{}, 0, fail(47001, "data format error")
	}
	canonical, err := json.Marshal(whole) // sorts the keys
	if err != nil {
		return [32]byte{}, 0, fail(47001, "data format error")
	}
	return sha256.Sum256(canonical), time.Duration(seconds) * time.Second, nil
}

// dailyQuota counts person-times of the natural day in China.
func (s *Sim) dailyQuota(c *call, n int) *apiError {
	st := &s.sending
	if day := c.now.In(time.FixedZone("CST", 8*3600)).Format(time.DateOnly); day != st.day {
		st.day, st.dayCount, st.dayOver = day, 0, false
	}
	if st.dayOver || st.dayCount+n > s.cfg.AccountLimit*quotaPerMember {
		st.dayOver = true
		s.violate(c.path, "daily quota exceeded")
		return fail(45009, "api freq out of limit, daily quota")
	}
	st.dayCount += n
	return nil
}

// memberLimit says why a message to this member vanishes; empty when it does not.
// Once over a limit the member stays blocked for the length of its window.
func (s *Sim) memberLimit(c *call, userid string) string {
	key := strings.ToLower(userid)
	w := s.sending.perUser[key]
	if w == nil {
		w = &window{}
		s.sending.perUser[key] = w
	}
	switch {
	case c.now.Before(w.blocked):
		return "blocked"
	case w.since(c.now.Add(-time.Minute)) >= memberPerMin:
		w.blocked = c.now.Add(time.Minute)
		return "30/min"
	case w.since(c.now.Add(-time.Hour)) >= memberPerHour:
		w.blocked = c.now.Add(time.Hour)
		return "1000/h"
	}
	w.add(c.now, time.Hour)
	return ""
}

// newCode issues a response_code for a card.
func (s *Sim) newCode(msgID string, now time.Time) string {
	code := s.random(32)
	s.sending.codes[code] = &responseCode{msgID: msgID, issued: now}
	return code
}

// updateRequest is the body of message/update_template_card.
type updateRequest struct {
	UserIDs      []string        `json:"userids"`
	PartyIDs     []int           `json:"partyids"`
	TagIDs       []int           `json:"tagids"`
	AtAll        int             `json:"atall"`
	AgentID      json.RawMessage `json:"agentid"`
	ResponseCode string          `json:"response_code"`
	IDTrans      int             `json:"enable_id_trans"`
	Button       *replaceBody    `json:"button"`
	TemplateCard *Card           `json:"template_card"`
}

type replaceBody struct {
	ReplaceName string `json:"replace_name"`
}

// updateCard replaces a card, or only its buttons, on the phones of its receivers.
// The response_code is spent by a successful update only.
func (s *Sim) updateCard(c *call) (reply, *apiError) {
	var req updateRequest
	if e := s.decode(c, &req); e != nil {
		return reply{}, e
	}
	if e := s.checkAgent(c, req.AgentID); e != nil {
		return reply{}, e
	}
	bad := func(code int, format string, args ...any) (reply, *apiError) {
		e := fail(code, format, args...)
		s.violate(c.path, e.msg)
		return reply{}, e
	}
	if len(req.UserIDs) > 1000 || len(req.PartyIDs) > 100 || len(req.TagIDs) > 100 {
		return bad(40058, "too many receivers")
	}
	if (req.Button == nil) == (req.TemplateCard == nil) {
		return bad(40058, "exactly one of button and template_card is needed")
	}
	if req.Button != nil && req.Button.ReplaceName == "" {
		return bad(40058, "button.replace_name missing")
	}
	code := s.sending.codes[req.ResponseCode]
	switch {
	case code == nil:
		return bad(40058, "invalid response_code")
	case code.used:
		return bad(40058, "response_code already used")
	case c.now.Sub(code.issued) >= codeLife:
		return reply{}, fail(40058, "response_code expired") // time passes without anyone's fault
	}
	msg := s.sending.messages[code.msgID]
	if req.TemplateCard != nil {
		warnings, e := s.checkCard(req.TemplateCard, cardUpdate)
		for _, w := range warnings {
			s.warn(c.path, w)
		}
		if e != nil {
			return bad(e.code, "%s", e.msg)
		}
		if owner, taken := s.sending.taskIDs[req.TemplateCard.TaskID]; taken && owner != msg.id {
			return bad(42014, "task_id belongs to another card")
		}
	}
	targets, invalid := s.updateTargets(&req, msg)
	if len(targets) == 0 && len(invalid) == 0 {
		return bad(82001, "no receiver")
	}
	if len(targets) == 0 {
		return reply{fields: map[string]any{"invaliduser": invalid}}, fail(81013, "user & party & tag all invalid")
	}
	code.used = true
	if req.TemplateCard != nil && req.TemplateCard.TaskID != "" {
		s.sending.taskIDs[req.TemplateCard.TaskID] = msg.id
	}
	for _, userid := range targets {
		s.applyUpdate(userid, msg.id, req.Button, req.TemplateCard)
	}
	return ok(map[string]any{"invaliduser": invalid})
}

// updateTargets are those named who have the card; the others named are invalid.
func (s *Sim) updateTargets(req *updateRequest, msg *sentMessage) (targets, invalid []string) {
	invalid = []string{}
	if req.AtAll == 1 {
		return slices.Clone(msg.receivers), invalid
	}
	named := slices.Clone(req.UserIDs)
	for _, id := range req.PartyIDs {
		for _, m := range s.dir.inDepartment(id, true) {
			if slices.Contains(msg.receivers, strings.ToLower(m.UserID)) {
				named = append(named, m.UserID)
			}
		}
	}
	for _, id := range named {
		low := strings.ToLower(id)
		switch {
		case !slices.Contains(msg.receivers, low) || !s.dir.reachable(s.dir.find(id)):
			invalid = append(invalid, low)
		case !slices.Contains(targets, low):
			targets = append(targets, low)
		}
	}
	return targets, invalid
}

// recallMessage takes a message back within 24 hours. The WeChat plug-in keeps it.
func (s *Sim) recallMessage(c *call) (reply, *apiError) {
	var req struct {
		MsgID string `json:"msgid"`
	}
	if e := s.decode(c, &req); e != nil {
		return reply{}, e
	}
	msg := s.sending.messages[req.MsgID]
	if msg == nil {
		s.violate(c.path, "unknown msgid")
		return reply{}, fail(40058, "invalid msgid")
	}
	if c.now.Sub(msg.at) >= recallWithin {
		return reply{}, fail(40058, "recall is possible within 24 hours only")
	}
	for _, userid := range msg.receivers {
		s.applyRecall(userid, msg.id)
	}
	return ok(nil)
}
