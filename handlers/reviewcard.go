package handlers

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"qingfeng/bot"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

// reviewCard is what a reviewer sees of a form: post, steps, levels, changes and
// quality. Neither a name of the owner nor a risk sentence is on it.
func (d *Desk) reviewCard(ctx context.Context, k docket, r risk.Review) (bot.Card, error) {
	if r.Step == risk.StepMutual {
		return d.peerCard(k, r), nil
	}
	past, err := d.Reg.Reviews(ctx, risk.ReviewFilter{Check: k.ID})
	if err != nil {
		return bot.Card{}, err
	}
	step := k.step()
	title := text.ReviewTitle
	if step.By == risk.ByRows {
		title = text.ReviewTitleHead
	}
	if len(k.reopened()) > 0 {
		title = text.ReviewTitleAgain
	}
	card := bot.Card{
		Title: text.Clip(fmt.Sprintf(title, k.Post.Name), 36),
		Desc:  text.Clip(k.Post.Section+" · "+step.Label, 44),
		Facts: []bot.Fact{
			{Key: text.ReviewFactRows, Value: text.Clip(k.nodesLine(), 30)},
			{Key: text.ReviewFactLevel, Value: text.Clip(k.levelLine(), 30)},
			{Key: text.ReviewFactChange, Value: text.Clip(k.changeLine(), 30)},
			{Key: text.ReviewFactQuality, Value: text.Clip(k.qualityLine(), 30)},
			{Key: text.ReviewFactBy, Value: bot.Local(r.DecideBy).Format(text.ReviewDueDay)},
		},
		About: bot.About{Kind: aboutReview, ID: r.ID, Version: k.Version},
	}
	note, err := d.standing(ctx, past, r)
	if err != nil {
		return bot.Card{}, err
	}
	if note == "" && k.mustOpen() {
		note = text.ReviewMustOpen
	}
	if note != "" {
		card.Facts = append(card.Facts, bot.Fact{Key: text.ReviewFactWhy, Value: text.Clip(note, 30)})
	}
	url := d.Pages.Review(r.ID)
	if step.By == risk.ByRows {
		card.Buttons = []bot.Option{
			{Text: text.ReviewOpenSheet, URL: url},
			{Text: text.ReviewRecuse, Key: key("review.recuse", r.ID, int64(r.Round)), Minor: true},
		}
		return card, nil
	}
	card.Buttons = []bot.Option{
		{Text: text.ReviewPass, Key: key("review.pass", r.ID, int64(r.Round)), Say: strings.Split(text.WordsPass, "|")},
		{Text: text.ReviewReturn, Key: key("review.return", r.ID, int64(r.Round)), Say: strings.Split(text.WordsReturn, "|")},
		{Text: text.ReviewDetail, URL: url},
		{Text: text.ReviewRecuse, Key: key("review.recuse", r.ID, int64(r.Round)), Minor: true},
	}
	return card, nil
}

// standing says in a few words why this person was asked, when it is not plain.
func (d *Desk) standing(ctx context.Context, past []risk.Review, r risk.Review) (string, error) {
	if r.For != 0 {
		whom, err := d.Reg.Person(ctx, r.For)
		if err != nil {
			return "", err
		}
		return fmt.Sprintf(text.ReviewStandsIn, whom.Name), nil
	}
	for _, p := range past {
		if p.Decision == risk.Recuse && p.StepNo == r.StepNo {
			return text.ReviewRecusedTo, nil
		}
	}
	return "", nil
}

// reopened are the rows of a resubmitted form that have to be looked at again; nil
// when all of them do.
func (k docket) reopened() []int {
	var open []int
	for _, p := range k.rows() {
		if p.Verdict == risk.Unseen {
			open = append(open, p.No)
		}
	}
	if len(open) == len(k.rows()) {
		return nil
	}
	return open
}

