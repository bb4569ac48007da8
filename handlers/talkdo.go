package handlers

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/plan"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

// AckTalk is 收到: received, which admits nothing.
func (d *Desk) AckTalk(ctx context.Context, t *convo.Turn, id int64, version int) (bool, error) {
	n, _, ok, err := d.talkNo(ctx, t, id, version, byTarget, risk.NoticeAck)
	if err != nil || !ok {
		return false, err
	}
	n.AckedAt = t.Now
	if err := d.keepTalk(ctx, t, &n, risk.NoticeAck); err != nil {
		return false, err
	}
	t.Say(fmt.Sprintf(text.TalkAcked, d.Pages.Talks()))
	d.tellIssuer(t, n, fmt.Sprintf(text.TalkAckedIssuer, n.ID), "acked")
	return true, nil
}

// ReplyTalk stores the target's answer, sealed.
func (d *Desk) ReplyTalk(ctx context.Context, t *convo.Turn, id int64, version int, said string) (bool, error) {
	n, _, ok, err := d.talkNo(ctx, t, id, version, byTarget, risk.NoticeReply)
	if err != nil || !ok {
		return false, err
	}
	if ok, err := d.mayKeep(ctx, t, "talk.reply", id, said); err != nil || !ok {
		return false, err
	}
	n.Version++
	if err := d.keepTalk(ctx, t, &n, risk.NoticeReply); err != nil {
		return false, err
	}
	if err := d.sealed(ctx, t, n, risk.PartReply, said); err != nil {
		return false, err
	}
	t.Supersede(bot.About{Kind: aboutTalk, ID: id}, text.TalkCardDone)
	t.Supersede(bot.About{Kind: aboutTalkDesk, ID: id}, text.TalkChanged)
	t.Say(text.TalkReplied)
	d.tellIssuer(t, n, fmt.Sprintf(text.TalkRepliedIssuer, n.ID, d.Pages.Talk(n.ID)), "replied")
	return true, nil
}

// mayKeep refuses content that is missing, too long, or cannot be sealed.
func (d *Desk) mayKeep(ctx context.Context, t *convo.Turn, action string, id int64, said string) (bool, error) {
	no := func(code, say string) (bool, error) { return false, d.refuse(ctx, t, action, aboutTalk, id, code, say) }
	switch {
	case strings.TrimSpace(said) == "":
		return no("empty", text.TalkEmpty)
	case utf8.RuneCountInString(said) > ContentLongest:
		return no("long", fmt.Sprintf(text.TalkLong, ContentLongest))
	case d.Seal == nil:
		return no("no key", text.TalkNoKey)
	}
	return true, nil
}

// HeldTalk says that the talk took place; of 谈心 the day is noted.
func (d *Desk) HeldTalk(ctx context.Context, t *convo.Turn, id int64, version int) (bool, error) {
	n, k, ok, err := d.talkNo(ctx, t, id, version, byIssuer, risk.NoticeHeld)
	if err != nil || !ok {
		return false, err
	}
	if err := d.keepTalk(ctx, t, &n, risk.NoticeHeld); err != nil {
		return false, err
	}
	if k.Counts {
		on := bot.Civil(t.Now)
		if planned := bot.Civil(n.At); planned.Before(on) {
			on = planned
		}
		if _, err := d.Talks.SaveHeartTalk(ctx, risk.HeartTalk{Talker: n.Issuer.ID, Talked: n.Target.ID, On: on}); err != nil {
			return false, err
		}
	}
	t.Supersede(bot.About{Kind: aboutTalk, ID: id}, text.TalkCardDone)
	d.askPoint(t, n)
	return true, nil
}

