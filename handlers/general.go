package handlers

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

// generalCommands work at any step (DOMAIN.md §7.1, Global).
func (d *Desk) generalCommands() []convo.Command {
	say := func(name, words string, run convo.Handler, resume bool) convo.Command {
		return convo.Command{Name: name, Match: func(said string) ([]string, bool) { return nil, text.Says(words, said) }, Run: run, Resume: resume}
	}
	return []convo.Command{
		say("help", text.WordsHelp, d.help, true),
		say("continue", text.WordsContinue, d.goOn, false),
		say("back", text.WordsBack, d.back, false),
		say("takeback", text.WordsTakeBack, d.takeBack, false),
		{Name: "edit", Match: matchEdit, Run: d.editRow},
		say("preview", text.WordsPreview, d.preview, true),
		say("save", text.WordsSave, d.saveDraft, false),
		say("progress", text.WordsProgress, d.progress, true),
		say("quit", text.WordsQuit, d.quit, false),
		say("page", text.WordsPage, d.page, false),
		say("people", text.WordsPeople, d.people, true),
		say("textmode", text.WordsTextMode, d.mode(bot.ModeText, text.ModeText), true),
		say("cardmode", text.WordsCardMode, d.mode(bot.ModeCard, text.ModeCard), true),
	}
}

// starters begin something when no step took the words.
func (d *Desk) starters() []convo.Command {
	return []convo.Command{
		{Name: "start", Match: wantsCheck, Run: d.goOn},
		{Name: "submit", Match: words(text.WordsSubmit), Run: d.submitNow},
		{Name: "upload", Match: words(text.WordsUpload), Run: d.upload, Resume: true},
		{Name: "edit.which", Match: words(text.WordsEditBare), Run: d.editRow},
		{Name: "hello", Match: words(text.WordsHello), Run: d.greet, Resume: true},
		{Name: "campaign", Match: words(text.WordsCampaign), Run: d.startCampaign},
		{Name: "plan.event", Match: matchEvent, Run: d.sayEvent},
		{Name: "routines", Match: words(text.WordsRoutine), Run: d.sayRoutines, Resume: true},
		{Name: "routine", Match: matchRoutine, Run: d.sayRoutine, Resume: true},
		{Name: "campaign.end", Match: words(text.WordsCampaignEnd), Run: d.endCampaign},
		{Name: "complain", Match: complaint, Run: d.sayReport, Resume: true},
		{Name: "thanks", Match: words(text.WordsThanks), Run: func(_ context.Context, t *convo.Turn) error { t.Say(text.YouAreWelcome); return nil }},
	}
}

// longestWish in characters: longer is a story about the self-check, not a wish to begin.
const longestWish = 16

// wantsCheck hears 开始, and 自查咋弄啊: whoever speaks of the self-check without
// asking what it is wants to be at it.
func wantsCheck(said string) ([]string, bool) {
	if text.Says(text.WordsStart, said) {
		return nil, true
	}
	if utf8.RuneCountInString(said) > longestWish || !text.Has(text.WordsCheckTopic, said) {
		return nil, false
	}
	return nil, text.Has(text.WordsHowBegin, said) || !asks(said, false)
}

func words(phrases string) func(string) ([]string, bool) {
	return func(said string) ([]string, bool) { return nil, text.Says(phrases, said) }
}

// complaint hears that somebody wants to report something, before they do it here.
func complaint(said string) ([]string, bool) {
	return nil, utf8.RuneCountInString(said) <= 12 && text.Starts(text.WordsComplain, said)
}

func (d *Desk) help(_ context.Context, t *convo.Turn) error {
	lines := []string{text.Help}
	if t.Actor.Has(bot.RoleSectionHead, bot.RoleLeaderInCharge, bot.RolePrincipal, bot.RoleDiscipline, bot.RoleGroupChair) {
		lines = append(lines, text.HelpReviewer)
	}
	if t.Actor.Coordinator() {
		lines = append(lines, text.HelpOffice)
	}
	t.Say(strings.Join(lines, "\n"))
	return nil
}

