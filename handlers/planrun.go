package handlers

import (
	"context"
	"fmt"
	"strings"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/text"
)

// SayPlan is 日程: the stages and events of the campaign that runs, and where the rest
// stands. It names nobody, but the page is the office's.
func (d *Desk) SayPlan(ctx context.Context, t *convo.Turn) error {
	if ok, err := d.officeOnly(ctx, t, "plan.show", text.PlanNotYours); err != nil || !ok {
		return err
	}
	c, running, err := d.Reg.Campaign(ctx)
	if err != nil {
		return err
	}
	if !running {
		t.Say(text.CampaignNoneOpen)
		return nil
	}
	stages, err := d.Plans.Stages(ctx, c.ID)
	if err != nil {
		return err
	}
	if len(stages) == 0 {
		t.Say(fmt.Sprintf(text.PlanNoStages, c.Name, day(c.Due)))
		return nil
	}
	anchors, err := d.Plans.Anchors(ctx, c.ID)
	if err != nil {
		return err
	}
	lines := []string{fmt.Sprintf(text.PlanRunHead, c.Name)}
	today := bot.Civil(t.Now)
	for i, s := range stages {
		stands := text.ChartRunning
		switch {
		case today.Before(bot.Civil(s.From)):
			stands = text.PlanAhead
		case today.After(bot.Civil(s.Until)):
			stands = text.PlanGone
		}
		lines = append(lines, fmt.Sprintf(text.PlanRunStage, i+1, s.Name, spanOf(bot.Civil(s.From), bot.Civil(s.Until), c.Year), stands))
	}
	for _, a := range anchors {
		on, later := text.ChartNoDay, today
		if !a.On.IsZero() {
			on, later = day(bot.Civil(a.On)), bot.Civil(a.On)
		}
		lines = append(lines, fmt.Sprintf(text.PlanRunEvent, a.Name, on, a.Name, day(later.AddDate(0, 0, 7))))
	}
	t.Say(strings.Join(append(lines, fmt.Sprintf(text.PlanRunOnPage, d.Pages.CampaignPlan(c.ID))), "\n"))
	return nil
}
