package handlers

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
	"qingfeng/knowledge"
	"qingfeng/knowledge/index"
)

// Answerer answers a policy question; *knowledge.Base is one.
type Answerer interface {
	Ask(ctx context.Context, q knowledge.Question) (knowledge.Answer, error)
}

// Questions is the log of what people ask, and what is learned from it; *index.Store is one.
type Questions interface {
	Ask(ctx context.Context, a index.Asked) (id int64, err error)
	FinishQuestion(ctx context.Context, id int64, turn int, a knowledge.Answer) (ok bool, err error)
	ClaimQuestions(ctx context.Context, limit int, lease time.Duration) ([]index.Claim, error)
	Last(ctx context.Context, asker int64) (last index.Last, ok bool, err error)
	Told(ctx context.Context, id int64) (q index.Told, ok bool, err error)
	Judge(ctx context.Context, id, asker int64, liked bool, reason string) (ok bool, err error)
	Unanswered(ctx context.Context, since time.Time) ([]index.Group, error)
	Settle(ctx context.Context, ids []int64) (askers []int64, err error)
	Confirm(ctx context.Context, ids []int64, passage, by int64) (askers []int64, err error)
	// Passage is a passage that the reader may see; on the zero day also a lapsed one.
	Passage(ctx context.Context, r knowledge.Reader, id int64, on time.Time) (p knowledge.Passage, ok bool, err error)
}

const (
	longestQuestion = 80 // characters: a longer text is a question if its last sentence is one
	longestAsking   = 60 // characters of such a sentence
	shortestCore    = 8  // characters of one that needs nothing of the story
	longestKeyword  = 16 // characters: a longer text without a word of asking is no keyword
	longestFollow   = 20 // characters of 那副科级呢

	// talkTime is how long a question stands before the next one: 那副科级呢 after it asks
	// about the same.
	talkTime = 30 * time.Minute
	// opinionTime is how long 原文 and 有用 mean the last answer.
	opinionTime = 24 * time.Hour
	// hintEvery is how often the words that work after an answer are told.
	hintEvery = 12 * time.Hour
	// lookingAfter is when somebody who waits for an answer is told that it is being looked for.
	lookingAfter = 3 * time.Second
)

// Notes of the questions: an answer is there, an answer is not there yet.
const (
	NoteAnswered = "question.answered"
	noteLooking  = "question.looking"
)

type questionNote struct {
	ID int64 `json:"id"`
}

// AnsweredNote tells an asker's lane that a question has its answer.
func AnsweredNote(question int64) (bot.Note, error) {
	data, err := json.Marshal(questionNote{question})
	return bot.Note{Name: NoteAnswered, Data: data}, err
}

// question answers a policy question, or says honestly that there is no answer. sure:
// the person is in the middle of a sentence of their own, so only what is unmistakably
// a question counts.
func (d *Desk) question(ctx context.Context, t *convo.Turn, sure bool) (bool, error) {
	if d.Answers == nil || d.Questions == nil {
		return false, nil
	}
	folded, said := t.Answer.Text, asTyped(t)
	asked, follow, judges := asks(folded, sure), follows(folded), !sure && judging(folded)
	var last index.Last
	recent := false
	if asked || follow || judges { // most of what is typed in a form is none of it
		var err error
		if last, recent, err = d.lastTalk(ctx, t); err != nil {
			return false, err
		}
	}
	if judges && recent {
		return true, d.opinion(ctx, t, last, folded)
	}
	asked = asked || follow && recent
	if (asked || !sure) && (text.Accusing(folded) || risk.Accuses(said)) {
		// Not logged, not searched for, not kept: a person's matter has doors of its own.
		if err := d.forgetSaid(ctx, t); err != nil {
			return true, err
		}
		return true, d.refuse(ctx, t, "question.stop", "question", 0, "person", text.Complain)
	}
	if asked {
		return true, d.ask(ctx, t, said, last, recent)
	}
	if _, _, active := t.Active(); active || sure {
		return false, nil
	}
	return d.keyword(ctx, t, said)
}

