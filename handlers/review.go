package handlers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

// Objects that cards and audit events of the review are about.
const (
	aboutReview   = "review"
	aboutBatch    = "batch"    // ID: the leader
	aboutMutual   = "mutual"   // ID: the section
	aboutProposal = "proposal" // ID: the proposal
	aboutGrading  = "grading"  // ID: the campaign
)

// docket is a form under review with the rules it is reviewed under.
type docket struct {
	*risk.SelfCheck
	pack  *risk.Pack
	chain risk.Chain
}

// docket loads a form and its chain.
func (d *Desk) docket(ctx context.Context, id int64) (docket, error) {
	c, err := d.Reg.Check(ctx, id)
	if err != nil {
		return docket{}, err
	}
	return d.docketOf(ctx, &c)
}

// docketUnder is the form that a review is about, and the review.
func (d *Desk) docketUnder(ctx context.Context, review int64) (docket, risk.Review, error) {
	r, err := d.Reg.Review(ctx, review)
	if err != nil {
		return docket{}, r, err
	}
	k, err := d.docket(ctx, r.CheckID)
	return k, r, err
}

func (d *Desk) docketOf(ctx context.Context, c *risk.SelfCheck) (docket, error) {
	p, _, err := d.pack(ctx, c.CampaignID)
	if err != nil {
		return docket{}, err
	}
	k := docket{SelfCheck: c, pack: p}
	if chain, ok := p.Chain(c.Chain); ok && c.Chain != "" {
		k.chain = chain
		return k, nil
	}
	section, err := d.Reg.Section(ctx, c.Post.SectionID)
	if err != nil {
		return docket{}, err
	}
	principals, err := d.Reg.RoleHolders(ctx, bot.RolePrincipal, 0)
	if err != nil {
		return docket{}, err
	}
	k.chain = p.ChainFor(c.Post, section, slices.ContainsFunc(principals, func(h risk.Person) bool { return h.ID == c.Person.ID }))
	c.Chain = k.chain.Code
	return k, nil
}

// step is the step the form stands at.
func (k docket) step() risk.Step {
	s, _ := k.chain.At(k.StepNo)
	return s
}

// rows are the points that stand on the form.
func (k docket) rows() []risk.Point { return live(k.Points) }

// at is the point with this id, to be changed in place.
func (k docket) at(id int64) *risk.Point {
	for i := range k.Points {
		if k.Points[i].ID == id && k.Points[i].State != risk.PointRemoved {
			return &k.Points[i]
		}
	}
	return nil
}

// passRows marks every row that stands as passed.
func (k docket) passRows() {
	for i := range k.Points {
		if k.Points[i].State != risk.PointRemoved {
			k.Points[i].Verdict, k.Points[i].VerdictWhy = risk.Passed, ""
		}
	}
}

// cardLife is how long a card of this pack is left to stand. WeCom lets a card be
// changed for its hours and not a minute more, so it is renewed a little earlier: the
// old one can still be made to say that it is over.
func (k docket) cardLife() time.Duration {
	return time.Duration(k.pack.CardHours)*time.Hour - cardMargin
}

const cardMargin = 30 * time.Minute

// store saves the form; somebody who saved in between wins and the person is told.
func (d *Desk) store(ctx context.Context, k docket) error {
	if err := d.Reg.Save(ctx, k.SelfCheck); errors.Is(err, risk.ErrChanged) {
		return &bot.Error{Say: text.ReviewRaced, Op: "review: save", Err: err}
	} else if err != nil {
		return fmt.Errorf("review: save check %d: %w", k.ID, err)
	}
	return nil
}

// Forward sends a submitted form to the step that has to look at it: the first one
// of its chain, or, after a return, the step that returned it, with only the
// returned rows open. It is called when the ten minutes to withdraw are over; a form
// that is no longer submitted is left alone.
func (d *Desk) Forward(ctx context.Context, t *convo.Turn, check *risk.SelfCheck) error {
	if check.State != risk.CheckSubmitted {
		return nil
	}
	k, err := d.docketOf(ctx, check)
	if err != nil {
		return err
	}
	past, err := d.Reg.Reviews(ctx, risk.ReviewFilter{Check: check.ID})
	if err != nil {
		return err
	}
	for i := range k.Points {
		if k.Points[i].State == risk.PointDraft {
			k.Points[i].State = risk.PointSubmitted
		}
	}
	// A returned form keeps the number of the step that returned it.
	again := k.StepNo > 0 || timesReturned(past) > 0
	if again {
		for i := range k.Points {
			if p := &k.Points[i]; p.Verdict == risk.Returned {
				p.Verdict = risk.Unseen
			}
		}
	}
	return d.advance(ctx, t, k, risk.MoveWindowClosed, again)
}

