package handlers

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/plan"
	"qingfeng/bot/text"
)

// Routine is a duty that comes back without a campaign, with its day in this period.
type Routine struct {
	plan.Recurrence
	Due time.Time
}

// Rhythm is how often it comes back, in words.
func (r Routine) Rhythm() string {
	return map[plan.Period]string{
		plan.Monthly: text.RoutineMonth, plan.Quarterly: text.RoutineQuarter, plan.HalfYearly: text.RoutineHalf, plan.Yearly: text.RoutineYear,
	}[r.Period]
}

// Party is who does it.
func (r Routine) Party() string { return RoleName(r.Owner) }

// Routines are those the program came with and those of the unit, which win.
func (d *Desk) Routines(ctx context.Context, today time.Time) ([]Routine, error) {
	all, err := plan.Recurrences()
	if err != nil {
		return nil, err
	}
	own, err := d.Plans.Recurrences(ctx)
	if err != nil {
		return nil, err
	}
	for _, r := range own {
		if i := slices.IndexFunc(all, func(x plan.Recurrence) bool { return x.Code == r.Code }); i >= 0 {
			all[i] = r
		} else {
			all = append(all, r)
		}
	}
	cal, err := d.Plans.Calendar(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]Routine, len(all))
	for i, r := range all {
		_, due := r.Occurrence(today, cal)
		out[i] = Routine{r, due}
	}
	return out, nil
}

// SetRoutine turns one on or off; the office's alone. Turned off, what is still owed of
// it is waived.
func (d *Desk) SetRoutine(ctx context.Context, t *convo.Turn, code string, active bool) error {
	if d.Plans == nil || !t.Actor.Coordinator() {
		return d.refuse(ctx, t, "routine.set", "recurrence", 0, "role", text.RoutineNotYours)
	}
	all, err := d.Routines(ctx, bot.Civil(t.Now))
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(r Routine) bool { return r.Code == code })
	if i < 0 {
		return d.sayRoutines(ctx, t)
	}
	r := all[i]
	r.Active = active
	if err := d.Plans.SaveRecurrence(ctx, r.Recurrence); err != nil {
		return err
	}
	switch {
	case !active:
		t.Say(fmt.Sprintf(text.RoutineClosed, r.Name))
		return d.record(ctx, t, "routine.off", "recurrence", r.ID, 0)
	case r.Due.Before(bot.Civil(t.Now)):
		t.Say(fmt.Sprintf(text.RoutineOver, r.Name, r.Rhythm(), day(r.Due)))
	default:
		t.Say(fmt.Sprintf(text.RoutineOpened, r.Name, r.Rhythm(), day(r.Due), r.Party()))
	}
	return d.record(ctx, t, "routine.on", "recurrence", r.ID, 0)
}

// sayRoutines lists them.
func (d *Desk) sayRoutines(ctx context.Context, t *convo.Turn) error {
	if d.Plans == nil || !t.Actor.Coordinator() {
		return d.refuse(ctx, t, "routine.list", "recurrence", 0, "role", text.RoutineNotYours)
	}
	all, err := d.Routines(ctx, bot.Civil(t.Now))
	if err != nil {
		return err
	}
	lines := []string{text.RoutineHead}
	for _, r := range all {
		state := text.RoutineOff
		if r.Active {
			state = fmt.Sprintf(text.RoutineOn, day(r.Due))
		}
		lines = append(lines, fmt.Sprintf(text.RoutineLine, r.Name, r.Rhythm(), r.Party(), state))
	}
	if len(all) > 0 {
		lines = append(lines, fmt.Sprintf(text.RoutineHow, all[0].Name, all[0].Name))
	}
	t.Say(strings.Join(lines, "\n"))
	return nil
}

// matchRoutine knows 开启廉政教育 and 停用廉政教育: which, and whether on.
func matchRoutine(said string) ([]string, bool) {
	all, err := plan.Recurrences()
	if err != nil {
		return nil, false // the program's own data: a test reads it
	}
	for words, way := range map[string]string{text.RoutineOnWords: "on", text.RoutineOffWords: "off"} {
		for _, verb := range strings.Split(words, "|") {
			name, ok := strings.CutPrefix(said, verb)
			if !ok {
				continue
			}
			for _, r := range all {
				if convo.Fold(r.Name) == strings.TrimSpace(name) {
					return []string{r.Code, way}, true
				}
			}
		}
	}
	return nil, false
}

func (d *Desk) sayRoutine(ctx context.Context, t *convo.Turn) error {
	return d.SetRoutine(ctx, t, t.Args[0], t.Args[1] == "on")
}
