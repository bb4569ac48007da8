package handlers

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

// FlowCampaign is 新建排查工作: a coordinator opens a campaign in three turns.
const FlowCampaign = "campaign"

type opening struct {
	Name string    `json:"name,omitempty"`
	Pack string    `json:"pack,omitempty"`
	Due  time.Time `json:"due,omitzero"`
}

func (d *Desk) campaignFlow() convo.Flow[opening] {
	return convo.Flow[opening]{
		Name: FlowCampaign, Version: 1, Start: "pack",
		Steps: []convo.Step[opening]{
			{Name: "pack", Ask: d.askPack, Answer: d.readPack},
			{Name: "name", Ask: d.askName, Answer: d.readName, Free: true},
			{Name: "due", Ask: d.askDue, Answer: d.readDue, Free: true, Number: true},
			{Name: "confirm", Ask: d.askOpen, Answer: d.readOpen},
		},
	}
}

// startCampaign is the command; only the coordinating office may.
func (d *Desk) startCampaign(ctx context.Context, t *convo.Turn) error {
	if !t.Actor.Coordinator() {
		return d.refuse(ctx, t, "campaign.open", "campaign", 0, "role", text.CampaignNotYours)
	}
	if c, open, err := d.Reg.Campaign(ctx); err != nil {
		return err
	} else if open {
		return d.refuse(ctx, t, "campaign.open", "campaign", c.ID, "one is open", fmt.Sprintf(text.CampaignOpenAlready, c.Name, day(c.Due)))
	}
	return t.Start(FlowCampaign, "", opening{})
}

func (d *Desk) askPack(_ context.Context, t *convo.Turn, _ *opening) error {
	card := bot.Card{Title: text.CampaignPackTitle, Body: text.CampaignPackBody}
	for _, code := range risk.PackCodes() {
		p, err := d.Packs(code)
		if err != nil {
			return err
		}
		card.Buttons = append(card.Buttons, bot.Option{Text: text.Clip(p.Name, 10), Key: code})
	}
	t.Ask(card)
	return nil
}

func (d *Desk) readPack(_ context.Context, t *convo.Turn, s *opening) (convo.Next, error) {
	if s.Pack = t.Answer.Key(); s.Pack == "" {
		return convo.NotUnderstood(), nil
	}
	return convo.Goto("name"), nil
}

func (d *Desk) askName(_ context.Context, t *convo.Turn, _ *opening) error {
	t.Say(fmt.Sprintf(text.CampaignNameAsk, bot.Local(t.Now).Year()))
	return nil
}

func (d *Desk) readName(_ context.Context, t *convo.Turn, s *opening) (convo.Next, error) {
	s.Name = text.Clip(strings.Join(strings.Fields(t.Answer.Text), " "), 40)
	switch {
	case text.Says(text.WordsYes, s.Name) || text.Says(text.WordsAnyWay, s.Name):
		s.Name = fmt.Sprintf(text.CampaignDefaultName, bot.Local(t.Now).Year())
	case utf8.RuneCountInString(s.Name) < 4:
		t.Say(text.CampaignNameShort)
		return convo.Stay(), nil
	}
	return convo.Goto("due"), nil
}

func (d *Desk) askDue(_ context.Context, t *convo.Turn, _ *opening) error {
	t.Say(text.CampaignDueAsk)
	return nil
}

func (d *Desk) readDue(_ context.Context, t *convo.Turn, s *opening) (convo.Next, error) {
	due, ok := parseDay(t.Answer.Text, bot.Local(t.Now))
	switch {
	case !ok:
		t.Say(text.CampaignDueAgain)
		return convo.Stay(), nil
	case due.Before(bot.Civil(t.Now)):
		t.Say(text.CampaignDuePast)
		return convo.Stay(), nil
	}
	s.Due = due
	return convo.Goto("confirm"), nil
}

