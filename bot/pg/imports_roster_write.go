package pg

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"qingfeng/bot"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

// load reads the stored roster as of today.
func (d *rosterDiff) load(ctx context.Context) error {
	var err error
	if d.unit, err = d.r.Unit(ctx); err != nil && !errors.Is(err, risk.ErrNone) {
		return err
	}
	sections, posts, people := map[int64]*sectionState{}, map[int64]*postState{}, map[int64]*personState{}
	today := d.r.today()

	var s sectionState
	err = d.each(ctx, []any{&s.id, &s.name, &s.pos, &s.voided}, func() {
		copied := s
		sections[s.id], d.sections[s.name] = &copied, &copied
	}, `SELECT id, name, pos, voided_at IS NOT NULL FROM section`)
	if err != nil {
		return err
	}
	var p postState
	var section int64
	var tags []string
	err = d.each(ctx, []any{&p.id, &section, &p.name, &p.facts.stratum, &tags, &p.facts.offline, &p.facts.pos, &p.voided}, func() {
		copied := p
		copied.section, copied.facts.tags = sections[section], strings.Join(tags, "\x00")
		posts[p.id], d.posts[postKey{copied.section, p.name}] = &copied, &copied
	}, `SELECT id, section_id, name, stratum, tags, offline, pos, voided_at IS NOT NULL FROM post`)
	if err != nil {
		return err
	}
	var who personState
	err = d.each(ctx, []any{&who.id, &who.userid, &who.name, &who.active, &who.fromRoster}, func() {
		copied := who
		people[who.id], d.people[who.userid.Key()] = &copied, &copied
	}, `SELECT id, userid, name, active, from_roster FROM person`)
	if err != nil {
		return err
	}
	var person, post int64
	err = d.each(ctx, []any{&person, &post}, func() { d.seats[seat{people[person], posts[post]}] = false },
		`SELECT person_id, post_id FROM assignment x WHERE `+inForce, today)
	if err != nil {
		return err
	}
	var role bot.Role
	return d.each(ctx, []any{&person, &role, &section}, func() { d.grants[grant{people[person], role, sections[section]}] = false },
		`SELECT person_id, role, coalesce(section_id, 0) FROM role_grant x WHERE x.source = 'roster' AND `+inForce, today)
}

// each scans every row of a query into the same variables.
func (d *rosterDiff) each(ctx context.Context, into []any, row func(), sql string, args ...any) error {
	rows, err := d.r.DB.q(ctx).Query(ctx, sql, args...)
	if err != nil {
		return err
	}
	_, err = pgx.ForEachRow(rows, into, func() error {
		row()
		return nil
	})
	return err
}

// factsOf reads what the row says of its post. 涉密 is no power tag: it makes the post 线下填报.
func factsOf(row risk.RosterRow, pos int) postFacts {
	f := postFacts{stratum: row.Stratum, pos: pos}
	var tags []string
	for _, t := range row.Tags {
		if t == risk.TagSecret {
			f.offline = true
		} else {
			tags = append(tags, string(t))
		}
	}
	f.tags = strings.Join(tags, "\x00")
	return f
}

func (f postFacts) list() []string {
	if f.tags == "" {
		return []string{}
	}
	return strings.Split(f.tags, "\x00")
}

// place is where a post is, in words.
func place(section, post string) string { return fmt.Sprintf(text.ImportPlace, section, post) }

// report writes the plan's lines: the sheet's rows, then what is not in it.
func (d *rosterDiff) report() {
	fresh := map[seat]bool{}
	for _, s := range d.newSeats {
		fresh[s] = true
	}
	for _, row := range d.rows {
		p := d.people[row.UserID.Key()]
		line := risk.ImportLine{Row: row.Row, Change: risk.ChangeKept, Subject: row.Name}
		var detail []string
		say := func(c risk.Change, s string) {
			if line.Change == risk.ChangeKept || c == risk.ChangeMoved {
				line.Change = c
			}
			if s != "" {
				detail = append(detail, s)
			}
		}
		if p.was != "" {
			say(risk.ChangeAltered, fmt.Sprintf(text.ImportPersonName, p.was, p.name))
		}
		if p.returned {
			say(risk.ChangeAltered, text.ImportIsBack)
		}
		if p.reroled {
			say(risk.ChangeAltered, text.ImportRoles)
		}
		if row.Post != "" {
			d.reportPost(row, p, fresh, say)
		}
		if p.id == 0 {
			line.Change = risk.ChangeAdded
		}
		line.Detail = strings.Join(detail, text.ImportJoin)
		d.plan.Lines = append(d.plan.Lines, line)
	}
	gone := func(subject, detail string) {
		d.plan.Lines = append(d.plan.Lines, risk.ImportLine{Change: risk.ChangeGone, Subject: subject, Detail: detail})
	}
	for _, p := range d.leavers() {
		gone(p.name, text.ImportHasLeft)
	}
	for _, p := range d.gonePosts() {
		gone(place(p.section.name, p.name), text.ImportPostGone)
	}
	for _, s := range d.goneSections() {
		gone(s.name, text.ImportSecGone)
	}
}

