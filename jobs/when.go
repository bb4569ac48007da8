package jobs

import "time"

// Daily is due every day at hour:minute in zone. Choose minutes off :00 and :30
// (WeCom's advice, WECOM.md §B.8).
func Daily(hour, minute int, zone *time.Location) func(time.Time) time.Time {
	return func(t time.Time) time.Time {
		t = t.In(zone)
		due := time.Date(t.Year(), t.Month(), t.Day(), hour, minute, 0, 0, zone)
		if !due.After(t) {
			due = due.AddDate(0, 0, 1)
		}
		return due
	}
}

// Weekly is due on a weekday at hour:minute in zone.
func Weekly(day time.Weekday, hour, minute int, zone *time.Location) func(time.Time) time.Time {
	daily := Daily(hour, minute, zone)
	return func(t time.Time) time.Time {
		due := daily(t)
		for due.Weekday() != day {
			due = daily(due)
		}
		return due
	}
}

// Every is due at each multiple of d since the zero time.
func Every(d time.Duration) func(time.Time) time.Time {
	return func(t time.Time) time.Time { return t.Truncate(d).Add(d) }
}
