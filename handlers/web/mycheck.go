package web

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
	"qingfeng/handlers"
)

// myPage is 我的自查: one whole form.
type myPage struct {
	Check     risk.SelfCheck
	Campaign  risk.Campaign
	Pack      *risk.Pack
	Rows      []myRow
	Nodes     []risk.Node // steps to pick from
	Examples  []string
	Proposals []risk.Proposal
	Next      string // who has it now
	Owner     bool   // the reader is the owner; else the office with a paper form
	Editable  bool
	Withdraw  time.Time // until when it can be taken back; zero: not
	Add       addForm   // what was typed and not taken
	Zero      string
	Error     string
}

// myRow is one row, as its owner sees it.
type myRow struct {
	risk.Point
	Locked bool // passed: not to be touched
	Was    string
	Hints  []hint
}

// hint is one finding with what can be done about it.
type hint struct {
	risk.Hint
	No  int
	Use bool // the rewrite can replace the sentence as it is
}

type addForm struct {
	Open           bool
	Node           int64
	Step, Sentence string
}

// mine loads a form for whoever fills it in.
func (s *site) mine(ctx context.Context, v *visit) (risk.SelfCheck, error) {
	id, err := v.number("check")
	if err != nil {
		return risk.SelfCheck{}, err
	}
	c, err := s.Register.Check(ctx, id)
	if err != nil {
		return c, err
	}
	if !owns(v.actor, c) {
		return risk.SelfCheck{}, deny(text.WebNotYourForm)
	}
	return c, nil
}

func (s *site) myCheck(ctx context.Context, v *visit) error {
	c, err := s.mine(ctx, v)
	if err != nil {
		return err
	}
	return s.showMine(ctx, v, 200, c, myPage{})
}

// showMine shows the form; p may hold what was typed and why it was not taken.
func (s *site) showMine(ctx context.Context, v *visit, status int, c risk.SelfCheck, p myPage) error {
	var err error
	p.Check, p.Owner = c, c.Person.ID == v.actor.Person
	if p.Campaign, err = s.Register.CampaignByID(ctx, c.CampaignID); err != nil {
		return err
	}
	if p.Pack, err = s.Desk.Packs(p.Campaign.Pack); err != nil {
		return err
	}
	p.Editable = p.Campaign.State != "closed" && !c.Offline && (c.State == risk.CheckDraft || c.State == risk.CheckReturned)
	for _, x := range live(c.Points) {
		p.Rows = append(p.Rows, asRow(c, x))
	}
	if c.State == risk.CheckSubmitted {
		p.Withdraw = c.SubmittedAt.Add(time.Duration(p.Pack.WithdrawMinutes) * time.Minute)
	}
	if p.Nodes, err = s.nodesFor(ctx, c.Post); err != nil {
		return err
	}
	node := risk.Node{}
	if len(p.Nodes) > 0 {
		node = p.Nodes[0]
	}
	p.Examples = risk.Examples(p.Pack, c.Post, node)
	if p.Owner {
		all, err := s.Register.Proposals(ctx, c.ID)
		if err != nil {
			return err
		}
		p.Proposals = slices.DeleteFunc(all, func(x risk.Proposal) bool { return x.State != "open" })
	}
	open, err := s.Register.Reviews(ctx, risk.ReviewFilter{Check: c.ID, Open: true})
	if err != nil {
		return err
	}
	if len(open) > 0 {
		p.Next = open[0].Assignee.Name
	}
	return s.show(v, status, "mycheck", text.WebMyCheck, p)
}

func asRow(c risk.SelfCheck, x risk.Point) myRow {
	r := myRow{Point: x, Locked: c.State == risk.CheckReturned && x.Verdict == risk.Passed, Was: wasRow(x)}
	for i, h := range x.Hints {
		if slices.ContainsFunc(x.Hints[:i], func(o risk.Hint) bool { return o.Rewrite == h.Rewrite }) {
			h.Rewrite = "" // offered already
		}
		r.Hints = append(r.Hints, hint{Hint: h, No: i, Use: usable(h)})
	}
	return r
}