// advance makes a move of the state machine and asks whoever has to act next. again
// says that approvals of single rows stand. A mutual check that has nobody to do it is
// passed over.
func (d *Desk) advance(ctx context.Context, t *convo.Turn, k docket, m risk.Move, again bool) error {
	state, stepNo, err := risk.NextState(k.chain, k.State, k.StepNo, m)
	if err != nil {
		return err
	}
	k.State, k.StepNo = state, stepNo
	if !again {
		for i := range k.Points {
			k.Points[i].Verdict = risk.Unseen
		}
	}
	if err := d.record(ctx, t, "selfcheck.enter."+k.step().Code, "selfcheck", k.ID, k.Version); err != nil {
		return err
	}
	switch k.step().Code {
	case risk.StepMutual:
		waits, err := d.enterMutual(ctx, t, k)
		if err != nil || waits {
			return err
		}
		return d.advance(ctx, t, k, risk.MoveMutualDone, again)
	case risk.StepGroup:
		return d.enterGrading(ctx, t, k)
	}
	return d.assign(ctx, t, k)
}

// assign opens a review for the person whose turn it is and sends the card. With
// nobody to assign the form waits and the office is told what to do.
func (d *Desk) assign(ctx context.Context, t *convo.Turn, k docket) error {
	past, err := d.Reg.Reviews(ctx, risk.ReviewFilter{Check: k.ID})
	if err != nil {
		return err
	}
	org, err := d.org(ctx, t, k, k.step(), past)
	if err != nil {
		return err
	}
	who, why, err := risk.Assign(k.step(), org)
	if err != nil || who.Person == 0 {
		return d.unassigned(ctx, t, k)
	}
	if passedJustNow(past, k, who.Person) {
		// Nobody decides twice in a row on the same form (a head's form whose first
		// reviewer is already the leader in charge).
		if err := d.record(ctx, t, "review.same_reviewer", "selfcheck", k.ID, k.Version); err != nil {
			return err
		}
		return d.advance(ctx, t, k, risk.MovePass, false)
	}
	person, err := d.Reg.Person(ctx, who.Person)
	if err != nil {
		return err
	}
	if err := d.store(ctx, k); err != nil {
		return err
	}
	r := risk.Review{
		CheckID: k.ID, Version: k.Version, StepNo: k.StepNo, Step: k.step().Code,
		Assignee: person, For: who.For, Why: why, Round: 1, OpenedAt: t.Now, DecideBy: d.decideBy(t, k.pack),
	}
	return d.open(ctx, t, k, r)
}

// open stores a review, sends its card and sets the timer that issues it again.
func (d *Desk) open(ctx context.Context, t *convo.Turn, k docket, r risk.Review) error {
	if err := d.Reg.OpenReview(ctx, &r); err != nil {
		return fmt.Errorf("review: open: %w", err)
	}
	if err := d.record(ctx, t, "review.open", aboutReview, r.ID, r.Version); err != nil {
		return err
	}
	if err := d.later(t, r, k.cardLife()); err != nil {
		return err
	}
	return d.present(ctx, t, k, r)
}

// later sets the timer that issues a card again when it has died.
func (d *Desk) later(t *convo.Turn, r risk.Review, life time.Duration) error {
	data, err := json.Marshal(reviewNote{Review: r.ID, Round: r.Round})
	if err != nil {
		return err
	}
	t.Later(r.Assignee.UserID, t.Now.Add(life), bot.Note{Name: noteReissue, Data: data}, fmt.Sprintf("reissue:%d:%d", r.ID, r.Round))
	return nil
}