func (d *rosterDiff) reportPost(row risk.RosterRow, p *personState, fresh map[seat]bool, say func(risk.Change, string)) {
	post := d.posts[postKey{d.sections[row.Section], row.Post}]
	here := place(row.Section, row.Post)
	if post.from != nil {
		say(risk.ChangeMoved, fmt.Sprintf(text.ImportPostMoved, place(post.from.name, post.name), here))
	}
	switch {
	case !fresh[seat{p, post}]:
	case len(p.ended) > 0:
		say(risk.ChangeMoved, fmt.Sprintf(text.ImportMovedTo, place(p.ended[0].section.name, p.ended[0].name), here))
	case p.id != 0:
		say(risk.ChangeAltered, fmt.Sprintf(text.ImportTakesUp, here))
	}
	if post.id == 0 {
		say(risk.ChangeAltered, fmt.Sprintf(text.ImportNewPost, here))
	} else if post.refacts {
		say(risk.ChangeAltered, text.ImportPostFacts)
	}
}

// leavers are the active people who came from a roster and are not in this one.
func (d *rosterDiff) leavers() []*personState {
	return chosen(d.people, func(p *personState) bool { return p.active && p.fromRoster && !p.wanted })
}

func (d *rosterDiff) gonePosts() []*postState {
	return chosen(d.posts, func(p *postState) bool { return !p.wanted && !p.voided })
}

func (d *rosterDiff) goneSections() []*sectionState {
	return chosen(d.sections, func(s *sectionState) bool { return !s.wanted && !s.voided })
}

// record shapes for jsonb_to_recordset.
type (
	object map[string]any
	named  struct {
		id    int64
		under int64
		name  string
	}
)

func scanNamed(n *named) []any { return []any{&n.id, &n.under, &n.name} }

