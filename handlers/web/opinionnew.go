package web

import (
	"context"
	"net/http"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/opinion"
	"qingfeng/bot/text"
	"qingfeng/handlers"
)

// opinionNewPage is the form for what came by phone, visit, box or meeting.
type opinionNewPage struct {
	Notices  []handlers.PublicNotice
	Channels []opinion.Channel
	Kinds    []opinion.Kind
	In       handlers.OpinionEntry
	PointNo  string
	Error    []string
	Said     []string
	Receipt  string // shown once
	Ready    bool
	Limit    int
	Today    string
	On       string
	Public   string
}

func (s *site) opinionNew(ctx context.Context, v *visit) error {
	return s.showOpinionNew(ctx, v, http.StatusOK, opinionNewPage{On: date(s.Now()), In: handlers.OpinionEntry{Kind: opinion.Suggestion}})
}

func (s *site) showOpinionNew(ctx context.Context, v *visit, status int, p opinionNewPage) (err error) {
	if err := s.noOpinions(); err != nil {
		return err
	}
	if !handlers.MayHandleOpinions(v.actor) {
		return deny(text.OpinionsNotYours)
	}
	if p.Notices, err = s.Desk.OpinionNotices(ctx); err != nil {
		return err
	}
	list, err := s.Desk.OpinionList(ctx, v.actor, s.Now())
	if err != nil {
		return err
	}
	p.Ready, p.Channels, p.Kinds, p.Limit, p.Today, p.Public = list.Ring.Ready, handlers.EnteredChannels(), opinion.Kinds(), opinion.TextMax, date(s.Now()), s.PublicURL
	return s.show(v, status, "opinionnew", text.WebOpinionNew, p)
}

// opinionEnter seals what was entered. The receipt is on the answer to this request only.
func (s *site) opinionEnter(ctx context.Context, v *visit) error {
	if err := s.noOpinions(); err != nil {
		return err
	}
	in := handlers.OpinionEntry{
		Notice: v.id("notice"), Point: int(v.id("point")), Kind: opinion.Kind(v.value("kind")), Channel: opinion.Channel(v.value("channel")),
		Text: v.value("text"), Receipt: v.value("receipt") != "",
	}
	if on := civilDate(v.value("on")); !on.IsZero() {
		in.On = bot.Civil(on)
	}
	var receipt string
	ok := false
	said, err := s.do(ctx, v, func(ctx context.Context, t *convo.Turn) (err error) {
		receipt, ok, err = s.Desk.EnterOpinion(ctx, t, in)
		return err
	})
	if err != nil {
		return err
	}
	if !ok {
		return s.showOpinionNew(ctx, v, http.StatusUnprocessableEntity, opinionNewPage{In: in, PointNo: v.value("point"), On: v.value("on"), Error: said})
	}
	return s.showOpinionNew(ctx, v, http.StatusOK, opinionNewPage{Said: said, Receipt: receipt, On: date(s.Now()), In: handlers.OpinionEntry{Kind: opinion.Suggestion, Notice: in.Notice, Channel: in.Channel}})
}

// opinionViewPage is one brief with the section's view.
type opinionViewPage struct {
	handlers.OpinionAsk
	Limit int
	Error []string
}

func (s *site) opinionViews(ctx context.Context, v *visit) error {
	if err := s.noOpinions(); err != nil {
		return err
	}
	if !handlers.MayViewOpinions(v.actor) {
		return deny(text.OpinionViewNotYours)
	}
	list, err := s.Desk.OpinionAsks(ctx, v.actor)
	if err != nil {
		return err
	}
	return s.show(v, http.StatusOK, "opinionviews", text.WebOpinionView, list)
}

func (s *site) opinionView(ctx context.Context, v *visit) error {
	return s.showOpinionView(ctx, v, http.StatusOK, nil, "")
}

func (s *site) showOpinionView(ctx context.Context, v *visit, status int, refused []string, typed string) error {
	if err := s.noOpinions(); err != nil {
		return err
	}
	if !handlers.MayViewOpinions(v.actor) {
		return deny(text.OpinionViewNotYours)
	}
	id, err := v.number("id")
	if err != nil {
		return err
	}
	p := opinionViewPage{Limit: handlers.ViewLongest, Error: refused}
	if p.OpinionAsk, err = s.Desk.OpinionAsk(ctx, v.actor, id); err != nil {
		return err
	}
	if typed != "" {
		p.View = typed
	}
	return s.show(v, status, "opinionview", text.WebOpinionView, p)
}

func (s *site) opinionViewed(ctx context.Context, v *visit) error {
	if err := s.noOpinions(); err != nil {
		return err
	}
	id, err := v.number("id")
	if err != nil {
		return err
	}
	view := v.value("view")
	ok := false
	said, err := s.do(ctx, v, func(ctx context.Context, t *convo.Turn) (err error) {
		ok, err = s.Desk.GiveView(ctx, t, id, int(v.id("rev")), view)
		return err
	})
	switch {
	case err != nil:
		return err
	case !ok:
		return s.showOpinionView(ctx, v, http.StatusUnprocessableEntity, said, view)
	}
	return s.to(v, "/opinions/view", flash{Say: said})
}
