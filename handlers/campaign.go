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
	"qingfeng/bot/plan"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

// FlowCampaign is 新建排查工作: a coordinator plans a campaign in a few turns, looks at
// its days and opens it.
const FlowCampaign = "campaign"

type opening struct {
	Name     string    `json:"name,omitempty"`
	Pack     string    `json:"pack,omitempty"`
	Template string    `json:"template,omitempty"` // "": the pack's first
	Due      time.Time `json:"due,omitzero"`
	Draft    int64     `json:"draft,omitempty"`   // 0: nothing is planned here
	Version  string    `json:"version,omitempty"` // of the draft that was shown last
}

func (d *Desk) campaignFlow() convo.Flow[opening] {
	return convo.Flow[opening]{
		Name: FlowCampaign, Version: 2, Start: "pack",
		Steps: []convo.Step[opening]{
			{Name: "pack", Ask: d.askPack, Answer: d.readPack},
			{Name: "template", Ask: d.askTemplate, Answer: d.readTemplate},
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
	if d.Plans == nil {
		return convo.Goto("name"), nil
	}
	templates, err := plan.ForPack(s.Pack)
	if err != nil {
		return convo.Next{}, err
	}
	if len(templates) > 1 {
		return convo.Goto("template"), nil
	}
	return convo.Goto("name"), nil
}

// askTemplate asks which of several calendars of a pack to begin with.
func (d *Desk) askTemplate(_ context.Context, t *convo.Turn, s *opening) error {
	templates, err := plan.ForPack(s.Pack)
	if err != nil {
		return err
	}
	card := bot.Card{Title: text.PlanTemplate, Body: text.PlanTemplateBody}
	for _, x := range templates {
		card.Buttons = append(card.Buttons, bot.Option{Text: text.Clip(x.Name, 10), Key: x.Code})
	}
	t.Ask(card)
	return nil
}

func (d *Desk) readTemplate(_ context.Context, t *convo.Turn, s *opening) (convo.Next, error) {
	if s.Template = t.Answer.Key(); s.Template == "" {
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

func (d *Desk) readDue(ctx context.Context, t *convo.Turn, s *opening) (convo.Next, error) {
	due, ok := parseDay(t.Answer.Text, bot.Local(t.Now))
	switch {
	case !ok:
		t.Say(text.CampaignDueAgain)
		return convo.NotUnderstood(), nil // another command, perhaps
	case due.Before(bot.Civil(t.Now)):
		t.Say(text.CampaignDuePast)
		return convo.Stay(), nil
	}
	s.Due = due
	if d.Plans == nil {
		return convo.Goto("confirm"), nil
	}
	p, _, err := d.PlanCampaign(ctx, s.Pack, s.Template, s.Name, due, t.Now)
	if err != nil {
		return convo.Next{}, err
	}
	// Going back and giving another day makes another draft; nobody hears of the first.
	if s.Draft, err = d.StartPlan(ctx, t, p); err != nil {
		return convo.Next{}, err
	}
	if d.Pictures != nil {
		if err := d.Pictures.Picture(ctx, t.Actor.UserID, PicturePlan, s.Draft); err != nil {
			return convo.Next{}, err
		}
	}
	return convo.Goto("confirm"), nil
}

// askOpen shows the days of the campaign and what is to be noted about them, and asks
// whether to begin.
func (d *Desk) askOpen(ctx context.Context, t *convo.Turn, s *opening) error {
	card, err := d.openingCard(ctx, s)
	if err != nil {
		return err
	}
	if s.Draft == 0 {
		t.Ask(card)
		return nil
	}
	p, issues, _, err := d.PlanOf(ctx, s.Draft, t.Now)
	if err != nil {
		return err
	}
	cal, err := d.Plans.Calendar(ctx)
	if err != nil {
		return err
	}
	s.Name, s.Due, s.Version = p.Name, p.Due, PlanVersion(p)
	stops, notes := PlanIssues(p, issues, cal, t.Now)
	if !t.Repeat {
		t.Say(PlanLines(p))
		gaps, err := d.PlanGaps(ctx, p, t.Now)
		if err != nil {
			return err
		}
		if notes = append(notes, gaps...); len(notes) > 0 {
			t.Say(fmt.Sprintf(text.PlanNote, strings.Join(notes, "\n")))
		}
	}
	if card, err = d.openingCard(ctx, s); err != nil {
		return err
	}
	edit := bot.Option{Text: text.PlanEdit, URL: d.Pages.Plan(s.Draft)}
	if len(stops) > 0 {
		card.Title, card.Desc = fmt.Sprintf(text.PlanStoppedTitle, text.Clip(s.Name, 20)), ""
		card.Body = fmt.Sprintf(text.PlanStopped, strings.Join(stops, "\n"))
		card.Buttons = []bot.Option{edit, {Text: text.PlanLook, Key: "again", Say: append(text.Words(text.WordsYes), text.CampaignGo)}, card.Buttons[1]}
	} else {
		card.Buttons = slices.Insert(card.Buttons, 1, edit)
	}
	t.Ask(card)
	return nil
}

// openingCard asks whether to begin.
func (d *Desk) openingCard(ctx context.Context, s *opening) (bot.Card, error) {
	holders, err := d.Reg.Holders(ctx, 0)
	if err != nil {
		return bot.Card{}, err
	}
	offline := 0
	for _, h := range holders {
		if h.Post.Offline {
			offline++
		}
	}
	return bot.Card{
		Title: fmt.Sprintf(text.CampaignConfirmTitle, s.Name), Desc: fmt.Sprintf(text.LaunchDesc, day(s.Due)),
		Body:    fmt.Sprintf(text.CampaignConfirmBody, len(holders), offline),
		Buttons: []bot.Option{{Text: text.CampaignGo, Key: "go", Say: text.Words(text.WordsYes)}, {Text: text.CampaignDrop, Key: "drop", Say: text.Words(text.WordsNo)}},
	}, nil
}

func (d *Desk) readOpen(ctx context.Context, t *convo.Turn, s *opening) (convo.Next, error) {
	switch t.Answer.Key() {
	case "go":
		return d.openNow(ctx, t, s)
	case "again":
		return convo.Again(), nil
	case "drop":
		t.Say(text.CampaignDropped)
		return convo.Done(), nil
	}
	if text.Says(text.WordsPlan, t.Answer.Text) {
		return convo.Again(), nil
	}
	if args, ok := matchEvent(t.Answer.Text); ok && s.Draft != 0 {
		return d.planEvent(ctx, t, s, args)
	}
	return convo.NotUnderstood(), nil
}

// openNow opens what was shown: a draft that was changed on the page since is shown again.
func (d *Desk) openNow(ctx context.Context, t *convo.Turn, s *opening) (convo.Next, error) {
	if s.Draft == 0 {
		_, n, err := d.OpenCampaign(ctx, t, risk.Campaign{Name: s.Name, Year: s.Due.Year(), Pack: s.Pack, Due: s.Due})
		if err != nil {
			return convo.Next{}, err
		}
		t.Say(fmt.Sprintf(text.CampaignOpened, n))
		return convo.Done(), nil
	}
	p, _, campaign, err := d.PlanOf(ctx, s.Draft, t.Now)
	switch {
	case err != nil:
		return convo.Next{}, err
	case campaign != 0:
		t.Say(text.PlanLaunchedAlready)
		return convo.Done(), nil
	case PlanVersion(p) != s.Version:
		t.Say(text.PlanAgain)
		return convo.Again(), nil
	}
	opened, err := d.OpenPlan(ctx, t, s.Draft, p)
	if err != nil {
		return convo.Next{}, err
	}
	t.Say(fmt.Sprintf(text.CampaignOpened, opened.Told))
	if len(opened.Unowned) > 0 {
		t.Say(strings.Join(opened.Unowned, "\n"))
	}
	return convo.Done(), nil
}

// planEvent hears 动员会定在9月3日 before the campaign begins.
func (d *Desk) planEvent(ctx context.Context, t *convo.Turn, s *opening, args []string) (convo.Next, error) {
	on, ok := eventDay(args[1], t.Now)
	p, _, _, err := d.PlanOf(ctx, s.Draft, t.Now)
	if err != nil || !ok {
		return convo.NotUnderstood(), err
	}
	i := slices.IndexFunc(p.Anchors, func(a plan.DraftAnchor) bool { return sameEvent(a.Name, args[0]) })
	if i < 0 {
		var anchors []plan.Anchor
		for _, a := range p.Anchors {
			anchors = append(anchors, plan.Anchor{Code: a.Code, Name: a.Name, On: a.On})
		}
		t.Say(noEvent(args[0], anchors))
		return convo.Stay(), nil
	}
	err = d.ChangePlan(ctx, t, s.Draft, "", func(p *plan.Draft) { p.Anchors[i].Rule = plan.Fixed(on) })
	if say := bot.Says(err); say != "" {
		t.Say(say)
		return convo.Again(), nil
	}
	if err != nil {
		return convo.Next{}, err
	}
	t.Say(fmt.Sprintf(text.PlanEventSet, p.Anchors[i].Name, day(on)))
	return convo.Again(), nil
}

// OpenCampaign opens a campaign by the first template of its pack; notified is how many
// people were told. Where nothing is planned it has no days but its due day.
func (d *Desk) OpenCampaign(ctx context.Context, t *convo.Turn, c risk.Campaign) (out risk.Campaign, notified int, err error) {
	if d.Plans == nil {
		c, _, notified, err = d.openForms(ctx, t, c)
		return c, notified, err
	}
	p, _, err := d.PlanCampaign(ctx, c.Pack, "", c.Name, c.Due, t.Now)
	if err != nil {
		return c, 0, err
	}
	opened, err := d.OpenPlan(ctx, t, 0, p)
	return opened.Campaign, opened.Told, err
}

// openForms opens a campaign, gives every post that is held today its form, and tells
// everybody who fills it in here.
func (d *Desk) openForms(ctx context.Context, t *convo.Turn, c risk.Campaign) (risk.Campaign, []risk.SelfCheck, int, error) {
	if _, err := d.Packs(c.Pack); err != nil {
		return c, nil, 0, bot.Refuse(text.CampaignNoPack, "campaign: no pack "+c.Pack)
	}
	c, checks, err := d.Reg.OpenCampaign(ctx, c, t.Actor.Person)
	if err != nil {
		return c, nil, 0, err
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
	return c, checks, len(told), d.record(ctx, t, "campaign.open", "campaign", c.ID, 0)
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

// nearDay reads 明天, 下周五, 周三, 月底.
func nearDay(said string, now time.Time) (time.Time, bool) {
	y, m, d := now.Date()
	for ahead, words := range []string{text.DayToday, text.DayTomorrow, text.DayAfter} {
		if text.Says(words, said) {
			return time.Date(y, m, d+ahead, 0, 0, 0, 0, now.Location()), true
		}
	}
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
