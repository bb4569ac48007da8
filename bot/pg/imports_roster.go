package pg

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"qingfeng/bot"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

// PlanRoster says what ApplyRoster would do, row by row, and writes nothing.
func (r *Register) PlanRoster(ctx context.Context, rows []risk.RosterRow) (risk.ImportPlan, error) {
	return planSheet(ctx, "roster", rows, r.diffRoster)
}

// ApplyRoster makes the roster what the sheet says, in one transaction: all of it,
// or with an issue in any row nothing (risk.ErrBlocked and the plan with the issues).
//
// People who are not in the sheet become inactive and their posts end today; what
// they wrote stays on the post. People who never came from a roster, and roles
// given by hand, are left alone. A post that the same person holds under the same
// name in another section is the same post, moved; a section whose posts all
// moved to one new name is the same section, renamed.
//
// An open campaign does not follow by itself: see AddChecks.
func (r *Register) ApplyRoster(ctx context.Context, rows []risk.RosterRow) (risk.ImportPlan, error) {
	return applySheet(ctx, r, "roster", rows, r.diffRoster)
}

// The roster in memory: what is stored, and what the sheet wants. A new thing has
// ID 0 until it is written.
type (
	sectionState struct {
		id                      int64
		name, was               string // was: the stored name, when renamed
		pos                     int
		voided, wanted, altered bool
	}
	postState struct {
		id                               int64
		section, from                    *sectionState // from: where it was, when moved
		name                             string
		facts                            postFacts
		voided, wanted, altered, refacts bool
	}
	personState struct {
		id                                   int64
		userid                               bot.UserID
		name, was                            string
		active, fromRoster, wanted, returned bool
		ended                                []*postState // posts given up by this import
		reroled                              bool
	}
	// postFacts is what the sheet says of a post beside its name and place.
	postFacts struct {
		stratum risk.Stratum
		tags    string // joined, to compare
		offline bool
		pos     int
	}
	postKey struct {
		section *sectionState
		name    string
	}
	seat struct {
		person *personState
		post   *postState
	}
	grant struct {
		person  *personState
		role    bot.Role
		section *sectionState // nil: the unit
	}
)

// rosterDiff compares a sheet with the roster.
type rosterDiff struct {
	sheet
	rows []risk.RosterRow

	unit     risk.Unit
	renamed  string // the unit's new name
	sections map[string]*sectionState
	posts    map[postKey]*postState
	people   map[string]*personState
	seats    map[seat]bool // true: wanted
	grants   map[grant]bool
	newSeats []seat
	newRoles []grant
	order    struct {
		sections []*sectionState
		posts    []*postState
		people   []*personState
	}
}

func (r *Register) diffRoster(ctx context.Context, rows []risk.RosterRow) (*rosterDiff, error) {
	d := &rosterDiff{
		sheet: sheet{r: r}, rows: rows, sections: map[string]*sectionState{}, posts: map[postKey]*postState{},
		people: map[string]*personState{}, seats: map[seat]bool{}, grants: map[grant]bool{},
	}
	d.check()
	if d.plan.Blocked() {
		return d, nil
	}
	if err := d.load(ctx); err != nil {
		return nil, err
	}
	d.matchSections()
	d.matchPosts()
	d.matchPeople()
	d.report()
	return d, nil
}

// check looks for rows that contradict themselves or each other.
func (d *rosterDiff) check() {
	if len(d.rows) == 0 {
		d.issue(0, "", text.ImportNoRows)
	}
	known := map[string]bool{}
	for _, row := range d.rows {
		known[row.Section] = true
	}
	unit := ""
	person, seat, post := map[string]risk.RosterRow{}, map[string]int{}, map[string]risk.RosterRow{}
	for _, row := range d.rows {
		need := func(value, column string) {
			if value == "" {
				d.issue(row.Row, column, text.ImportNeed)
			}
		}
		need(row.Unit, text.ImportColUnit)
		need(row.Section, text.ImportColSection)
		need(row.Name, text.ImportColName)
		need(string(row.UserID), text.ImportColUserID)
		if unit == "" {
			unit = row.Unit
		} else if row.Unit != "" && row.Unit != unit {
			d.issue(row.Row, text.ImportColUnit, fmt.Sprintf(text.ImportTwoUnits, row.Unit, unit))
		}
		if p, ok := person[row.UserID.Key()]; ok && p.Name != row.Name {
			d.issue(row.Row, text.ImportColUserID, fmt.Sprintf(text.ImportTwoNames, row.UserID, p.Row, p.Name, row.Name))
		} else if !ok {
			person[row.UserID.Key()] = row
		}
		at := row.Section + "\x00" + row.Post
		if first, ok := seat[row.UserID.Key()+"\x00"+at]; ok {
			d.issue(row.Row, "", fmt.Sprintf(text.ImportSameSeat, first))
		} else {
			seat[row.UserID.Key()+"\x00"+at] = row.Row
		}
		for _, s := range row.LeaderOf {
			if !known[s] {
				d.issue(row.Row, text.ImportColLeaderOf, fmt.Sprintf(text.ImportUnknownSection, s))
			}
		}
		if row.Post == "" {
			continue
		}
		if !slices.Contains([]risk.Stratum{risk.StratumLeader, risk.StratumMiddle, risk.StratumKey, risk.StratumGeneral}, row.Stratum) {
			d.issue(row.Row, text.ImportColStratum, text.ImportBadStratum)
		} else if p, ok := post[at]; ok && p.Stratum != row.Stratum {
			d.issue(row.Row, text.ImportColStratum, fmt.Sprintf(text.ImportTwoStrata, row.Post, p.Row))
		} else if !ok {
			post[at] = row
		}
	}
}

