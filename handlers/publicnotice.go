package handlers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/notice"
	"qingfeng/bot/opinion"
	"qingfeng/bot/plan"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

// What cards of a public notice and of a point's revision are bound to.
const (
	aboutPublic   = "public_notice"
	aboutRevision = "point_revision"
)

// Defaults and limits of a notice.
const (
	pubDays      = 5 // working days, where the campaign's plan has no 公示 stage
	pubDaysMost  = 60
	pubTitleMost = 40
	pubWordsMost = 300 // characters of a reason or of what a correction changes
)

// PublicNotices is the list of notices.
func (p Pages) PublicNotices() string { return p.Base + "/notices" }

// PublicNotice is one notice for staff.
func (p Pages) PublicNotice(id int64) string { return fmt.Sprintf("%s/notice/%d", p.Base, id) }

// Noticed is a notice as everybody reads it, without login.
func (p Pages) Noticed(code string) string { return p.Public + "/n/" + code }

// Revise is where a confirmed point is revised.
func (p Pages) Revise(point int64) string { return fmt.Sprintf("%s/point/%d/revise", p.Base, point) }

// MayCheckPublic reports whether somebody may approve or return a notice that another
// person drafted.
func MayCheckPublic(a bot.Actor) bool {
	return a.Person != 0 && (a.Coordinator() || a.Has(bot.RolePrincipal, bot.RoleGroupChair, bot.RoleLeaderInCharge, bot.RoleDiscipline))
}

// pubShown reports whether a notice is for everybody of the unit to read: it is or was open.
func pubShown(s notice.State) bool {
	return s == notice.Open || s == notice.Ended || s == notice.Corrected || s == notice.Withdrawn
}

// PubDraft is a notice as the office writes it.
type PubDraft struct {
	Title    string
	Audience notice.Audience
	Change   string // of a correction: what it corrects
	NoticeDraft
}

// pubSide is who may do something to a notice.
type pubSide int

const (
	pubOffice  pubSide = iota // the coordinating office
	pubChecker                // a second person, never the drafter
)

// pubNo loads a notice for a move: it checks who asks, which version of it they saw and
// where it stands. A refusal has been said and audited when ok is false.
func (d *Desk) pubNo(ctx context.Context, t *convo.Turn, id int64, rev int, action string, who pubSide, from ...notice.State) (n PublicNotice, ok bool, err error) {
	no := func(code, say string) (PublicNotice, bool, error) {
		return n, false, d.refuse(ctx, t, action, aboutPublic, id, code, say)
	}
	if n, err = d.onePublic(ctx, id); err != nil {
		return n, false, err
	}
	switch {
	case who == pubOffice && !t.Actor.Coordinator():
		return no("role", text.PubOfficeOnly)
	case who == pubChecker && !MayCheckPublic(t.Actor):
		return no("role", text.PubCheckerOnly)
	case who == pubChecker && t.Actor.Person == n.DraftedBy:
		return no("own draft", text.PubOwnDraft)
	case !slices.Contains(from, n.State):
		return no("in "+string(n.State), fmt.Sprintf(text.PubStands, text.PubState(string(n.State))))
	case rev != n.Rev:
		return no("changed", text.PubChanged)
	}
	return n, true, nil
}

func (d *Desk) onePublic(ctx context.Context, id int64) (PublicNotice, error) {
	if d.Publications == nil {
		return PublicNotice{}, fmt.Errorf("public notice %d: %w", id, risk.ErrNone)
	}
	return d.Publications.PublicNotice(ctx, id)
}

// keepPublic saves a notice and leaves its audit event. Two people at once: the second is
// told, and nothing of theirs happened.
func (d *Desk) keepPublic(ctx context.Context, t *convo.Turn, n *PublicNotice, action string) error {
	err := d.Publications.SavePublicNotice(ctx, n)
	if errors.Is(err, risk.ErrChanged) {
		return errors.Join(bot.Refuse(text.PubChanged, action+": changed"), err)
	}
	if err != nil {
		return err
	}
	e := risk.Event{Actor: t.Actor.Person, Action: action, Object: aboutPublic, ID: n.ID, Version: n.Version, Result: "ok"}
	if t.Actor.Person != 0 {
		e.Role = role(t.Actor)
	}
	return d.Reg.Record(ctx, e)
}

