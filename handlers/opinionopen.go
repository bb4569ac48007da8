package handlers

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/letter"
	"qingfeng/bot/opinion"
	"qingfeng/bot/risk"
	"qingfeng/bot/seal"
	"qingfeng/bot/text"
)

// How often somebody may try to open a desk.
const (
	deskTries = 5
	deskEvery = 10 * time.Minute
)

// RingFacts is what may be said of a door's keys.
type RingFacts struct {
	Made    bool // there are any
	Ready   bool
	Split   bool     // the passphrases of any two holders are needed
	Holders []string // as they called themselves
	Keys    int      // how many keys new words are sealed to
	Printed bool
	Tips    bool
	On      time.Time
}

func (d *Desk) ringFacts(ctx context.Context, door opinion.Door) (f RingFacts, err error) {
	r, ok, err := d.Opinions.Ring(ctx, door)
	if err != nil || !ok {
		return f, err
	}
	return RingFacts{
		Made: true, Ready: r.Ready(), Split: r.Needs() > 1, Holders: r.Holders(), Keys: len(r.Recipients), Printed: r.Printed, Tips: r.Tips, On: r.Made,
	}, nil
}

// mayOpen reports whether somebody works at a door's desk.
func mayOpen(a bot.Actor, door opinion.Door) bool {
	if door == opinion.Discipline {
		return MayReadTips(a)
	}
	return MayHandleOpinions(a)
}

// TryDesk lets somebody try a passphrase, five times in ten minutes. It is a turn of its
// own: the passphrase itself takes a second of computing, which no transaction waits for.
func (d *Desk) TryDesk(ctx context.Context, t *convo.Turn, door opinion.Door) (bool, error) {
	no := func(code, say string) (bool, error) {
		return false, d.refuseOnDay(ctx, t, "desk.open", aboutRing, 0, string(door)+": "+code, say)
	}
	if !mayOpen(t.Actor, door) {
		return no("role", text.OpinionsNotYours)
	}
	r, ok, err := d.Opinions.Ring(ctx, door)
	if err != nil {
		return false, err
	}
	if !ok || len(r.Locks) == 0 {
		return no("no keys", text.DeskNoKeys)
	}
	for i := range deskTries {
		free, err := d.Reg.Allow(ctx, fmt.Sprintf("desk:%d:%d", t.Actor.Person, i), deskEvery)
		if err != nil || free {
			return free, err
		}
	}
	return no("too often", text.DeskTooOften)
}

// UnlockDesk tries passphrases on every lock of a door. letter.ErrPassphrase when none opens.
func (d *Desk) UnlockDesk(ctx context.Context, door opinion.Door, passphrases ...string) (*letter.Keyring, error) {
	r, _, err := d.Opinions.Ring(ctx, door)
	if err != nil {
		return nil, err
	}
	passphrases = slices.DeleteFunc(slices.Clone(passphrases), func(p string) bool { return p == "" })
	var locks [][]byte
	for _, l := range r.Locks {
		if len(l.Holders) == len(passphrases) {
			locks = append(locks, l.Locked)
		}
	}
	return letter.UnlockAny(locks, passphrases...)
}

// OpenDesk leaves the desk open for a quarter of an hour: half of the keyring is kept
// here under the session's fingerprint, the other half is returned for the page. ring is
// nil when the passphrase was wrong, which is said and audited.
func (d *Desk) OpenDesk(ctx context.Context, t *convo.Turn, door opinion.Door, session []byte, ring *letter.Keyring) (ticket []byte, err error) {
	if ring == nil {
		return nil, d.refuseOnDay(ctx, t, "desk.open", aboutRing, 0, string(door)+": passphrase", text.DeskWrong)
	}
	if !mayOpen(t.Actor, door) {
		return nil, d.refuseOnDay(ctx, t, "desk.open", aboutRing, 0, string(door)+": role", text.OpinionsNotYours)
	}
	until := t.Now.Add(letter.TicketFor)
	ticket, half, err := ring.Ticket(until)
	if err != nil {
		return nil, err
	}
	if err := d.Opinions.SaveHalf(ctx, session, half, until); err != nil {
		return nil, err
	}
	return ticket, d.Opinions.RecordOn(ctx, risk.Event{Actor: t.Actor.Person, Role: role(t.Actor), Action: "desk.open", Object: aboutRing, Result: "ok", Note: string(door)}, bot.Civil(t.Now))
}

