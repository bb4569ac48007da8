package handlers

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"qingfeng/bot/convo"
	"qingfeng/bot/text"
	"qingfeng/knowledge"
)

// Answerer finds the clause that answers a policy question; knowledge.Book is one.
type Answerer interface {
	Ask(question string) (knowledge.BookAnswer, bool)
}

// longestQuestion in characters: more is not a question but a story.
const longestQuestion = 80

// question answers a policy question with a whole clause and where it stands, or
// says honestly that there is none. sure: the person is in the middle of a sentence
// of their own, so only what is unmistakably a question counts.
func (d *Desk) question(ctx context.Context, t *convo.Turn, sure bool) (bool, error) {
	said := strings.TrimSpace(t.Answer.Text)
	if n := utf8.RuneCountInString(said); n < 3 || n > longestQuestion || !asks(said, sure) {
		return false, nil
	}
	a, found := d.Answers.Ask(said)
	if !found {
		// Inside a step an unanswerable "question" may just as well be an answer.
		if sure && !text.Starts(text.AskSure, said) && !marked(said) {
			return false, nil
		}
		t.Say(fmt.Sprintf(text.AskNone, d.officeNames(ctx)))
		return true, nil
	}
	t.Say(fmt.Sprintf(text.AskAnswer, a.Text, a.Document, strings.Join(a.Path, text.PathArrow)))
	return true, nil
}

// asks reports whether a text is a question.
func asks(said string, sure bool) bool {
	if text.Starts(text.AskSure, said) || marked(said) {
		return true
	}
	return !sure && (text.Has(text.AskWords, said) || text.Ends(text.AskEnds, said))
}

// marked reports whether a text ends with a question mark.
func marked(said string) bool {
	return strings.HasSuffix(said, "?") || strings.HasSuffix(said, text.QuestionMark)
}
