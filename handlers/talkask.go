package handlers

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

// flowTalk arranges a talk in chat: whom, which kind, when, where. What it is about is
// never asked here, and not kept when it is said.
const flowTalk = "talk"

// arranging is the state of the dialog: terms only.
type arranging struct {
	Target  int64     `json:"target"`
	Name    string    `json:"name"`
	Kind    string    `json:"kind,omitempty"`
	At      time.Time `json:"at,omitzero"`
	Place   string    `json:"place,omitempty"`
	Contact string    `json:"contact,omitempty"`
}

// missing is the step that asks what is not known yet.
func (s arranging) missing() string {
	switch {
	case s.Kind == "":
		return "kind"
	case s.At.IsZero():
		return "when"
	case s.Place == "":
		return "where"
	}
	return "confirm"
}

// Steps are not Free: they read every text themselves, so that nothing typed here is
// taken for a policy question, which would be kept.
func (d *Desk) talkFlow() convo.Flow[arranging] {
	return convo.Flow[arranging]{Name: flowTalk, Version: 1, Start: "kind", Steps: []convo.Step[arranging]{
		{Name: "kind", Ask: d.askTalkKind, Answer: d.readTalkKind},
		{Name: "when", Ask: d.askTalkWhen, Answer: d.readTalkWhen, Number: true},
		{Name: "where", Ask: d.askTalkWhere, Answer: d.readTalkWhere, Number: true},
		{Name: "contact", Ask: d.askTalkContact, Answer: d.readTalkContact, Number: true},
		{Name: "confirm", Ask: d.askTalkGo, Answer: d.readTalkGo},
	}}
}

// matchTalk hears 约张三谈心 and 约建设股的李四 明天下午3点.
func (d *Desk) matchTalk(said string) ([]string, bool) {
	m := regexp.MustCompile(text.TalkForm).FindStringSubmatch(said)
	if d.Talks == nil || m == nil || text.Starts(text.TalkNotForm, m[1]) || asks(said, true) {
		return nil, false
	}
	rest := m[1]
	if _, _, kind := risk.Notices().Called(rest); kind || text.Has(text.WordsTalkHints, rest) || utf8.RuneCountInString(rest) <= 4 {
		return []string{rest}, true
	}
	_, left, when := talkWhen(rest, time.Time{})
	return []string{rest}, when || left != rest
}

// matchTalkTo hears 给张三发询问函, 我想和李四谈谈心 and 提醒谈话王五. Only SayTalkTo can
// tell whether anybody of the roster is meant.
func (d *Desk) matchTalkTo(said string) ([]string, bool) {
	if d.Talks == nil || asks(said, false) {
		return nil, false
	}
	_, word, kind := risk.Notices().Called(said)
	if kind && strings.HasPrefix(said, word) {
		n := utf8.RuneCountInString(said) - utf8.RuneCountInString(word)
		return []string{said}, n >= 2 && n <= 120
	}
	m := regexp.MustCompile(text.TalkToForm).FindStringSubmatch(said)
	if m == nil || !kind && !text.Has(text.WordsTalkHints, m[1]) {
		return nil, false
	}
	return []string{m[1]}, true
}

// SayTalkTo is SayTalk where somebody is named, and a question where nobody is: what names a
// person beside a kind of talk must not end among the questions, which are kept.
func (d *Desk) SayTalkTo(ctx context.Context, t *convo.Turn) error {
	_, _, say, err := d.talkPerson(ctx, t.Args[0])
	switch {
	case err != nil:
		return err
	case say != text.TalkNobody:
		return d.SayTalk(ctx, t)
	}
	if done, err := d.question(ctx, t, false); err != nil || done {
		return err
	}
	return d.fallback(ctx, t)
}

