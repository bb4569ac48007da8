package plan

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"qingfeng/bot"
)

// NewDraft plans a campaign from a template. Every day of it moves by as many calendar
// days as its self-check stage must move to end on due. Without a due day the
// template keeps its own dates, in this year or, when the self-checks would be over,
// in the next.
func NewDraft(t Template, name string, due, today time.Time, cal Calendar) (Draft, []Issue) {
	due, today = bot.Civil(due), bot.Civil(today)
	d := Draft{
		Name: name, Pack: t.Pack, Template: t.Code, Year: today.Year(),
		Anchors: slices.Clone(t.Anchors), Stages: slices.Clone(t.Stages), Duties: slices.Clone(t.Duties), Ladder: t.Ladder,
	}
	if !due.IsZero() {
		d.Year = due.Year()
	}
	d.Resolve(today, cal)
	check := d.check()
	switch {
	case check == nil:
	case due.IsZero():
		if !check.UntilOn.IsZero() && check.UntilOn.Before(today) {
			d.Year++
		}
	case check.UntilOn.IsZero():
		check.Until = Fixed(due)
	default:
		d.shift(int(due.Sub(check.UntilOn).Hours() / 24))
	}
	return d, d.Resolve(today, cal)
}

// check is the self-check stage.
func (d *Draft) check() *DraftStage {
	for i := range d.Stages {
		if d.Stages[i].Check {
			return &d.Stages[i]
		}
	}
	return nil
}

// shift moves every rule that stands on its own by calendar days. Moved ones become
// plain dates, since a 旬 or a month that is moved is none any more.
func (d *Draft) shift(by int) {
	if by == 0 {
		return
	}
	d.Shift = by
	for _, r := range d.rules() {
		switch r.Kind {
		case RuleOn, RuleXun, RuleMonth:
			if on, f := r.own(days{year: d.Year}); f.code == "" {
				roll := r.Roll
				*r = Fixed(on.AddDate(0, 0, by))
				r.Roll = roll
			}
		case RuleAnchor, RuleStage: // move with what they hang on
		}
	}
}

func (d *Draft) rules() (out []*Rule) {
	for i := range d.Anchors {
		out = append(out, &d.Anchors[i].Rule)
	}
	for i := range d.Stages {
		out = append(out, &d.Stages[i].From, &d.Stages[i].Until)
	}
	for i := range d.Duties {
		out = append(out, &d.Duties[i].Due)
	}
	return out
}

// Resolve computes every day of a draft from its rules, and its Due from its
// self-check stage, and says what is wrong or noteworthy. It takes any draft: what
// has no day stays zero. Rules without a year are of d.Year, this year when it is 0.
func (d *Draft) Resolve(today time.Time, cal Calendar) []Issue {
	today = bot.Civil(today)
	if d.Year == 0 {
		d.Year = today.Year()
	}
	r := &resolver{d: d, today: today, found: map[node]result{}, at: map[node]int{}, years: map[int]bool{}}
	r.in = days{year: d.Year, cal: cal, anchor: r.anchor, stage: r.stage}
	for i := range d.Anchors {
		r.first(node{"anchor", d.Anchors[i].Code}, i, d.Anchors[i].Name)
	}
	for i := range d.Stages {
		r.first(node{edgeFrom, d.Stages[i].Code}, i, d.Stages[i].Name)
		r.at[node{edgeUntil, d.Stages[i].Code}] = r.at[node{edgeFrom, d.Stages[i].Code}]
	}
	for i := range d.Anchors {
		r.resolveAnchor(&d.Anchors[i])
	}
	for i := range d.Stages {
		r.resolveStage(i)
	}
	seen := map[string]bool{}
	for i := range d.Duties {
		if u := &d.Duties[i]; seen[u.Code] {
			r.say(Twice, u.Name, u.Code, true)
		}
		seen[d.Duties[i].Code] = true
		r.resolveDuty(&d.Duties[i])
	}
	if check := d.check(); check == nil {
		r.say(NoCheck, d.Name, "", true)
	} else if !check.UntilOn.IsZero() {
		d.Due = check.UntilOn
	}
	for _, y := range slices.Sorted(maps.Keys(r.years)) {
		if !cal.Knows(y) {
			r.say(NoYear, d.Name, strconv.Itoa(y), false)
		}
	}
	return r.issues
}

// node is something that has one day: an event, or an edge of a stage.
type node struct{ what, code string }

type result struct {
	on     time.Time
	rolled bool
	fault  fault
	done   bool // false: being looked for, so that a rule that meets it goes in a circle
}

type resolver struct {
	d      *Draft
	in     days
	today  time.Time
	at     map[node]int // where it stands in its list
	found  map[node]result
	years  map[int]bool
	issues []Issue
}

func (r *resolver) say(code, where, what string, stops bool) {
	r.issues = append(r.issues, Issue{Code: code, Where: where, What: what, Stops: stops})
}

// first keeps the place of a code; a second use of it is an issue.
func (r *resolver) first(n node, i int, name string) {
	if _, twice := r.at[n]; twice {
		r.say(Twice, name, n.code, true)
		return
	}
	r.at[n] = i
}

// look finds the day of a node, once.
func (r *resolver) look(n node, rule Rule) result {
	if got, met := r.found[n]; met {
		return got
	}
	r.found[n] = result{}
	on, rolled, f := rule.day(r.in)
	got := result{on: on, rolled: rolled, fault: f, done: true}
	r.found[n] = got
	return got
}