// matchSections finds or makes every section of the sheet, in its order.
func (d *rosterDiff) matchSections() {
	if d.unit.Name != d.rows[0].Unit {
		d.renamed = d.rows[0].Unit
		if d.unit.ID != 0 {
			d.plan.Lines = append(d.plan.Lines, risk.ImportLine{
				Change: risk.ChangeMoved, Subject: d.renamed, Detail: fmt.Sprintf(text.ImportUnitRename, d.unit.Name, d.renamed),
			})
		}
	}
	d.renameSections()
	for _, row := range d.rows {
		s := d.sections[row.Section]
		if s == nil {
			s = &sectionState{name: row.Section}
			d.sections[row.Section] = s
		}
		if s.wanted {
			continue
		}
		s.wanted = true
		d.order.sections = append(d.order.sections, s)
		pos := len(d.order.sections)
		s.altered = s.altered || s.voided || s.pos != pos
		s.pos = pos
	}
}

// renameSections finds sections that only changed their name: the old one is no
// longer in the sheet, and its posts with their people stand under one new name
// that took no other section's.
func (d *rosterDiff) renameSections() {
	inSheet := map[string]bool{}
	for _, row := range d.rows {
		inSheet[row.Section] = true
	}
	to, from := map[*sectionState]map[string]bool{}, map[string]map[*sectionState]bool{}
	current := d.heldNow()
	for _, row := range d.rows {
		if d.sections[row.Section] != nil || row.Post == "" {
			continue
		}
		for _, p := range current[row.UserID.Key()+"\x00"+row.Post] {
			if inSheet[p.section.name] {
				continue
			}
			add(to, p.section, row.Section)
			add(from, row.Section, p.section)
		}
	}
	for _, s := range sorted(to) {
		for name := range to[s] {
			if len(to[s]) == 1 && len(from[name]) == 1 {
				delete(d.sections, s.name)
				s.was, s.name, s.altered = s.name, name, true
				d.sections[name] = s
				d.plan.Lines = append(d.plan.Lines, risk.ImportLine{
					Change: risk.ChangeMoved, Subject: name, Detail: fmt.Sprintf(text.ImportRename, s.was, name),
				})
			}
		}
	}
}

func add[K, V comparable](m map[K]map[V]bool, k K, v V) {
	if m[k] == nil {
		m[k] = map[V]bool{}
	}
	m[k][v] = true
}

// A stored thing has an ID; things are reported in its order.
func (s *sectionState) ref() int64 { return s.id }
func (p *postState) ref() int64    { return p.id }
func (p *personState) ref() int64  { return p.id }

func byID[T interface{ ref() int64 }](a, b T) int { return cmp.Compare(a.ref(), b.ref()) }

// sorted are the keys of a map, by ID.
func sorted[T interface {
	comparable
	ref() int64
}, V any](m map[T]V,
) []T {
	return slices.SortedFunc(maps.Keys(m), byID[T])
}

// chosen are the values of a map that fit, by ID.
func chosen[K comparable, T interface{ ref() int64 }](m map[K]T, fits func(T) bool) []T {
	var out []T
	for _, v := range m {
		if fits(v) {
			out = append(out, v)
		}
	}
	slices.SortFunc(out, byID[T])
	return out
}

func ids[T interface{ ref() int64 }](list []T) []int64 {
	out := make([]int64, len(list))
	for i, v := range list {
		out[i] = v.ref()
	}
	return out
}

