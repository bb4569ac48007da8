package handlers

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"qingfeng/bot"
	"qingfeng/bot/plan"
	"qingfeng/bot/text"
)

// Todo is what a person owes, and, for those who watch over others, who is late. It is
// the same address for everybody: a reminder's bytes hold nothing personal.
func (p Pages) Todo() string { return p.Base + "/todo" }

// Keys of a reminder's buttons, with the day of the reminder behind a colon.
const (
	keyTomorrow = "remind.tomorrow"
	keyDone     = "remind.done"
)

// How many characters of a reminder's card, which holds 160, are for a person's own
// items and for counts of others; with both, each takes less.
const (
	remindOwn   = 108
	remindAbove = 104
	remindSmall = 52
)

// Remind is the one message for everything a person is reminded of on a day. It is made
// of the items alone, so that people with the same items get the same bytes. It names
// nobody: matters of others are counted by section (R-T5).
func (d *Desk) Remind(day time.Time, items []plan.Item, _ plan.Org) bot.Push {
	day = bot.Civil(day)
	items = slices.Clone(items)
	slices.SortFunc(items, func(a, b plan.Item) int {
		return cmp.Or(a.Obligation.Due.Compare(b.Obligation.Due), cmp.Compare(a.Obligation.Name, b.Obligation.Name), cmp.Compare(a.Obligation.SectName, b.Obligation.SectName))
	})
	var own, above []plan.Item
	push := bot.Push{Kind: "reminder", Lane: bot.LaneBulk}
	for _, i := range items {
		if i.Step == 0 {
			own = append(own, i)
		} else {
			above = append(above, i)
		}
		if i.Urgent {
			push.Lane = bot.LaneNotice
		}
	}
	if len(items) == 0 {
		return push
	}
	page := d.Pages.Todo()
	card := bot.Card{Title: d.remindTitle(day, own, above)}
	var lines, hows []string
	var list *bot.Option
	if len(own) > 0 {
		act := text.RemindGo
		if !slices.ContainsFunc(own, func(i plan.Item) bool { return i.Obligation.Kind != plan.KindSelfCheck }) {
			act = text.RemindFill
		}
		room := remindOwn
		if len(above) > 0 {
			room = remindSmall
		}
		lines = append(lines, d.ownLines(day, own, act, room)...)
		card.Buttons = append(card.Buttons, bot.Option{Text: act, URL: page})
		hows = ownHows(own)
	}
	if len(above) > 0 {
		lines = append(lines, text.RemindAbove)
		if len(own) > 0 {
			lines = append(lines, d.aboveLines(day, above, remindSmall)...)
		} else {
			lines = append(lines, d.aboveLines(day, above, remindAbove)...)
			lines = append(lines, text.RemindAboveNext)
		}
		list = &bot.Option{Text: text.RemindList, URL: page + "#list"}
		hows = append(hows, text.RemindSayList)
	}
	if list != nil {
		card.Buttons = append(card.Buttons, *list)
	}
	stamp := day.Format("20060102")
	card.Buttons = append(card.Buttons, bot.Option{Text: text.RemindTomorrow, Key: keyTomorrow + ":" + stamp, Minor: true})
	if slices.ContainsFunc(own, func(i plan.Item) bool { return byWord(i.Obligation.Kind) }) {
		card.Buttons = append(card.Buttons, bot.Option{Text: text.RemindDone, Key: keyDone + ":" + stamp})
	}
	card.Body = strings.Join(lines, "\n")
	push.Card = card
	push.Text = card.Title + "\n" + card.Body + "\n" + fmt.Sprintf(text.RemindPage, page) + "\n" + strings.Join(append(hows, text.RemindSayLater), "")
	return push
}

// remindTitle is what a lock screen shows.
func (d *Desk) remindTitle(day time.Time, own, above []plan.Item) string {
	switch len(own) {
	case 0:
		return fmt.Sprintf(text.RemindTitleAbove, len(above))
	case 1:
		return fmt.Sprintf(text.RemindTitleOne, lateness(own[0].Obligation.Due, day, d.Days), text.Clip(own[0].Obligation.Name, 22))
	}
	return fmt.Sprintf(text.RemindTitleMany, len(own), lateness(own[0].Obligation.Due, day, d.Days))
}

// ownLines are a person's own matters, the most urgent first, as many as there is room for.
func (d *Desk) ownLines(day time.Time, own []plan.Item, button string, room int) []string {
	var lines []string
	late := false
	for _, i := range own {
		ob := i.Obligation
		when := dueWhen(ob.Due, day, d.Days)
		if ob.Kind == plan.KindSelfCheck {
			when += text.Comma + text.RemindMinutes
		}
		lines = append(lines, fmt.Sprintf(text.RemindLine, text.Clip(ob.Name, 20), when))
		late = late || ob.Due.Before(day)
	}
	if shown := roomFor(lines, room); shown < len(lines) {
		lines = append(lines[:shown], fmt.Sprintf(text.RemindMore, len(lines)-shown, button))
	}
	if late {
		lines = append(lines, text.RemindHard)
	}
	return lines
}

