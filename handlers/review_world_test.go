package handlers

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/convo/convotest"
	"qingfeng/bot/pg"
	"qingfeng/bot/pg/pgtest"
	"qingfeng/bot/risk"
)

// bureau is a small fictional unit with a bot: three sections of three, two and one,
// the leaders, the office and the discipline office.
type bureau struct {
	*convotest.Chat
	t        *testing.T
	db       *pg.DB
	reg      *pg.Register
	desk     *Desk
	campaign risk.Campaign
	checks   map[bot.UserID]risk.SelfCheck
	phones   map[bot.UserID]*convotest.Person
	texts    []string // every risk sentence that was written
	tasks    map[string]func(context.Context, *convo.Turn) error
}

// monday is a working day at nine in the morning in Shanghai.
func monday() time.Time {
	return time.Date(2026, 10, 19, 9, 0, 0, 0, bot.Zone())
}

func newBureau(t *testing.T) *bureau {
	t.Helper()
	return newBureauUnder(t, "county")
}

func newBureauUnder(t *testing.T, pack string) *bureau {
	t.Helper()
	db := pgtest.New(t)
	clock := monday()
	var chat *convotest.Chat
	reg := pg.NewRegister(db, func() time.Time {
		if chat == nil {
			return clock
		}
		return chat.Clock.Now()
	})
	b := &bureau{
		t: t, db: db, reg: reg, desk: &Desk{Reg: reg, Pages: Pages{Base: "https://qf.example"}, Packs: risk.LoadPack},
		checks: map[bot.UserID]risk.SelfCheck{}, phones: map[bot.UserID]*convotest.Person{}, tasks: map[string]func(context.Context, *convo.Turn) error{},
	}
	b.importRoster()
	router, err := b.desk.Routes()
	if err != nil {
		t.Fatal(err)
	}
	// A page runs the desk's methods inside a turn of the person's lane.
	router.Notes["test.task"] = func(ctx context.Context, turn *convo.Turn) error {
		var id string
		if err := json.Unmarshal(turn.Message.Note.Data, &id); err != nil {
			return err
		}
		return b.tasks[id](ctx, turn)
	}
	chat = convotest.New(t, router, convotest.WithDB(db), convotest.WithDirectory(reg), convotest.WithStart(clock))
	b.Chat = chat
	campaign, checks, err := reg.OpenCampaign(t.Context(), risk.Campaign{Name: "2026年度排查", Year: 2026, Pack: pack, Due: monday().AddDate(0, 0, 4)}, 0)
	if err != nil {
		t.Fatal(err)
	}
	b.campaign = campaign
	for _, c := range checks {
		b.checks[c.Person.UserID] = c
	}
	t.Cleanup(b.noTextLeft)
	return b
}

// bureauRoster is who works there.
func bureauRoster() []risk.RosterRow {
	head := []bot.Role{bot.RoleSectionHead}
	rows := []risk.RosterRow{
		{Section: "局领导班子", Post: "局长", Stratum: risk.StratumLeader, Name: "周岚", UserID: "zhou", Roles: []bot.Role{bot.RolePrincipal, bot.RoleGroupChair}},
		{Section: "局领导班子", Post: "副局长", Stratum: risk.StratumLeader, Name: "赵明", UserID: "zhao", Roles: []bot.Role{bot.RoleLeaderInCharge}, LeaderOf: []string{"建设管理股", "财务审计股", "法规股"}},
		{Section: "局领导班子", Post: "党组成员", Stratum: risk.StratumLeader, Name: "钱立", UserID: "qian", Roles: []bot.Role{bot.RoleOfficeDirector, bot.RoleLeaderInCharge}, LeaderOf: []string{"办公室"}},
		{Section: "办公室", Post: "主任", Stratum: risk.StratumMiddle, Name: "孙文", UserID: "sun", Roles: []bot.Role{bot.RoleSectionHead, bot.RoleOfficeMember}},
		{Section: "建设管理股", Post: "股长", Stratum: risk.StratumMiddle, Name: "李衡", UserID: "li", Roles: head},
		{Section: "建设管理股", Post: "招标管理岗", Stratum: risk.StratumKey, Name: "王舟", UserID: "wang", Tags: []risk.PowerTag{risk.TagMoney}},
		{Section: "建设管理股", Post: "设计变更岗", Stratum: risk.StratumKey, Name: "吴静", UserID: "wu"},
		{Section: "财务审计股", Post: "股长", Stratum: risk.StratumMiddle, Name: "郑平", UserID: "zheng", Roles: head},
		{Section: "财务审计股", Post: "支付岗", Stratum: risk.StratumKey, Name: "冯雪", UserID: "feng"},
		{Section: "法规股", Post: "法规岗", Stratum: risk.StratumGeneral, Name: "陈楠", UserID: "chen"},
		{Section: "驻局纪检监察组", Name: "韩清", UserID: "han", Roles: []bot.Role{bot.RoleDiscipline}},
	}
	for i := range rows {
		rows[i].Unit, rows[i].Row = "栖云县交通运输局", i+2
	}
	return rows
}

