package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
	"qingfeng/handlers"
)

// mark is what a mutual check notes beside a row, or adds to a form (no 0).
type mark struct {
	owner, say string
	no         int
}

// mark USER NO WORDS, add USER WORDS: for the mutual check that follows
func (s *stage) mark(_ context.Context, _ string, args []string) error {
	m := mark{owner: args[0], say: words(args[1:])}
	if no, err := strconv.Atoi(args[1]); err == nil {
		m.no, m.say = no, words(args[2:])
	}
	s.marks = append(s.marks, m)
	return nil
}

// told prints what a page answered.
func (s *stage) told(ctx context.Context, user string, said []string) error {
	p, err := s.person(ctx, user)
	if err != nil {
		return err
	}
	if len(said) > 0 {
		s.printf("  %s\n", fmt.Sprintf(text.StoryOnPage, p.who, strings.Join(said, " ")))
	}
	return nil
}

// mutual HEAD [@SOMEBODY] NAME…: the head records the mutual check of their own section,
// or of somebody's, held today
func (s *stage) mutual(ctx context.Context, where string, args []string) error {
	head, names := args[0], args[1:]
	own, err := s.formOf(ctx, head)
	if err != nil {
		return err
	}
	section := own.Post.SectionID
	notes := map[int64]string{}
	var additions []handlers.Addition
	for _, m := range s.marks {
		c, err := s.formOf(ctx, m.owner)
		if err != nil {
			return err
		}
		if section = c.Post.SectionID; m.no == 0 {
			additions = append(additions, handlers.Addition{CheckID: c.ID, Text: m.say})
			continue
		}
		p, err := pointNo(c, m.no)
		if err != nil {
			return err
		}
		notes[p.ID] = m.say
	}
	s.marks = nil
	if of, other := strings.CutPrefix(names[0], "@"); other {
		c, err := s.formOf(ctx, of)
		if err != nil {
			return err
		}
		section, names = c.Post.SectionID, names[1:]
	}
	var done bool
	said, err := s.onPage(ctx, head, func(ctx context.Context, t *convo.Turn) (err error) {
		done, err = s.desk.CloseMutual(ctx, t, section, t.Now, names, notes, additions)
		return err
	})
	s.hold(err == nil && done, where, "%v %v", said, err)
	return s.told(ctx, head, said)
}

// openReview is the one open review of a person's form.
func (s *stage) openReview(ctx context.Context, owner string) (risk.SelfCheck, risk.Review, error) {
	c, err := s.formOf(ctx, owner)
	if err != nil {
		return c, risk.Review{}, err
	}
	open, err := s.register.Reviews(ctx, risk.ReviewFilter{Check: c.ID, Open: true})
	if err != nil {
		return c, risk.Review{}, err
	}
	if len(open) != 1 {
		return c, risk.Review{}, fmt.Errorf("the form of %s has %d open reviews", owner, len(open))
	}
	return c, open[0], nil
}

// judge REVIEWER OWNER LIKELIHOOD HARM [NO=L,H | NO:why | NO!reason]…: a review by row on the page
func (s *stage) judge(ctx context.Context, where string, args []string) error {
	c, r, err := s.openReview(ctx, args[1])
	if err != nil {
		s.hold(false, where, "%v", err)
		return nil
	}
	likelihood, err1 := strconv.Atoi(args[2])
	harm, err2 := strconv.Atoi(args[3])
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	special := map[int]handlers.RowVerdict{}
	for _, a := range args[4:] {
		i := strings.IndexAny(a, "=:!")
		if i < 0 {
			return fmt.Errorf("%q is no verdict", a)
		}
		no, err := strconv.Atoi(a[:i])
		if err != nil {
			return err
		}
		v := handlers.RowVerdict{Verdict: risk.Passed, Likelihood: likelihood, Harm: harm}
		switch a[i] {
		case '=':
			_, err = fmt.Sscanf(a[i+1:], "%d,%d", &v.Likelihood, &v.Harm)
		case ':':
			v.Verdict, v.Why = risk.Returned, a[i+1:]
		case '!':
			v.Override = a[i+1:]
		}
		if err != nil {
			return err
		}
		special[no] = v
	}
	var done bool
	said, err := s.onPage(ctx, args[0], func(ctx context.Context, t *convo.Turn) error {
		sheet, err := s.desk.ReviewSheet(ctx, t, r.ID)
		if err != nil || sheet.Denied != "" {
			return errors.Join(err, denied(sheet.Denied))
		}
		var rows []handlers.RowVerdict
		for _, row := range sheet.Rows {
			if !row.Open {
				continue
			}
			v, ok := special[row.No]
			if !ok {
				v = handlers.RowVerdict{Verdict: risk.Passed, Likelihood: likelihood, Harm: harm}
			}
			v.PointID = row.ID
			rows = append(rows, v)
		}
		if len(sheet.Rows) == 0 {
			rows = []handlers.RowVerdict{{Verdict: risk.Passed}}
		}
		done, err = s.desk.ReviewRows(ctx, t, r.ID, c.Version, rows, handlers.ByPage)
		return err
	})
	s.hold(err == nil && done, where, "%v %v", said, err)
	return s.told(ctx, args[0], said)
}

func denied(say string) error {
	if say == "" {
		return nil
	}
	return bot.Refuse(say, "story: denied")
}

// look REVIEWER OWNER: opens a review's page
func (s *stage) look(ctx context.Context, where string, args []string) error {
	c, r, err := s.openReview(ctx, args[1])
	if err != nil {
		s.hold(false, where, "%v", err)
		return nil
	}
	web, err := s.browser(args[0])
	if err != nil {
		return err
	}
	page, err := web.open(ctx, s.desk.Pages.Review(r.ID))
	for _, p := range rowsOf(c) {
		s.hold(err == nil && strings.Contains(page, p.Manifestations[0]), where, "%s: row %d is not on the page: %v", args[1], p.No, err)
	}
	return s.told(ctx, args[0], []string{text.StoryLooks})
}
