package handlers

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

// Hearts are the 谈心 of this year as somebody may see them: by date only.
type Hearts struct {
	Year    int
	Wanted  int
	Own     []time.Time  // those with oneself
	Has     bool         // one who is talked to, not only a talker
	People  []HeartCount // of the people one manages
	Numbers []int        // for the office: how many people had 0, 1 … Wanted or more
}

// HeartCount is one person's.
type HeartCount struct {
	Name    string
	Section string
	On      []time.Time
}

// Hearts counts by what the asker may see (DOMAIN.md §2.4): one's own; those of whom one
// manages; numbers without names for the office and IT.
func (d *Desk) Hearts(ctx context.Context, a bot.Actor, now time.Time) (Hearts, error) {
	rules := risk.Notices()
	h := Hearts{Year: bot.Local(now).Year(), Wanted: rules.HeartsAYear}
	if d.Talks == nil || a.Person == 0 {
		return h, nil
	}
	holders, err := d.Reg.Holders(ctx, 0)
	if err != nil {
		return h, err
	}
	sections, err := d.Reg.Sections(ctx)
	if err != nil {
		return h, err
	}
	var people []risk.Person
	where := map[int64]string{}
	for _, x := range holders {
		if where[x.Person.ID] == "" {
			people = append(people, x.Person)
			where[x.Person.ID] = x.Post.Section
		}
	}
	if where[a.Person] == "" {
		people = append(people, risk.Person{ID: a.Person, Name: a.Name, Active: true})
	}
	parties, err := d.parties(ctx, people, holders, sections)
	if err != nil {
		return h, err
	}
	talks, err := d.Talks.HeartTalks(ctx, 0, h.Year)
	if err != nil {
		return h, err
	}
	on := map[int64][]time.Time{}
	for _, x := range talks {
		on[x.Talked] = append(on[x.Talked], x.On)
	}
	me := parties[a.Person]
	h.Own, h.Has = on[a.Person], where[a.Person] != "" && !slices.Contains(me.Roles, bot.RolePrincipal)
	h.Numbers = make([]int, h.Wanted+1)
	for _, p := range people {
		if where[p.ID] == "" || slices.Contains(parties[p.ID].Roles, bot.RolePrincipal) {
			continue
		}
		h.Numbers[min(len(on[p.ID]), h.Wanted)]++
		if me.Manages(parties[p.ID]) {
			h.People = append(h.People, HeartCount{Name: p.Name, Section: where[p.ID], On: on[p.ID]})
		}
	}
	slices.SortStableFunc(h.People, func(x, y HeartCount) int { return len(x.On) - len(y.On) })
	if !a.Coordinator() && !a.Has(bot.RoleITAdmin) {
		h.Numbers = nil
	}
	return h, nil
}

const heartsShown = 15 // people named in one message; the page has all

// SayHearts is 谈心情况.
func (d *Desk) SayHearts(ctx context.Context, t *convo.Turn) error {
	h, err := d.Hearts(ctx, t.Actor, t.Now)
	if err != nil {
		return err
	}
	var lines []string
	if h.Has {
		lines = append(lines, fmt.Sprintf(text.HeartsOwn, len(h.Own), h.Wanted)+heartDays(h.Own))
	}
	if h.Numbers != nil {
		lines = append(lines, fmt.Sprintf(text.HeartsOffice, h.Numbers[h.Wanted], h.Wanted, sum(h.Numbers[1:h.Wanted]), h.Numbers[0]))
	}
	if len(h.People) > 0 {
		lines = append(lines, text.HeartsPeople)
		for _, p := range h.People[:min(len(h.People), heartsShown)] {
			lines = append(lines, fmt.Sprintf(text.HeartsLine, p.Name, len(p.On), h.Wanted)+heartDays(p.On))
		}
		if len(h.People) > heartsShown {
			lines = append(lines, fmt.Sprintf(text.HeartsMore, len(h.People), d.Pages.Talks()))
		}
	}
	if len(lines) == 0 {
		lines = append(lines, text.HeartsNone)
	}
	t.Say(strings.Join(lines, "\n"))
	return d.record(ctx, t, "talk.hearts", aboutTalk, 0, 0)
}

