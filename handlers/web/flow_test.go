package web_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"qingfeng/bot/convo"
	"qingfeng/bot/risk"
)

// ids are the points of a form.
func (w *world) ids(owner string) []string {
	var out []string
	for _, p := range w.check(botID(owner)).Points {
		out = append(out, fmt.Sprint(p.ID))
	}
	return out
}

func TestAHeadReviewsRowByRow(t *testing.T) {
	w := newWorld(t)
	w.scene()
	li, path := w.as("li"), w.reviewURL("wu")
	version := field(t, li.get(path).body, "version")
	id := w.ids("wu")
	// Without likelihood and harm a row does not pass, and what was typed stays.
	got := li.post(path, url.Values{"version": {version}, "do": {"rows"}, "v" + id[0]: {"passed"}, "v" + id[1]: {"returned"}, "w" + id[1]: {"请写清哪张表"}})
	if got.status != 422 || !strings.Contains(got.body, "可能性和危害程度") || !strings.Contains(got.body, "请写清哪张表") {
		t.Fatalf("%d\n%s", got.status, said(got.body))
	}
	// A red line is stopped here, too.
	got = li.post(path, url.Values{"version": {version}, "do": {"rows"}, "v" + id[1]: {"returned"}, "w" + id[1]: {"打13812345678问他"}})
	if got.status != 422 || !strings.Contains(got.body, "没有保存") {
		t.Errorf("a number in a reason: %d", got.status)
	}
	if got = li.post(path, url.Values{"version": {version}, "do": {"rows"}}); got.status != 422 || !strings.Contains(got.body, "还没有选") {
		t.Errorf("nothing chosen: %d", got.status)
	}
	// One row now, the rest later.
	got = li.post(path, url.Values{"version": {version}, "do": {"rows"}, "v" + id[0]: {"passed"}, "l" + id[0]: {"2"}, "h" + id[0]: {"3"}})
	if got.status != 422 || !strings.Contains(got.body, "已保存，还有第2条没有看") {
		t.Fatalf("half a review: %d\n%s", got.status, said(got.body))
	}
	li.must(path, url.Values{"version": {version}, "do": {"rows"}, "v" + id[1]: {"returned"}, "q" + id[1]: {"0"}})
	w.state("wu", risk.CheckReturned)
	// The owner sees the reviewer's words beside the row; the passed row is locked.
	page := w.as("wu").get(w.my("wu", ""))
	if !strings.Contains(page.body, "没写到具体哪一步") || !strings.Contains(page.body, "已通过，不用改") {
		t.Errorf("the returned form:\n%s", said(page.body))
	}
	if got := w.as("wu").get(w.my("wu", "/rows/1")); strings.Contains(got.body, "保存这条") {
		t.Error("a passed row can be edited")
	}
	if got := w.as("wu").post(w.my("wu", "/rows/1"), url.Values{"m": {wuText + "，改一改"}, "was": {"x"}}); got.status != 422 {
		t.Errorf("a passed row was saved: %d", got.status)
	}
	if got := w.as("wu").post(w.my("wu", "/rows/1/drop"), nil); got.status != 422 {
		t.Errorf("a passed row was dropped: %d", got.status)
	}
	// A decision on the version before does not count any more.
	w.submit("wu")
	path = w.reviewURL("wu")
	got = w.as("li").post(path, url.Values{"version": {version}, "do": {"rows"}, "v" + id[1]: {"passed"}, "l" + id[1]: {"2"}, "h" + id[1]: {"2"}})
	if got.status != 422 || !strings.Contains(got.body, "内容已更新") {
		t.Errorf("a stale version: %d\n%s", got.status, said(got.body))
	}
	w.pass("li", "wu", "2", "2")
	w.state("wu", risk.CheckLeader)
}