// goOn asks the pending question again, or takes the form up where it stands.
func (d *Desk) goOn(ctx context.Context, t *convo.Turn) error {
	at := d.position(t)
	if at.Check == 0 {
		return d.StartSelfCheck(ctx, t)
	}
	f, err := d.sheet(ctx, t, at.Check)
	if err != nil {
		return err
	}
	_, step, _ := t.Active()
	asksRow := slices.ContainsFunc(d.rowSteps(), func(s convo.Step[filling]) bool { return s.Name == step && step != "weak" })
	switch gone := asksRow && f.row(at.No) == nil; {
	case gone && at.Alone:
		t.End()
	case gone: // taken off the form on a page: there is nothing left to ask about it
		at.Saved = false
		return t.Start(FlowSelfCheck, "node", at)
	default:
		t.RepeatAsk()
	}
	return nil
}

// position is where the person stands in a form; its Check is 0 in none.
func (d *Desk) position(t *convo.Turn) (at filling) {
	if flow, _, active := t.Active(); !active || flow != FlowSelfCheck && flow != FlowEdit {
		return at
	}
	if err := t.State(&at); err != nil {
		return filling{}
	}
	return at
}

func (d *Desk) back(_ context.Context, t *convo.Turn) error {
	switch _, _, active := t.Active(); {
	case !active:
		t.Say(text.Nothing)
	case !t.Back():
		t.Say(text.NoUndo)
		t.RepeatAsk()
	}
	return nil
}

// takeBack is 撤回: inside the ten minutes it takes the form back; while filling it
// takes back the last answer.
func (d *Desk) takeBack(ctx context.Context, t *convo.Turn) error {
	if _, _, active := t.Active(); active {
		if !t.Back() {
			t.Say(text.NoUndo)
			t.RepeatAsk()
		}
		return nil
	}
	mine, err := d.mine(ctx, t)
	if err != nil {
		return err
	}
	for _, late := range []bool{false, true} {
		for _, c := range mine {
			if late || c.State == risk.CheckSubmitted {
				return d.TakeBack(ctx, t, c)
			}
		}
	}
	t.Say(text.Nothing)
	return nil
}

// mine are the actor's forms in the open campaign; after it, in the last one.
func (d *Desk) mine(ctx context.Context, t *convo.Turn) ([]risk.SelfCheck, error) {
	campaign, _, err := d.Reg.Campaign(ctx)
	if err != nil || t.Actor.Person == 0 {
		return nil, err
	}
	all, err := d.Reg.Checks(ctx, risk.CheckFilter{Campaign: campaign.ID, Person: t.Actor.Person})
	if err != nil || len(all) == 0 {
		return nil, err
	}
	newest := all[len(all)-1].CampaignID
	return slices.DeleteFunc(all, func(c risk.SelfCheck) bool { return c.CampaignID != newest }), nil
}

// draft is the form the actor is filling, if any: the one being talked about first.
func (d *Desk) draft(ctx context.Context, t *convo.Turn) (risk.SelfCheck, bool, error) {
	mine, err := d.mine(ctx, t)
	todo := unfinished(mine)
	if err != nil || len(todo) == 0 {
		return risk.SelfCheck{}, false, err
	}
	at := d.position(t)
	for _, c := range todo {
		if c.ID == at.Check {
			return c, true, nil
		}
	}
	return todo[0], true, nil
}

// preview shows what stands on the form.
func (d *Desk) preview(ctx context.Context, t *convo.Turn) error {
	mine, err := d.mine(ctx, t)
	if err != nil {
		return err
	}
	said := false
	for _, c := range mine {
		if c.Offline || (len(live(c.Points)) == 0 && c.ZeroReason == "") {
			continue
		}
		f, err := d.sheet(ctx, t, c.ID)
		if err != nil {
			return err
		}
		t.Say(d.summary(f) + "\n" + fmt.Sprintf(text.GoPage, d.Pages.MyCheck(c.ID)))
		said = true
	}
	if !said {
		t.Say(text.SelfNothingYet)
	}
	return nil
}

