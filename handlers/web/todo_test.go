package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/plan"
)

// owing gives the unit a calendar: everybody's form by Friday the 16th, and a filing of
// 王舟's by the 14th that the office receives.
func (w *world) owing() plan.Obligation {
	w.t.Helper()
	w.desk.Plans = w.reg
	var obs []plan.Obligation
	for _, c := range w.checks {
		obs = append(obs, plan.Obligation{
			Campaign: w.campaign.ID, Code: "selfcheck", Name: "个人岗位风险点自查", Kind: plan.KindSelfCheck, Owner: c.Person.ID,
			Section: c.Post.SectionID, Check: c.ID, Due: w.campaign.Due,
		})
	}
	wang := w.checks["wang"]
	obs = append(obs, plan.Obligation{
		Campaign: w.campaign.ID, Code: "names", Name: "名单报送", Kind: plan.KindFiling, Owner: wang.Person.ID, Section: wang.Post.SectionID,
		Receiver: bot.RoleOfficeMember, Due: monday().AddDate(0, 0, 2),
	})
	if n, err := w.reg.AddObligations(w.t.Context(), obs); err != nil || n != len(obs) {
		w.t.Fatalf("%d of %d: %v", n, len(obs), err)
	}
	return w.owed("名单报送")
}

func (w *world) owed(name string) plan.Obligation {
	w.t.Helper()
	all, err := w.reg.Obligations(w.t.Context(), plan.ObligationFilter{Campaign: w.campaign.ID})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, ob := range all {
		if ob.Name == name {
			return ob
		}
	}
	w.t.Fatalf("nobody owes %s", name)
	return plan.Obligation{}
}

func does(do string, id int64, more ...string) url.Values {
	form := url.Values{"do": {do}, "id": {fmt.Sprint(id)}}
	for i := 0; i+1 < len(more); i += 2 {
		form.Set(more[i], more[i+1])
	}
	return form
}

func TestWithoutACalendarThereIsNoPage(t *testing.T) {
	w := newWorld(t)
	if got := w.as("wang").get("/todo"); got.status != http.StatusNotFound {
		t.Errorf("%d", got.status)
	}
	if strings.Contains(w.as("wang").get("/").body, "/todo") {
		t.Error("home leads nowhere")
	}
}

func TestThePageOfWhatIsOwedDoesWhatTheChatDoes(t *testing.T) {
	w := newWorld(t)
	filing := w.owing()
	wang, sun := w.as("wang"), w.as("sun")
	page := wang.get("/todo").body
	for _, want := range []string{"名单报送", "10月14日（周三）截止，还有2个工作日", "个人岗位风险点自查", fmt.Sprintf("/my/%d", w.checks["wang"].ID), "申请延期"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q on\n%s", want, said(page))
		}
	}
	if !strings.Contains(wang.get("/").body, `href="/todo"`) {
		t.Error("home does not lead to what is owed")
	}
	page = wang.must("/todo", does("extend", filing.ID, "until", "2026-10-20", "reason", "出差到19日")).body
	if !strings.Contains(page, "申请已交防控办") || !strings.Contains(page, "已申请延到10月20日") {
		t.Errorf("not asked:\n%s", said(page))
	}
	page = sun.get("/todo").body
	if !strings.Contains(page, "王舟申请从10月14日延到10月20日") {
		t.Fatalf("the office does not see the request:\n%s", said(page))
	}
	open, err := w.reg.Extensions(t.Context())
	if err != nil || len(open) != 1 {
		t.Fatal(open, err)
	}
	if page = sun.must("/todo", does("grant", open[0].ID, "version", fmt.Sprint(filing.Version))).body; !strings.Contains(page, "已准予延期") {
		t.Errorf("not granted:\n%s", said(page))
	}
	if page = wang.get("/todo").body; !strings.Contains(page, "原定10月14日") {
		t.Errorf("the day before is not shown:\n%s", said(page))
	}
	if page = wang.must("/todo", does("done", filing.ID)).body; !strings.Contains(page, "记为已完成") || strings.Contains(page, "<h2>名单报送") {
		t.Errorf("not done:\n%s", said(page))
	}
	if page = sun.get("/todo").body; !strings.Contains(page, "等您签收") {
		t.Fatalf("nothing to receipt:\n%s", said(page))
	}
	if page = sun.must("/todo", does("receipt", filing.ID)).body; !strings.Contains(page, "已签收") {
		t.Errorf("no receipt:\n%s", said(page))
	}
	if got := w.owed("名单报送"); got.State != plan.Receipted {
		t.Errorf("the filing is %s", got.State)
	}
}

