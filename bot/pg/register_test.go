package pg_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"qingfeng/bot"
	"qingfeng/bot/pg"
	"qingfeng/bot/pg/pgtest"
	"qingfeng/bot/risk"
)

// clock is a clock that tests move.
type clock struct{ now time.Time }

func (c *clock) read() time.Time { return c.now }

// morning is nine o'clock in Shanghai on a day of October 2026.
func morning(day int) time.Time { return time.Date(2026, 10, day, 1, 0, 0, 0, time.UTC) }

func date(month time.Month, day int) time.Time {
	return time.Date(2026, month, day, 0, 0, 0, 0, bot.Zone())
}

func newRegister(t *testing.T) (*pg.Register, *clock) {
	t.Helper()
	c := &clock{morning(8)}
	return pg.NewRegister(pgtest.New(t), c.read), c
}

// officeRoster is a unit of three sections, nine people and eight posts.
func officeRoster() []risk.RosterRow {
	row := func(n int, section, post string, stratum risk.Stratum, name, id string, roles ...bot.Role) risk.RosterRow {
		return risk.RosterRow{Unit: "栖云县交通运输局", Section: section, Post: post, Stratum: stratum, Name: name, UserID: bot.UserID(id), Roles: roles, Row: n}
	}
	rows := []risk.RosterRow{
		row(2, "局领导班子", "局长", risk.StratumLeader, "周正", "ZhouZheng", bot.RolePrincipal, bot.RoleGroupChair),
		row(3, "局领导班子", "副局长", risk.StratumLeader, "林分管", "lin", bot.RoleLeaderInCharge, bot.RoleOfficeDirector),
		row(4, "办公室", "主任", risk.StratumMiddle, "吴主任", "wu", bot.RoleSectionHead, bot.RoleOfficeMember),
		row(5, "办公室", "印章与机要岗", risk.StratumKey, "郑印", "zheng", bot.RolePostHolder),
		row(6, "财务审计股", "股长", risk.StratumMiddle, "钱股长", "qian", bot.RoleSectionHead),
		row(7, "财务审计股", "工程款支付岗", risk.StratumKey, "孙支付", "sun", bot.RolePostHolder),
		row(8, "财务审计股", "会计核算岗", risk.StratumGeneral, "李核算", "li", bot.RolePostHolder),
		row(9, "财务审计股", "内部审计岗", risk.StratumGeneral, "李核算", "li", bot.RolePostHolder),
		row(10, "驻局纪检监察组", "", "", "何纪检", "he", bot.RoleDiscipline),
	}
	rows[1].LeaderOf = []string{"办公室", "财务审计股"}
	rows[3].Tags = []risk.PowerTag{risk.TagGoods, risk.TagSecret}
	rows[5].Tags = []risk.PowerTag{risk.TagMoney, risk.TagPermit}
	return rows
}

func imported(t *testing.T) (*pg.Register, *clock) {
	t.Helper()
	r, c := newRegister(t)
	must(t, r.ApplyRoster)(t.Context(), officeRoster())
	return r, c
}

