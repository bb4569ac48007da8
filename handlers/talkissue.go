package handlers

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

// TalkDraft is what an issuer says of a talk. Subject and Body are content: they are
// sealed before they are stored and appear nowhere else.
type TalkDraft struct {
	Kind       string
	Target     int64
	At         time.Time
	Place      string
	Contact    string // "": the issuer's name
	Delivery   string // "": the kind's
	ReplyDays  int    // 0: the kind's
	Bears      string
	Trigger    string
	Subject    string
	Body       string
	DocumentNo string
	DocumentOn time.Time
}

// Limits of content, in characters, and of a reply's days.
const (
	SubjectLongest = 60
	ContentLongest = 4000
	replyDaysMost  = 60
)

// DraftTalk writes a new talk down (id 0), or a draft anew, without sending anything. A
// kind that is only recorded is recorded at once.
func (d *Desk) DraftTalk(ctx context.Context, t *convo.Turn, id int64, version int, in TalkDraft) (n risk.Notice, ok bool, err error) {
	no := func(code, say string) (risk.Notice, bool, error) {
		return n, false, d.refuse(ctx, t, "talk.draft", aboutTalk, id, code, say)
	}
	rules := risk.Notices()
	n = risk.Notice{State: risk.NoticeDrafted, Version: 1, MadeAt: t.Now, Issuer: risk.Person{ID: t.Actor.Person, UserID: t.Actor.UserID, Name: t.Actor.Name, Active: true}}
	if id != 0 {
		if n, _, ok, err = d.talkNo(ctx, t, id, version, byIssuer, risk.NoticeEdit); err != nil || !ok {
			return n, false, err
		}
		n.Version++
		n.Approver, n.ApprovedBy = 0, 0
		in.Kind, in.Target = n.Kind, n.Target.ID
	}
	k, known := rules.Kind(in.Kind)
	if !known {
		return no("kind", text.TalkNoKind)
	}
	if n.Target, err = d.Reg.Person(ctx, in.Target); err != nil {
		return no("target", text.TalkNoPerson)
	}
	basis, code, target, err := d.mayTalk(ctx, t.Actor.Person, n.Target, k)
	if err != nil {
		return n, false, err
	}
	if code != "" {
		return no(code, refusedTalk(code, n.Target.Name))
	}
	if len(target.Sections) > 0 {
		n.Section = target.Sections[0]
	}
	in.Place, in.Contact = strings.Join(strings.Fields(in.Place), ""), strings.Join(strings.Fields(cmp.Or(in.Contact, t.Actor.Name)), "")
	if in.ReplyDays == 0 {
		in.ReplyDays = k.ReplyDays
	}
	if code, say := d.checkTalk(t, k, in); code != "" {
		return no(code, say)
	}
	n.Kind, n.Tier, n.Basis = k.Code, k.Tier, basis
	n.At, n.Place, n.Contact, n.Delivery, n.ReplyDays = in.At, in.Place, in.Contact, cmp.Or(in.Delivery, k.Delivery), in.ReplyDays
	n.Bears, n.DocumentNo, n.DocumentOn = in.Bears, in.DocumentNo, in.DocumentOn
	move := risk.NoticeEdit
	if k.RecordOnly {
		move = risk.NoticeRecord
		if n.State, err = k.Next(risk.NoticeDrafted, move, false); err != nil {
			return n, false, err
		}
		n.ClosedAt, n.At = t.Now, time.Time{}
		n.Place, n.Contact = "", ""
	}
	if err := d.keepTalk(ctx, t, &n, move); err != nil {
		return n, false, err
	}
	if id != 0 {
		if err := d.Talks.DropParts(ctx, id, []string{risk.PartSubject, risk.PartBody, risk.PartTrigger}); err != nil {
			return n, false, err
		}
		t.Supersede(bot.About{Kind: aboutTalkDesk, ID: id}, text.TalkChanged)
	}
	for _, p := range [][2]string{{risk.PartSubject, in.Subject}, {risk.PartBody, in.Body}, {risk.PartTrigger, in.Trigger}} {
		if err := d.sealed(ctx, t, n, p[0], p[1]); err != nil {
			return n, false, err
		}
	}
	if k.RecordOnly {
		t.Say(fmt.Sprintf(text.TalkRecorded, n.ID))
	}
	return n, true, nil
}

// mayTalk asks whether somebody may give a person a notice of this kind.
func (d *Desk) mayTalk(ctx context.Context, issuer int64, target risk.Person, k risk.NoticeKind) (basis bot.Role, refusal string, to risk.NoticeParty, err error) {
	who, err := d.Reg.Person(ctx, issuer)
	if err != nil {
		return "", "", to, err
	}
	from, err := d.party(ctx, who)
	if err != nil {
		return "", "", to, err
	}
	if to, err = d.party(ctx, target); err != nil {
		return "", "", to, err
	}
	basis, refusal = risk.MayIssue(k, from, to)
	return basis, refusal, to, nil
}