// SayTalk begins the dialog with what was said already.
func (d *Desk) SayTalk(ctx context.Context, t *convo.Turn) error {
	no := func(code, say string) error { return d.refuse(ctx, t, "talk.draft", aboutTalk, 0, code, say) }
	rest := t.Args[0]
	kind, word, named := risk.Notices().Called(rest)
	if named {
		rest = strings.Replace(rest, word, "", 1)
	}
	who, rest, say, err := d.talkPerson(ctx, rest)
	if err != nil {
		return err
	}
	if say != "" {
		return d.forgetAnd(ctx, t, func() error { return no("person", say) })
	}
	s := arranging{Target: who.ID, Name: who.Name, Contact: t.Actor.Name}
	if at, left, ok := talkWhen(rest, t.Now); ok {
		if at.After(t.Now) {
			s.At = at
		}
		rest = left
	}
	m := regexp.MustCompile(text.TalkPlaceForm).FindStringSubmatch(rest)
	if m == nil {
		m = regexp.MustCompile(text.TalkPlaceMid).FindStringSubmatch(rest)
	}
	if m != nil && risk.Notices().FitsCard(m[1]) {
		s.Place = m[1]
		if text.Says(text.WordsMyOffice, m[1]) {
			s.Place = fmt.Sprintf(text.TalkOfficeOf, t.Actor.Name)
		}
		rest = strings.Replace(rest, m[0], "", 1)
	}
	kinds, refusal, err := d.talkKinds(ctx, t.Actor.Person, who)
	if err != nil {
		return err
	}
	switch {
	case len(kinds) == 0:
		return d.forgetAnd(ctx, t, func() error { return no(refusal, refusedTalk(refusal, who.Name)) })
	case named && kind.RecordOnly:
		return d.forgetAnd(ctx, t, func() error { return no("record only", fmt.Sprintf(text.TalkRecordOnly, d.Pages.Talks())) })
	case named && !slices.ContainsFunc(kinds, func(k risk.NoticeKind) bool { return k.Code == kind.Code }):
		return d.forgetAnd(ctx, t, func() error { return no(risk.NoticeNotTheirs, text.TalkKindNotYours) })
	case named:
		s.Kind = kind.Code
	case len(kinds) == 1:
		s.Kind = kinds[0].Code
	}
	if talkChatter(rest) {
		if err := d.forget(ctx, t); err != nil {
			return err
		}
	}
	return t.Start(flowTalk, s.missing(), s)
}

// talkChatter reports whether what is left of a text, once whom and when are taken out,
// says more than politeness: then it is what the talk is about.
func talkChatter(rest string) bool {
	for w := range strings.SplitSeq(text.TalkFiller, "|") {
		rest = strings.ReplaceAll(rest, w, "")
	}
	return utf8.RuneCountInString(strings.TrimSpace(rest)) > 1
}

// forget takes a message's words out of the store and says where they belong.
func (d *Desk) forget(ctx context.Context, t *convo.Turn) error {
	t.Say(text.TalkPageOnly)
	return d.Talks.ForgetSaid(ctx, t.Message.Dedupe)
}

// forgetAnd answers a text that is not acted on; nothing of it stays.
func (d *Desk) forgetAnd(ctx context.Context, t *convo.Turn, say func() error) error {
	if err := d.Talks.ForgetSaid(ctx, t.Message.Dedupe); err != nil {
		return err
	}
	return say()
}

// talkPerson finds who is meant: a name of the roster, with the section before it when
// several share it. rest is the text without both.
func (d *Desk) talkPerson(ctx context.Context, said string) (p risk.Person, rest, say string, err error) {
	people, err := d.Talks.Everybody(ctx)
	if err != nil {
		return p, "", "", err
	}
	name, at := "", -1
	for _, x := range people {
		if i := strings.Index(said, x.Name); x.Name != "" && i >= 0 && (at < 0 || i < at || i == at && len(x.Name) > len(name)) {
			name, at = x.Name, i
		}
	}
	if at < 0 {
		return p, "", text.TalkNobody, nil
	}
	var found []risk.Person
	for _, x := range people {
		if x.Name == name {
			found = append(found, x)
		}
	}
	before := strings.TrimSuffix(strings.TrimSpace(said[:at]), text.TalkOf)
	rest = said[at+len(name):]
	here := slices.DeleteFunc(slices.Clone(found), func(x risk.Person) bool { return !x.Active })
	if len(here) == 0 {
		return p, "", fmt.Sprintf(text.TalkLeft, name), nil
	}
	if len(here) > 1 && before != "" {
		holders, err := d.Reg.Holders(ctx, 0)
		if err != nil {
			return p, "", "", err
		}
		here = slices.DeleteFunc(here, func(x risk.Person) bool {
			return !slices.ContainsFunc(holders, func(h risk.Holder) bool { return h.Person.ID == x.ID && sounds(before, h.Post.Section) })
		})
	}
	if len(here) != 1 {
		return p, "", fmt.Sprintf(text.TalkTwo, name), nil
	}
	if before != "" {
		sections, err := d.Reg.Sections(ctx)
		if err != nil {
			return p, "", "", err
		}
		if !slices.ContainsFunc(sections, func(s risk.Section) bool { return sounds(before, s.Name) }) {
			rest = before + rest
		}
	}
	return here[0], rest, "", nil
}

// sounds reports whether said is a short way to say name: its characters, in order (建设股, 建设管理股).
func sounds(said, name string) bool {
	full := []rune(name)
	for _, r := range said {
		i := slices.Index(full, r)
		if i < 0 {
			return false
		}
		full = full[i+1:]
	}
	return said != ""
}

