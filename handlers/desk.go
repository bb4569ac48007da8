package handlers

import (
	"context"
	"fmt"
	"io"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/form"
	"qingfeng/bot/plan"
	"qingfeng/bot/risk"
	"qingfeng/bot/survey"
)

// Desk is every use case of the self-check and its review. A chat step, a card
// press and a staff page all call the same methods, each inside one Turn, so that
// a page can never do what the chat would refuse.
type Desk struct {
	Reg   Register
	Pages Pages
	// Days is the working calendar; the zero one knows weekends only.
	Days plan.Calendar
	// Answers answers policy questions inside a turn: it quotes and calls nobody. Without
	// it no words are taken for a question.
	Answers Answerer
	// Questions is the log of what was asked.
	Questions Questions
	// Away reports whether questions are left to Answering, which may call an endpoint;
	// nil: never.
	Away func(ctx context.Context) (bool, error)
	// Packs loads a rule pack by code; risk.LoadPack in production.
	Packs func(code string) (*risk.Pack, error)
	// Plans is the calendar of obligations; nil: nothing is planned here.
	Plans Plans
	// Pushes queues what goes to many.
	Pushes Pushes
	// Surveys keeps surveys; nil: there are none here. Tokens are those nobody has drawn yet.
	Surveys Surveys
	Tokens  *survey.Pool
	// OpenSurveys keeps those that are open to whoever has the link; nil: there are none.
	OpenSurveys OpenSurveys
	// Pictures draws and sends a picture in a job of its own; nil: none.
	Pictures Pictures
	// Talks keeps talks and reminders; without it the bot knows of none.
	Talks Notices
	// Seal closes their content; nil without QINGFENG_SEAL_KEY: then none is taken.
	Seal Sealer
	// Opinions keeps what citizens said; nil: there is no desk for it.
	Opinions Opinions
	// Publications keeps public notices and the revisions of points.
	Publications Publications
	// Random makes the codes of notices; Fonts print their posters (nil: none is printed).
	Random io.Reader
	Fonts  *form.Fonts
}

// Pages builds absolute links: to staff pages (behind OAuth) and, under Public, to what
// everybody reads without login.
type Pages struct{ Base, Public string }

// MyCheck is 我的自查, the whole form of one self-check.
func (p Pages) MyCheck(check int64) string { return fmt.Sprintf("%s/my/%d", p.Base, check) }

// Upload is where last year's 附表1 is uploaded.
func (p Pages) Upload(check int64) string { return fmt.Sprintf("%s/my/%d/upload", p.Base, check) }

// Review is one review with the form it decides on.
func (p Pages) Review(review int64) string { return fmt.Sprintf("%s/review/%d", p.Base, review) }

// Mutual is a section's mutual check (集中互查) page.
func (p Pages) Mutual(section int64) string { return fmt.Sprintf("%s/mutual/%d", p.Base, section) }

// Grading is the leading group's list of a campaign.
func (p Pages) Grading(campaign int64) string { return fmt.Sprintf("%s/grading/%d", p.Base, campaign) }

// Clause is a clause of the knowledge base with what stands around it.
func (p Pages) Clause(passage int64) string { return fmt.Sprintf("%s/clause/%d", p.Base, passage) }

// Documents is where the office adds documents to the knowledge base.
func (p Pages) Documents() string { return p.Base + "/library" }

// Talks is everybody's list of talks. Cards link there and not to the talk, so that
// all of them are the same.
func (p Pages) Talks() string { return p.Base + "/talks" }

// Talk is one talk, for whoever leads it.
func (p Pages) Talk(id int64) string { return fmt.Sprintf("%s/talk/%d", p.Base, id) }

// Opinions is the desk where opinions are handled. Cards link there and to no single
// opinion, so that no stored message tells when which one was handled.
func (p Pages) Opinions() string { return p.Base + "/opinions" }

// OpinionViews is where a section head gives the section's view.
func (p Pages) OpinionViews() string { return p.Base + "/opinions/view" }

// Tips is the discipline office's desk.
func (p Pages) Tips() string { return p.Base + "/tips" }

// Board is the coordinator's board.
func (p Pages) Board() string { return p.Base + "/board" }

// pack is the rule pack of a campaign.
func (d *Desk) pack(ctx context.Context, campaign int64) (*risk.Pack, risk.Campaign, error) {
	c, err := d.Reg.CampaignByID(ctx, campaign)
	if err != nil {
		return nil, c, err
	}
	p, err := d.Packs(c.Pack)
	return p, c, err
}

// decideBy is the civil day by which a reviewer who is asked now is to decide.
func (d *Desk) decideBy(t *convo.Turn, p *risk.Pack) time.Time {
	return d.Days.Add(bot.Local(t.Now), p.ReviewDays)
}

// record leaves one audit event for what the actor did to a check.
func (d *Desk) record(ctx context.Context, t *convo.Turn, action, object string, id int64, version int) error {
	return d.Reg.Record(ctx, risk.Event{Actor: t.Actor.Person, Role: role(t.Actor), Action: action, Object: object, ID: id, Version: version, Result: "ok"})
}

// refuse tells the person why not and what to do next, and leaves an audit event.
// It is not an error: the turn commits, so the event stays.
func (d *Desk) refuse(ctx context.Context, t *convo.Turn, action, object string, id int64, code, say string) error {
	t.Say(say)
	return d.Reg.Record(ctx, risk.Event{Actor: t.Actor.Person, Role: role(t.Actor), Action: action, Object: object, ID: id, Result: "refused", Note: code})
}

// role is the role an actor acts in, the highest one held.
func role(a bot.Actor) bot.Role {
	if len(a.Roles) > 0 {
		return a.Roles[0]
	}
	return bot.RolePostHolder
}
