package plan

import (
	"time"

	"qingfeng/bot"
)

// Hours are when people may be written to on a working day, as times since midnight.
type Hours struct {
	Work   []Span        // outside it is quiet
	Send   Span          // the morning's reminders
	Digest Span          // the office's digest
	Mark   time.Duration // nothing is sent near its multiples, when everybody else sends
	Near   time.Duration
}

// Span is a part of a day; Until is not in it.
type Span struct{ From, Until time.Duration }

// DefaultHours are those of a public body: 8:30–12:00 and 14:00–17:45.
func DefaultHours() Hours {
	at := func(h, m time.Duration) time.Duration { return h*time.Hour + m*time.Minute }
	return Hours{
		Work:   []Span{{at(8, 30), at(12, 0)}, {at(14, 0), at(17, 45)}},
		Send:   Span{at(8, 36), at(8, 56)},
		Digest: Span{at(9, 3), at(9, 12)},
		Mark:   30 * time.Minute,
		Near:   3 * time.Minute,
	}
}

// Moment is when the reminders of a working day are sent: 8:36–8:56, the same second
// for the same seed.
func Moment(day time.Time, seed uint64) time.Time { return DefaultHours().Send.on(day, seed) }

// DigestMoment is when a day's digest is sent: 9:03–9:12.
func DigestMoment(day time.Time, seed uint64) time.Time { return DefaultHours().Digest.on(day, seed) }

// Quiet reports whether nobody is to be written to: outside working hours and on days
// that are not worked.
func Quiet(t time.Time, cal Calendar) bool { return DefaultHours().Quiet(t, cal) }

// NextMoment is when something that is ready now may be said: now, moved off the
// :00 and :30 marks; before work that morning's Moment, at noon after the break, and
// later the next working day's Moment.
func NextMoment(now time.Time, cal Calendar, seed uint64) time.Time {
	return DefaultHours().Next(now, cal, seed)
}

// Quiet is Quiet by these hours.
func (h Hours) Quiet(t time.Time, cal Calendar) bool {
	day := civil(t)
	if !cal.Worked(day) {
		return true
	}
	for _, s := range h.Work {
		if at := t.Sub(day); at >= s.From && at < s.Until {
			return false
		}
	}
	return true
}

// Next is NextMoment by these hours.
func (h Hours) Next(now time.Time, cal Calendar, seed uint64) time.Time {
	now = bot.Local(now)
	day := civil(now)
	if cal.Worked(day) {
		for i, s := range h.Work {
			at := now.Sub(day)
			switch {
			case at < s.From && i == 0:
				return h.Send.on(day, seed)
			case at < s.From: // somebody is at lunch
				now = day.Add(s.From)
				fallthrough
			case at < s.Until:
				if t := h.off(now, seed); t.Sub(day) < s.Until {
					return t
				}
			}
		}
	}
	return h.Send.on(cal.Add(day, 1), seed)
}

// off moves a moment that is near a mark behind it, by up to as much again.
func (h Hours) off(t time.Time, seed uint64) time.Time {
	if h.Mark <= 0 || h.Near <= 0 {
		return t
	}
	past := t.Sub(civil(t)) % h.Mark
	if past > h.Mark-h.Near {
		past -= h.Mark
	}
	if past >= h.Near {
		return t
	}
	return t.Add(h.Near - past + time.Duration(mix(seed, t)%uint64(h.Near/time.Second))*time.Second)
}

// on is a second of the span on a day, the same for the same seed.
func (s Span) on(day time.Time, seed uint64) time.Time {
	day = civil(day)
	if s.Until <= s.From {
		return day.Add(s.From)
	}
	return day.Add(s.From + time.Duration(mix(seed, day)%uint64((s.Until-s.From)/time.Second))*time.Second)
}

// mix spreads seeds and days (splitmix64's finish).
func mix(seed uint64, day time.Time) uint64 {
	x := seed + uint64(number(day))*0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// civil is the day a moment is in. A midnight of another zone is a moment here, not a
// date; what is a date goes through bot.Civil.
func civil(t time.Time) time.Time { return midnight(bot.Local(t)) }
