package pg_test

import (
	"errors"
	"testing"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/plan"
	"qingfeng/bot/risk"
)

func TestAnImportedYearReplacesWhatWasKnownOfIt(t *testing.T) {
	r, _ := newRegister(t)
	ctx := t.Context()
	on := func(s string) time.Time {
		d, err := time.ParseInLocation(time.DateOnly, s, bot.Zone())
		ok(t, err)
		return d
	}
	worked := func(day string) bool {
		t.Helper()
		c, err := r.Calendar(ctx)
		ok(t, err)
		return c.Worked(on(day))
	}
	same(t, "the shipped year", worked("2026-10-10"), true)

	next := []plan.DayException{
		{Day: on("2027-01-01"), Name: "元旦", Row: 2},
		{Day: on("2027-01-09"), Worked: true, Row: 3},
	}
	dry, err := r.ImportCalendar(ctx, next, true)
	ok(t, err)
	c, err := r.Calendar(ctx)
	ok(t, err)
	same(t, "known after the dry run", c.Knows(2027), false)
	done, err := r.ImportCalendar(ctx, next, false)
	ok(t, err)
	same(t, "dry run and import", done, dry)
	same(t, "lines", lines(done), []string{"2 added 2027-01-01 休（元旦）", "3 added 2027-01-09 班"})
	same(t, "a part of a year is remarked on", issues(done), []string{"0  2027年只有2天有安排。导入会替换整年，请确认表里是全年的安排。"})
	same(t, "a holiday, a make-up workday, the shipped year", []bool{worked("2027-01-01"), worked("2027-01-09"), worked("2026-10-10")}, []bool{false, true, true})
	c, err = r.Calendar(ctx)
	ok(t, err)
	same(t, "known", c.Knows(2027), true)

	again, err := r.ImportCalendar(ctx, next, false)
	ok(t, err)
	same(t, "the same again", len(lines(again)), 0)

	mended, err := r.ImportCalendar(ctx, []plan.DayException{{Day: on("2027-01-01"), Worked: true, Row: 2}, {Day: on("2027-01-04"), Row: 3}}, false)
	ok(t, err)
	same(t, "mended", lines(mended), []string{"2 altered 2027-01-01 班", "3 added 2027-01-04 休", "0 gone 2027-01-09 班 不在表里，按平常的周末和工作日算"})
	same(t, "as mended", []bool{worked("2027-01-01"), worked("2027-01-04"), worked("2027-01-09")}, []bool{true, false, false})

	gone, err := r.ImportCalendar(ctx, []plan.DayException{{Day: on("2026-10-10"), Worked: true}}, false)
	ok(t, err)
	same(t, "shipped days that an import leaves out are gone", gone.Count(risk.ChangeGone), 38)
	same(t, "after it", []bool{worked("2026-10-01"), worked("2026-10-10")}, []bool{true, true})

	for _, bad := range [][]plan.DayException{nil, {{Day: on("1999-01-01")}}} {
		if p, err := r.ImportCalendar(ctx, bad, false); !errors.Is(err, risk.ErrBlocked) || !p.Blocked() {
			t.Errorf("%v: %v %v", bad, p, err)
		}
	}
	ok(t, r.VerifyAudit(ctx))
}
