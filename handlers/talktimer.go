package handlers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

// What a timer of a talk is for.
const (
	timeCard   = "card"   // people are at work again: the card goes out
	timeReply  = "reply"  // the working morning before a reply is due
	timeDay    = "day"    // the working morning before it
	timeHour   = "hour"   // an hour before it
	timeAfter  = "after"  // the working morning after it: was it held?
	timeDue    = "due"    // the working morning after its due day, and again until it is done
	timeFollow = "follow" // its follow-up day
)

// talkTimer is the note in a talk's own lane. Everything is checked again when it
// fires; Version and On tell whether the moment is still the right one.
type talkTimer struct {
	ID      int64     `json:"id"`
	What    string    `json:"what"`
	Version int       `json:"version"`
	On      time.Time `json:"on,omitzero"`    // the day it was planned for
	Lead    string    `json:"lead,omitempty"` // of a card that waits
	Once    string    `json:"once,omitempty"`
}

// talkLane is a lane of its own for each talk: its timers wait for nobody's chat.
func talkLane(id int64) bot.UserID { return bot.UserID(fmt.Sprintf("talk:%d", id)) }

func (d *Desk) laterTalk(t *convo.Turn, n risk.Notice, what string, on, at time.Time) error {
	return d.setTimer(t, n, talkTimer{What: what, On: on}, at)
}

func (d *Desk) laterCard(t *convo.Turn, n risk.Notice, lead, once string, at time.Time) error {
	return d.setTimer(t, n, talkTimer{What: timeCard, Lead: lead, Once: once}, at)
}

func (d *Desk) setTimer(t *convo.Turn, n risk.Notice, w talkTimer, at time.Time) error {
	w.ID, w.Version = n.ID, n.Version
	data, err := json.Marshal(w)
	if err != nil {
		return err
	}
	once := fmt.Sprintf("talk:%d:%d:%s:%s", n.ID, n.Version, w.What, at.Format(time.DateOnly))
	t.Later(talkLane(n.ID), at, bot.Note{Name: noteTalk, Data: data}, once)
	return nil
}

// talkMorning is a few minutes past nine, another few for every talk: never on the hour,
// when everybody's reminders go out.
func talkMorning(day time.Time, id int64) time.Time {
	y, m, dd := day.Date()
	return time.Date(y, m, dd, 9, 4+int(id%19), 0, 0, bot.Zone())
}

// planTalk plans what comes before and after a talk that was issued or moved.
func (d *Desk) planTalk(ctx context.Context, t *convo.Turn, n risk.Notice) error {
	days, err := d.workDays(ctx)
	if err != nil {
		return err
	}
	before := bot.Civil(n.At).AddDate(0, 0, -1)
	for i := 0; i < 15 && !days.Worked(before); i++ {
		before = before.AddDate(0, 0, -1)
	}
	for what, at := range map[string]time.Time{timeDay: talkMorning(before, n.ID), timeHour: n.At.Add(-time.Hour), timeAfter: talkMorning(days.Add(bot.Civil(n.At), 1), n.ID)} {
		if at.After(t.Now) {
			if err := d.laterTalk(t, n, what, time.Time{}, at); err != nil {
				return err
			}
		}
	}
	return d.planDue(ctx, t, n)
}

func (d *Desk) planDue(ctx context.Context, t *convo.Turn, n risk.Notice) error {
	days, err := d.workDays(ctx)
	if err != nil {
		return err
	}
	if k, ok := risk.Notices().Kind(n.Kind); ok && k.NeedsReply {
		if at := talkMorning(days.Sub(n.Due, 1), n.ID); at.After(t.Now) {
			if err := d.laterTalk(t, n, timeReply, n.Due, at); err != nil {
				return err
			}
		}
	}
	return d.laterTalk(t, n, timeDue, n.Due, talkMorning(days.Add(n.Due, 1), n.ID))
}

