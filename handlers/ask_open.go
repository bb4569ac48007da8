package handlers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
	"qingfeng/knowledge"
	"qingfeng/knowledge/index"
)

// flowOpen leads the office through the questions that nobody could answer.
const flowOpen = "question.open"

// aboutDigest is what the weekly card is bound to; its version is the day.
const aboutDigest = "question.digest"

const (
	// openSince is how far back an unanswered question is still brought up.
	openSince  = 28 * 24 * time.Hour
	openGroups = 5 // groups of one digest
	openNear   = 3 // clauses offered for a group
	openWords  = 3 // other wordings and reasons that are shown
)

// unanswered is where a person of the office stands in the unanswered questions.
type unanswered struct {
	Groups []unansweredGroup `json:"groups"`
	At     int               `json:"at"`
	Near   []int64           `json:"near,omitempty"` // passages offered for this one
}

// unansweredGroup is one of them, without who asked.
type unansweredGroup struct {
	IDs      []int64  `json:"ids"`
	Question string   `json:"question"`
	Others   []string `json:"others,omitempty"`
	Count    int      `json:"count"`
	Reasons  []string `json:"reasons,omitempty"`
	Near     []int64  `json:"near,omitempty"`
}

// askOpeners are words that count when no step took them.
func (d *Desk) askOpeners() []convo.Command {
	return []convo.Command{{Name: "question.open", Match: words(text.WordsOpen), Run: d.startUnanswered}}
}

// QuestionDigest tells the office which questions nobody could answer: grouped, counted,
// without the names of those who asked. Once a day at most, and only if one was asked
// since a moment: what they left lying before comes along, and does not come alone.
func (d *Desk) QuestionDigest(ctx context.Context, t *convo.Turn, since time.Time) error {
	groups, err := d.Questions.Unanswered(ctx, t.Now.Add(-openSince))
	if err != nil || !slices.ContainsFunc(groups, func(g index.Group) bool { return !g.Newest.Before(since) }) {
		return err
	}
	total := 0
	for _, g := range groups {
		total += g.Count
	}
	lines := []string{fmt.Sprintf(text.OpenDigest, total, len(groups))}
	for i, g := range groups[:min(len(groups), openGroups)] {
		lines = append(lines, fmt.Sprintf(text.OpenLine, i+1, text.Clip(g.Question, preview), g.Count))
	}
	today := civil(t.Now)
	about := bot.About{Kind: aboutDigest, ID: 1, Version: today.Year()*10000 + int(today.Month())*100 + today.Day()}
	t.Supersede(about, text.OpenNewer)
	var told []int64
	for _, role := range []bot.Role{bot.RoleOfficeDirector, bot.RoleOfficeMember} {
		people, err := d.Reg.RoleHolders(ctx, role, 0)
		if err != nil {
			return err
		}
		for _, p := range people {
			if slices.Contains(told, p.ID) {
				continue
			}
			told = append(told, p.ID)
			t.Send(bot.Reply{
				To: p.UserID, Lane: bot.LaneNotice, Once: fmt.Sprintf("question.digest:%d:%d", about.Version, p.ID),
				Card: &bot.Card{Title: text.OpenTitle, Body: strings.Join(lines, "\n"), About: about, Buttons: []bot.Option{
					{Text: text.OpenBegin, Key: "question.open"},
					{Text: text.OpenUpload, Key: "upload", URL: d.Pages.Documents()},
				}},
			})
		}
	}
	return nil
}

// pressOpen begins with the first group.
func (d *Desk) pressOpen(ctx context.Context, t *convo.Turn) error { return d.startUnanswered(ctx, t) }

