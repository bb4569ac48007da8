package pg

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/plan"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

// fewDays is fewer days than any year's notice arranges: such a sheet may be a part of
// one and is remarked on, since importing replaces whole years.
const fewDays = 7

// Calendar is the working calendar: the years the program came with, and those that
// were imported since, which win.
func (r *Register) Calendar(ctx context.Context) (plan.Calendar, error) {
	c, err := plan.Shipped()
	if err != nil {
		return c, err
	}
	years, err := all(ctx, r, func(y *int) []any { return []any{y} }, `SELECT year FROM calendar_year`)
	if err != nil {
		return c, fmt.Errorf("calendar: %w", err)
	}
	if len(years) == 0 {
		return c, nil
	}
	days, err := all(ctx, r, func(d *plan.DayException) []any { return []any{&d.Day, &d.Worked, &d.Name} }, `
		SELECT day, worked, name FROM calendar_day`)
	if err != nil {
		return c, fmt.Errorf("calendar: %w", err)
	}
	return c.With(days, years), nil
}

// ImportCalendar replaces every year that a day is of, all of them or none
// (risk.ErrBlocked), and says how the years change; dry writes nothing. Days that hang
// on the calendar and are stored already stay as they are.
func (r *Register) ImportCalendar(ctx context.Context, days []plan.DayException, dry bool) (risk.ImportPlan, error) {
	if dry {
		return planSheet(ctx, "calendar", days, r.diffCalendar)
	}
	return applySheet(ctx, r, "calendar", days, r.diffCalendar)
}

type calendarDiff struct {
	sheet
	years []int
	days  []plan.DayException
}

func (r *Register) diffCalendar(ctx context.Context, days []plan.DayException) (*calendarDiff, error) {
	d := &calendarDiff{sheet: sheet{r: r}}
	if len(days) == 0 {
		d.issue(0, "", text.ImportNoRows)
		return d, nil
	}
	had, err := r.Calendar(ctx)
	if err != nil {
		return nil, err
	}
	count, old, named := map[int]int{}, map[string]plan.DayException{}, map[string]bool{}
	for _, day := range days {
		y := day.Day.Year()
		if y < 2000 || y > 2100 {
			d.issue(day.Row, "", fmt.Sprintf(text.ImportYearBad, y))
			continue
		}
		if key := day.Day.Format(time.DateOnly); !named[key] { // a day said twice counts once; the sheet has been told
			named[key] = true
			count[y]++
			day.Day = bot.Civil(day.Day)
			d.days = append(d.days, day)
		}
	}
	d.years = slices.Sorted(maps.Keys(count))
	for _, y := range d.years {
		if count[y] < fewDays {
			d.plan.Issues = append(d.plan.Issues, risk.ImportIssue{Say: fmt.Sprintf(text.ImportYearThin, y, count[y])})
		}
		for _, day := range had.Exceptions(y) {
			old[day.Day.Format(time.DateOnly)] = day
		}
	}
	for _, day := range d.days {
		line := risk.ImportLine{Row: day.Row, Change: risk.ChangeAdded, Subject: dayLine(day)}
		if was, known := old[day.Day.Format(time.DateOnly)]; known {
			if line.Change = risk.ChangeAltered; was.Worked == day.Worked {
				line.Change = risk.ChangeKept
			}
		}
		d.plan.Lines = append(d.plan.Lines, line)
	}
	for _, key := range slices.Sorted(maps.Keys(old)) {
		if !named[key] {
			d.plan.Lines = append(d.plan.Lines, risk.ImportLine{Change: risk.ChangeGone, Subject: dayLine(old[key]), Detail: text.ImportDayOrdinary})
		}
	}
	return d, nil
}

// dayLine is a day as a report shows it.
func dayLine(d plan.DayException) string {
	s := text.ImportDayOff
	if d.Worked {
		s = text.ImportDayWorked
	}
	s = fmt.Sprintf(s, d.Day.Format(time.DateOnly))
	if d.Name != "" {
		s = fmt.Sprintf(text.ImportDayNamed, s, d.Name)
	}
	return s
}

func (d *calendarDiff) apply(ctx context.Context) error {
	q := d.r.DB.q(ctx)
	if _, err := q.Exec(ctx, `DELETE FROM calendar_day WHERE extract(year FROM day)::int = ANY ($1)`, d.years); err != nil {
		return err
	}
	if _, err := q.Exec(ctx, `INSERT INTO calendar_year (year) SELECT unnest($1::int[])
		ON CONFLICT (year) DO UPDATE SET imported_at = now()`, d.years); err != nil {
		return err
	}
	var on []string
	var worked []bool
	var names []string
	for _, day := range d.days {
		on, worked, names = append(on, day.Day.Format(time.DateOnly)), append(worked, day.Worked), append(names, day.Name)
	}
	_, err := q.Exec(ctx, `INSERT INTO calendar_day (day, worked, name)
		SELECT x.day::date, x.worked, x.name FROM unnest($1::text[], $2::bool[], $3::text[]) AS x (day, worked, name)`, on, worked, names)
	return err
}
