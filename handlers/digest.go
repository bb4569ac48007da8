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
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

// PictureProgress is the chart of progress by section.
const PictureProgress = "progress"

// idleSince is how long a warning about the app itself is repeated each morning.
const idleSince = 14 * 24 * time.Hour

// digestNames is how many people a line of the digest names.
const digestNames = 6

// MorningDigest tells one coordinator what is late, what comes, what waits for whom and
// what did not arrive, with the next action as buttons and a paragraph that names nobody
// last. A job runs it in every coordinator's lane, on working days between 9:03 and 9:12;
// it speaks once a day and is silent when there is nothing to tell.
func (d *Desk) MorningDigest(ctx context.Context, t *convo.Turn) error {
	if d.Plans == nil || !t.Actor.Coordinator() {
		return nil
	}
	m, err := d.daybook(ctx, t)
	if err != nil || m.empty() || plan.Quiet(t.Now, m.cal) || bot.Local(t.Now).Before(m.today.Add(plan.DefaultHours().Digest.From)) {
		return err // a morning that is made up for is not told at night, nor instead of today's
	}
	first, err := d.Reg.Allow(ctx, fmt.Sprintf("digest:%d:%s", t.Actor.Person, m.today.Format("20060102")), 48*time.Hour)
	if err != nil || !first {
		return err
	}
	return d.sendMorning(ctx, t, m)
}

// SayDigest is 今日提示: the same, whenever it is asked for.
func (d *Desk) SayDigest(ctx context.Context, t *convo.Turn) error {
	if ok, err := d.officeOnly(ctx, t, "digest", text.DigestNotYours); err != nil || !ok {
		return err
	}
	m, err := d.daybook(ctx, t)
	if err != nil {
		return err
	}
	if m.empty() {
		t.Say(text.DigestNoneToday)
		return nil
	}
	return d.sendMorning(ctx, t, m)
}

// sendMorning sends it as one card, with its lines as a text before when they are many,
// and the paragraph to forward.
func (d *Desk) sendMorning(ctx context.Context, t *convo.Turn, m daybook) error {
	card := bot.Card{
		Title: m.title(), Desc: text.DigestDesc, Body: strings.Join(m.lines(), "\n"),
		About: bot.About{Kind: aboutMorning, ID: int64(m.today.Year()*10000 + int(m.today.Month())*100 + m.today.Day())},
	}
	if len(m.late)+len(m.soon) > 0 {
		card.Buttons = append(card.Buttons, bot.Option{Text: text.DigestChase, Key: "digest.chase"})
	}
	if len(m.asked) > 0 {
		card.Buttons = append(card.Buttons, bot.Option{Text: text.DigestGrant, Key: "digest.grant"})
	}
	card.Buttons = append(card.Buttons,
		bot.Option{Text: text.DigestGive, Key: "digest.give", Minor: true}, bot.Option{Text: text.DigestListButton, Key: "digest.list", Minor: true})
	if m.running {
		if err := d.picture(ctx, t, m.campaign.ID); err != nil {
			return err
		}
	}
	t.Send(bot.Reply{To: t.Actor.UserID, Lane: bot.LaneNotice, Card: &card})
	t.Send(bot.Reply{To: t.Actor.UserID, Lane: bot.LaneNotice, Text: m.forward()})
	return d.record(ctx, t, "digest.send", aboutMorning, card.About.ID, 0)
}

func (d *Desk) picture(ctx context.Context, t *convo.Turn, campaign int64) error {
	if d.Pictures == nil {
		return nil
	}
	if err := d.Pictures.Picture(ctx, t.Actor.UserID, PictureProgress, campaign); err != nil {
		return fmt.Errorf("digest: picture: %w", err)
	}
	return nil
}

// daybook is what the office has to know today.
type daybook struct {
	today       time.Time
	cal         plan.Calendar
	campaign    risk.Campaign
	running     bool
	late, soon  []plan.Obligation
	unowned     []plan.Obligation
	left        []plan.Obligation
	reviewers   []string
	undelivered []string
	people      int // who did not get something
	asked       []asked
	idle        string
	noYears     []int
	checks      []risk.SelfCheck
}

func (m daybook) empty() bool {
	return len(m.late)+len(m.soon)+len(m.unowned)+len(m.left)+len(m.reviewers)+m.people+len(m.asked)+len(m.noYears) == 0 && m.idle == ""
}