// foreign reports whether the public keys that stand in the open are not those of the ring
// that is open: then somebody with access to the database has words sealed to himself.
func (d *Desk) foreign(ctx context.Context, door opinion.Door, ring *letter.Keyring) (bool, error) {
	r, _, err := d.Opinions.Ring(ctx, door)
	return err == nil && !ring.Agrees(r.Recipients), err
}

// DeskRing puts the halves of an open desk together. letter.ErrTicket when it is closed.
func (d *Desk) DeskRing(ctx context.Context, session, ticket []byte, now time.Time) (*letter.Keyring, error) {
	half, err := d.Opinions.Half(ctx, session)
	if err != nil {
		return nil, err
	}
	return letter.OpenTicket(ticket, half, now)
}

// openMost is how many opinions are opened at once, the most urgent first.
const openMost = 100

// OpenOpinion is one opinion with its words.
type OpenOpinion struct {
	OpinionLine
	Text        OpinionText
	More        []OpenLine
	BriefText   string
	ViewText    string
	HasImage    bool
	Merged      []OpenOpinion
	Targets     []OpinionLine // what it may be merged into
	Revisions   []Revision    // what may be linked
	Revise      []NoticePoint // what may be revised
	Linked      *Revision
	May         map[string]bool
	MayLink     bool
	NeedsAnswer bool // somebody holds a receipt for it, or for one merged into it
}

// OpinionText is a text that was sealed.
type OpinionText struct {
	Words string
	Lost  bool // these keys do not open it
}

// OpenLine is a line added by receipt.
type OpenLine struct {
	On   time.Time
	Text OpinionText
}

// OpinionSheet is the open desk.
type OpinionSheet struct {
	Opinions   []OpenOpinion
	Left       int // more than are shown
	Sections   []risk.Section
	Discipline bool // the other door has keys: an opinion can be handed over
	Sealing    bool // a section can be asked
	Foreign    bool // words are sealed to a key that is not of this ring: somebody changed the database
}

// OpenOpinions opens every opinion that somebody still has to do with.
func (d *Desk) OpenOpinions(ctx context.Context, a bot.Actor, now time.Time, ring *letter.Keyring) (s OpinionSheet, err error) {
	if d.Opinions == nil || !MayHandleOpinions(a) {
		return s, bot.Refuse(text.OpinionsNotYours, "opinion.read: role")
	}
	lines, err := d.opinionLines(ctx, now)
	if err != nil {
		return s, err
	}
	notices, err := d.opinionNotices(ctx)
	if err != nil {
		return s, err
	}
	if s.Sections, err = d.Reg.Sections(ctx); err != nil {
		return s, err
	}
	other, _, err := d.Opinions.Ring(ctx, opinion.Discipline)
	if err != nil {
		return s, err
	}
	s.Discipline, s.Sealing = other.Ready(), d.Seal != nil
	if s.Foreign, err = d.foreign(ctx, opinion.Office, ring); err != nil {
		return s, err
	}
	revisions := map[int64][]Revision{}
	for _, l := range lines {
		if l.Body == nil || l.State == opinion.Merged {
			continue
		}
		if len(s.Opinions) == openMost {
			s.Left++
			continue
		}
		o := d.openOpinion(l, ring)
		for _, m := range lines {
			switch {
			case m.MergedInto == l.ID:
				o.Merged = append(o.Merged, d.openOpinion(m, ring))
				o.NeedsAnswer = o.NeedsAnswer || m.Slip()
			case m.ID != l.ID && m.Owed && m.Notice == l.Notice:
				o.Targets = append(o.Targets, m)
			}
		}
		n := notices[l.Notice]
		if o.MayLink = d.Publications != nil && n.ID != 0 && mayLink(l.State); o.MayLink {
			if revisions[n.Campaign] == nil {
				if revisions[n.Campaign], err = d.Publications.Revisions(ctx, n.Campaign); err != nil {
					return s, err
				}
			}
			o.Revise = pointsOf(n, l.Point)
			for _, r := range revisions[n.Campaign] {
				if r.ID == l.Revision {
					o.Linked = &r
				}
				if linkable(r, o.Revise) {
					o.Revisions = append(o.Revisions, r)
				}
			}
		}
		s.Opinions = append(s.Opinions, o)
	}
	return s, nil
}