func (d *Desk) saveDraft(ctx context.Context, t *convo.Turn) error {
	c, ok, err := d.draft(ctx, t)
	if err != nil {
		return err
	}
	if !ok {
		t.Say(text.Nothing)
		return nil
	}
	campaign, err := d.Reg.CampaignByID(ctx, c.CampaignID)
	if err != nil {
		return err
	}
	t.Say(fmt.Sprintf(text.SelfSaved, day(campaign.Due)))
	return nil
}

// submitNow leads to the last step from wherever the person is; what is still open
// (rows to look at, last year's) stays in the state.
func (d *Desk) submitNow(ctx context.Context, t *convo.Turn) error {
	c, ok, err := d.draft(ctx, t)
	if err != nil {
		return err
	}
	switch {
	case !ok:
		return d.StartSelfCheck(ctx, t)
	case len(live(c.Points)) == 0 && c.ZeroReason == "":
		if at := d.position(t); at.Check == c.ID {
			t.Say(text.SelfNothingHere)
			t.RepeatAsk()
			return nil
		}
		t.Say(text.SelfNothingYet)
		return nil
	}
	state := filling{Check: c.ID, Fix: c.State == risk.CheckReturned}
	switch at := d.position(t); {
	case at.Alone:
		t.End()
	case at.Check == c.ID:
		state = at
	}
	return t.Start(FlowSelfCheck, "preview", state)
}

func (d *Desk) upload(ctx context.Context, t *convo.Turn) error {
	c, ok, err := d.draft(ctx, t)
	if err != nil {
		return err
	}
	if !ok {
		return d.page(ctx, t)
	}
	t.Say(fmt.Sprintf(text.SelfUploadSaid, d.Pages.Upload(c.ID)))
	return nil
}

func (d *Desk) quit(ctx context.Context, t *convo.Turn) error {
	flow, _, ok := t.Active()
	switch {
	case !ok && d.Plans != nil && text.Says(text.WordsLater, t.Answer.Text):
		return d.SaySnooze(ctx, t) // said to a reminder: there is nothing else to put off
	case !ok:
		t.Say(text.Nothing)
		return nil
	case flow == FlowSelfCheck:
		t.Say(text.Quit)
	case flow == FlowEdit:
		t.Say(text.QuitRow)
	default:
		t.Say(text.QuitOther)
	}
	t.End()
	return nil
}

func (d *Desk) page(ctx context.Context, t *convo.Turn) error {
	c, ok, err := d.draft(ctx, t)
	if err != nil {
		return err
	}
	if !ok {
		mine, err := d.mine(ctx, t)
		if err != nil {
			return err
		}
		if len(mine) == 0 {
			t.Say(text.NoPage)
			return nil
		}
		c = mine[0]
	}
	t.Say(fmt.Sprintf(text.GoPage, d.Pages.MyCheck(c.ID)))
	return nil
}

func (d *Desk) people(ctx context.Context, t *convo.Turn) error {
	t.Say(fmt.Sprintf(text.FindPeople, d.officeNames(ctx)))
	return nil
}

func (d *Desk) mode(m bot.Mode, say string) convo.Handler {
	return func(_ context.Context, t *convo.Turn) error {
		t.SetMode(m)
		t.Say(say)
		return nil
	}
}

// officeNames are the people of the coordinating office, as one would ask for them.
func (d *Desk) officeNames(ctx context.Context) string {
	var names []string
	for _, r := range []bot.Role{bot.RoleOfficeDirector, bot.RoleOfficeMember} {
		holders, err := d.Reg.RoleHolders(ctx, r, 0)
		if err != nil {
			return text.OfficeNobody
		}
		for _, h := range holders {
			names = append(names, h.Name)
		}
	}
	if len(names) == 0 {
		return text.OfficeNobody
	}
	return strings.Join(names[:min(len(names), 3)], text.ListComma)
}

