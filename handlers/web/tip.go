package web

import (
	"context"
	"html/template"
	"net/http"

	"qingfeng/bot/convo"
	"qingfeng/bot/letter"
	"qingfeng/bot/opinion"
	"qingfeng/bot/text"
	"qingfeng/handlers"
)

// tipsPage is the discipline office's desk, closed or open.
type tipsPage struct {
	List     handlers.TipList
	Sheet    *handlers.TipSheet // nil: closed
	Ticket   string
	Said     []string
	Bad      bool
	Kept     []string
	At       int64 // the clue whose form was refused, and what stood in it
	Answer   string
	Picture  template.URL
	Pictured int64
}

// Was is what was typed into the refused form of this clue.
func (p tipsPage) Was(id int64) string {
	if p.At == id {
		return p.Answer
	}
	return ""
}

// mayTips lets the discipline office in and tells the others nothing, not even whether
// there is anything.
func (s *site) mayTips(v *visit) error {
	if err := s.noOpinions(); err != nil {
		return err
	}
	if !handlers.MayReadTips(v.actor) {
		return deny(text.TipsNotYours)
	}
	return nil
}

func (s *site) tips(ctx context.Context, v *visit) error {
	if err := s.shut(ctx, v); err != nil {
		return err
	}
	return s.showTips(ctx, v, http.StatusOK, tipsPage{}, nil)
}

func (s *site) showTips(ctx context.Context, v *visit, status int, p tipsPage, ring *letter.Keyring) (err error) {
	if err := s.mayTips(v); err != nil {
		return err
	}
	if p.List, err = s.Desk.TipList(ctx, v.actor, s.Now()); err != nil {
		return err
	}
	if ring != nil {
		sheet, err := s.Desk.OpenTips(ctx, v.actor, ring)
		if err != nil {
			return err
		}
		p.Sheet = &sheet
	}
	if p.Picture != "" {
		allowPicture(v)
	}
	return s.show(v, status, "tips", text.WebTips, p)
}

func (s *site) tipsOpen(ctx context.Context, v *visit) error {
	if err := s.mayTips(v); err != nil {
		return err
	}
	ring, ticket, said, err := s.unlock(ctx, v, opinion.Discipline)
	if err != nil {
		return err
	}
	if ring == nil {
		return s.showTips(ctx, v, http.StatusUnprocessableEntity, tipsPage{Said: said, Bad: true}, nil)
	}
	return s.showTips(ctx, v, http.StatusOK, tipsPage{Ticket: ticket}, ring)
}

func (s *site) tipDo(ctx context.Context, v *visit) error {
	if err := s.mayTips(v); err != nil {
		return err
	}
	id, err := v.number("id")
	if err != nil {
		return err
	}
	ring, over, err := s.deskRing(ctx, v, opinion.Discipline)
	if err != nil {
		return err
	}
	p := tipsPage{}
	if ring != nil {
		p.Ticket = v.r.PostFormValue("ticket")
	}
	if v.value("do") == "image" {
		return s.tipImage(ctx, v, id, p, ring)
	}
	ok := false
	p.Said, err = s.do(ctx, v, func(ctx context.Context, t *convo.Turn) (err error) {
		ok, err = s.Desk.DoTip(ctx, t, id, int(v.id("rev")), handlers.TipMove(v.value("do")), v.value("answer"))
		return err
	})
	if err != nil {
		return err
	}
	p.Bad = !ok
	if over {
		p.Said = append(p.Said, text.DeskClosed)
	}
	switch {
	case !ok && ring != nil:
		p.At, p.Answer = id, v.value("answer")
		return s.showTips(ctx, v, http.StatusUnprocessableEntity, p, ring)
	case !ok:
		p.Kept = typed(v.r)
		return s.showTips(ctx, v, http.StatusUnprocessableEntity, p, nil)
	case ring != nil:
		return s.showTips(ctx, v, http.StatusOK, p, ring)
	}
	return s.to(v, "/tips", flash{Say: p.Said})
}

func (s *site) tipImage(ctx context.Context, v *visit, id int64, p tipsPage, ring *letter.Keyring) error {
	if ring == nil {
		return s.showTips(ctx, v, http.StatusUnprocessableEntity, tipsPage{Said: []string{text.DeskClosed}, Bad: true}, nil)
	}
	raw, err := s.Desk.TipImage(ctx, v.actor, id, ring)
	if p.Picture = picture(raw); err != nil || p.Picture == "" {
		p.Said, p.Bad = []string{text.DeskImage}, true
		return s.showTips(ctx, v, http.StatusUnprocessableEntity, p, ring)
	}
	p.Pictured = id
	return s.showTips(ctx, v, http.StatusOK, p, ring)
}