func (d *Desk) planFollow(ctx context.Context, t *convo.Turn, n risk.Notice) error {
	days, err := d.workDays(ctx)
	if err != nil {
		return err
	}
	on := n.Follow
	if !days.Worked(on) {
		on = days.Add(on, 1)
	}
	return d.laterTalk(t, n, timeFollow, n.Follow, talkMorning(on, n.ID))
}

// noteTalkTime does what a timer is for, if it still holds.
func (d *Desk) noteTalkTime(ctx context.Context, t *convo.Turn) error {
	var w talkTimer
	if err := json.Unmarshal(t.Message.Note.Data, &w); err != nil {
		return fmt.Errorf("talk: note: %w", err)
	}
	n, k, err := d.oneTalk(ctx, w.ID)
	if errors.Is(err, risk.ErrNone) {
		return nil
	}
	if err != nil || w.Version != n.Version {
		return err
	}
	switch w.What {
	case timeCard:
		if n.State.Waits() && (n.At.After(t.Now) || k.NeedsReply) {
			d.deliver(t, n, w.Lead, w.Once)
		}
		return nil
	case timeReply:
		if n.State.Waits() && n.Due.Equal(bot.Civil(w.On)) && !n.Due.Before(bot.Civil(t.Now)) {
			d.deliver(t, n, text.TalkLeadOpen, "reply:"+n.Due.Format(time.DateOnly))
		}
		return nil
	case timeDay, timeHour:
		return d.beforeTalk(ctx, t, n, w.What)
	case timeAfter:
		return d.afterTalk(t, n, k)
	case timeDue:
		return d.talkOverdue(ctx, t, n, k, w)
	case timeFollow:
		return d.followTalk(ctx, t, n, k, w)
	}
	return nil
}

// beforeTalk reminds target and issuer. A timer that fires late, after a standstill,
// says nothing of what is over.
func (d *Desk) beforeTalk(ctx context.Context, t *convo.Turn, n risk.Notice, what string) error {
	if n.State != risk.NoticeIssued && n.State != risk.NoticeAcknowledged || !n.At.After(t.Now) {
		return nil
	}
	lead := text.TalkLeadDay
	if what == timeHour {
		lead = text.TalkLeadHour
	}
	// A first card that waited for this morning was the reminder.
	switch heard, err := d.cardWaits(ctx, n, n.IssuedAt); {
	case err != nil:
		return err
	case what != timeDay || heard.IsZero() || !bot.Civil(heard).Equal(bot.Civil(t.Now)):
		d.deliver(t, n, lead, what)
	}
	t.Send(bot.Reply{To: n.Issuer.UserID, Lane: bot.LaneNotice, Text: fmt.Sprintf(text.TalkIssuerSoon, n.ID, talkMoment(n.At), n.Place), Once: fmt.Sprintf("talk:%d:%d:%s:issuer", n.ID, n.Version, what)})
	return nil
}

// afterTalk asks the issuer whether the talk was held. What wants a reply in writing
// has its own due day.
func (d *Desk) afterTalk(t *convo.Turn, n risk.Notice, k risk.NoticeKind) error {
	if k.NeedsReply || n.State != risk.NoticeIssued && n.State != risk.NoticeAcknowledged {
		return nil
	}
	t.Send(bot.Reply{To: n.Issuer.UserID, Lane: bot.LaneNotice, Card: &bot.Card{
		Title: fmt.Sprintf(text.TalkHeldTitle, n.ID), Desc: talkMoment(n.At),
		Buttons: []bot.Option{{Text: text.TalkHeldYes, Key: "talk.held", Say: text.Words(text.WordsHeld)}, {Text: text.TalkMoveButton, Key: "talk.page", URL: d.Pages.Talk(n.ID)}},
		About:   bot.About{Kind: aboutTalkDesk, ID: n.ID, Version: n.Version},
	}, Once: fmt.Sprintf("talk:%d:%d:after", n.ID, n.Version)})
	return nil
}