// PubStart is a new draft with what is known already: the open campaign's 公示 stage, and
// the contact of the last notice.
func (d *Desk) PubStart(ctx context.Context, now time.Time) (in PubDraft, err error) {
	cal, err := d.calendar(ctx)
	if err != nil {
		return in, err
	}
	in = PubDraft{Audience: notice.OfficeIn}
	in.Start, in.Days, in.Promise = cal.Add(bot.Civil(now), 1), pubDays, opinion.Promise
	last, err := d.Publications.PublicNotices(ctx, NoticeFilter{})
	if err != nil {
		return in, err
	}
	if n, ok := newestPublic(last); ok {
		in.remember(n)
	}
	campaign, err := d.pubCampaign(ctx)
	if err != nil || campaign.ID == 0 {
		return in, err
	}
	in.Title = fmt.Sprintf(text.PubTitle, campaign.Year)
	if d.Plans == nil {
		return in, nil
	}
	stages, err := d.Plans.Stages(ctx, campaign.ID)
	if err != nil {
		return in, err
	}
	for _, s := range stages {
		if !strings.Contains(s.Name, text.PubStage) || bot.Civil(s.Until).Before(bot.Civil(now)) || s.Waived != "" {
			continue
		}
		from := cal.Roll(bot.Civil(s.From), plan.Forward)
		if from.After(in.Start) {
			in.Start = from
		}
		in.Days = min(max(cal.Between(from, s.Until), pubDays), pubDaysMost)
		break
	}
	return in, nil
}

// remember takes over what the last notice said of how the office is reached.
func (in *PubDraft) remember(last PublicNotice) {
	in.Contact = last.Draft.Contact
	if last.Draft.Promise > 0 {
		in.Promise = last.Draft.Promise
	}
}

func newestPublic(list []PublicNotice) (n PublicNotice, ok bool) {
	for _, x := range list {
		if x.ID > n.ID {
			n, ok = x, true
		}
	}
	return n, ok
}

// pubCampaign is the campaign whose points are published: the open one, after it the last.
func (d *Desk) pubCampaign(ctx context.Context) (risk.Campaign, error) {
	c, open, err := d.Reg.Campaign(ctx)
	if err != nil || open {
		return c, err
	}
	all, err := d.Reg.Campaigns(ctx)
	if err != nil || len(all) == 0 {
		return risk.Campaign{}, err
	}
	return slices.MaxFunc(all, func(a, b risk.Campaign) int { return int(a.ID - b.ID) }), nil
}

// DraftPublic writes a new notice down (id 0), or a draft anew. Whoever writes it is its
// drafter, and cannot be the one who checks it.
func (d *Desk) DraftPublic(ctx context.Context, t *convo.Turn, id int64, rev int, in PubDraft) (n PublicNotice, ok bool, err error) {
	const action = "notice.draft"
	no := func(code, say string) (PublicNotice, bool, error) {
		return n, false, d.refuse(ctx, t, action, aboutPublic, id, code, say)
	}
	if !t.Actor.Coordinator() {
		return no("role", text.PubOfficeOnly)
	}
	if id != 0 {
		if n, ok, err = d.pubNo(ctx, t, id, rev, action, pubOffice, notice.Drafting, notice.Returned); err != nil || !ok {
			return n, false, err
		}
	} else {
		campaign, err := d.pubCampaign(ctx)
		if err != nil {
			return n, false, err
		}
		if campaign.ID == 0 {
			return no("no campaign", text.PubNoCampaign)
		}
		n = PublicNotice{Campaign: campaign.ID, Version: 1, State: notice.Drafting}
		if n.Code, err = d.pubCode(); err != nil {
			return n, false, err
		}
	}
	cal, err := d.calendar(ctx)
	if err != nil {
		return n, false, err
	}
	in.Title, in.Change = strings.TrimSpace(in.Title), strings.TrimSpace(in.Change)
	in.Start = bot.Civil(in.Start)
	if n.Version > 1 { // a correction keeps whom it is for and when the notice began
		in.Audience, in.Start = n.Audience, bot.Civil(n.Draft.Start)
	}
	if code, say := checkPubDraft(in, n.Version, t.Now); code != "" {
		return no(code, say)
	}
	if first := cal.Roll(in.Start, plan.Forward); n.Version == 1 && !first.Equal(in.Start) {
		t.Say(fmt.Sprintf(text.PubRolled, day(in.Start), day(first)))
		in.Start = first
	}
	if y := in.Start.Year(); !cal.Knows(y) {
		t.Say(fmt.Sprintf(text.PubNoHolidays, y))
	}
	n.Audience, n.Title, n.Change, n.Draft, n.DraftedBy = in.Audience, in.Title, in.Change, in.NoticeDraft, t.Actor.Person
	n.Start, n.End = in.Start, lastDay(cal, in.Start, in.Days)
	if n.Version > 1 && n.End.Before(bot.Civil(t.Now)) {
		return no("past", text.PubCorrectLate)
	}
	if id == 0 {
		if err := d.Publications.NewNotice(ctx, &n); err != nil {
			return n, false, err
		}
		return n, true, d.record(ctx, t, action, aboutPublic, n.ID, n.Version)
	}
	t.Supersede(bot.About{Kind: aboutPublic, ID: id}, text.PubCardChanged)
	return n, true, d.keepPublic(ctx, t, &n, action)
}

