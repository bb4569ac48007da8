package web

import (
	"context"
	"net/http"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
	"qingfeng/handlers"
)

// gradingPage is the leading group's list: read-only, the order is typed in chat.
type gradingPage struct {
	handlers.GradingList
	Rows   []gradingRow
	Open   int
	Secret int // rows whose text this reader does not see
	Files  bool
	Says   bool // the reader types the meeting's order
}

// gradingRow is one row; Hidden when its text is not the reader's to see.
type gradingRow struct {
	handlers.GradedRow
	Why    []string
	Hidden bool
}

func (s *site) grading(ctx context.Context, v *visit) error {
	id, err := v.number("campaign")
	if err != nil {
		return err
	}
	p, err := s.gradingList(ctx, v, id)
	if err != nil {
		return err
	}
	return s.show(v, http.StatusOK, "grading", text.WebGrading, p)
}

func (s *site) gradingList(ctx context.Context, v *visit, id int64) (gradingPage, error) {
	p := gradingPage{}
	_, err := s.do(ctx, v, func(ctx context.Context, t *convo.Turn) (err error) {
		p.GradingList, err = s.Desk.GradingList(ctx, t, id)
		return err
	})
	if err != nil {
		return p, err
	}
	if p.Denied != "" {
		return p, deny(text.WebGradingOnly)
	}
	own, err := s.ownSections(ctx, v.actor)
	if err != nil {
		return p, err
	}
	// A leader in charge has an opinion on their own sections' levels; the whole list is
	// for the leading group, its secretary and the discipline office.
	all := v.actor.Coordinator() || v.actor.Has(bot.RolePrincipal, bot.RoleGroupChair, bot.RoleDiscipline)
	labels := map[string]string{
		handlers.OutFirst: text.WebOutFirst, handlers.OutDiffers: text.WebOutDiffers, handlers.OutUneven: text.WebOutUneven,
		handlers.OutObjection: text.WebOutObjection, handlers.OutHints: text.WebOutHints,
	}
	for _, r := range p.GradingList.Rows {
		row := gradingRow{GradedRow: r, Hidden: !all && !contains(own, r.Check.Post.SectionID)}
		for _, code := range r.Out {
			row.Why = append(row.Why, labels[code])
		}
		if row.Hidden {
			p.Secret++
		}
		if !r.Passed {
			p.Open++
		}
		p.Rows = append(p.Rows, row)
	}
	p.Files = all && len(p.Meetings) > 0
	p.Says = v.actor.Coordinator() || v.actor.Has(bot.RoleGroupChair)
	return p, nil
}

func contains(list []int64, n int64) bool {
	for _, x := range list {
		if x == n {
			return true
		}
	}
	return false
}

// gradingExport gives 会议记录 and 审定表, once a meeting is recorded.
func (s *site) gradingExport(ctx context.Context, v *visit) error {
	id, err := v.number("campaign")
	if err != nil {
		return err
	}
	p, err := s.gradingList(ctx, v, id)
	if err != nil {
		return err
	}
	which := v.value("form")
	switch {
	case which != handlers.FormMinutes && which != handlers.FormGrading:
		return errBadForm
	case !p.Files:
		return deny(text.WebNoMeetingYet)
	}
	return s.download(ctx, v, which, handlers.Scope{Campaign: id}, "docx", "meeting", id)
}

// levelOf is the level a row has at this moment.
func levelOf(p risk.Point) risk.Level {
	if p.Confirmed != "" {
		return p.Confirmed
	}
	return p.Suggested.Level
}
