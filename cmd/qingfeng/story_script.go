package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"qingfeng/bot/risk"
	"qingfeng/bot/text"
	"qingfeng/bot/wecom/wecomsim"
)

// A script is a file of demodata/story that reads like a chat. One line, one thing:
//
//	== heading            -- what the narrator says
//	@zhoumin              from here on this person's phone
//	> text                types; > #1, > #1,3, > #s1=2 press, tick and select
//	< words               what came since then shows these words; <! must not; <0 nothing came
//	~ 10-10 09:00         the clock moves on to there; ~ 2h, ~ 3d by so much
//	fill zhoumin | a | b  a person's lines with one line of summary
//	together … end        the fills between run at the same time
//	verb words            anything else is a page or a check: see acts
type script struct {
	name  string
	lines []string
}

// stage plays scripts in a world and counts what held.
type stage struct {
	*world
	out   io.Writer
	terse bool // print nothing but what went wrong
	loud  bool // print the chats of fills, too: for whoever writes scripts

	who    *person
	held   int
	failed []string

	citizen    *citizen // who acts without an account
	crowd      []*citizen
	planted    []string // what may stand nowhere in the end: words of citizens, receipts, addresses
	papers     string   // what was downloaded
	lines      lockedBuffer
	printedKey string // the one that was shown last

	open   opened     // the page somebody looks at
	marks  []mark     // of the mutual check being prepared
	old    []oldLine  // of the old form being prepared
	fillMu sync.Mutex // of held and failed, and of lines printed by fills
}

func (s *stage) printf(format string, args ...any) {
	if !s.terse {
		fmt.Fprintf(s.out, format, args...)
	}
}

// hold counts an expectation.
func (s *stage) hold(ok bool, where, format string, args ...any) {
	s.fillMu.Lock()
	defer s.fillMu.Unlock()
	if ok {
		s.held++
		return
	}
	line := where + ": " + fmt.Sprintf(format, args...)
	s.failed = append(s.failed, line)
	fmt.Fprintf(s.out, "\n  !! %s\n", line)
}

// play runs a script to its end; a failed expectation does not stop it, trouble does.
func (s *stage) play(ctx context.Context, sc script) error {
	var group [][2]string
	grouping := false
	for i, line := range sc.lines {
		where := fmt.Sprintf("%s:%d", sc.name, i+1)
		line = strings.TrimRight(line, " \t")
		verb, rest, _ := strings.Cut(line, " ")
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case verb == "together":
			grouping, group = true, nil
		case verb == "end":
			grouping = false
			if err := s.fillTogether(ctx, group); err != nil {
				return fmt.Errorf("%s: %w", where, err)
			}
		case grouping && verb == "fill":
			group = append(group, [2]string{where, rest})
		default:
			if err := s.line(ctx, where, verb, rest, line); err != nil {
				return fmt.Errorf("%s: %s: %w", where, line, err)
			}
		}
	}
	return nil
}

// line does one line.
func (s *stage) line(ctx context.Context, where, verb, rest, line string) error {
	switch {
	case verb == "==":
		s.printf("\n"+text.StoryHeading+"\n", rest, s.clock.Now().Format(text.StoryClock))
	case verb == "--":
		s.printf("\n  %s\n", rest)
	case strings.HasPrefix(verb, "@"):
		p, err := s.person(ctx, verb[1:])
		s.who = p
		return err
	case verb == ">":
		if err := s.says(ctx, s.who, rest); err != nil {
			s.hold(false, where, "%s: %v", line, err)
		}
	case strings.HasPrefix(verb, "<"):
		return s.expect(ctx, where, verb, rest)
	case verb == "~":
		at, err := s.when(rest)
		if err != nil {
			return err
		}
		return s.pass(ctx, at)
	case verb == "fill":
		return s.fill(ctx, where, rest)
	default:
		act, ok := acts()[verb]
		if !ok {
			return fmt.Errorf("no such verb %q", verb)
		}
		args := strings.Fields(rest)
		if err := need(args, act.words); err != nil {
			return fmt.Errorf("%s: %w", verb, err)
		}
		return act.do(s, ctx, where, args)
	}
	return nil
}

