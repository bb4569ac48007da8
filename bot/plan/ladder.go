package plan

import (
	"time"

	"qingfeng/bot"
)

// makeUp is how many working days late a rung is still said when nobody planned on its
// own day.
const makeUp = 2

// Due are the reminders to plan at a moment, for every pending obligation that has a
// day. At its rung's day an obligation gives one reminder for each recipient; up to
// two working days later it gives the newest rung that passed, unless that was before
// its Since: whoever stores them leaves out what is there already. All of one planning
// share one moment, so that equal words leave together: the day's Moment, or now when
// that is past. On days off and after hours there is nothing to plan; the next
// working morning makes up for it.
//
// To the owner goes nothing when they have left, but those above still hear. What has
// no owner goes to the office at every rung, Step 1. A rung that climbs higher than
// anybody stands goes to the highest. 100,000 obligations take well under a second.
func Due(now time.Time, obs []Obligation, org Org, cal Calendar, l Ladder) []Reminder {
	today := civil(now)
	at := Moment(today, uint64(number(today)))
	if !cal.Worked(today) {
		return nil
	}
	if now.After(at) {
		if at = NextMoment(now, cal, uint64(number(today))); !civil(at).Equal(today) {
			return nil
		}
	}
	type place struct {
		rung  int       // of the ladder; -1: none today
		since time.Time // the rung's day
	}
	places := map[int]place{} // by due day: many obligations share one
	var out []Reminder
	for _, o := range obs {
		if o.State != Pending || o.Due.IsZero() || o.OwnerRole == Superior {
			continue
		}
		due := bot.Civil(o.Due)
		p, seen := places[number(due)]
		if !seen {
			p.rung, p.since = l.rung(cal.distance(due, today), today, cal)
			places[number(due)] = p
		}
		if p.rung < 0 || p.since.Before(bot.Civil(o.Since)) {
			continue
		}
		r := l.Rungs[p.rung]
		chain := Chain(o, org)
		add := func(step int) {
			out = append(out, Reminder{Obligation: o.ID, Version: o.Version, Rung: r.At, To: chain[step], Step: step, Urgent: r.Urgent, At: at})
		}
		if o.Owner == 0 {
			if len(chain) > 1 {
				add(1)
			}
			continue
		}
		for i, step := range r.To {
			if step = clamp(step, chain); !repeated(r.To[:i], step, chain) && (step > 0 || org.here(o.Owner)) {
				add(step)
			}
		}
	}
	return out
}

func clamp(step int, chain []int64) int { return min(max(step, 0), len(chain)-1) }

// repeated reports whether an earlier step of a rung ends at the same person.
func repeated(earlier []int, step int, chain []int64) bool {
	for _, e := range earlier {
		if clamp(e, chain) == step {
			return true
		}
	}
	return false
}

// OneStep lowers reminders that would pass over somebody: those above hear one after the
// other, also of what was done, came back late and meets a high rung first. heard is the
// highest step that was told of an obligation at an earlier rung.
func OneStep(rs []Reminder, obs []Obligation, org Org, heard map[int64]int) []Reminder {
	at := make(map[int64]int, len(obs))
	for i, o := range obs {
		at[o.ID] = i
	}
	for i := range rs {
		r := &rs[i]
		o, known := at[r.Obligation]
		if next := heard[r.Obligation] + 1; known && r.Step > next {
			r.Step, r.To = next, Chain(obs[o], org)[next]
		}
	}
	return rs
}

// rung finds the newest rung of something that is late by some working days, as long
// as it is not more than makeUp days old, and its day; -1 when there is none.
func (l Ladder) rung(late int, today time.Time, cal Calendar) (found int, on time.Time) {
	found = -1
	for i, r := range l.Rungs {
		if r.At <= late && r.At >= late-makeUp && (found < 0 || r.At > l.Rungs[found].At) {
			found = i
		}
	}
	if found >= 0 {
		on = cal.Sub(today, late-l.Rungs[found].At)
	}
	return found, on
}

// here reports whether somebody still works here; an Org that does not say takes
// everybody to.
func (g Org) here(person int64) bool { return g.Active == nil || g.Active[person] }

// Chain is the owner and who stands above, one step each: the section head, the
// leader in charge, the office director. Its first element is the owner, here or not,
// 0 when nobody holds the role; then only the office stands above. The others are
// people who are here, nobody twice, and nobody below the owner: above a head stands
// the leader, above a leader or the office's own people the office.
func Chain(o Obligation, org Org) []int64 {
	chain := append(make([]int64, 0, 4), o.Owner)
	up := func(person int64) {
		if person == 0 || !org.here(person) {
			return
		}
		for _, have := range chain {
			if have == person {
				return
			}
		}
		chain = append(chain, person)
	}
	head, leader := org.Head[o.Section], org.Leader[o.Section]
	switch {
	case o.Owner == 0, o.Owner == leader:
	case o.OwnerRole == bot.RoleLeaderInCharge, o.OwnerRole == bot.RolePrincipal, o.OwnerRole == bot.RoleGroupChair:
	case o.OwnerRole == bot.RoleOfficeDirector, o.OwnerRole == bot.RoleOfficeMember:
	case o.Owner == head, o.OwnerRole == bot.RoleSectionHead:
		up(leader)
	default:
		up(head)
		up(leader)
	}
	for _, person := range org.Office {
		if org.here(person) {
			up(person)
			break
		}
	}
	return chain
}

// Late is how many working days past its due day an obligation is, and negative how
// many are left: 0 is the last working day on which it is in time (and days off after
// it), -3 the third working day before, 1 the first after. Without a day it is 0.
func Late(o Obligation, today time.Time, cal Calendar) int {
	if o.Due.IsZero() {
		return 0
	}
	return cal.distance(bot.Civil(o.Due), bot.Civil(today))
}

// soon is how many working days before its end something is closing.
const soon = 3

// DueSoon reports whether a pending obligation is due within three working days and
// not late yet.
func DueSoon(o Obligation, today time.Time, cal Calendar) bool {
	return o.State == Pending && !o.Due.IsZero() && !bot.Civil(o.Due).Before(bot.Civil(today)) && Late(o, today, cal) >= -soon
}

// Phase is where a stage stands on a day.
type Phase string

// The phases of a stage (DOMAIN.md §2.3).
const (
	StagePending Phase = "pending"
	StageOpen    Phase = "open"
	StageClosing Phase = "closing" // three working days or fewer are left
	StageOverdue Phase = "overdue"
	StageDone    Phase = "done"
	StageWaived  Phase = "waived"
)

// StageState is where a stage stands on a day.
func StageState(s Stage, today time.Time, cal Calendar) Phase {
	today = bot.Civil(today)
	until := bot.Civil(s.Until)
	switch {
	case s.Waived != "":
		return StageWaived
	case !s.DoneOn.IsZero():
		return StageDone
	case today.Before(bot.Civil(s.From)):
		return StagePending
	case today.After(until):
		return StageOverdue
	case cal.distance(until, today) >= -soon:
		return StageClosing
	}
	return StageOpen
}
