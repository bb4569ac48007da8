package handlers

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/notice"
	"qingfeng/bot/plan"
	"qingfeng/bot/text"
)

// openPublic opens an approved notice. A correction closes the version it corrects, which
// stays readable.
func (d *Desk) openPublic(ctx context.Context, t *convo.Turn, n PublicNotice) error {
	if n.Version > 1 {
		old, open, err := d.pubOpenOf(ctx, n.Series)
		if err != nil {
			return err
		}
		if open {
			old.State = notice.Corrected
			if err := d.keepPublic(ctx, t, &old, "notice.correct"); err != nil {
				return err
			}
		}
	}
	n.State = notice.Open
	return d.keepPublic(ctx, t, &n, "notice.open")
}

// WithdrawPublic takes a notice back for good, with a reason that its page shows.
func (d *Desk) WithdrawPublic(ctx context.Context, t *convo.Turn, id int64, rev int, why string) (bool, error) {
	const action = "notice.withdraw"
	n, ok, err := d.pubNo(ctx, t, id, rev, action, pubOffice, withdrawable()...)
	if err != nil || !ok {
		return false, err
	}
	why = strings.TrimSpace(why)
	if l := utf8.RuneCountInString(why); l < 4 || l > pubWordsMost {
		return false, d.refuse(ctx, t, action, aboutPublic, id, "no reason", fmt.Sprintf(text.PubWithdrawWhy, pubWordsMost))
	}
	n.State, n.Remark = notice.Withdrawn, why
	if err := d.keepPublic(ctx, t, &n, action); err != nil {
		return false, err
	}
	t.Supersede(bot.About{Kind: aboutPublic, ID: id}, text.PubCardWithdrawn)
	t.Say(text.PubWithdrawn)
	return true, nil
}

// withdrawable are the states from which a notice can be withdrawn: what was once public
// always, a corrected version too, for a name that slipped through has to go everywhere.
func withdrawable() (out []notice.State) {
	for _, s := range notice.States() {
		if _, err := notice.Next(s, notice.MoveWithdraw); err == nil {
			out = append(out, s)
		}
	}
	return out
}

// CorrectPublic begins a correction of an open notice: the next version of its series, for
// the same readers and with the same first day.
func (d *Desk) CorrectPublic(ctx context.Context, t *convo.Turn, id int64, rev int) (int64, error) {
	const action = "notice.correction"
	n, ok, err := d.pubNo(ctx, t, id, rev, action, pubOffice, notice.Open)
	if err != nil || !ok {
		return 0, err
	}
	series, err := d.Publications.PublicNotices(ctx, NoticeFilter{Series: n.Series})
	if err != nil {
		return 0, err
	}
	next := n.Version + 1
	for _, x := range series {
		switch x.State {
		case notice.Drafting, notice.Checking, notice.Returned, notice.Approved:
			return x.ID, d.refuse(ctx, t, action, aboutPublic, id, "begun", text.PubCorrectBegun)
		default:
			next = max(next, x.Version+1)
		}
	}
	fresh := PublicNotice{
		Campaign: n.Campaign, Series: n.Series, Version: next, Audience: n.Audience, Title: n.Title, State: notice.Drafting,
		Draft: n.Draft, Start: n.Start, End: n.End, DraftedBy: t.Actor.Person,
	}
	fresh.Draft.Start = n.Start
	if fresh.Code, err = d.pubCode(); err != nil {
		return 0, err
	}
	if err := d.Publications.NewNotice(ctx, &fresh); err != nil {
		return 0, err
	}
	t.Say(text.PubCorrecting)
	return fresh.ID, d.record(ctx, t, action, aboutPublic, fresh.ID, fresh.Version)
}

// What time asks of a notice.
const (
	pubStepOpen      = "open"
	pubStepKeys      = "keys"
	pubStepEnd       = "end"
	pubStepUnchecked = "unchecked"
	pubStepOpened    = "opened"
	pubStepBare      = "bare"
	pubStepEnded     = "ended"
	pubStepAnswered  = "answered"
)

// pubForget is how long after its end a notice is still looked at for its last answer.
const pubForget = 400 * 24 * time.Hour

