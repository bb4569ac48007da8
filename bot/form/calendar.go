package form

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/plan"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

const (
	dDay = iota
	dArranged
	dName
)

const (
	maxHoliday = 31 // days of one range
	// What a cell formatted as a number shows of a date: days since 1899-12-30.
	firstSerial = 36526 // 2000-01-01
	lastSerial  = 73415 // 2100-12-31
)

// arrangement is what a day is for: off or worked.
type arrangement string

const (
	dayOff    arrangement = "off"
	dayWorked arrangement = "worked"
)

func arrangements() []choice[arrangement] {
	return []choice[arrangement]{{text.FormDayOff, dayOff}, {text.FormDayWorked, dayWorked}}
}

func calendarColumns() []column {
	return []column{
		dDay:      {names: text.FormColDay, required: true, max: 60, help: text.FormHelpDay, width: 36},
		dArranged: {names: text.FormColArranged, required: true, help: text.FormHelpArranged, width: 8, list: offered(arrangements())},
		dName:     {names: text.FormColHoliday, max: 40, help: text.FormHelpHoliday, width: 18},
	}
}

// ParseCalendar reads the days that are off or worked otherwise than the weekend, one
// or a range to a row, in the order of the sheet.
func ParseCalendar(data []byte) ([]plan.DayException, []risk.ImportIssue) {
	t, issues := readTable(data, calendarColumns())
	if t == nil {
		return nil, issues
	}
	var days []plan.DayException
	seen := map[string]plan.DayException{}
	t.each(func(r *rowReader) {
		said, kind, name := r.text(dDay), choose(r, dArranged, arrangements()), r.word(dName)
		if r.bad {
			return
		}
		from, until, wrong := dayRange(said)
		if wrong != "" {
			r.refuse(dDay, wrong)
			return
		}
		worked := kind == dayWorked
		_, again := seen[from.Format(time.DateOnly)]
		if !again && from.Equal(until) && worked != plan.Weekend(from) {
			harmless := text.FormDayWeekend
			if worked {
				harmless = text.FormDayWorkday
			}
			r.note(dDay, fmt.Sprintf(harmless, chinaDate(from)))
		}
		for day := from; !day.After(until); day = day.AddDate(0, 0, 1) {
			key := day.Format(time.DateOnly)
			have, twice := seen[key]
			switch {
			case !twice:
				seen[key] = plan.DayException{Day: day, Worked: worked, Name: name, Row: r.row()}
				days = append(days, seen[key])
			case have.Worked == worked:
				r.note(dDay, fmt.Sprintf(text.FormDayTwice, chinaDate(day), have.Row))
			default:
				other := first(text.FormDayOff)
				if have.Worked {
					other = first(text.FormDayWorked)
				}
				r.refuse(dArranged, fmt.Sprintf(text.FormDayDiffers, chinaDate(day), have.Row, other))
			}
		}
	})
	return days, t.done(len(days))
}

// dayRange reads a day or a range of them; wrong says what it is instead.
func dayRange(said string) (from, until time.Time, wrong string) {
	a, b := said, ""
	for sign := range strings.SplitSeq(text.FormDayUntil, "|") {
		if x, y, cut := strings.Cut(said, sign); cut {
			a, b = x, y
			break
		}
	}
	from, noYear := oneDay(a, time.Time{})
	if until = from; b != "" && !from.IsZero() {
		until, _ = oneDay(b, from)
	}
	switch {
	case noYear:
		return from, until, fmt.Sprintf(text.FormDayNoYear, said)
	case from.IsZero() || until.IsZero() || b == "" && a != said:
		return from, until, fmt.Sprintf(text.FormBadDay, said)
	case until.Before(from):
		return from, until, fmt.Sprintf(text.FormDayBackward, said)
	case until.Sub(from) > (maxHoliday-1)*24*time.Hour:
		return from, until, fmt.Sprintf(text.FormDayLong, said, maxHoliday)
	}
	return from, until, ""
}

// oneDay reads a day: its numbers in the order year, month, day, whatever stands
// between, and a weekday in brackets. What the end of a range leaves out is that of
// its first day.
func oneDay(said string, after time.Time) (day time.Time, noYear bool) {
	date, _, _ := strings.Cut(said, " 00:00") // some cells show a date as a moment
	s, _, _ := strings.Cut(fold(date), "(")
	if n, err := strconv.Atoi(s); err == nil && n >= firstSerial && n <= lastSerial {
		return time.Date(1899, 12, 30+n, 0, 0, 0, 0, bot.Zone()), false
	}
	if len(s) == len("20261001") && !strings.ContainsFunc(s, func(r rune) bool { return digit(r) < 0 }) {
		s = s[:4] + "-" + s[4:6] + "-" + s[6:]
	}
	var n []int
	for _, p := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune("-/."+text.FormDayUnits, r) }) {
		v, err := strconv.Atoi(p)
		if err != nil || v < 1 {
			return time.Time{}, false
		}
		n = append(n, v)
	}
	switch {
	case len(n) == 2 && after.IsZero() && n[0] <= 12 && n[1] <= 31:
		return time.Time{}, true
	case len(n) == 2 && !after.IsZero():
		n = []int{after.Year(), n[0], n[1]}
	case len(n) == 1 && !after.IsZero():
		n = []int{after.Year(), int(after.Month()), n[0]}
	}
	if len(n) != 3 || n[0] < 2000 || n[0] > 2100 {
		return time.Time{}, false
	}
	day, err := time.ParseInLocation("2006-1-2", fmt.Sprintf("%d-%d-%d", n[0], n[1], n[2]), bot.Zone())
	if err != nil {
		return time.Time{}, false
	}
	return day, false
}
