package web

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
	"qingfeng/handlers"
	"qingfeng/knowledge"
	"qingfeng/knowledge/index"
)

const (
	// askTime bounds a question's answer, the model's budget in it.
	askTime = 45 * time.Second
	// askHold keeps a question from the workers of the chat while the page answers it;
	// if the page dies of it they answer it there.
	askHold = time.Minute
	// storeTime bounds the storing of an answer whose reader may have left.
	storeTime = 5 * time.Second
	// longestAsked in characters is a question, or the end of a story.
	longestAsked = 2000
	// talkBack is how far back the talk is shown, and how much of it.
	talkBack = 24 * time.Hour
	talkMost = 8
)

// askPage is the question box and what was asked before.
type askPage struct {
	Said  string // what is in the box
	After int64  // the last question before this one
	Error string
	Now   *told
	Talk  []told
}

func (s *site) ask(ctx context.Context, v *visit) error {
	p := askPage{Said: text.Clip(plain(v.r.URL.Query().Get("q")), 200)}
	return s.showAsk(ctx, v, http.StatusOK, p)
}

func (s *site) showAsk(ctx context.Context, v *visit, status int, p askPage) error {
	r, err := s.Desk.Reader(ctx, v.actor)
	if err != nil {
		return err
	}
	if p, err = s.withTalk(ctx, v, r, p, 0); err != nil {
		return err
	}
	return s.show(v, status, "ask", text.WebNavAsk, p)
}

// withTalk adds what was asked before, without the question at hand.
func (s *site) withTalk(ctx context.Context, v *visit, r knowledge.Reader, p askPage, without int64) (askPage, error) {
	talk, err := s.Knowledge.Questions.Talk(ctx, v.actor.Person, s.Now().Add(-talkBack), talkMost)
	if err != nil {
		return p, err
	}
	for _, l := range talk {
		p.After = max(p.After, l.ID)
		if l.ID == without {
			continue
		}
		t, err := s.retold(ctx, r, l)
		if err != nil {
			return p, err
		}
		p.Talk = append(p.Talk, t)
	}
	return p, nil
}

// asked answers a question.
func (s *site) asked(ctx context.Context, v *visit) error {
	said := v.value("q")
	if rule := handlers.StopsQuestion(said); rule != "" {
		err := s.Register.Record(ctx, risk.Event{Actor: v.actor.Person, Role: keeperRole(v.actor), Action: "question.stop", Object: "question", Result: "refused", Note: rule})
		if err != nil {
			return err
		}
		p := askPage{Error: text.AskPageStops(rule)}
		if rule == risk.RulePII {
			p.Said = said // theirs to take the number out of
		}
		return s.showAsk(ctx, v, http.StatusUnprocessableEntity, p)
	}
	switch n := utf8.RuneCountInString(said); {
	case n == 0:
		return s.showAsk(ctx, v, http.StatusUnprocessableEntity, askPage{Error: text.AskPageNothing})
	case n > longestAsked:
		return s.showAsk(ctx, v, http.StatusUnprocessableEntity, askPage{Said: said, Error: fmt.Sprintf(text.AskPageTooLong, longestAsked)})
	}
	r, err := s.Desk.Reader(ctx, v.actor)
	if err != nil {
		return err
	}
	q, last, err := s.Desk.Following(ctx, v.actor.Person, said, r, s.Now())
	if err != nil {
		return err
	}
	if last.ID != 0 && last.Body == said && v.value("after") != fmt.Sprint(last.ID) {
		return s.to(v, "/ask", flash{}) // the same form once more: it is answered already
	}
	id, err := s.Knowledge.Questions.Ask(ctx, index.Asked{Asker: v.actor.Person, Body: said, Audiences: r.Audiences, Hold: askHold})
	if err != nil {
		return err
	}
	away := false
	if s.Knowledge.Away != nil {
		if away, err = s.Knowledge.Away(ctx); err != nil {
			return err
		}
	}
	if away {
		return s.answerSlowly(ctx, v, r, q, id)
	}
	t, err := s.answered(ctx, q, id)
	if err != nil {
		return err
	}
	p, err := s.withTalk(ctx, v, r, askPage{Now: &t, After: id}, id)
	if err != nil {
		return err
	}
	return s.show(v, http.StatusOK, "ask", text.WebNavAsk, p)
}

// answered answers a question and stores the answer.
func (s *site) answered(ctx context.Context, q knowledge.Question, id int64) (told, error) {
	a, err := s.Knowledge.Answers.Ask(ctx, q)
	if err != nil {
		return told{}, err
	}
	kept, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTime)
	defer cancel()
	if _, err := s.Knowledge.Questions.FinishQuestion(kept, id, 0, a); err != nil {
		return told{}, err
	}
	return s.tell(id, q.Text, a, nil), nil
}

// answerSlowly answers while the page is open: the box and the question at once, the
// model's words as they come, marked as unchecked, then the checked answer, which hides
// them. No script: the page grows.
func (s *site) answerSlowly(ctx context.Context, v *visit, r knowledge.Reader, q knowledge.Question, id int64) error {
	before, err := s.withTalk(ctx, v, r, askPage{After: id}, id)
	if err != nil {
		return err
	}
	out, err := s.begin(v, "ask", text.WebNavAsk, struct {
		askPage
		Asked string
	}{before, q.Text})
	if err != nil {
		return nil // the reader left: the question waits for the chat's workers
	}
	drafting := false
	q.Stream = func(part string) {
		if !drafting {
			drafting = true
			_ = out.execute("draft", nil)
		}
		_, _ = io.WriteString(v.w, template.HTMLEscapeString(strings.ToValidUTF8(part, "")))
		_ = out.flush()
	}
	t, err := s.answered(ctx, q, id)
	if drafting {
		_ = out.execute("drafted", nil)
	}
	if err != nil {
		if !errors.Is(err, context.Canceled) {
			s.Log.Error("question not answered", "question", id, "code", opOf(err))
		}
		_ = out.write("broken", text.AskPageBroken)
	} else {
		_ = out.write("checked", t)
	}
	_ = out.write("rest", before)
	_ = out.end()
	return nil
}

// judge takes down what somebody thinks of an answer to their own question.
func (s *site) judge(ctx context.Context, v *visit) error {
	id, err := v.number("question")
	if err != nil {
		return err
	}
	liked, reason := v.value("do") == "useful", ""
	if !liked {
		for _, r := range text.AskReasons() {
			if r[0] == v.value("why") && r[0] != "other" {
				reason = r[1]
			}
		}
		if words := v.value("words"); words != "" {
			if err := s.stopped(ctx, v, words); err != nil {
				return err
			}
			reason = words
		}
	}
	_, err = s.do(ctx, v, func(ctx context.Context, t *convo.Turn) error {
		ok, err := s.Knowledge.Questions.Judge(ctx, id, v.actor.Person, liked, reason)
		if err == nil && !ok {
			return errNotFound
		}
		t.Supersede(bot.About{Kind: "question", ID: id}, text.TalkThanks) // the chat's card that asks the same
		return err
	})
	if err != nil {
		return err
	}
	say := text.AskPageThanks
	if !liked {
		say = text.AskPageImprove
	}
	return s.to(v, "/ask", flash{Say: []string{say}})
}
