package web_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/convo/convotest"
	"qingfeng/bot/form"
	"qingfeng/bot/pg"
	"qingfeng/bot/pg/pgtest"
	"qingfeng/bot/risk"
	"qingfeng/handlers"
	"qingfeng/handlers/web"
	"qingfeng/knowledge"
	"qingfeng/knowledge/index"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// world is a small fictional unit with its bot, its register and its pages.
type world struct {
	t        *testing.T
	chat     *convotest.Chat
	reg      *pg.Register
	desk     *handlers.Desk
	server   *httptest.Server
	handler  http.Handler
	campaign risk.Campaign
	checks   map[bot.UserID]risk.SelfCheck
	browsers map[bot.UserID]*browser
	logs     *syncBuffer
	imports  int // sheets applied
	db       *pg.DB
	store    *index.Store
	base     *knowledge.Base // answers with a model, once it has one
	away     bool
}

// login is WeCom's OAuth: the code is the member's id.
type login struct{}

func (login) AuthorizeURL(state, redirect string) string {
	return "https://login.example/authorize?state=" + state + "&redirect_uri=" + url.QueryEscape(redirect)
}

func (login) Login(_ context.Context, code string) (bot.UserID, error) {
	if code == "outsider" {
		return "", bot.Refuse("只有本单位成员能打开。", "oauth: not a member")
	}
	return bot.UserID(code), nil
}

// importer plans and applies sheets whose content says what is in them.
type importer struct{ applied *int }

func (i importer) Import(_ context.Context, kind form.Import, data []byte, dry bool) (web.ImportReport, error) {
	switch string(data) {
	case "good":
		if !dry {
			*i.applied++
		}
		return web.ImportReport{Done: !dry, Lines: []risk.ImportLine{{Row: 2, Change: risk.ChangeAdded, Subject: string(kind) + " 新来的人", Detail: "新任支付岗"}, {Row: 3, Change: risk.ChangeKept, Subject: "老同志"}}}, nil
	case "bad":
		return web.ImportReport{Issues: []risk.ImportIssue{{Row: 3, Column: "姓名", Say: "不能为空", Fatal: true}}}, nil
	}
	return web.ImportReport{}, bot.Refuse("这不是一张能读的表。", "form: unreadable")
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func monday() time.Time {
	return time.Date(2026, 10, 12, 9, 0, 0, 0, time.FixedZone("Asia/Shanghai", 8*60*60))
}

func newWorld(t *testing.T) *world {
	t.Helper()
	db := pgtest.New(t)
	w := &world{t: t, db: db, checks: map[bot.UserID]risk.SelfCheck{}, browsers: map[bot.UserID]*browser{}, logs: &syncBuffer{}}
	now := func() time.Time {
		if w.chat == nil {
			return monday()
		}
		return w.chat.Clock.Now()
	}
	w.reg = pg.NewRegister(db, now)
	w.openLibrary(now)
	w.desk = &handlers.Desk{Questions: w.store, Answers: &knowledge.Base{Search: w.store, Find: w.store}, Reg: w.reg, Pages: handlers.Pages{Base: "https://qf.example"}, Packs: risk.LoadPack}
	router, err := w.desk.Routes()
	if err != nil {
		t.Fatal(err)
	}
	w.fill()
	w.chat = convotest.New(t, router, convotest.WithDB(db), convotest.WithDirectory(w.reg), convotest.WithStart(monday()))
	w.server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { w.handler.ServeHTTP(rw, r) }))
	t.Cleanup(w.server.Close)
	w.serve(w.config(w.server.URL))
	return w
}