// talkOverdue marks a talk overdue once its day is over, and tells the issuer: at once,
// then every few working days until something is done.
func (d *Desk) talkOverdue(ctx context.Context, t *convo.Turn, n risk.Notice, k risk.NoticeKind, w talkTimer) error {
	today := bot.Civil(t.Now)
	if !n.State.Waits() || !n.Due.Equal(bot.Civil(w.On)) || !n.Due.Before(today) || n.Alerted.Equal(today) {
		return nil
	}
	move := risk.NoticeMove("alert")
	if n.State != risk.NoticeOverdue && n.State != risk.NoticeEscalated {
		next, err := k.Next(n.State, risk.NoticeLate, !n.AckedAt.IsZero())
		if err != nil {
			return err
		}
		n.State, move = next, risk.NoticeLate
	}
	n.Alerted = today
	if err := d.keepTalk(ctx, t, &n, move); err != nil {
		return err
	}
	t.Supersede(bot.About{Kind: aboutTalkDesk, ID: n.ID}, text.TalkChanged)
	card := &bot.Card{
		Title: fmt.Sprintf(text.TalkLateTitle, n.ID), Desc: fmt.Sprintf(text.TalkLateDesc, day(n.Due)), Body: text.TalkLateBody,
		Link:  &bot.Link{Text: text.TalkOpenPage, URL: d.Pages.Talk(n.ID)},
		About: bot.About{Kind: aboutTalkDesk, ID: n.ID, Version: n.Version},
	}
	if !k.NeedsReply {
		card.Buttons = append(card.Buttons, bot.Option{Text: text.TalkHeldYes, Key: "talk.held", Say: text.Words(text.WordsHeld)})
	}
	if n.Delivery != offlineDelivery && n.Target.Active {
		card.Buttons = append(card.Buttons, bot.Option{Text: text.TalkAgainButton, Key: "talk.again"})
	}
	card.Buttons = append(card.Buttons, bot.Option{Text: fmt.Sprintf(text.TalkExtendButton, risk.Notices().ExtendDays), Key: "talk.extend"})
	if n.State == risk.NoticeOverdue {
		card.Buttons = append(card.Buttons, bot.Option{Text: text.TalkEscalateButton, Key: "talk.escalate", Minor: true})
	}
	t.Send(bot.Reply{To: n.Issuer.UserID, Lane: bot.LaneNotice, Card: card, Once: fmt.Sprintf("talk:%d:%d:late:%s", n.ID, n.Version, today.Format(time.DateOnly))})
	days, err := d.workDays(ctx)
	if err != nil {
		return err
	}
	return d.laterTalk(t, n, timeDue, n.Due, talkMorning(days.Add(today, risk.Notices().AlertEvery), n.ID))
}

// followTalk reminds the issuer that the follow-up day has come.
func (d *Desk) followTalk(ctx context.Context, t *convo.Turn, n risk.Notice, k risk.NoticeKind, w talkTimer) error {
	if n.State != risk.NoticeClosed || !n.Follow.Equal(bot.Civil(w.On)) {
		return nil
	}
	var err error
	if n.State, err = k.Next(n.State, risk.NoticeFollow, true); err != nil {
		return err
	}
	if err := d.keepTalk(ctx, t, &n, risk.NoticeFollow); err != nil {
		return err
	}
	t.Send(bot.Reply{To: n.Issuer.UserID, Lane: bot.LaneNotice, Card: &bot.Card{
		Title: fmt.Sprintf(text.TalkFollowTitle, n.ID), Body: text.TalkFollowBody,
		Buttons: []bot.Option{{Text: text.TalkArchiveButton, Key: "talk.archive"}},
		Link:    &bot.Link{Text: text.TalkOpenPage, URL: d.Pages.Talk(n.ID)},
		About:   bot.About{Kind: aboutTalkDesk, ID: n.ID, Version: n.Version},
	}, Once: fmt.Sprintf("talk:%d:%d:follow", n.ID, n.Version)})
	return nil
}