// ReviewTalk takes a reply up, or what was settled without one.
func (d *Desk) ReviewTalk(ctx context.Context, t *convo.Turn, id int64, version int) (bool, error) {
	n, _, ok, err := d.talkNo(ctx, t, id, version, byIssuer, risk.NoticeReview)
	if err != nil || !ok {
		return false, err
	}
	if err := d.keepTalk(ctx, t, &n, risk.NoticeReview); err != nil {
		return false, err
	}
	t.Supersede(bot.About{Kind: aboutTalk, ID: id}, text.TalkCardDone)
	t.Supersede(bot.About{Kind: aboutTalkDesk, ID: id}, text.TalkChanged)
	t.Say(text.TalkReviewing)
	return true, nil
}

// ReturnTalk asks the target for more (补充说明), with as many days as at first.
func (d *Desk) ReturnTalk(ctx context.Context, t *convo.Turn, id int64, version int, ask string) (bool, error) {
	n, k, ok, err := d.talkNo(ctx, t, id, version, byIssuer, risk.NoticeReturn)
	if err != nil || !ok {
		return false, err
	}
	if ok, err := d.mayKeep(ctx, t, "talk.return", id, ask); err != nil || !ok {
		return false, err
	}
	n.Version++
	n.Alerted = time.Time{}
	if err := d.setDue(ctx, &n, k, t.Now); err != nil {
		return false, err
	}
	if err := d.keepTalk(ctx, t, &n, risk.NoticeReturn); err != nil {
		return false, err
	}
	if err := d.sealed(ctx, t, n, risk.PartAsk, ask); err != nil {
		return false, err
	}
	if _, err := d.deliverAtWork(ctx, t, n, "", "returned"); err != nil {
		return false, err
	}
	if err := d.planDue(ctx, t, n); err != nil {
		return false, err
	}
	t.Say(fmt.Sprintf(text.TalkReturned, day(n.Due)))
	return true, nil
}

// TalkEnd is how a talk is closed. Point asks for a risk point to be added or changed;
// a zero Follow means no follow-up.
type TalkEnd struct {
	Point  bool
	Follow time.Time
	Remark string
}

// askPoint is the question that closes a talk (R-I8).
func (d *Desk) askPoint(t *convo.Turn, n risk.Notice) {
	t.Supersede(bot.About{Kind: aboutTalkDesk, ID: n.ID}, text.TalkCardDone)
	t.Send(bot.Reply{To: n.Issuer.UserID, Card: &bot.Card{
		Title: fmt.Sprintf(text.TalkPointTitle, n.ID), Body: text.TalkPointAsk,
		Buttons: []bot.Option{{Text: text.TalkPointYes, Key: "talk.point_yes", Say: text.Words(text.WordsNeed)}, {Text: text.TalkPointNo, Key: "talk.point_no", Say: text.Words(text.WordsNeedNot)}},
		Link:    &bot.Link{Text: text.TalkOpenPage, URL: d.Pages.Talk(n.ID)},
		About:   bot.About{Kind: aboutTalkDesk, ID: n.ID, Version: n.Version},
	}})
}

// closeWith closes by one press, with the kind's follow-up.
func (d *Desk) closeWith(point bool) func(ctx context.Context, t *convo.Turn, id int64, version int) (bool, error) {
	return func(ctx context.Context, t *convo.Turn, id int64, version int) (bool, error) {
		_, k, err := d.oneTalk(ctx, id)
		if err != nil {
			return false, err
		}
		return d.CloseTalk(ctx, t, id, version, TalkEnd{Point: point, Follow: FollowOn(k, t.Now)})
	}
}

// FollowOn is the day of a kind's follow-up as counted from now; zero: none.
func FollowOn(k risk.NoticeKind, now time.Time) time.Time {
	if k.FollowMonths == 0 {
		return time.Time{}
	}
	return bot.Civil(now).AddDate(0, k.FollowMonths, 0)
}

