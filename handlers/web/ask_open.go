package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/text"
	"qingfeng/knowledge"
	"qingfeng/knowledge/index"
)

const (
	openSince = 28 * 24 * time.Hour // how far back an unanswered question is brought up
	openMost  = 15                  // groups on the page
	openNear  = 3                   // clauses offered for a group
)

// openPage is what nobody could answer, without who asked.
type openPage struct {
	Groups []openGroup
	More   int // groups that are not shown
	Error  string
}

// openGroup is questions that are much the same.
type openGroup struct {
	Key      string // its first question
	IDs      string
	Question string
	Others   string
	Count    int
	Reasons  string
	Find     string // other words that were looked for
	Near     []nearClause
}

// nearClause is a clause that may be the answer.
type nearClause struct {
	ID   int64
	Name string
	Text string
	URL  string
}

func (s *site) openQuestions(ctx context.Context, v *visit) error {
	return s.showOpen(ctx, v, http.StatusOK, "")
}

func (s *site) showOpen(ctx context.Context, v *visit, status int, say string) error {
	groups, err := s.Knowledge.Questions.Unanswered(ctx, s.Now().Add(-openSince))
	if err != nil {
		return err
	}
	r, err := s.Desk.Reader(ctx, v.actor)
	if err != nil {
		return err
	}
	p := openPage{Error: say, More: max(0, len(groups)-openMost)}
	query := v.r.URL.Query()
	for _, g := range groups[:min(len(groups), openMost)] {
		o := openGroup{
			Key: fmt.Sprint(g.IDs[0]), IDs: idList(g.IDs), Question: g.Question, Others: strings.Join(g.Others, text.Semicolon), Count: g.Count,
			Reasons: strings.Join(g.Reasons, text.Semicolon),
		}
		if query.Get("group") == o.Key {
			o.Find = text.Clip(plain(query.Get("find")), 100)
		}
		if o.Near, err = s.nearest(ctx, r, g, o.Find); err != nil {
			return err
		}
		p.Groups = append(p.Groups, o)
	}
	return s.show(v, status, "questions", text.WebNavQuestions, p)
}

// nearest are the clauses that may answer a group: those that were shown for it, then
// what its words find; other words, only what they find.
func (s *site) nearest(ctx context.Context, r knowledge.Reader, g index.Group, find string) ([]nearClause, error) {
	ids, asked := slices.Clone(g.Near), g.Question
	if find != "" {
		ids, asked = nil, find
	}
	a, err := s.Knowledge.Quoted.Ask(ctx, knowledge.Question{Text: asked, Reader: r, Now: bot.Local(s.Now())})
	if err != nil {
		return nil, err
	}
	for _, c := range a.Citations {
		ids = append(ids, c.ID)
	}
	for _, h := range a.Hits {
		ids = append(ids, h.ID)
	}
	var out []nearClause
	for _, id := range ids {
		if len(out) == openNear {
			break
		}
		if slices.ContainsFunc(out, func(n nearClause) bool { return n.ID == id }) {
			continue
		}
		p, ok, err := s.Knowledge.Questions.Passage(ctx, r, id, s.today())
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, nearClause{ID: id, Name: passageName(p), Text: text.Clip(oneLine(p.Text), 120), URL: clauseURL(id)})
		}
	}
	return out, nil
}

// passageName names a passage: document and path.
func passageName(p knowledge.Passage) string {
	path := strings.Join(p.Path, text.PathArrow)
	if path != "" {
		path = " " + path
	}
	return fmt.Sprintf(text.TalkSource, p.Document.Title, "", path)
}

// settleQuestions takes the office's word on a group: a clause, or nothing to do.
func (s *site) settleQuestions(ctx context.Context, v *visit) error {
	var ids []int64
	for part := range strings.SplitSeq(v.value("ids"), ",") {
		id, err := strconv.ParseInt(part, 10, 64)
		if err != nil {
			return errBadForm
		}
		ids = append(ids, id)
	}
	passage, err := strconv.ParseInt(v.value("passage"), 10, 64)
	drop := v.value("do") == "drop"
	if !drop && err != nil {
		return errBadForm
	}
	r, err := s.Desk.Reader(ctx, v.actor)
	if err != nil {
		return err
	}
	say := text.OpenDropped
	_, err = s.do(ctx, v, func(ctx context.Context, t *convo.Turn) error {
		asked, err := s.stillOpen(ctx, ids)
		if err != nil {
			return err
		}
		if drop {
			if _, err := s.Knowledge.Questions.Settle(ctx, ids); err != nil {
				return err
			}
			return s.noteLibrary(ctx, v, "question.drop", "question", ids[0], "")
		}
		p, ok, err := s.Knowledge.Questions.Passage(ctx, r, passage, s.today())
		if err != nil {
			return err
		}
		if !ok {
			return bot.Refuse(text.OpenGone, "web: no such passage")
		}
		askers, err := s.Knowledge.Questions.Confirm(ctx, ids, passage, v.actor.Person)
		if errors.Is(err, index.ErrNoQuestion) {
			return bot.Refuse(text.OpenTooLong, "web: no question")
		}
		if err != nil {
			return err
		}
		say = fmt.Sprintf(text.OpenUsed, passageName(p))
		if err := s.tellAskers(ctx, t, v, askers, ids[0], asked); err != nil {
			return err
		}
		return s.noteLibrary(ctx, v, "question.confirm", "passage", passage, "")
	})
	if refused := bot.Says(err); refused != "" {
		return s.showOpen(ctx, v, http.StatusUnprocessableEntity, refused)
	}
	if err != nil {
		return err
	}
	return s.to(v, "/questions", flash{Say: []string{say}})
}

// stillOpen refuses questions of which the office has dealt with any, and returns how
// they are worded.
func (s *site) stillOpen(ctx context.Context, ids []int64) (asked string, err error) {
	groups, err := s.Knowledge.Questions.Unanswered(ctx, s.Now().Add(-openSince))
	if err != nil {
		return "", err
	}
	open := map[int64]string{}
	for _, g := range groups {
		for _, id := range g.IDs {
			open[id] = g.Question
		}
	}
	for _, id := range ids {
		if open[id] == "" {
			return "", bot.Refuse(text.AskPageQuestions, "web: settled already")
		}
	}
	return open[ids[0]], nil
}

// tellAskers lets those who asked know that there is an answer now; the one who gave it
// knows.
func (s *site) tellAskers(ctx context.Context, t *convo.Turn, v *visit, askers []int64, question int64, asked string) error {
	for _, asker := range askers {
		if asker == v.actor.Person {
			continue
		}
		who, err := s.Register.Person(ctx, asker)
		if err != nil {
			return err
		}
		t.Send(bot.Reply{
			To: who.UserID, Lane: bot.LaneNotice, Text: fmt.Sprintf(text.OpenAnswered, text.Clip(asked, 60)),
			Once: fmt.Sprintf("question.known:%d:%d", question, asker),
		})
	}
	return nil
}

func idList(ids []int64) string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = strconv.FormatInt(id, 10)
	}
	return strings.Join(out, ",")
}
