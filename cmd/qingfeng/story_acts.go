package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/form"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
	"qingfeng/bot/wecom/wecomsim"
	"qingfeng/handlers"
)

// act is a verb of the scripts and how many words it needs at least.
type act struct {
	words int
	do    func(s *stage, ctx context.Context, where string, args []string) error
}

// oldLine is a row of an old form, or one that the office enters from paper.
type oldLine struct{ node, text, measure string }

func acts() map[string]act {
	return map[string]act{
		"state":   {2, (*stage).expectState},
		"rows":    {2, (*stage).expectRows},
		"level":   {3, (*stage).expectLevel},
		"clean":   {2, (*stage).expectClean},
		"plugin":  {2, (*stage).plugin},
		"quiet":   {0, (*stage).quiet},
		"until":   {0, (*stage).until},
		"mark":    {2, (*stage).mark},
		"add":     {2, (*stage).mark},
		"mutual":  {2, (*stage).mutual},
		"judge":   {4, (*stage).judge},
		"look":    {2, (*stage).look},
		"row":     {0, (*stage).oldRow},
		"adopt":   {1, (*stage).adopt},
		"paper":   {2, (*stage).paper},
		"race":    {2, (*stage).race},
		"send":    {1, (*stage).send},
		"visitor": {2, (*stage).visitor},
		"old":     {2, (*stage).pressOld},
		"move":    {2, (*stage).move},
		"exports": {0, (*stage).exports},
		"still":   {2, (*stage).still},
		"jobs":    {0, (*stage).startJobs},
		"seen":    {1, (*stage).seen},
		"came":    {3, (*stage).came},
		"picture": {0, (*stage).picture},
		"secret":  {1, (*stage).secret},
		"page":    {1, (*stage).openPage},
		"on":      {1, (*stage).onThePage},
		"off":     {1, (*stage).offThePage},
		"post":    {1, (*stage).post},
		"vote":    {3, (*stage).vote},
		"keys":    {1, (*stage).keys},
		"form":    {1, (*stage).form},
		"at":      {1, (*stage).at},
		"case":    {2, (*stage).caseDo},
		"follow":  {1, (*stage).follow},
		"file":    {2, (*stage).file},
		"photo":   {2, (*stage).photo},
		"plant":   {1, (*stage).plant},
		"citizen": {1, (*stage).beCitizen},
		"scan":    {0, (*stage).scan},
		"tell":    {3, (*stage).tell},
		"choose":  {2, (*stage).choose},
		"read":    {0, (*stage).lookUp},
		"more":    {1, (*stage).more},
		"poll":    {1, (*stage).poll},
		"waits":   {1, (*stage).waits},
		"sealed":  {0, (*stage).noCitizenLeaks},
		"purge":   {0, (*stage).purge},
		"hush":    {0, func(s *stage, _ context.Context, _ string, _ []string) error { s.terse = true; return nil }},
		"aloud":   {0, func(s *stage, _ context.Context, _ string, _ []string) error { s.terse = false; return nil }},
		"loud":    {0, func(s *stage, _ context.Context, _ string, _ []string) error { s.loud = true; return nil }},
	}
}

// words joins the arguments of an act again.
func words(args []string) string { return strings.Join(args, " ") }

func need(args []string, n int) error {
	if len(args) < n {
		return fmt.Errorf("%d words are needed", n)
	}
	return nil
}

// formOf is a person's form in the newest campaign.
func (s *stage) formOf(ctx context.Context, user string) (risk.SelfCheck, error) {
	all, err := s.register.Campaigns(ctx)
	if err != nil {
		return risk.SelfCheck{}, err
	}
	var newest int64
	for _, c := range all {
		newest = max(newest, c.ID)
	}
	who, _, err := s.register.PersonByUserID(ctx, bot.UserID(user))
	if err != nil {
		return risk.SelfCheck{}, err
	}
	checks, err := s.register.Checks(ctx, risk.CheckFilter{Campaign: newest, Person: who.ID})
	if err != nil {
		return risk.SelfCheck{}, err
	}
	if len(checks) != 1 {
		return risk.SelfCheck{}, fmt.Errorf("%s has %d forms", user, len(checks))
	}
	return checks[0], nil
}

// rowsOf are the rows that stand on a form.
func rowsOf(c risk.SelfCheck) (rows []risk.Point) {
	for _, p := range c.Points {
		if p.State != risk.PointRemoved {
			rows = append(rows, p)
		}
	}
	return rows
}