// when reads a point of simulated time: 10-10 09:00 of this year, or 2h, 3d from now.
func (s *stage) when(words string) (time.Time, error) {
	now := s.clock.Now()
	if at, err := time.ParseInLocation("2006-01-02 15:04", fmt.Sprintf("%d-%s", now.Year(), words), now.Location()); err == nil {
		return at, nil
	}
	if days, ok := strings.CutSuffix(words, "d"); ok {
		var n int
		if _, err := fmt.Sscan(days, &n); err != nil {
			return now, err
		}
		return now.AddDate(0, 0, n), nil
	}
	d, err := time.ParseDuration(words)
	return now.Add(d), err
}

// says lets a person type or press and shows the exchange.
func (s *stage) says(ctx context.Context, p *person, line string) error {
	pressed := s.pressed(p, line)
	err := p.say(ctx, line)
	s.printf("\n  %s\n", fmt.Sprintf(text.StorySays, p.who, pressed))
	s.show(p, true)
	return err
}

// pressed reads #2 as what stands on the button.
func (s *stage) pressed(p *person, line string) string {
	actions, err := wecomsim.ParseLine(line)
	if err != nil || !strings.HasPrefix(line, "#") || len(actions) != 1 || actions[0].Do != "pick" {
		return line
	}
	for _, m := range reversed(p.phone.Messages()) {
		if m.From != wecomsim.FromApp || !m.Live() {
			continue
		}
		var names []string
		for _, n := range actions[0].Numbers {
			switch {
			case n <= len(m.Card.Buttons):
				names = append(names, m.Card.Buttons[n-1].Text)
			case m.Card.CheckBox != nil && n <= len(m.Card.CheckBox.Options):
				names = append(names, m.Card.CheckBox.Options[n-1].Text)
			}
		}
		return fmt.Sprintf(text.StoryPress, strings.Join(names, text.ListComma))
	}
	return line
}

func reversed(list []wecomsim.Shown) []wecomsim.Shown {
	out := make([]wecomsim.Shown, 0, len(list))
	for i := len(list) - 1; i >= 0; i-- {
		out = append(out, list[i])
	}
	return out
}

// show prints what is new on a phone: messages whole, cards that ended in one line.
func (s *stage) show(p *person, answers bool) {
	list, next, _ := p.phone.Since(p.printed)
	p.printed = next
	headed := answers
	head := func() {
		if !headed {
			s.printf("\n  %s\n", fmt.Sprintf(text.StoryPhone, p.who))
		}
		headed = true
	}
	for _, m := range list {
		before, known := p.shown[m.MsgID]
		p.shown[m.MsgID] = m
		switch {
		case m.From != wecomsim.FromApp:
		case !known:
			head()
			s.printf("%s", indented(strings.NewReplacer(s.base, text.StoryPages, s.cfg.PublicURL, text.StoryPublic).Replace(m.Render())))
		case titleOf(m) != titleOf(before) && !plainEnd(titleOf(m)):
			head()
			s.printf("      %s\n", fmt.Sprintf(text.StoryCardEnds, titleOf(before), titleOf(m)))
		}
	}
}

// plainEnd reports whether a card only says that its question was answered.
func plainEnd(title string) bool {
	for _, say := range []string{text.ConvoChosen, text.ConvoChosenMany, text.ConvoAnswered, text.ConvoNewer, text.ConvoPassed} {
		if head, _, _ := strings.Cut(say, "%"); strings.HasPrefix(title, head) {
			return true
		}
	}
	return false
}

func titleOf(m wecomsim.Shown) string {
	if m.Card == nil || m.Card.MainTitle == nil {
		return ""
	}
	return strings.TrimSpace(m.Card.MainTitle.Title + " " + m.Card.MainTitle.Desc)
}

func indented(said string) string {
	var b strings.Builder
	for line := range strings.SplitSeq(said, "\n") {
		b.WriteString("      " + line + "\n")
	}
	return b.String()
}