// lastDay is the last of so many working days that begin on a working day.
func lastDay(cal plan.Calendar, start time.Time, days int) time.Time {
	if days <= 1 {
		return start
	}
	return cal.Add(start, days-1)
}

// checkPubDraft says what is wrong with what was typed: a code and a line. What is wrong
// with the content itself is notice.Build's to say.
func checkPubDraft(in PubDraft, version int, now time.Time) (code, say string) {
	switch n := utf8.RuneCountInString(in.Title); {
	case n < 4 || n > pubTitleMost:
		return "title", fmt.Sprintf(text.PubTitleAgain, pubTitleMost)
	case !slices.Contains(notice.Audiences(), in.Audience):
		return "audience", text.PubAudienceAgain
	case in.Days < 1 || in.Days > pubDaysMost:
		return "days", fmt.Sprintf(text.PubDaysAgain, pubDaysMost)
	case in.Promise < 1 || in.Promise > pubDaysMost:
		return "promise", fmt.Sprintf(text.PubPromiseAgain, pubDaysMost)
	case in.Start.IsZero():
		return "start", text.PubStartAgain
	case version == 1 && in.Start.Before(bot.Civil(now)):
		return "past", text.PubStartPast
	case in.Start.After(bot.Civil(now).AddDate(1, 0, 0)):
		return "far", text.PubStartFar
	case version > 1 && (in.Change == "" || utf8.RuneCountInString(in.Change) > pubWordsMost):
		return "change", fmt.Sprintf(text.PubChangeAgain, pubWordsMost)
	}
	return "", ""
}

// Codes are read aloud and copied by hand: no 0 and o, no 1, i and l.
const (
	pubAlphabet   = "23456789abcdefghjkmnpqrstuvwxyz"
	pubCodeLength = 10
)

// pubCode is a new random code of about 49 bits.
func (d *Desk) pubCode() (string, error) {
	if d.Random == nil {
		return "", errors.New("public notice: no source of randomness")
	}
	out := make([]byte, 0, pubCodeLength)
	one := make([]byte, 1)
	for len(out) < pubCodeLength {
		if _, err := io.ReadFull(d.Random, one); err != nil {
			return "", fmt.Errorf("public notice: code: %w", err)
		}
		if int(one[0]) < 256/len(pubAlphabet)*len(pubAlphabet) { // every letter as likely as any other
			out = append(out, pubAlphabet[int(one[0])%len(pubAlphabet)])
		}
	}
	return string(out), nil
}

// SealReady reports whether what is said about a notice can be sealed to the office and
// opened again when the first key is lost.
func (d *Desk) SealReady(ctx context.Context) (bool, error) {
	if d.Opinions == nil {
		return false, nil
	}
	ring, ok, err := d.Opinions.Ring(ctx, opinion.Office)
	return ok && err == nil && ring.Ready(), err
}