// startUnanswered goes through the unanswered questions, one by one.
func (d *Desk) startUnanswered(ctx context.Context, t *convo.Turn) error {
	if d.Questions == nil {
		t.Say(text.OpenNone)
		return nil
	}
	if !t.Actor.Coordinator() {
		return d.refuse(ctx, t, "question.open", "question", 0, "not the office", text.OpenOnlyOffice)
	}
	groups, err := d.Questions.Unanswered(ctx, t.Now.Add(-openSince))
	if err != nil {
		return err
	}
	if len(groups) == 0 {
		t.Say(text.OpenNone)
		t.RepeatAsk()
		return nil
	}
	var s unanswered
	for _, g := range groups[:min(len(groups), openGroups)] {
		s.Groups = append(s.Groups, unansweredGroup{
			IDs: g.IDs, Question: g.Question, Others: g.Others[:min(len(g.Others), openWords)], Count: g.Count,
			Reasons: g.Reasons[:min(len(g.Reasons), openWords)], Near: g.Near,
		})
	}
	if err := d.offer(ctx, t, &s, ""); err != nil {
		return err
	}
	return t.Start(flowOpen, "one", s)
}

// offer chooses the clauses that are offered for the group at hand: those that were
// shown for it, then what words find; other words than its own only what they find.
func (d *Desk) offer(ctx context.Context, t *convo.Turn, s *unanswered, wordsSaid string) error {
	g := s.Groups[s.At]
	r, err := d.reader(ctx, t.Actor)
	if err != nil {
		return err
	}
	s.Near = nil
	ids := g.Near
	asked := g.Question
	if wordsSaid != "" {
		ids, asked = nil, wordsSaid
	}
	a, err := d.Answers.Ask(ctx, knowledge.Question{Text: asked, Reader: r, Now: bot.Local(t.Now)})
	if err != nil {
		return err
	}
	ids = slices.Clone(ids)
	for _, c := range a.Citations {
		ids = append(ids, c.ID)
	}
	for _, h := range a.Hits {
		ids = append(ids, h.ID)
	}
	for _, id := range ids {
		if len(s.Near) == openNear || slices.Contains(s.Near, id) {
			continue
		}
		if _, ok, err := d.Questions.Passage(ctx, r, id, civil(t.Now)); err != nil {
			return err
		} else if ok {
			s.Near = append(s.Near, id)
		}
	}
	return nil
}

func (d *Desk) unansweredFlow() convo.Flow[unanswered] {
	return convo.Flow[unanswered]{Name: flowOpen, Version: 1, Start: "one", Steps: []convo.Step[unanswered]{
		{Name: "one", Ask: d.askUnanswered, Answer: d.readUnanswered},
	}}
}

// askUnanswered shows one group with the clauses that come nearest.
func (d *Desk) askUnanswered(ctx context.Context, t *convo.Turn, s *unanswered) error {
	g := s.Groups[s.At]
	r, err := d.reader(ctx, t.Actor)
	if err != nil {
		return err
	}
	lines := []string{fmt.Sprintf(text.OpenAsked, g.Question, g.Count)}
	if len(g.Others) > 0 {
		lines = append(lines, fmt.Sprintf(text.OpenOthers, strings.Join(g.Others, text.Semicolon)))
	}
	if len(g.Reasons) > 0 {
		lines = append(lines, fmt.Sprintf(text.OpenReasons, strings.Join(g.Reasons, text.Semicolon)))
	}
	var buttons []bot.Option
	for i, id := range s.Near {
		p, ok, err := d.Questions.Passage(ctx, r, id, time.Time{})
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		if len(buttons) == 0 {
			lines = append(lines, text.OpenNear)
		}
		lines = append(lines, fmt.Sprintf(text.TalkNear, i+1, source(p), text.Clip(oneLine(p.Text), preview)))
		buttons = append(buttons, bot.Option{Text: fmt.Sprintf(text.OpenUse, i+1), Key: "use:" + strconv.FormatInt(id, 10)})
	}
	if len(buttons) == 0 {
		lines = append(lines, text.OpenNoNear)
	} else {
		lines = append(lines, text.OpenHow)
	}
	t.Ask(bot.Card{
		Title: text.OpenTitle, Desc: fmt.Sprintf(text.OpenOne, s.At+1, len(s.Groups)), Body: strings.Join(lines, "\n"),
		Buttons: append(buttons,
			bot.Option{Text: text.OpenDrop, Key: "drop"},
			bot.Option{Text: text.OpenLater, Key: "later", Minor: true},
			bot.Option{Text: text.OpenUpload, Key: "upload", URL: d.Pages.Documents(), Minor: true},
		),
	})
	return nil
}