func TestThePageShowsNamesOnlyToThoseEntitled(t *testing.T) {
	w := newWorld(t)
	w.owing()
	w.chat.Advance(7 * 24 * time.Hour)
	for user, c := range map[bot.UserID]struct{ sees, hides string }{
		"sun":  {"王舟 冯雪 陈楠 催办", ""},
		"li":   {"王舟 吴静", "冯雪 陈楠 催办"},
		"zhao": {"王舟 冯雪", "陈楠 孙文"},
		"feng": {"个人岗位风险点自查", "王舟 郑平 还没办完的"},
		"han":  {"没有要办的事", "王舟 冯雪"},
	} {
		page := w.as(user).get("/todo").body
		for _, want := range strings.Fields(c.sees) {
			if !strings.Contains(page, want) {
				t.Errorf("%s does not see %s:\n%s", user, want, page)
			}
		}
		for _, no := range strings.Fields(c.hides) {
			if strings.Contains(page, no) {
				t.Errorf("%s sees %s:\n%s", user, no, page)
			}
		}
	}
	if page := w.as("sun").must("/todo", does("chase", 0)).body; !strings.Contains(page, "已提醒") {
		t.Errorf("nobody was chased:\n%s", said(page))
	}
}

func TestThePageRefusesWhatTheChatRefuses(t *testing.T) {
	w := newWorld(t)
	filing := w.owing()
	for _, c := range []struct {
		who  bot.UserID
		form url.Values
		want string
	}{
		{"feng", does("done", filing.ID), "这件不在您名下"},
		{"feng", does("extend", filing.ID, "until", "2026-10-20", "reason", "出差"), "这件不在您名下"},
		{"wang", does("extend", filing.ID, "until", "2026-10-13", "reason", "出差"), "以后的日子"},
		{"wang", does("extend", filing.ID, "until", "2027-10-13", "reason", "出差"), "最多延60天"},
		{"wang", does("extend", filing.ID, "until", "soon", "reason", "出差"), "请选一个日子"},
		{"wang", does("extend", filing.ID, "until", "2026-10-20", "reason", ""), "请再说具体一点"},
		{"wang", does("done", w.owed("个人岗位风险点自查").ID), "不在您名下"},
		{"sun", does("receipt", filing.ID), "还没有人报完成"},
		{"li", does("chase", 0), "催办由防控办来做"},
	} {
		if w.owed("个人岗位风险点自查").Owner == w.checks["wang"].Person.ID && c.who == "wang" && c.form.Get("do") == "done" {
			c.want = "系统里还没有收到您的自查表"
		}
		if page := w.as(c.who).must("/todo", c.form).body; !strings.Contains(page, c.want) {
			t.Errorf("%s %s: no %q on\n%s", c.who, c.form, c.want, said(page))
		}
	}
	for _, form := range []url.Values{does("burn", filing.ID), {"do": {"done"}, "id": {"x"}}, does("grant", 1, "version", "x")} {
		if got := w.as("wang").post("/todo", form); got.status != http.StatusBadRequest {
			t.Errorf("%s: %d", form, got.status)
		}
	}
	if got := w.as("wang").post("/todo", does("extend", filing.ID, "until", "2026-10-20", "reason", "王建国去年收了施工队两条烟")); got.status == http.StatusSeeOther {
		t.Error("a red line is taken as a reason")
	}
	if open, err := w.reg.Extensions(t.Context()); err != nil || len(open) != 0 {
		t.Error(open, err)
	}
}
