package handlers

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

// Channels a decision comes through.
const (
	ByCard    = "card"
	ByPage    = "page"
	ByMeeting = "meeting"
)

// pressed is the numbers behind the verb of the option that was chosen.
func pressed(t *convo.Turn) []int64 {
	k := t.Answer.Key()
	if k == "" && t.Message.Press != nil {
		k = t.Message.Press.Key
	}
	_, rest, _ := strings.Cut(k, ":")
	var ids []int64
	for word := range strings.SplitSeq(rest, ":") {
		n, err := strconv.ParseInt(word, 10, 64)
		if err != nil {
			break
		}
		ids = append(ids, n)
	}
	return ids
}

// pressedReview loads the review a press is about and tells why it cannot be decided: not
// theirs, decided already, changed since, or a card that has died. ok only if none.
func (d *Desk) pressedReview(ctx context.Context, t *convo.Turn, action string) (k docket, r risk.Review, ok bool, err error) {
	ids := pressed(t)
	if len(ids) == 0 {
		return k, r, false, d.refuse(ctx, t, action, aboutReview, 0, "no review", text.CardGone)
	}
	if k, r, ok, err = d.mayDecide(ctx, t, action, ids[0]); !ok || err != nil {
		return k, r, false, err
	}
	dead := len(ids) > 1 && int(ids[1]) < r.Round
	switch {
	case t.About.Version != 0 && t.About.Version != k.Version:
		if err := d.refuse(ctx, t, action, aboutReview, r.ID, "stale version", fmt.Sprintf(text.ReviewChanged, k.changeLine())); err != nil {
			return k, r, false, err
		}
		return k, r, false, d.again(ctx, t, k, r)
	case dead || !t.Now.Before(r.OpenedAt.Add(k.cardLife())):
		if err := d.refuse(ctx, t, action, aboutReview, r.ID, "card expired", text.CardExpired); err != nil {
			return k, r, false, err
		}
		if dead {
			return k, r, false, d.again(ctx, t, k, r)
		}
		return k, r, false, d.reissueNow(ctx, t, k, r)
	}
	return k, r, true, nil
}

// mayDecide loads a review and tells the person if it is not theirs or is over.
func (d *Desk) mayDecide(ctx context.Context, t *convo.Turn, action string, id int64) (k docket, r risk.Review, ok bool, err error) {
	if k, r, err = d.docketUnder(ctx, id); err != nil {
		return k, r, false, err
	}
	switch {
	case k.Person.ID == t.Actor.Person:
		return k, r, false, d.refuse(ctx, t, action, aboutReview, r.ID, "own form", text.ReviewOwn)
	case r.Decision != risk.Pending:
		return k, r, false, d.already(ctx, t, action, r)
	case r.Assignee.ID != t.Actor.Person:
		return k, r, false, d.refuse(ctx, t, action, aboutReview, r.ID, "not assignee", text.ReviewNotYours)
	case r.Version != k.Version || r.StepNo != k.StepNo:
		return k, r, false, d.refuse(ctx, t, action, aboutReview, r.ID, "stale version", fmt.Sprintf(text.ReviewChanged, k.changeLine()))
	}
	return k, r, true, nil
}

// already tells who has decided a review.
func (d *Desk) already(ctx context.Context, t *convo.Turn, action string, r risk.Review) error {
	return d.refuse(ctx, t, action, aboutReview, r.ID, "decided", d.became(ctx, r))
}

// became says what became of a decided review.
func (d *Desk) became(ctx context.Context, r risk.Review) string {
	verb, ok := map[risk.Decision]string{risk.Pass: text.DidPass, risk.Return: text.DidReturn, risk.Recuse: text.DidRecuse, risk.Transfer: text.DidTransfer}[r.Decision]
	if !ok {
		return text.CardGone
	}
	return fmt.Sprintf(text.ReviewAlready, d.nameOf(ctx, r.DecidedBy), clock(r), verb)
}

func (d *Desk) nameOf(ctx context.Context, id int64) string {
	p, err := d.Reg.Person(ctx, id)
	if err != nil {
		return text.OfficeNobody
	}
	return p.Name
}

func clock(r risk.Review) string { return bot.Local(r.DecidedAt).Format(text.ReviewClock) }

