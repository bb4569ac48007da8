package plan

import (
	"fmt"
	"time"

	"qingfeng/bot"
)

// Recurrences are those of DOMAIN.md §1.4 that this version was built with. None is
// active: a unit turns on what it keeps.
func Recurrences() (out []Recurrence, err error) {
	if err := load("recurrences.json", &out); err != nil {
		return nil, fmt.Errorf("recurrences: %w", err)
	}
	return out, nil
}

// Months is how many months a period has; 0 for an unknown one.
func (p Period) Months() int {
	switch p {
	case Monthly:
		return 1
	case Quarterly:
		return 3
	case HalfYearly:
		return 6
	case Yearly:
		return 12
	}
	return 0
}

// Occurrence is the period that holds a day (2026-10, 2026Q4, 2026H2, 2026) and the
// day it is due: the Day-th working day of the period, counted from its end, or from
// its start when Start; at most the whole period. Without a period both are zero.
func (r Recurrence) Occurrence(day time.Time, cal Calendar) (period string, due time.Time) {
	day = bot.Civil(day)
	months := r.Period.Months()
	if months == 0 || day.IsZero() {
		return "", time.Time{}
	}
	year, nth := day.Year(), (int(day.Month())-1)/months
	switch r.Period {
	case Monthly:
		period = day.Format("2006-01")
	case Quarterly:
		period = fmt.Sprintf("%04dQ%d", year, nth+1)
	case HalfYearly:
		period = fmt.Sprintf("%04dH%d", year, nth+1)
	case Yearly:
		period = fmt.Sprintf("%04d", year)
	}
	first := date(year, nth*months+1, 1)
	last := date(year, (nth+1)*months+1, 0)
	n := min(max(r.Day, 1), max(cal.Between(first, last), 1))
	if r.Start {
		return period, cal.Add(first.AddDate(0, 0, -1), n)
	}
	return period, cal.Sub(last.AddDate(0, 0, 1), n)
}