// talkKinds are the kinds that somebody may send a person; refusal says why none.
func (d *Desk) talkKinds(ctx context.Context, issuer int64, target risk.Person) (kinds []risk.NoticeKind, refusal string, err error) {
	who, err := d.Reg.Person(ctx, issuer)
	if err != nil {
		return nil, "", err
	}
	from, err := d.party(ctx, who)
	if err != nil {
		return nil, "", err
	}
	to, err := d.party(ctx, target)
	if err != nil {
		return nil, "", err
	}
	for _, k := range risk.Notices().Kinds {
		if k.RecordOnly {
			continue
		}
		_, code := risk.MayIssue(k, from, to)
		if code == "" {
			kinds = append(kinds, k)
		} else if refusal == "" || refusal == risk.NoticeNotTheirs {
			refusal = code
		}
	}
	return kinds, refusal, nil
}

func (d *Desk) askTalkKind(ctx context.Context, t *convo.Turn, s *arranging) error {
	who, err := d.Reg.Person(ctx, s.Target)
	if err != nil {
		return err
	}
	kinds, _, err := d.talkKinds(ctx, t.Actor.Person, who)
	if err != nil {
		return err
	}
	pick := &bot.Pick{Submit: text.TalkPickSubmit}
	for _, k := range kinds {
		pick.Options = append(pick.Options, bot.Option{Text: text.Clip(k.Name, 17), Key: k.Code, Say: k.Words})
	}
	t.Ask(bot.Card{Title: text.TalkKindTitle, Pick: pick})
	return nil
}

func (d *Desk) readTalkKind(ctx context.Context, t *convo.Turn, s *arranging) (convo.Next, error) {
	if dropped(t) {
		return convo.Done(), nil
	}
	if s.Kind = t.Answer.Key(); s.Kind == "" {
		return d.notTerms(ctx, t)
	}
	return convo.Goto(s.missing()), nil
}

// dropped ends the dialog when its issuer thinks better of it, at any step: 不约了 is no place.
func dropped(t *convo.Turn) bool {
	if !text.Says(text.WordsTalkDrop, t.Answer.Text) {
		return false
	}
	t.Say(text.TalkDropped)
	return true
}

// notTerms answers what is not an answer to the step: nothing of it stays.
func (d *Desk) notTerms(ctx context.Context, t *convo.Turn) (convo.Next, error) {
	if t.Answer.Text == "" {
		return convo.NotUnderstood(), nil
	}
	return convo.Again(), d.forget(ctx, t)
}

func (d *Desk) askTalkWhen(_ context.Context, t *convo.Turn, _ *arranging) error {
	t.Say(text.TalkWhenAsk)
	return nil
}

func (d *Desk) readTalkWhen(ctx context.Context, t *convo.Turn, s *arranging) (convo.Next, error) {
	if dropped(t) {
		return convo.Done(), nil
	}
	at, rest, ok := talkWhen(t.Answer.Text, t.Now)
	if talkChatter(rest) {
		if err := d.forget(ctx, t); err != nil {
			return convo.Next{}, err
		}
	}
	switch {
	case !ok:
		return convo.Again(), nil
	case !at.After(t.Now):
		t.Say(text.TalkPast)
		return convo.Stay(), nil
	}
	s.At = at
	return convo.Goto(s.missing()), nil
}

func (d *Desk) askTalkWhere(_ context.Context, t *convo.Turn, _ *arranging) error {
	t.Ask(bot.Card{Title: text.TalkWhereAsk, Buttons: []bot.Option{{Text: text.TalkMyOffice, Key: "mine", Say: text.Words(text.WordsMyOffice)}}})
	return nil
}

func (d *Desk) readTalkWhere(ctx context.Context, t *convo.Turn, s *arranging) (convo.Next, error) {
	if dropped(t) {
		return convo.Done(), nil
	}
	s.Place = strings.Join(strings.Fields(t.Answer.Text), "")
	switch {
	case t.Answer.Key() == "mine":
		s.Place = fmt.Sprintf(text.TalkOfficeOf, t.Actor.Name)
	case s.Place == "" || !risk.Notices().FitsCard(s.Place):
		s.Place = ""
		return d.notTerms(ctx, t)
	}
	return convo.Goto("confirm"), nil
}

func (d *Desk) askTalkContact(_ context.Context, t *convo.Turn, _ *arranging) error {
	t.Say(text.TalkContactAsk)
	return nil
}

func (d *Desk) readTalkContact(ctx context.Context, t *convo.Turn, s *arranging) (convo.Next, error) {
	if dropped(t) {
		return convo.Done(), nil
	}
	said := strings.Join(strings.Fields(t.Answer.Text), "")
	if said == "" || !risk.Notices().FitsCard(said) {
		return d.notTerms(ctx, t)
	}
	s.Contact = said
	return convo.Goto("confirm"), nil
}

