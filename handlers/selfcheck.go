package handlers

import (
	"context"
	"errors"
	"fmt"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

// filling is the state of the self-check dialog. It points at the form and at the
// row being written; what was written lives in the register, so that the chat and
// 我的自查 are the same draft.
type filling struct {
	Check int64         `json:"check"`
	No    int           `json:"no,omitempty"`    // the row being written
	Node  risk.Node     `json:"node,omitzero"`   // the step it hangs on
	Held  string        `json:"held,omitempty"`  // a sentence that waits for its step
	Skip  []int64       `json:"skip,omitempty"`  // steps the person has nothing to say about
	Total int           `json:"total,omitempty"` // last year's points, while they are asked about
	Old   []OldRow      `json:"old,omitempty"`   // rows read from an old form
	Edit  []int         `json:"edit,omitempty"`  // rows to rewrite, asked one after the other
	Fix   bool          `json:"fix,omitempty"`   // they were returned: then the form is handed in again
	Alone bool          `json:"alone,omitempty"` // 改第N条: the dialog ends with the row
	More  bool          `json:"more,omitempty"`  // the sentence is one more 表现形式 of the row
	Saved bool          `json:"saved,omitempty"` // a row was just finished: the next question says so
	Own   *risk.Measure `json:"own,omitempty"`   // a measure that still lacks its evidence
}

// OldRow is a point read from an old 附表1, uploaded or pasted.
type OldRow struct {
	Node          string        `json:"node,omitempty"`
	Manifestation string        `json:"manifestation"`
	Category      risk.Category `json:"category,omitempty"`
	Measures      []string      `json:"measures,omitempty"`
	Fate          fate          `json:"fate,omitempty"`
}

// FlowSelfCheck is the flow's stored name.
const FlowSelfCheck = "selfcheck"

// selfCheckFlow is the main job: four turns a point (step, sentence, card, measures).
func (d *Desk) selfCheckFlow() convo.Flow[filling] {
	return convo.Flow[filling]{
		Name: FlowSelfCheck, Version: 1, Start: "intro",
		Steps: d.own(append([]convo.Step[filling]{
			{Name: "intro", Ask: d.askIntro, Answer: d.readIntro},
			{Name: "post", Ask: d.askPost, Answer: d.readPost},
			{Name: "last", Ask: d.askLast, Answer: d.readLast},
			{Name: "old", Ask: d.askOld, Answer: d.readOld, Free: true, Number: true},
			{Name: "node", Ask: d.askNode, Answer: d.readNode},
			{Name: "nodes", Ask: d.askNodes, Answer: d.readNodes},
			{Name: "ownnode", Ask: d.askOwnNode, Answer: d.readOwnNode, Free: true},
			{Name: "zero", Ask: d.askZero, Answer: d.readZero, Free: true},
			{Name: "preview", Ask: d.askPreview, Answer: d.readPreview},
		}, d.rowSteps()...)),
	}
}

// rowSteps write one row; 改第N条 has the same.
func (d *Desk) rowSteps() []convo.Step[filling] {
	return []convo.Step[filling]{
		{Name: "weak", Ask: d.askWeak, Answer: d.readWeak, Free: true},
		{Name: "card", Ask: d.shows(askCard), Answer: d.reads(d.readCard), Free: true},
		{Name: "category", Ask: d.shows(askCategory), Answer: d.reads(d.readCategory)},
		{Name: "misuse", Ask: d.shows(askMisuse), Answer: d.reads(d.readMisuse)},
		{Name: "objection", Ask: d.shows(askObjection), Answer: d.reads(d.readObjection), Free: true},
		{Name: "keep", Ask: d.shows(askKeep), Answer: d.reads(d.readKeep), Free: true},
		{Name: "measures", Ask: d.shows(askMeasures), Answer: d.reads(d.readMeasures), Free: true, Number: true},
		{Name: "evidence", Ask: d.shows(askEvidence), Answer: d.reads(d.readEvidence), Free: true},
		{Name: "edit", Ask: d.shows(askEdit), Answer: d.reads(d.readEdit), Free: true},
	}
}

// rowAsk asks about a row that stands on a form, rowAnswer reads the answer.
type (
	rowAsk    func(t *convo.Turn, f sheet, p *risk.Point)
	rowAnswer func(ctx context.Context, t *convo.Turn, s *filling, f sheet, p *risk.Point) (convo.Next, error)
)

// shows asks about the row, unless it was taken off the form on a page meanwhile.
func (d *Desk) shows(ask rowAsk) func(context.Context, *convo.Turn, *filling) error {
	return func(ctx context.Context, t *convo.Turn, s *filling) error {
		f, err := d.sheet(ctx, t, s.Check)
		if err != nil {
			return err
		}
		if p := f.row(s.No); p != nil {
			ask(t, f, p)
			return nil
		}
		t.Say(fmt.Sprintf(text.SelfRowGone, s.No))
		return nil
	}
}

// reads gives the answer to the row; one that is gone leads on.
func (d *Desk) reads(answer rowAnswer) func(context.Context, *convo.Turn, *filling) (convo.Next, error) {
	return func(ctx context.Context, t *convo.Turn, s *filling) (convo.Next, error) {
		f, err := d.editable(ctx, t, s.Check)
		if err != nil {
			return convo.Next{}, err
		}
		p := f.row(s.No)
		switch {
		case p != nil:
			return answer(ctx, t, s, f, p)
		case s.Alone:
			t.Say(fmt.Sprintf(text.SelfRowGone, s.No))
			return convo.Done(), nil
		}
		s.Saved = false
		return convo.Goto("node"), nil
	}
}

// own gives every step what holds at all of them: words that are commands of their
// own (提交, 上传) are no sentence, and a form that was closed meanwhile, on a page or
// by the office, ends the dialog and says why.
func (d *Desk) own(steps []convo.Step[filling]) []convo.Step[filling] {
	for i := range steps {
		answer, free := steps[i].Answer, steps[i].Free
		steps[i].Answer = func(ctx context.Context, t *convo.Turn, s *filling) (convo.Next, error) {
			if free && len(t.Answer.Keys) == 0 && text.Says(text.WordsElsewhere, t.Answer.Text) {
				return convo.NotUnderstood(), nil
			}
			next, err := answer(ctx, t, s)
			if why := new(shut); errors.As(err, &why) {
				return convo.Done(), d.refuse(ctx, t, "selfcheck.edit", "selfcheck", s.Check, why.code, why.say)
			}
			return next, err
		}
	}
	return steps
}

// shut says why nobody can write in a form now.
type shut struct{ say, code string }

func (e *shut) Error() string { return "selfcheck: " + e.code }

// refusal is the shut form as pages and commands are told of it.
func (e *shut) refusal() error {
	return &bot.Error{Say: e.say, Op: "selfcheck.edit: " + e.code, Err: e}
}

// sheet is a form with the rules it is filled under.
type sheet struct {
	*risk.SelfCheck
	pack     *risk.Pack
	campaign risk.Campaign
	today    time.Time
}

// sheet loads a form; only its owner may fill it, or the office one on paper.
func (d *Desk) sheet(ctx context.Context, t *convo.Turn, id int64) (sheet, error) {
	c, err := d.Reg.Check(ctx, id)
	if err != nil {
		return sheet{}, err
	}
	p, campaign, err := d.pack(ctx, c.CampaignID)
	if err != nil {
		return sheet{}, err
	}
	if c.Person.ID != t.Actor.Person && !(c.Paper && t.Actor.Coordinator()) {
		return sheet{}, bot.Refuse(text.SelfNotYours, "selfcheck: not the owner")
	}
	return sheet{SelfCheck: &c, pack: p, campaign: campaign, today: bot.Civil(t.Now)}, nil
}

// editable is a sheet that can be written in now.
func (d *Desk) editable(ctx context.Context, t *convo.Turn, id int64) (sheet, error) {
	s, err := d.sheet(ctx, t, id)
	if err != nil {
		return s, err
	}
	if why := d.closed(ctx, s); why != nil {
		return s, why.refusal()
	}
	return s, nil
}

// closed is why a form cannot be written in, and what to do; nil when it can.
func (d *Desk) closed(ctx context.Context, s sheet) *shut {
	switch {
	case s.campaign.State == "closed":
		return &shut{fmt.Sprintf(text.SelfClosed, s.campaign.Name, d.officeNames(ctx)), "campaign closed"}
	case s.Offline:
		return &shut{fmt.Sprintf(text.SelfOffline, d.officeNames(ctx)), "offline post"}
	case s.State == risk.CheckDraft || s.State == risk.CheckReturned:
		return nil
	}
	return &shut{d.lockedLine(ctx, s), "locked in " + string(s.State)}
}

// lockedLine says who has a form that is not with its owner.
func (d *Desk) lockedLine(ctx context.Context, s sheet) string {
	switch s.State {
	case risk.CheckSubmitted:
		return text.SelfEditSubmitted
	case risk.CheckGrading:
		return fmt.Sprintf(text.SelfLockedGroup, d.officeNames(ctx))
	case risk.CheckConfirmed:
		return fmt.Sprintf(text.SelfLockedDone, d.officeNames(ctx))
	default:
		return fmt.Sprintf(text.SelfLocked, d.reviewer(ctx, s))
	}
}

// save stores the form; a second phone that saved first wins and the person is told.
func (d *Desk) save(ctx context.Context, s sheet) error {
	err := d.Reg.Save(ctx, s.SelfCheck)
	if errors.Is(err, risk.ErrChanged) {
		return &bot.Error{Say: text.SelfChanged, Op: "selfcheck: save", Err: err}
	}
	return err
}

// live are the rows that stand on the form.
func live(points []risk.Point) []risk.Point {
	out := make([]risk.Point, 0, len(points))
	for _, p := range points {
		if p.State != risk.PointRemoved {
			out = append(out, p)
		}
	}
	return out
}

// row finds a row by its number on the form.
func (s sheet) row(no int) *risk.Point {
	for i := range s.Points {
		if s.Points[i].No == no && s.Points[i].State != risk.PointRemoved {
			return &s.Points[i]
		}
	}
	return nil
}

// nextNo is the number a new row gets; numbers are never reused.
func (s sheet) nextNo() int {
	no := 0
	for _, p := range s.Points {
		no = max(no, p.No)
	}
	return no + 1
}

// StartSelfCheck begins or resumes the person's self-check.
func (d *Desk) StartSelfCheck(ctx context.Context, t *convo.Turn) error {
	campaign, open, err := d.Reg.Campaign(ctx)
	if err != nil {
		return err
	}
	if !open {
		t.Say(text.SelfNoCampaign)
		return nil
	}
	mine, err := d.Reg.Checks(ctx, risk.CheckFilter{Campaign: campaign.ID, Person: t.Actor.Person})
	if err != nil {
		return err
	}
	if len(mine) == 0 {
		t.Say(fmt.Sprintf(text.SelfNoPost, d.officeNames(ctx)))
		return nil
	}
	switch todo := unfinished(mine); len(todo) {
	case 0:
		return d.nothingToFill(ctx, t, mine[0])
	case 1:
		return d.startOn(ctx, t, todo[0])
	default:
		card := bot.Card{Title: fmt.Sprintf(text.SelfWhich, len(todo))}
		for _, c := range todo[:min(len(todo), 6)] {
			card.Buttons = append(card.Buttons, bot.Option{Text: text.Clip(c.Post.Name, 10), Key: whichKey(c.ID)})
		}
		t.Show(card)
		return nil
	}
}

// startFromLaunch is 开始 on the launch card, which has said what the introduction
// says: it goes straight to work.
func (d *Desk) startFromLaunch(ctx context.Context, t *convo.Turn) error {
	mine, err := d.mine(ctx, t)
	if err != nil {
		return err
	}
	todo := unfinished(mine)
	_, _, active := t.Active()
	if active || len(todo) != 1 || todo[0].Begun || todo[0].State != risk.CheckDraft {
		return d.goOn(ctx, t)
	}
	s := filling{Check: todo[0].ID}
	if err := d.begin(ctx, t, &s); err != nil {
		return err
	}
	return t.Start(FlowSelfCheck, "post", s)
}

// unfinished are the forms their owner has to write in.
func unfinished(mine []risk.SelfCheck) (todo []risk.SelfCheck) {
	for _, c := range mine {
		if !c.Offline && !c.Paper && (c.State == risk.CheckDraft || c.State == risk.CheckReturned) {
			todo = append(todo, c)
		}
	}
	return todo
}

// nothingToFill says why there is nothing to fill in.
func (d *Desk) nothingToFill(ctx context.Context, t *convo.Turn, c risk.SelfCheck) error {
	switch {
	case c.Offline:
		t.Say(fmt.Sprintf(text.SelfOffline, d.officeNames(ctx)))
	case c.Paper && c.State == risk.CheckDraft:
		t.Say(fmt.Sprintf(text.SelfPaper, d.officeNames(ctx)))
	default:
		t.Say(fmt.Sprintf(text.SelfDoneState, stateLabel(c)))
	}
	return nil
}

func whichKey(check int64) string { return fmt.Sprintf("selfcheck.which:%d", check) }

// startOn opens the dialog of one form where it stands.
func (d *Desk) startOn(ctx context.Context, t *convo.Turn, c risk.SelfCheck) error {
	state := filling{Check: c.ID}
	if len(unfinished([]risk.SelfCheck{c})) == 0 {
		return d.nothingToFill(ctx, t, c)
	}
	switch {
	case c.State == risk.CheckReturned:
		return d.startReturned(ctx, t, c, state)
	case !c.Begun:
		return t.Start(FlowSelfCheck, "intro", state)
	}
	rows := len(live(c.Points))
	if rows > 0 {
		t.Say(fmt.Sprintf(text.SelfContinue, rows))
	}
	last, err := d.Reg.LastYear(ctx, c.ID)
	switch state.Total = len(last); {
	case err != nil:
		return err
	case len(last) > 0:
		return t.Start(FlowSelfCheck, "last", state)
	case rows > 0 || c.ZeroReason != "":
		return t.Start(FlowSelfCheck, "preview", state)
	}
	return t.Start(FlowSelfCheck, "node", state)
}

func (d *Desk) askIntro(ctx context.Context, t *convo.Turn, s *filling) error {
	f, err := d.sheet(ctx, t, s.Check)
	if err != nil {
		return err
	}
	t.Ask(bot.Card{
		Title: text.SelfIntroTitle,
		Desc:  text.Clip(fmt.Sprintf(text.SelfIntroDesc, f.campaign.Name, day(f.campaign.Due)), 44),
		Body:  text.SelfIntroBody,
		Buttons: []bot.Option{
			{Text: text.SelfBegin, Key: "begin", Say: append(text.Words(text.WordsStart), text.Words(text.WordsYes)...)},
			{Text: text.SelfUpload, Key: "upload", Say: text.Words(text.WordsUpload)},
			{Text: text.SelfLater, Key: "later", Minor: true},
		},
	})
	return nil
}

func (d *Desk) readIntro(ctx context.Context, t *convo.Turn, s *filling) (convo.Next, error) {
	switch t.Answer.Key() {
	case "begin":
		return convo.Goto("post"), d.begin(ctx, t, s)
	case "upload":
		if err := d.begin(ctx, t, s); err != nil {
			return convo.Next{}, err
		}
		t.Say(fmt.Sprintf(text.SelfUploadSaid, d.Pages.Upload(s.Check)))
		return convo.Goto("post"), nil
	case "later":
		f, err := d.sheet(ctx, t, s.Check)
		if err != nil {
			return convo.Next{}, err
		}
		t.Say(fmt.Sprintf(text.SelfLaterSaid, day(f.campaign.Due)))
		return convo.Done(), nil
	}
	if rows := pastedRows(t.Message.Text); len(rows) > 0 {
		return d.takePasted(t, s, rows), d.begin(ctx, t, s)
	}
	return convo.NotUnderstood(), nil
}

// begin marks a form as begun; whoever was never here reads what is kept of them.
func (d *Desk) begin(ctx context.Context, t *convo.Turn, s *filling) error {
	f, err := d.editable(ctx, t, s.Check)
	if err != nil || f.Begun {
		return err
	}
	f.Begun = true
	if err := d.save(ctx, f); err != nil {
		return err
	}
	first, err := d.firstMeeting(ctx, t)
	if err != nil {
		return err
	}
	switch {
	case first && t.Mode == bot.ModeText:
		t.Say(text.SelfPrivacy)
	case first:
		t.Say(text.SelfPrivacy + "\n" + text.WelcomeMode)
	}
	return d.record(ctx, t, "selfcheck.begin", "selfcheck", f.ID, f.Version)
}

func (d *Desk) askPost(ctx context.Context, t *convo.Turn, s *filling) error {
	f, err := d.sheet(ctx, t, s.Check)
	if err != nil {
		return err
	}
	t.Ask(bot.Card{
		Title: text.SelfPostTitle,
		Facts: []bot.Fact{
			{Key: text.SelfPostSection, Value: f.Post.Section},
			{Key: text.SelfPostName, Value: f.Post.Name},
			{Key: text.SelfPostReview, Value: d.reviewer(ctx, f)},
		},
		Buttons: []bot.Option{{Text: text.SelfPostRight, Key: "right", Say: text.Words(text.WordsYes)}, {Text: text.SelfPostWrong, Key: "wrong", Say: append(text.Words(text.WordsNo), text.Words(text.WordsWrongPost)...)}},
	})
	return nil
}

func (d *Desk) readPost(ctx context.Context, t *convo.Turn, s *filling) (convo.Next, error) {
	switch t.Answer.Key() {
	case "right":
	case "wrong":
		// The post is the section head's to correct; the draft goes on meanwhile.
		f, err := d.sheet(ctx, t, s.Check)
		if err != nil {
			return convo.Next{}, err
		}
		head, err := d.headOf(ctx, f)
		if err != nil {
			return convo.Next{}, err
		}
		task := fmt.Sprintf(text.SelfPostTask, t.Actor.Name, f.Post.Section, f.Post.Name)
		who := head.Name
		if head.ID == 0 || head.ID == t.Actor.Person {
			who = d.officeNames(ctx)
			if err := d.tellOffice(ctx, t, task, fmt.Sprintf("post:%d:%d", f.ID, t.Now.Unix())); err != nil {
				return convo.Next{}, err
			}
		} else {
			t.Send(bot.Reply{To: head.UserID, Lane: bot.LaneNotice, Text: task})
		}
		t.Say(fmt.Sprintf(text.SelfPostNoted, who))
		if err := d.record(ctx, t, "selfcheck.post_disputed", "selfcheck", s.Check, 0); err != nil {
			return convo.Next{}, err
		}
	default:
		return convo.NotUnderstood(), nil
	}
	last, err := d.Reg.LastYear(ctx, s.Check)
	s.Total = len(last)
	if err != nil || s.Total == 0 {
		return convo.Goto("node"), err
	}
	return convo.Goto("last"), nil
}

// onward goes to what comes next: the rest of last year's rows, rows to rewrite, the
// end of a returned form, or a step.
func (d *Desk) onward(ctx context.Context, s *filling) (convo.Next, error) {
	if s.Total > 0 {
		last, err := d.Reg.LastYear(ctx, s.Check)
		if err != nil || len(last) > 0 {
			return convo.Goto("last"), err
		}
		s.Total = 0
	}
	switch {
	case len(s.Edit) > 0:
		s.No, s.Edit = s.Edit[0], s.Edit[1:]
		if s.Fix {
			return convo.Goto("edit"), nil
		}
		return convo.Goto("weak"), nil
	case s.Fix:
		return convo.Goto("preview"), nil
	}
	return convo.Goto("node"), nil
}

// headOf is who heads the section of the form's post today.
func (d *Desk) headOf(ctx context.Context, f sheet) (risk.Person, error) {
	heads, err := d.Reg.RoleHolders(ctx, bot.RoleSectionHead, f.Post.SectionID)
	if err != nil || len(heads) == 0 {
		return risk.Person{}, err
	}
	return heads[0], nil
}

// day writes a civil date the way people say it.
func day(t time.Time) string { return fmt.Sprintf(text.DayMonth, int(t.Month()), t.Day()) }
