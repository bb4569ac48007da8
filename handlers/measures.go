package handlers

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

// askMeasures shows three ready measures for the row's step. They are written out
// under their numbers, because a card's option holds no more than 17 characters.
func askMeasures(t *convo.Turn, f sheet, p *risk.Point) {
	var lines []string
	card := bot.Card{Title: text.SelfMeasureTitle, Pick: &bot.Pick{Multi: true, Submit: text.SelfMeasureSubmit}}
	for i, m := range readyMeasures(f, p) {
		lines = append(lines, fmt.Sprintf("%d. %s", i+1, measureLine(m)))
		card.Pick.Options = append(card.Pick.Options, bot.Option{Text: label(m.Text, 17), Key: fmt.Sprint(i)})
	}
	if len(p.Measures) > 0 {
		var have []string
		for _, m := range p.Measures {
			have = append(have, measureLine(m))
		}
		lines = append([]string{fmt.Sprintf(text.SelfMeasureHave, bullets(have))}, lines...)
	}
	card.Body = strings.Join(append(lines, text.SelfMeasureAsk), "\n")
	t.Ask(card)
}

// label is the first part of a sentence, as far as it fits.
func label(said string, n int) string {
	if head, _, cut := strings.Cut(said, text.Comma); cut && utf8.RuneCountInString(head) <= n {
		return head
	}
	return text.Clip(said, n)
}

// readyMeasures are the library's three for the row, always the same three.
func readyMeasures(f sheet, p *risk.Point) []risk.Measure {
	return risk.Measures(f.pack, p.Node, p.Category, strings.Join(p.Manifestations, text.Semicolon))
}

// measureLine writes a measure with who, how often and what shows it, as far as said.
func measureLine(m risk.Measure) string {
	slots := slices.DeleteFunc([]string{m.Who, m.Frequency}, func(s string) bool { return s == "" })
	if m.Evidence != "" {
		slots = append(slots, fmt.Sprintf(text.SelfEvidence, m.Evidence))
	}
	if len(slots) == 0 {
		return m.Text
	}
	return fmt.Sprintf(text.SelfMeasureLine, m.Text, strings.Join(slots, text.Semicolon))
}

// readMeasures takes numbers, numbers with a changed slot (选1 频次改每月), the person's
// own words, or both; an own measure without evidence is asked for it, nothing else.
func (d *Desk) readMeasures(ctx context.Context, t *convo.Turn, s *filling, f sheet, p *risk.Point) (convo.Next, error) {
	ready, said := readyMeasures(f, p), spoken(t)
	numbers, rest := chosenNumbers(convo.Fold(said))
	switch {
	case len(t.Answer.Keys) > 0:
		numbers, rest = nil, ""
		for _, key := range t.Answer.Keys {
			var i int
			if _, err := fmt.Sscan(key, &i); err == nil {
				numbers = append(numbers, i+1)
			}
		}
	case text.Says(text.WordsEvery, said):
		numbers = []int{1, 2, 3}[:len(ready)]
	case len(p.Measures) > 0 && text.Says(text.WordsKeepThem, said):
		t.Say(text.SelfMeasureKept)
		return d.rowDone(ctx, t, s)
	case text.Says(text.WordsSkip, said):
		if len(p.Measures) == 0 {
			t.Say(fmt.Sprintf(text.SelfMeasureSkip, p.No))
		}
		return d.rowDone(ctx, t, s)
	case text.Says(text.WordsAnyWay, said):
		t.Say(fmt.Sprintf(text.SelfMeasureFirst, measureLine(ready[0]), p.No))
		p.Measures = ready[:1]
		return d.measured(ctx, t, s, f, p, false)
	}
	if len(numbers) > 0 {
		return d.pickMeasures(ctx, t, s, f, p, numbers, rest)
	}
	if changed, ok := slotOfLast(p.Measures, slotWords(said)); ok {
		t.Say(fmt.Sprintf(text.SelfMeasureSlot, measureLine(changed)))
		return d.measured(ctx, t, s, f, p, false)
	}
	if _, ok := risk.EditSlot(ready[0], slotWords(said)); ok {
		t.Say(text.SelfMeasureWhatFor)
		return convo.Stay(), nil
	}
	switch n := utf8.RuneCountInString(said); {
	case n < shortestSentence:
		t.Say(fmt.Sprintf(text.SelfMeasureNone, len(ready)))
		return convo.Stay(), nil
	case n > longestSentence:
		t.Say(fmt.Sprintf(text.SelfTooLongPage, n))
		return convo.Stay(), nil
	}
	p.Measures = nil
	return d.ownMeasures(ctx, t, s, f, p, said)
}

// pickMeasures takes the chosen ones; rest changes a slot of them or is one more.
func (d *Desk) pickMeasures(ctx context.Context, t *convo.Turn, s *filling, f sheet, p *risk.Point, numbers []int, rest string) (convo.Next, error) {
	ready := readyMeasures(f, p)
	p.Measures = nil
	more := utf8.RuneCountInString(rest) >= shortestSentence
	for _, n := range numbers {
		if n < 1 || n > len(ready) {
			t.Say(fmt.Sprintf(text.SelfMeasureNone, len(ready)))
			return convo.Stay(), nil
		}
		m := ready[n-1]
		if edited, ok := risk.EditSlot(m, rest); ok {
			m, more = edited, false
			t.Say(fmt.Sprintf(text.SelfMeasureSlot, measureLine(m)))
		}
		p.Measures = append(p.Measures, m)
	}
	if more {
		return d.ownMeasures(ctx, t, s, f, p, rest)
	}
	return d.measured(ctx, t, s, f, p, true)
}

