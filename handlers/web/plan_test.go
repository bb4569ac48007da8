package web_test

import (
	"context"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"

	"qingfeng/bot"
	"qingfeng/bot/plan"
)

// newPlans is a unit that plans its campaigns; none is open.
func newPlans(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.desk.Plans = w.reg
	if err := w.reg.CloseCampaign(t.Context(), w.campaign.ID); err != nil {
		t.Fatal(err)
	}
	return w
}

// planned begins a draft on the page and returns its address.
func (w *world) planned(due string) string {
	w.t.Helper()
	got := w.as("sun").post("/plans", url.Values{"template": {"county-ten"}, "name": {"2026年度岗位廉政风险排查"}, "due": {due}})
	if got.status != http.StatusSeeOther {
		w.t.Fatalf("%d\n%s", got.status, said(got.body))
	}
	return got.location
}

// fields are what a page's form would send as it stands.
func fields(t *testing.T, body string) url.Values {
	t.Helper()
	form := url.Values{}
	for _, in := range regexp.MustCompile(`<input[^>]*>`).FindAllString(body, -1) {
		name := regexp.MustCompile(`name="([^"]+)"`).FindStringSubmatch(in)
		value := regexp.MustCompile(`value="([^"]*)"`).FindStringSubmatch(in)
		if name != nil && value != nil && !strings.Contains(in, "checkbox") {
			form.Set(name[1], html.UnescapeString(value[1]))
		}
	}
	for _, sel := range regexp.MustCompile(`(?s)<select name="([^"]+)">(.*?)</select>`).FindAllStringSubmatch(body, -1) {
		options := regexp.MustCompile(`<option value="([^"]*)"( selected)?>`).FindAllStringSubmatch(sel[2], -1)
		for i, o := range options {
			if i == 0 || o[2] != "" {
				form.Set(sel[1], html.UnescapeString(o[1]))
			}
		}
	}
	return form
}