func (b *bureau) importRoster() {
	b.t.Helper()
	rows := bureauRoster()
	if plan, err := b.reg.ApplyRoster(b.t.Context(), rows); err != nil || plan.Blocked() {
		b.t.Fatalf("roster: %v %+v", err, plan.Issues)
	}
	if plan, err := b.reg.ApplyCatalogue(b.t.Context(), []risk.CatalogueRow{
		{Section: "建设管理股", Item: "农村公路项目招标", Class: risk.KeyBusiness, Nodes: []risk.NodeName{{Name: "招标文件编制", Post: "招标管理岗"}, {Name: "评标组织", Post: "招标管理岗"}}, Row: 2},
		{Section: "建设管理股", Item: "设计变更审批", Class: risk.KeyBusiness, Nodes: []risk.NodeName{{Name: "变更理由审核", Post: "设计变更岗"}}, Row: 3},
		{Section: "财务审计股", Item: "工程款支付", Class: risk.Internal, Nodes: []risk.NodeName{{Name: "计量支付复核", Post: "支付岗"}}, Row: 4},
		{Section: "法规股", Item: "处罚审核", Class: risk.Administrative, Nodes: []risk.NodeName{{Name: "裁量认定", Post: "法规岗"}}, Row: 5},
	}); err != nil || plan.Blocked() {
		b.t.Fatalf("catalogue: %v %+v", err, plan.Issues)
	}
}

// phone is a person's phone; what was read stays read between calls.
func (b *bureau) phone(user bot.UserID) *convotest.Person {
	if b.phones[user] == nil {
		b.phones[user] = b.As(user)
	}
	return b.phones[user]
}

// page lets a person do something on a page: in a turn of their lane.
func (b *bureau) page(user bot.UserID, do func(context.Context, *convo.Turn) error) {
	b.t.Helper()
	id := fmt.Sprint(len(b.tasks))
	done := false
	b.tasks[id] = func(ctx context.Context, t *convo.Turn) error { done = true; return do(ctx, t) }
	data, err := json.Marshal(id)
	if err != nil {
		b.t.Fatal(err)
	}
	b.phone(user).Do(bot.Message{Kind: bot.KindNote, Note: &bot.Note{Name: "test.task", Data: data}})
	if !done {
		b.t.Fatalf("%s: the page did not run", user)
	}
}

// row is a risk point as a person would have it on the form.
type row struct {
	text  string
	node  string
	power int
	hint  bool
}