// asTyped is a question as it was typed: folding is for commands.
func asTyped(t *convo.Turn) string {
	if s := strings.TrimSpace(t.Message.Text); t.Message.Kind == bot.KindText && s != "" {
		return s
	}
	return strings.TrimSpace(t.Answer.Text)
}

// asks reports whether a text is a question.
func asks(said string, sure bool) bool {
	switch n := utf8.RuneCountInString(said); {
	case n < 3:
		return false
	case n > longestQuestion:
		last := lastSentence(said)
		return utf8.RuneCountInString(last) <= longestAsking && (marked(said) || asks(last, sure))
	case text.Starts(text.AskSure, said) || marked(said):
		return true
	case sure:
		return false
	}
	return text.Has(text.AskWords, said) || text.Ends(text.AskEnds, said) || text.Ends(text.WordsRules, said) && text.Has(text.WordsWhen, said)
}

// lastSentence is what a story ends with.
func lastSentence(said string) string {
	parts := strings.FieldsFunc(said, func(r rune) bool { return strings.ContainsRune(text.SentenceEnds, r) })
	for i := len(parts) - 1; i >= 0; i-- {
		if s := strings.TrimSpace(parts[i]); s != "" {
			return s
		}
	}
	return ""
}

// follows reports whether a text asks on about what was asked before: 那副科级呢.
func follows(said string) bool {
	return utf8.RuneCountInString(said) <= longestFollow && text.Starts(text.WordsFollow, said) && (text.Ends(text.AskEnds, said) || marked(said))
}

// marked reports whether a text ends with a question mark.
func marked(said string) bool {
	return strings.HasSuffix(said, "?") || strings.HasSuffix(said, text.QuestionMark)
}

// lastTalk is what the person asked last; recent if a follow-up may mean it.
func (d *Desk) lastTalk(ctx context.Context, t *convo.Turn) (last index.Last, recent bool, err error) {
	if d.Questions == nil || t.Actor.Person == 0 {
		return last, false, nil
	}
	last, ok, err := d.Questions.Last(ctx, t.Actor.Person)
	if err != nil || !ok {
		return index.Last{}, false, err
	}
	return last, t.Now.Sub(last.At) < talkTime, nil
}

// inTalk is a question with what was asked and shown before it in the same talk.
func inTalk(said string, r knowledge.Reader, now time.Time, last index.Last, recent bool) knowledge.Question {
	q := knowledge.Question{Text: said, Reader: r, Now: bot.Local(now)}
	if recent {
		q.Before, q.Seen = last.Understood, last.Seen
		if len(last.Answer.Citations) > 0 {
			q.About = last.Answer.Citations[0].Document.Title
		}
	}
	return q
}

// answerTo asks what a story ends with, and the whole of it where that is not answered.
func answerTo(ctx context.Context, by Answerer, q knowledge.Question) (knowledge.Answer, error) {
	whole := q.Text
	if utf8.RuneCountInString(whole) > longestQuestion {
		if last := lastSentence(whole); utf8.RuneCountInString(last) >= shortestCore && asks(last, false) {
			q.Text = last
			core, err := by.Ask(ctx, q)
			if err != nil || core.Outcome == knowledge.Answered {
				return core, err
			}
			q.Text = whole
			if a, err := by.Ask(ctx, q); err != nil || a.Outcome == knowledge.Answered || core.Outcome == knowledge.None {
				return a, err
			}
			return core, nil
		}
	}
	return by.Ask(ctx, q)
}

// ask logs a question and answers it: now, or where an endpoint may have its say, later.
func (d *Desk) ask(ctx context.Context, t *convo.Turn, said string, last index.Last, recent bool) error {
	r, err := d.reader(ctx, t.Actor)
	if err != nil {
		return err
	}
	id, err := d.Questions.Ask(ctx, index.Asked{Asker: t.Actor.Person, Body: said, Audiences: r.Audiences})
	if err != nil {
		return err
	}
	away := false
	if d.Away != nil {
		if away, err = d.Away(ctx); err != nil {
			return err
		}
	}
	if away {
		data, err := json.Marshal(questionNote{id})
		if err != nil {
			return err
		}
		t.AnswerLater()
		t.Later(t.Actor.UserID, t.Now.Add(lookingAfter), bot.Note{Name: noteLooking, Data: data}, fmt.Sprintf("question.looking:%d", id))
		return nil
	}
	a, err := answerTo(ctx, d.Answers, inTalk(said, r, t.Now, last, recent))
	if err != nil {
		return err
	}
	a = forChat(a)
	if _, err := d.Questions.FinishQuestion(ctx, id, 0, a); err != nil {
		return err
	}
	return d.tell(ctx, t, said, a)
}

