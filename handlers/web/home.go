package web

import (
	"context"

	"qingfeng/bot"
	"qingfeng/bot/risk"
	"qingfeng/bot/survey"
	"qingfeng/handlers"
)

// homePage is what waits for a person.
type homePage struct {
	Unit     string
	Campaign risk.Campaign
	Open     bool
	Mine     []risk.SelfCheck
	Reviews  int
	Mutual   []waitingSection
	Board    bool
	Office   bool
	Grading  bool
	Keeper   bool
	Surveys  []survey.Survey // that wait for this person
	Results  bool
	Notices  bool // there are public notices
	Opinions bool // they may see how opinions stand
	Views    bool // a section may be asked for its view
	Tips     bool // they belong to the discipline office
	Planned  bool // there is a calendar, and the page 我要办的
	Unknown  int  // groups of questions that nobody could answer
}

// waitingSection is a section whose forms wait for the mutual check.
type waitingSection struct {
	Section risk.Section
	Forms   int
}

func (s *site) home(ctx context.Context, v *visit) error {
	p := homePage{Board: mayBoard(v.actor), Office: v.actor.Coordinator()}
	p.Grading = p.Office || v.actor.Has(bot.RolePrincipal, bot.RoleGroupChair, bot.RoleLeaderInCharge, bot.RoleDiscipline)
	p.Keeper = p.Office || discipline(v.actor)
	unit, err := s.Register.Unit(ctx)
	if err != nil {
		return err
	}
	p.Unit = unit.Name
	p.Planned, p.Notices = s.Desk.Plans != nil, s.Desk.Publications != nil
	p.Results = handlers.MayReadSurvey(v.actor) && s.Desk.Surveys != nil
	if s.Desk.Opinions != nil {
		p.Opinions, p.Views, p.Tips = handlers.MayCountOpinions(v.actor), handlers.MayViewOpinions(v.actor), handlers.MayReadTips(v.actor)
	}
	if p.Surveys, err = s.surveyWaiting(ctx, v); err != nil {
		return err
	}
	if p.Office {
		open, err := s.Knowledge.Questions.Unanswered(ctx, s.Now().Add(-openSince))
		if err != nil {
			return err
		}
		p.Unknown = len(open)
	}
	if p.Campaign, p.Open, err = s.Register.Campaign(ctx); err != nil {
		return err
	}
	if !p.Open {
		return s.show(v, 200, "home", unit.Name, p)
	}
	if p.Mine, err = s.Register.Checks(ctx, risk.CheckFilter{Campaign: p.Campaign.ID, Person: v.actor.Person}); err != nil {
		return err
	}
	reviews, err := s.Register.Reviews(ctx, risk.ReviewFilter{Campaign: p.Campaign.ID, Assignee: v.actor.Person, Open: true})
	if err != nil {
		return err
	}
	p.Reviews = len(reviews)
	if p.Mutual, err = s.mutualWaiting(ctx, v, p.Campaign.ID); err != nil {
		return err
	}
	return s.show(v, 200, "home", unit.Name, p)
}

// mutualWaiting are the sections that a head may convene now.
func (s *site) mutualWaiting(ctx context.Context, v *visit, campaign int64) ([]waitingSection, error) {
	if !v.actor.Has(bot.RoleSectionHead) {
		return nil, nil
	}
	sections, err := s.Register.SectionsOf(ctx, v.actor.Person, bot.RoleSectionHead)
	if err != nil {
		return nil, err
	}
	var out []waitingSection
	for _, sec := range sections {
		checks, err := s.Register.Checks(ctx, risk.CheckFilter{Campaign: campaign, Section: sec.ID, States: []risk.CheckState{risk.CheckMutual}})
		if err != nil {
			return nil, err
		}
		if len(checks) > 0 {
			out = append(out, waitingSection{Section: sec, Forms: len(checks)})
		}
	}
	return out, nil
}