// present shows a review to its assignee. A leader who has several gets the list
// instead of one more card, at most one list every two minutes.
func (d *Desk) present(ctx context.Context, t *convo.Turn, k docket, r risk.Review) error {
	card, err := d.reviewCard(ctx, k, r)
	if err != nil {
		return err
	}
	open, err := d.Reg.Reviews(ctx, risk.ReviewFilter{Assignee: r.Assignee.ID, Open: true})
	if err != nil {
		return err
	}
	if len(open) <= cardsBeforeList {
		t.Send(bot.Reply{To: r.Assignee.UserID, Lane: bot.LaneNotice, Card: &card})
		return nil
	}
	slot := t.Now.Add(listEvery).Truncate(listEvery)
	t.Later(r.Assignee.UserID, slot, bot.Note{Name: noteList}, fmt.Sprintf("list:%d:%d", r.Assignee.ID, slot.Unix()))
	return nil
}

const (
	cardsBeforeList = 2
	listEvery       = 2 * time.Minute
)

// org is who holds the step's roles for this form today, who stands in for whom,
// and who may not look.
func (d *Desk) org(ctx context.Context, t *convo.Turn, k docket, s risk.Step, past []risk.Review) (risk.Org, error) {
	org := risk.Org{Owner: k.Person.ID, Holders: map[bot.Role][]int64{}, On: bot.Civil(t.Now)}
	section, err := d.colleagues(ctx, k.Post.SectionID)
	if err != nil {
		return org, err
	}
	for _, p := range section {
		org.Section = append(org.Section, p.ID)
	}
	for _, r := range past {
		if r.Decision == risk.Recuse {
			org.Recused = append(org.Recused, r.Assignee.ID)
			if r.For != 0 {
				org.Recused = append(org.Recused, r.For)
			}
		}
	}
	seen := map[int64]bool{}
	for _, role := range append([]bot.Role{s.Role}, s.Else...) {
		people, err := d.Reg.RoleHolders(ctx, role, k.Post.SectionID)
		if err != nil {
			return org, err
		}
		for _, p := range people {
			org.Holders[role] = append(org.Holders[role], p.ID)
			if seen[p.ID] {
				continue
			}
			seen[p.ID] = true
			to, away, err := d.Reg.Delegate(ctx, p.ID, org.On)
			if err != nil {
				return org, err
			}
			if away {
				org.Delegations = append(org.Delegations, risk.Delegation{Person: p.ID, To: to.ID, From: org.On, Until: org.On})
			}
		}
	}
	return org, nil
}

// colleagues are the people of a section, each once.
func (d *Desk) colleagues(ctx context.Context, section int64) ([]risk.Person, error) {
	holders, err := d.Reg.Holders(ctx, section)
	if err != nil {
		return nil, err
	}
	var out []risk.Person
	for _, h := range holders {
		if !slices.ContainsFunc(out, func(have risk.Person) bool { return have.ID == h.Person.ID }) {
			out = append(out, h.Person)
		}
	}
	return out, nil
}

// passedJustNow reports whether a person passed the step before this one, on this version.
func passedJustNow(past []risk.Review, k docket, person int64) bool {
	var last risk.Review
	for _, r := range past {
		if r.Step != risk.StepMutual && r.Decision == risk.Pass && !r.DecidedAt.Before(last.DecidedAt) {
			last = r
		}
	}
	return last.ID != 0 && last.Version == k.Version && last.StepNo == k.StepNo-1 && last.DecidedBy == person
}

// unassigned keeps a form that nobody can review and tells the office.
func (d *Desk) unassigned(ctx context.Context, t *convo.Turn, k docket) error {
	if err := d.store(ctx, k); err != nil {
		return err
	}
	if err := d.Reg.Record(ctx, risk.Event{Actor: t.Actor.Person, Role: role(t.Actor), Action: "review.assign", Object: "selfcheck", ID: k.ID, Version: k.Version, Result: "refused", Note: "nobody"}); err != nil {
		return err
	}
	return d.tellOffice(ctx, t, fmt.Sprintf(text.ReviewNobody, k.Post.Section+"·"+k.Post.Name, k.step().Label), fmt.Sprintf("nobody:%d:%d:%d", k.ID, k.Version, k.StepNo))
}

// tellOffice sends a line to everyone of the coordinating office.
func (d *Desk) tellOffice(ctx context.Context, t *convo.Turn, say, once string) error {
	people, err := d.office(ctx)
	if err != nil {
		return err
	}
	for _, p := range people {
		t.Send(bot.Reply{To: p.UserID, Lane: bot.LaneNotice, Text: say, Once: once + ":" + p.UserID.Key()})
	}
	return nil
}

