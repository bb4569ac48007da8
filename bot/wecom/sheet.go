package wecom

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"qingfeng/bot"
	"qingfeng/bot/text"
)

// sheet is a card made ready: valid UTF-8, labels on one line, buttons that come back
// apart from those that open a page.
type sheet struct {
	title, desc, body string
	facts             []bot.Fact
	choices           []bot.Option // buttons that come back
	links             []bot.Link   // buttons that open a page, then the card's link
	buttons           []bot.Option // all buttons, in order
	link              *bot.Link
	pick              *bot.Pick
	selects           []bot.Select
}

func sheetOf(c bot.Card) sheet {
	valid := func(s string) string { return strings.ToValidUTF8(s, "�") }
	line := func(s string) string { return oneLine(valid(s)) }
	options := func(list []bot.Option) []bot.Option {
		out := make([]bot.Option, len(list))
		for i, o := range list {
			o.Text = line(o.Text)
			out[i] = o
		}
		return out
	}
	s := sheet{title: line(c.Title), desc: line(c.Desc), body: strings.TrimSpace(valid(c.Body))}
	for _, f := range c.Facts {
		f.Key, f.Value = line(f.Key), line(f.Value)
		if f.Key != "" || f.Value != "" {
			s.facts = append(s.facts, f)
		}
	}
	s.buttons = options(c.Buttons)
	for _, o := range s.buttons {
		if o.URL != "" {
			s.links = append(s.links, bot.Link{Text: o.Text, URL: o.URL})
		} else {
			s.choices = append(s.choices, o)
		}
	}
	if c.Pick != nil {
		p := *c.Pick
		p.Options, p.Submit = options(p.Options), line(p.Submit)
		s.pick = &p
	}
	for _, sel := range c.Selects {
		sel.Title, sel.Options = line(sel.Title), options(sel.Options)
		s.selects = append(s.selects, sel)
	}
	if c.Link != nil {
		l := bot.Link{Text: line(c.Link.Text), URL: c.Link.URL}
		if l.Text == "" {
			l.Text = text.WeComLink
		}
		s.link = &l
		s.links = append(s.links, l)
	}
	return s
}

// answerable says that something of it comes back.
func (s *sheet) answerable() bool { return len(s.choices) > 0 || s.pick != nil || len(s.selects) > 0 }

// fitsCard says whether WeCom would take it as a card at all. Lengths of words do not
// matter here; numbers, keys and what a card type must have do.
func (s *sheet) fitsCard(taskID string) bool {
	if !s.answerable() {
		titled := s.title != "" || s.body != ""
		return titled && len(s.links) >= 1 && len(s.links) <= maxJumps && labelled(s.links)
	}
	if !validTaskID(taskID) {
		return false
	}
	kinds := 0
	for _, used := range []bool{len(s.buttons) > 0, s.pick != nil, len(s.selects) > 0} {
		if used {
			kinds++
		}
	}
	if kinds != 1 {
		return false
	}
	switch {
	case s.pick != nil:
		return len(s.pick.Options) <= maxPick && distinct(s.pick.Options, maxIDBytes)
	case len(s.selects) > 0:
		keys := make([]bot.Option, 0, len(s.selects))
		for _, sel := range s.selects {
			if len(sel.Options) > maxSelect || !distinct(sel.Options, maxIDBytes) {
				return false
			}
			keys = append(keys, bot.Option{Text: sel.Key, Key: sel.Key})
		}
		return len(s.selects) <= maxSelects && distinct(keys, maxKeyBytes)
	}
	return len(s.buttons) <= maxButtons && distinct(s.choices, maxKeyBytes) && labelled(s.links)
}

// distinct: every option has a label and a key of its own within the limit.
func distinct(options []bot.Option, maxBytes int) bool {
	seen := make(map[string]bool, len(options))
	for _, o := range options {
		if o.Text == "" || o.Key == "" || o.Key == unsetID || len(o.Key) > maxBytes || !utf8.ValidString(o.Key) || seen[o.Key] {
			return false
		}
		seen[o.Key] = true
	}
	return len(options) > 0
}

func labelled(links []bot.Link) bool {
	for _, l := range links {
		if l.Text == "" {
			return false
		}
	}
	return true
}