func TestALeaderAgreesOrReturns(t *testing.T) {
	w := newWorld(t)
	w.scene()
	zhao, path := w.as("zhao"), w.reviewURL("feng")
	version := field(t, zhao.get(path).body, "version")
	id := w.ids("feng")[0]
	got := zhao.post(path, url.Values{"version": {version}, "do": {"pass"}, "v" + id: {"returned"}})
	if got.status != 422 || !strings.Contains(got.body, "却点了同意") {
		t.Errorf("both at once: %d", got.status)
	}
	if got = zhao.post(path, url.Values{"version": {version}, "do": {"return"}, "v" + id: {"returned"}}); got.status != 422 || !strings.Contains(got.body, "请选一个理由") {
		t.Errorf("a return without a reason: %d\n%s", got.status, said(got.body))
	}
	zhao.must(path, url.Values{"version": {version}, "do": {"return"}, "v" + id: {"returned"}, "w" + id: {"请写明是哪一类计量单"}})
	w.state("feng", risk.CheckReturned)
	if page := w.as("feng").get(w.my("feng", "")); !strings.Contains(page.body, "请写明是哪一类计量单") {
		t.Error("the owner does not see the leader's words")
	}
	// The decided review can be read again, not decided again.
	page := zhao.get(path)
	if page.status != 200 || !strings.Contains(page.body, "您已退回") || strings.Contains(page.body, `name="do"`) {
		t.Errorf("the decided review:\n%s", said(page.body))
	}
	if got := zhao.post(path, url.Values{"version": {version}, "do": {"pass"}}); got.status != 422 {
		t.Errorf("a second decision: %d", got.status)
	}
}

func TestTheCleanOnesAreAgreedToTogether(t *testing.T) {
	w := newWorld(t)
	w.add("feng", "计量支付复核", fengText)
	w.submit("feng")
	w.as("zheng").must(w.reviewURL("feng"), url.Values{"do": {"none"}})
	w.pass("zheng", "feng", "1", "1")
	r := w.reviewOf("feng")
	// Nothing of the form stands against it: level three, no hint.
	err := w.chat.Runner.Do(t.Context(), "feng", func(ctx context.Context, _ *convo.Turn) error {
		c, err := w.reg.Check(ctx, w.checks["feng"].ID)
		if err != nil {
			return err
		}
		p := &c.Points[0]
		p.Hints, p.Factors, p.Suggested = nil, risk.Factors{}, risk.Suggestion{Level: risk.L3}
		return w.reg.Save(ctx, &c)
	})
	if err != nil {
		t.Fatal(err)
	}
	b := w.as(r.Assignee.UserID)
	page := b.get("/reviews")
	tick := fmt.Sprintf("%d:%d", r.ID, r.Version)
	if !strings.Contains(page.body, "无异常，可以一起同意") || !strings.Contains(page.body, tick) {
		t.Fatalf("the list:\n%s", said(page.body))
	}
	if got := b.must("/reviews", url.Values{}); !strings.Contains(got.body, "还没有选") {
		t.Errorf("nothing ticked:\n%s", said(got.body))
	}
	if got := b.must("/reviews", url.Values{"pass": {fmt.Sprintf("%d:%d", r.ID, r.Version+1)}}); !strings.Contains(got.body, "没有同意") {
		t.Errorf("another version:\n%s", said(got.body))
	}
	if got := b.must("/reviews", url.Values{"pass": {tick}}); !strings.Contains(got.body, "已同意1件") {
		t.Errorf("together:\n%s", said(got.body))
	}
	w.state("feng", risk.CheckGrading)
	if got := b.post("/reviews", url.Values{"pass": {"x:y"}}); got.status != 400 {
		t.Errorf("rubbish: %d", got.status)
	}
}