// expect checks what came to the current person's phone since they last did something.
func (s *stage) expect(ctx context.Context, where, verb, words string) error {
	if s.who == nil {
		return fmt.Errorf("nobody is there")
	}
	if err := s.settle(ctx, s.who.id); err != nil {
		s.hold(false, where, "%v", err)
		return nil
	}
	s.show(s.who, false)
	all := s.news(s.who)
	switch verb {
	case "<":
		s.hold(strings.Contains(all, words), where, text.StoryMissing, s.who.who, words, all)
	case "<!":
		s.hold(!strings.Contains(all, words), where, text.StoryUnwanted, s.who.who, words, all)
	case "<0":
		s.hold(all == "", where, text.StoryUnwanted, s.who.who, "", all)
	default:
		return fmt.Errorf("no such expectation %q", verb)
	}
	return nil
}

// news is what the app has shown on a phone since its owner last did something.
func (s *stage) news(p *person) string {
	list, _, _ := p.phone.Since(p.since)
	var news []string
	for _, m := range list {
		if m.From == wecomsim.FromApp {
			news = append(news, m.Render())
		}
	}
	return strings.Join(news, "\n")
}

// fill plays one person's lines, with a line of summary instead of the chat.
func (s *stage) fill(ctx context.Context, where, rest string) error {
	parts := strings.Split(rest, "|")
	p, err := s.person(ctx, strings.TrimSpace(parts[0]))
	if err != nil {
		return err
	}
	_, p.since, _ = p.phone.Since(p.since) // what came before was read before
	began, sent := p.active, p.sent
	for _, line := range parts[1:] {
		line = strings.TrimSpace(line)
		if want, ok := strings.CutPrefix(line, "< "); ok {
			all := s.news(p)
			s.hold(strings.Contains(all, want), where, text.StoryMissing, p.who, want, all)
			continue
		}
		if err := p.say(ctx, line); err != nil {
			s.hold(false, where, "%s %q: %v", p.who, line, err)
			return nil
		}
		s.understood(where, p, line)
	}
	c, err := s.formOf(ctx, p.id)
	if err != nil {
		return err
	}
	if text.Says(text.WordsSubmit, strings.TrimSpace(parts[len(parts)-1])) {
		in := c.State != risk.CheckDraft && c.State != risk.CheckReturned // where many play at once, the ten minutes may be over
		s.hold(in, where, text.StoryState, p.who, string(risk.CheckSubmitted), string(c.State))
	}
	list, next, _ := p.phone.Since(0)
	p.printed = next
	for _, m := range list {
		p.shown[m.MsgID] = m
	}
	s.fillMu.Lock()
	defer s.fillMu.Unlock()
	s.printf("  %s\n", fmt.Sprintf(text.StoryFilled, p.who, c.Post.Section, c.Post.Name, len(rowsOf(c)), p.sent-sent, (p.active-began).Round(time.Second)))
	return nil
}

// understood holds that the bot knew what to do with a line.
func (s *stage) understood(where string, p *person, line string) {
	list, _, _ := p.phone.Since(p.since)
	for _, m := range list {
		if s.loud {
			fmt.Fprintf(s.out, "%s > %s\n%s", p.who, line, indented(m.Render()))
		}
		for _, lost := range []string{text.ConvoExpectOption, text.ConvoExpectMany, text.ConvoExpectWords, text.ConvoMissOffer, text.ConvoUnknown, text.Fallback, text.ConvoApology} {
			if m.From == wecomsim.FromApp && strings.HasPrefix(m.Text, lost) {
				s.hold(false, where, text.StoryUnwanted, p.who+" ▷ "+line, lost, m.Render())
			}
		}
	}
}

// fillTogether plays several people at once, as in the first minutes after a launch.
func (s *stage) fillTogether(ctx context.Context, group [][2]string) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(6)
	for _, one := range group {
		g.Go(func() error { return s.fill(ctx, one[0], one[1]) })
	}
	return g.Wait()
}