// pubSteps are what time asks of a notice now. What is said is said while people are at work.
func (d *Desk) pubSteps(ctx context.Context, n PublicNotice, now time.Time, cal plan.Calendar) (steps []string, err error) {
	today, quiet := bot.Civil(now), plan.Quiet(bot.Local(now), cal)
	say := func(step string) error {
		if quiet {
			return nil
		}
		said, err := d.Reg.Allowed(ctx, pubOnce(n, step, today))
		if err == nil && said.IsZero() {
			steps = append(steps, step)
		}
		return err
	}
	switch n.State {
	case notice.Checking:
		if n.Version == 1 && !today.Before(cal.Sub(n.Start, 1)) {
			err = say(pubStepUnchecked)
		}
	case notice.Approved:
		if today.Before(n.Start) {
			return nil, nil
		}
		ready, err := d.SealReady(ctx)
		if err != nil {
			return nil, err
		}
		if ready {
			return []string{pubStepOpen}, nil
		}
		return steps, say(pubStepKeys)
	case notice.Open:
		if today.After(n.End) {
			return []string{pubStepEnd}, nil
		}
		if err = say(pubStepOpened); err != nil || cal.Between(n.Start, today) <= 2 {
			return steps, err
		}
		places, err := d.pubPlacements(ctx, n)
		if err != nil || len(places) > 0 {
			return steps, err
		}
		return steps, say(pubStepBare)
	case notice.Ended:
		if now.Sub(n.End) > pubForget {
			return nil, nil
		}
		if err = say(pubStepEnded); err != nil || len(steps) > 0 {
			return steps, err // what came of the opinions is said with the end
		}
		totals, err := d.pubTotals(ctx, n)
		if err != nil || totals.Open > 0 || totals.Received == 0 {
			return steps, err
		}
		return steps, say(pubStepAnswered)
	default: // nothing is due of the others
	}
	return steps, err
}

// pubOnce is the key under which a step is said once: of a lack of keys, once a day.
func pubOnce(n PublicNotice, step string, today time.Time) string {
	switch step {
	case pubStepKeys:
		step += ":" + today.Format(time.DateOnly)
	case pubStepUnchecked:
		step += fmt.Sprintf(":%d", n.Rev)
	}
	return fmt.Sprintf("notice:%d:%s", n.ID, step)
}

// PublicDue are the notices of which time asks something.
func (d *Desk) PublicDue(ctx context.Context, now time.Time) (ids []int64, err error) {
	if d.Publications == nil {
		return nil, nil
	}
	cal, err := d.calendar(ctx)
	if err != nil {
		return nil, err
	}
	list, err := d.Publications.PublicNotices(ctx, NoticeFilter{States: []notice.State{notice.Checking, notice.Approved, notice.Open, notice.Ended}})
	if err != nil {
		return nil, err
	}
	var bad []error // one notice that fails keeps no other back
	for _, n := range list {
		steps, err := d.pubSteps(ctx, n, now, cal)
		bad = append(bad, err)
		if len(steps) > 0 {
			ids = append(ids, n.ID)
		}
	}
	return ids, errors.Join(bad...)
}