// office is everyone of the coordinating office, each once.
func (d *Desk) office(ctx context.Context) ([]risk.Person, error) {
	var out []risk.Person
	for _, role := range []bot.Role{bot.RoleOfficeDirector, bot.RoleOfficeMember} {
		people, err := d.Reg.RoleHolders(ctx, role, 0)
		if err != nil {
			return nil, err
		}
		for _, p := range people {
			if !slices.ContainsFunc(out, func(have risk.Person) bool { return have.ID == p.ID }) {
				out = append(out, p)
			}
		}
	}
	return out, nil
}

// AssignAgain tries once more to find a reviewer for every form that has none (重新派件).
func (d *Desk) AssignAgain(ctx context.Context, t *convo.Turn) error {
	if !t.Actor.Coordinator() {
		return d.refuse(ctx, t, "review.assign", "campaign", 0, "not coordinator", text.ReviewNotYours)
	}
	c, running, err := d.Reg.Campaign(ctx)
	if err != nil {
		return err
	}
	if !running {
		t.Say(text.GradingNoCampaign)
		return nil
	}
	waiting, err := d.Reg.Checks(ctx, risk.CheckFilter{Campaign: c.ID, States: []risk.CheckState{risk.CheckSection, risk.CheckLeader}, Heads: true})
	if err != nil {
		return err
	}
	done, left := 0, 0
	for i := range waiting {
		open, err := d.openReviews(ctx, waiting[i].ID)
		if err != nil {
			return err
		}
		if len(open) > 0 {
			continue
		}
		k, err := d.docket(ctx, waiting[i].ID)
		if err != nil {
			return err
		}
		if err := d.assign(ctx, t, k); err != nil {
			return err
		}
		if open, err = d.openReviews(ctx, k.ID); err != nil {
			return err
		}
		if len(open) == 0 {
			left++
		} else {
			done++
		}
	}
	if left > 0 {
		t.Say(fmt.Sprintf(text.ReviewNobodyLeft, done, left))
		return nil
	}
	t.Say(fmt.Sprintf(text.ReviewNobodyDone, done))
	return nil
}

func (d *Desk) openReviews(ctx context.Context, check int64) ([]risk.Review, error) {
	return d.Reg.Reviews(ctx, risk.ReviewFilter{Check: check, Open: true})
}

// void closes every open review of a form and says so on its cards.
func (d *Desk) void(ctx context.Context, t *convo.Turn, check int64, say string) ([]risk.Review, error) {
	open, err := d.openReviews(ctx, check)
	if err != nil {
		return nil, err
	}
	for _, r := range open {
		gone := r
		gone.Decision, gone.DecidedAt, gone.DecidedBy = risk.Void, t.Now, t.Actor.Person
		if _, err := d.Reg.Decide(ctx, gone); err != nil {
			return nil, err
		}
		t.Supersede(bot.About{Kind: aboutReview, ID: r.ID}, say)
		if err := d.record(ctx, t, "review.void", aboutReview, r.ID, r.Version); err != nil {
			return nil, err
		}
	}
	return open, nil
}

// reopen renews the open reviews of a form whose content has changed: decisions on
// the version before no longer count, the same people look at the new one.
func (d *Desk) reopen(ctx context.Context, t *convo.Turn, k docket) error {
	open, err := d.void(ctx, t, k.ID, text.CardVoid)
	if err != nil {
		return err
	}
	for _, r := range open {
		fresh := risk.Review{
			CheckID: k.ID, Version: k.Version, StepNo: r.StepNo, Step: r.Step, Assignee: r.Assignee, For: r.For, Why: r.Why,
			Round: 1, OpenedAt: t.Now, DecideBy: d.decideBy(t, k.pack),
		}
		if err := d.open(ctx, t, k, fresh); err != nil {
			return err
		}
	}
	return nil
}

// numbers writes row numbers the way people say them: 1、3.
func numbers(nos []int) string {
	words := make([]string, len(nos))
	for i, n := range nos {
		words[i] = fmt.Sprint(n)
	}
	return strings.Join(words, text.ListComma)
}