// readUnanswered takes the office's word on a group: a clause, nothing to do, later, or other
// words to look for.
func (d *Desk) readUnanswered(ctx context.Context, t *convo.Turn, s *unanswered) (convo.Next, error) {
	if !t.Actor.Coordinator() { // no longer, since it began
		return convo.Done(), d.refuse(ctx, t, "question.open", "question", 0, "not the office", text.OpenOnlyOffice)
	}
	g := s.Groups[s.At]
	key := t.Answer.Key()
	id, use := strings.CutPrefix(key, "use:")
	switch {
	case use:
		passage, err := strconv.ParseInt(id, 10, 64)
		if err != nil {
			return convo.NotUnderstood(), nil
		}
		return d.settleBy(ctx, t, s, g, passage)
	case key == "drop":
		if _, err := d.Questions.Settle(ctx, g.IDs); err != nil {
			return convo.Next{}, err
		}
		if err := d.Reg.Record(ctx, risk.Event{Actor: t.Actor.Person, Role: role(t.Actor), Action: "question.drop", Object: "question", ID: g.IDs[0], Result: "ok"}); err != nil {
			return convo.Next{}, err
		}
		t.Say(text.OpenDropped)
		return d.nextUnanswered(ctx, t, s)
	case key == "later":
		return d.nextUnanswered(ctx, t, s)
	case len([]rune(t.Answer.Text)) < 2:
		return convo.NotUnderstood(), nil
	}
	before := s.Near
	if err := d.offer(ctx, t, s, asTyped(t)); err != nil {
		return convo.Next{}, err
	}
	if len(s.Near) == 0 {
		s.Near = before
		t.Say(text.OpenNotFound)
		return convo.Stay(), nil
	}
	return convo.Again(), nil
}

// settleBy makes a clause the answer to a group, and lets those who asked know.
func (d *Desk) settleBy(ctx context.Context, t *convo.Turn, s *unanswered, g unansweredGroup, passage int64) (convo.Next, error) {
	r, err := d.reader(ctx, t.Actor)
	if err != nil {
		return convo.Next{}, err
	}
	p, ok, err := d.Questions.Passage(ctx, r, passage, civil(t.Now))
	if err != nil {
		return convo.Next{}, err
	}
	if !ok {
		t.Say(text.OpenGone)
		return convo.Again(), d.offer(ctx, t, s, "")
	}
	askers, err := d.Questions.Confirm(ctx, g.IDs, passage, t.Actor.Person)
	if errors.Is(err, index.ErrNoQuestion) {
		t.Say(text.OpenTooLong)
		return convo.Stay(), nil
	}
	if err != nil {
		return convo.Next{}, err
	}
	if err := d.Reg.Record(ctx, risk.Event{Actor: t.Actor.Person, Role: role(t.Actor), Action: "question.confirm", Object: "passage", ID: passage, Result: "ok"}); err != nil {
		return convo.Next{}, err
	}
	t.Say(fmt.Sprintf(text.OpenUsed, source(p)))
	for _, asker := range askers {
		if asker == t.Actor.Person {
			continue
		}
		who, err := d.Reg.Person(ctx, asker)
		if err != nil {
			return convo.Next{}, err
		}
		t.Send(bot.Reply{
			To: who.UserID, Lane: bot.LaneNotice, Text: fmt.Sprintf(text.OpenAnswered, text.Clip(g.Question, preview)),
			Once: fmt.Sprintf("question.known:%d:%d", g.IDs[0], asker),
		})
	}
	return d.nextUnanswered(ctx, t, s)
}

// nextUnanswered goes on to the next group, or ends.
func (d *Desk) nextUnanswered(ctx context.Context, t *convo.Turn, s *unanswered) (convo.Next, error) {
	s.At++
	if s.At >= len(s.Groups) {
		t.Say(text.OpenEnd)
		return convo.Done(), nil
	}
	return convo.Again(), d.offer(ctx, t, s, "")
}