func (d *Desk) askTalkGo(_ context.Context, t *convo.Turn, s *arranging) error {
	k, _ := risk.Notices().Kind(s.Kind)
	body := text.TalkGoCard
	send := bot.Option{Text: text.TalkGoSend, Key: "go", Say: text.Words(text.WordsYes)}
	if k.Delivery == offlineDelivery {
		body = text.TalkGoOffline
	}
	if k.NeedsContent {
		body, send.Text = text.TalkGoPage, text.TalkGoWrite
	}
	t.Ask(bot.Card{
		Title: fmt.Sprintf(text.TalkGoTitle, s.Name, k.Name), Body: body,
		Facts: []bot.Fact{{Key: text.TalkWhen, Value: talkMoment(s.At)}, {Key: text.TalkWhere, Value: s.Place}, {Key: text.TalkContact, Value: s.Contact}},
		Buttons: []bot.Option{
			send,
			{Text: text.TalkGoWhen, Key: "when"},
			{Text: text.TalkGoWhere, Key: "where"},
			{Text: text.TalkGoContact, Key: "contact"},
			{Text: text.TalkGoDrop, Key: "drop", Minor: true, Say: text.Words(text.WordsNever)},
		},
	})
	return nil
}

func (d *Desk) readTalkGo(ctx context.Context, t *convo.Turn, s *arranging) (convo.Next, error) {
	if dropped(t) {
		return convo.Done(), nil
	}
	switch key := t.Answer.Key(); key {
	case "when", "where", "contact":
		return convo.Goto(key), nil
	case "drop":
		t.Say(text.TalkDropped)
		return convo.Done(), nil
	case "go":
	default:
		return d.notTerms(ctx, t)
	}
	k, _ := risk.Notices().Kind(s.Kind)
	n, ok, err := d.DraftTalk(ctx, t, 0, 0, TalkDraft{Kind: s.Kind, Target: s.Target, At: s.At, Place: s.Place, Contact: s.Contact})
	switch {
	case err != nil:
		return convo.Next{}, err
	case !ok:
		return convo.Done(), nil
	case k.NeedsContent:
		t.Say(fmt.Sprintf(text.TalkWriteThere, d.Pages.Talk(n.ID)))
		return convo.Done(), nil
	}
	_, err = d.SendTalk(ctx, t, n.ID, n.Version)
	return convo.Done(), err
}

// talkWhen reads 明天下午3点, 10月22日15:30, 下周五上午9点半 out of a text and returns what
// else is in it. An hour from one to six without a half of the day is in the afternoon;
// a time without a day is today's. With a zero now it only looks whether one is there.
func talkWhen(said string, now time.Time) (at time.Time, rest string, ok bool) {
	clock := regexp.MustCompile(text.TalkClock).FindStringSubmatchIndex(said)
	if clock == nil {
		return at, said, false
	}
	part := func(i int) string {
		if clock[2*i] < 0 {
			return ""
		}
		return said[clock[2*i]:clock[2*i+1]]
	}
	half, hours, minutes := part(1), spokenNumber(part(2)), 0
	switch m := part(3); {
	case m == text.TalkHalf:
		minutes = 30
	case m == text.TalkQuarter:
		minutes = 15
	case m != "":
		minutes = spokenNumber(m)
	}
	if text.Has(text.TalkAfternoon, half) && half != "" && hours < 12 || half == "" && hours >= 1 && hours <= 6 {
		hours += 12
	}
	rest = said[:clock[0]] + said[clock[1]:]
	day := regexp.MustCompile(text.TalkOnDay).FindString(rest)
	rest = strings.Replace(rest, day, "", 1)
	if now.IsZero() {
		return at, rest, true
	}
	on := bot.Civil(now)
	if day != "" {
		near := slices.Index(strings.Split(text.TalkNearDay, "|"), day)
		switch {
		case near >= 0:
			on = on.AddDate(0, 0, near)
		default:
			if on, ok = parseDay(day, bot.Local(now)); !ok {
				if on, ok = oneDay(day, 0, now); !ok {
					return at, rest, false
				}
			}
		}
	}
	if hours < 0 || hours > 23 || minutes < 0 || minutes > 59 {
		return at, rest, false
	}
	y, m, dd := on.Date()
	return time.Date(y, m, dd, hours, minutes, 0, 0, bot.Zone()), rest, true
}

// spokenNumber reads a number below a hundred: 3, 15, 三, 十五, 二十; -1 when it is none.
func spokenNumber(s string) int {
	if n, err := strconv.Atoi(s); err == nil {
		return n
	}
	s = strings.ReplaceAll(s, text.TwoSpoken, text.TwoWritten)
	digit := func(r string) int {
		if i := strings.Index(text.TalkDigits, r); i >= 0 {
			return i / len(text.TwoWritten)
		}
		return -1
	}
	tens, ones, ten := strings.Cut(s, text.TalkTen)
	if !ten {
		return digit(s)
	}
	n := 10
	if tens != "" {
		n = 10 * digit(tens)
	}
	if ones != "" {
		n += digit(ones)
	}
	return n
}
