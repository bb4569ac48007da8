package bot_test

import (
	"testing"
	"time"

	"qingfeng/bot"
)

func TestCivilIsTheDayWherePeopleLive(t *testing.T) {
	west := time.FixedZone("west", -5*3600)
	for name, c := range map[string]struct {
		at   time.Time
		want string
	}{
		"late evening in UTC is tomorrow":       {time.Date(2026, 10, 12, 20, 0, 0, 0, time.UTC), "2026-10-13T00:00:00+08:00"},
		"just before midnight here is today":    {time.Date(2026, 10, 12, 15, 59, 59, 0, time.UTC), "2026-10-12T00:00:00+08:00"},
		"midnight here is today":                {time.Date(2026, 10, 12, 0, 0, 0, 0, bot.Zone()), "2026-10-12T00:00:00+08:00"},
		"a parsed date stays that date":         {time.Date(2026, 10, 12, 0, 0, 0, 0, time.UTC), "2026-10-12T00:00:00+08:00"},
		"a date spelled elsewhere stays it too": {time.Date(2026, 10, 12, 0, 0, 0, 0, west), "2026-10-12T00:00:00+08:00"},
	} {
		if got := bot.Civil(c.at).Format(time.RFC3339); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
		if once := bot.Civil(c.at); !bot.Civil(once).Equal(once) {
			t.Errorf("%s: the day of a day is another day", name)
		}
	}
	if !bot.Civil(time.Time{}).IsZero() {
		t.Error("no day became a day")
	}
}