func TestASectionChecksTogether(t *testing.T) {
	w := newWorld(t)
	w.add("wu", "变更理由审核", wuText)
	w.submit("wu")
	path := fmt.Sprintf("/mutual/%d", w.sectionOf("wu"))
	id := w.ids("wu")[0]
	// A member sees the steps, the convener the words.
	if page := w.as("wang").get(path); strings.Contains(page.body, wuText) || !strings.Contains(page.body, "变更理由审核") || strings.Contains(page.body, "登记并转初审") {
		t.Errorf("a member's page:\n%s", said(page.body))
	}
	li := w.as("li")
	if page := li.get(path); !strings.Contains(page.body, wuText) || !strings.Contains(page.body, "还差李衡、王舟") {
		t.Errorf("the convener's page:\n%s", said(page.body))
	}
	full := url.Values{"held_on": {"2026-10-12"}, "came": {"李衡", "吴静"}, "others": {"赵明"}, "k" + id: {"再写细一点"}, "a" + fmt.Sprint(w.checks["wu"].ID): {"可能把一个变更拆成几个小变更躲过上会"}}
	for name, c := range map[string]struct{ field, value, say string }{
		"tomorrow":        {"held_on", "2026-10-13", "日期"},
		"no day":          {"held_on", "", "日期"},
		"a number":        {"k" + id, "打13812345678核实", "没有保存"},
		"a bare addition": {"a" + fmt.Sprint(w.checks["wu"].ID), "不行", "至少6个字"},
	} {
		f := clone(full)
		f.Set(c.field, c.value)
		if got := li.post(path, f); got.status != 422 || !strings.Contains(got.body, c.say) || !strings.Contains(got.body, "赵明") {
			t.Errorf("%s: %d\n%s", name, got.status, said(got.body))
		}
	}
	if got := w.as("wang").post(path, full); got.status != 422 || !strings.Contains(got.body, "科室负责人召集") {
		t.Errorf("a member closes it: %d", got.status)
	}
	li.must(path, full)
	w.state("wu", risk.CheckSection)
	meetings, err := w.reg.Meetings(t.Context(), w.campaign.ID, "mutual")
	if err != nil || len(meetings) != 1 || strings.Join(meetings[0].Attendees, " ") != "李衡 吴静 赵明" {
		t.Errorf("the meeting: %+v %v", meetings, err)
	}
	// What was proposed waits on the owner's page, and nowhere else.
	page := w.as("wu").get(w.my("wu", ""))
	if !strings.Contains(page.body, "同事补充了一条") || !strings.Contains(page.body, "拆成几个小变更") {
		t.Fatalf("the owner's page:\n%s", said(page.body))
	}
	proposal := field(t, page.body, "proposal")
	if got := w.as("wang").post(w.my("wu", "/proposal"), url.Values{"proposal": {proposal}, "do": {"take"}}); got.status != 403 {
		t.Errorf("somebody else decides: %d", got.status)
	}
	if got := w.as("wu").must(w.my("wu", "/proposal"), url.Values{"proposal": {proposal}, "do": {"decline"}}); strings.Contains(got.body, "拆成几个小变更") {
		t.Error("a declined proposal is still asked about")
	}
}

func TestDelegationAndRecusal(t *testing.T) {
	w := newWorld(t)
	w.scene()
	person := func(user string) string { return fmt.Sprint(w.checks[botID(user)].Person.ID) }
	zhao := w.as("zhao")
	if got := zhao.post("/delegate", url.Values{"to": {""}, "from": {"2026-10-12"}, "until": {"2026-10-13"}}); got.status != 422 || !strings.Contains(got.body, "请选代审人") {
		t.Errorf("nobody chosen: %d", got.status)
	}
	if got := zhao.post("/delegate", url.Values{"to": {person("zhao")}, "from": {"2026-10-12"}, "until": {"2026-10-13"}}); got.status != 422 || !strings.Contains(got.body, "不能由本人代本人") {
		t.Errorf("oneself: %d", got.status)
	}
	// A reviewer sets their own alone, whatever the form says.
	zhao.must("/delegate", url.Values{"person": {person("li")}, "to": {person("qian")}, "from": {"2026-10-12"}, "until": {"2026-10-13"}})
	if r := w.reviewOf("feng"); r.Assignee.UserID != "qian" || r.For != w.checks["zhao"].Person.ID {
		t.Errorf("the open review went to %s for %d", r.Assignee.UserID, r.For)
	}
	if got := w.as("zhao").get(fmt.Sprintf("/review/%d", w.reviewOf("feng").ID)); got.status != 403 {
		t.Errorf("the absent one reads on: %d", got.status)
	}
	// The office arranges for somebody else.
	sun := w.as("sun")
	r := w.reviewOf("wu")
	if got := w.as("wang").post(fmt.Sprintf("/review/%d/recuse", r.ID), url.Values{"why": {"kin"}}); got.status != http.StatusSeeOther || w.reviewOf("wu").ID != r.ID {
		t.Errorf("a stranger arranges a recusal: %d", got.status)
	}
	sun.must(fmt.Sprintf("/review/%d/recuse", r.ID), url.Values{"why": {"kin"}, "from": {"delegate"}})
	if now := w.reviewOf("wu"); now.ID == r.ID || now.Assignee.UserID == "li" {
		t.Errorf("still with %s", now.Assignee.UserID)
	}
	if got := sun.post(fmt.Sprintf("/review/%d/recuse", r.ID), url.Values{"why": {"a story"}}); got.status != 400 {
		t.Errorf("a story: %d", got.status)
	}
}

