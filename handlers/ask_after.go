package handlers

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/text"
	"qingfeng/knowledge"
	"qingfeng/knowledge/index"
)

// flowWhy takes down what was wrong with an answer, in the person's words.
const flowWhy = "question.why"

// aboutQuestion is what the card that asks for a reason is bound to.
const aboutQuestion = "question"

// longestOriginal in bytes is what 原文 says of one clause in chat; a longer one is a link.
const longestOriginal = 6000

// askCommands are the words that mean the last answer at any step. Words that a step
// may want for itself (不对, 👍) are heard in opinion, after the step.
func (d *Desk) askCommands() []convo.Command {
	return []convo.Command{
		{Name: "question.original", Match: words(text.WordsOriginal), Run: d.original, Resume: true},
		{Name: "question.more", Match: words(text.WordsMore), Run: d.more, Resume: true},
		{Name: "question.useful", Match: words(text.WordsUseful), Run: d.useful, Resume: true},
		{Name: "question.useless", Match: useless, Run: d.useless, Resume: true},
	}
}

// useless hears 没用, and 没用，说的是旧规定: what follows is the reason.
func useless(said string) ([]string, bool) {
	if text.Says(text.WordsUseless, said) {
		return []string{""}, true
	}
	rest, ok := text.Cut(text.WordsUseless, said)
	if why := strings.TrimLeft(rest, ",;:. "); ok && why != rest && utf8.RuneCountInString(why) >= 2 {
		return []string{why}, true
	}
	return nil, false
}

// lastAnswer is the answer that the person may be talking about; where there is none
// they are told.
func (d *Desk) lastAnswer(ctx context.Context, t *convo.Turn) (last index.Last, ok bool, err error) {
	last, _, err = d.lastTalk(ctx, t)
	if err != nil || last.ID != 0 && t.Now.Sub(last.At) < opinionTime {
		return last, err == nil, err
	}
	t.Say(text.TalkNoAnswer)
	return last, false, nil
}

// original shows the whole clauses of the last answer, as far as the person may still
// read them.
func (d *Desk) original(ctx context.Context, t *convo.Turn) error {
	last, ok, err := d.lastAnswer(ctx, t)
	if err != nil || !ok {
		return err
	}
	ids := make([]int64, 0, len(last.Seen))
	titles := map[int64]string{}
	for _, c := range last.Answer.Citations {
		ids = append(ids, c.ID)
		titles[c.ID] = c.Document.Title
	}
	if len(ids) == 0 {
		ids = last.Seen // 还有吗 found nothing more: what was shown before it is meant
	}
	if len(ids) == 0 {
		t.Say(text.TalkNoClause)
		return nil
	}
	r, err := d.reader(ctx, t.Actor)
	if err != nil {
		return err
	}
	for _, id := range ids {
		p, ok, err := d.Questions.Passage(ctx, r, id, time.Time{})
		switch {
		case err != nil:
			return err
		case !ok && titles[id] != "":
			t.Say(fmt.Sprintf(text.TalkWithdrawn, titles[id]))
		case !ok:
		case len(p.Text) > longestOriginal:
			t.Say(fmt.Sprintf(text.TalkOriginalAt, source(p)+ended(p, t), d.Pages.Clause(id)))
		default:
			t.Say(fmt.Sprintf(text.TalkOriginal, source(p)+ended(p, t), p.Text))
		}
	}
	return nil
}

// ended says that a passage no longer holds.
func ended(p knowledge.Passage, t *convo.Turn) string {
	today := civil(t.Now)
	if p.Version.Repealed.IsZero() || p.Version.Repealed.After(today) {
		return ""
	}
	return fmt.Sprintf(text.TalkRepealed, p.Version.Repealed.Format(text.TalkDay))
}

// more is 还有吗: what else there is on the last question, without what was shown.
func (d *Desk) more(ctx context.Context, t *convo.Turn) error {
	last, ok, err := d.lastAnswer(ctx, t)
	if err != nil || !ok {
		return err
	}
	return d.ask(ctx, t, asTyped(t), last, true)
}

func (d *Desk) useful(ctx context.Context, t *convo.Turn) error {
	last, ok, err := d.lastAnswer(ctx, t)
	if err != nil || !ok {
		return err
	}
	return d.like(ctx, t, last)
}

