package web

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"html/template"
	"net/http"
	"strconv"
	"strings"

	"qingfeng/bot/convo"
	"qingfeng/bot/letter"
	"qingfeng/bot/opinion"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
	"qingfeng/handlers"
)

// These pages show what citizens said. Nothing of a text is in a cookie, an address, a
// title or a log, and what was opened is opened anew for every page from the two halves of
// a ticket (bot/letter).

// opinionRoutes are the desk of opinions and that of sealed clues.
func (s *site) opinionRoutes() map[string]page {
	return map[string]page{
		"GET /opinions":            s.opinions,
		"POST /opinions/open":      s.opinionsOpen,
		"POST /opinions/{id}":      s.opinionDo,
		"GET /opinions/new":        s.opinionNew,
		"POST /opinions/new":       s.opinionEnter,
		"GET /opinions/view":       s.opinionViews,
		"GET /opinions/view/{id}":  s.opinionView,
		"POST /opinions/view/{id}": s.opinionViewed,
		"GET /tips":                s.tips,
		"POST /tips/open":          s.tipsOpen,
		"POST /tips/{id}":          s.tipDo,
	}
}

// opinionsPage is the desk, closed or open.
type opinionsPage struct {
	List     handlers.OpinionList
	Sheet    *handlers.OpinionSheet // nil: closed
	Ticket   string
	Said     []string
	Bad      bool
	Kept     []string     // what was typed into a form that cannot be shown again
	At       int64        // the opinion whose form was refused
	Typed    opinionTyped // what stood in it
	Picture  template.URL
	Pictured int64
	Outcomes []opinion.Outcome
}

// opinionTyped is what somebody wrote into the forms of one opinion.
type opinionTyped struct {
	Section                        int64
	Brief, Reason, Answer, Decline string
	Outcome                        string
	Do                             string
}

func (s *site) noOpinions() error {
	if s.Desk.Opinions == nil {
		return errNotFound
	}
	return nil
}

func (s *site) opinions(ctx context.Context, v *visit) error {
	if err := s.shut(ctx, v); err != nil {
		return err
	}
	return s.showOpinions(ctx, v, http.StatusOK, opinionsPage{}, nil)
}

// showOpinions shows the desk: open when there is a ring.
func (s *site) showOpinions(ctx context.Context, v *visit, status int, p opinionsPage, ring *letter.Keyring) (err error) {
	if err := s.noOpinions(); err != nil {
		return err
	}
	if !handlers.MayCountOpinions(v.actor) {
		return deny(text.OpinionsNotYours)
	}
	now := s.Now()
	if p.List, err = s.Desk.OpinionList(ctx, v.actor, now); err != nil {
		return err
	}
	if ring != nil {
		sheet, err := s.Desk.OpenOpinions(ctx, v.actor, now, ring)
		if err != nil {
			return err
		}
		p.Sheet = &sheet
	}
	if p.Picture != "" {
		allowPicture(v)
	}
	p.Outcomes = []opinion.Outcome{opinion.Adopted, opinion.Partly, opinion.Not}
	return s.show(v, status, "opinions", text.WebOpinions, p)
}

// deskSession names a browser's session at a door, for the half of a ticket kept here.
func (s *site) deskSession(v *visit, door opinion.Door) []byte {
	c, err := v.r.Cookie(s.cookieName(sessionCookie))
	if err != nil {
		return nil
	}
	sum := sha256.Sum256([]byte(c.Value + "|" + string(door)))
	return sum[:]
}

// shut closes the desk where a link asks for it (?shut).
func (s *site) shut(ctx context.Context, v *visit) error {
	if !v.r.URL.Query().Has("shut") {
		return nil
	}
	return s.closeDesks(ctx, v)
}

// closeDesks forgets this session's halves: what a page still holds opens nothing.
func (s *site) closeDesks(ctx context.Context, v *visit) error {
	if s.Desk.Opinions == nil {
		return nil
	}
	var failed error
	for _, door := range []opinion.Door{opinion.Office, opinion.Discipline} {
		failed = errors.Join(failed, s.Desk.Opinions.SaveHalf(ctx, s.deskSession(v, door), nil, s.Now()))
	}
	return failed
}

// deskRing is the open desk of a form's ticket; nil when it is closed. over: it was open.
func (s *site) deskRing(ctx context.Context, v *visit, door opinion.Door) (ring *letter.Keyring, over bool, err error) {
	ticket, err := base64.RawURLEncoding.DecodeString(v.r.PostFormValue("ticket"))
	if err != nil {
		return nil, true, nil
	}
	if len(ticket) == 0 {
		return nil, false, nil
	}
	ring, err = s.Desk.DeskRing(ctx, s.deskSession(v, door), ticket, s.Now())
	if errors.Is(err, letter.ErrTicket) {
		return nil, true, nil
	}
	return ring, false, err
}

// unlock tries the passphrases of a form and leaves the desk open for this session.
func (s *site) unlock(ctx context.Context, v *visit, door opinion.Door) (ring *letter.Keyring, ticket string, said []string, err error) {
	free := false
	said, err = s.do(ctx, v, func(ctx context.Context, t *convo.Turn) (err error) {
		free, err = s.Desk.TryDesk(ctx, t, door)
		return err
	})
	if err != nil || !free {
		return nil, "", said, err
	}
	ring, err = s.Desk.UnlockDesk(ctx, door, v.r.PostFormValue("pass"), v.r.PostFormValue("pass2"))
	if err != nil && !errors.Is(err, letter.ErrPassphrase) {
		return nil, "", nil, err
	}
	var raw []byte
	said, err = s.do(ctx, v, func(ctx context.Context, t *convo.Turn) (err error) {
		raw, err = s.Desk.OpenDesk(ctx, t, door, s.deskSession(v, door), ring)
		return err
	})
	if err != nil || raw == nil {
		return nil, "", said, err
	}
	return ring, base64.RawURLEncoding.EncodeToString(raw), nil, nil
}