func (k docket) nodesLine() string {
	var names []string
	for _, p := range k.rows() {
		name := p.Node.Name
		if name == "" {
			name = text.ReviewNoNode
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	switch len(names) {
	case 0:
		return text.ReviewZero
	case 1, 2:
		if line := strings.Join(names, text.ListComma); len([]rune(line)) <= 22 {
			return fmt.Sprintf(text.ReviewRowsCount, line, len(k.rows()))
		}
	}
	return fmt.Sprintf(text.ReviewRowsMore, text.Clip(names[0], 20), len(k.rows()))
}

// levelOf is the level a row has at this moment: confirmed, else suggested.
func levelOf(p risk.Point) risk.Level {
	if p.Confirmed != "" {
		return p.Confirmed
	}
	return p.Suggested.Level
}

func (k docket) levelLine() string {
	var parts []string
	for _, l := range []risk.Level{risk.L1, risk.L2, risk.L3} {
		if n := k.count(func(p risk.Point) bool { return levelOf(p) == l }); n > 0 {
			parts = append(parts, fmt.Sprintf(text.ReviewLevelCount, k.pack.LevelLabel(l), n))
		}
	}
	if len(parts) == 0 {
		return text.ReviewNothing
	}
	return strings.Join(parts, text.ListComma)
}

// changeLine says how the form differs from last year, or from before the return.
func (k docket) changeLine() string {
	if open := k.reopened(); len(open) > 0 {
		return fmt.Sprintf(text.ReviewOnlyRows, numbers(open))
	}
	kept := k.count(func(p risk.Point) bool { return p.CarriedFrom != 0 })
	fresh := len(k.rows()) - kept
	switch {
	case len(k.rows()) == 0:
		return text.ReviewNothing
	case kept == 0:
		return fmt.Sprintf(text.ReviewNew, fresh)
	case fresh == 0:
		return fmt.Sprintf(text.ReviewKept, kept)
	}
	return fmt.Sprintf(text.ReviewKeptNew, kept, fresh)
}

// qualityLine counts what the coach still sees; what must be settled first wins.
func (k docket) qualityLine() string {
	if n := k.count(func(p risk.Point) bool { return len(blocking(p)) > 0 && p.KeepReason == "" }); n > 0 {
		return fmt.Sprintf(text.ReviewHintsBlock, n)
	}
	if n := k.count(k.lowered); n > 0 {
		return fmt.Sprintf(text.ReviewLowered, n)
	}
	if n := k.count(func(p risk.Point) bool { return len(p.Hints) > 0 }); n > 0 {
		return fmt.Sprintf(text.ReviewHintsSome, n)
	}
	return text.ReviewHintsNone
}

func (k docket) count(holds func(risk.Point) bool) int {
	n := 0
	for _, p := range k.rows() {
		if holds(p) {
			n++
		}
	}
	return n
}

// mustOpen reports whether the form holds a row of level one: it is opened on the
// page before anybody agrees to it.
func (k docket) mustOpen() bool {
	return k.count(func(p risk.Point) bool { return levelOf(p) == risk.L1 }) > 0
}

// lowered reports whether the section review made a row lower than the system's own
// first suggestion.
func (k docket) lowered(p risk.Point) bool {
	return rank(p.Suggested.Level) < rank(k.firstLevel(p))
}

// firstLevel is the 系统初评, before anybody gave likelihood and harm.
func (k docket) firstLevel(p risk.Point) risk.Level {
	f := p.Factors
	f.Likelihood, f.Harm = 0, 0
	return risk.Suggest(k.pack, f).Level
}

// clean reports whether an agreement without reading is acceptable: no row of level
// one, nothing lowered, no hints, not returned twice.
func (k docket) clean(past []risk.Review) bool {
	return !k.mustOpen() && k.count(k.lowered) == 0 &&
		k.count(func(p risk.Point) bool { return len(p.Hints) > 0 }) == 0 && timesReturned(past) < 2
}

func timesReturned(past []risk.Review) int {
	n := 0
	for _, r := range past {
		if r.Decision == risk.Return {
			n++
		}
	}
	return n
}

// blocking are the hints that a reviewer may only pass over with a reason.
func blocking(p risk.Point) []risk.Hint {
	var out []risk.Hint
	for _, h := range p.Hints {
		if h.Blocks {
			out = append(out, h)
		}
	}
	return out
}

// rank orders levels: 3 is the highest risk.
func rank(l risk.Level) int {
	switch l {
	case risk.L1:
		return 3
	case risk.L2:
		return 2
	case risk.L3:
		return 1
	}
	return 0
}

// key makes an option key: a verb and numbers, colon between.
func key(verb string, ids ...int64) string {
	for _, id := range ids {
		verb += fmt.Sprintf(":%d", id)
	}
	return verb
}
