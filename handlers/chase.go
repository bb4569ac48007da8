package handlers

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/plan"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

var (
	chaseForm   = regexp.MustCompile(text.ChaseForm)
	chaseRemind = regexp.MustCompile(text.ChaseRemindForm)
)

// matchChase knows 催一下财务审计股 and 提醒还没交的, and says whom: "" is everybody.
func matchChase(said string) ([]string, bool) {
	m := chaseForm.FindStringSubmatch(said)
	if m == nil {
		if m = chaseRemind.FindStringSubmatch(said); m == nil {
			return nil, false
		}
	}
	if text.Has(text.ChaseAsks, said) {
		return nil, false // 催缴通知怎么写 is a question
	}
	return []string{chased(m[1])}, true
}

// chased takes the section out of 财务审计股还没交的.
func chased(said string) string {
	said = strings.Trim(said, " .!?,")
	for range 4 {
		if slices.Contains(strings.Split(text.ChaseEveryone, "|"), said) {
			return ""
		}
		for tail := range strings.SplitSeq(text.ChaseTails, "|") {
			if shorter, cut := strings.CutSuffix(said, tail); cut {
				said = strings.TrimSpace(shorter)
				break
			}
		}
	}
	return said
}

// SayChase is 催一下财务审计股, typed.
func (d *Desk) SayChase(ctx context.Context, t *convo.Turn) error {
	if ok, err := d.officeOnly(ctx, t, "chase", text.ChaseNotYours); err != nil || !ok {
		return err
	}
	name := ""
	if len(t.Args) > 0 {
		name = t.Args[0]
	}
	if name == "" {
		_, err := d.Chase(ctx, t, 0)
		return err
	}
	sections, err := d.Reg.Sections(ctx)
	if err != nil {
		return err
	}
	var found []risk.Section
	var all, near []string
	for _, s := range sections {
		all = append(all, s.Name)
		if s.Name == name {
			found, near = []risk.Section{s}, nil
			break
		}
		if strings.Contains(s.Name, name) {
			found, near = append(found, s), append(near, s.Name)
		}
	}
	switch len(found) {
	case 0:
		return d.refuse(ctx, t, "chase", "section", 0, "unknown section", fmt.Sprintf(text.ChaseNoSection, name, strings.Join(all, text.ListComma)))
	case 1:
		_, err := d.Chase(ctx, t, found[0].ID)
		return err
	}
	t.Say(fmt.Sprintf(text.ChaseTwo, name, strings.Join(near, text.ListComma)))
	return nil
}

// Chase reminds everybody of a section (0: of the unit) once more, urgently, of what is
// late or due within three working days (催办): at once, or, at night and on days off, when
// people work again; each person once a day, whoever asks.
func (d *Desk) Chase(ctx context.Context, t *convo.Turn, section int64) (int, error) {
	if ok, err := d.officeOnly(ctx, t, "chase", text.ChaseNotYours); err != nil || !ok {
		return 0, err
	}
	cal, err := d.calendar(ctx)
	if err != nil {
		return 0, err
	}
	today := bot.Civil(t.Now)
	late, soon, err := d.pressing(ctx, section, today, cal)
	if err != nil {
		return 0, err
	}
	org, err := d.Plans.Org(ctx)
	if err != nil {
		return 0, err
	}
	unowned := 0
	byOwner := map[int64][]plan.Obligation{}
	var owners []int64
	for _, ob := range slices.Concat(late, soon) {
		switch {
		case ob.Owner == 0 || !org.Active[ob.Owner]:
			unowned++
			continue
		case len(byOwner[ob.Owner]) == 0:
			owners = append(owners, ob.Owner)
		}
		byOwner[ob.Owner] = append(byOwner[ob.Owner], ob)
	}
	if len(owners) == 0 {
		return 0, d.nobodyToChase(ctx, t, section, unowned)
	}
	// Later than today it is the morning's moment: one message with what else is due then.
	at, quiet := plan.Later(t.Now, cal), plan.Quiet(t.Now, cal)
	var again []plan.Reminder
	twice, people := 0, 0
	for _, owner := range owners {
		first, err := d.Reg.Allow(ctx, fmt.Sprintf("chase:%d:%s", owner, today.Format("20060102")), 48*time.Hour)
		if err != nil {
			return 0, err
		}
		if !first {
			twice++
			continue
		}
		people++
		for _, ob := range byOwner[owner] {
			again = append(again, plan.Reminder{Obligation: ob.ID, Version: ob.Version, Rung: rungOf(ob.Due, today, cal), To: owner, Urgent: true, At: at})
		}
	}
	if people == 0 {
		t.Say(fmt.Sprintf(text.ChaseAllTwice, twice))
		return 0, nil
	}
	added, err := d.Plans.Again(ctx, again)
	if err != nil {
		return 0, fmt.Errorf("chase: %w", err)
	}
	var say string
	switch {
	case added == 0:
		say = fmt.Sprintf(text.ChaseWaiting, people)
	case quiet:
		say = fmt.Sprintf(text.ChaseLater, dayWeek(bot.Local(at)), partOfDay(at), people, len(again))
	default:
		say = fmt.Sprintf(text.ChaseDone, people, len(again))
	}
	if twice > 0 {
		say += fmt.Sprintf(text.ChaseTwice, twice)
	}
	if unowned > 0 {
		say += fmt.Sprintf(text.ChaseUnowned, unowned)
	}
	t.Say(say)
	return people, d.record(ctx, t, "chase", "section", section, 0)
}

func (d *Desk) nobodyToChase(ctx context.Context, t *convo.Turn, section int64, unowned int) error {
	say := text.ChaseNothing
	if section != 0 {
		s, err := d.Reg.Section(ctx, section)
		if err != nil {
			return err
		}
		say = fmt.Sprintf(text.ChaseNothingIn, cmp.Or(s.Name, text.RemindUnit))
	}
	if unowned > 0 {
		say = fmt.Sprintf(text.ChaseUnowned, unowned)
	}
	t.Say(say)
	return nil
}

// rungOf is the rung of the ladder nearest to a day, on its own side of the due day.
func rungOf(due, today time.Time, cal plan.Calendar) int {
	return min(max(lateBy(due, today, cal), -soonDays), 5)
}

// pressChase is 催办 on the morning digest; the card goes on living.
func (d *Desk) pressChase(ctx context.Context, t *convo.Turn) error {
	t.KeepCard()
	_, err := d.Chase(ctx, t, 0)
	return err
}