// usable: a rewrite that is a whole sentence for the row itself. One with gaps must be
// completed first, and L8's is about a measure.
func usable(h risk.Hint) bool { return h.Rewrite != "" && !h.Gap && h.Rule != "L8" }

// wasRow is what a row held when the page was made: a save over somebody else's newer
// words is noticed.
func wasRow(p risk.Point) string {
	return fingerprint(fmt.Sprintf("%q %q %q %q %q %q", p.Manifestations, p.Category, p.Misuse, p.Measures, p.Objection, p.KeepReason))
}

// nodesFor are the steps a post acts in, by the catalogue; without any, its section's.
func (s *site) nodesFor(ctx context.Context, post risk.Post) ([]risk.Node, error) {
	all, err := s.Register.Nodes(ctx, post.SectionID)
	if err != nil {
		return nil, err
	}
	own := slices.DeleteFunc(slices.Clone(all), func(n risk.Node) bool { return n.PostName != post.Name })
	if len(own) == 0 {
		return all, nil
	}
	return own, nil
}

// myCheckDo is everything that is done to the form as a whole.
func (s *site) myCheckDo(ctx context.Context, v *visit) error {
	c, err := s.mine(ctx, v)
	if err != nil {
		return err
	}
	switch v.value("do") {
	case "add":
		return s.addRow(ctx, v, c)
	case "zero":
		return s.setZero(ctx, v, c)
	case "submit":
		return s.submit(ctx, v, c)
	case "withdraw":
		return s.withdraw(ctx, v, c)
	}
	return errBadForm
}

// after goes back to the form with what was said, or shows it with why not.
func (s *site) after(ctx context.Context, v *visit, c risk.SelfCheck, said []string, err error) error {
	if err == nil {
		return s.to(v, myURL(c.ID), flash{Say: said})
	}
	return s.refusedMine(ctx, v, c.ID, myPage{}, err)
}

// refusedMine shows the form again, as it is now, with what was typed and why it was not taken.
func (s *site) refusedMine(ctx context.Context, v *visit, check int64, p myPage, err error) error {
	if p.Error = bot.Says(err); p.Error == "" {
		return err
	}
	c, err := s.Register.Check(ctx, check)
	if err != nil {
		return err
	}
	return s.showMine(ctx, v, 422, c, p)
}

func myURL(check int64) string { return "/my/" + strconv.FormatInt(check, 10) }

func (s *site) addRow(ctx context.Context, v *visit, c risk.SelfCheck) error {
	node, _ := strconv.ParseInt(v.value("node"), 10, 64)
	f := addForm{Open: true, Node: node, Step: v.value("step"), Sentence: v.value("sentence")}
	no, err := s.added(ctx, v, c, f)
	if err != nil {
		return s.refusedMine(ctx, v, c.ID, myPage{Add: f}, err)
	}
	return s.to(v, fmt.Sprintf("%s/rows/%d", myURL(c.ID), no), flash{Say: []string{fmt.Sprintf(text.WebRowAdded, no)}})
}

// added puts a new row on the form and returns its number.
func (s *site) added(ctx context.Context, v *visit, c risk.SelfCheck, f addForm) (no int, err error) {
	if err := s.stopped(ctx, v, f.Step, f.Sentence); err != nil {
		return 0, err
	}
	_, err = s.do(ctx, v, func(ctx context.Context, t *convo.Turn) error {
		node, err := s.pickNode(ctx, c.Post, f)
		if err != nil {
			return err
		}
		if err := s.Desk.AddRow(ctx, t, c.ID, node, f.Sentence); err != nil {
			return err
		}
		now, err := s.Register.Check(ctx, c.ID)
		if err != nil {
			return err
		}
		for _, x := range now.Points {
			no = max(no, x.No)
		}
		return nil
	})
	return no, err
}

