package web

import (
	"context"
	"net/http"
	"strconv"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/text"
	"qingfeng/handlers"
)

// mutualPage is a section's mutual check.
type mutualPage struct {
	handlers.MutualSheet
	HeldOn    string
	Came      map[string]bool
	Others    string
	Marks     map[int64]string
	Additions map[int64]string
	Error     []string
	Own       int64
}

func (s *site) mutualSheet(ctx context.Context, v *visit) (handlers.MutualSheet, int64, error) {
	var sheet handlers.MutualSheet
	id, err := v.number("section")
	if err != nil {
		return sheet, id, err
	}
	_, err = s.do(ctx, v, func(ctx context.Context, t *convo.Turn) (err error) {
		sheet, err = s.Desk.MutualSheet(ctx, t, id)
		return err
	})
	if err == nil && sheet.Denied != "" {
		err = deny(sheet.Denied)
	}
	return sheet, id, err
}

func (s *site) mutual(ctx context.Context, v *visit) error {
	sheet, _, err := s.mutualSheet(ctx, v)
	if err != nil {
		return err
	}
	p := mutualPage{MutualSheet: sheet, HeldOn: date(s.Now()), Came: map[string]bool{}}
	for _, who := range sheet.People {
		p.Came[who.Name] = true
	}
	return s.showMutual(v, http.StatusOK, p)
}

func (s *site) showMutual(v *visit, status int, p mutualPage) error {
	p.Own = v.actor.Person
	return s.show(v, status, "mutual", text.WebMutual, p)
}

// closeMutual records the meeting and sends the forms on.
func (s *site) closeMutual(ctx context.Context, v *visit) error {
	sheet, id, err := s.mutualSheet(ctx, v)
	if err != nil {
		return err
	}
	p := mutualPage{MutualSheet: sheet, HeldOn: v.value("held_on"), Came: map[string]bool{}, Others: v.value("others"), Marks: map[int64]string{}, Additions: map[int64]string{}}
	attendees := v.values("came")
	for _, name := range attendees {
		p.Came[name] = true
	}
	attendees = append(attendees, names(p.Others)...)
	texts := []string{p.Others}
	var additions []handlers.Addition
	for _, c := range sheet.Checks {
		for _, row := range c.Points {
			if note := v.value("k" + strconv.FormatInt(row.ID, 10)); note != "" {
				p.Marks[row.ID] = note
				texts = append(texts, note)
			}
		}
		if more := v.value("a" + strconv.FormatInt(c.ID, 10)); more != "" {
			p.Additions[c.ID] = more
			texts = append(texts, more)
			additions = append(additions, handlers.Addition{CheckID: c.ID, Text: more})
		}
	}
	if err := s.stopped(ctx, v, texts...); bot.Says(err) != "" {
		p.Error = []string{bot.Says(err)}
		return s.showMutual(v, http.StatusUnprocessableEntity, p)
	} else if err != nil {
		return err
	}
	done := false
	said, err := s.do(ctx, v, func(ctx context.Context, t *convo.Turn) (err error) {
		done, err = s.Desk.CloseMutual(ctx, t, id, civilDate(p.HeldOn), attendees, p.Marks, additions)
		return err
	})
	switch {
	case err != nil:
		return err
	case !done:
		p.Error = said
		return s.showMutual(v, http.StatusUnprocessableEntity, p)
	}
	return s.to(v, "/reviews", flash{Say: said})
}