// roomFor is how many of these lines fit, at least one.
func roomFor(lines []string, room int) int {
	for n, line := range lines {
		if room -= utf8.RuneCountInString(line) + 1; room < 0 && n > 0 {
			return n
		}
	}
	return len(lines)
}

// ownHows are the words that answer a reminder where cards do not show.
func ownHows(own []plan.Item) []string {
	var check, review, word bool
	for _, i := range own {
		switch k := i.Obligation.Kind; {
		case k == plan.KindSelfCheck:
			check = true
		case byWord(k):
			word = true
		default:
			review = true
		}
	}
	var out []string
	for _, how := range []struct {
		holds bool
		say   string
	}{{check, text.RemindSayCheck}, {review, text.RemindSayReview}, {word, text.RemindSayDone}} {
		if how.holds {
			out = append(out, how.say)
		}
	}
	return out
}

// aboveLines count what is not done by section, in the order of the days.
func (d *Desk) aboveLines(day time.Time, above []plan.Item, room int) []string {
	type group struct {
		name string
		n    int
		due  time.Time
	}
	var groups []group
	for _, i := range above {
		name := cmp.Or(i.Obligation.SectName, text.RemindUnit)
		at := slices.IndexFunc(groups, func(g group) bool { return g.name == name })
		if at < 0 {
			at, groups = len(groups), append(groups, group{name: name, due: i.Obligation.Due})
		}
		groups[at].n++
	}
	var lines []string
	for _, g := range groups {
		lines = append(lines, fmt.Sprintf(text.RemindAboveLine, text.Clip(g.name, 12), g.n, lateness(g.due, day, d.Days)))
	}
	if shown := roomFor(lines, room); shown < len(lines) {
		lines = append(lines[:shown], fmt.Sprintf(text.RemindMoreAbove, len(lines)-shown))
	}
	return lines
}

// byWord reports whether an owner's word makes an obligation done; the others are done
// when the register says so.
func byWord(k plan.Kind) bool { return k == plan.KindFiling || k == plan.KindMeeting }

// lateBy is how many working days a day is past another; negative: still to come. Two
// different days are at least one apart.
func lateBy(due, today time.Time, cal plan.Calendar) int {
	due, today = bot.Civil(due), bot.Civil(today)
	switch {
	case due.Equal(today):
		return 0
	case due.Before(today):
		return max(1, cal.Between(due.AddDate(0, 0, 1), today))
	}
	return -max(1, cal.Between(today.AddDate(0, 0, 1), due))
}

// lateness says it: 今天截止, 还有3个工作日, 已逾期1个工作日.
func lateness(due, today time.Time, cal plan.Calendar) string {
	switch n := lateBy(due, today, cal); {
	case n > 0:
		return fmt.Sprintf(text.RemindLate, n)
	case n < 0 && cal.Between(bot.Civil(today).AddDate(0, 0, 1), bot.Civil(due)) > 0:
		return fmt.Sprintf(text.RemindLeft, -n)
	case n < 0 && cal.Worked(bot.Civil(today)):
		return text.RemindLastDay
	case n < 0:
		return text.RemindNoDays
	}
	return text.RemindToday
}

// dueWhen is a due day with how far it is: 10月16日（周五）截止，还有3个工作日; 今天（10月16日）截止.
func dueWhen(due, today time.Time, cal plan.Calendar) string {
	due, today = bot.Civil(due), bot.Civil(today)
	how := lateness(due, today, cal)
	if how == text.RemindToday {
		return fmt.Sprintf(text.RemindTodayBy, day(due))
	}
	by := dayWeek(due)
	if due.Year() != today.Year() {
		by = fmt.Sprintf(text.DayOfYear, due.Year()) + by
	}
	return fmt.Sprintf(text.RemindBy, by) + text.Comma + how
}

// dayWeek is a day as people check it: 10月16日（周五）.
func dayWeek(on time.Time) string {
	on = bot.Civil(on)
	return fmt.Sprintf(text.DayWeek, day(on), text.WordOfWeek(int(on.Weekday())))
}

// partOfDay is 上午 or 下午.
func partOfDay(at time.Time) string {
	if bot.Local(at).Hour() < 12 {
		return text.Morning
	}
	return text.Afternoon
}

// calendar is the working calendar with the years that were imported.
func (d *Desk) calendar(ctx context.Context) (plan.Calendar, error) {
	if d.Plans == nil {
		return d.Days, nil
	}
	return d.Plans.Calendar(ctx)
}
