package handlers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/plan"
	"qingfeng/bot/risk"
	"qingfeng/bot/seal"
	"qingfeng/bot/text"
)

// What cards of a talk are bound to: the target's, and the issuer's.
const (
	aboutTalk     = "talk"
	aboutTalkDesk = "talkdesk"
	noteTalk      = "talk.time"
)

// side is who may do something to a talk.
type side int

const (
	byIssuer side = iota
	byTarget
	byApprover
)

// talkNo loads a talk for a move: it checks who asks, which version they saw and where
// the talk stands, and sets the state after the move. A refusal has been said and
// audited when ok is false. version 0 is whatever stands.
func (d *Desk) talkNo(ctx context.Context, t *convo.Turn, id int64, version int, who side, m risk.NoticeMove) (n risk.Notice, k risk.NoticeKind, ok bool, err error) {
	action := "talk." + string(m)
	if n, k, err = d.oneTalk(ctx, id); err != nil {
		return n, k, false, err
	}
	switch {
	case !d.onSide(t.Actor, n, who), who == byTarget && !shownTo(n, k):
		return n, k, false, d.refuse(ctx, t, action, aboutTalk, id, "not theirs", text.TalkNotYours)
	case version != 0 && version != n.Version:
		return n, k, false, d.refuse(ctx, t, action, aboutTalk, id, "changed", text.TalkChanged)
	}
	next, err := k.Next(n.State, m, !n.AckedAt.IsZero())
	if err != nil {
		return n, k, false, d.refuse(ctx, t, action, aboutTalk, id, "in "+string(n.State), bot.Says(err))
	}
	n.State = next
	return n, k, true, nil
}

func (d *Desk) oneTalk(ctx context.Context, id int64) (n risk.Notice, k risk.NoticeKind, err error) {
	if d.Talks == nil {
		return n, k, fmt.Errorf("talk %d: %w", id, risk.ErrNone)
	}
	if n, err = d.Talks.Notice(ctx, id); err != nil {
		return n, k, err
	}
	k, known := risk.Notices().Kind(n.Kind)
	if !known {
		return n, k, fmt.Errorf("talk %d: kind %q is not in the library", id, n.Kind)
	}
	return n, k, nil
}

// onSide: for an issuer who has left, the discipline office goes on.
func (d *Desk) onSide(a bot.Actor, n risk.Notice, who side) bool {
	switch {
	case a.Person == 0:
		return false
	case who == byTarget:
		return a.Person == n.Target.ID
	case a.Person == n.Target.ID:
		return false
	case who == byApprover:
		return n.Approver != 0 && a.Person != n.Issuer.ID && (a.Person == n.Approver || a.Has(bot.RoleDiscipline))
	}
	return a.Person == n.Issuer.ID || !n.Issuer.Active && a.Has(bot.RoleDiscipline)
}

// shownTo reports whether its target finds a talk on the pages: not before it went out,
// and never a talk that somebody tells in person, for a page would tell it first.
func shownTo(n risk.Notice, k risk.NoticeKind) bool {
	return !n.IssuedAt.IsZero() && (n.Delivery != offlineDelivery || k.NeedsReply)
}

// keepTalk saves a talk and leaves its audit event.
func (d *Desk) keepTalk(ctx context.Context, t *convo.Turn, n *risk.Notice, m risk.NoticeMove) error {
	if err := d.Talks.SaveNotice(ctx, n); err != nil {
		return err
	}
	e := risk.Event{Actor: t.Actor.Person, Action: "talk." + string(m), Object: aboutTalk, ID: n.ID, Version: n.Version, Result: "ok"}
	if t.Actor.Person != 0 {
		e.Role = role(t.Actor)
	}
	return d.Reg.Record(ctx, e)
}

// sealed closes a text and stores it with a talk; an empty one is not stored. Whoever
// calls it has checked that there is a key.
func (d *Desk) sealed(ctx context.Context, t *convo.Turn, n risk.Notice, field, said string) error {
	if said = strings.TrimSpace(said); said == "" {
		return nil
	}
	id, data, err := d.Seal.Seal(sealPlace(n.ID, field, n.Version), []byte(said))
	if err != nil {
		return err
	}
	return d.Talks.SavePart(ctx, risk.NoticePart{Notice: n.ID, Field: field, Version: n.Version, By: t.Actor.Person, KeyID: id, Sealed: data, At: t.Now})
}

func sealPlace(id int64, field string, version int) seal.About {
	return seal.About{Object: "notice", ID: id, Field: field, Version: version}
}