func (s *site) opinionsOpen(ctx context.Context, v *visit) error {
	if err := s.noOpinions(); err != nil {
		return err
	}
	if !handlers.MayHandleOpinions(v.actor) {
		return deny(text.OpinionsNotYours)
	}
	ring, ticket, said, err := s.unlock(ctx, v, opinion.Office)
	if err != nil {
		return err
	}
	if ring == nil {
		return s.showOpinions(ctx, v, http.StatusUnprocessableEntity, opinionsPage{Said: said, Bad: true}, nil)
	}
	return s.showOpinions(ctx, v, http.StatusOK, opinionsPage{Ticket: ticket}, ring)
}

// opinionDo does something with one opinion and shows the desk again, as open as it was.
func (s *site) opinionDo(ctx context.Context, v *visit) error {
	if err := s.noOpinions(); err != nil {
		return err
	}
	if !handlers.MayHandleOpinions(v.actor) {
		return deny(text.OpinionsNotYours)
	}
	id, err := v.number("id")
	if err != nil {
		return err
	}
	ring, over, err := s.deskRing(ctx, v, opinion.Office)
	if err != nil {
		return err
	}
	p := opinionsPage{}
	if ring != nil {
		p.Ticket = v.r.PostFormValue("ticket")
	}
	if v.value("do") == "image" {
		return s.opinionImage(ctx, v, id, p, ring)
	}
	m := v.opinionMove(ring)
	ok := false
	p.Said, err = s.do(ctx, v, func(ctx context.Context, t *convo.Turn) (err error) {
		ok, err = s.Desk.DoOpinion(ctx, t, id, m)
		return err
	})
	switch {
	case errors.Is(err, risk.ErrChanged): // one that goes along was changed: nothing happened
		p.Said = []string{text.OpinionChanged}
	case err != nil:
		return err
	}
	p.Bad = !ok
	if over {
		p.Said = append(p.Said, text.DeskClosed)
	}
	switch {
	case !ok && ring != nil:
		p.At, p.Typed = id, v.opinionTyped()
		return s.showOpinions(ctx, v, http.StatusUnprocessableEntity, p, ring)
	case !ok:
		p.Kept = typed(v.r)
		return s.showOpinions(ctx, v, http.StatusUnprocessableEntity, p, nil)
	case ring != nil:
		return s.showOpinions(ctx, v, http.StatusOK, p, ring)
	}
	return s.to(v, "/opinions", flash{Say: p.Said})
}

// opinionImage shows the open desk with one image.
func (s *site) opinionImage(ctx context.Context, v *visit, id int64, p opinionsPage, ring *letter.Keyring) error {
	if ring == nil {
		return s.showOpinions(ctx, v, http.StatusUnprocessableEntity, opinionsPage{Said: []string{text.DeskClosed}, Bad: true}, nil)
	}
	raw, err := s.Desk.OpinionImage(ctx, v.actor, id, ring)
	if p.Picture = picture(raw); err != nil || p.Picture == "" {
		p.Said, p.Bad = []string{text.DeskImage}, true
		return s.showOpinions(ctx, v, http.StatusUnprocessableEntity, p, ring)
	}
	p.Pictured = id
	return s.showOpinions(ctx, v, http.StatusOK, p, ring)
}

// picture is an image inside its page, so that it has no address; "" for what is none.
func picture(raw []byte) template.URL {
	kind := http.DetectContentType(raw)
	if kind != "image/jpeg" && kind != "image/png" {
		return ""
	}
	return template.URL("data:" + kind + ";base64," + base64.StdEncoding.EncodeToString(raw)) //nolint:gosec // an image of a known kind
}

// allowPicture lets this one page show an image that is inside it.
func allowPicture(v *visit) {
	v.w.Header().Set("Content-Security-Policy", strings.Replace(headerCSP, "img-src 'self'", "img-src 'self' data:", 1))
}

func (v *visit) id(name string) int64 {
	n, _ := strconv.ParseInt(v.value(name), 10, 64)
	return n
}

func (v *visit) opinionMove(ring *letter.Keyring) handlers.OpinionMove {
	m := handlers.OpinionMove{
		Do: opinion.Move(v.value("do")), Rev: int(v.id("rev")), Section: v.id("section"), Brief: v.value("brief"),
		Outcome: opinion.Outcome(v.value("outcome")), Reason: v.value("reason"), Answer: v.value("answer"),
		Revision: v.id("revision"), Into: v.id("into"), Ring: ring,
	}
	if m.Do == opinion.MoveDecline {
		m.Answer = v.value("decline")
	}
	return m
}

func (v *visit) opinionTyped() opinionTyped {
	return opinionTyped{
		Section: v.id("section"), Brief: v.value("brief"), Reason: v.value("reason"), Answer: v.value("answer"), Decline: v.value("decline"),
		Outcome: v.value("outcome"), Do: v.value("do"),
	}
}

// Was is what was typed into the refused form of this opinion; empty for the others.
func (p opinionsPage) Was(id int64) opinionTyped {
	if p.At == id {
		return p.Typed
	}
	return opinionTyped{}
}