func (d *Desk) daybook(ctx context.Context, t *convo.Turn) (m daybook, err error) {
	m.today = bot.Civil(t.Now)
	if m.cal, err = d.calendar(ctx); err != nil {
		return m, err
	}
	if m.campaign, m.running, err = d.Reg.Campaign(ctx); err != nil {
		return m, err
	}
	if m.running {
		if m.checks, err = d.Reg.Checks(ctx, risk.CheckFilter{Campaign: m.campaign.ID, Heads: true}); err != nil {
			return m, err
		}
	}
	if m.late, m.soon, err = d.pressing(ctx, 0, m.today, m.cal); err != nil {
		return m, err
	}
	if err = d.morningOwners(ctx, &m); err != nil {
		return m, err
	}
	if m.reviewers, err = d.morningReviews(ctx, m.today); err != nil {
		return m, err
	}
	missed, err := d.Plans.NotDelivered(ctx, workdayBefore(m.today, m.cal))
	if err != nil {
		return m, fmt.Errorf("digest: %w", err)
	}
	m.undelivered, m.people = undelivered(missed)
	if m.asked, err = d.askedFor(ctx, t.Actor); err != nil {
		return m, err
	}
	m.idle, err = d.morningIdle(ctx, t.Now)
	return m, err
}

// morningOwners finds what nobody does, and the years whose holidays are not known.
func (d *Desk) morningOwners(ctx context.Context, m *daybook) error {
	org, err := d.Plans.Org(ctx)
	if err != nil {
		return err
	}
	open, err := d.Plans.Obligations(ctx, ObligationFilter{Open: true})
	if err != nil {
		return fmt.Errorf("digest: %w", err)
	}
	byDay(open)
	years := []int{m.today.Year()}
	for _, ob := range open {
		switch {
		case ob.OwnerRole == plan.Superior:
		case ob.Owner == 0:
			m.unowned = append(m.unowned, ob)
		case !org.Active[ob.Owner]:
			m.left = append(m.left, ob)
		}
		if y := bot.Civil(ob.Due).Year(); !ob.Due.IsZero() && !slices.Contains(years, y) {
			years = append(years, y)
		}
	}
	for _, y := range years {
		if y >= m.today.Year() && !m.cal.Knows(y) {
			m.noYears = append(m.noYears, y)
		}
	}
	slices.Sort(m.noYears)
	return nil
}

// morningReviews counts open reviews by reviewer, whoever is past the day to decide first.
func (d *Desk) morningReviews(ctx context.Context, today time.Time) ([]string, error) {
	open, err := d.Reg.Reviews(ctx, risk.ReviewFilter{Open: true})
	if err != nil {
		return nil, fmt.Errorf("digest: reviews: %w", err)
	}
	type held struct {
		name    string
		n, late int
	}
	byPerson := map[int64]*held{}
	var all []*held
	for _, r := range open {
		h := byPerson[r.Assignee.ID]
		if h == nil {
			h = &held{name: r.Assignee.Name}
			byPerson[r.Assignee.ID] = h
			all = append(all, h)
		}
		h.n++
		// A card that was issued again has a new day, but its first one has passed.
		if r.Round > 1 || !r.DecideBy.IsZero() && bot.Civil(r.DecideBy).Before(today) {
			h.late++
		}
	}
	slices.SortStableFunc(all, func(a, b *held) int {
		if a.late != b.late {
			return b.late - a.late
		}
		return b.n - a.n
	})
	var out []string
	for _, h := range all {
		if h.late > 0 {
			out = append(out, fmt.Sprintf(text.DigestReviewerDue, h.name, h.n, h.late))
		} else {
			out = append(out, fmt.Sprintf(text.DigestReviewer, h.name, h.n))
		}
	}
	return out, nil
}

// undelivered names who did not get what, each person once.
func undelivered(missed []Undelivered) (names []string, people int) {
	kinds := map[string]string{"reply": text.KindReply, "notice": text.KindNotice, "reminder": text.KindReminder, "survey": text.KindSurvey}
	byPerson := map[int64][]string{}
	name := map[int64]string{}
	var order []int64
	for _, u := range missed {
		if _, seen := name[u.Person]; !seen {
			order = append(order, u.Person)
			name[u.Person] = u.Name
		}
		kind := kinds[u.Kind]
		if kind == "" {
			kind = text.KindNotice
		}
		if !slices.Contains(byPerson[u.Person], kind) {
			byPerson[u.Person] = append(byPerson[u.Person], kind)
		}
	}
	for _, p := range order {
		names = append(names, fmt.Sprintf(text.DigestPerson, name[p], strings.Join(byPerson[p], text.ListComma)))
	}
	return names, len(order)
}

// morningIdle is what WeCom last said about the app, if that still stands.
func (d *Desk) morningIdle(ctx context.Context, now time.Time) (string, error) {
	at := map[string]time.Time{}
	for _, what := range []string{"warned", "stopped", "restored"} {
		last, err := d.Reg.Allowed(ctx, "app:"+what)
		if err != nil {
			return "", err
		}
		at[what] = last
	}
	say, last := text.DigestIdle, at["warned"]
	if at["stopped"].After(last) {
		say, last = text.DigestStopped, at["stopped"]
	}
	if last.IsZero() || at["restored"].After(last) || now.Sub(last) > idleSince {
		return "", nil
	}
	return say, nil
}