// again shows a review's card once more, in place of every earlier one.
func (d *Desk) again(ctx context.Context, t *convo.Turn, k docket, r risk.Review) error {
	card, err := d.reviewCard(ctx, k, r)
	if err != nil {
		return err
	}
	t.Supersede(bot.About{Kind: aboutReview, ID: r.ID}, text.CardExpired)
	t.Send(bot.Reply{To: r.Assignee.UserID, Card: &card})
	return nil
}

// pressPass is 同意 on a card.
func (d *Desk) pressPass(ctx context.Context, t *convo.Turn) error {
	k, r, ok, err := d.pressedReview(ctx, t, "review.pass")
	if err != nil || !ok {
		return err
	}
	if why := d.whyOpenFirst(ctx, k, r); why != "" {
		t.KeepCard()
		return d.refuse(ctx, t, "review.pass", aboutReview, r.ID, "not opened", why+"\n"+d.Pages.Review(r.ID))
	}
	if k.step().NeedsMeeting {
		return t.Start(flowTeam, "", teamState{Review: r.ID, Version: k.Version})
	}
	return d.pass(ctx, t, k, r, ByCard)
}

// whyOpenFirst says why a form must be read on the page before it is agreed to, if so.
func (d *Desk) whyOpenFirst(ctx context.Context, k docket, r risk.Review) string {
	if k.step().By == risk.ByRows {
		return text.ReviewHeadOnPage
	}
	if !r.SeenAt.IsZero() {
		return ""
	}
	if k.mustOpen() {
		return text.ReviewOpenFirst
	}
	past, err := d.Reg.Reviews(ctx, risk.ReviewFilter{Check: k.ID})
	if err != nil || !k.clean(past) {
		return text.ReviewFlagsFirst
	}
	return ""
}

// pass agrees to a whole form, tells the reviewer and sends the form on.
func (d *Desk) pass(ctx context.Context, t *convo.Turn, k docket, r risk.Review, channel string) error {
	r.Decision, r.Channel, r.Unseen = risk.Pass, channel, r.SeenAt.IsZero()
	k.passRows()
	won, err := d.settle(ctx, t, k, r)
	if err != nil || !won {
		return err
	}
	switch {
	case k.step().By == risk.ByRows && len(k.rows()) == 0:
		t.Say(fmt.Sprintf(text.ZeroPassed, k.Post.Name))
	case k.step().By == risk.ByRows:
		t.Say(fmt.Sprintf(text.RowsPassed, k.Post.Name, len(k.rows())))
	case r.Unseen:
		t.Say(fmt.Sprintf(text.ReviewPassedUnseen, k.Post.Name))
	default:
		t.Say(fmt.Sprintf(text.ReviewPassed, k.Post.Name))
	}
	return d.advance(ctx, t, k, risk.MovePass, false)
}

// settle closes a review as decided by the person of this turn. Of two at the same
// moment one wins; the other is told who did. It does not save the form.
func (d *Desk) settle(ctx context.Context, t *convo.Turn, k docket, r risk.Review) (won bool, err error) {
	r.DecidedAt, r.DecidedBy = t.Now, t.Actor.Person
	if won, err = d.Reg.Decide(ctx, r); err != nil {
		return false, fmt.Errorf("review: decide %d: %w", r.ID, err)
	}
	if !won {
		now, err := d.Reg.Review(ctx, r.ID)
		if err != nil {
			return false, err
		}
		return false, d.already(ctx, t, "review."+string(r.Decision), now)
	}
	say := map[risk.Decision]string{
		risk.Pass:   fmt.Sprintf(text.CardPassedBy, t.Actor.Name, clock(r)),
		risk.Return: fmt.Sprintf(text.CardReturnedBy, t.Actor.Name, clock(r)),
		risk.Recuse: fmt.Sprintf(text.CardRecused, r.Assignee.Name),
	}[r.Decision]
	t.Supersede(bot.About{Kind: aboutReview, ID: r.ID}, say)
	note := r.Channel
	if r.Unseen && r.Decision == risk.Pass {
		note += ",unseen"
	}
	return true, d.Reg.Record(ctx, risk.Event{Actor: t.Actor.Person, Role: role(t.Actor), Action: "review." + string(r.Decision), Object: aboutReview, ID: r.ID, Version: k.Version, Result: "ok", Note: note})
}

