package plan

import (
	"embed"
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"qingfeng/bot"
)

// Calendar says which civil days are worked. The zero Calendar knows weekends only. It
// is never changed once made.
type Calendar struct {
	worked map[int]bool // by number(): days that differ from the weekend, and days said to be so
	years  map[int]bool
}

// DayException is a day that a year's notice arranges: a holiday or a make-up workday.
type DayException struct {
	Day    time.Time
	Worked bool
	Name   string // 国庆节
	Row    int    // of its sheet; 0: none
}

//go:embed calendar/*.json
var shipped embed.FS

// yearFile is one year as the State Council's yearly notice arranges it.
type yearFile struct {
	Year   int      `json:"year"`
	Source string   `json:"source"`
	Off    []string `json:"off"`    // 2026-10-01
	Worked []string `json:"worked"` // 2026-10-10
}

// Shipped is the calendar of the years this version was built with.
func Shipped() (Calendar, error) {
	c := Calendar{worked: map[int]bool{}, years: map[int]bool{}}
	entries, err := shipped.ReadDir("calendar")
	if err != nil {
		return c, err
	}
	for _, e := range entries {
		raw, err := shipped.ReadFile(path.Join("calendar", e.Name()))
		if err != nil {
			return c, err
		}
		var y yearFile
		if err := json.Unmarshal(raw, &y); err != nil {
			return c, fmt.Errorf("calendar %s: %w", e.Name(), err)
		}
		if err := c.add(y); err != nil {
			return c, fmt.Errorf("calendar %s: %w", e.Name(), err)
		}
	}
	return c, nil
}

func (c *Calendar) add(y yearFile) error {
	for worked, list := range map[bool][]string{false: y.Off, true: y.Worked} {
		for _, s := range list {
			day, err := time.Parse(time.DateOnly, s)
			if err != nil || !strings.HasPrefix(s, fmt.Sprint(y.Year)) {
				return fmt.Errorf("%q is not a day of %d", s, y.Year)
			}
			c.worked[number(day)] = worked
		}
	}
	c.years[y.Year] = true
	return nil
}

// With is the calendar with whole years replaced by what was imported: what c knew of
// them is forgotten, so that a notice may be corrected. Days of other years are left out.
func (c Calendar) With(days []DayException, years []int) Calendar {
	out := Calendar{worked: map[int]bool{}, years: map[int]bool{}}
	maps.Copy(out.years, c.years)
	for _, y := range years {
		out.years[y] = true
	}
	for n, worked := range c.worked {
		if !slices.Contains(years, n/10_000) {
			out.worked[n] = worked
		}
	}
	for _, d := range days {
		if slices.Contains(years, d.Day.Year()) {
			out.worked[number(d.Day)] = d.Worked
		}
	}
	return out
}

// Knows reports whether holidays of a year are known; without, only weekends are off
// and people must be told.
func (c Calendar) Knows(year int) bool { return c.years[year] }

// Years are the years whose holidays are known, in order.
func (c Calendar) Years() []int { return slices.Sorted(maps.Keys(c.years)) }

// Exceptions are the days of a year that its notice arranges, in order, as far as they
// are known. Their names are not kept.
func (c Calendar) Exceptions(year int) (out []DayException) {
	for n, worked := range c.worked {
		if n/10_000 == year {
			out = append(out, DayException{Day: date(year, n/100%100, n%100), Worked: worked})
		}
	}
	slices.SortFunc(out, func(a, b DayException) int { return a.Day.Compare(b.Day) })
	return out
}

// Worked reports whether a civil day is a working day.
func (c Calendar) Worked(day time.Time) bool {
	if worked, said := c.worked[number(day)]; said {
		return worked
	}
	return !Weekend(day)
}

// Weekend reports whether a day is a Saturday or Sunday.
func Weekend(day time.Time) bool {
	return day.Weekday() == time.Saturday || day.Weekday() == time.Sunday
}

// Add is the n-th working day after a day (n ≥ 1), at midnight in the day's zone. The
// day itself does not count.
func (c Calendar) Add(day time.Time, n int) time.Time { return c.walk(day, n, 1) }

// Sub is the n-th working day before a day (n ≥ 1). The day itself does not count.
func (c Calendar) Sub(day time.Time, n int) time.Time { return c.walk(day, n, -1) }

func (c Calendar) walk(day time.Time, n, step int) time.Time {
	at := midnight(day)
	for n > 0 {
		at = at.AddDate(0, 0, step)
		if c.Worked(at) {
			n--
		}
	}
	return at
}

// Roll is a day that is worked as it is, and any other as the rule says: the next
// working day, the last one before, or kept.
func (c Calendar) Roll(day time.Time, r Roll) time.Time {
	switch {
	case c.Worked(day):
	case r == Forward:
		return c.Add(day, 1)
	case r == Back:
		return c.Sub(day, 1)
	}
	return midnight(day)
}

// Between counts the working days from a day through another, both included.
func (c Calendar) Between(from, to time.Time) (n int) {
	for at := midnight(from); !at.After(to); at = at.AddDate(0, 0, 1) {
		if c.Worked(at) {
			n++
		}
	}
	return n
}

// distance is how many working days lie from a day to another: those after from,
// through to; negative when to is the earlier one.
func (c Calendar) distance(from, to time.Time) int {
	if to.Before(from) {
		return -c.distance(to, from)
	}
	return c.Between(midnight(from).AddDate(0, 0, 1), to)
}

func midnight(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, t.Location())
}

// number is a day as 20261001.
func number(t time.Time) int {
	y, m, d := t.Date()
	return y*10_000 + int(m)*100 + d
}

// date is a civil day.
func date(year, month, day int) time.Time {
	return time.Date(year, time.Month(month), day, 0, 0, 0, 0, bot.Zone())
}
