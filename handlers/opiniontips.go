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
	"qingfeng/bot/letter"
	"qingfeng/bot/opinion"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

// States of a sealed clue (封存线索).
const (
	TipReceived = "received"
	TipSeen     = "seen"
	TipAnswered = "answered"
	TipClosed   = "closed"
	tipPurged   = "purged"
)

// TipMove is what the discipline office does with a clue.
type TipMove string

const (
	TipSee    TipMove = "see"
	TipAnswer TipMove = "answer"
	TipClose  TipMove = "close"
	TipAside  TipMove = "aside" // 回避: this person is not shown it any more
)

// nextTip is the state after a move; false where the state does not allow it.
func nextTip(state string, m TipMove) (string, bool) {
	open := state == TipReceived || state == TipSeen || state == TipAnswered
	switch m {
	case TipSee:
		return TipSeen, state == TipReceived
	case TipAnswer:
		return TipAnswered, open
	case TipClose:
		return TipClosed, state == TipSeen || state == TipAnswered
	case TipAside:
		return state, state != tipPurged
	}
	return state, false
}

// TipLine is one clue without a word of it.
type TipLine struct {
	ID         int64
	No         string
	State      string
	On, Purge  time.Time
	FromOffice bool
	Slip       bool // somebody holds a receipt
	Rev        int
}

// OpenTip is one clue with its words.
type OpenTip struct {
	TipLine
	Text     OpinionText
	More     []OpenLine
	HasImage bool
	May      map[string]bool
}

// TipList is the discipline office's desk: what it holds, and the state of its keys.
type TipList struct {
	Ring   RingFacts
	Open   []TipLine
	Done   []TipLine
	Purges []PurgeDay
}

// TipList is what a member of the discipline office may see without the passphrases.
func (d *Desk) TipList(ctx context.Context, a bot.Actor, now time.Time) (l TipList, err error) {
	tips, err := d.tipsOf(ctx, a)
	if err != nil {
		return l, err
	}
	if l.Ring, err = d.ringFacts(ctx, opinion.Discipline); err != nil {
		return l, err
	}
	purges := map[time.Time]int{}
	for _, x := range tips {
		line := tipLine(x)
		if on := bot.Civil(x.PurgeOn); x.Body != nil && !on.After(bot.Civil(now).AddDate(0, 0, purgeAhead)) {
			purges[on]++
		}
		if x.State == TipClosed || x.State == tipPurged {
			l.Done = append(l.Done, line)
		} else {
			l.Open = append(l.Open, line)
		}
	}
	l.Purges = purgeDays(purges)
	return l, nil
}

func tipLine(x Tip) TipLine {
	return TipLine{ID: x.ID, No: OpinionNo(x.ID), State: x.State, On: x.ReceivedOn, Purge: x.PurgeOn, FromOffice: x.FromOffice, Slip: x.AnswerTo != "", Rev: x.Rev}
}

// tipsOf are the clues somebody may know of, the oldest day first.
func (d *Desk) tipsOf(ctx context.Context, a bot.Actor) ([]Tip, error) {
	if d.Opinions == nil {
		return nil, fmt.Errorf("tips: %w", risk.ErrNone)
	}
	if !MayReadTips(a) {
		return nil, bot.Refuse(text.TipsNotYours, "tip.list: role")
	}
	all, err := d.Opinions.Tips(ctx)
	if err != nil {
		return nil, fmt.Errorf("tips: %w", err)
	}
	all = slices.DeleteFunc(all, func(x Tip) bool { return slices.Contains(x.Excluded, a.Person) })
	slices.SortStableFunc(all, func(a, b Tip) int { return a.ReceivedOn.Compare(b.ReceivedOn) })
	return all, nil
}

// TipSheet is the open desk of the discipline office.
type TipSheet struct {
	Tips    []OpenTip
	Left    int  // more than are shown
	Foreign bool // as OpinionSheet has it
}

