package handlers

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/form"
	"qingfeng/bot/plan"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

// officeProgress is 进度 for the office: counts by section and state, never texts.
func (d *Desk) officeProgress(ctx context.Context, t *convo.Turn) (bool, error) {
	c, running, err := d.Reg.Campaign(ctx)
	if err != nil || !running {
		return false, err
	}
	checks, err := d.Reg.Checks(ctx, risk.CheckFilter{Campaign: c.ID, Heads: true})
	if err != nil {
		return false, err
	}
	lines := []string{fmt.Sprintf(text.ProgressHead, c.Name, len(checks))}
	var sections []string
	counts, total := map[string]map[string]int{}, map[string]int{}
	for _, check := range checks {
		if counts[check.Post.Section] == nil {
			counts[check.Post.Section] = map[string]int{}
			sections = append(sections, check.Post.Section)
		}
		counts[check.Post.Section][officeState(check)]++
		total[officeState(check)]++
	}
	for _, s := range sections {
		lines = append(lines, fmt.Sprintf(text.ProgressSection, s, stateCounts(counts[s])))
	}
	lines = append(lines, fmt.Sprintf(text.ProgressTotal, stateCounts(total)))
	owed, err := d.officePlans(ctx, t)
	if err != nil {
		return false, err
	}
	if owed != "" {
		lines = append(lines, owed)
	}
	t.Say(strings.Join(lines, "\n"))
	return true, d.picture(ctx, t, c.ID)
}

// officeState is a state as the office counts it.
func officeState(c risk.SelfCheck) string {
	switch {
	case c.Offline && c.State == risk.CheckDraft:
		return text.CountOffline
	case c.State == risk.CheckDraft && !c.Begun:
		return text.CountNotBegun
	}
	switch c.State {
	case risk.CheckSubmitted:
		return text.CountSubmitted
	case risk.CheckMutual:
		return text.CountMutual
	case risk.CheckSection:
		return text.CountSection
	case risk.CheckReturned:
		return text.CountReturned
	case risk.CheckLeader:
		return text.CountLeader
	case risk.CheckGrading:
		return text.CountGrading
	case risk.CheckConfirmed:
		return text.CountConfirmed
	case risk.CheckDraft:
	}
	return text.CountDraft
}

// stateCounts writes counts in the order of the work.
func stateCounts(n map[string]int) string {
	var parts []string
	for _, s := range []string{
		text.CountNotBegun, text.CountDraft, text.CountSubmitted, text.CountMutual, text.CountSection, text.CountReturned,
		text.CountLeader, text.CountGrading, text.CountConfirmed, text.CountOffline,
	} {
		if n[s] > 0 {
			parts = append(parts, fmt.Sprintf(text.ProgressState, s, n[s]))
		}
	}
	return strings.Join(parts, text.ListComma)
}

// SectionCount is how far one section is, for the chart of progress.
type SectionCount = form.SectionProgress

// ProgressData counts a campaign's forms by section on a day: handed in, and late. Posts
// that are filled in elsewhere are not counted.
func (d *Desk) ProgressData(ctx context.Context, campaign int64, today time.Time) ([]SectionCount, error) {
	c, err := d.Reg.CampaignByID(ctx, campaign)
	if err != nil {
		return nil, err
	}
	checks, err := d.Reg.Checks(ctx, risk.CheckFilter{Campaign: campaign, Heads: true})
	if err != nil {
		return nil, fmt.Errorf("progress: %w", err)
	}
	due := map[int64]time.Time{}
	if d.Plans != nil {
		obs, err := d.Plans.Obligations(ctx, ObligationFilter{Campaign: campaign, Kind: plan.KindSelfCheck})
		if err != nil {
			return nil, fmt.Errorf("progress: %w", err)
		}
		for _, ob := range obs {
			due[ob.Check] = ob.Due
		}
	}
	var out []SectionCount
	for _, check := range checks {
		if check.Offline {
			continue
		}
		at := slices.IndexFunc(out, func(s SectionCount) bool { return s.Name == check.Post.Section })
		if at < 0 {
			at, out = len(out), append(out, SectionCount{Name: check.Post.Section})
		}
		out[at].All++
		by := due[check.ID]
		if by.IsZero() {
			by = c.Due
		}
		switch {
		case check.State != risk.CheckDraft && check.State != risk.CheckReturned:
			out[at].Done++
		case bot.Civil(by).Before(bot.Civil(today)):
			out[at].Late++
		}
	}
	return out, nil
}