// submit hands a form in with these rows and lets the ten minutes pass.
func (b *bureau) submit(user bot.UserID, rows ...row) {
	b.t.Helper()
	b.page(user, func(ctx context.Context, t *convo.Turn) error {
		c, err := b.reg.Check(ctx, b.checks[user].ID)
		if err != nil {
			return err
		}
		nodes, err := b.reg.Nodes(ctx, c.Post.SectionID)
		if err != nil {
			return err
		}
		p, err := risk.LoadPack("county")
		if err != nil {
			return err
		}
		c.Begun = true
		for i, r := range rows {
			pt := risk.Point{
				No: i + 1, Layer: risk.LayerPost, Post: c.Post, Title: r.text, Manifestations: []string{r.text}, Category: risk.Duty,
				Measures: []risk.Measure{{Text: "两人核对后签字", Who: "股长", Frequency: "每次", Evidence: "签字单"}},
				Methods:  []risk.Method{risk.MethodSelf}, Factors: risk.Factors{Power: r.power}, State: risk.PointDraft,
			}
			pt.Node = risk.Node{Name: r.node} // not on the chart
			for _, n := range nodes {
				if n.Name == r.node {
					pt.Node = n
				}
			}
			pt.Suggested = risk.Suggest(p, pt.Factors)
			if r.hint {
				pt.Hints = []risk.Hint{{Rule: "L4", Say: "更像工作质量问题", Blocks: true}}
			}
			c.Points = append(c.Points, pt)
			b.texts = append(b.texts, r.text)
		}
		if len(rows) == 0 {
			c.ZeroReason = "只做收发登记，不经手钱物"
			b.texts = append(b.texts, c.ZeroReason)
		}
		if err := b.reg.Save(ctx, &c); err != nil {
			return err
		}
		_, err = b.desk.Submit(ctx, t, c.ID)
		return err
	})
	b.Advance(11 * time.Minute)
}

// resubmit hands a returned form in again after f changed it.
func (b *bureau) resubmit(user bot.UserID, f func(*risk.SelfCheck)) {
	b.t.Helper()
	b.page(user, func(ctx context.Context, t *convo.Turn) error {
		c, err := b.reg.Check(ctx, b.checks[user].ID)
		if err != nil {
			return err
		}
		f(&c)
		for _, p := range c.Points {
			b.texts = append(b.texts, p.Manifestations...)
		}
		if err := b.reg.Save(ctx, &c); err != nil {
			return err
		}
		_, err = b.desk.Submit(ctx, t, c.ID)
		return err
	})
	b.Advance(11 * time.Minute)
}

func (b *bureau) check(user bot.UserID) risk.SelfCheck {
	b.t.Helper()
	c, err := b.reg.Check(context.WithoutCancel(b.t.Context()), b.checks[user].ID)
	if err != nil {
		b.t.Fatal(err)
	}
	return c
}

func (b *bureau) state(user bot.UserID, want risk.CheckState) {
	b.t.Helper()
	if got := b.check(user).State; got != want {
		b.t.Fatalf("the form of %s is %s, want %s\n%s", user, got, want, b.Transcript())
	}
}

// open is the one open review of a person's form.
func (b *bureau) open(owner bot.UserID) risk.Review {
	b.t.Helper()
	open, err := b.reg.Reviews(b.t.Context(), risk.ReviewFilter{Check: b.checks[owner].ID, Open: true})
	if err != nil || len(open) != 1 {
		b.t.Fatalf("the form of %s has %d open reviews (%v)\n%s", owner, len(open), err, b.Transcript())
	}
	return open[0]
}

func (b *bureau) section(user bot.UserID) int64 { return b.checks[user].Post.SectionID }

// meet closes a section's mutual check as its convener.
func (b *bureau) meet(head bot.UserID, section int64, marks map[int64]string, additions ...Addition) {
	b.t.Helper()
	b.page(head, func(ctx context.Context, t *convo.Turn) error {
		done, err := b.desk.CloseMutual(ctx, t, section, bot.Civil(t.Now), []string{"甲", "乙", "丙"}, marks, additions)
		if err == nil && !done {
			b.t.Errorf("the mutual check did not close\n%s", b.Transcript())
		}
		return err
	})
}

// verdict is what a section head says of the row with this number; "" passes it.
type verdict struct {
	returned         string
	likelihood, harm int
	override         string
	skip, factorless bool
	wrongVersion     bool
}