func TestThePaperForm(t *testing.T) {
	w := newWorld(t)
	sun, owner := w.as("sun"), w.my("feng", "")
	desk := fmt.Sprintf("/board/%d", w.checks["feng"].ID)
	if got := w.as("li").post(desk, url.Values{"do": {"paper"}}); got.status != 403 {
		t.Errorf("a head marks a paper form: %d", got.status)
	}
	if got := sun.get(owner); got.status != 403 {
		t.Errorf("the office reads a form that is not on paper: %d", got.status)
	}
	page := sun.must(desk, url.Values{"do": {"paper"}})
	if !strings.Contains(page.body, "代填：冯雪") {
		t.Errorf("the office's editor:\n%s", said(page.body))
	}
	sun.must(owner, url.Values{"do": {"add"}, "node": {w.node("feng", "计量支付复核")}, "sentence": {fengText}})
	w.chat.As("feng")
	sun.must(desk, url.Values{"do": {"entered"}})
	if page := w.as("feng").get(owner); !strings.Contains(page.body, "由防控办代填") || !strings.Contains(page.body, fengText) {
		t.Errorf("the owner's view:\n%s", said(page.body))
	}
	sun.must(desk, url.Values{"do": {"scan"}})
	w.state("feng", risk.CheckSubmitted)
	if got := sun.must(desk, url.Values{"do": {"paper"}}); !strings.Contains(got.body, "bad") {
		t.Errorf("a submitted form becomes paper:\n%s", said(got.body))
	}
}

func TestAnImportIsTriedFirst(t *testing.T) {
	w := newWorld(t)
	sun := w.as("sun")
	got := sun.upload("/import", "名册.xlsx", []byte("good"), url.Values{"kind": {"roster"}, "do": {"dry"}})
	if got.status != 200 || !strings.Contains(got.body, "试算结果") || !strings.Contains(got.body, "新任支付岗") || w.imports != 0 {
		t.Fatalf("a dry run: %d, %d applied\n%s", got.status, w.imports, said(got.body))
	}
	done := sun.post("/import", url.Values{"kind": {"roster"}, "do": {"apply"}, "sheet": {field(t, got.body, "sheet")}, "name": {"名册.xlsx"}})
	if done.status != 200 || !strings.Contains(done.body, "已导入") || w.imports != 1 {
		t.Errorf("the import: %d, %d applied\n%s", done.status, w.imports, said(done.body))
	}
	bad := sun.upload("/import", "名册.xlsx", []byte("bad"), url.Values{"kind": {"roster"}, "do": {"dry"}})
	if !strings.Contains(bad.body, "不能导入") || !strings.Contains(bad.body, "第3行“姓名” 不能为空") || strings.Contains(bad.body, "确认导入") {
		t.Errorf("a bad sheet:\n%s", said(bad.body))
	}
	if got := sun.upload("/import", "x.xlsx", []byte("rubbish"), url.Values{"kind": {"roster"}}); got.status != 422 {
		t.Errorf("rubbish: %d", got.status)
	}
	if got := w.as("li").upload("/import", "x.xlsx", []byte("good"), url.Values{"kind": {"roster"}}); got.status != 403 {
		t.Errorf("a head imports: %d", got.status)
	}
	if got := sun.get("/import/points/template"); got.status != 200 || !strings.HasPrefix(got.body, "PK") || !strings.Contains(got.head.Get("Content-Disposition"), "points.xlsx") {
		t.Errorf("the empty sheet: %d %s", got.status, got.head.Get("Content-Disposition"))
	}
}