// serve serves the pages of a configuration from now on.
func (w *world) serve(c web.Config) {
	w.t.Helper()
	var err error
	if w.handler, err = web.New(c); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) config(base string) web.Config {
	return web.Config{
		Desk: w.desk, Register: w.reg, Login: login{}, Lanes: w.chat.Runner, Importer: importer{&w.imports}, Knowledge: w.knowledge(),
		BaseURL: base, Now: w.chat.Clock.Now, Log: slog.New(slog.NewTextHandler(w.logs, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
}

// fill imports the roster and the catalogue and opens the campaign.
func (w *world) fill() {
	w.t.Helper()
	ctx := w.t.Context()
	head := []bot.Role{bot.RoleSectionHead}
	rows := []risk.RosterRow{
		{Section: "局领导班子", Post: "局长", Stratum: risk.StratumLeader, Name: "周岚", UserID: "zhou", Roles: []bot.Role{bot.RolePrincipal, bot.RoleGroupChair}},
		{Section: "局领导班子", Post: "副局长", Stratum: risk.StratumLeader, Name: "赵明", UserID: "zhao", Roles: []bot.Role{bot.RoleLeaderInCharge}, LeaderOf: []string{"建设管理股", "财务审计股"}},
		{Section: "局领导班子", Post: "党组成员", Stratum: risk.StratumLeader, Name: "钱立", UserID: "qian", Roles: []bot.Role{bot.RoleLeaderInCharge}, LeaderOf: []string{"办公室", "法规股"}},
		{Section: "办公室", Post: "主任", Stratum: risk.StratumMiddle, Name: "孙文", UserID: "sun", Roles: []bot.Role{bot.RoleSectionHead, bot.RoleOfficeMember}},
		{Section: "办公室", Post: "印章与机要岗", Stratum: risk.StratumKey, Name: "何印", UserID: "he", Tags: []risk.PowerTag{risk.TagSecret}},
		{Section: "建设管理股", Post: "股长", Stratum: risk.StratumMiddle, Name: "李衡", UserID: "li", Roles: head},
		{Section: "建设管理股", Post: "招标管理岗", Stratum: risk.StratumKey, Name: "王舟", UserID: "wang", Tags: []risk.PowerTag{risk.TagMoney}},
		{Section: "建设管理股", Post: "设计变更岗", Stratum: risk.StratumKey, Name: "吴静", UserID: "wu", Tags: []risk.PowerTag{risk.TagPermit}},
		{Section: "财务审计股", Post: "股长", Stratum: risk.StratumMiddle, Name: "郑平", UserID: "zheng", Roles: head},
		{Section: "财务审计股", Post: "支付岗", Stratum: risk.StratumKey, Name: "冯雪", UserID: "feng", Tags: []risk.PowerTag{risk.TagMoney}},
		{Section: "法规股", Post: "法规岗", Stratum: risk.StratumGeneral, Name: "陈楠", UserID: "chen"},
		{Section: "驻局纪检监察组", Name: "韩清", UserID: "han", Roles: []bot.Role{bot.RoleDiscipline}},
		{Section: "信息中心", Name: "艾工", UserID: "it", Roles: []bot.Role{bot.RoleITAdmin}},
	}
	for i := range rows {
		rows[i].Unit, rows[i].Row = "栖云县交通运输局", i+2
	}
	if plan, err := w.reg.ApplyRoster(ctx, rows); err != nil || plan.Blocked() {
		w.t.Fatalf("roster: %v %+v", err, plan.Issues)
	}
	if plan, err := w.reg.ApplyCatalogue(ctx, []risk.CatalogueRow{
		{Section: "建设管理股", Item: "农村公路项目招标", Class: risk.KeyBusiness, Nodes: []risk.NodeName{{Name: "招标文件编制", Post: "招标管理岗"}, {Name: "评标组织", Post: "招标管理岗"}}, Row: 2},
		{Section: "建设管理股", Item: "设计变更审批", Class: risk.KeyBusiness, Nodes: []risk.NodeName{{Name: "变更理由审核", Post: "设计变更岗"}, {Name: "变更造价核定", Post: "设计变更岗"}}, Row: 3},
		{Section: "财务审计股", Item: "工程款支付", Class: risk.Internal, Nodes: []risk.NodeName{{Name: "计量支付复核", Post: "支付岗"}}, Row: 4},
		{Section: "法规股", Item: "处罚审核", Class: risk.Administrative, Nodes: []risk.NodeName{{Name: "裁量认定", Post: "法规岗"}}, Row: 5},
	}); err != nil || plan.Blocked() {
		w.t.Fatalf("catalogue: %v %+v", err, plan.Issues)
	}
	campaign, checks, err := w.reg.OpenCampaign(ctx, risk.Campaign{Name: "2026年度岗位廉政风险排查", Year: 2026, Pack: "county", Due: monday().AddDate(0, 0, 4)}, 0)
	if err != nil {
		w.t.Fatal(err)
	}
	w.campaign = campaign
	for _, c := range checks {
		w.checks[c.Person.UserID] = c
	}
}

// my is the address of a person's form, with more behind it.
func (w *world) my(owner bot.UserID, more string) string {
	return fmt.Sprintf("/my/%d%s", w.checks[owner].ID, more)
}

// check is a person's form as it is now.
func (w *world) check(owner bot.UserID) risk.SelfCheck {
	w.t.Helper()
	c, err := w.reg.Check(w.t.Context(), w.checks[owner].ID)
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

// reviewOf is the open review of a person's form.
func (w *world) reviewOf(owner bot.UserID) risk.Review {
	w.t.Helper()
	open, err := w.reg.Reviews(w.t.Context(), risk.ReviewFilter{Check: w.checks[owner].ID, Open: true})
	if err != nil || len(open) == 0 {
		w.t.Fatalf("the form of %s has no open review (%v); it is %s", owner, err, w.check(owner).State)
	}
	return open[0]
}

func (w *world) reviewURL(owner bot.UserID) string {
	return fmt.Sprintf("/review/%d", w.reviewOf(owner).ID)
}

func (w *world) sectionOf(owner bot.UserID) int64 { return w.checks[owner].Post.SectionID }

// node is the id of a step by its name.
func (w *world) node(owner bot.UserID, name string) string {
	w.t.Helper()
	nodes, err := w.reg.Nodes(w.t.Context(), w.sectionOf(owner))
	if err != nil {
		w.t.Fatal(err)
	}
	for _, n := range nodes {
		if n.Name == name {
			return fmt.Sprint(n.ID)
		}
	}
	w.t.Fatalf("no step %s", name)
	return ""
}

func (w *world) state(owner bot.UserID, want risk.CheckState) {
	w.t.Helper()
	if got := w.check(owner).State; got != want {
		w.t.Fatalf("the form of %s is %s, want %s\n%s", owner, got, want, w.chat.Transcript())
	}
}

// The texts of the scene; each appears on no page but those that may show it.
const (
	wangText = "编制招标文件时可能设置只有个别企业满足的业绩条件，排斥其他投标人"
	wuText   = "审核变更理由时可能只看书面说明不到现场，把不该变更的工程量批下来"
	fengText = "复核计量支付时可能不核对现场工程量，按施工方报的数多付工程款"
	chenText = "认定裁量情节时可能随意套用从轻情形，对熟人减轻处罚"
)

// add puts a row on a person's form through the page, with one ready measure.
func (w *world) add(owner bot.UserID, step, text string) {
	w.t.Helper()
	b := w.as(owner)
	page := b.must(w.my(owner, ""), url.Values{"do": {"add"}, "node": {w.node(owner, step)}, "sentence": {text}})
	no := len(w.check(owner).Points)
	p := w.check(owner).Points[no-1]
	ready := regexp.MustCompile(`name="ready" value="([^"]+)"`).FindStringSubmatch(page.body)
	form := url.Values{"was": {field(w.t, page.body, "was")}, "m": p.Manifestations, "category": {string(p.Category)}, "misuse": {string(p.Misuse)}, "do": {"save"}}
	if ready != nil {
		form.Set("ready", ready[1])
	}
	b.must(w.my(owner, fmt.Sprintf("/rows/%d", p.No)), form)
}

// submit hands a form in through the page and lets the ten minutes pass.
func (w *world) submit(owner bot.UserID) {
	w.t.Helper()
	page := w.as(owner).get(w.my(owner, ""))
	w.as(owner).must(w.my(owner, ""), url.Values{"do": {"submit"}, "rev": {field(w.t, page.body, "rev")}})
	w.state(owner, risk.CheckSubmitted)
	w.chat.Advance(11 * time.Minute)
}

// scene brings the unit to a lively morning: wang is drafting, wu is with the section
// head, feng is with the leader, chen waits for the grading.
func (w *world) scene() {
	w.t.Helper()
	w.add("wang", "招标文件编制", wangText)
	w.add("wu", "变更理由审核", wuText)
	w.add("wu", "变更造价核定", "核定变更造价时可能不按规定询价，照抄施工方报价多算造价")
	w.submit("wu")
	w.state("wu", risk.CheckMutual)
	w.as("li").must(fmt.Sprintf("/mutual/%d", w.sectionOf("wu")), url.Values{"held_on": {"2026-10-12"}, "came": {"李衡", "王舟", "吴静"}})
	w.state("wu", risk.CheckSection)

	w.add("feng", "计量支付复核", fengText)
	w.submit("feng")
	w.as("zheng").must(w.reviewURL("feng"), url.Values{"do": {"none"}})
	w.state("feng", risk.CheckSection)
	w.pass("zheng", "feng", "2", "2")
	w.state("feng", risk.CheckLeader)

	w.add("chen", "裁量认定", chenText)
	w.submit("chen")
	for w.check("chen").State != risk.CheckGrading {
		w.pass(w.reviewOf("chen").Assignee.UserID, "chen", "2", "2")
	}
}

// pass passes every open row of a form on its review page.
func (w *world) pass(reviewer, owner bot.UserID, likelihood, harm string) {
	w.t.Helper()
	page := w.as(reviewer).get(w.reviewURL(owner))
	form := url.Values{"version": {field(w.t, page.body, "version")}, "do": {"rows"}}
	if !strings.Contains(page.body, `value="rows"`) {
		form.Set("do", "pass")
	}
	for _, p := range w.check(owner).Points {
		id := fmt.Sprint(p.ID)
		form.Set("v"+id, "passed")
		form.Set("l"+id, likelihood)
		form.Set("h"+id, harm)
		form.Set("o"+id, "已经核实，保留")
		if form.Get("do") == "pass" {
			form.Del("v" + id)
		}
	}
	w.as(reviewer).must(w.reviewURL(owner), form)
}

func botID(s string) bot.UserID { return bot.UserID(s) }