// judge reviews a form by row on the page, every row like v unless rows says otherwise.
func (b *bureau) judge(reviewer, owner bot.UserID, v verdict, rows map[int]verdict) bool {
	b.t.Helper()
	done := false
	r := b.open(owner)
	c := b.check(owner)
	b.page(reviewer, func(ctx context.Context, t *convo.Turn) error {
		if _, err := b.desk.ReviewSheet(ctx, t, r.ID); err != nil {
			return err
		}
		var list []RowVerdict
		for _, p := range live(c.Points) {
			one, ok := rows[p.No]
			if !ok {
				one = v
			}
			if one.skip {
				continue
			}
			rv := RowVerdict{PointID: p.ID, Verdict: risk.Passed, Likelihood: 2, Harm: 2, Override: one.override}
			if one.likelihood != 0 {
				rv.Likelihood, rv.Harm = one.likelihood, one.harm
			}
			if one.factorless {
				rv.Likelihood, rv.Harm = 0, 0
			}
			if one.returned != "" {
				rv.Verdict, rv.Why = risk.Returned, one.returned
			}
			list = append(list, rv)
		}
		if len(live(c.Points)) == 0 {
			rv := RowVerdict{Verdict: risk.Passed}
			if v.returned != "" {
				rv.Verdict, rv.Why = risk.Returned, v.returned
			}
			list = append(list, rv)
		}
		version := c.Version
		if v.wrongVersion {
			version--
		}
		var err error
		done, err = b.desk.ReviewRows(ctx, t, r.ID, version, list, ByPage)
		return err
	})
	return done
}

// see opens a review's page.
func (b *bureau) see(reviewer, owner bot.UserID) ReviewSheet {
	b.t.Helper()
	var s ReviewSheet
	r := b.open(owner)
	b.page(reviewer, func(ctx context.Context, t *convo.Turn) (err error) {
		s, err = b.desk.ReviewSheet(ctx, t, r.ID)
		return err
	})
	return s
}

// refusals counts audit events of refusals by code.
func (b *bureau) refusals(code string) int {
	b.t.Helper()
	var n int
	if err := b.db.Pool().QueryRow(b.t.Context(), `SELECT count(*) FROM audit_event WHERE result = 'refused' AND note = $1`, code).Scan(&n); err != nil {
		b.t.Fatal(err)
	}
	return n
}

func (b *bureau) refused(code string) {
	b.t.Helper()
	if b.refusals(code) == 0 {
		b.t.Fatalf("no audit event for the refusal %q\n%s", code, b.Transcript())
	}
}

// noTextLeft holds for every whole test: no phone but the author's shows a risk sentence.
func (b *bureau) noTextLeft() {
	if len(b.texts) == 0 {
		return
	}
	users := []bot.UserID{"han"}
	for user := range b.checks {
		users = append(users, user)
	}
	rows, err := b.db.Pool().Query(context.WithoutCancel(b.t.Context()), `SELECT user_id, convert_from(body, 'UTF8') FROM outbox WHERE body IS NOT NULL`)
	if err != nil {
		b.t.Fatal(err)
	}
	var to, body string
	if _, err := pgx.ForEachRow(rows, []any{&to, &body}, func() error {
		for _, said := range b.texts {
			if strings.Contains(body, said) && !b.wrote(bot.UserID(to), said) {
				b.t.Errorf("the outbox holds a risk sentence of somebody else for %s: %s", to, body)
			}
		}
		return nil
	}); err != nil {
		b.t.Fatal(err)
	}
	for _, user := range users {
		for _, bubble := range b.Phones.Screen(user) {
			for _, said := range b.texts {
				if strings.Contains(bubble.String(), said) && !b.wrote(user, said) {
					b.t.Errorf("the phone of %s shows a risk sentence of somebody else: %s", user, bubble)
				}
			}
		}
	}
}

// wrote reports whether a sentence stands on the person's own form.
func (b *bureau) wrote(user bot.UserID, said string) bool {
	if _, fills := b.checks[user]; !fills {
		return false
	}
	return slices.ContainsFunc(b.check(user).Points, func(p risk.Point) bool { return slices.Contains(p.Manifestations, said) })
}

// toLeader brings a person's form of the construction section before the leader.
func (b *bureau) toLeader(rows ...row) {
	b.t.Helper()
	b.submit("wang", rows...)
	b.phone("li").Send("互查").Expect("本股室可以集中互查了")
	b.meet("li", b.section("wang"), nil)
	if !b.judge("li", "wang", verdict{}, nil) {
		b.t.Fatalf("the head's review did not close\n%s", b.Transcript())
	}
	b.state("wang", risk.CheckLeader)
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}
