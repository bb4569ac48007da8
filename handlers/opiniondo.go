package handlers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/letter"
	"qingfeng/bot/opinion"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

// Limits of what the desk writes, in characters.
const (
	BriefLongest  = 600
	ReasonLongest = 200
	AnswerLongest = opinion.TextMax
)

// moveLink is 关联修订: no state changes.
const moveLink opinion.Move = "link"

// OpinionMove is what the desk does with an opinion.
type OpinionMove struct {
	Do       opinion.Move
	Rev      int    // of the page it was decided on
	Section  int64  // assign
	Brief    string // assign: what the section is told, in own words
	Outcome  opinion.Outcome
	Reason   string // answer: for the report
	Answer   string // answer, decline: for the receipt
	Revision int64  // link
	Into     int64  // merge
	// Ring is the open desk, if it is open; handing over needs it.
	Ring *letter.Keyring
}

// DoOpinion does one move. ok is false when it was refused, which has been said and
// audited. Nothing that was written for a section or a citizen is said again.
func (d *Desk) DoOpinion(ctx context.Context, t *convo.Turn, id int64, m OpinionMove) (ok bool, err error) {
	if d.Opinions == nil {
		return false, fmt.Errorf("opinion %d: %w", id, risk.ErrNone)
	}
	action := "opinion." + string(m.Do)
	no := func(code, say string) (bool, error) {
		return false, d.refuseOnDay(ctx, t, action, aboutOpinion, id, code, say)
	}
	if !MayHandleOpinions(t.Actor) {
		return no("role", text.OpinionsNotYours)
	}
	f, err := d.Opinions.Feedback(ctx, id)
	if errors.Is(err, risk.ErrNone) {
		return no("none", text.OpinionNone)
	}
	if err != nil {
		return false, err
	}
	if f.Rev != m.Rev {
		return no("changed", text.OpinionChanged)
	}
	if m.Do == moveLink {
		return d.linkOpinion(ctx, t, f, m.Revision)
	}
	before := f.State
	if f.State, err = opinion.Next(f.State, m.Do); err != nil {
		return no("in "+string(before), text.OpinionCannot)
	}
	switch m.Do {
	case opinion.MoveTriage:
		return d.keptOpinion(ctx, t, &f, action, text.OpinionTriaged)
	case opinion.MoveAccept:
		return d.keptOpinion(ctx, t, &f, action, text.OpinionAccepted)
	case opinion.MoveAssign:
		return d.assignOpinion(ctx, t, f, m)
	case opinion.MoveAnswer, opinion.MoveDecline:
		return d.answerOpinion(ctx, t, f, m)
	case opinion.MoveClose:
		return d.closeOpinion(ctx, t, f)
	case opinion.MoveMerge:
		return d.mergeOpinion(ctx, t, f, m.Into)
	case opinion.MoveAway:
		return d.sendAway(ctx, t, f, m.Ring)
	default: // lines and purges are not the desk's to do
		return no("move", text.OpinionCannot)
	}
}

func (d *Desk) keptOpinion(ctx context.Context, t *convo.Turn, f *Feedback, action, say string) (bool, error) {
	ok, err := d.keepOpinion(ctx, t, f, action)
	if ok {
		t.Say(say)
	}
	return ok, err
}

// ownWords checks what the desk or a section writes: no names, numbers or secrets; code
// is "" when it may stand.
func ownWords(said string, most int) (code, say string) {
	switch {
	case utf8.RuneCountInString(said) > most:
		return "long", fmt.Sprintf(text.OpinionTooLong, most)
	case risk.Guard(said) != nil:
		return "guard", text.OpinionGuarded
	}
	return "", ""
}