func pointNo(c risk.SelfCheck, no int) (risk.Point, error) {
	for _, p := range rowsOf(c) {
		if p.No == no {
			return p, nil
		}
	}
	return risk.Point{}, fmt.Errorf("the form of %s has no row %d", c.Person.UserID, no)
}

// state USER STATE
func (s *stage) expectState(ctx context.Context, where string, args []string) error {
	c, err := s.formOf(ctx, args[0])
	if err != nil {
		return err
	}
	s.hold(string(c.State) == args[1], where, text.StoryState, c.Person.Name, args[1], string(c.State))
	return nil
}

// rows USER N
func (s *stage) expectRows(ctx context.Context, where string, args []string) error {
	c, err := s.formOf(ctx, args[0])
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	s.hold(len(rowsOf(c)) == n, where, text.StoryRows, c.Person.Name, n, len(rowsOf(c)))
	return nil
}

// level USER NO LEVEL: what was suggested, or confirmed
func (s *stage) expectLevel(ctx context.Context, where string, args []string) error {
	c, err := s.formOf(ctx, args[0])
	if err != nil {
		return err
	}
	no, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	p, err := pointNo(c, no)
	if err != nil {
		return err
	}
	is := p.Suggested.Level
	if p.Confirmed != "" {
		is = p.Confirmed
	}
	s.hold(string(is) == args[2], where, text.StoryState, c.Person.Name, args[2], string(is))
	return nil
}

// clean USER NO: the coach has nothing to say about this row
func (s *stage) expectClean(ctx context.Context, where string, args []string) error {
	c, err := s.formOf(ctx, args[0])
	if err != nil {
		return err
	}
	no, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	p, err := pointNo(c, no)
	if err != nil {
		return err
	}
	s.hold(len(p.Hints) == 0, where, "%s: row %d has hints: %+v", args[0], no, p.Hints)
	return nil
}

// plugin USER on|off
func (s *stage) plugin(ctx context.Context, _ string, args []string) error {
	p, err := s.person(ctx, args[0])
	if err == nil {
		p.phone.SetPlugin(args[1] == "on")
	}
	return err
}

// quiet USER…: what these phones show so far is not printed
func (s *stage) quiet(ctx context.Context, _ string, args []string) error {
	for _, user := range args {
		p, err := s.person(ctx, user)
		if err != nil {
			return err
		}
		list, next, _ := p.phone.Since(0)
		p.printed = next
		for _, m := range list {
			p.shown[m.MsgID] = m
		}
	}
	return nil
}

// row NODE|WORDS|MEASURE: a row of the old or paper form that follows
func (s *stage) oldRow(_ context.Context, _ string, args []string) error {
	parts := strings.SplitN(words(args), "|", 3)
	if len(parts) < 3 {
		return errors.New("NODE|WORDS|MEASURE is needed")
	}
	s.old = append(s.old, oldLine{parts[0], parts[1], parts[2]})
	return nil
}

// adopt USER: uploads last year's 附表1, a docx with the rows given before
func (s *stage) adopt(ctx context.Context, where string, args []string) error {
	c, err := s.formOf(ctx, args[0])
	if err != nil {
		return err
	}
	f := form.Form1{Unit: c.Post.Section, Section: c.Post.Section, Post: c.Post.Name, Person: c.Person.Name}
	f.Totals.Points = len(s.old)
	f.Totals.Levels, f.Totals.Categories = form.CountLabels(nil, labels(len(s.old))...), form.CountLabels(nil, labels(len(s.old))...)
	for i, o := range s.old {
		f.Points = append(f.Points, form.Point1{No: i + 1, Node: o.node, Manifestations: []string{o.text}, Measures: []risk.Measure{{Text: o.measure}}})
	}
	n := len(s.old)
	s.old = nil
	file, err := form.Fubiao1([]form.Form1{f}, form.Docx)
	if err != nil {
		return err
	}
	web, err := s.browser(args[0])
	if err != nil {
		return err
	}
	link := s.desk.Pages.Upload(c.ID)
	page, err := web.open(ctx, link)
	if err == nil {
		_, err = web.upload(ctx, page, link, "last-year.docx", file)
	}
	s.hold(err == nil, where, "%v", err)
	if err := s.told(ctx, args[0], []string{fmt.Sprintf(text.StoryUploads, n)}); err != nil {
		return err
	}
	return s.settle(ctx, args[0])
}

// labels are n empty ones.
func labels(n int) []string { return make([]string, n) }