func (d *Desk) askOpen(ctx context.Context, t *convo.Turn, s *opening) error {
	holders, err := d.Reg.Holders(ctx, 0)
	if err != nil {
		return err
	}
	offline := 0
	for _, h := range holders {
		if h.Post.Offline {
			offline++
		}
	}
	t.Ask(bot.Card{
		Title: fmt.Sprintf(text.CampaignConfirmTitle, s.Name), Desc: fmt.Sprintf(text.LaunchDesc, day(s.Due)),
		Body:    fmt.Sprintf(text.CampaignConfirmBody, len(holders), offline),
		Buttons: []bot.Option{{Text: text.CampaignGo, Key: "go", Say: text.Words(text.WordsYes)}, {Text: text.CampaignDrop, Key: "drop", Say: text.Words(text.WordsNo)}},
	})
	return nil
}

func (d *Desk) readOpen(ctx context.Context, t *convo.Turn, s *opening) (convo.Next, error) {
	switch t.Answer.Key() {
	case "go":
		_, n, err := d.OpenCampaign(ctx, t, risk.Campaign{Name: s.Name, Year: s.Due.Year(), Pack: s.Pack, Due: s.Due})
		if err != nil {
			return convo.Next{}, err
		}
		t.Say(fmt.Sprintf(text.CampaignOpened, n))
		return convo.Done(), nil
	case "drop":
		t.Say(text.CampaignDropped)
		return convo.Done(), nil
	}
	return convo.NotUnderstood(), nil
}

// OpenCampaign opens a campaign, gives every post that is held today its form, and
// tells everybody who fills it in here. notified is how many people were told.
func (d *Desk) OpenCampaign(ctx context.Context, t *convo.Turn, c risk.Campaign) (risk.Campaign, int, error) {
	if _, err := d.Packs(c.Pack); err != nil {
		return c, 0, bot.Refuse(text.CampaignNoPack, "campaign: no pack "+c.Pack)
	}
	c, checks, err := d.Reg.OpenCampaign(ctx, c, t.Actor.Person)
	if err != nil {
		return c, 0, err
	}
	told := map[int64]bool{}
	office := d.officeNames(ctx)
	slices.SortStableFunc(checks, func(a, b risk.SelfCheck) int { return cmp.Compare(offline(a), offline(b)) })
	for _, check := range checks {
		if told[check.Person.ID] {
			continue
		}
		told[check.Person.ID] = true
		r := bot.Reply{To: check.Person.UserID, Lane: bot.LaneBulk, Once: fmt.Sprintf("launch:%d:%d", c.ID, check.Person.ID)}
		if check.Offline {
			r.Text = fmt.Sprintf(text.LaunchOffline, c.Name, day(c.Due), office)
		} else {
			card := launchCard(c)
			r.Card = &card
		}
		t.Send(r)
	}
	return c, len(told), d.record(ctx, t, "campaign.open", "campaign", c.ID, 0)
}

// CloseCampaign ends a campaign; drafts stay readable, nothing can be handed in.
func (d *Desk) CloseCampaign(ctx context.Context, t *convo.Turn, id int64) error {
	if err := d.Reg.CloseCampaign(ctx, id); err != nil {
		return err
	}
	t.Supersede(bot.About{Kind: "campaign", ID: id}, text.CampaignClosedCard)
	return d.record(ctx, t, "campaign.close", "campaign", id, 0)
}

// offline sorts the posts that are filled in elsewhere behind a person's others.
func offline(c risk.SelfCheck) int {
	if c.Offline {
		return 1
	}
	return 0
}

// launchCard is what everybody who fills in here gets when a campaign opens.
func launchCard(c risk.Campaign) bot.Card {
	return bot.Card{
		Title: fmt.Sprintf(text.LaunchTitle, c.Name), Desc: fmt.Sprintf(text.LaunchDesc, day(c.Due)), Body: text.LaunchBody,
		Buttons: []bot.Option{{Text: text.SelfBegin, Key: "selfcheck.start"}},
		About:   bot.About{Kind: "campaign", ID: c.ID},
	}
}