func validTaskID(id string) bool {
	for _, c := range []byte(id) {
		if c != '_' && c != '-' && c != '@' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return id != "" && len(id) <= maxIDBytes
}

// asCard makes the card and the texts that go before it: all that the card leaves
// out or shortens, in full.
func (s *sheet) asCard(taskID string) (before []string, card *cardJSON) {
	var out, tail lines
	card = &cardJSON{TaskID: taskID, Title: &titleJSON{Title: newTitle36(s.title), Desc: newDesc44(s.desc)}}
	out.ifLonger(s.title, 36)
	out.ifLonger(s.desc, 44)
	if len(s.buttons) > 0 || !s.answerable() {
		s.narrative(card, &out)
	} else { // votes and selectors have no room for more than a title (WECOM.md §B.3)
		for _, f := range s.facts {
			out.fact(f)
		}
		out.add(s.body)
		tail.link(s.link)
		if card.Title.Title == "" && card.Title.Desc == "" {
			card.Title = nil
		}
	}
	switch {
	case s.pick != nil:
		s.vote(card, &tail)
	case len(s.selects) > 0:
		s.selectors(card, &tail)
	case s.answerable():
		s.interaction(card, &tail)
	default:
		s.notice(card, &tail)
	}
	return s.parts(out, tail), card
}

// narrative fills body and facts.
func (s *sheet) narrative(card *cardJSON, out *lines) {
	for i, f := range s.facts {
		if i >= maxFacts || f.Key == "" || utf8.RuneCountInString(f.Key) > 5 || utf8.RuneCountInString(f.Value) > 30 {
			out.fact(f)
		}
		if len(card.Facts) < maxFacts && f.Key != "" {
			card.Facts = append(card.Facts, factJSON{Key: newKey5(f.Key), Value: newValue30(f.Value)})
		}
	}
	if utf8.RuneCountInString(s.body) > 160 {
		out.add(s.body)
	} else {
		card.Body = newBody160(s.body)
	}
}

func (s *sheet) interaction(card *cardJSON, out *lines) {
	card.Type = "button_interaction"
	if card.Title.Title == "" {
		card.Title.Title = newTitle36(text.WeComCardTitle)
	}
	number := 0
	for _, o := range s.buttons {
		b := buttonJSON{Text: newButton10(o.Text), Style: 1, Key: o.Key}
		if o.Minor {
			b.Style = 4
		}
		if o.URL != "" {
			b.Type, b.Key, b.URL = 1, "", o.URL
			out.ifLonger(o.Text, 10)
		} else {
			number++
			out.numberedIfLonger(number, o.Text, 10)
		}
		card.Buttons = append(card.Buttons, b)
	}
	if s.link == nil {
		return
	}
	// A card with buttons opens its link when it is touched. That is easily missed,
	// so the link is a button as well where there is room.
	card.Action = &actionJSON{Type: 1, URL: s.link.URL}
	if len(card.Buttons) < maxButtons {
		card.Buttons = append(card.Buttons, buttonJSON{Type: 1, Text: newButton10(s.link.Text), Style: 4, URL: s.link.URL})
		out.ifLonger(s.link.Text, 10)
	} else {
		out.link(s.link)
	}
}

func (s *sheet) notice(card *cardJSON, out *lines) {
	card.Type, card.TaskID = "text_notice", ""
	if card.Title.Title == "" {
		card.Title.Title = newTitle36(s.body)
	}
	// The card's own link is the last; a touch on the card opens it.
	card.Action = &actionJSON{Type: 1, URL: s.links[len(s.links)-1].URL}
	for _, l := range s.links {
		card.Jumps = append(card.Jumps, jumpJSON{Type: 1, Title: newJump18(l.Text), URL: l.URL})
		out.ifLonger(l.Text, 18)
	}
}

func (s *sheet) vote(card *cardJSON, out *lines) {
	card.Type = "vote_interaction"
	box := &checkboxJSON{Key: pickKey}
	if s.pick.Multi {
		box.Mode = 1
	}
	for i, o := range s.pick.Options {
		out.numberedIfLonger(i+1, o.Text, 17)
		box.Options = append(box.Options, pickOptionJSON{ID: o.Key, Text: newPick17(o.Text)})
	}
	submit := s.pick.Submit
	if submit == "" {
		submit = text.WeComSubmit
	}
	out.ifLonger(submit, 10)
	card.CheckBox, card.Submit = box, &submitJSON{Text: newButton10(submit), Key: submitKey}
}

func (s *sheet) selectors(card *cardJSON, out *lines) {
	card.Type = "multiple_interaction"
	for _, sel := range s.selects {
		out.ifLonger(sel.Title, 16)
		j := selectJSON{
			Key: sel.Key, Title: newSelect16(sel.Title), Selected: unsetID,
			Options: []selectOptionJSON{{ID: unsetID, Text: newSelect16(text.WeComUnset)}},
		}
		for i, o := range sel.Options {
			out.numberedIfLonger(i+1, o.Text, 16)
			j.Options = append(j.Options, selectOptionJSON{ID: o.Key, Text: newSelect16(o.Text)})
		}
		card.Selects = append(card.Selects, j)
	}
	card.Submit = &submitJSON{Text: newButton10(text.WeComSubmit), Key: submitKey}
}

// asText says the same words as text, choices numbered, links as links.
func (s *sheet) asText(letter string) []string {
	var head, tail lines
	head.add(s.title)
	head.add(s.desc)
	for _, f := range s.facts {
		head.fact(f)
	}
	head.add(s.body)
	tail.choices(s, letter)
	for i := range s.links {
		tail.link(&s.links[i])
	}
	if len(head) == 0 && len(tail) == 0 {
		return []string{text.WeComCardTitle}
	}
	return s.parts(head, tail)
}

// parts splits a text. More than fewParts become the first and the page behind the
// card's link; what can be answered is always said in full.
func (s *sheet) parts(head, tail lines) []string {
	if len(head)+len(tail) == 0 {
		return nil
	}
	all := splitText(append(append(lines{}, head...), tail...).String())
	first := head.String()
	if len(all) <= fewParts || s.link == nil || len(first) <= partBudget {
		return all
	}
	first = strings.TrimRight(first[:cutAt(first, unbroken.FindAllStringIndex(first, -1), 0)], " \n")
	rest := lines{text.WeComFullText}
	rest.link(s.link)
	for _, line := range tail {
		if line != rest[1] {
			rest.add(line)
		}
	}
	return append([]string{first + text.Ellipsis}, splitText(rest.String())...)
}

// lines are what a text says, one below the other.
type lines []string

func (l lines) String() string { return strings.Join(l, "\n") }

func (l *lines) add(s string) {
	if s != "" {
		*l = append(*l, s)
	}
}

func (l *lines) fact(f bot.Fact) {
	if f.Key == "" {
		l.add(f.Value)
		return
	}
	l.add(fmt.Sprintf(text.WeComFact, f.Key, f.Value))
}

func (l *lines) link(k *bot.Link) {
	if k != nil {
		l.add(`<a href="` + k.URL + `">` + k.Text + `</a>`)
	}
}

func (l *lines) ifLonger(s string, limit int) {
	if utf8.RuneCountInString(s) > limit {
		l.add(s)
	}
}

func (l *lines) numberedIfLonger(n int, s string, limit int) {
	if utf8.RuneCountInString(s) > limit {
		l.add(fmt.Sprintf(text.WeComNumbered, n, s))
	}
}

func (l *lines) numbered(options []bot.Option) {
	for i, o := range options {
		l.add(fmt.Sprintf(text.WeComNumbered, i+1, o.Text))
	}
}

// choices lists what can be answered, under the list's letter.
func (l *lines) choices(s *sheet, letter string) {
	if !s.answerable() {
		return
	}
	switch letter {
	case "":
		l.add(text.WeComListPlain)
	case "A":
		l.add(fmt.Sprintf(text.WeComList, letter))
	default:
		l.add(fmt.Sprintf(text.WeComListOlder, letter, "A"))
	}
	// The order of convo.ChoicesOf, by which a number is understood.
	switch {
	case s.pick != nil:
		l.numbered(s.pick.Options)
		if s.pick.Multi {
			l.add(text.WeComPickSeveral)
		}
	case len(s.selects) > 0:
		for _, sel := range s.selects {
			if sel.Title != "" {
				l.add(fmt.Sprintf(text.WeComSelectTitle, sel.Title))
			}
			l.numbered(sel.Options)
		}
	default:
		l.numbered(s.choices)
	}
	if len(s.selects) > 1 {
		l.add(text.WeComSelectSeries)
	}
}