// OpenTips opens every clue that is not closed.
func (d *Desk) OpenTips(ctx context.Context, a bot.Actor, ring *letter.Keyring) (s TipSheet, err error) {
	tips, err := d.tipsOf(ctx, a)
	if err != nil {
		return s, err
	}
	if s.Foreign, err = d.foreign(ctx, opinion.Discipline, ring); err != nil {
		return s, err
	}
	for _, x := range tips {
		if x.Body == nil || x.State == TipClosed {
			continue
		}
		if len(s.Tips) == openMost {
			s.Left++
			continue
		}
		o := OpenTip{TipLine: tipLine(x), Text: openLetter(ring, x.Body), HasImage: x.Image != nil, May: map[string]bool{}}
		for _, l := range x.Lines {
			o.More = append(o.More, OpenLine{l.On, openLetter(ring, l.Body)})
		}
		for _, m := range []TipMove{TipSee, TipAnswer, TipClose, TipAside} {
			_, o.May[string(m)] = nextTip(x.State, m)
		}
		o.May[string(TipAnswer)] = o.May[string(TipAnswer)] && o.Slip
		s.Tips = append(s.Tips, o)
	}
	return s, nil
}

// TipImage is a clue's image.
func (d *Desk) TipImage(ctx context.Context, a bot.Actor, id int64, ring *letter.Keyring) ([]byte, error) {
	tips, err := d.tipsOf(ctx, a)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(tips, func(x Tip) bool { return x.ID == id })
	if i < 0 || tips[i].Image == nil {
		return nil, fmt.Errorf("tip %d: image: %w", id, risk.ErrNone)
	}
	return ring.Open(tips[i].Image)
}

// DoTip does one move with a clue; answer is for the receipt. ok is false when it was
// refused, which has been said and audited.
func (d *Desk) DoTip(ctx context.Context, t *convo.Turn, id int64, rev int, m TipMove, answer string) (ok bool, err error) {
	if d.Opinions == nil {
		return false, fmt.Errorf("tip %d: %w", id, risk.ErrNone)
	}
	action := "tip." + string(m)
	no := func(code, say string) (bool, error) {
		return false, d.refuseOnDay(ctx, t, action, aboutTip, id, code, say)
	}
	if !MayReadTips(t.Actor) {
		return no("role", text.TipsNotYours)
	}
	x, err := d.Opinions.Tip(ctx, id)
	if errors.Is(err, risk.ErrNone) || err == nil && slices.Contains(x.Excluded, t.Actor.Person) {
		return no("none", text.TipNone)
	}
	if err != nil {
		return false, err
	}
	if x.Rev != rev {
		return no("changed", text.OpinionChanged)
	}
	was := x.State
	if x.State, ok = nextTip(x.State, m); !ok {
		return no("in "+was, text.TipCannot)
	}
	say := map[TipMove]string{TipSee: text.TipSeen, TipAnswer: text.OpinionAnswered, TipClose: text.OpinionClosed, TipAside: text.TipAside}[m]
	switch m {
	case TipAnswer:
		answer = strings.TrimSpace(answer)
		if x.AnswerTo == "" {
			return no("no receipt", text.TipNoReceipt)
		}
		if answer == "" {
			return no("no answer", text.OpinionNoAnswer)
		}
		if code, say := ownWords(answer, AnswerLongest); code != "" {
			return no(code, say)
		}
		if x.Answer, err = letter.SealAnswer([]byte(answer), x.AnswerTo); err != nil {
			return false, err
		}
	case TipAside:
		others, err := d.Reg.RoleHolders(ctx, bot.RoleDiscipline, 0)
		if err != nil {
			return false, err
		}
		if !slices.ContainsFunc(others, func(p risk.Person) bool { return p.ID != t.Actor.Person && !slices.Contains(x.Excluded, p.ID) }) {
			return no("last one", text.TipLastOne)
		}
		x.Excluded = append(x.Excluded, t.Actor.Person)
	case TipSee, TipClose: // the state says it all
	}
	err = d.Opinions.SaveTip(ctx, &x)
	if errors.Is(err, risk.ErrChanged) {
		return no("changed", text.OpinionChanged)
	}
	if err != nil {
		return false, err
	}
	t.Say(say)
	return true, d.onDay(ctx, t, action, aboutTip, id, x.Rev)
}