func (d *Desk) openOpinion(l OpinionLine, ring *letter.Keyring) OpenOpinion {
	o := OpenOpinion{OpinionLine: l, Text: openLetter(ring, l.Body), HasImage: l.Image != nil, May: map[string]bool{}, NeedsAnswer: l.Slip()}
	for _, x := range l.Lines {
		o.More = append(o.More, OpenLine{x.On, openLetter(ring, x.Body)})
	}
	o.BriefText = d.openOwn(l.Feedback, "brief", l.BriefKey, l.Brief)
	o.ViewText = d.openOwn(l.Feedback, "view", l.ViewKey, l.View)
	for _, m := range []opinion.Move{opinion.MoveTriage, opinion.MoveAccept, opinion.MoveAssign, opinion.MoveAnswer, opinion.MoveDecline, opinion.MoveAway, opinion.MoveMerge, opinion.MoveClose} {
		_, err := opinion.Next(l.State, m)
		o.May[string(m)] = err == nil
	}
	o.Body, o.Image, o.Answer, o.Brief, o.View, o.Lines = nil, nil, nil, nil, nil, nil
	return o
}

// OpinionImage is an opinion's image.
func (d *Desk) OpinionImage(ctx context.Context, a bot.Actor, id int64, ring *letter.Keyring) ([]byte, error) {
	if d.Opinions == nil || !MayHandleOpinions(a) {
		return nil, bot.Refuse(text.OpinionsNotYours, "opinion.image: role")
	}
	f, err := d.Opinions.Feedback(ctx, id)
	if err != nil || f.Image == nil {
		return nil, err
	}
	return ring.Open(f.Image)
}

func openLetter(ring *letter.Keyring, body []byte) OpinionText {
	if body == nil {
		return OpinionText{}
	}
	plain, err := ring.Open(body)
	var w opinion.Words
	if err != nil || json.Unmarshal(plain, &w) != nil {
		return OpinionText{Lost: true}
	}
	clear(plain)
	return OpinionText{Words: w.Text}
}

func sealLetter(said string, to []string) ([]byte, error) {
	var raw bytes.Buffer
	enc := json.NewEncoder(&raw)
	enc.SetEscapeHTML(false) // 1,500 times < would not fit
	if err := enc.Encode(opinion.Words{Text: said}); err != nil {
		return nil, err
	}
	defer clear(raw.Bytes())
	return letter.Seal(raw.Bytes(), to)
}

// ownPlace is what a brief or a view is bound to: one opinion, one section.
func ownPlace(f Feedback, field string) seal.About {
	return seal.About{Object: aboutOpinion, ID: f.ID, Field: field, Version: int(f.Section)}
}

// openOwn opens what the unit itself wrote under its own key; "" when there is none or the
// key is not at hand.
func (d *Desk) openOwn(f Feedback, field, key string, sealed []byte) string {
	if sealed == nil || d.Seal == nil {
		return ""
	}
	plain, err := d.Seal.Open(ownPlace(f, field), key, sealed)
	if err != nil {
		return text.OpinionLostBrief
	}
	return string(plain)
}

// pointsOf are the points of a notice an opinion may be about.
func pointsOf(n PublicNotice, no int) (out []NoticePoint) {
	for _, p := range n.Points {
		if no == 0 || p.No == no {
			out = append(out, p)
		}
	}
	return out
}

func linkable(r Revision, points []NoticePoint) bool {
	return r.State != "rejected" && slices.ContainsFunc(points, func(p NoticePoint) bool { return p.Point == r.Point })
}

// mayLink: a change is linked to an opinion that is dealt with here.
func mayLink(s opinion.State) bool {
	return s == opinion.Accepted || s == opinion.Answering || s == opinion.Answered || s == opinion.Closed
}
