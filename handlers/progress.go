package handlers

import (
	"context"
	"fmt"
	"strings"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/plan"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

func (d *Desk) progress(ctx context.Context, t *convo.Turn) error {
	lead, others := "", d.sectionProgress
	if t.Actor.Coordinator() {
		others = d.officeProgress
	}
	if said, err := others(ctx, t); err != nil {
		return err
	} else if said {
		lead = text.ProgressOffice
	}
	mine, err := d.mine(ctx, t)
	if err != nil {
		return err
	}
	if len(mine) == 0 {
		if lead == "" {
			t.Say(text.ProgressNobody)
		}
		return nil
	}
	var lines []string
	for _, c := range mine {
		line, err := d.progressLine(ctx, t, c)
		if err != nil {
			return err
		}
		lines = append(lines, lead+line)
	}
	t.Say(strings.Join(lines, "\n"))
	return nil
}

// progressLine says where a form is, who has it, and by when.
func (d *Desk) progressLine(ctx context.Context, t *convo.Turn, c risk.SelfCheck) (string, error) {
	f, err := d.sheet(ctx, t, c.ID)
	if err != nil {
		return "", err
	}
	line := fmt.Sprintf(text.ProgressMine, c.Post.Name, stateLabel(c))
	if n := len(live(c.Points)); n > 0 {
		line += fmt.Sprintf(text.ProgressPoints, n)
	}
	if c.State == risk.CheckReturned && returnedRows(c) != "" {
		line += fmt.Sprintf(text.ProgressReturned, returnedRows(c))
	}
	if f.campaign.State == "closed" {
		return line + text.ProgressClosed, nil
	}
	open, err := d.Reg.Reviews(ctx, risk.ReviewFilter{Check: c.ID, Open: true})
	switch {
	case err != nil || c.Offline || c.State == risk.CheckConfirmed || c.State == risk.CheckGrading:
		return line, err
	case c.State == risk.CheckDraft || c.State == risk.CheckReturned:
		due, err := d.dueOf(ctx, c, f.campaign)
		return line + fmt.Sprintf(text.ProgressDue, day(due)), err
	case len(open) > 0:
		by := open[0].DecideBy
		if by.IsZero() {
			by = f.campaign.Due
		}
		return line + fmt.Sprintf(text.ProgressNext, open[0].Assignee.Name, day(bot.Local(by))), nil
	case c.State == risk.CheckMutual && t.Actor.Has(bot.RoleSectionHead):
		return line + text.ProgressHeldYou, nil
	case c.State == risk.CheckMutual:
		return line + fmt.Sprintf(text.ProgressHeld, d.reviewer(ctx, f)), nil
	}
	return line + fmt.Sprintf(text.ProgressSoon, d.reviewer(ctx, f)), nil
}

// dueOf is the day by which a form is owed: its own, which may have been put off, else
// the campaign's.
func (d *Desk) dueOf(ctx context.Context, c risk.SelfCheck, campaign risk.Campaign) (time.Time, error) {
	if d.Plans == nil {
		return campaign.Due, nil
	}
	obs, err := d.Plans.Obligations(ctx, ObligationFilter{Check: c.ID, Kind: plan.KindSelfCheck})
	if err != nil || len(obs) == 0 || obs[0].Due.IsZero() {
		return campaign.Due, err
	}
	return bot.Civil(obs[0].Due), nil
}

// returnedRows lists the rows a reviewer gave back: "2、3".
func returnedRows(c risk.SelfCheck) string {
	var nos []string
	for _, p := range live(c.Points) {
		if p.Verdict == risk.Returned {
			nos = append(nos, fmt.Sprint(p.No))
		}
	}
	return strings.Join(nos, text.ListComma)
}

// stateLabel is how the owner reads where a form stands.
func stateLabel(c risk.SelfCheck) string {
	switch {
	case c.Offline:
		return text.MineOffline
	case c.Paper && c.State == risk.CheckDraft:
		return text.MinePaper
	case c.State == risk.CheckDraft && !c.Begun:
		return text.MineNotBegun
	}
	label, known := map[risk.CheckState]string{
		risk.CheckSubmitted: text.MineSubmitted, risk.CheckMutual: text.MineMutual, risk.CheckSection: text.MineSection,
		risk.CheckReturned: text.MineReturned, risk.CheckLeader: text.MineLeader, risk.CheckGrading: text.MineGrading,
		risk.CheckConfirmed: text.MineConfirmed,
	}[c.State]
	if !known {
		return text.MineDraft
	}
	return label
}
