package handlers

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/plan"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

// Objects that cards and audit events of the calendar are about.
const (
	aboutObligation = "obligation"
	aboutExtension  = "extension"
	aboutMorning    = "morning" // ID: the day, 20261020
)

// soonDays is how many working days ahead something counts as due soon (T-3).
const soonDays = 3

// owed are the open obligations of a person, the most urgent first; those whose day is
// not fixed yet come last.
func (d *Desk) owed(ctx context.Context, person int64) ([]plan.Obligation, error) {
	if person == 0 {
		return nil, nil
	}
	obs, err := d.Plans.Obligations(ctx, ObligationFilter{Owner: person, Open: true})
	if err != nil {
		return nil, fmt.Errorf("owed by %d: %w", person, err)
	}
	byDay(obs)
	return obs, nil
}

func byDay(obs []plan.Obligation) {
	slices.SortStableFunc(obs, func(a, b plan.Obligation) int {
		return cmp.Or(cmp.Compare(noDay(a), noDay(b)), a.Due.Compare(b.Due), cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
}

func noDay(ob plan.Obligation) int {
	if ob.Due.IsZero() {
		return 1
	}
	return 0
}

// pressing are the open obligations of a section (0: of the unit) that are late or due
// within three working days.
func (d *Desk) pressing(ctx context.Context, section int64, today time.Time, cal plan.Calendar) (late, soon []plan.Obligation, err error) {
	obs, err := d.Plans.Obligations(ctx, ObligationFilter{Section: section, Open: true, Until: cal.Add(today, soonDays)})
	if err != nil {
		return nil, nil, fmt.Errorf("pressing in %d: %w", section, err)
	}
	byDay(obs)
	for _, ob := range obs {
		switch {
		case ob.Due.IsZero(), ob.OwnerRole == plan.Superior: // what the superior body does is its own
		case lateBy(ob.Due, today, cal) > 0:
			late = append(late, ob)
		default:
			soon = append(soon, ob)
		}
	}
	return late, soon, nil
}

// sectionName is where an obligation belongs, as lists name it.
func sectionName(ob plan.Obligation) string { return cmp.Or(ob.SectName, text.RemindUnit) }

// bySection counts obligations by section: 建设管理股2件、单位1件.
func bySection(obs []plan.Obligation) string {
	var names []string
	n := map[string]int{}
	for _, ob := range obs {
		name := sectionName(ob)
		if n[name] == 0 {
			names = append(names, name)
		}
		n[name]++
	}
	slices.SortStableFunc(names, func(a, b string) int { return n[b] - n[a] })
	for i, name := range names {
		names[i] = fmt.Sprintf(text.DigestSection, name, n[name])
	}
	return strings.Join(names, text.ListComma)
}

// watch is whose lateness somebody may see by name: the office everybody's, a head and a
// leader in charge their own sections' (DOMAIN.md §2.4).
type watch struct {
	all      bool
	sections []risk.Section
}

func (w watch) none() bool { return !w.all && len(w.sections) == 0 }

func (w watch) sees(ob plan.Obligation) bool {
	return w.all || slices.ContainsFunc(w.sections, func(s risk.Section) bool { return ob.Section != 0 && s.ID == ob.Section })
}

func (d *Desk) watched(ctx context.Context, a bot.Actor) (w watch, err error) {
	if a.Coordinator() {
		return watch{all: true}, nil
	}
	for _, role := range []bot.Role{bot.RoleSectionHead, bot.RoleLeaderInCharge} {
		if !a.Has(role) {
			continue
		}
		sections, err := d.Reg.SectionsOf(ctx, a.Person, role)
		if err != nil {
			return w, err
		}
		for _, s := range sections {
			if !slices.ContainsFunc(w.sections, func(have risk.Section) bool { return have.ID == s.ID }) {
				w.sections = append(w.sections, s)
			}
		}
	}
	return w, nil
}

// officeOnly refuses everybody but the coordinating office.
func (d *Desk) officeOnly(ctx context.Context, t *convo.Turn, action, say string) (bool, error) {
	if t.Actor.Coordinator() {
		return true, nil
	}
	return false, d.refuse(ctx, t, action, aboutObligation, 0, "not coordinator", say)
}

// planned runs a handler of the calendar only where there is one.
func (d *Desk) planned(h convo.Handler) convo.Handler {
	return func(ctx context.Context, t *convo.Turn) error {
		if d.Plans == nil {
			return d.fallback(ctx, t)
		}
		return h(ctx, t)
	}
}