// CloseTalk ends a talk that is under review.
func (d *Desk) CloseTalk(ctx context.Context, t *convo.Turn, id int64, version int, end TalkEnd) (bool, error) {
	n, _, ok, err := d.talkNo(ctx, t, id, version, byIssuer, risk.NoticeClose)
	if err != nil || !ok {
		return false, err
	}
	if end.Remark != "" {
		if ok, err := d.mayKeep(ctx, t, "talk.close", id, end.Remark); err != nil || !ok {
			return false, err
		}
	}
	if !end.Follow.IsZero() && !bot.Civil(end.Follow).After(bot.Civil(t.Now)) {
		return false, d.refuse(ctx, t, "talk.close", aboutTalk, id, "past", text.TalkFollowPast)
	}
	n.ClosedAt, n.Follow, n.PointAsked = t.Now, bot.Civil(end.Follow), end.Point
	if err := d.keepTalk(ctx, t, &n, risk.NoticeClose); err != nil {
		return false, err
	}
	if err := d.sealed(ctx, t, n, risk.PartRemark, end.Remark); err != nil {
		return false, err
	}
	t.Supersede(bot.About{Kind: aboutTalkDesk, ID: id}, text.TalkCardDone)
	say := fmt.Sprintf(text.TalkClosed, n.ID)
	if !n.Follow.IsZero() {
		say += fmt.Sprintf(text.TalkClosedFollow, day(n.Follow))
		if err := d.planFollow(ctx, t, n); err != nil {
			return false, err
		}
	}
	t.Say(say)
	if end.Point {
		return true, d.pointTask(ctx, t, n)
	}
	return true, nil
}

// pointTask asks the head of the target's section to look at its risk points. It tells
// nothing of where it comes from.
func (d *Desk) pointTask(ctx context.Context, t *convo.Turn, n risk.Notice) error {
	var owner risk.Person
	for _, r := range []bot.Role{bot.RoleSectionHead, bot.RoleLeaderInCharge} {
		if n.Section == 0 || owner.ID != 0 {
			break
		}
		list, err := d.Reg.RoleHolders(ctx, r, n.Section)
		if err != nil {
			return err
		}
		for _, p := range list {
			if owner.ID == 0 && p.ID != n.Target.ID {
				owner = p
			}
		}
	}
	if owner.ID == 0 {
		t.Say(text.TalkPointNobody)
		return nil
	}
	days, err := d.workDays(ctx)
	if err != nil {
		return err
	}
	today := bot.Civil(t.Now)
	due := days.Add(today, risk.Notices().PointDays)
	if d.Plans == nil {
		t.Send(bot.Reply{To: owner.UserID, Lane: bot.LaneNotice, Text: fmt.Sprintf(text.TalkPointTask, day(due)), Once: fmt.Sprintf("point:%d:%s", owner.ID, due.Format(time.DateOnly))})
	} else if _, err := d.Plans.AddObligations(ctx, []plan.Obligation{{
		Code: "point_change", Period: due.Format(time.DateOnly), Name: text.TalkPointName, Kind: plan.KindFiling, Owner: owner.ID, OwnerRole: bot.RoleSectionHead,
		Section: n.Section, Receiver: bot.RoleOfficeDirector, Due: due, Original: due, Version: 1, Since: today, State: plan.Pending,
	}}); err != nil {
		return err
	}
	t.Say(fmt.Sprintf(text.TalkPointGiven, owner.Name, day(due)))
	return d.record(ctx, t, "talk.point", aboutTalk, n.ID, n.Version)
}