// paper OFFICE OWNER: the office enters a form from paper and asks the owner to confirm
func (s *stage) paper(ctx context.Context, where string, args []string) error {
	c, err := s.formOf(ctx, args[1])
	if err != nil {
		return err
	}
	rows := s.old
	s.old = nil
	said, err := s.onPage(ctx, args[0], func(ctx context.Context, t *convo.Turn) error {
		if err := s.desk.MarkPaper(ctx, t, c.ID); err != nil {
			return err
		}
		nodes, err := s.register.Nodes(ctx, c.Post.SectionID)
		if err != nil {
			return err
		}
		for i, row := range rows {
			for _, n := range nodes {
				if n.Name != row.node {
					continue
				}
				if err := s.desk.AddRow(ctx, t, c.ID, n, row.text); err != nil {
					return err
				}
				m := risk.ParseMeasure(row.measure, risk.Measure{Who: c.Post.Name, Frequency: text.EveryTime})
				if err := s.desk.EditRow(ctx, t, c.ID, i+1, handlers.RowEdit{Measures: []risk.Measure{m}}); err != nil {
					return err
				}
			}
		}
		return s.desk.PaperEntered(ctx, t, c.ID)
	})
	s.hold(err == nil, where, "%v %v", said, err)
	return s.told(ctx, args[0], append([]string{text.StoryPaper}, said...))
}

// race USER BUTTON: both phones of a person press the same button at the same moment
func (s *stage) race(ctx context.Context, where string, args []string) error {
	p, err := s.person(ctx, args[0])
	if err != nil {
		return err
	}
	s.who = p
	_, p.since, _ = p.phone.Since(p.since)
	for _, m := range reversed(p.phone.Messages()) {
		if m.From != wecomsim.FromApp || !m.Live() {
			continue
		}
		for _, b := range m.Card.Buttons {
			if b.Text != args[1] {
				continue
			}
			var both sync.WaitGroup
			for range 2 {
				both.Go(func() { _ = p.phone.PressOn(ctx, m.MsgID, b.Key) }) // the phone may have gone grey for the second
			}
			both.Wait()
			s.printf("\n  %s\n", fmt.Sprintf(text.StorySays, p.who, fmt.Sprintf(text.StoryTwice, args[1])))
			return s.settle(ctx, "")
		}
	}
	s.hold(false, where, text.StoryMissing, p.who, args[1], "")
	return nil
}

// old TITLE BUTTON: the current person presses a button of an earlier card
func (s *stage) pressOld(ctx context.Context, where string, args []string) error {
	p := s.who
	_, p.since, _ = p.phone.Since(p.since)
	for _, m := range p.phone.Messages() {
		if !strings.Contains(titleOf(m), args[0]) {
			continue
		}
		s.printf("\n  %s\n", fmt.Sprintf(text.StorySays, p.who, fmt.Sprintf(text.StoryOld, args[0], args[1])))
		err := p.phone.PressOn(ctx, m.MsgID, args[1])
		s.hold(err == nil, where, "%v", err)
		if err := s.settle(ctx, p.id); err != nil {
			return err
		}
		s.show(p, true)
		return nil
	}
	s.hold(false, where, text.StoryMissing, p.who, args[0], "")
	return nil
}

// move USER SECTION: the roster is imported again with this person's post in another section
func (s *stage) move(ctx context.Context, where string, args []string) error {
	const section, userid = 1, 5 // columns of the roster
	data, err := sheetOf(form.ImportRoster, func(rows [][]string) {
		for i, r := range rows {
			if r[userid] == args[0] {
				rows[i][section] = args[1]
			}
		}
	})
	if err != nil {
		return err
	}
	err = importAll(ctx, s.register, form.ImportRoster, data)
	s.hold(err == nil, where, "%v", err)
	c, err := s.formOf(ctx, args[0])
	if err != nil {
		return err
	}
	s.hold(c.Post.Section == args[1], where, text.StoryState, c.Person.Name, args[1], c.Post.Section)
	return nil
}

// still USER D: nothing comes to a person's phone for a while (30m, 2h)
func (s *stage) still(ctx context.Context, where string, args []string) error {
	p, err := s.person(ctx, args[0])
	if err != nil {
		return err
	}
	d, err := time.ParseDuration(args[1])
	if err != nil {
		return err
	}
	before := len(p.phone.Messages())
	if err := s.pass(ctx, s.clock.Now().Add(d)); err != nil {
		return err
	}
	s.hold(len(p.phone.Messages()) == before, where, text.StoryUnwanted, p.who, "", "")
	return nil
}