// party is one side of a notice as the roster has it today.
func (d *Desk) party(ctx context.Context, p risk.Person) (risk.NoticeParty, error) {
	out := risk.NoticeParty{ID: p.ID, Active: p.Active}
	holders, err := d.Reg.Holders(ctx, 0)
	if err != nil {
		return out, err
	}
	sections, err := d.Reg.Sections(ctx)
	if err != nil {
		return out, err
	}
	all, err := d.parties(ctx, []risk.Person{p}, holders, sections)
	if err != nil {
		return out, err
	}
	return all[p.ID], nil
}

// parties are several people at once, with two questions a role and section.
func (d *Desk) parties(ctx context.Context, people []risk.Person, holders []risk.Holder, sections []risk.Section) (map[int64]risk.NoticeParty, error) {
	out := map[int64]risk.NoticeParty{}
	for _, p := range people {
		out[p.ID] = risk.NoticeParty{ID: p.ID, Active: p.Active}
	}
	change := func(id int64, f func(*risk.NoticeParty)) {
		if p, ok := out[id]; ok {
			f(&p)
			out[id] = p
		}
	}
	for _, h := range holders {
		change(h.Person.ID, func(p *risk.NoticeParty) { p.Sections = append(p.Sections, h.Post.SectionID) })
	}
	for _, r := range []bot.Role{bot.RolePrincipal, bot.RoleDiscipline} {
		list, err := d.Reg.RoleHolders(ctx, r, 0)
		if err != nil {
			return nil, err
		}
		for _, x := range list {
			change(x.ID, func(p *risk.NoticeParty) { p.Roles = append(p.Roles, r) })
		}
	}
	for _, s := range sections {
		for _, r := range []bot.Role{bot.RoleLeaderInCharge, bot.RoleSectionHead} {
			list, err := d.Reg.RoleHolders(ctx, r, s.ID)
			if err != nil {
				return nil, err
			}
			for _, x := range list {
				change(x.ID, func(p *risk.NoticeParty) {
					if !slices.Contains(p.Roles, r) {
						p.Roles = append(p.Roles, r)
					}
					if r == bot.RoleSectionHead {
						p.Heads = append(p.Heads, s.ID)
					} else {
						p.Leads = append(p.Leads, s.ID)
					}
				})
			}
		}
	}
	return out, nil
}

// refusedTalk is the one clear line for a refusal of risk.MayIssue.
func refusedTalk(code, name string) string {
	switch code {
	case risk.NoticeSelf:
		return text.TalkSelf
	case risk.NoticeGone:
		return fmt.Sprintf(text.TalkLeft, name)
	case risk.NoticeAbove:
		return fmt.Sprintf(text.TalkSuperior, name)
	case risk.NoticeOutside:
		return fmt.Sprintf(text.TalkOutside, name)
	case risk.NoticeNotTheirs:
		return text.TalkKindNotYours
	}
	return text.TalkNoRole
}

// workDays is the calendar that counts: the imported one where there is one.
func (d *Desk) workDays(ctx context.Context) (plan.Calendar, error) {
	if d.Plans == nil {
		return d.Days, nil
	}
	return d.Plans.Calendar(ctx)
}

// talkMoment is how a card shows when.
func talkMoment(at time.Time) string {
	at = bot.Local(at)
	return fmt.Sprintf(text.TalkMoment, int(at.Month()), at.Day(), text.TalkWeekday(int(at.Weekday())), at.Hour(), at.Minute())
}

// talkCard is all that a talk shows on its target's phone, whatever its kind. lead is
// empty, or one of the lines that every kind has.
func (d *Desk) talkCard(n risk.Notice, lead string) *bot.Card {
	c := &bot.Card{
		Title: text.TalkTitle, Desc: lead,
		Facts: []bot.Fact{{Key: text.TalkWhen, Value: talkMoment(n.At)}, {Key: text.TalkWhere, Value: n.Place}, {Key: text.TalkContact, Value: n.Contact}},
		Link:  &bot.Link{Text: text.TalkOpenPage, URL: d.Pages.Talks()},
		About: bot.About{Kind: aboutTalk, ID: n.ID, Version: n.Version},
	}
	if n.AckedAt.IsZero() {
		c.Buttons = []bot.Option{{Text: text.TalkAckButton, Key: "talk.ack", Say: text.Words(text.WordsAck)}}
	}
	return c
}

// deliverAtWork sends the target the card, outside working hours when people are at work
// again, unless that would leave less than an hour: a summons at night frightens. at is the
// moment when it waits, zero when it does not.
func (d *Desk) deliverAtWork(ctx context.Context, t *convo.Turn, n risk.Notice, lead, once string) (at time.Time, err error) {
	if at, err = d.cardWaits(ctx, n, t.Now); err != nil || at.IsZero() {
		d.deliver(t, n, lead, once)
		return at, err
	}
	return at, d.laterCard(t, n, lead, once, at)
}