func TestAfterTheMeeting(t *testing.T) {
	w := newWorld(t)
	w.scene()
	grading := fmt.Sprintf("/grading/%d", w.campaign.ID)
	if got := w.as("sun").post(grading, url.Values{"form": {"minutes"}}); got.status != 403 || !strings.Contains(got.body, "还没有登记定级会议") {
		t.Errorf("minutes before the meeting: %d", got.status)
	}
	sun := w.chat.As("sun")
	sun.Send("全部通过").Send("是").Send("10月12日，周岚主持，出席：赵明、钱立、孙文")
	w.state("chen", risk.CheckConfirmed)
	for _, which := range []string{"minutes", "grading"} {
		got := w.as("sun").post(grading, url.Values{"form": {which}})
		if got.status != 200 || !strings.HasPrefix(got.body, "PK") || !strings.Contains(got.head.Get("Content-Disposition"), ".docx") {
			t.Errorf("%s: %d %s", which, got.status, got.head.Get("Content-Disposition"))
		}
		if got := w.as("li").post(grading, url.Values{"form": {which}}); got.status != 403 {
			t.Errorf("a head downloads %s: %d", which, got.status)
		}
	}
	// Confirmed: the office, the leaders, the discipline office and the own leader read it; others do not.
	for who, want := range map[string]int{"chen": 200, "sun": 200, "zhou": 200, "han": 200, "qian": 200, "zhao": 403, "li": 403, "wang": 403, "it": 403} {
		if got := w.as(botID(who)).get(w.my("chen", "/form")); got.status != want {
			t.Errorf("%s reads the confirmed form: %d, want %d", who, got.status, want)
		}
	}
	export := url.Values{"campaign": {fmt.Sprint(w.campaign.ID)}, "section": {"0"}, "form": {"fubiao4"}, "format": {"xlsx"}, "why": {"report"}}
	if got := w.as("sun").post("/board/export", export); got.status != 200 || !strings.HasPrefix(got.body, "PK") {
		t.Errorf("附表4 of the unit: %d", got.status)
	}
	if got := w.as("li").post("/board/export", export); got.status != 403 {
		t.Errorf("a head exports the unit: %d", got.status)
	}
	export.Set("why", "")
	if got := w.as("sun").post("/board/export", export); got.status != 400 {
		t.Errorf("an export without a reason: %d", got.status)
	}
	for _, format := range []string{"docx", "xlsx"} {
		if got := w.as("chen").post(w.my("chen", "/export"), url.Values{"format": {format}}); got.status != 200 || !strings.HasPrefix(got.body, "PK") {
			t.Errorf("the own 附表1 as %s: %d", format, got.status)
		}
	}
	var n int
	if err := w.chat.DB.Pool().QueryRow(t.Context(), `SELECT count(*) FROM audit_event WHERE action LIKE 'export.%' AND note <> ''`).Scan(&n); err != nil || n != 5 {
		t.Errorf("%d exports audited (%v)", n, err)
	}
}

func TestABusyLaneIsSaidAndLosesNothing(t *testing.T) {
	w := newWorld(t)
	w.add("wang", "招标文件编制", wangText)
	b := w.as("wang")
	f := w.edit(t, b, w.my("wang", "/rows/1"))
	f["m"] = []string{"可能把业绩条件写得只有一家能满足"}
	held, free, gone := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		gone <- w.chat.Runner.Do(context.Background(), "wang", func(context.Context, *convo.Turn) error {
			close(held)
			<-free
			return nil
		})
	}()
	<-held
	got := b.post(w.my("wang", "/rows/1"), f)
	close(free)
	if err := <-gone; err != nil {
		t.Fatal(err)
	}
	if got.status != http.StatusServiceUnavailable || !strings.Contains(got.body, "可能把业绩条件写得只有一家能满足") {
		t.Errorf("%d\n%s", got.status, said(got.body))
	}
}