// assignOpinion asks a section for its view. It is told what the coordinator writes in own
// words, never the opinion: its wording may give somebody away.
func (d *Desk) assignOpinion(ctx context.Context, t *convo.Turn, f Feedback, m OpinionMove) (bool, error) {
	action := "opinion." + string(opinion.MoveAssign)
	no := func(code, say string) (bool, error) {
		return false, d.refuseOnDay(ctx, t, action, aboutOpinion, f.ID, code, say)
	}
	brief := strings.TrimSpace(m.Brief)
	if d.Seal == nil {
		return no("no key", text.OpinionNoSeal)
	}
	sections, err := d.Reg.Sections(ctx)
	if err != nil {
		return false, err
	}
	if !slices.ContainsFunc(sections, func(s risk.Section) bool { return s.ID == m.Section }) {
		return no("section", text.OpinionNoSection)
	}
	if brief == "" {
		return no("empty", text.OpinionNoBrief)
	}
	if code, say := ownWords(brief, BriefLongest); code != "" {
		return no(code, say)
	}
	heads, err := d.Reg.RoleHolders(ctx, bot.RoleSectionHead, m.Section)
	if err != nil {
		return false, err
	}
	heads = slices.DeleteFunc(heads, func(p risk.Person) bool { return p.UserID == "" })
	if len(heads) == 0 {
		return no("no head", text.OpinionNoHead)
	}
	f.Section, f.View, f.ViewKey = m.Section, nil, ""
	if f.BriefKey, f.Brief, err = d.Seal.Seal(ownPlace(f, "brief"), []byte(brief)); err != nil {
		return false, err
	}
	ok, err := d.keptOpinion(ctx, t, &f, action, text.OpinionAssigned)
	if !ok || err != nil {
		return ok, err
	}
	for _, p := range heads {
		t.Send(bot.Reply{To: p.UserID, Lane: bot.LaneNotice, Card: &bot.Card{
			Title: text.OpinionViewTitle, Body: text.OpinionViewBody, Link: &bot.Link{Text: text.OpinionViewLink, URL: d.Pages.OpinionViews()},
		}})
	}
	return true, nil
}

// answerOpinion answers everybody who holds a receipt: of the opinion, and of those
// merged into it. Answers are sealed with public keys; nobody's passphrase is needed.
func (d *Desk) answerOpinion(ctx context.Context, t *convo.Turn, f Feedback, m OpinionMove) (bool, error) {
	action := "opinion." + string(m.Do)
	no := func(code, say string) (bool, error) {
		return false, d.refuseOnDay(ctx, t, action, aboutOpinion, f.ID, code, say)
	}
	reason, answer := strings.TrimSpace(m.Reason), strings.TrimSpace(m.Answer)
	if m.Do == opinion.MoveDecline {
		m.Outcome, reason = "", ""
	}
	children, err := d.mergedInto(ctx, f)
	if err != nil {
		return false, err
	}
	slip := f.AnswerTo != "" || slices.ContainsFunc(children, func(c Feedback) bool { return c.AnswerTo != "" })
	light := f.Kind == opinion.Praise || f.Kind == opinion.Other // thanks may be all there is to say
	switch {
	case m.Do == opinion.MoveDecline, m.Outcome == opinion.Adopted, m.Outcome == "" && light:
	case m.Outcome == opinion.Partly || m.Outcome == opinion.Not:
		if reason == "" {
			return no("no reason", text.OpinionNoReason)
		}
	default:
		return no("no outcome", text.OpinionNoOutcome)
	}
	if slip && answer == "" {
		return no("no answer", text.OpinionNoAnswer)
	}
	if code, say := ownWords(reason, ReasonLongest); code != "" {
		return no(code, say)
	}
	if code, say := ownWords(answer, AnswerLongest); code != "" {
		return no(code, say)
	}
	if reason != "" {
		answer = fmt.Sprintf(text.OpinionAnswerReason, reason, answer)
	}
	f.Outcome, f.Reason, f.AnsweredOn = m.Outcome, reason, bot.Civil(t.Now)
	if err := sealAnswer(&f, answer); err != nil {
		return false, err
	}
	say := text.OpinionRecorded
	if slip {
		say = text.OpinionAnswered
	}
	ok, err := d.keptOpinion(ctx, t, &f, action, say)
	if !ok || err != nil {
		return ok, err
	}
	for _, c := range children {
		c.Outcome, c.Reason, c.AnsweredOn = f.Outcome, f.Reason, f.AnsweredOn
		if err := sealAnswer(&c, answer); err != nil {
			return false, err
		}
		if err := d.follow(ctx, t, &c, action); err != nil {
			return false, err
		}
	}
	return true, nil
}