// checkTalk says what is wrong with a draft: a code and a line.
func (d *Desk) checkTalk(t *convo.Turn, k risk.NoticeKind, in TalkDraft) (code, say string) {
	rules := risk.Notices()
	named := func(list []risk.Named, c string) bool {
		return c == "" || slices.ContainsFunc(list, func(x risk.Named) bool { return x.Code == c })
	}
	content := in.Subject+in.Body+in.Trigger != ""
	switch {
	case utf8.RuneCountInString(in.Subject) > SubjectLongest:
		return "long", fmt.Sprintf(text.TalkSubjectLong, SubjectLongest)
	case utf8.RuneCountInString(in.Body) > ContentLongest:
		return "long", fmt.Sprintf(text.TalkLong, ContentLongest)
	case content && d.Seal == nil, k.NeedsContent && d.Seal == nil:
		return "no key", text.TalkNoKey
	case !named(rules.TriggersOf(k.Code), in.Trigger), !named(rules.Bears, in.Bears):
		return "choice", text.TalkBadChoice
	case k.RecordOnly && (strings.TrimSpace(in.DocumentNo) == "" || in.DocumentOn.IsZero()):
		return "document", fmt.Sprintf(text.TalkNeedsDocument, k.Name)
	case k.RecordOnly && bot.Civil(in.DocumentOn).After(bot.Civil(t.Now)):
		return "date", text.TalkFuture
	case k.RecordOnly:
		return "", ""
	case in.At.IsZero() || in.Place == "":
		return "terms", text.TalkNeedsTerms
	case !in.At.After(t.Now):
		return "past", text.TalkPast
	case in.At.After(t.Now.AddDate(1, 0, 0)):
		return "far", text.TalkFar
	case !rules.FitsCard(in.Place) || !rules.FitsCard(in.Contact):
		return "card words", text.TalkCardWords
	case in.Delivery != "" && in.Delivery != "card" && in.Delivery != offlineDelivery:
		return "delivery", text.TalkBadChoice
	case k.NeedsReply && (in.ReplyDays < 1 || in.ReplyDays > replyDaysMost):
		return "days", fmt.Sprintf(text.TalkBadDays, replyDaysMost)
	}
	return "", ""
}

// SendTalk sends a draft on its way: to whoever has to approve it, else to its target.
func (d *Desk) SendTalk(ctx context.Context, t *convo.Turn, id int64, version int) (bool, error) {
	n, _, err := d.oneTalk(ctx, id)
	if err != nil {
		return false, err
	}
	if n.State == risk.NoticeApproved {
		if n, k, ok, err := d.talkNo(ctx, t, id, version, byIssuer, risk.NoticeIssue); err != nil || !ok {
			return false, err
		} else {
			return d.issue(ctx, t, n, k)
		}
	}
	n, k, ok, err := d.talkNo(ctx, t, id, version, byIssuer, risk.NoticeApprove)
	if err != nil || !ok {
		return false, err
	}
	no := func(code, say string) (bool, error) {
		return false, d.refuse(ctx, t, "talk.issue", aboutTalk, id, code, say)
	}
	// The roster may have changed since the draft.
	basis, code, _, err := d.mayTalk(ctx, n.Issuer.ID, n.Target, k)
	if err != nil {
		return false, err
	}
	if code != "" {
		return no(code, refusedTalk(code, n.Target.Name))
	}
	n.Basis = basis
	if !n.At.After(t.Now) {
		return no("past", text.TalkPast)
	}
	if k.NeedsContent {
		parts, err := d.Talks.Parts(ctx, id)
		if err != nil {
			return false, err
		}
		if !slices.ContainsFunc(parts, func(p risk.NoticePart) bool { return p.Field == risk.PartBody }) {
			return no("no content", fmt.Sprintf(text.TalkNeedsContent, d.Pages.Talk(id)))
		}
	}
	if risk.NeedsApproval(k, basis) {
		return d.askApproval(ctx, t, n)
	}
	if err := d.keepTalk(ctx, t, &n, risk.NoticeApprove); err != nil {
		return false, err
	}
	if n.State, err = k.Next(n.State, risk.NoticeIssue, false); err != nil {
		return false, err
	}
	return d.issue(ctx, t, n, k)
}