// sendBack returns rows to the owner with the reviewer's words; every other row keeps
// its approval. why is by point id; id 0 stands for the form as a whole.
func (d *Desk) sendBack(ctx context.Context, t *convo.Turn, k docket, r risk.Review, why map[int64]string, channel string) error {
	r.Decision, r.Channel, r.Unseen = risk.Return, channel, r.SeenAt.IsZero()
	r.Comment = why[0]
	won, err := d.settle(ctx, t, k, r)
	if err != nil || !won {
		return err
	}
	nos, err := d.backToOwner(ctx, t, k, why)
	if err != nil {
		return err
	}
	if len(nos) == 0 {
		t.Say(text.ZeroReturned)
		return nil
	}
	t.Say(fmt.Sprintf(text.RowsReturned, numbers(nos)))
	return nil
}

// backToOwner puts the form into the owner's hands with some rows open.
func (d *Desk) backToOwner(ctx context.Context, t *convo.Turn, k docket, why map[int64]string) (nos []int, err error) {
	if k.State, k.StepNo, err = risk.NextState(k.chain, k.State, k.StepNo, risk.MoveReturn); err != nil {
		return nil, err
	}
	var lines []string
	for i := range k.Points {
		p := &k.Points[i]
		if p.State == risk.PointRemoved {
			continue
		}
		if w, back := why[p.ID]; back {
			p.Verdict, p.VerdictWhy = risk.Returned, w
			nos = append(nos, p.No)
			lines = append(lines, fmt.Sprintf(text.ReturnOwnerWord, p.No, w))
		} else {
			p.Verdict, p.VerdictWhy = risk.Passed, ""
		}
	}
	slices.Sort(nos)
	if err := d.store(ctx, k); err != nil {
		return nil, err
	}
	if err := d.record(ctx, t, "selfcheck.returned", "selfcheck", k.ID, k.Version); err != nil {
		return nil, err
	}
	body := strings.Join(lines, "\n")
	title, desc := fmt.Sprintf(text.ReturnTitle, len(nos)), ""
	switch len(nos) {
	case 0:
		title, body = text.ReturnTitleWhole, why[0]
	case len(k.rows()):
	default:
		desc = text.ReturnDesc
	}
	// The words go to the author of the row alone.
	t.Send(bot.Reply{To: k.Person.UserID, Lane: bot.LaneNotice, Card: &bot.Card{
		Title: title, Desc: desc, Body: body,
		Buttons: []bot.Option{{Text: text.ReturnOpen, Key: key("selfcheck.which", k.ID)}, {Text: text.ReturnPage, URL: d.Pages.MyCheck(k.ID), Minor: true}},
		About:   bot.About{Kind: "selfcheck", ID: k.ID, Version: k.Version},
	}})
	return nos, nil
}

// returning is the state of 退回 in chat: why, then which rows.
type returning struct {
	Review  int64  `json:"review"`
	Version int    `json:"version"`
	Why     string `json:"why,omitempty"`
}

const flowReturn = "review.return"

// pressReturn is 退回 on a card.
func (d *Desk) pressReturn(ctx context.Context, t *convo.Turn) error {
	k, r, ok, err := d.pressedReview(ctx, t, "review.return")
	if err != nil || !ok {
		return err
	}
	return t.Start(flowReturn, "", returning{Review: r.ID, Version: k.Version})
}

func (d *Desk) returnFlow() convo.Flow[returning] {
	return convo.Flow[returning]{Name: flowReturn, Version: 1, Start: "why", Steps: []convo.Step[returning]{
		{Name: "why", Ask: d.askReturnWhy, Answer: d.readReturnWhy, Free: true},
		{Name: "rows", Ask: d.askReturnRows, Answer: d.readReturnRows, Number: true},
	}}
}

func (d *Desk) askReturnWhy(ctx context.Context, t *convo.Turn, s *returning) error {
	k, _, err := d.docketUnder(ctx, s.Review)
	if err != nil {
		return err
	}
	card := bot.Card{Title: text.Clip(fmt.Sprintf(text.ReturnAskWhy, k.Post.Name), 36), Body: text.ReturnWhyOther}
	for i, reason := range k.pack.Quick[:min(len(k.pack.Quick), 5)] {
		card.Buttons = append(card.Buttons, bot.Option{Text: text.Clip(reason, 10), Key: key("why", int64(i))})
	}
	card.Buttons = append(card.Buttons, bot.Option{Text: text.ReturnCancel, Key: "cancel", Minor: true})
	t.Ask(card)
	return nil
}

