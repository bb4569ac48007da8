package plan

import (
	"embed"
	"encoding/json"
	"fmt"
	"path"
	"strings"
	"time"
)

// Calendar says which civil days are worked. The zero Calendar knows weekends only.
type Calendar struct {
	off    map[string]bool // holidays on what would be a workday, or any day off
	worked map[string]bool // weekends that are worked
	years  map[int]bool
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
	c := Calendar{off: map[string]bool{}, worked: map[string]bool{}, years: map[int]bool{}}
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
	for _, days := range []struct {
		list []string
		into map[string]bool
	}{{y.Off, c.off}, {y.Worked, c.worked}} {
		for _, day := range days.list {
			if _, err := time.Parse(time.DateOnly, day); err != nil || !strings.HasPrefix(day, fmt.Sprint(y.Year)) {
				return fmt.Errorf("%q is not a day of %d", day, y.Year)
			}
			days.into[day] = true
		}
	}
	c.years[y.Year] = true
	return nil
}

// Knows reports whether holidays of a year are known; without, only weekends are off
// and people must be told.
func (c Calendar) Knows(year int) bool { return c.years[year] }

// Worked reports whether a civil day is a working day.
func (c Calendar) Worked(day time.Time) bool {
	key := day.Format(time.DateOnly)
	switch {
	case c.worked[key]:
		return true
	case c.off[key]:
		return false
	}
	return day.Weekday() != time.Saturday && day.Weekday() != time.Sunday
}

// Add is the n-th working day after a day (n ≥ 1), at midnight in the day's zone. The
// day itself does not count.
func (c Calendar) Add(day time.Time, n int) time.Time {
	y, m, d := day.Date()
	at := time.Date(y, m, d, 0, 0, 0, 0, day.Location())
	for n > 0 {
		at = at.AddDate(0, 0, 1)
		if c.Worked(at) {
			n--
		}
	}
	return at
}

// Between counts the working days from a day through another, both included.
func (c Calendar) Between(from, to time.Time) (n int) {
	y, m, d := from.Date()
	for at := time.Date(y, m, d, 0, 0, 0, 0, from.Location()); !at.After(to); at = at.AddDate(0, 0, 1) {
		if c.Worked(at) {
			n++
		}
	}
	return n
}
