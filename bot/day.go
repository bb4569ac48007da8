package bot

import "time"

// Zone is where the people here live: China has one time zone and, since 1991, no
// summer time, so no zone database is needed.
func Zone() *time.Location { return time.FixedZone("Asia/Shanghai", 8*60*60) }

// Local is a moment as the clocks in Zone show it.
func Local(t time.Time) time.Time { return t.In(Zone()) }

// Civil is the day of a moment: midnight in Zone. A midnight is taken as the date it
// spells in its own location, so that a parsed date stays that date. Zero stays zero.
func Civil(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	if h, m, s := t.Clock(); h+m+s+t.Nanosecond() != 0 {
		t = Local(t)
	}
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, Zone())
}