// workdayBefore is the morning of the working day before a day: what did not arrive
// since then is today's business.
func workdayBefore(on time.Time, cal plan.Calendar) time.Time {
	on = on.AddDate(0, 0, -1)
	for range 31 {
		if cal.Worked(on) {
			break
		}
		on = on.AddDate(0, 0, -1)
	}
	return on.Add(9 * time.Hour)
}

func (m daybook) title() string {
	switch {
	case len(m.late) > 0:
		return fmt.Sprintf(text.DigestTitleLate, len(m.late))
	case len(m.soon) > 0:
		return fmt.Sprintf(text.DigestTitleSoon, len(m.soon))
	}
	return text.DigestTitleOther
}

// lines are the digest, the most urgent first.
func (m daybook) lines() []string {
	var out []string
	for _, l := range []struct {
		say string
		obs []plan.Obligation
		of  func([]plan.Obligation) string
	}{
		{text.DigestLate, m.late, bySection},
		{text.DigestSoon, m.soon, bySection},
		{text.DigestUnowned, m.unowned, byName},
		{text.DigestLeft, m.left, byName},
	} {
		if len(l.obs) > 0 {
			out = append(out, fmt.Sprintf(l.say, len(l.obs), l.of(l.obs)))
		}
	}
	if len(m.reviewers) > 0 {
		out = append(out, fmt.Sprintf(text.DigestWaiting, strings.Join(m.reviewers, text.ListComma)))
	}
	if m.people > 0 {
		out = append(out, fmt.Sprintf(text.DigestUndelivered, someOf(m.undelivered)))
	}
	if len(m.asked) > 0 {
		out = append(out, fmt.Sprintf(text.DigestExtensions, len(m.asked)))
	}
	if m.idle != "" {
		out = append(out, m.idle)
	}
	for _, y := range m.noYears {
		out = append(out, fmt.Sprintf(text.DigestNoYear, y))
	}
	return out
}

// byName lists what obligations are called, each name once.
func byName(obs []plan.Obligation) string {
	var names []string
	for _, ob := range obs {
		if !slices.Contains(names, ob.Name) {
			names = append(names, ob.Name)
		}
	}
	return someOf(names)
}

func someOf(names []string) string {
	if len(names) <= digestNames {
		return strings.Join(names, text.ListComma)
	}
	return strings.Join(names[:digestNames], text.ListComma) + fmt.Sprintf(text.DigestMorePeople, len(names))
}

// forwardAhead is how many working days before its end the self-check is spoken of.
const forwardAhead = 5

// forward is the paragraph that can be sent on as it is. It counts the whole unit: a
// section of one person would be that person's name.
func (m daybook) forward() string {
	all, handed := 0, 0
	for _, c := range m.checks {
		if c.Offline {
			continue
		}
		all++
		if c.State != risk.CheckDraft && c.State != risk.CheckReturned {
			handed++
		}
	}
	other := 0
	for _, ob := range slices.Concat(m.late, m.soon) {
		if ob.Kind != plan.KindSelfCheck {
			other++
		}
	}
	var say string
	switch due := bot.Civil(m.campaign.Due); {
	case all == 0, due.After(m.cal.Add(m.today, forwardAhead)), handed == all && m.today.After(m.cal.Add(due, 1)):
		say = text.DigestForwardPlain
	case handed == all:
		say = fmt.Sprintf(text.DigestForwardDone, all)
	case due.Before(m.today):
		say = fmt.Sprintf(text.DigestForwardLate, dayWeek(due), all, handed, all-handed)
	default:
		say = fmt.Sprintf(text.DigestForwardCheck, dayWeek(due), all, handed, all-handed)
	}
	switch {
	case other > 0 && say == text.DigestForwardPlain:
		say = fmt.Sprintf(text.DigestForwardSome, other)
	case other > 0:
		say += fmt.Sprintf(text.DigestForwardOther, other)
	}
	return say + text.DigestForwardEnd
}

// requestsShown is how many requests for more time a chat shows at once.
const requestsShown = 3

// pressRequests is 准予延期 on the digest: every request on a card of its own.
func (d *Desk) pressRequests(ctx context.Context, t *convo.Turn) error {
	t.KeepCard()
	return d.SayRequests(ctx, t)
}

// SayRequests shows the requests for more time that wait for this person.
func (d *Desk) SayRequests(ctx context.Context, t *convo.Turn) error {
	all, err := d.askedFor(ctx, t.Actor)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		t.Say(text.DigestNoRequests)
		return nil
	}
	for _, a := range all[:min(len(all), requestsShown)] {
		who, err := d.Reg.Person(ctx, a.By)
		if err != nil {
			return err
		}
		t.Show(extensionCard(a.Extension, a.ob, who.Name))
	}
	if len(all) > requestsShown {
		t.Say(fmt.Sprintf(text.DigestMoreAsked, len(all)-requestsShown, d.Pages.Todo()))
	}
	return nil
}