// officePlans tells the office what else is late or due soon.
func (d *Desk) officePlans(ctx context.Context, t *convo.Turn) (string, error) {
	if d.Plans == nil {
		return "", nil
	}
	cal, err := d.calendar(ctx)
	if err != nil {
		return "", err
	}
	late, soon, err := d.pressing(ctx, 0, bot.Civil(t.Now), cal)
	// The forms are counted above.
	form := func(ob plan.Obligation) bool { return ob.Kind == plan.KindSelfCheck }
	late, soon = slices.DeleteFunc(late, form), slices.DeleteFunc(soon, form)
	if err != nil || len(late)+len(soon) == 0 {
		return "", err
	}
	return fmt.Sprintf(text.ProgressOwed, len(late), len(soon)), nil
}

// sectionProgress is 进度 for a head, person by person, and for a leader in charge by
// section: where forms stand, never what is in them.
func (d *Desk) sectionProgress(ctx context.Context, t *convo.Turn) (bool, error) {
	c, running, err := d.Reg.Campaign(ctx)
	if err != nil || !running {
		return false, err
	}
	headed := map[int64]bool{}
	var lines []string
	if t.Actor.Has(bot.RoleSectionHead) {
		sections, err := d.Reg.SectionsOf(ctx, t.Actor.Person, bot.RoleSectionHead)
		if err != nil {
			return false, err
		}
		for _, s := range sections {
			headed[s.ID] = true
			checks, err := d.Reg.Checks(ctx, risk.CheckFilter{Campaign: c.ID, Section: s.ID, Heads: true})
			if err != nil {
				return false, err
			}
			if len(checks) == 0 {
				continue
			}
			lines = append(lines, fmt.Sprintf(text.ProgressOwnSection, s.Name, len(checks)))
			for _, check := range checks {
				lines = append(lines, fmt.Sprintf(text.ProgressPerson, check.Person.Name, officeState(check)))
			}
		}
	}
	if t.Actor.Has(bot.RoleLeaderInCharge) {
		counts, err := d.leaderCounts(ctx, t, c.ID, headed)
		if err != nil {
			return false, err
		}
		lines = append(lines, counts...)
	}
	if len(lines) == 0 {
		return false, nil
	}
	t.Say(strings.Join(lines, "\n"))
	return true, nil
}

// leaderCounts are the sections somebody is in charge of, by counts.
func (d *Desk) leaderCounts(ctx context.Context, t *convo.Turn, campaign int64, but map[int64]bool) ([]string, error) {
	sections, err := d.Reg.SectionsOf(ctx, t.Actor.Person, bot.RoleLeaderInCharge)
	if err != nil {
		return nil, err
	}
	var lines []string
	total := 0
	for _, s := range sections {
		if but[s.ID] {
			continue
		}
		checks, err := d.Reg.Checks(ctx, risk.CheckFilter{Campaign: campaign, Section: s.ID, Heads: true})
		if err != nil {
			return nil, err
		}
		if len(checks) == 0 {
			continue
		}
		total += len(checks)
		n := map[string]int{}
		for _, check := range checks {
			n[officeState(check)]++
		}
		lines = append(lines, fmt.Sprintf(text.ProgressSection, s.Name, stateCounts(n)))
	}
	if len(lines) == 0 {
		return nil, nil
	}
	return append([]string{fmt.Sprintf(text.ProgressLeaderHead, total)}, lines...), nil
}

// SayPicture is 进度图.
func (d *Desk) SayPicture(ctx context.Context, t *convo.Turn) error {
	if ok, err := d.officeOnly(ctx, t, "progress.picture", text.ProgressPictureNot); err != nil || !ok {
		return err
	}
	c, running, err := d.Reg.Campaign(ctx)
	if err != nil {
		return err
	}
	switch {
	case !running:
		t.Say(text.CampaignNoneOpen)
		return nil
	case d.Pictures == nil:
		t.Say(text.ProgressNoPicture)
		_, err := d.officeProgress(ctx, t)
		return err
	}
	t.Say(text.ProgressPicture)
	return d.picture(ctx, t, c.ID)
}
