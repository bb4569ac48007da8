package handlers

import (
	"context"
	"slices"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

// TalkSheet is one talk as its reader may see it. Denied says why not. Content is read
// by its issuer, its target and the discipline office, by nobody else.
type TalkSheet struct {
	Denied string
	risk.Notice
	Sort      risk.NoticeKind
	Where     string // its state in words
	Issuing   bool   // the reader leads it
	Receiving bool   // the reader is its target
	Approving bool   // the reader is asked to approve it
	Reads     bool
	Texts     []TalkText
	May       map[string]bool // moves that stand open to the reader
	Follows   time.Time       // proposed follow-up
	Role      string          // the issuer's, in which it was issued
	Bearing   string
	Sealing   bool // there is a key
}

// TalkText is one opened text. Closed: it cannot be opened here.
type TalkText struct {
	Field  string
	Text   string
	By     int64
	At     time.Time
	Closed bool
}

// TalkSheet reads a talk for its page; reading leaves an audit event, refused or not.
func (d *Desk) TalkSheet(ctx context.Context, t *convo.Turn, id int64) (TalkSheet, error) {
	n, k, err := d.oneTalk(ctx, id)
	if err != nil {
		return TalkSheet{}, err
	}
	rules := risk.Notices()
	s := TalkSheet{Notice: n, Sort: k, Where: rules.Where(k, n.State, t.Actor.Person == n.Target.ID), May: map[string]bool{}, Follows: FollowOn(k, t.Now), Sealing: d.Seal != nil}
	s.Issuing, s.Approving = d.onSide(t.Actor, n, byIssuer), d.onSide(t.Actor, n, byApprover) && n.State == risk.NoticeDrafted
	s.Receiving = d.onSide(t.Actor, n, byTarget) && shownTo(n, k)
	overseer := t.Actor.Has(bot.RoleDiscipline) && t.Actor.Person != n.Target.ID
	if !s.Issuing && !s.Approving && !s.Receiving && !overseer {
		return TalkSheet{Denied: text.TalkNotYours}, d.Reg.Record(ctx, risk.Event{Actor: t.Actor.Person, Role: role(t.Actor), Action: "talk.read", Object: aboutTalk, ID: id, Result: "refused", Note: "not theirs"})
	}
	s.Reads = s.Issuing || overseer || s.Receiving && n.Delivery != offlineDelivery
	for _, b := range rules.Bears {
		if b.Code == n.Bears && !s.Receiving {
			s.Bearing = b.Name
		}
	}
	for _, m := range risk.NoticeMoves() {
		var mine bool
		switch m {
		case risk.NoticeAck, risk.NoticeReply:
			mine = s.Receiving
		case risk.NoticeApprove, risk.NoticeDecline:
			mine = s.Approving
		case risk.NoticeLate, risk.NoticeFollow, risk.NoticeRecord:
		default:
			mine = s.Issuing
		}
		if _, err := k.Next(n.State, m, !n.AckedAt.IsZero()); err == nil && mine {
			s.May[string(m)] = true
		}
	}
	s.May["send"] = s.Issuing && (n.State == risk.NoticeDrafted && n.Approver == 0 || n.State == risk.NoticeApproved)
	s.May["remind"] = s.Issuing && n.State.Waits() && n.Delivery != offlineDelivery
	if !s.Reads {
		return s, d.record(ctx, t, "talk.head", aboutTalk, id, n.Version)
	}
	if s.Texts, err = d.openTexts(ctx, s); err != nil {
		return s, err
	}
	return s, d.record(ctx, t, "talk.read", aboutTalk, id, n.Version)
}

// openTexts opens what the reader may read. The trigger and the closing remark are not
// for the target.
func (d *Desk) openTexts(ctx context.Context, s TalkSheet) ([]TalkText, error) {
	parts, err := d.Talks.Parts(ctx, s.ID)
	if err != nil {
		return nil, err
	}
	var out []TalkText
	for _, p := range parts {
		if s.Receiving && (p.Field == risk.PartTrigger || p.Field == risk.PartRemark) {
			continue
		}
		x := TalkText{Field: p.Field, By: p.By, At: p.At, Closed: true}
		if d.Seal != nil {
			if plain, err := d.Seal.Open(sealPlace(p.Notice, p.Field, p.Version), p.KeyID, p.Sealed); err == nil {
				x.Text, x.Closed = string(plain), false
			}
		}
		if x.Closed {
			x.Text = text.TalkUnopened
		} else if p.Field == risk.PartTrigger {
			for _, c := range risk.Notices().Triggers {
				if c.Code == x.Text {
					x.Text = c.Name
				}
			}
		}
		out = append(out, x)
	}
	return out, nil
}

// Text is the newest text of a field, "" when there is none or it cannot be opened.
func (s TalkSheet) Text(field string) string {
	for _, x := range slices.Backward(s.Texts) {
		if x.Field == field && !x.Closed {
			return x.Text
		}
	}
	return ""
}

// TalkList is 我的约谈: without any content.
type TalkList struct {
	Issued  []TalkRow // by the reader
	Got     []TalkRow // by the reader as target
	Approve []TalkRow
	Others  []TalkRow // for the discipline office: everybody's
	Counts  []TalkCount
	Hearts  Hearts
	MayNew  bool
}

// TalkRow is one talk in a list.
type TalkRow struct {
	risk.Notice
	Name  string // of its kind; empty for the target's list
	Where string
}

// TalkCount is how many talks stand somewhere: all that the office and IT see.
type TalkCount struct {
	Where string
	N     int
}

// TalkList reads somebody's list.
func (d *Desk) TalkList(ctx context.Context, t *convo.Turn) (l TalkList, err error) {
	if d.Talks == nil {
		return l, nil
	}
	rules := risk.Notices()
	rows := func(f risk.NoticeFilter, keep func(risk.Notice) bool, kinds bool) (out []TalkRow, err error) {
		list, err := d.Talks.Notices(ctx, f)
		for _, n := range list {
			if !keep(n) {
				continue
			}
			k, known := rules.Kind(n.Kind)
			r := TalkRow{Notice: n, Where: rules.Where(k, n.State, !kinds)}
			if known && kinds {
				r.Name = k.Name
			}
			out = append(out, r)
		}
		return out, err
	}
	me := t.Actor.Person
	if l.Issued, err = rows(risk.NoticeFilter{Issuer: me}, func(risk.Notice) bool { return true }, true); err != nil {
		return l, err
	}
	if l.Got, err = rows(risk.NoticeFilter{Target: me}, func(n risk.Notice) bool { k, _ := rules.Kind(n.Kind); return shownTo(n, k) }, false); err != nil {
		return l, err
	}
	if l.Approve, err = rows(risk.NoticeFilter{Approver: me, States: []risk.NoticeState{risk.NoticeDrafted}}, func(risk.Notice) bool { return true }, true); err != nil {
		return l, err
	}
	if t.Actor.Has(bot.RoleDiscipline) {
		if l.Others, err = rows(risk.NoticeFilter{}, func(n risk.Notice) bool {
			asked := n.Approver == me && n.State == risk.NoticeDrafted // listed above
			return n.Issuer.ID != me && n.Target.ID != me && !asked
		}, true); err != nil {
			return l, err
		}
	}
	if t.Actor.Coordinator() || t.Actor.Has(bot.RoleITAdmin) {
		counts, err := d.Talks.NoticeCounts(ctx)
		if err != nil {
			return l, err
		}
		for _, s := range risk.NoticeStates() {
			if counts[s] > 0 {
				l.Counts = append(l.Counts, TalkCount{rules.Stands[s], counts[s]})
			}
		}
	}
	l.MayNew = t.Actor.Has(bot.RolePrincipal, bot.RoleDiscipline, bot.RoleLeaderInCharge, bot.RoleSectionHead)
	l.Hearts, err = d.Hearts(ctx, t.Actor, t.Now)
	return l, err
}

// TalkChoices is what somebody may choose for a new talk: people with the section of
// each, and kinds. Whether a kind fits a person is checked when it is drafted.
type TalkChoices struct {
	People []HeartCount
	IDs    []int64
	Kinds  []risk.NoticeKind
}

// TalkChoices lists them; without people there is nobody to talk to.
func (d *Desk) TalkChoices(ctx context.Context, a bot.Actor) (c TalkChoices, err error) {
	if d.Talks == nil || a.Person == 0 {
		return c, nil
	}
	holders, err := d.Reg.Holders(ctx, 0)
	if err != nil {
		return c, err
	}
	sections, err := d.Reg.Sections(ctx)
	if err != nil {
		return c, err
	}
	people := []risk.Person{{ID: a.Person, Name: a.Name, Active: true}}
	where := map[int64]string{}
	for _, h := range holders {
		if where[h.Person.ID] == "" && h.Person.ID != a.Person {
			people, where[h.Person.ID] = append(people, h.Person), h.Post.Section
		}
	}
	parties, err := d.parties(ctx, people, holders, sections)
	if err != nil {
		return c, err
	}
	me := parties[a.Person]
	used := map[string]bool{}
	for _, p := range people[1:] {
		any := false
		for _, k := range risk.Notices().Kinds {
			if _, no := risk.MayIssue(k, me, parties[p.ID]); no == "" {
				any, used[k.Code] = true, true
			}
		}
		if any {
			c.People, c.IDs = append(c.People, HeartCount{Name: p.Name, Section: where[p.ID]}), append(c.IDs, p.ID)
		}
	}
	for _, k := range risk.Notices().Kinds {
		if used[k.Code] {
			c.Kinds = append(c.Kinds, k)
		}
	}
	return c, nil
}
