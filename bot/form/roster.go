package form

import (
	"fmt"
	"slices"
	"strings"

	"qingfeng/bot"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

const (
	rUnit = iota
	rSection
	rPost
	rStratum
	rName
	rUserID
	rRoles
	rLeaderOf
	rTags
)

func rosterColumns() []column {
	return []column{
		rUnit:     {names: text.FormColUnit, required: true, max: 60, help: text.FormHelpUnit, width: 26},
		rSection:  {names: text.FormColSection, required: true, max: 40, help: text.FormHelpSection, width: 18},
		rPost:     {names: text.FormColPost, max: 40, help: text.FormHelpPost, width: 18},
		rStratum:  {names: text.FormColStratum, help: fmt.Sprintf(text.FormHelpStratum, strings.Join(offered(strata()), list)), width: 14, list: offered(strata())},
		rName:     {names: text.FormColName, required: true, max: 30, help: text.FormHelpName, width: 12},
		rUserID:   {names: text.FormColUserID, required: true, help: text.FormHelpUserID, width: 16},
		rRoles:    {names: text.FormColRoles, help: fmt.Sprintf(text.FormHelpRoles, strings.Join(offered(roles()), list)), width: 20},
		rLeaderOf: {names: text.FormColLeaderOf, help: text.FormHelpLeaderOf, width: 24},
		rTags:     {names: text.FormColTags, help: fmt.Sprintf(text.FormHelpTags, strings.Join(offered(tags()), list)), width: 18},
	}
}

// ParseRoster reads a roster. It returns only rows without a fatal issue; nothing may
// be imported while Blocked(issues).
func ParseRoster(data []byte) ([]risk.RosterRow, []risk.ImportIssue) {
	t, issues := readTable(data, rosterColumns())
	if t == nil {
		return nil, issues
	}
	var rows []risk.RosterRow
	t.each(func(r *rowReader) {
		row := risk.RosterRow{
			Unit: r.word(rUnit), Section: r.word(rSection), Post: r.word(rPost),
			Stratum: choose(r, rStratum, strata()),
			Name:    r.word(rName),
			UserID:  r.userID(rUserID),
			Roles: chooseAll(r, rRoles, roles(), func(s string) string {
				if among(text.FormPostNotRole, fold(s)) {
					return fmt.Sprintf(text.FormPostAsRole, s)
				}
				return ""
			}),
			LeaderOf: words(r.text(rLeaderOf)),
			Tags:     chooseAll(r, rTags, tags(), nil),
			Row:      r.row(),
		}
		if len(row.Roles) == 0 {
			row.Roles = []bot.Role{bot.RolePostHolder}
		}
		if row.Post == "" && holdsPost(row.Roles) {
			r.refuse(rPost, text.FormRequired)
		}
		if row.Stratum == "" && row.Post != "" && r.text(rStratum) == "" {
			r.refuse(rStratum, text.FormRequired)
		}
		if !r.bad {
			rows = append(rows, row)
		}
	})
	c := rosterCheck{
		t: t, person: map[string]risk.RosterRow{}, seat: map[string]risk.RosterRow{},
		post: map[string]risk.RosterRow{}, roles: map[string][]bot.Role{},
	}
	kept := slices.DeleteFunc(rows, func(row risk.RosterRow) bool { return !c.keep(row) })
	c.sections(kept)
	return kept, t.done(len(kept))
}

// holdsPost reports whether one of the roles goes with a post of one's own.
func holdsPost(have []bot.Role) bool {
	return slices.ContainsFunc(have, func(r bot.Role) bool {
		return r == bot.RolePostHolder || r == bot.RoleSectionHead
	})
}

// userID is a WeCom member id: 1–64 of letters, digits and . _ - @, the first one a
// letter or digit (WeCom's rule for userid).
func (r *rowReader) userID(col int) bot.UserID {
	s := strings.Map(func(c rune) rune {
		if c >= '！' && c <= '～' {
			return c - ('！' - '!')
		}
		return c
	}, r.word(col))
	ok := len(s) <= 64
	for i, c := range s {
		letter := c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		ok = ok && (letter || i > 0 && strings.ContainsRune("._-@", c))
	}
	if s != "" && !ok {
		r.refuse(col, fmt.Sprintf(text.FormBadUserID, s))
	}
	return bot.UserID(s)
}

// rosterCheck compares the rows of a sheet with each other.
type rosterCheck struct {
	t      *table
	person map[string]risk.RosterRow // by userid
	seat   map[string]risk.RosterRow // by userid, section and post
	post   map[string]risk.RosterRow // by section and post
	roles  map[string][]bot.Role
}

func (c *rosterCheck) keep(row risk.RosterRow) bool {
	id, at := row.UserID.Key(), row.Row-1
	post := row.Unit + "\x00" + row.Section + "\x00" + row.Post
	if p, ok := c.person[id]; ok && p.Name != row.Name {
		c.t.say(at, first(text.FormColUserID), fmt.Sprintf(text.FormTwoNames, row.UserID, p.Row, p.Name, row.Name), true)
		return false
	} else if !ok {
		c.person[id] = row
	}
	if s, ok := c.seat[id+"\x00"+post]; ok {
		if s.Stratum == row.Stratum && same(s.Roles, row.Roles) && same(s.LeaderOf, row.LeaderOf) && same(s.Tags, row.Tags) {
			c.t.say(at, "", fmt.Sprintf(text.FormSameRow, s.Row), false)
		} else {
			c.t.say(at, "", fmt.Sprintf(text.FormSameRowDiffers, s.Row), true)
		}
		return false
	}
	c.seat[id+"\x00"+post] = row
	if row.Post != "" {
		if p, ok := c.post[post]; ok && p.Stratum != row.Stratum {
			name := offered(strata())[slices.IndexFunc(strata(), func(s choice[risk.Stratum]) bool { return s.value == p.Stratum })]
			c.t.say(at, first(text.FormColStratum), fmt.Sprintf(text.FormTwoStrata, row.Post, p.Row, name), true)
			return false
		} else if !ok {
			c.post[post] = row
		}
	}
	// DOMAIN.md §1.3: the two must never be one person.
	held := append(c.roles[id], row.Roles...)
	c.roles[id] = held
	if slices.Contains(held, bot.RoleITAdmin) && slices.Contains(held, bot.RoleAuditor) {
		c.t.say(at, first(text.FormColRoles), text.FormITAndAudit, true)
		return false
	}
	return true
}

func (c *rosterCheck) sections(rows []risk.RosterRow) {
	known, leads := map[string]bool{}, map[string]bool{}
	for _, r := range rows {
		known[r.Section] = true
		leads[r.UserID.Key()] = leads[r.UserID.Key()] || len(r.LeaderOf) > 0
	}
	for _, r := range rows {
		leader := slices.Contains(c.roles[r.UserID.Key()], bot.RoleLeaderInCharge)
		switch {
		case len(r.LeaderOf) > 0 && !leader:
			c.t.say(r.Row-1, first(text.FormColLeaderOf), text.FormLeaderOfNoRole, false)
		case slices.Contains(r.Roles, bot.RoleLeaderInCharge) && !leads[r.UserID.Key()]:
			c.t.say(r.Row-1, first(text.FormColLeaderOf), text.FormLeaderNoSections, false)
		}
		for _, s := range r.LeaderOf {
			if !known[s] {
				c.t.say(r.Row-1, first(text.FormColLeaderOf), fmt.Sprintf(text.FormUnknownSection, s), false)
			}
		}
	}
}

func same[T comparable](a, b []T) bool {
	return len(a) == len(b) && !slices.ContainsFunc(a, func(v T) bool { return !slices.Contains(b, v) })
}

// done returns the issues in the order of rows, and refuses a sheet with no rows.
func (t *table) done(rows int) []risk.ImportIssue {
	if rows == 0 && !Blocked(t.issues) {
		t.issues = append(t.issues, risk.ImportIssue{Say: text.FormNoRows, Fatal: true})
	}
	slices.SortStableFunc(t.issues, func(a, b risk.ImportIssue) int { return a.Row - b.Row })
	return t.issues
}
