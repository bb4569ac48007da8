package handlers

import (
	"context"
	"fmt"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

// MarkPaper makes a form one that the office enters from paper (代填): the owner is
// not asked to type and no reminder is due.
func (d *Desk) MarkPaper(ctx context.Context, t *convo.Turn, check int64) error {
	c, err := d.officeCheck(ctx, t, check, "selfcheck.paper")
	if err != nil {
		return err
	}
	if c.State != risk.CheckDraft {
		return bot.Refuse(text.PaperNotDraft, "selfcheck: paper form not in draft")
	}
	c.Paper, c.Begun = true, true
	if err := d.save(ctx, sheet{SelfCheck: &c}); err != nil {
		return err
	}
	return d.record(ctx, t, "selfcheck.paper", "selfcheck", check, c.Version)
}

// PaperEntered asks the owner to confirm what the office typed, by card.
func (d *Desk) PaperEntered(ctx context.Context, t *convo.Turn, check int64) error {
	c, err := d.officeCheck(ctx, t, check, "selfcheck.paper_entered")
	if err != nil {
		return err
	}
	switch {
	case !c.Paper:
		return bot.Refuse(text.PaperNotMarked, "selfcheck: not a paper form")
	case len(live(c.Points)) == 0 && c.ZeroReason == "":
		return bot.Refuse(text.PaperEmpty, "selfcheck: empty paper form")
	}
	d.askOwner(t, c)
	return d.record(ctx, t, "selfcheck.paper_entered", "selfcheck", check, c.Version)
}

// askOwner sends the card on which the owner confirms what stands on the form now;
// cards about what stood there before say so.
func (d *Desk) askOwner(t *convo.Turn, c risk.SelfCheck) {
	t.Supersede(bot.About{Kind: "paper", ID: c.ID}, text.PaperNewer)
	body := fmt.Sprintf(text.PaperBody, len(live(c.Points)))
	if c.ZeroReason != "" {
		body = text.PaperZero
	}
	t.Send(bot.Reply{To: c.Person.UserID, Lane: bot.LaneNotice, Card: &bot.Card{
		Title: text.PaperTitle, Body: body,
		Buttons: []bot.Option{
			{Text: text.PaperYes, Key: key("paper.confirm", c.ID), Say: text.Words(text.WordsYes)},
			{Text: text.PaperNo, Key: key("paper.wrong", c.ID), Say: text.Words(text.WordsNo)},
			{Text: text.SelfSubmitSee, Key: "see", URL: d.Pages.MyCheck(c.ID)},
		},
		About: bot.About{Kind: "paper", ID: c.ID, Version: c.Rev},
	}, Once: fmt.Sprintf("paper:%d:%d:%d", c.ID, c.Rev, t.Now.Unix())})
}

// ScanReceived submits a paper form on the strength of its signed scan (reference kept).
func (d *Desk) ScanReceived(ctx context.Context, t *convo.Turn, check int64) error {
	c, err := d.officeCheck(ctx, t, check, "selfcheck.scan")
	if err != nil {
		return err
	}
	if !c.Paper {
		return bot.Refuse(text.PaperNotMarked, "selfcheck: not a paper form")
	}
	_, err = d.Submit(ctx, t, check)
	return err
}

func (d *Desk) confirmPaper(ctx context.Context, t *convo.Turn) error {
	c, err := d.Reg.Check(ctx, t.About.ID)
	switch {
	case err != nil:
		return err
	case c.Person.ID != t.Actor.Person:
		return d.refuse(ctx, t, "selfcheck.paper_confirm", "selfcheck", c.ID, "not the owner", text.SelfNotYours)
	case c.Rev != t.About.Version && c.State == risk.CheckDraft:
		if err := d.refuse(ctx, t, "selfcheck.paper_confirm", "selfcheck", c.ID, "changed", text.PaperChanged); err != nil {
			return err
		}
		d.askOwner(t, c)
		return nil
	}
	_, err = d.Submit(ctx, t, c.ID)
	return err
}

func (d *Desk) wrongPaper(ctx context.Context, t *convo.Turn) error {
	t.Say(fmt.Sprintf(text.PaperWrongSaid, d.officeNames(ctx)))
	once := fmt.Sprintf("paper.wrong:%d:%d", t.About.ID, t.About.Version)
	if err := d.tellOffice(ctx, t, fmt.Sprintf(text.PaperWrongTask, t.Actor.Name), once); err != nil {
		return err
	}
	return d.record(ctx, t, "selfcheck.paper_wrong", "selfcheck", t.About.ID, t.About.Version)
}

// officeCheck loads a form for the coordinating office; others are refused.
func (d *Desk) officeCheck(ctx context.Context, t *convo.Turn, check int64, action string) (risk.SelfCheck, error) {
	c, err := d.Reg.Check(ctx, check)
	if err != nil {
		return c, err
	}
	if !t.Actor.Coordinator() {
		return c, bot.Refuse(text.CampaignNotYours, action+": role")
	}
	return c, nil
}
