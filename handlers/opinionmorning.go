package handlers

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/opinion"
	"qingfeng/bot/plan"
	"qingfeng/bot/text"
)

// dueAhead is how many working days before an answer is due the office hears of it.
const dueAhead = 2

// opinionOpeners are the words of the desk in chat.
func (d *Desk) opinionOpeners() []convo.Command {
	return []convo.Command{{Name: "opinion.count", Match: words(text.WordsOpinions), Run: d.sayOpinions, Resume: true}}
}

// sayOpinions tells how many there are and where they are read; never what they say.
func (d *Desk) sayOpinions(ctx context.Context, t *convo.Turn) error {
	switch {
	case d.Opinions == nil:
		return d.fallback(ctx, t)
	case !MayCountOpinions(t.Actor):
		return d.sayOpinionDoor(ctx, t) // who is not of the desk wants to say something
	}
	l, err := d.OpinionList(ctx, t.Actor, t.Now)
	if err != nil {
		return err
	}
	if l.Received == 0 {
		t.Say(text.OpinionsNone)
		return nil
	}
	t.Say(fmt.Sprintf(text.OpinionsCount, l.Received, len(l.Open), l.Late,
		l.Outcomes[opinion.Adopted], l.Outcomes[opinion.Partly], l.Outcomes[opinion.Not], d.Pages.Opinions()))
	return nil
}

// OpinionsMorning tells one person, once a working day and in working hours, what the
// night brought and which answers are due: numbers only. The discipline office hears that
// there is a sealed clue, not how many, nor of which day.
func (d *Desk) OpinionsMorning(ctx context.Context, t *convo.Turn) error {
	office := MayHandleOpinions(t.Actor)
	if d.Opinions == nil || !office && !MayReadTips(t.Actor) {
		return nil
	}
	cal, err := d.calendar(ctx)
	if err != nil {
		return err
	}
	if plan.Quiet(t.Now, cal) {
		return nil // a morning that is made up for is not told at night
	}
	today := bot.Civil(t.Now)
	since := bot.Civil(cal.Sub(today, 1)) // what came since the working day before
	var card *bot.Card
	if office {
		card, err = d.opinionsDue(ctx, cal, today, since)
	} else {
		card, err = d.tipsArrived(ctx, t.Actor, since)
	}
	if err != nil || card == nil {
		return err
	}
	first, err := d.Reg.Allow(ctx, fmt.Sprintf("opinions:%d:%s", t.Actor.Person, today.Format("20060102")), 48*time.Hour)
	if err != nil || !first {
		return err
	}
	t.Send(bot.Reply{To: t.Actor.UserID, Lane: bot.LaneNotice, Card: card})
	return nil
}

// opinionsDue is the office's card; nil when there is nothing to tell.
func (d *Desk) opinionsDue(ctx context.Context, cal plan.Calendar, today, since time.Time) (*bot.Card, error) {
	open, err := d.Opinions.Feedbacks(ctx, FeedbackFilter{States: openStates()})
	if err != nil {
		return nil, err
	}
	notices, err := d.opinionNotices(ctx)
	if err != nil {
		return nil, err
	}
	var late, now, soon, fresh int
	arrived := map[int64]int{}
	ahead := cal.Add(today, dueAhead)
	for _, f := range open {
		if f.State == opinion.Received {
			arrived[f.Notice]++
			if !bot.Civil(f.ReceivedOn).Before(since) {
				fresh++
			}
		}
		switch due := bot.Civil(f.DueOn); {
		case due.Before(today):
			late++
		case due.Equal(today):
			now++
		case !due.After(ahead):
			soon++
		}
	}
	if late+now+soon+fresh == 0 {
		return nil, nil //nolint:nilnil // no card: nothing to tell
	}
	var lines []string
	for _, x := range []struct {
		n   int
		say string
	}{{late, text.OpinionsLate}, {now, text.OpinionsToday}, {soon, text.OpinionsSoon}} {
		if x.n > 0 {
			lines = append(lines, fmt.Sprintf(x.say, x.n))
		}
	}
	if fresh > 0 {
		var where []string
		for id, n := range arrived {
			title := text.OpinionNoNotice
			if x, ok := notices[id]; ok {
				title = x.Title
			}
			where = append(where, fmt.Sprintf(text.OpinionsOfNotice, title, n))
		}
		slices.Sort(where)
		lines = append(lines, fmt.Sprintf(text.OpinionsNew, strings.Join(where, text.ListComma)))
	}
	title := text.OpinionsTitleNew
	if late+now+soon > 0 {
		title = text.OpinionsTitleDue
	}
	return &bot.Card{Title: title, Body: strings.Join(lines, "\n"), Link: &bot.Link{Text: text.OpinionLink, URL: d.Pages.Opinions()}}, nil
}

// tipsArrived is the discipline office's card; nil when nothing came.
func (d *Desk) tipsArrived(ctx context.Context, a bot.Actor, since time.Time) (*bot.Card, error) {
	all, err := d.Opinions.Tips(ctx)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(all, func(x Tip) bool {
		return x.State == TipReceived && !bot.Civil(x.ReceivedOn).Before(since) && !slices.Contains(x.Excluded, a.Person)
	}) {
		return nil, nil //nolint:nilnil // no card: nothing to tell
	}
	return &bot.Card{Title: text.TipsTitle, Body: text.TipsArrived, Link: &bot.Link{Text: text.TipsLink, URL: d.Pages.Tips()}}, nil
}