func heartDays(on []time.Time) string {
	if len(on) == 0 {
		return ""
	}
	var days []string
	for _, x := range on {
		days = append(days, day(x))
	}
	return fmt.Sprintf(text.HeartsDays, strings.Join(days, text.ListComma))
}

func sum(list []int) (n int) {
	for _, x := range list {
		n += x
	}
	return n
}

// matchHeld hears 今天和张三谈过心: a talk that took place without the bot.
func (d *Desk) matchHeld(said string) ([]string, bool) {
	m := regexp.MustCompile(text.HeldForm).FindStringSubmatch(said)
	// 和张三谈心, without a day, is a wish and no report.
	if d.Talks == nil || m == nil || asks(said, false) || m[1] == "" && !text.Has(text.HeldDone, said) {
		return nil, false
	}
	return m[1:], true
}

// SayHeld notes that a 谈心 took place, by its date alone.
func (d *Desk) SayHeld(ctx context.Context, t *convo.Turn) error {
	no := func(code, say string) error {
		return d.forgetAnd(ctx, t, func() error { return d.refuse(ctx, t, "talk.note", aboutTalk, 0, code, say) })
	}
	on, ok := pastDay(t.Args[0], t.Now)
	switch {
	case !ok:
		return no("bad date", text.HeldBadDay)
	case on.After(bot.Civil(t.Now)):
		return no("future", text.TalkFuture)
	case on.Year() != bot.Local(t.Now).Year():
		return no("other year", text.HeldOtherYear)
	}
	who, rest, say, err := d.talkPerson(ctx, t.Args[1])
	if err != nil {
		return err
	}
	if say != "" {
		return no("person", say)
	}
	heart, _ := risk.Notices().Kind("heart")
	_, code, _, err := d.mayTalk(ctx, t.Actor.Person, who, heart)
	if err != nil {
		return err
	}
	if code != "" {
		return no(code, refusedTalk(code, who.Name))
	}
	if talkChatter(rest + t.Args[2]) {
		t.Say(text.HeldPageOnly)
		if err := d.Talks.ForgetSaid(ctx, t.Message.Dedupe); err != nil {
			return err
		}
	}
	added, err := d.Talks.SaveHeartTalk(ctx, risk.HeartTalk{Talker: t.Actor.Person, Talked: who.ID, On: on})
	if err != nil {
		return err
	}
	all, err := d.Talks.HeartTalks(ctx, who.ID, on.Year())
	if err != nil {
		return err
	}
	line := text.HeldNoted
	if !added {
		line = text.HeldAlready
	}
	t.Say(fmt.Sprintf(line, day(on), who.Name, len(all), risk.Notices().HeartsAYear))
	return d.record(ctx, t, "talk.note", "person", who.ID, 0)
}

// pastDay reads the day of something that was: 今天, 昨天, 前天, 9月3日, 3日; "" is today.
func pastDay(said string, now time.Time) (time.Time, bool) {
	today := bot.Civil(now)
	if said == "" {
		return today, true
	}
	if i := slices.Index(strings.Split(text.HeldNear, "|"), said); i >= 0 {
		return today.AddDate(0, 0, -i), true
	}
	m := regexp.MustCompile(text.HeldDay).FindStringSubmatch(said)
	if m == nil {
		return today, false
	}
	month := int(today.Month())
	if m[1] != "" {
		month, _ = strconv.Atoi(m[1])
	}
	dom, _ := strconv.Atoi(m[2])
	on := time.Date(today.Year(), time.Month(month), dom, 0, 0, 0, 0, bot.Zone())
	return on, on.Day() == dom && int(on.Month()) == month
}