// PublicTime does what time asks of one notice: it opens on its first day and ends after
// its last one, and the office hears of it.
func (d *Desk) PublicTime(ctx context.Context, t *convo.Turn, id int64) error {
	cal, err := d.calendar(ctx)
	if err != nil {
		return err
	}
	n, err := d.onePublic(ctx, id)
	if err != nil {
		return err
	}
	for range 2 { // what was just opened or ended is told at once
		steps, err := d.pubSteps(ctx, n, t.Now, cal)
		if err != nil {
			return err
		}
		again := false
		for _, step := range steps {
			switch step {
			case pubStepOpen:
				err, again = d.openPublic(ctx, t, n), true
			case pubStepEnd:
				n.State = notice.Ended
				err, again = d.keepPublic(ctx, t, &n, "notice.end"), true
			default:
				err = d.tellPublic(ctx, t, n, step)
			}
			if err != nil {
				return err
			}
		}
		if !again {
			return nil
		}
		if n, err = d.onePublic(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// tellPublic tells the office one thing about a notice, once.
func (d *Desk) tellPublic(ctx context.Context, t *convo.Turn, n PublicNotice, step string) error {
	key := pubOnce(n, step, bot.Civil(t.Now))
	first, err := d.Reg.Allow(ctx, key, forever)
	if err != nil || !first {
		return err
	}
	page := d.Pages.PublicNotice(n.ID)
	var say string
	switch step {
	case pubStepUnchecked:
		say = fmt.Sprintf(text.PubUnchecked, n.Title, day(n.Start), page)
	case pubStepKeys:
		say = fmt.Sprintf(text.PubWaits, n.Title) + text.PubKeys
	case pubStepBare:
		say = fmt.Sprintf(text.PubBare, n.Title, page)
	case pubStepOpened:
		say = fmt.Sprintf(text.PubOpened, n.Title, text.PubAudience(string(n.Audience)), day(n.End), page)
		if n.Version > 1 {
			say = fmt.Sprintf(text.PubCorrected, n.Title, n.Version, page)
		} else {
			owed, err := d.pubFilings(ctx, n)
			if err != nil {
				return err
			}
			if len(owed) > 0 {
				say += "\n" + fmt.Sprintf(text.PubFilings, strings.Join(owed, text.ListComma))
			}
		}
	default:
		totals, err := d.pubTotals(ctx, n)
		if err != nil {
			return err
		}
		line := fmt.Sprintf(text.PubTotals, totals.Received, totals.Adopted, totals.Partly, totals.Not, totals.Elsewhere)
		switch {
		case step == pubStepAnswered:
			say = fmt.Sprintf(text.PubAnswered, n.Title, line, page)
		case totals.Open > 0:
			say = fmt.Sprintf(text.PubEndedOpen, n.Title, line, totals.Open, page)
		default:
			say = fmt.Sprintf(text.PubEnded, n.Title, line, page)
			if _, err := d.Reg.Allow(ctx, pubOnce(n, pubStepAnswered, bot.Civil(t.Now)), forever); err != nil {
				return err // everything is answered, and that is said here
			}
		}
	}
	return d.tellOffice(ctx, t, say, key)
}

// pubFilings are what is filed upward while the notice hangs (S0: the same forms go up).
func (d *Desk) pubFilings(ctx context.Context, n PublicNotice) (out []string, err error) {
	if d.Plans == nil {
		return nil, nil
	}
	all, err := d.Plans.Obligations(ctx, ObligationFilter{Campaign: n.Campaign})
	if err != nil {
		return nil, err
	}
	for _, o := range all {
		if o.Kind == plan.KindFiling && o.Receiver == plan.Superior && o.State == plan.Pending && !o.Due.IsZero() && !o.Due.After(n.End) && len(out) < 3 {
			out = append(out, fmt.Sprintf(text.PubFiling, o.Name, day(o.Due)))
		}
	}
	return out, nil
}

// pubSeries are all versions of a notice that were ever open.
func (d *Desk) pubSeries(ctx context.Context, n PublicNotice) ([]PublicNotice, error) {
	return d.Publications.PublicNotices(ctx, NoticeFilter{Series: n.Series, States: []notice.State{notice.Open, notice.Ended, notice.Corrected}})
}

// pubTotals is what came of the opinions on a notice, all its versions together.
func (d *Desk) pubTotals(ctx context.Context, n PublicNotice) (FeedbackTotals, error) {
	if d.Opinions == nil {
		return FeedbackTotals{}, nil
	}
	return d.Opinions.FeedbackTotals(ctx, n.ID)
}

// pubPlacements are where any version of a notice was to be seen.
func (d *Desk) pubPlacements(ctx context.Context, n PublicNotice) (out []Placement, err error) {
	all, err := d.pubSeries(ctx, n)
	if err != nil {
		return nil, err
	}
	for _, x := range all {
		some, err := d.Publications.Placements(ctx, x.ID)
		if err != nil {
			return nil, err
		}
		out = append(out, some...)
	}
	return out, nil
}