func sealAnswer(f *Feedback, answer string) (err error) {
	if f.AnswerTo != "" {
		f.Answer, err = letter.SealAnswer([]byte(answer), f.AnswerTo)
	}
	return err
}

// follow saves an opinion that another one takes along.
func (d *Desk) follow(ctx context.Context, t *convo.Turn, f *Feedback, action string) error {
	if err := d.Opinions.SaveFeedback(ctx, f); err != nil {
		return err
	}
	return d.onDay(ctx, t, action, aboutOpinion, f.ID, f.Rev)
}

// mergedInto are the opinions that are answered together with one.
func (d *Desk) mergedInto(ctx context.Context, f Feedback) (out []Feedback, err error) {
	all, err := d.Opinions.Feedbacks(ctx, FeedbackFilter{Notice: f.Notice, States: []opinion.State{opinion.Merged}})
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(c Feedback) bool { return c.MergedInto != f.ID }), nil
}

// closeOpinion closes it, and what was merged into it.
func (d *Desk) closeOpinion(ctx context.Context, t *convo.Turn, f Feedback) (bool, error) {
	action := "opinion." + string(opinion.MoveClose)
	if f.MergedInto != 0 && f.AnsweredOn.IsZero() {
		return false, d.refuseOnDay(ctx, t, action, aboutOpinion, f.ID, "not answered", text.OpinionMergedFirst)
	}
	children, err := d.mergedInto(ctx, f)
	if err != nil {
		return false, err
	}
	f.ClosedOn = bot.Civil(t.Now)
	ok, err := d.keptOpinion(ctx, t, &f, action, text.OpinionClosed)
	if !ok || err != nil {
		return ok, err
	}
	for _, c := range children {
		c.State, c.ClosedOn = opinion.Closed, f.ClosedOn
		if err := d.follow(ctx, t, &c, action); err != nil {
			return false, err
		}
	}
	return true, nil
}

// mergeOpinion puts an opinion with another one of the same notice that still waits for
// its answer. Nothing merges by itself, and each receipt stays a receipt of its own.
func (d *Desk) mergeOpinion(ctx context.Context, t *convo.Turn, f Feedback, into int64) (bool, error) {
	action := "opinion." + string(opinion.MoveMerge)
	no := func(code, say string) (bool, error) {
		return false, d.refuseOnDay(ctx, t, action, aboutOpinion, f.ID, code, say)
	}
	if into == f.ID {
		return no("itself", text.OpinionNoTarget)
	}
	target, err := d.Opinions.Feedback(ctx, into)
	switch {
	case errors.Is(err, risk.ErrNone):
		return no("target", text.OpinionNoTarget)
	case err != nil:
		return false, err
	case !slices.Contains(openStates(), target.State) || target.Notice != f.Notice:
		return no("target", text.OpinionNoTarget)
	}
	children, err := d.mergedInto(ctx, f)
	if err != nil {
		return false, err
	}
	f.MergedInto = target.ID
	ok, err := d.keptOpinion(ctx, t, &f, action, fmt.Sprintf(text.OpinionMerged, OpinionNo(target.ID)))
	if !ok || err != nil {
		return ok, err
	}
	for _, c := range children {
		c.MergedInto = target.ID
		if err := d.follow(ctx, t, &c, action); err != nil {
			return false, err
		}
	}
	return true, nil
}