func (w *world) draft(at string) plan.Draft {
	w.t.Helper()
	var id int64
	if _, err := fmt.Sscanf(at, "/plans/%d", &id); err != nil {
		w.t.Fatal(err)
	}
	p, _, err := w.reg.Draft(w.t.Context(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

func TestThePageOfAPlanIsForTheOfficeOnly(t *testing.T) {
	w := newPlans(t)
	at := w.planned("2026-11-27")
	run := fmt.Sprintf("/campaign/%d/plan", w.campaign.ID)
	w.run(t, []httpCase{
		{name: "new", as: "sun", path: "/plans", status: 200, want: []string{"县级十阶段安排", "自查哪天截止"}},
		{name: "draft", as: "sun", path: at, status: 200, want: []string{"<svg", "动员部署", "报送股室人员名单", "2027年的节假日安排还没有导入", "没有人担任法规股的科室负责人", "保存并启动"}},
		{name: "a campaign without a plan", as: "sun", path: run, status: 200, want: []string{"没有排日程"}},
		{name: "no such draft", as: "sun", path: "/plans/999", status: 404},
		{name: "no such campaign", as: "sun", path: "/campaign/999/plan", status: 404},
	})
	for _, who := range []string{"wang", "li", "zhao", "it"} {
		for _, path := range []string{"/plans", at, run} {
			if got := w.as(botID(who)).get(path); got.status != http.StatusForbidden {
				t.Errorf("%s opens %s: %d", who, path, got.status)
			}
			if got := w.as(botID(who)).post(path, nil); got.status != http.StatusForbidden {
				t.Errorf("%s posts to %s: %d", who, path, got.status)
			}
		}
	}
	for want, form := range map[string]url.Values{
		"请填自查截止日期": {"template": {"county"}, "name": {"排查"}, "due": {"soon"}},
		"已经过了":     {"template": {"county"}, "name": {"排查"}, "due": {"2026-01-05"}},
		"请选一份日程":   {"template": {"nothing"}, "name": {"排查"}, "due": {"2026-11-27"}},
	} {
		if got := w.as("sun").post("/plans", form); got.status != 422 || !strings.Contains(got.body, want) {
			t.Errorf("%v: %d\n%s", form, got.status, said(got.body))
		}
	}
}

func TestSavingAPlanAsItStandsChangesNothing(t *testing.T) {
	w := newPlans(t)
	at := w.planned("2026-11-27")
	before := w.draft(at)
	form := fields(t, w.as("sun").get(at).body)
	form.Set("do", "save")
	if got := w.as("sun").must(at, form); !strings.Contains(got.body, "已保存") {
		t.Error(said(got.body))
	}
	if after := w.draft(at); fmt.Sprintf("%+v", after) != fmt.Sprintf("%+v", before) {
		t.Error(cmp.Diff(before, after))
	}
}

func TestAPlanIsChangedOnItsPage(t *testing.T) {
	w := newPlans(t)
	at := w.planned("2026-11-27")
	form := fields(t, w.as("sun").get(at).body)
	for k, v := range map[string]string{
		"do": "save", "name": "秋季排查", "s0_name": "动员", "s2_until": "2026-12-01", "s3_from": "2026-12-02", "a0_on": "2026-10-22",
		"d1_n": "2", "d1_unit": "workday", "d2_by": "anchor:kickoff", "d2_n": "-1", "d3_on": "2026-11-06", "d4_drop": "1", "d5_drop": "1", "d6_on": "2026-12-08",
		"new_name": "报送联络员名单", "new_owner": "section_head", "new_receiver": "office_director", "new_stage": "S1", "new_on": "2026-10-23",
	} {
		form.Set(k, v)
	}
	w.as("sun").must(at, form)
	p := w.draft(at)
	got := map[string]string{}
	for _, u := range p.Duties {
		got[u.Code] = u.DueOn.Format(time.DateOnly) + " " + string(u.Due.Kind)
	}
	for code, want := range map[string]string{
		"name-list": "2026-10-26 anchor", "plan-filing": "2026-10-21 anchor", "catalogue": "2026-11-06 on", "selfcheck": "2026-12-01 stage", "own-1": "2026-10-23 on", "section-review": "2026-12-08 on",
	} {
		if got[code] != want {
			t.Errorf("%s is due %s, want %s", code, got[code], want)
		}
	}
	if _, there := got["approval"]; there {
		t.Error("the dropped duty is still there")
	}
	if p.Name != "秋季排查" || p.Stages[0].Name != "动员" || p.Due.Format(time.DateOnly) != "2026-12-01" {
		t.Errorf("%s, %s, due %s", p.Name, p.Stages[0].Name, p.Due)
	}
}

func TestAWrongPlanIsRefusedInOneLineAndNothingTypedIsLost(t *testing.T) {
	w := newPlans(t)
	at := w.planned("2026-11-27")
	before := w.draft(at)
	form := fields(t, w.as("sun").get(at).body)
	for want, change := range map[string][2]string{
		"阶段“动员部署”结束早于开始（10月13日–10月1日），请改日期。改动没有保存。": {"s0_until", "2026-10-01"},
		"“动员部署”还没有日期":             {"s0_until", ""},
		"的日期“2026-02-31”不是一个日子":   {"s0_from", "2026-02-31"},
		"“报送股室人员名单”的前后几天要填366以内的": {"d1_n", "三天"},
		"“报送简报”还没有日期":             {"new_name", "报送简报"},
		"这条我没有保存":                 {"s0_name", "打13812345678问动员"},
	} {
		bad := clone(form)
		bad.Set(change[0], change[1])
		bad.Set("s9_name", "总结收尾")
		bad.Set("do", "launch")
		got := w.as("sun").post(at, bad)
		if got.status != 422 || !strings.Contains(got.body, want) && !strings.Contains(got.body, "没有保存") {
			t.Errorf("%s: %d\n%s", want, got.status, said(got.body))
		}
		if !strings.Contains(got.body, "总结收尾") || change[1] != "" && !strings.Contains(got.body, change[1]) && change[0] != "d1_n" {
			t.Errorf("%s: what was typed is lost\n%s", want, said(got.body))
		}
	}
	if after := w.draft(at); fmt.Sprintf("%+v", after) != fmt.Sprintf("%+v", before) {
		t.Error("something was stored")
	}
	if _, open, _ := w.reg.Campaign(t.Context()); open {
		t.Error("it was launched")
	}
}

func TestTwoPeopleWhoChangeAPlanAreTold(t *testing.T) {
	w := newPlans(t)
	at := w.planned("2026-11-27")
	form := fields(t, w.as("sun").get(at).body)
	first, second := clone(form), clone(form)
	first.Set("s0_name", "先来的")
	first.Set("do", "save")
	second.Set("s0_name", "后来的")
	second.Set("do", "save")
	w.as("sun").must(at, first)
	got := w.as("sun").post(at, second)
	if got.status != 422 || !strings.Contains(got.body, "刚被别人改过") || !strings.Contains(got.body, "后来的") {
		t.Errorf("%d\n%s", got.status, said(got.body))
	}
	if name := w.draft(at).Stages[0].Name; name != "先来的" {
		t.Errorf("the first is lost: %s", name)
	}
}

func TestOfTwoWhoSaveAPlanAtTheSameMomentOneIsTold(t *testing.T) {
	w := newPlans(t)
	if err := w.reg.Grant(t.Context(), "qian", bot.RoleOfficeMember, "", 0); err != nil {
		t.Fatal(err)
	}
	at := w.planned("2026-11-27")
	form := fields(t, w.as("sun").get(at).body)
	form.Set("do", "save")
	for round := range 5 {
		form.Set("version", field(t, w.as("sun").get(at).body, "version"))
		codes := make(chan int, 2)
		for _, who := range []*browser{w.as("sun"), w.as("qian")} {
			mine := clone(form)
			mine.Set("s0_name", fmt.Sprintf("%s第%d次", who.who, round))
			go func() { codes <- who.post(at, mine).status }()
		}
		if a, b := <-codes, <-codes; a+b != http.StatusSeeOther+http.StatusUnprocessableEntity {
			t.Errorf("round %d: %d and %d", round, a, b)
		}
	}
}

func TestAPlanIsLaunchedOnItsPageAndItsEventsMoveThere(t *testing.T) {
	w := newPlans(t)
	at := w.planned("2026-12-18")
	form := fields(t, w.as("sun").get(at).body)
	form.Set("do", "launch")
	page := w.as("sun").must(at, form)
	for _, want := range []string{"已启动，通知了11人", "没有人担任法规股的科室负责人", "<svg", "动员会", "0/10", "没有责任人", "未开始"} {
		if !strings.Contains(page.body, want) {
			t.Errorf("no %q\n%s", want, said(page.body))
		}
	}
	campaign, open, err := w.reg.Campaign(t.Context())
	if err != nil || !open {
		t.Fatalf("no campaign: %v", err)
	}
	if got := w.as("sun").get(at); got.status != http.StatusSeeOther || got.location != fmt.Sprintf("/campaign/%d/plan", campaign.ID) {
		t.Errorf("the draft: %d to %s", got.status, got.location)
	}
	if got := w.as("sun").post(at, form); got.status != http.StatusSeeOther {
		t.Errorf("a second launch: %d", got.status)
	}
	run := fmt.Sprintf("/campaign/%d/plan", campaign.ID)
	moved := w.as("sun").must(run, url.Values{"code": {"kickoff"}, "on": {"2026-11-10"}})
	if !strings.Contains(moved.body, "“动员会”改到11月10日") || !strings.Contains(moved.body, "任务跟着改期") {
		t.Error(said(moved.body))
	}
	for want, form := range map[string]url.Values{"请填事件的日期": {"code": {"kickoff"}, "on": {"soon"}}, "日程里没有“party”": {"code": {"party"}, "on": {"2026-11-10"}}} {
		if got := w.as("sun").post(run, form); got.status != 422 || !strings.Contains(got.body, want) {
			t.Errorf("%s: %d\n%s", want, got.status, said(got.body))
		}
	}
	// Weeks later nobody has done anything.
	w.chat.Advance(75 * 24 * time.Hour)
	if got := w.as("sun").get(run); got.status == http.StatusOK && !strings.Contains(got.body, "项逾期") {
		t.Errorf("nothing is late\n%s", said(got.body))
	}
}

// On a phone nothing is wider than the screen and the chart's words are large enough.
func TestAPlanFitsAPhone(t *testing.T) {
	w := newPlans(t)
	at := w.planned("2026-11-27")
	token, _, err := w.reg.NewSession(t.Context(), "sun")
	if err != nil {
		t.Fatal(err)
	}
	alloc, stop := chromedp.NewExecAllocator(t.Context(), append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox)...)
	defer stop()
	tab, closeTab := chromedp.NewContext(alloc)
	defer closeTab()
	tab, cancel := context.WithTimeout(tab, time.Minute)
	defer cancel()
	var width, opened, smallest float64
	var top, duty []byte
	err = chromedp.Run(tab,
		chromedp.EmulateViewport(390, 844, chromedp.EmulateScale(2), chromedp.EmulateMobile),
		chromedp.ActionFunc(func(ctx context.Context) error {
			return network.SetCookie("qf", token).WithURL(w.server.URL).WithHTTPOnly(true).Do(ctx)
		}),
		chromedp.Navigate(w.server.URL+at),
		chromedp.Evaluate(`document.documentElement.scrollWidth`, &width),
		chromedp.Evaluate(`Math.min(...[...document.querySelectorAll('.gantt text')].map(t => parseFloat(t.getAttribute('font-size')) * t.ownerSVGElement.getBoundingClientRect().width / 360))`, &smallest),
		chromedp.CaptureScreenshot(&top),
		chromedp.Evaluate(`document.querySelector('.duty').open = true, document.querySelector('.stage').scrollIntoView()`, nil),
		chromedp.CaptureScreenshot(&duty),
		chromedp.Evaluate(`document.documentElement.scrollWidth`, &opened),
	)
	if err != nil {
		t.Fatal(err)
	}
	if width > 390 || opened > 390 {
		t.Errorf("the page is %.0f wide, with a duty opened %.0f", width, opened)
	}
	if smallest < 8 {
		t.Errorf("the chart's smallest words are %.1f pixels", smallest)
	}
	if dir := os.Getenv("QINGFENG_KEEP_PICTURES"); dir != "" {
		for name, shot := range map[string][]byte{"plan.png": top, "planduty.png": duty} {
			if err := os.WriteFile(filepath.Join(dir, name), shot, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
}