// keyword takes a few words that ask nothing (三重一大, 礼金上交) for a question if a
// clause answers it; else they were something else, and nothing is logged.
func (d *Desk) keyword(ctx context.Context, t *convo.Turn, said string) (bool, error) {
	n := utf8.RuneCountInString(said)
	if n < 2 || n > longestKeyword && !spelled(said) {
		return false, nil
	}
	r, err := d.reader(ctx, t.Actor)
	if err != nil {
		return false, err
	}
	a, err := d.Answers.Ask(ctx, inTalk(said, r, t.Now, index.Last{}, false))
	if err != nil {
		return false, err
	}
	if a.Reason == knowledge.Pinyin && spelled(said) {
		t.Say(text.AskWhy(string(a.Reason)))
		return true, nil
	}
	if a.Outcome != knowledge.Answered {
		return false, nil
	}
	return true, d.ask(ctx, t, said, index.Last{}, false)
}

// spelled reports whether a text is written in letters and has no Han character.
func spelled(said string) bool {
	letters := 0
	for _, r := range said {
		if unicode.Is(unicode.Han, r) {
			return false
		}
		if unicode.IsLetter(r) {
			letters++
		}
	}
	return letters >= 5
}

// reader is what somebody may read today.
func (d *Desk) reader(ctx context.Context, a bot.Actor) (knowledge.Reader, error) {
	held, err := d.Reg.Holders(ctx, 0)
	if err != nil {
		return knowledge.Reader{}, err
	}
	var sections []string
	for _, h := range held {
		if h.Person.ID == a.Person {
			sections = append(sections, h.Post.Section)
		}
	}
	for _, role := range a.Roles {
		scoped, err := d.Reg.SectionsOf(ctx, a.Person, role)
		if err != nil {
			return knowledge.Reader{}, err
		}
		for _, s := range scoped {
			sections = append(sections, s.Name)
		}
	}
	return ReaderOf(a, sections...), nil
}

// tell says an answer; the first one in a while is followed by what may be said about it.
func (d *Desk) tell(ctx context.Context, t *convo.Turn, said string, a knowledge.Answer) error {
	line := d.phrase(ctx, said, a, t.Now)
	if a.Outcome == knowledge.Answered {
		hint, err := d.Reg.Allow(ctx, "question.hint:"+t.Actor.UserID.Key(), hintEvery)
		if err != nil {
			return err
		}
		if hint {
			line += "\n" + text.TalkHint
		}
	}
	t.Say(line)
	return nil
}

// noteAnswered brings an answer that was found outside a turn.
func (d *Desk) noteAnswered(ctx context.Context, t *convo.Turn) error {
	q, ok, err := d.noted(ctx, t)
	if err != nil || !ok || !q.Answered {
		return err
	}
	if err := d.tell(ctx, t, q.Body, q.Answer); err != nil {
		return err
	}
	t.RepeatAsk() // it waited for this
	return nil
}

// noteLooking tells somebody who still waits that nobody forgot them.
func (d *Desk) noteLooking(ctx context.Context, t *convo.Turn) error {
	q, ok, err := d.noted(ctx, t)
	if err != nil || !ok || q.Answered {
		return err
	}
	t.Say(text.TalkLooking)
	return nil
}

// noted is the question of a note, if it is the person's.
func (d *Desk) noted(ctx context.Context, t *convo.Turn) (q index.Told, ok bool, err error) {
	var n questionNote
	if err := json.Unmarshal(t.Message.Note.Data, &n); err != nil {
		return q, false, err
	}
	if d.Questions == nil {
		return q, false, nil
	}
	q, ok, err = d.Questions.Told(ctx, n.ID)
	return q, ok && q.Asker == t.Actor.Person, err
}