func (r *resolver) anchor(code string) (time.Time, fault) {
	n := node{"anchor", code}
	i, known := r.at[n]
	if !known {
		return time.Time{}, fault{Unknown, code}
	}
	a := r.d.Anchors[i]
	got := r.look(n, a.Rule)
	switch {
	case !got.done:
		return time.Time{}, fault{Cycle, a.Name}
	case got.fault.code == NoDay, got.fault.code == NoAnchor:
		return time.Time{}, fault{NoAnchor, a.Name}
	case got.fault.code != "":
		return time.Time{}, fault{upstream, a.Name}
	}
	return got.on, fault{}
}

func (r *resolver) stage(code, edge string) (time.Time, fault) {
	if edge == "" {
		edge = edgeUntil
	}
	n := node{edge, code}
	i, known := r.at[n]
	if !known {
		return time.Time{}, fault{Unknown, code}
	}
	s := r.d.Stages[i]
	rule := s.Until
	if edge == edgeFrom {
		rule = s.From
	}
	got := r.look(n, rule)
	switch {
	case !got.done:
		return time.Time{}, fault{Cycle, s.Name}
	case got.fault.code != "":
		return time.Time{}, fault{upstream, s.Name}
	}
	return got.on, fault{}
}

// tell reports why something has no day. What merely hangs on something that was
// reported is not reported again.
func (r *resolver) tell(f fault, where string, stops bool) {
	if f.code != "" && f.code != upstream {
		r.say(f.code, where, f.what, stops || f.code != NoAnchor)
	}
}

func (r *resolver) day(on time.Time) {
	if !on.IsZero() {
		r.years[on.Year()] = true
	}
}

func (r *resolver) resolveAnchor(a *DraftAnchor) {
	got := r.look(node{"anchor", a.Code}, a.Rule)
	a.On = got.on
	r.day(a.On)
	if got.fault.code != NoDay { // an event may be without a day as long as nothing hangs on it
		r.tell(got.fault, a.Name, false)
	}
}

func (r *resolver) resolveStage(i int) {
	s := &r.d.Stages[i]
	from, until := r.look(node{edgeFrom, s.Code}, s.From), r.look(node{edgeUntil, s.Code}, s.Until)
	s.FromOn, s.UntilOn, s.Days = from.on, until.on, 0
	r.day(s.FromOn)
	r.day(s.UntilOn)
	r.tell(from.fault, s.Name, true)
	if until.fault != from.fault {
		r.tell(until.fault, s.Name, true)
	}
	if s.FromOn.IsZero() || s.UntilOn.IsZero() {
		return
	}
	if s.UntilOn.Before(s.FromOn) {
		r.say(Backwards, s.Name, "", true)
		return
	}
	if s.Days = r.in.cal.Between(s.FromOn, s.UntilOn); s.Days == 0 {
		r.say(Empty, s.Name, "", false)
	}
	if s.UntilOn.Before(r.today) {
		r.say(Past, s.Name, "", false)
	}
	if i > 0 && !s.Overlap {
		if b := r.d.Stages[i-1]; !b.UntilOn.IsZero() && !s.FromOn.After(b.UntilOn) {
			r.say(Overlap, s.Name, b.Name, false)
		}
	}
}

func (r *resolver) resolveDuty(u *Duty) {
	on, rolled, f := u.Due.day(r.in)
	u.DueOn, u.Rolled = on, rolled
	r.day(on)
	r.tell(f, u.Name, false)
	if _, known := r.at[node{edgeFrom, u.Stage}]; !known {
		r.say(Unknown, u.Name, u.Stage, true)
	}
	switch u.Kind {
	case KindSelfCheck, KindSection, KindLeader, KindGrading, KindFiling, KindMeeting:
	default:
		r.say(Unknown, u.Name, string(u.Kind), true)
	}
	if u.Owner == "" {
		r.say(NoOwner, u.Name, "", true)
	}
	if !on.IsZero() && on.Before(r.today) {
		r.say(Past, u.Name, "", false)
	}
}

// Retime gives the open obligations that hang directly on events their new days, by
// ID; those that keep their day are left out, and so are those whose event has none.
// What an extension added stays on top, counted in working days. Asked with Due set
// to Original, it gives the new original day.
func Retime(obs []Obligation, anchors map[string]time.Time, year int, cal Calendar) map[int64]time.Time {
	in := days{
		year: year, cal: cal,
		anchor: func(code string) (time.Time, fault) {
			if on := bot.Civil(anchors[code]); !on.IsZero() {
				return on, fault{}
			}
			return time.Time{}, fault{NoAnchor, code}
		},
		stage: func(code, _ string) (time.Time, fault) { return time.Time{}, fault{Unknown, code} },
	}
	out := map[int64]time.Time{}
	for _, o := range obs {
		if o.State != Pending || o.Rule.Kind != RuleAnchor {
			continue
		}
		on, _, f := o.Rule.day(in)
		if f.code != "" {
			continue
		}
		due, original := bot.Civil(o.Due), bot.Civil(o.Original)
		if !original.IsZero() && due.After(original) {
			on = cal.Add(on, cal.distance(original, due))
		}
		if !on.Equal(due) {
			out[o.ID] = on
		}
	}
	return out
}