// ownMeasures adds what the person wrote: one sentence, or one a line.
func (d *Desk) ownMeasures(ctx context.Context, t *convo.Turn, s *filling, f sheet, p *risk.Point, said string) (convo.Next, error) {
	list := pastedRows(t.Message.Text)
	if len(list) == 0 {
		list = []OldRow{{Manifestation: said}}
	}
	for _, line := range list {
		p.Measures = append(p.Measures, risk.ParseMeasure(line.Manifestation, risk.Measure{Who: f.Post.Name, Frequency: text.EveryTime}))
	}
	if last := len(p.Measures) - 1; p.Measures[last].Evidence == "" && len(list) == 1 {
		s.Own, p.Measures = &p.Measures[last], p.Measures[:last]
		return convo.Goto("evidence"), d.saveJudged(ctx, f, p)
	}
	return d.measured(ctx, t, s, f, p, true)
}

func askEvidence(t *convo.Turn, _ sheet, _ *risk.Point) { t.Say(text.SelfMeasureOwnEv) }

func (d *Desk) readEvidence(ctx context.Context, t *convo.Turn, s *filling, f sheet, p *risk.Point) (convo.Next, error) {
	if s.Own == nil {
		return convo.Goto("measures"), nil
	}
	said := spoken(t)
	switch n := utf8.RuneCountInString(said); {
	case text.Says(text.WordsSkip, said) || text.Says(text.WordsAnyWay, said):
		t.Say(text.SelfEvidenceSkip)
	case n < 2:
		return convo.NotUnderstood(), nil
	case n > longestRemark:
		t.Say(fmt.Sprintf(text.SelfRemarkLong, n, longestRemark))
		return convo.Stay(), nil
	default:
		s.Own.Evidence = said
	}
	p.Measures = append(p.Measures, *s.Own)
	return d.measured(ctx, t, s, f, p, true)
}

// measured saves the row's measures and leaves the row.
func (d *Desk) measured(ctx context.Context, t *convo.Turn, s *filling, f sheet, p *risk.Point, tell bool) (convo.Next, error) {
	if tell {
		t.Say(fmt.Sprintf(text.SelfMeasureSaved, len(p.Measures)))
	}
	if err := d.saveJudged(ctx, f, p); err != nil {
		return convo.Next{}, err
	}
	return d.rowDone(ctx, t, s)
}

func (d *Desk) saveJudged(ctx context.Context, f sheet, p *risk.Point) error {
	if err := d.judge(ctx, f, p); err != nil {
		return err
	}
	return d.save(ctx, f)
}

// chosenNumbers reads the numbers of "1、3", of "选1 频次改每月" and of "1，另外每月抽查",
// and what stands behind them.
func chosenNumbers(said string) (numbers []int, rest string) {
	for _, tail := range text.Words(text.WordsAllOfThem) {
		said = strings.TrimSuffix(said, tail)
	}
	if few, ok := strings.CutPrefix(said, text.WordsFirstFew); ok {
		if ns, ok := convo.Numbers(few); ok && len(ns) == 1 && ns[0] < 10 { // 前两条
			for n := range ns[0] {
				numbers = append(numbers, n+1)
			}
			return numbers, ""
		}
	}
	if ns, ok := convo.Numbers(said); ok {
		return ns, ""
	}
	for _, joint := range append(text.Words(text.WordsAlso), text.Words(text.WordsSlots)...) {
		before, after, found := strings.Cut(said, joint)
		if !found {
			continue
		}
		if ns, ok := convo.Numbers(strings.TrimRight(before, text.ListSeparators)); ok {
			if !strings.Contains(text.WordsAlso, joint) {
				after = joint + after
			}
			return ns, strings.TrimLeft(after, text.ListSeparators)
		}
	}
	return nil, ""
}

// slotWords is the part of "把频次改每月" that edits a slot. A measure that is written out
// and names its 责任人 or 佐证材料 in passing is left whole.
func slotWords(said string) string {
	at := len(said)
	for _, slot := range text.Words(text.WordsSlots) {
		if i := strings.Index(said, slot); i >= 0 {
			at = min(at, i)
		}
	}
	if utf8.RuneCountInString(said[:at]) > longestSlotLead {
		return said
	}
	return said[at:]
}

// longestSlotLead is how many characters may stand before a slot's name: 请把, 第1条的.
const longestSlotLead = 5

// slotOfLast changes a slot of the last measure in place.
func slotOfLast(have []risk.Measure, said string) (risk.Measure, bool) {
	if len(have) == 0 {
		return risk.Measure{}, false
	}
	last := &have[len(have)-1]
	edited, ok := risk.EditSlot(*last, said)
	if ok {
		*last = edited
	}
	return edited, ok
}