// greet answers hello with what there is to do.
func (d *Desk) greet(ctx context.Context, t *convo.Turn) error {
	lines := []string{fmt.Sprintf(text.Welcome, t.Actor.Name)}
	c, ok, err := d.draft(ctx, t)
	if err != nil {
		return err
	}
	if ok {
		f, err := d.sheet(ctx, t, c.ID)
		if err != nil {
			return err
		}
		switch by := day(f.campaign.Due); {
		case f.campaign.State == "closed":
		case c.State == risk.CheckReturned:
			lines = append(lines, fmt.Sprintf(text.WelcomeBack, max(1, strings.Count(returnedRows(c), text.ListComma)+1), by))
		case len(live(c.Points)) > 0:
			lines = append(lines, fmt.Sprintf(text.WelcomeBegun, len(live(c.Points)), by))
		default:
			lines = append(lines, fmt.Sprintf(text.WelcomeTodo, by))
		}
	}
	first, err := d.firstMeeting(ctx, t)
	if err != nil {
		return err
	}
	if first {
		lines = append(lines, text.SelfPrivacy, text.WelcomeMode)
	}
	t.Say(strings.Join(lines, "\n"))
	return nil
}

// firstMeeting is true once a person: then what is kept of them is said.
func (d *Desk) firstMeeting(ctx context.Context, t *convo.Turn) (bool, error) {
	return d.Reg.Allow(ctx, "met:"+t.Actor.UserID.Key(), forever)
}

// welcomeEvery is how often opening the app is greeted; enter_agent fires each time.
// forever is how long a first meeting stays a first meeting.
const (
	welcomeEvery = 7 * 24 * time.Hour
	forever      = 100 * 365 * 24 * time.Hour
)

// opened greets whoever opens the app, the first time and then once a week at most,
// and never while a question is pending.
func (d *Desk) opened(ctx context.Context, t *convo.Turn) error {
	if t.Actor.Person == 0 {
		return nil
	}
	if _, _, active := t.Active(); active {
		return nil
	}
	due, err := d.Reg.Allow(ctx, "welcome:"+t.Actor.UserID.Key(), welcomeEvery)
	if err != nil || !due {
		return err
	}
	return d.greet(ctx, t)
}

func (d *Desk) stranger(ctx context.Context, t *convo.Turn) error {
	if t.Message.Kind == bot.KindEnter || t.Message.Kind == bot.KindUnsubscribe {
		return nil
	}
	t.Say(fmt.Sprintf(text.Stranger, d.officeNames(ctx)))
	return nil
}

func (d *Desk) media(_ context.Context, t *convo.Turn) error {
	lead := text.MediaOther
	switch t.Message.Media {
	case "voice":
		lead = text.MediaVoice
	case "image", "video":
		lead = text.MediaImage
	case "file":
		t.Say(text.MediaFile)
		t.RepeatAsk()
		return nil
	}
	t.Say(fmt.Sprintf(text.Media, lead))
	t.RepeatAsk()
	return nil
}

// stopped answers a text that the red-line guard did not let in; nothing of it is left.
func (d *Desk) stopped(ctx context.Context, t *convo.Turn) error {
	say := map[string]string{"secrecy": text.StoppedSecrecy, "pii": text.StoppedPII, "person": text.StoppedPerson, "own": text.StoppedOwn}[t.Message.Stop.Rule]
	if say == "" {
		say = text.StoppedPII
	}
	if err := d.refuse(ctx, t, "guard.stop", "message", 0, t.Message.Stop.Rule, say); err != nil {
		return err
	}
	t.RepeatAsk()
	return nil
}

// fallback answers what nobody understood. A sentence of some length may be meant for
// the form: the person is told that it is not kept, and where it belongs.
func (d *Desk) fallback(ctx context.Context, t *convo.Turn) error {
	// What nobody asked for may be said to the wrong place in words that no list foresaw.
	if said := t.Answer.Text; saidMore(t) {
		if risk.Door(said).Kind == risk.DoorReport {
			return d.sayReport(ctx, t)
		}
		if text.Has(text.WordsNoticeNamed, said) {
			if err := d.forgetSaid(ctx, t); err != nil {
				return err
			}
		}
	}
	if utf8.RuneCountInString(t.Answer.Text) >= 2*shortestSentence {
		if _, ok, err := d.draft(ctx, t); err != nil {
			return err
		} else if ok {
			t.Say(text.NotFilling)
			return nil
		}
	}
	t.Say(text.Fallback)
	return nil
}