// apply writes the difference with one statement per kind of change.
func (d *rosterDiff) apply(ctx context.Context) error {
	for _, step := range []func(context.Context) error{
		d.applyUnit, d.applySections, d.applyPosts, d.applyPeople, d.applySeats, d.applyRoles,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (d *rosterDiff) exec(ctx context.Context, sql string, args ...any) error {
	_, err := d.r.DB.q(ctx).Exec(ctx, sql, args...)
	return err
}

func (d *rosterDiff) applyUnit(ctx context.Context) error {
	switch {
	case d.unit.ID == 0:
		return d.r.DB.q(ctx).QueryRow(ctx, `INSERT INTO unit (name) VALUES ($1) RETURNING id`, d.renamed).Scan(&d.unit.ID)
	case d.renamed != "":
		return d.exec(ctx, `UPDATE unit SET name = $2 WHERE id = $1`, d.unit.ID, d.renamed)
	}
	return nil
}

func (d *rosterDiff) applySections(ctx context.Context) error {
	var fresh, altered []object
	for _, s := range d.order.sections {
		o := object{"id": s.id, "name": s.name, "pos": s.pos}
		if s.id == 0 {
			fresh = append(fresh, o)
		} else if s.altered {
			altered = append(altered, o)
		}
	}
	if err := d.exec(ctx, `UPDATE section s SET name = n.name, pos = n.pos, voided_at = NULL
		FROM jsonb_to_recordset($1) n (id bigint, name text, pos int) WHERE s.id = n.id`, notNil(altered)); err != nil {
		return err
	}
	made, err := all(ctx, d.r, scanNamed, `INSERT INTO section (unit_id, name, pos)
		SELECT $1, name, pos FROM jsonb_to_recordset($2) n (name text, pos int) RETURNING id, unit_id, name`, d.unit.ID, notNil(fresh))
	if err != nil {
		return err
	}
	for _, n := range made {
		d.sections[n.name].id = n.id
	}
	return d.exec(ctx, `UPDATE section SET voided_at = $1 WHERE id = ANY ($2)`, d.r.Now(), ids(d.goneSections()))
}

func (d *rosterDiff) applyPosts(ctx context.Context) error {
	var fresh, altered []object
	at := map[[2]any]*postState{}
	for _, p := range d.order.posts {
		o := object{
			"id": p.id, "section_id": p.section.id, "name": p.name, "stratum": p.facts.stratum,
			"tags": p.facts.list(), "offline": p.facts.offline, "pos": p.facts.pos,
		}
		if p.id == 0 {
			fresh = append(fresh, o)
			at[[2]any{p.section.id, p.name}] = p
		} else if p.altered {
			altered = append(altered, o)
		}
	}
	const shape = ` FROM jsonb_to_recordset($1) n (id bigint, section_id bigint, name text, stratum text, tags text[], offline boolean, pos int)`
	if err := d.exec(ctx, `UPDATE post o SET section_id = n.section_id, stratum = n.stratum, tags = n.tags, offline = n.offline,
		pos = n.pos, voided_at = NULL`+shape+` WHERE o.id = n.id`, notNil(altered)); err != nil {
		return err
	}
	made, err := all(ctx, d.r, scanNamed, `INSERT INTO post (section_id, name, stratum, tags, offline, pos)
		SELECT section_id, name, stratum, tags, offline, pos`+shape+` RETURNING id, section_id, name`, notNil(fresh))
	if err != nil {
		return err
	}
	for _, n := range made {
		at[[2]any{n.under, n.name}].id = n.id
	}
	return d.exec(ctx, `UPDATE post SET voided_at = $1 WHERE id = ANY ($2)`, d.r.Now(), ids(d.gonePosts()))
}

func (d *rosterDiff) applyPeople(ctx context.Context) error {
	var list []object
	for _, p := range d.order.people {
		if p.id == 0 || p.was != "" || !p.active || !p.fromRoster {
			list = append(list, object{"key": p.userid.Key(), "userid": p.userid, "name": p.name})
		}
	}
	made, err := all(ctx, d.r, scanNamed, `INSERT INTO person (user_key, userid, name, active, from_roster)
		SELECT key, userid, name, true, true FROM jsonb_to_recordset($1) n (key text, userid text, name text)
		ON CONFLICT (user_key) DO UPDATE SET name = excluded.name, active = true, from_roster = true
		RETURNING id, 0, user_key`, notNil(list))
	if err != nil {
		return err
	}
	for _, n := range made {
		d.people[n.name].id = n.id
	}
	leavers := d.leavers()
	for _, p := range leavers {
		if err := d.r.Record(ctx, risk.Event{Action: "person.leave", Object: "person", ID: p.id, Result: "ok", Note: "roster"}); err != nil {
			return err
		}
	}
	return d.exec(ctx, `UPDATE person SET active = false WHERE id = ANY ($1)`, ids(leavers))
}

func (d *rosterDiff) applySeats(ctx context.Context) error {
	var ended, fresh []object
	for s, wanted := range d.seats {
		if !wanted {
			ended = append(ended, object{"person": s.person.id, "post": s.post.id})
		}
	}
	for _, s := range d.newSeats {
		fresh = append(fresh, object{"person": s.person.id, "post": s.post.id})
	}
	const shape = ` FROM jsonb_to_recordset($1) n (person bigint, post bigint)`
	if err := d.exec(ctx, `UPDATE assignment x SET ended_on = greatest($2, x.from_on)`+shape+`
		WHERE x.person_id = n.person AND x.post_id = n.post AND x.ended_on IS NULL`, notNil(ended), d.r.today()); err != nil {
		return err
	}
	return d.exec(ctx, `INSERT INTO assignment (person_id, post_id, from_on) SELECT person, post, $2`+shape, notNil(fresh), d.r.today())
}

func (d *rosterDiff) applyRoles(ctx context.Context) error {
	var ended, fresh []object
	record := func(action string, g grant) (object, error) {
		var section int64
		o := object{"person": g.person.id, "role": g.role, "section": nil}
		if g.section != nil {
			section = g.section.id
			o["section"] = section
		}
		return o, d.r.Record(ctx, risk.Event{
			Action: action, Object: "person", ID: g.person.id, Result: "ok", Note: grantNote(g.role, section) + " roster",
		})
	}
	for g, wanted := range d.grants {
		if wanted {
			continue
		}
		o, err := record("role.revoke", g)
		if err != nil {
			return err
		}
		ended = append(ended, o)
	}
	for _, g := range d.newRoles {
		o, err := record("role.grant", g)
		if err != nil {
			return err
		}
		fresh = append(fresh, o)
	}
	const shape = ` FROM jsonb_to_recordset($1) n (person bigint, role text, section bigint)`
	if err := d.exec(ctx, `UPDATE role_grant x SET ended_on = greatest($2, x.from_on)`+shape+`
		WHERE x.person_id = n.person AND x.role = n.role AND x.section_id IS NOT DISTINCT FROM n.section
		  AND x.source = 'roster' AND x.ended_on IS NULL`, notNil(ended), d.r.today()); err != nil {
		return err
	}
	return d.exec(ctx, `INSERT INTO role_grant (person_id, role, section_id, from_on, source)
		SELECT person, role, section, $2, 'roster'`+shape, notNil(fresh), d.r.today())
}