// must makes a call that has to succeed.
func must[A, V any](t *testing.T, f func(context.Context, A) (V, error)) func(context.Context, A) V {
	return func(ctx context.Context, a A) V {
		t.Helper()
		v, err := f(ctx, a)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func person(t *testing.T, r *pg.Register, id bot.UserID) risk.Person {
	t.Helper()
	p, found, err := r.PersonByUserID(t.Context(), id)
	ok(t, err)
	if !found {
		t.Fatalf("no person %s", id)
	}
	return p
}

// post finds a person's post by its name.
func post(t *testing.T, r *pg.Register, section, name string) risk.Post {
	t.Helper()
	for _, h := range must(t, r.Holders)(t.Context(), 0) {
		if h.Post.Section == section && h.Post.Name == name {
			return h.Post
		}
	}
	t.Fatalf("nobody holds %s %s", section, name)
	return risk.Post{}
}

func section(t *testing.T, r *pg.Register, name string) risk.Section {
	t.Helper()
	for _, s := range must0(t, r.Sections)(t.Context()) {
		if s.Name == name {
			return s
		}
	}
	t.Fatalf("no section %s", name)
	return risk.Section{}
}

func must0[V any](t *testing.T, f func(context.Context) (V, error)) func(context.Context) V {
	return func(ctx context.Context) V {
		t.Helper()
		v, err := f(ctx)
		ok(t, err)
		return v
	}
}

func names(people []risk.Person) string {
	var out []string
	for _, p := range people {
		out = append(out, p.Name)
	}
	return strings.Join(out, " ")
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}

func TestRosterAnswersWhoWorksWhere(t *testing.T) {
	r, _ := imported(t)
	ctx := t.Context()

	unit := must0(t, r.Unit)(ctx)
	same(t, "unit", unit.Name, "栖云县交通运输局")
	var sections []string
	for _, s := range must0(t, r.Sections)(ctx) {
		sections = append(sections, fmt.Sprint(s.Name, " ", s.Leadership, " ", s.Office))
	}
	same(t, "sections: name, leadership, office", sections,
		[]string{"局领导班子 true false", "办公室 false true", "财务审计股 false false", "驻局纪检监察组 false false"})

	finance := section(t, r, "财务审计股")
	same(t, "one section", must(t, r.Section)(ctx, finance.ID), finance)
	var held []string
	for _, h := range must(t, r.Holders)(ctx, finance.ID) {
		held = append(held, h.Person.Name+" "+h.Post.Name)
	}
	same(t, "holders", held, []string{"钱股长 股长", "孙支付 工程款支付岗", "李核算 会计核算岗", "李核算 内部审计岗"})

	pay := post(t, r, "财务审计股", "工程款支付岗")
	same(t, "post", must(t, r.Post)(ctx, pay.ID), risk.Post{
		ID: pay.ID, SectionID: finance.ID, Section: "财务审计股", Name: "工程款支付岗", Stratum: risk.StratumKey,
		Tags: []risk.PowerTag{risk.TagMoney, risk.TagPermit},
	})
	seal := post(t, r, "办公室", "印章与机要岗")
	same(t, "a secret post is filled in offline", fmt.Sprint(seal.Offline, seal.Tags), "true [物]")

	zhou := person(t, r, "zhouZHENG")
	same(t, "person", zhou, risk.Person{ID: zhou.ID, UserID: "ZhouZheng", Name: "周正", Active: true})
	same(t, "person by id", must(t, r.Person)(ctx, zhou.ID), zhou)
	_, found, err := r.PersonByUserID(ctx, "nobody")
	same(t, "unknown person", fmt.Sprint(found, err), "false <nil>")
	for _, err := range []error{errorOf(r.Person(ctx, 999)), errorOf(r.Post(ctx, 999)), errorOf(r.Section(ctx, 999))} {
		if !errors.Is(err, risk.ErrNone) {
			t.Errorf("unknown id: %v", err)
		}
	}
}

func errorOf[V any](_ V, err error) error { return err }

func TestWhoKnowsRolesHighestFirst(t *testing.T) {
	r, _ := imported(t)
	for id, want := range map[bot.UserID][]bot.Role{
		"ZHOUZHENG": {bot.RolePrincipal, bot.RoleGroupChair, bot.RolePostHolder},
		"lin":       {bot.RoleOfficeDirector, bot.RoleLeaderInCharge, bot.RolePostHolder},
		"sun":       {bot.RolePostHolder},
		"he":        {bot.RoleDiscipline},
	} {
		a := must(t, r.Who)(t.Context(), id)
		same(t, string(id), a.Roles, want)
		if a.Person == 0 || a.Name == "" {
			t.Errorf("%s: %+v", id, a)
		}
	}
	same(t, "stranger", must(t, r.Who)(t.Context(), "Stranger"), bot.Actor{UserID: "Stranger"})
}

func TestRoleHoldersNarrowerFirst(t *testing.T) {
	r, _ := imported(t)
	ctx := t.Context()
	finance, office := section(t, r, "财务审计股"), section(t, r, "办公室")
	holders := func(role bot.Role, section int64) string {
		people, err := r.RoleHolders(ctx, role, section)
		ok(t, err)
		return names(people)
	}
	ok(t, r.Grant(ctx, "zhouzheng", bot.RoleLeaderInCharge, "", 0)) // for the whole unit, granted later

	same(t, "section's own head", holders(bot.RoleSectionHead, finance.ID), "钱股长")
	same(t, "no unit-wide head", holders(bot.RoleSectionHead, 0), "")
	same(t, "narrower first", holders(bot.RoleLeaderInCharge, finance.ID), "林分管 周正")
	same(t, "unit-wide only", holders(bot.RoleLeaderInCharge, 0), "周正")
	same(t, "unit-wide for a section", holders(bot.RoleDiscipline, office.ID), "何纪检")

	ok(t, r.Grant(ctx, "qian", bot.RoleLeaderInCharge, "财务审计股", 0))
	same(t, "both of the section before the unit's", holders(bot.RoleLeaderInCharge, finance.ID), "林分管 钱股长 周正")

	var in []string
	sections, err := r.SectionsOf(ctx, person(t, r, "lin").ID, bot.RoleLeaderInCharge)
	ok(t, err)
	for _, s := range sections {
		in = append(in, s.Name)
	}
	same(t, "sections in charge", in, []string{"办公室", "财务审计股"})
}

func TestDelegationHoldsOnItsDaysOnly(t *testing.T) {
	r, _ := imported(t)
	ctx := t.Context()
	head, sun, li := person(t, r, "qian"), person(t, r, "sun"), person(t, r, "li")
	on := func(day time.Time) string {
		p, found, err := r.Delegate(ctx, head.ID, day)
		ok(t, err)
		if found != (p.ID != 0) {
			t.Errorf("found %v, person %d", found, p.ID)
		}
		return p.Name
	}
	ok(t, r.SetDelegate(ctx, risk.Delegation{Person: head.ID, To: sun.ID, From: date(10, 19), Until: date(10, 23)}))
	same(t, "the day before", on(date(10, 18)), "")
	same(t, "first day", on(date(10, 19)), "孙支付")
	same(t, "last evening, said in UTC", on(time.Date(2026, 10, 23, 15, 59, 59, 0, time.UTC)), "孙支付")
	same(t, "just after midnight in Shanghai", on(time.Date(2026, 10, 23, 16, 0, 1, 0, time.UTC)), "")
	same(t, "a date parsed as UTC is that date", on(time.Date(2026, 10, 23, 0, 0, 0, 0, time.UTC)), "孙支付")

	ok(t, r.SetDelegate(ctx, risk.Delegation{Person: head.ID, To: li.ID, From: date(10, 21), Until: date(10, 21)}))
	same(t, "the last one set stands", on(date(10, 21)), "李核算")
	same(t, "elsewhere the first one", on(date(10, 22)), "孙支付")
	ok(t, r.SetDelegate(ctx, risk.Delegation{Person: head.ID, From: date(10, 20), Until: date(10, 30)}))
	same(t, "taken back", on(date(10, 21)), "")
	if err := r.SetDelegate(ctx, risk.Delegation{Person: head.ID, To: head.ID, From: date(10, 1), Until: date(10, 2)}); err == nil {
		t.Error("somebody may not be their own delegate")
	}
}

func TestReconcileTakesLeaversOutAndListsTheirReviews(t *testing.T) {
	r, c := imported(t)
	ctx := t.Context()
	check := openedCheck(t, r, "sun")
	qian := person(t, r, "qian")
	review := risk.Review{CheckID: check.ID, Version: 1, Step: "section", Assignee: qian}
	ok(t, r.OpenReview(ctx, &review))
	visible := []bot.UserID{"zhouzheng", "LIN", "wu", "zheng", "sun", "li", "he"}
	c.now = morning(9)

	left, open, err := r.Reconcile(ctx, visible)
	ok(t, err)
	same(t, "left", names(left), "钱股长")
	if len(open) != 1 || open[0].ID != review.ID || open[0].Assignee.Active {
		t.Errorf("open reviews: %+v", open)
	}
	same(t, "a stranger now", must(t, r.Who)(ctx, "qian").Person, int64(0))
	heads, err := r.RoleHolders(ctx, bot.RoleSectionHead, section(t, r, "财务审计股").ID)
	ok(t, err)
	same(t, "roles end", names(heads), "")

	left, open, err = r.Reconcile(ctx, visible)
	same(t, "again: nobody leaves, the review still waits", fmt.Sprint(len(left), len(open), err), "0 1 <nil>")
	if _, _, err = r.Reconcile(ctx, nil); err == nil {
		t.Error("an empty directory must not empty the unit")
	}
}

func TestGrantAndRevoke(t *testing.T) {
	r, _ := newRegister(t)
	ctx := t.Context()
	refused := func(what string, err error) {
		t.Helper()
		if bot.Says(err) == "" {
			t.Errorf("%s: %v", what, err)
		}
	}
	refused("only a coordinator may be unknown", r.Grant(ctx, "admin", bot.RoleITAdmin, "", 0))
	ok(t, r.Grant(ctx, "Admin", bot.RoleOfficeMember, "", 0))
	admin := must(t, r.Who)(ctx, "admin")
	same(t, "the first coordinator", admin, bot.Actor{Person: admin.Person, UserID: "Admin", Name: "Admin", Roles: []bot.Role{bot.RoleOfficeMember}})
	refused("the second one must be known", r.Grant(ctx, "other", bot.RoleOfficeMember, "", 0))
	refused("no such role", r.Grant(ctx, "admin", "emperor", "", 0))
	refused("no such section", r.Grant(ctx, "admin", bot.RoleSectionHead, "没有这个科", 0))
	refused("the last of the office stays", r.Revoke(ctx, "admin", bot.RoleOfficeMember, "", 0))
	refused("nothing to take back", r.Revoke(ctx, "admin", bot.RoleAuditor, "", 0))

	must(t, r.ApplyRoster)(ctx, officeRoster())
	same(t, "who was never in a roster does not leave with one", must(t, r.Who)(ctx, "admin").Person, admin.Person)
	ok(t, r.Grant(ctx, "li", bot.RoleITAdmin, "", admin.Person))
	ok(t, r.Grant(ctx, "li", bot.RoleITAdmin, "", admin.Person))
	refused("IT and audit are two people", r.Grant(ctx, "li", bot.RoleAuditor, "", admin.Person))
	must(t, r.ApplyRoster)(ctx, officeRoster())
	if !must(t, r.Who)(ctx, "li").Has(bot.RoleITAdmin) {
		t.Error("a grant by hand outlives an import")
	}
	ok(t, r.Revoke(ctx, "li", bot.RoleITAdmin, "", admin.Person))
	if must(t, r.Who)(ctx, "li").Has(bot.RoleITAdmin) {
		t.Error("revoked, and still there")
	}
	ok(t, r.Revoke(ctx, "admin", bot.RoleOfficeMember, "", 0))
	refused("a role of the roster", r.Revoke(ctx, "wu", bot.RoleOfficeMember, "", 0))

	want := []string{"role.grant refused 0", "role.grant ok", "role.grant ok " + fmt.Sprint(admin.Person), "role.grant refused " + fmt.Sprint(admin.Person)}
	events := auditLines(t, r)
	for _, w := range want {
		if !slices.ContainsFunc(events, func(e string) bool { return strings.HasPrefix(e, w) }) {
			t.Errorf("no audit event %q in %q", w, events)
		}
	}
	if n := len(slices.DeleteFunc(slices.Clone(events), func(e string) bool { return !strings.Contains(e, "it_admin") })); n != 2 {
		t.Errorf("granting twice changes nothing and leaves one event; it_admin has %d events, want grant and revoke", n)
	}
	ok(t, r.VerifyAudit(ctx))
}

// auditLines are "action result actor note", in the order of the chain.
func auditLines(t *testing.T, r *pg.Register) (lines []string) {
	t.Helper()
	ok(t, r.LinkAudit(t.Context()))
	rows, err := r.DB.Q(t.Context()).Query(t.Context(),
		`SELECT e.action || ' ' || e.result || ' ' || e.actor || ' ' || e.note FROM audit_event e JOIN audit_link l ON l.event_id = e.id ORDER BY l.seq`)
	ok(t, err)
	defer rows.Close()
	for rows.Next() {
		var s string
		ok(t, rows.Scan(&s))
		lines = append(lines, s)
	}
	return lines
}