// linkOpinion says which revision of a point an opinion led to.
func (d *Desk) linkOpinion(ctx context.Context, t *convo.Turn, f Feedback, revision int64) (bool, error) {
	action := "opinion." + string(moveLink)
	no := func(code, say string) (bool, error) {
		return false, d.refuseOnDay(ctx, t, action, aboutOpinion, f.ID, code, say)
	}
	if d.Publications == nil || f.Notice == 0 || !mayLink(f.State) {
		return no("in "+string(f.State), text.OpinionCannot)
	}
	n, err := d.Publications.PublicNotice(ctx, f.Notice)
	if err != nil {
		return false, err
	}
	r, err := d.Publications.Revision(ctx, revision)
	if err != nil && !errors.Is(err, risk.ErrNone) {
		return false, err
	}
	if err != nil || !linkable(r, pointsOf(n, f.Point)) {
		return no("revision", text.OpinionNoRevision)
	}
	f.Revision = r.ID
	return d.keptOpinion(ctx, t, &f, action, text.OpinionLinked)
}

// sendAway hands an opinion to the discipline office because it means the coordinating
// office itself, or a person. It is sealed anew to that office's keys in this very
// request, and the copy here goes.
func (d *Desk) sendAway(ctx context.Context, t *convo.Turn, f Feedback, ring *letter.Keyring) (bool, error) {
	action := "opinion." + string(opinion.MoveAway)
	no := func(code, say string) (bool, error) {
		return false, d.refuseOnDay(ctx, t, action, aboutOpinion, f.ID, code, say)
	}
	if ring == nil {
		return no("desk closed", text.OpinionAwayClosed)
	}
	to, _, err := d.Opinions.Ring(ctx, opinion.Discipline)
	if err != nil {
		return false, err
	}
	if !to.Ready() {
		return no("no door", text.OpinionAwayNoDoor)
	}
	words := openLetter(ring, f.Body)
	if words.Lost || f.Body == nil {
		return no("keys", text.OpinionLost)
	}
	notices, err := d.opinionNotices(ctx)
	if err != nil {
		return false, err
	}
	title, where := opinionPlace(notices, f)
	body, err := sealLetter(fmt.Sprintf(text.OpinionFromOffice, strings.TrimSpace(title+" "+where), words.Words), to.Recipients)
	if err != nil {
		return false, err
	}
	lines := make([][]byte, len(f.Lines))
	for i, l := range f.Lines {
		w := openLetter(ring, l.Body)
		if w.Lost {
			return no("keys", text.OpinionLost)
		}
		if lines[i], err = sealLetter(w.Words, to.Recipients); err != nil {
			return false, err
		}
	}
	if f.Image != nil {
		image, err := ring.Open(f.Image)
		if err != nil {
			return no("keys", text.OpinionLost)
		}
		if f.Image, err = letter.SealLarge(image, imageRoom, to.Recipients); err != nil {
			return false, err
		}
		clear(image)
	}
	children, err := d.mergedInto(ctx, f)
	if err != nil {
		return false, err
	}
	err = d.Opinions.ToTips(ctx, &f, body, lines)
	if errors.Is(err, risk.ErrChanged) {
		return no("changed", text.OpinionChanged)
	}
	if err != nil {
		return false, err
	}
	if err := d.onDay(ctx, t, action, aboutOpinion, f.ID, f.Rev); err != nil {
		return false, err
	}
	// What was merged into it is owed an answer of its own again.
	for _, c := range children {
		c.State, c.MergedInto = opinion.Accepted, 0
		if err := d.follow(ctx, t, &c, "opinion.unmerge"); err != nil {
			return false, err
		}
	}
	t.Say(text.OpinionAway)
	return true, nil
}

// imageRoom is what an image is filled up to, in bytes.
const imageRoom = letter.ImageSize - 64<<10