// cardWaits is when a card that is made at a moment goes out; zero: at once.
func (d *Desk) cardWaits(ctx context.Context, n risk.Notice, made time.Time) (time.Time, error) {
	days, err := d.workDays(ctx)
	if err != nil || n.Delivery == offlineDelivery || !n.Target.Active || !plan.Quiet(bot.Local(made), days) {
		return time.Time{}, err
	}
	at := plan.NextMoment(made, days, uint64(n.ID)) //nolint:gosec // a row's number is never negative
	if n.At.After(made) && at.After(n.At.Add(-time.Hour)) {
		return time.Time{}, nil
	}
	return at, nil
}

// unheard reports whether the target has not been told yet: the first card still waits.
func (d *Desk) unheard(ctx context.Context, n risk.Notice, now time.Time) (bool, error) {
	if n.IssuedAt.IsZero() {
		return true, nil
	}
	at, err := d.cardWaits(ctx, n, n.IssuedAt)
	return at.After(now), err
}

// deliver sends the target the card; not when it is delivered by hand, and not to
// somebody who has left: then the issuer hears of it.
func (d *Desk) deliver(t *convo.Turn, n risk.Notice, lead, once string) {
	switch {
	case n.Delivery == offlineDelivery:
	case !n.Target.Active:
		t.Send(bot.Reply{To: n.Issuer.UserID, Lane: bot.LaneNotice, Text: fmt.Sprintf(text.TalkTargetLeft, n.ID), Once: fmt.Sprintf("talk:%d:left", n.ID)})
	default:
		t.Send(bot.Reply{To: n.Target.UserID, Lane: bot.LaneNotice, Card: d.talkCard(n, lead), Once: fmt.Sprintf("talk:%d:%d:%s", n.ID, n.Version, once)})
	}
}

const offlineDelivery = "offline"

// tellIssuer sends the issuer of a talk a line that names the talk by its number only.
func (d *Desk) tellIssuer(t *convo.Turn, n risk.Notice, say, once string) {
	if t.Actor.Person == n.Issuer.ID {
		t.Say(say)
		return
	}
	t.Send(bot.Reply{To: n.Issuer.UserID, Lane: bot.LaneNotice, Text: say, Once: fmt.Sprintf("talk:%d:%d:%s", n.ID, n.Version, once)})
}

// talkOpeners are the words that begin something with talks.
func (d *Desk) talkOpeners() []convo.Command {
	return []convo.Command{
		{Name: "talk.held", Match: d.matchHeld, Run: d.SayHeld, Resume: true},
		{Name: "talk.new", Match: d.matchTalk, Run: d.SayTalk},
		{Name: "talk.to", Match: d.matchTalkTo, Run: d.SayTalkTo},
	}
}

// talkCommands are exact words that mean the same at any step.
func (d *Desk) talkCommands() []convo.Command {
	list := func(phrases string) func(string) ([]string, bool) {
		return func(said string) ([]string, bool) { return nil, d.Talks != nil && text.Says(phrases, said) }
	}
	return []convo.Command{
		{Name: "talk.hearts", Match: list(text.WordsHearts), Run: d.SayHearts, Resume: true},
		{Name: "talk.list", Match: list(text.WordsTalks), Run: d.SayTalks, Resume: true},
	}
}

// talkPresses are the buttons on cards of talks.
func (d *Desk) talkPresses() map[string]convo.Handler {
	press := func(do func(ctx context.Context, t *convo.Turn, id int64, version int) (bool, error)) convo.Handler {
		return func(ctx context.Context, t *convo.Turn) error {
			_, err := do(ctx, t, t.About.ID, t.About.Version)
			if errors.Is(err, risk.ErrNone) {
				t.Say(text.TalkNotYours)
				return nil
			}
			return err
		}
	}
	return map[string]convo.Handler{
		"talk.ack":       press(d.AckTalk),
		"talk.held":      press(d.HeldTalk),
		"talk.again":     press(d.RemindTalk),
		"talk.extend":    press(d.ExtendTalk),
		"talk.escalate":  press(d.EscalateTalk),
		"talk.archive":   press(d.ArchiveTalk),
		"talk.point_yes": press(d.closeWith(true)),
		"talk.point_no":  press(d.closeWith(false)),
	}
}

func (d *Desk) talkNotes() map[string]convo.Handler {
	return map[string]convo.Handler{noteTalk: d.noteTalkTime}
}

// SayTalks is 我的约谈: the list is a page.
func (d *Desk) SayTalks(_ context.Context, t *convo.Turn) error {
	t.Say(fmt.Sprintf(text.TalkListPage, d.Pages.Talks()))
	return nil
}
