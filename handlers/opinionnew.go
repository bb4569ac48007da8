package handlers

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/letter"
	"qingfeng/bot/notice"
	"qingfeng/bot/opinion"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

// OpinionEntry is an opinion that came by phone, visit, box or meeting.
type OpinionEntry struct {
	Notice  int64 // 0: about none
	Point   int
	Kind    opinion.Kind
	Channel opinion.Channel
	On      time.Time // the day it came
	Text    string
	Receipt bool // whoever said it gets a receipt
}

// entryOldest is how many days ago an opinion may have come.
const entryOldest = 31

// OpinionNotices are the notices an opinion may be about: those the public has seen.
func (d *Desk) OpinionNotices(ctx context.Context) ([]PublicNotice, error) {
	if d.Publications == nil {
		return nil, nil
	}
	return d.Publications.PublicNotices(ctx, NoticeFilter{States: []notice.State{notice.Open, notice.Ended, notice.Corrected}})
}

// EnterOpinion seals what somebody said to the office and keeps nothing else of them. The
// receipt, if one was wanted, is returned once and stands nowhere.
func (d *Desk) EnterOpinion(ctx context.Context, t *convo.Turn, in OpinionEntry) (receipt string, ok bool, err error) {
	const action = "opinion.enter"
	no := func(code, say string) (string, bool, error) {
		return "", false, d.refuseOnDay(ctx, t, action, aboutOpinion, 0, code, say)
	}
	if d.Opinions == nil {
		return "", false, fmt.Errorf("opinion: %w", risk.ErrNone)
	}
	if !MayHandleOpinions(t.Actor) {
		return no("role", text.OpinionsNotYours)
	}
	ring, _, err := d.Opinions.Ring(ctx, opinion.Office)
	if err != nil {
		return "", false, err
	}
	if !ring.Ready() {
		return no("no keys", text.DeskNoKeys)
	}
	in.Text, in.On = strings.TrimSpace(in.Text), bot.Civil(in.On)
	today := bot.Civil(t.Now)
	var n PublicNotice
	if in.Notice != 0 {
		list, err := d.OpinionNotices(ctx)
		if err != nil {
			return "", false, err
		}
		i := slices.IndexFunc(list, func(n PublicNotice) bool { return n.ID == in.Notice })
		if i < 0 {
			return no("notice", text.OpinionNoSuchNotice)
		}
		n = list[i]
	}
	if in.Point != 0 {
		if _, ok := publishedPoint(n, in.Point); !ok {
			return no("point", text.OpinionNoPoint)
		}
	}
	switch {
	case !slices.Contains(opinion.Kinds(), in.Kind):
		return no("kind", text.OpinionNoKind)
	case !slices.Contains(EnteredChannels(), in.Channel):
		return no("channel", text.OpinionNoChannel)
	case in.On.IsZero() || in.On.After(today) || in.On.Before(today.AddDate(0, 0, -entryOldest)):
		return no("day", fmt.Sprintf(text.OpinionBadDay, entryOldest))
	case in.Text == "":
		return no("empty", text.OpinionEmpty)
	case utf8.RuneCountInString(in.Text) > opinion.TextMax:
		return no("long", fmt.Sprintf(text.OpinionTooLong, opinion.TextMax))
	}
	if code, say := wrongDoor(in.Text); code != "" {
		return no(code, say)
	}
	f := Feedback{Notice: n.ID, Code: n.Code, Point: in.Point, Kind: in.Kind, Channel: in.Channel, ReceivedOn: in.On, State: opinion.Triaged}
	if f.DueOn, err = d.dueDay(ctx, n, in.On); err != nil {
		return "", false, err
	}
	f.PurgeOn = opinion.PurgeOn(f.DueOn)
	if in.Receipt {
		r, err := letter.NewReceipt(rand.Reader)
		if err != nil {
			return "", false, err
		}
		f.Salt = make([]byte, letter.SaltSize)
		_, _ = rand.Read(f.Salt) // never fails
		key, err := r.Key(f.Salt)
		if err != nil {
			return "", false, err
		}
		f.Selector, f.AnswerTo, receipt = r.Selector(), key.AnswerTo(), r.Code()
	}
	if f.Body, err = sealLetter(in.Text, ring.Recipients); err != nil {
		return "", false, err
	}
	if err := d.Opinions.AddFeedback(ctx, &f); err != nil {
		return "", false, err
	}
	t.Say(text.OpinionEntered)
	return receipt, true, d.onDay(ctx, t, action, aboutOpinion, f.ID, 0)
}

// EnteredChannels are the ways an opinion comes that is entered at the desk.
func EnteredChannels() []opinion.Channel {
	return []opinion.Channel{opinion.Phone, opinion.Visit, opinion.Box, opinion.Meeting}
}

// wrongDoor stops what must not stand here: names, numbers and secrets, and reports about
// a person, which have a door of their own.
func wrongDoor(said string) (code, say string) {
	switch c := risk.Door(said); {
	case c.Kind == risk.DoorReport:
		return "report", text.OpinionReport
	case c.Kind == risk.DoorStopped, risk.Guard(said) != nil:
		return "guard", text.OpinionGuarded
	}
	return "", ""
}