func (d *Desk) readReturnWhy(ctx context.Context, t *convo.Turn, s *returning) (convo.Next, error) {
	if t.Answer.Key() == "cancel" {
		t.Say(text.ReturnCancelled)
		return convo.Done(), nil
	}
	k, r, ok, err := d.mayDecide(ctx, t, "review.return", s.Review)
	if err != nil || !ok {
		return convo.Done(), err
	}
	said := strings.TrimSpace(t.Answer.Text)
	switch ids := pressed(t); {
	case strings.HasPrefix(t.Answer.Key(), "why") && len(ids) == 1 && int(ids[0]) < len(k.pack.Quick):
		s.Why = k.pack.Quick[ids[0]]
	case len([]rune(said)) >= 2:
		s.Why = said
	default:
		t.Say(text.ReturnWhyShort)
		return convo.Again(), nil
	}
	if rows := k.rows(); len(rows) > 1 {
		return convo.Goto("rows"), nil
	}
	return convo.Done(), d.sendBack(ctx, t, k, r, k.why(nil, s.Why), ByCard)
}

// why gives one reason to the rows with these numbers, to all of them if nos is nil,
// and to the form itself when it has none.
func (k docket) why(nos []int, reason string) map[int64]string {
	out := map[int64]string{}
	for _, p := range k.rows() {
		if nos == nil || slices.Contains(nos, p.No) {
			out[p.ID] = reason
		}
	}
	if len(out) == 0 {
		out[0] = reason
	}
	return out
}

func (d *Desk) askReturnRows(ctx context.Context, t *convo.Turn, s *returning) error {
	k, _, err := d.docketUnder(ctx, s.Review)
	if err != nil {
		return err
	}
	nos := k.nos()
	how := fmt.Sprintf(text.ReturnAskRows, numbers(nos))
	if last := nos[len(nos)-1]; last != len(nos) || last > 20 {
		// Ticks are counted from 1: they would not be the rows' own numbers.
		t.Say(how + text.ReturnRowsHow)
		return nil
	}
	pick := &bot.Pick{Multi: true, Submit: text.ReturnRowsSend}
	for _, p := range k.rows() {
		pick.Options = append(pick.Options, bot.Option{Text: text.Clip(fmt.Sprintf(text.RowNode, p.No, p.Node.Name), 17), Key: key("row", int64(p.No))})
	}
	t.Ask(bot.Card{Title: how, Desc: text.ReturnRowsHow, Pick: pick})
	return nil
}

// nos are the numbers of the rows that stand on the form.
func (k docket) nos() []int {
	var out []int
	for _, p := range k.rows() {
		out = append(out, p.No)
	}
	slices.Sort(out)
	return out
}

func (d *Desk) readReturnRows(ctx context.Context, t *convo.Turn, s *returning) (convo.Next, error) {
	if text.Says(text.WordsNotNow, t.Answer.Text) {
		t.Say(text.ReturnCancelled)
		return convo.Done(), nil
	}
	k, r, ok, err := d.mayDecide(ctx, t, "review.return", s.Review)
	if err != nil || !ok {
		return convo.Done(), err
	}
	// Typed numbers are the rows' own; ticks carry them in their keys.
	nos, numbered := convo.Numbers(t.Answer.Text)
	if !numbered {
		for _, tick := range t.Answer.Keys {
			if n, err := strconv.Atoi(strings.TrimPrefix(tick, "row:")); err == nil {
				nos = append(nos, n)
			}
		}
	}
	if len(nos) == 0 && !text.Says(text.WordsAllRows, t.Answer.Text) {
		return convo.NotUnderstood(), nil
	}
	for _, n := range nos {
		if !slices.Contains(k.nos(), n) {
			t.Say(fmt.Sprintf(text.ReturnRowsBad, numbers(k.nos())))
			return convo.Again(), nil
		}
	}
	return convo.Done(), d.sendBack(ctx, t, k, r, k.why(nos, s.Why), ByCard)
}
