package web

import (
	"context"
	"net/http"
	"strconv"

	"qingfeng/bot/convo"
	"qingfeng/bot/text"
	"qingfeng/handlers"
)

// reviewsPage is what waits for a reviewer, exceptions first.
type reviewsPage struct {
	Attention []handlers.WaitingRow
	Clean     []handlers.WaitingRow
	Mutual    []waitingSection
}

func (s *site) reviews(ctx context.Context, v *visit) error {
	var rows []handlers.WaitingRow
	_, err := s.do(ctx, v, func(ctx context.Context, t *convo.Turn) (err error) {
		rows, err = s.Desk.Waiting(ctx, t)
		return err
	})
	if err != nil {
		return err
	}
	p := reviewsPage{}
	for _, r := range rows {
		if r.Clean {
			p.Clean = append(p.Clean, r)
		} else {
			p.Attention = append(p.Attention, r)
		}
	}
	campaign, open, err := s.Register.Campaign(ctx)
	if err != nil {
		return err
	}
	if open {
		if p.Mutual, err = s.mutualWaiting(ctx, v, campaign.ID); err != nil {
			return err
		}
	}
	return s.show(v, http.StatusOK, "reviews", text.WebNavReviews, p)
}

// passClean agrees to the ticked clean forms, each in the version that was shown.
func (s *site) passClean(ctx context.Context, v *visit) error {
	var ids []int64
	for _, tick := range v.values("pass") {
		var id, version int64
		for i, part := range splitTick(tick) {
			n, err := strconv.ParseInt(part, 10, 64)
			if err != nil {
				return errBadForm
			}
			if i == 0 {
				id = n
			} else {
				version = n
			}
		}
		ids = append(ids, id, version)
	}
	if len(ids) == 0 {
		return s.to(v, "/reviews", flash{Say: []string{text.WebNothingChosen}, Bad: true})
	}
	said, err := s.press(ctx, v, "batch.pass", ids...)
	if err != nil {
		return err
	}
	return s.to(v, "/reviews", flash{Say: said})
}

// splitTick reads "12:3": a review and the version it was shown in.
func splitTick(s string) []string {
	for i := range len(s) {
		if s[i] == ':' {
			return []string{s[:i], s[i+1:]}
		}
	}
	return []string{s}
}
