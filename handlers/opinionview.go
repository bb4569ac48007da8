package handlers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/opinion"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

// ViewLongest is the longest view of a section, in characters.
const ViewLongest = 1000

// OpinionAsk is what a section head sees of an opinion: what the office wrote for them, and
// neither the opinion nor how or when it came.
type OpinionAsk struct {
	ID, Section  int64
	Rev          int
	SectionName  string
	Title, Where string
	Brief, View  string
	Open         bool // a view may still be written
}

// MayViewOpinions reports whether somebody heads a section that may be asked.
func MayViewOpinions(a bot.Actor) bool { return a.Has(bot.RoleSectionHead) }

// OpinionAsks are the opinions on which the sections somebody heads were asked.
func (d *Desk) OpinionAsks(ctx context.Context, a bot.Actor) (out []OpinionAsk, err error) {
	if d.Opinions == nil {
		return nil, fmt.Errorf("opinions: %w", risk.ErrNone)
	}
	if !MayViewOpinions(a) {
		return nil, bot.Refuse(text.OpinionViewNotYours, "opinion.view: role")
	}
	own, err := d.Reg.SectionsOf(ctx, a.Person, bot.RoleSectionHead)
	if err != nil {
		return nil, err
	}
	notices, err := d.opinionNotices(ctx)
	if err != nil {
		return nil, err
	}
	for _, s := range own {
		asked, err := d.Opinions.Feedbacks(ctx, FeedbackFilter{Section: s.ID})
		if err != nil {
			return nil, err
		}
		for _, f := range asked {
			if f.Brief == nil || f.State != opinion.Answering && f.State != opinion.Answered {
				continue
			}
			x := OpinionAsk{ID: f.ID, Section: s.ID, Rev: f.Rev, SectionName: s.Name, Open: f.State == opinion.Answering}
			x.Title, x.Where = opinionPlace(notices, f)
			x.Brief, x.View = d.openOwn(f, "brief", f.BriefKey, f.Brief), d.openOwn(f, "view", f.ViewKey, f.View)
			out = append(out, x)
		}
	}
	slices.SortStableFunc(out, func(a, b OpinionAsk) int {
		if a.Open == b.Open {
			return 0
		}
		if a.Open {
			return -1
		}
		return 1
	})
	return out, nil
}

// OpinionAsk is one of them. risk.ErrNone for everybody it was not put to.
func (d *Desk) OpinionAsk(ctx context.Context, a bot.Actor, id int64) (OpinionAsk, error) {
	all, err := d.OpinionAsks(ctx, a)
	if err != nil {
		return OpinionAsk{}, err
	}
	i := slices.IndexFunc(all, func(x OpinionAsk) bool { return x.ID == id })
	if i < 0 {
		return OpinionAsk{}, fmt.Errorf("opinion %d: %w", id, risk.ErrNone)
	}
	return all[i], nil
}

// GiveView takes a section's view, sealed like the brief.
func (d *Desk) GiveView(ctx context.Context, t *convo.Turn, id int64, rev int, view string) (bool, error) {
	const action = "opinion.view"
	no := func(code, say string) (bool, error) {
		return false, d.refuseOnDay(ctx, t, action, aboutOpinion, id, code, say)
	}
	view = strings.TrimSpace(view)
	ask, err := d.OpinionAsk(ctx, t.Actor, id)
	switch {
	case errors.Is(err, risk.ErrNone) || bot.Says(err) != "":
		return no("not asked", text.OpinionViewNotYours)
	case err != nil:
		return false, err
	case !ask.Open:
		return no("over", text.OpinionViewOver)
	case d.Seal == nil:
		return no("no key", text.OpinionNoSeal)
	case view == "":
		return no("empty", text.OpinionViewEmpty)
	}
	if code, say := ownWords(view, ViewLongest); code != "" {
		return no(code, say)
	}
	f, err := d.Opinions.Feedback(ctx, id)
	if err != nil {
		return false, err
	}
	if f.Rev != rev {
		return no("changed", text.OpinionChanged)
	}
	if f.ViewKey, f.View, err = d.Seal.Seal(ownPlace(f, "view"), []byte(view)); err != nil {
		return false, err
	}
	ok, err := d.keptOpinion(ctx, t, &f, action, text.OpinionViewKept)
	if !ok || err != nil {
		return ok, err
	}
	office, err := d.opinionOffice(ctx)
	if err != nil {
		return false, err
	}
	for _, p := range office {
		t.Send(bot.Reply{To: p.UserID, Lane: bot.LaneNotice, Card: &bot.Card{
			Title: text.OpinionViewedTitle, Body: text.OpinionViewedBody, Link: &bot.Link{Text: text.OpinionLink, URL: d.Pages.Opinions()},
		}})
	}
	return true, nil
}

// opinionOffice is everybody of the coordinating office, each once.
func (d *Desk) opinionOffice(ctx context.Context) (out []risk.Person, err error) {
	for _, r := range []bot.Role{bot.RoleOfficeDirector, bot.RoleOfficeMember} {
		people, err := d.Reg.RoleHolders(ctx, r, 0)
		if err != nil {
			return nil, err
		}
		for _, p := range people {
			if p.UserID != "" && !slices.ContainsFunc(out, func(q risk.Person) bool { return q.ID == p.ID }) {
				out = append(out, p)
			}
		}
	}
	return out, nil
}

// dueDay is the day by which an opinion is answered: the promised working days of its
// notice after the day it came.
func (d *Desk) dueDay(ctx context.Context, n PublicNotice, received time.Time) (time.Time, error) {
	cal, err := d.calendar(ctx)
	if err != nil {
		return time.Time{}, err
	}
	days := opinion.Promise
	if n.Snapshot != nil && n.Snapshot.Promise > 0 {
		days = n.Snapshot.Promise
	}
	return cal.Add(bot.Civil(received), days), nil
}