// endCampaign asks a coordinator whether the campaign is really over (结束排查工作).
func (d *Desk) endCampaign(ctx context.Context, t *convo.Turn) error {
	if !t.Actor.Coordinator() {
		return d.refuse(ctx, t, "campaign.close", "campaign", 0, "role", text.CampaignNotYours)
	}
	c, open, err := d.Reg.Campaign(ctx)
	if err != nil {
		return err
	}
	if !open {
		t.Say(text.CampaignNoneOpen)
		return nil
	}
	checks, err := d.Reg.Checks(ctx, risk.CheckFilter{Campaign: c.ID})
	if err != nil {
		return err
	}
	done, missing := 0, 0
	for _, check := range checks {
		switch check.State {
		case risk.CheckConfirmed:
			done++
		case risk.CheckDraft, risk.CheckReturned:
			missing++
		default: // under review
		}
	}
	t.Show(bot.Card{
		Title: fmt.Sprintf(text.CampaignEndTitle, text.Clip(c.Name, 30)),
		Body:  fmt.Sprintf(text.CampaignEndBody, len(checks), done, len(checks)-done-missing, missing),
		Buttons: []bot.Option{
			{Text: text.CampaignEndYes, Key: key("campaign.end", c.ID), Say: text.Words(text.WordsYes)},
			{Text: text.CampaignEndNo, Key: key("campaign.go_on", c.ID), Say: text.Words(text.WordsNo)},
		},
		About: bot.About{Kind: "campaign", ID: c.ID},
	})
	return nil
}

func (d *Desk) pressEnd(ctx context.Context, t *convo.Turn) error {
	if !t.Actor.Coordinator() {
		return d.refuse(ctx, t, "campaign.close", "campaign", t.About.ID, "role", text.CampaignNotYours)
	}
	c, err := d.Reg.CampaignByID(ctx, t.About.ID)
	if err != nil {
		return err
	}
	t.Say(fmt.Sprintf(text.CampaignEnded, c.Name))
	return d.CloseCampaign(ctx, t, c.ID)
}

func (d *Desk) pressGoOn(_ context.Context, t *convo.Turn) error {
	t.Say(text.CampaignEndNot)
	return nil
}

// parseDay reads 10月16日, 2026-10-16, 2026年10月16日, 10/16, 两周后, 10天后, 下周五, 月底.
// A day without a year is the next such day. The result is a day of now's place.
func parseDay(said string, now time.Time) (time.Time, bool) {
	form := regexp.MustCompile(text.DayForm)
	said = convo.Fold(strings.ReplaceAll(said, " ", ""))
	if m := form.FindStringSubmatch(said); m != nil {
		year := now.Year()
		if m[1] != "" {
			year, _ = strconv.Atoi(m[1])
		}
		month, _ := strconv.Atoi(m[2])
		dom, _ := strconv.Atoi(m[3])
		due := time.Date(year, time.Month(month), dom, 0, 0, 0, 0, now.Location())
		if due.Day() != dom || int(due.Month()) != month {
			return time.Time{}, false
		}
		if m[1] == "" && due.Before(now.AddDate(0, 0, -1)) {
			due = due.AddDate(1, 0, 0)
		}
		return due, true
	}
	for unit, days := range map[string]int{text.DaysLater: 1, text.WeeksLater: 7, text.WeeksLaterLong: 7} {
		if head, ok := strings.CutSuffix(said, unit); ok {
			if ns, ok := convo.Numbers(strings.ReplaceAll(head, text.TwoSpoken, text.TwoWritten)); ok && len(ns) == 1 {
				y, m, dd := now.AddDate(0, 0, ns[0]*days).Date()
				return time.Date(y, m, dd, 0, 0, 0, 0, now.Location()), true
			}
		}
	}
	return nearDay(said, now)
}

// nearDay reads 下周五, 周三, 月底.
func nearDay(said string, now time.Time) (time.Time, bool) {
	y, m, d := now.Date()
	if text.Says(text.MonthEnd, said) {
		return time.Date(y, m+1, 0, 0, 0, 0, 0, now.Location()), true
	}
	hit := regexp.MustCompile(text.WeekdayForm).FindStringSubmatch(said)
	if hit == nil {
		return time.Time{}, false
	}
	want := 6 // 天 is Sunday, as 日
	if at := strings.Index(text.Weekdays, hit[2]); at >= 0 {
		want = at / len(text.NextWeek) // Monday is 0; every character takes as many bytes
	}
	ahead := want - (int(now.Weekday())+6)%7 + 7*strings.Count(hit[1], text.NextWeek)
	if hit[1] == "" && ahead < 0 {
		ahead += 7
	}
	return time.Date(y, m, d+ahead, 0, 0, 0, 0, now.Location()), true
}
