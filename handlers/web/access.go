package web

import (
	"context"
	"slices"

	"qingfeng/bot"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

// reviewers are the roles that review forms.
func reviewers() []bot.Role {
	return []bot.Role{
		bot.RoleSectionHead, bot.RoleLeaderInCharge, bot.RolePrincipal, bot.RoleGroupChair, bot.RoleDiscipline, bot.RoleDiscAuthority,
	}
}

// mayBoard: the office sees where every form stands; heads and leaders in charge those
// of their own sections.
func mayBoard(a bot.Actor) bool {
	return a.Coordinator() || a.Has(bot.RoleSectionHead, bot.RoleLeaderInCharge)
}

// owns reports whether a person fills in this form: its owner, or the office for one
// that came on paper.
func owns(a bot.Actor, c risk.SelfCheck) bool {
	return a.Person != 0 && c.Person.ID == a.Person || c.Paper && a.Coordinator()
}

// mayRead says whether a person may read the whole text of a form here (DOMAIN.md §2.4):
// whoever fills it in, always; everybody else only once it is confirmed. Reviewers read
// it on their review's page.
func (s *site) mayRead(ctx context.Context, a bot.Actor, c risk.SelfCheck) error {
	if owns(a, c) {
		return nil
	}
	allowed := a.Coordinator() || a.Has(bot.RolePrincipal, bot.RoleGroupChair, bot.RoleDiscipline, bot.RoleDiscAuthority)
	if !allowed {
		own, err := s.ownSections(ctx, a)
		if err != nil {
			return err
		}
		allowed = slices.Contains(own, c.Post.SectionID)
	}
	switch {
	case !allowed:
		return deny(text.WebNotYourForm)
	case c.State != risk.CheckConfirmed:
		return deny(text.WebNotConfirmed)
	}
	return nil
}

// ownSections are the sections a person heads or is in charge of.
func (s *site) ownSections(ctx context.Context, a bot.Actor) ([]int64, error) {
	var out []int64
	for _, role := range []bot.Role{bot.RoleSectionHead, bot.RoleLeaderInCharge} {
		if !a.Has(role) {
			continue
		}
		sections, err := s.Register.SectionsOf(ctx, a.Person, role)
		if err != nil {
			return nil, err
		}
		for _, x := range sections {
			out = append(out, x.ID)
		}
	}
	return out, nil
}

// office refuses everybody but the coordinating office.
func office(v *visit) error {
	if !v.actor.Coordinator() {
		return deny(text.WebOfficeOnly)
	}
	return nil
}

// live are the rows that stand on a form.
func live(points []risk.Point) []risk.Point {
	return slices.DeleteFunc(slices.Clone(points), func(p risk.Point) bool { return p.State == risk.PointRemoved })
}
