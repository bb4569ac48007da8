package handlers

import (
	"context"
	"fmt"
	"slices"

	"qingfeng/bot/convo"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

// ReviewSheet is what the review page shows. Denied is the line to show instead,
// when this person may not read the form; then nothing else is filled.
type ReviewSheet struct {
	Denied  string
	Review  risk.Review
	Check   risk.SelfCheck
	Step    risk.Step
	Rows    []SheetRow
	Reasons []string // quick reasons for a return
	Editing bool     // the reader may decide now
	Factors bool     // likelihood and harm are asked for
	Past    []risk.Review
	Pack    *risk.Pack
}

// SheetRow is one row under review.
type SheetRow struct {
	risk.Point
	Open       bool       // to be looked at now; other rows were approved before
	First      risk.Level // 系统初评
	FactorsWhy string
	Blocking   []risk.Hint // must be settled, or passed with a reason
	Marks      string      // what the mutual check noted
}

// RowVerdict is what a reviewer says of one row. PointID 0 stands for the form as a
// whole when it has no row (无风险点说明).
type RowVerdict struct {
	PointID    int64
	Verdict    risk.Verdict // Passed or Returned
	Why        string       // for a return: a quick reason or own words
	Likelihood int          // 1–3, for a pass in the section review
	Harm       int          // 1–3
	Override   string       // why a blocking hint is passed over
}

// ReviewSheet reads one review for its page and notes that the reviewer has seen the
// form. Only the assignee, and whoever stood there before, may read it.
func (d *Desk) ReviewSheet(ctx context.Context, t *convo.Turn, review int64) (ReviewSheet, error) {
	k, r, err := d.docketUnder(ctx, review)
	if err != nil {
		return ReviewSheet{}, err
	}
	past, err := d.Reg.Reviews(ctx, risk.ReviewFilter{Check: k.ID})
	if err != nil {
		return ReviewSheet{}, err
	}
	if say := maySee(t, k, r); say != "" {
		return ReviewSheet{Denied: say}, d.Reg.Record(ctx, risk.Event{Actor: t.Actor.Person, Role: role(t.Actor), Action: "review.read", Object: aboutReview, ID: r.ID, Version: r.Version, Result: "refused", Note: "not assignee"})
	}
	s := ReviewSheet{
		Review: r, Check: *k.SelfCheck, Step: k.step(), Reasons: k.pack.Quick, Past: past, Pack: k.pack,
		Editing: r.Decision == risk.Pending && r.Version == k.Version && r.StepNo == k.StepNo && k.State != risk.CheckReturned,
	}
	s.Factors = s.Step.By == risk.ByRows && r.Step != risk.StepMutual
	for _, p := range k.rows() {
		s.Rows = append(s.Rows, SheetRow{
			Point: p, Open: s.Editing && p.Verdict != risk.Passed, First: k.firstLevel(p),
			FactorsWhy: risk.FactorsReason(k.pack, k.Post, p.Node, p.Factors), Blocking: blocking(p), Marks: p.VerdictWhy,
		})
	}
	if s.Editing && r.SeenAt.IsZero() {
		if err := d.Reg.Seen(ctx, r.ID, t.Now); err != nil {
			return ReviewSheet{}, err
		}
		return s, d.record(ctx, t, "review.seen", aboutReview, r.ID, r.Version)
	}
	return s, nil
}

// maySee says why a person may not read the form of a review, or "".
func maySee(t *convo.Turn, k docket, r risk.Review) string {
	switch {
	case r.Step == risk.StepMutual && k.State != risk.CheckMutual:
		return text.MutualPeerLate // a colleague looks while the mutual check lasts
	case r.Assignee.ID == t.Actor.Person && r.Decision != risk.Recuse && r.Decision != risk.Transfer:
		return ""
	case r.DecidedBy == t.Actor.Person && (r.Decision == risk.Pass || r.Decision == risk.Return):
		return ""
	}
	return text.ReviewNotYours
}

// ReviewRows takes a reviewer's verdicts row by row. Rows approved before stay
// approved; as long as a row is undecided the work is only saved. With every row
// decided the form goes on, or back to its owner with the returned rows alone open.
// done says that the review is closed.
func (d *Desk) ReviewRows(ctx context.Context, t *convo.Turn, review int64, version int, rows []RowVerdict, channel string) (done bool, err error) {
	k, r, ok, err := d.mayDecide(ctx, t, "review.rows", review)
	if err != nil || !ok {
		return false, err
	}
	if version != k.Version {
		return false, d.refuse(ctx, t, "review.rows", aboutReview, r.ID, "stale version", fmt.Sprintf(text.ReviewChangedPage, k.changeLine()))
	}
	if r.Step == risk.StepMutual {
		return false, d.refuse(ctx, t, "review.rows", aboutReview, r.ID, "peer", text.ReviewNotYours)
	}
	if code, say := k.check(rows); say != "" {
		return false, d.refuse(ctx, t, "review.rows", aboutReview, r.ID, code, say)
	}
	if r.SeenAt.IsZero() && channel == ByPage {
		if err := d.Reg.Seen(ctx, r.ID, t.Now); err != nil {
			return false, err
		}
		r.SeenAt = t.Now
	}
	if len(k.rows()) == 0 {
		return d.zeroVerdict(ctx, t, k, r, rows, channel)
	}
	why := map[int64]string{}
	for _, v := range rows {
		p := k.at(v.PointID)
		if p.Verdict == risk.Passed {
			continue
		}
		if v.Verdict == risk.Returned {
			p.Verdict, p.VerdictWhy = risk.Returned, v.Why
			continue
		}
		k.approve(p, v)
	}
	var open []int
	for _, p := range k.rows() {
		switch p.Verdict {
		case risk.Unseen:
			open = append(open, p.No)
		case risk.Returned:
			why[p.ID] = p.VerdictWhy
		default: // passed: nothing to say
		}
	}
	switch {
	case len(open) > 0:
		if err := d.store(ctx, k); err != nil {
			return false, err
		}
		t.Say(fmt.Sprintf(text.RowsUndecided, numbers(open)))
		return false, d.record(ctx, t, "review.rows", aboutReview, r.ID, k.Version)
	case len(why) > 0:
		return true, d.sendBack(ctx, t, k, r, why, channel)
	case k.step().NeedsMeeting:
		if err := d.store(ctx, k); err != nil {
			return false, err
		}
		return false, t.Start(flowTeam, "", teamState{Review: r.ID, Version: k.Version})
	}
	return true, d.pass(ctx, t, k, r, channel)
}

// check says what is wrong with a reviewer's rows, in their own numbers.
func (k docket) check(rows []RowVerdict) (code, say string) {
	for i, v := range rows {
		p := k.at(v.PointID)
		if p == nil {
			if v.PointID == 0 && len(k.rows()) == 0 {
				continue
			}
			return "unknown row", fmt.Sprintf(text.RowUnknown, i+1)
		}
		if p.Verdict == risk.Passed {
			continue
		}
		switch v.Verdict {
		case risk.Returned:
			if v.Why == "" {
				return "no reason", fmt.Sprintf(text.RowNeedsWhy, p.No)
			}
		case risk.Passed:
			if lack := k.pack.Lacks(*p); lack != "" {
				return "lacks " + string(lack), fmt.Sprintf(text.RowLacks, p.No, lackWord(lack))
			}
			if v.Likelihood < 0 || v.Likelihood > 3 || v.Harm < 0 || v.Harm > 3 {
				return "bad factor", fmt.Sprintf(text.RowBadFactor, p.No)
			}
			if k.step().By == risk.ByRows && (v.Likelihood == 0 || v.Harm == 0) {
				return "no factors", fmt.Sprintf(text.RowNeedsFactors, p.No)
			}
			if len(blocking(*p)) > 0 && p.KeepReason == "" && v.Override == "" {
				return "blocking hint", fmt.Sprintf(text.RowNeedsOverride, p.No)
			}
		default:
			return "no verdict", fmt.Sprintf(text.RowBadVerdict, p.No)
		}
	}
	return "", ""
}

// lackWord says what a row misses before it may be confirmed.
func lackWord(l risk.Lack) string {
	if l == risk.LackNode {
		return text.RowLackNode
	}
	return text.RowLackMeasure
}

// approve passes a row, with what the section review adds to its level.
func (k docket) approve(p *risk.Point, v RowVerdict) {
	p.Verdict, p.VerdictWhy = risk.Passed, ""
	if v.Override != "" {
		p.KeepReason = v.Override
	}
	if v.Likelihood > 0 && v.Harm > 0 {
		p.Factors.Likelihood, p.Factors.Harm = v.Likelihood, v.Harm
		p.Suggested = risk.Suggest(k.pack, p.Factors)
	}
}

// zeroVerdict decides on a form without rows.
func (d *Desk) zeroVerdict(ctx context.Context, t *convo.Turn, k docket, r risk.Review, rows []RowVerdict, channel string) (bool, error) {
	i := slices.IndexFunc(rows, func(v RowVerdict) bool { return v.PointID == 0 })
	switch {
	case i < 0 || rows[i].Verdict == risk.Unseen:
		return false, d.refuse(ctx, t, "review.rows", aboutReview, r.ID, "no verdict", text.ZeroNeedsVerdict)
	case rows[i].Verdict == risk.Returned && rows[i].Why == "":
		return false, d.refuse(ctx, t, "review.rows", aboutReview, r.ID, "no reason", text.ZeroNeedsWhy)
	case rows[i].Verdict == risk.Returned:
		return true, d.sendBack(ctx, t, k, r, map[int64]string{0: rows[i].Why}, channel)
	}
	return true, d.pass(ctx, t, k, r, channel)
}
