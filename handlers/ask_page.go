package handlers

import (
	"context"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
	"qingfeng/knowledge"
	"qingfeng/knowledge/index"
)

// RuleComplaint stops what accuses a recognisable person, beside the rules of risk.Guard.
const RuleComplaint = "complaint"

// Reader is what somebody may read today.
func (d *Desk) Reader(ctx context.Context, a bot.Actor) (knowledge.Reader, error) {
	return d.reader(ctx, a)
}

// StopsQuestion is the rule by which a question is neither logged nor searched for;
// empty for none.
func StopsQuestion(said string) (rule string) {
	if stop := risk.Guard(said); stop != nil {
		return stop.Rule
	}
	if text.Accusing(convo.Fold(said)) || risk.Accuses(said) {
		return RuleComplaint
	}
	return ""
}

// Following is a question in its asker's talk: with what was asked and shown before it,
// where that was lately enough for a follow-up. last is what was answered last at all.
func (d *Desk) Following(ctx context.Context, asker int64, said string, r knowledge.Reader, now time.Time) (q knowledge.Question, last index.Last, err error) {
	last, ok, err := d.Questions.Last(ctx, asker)
	if err != nil {
		return q, last, err
	}
	return inTalk(said, r, now, last, ok && now.Sub(last.At) < talkTime), last, nil
}
