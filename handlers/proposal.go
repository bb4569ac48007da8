package handlers

import (
	"context"
	"fmt"
	"strings"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

// proposalMin is the shortest sentence that can be a risk point, in characters.
const proposalMin = 6

// States of a proposal.
const (
	proposalOpen     = "open"
	proposalTaken    = "taken"
	proposalDeclined = "declined"
)

// guarded says why a text typed on a page may not be stored, or "". Chat texts are
// stopped before they get here.
func guarded(said string) string {
	if stop := risk.Guard(said); stop != nil {
		switch stop.Rule {
		case "secrecy":
			return text.StoppedSecrecy
		case "person":
			return text.StoppedPerson
		case "own":
			return text.StoppedOwn
		}
		return text.StoppedPII
	}
	if found := risk.GuardPoint(said); found != nil {
		return found.Say
	}
	return ""
}

// propose keeps a point that somebody else proposes and asks the owner. The card does
// not carry the sentence: its author is not the receiver.
func (d *Desk) propose(ctx context.Context, t *convo.Turn, check int64, said string, method risk.Method) error {
	c, err := d.Reg.Check(ctx, check)
	if err != nil {
		return err
	}
	p := risk.Proposal{CheckID: check, By: t.Actor.Person, Method: method, Text: said, State: proposalOpen}
	if err := d.Reg.SaveProposal(ctx, &p); err != nil {
		return err
	}
	title := text.ProposalTitle
	if method == risk.MethodLeader {
		title = text.ProposalTitleLed
	}
	t.Send(bot.Reply{To: c.Person.UserID, Lane: bot.LaneNotice, Card: &bot.Card{
		Title: title, Desc: text.ProposalDesc,
		Buttons: []bot.Option{
			{Text: text.ProposalView, URL: d.Pages.MyCheck(check)},
			{Text: text.ProposalTake, Key: key("proposal.take", p.ID)},
			{Text: text.ProposalDecline, Key: key("proposal.decline", p.ID), Minor: true},
		},
		About: bot.About{Kind: aboutProposal, ID: p.ID},
	}})
	return d.record(ctx, t, "proposal.open", aboutProposal, p.ID, c.Version)
}

// Point is 领导点: a leader proposes a point to a post.
func (d *Desk) Point(ctx context.Context, t *convo.Turn, check int64, said string) (bool, error) {
	k, err := d.docket(ctx, check)
	if err != nil {
		return false, err
	}
	no := func(code, say string) (bool, error) {
		return false, d.refuse(ctx, t, "proposal.open", "selfcheck", check, code, say)
	}
	said = strings.TrimSpace(said)
	may, err := d.mayPoint(ctx, t, k)
	if err != nil {
		return false, err
	}
	switch {
	case !may:
		return no("not a leader", text.PointNotAllowed)
	case k.Person.ID == t.Actor.Person:
		return no("own form", text.PointOwn)
	case len([]rune(said)) < proposalMin:
		return no("short", text.PointShort)
	case k.State == risk.CheckGrading || k.State == risk.CheckConfirmed:
		return no("too late", text.PointTooLate)
	}
	if say := guarded(said); say != "" {
		return no("guard", say)
	}
	if err := d.propose(ctx, t, check, said, risk.MethodLeader); err != nil {
		return false, err
	}
	t.Say(text.PointSent)
	return true, nil
}

// mayPoint: the principal leader to everybody, a leader in charge to their sections.
func (d *Desk) mayPoint(ctx context.Context, t *convo.Turn, k docket) (bool, error) {
	if t.Actor.Has(bot.RolePrincipal, bot.RoleGroupChair) {
		return true, nil
	}
	if !t.Actor.Has(bot.RoleLeaderInCharge) {
		return false, nil
	}
	sections, err := d.Reg.SectionsOf(ctx, t.Actor.Person, bot.RoleLeaderInCharge)
	if err != nil {
		return false, err
	}
	for _, s := range sections {
		if s.ID == k.Post.SectionID {
			return true, nil
		}
	}
	return false, nil
}

// myProposal loads the proposal of a press; only the owner of the form decides.
func (d *Desk) myProposal(ctx context.Context, t *convo.Turn, action string, id int64) (p risk.Proposal, k docket, ok bool, err error) {
	if p, err = d.Reg.Proposal(ctx, id); err != nil {
		return p, k, false, err
	}
	if k, err = d.docket(ctx, p.CheckID); err != nil {
		return p, k, false, err
	}
	switch {
	case k.Person.ID != t.Actor.Person:
		return p, k, false, d.refuse(ctx, t, action, aboutProposal, id, "not owner", text.ProposalNotOwner)
	case p.State != proposalOpen:
		return p, k, false, d.refuse(ctx, t, action, aboutProposal, id, "decided", text.ProposalDone)
	case action == "proposal.take" && (k.State == risk.CheckGrading || k.State == risk.CheckConfirmed):
		return p, k, false, d.refuse(ctx, t, action, aboutProposal, id, "too late", text.ProposalTooLate)
	}
	return p, k, true, nil
}

// pressDecline is 不采纳.
func (d *Desk) pressDecline(ctx context.Context, t *convo.Turn) error {
	ids := pressed(t)
	if len(ids) == 0 {
		return d.refuse(ctx, t, "proposal.decline", aboutProposal, 0, "no proposal", text.ProposalDone)
	}
	_, err := d.DeclineProposal(ctx, t, ids[0])
	return err
}

// DeclineProposal is the owner's no; the proposer is not told.
func (d *Desk) DeclineProposal(ctx context.Context, t *convo.Turn, id int64) (bool, error) {
	p, _, ok, err := d.myProposal(ctx, t, "proposal.decline", id)
	if err != nil || !ok {
		return false, err
	}
	p.State = proposalDeclined
	if err := d.Reg.SaveProposal(ctx, &p); err != nil {
		return false, err
	}
	t.Supersede(bot.About{Kind: aboutProposal, ID: p.ID}, text.CardProposal)
	t.Say(text.ProposalDeclined)
	return true, d.record(ctx, t, "proposal.decline", aboutProposal, p.ID, 0)
}

const flowTake = "proposal.take"

// taking is the state of 采纳: which step the point hangs on, then its wording.
type taking struct {
	Proposal int64     `json:"proposal"`
	Node     risk.Node `json:"node"`
}

// pressTake is 采纳.
func (d *Desk) pressTake(ctx context.Context, t *convo.Turn) error {
	ids := pressed(t)
	if len(ids) == 0 {
		return d.refuse(ctx, t, "proposal.take", aboutProposal, 0, "no proposal", text.ProposalDone)
	}
	p, _, ok, err := d.myProposal(ctx, t, "proposal.take", ids[0])
	if err != nil || !ok {
		return err
	}
	return t.Start(flowTake, "", taking{Proposal: p.ID})
}

func (d *Desk) takeFlow() convo.Flow[taking] {
	return convo.Flow[taking]{Name: flowTake, Version: 1, Start: "node", Steps: []convo.Step[taking]{
		{Name: "node", Ask: d.askTakeNode, Answer: d.readTakeNode},
		{Name: "gap", Ask: d.askTakeGap, Answer: d.readTakeGap, Free: true},
		{Name: "wording", Ask: d.askTakeWording, Answer: d.readTakeWording, Free: true},
	}}
}

// takeNodes are the steps offered for a taken point.
func (d *Desk) takeNodes(ctx context.Context, t *convo.Turn, s *taking) ([]risk.Node, error) {
	p, err := d.Reg.Proposal(ctx, s.Proposal)
	if err != nil {
		return nil, err
	}
	f, err := d.sheet(ctx, t, p.CheckID)
	if err != nil {
		return nil, err
	}
	nodes, err := d.ownNodes(ctx, f)
	if err != nil {
		return nil, err
	}
	return nodes[:min(len(nodes), 19)], nil
}

func (d *Desk) askTakeNode(ctx context.Context, t *convo.Turn, s *taking) error {
	nodes, err := d.takeNodes(ctx, t, s)
	if err != nil {
		return err
	}
	pick := &bot.Pick{Submit: text.ProposalPick}
	for _, n := range nodes {
		pick.Options = append(pick.Options, bot.Option{Text: text.Clip(n.Name, 17), Key: key("node", n.ID)})
	}
	pick.Options = append(pick.Options, bot.Option{Text: text.ProposalNoNode, Key: "other"})
	t.Ask(bot.Card{Title: text.ProposalAskNode, Pick: pick})
	return nil
}

func (d *Desk) readTakeNode(ctx context.Context, t *convo.Turn, s *taking) (convo.Next, error) {
	if t.Answer.Key() == "other" {
		return convo.Goto("gap"), nil
	}
	nodes, err := d.takeNodes(ctx, t, s)
	if err != nil {
		return convo.Next{}, err
	}
	for _, n := range nodes {
		if t.Answer.Key() == key("node", n.ID) {
			s.Node = n
			return convo.Goto("wording"), nil
		}
	}
	return convo.NotUnderstood(), nil
}

func (d *Desk) askTakeGap(_ context.Context, t *convo.Turn, _ *taking) error {
	t.Say(text.ProposalAskGap)
	return nil
}

func (d *Desk) readTakeGap(ctx context.Context, t *convo.Turn, s *taking) (convo.Next, error) {
	said := strings.TrimSpace(t.Answer.Text)
	if said == "" {
		return convo.NotUnderstood(), nil
	}
	p, err := d.Reg.Proposal(ctx, s.Proposal)
	if err != nil {
		return convo.Next{}, err
	}
	c, err := d.Reg.Check(ctx, p.CheckID)
	if err != nil {
		return convo.Next{}, err
	}
	if s.Node, err = d.Reg.AddGap(ctx, c.Post, text.Clip(said, 40)); err != nil {
		return convo.Next{}, err
	}
	return convo.Goto("wording"), nil
}

func (d *Desk) askTakeWording(ctx context.Context, t *convo.Turn, s *taking) error {
	p, err := d.Reg.Proposal(ctx, s.Proposal)
	if err != nil {
		return err
	}
	t.Ask(bot.Card{
		Title: text.ProposalAskWord, Body: text.ProposalHowWord,
		Buttons: []bot.Option{{Text: text.ProposalKeep, Key: "keep"}, {Text: text.ProposalView, URL: d.Pages.MyCheck(p.CheckID)}},
	})
	return nil
}

func (d *Desk) readTakeWording(ctx context.Context, t *convo.Turn, s *taking) (convo.Next, error) {
	words := ""
	if t.Answer.Key() != "keep" {
		if words = strings.TrimSpace(t.Answer.Text); len([]rune(words)) < proposalMin {
			t.Say(text.ProposalShort)
			return convo.Again(), nil
		}
		if say := guarded(words); say != "" {
			t.Say(say)
			return convo.Again(), nil
		}
	}
	_, err := d.TakeProposal(ctx, t, s.Proposal, s.Node, words)
	return convo.Done(), err
}

// TakeProposal puts a proposed point on its owner's form, in the words the owner
// confirmed. On a form under review it is one more row that nobody has looked at: open
// decisions on the version before no longer count, and a form that had already reached
// the leader goes back to the first review with that row alone open. words "" means the proposal's own.
func (d *Desk) TakeProposal(ctx context.Context, t *convo.Turn, id int64, node risk.Node, words string) (bool, error) {
	p, k, ok, err := d.myProposal(ctx, t, "proposal.take", id)
	if err != nil || !ok {
		return false, err
	}
	if words == "" {
		words = p.Text
	}
	if say := guarded(words); say != "" {
		return false, d.refuse(ctx, t, "proposal.take", aboutProposal, id, "guard", say)
	}
	return true, d.takeProposal(ctx, t, p, k, node, words)
}

func (d *Desk) takeProposal(ctx context.Context, t *convo.Turn, p risk.Proposal, k docket, node risk.Node, words string) error {
	campaign, err := d.Reg.CampaignByID(ctx, k.CampaignID)
	if err != nil {
		return err
	}
	f := sheet{SelfCheck: k.SelfCheck, pack: k.pack, campaign: campaign}
	row := risk.Point{
		CheckID: k.ID, No: f.nextNo(), Layer: risk.LayerPost, Post: k.Post, Node: node, Manifestations: []string{words},
		Methods: []risk.Method{p.Method}, State: risk.PointDraft, VerifiedOn: t.Now,
	}
	if err := d.judge(ctx, f, &row); err != nil {
		return err
	}
	if f.pack.MeasuresWithPoints() {
		row.Measures = readyMeasures(f, &row)[:1]
	}
	say := text.ProposalDraft
	editing := k.State == risk.CheckDraft || k.State == risk.CheckReturned
	if !editing {
		say, row.State = text.ProposalAdded, risk.PointSubmitted
		k.Version++
	}
	k.Points = append(k.Points, row)
	k.ZeroReason = ""
	p.State = proposalTaken
	if err := d.Reg.SaveProposal(ctx, &p); err != nil {
		return err
	}
	t.Supersede(bot.About{Kind: aboutProposal, ID: p.ID}, text.CardProposal)
	t.Say(fmt.Sprintf(say, row.No))
	for _, m := range row.Measures {
		t.Say(fmt.Sprintf(text.ProposalMeasure, m.Text))
	}
	if err := d.record(ctx, t, "proposal.take", aboutProposal, p.ID, k.Version); err != nil {
		return err
	}
	return d.inserted(ctx, t, k, editing)
}

// inserted saves a form with a new row and renews what is open about it.
func (d *Desk) inserted(ctx context.Context, t *convo.Turn, k docket, editing bool) error {
	if k.State != risk.CheckLeader {
		if err := d.store(ctx, k); err != nil || editing {
			return err
		}
		return d.reopen(ctx, t, k)
	}
	first := k.chain.Index(k.chain.Resume)
	if first < 0 || first >= k.StepNo {
		// This chain has no earlier reviewer than the one it stands at.
		if err := d.store(ctx, k); err != nil {
			return err
		}
		return d.reopen(ctx, t, k)
	}
	if _, err := d.void(ctx, t, k.ID, text.CardVoid); err != nil {
		return err
	}
	for i := range k.Points {
		if p := &k.Points[i]; p.ID != 0 && p.State != risk.PointRemoved {
			p.Verdict = risk.Passed
		}
	}
	k.StepNo = first
	k.State = k.step().State()
	return d.assign(ctx, t, k)
}

const flowAdd = "mutual.add"

// adding is the state of 补充一条.
type adding struct {
	Review int64 `json:"review"`
}

// pressAdd is 补充一条.
func (d *Desk) pressAdd(ctx context.Context, t *convo.Turn) error {
	_, r, ok, err := d.pressedReview(ctx, t, "mutual.add")
	if err != nil || !ok {
		return err
	}
	return t.Start(flowAdd, "", adding{Review: r.ID})
}

func (d *Desk) addFlow() convo.Flow[adding] {
	return convo.Flow[adding]{Name: flowAdd, Version: 1, Start: "text", Steps: []convo.Step[adding]{
		{Name: "text", Ask: d.askAddText, Answer: d.readAddText, Free: true},
	}}
}

func (d *Desk) askAddText(_ context.Context, t *convo.Turn, _ *adding) error {
	t.Ask(bot.Card{Title: text.MutualAskTitle, Body: text.MutualAskText, Buttons: []bot.Option{{Text: text.MutualAskCancel, Key: "cancel", Minor: true}}})
	return nil
}

func (d *Desk) readAddText(ctx context.Context, t *convo.Turn, s *adding) (convo.Next, error) {
	k, r, ok, err := d.mayDecide(ctx, t, "mutual.add", s.Review)
	if err != nil || !ok {
		return convo.Done(), err
	}
	if t.Answer.Key() == "cancel" {
		t.Say(text.MutualDropped)
		return convo.Done(), d.again(ctx, t, k, r)
	}
	said := strings.TrimSpace(t.Answer.Text)
	if len([]rune(said)) < proposalMin {
		t.Say(text.MutualAskShort)
		return convo.Again(), nil
	}
	if say := guarded(said); say != "" {
		t.Say(say)
		return convo.Again(), nil
	}
	if err := d.propose(ctx, t, k.ID, said, risk.MethodPeer); err != nil {
		return convo.Next{}, err
	}
	return convo.Done(), d.peerDone(ctx, t, k, r)
}
