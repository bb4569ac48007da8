package web

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"qingfeng/bot/convo"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

// delegatePage sets who decides in a reviewer's place, and lets the office arrange a
// recusal.
type delegatePage struct {
	People []risk.Person // who may stand in
	Office bool
	Person int64
	To     int64
	From   string
	Until  string
	Today  string
	Error  []string
	Open   []heldReview
}

// heldReview is one open review, for the office: who has it and since when.
type heldReview struct {
	risk.Review
	Where string
	Step  string
}

func mayDelegate(v *visit) error {
	if !v.actor.Coordinator() && !v.actor.Has(reviewers()...) {
		return deny(text.WebReviewersOnly)
	}
	return nil
}

func (s *site) delegate(ctx context.Context, v *visit) error {
	if err := mayDelegate(v); err != nil {
		return err
	}
	today := date(s.Now())
	return s.showDelegate(ctx, v, http.StatusOK, delegatePage{Person: v.actor.Person, From: today, Until: today})
}

func (s *site) showDelegate(ctx context.Context, v *visit, status int, p delegatePage) error {
	p.Office, p.Today = v.actor.Coordinator(), date(s.Now())
	holders, err := s.Register.Holders(ctx, 0)
	if err != nil {
		return err
	}
	for _, h := range holders {
		if !slices.ContainsFunc(p.People, func(q risk.Person) bool { return q.ID == h.Person.ID }) {
			p.People = append(p.People, h.Person)
		}
	}
	if p.Office {
		if p.Open, err = s.held(ctx); err != nil {
			return err
		}
	}
	return s.show(v, status, "delegate", text.WebDelegate, p)
}

// held are all open reviews of the campaign, the oldest first.
func (s *site) held(ctx context.Context) ([]heldReview, error) {
	campaign, running, err := s.Register.Campaign(ctx)
	if err != nil || !running {
		return nil, err
	}
	open, err := s.Register.Reviews(ctx, risk.ReviewFilter{Campaign: campaign.ID, Open: true})
	if err != nil {
		return nil, err
	}
	checks, err := s.Register.Checks(ctx, risk.CheckFilter{Campaign: campaign.ID})
	if err != nil {
		return nil, err
	}
	pack, err := s.Desk.Packs(campaign.Pack)
	if err != nil {
		return nil, err
	}
	var out []heldReview
	for _, r := range open {
		i := slices.IndexFunc(checks, func(c risk.SelfCheck) bool { return c.ID == r.CheckID })
		if i < 0 {
			continue
		}
		h := heldReview{Review: r, Where: checks[i].Post.Section + "·" + checks[i].Post.Name}
		if chain, ok := pack.Chain(checks[i].Chain); ok {
			if n := chain.Index(r.Step); n >= 0 {
				h.Step = chain.Steps[n].Label
			}
		}
		out = append(out, h)
	}
	slices.SortStableFunc(out, func(a, b heldReview) int { return a.OpenedAt.Compare(b.OpenedAt) })
	return out, nil
}

func (s *site) setDelegate(ctx context.Context, v *visit) error {
	if err := mayDelegate(v); err != nil {
		return err
	}
	p := delegatePage{Person: v.actor.Person, From: v.value("from"), Until: v.value("until")}
	if n, err := strconv.ParseInt(v.value("person"), 10, 64); err == nil && v.actor.Coordinator() {
		p.Person = n
	}
	p.To, _ = strconv.ParseInt(v.value("to"), 10, 64)
	from, until := civilDate(p.From), civilDate(p.Until)
	if p.To == 0 || from.IsZero() || until.IsZero() {
		p.Error = []string{text.WebDelegateFields}
		return s.showDelegate(ctx, v, http.StatusUnprocessableEntity, p)
	}
	done := false
	said, err := s.do(ctx, v, func(ctx context.Context, t *convo.Turn) (err error) {
		done, err = s.Desk.Delegate(ctx, t, risk.Delegation{Person: p.Person, To: p.To, From: from, Until: until})
		return err
	})
	switch {
	case err != nil:
		return err
	case !done:
		p.Error = said
		return s.showDelegate(ctx, v, http.StatusUnprocessableEntity, p)
	}
	return s.to(v, "/delegate", flash{Say: said})
}

// civilDate reads what a date field sends; zero when it is empty or not a date.
func civilDate(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return time.Time{}
	}
	return t
}

// names splits a list of names as people write them.
func names(s string) []string {
	return slices.DeleteFunc(strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(text.ListSeparators+"\n ", r) }), func(n string) bool { return n == "" })
}
