package risk

import (
	"slices"

	"qingfeng/bot"
)

// NoticeParty is one side of a notice: who they are and whom they manage today.
type NoticeParty struct {
	ID       int64
	Active   bool
	Roles    []bot.Role
	Sections []int64 // where they have their posts
	Heads    []int64 // sections they head
	Leads    []int64 // sections they are in charge of
}

func (p NoticeParty) has(role bot.Role) bool { return slices.Contains(p.Roles, role) }

// Why a notice may not be issued; the words for it are the handlers'.
const (
	NoticeNoRole    = "no role"     // not one who issues notices
	NoticeSelf      = "self"        // to oneself
	NoticeGone      = "left"        // to somebody who has left
	NoticeAbove     = "superior"    // to one's own superior
	NoticeOutside   = "not managed" // to somebody else's people
	NoticeNotTheirs = "kind"        // a kind that others issue
)

// MayIssue decides whether issuer may give target a notice of a kind, and in which role
// (authority_basis): by cadre-management authority, the highest role first. The refusal
// is "" when they may. A kind that is only recorded passes here; it is never sent.
func MayIssue(k NoticeKind, issuer, target NoticeParty) (basis bot.Role, refusal string) {
	switch {
	case !mayIssueAny(issuer):
		return "", NoticeNoRole
	case issuer.ID == target.ID:
		return "", NoticeSelf
	case !target.Active:
		return "", NoticeGone
	case above(target, issuer):
		return "", NoticeAbove
	}
	refusal = NoticeOutside
	for _, role := range issuingRoles() {
		if !issuer.has(role) || !manages(role, issuer, target) {
			continue
		}
		if slices.Contains(k.Issuers, role) {
			return role, ""
		}
		refusal = NoticeNotTheirs
	}
	return "", refusal
}

// NeedsApproval reports whether the authority has to approve a notice issued in a role.
func NeedsApproval(k NoticeKind, basis bot.Role) bool {
	return k.Approve && !slices.Contains(Notices().Approvers, basis)
}

func issuingRoles() []bot.Role {
	return []bot.Role{bot.RolePrincipal, bot.RoleDiscipline, bot.RoleLeaderInCharge, bot.RoleSectionHead}
}

func mayIssueAny(p NoticeParty) bool { return slices.ContainsFunc(issuingRoles(), p.has) }

// Manages reports whether p manages other in any role: whose talks p may know of.
func (p NoticeParty) Manages(other NoticeParty) bool {
	return p.ID != other.ID && !above(other, p) &&
		slices.ContainsFunc(issuingRoles(), func(role bot.Role) bool { return p.has(role) && manages(role, p, other) })
}

// manages: the principal and the discipline office everyone, a leader in charge the own
// sections, a head the own section.
func manages(role bot.Role, issuer, target NoticeParty) bool {
	switch role {
	case bot.RolePrincipal, bot.RoleDiscipline:
		return true
	case bot.RoleLeaderInCharge:
		return overlap(issuer.Leads, target.Sections) && !target.has(bot.RoleLeaderInCharge)
	case bot.RoleSectionHead:
		return overlap(issuer.Heads, target.Sections)
	default:
		return false
	}
}

// above: the principal is managed from outside the unit, a leader in charge stands above
// the people of those sections, a head above the own section's.
func above(target, issuer NoticeParty) bool {
	switch {
	case target.has(bot.RolePrincipal):
		return true
	case issuer.has(bot.RolePrincipal), issuer.has(bot.RoleDiscipline):
		return false
	}
	return overlap(target.Leads, issuer.Sections) || overlap(target.Heads, issuer.Sections) && !overlap(issuer.Leads, target.Sections) && !overlap(issuer.Heads, target.Sections) ||
		target.has(bot.RoleLeaderInCharge) && !issuer.has(bot.RoleLeaderInCharge)
}

func overlap(a, b []int64) bool {
	return slices.ContainsFunc(a, func(x int64) bool { return slices.Contains(b, x) })
}