// RemindTalk sends the target the same card once more, at most once a day.
func (d *Desk) RemindTalk(ctx context.Context, t *convo.Turn, id int64, version int) (bool, error) {
	n, _, err := d.oneTalk(ctx, id)
	if err != nil {
		return false, err
	}
	switch {
	case !d.onSide(t.Actor, n, byIssuer):
		return false, d.refuse(ctx, t, "talk.remind", aboutTalk, id, "not theirs", text.TalkNotYours)
	case version != 0 && version != n.Version:
		return false, d.refuse(ctx, t, "talk.remind", aboutTalk, id, "changed", text.TalkChanged)
	case !n.State.Waits():
		return false, d.refuse(ctx, t, "talk.remind", aboutTalk, id, "in "+string(n.State), text.TalkNotWaiting)
	case n.Delivery == offlineDelivery:
		return false, d.refuse(ctx, t, "talk.remind", aboutTalk, id, "offline", text.TalkOffline)
	}
	t.KeepCard()
	due, err := d.Reg.Allow(ctx, fmt.Sprintf("talk.remind:%d", id), 20*time.Hour)
	if err != nil {
		return false, err
	}
	if !due {
		t.Say(text.TalkRemindedToday)
		return false, nil
	}
	at, err := d.deliverAtWork(ctx, t, n, "", "again:"+bot.Local(t.Now).Format(time.DateOnly))
	if err != nil {
		return false, err
	}
	if at.IsZero() {
		t.Say(text.TalkReminded)
	} else {
		t.Say(fmt.Sprintf(text.TalkRemindedLater, talkMoment(at)))
	}
	return true, d.record(ctx, t, "talk.remind", aboutTalk, id, n.Version)
}

// ExtendTalk gives some more working days.
func (d *Desk) ExtendTalk(ctx context.Context, t *convo.Turn, id int64, version int) (bool, error) {
	n, _, ok, err := d.talkNo(ctx, t, id, version, byIssuer, risk.NoticeExtend)
	if err != nil || !ok {
		return false, err
	}
	days, err := d.workDays(ctx)
	if err != nil {
		return false, err
	}
	from := n.Due
	if today := bot.Civil(t.Now); from.Before(today) {
		from = today
	}
	n.Due, n.Alerted = days.Add(from, risk.Notices().ExtendDays), time.Time{}
	if err := d.keepTalk(ctx, t, &n, risk.NoticeExtend); err != nil {
		return false, err
	}
	t.Supersede(bot.About{Kind: aboutTalkDesk, ID: id}, text.TalkChanged)
	t.Say(fmt.Sprintf(text.TalkExtended, n.ID, day(n.Due)))
	return true, d.planDue(ctx, t, n)
}

// EscalateTalk tells the authority that a talk is overdue; by number only.
func (d *Desk) EscalateTalk(ctx context.Context, t *convo.Turn, id int64, version int) (bool, error) {
	n, _, ok, err := d.talkNo(ctx, t, id, version, byIssuer, risk.NoticeEscalate)
	if err != nil || !ok {
		return false, err
	}
	var to risk.Person
	for _, r := range []bot.Role{bot.RolePrincipal, bot.RoleDiscipline} {
		list, err := d.Reg.RoleHolders(ctx, r, 0)
		if err != nil {
			return false, err
		}
		for _, p := range list {
			if to.ID == 0 && p.ID != n.Issuer.ID && p.ID != n.Target.ID {
				to = p
			}
		}
	}
	if to.ID == 0 {
		return false, d.refuse(ctx, t, "talk.escalate", aboutTalk, id, "nobody", text.TalkNoApprover)
	}
	if err := d.keepTalk(ctx, t, &n, risk.NoticeEscalate); err != nil {
		return false, err
	}
	t.Send(bot.Reply{To: to.UserID, Lane: bot.LaneNotice, Text: fmt.Sprintf(text.TalkEscalatedTo, n.ID, n.Issuer.Name), Once: fmt.Sprintf("talk:%d:%d:up", n.ID, n.Version)})
	t.Supersede(bot.About{Kind: aboutTalkDesk, ID: id}, text.TalkChanged)
	t.Say(fmt.Sprintf(text.TalkEscalated, to.Name))
	return true, nil
}