func (d *Desk) like(ctx context.Context, t *convo.Turn, last index.Last) error {
	if _, err := d.Questions.Judge(ctx, last.ID, t.Actor.Person, true, ""); err != nil {
		return err
	}
	t.Supersede(bot.About{Kind: aboutQuestion, ID: last.ID}, text.TalkThanks)
	t.Say(text.TalkThanks)
	return nil
}

func (d *Desk) useless(ctx context.Context, t *convo.Turn) error {
	last, ok, err := d.lastAnswer(ctx, t)
	if err != nil || !ok {
		return err
	}
	why := ""
	if len(t.Args) > 0 {
		why = t.Args[0]
	}
	return d.dislike(ctx, t, last, why)
}

// dislike notes that an answer was no use, and asks why unless that was said.
func (d *Desk) dislike(ctx context.Context, t *convo.Turn, last index.Last, why string) error {
	if _, err := d.Questions.Judge(ctx, last.ID, t.Actor.Person, false, why); err != nil {
		return err
	}
	about := bot.About{Kind: aboutQuestion, ID: last.ID}
	t.Supersede(about, text.TalkThanks)
	if why != "" {
		t.Say(text.TalkWhyThanks)
		return nil
	}
	key := func(reason string) string { return fmt.Sprintf("question.why:%d:%s", last.ID, reason) }
	t.Show(bot.Card{Title: text.TalkWhy, Body: text.TalkWhyBody, About: about, Buttons: []bot.Option{
		{Text: text.TalkWhyOff, Key: key("off")},
		{Text: text.TalkWhyOld, Key: key("old")},
		{Text: text.TalkWhyHard, Key: key("hard")},
		{Text: text.TalkWhyOther, Key: key("other"), Minor: true},
	}})
	return nil
}

// judging reports whether words judge what was just said, if no step could use them.
func judging(said string) bool {
	return text.Says(text.WordsUsefulTo, said) || text.Says(text.WordsUselessTo, said)
}

// opinion hears words about the last answer that a step could not use.
func (d *Desk) opinion(ctx context.Context, t *convo.Turn, last index.Last, said string) error {
	if text.Says(text.WordsUsefulTo, said) {
		return d.like(ctx, t, last)
	}
	return d.dislike(ctx, t, last, "")
}

// pressWhy takes the reason down.
func (d *Desk) pressWhy(ctx context.Context, t *convo.Turn) error {
	ids := pressed(t)
	if len(ids) == 0 {
		t.Say(text.CardGone)
		return nil
	}
	_, code, _ := strings.Cut(strings.TrimPrefix(t.Answer.Key(), "question.why:"), ":")
	if code == "other" {
		return t.Start(flowWhy, "", whying{Question: ids[0]})
	}
	reason, say := map[string]string{"off": text.TalkWhyOff, "old": text.TalkWhyOld, "hard": text.TalkWhyHard}[code], text.TalkWhyThanks
	if code == "hard" {
		say = fmt.Sprintf(text.TalkWhyHardOk, d.officeNames(ctx))
	}
	if _, err := d.Questions.Judge(ctx, ids[0], t.Actor.Person, false, reason); err != nil {
		return err
	}
	t.Say(say)
	t.RepeatAsk()
	return nil
}

type whying struct {
	Question int64 `json:"question"`
}

func (d *Desk) whyFlow() convo.Flow[whying] {
	return convo.Flow[whying]{Name: flowWhy, Version: 1, Start: "words", Steps: []convo.Step[whying]{{
		Name: "words", Free: true,
		Ask: func(_ context.Context, t *convo.Turn, _ *whying) error {
			t.Ask(bot.Card{Title: text.TalkWhy, Body: text.TalkWhyWords, Buttons: []bot.Option{{Text: text.TalkWhySkip, Key: "skip", Say: text.Words(text.WordsNotSay), Minor: true}}})
			return nil
		},
		Answer: func(ctx context.Context, t *convo.Turn, s *whying) (convo.Next, error) {
			if t.Answer.Key() == "skip" {
				t.Say(text.TalkThanks)
				return convo.Done(), nil
			}
			if _, err := d.Questions.Judge(ctx, s.Question, t.Actor.Person, false, t.Answer.Text); err != nil {
				return convo.Next{}, err
			}
			t.Say(text.TalkWhyThanks)
			return convo.Done(), nil
		},
	}}}
}