// askApproval leaves the talk a draft and asks the authority.
func (d *Desk) askApproval(ctx context.Context, t *convo.Turn, n risk.Notice) (bool, error) {
	n.State = risk.NoticeDrafted
	var to risk.Person
	for _, r := range risk.Notices().Approvers {
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
		return false, d.refuse(ctx, t, "talk.approve", aboutTalk, n.ID, "nobody", text.TalkNoApprover)
	}
	n.Approver = to.ID
	if err := d.keepTalk(ctx, t, &n, risk.NoticeEdit); err != nil {
		return false, err
	}
	t.Send(bot.Reply{To: to.UserID, Lane: bot.LaneNotice, Card: &bot.Card{
		Title: text.TalkApproveTitle, Body: fmt.Sprintf(text.TalkApproveBody, n.ID), Link: &bot.Link{Text: text.TalkOpenPage, URL: d.Pages.Talk(n.ID)},
	}, Once: fmt.Sprintf("talk:%d:%d:approve", n.ID, n.Version)})
	t.Say(fmt.Sprintf(text.TalkAsked, to.Name))
	return true, nil
}

// ApproveTalk lets the authority agree to a talk, which then goes out.
func (d *Desk) ApproveTalk(ctx context.Context, t *convo.Turn, id int64, version int) (bool, error) {
	n, k, ok, err := d.talkNo(ctx, t, id, version, byApprover, risk.NoticeApprove)
	if err != nil || !ok {
		return false, err
	}
	n.ApprovedBy = t.Actor.Person
	if err := d.keepTalk(ctx, t, &n, risk.NoticeApprove); err != nil {
		return false, err
	}
	if !n.At.After(t.Now) || !n.Target.Active {
		t.Say(text.TalkApprovedLate)
		d.tellIssuer(t, n, fmt.Sprintf(text.TalkApprovedMove, n.ID), "approved")
		return true, nil
	}
	if n.State, err = k.Next(n.State, risk.NoticeIssue, false); err != nil {
		return false, err
	}
	return d.issue(ctx, t, n, k)
}

// DeclineTalk gives a draft back to its issuer.
func (d *Desk) DeclineTalk(ctx context.Context, t *convo.Turn, id int64, version int) (bool, error) {
	n, _, ok, err := d.talkNo(ctx, t, id, version, byApprover, risk.NoticeDecline)
	if err != nil || !ok {
		return false, err
	}
	n.Approver = 0
	n.Version++
	if err := d.keepTalk(ctx, t, &n, risk.NoticeDecline); err != nil {
		return false, err
	}
	t.Say(text.TalkDeclined)
	d.tellIssuer(t, n, fmt.Sprintf(text.TalkDeclinedIssuer, n.ID), "declined")
	return true, nil
}

// issue sends an approved talk to its target and plans what comes later.
func (d *Desk) issue(ctx context.Context, t *convo.Turn, n risk.Notice, k risk.NoticeKind) (bool, error) {
	if !n.At.After(t.Now) {
		return false, d.refuse(ctx, t, "talk.issue", aboutTalk, n.ID, "past", text.TalkPast)
	}
	if !n.Target.Active {
		return false, d.refuse(ctx, t, "talk.issue", aboutTalk, n.ID, risk.NoticeGone, fmt.Sprintf(text.TalkLeft, n.Target.Name))
	}
	n.IssuedAt = t.Now
	if err := d.setDue(ctx, &n, k, n.IssuedAt); err != nil {
		return false, err
	}
	if err := d.keepTalk(ctx, t, &n, risk.NoticeIssue); err != nil {
		return false, err
	}
	at, err := d.deliverAtWork(ctx, t, n, "", "card")
	if err != nil {
		return false, err
	}
	if err := d.planTalk(ctx, t, n); err != nil {
		return false, err
	}
	say := fmt.Sprintf(text.TalkSent, n.ID)
	switch {
	case n.Delivery == offlineDelivery:
		say = fmt.Sprintf(text.TalkSentOffline, n.ID)
	case !at.IsZero():
		say = fmt.Sprintf(text.TalkSentLater, n.ID, talkMoment(at))
	}
	if t.Actor.Person != n.Issuer.ID {
		if at.IsZero() {
			t.Say(text.TalkApprovedSent)
		} else {
			t.Say(fmt.Sprintf(text.TalkApprovedWait, talkMoment(at)))
		}
	}
	d.tellIssuer(t, n, say, "sent")
	return true, nil
}

// setDue sets the day by which a reply is due, counted from a moment, or by which the
// talk has to be said held.
func (d *Desk) setDue(ctx context.Context, n *risk.Notice, k risk.NoticeKind, from time.Time) error {
	days, err := d.workDays(ctx)
	if err != nil {
		return err
	}
	if k.NeedsReply {
		n.Due = days.Add(bot.Civil(from), n.ReplyDays)
	} else {
		n.Due = days.Add(bot.Civil(n.At), risk.Notices().HoldWithin)
	}
	return nil
}