// pickNode is the chosen step of the catalogue, or a step in the person's own words,
// which is kept as a gap of the catalogue.
func (s *site) pickNode(ctx context.Context, post risk.Post, f addForm) (risk.Node, error) {
	if f.Node != 0 {
		nodes, err := s.nodesFor(ctx, post)
		if err != nil {
			return risk.Node{}, err
		}
		for _, n := range nodes {
			if n.ID == f.Node {
				return n, nil
			}
		}
	}
	step := []rune(f.Step)
	if len(step) < 4 {
		return risk.Node{}, bot.Refuse(text.WebPickStep, "web: no step")
	}
	return s.Register.AddGap(ctx, post, string(step[:min(len(step), 60)]))
}

func (s *site) setZero(ctx context.Context, v *visit, c risk.SelfCheck) error {
	reason := v.value("reason")
	err := s.stopped(ctx, v, reason)
	if err == nil {
		_, err = s.do(ctx, v, func(ctx context.Context, t *convo.Turn) error { return s.Desk.SetZero(ctx, t, c.ID, reason) })
	}
	if err != nil {
		return s.refusedMine(ctx, v, c.ID, myPage{Zero: reason}, err)
	}
	return s.to(v, myURL(c.ID), flash{Say: []string{text.SelfZeroDone}})
}

// submit hands in what the page showed: a form that has changed since is shown first.
func (s *site) submit(ctx context.Context, v *visit, c risk.SelfCheck) error {
	var done bool
	said, err := s.do(ctx, v, func(ctx context.Context, t *convo.Turn) error {
		now, err := s.Register.Check(ctx, c.ID)
		if err != nil {
			return err
		}
		if v.value("rev") != strconv.Itoa(now.Rev) {
			return bot.Refuse(text.WebChangedSubmit, "web: changed before submit")
		}
		done, err = s.Desk.Submit(ctx, t, c.ID)
		return err
	})
	if err != nil {
		return s.after(ctx, v, c, said, err)
	}
	return s.to(v, myURL(c.ID), flash{Say: said, Bad: !done})
}

// withdraw takes a submission back inside the minutes the pack gives.
func (s *site) withdraw(ctx context.Context, v *visit, c risk.SelfCheck) error {
	late := false
	said, err := s.do(ctx, v, func(ctx context.Context, t *convo.Turn) error {
		now, err := s.Register.Check(ctx, c.ID)
		if err != nil {
			return err
		}
		late = now.State != risk.CheckSubmitted
		return s.Desk.TakeBack(ctx, t, now)
	})
	if err != nil {
		return s.after(ctx, v, c, said, err)
	}
	return s.to(v, myURL(c.ID), flash{Say: said, Bad: late})
}

// answerProposal answers 补充一条 and 领导点.
func (s *site) answerProposal(ctx context.Context, v *visit) error {
	c, err := s.mine(ctx, v)
	if err != nil {
		return err
	}
	id, err := strconv.ParseInt(v.value("proposal"), 10, 64)
	if err != nil {
		return errBadForm
	}
	verb := map[string]string{"take": "proposal.take", "decline": "proposal.decline"}[v.value("do")]
	said, err := s.press(ctx, v, verb, id)
	if err == nil && len(said) == 0 {
		said = []string{text.WebGoOnInChat}
	}
	return s.after(ctx, v, c, said, err)
}

// exportOwn gives the owner their own 附表1.
func (s *site) exportOwn(ctx context.Context, v *visit) error {
	id, err := v.number("check")
	if err != nil {
		return err
	}
	c, err := s.Register.Check(ctx, id)
	if err != nil {
		return err
	}
	if err := s.mayRead(ctx, v.actor, c); err != nil {
		return err
	}
	scope := handlers.Scope{Campaign: c.CampaignID, Section: c.Post.SectionID, Person: c.Person.ID, Settled: !owns(v.actor, c)}
	return s.download(ctx, v, handlers.FormFubiao1, scope, v.value("format"), "own", c.ID)
}

var errNoRow = errors.New("web: no such row")