// MoveTalk changes time, place or contact. The target says 收到 again.
func (d *Desk) MoveTalk(ctx context.Context, t *convo.Turn, id int64, version int, at time.Time, place, contact string) (bool, error) {
	n, k, ok, err := d.talkNo(ctx, t, id, version, byIssuer, risk.NoticeMoveTime)
	if err != nil || !ok {
		return false, err
	}
	in := TalkDraft{At: at, Place: strings.Join(strings.Fields(place), ""), Contact: strings.Join(strings.Fields(contact), ""), ReplyDays: max(n.ReplyDays, 1)}
	if in.Contact == "" {
		in.Contact = n.Contact
	}
	if in.At.Equal(n.At) && in.Place == n.Place && in.Contact == n.Contact {
		return false, d.refuse(ctx, t, "talk.move", aboutTalk, id, "same", text.TalkSame)
	}
	if k.NeedsContent {
		k.NeedsContent = false // it is there already
	}
	if code, say := d.checkTalk(t, k, in); code != "" {
		return false, d.refuse(ctx, t, "talk.move", aboutTalk, id, code, say)
	}
	n.At, n.Place, n.Contact, n.AckedAt, n.Alerted = in.At, in.Place, in.Contact, time.Time{}, time.Time{}
	n.Version++
	if !k.NeedsReply {
		if err := d.setDue(ctx, &n, k, t.Now); err != nil {
			return false, err
		}
	}
	if err := d.keepTalk(ctx, t, &n, risk.NoticeMoveTime); err != nil {
		return false, err
	}
	t.Supersede(bot.About{Kind: aboutTalk, ID: id}, text.TalkCardMoved)
	t.Supersede(bot.About{Kind: aboutTalkDesk, ID: id}, text.TalkChanged)
	if n.State == risk.NoticeApproved {
		t.Say(text.TalkMovedDraft)
		return true, nil
	}
	lead := text.TalkMovedLead
	if unheard, err := d.unheard(ctx, n, t.Now); err != nil {
		return false, err
	} else if unheard {
		lead = ""
	}
	goes, err := d.deliverAtWork(ctx, t, n, lead, "moved")
	if err != nil {
		return false, err
	}
	if goes.IsZero() {
		t.Say(text.TalkMoved)
	} else {
		t.Say(fmt.Sprintf(text.TalkMovedLater, talkMoment(goes)))
	}
	return true, d.planTalk(ctx, t, n)
}

// CancelTalk ends a talk before it is replied to.
func (d *Desk) CancelTalk(ctx context.Context, t *convo.Turn, id int64, version int) (bool, error) {
	n, _, ok, err := d.talkNo(ctx, t, id, version, byIssuer, risk.NoticeCancel)
	if err != nil || !ok {
		return false, err
	}
	if err := d.keepTalk(ctx, t, &n, risk.NoticeCancel); err != nil {
		return false, err
	}
	t.Supersede(bot.About{Kind: aboutTalk, ID: id}, text.TalkCardCancelled)
	t.Supersede(bot.About{Kind: aboutTalkDesk, ID: id}, text.TalkCardCancelled)
	unheard, err := d.unheard(ctx, n, t.Now)
	if err != nil {
		return false, err
	}
	if !unheard && n.Delivery != offlineDelivery && n.Target.Active {
		t.Send(bot.Reply{To: n.Target.UserID, Lane: bot.LaneNotice, Text: fmt.Sprintf(text.TalkCancelledTarget, talkMoment(n.At)), Once: fmt.Sprintf("talk:%d:%d:cancel", n.ID, n.Version)})
	}
	t.Say(fmt.Sprintf(text.TalkCancelled, n.ID))
	return true, nil
}

// ArchiveTalk puts a closed talk away.
func (d *Desk) ArchiveTalk(ctx context.Context, t *convo.Turn, id int64, version int) (bool, error) {
	n, _, ok, err := d.talkNo(ctx, t, id, version, byIssuer, risk.NoticeArchive)
	if err != nil || !ok {
		return false, err
	}
	if err := d.keepTalk(ctx, t, &n, risk.NoticeArchive); err != nil {
		return false, err
	}
	t.Supersede(bot.About{Kind: aboutTalkDesk, ID: id}, text.TalkCardDone)
	t.Say(fmt.Sprintf(text.TalkArchived, n.ID))
	return true, nil
}