// heldNow lists the posts held now by userid and post name.
func (d *rosterDiff) heldNow() map[string][]*postState {
	held := map[string][]*postState{}
	for s := range d.seats {
		k := s.person.userid.Key() + "\x00" + s.post.name
		held[k] = append(held[k], s.post)
	}
	for _, posts := range held {
		slices.SortFunc(posts, byID)
	}
	return held
}

// matchPosts finds, moves or makes every post of the sheet.
func (d *rosterDiff) matchPosts() {
	inSheet := map[postKey]bool{}
	for _, row := range d.rows {
		inSheet[postKey{d.sections[row.Section], row.Post}] = true
	}
	held := d.heldNow()
	for _, row := range d.rows {
		k := postKey{d.sections[row.Section], row.Post}
		if row.Post == "" || d.posts[k] != nil {
			continue
		}
		for _, p := range held[row.UserID.Key()+"\x00"+row.Post] {
			if inSheet[postKey{p.section, p.name}] || p.from != nil {
				continue
			}
			delete(d.posts, postKey{p.section, p.name})
			p.from, p.section, p.altered = p.section, k.section, true
			d.posts[k] = p
			break
		}
	}
	for _, row := range d.rows {
		k := postKey{d.sections[row.Section], row.Post}
		if row.Post == "" {
			continue
		}
		p := d.posts[k]
		if p == nil {
			p = &postState{section: k.section, name: row.Post}
			d.posts[k] = p
		}
		if p.wanted {
			continue
		}
		p.wanted = true
		d.order.posts = append(d.order.posts, p)
		facts := factsOf(row, len(d.order.posts))
		was := p.facts
		was.pos = facts.pos
		p.refacts = p.id != 0 && was != facts
		p.altered = p.altered || p.voided || p.facts != facts
		p.facts = facts
	}
}

// matchPeople finds or makes every person, and compares posts and roles.
func (d *rosterDiff) matchPeople() {
	leaders := map[string]bool{}
	for _, row := range d.rows {
		if slices.Contains(row.Roles, bot.RoleLeaderInCharge) {
			leaders[row.UserID.Key()] = true
		}
	}
	for _, row := range d.rows {
		p := d.people[row.UserID.Key()]
		if p == nil {
			p = &personState{userid: row.UserID, name: row.Name}
			d.people[row.UserID.Key()] = p
		}
		if !p.wanted {
			p.wanted = true
			d.order.people = append(d.order.people, p)
			p.returned = p.id != 0 && !p.active
			if p.name != row.Name {
				p.was, p.name = p.name, row.Name
			}
		}
		if row.Post != "" {
			s := seat{p, d.posts[postKey{d.sections[row.Section], row.Post}]}
			if _, now := d.seats[s]; !now {
				d.newSeats = append(d.newSeats, s)
			}
			d.seats[s] = true
		}
		for _, g := range d.rolesOf(row, p, leaders[row.UserID.Key()]) {
			if _, now := d.grants[g]; !now {
				d.newRoles = append(d.newRoles, g)
				p.reroled = true
			}
			d.grants[g] = true
		}
	}
	for s, wanted := range d.seats {
		if !wanted {
			s.person.ended = append(s.person.ended, s.post)
		}
	}
	for _, p := range d.people {
		slices.SortFunc(p.ended, byID)
	}
	for g, wanted := range d.grants {
		if !wanted {
			g.person.reroled = true
		}
	}
}

// rolesOf are the grants of a row: 科室负责人 for the row's section, 分管领导 for the
// sections in charge (for the whole unit when the person's rows name none), the
// others for the unit. Holding a post is not a grant: the assignment says it.
func (d *rosterDiff) rolesOf(row risk.RosterRow, p *personState, leader bool) []grant {
	var out []grant
	for _, role := range row.Roles {
		switch role {
		case bot.RolePostHolder:
		case bot.RoleSectionHead:
			out = append(out, grant{p, role, d.sections[row.Section]})
		case bot.RoleLeaderInCharge:
			if !slices.ContainsFunc(d.rows, func(o risk.RosterRow) bool { return o.UserID.Key() == row.UserID.Key() && len(o.LeaderOf) > 0 }) {
				out = append(out, grant{p, role, nil})
			}
		default:
			out = append(out, grant{p, role, nil})
		}
	}
	if leader {
		for _, s := range row.LeaderOf {
			out = append(out, grant{p, bot.RoleLeaderInCharge, d.sections[s]})
		}
	}
	return out
}
